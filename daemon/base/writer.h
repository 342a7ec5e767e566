/* SPDX-License-Identifier: MIT */
/*
 * writer: a thread that writes where writing may block, behind a queue of bounded size.
 *
 * writer_put() never waits.  A record that finds no room is lost and counted, and so are those after it until the queue
 * is half empty: then a report of their number takes their place.  Records that could not be written are reported
 * before the next one that can.
 */
#ifndef WRITER_H
#define WRITER_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WRITER_RECORD_MAX 4096
#define WRITER_QUEUE_SIZE (1024 * 1024)

struct writer {
	bool (*write)(const void *record, size_t len);          /* in the thread: it may block; false: failed */
	size_t (*report)(uint64_t lost, void *record);          /* makes a record of that; in the thread */
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t wake;
	bool started, writing;
	size_t first, used;   /* in queue, octets */
	uint64_t lost, lost_ever;
	uint64_t failed;      /* writes that have not been reported */
	uint8_t *queue;       /* WRITER_QUEUE_SIZE */
};

#define WRITER_INIT(w, r, q)                                                                                           \
	{ .write = (w), .report = (r), .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .queue = (q) }

void writer_put(struct writer *w, const void *record, size_t len);
/* Nothing waits, and nothing is being written. */
bool writer_is_idle(struct writer *w);
/* The next record will have to be put, for a report to go before it. */
bool writer_has_failed(struct writer *w);
/* Wait until it is idle; false: it takes too long. */
bool writer_drain(struct writer *w);
/* Records that were not written, ever. */
uint64_t writer_lost(struct writer *w);

#endif
