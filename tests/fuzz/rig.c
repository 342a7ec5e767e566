/* SPDX-License-Identifier: MIT */
/* rig: see rig.h. */
#include "rig.h"

#include "lib/digest.h"

/* A bound on memory, generous and of the right order: the fixed part, and what a tunnel, a session, a queued message
 * and an id in quarantine (at most one a step) may take. */
#define MEMORY_BASE (1024 * 1024)
#define MEMORY_TUNNEL (80 * 1024) /* 64 KiB of early messages */
#define MEMORY_SESSION (8 * 1024)
#define MEMORY_MESSAGE (WIRE_SEND_MAX + 100)
#define MEMORY_STEP 512

#define TICKS_MAX 100000
#define END_WITHIN (3600 * USEC_PER_SEC) /* of the clock, from a shutdown to the last tunnel's end */

/* ---- What the engine is given ----------------------------------------------------------------------------------- */

static void fill_random(void *ctx, void *p, size_t len)
{
	struct rig *r = ctx;

	for (size_t i = 0; i < len; i++) {
		r->random = r->random * 6364136223846793005u + 1442695040888963407u;
		((uint8_t *)p)[i] = (uint8_t)(r->random >> 56);
	}
}

static bool admit(const struct rig *r, struct l2tp_reason *reason)
{
	if (r->admission == REFUSE)
		reason->result = RC_CDN_NO_FACILITY_TEMPORARY;
	return r->admission == ADMIT;
}

static bool admit_tunnel(void *ctx, const struct l2tp_addr *local, const struct l2tp_addr *peer,
			 struct l2tp_span host_name, struct l2tp_params *params, struct l2tp_reason *reason)
{
	struct rig *r = ctx;

	(void)local, (void)peer, (void)host_name;
	*params = r->setup.params;
	return admit(r, reason);
}

static bool admit_call(void *ctx, uint32_t tunnel_id, uint64_t cookie, const struct l2tp_call_info *call,
		       uint32_t *phb, struct l2tp_reason *reason)
{
	(void)tunnel_id, (void)cookie, (void)call, (void)phb;
	return admit(ctx, reason);
}

static void refused(void *ctx, const struct l2tp_addr *peer, struct l2tp_span host_name,
		    const struct l2tp_reason *reason)
{
	(void)ctx;
	must(peer->family && host_name.len <= AVP_VALUE_MAX && reason->result, "a refusal has a reason");
}

static void trace(void *ctx, const struct l2tp_trace *t)
{
	(void)ctx;
	must(!t->sent || !t->dropped, "what is sent is not dropped");
	must(t->local && t->peer && t->datagram.len < WIRE_MAX, "a whole trace");
}

static void peers_init(struct rig *r)
{
	static const struct {
		uint8_t host;
		uint16_t port, family;
	} where[RIG_PEERS] = { { 11, 1701, 4 }, { 11, 1702, 4 }, { 12, 1701, 4 }, { 11, 1701, 6 } };

	for (size_t i = 0; i < RIG_PEERS; i++) {
		r->peers[i] = (struct rig_peer){ .local = { .ip = { 192, 0, 2, 1 }, .port = 1701 },
						 .addr = { .ip = { 192, 0, 2, where[i].host }, .port = where[i].port },
						 .id = (uint16_t)(100 * (i + 1)),
						 .next_call_id = 1000 };
		r->peers[i].local.family = r->peers[i].addr.family = where[i].family;
	}
}

void rig_begin(struct rig *r, const struct rig_setup *setup)
{
	struct l2tp_env env = { .ctx = r, .limits = setup->limits, .random = fill_random, .trace = trace,
				.admit_tunnel = admit_tunnel, .refused = refused, .admit_call = admit_call };

	r->now = 1000 * USEC_PER_SEC;
	r->random = 1;
	r->setup = *setup;
	r->admission = ADMIT;
	r->data_flows = false;
	r->n_pending = r->n_tunnels = r->n_sessions = r->sent = r->steps = 0;
	r->watch.count = 0;
	peers_init(r);
	memory_fail_at(0);
	r->memory_before = memory_used();
	must(l2tp_new(&env, &r->l) == 0, "an engine");
}

/* ---- What is sent ----------------------------------------------------------------------------------------------- */

static struct rig_call *call_of(struct rig_peer *p, uint16_t id)
{
	for (size_t i = 0; i < RIG_CALLS; i++)
		if (p->calls[i].id == id && id)
			return &p->calls[i];
	return NULL;
}

