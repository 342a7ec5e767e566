/* SPDX-License-Identifier: MIT */
/* Whose fault an end was, what of the reason the peer is told, and what is only for the operator. */
#include "engine_case.h"

#include <errno.h>

#define TOLD "the data path cannot be set up"
#define KERNEL "l2tp_core: tunnel id already in use"

static enum l2tp_origin refused_origin;

static void refused(void *ctx, const struct l2tp_addr *peer, struct l2tp_span host_name, const struct l2tp_reason *reason)
{
	(void)ctx, (void)peer, (void)host_name;
	refused_origin = reason->origin;
}

static void begin_blaming(bool with_secret)
{
	refused_origin = L2TP_BY_NOBODY;
	world_init(&w);
	w.env.refused = refused;
	if (with_secret)
		set_secret(&w.params);
	world_start(&w);
	peer_init(&p, &w, 9);
	peer_init(&q, &w, 10);
}

/* ---- Whose fault --------------------------------------------------------------------------------------------- */

static struct msg challenging(enum cm_type type)
{
	struct msg m = peer_msg(&p, type);

	m.challenge = (struct l2tp_span){ (const uint8_t *)"0123456789abcdef", 16 };
	msg_set(&m, AVP_CHALLENGE);
	return m;
}

START_TEST(challenged_without_a_secret) /* the peer may ask; it is we who cannot answer.  It is told what it always was */
{
	struct msg m;

	begin_blaming(false);
	if (_i) {
		p.engine_id = (uint16_t)engine_dial(&p);
		m = challenging(CM_SCCRP);
		peer_send(&p, &m, 0);
		ck_assert_int_eq(w.reason.origin, L2TP_BY_LOCAL);
	} else {
		m = challenging(CM_SCCRQ);
		peer_send(&p, &m, 0);
		ck_assert_int_eq(refused_origin, L2TP_BY_LOCAL);
	}
	expect_result(CM_STOPCCN, RC_STOPCCN_UNAUTHORIZED, EC_NONE);
	finish();
}
END_TEST

START_TEST(answered_wrongly) /* that is the peer's */
{
	struct msg m;

	begin_blaming(true);
	w.params.challenge = true;
	p.engine_id = (uint16_t)engine_dial(&p);
	m = peer_msg(&p, CM_SCCRP);
	peer_respond(&p, &m, (struct l2tp_span){ (const uint8_t *)"x", 1 });
	peer_send(&p, &m, 0);
	ck_assert_int_eq(w.reason.origin, L2TP_BY_FAULT);
	finish();
}
END_TEST

START_TEST(hidden) /* with our secret: the peer has another one; without: we lack it */
{
	begin_blaming(_i);
	p.secret = _i ? (struct l2tp_span){ (const uint8_t *)"another", 7 } : secret;
	peer_say(&p, CM_SCCRQ);
	expect_result(CM_STOPCCN, RC_STOPCCN_GENERAL, EC_VALUE);
	ck_assert_int_eq(refused_origin, _i ? L2TP_BY_FAULT : L2TP_BY_LOCAL);
	finish();
}
END_TEST

START_TEST(no_room) /* our limit */
{
	begin_blaming(false);
	w.env.limits.tunnels = 1;
	ck_assert_int_eq(l2tp_set_limits(w.l, &w.env.limits), 0);
	peer_open(&p);
	peer_say(&q, CM_SCCRQ);
	ck_assert_int_eq(refused_origin, L2TP_BY_LOCAL);
	finish();
}
END_TEST

START_TEST(shutting_down)
{
	begin_blaming(false);
	peer_open(&p);
	l2tp_shutdown(w.l, NULL, w.now);
	world_drain(&w);
	peer_say(&q, CM_SCCRQ);
	ck_assert_int_eq(refused_origin, L2TP_BY_REQUEST);
	world_pass(&w, 200 * SEC);
	world_end(&w);
}
END_TEST

START_TEST(not_in_time) /* set-up: a time-out; idle: as the settings want it */
{
	begin_blaming(false);
	w.params.idle_timeout = _i ? 10 * SEC : USEC_NEVER;
	w.params.setup_timeout = 3 * SEC;
	if (_i) {
		peer_open(&p);
		world_pass(&w, 11 * SEC);
		ck_assert_str_eq(w.reason.text, "idle");
		ck_assert_int_eq(w.reason.origin, L2TP_BY_REQUEST);
	} else {
		(void)engine_dial(&p);
		world_pass(&w, 4 * SEC);
		ck_assert_str_eq(w.reason.text, "not established in time");
		ck_assert_int_eq(w.reason.origin, L2TP_BY_TIMEOUT);
	}
	finish();
}
END_TEST

START_TEST(call_not_in_time)
{
	begin_blaming(false);
	peer_open(&p);
	peer_say(&p, CM_ICRQ);
	world_pass(&w, w.params.setup_timeout);
	ck_assert_int_eq(w.reason.origin, L2TP_BY_TIMEOUT);
	expect_result(CM_CDN, RC_CDN_TIMEOUT, EC_NONE);
	finish();
}
END_TEST

START_TEST(given_up_by_the_peer) /* before the tunnel stood, with a StopCCN that does not name our id */
{
	begin_blaming(false);
	peer_say(&p, CM_SCCRQ);
	p.engine_id = 0;
	peer_say(&p, CM_STOPCCN);
	world_pass(&w, 3 * SEC);
	ck_assert_int_eq(w.reason.origin, L2TP_BY_PEER);
	finish();
}
END_TEST

