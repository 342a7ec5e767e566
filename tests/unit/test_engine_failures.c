/* SPDX-License-Identifier: MIT */
/* The world fails: every operation and every allocation once. */
#include "engine_case.h"
#include "oom.h"

#include <errno.h>

START_TEST(tunnel_add_fails)
{
	begin();
	w.fail_type = L2TP_OP_TUNNEL_ADD;
	peer_say(&p, CM_SCCRQ);
	world_forget(&w);
	peer_say(&p, CM_SCCCN);
	expect_result(CM_STOPCCN, RC_STOPCCN_GENERAL, EC_RESOURCES);
	ck_assert_int_eq(w.reason.origin, L2TP_BY_LOCAL);
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
	ck_assert_int_eq(w.reason.origin, L2TP_BY_LOCAL);
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
		l2tp_op_done(w.l, p.engine_id, 0, err, NULL, w.now);
		l2tp_op_done(w.l, p.engine_id, p.engine_session_id, err, NULL, w.now);
		l2tp_op_done(w.l, p.engine_id, 1, err, NULL, w.now);
		l2tp_op_done(w.l, 1, 0, err, NULL, w.now);
		l2tp_op_done(w.l, 1, 1, err, NULL, w.now);
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

int main(void)
{
	Suite *suite = suite_create("engine_failures");
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
	return run(suite);
}
