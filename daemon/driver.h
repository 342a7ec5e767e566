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

enum driver_dataplane { DATAPLANE_KERNEL, DATAPLANE_NONE };

/* config must outlive the driver.  Failures have been logged. */
int driver_new(sd_event *event, const struct config *config, enum driver_dataplane dataplane, struct driver **ret);
/* Open the listeners, begin to dial.  Failures have been logged. */
int driver_start(struct driver *d);
/* StopCCN to all peers, the kernel cleaned; sd_event_exit() when that is done, or when stop-timeout is over. */
void driver_stop(struct driver *d);
void driver_free(struct driver *d); /* NULL is fine */

#endif
