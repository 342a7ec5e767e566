/* SPDX-License-Identifier: MIT */
#include "lib/base/siphash.h"

#include <check.h>
#include <stdlib.h>

/* Of the octets 0, 1, 2 .. with the secret 0, 1 .. 15: as OpenSSL's SIPHASH (c-rounds 1, d-rounds 3, size 8) has them, in
 * the order in which that writes them. */
static const struct {
	size_t len;
	uint64_t expect;
} vectors[] = {
	{ 0, 0xdcc40f055801acab },  { 1, 0x93ca577df39bf4c9 },  { 2, 0x4dd4c74d029bcb82 },  { 3, 0xfbf7dde7b80af88b },
	{ 4, 0x2883d388605775cf },  { 7, 0x4011b19b987d92d3 },  { 8, 0x8e9a298d11959036 },  { 9, 0xe43d066cb38ea425 },
	{ 15, 0x5699512a6dd820d3 }, { 16, 0x668b907d1add4fcc }, { 17, 0x0cd8db639068f29c }, { 24, 0x8c9c3467b2ae64f4 },
	{ 28, 0x0dd06cef02ed0bfb }, { 31, 0xbcd1218c1fdd7023 }, { 32, 0x0db6a7166c7b1581 }, { 63, 0xa8b3bbb76290199d },
};

static uint64_t written(uint64_t v)
{
	uint64_t r = 0;

	for (int i = 0; i < 8; i++)
		r = r << 8 | (v >> 8 * i & 0xff);
	return r;
}

START_TEST(as_others_have_it)
{
	uint8_t octets[64 + 1];

	for (size_t shift = 0; shift < 2; shift++) { /* wherever they lie */
		for (size_t i = 0; i < 64; i++)
			octets[shift + i] = (uint8_t)i;
		ck_assert_uint_eq(written(siphash13(octets + shift, octets + shift, vectors[_i].len)), vectors[_i].expect);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("siphash");
	TCase *tc = tcase_create("siphash");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, as_others_have_it, 0, sizeof(vectors) / sizeof(vectors[0]));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
