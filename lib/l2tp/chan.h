/* SPDX-License-Identifier: MIT */
/*
 * chan: reliable, ordered delivery of control messages for one control connection (RFC 2661 5.8 and Appendix A, the
 * same rules as RFC 3931 4.2).
 *
 * A plain struct without I/O: the owner hands in what arrived and asks what is to be sent.  Message bodies (AVPs
 * without header) are queued here; the header is written by the owner at each transmission, because a retransmission
 * carries the current Nr.
 */
#ifndef CHAN_H
#define CHAN_H

#include "l2tp.h"

struct chan_config {
	uint16_t receive_window;     /* ours: messages that may arrive early */
	usec_t retransmit_initial;   /* first interval */
	usec_t retransmit_cap;       /* longest interval */
	uint32_t retransmit_max;     /* retransmissions before the peer is given up */
	uint32_t queue_max;          /* messages that we have to say at a time; 0: 4096 */
};

struct chan_message; /* a queued body, sent or early */

struct chan {
	struct chan_config config;
	uint16_t ns;                 /* of the next message to be sent for the first time */
	uint16_t nr;                 /* expected next from the peer */
	uint16_t nr_sent;            /* last Nr that went out */
	uint16_t una;                /* oldest Ns not acknowledged; ns - una wait for it */
	uint16_t peer_window;        /* advertised by the peer, 4 until it says otherwise */
	uint16_t cwnd, ssthresh;     /* Appendix A; cwnd <= peer_window */
	uint16_t cwnd_acks;          /* acknowledgements counted towards the next cwnd step in congestion avoidance */
	uint16_t flight;             /* of those not acknowledged, how many went out since the window last collapsed */
	uint32_t attempts;           /* retransmissions of the oldest message, or since chan_forgive() */
	uint32_t backoff;            /* how often the interval has doubled */
	bool ack_due;                /* the peer waits for an acknowledgement */
	bool failed;                 /* given up; an acknowledgement of something new takes it back */
	usec_t retransmit_at;        /* USEC_NEVER: nothing waits for an acknowledgement, or failed */
	usec_t ack_at;               /* an acknowledgement goes out then unless something carries it earlier */
	struct chan_message *queue, *queue_tail; /* sent and not acknowledged, then waiting, in order of Ns */
	struct chan_message *next;   /* in queue: the next to go out, for the first time or again */
	struct chan_message *early;  /* received out of order, sorted by Ns */
	size_t early_bytes;          /* bounded, whatever the window */
	uint32_t queued;             /* messages in queue */
	uint32_t answers;            /* of them, those that chan_mark_answer() has marked */
	usec_t rtt;                  /* smoothed round trip of messages that were sent once; 0: not known yet */
	uint64_t retransmits, duplicates;
};

enum chan_verdict {
	CHAN_DELIVER,   /* the next in order: process it, then ask chan_next_early() until it is empty */
	CHAN_DUPLICATE, /* seen before: re-acknowledged, not to be processed */
	CHAN_EARLY,     /* out of order: kept (or dropped where there is no room) */
	CHAN_ACK,       /* an acknowledgement, which has been taken */
	CHAN_BAD,       /* one of what was never sent: ignored.  Any other message with such an Nr is
			 * processed without it and gets one of the verdicts above. */
};

void chan_init(struct chan *c, const struct chan_config *config);
/* Frees and wipes what is queued; the struct is as after chan_init(). */
void chan_reset(struct chan *c);

/* The peer told its receive window (1 or more): slow start aims for it from now on. */
void chan_set_peer_window(struct chan *c, uint16_t window);

/* What arrived. */
struct chan_rx {
	uint32_t session_id;
	uint16_t ns, nr;
	uint16_t type;         /* means nothing here; kept with the body, so that the owner need not look for it again */
	bool ack;              /* an acknowledgement and nothing else, whatever that looks like: it has no number of its own */
	struct l2tp_span body; /* copied when kept */
};

/* A control message arrived. */
enum chan_verdict chan_receive(struct chan *c, const struct chan_rx *rx, usec_t now);
/* After CHAN_DELIVER: was the following message kept early?  Then it is the caller's, to process and to free.
 * NULL: no. */
struct chan_message *chan_next_early(struct chan *c);
/* A look at it before. */
const struct chan_message *chan_peek_early(const struct chan *c);
/* A message that chan_receive() would deliver, and that the owner cannot take now: not acknowledged, kept as if it were
 * early.  Its Nr is not looked at. */
enum chan_verdict chan_hold(struct chan *c, const struct chan_rx *rx, usec_t now);
/* The owner processes a message that has come early, before its turn: that is marked, chan_message_done().  False: it
 * was not kept, or is marked already. */
bool chan_overtake(struct chan *c, uint16_t ns);
bool chan_message_done(const struct chan_message *m);
/* The same, and whatever comes before it is void: acknowledged up to here. */
void chan_skip(struct chan *c, uint16_t ns);
/* As it arrived, but for its Nr, which has been read; the body is the message's. */
struct chan_rx chan_message_rx(const struct chan_message *m);
/* Wipes it as well. */
void chan_message_free(struct chan_message *m);

/* Queue a message; it is sent as the windows allow.  body is copied; session_id is the header's, type as in chan_rx.
 * -EMSGSIZE: empty, or more than the owner can send; -ENOBUFS: queue_max are there already; -ENOMEM */
int chan_send(struct chan *c, uint16_t type, struct l2tp_span body, uint32_t session_id, usec_t now);
/* The message that was queued last answers a request: the owner counts those that the peer leaves unacknowledged. */
void chan_mark_answer(struct chan *c);
/* Forget what has never been sent: a StopCCN that is queued next need not stand in line. */
void chan_drop_waiting(struct chan *c);
/* Forget all that is queued, sent or not: the peer has gone and only waits for acknowledgements. */
void chan_abandon(struct chan *c);

/* What is to be put on the wire now: call until it returns false. */
struct chan_tx {
	struct l2tp_span body; /* valid until the next chan_* call that is not chan_transmit(); of an acknowledgement empty */
	uint32_t session_id;
	uint16_t ns, nr;
	uint16_t type;         /* as in chan_send(); of an acknowledgement 0 */
	bool ack;              /* an acknowledgement and nothing else: the owner knows what that looks like */
	bool again;            /* a retransmission */
};
bool chan_transmit(struct chan *c, usec_t now, struct chan_tx *ret);

/* An acknowledgement that goes at once, whether or not anything would carry the acknowledgement. */
void chan_acknowledge(struct chan *c, struct chan_tx *ret);

/* When to call chan_tick() and chan_transmit() next: 0, that is at once, if chan_transmit() was not drained and has a
 * message; USEC_NEVER if only input can change anything. */
usec_t chan_deadline(const struct chan *c);
/* Deadlines may have passed: marks the retransmission as due, or gives up (c->failed) when the last one went unanswered
 * for its whole interval.  To be called before chan_transmit() on a tick.  A failed chan transmits nothing. */
void chan_tick(struct chan *c, usec_t now);
/* Begin to count retransmissions anew: the peer is known to live for another reason (data).  Takes back c->failed.
 * Intervals are not shortened. */
void chan_forgive(struct chan *c, usec_t now);

/* The interval after which the oldest message is, or would be, sent again. */
usec_t chan_interval(const struct chan *c);

/* Nothing in flight, nothing waiting. */
bool chan_drained(const struct chan *c);

#endif
