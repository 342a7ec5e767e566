/* SPDX-License-Identifier: MIT */
/*
 * buf: bounded, big-endian reading and writing.
 *
 * Every octet that comes from or goes to the network passes here, so bounds are checked in two functions: take() and
 * room().  The error sticks: a reader that failed once stands at its end and yields zeros and empty spans, a writer
 * that failed once writes nothing more.  Callers therefore chain reads and ask once.
 *
 * A reader never owns its octets; spans it yields are as long-lived as the span it was made of.
 */
#include "buf.h"

#include <assert.h>
#include <string.h>

/* The next len octets, or NULL when there are not as many. */
static const uint8_t *take(struct reader *r, size_t len)
{
	const uint8_t *p = r->at;

	if (r->bad || len > (size_t)(r->end - r->at)) {
		reader_fail(r);
		return NULL;
	}
	if (len)
		r->at += len;
	return p;
}

static uint64_t take_number(struct reader *r, size_t octets)
{
	const uint8_t *p = take(r, octets);
	uint64_t v = 0;

	if (p)
		for (size_t i = 0; i < octets; i++)
			v = v << 8 | p[i];
	return v;
}

struct reader reader_of(struct l2tp_span s)
{
	return (struct reader){ .at = s.data, .end = s.len ? s.data + s.len : s.data };
}

size_t reader_left(const struct reader *r)
{
	return (size_t)(r->end - r->at);
}

bool reader_bad(const struct reader *r)
{
	return r->bad;
}

void reader_fail(struct reader *r)
{
	r->at = r->end;
	r->bad = true;
}

uint8_t get_u8(struct reader *r)
{
	return (uint8_t)take_number(r, 1);
}

uint16_t get_u16(struct reader *r)
{
	return (uint16_t)take_number(r, 2);
}

uint32_t get_u32(struct reader *r)
{
	return (uint32_t)take_number(r, 4);
}

uint64_t get_u64(struct reader *r)
{
	return take_number(r, 8);
}

struct l2tp_span get_bytes(struct reader *r, size_t len)
{
	const uint8_t *p = take(r, len);

	return (struct l2tp_span){ .data = p, .len = p ? len : 0 };
}

struct l2tp_span get_rest(struct reader *r)
{
	return get_bytes(r, reader_left(r));
}

struct reader get_window(struct reader *r, size_t len)
{
	struct reader window = reader_of(get_bytes(r, len));

	window.bad = r->bad;
	return window;
}

/* Space for len octets, or NULL when there is not as much. */
static uint8_t *room(struct writer *w, size_t len)
{
	uint8_t *p = w->at;

	if (w->bad || len > (size_t)(w->end - w->at)) {
		writer_fail(w);
		return NULL;
	}
	if (len)
		w->at += len;
	return p;
}

static void store(uint8_t *p, uint64_t v, size_t octets)
{
	for (size_t i = octets; i-- > 0; v >>= 8)
		p[i] = (uint8_t)v;
}

static void put_number(struct writer *w, uint64_t v, size_t octets)
{
	uint8_t *p = room(w, octets);

	if (p)
		store(p, v, octets);
}

struct writer writer_of(uint8_t *p, size_t size)
{
	return (struct writer){ .start = p, .at = p, .end = size ? p + size : p };
}

bool writer_bad(const struct writer *w)
{
	return w->bad;
}

void writer_fail(struct writer *w)
{
	w->bad = true;
}

size_t writer_len(const struct writer *w)
{
	return w->bad ? 0 : (size_t)(w->at - w->start);
}

struct l2tp_span writer_span(const struct writer *w)
{
	return (struct l2tp_span){ .data = w->start, .len = writer_len(w) };
}

void put_u8(struct writer *w, uint8_t v)
{
	put_number(w, v, 1);
}

void put_u16(struct writer *w, uint16_t v)
{
	put_number(w, v, 2);
}

void put_u32(struct writer *w, uint32_t v)
{
	put_number(w, v, 4);
}

void put_u64(struct writer *w, uint64_t v)
{
	put_number(w, v, 8);
}

void put_span(struct writer *w, struct l2tp_span s)
{
	uint8_t *p = room(w, s.len);

	if (p && s.len)
		memcpy(p, s.data, s.len);
}

void put_zero(struct writer *w, size_t len)
{
	uint8_t *p = room(w, len);

	if (p && len)
		memset(p, 0, len);
}

void put_u16_at(struct writer *w, size_t offset, uint16_t v)
{
	if (w->bad)
		return;
	assert(offset + 2 <= writer_len(w));
	store(w->start + offset, v, 2);
}
