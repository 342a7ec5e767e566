/* SPDX-License-Identifier: MIT */
/*
 * tunnel: the life of a control connection (RFC 2661 5.1, 5.5, 5.7): what arrives becomes an event, timers, and the
 * operations that make and remove its data path.
 *
 * Every entry of the engine that touches a tunnel ends with tunnel_settle(): there the channel transmits, timers are
 * armed and what follows from the new state is noticed.  A tunnel that has ended keeps its id and its table of dead
 * sessions until the last of them is gone, its kernel tunnel is removed and its linger is over; TUNNEL_GONE comes last.
 *
 * The calls of a tunnel that ends are closed in portions (core.closings), so that tens of thousands of them do not hold
 * the loop: TUNNEL_DOWN follows when the last has been closed.  Nothing is said on the connection any more meanwhile.
 *
 * A peer that has us answer call after call and acknowledges nothing must not make the queue grow.  Once more than
 * ANSWERS_SPARE answers beyond its living calls wait in it, the next call request (ICRQ, OCRQ, or a bad message that we
 * would answer with a CDN) is not taken: neither answered nor acknowledged, as if it had not come in yet; the channel
 * keeps it and what follows (5.8), and the peer repeats it.  It is taken as soon as the queue is short enough.  In the
 * meantime each message's Nr is read, a CDN for a call that is there is processed out of turn (nothing in between can
 * matter to the call any more), and so is a StopCCN, which makes void what has come before it; a HELLO asks for nothing
 * but an acknowledgement and is only heard.  When WAIT_MAX goes by and the peer acknowledges nothing the tunnel ends, and
 * that is the peer's fault.  An honest peer acknowledges, so it only ever notices that it is slowed down to the pace at
 * which it takes our answers.  What we say of ourselves, such as the CDNs of all calls at once, does not count.
 */
#include "tunnel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "trial.h"

#define LINGER_MIN (31 * USEC_PER_SEC) /* 5.7: a full retransmission cycle, 1 + 2 + 4 + 8 + 16 s */
#define DOUBT_TIME (2 * USEC_PER_SEC)
#define TIMERS 4
#define ANSWERS_SPARE 64
#define WAIT_MAX (5 * USEC_PER_SEC)

/* ---- Birth and death ---------------------------------------------------------------------------------------- */

int tunnel_new(struct core *core, const struct dialect *dialect, const struct l2tp_params *params,
	       const struct l2tp_addr *local, const struct l2tp_addr *peer, bool initiator, usec_t now,
	       struct tunnel **ret)
{
	struct tunnel *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	r = heap_reserve(&core->heap, TIMERS);
	if (r < 0)
		goto no_timers;
	conn_init(&t->conn, core, dialect, params, local, peer);
	r = idpool_acquire(core->ids, 0, dialect->id_max, now, &t->conn.id);
	if (r < 0)
		goto no_id;
	t->object.kind = OBJECT_TUNNEL;
	t->sessions.conn = &t->conn;
	t->state = TUNNEL_IDLE;
	t->initiator = initiator;
	t->heard = t->created = now;
	t->serial = ++core->serial;
	t->chan_timer = (struct timer){ .deadline = USEC_NEVER, .kind = TIMER_CHAN };
	t->hello_timer = (struct timer){ .deadline = USEC_NEVER, .kind = TIMER_HELLO };
	t->life_timer = (struct timer){ .deadline = USEC_NEVER, .kind = TIMER_LIFE };
	t->trial.timer = (struct timer){ .deadline = USEC_NEVER, .kind = TIMER_TRIAL };
	core->stats.tunnels++;
	*ret = t;
	return 0;

no_id:
	conn_clear(&t->conn);
	heap_unreserve(&core->heap, TIMERS);
no_timers:
	free(t);
	return r;
}

void tunnel_free(struct tunnel *t)
{
	struct core *core = t->conn.core;

	session_table_clear(&t->sessions);
	heap_set(&core->heap, &t->chan_timer, USEC_NEVER);
	heap_set(&core->heap, &t->hello_timer, USEC_NEVER);
	heap_set(&core->heap, &t->life_timer, USEC_NEVER);
	heap_set(&core->heap, &t->trial.timer, USEC_NEVER);
	heap_unreserve(&core->heap, TIMERS);
	t->object.in_flight = false;
	outbox_forget(&core->outbox, &t->object);
	idpool_release(core->ids, 0, t->conn.id, core->now);
	core->lingering -= t->quiet;
	core->stats.tunnels--;
	conn_clear(&t->conn);
	free(t);
}

