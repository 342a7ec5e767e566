/* SPDX-License-Identifier: MIT */
/*
 * outbox: see outbox.h.  Filled by conn.c, session.c and tunnel.c, emptied by l2tp_next_op().
 *
 * Invariants: an object is listed exactly while it has an operation that may be handed out now; an object with a
 * reported operation in flight is listed only for its events.
 */
#include "outbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BIT(type) ((uint32_t)1 << (type))
#define GONE (BIT(L2TP_OP_TUNNEL_GONE) | BIT(L2TP_OP_SESSION_GONE))
#define EVENTS                                                                                                         \
	(BIT(L2TP_OP_TUNNEL_UP) | BIT(L2TP_OP_TUNNEL_DOWN) | BIT(L2TP_OP_SESSION_UP) | BIT(L2TP_OP_SESSION_LINK) |     \
	 BIT(L2TP_OP_SESSION_ERRORS) | BIT(L2TP_OP_SESSION_DOWN) | GONE)

void outbox_free(struct outbox *o)
{
	free(o->datagrams);
	free(o->arena);
	*o = (struct outbox){ 0 };
}

/* Double until n fit; *room counts elements of size. */
static int grow(void **p, size_t *room, size_t n, size_t size)
{
	size_t want = *room ? *room : 64;

	if (n <= *room)
		return 0;
	while (want < n)
		want *= 2;
	void *more = realloc(*p, want * size);
	if (!more)
		return -ENOMEM;
	*p = more;
	*room = want;
	return 0;
}

int outbox_datagram(struct outbox *o, uint32_t tunnel_id, const struct l2tp_addr *local, const struct l2tp_addr *peer,
		    struct l2tp_span bytes)
{
	if (o->first == o->count) {
		o->first = o->count = 0;
		o->arena_len = 0;
	}
	if (grow((void **)&o->datagrams, &o->room, o->count + 1, sizeof(*o->datagrams)) < 0 ||
	    grow((void **)&o->arena, &o->arena_room, o->arena_len + bytes.len, 1) < 0)
		return -ENOMEM;
	memcpy(o->arena + o->arena_len, bytes.data, bytes.len);
	o->datagrams[o->count++] = (struct datagram){
		.tunnel_id = tunnel_id, .local = *local, .peer = *peer, .at = o->arena_len, .len = bytes.len
	};
	o->arena_len += bytes.len;
	return 0;
}

const struct datagram *outbox_next_datagram(struct outbox *o)
{
	return o->first < o->count ? &o->datagrams[o->first++] : NULL;
}

struct l2tp_span outbox_bytes(const struct outbox *o, const struct datagram *d)
{
	return (struct l2tp_span){ o->arena + d->at, d->len };
}

/* What of the object may be handed out now. */
static uint32_t ready(const struct object *obj)
{
	return obj->in_flight ? obj->pending & EVENTS : obj->pending;
}

static void unlist(struct outbox *o, struct object *obj)
{
	if (!obj->listed)
		return;
	*(obj->prev ? &obj->prev->next : &o->objects) = obj->next;
	*(obj->next ? &obj->next->prev : &o->objects_tail) = obj->prev;
	obj->next = obj->prev = NULL;
	obj->listed = false;
}

static void list(struct outbox *o, struct object *obj)
{
	if (obj->listed || !ready(obj))
		return;
	obj->prev = o->objects_tail;
	*(o->objects_tail ? &o->objects_tail->next : &o->objects) = obj;
	o->objects_tail = obj;
	obj->listed = true;
}

void outbox_post(struct outbox *o, struct object *obj, enum l2tp_op_type type)
{
	obj->pending |= BIT(type);
	list(o, obj);
}

bool outbox_cancel(struct outbox *o, struct object *obj, enum l2tp_op_type type)
{
	bool waits = obj->pending & BIT(type);

	obj->pending &= ~BIT(type);
	if (!ready(obj))
		unlist(o, obj);
	return waits;
}

static void add_gone(struct outbox *o, struct object *obj)
{
	assert(!obj->pending && !obj->in_flight);
	obj->next = o->gone;
	o->gone = obj;
}

void outbox_drop(struct outbox *o, struct object *obj)
{
	unlist(o, obj);
	obj->pending = 0;
	add_gone(o, obj);
}

struct object *outbox_next_object(struct outbox *o, enum l2tp_op_type *ret_type)
{
	struct object *obj = o->objects;
	uint32_t bit;

	if (!obj)
		return NULL;
	bit = ready(obj) & -ready(obj);
	obj->pending &= ~bit;
	*ret_type = (enum l2tp_op_type)__builtin_ctz(bit);
	if (!(bit & EVENTS)) {
		obj->in_flight = true;
		obj->flying = *ret_type;
	}
	if (!ready(obj))
		unlist(o, obj);
	if (bit & GONE)
		add_gone(o, obj);
	return obj;
}

void outbox_done(struct outbox *o, struct object *obj)
{
	assert(obj->in_flight);
	obj->in_flight = false;
	list(o, obj);
}

struct object *outbox_next_gone(struct outbox *o)
{
	struct object *obj = o->gone;

	if (obj) {
		o->gone = obj->next;
		obj->next = NULL;
	}
	return obj;
}

void outbox_forget(struct outbox *o, struct object *obj)
{
	assert(!obj->in_flight);
	unlist(o, obj);
	obj->pending = 0;
}
