/* SPDX-License-Identifier: MIT */
#include "lib/l2tp/idpool.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oom.h"

#define QUARANTINE (31 * USEC_PER_SEC)

/* splitmix64: the seed is the state */
static void random_fill(void *ctx, void *p, size_t len)
{
	uint64_t *state = ctx, z;

	for (uint8_t *out = p; len > 0;) {
		size_t n = len < sizeof(z) ? len : sizeof(z);

		z = *state += 0x9e3779b97f4a7c15;
		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
		z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
		z ^= z >> 31;
		memcpy(out, &z, n);
		out += n;
		len -= n;
	}
}

/* Always the same number: the worst luck there is. */
static void constant_fill(void *ctx, void *p, size_t len)
{
	(void)ctx;
	memset(p, 0, len);
}

static struct idpool *pool_new(uint64_t *seed)
{
	struct idpool *p;

	ck_assert_int_eq(idpool_new(random_fill, seed, QUARANTINE, &p), 0);
	return p;
}

/* R2661-5.3-01: never 0.  X2661-5.3-03: a full space is an error, found exactly. */
static const struct {
	uint32_t max;
} spaces[] = { { 1 }, { 2 }, { 3 }, { 100 }, { 1024 } };

START_TEST(every_id_once)
{
	uint32_t max = spaces[_i].max, id = 4711;
	uint64_t seed = 1;
	struct idpool *p = pool_new(&seed);
	bool seen[1025] = { false };

	for (uint32_t i = 0; i < max; i++) {
		ck_assert_int_eq(idpool_acquire(p, 7, max, 0, &id), 0);
		ck_assert_uint_ge(id, 1);
		ck_assert_uint_le(id, max);
		ck_assert(!seen[id]);
		ck_assert(idpool_taken(p, 7, id));
		seen[id] = true;
	}
	id = 4711;
	ck_assert_int_eq(idpool_acquire(p, 7, max, 0, &id), -ENOSPC);
	ck_assert_uint_eq(id, 4711);
	/* other scopes hold the same numbers */
	ck_assert_int_eq(idpool_acquire(p, 8, max, 0, &id), 0);
	ck_assert_int_eq(idpool_acquire(p, 0, max, 0, &id), 0);
	idpool_free(p);
}
END_TEST

/* X2661-5.3-02, X2661-5.6-01: not again while stray messages may arrive. */
START_TEST(quarantine)
{
	uint64_t seed = 2;
	struct idpool *p = pool_new(&seed);
	uint32_t a, b, c;

	ck_assert_int_eq(idpool_acquire(p, 0, 2, 0, &a), 0);
	ck_assert_int_eq(idpool_acquire(p, 0, 2, 0, &b), 0);
	idpool_release(p, 0, a, 10);
	idpool_release(p, 0, b, 20);
	ck_assert_int_eq(idpool_acquire(p, 0, 2, 10 + QUARANTINE - 1, &c), -ENOSPC);
	ck_assert(idpool_taken(p, 0, a));
	ck_assert_int_eq(idpool_acquire(p, 0, 2, 10 + QUARANTINE, &c), 0);
	ck_assert_uint_eq(c, a);
	ck_assert(idpool_taken(p, 0, b));
	idpool_expire(p, 20 + QUARANTINE - 1);
	ck_assert(idpool_taken(p, 0, b));
	idpool_expire(p, 20 + QUARANTINE);
	ck_assert(!idpool_taken(p, 0, b));
	ck_assert(idpool_taken(p, 0, a));
	/* the chain is empty now and must take up again */
	idpool_release(p, 0, a, 100);
	idpool_expire(p, 100 + QUARANTINE);
	ck_assert(!idpool_taken(p, 0, a));
	idpool_free(p);
}
END_TEST

/* R2661 9.1: not to be guessed: spread over the whole space, no run of neighbours. */
START_TEST(unpredictable)
{
	uint64_t seed = 3;
	struct idpool *p = pool_new(&seed);
	uint32_t id, last = 0, neighbours = 0, quarter[4] = { 0 };

	for (int i = 0; i < 4000; i++) {
		ck_assert_int_eq(idpool_acquire(p, 0, 65535, 0, &id), 0);
		neighbours += id - last + 1 <= 2;
		quarter[id / 16384]++;
		last = id;
	}
	ck_assert_uint_le(neighbours, 10);
	for (int i = 0; i < 4; i++)
		ck_assert_uint_ge(quarter[i], 850);
	idpool_free(p);
}
END_TEST

START_TEST(thirty_two_bits)
{
	uint64_t seed = 4;
	struct idpool *p = pool_new(&seed);
	uint32_t id, wide = 0;

	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(idpool_acquire(p, 0, UINT32_MAX, 0, &id), 0);
		ck_assert_uint_ne(id, 0);
		wide += id > UINT16_MAX;
	}
	ck_assert_uint_ge(wide, 95);
	idpool_free(p);
}
END_TEST