void tunnel_bury(struct tunnel *t, const struct l2tp_reason *reason, usec_t now)
{
	struct core *core = t->conn.core;

	t->reason = *reason;
	t->condemned = false;
	t->trial.state = TRIAL_NONE;
	t->wait_until = 0;
	t->conn.closed = true;
	session_table_end(&t->sessions, &t->reason);
	/* what nobody has heard of yet need not be told; DOWN then stands behind that of the sessions */
	outbox_cancel(&core->outbox, &t->object, L2TP_OP_TUNNEL_ADD);
	outbox_cancel(&core->outbox, &t->object, L2TP_OP_TUNNEL_UP);
	outbox_cancel(&core->outbox, &t->object, L2TP_OP_TUNNEL_IDLE);
	tunnel_set_life(t, USEC_NEVER);
	heap_set(&core->heap, &t->hello_timer, USEC_NEVER);
	heap_set(&core->heap, &t->trial.timer, USEC_NEVER);
	t->closing_calls = !tunnel_close_calls(t, now);
	if (!t->closing_calls)
		return;
	t->next_closing = core->closing;
	core->closing = t;
}

bool tunnel_close_calls(struct tunnel *t, usec_t now)
{
	struct core *core = t->conn.core;

	if (!session_table_close(&t->sessions, &core->closings, now))
		return false;
	outbox_post(&core->outbox, &t->object, L2TP_OP_TUNNEL_DOWN);
	return true;
}

void tunnel_set_life(struct tunnel *t, usec_t deadline)
{
	heap_set(&t->conn.core->heap, &t->life_timer, deadline);
}

usec_t tunnel_linger_time(const struct tunnel *t)
{
	const struct l2tp_params *p = &t->conn.params;
	usec_t interval = p->retransmit_initial, sum = 0;

	for (uint32_t i = 0; i < p->retransmit_max && sum < 10 * LINGER_MIN; i++) {
		sum += interval;
		interval = interval * 2 < p->retransmit_cap ? interval * 2 : p->retransmit_cap;
	}
	return sum > LINGER_MIN ? sum : LINGER_MIN;
}

/* ---- Guards ------------------------------------------------------------------------------------------------- */

static uint8_t keep_name(uint8_t *to, struct l2tp_span from)
{
	size_t len = from.len < PEER_NAME_MAX ? from.len : PEER_NAME_MAX;

	if (len)
		memcpy(to, from.data, len);
	return (uint8_t)len;
}

void tunnel_learn_peer(struct tunnel *t, const struct msg *m)
{
	t->conn.peer_id = m->assigned_tunnel_id;
	t->conn.peer_framing = m->framing_capabilities;
	t->conn.peer_bearer = m->bearer_capabilities;
	t->peer_name_len = keep_name(t->peer_name, m->host_name);
	if (msg_has(m, AVP_VENDOR_NAME))
		t->vendor_name_len = keep_name(t->vendor_name, m->vendor_name);
	if (msg_has(m, AVP_RECEIVE_WINDOW_SIZE))
		chan_set_peer_window(&t->conn.chan, m->receive_window_size);
}

bool tunnel_check_request(const struct core *core, const struct dialect *dialect, const struct l2tp_params *params,
			  const struct msg *m, struct fault *f)
{
	if (m->protocol_version >> 8 != 1)
		return fault_set(f, RC_STOPCCN_VERSION, 0x0100, "protocol version %u.%u is not supported",
				 m->protocol_version >> 8, m->protocol_version & 0xff);
	return dialect->authentication->check_demand(core, params, m, f);
}

static bool check_ds(const struct conn *c, const struct msg *m, struct fault *f)
{
	return conn_check_phb(c, c->params.control_phb, msg_has(m, AVP_CONTROL_DS), m->control_ds) ||
	       fault_set(f, RC_STOPCCN_DS, EC_NONE, "no agreement on Control Connection DS");
}

