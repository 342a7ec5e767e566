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
/* Waits for the jobs that run, but not for long: one that does not come back (the resolver) is left behind, with all
 * that it uses; the process is expected to end.  Those that wait are run too.  What has not been reported gets its
 * done() with -ECANCELED, to free ctx and nothing else. */
void workers_free(struct workers *w);
/* run(ctx) in a thread, then done(ctx, result of run) in the event loop.  done may be NULL.  -ENOMEM, -EAGAIN */
int workers_submit(struct workers *w, int (*run)(void *ctx), void (*done)(void *ctx, int result), void *ctx);

#endif
