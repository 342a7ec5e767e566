/* SPDX-License-Identifier: MIT */
/*
 * session: the SESSION operations of the engine, carried out: the decision, the kernel's session, the bearer of an
 * outgoing call, the attachment at the other end, and what the log says of it.
 */
#ifndef SESSION_H
#define SESSION_H

#include "attachment.h"
#include "bearer.h"
#include "tunnel.h"

struct session_key {
	uint32_t tunnel_id, session_id;
};

/* Ours of a session; lives from its first operation to SESSION_GONE. */
struct session {
	struct sessions *sessions;
	struct session_key key;
	uint32_t peer_tunnel_id, peer_session_id;
	struct l2tp_addr peer;
	uint8_t version;
	struct owner *owner;          /* NULL: the peer or an operator wants it */
	struct decision decision;
	bool lns;
	bool announced;               /* it has been allowed to be: watchers know of it */
	bool up, ending;              /* ending: SESSION_DEL has been asked for */
	bool sequenced;               /* the LAC requires that all data is (5.4) */
	bool numbered;                /* what the kernel has been told of ours */
	struct bearer *bearer;        /* of an outgoing call that we place; NULL */
	struct attachment *attachment; /* NULL: none yet, or no more */
	bool attached;                /* it is started, and has not stopped */
	bool attachment_up;
	UT_hash_handle hh;
};

struct sessions {
	struct engine *engine;
	struct events *events;
	struct decide *decide;
	struct dataplane *dataplane;
	struct tunnels *tunnels;
	struct attachment_kind *kind; /* of all sessions */
	struct session *all;
	size_t attached;              /* those with an attachment that was started and has not stopped */
	void (*detached)(void *ctx);  /* one has stopped */
	void *ctx;
};

struct session *session_get(const struct sessions *s, uint32_t tunnel_id, uint32_t session_id);
void session_op(struct sessions *s, const struct l2tp_op *op);
/* What we say as LAC of our link. */
struct l2tp_lcp_wishes session_lcp(const struct config_profile *profile);
void session_view(const struct session *n, struct attachment_view *ret);

/* Each attachment ends, through a tunnel that is still there. */
void sessions_stop(struct sessions *s);
/* The owner goes, what it wanted stays. */
void sessions_disown(struct sessions *s, const struct owner *owner);
void sessions_clear(struct sessions *s);

#endif