/* May this SCCRP be accepted? */
static bool check_sccrp(const struct tunnel *t, const struct msg *m, struct fault *f)
{
	const struct conn *c = &t->conn;

	return tunnel_check_request(c->core, c->dialect, &c->params, m, f) &&
	       c->dialect->authentication->check_answer(t, m, f) && check_ds(c, m, f);
}

static void apply_fault(struct tunnel *t, enum tunnel_event event, const struct msg *m, const struct fault *f,
			usec_t now)
{
	struct l2tp_reason reason;

	fault_reason(f, &reason);
	tunnel_apply(t, event, &(struct tunnel_input){ .msg = m, .reason = &reason }, now);
}

/* ---- Messages become events --------------------------------------------------------------------------------- */

static void refuse_call(struct tunnel *t, uint32_t peer_id, uint16_t result, uint16_t error, const char *why,
			usec_t now)
{
	struct fault f = { 0 };
	struct l2tp_reason reason;

	fault_set(&f, result, error, "%s", why);
	fault_reason(&f, &reason);
	session_refuse(&t->sessions, peer_id, &reason, now);
}

/* There is no room for one more: as the world wants it said, or with this error. */
static void refuse_full(struct tunnel *t, uint32_t peer_id, uint16_t error, const char *why, usec_t now)
{
	struct l2tp_refusal refusal = t->conn.params.call_refusal;

	if (!refusal.result)
		refusal = (struct l2tp_refusal){ RC_CDN_GENERAL, error };
	refuse_call(t, peer_id, refusal.result, refusal.error, why, now);
}

/* Do we take such a call from this peer, or place it for the peer (4.4.3)? */
static bool check_call(const struct l2tp_params *p, const struct l2tp_call_info *info, struct fault *f)
{
	if (!(info->outgoing ? p->lac : p->lns))
		return fault_set(f, RC_CDN_NO_FACILITY_PERMANENT, EC_NONE, "no %s calls here",
				 info->outgoing ? "outgoing" : "incoming");
	if (info->outgoing && (info->framing_type & ~p->framing_capabilities))
		return fault_set(f, RC_CDN_NO_FACILITY_PERMANENT, EC_NONE, "Framing Type was not advertised");
	if (info->outgoing && (info->bearer_type & ~p->bearer_capabilities))
		return fault_set(f, RC_CDN_NO_FACILITY_PERMANENT, EC_NONE, "Bearer Type was not advertised");
	return true;
}

static void new_call(struct tunnel *t, const struct msg *m, usec_t now)
{
	const struct core *core = t->conn.core;
	enum session_role role = m->type == CM_OCRQ ? SESSION_LAC_OUTGOING : SESSION_LNS_INCOMING;
	uint32_t peer_id = m->assigned_session_id;
	struct fault f = { 0 };
	struct l2tp_call_info info = { .outgoing = role == SESSION_LAC_OUTGOING };
	struct session *s;
	int r;

	session_read_info(m, &info);
	if (!check_call(&t->conn.params, &info, &f))
		return refuse_call(t, peer_id, f.result, f.error, f.text, now);
	if (core->shutting_down)
		return refuse_full(t, peer_id, EC_TRY_ANOTHER, "shutting down", now);
	if (session_find_peer(&t->sessions, peer_id))
		return refuse_call(t, peer_id, RC_CDN_GENERAL, EC_SESSION_ID, "Assigned Session ID is in use", now);
	r = session_new(&t->sessions, role, &info, now, &s);
	if (r < 0)
		return refuse_full(t, peer_id, EC_RESOURCES, r == -ENOBUFS ? SESSION_TEXTS : "no more sessions", now);
	if (session_set_peer_id(s, peer_id) < 0)
		t->conn.broken = -ENOMEM;
	if (msg_has(m, AVP_SESSION_DS))
		s->asked_phb = m->session_ds;
	session_set_deadline(s, now + t->conn.params.setup_timeout);
	session_apply(s, info.outgoing ? SEV_OCRQ_OK : SEV_ICRQ_OK, &(struct session_input){ .msg = m }, now);
}

/* The call that a message is about: named by our id in the header or, before the peer knew that, by its own. */
static struct session *call_of(const struct tunnel *t, uint32_t session_id, const struct msg *m)
{
	if (session_id)
		return session_find(&t->sessions, session_id);
	return m->type == CM_CDN ? session_find_peer(&t->sessions, m->assigned_session_id) : NULL;
}

