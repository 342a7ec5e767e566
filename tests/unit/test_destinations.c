/* SPDX-License-Identifier: MIT */
/* destinations: who comes next, as names have more or fewer addresses, and which server is which after a reload. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/destinations.h"

static char *servers[] = { (char *)"a", (char *)"b", (char *)"c:1702", NULL };
static const struct config_profile profile = { .servers = servers, .server_port = 1701 };

/* One attempt after the other; n: how many addresses the name has then. */
static const struct attempt {
	size_t n;
	const char *name;
	int address;
	bool fresh; /* the one behind it: not tried in this round */
} rounds[][12] = {
	{ { 1, "a", 0, true }, { 1, "b", 0, true }, { 1, "c:1702", 0, false }, { 1, "a", 0, true }, { 1, "b", 0, true } },
	{ { 3, "a", 0, true }, { 3, "a", 1, true }, { 3, "a", 2, true }, { 2, "b", 0, true }, { 2, "b", 1, true },
	  { 1, "c:1702", 0, false }, { 3, "a", 0, true } },
	/* one that cannot be resolved is passed over */
	{ { 2, "a", 0, true }, { 0, "a", -1, true }, { 0, "b", -1, true }, { 0, "c:1702", -1, false }, { 2, "a", 0, true } },
	/* it had more of them before: the first one once more */
	{ { 3, "a", 0, true }, { 3, "a", 1, true }, { 2, "a", 0, true }, { 1, "b", 0, true } },
	/* it has more of them now */
	{ { 2, "a", 0, true }, { 3, "a", 1, true }, { 3, "a", 2, true }, { 1, "b", 0, true } },
};

START_TEST(one_after_the_other)
{
	static const struct l2tp_addr addrs[3];
	struct destinations d = { 0 };

	for (const struct attempt *a = rounds[_i]; a->name; a++) {
		ck_assert_str_eq(destinations_name(&d, &profile), a->name);
		if (a->n)
			ck_assert_int_eq(destinations_pick(&d, addrs, a->n) - addrs, a->address);
		destinations_advance(&d, &profile, a->n);
		ck_assert_int_eq(d.fresh, a->fresh);
	}
}
END_TEST

START_TEST(found_again)
{
	static char *other[] = { (char *)"b:1702", (char *)"c", (char *)"a:1701", NULL };
	static const struct config_profile later = { .servers = other, .server_port = 1702 };
	static const struct {
		size_t before;
		bool found;
		size_t now;
	} cases[] = { { 0, true, 2 }, { 1, false, 99 }, { 2, true, 1 } };
	size_t now = 99;

	ck_assert_int_eq(destinations_find(&later, &profile, cases[_i].before, &now), cases[_i].found);
	ck_assert_uint_eq(now, cases[_i].now);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("destinations");
	TCase *t = tcase_create("destinations");

	tcase_add_loop_test(t, one_after_the_other, 0, sizeof(rounds) / sizeof(rounds[0]));
	tcase_add_loop_test(t, found_again, 0, 3);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
