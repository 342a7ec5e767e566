/* SPDX-License-Identifier: MIT */
/*
 * count: see metrics/count.h.
 *
 * Each tunnel and session has a record that says in which phase it is counted, so that gauges stay right whatever
 * events come: an object leaves exactly where it has entered.  Events of one without a record (there was no memory for
 * it) count nothing.
 *
 * Profiles are known by name and stay until the end, with what was counted for them: a reload may bring them back, and
 * there are no more of them than the operator has named.
 *
 * Called by metrics.
 */
#include "count.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct counted_key {
	uint32_t tunnel_id, session_id; /* 0: a tunnel */
};

struct counted {
	struct counted_key key;
	struct profile_counts *profile;
	enum phase phase;
	struct attachment_counts *attachment; /* of its kind; NULL: it has none that counts */
	bool up;                              /* the attachment */
	usec_t started;                       /* likewise; 0: before we counted */
	UT_hash_handle hh;
};

/* ---- Kinds of attachments -------------------------------------------------------------------------------------- */

static int add_kind(struct counts *c, const struct attachment_class *class)
{
	struct kind_counts *k = &c->kinds[c->n_kinds];

	k->class = class;
	while (class->causes && class->causes[k->n_causes])
		k->n_causes++;
	k->ends = calloc(k->n_causes + 1, sizeof(*k->ends));
	c->n_kinds += k->ends != NULL;
	return k->ends ? 0 : -ENOMEM;
}

int counts_init(struct counts *c, const struct attachment_class *const *kinds)
{
	size_t n = 0;
	int r = 0;

	while (kinds[n])
		n++;
	*c = (struct counts){ .kinds = calloc(n + 1, sizeof(*c->kinds)) };
	if (!c->kinds)
		return -ENOMEM;
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = add_kind(c, kinds[i]);
	if (r < 0)
		counts_clear(c);
	return r;
}

static size_t index_of(const struct counts *c, const struct attachment_class *class)
{
	size_t i = 0;

	while (i < c->n_kinds && c->kinds[i].class != class)
		i++;
	assert(i < c->n_kinds); /* none but the registered ones are in use */
	return i;
}

/* ---- Profiles and records -------------------------------------------------------------------------------------- */

struct profile_counts *counts_profile(struct counts *c, const char *name)
{
	struct profile_counts *p;

	HASH_FIND_STR(c->profiles, name, p);
	if (p)
		return p;
	p = calloc(1, sizeof(*p) + c->n_kinds * sizeof(p->attachments[0]));
	if (!p)
		return NULL;
	p->name = strdup(name);
	if (p->name)
		HASH_ADD_KEYPTR(hh, c->profiles, p->name, strlen(p->name), p);
	if (p->hh.tbl)
		return p;
	free(p->name);
	free(p);
	return NULL;
}

static struct counted *find(struct counts *c, uint32_t tunnel_id, uint32_t session_id)
{
	struct counted_key key = { tunnel_id, session_id };
	struct counted *o;

	HASH_FIND(hh, c->objects, &key, sizeof(key), o);
	return o;
}

static struct life_counts *life_of(const struct counted *o)
{
	return o->key.session_id ? &o->profile->sessions : &o->profile->tunnels;
}

static struct counted *add(struct counts *c, uint32_t tunnel_id, uint32_t session_id, const char *profile,
			   enum phase phase)
{
	struct counted *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->key = (struct counted_key){ tunnel_id, session_id };
	o->profile = counts_profile(c, profile);
	o->phase = phase;
	if (o->profile)
		HASH_ADD(hh, c->objects, key, sizeof(o->key), o);
	if (!o->hh.tbl) {
		free(o);
		return NULL;
	}
	life_of(o)->now[phase]++;
	return o;
}

static void enter(struct counted *o, enum phase phase)
{
	struct life_counts *l = life_of(o);

	l->now[o->phase]--;
	l->now[phase]++;
	o->phase = phase;
}

/* attachment NULL: it has none any more. */
static void enter_attachment(struct counted *o, struct attachment_counts *attachment, bool up)
{
	if (o->attachment) {
		o->attachment->starting -= !o->up;
		o->attachment->up -= o->up;
	}
	if (attachment) {
		attachment->starting += !up;
		attachment->up += up;
	}
	o->attachment = attachment;
	o->up = up;
}

static void forget(struct counts *c, struct counted *o)
{
	enter_attachment(o, NULL, false);
	life_of(o)->now[o->phase]--;
	HASH_DEL(c->objects, o);
	free(o);
}

