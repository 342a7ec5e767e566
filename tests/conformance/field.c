/* SPDX-License-Identifier: MIT */
/*
 * field: how other people's L2TP behaves, replayed to the engine, with our rule as the expectation.
 *
 * One row per habit of a peer.  What it sends are octets built from the description of the habit, AVP by AVP; where
 * they do not matter, the helpers of engine_world.h speak for it.  A peer that is odd must be served as if it were not,
 * and one that is broken must not take anything else with it.
 */
#include "engine_world.h"
#include "lib/l2tp/digest.h"

#include <check.h>

#define SEC USEC_PER_SEC
#define MSEC USEC_PER_MSEC
#define MINUTE (60 * SEC)
#define HEX_MAX 1024 /* octets */

/* ---- Octets -------------------------------------------------------------------------------------------------- */

#define TYPE(hex) "8008 0000 0000 00" hex
#define IS_SCCRQ TYPE("01")
#define IS_SCCRP TYPE("02")
#define IS_SCCCN TYPE("03")
#define IS_STOPCCN TYPE("04")
#define IS_ICRQ TYPE("0a")
#define IS_ICRP TYPE("0b")
#define IS_ICCN TYPE("0c")
#define IS_CDN TYPE("0e")
#define VERSION "8008 0000 0002 0100"
#define FRAMING_CAPABILITIES "800a 0000 0003 00000003"
#define BEARER_CAPABILITIES "800a 0000 0004 00000000"
#define FIRMWARE "0008 0000 0006 0500"
#define HOST "800a 0000 0007 70656572"         /* peer */
#define VENDOR "000f 0000 0008 4d6963726f736f6674" /* Microsoft */
#define TUNNEL_ID "8008 0000 0009 0001"
#define WINDOW "8008 0000 000a 0008"
#define SESSION_ID "8008 0000 000e 0001"
#define SERIAL "800a 0000 000f 00000000"
#define BEARER_TYPE "800a 0000 0012 00000002"
#define SPEED "800a 0000 0018 05f5e100"
#define FRAMING_TYPE "800a 0000 0013 00000001"
#define IDENTITY VERSION FRAMING_CAPABILITIES HOST TUNNEL_ID WINDOW
#define MICROSOFT_GUID "0016 0137 0001 00112233445566778899aabbccddeeff"
#define UNKNOWN_MANDATORY "800a 1234 0007 01020304"

static struct world w;
static struct peer p, q;
static const char *row_name;
static const struct l2tp_span secret = { (const uint8_t *)"secret", 6 };

#define expect(what) ck_assert_msg(what, "%s: not so: %s", row_name, #what)

static void expect_text(const char *is, const char *wanted)
{
	ck_assert_msg(strcmp(is, wanted) == 0, "%s: %s instead of %s", row_name, is, wanted);
}

static size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned octet;

	for (; *hex; hex += 2) {
		while (*hex == ' ')
			hex++;
		if (!*hex)
			break;
		if (n == HEX_MAX || sscanf(hex, "%2x", &octet) != 1)
			ck_abort_msg("%s: bad octets: %s", row_name, hex);
		out[n++] = (uint8_t)octet;
	}
	return n;
}

static void send_hex(struct peer *from, const char *hex, uint16_t session_id)
{
	uint8_t body[HEX_MAX];
	size_t len = unhex(hex, body);

	peer_send_body(from, (struct l2tp_span){ body, len }, session_id);
}

/* ---- The world of a row -------------------------------------------------------------------------------------- */

static void begin(void (*settings)(struct l2tp_params *params))
{
	world_init(&w);
	if (settings)
		settings(&w.params);
	world_start(&w);
	peer_init(&p, &w, 9);
	p.id = p.session_id = 1; /* counted from boot */
}

/* Nothing may be left, whatever the peer was like. */
static void finish(void)
{
	w.hold = false;
	l2tp_shutdown(w.l, NULL, w.now);
	world_forget(&w);
	world_pass(&w, 200 * SEC);
	expect(l2tp_idle(w.l));
	expect(world_stats(&w).tunnels == 0 && world_stats(&w).sessions == 0);
	expect(world_stats(&w).tunnels_established == 0 && world_stats(&w).sessions_established == 0);
	expect(watch_alive(&w.watch) == 0);
	world_end(&w);
}

static void expect_said(const char *said)
{
	char buf[512];

	expect_text(world_said(&w, buf, sizeof(buf)), said);
	world_forget(&w);
}

static void expect_tunnel(const struct peer *peer, const char *state)
{
	expect_text(world_tunnel_state(&w, peer->engine_id), state);
}

static void expect_call(const struct peer *peer, const char *state)
{
	expect_text(world_session_state(&w, peer->engine_id, peer->engine_session_id), state);
}

static void expect_result(enum cm_type type, unsigned result, unsigned error)
{
	const struct sent *s = world_sent(&w, type);

	ck_assert_msg(s != NULL, "%s: no %s", row_name, l2tp_message_name((uint16_t)type));
	expect(s->msg.result_code.result == result);
	expect((s->msg.result_code.has_error ? s->msg.result_code.error : 0u) == error);
}

