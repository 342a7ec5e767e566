/* SPDX-License-Identifier: MIT */
#include "lib/l2tp/avp.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "octets.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

START_TEST(every_number_leads_to_its_row) /* R2661-4.1-10, -11 */
{
	for (uint32_t type = 0; type <= UINT16_MAX; type++) {
		const struct avp_row *row = avp_find(AVP_V2, 0, (uint16_t)type);

		if (!row != (type > 52 || type == 20 || (type >= 40 && type <= 45)))
			ck_abort_msg("type %u", type);
		if (row && (row->type != type || row->vendor != 0))
			ck_abort_msg("row %u", type);
	}
	ck_assert_ptr_null(avp_find(AVP_V2, 9, 7));
	ck_assert_ptr_null(avp_find(AVP_V2, 3561, 1));
	ck_assert_ptr_null(avp_find(1 << 3, 0, 7));
	ck_assert_ptr_eq(avp_find(AVP_V2, 43, 46), &avp_table[AVP_PPP_DISCONNECT_CAUSE]); /* R3145-4-01 */
	ck_assert_ptr_null(avp_find(AVP_V2, 43, 47));
}
END_TEST

START_TEST(every_row_is_found) /* by the vendor and the number that are its columns */
{
	for (uint16_t id = 0; id < AVP_COUNT; id++) {
		const struct avp_row *row = &avp_table[id];
		const struct avp a = { .vendor = row->vendor, .type = row->type };

		ck_assert_msg(row->versions && row->max >= row->min, "row %u is empty", id);
		ck_assert_msg(avp_find(row->versions, row->vendor, row->type) == row, "%s", avp_name(id));
		ck_assert(avp_id_of(row) == id && avp_is(&a, id));
	}
	ck_assert(!avp_is(&(struct avp){ .vendor = 9, .type = 7 }, AVP_HOST_NAME));
}
END_TEST

START_TEST(only_these_must_not_be_hidden) /* column H of R2661-4.4.x-Ann */
{
	static const uint16_t open[] = { 0, 1, 2, 5, 7, 10, 12, 36, 39 };
	size_t n = 0;

	for (uint16_t id = 0; id < AVP_COUNT; id++)
		if (!avp_table[id].hideable)
			ck_assert_uint_eq(avp_table[id].type, open[n++]);
	ck_assert_uint_eq(n, COUNT(open));
}
END_TEST

START_TEST(only_these_are_not_mandatory) /* column M of R2661-4.4.x-Ann */
{
	static const uint16_t soft[] = { 5, 6, 8, 25, 26, 27, 28, 29, 30, 31, 32, 33, 37, 38,
					 46, 47, 48, 49, 50, 51, 52 }; /* R3145-2-02, R3308, R3437-2-05 */
	size_t n = 0;

	for (uint16_t id = 0; id < AVP_COUNT; id++)
		if (!avp_table[id].mandatory)
			ck_assert_uint_eq(avp_table[id].type, soft[n++]);
	ck_assert_uint_eq(n, COUNT(soft));
}
END_TEST

/* ---- The walker -------------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *body;
	size_t count; /* AVPs before the end or the error */
	bool bad;
} bodies[] = {
	{ "nothing", "", 0, false },
	{ "one, without value, R2661-4.1-09", "8006 0000 0027", 1, false },
	{ "two", "8008 0000 0000 0006 0007 0137 0001 ff", 2, false },
	{ "Length 0, X2661-4.1-01", "8000 0000 0000 0006", 0, true },
	{ "Length 5", "8006 0000 0027 8005 0000 0027", 1, true },
	{ "Length 9 of 8", "8009 0000 0000 0006", 0, true },
	{ "Length 1023 of 8", "83ff 0000 0000 0006", 0, true },
	{ "1 octet behind, X2661-4.1-02", "8006 0000 0027 80", 1, true },
	{ "5 octets behind", "8006 0000 0027 8006 0000 00", 1, true },
};

