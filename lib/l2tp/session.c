/* SPDX-License-Identifier: MIT */
/*
 * session: the life of a call: its ids, what is known of it, its operations.
 *
 * A session is in its tunnel's table by our id from birth to the end, and by the peer's id while it is alive.  When it
 * dies it still owns its id until the world has removed the data path; then SESSION_GONE is handed out, the id goes
 * into quarantine, and the engine's next entry frees the memory.
 *
 * A call that the peer asks for is undecided until the world has accepted it.  It counts against all limits, but neither
 * the world nor the peer is told more of it than that it was asked for and has gone (or nothing at all if the world was
 * not asked yet), and its id is free at once.  Of a tunnel only UNDECIDED_MAX may wait so.
 */
#include "session.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"

/* Octets of text that the calls of one source may hold: some of the longest, or as many as there are calls of what is
 * usual, some 200 octets with all that proxy authentication says. */
#define TEXTS_SPARE (256 * 1024)
#define TEXTS_PER_SESSION 512

#define UNDECIDED_MAX 256

struct session *session_find(const struct session_table *t, uint32_t id)
{
	struct session *s;

	HASH_FIND(hh, t->by_id, &id, sizeof(id), s);
	return s;
}

static unsigned peer_id_hash(const struct session_table *t, uint32_t peer_id)
{
	return hash_keyed(&t->conn->core->secret, &peer_id, sizeof(peer_id));
}

struct session *session_find_peer(const struct session_table *t, uint32_t peer_id)
{
	struct session *s;

	HASH_FIND_BYHASHVALUE(hh_peer, t->by_peer_id, &peer_id, sizeof(peer_id), peer_id_hash(t, peer_id), s);
	return s;
}

static void set_path(struct session *s, bool path)
{
	s->table->paths += (uint32_t)path - (uint32_t)s->path;
	s->path = path;
}

static void free_store(struct session *s)
{
	if (session_is_theirs(s->role))
		s->table->conn->use->texts -= s->store_len;
	if (s->store)
		digest_wipe(s->store, s->store_len);
	free(s->store);
}

static bool texts_fit(const struct session *s, size_t len)
{
	const struct source_use *use = s->table->conn->use;

	return !session_is_theirs(s->role) || len <= s->store_len ||
	       use->texts - s->store_len + len <= TEXTS_SPARE + (size_t)TEXTS_PER_SESSION * use->sessions;
}

/* ---- Birth and death ---------------------------------------------------------------------------------------- */

static int check_limits(const struct session_table *t, enum session_role role)
{
	const struct core *core = t->conn->core;
	uint32_t per_source = core->env.limits.sessions_per_source;

	if (session_is_theirs(role) &&
	    (t->undecided >= UNDECIDED_MAX || (per_source && t->conn->use->sessions >= per_source)))
		return -EMFILE;
	if (core->stats.sessions >= core->env.limits.sessions ||
	    t->count >= core->env.limits.sessions_per_tunnel || t->count >= t->conn->params.sessions_max)
		return -EMFILE;
	return 0;
}

int session_new(struct session_table *t, enum session_role role, const struct l2tp_call_info *info, usec_t now,
		struct session **ret)
{
	struct core *core = t->conn->core;
	struct session *s;
	int r = check_limits(t, role);

	if (r < 0)
		return r;
	s = malloc(sizeof(*s));
	if (!s)
		return -ENOMEM;
	*s = (struct session){ .object.kind = OBJECT_SESSION,
			       .table = t,
			       .role = role,
			       .state = SESSION_IDLE,
			       .phb = L2TP_PHB_NONE,
			       .asked_phb = L2TP_PHB_NONE,
			       .serial = ++core->serial,
			       .created = now,
			       .link = { .send_accm = UINT32_MAX, .receive_accm = UINT32_MAX }, /* 4.4.6 */
			       .timer = { .deadline = USEC_NEVER, .kind = TIMER_CALL } };
	r = idpool_acquire(core->ids, t->conn->id, t->conn->dialect->id_max, now, &s->id);
	if (r < 0)
		goto no_id;
	r = heap_reserve(&core->heap, 1);
	if (r < 0)
		goto no_timer;
	r = session_set_info(s, info);
	if (r < 0)
		goto no_info;
	HASH_ADD(hh, t->by_id, id, sizeof(s->id), s);
	if (!s->hh.tbl) {
		r = -ENOMEM;
		goto no_info;
	}
	t->count++;
	t->alive++;
	t->conn->use->sessions += session_is_theirs(role);
	core->stats.sessions++;
	*ret = s;
	return 0;

no_info:
	free_store(s);
	heap_unreserve(&core->heap, 1);
no_timer:
	idpool_release(core->ids, t->conn->id, s->id, now);
no_id:
	free(s);
	return r;
}

