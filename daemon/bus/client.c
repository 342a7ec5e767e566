/* SPDX-License-Identifier: MIT */
/*
 * client: one connection of the private socket.
 *
 * sd-bus speaks D-Bus, but it reads as much as comes: a request of 128 MiB, and one request after the other whether or
 * not anybody takes the answers.  So we read ourselves and feed it, through a socket pair, one whole request at a time,
 * none longer than REQUEST_MAX, and none as long as an answer waits to be read.  What sd-bus has to say it writes to
 * the client directly.
 *
 *	client --> buffer --> feed --> sd-bus --> client
 *
 * Before the first request come lines of text, the authentication, which sd-bus answers; the line BEGIN ends them.
 * There is nothing to prove: the kernel has said who it is (bus/access.c).
 *
 * A client is ended, by gone(), when it hangs up, when sd-bus finds it in error, when it has not authenticated in time,
 * and when it has not read anything of what waits for it for a while.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "impl.h"

#define REQUEST_MAX 65536
#define BUFFER_MIN 1024
#define LINE_MAX_LEN BUFFER_MIN /* before it has begun */
#define AUTHENTICATION_MAX 4096 /* octets */
#define AUTHENTICATION_TIME (10 * USEC_PER_SEC)
#define STALL_TIME (30 * USEC_PER_SEC)
#define SEND_BUFFER (256 * 1024) /* in the kernel; sd-bus asks for 8 MiB */
#define PENDING_MAX 64
#define STEPS_MAX 64            /* of sd-bus, for one request */
#define HEADER 16               /* of a message, as far as its length goes */

struct bus_client {
	struct bus_connection connection; /* first */
	int fd, feed;
	sd_event_source *io, *work, *timer;
	uint8_t *buffer;
	size_t len, size;
	size_t authentication;  /* octets of it */
	bool begun;             /* BEGIN has come */
	bool stalled;           /* an answer waits to be read */
	bool dead;
	void (*gone)(void *ctx, struct bus_client *c);
	void *ctx;
};

static struct bus_client *client_of(struct bus_connection *c)
{
	return (struct bus_client *)c;
}

static void die(struct bus_client *c)
{
	c->dead = true;
	sd_event_source_set_enabled(c->io, SD_EVENT_OFF);
	sd_event_source_set_enabled(c->work, SD_EVENT_ONESHOT); /* it is freed where nobody stands on it */
}

/* ---- What comes in ------------------------------------------------------------------------------------------- */

static uint32_t read_u32(const uint8_t *p, bool little)
{
	return little ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 :
			(uint32_t)p[3] | (uint32_t)p[2] << 8 | (uint32_t)p[1] << 16 | (uint32_t)p[0] << 24;
}

/* Of the request at the head of the buffer, whole or not.  0: not known yet; -EMSGSIZE, -EBADMSG */
static ssize_t request_size(const struct bus_client *c)
{
	uint32_t body, fields;
	bool little;

	if (c->len < HEADER)
		return 0;
	little = c->buffer[0] == 'l';
	if (!little && c->buffer[0] != 'B')
		return -EBADMSG;
	body = read_u32(c->buffer + 4, little);
	fields = read_u32(c->buffer + 12, little);
	if (body > REQUEST_MAX || fields > REQUEST_MAX || HEADER + (fields + 7) / 8 * 8 + body > REQUEST_MAX)
		return -EMSGSIZE;
	return (ssize_t)(HEADER + (fields + 7) / 8 * 8 + body);
}

/* Of the line at the head of the buffer, with its end; 0: it is not whole. */
static ssize_t line_size(const struct bus_client *c)
{
	const uint8_t *end = memmem(c->buffer, c->len, "\r\n", 2);

	if (!end && c->len >= LINE_MAX_LEN)
		return -EMSGSIZE;
	return end ? end - c->buffer + 2 : 0;
}

/* What can be fed to sd-bus now; 0: nothing. */
static ssize_t portion(const struct bus_client *c)
{
	ssize_t size = c->begun ? request_size(c) : line_size(c);

	return size > 0 && (size_t)size > c->len ? 0 : size;
}

