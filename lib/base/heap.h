/* SPDX-License-Identifier: MIT */
/*
 * heap: the deadlines of an engine, as a binary heap of timers that live inside their owners.
 *
 * Room is made when an owner is born (heap_reserve), so that arming a timer cannot fail and costs O(log n);
 * the earliest is read in O(1).
 */
#ifndef HEAP_H
#define HEAP_H

#include "l2tp_base.h"

struct timer {
	usec_t deadline; /* USEC_NEVER: not armed */
	uint32_t slot;   /* in heap.timers, plus one; 0: not armed */
	uint32_t kind;   /* the owner's word for it */
};

struct heap {
	struct timer **timers;
	uint32_t count, room, reserved;
};

void heap_free(struct heap *h);
/* Make room for n more timers, or give it back.  -ENOMEM */
int heap_reserve(struct heap *h, uint32_t n);
void heap_unreserve(struct heap *h, uint32_t n);

/* Arm, move or (USEC_NEVER) disarm. */
void heap_set(struct heap *h, struct timer *t, usec_t deadline);
/* Earliest deadline, USEC_NEVER if there is none. */
usec_t heap_deadline(const struct heap *h);
/* Disarm and return the earliest timer that is due at now, NULL if there is none. */
struct timer *heap_pop(struct heap *h, usec_t now);

#endif