int session_set_peer_id(struct session *s, uint32_t peer_id)
{
	if (session_find_peer(s->table, peer_id))
		return -EEXIST;
	s->peer_id = peer_id;
	HASH_ADD_BYHASHVALUE(hh_peer, s->table->by_peer_id, peer_id, sizeof(s->peer_id),
			     peer_id_hash(s->table, peer_id), s);
	return s->hh_peer.tbl ? 0 : -ENOMEM;
}

static void forget_peer_id(struct session *s)
{
	if (s->hh_peer.tbl)
		HASH_DELETE(hh_peer, s->table->by_peer_id, s);
	s->hh_peer.tbl = NULL;
}

void session_set_deadline(struct session *s, usec_t deadline)
{
	heap_set(&s->table->conn->core->heap, &s->timer, deadline);
}

void session_ask(struct session *s)
{
	s->undecided = true;
	s->table->undecided++;
}

void session_accepted(struct session *s)
{
	s->undecided = false;
	s->table->undecided--;
}

const struct l2tp_reason *session_reason(const struct session *s)
{
	static const struct l2tp_reason alive;

	return s->reason ? s->reason : &alive;
}

/* It would be the largest part of a session, and is needed only at the end. */
static void keep_reason(struct session *s, const struct l2tp_reason *reason)
{
	s->reason = malloc(sizeof(*s->reason));
	if (!s->reason)
		s->reason = &s->table->conn->core->unkept;
	*s->reason = *reason;
}

static void free_reason(struct session *s)
{
	if (s->reason != &s->table->conn->core->unkept)
		free(s->reason);
}

static void bury_undecided(struct session *s, bool was_asked)
{
	struct core *core = s->table->conn->core;

	s->table->undecided--; /* that it is undecided is remembered for its id */
	core->stats.refused++;
	core->stats.calls_refused++;
	if (was_asked)
		outbox_post(&core->outbox, &s->object, L2TP_OP_SESSION_GONE);
	else
		outbox_drop(&core->outbox, &s->object);
}

void session_bury(struct session *s, const struct l2tp_reason *reason)
{
	struct outbox *o = &s->table->conn->core->outbox;
	bool asks = outbox_cancel(o, &s->object, L2TP_OP_SESSION_DECIDE);

	keep_reason(s, reason);
	session_set_deadline(s, USEC_NEVER);
	forget_peer_id(s);
	s->table->alive--;
	if (outbox_flies(&s->object, L2TP_OP_SESSION_DECIDE))
		outbox_done(o, &s->object); /* there is nothing to be decided any more */
	if (s->undecided)
		return bury_undecided(s, !asks);
	outbox_cancel(o, &s->object, L2TP_OP_SESSION_ADD);
	outbox_cancel(o, &s->object, L2TP_OP_SESSION_DIAL);
	outbox_cancel(o, &s->object, L2TP_OP_SESSION_SET);
	outbox_post(o, &s->object, L2TP_OP_SESSION_DOWN);
	outbox_post(o, &s->object, s->path ? L2TP_OP_SESSION_DEL : L2TP_OP_SESSION_GONE);
}

void session_free(struct session *s)
{
	struct session_table *t = s->table;
	struct core *core = t->conn->core;

	forget_peer_id(s);
	set_path(s, false);
	if (t->closing == s)
		t->closing = s->hh.next;
	HASH_DELETE(hh, t->by_id, s);
	session_set_deadline(s, USEC_NEVER);
	s->object.in_flight = false;
	outbox_forget(&core->outbox, &s->object);
	heap_unreserve(&core->heap, 1);
	if (s->undecided)
		idpool_return(core->ids, t->conn->id, s->id);
	else
		idpool_release(core->ids, t->conn->id, s->id, core->now);
	if (s->state == SESSION_ESTABLISHED)
		core->stats.sessions_established--;
	core->stats.sessions--;
	t->conn->use->sessions -= session_is_theirs(s->role);
	t->count--;
	free_store(s);
	free(s->link_store);
	free_reason(s);
	free(s);
}

