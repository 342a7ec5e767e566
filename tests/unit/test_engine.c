/* SPDX-License-Identifier: MIT */
/*
 * The engine through its door: demultiplexing, admission, authentication, limits, timers, errors, and what happens
 * when memory or the world fails.  The state tables have tests of their own (test_tunnel_fsm.c, test_session_fsm.c), and
 * so have octets that nobody should send (test_engine_octets.c).
 */
#include "engine_world.h"
#include "lib/l2tp/digest.h"
#include "oom.h"

#include <check.h>
#include <errno.h>

#define SEC USEC_PER_SEC
#define MSEC USEC_PER_MSEC

static struct world w;
static struct peer p, q;
static const struct l2tp_span secret = { (const uint8_t *)"secret", 6 };

static void set_secret(struct l2tp_params *params)
{
	memcpy(params->secret, "secret", 6);
	params->secret_len = 6;
}

static void begin(void)
{
	world_init(&w);
	world_start(&w);
	peer_init(&p, &w, 9);
	peer_init(&q, &w, 10);
}

static void begin_with_secret(bool challenge)
{
	world_init(&w);
	set_secret(&w.params);
	w.params.challenge = challenge;
	world_start(&w);
	peer_init(&p, &w, 9);
}

/* Nothing may be left. */
static void finish(void)
{
	world_finish(&w);
}

static void expect_said(const char *said)
{
	char buf[512];

	ck_assert_str_eq(world_said(&w, buf, sizeof(buf)), said);
	world_forget(&w);
}

static void expect_state(const struct peer *peer, const char *state)
{
	ck_assert_str_eq(world_tunnel_state(&w, peer->engine_id), state);
}

/* The StopCCN or CDN that was sent last. */
static void expect_result(enum cm_type type, uint16_t result, int error)
{
	const struct sent *s = world_sent(&w, type);

	ck_assert_msg(s != NULL, "no %s", l2tp_message_name((uint16_t)type));
	ck_assert_uint_eq(s->msg.result_code.result, result);
	ck_assert_int_eq(s->msg.result_code.has_error ? s->msg.result_code.error : 0, error);
}

/* ---- Whose message is it? (X2661-3.1-07 .. 11) --------------------------------------------------------------- */

static void feed(const struct peer *from, const char *bytes, size_t len)
{
	world_input(&w, &from->local, &from->addr, (struct l2tp_span){ (const uint8_t *)bytes, len });
}

START_TEST(garbage) /* X2661-3.1-01 .. 05, -07; R2661-3.1-16, 8.1-13: no reply, no state */
{
	enum { HEADER = L2TP_DROP_HEADER, DATA = L2TP_DROP_DATA, L2F = L2TP_DROP_L2F, NO_TUNNEL = L2TP_DROP_NO_TUNNEL };
	static const struct {
		const char *bytes;
		size_t len;
		int why;
	} rows[] = {
		{ "", 0, HEADER },
		{ "\xc8", 1, HEADER },
		{ "\xc8\x02", 2, HEADER },
		{ "\xc8\x02\0\x0c\0\0\0\0", 8, HEADER },
		{ "\x40\x02\0\x08\0\1\0\1", 8, DATA },                  /* data, unknown tunnel */
		{ "\0\x02\0\1\0\1xx", 8, DATA },                        /* the same without Length */
		{ "\xc8\x03\0\x0c\0\0\0\0\0\0\0\0", 12, HEADER },       /* version 3 */
		{ "\xc8\x01\0\x0c\0\0\0\0\0\0\0\0", 12, L2F },          /* L2F */
		{ "\x88\x02\0\0\0\0\0\0\0\0\0\0", 12, HEADER },         /* no Length */
		{ "\xc0\x02\0\x0c\0\0\0\0\0\0\0\0", 12, HEADER },       /* no Ns, Nr */
		{ "\xca\x02\0\x0c\0\0\0\0\0\0\0\0", 12, HEADER },       /* offset */
		{ "\xc8\x02\0\x0d\0\0\0\0\0\0\0\0", 12, HEADER },       /* Length beyond the datagram */
		{ "\xc8\x02\0\x0b\0\0\0\0\0\0\0\0", 12, HEADER },       /* Length below a header */
		{ "\xc8\x02\0\x0c\0\0\0\0\0\0\0\0", 12, NO_TUNNEL },    /* a ZLB for nobody */
	};

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t before = world_stats(&w).dropped[rows[i].why];

		feed(&p, rows[i].bytes, rows[i].len);
		ck_assert_msg(world_stats(&w).dropped[rows[i].why] == before + 1, "row %zu", i);
	}
	ck_assert_uint_eq(w.n_sent, 0);
	ck_assert_uint_eq(world_stats(&w).tunnels, 0);
	ck_assert_uint_eq(world_stats(&w).received, sizeof(rows) / sizeof(rows[0]));
	ck_assert_uint_eq(world_stats(&w).malformed + world_stats(&w).ignored, sizeof(rows) / sizeof(rows[0]));
	ck_assert_uint_eq(w.traced_dropped, world_stats(&w).malformed + world_stats(&w).dropped[L2TP_DROP_NO_TUNNEL]);
	finish();
}
END_TEST

START_TEST(unknown_tunnel) /* X2661-3.1-08 */
{
	static const enum cm_type types[] = { CM_SCCRQ, CM_SCCCN, CM_STOPCCN, CM_HELLO, CM_ICRQ, CM_CDN, CM_WEN };

	begin();
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		p.engine_id = 4444;
		p.ns = 0;
		peer_say(&p, types[i]);
	}
	ck_assert_uint_eq(w.n_sent, 0);
	ck_assert_uint_eq(world_stats(&w).tunnels, 0);
	ck_assert_uint_eq(world_stats(&w).dropped[L2TP_DROP_NO_TUNNEL], sizeof(types) / sizeof(types[0]));
	finish();
}
END_TEST

START_TEST(stray_sccrp) /* X2661-3.1-08, R2661-7.2.1-S04: answered as the peer can read it, at a bounded rate */
{
	const struct sent *s;

	begin();
	p.engine_id = 4444;
	p.ns = 0;
	p.nr = 1;
	peer_say(&p, CM_SCCRP);
	s = world_sent(&w, CM_STOPCCN);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->header.tunnel_id, p.id);
	ck_assert_uint_eq(s->header.ns, 1); /* it has had our Ns 0 */
	ck_assert_uint_eq(s->header.nr, 1);
	ck_assert_uint_eq(s->msg.assigned_tunnel_id, 4444); /* R2661-4.4.3-19 */
	ck_assert_uint_eq(s->msg.result_code.result, RC_STOPCCN_FSM);
	for (int i = 0; i < 200; i++)
		peer_say(&p, CM_SCCRP);
	ck_assert_uint_eq(world_count(&w, CM_STOPCCN), 2 * w.env.limits.errors_per_second_per_source);
	world_pass(&w, 2 * SEC);
	world_forget(&w);
	peer_say(&p, CM_SCCRP);
	ck_assert_uint_eq(world_count(&w, CM_STOPCCN), 1);
	finish();
}
END_TEST

START_TEST(id_zero) /* X2661-3.1-09 */
{
	static const enum cm_type types[] = { CM_SCCCN, CM_STOPCCN, CM_HELLO, CM_ICRQ, CM_ICRP, CM_CDN, CM_SLI };

	begin();
	peer_open(&p);
	world_forget(&w);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct peer stray = p;

		stray.engine_id = 0;
		if (types[i] == CM_STOPCCN)
			stray.id++; /* not the tunnel's */
		peer_say(&stray, types[i]);
	}
	ck_assert_uint_eq(w.n_sent, 0);
	ck_assert_uint_eq(world_stats(&w).ignored, sizeof(types) / sizeof(types[0]));
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(stopccn_by_peers_id) /* R2661-4.4.3-20: the peer never learnt our id */
{
	uint16_t id;

	begin();
	peer_say(&p, CM_SCCRQ);
	id = p.engine_id;
	p.engine_id = 0;
	p.nr = 0;
	peer_say(&p, CM_STOPCCN);
	p.deaf = true;
	world_pass(&w, 3 * SEC);
	ck_assert_uint_eq(w.sent[w.n_sent - 1].header.nr, 2); /* acknowledged, when no SCCCN can come any more */
	ck_assert_str_eq(world_tunnel_state(&w, id), "gone");
	ck_assert_ptr_null(world_sent(&w, CM_STOPCCN));
	finish();
}
END_TEST

START_TEST(another_source) /* X2661-3.1-10 */
{
	struct peer thief;

	begin();
	peer_open(&p);
	for (int i = 0; i < 3; i++) {
		thief = p;
		thief.addr.port = (uint16_t)(i == 0 ? 1702 : 1701);
		thief.addr.ip[3] = (uint8_t)(i == 1 ? 66 : 9);
		thief.addr.scope = i == 2;
		world_forget(&w);
		peer_say(&thief, CM_STOPCCN);
		ck_assert_uint_eq(w.n_sent, 0);
		expect_state(&p, "established");
	}
	ck_assert_uint_eq(w.traced_dropped, 3);
	ck_assert_uint_gt(world_stats(&w).dropped[L2TP_DROP_SOURCE], 0);
	finish();
}
END_TEST

START_TEST(sessions_of_another_tunnel) /* X2661-3.1-11: a session number means nothing in another tunnel */
{
	begin();
	peer_open(&p);
	peer_open(&q);
	peer_call(&p);
	q.engine_session_id = p.engine_session_id;
	world_forget(&w);
	peer_say(&q, CM_CDN);
	ck_assert_str_eq(world_session_state(&w, p.engine_id, p.engine_session_id), "established");
	expect_said("");
	finish();
}
END_TEST

START_TEST(sccrp_from_another_port) /* R2661-8.1-05, -06 */
{
	uint32_t id;

	begin();
	id = engine_dial(&p);
	p.engine_id = (uint16_t)id;
	p.addr.port = 5555;
	world_forget(&w);
	peer_say(&p, CM_SCCRP);
	ck_assert_str_eq(world_tunnel_state(&w, id), "established");
	ck_assert_uint_eq(world_sent(&w, CM_SCCCN)->peer.port, 5555);
	ck_assert_uint_eq(w.last_add.peer.port, 5555);
	p.addr.port = 1701;
	world_forget(&w);
	peer_say(&p, CM_STOPCCN);
	ck_assert_str_eq(world_tunnel_state(&w, id), "established");
	p.addr.port = 5555;
	p.ns--;
	peer_say(&p, CM_STOPCCN);
	ck_assert_str_eq(world_tunnel_state(&w, id), "linger");
	finish();
}
END_TEST

START_TEST(sccrp_from_another_address)
{
	uint32_t id;

	begin();
	id = engine_dial(&p);
	p.engine_id = (uint16_t)id;
	p.addr.ip[3] = 77;
	peer_say(&p, CM_SCCRP);
	ck_assert_str_eq(world_tunnel_state(&w, id), "wait-ctl-reply");
	finish();
}
END_TEST

START_TEST(refusal_is_acknowledged) /* R2661-4.4.3-17: the StopCCN that answers our SCCRQ tells the peer's id */
{
	begin();
	p.engine_id = (uint16_t)engine_dial(&p);
	world_forget(&w);
	peer_say(&p, CM_STOPCCN);
	world_pass(&w, 100 * MSEC);
	ck_assert_uint_ge(w.n_sent, 1);
	ck_assert_uint_eq(w.sent[0].header.tunnel_id, p.id);
	finish();
}
END_TEST

START_TEST(faulty_sccrp) /* the StopCCN for it is addressed to the peer's tunnel all the same */
{
	static const uint8_t unknown[] = { 0x80, 6, 0xff, 0xff, 0, 1 };

	begin();
	p.engine_id = (uint16_t)engine_dial(&p);
	peer_say_with(&p, CM_SCCRP, unknown, sizeof(unknown));
	ck_assert_uint_eq(world_sent(&w, CM_STOPCCN)->header.tunnel_id, p.id);
	expect_result(CM_STOPCCN, RC_STOPCCN_GENERAL, EC_UNKNOWN_MANDATORY_AVP);
	finish();
}
END_TEST

/* ---- SCCRQ: again, anew, refused ----------------------------------------------------------------------------- */

START_TEST(repeated_sccrq) /* X2661-5.8-04 */
{
	begin();
	peer_say(&p, CM_SCCRQ);
	for (int i = 0; i < 5; i++) {
		p.engine_id = 0;
		p.ns = p.nr = 0;
		peer_say(&p, CM_SCCRQ);
	}
	ck_assert_uint_eq(world_stats(&w).tunnels, 1);
	ck_assert_uint_eq(world_stats(&w).duplicates, 5);
	world_forget(&w);
	world_pass(&w, 100 * MSEC);
	ck_assert_uint_eq(world_count(&w, CM_ZLB), 1);
	ck_assert_uint_eq(w.sent[w.n_sent - 1].header.nr, 1); /* acknowledged */
	finish();
}
END_TEST

