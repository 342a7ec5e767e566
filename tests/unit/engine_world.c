/* SPDX-License-Identifier: MIT */
/* engine_world: see engine_world.h. */
#include "engine_world.h"
#include "lib/l2tp/digest.h"

#include <check.h>
#include <errno.h>

/* ---- What the engine is given -------------------------------------------------------------------------------- */

uint64_t world_random(struct world *w)
{
	uint64_t z = (w->random += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void fill_random(void *ctx, void *p, size_t len)
{
	struct world *w = ctx;

	for (size_t i = 0; i < len; i++)
		((uint8_t *)p)[i] = w->fixed_random ? w->fixed_random : (uint8_t)world_random(w);
}

static bool admit_tunnel(void *ctx, const struct l2tp_addr *local, const struct l2tp_addr *peer,
			 struct l2tp_span host_name, struct l2tp_params *params, struct l2tp_reason *reason)
{
	struct world *w = ctx;

	(void)local, (void)peer;
	snprintf(w->admitted_host, sizeof(w->admitted_host), "%.*s", (int)host_name.len,
		 host_name.len ? (const char *)host_name.data : "");
	w->admissions++;
	*params = w->params;
	if (!w->silent && !w->tunnel_refusal.result)
		return true;
	*reason = w->tunnel_refusal;
	return false;
}

static void trace(void *ctx, const struct l2tp_trace *t)
{
	struct world *w = ctx;
	uint8_t opened[WIRE_MAX];
	size_t len;
	int r = l2tp_unhide(w->l, t->tunnel_id, t->datagram, opened, sizeof(opened), &len);

	w->traced_opened[t->sent] += r == 0 && len < t->datagram.len;
	w->traced_unknown += r == -ENOENT;
	w->traced_in += !t->sent;
	w->traced_out += t->sent;
	w->traced_dropped += t->dropped != NULL;
	if (!t->sent)
		w->traced_why = t->dropped;
}

void world_init(struct world *w)
{
	*w = (struct world){ .now = 1000 * USEC_PER_SEC, .random = 1, .fail_type = -1 };
	w->env = (struct l2tp_env){ .ctx = w, .random = fill_random, .admit_tunnel = admit_tunnel,
				    .trace = trace };
	l2tp_limits_init(&w->env.limits);
	l2tp_params_init(&w->params);
	strcpy(w->params.host_name, "engine");
	w->params.lns = true;
	w->params.cookie = 77;
}

void world_start(struct world *w)
{
	if (l2tp_new(&w->env, &w->l) < 0)
		ck_abort_msg("no engine");
}

void world_end(struct world *w)
{
	l2tp_free(w->l);
	w->l = NULL;
}

/* ---- What the engine asks for -------------------------------------------------------------------------------- */

static bool is_for(const struct sent *s, const struct peer *p)
{
	return memcmp(&p->addr, &s->peer, sizeof(s->peer)) == 0 &&
	       (!s->header.tunnel_id || s->header.tunnel_id == p->id);
}

static void heard(struct world *w, const struct sent *s)
{
	for (size_t i = 0; i < w->n_peers; i++) {
		struct peer *p = w->peers[i];

		if (!is_for(s, p))
			continue;
		if (msg_has(&s->msg, AVP_ASSIGNED_TUNNEL_ID) && s->msg.type != CM_STOPCCN)
			p->engine_id = s->msg.assigned_tunnel_id;
		if (msg_has(&s->msg, AVP_ASSIGNED_SESSION_ID) && s->msg.type != CM_CDN)
			p->engine_session_id = s->msg.assigned_session_id;
		if (s->header.body.len && s->header.ns == p->nr)
			p->nr++;
		else if (s->header.body.len && (uint16_t)(s->header.ns - p->nr) >= 32768)
			p->owes = true;
	}
}

/* What is true of all that the engine says:
 * R2661-6.0-01: what is reserved is 0; R3145-4-02: no AVP is of another vendor, as the draft's was
 * R2661-4.4.2-C00, R2661-4.4.2-D00: no end is without a result */
static void check_sent(const struct sent *s)
{
	struct reader r = reader_of(s->header.body);
	const char *name = l2tp_message_name((uint16_t)s->msg.type);

	for (struct avp a; avp_next(&r, &a);) {
		bool begins_reserved = (avp_is(&a, AVP_CALL_ERRORS) || avp_is(&a, AVP_ACCM)) && !a.hidden;

		if (a.vendor || a.reserved)
			ck_abort_msg("%s: AVP %u is of vendor %u, or has reserved bits", name, a.type, a.vendor);
		if (begins_reserved && (a.value.data[0] || a.value.data[1]))
			ck_abort_msg("%s: what is reserved in AVP %u is not 0", name, a.type);
	}
	if (msg_has(&s->msg, AVP_RESULT_CODE) && !s->msg.result_code.result)
		ck_abort_msg("%s: result 0", name);
}

static void keep_sent(struct world *w, const struct l2tp_op *op)
{
	struct sent *s = &w->sent[w->n_sent];
	struct msg_decoder d = { .avps = AVP_V2, .secret = w->secret, .scratch = s->plain, .scratch_size = sizeof(s->plain),
				 .strict = true };
	struct fault f;
	const char *why;

	if (w->n_sent == SENT_MAX || op->bytes.len > sizeof(s->bytes))
		ck_abort_msg("the engine sends too much");
	*s = (struct sent){ .tunnel_id = op->tunnel_id, .local = op->local, .peer = op->peer, .len = op->bytes.len };
	memcpy(s->bytes, op->bytes.data, op->bytes.len);
	if (wire_parse((struct l2tp_span){ s->bytes, s->len }, &s->header, &why) != WIRE_CONTROL)
		ck_abort_msg("the engine sends no control message: %s", why);
	if (s->header.body.len)
		s->verdict = msg_decode(&d, s->header.body, &s->msg, &f);
	if (s->verdict != MSG_OK && (w->secret.len || !w->params.hide_avps))
		ck_abort_msg("the engine sends a bad %s: %s", l2tp_message_name((uint16_t)s->msg.type), f.text);
	check_sent(s);
	w->n_sent++;
	heard(w, s);
}

static void keep_op(struct world *w, const struct l2tp_op *op)
{
	size_t len = strlen(w->log);

	snprintf(w->log + len, sizeof(w->log) - len, "%s ", op_name(op->type));
	if ((op->type == L2TP_OP_SESSION_DECIDE || op->type == L2TP_OP_SESSION_ADD || op->type == L2TP_OP_SESSION_UP) &&
	    (!op->call || op->reorder_timeout_ms != w->params.reorder_timeout_ms))
		ck_abort_msg("%s does not tell of its call", op_name(op->type));
	if (op->version != 2 || op->local.family != 4 || op->cookie != w->params.cookie)
		ck_abort_msg("%s does not tell all", op_name(op->type));
	if (op->type == L2TP_OP_SESSION_DECIDE)
		w->last_decide = *op;
	if (op->type == L2TP_OP_SESSION_LINK || op->type == L2TP_OP_SESSION_UP)
		w->link = *op->link;
	if (op->type == L2TP_OP_SESSION_ERRORS)
		w->errors = *op->errors;
	if (op->reason)
		w->reason = *op->reason;
	if (op->reason && op->session_id)
		w->session_reason = *op->reason;
	if (op->type == L2TP_OP_TUNNEL_DOWN)
		w->successor_id = op->successor_id;
	snprintf(w->last_host, sizeof(w->last_host), "%.*s", (int)op->peer_host_name.len,
		 op->peer_host_name.len ? (const char *)op->peer_host_name.data : "");
	if (op->type == L2TP_OP_SESSION_ADD || op->type == L2TP_OP_TUNNEL_ADD)
		w->last_add = *op;
	if (op->type == L2TP_OP_SESSION_UP || op->type == L2TP_OP_TUNNEL_UP)
		w->last_up = *op;
	if (!op_is_reported(op->type) || op->type == L2TP_OP_SESSION_DECIDE)
		return;
	if (w->n_pending == PENDING_MAX)
		ck_abort_msg("too many operations pending");
	w->pending[w->n_pending++] = (struct op_key){ op->type, op->tunnel_id, op->session_id };
}

static int decide(struct world *w, uint32_t tunnel_id, uint32_t session_id, const struct l2tp_decision *decision)
{
	const char *wrong = watch_decided(&w->watch, tunnel_id, session_id, decision->accept);
	int r = l2tp_decide(w->l, tunnel_id, session_id, decision, w->now);

	if (!wrong != !r)
		ck_abort_msg("l2tp_decide() says %d: %s", r, wrong ? wrong : "there was something to be decided");
	return r;
}

/* While nothing is undecided, decisions are made at once and are not worth a word. */
static void decide_now(struct world *w, const struct l2tp_op *op)
{
	struct l2tp_decision decision = { .accept = op->connected || (!w->call_refusal.result && !w->call_refusal.text[0]),
					  .phb = w->call_phb ? w->call_phb : op->phb,
					  .reason = w->call_refusal };

	(void)decide(w, op->tunnel_id, op->session_id, &decision);
}

static void answer(struct world *w, size_t i, int err)
{
	struct op_key key = w->pending[i];
	const char *wrong = watch_done(&w->watch, key.tunnel_id, key.session_id, err);

	if (wrong)
		ck_abort_msg("%s: %s", op_name(key.type), wrong);
	memmove(&w->pending[i], &w->pending[i + 1], (--w->n_pending - i) * sizeof(w->pending[0]));
	if (key.type == L2TP_OP_TUNNEL_IDLE && w->data_flows)
		l2tp_data_seen(w->l, key.tunnel_id, w->now);
	l2tp_op_done(w->l, key.tunnel_id, key.session_id, err, err ? w->failure : NULL, w->now);
}

static void take_all(struct world *w)
{
	struct l2tp_op op;

	while (l2tp_next_op(w->l, &op)) {
		const char *wrong = watch_op(&w->watch, &op, w->now);

		if (wrong)
			ck_abort_msg("%s: %s (after %s)", op_name(op.type), wrong, w->log);
		if (op.type == L2TP_OP_SEND)
			keep_sent(w, &op);
		else if (op.type == L2TP_OP_SESSION_DECIDE && !w->undecided)
			decide_now(w, &op);
		else
			keep_op(w, &op);
	}
}

void world_drain(struct world *w)
{
	take_all(w);
	while (!w->hold && w->n_pending) {
		bool fails = ++w->answers == w->fail_at || (int)w->pending[0].type == w->fail_type;

		answer(w, 0, fails ? -EIO : 0);
		take_all(w);
	}
}

void world_answer(struct world *w, enum l2tp_op_type type, int err)
{
	for (size_t i = 0; i < w->n_pending; i++) {
		if (w->pending[i].type != type)
			continue;
		answer(w, i, err);
		world_drain(w);
		return;
	}
	ck_abort_msg("no %s is pending (after %s)", op_name(type), w->log);
}

int world_decide(struct world *w, uint32_t session_id, const struct l2tp_decision *decision)
{
	uint32_t tunnel_id = w->last_decide.tunnel_id;
	int r = decide(w, tunnel_id, session_id, decision);

	world_drain(w);
	return r;
}

static void acknowledge(struct world *w)
{
	for (size_t i = 0; i < w->n_peers; i++)
		if (!w->peers[i]->deaf && (w->peers[i]->told != w->peers[i]->nr || w->peers[i]->owes))
			peer_zlb(w->peers[i]);
}

void world_pass(struct world *w, usec_t t)
{
	usec_t until = w->now + t, due;

	world_drain(w);
	acknowledge(w);
	while ((due = l2tp_deadline(w->l)) <= until) {
		w->now = due > w->now ? due : w->now;
		l2tp_tick(w->l, w->now);
		world_drain(w);
		acknowledge(w);
	}
	w->now = until;
	l2tp_tick(w->l, w->now);
	world_drain(w);
}

void world_input(struct world *w, const struct l2tp_addr *local, const struct l2tp_addr *from, struct l2tp_span bytes)
{
	struct l2tp_rx rx = { .local = *local, .peer = *from, .bytes = bytes };

	l2tp_input(w->l, &rx, w->now);
	world_drain(w);
}

/* ---- What a test asks for ------------------------------------------------------------------------------------ */

void world_forget(struct world *w)
{
	w->n_sent = 0;
	w->log[0] = 0;
	w->reason = (struct l2tp_reason){ 0 };
}

const char *world_tunnel_state(const struct world *w, uint32_t tunnel_id)
{
	struct l2tp_tunnel_info info;

	return l2tp_get_tunnel(w->l, tunnel_id, &info) < 0 ? "gone" : info.state;
}

const char *world_session_state(const struct world *w, uint32_t tunnel_id, uint32_t session_id)
{
	struct l2tp_session_info info;

	return l2tp_get_session(w->l, tunnel_id, session_id, &info) < 0 ? "gone" : info.state;
}

struct l2tp_stats world_stats(const struct world *w)
{
	struct l2tp_stats stats;

	l2tp_get_stats(w->l, &stats);
	return stats;
}

const struct sent *world_sent(const struct world *w, enum cm_type type)
{
	for (size_t i = w->n_sent; i-- > 0;)
		if (w->sent[i].msg.type == type)
			return &w->sent[i];
	return NULL;
}

size_t world_count(const struct world *w, enum cm_type type)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_sent; i++)
		n += w->sent[i].msg.type == type;
	return n;
}

