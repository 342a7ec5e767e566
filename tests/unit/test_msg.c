/* SPDX-License-Identifier: MIT */
/*
 * Messages: golden octets in both directions, then each of them damaged in every way that RFC 2661 4 and 7.1 speak
 * of.  Loops of many rounds report by ck_abort_msg() alone, because a passed ck_assert() costs a system call.
 */
#include "lib/l2tp/digest.h"
#include "lib/l2tp/msg.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "golden.h"
#include "octets.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BODY_MAX 4096
#define M 0x8000
#define H 0x4000

/* ---- Tools ------------------------------------------------------------------------------------------------- */

static bool field_equal(const struct avp_row *row, const struct msg *a, const struct msg *b)
{
	const void *x = (const uint8_t *)a + row->field, *y = (const uint8_t *)b + row->field;
	const struct l2tp_span *s = x, *t = y;
	const struct result_code *u = x, *v = y;
	const struct q931_cause *p = x, *q = y;

	switch (row->shape) {
	case SHAPE_FLAG:
		return true;
	case SHAPE_TYPE:
		return a->type == b->type;
	case SHAPE_U16:
		return memcmp(x, y, 2) == 0;
	case SHAPE_ID16:
	case SHAPE_U32:
		return memcmp(x, y, 4) == 0;
	case SHAPE_U64:
	case SHAPE_ACCM:
		return memcmp(x, y, 8) == 0;
	case SHAPE_ERRORS:
		return memcmp(x, y, 24) == 0;
	case SHAPE_BYTES:
		return span_equal(*s, *t);
	case SHAPE_RESULT:
		return u->result == v->result && u->has_error == v->has_error && u->error == v->error &&
		       span_equal(u->text, v->text);
	case SHAPE_DISCONNECT:
		return a->ppp_disconnect_cause.code == b->ppp_disconnect_cause.code &&
		       a->ppp_disconnect_cause.protocol == b->ppp_disconnect_cause.protocol &&
		       a->ppp_disconnect_cause.direction == b->ppp_disconnect_cause.direction &&
		       span_equal(a->ppp_disconnect_cause.text, b->ppp_disconnect_cause.text);
	case SHAPE_Q931:
		return p->cause == q->cause && p->msg == q->msg && span_equal(p->text, q->text);
	}
	return false;
}

/* The same message; which vector hid it is no part of that. */
static bool msg_equal(const struct msg *a, const struct msg *b)
{
	uint64_t transport = HAS(MESSAGE_TYPE) | HAS(RANDOM_VECTOR);

	if ((a->has | transport) != (b->has | transport))
		return false;
	for (uint16_t type = 0; type < AVP_COUNT; type++)
		if (type != AVP_RANDOM_VECTOR && !field_equal(&avp_table[type], a, b))
			return false;
	return true;
}

static enum msg_verdict decode(struct l2tp_span body, struct msg *m, struct fault *f)
{
	static uint8_t scratch[BODY_MAX];
	struct msg_decoder d = { GOLDEN_SECRET, scratch, sizeof(scratch), .avps = AVP_V2 };

	return msg_decode(&d, body, m, f);
}

static struct msg_encoder encoder(bool hide)
{
	struct msg_encoder e = { .secret = GOLDEN_SECRET, .hide = hide };

	for (size_t i = 0; i < sizeof(e.vector); i++)
		e.vector[i] = (uint8_t)(0xc0 + i);
	return e;
}

static struct l2tp_span golden_body(int i, uint8_t out[BODY_MAX])
{
	return hex(goldens[i].body, out, BODY_MAX);
}

static enum avp_id id_of(const struct avp *a)
{
	return avp_id_of(avp_find(AVP_V2, a->vendor, a->type));
}

static uint16_t number(enum avp_id id)
{
	return avp_table[id].type;
}

/* An AVP, whatever is wrong with it. */
static void put_raw(struct writer *w, uint16_t flags, uint16_t vendor, uint16_t type, struct l2tp_span value)
{
	put_u16(w, (uint16_t)(flags | (AVP_HEADER + value.len)));
	put_u16(w, vendor);
	put_u16(w, type);
	put_span(w, value);
}

/* The body of golden i with its n-th AVP (0 is the Message Type) under other flags and with another value; left out
 * if value is NULL.  Returns false if there is no such AVP. */
static bool rewrite(int i, size_t n, uint16_t flags, const struct l2tp_span *value, struct writer *w, struct avp *ret)
{
	uint8_t octets[BODY_MAX];
	struct reader r = reader_of(golden_body(i, octets));
	struct avp a;
	bool found = false;

	for (size_t at = 0; avp_next(&r, &a); at++) {
		uint16_t own = (uint16_t)((a.mandatory ? M : 0) | (a.hidden ? H : 0));

		if (at != n) {
			put_raw(w, own, a.vendor, a.type, a.value);
			continue;
		}
		found = true;
		*ret = a;
		if (value)
			put_raw(w, flags, a.vendor, a.type, *value);
	}
	return found;
}

/* ---- The table -------------------------------------------------------------------------------------------- */

START_TEST(scope_of_messages) /* R2661-3.2-01 */
{
	static const uint16_t call[] = { 7, 8, 9, 10, 11, 12, 14, 15, 16 }, tunnel[] = { 1, 2, 3, 4, 6 };
	size_t calls = 0, known = 0;

	for (uint16_t type = 0; type < UINT16_MAX; type++) {
		calls += msg_is_call(type);
		known += msg_is_known(type);
	}
	ck_assert_uint_eq(calls, COUNT(call));
	ck_assert_uint_eq(known, COUNT(call) + COUNT(tunnel));
	for (size_t i = 0; i < COUNT(call); i++)
		ck_assert(msg_is_call(call[i]) && msg_is_known(call[i]));
	for (size_t i = 0; i < COUNT(tunnel); i++)
		ck_assert(!msg_is_call(tunnel[i]) && msg_is_known(tunnel[i]));
}
END_TEST

/* R2661-6.1 .. 6.14 as lists: AVPs that must, then those that may be there.  Connect Speed and Framing Type of ICCN
 * and OCCN are forgiven, hence a list of their own. */
