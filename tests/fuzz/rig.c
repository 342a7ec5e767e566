/* SPDX-License-Identifier: MIT */
/* rig: see rig.h. */
#include <errno.h>

#include "rig.h"

/* A bound on memory, generous and of the right order: the fixed part, and what a tunnel, a session, a queued message
 * and an id in quarantine (at most one a step) may take. */
#define MEMORY_BASE    (1024 * 1024)
#define MEMORY_TUNNEL  (80 * 1024) /* 64 KiB of early messages */
#define MEMORY_SESSION (8 * 1024)
#define MEMORY_MESSAGE (WIRE_SEND_MAX + 100)
#define MEMORY_STEP    512

#define TICKS_MAX  100000
#define END_WITHIN (3600 * USEC_PER_SEC) /* of the clock, from a shutdown to the last tunnel's end */

/* ---- What the engine is given ----------------------------------------------------------------------------------- */

static uint8_t random_octet(struct rig *r, size_t at)
{
	r->random = r->random * 6364136223846793005u + 1442695040888963407u;
	switch (r->luck) {
	case LUCK:
		return (uint8_t)(r->random >> 56);
	case LUCK_SMALL:
		return at ? 0 : (uint8_t)(r->random >> 61);
	case LUCK_ZERO:
	case LUCKS:
		break;
	}
	return 0;
}

static void fill_random(void *ctx, void *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)p)[i] = random_octet(ctx, i);
}

static bool admit(const struct rig *r, struct l2tp_reason *reason)
{
	if (r->admission == REFUSE)
		reason->result = RC_CDN_NO_FACILITY_TEMPORARY;
	return r->admission == ADMIT || r->admission == ADMIT_OTHERWISE;
}

/* Otherwise: with settings that the engine cannot use. */
static bool admit_tunnel(void *ctx, const struct l2tp_addr *local, const struct l2tp_addr *peer,
			 struct l2tp_span host_name, struct l2tp_params *params, struct l2tp_reason *reason)
{
	struct rig *r = ctx;

	(void)local, (void)peer, (void)host_name;
	*params = r->setup.params;
	if (r->admission == ADMIT_OTHERWISE)
		params->receive_window = 0;
	return admit(r, reason);
}

static void refused(void *ctx, const struct l2tp_addr *peer, struct l2tp_span host_name,
		    const struct l2tp_reason *reason)
{
	(void)ctx;
	must(peer->family && host_name.len <= AVP_VALUE_MAX && reason->result, "a refusal has a reason");
}

/* What is hidden in it may be read at once. */
static void trace(void *ctx, const struct l2tp_trace *t)
{
	struct rig *r = ctx;
	uint8_t out[WIRE_SEND_MAX];
	size_t len = 0;
	int err;

	must(!t->sent || !t->dropped, "what is sent is not dropped");
	must(t->local && t->peer && t->datagram.len < WIRE_MAX, "a whole trace");
	err = l2tp_unhide(r->l, t->tunnel_id, t->datagram, out, sizeof(out), &len);
	must(err == 0 || err == -ENOENT || err == -ENOKEY || err == -EBADMSG || err == -ENOBUFS, "why it stays hidden");
	must(err < 0 || len <= t->datagram.len, "what was hidden is not longer in the clear");
}

void rig_begin(struct rig *r, const struct rig_setup *setup)
{
	struct l2tp_env env = { .ctx = r,
				.limits = setup->limits,
				.random = fill_random,
				.trace = trace,
				.admit_tunnel = admit_tunnel,
				.refused = refused };

	r->l = NULL;
	r->now = 1000 * USEC_PER_SEC;
	r->random = 1;
	r->setup = *setup;
	r->admission = ADMIT;
	r->luck = LUCK;
	r->data_flows = r->thinks = r->behind = false;
	r->n_pending = r->n_tunnels = r->n_sessions = r->sent = r->steps = r->lag = 0;
	memset(r->tunnels, 0, sizeof(r->tunnels));
	memset(r->sessions, 0, sizeof(r->sessions));
	r->before = (struct l2tp_stats){ 0 };
	r->walks[0].begun = r->walks[1].begun = false;
	r->watch.count = 0;
	peers_init(r->peers);
	memory_fail_at(0);
	r->memory_before = memory_used();
	must(l2tp_new(&env, &r->l) == 0, "an engine");
}