static int feed(struct bus_client *c, size_t size)
{
	static const char begin[] = "BEGIN\r\n";

	if (send(c->feed, c->buffer, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size)
		return -EIO; /* it holds more than that */
	if (!c->begun) {
		c->authentication += size;
		c->begun = size == sizeof(begin) - 1 && memcmp(c->buffer, begin, size) == 0;
		if (c->authentication > AUTHENTICATION_MAX)
			return -EMSGSIZE;
	}
	c->len -= size;
	memmove(c->buffer, c->buffer + size, c->len);
	return 0;
}

/* Room for the request that has begun. */
static int make_room(struct bus_client *c)
{
	ssize_t wanted = c->begun ? request_size(c) : 0;
	size_t size = wanted > BUFFER_MIN ? (size_t)wanted : BUFFER_MIN;
	uint8_t *new;

	if (wanted < 0)
		return (int)wanted;
	if (size <= c->size && (c->len || c->size == BUFFER_MIN))
		return 0;
	new = realloc(c->buffer, size);
	if (!new)
		return -ENOMEM;
	c->buffer = new;
	c->size = size;
	return 0;
}

static int receive(struct bus_client *c)
{
	int r = make_room(c);
	ssize_t n;

	if (r < 0 || c->len == c->size)
		return r;
	n = recv(c->fd, c->buffer + c->len, c->size - c->len, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	c->len += (size_t)n;
	return n ? 0 : -ECONNRESET;
}

/* ---- Work ---------------------------------------------------------------------------------------------------- */

static int let_sd_bus_work(struct bus_client *c)
{
	int r = 1;

	for (int i = 0; r > 0 && i < STEPS_MAX; i++)
		r = sd_bus_process(c->connection.sd, NULL);
	return r;
}

/* One step: what waits to be sent; then, if all of it has gone, signals; then one request. */
static int step(struct bus_client *c)
{
	uint64_t queued;
	ssize_t size;
	int r = let_sd_bus_work(c);

	if (r >= 0 && c->begun)
		r = bus_signals_flush(&c->connection);
	if (r >= 0)
		r = sd_bus_get_n_queued_write(c->connection.sd, &queued);
	if (r < 0 || queued)
		return r;
	size = portion(c);
	if (size <= 0)
		return (int)size;
	r = feed(c, (size_t)size);
	return r < 0 ? r : let_sd_bus_work(c);
}

/* When to come back. */
static int arm(struct bus_client *c)
{
	uint64_t queued = 0;
	int r = sd_bus_get_n_queued_write(c->connection.sd, &queued);
	ssize_t size = portion(c);

	if (r < 0 || size < 0)
		return r < 0 ? r : (int)size;
	if (queued && !c->stalled)
		sd_event_source_set_time_relative(c->timer, STALL_TIME);
	c->stalled = queued;
	sd_event_source_set_enabled(c->timer, c->stalled || !c->begun ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	sd_event_source_set_io_events(c->io, c->stalled ? EPOLLOUT : EPOLLIN);
	if (!c->stalled && size > 0)
		sd_event_source_set_enabled(c->work, SD_EVENT_ONESHOT);
	return 0;
}

static void run(struct bus_client *c)
{
	int r = step(c);

	if (r >= 0)
		r = arm(c);
	if (r < 0)
		die(c);
}

static int on_io(sd_event_source *s, int fd, uint32_t events, void *ctx)
{
	struct bus_client *c = ctx;
	int r = 0;

	(void)s, (void)fd;
	if (events & EPOLLIN)
		r = receive(c);
	else if (!(events & EPOLLOUT))
		r = -ECONNRESET;
	if (c->stalled && (events & EPOLLOUT))
		sd_event_source_set_time_relative(c->timer, STALL_TIME); /* it reads */
	if (r < 0)
		die(c);
	else
		run(c);
	return 0;
}

static int on_work(sd_event_source *s, void *ctx)
{
	struct bus_client *c = ctx;

	(void)s;
	if (c->dead)
		c->gone(c->ctx, c);
	else
		run(c);
	return 0;
}

static int on_timer(sd_event_source *s, uint64_t usec, void *ctx)
{
	(void)s, (void)usec;
	die(ctx);
	return 0;
}

static void wake(struct bus_connection *c)
{
	sd_event_source_set_enabled(client_of(c)->work, SD_EVENT_ONESHOT);
}

/* ---- A bus of two -------------------------------------------------------------------------------------------- */

/* Libraries for D-Bus greet the bus first, and ask it to pass on signals, even where there is none. */
static int hello(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void)userdata, (void)error;
	return sd_bus_reply_method_return(m, "s", ":1.1");
}

static int nothing(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void)userdata, (void)error;
	return sd_bus_reply_method_return(m, NULL);
}

static const sd_bus_vtable bus_vtable[] = {
	SD_BUS_VTABLE_START(SD_BUS_VTABLE_HIDDEN),
	SD_BUS_METHOD("Hello", "", "s", hello, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("AddMatch", "s", "", nothing, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RemoveMatch", "s", "", nothing, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END
};

/* ---- Life ---------------------------------------------------------------------------------------------------- */

/* sd-bus owns both fds from then on. */
static int start_sd_bus(struct bus_client *c)
{
	int fds[2], size = SEND_BUFFER, r;
	sd_id128_t id;
	sd_bus *sd;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return -errno;
	c->feed = fds[1];
	if ((r = sd_bus_new(&c->connection.sd)) < 0 || (r = sd_bus_set_fd(c->connection.sd, fds[0], c->fd)) < 0) {
		close(fds[0]);
		return r;
	}
	sd = c->connection.sd;
	if ((r = sd_id128_randomize(&id)) < 0 || (r = sd_bus_set_server(sd, true, id)) < 0 ||
	    (r = sd_bus_set_anonymous(sd, true)) < 0 || (r = sd_bus_set_sender(sd, BUS_NAME)) < 0 ||
	    (r = sd_bus_negotiate_fds(sd, c->connection.right == BUS_MAY_CHANGE)) < 0 ||
	    (r = bus_object_add(&c->connection)) < 0 ||
	    (r = sd_bus_add_object_vtable(sd, NULL, "/org/freedesktop/DBus", "org.freedesktop.DBus", bus_vtable,
					  NULL)) < 0 ||
	    (r = sd_bus_start(sd)) < 0)
		return r;
	return setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) < 0 ? -errno : 0;
}

static int add_sources(struct bus_client *c, sd_event *event)
{
	int r;

	if ((r = sd_event_add_io(event, &c->io, c->fd, EPOLLIN, on_io, c)) < 0 ||
	    (r = sd_event_add_defer(event, &c->work, on_work, c)) < 0 ||
	    (r = sd_event_source_set_enabled(c->work, SD_EVENT_OFF)) < 0)
		return r;
	return sd_event_add_time_relative(event, &c->timer, CLOCK_MONOTONIC, AUTHENTICATION_TIME, 0, on_timer, c);
}

int bus_client_new(struct bus *b, int fd, uid_t uid, enum bus_right right,
		   void (*gone)(void *ctx, struct bus_client *c), void *ctx, struct bus_client **ret)
{
	struct bus_client *c = calloc(1, sizeof(*c));
	int r;

	if (!c) {
		close(fd);
		return -ENOMEM;
	}
	*c = (struct bus_client){ .connection = { .bus = b, .right = right, .pending_max = PENDING_MAX, .wake = wake },
				  .fd = fd, .feed = -1, .gone = gone, .ctx = ctx };
	snprintf(c->connection.who, sizeof(c->connection.who), "uid %u", (unsigned)uid);
	r = start_sd_bus(c);
	if (r >= 0)
		r = add_sources(c, b->event);
	if (r < 0) {
		bus_client_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

void bus_client_free(struct bus_client *c)
{
	if (!c)
		return;
	bus_pending_orphan(&c->connection);
	bus_unsubscribe_all(&c->connection);
	sd_event_source_disable_unref(c->io);
	sd_event_source_disable_unref(c->work);
	sd_event_source_disable_unref(c->timer);
	if (c->feed >= 0)
		close(c->feed);
	sd_bus_close_unref(c->connection.sd);
	free(c->buffer);
	free(c);
}
