/* SPDX-License-Identifier: MIT */
/*
 * throttle: how many strangers are listened to and answered: token buckets for new tunnels and for error answers, one
 * of each for every source and one for all.  Its size is fixed, whatever the network does.
 */
#ifndef THROTTLE_H
#define THROTTLE_H

#include "digest.h"

#define THROTTLE_BUCKETS 4096  /* of sources, which share them by their hash */
#define THROTTLE_MEMORY 262144 /* requests turned away */

/* A bucket is the time when it will be full again: one that was never used is full. */
struct throttle {
	uint8_t seed[DIGEST_LEN];          /* nobody can choose who shares a bucket */
	usec_t requests, errors;           /* of all */
	usec_t requests_of[THROTTLE_BUCKETS], errors_of[THROTTLE_BUCKETS];
	uint16_t turned_away[THROTTLE_MEMORY]; /* fingerprints */
};

void throttle_init(struct throttle *d, const struct l2tp_env *env);
/* May a new SCCRQ be looked at?  id is its digest.  When there are too many in all, or of its source, those that have
 * been turned away before come first: an honest peer repeats its request, a sender of forged addresses seldom does. */
bool throttle_request(struct throttle *d, const struct l2tp_limits *limits, const struct l2tp_addr *peer,
		  const uint8_t id[DIGEST_LEN], usec_t now);
/* May an error be answered? */
bool throttle_error(struct throttle *d, const struct l2tp_limits *limits, const struct l2tp_addr *peer, usec_t now);

#endif