/* ---- What is sent ----------------------------------------------------------------------------------------------- */

/* To an address that may have been forged. */
static void count_sent(struct rig_peer *p, size_t len)
{
	if (p->proven)
		return;
	p->octets_out += len;
	must(p->octets_out <= RIG_AMPLIFIED * p->octets_in, "a stranger is not sent much");
}

/* Only who has heard the engine knows its ids. */
static void count_received(struct rig *r, const struct rig_peer *from, struct l2tp_span datagram)
{
	struct rig_peer *p = &r->peers[from - r->peers];
	struct wire_header h;
	const char *why;

	p->octets_in += datagram.len;
	if (wire_parse(datagram, &h, &why) == WIRE_CONTROL && h.tunnel_id)
		p->proven = true;
}

void rig_dials(struct rig_peer *p)
{
	p->proven = true;
}

/* Whatever the engine was told: what it says is right. */
static void check_sent(struct rig *r, const struct l2tp_op *op)
{
	uint8_t scratch[WIRE_SEND_MAX];
	struct msg_decoder d = {
		.avps = AVP_V2,
		.secret = rig_secret, .scratch = scratch, .scratch_size = sizeof(scratch), .strict = true
	};
	struct wire_header h;
	struct msg m = { 0 };
	struct fault f;
	const char *why;

	must(op->bytes.len <= WIRE_SEND_MAX, "datagrams are small");
	must(wire_parse(op->bytes, &h, &why) == WIRE_CONTROL, "a control message is sent");
	must(!h.body.len || msg_decode(&d, h.body, &m, &f) == MSG_OK, "what is sent can be read");
	for (size_t i = 0; i < RIG_PEERS; i++)
		if (memcmp(&r->peers[i].addr, &op->peer, sizeof(op->peer)) == 0) {
			count_sent(&r->peers[i], op->bytes.len);
			peer_hear(r, &r->peers[i], &h, &m);
		}
}

/* ---- Operations ------------------------------------------------------------------------------------------------- */

void rig_born(struct rig *r, uint32_t tunnel_id, uint32_t session_id)
{
	const char *wrong = watch_born(&r->watch, tunnel_id, session_id, r->now);
	struct rig_id id = { tunnel_id, session_id };

	must(!wrong, wrong);
	if (session_id)
		r->sessions[r->n_sessions++ % RIG_IDS] = id;
	else
		r->tunnels[r->n_tunnels++ % RIG_IDS] = id;
}

static void remember(struct rig *r, const struct l2tp_op *op)
{
	struct rig_id id = { op->tunnel_id, op->session_id };

	if (op->type == L2TP_OP_TUNNEL_ADD)
		r->tunnels[r->n_tunnels++ % RIG_IDS] = id;
	if (op->type == L2TP_OP_SESSION_ADD)
		r->sessions[r->n_sessions++ % RIG_IDS] = id;
}

/* Otherwise: with another per-hop behaviour. */
static void decide(struct rig *r, struct rig_id id, bool well)
{
	struct l2tp_decision d = { .phb = r->admission == ADMIT_OTHERWISE ? 0 : r->setup.params.session_phb };
	const char *nobody;

	d.accept = admit(r, &d.reason) && well;
	nobody = watch_decided(&r->watch, id.tunnel_id, id.session_id, d.accept);
	must(l2tp_decide(r->l, id.tunnel_id, id.session_id, &d, r->now) == (nobody ? -ENOENT : 0),
	     "what is asked for can be decided, once");
}

/* What has gone is not decided upon any more: its id may be another's soon. */
static void forget_decision(struct rig *r, const struct l2tp_op *op)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_pending; i++) {
		if (r->pending_type[i] == L2TP_OP_SESSION_DECIDE && r->pending[i].tunnel_id == op->tunnel_id &&
		    r->pending[i].session_id == op->session_id)
			continue;
		r->pending_type[n] = r->pending_type[i];
		r->pending[n++] = r->pending[i];
	}
	r->n_pending = n;
}

