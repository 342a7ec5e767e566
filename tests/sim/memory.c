/* SPDX-License-Identifier: MIT */
/*
 * memory: how much an engine holds, and allocations that fail.  The program is linked with
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free; what is allocated while an engine runs is that engine's.
 */
#include "sim.h"

#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

static struct memory *owner;

void memory_owner(struct memory *m)
{
	owner = m;
}

static bool refused(void)
{
	return owner && owner->failures && next_random(&owner->random) % 10000 < owner->failures;
}

/* In front of each block is its size: what malloc_usable_size() says depends on what was there before. */
union header {
	size_t size;
	max_align_t align;
};

static union header *header_of(void *p)
{
	return (union header *)p - 1;
}

static void *taken(union header *h, size_t size)
{
	if (!h)
		return NULL;
	h->size = size;
	if (owner)
		owner->held += size;
	return h + 1;
}

void *__wrap_malloc(size_t size)
{
	return refused() ? NULL : taken(__real_malloc(sizeof(union header) + size), size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refused() ? NULL : taken(__real_calloc(1, sizeof(union header) + n * size), n * size);
}

void *__wrap_realloc(void *p, size_t size)
{
	size_t before = p ? header_of(p)->size : 0;
	union header *h;

	if (refused() || !(h = __real_realloc(p ? header_of(p) : NULL, sizeof(*h) + size)))
		return NULL;
	if (owner)
		owner->held -= before;
	return taken(h, size);
}

void __wrap_free(void *p)
{
	if (!p)
		return;
	if (owner)
		owner->held -= header_of(p)->size;
	__real_free(header_of(p));
}

void *memory_alloc(size_t size)
{
	return __real_malloc(size);
}

void memory_free(void *p)
{
	__real_free(p);
}
