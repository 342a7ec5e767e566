/* SPDX-License-Identifier: MIT */
/* wildcard: what matches, and that no pattern takes for ever. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/wildcard.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *pattern, *text;
	bool matches;
} rows[] = {
	{ "", "", true },
	{ "", "a", false },
	{ "a", "", false },
	{ "*", "", true },
	{ "***", "", true },
	{ "?", "", false },
	{ "?", "a", true },
	{ "lac7", "lac7", true },
	{ "lac7", "lac77", false },
	{ "lac7", "LAC7", false },
	{ "lac?", "lac7", true },
	{ "lac??", "lac7", false },
	{ "l*7", "lac7", true },
	{ "l*7", "lac77", true },
	{ "l*7", "lac78", false },
	{ "*a*b*c*", "xaxxbbxc", true },
	{ "*a*b*c*", "xaxxcbx", false },
	{ "*aab", "aaaab", true },
	{ "?*", "", false },
	{ "*?", "a", true },
	{ "[a]", "a", false },
	{ "\\*", "*", false },
	{ "a*", "a*", true },
};

START_TEST(row)
{
	ck_assert(wildcard_matches(rows[_i].pattern, rows[_i].text) == rows[_i].matches);
}
END_TEST

/* exponential for one that tries each star again; the test's time limit would see it */
START_TEST(many_stars)
{
	char pattern[1024], text[4096];

	for (size_t i = 0; i + 2 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "*a", 3);
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert(wildcard_matches(pattern, text));
	text[sizeof(text) - 2] = 'b';
	ck_assert(!wildcard_matches(pattern, text));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wildcard");
	TCase *t = tcase_create("wildcard");

	tcase_add_loop_test(t, row, 0, COUNT(rows));
	tcase_add_test(t, many_stars);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
