/* SPDX-License-Identifier: MIT */
/*
 * fuzz_engine: the whole engine, driven by the input as a script of things that happen to it: messages and other
 * datagrams of its peers, requests and answers of its world, time.
 *
 *	5 octets      the set-up: who answers of himself, limits, the profile (profile())
 *	then steps    an octet what happens (the table "steps"), an octet who (two bits: which peer) and how (the rest),
 *	              and what that step reads
 *
 * Peers know their numbers and ids (rig_peer.c), so a "say" of four octets is a message as it should be; flags make it
 * different, more and more.  With auto_reply peers go on of themselves, and requests alone lead far.
 */
#include <errno.h>

#include "fuzz.h"
#include "rig.h"

#define STEPS_MAX    400
#define DATAGRAM_MAX 4096
#define RECENT	     8 /* datagrams that can be delivered again, or late */

struct datagram {
	uint8_t data[DATAGRAM_MAX];
	size_t len;
	const struct rig_peer *from;
};

struct play {
	struct rig *rig;
	struct feed feed;
	struct rig_peer *peer; /* of this step */
	uint8_t how;	       /* six bits that the step understands in its own way */
	struct datagram recent[RECENT];
	size_t made; /* datagrams, ever */
};

/* ---- What requests and messages say ------------------------------------------------------------------------------ */

static const uint8_t options[] = { 1, 4, 5, 0xdc };
static const uint8_t octets[AVP_VALUE_MAX + 1] = { "long" };

/* Short and as the input spells it; or long: just too long for any AVP, for a hidden one, or not; or LCP options. */
static struct l2tp_span feed_text(struct feed *f)
{
	static const struct l2tp_span others[] = { { octets, AVP_VALUE_MAX + 1 },
						   { octets, AVP_VALUE_MAX },
						   { octets, AVP_STRING_MAX },
						   { octets, 500 },
						   { octets, 130 },
						   { options, sizeof(options) } };
	uint8_t n = feed_u8(f);

	return n >= 250 ? others[n - 250] : feed_bytes(f, n % 32);
}

static void feed_proxy(struct feed *f, struct l2tp_proxy *proxy)
{
	proxy->authen_type = (enum l2tp_proxy_authen)(feed_u8(f) % 8u);
	proxy->authen_id = feed_u8(f);
	proxy->authen_name = feed_text(f);
	proxy->authen_challenge = feed_text(f);
	proxy->authen_response = feed_text(f);
}

static struct l2tp_call_info feed_call(struct feed *f)
{
	enum { NUMBERS = 1, GROUP = 2, LCP = 4, PROXY = 8, WISHES = 16, SEQUENCING = 32, TYPES = 64, CHANNEL = 128 };
	struct l2tp_call_info info = { .framing_type = L2TP_FRAMING_SYNC,
				       .bearer_type = L2TP_BEARER_DIGITAL,
				       .maximum_bps = 64000,
				       .tx_connect_speed = 64000 };
	uint8_t what = feed_u8(f);

	if (what & NUMBERS)
		info.calling_number = info.called_number = info.sub_address = feed_text(f);
	if (what & GROUP)
		info.private_group_id = feed_text(f);
	if (what & LCP) {
		info.proxy.initial_received_confreq = feed_text(f);
		info.proxy.last_sent_confreq = feed_text(f);
		info.proxy.last_received_confreq = feed_text(f);
	}
	if (what & PROXY)
		feed_proxy(f, &info.proxy);
	if (what & WISHES)
		info.lcp = (struct l2tp_lcp_wishes){ .want = feed_text(f),
						     .allow = feed_text(f),
						     .required = feed_u8(f) & 1 };
	info.sequencing_required = what & SEQUENCING;
	if (what & TYPES) {
		info.framing_type = feed_u8(f) & 7;
		info.bearer_type = feed_u8(f) & 7;
		info.tx_connect_speed = info.rx_connect_speed = feed_u8(f);
	}
	if (what & CHANNEL)
		info.physical_channel_id = info.call_serial_number = 7;
	return info;
}

