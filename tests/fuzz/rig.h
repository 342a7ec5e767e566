/* SPDX-License-Identifier: MIT */
/*
 * rig: an engine for the fuzzer, with all that is around it, and its promises checked at every step.
 *
 * Checked are: the order of operations and the reuse of ids (unit/op_watch.h), that what is sent is a message which our
 * own reader takes in strict mode, the limits, a bound on memory, that time can go on, and that nothing is left when
 * the engine is freed.  Four peers keep numbers and ids, so that the fuzzer need not guess them.
 */
#ifndef RIG_H
#define RIG_H

#include "fuzz.h"
#include "lib/l2tp/digest.h"
#include "lib/l2tp/msg.h"
#include "lib/l2tp/wire.h"
#include "op_watch.h"

#define RIG_PEERS 4
#define RIG_CALLS 4    /* of a peer, known to it */
#define RIG_IDS 8      /* of objects that the world has heard of */
#define RIG_PENDING 512 /* operations that wait for an answer */
#define RIG_DUE 8      /* answers that a peer owes */
#define RIG_WALKED 64  /* objects that a walk is checked with */
#define RIG_AMPLIFIED 10 /* octets that an address may be sent for each that came from there */
#define RIG_PHB 46     /* what peers ask for, and agree to (RFC 3308) */

/* ---- Memory (rig_memory.c): the program is linked with --wrap for malloc, calloc, realloc and free -------------- */

/* The n-th allocation from now on fails; 0: none does. */
void memory_fail_at(uint32_t n);
/* Octets that have been allocated and not been freed. */
size_t memory_used(void);
/* Not counted, never failing. */
void *memory_alloc(size_t size);
void memory_free(void *p);

/* ---- The engine and its world ----------------------------------------------------------------------------------- */

struct rig_call {
	uint16_t id, engine_id;
};

struct rig_peer {
	struct l2tp_addr local, addr;
	uint16_t id, engine_id;      /* its own, and the engine's, 0: not known */
	uint16_t ns, nr, told;       /* told: the last nr that it said */
	bool frozen;                 /* its Nr stays: it acknowledges nothing */
	uint16_t frozen_nr;
	uint16_t next_call_id;
	uint8_t next_call;
	struct rig_call calls[RIG_CALLS];
	uint8_t challenge[AVP_VALUE_MAX];
	size_t challenge_len;        /* of the engine's last challenge */
	struct l2tp_span asked;      /* what the peer challenges the engine with, in the message that it sends now */
	struct {
		enum cm_type type;
		uint8_t call;
	} due[RIG_DUE];
	size_t n_due;
	bool answered;               /* it has answered a challenge as only who has the secret can */
	bool proven;                 /* it has heard the engine, or was called by it */
	size_t octets_in, octets_out; /* from it, to it, while it was not */
};

struct rig_id {
	uint32_t tunnel_id, session_id;
};

/* A walk by cursor that goes on while the engine changes. */
struct rig_walk {
	bool begun;
	struct l2tp_cursor cursor;
	size_t n;
	struct {
		struct rig_id id;
		uint64_t serial;
		bool met;
	} objects[RIG_WALKED]; /* those that were there at its beginning */
};

struct rig_setup {
	bool auto_answer;            /* operations are carried out at once */
	bool auto_acknowledge;
	bool auto_reply;             /* peers say what is to be said next */
	struct l2tp_limits limits;
	struct l2tp_params params;
};

struct rig {
	struct l2tp *l;
	usec_t now;
	uint64_t random;
	struct rig_setup setup;
	enum { ADMIT, REFUSE, IGNORE, ADMIT_OTHERWISE, ADMISSIONS } admission;
	enum { LUCK, LUCK_ZERO, LUCK_SMALL, LUCKS } luck; /* of the random octets */
	bool data_flows;             /* TUNNEL_IDLE finds data */
	bool thinks;                 /* calls are decided upon like other operations, else at once */
	struct rig_peer peers[RIG_PEERS];
	struct rig_id pending[RIG_PENDING], tunnels[RIG_IDS], sessions[RIG_IDS];
	enum l2tp_op_type pending_type[RIG_PENDING];
	size_t n_pending, n_tunnels, n_sessions; /* the last two: ever; rings */
	size_t lag;                  /* entries for which operations are not taken */
	bool behind;                 /* there may be some that were not taken */
	size_t sent;                 /* datagrams, since the count was last set to 0 */
	size_t steps, memory_before;
	struct l2tp_stats before;    /* at the last check */
	struct rig_walk walks[2];    /* over tunnels, over sessions */
	struct watch watch;
};

extern const struct l2tp_span rig_secret; /* the only one that there is */

void rig_begin(struct rig *r, const struct rig_setup *setup);
/* Carry out what the engine asks for, and check. */
void rig_settle(struct rig *r);
/* From a peer's address, or from another's. */
void rig_input(struct rig *r, const struct rig_peer *from, struct l2tp_span datagram);
void rig_acknowledge(struct rig *r, struct rig_peer *p);
void rig_pass(struct rig *r, usec_t t);
void rig_tick(struct rig *r);
/* An operation that waits; there may be none. */
void rig_answer(struct rig *r, size_t which, int err);
/* The engine calls this peer: it may be sent anything. */
void rig_dials(struct rig_peer *p);
/* A request has made an object. */
void rig_born(struct rig *r, uint32_t tunnel_id, uint32_t session_id);
/* Free the engine; orderly: after a shutdown, which must come to an end. */
void rig_end(struct rig *r, bool orderly);

/* ---- Walks (rig_walk.c) ----------------------------------------------------------------------------------------- */

/* Two walks from end to end, with nothing between their steps. */
void walk_all(const struct rig *r);
/* Some steps of a walk that may have begun long ago; checked when it comes to its end. */
void walk_on(struct rig *r, bool of_sessions, size_t steps);

/* ---- Peers (rig_peer.c) ----------------------------------------------------------------------------------------- */

void peers_init(struct rig_peer peers[RIG_PEERS]);
/* What a peer would say: a message with all that it must have, its strings constant. */
struct msg peer_msg(const struct rig_peer *p, enum cm_type type, const struct rig_call *call);
/* The answer to the engine's challenge, where the message may have one. */
void peer_respond(struct rig_peer *p, struct msg *m, bool wrong, uint8_t response[DIGEST_LEN]);
/* Begin a call, or go on with it. */
void peer_take_call(struct rig_peer *p, struct rig_call *call, enum cm_type type, bool same_id);
/* Of the next message, which is about this call if it is about one. */
struct wire_header peer_header(struct rig_peer *p, enum cm_type type, const struct rig_call *call);
/* A message of the engine has come. */
void peer_hear(struct rig *r, struct rig_peer *p, const struct wire_header *h, const struct msg *m);
/* The oldest of the answers that are due; returns the length, 0: none is. */
size_t peer_reply(struct rig_peer *p, uint8_t *out, size_t size);
/* Acknowledge what has been received. */
size_t peer_acknowledge(struct rig_peer *p, uint8_t out[WIRE_CONTROL_HEADER]);

bool is_first_of_call(enum cm_type type);

#endif
