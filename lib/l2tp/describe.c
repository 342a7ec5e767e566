/* SPDX-License-Identifier: MIT */
/*
 * describe: control messages in words (RFC 2661 4.4, with RFC 3145, 3308 and 3437).
 *
 * A witness, not a judge: it tells what the octets say, whatever that is, also where msg.c would refuse them, and has
 * no state.  How a value reads is a column of this module's own table; a value whose length is not what avp_table.c
 * says, or an AVP that nobody knows, is told in hexadecimal.  What a peer sends as text comes out as printable ASCII
 * without anything else, so it can do no harm to a terminal or a log.  A text that is too long ends in "...".
 *
 * Opening a hidden AVP can only make it shorter, so the copy needs no more room than the original.  One that cannot be
 * opened (no Random Vector before it, another secret) stays as it is.
 *
 * Called through l2tp.h by programs that show messages, and by engine.c (unhide).
 */
#include "describe.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "msg.h"
#include "wire.h"

/* ---- Text that is cut where its room ends ------------------------------------------------------------------- */

#define CUT "..."

struct text {
	char *at;
	size_t left; /* room, without that for CUT and the NUL */
	bool cut;
};

static struct text text_of(char *buf, size_t size)
{
	assert(size >= sizeof(CUT));
	buf[0] = '\0';
	return (struct text){ buf, size - sizeof(CUT), false };
}

/* Whole or not at all: a number or an escape cut in two would say something else. */
static void text_add(struct text *t, const char *s)
{
	size_t len = strlen(s);

	if (t->cut)
		return;
	if (len > t->left) {
		t->cut = true;
		s = CUT;
		len = sizeof(CUT) - 1;
		t->left = len;
	}
	memcpy(t->at, s, len + 1);
	t->at += len;
	t->left -= len;
}

__attribute__((format(printf, 2, 3))) static void text_addf(struct text *t, const char *fmt, ...)
{
	char word[64];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(word, sizeof(word), fmt, args);
	va_end(args);
	assert(n >= 0 && (size_t)n < sizeof(word));
	text_add(t, word);
}

static void text_add_escaped(struct text *t, struct l2tp_span s)
{
	for (size_t i = 0; i < s.len && !t->cut; i++) {
		char c = (char)s.data[i];

		if (c == '\\' || c == '"')
			text_addf(t, "\\%c", c);
		else if (c >= ' ' && c <= '~')
			text_addf(t, "%c", c);
		else
			text_addf(t, "\\x%02x", s.data[i]);
	}
}

static void text_add_hex(struct text *t, struct l2tp_span s)
{
	for (size_t i = 0; i < s.len && !t->cut; i++)
		text_addf(t, "%02x", s.data[i]);
}

/* ---- How values read ---------------------------------------------------------------------------------------- */

static void add_number(struct text *t, struct reader *r)
{
	uint64_t n = 0;

	while (reader_left(r))
		n = n << 8 | get_u8(r);
	text_addf(t, "%llu", (unsigned long long)n);
}

static void add_octets(struct text *t, struct reader *r)
{
	text_add_hex(t, get_rest(r));
}

static void add_text(struct text *t, struct reader *r)
{
	text_add_escaped(t, get_rest(r));
}

static void add_message_type(struct text *t, struct reader *r)
{
	uint16_t type = get_u16(r);

	text_addf(t, "%u (%s)", type, l2tp_message_name(type));
}

static void add_version(struct text *t, struct reader *r)
{
	unsigned int version = get_u8(r);

	text_addf(t, "%u.%u", version, get_u8(r));
}

/* Bits by their names, what has none as a number. */
static void add_bits(struct text *t, struct reader *r, const char *first, const char *second)
{
	uint32_t bits = get_u32(r), strange = bits & ~(uint32_t)3;

	if (!bits)
		text_add(t, "none");
	if (bits & 1)
		text_add(t, first);
	if (bits & 2)
		text_addf(t, "%s%s", bits & 1 ? ", " : "", second);
	if (strange)
		text_addf(t, "%s0x%x", bits & 3 ? ", " : "", strange);
}

static void add_framing(struct text *t, struct reader *r)
{
	add_bits(t, r, "sync", "async");
}

static void add_bearer(struct text *t, struct reader *r)
{
	add_bits(t, r, "digital", "analog");
}

static void add_words_behind(struct text *t, struct reader *r)
{
	if (!reader_left(r))
		return;
	text_add(t, ": ");
	add_text(t, r);
}

static void add_result(struct text *t, struct reader *r, bool of_tunnel)
{
	uint16_t result = get_u16(r), error;

	text_addf(t, "%u (%s)", result, of_tunnel ? l2tp_stopccn_name(result) : l2tp_cdn_name(result));
	if (reader_left(r) < sizeof(error)) {
		add_words_behind(t, r);
		return;
	}
	error = get_u16(r);
	text_addf(t, ", error %u (%s)", error, l2tp_error_name(error));
	add_words_behind(t, r);
}

