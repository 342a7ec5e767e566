/* SPDX-License-Identifier: MIT */
/*
 * The engine and octets that nobody should send: every message cut short, as it arrives and with a header that tells the
 * truth about it, in every state; and random changes of it.
 */
#include "engine_world.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct world w;
static struct peer p;

static void begin(void)
{
	world_init(&w);
	world_start(&w);
	peer_init(&p, &w, 9);
}

static void finish(void)
{
	world_finish(&w);
}

#define STEPS 9

/* The n-th message of a peer that opens, calls, hangs up and closes. */
static struct msg step_msg(int n)
{
	static const enum cm_type types[STEPS] = { CM_SCCRQ, CM_SCCCN, CM_HELLO, CM_ICRQ, CM_ICCN,
						   CM_WEN, CM_SLI, CM_CDN, CM_STOPCCN };

	return peer_msg(&p, types[n]);
}

static uint16_t step_session(int n)
{
	return n >= 4 && n <= 7 ? p.engine_session_id : 0;
}

static void play_until(int n)
{
	begin();
	for (int i = 0; i < n; i++) {
		struct msg m = step_msg(i);

		peer_send(&p, &m, step_session(i));
	}
}

START_TEST(every_prefix) /* as they arrive: nothing changes */
{
	uint8_t datagram[DATAGRAM_MAX];
	uint64_t malformed;
	size_t sent;

	play_until(_i);
	for (int other = 0; other < STEPS; other++) {
		struct msg m = step_msg(other);
		size_t len = peer_datagram(&p, &m, step_session(other), datagram, sizeof(datagram));

		malformed = world_stats(&w).malformed;
		sent = w.n_sent;
		for (size_t cut = 0; cut < len; cut++) {
			uint8_t *tight = malloc(cut ? cut : 1);

			memcpy(tight, datagram, cut);
			world_input(&w, &p.local, &p.addr, (struct l2tp_span){ tight, cut });
			free(tight);
		}
		ck_assert_uint_eq(world_stats(&w).malformed, malformed + len);
		ck_assert_uint_eq(w.n_sent, sent);
	}
	finish();
}
END_TEST

/* The other-th message, cut to each length, to an engine that has heard the first n. */
static void feed_short_bodies(int n, int other)
{
	uint8_t datagram[DATAGRAM_MAX];
	size_t len = sizeof(datagram);

	for (size_t cut = WIRE_CONTROL_HEADER; cut < len; cut++) {
		play_until(n);
		struct msg m = step_msg(other);
		len = peer_datagram(&p, &m, step_session(other), datagram, sizeof(datagram));
		datagram[2] = (uint8_t)(cut >> 8);
		datagram[3] = (uint8_t)cut;
		uint8_t *tight = malloc(cut);
		memcpy(tight, datagram, cut);
		world_input(&w, &p.local, &p.addr, (struct l2tp_span){ tight, cut });
		free(tight);
		finish();
	}
}

START_TEST(every_short_body) /* with a header that tells the truth about it: in every state, every message */
{
	for (int other = 0; other < STEPS; other++)
		feed_short_bodies(_i, other);
}
END_TEST

START_TEST(random_mutations)
{
	uint8_t datagram[DATAGRAM_MAX];

	for (int round = 0; round < 300; round++) {
		play_until(round % (STEPS + 1));
		w.random = (uint64_t)_i * 1000 + (uint64_t)round; /* the seed: the test's and the round's number */
		for (int i = 0; i < 6 && w.n_sent < SENT_MAX / 2; i++) {
			int n = (int)(world_random(&w) % STEPS);
			struct msg m = step_msg(n);
			size_t len = peer_datagram(&p, &m, step_session(n), datagram, sizeof(datagram));

			for (uint64_t flips = 1 + world_random(&w) % 4; flips > 0; flips--) {
				size_t at = world_random(&w) % 3 ? 12 + world_random(&w) % (len - 12) :
								   world_random(&w) % len;
				datagram[at] = (uint8_t)world_random(&w);
			}
			uint8_t *tight = malloc(len);
			memcpy(tight, datagram, len);
			world_input(&w, &p.local, &p.addr, (struct l2tp_span){ tight, len });
			free(tight);
			p.ns += world_random(&w) % 2;
		}
		finish();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine_octets");
	SRunner *runner = srunner_create(suite);
	TCase *tc = tcase_create("octets");
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, every_prefix, 0, STEPS + 1);
	tcase_add_loop_test(tc, every_short_body, 0, STEPS + 1);
	tcase_add_loop_test(tc, random_mutations, 0, 4);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