START_TEST(same_id_from_another_port) /* two clients behind one NAT use the same id: two tunnels */
{
	begin();
	peer_open(&p);
	q = p;
	q.addr.port = 40000;
	q.engine_id = q.ns = q.nr = 0;
	w.peers[1] = &q;
	peer_open(&q);
	ck_assert_uint_ne(p.engine_id, q.engine_id);
	ck_assert_uint_eq(world_stats(&w).tunnels_established, 2);
	finish();
}
END_TEST

static void forget_all(struct peer *peer)
{
	peer->engine_id = peer->ns = peer->nr = peer->told = 0;
}

START_TEST(peer_lost_its_memory) /* a different SCCRQ under the same address and id replaces the tunnel when it is up */
{
	struct msg m;
	uint16_t old;

	begin();
	peer_open(&p);
	peer_call(&p);
	old = p.engine_id;
	world_forget(&w);
	forget_all(&p);
	m = peer_msg(&p, CM_SCCRQ);
	m.firmware_revision = 7;
	msg_set(&m, AVP_FIRMWARE_REVISION);
	peer_send(&p, &m, 0);
	p.deaf = true; /* it does not know the old tunnel */
	ck_assert_uint_eq(world_count(&w, CM_SCCRP), 0);
	ck_assert_str_eq(world_tunnel_state(&w, old), "established"); /* nothing is proved yet */
	world_pass(&w, 3 * SEC);
	ck_assert_str_eq(world_tunnel_state(&w, old), "gone");
	ck_assert(world_logged(&w, "SESSION_DOWN"));
	forget_all(&p);
	peer_send(&p, &m, 0); /* as every SCCRQ that is not answered, it is repeated */
	peer_say(&p, CM_SCCCN);
	expect_state(&p, "established");
	ck_assert_ptr_null(world_sent(&w, CM_STOPCCN)); /* it would hit the new one */
	finish();
}
END_TEST

START_TEST(peer_lost_its_memory_twice) /* before the second tunnel was up */
{
	uint16_t ids[3];

	begin_with_secret(true); /* who proves itself need not wait */
	for (int i = 0; i < 3; i++) {
		struct msg m = peer_msg(&p, CM_SCCRQ);

		forget_all(&p);
		m.firmware_revision = (uint16_t)i;
		msg_set(&m, AVP_FIRMWARE_REVISION);
		peer_send(&p, &m, 0);
		ids[i] = p.engine_id;
		m = peer_msg(&p, CM_SCCCN);
		peer_respond(&p, &m, secret);
		if (i != 1)
			peer_send(&p, &m, 0);
	}
	world_pass(&w, SEC);
	ck_assert_str_eq(world_tunnel_state(&w, ids[0]), "gone");
	ck_assert_str_eq(world_tunnel_state(&w, ids[1]), "gone");
	ck_assert_str_eq(world_tunnel_state(&w, ids[2]), "established");
	ck_assert_uint_eq(world_stats(&w).tunnels_half_open, 0);
	finish();
}
END_TEST

START_TEST(peer_lost_its_memory_same_words) /* a peer without randomness: its SCCRQ comes again and again */
{
	begin();
	peer_open(&p);
	for (int i = 0; i < 3; i++) {
		forget_all(&p);
		peer_say(&p, CM_SCCRQ);
		ck_assert_uint_eq(world_stats(&w).tunnels, 1);
	}
	p.deaf = true;
	forget_all(&p);
	peer_say(&p, CM_SCCRQ);
	world_pass(&w, 3 * SEC);
	p.deaf = false;
	forget_all(&p);
	peer_open(&p);
	world_pass(&w, SEC);
	ck_assert_uint_eq(world_stats(&w).tunnels, 1);
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(new_tunnel_while_the_old_lingers) /* X2661-5.7-02 */
{
	begin();
	peer_open(&p);
	peer_say(&p, CM_STOPCCN);
	expect_state(&p, "linger");
	forget_all(&p);
	p.id++;
	peer_open(&p);
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(same_id_while_the_old_lingers)
{
	struct msg m;

	begin();
	peer_open(&p);
	peer_say(&p, CM_STOPCCN);
	forget_all(&p);
	m = peer_msg(&p, CM_SCCRQ);
	m.firmware_revision = 7;
	msg_set(&m, AVP_FIRMWARE_REVISION);
	peer_send(&p, &m, 0);
	peer_say(&p, CM_SCCCN);
	expect_state(&p, "established");
	world_pass(&w, SEC);
	ck_assert_uint_eq(world_stats(&w).tunnels, 1);
	finish();
}
END_TEST

START_TEST(same_id_while_the_old_closes) /* our StopCCN for it would never be acknowledged: it is void at once */
{
	uint16_t old;

	begin();
	peer_open(&p);
	old = p.engine_id;
	p.deaf = true;
	l2tp_close_tunnel(w.l, old, NULL, w.now);
	world_drain(&w);
	forget_all(&p);
	struct msg m = peer_msg(&p, CM_SCCRQ);
	m.firmware_revision = 7;
	msg_set(&m, AVP_FIRMWARE_REVISION);
	peer_send(&p, &m, 0);
	peer_say(&p, CM_SCCCN);
	expect_state(&p, "established");
	ck_assert_str_eq(world_tunnel_state(&w, old), "gone");
	finish();
}
END_TEST

START_TEST(refused) /* admission: the StopCCN says what the world said, and nothing is kept (X2661-7.1-06) */
{
	const struct sent *s;

	begin();
	w.tunnel_refusal = (struct l2tp_reason){ .result = RC_STOPCCN_UNAUTHORIZED, .error = 0, .text = "go away" };
	peer_say(&p, CM_SCCRQ);
	expect_result(CM_STOPCCN, RC_STOPCCN_UNAUTHORIZED, 0);
	s = world_sent(&w, CM_STOPCCN);
	ck_assert_uint_eq(s->header.tunnel_id, p.id);
	ck_assert_uint_eq(s->header.ns, 0);
	ck_assert_uint_eq(s->header.nr, 1);
	ck_assert_uint_ne(s->msg.assigned_tunnel_id, 0);
	ck_assert_uint_eq(s->msg.result_code.text.len, 7);
	ck_assert_uint_eq(world_stats(&w).tunnels, 0);
	ck_assert_uint_eq(world_stats(&w).refused, 1);
	p.ns = 0;
	peer_say(&p, CM_SCCRQ); /* repeated: answered anew */
	ck_assert_uint_eq(world_count(&w, CM_STOPCCN), 2);
	ck_assert_uint_ne(w.sent[0].msg.assigned_tunnel_id, w.sent[1].msg.assigned_tunnel_id);
	peer_zlb(&p);
	finish();
}
END_TEST

START_TEST(refused_in_silence)
{
	begin();
	w.silent = true;
	peer_say(&p, CM_SCCRQ);
	ck_assert_uint_eq(w.n_sent, 0);
	ck_assert_uint_eq(world_stats(&w).dropped[L2TP_DROP_SILENT], 1);
	finish();
}
END_TEST

START_TEST(admitted_with_bad_settings) /* our own error: no answer, no crash */
{
	begin();
	w.params.challenge = true; /* without a secret */
	peer_say(&p, CM_SCCRQ);
	ck_assert_uint_eq(w.n_sent, 0);
	ck_assert_uint_eq(world_stats(&w).tunnels, 0);
	ck_assert_uint_eq(world_stats(&w).dropped[L2TP_DROP_SILENT], 1);
	finish();
}
END_TEST

START_TEST(bad_sccrq) /* A19: refused with the right code, to the peer's id */
{
	static const struct {
		const char *avp;
		size_t len;
		uint16_t error;
	} rows[] = {
		{ "\x80\x06\xff\xff\0\1", 6, EC_UNKNOWN_MANDATORY_AVP },
		{ "\x84\x08\0\0\0\x06\0\1", 8, EC_UNKNOWN_MANDATORY_AVP }, /* reserved bit (R2661-4.1-02) */
		{ "\x80\x08\0\0\0\x0a\0\0", 8, EC_VALUE },                 /* window 0 (R2661-5.8-25) */
		{ "\x80\x07\0\0\0\x0a\1", 7, EC_LENGTH },                  /* window of one octet */
		{ "\x80\x05\0\0\0\x0a", 6, EC_LENGTH },                    /* X2661-4.1-01 */
		{ "\x80\x0a\0\0\0\x0a", 6, EC_LENGTH },
		{ "\x80\0\0", 3, EC_LENGTH },                              /* X2661-4.1-02 */
	};

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		forget_all(&p);
		world_forget(&w);
		peer_say_with(&p, CM_SCCRQ, rows[i].avp, rows[i].len);
		expect_result(CM_STOPCCN, RC_STOPCCN_GENERAL, rows[i].error);
		ck_assert_uint_eq(world_sent(&w, CM_STOPCCN)->header.tunnel_id, p.id);
	}
	ck_assert_uint_eq(world_stats(&w).tunnels, 0);
	ck_assert_uint_eq(world_stats(&w).dropped[L2TP_DROP_MESSAGE], sizeof(rows) / sizeof(rows[0]));
	finish();
}
END_TEST

START_TEST(forgiving) /* R2661-4.1-05, 7.1-08: M clear, no harm; windows' private AVP among them */
{
	static const struct {
		const char *avp;
		size_t len;
	} rows[] = {
		{ "\0\x06\xff\xff\0\1", 6 },
		{ "\x04\x08\0\0\0\x06\0\1", 8 },
		{ "\0\x08\0\0\0\x0a\0\0", 8 },
		{ "\0\x0a\1\x37\0\1zzzz", 10 },
		{ "\x80\x08\0\0\0\x0e\0\1", 8 }, /* known, out of place (X2661-4.1-05) */
		{ "\x80\x08\0\0\0\x09\0\1", 8 }, /* a second one (X2661-4.1-03) */
	};

	begin();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		forget_all(&p);
		p.id++;
		world_forget(&w);
		peer_say_with(&p, CM_SCCRQ, rows[i].avp, rows[i].len);
		expect_said("SCCRP");
	}
	finish();
}
END_TEST

START_TEST(sccrq_out_of_order) /* Ns must be 0, and no session be named */
{
	begin();
	p.ns = 1;
	peer_say(&p, CM_SCCRQ);
	p.ns = 0;
	struct msg m = peer_msg(&p, CM_SCCRQ);
	peer_send(&p, &m, 5);
	ck_assert_uint_eq(w.n_sent + world_stats(&w).tunnels, 0);
	ck_assert_uint_eq(world_stats(&w).dropped[L2TP_DROP_UNEXPECTED], 2);
	finish();
}
END_TEST

/* ---- Authentication (A8) ------------------------------------------------------------------------------------- */

START_TEST(responder_challenges) /* R2661-5.1.1-03, -04, 4.4.3-14 .. 16 */
{
	static const struct {
		const char *name;
		struct l2tp_span answer;
		bool given;
		const char *state;
	} rows[] = {
		{ "right", { (const uint8_t *)"secret", 6 }, true, "established" },
		{ "wrong", { (const uint8_t *)"sekret", 6 }, true, "gone" },
		{ "X2661-5.1.1-01", { NULL, 0 }, false, "gone" },
	};
	struct l2tp_tunnel_info info = { 0 };

	begin_with_secret(true);
	peer_say(&p, CM_SCCRQ);
	ck_assert_uint_ge(world_sent(&w, CM_SCCRP)->msg.challenge.len, 16); /* X2661-5.1.1-05 */
	struct msg m = peer_msg(&p, CM_SCCCN);
	if (rows[_i].given)
		peer_respond(&p, &m, rows[_i].answer);
	peer_send(&p, &m, 0);
	ck_assert_msg(!strcmp(world_tunnel_state(&w, p.engine_id), rows[_i].state), "%s", rows[_i].name);
	(void)l2tp_get_tunnel(w.l, p.engine_id, &info);
	ck_assert(info.authenticated == !strcmp(rows[_i].state, "established"));
	ck_assert(!info.authenticated || (info.params->challenge && info.params->secret_len && info.params->cookie == info.cookie));
	if (!info.authenticated)
		expect_result(CM_STOPCCN, RC_STOPCCN_UNAUTHORIZED, 0);
	ck_assert(info.authenticated || !world_logged(&w, "TUNNEL_ADD"));
	finish();
}
END_TEST

START_TEST(initiator_challenges) /* R2661-5.1.1-02 */
{
	begin_with_secret(true);
	p.engine_id = (uint16_t)engine_dial(&p);
	struct msg m = peer_msg(&p, CM_SCCRP);
	if (_i < 2)
		peer_respond(&p, &m, _i == 0 ? secret : (struct l2tp_span){ (const uint8_t *)"x", 1 });
	peer_send(&p, &m, 0);
	expect_state(&p, _i == 0 ? "established" : "closing");
	if (_i)
		expect_result(CM_STOPCCN, RC_STOPCCN_UNAUTHORIZED, 0);
	finish();
}
END_TEST

