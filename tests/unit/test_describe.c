/* SPDX-License-Identifier: MIT */
/* Messages in words, whatever the octets are; and copies of them with their hidden AVPs opened. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "lib/l2tp/describe.h"
#include "lib/l2tp/digest.h"
#include "lib/l2tp/wire.h"
#include "octets.h"

#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))
#define DATAGRAM_MAX 4096

/* A datagram around a body. */
static struct l2tp_span datagram_of(struct l2tp_span body, uint8_t out[DATAGRAM_MAX])
{
	struct wire_header h = { .version = 2, .tunnel_id = 1, .session_id = 2, .ns = 3, .nr = 4, .body = body };

	return span_of(out, wire_control(&h, out, DATAGRAM_MAX));
}

static struct l2tp_span datagram_of_hex(const char *text, uint8_t out[DATAGRAM_MAX])
{
	uint8_t body[DATAGRAM_MAX];

	return datagram_of(hex(text, body, sizeof(body)), out);
}

/* ---- Words -------------------------------------------------------------------------------------------------- */

#define MESSAGE(type) "8008 0000 0000 00" type

/* The last AVP of a message, as it is told. */
static const struct told {
	const char *body, *name, *text;
} told[] = {
	{ MESSAGE("01"), "Message Type", "1 (SCCRQ)" },
	{ MESSAGE("63"), "Message Type", "99 (?)" },
	{ MESSAGE("01") "8008 0000 0002 0100", "Protocol Version", "1.0" },
	{ MESSAGE("01") "800a 0000 0003 00000003", "Framing Capabilities", "sync, async" },
	{ MESSAGE("01") "800a 0000 0003 00000000", "Framing Capabilities", "none" },
	{ MESSAGE("01") "800a 0000 0004 00000012", "Bearer Capabilities", "analog, 0x10" },
	{ MESSAGE("01") "800a 0000 0004 80000000", "Bearer Capabilities", "0x80000000" },
	{ MESSAGE("01") "000e 0000 0005 8182838485868788", "Tie Breaker", "8182838485868788" },
	{ MESSAGE("01") "800d 0000 0007 6c610a22 5c00ff", "Host Name", "la\\x0a\\\"\\\\\\x00\\xff" },
	{ MESSAGE("01") "8006 0000 0007", "Host Name", "" },
	{ MESSAGE("01") "8008 0000 0009 1234", "Assigned Tunnel ID", "4660" },
	{ MESSAGE("01") "8009 0000 0009 123456", "Assigned Tunnel ID", "123456" }, /* three octets: as they are */
	{ MESSAGE("01") "8007 0000 0009 12", "Assigned Tunnel ID", "12" },
	{ MESSAGE("01") "800a 0000 000b a0a1a2a3", "Challenge", "a0a1a2a3" },
	{ MESSAGE("04") "8008 0000 0001 0006", "Result Code", "6 (being shut down)" },
	{ MESSAGE("0e") "8008 0000 0001 0006", "Result Code", "6 (invalid destination)" },
	{ MESSAGE("0e") "800e 0000 0001 0002 0003 6f686e6f", "Result Code",
	  "2 (general error), error 3 (value out of range): ohno" },
	{ MESSAGE("0e") "8009 0000 0001 0002 41", "Result Code", "2 (general error): A" },
	{ MESSAGE("0e") "800b 0000 000c 0010 45 6f6b", "Q.931 Cause Code", "cause 16, message 0x45: ok" },
	{ MESSAGE("0c") "8008 0000 001d 0003", "Proxy Authen Type", "3 (PAP)" },
	{ MESSAGE("0c") "8008 0000 001d 0009", "Proxy Authen Type", "9 (?)" },
	{ MESSAGE("0c") "8007 0000 0027 00", "Sequencing Required", "00" },
	{ MESSAGE("0c") "8006 0000 0027", "Sequencing Required", "" },
	{ MESSAGE("0c") "800a 0000 0018 3b9aca00", "Tx Connect Speed", "1000000000" },
	{ MESSAGE("0f") "8020 0000 0022 0000 00000001 00000002 00000003 00000004 00000005 ffffffff", "Call Errors",
	  "CRC 1, framing 2, hardware overruns 3, buffer overruns 4, timeouts 5, alignment 4294967295" },
	{ MESSAGE("10") "8010 0000 0023 0000 ffffffff 000a0000", "ACCM", "send 0xffffffff, receive 0x000a0000" },
	{ MESSAGE("0e") "000d 0000 002e 0003 c021 02 6279 65", "PPP Disconnect Cause Code", NULL },
	{ MESSAGE("0e") "000e 0000 002e 0003 c021 02 627965", "PPP Disconnect Cause Code",
	  "code 3, protocol 0xc021, direction 2: bye" },
	{ MESSAGE("01") "0008 0000 002f b800", "Control Connection DS", "0xb800 (DSCP 46)" },
	{ MESSAGE("01") "0008 0000 002f b801", "Control Connection DS", "0xb801" },
	{ MESSAGE("01") "8008 0009 0001 1234", "?", "1234" },		       /* a vendor's */
	{ MESSAGE("01") "8408 0000 0009 1234", "?", "1234" },		       /* reserved bits: another AVP */
	{ MESSAGE("01") "8008 0000 0014 1234", "?", "1234" },		       /* a hole in the table */
	{ MESSAGE("01") "c008 0000 0009 abcd", "Assigned Tunnel ID", "abcd" }, /* hidden: nobody knows */
	{ MESSAGE("0c") "0008 0000 0021 7077", "Proxy Authen Response", "*** (2 octets)" },
	{ MESSAGE("02") "8016 0000 000d 000102030405060708090a0b0c0d0e0f", "Challenge Response", "*** (16 octets)" },
};