static const struct {
	enum cm_type type;
	uint64_t required, forgiven, optional;
} lists[] = {
	{ CM_SCCRQ, HAS(PROTOCOL_VERSION) | HAS(HOST_NAME) | HAS(FRAMING_CAPABILITIES) | HAS(ASSIGNED_TUNNEL_ID), 0,
	  HAS(BEARER_CAPABILITIES) | HAS(RECEIVE_WINDOW_SIZE) | HAS(CHALLENGE) | HAS(TIE_BREAKER) |
		  HAS(FIRMWARE_REVISION) | HAS(VENDOR_NAME) | HAS(CONTROL_DS) },
	{ CM_SCCRP, HAS(PROTOCOL_VERSION) | HAS(FRAMING_CAPABILITIES) | HAS(HOST_NAME) | HAS(ASSIGNED_TUNNEL_ID), 0,
	  HAS(BEARER_CAPABILITIES) | HAS(FIRMWARE_REVISION) | HAS(VENDOR_NAME) | HAS(RECEIVE_WINDOW_SIZE) |
		  HAS(CHALLENGE) | HAS(CHALLENGE_RESPONSE) | HAS(CONTROL_DS) },
	{ CM_SCCCN, 0, 0, HAS(CHALLENGE_RESPONSE) },
	{ CM_STOPCCN, HAS(ASSIGNED_TUNNEL_ID) | HAS(RESULT_CODE), 0, 0 },
	{ CM_HELLO, 0, 0, 0 },
	{ CM_OCRQ,
	  HAS(ASSIGNED_SESSION_ID) | HAS(CALL_SERIAL_NUMBER) | HAS(MINIMUM_BPS) | HAS(MAXIMUM_BPS) | HAS(BEARER_TYPE) |
		  HAS(FRAMING_TYPE) | HAS(CALLED_NUMBER),
	  0, HAS(SUB_ADDRESS) | HAS(SESSION_DS) },
	{ CM_OCRP, HAS(ASSIGNED_SESSION_ID), 0, HAS(PHYSICAL_CHANNEL_ID) | HAS(SESSION_DS) },
	{ CM_OCCN, 0, HAS(TX_CONNECT_SPEED) | HAS(FRAMING_TYPE), HAS(RX_CONNECT_SPEED) | HAS(SEQUENCING_REQUIRED) |
	  HAS(LCP_WANT_OPTIONS) | HAS(LCP_ALLOW_OPTIONS) },
	{ CM_ICRQ, HAS(ASSIGNED_SESSION_ID) | HAS(CALL_SERIAL_NUMBER), 0,
	  HAS(BEARER_TYPE) | HAS(PHYSICAL_CHANNEL_ID) | HAS(CALLING_NUMBER) | HAS(CALLED_NUMBER) | HAS(SUB_ADDRESS) |
	  HAS(SESSION_DS) },
	{ CM_ICRP, HAS(ASSIGNED_SESSION_ID), 0, HAS(SESSION_DS) },
	{ CM_ICCN, 0, HAS(TX_CONNECT_SPEED) | HAS(FRAMING_TYPE),
	  HAS(INITIAL_RECEIVED_LCP_CONFREQ) | HAS(LAST_SENT_LCP_CONFREQ) | HAS(LAST_RECEIVED_LCP_CONFREQ) |
		  HAS(PROXY_AUTHEN_TYPE) | HAS(PROXY_AUTHEN_NAME) | HAS(PROXY_AUTHEN_CHALLENGE) |
		  HAS(PROXY_AUTHEN_ID) | HAS(PROXY_AUTHEN_RESPONSE) | HAS(PRIVATE_GROUP_ID) | HAS(RX_CONNECT_SPEED) |
		  HAS(SEQUENCING_REQUIRED) | HAS(LCP_WANT_OPTIONS) | HAS(LCP_ALLOW_OPTIONS) },
	{ CM_CDN, HAS(RESULT_CODE) | HAS(ASSIGNED_SESSION_ID), 0, HAS(Q931_CAUSE_CODE) | HAS(PPP_DISCONNECT_CAUSE) },
	{ CM_WEN, HAS(CALL_ERRORS), 0, 0 },
	{ CM_SLI, HAS(ACCM), 0, HAS(LNS_LAST_SENT_LCP_CONFREQ) | HAS(LNS_LAST_RECEIVED_LCP_CONFREQ) },
};

START_TEST(matrix) /* R2661-6.12-06 among them */
{
	for (uint16_t avp = 0; avp < AVP_COUNT; avp++) {
		enum msg_place expect = PLACE_UNEXPECTED;

		if ((lists[_i].required | HAS(MESSAGE_TYPE)) >> avp & 1)
			expect = PLACE_REQUIRED;
		else if (lists[_i].forgiven >> avp & 1)
			expect = PLACE_FORGIVEN;
		else if ((lists[_i].optional | HAS(RANDOM_VECTOR)) >> avp & 1)
			expect = PLACE_OPTIONAL;
		ck_assert_msg(msg_place(lists[_i].type, avp) == expect, "%s in %s", avp_name(avp),
			      l2tp_message_name((uint16_t)lists[_i].type));
	}
}
END_TEST

/* ---- M and H ----------------------------------------------------------------------------------------------- */

/* What is sent without M, and what may not be hidden; all else with M, and hidden.  RFC 2661's, 4.4; the others' have no M.
 * R2661-4.4.1-A00, -A36, R2661-4.4.2-A01, R2661-4.4.3-A02..A11, R2661-4.4.3-A13, R2661-4.4.4-A12, -A14..A19, -A21..A25,
 * R2661-4.4.4-A37..A39, R2661-4.4.5-A26..A33, R2661-4.4.6-A34, -A35 */
static const uint16_t without_m[] = { 5, 6, 8, 25, 26, 27, 28, 29, 30, 31, 32, 33, 37, 38, 46, 47, 48, 49, 50, 51, 52 };
static const uint16_t never_hidden[] = { 0, 1, 2, 5, 7, 10, 12, 36, 39 };

static bool among(const uint16_t *list, size_t n, uint16_t type)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == type)
			return true;
	return false;
}

START_TEST(m_and_h)
{
	for (uint16_t id = 0; id < AVP_COUNT; id++) {
		const struct avp_row *row = &avp_table[id];

		ck_assert_msg(row->mandatory == !among(without_m, COUNT(without_m), row->type), "M of %s", avp_name(id));
		ck_assert_msg(row->hideable == !among(never_hidden, COUNT(never_hidden), row->type), "H of %s", avp_name(id));
	}
}
END_TEST

/* ---- Golden octets ---------------------------------------------------------------------------------------- */

/* R2661-4.4.1-A00, -A36, R2661-4.4.2-A01, R2661-4.4.3-A02..A11, R2661-4.4.3-A13, R2661-4.4.4-A12, -A14..A19, -A21..A25,
 * R2661-4.4.4-A37..A39, R2661-4.4.5-A26..A33, R2661-4.4.6-A34, -A35: each AVP's octets, where it must and may be; M, H.
 * R2661-4.4.4-15; R2661-4.3-04, -11, R2661-4.0-01 */
