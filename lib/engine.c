/* SPDX-License-Identifier: MIT */
/*
 * engine: the door of the library (l2tp.h): demultiplexing, admission, limits, timers, and freeing what is gone.
 *
 * A datagram belongs to the tunnel that its header names by our id, if it comes from that tunnel's peer; never does the
 * socket decide.  Id 0 admits only what can come before the peer knows our id (X2661-3.1-09).  A new tunnel costs
 * nothing until its SCCRQ has been read whole, checked and admitted; what is refused is answered without being kept.
 *
 * A source is an IP address that opens tunnels to us or to which we open one: it carries the count for the limit on
 * half-open tunnels, and the list that finds a colliding SCCRQ (4.4.3, Tie Breaker) without a search.
 *
 * Every entry ends with tunnel_settle() for the tunnel that it touched.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "tunnel.h"

#define QUARANTINE (60 * USEC_PER_SEC) /* longer than any retransmission of a former owner's peer */
#define SCCRQ_REPEATS 3                /* of an established tunnel: more, and the peer has forgotten it */
#define STRAY_PER_SEC 10               /* answers to stray SCCRPs */
#define DURATION_MAX (1000 * 86400 * USEC_PER_SEC)
#define STRING_MAX (AVP_VALUE_MAX - 2) /* of a call: octets that fit an AVP, hidden too */

/* An IP address and what it has to do with us. */
struct source {
	struct l2tp_addr addr; /* port 0 */
	uint32_t half_open;
	struct tunnel *dials;  /* initiated by us, not answered yet */
	UT_hash_handle hh;
};

struct l2tp {
	struct core core;
	struct tunnel *by_id, *by_key;
	struct source *sources;
	uint32_t half_open;
	usec_t stray_second; /* when the present second of stray answers began */
	uint32_t strays;
};

/* ---- Defaults ----------------------------------------------------------------------------------------------- */

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
		.reorder_timeout_ms = 20,
	};
}