START_TEST(words)
{
	const struct told *t = &told[_i];
	uint8_t datagram[DATAGRAM_MAX];
	struct l2tp_message m;
	struct l2tp_avp a = { 0 };

	ck_assert_int_eq(l2tp_message_read(datagram_of_hex(t->body, datagram), &m), 0);
	ck_assert_uint_eq(m.tunnel_id, 1);
	ck_assert_uint_eq(m.session_id, 2);
	ck_assert_uint_eq(m.ns, 3);
	ck_assert_uint_eq(m.nr, 4);
	while (l2tp_message_next(&m, false, &a))
		;
	if (!t->text) {
		ck_assert_ptr_nonnull(m.malformed);
		return;
	}
	ck_assert_ptr_null(m.malformed);
	ck_assert_str_eq(a.name, t->name);
	ck_assert_str_eq(a.text, t->text);
}
END_TEST

START_TEST(secrets_on_request)
{
	uint8_t datagram[DATAGRAM_MAX];
	struct l2tp_message m;
	struct l2tp_avp a;

	l2tp_message_read(datagram_of_hex(MESSAGE("0c") "0008 0000 0021 7077", datagram), &m);
	ck_assert(l2tp_message_next(&m, true, &a) && !a.secret);
	ck_assert(l2tp_message_next(&m, true, &a) && a.secret);
	ck_assert_str_eq(a.text, "7077");
}
END_TEST

START_TEST(zlb)
{
	uint8_t datagram[DATAGRAM_MAX];
	struct l2tp_message m;
	struct l2tp_avp a;

	ck_assert_int_eq(l2tp_message_read(datagram_of(span_of(NULL, 0), datagram), &m), 0);
	ck_assert_uint_eq(m.type, 0);
	ck_assert(!l2tp_message_next(&m, false, &a));
	ck_assert_ptr_null(m.malformed);
}
END_TEST

static const struct {
	const char *datagram, *why;
} strangers[] = {
	{ "c8", "shorter" },
	{ "c803 000c 0000 0000 0000 0000", "version" },
	{ "0002 0001 0002 ff03", "data" },
	{ "0001 0001 0002 ff03", "L2F" },
	{ "c802 00ff 0000 0000 0000 0000", "exceeds" },
};

START_TEST(no_control_message)
{
	uint8_t octets[64], out[64];
	size_t len = 4711;
	struct l2tp_message m;
	struct l2tp_avp a;
	struct l2tp_span datagram = hex(strangers[_i].datagram, octets, sizeof(octets));

	ck_assert_int_eq(l2tp_message_read(datagram, &m), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(m.malformed, strangers[_i].why));
	ck_assert(!l2tp_message_next(&m, false, &a));
	ck_assert_ptr_nonnull(strstr(m.malformed, strangers[_i].why));
	ck_assert_int_eq(describe_unhide(GOLDEN_SECRET, datagram, out, sizeof(out), &len), -EBADMSG);
	ck_assert_uint_eq(len, 4711);
}
END_TEST

START_TEST(long_text_is_cut)
{
	uint8_t body[DATAGRAM_MAX] = { 0x80, 8, 0, 0, 0, 0, 0, 1 }, datagram[DATAGRAM_MAX];
	static const uint16_t room = L2TP_AVP_TEXT_MAX - 1;
	struct l2tp_message m;
	struct l2tp_avp a;

	for (uint16_t len = room - 8; len < room + 8; len++) {
		struct writer w = writer_of(body + 8, sizeof(body) - 8);

		put_u16(&w, 0x8000 | (AVP_HEADER + len));
		put_u16(&w, 0);
		put_u16(&w, AVP_HOST_NAME);
		memset(w.at, 'x', len);
		ck_assert_int_eq(l2tp_message_read(datagram_of(span_of(body, 8u + AVP_HEADER + len), datagram), &m), 0);
		ck_assert(l2tp_message_next(&m, false, &a) && l2tp_message_next(&m, false, &a));
		/* the room for the mark of a cut is kept */
		bool cut = len > room - 3;
		ck_assert_uint_eq(strlen(a.text), cut ? room : len);
		ck_assert_int_eq(strcmp(a.text + strlen(a.text) - 3, "...") == 0, cut);
	}
}
END_TEST

