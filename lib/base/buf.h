/* SPDX-License-Identifier: MIT */
/*
 * buf: the only way to octets.  A reader and a writer, bounded, big-endian, with a sticky error: the first failure
 * makes every later call a harmless no-op, and the caller asks once at the end.
 */
#ifndef BUF_H
#define BUF_H

#include "l2tp_base.h"

struct reader {
	const uint8_t *at, *end;
	bool bad;
};

struct reader reader_of(struct l2tp_span s);
size_t reader_left(const struct reader *r);
bool reader_bad(const struct reader *r);
/* What was read is wrong: from here on the reader is bad. */
void reader_fail(struct reader *r);
uint8_t get_u8(struct reader *r);
uint16_t get_u16(struct reader *r);
uint32_t get_u32(struct reader *r);
uint64_t get_u64(struct reader *r);
struct l2tp_span get_bytes(struct reader *r, size_t len);
struct l2tp_span get_rest(struct reader *r);
/* The next len octets as a reader of their own. */
struct reader get_window(struct reader *r, size_t len);

struct writer {
	uint8_t *start, *at, *end;
	bool bad;
};

struct writer writer_of(uint8_t *p, size_t size);
bool writer_bad(const struct writer *w);
void writer_fail(struct writer *w);
size_t writer_len(const struct writer *w);
/* What has been written; empty after a failure. */
struct l2tp_span writer_span(const struct writer *w);
void put_u8(struct writer *w, uint8_t v);
void put_u16(struct writer *w, uint16_t v);
void put_u32(struct writer *w, uint32_t v);
void put_u64(struct writer *w, uint64_t v);
void put_span(struct writer *w, struct l2tp_span s);
void put_zero(struct writer *w, size_t len);
/* Overwrite two octets at offset (of a length written later). */
void put_u16_at(struct writer *w, size_t offset, uint16_t v);

#endif