static const struct l2tp_reason *feed_reason(struct play *p, struct l2tp_reason *reason)
{
	uint8_t what = feed_u8(&p->feed);

	*reason = (struct l2tp_reason){ .result = what & 15, .error = what >> 4, .text = "closed" };
	if (p->how & 1) {
		reason->disconnect = (struct l2tp_disconnect){ .said = true,
							       .code = feed_u8(&p->feed) % 24,
							       .direction = feed_u8(&p->feed) % 4,
							       .protocol = feed_u16(&p->feed),
							       .text = "down" };
		reason->q931 = (struct l2tp_q931){ .said = true, .cause = 16, .message = 1 };
	}
	return what ? reason : NULL;
}

/* ---- A message of a peer ---------------------------------------------------------------------------------------- */

enum say {
	SAY_OPTIONAL = 1, /* with optional AVPs: a mask follows */
	SAY_VALUES = 2,	  /* with other values */
	SAY_ASTRAY = 4,	  /* another Ns, Nr, session, sender */
	SAY_MUTATED = 8,  /* an octet of the body is another */
	SAY_HIDDEN = 16,
	SAY_WRONG = 32,	    /* a response that is not the right one */
	SAY_ANEW = 64,	    /* a tunnel or a call from the beginning, maybe with an id that was used already */
	SAY_APPENDED = 128, /* with octets behind it */
};
enum {
	HOW_CALL = 3, /* which */
	HOW_SAME_ID = 4,
	HOW_LATE = 8, /* held back, to be delivered by step_again() */
	HOW_TUNNEL_0 = 16,
	HOW_REFLECTED = 32, /* with the challenge that the engine has sent to the first peer */
};

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
	m->ppp_disconnect_cause = (struct ppp_disconnect){ n & 0xff, n, n >> 8 & 3, text };
	m->protocol_version = n >> 8 ? n : m->protocol_version;
	m->assigned_tunnel_id = m->assigned_session_id = m->receive_window_size = m->control_ds = m->session_ds = n;
	m->framing_capabilities = m->bearer_capabilities = m->framing_type = m->bearer_type = n;
	m->proxy_authen_type = n % 8;
	m->tie_breaker = (uint64_t)n << 48;
	m->call_serial_number = m->tx_connect_speed = m->rx_connect_speed = m->physical_channel_id = n;
	m->host_name = m->vendor_name = m->challenge = m->private_group_id = text;
	m->called_number = m->calling_number = m->sub_address = text;
	m->initial_received_lcp_confreq = m->last_sent_lcp_confreq = m->last_received_lcp_confreq = text;
	m->proxy_authen_name = m->proxy_authen_challenge = m->proxy_authen_response = text;
	m->lcp_want_options = m->lcp_allow_options = text;
	m->lns_last_sent_lcp_confreq = m->lns_last_received_lcp_confreq = text;
	m->accm = (struct accm){ n, n };
}

static struct l2tp_span encode(struct play *p, enum cm_type type, uint8_t flags, struct rig_call *call, uint8_t *out)
{
	struct msg_encoder e = { .secret = rig_secret, .hide = flags & SAY_HIDDEN };
	struct writer w = writer_of(out, DATAGRAM_MAX - WIRE_CONTROL_HEADER - UINT8_MAX);
	struct msg m = peer_msg(p->peer, type, call);
	const struct rig_peer *first = &p->rig->peers[0];
	uint8_t response[DIGEST_LEN];

	if (flags & SAY_OPTIONAL)
		add_optional(&m, feed_u16(&p->feed));
	if (flags & SAY_VALUES)
		set_values(&m, &p->feed);
	if (p->how & HOW_REFLECTED && first->challenge_len)
		m.challenge = (struct l2tp_span){ first->challenge, first->challenge_len };
	peer_respond(p->peer, &m, flags & SAY_WRONG, response);
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
	peer->n_due = 0;
}

static const struct rig_peer *lead_astray(struct play *p, struct wire_header *h)
{
	h->ns = (uint16_t)(h->ns + (int8_t)feed_u8(&p->feed));
	h->nr = (uint16_t)(h->nr + (int8_t)feed_u8(&p->feed));
	h->session_id ^= feed_u8(&p->feed);
	return &p->rig->peers[feed_u8(&p->feed) % RIG_PEERS];
}

