/* SPDX-License-Identifier: MIT */
/*
 * registry: the engine's tunnels: by our id, by the peer's address and id, which a repeated SCCRQ has, and by its
 * address.  Here they are added, dropped, replaced, settled and freed.
 */
#ifndef REGISTRY_H
#define REGISTRY_H

#include "endpoint.h"
#include "source.h"
#include "throttle.h"

struct l2tp {
	struct core core;
	struct tunnel *by_id, *by_key;
	struct endpoints endpoints;
	struct sources sources;
	struct throttle throttle;
	struct tunnel *shut_next;         /* shutdown: to be closed next; NULL: all have been, or there is none */
	struct l2tp_reason shut_reason;
};

struct tunnel *registry_tunnel(struct object *o); /* that the object is, or belongs to */
struct session *registry_session(struct object *o);
struct tunnel *registry_tunnel_of(struct session *s);

struct tunnel *registry_find(const struct l2tp *l, uint32_t id);
struct tunnel *registry_find_key(const struct l2tp *l, const struct l2tp_addr *peer, uint32_t peer_id);

/* The tunnel that a peer means by tunnel 0, which it may say only where its settings allow it (accept_tunnel_id_0): one that
 * it has begun if it completes it with an SCCCN, else the one that stands. */
struct tunnel *registry_find_addr(const struct l2tp *l, const struct l2tp_addr *peer, bool scccn);

/* -EMFILE: limit; -ENOSPC, -ENOMEM */
int registry_add(struct l2tp *l, const struct dialect *dialect, const struct l2tp_params *params,
		 const struct l2tp_addr *local, const struct l2tp_addr *peer, bool initiator, usec_t now,
		 struct tunnel **ret);
/* The peer's id is known: the tunnel is found by its key from now on, in place of an older one that has the same. */
void registry_set_key(struct l2tp *l, struct tunnel *t, uint32_t peer_id);

/* At the end of each entry that touched the tunnel. */
void registry_settle(struct l2tp *l, struct tunnel *t, usec_t now);
/* Free what the world has been told is gone; a tunnel may have waited for its last session. */
void registry_reap(struct l2tp *l);
void registry_clear(struct l2tp *l);

/* Tunnels and sessions that one entry closes at most; the next l2tp_tick() continues. */
#define REGISTRY_CLOSINGS 512
bool registry_is_closing(const struct l2tp *l);
void registry_close_some(struct l2tp *l, usec_t now);

#endif
