/* SPDX-License-Identifier: MIT */
/*
 * driver: the glue between the engine (lib/l2tp/l2tp.h) and the world: datagrams and the time go in, operations are carried
 * out by the executors (listen, dataplane, ppp), profiles with "dial" are dialled.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <systemd/sd-event.h>

#include "config/config.h"

struct driver;
struct ppp_exit;

enum driver_dataplane { DATAPLANE_KERNEL, DATAPLANE_NONE };

/* config is the driver's from now on, whatever is returned.  Failures have been logged. */
int driver_new(sd_event *event, struct config *config, enum driver_dataplane dataplane, struct driver **ret);
/* Open the listeners, begin to dial.  Failures have been logged. */
int driver_start(struct driver *d);
/* Every PPP ended, StopCCN to all peers, the kernel cleaned; sd_event_exit() when that is done, or when stop-timeout is
 * over. */
void driver_stop(struct driver *d);
/* Control messages of one tunnel, or of all with 0, from now on (trace.h).  -ENOENT: no such tunnel; -EBUSY */
int driver_trace(struct driver *d, uint32_t tunnel_id, bool opened, int *ret_fd);
/* Is the runtime directory ours?  Always, but for DATAPLANE_NONE, which does without. */
bool driver_owns_directory(const struct driver *d);
void driver_free(struct driver *d); /* NULL is fine */

/* What a reload has changed: names of profiles and of pools; options of the top level and of limits ("limits.tunnels");
 * and options that keep their value until a restart.  Each is a list that ends with NULL. */
struct driver_changes {
	char **added, **changed, **removed;
	char **pools_added, **pools_changed, **pools_removed;
	char **options, **need_restart;
};

/* Read the configuration again and apply the difference; what is the same is not disturbed.  If it cannot be, nothing
 * has changed, and errors (NULL: nobody reads it) as well as the log say why: -EINVAL, mistakes in the file;
 * -ESHUTDOWN, it is being stopped; another negative errno. */
int driver_reload(struct driver *d, FILE *errors, struct driver_changes *ret);
void driver_changes_clear(struct driver_changes *c);
/* What pppd refuses of the configuration that the last reload has brought in force, a line for each profile, as soon as
 * it has been tried; NULL-terminated.  Called once, from the event loop; not any more once driver_free() has been. */
typedef void (*driver_tried)(void *ctx, char *const *warnings);
/* Right after a reload.  false: nothing is being tried, done is not called. */
bool driver_await_trial(struct driver *d, driver_tried done, void *ctx);
/* What is in force, until the next reload. */
const struct config *driver_config(const struct driver *d);

/* While draining, new tunnels and calls are refused and nothing is dialled; what is there stays, until the time is over
 * (USEC_NEVER: for good): then it is closed, and the drain goes on. */
void driver_drain(struct driver *d, bool on, usec_t timeout);
bool driver_draining(const struct driver *d);

/* ---- What an operator asks for ------------------------------------------------------------------------------ */

struct dataplane_stats;

/* Called once, from the event loop; not any more once driver_free() has been.  text: why not, in words. */
typedef void (*driver_opened)(void *ctx, int err, const char *text, uint32_t tunnel_id);
typedef void (*driver_counted)(void *ctx, int err, const struct dataplane_stats *stats);

#define DRIVER_CALLS_DEFAULT UINT32_MAX

/* Open a tunnel of a lac profile and place this many calls on it; it is not opened again when it has ended.  another: also
 * if the profile has one, or is dialled by itself.
 * -ENOENT: no such profile; -EINVAL: not a lac; -EALREADY: not another; -EBUSY: draining; -ESHUTDOWN */
int driver_open(struct driver *d, const char *profile, uint32_t calls, bool another, driver_opened done, void *ctx);
/* Close what a lac profile has, and do not dial it any more, whatever is reloaded.  -ENOENT; -EINVAL: not a lac */
int driver_hang_up(struct driver *d, const char *profile);
/* Dial it again, at once.  Also -EOPNOTSUPP: it is not one that is dialled */
int driver_resume(struct driver *d, const char *profile);
bool driver_is_hung_up(const struct driver *d, const char *profile);
/* Place a call: as LAC an incoming one or (info->outgoing) as LNS have the peer place one.  What info leaves open is as
 * the profile says.  As l2tp_call() and l2tp_call_out(), and -EBUSY: draining. */
int driver_call(struct driver *d, uint32_t tunnel_id, const struct l2tp_call_info *info, uint32_t *ret_session_id);
/* As l2tp_close_tunnel() and l2tp_close_session(); session_id 0: the tunnel. */
int driver_close(struct driver *d, uint32_t tunnel_id, uint32_t session_id, const struct l2tp_reason *reason);
/* What the kernel has counted; session_id 0: of the whole tunnel.  -ENOENT, -ENOTCONN: it has no data path */
int driver_count(struct driver *d, uint32_t tunnel_id, uint32_t session_id, driver_counted done, void *ctx);
/* For whoever goes before his answers have come: there will be none for this ctx. */
void driver_forget_count(struct driver *d, const void *ctx);

/* ---- What happens ------------------------------------------------------------------------------------------- */

enum driver_event_type {
	DRIVER_TUNNEL_OPENED,      /* the first that the daemon's side hears of it */
	DRIVER_TUNNEL_ESTABLISHED,
	DRIVER_TUNNEL_CLOSING,     /* with its reason */
	DRIVER_TUNNEL_REMOVING,    /* its sessions have gone, its kernel tunnel goes now: what is asked here is still counted */
	DRIVER_TUNNEL_GONE,
	DRIVER_SESSION_OPENED,
	DRIVER_SESSION_ESTABLISHED,
	DRIVER_SESSION_CLOSING,    /* with its reason */
	DRIVER_SESSION_GONE,
	DRIVER_PPP_STARTED,        /* pppd has been asked for */
	DRIVER_PPP_UP,             /* a first, or a further, network protocol */
	DRIVER_PPP_EXITED,         /* with exit */
	DRIVER_TUNNEL_REFUSED,     /* of peer and host, with the reason */
	DRIVER_RELOADED,           /* with changes */
	DRIVER_DRAIN,              /* begun, or ended */
	DRIVER_HANG_UP,            /* of profile: hung up, or resumed */
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
	const struct driver_changes *changes;
};

/* Somebody who wants to hear.  He is called in the middle of things: he may look (view.h) and ask for counters, and must
 * not act. */
struct driver_watcher {
	void (*event)(void *ctx, const struct driver_event *e);
	void *ctx;
	struct driver_watcher *next; /* the driver's */
};
void driver_watch(struct driver *d, struct driver_watcher *w);
void driver_unwatch(struct driver *d, struct driver_watcher *w); /* one that does not watch: fine */

#endif