static void deliver(struct play *p, const struct rig_peer *from, const struct datagram *d)
{
	rig_input(p->rig, from, (struct l2tp_span){ d->data, d->len });
}

static struct datagram *make_datagram(struct play *p, const struct rig_peer *from, const struct wire_header *h)
{
	struct datagram *d = &p->recent[p->made++ % RECENT];

	d->len = wire_control(h, d->data, sizeof(d->data));
	d->from = from;
	return d;
}

static void spoil(struct play *p, uint8_t flags, uint8_t *data, struct l2tp_span *body)
{
	if (flags & SAY_MUTATED && body->len) {
		uint16_t at = feed_u16(&p->feed);
		data[at % body->len] ^= feed_u8(&p->feed);
	}
	if (flags & SAY_APPENDED) {
		struct l2tp_span tail = feed_bytes(&p->feed, feed_u8(&p->feed));
		memcpy(data + body->len, tail.data, tail.len);
		body->len += tail.len;
	}
}

static void step_say(struct play *p)
{
	static const enum cm_type types[] = { CM_SCCRQ, CM_SCCRP, CM_SCCCN, CM_STOPCCN, CM_HELLO, CM_ICRQ, CM_ICRP,
					      CM_ICCN,	CM_CDN,	  CM_OCRQ,  CM_OCRP,	CM_OCCN,  CM_WEN,  CM_SLI };
	enum cm_type type = types[feed_u8(&p->feed) % (sizeof(types) / sizeof(types[0]))];
	uint8_t flags = feed_u8(&p->feed), data[DATAGRAM_MAX];
	struct rig_call *call = &p->peer->calls[p->how & HOW_CALL];
	const struct rig_peer *from = p->peer;
	const struct datagram *d;
	struct l2tp_span body;
	struct wire_header h;

	peer_take_call(p->peer, call, type, flags & SAY_ANEW);
	if (flags & SAY_ANEW && !is_first_of_call(type))
		forget(p->peer, p->how & HOW_SAME_ID);
	body = encode(p, type, flags, call, data);
	spoil(p, flags, data, &body);
	h = peer_header(p->peer, type, call);
	h.body = body;
	if (p->how & HOW_TUNNEL_0)
		h.tunnel_id = 0;
	if (flags & SAY_ASTRAY)
		from = lead_astray(p, &h);
	else if (h.body.len)
		p->peer->ns++;
	d = make_datagram(p, from, &h);
	if (!(p->how & HOW_LATE))
		deliver(p, from, d);
	p->peer->asked = (struct l2tp_span){ 0 };
}

/* ---- Other datagrams -------------------------------------------------------------------------------------------- */

static void step_raw(struct play *p)
{
	struct l2tp_span s = feed_bytes(&p->feed, p->how == 3 ? feed_u16(&p->feed) : feed_u8(&p->feed));

	rig_input(p->rig, p->peer, s);
}

/* A body that the input spells, in a header that is right. */
static void step_body(struct play *p)
{
	struct wire_header h = peer_header(p->peer, CM_CDN, &p->peer->calls[p->how & HOW_CALL]);

	h.body = feed_bytes(&p->feed, feed_u8(&p->feed));
	p->peer->ns = (uint16_t)(p->peer->ns + (h.body.len > 0));
	deliver(p, p->peer, make_datagram(p, p->peer, &h));
}

/* One of the last ones, for the first time or again; as it was, or from this peer's address. */
static void step_again(struct play *p)
{
	size_t back = 1 + p->how % RECENT;
	const struct datagram *d;

	if (back > p->made)
		return;
	d = &p->recent[(p->made - back) % RECENT];
	deliver(p, p->how & 32 ? p->peer : d->from, d);
}

static void step_acknowledge(struct play *p)
{
	rig_acknowledge(p->rig, p->peer);
}

/* ---- Time, operations -------------------------------------------------------------------------------------------- */

static void step_pass(struct play *p)
{
	static const usec_t units[] = { USEC_PER_MSEC, 100 * USEC_PER_MSEC, USEC_PER_SEC, 10 * USEC_PER_SEC };

	rig_pass(p->rig, units[p->how & 3] * (feed_u8(&p->feed) % 64));
}