static void expect_response(const struct sent *s, uint8_t id)
{
	uint8_t expect[DIGEST_LEN];

	digest_response(id, secret, (struct l2tp_span){ p.challenge, sizeof(p.challenge) }, expect);
	ck_assert(msg_has(&s->msg, AVP_CHALLENGE_RESPONSE));
	ck_assert_mem_eq(s->msg.challenge_response.data, expect, sizeof(expect));
}

START_TEST(peer_challenges) /* R2661-4.4.3-14, -16: we answer, with the right id */
{
	struct msg m;

	begin_with_secret(false);
	memcpy(p.challenge, "0123456789abcdef", 16);
	m = peer_msg(&p, CM_SCCRQ);
	m.challenge = (struct l2tp_span){ p.challenge, 16 };
	msg_set(&m, AVP_CHALLENGE);
	peer_send(&p, &m, 0);
	expect_response(world_sent(&w, CM_SCCRP), CM_SCCRP);
	ck_assert(!msg_has(&world_sent(&w, CM_SCCRP)->msg, AVP_CHALLENGE));
	world_forget(&w);
	peer_init(&q, &w, 10);
	q.engine_id = (uint16_t)engine_dial(&q);
	m.type = CM_SCCRP;
	m.assigned_tunnel_id = q.id;
	peer_send(&q, &m, 0);
	expect_response(world_sent(&w, CM_SCCCN), CM_SCCCN);
	finish();
}
END_TEST

START_TEST(unasked_response) /* X2661-5.1.1-03 */
{
	begin();
	peer_say(&p, CM_SCCRQ);
	struct msg m = peer_msg(&p, CM_SCCCN);
	m.challenge_response = (struct l2tp_span){ p.response, 16 };
	msg_set(&m, AVP_CHALLENGE_RESPONSE);
	peer_send(&p, &m, 0);
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(fresh_challenges) /* X2661-5.1.1-05, X2661-4.4.3-01 */
{
	begin_with_secret(true);
	peer_init(&q, &w, 10);
	(void)engine_dial(&p);
	(void)engine_dial(&q);
	ck_assert_uint_eq(w.n_sent, 2);
	ck_assert_mem_ne(w.sent[0].msg.challenge.data, w.sent[1].msg.challenge.data, 16);
	ck_assert(w.sent[0].msg.tie_breaker != w.sent[1].msg.tie_breaker);
	ck_assert_uint_ne(w.sent[0].msg.assigned_tunnel_id, w.sent[1].msg.assigned_tunnel_id);
	finish();
}
END_TEST

START_TEST(hidden) /* R2661-4.3-*: both ends hide; the peer's call is understood, our words about it are hidden */
{
	world_init(&w);
	set_secret(&w.params);
	w.params.hide_avps = true;
	w.secret = secret;
	world_start(&w);
	peer_init(&p, &w, 9);
	p.secret = secret;
	peer_open(&p);
	peer_call(&p);
	ck_assert_str_eq(world_session_state(&w, p.engine_id, p.engine_session_id), "established");
	ck_assert(!msg_has(&world_sent(&w, CM_SCCRP)->msg, AVP_RANDOM_VECTOR)); /* the peer may not know the secret yet */
	ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, p.engine_session_id, NULL, w.now), 0);
	world_drain(&w);
	const struct sent *a = world_sent(&w, CM_ICRP), *b = world_sent(&w, CM_CDN);
	ck_assert(msg_has(&a->msg, AVP_RANDOM_VECTOR) && msg_has(&b->msg, AVP_RANDOM_VECTOR));
	ck_assert_uint_ge(a->msg.random_vector.len, 16); /* R2661-4.4.1-03 */
	ck_assert_mem_ne(a->msg.random_vector.data, b->msg.random_vector.data, 16); /* X2661-4.3-06 */
	/* who traces sees it all: ICRP and CDN of ours; what the peer says before the tunnel exists is nobody's */
	ck_assert_uint_eq(w.traced_opened[1], 2);
	ck_assert_uint_ge(w.traced_opened[0], 2);
	ck_assert_uint_eq(w.traced_unknown, 1);
	finish();
}
END_TEST

START_TEST(cdn_is_acknowledged_by_name) /* xl2tpd forgets a closed call only then */
{
	struct msg m;

	begin();
	peer_open(&p);
	peer_call(&p);
	world_forget(&w);
	m = peer_msg(&p, CM_CDN);
	peer_send(&p, &m, p.engine_session_id);
	ck_assert_uint_eq(w.n_sent, 1);
	ck_assert_uint_eq(w.sent[0].header.body.len, 0);
	ck_assert_uint_eq(w.sent[0].header.session_id, p.session_id);
	world_pass(&w, USEC_PER_SEC);
	ck_assert_uint_eq(w.n_sent, 1);
	finish();
}
END_TEST

START_TEST(hidden_challenge) /* answered as the plain one would be, in SCCRP and in SCCCN */
{
	struct msg m;

	begin_with_secret(false);
	p.secret = secret;
	memcpy(p.challenge, "0123456789abcdef", 16);
	m = peer_msg(&p, CM_SCCRQ);
	m.challenge = (struct l2tp_span){ p.challenge, 16 };
	msg_set(&m, AVP_CHALLENGE);
	peer_send(&p, &m, 0);
	expect_response(world_sent(&w, CM_SCCRP), CM_SCCRP);
	peer_init(&q, &w, 10);
	q.secret = secret;
	q.engine_id = (uint16_t)engine_dial(&q);
	m.type = CM_SCCRP;
	m.assigned_tunnel_id = q.id;
	peer_send(&q, &m, 0);
	expect_response(world_sent(&w, CM_SCCCN), CM_SCCCN);
	finish();
}
END_TEST

START_TEST(hidden_without_secret) /* X2661-4.3-01 */
{
	begin();
	p.secret = secret;
	peer_say(&p, CM_SCCRQ);
	ck_assert_uint_eq(world_stats(&w).tunnels, 0);
	expect_result(CM_STOPCCN, RC_STOPCCN_GENERAL, EC_VALUE);
	finish();
}
END_TEST

/* ---- Tie breaker (A13a) beyond the state table --------------------------------------------------------------- */

START_TEST(tie_lost_in_silence) /* R2661-4.4.3-22: the loser says nothing of its own tunnel */
{
	uint32_t id;

	begin();
	id = engine_dial(&p);
	world_forget(&w);
	p.engine_id = 0;
	struct msg m = peer_msg(&p, CM_SCCRQ);
	m.tie_breaker = 0;
	msg_set(&m, AVP_TIE_BREAKER);
	peer_send(&p, &m, 0);
	expect_said("SCCRP");
	ck_assert_str_eq(world_tunnel_state(&w, id), "wait-ctl-reply"); /* nothing is proved yet */
	peer_say(&p, CM_SCCCN);
	ck_assert_str_eq(world_tunnel_state(&w, id), "gone");
	ck_assert_int_eq(w.reason.result, RC_STOPCCN_EXISTS);
	ck_assert_uint_eq(w.successor_id, p.engine_id);
	world_forget(&w);
	world_pass(&w, 10 * SEC);
	ck_assert_uint_eq(world_count(&w, CM_SCCRQ), 0);
	finish();
}
END_TEST

START_TEST(tie_from_another_port) /* X2661-4.4.3-02 */
{
	begin();
	(void)engine_dial(&p);
	p.addr.port = 4242;
	world_forget(&w);
	peer_say(&p, CM_SCCRQ);
	expect_said("StopCCN");
	q.addr.ip[3] = 88; /* somebody else has no tie with us */
	peer_say(&q, CM_SCCRQ);
	expect_said("SCCRP");
	finish();
}
END_TEST

START_TEST(no_tie_once_answered)
{
	begin();
	p.engine_id = (uint16_t)engine_dial(&p);
	peer_accept(&p);
	expect_state(&p, "established");
	q = p;
	forget_all(&q);
	q.id++;
	w.peers[1] = &q;
	world_forget(&w);
	peer_say(&q, CM_SCCRQ);
	expect_said("SCCRP");
	finish();
}
END_TEST

START_TEST(several_dials) /* to one address; each is answered, in any order, and a tie is found while one is left */
{
	static const char *const orders[] = { "012", "021", "102", "120", "201", "210" };
	struct peer dialed[3];

	begin();
	for (uint16_t i = 0; i < 3; i++) {
		peer_init(&dialed[i], &w, 9);
		dialed[i].addr.port = (uint16_t)(100 + i);
		dialed[i].id = (uint16_t)(100 + i);
		dialed[i].engine_id = (uint16_t)engine_dial(&dialed[i]);
	}
	for (int i = 0; i < 3; i++) {
		struct peer *answers = &dialed[orders[_i][i] - '0'];

		world_forget(&w);
		p.ns = p.engine_id = 0;
		peer_say(&p, CM_SCCRQ);
		expect_said("StopCCN");
		peer_say(answers, i == 1 ? CM_STOPCCN : CM_SCCRP);
		expect_state(answers, i == 1 ? "linger" : "established");
	}
	world_forget(&w);
	p.ns = 0;
	peer_say(&p, CM_SCCRQ);
	expect_said("SCCRP");
	finish();
}
END_TEST

/* ---- Limits -------------------------------------------------------------------------------------------------- */

static struct peer many[80];

START_TEST(half_open_limits)
{
	bool per_source = _i == 1;

	world_init(&w);
	w.env.limits.half_open = per_source ? 50 : 3;
	w.env.limits.half_open_per_source = per_source ? 3 : 50;
	world_start(&w);
	for (uint8_t i = 0; i < 5; i++) {
		peer_init(&many[i], &w, (uint8_t)(20 + i));
		many[i].addr.ip[3] = per_source ? 20 : (uint8_t)(20 + i);
		many[i].addr.port = (uint16_t)(5000 + i);
		peer_say(&many[i], CM_SCCRQ);
	}
	ck_assert_uint_eq(world_stats(&w).tunnels_half_open, 3);
	ck_assert_uint_eq(world_count(&w, CM_STOPCCN), 2);
	expect_result(CM_STOPCCN, RC_STOPCCN_GENERAL, EC_RESOURCES);
	peer_say(&many[0], CM_SCCCN); /* makes room */
	ck_assert_uint_eq(world_stats(&w).tunnels_half_open, 2);
	many[3].ns = 0;
	peer_say(&many[3], CM_SCCRQ);
	ck_assert_uint_eq(world_stats(&w).tunnels_half_open, 3);
	world_pass(&w, 200 * SEC); /* those time out */
	ck_assert_uint_eq(world_stats(&w).tunnels_half_open, 0);
	finish();
}
END_TEST

START_TEST(half_open_makes_room) /* the oldest goes, once it has had its second, without a word */
{
	world_init(&w);
	w.env.limits.half_open = 3;
	world_start(&w);
	for (uint8_t i = 0; i < 5; i++) {
		peer_init(&many[i], &w, (uint8_t)(20 + i));
		peer_say(&many[i], CM_SCCRQ);
		world_pass(&w, i < 3 ? 400 * MSEC : 0); /* 1200, 800, 400 ms old, when the fourth comes */
		if (i >= 2)
			world_forget(&w);
	}
	ck_assert_str_eq(world_tunnel_state(&w, many[0].engine_id), "gone");
	ck_assert_str_eq(world_tunnel_state(&w, many[1].engine_id), "wait-ctl-conn");
	ck_assert_str_eq(world_tunnel_state(&w, many[3].engine_id), "wait-ctl-conn");
	ck_assert_uint_eq(many[4].engine_id, 0); /* the second oldest has 200 ms left */
	ck_assert_uint_eq(world_stats(&w).evicted, 1);
	peer_say(&many[1], CM_SCCCN); /* out of the middle of the chain */
	many[4].ns = 0;
	peer_say(&many[4], CM_SCCRQ);
	world_pass(&w, 800 * MSEC);
	peer_init(&q, &w, 10);
	peer_open(&q);
	expect_state(&q, "established");
	ck_assert_str_eq(world_tunnel_state(&w, many[2].engine_id), "gone");
	expect_state(&many[1], "established");
	finish();
}
END_TEST

/* ---- The door ------------------------------------------------------------------------------------------------ */

/* A stranger's SCCRQ; has it been answered, by whatever? */
static bool knock(uint32_t address, uint16_t port, uint16_t id)
{
	struct peer stranger = { .w = &w, .local = q.local, .addr = q.addr, .id = id };

	memcpy(stranger.addr.ip, &address, sizeof(address));
	stranger.addr.port = port;
	world_forget(&w);
	peer_say(&stranger, CM_SCCRQ);
	return w.n_sent != 0;
}