static void golden_encode(int i)
{
	uint8_t octets[BODY_MAX], out[BODY_MAX];
	struct l2tp_span expect = golden_body(i, octets);
	struct msg_encoder e = encoder(goldens[i].hide);
	struct writer w = writer_of(out, sizeof(out));

	msg_encode(&e, &goldens[i].msg, &w);
	ck_assert(!writer_bad(&w));
	ck_assert_msg(span_equal(writer_span(&w), expect), "%s", goldens[i].name);
}

static void golden_decode(int i)
{
	uint8_t octets[BODY_MAX];
	struct msg m;
	struct fault f;

	memset(&m, 0x5a, sizeof(m));
	memset(&f, 0x5a, sizeof(f));
	ck_assert_msg(decode(golden_body(i, octets), &m, &f) == MSG_OK, "%s: %s", goldens[i].name, f.text);
	ck_assert(!fault_is_set(&f));
	ck_assert_msg(msg_equal(&m, &goldens[i].msg), "%s", goldens[i].name);
}

static void too_small_a_buffer(int i)
{
	uint8_t octets[BODY_MAX];
	size_t len = golden_body(i, octets).len;
	struct msg_encoder e = encoder(goldens[i].hide);

	for (size_t size = 0; size <= len; size++) {
		uint8_t *p = malloc(size ? size : 1);
		struct writer w = writer_of(p, size);

		msg_encode(&e, &goldens[i].msg, &w);
		if (writer_bad(&w) != (size < len))
			ck_abort_msg("%s into %zu octets", goldens[i].name, size);
		free(p);
	}
}

/* ---- Damage: nothing may crash, and each verdict is consistent --------------------------------------------- */

static bool inside(struct l2tp_span s, struct l2tp_span whole)
{
	return !s.len || (s.data >= whole.data && s.data + s.len <= whole.data + whole.len);
}

/* Decode as a peer's octets; what is yielded must lie in them or in the scratch space. */
static enum msg_verdict probe(struct l2tp_span body, const char *name, size_t at)
{
	static const enum avp_id strings[] = { AVP_HOST_NAME, AVP_VENDOR_NAME, AVP_CHALLENGE, AVP_CHALLENGE_RESPONSE,
						 AVP_CALLED_NUMBER, AVP_PROXY_AUTHEN_NAME, AVP_PROXY_AUTHEN_RESPONSE };
	struct l2tp_span scratch = tight_copy(body);
	struct msg_decoder d = { GOLDEN_SECRET, (uint8_t *)scratch.data, scratch.len, .avps = AVP_V2 };
	struct msg m;
	struct fault f;
	enum msg_verdict v = msg_decode(&d, body, &m, &f);

	if ((v == MSG_FAULT) != fault_is_set(&f) || (v == MSG_FAULT) != (f.text[0] != '\0'))
		ck_abort_msg("%s at %zu: verdict %d", name, at, v);
	if (v == MSG_OK && !msg_is_known(m.type))
		ck_abort_msg("%s at %zu: type %u", name, at, m.type);
	for (size_t i = 0; i < COUNT(strings); i++) {
		struct l2tp_span s;

		memcpy(&s, (uint8_t *)&m + avp_table[strings[i]].field, sizeof(s));
		if (!inside(s, body) && !inside(s, scratch))
			ck_abort_msg("%s at %zu: span", name, at);
	}
	tight_free(scratch);
	return v;
}

/* X2661-7.1-07 */
static void every_prefix(int i)
{
	uint8_t octets[BODY_MAX];
	struct l2tp_span whole = golden_body(i, octets);
	size_t boundary = 0; /* the end of the AVP that octet len - 1 belongs to */

	for (size_t len = 0; len <= whole.len; len++) {
		struct l2tp_span body = tight_copy(span_of(octets, len));
		enum msg_verdict v = probe(body, goldens[i].name, len);

		if (v == MSG_IGNORE || (v == MSG_OK && len != boundary) || (v == MSG_OK && !len) ||
		    (v != MSG_OK && len == whole.len))
			ck_abort_msg("%s cut at %zu: %d", goldens[i].name, len, v);
		if (len == boundary)
			boundary += (size_t)(octets[len] << 8 | octets[len + 1]) & 0x3ff;
		tight_free(body);
	}
}

static void every_octet_changed(int i)
{
	uint8_t octets[BODY_MAX];
	struct l2tp_span body = tight_copy(golden_body(i, octets));
	uint8_t *p = (uint8_t *)body.data;

	for (size_t at = 0; at < body.len; at++) {
		for (int x = 1; x < 256; x++) {
			p[at] = (uint8_t)(octets[at] ^ x);
			(void)probe(body, goldens[i].name, at);
		}
		p[at] = octets[at];
	}
	tight_free(body);
}

/* X2661-4.1-02 */
static void octets_behind(int i)
{
	for (size_t extra = 1; extra < AVP_HEADER; extra++) {
		uint8_t octets[BODY_MAX];
		struct l2tp_span body = golden_body(i, octets);
		struct msg m;
		struct fault f;

		memset(octets + body.len, 0, extra);
		octets[body.len] = 0x80;
		octets[body.len + 1] = 6;
		body.len += extra;
		ck_assert_int_eq(decode(body, &m, &f), MSG_FAULT);
		ck_assert(f.result == RC_STOPCCN_GENERAL && f.error == EC_LENGTH);
		ck_assert(msg_equal(&m, &goldens[i].msg)); /* what was read before is there for the answer */
	}
}

/* ---- One AVP of a message is wrong ------------------------------------------------------------------------- */

/* What must come of golden i when its AVP a counts for nothing. */
static void check_absent(int i, const struct avp *a, struct l2tp_span body)
{
	struct msg m, expect = goldens[i].msg;
	struct fault f;
	enum msg_verdict v = decode(body, &m, &f);

	if (msg_place(expect.type, id_of(a)) == PLACE_REQUIRED) {
		ck_assert_msg(v == MSG_FAULT && f.result == RC_STOPCCN_GENERAL && f.error == EC_VALUE,
			      "%s without %s", goldens[i].name, avp_name(id_of(a)));
		ck_assert_msg(strstr(f.text, avp_name(id_of(a))) && strstr(f.text, "missing"), "%s", f.text);
		ck_assert_int_eq(m.type, expect.type);
		return;
	}
	expect.has &= ~((uint64_t)1 << id_of(a));
	ck_assert_msg(v == MSG_OK, "%s without %s: %s", goldens[i].name, avp_name(id_of(a)), f.text);
	ck_assert_uint_eq(m.has | HAS(MESSAGE_TYPE) | HAS(RANDOM_VECTOR),
			  expect.has | HAS(MESSAGE_TYPE) | HAS(RANDOM_VECTOR));
}