static uint32_t place_call(const struct l2tp_call_info *info)
{
	uint32_t id = 0;

	expect(l2tp_call(w.l, p.engine_id, info, 0, w.now, &id) == 0);
	world_drain(&w);
	return id;
}

/* The engine dials and the peer answers with these AVPs. */
static void dial(const char *sccrp)
{
	p.engine_id = (uint16_t)engine_dial(&p);
	send_hex(&p, sccrp, 0);
	world_pass(&w, 100 * MSEC);
	expect_tunnel(&p, "established");
}

/* ---- Settings ------------------------------------------------------------------------------------------------ */

static void strict(struct l2tp_params *params)
{
	params->strict = true;
}

static void hello_off(struct l2tp_params *params)
{
	params->hello_interval = USEC_NEVER;
}

static void with_secret(struct l2tp_params *params)
{
	memcpy(params->secret, secret.data, secret.len);
	params->secret_len = secret.len;
}

static void challenging(struct l2tp_params *params)
{
	with_secret(params);
	params->challenge = true;
}

static void ignoring(struct l2tp_params *params)
{
	params->ignore_unknown_mandatory = true;
}

static void accepting_0(struct l2tp_params *params)
{
	params->accept_tunnel_id_0 = true;
}

static void closing_idle(struct l2tp_params *params)
{
	params->idle_timeout = 10 * SEC;
}

static void one_session(struct l2tp_params *params)
{
	params->sessions_max = 1;
}

static void with_vendor_name(struct l2tp_params *params)
{
	strcpy(params->vendor_name, "vendor");
}

/* ---- Who is who: addresses, ports, ids ----------------------------------------------------------------------- */

static void again(void)
{
	uint16_t id = 0;

	for (int i = 0; i < 5; i++) {
		p.engine_id = p.ns = p.nr = p.told = 0;
		world_pass(&w, SEC);
		send_hex(&p, IS_SCCRQ IDENTITY FIRMWARE VENDOR, 0);
		id = id ? id : p.engine_id;
	}
	expect(world_stats(&w).tunnels == 1);
	p.engine_id = id;
	p.nr = 1;
}

static void behind_one_nat(void)
{
	peer_init(&q, &w, 9);
	q.id = q.session_id = p.id;
	p.addr.port = 40001;
	q.addr.port = 40002;
	peer_open(&p);
	peer_open(&q);
	peer_call(&p);
	peer_call(&q);
	expect(p.engine_id != q.engine_id);
	peer_say(&p, CM_CDN);
	expect_call(&p, "gone");
	expect_call(&q, "established");
	peer_say(&p, CM_STOPCCN);
	expect_tunnel(&p, "linger");
	expect_tunnel(&q, "established");
}

static void any_source_port(void)
{
	static struct peer lacs[9];

	for (unsigned i = 0; i < 9; i++) {
		peer_init(&lacs[i], &w, 7);
		lacs[i].addr.port = (uint16_t)(13660 + i);
		lacs[i].id = 1;
		peer_open(&lacs[i]);
		peer_call(&lacs[i]);
	}
	expect(world_stats(&w).tunnels_established == 9 && world_stats(&w).sessions_established == 9);
	expect(world_sent(&w, CM_ICRP)->peer.port == 13668);
}

static void port_changes(void)
{
	p.engine_id = (uint16_t)engine_dial(&p);
	expect(!world_logged(&w, "TUNNEL_ADD")); /* a socket connected now would be deaf to the answer */
	p.addr.port = 50123;
	send_hex(&p, IS_SCCRP IDENTITY, 0);
	expect_tunnel(&p, "established");
	expect(world_sent(&w, CM_SCCCN)->peer.port == 50123);
	expect(w.last_add.type == L2TP_OP_TUNNEL_ADD && w.last_add.peer.port == 50123);
}

static void acknowledged(void) /* to the tunnel that the peer opened, whatever id it says now */
{
	world_pass(&w, 100 * MSEC);
	expect(w.n_sent && w.sent[w.n_sent - 1].header.tunnel_id == p.id);
	expect(w.sent[w.n_sent - 1].header.nr == p.ns);
}

static void another_port(void) /* not the peer, whoever it is, until it says SCCRQ */
{
	static const enum cm_type types[] = { CM_HELLO, CM_CDN, CM_STOPCCN };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		q = p;
		q.addr.port++;
		peer_say(&q, types[i]);
		world_pass(&w, 100 * MSEC);
		expect(w.n_sent == 0);
		expect_call(&p, "established");
	}
}

/* To tunnel 0, whatever we said; our id for the tests. */
static uint16_t forgetful_open(uint16_t id)
{
	uint16_t ours;

	p.engine_id = p.ns = p.nr = p.told = 0;
	p.id = id;
	peer_say(&p, CM_SCCRQ);
	ours = p.engine_id;
	p.engine_id = 0;
	peer_say(&p, CM_SCCCN);
	return ours;
}

