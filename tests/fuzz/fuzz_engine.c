/* SPDX-License-Identifier: MIT */
/*
 * fuzz_engine: the whole engine, driven by the input as a sequence of things that happen to it.
 *
 *	octets 0, 1   the set-up: secret and challenge, hiding, LNS, who answers and acknowledges, limits, window
 *	then steps    one octet: low four bits what happens (the table "steps"), the next two which peer, the rest free
 *	              and what that step reads
 *
 * Peers know their numbers and ids (rig.h), so a "say" of two octets is a message as it should be; flags make it
 * different, more and more.
 */
#include <errno.h>

#include "fuzz.h"
#include "lib/digest.h"
#include "rig.h"

#define STEPS_MAX 400
#define DATAGRAM_MAX 4096

struct play {
	struct rig *rig;
	struct feed feed;
	struct rig_peer *peer; /* of this step */
	uint8_t more;          /* the two free bits of the step */
	uint8_t last[DATAGRAM_MAX]; /* datagram, to be repeated */
	size_t last_len;
};

/* ---- A message of a peer ---------------------------------------------------------------------------------------- */

enum say {
	SAY_OPTIONAL = 1, /* with optional AVPs: a mask follows */
	SAY_VALUES = 2,   /* with other values */
	SAY_ASTRAY = 4,   /* another Ns, Nr, session, sender */
	SAY_MUTATED = 8,  /* an octet of the body is another */
	SAY_HIDDEN = 16,
	SAY_WRONG = 32,   /* a response that is not the right one */
	SAY_ANEW = 64,    /* a tunnel or a call from the beginning, maybe with an id that was used already */
	SAY_APPENDED = 128, /* with octets behind it */
};

static const struct l2tp_span long_text = { (const uint8_t[AVP_VALUE_MAX]){ "long" }, AVP_VALUE_MAX };

static struct l2tp_span feed_text(struct feed *f)
{
	uint8_t len = feed_u8(f);

	return len == UINT8_MAX ? long_text : feed_bytes(f, len % 32);
}

static void add_optional(struct msg *m, uint16_t mask)
{
	unsigned int i = 0;

	for (uint16_t avp = 1; avp < AVP_COUNT; avp++)
		if (msg_place(m->type, avp) == PLACE_OPTIONAL && avp != AVP_RANDOM_VECTOR && mask >> (i++ % 16) & 1)
			msg_set(m, avp);
}

static void set_values(struct msg *m, struct feed *f)
{
	struct l2tp_span text = feed_text(f);
	uint16_t n = feed_u16(f);

	m->result_code = (struct result_code){ n >> 8, n & 0xff, true, text };
	m->q931_cause_code = (struct q931_cause){ n, 1, text };
	m->protocol_version = n;
	m->assigned_tunnel_id = m->assigned_session_id = m->receive_window_size = n;
	m->framing_capabilities = m->bearer_capabilities = m->framing_type = m->bearer_type = n;
	m->tie_breaker = (uint64_t)n << 48;
	m->call_serial_number = m->tx_connect_speed = m->rx_connect_speed = m->physical_channel_id = n;
	m->host_name = m->vendor_name = m->challenge = m->private_group_id = text;
	m->called_number = m->calling_number = m->sub_address = text;
	m->initial_received_lcp_confreq = m->last_sent_lcp_confreq = m->last_received_lcp_confreq = text;
	m->proxy_authen_name = m->proxy_authen_challenge = m->proxy_authen_response = text;
	m->accm = (struct accm){ n, n };
}

static void respond(const struct play *p, struct msg *m, bool wrong, uint8_t response[DIGEST_LEN])
{
	const struct l2tp_params *params = &p->rig->setup.params;

	digest_response((uint8_t)m->type, (struct l2tp_span){ params->secret, params->secret_len },
			(struct l2tp_span){ p->peer->challenge, p->peer->challenge_len }, response);
	response[0] ^= wrong;
	m->challenge_response = (struct l2tp_span){ response, DIGEST_LEN };
	if (msg_place(m->type, AVP_CHALLENGE_RESPONSE) == PLACE_OPTIONAL && params->challenge)
		msg_set(m, AVP_CHALLENGE_RESPONSE);
}

