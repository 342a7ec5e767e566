/* SPDX-License-Identifier: MIT */
#include "lib/l2tp/fault.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

START_TEST(first_fault_counts)
{
	struct fault f = { 0 };

	ck_assert(!fault_is_set(&f));
	ck_assert(!fault_set(&f, 2, EC_VALUE, "window %u", 0u));
	ck_assert(fault_is_set(&f));
	ck_assert(!fault_set(&f, 4, EC_LENGTH, "later"));
	ck_assert_uint_eq(f.result, 2);
	ck_assert_uint_eq(f.error, EC_VALUE);
	ck_assert_str_eq(f.text, "window 0");
}
END_TEST

START_TEST(reason_tells_the_same)
{
	struct fault f = { 0 };
	struct l2tp_reason reason;

	memset(&reason, 0x5a, sizeof(reason));
	fault_set(&f, RC_STOPCCN_GENERAL, EC_UNKNOWN_MANDATORY_AVP, "attribute %d", 99);
	fault_reason(&f, &reason);
	ck_assert_int_eq(reason.origin, L2TP_BY_FAULT);
	ck_assert_uint_eq(reason.result, RC_STOPCCN_GENERAL);
	ck_assert_uint_eq(reason.error, EC_UNKNOWN_MANDATORY_AVP);
	ck_assert_str_eq(reason.text, "attribute 99");
}
END_TEST

START_TEST(our_own) /* as long as the peer's did not come first, and no longer than it is set */
{
	struct fault f = { 0 };
	struct l2tp_reason reason;

	ck_assert(!fault_set_local(&f, RC_STOPCCN_UNAUTHORIZED, EC_NONE, "no secret, 100 %"));
	fault_set(&f, RC_STOPCCN_GENERAL, EC_VALUE, "later");
	fault_reason(&f, &reason);
	ck_assert_int_eq(reason.origin, L2TP_BY_LOCAL);
	ck_assert_str_eq(reason.text, "no secret, 100 %");
	f = (struct fault){ 0 };
	fault_set(&f, RC_STOPCCN_GENERAL, EC_VALUE, "first");
	ck_assert(!fault_set_local(&f, RC_STOPCCN_UNAUTHORIZED, EC_NONE, "no secret"));
	fault_reason(&f, &reason);
	ck_assert_int_eq(reason.origin, L2TP_BY_FAULT);
	ck_assert_str_eq(reason.text, "first");
}
END_TEST

START_TEST(long_text_is_cut)
{
	struct fault f = { 0 };
	struct l2tp_reason reason;

	fault_set(&f, 2, 2, "%0200d", 7);
	ck_assert_uint_eq(strlen(f.text), sizeof(f.text) - 1);
	fault_reason(&f, &reason);
	ck_assert_str_eq(reason.text, f.text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fault");
	TCase *t = tcase_create("fault");
	SRunner *r;
	int failed;

	tcase_add_test(t, first_fault_counts);
	tcase_add_test(t, reason_tells_the_same);
	tcase_add_test(t, our_own);
	tcase_add_test(t, long_text_is_cut);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
