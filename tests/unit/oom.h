/* SPDX-License-Identifier: MIT */
/*
 * oom: make the n-th allocation from now on fail.  To be included by one file of a test program that is linked with
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc.
 */
#ifndef OOM_H
#define OOM_H

#include <stddef.h>

static int oom_at; /* 1: the next one fails; 0: none does */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

static int oom_now(void)
{
	return oom_at > 0 && --oom_at == 0;
}

void *__wrap_malloc(size_t size)
{
	return oom_now() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return oom_now() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return oom_now() ? NULL : __real_realloc(old, size);
}

#endif