void l2tp_limits_init(struct l2tp_limits *limits)
{
	*limits = (struct l2tp_limits){ .tunnels = 10000,
					.sessions = 100000,
					.sessions_per_tunnel = 65535,
					.half_open = 1000,
					.half_open_per_source = 64 };
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

static bool params_valid(const struct l2tp_params *p)
{
	return p->host_name[0] && memchr(p->host_name, 0, sizeof(p->host_name)) &&
	       memchr(p->vendor_name, 0, sizeof(p->vendor_name)) && p->secret_len <= sizeof(p->secret) &&
	       (p->secret_len || (!p->challenge && !p->hide_avps)) && p->receive_window >= 1 &&
	       p->receive_window <= 1024 && p->sessions_max >= 1 && times_valid(p);
}

/* ---- Sources ------------------------------------------------------------------------------------------------ */

static struct l2tp_addr source_key(const struct l2tp_addr *a)
{
	struct l2tp_addr key = *a;

	key.port = 0;
	return key;
}

static struct source *source_find(const struct l2tp *l, const struct l2tp_addr *addr)
{
	struct l2tp_addr key = source_key(addr);
	struct source *s;

	HASH_FIND(hh, l->sources, &key, sizeof(key), s);
	return s;
}

static struct source *source_get(struct l2tp *l, const struct l2tp_addr *addr)
{
	struct source *s = source_find(l, addr);

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->addr = source_key(addr);
	HASH_ADD(hh, l->sources, addr, sizeof(s->addr), s);
	if (s->hh.tbl)
		return s;
	free(s);
	return NULL;
}

static void source_put(struct l2tp *l, struct source *s)
{
	if (s->half_open || s->dials)
		return;
	HASH_DELETE(hh, l->sources, s);
	free(s);
}

static void dial_begin(struct source *s, struct tunnel *t)
{
	t->dialing = true;
	t->next_dial = s->dials;
	t->prev_dial = NULL;
	if (s->dials)
		s->dials->prev_dial = t;
	s->dials = t;
}

static void dial_end(struct l2tp *l, struct tunnel *t)
{
	struct source *s;

	if (!t->dialing)
		return;
	t->dialing = false;
	s = source_find(l, &t->dialed);
	*(t->prev_dial ? &t->prev_dial->next_dial : &s->dials) = t->next_dial;
	if (t->next_dial)
		t->next_dial->prev_dial = t->prev_dial;
	source_put(l, s);
}

static void half_open_end(struct l2tp *l, struct tunnel *t)
{
	struct source *s;

	if (!t->half_open)
		return;
	t->half_open = false;
	l->half_open--;
	s = source_find(l, &t->conn.peer);
	s->half_open--;
	source_put(l, s);
}

/* ---- Tunnels ------------------------------------------------------------------------------------------------ */

static struct tunnel *tunnel_of(struct object *o)
{
	return (struct tunnel *)(void *)((char *)o - offsetof(struct tunnel, object));
}

static struct session *session_of(struct object *o)
{
	return (struct session *)(void *)((char *)o - offsetof(struct session, object));
}

static struct tunnel *tunnel_of_session(struct session *s)
{
	return (struct tunnel *)(void *)((char *)s->table - offsetof(struct tunnel, sessions));
}

static struct tunnel *tunnel_find(const struct l2tp *l, uint32_t id)
{
	struct tunnel *t;

	HASH_FIND(hh, l->by_id, &id, sizeof(id), t);
	return t;
}

static struct tunnel *tunnel_find_key(const struct l2tp *l, const struct l2tp_addr *peer, uint32_t peer_id)
{
	struct tunnel_key key = { .peer = *peer, .peer_id = peer_id };
	struct tunnel *t;

	HASH_FIND(hh_key, l->by_key, &key, sizeof(key), t);
	return t;
}

static void forget_key(struct l2tp *l, struct tunnel *t)
{
	if (!t->hh_key.tbl)
		return;
	HASH_DELETE(hh_key, l->by_key, t);
	t->hh_key.tbl = NULL;
}

static int add_tunnel(struct l2tp *l, const struct l2tp_params *params, const struct l2tp_addr *local,
		      const struct l2tp_addr *peer, bool initiator, usec_t now, struct tunnel **ret)
{
	struct tunnel *t;
	int r;

	if (l->core.stats.tunnels >= l->core.env.limits.tunnels)
		return -EMFILE;
	r = tunnel_new(&l->core, params, local, peer, initiator, now, &t);
	if (r < 0)
		return r;
	HASH_ADD(hh, l->by_id, conn.id, sizeof(t->conn.id), t);
	if (!t->hh.tbl) {
		tunnel_free(t);
		return -ENOMEM;
	}
	*ret = t;
	return 0;
}

static void drop_tunnel(struct l2tp *l, struct tunnel *t)
{
	dial_end(l, t);
	half_open_end(l, t);
	forget_key(l, t);
	HASH_DELETE(hh, l->by_id, t);
	tunnel_free(t);
}

static void settle(struct l2tp *l, struct tunnel *t, usec_t now);

/* The peer has begun anew under the same address and id, and proved that it is the same: the old tunnel is void. */
static void replace_older(struct l2tp *l, struct tunnel *t, usec_t now)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_PEER, .result = RC_STOPCCN_CLEAR,
				      .text = "replaced by a new tunnel of the same peer" };
	struct tunnel *older;

	while ((older = tunnel_find(l, t->older_id))) {
		if (older == t || memcmp(&older->key, &t->key, sizeof(t->key)) != 0)
			break; /* it is gone, and another one lives under its id */
		t->older_id = older->older_id; /* it may have been about to replace one itself */
		older->older_id = 0;
		tunnel_apply(older, TEV_REPLACED, &(struct tunnel_input){ .reason = &reason }, now);
		settle(l, older, now);
	}
	t->older_id = 0;
}