/* The draw that always fails still finds the free ones, around the end of the space as well. */
START_TEST(bad_luck)
{
	struct idpool *p;
	uint32_t id;

	ck_assert_int_eq(idpool_new(constant_fill, NULL, 0, &p), 0);
	for (uint32_t i = 1; i <= 300; i++) {
		ck_assert_int_eq(idpool_acquire(p, 0, 300, 0, &id), 0);
		ck_assert_uint_eq(id, i);
	}
	ck_assert_int_eq(idpool_acquire(p, 0, 300, 0, &id), -ENOSPC);
	/* no quarantine: free at the next acquire */
	idpool_release(p, 0, 255, 0);
	ck_assert_int_eq(idpool_acquire(p, 0, 300, 0, &id), 0);
	ck_assert_uint_eq(id, 255);
	idpool_free(p);
}
END_TEST

/* All of 65,535 ids, then churn through quarantine: must be quick, else the time limit of the test ends it. */
START_TEST(nearly_full)
{
	uint64_t seed = 5;
	struct idpool *p = pool_new(&seed);
	uint32_t *ids = calloc(65535, sizeof(*ids)), n = 0, refused = 0, id;

	while (n < 65535 && idpool_acquire(p, 9, 65535, 0, &ids[n]) == 0)
		n++;
	ck_assert_uint_ge(n, 64000);
	for (uint32_t i = 0; i < 500; i++) {
		idpool_release(p, 9, ids[i], i * USEC_PER_MSEC);
		refused += idpool_acquire(p, 9, 65535, i * USEC_PER_MSEC, &id) == -ENOSPC;
	}
	ck_assert_uint_ge(refused, 1);
	for (uint32_t i = 500; i < 3500; i++)
		idpool_release(p, 9, ids[i], USEC_PER_SEC);
	/* quarantine is over for all of these */
	for (uint32_t i = 0; i < 2000; i++)
		if (idpool_acquire(p, 9, 65535, USEC_PER_SEC + QUARANTINE, &id) < 0)
			ck_abort_msg("refused with thousands free: %u", i);
	free(ids);
	idpool_free(p);
}
END_TEST

START_TEST(no_memory)
{
	uint64_t seed = 6;
	struct idpool *p = NULL;
	uint32_t id = 4711, failures = 0;

	oom_at = 1;
	ck_assert_int_eq(idpool_new(random_fill, &seed, 0, &p), -ENOMEM);
	ck_assert_ptr_null(p);
	p = pool_new(&seed);
	/* each acquisition is tried with its first, second ... allocation failing; the table grows meanwhile */
	for (int got = 0; got < 2000; got++) {
		for (int n = 1;; n++) {
			int err;

			id = 4711;
			oom_at = n;
			err = idpool_acquire(p, 0, 65535, 0, &id);
			if (!err)
				break;
			ck_assert_int_eq(err, -ENOMEM);
			ck_assert_uint_eq(id, 4711);
			failures++;
		}
		oom_at = 0;
		ck_assert(idpool_taken(p, 0, id));
	}
	ck_assert_uint_ge(failures, 2003);
	idpool_free(p);
	idpool_free(NULL);
}
END_TEST

START_TEST(returned) /* free at once, unlike one that is released; the quarantine of others is not touched */
{
	uint64_t seed = 1;
	struct idpool *p = pool_new(&seed);
	uint32_t first, second, id;

	ck_assert_int_eq(idpool_acquire(p, 7, 2, 0, &first), 0);
	ck_assert_int_eq(idpool_acquire(p, 7, 2, 0, &second), 0);
	idpool_release(p, 7, first, 0);
	idpool_return(p, 7, second);
	ck_assert(idpool_taken(p, 7, first) && !idpool_taken(p, 7, second));
	ck_assert_int_eq(idpool_acquire(p, 7, 2, 0, &id), 0);
	ck_assert_uint_eq(id, second);
	ck_assert_int_eq(idpool_acquire(p, 7, 2, QUARANTINE - 1, &id), -ENOSPC);
	ck_assert_int_eq(idpool_acquire(p, 7, 2, QUARANTINE, &id), 0);
	ck_assert_uint_eq(id, first);
	idpool_free(p);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("idpool");
	TCase *tc = tcase_create("idpool");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, every_id_once, 0, sizeof(spaces) / sizeof(spaces[0]));
	tcase_add_test(tc, quarantine);
	tcase_add_test(tc, unpredictable);
	tcase_add_test(tc, thirty_two_bits);
	tcase_add_test(tc, bad_luck);
	tcase_add_test(tc, nearly_full);
	tcase_add_test(tc, returned);
	tcase_add_test(tc, no_memory);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