static bool is_again(const struct world *w, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (w->sent[i].msg.type == w->sent[at].msg.type && w->sent[i].tunnel_id == w->sent[at].tunnel_id &&
		    w->sent[i].header.ns == w->sent[at].header.ns && w->sent[i].tunnel_id)
			return true;
	return false;
}

const char *world_said(const struct world *w, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = 0;
	for (size_t i = 0; i < w->n_sent; i++) {
		if (w->sent[i].msg.type == CM_ZLB || is_again(w, i))
			continue;
		len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? " " : "",
					l2tp_message_name((uint16_t)w->sent[i].msg.type));
	}
	return buf;
}

bool world_logged(const struct world *w, const char *ops)
{
	return strstr(w->log, ops) != NULL;
}

/* ---- The peer ------------------------------------------------------------------------------------------------ */

void peer_init(struct peer *p, struct world *w, uint8_t host)
{
	*p = (struct peer){ .w = w,
			    .local = { .ip = { 192, 0, 2, 1 }, .port = 1701, .family = 4 },
			    .addr = { .ip = { 192, 0, 2, host }, .port = 1701, .family = 4 },
			    .id = (uint16_t)(1000 + host),
			    .session_id = (uint16_t)(2000 + host) };
	if (w->n_peers < PEERS_MAX)
		w->peers[w->n_peers++] = p;
}

