/* SPDX-License-Identifier: MIT */
/*
 * fuzz: what the fuzz targets share.  A target is one function of libFuzzer's shape; clang links it with libFuzzer,
 * every other build with replay.c, which runs the corpus.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "l2tp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise of the code under test; broken, this input is a finding. */
static inline void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "fuzz: broken: %s\n", what);
	abort();
}

/* The input as a sequence of numbers; behind its end there are zeros. */
struct feed {
	const uint8_t *at, *end;
};

static inline bool feed_over(const struct feed *f)
{
	return f->at == f->end;
}

static inline uint8_t feed_u8(struct feed *f)
{
	return feed_over(f) ? 0 : *f->at++;
}

static inline uint16_t feed_u16(struct feed *f)
{
	uint16_t high = feed_u8(f);

	return (uint16_t)(high << 8 | feed_u8(f));
}

/* The next len octets, or what is left of them. */
static inline struct l2tp_span feed_bytes(struct feed *f, size_t len)
{
	struct l2tp_span s = { f->at, (size_t)(f->end - f->at) < len ? (size_t)(f->end - f->at) : len };

	f->at += s.len;
	return s;
}

#endif
