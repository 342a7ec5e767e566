/* SPDX-License-Identifier: MIT */
/*
 * pool: IPv4 addresses for the peers of a profile.
 *
 * Packets to a peer that has just left may still arrive, so an address is reused as late as possible: first all that
 * were never given, in order, then those that were returned, oldest first.  That is one queue; its first part needs
 * no memory but a counter, its second one is a list threaded through an array with an entry for each address.  The
 * array comes zeroed from calloc(), which for a large pool means pages that do not exist before they are written.
 *
 * Both operations take constant time.  Returning what was not given is our own error.  The driver calls this.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include "pool.h"

/* next[i]: NO_LINK, GIVEN, or the index + 1 of the address returned after address i */
#define NO_LINK 0
#define GIVEN UINT32_MAX

struct pool {
	uint32_t first, size, used;
	uint32_t fresh;      /* from here on never given */
	uint32_t head, tail; /* list of the returned, as links */
	uint32_t next[];
};

int pool_new(uint32_t first, uint32_t last, struct pool **ret)
{
	/* both ends of the address space stay out, so that size and links cannot overflow */
	if (first == 0 || last < first || last == UINT32_MAX)
		return -EINVAL;

	uint32_t size = last - first + 1;
	struct pool *p = calloc(1, sizeof(*p) + size * sizeof(p->next[0]));
	if (!p)
		return -ENOMEM;
	p->first = first;
	p->size = size;
	*ret = p;
	return 0;
}

void pool_free(struct pool *p)
{
	free(p);
}

uint32_t pool_acquire(struct pool *p)
{
	uint32_t i;

	while (p->fresh < p->size && p->next[p->fresh] == GIVEN) /* taken */
		p->fresh++;
	if (p->fresh < p->size) {
		i = p->fresh++;
	} else if (p->head != NO_LINK) {
		i = p->head - 1;
		p->head = p->next[i];
		if (p->head == NO_LINK)
			p->tail = NO_LINK;
	} else {
		return 0;
	}
	p->next[i] = GIVEN;
	p->used++;
	return p->first + i;
}

bool pool_covers(const struct pool *p, uint32_t address)
{
	return address >= p->first && address - p->first < p->size;
}

void pool_take(struct pool *p, uint32_t address)
{
	assert(pool_covers(p, address) && p->fresh == 0 && p->next[address - p->first] == NO_LINK);
	p->next[address - p->first] = GIVEN;
	p->used++;
}

void pool_release(struct pool *p, uint32_t address)
{
	uint32_t i = address - p->first;

	assert(pool_covers(p, address) && p->next[i] == GIVEN);
	p->next[i] = NO_LINK;
	p->used--;
	if (i >= p->fresh)
		return; /* taken, and given back before its turn has come */
	if (p->tail != NO_LINK)
		p->next[p->tail - 1] = i + 1;
	else
		p->head = i + 1;
	p->tail = i + 1;
}

uint32_t pool_size(const struct pool *p)
{
	return p->size;
}

uint32_t pool_used(const struct pool *p)
{
	return p->used;
}
