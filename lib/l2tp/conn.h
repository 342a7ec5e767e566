/* SPDX-License-Identifier: MIT */
/*
 * conn: a control connection as tunnels and sessions use it: both ends with their ids, the settings, and the reliable
 * channel.
 */
#ifndef CONN_H
#define CONN_H

#include "chan.h"
#include "core.h"
#include "dialect.h"
#include "msg.h"
#include "outline.h"

struct conn {
	struct core *core;
	const struct dialect *dialect; /* what is spoken */
	struct source_use *use; /* of the peer's address */
	struct chan chan;
	struct l2tp_params params;
	struct l2tp_addr local, peer;
	uint32_t id, peer_id; /* peer_id 0: not known yet */
	uint32_t peer_framing, peer_bearer; /* its capabilities; bearer 0: it places no calls */
	uint32_t phb;         /* agreed on for the tunnel (RFC 3308) */
	bool unproven;        /* the peer has not shown yet that it receives what is sent to its address: */
	uint32_t heard_octets, said_octets, said_datagrams; /* meanwhile; what is said is bounded by what is heard */
	bool closed;          /* nothing is said any more */
	int broken;           /* a message could not be queued: the connection cannot go on; a negative errno */
};

void conn_init(struct conn *c, struct core *core, const struct dialect *dialect, const struct l2tp_params *params,
	       const struct l2tp_addr *local, const struct l2tp_addr *peer);
/* Wipes the secret. */
void conn_clear(struct conn *c);

struct l2tp_span conn_secret(const struct conn *c);
/* Queue a message for reliable delivery; session_id is the peer's, for the header. */
void conn_send(struct conn *c, const struct msg *m, uint32_t session_id, usec_t now);
/* One datagram that is not part of the sequence, and not repeated. */
void conn_send_once(struct conn *c, const struct msg *m, uint16_t ns);
/* As conn_send(), for what answers a call request of the peer's. */
void conn_reply(struct conn *c, const struct msg *m, uint32_t session_id, usec_t now);
/* Acknowledge at once; the header names a session of the peer's. */
void conn_acknowledge(struct conn *c, uint32_t session_id);
/* Acknowledge the next message, although the sequence does not have it. */
void conn_acknowledge_next(struct conn *c);
/* Hand to the outbox what the channel wants on the wire now. */
void conn_flush(struct conn *c, usec_t now);

/* An id that nobody answers to, for the Assigned ID of a refusal, which may not be 0.  Nothing is reserved. */
uint32_t conn_spare_id(const struct conn *c, uint32_t scope);
/* A control message of that many octets has come from the peer. */
void conn_heard(struct conn *c, size_t octets);

/* One StopCCN from no connection, in answer to an SCCRQ or a stray SCCRP: nothing is kept, a repeated request is answered
 * anew.  Its ns is the first that we can have had to say, never what the message asks for. */
void conn_refuse(struct core *core, const struct arrival *to, uint32_t peer_id, uint16_t ns,
		 const struct l2tp_reason *reason);

/* Is the peer's answer to what we asked for acceptable (RFC 3308)?  asked L2TP_PHB_NONE: we did not; has: it answers */
bool conn_check_phb(const struct conn *c, uint32_t asked, bool has, uint16_t answer);

/* What is never sent of a reason; NULL: nothing. */
void conn_put_detail(struct l2tp_reason *reason, const char *text);
/* The Result Code AVP for a reason; its text stays the reason's. */
void conn_put_reason(struct msg *m, const struct l2tp_reason *reason);
/* A reason from a received Result Code AVP, or for the lack of one. */
void conn_get_reason(const struct msg *m, struct l2tp_reason *reason);

#endif