START_TEST(walk)
{
	uint8_t octets[64];
	struct l2tp_span body = tight_copy(hex(bodies[_i].body, octets, sizeof(octets)));
	struct reader r = reader_of(body);
	struct avp a;
	size_t n = 0;

	while (avp_next(&r, &a))
		n++;
	ck_assert_msg(n == bodies[_i].count, "%s: %zu AVPs", bodies[_i].name, n);
	ck_assert_msg(reader_bad(&r) == bodies[_i].bad, "%s", bodies[_i].name);
	ck_assert(!avp_next(&r, &a));
	tight_free(body);
}
END_TEST

START_TEST(fields)
{
	uint8_t octets[64], value[8];
	struct reader r = reader_of(hex("4008 0137 fffe abcd  8006 0000 0001  0406 0000 0002  2006 0000 0003", octets,
					sizeof(octets)));
	struct avp a;

	ck_assert(avp_next(&r, &a));
	ck_assert(!a.mandatory && a.hidden && !a.reserved && a.vendor == 311 && a.type == 0xfffe);
	ck_assert(span_equal(a.value, hex("abcd", value, sizeof(value))));
	ck_assert(avp_next(&r, &a));
	ck_assert(a.mandatory && !a.hidden && !a.reserved && a.vendor == 0 && a.type == 1 && !a.value.len);
	for (int i = 0; i < 2; i++) { /* R2661-4.1-02 */
		ck_assert(avp_next(&r, &a));
		ck_assert(a.reserved && !a.mandatory && !a.hidden);
	}
}
END_TEST

START_TEST(longest)
{
	static uint8_t octets[AVP_MAX + 1] = { 0x03, 0xff, 0, 0, 0, 8 };
	struct reader r = reader_of(span_of(octets, AVP_MAX));
	struct avp a;

	ck_assert(avp_next(&r, &a));
	ck_assert_uint_eq(a.value.len, AVP_VALUE_MAX);
	ck_assert(!avp_next(&r, &a) && !reader_bad(&r));
}
END_TEST

/* ---- Values ------------------------------------------------------------------------------------------------ */

/* X2661-7.1-03: every length that an AVP can have, for every AVP. */
START_TEST(every_length)
{
	static const uint8_t ones[AVP_VALUE_MAX] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	const struct avp_row *row = &avp_table[_i];

	for (size_t len = 0; len <= AVP_VALUE_MAX; len++) {
		struct msg m = { 0 }, none = { 0 };
		bool fits = len >= row->min && len <= row->max && !(_i == AVP_RESULT_CODE && len == 3);
		enum l2tp_error_code error = avp_read(row, span_of(ones, len), &m);

		if (_i == AVP_PROXY_AUTHEN_TYPE || _i == AVP_PROXY_AUTHEN_ID)
			error = error == EC_VALUE ? EC_NONE : error; /* 0x0101 is none */
		else if (fits && m.has != (uint64_t)1 << _i)
			ck_abort_msg("%s of %zu octets: bit", avp_name((uint16_t)_i), len);
		if (error != (fits ? EC_NONE : EC_LENGTH))
			ck_abort_msg("%s of %zu octets: %d", avp_name((uint16_t)_i), len, error);
		if (!fits && memcmp(&m, &none, sizeof(m)) != 0)
			ck_abort_msg("%s of %zu octets: written", avp_name((uint16_t)_i), len);
	}
}
END_TEST