/* xl2tpd forgets a call that it has closed only when a ZLB names it. */
static void known_call(struct tunnel *t, struct session *s, const struct msg *m, usec_t now)
{
	if (m->type == CM_CDN && s->peer_id)
		conn_acknowledge(&t->conn, s->peer_id);
	session_message(s, m, now);
}

static void call_message(struct tunnel *t, uint32_t session_id, const struct msg *m, usec_t now)
{
	struct session *s = call_of(t, session_id, m);

	if (t->state != TUNNEL_ESTABLISHED)
		tunnel_apply(t, TEV_CALL_MESSAGE, &(struct tunnel_input){ .msg = m }, now);
	else if (s)
		known_call(t, s, m, now);
	else if ((m->type == CM_ICRQ || m->type == CM_OCRQ) && !session_id)
		new_call(t, m, now);
	else if (m->type == CM_ICRQ || m->type == CM_OCRQ)
		refuse_call(t, m->assigned_session_id, RC_CDN_GENERAL, EC_SESSION_ID,
			    "the request names a session in its header", now);
	/* else: a call that is over, or never was (X2661-6-07); of the tables' two answers to an ICRP or OCRP, that of
	 * the side that could have asked for it */
}

static void tunnel_message(struct tunnel *t, const struct msg *m, usec_t now)
{
	struct tunnel_input in = { .msg = m };
	struct fault f = { 0 };
	struct l2tp_reason reason;

	switch (m->type) {
	case CM_SCCRQ:
		tunnel_apply(t, TEV_SCCRQ, &in, now);
		break;
	case CM_SCCRP:
		if (t->state != TUNNEL_WAIT_REPLY || check_sccrp(t, m, &f))
			tunnel_apply(t, TEV_SCCRP_OK, &in, now);
		else
			apply_fault(t, TEV_SCCRP_BAD, m, &f, now);
		break;
	case CM_SCCCN:
		if (t->state != TUNNEL_WAIT_CONN || t->conn.dialect->authentication->check_answer(t, m, &f))
			tunnel_apply(t, TEV_SCCCN_OK, &in, now);
		else
			apply_fault(t, TEV_SCCCN_BAD, m, &f, now);
		break;
	case CM_STOPCCN:
		conn_get_reason(m, &reason);
		in.reason = &reason;
		tunnel_apply(t, TEV_STOPCCN, &in, now);
		break;
	case CM_HELLO:
		tunnel_apply(t, TEV_HELLO, &in, now);
		break;
	case CM_OCRQ:
	case CM_OCRP:
	case CM_OCCN:
	case CM_ICRQ:
	case CM_ICRP:
	case CM_ICCN:
	case CM_CDN:
	case CM_WEN:
	case CM_SLI:
	case CM_ZLB:
		assert(!"not a message of the tunnel");
		break;
	}
}

/* A message that cannot be accepted as it is (7.1).  A close is a close all the same. */
static void bad_message(struct tunnel *t, uint32_t session_id, const struct msg *m, const struct fault *f, usec_t now)
{
	struct session *s;
	struct l2tp_reason reason;

	t->conn.core->stats.dropped[L2TP_DROP_MESSAGE]++;
	if (m->type == CM_STOPCCN)
		return tunnel_message(t, m, now);
	if (m->type == CM_CDN || (t->state != TUNNEL_ESTABLISHED && msg_is_call(m->type)))
		return call_message(t, session_id, m, now);
	if (!msg_is_call(m->type))
		return apply_fault(t, TEV_FAULT, m, f, now);
	s = call_of(t, session_id, m);
	fault_reason(f, &reason);
	if (s)
		session_fault(s, f, now);
	else if (!session_id && msg_has(m, AVP_ASSIGNED_SESSION_ID))
		session_refuse(&t->sessions, m->assigned_session_id, &reason, now);
}

/* The first answer to our SCCRQ, good or bad, tells how to address the peer.  It may come from another port (8.1). */
static void meet_peer(struct tunnel *t, const struct msg *m, const struct l2tp_addr *from)
{
	t->conn.peer = *from;
	if (m->type == CM_SCCRP || m->type == CM_STOPCCN)
		t->conn.peer_id = m->assigned_tunnel_id;
}

