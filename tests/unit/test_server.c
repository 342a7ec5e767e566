/* SPDX-License-Identifier: MIT */
/* server: what is written, and what it is. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/server.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NAME_50 "a123456789b123456789c123456789d123456789e123456789"
#define NAME_250 NAME_50 NAME_50 NAME_50 NAME_50 NAME_50

static const struct {
	const char *text, *name;
	unsigned port; /* 0: it cannot be read, name says why */
} cases[] = {
	{ "lns.example", "lns.example", 7 },
	{ "lns.example:1702", "lns.example", 1702 },
	{ "192.0.2.1", "192.0.2.1", 7 },
	{ "192.0.2.1:1702", "192.0.2.1", 1702 },
	{ "2001:db8::1", "2001:db8::1", 7 },
	{ "2001:db8::1702", "2001:db8::1702", 7 },
	{ "[2001:db8::1]", "2001:db8::1", 7 },
	{ "[2001:db8::1]:1702", "2001:db8::1", 1702 },
	{ "[::ffff:192.0.2.1]:1", "::ffff:192.0.2.1", 1 },
	{ "[192.0.2.1]:65535", "192.0.2.1", 65535 },
	{ "fe80::1%eth0", "fe80::1%eth0", 7 },
	{ "[fe80::1%eth0]:01701", "fe80::1%eth0", 1701 },
	{ NAME_250 "abc:1", NAME_250 "abc", 1 },
	{ NAME_250 "abcd", "too long", 0 },
	{ "", "empty", 0 },
	{ ":1701", "empty", 0 },
	{ "[]", "empty", 0 },
	{ "[2001:db8::1", "[ without ]", 0 },
	{ "[", "[ without ]", 0 },
	{ "lns]", "not a name", 0 },
	{ "lns[1]:5", "not a name", 0 },
	{ "[lns.example]:1701", "not an address", 0 },
	{ "[2001:db8::1%]:1", "not an address", 0 },
	{ "2001:db8::g", "not an address", 0 },
	{ "[192.0.2.1%eth0]:1", "not an address", 0 },
	{ "1:2:3", "not an address", 0 },
	{ "a:b:c", "not an address", 0 },
	{ "[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc]", "not an address", 0 },
	{ "fe80::1", "a link-local address without its interface (as in fe80::1%eth0)", 0 },
	{ "[fe80::1%]:1", "not an address", 0 },
	{ "[2001:db8::1%eth0]:1", "an interface with an address that is not link-local", 0 },
	{ "lns.example:", "a name or an address with an invalid port", 0 },
	{ "lns.example:0", "a name or an address with an invalid port", 0 },
	{ "lns.example:65536", "a name or an address with an invalid port", 0 },
	{ "lns.example:000001", "a name or an address with an invalid port", 0 },
	{ "lns.example:+1", "a name or an address with an invalid port", 0 },
	{ "lns.example:1702 ", "a name or an address with an invalid port", 0 },
	{ "[2001:db8::1]1702", "a name or an address with an invalid port", 0 },
	{ "[2001:db8::1]]:1", "a name or an address with an invalid port", 0 },
	{ "[2001:db8::1]:", "a name or an address with an invalid port", 0 },
};

START_TEST(read)
{
	struct server s = { "before", 1 };
	const char *what = server_read(cases[_i].text, 7, &s);

	ck_assert_msg(!what == !!cases[_i].port, "%s: %s", cases[_i].text, what ? what : "read");
	ck_assert_str_eq(what ? what : s.name, cases[_i].name);
	if (what) /* left as it was */
		ck_assert(strcmp(s.name, "before") == 0 && s.port == 1);
	else
		ck_assert_uint_eq(s.port, cases[_i].port);
}
END_TEST

START_TEST(same)
{
	ck_assert(server_same("lns", 1701, "LNS:1701", 1702));
	ck_assert(server_same("[2001:db8::1]", 5, "2001:DB8::1", 5));
	ck_assert(!server_same("lns", 1701, "lns", 1702));
	ck_assert(!server_same("lns:1", 1701, "lns", 1701));
	ck_assert(!server_same("lns", 1701, "lns2", 1701));
	ck_assert(!server_same("", 1701, "", 1701));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("server");
	TCase *t = tcase_create("server");

	tcase_add_loop_test(t, read, 0, COUNT(cases));
	tcase_add_test(t, same);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
