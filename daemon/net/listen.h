/* SPDX-License-Identifier: MIT */
/*
 * listen: the sockets.  Listeners take what comes to a local port (recvmmsg, with the address that was asked);
 * a tunnel gets a socket of its own, connected to its peer, which the kernel's data path needs.
 *
 * All of them are the store's (kernel/fdstore.h), under the tunnel's id as soon as it has one; they are borrowed for reading
 * and sending.
 *
 * Whatever a socket delivers goes to one receive function: it is the engine that finds the tunnel, by id and source,
 * never by the socket a datagram came on.
 */
#ifndef LISTEN_H
#define LISTEN_H

#include <systemd/sd-event.h>
#include "l2tp.h"

struct fdstore;
struct listen;        /* all sockets */
struct listen_socket; /* one */

typedef void (*listen_receive)(void *ctx, const struct l2tp_rx *rx);
/* After each batch of datagrams of one wake-up. */
typedef void (*listen_batch_done)(void *ctx);
/* ICMP says that the peer is unreachable (errno err), which may be forged.  Must not close the socket. */
typedef void (*listen_unreachable)(void *ctx, int err);

int listen_new(sd_event *event, struct fdstore *fds, listen_receive receive, listen_batch_done batch_done, void *ctx,
	       struct listen **ret);
void listen_free(struct listen *l);

/* A listener on addr (family 0: all addresses of both families, two sockets); one that is there is kept.  -EADDRINUSE
 * also if another process shares its port with SO_REUSEPORT, -EACCES, ... */
int listen_want(struct listen *l, const struct l2tp_addr *addr);
/* Those that have not been wanted since the last time go; or, undo, those that are new since then. */
void listen_settle(struct listen *l, bool undo);

/* A socket for a tunnel that we open, bound to local (port 0: any; address unset: the route's), not connected, because
 * the peer may answer from another port.  *local is filled in with what the kernel chose. */
int listen_dial(struct listen *l, struct l2tp_addr *local, const struct l2tp_addr *peer, struct listen_socket **ret);
/* Tell of ICMP errors about what a dial socket (NULL: none) has sent to the peer that it was made for, until it is
 * connected. */
void listen_watch_errors(struct listen_socket *s, listen_unreachable unreachable, void *ctx);

/* The tunnel's own socket, named and connected: from a dial socket (s) or, s NULL, a new one that shares local's port
 * with the listener.  What arrives between bind and connect, for any tunnel, is handed to receive by the event loop. */
int listen_connect(struct listen *l, struct listen_socket *s, uint32_t tunnel_id, const struct l2tp_addr *local,
		   const struct l2tp_addr *peer, struct listen_socket **ret);
/* Mark with this DSCP what leaves the socket, the kernel's data included.  Takes the socket's lock: once there is a
 * kernel tunnel, a packet of data that leaves just then may be lost. */
int listen_mark(struct listen_socket *s, unsigned dscp);
void listen_close(struct listen_socket *s); /* NULL is fine; also from within receive */

/* Send, marked with a DSCP of its own, from s or, s NULL, from the listener that covers local, else (until batch_done has
 * returned) from the socket that is being read if that is bound to local.  Never blocks; a loss is the engine's to repair.
 * Returns a negative errno for the log. */
int listen_send(struct listen *l, struct listen_socket *s, const struct l2tp_addr *local, const struct l2tp_addr *peer,
		struct l2tp_span bytes, unsigned dscp);

#endif