static void begin_door(uint32_t all, uint32_t source)
{
	world_init(&w);
	w.env.limits.half_open = w.env.limits.half_open_per_source = 10000;
	w.env.limits.sccrq_per_second = all;
	w.env.limits.sccrq_per_second_per_source = source;
	world_start(&w);
	peer_init(&p, &w, 9);
	peer_init(&q, &w, 10);
	peer_open(&p);
	world_pass(&w, 10 * SEC);
}

/* All half-open tunnels time out; there is not room for all of their messages at once. */
static void empty(void)
{
	for (int i = 0; i < 1000; i++) {
		world_forget(&w);
		world_pass(&w, 100 * MSEC);
	}
}

START_TEST(sccrq_rate_of_a_source) /* the rate at once, as many who come again, then the rate; the port does not matter */
{
	uint32_t heard = 0;
	uint64_t admissions;

	begin_door(10000, 10);
	for (uint16_t i = 0; i < 100; i++)
		heard += knock(1, (uint16_t)(1000 + i), (uint16_t)(1 + i));
	ck_assert_uint_eq(heard, 10);
	ck_assert_uint_eq(world_stats(&w).limited, 90);
	ck_assert(knock(2, 1701, 1)); /* another source */
	admissions = w.admissions;
	ck_assert(!knock(1, 1701, 2000));
	ck_assert_uint_eq(w.admissions, admissions); /* nobody was asked */
	heard = 0;
	for (uint16_t i = 0; i < 300; i++) { /* three seconds */
		world_pass(&w, 10 * MSEC);
		heard += knock(1, 1701, (uint16_t)(3000 + i));
	}
	ck_assert_uint_eq(heard, 30);
	world_pass(&w, 100 * SEC);
	heard = 0;
	for (uint16_t i = 0; i < 100; i++) /* a long pause does not give more */
		heard += knock(1, 1701, (uint16_t)(4000 + i));
	ck_assert_uint_eq(heard, 10);
	for (uint16_t i = 10; i < 100; i++)
		heard += knock(1, 1701, (uint16_t)(4000 + i));
	ck_assert_uint_eq(heard, 20);
	finish();
}
END_TEST

START_TEST(sccrq_rate_in_its_name) /* a flood from a peer's own address does not keep out the peer, who repeats itself */
{
	world_init(&w); /* with the default limits */
	world_start(&w);
	peer_init(&q, &w, 10);
	for (uint16_t id = 1; id <= 5; id++) {
		bool heard = false;

		for (uint16_t i = 0; i < 2000; i++) { /* two seconds, ten times the rate */
			(void)knock(1, (uint16_t)(2000 + i), (uint16_t)(2000 * id + i));
			if (i % 1000 == 999)
				heard = heard || (knock(1, 1701, id) && world_count(&w, CM_SCCRP) != 0);
			world_pass(&w, MSEC);
		}
		ck_assert(heard);
	}
	finish();
}
END_TEST

START_TEST(sccrq_rate_spares) /* what repeats, and what has its tunnel already */
{
	struct peer here;

	begin_door(10000, 1);
	peer_init(&here, &w, 77);
	peer_say(&here, CM_SCCRQ);
	for (uint16_t i = 0; i < 100; i++) {
		struct peer again = here;

		(void)knock(0x4d0200c0, 1701, (uint16_t)(100 + i)); /* the same source floods */
		again.ns = again.nr = again.engine_id = 0;
		peer_say(&again, CM_SCCRQ);
	}
	ck_assert_uint_eq(world_stats(&w).duplicates, 100);
	ck_assert_uint_ge(world_stats(&w).limited, 98);
	peer_say(&here, CM_SCCCN);
	expect_state(&here, "established");
	peer_say(&here, CM_HELLO);
	peer_call(&here);
	ck_assert_str_eq(world_session_state(&w, here.engine_id, here.engine_session_id), "established");
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(sccrq_rate_of_all) /* forged sources: those who come again are heard first */
{
	uint32_t heard = 0;

	begin_door(40, 1000);
	for (uint32_t i = 0; i < 1000; i++)
		heard += knock(0x0a000000 + i, 1701, 1);
	ck_assert_uint_eq(heard, 40); /* half the bucket */
	ck_assert(knock(0x0a000000 + 999, 1701, 1));
	heard = 0;
	for (uint32_t i = 0; i < 1000; i++) {
		world_pass(&w, MSEC);
		heard += knock(0x0b000000 + i, 1701, 1);
	}
	ck_assert_uint_ge(heard, 39); /* the rate */
	ck_assert_uint_le(heard, 40);
	ck_assert(!knock(0x0c000000, 1701, 1));
	ck_assert(!knock(0x0c000000, 1701, 2)); /* it is not the same */
	ck_assert(!knock(0x0c000000, 1702, 1));
	ck_assert(knock(0x0c000000, 1701, 1));
	heard = 0;
	for (uint32_t i = 0; i < 1000; i++) /* all come again: the other half */
		heard += knock(0x0a000000 + i, 1701, 1) && i >= 40;
	ck_assert_uint_ge(heard, 37);
	ck_assert_uint_le(heard, 40);
	empty();
	finish();
}
END_TEST

START_TEST(error_rate) /* beyond it, silence: nobody is drowned in our refusals of what was sent in his name */
{
	uint32_t answered = 0;

	world_init(&w);
	w.env.limits.errors_per_second = 50;
	w.env.limits.errors_per_second_per_source = 5;
	w.tunnel_refusal = (struct l2tp_reason){ .result = RC_STOPCCN_UNAUTHORIZED };
	world_start(&w);
	peer_init(&q, &w, 10);
	for (uint16_t i = 0; i < 50; i++)
		answered += knock(1, 1701, (uint16_t)(1 + i));
	ck_assert_uint_eq(answered, 10);
	ck_assert_uint_eq(world_stats(&w).refused, 10);
	ck_assert_uint_eq(world_stats(&w).calls_refused, 0);
	ck_assert_uint_eq(world_stats(&w).limited, 40);
	for (uint32_t i = 0; i < 200; i++)
		answered += knock(100 + i, 1701, 1);
	ck_assert_uint_eq(answered, 100);
	world_pass(&w, SEC);
	ck_assert(knock(1, 1701, 1));
	finish();
}
END_TEST

START_TEST(flood_forgotten) /* of IPv6 addresses out of one /64, and of any: nothing is left */
{
	world_init(&w);
	w.env.limits.half_open = 50;
	w.env.limits.half_open_per_source = 50;
	world_start(&w);
	peer_init(&q, &w, 10);
	q.addr.family = 6;
	q.addr.ip[15] = 1;
	for (uint32_t i = 0; i < 1000; i++) {
		q.addr.ip[12] = (uint8_t)i;
		q.addr.ip[13] = (uint8_t)(i >> 8);
		(void)knock(0xb80d0120, 1701, 1);
	}
	ck_assert_uint_eq(w.admissions, w.env.limits.sccrq_per_second_per_source);
	q.addr.family = 4;
	memset(q.addr.ip, 0, sizeof(q.addr.ip));
	for (uint32_t i = 0; i < 20000; i++) {
		(void)knock(i, 1701, (uint16_t)(i + 1));
		world_pass(&w, i % 100 ? 0 : 10 * MSEC);
		ck_assert_uint_le(world_stats(&w).tunnels, 51);
	}
	ck_assert_uint_gt(world_stats(&w).limited, 10000);
	ck_assert_uint_gt(world_stats(&w).evicted, 0);
	empty();
	finish();
}
END_TEST

/* As the world wants it said, or resources. */
static const struct l2tp_refusal refusals[] = { { 0 }, { RC_STOPCCN_GENERAL, EC_TRY_ANOTHER }, { 6, 0 } };

static void expect_refusal(enum cm_type type, const struct l2tp_refusal *r)
{
	expect_result(type, r->result ? r->result : RC_CDN_GENERAL, r->result ? r->error : EC_RESOURCES);
}

START_TEST(tunnel_limit)
{
	uint32_t id;

	world_init(&w);
	w.env.limits.tunnels = 2;
	w.env.limits.refusal = refusals[_i];
	world_start(&w);
	for (uint8_t i = 0; i < 3; i++)
		peer_init(&many[i], &w, (uint8_t)(20 + i));
	peer_open(&many[0]);
	peer_open(&many[1]);
	peer_say(&many[2], CM_SCCRQ);
	expect_refusal(CM_STOPCCN, &refusals[_i]);
	ck_assert_int_eq(l2tp_open(w.l, &w.params, &p.local, &many[2].addr, w.now, &id), -EMFILE);
	ck_assert_uint_eq(world_stats(&w).tunnels, 2);
	finish();
}
END_TEST

/* others, while there are tunnels */
START_TEST(limits_change)
{
	struct l2tp_limits limits;

	begin();
	limits = w.env.limits;
	peer_open(&p);
	limits.tunnels = limits.sessions = 1;
	ck_assert_int_eq(l2tp_set_limits(w.l, &limits), 0);
	peer_init(&many[0], &w, 20);
	peer_say(&many[0], CM_SCCRQ);
	expect_result(CM_STOPCCN, RC_STOPCCN_GENERAL, EC_RESOURCES);
	peer_call(&p);
	limits.tunnels = 2;
	ck_assert_int_eq(l2tp_set_limits(w.l, &limits), 0);
	limits.tunnels = 0;
	ck_assert_int_eq(l2tp_set_limits(w.l, &limits), -EINVAL); /* and nothing changes */
	peer_init(&many[1], &w, 21);
	peer_open(&many[1]);
	peer_say(&many[1], CM_ICRQ);
	expect_result(CM_CDN, RC_CDN_GENERAL, EC_RESOURCES);
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(session_limits)
{
	uint32_t id;

	world_init(&w);
	*(_i == 0 ? &w.env.limits.sessions : _i == 1 ? &w.env.limits.sessions_per_tunnel : &w.params.sessions_max) = 2;
	w.params.call_refusal = refusals[_i];
	world_start(&w);
	peer_init(&p, &w, 9);
	peer_open(&p);
	for (int i = 0; i < 3; i++) {
		p.session_id++;
		peer_say(&p, CM_ICRQ);
	}
	expect_refusal(CM_CDN, &refusals[_i]);
	ck_assert_uint_eq(world_sent(&w, CM_CDN)->header.session_id, p.session_id);
	ck_assert_uint_eq(world_stats(&w).sessions, 2);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ 0 }, 0, w.now, &id), -EMFILE);
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(ids) /* A11: never 0, not in sequence, not used again soon */
{
	uint16_t last = 0, steps = 0;

	begin();
	peer_open(&p);
	for (int i = 0; i < 200; i++) {
		p.session_id++;
		peer_call(&p);
		ck_assert_uint_ne(p.engine_session_id, 0);
		steps += p.engine_session_id == (uint16_t)(last + 1);
		last = p.engine_session_id;
		peer_say(&p, CM_CDN); /* watch_op() finds ids that come back early */
		world_forget(&w);
	}
	ck_assert_uint_lt(steps, 3);
	finish();
}
END_TEST

START_TEST(id_not_again) /* X2661-5.3-02: although randomness would have it so */
{
	uint16_t call, tunnel;

	begin();
	w.fixed_random = 0x33;
	peer_open(&p);
	peer_call(&p);
	call = p.engine_session_id;
	tunnel = p.engine_id;
	peer_say(&p, CM_CDN);
	world_pass(&w, SEC);
	ck_assert_str_eq(world_session_state(&w, tunnel, call), "gone");
	p.session_id++;
	peer_call(&p);
	ck_assert_uint_ne(p.engine_session_id, call);
	peer_say(&p, CM_STOPCCN);
	world_pass(&w, 32 * SEC);
	ck_assert_str_eq(world_tunnel_state(&w, tunnel), "gone");
	p.engine_id = p.ns = p.nr = p.told = 0;
	p.id++;
	peer_open(&p);
	ck_assert_uint_ne(p.engine_id, tunnel);
	expect_state(&p, "established");
	w.fixed_random = 0;
	finish();
}
END_TEST

START_TEST(ids_on_the_wire) /* R2661-3.1-18, -20, X2661-6-01 .. 03 */
{
	uint32_t id;

	begin();
	peer_open(&p);
	peer_call(&p);
	p.engine_session_id = 0;
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ .framing_type = 1 }, 0, w.now, &id), 0);
	world_drain(&w);
	p.session_id = 3333;
	peer_say(&p, CM_ICRP);
	l2tp_close_session(w.l, p.engine_id, id, NULL, w.now);
	world_pass(&w, 10 * SEC);
	for (size_t i = 0; i < w.n_sent; i++) {
		const struct sent *s = &w.sent[i];
		uint16_t expect = 0;

		if (s->msg.type == CM_ICRP)
			expect = 2009;
		else if (s->msg.type == CM_ICCN || s->msg.type == CM_CDN)
			expect = 3333;
		ck_assert_uint_eq(s->header.tunnel_id, p.id);
		ck_assert_uint_eq(s->header.session_id, expect);
		ck_assert_uint_eq(s->bytes[0], 0xc8);
		ck_assert_uint_eq(s->bytes[1], 0x02);
	}
	ck_assert_uint_eq(world_sent(&w, CM_CDN)->msg.assigned_session_id, id); /* R2661-4.4.4-13 */
	finish();
}
END_TEST

