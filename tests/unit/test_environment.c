/* SPDX-License-Identifier: MIT */
/* environment: what a peer says of a call, whole and harmless. */
#include <assert.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/environment.h"

#define LONGEST 1017 /* octets of an AVP's value */

static struct environment e;
static const struct l2tp_addr peer = { .family = 4, .ip = { 192, 0, 2, 1 }, .port = 1701 };

static struct l2tp_span span(const char *s)
{
	return (struct l2tp_span){ (const uint8_t *)s, strlen(s) };
}

static const char *value_of(const char *name)
{
	size_t len = strlen(name);

	for (char **word = e.list; *word; word++)
		if (!strncmp(*word, name, len) && (*word)[len] == '=')
			return *word + len + 1;
	return NULL;
}

START_TEST(call)
{
	struct l2tp_call_info info = { .call_serial_number = 7,
				       .tx_connect_speed = 1000000000,
				       .calling_number = span("port \n7\xff"),
				       .proxy = { .authen_type = L2TP_PROXY_CHAP, .authen_name = span("alice"),
						  .authen_response = span("secret") } };

	environment_init(&e);
	environment_put_call(&e, &peer, span("lac.example"), &info);
	ck_assert_str_eq(value_of("L2TP_PEER"), "192.0.2.1:1701");
	ck_assert_str_eq(value_of("L2TP_PEER_HOST"), "lac.example");
	ck_assert_str_eq(value_of("L2TP_CALLING_NUMBER"), "port%20%0A7%FF");
	ck_assert_str_eq(value_of("L2TP_TX_CONNECT_SPEED"), "1000000000");
	ck_assert_str_eq(value_of("L2TP_PROXY_AUTHEN_NAME"), "alice");
	ck_assert_ptr_null(value_of("L2TP_CALLED_NUMBER")); /* not said */
	for (char **word = e.list; *word; word++)
		ck_assert_ptr_null(strstr(*word, "secret"));
}
END_TEST

/* What a shell, a modem or a chat script could take for something else. */
START_TEST(hostile)
{
	static const struct {
		const char *value, *expect;
	} rows[] = {
		{ "+49 30/1", "+49%2030/1" },
		{ "-x;+CFUN=1,4 $(id)", "%2Dx%3B+CFUN%3D1,4%20%24%28id%29" },
		{ "`x`;$(y) \\\n\"'*#%\x80~", "%60x%60%3B%24%28y%29%20%5C%0A%22%27%2A%23%25%80%7E" },
		{ "a-b_c.d:e@f", "a-b_c.d:e@f" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		environment_init(&e);
		environment_put(&e, "L2TP_CALLED_NUMBER", span(rows[i].value));
		ck_assert_str_eq(value_of("L2TP_CALLED_NUMBER"), rows[i].expect);
	}
	environment_init(&e);
	environment_put(&e, "A", (struct l2tp_span){ (const uint8_t *)"a\0b", 3 });
	ck_assert_str_eq(value_of("A"), "a%00b");
}
END_TEST

/* Everything as long as it can be and no octet of it printable, and every other word there is: cut, not within %XX. */
START_TEST(brim)
{
	static uint8_t octets[LONGEST];
	struct l2tp_span all = { memset(octets, 0xff, sizeof(octets)), sizeof(octets) };
	struct l2tp_call_info info = { .calling_number = all, .called_number = all, .sub_address = all,
				       .private_group_id = all,
				       .proxy = { .authen_type = L2TP_PROXY_CHAP, .authen_name = all } };

	environment_init(&e);
	environment_put_call(&e, &peer, all, &info);
	while (e.n < ENVIRONMENT_WORDS)
		environment_put_number(&e, "L2TP_ONE_MORE_WITH_A_LONG_NAME", UINT32_MAX);
	ck_assert_uint_eq(strlen(value_of("L2TP_PEER_HOST")), ENVIRONMENT_VALUE_MAX);
	ck_assert_uint_eq(strlen(value_of("L2TP_PROXY_AUTHEN_NAME")), ENVIRONMENT_VALUE_MAX);
	static_assert(ENVIRONMENT_VALUE_MAX % 3 == 0, "of %XX");
	environment_init(&e);
	octets[0] = '1';
	environment_put(&e, "CUT", all);
	ck_assert_uint_eq(strlen(value_of("CUT")), ENVIRONMENT_VALUE_MAX - 2);
	ck_assert_ptr_null(e.list[ENVIRONMENT_WORDS]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("environment");
	TCase *t = tcase_create("environment");
	SRunner *r;
	int failed;

	tcase_add_test(t, call);
	tcase_add_test(t, hostile);
	tcase_add_test(t, brim);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
