/* SPDX-License-Identifier: MIT */
/*
 * driver: the glue between the engine (l2tp.h) and the world: datagrams and the time go in, operations are carried out by
 * the executors (net/, kernel/, attachments), profiles with "dial" are dialled.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <systemd/sd-event.h>

#include "attachment.h"
#include "config/config.h"
#include "decider.h"
#include "events.h"

struct driver;

enum driver_dataplane { DATAPLANE_KERNEL, DATAPLANE_NONE };

struct driver_options {
	enum driver_dataplane dataplane;
	const struct attachment_class *const *attachments; /* those that there are; NULL-terminated, stays the caller's */
	const char *attachment;                            /* that which sessions get */
	struct decider *decider;                           /* NULL: the configuration decides alone */
};

/* config is the driver's from now on, whatever is returned.  Failures have been logged. */
int driver_new(sd_event *event, struct config *config, const struct driver_options *options, struct driver **ret);
/* Open the listeners, begin to dial.  Failures have been logged. */
int driver_start(struct driver *d);
/* Every attachment ended, StopCCN to all peers, the kernel cleaned; sd_event_exit() when that is done, or after
 * stop-timeout. */
void driver_stop(struct driver *d);
void driver_free(struct driver *d); /* NULL is fine */

/* Control messages of one tunnel, or of all with 0, from now on (trace.h).  -ENOENT: no such tunnel; -EBUSY */
int driver_trace(struct driver *d, uint32_t tunnel_id, bool opened, int *ret_fd);
/* Is the runtime directory ours?  Always, but for DATAPLANE_NONE, which does without. */
bool driver_owns_directory(const struct driver *d);
/* What is in force, until the next reload. */
const struct config *driver_config(const struct driver *d);
const struct attachment_class *const *driver_attachments(const struct driver *d);

/* While draining, new tunnels and sessions are refused and nothing is dialled; what is there stays, until the timeout
 * (USEC_NEVER: for good): then it is closed, and the drain goes on. */
void driver_drain(struct driver *d, bool on, usec_t timeout);
bool driver_draining(const struct driver *d);

void driver_watch(struct driver *d, struct watcher *w);
void driver_unwatch(struct driver *d, struct watcher *w); /* one that does not watch: fine */

#endif
