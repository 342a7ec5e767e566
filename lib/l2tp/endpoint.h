/* SPDX-License-Identifier: MIT */
/*
 * endpoint: an address and port from which peers have opened tunnels to us, and those tunnels.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include "tunnel.h"

struct endpoint {
	struct l2tp_addr addr;
	struct tunnel *begun;        /* the newest; it may be a stranger's */
	struct tunnel *standing;     /* that which was established last; NULL: none is, or it has gone */
	struct tunnel *first, *last; /* of all; who has been asked goes to the front */
	UT_hash_handle hh;
};

struct endpoints {
	struct endpoint *table;
	struct hash_secret secret;
};

/* NULL: there is none */
struct endpoint *endpoint_find(const struct endpoints *l, const struct l2tp_addr *addr);
/* Without memory the tunnel has no endpoint. */
void endpoint_enter(struct endpoints *l, struct tunnel *t);
void endpoint_stand(struct tunnel *t);
/* One that has none: nothing happens. */
void endpoint_leave(struct endpoints *l, struct tunnel *t);
/* The tunnel that was asked for the longest time ago; it is now the one that was asked last. */
struct tunnel *endpoint_rotate(struct endpoint *e);

#endif
