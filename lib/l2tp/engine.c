/* SPDX-License-Identifier: MIT */
/*
 * engine: the door of the library (l2tp.h): demultiplexing, timers, operations, requests; queries are in query.c.
 *
 * A datagram belongs to the tunnel that its header names by our id, if it comes from that tunnel's peer; never does the
 * socket decide.  What names no tunnel goes to admission.c.  Every entry ends with registry_settle() for the tunnel
 * that it touched.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admission.h"
#include "params.h"

#define QUARANTINE (60 * USEC_PER_SEC) /* longer than any retransmission of a former owner's peer */
#define ICCN_MAX (WIRE_SEND_MAX - 512) /* octets of strings that fit an ICCN, hidden too */

static void enter(struct l2tp *l, usec_t now)
{
	assert(now >= l->core.now);
	if (now > l->core.now) /* what the world closes in one go is one portion, and l2tp_tick() goes on */
		l->core.closings = REGISTRY_CLOSINGS;
	l->core.now = now;
	registry_reap(l);
	idpool_expire(l->core.ids, now);
}

/* t: whose it is, NULL: nobody's that is known */
static void trace_received(const struct l2tp *l, const struct arrival *in, const struct tunnel *t, const char *dropped)
{
	if (!l->core.env.trace)
		return;
	l->core.env.trace(l->core.env.ctx,
			  &(struct l2tp_trace){ .tunnel_id = t ? t->conn.id : in->header.tunnel_id,
						.type = in->outline.type,
						.ns = in->header.ns,
						.nr = in->header.nr,
						.local = &in->rx->local,
						.peer = &in->rx->peer,
						.datagram = in->rx->bytes,
						.dropped = dropped });
}

/* What is counted as dropped, in words. */
static const char *const drop_words[L2TP_DROPS] = {
	[L2TP_DROP_HEADER] = "not a control message",
	[L2TP_DROP_MESSAGE] = "missing or malformed AVP",
	[L2TP_DROP_NR] = "acknowledges a message that was never sent",
	[L2TP_DROP_DATA] = "data",
	[L2TP_DROP_L2F] = "L2F",
	[L2TP_DROP_SOURCE] = "not from the tunnel's peer",
	[L2TP_DROP_NO_TUNNEL] = "unknown tunnel",
	[L2TP_DROP_UNEXPECTED] = "unexpected without a tunnel",
	[L2TP_DROP_TYPE] = "unknown optional message type",
	[L2TP_DROP_SILENT] = "refused without an answer",
};

/* Why the message that has come since then was dropped; NULL: it was acted upon. */
static const char *dropped_since(const struct l2tp_stats *before, const struct l2tp_stats *now)
{
	for (size_t i = 0; i < L2TP_DROPS; i++)
		if (now->dropped[i] != before->dropped[i])
			return drop_words[i] ? drop_words[i] : "dropped";
	if (now->duplicates != before->duplicates)
		return "duplicate";
	return now->limited != before->limited ? "rate limit exceeded" : NULL;
}

/* May this come from the tunnel's peer?  Only its port may be another one in the first answer (8.1). */
static bool is_peer(const struct tunnel *t, const struct l2tp_addr *from)
{
	struct l2tp_addr expect = t->conn.peer;

	if (t->state == TUNNEL_WAIT_REPLY)
		expect.port = from->port;
	return memcmp(&expect, from, sizeof(expect)) == 0;
}

/* Whose a message for tunnel 0 is; NULL: nobody's, or for admission.  By its address only where the settings of the tunnel
 * there allow that, and then a StopCCN must at least have the number that is expected next. */
static struct tunnel *tunnel_from(const struct l2tp *l, const struct arrival *in)
{
	const uint16_t type = in->outline.type;
	struct tunnel *t = type == CM_SCCRQ ? NULL : registry_find_addr(l, &in->rx->peer, type == CM_SCCCN);

	if (t && type == CM_STOPCCN && (t->state == TUNNEL_WAIT_CONN || in->header.ns != t->conn.chan.nr))
		return NULL;
	return t;
}

