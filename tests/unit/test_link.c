/* SPDX-License-Identifier: MIT */
/*
 * link: what needs no right and changes nothing: addresses of this machine, and memory that runs out.  Routes are made
 * in the lab.  Linked with --wrap=malloc,calloc,realloc.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "kernel/link.h"
#include "oom.h"

static const struct l2tp_addr unset, lo4 = { .ip = { 127, 0, 0, 1 }, .port = 1701, .family = 4 },
			      other4 = { .ip = { 127, 0, 0, 2 }, .family = 4 },
			      not_ours = { .ip = { 192, 0, 2, 1 }, .family = 4 }, odd = { .family = 5 };

static struct link *l;

static void setup(void)
{
	ck_assert_int_eq(link_new(NULL, &l), 0);
}

static void teardown(void)
{
	link_free(l);
}

START_TEST(path_mtu)
{
	int mtu = link_path_mtu(l, &unset, &lo4);

	ck_assert_int_ge(mtu, 16384);
	ck_assert_int_eq(link_path_mtu(l, &other4, &lo4), mtu);
	ck_assert_int_eq(link_path_mtu(l, &not_ours, &lo4), -EADDRNOTAVAIL);
	ck_assert_int_eq(link_path_mtu(l, &unset, &odd), -EAFNOSUPPORT);
}
END_TEST

START_TEST(nothing_to_pin)
{
	ck_assert_int_eq(link_pin_peer(l, &unset, &lo4), 0);
	ck_assert_int_eq(link_pin_peer(l, &other4, &lo4), 0);
	ck_assert_int_eq(link_pin_peer(l, &unset, &other4), 0);
	ck_assert_int_eq(link_pin_peer(l, &unset, &odd), -EAFNOSUPPORT);
	link_unpin_peer(l, &lo4);
	link_unpin_peer(l, &lo4);
	link_unpin_peer(l, &lo4); /* once too often */
	link_unpin_peer(l, &not_ours);
}
END_TEST

START_TEST(no_memory)
{
	struct link *none = NULL;
	int n = 0, r;

	oom_at = 1;
	r = link_new(NULL, &none);
	oom_at = 0;
	ck_assert_int_eq(r, -ENOMEM);
	ck_assert_ptr_null(none);
	do {
		oom_at = ++n;
		r = link_pin_peer(l, &unset, &lo4);
		oom_at = 0;
		ck_assert(r == 0 || r == -ENOMEM);
	} while (r < 0);
	ck_assert_int_gt(n, 1);
	link_unpin_peer(l, &lo4);
	link_free(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("link");
	TCase *t = tcase_create("link");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, path_mtu);
	tcase_add_test(t, nothing_to_pin);
	tcase_add_test(t, no_memory);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
