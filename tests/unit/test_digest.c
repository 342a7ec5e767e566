/* SPDX-License-Identifier: MIT */
/* The expected octets come from an independent implementation (Python's hashlib), not from this code. */
#include "lib/l2tp/digest.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "octets.h"

#define LONGEST 1017

static const struct {
	const char *name;
	uint8_t id;
	const char *secret, *challenge, *response;
} responses[] = {
	{ "SCCRP", 2, "736563726574", "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf", "ef5dbeeb5a2f3872e4e52e8a1a0570fd" },
	{ "SCCCN", 3, "736563726574", "55", "f5fe9d5c5202c32059b07bac41c7db88" },
	{ "nothing but the id", 2, "", "", "9e688c58a5487b8eaf69c9e1005ad0bf" },
};

START_TEST(response) /* R2661-4.4.3-15, -16 */
{
	uint8_t secret[32], challenge[32], golden[DIGEST_LEN], got[DIGEST_LEN];

	digest_response(responses[_i].id, hex(responses[_i].secret, secret, sizeof(secret)),
			hex(responses[_i].challenge, challenge, sizeof(challenge)), got);
	ck_assert_msg(span_equal(hex(responses[_i].response, golden, sizeof(golden)), span_of(got, DIGEST_LEN)), "%s",
		      responses[_i].name);
}
END_TEST

START_TEST(response_to_a_long_challenge)
{
	uint8_t secret[64], challenge[200], golden[DIGEST_LEN], got[DIGEST_LEN];

	memset(secret, 's', sizeof(secret));
	memset(challenge, 'c', sizeof(challenge));
	digest_response(3, span_of(secret, sizeof(secret)), span_of(challenge, sizeof(challenge)), got);
	ck_assert(span_equal(hex("975d8b7adbe082d5155f1be22ec84812", golden, sizeof(golden)),
			     span_of(got, DIGEST_LEN)));
}
END_TEST

/* Octets 0, 1, 2 ... hidden as attribute 33 with the secret "secret" and the vector c0 c1 .. cf: one stream whose
 * second block depends on the first one's ciphertext, R2661-4.3-07, -08, -09. */
static const char stream[] = "5b1668db74b363225c29e883a3787bca 5bc6cef827e02cb0606874d1b0dc28be"
			     "2d8bf8241250bae7f6dfe53129b995cf";

START_TEST(hide_known_answers)
{
	static const struct l2tp_span secret = TEXT("secret");
	uint8_t golden[48], vector[16], value[48];

	hex(stream, golden, sizeof(golden));
	for (size_t i = 0; i < sizeof(vector); i++)
		vector[i] = (uint8_t)(0xc0 + i);
	for (size_t len = 0; len <= sizeof(value); len++) {
		for (size_t i = 0; i < sizeof(value); i++)
			value[i] = (uint8_t)i;
		digest_hide(33, secret, span_of(vector, sizeof(vector)), value, len);
		ck_assert_msg(memcmp(value, golden, len) == 0, "%zu octets hidden", len);
		digest_unhide(33, secret, span_of(vector, sizeof(vector)), value, len);
		for (size_t i = 0; i < sizeof(value); i++)
			ck_assert_msg(value[i] == i, "octet %zu of %zu", i, len);
	}
}
END_TEST

START_TEST(hide_the_longest_value)
{
	static const struct l2tp_span secret = { (const uint8_t *)"\0\xff", 2 }, vector = TEXT("v");
	uint8_t value[LONGEST], golden[DIGEST_LEN], sum[DIGEST_LEN];

	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = (uint8_t)i;
	digest_hide(0x0121, secret, vector, value, sizeof(value));
	/* MD5 of all of it: a response with the value in the place of the secret, and its first octet as the id. */
	digest_response(value[0], span_of(value + 1, sizeof(value) - 1), span_of(NULL, 0), sum);
	ck_assert(span_equal(hex("7e5e5167702c6f55e018a4d3e603f850", golden, sizeof(golden)),
			     span_of(sum, DIGEST_LEN)));
}
END_TEST

START_TEST(random_values_come_back)
{
	unsigned int seed = (unsigned int)time(NULL);
	uint8_t secret[64], vector[64], value[200], before[200];

	printf("test_digest seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 300; round++) {
		size_t len = (size_t)rand() % sizeof(value);
		struct l2tp_span s = span_of(secret, 1 + (size_t)rand() % sizeof(secret));
		struct l2tp_span v = span_of(vector, (size_t)rand() % sizeof(vector));

		for (size_t i = 0; i < sizeof(value); i++)
			value[i] = before[i] = (uint8_t)rand();
		for (size_t i = 0; i < sizeof(secret); i++)
			secret[i] = vector[i] = (uint8_t)rand();
		digest_hide((uint16_t)round, s, v, value, len);
		digest_unhide((uint16_t)round, s, v, value, len);
		if (memcmp(value, before, sizeof(value)) != 0)
			ck_abort_msg("seed %u round %d", seed, round);
	}
}
END_TEST

static const struct {
	struct l2tp_span a, b;
	bool equal;
} pairs[] = {
	{ TEXT(""), TEXT(""), true },	{ { NULL, 0 }, { NULL, 0 }, true }, { TEXT("abc"), TEXT("abc"), true },
	{ TEXT("abc"), TEXT("abd"), false }, { TEXT("abc"), TEXT("bbc"), false }, { TEXT("abc"), TEXT("ab"), false },
	{ TEXT(""), TEXT("a"), false },
};

START_TEST(equal)
{
	ck_assert(digest_equal(pairs[_i].a, pairs[_i].b) == pairs[_i].equal);
	ck_assert(digest_equal(pairs[_i].b, pairs[_i].a) == pairs[_i].equal);
}
END_TEST

START_TEST(wipe)
{
	uint8_t p[5] = { 1, 2, 3, 4, 5 };

	digest_wipe(p + 1, 3);
	ck_assert(p[0] == 1 && !p[1] && !p[2] && !p[3] && p[4] == 5);
	digest_wipe(NULL, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("digest");
	TCase *t = tcase_create("digest");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, response, 0, sizeof(responses) / sizeof(responses[0]));
	tcase_add_test(t, response_to_a_long_challenge);
	tcase_add_test(t, hide_known_answers);
	tcase_add_test(t, hide_the_longest_value);
	tcase_add_test(t, random_values_come_back);
	tcase_add_loop_test(t, equal, 0, sizeof(pairs) / sizeof(pairs[0]));
	tcase_add_test(t, wipe);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
