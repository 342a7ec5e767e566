/* SPDX-License-Identifier: MIT */
/*
 * outbox: the queue of operations that an engine asks of the world.
 *
 * Two kinds wait here.  Datagrams are copied into one growing arena that is reused as soon as it has been emptied; one
 * that finds no memory is lost, as on any network, and the channel sends it again.  What concerns an object (a tunnel,
 * a session) must not be lost: the object carries its own list node and one bit for each operation, so that posting
 * cannot fail.  Operations of an object leave in the order of enum l2tp_op_type.
 */
#ifndef OUTBOX_H
#define OUTBOX_H

#include "l2tp.h"

enum object_kind { OBJECT_TUNNEL, OBJECT_SESSION };

struct object {
	enum object_kind kind;
	uint32_t pending;           /* bit (1 << enum l2tp_op_type) */
	bool listed;
	bool in_flight;             /* a reported operation has been handed out and not been answered: */
	enum l2tp_op_type flying;
	struct object *next, *prev; /* in outbox.objects */
};

struct datagram {
	uint32_t tunnel_id; /* 0: not of a tunnel */
	struct l2tp_addr local, peer;
	size_t at, len;     /* in the arena */
};

struct outbox {
	struct datagram *datagrams;
	size_t first, count, room;
	uint8_t *arena;
	size_t arena_len, arena_room;
	struct object *objects, *objects_tail;
	struct object *gone; /* TUNNEL_GONE or SESSION_GONE has been handed out: to be freed */
};

void outbox_free(struct outbox *o);

/* -ENOMEM: the datagram is lost. */
int outbox_datagram(struct outbox *o, uint32_t tunnel_id, const struct l2tp_addr *local, const struct l2tp_addr *peer,
		    struct l2tp_span bytes);
/* The next datagram, NULL if there is none; valid, like its bytes, until the next outbox_datagram(). */
const struct datagram *outbox_next_datagram(struct outbox *o);
struct l2tp_span outbox_bytes(const struct outbox *o, const struct datagram *d);

void outbox_post(struct outbox *o, struct object *obj, enum l2tp_op_type type);
/* Take back what has not been handed out; false: there was nothing.  An object with nothing left leaves the list; it joins
 * again at the end. */
bool outbox_cancel(struct outbox *o, struct object *obj, enum l2tp_op_type type);
/* The next operation of an object; reported ones set in_flight and hold back further reported ones. */
struct object *outbox_next_object(struct outbox *o, enum l2tp_op_type *ret_type);
/* Its reported operation has been answered. */
void outbox_done(struct outbox *o, struct object *obj);
/* Is it this one that has been handed out and not been answered? */
static inline bool outbox_flies(const struct object *obj, enum l2tp_op_type type)
{
	return obj->in_flight && obj->flying == type;
}
/* The world has never heard of it: it goes without a word. */
void outbox_drop(struct outbox *o, struct object *obj);
/* One that has been handed out as gone and may now be freed; NULL if there is none. */
struct object *outbox_next_gone(struct outbox *o);
/* The object is about to be freed. */
void outbox_forget(struct outbox *o, struct object *obj);

#endif