static void settle(struct l2tp *l, struct tunnel *t, usec_t now)
{
	tunnel_settle(t, now);
	if (t->state != TUNNEL_WAIT_REPLY)
		dial_end(l, t);
	if (t->state != TUNNEL_WAIT_CONN)
		half_open_end(l, t);
	if (t->older_id && t->state == TUNNEL_ESTABLISHED)
		replace_older(l, t, now);
}

/* Free what the world has been told is gone; a tunnel may have waited for its last session. */
static void reap(struct l2tp *l)
{
	for (struct object *o; (o = outbox_next_gone(&l->core.outbox));) {
		if (o->kind == OBJECT_TUNNEL) {
			drop_tunnel(l, tunnel_of(o));
		} else {
			struct tunnel *t = tunnel_of_session(session_of(o));

			session_free(session_of(o));
			settle(l, t, l->core.now);
		}
	}
}

static void enter(struct l2tp *l, usec_t now)
{
	assert(now >= l->core.now);
	l->core.now = now;
	reap(l);
	idpool_expire(l->core.ids, now);
}

/* ---- New and stray: tunnel id 0 ----------------------------------------------------------------------------- */

/* The value of an AVP that is not hidden, before anything else of the message is believed. */
static struct l2tp_span find(struct l2tp_span body, enum avp_type type)
{
	struct reader r = reader_of(body);
	struct avp a;

	while (avp_next(&r, &a)) {
		if (!a.vendor && a.type == type && !a.hidden && !a.reserved)
			return a.value;
	}
	return (struct l2tp_span){ 0 };
}

/* The same of an AVP of two octets; 0: not there. */
static uint16_t find_u16(struct l2tp_span body, enum avp_type type)
{
	struct reader r = reader_of(find(body, type));
	uint16_t v = get_u16(&r);

	return reader_bad(&r) ? 0 : v;
}

struct request {
	const struct l2tp_rx *rx;
	const struct wire_header *header;
	uint8_t *scratch; /* WIRE_MAX octets, for what was hidden: msg points there */
	struct msg msg;
	struct l2tp_params params;
	uint8_t digest[DIGEST_LEN];
};

static void refuse(struct l2tp *l, const struct request *q, const struct l2tp_reason *reason)
{
	conn_refuse(&l->core, &q->rx->local, &q->rx->peer, q->msg.assigned_tunnel_id, q->header, reason);
}

static void refuse_fault(struct l2tp *l, const struct request *q, const struct fault *f)
{
	const struct l2tp_env *env = &l->core.env;
	struct l2tp_reason reason;

	fault_reason(f, &reason);
	refuse(l, q, &reason);
	if (env->refused)
		env->refused(env->ctx, &q->rx->peer, find(q->header->body, AVP_HOST_NAME), &reason);
}

static void refuse_code(struct l2tp *l, const struct request *q, uint16_t result, uint16_t error, const char *text)
{
	struct fault f = { 0 };

	fault_set(&f, result, error, "%s", text);
	refuse_fault(l, q, &f);
}

/* The settings for a peer depend on its Host Name, and reading hidden AVPs on the settings. */
static bool admit(struct l2tp *l, struct request *q)
{
	const struct l2tp_env *env = &l->core.env;
	struct l2tp_reason reason = { .origin = L2TP_BY_REQUEST };
	struct l2tp_span host_name = find(q->header->body, AVP_HOST_NAME);

	l2tp_params_init(&q->params);
	if (!env->admit_tunnel(env->ctx, &q->rx->local, &q->rx->peer, host_name, &q->params, &reason)) {
		q->msg.assigned_tunnel_id = find_u16(q->header->body, AVP_ASSIGNED_TUNNEL_ID);
		if (reason.result)
			refuse(l, q, &reason);
		else
			l->core.stats.ignored++;
		return false;
	}
	if (!params_valid(&q->params)) {
		l->core.stats.ignored++;
		return false;
	}
	return true;
}

