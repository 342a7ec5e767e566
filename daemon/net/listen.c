/* SPDX-License-Identifier: MIT */
/*
 * listen: what goes in and out of UDP sockets, which kernel/udp makes and kernel/fdstore has.
 *
 * Three kinds, one struct: listeners, bound and never connected; dial sockets, bound to the address that leads to the
 * peer, until it has answered; tunnel sockets, connected.  Between bind and connect a tunnel socket catches what is meant
 * for others; that stays in its queue and is delivered by the event loop as from any other socket: its tunnel is found by
 * its contents, not by its socket.
 *
 * Replies leave from the address and port that were asked: by a listener, or, where none covers them, by the socket
 * of another tunnel, a dial socket most likely, if its datagrams are the ones that are being answered.
 *
 * ICMP errors are read from a dial socket's error queue, if a caller asks for them.  Before it is connected that is
 * switched off: what the kernel's data path sends from a tunnel socket must not fill a queue, and a tunnel that stands
 * does not depend on ICMP.
 *
 * Buffers for one batch belong to the whole, so receive() must not lead to reading again: nothing here reads but the
 * event loop.  A socket may be closed from within receive(), that which is being read included; the whole may not.
 * Called by the driver.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include "base/address.h"
#include "kernel/udp.h"
#include "listen.h"

#define BATCH 32                         /* datagrams read at once */
#define BATCHES 8                        /* in one wake-up, then it is others' turn */
#define ERRORS 16                        /* ICMP errors, likewise */
#define DATAGRAM_MAX 65536               /* none is longer */

/* Room for the longer address and for a mark. */
union control {
	_Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
};

struct listen_socket {
	struct listen *listen;
	struct listen_socket *prev, *next;
	sd_event_source *io;
	struct udp_socket udp;
	bool listener;
	bool wanted, added; /* listener: since the last listen_settle() */
	unsigned dscp; /* of what does not bring its own */
	struct l2tp_addr dialled;       /* dial socket: the peer that it was made for */
	listen_unreachable unreachable; /* told of its ICMP errors; NULL: nobody is */
	void *ctx;
};

struct listen {
	sd_event *event;
	struct fdstore *fds;
	listen_receive receive;
	listen_batch_done batch_done;
	void *ctx;
	struct listen_socket *sockets; /* listeners first, so that they are found at once */
	struct listen_socket *reading; /* whose batch is being delivered and answered; NULL also once it has been closed */
	bool busy;                     /* delivering */
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	union socket_address names[BATCH];
	union control controls[BATCH];
	uint8_t bytes[BATCH][DATAGRAM_MAX];
};

/* ---- Receiving ---- */

/* The address that was asked: from the control message, the port is the socket's. */
static void read_local(struct msghdr *m, const struct listen_socket *s, struct l2tp_addr *ret)
{
	*ret = s->udp.local;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			memcpy(ret->ip, &info.ipi_addr, sizeof(info.ipi_addr));
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			address_set_ip6(ret, &info.ipi6_addr, info.ipi6_ifindex);
		}
	}
}

static void prepare_batch(struct listen *l)
{
	for (size_t i = 0; i < BATCH; i++) {
		l->iov[i] = (struct iovec){ l->bytes[i], DATAGRAM_MAX };
		l->msgs[i].msg_hdr = (struct msghdr){
			.msg_name = &l->names[i],
			.msg_namelen = sizeof(l->names[i]),
			.msg_iov = &l->iov[i],
			.msg_iovlen = 1,
			.msg_control = &l->controls[i],
			.msg_controllen = sizeof(l->controls[i]),
		};
	}
}

/* What has been read already is delivered even when one of the datagrams leads to the socket's end. */
static void deliver_batch(struct listen *l, const struct listen_socket *s, size_t n)
{
	const struct listen_socket copy = *s;

	for (size_t i = 0; i < n; i++) {
		struct msghdr *m = &l->msgs[i].msg_hdr;
		struct l2tp_rx rx = { .bytes = { l->bytes[i], l->msgs[i].msg_len } };

		read_local(m, &copy, &rx.local);
		if (address_from_socket(&l->names[i], m->msg_namelen, &rx.peer))
			l->receive(l->ctx, &rx);
	}
}