static bool is_first_of_call(enum cm_type type)
{
	return type == CM_ICRQ || type == CM_OCRQ;
}

static struct rig_call *choose_call(struct play *p, enum cm_type type, uint8_t flags)
{
	struct rig_call *call = &p->peer->calls[p->more];

	if (is_first_of_call(type) && (!(flags & SAY_ANEW) || !call->id))
		call->id = p->peer->next_call_id++;
	if (is_first_of_call(type))
		call->engine_id = 0;
	return call;
}

static struct l2tp_span encode(struct play *p, enum cm_type type, uint8_t flags, struct rig_call *call, uint8_t *out)
{
	const struct l2tp_params *params = &p->rig->setup.params;
	struct msg_encoder e = { .secret = { params->secret, params->secret_len },
				 .hide = flags & SAY_HIDDEN && params->secret_len };
	struct writer w = writer_of(out, DATAGRAM_MAX - WIRE_CONTROL_HEADER - UINT8_MAX);
	struct msg m = peer_msg(p->peer, type, call);
	uint8_t response[DIGEST_LEN];

	if (flags & SAY_OPTIONAL)
		add_optional(&m, feed_u16(&p->feed));
	if (flags & SAY_VALUES)
		set_values(&m, &p->feed);
	respond(p, &m, flags & SAY_WRONG, response);
	if (msg_has(&m, AVP_CHALLENGE) && !(flags & (SAY_MUTATED | SAY_APPENDED)))
		p->peer->asked = m.challenge;
	msg_encode(&e, &m, &w);
	return writer_span(&w);
}

/* The peer has lost its memory. */
static void forget(struct rig_peer *peer, bool same_id)
{
	peer->engine_id = peer->ns = peer->nr = peer->told = 0;
	peer->id = (uint16_t)(peer->id + !same_id);
}

static const struct rig_peer *lead_astray(struct play *p, struct wire_header *h)
{
	h->ns = (uint16_t)(h->ns + (int8_t)feed_u8(&p->feed));
	h->nr = (uint16_t)(h->nr + (int8_t)feed_u8(&p->feed));
	h->session_id ^= feed_u8(&p->feed);
	return &p->rig->peers[feed_u8(&p->feed) % RIG_PEERS];
}

static void send(struct play *p, const struct rig_peer *from, const struct wire_header *h)
{
	p->last_len = wire_control(h, p->last, sizeof(p->last));
	rig_input(p->rig, from, (struct l2tp_span){ p->last, p->last_len });
}

static void step_say(struct play *p)
{
	static const enum cm_type types[] = { CM_SCCRQ, CM_SCCRP, CM_SCCCN, CM_STOPCCN, CM_HELLO, CM_ICRQ, CM_ICRP,
					      CM_ICCN,	CM_CDN,	  CM_OCRQ,  CM_OCRP,	CM_OCCN,  CM_WEN,  CM_SLI };
	enum cm_type type = types[feed_u8(&p->feed) % (sizeof(types) / sizeof(types[0]))];
	uint8_t flags = feed_u8(&p->feed), body[DATAGRAM_MAX];
	struct rig_call *call = choose_call(p, type, flags);
	const struct rig_peer *from = p->peer;
	struct wire_header h = { .version = 2 };

	if (flags & SAY_ANEW && !is_first_of_call(type))
		forget(p->peer, p->more & 1);
	h.body = encode(p, type, flags, call, body);
	if (flags & SAY_MUTATED && h.body.len) {
		uint16_t at = feed_u16(&p->feed);
		body[at % h.body.len] ^= feed_u8(&p->feed);
	}
	if (flags & SAY_APPENDED) {
		struct l2tp_span tail = feed_bytes(&p->feed, feed_u8(&p->feed));
		memcpy(body + h.body.len, tail.data, tail.len);
		h.body = (struct l2tp_span){ body, h.body.len + tail.len };
	}
	h.tunnel_id = p->peer->engine_id;
	h.session_id = msg_is_call(type) && !is_first_of_call(type) ? call->engine_id : 0;
	h.ns = p->peer->ns;
	h.nr = p->peer->told = p->peer->nr;
	if (flags & SAY_ASTRAY)
		from = lead_astray(p, &h);
	else if (h.body.len)
		p->peer->ns++;
	send(p, from, &h);
	p->peer->asked = (struct l2tp_span){ 0 };
}

