/* SPDX-License-Identifier: MIT */
/*
 * admission: control messages for no tunnel that we know: new tunnels, and strays.
 */
#ifndef ADMISSION_H
#define ADMISSION_H

#include "registry.h"

/* What is read of a message before anything else of it is believed; of AVPs that are hidden, nothing. */
struct outline {
	uint16_t type;               /* 0: not there */
	uint32_t assigned_tunnel_id; /* likewise */
	struct l2tp_span host_name;        /* empty: not there */
};

/* All of it, in one walk: a stranger may send 65 kB of AVPs. */
struct outline admission_outline(struct l2tp_span body);
/* No more than the type. */
struct outline admission_outline_type(struct l2tp_span body);

void admission_input(struct l2tp *l, const struct l2tp_rx *rx, const struct wire_header *h, const struct outline *o,
		     usec_t now);

#endif