void session_table_clear(struct session_table *t)
{
	struct session *s, *next;

	HASH_ITER(hh, t->by_id, s, next)
		session_free(s);
}

/* ---- What is known of the call ------------------------------------------------------------------------------ */

int session_set_info(struct session *s, const struct l2tp_call_info *info)
{
	struct l2tp_call_info copy = *info;
	struct l2tp_proxy *proxy = &copy.proxy;
	struct l2tp_span *spans[] = { &copy.calling_number, &copy.called_number, &copy.sub_address,
				      &copy.private_group_id, &proxy->initial_received_confreq,
				      &proxy->last_sent_confreq, &proxy->last_received_confreq, &proxy->authen_name,
				      &proxy->authen_challenge, &proxy->authen_response, &copy.lcp.want,
				      &copy.lcp.allow };
	const size_t n = sizeof(spans) / sizeof(spans[0]);
	uint8_t *store = NULL;
	size_t len = 0, at = 0;

	for (size_t i = 0; i < n; i++)
		len += spans[i]->len;
	if (!texts_fit(s, len))
		return -ENOBUFS;
	if (len && !(store = malloc(len)))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!spans[i]->len)
			continue;
		memcpy(store + at, spans[i]->data, spans[i]->len);
		spans[i]->data = store + at;
		at += spans[i]->len;
	}
	free_store(s);
	s->store = store;
	s->store_len = len;
	if (session_is_theirs(s->role))
		s->table->conn->use->texts += len;
	s->info = copy;
	return 0;
}

/* What a kind of proxy authentication needs beside its type, as bits of struct msg.has. */
static uint64_t proxy_needs(uint32_t type)
{
#define HAS(avp) ((uint64_t)1 << AVP_PROXY_AUTHEN_##avp)
	static const uint64_t needs[] = {
		[L2TP_PROXY_TEXT] = HAS(NAME) | HAS(RESPONSE),
		[L2TP_PROXY_CHAP] = HAS(NAME) | HAS(CHALLENGE) | HAS(ID) | HAS(RESPONSE),
		[L2TP_PROXY_PAP] = HAS(NAME) | HAS(ID) | HAS(RESPONSE),
		[L2TP_PROXY_NONE] = 0,
		[L2TP_PROXY_MSCHAP] = HAS(NAME) | HAS(CHALLENGE) | HAS(ID) | HAS(RESPONSE),
	};
#undef HAS
	return type < sizeof(needs) / sizeof(needs[0]) ? needs[type] : 0;
}

bool session_proxy_valid(const struct l2tp_proxy *proxy)
{
	uint64_t needs = proxy_needs(proxy->authen_type);

	return proxy->authen_type <= L2TP_PROXY_MSCHAP && !proxy->last_sent_confreq.len == !proxy->last_received_confreq.len &&
	       (proxy->last_sent_confreq.len || !proxy->initial_received_confreq.len) &&
	       (proxy->authen_challenge.len || !(needs >> AVP_PROXY_AUTHEN_CHALLENGE & 1));
}

void session_put_proxy(const struct l2tp_proxy *proxy, struct msg *m)
{
	m->initial_received_lcp_confreq = proxy->initial_received_confreq;
	m->last_sent_lcp_confreq = proxy->last_sent_confreq;
	m->last_received_lcp_confreq = proxy->last_received_confreq;
	m->proxy_authen_type = (uint16_t)proxy->authen_type;
	m->proxy_authen_id = proxy->authen_id;
	m->proxy_authen_name = proxy->authen_name;
	m->proxy_authen_challenge = proxy->authen_challenge;
	m->proxy_authen_response = proxy->authen_response;
	msg_set_if(m, AVP_INITIAL_RECEIVED_LCP_CONFREQ, m->initial_received_lcp_confreq.len);
	msg_set_if(m, AVP_LAST_SENT_LCP_CONFREQ, m->last_sent_lcp_confreq.len);
	msg_set_if(m, AVP_LAST_RECEIVED_LCP_CONFREQ, m->last_received_lcp_confreq.len);
	msg_set_if(m, AVP_PROXY_AUTHEN_TYPE, m->proxy_authen_type);
	m->has |= proxy_needs(m->proxy_authen_type);
	/* a password is hidden if there is a secret, whatever hide_avps says */
	if (proxy->authen_type == L2TP_PROXY_TEXT || proxy->authen_type == L2TP_PROXY_PAP)
		m->hide |= (uint64_t)1 << AVP_PROXY_AUTHEN_RESPONSE;
}

