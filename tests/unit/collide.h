/* SPDX-License-Identifier: MIT */
/*
 * collide: keys that share a bucket of a table whose hash is FNV-1a without a secret, as an attacker makes them.  The
 * low 16 bits of that hash depend on nothing but the low 16 bits of what went before, and each step can be undone.
 */
#ifndef COLLIDE_H
#define COLLIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FNV_BASIS 2166136261u
#define FNV_PRIME 16777619u

static inline uint16_t fnv16(uint16_t hash, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (uint16_t)((hash ^ p[i]) * FNV_PRIME);
	return hash;
}

static inline uint16_t fnv16_undo(uint16_t hash, const uint8_t *p, size_t len)
{
	uint32_t inverse = 1; /* of the prime: Newton's iteration doubles the bits that are right */

	for (int i = 0; i < 5; i++)
		inverse *= 2 - FNV_PRIME * inverse;
	while (len--)
		hash = (uint16_t)(hash * inverse ^ p[len]);
	return hash;
}

/* Choose the octets at and at + 1 of the key so that the low 16 bits of its hash are want.  False: there are none. */
static inline bool collide(uint8_t *key, size_t len, size_t at, uint16_t want)
{
	uint16_t before = fnv16((uint16_t)FNV_BASIS, key, at), after;

	key[at + 1] = 0;
	after = fnv16_undo(want, key + at + 1, len - at - 1);
	for (unsigned first = 0; first < 256; first++) {
		uint16_t h = (uint16_t)((before ^ first) * FNV_PRIME ^ after);

		if (h >> 8)
			continue;
		key[at] = (uint8_t)first;
		key[at + 1] = (uint8_t)h;
		return true;
	}
	return false;
}

#endif
