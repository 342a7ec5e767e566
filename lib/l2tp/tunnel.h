/* SPDX-License-Identifier: MIT */
/*
 * tunnel: one control connection and its sessions.  tunnel.c: its life, timers, guards and operations; tunnel_fsm.c:
 * the RFC's state table.
 *
 * Like a session, a tunnel never frees itself: the engine does, when the world has been told that it is gone.
 */
#ifndef TUNNEL_H
#define TUNNEL_H

#include "digest.h"
#include "outline.h"
#include "session.h"

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
	TEV_TIMEOUT,      /* the life timer: set-up, idle or linger time expired */
	TEV_GIVE_UP,      /* retransmissions went unanswered */
	TEV_REPLACED,     /* the peer has begun anew: it has forgotten this tunnel */
	TEV_ACKED,        /* everything sent has been acknowledged */
	TUNNEL_EVENTS
};

/* Is the peer still there?  See trial.h. */
enum trial_state {
	TRIAL_NONE,
	TRIAL_BEGINS, /* the world looks for data: what comes from now on counts */
	TRIAL_RUNS,
	TRIAL_ENDS,   /* the world looks again */
};
struct trial {
	enum trial_state state;
	bool answered;
	uint16_t ns;         /* of the question */
	usec_t since;
	usec_t passed;       /* when it was last found alive; 0: never tried, or not found so */
	struct timer timer;
};

#define CHALLENGE_LEN 16
#define PEER_NAME_MAX 255

/* A place in a chain. */
struct by_age {
	struct tunnel *older, *younger;
};

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
	bool closing_calls;      /* in core.closing */
	bool quiet;              /* counted in core.lingering */
	bool half_open;          /* counted as such by the engine */
	bool dialing;            /* in the source's list: SCCRQ sent, not answered */
	bool hello_out;          /* a HELLO waits for its acknowledgement */
	bool doubted;            /* half-open, and a StopCCN says that the peer has given up */
	usec_t wait_until;       /* until when a call request may wait; 0: none waits */
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
	struct trial trial;
	struct tunnel_key key;               /* of by_key, when the peer's id is known */
	struct tunnel *older_key, *newer_key; /* others with the same key; the newest is in by_key */
	struct endpoint *endpoint;           /* responder: that of its peer, NULL: none */
	struct tunnel *next_here, *prev_here; /* in it */
	bool met;                            /* established, and what follows from that for others is done */
	UT_hash_handle hh, hh_key;
	struct source *source;               /* that the peer is of */
	struct tunnel *next_dial, *prev_dial;
	uint64_t serial;                     /* tables are in its order */
	usec_t created, established;         /* 0: not (yet) */
	struct by_age all_ages, source_ages; /* of half-open ones: of all, of its source */
	usec_t begun;                        /* being half-open */
	uint32_t rival_id;                   /* our own towards the peer, which this one beats when it is established */
	uint32_t successor_id;               /* the peer's tunnel that has taken the place of this one; 0: none */
	struct tunnel *next_closing;         /* in core.closing */
};

/* The one entrance to the state machine. */
struct tunnel_input {
	const struct msg *msg;
	const struct l2tp_reason *reason;
};
void tunnel_apply(struct tunnel *t, enum tunnel_event event, const struct tunnel_input *in, usec_t now);
const char *tunnel_state_name(enum tunnel_state state);

/* The state table of a dialect.  No action: the event means nothing there. */
typedef void tunnel_action(struct tunnel *t, const struct tunnel_input *in, usec_t now);
struct tunnel_rule {
	tunnel_action *action;
	enum tunnel_state next;
};
struct tunnel_rules {
	struct tunnel_rule at[TUNNEL_STATES][TUNNEL_EVENTS];
};
extern const struct tunnel_rules tunnel_rules_v2;

/* How the peers of a dialect prove that they know the secret.  Demands are put into SCCRQ and SCCRP. */
struct authentication {
	/* If we want it: demand it with this message; is the demand met by this one? */
	void (*demand)(struct tunnel *t, struct msg *m);
	bool (*check_answer)(const struct tunnel *t, const struct msg *m, struct fault *f);
	/* If the peer wants it: can its demand be met; meet that of received in m, with octets in store */
	bool (*check_demand)(const struct core *core, const struct l2tp_params *params, const struct msg *m,
			     struct fault *f);
	void (*answer)(const struct tunnel *t, const struct msg *received, struct msg *m, uint8_t store[DIGEST_LEN]);
};
extern const struct authentication challenge_authentication;

/* Without id tables, which are the engine's.  -ENOSPC, -ENOMEM */
int tunnel_new(struct core *core, const struct dialect *dialect, const struct l2tp_params *params,
	       const struct l2tp_addr *local, const struct l2tp_addr *peer, bool initiator, usec_t now,
	       struct tunnel **ret);
void tunnel_free(struct tunnel *t);

/* May an SCCRQ or SCCRP be accepted with these settings?  That of an SCCRQ is checked before there is a tunnel. */
bool tunnel_check_request(const struct core *core, const struct dialect *dialect, const struct l2tp_params *params,
			  const struct msg *m, struct fault *f);

/* A control message for this tunnel has arrived from its peer. */
void tunnel_receive(struct tunnel *t, const struct arrival *in, usec_t now);
void tunnel_timer(struct tunnel *t, enum timer_kind kind, usec_t now);
void tunnel_op_done(struct tunnel *t, int err, const char *text, usec_t now);
void tunnel_data_seen(struct tunnel *t, usec_t now);
/* Half-open: it may have been given up by its peer, or a forged message says so. */
void tunnel_doubt(struct tunnel *t, const struct wire_header *stopccn, usec_t now);
/* Have the world look for data, now or as soon as it is not busy with another operation of the tunnel. */
void tunnel_ask_for_data(struct tunnel *t);
/* Established: ask the peer for a sign of life at once. */
void tunnel_probe(struct tunnel *t, usec_t now);
/* Completes an operation of this tunnel that leaves the outbox, and notes that it has left. */
void tunnel_hand_out(struct tunnel *t, struct l2tp_op *op);
/* At the end of each entry that touched the tunnel: transmit, arm timers, notice what follows. */
void tunnel_settle(struct tunnel *t, usec_t now);

/* Another tunnel has the peer's address and id: what is said in this one might be taken for the other's. */
static inline bool tunnel_shares_key(const struct tunnel *t)
{
	return t->older_key || t->newer_key;
}

static inline bool tunnel_alive(const struct tunnel *t)
{
	return t->state <= TUNNEL_ESTABLISHED;
}

/* Used by the state machine. */
void tunnel_bury(struct tunnel *t, const struct l2tp_reason *reason, usec_t now);
/* Close some of the calls of a tunnel that ends.  False: there are more; true: TUNNEL_DOWN has been posted. */
bool tunnel_close_calls(struct tunnel *t, usec_t now);
void tunnel_set_life(struct tunnel *t, usec_t deadline);
usec_t tunnel_linger_time(const struct tunnel *t);
/* The message that brings the peer's names, id and window. */
void tunnel_learn_peer(struct tunnel *t, const struct msg *m);

#endif
