/* SPDX-License-Identifier: MIT */
/*
 * fuzz_wire_avp: a datagram, from header to decoded message and back.
 *
 *	octet 0     bits: strict, with a secret, no header (the rest is a body)
 *	the rest    the datagram
 *
 * A header that is read must be written back as it was; what decodes well and can be encoded at all must encode, hidden
 * or not, and decode to the same struct; a string must not point elsewhere than into the datagram or the scratch.
 */
#include "fuzz.h"
#include "lib/l2tp/msg.h"
#include "lib/l2tp/wire.h"
#include "msg_same.h"

enum { STRICT = 1, SECRET = 2, BODY = 4 };

static const struct l2tp_span secret = { (const uint8_t *)"secret", 6 };

static void check_header(const struct wire_header *h)
{
	static uint8_t out[WIRE_MAX];
	struct wire_header again;
	const char *why;
	size_t len = wire_control(h, out, sizeof(out));

	must(len == WIRE_CONTROL_HEADER + h->body.len, "a header that was read can be written");
	must(wire_parse((struct l2tp_span){ out, len }, &again, &why) == WIRE_CONTROL, "and read again");
	must(again.tunnel_id == h->tunnel_id && again.session_id == h->session_id && again.ns == h->ns &&
	     again.nr == h->nr && again.body.len == h->body.len, "as the same one");
}

/* Is it one that we could send?  A peer may forget what we never do, and may invent messages. */
static bool is_encodable(const struct msg *m)
{
	if (!msg_is_known(m->type))
		return false;
	for (uint16_t type = 0; type < AVP_COUNT; type++)
		if (!msg_has(m, type) && msg_place(m->type, type) >= PLACE_FORGIVEN)
			return false;
	return true;
}

static void check_round_trip(const struct msg *m, bool hide)
{
	static uint8_t out[2 * WIRE_MAX], scratch[2 * WIRE_MAX];
	struct msg_encoder e = { .secret = secret, .hide = hide, .vector = { 0x5a } };
	struct msg_decoder d = { .secret = secret, .scratch = scratch, .scratch_size = sizeof(out), .strict = true,
				 .avps = AVP_V2 };
	struct writer w = writer_of(out, sizeof(out));
	struct msg again;
	struct fault f;

	msg_encode(&e, m, &w);
	if (hide && writer_bad(&w)) /* a string of full length has no room for the hidden one's length */
		return;
	must(!writer_bad(&w), "what was decoded can be encoded");
	must(msg_decode(&d, writer_span(&w), &again, &f) == MSG_OK, "what was encoded can be decoded");
	must(msg_same(m, &again), "it is the same message");
}

static void check_body(struct l2tp_span body, uint8_t flags)
{
	uint8_t *scratch = malloc(body.len ? body.len : 1);
	struct msg_decoder d = { .avps = AVP_V2, .scratch = scratch, .scratch_size = body.len, .strict = flags & STRICT };
	struct l2tp_span places[] = { body, { scratch, body.len } };
	struct msg m;
	struct fault f;
	enum msg_verdict verdict;

	if (!scratch)
		return;
	if (flags & SECRET)
		d.secret = secret;
	verdict = msg_decode(&d, body, &m, &f);
	must((verdict == MSG_FAULT) == fault_is_set(&f), "a fault is told");
	must(memchr(f.text, 0, sizeof(f.text)), "its text ends");
	must(msg_lies_in(&m, places, 2), "strings point into the datagram");
	if (verdict == MSG_OK && is_encodable(&m)) {
		check_round_trip(&m, false);
		check_round_trip(&m, true);
	}
	free(scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, data + size };
	uint8_t flags = feed_u8(&f);
	struct l2tp_span datagram = feed_bytes(&f, WIRE_MAX);
	struct wire_header h = { .body = datagram };
	const char *why = NULL;
	enum wire_kind kind = WIRE_CONTROL;

	if (!(flags & BODY))
		kind = wire_parse(datagram, &h, &why);
	must((kind == WIRE_MALFORMED) == (why != NULL), "a reason for the malformed");
	if (kind != WIRE_CONTROL)
		return 0;
	if (!(flags & BODY))
		check_header(&h);
	check_body(h.body, flags);
	return 0;
}