START_TEST(call_out_is_too_much) /* what we want, and the peer has never said that it can */
{
	struct l2tp_call_info info = { .called_number = secret };
	uint32_t id;

	begin_blaming(false);
	p.engine_id = (uint16_t)engine_dial(&p);
	ck_assert_int_eq(l2tp_call_out(w.l, p.engine_id, &info, 5, w.now, &id), 0);
	peer_accept(&p);
	ck_assert(world_logged(&w, "SESSION_DOWN"));
	ck_assert_int_eq(w.reason.origin, L2TP_BY_LOCAL);
	finish();
}
END_TEST

/* ---- What only the operator hears ---------------------------------------------------------------------------- */

static void expect_told(enum cm_type type, const char *text)
{
	const struct sent *s = world_sent(&w, type);

	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->msg.result_code.text.len, strlen(text));
	ck_assert_mem_eq(s->msg.result_code.text.data, text, strlen(text));
}

START_TEST(tunnel_add_fails) /* what the kernel says goes to the operator, of the tunnel and of the calls in it, not out */
{
	struct l2tp_call_info info = { .framing_type = 1 };
	uint32_t id;

	begin_blaming(false);
	w.hold = true;
	w.failure = KERNEL;
	p.engine_id = (uint16_t)engine_dial(&p);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 5, w.now, &id), 0);
	peer_accept(&p);
	world_answer(&w, L2TP_OP_TUNNEL_ADD, -EEXIST);
	ck_assert(world_logged(&w, "SESSION_DOWN") && world_logged(&w, "TUNNEL_DOWN"));
	ck_assert_int_eq(w.reason.origin, L2TP_BY_LOCAL);
	ck_assert_str_eq(w.reason.text, TOLD);
	ck_assert_str_eq(w.reason.detail, KERNEL);
	ck_assert_str_eq(w.session_reason.detail, KERNEL);
	ck_assert_int_eq(w.session_reason.origin, L2TP_BY_LOCAL);
	expect_told(CM_STOPCCN, TOLD);
	w.hold = false;
	finish();
}
END_TEST

START_TEST(session_add_fails)
{
	begin_blaming(false);
	w.fail_type = L2TP_OP_SESSION_ADD;
	w.failure = _i ? KERNEL : NULL;
	peer_open(&p);
	peer_say(&p, CM_ICRQ);
	ck_assert_str_eq(w.reason.text, TOLD);
	ck_assert_str_eq(w.reason.detail, _i ? KERNEL : "");
	expect_told(CM_CDN, TOLD);
	finish();
}
END_TEST

START_TEST(long_detail) /* is cut to fit */
{
	char text[300];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	begin_blaming(false);
	w.fail_type = L2TP_OP_SESSION_ADD;
	w.failure = text;
	peer_open(&p);
	peer_say(&p, CM_ICRQ);
	ck_assert_uint_eq(strlen(w.reason.detail), sizeof(w.reason.detail) - 1);
	finish();
}
END_TEST

START_TEST(closed_with_detail) /* pppd's words, for one; the origin is the world's to say */
{
	struct l2tp_reason reason = { .origin = L2TP_BY_PPP, .result = RC_CDN_CARRIER_LOST, .text = "PPP ended" };
	struct l2tp_session_info info;
	const struct sent *s;

	memset(reason.detail, 'x', sizeof(reason.detail)); /* it does not end */
	begin_blaming(false);
	peer_open(&p);
	peer_call(&p);
	w.hold = true;
	ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, p.engine_session_id, &reason, w.now), 0);
	world_drain(&w);
	ck_assert_int_eq(w.reason.origin, L2TP_BY_PPP);
	ck_assert_uint_eq(strlen(w.reason.detail), sizeof(w.reason.detail) - 1);
	ck_assert_int_eq(l2tp_get_session(w.l, p.engine_id, p.engine_session_id, &info), 0);
	ck_assert_uint_eq(strlen(info.reason->detail), sizeof(info.reason->detail) - 1);
	s = world_sent(&w, CM_CDN);
	expect_told(CM_CDN, "PPP ended");
	for (size_t i = 0; i + 3 < s->len; i++)
		ck_assert_int_ne(memcmp(&s->bytes[i], "xxxx", 4), 0);
	w.hold = false;
	finish();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("blame");
	TCase *tc = new_case(suite, "origin");

	tcase_add_loop_test(tc, challenged_without_a_secret, 0, 2);
	tcase_add_test(tc, answered_wrongly);
	tcase_add_loop_test(tc, hidden, 0, 2);
	tcase_add_test(tc, no_room);
	tcase_add_test(tc, shutting_down);
	tcase_add_loop_test(tc, not_in_time, 0, 2);
	tcase_add_test(tc, call_not_in_time);
	tcase_add_test(tc, given_up_by_the_peer);
	tcase_add_test(tc, call_out_is_too_much);
	tc = new_case(suite, "detail");
	tcase_add_test(tc, tunnel_add_fails);
	tcase_add_loop_test(tc, session_add_fails, 0, 2);
	tcase_add_test(tc, long_detail);
	tcase_add_test(tc, closed_with_detail);
	return run(suite);
}
