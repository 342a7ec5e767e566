/* SPDX-License-Identifier: MIT */
/*
 * udp: UDP sockets, made and set as L2TP wants them (RFC 2661 8.1).  The store has them (fdstore.h); to read and to send
 * is others' business, with what they are lent.
 *
 * Each function is a request that could go to another process: plain structs and names in, an error, an address and a
 * file out.
 */
#ifndef UDP_H
#define UDP_H

#include "fdstore.h"
#include "l2tp.h"

#define UDP_ECN_BITS 2 /* below the DSCP */

struct udp_socket {
	struct fd_name name;
	int fd;                 /* lent by the store */
	struct l2tp_addr local; /* with what the kernel has chosen */
};

/* Bound, not connected.  listener: it has room for a burst, and shares its port with those of tunnels; so does what is
 * bound to a port that was given.  A port that the kernel chooses (0) is nobody else's. */
int udp_open(struct fdstore *f, const struct l2tp_addr *local, bool listener, struct udp_socket *ret);
/* It is a tunnel's from now on, of that name, and connected to its peer.  On failure it may have the name or not. */
int udp_connect(struct fdstore *f, struct udp_socket *s, uint32_t tunnel_id, const struct l2tp_addr *peer);
/* Of what leaves the socket without a mark of its own, the kernel's data included. */
int udp_mark(struct fdstore *f, const struct udp_socket *s, unsigned dscp);
/* ICMP errors go to the error queue; to switch that off empties the queue. */
int udp_queue_errors(struct fdstore *f, const struct udp_socket *s, bool on);

/* 0: nobody is bound there, also none who would share the port. */
int udp_is_free(const struct l2tp_addr *a);
/* Our address on the way to peer, as the routing has it now; no port. */
int udp_route_source(const struct l2tp_addr *peer, struct l2tp_addr *ret);

#endif