/* Half a set is none: the LNS then begins anew (X2661-4.4.5-01, X2661-4.4.5-02). */
static void read_proxy(const struct msg *m, struct l2tp_proxy *proxy)
{
	uint64_t needs = proxy_needs(m->proxy_authen_type);

	*proxy = (struct l2tp_proxy){ 0 };
	if (m->last_sent_lcp_confreq.len && m->last_received_lcp_confreq.len) {
		proxy->initial_received_confreq = m->initial_received_lcp_confreq;
		proxy->last_sent_confreq = m->last_sent_lcp_confreq;
		proxy->last_received_confreq = m->last_received_lcp_confreq;
	}
	if (!msg_has(m, AVP_PROXY_AUTHEN_TYPE) || (m->has & needs) != needs)
		return;
	proxy->authen_type = (enum l2tp_proxy_authen)m->proxy_authen_type;
	proxy->authen_id = (uint8_t)m->proxy_authen_id;
	proxy->authen_name = m->proxy_authen_name;
	proxy->authen_challenge = m->proxy_authen_challenge;
	proxy->authen_response = m->proxy_authen_response;
}

static void forget_authentication(struct l2tp_proxy *proxy)
{
	proxy->authen_type = L2TP_PROXY_UNSAID;
	proxy->authen_id = 0;
	proxy->authen_name = proxy->authen_challenge = proxy->authen_response = (struct l2tp_span){ 0 };
}

void session_read_info(const struct msg *m, struct l2tp_call_info *info)
{
#define READ(avp, field)                                                                                               \
	if (msg_has(m, avp))                                                                                           \
	info->field = m->field
	READ(AVP_CALL_SERIAL_NUMBER, call_serial_number);
	READ(AVP_MINIMUM_BPS, minimum_bps);
	READ(AVP_MAXIMUM_BPS, maximum_bps);
	READ(AVP_BEARER_TYPE, bearer_type);
	READ(AVP_FRAMING_TYPE, framing_type);
	READ(AVP_PHYSICAL_CHANNEL_ID, physical_channel_id);
	READ(AVP_TX_CONNECT_SPEED, tx_connect_speed);
	READ(AVP_RX_CONNECT_SPEED, rx_connect_speed);
	READ(AVP_CALLING_NUMBER, calling_number);
	READ(AVP_CALLED_NUMBER, called_number);
	READ(AVP_SUB_ADDRESS, sub_address);
	READ(AVP_PRIVATE_GROUP_ID, private_group_id);
#undef READ
	if (msg_has(m, AVP_SEQUENCING_REQUIRED))
		info->sequencing_required = true;
	if (m->type == CM_ICCN)
		read_proxy(m, &info->proxy);
	if (m->type == CM_ICCN || m->type == CM_OCCN)
		session_read_lcp(m, &info->lcp);
}

/* ---- Messages become events ---------------------------------------------------------------------------------- */

static void apply_fault(struct session *s, enum session_event event, const struct msg *m, const struct fault *f,
			usec_t now)
{
	struct l2tp_reason reason;

	fault_reason(f, &reason);
	session_apply(s, event, &(struct session_input){ .msg = m, .reason = &reason }, now);
}