/* As a timer that is late: nothing between now and then is ticked. */
static void step_late(struct play *p)
{
	usec_t due = l2tp_deadline(p->rig->l);

	if (due != USEC_NEVER && due > p->rig->now)
		p->rig->now = due;
	p->rig->now += p->how * USEC_PER_SEC;
	rig_tick(p->rig);
}

static void step_answer(struct play *p)
{
	static const int errors[] = { 0, 0, -EIO, -ENOMEM };

	rig_answer(p->rig, feed_u8(&p->feed), errors[p->how & 3]);
}

static void step_data(struct play *p)
{
	p->rig->data_flows = p->how & 1;
	if (p->how & 2)
		l2tp_data_seen(p->rig->l, p->rig->tunnels[feed_u8(&p->feed) % RIG_IDS].tunnel_id, p->rig->now);
	rig_settle(p->rig);
}

static void step_no_memory(struct play *p)
{
	memory_fail_at(1 + p->how);
}

static void step_admission(struct play *p)
{
	p->rig->admission = p->how % ADMISSIONS;
}

/* Luck as bad as can be: all zeros, or few different numbers. */
static void step_random(struct play *p)
{
	p->rig->luck = p->how % LUCKS;
}

/* A peer that acknowledges nothing from here on, or everything again. */
static void step_freeze(struct play *p)
{
	p->peer->frozen = p->how & 1;
	p->peer->frozen_nr = p->peer->nr;
}

/* Many calls at once. */
static void step_calls(struct play *p)
{
	struct rig_call *call = &p->peer->calls[0];
	uint8_t data[DATAGRAM_MAX];
	struct wire_header h;
	struct l2tp_span body;

	for (int i = 0; i < p->how; i++) {
		peer_take_call(p->peer, call, CM_ICRQ, false);
		body = encode(p, CM_ICRQ, 0, call, data);
		h = peer_header(p->peer, CM_ICRQ, call);
		h.body = body;
		p->peer->ns++;
		deliver(p, p->peer, make_datagram(p, p->peer, &h));
	}
}

/* The world does not look at its operations for a while. */
static void step_lag(struct play *p)
{
	p->rig->lag = p->how;
}

/* ---- Requests ---------------------------------------------------------------------------------------------------- */

enum { ERRORS_MAX = 7 };

/* Is it one of the errors that l2tp.h names for this request? */
static void must_be(int err, const int errors[ERRORS_MAX])
{
	for (int i = 0; i < ERRORS_MAX && err; i++)
		if (errors[i] == err)
			return;
	must(err == 0, "the door tells why it fails");
}

static struct rig_id choose_tunnel(struct play *p)
{
	return p->rig->tunnels[feed_u8(&p->feed) % RIG_IDS];
}

static struct rig_id choose_session(struct play *p)
{
	return p->rig->sessions[feed_u8(&p->feed) % RIG_IDS];
}

/* Settings that no engine can work with: a field filled with one octet. */
static void spoil_params(struct l2tp_params *params, uint8_t which)
{
#define FIELD(name) offsetof(struct l2tp_params, name), sizeof(params->name)
	static const struct {
		size_t at, size;
		uint8_t octet;
	} rows[] = {
		{ FIELD(host_name), 0 },	  { FIELD(host_name), 'x' },	    { FIELD(vendor_name), 'x' },
		{ FIELD(secret_len), 1 },	  { FIELD(receive_window), 0 },	    { FIELD(receive_window), 0xff },
		{ FIELD(retransmit_initial), 0 }, { FIELD(retransmit_initial), 1 }, { FIELD(retransmit_cap), 0 },
		{ FIELD(retransmit_cap), 1 },	  { FIELD(retransmit_max), 0 },	    { FIELD(hello_interval), 0 },
		{ FIELD(hello_interval), 1 },	  { FIELD(setup_timeout), 0 },	    { FIELD(setup_timeout), 1 },
		{ FIELD(idle_timeout), 1 },	  { FIELD(sessions_max), 0 },	    { FIELD(control_phb), 1 },
		{ FIELD(session_phb), 1 },
	};
#undef FIELD
	const size_t n = sizeof(rows) / sizeof(rows[0]);

	if (which < n) {
		memset((uint8_t *)params + rows[which].at, rows[which].octet, rows[which].size);
	} else if (which == n) {
		params->secret_len = 0;
		params->challenge = true;
	} else if (which == n + 1) {
		params->secret_len = 0;
		params->challenge = false;
		params->hide_avps = true;
	} else if (which == n + 2) {
		params->lac = true;
		params->bearer_capabilities = 0;
	} else {
		params->retransmit_initial = params->retransmit_cap + 1;
	}
}