/* X2661-7.1-01, R2661-7.1-05 */
static void missing(int i)
{
	uint8_t out[BODY_MAX];
	struct writer w = writer_of(out, sizeof(out));
	struct avp a;

	for (size_t n = 1; rewrite(i, n, 0, NULL, &w, &a); n++) {
		if (!avp_is(&a, AVP_RANDOM_VECTOR))
			check_absent(i, &a, writer_span(&w));
		w = writer_of(out, sizeof(out));
	}
}

/* R2661-7.1-06 .. -09, X2661-7.1-03: one octet too few or too many; M decides. */
static void wrong_length(int i)
{
	static const uint8_t ones[BODY_MAX] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	static const int steps[] = { -1, 1 };
	uint8_t out[BODY_MAX];
	struct avp a;

	for (size_t n = 1; rewrite(i, n, 0, NULL, &(struct writer){ 0 }, &a); n++) {
		for (size_t s = 0; s < COUNT(steps); s++) {
			const struct avp_row *row = &avp_table[id_of(&a)];
			size_t edge = steps[s] < 0 ? row->min : row->max;
			struct l2tp_span value = { ones, edge + (size_t)steps[s] };
			struct writer w = writer_of(out, sizeof(out));
			struct msg m;
			struct fault f;

			if (value.len > AVP_VALUE_MAX || a.hidden || avp_is(&a, AVP_RANDOM_VECTOR))
				continue; /* there is no such length; or the test is another one's */
			rewrite(i, n, M, &value, &w, &a);
			ck_assert_msg(decode(writer_span(&w), &m, &f) == MSG_FAULT, "%s: %s of %zu",
				      goldens[i].name, avp_name(id_of(&a)), value.len);
			ck_assert(f.result == RC_STOPCCN_GENERAL && f.error == EC_LENGTH);
			ck_assert_ptr_nonnull(strstr(f.text, avp_name(id_of(&a))));
			ck_assert_int_eq(m.type, goldens[i].msg.type);

			w = writer_of(out, sizeof(out));
			rewrite(i, n, 0, &value, &w, &a);
			check_absent(i, &a, writer_span(&w));
		}
	}
}

/* X2661-4.4-01: M is the sender's affair. */
static void mandatory_bit_of_the_known(int i)
{
	uint8_t out[BODY_MAX];
	struct avp a;

	for (size_t n = 0; rewrite(i, n, 0, NULL, &(struct writer){ 0 }, &a); n++) {
		struct writer w = writer_of(out, sizeof(out));
		struct msg m;
		struct fault f;

		rewrite(i, n, (uint16_t)((a.mandatory ? 0 : M) | (a.hidden ? H : 0)), &a.value, &w, &a);
		ck_assert_int_eq(decode(writer_span(&w), &m, &f), MSG_OK);
		ck_assert(msg_equal(&m, &goldens[i].msg));
	}
}

/* R2661-4.1-02: a reserved bit makes an AVP unknown. */
static void reserved_bits(int i)
{
	uint8_t out[BODY_MAX];
	struct avp a;

	for (size_t n = 1; rewrite(i, n, 0, NULL, &(struct writer){ 0 }, &a); n++) {
		for (uint16_t bit = 0x0400; bit <= 0x2000; bit = (uint16_t)(bit << 1)) {
			struct writer w = writer_of(out, sizeof(out));
			struct msg m;
			struct fault f;

			rewrite(i, n, bit | M, &a.value, &w, &a);
			ck_assert_int_eq(decode(writer_span(&w), &m, &f), MSG_FAULT);
			ck_assert_uint_eq(f.error, EC_UNKNOWN_MANDATORY_AVP);
			if (avp_is(&a, AVP_RANDOM_VECTOR))
				continue;
			w = writer_of(out, sizeof(out));
			rewrite(i, n, bit, &a.value, &w, &a);
			check_absent(i, &a, writer_span(&w));
		}
	}
}

/* X2661-4.3-04, -01: hidden where that is forbidden, or without a vector. */
static void hidden_bit(int i)
{
	uint8_t out[BODY_MAX];
	struct avp a;

	for (size_t n = 0; rewrite(i, n, 0, NULL, &(struct writer){ 0 }, &a); n++) {
		struct writer w = writer_of(out, sizeof(out));
		struct msg m;
		struct fault f;

		if (a.hidden)
			continue;
		rewrite(i, n, M | H, &a.value, &w, &a);
		ck_assert_msg(decode(writer_span(&w), &m, &f) == MSG_FAULT, "%s", avp_name(id_of(&a)));
		ck_assert_ptr_nonnull(strstr(f.text, avp_name(id_of(&a))));
		ck_assert_uint_eq(f.error, EC_VALUE);
		if (avp_is(&a, AVP_MESSAGE_TYPE) || avp_is(&a, AVP_RANDOM_VECTOR))
			continue;
		w = writer_of(out, sizeof(out));
		rewrite(i, n, H, &a.value, &w, &a);
		check_absent(i, &a, writer_span(&w));
	}
}

/* X2661-4.1-04: any order after the Message Type. */
static void reversed(int i)
{
	uint8_t octets[BODY_MAX], out[BODY_MAX];
	struct reader r = reader_of(golden_body(i, octets));
	struct writer w = writer_of(out, sizeof(out));
	struct avp a[AVP_COUNT];
	size_t n = 0;
	struct msg m;
	struct fault f;

	while (avp_next(&r, &a[n]))
		n++;
	put_raw(&w, M, 0, number(AVP_MESSAGE_TYPE), a[0].value);
	while (n-- > 1)
		put_raw(&w, a[n].mandatory ? M : 0, 0, a[n].type, a[n].value);
	if (goldens[i].hide)
		return; /* the vector has to come first */
	ck_assert_int_eq(decode(writer_span(&w), &m, &f), MSG_OK);
	ck_assert(msg_equal(&m, &goldens[i].msg));
}

/* ---- AVPs too many ----------------------------------------------------------------------------------------- */

/* X2661-4.1-05 (not listed for the message), X2661-4.1-03 (once more): ignored, however malformed. */
static void known_but_superfluous(int i)
{
	static const uint8_t twos[AVP_VALUE_MAX] = { 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2 };
	const struct msg *expect = &goldens[i].msg;

	for (uint16_t id = 0; id < AVP_COUNT; id++) {
		size_t lens[] = { avp_table[id].min, 0, AVP_VALUE_MAX };

		if (id == AVP_RANDOM_VECTOR ||
		    (msg_place(expect->type, id) != PLACE_UNEXPECTED && !msg_has(expect, id) && id))
			continue;
		for (size_t round = 0; round < 2 * COUNT(lens); round++) {
			uint8_t octets[BODY_MAX];
			struct l2tp_span body = golden_body(i, octets);
			struct writer w = writer_of(octets + body.len, sizeof(octets) - body.len);
			struct msg m;
			struct fault f;

			put_raw(&w, round % 2 ? M | H : M, 0, number(id), span_of(twos, lens[round / 2]));
			body.len += writer_len(&w);
			if (decode(body, &m, &f) != MSG_OK || !msg_equal(&m, expect))
				ck_abort_msg("%s and %s of %zu: %s", goldens[i].name, avp_name(id), lens[round / 2],
					     f.text);
		}
	}
}