static void forgets_our_id(void)
{
	uint16_t first, second;

	first = forgetful_open(5);
	expect_text(world_tunnel_state(&w, first), "established");
	q = p; /* the same words from another port are nobody's */
	q.addr.port = 1702;
	peer_say(&q, CM_STOPCCN);
	expect_text(world_tunnel_state(&w, first), "established");
	peer_say(&p, CM_ICRQ);
	peer_say(&p, CM_ICCN);
	expect_text(world_session_state(&w, first, p.engine_session_id), "established");
	second = forgetful_open(6); /* it was switched off and on */
	expect(second != first);
	expect_text(world_tunnel_state(&w, second), "established");
	world_pass(&w, 3 * MINUTE); /* of the first one it knows nothing */
	peer_say(&p, CM_HELLO);
	world_pass(&w, 100 * MSEC);
	expect_text(world_tunnel_state(&w, second), "established");
	peer_say(&p, CM_STOPCCN);
	expect_text(world_tunnel_state(&w, second), "linger");
	expect(w.traced_unknown == 3); /* both SCCRQs, and what came from another port: the rest is a tunnel's in a trace */
}

static void may_not_forget(void)
{
	uint16_t id = forgetful_open(5);

	expect_text(world_tunnel_state(&w, id), "wait-ctl-conn");
}

static void all_at_once(void)
{
	static struct peer boxes[60];

	for (unsigned i = 0; i < 60; i++) { /* some from one address, some from their own */
		peer_init(&boxes[i], &w, (uint8_t)(i < 30 ? 100 : 100 + i));
		boxes[i].addr.port = (uint16_t)(2000 + i);
		peer_say(&boxes[i], CM_SCCRQ);
	}
	for (unsigned i = 0; i < 60; i++)
		peer_say(&boxes[i], CM_SCCCN);
	for (unsigned i = 0; i < 60; i++)
		peer_call(&boxes[i]);
	expect(world_stats(&w).tunnels_established == 60 && world_stats(&w).sessions_established == 60);
}

static void rebooted(void) /* the same id, the same port, other words; and with the same words, if it insists */
{
	uint16_t old = p.engine_id;

	for (int i = 0; i < 2; i++) {
		p.engine_id = p.ns = p.nr = p.told = 0;
		p.deaf = true; /* to what is said to its former life */
		for (int n = 0; n < 8 && !p.engine_id; n++) {
			p.ns = p.nr = p.told = 0;
			send_hex(&p, IS_SCCRQ IDENTITY FIRMWARE, 0);
			if (!p.engine_id)
				world_pass(&w, SEC);
		}
		p.deaf = false;
		expect(p.engine_id && p.engine_id != old);
		p.ns = 1;
		peer_say(&p, CM_SCCCN);
		world_pass(&w, SEC);
		expect_text(world_tunnel_state(&w, old), "gone");
		expect(world_stats(&w).tunnels == 1 && world_stats(&w).sessions == 0);
		old = p.engine_id;
	}
}

/* ---- Life and death ------------------------------------------------------------------------------------------ */

static void vanishes(void)
{
	p.addr.port = 61234;
	peer_open(&p);
	peer_call(&p);
	p.deaf = true;
	world_forget(&w);
	world_pass(&w, 3 * MINUTE);
	expect(world_count(&w, CM_HELLO) == 6 && w.reason.origin == L2TP_BY_TIMEOUT);
	expect(world_logged(&w, "SESSION_DOWN") && world_logged(&w, "TUNNEL_GONE"));
	expect_said("HELLO"); /* nobody is there to be told */
	expect_tunnel(&p, "gone");
}

static void deaf_to_hello(void)
{
	p.deaf = true;
	world_pass(&w, MINUTE + SEC); /* the user pauses, and it is asked */
	expect_said("HELLO");
	w.data_flows = true;
	for (int i = 0; i < 60; i++) {
		world_pass(&w, MINUTE);
		expect_call(&p, "established");
		world_forget(&w);
	}
	w.data_flows = false;
	world_forget(&w);
	world_pass(&w, 10 * MINUTE); /* it is gone now, and found to be */
	expect_tunnel(&p, "gone");
}

static void not_asked(void)
{
	p.deaf = true;
	world_pass(&w, 24 * 60 * MINUTE);
	expect_said("");
	expect_call(&p, "established");
}

static void says_hello_often(void)
{
	for (int i = 0; i < 60; i++) {
		peer_say(&p, CM_HELLO);
		world_pass(&w, 8800 * MSEC);
		expect(w.n_sent && w.sent[w.n_sent - 1].header.nr == p.ns);
		expect_said(""); /* nor a HELLO of ours */
	}
	expect_tunnel(&p, "established");
}

static void leaves_the_tunnel(void)
{
	peer_say(&p, CM_CDN);
	world_pass(&w, 9 * SEC);
	expect_tunnel(&p, "established"); /* the next call may come */
	expect_said("");
	world_pass(&w, 2 * SEC);
	expect_result(CM_STOPCCN, RC_STOPCCN_CLEAR, EC_NONE);
}

static void opens_for_ever(void) /* one address, thousands of requests, not one completed */
{
	size_t refused = 0;
	struct msg m;

	for (unsigned i = 0; i < 2000; i++) {
		q = p;
		q.addr.port = (uint16_t)(2000 + i);
		m = peer_msg(&q, CM_SCCRQ);
		peer_send(&q, &m, 0);
		refused += world_count(&w, CM_STOPCCN);
		world_forget(&w);
	}
	expect(world_stats(&w).tunnels == w.env.limits.sccrq_per_second_per_source);
	expect(world_stats(&w).tunnels <= w.env.limits.half_open_per_source && refused == 0); /* nor an answer */
	for (unsigned s = 0; s < 200; s++) {
		world_pass(&w, SEC);
		world_forget(&w);
	}
	expect(world_stats(&w).tunnels == 0);
}

