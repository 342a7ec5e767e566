/* SPDX-License-Identifier: MIT */
#include "lib/base/buf.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "octets.h"

START_TEST(numbers_are_big_endian) /* R2661-3.0-02 */
{
	uint8_t octets[15], golden[15];
	struct l2tp_span expect = hex("01 0203 04050607 08090a0b0c0d0e0f", golden, sizeof(golden));
	struct writer w = writer_of(octets, sizeof(octets));
	struct reader r;

	put_u8(&w, 0x01);
	put_u16(&w, 0x0203);
	put_u32(&w, 0x04050607);
	put_u64(&w, 0x08090a0b0c0d0e0f);
	ck_assert(!writer_bad(&w));
	ck_assert_uint_eq(writer_len(&w), sizeof(octets));
	ck_assert(span_equal(writer_span(&w), expect));

	r = reader_of(expect);
	ck_assert_uint_eq(get_u8(&r), 0x01);
	ck_assert_uint_eq(get_u16(&r), 0x0203);
	ck_assert_uint_eq(get_u32(&r), 0x04050607);
	ck_assert_uint_eq(get_u64(&r), 0x08090a0b0c0d0e0f);
	ck_assert_uint_eq(reader_left(&r), 0);
	ck_assert(!reader_bad(&r));
}
END_TEST

static uint64_t read_u8(struct reader *r) { return get_u8(r); }
static uint64_t read_u16(struct reader *r) { return get_u16(r); }
static uint64_t read_u32(struct reader *r) { return get_u32(r); }
static uint64_t read_u64(struct reader *r) { return get_u64(r); }
static uint64_t read_bytes3(struct reader *r) { return get_bytes(r, 3).len; }
static uint64_t read_huge(struct reader *r) { return get_bytes(r, SIZE_MAX).len; }
static uint64_t read_window5(struct reader *r)
{
	struct reader window = get_window(r, 5);

	ck_assert(reader_bad(&window) == reader_bad(r));
	return reader_left(&window);
}

static const struct {
	const char *name;
	uint64_t (*read)(struct reader *r);
	size_t need;
} reads[] = {
	{ "u8", read_u8, 1 },	       { "u16", read_u16, 2 },	     { "u32", read_u32, 4 },
	{ "u64", read_u64, 8 },	       { "bytes", read_bytes3, 3 },  { "window", read_window5, 5 },
	{ "more than can be", read_huge, SIZE_MAX },
};

START_TEST(reader_stops_at_the_end)
{
	static const uint8_t ones[8] = { 255, 255, 255, 255, 255, 255, 255, 255 };

	for (size_t len = 0; len <= sizeof(ones); len++) {
		struct l2tp_span s = tight_copy(span_of(ones, len));
		struct reader r = reader_of(s);
		uint64_t v = reads[_i].read(&r);
		bool fits = len >= reads[_i].need;

		ck_assert_msg(reader_bad(&r) == !fits, "%s of %zu octets", reads[_i].name, len);
		ck_assert_msg((v != 0) == fits, "%s of %zu octets", reads[_i].name, len);
		ck_assert_uint_eq(reader_left(&r), fits ? len - reads[_i].need : 0);
		tight_free(s);
	}
}
END_TEST

START_TEST(a_bad_reader_stays_bad)
{
	static const uint8_t octets[4] = { 1, 2, 3, 4 };
	struct reader r = reader_of(span_of(octets, 4));
	struct reader window;

	ck_assert_uint_eq(get_u64(&r), 0);
	ck_assert_uint_eq(get_u8(&r), 0);
	ck_assert_uint_eq(get_rest(&r).len, 0);
	ck_assert_uint_eq(get_bytes(&r, 0).len, 0);
	window = get_window(&r, 0);
	ck_assert(reader_bad(&r) && reader_bad(&window));
}
END_TEST

START_TEST(reader_yields_spans_of_its_octets)
{
	static const uint8_t octets[6] = { 1, 2, 3, 4, 5, 6 };
	struct reader r = reader_of(span_of(octets, 6)), window;
	struct l2tp_span s = get_bytes(&r, 2);

	ck_assert(s.data == octets && s.len == 2);
	window = get_window(&r, 3);
	ck_assert_uint_eq(get_u8(&window), 3);
	s = get_rest(&window);
	ck_assert(s.data == octets + 3 && s.len == 2);
	ck_assert_uint_eq(get_u8(&window), 0);
	ck_assert(reader_bad(&window));
	ck_assert_uint_eq(get_u8(&r), 6); /* a bad window does not spoil what it was cut from */
	ck_assert(!reader_bad(&r));
	ck_assert_uint_eq(get_rest(&r).len, 0);
	ck_assert(!reader_bad(&r));
	reader_fail(&r);
	ck_assert(reader_bad(&r));
}
END_TEST

