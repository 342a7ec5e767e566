/* SPDX-License-Identifier: MIT */
/*
 * dialect: what one version of the protocol has of its own, as a row of a table (dialects.c).  A connection speaks the
 * same one from its first message to its last (conn.dialect).  Code that depends on it calls or reads a column, and
 * never asks for the version.
 */
#ifndef DIALECT_H
#define DIALECT_H

#include "wire.h"

struct arrival;
struct authentication; /* tunnel.h */
struct session_rules;  /* session.h */
struct tunnel_rules;   /* tunnel.h */

struct dialect {
	uint8_t version;                          /* in the header */
	const struct wire_codec *codec;           /* of the header */
	uint32_t id_max;                          /* ids of tunnels and sessions: 1 .. id_max */
	bool (*acknowledges)(const struct arrival *in); /* a message that says nothing else */
	struct l2tp_span acknowledgement;         /* the body of such a one */
	uint8_t avps;                             /* those that it knows: bits of avp_row.versions */
	const struct authentication *authentication; /* of tunnels */
	const struct tunnel_rules *tunnel_rules;  /* state tables */
	const struct session_rules *session_rules;
};

extern const struct dialect dialect_v2;

/* That of a header; the version is one that wire.c knows. */
const struct dialect *dialect_of(uint8_t version);

#endif