/* X2661-7.1-02, R2661-4.4.5-10, R2661-4.4.3-09 */
static const struct {
	enum avp_id type;
	const char *value;
	enum l2tp_error_code error;
} ranges[] = {
	{ AVP_PROTOCOL_VERSION, "0000", EC_VALUE },
	{ AVP_PROTOCOL_VERSION, "00ff", EC_VALUE },
	{ AVP_PROTOCOL_VERSION, "0100", EC_NONE },
	{ AVP_PROTOCOL_VERSION, "0200", EC_NONE }, /* the tunnel's to judge */
	{ AVP_ASSIGNED_TUNNEL_ID, "0000", EC_VALUE },
	{ AVP_ASSIGNED_TUNNEL_ID, "0001", EC_NONE },
	{ AVP_ASSIGNED_TUNNEL_ID, "ffff", EC_NONE },
	{ AVP_ASSIGNED_SESSION_ID, "0000", EC_VALUE },
	{ AVP_ASSIGNED_SESSION_ID, "ffff", EC_NONE },
	{ AVP_RECEIVE_WINDOW_SIZE, "0000", EC_VALUE },
	{ AVP_RECEIVE_WINDOW_SIZE, "0001", EC_NONE },
	{ AVP_PROXY_AUTHEN_TYPE, "0000", EC_VALUE },
	{ AVP_PROXY_AUTHEN_TYPE, "0001", EC_NONE },
	{ AVP_PROXY_AUTHEN_TYPE, "0005", EC_NONE },
	{ AVP_PROXY_AUTHEN_TYPE, "0006", EC_VALUE },
	{ AVP_PROXY_AUTHEN_ID, "0000", EC_NONE },
	{ AVP_PROXY_AUTHEN_ID, "00ff", EC_NONE },
	{ AVP_PROXY_AUTHEN_ID, "0100", EC_VALUE },
	{ AVP_FIRMWARE_REVISION, "0000", EC_NONE },
	{ AVP_HOST_NAME, "", EC_LENGTH },
	{ AVP_CHALLENGE, "", EC_LENGTH },
	{ AVP_PROXY_AUTHEN_CHALLENGE, "", EC_LENGTH },
	{ AVP_RANDOM_VECTOR, "", EC_LENGTH },
	{ AVP_CHALLENGE_RESPONSE, "000102030405060708090a0b0c0d0e", EC_LENGTH },
	{ AVP_CHALLENGE_RESPONSE, "000102030405060708090a0b0c0d0e0f10", EC_LENGTH },
	{ AVP_RESULT_CODE, "0000", EC_NONE }, /* X2661-4.4.2-01: the tunnel's to judge */
	{ AVP_RESULT_CODE, "ffffffff", EC_NONE },
};

START_TEST(range)
{
	uint8_t octets[32];
	struct l2tp_span value = hex(ranges[_i].value, octets, sizeof(octets));
	struct msg m = { 0 };

	ck_assert_int_eq(avp_read(&avp_table[ranges[_i].type], value, &m), ranges[_i].error);
	ck_assert(msg_has(&m, ranges[_i].type) == (ranges[_i].error == EC_NONE));
}
END_TEST

START_TEST(structured_values) /* R2661-4.4.2-03 and rows A12, A34, A35 */
{
	uint8_t octets[64];
	struct msg m = { 0 };

	ck_assert_int_eq(avp_read(&avp_table[AVP_RESULT_CODE], hex("0007", octets, 64), &m), EC_NONE);
	ck_assert(m.result_code.result == 7 && !m.result_code.has_error && !m.result_code.text.len);
	ck_assert_int_eq(avp_read(&avp_table[AVP_RESULT_CODE], hex("0002 0006", octets, 64), &m), EC_NONE);
	ck_assert(m.result_code.result == 2 && m.result_code.has_error && m.result_code.error == 6);
	ck_assert_uint_eq(m.result_code.text.len, 0);
	ck_assert_int_eq(avp_read(&avp_table[AVP_RESULT_CODE], hex("0002 0006 c3a4", octets, 64), &m), EC_NONE);
	ck_assert(span_equal(m.result_code.text, span_of("\xc3\xa4", 2)));

	ck_assert_int_eq(avp_read(&avp_table[AVP_Q931_CAUSE_CODE], hex("0010 45", octets, 64), &m), EC_NONE);
	ck_assert(m.q931_cause_code.cause == 16 && m.q931_cause_code.msg == 0x45 && !m.q931_cause_code.text.len);

	/* what is reserved need not be 0 */
	ck_assert_int_eq(avp_read(&avp_table[AVP_ACCM], hex("ffff 00000001 00000002", octets, 64), &m), EC_NONE);
	ck_assert(m.accm.send == 1 && m.accm.receive == 2);
	ck_assert_int_eq(avp_read(&avp_table[AVP_CALL_ERRORS],
				  hex("ffff 00000001 00000002 00000003 00000004 00000005 00000006", octets, 64), &m),
			 EC_NONE);
	ck_assert(m.call_errors.crc == 1 && m.call_errors.framing == 2 && m.call_errors.hardware_overrun == 3);
	ck_assert(m.call_errors.buffer_overrun == 4 && m.call_errors.timeout == 5 && m.call_errors.alignment == 6);
}
END_TEST

