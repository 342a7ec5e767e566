/* SPDX-License-Identifier: MIT */
/* environment: what a peer says of a call, whole and harmless. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/environment.h"

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
	ck_assert_str_eq(value_of("L2TP_CALLING_NUMBER"), "port \\x0a7\\xff");
	ck_assert_str_eq(value_of("L2TP_TX_CONNECT_SPEED"), "1000000000");
	ck_assert_str_eq(value_of("L2TP_PROXY_AUTHEN_NAME"), "alice");
	ck_assert_ptr_null(value_of("L2TP_CALLED_NUMBER")); /* not said */
	for (char **word = e.list; *word; word++)
		ck_assert_ptr_null(strstr(*word, "secret"));
}
END_TEST

/* Everything as long as it can be and no octet of it printable, and every other word there is. */
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
	ck_assert_uint_eq(strlen(value_of("L2TP_PEER_HOST")), 4 * LONGEST);
	ck_assert_uint_eq(strlen(value_of("L2TP_PROXY_AUTHEN_NAME")), 4 * LONGEST);
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
	tcase_add_test(t, brim);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