/* ---- Unhide ------------------------------------------------------------------------------------------------- */

static struct l2tp_span unhide(struct l2tp_span datagram, struct l2tp_span secret, uint8_t out[DATAGRAM_MAX])
{
	size_t len = 0;

	ck_assert_int_eq(describe_unhide(secret, datagram, out, DATAGRAM_MAX, &len), 0);
	return span_of(out, len);
}

static unsigned hidden_ones(struct l2tp_span datagram)
{
	struct l2tp_message m;
	struct l2tp_avp a;
	unsigned n = 0;

	ck_assert_int_eq(l2tp_message_read(datagram, &m), 0);
	while (l2tp_message_next(&m, false, &a))
		n += a.hidden;
	ck_assert_ptr_null(m.malformed);
	return n;
}

/* Opened, it is decoded without a secret to what it is with the secret. */
START_TEST(opened)
{
	const struct golden *g = &goldens[_i];
	uint8_t body[DATAGRAM_MAX], datagram[DATAGRAM_MAX], out[DATAGRAM_MAX], scratch[DATAGRAM_MAX];
	struct msg_decoder with = { .avps = AVP_V2, .secret = GOLDEN_SECRET, .scratch = scratch, .scratch_size = sizeof(scratch) };
	struct l2tp_span hidden = hex(g->body, body, sizeof(body)), plain;
	struct msg a, b;
	struct fault fault;

	plain = unhide(datagram_of(hidden, datagram), GOLDEN_SECRET, out);
	ck_assert_uint_eq(hidden_ones(plain), 0);
	ck_assert_int_eq(plain.len<hidden.len + WIRE_CONTROL_HEADER, hidden_ones(datagram_of(hidden, datagram))> 0);
	ck_assert_int_eq(msg_decode(&with, hidden, &a, &fault), MSG_OK);
	plain = span_of(plain.data + WIRE_CONTROL_HEADER, plain.len - WIRE_CONTROL_HEADER);
	ck_assert_int_eq(msg_decode(&(struct msg_decoder){ .avps = AVP_V2 }, plain, &b, &fault), MSG_OK);
	ck_assert_uint_eq(a.has, b.has);
	ck_assert_uint_eq(a.assigned_session_id, b.assigned_session_id);
	ck_assert_uint_eq(a.tx_connect_speed, b.tx_connect_speed);
	ck_assert(span_equal(a.calling_number, b.calling_number));
	ck_assert(span_equal(a.challenge, b.challenge));
}
END_TEST

static struct l2tp_span hidden_golden(uint8_t datagram[DATAGRAM_MAX])
{
	for (int i = 0; i < GOLDENS; i++)
		if (goldens[i].hide)
			return datagram_of_hex(goldens[i].body, datagram);
	ck_abort_msg("no golden message is hidden");
}

START_TEST(another_secret)
{
	static const struct l2tp_span wrong = TEXT("another");
	uint8_t datagram[DATAGRAM_MAX], out[DATAGRAM_MAX];
	struct l2tp_span s = hidden_golden(datagram), copy = unhide(s, wrong, out);

	/* by chance the length of one may make sense */
	ck_assert_uint_gt(hidden_ones(copy), hidden_ones(s) / 2);
	ck_assert_uint_le(copy.len, s.len);
}
END_TEST

START_TEST(no_vector_yet)
{
	uint8_t datagram[DATAGRAM_MAX], out[DATAGRAM_MAX];
	struct l2tp_span s = datagram_of_hex(MESSAGE("01") "c00a 0000 0009 abcdef01", datagram);

	ck_assert(span_equal(unhide(s, GOLDEN_SECRET, out), s));
}
END_TEST

/* Hidden by the rules; and yet one that must not be hidden, or with reserved bits another AVP, stays as it is. */
static const struct {
	uint16_t flags, type;
	bool opened;
} hideables[] = { { 0xc000, 9, true },
		  { 0xc000, 4711, true },
		  { 0xc400, 9, false },
		  { 0xc000, 2, false },
		  { 0xc000, 36, false } };

