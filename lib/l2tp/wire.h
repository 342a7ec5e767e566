/* SPDX-License-Identifier: MIT */
/*
 * wire: the L2TP header in front of control and data messages (RFC 2661 3.1).
 */
#ifndef WIRE_H
#define WIRE_H

#include "base/buf.h"
#include "l2tp.h"

#define WIRE_CONTROL_HEADER 12   /* octets: T, L and S are always set */
#define WIRE_MAX 65535           /* octets of a datagram */
#define WIRE_SEND_MAX 4096       /* octets of a control message we send */

enum wire_kind {
	WIRE_CONTROL,
	WIRE_DATA,     /* not for us: the kernel did not want it */
	WIRE_L2F,      /* version 1: to be dropped silently (8.1) */
	WIRE_MALFORMED /* to be dropped; *why tells */
};

struct wire_header {
	uint8_t version;
	uint32_t tunnel_id, session_id; /* ours */
	uint16_t ns, nr;
	struct l2tp_span body;          /* AVPs, or the payload of a data message; without what follows Length */
};

/* How one version writes it. */
struct wire_codec {
	uint8_t version;
	void (*read)(struct reader *r, uint16_t flags, struct wire_header *h); /* what follows Length, up to the end */
	size_t (*write)(const struct wire_header *h, uint8_t *out, size_t size);
};

extern const struct wire_codec wire_v2;

/* why: set for WIRE_MALFORMED, a constant string. */
enum wire_kind wire_parse(struct l2tp_span datagram, struct wire_header *ret, const char **why);

/* Version 2: write header and body of a control message into out.  Returns its length, 0 if it does not fit. */
size_t wire_control(const struct wire_header *h, uint8_t *out, size_t size);

#endif
