/* SPDX-License-Identifier: MIT */
/*
 * msg: a control message as a plain struct (struct msg, in avp.h).
 *
 * msg_decode() turns octets into a struct msg by the tables (avp_table.c: what an AVP looks like; msg_table.c: which
 * message may and must carry it) or into a fault; msg_encode() does the reverse.  Spans of a decoded message point
 * into the datagram or into the scratch space and live no longer than those.
 */
#ifndef MSG_H
#define MSG_H

#include "avp.h"
#include "base/buf.h"
#include "fault.h"
#include "l2tp.h"
#include "name.h"

/* What a message has to do with an AVP (msg_table.c). */
enum msg_place {
	PLACE_UNEXPECTED, /* sent never, ignored on receipt */
	PLACE_OPTIONAL,
	PLACE_FORGIVEN,   /* required by the RFC and always sent, yet some peers forget it */
	PLACE_REQUIRED,
};
/* An unknown message may carry anything. */
enum msg_place msg_place(enum cm_type type, enum avp_id avp);

bool msg_is_known(enum cm_type type);
/* A message about one call (CDN answers its faults) or about the tunnel (StopCCN does). */
bool msg_is_call(enum cm_type type);

enum msg_verdict {
	MSG_OK,
	MSG_IGNORE, /* unknown type that is not mandatory: acknowledged, nothing else */
	MSG_FAULT,  /* *fault is set; *ret holds what could be read all the same, from behind the error as well: the
		     * type (0: none), the assigned ids for the answer */
};

struct msg_decoder {
	struct l2tp_span secret; /* for hidden AVPs; empty: there is none */
	uint8_t *scratch;        /* unhidden values; at least as large as the body; not needed without a secret */
	size_t scratch_size;
	bool strict;             /* PLACE_FORGIVEN is required */
	bool ignore_unknown;     /* AVPs, mandatory ones as well; not so a message type */
	uint8_t avps;            /* that are known: bits of avp_row.versions */
};

/* body: what follows the header.  Known AVPs in places where the RFC does not list them are ignored, so are malformed
 * ones without M, and all but the first of several.  ICCN and OCCN do not need Connect Speed and Framing Type (peers
 * forget them): they default to 0.  Both *ret and *fault are always written. */
enum msg_verdict msg_decode(const struct msg_decoder *d, struct l2tp_span body, struct msg *ret, struct fault *fault);

/* Open the value of a hidden AVP into plain, which has room for hidden.len octets; neither secret nor vector are empty.
 * False: it cannot have been hidden with these.  *ret lies in plain and is always written. */
bool msg_unhide(uint16_t type, struct l2tp_span secret, struct l2tp_span vector, struct l2tp_span hidden, uint8_t *plain,
		struct l2tp_span *ret);

struct msg_encoder {
	struct l2tp_span secret;
	bool hide;               /* hide what may be hidden (4.3); needs secret and vector */
	uint8_t vector[16];      /* fresh random octets, where hide or msg.hide is set */
};

/* Write the AVPs of m into w, the Message Type first.  What m does not have is not written; a required AVP that is
 * missing, or one that has no place in this message, is our own error (assert).  The writer is bad if it did not fit
 * or a value is one that a receiver would have to refuse. */
void msg_encode(const struct msg_encoder *e, const struct msg *m, struct writer *w);

#endif
