/* SPDX-License-Identifier: MIT */
/* address: to sockaddr and back, to text and back, and what is refused. */
#include <arpa/inet.h>
#include <check.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define LINK_LOCAL { 0xfe, 0x80, [15] = 1 }
#define PORT 7 /* of what is written without */
#define REFUSED { .family = 0 }

static unsigned lo;

static void setup(void)
{
	lo = if_nametoindex("lo");
	ck_assert_uint_gt(lo, 0);
}

/* ---- Sockets --------------------------------------------------------------------------------------------------- */

static const struct l2tp_addr ip4 = { .family = 4, .ip = { 192, 0, 2, 1 }, .port = 1701 };
static const struct l2tp_addr ip6 = { .family = 6, .ip = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, .port = 1702 };
static const struct l2tp_addr link_local = { .family = 6, .ip = LINK_LOCAL, .port = 1703, .scope = 3 };

START_TEST(socket_ip4)
{
	struct l2tp_addr back;
	union socket_address u;

	ck_assert_uint_eq(address_to_socket(&ip4, &u), sizeof(struct sockaddr_in));
	ck_assert(u.in.sin_family == AF_INET && u.in.sin_port == htons(1701) && u.in.sin_addr.s_addr == htonl(0xc0000201));
	ck_assert(address_from_socket(&u, sizeof(u.in), &back));
	ck_assert(address_equal(&ip4, &back));
	ck_assert(!address_from_socket(&u, sizeof(u.in) - 1, &back) && back.family == 0 && back.port == 0);
}
END_TEST

START_TEST(socket_ip6)
{
	struct l2tp_addr back, global;
	union socket_address u;

	ck_assert_uint_eq(address_to_socket(&link_local, &u), sizeof(struct sockaddr_in6));
	ck_assert(u.in6.sin6_family == AF_INET6 && u.in6.sin6_port == htons(1703) && u.in6.sin6_scope_id == 3);
	ck_assert(address_from_socket(&u, sizeof(u.in6), &back));
	ck_assert(address_equal(&link_local, &back));
	ck_assert(!address_from_socket(&u, sizeof(u.in6) - 1, &back) && address_is_any(&back) && back.family == 0);

	/* the kernel names an interface of any address; equal ones have none but where it counts */
	address_to_socket(&ip6, &u);
	u.in6.sin6_scope_id = 3;
	ck_assert(address_from_socket(&u, sizeof(u), &global));
	ck_assert(address_equal(&ip6, &global));
}
END_TEST

START_TEST(socket_others)
{
	union socket_address u = { .sa.sa_family = AF_UNIX };
	struct l2tp_addr a = ip4;

	ck_assert(!address_from_socket(&u, sizeof(u), &a) && a.family == 0);
	ck_assert(!address_from_socket(&u, 0, &a) && a.family == 0);
	ck_assert_int_eq(address_family(4), AF_INET);
	ck_assert_int_eq(address_family(6), AF_INET6);
	ck_assert_int_eq(address_family(0), AF_UNSPEC);
}
END_TEST

/* ---- Addresses ------------------------------------------------------------------------------------------------- */

START_TEST(matches)
{
	struct l2tp_addr any_port = link_local, any_interface = link_local, any = link_local, other = link_local;

	any_port.port = any.port = any_interface.scope = any.scope = 0;
	ck_assert(address_matches(&link_local, &link_local) && address_matches(&any_port, &link_local));
	ck_assert(address_matches(&any_interface, &link_local) && address_matches(&any, &link_local));
	ck_assert(!address_matches(&link_local, &any_port) && !address_matches(&link_local, &any_interface));
	other.ip[15]++;
	ck_assert(!address_matches(&any, &other) && !address_matches(&ip4, &ip6));
}
END_TEST

/* ---- Text ------------------------------------------------------------------------------------------------------ */

#define NO_INTERFACE "a link-local address without its interface (as in fe80::1%eth0)"
#define NOT_LINK_LOCAL "an interface with an address that is not link-local"
#define NOT_THERE "an address on an interface that does not exist"
#define BAD_PORT "an address with an invalid port"