static void add_result_of_tunnel(struct text *t, struct reader *r)
{
	add_result(t, r, true);
}

static void add_result_of_call(struct text *t, struct reader *r)
{
	add_result(t, r, false);
}

static void add_q931(struct text *t, struct reader *r)
{
	uint16_t cause = get_u16(r);

	text_addf(t, "cause %u, message 0x%02x", cause, get_u8(r));
	add_words_behind(t, r);
}

static void add_proxy_type(struct text *t, struct reader *r)
{
	static const char *const names[] = { "reserved", "text", "CHAP", "PAP", "none", "MSCHAPv1" };
	uint16_t type = get_u16(r);

	text_addf(t, "%u (%s)", type, type < sizeof(names) / sizeof(names[0]) ? names[type] : "?");
}

static void add_errors(struct text *t, struct reader *r)
{
	static const char *const names[] = { "CRC",	   ", framing",	 ", hardware overruns", ", buffer overruns",
					     ", timeouts", ", alignment" };

	(void)get_u16(r); /* reserved */
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		text_addf(t, "%s %u", names[i], get_u32(r));
}

static void add_accm(struct text *t, struct reader *r)
{
	uint32_t send;

	(void)get_u16(r); /* reserved */
	send = get_u32(r);
	text_addf(t, "send 0x%08x, receive 0x%08x", send, get_u32(r));
}

static void add_disconnect(struct text *t, struct reader *r)
{
	uint16_t code = get_u16(r), protocol = get_u16(r);

	text_addf(t, "code %u, protocol 0x%04x, direction %u", code, protocol, get_u8(r));
	add_words_behind(t, r);
}

/* The code of a standard PHB is its DSCP, left-justified (RFC 3140 2). */
static void add_phb(struct text *t, struct reader *r)
{
	enum { DSCP_SHIFT = 10 };
	uint16_t code = get_u16(r);

	text_addf(t, "0x%04x", code);
	if (code >> DSCP_SHIFT << DSCP_SHIFT == code)
		text_addf(t, " (DSCP %u)", (unsigned int)code >> DSCP_SHIFT);
}

static void add_nothing(struct text *t, struct reader *r)
{
	(void)t;
	(void)r;
}

/* Those of a shape that are not as the shape reads. */
static void (*const reads[AVP_COUNT])(struct text *t, struct reader *r) = {
	[AVP_PROTOCOL_VERSION] = add_version,
	[AVP_FRAMING_CAPABILITIES] = add_framing,
	[AVP_BEARER_CAPABILITIES] = add_bearer,
	[AVP_HOST_NAME] = add_text,
	[AVP_VENDOR_NAME] = add_text,
	[AVP_BEARER_TYPE] = add_bearer,
	[AVP_FRAMING_TYPE] = add_framing,
	[AVP_CALLED_NUMBER] = add_text,
	[AVP_CALLING_NUMBER] = add_text,
	[AVP_SUB_ADDRESS] = add_text,
	[AVP_PROXY_AUTHEN_TYPE] = add_proxy_type,
	[AVP_PROXY_AUTHEN_NAME] = add_text,
	[AVP_PRIVATE_GROUP_ID] = add_text,
	[AVP_CONTROL_DS] = add_phb,
	[AVP_SESSION_DS] = add_phb,
};

static void (*const shapes[])(struct text *t, struct reader *r) = {
	[SHAPE_TYPE] = add_message_type,
	[SHAPE_U16] = add_number,
	[SHAPE_ID16] = add_number,
	[SHAPE_U32] = add_number,
	[SHAPE_U64] = add_octets, /* a tie breaker is no quantity */
	[SHAPE_BYTES] = add_octets,
	[SHAPE_FLAG] = add_nothing,
	[SHAPE_RESULT] = add_result_of_call,
	[SHAPE_Q931] = add_q931,
	[SHAPE_ERRORS] = add_errors,
	[SHAPE_ACCM] = add_accm,
	[SHAPE_DISCONNECT] = add_disconnect,
};

/* What a password is, or what one can be guessed from. */
static bool is_secret(const struct avp_row *row)
{
	return row && (avp_id_of(row) == AVP_PROXY_AUTHEN_RESPONSE || avp_id_of(row) == AVP_CHALLENGE_RESPONSE);
}

static void describe(struct text *t, uint16_t message, const struct avp_row *row, struct l2tp_span value)
{
	struct reader r = reader_of(value);

	if (!row || value.len < row->min || value.len > row->max)
		add_octets(t, &r);
	else if (row->shape == SHAPE_RESULT && message == CM_STOPCCN)
		add_result_of_tunnel(t, &r);
	else if (reads[avp_id_of(row)])
		reads[avp_id_of(row)](t, &r);
	else
		shapes[row->shape](t, &r);
}

/* ---- The door ----------------------------------------------------------------------------------------------- */