static bool read_request(struct l2tp *l, struct request *q)
{
	struct msg_decoder d = { .secret = { q->params.secret, q->params.secret_len },
				 .scratch = q->scratch,
				 .scratch_size = WIRE_MAX };
	struct fault f = { 0 };

	if (msg_decode(&d, q->header->body, &q->msg, &f) != MSG_OK) {
		l->core.stats.malformed++;
		refuse_fault(l, q, &f);
		return false;
	}
	if (!tunnel_check_sccrq(&q->params, &q->msg, &f)) {
		refuse_fault(l, q, &f);
		return false;
	}
	return true;
}

/* Does it collide with an SCCRQ of ours to the same peer (4.4.3)?  True if it may go on. */
static bool settle_tie(struct l2tp *l, const struct request *q, usec_t now)
{
	struct l2tp_reason lost = { .origin = L2TP_BY_PEER, .result = RC_STOPCCN_EXISTS, .text = "tie lost" };
	const struct source *s = source_find(l, &q->rx->peer);
	struct tunnel *t = s ? s->dials : NULL;

	if (!t)
		return true;
	if (!msg_has(&q->msg, AVP_TIE_BREAKER) || t->tie_breaker < q->msg.tie_breaker) {
		refuse_code(l, q, RC_STOPCCN_EXISTS, EC_NONE, "tie won by the receiver");
		return false;
	}
	bool equal = t->tie_breaker == q->msg.tie_breaker;
	tunnel_apply(t, TEV_TIE_LOST, &(struct tunnel_input){ .reason = &lost }, now);
	settle(l, t, now);
	return !equal;
}

static bool check_half_open(struct l2tp *l, const struct request *q)
{
	const struct source *s = source_find(l, &q->rx->peer);

	if (l->core.shutting_down)
		refuse_code(l, q, RC_STOPCCN_SHUTDOWN, EC_NONE, "shutting down");
	else if (l->half_open >= l->core.env.limits.half_open ||
		 (s && s->half_open >= l->core.env.limits.half_open_per_source))
		refuse_code(l, q, RC_STOPCCN_GENERAL, EC_RESOURCES, "too many tunnels being opened");
	else if (l->core.stats.tunnels >= l->core.env.limits.tunnels)
		refuse_code(l, q, RC_STOPCCN_GENERAL, EC_RESOURCES, "too many tunnels");
	else
		return true;
	return false;
}

static void accept_request(struct l2tp *l, struct request *q, struct tunnel *older, usec_t now)
{
	struct tunnel *t;
	struct source *s = source_get(l, &q->rx->peer);

	if (!s)
		return;
	if (add_tunnel(l, &q->params, &q->rx->local, &q->rx->peer, false, now, &t) < 0) {
		source_put(l, s);
		return refuse_code(l, q, RC_STOPCCN_GENERAL, EC_RESOURCES, "out of resources");
	}
	t->half_open = true;
	s->half_open++;
	l->half_open++;
	if (older) {
		t->older_id = older->conn.id;
		forget_key(l, older);
	}
	t->key = (struct tunnel_key){ .peer = q->rx->peer, .peer_id = q->msg.assigned_tunnel_id };
	HASH_ADD(hh_key, l->by_key, key, sizeof(t->key), t);
	memcpy(t->sccrq_digest, q->digest, sizeof(t->sccrq_digest));
	(void)chan_receive(&t->conn.chan, q->header->ns, q->header->nr, q->header->body, 0, now);
	tunnel_apply(t, TEV_SCCRQ_OK, &(struct tunnel_input){ .msg = &q->msg }, now);
	settle(l, t, now);
}

/* A repeated SCCRQ finds its tunnel and is acknowledged.  A different one under the same id, or one that comes again
 * and again although its tunnel was established, is a peer that has lost its memory. */