/* R2661-4.1-03 .. -06, -10; R2661-4.4.2-01 */
static const struct {
	uint16_t flags, vendor, type;
	const char *in_text; /* NULL: skipped */
} unknowns[] = {
	{ 0, 311, 1, NULL }, /* Windows' ICRQ */
	{ H, 311, 1, NULL },
	{ 0, 0, 20, NULL },
	{ 0, 0, 40, NULL },
	{ 0, 0, 65535, NULL },
	{ 0, 65535, 0, NULL },
	{ M, 9, 12, "vendor 9, attribute 12" },
	{ M | H, 3561, 1, "vendor 3561, attribute 1" },
	{ M, 0, 20, "vendor 0, attribute 20" },
	{ M, 0, 99, "vendor 0, attribute 99" },
	{ M, 1, 0, "vendor 1, attribute 0" },
};

START_TEST(unknown)
{
	for (int i = 0; i < GOLDENS; i++) {
		uint8_t octets[BODY_MAX];
		struct l2tp_span body = golden_body(i, octets);
		uint8_t out[BODY_MAX];
		struct writer w = writer_of(out, sizeof(out));
		struct msg m;
		struct fault f;
		enum msg_verdict v;

		/* right behind the Message Type, so that what follows is read after the fault */
		put_span(&w, span_of(octets, 8));
		put_raw(&w, unknowns[_i].flags, unknowns[_i].vendor, unknowns[_i].type,
			span_of("0123456789abcdef", 16));
		put_span(&w, span_of(octets + 8, body.len - 8));
		v = decode(writer_span(&w), &m, &f);
		ck_assert(v == (unknowns[_i].in_text ? MSG_FAULT : MSG_OK));
		ck_assert(msg_equal(&m, &goldens[i].msg));
		if (!unknowns[_i].in_text)
			continue;
		ck_assert(f.result == RC_STOPCCN_GENERAL && f.error == EC_UNKNOWN_MANDATORY_AVP);
		ck_assert_msg(strstr(f.text, unknowns[_i].in_text), "%s", f.text);
	}
}
END_TEST

/* ---- Whole messages ---------------------------------------------------------------------------------------- */

#define SCCRQ_NO_ID "8008 0000 0000 0001 8008 0000 0002 0100 800a 0000 0003 00000003 8007 0000 0007 6c"

static const struct {
	const char *name, *body;
	enum msg_verdict verdict;
	uint16_t error;
	const char *in_text;
	uint16_t type, tunnel_id, session_id; /* to be read all the same */
} messages[] = {
	{ "empty", "", MSG_FAULT, EC_LENGTH, "Message Type", 0, 0, 0 },
	{ "an AVP cut short", "8008 0000 0000", MSG_FAULT, EC_LENGTH, "Message Type", 0, 0, 0 },
	{ "X2661-4.4.1-01", "8008 0000 0009 0007 8008 0000 0000 0006", MSG_FAULT, EC_VALUE, "not the first", 6, 7, 0 },
	{ "no Message Type at all", "8008 0000 000e 0007", MSG_FAULT, EC_VALUE, "not the first", 0, 0, 7 },
	{ "a vendor's type 0", "8008 0137 0000 0006", MSG_FAULT, EC_VALUE, "not the first", 0, 0, 0 },
	{ "R2661-4.4.1-07, type 99", "8008 0000 0000 0063 8008 0000 0009 0007", MSG_FAULT, EC_UNKNOWN_MANDATORY_AVP,
	  "message type 99", 99, 7, 0 },
	{ "type 0", "8008 0000 0000 0000", MSG_FAULT, EC_UNKNOWN_MANDATORY_AVP, "message type 0", 0, 0, 0 },
	{ "type 13 with ids", "8008 0000 0000 000d 8008 0000 0009 0001 8008 0000 000e 0002", MSG_FAULT,
	  EC_UNKNOWN_MANDATORY_AVP, "message type 13", 13, 1, 2 },
	{ "R2661-4.4.1-08", "0008 0000 0000 0063 8007 0000 0009 07", MSG_IGNORE, 0, "", 99, 0, 0 },
	{ "known, without M", "0008 0000 0000 0006", MSG_OK, 0, "", 6, 0, 0 },
	{ "Message Type of 1 octet, without M", "0007 0000 0000 06", MSG_FAULT, EC_LENGTH, "Message Type", 0, 0, 0 },
	{ "R2661-4.4.4-15 Sequencing Required of 1 octet", "8008 0000 0000 000c 8007 0000 0027 01", MSG_FAULT, EC_LENGTH,
	  "Sequencing Required", CM_ICCN, 0, 0 },
	{ "R2661-4.4.5-A32 Proxy Authen ID of 256", "8008 0000 0000 000c 8008 0000 0020 0100", MSG_FAULT, EC_VALUE,
	  "Proxy Authen ID", CM_ICCN, 0, 0 },
	{ "R2661-4.4.3-A11 an empty Challenge", "8008 0000 0000 0001 8006 0000 000b 8008 0000 0009 0007", MSG_FAULT, EC_LENGTH,
	  "Challenge", CM_SCCRQ, 7, 0 },
	{ "Message Type of 3 octets", "8009 0000 0000 000600", MSG_FAULT, EC_LENGTH, "Message Type", 0, 0, 0 },
	{ "Message Type hidden, without M", "4008 0000 0000 0006", MSG_FAULT, EC_VALUE, "Message Type", 0, 0, 0 },
	{ "Message Type with a reserved bit", "0408 0000 0000 0006", MSG_FAULT, EC_UNKNOWN_MANDATORY_AVP,
	  "attribute 0", 0, 0, 0 },
	{ "ids behind the wrong AVP", "8008 0000 0000 0001 8009 0000 0002 010000 8008 0000 0009 0007", MSG_FAULT,
	  EC_LENGTH, "Protocol Version", 1, 7, 0 },
	{ "the first fault counts", "8008 0000 0000 0001 8008 0000 000a 0000 8006 0000 0063 8005", MSG_FAULT, EC_VALUE,
	  "Receive Window Size", 1, 0, 0 },
	{ "SCCRQ without id", SCCRQ_NO_ID, MSG_FAULT, EC_VALUE, "Assigned Tunnel ID is missing", 1, 0, 0 },
	{ "SCCRQ with id 0", SCCRQ_NO_ID "8008 0000 0009 0000", MSG_FAULT, EC_VALUE, "Assigned Tunnel ID", 1, 0, 0 },
	{ "id 0 without M, then a good one", SCCRQ_NO_ID "0008 0000 0009 0000 8008 0000 0009 0005", MSG_OK, 0, "", 1,
	  5, 0 },
	{ "first counts, X2661-4.1-03", SCCRQ_NO_ID "8008 0000 0009 0005 8008 0000 0009 0006", MSG_OK, 0, "", 1, 5,
	  0 },
	/* X2661-4.4.2-02: a fault, yet all that is needed to obey them */
	{ "StopCCN without Result Code", "8008 0000 0000 0004 8008 0000 0009 0007", MSG_FAULT, EC_VALUE,
	  "Result Code is missing", 4, 7, 0 },
	{ "StopCCN, Result Code of 3 octets", "8008 0000 0000 0004 8009 0000 0001 000100 8008 0000 0009 0007",
	  MSG_FAULT, EC_LENGTH, "Result Code", 4, 7, 0 },
	{ "StopCCN, Result Code of 1 octet, M=0", "8008 0000 0000 0004 0007 0000 0001 00 8008 0000 0009 0007",
	  MSG_FAULT, EC_VALUE, "Result Code", 4, 7, 0 },
	{ "CDN without id", "8008 0000 0000 000e 8008 0000 0001 0001", MSG_FAULT, EC_VALUE,
	  "Assigned Session ID is missing", 14, 0, 0 },
	{ "CDN without Result Code", "8008 0000 0000 000e 8008 0000 000e 0009", MSG_FAULT, EC_VALUE,
	  "Result Code is missing", 14, 0, 9 },
	/* R2661-7.1-09 */
	{ "the worked example", "8008 0000 0000 000c 0008 0000 0026 0001", MSG_OK, 0, "", 12, 0, 0 },
	{ "the same with M", "8008 0000 0000 000c 8008 0000 0026 0001",
	  MSG_FAULT, EC_LENGTH, "Rx Connect Speed", 12, 0, 0 },
	{ "bare ICCN", "8008 0000 0000 000c", MSG_OK, 0, "", 12, 0, 0 },
	{ "bare OCCN", "8008 0000 0000 0009", MSG_OK, 0, "", 9, 0, 0 },
	{ "SLI with reserved octets set", "8008 0000 0000 0010 8010 0000 0023 ffff 00000000 00000000", MSG_OK, 0, "",
	  16, 0, 0 },
};