/* May the peer's ICRP or OCRP be accepted?  It brings the peer's id. */
static bool accept_reply(struct session *s, const struct msg *m, struct fault *f)
{
	uint32_t asked = s->table->conn->params.session_phb;
	int r;

	if (s->state != SESSION_WAIT_REPLY)
		return true; /* its state decides */
	if (!conn_check_phb(s->table->conn, asked, msg_has(m, AVP_SESSION_DS), m->session_ds))
		return fault_set(f, RC_CDN_DS, EC_NONE, "no agreement on Session DS");
	if (msg_has(m, AVP_SESSION_DS) && asked != L2TP_PHB_NONE)
		s->phb = m->session_ds;
	if (msg_has(m, AVP_PHYSICAL_CHANNEL_ID))
		s->info.physical_channel_id = m->physical_channel_id;
	r = session_set_peer_id(s, m->assigned_session_id);
	if (r == -EEXIST)
		return fault_set(f, RC_CDN_GENERAL, EC_SESSION_ID, "Assigned Session ID %u is in use",
				 m->assigned_session_id);
	if (r < 0)
		return fault_set_local(f, RC_CDN_GENERAL, EC_RESOURCES, "out of memory");
	return true;
}

/* May the peer's ICCN or OCCN be accepted?  It completes what is known of the call. */
static bool accept_connect(struct session *s, const struct msg *m, struct fault *f)
{
	const struct l2tp_params *params = &s->table->conn->params;
	uint32_t framing = m->type == CM_OCCN ? s->info.framing_type : params->framing_capabilities;
	struct l2tp_call_info info = s->info;
	int r;

	/* an OCCN may overtake our data path */
	if (s->state != SESSION_WAIT_CONNECT &&
	    !(s->role == SESSION_LNS_OUTGOING && s->state == SESSION_WAIT_DATAPLANE))
		return true;
	session_read_info(m, &info);
	if (!params->proxy_authentication)
		forget_authentication(&info.proxy);
	if (info.framing_type & ~framing)
		return fault_set(f, RC_CDN_NO_FRAMING, EC_NONE, "Framing Type was not %s",
				 m->type == CM_OCCN ? "asked for" : "advertised");
	r = session_set_info(s, &info);
	if (r == -ENOBUFS)
		return fault_set(f, RC_CDN_GENERAL, EC_RESOURCES, SESSION_TEXTS);
	if (r < 0)
		return fault_set_local(f, RC_CDN_GENERAL, EC_RESOURCES, "out of memory");
	return true;
}

/* The messages that set up a call: what each is to an incoming and to an outgoing one. */
struct setup {
	enum session_event incoming, outgoing;
	bool (*accept)(struct session *s, const struct msg *m, struct fault *f); /* in its own kind of call */
	enum session_event bad;
};

/* clang-format off */
static const struct setup setups[CM_COUNT] = {
	[CM_ICRQ] = { SEV_ICRQ,     SEV_INCOMING, NULL,           SEV_ICRQ },
	[CM_ICRP] = { SEV_ICRP_OK,  SEV_INCOMING, accept_reply,   SEV_ICRP_BAD },
	[CM_ICCN] = { SEV_ICCN_OK,  SEV_INCOMING, accept_connect, SEV_ICCN_BAD },
	[CM_OCRQ] = { SEV_OUTGOING, SEV_OCRQ,     NULL,           SEV_OCRQ },
	[CM_OCRP] = { SEV_OUTGOING, SEV_OCRP_OK,  accept_reply,   SEV_OCRP_BAD },
	[CM_OCCN] = { SEV_OUTGOING, SEV_OCCN_OK,  accept_connect, SEV_OCCN_BAD },
};
/* clang-format on */

/* Is the data path to be changed before the call can be up? */
static bool needs_set(const struct session *s)
{
	return s->sequenced != s->info.sequencing_required;
}

static void setup_message(struct session *s, const struct msg *m, usec_t now)
{
	const struct setup *setup = &setups[m->type];
	enum session_event event = s->info.outgoing ? setup->outgoing : setup->incoming;
	bool own = event != SEV_INCOMING && event != SEV_OUTGOING;
	struct fault f = { 0 };

	if (own && setup->accept && !setup->accept(s, m, &f))
		return apply_fault(s, setup->bad, m, &f, now);
	if (s->state == SESSION_WAIT_CONNECT && event == SEV_OCCN_OK && needs_set(s))
		event = SEV_CONNECT_SET;
	session_apply(s, event, &(struct session_input){ .msg = m }, now);
}

