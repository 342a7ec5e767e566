/* SPDX-License-Identifier: MIT */
/*
 * door: how many strangers are listened to and answered: token buckets for new tunnels and for error answers, one of
 * each for every source and one for all.  Its size is fixed, whatever the network does.
 */
#ifndef DOOR_H
#define DOOR_H

#include "digest.h"

#define DOOR_BUCKETS 4096  /* of sources, which share them by their hash */
#define DOOR_MEMORY 262144 /* requests turned away */

/* A bucket is the time when it will be full again: one that was never used is full. */
struct door {
	uint8_t seed[DIGEST_LEN];          /* nobody can choose who shares a bucket */
	usec_t requests, errors;           /* of all */
	usec_t requests_of[DOOR_BUCKETS], errors_of[DOOR_BUCKETS];
	uint16_t turned_away[DOOR_MEMORY]; /* fingerprints */
};

void door_init(struct door *d, const struct l2tp_env *env);
/* May a new SCCRQ be looked at?  id is its digest.  When all of them together are too many, those that have been
 * turned away before come first: who is honest repeats himself, who forges his address seldom does. */
bool door_request(struct door *d, const struct l2tp_limits *limits, const struct l2tp_addr *peer,
		  const uint8_t id[DIGEST_LEN], usec_t now);
/* May an error be answered? */
bool door_error(struct door *d, const struct l2tp_limits *limits, const struct l2tp_addr *peer, usec_t now);

#endif