static bool is_repetition(struct tunnel *t, const struct request *q)
{
	bool same = memcmp(t->sccrq_digest, q->digest, sizeof(q->digest)) == 0;

	if (t->state == TUNNEL_WAIT_CONN)
		return same;
	return same && t->sccrq_repeats++ < SCCRQ_REPEATS;
}

static void input_sccrq(struct l2tp *l, const struct l2tp_rx *rx, const struct wire_header *h, usec_t now)
{
	uint8_t scratch[WIRE_MAX];
	struct request q = { .rx = rx, .header = h, .scratch = scratch };
	struct tunnel *t = NULL;

	if (h->ns != 0 || h->session_id != 0) {
		l->core.stats.ignored++;
		return;
	}
	digest_response(0, h->body, (struct l2tp_span){ 0 }, q.digest); /* a fingerprint, nothing more */
	if (admit(l, &q) && read_request(l, &q)) {
		t = tunnel_find_key(l, &rx->peer, q.msg.assigned_tunnel_id);
		if (t && is_repetition(t, &q)) {
			tunnel_receive(t, h, &rx->peer, now);
			settle(l, t, now);
		} else if (check_half_open(l, &q) && settle_tie(l, &q, now)) {
			accept_request(l, &q, t, now);
		}
	}
	digest_wipe(&q.params, sizeof(q.params));
}

/* From a peer that never learnt our id: found by its own (X2661-3.1-09). */
static void input_stopccn(struct l2tp *l, const struct l2tp_rx *rx, const struct wire_header *h, usec_t now)
{
	struct tunnel *t = tunnel_find_key(l, &rx->peer, find_u16(h->body, AVP_ASSIGNED_TUNNEL_ID));

	if (!t) {
		l->core.stats.ignored++;
		return;
	}
	tunnel_receive(t, h, &rx->peer, now);
	settle(l, t, now);
}

/* An SCCRP that nobody waits for is answered with a StopCCN (R2661-7.2.1-S04), at a bounded rate. */
static void input_stray_sccrp(struct l2tp *l, const struct l2tp_rx *rx, const struct wire_header *h, usec_t now)
{
	struct request q = { .rx = rx, .header = h };

	q.msg.assigned_tunnel_id = find_u16(h->body, AVP_ASSIGNED_TUNNEL_ID);
	l->core.stats.ignored++;
	if (now - l->stray_second >= USEC_PER_SEC) {
		l->stray_second = now;
		l->strays = 0;
	}
	if (!q.msg.assigned_tunnel_id || l->strays++ >= STRAY_PER_SEC)
		return;
	refuse_code(l, &q, RC_STOPCCN_FSM, EC_NONE, "SCCRP without SCCRQ");
}

/* A control message for no tunnel that we know. */
static void input_homeless(struct l2tp *l, const struct l2tp_rx *rx, const struct wire_header *h, usec_t now)
{
	uint16_t code = find_u16(h->body, AVP_MESSAGE_TYPE);

	if (code == CM_SCCRP)
		input_stray_sccrp(l, rx, h, now);
	else if (code == CM_SCCRQ && !h->tunnel_id)
		input_sccrq(l, rx, h, now);
	else if (code == CM_STOPCCN && !h->tunnel_id)
		input_stopccn(l, rx, h, now);
	else
		l->core.stats.ignored++;
}

/* ---- The door ----------------------------------------------------------------------------------------------- */

static void trace_received(const struct l2tp *l, const struct l2tp_rx *rx, const struct wire_header *h,
			   const char *dropped)
{
	if (!l->core.env.trace)
		return;
	l->core.env.trace(l->core.env.ctx,
			  &(struct l2tp_trace){ .tunnel_id = h->tunnel_id,
						.type = find_u16(h->body, AVP_MESSAGE_TYPE),
						.ns = h->ns,
						.nr = h->nr,
						.local = &rx->local,
						.peer = &rx->peer,
						.datagram = rx->bytes,
						.dropped = dropped });
}