void session_message(struct session *s, const struct msg *m, usec_t now)
{
	struct session_input in = { .msg = m };
	struct l2tp_reason reason;

	switch (m->type) {
	case CM_ICRQ:
	case CM_ICRP:
	case CM_ICCN:
	case CM_OCRQ:
	case CM_OCRP:
	case CM_OCCN:
		setup_message(s, m, now);
		break;
	case CM_CDN:
		conn_get_reason(m, &reason);
		in.reason = &reason;
		session_apply(s, SEV_CDN, &in, now);
		break;
	case CM_WEN:
		session_apply(s, SEV_WEN, &in, now);
		break;
	case CM_SLI:
		session_apply(s, SEV_SLI, &in, now);
		break;
	case CM_ZLB:
	case CM_SCCRQ:
	case CM_SCCRP:
	case CM_SCCCN:
	case CM_STOPCCN:
	case CM_HELLO:
		assert(!"a message of the tunnel");
		break;
	}
}

void session_fault(struct session *s, const struct fault *f, usec_t now)
{
	apply_fault(s, SEV_FAULT, NULL, f, now);
}

/* Why the call ends when an operation of it has failed. */
static struct l2tp_reason failure(enum l2tp_op_type op, const char *text)
{
	static const struct l2tp_reason no_path = { .origin = L2TP_BY_LOCAL, .result = RC_CDN_GENERAL,
						    .error = EC_RESOURCES, .text = "the data path cannot be set up" };
	static const struct l2tp_reason no_call = { .origin = L2TP_BY_LOCAL, .result = RC_CDN_NO_FACILITY_TEMPORARY,
						    .text = "the call cannot be placed" };

	struct l2tp_reason reason = op == L2TP_OP_SESSION_DIAL ? no_call : no_path;

	conn_put_detail(&reason, text);
	return reason;
}

void session_timer(struct session *s, usec_t now)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_TIMEOUT, .result = RC_CDN_TIMEOUT,
				      .text = "not established in time" };

	if (s->state == SESSION_ESTABLISHED)
		session_errors_due(s, now);
	else
		session_apply(s, SEV_TIMEOUT, &(struct session_input){ .reason = &reason }, now);
}

/* What the world was asked for is done. */
static void carry_on(struct session *s, usec_t now)
{
	if (needs_set(s))
		outbox_post(&s->table->conn->core->outbox, &s->object, L2TP_OP_SESSION_SET);
	else
		session_apply(s, SEV_READY, &(struct session_input){ 0 }, now);
}

static void give_up(struct session *s, const struct l2tp_reason *reason, usec_t now)
{
	session_apply(s, SEV_NOT_READY, &(struct session_input){ .reason = reason }, now);
}

void session_op_done(struct session *s, int err, const char *text, usec_t now)
{
	struct outbox *o = &s->table->conn->core->outbox;
	enum l2tp_op_type op = s->object.flying;
	struct l2tp_reason reason;

	if (!s->object.in_flight || op == L2TP_OP_SESSION_DECIDE)
		return;
	outbox_done(o, &s->object);
	if (op == L2TP_OP_SESSION_DEL || (op == L2TP_OP_SESSION_ADD && err < 0))
		set_path(s, false); /* a deletion that failed cannot be mended by trying it again */
	if (s->state == SESSION_DEAD) {
		if (!s->path) {
			outbox_cancel(o, &s->object, L2TP_OP_SESSION_DEL);
			outbox_post(o, &s->object, L2TP_OP_SESSION_GONE);
		}
	} else if (err < 0) {
		reason = failure(op, text);
		give_up(s, &reason, now);
	} else {
		carry_on(s, now);
	}
}

/* ---- Decisions ----------------------------------------------------------------------------------------------- */

/* Was the world asked?  It has answered then. */
static bool take_answer(struct session *s)
{
	if (!outbox_flies(&s->object, L2TP_OP_SESSION_DECIDE))
		return false;
	outbox_done(&s->table->conn->core->outbox, &s->object);
	return true;
}

