/* SPDX-License-Identifier: MIT */
#include "lib/l2tp/name.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
	const char *(*name)(uint16_t number);
	uint16_t first, last; /* all of them have names ... */
	int hole[8];          /* ... but these; 0 ends, 0 itself is never a hole here */
	uint16_t number;      /* one of them */
	const char *expect;
} names[] = {
	{ l2tp_message_name, 0, 16, { 5, 13 }, 4, "StopCCN" }, /* R2661-3.2-01 */
	{ l2tp_message_name, 0, 16, { 5, 13 }, 0, "ZLB" },
	{ l2tp_message_name, 0, 16, { 5, 13 }, 16, "SLI" },
	{ l2tp_stopccn_name, 1, 8, { 0 }, 4, "not authorised" },
	{ l2tp_cdn_name, 1, 12, { 0 }, 1, "loss of carrier" },
	{ l2tp_error_name, 0, 8, { 0 }, 2, "wrong length" },
	{ l2tp_drop_name, 0, L2TP_DROPS - 1, { 0 }, L2TP_DROP_NO_TUNNEL, "no-tunnel" },
	{ avp_name, 0, AVP_COUNT - 1, { 0 }, AVP_HOST_NAME, "Host Name" },
	{ avp_name, 0, AVP_COUNT - 1, { 0 }, AVP_SEQUENCING_REQUIRED, "Sequencing Required" },
};

static bool has_name(size_t row, uint32_t n)
{
	for (const int *h = names[row].hole; *h; h++)
		if ((uint32_t)*h == n)
			return false;
	return n >= names[row].first && n <= names[row].last;
}

START_TEST(every_number)
{
	ck_assert_str_eq(names[_i].name(names[_i].number), names[_i].expect);
	for (uint32_t n = 0; n <= UINT16_MAX; n++) {
		const char *name = names[_i].name((uint16_t)n);

		if ((strcmp(name, "?") != 0) != has_name((size_t)_i, n))
			ck_abort_msg("row %d, %u: %s", _i, n, name);
	}
}
END_TEST

/* Which of the numbers may stand for the protocol: none, LCP, PAP, IPCP.
 * R3145-3.1-04, R3145-3.2-06..08, R3145-3.3-03 */
#define LCP L2TP_PPP_LCP
#define PAP L2TP_PPP_PAP
#define IPCP 0x8021
static const struct {
	uint16_t code, protocols[2]; /* valid */
	bool directed;
	const char *name, *directions[2];
} causes[] = {
	{ 0, { 0, 0 }, false, "no information", { "", "" } },
	{ 1, { 0, 0 }, false, "administrative disconnect", { "", "" } },
	{ 2, { 0, 0 }, false, "proxy LCP was expected and not sent", { "", "" } },
	{ 3, { 0, 0 }, true, "LCP was terminated", { "by its peer", "by itself" } },
	{ 4, { 0, 0 }, true, "compulsory encryption was refused", { "to it", "by it" } },
	{ 5, { LCP, LCP }, false, "LCP was not agreed on in time", { "", "" } },
	{ 6, { LCP, LCP }, false, "no LCP was received", { "", "" } },
	{ 7, { LCP, LCP }, false, "the link is a loop", { "", "" } },
	{ 8, { LCP, LCP }, false, "LCP echo requests were not answered", { "", "" } },
	{ 9, { LCP, LCP }, false, "the endpoint discriminator is not the bundle's", { "", "" } },
	{ 10, { LCP, LCP }, false, "the MRRU is not the bundle's", { "", "" } },
	{ 11, { LCP, LCP }, false, "the short sequence numbers are not the bundle's", { "", "" } },
	{ 12, { LCP, LCP }, true, "compulsory callback was refused", { "to it", "by it" } },
	{ 13, { PAP, PAP }, false, "authentication did not end in time", { "", "" } },
	{ 14, { PAP, PAP }, false, "the authenticated name is not the bundle's", { "", "" } },
	{ 15, { PAP, PAP }, true, "no authentication protocol was acceptable",
	  { "of its own to its peer", "of its peer's to it" } },
	{ 16, { PAP, PAP }, true, "authentication failed", { "of its peer by it", "of itself by its peer" } },
	{ 17, { IPCP, IPCP }, false, "a network protocol was not agreed on in time", { "", "" } },
	{ 18, { IPCP, 0 }, false, "no network protocol was left", { "", "" } },
	{ 19, { IPCP, IPCP }, true, "no agreement on addresses", { "its peer insisted", "it insisted" } },
	{ 20, { IPCP, IPCP }, true, "no address is allowed", { "its own was refused", "its peer's was refused" } },
	{ 21, { 1, 1 }, false, "?", { "", "" } },
	{ UINT16_MAX, { 1, 1 }, false, "?", { "", "" } },
};