static void set_text(struct l2tp_span *span, const char *s)
{
	*span = (struct l2tp_span){ (const uint8_t *)s, strlen(s) };
}

static void fill_required(struct peer *p, struct msg *m)
{
	m->protocol_version = 0x0100;
	m->framing_capabilities = m->framing_type = m->bearer_type = 1;
	m->assigned_tunnel_id = p->id;
	m->assigned_session_id = p->session_id;
	m->call_serial_number = 4711;
	m->tx_connect_speed = 1000000;
	m->result_code.result = 1;
	set_text(&m->host_name, "peer");
	set_text(&m->called_number, "12345");
}

struct msg peer_msg(struct peer *p, enum cm_type type)
{
	struct msg m = { .type = type };

	fill_required(p, &m);
	for (uint16_t avp = AVP_MESSAGE_TYPE + 1; avp < AVP_COUNT; avp++)
		if (msg_place(type, avp) >= PLACE_FORGIVEN)
			msg_set(&m, avp);
	m.bearer_capabilities = p->bearer;
	if (p->bearer && (type == CM_SCCRQ || type == CM_SCCRP))
		msg_set(&m, AVP_BEARER_CAPABILITIES);
	return m;
}

static size_t wrap(const struct peer *p, struct l2tp_span body, uint16_t session_id, uint8_t *out, size_t size)
{
	bool first = p->w->l && !p->engine_id;
	struct wire_header h = { .version = 2, .tunnel_id = first ? 0 : p->engine_id, .session_id = session_id,
				 .ns = p->ns, .nr = p->nr, .body = body };

	return wire_control(&h, out, size);
}

