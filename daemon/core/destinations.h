/* SPDX-License-Identifier: MIT */
/*
 * destinations: what a lac profile dials, one after the other: a ring of the addresses of its first server's name, then
 * those of the second's, and so on.
 */
#ifndef DESTINATIONS_H
#define DESTINATIONS_H

#include "config/config.h"
#include "l2tp.h"

/* All zero: before the first one. */
struct destinations {
	size_t server, address; /* the next one: of the profile's servers, and of its name's addresses */
	bool fresh;             /* it has not been tried in this round */
};

/* The name that is to be resolved for the next one. */
const char *destinations_name(const struct destinations *d, const struct config_profile *p);
/* The next one, of the n > 0 addresses that its name has now. */
const struct l2tp_addr *destinations_pick(const struct destinations *d, const struct l2tp_addr *addrs, size_t n);
/* That one has been tried, and its name has n addresses; 0: none could be found. */
void destinations_advance(struct destinations *d, const struct config_profile *p, size_t n);
/* Which server of p's is the one that is called server of old's; false: none. */
bool destinations_find(const struct config_profile *p, const struct config_profile *old, size_t server, size_t *ret);

#endif
