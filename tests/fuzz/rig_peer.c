/* SPDX-License-Identifier: MIT */
/*
 * rig_peer: peers of the engine, as far as they know what they do: their numbers and ids, what the engine has assigned
 * and asked, and what is to be said next; see rig.h.
 */
#include "rig.h"

const struct l2tp_span rig_secret = { (const uint8_t *)"secret", 6 };

void peers_init(struct rig_peer peers[RIG_PEERS])
{
	static const struct {
		uint8_t host;
		uint16_t port, family;
	} where[RIG_PEERS] = { { 11, 1701, 4 }, { 11, 1702, 4 }, { 12, 1701, 4 }, { 11, 1701, 6 } };

	for (size_t i = 0; i < RIG_PEERS; i++) {
		peers[i] = (struct rig_peer){ .local = { .ip = { 192, 0, 2, 1 }, .port = 1701 },
					      .addr = { .ip = { 192, 0, 2, where[i].host }, .port = where[i].port },
					      .id = (uint16_t)(100 * (i + 1)),
					      .next_call_id = 1000 };
		peers[i].local.family = peers[i].addr.family = where[i].family;
	}
}

bool is_first_of_call(enum cm_type type)
{
	return type == CM_ICRQ || type == CM_OCRQ;
}

/* ---- What is said ----------------------------------------------------------------------------------------------- */

static void set_text(struct l2tp_span *span, const char *s)
{
	*span = (struct l2tp_span){ (const uint8_t *)s, strlen(s) };
}

static void set_lcp(struct l2tp_span *span)
{
	static const uint8_t options[] = { 1, 4, 5, 0xdc, 5, 6, 1, 2, 3, 4 };

	*span = (struct l2tp_span){ options, sizeof(options) };
}

static void set_texts(struct msg *m)
{
	set_text(&m->host_name, "peer");
	set_text(&m->called_number, "12345");
	set_text(&m->calling_number, "54321");
	set_text(&m->proxy_authen_name, "user");
	set_text(&m->proxy_authen_challenge, "challenge");
	set_text(&m->proxy_authen_response, "response");
	set_text(&m->challenge, "challenge");
	set_lcp(&m->initial_received_lcp_confreq);
	set_lcp(&m->last_sent_lcp_confreq);
	set_lcp(&m->last_received_lcp_confreq);
	set_lcp(&m->lcp_want_options);
	set_lcp(&m->lcp_allow_options);
	set_lcp(&m->lns_last_sent_lcp_confreq);
	set_lcp(&m->lns_last_received_lcp_confreq);
}

struct msg peer_msg(const struct rig_peer *p, enum cm_type type, const struct rig_call *call)
{
	struct msg m = { .type = type };

	for (uint16_t avp = AVP_MESSAGE_TYPE + 1; avp < AVP_COUNT; avp++)
		if (msg_place(type, avp) >= PLACE_FORGIVEN)
			msg_set(&m, avp);
	if (msg_place(type, AVP_BEARER_CAPABILITIES) == PLACE_OPTIONAL)
		msg_set(&m, AVP_BEARER_CAPABILITIES); /* else no outgoing call is asked of it */
	m.protocol_version = 0x0100;
	m.framing_capabilities = m.framing_type = L2TP_FRAMING_SYNC;
	m.bearer_capabilities = m.bearer_type = L2TP_BEARER_DIGITAL;
	m.assigned_tunnel_id = p->id;
	m.assigned_session_id = call->id;
	m.receive_window_size = 8;
	m.proxy_authen_type = L2TP_PROXY_CHAP;
	m.call_serial_number = 4711;
	m.minimum_bps = 9600;
	m.maximum_bps = m.tx_connect_speed = m.rx_connect_speed = 1000000;
	m.physical_channel_id = 7;
	m.control_ds = m.session_ds = RIG_PHB;
	m.result_code.result = 1;
	m.q931_cause_code.cause = 16;
	m.ppp_disconnect_cause =
		(struct ppp_disconnect){ .code = L2TP_PPP_TERMINATED, .direction = 1, .protocol = L2TP_PPP_LCP };
	m.call_errors.crc = 1;
	set_texts(&m);
	return m;
}

void peer_respond(struct rig_peer *p, struct msg *m, bool wrong, uint8_t response[DIGEST_LEN])
{
	digest_response((uint8_t)m->type, rig_secret, (struct l2tp_span){ p->challenge, p->challenge_len }, response);
	response[0] ^= wrong;
	p->answered |= p->challenge_len && !wrong;
	m->challenge_response = (struct l2tp_span){ response, DIGEST_LEN };
	if (msg_place(m->type, AVP_CHALLENGE_RESPONSE) == PLACE_OPTIONAL && p->challenge_len)
		msg_set(m, AVP_CHALLENGE_RESPONSE);
}

void peer_take_call(struct rig_peer *p, struct rig_call *call, enum cm_type type, bool same_id)
{
	if (!is_first_of_call(type))
		return;
	if (!same_id || !call->id)
		call->id = p->next_call_id++;
	call->engine_id = 0;
}

