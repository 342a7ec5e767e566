/* SPDX-License-Identifier: MIT */
/*
 * socket: the private socket, "bus" in the runtime directory, and its clients.
 *
 * The directory is locked by the daemon that uses it, so that a socket which is there already was left behind: it is replaced.
 * Clients are counted; one place is kept for root, and some for those who may do more than look.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "impl.h"
#include "base/log.h"

#define CLIENTS_MAX 1024
#define READERS_MAX 256 /* of them, clients who may only look */
#define BATCH 16        /* accepted at a time */
#define PAUSE USEC_PER_SEC /* when there are no file descriptors left */

struct client {
	struct client *next;
	struct bus_client *client;
	enum bus_right right;
};

struct bus_socket {
	struct bus *bus;
	struct bus_access access;
	struct sockaddr_un address;
	int fd;
	sd_event_source *io, *pause;
	struct client *clients;
	unsigned n, readers;
};

/* ---- Clients ------------------------------------------------------------------------------------------------- */

static void gone(void *ctx, struct bus_client *client)
{
	struct bus_socket *s = ctx;
	struct client **at = &s->clients, *c;

	while ((*at)->client != client)
		at = &(*at)->next;
	c = *at;
	*at = c->next;
	s->n--;
	s->readers -= c->right == BUS_MAY_READ;
	bus_client_free(client);
	free(c);
}

static bool has_room(const struct bus_socket *s, uid_t uid, enum bus_right right)
{
	return s->n < CLIENTS_MAX - (uid != 0) && (right != BUS_MAY_READ || s->readers < READERS_MAX);
}

/* Takes the fd over. */
static int let_in(struct bus_socket *s, int fd)
{
	struct client *c;
	enum bus_right right;
	uid_t uid;
	int r = bus_access_check(&s->access, fd, &uid, &right);

	if (r >= 0 && !has_room(s, uid, right))
		r = -EUSERS;
	c = r < 0 ? NULL : calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return r < 0 ? r : -ENOMEM;
	}
	r = bus_client_new(s->bus, fd, uid, right, gone, s, &c->client);
	if (r < 0) {
		free(c);
		return r;
	}
	c->right = right;
	c->next = s->clients;
	s->clients = c;
	s->n++;
	s->readers += right == BUS_MAY_READ;
	return 0;
}

static int on_pause(sd_event_source *source, uint64_t usec, void *ctx)
{
	struct bus_socket *s = ctx;

	(void)source, (void)usec;
	sd_event_source_set_enabled(s->io, SD_EVENT_ON);
	return 0;
}

/* A connection that is waiting would wake us again and again. */
static void pause_accepting(struct bus_socket *s, int r)
{
	log_event(LOG_WARNING, CLASS_LOCAL, NULL, "control API: cannot accept: %s", strerror(-r));
	sd_event_source_set_enabled(s->io, SD_EVENT_OFF);
	sd_event_source_set_time_relative(s->pause, PAUSE);
	sd_event_source_set_enabled(s->pause, SD_EVENT_ONESHOT);
}

static int on_connection(sd_event_source *source, int listener, uint32_t events, void *ctx)
{
	struct bus_socket *s = ctx;

	(void)source, (void)events;
	for (int i = 0; i < BATCH; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), r;

		if (fd < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			pause_accepting(s, -errno);
		if (fd < 0)
			break;
		r = let_in(s, fd);
		if (r < 0)
			log_event(LOG_NOTICE, r == -EACCES ? CLASS_AUTH : CLASS_LOCAL, NULL,
				  "control API: a client is turned away: %s", strerror(-r));
	}
	return 0;
}

/* ---- Life ---------------------------------------------------------------------------------------------------- */

static int open_socket(struct bus_socket *s)
{
	const char *path = s->address.sun_path;
	int r;

	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return -errno;
	if (unlink(path) < 0 && errno != ENOENT)
		return -errno;
	if (bind(s->fd, (struct sockaddr *)&s->address, sizeof(s->address)) < 0)
		return -errno;
	/* nobody can connect before listen() */
	r = bus_access_set_mode(&s->access, path);
	return r < 0 ? r : listen(s->fd, SOMAXCONN) < 0 ? -errno : 0;
}

int bus_socket_new(struct bus *b, const struct bus_options *options)
{
	struct bus_socket *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	*s = (struct bus_socket){ .bus = b, .fd = -1, .address.sun_family = AF_UNIX };
	bus_access_init(&s->access, options);
	if (snprintf(s->address.sun_path, sizeof(s->address.sun_path), "%s/bus", options->directory) >=
	    (int)sizeof(s->address.sun_path))
		r = -ENAMETOOLONG;
	else
		r = open_socket(s);
	if (r >= 0)
		r = sd_event_add_io(b->event, &s->io, s->fd, EPOLLIN, on_connection, s);
	if (r >= 0)
		r = sd_event_add_time(b->event, &s->pause, CLOCK_MONOTONIC, 0, 0, on_pause, s);
	if (r >= 0)
		r = sd_event_source_set_enabled(s->pause, SD_EVENT_OFF);
	if (r < 0) {
		bus_socket_free(s);
		return r;
	}
	b->socket = s;
	return 0;
}

void bus_socket_free(struct bus_socket *s)
{
	if (!s)
		return;
	while (s->clients)
		gone(s, s->clients->client);
	sd_event_source_disable_unref(s->io);
	sd_event_source_disable_unref(s->pause);
	if (s->fd >= 0) {
		unlink(s->address.sun_path);
		close(s->fd);
	}
	free(s);
}