static void take_op(struct rig *r, const struct l2tp_op *op)
{
	const char *wrong = watch_op(&r->watch, op, r->now);

	if (wrong)
		fprintf(stderr, "fuzz: %s of %u/%u\n", op_name(op->type), op->tunnel_id, op->session_id);
	must(!wrong, wrong);
	if (op->type == L2TP_OP_SEND) {
		r->sent++;
		check_sent(r, op);
		return;
	}
	remember(r, op);
	if (op->type == L2TP_OP_SESSION_GONE)
		forget_decision(r, op);
	if (op->type == L2TP_OP_SESSION_DECIDE && !r->thinks)
		return decide(r, (struct rig_id){ op->tunnel_id, op->session_id }, true);
	if (!op_is_reported(op->type))
		return;
	must(r->n_pending < RIG_PENDING, "room for operations");
	r->pending_type[r->n_pending] = op->type;
	r->pending[r->n_pending++] = (struct rig_id){ op->tunnel_id, op->session_id };
}

/* At once, or some entries of the engine later. */
static void take_ops(struct rig *r)
{
	struct l2tp_op op;

	r->behind = r->lag > 0;
	if (r->lag && r->lag--)
		return;
	while (l2tp_next_op(r->l, &op))
		take_op(r, &op);
}

static void answer(struct rig *r, size_t i, int err)
{
	struct rig_id id = r->pending[i];
	enum l2tp_op_type type = r->pending_type[i];
	const char *wrong;

	r->n_pending--;
	r->pending[i] = r->pending[r->n_pending];
	r->pending_type[i] = r->pending_type[r->n_pending];
	if (type == L2TP_OP_SESSION_DECIDE) {
		decide(r, id, err == 0);
		return take_ops(r);
	}
	wrong = watch_done(&r->watch, id.tunnel_id, id.session_id, err);
	must(!wrong, wrong);
	if (type == L2TP_OP_TUNNEL_IDLE && r->data_flows)
		l2tp_data_seen(r->l, id.tunnel_id, r->now);
	l2tp_op_done(r->l, id.tunnel_id, id.session_id, err, err ? "it cannot be done" : NULL, r->now);
	take_ops(r);
}

/* ---- Checks ----------------------------------------------------------------------------------------------------- */

static bool any_answered(const struct rig *r)
{
	for (size_t i = 0; i < RIG_PEERS; i++)
		if (r->peers[i].answered)
			return true;
	return false;
}

static void check_tunnel(const struct rig *r, uint32_t id, size_t *queued)
{
	struct l2tp_tunnel_info info;

	if (l2tp_get_tunnel(r->l, id, &info) < 0)
		return;
	*queued += info.queued;
	must(info.send_window >= 1 && info.congestion_window >= 1, "a window is open");
	must(info.congestion_window <= info.send_window, "the congestion window is in the peer's");
	must(info.unacknowledged <= info.queued, "what is not acknowledged is kept");
	must(!info.authenticated || any_answered(r), "without the secret nobody is authenticated");
}

static void check_session(const struct rig *r, const struct watched *o)
{
	struct l2tp_session_info info;

	if (l2tp_get_session(r->l, o->tunnel_id, o->session_id, &info) == 0)
		must(info.session_id == o->session_id && info.state[0] && info.call, "what is told of a session");
}

static void check_objects(const struct rig *r, size_t *queued)
{
	for (size_t i = 0; i < r->watch.count; i++) {
		const struct watched *o = &r->watch.objects[i];

		if (o->gone)
			continue;
		if (o->session_id)
			check_session(r, o);
		else
			check_tunnel(r, o->tunnel_id, queued);
	}
}

/* No more than the limit, or no more than before if the limit was lowered. */
static bool is_within(uint32_t n, uint32_t limit, uint32_t before)
{
	return n <= limit || n <= before;
}

static void check(struct rig *r)
{
	const struct l2tp_limits *limits = &r->setup.limits;
	const struct l2tp_stats *before = &r->before;
	struct l2tp_stats s;
	size_t queued = 0;

	l2tp_get_stats(r->l, &s);
	must(is_within(s.tunnels, limits->tunnels, before->tunnels), "limit of tunnels");
	must(is_within(s.sessions, limits->sessions, before->sessions), "limit of sessions");
	must(is_within(s.tunnels_half_open, limits->half_open, before->tunnels_half_open),
	     "limit of half-open tunnels");
	must(s.tunnels_established + s.tunnels_half_open <= s.tunnels, "a tunnel is counted once");
	must(s.sessions_established <= s.sessions, "a session is counted once");
	r->before = s;
	check_objects(r, &queued);
	must(memory_used() - r->memory_before <= MEMORY_BASE + s.tunnels * MEMORY_TUNNEL + s.sessions * MEMORY_SESSION +
							 queued * MEMORY_MESSAGE + r->steps * MEMORY_STEP,
	     "memory is bounded");
}