/* ---- Closing ------------------------------------------------------------------------------------------------- */

START_TEST(linger) /* R2661-5.7-02 .. 04 */
{
	uint16_t ns;

	begin();
	peer_open(&p);
	ns = p.ns;
	peer_say(&p, CM_STOPCCN);
	ck_assert(!l2tp_idle(w.l)); /* the acknowledgement has still to go out */
	world_pass(&w, 30 * SEC);
	ck_assert(l2tp_idle(w.l));
	world_forget(&w);
	p.ns = ns;
	peer_say(&p, CM_STOPCCN);
	world_pass(&w, 100 * MSEC);
	ck_assert_uint_eq(w.n_sent, 1);
	ck_assert_uint_eq(w.sent[0].msg.type, CM_ZLB);
	ck_assert_uint_eq(w.sent[0].header.nr, (uint16_t)(ns + 1));
	world_pass(&w, 2 * SEC);
	expect_state(&p, "gone");
	ck_assert(world_logged(&w, "TUNNEL_GONE "));
	finish();
}
END_TEST

START_TEST(long_linger) /* as long as the retransmissions that are configured: 1 + 2 + 4 + 8 + 4 * 16 s */
{
	world_init(&w);
	w.params.retransmit_max = 8;
	world_start(&w);
	peer_init(&p, &w, 9);
	peer_open(&p);
	peer_say(&p, CM_STOPCCN);
	world_pass(&w, 78 * SEC);
	expect_state(&p, "linger");
	world_pass(&w, 2 * SEC);
	expect_state(&p, "gone");
	finish();
}
END_TEST

START_TEST(silent_in_linger) /* what the peer has not acknowledged before its StopCCN, it will never miss */
{
	uint32_t id;

	begin();
	peer_open(&p);
	p.deaf = true;
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ 0 }, 0, w.now, &id), 0);
	world_drain(&w);
	p.nr--; /* the ICRQ was lost */
	peer_say(&p, CM_STOPCCN);
	world_forget(&w);
	world_pass(&w, SEC / 2);
	ck_assert(l2tp_idle(w.l));
	world_pass(&w, 40 * SEC);
	ck_assert_uint_eq(w.n_sent, 1); /* the acknowledgement */
	finish();
}
END_TEST

START_TEST(silent_when_void) /* a tunnel that was replaced while its StopCCN was not acknowledged says no more */
{
	begin();
	peer_open(&p);
	p.deaf = w.hold = true;
	l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now);
	world_drain(&w);
	forget_all(&p);
	struct msg m = peer_msg(&p, CM_SCCRQ);
	m.firmware_revision = 7;
	msg_set(&m, AVP_FIRMWARE_REVISION);
	peer_send(&p, &m, 0);
	peer_say(&p, CM_SCCCN);
	world_pass(&w, 10 * SEC);
	ck_assert_uint_eq(world_count(&w, CM_STOPCCN), 1);
	finish();
}
END_TEST

START_TEST(linger_anew) /* the peer's own StopCCN while ours has been acknowledged: its repetitions count from then */
{
	begin();
	peer_open(&p);
	l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now);
	world_pass(&w, 20 * SEC);
	expect_state(&p, "linger");
	peer_say(&p, CM_STOPCCN);
	world_pass(&w, 30 * SEC);
	expect_state(&p, "linger");
	world_pass(&w, 2 * SEC);
	expect_state(&p, "gone");
	finish();
}
END_TEST

/* R2661-7.1-02, R2661-5.8-21, R2661-7.6-01 */
START_TEST(close_is_delivered) /* StopCCN goes out until it is acknowledged, then we linger */
{
	begin();
	peer_open(&p);
	p.deaf = true;
	l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now);
	world_pass(&w, 10 * SEC);
	ck_assert_uint_eq(world_count(&w, CM_STOPCCN), 4); /* 0, 1, 3, 7 s */
	expect_state(&p, "closing");
	ck_assert(!l2tp_idle(w.l));
	peer_zlb(&p);
	expect_state(&p, "linger");
	ck_assert(l2tp_idle(w.l));
	world_pass(&w, 30 * SEC);
	expect_state(&p, "linger");
	world_pass(&w, 2 * SEC);
	expect_state(&p, "gone");
	finish();
}
END_TEST

START_TEST(close_unanswered) /* R2661-5.8-19: five retransmissions */
{
	begin();
	peer_open(&p);
	world_forget(&w);
	p.deaf = true;
	l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now);
	world_pass(&w, 100 * SEC);
	ck_assert_uint_eq(world_count(&w, CM_STOPCCN), 6);
	expect_state(&p, "gone");
	finish();
}
END_TEST

START_TEST(close_reason) /* the world's reason goes out and comes back; X2661-4.4.2-01: unknown codes are reported */
{
	struct l2tp_reason reason = { .result = RC_STOPCCN_SHUTDOWN, .text = "so long" };

	begin();
	peer_open(&p);
	ck_assert_int_eq(l2tp_close_tunnel(w.l, p.engine_id, &reason, w.now), 0);
	world_drain(&w);
	expect_result(CM_STOPCCN, RC_STOPCCN_SHUTDOWN, 0);
	ck_assert_uint_eq(world_sent(&w, CM_STOPCCN)->msg.result_code.text.len, 7);
	ck_assert_int_eq(w.reason.origin, L2TP_BY_REQUEST);
	ck_assert_str_eq(w.reason.text, "so long");
	peer_open(&q);
	struct msg m = peer_msg(&q, CM_STOPCCN);
	m.result_code = (struct result_code){ .result = 999, .error = 888, .has_error = true,
					      .text = { (const uint8_t *)"bye", 3 } };
	peer_send(&q, &m, 0);
	ck_assert_int_eq(w.reason.origin, L2TP_BY_PEER);
	ck_assert_uint_eq(w.reason.result, 999);
	ck_assert_uint_eq(w.reason.error, 888);
	ck_assert_str_eq(w.reason.text, "bye");
	finish();
}
END_TEST

START_TEST(long_text) /* a peer's text is cut */
{
	uint8_t text[900];

	begin();
	peer_open(&p);
	memset(text, 'x', sizeof(text));
	struct msg m = peer_msg(&p, CM_STOPCCN);
	m.result_code = (struct result_code){ .result = 1, .has_error = true, .text = { text, sizeof(text) } };
	peer_send(&p, &m, 0);
	ck_assert_uint_eq(strlen(w.reason.text), sizeof(w.reason.text) - 1);
	struct l2tp_reason endless; /* so is the world's, that has no end */
	memset(&endless, 'x', sizeof(endless));
	endless.origin = L2TP_BY_REQUEST;
	peer_open(&q);
	l2tp_close_tunnel(w.l, q.engine_id, &endless, w.now);
	world_drain(&w);
	ck_assert_uint_eq(strlen(w.reason.text), sizeof(w.reason.text) - 1);
	finish();
}
END_TEST

START_TEST(broken_stopccn) /* X2661-4.4.2-02 */
{
	static const uint8_t unknown[] = { 0x80, 6, 0xff, 0xff, 0, 1 };
	static const uint8_t bare[] = { 0x80, 8, 0, 0, 0, 0, 0, 4 };

	begin();
	peer_open(&p);
	peer_say_with(&p, CM_STOPCCN, unknown, sizeof(unknown));
	expect_state(&p, "linger");
	peer_open(&q);
	peer_send_body(&q, (struct l2tp_span){ bare, sizeof(bare) }, 0);
	expect_state(&q, "linger");
	ck_assert_ptr_null(world_sent(&w, CM_STOPCCN));
	finish();
}
END_TEST

/* X2661-5.7-01 */
START_TEST(order_of_the_end) /* DOWN before DEL before GONE, the sessions before their tunnel, whatever is slow */
{
	begin();
	peer_open(&p);
	peer_call(&p);
	p.session_id++;
	peer_call(&p);
	world_forget(&w);
	w.hold = true;
	l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now);
	world_pass(&w, 60 * SEC); /* the linger is over, the world is slow */
	ck_assert_str_eq(w.log, "SESSION_DOWN SESSION_DEL SESSION_DOWN SESSION_DEL TUNNEL_DOWN ");
	ck_assert(!l2tp_idle(w.l));
	world_answer(&w, L2TP_OP_SESSION_DEL, 0);
	ck_assert(!world_logged(&w, "TUNNEL_DEL"));
	world_answer(&w, L2TP_OP_SESSION_DEL, -EIO); /* cannot be helped */
	ck_assert(world_logged(&w, "SESSION_GONE SESSION_GONE TUNNEL_DEL "));
	ck_assert(!world_logged(&w, "TUNNEL_GONE"));
	world_answer(&w, L2TP_OP_TUNNEL_DEL, 0);
	ck_assert(world_logged(&w, "TUNNEL_DEL TUNNEL_GONE "));
	finish();
}
END_TEST

START_TEST(all_in_one_entry) /* early messages: up and down before anybody was told */
{
	struct peer later;

	begin();
	peer_say(&p, CM_SCCRQ);
	world_forget(&w);
	later = p;
	later.ns += 1;
	peer_say(&later, CM_ICRQ);
	peer_say(&later, CM_STOPCCN);
	peer_say(&p, CM_SCCCN);
	ck_assert_str_eq(w.log, "SESSION_DOWN SESSION_GONE TUNNEL_DOWN ");
	expect_state(&p, "linger");
	finish();
}
END_TEST

START_TEST(shutdown)
{
	uint32_t id;

	begin();
	peer_open(&p);
	peer_call(&p);
	ck_assert(!l2tp_idle(w.l));
	l2tp_shutdown(w.l, NULL, w.now);
	world_drain(&w);
	expect_result(CM_STOPCCN, RC_STOPCCN_SHUTDOWN, 0);
	world_forget(&w);
	peer_say(&q, CM_SCCRQ);
	expect_result(CM_STOPCCN, RC_STOPCCN_SHUTDOWN, 0);
	ck_assert_int_eq(l2tp_open(w.l, &w.params, &p.local, &p.addr, w.now, &id), -ESHUTDOWN);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ 0 }, 0, w.now, &id), -ESHUTDOWN);
	world_pass(&w, SEC);
	ck_assert(l2tp_idle(w.l)); /* it only lingers */
	expect_state(&p, "linger");
	l2tp_shutdown(w.l, NULL, w.now);
	finish();
}
END_TEST

START_TEST(shutdown_while_dialling) /* a server that does not answer is asked once more, and not waited for */
{
	begin();
	p.deaf = true;
	(void)engine_dial(&p);
	l2tp_shutdown(w.l, NULL, w.now);
	world_drain(&w);
	ck_assert(!l2tp_idle(w.l));
	world_pass(&w, SEC);
	ck_assert(l2tp_idle(w.l));
	finish();
}
END_TEST

START_TEST(freed_in_mid_flight) /* l2tp_free() in any state: no leak (the sanitizer tells) */
{
	uint32_t id;

	begin();
	w.hold = true;
	(void)engine_dial(&q);
	if (_i > 0)
		peer_say(&p, CM_SCCRQ);
	if (_i > 1)
		peer_say(&p, CM_SCCCN);
	if (_i > 2)
		peer_say(&p, CM_ICRQ);
	if (_i > 3)
		l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ .called_number = secret }, 0, w.now, &id);
	if (_i > 4)
		world_answer(&w, L2TP_OP_SESSION_ADD, 0);
	if (_i > 5)
		peer_say(&p, CM_STOPCCN);
	world_end(&w);
}
END_TEST

/* ---- Errors in messages (A19) -------------------------------------------------------------------------------- */

