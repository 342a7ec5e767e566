/* SPDX-License-Identifier: MIT */
/*
 * source: an IP address and what it has to do with us: the count for the limit on half-open tunnels, and the list that
 * finds a colliding SCCRQ (RFC 2661 4.4.3, Tie Breaker) without a search.  It is there as long as it has either.  All
 * half-open tunnels are chained by age.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "tunnel.h"

struct source {
	struct l2tp_addr addr; /* port 0 */
	uint32_t half_open;    /* tunnels that it opens to us */
	struct tunnel *dials;  /* tunnels that we open to it, not answered yet */
	UT_hash_handle hh;
};

struct sources {
	struct hash_secret secret;
	struct source *table;
	uint32_t half_open; /* of all */
	struct tunnel *oldest, *youngest; /* of them */
};

struct source *source_find(const struct sources *l, const struct l2tp_addr *addr);
/* NULL: no memory.  Give back what is not used: source_put(). */
struct source *source_get(struct sources *l, const struct l2tp_addr *addr);
void source_put(struct sources *l, struct source *s);

/* t has been opened by us, and has been answered or given up (again: nothing happens). */
void source_dial_begin(struct source *s, struct tunnel *t);
void source_dial_end(struct sources *l, struct tunnel *t);
/* The same for a tunnel that the source opens. */
void source_half_open_begin(struct sources *l, struct source *s, struct tunnel *t, usec_t now);
void source_half_open_end(struct sources *l, struct tunnel *t);

#endif
