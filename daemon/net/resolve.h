/* SPDX-License-Identifier: MIT */
/* resolve: names to addresses, without blocking (getaddrinfo in a worker thread). */
#ifndef RESOLVE_H
#define RESOLVE_H

#include "kernel/workers.h"
#include "l2tp.h"

struct resolve;

/* addrs: n > 0 addresses in the order to try, with port; or err, a negative errno, and a sentence. */
typedef void (*resolve_done)(void *ctx, int err, const char *text, const struct l2tp_addr *addrs, size_t n);

/* server: as in server.h, with its own port or else this; -EINVAL: it cannot be read.  family 4, 6 or 0.  done is called from
 * the event loop unless resolve_cancel() comes first. */
int resolve_start(struct workers *w, const char *server, uint16_t port, int family, resolve_done done, void *ctx,
		  struct resolve **ret);
/* NULL is fine; done is not called any more.  What it holds is freed when the worker is through with it and the event
 * loop has run; a workers_free() before that loses it. */
void resolve_cancel(struct resolve *r);

#endif
