/* SPDX-License-Identifier: MIT */
/*
 * session: one call in a tunnel.  session.c: its life, ids and operations; session_fsm.c: the RFC's state tables;
 * session_msg.c: what is said.
 *
 * A session never frees itself: the engine does, when the world has been told that it is gone.
 */
#ifndef SESSION_H
#define SESSION_H

#include "conn.h"
#include "base/hash.h"

enum session_role {
	SESSION_LAC_INCOMING, /* RFC 2661 7.4.1 */
	SESSION_LNS_INCOMING, /* RFC 2661 7.4.2 */
	SESSION_LAC_OUTGOING, /* RFC 2661 7.5.1 */
	SESSION_LNS_OUTGOING, /* RFC 2661 7.5.2 */
	SESSION_ROLES
};

enum session_state {
	SESSION_BLANK, /* no such cell in the table */
	SESSION_IDLE,
	SESSION_WAIT_TUNNEL,
	SESSION_WAIT_REPLY,
	SESSION_WAIT_DECISION,  /* ours, behind the RFC's idle: the world says whether the call may be */
	SESSION_WAIT_DATAPLANE, /* ours, between two of the RFC's: the world makes the data path */
	SESSION_WAIT_CS_ANSWER,
	SESSION_WAIT_CONNECT,
	SESSION_CONNECTED,      /* ours, LNS: connected, but not decided upon, or the data path is not ready, or not as agreed */
	SESSION_ESTABLISHED,
	SESSION_DEAD, /* the RFC's idle after "clean up" */
	SESSION_STATES
};

enum session_event {
	SEV_OPEN,        /* local request to place the call */
	SEV_TUNNEL_OPEN, /* the tunnel is established */
	SEV_ICRQ_OK,     /* guards have accepted it */
	SEV_ICRQ,        /* one that is addressed to this session */
	SEV_ICRP_OK,
	SEV_ICRP_BAD,    /* only where an ICRP is expected: elsewhere nobody looks into it */
	SEV_ICCN_OK,
	SEV_ICCN_BAD,    /* likewise */
	SEV_CONNECT_SET, /* OCCN, acceptable, and the data path has to follow what it says */
	SEV_CDN,
	SEV_OUTGOING,    /* of an incoming call: OCRQ, OCRP or OCCN */
	SEV_INCOMING,    /* of an outgoing call: ICRQ, ICRP or ICCN */
	SEV_OCRQ_OK,     /* guards have accepted it */
	SEV_OCRQ,        /* one that is addressed to this session */
	SEV_OCRP_OK,
	SEV_OCRP_BAD,    /* only where an OCRP is expected */
	SEV_OCCN_OK,
	SEV_OCCN_BAD,    /* likewise */
	SEV_WEN,
	SEV_SLI,
	SEV_READY,       /* the world accepts the call, has made the data path, or the call was answered */
	SEV_NOT_READY,   /* it does not, or could not */
	SEV_CLOSE,       /* local close request, or bearer line drop */
	SEV_FAULT,       /* a message of this call that cannot be accepted in any state */
	SEV_TIMEOUT,     /* of call set-up */
	SEV_TUNNEL_CLOSED,
	SESSION_EVENTS
};

struct session_table;

struct session {
	struct object object; /* first: an object's operations lead back here */
	struct session_table *table;
	enum session_role role;
	enum session_state state;
	uint32_t id, peer_id; /* peer_id 0: not known yet */
	bool path;            /* SESSION_ADD has been handed out and has not failed: needs SESSION_DEL */
	bool undecided;       /* the peer has asked for it, and the world has not accepted it (yet) */
	uint32_t asked_phb;   /* undecided: the peer's Session DS; L2TP_PHB_NONE: it takes no part */
	uint64_t cookie;      /* the world's, of l2tp_call() */
	struct timer timer;
	uint32_t phb;         /* agreed on (RFC 3308) */
	bool sequenced;       /* what the world knows of it */
	bool errors_due;      /* LAC: to be sent when timer says so */
	usec_t errors_sent;   /* 0: never */
	uint64_t serial;      /* tables are in its order */
	usec_t created, established; /* 0: not (yet) */
	struct l2tp_call_errors errors; /* LAC: the last ones sent, or due; LNS: received */
	struct l2tp_link_info link;
	uint8_t *link_store;  /* LAC: where its spans point to */
	struct l2tp_reason *reason; /* NULL: it is alive */
	struct l2tp_call_info info;
	uint8_t *store;       /* where the spans of info point to; may hold a password */
	size_t store_len;
	UT_hash_handle hh, hh_peer;
};

/* The sessions of one tunnel. */
struct session_table {
	struct conn *conn;
	struct session *by_id, *by_peer_id;
	struct session *closing; /* the tunnel ends: this one is to be closed next; NULL: all have been */
	const struct l2tp_reason *ended; /* why the tunnel ends; NULL: it does not */
	uint32_t count;         /* all, the dead included */
	uint32_t alive;         /* not dead */
	uint32_t undecided;     /* of them */
	uint32_t paths;         /* with a data path */
};

struct session *session_find(const struct session_table *t, uint32_t id);
struct session *session_find_peer(const struct session_table *t, uint32_t peer_id);

/* -EMFILE: a limit; -ENOSPC, -ENOMEM, -ENOBUFS (below) */
int session_new(struct session_table *t, enum session_role role, const struct l2tp_call_info *info, usec_t now,
		struct session **ret);
