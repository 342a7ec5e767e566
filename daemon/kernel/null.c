/* SPDX-License-Identifier: MIT */
/*
 * null: the dataplane of --dataplane=none.  Every request succeeds in the next round of the loop, no packet flows.
 * For the control plane alone: load tools, tests, machines without the kernel modules, users without rights.
 */
#include "dataplane.h"

#include <errno.h>
#include <stdlib.h>
#include "request.h"

struct null {
	struct dataplane base; /* first */
	struct requests *requests;
};

static void succeed(struct dataplane *d, enum request_kind kind, union request_done done, void *ctx)
{
	struct request *r = request_new(((struct null *)d)->requests, kind, done, ctx);

	if (r)
		request_answer_later(r);
}

static void tunnel_add(struct dataplane *d, const struct dataplane_tunnel *t, dataplane_done done, void *ctx)
{
	(void)t;
	succeed(d, REQUEST_PLAIN, (union request_done){ .plain = done }, ctx);
}

static void tunnel_del(struct dataplane *d, uint32_t tunnel_id, dataplane_done done, void *ctx)
{
	(void)tunnel_id;
	succeed(d, REQUEST_PLAIN, (union request_done){ .plain = done }, ctx);
}

static void tunnel_stats(struct dataplane *d, uint32_t tunnel_id, dataplane_stats_done done, void *ctx)
{
	(void)tunnel_id;
	succeed(d, REQUEST_STATS, (union request_done){ .stats = done }, ctx);
}

static void session_add(struct dataplane *d, const struct dataplane_session *s, dataplane_done done, void *ctx)
{
	(void)s;
	succeed(d, REQUEST_PLAIN, (union request_done){ .plain = done }, ctx);
}

static void session_set(struct dataplane *d, const struct dataplane_session *s, dataplane_done done, void *ctx)
{
	(void)s;
	succeed(d, REQUEST_PLAIN, (union request_done){ .plain = done }, ctx);
}

static void session_del(struct dataplane *d, uint32_t tunnel_id, uint32_t session_id, dataplane_done done, void *ctx)
{
	(void)tunnel_id, (void)session_id;
	succeed(d, REQUEST_PLAIN, (union request_done){ .plain = done }, ctx);
}

static void session_stats(struct dataplane *d, uint32_t tunnel_id, uint32_t session_id, dataplane_stats_done done,
			  void *ctx)
{
	(void)tunnel_id, (void)session_id;
	succeed(d, REQUEST_STATS, (union request_done){ .stats = done }, ctx);
}

static void forget_stats(struct dataplane *d, const void *ctx)
{
	requests_forget(((struct null *)d)->requests, ctx);
}

static void null_free(struct dataplane *d)
{
	requests_free(((struct null *)d)->requests);
	free(d);
}

static const struct dataplane_class null_class = {
	.name = "none",
	.tunnel_add = tunnel_add,
	.tunnel_del = tunnel_del,
	.tunnel_stats = tunnel_stats,
	.session_add = session_add,
	.session_set = session_set,
	.session_del = session_del,
	.session_stats = session_stats,
	.forget_stats = forget_stats,
	.free = null_free,
};

int dataplane_null_new(sd_event *event, struct dataplane **ret)
{
	struct null *n = calloc(1, sizeof(*n));
	int r;

	if (!n)
		return -ENOMEM;
	n->base.class = &null_class;
	r = requests_new(event, &n->requests);
	if (r < 0) {
		free(n);
		return r;
	}
	*ret = &n->base;
	return 0;
}