/* ---- Other datagrams -------------------------------------------------------------------------------------------- */

static void step_raw(struct play *p)
{
	struct l2tp_span s = feed_bytes(&p->feed, p->more == 3 ? feed_u16(&p->feed) : feed_u8(&p->feed));

	rig_input(p->rig, p->peer, s);
}

/* A body that the input spells, in a header that is right. */
static void step_body(struct play *p)
{
	struct wire_header h = { .tunnel_id = p->peer->engine_id, .session_id = p->peer->calls[p->more].engine_id,
				 .ns = p->peer->ns, .nr = p->peer->nr };

	h.body = feed_bytes(&p->feed, feed_u8(&p->feed));
	p->peer->ns += h.body.len > 0;
	send(p, p->peer, &h);
}

static void step_repeat(struct play *p)
{
	rig_input(p->rig, p->peer, (struct l2tp_span){ p->last, p->last_len });
}

static void step_acknowledge(struct play *p)
{
	peer_acknowledge(p->rig, p->peer);
	rig_settle(p->rig);
}

/* ---- Time, operations, requests --------------------------------------------------------------------------------- */

static void step_pass(struct play *p)
{
	static const usec_t units[] = { USEC_PER_MSEC, 100 * USEC_PER_MSEC, USEC_PER_SEC, 10 * USEC_PER_SEC };

	rig_pass(p->rig, units[p->more] * (feed_u8(&p->feed) % 64));
}

/* As a timer that is late: nothing between now and then is ticked. */
static void step_late(struct play *p)
{
	usec_t due = l2tp_deadline(p->rig->l);

	if (due != USEC_NEVER && due > p->rig->now)
		p->rig->now = due;
	p->rig->now += p->more * USEC_PER_SEC;
	rig_tick(p->rig);
}

static void step_answer(struct play *p)
{
	static const int errors[] = { 0, 0, -EIO, -ENOMEM };

	rig_answer(p->rig, feed_u8(&p->feed), errors[p->more]);
}

static void step_open(struct play *p)
{
	uint32_t id;
	int err = l2tp_open(p->rig->l, &p->rig->setup.params, &p->peer->local, &p->peer->addr, p->rig->now, &id);

	must(err == 0 || err == -EMFILE || err == -ENOMEM || err == -ENOSPC || err == -ESHUTDOWN, "why it fails");
	if (err == 0)
		p->rig->tunnels[p->rig->n_tunnels++ % RIG_IDS] = (struct rig_id){ id, 0 };
	rig_settle(p->rig);
}

static struct rig_id choose_tunnel(struct play *p)
{
	return p->rig->n_tunnels ? p->rig->tunnels[feed_u8(&p->feed) % RIG_IDS] : (struct rig_id){ 0 };
}

static void step_call(struct play *p)
{
	struct rig_id at = choose_tunnel(p);
	struct l2tp_span text = p->more & 1 ? feed_text(&p->feed) : (struct l2tp_span){ 0 };
	struct l2tp_call_info info = { .framing_type = L2TP_FRAMING_SYNC, .sequencing_required = p->more & 2,
				       .calling_number = text, .called_number = text, .private_group_id = text };
	uint32_t id;

	if (l2tp_call(p->rig->l, at.tunnel_id, &info, 1, p->rig->now, &id) == 0)
		p->rig->sessions[p->rig->n_sessions++ % RIG_IDS] = (struct rig_id){ at.tunnel_id, id };
	rig_settle(p->rig);
}

static const struct l2tp_reason *choose_reason(const struct play *p, struct l2tp_reason *reason)
{
	*reason = (struct l2tp_reason){ .result = p->more, .error = p->more, .text = "closed" };
	return p->more ? reason : NULL;
}

static void step_close_tunnel(struct play *p)
{
	struct l2tp_reason reason;

	(void)l2tp_close_tunnel(p->rig->l, choose_tunnel(p).tunnel_id, choose_reason(p, &reason), p->rig->now);
	rig_settle(p->rig);
}