static void draining(void) /* at once, not after a second: no time passes here */
{
	peer_init(&q, &w, 10);
	l2tp_shutdown(w.l, NULL, w.now);
	world_drain(&w);
	expect_result(CM_STOPCCN, RC_STOPCCN_SHUTDOWN, EC_NONE);
	expect_said("StopCCN");
	for (int i = 0; i < 3; i++) {
		q.ns = q.nr = 0;
		peer_say(&q, CM_SCCRQ);
		expect_result(CM_STOPCCN, RC_STOPCCN_SHUTDOWN, EC_NONE);
		expect(world_sent(&w, CM_STOPCCN)->header.tunnel_id == q.id);
		world_forget(&w);
	}
}

static void one_call_too_many(void)
{
	p.session_id = 2;
	peer_say(&p, CM_ICRQ);
	expect(world_sent(&w, CM_CDN) && world_sent(&w, CM_CDN)->header.session_id == 2);
	expect_result(CM_CDN, RC_CDN_GENERAL, EC_RESOURCES);
	expect_said("CDN");
	expect_tunnel(&p, "established");
}

/* ---- Order, windows, acknowledgements ------------------------------------------------------------------------ */

/* A dialled tunnel whose window has grown to all that the peer takes. */
static void grow(const char *sccrp, uint16_t window)
{
	const struct l2tp_call_info info = { .tx_connect_speed = 1000 };
	struct l2tp_tunnel_info tunnel;

	dial(sccrp);
	for (int i = 0; i < 40; i++) {
		(void)place_call(&info);
		world_pass(&w, 100 * MSEC);
	}
	expect(l2tp_get_tunnel(w.l, p.engine_id, &tunnel) == 0);
	expect(tunnel.send_window == window && tunnel.congestion_window == window);
	p.deaf = true;
	world_forget(&w);
	for (int i = 0; i < 20; i++)
		(void)place_call(&info);
	expect(world_count(&w, CM_ICRQ) == window);
	world_forget(&w);
}

static void window_of_four(void)
{
	grow(IS_SCCRP VERSION FRAMING_CAPABILITIES HOST TUNNEL_ID "8008 0000 000a 0004", 4);
}

static void window_not_told(void)
{
	grow(IS_SCCRP VERSION FRAMING_CAPABILITIES HOST TUNNEL_ID, 4);
}

static void low_burst(void) /* it keeps nothing that comes early: a window sent again at once would be lost again */
{
	struct l2tp_tunnel_info tunnel;
	uint16_t ns;

	grow(IS_SCCRP IDENTITY, 8);
	p.nr = p.told = (uint16_t)(p.nr - 8); /* all eight were lost */
	ns = p.nr;
	world_pass(&w, 1100 * MSEC);
	expect(world_count(&w, CM_ICRQ) == 1 && world_sent(&w, CM_ICRQ)->header.ns == ns);
	p.deaf = false;
	for (int i = 0; i < 40; i++)
		world_pass(&w, 10 * MSEC);
	expect(l2tp_get_tunnel(w.l, p.engine_id, &tunnel) == 0);
	expect(tunnel.unacknowledged == 0 && tunnel.queued == 0);
	for (size_t i = 1; i < w.n_sent; i++)
		expect((uint16_t)(w.sent[i].header.ns - w.sent[i - 1].header.ns) <= 1);
}

static void out_of_order(void)
{
	peer_say(&p, CM_SCCRQ);
	p.ns = 2;
	send_hex(&p, IS_ICRQ SESSION_ID SERIAL, 0);
	p.ns = 1;
	expect_said("SCCRP");
	send_hex(&p, IS_SCCCN, 0);
	p.ns = 4;
	expect_said("ICRP");
	peer_say(&p, CM_HELLO);
	p.ns = 3;
	send_hex(&p, IS_ICCN SPEED FRAMING_TYPE, p.engine_session_id);
	p.ns = 5;
	world_pass(&w, 100 * MSEC);
	expect(w.n_sent == 1 && w.sent[0].header.nr == 5); /* one acknowledgement for both */
	expect_call(&p, "established");
}

static void storm(void)
{
	for (int i = 0; i < 100; i++)
		peer_zlb(&p);
	world_pass(&w, SEC);
	expect(w.n_sent == 0);
	for (int i = 0; i < 100; i++) { /* one that comes again and again, in a burst */
		p.ns = 4;
		peer_say(&p, CM_HELLO);
	}
	world_pass(&w, SEC);
	expect(w.n_sent <= 2);
	expect_call(&p, "established");
}

static void repeated_and_closed(void) /* ICRQ, ICRQ again, CDN, CDN again: what is counted must not drift */
{
	for (int i = 0; i < 40; i++) {
		uint16_t ns = p.ns;

		peer_say(&p, CM_ICRQ);
		p.ns = ns;
		peer_say(&p, CM_ICRQ);
		peer_say(&p, CM_CDN);
		p.ns--;
		peer_say(&p, CM_CDN);
		world_pass(&w, 100 * MSEC);
		world_forget(&w);
	}
	expect(world_stats(&w).sessions == 0 && world_stats(&w).sessions_established == 0);
	expect_tunnel(&p, "established");
}

