/* SPDX-License-Identifier: MIT */
/*
 * owner: who on this machine wants a tunnel or a session, and is told what becomes of it: a lac profile that is dialled.
 * What nobody here has asked for has none.  tunnel.c and session.c never ask what kind it is.
 */
#ifndef OWNER_H
#define OWNER_H

#include "config/config.h"
#include "l2tp.h"

struct owner;

/* session_id 0: of the tunnel.  Functions may close and open what they like, but free neither tunnel nor session. */
struct owner_class {
	/* The tunnel is established; the session's other end is up. */
	void (*up)(struct owner *o, uint32_t tunnel_id, uint32_t session_id);
	/* It ends; successor_id: the tunnel that the peer has put in its place, 0: none. */
	void (*down)(struct owner *o, uint32_t tunnel_id, uint32_t session_id, const struct l2tp_reason *reason,
		     uint32_t successor_id);
	/* Sessions: nothing is left of it. */
	void (*gone)(struct owner *o, uint32_t tunnel_id, uint32_t session_id);
};

struct owner {
	const struct owner_class *class;
	const struct config_profile *profile; /* its calls' */
};

#endif
