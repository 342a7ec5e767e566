/* SPDX-License-Identifier: MIT */
/*
 * hash: uthash as the whole library uses it.
 *
 * A table whose keys we draw ourselves has uthash's plain macros.  Where a peer chooses the key, it would find as many
 * as it likes that share a bucket: there the key is hashed with the engine's secret, hash_keyed(), for the macros
 * *_BYHASHVALUE.
 */
#ifndef HASH_H
#define HASH_H

#include "siphash.h"

#define HASH_NONFATAL_OOM 1 /* an element that found no memory has hh.tbl NULL: ask after each HASH_ADD */
#define HASH_FUNCTION HASH_FNV
#include <uthash.h>

struct hash_secret {
	uint8_t octets[SIPHASH_SECRET];
};

static inline unsigned hash_keyed(const struct hash_secret *secret, const void *key, size_t len)
{
	return (unsigned)siphash13(secret->octets, key, len);
}

#endif