/* The engine assigns an id to a call: of the peer's making, or a new one. */
static void hear_call(struct rig_peer *p, const struct wire_header *h, const struct msg *m)
{
	struct rig_call *call = call_of(p, h->session_id);

	if (m->type == CM_ICRQ || m->type == CM_OCRQ) {
		call = &p->calls[p->next_call++ % RIG_CALLS];
		call->id = p->next_call_id++;
	}
	if (call && m->type != CM_CDN)
		call->engine_id = m->assigned_session_id;
}

/* Hidden or not, early or in time: the answer is to what was asked. */
static void check_response(const struct rig *r, const struct rig_peer *p, const struct msg *m)
{
	const struct l2tp_params *params = &r->setup.params;
	uint8_t right[DIGEST_LEN];

	if (!p->asked.len || (m->type != CM_SCCRP && m->type != CM_SCCCN))
		return;
	digest_response((uint8_t)m->type, (struct l2tp_span){ params->secret, params->secret_len }, p->asked, right);
	must(msg_has(m, AVP_CHALLENGE_RESPONSE) && memcmp(m->challenge_response.data, right, DIGEST_LEN) == 0,
	     "a challenge gets its response");
}

static void hear(struct rig *r, struct rig_peer *p, const struct wire_header *h, const struct msg *m)
{
	if (h->tunnel_id != (m->type == CM_SCCRQ ? 0 : p->id))
		return;
	check_response(r, p, m);
	if ((m->type == CM_SCCRQ && !p->engine_id) || m->type == CM_SCCRP)
		p->engine_id = m->assigned_tunnel_id;
	if (msg_has(m, AVP_CHALLENGE))
		memcpy(p->challenge, m->challenge.data, p->challenge_len = m->challenge.len);
	if (msg_has(m, AVP_ASSIGNED_SESSION_ID))
		hear_call(p, h, m);
	if (h->body.len && h->ns == p->nr)
		p->nr++;
}

/* Whatever the engine was told: what it says is right. */
static void check_sent(struct rig *r, const struct l2tp_op *op)
{
	const struct l2tp_params *params = &r->setup.params;
	uint8_t scratch[WIRE_SEND_MAX];
	struct msg_decoder d = { .secret = { params->secret, params->secret_len },
				 .scratch = scratch, .scratch_size = sizeof(scratch), .strict = true };
	struct wire_header h;
	struct msg m = { 0 };
	struct fault f;
	const char *why;

	must(op->bytes.len <= WIRE_SEND_MAX, "datagrams are small");
	must(wire_parse(op->bytes, &h, &why) == WIRE_CONTROL, "a control message is sent");
	must(!h.body.len || msg_decode(&d, h.body, &m, &f) == MSG_OK, "what is sent can be read");
	for (size_t i = 0; i < RIG_PEERS; i++)
		if (memcmp(&r->peers[i].addr, &op->peer, sizeof(op->peer)) == 0)
			hear(r, &r->peers[i], &h, &m);
}

/* ---- Operations ------------------------------------------------------------------------------------------------- */

static void remember(struct rig *r, const struct l2tp_op *op)
{
	struct rig_id id = { op->tunnel_id, op->session_id };

	if (op->type == L2TP_OP_TUNNEL_ADD)
		r->tunnels[r->n_tunnels++ % RIG_IDS] = id;
	if (op->type == L2TP_OP_SESSION_ADD)
		r->sessions[r->n_sessions++ % RIG_IDS] = id;
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
	if (!op_is_reported(op->type))
		return;
	must(r->n_pending < RIG_PENDING, "room for operations");
	r->pending_type[r->n_pending] = op->type;
	r->pending[r->n_pending++] = (struct rig_id){ op->tunnel_id, op->session_id };
}

static void take_ops(struct rig *r)
{
	struct l2tp_op op;

	while (l2tp_next_op(r->l, &op))
		take_op(r, &op);
}

static void answer(struct rig *r, size_t i, int err)
{
	struct rig_id id = r->pending[i];
	enum l2tp_op_type type = r->pending_type[i];
	const char *wrong = watch_done(&r->watch, id.tunnel_id, id.session_id, err);

	must(!wrong, wrong);
	r->n_pending--;
	r->pending[i] = r->pending[r->n_pending];
	r->pending_type[i] = r->pending_type[r->n_pending];
	if (type == L2TP_OP_TUNNEL_IDLE && r->data_flows)
		l2tp_data_seen(r->l, id.tunnel_id, r->now);
	l2tp_op_done(r->l, id.tunnel_id, id.session_id, err, r->now);
	take_ops(r);
}

/* ---- Checks ----------------------------------------------------------------------------------------------------- */