static void dispatch(struct tunnel *t, uint32_t session_id, enum msg_verdict verdict, const struct msg *m,
		     struct fault *f, usec_t now)
{
	if (verdict == MSG_OK && session_id && !msg_is_call(m->type) && m->type != CM_STOPCCN) {
		fault_set(f, RC_STOPCCN_GENERAL, EC_SESSION_ID, "Session ID %u in %s", session_id,
			  l2tp_message_name((uint16_t)m->type));
		verdict = MSG_FAULT;
	}
	switch (verdict) {
	case MSG_OK:
		if (msg_is_call(m->type))
			call_message(t, session_id, m, now);
		else
			tunnel_message(t, m, now);
		break;
	case MSG_IGNORE:
		t->conn.core->stats.dropped[L2TP_DROP_TYPE]++;
		break;
	case MSG_FAULT:
		bad_message(t, session_id, m, f, now);
		break;
	}
}

static void deliver(struct tunnel *t, const struct chan_rx *rx, const struct l2tp_addr *from, usec_t now)
{
	uint8_t scratch[WIRE_MAX];
	struct msg_decoder d = { .avps = t->conn.dialect->avps,
				 .secret = conn_secret(&t->conn),
				 .scratch = scratch,
				 .scratch_size = sizeof(scratch),
				 .strict = t->conn.params.strict,
				 .ignore_unknown = t->conn.params.ignore_unknown_mandatory };
	struct msg m;
	struct fault f = { 0 };
	enum msg_verdict verdict = msg_decode(&d, rx->body, &m, &f);

	if (t->state == TUNNEL_CLOSING && !t->conn.peer_id && m.type == CM_SCCRP)
		t->conn.peer_id = m.assigned_tunnel_id; /* it answers what has been given up: our StopCCN is for its tunnel */
	if (tunnel_alive(t) || m.type == CM_STOPCCN) { /* else acknowledged, nothing more (X2661-7.2.1-13) */
		if (t->state == TUNNEL_WAIT_REPLY)
			meet_peer(t, &m, from);
		dispatch(t, rx->session_id, verdict, &m, &f, now);
	}
	digest_wipe(scratch, rx->body.len); /* what was hidden is there in the clear */
}

/* ---- Call requests that wait --------------------------------------------------------------------------------- */

/* Does it make us answer, though it is not about a call that is there? */
static bool asks_for_call(const struct chan_rx *rx)
{
	return rx->type == CM_ICRQ || rx->type == CM_OCRQ ||
	       (!rx->session_id && rx->type != CM_CDN && rx->type < CM_COUNT && msg_is_call((enum cm_type)rx->type));
}

static bool queue_is_long(const struct tunnel *t)
{
	return t->conn.chan.answers > t->sessions.alive + ANSWERS_SPARE;
}

static bool must_wait(struct tunnel *t, const struct chan_rx *rx, usec_t now)
{
	if (t->state != TUNNEL_ESTABLISHED || !queue_is_long(t) || !asks_for_call(rx))
		return false;
	if (!t->wait_until)
		t->wait_until = now + WAIT_MAX;
	return true;
}

static enum chan_verdict receive(struct tunnel *t, const struct chan_rx *rx, usec_t now)
{
	struct chan *c = &t->conn.chan;

	if (!rx->ack && queue_is_long(t)) /* what it acknowledges first: that may be all it takes */
		(void)chan_receive(c, &(struct chan_rx){ .ns = rx->ns, .nr = rx->nr, .ack = true }, now);
	return rx->ns == c->nr && must_wait(t, rx, now) ? chan_hold(c, rx, now) : chan_receive(c, rx, now);
}

/* What has come behind a call request that waits. */
static void overtake(struct tunnel *t, const struct chan_rx *rx, const struct l2tp_addr *from, usec_t now)
{
	bool ends = rx->type == CM_STOPCCN, closes = rx->type == CM_CDN && session_find(&t->sessions, rx->session_id);

	if (!t->wait_until || !(ends || closes) || !chan_overtake(&t->conn.chan, rx->ns))
		return;
	if (ends)
		chan_skip(&t->conn.chan, rx->ns);
	deliver(t, rx, from, now);
}

