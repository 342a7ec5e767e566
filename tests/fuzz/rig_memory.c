/* SPDX-License-Identifier: MIT */
/* rig_memory: counts what is allocated, and makes allocations fail; see rig.h. */
#include <malloc.h>

#include "rig.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void __wrap_free(void *p);

static uint32_t fail_at;
static size_t used;

static bool fails(void)
{
	return fail_at > 0 && --fail_at == 0;
}

static void *count(void *p)
{
	used += malloc_usable_size(p);
	return p;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : count(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t size)
{
	size_t before = malloc_usable_size(p);
	void *q = fails() ? NULL : count(__real_realloc(p, size));

	used -= q ? before : 0;
	return q;
}

void __wrap_free(void *p)
{
	used -= malloc_usable_size(p);
	__real_free(p);
}

void memory_fail_at(uint32_t n)
{
	fail_at = n;
}

size_t memory_used(void)
{
	return used;
}

void *memory_alloc(size_t size)
{
	void *p = __real_malloc(size ? size : 1);

	if (!p)
		abort();
	return p;
}

void memory_free(void *p)
{
	__real_free(p);
}