static struct l2tp_span encode(const struct peer *p, const struct msg *m, uint8_t *body, size_t size)
{
	struct msg_encoder e = { .secret = p->secret, .hide = p->secret.len > 0, .vector = { 1, 2, 3 } };
	struct writer w = writer_of(body, size);

	msg_encode(&e, m, &w);
	if (writer_bad(&w))
		ck_abort_msg("message cannot be encoded");
	return writer_span(&w);
}

size_t peer_datagram(const struct peer *p, const struct msg *m, uint16_t session_id, uint8_t *out, size_t size)
{
	uint8_t body[DATAGRAM_MAX];

	return wrap(p, encode(p, m, body, sizeof(body)), session_id, out, size);
}

void peer_send_body(struct peer *p, struct l2tp_span body, uint16_t session_id)
{
	uint8_t datagram[DATAGRAM_MAX];
	size_t len = wrap(p, body, session_id, datagram, sizeof(datagram));

	if (body.len)
		p->ns++;
	p->told = p->nr;
	p->owes = false;
	world_input(p->w, &p->local, &p->addr, (struct l2tp_span){ datagram, len });
}

void peer_send(struct peer *p, const struct msg *m, uint16_t session_id)
{
	uint8_t body[DATAGRAM_MAX];

	peer_send_body(p, encode(p, m, body, sizeof(body)), session_id);
}