static void input_control(struct l2tp *l, struct arrival *in, usec_t now)
{
	const struct l2tp_stats before = l->core.stats;
	const struct wire_header *h = &in->header;
	struct tunnel *t = h->tunnel_id ? registry_find(l, h->tunnel_id) : NULL;
	bool stranger;
	uint16_t nr;

	in->dialect = dialect_of(h->version);
	in->outline = t ? outline_type(h->body) : outline_of(h->body);
	if (!h->tunnel_id)
		t = tunnel_from(l, in);
	stranger = t && !is_peer(t, &in->rx->peer);
	nr = t ? t->conn.chan.nr : 0;

	if (stranger)
		l->core.stats.dropped[L2TP_DROP_SOURCE]++;
	else if (t)
		tunnel_receive(t, in, now);
	else
		admission_input(l, in, now);
	/* messages that had waited for it were judged with it: their faults are not its own */
	if (t && (uint16_t)(t->conn.chan.nr - nr) > 1)
		trace_received(l, in, t, NULL);
	else
		trace_received(l, in, t, dropped_since(&before, &l->core.stats));
	if (t && !stranger)
		registry_settle(l, t, now);
}

void l2tp_input(struct l2tp *l, const struct l2tp_rx *rx, usec_t now)
{
	struct arrival in = { .rx = rx };
	const char *why = NULL;

	enter(l, now);
	l->core.stats.received++;
	switch (wire_parse(rx->bytes, &in.header, &why)) {
	case WIRE_CONTROL:
		input_control(l, &in, now);
		break;
	case WIRE_DATA:
		l->core.stats.dropped[L2TP_DROP_DATA]++;
		break;
	case WIRE_L2F:
		l->core.stats.dropped[L2TP_DROP_L2F]++;
		break;
	case WIRE_MALFORMED:
		l->core.stats.dropped[L2TP_DROP_HEADER]++;
		trace_received(l, &in, NULL, why);
		break;
	}
}

static void timer_due(struct l2tp *l, struct timer *timer, usec_t now)
{
	static const size_t offsets[] = { [TIMER_CHAN] = offsetof(struct tunnel, chan_timer),
					  [TIMER_HELLO] = offsetof(struct tunnel, hello_timer),
					  [TIMER_LIFE] = offsetof(struct tunnel, life_timer),
					  [TIMER_TRIAL] = offsetof(struct tunnel, trial.timer),
					  [TIMER_CALL] = offsetof(struct session, timer) };
	void *owner = (char *)timer - offsets[timer->kind];
	struct tunnel *t;

	if (timer->kind == TIMER_CALL) {
		t = registry_tunnel_of(owner);
		session_timer(owner, now);
	} else {
		t = owner;
		tunnel_timer(t, (enum timer_kind)timer->kind, now);
	}
	registry_settle(l, t, now);
}

void l2tp_tick(struct l2tp *l, usec_t now)
{
	enter(l, now);
	l->core.closings = REGISTRY_CLOSINGS;
	for (struct timer *timer; (timer = heap_pop(&l->core.heap, now));)
		timer_due(l, timer, now);
	registry_close_some(l, now);
}

usec_t l2tp_deadline(const struct l2tp *l)
{
	return registry_is_closing(l) ? l->core.now : heap_deadline(&l->core.heap);
}

static void hand_out_object(struct object *o, struct l2tp_op *op)
{
	struct tunnel *t = registry_tunnel(o);

	op->version = t->conn.dialect->version;
	op->tunnel_id = t->conn.id;
	op->peer_tunnel_id = t->conn.peer_id;
	op->cookie = t->conn.params.cookie;
	op->local = t->conn.local;
	op->peer = t->conn.peer;
	op->peer_host_name = (struct l2tp_span){ t->peer_name, t->peer_name_len };
	if (o->kind == OBJECT_TUNNEL)
		tunnel_hand_out(t, op);
	else
		session_hand_out(registry_session(o), op);
}

/* Marked from the SCCRQ on, also for a peer that takes no part. */
static uint32_t control_phb(const struct tunnel *t)
{
	if (!t)
		return L2TP_PHB_NONE;
	return t->conn.phb != L2TP_PHB_NONE ? t->conn.phb : t->conn.params.control_phb;
}