/* Does the peer agree (RFC 3308)?  What it does not ask for is not answered. */
static bool agree_phb(struct session *s, uint32_t phb)
{
	if (s->asked_phb == L2TP_PHB_NONE)
		return true;
	if (!conn_check_phb(s->table->conn, phb, true, (uint16_t)s->asked_phb))
		return false;
	s->phb = phb;
	return true;
}

int session_accept(struct session *s, uint32_t phb, usec_t now)
{
	struct fault f = { 0 };

	if (!take_answer(s))
		return -ENOENT;
	if (s->undecided && !agree_phb(s, phb)) {
		fault_set(&f, RC_CDN_DS, EC_NONE, "no agreement on Session DS");
		apply_fault(s, SEV_NOT_READY, NULL, &f, now);
		return 0;
	}
	carry_on(s, now);
	return 0;
}

int session_decline(struct session *s, const struct l2tp_reason *reason, usec_t now)
{
	if (!take_answer(s))
		return -ENOENT;
	give_up(s, reason, now);
	return 0;
}

/* ---- The tunnel ---------------------------------------------------------------------------------------------- */

bool session_check_call_out(const struct conn *c, const struct l2tp_call_info *info, struct fault *f)
{
	if (!c->peer_bearer || (info->bearer_type & ~c->peer_bearer))
		return fault_set_local(f, RC_CDN_NO_FACILITY_PERMANENT, EC_NONE, "the peer places no calls on this bearer");
	if (!c->peer_framing || (info->framing_type & ~c->peer_framing))
		return fault_set_local(f, RC_CDN_NO_FACILITY_PERMANENT, EC_NONE, "the peer has no such framing");
	return true;
}

void session_tunnel_open(struct session *s, usec_t now)
{
	struct fault f = { 0 };

	if (s->role == SESSION_LNS_OUTGOING && !session_check_call_out(s->table->conn, &s->info, &f))
		apply_fault(s, SEV_CLOSE, NULL, &f, now);
	else
		session_apply(s, SEV_TUNNEL_OPEN, &(struct session_input){ 0 }, now);
}

void session_table_open(struct session_table *t, usec_t now)
{
	struct session *s, *next;

	HASH_ITER(hh, t->by_id, s, next)
		session_tunnel_open(s, now);
}

void session_table_end(struct session_table *t, const struct l2tp_reason *reason)
{
	t->ended = reason;
	t->closing = t->by_id;
}

bool session_table_close(struct session_table *t, uint32_t *budget, usec_t now)
{
	for (struct session *s; (s = t->closing) && *budget; (*budget)--) {
		t->closing = s->hh.next;
		session_apply(s, SEV_TUNNEL_CLOSED, &(struct session_input){ 0 }, now);
	}
	return !t->closing;
}

/* ---- Operations --------------------------------------------------------------------------------------------- */

void session_hand_out(struct session *s, struct l2tp_op *op)
{
	const struct conn *c = s->table->conn;

	op->lns = session_is_lns(s);
	op->session_id = s->id;
	op->peer_session_id = s->peer_id;
	op->call_cookie = s->cookie;
	op->call = &s->info;
	op->phb = s->undecided ? c->params.session_phb : s->phb;
	op->connected = op->type == L2TP_OP_SESSION_DECIDE && !s->undecided;
	op->link = &s->link;
	op->errors = &s->errors;
	op->sequencing = s->info.sequencing_required;
	op->reorder_timeout_ms = c->params.reorder_timeout_ms;
	if (op->type == L2TP_OP_SESSION_DOWN)
		op->reason = s->reason;
	if (op->type == L2TP_OP_SESSION_ADD)
		set_path(s, true);
	if (op->type == L2TP_OP_SESSION_ADD || op->type == L2TP_OP_SESSION_SET)
		s->sequenced = s->info.sequencing_required;
}

void session_refuse(struct session_table *t, uint32_t peer_id, const struct l2tp_reason *reason, usec_t now)
{
	struct conn *c = t->conn;
	struct msg m = { .type = CM_CDN, .assigned_session_id = conn_spare_id(c, c->id) };

	c->core->stats.refused++;
	c->core->stats.calls_refused++;
	msg_set(&m, AVP_ASSIGNED_SESSION_ID);
	conn_put_reason(&m, reason);
	conn_reply(c, &m, peer_id, now);
}
