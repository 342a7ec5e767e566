/* SPDX-License-Identifier: MIT */
/*
 * wire: the header in front of a message (RFC 2661 3.1).  The first two octets and Length are those of every version; what
 * follows is its codec's.  That of L2TPv2:
 *
 *	 0                   1                   2                   3
 *	|T|L|x|x|S|x|O|P|x|x|x|x|  Ver  |          Length (opt)         |
 *	|           Tunnel ID           |           Session ID          |
 *	|             Ns (opt)          |             Nr (opt)          |
 *	|      Offset Size (opt)        |    Offset pad... (opt)
 *
 * Called by the engine for each datagram received, and for each control message at each transmission.  Reserved bits
 * (x) are ignored on receipt, P means nothing to a control message, and what follows Length is not looked at.
 */
#include "wire.h"

#define FLAG_T 0x8000 /* control message */
#define FLAG_L 0x4000 /* Length is there */
#define FLAG_S 0x0800 /* Ns and Nr are there */
#define FLAG_O 0x0200 /* Offset Size is there */
#define VERSION_MASK 0x000f

#define VERSION_L2F 1
#define VERSION_2 2
#define CONTROL_FLAGS (FLAG_T | FLAG_L | FLAG_S)

/* ---- Version 2 ---------------------------------------------------------------------------------------------- */

static void read_header(struct reader *r, uint16_t flags, struct wire_header *h)
{
	h->tunnel_id = get_u16(r);
	h->session_id = get_u16(r);
	if (flags & FLAG_S) {
		h->ns = get_u16(r);
		h->nr = get_u16(r);
	}
	if (flags & FLAG_O)
		(void)get_bytes(r, get_u16(r));
	h->body = get_rest(r);
}

static void put_id(struct writer *w, uint32_t id)
{
	if (id > UINT16_MAX)
		writer_fail(w);
	put_u16(w, (uint16_t)id);
}

size_t wire_control(const struct wire_header *h, uint8_t *out, size_t size)
{
	struct writer w = writer_of(out, size);

	if (h->body.len > WIRE_MAX - WIRE_CONTROL_HEADER)
		return 0;
	put_u16(&w, CONTROL_FLAGS | VERSION_2);
	put_u16(&w, (uint16_t)(WIRE_CONTROL_HEADER + h->body.len));
	put_id(&w, h->tunnel_id);
	put_id(&w, h->session_id);
	put_u16(&w, h->ns);
	put_u16(&w, h->nr);
	put_span(&w, h->body);
	return writer_len(&w);
}

const struct wire_codec wire_v2 = { VERSION_2, read_header, wire_control };

/* ---- Any version -------------------------------------------------------------------------------------------- */

static const struct wire_codec *codec_of(unsigned version)
{
	static const struct wire_codec *const codecs[] = { &wire_v2 };

	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (codecs[i]->version == version)
			return codecs[i];
	return NULL;
}

static enum wire_kind malformed(const char **why, const char *text)
{
	*why = text;
	return WIRE_MALFORMED;
}

/* What follows the flags, up to Length where there is one; bad where that cannot be. */
static struct reader read_length(struct reader *r, uint16_t flags)
{
	size_t before = sizeof(flags) + sizeof(uint16_t), len;

	if (!(flags & FLAG_L))
		return *r;
	len = get_u16(r);
	if (len < before)
		reader_fail(r);
	return get_window(r, len - before);
}

enum wire_kind wire_parse(struct l2tp_span datagram, struct wire_header *ret, const char **why)
{
	struct reader r = reader_of(datagram);
	struct wire_header h = { 0 };
	const struct wire_codec *codec;
	uint16_t flags = get_u16(&r);

	if (reader_bad(&r))
		return malformed(why, "shorter than two octets");
	if ((flags & VERSION_MASK) == VERSION_L2F)
		return WIRE_L2F;
	codec = codec_of(flags & VERSION_MASK);
	if (!codec)
		return malformed(why, "unknown version");
	if ((flags & FLAG_T) && (flags & (CONTROL_FLAGS | FLAG_O)) != CONTROL_FLAGS)
		return malformed(why, "control message without length or sequence numbers, or with an offset");

	r = read_length(&r, flags);
	h.version = codec->version;
	codec->read(&r, flags, &h);
	if (reader_bad(&r))
		return malformed(why, "header or length exceeds the datagram");
	*ret = h;
	return flags & FLAG_T ? WIRE_CONTROL : WIRE_DATA;
}
