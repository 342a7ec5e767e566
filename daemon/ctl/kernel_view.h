/* SPDX-License-Identifier: MIT */
/*
 * kernel_view: the kernel's tunnels and sessions in this network namespace, whichever program created them.
 */
#ifndef KERNEL_VIEW_H
#define KERNEL_VIEW_H

#include <stddef.h>
#include <stdint.h>

#include "l2tp.h"

struct kernel_counters {
	uint64_t tx_packets, tx_bytes, tx_errors, rx_packets, rx_bytes, rx_errors, rx_discarded, rx_reordered;
};

struct kernel_tunnel {
	uint32_t id, peer_id;
	uint8_t version;
	bool udp;                    /* else IP */
	struct l2tp_addr local, peer; /* ports 0 without UDP */
	struct kernel_counters counters;
};

struct kernel_session {
	uint32_t tunnel_id, id, peer_tunnel_id, peer_id;
	bool ppp;                    /* else Ethernet */
	bool lns, sequencing;        /* sequencing: sequence numbers are sent or required */
	char interface[16];          /* "": none, or a PPP interface */
	struct kernel_counters counters;
};

struct kernel_view {
	struct kernel_tunnel *tunnels;   /* by id */
	struct kernel_session *sessions; /* by tunnel, then by id */
	size_t n_tunnels, n_sessions;
};

/* -ENOENT: the kernel does not support L2TP; -EPERM; another negative errno.  Prints nothing. */
int kernel_view_read(struct kernel_view *ret);
void kernel_view_clear(struct kernel_view *v); /* an empty one is fine */

/* NULL: there is none. */
const struct kernel_tunnel *kernel_view_tunnel(const struct kernel_view *v, uint32_t id);
const struct kernel_session *kernel_view_session(const struct kernel_view *v, uint32_t tunnel_id, uint32_t id);

#endif
