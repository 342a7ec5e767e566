/* SPDX-License-Identifier: MIT */
/*
 * data: see metrics/data.h.  The kernel tells the counters of one tunnel in some microseconds.
 *
 * A reading asks for one tunnel after the other, a few at a time: the driver's own requests hardly wait behind them,
 * and the loop goes on in between.  (To have all of them told at once takes Linux before 6.11 a time that grows with
 * the square of their number, spent in the call.)  Between two readings there is a pause of at least nine times what
 * the first one took, so that they never take more than a tenth of the time.
 *
 * A kernel tunnel counts what its sessions send and receive.  It is asked one last time before the driver removes it;
 * the requests are carried out in their order, and its sessions have gone before: nothing is counted after that.
 *
 * Called by metrics.
 */
#include "data.h"

#include <errno.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION HASH_FNV
#include <uthash.h>

#include "core/open.h"
#include "core/view.h"

#define ASKED_MAX 16                    /* tunnels at a time */
#define PAUSE (USEC_PER_SEC / 2)        /* at least, between two readings */
#define PATIENCE (2 * USEC_PER_SEC)     /* with a reading, of those who wait */
#define PARTS 10                        /* of the time, one of which is for readings */

struct tunnel_data {
	struct data *data;
	uint32_t id;
	struct dataplane_stats *total, last;
	unsigned asked;                 /* answers that are still to come */
	bool finished;
	UT_hash_handle hh;
};

struct data {
	struct driver *driver;
	void (*done)(void *ctx);
	void *ctx;
	sd_event_source *timer;
	struct tunnel_data *tunnels, *next; /* next: the reading's */
	unsigned asked;
	usec_t began, again;
	bool reading, asking, waited_for;
};

static struct tunnel_data *find(struct data *d, uint32_t id)
{
	struct tunnel_data *t;

	HASH_FIND(hh, d->tunnels, &id, sizeof(id), t);
	return t;
}

/* What has been counted since the last time.  Counters never go back; if one does, it is that of another tunnel. */
static void add(uint64_t *total, uint64_t *last, uint64_t value)
{
	*total += value >= *last ? value - *last : value;
	*last = value;
}

static void add_all(struct tunnel_data *t, const struct dataplane_stats *now)
{
	add(&t->total->rx_packets, &t->last.rx_packets, now->rx_packets);
	add(&t->total->rx_bytes, &t->last.rx_bytes, now->rx_bytes);
	add(&t->total->rx_errors, &t->last.rx_errors, now->rx_errors);
	add(&t->total->tx_packets, &t->last.tx_packets, now->tx_packets);
	add(&t->total->tx_bytes, &t->last.tx_bytes, now->tx_bytes);
	add(&t->total->tx_errors, &t->last.tx_errors, now->tx_errors);
}

/* ---- Readings -------------------------------------------------------------------------------------------------- */

static void tell(struct data *d)
{
	bool waited_for = d->waited_for;

	d->waited_for = false;
	(void)sd_event_source_set_enabled(d->timer, SD_EVENT_OFF);
	if (waited_for)
		d->done(d->ctx);
}

static void go_on(struct data *d);

static void on_counters(void *ctx, int err, const struct dataplane_stats *stats)
{
	struct tunnel_data *t = ctx;

	t->asked--;
	t->data->asked--;
	if (err >= 0)
		add_all(t, stats);
	go_on(t->data);
}

static void ask(struct tunnel_data *t)
{
	t->asked++;
	t->data->asked++;
	if (open_count(t->data->driver, t->id, 0, on_counters, t) >= 0)
		return;
	t->asked--;
	t->data->asked--;
}

/* An answer may come from within the question. */
static void go_on(struct data *d)
{
	usec_t now;

	if (!d->reading || d->asking)
		return;
	d->asking = true;
	while (d->next && d->asked < ASKED_MAX) {
		struct tunnel_data *t = d->next;

		d->next = t->hh.next;
		if (!t->finished)
			ask(t);
	}
	d->asking = false;
	if (d->next || d->asked)
		return;
	now = view_now();
	d->reading = false;
	d->again = now + PAUSE + (PARTS - 1) * (now - d->began);
	tell(d);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *ctx)
{
	(void)source, (void)usec;
	tell(ctx);
	return 0;
}

bool data_read(struct data *d, usec_t now)
{
	if (!d->reading && now >= d->again) {
		d->began = now;
		d->reading = true;
		d->next = d->tunnels;
		go_on(d);
	}
	if (!d->reading || now >= d->began + PATIENCE)
		return false;
	d->waited_for = true;
	(void)sd_event_source_set_time(d->timer, d->began + PATIENCE);
	(void)sd_event_source_set_enabled(d->timer, SD_EVENT_ONESHOT);
	return true;
}

/* ---- Tunnels --------------------------------------------------------------------------------------------------- */

void data_add(struct data *d, uint32_t tunnel_id, struct dataplane_stats *total)
{
	struct tunnel_data *t = calloc(1, sizeof(*t));

	if (!t)
		return;
	*t = (struct tunnel_data){ .data = d, .id = tunnel_id, .total = total };
	HASH_ADD(hh, d->tunnels, id, sizeof(t->id), t);
	if (!t->hh.tbl)
		free(t);
}

void data_finish(struct data *d, uint32_t tunnel_id)
{
	struct tunnel_data *t = find(d, tunnel_id);

	if (!t || t->finished)
		return;
	t->finished = true;
	ask(t);
}

static void forget(struct data *d, struct tunnel_data *t)
{
	if (t->asked)
		open_forget_count(d->driver, t);
	d->asked -= t->asked;
	if (d->next == t)
		d->next = t->hh.next;
	HASH_DEL(d->tunnels, t);
	free(t);
}

void data_forget(struct data *d, uint32_t tunnel_id)
{
	struct tunnel_data *t = find(d, tunnel_id);

	if (t)
		forget(d, t);
	go_on(d);
}

/* ---- Life ------------------------------------------------------------------------------------------------------ */

int data_new(sd_event *event, struct driver *driver, void (*done)(void *ctx), void *ctx, struct data **ret)
{
	struct data *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	*d = (struct data){ .driver = driver, .done = done, .ctx = ctx };
	r = sd_event_add_time(event, &d->timer, CLOCK_MONOTONIC, 0, 10 * USEC_PER_MSEC, on_timer, d);
	if (r >= 0)
		r = sd_event_source_set_enabled(d->timer, SD_EVENT_OFF);
	if (r < 0) {
		data_free(d);
		return r;
	}
	*ret = d;
	return 0;
}

void data_free(struct data *d)
{
	struct tunnel_data *t, *next;

	if (!d)
		return;
	HASH_ITER(hh, d->tunnels, t, next)
		forget(d, t);
	sd_event_source_disable_unref(d->timer);
	free(d);
}
