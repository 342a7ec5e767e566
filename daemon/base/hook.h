/* SPDX-License-Identifier: MIT */
/*
 * hook: runs the operator's programs for one call, one after the other, each in bounded time.
 *
 * Each has an environment of its own making, nothing else of ours, and is killed with all that it has started when it
 * times out.  One runs and one may wait: what a peer sends decides how often one is wanted, and not how often one is
 * started.  Of what begins something no more than HOOKS_MAX run in all: each is a process, and a peer may want thousands.
 */
#ifndef HOOK_H
#define HOOK_H

#include <systemd/sd-event.h>
#include "l2tp.h"

#define HOOKS_MAX 128

struct hook;

struct hook_spec {
	const char *path, *action; /* PATH ACTION */
	char **environment;        /* "NAME=value", NULL-terminated */
	usec_t timeout;
	bool begins;               /* -EBUSY while HOOKS_MAX run; else it clears up what one of them has begun */
};

/* status: its exit status; -ETIMEDOUT; -ECANCELED: killed by another program; another negative errno: it had to wait,
 * and could not be started then.  The hook may be freed from within. */
typedef void (*hook_done)(void *ctx, int status);

int hook_new(sd_event *event, void *ctx, struct hook **ret);
/* Kill what runs, forget what waits; done is not called.  NULL is fine. */
void hook_free(struct hook *h);

/* Run it, at once if none runs and the last start is long enough ago, else as soon as that is so; then it takes the
 * place of what waits already, whose done is not called.  A negative errno, also of execve(): done is not called then,
 * and never from within. */
int hook_run(struct hook *h, const struct hook_spec *spec, hook_done done);
/* As hook_free(), but another one may follow, which only waits for the end of the one that was killed.  NULL is fine. */
void hook_kill(struct hook *h);

#endif
