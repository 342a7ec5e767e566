/* SPDX-License-Identifier: MIT */
/*
 * idpool: tunnel and session ids that nobody can guess and that do not come back early.
 *
 * One hash table of (scope, id) holds every id that must not be handed out: those in use, and those in quarantine,
 * which are also chained in the order of their release.  Since the quarantine has one length and the clock does not
 * run backwards, that chain is sorted by the end of quarantine and expiry only ever looks at its head.
 *
 * An id is drawn at random, up to DRAWS times: in a space half full that fails once in 2^32 times.  In a space that is
 * nearly full the search goes on in ascending order from the last draw, PROBES ids at most.  So "no id left" is exact
 * for small spaces; of the 65535 ids of RFC 2661 it is said at the earliest when some 64000 are taken.  Were the search
 * to go everywhere, a peer that opens and closes calls could have us walk the whole space for every id that leaves
 * quarantine.
 *
 * Callers: the engine for tunnels, a tunnel for its sessions.  RFC 2661 4.4.3 and 4.4.4 (ids are not zero), 5.3, 9.1
 * (an id that cannot be guessed is what protects a session from a blind attacker), 5.7 (stray messages of the dead).
 */
#include "idpool.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

#define DRAWS 32
#define PROBES 1024

struct key {
	uint32_t scope, id;
};

struct node {
	struct key key;
	bool released;              /* in quarantine: */
	usec_t free_at;             /* its end */
	struct node *released_next; /* the one released after this one */
	UT_hash_handle hh;
};

struct idpool {
	void (*random)(void *ctx, void *p, size_t len);
	void *ctx;
	usec_t quarantine;
	struct node *nodes;             /* all, by key */
	struct node *oldest, *youngest; /* in quarantine */
};

static struct node *find(const struct idpool *p, uint32_t scope, uint32_t id)
{
	struct key key = { scope, id };
	struct node *n;

	HASH_FIND(hh, p->nodes, &key, sizeof(key), n);
	return n;
}

static uint32_t random_id(const struct idpool *p, uint32_t max)
{
	uint64_t r; /* so much wider than max that the remainder is as good as even */

	p->random(p->ctx, &r, sizeof(r));
	return (uint32_t)(r % max) + 1;
}

/* A free id, 0 if there is none. */
static uint32_t free_id(const struct idpool *p, uint32_t scope, uint32_t max)
{
	uint32_t id = 0;

	for (int i = 0; i < DRAWS; i++) {
		id = random_id(p, max);
		if (!find(p, scope, id))
			return id;
	}
	for (int i = 0; i < PROBES; i++) {
		id = id % max + 1; /* 1 follows max */
		if (!find(p, scope, id))
			return id;
	}
	return 0;
}

int idpool_new(void (*random)(void *ctx, void *p, size_t len), void *ctx, usec_t quarantine, struct idpool **ret)
{
	struct idpool *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->random = random;
	p->ctx = ctx;
	p->quarantine = quarantine;
	*ret = p;
	return 0;
}

void idpool_free(struct idpool *p)
{
	struct node *n, *next;

	if (!p)
		return;
	HASH_ITER(hh, p->nodes, n, next) {
		HASH_DEL(p->nodes, n);
		free(n);
	}
	free(p);
}

int idpool_acquire(struct idpool *p, uint32_t scope, uint32_t max, usec_t now, uint32_t *ret)
{
	struct node *n;
	uint32_t id;

	assert(max > 0);
	idpool_expire(p, now);
	id = free_id(p, scope, max);
	if (id == 0)
		return -ENOSPC;
	n = calloc(1, sizeof(*n));
	if (!n)
		return -ENOMEM;
	n->key = (struct key){ scope, id };
	HASH_ADD(hh, p->nodes, key, sizeof(n->key), n);
	if (!n->hh.tbl) { /* how uthash says that it had no memory */
		free(n);
		return -ENOMEM;
	}
	*ret = id;
	return 0;
}

void idpool_release(struct idpool *p, uint32_t scope, uint32_t id, usec_t now)
{
	struct node *n = find(p, scope, id);

	assert(n && !n->released);
	n->released = true;
	n->free_at = now + p->quarantine;
	if (p->youngest)
		p->youngest->released_next = n;
	else
		p->oldest = n;
	p->youngest = n;
}

void idpool_return(struct idpool *p, uint32_t scope, uint32_t id)
{
	struct node *n = find(p, scope, id);

	assert(n && !n->released);
	HASH_DEL(p->nodes, n);
	free(n);
}

bool idpool_taken(const struct idpool *p, uint32_t scope, uint32_t id)
{
	return find(p, scope, id);
}

void idpool_expire(struct idpool *p, usec_t now)
{
	struct node *n;

	while ((n = p->oldest) && n->free_at <= now) {
		p->oldest = n->released_next;
		if (!p->oldest)
			p->youngest = NULL;
		HASH_DEL(p->nodes, n);
		free(n);
	}
}