START_TEST(fault_of_a_call) /* R2661-4.1-03, X2661-7.1-05: the call goes, the tunnel and other calls stay */
{
	static const uint8_t unknown[] = { 0x80, 6, 0xff, 0xff, 0, 1 };
	uint16_t other;

	begin();
	peer_open(&p);
	peer_call(&p);
	other = p.engine_session_id;
	p.session_id++;
	peer_say(&p, CM_ICRQ);
	world_forget(&w);
	peer_say_with(&p, CM_ICCN, unknown, sizeof(unknown));
	expect_result(CM_CDN, RC_CDN_GENERAL, EC_UNKNOWN_MANDATORY_AVP);
	expect_said("CDN");
	ck_assert_str_eq(world_session_state(&w, p.engine_id, other), "established");
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(unknown_type) /* R2661-7.1-05: M set: the tunnel goes; clear: acknowledged, nothing else */
{
	uint8_t body[] = { 0x80, 8, 0, 0, 0, 0, 0, 77 };

	begin();
	peer_open(&p);
	world_forget(&w);
	body[0] = 0;
	peer_send_body(&p, (struct l2tp_span){ body, sizeof(body) }, 0);
	world_pass(&w, 100 * MSEC);
	ck_assert_uint_eq(world_stats(&w).dropped[L2TP_DROP_TYPE], 1);
	expect_state(&p, "established");
	ck_assert_uint_eq(w.sent[w.n_sent - 1].header.nr, p.ns);
	body[0] = 0x80;
	peer_send_body(&p, (struct l2tp_span){ body, sizeof(body) }, 0);
	expect_result(CM_STOPCCN, RC_STOPCCN_GENERAL, EC_UNKNOWN_MANDATORY_AVP);
	finish();
}
END_TEST

START_TEST(impossible_acknowledgement) /* X2661-5.8-01 */
{
	begin();
	peer_open(&p);
	p.nr += 5;
	peer_zlb(&p);
	ck_assert_uint_eq(world_stats(&w).dropped[L2TP_DROP_NR], 1);
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(no_message_type) /* X2661-4.4.1-01 */
{
	static const uint8_t body[] = { 0x80, 8, 0, 0, 0, 14, 0, 77 };

	begin();
	peer_open(&p);
	peer_send_body(&p, (struct l2tp_span){ body, sizeof(body) }, 0);
	expect_state(&p, "closing");
	finish();
}
END_TEST

START_TEST(session_id_in_a_tunnel_message) /* X2661-6-01 */
{
	begin();
	peer_open(&p);
	struct msg m = peer_msg(&p, CM_HELLO);
	peer_send(&p, &m, 7);
	expect_state(&p, "closing");
	expect_result(CM_STOPCCN, RC_STOPCCN_GENERAL, EC_SESSION_ID);
	finish();
}
END_TEST

START_TEST(missing_avp) /* X2661-7.1-01: a call's message without what it needs */
{
	static const uint8_t icrq[] = { 0x80, 8, 0, 0, 0, 0, 0, 10, 0x80, 8, 0, 0, 0, 14, 0x12, 0x34 };

	begin();
	peer_open(&p);
	peer_send_body(&p, (struct l2tp_span){ icrq, sizeof(icrq) }, 0);
	expect_result(CM_CDN, RC_CDN_GENERAL, EC_VALUE);
	ck_assert_uint_eq(world_sent(&w, CM_CDN)->header.session_id, 0x1234);
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(outgoing_refused)
{
	begin();
	peer_open(&p);
	peer_say(&p, CM_OCRQ);
	expect_result(CM_CDN, RC_CDN_NO_FACILITY_PERMANENT, 0);
	w.params.lns = false;
	peer_open(&q);
	peer_say(&q, CM_ICRQ);
	expect_result(CM_CDN, RC_CDN_NO_FACILITY_PERMANENT, 0);
	ck_assert_uint_eq(world_stats(&w).refused, 2);
	ck_assert_uint_eq(world_stats(&w).calls_refused, 2);
	finish();
}
END_TEST

/* ---- Time ---------------------------------------------------------------------------------------------------- */

START_TEST(hello) /* R2661-5.5-01, R2661-6.5-06: after 60 s of silence, and not before */
{
	begin();
	peer_open(&p);
	world_forget(&w);
	world_pass(&w, 59 * SEC);
	ck_assert_uint_eq(w.n_sent, 0);
	peer_zlb(&p); /* any message is life */
	world_pass(&w, 59 * SEC);
	ck_assert_uint_eq(w.n_sent, 0);
	world_pass(&w, 2 * SEC);
	ck_assert_uint_eq(world_count(&w, CM_HELLO), 1);
	ck_assert(world_logged(&w, "TUNNEL_IDLE "));
	ck_assert_uint_eq(world_sent(&w, CM_HELLO)->header.session_id, 0);
	world_pass(&w, 600 * SEC); /* the peer acknowledges */
	ck_assert_uint_eq(world_count(&w, CM_HELLO), 11);
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(probe) /* the world asks for a sign of life, whatever the time */
{
	struct l2tp_tunnel_info info;
	usec_t asked;

	begin();
	peer_say(&p, CM_SCCRQ);
	ck_assert_int_eq(l2tp_probe(w.l, p.engine_id, w.now), -ENOTCONN);
	ck_assert_int_eq(l2tp_probe(w.l, 0, w.now), -ENOENT);
	peer_say(&p, CM_SCCCN);
	world_pass(&w, 10 * SEC);
	world_forget(&w);
	p.deaf = true;
	asked = w.now;
	ck_assert_int_eq(l2tp_probe(w.l, p.engine_id, w.now), 0);
	ck_assert_int_eq(l2tp_probe(w.l, p.engine_id, w.now), 0); /* once is enough */
	world_drain(&w);
	ck_assert_uint_eq(world_count(&w, CM_HELLO), 1);
	ck_assert_int_eq(l2tp_get_tunnel(w.l, p.engine_id, &info), 0);
	ck_assert_uint_lt(info.heard, asked);
	peer_zlb(&p);
	ck_assert_int_eq(l2tp_get_tunnel(w.l, p.engine_id, &info), 0);
	ck_assert_uint_eq(info.heard, w.now);
	finish();
}
END_TEST

START_TEST(hello_off) /* R2661-6.5-04 */
{
	world_init(&w);
	w.params.hello_interval = USEC_NEVER;
	world_start(&w);
	peer_init(&p, &w, 9);
	peer_open(&p);
	world_forget(&w);
	world_pass(&w, 86400 * SEC);
	ck_assert_uint_eq(w.n_sent, 0);
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(hello_unanswered) /* R2661-5.5-02, 5.8-18: the tunnel and its calls are cleared, without a StopCCN */
{
	begin();
	peer_open(&p);
	peer_call(&p);
	world_forget(&w);
	p.deaf = true;
	world_pass(&w, 91 * SEC);
	expect_state(&p, "established");
	world_pass(&w, 60 * SEC);
	ck_assert_uint_eq(world_count(&w, CM_HELLO), 6);
	ck_assert_ptr_null(world_sent(&w, CM_STOPCCN));
	expect_state(&p, "gone");
	ck_assert_int_eq(w.reason.origin, L2TP_BY_TIMEOUT);
	ck_assert(w.reason.text[0]);
	ck_assert(world_logged(&w, "SESSION_DOWN SESSION_DEL TUNNEL_DOWN SESSION_GONE TUNNEL_DEL TUNNEL_GONE "));
	finish();
}
END_TEST

START_TEST(data_is_life) /* X2661-6.5-02: no HELLO while data comes */
{
	begin();
	peer_open(&p);
	world_forget(&w);
	w.data_flows = true;
	world_pass(&w, 600 * SEC);
	ck_assert_uint_eq(world_count(&w, CM_HELLO), 0);
	ck_assert(world_logged(&w, "TUNNEL_IDLE "));
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(data_saves_the_deaf) /* a peer that ignores HELLO and sends data now and then lives */
{
	begin();
	peer_open(&p);
	world_forget(&w);
	p.deaf = true;
	world_pass(&w, 70 * SEC);
	ck_assert_uint_ge(world_count(&w, CM_HELLO), 1);
	w.data_flows = true;
	world_pass(&w, 400 * SEC);
	expect_state(&p, "established");
	ck_assert_uint_le(world_count(&w, CM_HELLO), 60); /* and is not asked faster and faster */
	w.data_flows = false;
	world_pass(&w, 400 * SEC);
	expect_state(&p, "gone");
	finish();
}
END_TEST

START_TEST(data_does_not_save_calls) /* what is not answered now is more than a HELLO */
{
	uint32_t id;

	begin();
	peer_open(&p);
	world_pass(&w, 70 * SEC);
	ck_assert_uint_eq(world_count(&w, CM_HELLO), 1);
	p.deaf = w.data_flows = true;
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ 0 }, 0, w.now, &id), 0);
	world_pass(&w, 48 * SEC);
	expect_state(&p, "gone");
	finish();
}
END_TEST

START_TEST(closed_while_condemned) /* the question about data is out, and somebody closes */
{
	begin();
	peer_open(&p);
	p.deaf = true;
	world_pass(&w, 70 * SEC);
	w.hold = true;
	world_pass(&w, 80 * SEC);
	ck_assert_uint_eq(w.n_pending, 1);
	l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now);
	world_pass(&w, 10 * SEC);
	world_answer(&w, L2TP_OP_TUNNEL_IDLE, 0);
	world_answer(&w, L2TP_OP_TUNNEL_DEL, 0);
	world_pass(&w, 100 * SEC);
	expect_state(&p, "gone");
	finish();
}
END_TEST

START_TEST(question_taken_back) /* nobody has heard the question about data yet when the tunnel closes */
{
	begin();
	peer_open(&p);
	world_forget(&w);
	for (usec_t until = w.now + 65 * SEC; l2tp_deadline(w.l) <= until;) {
		w.now = l2tp_deadline(w.l) > w.now ? l2tp_deadline(w.l) : w.now;
		l2tp_tick(w.l, w.now);
	}
	l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now);
	world_drain(&w);
	ck_assert_str_eq(w.log, "TUNNEL_DOWN TUNNEL_DEL ");
	finish();
}
END_TEST

START_TEST(condemned_behind_another_operation)
{
	begin();
	w.hold = true;
	peer_open(&p); /* TUNNEL_ADD stays unanswered */
	p.deaf = true;
	peer_say(&p, CM_SCCRQ);
	world_pass(&w, 300 * SEC);
	l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now);
	world_drain(&w);
	world_answer(&w, L2TP_OP_TUNNEL_ADD, 0);
	finish();
}
END_TEST

START_TEST(idle_timeout) /* R2661-5.6-02 */
{
	world_init(&w);
	w.params.idle_timeout = 30 * SEC;
	world_start(&w);
	peer_init(&p, &w, 9);
	peer_open(&p);
	peer_call(&p);
	world_pass(&w, 50 * SEC);
	expect_state(&p, "established");
	peer_say(&p, CM_CDN);
	world_pass(&w, 29 * SEC);
	expect_state(&p, "established");
	p.session_id++;
	peer_call(&p); /* in the last moment */
	world_pass(&w, 29 * SEC);
	expect_state(&p, "established");
	peer_say(&p, CM_CDN);
	world_pass(&w, 31 * SEC);
	expect_state(&p, "linger");
	expect_result(CM_STOPCCN, RC_STOPCCN_CLEAR, 0);
	finish();
}
END_TEST

START_TEST(retransmission) /* R2661-5.8-13 .. 15: 1, 2, 4 ... s, the same Ns, the present Nr */
{
	begin();
	p.deaf = true;
	(void)engine_dial(&p);
	world_pass(&w, 62 * SEC);
	ck_assert_uint_eq(world_count(&w, CM_SCCRQ), 6);
	for (size_t i = 0; i < w.n_sent; i++)
		ck_assert_uint_eq(w.sent[i].header.ns + w.sent[i].header.nr + w.sent[i].header.tunnel_id, 0);
	ck_assert_uint_eq(world_stats(&w).retransmits, 5);
	finish();
}
END_TEST

/* ---- The world fails ----------------------------------------------------------------------------------------- */

START_TEST(tunnel_add_fails)
{
	begin();
	w.fail_type = L2TP_OP_TUNNEL_ADD;
	peer_say(&p, CM_SCCRQ);
	world_forget(&w);
	peer_say(&p, CM_SCCCN);
	expect_result(CM_STOPCCN, RC_STOPCCN_GENERAL, EC_RESOURCES);
	ck_assert_int_eq(w.reason.origin, L2TP_BY_WORLD);
	ck_assert_str_eq(w.log, "TUNNEL_ADD TUNNEL_UP TUNNEL_DOWN ");
	world_pass(&w, 60 * SEC);
	ck_assert_str_eq(w.log, "TUNNEL_ADD TUNNEL_UP TUNNEL_DOWN TUNNEL_GONE "); /* no DEL */
	finish();
}
END_TEST

START_TEST(tunnel_add_fails_late) /* when the tunnel is already closing: no DEL either */
{
	begin();
	w.hold = true;
	peer_open(&p);
	peer_say(&p, CM_ICRQ);
	world_forget(&w);
	peer_say(&p, CM_STOPCCN);
	world_answer(&w, L2TP_OP_TUNNEL_ADD, -EIO);
	world_answer(&w, L2TP_OP_SESSION_ADD, -EIO);
	ck_assert_str_eq(w.log, "SESSION_DOWN TUNNEL_DOWN SESSION_GONE ");
	world_pass(&w, 60 * SEC);
	ck_assert(world_logged(&w, "SESSION_GONE TUNNEL_GONE "));
	finish();
}
END_TEST