/* ---- Writing ----------------------------------------------------------------------------------------------- */

static bool written(enum avp_id type, const struct msg *m, uint8_t *out, size_t size, size_t *ret_len)
{
	struct writer w = writer_of(out, size);
	size_t begin = avp_begin(&w, &avp_table[type], false);

	avp_write(&w, &avp_table[type], m);
	avp_end(&w, begin);
	*ret_len = writer_len(&w);
	return !writer_bad(&w);
}

START_TEST(what_a_peer_would_refuse_is_not_written) /* R2661-7.1-10, R2661-4.1-08 */
{
	static const uint8_t octets[AVP_VALUE_MAX + 1] = { 0 };
	static uint8_t out[AVP_MAX + 8];
	struct msg m = { .proxy_authen_id = 0x100 };
	size_t len;

	ck_assert(!written(AVP_ASSIGNED_TUNNEL_ID, &m, out, sizeof(out), &len));
	ck_assert(!written(AVP_RECEIVE_WINDOW_SIZE, &m, out, sizeof(out), &len));
	ck_assert(!written(AVP_HOST_NAME, &m, out, sizeof(out), &len));
	ck_assert(!written(AVP_PROXY_AUTHEN_ID, &m, out, sizeof(out), &len));
	m.assigned_tunnel_id = 0xffff;
	ck_assert(written(AVP_ASSIGNED_TUNNEL_ID, &m, out, sizeof(out), &len));
	m.assigned_tunnel_id = 0x10001; /* 16 bits on the wire */
	ck_assert(!written(AVP_ASSIGNED_TUNNEL_ID, &m, out, sizeof(out), &len));
	m.host_name = span_of(octets, AVP_VALUE_MAX);
	ck_assert(written(AVP_HOST_NAME, &m, out, sizeof(out), &len));
	ck_assert_uint_eq(len, AVP_MAX);
	ck_assert(out[0] == 0x83 && out[1] == 0xff);
	m.host_name.len++;
	ck_assert(!written(AVP_HOST_NAME, &m, out, sizeof(out), &len));
	m.result_code = (struct result_code){ .has_error = true, .text = { octets, AVP_VALUE_MAX - 4 } };
	ck_assert(written(AVP_RESULT_CODE, &m, out, sizeof(out), &len));
	m.result_code.text.len++;
	ck_assert(!written(AVP_RESULT_CODE, &m, out, sizeof(out), &len));
}
END_TEST

START_TEST(what_does_not_fit_is_not_written)
{
	struct msg m = { .host_name = TEXT("lac") };
	uint8_t out[9];
	size_t len;

	for (size_t size = 0; size < sizeof(out); size++)
		ck_assert(!written(AVP_HOST_NAME, &m, out, size, &len));
	ck_assert(written(AVP_HOST_NAME, &m, out, sizeof(out), &len));
	ck_assert_uint_eq(len, sizeof(out));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("avp");
	TCase *t = tcase_create("avp");
	SRunner *r;
	int failed;

	tcase_add_test(t, every_number_leads_to_its_row);
	tcase_add_test(t, every_row_is_found);
	tcase_add_test(t, only_these_must_not_be_hidden);
	tcase_add_test(t, only_these_are_not_mandatory);
	tcase_add_loop_test(t, walk, 0, COUNT(bodies));
	tcase_add_test(t, fields);
	tcase_add_test(t, longest);
	tcase_add_loop_test(t, every_length, 0, AVP_COUNT);
	tcase_add_loop_test(t, range, 0, COUNT(ranges));
	tcase_add_test(t, structured_values);
	tcase_add_test(t, what_a_peer_would_refuse_is_not_written);
	tcase_add_test(t, what_does_not_fit_is_not_written);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
