/* SPDX-License-Identifier: MIT */
/*
 * decider: who is asked beside the configuration whether a session may be: a RADIUS server, a test.  main.c registers it
 * (driver_options); without one the configuration decides alone, at once.
 */
#ifndef DECIDER_H
#define DECIDER_H

#include "config/config.h"
#include "l2tp.h"

struct decider;
struct decision;

enum decide_moment {
	DECIDE_ASKED,     /* ICRQ or OCRQ: the numbers, and the peer */
	DECIDE_CONNECTED, /* ICCN: also private group and proxy authentication */
	DECIDE_USER,      /* PPP knows the name of the other end's user */
};

/* What is known; valid during the call. */
struct decide_request {
	uint32_t tunnel_id, session_id;
	const struct l2tp_addr *peer;
	struct l2tp_span peer_host_name;
	const struct l2tp_call_info *call;
	const struct config_profile *tunnel_profile;
	bool lns;
	const char *user;                     /* USER: escaped; else NULL */
};

struct decider_class {
	const char *name;
	/* May it be?  The configuration says yes, with decision->profile.  To be answered with decide_answer(), once, from
	 * within or at any later time, unless it is forgotten. */
	void (*ask)(struct decider *d, struct decision *decision, enum decide_moment moment, const struct decide_request *r);
	void (*forget)(struct decider *d, struct decision *decision);
};

struct decider {
	const struct decider_class *class;
};

/* refusal NULL: yes */
void decide_answer(struct decision *decision, const struct l2tp_reason *refusal);

#endif
