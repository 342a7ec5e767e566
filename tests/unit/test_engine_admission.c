/* SPDX-License-Identifier: MIT */
/* Who begins a tunnel: SCCRQs that come again, anew, are refused, or meet one of ours. */
#include "engine_case.h"

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

int main(void)
{
	Suite *suite = suite_create("engine_admission");
	TCase *tc = new_case(suite, "SCCRQ");

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
	tc = new_case(suite, "tie breaker");
	tcase_add_test(tc, tie_lost_in_silence);
	tcase_add_test(tc, tie_from_another_port);
	tcase_add_test(tc, no_tie_once_answered);
	tcase_add_loop_test(tc, several_dials, 0, 6);
	return run(suite);
}