START_TEST(tunnel_add_fails_last) /* the session's failure was told first: the removal had already been asked for */
{
	begin();
	w.hold = true;
	peer_open(&p);
	peer_say(&p, CM_ICRQ);
	world_forget(&w);
	peer_say(&p, CM_STOPCCN);
	world_answer(&w, L2TP_OP_SESSION_ADD, -EIO);
	world_answer(&w, L2TP_OP_TUNNEL_ADD, -EIO);
	world_pass(&w, 60 * SEC);
	ck_assert_str_eq(w.log, "SESSION_DOWN TUNNEL_DOWN SESSION_GONE TUNNEL_GONE ");
	finish();
}
END_TEST

START_TEST(lost_for_lack_of_memory) /* a message that cannot be queued: the connection cannot go on */
{
	begin();
	peer_open(&p);
	peer_call(&p);
	oom_at = 1;
	l2tp_close_session(w.l, p.engine_id, p.engine_session_id, NULL, w.now);
	ck_assert_int_eq(oom_at, 0);
	world_drain(&w);
	ck_assert_int_eq(w.reason.origin, L2TP_BY_WORLD);
	ck_assert_uint_eq(w.reason.error, EC_RESOURCES);
	ck_assert(world_logged(&w, "TUNNEL_DOWN "));
	finish();
}
END_TEST

START_TEST(session_add_fails)
{
	begin();
	peer_open(&p);
	w.fail_type = L2TP_OP_SESSION_ADD;
	world_forget(&w);
	peer_say(&p, CM_ICRQ);
	expect_result(CM_CDN, RC_CDN_GENERAL, EC_RESOURCES);
	ck_assert_uint_eq(world_sent(&w, CM_CDN)->header.session_id, p.session_id);
	ck_assert_str_eq(w.log, "SESSION_ADD SESSION_DOWN SESSION_GONE ");
	expect_state(&p, "established");
	w.fail_type = -1;
	peer_call(&p);
	ck_assert_str_eq(world_session_state(&w, p.engine_id, p.engine_session_id), "established");
	finish();
}
END_TEST

START_TEST(answers_nobody_waits_for)
{
	begin();
	peer_open(&p);
	peer_call(&p);
	world_forget(&w);
	for (int err = -1; err <= 0; err++) {
		l2tp_op_done(w.l, p.engine_id, 0, err, w.now);
		l2tp_op_done(w.l, p.engine_id, p.engine_session_id, err, w.now);
		l2tp_op_done(w.l, p.engine_id, 1, err, w.now);
		l2tp_op_done(w.l, 1, 0, err, w.now);
		l2tp_op_done(w.l, 1, 1, err, w.now);
		l2tp_data_seen(w.l, 1, w.now);
	}
	world_drain(&w);
	ck_assert_str_eq(w.log, "");
	ck_assert_uint_eq(w.n_sent, 0);
	finish();
}
END_TEST

/* A story with everything in it: both roles, calls both ways, HELLO, closing. */
static void story(void)
{
	uint32_t id;

	peer_open(&p);
	peer_call(&p);
	q.engine_id = 0;
	if (l2tp_open(w.l, &w.params, &q.local, &q.addr, w.now, &id) == 0) {
		q.engine_id = (uint16_t)id;
		world_drain(&w);
		peer_accept(&q);
		struct l2tp_call_info info = { .framing_type = 1, .called_number = secret, .calling_number = secret };
		if (l2tp_call(w.l, id, &info, 5, w.now, &id) == 0) {
			world_drain(&w);
			peer_say(&q, CM_ICRP);
			world_pass(&w, 100 * MSEC);
		}
	}
	world_pass(&w, 61 * SEC);
	peer_say(&p, CM_CDN);
	peer_say(&p, CM_STOPCCN);
	world_pass(&w, SEC);
	(void)l2tp_close_tunnel(w.l, q.engine_id, NULL, w.now);
	world_pass(&w, 200 * SEC);
}

static void still_works(void)
{
	struct peer r;

	w.fail_at = 0;
	world_forget(&w);
	world_pass(&w, 100 * SEC);
	peer_init(&r, &w, 200);
	peer_open(&r);
	peer_call(&r);
	ck_assert_str_eq(world_session_state(&w, r.engine_id, r.engine_session_id), "established");
	ck_assert_uint_eq(world_stats(&w).tunnels, 1);
	finish();
}

START_TEST(every_operation_refused) /* once each */
{
	uint32_t total;

	begin();
	story();
	total = w.answers;
	finish();
	ck_assert_uint_ge(total, 8);
	for (uint32_t n = 1; n <= total; n++) {
		begin();
		w.fail_at = n;
		story();
		still_works();
	}
}
END_TEST

START_TEST(every_allocation_fails) /* the n-th, for every n: no crash, no leak, and the engine works afterwards */
{
	int n = 0;
	bool failed = true;

	for (n = 1; failed; n++) {
		world_init(&w);
		oom_at = n;
		if (l2tp_new(&w.env, &w.l) < 0) {
			oom_at = 0;
			continue;
		}
		peer_init(&p, &w, 9);
		peer_init(&q, &w, 10);
		story();
		failed = oom_at == 0;
		oom_at = 0;
		still_works();
	}
	ck_assert_int_gt(n, 40);
}
END_TEST

START_TEST(every_allocation_fails_with_secrets)
{
	bool failed = true;

	for (int n = 1; failed; n++) {
		world_init(&w);
		set_secret(&w.params);
		w.params.hide_avps = true;
		w.secret = secret;
		world_start(&w);
		peer_init(&p, &w, 9);
		peer_init(&q, &w, 10);
		p.secret = q.secret = secret;
		oom_at = n;
		story();
		failed = oom_at == 0;
		oom_at = 0;
		still_works();
	}
}
END_TEST

/* ---- Requests ------------------------------------------------------------------------------------------------ */

START_TEST(bad_requests)
{
	struct l2tp_call_info info = { 0 };
	uint8_t number[1016] = { 0 };
	uint32_t id;

	begin();
	ck_assert_int_eq(l2tp_call(w.l, 1, &info, 0, w.now, &id), -ENOENT);
	ck_assert_int_eq(l2tp_close_tunnel(w.l, 1, NULL, w.now), -ENOENT);
	ck_assert_int_eq(l2tp_close_session(w.l, 1, 1, NULL, w.now), -ENOENT);
	peer_open(&p);
	ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, 1, NULL, w.now), -ENOENT);
	info.called_number = (struct l2tp_span){ number, sizeof(number) };
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 0, w.now, &id), -EINVAL);
	info.called_number.len--;
	info.calling_number = info.sub_address = info.called_number;
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 0, w.now, &id), 0);
	world_drain(&w);
	expect_state(&p, "established");
	l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 0, w.now, &id), -ESHUTDOWN);
	ck_assert_int_eq(l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now), 0);
	finish();
}
END_TEST

START_TEST(bad_params)
{
	struct l2tp_params good, bad[14];
	struct l2tp_addr nowhere = { 0 };
	uint32_t id;

	begin();
	good = w.params;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		bad[i] = good;
	bad[0].host_name[0] = 0;
	memset(bad[1].host_name, 'x', sizeof(bad[1].host_name));
	memset(bad[2].vendor_name, 'x', sizeof(bad[2].vendor_name));
	bad[3].secret_len = sizeof(bad[3].secret) + 1;
	bad[4].challenge = true;
	bad[5].hide_avps = true;
	bad[6].receive_window = 0;
	bad[7].receive_window = 1025;
	bad[8].retransmit_initial = 0;
	bad[9].retransmit_cap = bad[9].retransmit_initial - 1;
	bad[10].retransmit_max = 0;
	bad[11].hello_interval = USEC_NEVER - 1; /* sums overflow */
	bad[12].setup_timeout = USEC_NEVER;
	bad[13].idle_timeout = USEC_NEVER - 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(l2tp_open(w.l, &bad[i], &p.local, &p.addr, w.now, &id) == -EINVAL, "%zu", i);
	ck_assert_int_eq(l2tp_open(w.l, &good, &p.local, &nowhere, w.now, &id), -EINVAL);
	ck_assert_uint_eq(world_stats(&w).tunnels, 0);
	finish();
}
END_TEST

START_TEST(bad_env)
{
	struct l2tp_env env;
	struct l2tp *l;

	begin();
	for (int i = 0; i < 11; i++) {
		env = w.env;
		switch (i) {
		case 0: env.random = NULL; break;
		case 1: env.admit_tunnel = NULL; break;
		case 2: env.limits.tunnels = 0; break;
		case 3: env.limits.tunnels = 65536; break;
		case 4: env.limits.sessions = 0; break;
		case 5: env.limits.sessions_per_tunnel = 65536; break;
		case 6: env.limits.half_open = 0; break;
		case 7: env.limits.sccrq_per_second = 0; break;
		case 8: env.limits.sccrq_per_second_per_source = 0; break;
		case 9: env.limits.errors_per_second = 0; break;
		case 10: env.limits.errors_per_second_per_source = 0; break;
		}
		ck_assert_int_eq(l2tp_new(&env, &l), -EINVAL);
	}
	env = w.env;
	env.admit_call = NULL;
	env.trace = NULL;
	ck_assert_int_eq(l2tp_new(&env, &l), 0);
	l2tp_free(l);
	l2tp_free(NULL);
	finish();
}
END_TEST

START_TEST(what_is_told) /* R2661-5.4-03 and cookies, names, the call's data: in operations and in the views */
{
	uint8_t number[4];
	struct l2tp_tunnel_info t;
	struct l2tp_session_info s;
	struct l2tp_call_info info = { .framing_type = 1, .called_number = { number, 4 }, .sequencing_required = true };
	uint32_t id;

	memcpy(number, "0123", 4);

	begin();
	peer_open(&p);
	ck_assert_uint_eq(w.last_up.cookie, 77);
	ck_assert(!w.last_up.initiator);
	ck_assert_uint_eq(w.last_up.peer_tunnel_id, p.id);
	ck_assert_int_eq(l2tp_get_tunnel(w.l, p.engine_id, &t), 0);
	ck_assert_str_eq(w.last_host, "peer");
	ck_assert_mem_eq(t.peer_host_name.data, "peer", 4);
	ck_assert_uint_eq(t.peer_vendor_name.len, 0);
	ck_assert(!t.initiator);
	ck_assert_uint_eq(t.send_window, 4); /* R2661-4.4.3-12 */
	ck_assert_mem_eq(&t.peer, &p.addr, sizeof(p.addr));
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 4242, w.now, &id), 0);
	memset(number, 'x', sizeof(number)); /* it was copied */
	world_drain(&w);
	ck_assert_uint_eq(world_sent(&w, CM_ICRQ)->msg.called_number.len, 4);
	peer_say(&p, CM_ICRP);
	ck_assert_uint_eq(w.last_add.call_cookie, 4242);
	ck_assert(!w.last_add.lns && w.last_add.sequencing);
	ck_assert_uint_eq(w.last_add.peer_session_id, p.session_id);
	ck_assert(msg_has(&world_sent(&w, CM_ICCN)->msg, AVP_SEQUENCING_REQUIRED));
	ck_assert_int_eq(l2tp_get_session(w.l, p.engine_id, id, &s), 0);
	ck_assert(!s.lns && s.call->called_number.len == 4 && !memcmp(s.call->called_number.data, "0123", 4));
	ck_assert_int_eq(l2tp_get_session(w.l, p.engine_id, 1, &s), -ENOENT);
	ck_assert_int_eq(l2tp_get_tunnel(w.l, 1, &t), -ENOENT);
	finish();
}
END_TEST

static void expect_identity(const struct msg *m)
{
	ck_assert_uint_eq(m->protocol_version, 0x0100); /* R2661-4.4.3-01 */
	ck_assert_uint_eq(m->framing_capabilities, 2);
	ck_assert(msg_has(m, AVP_BEARER_CAPABILITIES) && m->bearer_capabilities == 3);
	ck_assert(msg_has(m, AVP_RECEIVE_WINDOW_SIZE) && m->receive_window_size == 9);
	ck_assert(m->host_name.len == 6 && !memcmp(m->host_name.data, "engine", 6));
	ck_assert(m->vendor_name.len == 5 && !memcmp(m->vendor_name.data, "maker", 5));
}

