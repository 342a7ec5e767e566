/* SPDX-License-Identifier: MIT */
/* params: what the world configures: the defaults that the RFC recommends, and what an engine can work with. */
#include "params.h"

#include <string.h>

#define DURATION_MAX (1000 * 86400 * USEC_PER_SEC)

void l2tp_params_init(struct l2tp_params *p)
{
	*p = (struct l2tp_params){
		.framing_capabilities = L2TP_FRAMING_SYNC | L2TP_FRAMING_ASYNC,
		.receive_window = 16,
		.retransmit_initial = USEC_PER_SEC,
		.retransmit_cap = 16 * USEC_PER_SEC,
		.retransmit_max = 5,
		.hello_interval = 60 * USEC_PER_SEC,
		.setup_timeout = 60 * USEC_PER_SEC,
		.idle_timeout = USEC_NEVER,
		.sessions_max = 65535,
		.control_phb = L2TP_PHB_NONE,
		.session_phb = L2TP_PHB_NONE,
		.reorder_timeout_ms = 20,
	};
}

void l2tp_limits_init(struct l2tp_limits *limits)
{
	*limits = (struct l2tp_limits){ .tunnels = 10000,
					.sessions = 100000,
					.sessions_per_tunnel = 65535,
					.half_open = 1000,
					.half_open_per_source = 200, /* what its rate brings while each has its second */
					.tunnels_per_source = 1000,
					.sccrq_per_second = 500,
					.sccrq_per_second_per_source = 100,
					.errors_per_second = 500,
					.errors_per_second_per_source = 50 };
}

/* Sums of a few durations and the present time must not overflow. */
static bool duration_valid(usec_t t)
{
	return t > 0 && t <= DURATION_MAX;
}

static bool times_valid(const struct l2tp_params *p)
{
	return duration_valid(p->retransmit_initial) && duration_valid(p->retransmit_cap) &&
	       p->retransmit_cap >= p->retransmit_initial && p->retransmit_max >= 1 &&
	       duration_valid(p->setup_timeout) &&
	       (p->hello_interval == USEC_NEVER || duration_valid(p->hello_interval)) &&
	       (p->idle_timeout == USEC_NEVER || p->idle_timeout <= DURATION_MAX);
}

static bool phb_valid(uint32_t phb)
{
	return phb <= UINT16_MAX || phb == L2TP_PHB_NONE;
}

bool params_valid(const struct l2tp_params *p)
{
	return p->host_name[0] && memchr(p->host_name, 0, sizeof(p->host_name)) &&
	       memchr(p->vendor_name, 0, sizeof(p->vendor_name)) && p->secret_len <= sizeof(p->secret) &&
	       (p->secret_len || (!p->challenge && !p->hide_avps)) && p->receive_window >= 1 &&
	       p->receive_window <= 1024 && p->sessions_max >= 1 && (!p->lac || p->bearer_capabilities) &&
	       phb_valid(p->control_phb) && phb_valid(p->session_phb) &&
	       times_valid(p);
}

bool limits_valid(const struct l2tp_limits *limits)
{
	return limits->tunnels >= 1 && limits->tunnels <= 65535 && limits->sessions >= 1 &&
	       limits->sessions_per_tunnel >= 1 && limits->sessions_per_tunnel <= 65535 && limits->half_open >= 1 &&
	       limits->half_open_per_source >= 1 && limits->tunnels_per_source >= 1 && limits->sccrq_per_second >= 1 &&
	       limits->sccrq_per_second_per_source >= 1 && limits->errors_per_second >= 1 &&
	       limits->errors_per_second_per_source >= 1;
}
