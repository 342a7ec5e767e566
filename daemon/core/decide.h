/* SPDX-License-Identifier: MIT */
/*
 * decide: who may open a tunnel, who may have a session, and with what.  The only place that matches profiles and that
 * takes addresses.
 *
 * A session keeps one decision all its life.  It is made at three moments (decider.h), each of which may take its time;
 * from the first one on it holds a place among its profile's sessions and, if the profile has a pool, an address, so that
 * a session that was allowed can never fail for want of one.
 */
#ifndef DECIDE_H
#define DECIDE_H

#include <sys/queue.h>

#include "base/pool.h"
#include "decider.h"
#include "profiles.h"

enum decide_state { DECIDE_OPEN, DECIDE_DRAINING, DECIDE_STOPPING };

LIST_HEAD(decisions, decision);

struct decide {
	struct profiles *profiles;
	struct pool **pools;       /* as config.pools */
	struct pool *interfaces;   /* numbers for interface names */
	enum decide_state state;
	struct decider *decider;   /* NULL: the configuration alone */
	struct decisions decisions; /* that hold something */
};

/* refusal NULL: it may be.  May be called from within decide_session(). */
typedef void (*decision_done)(void *ctx, const struct l2tp_reason *refusal);

struct decision {
	struct decide *decide;                /* NULL: nothing has been decided */
	const struct config_profile *profile; /* of whose sessions it is one; NULL: of none */
	uint32_t address;                     /* the peer's, of a pool, host order; 0: none */
	struct pool *pool;                    /* that it goes back to; NULL: a reload has taken the pool away */
	uint32_t interface;                   /* number in the interface's name; 0: none */
	uint32_t tunnel_id, session_id;       /* of the last question; 0: of none */
	enum decide_moment moment;            /* the last one */
	bool asking;                          /* the decider has not answered yet */
	decision_done done;
	void *ctx;
	LIST_ENTRY(decision) entry;
};

int decide_init(struct decide *d, struct profiles *profiles, struct decider *decider);
void decide_clear(struct decide *d);
void decide_pools_free(struct pool **pools, size_t n);
/* Draining or stopping: nothing new. */
bool decide_takes_new(const struct decide *d);
/* What a peer is told for which there is no room: as configured, if anything is; else result and error. */
struct l2tp_reason decide_refusal(const struct l2tp_refusal *given, uint16_t result, uint16_t error, const char *text);

/* What it is told for which nothing new is taken. */
struct l2tp_reason decide_draining(const struct decide *d, const struct l2tp_refusal *given);

/* The profile of a tunnel that this peer wants to open.  NULL: there is none for it. */
const struct config_profile *decide_tunnel(const struct decide *d, const struct l2tp_addr *peer, struct l2tp_span host_name);
/* The lns profile that takes the place of the one that a tunnel of a peer's was opened with and that has been removed:
 * that which fits the peer now, if the tunnel has shown all that it demands.  NULL: none. */
const struct config_profile *decide_successor(const struct decide *d, const struct l2tp_tunnel_info *t);

/* May a session of the peer's be (ASKED), still be (CONNECTED), be for this user (USER)?  done is called once. */
void decide_session(struct decide *d, struct decision *n, enum decide_moment moment, const struct decide_request *r,
		    decision_done done, void *ctx);
/* One that we place ourselves: its profile is known.  false: there is no room, *reason says for what. */
bool decide_own(struct decide *d, struct decision *n, const struct config_profile *profile, struct l2tp_reason *reason);
/* It is about to begin, with what its profile has now: a pool, or numbers for interfaces, may have come with a reload after
 * it was allowed.  false: as above */
bool decide_complete(struct decision *n, struct l2tp_reason *reason);
/* What it holds is free again; nobody is told any more.  One that is all zero: fine */
void decision_release(struct decision *n);

/* After a reload: every decision to its profile in the new configuration, and n pools are not the configuration's any
 * more: who has an address of theirs keeps it, and it belongs to the pool that has it now. */
void decide_move(struct decide *d, struct pool *const *gone, size_t n);

#endif