START_TEST(what_we_say) /* everything that was configured, everything of the call, in its place */
{
	static const struct l2tp_span a = { (const uint8_t *)"a", 1 }, b = { (const uint8_t *)"bb", 2 },
				      c = { (const uint8_t *)"ccc", 3 }, d = { (const uint8_t *)"dddd", 4 };
	struct l2tp_call_info info = { .call_serial_number = 99, .bearer_type = 2, .framing_type = 2,
				       .physical_channel_id = 5, .tx_connect_speed = 111, .rx_connect_speed = 222,
				       .calling_number = a, .called_number = b, .sub_address = c,
				       .private_group_id = d };
	const struct msg *m;
	uint32_t id;

	world_init(&w);
	w.params.framing_capabilities = 2;
	w.params.bearer_capabilities = 3;
	w.params.receive_window = 9;
	strcpy(w.params.vendor_name, "maker");
	world_start(&w);
	peer_init(&p, &w, 9);
	peer_init(&q, &w, 10);
	(void)engine_dial(&q);
	peer_open(&p);
	expect_identity(&world_sent(&w, CM_SCCRQ)->msg);
	expect_identity(&world_sent(&w, CM_SCCRP)->msg);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 0, w.now, &id), 0);
	world_drain(&w);
	m = &world_sent(&w, CM_ICRQ)->msg;
	ck_assert(m->call_serial_number == 99 && m->bearer_type == 2 && m->physical_channel_id == 5);
	ck_assert(msg_has(m, AVP_BEARER_TYPE));
	ck_assert(m->calling_number.len == 1 && m->called_number.len == 2 && m->sub_address.len == 3);
	ck_assert(!memcmp(m->called_number.data, "bb", 2));
	peer_say(&p, CM_ICRP);
	m = &world_sent(&w, CM_ICCN)->msg;
	ck_assert(m->tx_connect_speed == 111 && m->rx_connect_speed == 222 && m->framing_type == 2);
	ck_assert(m->private_group_id.len == 4 && !msg_has(m, AVP_SEQUENCING_REQUIRED));
	finish();
}
END_TEST

START_TEST(what_the_peer_tells) /* window, vendor, the data of its call */
{
	struct l2tp_tunnel_info t;
	struct l2tp_session_info s;
	struct msg m;

	begin();
	p.engine_id = (uint16_t)engine_dial(&p);
	ck_assert_uint_eq(w.sent[0].tunnel_id, p.engine_id);
	ck_assert_mem_eq(&w.sent[0].local, &p.local, sizeof(p.local));
	m = peer_msg(&p, CM_SCCRP);
	m.receive_window_size = 7;
	m.vendor_name = secret;
	msg_set(&m, AVP_RECEIVE_WINDOW_SIZE);
	msg_set(&m, AVP_VENDOR_NAME);
	peer_send(&p, &m, 0);
	ck_assert(w.last_up.initiator);
	ck_assert_int_eq(l2tp_get_tunnel(w.l, p.engine_id, &t), 0);
	ck_assert(t.initiator);
	ck_assert_uint_eq(t.send_window, 7);
	ck_assert_mem_eq(t.peer_vendor_name.data, "secret", 6);
	m = peer_msg(&p, CM_ICRQ);
	m.calling_number = secret;
	msg_set(&m, AVP_CALLING_NUMBER);
	peer_send(&p, &m, 0);
	peer_say(&p, CM_ICCN);
	ck_assert_int_eq(l2tp_get_session(w.l, p.engine_id, p.engine_session_id, &s), 0);
	ck_assert_uint_eq(s.call->call_serial_number, 4711);
	ck_assert_uint_eq(s.call->tx_connect_speed, 1000000);
	ck_assert_mem_eq(s.call->calling_number.data, "secret", 6);
	finish();
}
END_TEST

START_TEST(lns_sequencing) /* R2661-5.4-04: the LAC insists in its ICCN, after the path was made */
{
	begin();
	peer_open(&p);
	peer_say(&p, CM_ICRQ);
	ck_assert(w.last_add.lns && !w.last_add.sequencing);
	struct msg m = peer_msg(&p, CM_ICCN);
	msg_set(&m, AVP_SEQUENCING_REQUIRED);
	peer_send(&p, &m, p.engine_session_id);
	ck_assert(w.last_up.sequencing);
	finish();
}
END_TEST

START_TEST(serial_numbers) /* R2661-4.4.4-01 */
{
	uint32_t id, last = 0;

	begin();
	peer_open(&p);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ 0 }, 0, w.now, &id), 0);
		world_pass(&w, 100 * MSEC);
		if (i)
			ck_assert_uint_eq(world_sent(&w, CM_ICRQ)->msg.call_serial_number, last + 1);
		last = world_sent(&w, CM_ICRQ)->msg.call_serial_number;
	}
	finish();
}
END_TEST

START_TEST(traced) /* every datagram, in and out */
{
	begin();
	peer_open(&p);
	peer_call(&p);
	ck_assert_uint_eq(w.traced_out, w.n_sent);
	ck_assert_uint_eq(w.traced_in, world_stats(&w).received);
	ck_assert_uint_eq(w.traced_dropped, 0);
	finish();
}
END_TEST

static void expect_why(const char *why)
{
	if (why)
		ck_assert_str_eq(w.traced_why, why);
	else
		ck_assert_ptr_null(w.traced_why);
}

START_TEST(traced_drops) /* a message that nothing comes of is told apart from one that is acted upon */
{
	begin();
	peer_open(&p);
	peer_say(&p, CM_HELLO);
	expect_why(NULL);
	p.ns--;
	peer_say(&p, CM_HELLO);
	expect_why("received before");
	p.nr = (uint16_t)(p.nr + 100);
	peer_zlb(&p);
	expect_why("acknowledges a message that was never sent");
	p.nr = (uint16_t)(p.nr - 100);
	peer_zlb(&p);
	expect_why(NULL);
	p.engine_id ^= 1;
	peer_zlb(&p);
	expect_why("unknown tunnel");
	p.engine_id ^= 1;
	/* what waited for a message, and is no good, is not that message */
	p.ns++;
	peer_send_body(&p, (struct l2tp_span){ (const uint8_t *)"\x80\x08\0\0\0\0\0\x0a\x80\x07\0\0\0\x01x", 15 }, 0);
	expect_why(NULL);
	p.ns = (uint16_t)(p.ns - 2);
	peer_say(&p, CM_HELLO);
	expect_why(NULL);
	ck_assert_uint_eq(world_stats(&w).dropped[L2TP_DROP_MESSAGE], 1);
	finish();
}
END_TEST

/* ---- All of it ------------------------------------------------------------------------------------------------- */

static TCase *new_case(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	return tc;
}

static void add_tunnels(Suite *suite)
{
	TCase *tc = new_case(suite, "demultiplexing");

	tcase_add_test(tc, garbage);
	tcase_add_test(tc, unknown_tunnel);
	tcase_add_test(tc, stray_sccrp);
	tcase_add_test(tc, id_zero);
	tcase_add_test(tc, stopccn_by_peers_id);
	tcase_add_test(tc, another_source);
	tcase_add_test(tc, sessions_of_another_tunnel);
	tcase_add_test(tc, sccrp_from_another_port);
	tcase_add_test(tc, sccrp_from_another_address);
	tcase_add_test(tc, refusal_is_acknowledged);
	tcase_add_test(tc, faulty_sccrp);
	tc = new_case(suite, "SCCRQ");
	tcase_add_test(tc, repeated_sccrq);
	tcase_add_test(tc, same_id_from_another_port);
	tcase_add_test(tc, peer_lost_its_memory);
	tcase_add_test(tc, peer_lost_its_memory_twice);
	tcase_add_test(tc, peer_lost_its_memory_same_words);
	tcase_add_test(tc, new_tunnel_while_the_old_lingers);
	tcase_add_test(tc, same_id_while_the_old_lingers);
	tcase_add_test(tc, same_id_while_the_old_closes);
	tcase_add_test(tc, refused);
	tcase_add_test(tc, refused_in_silence);
	tcase_add_test(tc, admitted_with_bad_settings);
	tcase_add_test(tc, bad_sccrq);
	tcase_add_test(tc, forgiving);
	tcase_add_test(tc, sccrq_out_of_order);
	tc = new_case(suite, "authentication");
	tcase_add_loop_test(tc, responder_challenges, 0, 3);
	tcase_add_loop_test(tc, initiator_challenges, 0, 3);
	tcase_add_test(tc, peer_challenges);
	tcase_add_test(tc, unasked_response);
	tcase_add_test(tc, fresh_challenges);
	tcase_add_test(tc, hidden);
	tcase_add_test(tc, cdn_is_acknowledged_by_name);
	tcase_add_test(tc, hidden_challenge);
	tcase_add_test(tc, hidden_without_secret);
	tcase_add_test(tc, tie_lost_in_silence);
	tcase_add_test(tc, tie_from_another_port);
	tcase_add_test(tc, no_tie_once_answered);
	tcase_add_loop_test(tc, several_dials, 0, 6);
}

static void add_ends(Suite *suite)
{
	TCase *tc = new_case(suite, "limits");

	tcase_add_loop_test(tc, half_open_limits, 0, 2);
	tcase_add_test(tc, half_open_makes_room);
	tcase_add_test(tc, sccrq_rate_of_a_source);
	tcase_add_test(tc, sccrq_rate_in_its_name);
	tcase_add_test(tc, sccrq_rate_spares);
	tcase_add_test(tc, sccrq_rate_of_all);
	tcase_add_test(tc, error_rate);
	tcase_add_test(tc, flood_forgotten);
	tcase_add_loop_test(tc, tunnel_limit, 0, 3);
	tcase_add_test(tc, limits_change);
	tcase_add_loop_test(tc, session_limits, 0, 3);
	tcase_add_test(tc, ids);
	tcase_add_test(tc, id_not_again);
	tcase_add_test(tc, ids_on_the_wire);
	tc = new_case(suite, "closing");
	tcase_add_test(tc, linger);
	tcase_add_test(tc, long_linger);
	tcase_add_test(tc, silent_in_linger);
	tcase_add_test(tc, silent_when_void);
	tcase_add_test(tc, linger_anew);
	tcase_add_test(tc, close_is_delivered);
	tcase_add_test(tc, close_unanswered);
	tcase_add_test(tc, close_reason);
	tcase_add_test(tc, long_text);
	tcase_add_test(tc, broken_stopccn);
	tcase_add_test(tc, order_of_the_end);
	tcase_add_test(tc, all_in_one_entry);
	tcase_add_test(tc, shutdown);
	tcase_add_test(tc, shutdown_while_dialling);
	tcase_add_loop_test(tc, freed_in_mid_flight, 0, 7);
	tc = new_case(suite, "errors");
	tcase_add_test(tc, fault_of_a_call);
	tcase_add_test(tc, unknown_type);
	tcase_add_test(tc, impossible_acknowledgement);
	tcase_add_test(tc, no_message_type);
	tcase_add_test(tc, session_id_in_a_tunnel_message);
	tcase_add_test(tc, missing_avp);
	tcase_add_test(tc, outgoing_refused);
	tc = new_case(suite, "time");
	tcase_add_test(tc, hello);
	tcase_add_test(tc, probe);
	tcase_add_test(tc, hello_off);
	tcase_add_test(tc, hello_unanswered);
	tcase_add_test(tc, data_is_life);
	tcase_add_test(tc, data_saves_the_deaf);
	tcase_add_test(tc, data_does_not_save_calls);
	tcase_add_test(tc, closed_while_condemned);
	tcase_add_test(tc, question_taken_back);
	tcase_add_test(tc, condemned_behind_another_operation);
	tcase_add_test(tc, idle_timeout);
	tcase_add_test(tc, retransmission);
}

static void add_failures(Suite *suite)
{
	TCase *tc = new_case(suite, "the world fails");

	tcase_add_test(tc, tunnel_add_fails);
	tcase_add_test(tc, tunnel_add_fails_late);
	tcase_add_test(tc, tunnel_add_fails_last);
	tcase_add_test(tc, lost_for_lack_of_memory);
	tcase_add_test(tc, session_add_fails);
	tcase_add_test(tc, answers_nobody_waits_for);
	tcase_add_test(tc, every_operation_refused);
	tcase_add_test(tc, every_allocation_fails);
	tcase_add_test(tc, every_allocation_fails_with_secrets);
	tc = new_case(suite, "requests");
	tcase_add_test(tc, bad_requests);
	tcase_add_test(tc, bad_params);
	tcase_add_test(tc, bad_env);
	tcase_add_test(tc, what_is_told);
	tcase_add_test(tc, what_we_say);
	tcase_add_test(tc, what_the_peer_tells);
	tcase_add_test(tc, lns_sequencing);
	tcase_add_test(tc, serial_numbers);
	tcase_add_test(tc, traced);
	tcase_add_test(tc, traced_drops);
}

int main(void)
{
	Suite *suite = suite_create("engine");
	SRunner *runner = srunner_create(suite);
	int failed;

	add_tunnels(suite);
	add_ends(suite);
	add_failures(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
