/* SPDX-License-Identifier: MIT */
/*
 * rates: the traffic rates of the sessions, from the kernel's counters.
 */
#ifndef RATES_H
#define RATES_H

#include "ctl.h"

struct rate {
	uint32_t tunnel, session;
	char interface[16], user[64], address[64], profile[64];
	double rx, tx; /* bit/s, between the last two answers */
};

struct rates;

enum rates_order { RATES_BOTH, RATES_RX, RATES_TX };

struct rates *rates_new(struct ctl *c);
/* List the sessions that match the verb's options, and read counters. */
enum status rates_refresh(struct rates *r);
/* All of them, the busiest first; valid until the next refresh. */
const struct rate *const *rates_sorted(struct rates *r, enum rates_order order, size_t *ret_n);
/* NULL is fine. */
void rates_free(struct rates *r);

#endif
