/* SPDX-License-Identifier: MIT */
/*
 * rates: the traffic rates of the sessions.
 *
 * The counters of each session cost a request to the daemon and one to the kernel, so each refresh reads at most ROUND
 * sessions in turn, and the TOP busiest each time: up to ROUND sessions, that is all of them.  A rate is computed over
 * the time between two answers for the session.  WINDOW requests are pending at a time.
 */
#include "rates.h"
#include "rows.h"
#include "text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_FUNCTION         HASH_FNV /* the default one falls through in a switch */
#define uthash_fatal(message) ctl_must(-ENOMEM)
#include <uthash.h>

#define ROUND  1000
#define TOP    100
#define WINDOW 32

struct entry {
	struct rate rate; /* begins with the key */
	struct rates *owner;
	uint64_t rx_bytes, tx_bytes;
	uint64_t asked, answered; /* when, us; 0: never */
	bool seen;                /* in this listing */
	UT_hash_handle hh;
};

#define KEY_SIZE (offsetof(struct rate, session) + sizeof(uint32_t))

struct rates {
	struct ctl *c;
	struct entry *hash;
	struct rate **all, **sorted; /* in the order of their arrival; the busiest first */
	size_t n, room;
	size_t turn;                 /* the next one in `all` to be read */
	unsigned pending;
};

struct rates *rates_new(struct ctl *c)
{
	struct rates *r = ctl_must_ptr(calloc(1, sizeof(*r)));

	static_assert(offsetof(struct rate, tunnel) == 0 && KEY_SIZE == 2 * sizeof(uint32_t), "a key without a gap");
	r->c = c;
	return r;
}

static struct entry *entry_of(struct rate *rate)
{
	static_assert(offsetof(struct entry, rate) == 0, "same address");
	return (struct entry *)rate;
}

/* ---- The list ----------------------------------------------------------------------------------------------- */

static struct entry *entry_new(struct rates *r, uint32_t tunnel, uint32_t session)
{
	struct entry *e = ctl_must_ptr(calloc(1, sizeof(*e)));

	e->owner = r;
	e->rate.tunnel = tunnel;
	e->rate.session = session;
	if (r->n == r->room) {
		r->room = r->room ? r->room * 2 : ROUND;
		r->all = ctl_must_ptr(reallocarray(r->all, r->room, sizeof(struct rate *)));
		r->sorted = ctl_must_ptr(reallocarray(r->sorted, r->room, sizeof(struct rate *)));
	}
	r->all[r->n++] = &e->rate;
	HASH_ADD(hh, r->hash, rate, KEY_SIZE, e);
	return e;
}

/* Cut to fit, between characters. */
static void copy_member(char *out, size_t size, const json_t *row, const char *key)
{
	const char *s = json_text(row, key);
	size_t len = strnlen(s, size);

	if (len == size)
		for (len--; len > 0 && (s[len] & 0xc0) == 0x80;)
			len--;
	memcpy(out, s, len);
	out[len] = '\0';
}

static bool on_row(void *ctx, json_t *row)
{
	struct rate key = { .tunnel = (uint32_t)json_number(row, "Tunnel"),
			    .session = (uint32_t)json_number(row, "Session") };
	struct rates *r = ctx;
	struct entry *e;

	HASH_FIND(hh, r->hash, &key, KEY_SIZE, e);
	if (!e)
		e = entry_new(r, key.tunnel, key.session);
	e->seen = true;
	copy_member(e->rate.interface, sizeof(e->rate.interface), row, "Interface");
	copy_member(e->rate.user, sizeof(e->rate.user), row, "UserName");
	copy_member(e->rate.address, sizeof(e->rate.address), row, "RemoteAddress");
	copy_member(e->rate.profile, sizeof(e->rate.profile), row, "Profile");
	return true;
}

/* Sessions that were not listed no longer exist. */
static void drop_unseen(struct rates *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++) {
		struct entry *e = entry_of(r->all[i]);

		if (e->seen) {
			e->seen = false;
			r->all[kept++] = &e->rate;
		} else {
			HASH_DELETE(hh, r->hash, e);
			free(e);
		}
	}
	r->n = kept;
}

/* ---- Order -------------------------------------------------------------------------------------------------- */

