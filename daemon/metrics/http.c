/* SPDX-License-Identifier: MIT */
/*
 * http: libmicrohttpd without threads of its own: its epoll descriptor is a source of our loop, and so is its
 * timeout.
 *
 * We accept, so that a crowd cannot lock out the one that matters: when all places are taken the oldest connection is
 * dropped for the new one.  A connection serves one request and has one deadline for it; that bounds what a slow
 * client, or a silent one, holds.  How many are accepted in a second is bounded too, by the loop, which then waits:
 * clients are patient, peers' control messages are not.
 *
 * Called by metrics.
 */
#include "http.h"
#include "base/address.h"

#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utlist.h>

#include "base/clock.h"

#define BACKLOG 1024
#define ACCEPT_BATCH 8                       /* at one wake-up */
#define ACCEPT_INTERVAL (10 * USEC_PER_MSEC) /* between wake-ups: 800 a second */
#define MEMORY_MAX ((size_t)16 * 1024)       /* of a connection: a request's headers must fit */
#define TIMER_ACCURACY (10 * USEC_PER_MSEC)

struct client {
	struct client *prev, *next;
	struct http *http;
	struct MHD_Connection *waiting; /* suspended; NULL: it is not */
	usec_t deadline;
	int fd;                         /* libmicrohttpd's */
};

struct http {
	struct MHD_Daemon *mhd;
	sd_event_source *listener, *io, *timer;
	http_page page;
	void *ctx;
	struct client *clients;         /* the oldest first */
	unsigned n_clients;
	int fd;
	char path[sizeof(((struct config_stream *)0)->path)]; /* of the Unix socket that we made, "": none */
};

/* ---- Requests -------------------------------------------------------------------------------------------------- */

static enum MHD_Result answer_status(struct MHD_Connection *c, unsigned status, const char *text)
{
	struct MHD_Response *r = NULL;
	char *copy = strdup(text);
	enum MHD_Result done;

	if (!copy || http_page_new(copy, strlen(copy), "text/plain; charset=utf-8", &r) < 0)
		return MHD_NO;
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	done = MHD_queue_response(c, status, r);
	http_page_free(r);
	return done;
}

static enum MHD_Result answer_page(struct http *h, struct MHD_Connection *c)
{
	const char *accept = MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct client *client = info ? info->socket_context : NULL;
	struct MHD_Response *page = NULL;
	int r = h->page(h->ctx, accept ? accept : "", &page);

	if (r >= 0)
		return MHD_queue_response(c, MHD_HTTP_OK, page);
	if (r != -EAGAIN || !client)
		return answer_status(c, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
	MHD_suspend_connection(c);
	client->waiting = c;
	return MHD_YES;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url, const char *method,
				  const char *version, const char *upload, size_t *upload_size, void **request)
{
	(void)version, (void)upload, (void)upload_size, (void)request;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_status(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD only\n");
	if (strcmp(url, "/metrics") != 0)
		return answer_status(c, MHD_HTTP_NOT_FOUND, "see /metrics\n");
	return answer_page(ctx, c);
}

/* ---- Connections ----------------------------------------------------------------------------------------------- */

/* One that found no memory is in no list: it is ended at once. */
static void on_connection(void *ctx, struct MHD_Connection *c, void **socket_context,
			  enum MHD_ConnectionNotificationCode what)
{
	struct http *h = ctx;
	struct client *client = *socket_context;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		int fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;

		client = calloc(1, sizeof(*client));
		if (!client) {
			shutdown(fd, SHUT_RDWR);
			return;
		}
		*client = (struct client){ .http = h, .fd = fd, .deadline = clock_now() + HTTP_DEADLINE };
		DL_APPEND(h->clients, client);
		h->n_clients++;
		*socket_context = client;
	} else if (client) {
		DL_DELETE(h->clients, client);
		h->n_clients--;
		free(client);
		*socket_context = NULL;
	}
}

/* When libmicrohttpd wants to run without an event, and when the oldest connection must end. */
static void arm(struct http *h)
{
	unsigned long long msec = 0;
	usec_t at = h->clients ? h->clients->deadline : USEC_NEVER;

	if (MHD_get_timeout(h->mhd, &msec) == MHD_YES) {
		usec_t wanted = clock_now() + (usec_t)msec * USEC_PER_MSEC;

		at = wanted < at ? wanted : at;
	}
	(void)sd_event_source_set_enabled(h->timer, at == USEC_NEVER ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
	if (at != USEC_NEVER)
		(void)sd_event_source_set_time(h->timer, at);
}

static void run(struct http *h)
{
	(void)MHD_run(h->mhd);
	arm(h);
}

/* libmicrohttpd sees the end of its socket and lets go; a request that waits must be woken for that. */
static void drop(struct client *c)
{
	shutdown(c->fd, SHUT_RDWR);
	if (c->waiting)
		MHD_resume_connection(c->waiting);
	c->waiting = NULL;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *ctx)
{
	struct http *h = ctx;
	usec_t now = clock_now();

	(void)source, (void)usec;
	for (struct client *c = h->clients; c && c->deadline <= now; c = c->next)
		drop(c);
	run(h);
	return 0;
}

static int on_io(sd_event_source *source, int fd, uint32_t revents, void *ctx)
{
	(void)source, (void)fd, (void)revents;
	run(ctx);
	return 0;
}

static void take(struct http *h, int fd, const struct sockaddr *addr, socklen_t len)
{
	if (h->n_clients >= HTTP_CONNECTIONS_MAX) {
		drop(h->clients);
		(void)MHD_run(h->mhd);
	}
	(void)MHD_add_connection(h->mhd, fd, addr, len); /* closes fd where it fails */
}

static int on_accept(sd_event_source *source, int fd, uint32_t revents, void *ctx)
{
	struct http *h = ctx;

	(void)source, (void)revents;
	for (unsigned i = 0; i < ACCEPT_BATCH; i++) {
		struct sockaddr_storage addr;
		socklen_t len = sizeof(addr);
		int client = accept4(fd, (struct sockaddr *)&addr, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (client < 0)
			break; /* whatever it is, the next wake-up is soon enough */
		take(h, client, (struct sockaddr *)&addr, len);
	}
	run(h);
	return 0;
}

void http_resume(struct http *h)
{
	if (!h)
		return;
	for (struct client *c = h->clients; c; c = c->next) {
		if (c->waiting)
			MHD_resume_connection(c->waiting);
		c->waiting = NULL;
	}
	run(h);
}

/* ---- Pages ----------------------------------------------------------------------------------------------------- */

int http_page_new(char *text, size_t len, const char *type, struct MHD_Response **ret)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);

	if (!r) {
		free(text);
		return -ENOMEM;
	}
	if (MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type) != MHD_YES ||
	    MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close") != MHD_YES) {
		MHD_destroy_response(r);
		return -ENOMEM;
	}
	*ret = r;
	return 0;
}

