/* SPDX-License-Identifier: MIT */
/*
 * hook: a program of the operator's, run for one event, in bounded time.
 *
 * It has an environment of its own making, nothing else of ours, and is killed with all that it has started when its
 * time is over.
 */
#ifndef HOOK_H
#define HOOK_H

#include <systemd/sd-event.h>
#include "l2tp.h"

struct hook;

struct hook_spec {
	const char *path, *action; /* PATH ACTION */
	char **environment;        /* "NAME=value", NULL-terminated */
	usec_t timeout;
};

/* status: its exit status; -ETIMEDOUT; -ECANCELED: killed by somebody else.  The hook is gone when it is called. */
typedef void (*hook_done)(void *ctx, int status);

/* A negative errno, also of execve(); done is not called then, and never from within. */
int hook_start(sd_event *event, const struct hook_spec *spec, hook_done done, void *ctx, struct hook **ret);
/* Kill it; done is not called.  NULL is fine. */
void hook_stop(struct hook *h);

#endif
