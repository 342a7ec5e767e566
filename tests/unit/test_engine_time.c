/* SPDX-License-Identifier: MIT */
/* What the clock brings: HELLO, retransmissions, an idle tunnel, a peer that only sends data. */
#include "engine_case.h"

#include <errno.h>

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

int main(void)
{
	Suite *suite = suite_create("engine_time");
	TCase *tc = new_case(suite, "time");

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
	return run(suite);
}
