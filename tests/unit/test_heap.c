/* SPDX-License-Identifier: MIT */
#include "lib/base/heap.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "oom.h"

#define TIMERS 200

static void check_heap(const struct heap *h)
{
	bool fine = h->count <= h->reserved && h->reserved <= h->room;

	for (uint32_t i = 0; fine && i < h->count; i++)
		fine = h->timers[i]->slot == i + 1 && h->timers[i]->deadline != USEC_NEVER &&
		       h->timers[i]->deadline >= h->timers[i ? (i - 1) / 2 : 0]->deadline;
	if (!fine)
		ck_abort_msg("not a heap");
}

/* What a heap must say, by looking at every timer. */
static usec_t earliest(const struct timer *t, size_t n)
{
	usec_t min = USEC_NEVER;

	for (size_t i = 0; i < n; i++)
		if (t[i].slot && t[i].deadline < min)
			min = t[i].deadline;
	return min;
}

static const struct order {
	const char *name;
	usec_t set[8];  /* deadlines of eight timers, in this order */
	usec_t now;
	usec_t pop[9];  /* deadlines popped at now; 0 ends */
	usec_t left;    /* the deadline afterwards */
} orders[] = {
	{ "ascending", { 1, 2, 3, 4, 5, 6, 7, 8 }, 8, { 1, 2, 3, 4, 5, 6, 7, 8 }, USEC_NEVER },
	{ "descending", { 8, 7, 6, 5, 4, 3, 2, 1 }, 8, { 1, 2, 3, 4, 5, 6, 7, 8 }, USEC_NEVER },
	{ "equal", { 5, 5, 5, 5, 5, 5, 5, 5 }, 5, { 5, 5, 5, 5, 5, 5, 5, 5 }, USEC_NEVER },
	{ "not before its time", { 9, 3, 7, 1, 8, 2, 6, 4 }, 4, { 1, 2, 3, 4 }, 6 },
	{ "nothing due", { 9, 9, 9, 9, 9, 9, 9, 10 }, 8, { 0 }, 9 },
	{ "never is not armed", { USEC_NEVER, 2, USEC_NEVER, 1, 3, USEC_NEVER, USEC_NEVER, USEC_NEVER }, USEC_NEVER,
	  { 1, 2, 3 }, USEC_NEVER },
};

START_TEST(pops_in_order)
{
	const struct order *o = &orders[_i];
	struct heap h = { 0 };
	struct timer t[8] = { 0 };

	ck_assert_int_eq(heap_reserve(&h, 8), 0);
	for (size_t i = 0; i < 8; i++) {
		heap_set(&h, &t[i], o->set[i]);
		check_heap(&h);
	}
	for (size_t i = 0; o->pop[i]; i++) {
		struct timer *p;

		ck_assert_msg(heap_deadline(&h) == o->pop[i], "%s: deadline before pop %zu", o->name, i);
		p = heap_pop(&h, o->now);
		ck_assert_msg(p, "%s: pop %zu", o->name, i);
		ck_assert_uint_eq(p->slot, 0);
		ck_assert_uint_eq(p->deadline, USEC_NEVER);
		check_heap(&h);
	}
	ck_assert_msg(!heap_pop(&h, o->now), "%s: one too many", o->name);
	ck_assert_msg(heap_deadline(&h) == o->left, "%s: what is left", o->name);
	heap_free(&h);
}
END_TEST

START_TEST(random_against_search)
{
	struct heap h = { 0 };
	struct timer t[TIMERS] = { 0 };
	unsigned seed = 20240601;
	usec_t now = 0;

	printf("heap: seed %u\n", seed);
	srandom(seed);
	ck_assert_int_eq(heap_reserve(&h, TIMERS), 0);
	for (int step = 0; step < 5000; step++) {
		struct timer *x = &t[random() % TIMERS];
		usec_t before, d = now + (usec_t)random() % 1000 + 1;

		switch (random() % 4) {
		case 0:
		case 1:
			heap_set(&h, x, d);
			ck_assert_uint_eq(x->deadline, d);
			break;
		case 2:
			heap_set(&h, x, USEC_NEVER);
			ck_assert_uint_eq(x->slot, 0);
			break;
		case 3:
			now += 5;
			while (heap_deadline(&h) <= now) {
				before = earliest(t, TIMERS);
				ck_assert_uint_eq(heap_deadline(&h), before);
				ck_assert_ptr_nonnull(heap_pop(&h, now));
				ck_assert_uint_ge(earliest(t, TIMERS), before);
			}
			ck_assert_ptr_null(heap_pop(&h, now));
			break;
		}
		check_heap(&h);
		ck_assert_uint_eq(heap_deadline(&h), earliest(t, TIMERS));
	}
	heap_free(&h);
}
END_TEST

START_TEST(room)
{
	struct heap h = { 0 };
	struct timer t[40] = { 0 };
	int err;

	ck_assert_int_eq(heap_reserve(&h, 1), 0);
	heap_set(&h, &t[0], 7);
	for (uint32_t i = 1; i < 40; i++) {
		ck_assert_int_eq(heap_reserve(&h, 1), 0);
		heap_set(&h, &t[i], 100 - i);
		check_heap(&h);
	}
	ck_assert_uint_eq(h.reserved, 40);
	for (uint32_t i = 0; i < 40; i++) {
		heap_set(&h, &t[i], USEC_NEVER);
		heap_unreserve(&h, 1);
		check_heap(&h);
	}
	ck_assert_uint_eq(h.reserved, 0);
	/* what was given back is used again */
	oom_at = 1;
	err = heap_reserve(&h, 40);
	oom_at = 0;
	ck_assert_int_eq(err, 0);
	/* the owner's memory was zeroed, and it never had a deadline */
	t[0] = (struct timer){ 0 };
	heap_set(&h, &t[0], USEC_NEVER);
	ck_assert_uint_eq(t[0].deadline, USEC_NEVER);
	heap_free(&h);
	heap_free(&h);
	heap_free(NULL);
}
END_TEST

START_TEST(no_memory)
{
	struct heap h = { 0 };
	struct timer t = { 0 };

	oom_at = 1;
	ck_assert_int_eq(heap_reserve(&h, 1), -ENOMEM);
	ck_assert_uint_eq(h.reserved, 0);
	ck_assert_int_eq(heap_reserve(&h, 1), 0);
	heap_set(&h, &t, 3);
	oom_at = 1;
	ck_assert_int_eq(heap_reserve(&h, 1000), -ENOMEM);
	ck_assert_int_eq(heap_reserve(&h, UINT32_MAX), -ENOMEM); /* one more than there are numbers */
	ck_assert_uint_eq(h.reserved, 1);
	ck_assert_ptr_eq(heap_pop(&h, 3), &t);
	ck_assert_uint_eq(heap_deadline(&h), USEC_NEVER);
	heap_free(&h);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("heap");
	TCase *tc = tcase_create("heap");
	SRunner *r = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, pops_in_order, 0, sizeof(orders) / sizeof(orders[0]));
	tcase_add_test(tc, random_against_search);
	tcase_add_test(tc, room);
	tcase_add_test(tc, no_memory);
	suite_add_tcase(s, tc);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
