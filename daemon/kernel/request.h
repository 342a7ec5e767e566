/* SPDX-License-Identifier: MIT */
/*
 * request: a request to a dataplane on its way to its one answer, which never comes from within the request itself.
 *
 * Both dataplanes use it.  A request belongs to its struct requests until it is answered; what is still open when
 * that is freed is dropped without an answer.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include "dataplane.h"

#define REQUEST_TEXT_MAX 384

struct requests;

enum request_kind { REQUEST_PLAIN, REQUEST_STATS };

union request_done {
	dataplane_done plain;
	dataplane_stats_done stats;
};

struct request {
	struct request *prev, *next;
	struct requests *home;
	enum request_kind kind;
	union request_done done;
	void *ctx;

	/* The dataplane's own use. */
	void *owner;
	struct dataplane_session session; /* what it is about; session_id 0: a tunnel */

	bool forgotten; /* the caller no longer waits for the answer */

	/* The answer. */
	int err;
	struct dataplane_stats stats;
	char text[REQUEST_TEXT_MAX];
};

int requests_new(sd_event *event, struct requests **ret);
void requests_free(struct requests *q); /* NULL is fine */

/* NULL: out of memory; that has been answered already (the one answer that comes from within). */
struct request *request_new(struct requests *q, enum request_kind kind, union request_done done, void *ctx);
/* No answer to those of ctx that ask for counters. */
void requests_forget(struct requests *q, const void *ctx);
/* Only from the event loop; frees r. */
void request_answer(struct request *r);
/* From the loop's next round. */
void request_answer_later(struct request *r);

#endif