/* May this come from the tunnel's peer?  Only its port may be another one in the first answer (8.1). */
static bool is_peer(const struct tunnel *t, const struct l2tp_addr *from)
{
	struct l2tp_addr expect = t->conn.peer;

	if (t->state == TUNNEL_WAIT_REPLY)
		expect.port = from->port;
	return memcmp(&expect, from, sizeof(expect)) == 0;
}

static void input_control(struct l2tp *l, const struct l2tp_rx *rx, const struct wire_header *h, usec_t now)
{
	struct tunnel *t = h->tunnel_id ? tunnel_find(l, h->tunnel_id) : NULL;

	if (t && !is_peer(t, &rx->peer)) {
		l->core.stats.ignored++;
		trace_received(l, rx, h, "not from the tunnel's peer");
		return;
	}
	trace_received(l, rx, h, NULL);
	if (!t)
		return input_homeless(l, rx, h, now);
	tunnel_receive(t, h, &rx->peer, now);
	settle(l, t, now);
}

void l2tp_input(struct l2tp *l, const struct l2tp_rx *rx, usec_t now)
{
	struct wire_header h = { 0 };
	const char *why = NULL;

	enter(l, now);
	l->core.stats.received++;
	switch (wire_parse(rx->bytes, &h, &why)) {
	case WIRE_CONTROL:
		input_control(l, rx, &h, now);
		break;
	case WIRE_DATA:
	case WIRE_L2F:
		l->core.stats.ignored++;
		break;
	case WIRE_MALFORMED:
		l->core.stats.malformed++;
		trace_received(l, rx, &h, why);
		break;
	}
}

static void timer_due(struct l2tp *l, struct timer *timer, usec_t now)
{
	static const size_t offsets[] = { [TIMER_CHAN] = offsetof(struct tunnel, chan_timer),
					  [TIMER_HELLO] = offsetof(struct tunnel, hello_timer),
					  [TIMER_LIFE] = offsetof(struct tunnel, life_timer),
					  [TIMER_CALL] = offsetof(struct session, timer) };
	void *owner = (char *)timer - offsets[timer->kind];
	struct tunnel *t;

	if (timer->kind == TIMER_CALL) {
		struct l2tp_reason reason = { .origin = L2TP_BY_TIMEOUT, .result = RC_CDN_TIMEOUT,
					      .text = "not established in time" };
		t = tunnel_of_session(owner);
		session_apply(owner, SEV_TIMEOUT, &(struct session_input){ .reason = &reason }, now);
	} else {
		t = owner;
		tunnel_timer(t, (enum timer_kind)timer->kind, now);
	}
	settle(l, t, now);
}

void l2tp_tick(struct l2tp *l, usec_t now)
{
	enter(l, now);
	for (struct timer *timer; (timer = heap_pop(&l->core.heap, now));)
		timer_due(l, timer, now);
}

usec_t l2tp_deadline(const struct l2tp *l)
{
	return heap_deadline(&l->core.heap);
}

static void fill_object_op(struct object *o, struct l2tp_op *op)
{
	struct tunnel *t = o->kind == OBJECT_TUNNEL ? tunnel_of(o) : tunnel_of_session(session_of(o));

	op->version = 2;
	op->tunnel_id = t->conn.id;
	op->peer_tunnel_id = t->conn.peer_id;
	op->cookie = t->conn.params.cookie;
	op->local = t->conn.local;
	op->peer = t->conn.peer;
	op->peer_host_name = (struct l2tp_span){ t->peer_name, t->peer_name_len };
	if (o->kind == OBJECT_TUNNEL)
		tunnel_fill_op(t, op);
	else
		session_fill_op(session_of(o), op);
}

