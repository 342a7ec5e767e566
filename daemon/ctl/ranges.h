/* SPDX-License-Identifier: MIT */
/*
 * ranges: a set of IPv4 addresses, to which ranges are added and from which ranges are removed.
 */
#ifndef RANGES_H
#define RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANGES_MAX 1024 /* of a set */

struct range {
	uint32_t first, last; /* host order, inclusive */
};

/* Sorted, without overlap. */
struct ranges {
	struct range at[RANGES_MAX];
	size_t n;
};

/* False: there would be too many ranges, and the set is unchanged. */
bool ranges_add(struct ranges *r, struct range range);
bool ranges_remove(struct ranges *r, struct range range);
/* The longest range; an empty one (first > last) if there is none. */
struct range ranges_longest(const struct ranges *r);
/* Addresses in all. */
uint64_t ranges_count(const struct ranges *r);

/* Take the largest prefix that begins at r->first and lies in the range off the range; has_more: something is left.
 * Returns the prefix's length. */
unsigned range_take_prefix(struct range *r, bool *has_more);

#endif
