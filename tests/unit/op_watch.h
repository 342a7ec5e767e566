/* SPDX-License-Identifier: MIT */
/*
 * op_watch: does an engine keep the promises that l2tp.h makes about operations?
 *
 * Shown every operation that an engine hands out and every answer, it follows the objects and tells the first broken
 * rule.  It allocates nothing, so that tests may make allocations fail.
 */
#ifndef OP_WATCH_H
#define OP_WATCH_H

#include "l2tp.h"

#define WATCH_MAX 4096
#define WATCH_QUARANTINE (60 * USEC_PER_SEC)

struct watched {
	uint32_t tunnel_id, session_id; /* session_id 0: a tunnel */
	bool adding, added, up, down, deleting, deleted, gone;
	bool asked, accepted;   /* a call of the peer: to be decided upon; and it may be */
	bool connected, kept;   /* again when it is connected */
	bool deciding;          /* in flight is a decision */
	bool in_flight;
	usec_t gone_at;
};

struct watch {
	struct watched objects[WATCH_MAX];
	size_t count;
};

/* NULL, or what is wrong. */
const char *watch_op(struct watch *w, const struct l2tp_op *op, usec_t now);
const char *watch_decided(struct watch *w, uint32_t tunnel_id, uint32_t session_id, bool accept);
const char *watch_done(struct watch *w, uint32_t tunnel_id, uint32_t session_id, int err);
/* An id that a request has returned. */
const char *watch_born(struct watch *w, uint32_t tunnel_id, uint32_t session_id, usec_t now);
/* Objects that are not gone. */
size_t watch_alive(const struct watch *w);

bool op_is_reported(enum l2tp_op_type type);
const char *op_name(enum l2tp_op_type type);

#endif
