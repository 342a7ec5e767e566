/* SPDX-License-Identifier: MIT */
/* redial: how long the pauses are, and which of several reasons to wait counts. */
#include <check.h>
#include <limits.h>
#include <stdlib.h>
#include "base/clock.h"
#include "core/redial.h"

static const struct config_profile quick = { .redial_min = 20 * USEC_PER_MSEC, .redial_max = 40 * USEC_PER_MSEC },
				   slow = { .redial_min = 3600 * USEC_PER_SEC, .redial_max = 3600 * USEC_PER_SEC };
static sd_event *event;
static struct redial redial;
static unsigned attempts;

static void attempt(void *ctx)
{
	ck_assert_ptr_eq(ctx, &attempts);
	attempts++;
}

static void setup(void)
{
	attempts = 0;
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_ge(redial_init(&redial, event, attempt, &attempts), 0);
}

static void teardown(void)
{
	redial_clear(&redial);
	sd_event_unref(event);
}

/* Until there have been so many attempts. */
static void run_until(unsigned n)
{
	const usec_t end = clock_now() + 10 * USEC_PER_SEC;

	while (attempts < n && clock_now() < end)
		ck_assert_int_ge(sd_event_run(event, USEC_PER_SEC), 0);
	ck_assert_uint_eq(attempts, n);
}

/* What is due now has been done. */
static void run_now(void)
{
	while (sd_event_run(event, 0) > 0)
		;
}

START_TEST(pauses) /* they double up to redial-max, which none exceeds, and none of them is the same for everybody */
{
	static const usec_t min = USEC_PER_SEC, max = 60 * USEC_PER_SEC;

	for (unsigned failures = 0; failures < 100; failures++) {
		usec_t whole = failures < 6 ? min << failures : max, shortest = max, longest = 0;

		for (uint32_t random = 0; random < 2000; random++) {
			usec_t pause = redial_pause(min, max, failures, UINT32_MAX - 1000 + random);

			shortest = pause < shortest ? pause : shortest;
			longest = pause > longest ? pause : longest;
		}
		ck_assert_uint_eq(shortest, whole / 2);
		ck_assert_uint_le(longest, whole);
		ck_assert_uint_ge(longest, whole - whole / 100);
	}
	ck_assert_uint_le(redial_pause(max, max, UINT_MAX, UINT32_MAX), max);
}
END_TEST

START_TEST(first_at_once_then_later)
{
	usec_t began, pause;

	run_until(1);
	began = clock_now();
	pause = redial_later(&redial, &quick);
	ck_assert_uint_ge(pause, quick.redial_min / 2);
	ck_assert_uint_le(pause, quick.redial_min);
	run_until(2);
	ck_assert_uint_ge(clock_now() - began, pause);
	pause = redial_later(&redial, &quick);
	ck_assert_uint_ge(pause, quick.redial_min); /* twice as long */
	redial.failures = 0;
	run_until(3);
	ck_assert_uint_le(redial_later(&redial, &quick), quick.redial_min);
}
END_TEST

START_TEST(one_pause_at_a_time)
{
	run_until(1);
	ck_assert_uint_gt(redial_later(&redial, &slow), 0);
	ck_assert_uint_eq(redial_later(&redial, &quick), 0);
	ck_assert_uint_eq(redial.failures, 1);
	redial_at_once(&redial);
	run_until(2);
}
END_TEST

START_TEST(looking_gives_way) /* to a pause, which does not to it */
{
	run_until(1);
	redial_look(&redial, 3600 * USEC_PER_SEC);
	ck_assert_uint_gt(redial_later(&redial, &quick), 0);
	run_until(2);
	redial_look(&redial, 10 * USEC_PER_MSEC);
	run_until(3);
	ck_assert(!redial.looking);
}
END_TEST

START_TEST(stopped)
{
	redial_stop(&redial);
	run_now();
	redial_look(&redial, 0);
	redial_stop(&redial);
	run_now();
	ck_assert_uint_eq(attempts, 0);
	ck_assert_uint_gt(redial_later(&redial, &quick), 0); /* nothing waits any more */
	run_until(1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("redial");
	TCase *t = tcase_create("redial");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, pauses);
	tcase_add_test(t, first_at_once_then_later);
	tcase_add_test(t, one_pause_at_a_time);
	tcase_add_test(t, looking_gives_way);
	tcase_add_test(t, stopped);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