/* ---- ICMP errors ---- */

/* Room for the error, and for the address of the host that reports it. */
union error_control {
	struct cmsghdr first;
	char bytes[CMSG_SPACE(sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in6)) +
		   CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static int error_of(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		struct sock_extended_err e;

		if (!(c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) &&
		    !(c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
			continue;
		memcpy(&e, CMSG_DATA(c), sizeof(e));
		if (e.ee_origin == SO_EE_ORIGIN_ICMP || e.ee_origin == SO_EE_ORIGIN_ICMP6)
			return (int)e.ee_errno;
	}
	return 0;
}

static bool is_unreachable(int err)
{
	return err == ECONNREFUSED || err == EHOSTUNREACH || err == ENETUNREACH || err == EACCES;
}

/* One of the queue: > 0 that the peer is unreachable, 0 something else, < 0 there is none. */
static int read_error(const struct listen_socket *s)
{
	union error_control control;
	union socket_address name;
	struct l2tp_addr to;
	struct msghdr m = { .msg_name = &name, .msg_namelen = sizeof(name),
			    .msg_control = &control, .msg_controllen = sizeof(control) };

	if (recvmsg(s->udp.fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return -errno;
	int err = error_of(&m);
	if (!is_unreachable(err) || !address_from_socket(&name, m.msg_namelen, &to))
		return 0;
	return address_equal(&to, &s->dialled) ? err : 0;
}

/* What is left for the next wake-up wakes us. */
static void read_errors(const struct listen_socket *s)
{
	int unreachable = 0;

	for (int i = 0; i < ERRORS; i++) {
		int err = read_error(s);
		if (err < 0)
			break;
		unreachable = err ? err : unreachable;
	}
	if (unreachable && s->unreachable)
		s->unreachable(s->ctx, unreachable);
}

/* Other errors are those that ICMP left on the socket; to read them is to clear them, and our timers notice a dead peer. */
static int socket_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct listen_socket *s = userdata;
	struct listen *l = s->listen;

	(void)source;
	assert(!l->busy);
	if (revents & EPOLLERR)
		read_errors(s);
	l->busy = true;
	l->reading = s;
	for (int i = 0; i < BATCHES && l->reading; i++) {
		prepare_batch(l);
		int n = recvmmsg(fd, l->msgs, BATCH, MSG_DONTWAIT, NULL);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n > 0)
			deliver_batch(l, s, (size_t)n);
		if (n >= 0 && n < BATCH)
			break;
	}
	l->busy = false;
	if (l->batch_done)
		l->batch_done(l->ctx);
	l->reading = NULL;
	return 0;
}

/* ---- Making sockets ---- */

static void socket_link(struct listen *l, struct listen_socket *s)
{
	struct listen_socket **at = &l->sockets, *prev = NULL;

	while (!s->listener && *at && (*at)->listener) {
		prev = *at;
		at = &prev->next;
	}
	s->prev = prev;
	s->next = *at;
	if (s->next)
		s->next->prev = s;
	*at = s;
}

static void socket_unlink(struct listen_socket *s)
{
	if (s->next)
		s->next->prev = s->prev;
	if (s->prev)
		s->prev->next = s->next;
	else
		s->listen->sockets = s->next;
}

static int socket_new(struct listen *l, const struct l2tp_addr *local, bool listener, struct listen_socket **ret)
{
	struct listen_socket *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->listen = l;
	s->listener = listener;
	int err = udp_open(l->fds, local, listener, &s->udp);
	if (err == 0)
		err = sd_event_add_io(l->event, &s->io, s->udp.fd, EPOLLIN, socket_readable, s);
	socket_link(l, s);
	if (err < 0) {
		listen_close(s);
		return err;
	}
	*ret = s;
	return 0;
}

/* SO_REUSEPORT would let a second daemon of the same user bind to a port that is in use. */
static int port_is_free(const struct listen *l, const struct l2tp_addr *a)
{
	for (const struct listen_socket *s = l->sockets; s; s = s->next)
		if (s->udp.local.family == a->family && s->udp.local.port == a->port)
			return 0; /* ours */

	return udp_is_free(a);
}

static struct listen_socket *listener_at(const struct listen *l, const struct l2tp_addr *a)
{
	for (struct listen_socket *s = l->sockets; s && s->listener; s = s->next)
		if (a->port && address_equal(&s->udp.local, a))
			return s;
	return NULL;
}

static int listener_new(struct listen *l, const struct l2tp_addr *a, struct listen_socket **ret)
{
	int err = port_is_free(l, a);

	return err < 0 ? err : socket_new(l, a, true, ret);
}

/* One that is there, or a new one. */
static int listener_want(struct listen *l, const struct l2tp_addr *a, uint16_t *ret_port)
{
	struct listen_socket *s = listener_at(l, a);

	if (!s) {
		int err = listener_new(l, a, &s);
		if (err < 0)
			return err;
		s->added = true;
	}
	s->wanted = true;
	*ret_port = s->udp.local.port;
	return 0;
}

/* ---- Public ---- */

int listen_new(sd_event *event, struct fdstore *fds, listen_receive receive, listen_batch_done batch_done, void *ctx,
	       struct listen **ret)
{
	struct listen *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->event = sd_event_ref(event);
	l->fds = fds;
	l->receive = receive;
	l->batch_done = batch_done;
	l->ctx = ctx;
	*ret = l;
	return 0;
}

void listen_free(struct listen *l)
{
	if (!l)
		return;
	assert(!l->busy);
	while (l->sockets)
		listen_close(l->sockets);
	sd_event_unref(l->event);
	free(l);
}

int listen_want(struct listen *l, const struct l2tp_addr *addr)
{
	struct l2tp_addr any = { .family = 4, .port = addr->port };
	uint16_t port;
	int err;

	if (addr->family != 0)
		return listener_want(l, addr, &port);

	err = listener_want(l, &any, &port);
	if (err < 0)
		return err;
	any = (struct l2tp_addr){ .family = 6, .port = port };
	err = listener_want(l, &any, &port);
	return err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL ? 0 : err; /* a machine without IPv6 */
}

void listen_settle(struct listen *l, bool undo)
{
	for (struct listen_socket *s = l->sockets, *next; s && s->listener; s = next) {
		next = s->next;
		if (undo ? s->added : !s->wanted)
			listen_close(s);
		else
			s->wanted = s->added = false;
	}
}

int listen_dial(struct listen *l, struct l2tp_addr *local, const struct l2tp_addr *peer, struct listen_socket **ret)
{
	struct l2tp_addr from = *local;
	struct listen_socket *s;
	int err = 0;

	if (from.family == 0 || address_is_any(&from)) {
		err = udp_route_source(peer, &from);
		from.port = local->port;
	}
	if (err == 0)
		err = socket_new(l, &from, false, &s);
	if (err < 0)
		return err;
	s->dialled = *peer;
	*local = s->udp.local;
	*ret = s;
	return 0;
}

void listen_watch_errors(struct listen_socket *s, listen_unreachable unreachable, void *ctx)
{
	if (!s || udp_queue_errors(s->listen->fds, &s->udp, true) < 0)
		return; /* without it a peer that does not answer is noticed later */
	s->unreachable = unreachable;
	s->ctx = ctx;
}

/* To switch it off empties the queue. */
static int forget_errors(struct listen_socket *s)
{
	if (!s->unreachable)
		return 0;
	s->unreachable = NULL;
	return udp_queue_errors(s->listen->fds, &s->udp, false);
}

int listen_connect(struct listen *l, struct listen_socket *s, uint32_t tunnel_id, const struct l2tp_addr *local,
		   const struct l2tp_addr *peer, struct listen_socket **ret)
{
	struct listen_socket *own = s;
	int err = 0;

	if (!own)
		err = socket_new(l, local, false, &own);
	if (err < 0)
		return err;
	err = forget_errors(own);
	if (err == 0)
		err = udp_connect(l->fds, &own->udp, tunnel_id, peer);
	if (err < 0) {
		if (!s)
			listen_close(own);
		return err;
	}
	*ret = own;
	return 0;
}

int listen_mark(struct listen_socket *s, unsigned dscp)
{
	int err;

	if (s->dscp == dscp)
		return 0;
	err = udp_mark(s->listen->fds, &s->udp, dscp);
	if (err == 0)
		s->dscp = dscp;
	return err;
}

void listen_close(struct listen_socket *s)
{
	if (!s)
		return;
	if (s->listen->reading == s)
		s->listen->reading = NULL;
	socket_unlink(s);
	sd_event_source_disable_unref(s->io);
	fdstore_close(s->listen->fds, s->udp.name, NULL, NULL); /* fine where it could not be made */
	free(s);
}

/* ---- Sending ---- */

/* The listener that covers an address: bound to it, or to all of its family. */
static struct listen_socket *find_listener(const struct listen *l, const struct l2tp_addr *local)
{
	struct listen_socket *wildcard = NULL;

	for (struct listen_socket *s = l->sockets; s && s->listener; s = s->next) {
		if (address_equal(&s->udp.local, local))
			return s;
		if (s->udp.local.family == local->family && s->udp.local.port == local->port &&
		    address_is_any(&s->udp.local))
			wildcard = s;
	}
	return wildcard;
}

/* Who sends for nobody's tunnel. */
static struct listen_socket *find_sender(const struct listen *l, const struct l2tp_addr *local)
{
	struct listen_socket *s = find_listener(l, local);

	if (!s && l->reading && address_equal(&l->reading->udp.local, local))
		s = l->reading;
	return s;
}

/* Behind what is already there, for which control has room. */
static void put_control(struct msghdr *m, union control *control, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)(void *)(control->bytes + m->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	m->msg_control = control;
	m->msg_controllen += CMSG_SPACE(len);
}

/* The source address of a reply: a listener on all addresses has to be told. */
static void put_local(struct msghdr *m, union control *control, const struct l2tp_addr *local)
{
	struct in6_pktinfo in6 = { .ipi6_ifindex = local->scope };
	struct in_pktinfo in = { 0 };

	if (local->family == 4) {
		memcpy(&in.ipi_spec_dst, local->ip, sizeof(in.ipi_spec_dst));
		put_control(m, control, IPPROTO_IP, IP_PKTINFO, &in, sizeof(in));
	} else {
		memcpy(&in6.ipi6_addr, local->ip, sizeof(in6.ipi6_addr));
		put_control(m, control, IPPROTO_IPV6, IPV6_PKTINFO, &in6, sizeof(in6));
	}
}

static void put_mark(struct msghdr *m, union control *control, uint16_t family, unsigned dscp)
{
	int tos = (int)(dscp << UDP_ECN_BITS);

	if (family == 4)
		put_control(m, control, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	else
		put_control(m, control, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
}

static int send_message(int fd, const struct msghdr *m)
{
	return sendmsg(fd, m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int listen_send(struct listen *l, struct listen_socket *s, const struct l2tp_addr *local, const struct l2tp_addr *peer,
		struct l2tp_span bytes, unsigned dscp)
{
	struct iovec iov = { (void *)(uintptr_t)bytes.data, bytes.len };
	union control control = { 0 };
	union socket_address to;
	struct msghdr m = {
		.msg_name = &to,
		.msg_namelen = address_to_socket(peer, &to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
	};

	s = s ? s : find_sender(l, local);
	if (!s)
		return -EADDRNOTAVAIL;
	if (address_is_any(&s->udp.local) && !address_is_any(local))
		put_local(&m, &control, local);
	if (dscp != s->dscp)
		put_mark(&m, &control, local->family, dscp);

	int err = send_message(s->udp.fd, &m);
	/* An ICMP error about an earlier datagram is reported instead of sending this one. */
	if (err == -ECONNREFUSED || err == -EHOSTUNREACH || err == -ENETUNREACH)
		err = send_message(s->udp.fd, &m);
	return err;
}
