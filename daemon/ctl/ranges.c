/* SPDX-License-Identifier: MIT */
/*
 * ranges: sorted ranges of IPv4 addresses.
 *
 * Removing a range cuts the ranges that overlap it; adding one removes it first and then inserts it, so that ranges
 * never overlap.  Called by import.
 */
#include "ranges.h"

#include <string.h>

static uint64_t count_of(struct range r)
{
	return r.first > r.last ? 0 : (uint64_t)r.last - r.first + 1;
}

/* Copy the parts of a range that lie outside of cut. */
static size_t keep_outside(struct range part, struct range cut, struct range out[2])
{
	size_t n = 0;

	if (part.last < cut.first || part.first > cut.last) {
		out[n++] = part;
		return n;
	}
	if (part.first < cut.first)
		out[n++] = (struct range){ part.first, cut.first - 1 };
	if (part.last > cut.last)
		out[n++] = (struct range){ cut.last + 1, part.last };
	return n;
}

bool ranges_remove(struct ranges *r, struct range range)
{
	struct range rest[RANGES_MAX + 1];
	size_t n = 0;

	/* at most one is split in two */
	for (size_t i = 0; i < r->n; i++)
		n += keep_outside(r->at[i], range, rest + n);
	if (n > RANGES_MAX)
		return false;
	memcpy(r->at, rest, n * sizeof(rest[0]));
	r->n = n;
	return true;
}

bool ranges_add(struct ranges *r, struct range range)
{
	size_t i = 0;

	/* removing it may split a range, which needs room for one more */
	if (r->n + 2 > RANGES_MAX || !ranges_remove(r, range))
		return false;
	while (i < r->n && r->at[i].first < range.first)
		i++;
	memmove(r->at + i + 1, r->at + i, (r->n - i) * sizeof(r->at[0]));
	r->at[i] = range;
	r->n++;
	/* join it with an adjacent range */
	if (i + 1 < r->n && r->at[i].last + 1 == r->at[i + 1].first) {
		r->at[i].last = r->at[i + 1].last;
		memmove(r->at + i + 1, r->at + i + 2, (--r->n - i - 1) * sizeof(r->at[0]));
	}
	if (i > 0 && r->at[i - 1].last + 1 == r->at[i].first) {
		r->at[i - 1].last = r->at[i].last;
		memmove(r->at + i, r->at + i + 1, (--r->n - i) * sizeof(r->at[0]));
	}
	return true;
}

struct range ranges_longest(const struct ranges *r)
{
	struct range longest = { 1, 0 };

	for (size_t i = 0; i < r->n; i++)
		if (count_of(r->at[i]) > count_of(longest))
			longest = r->at[i];
	return longest;
}

uint64_t ranges_count(const struct ranges *r)
{
	uint64_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += count_of(r->at[i]);
	return n;
}

unsigned range_take_prefix(struct range *r, bool *has_more)
{
	unsigned bits = 32;

	/* one bit shorter, as long as the prefix begins there and ends within */
	while (bits > 0) {
		uint64_t size = (uint64_t)1 << (33 - bits);

		if (r->first % size != 0 || size > count_of(*r))
			break;
		bits--;
	}
	uint64_t next = (uint64_t)r->first + ((uint64_t)1 << (32 - bits));
	*has_more = next <= r->last;
	if (*has_more)
		r->first = (uint32_t)next;
	return bits;
}
