/* SPDX-License-Identifier: MIT */
/* pool: the IPv4 addresses that a pool has to give.  Addresses are in host order; 0 is never one of them. */
#ifndef POOL_H
#define POOL_H

#include <stdbool.h>
#include <stdint.h>

struct pool;

/* From first to last, inclusive.  -EINVAL: not a range; -ENOMEM */
int pool_new(uint32_t first, uint32_t last, struct pool **ret);
void pool_free(struct pool *p); /* NULL is fine */

/* The address that has been free for longest, 0: none is. */
uint32_t pool_acquire(struct pool *p);
/* Is it one of the pool's? */
bool pool_covers(const struct pool *p, uint32_t address);
/* Mark as given one that is in use already; before the first one is acquired. */
void pool_take(struct pool *p, uint32_t address);
void pool_release(struct pool *p, uint32_t address);

uint32_t pool_size(const struct pool *p);
uint32_t pool_used(const struct pool *p);

#endif
