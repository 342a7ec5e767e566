/* SPDX-License-Identifier: MIT */
/*
 * writer: see writer.h.
 *
 * The queue is a ring of records, each behind its length.  The thread copies one out, gives the lock back, and writes;
 * so the lock is held for a copy at most.  The thread begins with the first record and ends with the process: what it
 * hangs in may never end.  A process that is killed takes the queue with it.
 *
 * Called by log.
 */
#include "writer.h"

#include <assert.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define DRAIN_MS 2000
#define DRAIN_STEP_MS 2

typedef uint16_t record_len;

static_assert(WRITER_RECORD_MAX <= UINT16_MAX, "a record's length fits");

/* ---- The ring; under the lock ---------------------------------------------------------------------------------- */

static void ring_add(struct writer *w, const void *data, size_t len)
{
	size_t at = (w->first + w->used) % WRITER_QUEUE_SIZE;
	size_t before_end = WRITER_QUEUE_SIZE - at < len ? WRITER_QUEUE_SIZE - at : len;

	memcpy(w->queue + at, data, before_end);
	memcpy(w->queue, (const uint8_t *)data + before_end, len - before_end);
	w->used += len;
}

static void ring_take(struct writer *w, void *data, size_t len)
{
	size_t before_end = WRITER_QUEUE_SIZE - w->first < len ? WRITER_QUEUE_SIZE - w->first : len;

	memcpy(data, w->queue + w->first, before_end);
	memcpy((uint8_t *)data + before_end, w->queue, len - before_end);
	w->used -= len;
	w->first = w->used ? (w->first + len) % WRITER_QUEUE_SIZE : 0; /* anew: little is touched if little waits */
}

static void add(struct writer *w, const void *record, size_t len)
{
	record_len header = (record_len)len;

	ring_add(w, &header, sizeof(header));
	ring_add(w, record, len);
}

static size_t take(struct writer *w, void *record)
{
	record_len len;

	ring_take(w, &len, sizeof(len));
	ring_take(w, record, len);
	return len;
}

/* ---- The thread ------------------------------------------------------------------------------------------------ */

static void report(struct writer *w)
{
	uint8_t record[WRITER_RECORD_MAX];

	if (w->lost == 0 || w->used > WRITER_QUEUE_SIZE / 2)
		return;
	add(w, record, w->report(w->lost, record));
	w->lost = 0;
}

/* What could not be written, before the next record. */
static bool tell(const struct writer *w, uint64_t failed)
{
	uint8_t record[WRITER_RECORD_MAX];

	return w->write(record, w->report(failed, record));
}

static void *work(void *arg)
{
	struct writer *w = arg;
	uint8_t record[WRITER_RECORD_MAX];

	pthread_mutex_lock(&w->lock);
	for (;;) {
		report(w);
		if (w->used == 0) {
			pthread_cond_wait(&w->wake, &w->lock);
			continue;
		}
		size_t len = take(w, record);
		uint64_t failed = w->failed;

		w->writing = true;
		pthread_mutex_unlock(&w->lock);
		bool told = failed == 0 || tell(w, failed);
		bool written = w->write(record, len);
		pthread_mutex_lock(&w->lock);
		w->writing = false;
		w->failed = (told ? 0 : failed) + !written;
		w->lost_ever += !written;
	}
	return NULL;
}

/* Signals are the loop's alone: a new thread inherits the mask of its maker. */
static bool start(struct writer *w)
{
	sigset_t all, before;
	pthread_t thread;

	if (w->started)
		return true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	w->started = pthread_create(&thread, NULL, work, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (w->started)
		pthread_detach(thread);
	return w->started;
}

/* ---- Public ---------------------------------------------------------------------------------------------------- */

void writer_put(struct writer *w, const void *record, size_t len)
{
	assert(len <= WRITER_RECORD_MAX);
	pthread_mutex_lock(&w->lock);
	if (!start(w) || w->lost > 0 || w->used + sizeof(record_len) + len > WRITER_QUEUE_SIZE) {
		w->lost++;
		w->lost_ever++;
	} else {
		add(w, record, len);
	}
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

bool writer_is_idle(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	bool idle = w->used == 0 && !w->writing && (w->lost == 0 || !w->started);
	pthread_mutex_unlock(&w->lock);
	return idle;
}

bool writer_has_failed(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	bool failed = w->failed > 0;
	pthread_mutex_unlock(&w->lock);
	return failed;
}

bool writer_drain(struct writer *w)
{
	const struct timespec step = { .tv_nsec = DRAIN_STEP_MS * 1000000L };

	for (int ms = 0; ms < DRAIN_MS; ms += DRAIN_STEP_MS) {
		if (writer_is_idle(w))
			return true;
		nanosleep(&step, NULL);
	}
	return writer_is_idle(w);
}

uint64_t writer_lost(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	uint64_t lost = w->lost_ever;
	pthread_mutex_unlock(&w->lock);
	return lost;
}
