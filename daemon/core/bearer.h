/* SPDX-License-Identifier: MIT */
/*
 * bearer: the far side of an outgoing call that we place as LAC: a program of the operator's (dial-hook) dials, is told of
 * the link, and hangs up.
 */
#ifndef BEARER_H
#define BEARER_H

#include <systemd/sd-event.h>

#include "base/log.h"
#include "config/config.h"
#include "l2tp.h"

struct bearer;

/* Which call.  Pointers stay the caller's. */
struct bearer_call {
	uint32_t tunnel_id, session_id;
	const struct l2tp_addr *peer;
	struct l2tp_span peer_host_name;
	const struct l2tp_call_info *call;
	const struct config_profile *profile; /* its dial-hook: NULL if a reload has taken it away */
};

struct bearer_handler {
	/* What a line of the log is about: asked for whenever one is written, because a reload may have changed it. */
	struct log_object (*object)(void *ctx);
	/* reason NULL: the call is placed, else why not.  Not from within bearer_dial(). */
	void (*dialled)(void *ctx, const struct l2tp_reason *reason);
	void (*hung_up)(void *ctx);
};

/* Place the call.  A negative errno: it cannot be, the log says so, and *ret is not written. */
int bearer_dial(sd_event *event, const struct bearer_call *call, const struct bearer_handler *handler, void *ctx,
		struct bearer **ret);
/* It ends while it may still be dialled: dialled() is not called any more.  Was it so?  NULL is fine */
bool bearer_abort(struct bearer *b);
/* The link's octets to escape, and what LCP said; nothing before the call is placed.  NULL is fine */
void bearer_link(struct bearer *b, const struct bearer_call *call, const struct l2tp_link_info *link);
/* Clear the call, if there may be one; hung_up() follows.  false: there is nothing to clear, and it does not.  NULL: false */
bool bearer_hang_up(struct bearer *b, const struct bearer_call *call);
void bearer_free(struct bearer *b); /* NULL is fine */

#endif