static const struct {
	const char *text;
	enum address_interface interface;
	struct l2tp_addr addr;
	const char *what, *back; /* what is wrong; what is written of it, if not the same */
} texts[] = {
	{ "192.0.2.1", 0, { .family = 4, .ip = { 192, 0, 2, 1 }, .port = PORT }, NULL, NULL },
	{ "192.0.2.1:1701", 0, { .family = 4, .ip = { 192, 0, 2, 1 }, .port = 1701 }, NULL, "192.0.2.1" },
	{ "[192.0.2.1]", 0, { .family = 4, .ip = { 192, 0, 2, 1 }, .port = PORT }, NULL, "192.0.2.1" },
	{ "[192.0.2.1]:65535", 0, { .family = 4, .ip = { 192, 0, 2, 1 }, .port = 65535 }, NULL, "192.0.2.1" },
	{ "::", 0, { .family = 6, .port = PORT }, NULL, NULL },
	{ "2001:DB8:0::1", 0, { .family = 6, .ip = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, .port = PORT }, NULL, "2001:db8::1" },
	{ "[::1]:01701", 0, { .family = 6, .ip = { [15] = 1 }, .port = 1701 }, NULL, "::1" },
	{ "::ffff:192.0.2.1", 0, { .family = 4, .ip = { 192, 0, 2, 1 }, .port = PORT }, NULL, "192.0.2.1" },
	{ "[::ffff:c000:201]:1", 0, { .family = 4, .ip = { 192, 0, 2, 1 }, .port = 1 }, NULL, "192.0.2.1" },
	{ "[fe80::1%lo]:1", INTERFACE_EXISTS, { .family = 6, .ip = LINK_LOCAL, .port = 1, .scope = 1 }, NULL, "fe80::1%lo" },
	{ "fe80::1%lo", INTERFACE_GIVEN, { .family = 6, .ip = LINK_LOCAL, .port = PORT, .scope = 1 }, NULL, NULL },
	{ "fe80::1%lo", INTERFACE_OPTIONAL, { .family = 6, .ip = LINK_LOCAL, .port = PORT, .scope = 1 }, NULL, NULL },
	{ "fe80::1%nowhere", INTERFACE_GIVEN, { .family = 6, .ip = LINK_LOCAL, .port = PORT }, NULL, "fe80::1" },
	{ "fe80::1", INTERFACE_OPTIONAL, { .family = 6, .ip = LINK_LOCAL, .port = PORT }, NULL, NULL },
	{ "fe80::1%nowhere", INTERFACE_EXISTS, REFUSED, NOT_THERE, NULL },
	{ "fe80::1%nowhere", INTERFACE_OPTIONAL, REFUSED, NOT_THERE, NULL },
	{ "fe80::1", INTERFACE_EXISTS, REFUSED, NO_INTERFACE, NULL },
	{ "[fe80::1]:1", INTERFACE_GIVEN, REFUSED, NO_INTERFACE, NULL },
	{ "2001:db8::1%lo", INTERFACE_OPTIONAL, REFUSED, NOT_LINK_LOCAL, NULL },
	{ "fe80::1%", INTERFACE_OPTIONAL, REFUSED, "not an address", NULL },
	{ "192.0.2.1%lo", INTERFACE_OPTIONAL, REFUSED, "not an address", NULL },
	{ "", 0, REFUSED, "not an address", NULL },
	{ ":1701", 0, REFUSED, "not an address", NULL },
	{ "lns.example", 0, REFUSED, "not an address", NULL },
	{ "192.0.2", 0, REFUSED, "not an address", NULL },
	{ "2001:db8::g", 0, REFUSED, "not an address", NULL },
	{ "2001:db8::1:1701:", 0, REFUSED, "not an address", NULL },
	{ "[1111:2222:3333:4444:5555:6666:7777:8888:9999]", 0, REFUSED, "not an address", NULL },
	{ "[1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc:dddd]", 0, REFUSED, "not an address", NULL },
	{ "[::1", 0, REFUSED, "[ without ]", NULL },
	{ "[", 0, REFUSED, "[ without ]", NULL },
	{ "192.0.2.1:", 0, REFUSED, BAD_PORT, NULL },
	{ "192.0.2.1:0", 0, REFUSED, BAD_PORT, NULL },
	{ "192.0.2.1:65536", 0, REFUSED, BAD_PORT, NULL },
	{ "192.0.2.1:000001", 0, REFUSED, BAD_PORT, NULL },
	{ "192.0.2.1:+1", 0, REFUSED, BAD_PORT, NULL },
	{ "192.0.2.1:1 ", 0, REFUSED, BAD_PORT, NULL },
	{ "[::1]1", 0, REFUSED, BAD_PORT, NULL },
	{ "[::1]]:1", 0, REFUSED, BAD_PORT, NULL },
};

START_TEST(text)
{
	struct l2tp_addr expect = texts[_i].addr, a = ip4;
	const char *what = address_read(texts[_i].text, PORT, texts[_i].interface, &a);
	char buf[ADDRESS_IP_MAX];

	if (!expect.family) {
		ck_assert_msg(what && strcmp(what, texts[_i].what) == 0, "%s: %s", texts[_i].text, what ? what : "read");
		ck_assert(address_equal(&a, &ip4)); /* left as it was */
		return;
	}
	ck_assert_msg(!what, "%s: %s", texts[_i].text, what);
	expect.scope = expect.scope ? lo : 0;
	ck_assert(address_equal(&a, &expect));
	ck_assert_str_eq(address_ip_text(&a, buf), texts[_i].back ? texts[_i].back : texts[_i].text);
}
END_TEST

/* What was read once is written, whatever has become of it. */
START_TEST(text_of_nothing)
{
	const struct l2tp_addr gone = { .family = 6, .ip = LINK_LOCAL, .scope = UINT32_MAX }, unset = { 0 };
	char buf[ADDRESS_IP_MAX];

	ck_assert_str_eq(address_ip_text(&gone, buf), "fe80::1%4294967295");
	ck_assert_str_eq(address_ip_text(&unset, buf), "?");
}
END_TEST

START_TEST(text_ip4)
{
	static const char *const bad[] = { "", "192.0.2", "192.0.2.256", "192.0.2.1 ", "::1", "192.0.2.1:1" };
	char buf[INET_ADDRSTRLEN];
	uint32_t ip = 5;

	for (size_t i = 0; i < COUNT(bad); i++)
		ck_assert(!address_read_ip4(bad[i], &ip) && ip == 5);
	ck_assert(address_read_ip4("192.0.2.1", &ip) && ip == 0xc0000201);
	ck_assert_str_eq(address_ip4_text(0xc0000201, buf), "192.0.2.1");
	ck_assert_str_eq(address_ip4_text(UINT32_MAX, buf), "255.255.255.255");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("address");
	TCase *t = tcase_create("address");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, socket_ip4);
	tcase_add_test(t, socket_ip6);
	tcase_add_test(t, socket_others);
	tcase_add_test(t, matches);
	tcase_add_loop_test(t, text, 0, COUNT(texts));
	tcase_add_test(t, text_of_nothing);
	tcase_add_test(t, text_ip4);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
