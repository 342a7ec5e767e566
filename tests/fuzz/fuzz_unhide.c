/* SPDX-License-Identifier: MIT */
/*
 * fuzz_unhide: AVP hiding (RFC 2661 4.3).  The input describes a message twice over: once with AVPs in the clear, once
 * hidden.  Both must be decoded to the same, faults included; and whatever is hidden badly must do no harm.
 *
 *	length, secret          at least one octet
 *	message type
 *	and for each AVP:       flags, type, length, value; see below
 */
#include "fuzz.h"
#include "lib/l2tp/digest.h"
#include "lib/l2tp/msg.h"
#include "msg_same.h"

#define BODY_MAX 8192
#define TYPES 55 /* and some of them are not known */
#define NUMBER(id) avp_table[id].type
#define VALUES 1009           /* lengths: with the hidden one and padding it still fits an AVP */

enum {
	MANDATORY = 1,
	HIDDEN = 2,
	RAW = 4,      /* the octets are ciphertext: nobody knows what comes out */
	VECTOR = 8,   /* this is a Random Vector */
	PADDED = 16,  /* with this many octets of padding: */
	PADDING = 7,  /* its bits, in flags >> 5 */
	LONG = 128,   /* two octets of length */
};

/* Bits of the AVP header. */
#define BIT_M 0x8000
#define BIT_H 0x4000

struct pair {
	struct writer plain, hidden;
	struct l2tp_span secret, vector;
	uint64_t seen; /* bit (1 << type): described already */
	bool alike;    /* both bodies say the same */
};

static void put_header(struct writer *w, uint8_t flags, bool hidden, uint16_t type, size_t len)
{
	put_u16(w, (uint16_t)((flags & MANDATORY ? BIT_M : 0) | (hidden ? BIT_H : 0) | (AVP_HEADER + len)));
	put_u16(w, 0);
	put_u16(w, type);
}

static void put_plain(struct writer *w, uint8_t flags, bool hidden, uint16_t type, struct l2tp_span value)
{
	put_header(w, flags, hidden, type, value.len);
	put_span(w, value);
}

static void put_hidden(struct pair *p, uint8_t flags, uint16_t type, struct l2tp_span value)
{
	size_t padding = flags & PADDED ? flags >> 5 & PADDING : 0, len = sizeof(uint16_t) + value.len + padding, start;

	put_header(&p->hidden, flags, true, type, len);
	start = writer_len(&p->hidden);
	put_u16(&p->hidden, (uint16_t)value.len);
	put_span(&p->hidden, value);
	put_zero(&p->hidden, padding);
	if (!writer_bad(&p->hidden))
		digest_hide(type, p->secret, p->vector, p->hidden.start + start, len);
}

static void put_vector(struct pair *p, uint8_t flags, struct l2tp_span value)
{
	if (value.len)
		p->vector = value;
	put_plain(&p->plain, flags, false, NUMBER(AVP_RANDOM_VECTOR), value);
	put_plain(&p->hidden, flags, false, NUMBER(AVP_RANDOM_VECTOR), value);
}

static void put_avp(struct pair *p, uint8_t flags, uint16_t type, struct l2tp_span value)
{
	const struct avp_row *row = avp_find(AVP_V2, 0, type);

	/* a type is unhidden once in a message: a second one is another matter in the clear */
	p->alike = p->alike && !(p->seen >> type & 1);
	p->seen |= (uint64_t)1 << type;
	put_plain(&p->plain, flags, false, type, value);
	if (!(flags & HIDDEN)) {
		put_plain(&p->hidden, flags, false, type, value);
	} else if (flags & RAW || !p->vector.len) {
		p->alike = false;
		put_plain(&p->hidden, flags, true, type, value);
	} else {
		p->alike = p->alike && (!row || row->hideable);
		put_hidden(p, flags, type, value);
	}
}

static void describe(struct pair *p, struct feed *f)
{
	while (!feed_over(f)) {
		uint8_t flags = feed_u8(f), type = feed_u8(f) % TYPES;
		size_t len = flags & LONG ? feed_u16(f) : feed_u8(f);
		struct l2tp_span value = feed_bytes(f, len % VALUES);

		if (flags & VECTOR)
			put_vector(p, flags, value);
		else if (type != NUMBER(AVP_RANDOM_VECTOR))
			put_avp(p, flags, type, value);
	}
}

struct outcome {
	enum msg_verdict verdict;
	struct msg msg;
	struct fault fault;
	uint8_t *body, *scratch;
};

/* Decoded from memory that ends where the body ends, into scratch space of exactly the size that is asked for. */
static void decode(struct outcome *o, struct l2tp_span body, struct l2tp_span secret)
{
	o->body = malloc(body.len);
	o->scratch = malloc(body.len);
	if (!o->body || !o->scratch)
		abort();
	memcpy(o->body, body.data, body.len);
	struct msg_decoder d = { .avps = AVP_V2, .secret = secret, .scratch = o->scratch, .scratch_size = body.len };
	o->verdict = msg_decode(&d, (struct l2tp_span){ o->body, body.len }, &o->msg, &o->fault);
	struct l2tp_span places[] = { { o->body, body.len }, { o->scratch, body.len } };
	must(msg_lies_in(&o->msg, places, 2), "strings point into the datagram");
}

static void outcome_clear(struct outcome *o)
{
	free(o->body);
	free(o->scratch);
}

static void check(const struct pair *p)
{
	struct outcome plain, hidden;

	decode(&plain, writer_span(&p->plain), p->secret);
	decode(&hidden, writer_span(&p->hidden), p->secret);
	if (p->alike) {
		must(plain.verdict == hidden.verdict, "hiding changes no verdict");
		must(plain.fault.result == hidden.fault.result && plain.fault.error == hidden.fault.error &&
		     strcmp(plain.fault.text, hidden.fault.text) == 0, "hiding changes no fault");
		must(msg_same(&plain.msg, &hidden.msg), "hiding changes no value");
	}
	outcome_clear(&plain);
	outcome_clear(&hidden);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t plain[BODY_MAX], hidden[BODY_MAX];
	struct feed f = { data, data + size };
	struct pair p = { .plain = writer_of(plain, BODY_MAX), .hidden = writer_of(hidden, BODY_MAX), .alike = true };
	uint8_t type[2] = { 0 };

	p.secret = feed_bytes(&f, feed_u8(&f) % L2TP_SECRET_MAX + 1);
	if (!p.secret.len)
		return 0;
	type[1] = feed_u8(&f);
	put_plain(&p.plain, MANDATORY, false, NUMBER(AVP_MESSAGE_TYPE), (struct l2tp_span){ type, sizeof(type) });
	put_plain(&p.hidden, MANDATORY, false, NUMBER(AVP_MESSAGE_TYPE), (struct l2tp_span){ type, sizeof(type) });
	describe(&p, &f);
	if (!writer_bad(&p.plain) && !writer_bad(&p.hidden))
		check(&p);
	return 0;
}
