/* SPDX-License-Identifier: MIT */
/*
 * avp: one AVP at a time (RFC 2661 4.1).
 *
 *	|M|H|rsvd(4)| Length(10) |  Vendor ID (16)  |  Attribute Type (16)  |  Value (Length - 6 octets)
 *
 * avp_next() is the only code that walks over received AVPs.  A value is read and written by its shape, through a
 * union, so that a struct msg changes only when all of the value has been found good.  Called by msg.c, which knows
 * messages, hiding and what the M bit entails; none of that is here.
 */
#include "avp.h"

#include <string.h>

#define FLAG_M 0x8000
#define FLAG_H 0x4000
#define RESERVED_MASK 0x3c00
#define LENGTH_MASK 0x03ff

_Static_assert(LENGTH_MASK == AVP_MAX, "the longest AVP is what Length can tell");

union avp_value {
	enum cm_type type;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	struct l2tp_span bytes;
	struct result_code result;
	struct q931_cause q931;
	struct l2tp_call_errors errors;
	struct accm accm;
	struct ppp_disconnect disconnect;
};

/* ---- Shapes: the value between octets and field ------------------------------------------------------------ */

static void read_type(struct reader *r, union avp_value *v)
{
	v->type = (enum cm_type)get_u16(r);
}

static void write_type(struct writer *w, const union avp_value *v)
{
	put_u16(w, (uint16_t)v->type);
}

static void read_u16(struct reader *r, union avp_value *v)
{
	v->u16 = get_u16(r);
}

static void write_u16(struct writer *w, const union avp_value *v)
{
	put_u16(w, v->u16);
}

static void read_id16(struct reader *r, union avp_value *v)
{
	v->u32 = get_u16(r);
}

static void write_id16(struct writer *w, const union avp_value *v)
{
	if (v->u32 > UINT16_MAX)
		writer_fail(w);
	put_u16(w, (uint16_t)v->u32);
}

static void read_u32(struct reader *r, union avp_value *v)
{
	v->u32 = get_u32(r);
}

static void write_u32(struct writer *w, const union avp_value *v)
{
	put_u32(w, v->u32);
}

static void read_u64(struct reader *r, union avp_value *v)
{
	v->u64 = get_u64(r);
}

static void write_u64(struct writer *w, const union avp_value *v)
{
	put_u64(w, v->u64);
}

static void read_bytes(struct reader *r, union avp_value *v)
{
	v->bytes = get_rest(r);
}

static void write_bytes(struct writer *w, const union avp_value *v)
{
	put_span(w, v->bytes);
}

/* Error code and text are there if the length says so (4.4.2). */
static void read_result(struct reader *r, union avp_value *v)
{
	v->result.result = get_u16(r);
	v->result.has_error = reader_left(r) > 0;
	v->result.error = v->result.has_error ? get_u16(r) : 0;
	v->result.text = get_rest(r);
}

static void write_result(struct writer *w, const union avp_value *v)
{
	put_u16(w, v->result.result);
	if (!v->result.has_error)
		return;
	put_u16(w, v->result.error);
	put_span(w, v->result.text);
}

static void read_q931(struct reader *r, union avp_value *v)
{
	v->q931.cause = get_u16(r);
	v->q931.msg = get_u8(r);
	v->q931.text = get_rest(r);
}

static void write_q931(struct writer *w, const union avp_value *v)
{
	put_u16(w, v->q931.cause);
	put_u8(w, v->q931.msg);
	put_span(w, v->q931.text);
}

static void read_errors(struct reader *r, union avp_value *v)
{
	(void)get_u16(r); /* reserved */
	v->errors.crc = get_u32(r);
	v->errors.framing = get_u32(r);
	v->errors.hardware_overrun = get_u32(r);
	v->errors.buffer_overrun = get_u32(r);
	v->errors.timeout = get_u32(r);
	v->errors.alignment = get_u32(r);
}

static void write_errors(struct writer *w, const union avp_value *v)
{
	put_u16(w, 0);
	put_u32(w, v->errors.crc);
	put_u32(w, v->errors.framing);
	put_u32(w, v->errors.hardware_overrun);
	put_u32(w, v->errors.buffer_overrun);
	put_u32(w, v->errors.timeout);
	put_u32(w, v->errors.alignment);
}

static void read_accm(struct reader *r, union avp_value *v)
{
	(void)get_u16(r); /* reserved */
	v->accm.send = get_u32(r);
	v->accm.receive = get_u32(r);
}

static void write_accm(struct writer *w, const union avp_value *v)
{
	put_u16(w, 0);
	put_u32(w, v->accm.send);
	put_u32(w, v->accm.receive);
}

static void read_disconnect(struct reader *r, union avp_value *v)
{
	v->disconnect.code = get_u16(r);
	v->disconnect.protocol = get_u16(r);
	v->disconnect.direction = get_u8(r);
	v->disconnect.text = get_rest(r);
}

