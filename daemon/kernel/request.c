/* SPDX-License-Identifier: MIT */
/*
 * request: the life of a request to a dataplane.
 *
 * A request is in one of two lists: `open` while it is worked on, `ready` when its answer waits for the next
 * round of the loop, which one deferred event source brings.  Called only by the dataplanes.
 */
#include "request.h"

#include <errno.h>
#include <stdlib.h>
#include <utlist.h>

struct requests {
	struct request *open, *ready;
	sd_event_source *source;
};

static void call_done(struct request *r)
{
	const char *text = r->text[0] ? r->text : NULL;

	if (r->forgotten)
		return;
	switch (r->kind) {
	case REQUEST_PLAIN:
		r->done.plain(r->ctx, r->err, text);
		break;
	case REQUEST_STATS:
		r->done.stats(r->ctx, r->err, &r->stats);
		break;
	}
}

static int on_ready(sd_event_source *source, void *userdata)
{
	struct requests *q = userdata;
	struct request *r;

	(void)source;
	while ((r = q->ready)) {
		DL_DELETE(q->ready, r);
		call_done(r);
		free(r);
	}
	return 0;
}

int requests_new(sd_event *event, struct requests **ret)
{
	struct requests *q = calloc(1, sizeof(*q));
	int r;

	if (!q)
		return -ENOMEM;
	r = sd_event_add_defer(event, &q->source, on_ready, q);
	if (r >= 0)
		r = sd_event_source_set_enabled(q->source, SD_EVENT_OFF);
	if (r < 0) {
		requests_free(q);
		return r;
	}
	*ret = q;
	return 0;
}

static void drop_all(struct request **list)
{
	struct request *r;

	while ((r = *list)) {
		DL_DELETE(*list, r);
		free(r);
	}
}

void requests_free(struct requests *q)
{
	if (!q)
		return;
	drop_all(&q->open);
	drop_all(&q->ready);
	sd_event_source_disable_unref(q->source);
	free(q);
}

struct request *request_new(struct requests *q, enum request_kind kind, union request_done done, void *ctx)
{
	struct request blank = { .home = q, .kind = kind, .done = done, .ctx = ctx };
	struct request *r = malloc(sizeof(*r));

	if (!r) {
		blank.err = -ENOMEM;
		call_done(&blank);
		return NULL;
	}
	*r = blank;
	DL_APPEND(q->open, r);
	return r;
}

static void forget(struct request *list, const void *ctx)
{
	for (struct request *r = list; r; r = r->next)
		r->forgotten = r->forgotten || (r->kind == REQUEST_STATS && r->ctx == ctx);
}

void requests_forget(struct requests *q, const void *ctx)
{
	forget(q->open, ctx);
	forget(q->ready, ctx);
}

void request_answer(struct request *r)
{
	DL_DELETE(r->home->open, r);
	call_done(r);
	free(r);
}

void request_answer_later(struct request *r)
{
	struct requests *q = r->home;

	DL_DELETE(q->open, r);
	DL_APPEND(q->ready, r);
	/* This fails when the loop has ended: then there is no later. */
	(void)sd_event_source_set_enabled(q->source, SD_EVENT_ONESHOT);
}
