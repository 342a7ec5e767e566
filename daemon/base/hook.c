/* SPDX-License-Identifier: MIT */
/*
 * hook: see hook.h.  Called by core/bearer: the far side of an outgoing call is placed and cleared by a program.
 *
 * The process leads a session of its own, so that its process group can be killed whole; it is owned through its pidfd
 * and nothing else reaps, so the number stays its own until then.  Nothing here waits for a process: one that was
 * killed is reaped by the event loop, if need be after its hook has gone.
 */
#include "hook.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"

#define INTERVAL USEC_PER_SEC      /* between two starts */
#define REAP_TIMEOUT USEC_PER_SEC  /* the next one waits no longer for the end of one that was killed */
#define TIMER_ACCURACY (10 * USEC_PER_MSEC)

/* It lives as long as its event source does. */
struct process {
	struct hook *hook; /* NULL: has gone */
	pid_t pid;
	int pidfd;
	sd_event_source *on_exit;
};

static unsigned running; /* processes that have not been reaped, of all hooks */

/* What waits: the spec and all that it points to. */
struct errand {
	struct hook_spec spec;
	hook_done done;
	char *environment[];
};

struct hook {
	sd_event *event;
	void *ctx;
	struct process *process; /* not reaped yet; NULL */
	hook_done done;          /* its; NULL: it was killed, and the caller no longer waits */
	struct errand *waiting;  /* NULL */
	usec_t earliest;         /* start of the next one */
	sd_event_source *timer;  /* how long we wait for the process; without one, for the start of the next */
};

/* ---- Processes ------------------------------------------------------------------------------------------------ */

/* Standard input is empty, what it says is lost, and no other file of ours is open. */
static int spawn(const struct hook_spec *spec, pid_t *ret)
{
	char *const argv[] = { (char *)spec->path, (char *)spec->action, NULL };

	return child_spawn(&(struct child){ spec->path, argv, spec->environment, .output = -1, .file = -1 }, ret);
}

static void process_destroy(void *ctx)
{
	struct process *p = ctx;

	close(p->pidfd);
	free(p);
	running--;
}

/* It ends without a hook; the event loop owns what is left. */
static void process_abandon(struct process *p)
{
	p->hook = NULL;
	(void)sd_event_source_set_floating(p->on_exit, true);
	sd_event_source_unref(p->on_exit);
}

static void ended(struct hook *h, int status);

