/* SPDX-License-Identifier: MIT */
/*
 * driver: the glue between the engine (lib/l2tp.h) and the world: datagrams and the time go in, operations are carried
 * out by the executors (listen, dataplane, ppp), profiles with "dial" are dialled.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <systemd/sd-event.h>

#include "config.h"

struct driver;
struct ppp_exit;

enum driver_dataplane { DATAPLANE_KERNEL, DATAPLANE_NONE };

/* config must outlive the driver.  Failures have been logged. */
int driver_new(sd_event *event, const struct config *config, enum driver_dataplane dataplane, struct driver **ret);
/* Open the listeners, begin to dial.  Failures have been logged. */
int driver_start(struct driver *d);
/* StopCCN to all peers, the kernel cleaned; sd_event_exit() when that is done, or when stop-timeout is over. */
void driver_stop(struct driver *d);
void driver_free(struct driver *d); /* NULL is fine */

/* ---- What happens ------------------------------------------------------------------------------------------- */

enum driver_event_type {
	DRIVER_TUNNEL_OPENED,      /* the first that the daemon's side hears of it */
	DRIVER_TUNNEL_ESTABLISHED,
	DRIVER_TUNNEL_CLOSING,     /* with its reason */
	DRIVER_TUNNEL_GONE,
	DRIVER_SESSION_OPENED,
	DRIVER_SESSION_ESTABLISHED,
	DRIVER_SESSION_CLOSING,    /* with its reason */
	DRIVER_SESSION_GONE,
	DRIVER_PPP_STARTED,        /* pppd has been asked for */
	DRIVER_PPP_UP,             /* a first, or a further, network protocol */
	DRIVER_PPP_EXITED,         /* with exit */
	DRIVER_TUNNEL_REFUSED,     /* of peer and host, with the reason */
	DRIVER_STOPPING,
	DRIVER_EVENTS
};

/* Pointers are valid during the call. */
struct driver_event {
	enum driver_event_type type;
	uint32_t tunnel_id, session_id;   /* 0: not of one */
	const char *profile;              /* NULL: none */
	const struct l2tp_addr *peer;
	const char *host;                 /* escaped; NULL: not known */
	const struct l2tp_reason *reason;
	const struct ppp_exit *exit;
};

/* Somebody who wants to hear.  He is called in the middle of things: he may look (view.h), and must not act. */
struct driver_watcher {
	void (*event)(void *ctx, const struct driver_event *e);
	void *ctx;
	struct driver_watcher *next; /* the driver's */
};
void driver_watch(struct driver *d, struct driver_watcher *w);
void driver_unwatch(struct driver *d, struct driver_watcher *w); /* one that does not watch: fine */

#endif