/* ---- What happens ----------------------------------------------------------------------------------------------- */

/* In memory that ends where the datagram ends and is gone right after. */
static void input(struct rig *r, const struct rig_peer *from, struct l2tp_span datagram)
{
	uint8_t *copy = memory_alloc(datagram.len);
	struct l2tp_rx rx = { .local = from->local, .peer = from->addr, .bytes = { copy, datagram.len } };

	if (datagram.len)
		memcpy(copy, datagram.data, datagram.len);
	count_received(r, from, datagram);
	l2tp_input(r->l, &rx, r->now);
	memory_free(copy);
	take_ops(r);
}

static void acknowledge(struct rig *r, struct rig_peer *p)
{
	uint8_t out[WIRE_CONTROL_HEADER];
	size_t len = peer_acknowledge(p, out);

	input(r, p, (struct l2tp_span){ out, len });
}

/* What peers and the world do of themselves; true: something, and there may be more. */
static bool react(struct rig *r)
{
	uint8_t out[WIRE_SEND_MAX];
	bool any = false;
	size_t len;

	while (r->n_pending > 0 && (r->setup.auto_answer || r->n_pending > RIG_PENDING / 2))
		answer(r, 0, 0);
	for (size_t i = 0; i < RIG_PEERS; i++) {
		struct rig_peer *p = &r->peers[i];

		if (r->setup.auto_reply && (len = peer_reply(p, out, sizeof(out))) > 0) {
			input(r, p, (struct l2tp_span){ out, len });
			any = true;
		}
		if (r->setup.auto_acknowledge && p->told != p->nr)
			acknowledge(r, p);
	}
	return any;
}

void rig_settle(struct rig *r)
{
	take_ops(r);
	while (react(r))
		;
	r->steps++;
	check(r);
}

void rig_acknowledge(struct rig *r, struct rig_peer *p)
{
	acknowledge(r, p);
	rig_settle(r);
}

void rig_input(struct rig *r, const struct rig_peer *from, struct l2tp_span datagram)
{
	const bool behind = r->behind;
	struct l2tp_stats before;

	l2tp_get_stats(r->l, &before);
	r->sent = 0;
	input(r, from, datagram);
	must(before.tunnels || behind || r->sent <= 2, "a stranger gets one answer, and what acknowledges");
	rig_settle(r);
}

void rig_tick(struct rig *r)
{
	l2tp_tick(r->l, r->now);
	take_ops(r);
	must(l2tp_deadline(r->l) > r->now, "a deadline is not due for ever");
	rig_settle(r);
}

void rig_pass(struct rig *r, usec_t t)
{
	usec_t until = r->now + t, due;
	uint32_t ticks = 0;

	while ((due = l2tp_deadline(r->l)) <= until) {
		must(++ticks < TICKS_MAX, "no busy loop");
		r->now = due > r->now ? due : r->now;
		rig_tick(r);
	}
	r->now = until;
	rig_tick(r);
}

void rig_answer(struct rig *r, size_t which, int err)
{
	if (r->n_pending)
		answer(r, which % r->n_pending, err);
	rig_settle(r);
}

static void shut_down(struct rig *r)
{
	struct l2tp_stats s;

	r->setup.auto_answer = true;
	r->thinks = r->data_flows = false;
	r->lag = 0;
	l2tp_shutdown(r->l, NULL, r->now);
	rig_settle(r);
	rig_pass(r, END_WITHIN);
	l2tp_get_stats(r->l, &s);
	must(s.tunnels == 0 && s.sessions == 0 && watch_alive(&r->watch) == 0, "every tunnel and call comes to an end");
	must(l2tp_idle(r->l) && l2tp_deadline(r->l) == USEC_NEVER, "nothing to do");
}

void rig_end(struct rig *r, bool orderly)
{
	memory_fail_at(0);
	walk_all(r);
	if (orderly)
		shut_down(r);
	l2tp_free(r->l);
	must(memory_used() == r->memory_before, "nothing is left");
}