/* ---- AVPs ---------------------------------------------------------------------------------------------------- */

static void random_padding(void) /* the original length in front of the value says where the padding begins */
{
	static const uint8_t vector[] = "0123456789abcdef";
	const struct l2tp_span span = { vector, 16 };
	char hex[1024] = IS_ICRQ "8016 0000 0024 30313233343536373839616263646566" "c038 0000 000e ";
	uint8_t value[50] = { 0, 2, 0x01, 0x41 };
	size_t at = strlen(hex);

	p.session_id = 0x0141;
	for (size_t i = 4; i < sizeof(value); i++)
		value[i] = (uint8_t)(i * 77 + 3);
	digest_hide(AVP_ASSIGNED_SESSION_ID, secret, span, value, sizeof(value));
	for (size_t i = 0; i < sizeof(value); i++, at += 2)
		snprintf(hex + at, sizeof(hex) - at, "%02x", value[i]);
	snprintf(hex + at, sizeof(hex) - at, SERIAL);
	send_hex(&p, hex, 0);
	expect(world_sent(&w, CM_ICRP) && world_sent(&w, CM_ICRP)->header.session_id == 0x0141);
	expect_said("ICRP");
}

static void long_strings(void)
{
	uint8_t number[300];
	struct l2tp_session_info session;
	struct l2tp_tunnel_info tunnel;
	struct msg m = peer_msg(&p, CM_SCCRQ);

	memset(number, '7', sizeof(number));
	m.host_name = m.vendor_name = (struct l2tp_span){ number, 250 };
	msg_set(&m, AVP_VENDOR_NAME);
	peer_send(&p, &m, 0);
	peer_say(&p, CM_SCCCN);
	m = peer_msg(&p, CM_ICRQ);
	m.calling_number = m.called_number = (struct l2tp_span){ number, sizeof(number) };
	msg_set(&m, AVP_CALLING_NUMBER);
	msg_set(&m, AVP_CALLED_NUMBER);
	peer_send(&p, &m, 0);
	peer_say(&p, CM_ICCN);
	expect_call(&p, "established");
	expect(l2tp_get_tunnel(w.l, p.engine_id, &tunnel) == 0 && tunnel.peer_host_name.len > 120);
	expect(l2tp_get_session(w.l, p.engine_id, p.engine_session_id, &session) == 0);
	expect(session.call->calling_number.len == 300 && session.call->called_number.len == 300);
}

/* The call has no number, no physical channel and no result: somebody else's AVPs of these types do not count. */
static void not_the_ietfs(void)
{
	struct l2tp_session_info session;

	expect(l2tp_get_session(w.l, p.engine_id, p.engine_session_id, &session) == 0);
	expect(session.call->calling_number.len == 0 && session.call->sub_address.len == 0);
	expect(session.call->physical_channel_id == 0);
	expect(p.session_id == 1 && world_sent(&w, CM_ICRP)->header.session_id == 1);
}

/* Every AVP of what has been sent; returns how many there were of one kind. */
static size_t scan(enum avp_id id, bool *ret_mandatory, bool *ret_hidden)
{
	size_t n = 0;

	*ret_mandatory = *ret_hidden = false;
	for (size_t i = 0; i < w.n_sent; i++) {
		struct reader r = reader_of(w.sent[i].header.body);
		struct avp a;

		while (avp_next(&r, &a)) {
			*ret_hidden |= a.hidden;
			n += avp_is(&a, id);
			*ret_mandatory |= avp_is(&a, id) && a.mandatory;
		}
	}
	return n;
}

static void our_call(uint32_t rx)
{
	const struct l2tp_call_info info = { .tx_connect_speed = 1000, .rx_connect_speed = rx, .physical_channel_id = 5 };

	(void)place_call(&info);
	send_hex(&p, IS_ICRP SESSION_ID, p.engine_session_id);
	world_pass(&w, 100 * MSEC);
	expect_call(&p, "established");
}

static void never_mandatory(void)
{
	static const struct {
		enum avp_id id;
		size_t least;
	} rows[] = { { AVP_VENDOR_NAME, 1 }, { AVP_RX_CONNECT_SPEED, 1 }, { AVP_PHYSICAL_CHANNEL_ID, 1 },
		     { AVP_FIRMWARE_REVISION, 0 } };
	bool mandatory, hidden;

	dial(IS_SCCRP IDENTITY);
	our_call(500);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect(scan(rows[i].id, &mandatory, &hidden) >= rows[i].least);
		expect(!mandatory);
	}
	expect(scan(AVP_TX_CONNECT_SPEED, &mandatory, &hidden) == 1 && mandatory); /* the scan can tell */
}

static void never_hidden(void)
{
	bool mandatory, hidden;

	dial(IS_SCCRP IDENTITY);
	our_call(0);
	(void)scan(AVP_MESSAGE_TYPE, &mandatory, &hidden);
	expect(!hidden && w.n_sent >= 4);
}