static int on_exit_ready(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
	struct process *p = ctx;
	siginfo_t info = { 0 };

	(void)events;
	if (waitid(P_PIDFD, (id_t)fd, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0)
		return 0;
	if (p->hook)
		ended(p->hook, info.si_code == CLD_EXITED ? info.si_status : -ECANCELED);
	else
		(void)sd_event_source_set_floating(source, false); /* the last reference */
	return 0;
}

/* The process is there; if it cannot be watched, it is killed and stays a zombie. */
static int process_watch(struct process *p, sd_event *event)
{
	int r;

	p->pidfd = pidfd_open(p->pid, 0);
	if (p->pidfd < 0)
		return -errno;
	r = sd_event_add_io(event, &p->on_exit, p->pidfd, EPOLLIN, on_exit_ready, p);
	if (r < 0)
		close(p->pidfd);
	else
		(void)sd_event_source_set_destroy_callback(p->on_exit, process_destroy);
	return r;
}

static int process_start(struct hook *h, const struct hook_spec *spec)
{
	struct process *p = calloc(1, sizeof(*p));
	int r;

	if (!p)
		return -ENOMEM;
	p->hook = h;
	r = spawn(spec, &p->pid);
	if (r >= 0) {
		r = process_watch(p, h->event);
		if (r < 0)
			(void)kill(-p->pid, SIGKILL);
	}
	if (r < 0)
		free(p);
	else
		h->process = p;
	running += r >= 0;
	return r;
}

/* ---- What waits ----------------------------------------------------------------------------------------------- */

static size_t text_size(const struct hook_spec *spec)
{
	size_t size = strlen(spec->path) + 1 + strlen(spec->action) + 1;

	for (char **word = spec->environment; *word; word++)
		size += strlen(*word) + 1;
	return size;
}

static char *text_put(char **at, const char *text)
{
	char *copy = *at;

	*at = stpcpy(copy, text) + 1;
	return copy;
}

static struct errand *errand_new(const struct hook_spec *spec, hook_done done)
{
	struct errand *e;
	size_t n = 0;
	char *text;

	while (spec->environment[n])
		n++;
	e = malloc(sizeof(*e) + (n + 1) * sizeof(e->environment[0]) + text_size(spec));
	if (!e)
		return NULL;
	text = (char *)(e->environment + n + 1);
	*e = (struct errand){ .spec = { text_put(&text, spec->path), text_put(&text, spec->action), e->environment,
					spec->timeout }, .done = done };
	for (size_t i = 0; i < n; i++)
		e->environment[i] = text_put(&text, spec->environment[i]);
	e->environment[n] = NULL;
	return e;
}

/* ---- One after the other -------------------------------------------------------------------------------------- */

static void timer_set(struct hook *h, usec_t at)
{
	(void)sd_event_source_set_time(h->timer, at);
	(void)sd_event_source_set_enabled(h->timer, SD_EVENT_ONESHOT);
}

static int start(struct hook *h, const struct hook_spec *spec, hook_done done)
{
	int r = process_start(h, spec);

	if (r < 0)
		return r;
	h->done = done;
	h->earliest = clock_now() + INTERVAL;
	timer_set(h, clock_now() + spec->timeout);
	return 0;
}

static void kill_process(struct hook *h)
{
	(void)kill(-h->process->pid, SIGKILL);
	h->done = NULL;
	timer_set(h, clock_now() + REAP_TIMEOUT);
}

/* No process any more: the next one, from the event loop. */
static void settle(struct hook *h)
{
	if (h->waiting)
		timer_set(h, h->earliest);
	else
		(void)sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
}

static void ended(struct hook *h, int status)
{
	hook_done done = h->done;

	sd_event_source_disable_unref(h->process->on_exit);
	h->process = NULL;
	settle(h);
	if (done)
		done(h->ctx, status);
}

static void start_waiting(struct hook *h)
{
	struct errand *e = h->waiting;
	hook_done done = e->done;
	int r;

	h->waiting = NULL;
	r = start(h, &e->spec, done);
	free(e);
	if (r < 0)
		done(h->ctx, r);
}

static void timed_out(struct hook *h)
{
	hook_done done = h->done;

	if (!done) { /* killed, and still there */
		process_abandon(h->process);
		h->process = NULL;
		settle(h);
		return;
	}
	kill_process(h);
	done(h->ctx, -ETIMEDOUT);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *ctx)
{
	struct hook *h = ctx;

	(void)source, (void)usec;
	if (h->process)
		timed_out(h);
	else
		start_waiting(h);
	return 0;
}

int hook_new(sd_event *event, void *ctx, struct hook **ret)
{
	struct hook *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	*h = (struct hook){ .event = event, .ctx = ctx };
	r = sd_event_add_time(event, &h->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY, on_timer, h);
	if (r < 0) {
		free(h);
		return r;
	}
	(void)sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
	*ret = h;
	return 0;
}

int hook_run(struct hook *h, const struct hook_spec *spec, hook_done done)
{
	struct errand *e;

	if (spec->begins && running >= HOOKS_MAX)
		return -EBUSY;
	if (!h->process && !h->waiting && clock_now() >= h->earliest)
		return start(h, spec, done);
	e = errand_new(spec, done);
	if (!e)
		return -ENOMEM;
	free(h->waiting);
	h->waiting = e;
	if (!h->process)
		settle(h);
	return 0;
}

void hook_kill(struct hook *h)
{
	if (!h)
		return;
	free(h->waiting);
	h->waiting = NULL;
	h->earliest = 0;
	if (h->process && h->done)
		kill_process(h);
	else if (!h->process)
		settle(h);
}

void hook_free(struct hook *h)
{
	if (!h)
		return;
	hook_kill(h);
	if (h->process)
		process_abandon(h->process);
	sd_event_source_disable_unref(h->timer);
	free(h);
}
