/* SPDX-License-Identifier: MIT */
/* What a shared secret is for: challenges and their answers (A8), and hidden AVPs. */
#include "engine_case.h"
#include "lib/l2tp/digest.h"

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

int main(void)
{
	Suite *suite = suite_create("engine_secrets");
	TCase *tc = new_case(suite, "authentication");

	tcase_add_loop_test(tc, responder_challenges, 0, 3);
	tcase_add_loop_test(tc, initiator_challenges, 0, 3);
	tcase_add_test(tc, peer_challenges);
	tcase_add_test(tc, unasked_response);
	tcase_add_test(tc, fresh_challenges);
	tcase_add_test(tc, hidden);
	tcase_add_test(tc, cdn_is_acknowledged_by_name);
	tcase_add_test(tc, hidden_challenge);
	tcase_add_test(tc, hidden_without_secret);
	return run(suite);
}