static const char *parse(struct l2tp_span datagram, struct wire_header *ret)
{
	const char *why = NULL;

	switch (wire_parse(datagram, ret, &why)) {
	case WIRE_CONTROL:
		break;
	case WIRE_DATA:
		return "a data message";
	case WIRE_L2F:
		return "L2F";
	case WIRE_MALFORMED:
		break;
	}
	return why;
}

int l2tp_message_read(struct l2tp_span datagram, struct l2tp_message *ret)
{
	struct wire_header h = { 0 };
	struct reader r;
	struct avp first;

	*ret = (struct l2tp_message){ .malformed = parse(datagram, &h) };
	if (ret->malformed)
		return -EBADMSG;
	ret->version = h.version;
	ret->tunnel_id = h.tunnel_id;
	ret->session_id = h.session_id;
	ret->ns = h.ns;
	ret->nr = h.nr;
	ret->body = h.body;
	r = reader_of(h.body);
	if (avp_next(&r, &first) && avp_is(&first, AVP_MESSAGE_TYPE) && !first.hidden) {
		r = reader_of(first.value);
		ret->type = get_u16(&r);
	}
	return 0;
}

bool l2tp_message_next(struct l2tp_message *m, bool secrets, struct l2tp_avp *ret)
{
	struct reader r = reader_of(m->body);
	const struct avp_row *row;
	struct text t;
	struct avp a;

	if (!avp_next(&r, &a)) {
		if (reader_bad(&r))
			m->malformed = "an AVP with an impossible length";
		return false;
	}
	m->body = get_rest(&r);
	row = a.reserved ? NULL : avp_find(AVP_VERSION(m->version), a.vendor, a.type);
	*ret = (struct l2tp_avp){ .vendor = a.vendor,
				  .type = a.type,
				  .name = row ? avp_name((uint16_t)avp_id_of(row)) : "?",
				  .mandatory = a.mandatory,
				  .hidden = a.hidden,
				  .secret = !a.hidden && is_secret(row),
				  .value = a.value };
	t = text_of(ret->text, sizeof(ret->text));
	if (ret->secret && !secrets)
		text_addf(&t, "*** (%zu octets)", a.value.len);
	else
		describe(&t, m->type, a.hidden ? NULL : row, a.value);
	return true;
}

/* ---- Unhide ------------------------------------------------------------------------------------------------- */

/* What we do not know may have been hidden by right. */
static bool may_be_hidden(uint8_t versions, const struct avp *a)
{
	const struct avp_row *known = avp_find(versions, a->vendor, a->type);

	return a->hidden && !a->reserved && (!known || known->hideable);
}

/* False: nothing has been written. */
static bool put_opened(struct writer *w, uint8_t versions, struct l2tp_span secret, struct l2tp_span vector,
		       const struct avp *a)
{
	const struct avp_row row = { .vendor = a->vendor, .type = a->type, .mandatory = a->mandatory };
	uint8_t plain[AVP_VALUE_MAX];
	struct l2tp_span value;
	bool opened = may_be_hidden(versions, a) && vector.len && msg_unhide(a->type, secret, vector, a->value, plain, &value);

	if (opened) {
		size_t begin = avp_begin(w, &row, false);
		put_span(w, value);
		avp_end(w, begin);
	}
	digest_wipe(plain, sizeof(plain));
	return opened;
}

static void put_body(struct writer *w, uint8_t versions, struct l2tp_span secret, struct l2tp_span body)
{
	struct reader r = reader_of(body);
	struct l2tp_span vector = { 0 };
	const uint8_t *at = r.at;
	struct avp a;

	for (; avp_next(&r, &a); at = r.at) {
		if (!put_opened(w, versions, secret, vector, &a))
			put_span(w, (struct l2tp_span){ at, (size_t)(r.at - at) });
		if (avp_is(&a, AVP_RANDOM_VECTOR) && !a.hidden)
			vector = a.value;
	}
	put_span(w, (struct l2tp_span){ at, body.len - (size_t)(at - body.data) }); /* what cannot be made out */
}

int describe_unhide(struct l2tp_span secret, struct l2tp_span datagram, uint8_t *out, size_t size, size_t *ret_len)
{
	enum { LENGTH_AT = 2 };
	struct writer w = writer_of(out, size);
	struct wire_header h = { 0 };
	size_t behind;

	if (parse(datagram, &h))
		return -EBADMSG;
	if (!secret.len)
		return -ENOKEY;
	behind = WIRE_CONTROL_HEADER + h.body.len;
	put_span(&w, (struct l2tp_span){ datagram.data, WIRE_CONTROL_HEADER });
	put_body(&w, AVP_VERSION(h.version), secret, h.body);
	if (!writer_bad(&w))
		put_u16_at(&w, LENGTH_AT, (uint16_t)writer_len(&w));
	put_span(&w, (struct l2tp_span){ datagram.data + behind, datagram.len - behind });
	if (writer_bad(&w))
		return -ENOBUFS;
	*ret_len = writer_len(&w);
	return 0;
}
