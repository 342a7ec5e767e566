/* SPDX-License-Identifier: MIT */
/*
 * A program of somebody else, built against what `meson install` has installed (see check): it opens a tunnel to a peer
 * that does not answer, and prints what libl2tp wants done until the tunnel is given up.  The clock is a variable.
 */
#include <l2tp.h>
#include <stdio.h>
#include <string.h>

/* Unpredictable only as far as this test needs it. */
static void fill(void *ctx, void *p, size_t len)
{
	(void)ctx;
	memset(p, 0x5a, len);
}

static bool admit_nobody(void *ctx, const struct l2tp_addr *local, const struct l2tp_addr *peer,
			 struct l2tp_span host_name, struct l2tp_params *params, struct l2tp_reason *reason)
{
	(void)ctx, (void)local, (void)peer, (void)host_name, (void)params, (void)reason;
	return false;
}

/* The operations that wait are printed, and reported as done; returns how many there were. */
static unsigned carry_out(struct l2tp *l, usec_t now)
{
	struct l2tp_op op;
	unsigned n = 0;

	for (; l2tp_next_op(l, &op); n++) {
		if (op.type == L2TP_OP_SEND)
			printf("%llu s: send %zu octets\n", (unsigned long long)(now / USEC_PER_SEC), op.bytes.len);
		else
			l2tp_op_done(l, op.tunnel_id, op.session_id, 0, now);
	}
	return n;
}

int main(void)
{
	const struct l2tp_addr local = { .family = 4, .port = 1701, .ip = { 192, 0, 2, 1 } };
	const struct l2tp_addr peer = { .family = 4, .port = 1701, .ip = { 192, 0, 2, 2 } };
	struct l2tp_env env = { .random = fill, .admit_tunnel = admit_nobody };
	struct l2tp_params params;
	struct l2tp *l;
	uint32_t id;
	unsigned n;

	l2tp_limits_init(&env.limits);
	if (l2tp_new(&env, &l) < 0)
		return 1;
	l2tp_params_init(&params);
	snprintf(params.host_name, sizeof(params.host_name), "example");
	if (l2tp_open(l, &params, &local, &peer, 0, &id) < 0)
		return 1;
	n = carry_out(l, 0);
	for (usec_t now = l2tp_deadline(l); now != USEC_NEVER; now = l2tp_deadline(l)) {
		l2tp_tick(l, now);
		n += carry_out(l, now);
	}
	l2tp_free(l);
	return n > 1 ? 0 : 1;
}