/* Which session a message of the peer is addressed to. */
static uint16_t address(const struct peer *p, enum cm_type type)
{
	return msg_is_call(type) && type != CM_ICRQ && type != CM_OCRQ ? p->engine_session_id : 0;
}

void peer_say(struct peer *p, enum cm_type type)
{
	struct msg m = peer_msg(p, type);

	peer_send(p, &m, address(p, type));
}

void peer_say_with(struct peer *p, enum cm_type type, const void *avp, size_t len)
{
	uint8_t body[DATAGRAM_MAX];
	struct msg m = peer_msg(p, type);
	struct l2tp_span s = encode(p, &m, body, sizeof(body));

	memcpy(body + s.len, avp, len);
	peer_send_body(p, (struct l2tp_span){ body, s.len + len }, address(p, type));
}

void peer_zlb(struct peer *p)
{
	peer_send_body(p, (struct l2tp_span){ 0 }, 0);
}

void peer_respond(struct peer *p, struct msg *m, struct l2tp_span secret)
{
	const struct sent *s = world_sent(p->w, m->type == CM_SCCRP ? CM_SCCRQ : CM_SCCRP);

	if (!s || !msg_has(&s->msg, AVP_CHALLENGE))
		ck_abort_msg("the engine sent no challenge");
	digest_response((uint8_t)m->type, secret, s->msg.challenge, p->response);
	m->challenge_response = (struct l2tp_span){ p->response, sizeof(p->response) };
	msg_set(m, AVP_CHALLENGE_RESPONSE);
}

void peer_open(struct peer *p)
{
	peer_say(p, CM_SCCRQ);
	peer_say(p, CM_SCCCN);
	world_pass(p->w, USEC_PER_SEC / 10);
}

void peer_call(struct peer *p)
{
	peer_say(p, CM_ICRQ);
	peer_say(p, CM_ICCN);
	world_pass(p->w, USEC_PER_SEC / 10);
}

uint32_t engine_dial(struct peer *p)
{
	uint32_t id = 0;

	if (l2tp_open(p->w->l, &p->w->params, &p->local, &p->addr, p->w->now, &id) < 0)
		ck_abort_msg("cannot open");
	world_drain(p->w);
	return id;
}

void peer_accept(struct peer *p)
{
	peer_say(p, CM_SCCRP);
	world_pass(p->w, USEC_PER_SEC / 10);
}

void world_finish(struct world *w)
{
	w->hold = false;
	w->fail_type = -1;
	w->fail_at = 0;
	l2tp_shutdown(w->l, NULL, w->now);
	world_forget(w);
	world_pass(w, 200 * USEC_PER_SEC);
	ck_assert(l2tp_idle(w->l));
	ck_assert_uint_eq(world_stats(w).tunnels, 0);
	ck_assert_uint_eq(world_stats(w).sessions, 0);
	ck_assert_uint_eq(world_stats(w).tunnels_half_open, 0);
	ck_assert_uint_eq(world_stats(w).tunnels_established, 0);
	ck_assert_uint_eq(world_stats(w).sessions_established, 0);
	ck_assert_uint_eq(watch_alive(&w->watch), 0);
	ck_assert_uint_eq(l2tp_deadline(w->l), USEC_NEVER);
	world_end(w);
}