static void deliver_early(struct tunnel *t, const struct l2tp_addr *from, usec_t now)
{
	const struct chan_message *head;

	while ((head = chan_peek_early(&t->conn.chan))) {
		const struct chan_rx rx = chan_message_rx(head);
		struct chan_message *m;

		if (must_wait(t, &rx, now))
			break;
		m = chan_next_early(&t->conn.chan);
		if (!chan_message_done(m))
			deliver(t, &rx, from, now);
		chan_message_free(m);
	}
}

/* A peer that acknowledges something has more time. */
static void note_progress(struct tunnel *t, bool acknowledged, usec_t now)
{
	if (!queue_is_long(t))
		t->wait_until = 0;
	else if (t->wait_until && acknowledged)
		t->wait_until = now + WAIT_MAX;
}

static void waited_in_vain(struct tunnel *t, usec_t now)
{
	struct fault f = { 0 };

	fault_set(&f, RC_STOPCCN_GENERAL, EC_RESOURCES, "peer did not acknowledge any of %u answers",
		  t->conn.chan.answers);
	apply_fault(t, TEV_FAULT, NULL, &f, now);
}

void tunnel_receive(struct tunnel *t, const struct arrival *in, usec_t now)
{
	const struct wire_header *h = &in->header;
	const struct l2tp_addr *from = &in->rx->peer;
	const struct chan_rx rx = { .session_id = h->session_id, .ns = h->ns, .nr = h->nr, .type = in->outline.type,
				    .ack = t->conn.dialect->acknowledges(in), .body = h->body };
	uint16_t una = t->conn.chan.una;

	t->heard = now;
	conn_heard(&t->conn, WIRE_CONTROL_HEADER + h->body.len);
	switch (receive(t, &rx, now)) {
	case CHAN_DELIVER:
		deliver(t, &rx, from, now);
		break;
	case CHAN_DUPLICATE:
		t->conn.core->stats.duplicates++;
		overtake(t, &rx, from, now); /* it may have come before that which waits */
		break;
	case CHAN_EARLY:
		overtake(t, &rx, from, now);
		break;
	case CHAN_ACK:
		break;
	case CHAN_BAD:
		t->conn.core->stats.dropped[L2TP_DROP_NR]++;
		break;
	}
	deliver_early(t, from, now);
	note_progress(t, t->conn.chan.una != una, now);
	trial_heard(t, h->nr);
}

/* ---- Timers ------------------------------------------------------------------------------------------------- */

/* A StopCCN that does not name our id comes from a peer that has given up before our SCCRP reached it, or from anybody
 * who knows the peer's address and id.  The true peer's SCCCN is still welcome for a moment; it has the same number, and
 * so only what is left when that is over is acknowledged. */
void tunnel_doubt(struct tunnel *t, const struct wire_header *stopccn, usec_t now)
{
	conn_heard(&t->conn, WIRE_CONTROL_HEADER + stopccn->body.len);
	if (t->doubted)
		return;
	t->doubted = true;
	tunnel_set_life(t, now + DOUBT_TIME);
}

static void apply_end(struct tunnel *t, enum tunnel_event event, enum l2tp_origin origin, const char *text, usec_t now)
{
	struct l2tp_reason reason = { .origin = origin, .result = RC_STOPCCN_CLEAR };

	strncpy(reason.text, text, sizeof(reason.text) - 1);
	tunnel_apply(t, event, &(struct tunnel_input){ .reason = &reason }, now);
}

void tunnel_ask_for_data(struct tunnel *t)
{
	if (!t->object.in_flight)
		outbox_post(&t->conn.core->outbox, &t->object, L2TP_OP_TUNNEL_IDLE);
}

static usec_t hello_after(const struct tunnel *t, usec_t then)
{
	usec_t interval = t->conn.params.hello_interval;

	return interval == USEC_NEVER ? USEC_NEVER : then + interval;
}

static usec_t hello_due(const struct tunnel *t)
{
	return hello_after(t, t->heard);
}

/* Nothing has been heard for hello_interval, as far as we know: data may have come, the world can tell. */
static void silence(struct tunnel *t, usec_t now)
{
	struct core *core = t->conn.core;

	if (hello_due(t) > now) {
		heap_set(&core->heap, &t->hello_timer, hello_due(t));
		return;
	}
	if (chan_drained(&t->conn.chan))
		tunnel_ask_for_data(t); /* else retransmissions find out */
	heap_set(&core->heap, &t->hello_timer, hello_after(t, now));
}

