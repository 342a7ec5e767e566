/* SPDX-License-Identifier: MIT */
/* source: see source.h.  Kept by registry.c, asked by admission.c. */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX_V6 8 /* octets */

static struct l2tp_addr source_key(const struct l2tp_addr *a)
{
	struct l2tp_addr key = *a;

	key.port = 0;
	if (key.family == 6)
		memset(key.ip + PREFIX_V6, 0, sizeof(key.ip) - PREFIX_V6);
	return key;
}

static unsigned key_hash(const struct sources *l, const struct l2tp_addr *key)
{
	return hash_keyed(&l->secret, key, sizeof(*key));
}

struct source *source_find(const struct sources *l, const struct l2tp_addr *addr)
{
	struct l2tp_addr key = source_key(addr);
	struct source *s;

	HASH_FIND_BYHASHVALUE(hh, l->table, &key, sizeof(key), key_hash(l, &key), s);
	return s;
}

static struct source *source_new(struct sources *l, const struct l2tp_addr *addr)
{
	struct source *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->key = source_key(addr);
	HASH_ADD_BYHASHVALUE(hh, l->table, key, sizeof(s->key), key_hash(l, &s->key), s);
	if (s->hh.tbl)
		return s;
	free(s);
	return NULL;
}

int source_join(struct sources *l, struct tunnel *t)
{
	struct source *s = source_find(l, &t->conn.peer);

	if (!s && !(s = source_new(l, &t->conn.peer)))
		return -ENOMEM;
	t->source = s;
	t->conn.use = &s->use;
	s->tunnels++;
	s->use.tunnels += !t->initiator;
	return 0;
}

void source_leave(struct sources *l, struct source *s, bool initiator)
{
	s->use.tunnels -= !initiator;
	if (--s->tunnels)
		return;
	HASH_DELETE(hh, l->table, s);
	free(s);
}

static bool same_host(const struct l2tp_addr *a, const struct l2tp_addr *b)
{
	return a->family == b->family && a->scope == b->scope && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

struct tunnel *source_find_dial(const struct sources *l, const struct l2tp_addr *addr)
{
	const struct source *s = source_find(l, addr);
	struct tunnel *t = s ? s->dials : NULL;

	while (t && !same_host(&t->conn.peer, addr))
		t = t->next_dial;
	return t;
}

void source_dial_begin(struct tunnel *t)
{
	struct source *s = t->source;

	t->dialing = true;
	t->next_dial = s->dials;
	t->prev_dial = NULL;
	if (s->dials)
		s->dials->prev_dial = t;
	s->dials = t;
}

void source_dial_end(struct tunnel *t)
{
	if (!t->dialing)
		return;
	t->dialing = false;
	*(t->prev_dial ? &t->prev_dial->next_dial : &t->source->dials) = t->next_dial;
	if (t->next_dial)
		t->next_dial->prev_dial = t->prev_dial;
}

/* The tunnel's place in the chain whose links are there. */
static struct by_age *place(struct tunnel *t, size_t offset)
{
	return (struct by_age *)(void *)((char *)t + offset);
}

static void enter(struct ages *ages, struct tunnel *t, size_t offset)
{
	*place(t, offset) = (struct by_age){ .older = ages->youngest };
	*(ages->youngest ? &place(ages->youngest, offset)->younger : &ages->oldest) = t;
	ages->youngest = t;
}

static void leave(struct ages *ages, struct tunnel *t, size_t offset)
{
	struct by_age *p = place(t, offset);

	*(p->older ? &place(p->older, offset)->younger : &ages->oldest) = p->younger;
	*(p->younger ? &place(p->younger, offset)->older : &ages->youngest) = p->older;
}

void source_half_open_begin(struct sources *l, struct tunnel *t, usec_t now)
{
	t->half_open = true;
	t->begun = now;
	enter(&l->ages, t, offsetof(struct tunnel, all_ages));
	enter(&t->source->half_open, t, offsetof(struct tunnel, source_ages));
	t->source->use.half_open++;
	l->half_open++;
}

void source_half_open_end(struct sources *l, struct tunnel *t)
{
	if (!t->half_open)
		return;
	t->half_open = false;
	leave(&l->ages, t, offsetof(struct tunnel, all_ages));
	leave(&t->source->half_open, t, offsetof(struct tunnel, source_ages));
	l->half_open--;
	t->source->use.half_open--;
}