START_TEST(whole_message)
{
	uint8_t octets[BODY_MAX];
	struct l2tp_span body = tight_copy(hex(messages[_i].body, octets, sizeof(octets)));
	struct msg m;
	struct fault f;
	enum msg_verdict v = decode(body, &m, &f);

	ck_assert_msg(v == messages[_i].verdict, "%s: %d %s", messages[_i].name, v, f.text);
	ck_assert_msg(f.error == messages[_i].error, "%s: error %u", messages[_i].name, f.error);
	ck_assert_uint_eq(f.result, v == MSG_FAULT ? RC_STOPCCN_GENERAL : 0);
	ck_assert_msg(strstr(f.text, messages[_i].in_text), "%s: %s", messages[_i].name, f.text);
	ck_assert_uint_eq(m.type, messages[_i].type);
	ck_assert_uint_eq(m.assigned_tunnel_id, messages[_i].tunnel_id);
	ck_assert_uint_eq(m.assigned_session_id, messages[_i].session_id);
	tight_free(body);
}
END_TEST

START_TEST(strict_forgives_nothing)
{
	static const char *const bodies[] = { "8008 0000 0000 000c 800a 0000 0013 00000001",
					      "8008 0000 0000 0009 800a 0000 0018 00000001" };
	struct msg_decoder d = { .strict = true, .avps = AVP_V2 };
	uint8_t octets[64];
	struct msg m;
	struct fault f;

	ck_assert_int_eq(msg_decode(&d, hex(bodies[0], octets, sizeof(octets)), &m, &f), MSG_FAULT);
	ck_assert_ptr_nonnull(strstr(f.text, "Tx Connect Speed is missing"));
	ck_assert_int_eq(msg_decode(&d, hex(bodies[1], octets, sizeof(octets)), &m, &f), MSG_FAULT);
	ck_assert_ptr_nonnull(strstr(f.text, "Framing Type is missing"));
}
END_TEST

/* ---- Hiding ------------------------------------------------------------------------------------------------ */

/* R2661-4.4.1-04: a Tx Connect Speed of 64000, hidden with vectors of octets 1, 8, 15 ... */
static const struct {
	size_t len;
	const char *hidden;
} vectors[] = {
	{ 1, "ac11bc7c83e0" },	{ 15, "2e7b286995df" },	  { 16, "f7c8700ec433" },
	{ 17, "9d5bc2aa17aa" }, { 1017, "f5d1dcb331bb" },
};

static void put_vector_of(struct writer *w, size_t len)
{
	uint8_t vector[AVP_VALUE_MAX];

	for (size_t i = 0; i < len; i++)
		vector[i] = (uint8_t)(i * 7 + 1);
	put_raw(w, M, 0, number(AVP_RANDOM_VECTOR), span_of(vector, len));
}

static void put_iccn(struct writer *w)
{
	put_raw(w, M, 0, number(AVP_MESSAGE_TYPE), span_of("\0\x0c", 2));
}

START_TEST(any_vector)
{
	uint8_t out[BODY_MAX], octets[8];
	struct writer w = writer_of(out, sizeof(out));
	struct msg m;
	struct fault f;

	put_iccn(&w);
	put_vector_of(&w, vectors[_i].len);
	put_raw(&w, M | H, 0, number(AVP_TX_CONNECT_SPEED), hex(vectors[_i].hidden, octets, sizeof(octets)));
	ck_assert_int_eq(decode(writer_span(&w), &m, &f), MSG_OK);
	ck_assert_uint_eq(m.tx_connect_speed, 64000);
}
END_TEST

START_TEST(nearest_vector) /* R2661-4.3-12, R2661-4.4.1-02 */
{
	uint8_t out[BODY_MAX], octets[8];
	struct writer w = writer_of(out, sizeof(out));
	struct msg m;
	struct fault f;

	put_iccn(&w);
	put_vector_of(&w, 15);
	put_vector_of(&w, 16);
	put_raw(&w, M | H, 0, number(AVP_TX_CONNECT_SPEED), hex(vectors[2].hidden, octets, sizeof(octets)));
	put_vector_of(&w, 1);
	ck_assert_int_eq(decode(writer_span(&w), &m, &f), MSG_OK);
	ck_assert_uint_eq(m.tx_connect_speed, 64000);
}
END_TEST

