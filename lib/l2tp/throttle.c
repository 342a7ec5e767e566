/* SPDX-License-Identifier: MIT */
/*
 * throttle: see throttle.h.  Asked by admission.c for a message that belongs to no tunnel, before it is read.
 *
 * Everything is an array of fixed size, hashed with a key that is drawn for each engine: no allocation, no search, and
 * nothing that a flood could make grow.  Two sources in one bucket share its rate; a source is an IPv4 address or the
 * /64 of an IPv6 one.  The fingerprints of requests turned away overwrite each other: one that comes again most likely
 * finds itself, unless some 200,000 others have been turned away meanwhile; a stranger does once in 65536 times.
 */
#include "throttle.h"

#include <string.h>

#define BURST (2 * USEC_PER_SEC) /* a full bucket holds what flows in meanwhile */
#define PREFIX_V6 8              /* octets */

static void hash(const struct throttle *d, const void *p, size_t len, uint8_t ret[DIGEST_LEN])
{
	digest_response(0, (struct l2tp_span){ d->seed, sizeof(d->seed) }, (struct l2tp_span){ p, len }, ret);
}

static uint32_t word(const uint8_t *h)
{
	uint32_t v;

	memcpy(&v, h, sizeof(v));
	return v;
}

static uint32_t bucket_of(const struct throttle *d, const struct l2tp_addr *peer)
{
	struct l2tp_addr key = *peer;
	uint8_t h[DIGEST_LEN];

	key.port = 0;
	if (key.family == 6)
		memset(key.ip + PREFIX_V6, 0, sizeof(key.ip) - PREFIX_V6);
	hash(d, &key, sizeof(key), h);
	return word(h) % THROTTLE_BUCKETS;
}

static usec_t interval(uint32_t rate)
{
	return USEC_PER_SEC / rate;
}

/* Has the bucket one left, when no more than burst may be taken from a full one? */
static bool has_one(usec_t full_at, uint32_t rate, usec_t burst, usec_t now)
{
	return full_at + interval(rate) <= now + burst;
}

static void take(usec_t *full_at, uint32_t rate, usec_t now)
{
	*full_at = (*full_at > now ? *full_at : now) + interval(rate);
}

void throttle_init(struct throttle *d, const struct l2tp_env *env)
{
	env->random(env->ctx, d->seed, sizeof(d->seed));
}

bool throttle_request(struct throttle *d, const struct l2tp_limits *limits, const struct l2tp_addr *peer,
		  const uint8_t id[DIGEST_LEN], usec_t now)
{
	struct {
		struct l2tp_addr peer;
		uint8_t id[DIGEST_LEN];
	} who = { .peer = *peer };
	usec_t *mine = &d->requests_of[bucket_of(d, peer)], burst;
	uint16_t *slot, tag;
	uint8_t h[DIGEST_LEN];

	memcpy(who.id, id, sizeof(who.id));
	hash(d, &who, sizeof(who), h);
	slot = &d->turned_away[word(h) % THROTTLE_MEMORY];
	tag = (uint16_t)word(h + sizeof(uint32_t));
	/* the second half of a bucket is for those who come again; also of a source's, whose address may be forged */
	burst = *slot == tag ? BURST : BURST / 2;
	if (!has_one(*mine, limits->sccrq_per_second_per_source, burst, now) ||
	    !has_one(d->requests, limits->sccrq_per_second, burst, now)) {
		*slot = tag;
		return false;
	}
	take(&d->requests, limits->sccrq_per_second, now);
	take(mine, limits->sccrq_per_second_per_source, now);
	return true;
}

bool throttle_error(struct throttle *d, const struct l2tp_limits *limits, const struct l2tp_addr *peer, usec_t now)
{
	usec_t *mine = &d->errors_of[bucket_of(d, peer)];

	if (!has_one(*mine, limits->errors_per_second_per_source, BURST, now) ||
	    !has_one(d->errors, limits->errors_per_second, BURST, now))
		return false;
	take(&d->errors, limits->errors_per_second, now);
	take(mine, limits->errors_per_second_per_source, now);
	return true;
}