bool l2tp_next_op(struct l2tp *l, struct l2tp_op *op)
{
	const struct datagram *d;
	struct object *o;

	registry_reap(l);
	*op = (struct l2tp_op){ .type = L2TP_OP_SEND };
	d = outbox_next_datagram(&l->core.outbox);
	if (d) {
		op->tunnel_id = d->tunnel_id;
		op->phb = control_phb(registry_find(l, d->tunnel_id));
		op->local = d->local;
		op->peer = d->peer;
		op->bytes = outbox_bytes(&l->core.outbox, d);
		return true;
	}
	o = outbox_next_object(&l->core.outbox, &op->type);
	if (o)
		hand_out_object(o, op);
	return o != NULL;
}

void l2tp_op_done(struct l2tp *l, uint32_t tunnel_id, uint32_t session_id, int err, const char *text, usec_t now)
{
	struct tunnel *t;
	struct session *s;

	enter(l, now);
	t = registry_find(l, tunnel_id);
	if (!t)
		return;
	if (!session_id) {
		tunnel_op_done(t, err, text, now);
	} else {
		s = session_find(&t->sessions, session_id);
		if (s)
			session_op_done(s, err, text, now);
	}
	registry_settle(l, t, now);
}

int l2tp_open(struct l2tp *l, const struct l2tp_params *params, const struct l2tp_addr *local,
	      const struct l2tp_addr *peer, usec_t now, uint32_t *ret_tunnel_id)
{
	struct tunnel *t;
	int r;

	enter(l, now);
	if (l->core.shutting_down)
		return -ESHUTDOWN;
	if (!params_valid(params) || !peer->family || !peer->port)
		return -EINVAL;
	r = registry_add(l, &dialect_v2, params, local, peer, true, now, &t);
	if (r < 0)
		return r;
	source_dial_begin(t);
	tunnel_apply(t, TEV_OPEN, &(struct tunnel_input){ 0 }, now);
	registry_settle(l, t, now);
	*ret_tunnel_id = t->conn.id;
	return 0;
}

static bool call_valid(const struct l2tp_call_info *c)
{
	const struct l2tp_proxy *p = &c->proxy;
	const size_t lens[] = { c->calling_number.len, c->called_number.len, c->sub_address.len };
	const size_t iccn[] = { c->private_group_id.len, p->initial_received_confreq.len, p->last_sent_confreq.len,
				p->last_received_confreq.len, p->authen_name.len, p->authen_challenge.len,
				p->authen_response.len, c->lcp.want.len, c->lcp.allow.len };
	size_t sum = 0;

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		if (lens[i] > AVP_STRING_MAX)
			return false;
	for (size_t i = 0; i < sizeof(iccn) / sizeof(iccn[0]); i++) {
		if (iccn[i] > AVP_STRING_MAX)
			return false;
		sum += iccn[i];
	}
	return sum <= ICCN_MAX && session_proxy_valid(p) && session_lcp_valid(c->lcp.want) &&
	       session_lcp_valid(c->lcp.allow);
}

static int place_call(struct l2tp *l, uint32_t tunnel_id, enum session_role role, const struct l2tp_call_info *info,
		      uint64_t call_cookie, usec_t now, uint32_t *ret_session_id)
{
	struct l2tp_call_info numbered = *info;
	struct fault f = { 0 };
	struct tunnel *t;
	struct session *s;
	int r;

	enter(l, now);
	if (!call_valid(info))
		return -EINVAL;
	t = registry_find(l, tunnel_id);
	if (!t)
		return -ENOENT;
	if (!tunnel_alive(t) || l->core.shutting_down)
		return -ESHUTDOWN;
	numbered.outgoing = role == SESSION_LNS_OUTGOING;
	if (numbered.outgoing)
		numbered.lcp = (struct l2tp_lcp_wishes){ 0 }; /* the LAC's to say */
	if (numbered.outgoing && t->state == TUNNEL_ESTABLISHED && !session_check_call_out(&t->conn, info, &f))
		return -EOPNOTSUPP;
	if (!numbered.call_serial_number)
		numbered.call_serial_number = ++l->core.call_serial_number;
	r = session_new(&t->sessions, role, &numbered, now, &s);
	if (r < 0)
		return r;
	s->cookie = call_cookie;
	session_apply(s, SEV_OPEN, &(struct session_input){ 0 }, now);
	if (t->state == TUNNEL_ESTABLISHED)
		session_tunnel_open(s, now);
	registry_settle(l, t, now);
	*ret_session_id = s->id;
	return 0;
}

