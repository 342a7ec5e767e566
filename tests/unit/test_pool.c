/* SPDX-License-Identifier: MIT */
/* pool: which addresses come out, in which order. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "oom.h"
#include "base/pool.h"

#define FIRST 0x0a400002U /* 10.64.0.2 */

START_TEST(ranges)
{
	static const struct {
		uint32_t first, last;
		int err;
	} cases[] = {
		{ 1, 1, 0 }, { FIRST, FIRST + 9, 0 },       { UINT32_MAX - 1, UINT32_MAX - 1, 0 },
		{ 0, 5, -EINVAL }, { FIRST, FIRST - 1, -EINVAL }, { FIRST, UINT32_MAX, -EINVAL },
	};
	struct pool *p = NULL;

	ck_assert_int_eq(pool_new(cases[_i].first, cases[_i].last, &p), cases[_i].err);
	if (cases[_i].err == 0)
		ck_assert_uint_eq(pool_size(p), cases[_i].last - cases[_i].first + 1);
	else
		ck_assert_ptr_null(p);
	pool_free(p);
}
END_TEST

START_TEST(in_order_then_oldest_first)
{
	struct pool *p;

	ck_assert_int_eq(pool_new(FIRST, FIRST + 3, &p), 0);
	ck_assert_uint_eq(pool_acquire(p), FIRST);
	pool_release(p, FIRST);
	/* not the same again while others have been free for longer */
	for (uint32_t i = 1; i < 4; i++)
		ck_assert_uint_eq(pool_acquire(p), FIRST + i);
	ck_assert_uint_eq(pool_acquire(p), FIRST);
	ck_assert_uint_eq(pool_used(p), 4);
	ck_assert_uint_eq(pool_acquire(p), 0);

	static const uint32_t order[] = { 2, 0, 3 };
	for (size_t i = 0; i < 3; i++)
		pool_release(p, FIRST + order[i]);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(pool_acquire(p), FIRST + order[i]);
	ck_assert_uint_eq(pool_acquire(p), 0);
	pool_free(p);
}
END_TEST

/* those in use already are left out until they come back */
START_TEST(taken)
{
	static const uint32_t in_use[] = { 0, 2, 3 };
	struct pool *p;

	ck_assert_int_eq(pool_new(FIRST, FIRST + 4, &p), 0);
	ck_assert(!pool_covers(p, FIRST - 1) && pool_covers(p, FIRST) && pool_covers(p, FIRST + 4) &&
		  !pool_covers(p, FIRST + 5));
	for (size_t i = 0; i < 3; i++)
		pool_take(p, FIRST + in_use[i]);
	ck_assert_uint_eq(pool_used(p), 3);
	pool_release(p, FIRST + 3); /* before its turn */
	ck_assert_uint_eq(pool_acquire(p), FIRST + 1);
	pool_release(p, FIRST); /* after it */
	ck_assert_uint_eq(pool_acquire(p), FIRST + 3);
	ck_assert_uint_eq(pool_acquire(p), FIRST + 4);
	ck_assert_uint_eq(pool_acquire(p), FIRST);
	ck_assert_uint_eq(pool_acquire(p), 0);
	ck_assert_uint_eq(pool_used(p), 5);
	pool_release(p, FIRST + 2);
	ck_assert_uint_eq(pool_acquire(p), FIRST + 2);
	pool_free(p);
}
END_TEST

/* against a model that knows when each was returned */
START_TEST(random_use)
{
	enum { SIZE = 50, STEPS = 20000 };
	unsigned seed = (unsigned)time(NULL), clock = SIZE, used = 0;
	unsigned since[SIZE]; /* 0: given */
	struct pool *p;

	printf("test_pool seed %u\n", seed);
	srandom(seed);
	for (unsigned i = 0; i < SIZE; i++)
		since[i] = i + 1;
	ck_assert_int_eq(pool_new(FIRST, FIRST + SIZE - 1, &p), 0);
	for (int step = 0; step < STEPS; step++) {
		uint32_t i = (uint32_t)random() % SIZE;

		if (random() % 2 && since[i] == 0) {
			pool_release(p, FIRST + i);
			since[i] = ++clock;
			used--;
		} else {
			uint32_t a = pool_acquire(p), oldest = SIZE;

			for (uint32_t j = 0; j < SIZE; j++)
				if (since[j] && (oldest == SIZE || since[j] < since[oldest]))
					oldest = j;
			ck_assert_uint_eq(a, oldest == SIZE ? 0 : FIRST + oldest);
			if (a) {
				since[oldest] = 0;
				used++;
			}
		}
		ck_assert_uint_eq(pool_used(p), used);
	}
	pool_free(p);
}
END_TEST

START_TEST(release_of_the_free_is_our_error)
{
	struct pool *p;

	ck_assert_int_eq(pool_new(FIRST, FIRST + 3, &p), 0);
	pool_acquire(p);
	pool_release(p, FIRST + (uint32_t)_i);
}
END_TEST

START_TEST(out_of_memory)
{
	struct pool *p = NULL;

	oom_at = 1;
	ck_assert_int_eq(pool_new(1, 10, &p), -ENOMEM);
	ck_assert_ptr_null(p);
	pool_free(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pool");
	TCase *t = tcase_create("pool");

	tcase_add_loop_test(t, ranges, 0, 6);
	tcase_add_test(t, in_order_then_oldest_first);
	tcase_add_test(t, taken);
	tcase_add_test(t, random_use);
	tcase_add_loop_test_raise_signal(t, release_of_the_free_is_our_error, 6, 1, 3);
	tcase_add_test(t, out_of_memory);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