static void check_tunnel(const struct rig *r, uint32_t id, size_t *queued)
{
	struct l2tp_tunnel_info info;

	if (l2tp_get_tunnel(r->l, id, &info) < 0)
		return;
	*queued += info.queued;
	must(info.send_window >= 1 && info.congestion_window >= 1, "a window is open");
	must(info.congestion_window <= info.send_window, "the congestion window is in the peer's");
	must(info.unacknowledged <= info.queued, "what is not acknowledged is kept");
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

static void check(const struct rig *r)
{
	const struct l2tp_limits *limits = &r->setup.limits;
	struct l2tp_stats s;
	size_t queued = 0;

	l2tp_get_stats(r->l, &s);
	must(s.tunnels <= limits->tunnels, "limit of tunnels");
	must(s.sessions <= limits->sessions, "limit of sessions");
	must(s.tunnels_half_open <= limits->half_open, "limit of half-open tunnels");
	must(s.tunnels_established + s.tunnels_half_open <= s.tunnels, "a tunnel is counted once");
	must(s.sessions_established <= s.sessions, "a session is counted once");
	check_objects(r, &queued);
	must(memory_used() - r->memory_before <= MEMORY_BASE + s.tunnels * MEMORY_TUNNEL + s.sessions * MEMORY_SESSION +
	     queued * MEMORY_MESSAGE + r->steps * MEMORY_STEP, "memory is bounded");
}

void rig_settle(struct rig *r)
{
	take_ops(r);
	while (r->n_pending > 0 && (r->setup.auto_answer || r->n_pending > RIG_PENDING / 2))
		answer(r, 0, 0);
	if (r->setup.auto_acknowledge)
		for (size_t i = 0; i < RIG_PEERS; i++)
			if (r->peers[i].told != r->peers[i].nr)
				peer_acknowledge(r, &r->peers[i]);
	r->steps++;
	check(r);
}

/* ---- What happens ----------------------------------------------------------------------------------------------- */

/* In memory that ends where the datagram ends and is gone right after. */
static void input(struct rig *r, const struct rig_peer *from, struct l2tp_span datagram)
{
	uint8_t *copy = memory_alloc(datagram.len);
	struct l2tp_rx rx = { .local = from->local, .peer = from->addr, .bytes = { copy, datagram.len } };

	if (datagram.len)
		memcpy(copy, datagram.data, datagram.len);
	l2tp_input(r->l, &rx, r->now);
	memory_free(copy);
	take_ops(r);
}

void rig_input(struct rig *r, const struct rig_peer *from, struct l2tp_span datagram)
{
	struct l2tp_stats before;

	l2tp_get_stats(r->l, &before);
	r->sent = 0;
	input(r, from, datagram);
	must(before.tunnels || r->sent <= 2, "a stranger gets one answer, and what acknowledges");
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
	r->data_flows = false;
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
	if (orderly)
		shut_down(r);
	l2tp_free(r->l);
	must(memory_used() == r->memory_before, "nothing is left");
}

/* ---- Peers ------------------------------------------------------------------------------------------------------ */

static void set_text(struct l2tp_span *span, const char *s)
{
	*span = (struct l2tp_span){ (const uint8_t *)s, strlen(s) };
}

struct msg peer_msg(struct rig_peer *p, enum cm_type type, struct rig_call *call)
{
	struct msg m = { .type = type };

	for (uint16_t avp = AVP_MESSAGE_TYPE + 1; avp < AVP_COUNT; avp++)
		if (msg_place(type, avp) >= PLACE_FORGIVEN)
			msg_set(&m, avp);
	m.protocol_version = 0x0100;
	m.framing_capabilities = m.framing_type = L2TP_FRAMING_SYNC;
	m.bearer_type = L2TP_BEARER_DIGITAL;
	m.assigned_tunnel_id = p->id;
	m.assigned_session_id = call->id;
	m.receive_window_size = 8;
	m.proxy_authen_type = 1;
	m.call_serial_number = 4711;
	m.tx_connect_speed = 1000000;
	m.result_code.result = 1;
	set_text(&m.host_name, "peer");
	set_text(&m.called_number, "12345");
	set_text(&m.proxy_authen_challenge, "challenge");
	set_text(&m.challenge, "challenge");
	return m;
}

void peer_acknowledge(struct rig *r, struct rig_peer *p)
{
	struct wire_header h = { .version = 2, .tunnel_id = p->engine_id, .ns = p->ns, .nr = p->nr };
	uint8_t out[WIRE_CONTROL_HEADER];
	size_t len = wire_control(&h, out, sizeof(out));

	p->told = p->nr;
	input(r, p, (struct l2tp_span){ out, len });
}
