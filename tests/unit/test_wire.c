/* SPDX-License-Identifier: MIT */
#include "lib/l2tp/wire.h"

#include <check.h>
#include <stdlib.h>

#include "octets.h"

static const struct {
	const char *name, *datagram;
	enum wire_kind kind;
	uint16_t tunnel_id, session_id, ns, nr;
	const char *body;
} datagrams[] = {
	/* R2661-3.1-02, -03, -07, -17 */
	{ "control", "c802 0014 1234 5678 9abc def0 8008000000000006", WIRE_CONTROL, 0x1234, 0x5678, 0x9abc, 0xdef0,
	  "8008000000000006" },
	{ "ZLB", "c802 000c ffff 0000 0001 0002", WIRE_CONTROL, 0xffff, 0, 1, 2, "" },
	{ "reserved bits are ignored, R2661-3.1-06", "fcf2 000c 0001 0002 0003 0004", WIRE_CONTROL, 1, 2, 3, 4, "" },
	{ "priority means nothing to control", "c902 000c 0001 0002 0003 0004", WIRE_CONTROL, 1, 2, 3, 4, "" },
	{ "octets behind Length, X2661-3.1-05", "c802 000d 0001 0002 0003 0004 aabbcc", WIRE_CONTROL, 1, 2, 3, 4,
	  "aa" },
	/* R2661-3.1-01, -04, -08, -09, -25, -26, -27; R2661-3.0-04 */
	{ "data", "0002 0001 0002 ff03c021", WIRE_DATA, 1, 2, 0, 0, "ff03c021" },
	{ "data, empty", "0002 0001 0002", WIRE_DATA, 1, 2, 0, 0, "" },
	{ "data, L", "4002 000a 0001 0002 c021 ee", WIRE_DATA, 1, 2, 0, 0, "c021" },
	{ "data, S", "0802 0001 0002 0003 0004 c021", WIRE_DATA, 1, 2, 3, 4, "c021" },
	{ "data, O", "0202 0001 0002 0003 eeeeee c021", WIRE_DATA, 1, 2, 0, 0, "c021" },
	{ "data, O of 0", "0202 0001 0002 0000 c021", WIRE_DATA, 1, 2, 0, 0, "c021" },
	{ "data, O up to the end", "0202 0001 0002 0002 eeee", WIRE_DATA, 1, 2, 0, 0, "" },
	{ "data, P", "0102 0001 0002 c021", WIRE_DATA, 1, 2, 0, 0, "c021" },
	{ "data, L and S", "4802 000e 0001 0002 0003 0004 c021", WIRE_DATA, 1, 2, 3, 4, "c021" },
	{ "data, L and O", "4202 000d 0001 0002 0001 ee c021", WIRE_DATA, 1, 2, 0, 0, "c021" },
	{ "data, all and reserved bits", "7ff2 0011 0001 0002 0003 0004 0001 ee c021 99", WIRE_DATA, 1, 2, 3, 4,
	  "c021" },
};

/* R2661-3.1-15, -16, X2661-3.1-01: and nothing is written */
static const struct {
	const char *name, *datagram;
	enum wire_kind kind;
} refused[] = {
	{ "control without L, X2661-3.1-02", "8802 0001 0002 0003 0004 0000", WIRE_MALFORMED },
	{ "control without S, X2661-3.1-02", "c002 000c 0001 0002 0003 0004", WIRE_MALFORMED },
	{ "control with O, X2661-3.1-03", "ca02 000e 0001 0002 0003 0004 0000", WIRE_MALFORMED },
	{ "Length beyond the datagram, X2661-3.1-04", "c802 000d 0001 0002 0003 0004", WIRE_MALFORMED },
	{ "Length 11, X2661-3.1-04", "c802 000b 0001 0002 0003 0004", WIRE_MALFORMED },
	{ "Length 4", "c802 0004 0001 0002 0003 0004", WIRE_MALFORMED },
	{ "Length 3", "c802 0003 0001 0002 0003 0004", WIRE_MALFORMED },
	{ "Length 0", "c802 0000 0001 0002 0003 0004", WIRE_MALFORMED },
	{ "Length 65535", "c802 ffff 0001 0002 0003 0004", WIRE_MALFORMED },
	{ "data, O beyond the end, X2661-3.1-06", "0202 0001 0002 0003 eeee", WIRE_MALFORMED },
	{ "data, O beyond Length", "4202 000b 0001 0002 0002 eeee", WIRE_MALFORMED },
	{ "data, Length beyond the datagram", "4002 0009 0001 0002", WIRE_MALFORMED },
	{ "data, Length shorter than the header", "4802 0008 0001 0002 0003 0004", WIRE_MALFORMED },
	{ "L2F", "2001 0000 0000", WIRE_L2F },
	{ "L2F with the bits of control", "c801 000c 0001 0002 0003 0004", WIRE_L2F },
	{ "version 0", "c800 000c 0001 0002 0003 0004", WIRE_MALFORMED },
	{ "version 3", "c803 000c 0001 0002 0003 0004", WIRE_MALFORMED },
	{ "version 15", "c80f 000c 0001 0002 0003 0004", WIRE_MALFORMED },
	{ "empty", "", WIRE_MALFORMED },
	{ "one octet", "c8", WIRE_MALFORMED },
};

