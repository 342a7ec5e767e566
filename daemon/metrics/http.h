/* SPDX-License-Identifier: MIT */
/*
 * http: one page, /metrics, over HTTP on a TCP or Unix socket, in the event loop.  Nothing that a client does,
 * or leaves undone, takes more than a fixed amount of time, memory and file descriptors.
 */
#ifndef METRICS_HTTP_H
#define METRICS_HTTP_H

#include <systemd/sd-event.h>
#include "config/config.h"

#define HTTP_CONNECTIONS_MAX 32              /* for one more, the oldest is dropped */
#define HTTP_DEADLINE (10 * USEC_PER_SEC)    /* for a connection, from its first octet to its last */

struct http;
struct MHD_Response;

/* The page for a request whose Accept header is accept ("" if it has none); it stays the callee's.  -EAGAIN: not now,
 * the request waits for http_resume(); another negative errno: 500. */
typedef int (*http_page)(void *ctx, const char *accept, struct MHD_Response **ret);

/* Failures to listen: -EADDRINUSE, -EACCES, ...; a Unix socket that nobody listens on is replaced. */
int http_new(sd_event *event, const struct config_stream *where, http_page page, void *ctx, struct http **ret);
void http_free(struct http *h); /* NULL is fine; not from within page */

/* Ask for the page again, for all that wait; not from within page. */
void http_resume(struct http *h);

/* A page that can be answered many times; text is malloc's, and taken over in any case.  -ENOMEM */
int http_page_new(char *text, size_t len, const char *type, struct MHD_Response **ret);
void http_page_free(struct MHD_Response *page); /* NULL is fine */

#endif
