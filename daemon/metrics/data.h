/* SPDX-License-Identifier: MIT */
/*
 * data: what the kernel counts of a tunnel's data, added up for each profile; a tunnel that ends takes nothing
 * away.
 */
#ifndef METRICS_DATA_H
#define METRICS_DATA_H

#include "core/driver.h"
#include "kernel/dataplane.h"

struct data;

/* done: a reading that data_read() told to wait for is over. */
int data_new(sd_event *event, struct driver *driver, void (*done)(void *ctx), void *ctx, struct data **ret);
void data_free(struct data *d); /* NULL is fine */

/* There is a kernel tunnel; what it counts is added to total, which outlives it. */
void data_add(struct data *d, uint32_t tunnel_id, struct dataplane_stats *total);
/* It is about to be removed: before that, the last reading. */
void data_finish(struct data *d, uint32_t tunnel_id);
void data_forget(struct data *d, uint32_t tunnel_id);

/* Read all tunnels anew, unless that was done a moment ago.  true: wait for done(), which comes within two seconds. */
bool data_read(struct data *d, usec_t now);

#endif
