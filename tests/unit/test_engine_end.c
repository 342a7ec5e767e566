/* SPDX-License-Identifier: MIT */
/* How a tunnel ends: what is still said, what is still answered, and in which order the world takes it down. */
#include "engine_case.h"

#include <errno.h>

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

START_TEST(all_in_one_entry) /* early messages: up and down before anybody was told, or asked about the call */
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
	ck_assert_str_eq(w.log, "TUNNEL_DOWN ");
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

int main(void)
{
	Suite *suite = suite_create("engine_end");
	TCase *tc = new_case(suite, "closing");

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
	return run(suite);
}
