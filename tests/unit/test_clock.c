/* SPDX-License-Identifier: MIT */
/* clock: which clock it is, and that all octets are random whatever getrandom() has for us at once. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include "base/clock.h"

static struct timespec clock_at;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	ck_assert_int_eq(clock, CLOCK_MONOTONIC);
	*ts = clock_at;
	return 0;
}

/* What getrandom() returns, call by call; 0 behind the last one. */
static const ssize_t *answers;
static uint8_t next_octet;

ssize_t __wrap_getrandom(void *p, size_t len, unsigned flags);
ssize_t __wrap_getrandom(void *p, size_t len, unsigned flags)
{
	const ssize_t n = *answers++;

	ck_assert_uint_eq(flags, 0);
	ck_assert_int_ne(n, 0); /* asked too often */
	if (n < 0) {
		errno = (int)-n;
		return -1;
	}
	ck_assert_uint_ge(len, (size_t)n);
	for (ssize_t i = 0; i < n; i++)
		((uint8_t *)p)[i] = next_octet++;
	return n;
}

START_TEST(microseconds)
{
	static const struct {
		struct timespec ts;
		usec_t expect;
	} cases[] = {
		{ { 0, 0 }, 0 },
		{ { 0, 1999 }, 1 },
		{ { 7, 999999999 }, 7999999 },
		{ { 5000000, 1000 }, UINT64_C(5000000000001) },
	};

	clock_at = cases[_i].ts;
	ck_assert_uint_eq(clock_now(), cases[_i].expect);
}
END_TEST

START_TEST(all_octets)
{
	static const ssize_t cases[][5] = { { 8 }, { 3, 5 }, { -EINTR, 8 }, { 1, -EINTR, -EINTR, 7 } };
	uint8_t got[10] = { 0xaa, [9] = 0xaa };

	answers = cases[_i];
	next_octet = 1;
	random_bytes(NULL, got + 1, 8);
	ck_assert_int_eq(*answers, 0);
	ck_assert_int_eq(memcmp(got, "\xaa\1\2\3\4\5\6\7\x08\xaa", sizeof(got)), 0);
}
END_TEST

START_TEST(none_at_all)
{
	static const ssize_t broken[] = { -ENOSYS, 0 };
	uint8_t got[8];

	answers = broken;
	random_bytes(NULL, got, sizeof(got));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("clock");
	TCase *tc = tcase_create("clock");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, microseconds, 0, 4);
	tcase_add_loop_test(tc, all_octets, 0, 4);
	tcase_add_test_raise_signal(tc, none_at_all, SIGABRT);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
