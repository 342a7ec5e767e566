/* SPDX-License-Identifier: MIT */
/*
 * link: what the daemon asks rtnetlink: the path MTU and the way to a peer, and a host route that keeps the tunnel's
 * own packets out of a default route through the tunnel.
 *
 * Routes made here carry a routing protocol number of their own (RTPROT_L2TPD), by which the leftovers of a crashed
 * run are found and removed at start.
 */
#ifndef LINK_H
#define LINK_H

#include <stdint.h>
#include <systemd/sd-event.h>
#include "l2tp.h"

#define RTPROT_L2TPD 176

struct link;

int link_new(sd_event *event, struct link **ret);
void link_free(struct link *l);

/* The MTU of the path to peer as the kernel sees it now (PMTU cache or the interface's); asks the kernel once,
 * synchronously (microseconds).  Negative errno. */
int link_path_mtu(struct link *l, const struct l2tp_addr *local, const struct l2tp_addr *peer);

/* Pin the way to peer: a host route by the way that is used now.  Counted: several tunnels to one peer share it.
 * Nothing is made where the peer is on-link (its connected route is more specific than any default).
 * Asynchronous in effect, errors are logged by the caller from the returned value. */
int link_pin_peer(struct link *l, const struct l2tp_addr *local, const struct l2tp_addr *peer);
void link_unpin_peer(struct link *l, const struct l2tp_addr *peer);

/* Remove host routes that an earlier run left behind; returns their number. */
int link_clean(struct link *l);

#endif