/* ---- Events ---------------------------------------------------------------------------------------------------- */

static size_t result_of(const struct l2tp_reason *reason)
{
	return reason->result < RESULTS ? reason->result : 0;
}

/* o: there already if the engine knew it when we began to count, and the driver did not. */
static void open_object(struct counts *c, struct counted *o, const struct event *e)
{
	if (!o)
		o = add(c, e->tunnel_id, e->session_id, e->profile, PHASE_OPENING);
	if (o)
		life_of(o)->opened++;
}

/* Of an attachment; of a session that has its record. */
static void count_attachment(struct counts *c, struct counted *o, const struct event *e, usec_t now)
{
	const size_t i = index_of(c, e->attachment);
	struct attachment_counts *a = &o->profile->attachments[i];
	struct kind_counts *k = &c->kinds[i];

	if (e->type == EVENT_ATTACHMENT_STARTED) {
		enter_attachment(o, a, false);
		a->starts++;
		o->started = now;
	} else if (e->type == EVENT_ATTACHMENT_UP) { /* perhaps again */
		if (o->attachment && !o->up && o->started)
			histogram_add(&a->setup, now - o->started);
		enter_attachment(o, a, true);
	} else {
		enter_attachment(o, NULL, false);
		assert(!k->n_causes || e->end->cause < k->n_causes);
		if (k->n_causes)
			k->ends[e->end->cause]++;
	}
}

/* Of one that has its record. */
static void count(struct counts *c, struct counted *o, const struct event *e, usec_t setup, usec_t now)
{
	switch (e->type) {
	case EVENT_TUNNEL_ESTABLISHED:
	case EVENT_SESSION_ESTABLISHED:
		enter(o, PHASE_ESTABLISHED);
		life_of(o)->established++;
		histogram_add(&life_of(o)->setup, setup);
		break;
	case EVENT_TUNNEL_CLOSING:
		enter(o, PHASE_CLOSING);
		c->tunnels_closed[e->reason->origin][result_of(e->reason)]++;
		break;
	case EVENT_SESSION_CLOSING:
		enter(o, PHASE_CLOSING);
		c->sessions_closed[e->reason->origin][result_of(e->reason)]++;
		break;
	case EVENT_TUNNEL_GONE:
	case EVENT_SESSION_GONE:
		forget(c, o);
		break;
	case EVENT_ATTACHMENT_STARTED:
	case EVENT_ATTACHMENT_UP:
	case EVENT_ATTACHMENT_STOPPED:
		count_attachment(c, o, e, now);
		break;
	case EVENT_TUNNEL_OPENED:
	case EVENT_SESSION_OPENED:
	case EVENT_TUNNEL_REMOVING:
	case EVENT_TUNNEL_REFUSED:
	case EVENT_RELOADED:
	case EVENT_DRAIN:
	case EVENT_HANG_UP:
	case EVENT_STOPPING:
	case EVENTS:
		break;
	}
}

void counts_event(struct counts *c, const struct event *e, usec_t setup, usec_t now)
{
	struct counted *o = find(c, e->tunnel_id, e->session_id);

	if (e->type == EVENT_TUNNEL_REFUSED)
		c->tunnels_refused[result_of(e->reason)]++;
	else if (e->type == EVENT_TUNNEL_OPENED || e->type == EVENT_SESSION_OPENED)
		open_object(c, o, e);
	else if (o)
		count(c, o, e, setup, now);
}

void counts_adopt(struct counts *c, uint32_t tunnel_id, uint32_t session_id, const char *profile, enum phase phase,
		  const struct attachment_view *attachment)
{
	struct counted *o = add(c, tunnel_id, session_id, profile, phase);
	size_t i;

	if (!o || !attachment || !attachment->attachment || attachment->phase == ATTACHMENT_NONE)
		return;
	i = index_of(c, attachment->attachment->class);
	enter_attachment(o, &o->profile->attachments[i], attachment->phase == ATTACHMENT_UP);
}

void counts_clear(struct counts *c)
{
	struct counted *o, *next;
	struct profile_counts *p, *following;

	HASH_ITER(hh, c->objects, o, next)
		forget(c, o);
	HASH_ITER(hh, c->profiles, p, following) {
		HASH_DEL(c->profiles, p);
		free(p->name);
		free(p);
	}
	for (size_t i = 0; i < c->n_kinds; i++)
		free(c->kinds[i].ends);
	free(c->kinds);
	*c = (struct counts){ 0 };
}