int l2tp_call(struct l2tp *l, uint32_t tunnel_id, const struct l2tp_call_info *info, uint64_t call_cookie, usec_t now,
	      uint32_t *ret_session_id)
{
	return place_call(l, tunnel_id, SESSION_LAC_INCOMING, info, call_cookie, now, ret_session_id);
}

int l2tp_call_out(struct l2tp *l, uint32_t tunnel_id, const struct l2tp_call_info *info, uint64_t call_cookie,
		  usec_t now, uint32_t *ret_session_id)
{
	return place_call(l, tunnel_id, SESSION_LNS_OUTGOING, info, call_cookie, now, ret_session_id);
}

int l2tp_set_call_info(struct l2tp *l, uint32_t tunnel_id, uint32_t session_id, const struct l2tp_call_info *info,
		       usec_t now)
{
	struct l2tp_call_info known = *info;
	struct tunnel *t;
	struct session *s;

	enter(l, now);
	t = registry_find(l, tunnel_id);
	s = t ? session_find(&t->sessions, session_id) : NULL;
	if (!s)
		return -ENOENT;
	if (session_is_lns(s) || session_is_told(s))
		return -EALREADY;
	known.outgoing = s->info.outgoing;
	known.call_serial_number = s->info.call_serial_number;
	if (!call_valid(info) || (known.outgoing && s->info.framing_type && (info->framing_type & ~s->info.framing_type)))
		return -EINVAL;
	return session_set_info(s, &known);
}

/* A session of a living tunnel, to be told something. */
static struct session *find_session(struct l2tp *l, uint32_t tunnel_id, uint32_t session_id, struct tunnel **ret_tunnel)
{
	struct tunnel *t = registry_find(l, tunnel_id);

	*ret_tunnel = t;
	return t ? session_find(&t->sessions, session_id) : NULL;
}

int l2tp_set_link_info(struct l2tp *l, uint32_t tunnel_id, uint32_t session_id, const struct l2tp_link_info *link,
		       usec_t now)
{
	struct tunnel *t;
	struct session *s;
	int r;

	enter(l, now);
	s = find_session(l, tunnel_id, session_id, &t);
	if (!s)
		return -ENOENT;
	r = session_set_link_info(s, link, now);
	registry_settle(l, t, now);
	return r;
}

int l2tp_report_errors(struct l2tp *l, uint32_t tunnel_id, uint32_t session_id, const struct l2tp_call_errors *errors,
		       usec_t now)
{
	struct tunnel *t;
	struct session *s;
	int r;

	enter(l, now);
	s = find_session(l, tunnel_id, session_id, &t);
	if (!s)
		return -ENOENT;
	r = session_report_errors(s, errors, now);
	registry_settle(l, t, now);
	return r;
}

/* The world's reason, with the code of an ordinary close where it has none. */
static struct l2tp_reason close_reason(const struct l2tp_reason *given, uint16_t ordinary)
{
	struct l2tp_reason reason = given ? *given : (struct l2tp_reason){ 0 };

	if (reason.origin == L2TP_BY_NOBODY)
		reason.origin = L2TP_BY_REQUEST;
	if (!reason.result)
		reason.result = ordinary;
	reason.text[sizeof(reason.text) - 1] = 0;
	reason.disconnect.text[sizeof(reason.disconnect.text) - 1] = 0;
	reason.detail[sizeof(reason.detail) - 1] = 0;
	return reason;
}