static void step_open(struct play *p)
{
	struct l2tp_params params = p->rig->setup.params;
	struct l2tp_addr to = p->peer->addr;
	uint32_t id;
	int err;

	if (p->how & 1)
		spoil_params(&params, p->how >> 1);
	if (p->how == 2)
		to.family = 0;
	if (p->how == 4)
		to.port = 0;
	rig_dials(p->peer);
	err = l2tp_open(p->rig->l, &params, &p->peer->local, &to, p->rig->now, &id);
	must_be(err, (const int[ERRORS_MAX]){ -EINVAL, -EMFILE, -ENOMEM, -ESHUTDOWN });
	must(!(p->how & 1) || err, "such settings are refused");
	if (err == 0)
		rig_born(p->rig, id, 0);
	rig_settle(p->rig);
}

static void step_call(struct play *p)
{
	struct rig_id at = choose_tunnel(p);
	const struct l2tp_call_info info = feed_call(&p->feed);
	const bool out = p->how & 1;
	uint32_t id;
	int err = (out ? l2tp_call_out : l2tp_call)(p->rig->l, at.tunnel_id, &info, 1, p->rig->now, &id);

	must_be(err, (const int[ERRORS_MAX]){ -EINVAL, -ENOENT, -ESHUTDOWN, -EMFILE, -ENOSPC, -ENOMEM,
					      out ? -EOPNOTSUPP : 0 });
	if (err == 0)
		rig_born(p->rig, at.tunnel_id, id);
	rig_settle(p->rig);
}

static void step_probe(struct play *p)
{
	int err = l2tp_probe(p->rig->l, choose_tunnel(p).tunnel_id, p->rig->now);

	must_be(err, (const int[ERRORS_MAX]){ -ENOENT, -ENOTCONN });
	rig_settle(p->rig);
}

static void step_set_call_info(struct play *p)
{
	struct rig_id at = choose_session(p);
	const struct l2tp_call_info info = feed_call(&p->feed);
	int err = l2tp_set_call_info(p->rig->l, at.tunnel_id, at.session_id, &info, p->rig->now);

	must_be(err, (const int[ERRORS_MAX]){ -ENOENT, -EINVAL, -EALREADY, -ENOMEM });
	rig_settle(p->rig);
}

static void step_set_link_info(struct play *p)
{
	struct rig_id at = choose_session(p);
	const struct l2tp_link_info link = { .send_accm = 0,
					     .receive_accm = 0xffff,
					     .last_sent_confreq = feed_text(&p->feed),
					     .last_received_confreq = feed_text(&p->feed) };
	int err = l2tp_set_link_info(p->rig->l, at.tunnel_id, at.session_id, &link, p->rig->now);

	must_be(err, (const int[ERRORS_MAX]){ -ENOENT, -EINVAL, -ENOTCONN });
	rig_settle(p->rig);
}

static void step_report_errors(struct play *p)
{
	struct rig_id at = choose_session(p);
	const struct l2tp_call_errors errors = { .crc = p->how, .timeout = 1 };
	int err = l2tp_report_errors(p->rig->l, at.tunnel_id, at.session_id, &errors, p->rig->now);

	must_be(err, (const int[ERRORS_MAX]){ -ENOENT, -EINVAL, -ENOTCONN });
	rig_settle(p->rig);
}

static void step_close_tunnel(struct play *p)
{
	struct rig_id at = choose_tunnel(p);
	struct l2tp_reason reason;

	must_be(l2tp_close_tunnel(p->rig->l, at.tunnel_id, feed_reason(p, &reason), p->rig->now),
		(const int[ERRORS_MAX]){ -ENOENT });
	rig_settle(p->rig);
}