static void step_close_session(struct play *p)
{
	struct rig_id at = p->rig->n_sessions ? p->rig->sessions[feed_u8(&p->feed) % RIG_IDS] : (struct rig_id){ 0 };
	struct l2tp_reason reason;

	(void)l2tp_close_session(p->rig->l, at.tunnel_id, at.session_id, choose_reason(p, &reason), p->rig->now);
	rig_settle(p->rig);
}

static void step_data(struct play *p)
{
	p->rig->data_flows = p->more & 1;
	if (p->more & 2)
		l2tp_data_seen(p->rig->l, choose_tunnel(p).tunnel_id, p->rig->now);
	rig_settle(p->rig);
}

static void step_shutdown(struct play *p)
{
	struct l2tp_reason reason;

	l2tp_shutdown(p->rig->l, choose_reason(p, &reason), p->rig->now);
	rig_settle(p->rig);
}

static void step_no_memory(struct play *p)
{
	memory_fail_at(feed_u8(&p->feed) % 64);
}

static void step_admission(struct play *p)
{
	p->rig->admission = p->more % ADMISSIONS;
}

/* ---- The input -------------------------------------------------------------------------------------------------- */

static void step(struct play *p)
{
	static void (*const steps[16])(struct play *p) = {
		step_say,  step_raw,  step_body,   step_repeat,	      step_acknowledge,	  step_pass, step_late,
		step_say,  step_open, step_call,   step_close_tunnel, step_close_session, step_data, step_no_memory,
		step_answer, step_admission,
	};
	uint8_t what = feed_u8(&p->feed);

	p->peer = &p->rig->peers[what >> 4 & 3];
	p->more = what >> 6;
	if (what == 0x7f) /* once is enough */
		step_shutdown(p);
	else
		steps[what & 15](p);
}

static bool read_setup(struct feed *f, struct rig_setup *s)
{
	static const uint16_t windows[] = { 1, 4, 16, 1024 };
	uint8_t a = feed_u8(f), b = feed_u8(f);

	*s = (struct rig_setup){ .auto_answer = a & 1, .auto_acknowledge = a & 2 };
	l2tp_params_init(&s->params);
	memcpy(s->params.host_name, "engine", sizeof("engine"));
	memcpy(s->params.vendor_name, "vendor", a & 128 ? sizeof("vendor") : 0);
	s->params.bearer_capabilities = a & 128 ? L2TP_BEARER_DIGITAL : 0;
	s->params.lns = !(a & 4);
	if (a & 8)
		memcpy(s->params.secret, "secret", s->params.secret_len = 6);
	s->params.challenge = a & 8 && a & 16;
	s->params.hide_avps = a & 8 && a & 32;
	s->params.accept_tunnel_id_0 = !(a & 8) && a & 16;
	s->params.ignore_unknown_mandatory = !(a & 8) && a & 32;
	s->params.receive_window = windows[b & 3];
	s->params.hello_interval = b & 4 ? USEC_NEVER : 60 * USEC_PER_SEC;
	s->params.idle_timeout = b & 8 ? 10 * USEC_PER_SEC : USEC_NEVER;
	s->limits = (struct l2tp_limits){ .tunnels = b & 16 ? 2 : 8, .sessions = b & 32 ? 2 : 16,
					  .sessions_per_tunnel = b & 64 ? 1 : 8, .half_open = b & 128 ? 1 : 4,
					  .half_open_per_source = 3, .sccrq_per_second = 500,
					  .sccrq_per_second_per_source = 4, .errors_per_second = 500,
					  .errors_per_second_per_source = 2 };
	return a & 64;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rig rig; /* what it needs, rig_begin() sets: it is large */
	struct play p = { .rig = &rig, .feed = { data, data + size } };
	struct rig_setup setup;
	bool abrupt = read_setup(&p.feed, &setup);

	rig_begin(&rig, &setup);
	for (int i = 0; i < STEPS_MAX && !feed_over(&p.feed); i++)
		step(&p);
	rig_end(&rig, !abrupt);
	return 0;
}
