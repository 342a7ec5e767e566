/* SPDX-License-Identifier: MIT */
/* endpoint: see endpoint.h.  Kept by registry.c. */
#include "endpoint.h"

#include <stdlib.h>

static unsigned addr_hash(const struct endpoints *l, const struct l2tp_addr *addr)
{
	return hash_keyed(&l->secret, addr, sizeof(*addr));
}

struct endpoint *endpoint_find(const struct endpoints *l, const struct l2tp_addr *addr)
{
	struct endpoint *e;

	HASH_FIND_BYHASHVALUE(hh, l->table, addr, sizeof(*addr), addr_hash(l, addr), e);
	return e;
}

static struct endpoint *endpoint_get(struct endpoints *l, const struct l2tp_addr *addr)
{
	struct endpoint *e = endpoint_find(l, addr);

	if (e)
		return e;
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->addr = *addr;
	HASH_ADD_BYHASHVALUE(hh, l->table, addr, sizeof(e->addr), addr_hash(l, addr), e);
	if (e->hh.tbl)
		return e;
	free(e);
	return NULL;
}

static void link_first(struct endpoint *e, struct tunnel *t)
{
	t->prev_here = NULL;
	t->next_here = e->first;
	*(e->first ? &e->first->prev_here : &e->last) = t;
	e->first = t;
}

static void unlink_here(struct endpoint *e, struct tunnel *t)
{
	*(t->prev_here ? &t->prev_here->next_here : &e->first) = t->next_here;
	*(t->next_here ? &t->next_here->prev_here : &e->last) = t->prev_here;
}

void endpoint_enter(struct endpoints *l, struct tunnel *t)
{
	struct endpoint *e = endpoint_get(l, &t->conn.peer);

	t->endpoint = e;
	if (!e)
		return;
	link_first(e, t);
	e->begun = t;
}

void endpoint_stand(struct tunnel *t)
{
	if (t->endpoint)
		t->endpoint->standing = t;
}

void endpoint_leave(struct endpoints *l, struct tunnel *t)
{
	struct endpoint *e = t->endpoint;

	if (!e)
		return;
	t->endpoint = NULL;
	unlink_here(e, t);
	if (e->begun == t)
		e->begun = NULL;
	if (e->standing == t)
		e->standing = NULL;
	if (e->first)
		return;
	HASH_DELETE(hh, l->table, e);
	free(e);
}

struct tunnel *endpoint_rotate(struct endpoint *e)
{
	struct tunnel *t = e->last;

	unlink_here(e, t);
	link_first(e, t);
	return t;
}