int l2tp_decide(struct l2tp *l, uint32_t tunnel_id, uint32_t session_id, const struct l2tp_decision *decision, usec_t now)
{
	struct l2tp_reason refusal;
	struct tunnel *t;
	struct session *s;
	int r;

	enter(l, now);
	s = find_session(l, tunnel_id, session_id, &t);
	if (!s)
		return -ENOENT;
	if (decision->accept) {
		r = session_accept(s, decision->phb, now);
	} else {
		refusal = close_reason(&decision->reason, RC_CDN_ADMIN);
		r = session_decline(s, &refusal, now);
	}
	registry_settle(l, t, now);
	return r;
}

static void close_tunnel(struct l2tp *l, struct tunnel *t, const struct l2tp_reason *given, usec_t now)
{
	struct l2tp_reason reason = close_reason(given, RC_STOPCCN_CLEAR);

	tunnel_apply(t, TEV_CLOSE, &(struct tunnel_input){ .reason = &reason }, now);
	registry_settle(l, t, now);
}

int l2tp_close_tunnel(struct l2tp *l, uint32_t tunnel_id, const struct l2tp_reason *reason, usec_t now)
{
	struct tunnel *t;

	enter(l, now);
	t = registry_find(l, tunnel_id);
	if (!t)
		return -ENOENT;
	close_tunnel(l, t, reason, now);
	return 0;
}

int l2tp_close_session(struct l2tp *l, uint32_t tunnel_id, uint32_t session_id, const struct l2tp_reason *given,
		       usec_t now)
{
	struct l2tp_reason reason = close_reason(given, RC_CDN_ADMIN);
	struct tunnel *t;
	struct session *s;

	enter(l, now);
	t = registry_find(l, tunnel_id);
	s = t ? session_find(&t->sessions, session_id) : NULL;
	if (!s)
		return -ENOENT;
	session_apply(s, SEV_CLOSE, &(struct session_input){ .reason = &reason }, now);
	registry_settle(l, t, now);
	return 0;
}

int l2tp_set_limits(struct l2tp *l, const struct l2tp_limits *limits)
{
	if (!limits_valid(limits))
		return -EINVAL;
	l->core.env.limits = *limits;
	return 0;
}

void l2tp_shutdown(struct l2tp *l, const struct l2tp_reason *given, usec_t now)
{
	enter(l, now);
	l->core.shutting_down = true;
	l->shut_reason = close_reason(given, RC_STOPCCN_SHUTDOWN);
	l->shut_next = l->by_id;
	registry_close_some(l, now);
}

bool l2tp_idle(const struct l2tp *l)
{
	return l->core.stats.tunnels == l->core.lingering;
}

void l2tp_data_seen(struct l2tp *l, uint32_t tunnel_id, usec_t now)
{
	struct tunnel *t;

	enter(l, now);
	t = registry_find(l, tunnel_id);
	if (t)
		tunnel_data_seen(t, now);
}

int l2tp_probe(struct l2tp *l, uint32_t tunnel_id, usec_t now)
{
	struct tunnel *t;

	enter(l, now);
	t = registry_find(l, tunnel_id);
	if (!t)
		return -ENOENT;
	if (t->state != TUNNEL_ESTABLISHED)
		return -ENOTCONN;
	tunnel_probe(t, now);
	registry_settle(l, t, now);
	return 0;
}

int l2tp_new(const struct l2tp_env *env, struct l2tp **ret)
{
	struct l2tp *l;
	int r;

	if (!env->random || !env->admit_tunnel || !limits_valid(&env->limits))
		return -EINVAL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->core.env = *env;
	l->core.closings = REGISTRY_CLOSINGS;
	env->random(env->ctx, &l->core.secret, sizeof(l->core.secret));
	l->sources.secret = l->endpoints.secret = l->core.secret;
	throttle_init(&l->throttle, env);
	r = idpool_new(env->random, env->ctx, QUARANTINE, &l->core.ids);
	if (r < 0) {
		free(l);
		return r;
	}
	/* Serial numbers should stay unique across restarts (4.4.4): begin somewhere. */
	env->random(env->ctx, &l->core.call_serial_number, sizeof(l->core.call_serial_number));
	*ret = l;
	return 0;
}

void l2tp_free(struct l2tp *l)
{
	if (!l)
		return;
	registry_clear(l);
	outbox_free(&l->core.outbox);
	heap_free(&l->core.heap);
	idpool_free(l->core.ids);
	free(l);
}
