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

#include <stdlib.h>
#include <string.h>

#include "attach/process.h"

/* What pppd(8) has words for; -1: killed by a signal, or never started. */
static const struct {
	int status;
	const char *name;
} pppd_statuses[PPPD_STATUSES] = {
	{ 0, "0" },   { 1, "1" },   { 2, "2" },   { 3, "3" },   { 4, "4" },   { 5, "5" },     { 6, "6" },
	{ 7, "7" },   { 8, "8" },   { 9, "9" },   { 10, "10" }, { 11, "11" }, { 12, "12" },   { 13, "13" },
	{ 14, "14" }, { 15, "15" }, { 16, "16" }, { 17, "17" }, { 18, "18" }, { 19, "19" },   { 20, "20" },
	{ 21, "21" }, { 127, "127" }, { -1, "killed" }, { -2, "other" },
};

struct counted_key {
	uint32_t tunnel_id, session_id; /* 0: a tunnel */
};

enum ppp_phase { PPP_NONE, PPP_STARTING, PPP_UP };

struct counted {
	struct counted_key key;
	struct profile_counts *profile;
	enum phase phase;
	enum ppp_phase ppp;
	usec_t ppp_started; /* 0: before we counted */
	UT_hash_handle hh;
};

const char *pppd_status_name(size_t i)
{
	return pppd_statuses[i].name;
}

/* ---- Profiles and records -------------------------------------------------------------------------------------- */

struct profile_counts *counts_profile(struct counts *c, const char *name)
{
	struct profile_counts *p;

	HASH_FIND_STR(c->profiles, name, p);
	if (p)
		return p;
	p = calloc(1, sizeof(*p));
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

static void enter_ppp(struct counted *o, enum ppp_phase ppp)
{
	o->profile->ppp_starting -= o->ppp == PPP_STARTING;
	o->profile->ppp_up -= o->ppp == PPP_UP;
	o->profile->ppp_starting += ppp == PPP_STARTING;
	o->profile->ppp_up += ppp == PPP_UP;
	o->ppp = ppp;
}

static void forget(struct counts *c, struct counted *o)
{
	enter_ppp(o, PPP_NONE);
	life_of(o)->now[o->phase]--;
	HASH_DEL(c->objects, o);
	free(o);
}

/* ---- Events ---------------------------------------------------------------------------------------------------- */

static size_t result_of(const struct l2tp_reason *reason)
{
	return reason->result < RESULTS ? reason->result : 0;
}

static void count_exit(struct counts *c, const struct ppp_exit *how)
{
	size_t i = 0;

	while (i < PPPD_STATUSES - 1 && pppd_statuses[i].status != how->status)
		i++;
	c->pppd_exits[i]++;
}

/* o: there already if the engine knew it when we began to count, and the driver did not. */
static void open_object(struct counts *c, struct counted *o, const struct driver_event *e)
{
	if (!o)
		o = add(c, e->tunnel_id, e->session_id, e->profile, PHASE_OPENING);
	if (o)
		life_of(o)->opened++;
}

/* Of one that has its record. */
static void count(struct counts *c, struct counted *o, const struct driver_event *e, usec_t setup, usec_t now)
{
	switch (e->type) {
	case DRIVER_TUNNEL_ESTABLISHED:
	case DRIVER_SESSION_ESTABLISHED:
		enter(o, PHASE_ESTABLISHED);
		life_of(o)->established++;
		histogram_add(&life_of(o)->setup, setup);
		break;
	case DRIVER_TUNNEL_CLOSING:
		enter(o, PHASE_CLOSING);
		c->tunnels_closed[e->reason->origin][result_of(e->reason)]++;
		break;
	case DRIVER_SESSION_CLOSING:
		enter(o, PHASE_CLOSING);
		c->sessions_closed[e->reason->origin][result_of(e->reason)]++;
		break;
	case DRIVER_TUNNEL_GONE:
	case DRIVER_SESSION_GONE:
		forget(c, o);
		break;
	case DRIVER_PPP_STARTED:
		enter_ppp(o, PPP_STARTING);
		o->profile->pppd_starts++;
		o->ppp_started = now;
		break;
	case DRIVER_PPP_UP: /* comes again for a further network protocol */
		if (o->ppp == PPP_STARTING && o->ppp_started)
			histogram_add(&o->profile->ppp_setup, now - o->ppp_started);
		enter_ppp(o, PPP_UP);
		break;
	case DRIVER_PPP_EXITED:
		enter_ppp(o, PPP_NONE);
		count_exit(c, e->exit);
		break;
	case DRIVER_TUNNEL_OPENED:
	case DRIVER_SESSION_OPENED:
	case DRIVER_TUNNEL_REMOVING:
	case DRIVER_TUNNEL_REFUSED:
	case DRIVER_RELOADED:
	case DRIVER_DRAIN:
	case DRIVER_HANG_UP:
	case DRIVER_STOPPING:
	case DRIVER_EVENTS:
		break;
	}
}

void counts_event(struct counts *c, const struct driver_event *e, usec_t setup, usec_t now)
{
	struct counted *o = find(c, e->tunnel_id, e->session_id);

	if (e->type == DRIVER_TUNNEL_REFUSED)
		c->tunnels_refused[result_of(e->reason)]++;
	else if (e->type == DRIVER_TUNNEL_OPENED || e->type == DRIVER_SESSION_OPENED)
		open_object(c, o, e);
	else if (o)
		count(c, o, e, setup, now);
}

void counts_adopt(struct counts *c, uint32_t tunnel_id, uint32_t session_id, const char *profile, enum phase phase,
		  enum view_ppp ppp)
{
	struct counted *o = add(c, tunnel_id, session_id, profile, phase);

	if (o && ppp != VIEW_PPP_NONE)
		enter_ppp(o, ppp == VIEW_PPP_UP ? PPP_UP : PPP_STARTING);
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
}