static void nothing_unasked(void)
{
	bool mandatory, hidden;

	dial(IS_SCCRP IDENTITY);
	our_call(0);
	expect(scan(AVP_RX_CONNECT_SPEED, &mandatory, &hidden) == 0);
	expect(scan(AVP_CALLING_NUMBER, &mandatory, &hidden) == 0);
	expect(scan(AVP_SEQUENCING_REQUIRED, &mandatory, &hidden) == 0);
}

static void equal_speeds(void)
{
	bool mandatory, hidden;

	dial(IS_SCCRP IDENTITY);
	our_call(1000);
	expect(scan(AVP_RX_CONNECT_SPEED, &mandatory, &hidden) == 1);
}

/* ---- Too early ----------------------------------------------------------------------------------------------- */

static void told_too_early(void)
{
	const struct l2tp_call_info info = { .tx_connect_speed = 1000 };
	uint8_t data[] = { 0x40, 2, 0, 12, 0, 0, 0, 0, 0xff, 3, 0xc0, 0x21 };

	dial(IS_SCCRP IDENTITY);
	(void)place_call(&info);
	w.hold = true; /* the data path takes its time */
	send_hex(&p, IS_ICRP SESSION_ID, p.engine_session_id);
	peer_say(&p, CM_SLI);
	peer_say(&p, CM_WEN);
	data[4] = (uint8_t)(p.engine_id >> 8);
	data[5] = (uint8_t)p.engine_id;
	data[6] = (uint8_t)(p.engine_session_id >> 8);
	data[7] = (uint8_t)p.engine_session_id;
	world_forget(&w);
	world_input(&w, &p.local, &p.addr, (struct l2tp_span){ data, sizeof(data) });
	expect(w.n_sent == 0);
	w.hold = false;
	world_answer(&w, L2TP_OP_SESSION_ADD, 0);
	expect_said("ICCN");
	peer_say(&p, CM_SLI);
	world_pass(&w, 100 * MSEC);
	expect_call(&p, "established");
	expect_said("");
}

static void path_first(void)
{
	w.hold = true;
	peer_say(&p, CM_ICRQ);
	world_pass(&w, 100 * MSEC);
	expect(world_logged(&w, "SESSION_ADD"));
	expect_said(""); /* LCP may come right behind our ICRP: it must find a session */
	w.hold = false;
	world_answer(&w, L2TP_OP_SESSION_ADD, 0);
	expect_said("ICRP");
}

/* ---- The table ----------------------------------------------------------------------------------------------- */

enum verb { DO_END, DO_OPEN, DO_CALL, DO_SAY, DO_BODY, DO_CALL_BODY, DO_SAID, DO_RESULT, DO_REASON,
	    DO_TUNNEL, DO_CALL_IS, DO_FN };

struct step {
	enum verb verb;
	enum cm_type type;
	unsigned result, error;
	const char *text;
	void (*fn)(void);
};

#define OPEN { .verb = DO_OPEN }
#define CALL { .verb = DO_CALL }
#define SAY(t) { .verb = DO_SAY, .type = CM_##t }
#define BODY(hex) { .verb = DO_BODY, .text = hex }
#define CALL_BODY(hex) { .verb = DO_CALL_BODY, .text = hex } /* to our session */
#define SAID(messages) { .verb = DO_SAID, .text = messages } /* by us, since last asked */
#define REFUSED(t, r, e) { .verb = DO_RESULT, .type = CM_##t, .result = RC_##r, .error = EC_##e }
#define REASON(r, e) { .verb = DO_REASON, .result = r, .error = e } /* of the last end, for the operator */
#define TUNNEL(state) { .verb = DO_TUNNEL, .text = state }
#define CALL_IS(state) { .verb = DO_CALL_IS, .text = state }
#define FN(f) { .verb = DO_FN, .fn = f }
#define SERVED TUNNEL("established"), CALL_IS("established")

