/* SPDX-License-Identifier: MIT */
/*
 * siphash: SipHash-c-d of Aumasson and Bernstein ("SipHash: a fast short-input PRF", 2012) with c = 1 and d = 3, the
 * variant that hash tables use: one round for each word of eight octets, three at the end.  Numbers are read in little
 * endian, on any machine.  Used through hash.h for tables whose keys a peer chooses.
 */
#include "siphash.h"

#define WORD 8 /* octets */

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

/* The first len octets, the first one lowest. */
static uint64_t load(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	for (size_t i = 0; i < len; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

static void sip_round(struct state *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

static void compress(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

uint64_t siphash13(const uint8_t secret[SIPHASH_SECRET], const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t k0 = load(secret, WORD), k1 = load(secret + WORD, WORD);
	/* "somepseudorandomlygeneratedbytes" */
	struct state s = { k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du, k0 ^ 0x6c7967656e657261u,
			   k1 ^ 0x7465646279746573u };
	size_t left = len;

	for (; left >= WORD; left -= WORD, p += WORD)
		compress(&s, load(p, WORD));
	compress(&s, load(p, left) | (uint64_t)len << 56);
	s.v2 ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
