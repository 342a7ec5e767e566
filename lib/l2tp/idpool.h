/* SPDX-License-Identifier: MIT */
/*
 * idpool: unpredictable ids that are not used again early.
 *
 * An id is drawn at random, never 0 (RFC 2661 5.3, 9.1).  A released id is kept in quarantine, so that stray packets
 * of its former owner, and a kernel still tearing it down, cannot meet a new one.  A scope separates id spaces that
 * may hold the same numbers: 0 for tunnels, the tunnel's id for its sessions.
 */
#ifndef IDPOOL_H
#define IDPOOL_H

#include "l2tp.h"

struct idpool; /* one for an engine */

int idpool_new(void (*random)(void *ctx, void *p, size_t len), void *ctx, usec_t quarantine, struct idpool **ret);
void idpool_free(struct idpool *p);

/* Draw an id of 1 .. max.  -ENOSPC: all are in use or in quarantine, or all but very few of a large space; -ENOMEM */
int idpool_acquire(struct idpool *p, uint32_t scope, uint32_t max, usec_t now, uint32_t *ret);
/* Into quarantine until now + quarantine. */
void idpool_release(struct idpool *p, uint32_t scope, uint32_t id, usec_t now);
/* Free again at once: nobody has been told of it. */
void idpool_return(struct idpool *p, uint32_t scope, uint32_t id);
/* In use or in quarantine? */
bool idpool_taken(const struct idpool *p, uint32_t scope, uint32_t id);
/* Forget what has served its quarantine: memory is bounded by the ids released within it. */
void idpool_expire(struct idpool *p, usec_t now);

#endif