static const struct row {
	const char *name;
	void (*settings)(struct l2tp_params *params);
	struct step steps[12];
} rows[] = {
	{ "Windows: no tunnel authentication, ICRQ with a GUID of vendor 311", NULL,
	  { BODY(IS_SCCRQ VERSION FRAMING_CAPABILITIES BEARER_CAPABILITIES FIRMWARE HOST VENDOR TUNNEL_ID WINDOW),
	    SAID("SCCRP"), BODY(IS_SCCCN), BODY(IS_ICRQ SESSION_ID SERIAL BEARER_TYPE MICROSOFT_GUID), SAID("ICRP"),
	    CALL_BODY(IS_ICCN SPEED FRAMING_TYPE "0008 0000 001d 0004"), SERVED } },
	{ "Windows: no tunnel authentication, though we could", with_secret, { OPEN, CALL, SERVED } },
	{ "Windows: no tunnel authentication where the profile demands it", challenging,
	  { SAY(SCCRQ), SAY(SCCCN), REFUSED(STOPCCN, STOPCCN_UNAUTHORIZED, NONE) } },
	{ "Windows XP: SCCRQ again and again from 1701", NULL, { FN(again), SAID("SCCRP"), SAY(SCCCN), CALL, SERVED } },
	{ "Windows: two hosts behind one NAT, tunnel 1 both", NULL, { FN(behind_one_nat) } },
	{ "Windows: rebooted, counts from 1 again", NULL, { OPEN, CALL, FN(rebooted) } },
	{ "Windows 2000: leaves the tunnel behind when the call is over", closing_idle,
	  { OPEN, CALL, FN(leaves_the_tunnel) } },
	{ "MSL2TP: StopCCN with an Assigned Tunnel ID that is not its own", NULL,
	  { OPEN, CALL, BODY(IS_STOPCCN "8008 0000 0009 4141" "800a 0000 0001 00010000"), TUNNEL("linger"), REASON(1, 0),
	    FN(acknowledged) } },
	{ "MSL2TP: CDN with an Assigned Session ID that is not its own", NULL,
	  { OPEN, CALL, CALL_BODY(IS_CDN "8008 0000 000e 4141" "800a 0000 0001 00030000"), CALL_IS("gone"), REASON(3, 0),
	    TUNNEL("established"), SAID("") } },
	{ "Apple: StopCCN with its result in host byte order", NULL,
	  { OPEN, CALL, BODY(IS_STOPCCN TUNNEL_ID "800a 0000 0001 01000600"), TUNNEL("linger"), REASON(0x100, 0x600) } },
	{ "Apple: CDN with its result in host byte order", NULL,
	  { OPEN, CALL, CALL_BODY(IS_CDN SESSION_ID "800a 0000 0001 03000000"), CALL_IS("gone"), REASON(0x300, 0),
	    TUNNEL("established") } },
	{ "iOS: any source port, and leaves without a word", NULL, { FN(vanishes) } },
	{ "Android: never answers HELLO, data flows", NULL, { OPEN, CALL, FN(deaf_to_hello) } },
	{ "Android: never answers HELLO, so it is not asked", hello_off, { OPEN, CALL, FN(not_asked) } },
	{ "Cisco IOS: ICCN without speed and framing", NULL,
	  { OPEN, BODY(IS_ICRQ SESSION_ID SERIAL), CALL_BODY(IS_ICCN), SERVED } },
	{ "Cisco IOS: ICCN without speed and framing, by the letter", strict,
	  { OPEN, BODY(IS_ICRQ SESSION_ID SERIAL), CALL_BODY(IS_ICCN), REFUSED(CDN, CDN_GENERAL, VALUE), CALL_IS("gone"),
	    TUNNEL("established") } },
	{ "Cisco StarOS: source ports 13660 .. 13668", NULL, { FN(any_source_port) } },
	{ "Cisco, Juniper, Nokia: LACs that remember silence", NULL, { OPEN, CALL, FN(draining) } },
	{ "Juniper: one call too many is refused at once", one_session, { OPEN, CALL, FN(one_call_too_many) } },
	{ "Juniper: random padding behind hidden values", with_secret, { OPEN, FN(random_padding) } },
	{ "Juniper: the same tunnel from another port", NULL, { OPEN, CALL, FN(another_port) } },
	{ "Juniper: receive window of four", NULL, { FN(window_of_four) } },
	{ "Yamaha, Juniper: receive window not told", NULL, { FN(window_not_told) } },
	{ "Juniper: Rx Connect Speed although it is equal", NULL, { FN(equal_speeds) } },
	{ "Huawei: keeps nothing that comes early", NULL, { FN(low_burst) } },
	{ "Huawei: M bits the other way round, no NUL behind the name", NULL,
	  { BODY("8008 0000 0000 0001" "0008 0000 0002 0100" "000a 0000 0003 00000003" "000a 0000 0007 70656572"
		 "0008 0000 0009 0001" "8008 0000 0006 0500" "800f 0000 0008 4d6963726f736f6674" "0008 0000 000a 0008"),
	    SAID("SCCRP"), BODY("0008 0000 0000 0003"),
	    BODY("0008 0000 0000 000a" "0008 0000 000e 0001" "000a 0000 000f 00000000" "800a 0000 0019 00000001"),
	    SAID("ICRP"), CALL_BODY("0008 0000 0000 000c" "000a 0000 0018 05f5e100" "000a 0000 0013 00000001"
				    "800a 0000 0026 05f5e100"), SERVED } },
	{ "Huawei: a name with NUL in and behind it", NULL,
	  { BODY(IS_SCCRQ VERSION FRAMING_CAPABILITIES "800b 0000 0007 7000650000" TUNNEL_ID), SAY(SCCCN), CALL, SERVED } },
	{ "MikroTik: another port from SCCRP on", NULL, { FN(port_changes) } },
	{ "MikroTik: dozens reconnect at once", NULL, { FN(all_at_once) } },
	{ "D-Link DIR-300: tunnel id 0 in the header after SCCRP", accepting_0, { FN(forgets_our_id) } },
	{ "D-Link DIR-300: not unless it is configured", NULL, { FN(may_not_forget) } },
	{ "mpd5: SCCCN says it all again", NULL,
	  { SAY(SCCRQ), BODY(IS_SCCCN HOST VENDOR WINDOW FRAMING_CAPABILITIES "8008 0000 0009 0007"), CALL, SERVED } },
	{ "WatchGuard: control messages out of order", NULL, { FN(out_of_order) } },
	{ "WatchGuard: neither Rx Connect Speed nor Calling Number, nor sequencing, unless configured", NULL,
	  { FN(nothing_unasked) } },
	{ "Meraki: SLI, WEN and data at once", NULL, { FN(told_too_early) } },
	{ "SoftEther: refuses hidden AVPs", with_secret, { FN(never_hidden) } },
	{ "SoftEther: HELLO every 8.8 s", NULL, { OPEN, FN(says_hello_often) } },
	{ "BBF LACs: vendor 3561, and RFC 5515", NULL,
	  { OPEN,
	    BODY(IS_ICRQ "000c 0de9 0001 657468203020" "000c 0de9 0002 72656d6f7465" "000a 0de9 0016 31323334"
		 "0008 0de9 000e 7777" "000a 0de9 0019 00000009" "000a 0de9 0017 31323334" SESSION_ID SERIAL
		 "000a 0000 0060 00000009"),
	    CALL_BODY(IS_ICCN SPEED FRAMING_TYPE "000a 0000 0061 000003e8" "000a 0000 0062 000003e8"), SERVED,
	    FN(not_the_ietfs) } },
	{ "Linux: the first LCP comes before the session is there", NULL, { OPEN, FN(path_first) } },
	{ "Various: StopCCN without error code", NULL,
	  { OPEN, CALL, BODY(IS_STOPCCN TUNNEL_ID "8008 0000 0001 0006"), TUNNEL("linger"), REASON(6, 0) } },
	{ "Various: CDN without error code", NULL,
	  { OPEN, CALL, CALL_BODY(IS_CDN SESSION_ID "8008 0000 0001 0003"), CALL_IS("gone"), REASON(3, 0),
	    TUNNEL("established") } },
	{ "Various: strings longer than 120", NULL, { FN(long_strings) } },
	{ "Various: refuse Vendor, Rx speed, Physical Channel with M", with_vendor_name, { FN(never_mandatory) } },
	{ "Complaint: an AVP of no length hung the daemon", NULL,
	  { BODY(IS_SCCRQ VERSION FRAMING_CAPABILITIES HOST TUNNEL_ID "0000 0000 0008 4141"),
	    REFUSED(STOPCCN, STOPCCN_GENERAL, LENGTH), SAID("StopCCN") } },
	{ "Complaint: memory grew without authentication", NULL, { FN(opens_for_ever) } },
	{ "Complaint: acknowledgements answered with acknowledgements", NULL, { OPEN, CALL, FN(storm) } },
	{ "Complaint: counters drift", NULL, { OPEN, FN(repeated_and_closed) } },
	{ "Complaint: an unknown mandatory AVP of a call killed the tunnel", NULL,
	  { OPEN, BODY(IS_ICRQ SESSION_ID SERIAL UNKNOWN_MANDATORY), REFUSED(CDN, CDN_GENERAL, UNKNOWN_MANDATORY_AVP),
	    SAID("CDN"), TUNNEL("established") } },
	{ "Various: AVPs of their own with M, by the letter", NULL,
	  { BODY(IS_SCCRQ IDENTITY UNKNOWN_MANDATORY), REFUSED(STOPCCN, STOPCCN_GENERAL, UNKNOWN_MANDATORY_AVP) } },
	{ "Various: AVPs of their own with M, ignored", ignoring,
	  { BODY(IS_SCCRQ IDENTITY UNKNOWN_MANDATORY), SAID("SCCRP"), BODY(IS_SCCCN UNKNOWN_MANDATORY),
	    BODY(IS_ICRQ SESSION_ID SERIAL UNKNOWN_MANDATORY), SAID("ICRP"),
	    CALL_BODY(IS_ICCN SPEED FRAMING_TYPE UNKNOWN_MANDATORY), SERVED } },
	{ "Various: a whole message of their own with M is not ignored", ignoring,
	  { OPEN, BODY(TYPE("63")), REFUSED(STOPCCN, STOPCCN_GENERAL, UNKNOWN_MANDATORY_AVP) } },
};

