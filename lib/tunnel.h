/* SPDX-License-Identifier: MIT */
/*
 * tunnel: one control connection and its sessions.  tunnel.c: its life, timers, guards and operations; tunnel_fsm.c:
 * the RFC's state table.
 *
 * Like a session, a tunnel never frees itself: the engine does, when the world has been told that it is gone.
 */
#ifndef TUNNEL_H
#define TUNNEL_H

#include "session.h"
#include "wire.h"

enum tunnel_state {
	TUNNEL_BLANK, /* no such cell in the table */
	TUNNEL_IDLE,
	TUNNEL_WAIT_REPLY,
	TUNNEL_WAIT_CONN,
	TUNNEL_ESTABLISHED,
	TUNNEL_CLOSING, /* idle, but our StopCCN is not acknowledged yet */
	TUNNEL_LINGER,  /* idle, but the peer may repeat itself (5.7) */
	TUNNEL_DEAD,    /* idle */
	TUNNEL_STATES
};

enum tunnel_event {
	TEV_OPEN,
	TEV_SCCRQ_OK,  /* guards have accepted it: a new tunnel */
	TEV_SCCRQ,     /* one that is addressed to this tunnel */
	TEV_TIE_LOST,  /* the peer's SCCRQ wins, or ties */
	TEV_SCCRP_OK,
	TEV_SCCRP_BAD, /* only where an SCCRP is expected: elsewhere nobody looks into it */
	TEV_SCCCN_OK,
	TEV_SCCCN_BAD, /* likewise */
	TEV_STOPCCN,
	TEV_HELLO,
	TEV_CALL_MESSAGE, /* ICRQ and the like */
	TEV_CLOSE,        /* local request */
	TEV_FAULT,        /* a message that cannot be accepted in any state */
	TEV_TIMEOUT,      /* the life timer: set-up, idle or linger time is over */
	TEV_GIVE_UP,      /* retransmissions went unanswered */
	TEV_REPLACED,     /* the peer has begun anew: it has forgotten this tunnel */
	TEV_ACKED,        /* everything sent has been acknowledged */
	TUNNEL_EVENTS
};

#define CHALLENGE_LEN 16
#define PEER_NAME_MAX 255

/* What tells a repeated SCCRQ from a new one. */
struct tunnel_key {
	struct l2tp_addr peer;
	uint32_t peer_id;
};

struct tunnel {
	struct object object; /* first */
	struct conn conn;
	struct session_table sessions;
	enum tunnel_state state;
	bool initiator;
	bool authenticated;      /* the peer has proved that it knows the secret */
	bool path;               /* TUNNEL_ADD has been handed out and has not failed */
	bool ending;             /* TUNNEL_DEL or TUNNEL_GONE has been posted */
	bool quiet;              /* counted in core.lingering */
	bool half_open;          /* counted as such by the engine */
	bool dialing;            /* in the source's list: SCCRQ sent, not answered */
	bool hello_out;          /* a HELLO waits for its acknowledgement */
	bool condemned;          /* the peer is silent; the world is asked whether data still flows */
	uint8_t sccrq_repeats;
	uint8_t peer_name_len, vendor_name_len;
	uint8_t peer_name[PEER_NAME_MAX], vendor_name[PEER_NAME_MAX]; /* cut to fit */
	uint64_t tie_breaker;
	uint8_t challenge[CHALLENGE_LEN];    /* ours */
	uint8_t sccrq_digest[16];            /* of the SCCRQ that made this tunnel */
	usec_t heard;                        /* last control message or report of data */
	usec_t data_seen;
	usec_t asked;                        /* since then a HELLO has not been answered: is there data? */
	struct timer chan_timer, hello_timer, life_timer;
	struct l2tp_reason reason;
	struct tunnel_key key;               /* responder: of by_key; its peer, of by_addr */
	UT_hash_handle hh, hh_key, hh_addr;
	struct source *source;               /* that the peer is of */
	struct tunnel *next_dial, *prev_dial;
	uint64_t serial;                     /* tables are in its order */
	usec_t created, established;         /* 0: not (yet) */
	struct tunnel *older, *younger;      /* half-open ones */
	usec_t begun;                        /* being half-open */
	uint32_t older_id;                   /* the tunnel that this one replaces when it is established; 0: none */
};

/* The one entrance to the state machine. */
struct tunnel_input {
	const struct msg *msg;
	const struct l2tp_reason *reason;
};
void tunnel_apply(struct tunnel *t, enum tunnel_event event, const struct tunnel_input *in, usec_t now);
const char *tunnel_state_name(enum tunnel_state state);

/* Without id tables, which are the engine's.  -ENOSPC, -ENOMEM */
int tunnel_new(struct core *core, const struct l2tp_params *params, const struct l2tp_addr *local,
	       const struct l2tp_addr *peer, bool initiator, usec_t now, struct tunnel **ret);
void tunnel_free(struct tunnel *t);

/* May an SCCRQ be accepted with these settings?  Checked before there is a tunnel. */
bool tunnel_check_sccrq(const struct l2tp_params *params, const struct msg *m, struct fault *f);

/* A control message for this tunnel has arrived from its peer. */
void tunnel_receive(struct tunnel *t, const struct wire_header *h, const struct l2tp_addr *from, usec_t now);
void tunnel_timer(struct tunnel *t, enum timer_kind kind, usec_t now);
void tunnel_op_done(struct tunnel *t, int err, usec_t now);
void tunnel_data_seen(struct tunnel *t, usec_t now);
/* Established: ask the peer for a sign of life at once. */
void tunnel_probe(struct tunnel *t, usec_t now);
void tunnel_fill_op(struct tunnel *t, struct l2tp_op *op);
/* At the end of each entry that touched the tunnel: transmit, arm timers, notice what follows. */
void tunnel_settle(struct tunnel *t, usec_t now);

static inline bool tunnel_alive(const struct tunnel *t)
{
	return t->state <= TUNNEL_ESTABLISHED;
}

/* Used by the state machine. */
void tunnel_bury(struct tunnel *t, const struct l2tp_reason *reason, usec_t now);
void tunnel_set_life(struct tunnel *t, usec_t deadline);
usec_t tunnel_linger_time(const struct tunnel *t);
/* The message that brings the peer's names, id and window. */
void tunnel_learn_peer(struct tunnel *t, const struct msg *m);

#endif
