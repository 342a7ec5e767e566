/* SPDX-License-Identifier: MIT */
/*
 * outline: what is read of a control message before anything else of it is believed: whose it is, and whether it may
 * come in at all, is decided by it.  Made once for each datagram, and passed on with it.
 */
#ifndef OUTLINE_H
#define OUTLINE_H

#include "dialect.h"
#include "wire.h"

/* Of AVPs that are hidden, nothing. */
struct outline {
	uint16_t type;               /* 0: not there */
	uint32_t assigned_tunnel_id; /* likewise */
	struct l2tp_span host_name;  /* empty: not there */
};

/* All of it, in one walk: a stranger may send 65 kB of AVPs. */
struct outline outline_of(struct l2tp_span body);
/* No more than the type. */
struct outline outline_type(struct l2tp_span body);

/* A control message on its way in. */
struct arrival {
	const struct l2tp_rx *rx;
	const struct dialect *dialect;
	struct wire_header header;
	struct outline outline;
};

#endif