static double weight(const struct rate *a, enum rates_order order)
{
	return (order == RATES_TX ? 0 : a->rx) + (order == RATES_RX ? 0 : a->tx);
}

/* Equal ones in the order of their ids, so that the list does not jump. */
static int compare(const void *a, const void *b, void *order)
{
	const struct rate *x = *(struct rate *const *)a, *y = *(struct rate *const *)b;
	double wx = weight(x, *(enum rates_order *)order), wy = weight(y, *(enum rates_order *)order);

	if (wx != wy)
		return wx < wy ? 1 : -1;
	if (x->tunnel != y->tunnel)
		return x->tunnel < y->tunnel ? -1 : 1;
	return x->session < y->session ? -1 : x->session > y->session;
}

const struct rate *const *rates_sorted(struct rates *r, enum rates_order order, size_t *ret_n)
{
	if (r->n > 0) {
		memcpy(r->sorted, r->all, r->n * sizeof(r->all[0]));
		qsort_r(r->sorted, r->n, sizeof(r->sorted[0]), compare, &order);
	}
	*ret_n = r->n;
	return (const struct rate *const *)r->sorted;
}

/* ---- Counters ----------------------------------------------------------------------------------------------- */

static double bits_per_second(uint64_t now, uint64_t before, uint64_t usec)
{
	return now >= before && usec > 0 ? (double)(now - before) * 8 * USEC_PER_SEC / (double)usec : 0;
}

static int on_counters(sd_bus_message *m, void *ctx, sd_bus_error *error)
{
	uint64_t now = rows_now(), rx, tx;
	struct entry *e = ctx;
	json_t *counters;

	(void)error;
	e->owner->pending--;
	/* the session was removed meanwhile, or there is no data path */
	if (sd_bus_message_is_method_error(m, NULL) || json_read(m, &counters) < 0)
		return 1;
	rx = json_number(counters, "RxBytes");
	tx = json_number(counters, "TxBytes");
	json_decref(counters);
	if (e->answered) {
		e->rate.rx = bits_per_second(rx, e->rx_bytes, now - e->answered);
		e->rate.tx = bits_per_second(tx, e->tx_bytes, now - e->answered);
	}
	e->rx_bytes = rx;
	e->tx_bytes = tx;
	e->answered = now;
	return 1;
}

/* Wait until no more than that number of answers are missing. */
static enum status await(struct rates *r, unsigned missing)
{
	int n = 1;

	while (r->pending > missing && n >= 0) {
		n = sd_bus_process(r->c->bus, NULL);
		if (n == 0)
			n = sd_bus_wait(r->c->bus, UINT64_MAX);
		if (n == -EINTR)
			n = 0;
	}
	return n < 0 ? ctl_gone(r->c) : STATUS_OK;
}

static enum status ask(struct rates *r, struct entry *e, uint64_t now)
{
	enum status status = await(r, WINDOW - 1);
	sd_bus_message *m;

	if (status == STATUS_OK)
		status = ctl_method(r->c, "GetCounters", &m);
	if (status != STATUS_OK)
		return status;
	ctl_must(sd_bus_message_append(m, "uu", e->rate.tunnel, e->rate.session));
	ctl_must(sd_bus_call_async(r->c->bus, NULL, m, on_counters, e, CALL_TIMEOUT));
	sd_bus_message_unref(m);
	e->asked = now;
	r->pending++;
	return STATUS_OK;
}

enum status rates_refresh(struct rates *r)
{
	enum status status = rows_list(r->c, ROWS_SESSIONS, NULL, on_row, r);
	uint64_t now = rows_now();
	size_t n;

	if (status != STATUS_OK)
		return status;
	drop_unseen(r);
	rates_sorted(r, RATES_BOTH, &n);
	for (size_t i = 0; i < n && i < TOP && status == STATUS_OK; i++)
		status = ask(r, entry_of(r->sorted[i]), now);
	for (size_t i = 0; i < n && i < ROUND && status == STATUS_OK; i++) {
		struct entry *e = entry_of(r->all[r->turn++ % n]);

		if (e->asked != now)
			status = ask(r, e, now);
	}
	return status == STATUS_OK ? await(r, 0) : status;
}

void rates_free(struct rates *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		entry_of(r->all[i])->seen = false;
	drop_unseen(r);
	free(r->all);
	free(r->sorted);
	free(r);
}
