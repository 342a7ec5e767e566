/* SPDX-License-Identifier: MIT */
/*
 * heap: all deadlines of one engine.
 *
 * A binary heap of pointers to timers that live inside their owners.  Each timer knows its place in the array (slot,
 * counted from one so that a zeroed timer is a disarmed one), hence moving and disarming cost O(log n) and need no
 * search.  The array has room for every timer whose owner has been born: arming cannot fail in the middle of an action.
 *
 * Invariants: timers[i] is not later than timers[2i + 1] and timers[2i + 2]; timers[i]->slot == i + 1;
 * count <= reserved <= room; a timer outside has slot 0 and deadline USEC_NEVER (or was never set).
 *
 * The engine calls this: it sets one timer for each tunnel and session and pops what is due in l2tp_tick().
 */
#include "heap.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define ROOM_MIN 16

static void place(struct heap *h, uint32_t i, struct timer *t)
{
	h->timers[i] = t;
	t->slot = i + 1;
}

/* Put t where place i is free and nothing below it is earlier; later parents sink. */
static void sift_up(struct heap *h, uint32_t i, struct timer *t)
{
	while (i > 0) {
		uint32_t parent = (i - 1) / 2;

		if (h->timers[parent]->deadline <= t->deadline)
			break;
		place(h, i, h->timers[parent]);
		i = parent;
	}
	place(h, i, t);
}

/* Put t where place i is free and nothing above it is later; earlier children rise. */
static void sift_down(struct heap *h, uint32_t i, struct timer *t)
{
	/* i < count / 2: there is a left child, and its index does not overflow */
	while (i < h->count / 2) {
		uint32_t child = 2 * i + 1;

		if (child + 1 < h->count && h->timers[child + 1]->deadline < h->timers[child]->deadline)
			child++;
		if (t->deadline <= h->timers[child]->deadline)
			break;
		place(h, i, h->timers[child]);
		i = child;
	}
	place(h, i, t);
}

/* Place i is free: settle t somewhere on the path through it. */
static void settle(struct heap *h, uint32_t i, struct timer *t)
{
	if (i > 0 && t->deadline < h->timers[(i - 1) / 2]->deadline)
		sift_up(h, i, t);
	else
		sift_down(h, i, t);
}

static void disarm(struct heap *h, struct timer *t)
{
	uint32_t i = t->slot - 1;
	struct timer *last = h->timers[--h->count];

	if (last != t)
		settle(h, i, last);
	t->slot = 0;
	t->deadline = USEC_NEVER;
}

void heap_free(struct heap *h)
{
	if (!h)
		return;
	free(h->timers);
	*h = (struct heap){ 0 };
}

int heap_reserve(struct heap *h, uint32_t n)
{
	uint32_t need = h->reserved + n, room = h->room ? h->room : ROOM_MIN;
	struct timer **timers;

	if (need < n)
		return -ENOMEM;
	while (room < need)
		room = room > UINT32_MAX / 2 ? UINT32_MAX : room * 2;
	if (room != h->room) {
		timers = realloc(h->timers, (size_t)room * sizeof(*timers));
		if (!timers)
			return -ENOMEM;
		h->timers = timers;
		h->room = room;
	}
	h->reserved = need;
	return 0;
}

void heap_unreserve(struct heap *h, uint32_t n)
{
	assert(n <= h->reserved && h->count <= h->reserved - n);
	h->reserved -= n;
}

void heap_set(struct heap *h, struct timer *t, usec_t deadline)
{
	assert(t->slot == 0 || (t->slot <= h->count && h->timers[t->slot - 1] == t));

	if (deadline == USEC_NEVER) {
		if (t->slot)
			disarm(h, t);
		t->deadline = USEC_NEVER;
		return;
	}
	t->deadline = deadline;
	if (t->slot) {
		settle(h, t->slot - 1, t);
		return;
	}
	assert(h->count < h->reserved);
	h->count++;
	sift_up(h, h->count - 1, t);
}

usec_t heap_deadline(const struct heap *h)
{
	return h->count ? h->timers[0]->deadline : USEC_NEVER;
}

struct timer *heap_pop(struct heap *h, usec_t now)
{
	struct timer *t;

	if (heap_deadline(h) > now || h->count == 0)
		return NULL;
	t = h->timers[0];
	disarm(h, t);
	return t;
}