static void step_close_session(struct play *p)
{
	struct rig_id at = choose_session(p);
	struct l2tp_reason reason;

	must_be(l2tp_close_session(p->rig->l, at.tunnel_id, at.session_id, feed_reason(p, &reason), p->rig->now),
		(const int[ERRORS_MAX]){ -ENOENT });
	rig_settle(p->rig);
}

/* Once is enough: then nothing is opened any more. */
static void step_shutdown(struct play *p)
{
	struct l2tp_reason reason;

	if (p->how != 63)
		return;
	l2tp_shutdown(p->rig->l, feed_reason(p, &reason), p->rig->now);
	rig_settle(p->rig);
}

/* How many there may be, of all that is limited; one of them may be impossible. */
static void step_set_limits(struct play *p)
{
	static const uint32_t numbers[] = { 1, 2, 3, 4, 8, 500, 0, 70000 };
	struct l2tp_limits limits = p->rig->setup.limits;
	uint32_t *const fields[] = { &limits.tunnels,
				     &limits.sessions,
				     &limits.sessions_per_tunnel,
				     &limits.half_open,
				     &limits.half_open_per_source,
				     &limits.sccrq_per_second,
				     &limits.sccrq_per_second_per_source,
				     &limits.errors_per_second,
				     &limits.errors_per_second_per_source };
	int err;

	*fields[feed_u8(&p->feed) % (sizeof(fields) / sizeof(fields[0]))] = numbers[p->how & 7];
	limits.refusal =
		p->how & 8 ? (struct l2tp_refusal){ RC_STOPCCN_GENERAL, EC_TRY_ANOTHER } : (struct l2tp_refusal){ 0 };
	err = l2tp_set_limits(p->rig->l, &limits);
	must_be(err, (const int[ERRORS_MAX]){ -EINVAL });
	must(err || (p->how & 7) != 6, "no limit can be 0");
	if (err == 0)
		p->rig->setup.limits = limits;
}

/* Calls are decided upon late. */
static void step_think(struct play *p)
{
	p->rig->thinks = p->how & 1;
}

/* What is answered for nothing, or for something that was not asked, changes nothing. */
static void step_stray_answer(struct play *p)
{
	struct rig_id at = p->how & 1 ? choose_tunnel(p) : choose_session(p);

	for (size_t i = 0; i < p->rig->n_pending; i++)
		if (memcmp(&p->rig->pending[i], &at, sizeof(at)) == 0)
			return;
	l2tp_op_done(p->rig->l, p->how & 2 ? 0 : at.tunnel_id, at.session_id ? at.session_id ^ (p->how & 4) : 0,
		     p->how & 8 ? -EIO : 0, p->how & 8 ? "in vain" : NULL, p->rig->now);
	must(l2tp_decide(p->rig->l, at.tunnel_id, at.session_id, &(struct l2tp_decision){ .accept = p->how & 8 },
			 p->rig->now) == -ENOENT, "nothing is to be decided");
	rig_settle(p->rig);
}

static void step_walk(struct play *p)
{
	if (p->how & 2)
		walk_all(p->rig);
	walk_on(p->rig, p->how & 1, p->how >> 2);
}

/* ---- The input -------------------------------------------------------------------------------------------------- */