static void step(const struct step *s)
{
	switch (s->verb) {
	case DO_END:
		break;
	case DO_OPEN:
		peer_open(&p);
		expect_tunnel(&p, "established");
		world_forget(&w);
		break;
	case DO_CALL:
		peer_call(&p);
		expect_call(&p, "established");
		world_forget(&w);
		break;
	case DO_SAY:
		peer_say(&p, s->type);
		break;
	case DO_BODY:
		send_hex(&p, s->text, 0);
		break;
	case DO_CALL_BODY:
		send_hex(&p, s->text, p.engine_session_id);
		break;
	case DO_SAID:
		expect_said(s->text);
		break;
	case DO_RESULT:
		expect_result(s->type, s->result, s->error);
		break;
	case DO_REASON:
		expect(w.reason.result == s->result && w.reason.error == s->error);
		break;
	case DO_TUNNEL:
		expect_tunnel(&p, s->text);
		break;
	case DO_CALL_IS:
		expect_call(&p, s->text);
		break;
	case DO_FN:
		s->fn();
		break;
	}
}

START_TEST(habit)
{
	const struct row *row = &rows[_i];

	row_name = row->name;
	begin(row->settings);
	for (const struct step *s = row->steps; s->verb != DO_END; s++)
		step(s);
	finish();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("field");
	TCase *t = tcase_create("habits");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, habit, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	suite_add_tcase(suite, t);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