/* Why it has ended; L2TP_BY_NOBODY: it has not. */
const struct l2tp_reason *session_reason(const struct session *s);
/* The peer's id becomes known.  -EEXIST: it uses it already in this tunnel. */
int session_set_peer_id(struct session *s, uint32_t peer_id);
/* Replace what is known of the call; the spans are copied.  -ENOBUFS: calls of the source hold too much text; -ENOMEM */
#define SESSION_TEXTS "the texts of calls are too long"
int session_set_info(struct session *s, const struct l2tp_call_info *info);
static inline bool session_is_lns(const struct session *s)
{
	return s->role == SESSION_LNS_INCOMING || s->role == SESSION_LNS_OUTGOING;
}

/* Has the peer asked for such a call? */
static inline bool session_is_theirs(enum session_role role)
{
	return role == SESSION_LNS_INCOMING || role == SESSION_LAC_OUTGOING;
}

/* Has the LAC told the peer all that it tells of the call? */
static inline bool session_is_told(const struct session *s)
{
	return s->state == SESSION_ESTABLISHED || s->state == SESSION_DEAD;
}

/* Can the peer place this call for us (4.4.3, 6.9)?  False: f says why not. */
bool session_check_call_out(const struct conn *c, const struct l2tp_call_info *info, struct fault *f);
/* The tunnel is there: a call that waited for it goes on. */
void session_tunnel_open(struct session *s, usec_t now);

/* Is the proxy information complete (4.4.5)? */
bool session_proxy_valid(const struct l2tp_proxy *proxy);
/* Its AVPs, in an ICCN. */
void session_put_proxy(const struct l2tp_proxy *proxy, struct msg *m);

/* session_lcp.c (RFC 3437).  Is this a list of LCP options?  The AVPs of an ICCN or OCCN; has the LAC sent any? */
bool session_lcp_valid(struct l2tp_span options);
void session_put_lcp(const struct l2tp_lcp_wishes *lcp, struct msg *m);
void session_read_lcp(const struct msg *m, struct l2tp_lcp_wishes *lcp);
bool session_lcp_said(const struct session *s);

/* What a message says of the call, over what info holds already. */
void session_read_info(const struct msg *m, struct l2tp_call_info *info);

/* The one entrance to the state machine; msg and reason where the event has one. */
struct session_input {
	const struct msg *msg;
	const struct l2tp_reason *reason;
};
void session_apply(struct session *s, enum session_event event, const struct session_input *in, usec_t now);

/* The state tables of a dialect.  No action: the event means nothing there. */
typedef void session_action(struct session *s, const struct session_input *in, usec_t now);
struct session_rule {
	session_action *action;
	enum session_state next;
};
struct session_rules {
	struct session_rule at[SESSION_ROLES][SESSION_STATES][SESSION_EVENTS];
};
extern const struct session_rules session_rules_v2;
const char *session_state_name(enum session_state state);

/* A message of this call has arrived, or one that is wrong. */
void session_message(struct session *s, const struct msg *m, usec_t now);
void session_fault(struct session *s, const struct fault *f, usec_t now);
void session_op_done(struct session *s, int err, const char *text, usec_t now);
/* The world has accepted or refused the call.  -ENOENT: it was not asked */
int session_accept(struct session *s, uint32_t phb, usec_t now);
int session_decline(struct session *s, const struct l2tp_reason *reason, usec_t now);
void session_timer(struct session *s, usec_t now);

/* session_notes.c: what is said during a call.  -EINVAL: in the wrong direction, or no LCP options; -ENOTCONN */
int session_set_link_info(struct session *s, const struct l2tp_link_info *link, usec_t now);
void session_read_link_info(struct session *s, const struct msg *m);
int session_report_errors(struct session *s, const struct l2tp_call_errors *errors, usec_t now);
void session_errors_due(struct session *s, usec_t now);
/* All sessions: the tunnel has been established. */
void session_table_open(struct session_table *t, usec_t now);
/* The tunnel is going: whatever happens to a session from now on ends it.  reason lasts as long as the table. */
void session_table_end(struct session_table *t, const struct l2tp_reason *reason);
/* At most *budget of them, which is reduced.  True: that were all. */
bool session_table_close(struct session_table *t, uint32_t *budget, usec_t now);

/* session_msg.c: send one of the messages that set the call up; end it. */
void session_say(struct session *s, enum cm_type type, usec_t now);
void session_say_cdn(struct session *s, const struct l2tp_reason *reason, usec_t now);

/* Used by the state machine.  What is asked for is undecided until it is accepted, or ends. */
void session_ask(struct session *s);
void session_accepted(struct session *s);
void session_bury(struct session *s, const struct l2tp_reason *reason);
void session_set_deadline(struct session *s, usec_t deadline);

/* Completes an operation of this session that leaves the outbox, and notes that it has left. */
void session_hand_out(struct session *s, struct l2tp_op *op);
void session_free(struct session *s);
/* Free everything, whatever its state. */
void session_table_clear(struct session_table *t);

/* Refuse a call for which there is no session: CDN with an id that is in nobody's use. */
void session_refuse(struct session_table *t, uint32_t peer_id, const struct l2tp_reason *reason, usec_t now);

#endif
