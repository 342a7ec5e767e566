/* SPDX-License-Identifier: MIT */
/*
 * tunnel: the TUNNEL operations of the engine, carried out: socket, kernel tunnel, the host route that keeps the way to
 * the peer, and what the log says of it.
 */
#ifndef TUNNEL_H
#define TUNNEL_H

#define HASH_NONFATAL_OOM 1 /* an element that found no memory has hh.tbl NULL */
#define HASH_FUNCTION HASH_FNV
#include <uthash.h>

#include "decide.h"
#include "engine.h"
#include "events.h"
#include "net/listen.h"
#include "owner.h"
#include "profiles.h"

struct dataplane;
struct link;
struct trace;

/* Ours of a tunnel; lives from its first operation (or tunnel_open) to TUNNEL_GONE. */
struct tunnel {
	struct tunnels *tunnels;
	uint32_t id, peer_id;
	const struct config_profile *profile;
	struct owner *owner;          /* NULL: nobody here wants it */
	struct listen_socket *socket; /* its own, NULL: it still uses a listener */
	struct l2tp_addr peer;
	char host[64];                /* the peer's Host Name, escaped */
	uint64_t rx_packets;          /* at the last look */
	bool counted;                 /* among its profile's: established, and not closed yet */
	bool end_logged;
	bool pinned;                  /* a host route keeps the way to the peer */
	UT_hash_handle hh;
};

struct tunnels {
	struct engine *engine;
	struct events *events;
	struct profiles *profiles;
	struct decide *decide;
	struct listen *listen;
	struct dataplane *dataplane;
	struct link *link;            /* NULL: no kernel data path */
	struct trace *trace;
	struct tunnel *all;
};

struct tunnel *tunnel_get(const struct tunnels *s, uint32_t id);
void tunnel_op(struct tunnels *s, const struct l2tp_op *op);

/* As l2tp_env.admit_tunnel: may this peer open one? */
bool tunnels_admit(struct tunnels *s, const struct l2tp_addr *peer, struct l2tp_span host_name, struct l2tp_params *params,
		   struct l2tp_reason *reason);
/* As l2tp_env.refused. */
void tunnels_refused(struct tunnels *s, const struct l2tp_addr *peer, struct l2tp_span host_name,
		     const struct l2tp_reason *reason);

/* Open one to a peer of this lac profile.  owner: NULL, or who wants it. */
int tunnel_open(struct tunnels *s, const struct config_profile *p, const struct l2tp_addr *peer, struct owner *owner,
		struct tunnel **ret);
/* From now on it has this profile, which counts it if the one before did. */
void tunnel_belong(struct tunnel *t, const struct config_profile *profile);
/* If it is ending: the log says so, before it says what comes of it. */
void tunnel_log_end(struct tunnel *t); /* NULL is fine */
/* Close it if its profile has been removed and it has no session. */
void tunnel_settle_removed(struct tunnels *s, uint32_t id);
/* Of a PHB, or else of the second one; 0 if there is none. */
unsigned tunnel_dscp(uint32_t phb, uint32_t otherwise);
/* What the tunnel's data is marked with: the kernel knows one mark for all of a tunnel's sessions. */
void tunnel_mark(struct tunnel *t, uint32_t phb);

/* The owner goes, what it wanted stays. */
void tunnels_disown(struct tunnels *s, const struct owner *owner);
void tunnels_clear(struct tunnels *s);

#endif
