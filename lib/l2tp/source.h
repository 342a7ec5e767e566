/* SPDX-License-Identifier: MIT */
/*
 * source: what counts as one peer for limits, an IPv4 address or the /64 of an IPv6 one, and what we know of it: the
 * counts for the limits, and the tunnels that we open to it, one of which may collide with an SCCRQ (RFC 2661
 * 4.4.3, Tie Breaker).  It is there as long as it has tunnels.  Half-open tunnels are chained by age, all of them
 * and those of each source.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "tunnel.h"

/* Tunnels in the order in which they were begun. */
struct ages {
	struct tunnel *oldest, *youngest;
};

struct source {
	struct l2tp_addr key;  /* without port and interface identifier */
	uint32_t tunnels;      /* opened by either end */
	struct source_use use;
	struct tunnel *dials;  /* tunnels that we open to it, not answered yet */
	struct ages half_open; /* tunnels that it opens */
	UT_hash_handle hh;
};

struct sources {
	struct hash_secret secret;
	struct source *table;
	uint32_t half_open; /* of all */
	struct ages ages;   /* of them */
};

struct source *source_find(const struct sources *l, const struct l2tp_addr *addr);
/* A tunnel that we open to exactly this IP address, and that has not been answered yet. */
struct tunnel *source_find_dial(const struct sources *l, const struct l2tp_addr *addr);

/* From its birth to its end a tunnel belongs to the source of its peer.  -ENOMEM */
int source_join(struct sources *l, struct tunnel *t);
/* The tunnel that had joined is no more. */
void source_leave(struct sources *l, struct source *s, bool initiator);

/* t has been opened by us, and has been answered or given up (again: nothing happens). */
void source_dial_begin(struct tunnel *t);
void source_dial_end(struct tunnel *t);
/* The same for a tunnel that the source opens. */
void source_half_open_begin(struct sources *l, struct tunnel *t, usec_t now);
void source_half_open_end(struct sources *l, struct tunnel *t);

#endif