START_TEST(parse)
{
	uint8_t a[64], b[64];
	struct l2tp_span datagram = tight_copy(hex(datagrams[_i].datagram, a, sizeof(a)));
	struct wire_header h = { 0 };
	const char *why = NULL;

	ck_assert_msg(wire_parse(datagram, &h, &why) == datagrams[_i].kind, "%s: %s", datagrams[_i].name, why);
	ck_assert_uint_eq(h.version, 2);
	ck_assert_uint_eq(h.tunnel_id, datagrams[_i].tunnel_id);
	ck_assert_uint_eq(h.session_id, datagrams[_i].session_id);
	ck_assert_uint_eq(h.ns, datagrams[_i].ns);
	ck_assert_uint_eq(h.nr, datagrams[_i].nr);
	ck_assert_msg(span_equal(h.body, hex(datagrams[_i].body, b, sizeof(b))), "%s: body", datagrams[_i].name);
	tight_free(datagram);
}
END_TEST

START_TEST(refuse)
{
	uint8_t a[64];
	struct l2tp_span datagram = tight_copy(hex(refused[_i].datagram, a, sizeof(a)));
	struct wire_header h = { .ns = 4711 };
	const char *why = NULL;

	ck_assert_msg(wire_parse(datagram, &h, &why) == refused[_i].kind, "%s", refused[_i].name);
	ck_assert_msg(!why == (refused[_i].kind == WIRE_L2F), "%s: why", refused[_i].name);
	ck_assert_uint_eq(h.ns, 4711);
	tight_free(datagram);
}
END_TEST

START_TEST(every_prefix)
{
	uint8_t a[64];
	struct l2tp_span whole = hex(datagrams[_i].datagram, a, sizeof(a));

	for (size_t len = 0; len < whole.len; len++) {
		struct l2tp_span s = tight_copy(span_of(a, len));
		struct wire_header h;
		const char *why = NULL;
		enum wire_kind kind = wire_parse(s, &h, &why);

		ck_assert_int_ne(kind, WIRE_L2F);
		ck_assert((kind == WIRE_MALFORMED) == (why != NULL));
		if (kind == WIRE_CONTROL)
			ck_assert_uint_ge(len, WIRE_CONTROL_HEADER);
		if (kind != WIRE_MALFORMED && h.body.len)
			ck_assert(h.body.data + h.body.len <= s.data + len);
		tight_free(s);
	}
}
END_TEST

/* All 65536 first words in front of the same octets: what the flags imply is checked against a plain count. */
START_TEST(every_first_word)
{
	for (uint32_t flags = 0; flags <= UINT16_MAX; flags++) {
		uint8_t d[20] = { (uint8_t)(flags >> 8), (uint8_t)flags, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0 };
		size_t header = 6 + (flags & 0x4000 ? 2 : 0) + (flags & 0x0800 ? 4 : 0) + (flags & 0x0200 ? 2 : 0);
		struct wire_header h;
		const char *why;
		enum wire_kind kind = wire_parse(span_of(d, sizeof(d)), &h, &why), expect = WIRE_DATA;

		if ((flags & 15) == 1)
			expect = WIRE_L2F;
		else if ((flags & 15) != 2)
			expect = WIRE_MALFORMED;
		else if (flags & 0x8000)
			expect = (flags & 0x4a00) == 0x4800 ? WIRE_CONTROL : WIRE_MALFORMED;
		if (kind != expect)
			ck_abort_msg("flags %04x", flags);
		if ((kind == WIRE_CONTROL || kind == WIRE_DATA) && h.body.len != sizeof(d) - header)
			ck_abort_msg("flags %04x: %zu octets", flags, h.body.len);
	}
}
END_TEST

START_TEST(control_is_written) /* R2661-3.1-03, -05, -07, -10, -13, -14, -17 */
{
	struct wire_header h = { .version = 2, .tunnel_id = 0x1234, .session_id = 0x5678, .ns = 0x9abc, .nr = 0xdef0,
				 .body = TEXT("abc") };
	uint8_t out[15], golden[15];

	ck_assert_uint_eq(wire_control(&h, out, sizeof(out)), sizeof(out));
	ck_assert(span_equal(span_of(out, sizeof(out)),
			     hex("c802 000f 1234 5678 9abc def0 616263", golden, sizeof(golden))));
	for (size_t size = 0; size < sizeof(out); size++)
		ck_assert_uint_eq(wire_control(&h, out, size), 0);
}
END_TEST

START_TEST(length_has_sixteen_bits)
{
	static uint8_t out[WIRE_MAX + 1], body[WIRE_MAX];
	struct wire_header h = { .version = 2, .body = { body, WIRE_MAX - WIRE_CONTROL_HEADER } };

	ck_assert_uint_eq(wire_control(&h, out, sizeof(out)), WIRE_MAX);
	h.body.len++;
	ck_assert_uint_eq(wire_control(&h, out, sizeof(out)), 0);
}
END_TEST

START_TEST(ids_have_sixteen_bits) /* of the 32 that they have with us */
{
	uint8_t out[WIRE_CONTROL_HEADER];
	struct wire_header h = { .tunnel_id = UINT16_MAX, .session_id = UINT16_MAX };

	ck_assert_uint_eq(wire_control(&h, out, sizeof(out)), sizeof(out));
	h.tunnel_id++;
	ck_assert_uint_eq(wire_control(&h, out, sizeof(out)), 0);
	h.tunnel_id--;
	h.session_id++;
	ck_assert_uint_eq(wire_control(&h, out, sizeof(out)), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wire");
	TCase *t = tcase_create("wire");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, parse, 0, sizeof(datagrams) / sizeof(datagrams[0]));
	tcase_add_loop_test(t, refuse, 0, sizeof(refused) / sizeof(refused[0]));
	tcase_add_loop_test(t, every_prefix, 0, sizeof(datagrams) / sizeof(datagrams[0]));
	tcase_add_test(t, every_first_word);
	tcase_add_test(t, control_is_written);
	tcase_add_test(t, length_has_sixteen_bits);
	tcase_add_test(t, ids_have_sixteen_bits);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