struct wire_header peer_header(struct rig_peer *p, enum cm_type type, const struct rig_call *call)
{
	p->told = p->nr;
	return (struct wire_header){ .version = 2,
				     .tunnel_id = p->engine_id,
				     .session_id = msg_is_call(type) && !is_first_of_call(type) ? call->engine_id : 0,
				     .ns = p->ns,
				     .nr = p->frozen ? p->frozen_nr : p->nr };
}

size_t peer_acknowledge(struct rig_peer *p, uint8_t out[WIRE_CONTROL_HEADER])
{
	struct wire_header h = peer_header(p, CM_ZLB, &p->calls[0]);

	return wire_control(&h, out, WIRE_CONTROL_HEADER);
}

size_t peer_reply(struct rig_peer *p, uint8_t *out, size_t size)
{
	const struct msg_encoder e = { 0 };
	uint8_t body[WIRE_SEND_MAX - WIRE_CONTROL_HEADER], response[DIGEST_LEN];
	struct writer w = writer_of(body, sizeof(body));
	struct rig_call *call = &p->calls[p->due[0].call];
	enum cm_type type = p->due[0].type;
	struct wire_header h;
	struct msg m;

	if (!p->n_due)
		return 0;
	memmove(p->due, p->due + 1, --p->n_due * sizeof(p->due[0]));
	m = peer_msg(p, type, call);
	peer_respond(p, &m, false, response);
	msg_encode(&e, &m, &w);
	h = peer_header(p, type, call);
	h.body = writer_span(&w);
	p->ns++;
	return wire_control(&h, out, size);
}

/* ---- What is heard ---------------------------------------------------------------------------------------------- */

static struct rig_call *call_of(struct rig_peer *p, uint16_t id)
{
	for (size_t i = 0; i < RIG_CALLS; i++)
		if (p->calls[i].id == id && id)
			return &p->calls[i];
	return NULL;
}

/* The engine assigns an id to a call: of the peer's making, or a new one. */
static struct rig_call *hear_call(struct rig_peer *p, const struct wire_header *h, const struct msg *m)
{
	struct rig_call *call = call_of(p, h->session_id);

	if (is_first_of_call(m->type)) {
		call = &p->calls[p->next_call++ % RIG_CALLS];
		call->id = p->next_call_id++;
	}
	if (call && msg_has(m, AVP_ASSIGNED_SESSION_ID) && m->type != CM_CDN)
		call->engine_id = m->assigned_session_id;
	return call;
}

/* Hidden or not, early or in time: the answer is to what was asked. */
static void check_response(const struct rig_peer *p, const struct msg *m)
{
	uint8_t right[DIGEST_LEN];

	if (!p->asked.len || (m->type != CM_SCCRP && m->type != CM_SCCCN))
		return;
	digest_response((uint8_t)m->type, rig_secret, p->asked, right);
	must(msg_has(m, AVP_CHALLENGE_RESPONSE) && memcmp(m->challenge_response.data, right, DIGEST_LEN) == 0,
	     "a challenge gets its response");
}

static void owe(struct rig_peer *p, enum cm_type type, const struct rig_call *call)
{
	if (p->n_due == RIG_DUE)
		return;
	p->due[p->n_due].type = type;
	p->due[p->n_due++].call = (uint8_t)(call ? call - p->calls : 0);
}

/* What a message is answered with; 0: nothing, or a second one. */
static void owe_answer(struct rig_peer *p, enum cm_type type, const struct rig_call *call)
{
	static const enum cm_type answers[CM_COUNT] = {
		[CM_SCCRQ] = CM_SCCRP, [CM_SCCRP] = CM_SCCCN, [CM_ICRQ] = CM_ICRP,
		[CM_ICRP] = CM_ICCN,   [CM_OCRQ] = CM_OCRP,
	};

	if (answers[type])
		owe(p, answers[type], call);
	if (type == CM_OCRQ)
		owe(p, CM_OCCN, call);
}

void peer_hear(struct rig *r, struct rig_peer *p, const struct wire_header *h, const struct msg *m)
{
	const bool next = h->body.len && h->ns == p->nr;
	struct rig_call *call = NULL;

	if (h->tunnel_id != (m->type == CM_SCCRQ ? 0 : p->id))
		return;
	check_response(p, m);
	if ((m->type == CM_SCCRQ && !p->engine_id) || m->type == CM_SCCRP)
		p->engine_id = m->assigned_tunnel_id;
	if (m->type == CM_SCCRQ || m->type == CM_SCCRP)
		p->challenge_len = 0;
	if (msg_has(m, AVP_CHALLENGE))
		memcpy(p->challenge, m->challenge.data, p->challenge_len = m->challenge.len);
	if (msg_is_call(m->type))
		call = hear_call(p, h, m);
	if (next && r->setup.auto_reply)
		owe_answer(p, m->type, call);
	p->nr = (uint16_t)(p->nr + next);
	if (h->body.len && !next)
		p->told = (uint16_t)(p->nr - 1); /* to be acknowledged again (5.8) */
}