/* How we behave towards the next peer, from three octets. */
static void profile(struct feed *f, struct l2tp_params *params)
{
	static const uint16_t windows[] = { 1, 4, 16, 1024 };
	uint8_t a = feed_u8(f), b = feed_u8(f), c = feed_u8(f);

	l2tp_params_init(params);
	memcpy(params->host_name, "engine", sizeof("engine"));
	memset(params->vendor_name, 'v',
	       a & 1 ? sizeof(params->vendor_name) - 1 : 0); /* long: so is what is repeated */
	if (a & 2)
		memcpy(params->secret, rig_secret.data, params->secret_len = rig_secret.len);
	params->challenge = a & 2 && a & 4;
	params->hide_avps = a & 2 && a & 8;
	params->strict = a & 16;
	params->ignore_unknown_mandatory = a & 32;
	params->accept_tunnel_id_0 = a & 64;
	params->proxy_authentication = a & 128;
	params->lns = !(b & 1);
	params->lac = b & 2;
	params->bearer_capabilities = b & 2 ? L2TP_BEARER_DIGITAL : 0;
	params->framing_capabilities = b & 4 ? L2TP_FRAMING_SYNC : params->framing_capabilities;
	params->control_phb = b & 8 ? RIG_PHB : L2TP_PHB_NONE;
	params->session_phb = b & 16 ? RIG_PHB : L2TP_PHB_NONE;
	params->phb_required = b & 32;
	params->sessions_max = b & 64 ? 1 : params->sessions_max;
	params->call_refusal.result = b & 128 ? RC_CDN_BUSY : 0;
	params->receive_window = windows[c & 3];
	params->hello_interval = c & 4 ? USEC_NEVER : 60 * USEC_PER_SEC;
	params->idle_timeout = c & 8 ? 10 * USEC_PER_SEC : USEC_NEVER;
	params->setup_timeout = c & 16 ? 3 * USEC_PER_SEC : params->setup_timeout;
	params->retransmit_max = c & 32 ? 1 : params->retransmit_max;
	params->retransmit_cap = c & 64 ? 2 * USEC_PER_SEC : params->retransmit_cap;
}

static void step_profile(struct play *p)
{
	profile(&p->feed, &p->rig->setup.params);
}

/* An engine that cannot be. */
static void step_no_engine(struct play *p)
{
	const struct rig_setup *setup = &p->rig->setup;
	struct l2tp_env env = { .ctx = p->rig, .limits = setup->limits };
	struct l2tp *l;

	must(l2tp_new(&env, &l) == -EINVAL, "an engine needs its world");
	l2tp_free(NULL);
}

/* A new one takes the place of a step_say() at the end, so that the corpus stays what it is. */
static void step(struct play *p)
{
	static void (*const steps[32])(struct play * p) = {
		step_say,	    step_raw,	       step_body,	   step_again,	       step_acknowledge,
		step_pass,	    step_late,	       step_answer,	   step_data,	       step_no_memory,
		step_admission,	    step_open,	       step_call,	   step_set_call_info, step_set_link_info,
		step_report_errors, step_close_tunnel, step_close_session, step_shutdown,      step_set_limits,
		step_stray_answer,  step_walk,	       step_profile,	   step_no_engine,     step_random,
		step_lag,	    step_probe,	       step_freeze,	   step_calls,	       step_think,
		step_say,	    step_say,
	};
	uint8_t what = feed_u8(&p->feed), who = feed_u8(&p->feed);

	p->peer = &p->rig->peers[who & 3];
	p->how = who >> 2;
	steps[what % 32](p);
}

static bool read_setup(struct feed *f, struct rig_setup *s)
{
	uint8_t a = feed_u8(f), b = feed_u8(f);

	*s = (struct rig_setup){ .auto_answer = a & 1, .auto_acknowledge = a & 2, .auto_reply = a & 4 };
	profile(f, &s->params);
	l2tp_limits_init(&s->limits);
	s->limits.tunnels = b & 1 ? 2 : 8;
	s->limits.sessions = b & 2 ? 2 : 16;
	s->limits.sessions_per_tunnel = b & 4 ? 1 : 8;
	s->limits.half_open = b & 8 ? 1 : 4;
	s->limits.half_open_per_source = b & 16 ? 1 : 3;
	s->limits.sccrq_per_second_per_source = b & 32 ? 1 : 4;
	s->limits.errors_per_second_per_source = b & 64 ? 1 : 4;
	s->limits.tunnels_per_source = b & 128 ? 2 : 1000;
	s->limits.sessions_per_source = b & 128 ? 2 : 0;
	return a & 8;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rig rig; /* what it needs, rig_begin() sets: it is large */
	struct play p;
	struct rig_setup setup;
	bool abrupt;

	p.rig = &rig;
	p.feed = (struct feed){ data, data + size };
	p.made = 0;
	abrupt = read_setup(&p.feed, &setup);
	rig_begin(&rig, &setup);
	for (int i = 0; i < STEPS_MAX && !feed_over(&p.feed); i++)
		step(&p);
	rig_end(&rig, !abrupt);
	return 0;
}
