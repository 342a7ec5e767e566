/* SPDX-License-Identifier: MIT */
/* source: see source.h.  Kept by registry.c, asked by admission.c. */
#include "source.h"

#include <stdlib.h>

static struct l2tp_addr source_key(const struct l2tp_addr *a)
{
	struct l2tp_addr key = *a;

	key.port = 0;
	return key;
}

struct source *source_find(const struct sources *l, const struct l2tp_addr *addr)
{
	struct l2tp_addr key = source_key(addr);
	struct source *s;

	HASH_FIND_BYHASHVALUE(hh, l->table, &key, sizeof(key), hash_keyed(&l->secret, &key, sizeof(key)), s);
	return s;
}

struct source *source_get(struct sources *l, const struct l2tp_addr *addr)
{
	struct source *s = source_find(l, addr);

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->addr = source_key(addr);
	HASH_ADD_BYHASHVALUE(hh, l->table, addr, sizeof(s->addr), hash_keyed(&l->secret, &s->addr, sizeof(s->addr)), s);
	if (s->hh.tbl)
		return s;
	free(s);
	return NULL;
}

void source_put(struct sources *l, struct source *s)
{
	if (s->half_open || s->dials)
		return;
	HASH_DELETE(hh, l->table, s);
	free(s);
}

void source_dial_begin(struct source *s, struct tunnel *t)
{
	t->dialing = true;
	t->next_dial = s->dials;
	t->prev_dial = NULL;
	if (s->dials)
		s->dials->prev_dial = t;
	s->dials = t;
}

void source_dial_end(struct sources *l, struct tunnel *t)
{
	struct source *s;

	if (!t->dialing)
		return;
	t->dialing = false;
	s = source_find(l, &t->dialed);
	*(t->prev_dial ? &t->prev_dial->next_dial : &s->dials) = t->next_dial;
	if (t->next_dial)
		t->next_dial->prev_dial = t->prev_dial;
	source_put(l, s);
}

void source_half_open_begin(struct sources *l, struct source *s, struct tunnel *t, usec_t now)
{
	t->half_open = true;
	t->begun = now;
	t->older = l->youngest;
	*(l->youngest ? &l->youngest->younger : &l->oldest) = t;
	l->youngest = t;
	s->half_open++;
	l->half_open++;
}

void source_half_open_end(struct sources *l, struct tunnel *t)
{
	struct source *s;

	if (!t->half_open)
		return;
	t->half_open = false;
	*(t->older ? &t->older->younger : &l->oldest) = t->younger;
	*(t->younger ? &t->younger->older : &l->youngest) = t->older;
	l->half_open--;
	s = source_find(l, &t->conn.peer);
	s->half_open--;
	source_put(l, s);
}
