/* SPDX-License-Identifier: MIT */
/*
 * example: libl2tp in one page.  Two engines in one process, a LAC and an LNS, that talk through memory: the LAC opens
 * a tunnel and places a call, the LNS closes both.  Nothing here does any I/O; a real world sends the bytes of L2TP_OP_SEND
 * through a socket, makes kernel tunnels and sessions on the _ADD operations, and arms a timer.
 *
 *	cc example.c $(pkg-config --cflags --libs libl2tp) -o example
 */
#include <l2tp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* One side: an engine, and what there is around it. */
struct side {
	const char *name;
	struct l2tp *engine;
	struct side *other;
};

static const struct l2tp_addr lac_addr = { .family = 4, .ip = { 192, 0, 2, 1 }, .port = 1701 };
static const struct l2tp_addr lns_addr = { .family = 4, .ip = { 192, 0, 2, 2 }, .port = 1701 };

static void fill_random(void *ctx, void *p, size_t len)
{
	(void)ctx;
	if (getrandom(p, len, 0) != (ssize_t)len)
		abort();
}

static void profile(struct l2tp_params *p, const char *host_name)
{
	static const char secret[] = "only between the two of us";

	snprintf(p->host_name, sizeof(p->host_name), "%s", host_name);
	memcpy(p->secret, secret, sizeof(secret) - 1);
	p->secret_len = sizeof(secret) - 1;
	p->challenge = true;
}

/* The LNS's decision: *params already holds the defaults. */
static bool admit_tunnel(void *ctx, const struct l2tp_addr *local, const struct l2tp_addr *peer,
			 struct l2tp_span host_name, struct l2tp_params *params, struct l2tp_reason *reason)
{
	(void)ctx, (void)local;
	if (memcmp(peer, &lac_addr, sizeof(lac_addr)) != 0) {
		reason->result = RC_STOPCCN_UNAUTHORIZED;
		return false;
	}
	printf("lns: %.*s may open a tunnel\n", (int)host_name.len, (const char *)host_name.data);
	profile(params, "lns.example");
	params->lns = true;
	return true;
}

/* A real world sends op->bytes; here the other engine has them at once.  It copies what it keeps. */
static void deliver(struct side *to, const struct l2tp_op *op, usec_t now)
{
	struct l2tp_rx rx = { .local = op->peer, .peer = op->local, .bytes = op->bytes };

	l2tp_input(to->engine, &rx, now);
}

static void carry_out(struct side *s, const struct l2tp_op *op, usec_t now)
{
	switch (op->type) {
	case L2TP_OP_SEND:
		deliver(s->other, op, now);
		break;
	case L2TP_OP_TUNNEL_UP:
		printf("%s: tunnel established with %.*s\n", s->name, (int)op->peer_host_name.len,
		       (const char *)op->peer_host_name.data);
		break;
	case L2TP_OP_SESSION_DECIDE: /* every call is welcome */
		(void)l2tp_decide(s->engine, op->tunnel_id, op->session_id,
				  &(struct l2tp_decision){ .accept = true, .phb = op->phb }, now);
		break;
	case L2TP_OP_SESSION_UP:
		printf("%s: session established as %s\n", s->name, op->lns ? "LNS" : "LAC");
		if (op->lns) /* the LAC has been established before */
			l2tp_close_tunnel(s->engine, op->tunnel_id, NULL, now);
		break;
	case L2TP_OP_TUNNEL_DOWN:
		printf("%s: tunnel closed: %s\n", s->name, l2tp_stopccn_name(op->reason->result));
		break;
	case L2TP_OP_TUNNEL_ADD: /* reported operations: done, and well */
	case L2TP_OP_TUNNEL_IDLE:
	case L2TP_OP_TUNNEL_DEL:
	case L2TP_OP_SESSION_ADD:
	case L2TP_OP_SESSION_DIAL:
	case L2TP_OP_SESSION_SET:
	case L2TP_OP_SESSION_DEL:
		l2tp_op_done(s->engine, op->tunnel_id, op->session_id, 0, NULL, now);
		break;
	case L2TP_OP_TUNNEL_GONE: /* events that we have no use for */
	case L2TP_OP_SESSION_LINK:
	case L2TP_OP_SESSION_ERRORS:
	case L2TP_OP_SESSION_DOWN:
	case L2TP_OP_SESSION_GONE:
		break;
	}
}

/* All operations of both, until nothing is left to do at this time. */
static void pump(struct side *a, usec_t now)
{
	struct l2tp_op op;

	for (bool busy = true; busy;) {
		busy = false;
		for (struct side *s = a; s; s = s == a ? a->other : NULL) {
			while (l2tp_next_op(s->engine, &op)) {
				carry_out(s, &op, now);
				busy = true;
			}
		}
	}
}

static int start(struct side *s, const char *name, struct side *other)
{
	struct l2tp_env env = { .ctx = s, .random = fill_random, .admit_tunnel = admit_tunnel };

	l2tp_limits_init(&env.limits);
	*s = (struct side){ .name = name, .other = other };
	return l2tp_new(&env, &s->engine);
}

static int dial(struct side *lac, usec_t now)
{
	struct l2tp_call_info call = { .framing_type = L2TP_FRAMING_SYNC,
				       .tx_connect_speed = 100000000,
				       .calling_number = { (const uint8_t *)"port 7", 6 } };
	struct l2tp_params params;
	uint32_t tunnel_id, session_id;
	int r;

	l2tp_params_init(&params);
	profile(&params, "lac.example");
	r = l2tp_open(lac->engine, &params, &lac_addr, &lns_addr, now, &tunnel_id);
	if (r < 0)
		return r;
	return l2tp_call(lac->engine, tunnel_id, &call, 0, now, &session_id); /* waits for the tunnel */
}

int main(void)
{
	struct side lac = { 0 }, lns = { 0 };
	usec_t now = 0, next;
	int r = start(&lac, "lac", &lns);

	if (r >= 0)
		r = start(&lns, "lns", &lac);
	if (r >= 0)
		r = dial(&lac, now);
	while (r >= 0) {
		pump(&lac, now);
		next = l2tp_deadline(lac.engine);
		if (l2tp_deadline(lns.engine) < next)
			next = l2tp_deadline(lns.engine);
		if (next == USEC_NEVER)
			break; /* both have forgotten all */
		now = next;    /* a real world sleeps until then */
		l2tp_tick(lac.engine, now);
		l2tp_tick(lns.engine, now);
	}
	l2tp_free(lac.engine);
	l2tp_free(lns.engine);
	if (r < 0)
		fprintf(stderr, "example: %s\n", strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
