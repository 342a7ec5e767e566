/* SPDX-License-Identifier: MIT */
/*
 * workers: jobs go from the event loop to threads and come back.
 *
 * A job is in exactly one place: in the queue `waiting`, in the hands of one thread, or in the list `finished`, from
 * which the loop takes it when the eventfd says so.  One mutex guards both lists; ctx belongs to the thread while
 * run() works and to the loop before and after, so that jobs need no locks of their own.
 *
 * Called by: dataplane_kernel (the last close of a pppox socket) and the resolver.
 */
#include "workers.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 2 /* with a thread, at the end: a resolver may take half a minute */

struct job {
	struct job *next;
	int (*run)(void *ctx);
	void (*done)(void *ctx, int result);
	void *ctx;
	int result;
};

struct list {
	struct job *first, **end;
};

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct list waiting, finished;
	unsigned backlog, idle, started, max;
	bool stopping;
	int fd; /* readable when `finished` has something */
	sd_event_source *source;
	pthread_t threads[];
};

static void list_clear(struct list *l)
{
	l->first = NULL;
	l->end = &l->first;
}

static void list_add(struct list *l, struct job *j)
{
	j->next = NULL;
	*l->end = j;
	l->end = &j->next;
}

static struct job *list_take(struct list *l)
{
	struct job *j = l->first;

	if (j) {
		l->first = j->next;
		if (!l->first)
			l->end = &l->first;
	}
	return j;
}

static void finish(struct workers *w, struct job *j)
{
	bool first = !w->finished.first;

	list_add(&w->finished, j);
	if (first && eventfd_write(w->fd, 1) < 0)
		assert(errno == EAGAIN); /* the counter is full: readable all the same */
}

static void *work(void *arg)
{
	struct workers *w = arg;
	struct job *j;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!(j = list_take(&w->waiting)) && !w->stopping) {
			w->idle++;
			pthread_cond_wait(&w->wake, &w->lock);
			w->idle--;
		}
		if (!j)
			break;
		w->backlog--;
		pthread_mutex_unlock(&w->lock);
		j->result = j->run(j->ctx);
		pthread_mutex_lock(&w->lock);
		finish(w, j);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static int on_finished(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct workers *w = userdata;
	struct job *j, *next;
	eventfd_t count;

	(void)source, (void)revents;
	pthread_mutex_lock(&w->lock);
	(void)eventfd_read(fd, &count);
	j = w->finished.first;
	list_clear(&w->finished);
	pthread_mutex_unlock(&w->lock);

	for (; j; j = next) {
		next = j->next;
		if (j->done)
			j->done(j->ctx, j->result);
		free(j);
	}
	return 0;
}

int workers_new(sd_event *event, unsigned max, struct workers **ret)
{
	struct workers *w;
	int r;

	assert(max > 0);
	w = calloc(1, sizeof(*w) + max * sizeof(w->threads[0]));
	if (!w)
		return -ENOMEM;
	w->max = max;
	list_clear(&w->waiting);
	list_clear(&w->finished);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = w->fd < 0 ? -errno : sd_event_add_io(event, &w->source, w->fd, EPOLLIN, on_finished, w);
	if (r < 0) {
		workers_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

/* False: a thread does not come back in time. */
static bool join_all(struct workers *w)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += PATIENCE_S;
	for (unsigned i = 0; i < w->started; i++)
		if (pthread_timedjoin_np(w->threads[i], NULL, &end) != 0)
			return false;
	return true;
}

void workers_free(struct workers *w)
{
	struct job *j;

	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->stopping = true;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(&w->lock);
	sd_event_source_disable_unref(w->source);
	if (!join_all(w))
		return; /* it is in the resolver, and needs what we would free; the process is about to end */

	while ((j = list_take(&w->finished))) {
		if (j->done)
			j->done(j->ctx, -ECANCELED);
		free(j);
	}
	if (w->fd >= 0)
		close(w->fd);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

/* Signals are the loop's alone: a new thread inherits the mask of its maker. */
static int start_thread(struct workers *w)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&w->threads[w->started], NULL, work, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r)
		return -r;
	w->started++;
	return 0;
}

int workers_submit(struct workers *w, int (*run)(void *ctx), void (*done)(void *ctx, int result), void *ctx)
{
	struct job *j = malloc(sizeof(*j));
	int r = 0;

	if (!j)
		return -ENOMEM;
	*j = (struct job){ .run = run, .done = done, .ctx = ctx };

	pthread_mutex_lock(&w->lock);
	if (w->backlog >= w->idle && w->started < w->max)
		r = start_thread(w);
	if (w->started > 0) { /* the job then waits for one of the threads there are */
		r = 0;
		list_add(&w->waiting, j);
		w->backlog++;
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	if (r < 0)
		free(j);
	return r;
}
