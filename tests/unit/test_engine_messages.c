/* SPDX-License-Identifier: MIT */
/* Whose a message is, and what is done with one that is wrong. */
#include "engine_case.h"

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

int main(void)
{
	Suite *suite = suite_create("engine_messages");
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
	tc = new_case(suite, "errors");
	tcase_add_test(tc, fault_of_a_call);
	tcase_add_test(tc, unknown_type);
	tcase_add_test(tc, impossible_acknowledgement);
	tcase_add_test(tc, no_message_type);
	tcase_add_test(tc, session_id_in_a_tunnel_message);
	tcase_add_test(tc, missing_avp);
	tcase_add_test(tc, outgoing_refused);
	return run(suite);
}
