/* SPDX-License-Identifier: MIT */
/*
 * digest: MD5 as RFC 2661 uses it: the challenge response (4.4.3, the construction of CHAP) and AVP hiding (4.3).
 *
 * Hiding is a stream of 16-octet key blocks: the first is MD5(attribute type, secret, random vector), each further
 * one MD5(secret, previous block of ciphertext).  Key material is wiped before a function returns.  Called by msg.c
 * (hiding) and tunnel.c (authentication).
 */
#include "digest.h"

#include <assert.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <nettle/memxor.h>
#include <string.h>

_Static_assert(DIGEST_LEN == MD5_DIGEST_SIZE, "L2TPv2 digests are MD5");

static void add(struct md5_ctx *md5, struct l2tp_span s)
{
	if (s.len)
		md5_update(md5, s.len, s.data);
}

/* The hash of what was added, and a context without secrets. */
static void finish(struct md5_ctx *md5, uint8_t ret[DIGEST_LEN])
{
	md5_digest(md5, DIGEST_LEN, ret);
	digest_wipe(md5, sizeof(*md5));
}

void digest_response(uint8_t id, struct l2tp_span secret, struct l2tp_span challenge, uint8_t ret[DIGEST_LEN])
{
	struct md5_ctx md5;

	md5_init(&md5);
	add(&md5, (struct l2tp_span){ &id, sizeof(id) });
	add(&md5, secret);
	add(&md5, challenge);
	finish(&md5, ret);
}

bool digest_equal(struct l2tp_span a, struct l2tp_span b)
{
	return a.len == b.len && (a.len == 0 || memeql_sec(a.data, b.data, a.len));
}

static void first_key(uint16_t avp_type, struct l2tp_span secret, struct l2tp_span vector, uint8_t key[DIGEST_LEN])
{
	const uint8_t type[] = { (uint8_t)(avp_type >> 8), (uint8_t)avp_type };
	struct md5_ctx md5;

	md5_init(&md5);
	add(&md5, (struct l2tp_span){ type, sizeof(type) });
	add(&md5, secret);
	add(&md5, vector);
	finish(&md5, key);
}

static void next_key(struct l2tp_span secret, const uint8_t block[DIGEST_LEN], uint8_t key[DIGEST_LEN])
{
	struct md5_ctx md5;

	md5_init(&md5);
	add(&md5, secret);
	add(&md5, (struct l2tp_span){ block, DIGEST_LEN });
	finish(&md5, key);
}

/* Both directions; they differ in whether the ciphertext of a block is known before or after its XOR. */
static void apply(uint16_t avp_type, struct l2tp_span secret, struct l2tp_span vector, uint8_t *value, size_t len,
		  bool hide)
{
	uint8_t key[DIGEST_LEN], next[DIGEST_LEN];

	assert(secret.len);
	first_key(avp_type, secret, vector, key);
	for (; len > DIGEST_LEN; value += DIGEST_LEN, len -= DIGEST_LEN) {
		if (!hide)
			next_key(secret, value, next);
		memxor(value, key, DIGEST_LEN);
		if (hide)
			next_key(secret, value, next);
		memcpy(key, next, DIGEST_LEN);
	}
	memxor(value, key, len);
	digest_wipe(key, sizeof(key));
	digest_wipe(next, sizeof(next));
}

void digest_hide(uint16_t avp_type, struct l2tp_span secret, struct l2tp_span vector, uint8_t *value, size_t len)
{
	apply(avp_type, secret, vector, value, len, true);
}

void digest_unhide(uint16_t avp_type, struct l2tp_span secret, struct l2tp_span vector, uint8_t *value, size_t len)
{
	apply(avp_type, secret, vector, value, len, false);
}

void digest_wipe(void *p, size_t len)
{
	if (!len)
		return;
	memset(p, 0, len);
	/* The compiler must believe that it is read. */
	__asm__ volatile("" : : "r"(p) : "memory");
}
