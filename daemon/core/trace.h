/* SPDX-License-Identifier: MIT */
/*
 * trace: control messages for those who want to see them.  A subscriber gets a socket from which it reads records
 * (trace_record.h); it can neither stop nor delay anything.
 */
#ifndef TRACE_H
#define TRACE_H

#include <systemd/sd-event.h>

#include "l2tp.h"

#define TRACE_SUBSCRIBERS_MAX 16

struct trace;

int trace_new(sd_event *event, struct trace **ret);
void trace_free(struct trace *t); /* NULL is fine */

/* A socket with the messages of one tunnel, or of all with tunnel_id 0, those that belong to no tunnel included.
 * opened: with their hidden AVPs in the clear, which are secrets.  -EBUSY: there are too many subscribers */
int trace_subscribe(struct trace *t, uint32_t tunnel_id, bool opened, int *ret_fd);

bool trace_is_read(const struct trace *t);
/* Costs nothing while nobody reads.  Of a message of ours, m->dropped says why it could not be sent. */
void trace_message(struct trace *t, const struct l2tp *engine, const struct l2tp_trace *m);
/* Its subscribers have read all there is. */
void trace_tunnel_gone(struct trace *t, uint32_t tunnel_id);

#endif
