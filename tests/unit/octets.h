/* SPDX-License-Identifier: MIT */
/* octets: spans for tests, from text and from hexadecimal digits. */
#ifndef OCTETS_H
#define OCTETS_H

#include "l2tp.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A string constant as a span; also in static initialisers. */
#define TEXT(s) { (const uint8_t *)(s), sizeof(s) - 1 }

static inline struct l2tp_span span_of(const void *data, size_t len)
{
	return (struct l2tp_span){ data, len };
}

static inline uint8_t hex_digit(char c)
{
	return (uint8_t)(isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10);
}

/* "8008 00ff", white space ignored, into out.  Called in loops: a passed ck_assert() costs a system call. */
static inline struct l2tp_span hex(const char *text, uint8_t *out, size_t size)
{
	size_t digits = 0;

	for (; *text; text++) {
		if (isspace((unsigned char)*text))
			continue;
		if (!isxdigit((unsigned char)*text) || digits / 2 >= size)
			ck_abort_msg("not hexadecimal or too long: %s", text);
		out[digits / 2] = (uint8_t)(digits % 2 ? out[digits / 2] << 4 | hex_digit(*text) : hex_digit(*text));
		digits++;
	}
	if (digits % 2)
		ck_abort_msg("half an octet");
	return span_of(out, digits / 2);
}

static inline bool span_equal(struct l2tp_span a, struct l2tp_span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* A copy that ends where its allocation ends, so that the sanitizer sees a step beyond. */
static inline struct l2tp_span tight_copy(struct l2tp_span s)
{
	uint8_t *p = malloc(s.len ? s.len : 1);

	if (!p)
		abort();
	if (s.len)
		memcpy(p, s.data, s.len);
	return span_of(s.len ? p : p + 1, s.len);
}

static inline void tight_free(struct l2tp_span s)
{
	free((void *)(s.len ? s.data : s.data - 1));
}

#endif