START_TEST(disconnect_cause)
{
	static const uint16_t protocols[] = { 0, LCP, PAP, IPCP };
	struct l2tp_disconnect d = { .said = true, .code = causes[_i].code };

	ck_assert_str_eq(l2tp_disconnect_name(&d), causes[_i].name);
	for (uint32_t n = 0; n < 4 * 256; n++) {
		d.protocol = protocols[n / 256];
		d.direction = (uint8_t)n;
		bool known = d.direction == 1 || d.direction == 2;
		bool fits = d.protocol == causes[_i].protocols[0] || d.protocol == causes[_i].protocols[1];

		ck_assert_msg(l2tp_disconnect_valid(&d) == (fits &&
			(d.direction == 0 || (known && causes[_i].directed))),
			      "%u %x %u", d.code, d.protocol, d.direction);
		ck_assert_str_eq(l2tp_disconnect_direction(&d), known ? causes[_i].directions[d.direction - 1] : "");
	}
}
END_TEST

static const struct {
	struct l2tp_addr addr;
	const char *expect;
} addrs[] = {
	{ { .ip = { 192, 0, 2, 1 }, .port = 1701, .family = 4 }, "192.0.2.1:1701" },
	{ { .ip = { 255, 255, 255, 255 }, .port = 65535, .family = 4 }, "255.255.255.255:65535" },
	{ { .family = 4 }, "0.0.0.0:0" },
	{ { .ip = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 }, .port = 1701, .family = 6 }, "[2001:db8::1]:1701" },
	{ { .ip = { 0xfe, 0x80, [15] = 1 }, .scope = 3, .port = 1, .family = 6 }, "[fe80::1%3]:1" },
	{ { .family = 6 }, "[::]:0" },
	{ { .ip = { [15] = 1 }, .family = 6 }, "[::1]:0" },
	{ { .ip = { 0, 1 }, .family = 6 }, "[1::]:0" },
	/* RFC 5952 4.2.2: a single zero is not shortened */
	{ { .ip = { 0, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1 }, .family = 6 }, "[1:1:1:0:1:1:1:1]:0" },
	/* 4.2.3: the longest run; of equal ones the first */
	{ { .ip = { 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1 }, .family = 6 }, "[1:0:0:1::1]:0" },
	{ { .ip = { 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1 }, .family = 6 }, "[1::1:1:0:0:1]:0" },
	/* 5: IPv4-mapped */
	{ { .ip = { [10] = 0xff, 0xff, 192, 0, 2, 33 }, .family = 6 }, "[::ffff:192.0.2.33]:0" },
	{ { .ip = { [10] = 0xff, 0xff }, .family = 6 }, "[::ffff:0.0.0.0]:0" },
	{ { .ip = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255 },
	    .scope = UINT32_MAX, .port = 65535, .family = 6 },
	  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff%4294967295]:65535" },
	{ { .ip = { 1, 2, 3, 4 }, .port = 9 }, "?" },
};

START_TEST(address)
{
	char buf[L2TP_ADDR_STR_MAX];

	ck_assert_ptr_eq(l2tp_addr_str(&addrs[_i].addr, buf), buf);
	ck_assert_str_eq(buf, addrs[_i].expect);
}
END_TEST

/* The C library agrees, but for ::192.0.2.1, a form that RFC 5952 does not know: hence the first octet. */
START_TEST(random_addresses)
{
	unsigned int seed = (unsigned int)time(NULL);

	printf("test_name seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 5000; round++) {
		struct l2tp_addr a = { .family = 6, .port = (uint16_t)rand() };
		char buf[L2TP_ADDR_STR_MAX], text[INET6_ADDRSTRLEN], expect[L2TP_ADDR_STR_MAX + 8];

		for (size_t i = 0; i < sizeof(a.ip); i++)
			a.ip[i] = (uint8_t)(rand() % 4 ? 0 : rand());
		a.ip[0] |= 1;
		snprintf(expect, sizeof(expect), "[%s]:%u", inet_ntop(AF_INET6, a.ip, text, sizeof(text)), a.port);
		if (strcmp(l2tp_addr_str(&a, buf), expect) != 0)
			ck_abort_msg("seed %u: %s, not %s", seed, buf, expect);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("name");
	TCase *t = tcase_create("name");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, every_number, 0, sizeof(names) / sizeof(names[0]));
	tcase_add_loop_test(t, disconnect_cause, 0, sizeof(causes) / sizeof(causes[0]));
	tcase_add_loop_test(t, address, 0, sizeof(addrs) / sizeof(addrs[0]));
	tcase_add_test(t, random_addresses);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