void http_page_free(struct MHD_Response *page)
{
	if (page)
		MHD_destroy_response(page);
}

/* ---- Life ------------------------------------------------------------------------------------------------------ */

union address {
	struct sockaddr any;
	union socket_address ip;
	struct sockaddr_un un;
};

static socklen_t address_of(const struct config_stream *where, union address *a)
{
	if (!where->path[0])
		return address_to_socket(&where->addr, &a->ip);
	a->un = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(a->un.sun_path, where->path, sizeof(where->path));
	return sizeof(a->un);
}

/* A Unix socket outlives the process that made it: one that refuses connections is nobody's. */
static void remove_stale(const union address *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (fd < 0)
		return;
	if (lstat(a->un.sun_path, &st) == 0 && S_ISSOCK(st.st_mode) && connect(fd, &a->any, sizeof(a->un)) < 0 &&
	    errno == ECONNREFUSED)
		(void)unlink(a->un.sun_path);
	close(fd);
}

/* Clients that may enter its directory may read a Unix socket, as those that reach its address may a TCP one. */
static int bind_to(struct http *h, const struct config_stream *where)
{
	const int one = 1, zero = 0;
	union address a;
	socklen_t len = address_of(where, &a);

	h->fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->fd < 0)
		return -errno;
	if (where->path[0])
		remove_stale(&a);
	else
		(void)setsockopt(h->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (a.any.sa_family == AF_INET6)
		(void)setsockopt(h->fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (bind(h->fd, &a.any, len) < 0)
		return -errno;
	memcpy(h->path, where->path, sizeof(h->path));
	if (where->path[0] && chmod(where->path, 0666) < 0)
		return -errno;
	return listen(h->fd, BACKLOG) < 0 ? -errno : 0;
}

static int start(struct http *h)
{
	h->mhd = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
				  on_request, h, MHD_OPTION_NOTIFY_CONNECTION, on_connection, h,
				  MHD_OPTION_CONNECTION_LIMIT, HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				  MEMORY_MAX, MHD_OPTION_END);
	return h->mhd ? 0 : -ENOMEM;
}

static int add_sources(struct http *h, sd_event *event)
{
	int fd = MHD_get_daemon_info(h->mhd, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, r;

	if ((r = sd_event_add_io(event, &h->io, fd, EPOLLIN, on_io, h)) < 0 ||
	    (r = sd_event_add_io(event, &h->listener, h->fd, EPOLLIN, on_accept, h)) < 0 ||
	    (r = sd_event_source_set_ratelimit(h->listener, ACCEPT_INTERVAL, 1)) < 0 ||
	    (r = sd_event_add_time(event, &h->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY, on_timer, h)) < 0)
		return r;
	return sd_event_source_set_enabled(h->timer, SD_EVENT_OFF);
}

int http_new(sd_event *event, const struct config_stream *where, http_page page, void *ctx, struct http **ret)
{
	struct http *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	*h = (struct http){ .page = page, .ctx = ctx, .fd = -1 };
	if ((r = bind_to(h, where)) < 0 || (r = start(h)) < 0 || (r = add_sources(h, event)) < 0) {
		http_free(h);
		return r;
	}
	*ret = h;
	return 0;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	for (struct client *c = h->clients; c; c = c->next)
		drop(c);
	sd_event_source_disable_unref(h->listener);
	sd_event_source_disable_unref(h->io);
	sd_event_source_disable_unref(h->timer);
	if (h->mhd)
		MHD_stop_daemon(h->mhd);
	if (h->path[0])
		(void)unlink(h->path);
	if (h->fd >= 0)
		close(h->fd);
	free(h);
}