START_TEST(nothing_is_fine)
{
	struct reader r = reader_of(span_of(NULL, 0));
	struct writer w = writer_of(NULL, 0);

	ck_assert_uint_eq(get_rest(&r).len, 0);
	ck_assert(!reader_bad(&r));
	put_span(&w, span_of(NULL, 0));
	put_zero(&w, 0);
	ck_assert(!writer_bad(&w));
	put_u8(&w, 1);
	ck_assert(writer_bad(&w));
}
END_TEST

static void write_u8(struct writer *w) { put_u8(w, 0xff); }
static void write_u16(struct writer *w) { put_u16(w, 0xffff); }
static void write_u32(struct writer *w) { put_u32(w, UINT32_MAX); }
static void write_u64(struct writer *w) { put_u64(w, UINT64_MAX); }
static void write_span3(struct writer *w) { put_span(w, span_of("abc", 3)); }
static void write_zero4(struct writer *w) { put_zero(w, 4); }
static void write_huge(struct writer *w) { put_zero(w, SIZE_MAX); }

static const struct {
	const char *name;
	void (*write)(struct writer *w);
	size_t need;
} writes[] = {
	{ "u8", write_u8, 1 },	   { "u16", write_u16, 2 },    { "u32", write_u32, 4 },	 { "u64", write_u64, 8 },
	{ "span", write_span3, 3 }, { "zero", write_zero4, 4 }, { "more than can be", write_huge, SIZE_MAX },
};

START_TEST(writer_stops_at_the_end)
{
	for (size_t size = 0; size <= 8; size++) {
		uint8_t *p = malloc(size + 1);
		struct writer w = writer_of(p, size);
		bool fits = size >= writes[_i].need;

		ck_assert_ptr_nonnull(p);
		memset(p, 0x5a, size + 1);
		writes[_i].write(&w);
		ck_assert_msg(writer_bad(&w) == !fits, "%s into %zu octets", writes[_i].name, size);
		ck_assert_uint_eq(writer_len(&w), fits ? writes[_i].need : 0);
		ck_assert_uint_eq(p[fits ? writes[_i].need : 0], 0x5a); /* nothing behind, nothing by half */
		free(p);
	}
}
END_TEST

START_TEST(a_bad_writer_stays_bad)
{
	uint8_t octets[4] = { 0 };
	struct writer w = writer_of(octets, sizeof(octets));

	put_u16(&w, 7);
	put_u32(&w, 1);
	put_u8(&w, 9);
	put_u16_at(&w, 0, 0x0102);
	ck_assert(writer_bad(&w));
	ck_assert_uint_eq(writer_span(&w).len, 0);
	ck_assert_uint_eq(octets[1], 7);
	ck_assert_uint_eq(octets[2], 0);
	w = writer_of(octets, sizeof(octets));
	writer_fail(&w);
	ck_assert(writer_bad(&w));
}
END_TEST

START_TEST(a_length_is_written_later)
{
	uint8_t octets[4], golden[4];
	struct writer w = writer_of(octets, sizeof(octets));

	put_u32(&w, 0x11223344);
	put_u16_at(&w, 1, 0xaabb);
	ck_assert(span_equal(writer_span(&w), hex("11aabb44", golden, sizeof(golden))));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("buf");
	TCase *t = tcase_create("buf");
	SRunner *r;
	int failed;

	tcase_add_test(t, numbers_are_big_endian);
	tcase_add_loop_test(t, reader_stops_at_the_end, 0, sizeof(reads) / sizeof(reads[0]));
	tcase_add_test(t, a_bad_reader_stays_bad);
	tcase_add_test(t, reader_yields_spans_of_its_octets);
	tcase_add_test(t, nothing_is_fine);
	tcase_add_loop_test(t, writer_stops_at_the_end, 0, sizeof(writes) / sizeof(writes[0]));
	tcase_add_test(t, a_bad_writer_stays_bad);
	tcase_add_test(t, a_length_is_written_later);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
