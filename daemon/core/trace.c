/* SPDX-License-Identifier: MIT */
/*
 * trace: hands every control message, as the driver tells it, to its subscribers.
 *
 * Each subscriber has one end of a SOCK_SEQPACKET pair; the kernel's buffer of it is all that is kept for a slow
 * reader. What does not fit is lost and counted in the next record that does.  An end that was closed is noticed by the
 * loop, or by the next record, whichever comes first.  Nothing is ever read from a subscriber.
 *
 * Datagrams are opened once for all who want that, in a buffer that is wiped behind it.  Called by driver and tunnels.
 */
#include "trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "trace_record.h"

#define BUFFER	     (1 << 20) /* octets that wait for one reader, where we may have as much */
#define DATAGRAM_MAX 65535

struct subscriber {
	struct trace *trace;
	struct subscriber *next;
	uint32_t tunnel_id; /* 0: all */
	bool opened;
	int fd;
	sd_event_source *io;
	uint64_t lost; /* since the last record */
};

struct trace {
	sd_event *event;
	struct subscriber *subscribers;
	unsigned n;
	uint8_t opened[DATAGRAM_MAX];
};

int trace_new(sd_event *event, struct trace **ret)
{
	struct trace *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	t->event = sd_event_ref(event);
	*ret = t;
	return 0;
}

static void subscriber_free(struct subscriber *s)
{
	sd_event_source_disable_unref(s->io);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

/* *at is the place in the list; the next one moves there. */
static void drop(struct trace *t, struct subscriber **at)
{
	struct subscriber *s = *at;

	*at = s->next;
	t->n--;
	subscriber_free(s);
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	while (t->subscribers)
		drop(t, &t->subscribers);
	sd_event_unref(t->event);
	free(t);
}

static int on_hangup(sd_event_source *io, int fd, uint32_t events, void *ctx)
{
	struct subscriber *s = ctx, **at = &s->trace->subscribers;

	(void)io, (void)fd, (void)events;
	while (*at != s)
		at = &(*at)->next;
	drop(s->trace, at);
	return 0;
}

static int open_pair(struct subscriber *s, int *ret_fd)
{
	static const int size = BUFFER;
	int fds[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	s->fd = fds[0];
	if (setsockopt(s->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(s->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)); /* what is usual will do */
	(void)shutdown(s->fd, SHUT_RD);
	r = sd_event_add_io(s->trace->event, &s->io, s->fd, EPOLLHUP, on_hangup, s);
	if (r < 0)
		close(fds[1]);
	else
		*ret_fd = fds[1];
	return r;
}

int trace_subscribe(struct trace *t, uint32_t tunnel_id, bool opened, int *ret_fd)
{
	struct subscriber *s;
	int r;

	if (t->n >= TRACE_SUBSCRIBERS_MAX)
		return -EBUSY;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	*s = (struct subscriber){ .trace = t, .tunnel_id = tunnel_id, .opened = opened, .fd = -1 };
	r = open_pair(s, ret_fd);
	if (r < 0) {
		subscriber_free(s);
		return r;
	}
	s->next = t->subscribers;
	t->subscribers = s;
	t->n++;
	return 0;
}

void trace_tunnel_gone(struct trace *t, uint32_t tunnel_id)
{
	struct subscriber **at = &t->subscribers;

	while (*at) {
		if ((*at)->tunnel_id == tunnel_id)
			drop(t, at);
		else
			at = &(*at)->next;
	}
}

/* ---- Messages ----------------------------------------------------------------------------------------------- */

static struct trace_record record_of(const struct l2tp_trace *m)
{
	struct trace_record r = { .version = TRACE_RECORD_VERSION,
				  .flags = m->sent ? TRACE_SENT : 0,
				  .size = sizeof(r),
				  .tunnel_id = m->tunnel_id,
				  .local = *m->local,
				  .peer = *m->peer };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	r.time_usec = (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
	if (m->dropped)
		snprintf(r.dropped, sizeof(r.dropped), "%s", m->dropped);
	return r;
}

/* False: nobody reads any more. */
static bool deliver(struct subscriber *s, struct trace_record *r, struct l2tp_span datagram)
{
	struct iovec parts[] = { { r, sizeof(*r) }, { (void *)datagram.data, datagram.len } };
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };

	r->lost = s->lost;
	if (sendmsg(s->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
		s->lost = 0;
		return true;
	}
	s->lost++;
	return errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM || errno == EMSGSIZE;
}

/* The datagram with what it hides; itself if that is nothing, or cannot be opened. */
static struct l2tp_span open_datagram(struct trace *t, const struct l2tp *engine, const struct l2tp_trace *m)
{
	size_t len;
	int r = l2tp_unhide(engine, m->tunnel_id, m->datagram, t->opened, sizeof(t->opened), &len);

	return r == 0 && len < m->datagram.len ? (struct l2tp_span){ t->opened, len } : m->datagram;
}

static bool is_for(const struct subscriber *s, const struct l2tp_trace *m)
{
	return !s->tunnel_id || s->tunnel_id == m->tunnel_id;
}

static bool opens_for_somebody(const struct trace *t, const struct l2tp_trace *m)
{
	for (const struct subscriber *s = t->subscribers; s; s = s->next)
		if (s->opened && is_for(s, m))
			return true;
	return false;
}

bool trace_is_read(const struct trace *t)
{
	return t->subscribers != NULL;
}

void trace_message(struct trace *t, const struct l2tp *engine, const struct l2tp_trace *m)
{
	struct subscriber **at = &t->subscribers;
	struct trace_record plain, opened;
	struct l2tp_span datagram = m->datagram;

	if (!*at)
		return;
	plain = opened = record_of(m);
	if (opens_for_somebody(t, m))
		datagram = open_datagram(t, engine, m);
	if (datagram.data != m->datagram.data)
		opened.flags |= TRACE_OPENED;
	while (*at) {
		struct subscriber *s = *at;

		if (is_for(s, m) && !deliver(s, s->opened ? &opened : &plain, s->opened ? datagram : m->datagram))
			drop(t, at);
		else
			at = &s->next;
	}
	if (datagram.data != m->datagram.data)
		explicit_bzero(t->opened, datagram.len);
}