bool l2tp_next_op(struct l2tp *l, struct l2tp_op *op)
{
	const struct datagram *d;
	struct object *o;

	reap(l);
	*op = (struct l2tp_op){ .type = L2TP_OP_SEND };
	d = outbox_next_datagram(&l->core.outbox);
	if (d) {
		op->tunnel_id = d->tunnel_id;
		op->local = d->local;
		op->peer = d->peer;
		op->bytes = outbox_bytes(&l->core.outbox, d);
		return true;
	}
	o = outbox_next_object(&l->core.outbox, &op->type);
	if (o)
		fill_object_op(o, op);
	return o != NULL;
}

void l2tp_op_done(struct l2tp *l, uint32_t tunnel_id, uint32_t session_id, int err, usec_t now)
{
	struct tunnel *t;
	struct session *s;

	enter(l, now);
	t = tunnel_find(l, tunnel_id);
	if (!t)
		return;
	if (!session_id) {
		tunnel_op_done(t, err, now);
	} else {
		s = session_find(&t->sessions, session_id);
		if (s)
			session_op_done(s, err, now);
	}
	settle(l, t, now);
}

int l2tp_open(struct l2tp *l, const struct l2tp_params *params, const struct l2tp_addr *local,
	      const struct l2tp_addr *peer, usec_t now, uint32_t *ret_tunnel_id)
{
	struct source *s;
	struct tunnel *t;
	int r;

	enter(l, now);
	if (l->core.shutting_down)
		return -ESHUTDOWN;
	if (!params_valid(params) || !peer->family || !peer->port)
		return -EINVAL;
	s = source_get(l, peer);
	if (!s)
		return -ENOMEM;
	r = add_tunnel(l, params, local, peer, true, now, &t);
	if (r < 0) {
		source_put(l, s);
		return r;
	}
	t->dialed = *peer;
	dial_begin(s, t);
	tunnel_apply(t, TEV_OPEN, &(struct tunnel_input){ 0 }, now);
	settle(l, t, now);
	*ret_tunnel_id = t->conn.id;
	return 0;
}

static bool call_valid(const struct l2tp_call_info *c)
{
	return c->calling_number.len <= STRING_MAX && c->called_number.len <= STRING_MAX &&
	       c->sub_address.len <= STRING_MAX && c->private_group_id.len <= STRING_MAX;
}

int l2tp_call(struct l2tp *l, uint32_t tunnel_id, const struct l2tp_call_info *info, uint64_t call_cookie, usec_t now,
	      uint32_t *ret_session_id)
{
	struct l2tp_call_info numbered = *info;
	struct tunnel *t;
	struct session *s;
	int r;

	enter(l, now);
	if (!call_valid(info))
		return -EINVAL;
	t = tunnel_find(l, tunnel_id);
	if (!t)
		return -ENOENT;
	if (!tunnel_alive(t) || l->core.shutting_down)
		return -ESHUTDOWN;
	if (!numbered.call_serial_number)
		numbered.call_serial_number = ++l->core.call_serial_number;
	r = session_new(&t->sessions, SESSION_LAC_INCOMING, &numbered, now, &s);
	if (r < 0)
		return r;
	s->cookie = call_cookie;
	session_apply(s, SEV_OPEN, &(struct session_input){ 0 }, now);
	if (t->state == TUNNEL_ESTABLISHED)
		session_apply(s, SEV_TUNNEL_OPEN, &(struct session_input){ 0 }, now);
	settle(l, t, now);
	*ret_session_id = s->id;
	return 0;
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
	return reason;
}

static void close_tunnel(struct l2tp *l, struct tunnel *t, const struct l2tp_reason *given, usec_t now)
{
	struct l2tp_reason reason = close_reason(given, RC_STOPCCN_CLEAR);

	tunnel_apply(t, TEV_CLOSE, &(struct tunnel_input){ .reason = &reason }, now);
	settle(l, t, now);
}

