/* SPDX-License-Identifier: MIT */
/*
 * ranges: a set of IPv4 addresses, made by adding and removing ranges in turn; what comes later wins.
 */
#ifndef RANGES_H
#define RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANGES_MAX 1024 /* that the set may fall into */

struct range {
	uint32_t first, last; /* host order, inclusive */
};

/* Sorted, without overlap. */
struct ranges {
	struct range at[RANGES_MAX];
	size_t n;
};

/* False: it would fall into too many ranges, and is as it was. */
bool ranges_add(struct ranges *r, struct range range);
bool ranges_remove(struct ranges *r, struct range range);
/* The longest one; an empty one (first behind last) if there is none. */
struct range ranges_longest(const struct ranges *r);
/* Addresses in all. */
uint64_t ranges_count(const struct ranges *r);

/* The largest prefix that begins at r->first and lies in the range; the range is what is left behind it, and has_more
 * says whether there is anything.  Returns the prefix's length. */
unsigned range_take_prefix(struct range *r, bool *has_more);

#endif
