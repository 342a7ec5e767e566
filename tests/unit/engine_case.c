/* SPDX-License-Identifier: MIT */
/* engine_case: see engine_case.h. */
#include "engine_case.h"

struct world w;
struct peer p, q;
const struct l2tp_span secret = { (const uint8_t *)"secret", 6 };

void set_secret(struct l2tp_params *params)
{
	memcpy(params->secret, "secret", 6);
	params->secret_len = 6;
}

void begin(void)
{
	world_init(&w);
	world_start(&w);
	peer_init(&p, &w, 9);
	peer_init(&q, &w, 10);
}

void begin_with_secret(bool challenge)
{
	world_init(&w);
	set_secret(&w.params);
	w.params.challenge = challenge;
	world_start(&w);
	peer_init(&p, &w, 9);
}

void finish(void)
{
	world_finish(&w);
}

void forget_all(struct peer *peer)
{
	peer->engine_id = peer->ns = peer->nr = peer->told = 0;
}

void expect_said(const char *said)
{
	char buf[512];

	ck_assert_str_eq(world_said(&w, buf, sizeof(buf)), said);
	world_forget(&w);
}

void expect_state(const struct peer *peer, const char *state)
{
	ck_assert_str_eq(world_tunnel_state(&w, peer->engine_id), state);
}

void expect_result(enum cm_type type, uint16_t result, int error)
{
	const struct sent *s = world_sent(&w, type);

	ck_assert_msg(s != NULL, "no %s", l2tp_message_name((uint16_t)type));
	ck_assert_uint_eq(s->msg.result_code.result, result);
	ck_assert_int_eq(s->msg.result_code.has_error ? s->msg.result_code.error : 0, error);
}

TCase *new_case(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	return tc;
}

int run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