static void write_disconnect(struct writer *w, const union avp_value *v)
{
	put_u16(w, v->disconnect.code);
	put_u16(w, v->disconnect.protocol);
	put_u8(w, v->disconnect.direction);
	put_span(w, v->disconnect.text);
}

static void read_nothing(struct reader *r, union avp_value *v)
{
	(void)r;
	(void)v;
}

static void write_nothing(struct writer *w, const union avp_value *v)
{
	(void)w;
	(void)v;
}

/* clang-format off */
static const struct {
	size_t size; /* of the field */
	void (*read)(struct reader *r, union avp_value *v);
	void (*write)(struct writer *w, const union avp_value *v);
} shapes[] = {
	[SHAPE_TYPE]   = { sizeof(enum cm_type),       read_type,    write_type },
	[SHAPE_U16]    = { sizeof(uint16_t),           read_u16,     write_u16 },
	[SHAPE_ID16]   = { sizeof(uint32_t),           read_id16,    write_id16 },
	[SHAPE_U32]    = { sizeof(uint32_t),           read_u32,     write_u32 },
	[SHAPE_U64]    = { sizeof(uint64_t),           read_u64,     write_u64 },
	[SHAPE_BYTES]  = { sizeof(struct l2tp_span),   read_bytes,   write_bytes },
	[SHAPE_FLAG]   = { 0,                          read_nothing, write_nothing },
	[SHAPE_RESULT] = { sizeof(struct result_code), read_result,  write_result },
	[SHAPE_Q931]   = { sizeof(struct q931_cause),  read_q931,    write_q931 },
	[SHAPE_ERRORS] = { sizeof(struct l2tp_call_errors), read_errors, write_errors },
	[SHAPE_ACCM]   = { sizeof(struct accm),        read_accm,    write_accm },
	[SHAPE_DISCONNECT] = { sizeof(struct ppp_disconnect), read_disconnect, write_disconnect },
};

/* clang-format on */

/* ---- Public ------------------------------------------------------------------------------------------------ */

bool avp_next(struct reader *body, struct avp *ret)
{
	struct avp a;
	uint16_t flags;

	if (!reader_left(body))
		return false;
	flags = get_u16(body);
	a.mandatory = flags & FLAG_M;
	a.hidden = flags & FLAG_H;
	a.reserved = flags & RESERVED_MASK;
	a.vendor = get_u16(body);
	a.type = get_u16(body);
	if ((flags & LENGTH_MASK) < AVP_HEADER)
		reader_fail(body);
	a.value = get_bytes(body, (size_t)(flags & LENGTH_MASK) - AVP_HEADER);
	if (reader_bad(body))
		return false;
	*ret = a;
	return true;
}

static bool in_range(const struct avp_row *row, const union avp_value *v)
{
	uint32_t n = row->shape == SHAPE_ID16 ? v->u32 : v->u16;

	return (row->shape != SHAPE_U16 && row->shape != SHAPE_ID16) || (n >= row->low && n <= row->high);
}

/* The one judge of values, received or about to be sent. */
static enum l2tp_error_code parse(const struct avp_row *row, struct l2tp_span value, union avp_value *ret)
{
	struct reader r = reader_of(value);

	if (value.len < row->min || value.len > row->max)
		return EC_LENGTH;
	shapes[row->shape].read(&r, ret);
	if (reader_bad(&r))
		return EC_LENGTH;
	return in_range(row, ret) ? EC_NONE : EC_VALUE;
}

enum l2tp_error_code avp_read(const struct avp_row *row, struct l2tp_span value, struct msg *m)
{
	union avp_value v;
	enum l2tp_error_code error = parse(row, value, &v);

	if (error != EC_NONE)
		return error;
	memcpy((uint8_t *)m + row->field, &v, shapes[row->shape].size);
	msg_set(m, avp_id_of(row));
	return EC_NONE;
}

size_t avp_begin(struct writer *w, const struct avp_row *row, bool hidden)
{
	size_t begin = writer_len(w);

	put_u16(w, (uint16_t)((row->mandatory ? FLAG_M : 0) | (hidden ? FLAG_H : 0)));
	put_u16(w, row->vendor);
	put_u16(w, row->type);
	return begin;
}

void avp_write(struct writer *w, const struct avp_row *row, const struct msg *m)
{
	size_t begin = writer_len(w);
	union avp_value v, written;
	struct l2tp_span value;

	memcpy(&v, (const uint8_t *)m + row->field, shapes[row->shape].size);
	shapes[row->shape].write(w, &v);
	if (writer_bad(w))
		return;
	value = (struct l2tp_span){ w->start + begin, writer_len(w) - begin };
	if (parse(row, value, &written) != EC_NONE)
		writer_fail(w);
}

void avp_end(struct writer *w, size_t begin)
{
	size_t len = writer_len(w) - begin;

	if (writer_bad(w))
		return;
	if (len > AVP_MAX)
		writer_fail(w);
	else
		put_u16_at(w, begin, (uint16_t)((size_t)w->start[begin] << 8 | len));
}