static void send_hello(struct tunnel *t, usec_t now)
{
	struct msg m = { .type = CM_HELLO };

	conn_send(&t->conn, &m, 0, now);
	t->hello_out = true;
	t->asked = now;
}

void tunnel_probe(struct tunnel *t, usec_t now)
{
	if (chan_drained(&t->conn.chan))
		send_hello(t, now); /* else what is in flight asks already */
}

/* The world has looked for data, maybe for another reason than silence. */
static void after_silence(struct tunnel *t, usec_t now)
{
	if (hello_due(t) <= now)
		tunnel_probe(t, now);
	heap_set(&t->conn.core->heap, &t->hello_timer, hello_due(t) > now ? hello_due(t) : hello_after(t, now));
}

/* The channel has given up.  A peer that ignores HELLO but sends data is alive (FIELD: data is liveness). */
static void given_up(struct tunnel *t, usec_t now)
{
	if (t->state == TUNNEL_ESTABLISHED && t->hello_out && t->conn.chan.queued == 1 && !t->condemned) {
		t->condemned = true;
		tunnel_ask_for_data(t);
		return;
	}
	if (!t->condemned || t->state != TUNNEL_ESTABLISHED)
		apply_end(t, TEV_GIVE_UP, L2TP_BY_TIMEOUT, "no answer from the peer", now);
}

static void judge(struct tunnel *t, usec_t now)
{
	t->condemned = false;
	if (!t->conn.chan.failed)
		return; /* it has answered meanwhile */
	if (t->data_seen <= t->asked) {
		apply_end(t, TEV_GIVE_UP, L2TP_BY_TIMEOUT, "no answer from the peer, and no data", now);
		return;
	}
	t->asked = now;
	chan_forgive(&t->conn.chan, now);
}

static void life_over(struct tunnel *t, usec_t now)
{
	if (t->doubted && t->state == TUNNEL_WAIT_CONN) {
		if (!tunnel_shares_key(t))
			conn_acknowledge_next(&t->conn);
		apply_end(t, TEV_GIVE_UP, L2TP_BY_PEER, "closed by the peer before it was established", now);
	} else if (t->state == TUNNEL_ESTABLISHED) {
		apply_end(t, TEV_TIMEOUT, L2TP_BY_REQUEST, "idle", now); /* as its settings want it */
	} else {
		apply_end(t, TEV_TIMEOUT, L2TP_BY_TIMEOUT, "not established in time", now);
	}
}

void tunnel_timer(struct tunnel *t, enum timer_kind kind, usec_t now)
{
	switch (kind) {
	case TIMER_CHAN:
		chan_tick(&t->conn.chan, now);
		if (t->wait_until && t->wait_until <= now)
			waited_in_vain(t, now);
		break;
	case TIMER_HELLO:
		silence(t, now);
		break;
	case TIMER_LIFE:
		life_over(t, now);
		break;
	case TIMER_TRIAL:
		trial_timer(t, now);
		break;
	case TIMER_CALL:
		assert(!"not a timer of the tunnel");
		break;
	}
}

/* ---- Operations --------------------------------------------------------------------------------------------- */

static void path_failed(struct tunnel *t, const char *text, usec_t now)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_LOCAL, .result = RC_STOPCCN_GENERAL, .error = EC_RESOURCES,
				      .text = "the data path cannot be set up" };

	conn_put_detail(&reason, text);
	tunnel_apply(t, TEV_CLOSE, &(struct tunnel_input){ .reason = &reason }, now);
}

static void looked_for_data(struct tunnel *t, usec_t now)
{
	trial_looked(t, now);
	if (t->condemned)
		judge(t, now);
	else if (t->state == TUNNEL_ESTABLISHED)
		after_silence(t, now);
}

