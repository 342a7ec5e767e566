/* SPDX-License-Identifier: MIT */
/*
 * workers: a small thread pool for the few calls that block: those that wait for an RCU grace period (the last close()
 * of a pppox socket: 8-30 ms) and the resolver.  The only threads there are.
 */
#ifndef WORKERS_H
#define WORKERS_H

#include <systemd/sd-event.h>

struct workers;

/* Threads are started as they are needed, up to max.  Signals are blocked in them. */
int workers_new(sd_event *event, unsigned max, struct workers **ret);
/* Waits for the jobs that run; those that wait are run too; done functions are not called any more,
 * so what a ctx points to must outlive this call.  NULL is fine. */
void workers_free(struct workers *w);
/* run(ctx) in a thread, then done(ctx, result of run) in the event loop.  done may be NULL.  -ENOMEM, -EAGAIN */
int workers_submit(struct workers *w, int (*run)(void *ctx), void (*done)(void *ctx, int result), void *ctx);

#endif