/* What is inside a hidden Tx Connect Speed (4 octets) before encryption, and what is to come of it. */
static const struct {
	const char *name, *inside;
	uint16_t error; /* with M; without it: as if absent */
} insides[] = {
	{ "as it should be", "0004 0000fa00", EC_NONE },
	{ "padded, R2661-4.3-05", "0004 0000fa00 010203040506070809", EC_NONE },
	{ "padded over blocks", "0004 0000fa00 00000000000000000000000000000000000000000000000000000000", EC_NONE },
	{ "nothing, X2661-4.3-03", "", EC_VALUE },
	{ "one octet, X2661-4.3-03", "00", EC_VALUE },
	{ "longer than what is there, X2661-4.3-02", "0005 0000fa00", EC_VALUE },
	{ "far longer", "ffff 0000fa00", EC_VALUE },
	{ "original too short, X2661-4.3-05", "0003 0000fa00", EC_LENGTH },
	{ "original too long, X2661-4.3-05", "0005 0000fa00 00", EC_LENGTH },
	{ "original empty", "0000", EC_LENGTH },
};

static void check_inside(size_t row, uint16_t flags)
{
	static const struct l2tp_span vector = TEXT("v");
	uint8_t out[BODY_MAX], value[64];
	struct l2tp_span inside_value = hex(insides[row].inside, value, sizeof(value));
	struct writer w = writer_of(out, sizeof(out));
	uint16_t error = flags & M ? insides[row].error : EC_NONE;
	struct msg m;
	struct fault f;

	digest_hide(number(AVP_TX_CONNECT_SPEED), GOLDEN_SECRET, vector, value, inside_value.len);
	put_iccn(&w);
	put_raw(&w, M, 0, number(AVP_RANDOM_VECTOR), vector);
	put_raw(&w, flags | H, 0, number(AVP_TX_CONNECT_SPEED), inside_value);
	ck_assert_msg(decode(writer_span(&w), &m, &f) == (error ? MSG_FAULT : MSG_OK), "%s", insides[row].name);
	ck_assert_msg(f.error == error, "%s: error %u", insides[row].name, f.error);
	ck_assert_uint_eq(m.tx_connect_speed, insides[row].error ? 0 : 64000);
	ck_assert(msg_has(&m, AVP_TX_CONNECT_SPEED) == !insides[row].error);
}

START_TEST(inside_of_hidden)
{
	check_inside((size_t)_i, M);
	check_inside((size_t)_i, 0);
}
END_TEST

/* X2661-4.3-01: before the profile of the peer is known there is no secret, yet its name must be found. */
START_TEST(hidden_without_secret)
{
	const struct msg_decoder d = { .avps = AVP_V2 };
	uint8_t octets[BODY_MAX];
	struct msg m;
	struct fault f;

	for (int i = 0; i < GOLDENS; i++) {
		if (!goldens[i].hide || goldens[i].msg.type != CM_SCCRQ)
			continue;
		ck_assert_int_eq(msg_decode(&d, golden_body(i, octets), &m, &f), MSG_FAULT);
		ck_assert(f.error == EC_VALUE && strstr(f.text, "unhidden"));
		ck_assert_int_eq(m.type, CM_SCCRQ);
		ck_assert(span_equal(m.host_name, goldens[i].msg.host_name));
		ck_assert(!msg_has(&m, AVP_ASSIGNED_TUNNEL_ID) && m.assigned_tunnel_id == 0);
	}
}
END_TEST

/* A message with Random Vector vector, unless that is empty, and an AVP hidden by it, as it should be but for that. */
static void check_refused(struct l2tp_span vector, enum avp_id type, struct l2tp_span original, const char *in_text)
{
	uint8_t out[BODY_MAX], value[64];
	struct writer v = writer_of(value, sizeof(value)), w = writer_of(out, sizeof(out));
	struct msg m;
	struct fault f;

	put_u16(&v, (uint16_t)original.len);
	put_span(&v, original);
	digest_hide(number(type), GOLDEN_SECRET, vector, value, writer_len(&v));
	put_raw(&w, M, 0, number(AVP_MESSAGE_TYPE), span_of("\0\2", 2));
	if (vector.len)
		put_raw(&w, M, 0, number(AVP_RANDOM_VECTOR), vector);
	put_raw(&w, M | H, 0, number(type), writer_span(&v));
	ck_assert_int_eq(decode(writer_span(&w), &m, &f), MSG_FAULT);
	ck_assert(f.error == EC_VALUE && strstr(f.text, avp_name((uint16_t)type)));
	ck_assert_ptr_nonnull(strstr(f.text, in_text));
	ck_assert(!msg_has(&m, type));
}

START_TEST(well_hidden_yet_refused) /* X2661-4.3-01, -04 */
{
	check_refused(span_of("v", 1), AVP_HOST_NAME, span_of("lac", 3), "must not");
	check_refused(span_of("v", 1), AVP_RECEIVE_WINDOW_SIZE, span_of("\0\4", 2), "must not");
	check_refused(span_of(NULL, 0), AVP_ASSIGNED_TUNNEL_ID, span_of("\0\4", 2), "unhidden");
}
END_TEST

/* Hidden AVPs share the scratch space, which is as large as the body and no larger; and one that cannot be unhidden
 * is not tried again, or a datagram full of them would cost a hash of the whole vector for each. */
START_TEST(one_try_each)
{
	static const struct l2tp_span vector = TEXT("v");
	static uint8_t out[65536];
	struct writer w = writer_of(out, sizeof(out));
	struct msg_decoder d = { .secret = GOLDEN_SECRET, .avps = AVP_V2 };
	uint8_t junk[AVP_VALUE_MAX] = { 0 }, good[4] = { 0, 2, 0, 3 };
	struct l2tp_span scratch;
	struct msg m;
	struct fault f;

	digest_hide(number(AVP_PROXY_AUTHEN_TYPE), GOLDEN_SECRET, vector, good, sizeof(good));
	put_iccn(&w);
	put_raw(&w, M, 0, number(AVP_RANDOM_VECTOR), vector);
	for (int round = 0; round < 3; round++)
		for (uint16_t id = AVP_TX_CONNECT_SPEED; id <= AVP_PROXY_AUTHEN_RESPONSE; id++)
			put_raw(&w, H, 0, number(id), span_of(junk, sizeof(junk)));
	put_raw(&w, H, 0, number(AVP_PROXY_AUTHEN_TYPE), span_of(good, sizeof(good)));
	scratch = tight_copy(writer_span(&w));
	d.scratch = (uint8_t *)scratch.data;
	d.scratch_size = scratch.len;
	ck_assert_int_eq(msg_decode(&d, writer_span(&w), &m, &f), MSG_OK);
	ck_assert(!msg_has(&m, AVP_PROXY_AUTHEN_TYPE));
	tight_free(scratch);
}
END_TEST