void tunnel_op_done(struct tunnel *t, int err, const char *text, usec_t now)
{
	enum l2tp_op_type op = t->object.flying;

	if (!t->object.in_flight)
		return;
	outbox_done(&t->conn.core->outbox, &t->object);
	if (op == L2TP_OP_TUNNEL_ADD && err < 0) {
		t->path = t->ending = false;
		outbox_cancel(&t->conn.core->outbox, &t->object, L2TP_OP_TUNNEL_DEL);
		path_failed(t, text, now);
	} else if (op == L2TP_OP_TUNNEL_DEL) {
		t->path = false;
		t->ending = false;
	} else if (op == L2TP_OP_TUNNEL_IDLE && t->state == TUNNEL_ESTABLISHED) {
		looked_for_data(t, now);
	}
	if (t->condemned || trial_asks(t))
		tunnel_ask_for_data(t); /* it could not while another operation was in flight */
}

void tunnel_data_seen(struct tunnel *t, usec_t now)
{
	t->heard = t->data_seen = now;
}

void tunnel_hand_out(struct tunnel *t, struct l2tp_op *op)
{
	op->initiator = t->initiator;
	op->phb = t->conn.phb;
	if (op->type == L2TP_OP_TUNNEL_DOWN) {
		op->reason = &t->reason;
		op->successor_id = t->successor_id;
	}
	if (op->type == L2TP_OP_TUNNEL_ADD)
		t->path = true;
}

/* An established tunnel without calls is closed after a while. */
static void settle_idle(struct tunnel *t, usec_t now)
{
	bool idle = !t->sessions.alive && t->conn.params.idle_timeout != USEC_NEVER;

	if (!idle)
		tunnel_set_life(t, USEC_NEVER);
	else if (t->life_timer.deadline == USEC_NEVER)
		tunnel_set_life(t, now + t->conn.params.idle_timeout);
}

/* Take down in reverse order: sessions, kernel tunnel, and when the linger is over the tunnel itself.  Before TUNNEL_DOWN,
 * while calls are being closed, none of it. */
static void settle_end(struct tunnel *t)
{
	struct core *core = t->conn.core;
	/* One that has never answered, not even a repetition, is not waited for. */
	bool waits = t->state == TUNNEL_CLOSING && (t->conn.peer_id || !t->conn.chan.retransmits);
	bool quiet;

	if (t->closing_calls)
		return;
	if (t->path && !t->ending && !t->sessions.paths) {
		t->ending = true;
		outbox_post(&core->outbox, &t->object, L2TP_OP_TUNNEL_DEL);
	}
	if (t->state == TUNNEL_DEAD && !t->path && !t->ending && !t->sessions.count && !t->object.in_flight) {
		t->ending = true;
		outbox_post(&core->outbox, &t->object, L2TP_OP_TUNNEL_GONE);
	}
	quiet = !waits && !t->path && !t->sessions.count && !t->conn.chan.ack_due;
	core->lingering += (uint32_t)quiet - (uint32_t)t->quiet;
	t->quiet = quiet;
}

static usec_t chan_due(const struct tunnel *t)
{
	usec_t deadline = t->condemned ? USEC_NEVER : chan_deadline(&t->conn.chan);

	return t->wait_until && t->wait_until < deadline ? t->wait_until : deadline;
}

void tunnel_settle(struct tunnel *t, usec_t now)
{
	struct core *core = t->conn.core;

	if (t->conn.broken && tunnel_alive(t)) {
		bool theirs = t->conn.broken == -ENOBUFS; /* the peer has let the queue fill up */
		struct l2tp_reason reason = { .origin = theirs ? L2TP_BY_FAULT : L2TP_BY_LOCAL,
					      .result = RC_STOPCCN_GENERAL, .error = EC_RESOURCES };

		strcpy(reason.text, theirs ? "peer acknowledges nothing" : "out of memory");
		tunnel_apply(t, TEV_GIVE_UP, &(struct tunnel_input){ .reason = &reason }, now);
	}
	if (t->conn.chan.failed)
		given_up(t, now);
	else
		t->condemned = false; /* it has answered after all */
	if (t->hello_out && chan_drained(&t->conn.chan))
		t->hello_out = false;
	conn_flush(&t->conn, now);
	if (t->state == TUNNEL_CLOSING && chan_drained(&t->conn.chan))
		tunnel_apply(t, TEV_ACKED, &(struct tunnel_input){ 0 }, now);
	heap_set(&core->heap, &t->chan_timer, chan_due(t));
	if (t->state == TUNNEL_ESTABLISHED)
		settle_idle(t, now);
	if (!tunnel_alive(t))
		settle_end(t);
}