START_TEST(what_is_opened)
{
	uint8_t hidden[] = { 0, 2, 0x12, 0x34 }, body[64], datagram[DATAGRAM_MAX], out[DATAGRAM_MAX];
	struct writer w = writer_of(body, sizeof(body));
	static const struct l2tp_span vector = TEXT("vector");
	uint8_t start[32];

	digest_hide(hideables[_i].type, GOLDEN_SECRET, vector, hidden, sizeof(hidden));
	put_span(&w, hex(MESSAGE("01") "800c 0000 0024", start, sizeof(start)));
	put_span(&w, vector);
	put_u16(&w, hideables[_i].flags | (AVP_HEADER + sizeof(hidden)));
	put_u16(&w, 0);
	put_u16(&w, hideables[_i].type);
	put_span(&w, span_of(hidden, sizeof(hidden)));
	struct l2tp_span s = datagram_of(writer_span(&w), datagram), copy = unhide(s, GOLDEN_SECRET, out);
	ck_assert_uint_eq(copy.len, s.len - (hideables[_i].opened ? 2 : 0));
	ck_assert_int_eq(hidden_ones(copy), !hideables[_i].opened);
	ck_assert_int_eq(span_equal(copy, s), !hideables[_i].opened);
}
END_TEST

START_TEST(refusals)
{
	uint8_t datagram[DATAGRAM_MAX], out[DATAGRAM_MAX];
	struct l2tp_span s = hidden_golden(datagram);
	size_t need = unhide(s, GOLDEN_SECRET, out).len, len = 4711;

	ck_assert_int_eq(describe_unhide(span_of(NULL, 0), s, out, sizeof(out), &len), -ENOKEY);
	for (size_t size = 0; size < need; size++)
		ck_assert_int_eq(describe_unhide(GOLDEN_SECRET, s, out, size, &len), -ENOBUFS);
	ck_assert_uint_eq(len, 4711);
	ck_assert_int_eq(describe_unhide(GOLDEN_SECRET, s, out, need, &len), 0);
	ck_assert_uint_eq(len, need);
}
END_TEST

START_TEST(what_follows_the_length)
{
	uint8_t datagram[DATAGRAM_MAX], out[DATAGRAM_MAX];
	struct l2tp_span s = hidden_golden(datagram), copy;

	memcpy(datagram + s.len, "tail", 4);
	copy = unhide(span_of(datagram, s.len + 4), GOLDEN_SECRET, out);
	ck_assert_mem_eq(copy.data + copy.len - 4, "tail", 4);
	ck_assert_uint_eq(hidden_ones(copy), 0);
}
END_TEST

/* ---- Damage ------------------------------------------------------------------------------------------------- */

static void tell_all(struct l2tp_span datagram)
{
	uint8_t out[DATAGRAM_MAX];
	struct l2tp_message m;
	struct l2tp_avp a;
	size_t len;

	if (l2tp_message_read(datagram, &m) < 0)
		return;
	while (l2tp_message_next(&m, true, &a))
		for (const char *p = a.text; *p; p++)
			if (*p < ' ' || *p > '~')
				ck_abort_msg("octet %02x in %s", (uint8_t)*p, a.text);
	if (describe_unhide(GOLDEN_SECRET, datagram, out, datagram.len, &len) < 0 || len > datagram.len)
		ck_abort_msg("a copy is never longer");
}

START_TEST(every_prefix_and_every_bit)
{
	uint8_t body[DATAGRAM_MAX], datagram[DATAGRAM_MAX];
	struct l2tp_span s = hex(goldens[_i].body, body, sizeof(body)), tight;

	for (size_t len = 0; len <= s.len; len++) {
		struct l2tp_span part = datagram_of(span_of(s.data, len), datagram);

		tight = tight_copy(part);
		tell_all(tight);
		tight_free(tight);
	}
	s = datagram_of(s, datagram);
	for (size_t bit = 0; bit < 8 * s.len; bit++) {
		datagram[bit / 8] ^= (uint8_t)(1 << bit % 8);
		tight = tight_copy(s);
		tell_all(tight);
		tight_free(tight);
		datagram[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("describe");
	TCase *tc = tcase_create("describe");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, words, 0, COUNT(told));
	tcase_add_test(tc, secrets_on_request);
	tcase_add_test(tc, zlb);
	tcase_add_loop_test(tc, no_control_message, 0, COUNT(strangers));
	tcase_add_test(tc, long_text_is_cut);
	tcase_add_loop_test(tc, opened, 0, GOLDENS);
	tcase_add_test(tc, another_secret);
	tcase_add_test(tc, no_vector_yet);
	tcase_add_loop_test(tc, what_is_opened, 0, COUNT(hideables));
	tcase_add_test(tc, refusals);
	tcase_add_test(tc, what_follows_the_length);
	tcase_add_loop_test(tc, every_prefix_and_every_bit, 0, GOLDENS);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
