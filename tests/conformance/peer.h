/* SPDX-License-Identifier: MIT */
/*
 * peer: a scripted L2TP peer over UDP, for one scenario in a process of its own.
 *
 * It numbers and acknowledges what it says and hears, and otherwise says what the script makes it say.  Whatever it
 * hears is held against what the RFC demands of every message (peer.c, check_*): a violation fails the scenario.
 */
#ifndef PEER_H
#define PEER_H

#include "lib/l2tp/msg.h"
#include "lib/l2tp/wire.h"

#include <netinet/in.h>

#define PATIENCE_MS 5000 /* for what must come */

/* A control message as it came. */
struct heard {
	struct wire_header header;
	struct msg msg;                               /* spans point to bytes or plain */
	size_t len;
	uint8_t bytes[WIRE_SEND_MAX], plain[WIRE_SEND_MAX];
	bool again;                                   /* a repetition */
	usec_t at;
};

struct peer {
	int fd;
	const char *log;              /* file that the daemon logs to */
	const char *directory; /* the daemon's, where its bus is */
	struct sockaddr_in to;        /* the daemon; port 0: where it dials from */
	uint16_t listener;            /* the port that it listens on */
	uint16_t id, engine_id;       /* our tunnel id; the daemon's, as soon as it is known */
	uint16_t session_id, engine_session_id;
	uint16_t ns, nr;
	uint16_t acked;               /* the highest Nr that the daemon has sent */
	uint16_t newest;              /* one more than the highest Ns it has used */
	bool deaf;                    /* does not acknowledge by itself */
	bool hides;                   /* we hide what we say */
	bool may_hide;                /* the daemon's profile hides */
	bool lcp_required;            /* the daemon's profile says so: M beyond RFC 2661 */
	bool unnamed;                 /* the daemon cannot know our tunnel id */
	struct l2tp_span secret;
	uint8_t challenge[16], response[16];
	struct heard last;            /* message, not a ZLB */
	struct wire_header last_header; /* ZLB or not */
	usec_t last_at;
};

/* Fail the scenario. */
__attribute__((format(printf, 1, 2), noreturn)) void fail(const char *format, ...);
#define MUST(cond) ((cond) ? (void)0 : fail("%s:%d: %s", __FILE__, __LINE__, #cond))

usec_t clock_now(void);

/* A socket at this address, *addr gets the port; one at the same address as p's. */
int peer_socket(struct sockaddr_in *addr);
int peer_socket_beside(const struct peer *p);
/* A message with all that the RFC requires; fields may be changed before it is sent. */
struct msg peer_msg(const struct peer *p, enum cm_type type);
/* To the daemon's session where the type is about one; sid says otherwise. */
void peer_say(struct peer *p, enum cm_type type);
void peer_send(struct peer *p, const struct msg *m, uint16_t sid);
/* Message and more AVPs, octets as given. */
void peer_say_with(struct peer *p, enum cm_type type, struct l2tp_span avps);
void peer_send_body(struct peer *p, struct l2tp_span body, uint16_t sid);
void peer_datagram(struct peer *p, struct l2tp_span datagram);
void peer_zlb(struct peer *p);
uint16_t peer_address(const struct peer *p, enum cm_type type);
/* Answer the challenge in what was heard last. */
void peer_respond(struct peer *p, struct msg *m, struct l2tp_span secret);

/* The next datagram within ms; false: none came. */
bool peer_next(struct peer *p, int ms);
/* The next message that is no repetition and no ZLB: it must come, and be of this type. */
const struct msg *peer_hear(struct peer *p, enum cm_type type);
/* Wait until all that was said is acknowledged; no message may come meanwhile. */
void peer_acked(struct peer *p);
/* For ms nothing comes but ZLBs; nothing at all if zlbs is false. */
void peer_quiet(struct peer *p, int ms, bool zlbs);
/* The daemon's log has a line with both texts. */
void peer_logged(const struct peer *p, const char *a, const char *b);

struct l2tp_span octets_of(const char *hex, uint8_t *out, size_t size);

#endif
