/* SPDX-License-Identifier: MIT */
/*
 * engine_world: a small world for one engine under test.
 *
 * It brings what a daemon would: randomness (seeded, so that every run is the same), admission, a clock that moves only
 * when told, and somebody who carries out operations.  What the engine sends is decoded and kept; what it asks for is
 * written down in world.log, watched for order (op_watch.h) and answered at once, later, or with an error.
 *
 * A peer is scripted: it numbers and acknowledges what it says and hears, and says what the test makes it say.
 */
#ifndef ENGINE_WORLD_H
#define ENGINE_WORLD_H

#include "lib/l2tp/msg.h"
#include "lib/l2tp/wire.h"
#include "op_watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENT_MAX 256
#define PENDING_MAX 64
#define PEERS_MAX 96
#define DATAGRAM_MAX WIRE_SEND_MAX

/* A control message that the engine has sent. */
struct sent {
	struct wire_header header;
	struct msg msg; /* spans point to bytes or plain */
	enum msg_verdict verdict;
	uint32_t tunnel_id;
	struct l2tp_addr local, peer;
	size_t len;
	uint8_t bytes[DATAGRAM_MAX], plain[DATAGRAM_MAX];
};

struct op_key {
	enum l2tp_op_type type;
	uint32_t tunnel_id, session_id;
};

struct peer;

struct world {
	struct l2tp *l;
	usec_t now;
	uint64_t random;              /* state of the generator */
	uint8_t fixed_random;         /* not 0: randomness is this octet, for tie breakers */
	struct l2tp_env env;
	struct l2tp_params params;    /* of every peer that is admitted */
	uint32_t call_phb;                                   /* 0: the tunnel's */
	struct l2tp_reason tunnel_refusal, call_refusal; /* result or text not empty: refuse */
	bool silent;                  /* refuse tunnels without an answer */
	bool hold;                    /* do not answer operations: world_answer() does */
	bool undecided;               /* do not decide upon calls: world_decide() does; else at once */
	uint32_t answers, fail_at;    /* count of answers; this one, counted from 1, is an error */
	int fail_type;                /* operations of this type fail; -1: none */
	const char *failure;          /* what is said of those that fail; NULL: nothing */
	bool data_flows;              /* TUNNEL_IDLE finds data */
	struct watch watch;
	char log[8192];               /* "TUNNEL_ADD TUNNEL_UP " */
	struct l2tp_reason reason;    /* of the last DOWN */
	struct l2tp_reason session_reason; /* of the last SESSION_DOWN */
	uint32_t successor_id;            /* of the last TUNNEL_DOWN */
	struct l2tp_op last_add, last_up, last_decide; /* pointers are stale; last_decide only if undecided */
	struct l2tp_link_info link;       /* of the last SESSION_UP or SESSION_LINK */
	struct l2tp_call_errors errors;   /* of the last SESSION_ERRORS */
	char last_host[64];           /* what peer_host_name was */
	struct op_key pending[PENDING_MAX];
	size_t n_pending;
	struct sent sent[SENT_MAX];
	size_t n_sent;
	struct peer *peers[PEERS_MAX];
	size_t n_peers;
	struct l2tp_span secret;      /* to read what the engine hides */
	uint32_t traced_in, traced_out, traced_dropped;
	const char *traced_why; /* the last one was dropped; NULL: it was not */
	uint32_t traced_opened[2], traced_unknown; /* l2tp_unhide() had something to open, received and sent; no tunnel */
	uint32_t admissions;
	char admitted_host[64];       /* Host Name of the last that asked for admission */
};

void world_init(struct world *w); /* fills in; change w->env or w->params, then: */
void world_start(struct world *w);
void world_end(struct world *w);
/* The same, in order: shut down first; nothing may be left then. */
void world_finish(struct world *w);
/* Carry out operations until there are none. */
void world_drain(struct world *w);
/* Let time pass, with everything that falls due. */
void world_pass(struct world *w, usec_t t);
/* Answer the oldest pending operation of this type. */
void world_answer(struct world *w, enum l2tp_op_type type, int err);
/* Decide upon a call of the tunnel that has asked last; returns what l2tp_decide() does. */
int world_decide(struct world *w, uint32_t session_id, const struct l2tp_decision *decision);
void world_input(struct world *w, const struct l2tp_addr *local, const struct l2tp_addr *from, struct l2tp_span bytes);
/* Forget what has been sent and logged so far. */
void world_forget(struct world *w);
const char *world_tunnel_state(const struct world *w, uint32_t tunnel_id); /* "gone" */
const char *world_session_state(const struct world *w, uint32_t tunnel_id, uint32_t session_id);
struct l2tp_stats world_stats(const struct world *w);
/* The last message of this type that was sent, NULL: none. */
const struct sent *world_sent(const struct world *w, enum cm_type type);
/* How many were sent; ZLB counts acknowledgements. */
size_t world_count(const struct world *w, enum cm_type type);
/* "SCCRP StopCCN": the types of what was sent, without ZLBs and repetitions. */
const char *world_said(const struct world *w, char *buf, size_t size);
bool world_logged(const struct world *w, const char *ops);
uint64_t world_random(struct world *w);

struct peer {
	struct world *w;
	struct l2tp_addr local, addr; /* the engine's, ours */
	uint16_t id, engine_id;       /* ours; the engine's, as soon as it is known */
	uint16_t ns, nr;
	uint16_t told;                /* the last Nr we sent */
	bool deaf;                    /* does not acknowledge by itself */
	bool owes;                    /* an old message has come again: it is acknowledged again (5.8) */
	uint32_t bearer;              /* Bearer Capabilities; 0: not sent */
	uint16_t session_id, engine_session_id;
	struct l2tp_span secret;      /* to hide with */
	uint8_t response[16], challenge[16]; /* of the last message: from the engine; ours */
};

/* 192.0.2.host, port 1701, id 1000 + host. */
void peer_init(struct peer *p, struct world *w, uint8_t host);
/* Messages with all that the RFC requires; fields may be changed before they are sent. */
struct msg peer_msg(struct peer *p, enum cm_type type);
void peer_send(struct peer *p, const struct msg *m, uint16_t session_id);
/* peer_msg() and peer_send() in one; call messages go to the engine's session. */
void peer_say(struct peer *p, enum cm_type type);
/* Send with one more AVP, octets as given. */
void peer_say_with(struct peer *p, enum cm_type type, const void *avp, size_t len);
void peer_send_body(struct peer *p, struct l2tp_span body, uint16_t session_id);
void peer_zlb(struct peer *p);
/* The datagram of a message, for tests that do something with it. */
size_t peer_datagram(const struct peer *p, const struct msg *m, uint16_t session_id, uint8_t *out, size_t size);
/* Answer the challenge in the engine's last SCCRQ or SCCRP, with this secret. */
void peer_respond(struct peer *p, struct msg *m, struct l2tp_span secret);
/* Open a tunnel to the engine and wait for the end of it; place a call. */
void peer_open(struct peer *p);
void peer_call(struct peer *p);
/* The engine opens the tunnel, and answers as far as SCCCN. */
uint32_t engine_dial(struct peer *p);
void peer_accept(struct peer *p);

#endif