int l2tp_close_tunnel(struct l2tp *l, uint32_t tunnel_id, const struct l2tp_reason *reason, usec_t now)
{
	struct tunnel *t;

	enter(l, now);
	t = tunnel_find(l, tunnel_id);
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
	t = tunnel_find(l, tunnel_id);
	s = t ? session_find(&t->sessions, session_id) : NULL;
	if (!s)
		return -ENOENT;
	session_apply(s, SEV_CLOSE, &(struct session_input){ .reason = &reason }, now);
	settle(l, t, now);
	return 0;
}

void l2tp_shutdown(struct l2tp *l, const struct l2tp_reason *given, usec_t now)
{
	struct l2tp_reason reason = close_reason(given, RC_STOPCCN_SHUTDOWN);
	struct tunnel *t, *next;

	enter(l, now);
	l->core.shutting_down = true;
	HASH_ITER(hh, l->by_id, t, next)
		close_tunnel(l, t, &reason, now);
}

bool l2tp_idle(const struct l2tp *l)
{
	return l->core.stats.tunnels == l->core.lingering;
}

void l2tp_data_seen(struct l2tp *l, uint32_t tunnel_id, usec_t now)
{
	struct tunnel *t;

	enter(l, now);
	t = tunnel_find(l, tunnel_id);
	if (t)
		tunnel_data_seen(t, now);
}

void l2tp_get_stats(const struct l2tp *l, struct l2tp_stats *ret)
{
	*ret = l->core.stats;
	ret->tunnels_half_open = l->half_open;
}

int l2tp_get_tunnel(const struct l2tp *l, uint32_t tunnel_id, struct l2tp_tunnel_info *ret)
{
	const struct tunnel *t = tunnel_find(l, tunnel_id);

	if (!t)
		return -ENOENT;
	*ret = (struct l2tp_tunnel_info){ .tunnel_id = t->conn.id,
					  .peer_tunnel_id = t->conn.peer_id,
					  .state = tunnel_state_name(t->state),
					  .initiator = t->initiator,
					  .authenticated = t->authenticated,
					  .local = t->conn.local,
					  .peer = t->conn.peer,
					  .peer_host_name = { t->peer_name, t->peer_name_len },
					  .peer_vendor_name = { t->vendor_name, t->vendor_name_len },
					  .sessions = t->sessions.alive,
					  .send_window = t->conn.chan.peer_window,
					  .congestion_window = t->conn.chan.cwnd,
					  .unacknowledged = (uint16_t)(t->conn.chan.ns - t->conn.chan.una),
					  .queued = t->conn.chan.queued,
					  .ns = t->conn.chan.ns,
					  .nr = t->conn.chan.nr,
					  .retransmits = t->conn.chan.retransmits,
					  .cookie = t->conn.params.cookie };
	return 0;
}

int l2tp_get_session(const struct l2tp *l, uint32_t tunnel_id, uint32_t session_id, struct l2tp_session_info *ret)
{
	const struct tunnel *t = tunnel_find(l, tunnel_id);
	const struct session *s = t ? session_find(&t->sessions, session_id) : NULL;

	if (!s)
		return -ENOENT;
	*ret = (struct l2tp_session_info){ .tunnel_id = t->conn.id,
					   .session_id = s->id,
					   .peer_session_id = s->peer_id,
					   .state = session_state_name(s->state),
					   .lns = s->role == SESSION_LNS_INCOMING,
					   .call = &s->info };
	return 0;
}

static bool limits_valid(const struct l2tp_limits *limits)
{
	return limits->tunnels >= 1 && limits->tunnels <= 65535 && limits->sessions >= 1 &&
	       limits->sessions_per_tunnel >= 1 && limits->sessions_per_tunnel <= 65535 && limits->half_open >= 1 &&
	       limits->half_open_per_source >= 1;
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
	struct tunnel *t, *next;

	if (!l)
		return;
	reap(l);
	HASH_ITER(hh, l->by_id, t, next)
		drop_tunnel(l, t);
	outbox_free(&l->core.outbox);
	heap_free(&l->core.heap);
	idpool_free(l->core.ids);
	free(l);
}