/* ---- Encoding ---------------------------------------------------------------------------------------------- */

/* the received vector is not sent again */
static void what_was_decoded_can_be_sent(int i)
{
	uint8_t octets[BODY_MAX], out[BODY_MAX];
	struct l2tp_span body = golden_body(i, octets);
	struct msg_encoder e = encoder(goldens[i].hide);
	struct writer w = writer_of(out, sizeof(out));
	struct msg m;
	struct fault f;

	ck_assert_int_eq(decode(body, &m, &f), MSG_OK);
	msg_encode(&e, &m, &w);
	ck_assert(span_equal(writer_span(&w), body));
}

START_TEST(too_long_a_value)
{
	static const uint8_t octets[AVP_VALUE_MAX] = { 1 };
	static uint8_t out[BODY_MAX];
	struct msg m = { .type = CM_ICRQ, .assigned_session_id = 1 };

	m.has = HAS(ASSIGNED_SESSION_ID) | HAS(CALL_SERIAL_NUMBER) | HAS(CALLED_NUMBER);
	for (size_t shorter = 0; shorter <= 3; shorter++) {
		for (int hide = 0; hide < 2; hide++) {
			struct msg_encoder e = encoder(hide);
			struct writer w = writer_of(out, sizeof(out));
			struct msg back;
			struct fault f;

			m.called_number = span_of(octets, AVP_VALUE_MAX - shorter);
			msg_encode(&e, &m, &w);
			/* hidden, two octets are needed for the original length */
			ck_assert(writer_bad(&w) == (hide && shorter < 2));
			if (writer_bad(&w))
				continue;
			ck_assert_int_eq(decode(writer_span(&w), &back, &f), MSG_OK);
			ck_assert(msg_equal(&back, &m));
		}
	}
}
END_TEST

static const struct {
	const char *name;
	struct msg msg;
} our_errors[] = {
	{ "unknown message", { .type = 5 } },
	{ "ZLB", { .type = CM_ZLB } },
	{ "required AVP missing", { .type = CM_ICRP } },
	{ "forgiven AVP missing", { .type = CM_ICCN, .has = HAS(TX_CONNECT_SPEED) } },
	{ "AVP without a place", { .type = CM_HELLO, .has = HAS(HOST_NAME), .host_name = TEXT("l") } },
};

START_TEST(our_own_error)
{
	uint8_t out[BODY_MAX];
	struct writer w = writer_of(out, sizeof(out));

	msg_encode(&(struct msg_encoder){ 0 }, &our_errors[_i].msg, &w); /* aborts */
}
END_TEST

/* ---- At random --------------------------------------------------------------------------------------------- */

static uint8_t noise[AVP_VALUE_MAX];

static struct l2tp_span random_span(size_t min, size_t max)
{
	size_t len = min + (size_t)rand() % ((max < 100 ? max : 100) - min + 1);

	return span_of(noise + (size_t)rand() % (sizeof(noise) - len), len);
}

/* A message of this type with random AVPs of random values, all of them fit to be sent. */
static struct msg random_msg(enum cm_type type)
{
	struct msg m = { .type = type };

	for (uint16_t avp = 1; avp < AVP_COUNT; avp++) {
		const struct avp_row *row = &avp_table[avp];
		enum msg_place place = msg_place(type, avp);
		struct l2tp_span value;

		if (place == PLACE_UNEXPECTED || avp == AVP_RANDOM_VECTOR || (place == PLACE_OPTIONAL && rand() % 2))
			continue;
		do
			value = random_span(row->min, row->max);
		while (avp_read(row, value, &m) != EC_NONE);
	}
	return m;
}

START_TEST(random_messages_come_back)
{
	unsigned int seed = (unsigned int)time(NULL);

	printf("test_msg seed %u\n", seed);
	srand(seed);
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(rand() % 2 ? rand() : rand() % 6); /* small ones are wanted by the ranges */
	for (size_t round = 0; round < 500; round++) {
		struct msg_encoder e = encoder(rand() % 2);
		uint8_t out[BODY_MAX];
		struct writer w = writer_of(out, sizeof(out));
		struct msg m = random_msg(lists[round % COUNT(lists)].type), back;
		struct fault f;

		msg_encode(&e, &m, &w);
		if (decode(writer_span(&w), &back, &f) != MSG_OK || !msg_equal(&back, &m))
			ck_abort_msg("seed %u, round %zu: %s", seed, round, f.text);
	}
}
END_TEST

/* What is done to each golden message; the messages in one process, for the sake of speed. */
static void (*const treatments[])(int i) = {
	golden_encode,
	golden_decode,
	too_small_a_buffer,
	every_prefix,
	every_octet_changed,
	octets_behind,
	missing,
	wrong_length,
	mandatory_bit_of_the_known,
	reserved_bits,
	hidden_bit,
	reversed,
	known_but_superfluous,
	what_was_decoded_can_be_sent,
};

START_TEST(each_golden)
{
	for (int i = 0; i < GOLDENS; i++)
		treatments[_i](i);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("msg");
	TCase *t = tcase_create("msg");
	SRunner *r;
	int failed;

	tcase_add_test(t, scope_of_messages);
	tcase_set_timeout(t, 60); /* sanitized, on a machine that has more to do */
	tcase_add_loop_test(t, matrix, 0, COUNT(lists));
	tcase_add_test(t, m_and_h);
	tcase_add_loop_test(t, unknown, 0, COUNT(unknowns));
	tcase_add_loop_test(t, whole_message, 0, COUNT(messages));
	tcase_add_loop_test(t, each_golden, 0, COUNT(treatments));
	tcase_add_test(t, strict_forgives_nothing);
	tcase_add_loop_test(t, any_vector, 0, COUNT(vectors));
	tcase_add_test(t, nearest_vector);
	tcase_add_loop_test(t, inside_of_hidden, 0, COUNT(insides));
	tcase_add_test(t, hidden_without_secret);
	tcase_add_test(t, well_hidden_yet_refused);
	tcase_add_test(t, one_try_each);
	tcase_add_test(t, too_long_a_value);
	tcase_add_loop_test_raise_signal(t, our_own_error, SIGABRT, 0, COUNT(our_errors));
	tcase_add_test(t, random_messages_come_back);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
