/* SPDX-License-Identifier: MIT */
/* listen: on real sockets of the loopback, both families, ports of the kernel's choice. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "kernel/fdstore.h"
#include "kernel/workers.h"
#include "net/listen.h"
#include "oom.h"

#define RX_MAX 2000

/* What receive() was told. */
static struct {
	struct l2tp_addr local, peer;
	size_t len;
	uint8_t tail[4]; /* the last octets */
} rx[RX_MAX];
static int n_rx, n_batches;
static struct listen_socket *close_on_receive;
static struct l2tp_addr closed_addr; /* its own */
static int successor = -1; /* takes the number of the socket that was closed */

static sd_event *event;
static struct workers *workers;
static struct fdstore *fds;
static struct listen *l;

/* Our own socket that is bound there; not by listen, who does not tell. */
static int fd_of(const struct l2tp_addr *local);

static void receive(void *ctx, const struct l2tp_rx *r)
{
	ck_assert_ptr_eq(ctx, &n_rx);
	ck_assert_int_lt(n_rx, RX_MAX);
	rx[n_rx].local = r->local;
	rx[n_rx].peer = r->peer;
	rx[n_rx].len = r->bytes.len;
	memcpy(rx[n_rx].tail, r->bytes.data + r->bytes.len - 4, 4);
	n_rx++;
	if (close_on_receive) {
		int fd = fd_of(&closed_addr);

		listen_close(close_on_receive);
		close_on_receive = NULL;
		if (successor >= 0)
			ck_assert_int_eq(dup2(successor, fd), fd);
	}
}

static const struct l2tp_span hello = { (const uint8_t *)"\xc8\x02hello", 7 };
static bool answers;      /* the last datagram of each batch, when the batch is over */
static int answer = 1;     /* whether that was sent: 0, or why not */

static void batch_done(void *ctx)
{
	ck_assert_ptr_eq(ctx, &n_rx);
	n_batches++;
	if (answers)
		answer = listen_send(l, NULL, &rx[n_rx - 1].local, &rx[n_rx - 1].peer, hello, 0);
}

/* Until the sockets are quiet. */
static void run(void)
{
	for (int i = 0; sd_event_run(event, 2000) > 0; i++)
		ck_assert_int_lt(i, 200); /* else something keeps waking us */
}

static void setup(void)
{
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(workers_new(event, 1, &workers), 0);
	ck_assert_int_eq(fdstore_new(workers, &fds), 0);
	ck_assert_int_eq(listen_new(event, fds, receive, batch_done, &n_rx, &l), 0);
	n_rx = n_batches = 0;
}

static void teardown(void)
{
	workers_free(workers);
	listen_free(l);
	fdstore_free(fds);
	sd_event_unref(event);
}

/* ---- The other end ---- */

static struct l2tp_addr addr(const char *ip, uint16_t port)
{
	struct l2tp_addr a = { .port = port, .family = strchr(ip, ':') ? 6 : 4 };

	ck_assert_int_eq(inet_pton(a.family == 4 ? AF_INET : AF_INET6, ip, a.ip), 1);
	return a;
}

static socklen_t to_sockaddr(const struct l2tp_addr *a, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->ss_family = a->family == 4 ? AF_INET : AF_INET6;
	if (a->family == 4) {
		((struct sockaddr_in *)ret)->sin_port = htons(a->port);
		memcpy(&((struct sockaddr_in *)ret)->sin_addr, a->ip, 4);
		return sizeof(struct sockaddr_in);
	}
	((struct sockaddr_in6 *)ret)->sin6_port = htons(a->port);
	memcpy(&((struct sockaddr_in6 *)ret)->sin6_addr, a->ip, 16);
	return sizeof(struct sockaddr_in6);
}

static struct l2tp_addr from_sockaddr(const struct sockaddr_storage *ss)
{
	struct l2tp_addr a = { .family = ss->ss_family == AF_INET ? 4 : 6 };

	if (a.family == 4) {
		a.port = ntohs(((const struct sockaddr_in *)ss)->sin_port);
		memcpy(a.ip, &((const struct sockaddr_in *)ss)->sin_addr, 4);
	} else {
		a.port = ntohs(((const struct sockaddr_in6 *)ss)->sin6_port);
		memcpy(a.ip, &((const struct sockaddr_in6 *)ss)->sin6_addr, 16);
	}
	return a;
}

static struct l2tp_addr name_of(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&ss, &len), 0);
	return from_sockaddr(&ss);
}

static int fd_of(const struct l2tp_addr *local)
{
	for (int fd = 3; fd < 100; fd++) {
		struct sockaddr_storage ss = { 0 };
		socklen_t len = sizeof(ss);

		if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0 || (ss.ss_family != AF_INET && ss.ss_family != AF_INET6))
			continue;
		struct l2tp_addr a = from_sockaddr(&ss);
		if (memcmp(&a, local, sizeof(a)) == 0)
			return fd;
	}
	ck_abort();
}

static int peer_on(const char *ip, struct l2tp_addr *ret)
{
	struct l2tp_addr a = addr(ip, 0);
	struct sockaddr_storage ss;
	socklen_t len = to_sockaddr(&a, &ss);
	int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&ss, len), 0);
	*ret = name_of(fd);
	return fd;
}

/* A datagram whose first octet is flags and whose last is tail. */
static void peer_send_len(int fd, const struct l2tp_addr *to, uint8_t flags, uint8_t tail, size_t len)
{
	static uint8_t octets[65535];
	struct sockaddr_storage ss;
	socklen_t ss_len = to_sockaddr(to, &ss);

	memset(octets, 0, len);
	octets[len - 1] = tail;
	octets[0] = flags;
	ck_assert_int_eq(sendto(fd, octets, len, 0, (struct sockaddr *)&ss, ss_len), (ssize_t)len);
}

static void peer_send(int fd, const struct l2tp_addr *to, uint8_t tail)
{
	peer_send_len(fd, to, 0xc8, tail, 12);
}

/* What arrives at the other end, and from where. */
static ssize_t peer_receive(int fd, struct l2tp_addr *from)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	uint8_t octets[100];

	if (poll(&p, 1, 100) != 1)
		return -ETIMEDOUT;
	ssize_t n = recvfrom(fd, octets, sizeof(octets), 0, (struct sockaddr *)&ss, &len);
	*from = from_sockaddr(&ss);
	return n;
}

static void assert_addr(const struct l2tp_addr *a, const struct l2tp_addr *b)
{
	ck_assert_mem_eq(a, b, sizeof(*a));
}

#define TUNNEL 7

/* As the data path gets it. */
static int tunnel_fd(void)
{
	int fd = fdstore_get(fds, (struct fd_name){ TUNNEL, 0 });

	ck_assert_int_ge(fd, 0);
	return fd;
}

static bool readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1 && p.revents & POLLIN;
}

/* A port that is free on all addresses of both families at this moment. */
static uint16_t free_port(void)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6 };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	struct l2tp_addr a = name_of(fd);
	close(fd);
	return a.port;
}

static uint16_t listen_everywhere(void)
{
	struct l2tp_addr any = { .port = free_port() };

	ck_assert_int_eq(listen_want(l, &any), 0);
	return any.port;
}

/* ---- Tests ---- */

/* R2661-8.1-03, and from the address that was asked */
START_TEST(replies_from_the_address_that_was_asked)
{
	static const char *const asked[] = { "127.0.0.1", "127.0.0.2", "::1" };
	uint16_t port = listen_everywhere();
	struct l2tp_addr to = addr(asked[_i], port), peer, from;
	int fd = peer_on(_i == 2 ? "::1" : "127.0.0.3", &peer);

	peer_send(fd, &to, 7);
	run();
	ck_assert_int_eq(n_rx, 1);
	ck_assert_int_eq(n_batches, 1);
	assert_addr(&rx[0].local, &to);
	assert_addr(&rx[0].peer, &peer);
	ck_assert_uint_eq(rx[0].len, 12);
	ck_assert_uint_eq(rx[0].tail[3], 7);
	ck_assert_int_eq(listen_send(l, NULL, &rx[0].local, &peer, hello, 0), 0);
	ck_assert_int_eq(peer_receive(fd, &from), (ssize_t)hello.len);
	assert_addr(&from, &to);
	close(fd);
}
END_TEST

/* the listener of an address before that of all addresses, and none for another port */
START_TEST(sends_from_the_listener_that_covers)
{
	uint16_t port = listen_everywhere();
	struct l2tp_addr second = addr("127.0.0.2", port), other = addr("127.0.0.1", (uint16_t)(port ^ 1)), peer, from;
	int fd = peer_on("127.0.0.1", &peer);

	ck_assert_int_eq(listen_want(l, &second), 0);
	ck_assert_int_eq(listen_send(l, NULL, &second, &peer, hello, 0), 0);
	ck_assert_int_eq(peer_receive(fd, &from), (ssize_t)hello.len);
	assert_addr(&from, &second);
	ck_assert_int_eq(listen_send(l, NULL, &other, &peer, hello, 0), -EADDRNOTAVAIL);
	close(fd);
}
END_TEST

START_TEST(data_does_not_wake_us)
{
	struct l2tp_addr to = addr("127.0.0.1", listen_everywhere()), peer;
	int fd = peer_on("127.0.0.1", &peer);

	for (int i = 0; i < 100; i++)
		peer_send_len(fd, &to, 0x02, 1, 12);
	struct sockaddr_storage ss;
	socklen_t len = to_sockaddr(&to, &ss);
	ck_assert_int_eq(sendto(fd, "", 0, 0, (struct sockaddr *)&ss, len), 0);
	run();
	ck_assert_int_eq(n_batches, 0);
	peer_send(fd, &to, 2);
	peer_send_len(fd, &to, 0x80, 3, 65507);
	run();
	ck_assert_int_eq(n_rx, 2);
	ck_assert_uint_eq(rx[1].len, 65507);
	close(fd);
}
END_TEST

/* KERNEL: the datagrams of one peer go to its socket, those of strangers to the listener; all to receive() */
START_TEST(tunnel_sockets_share_the_port)
{
	static const char *const hosts[] = { "127.0.0.1", "::1" };
	struct l2tp_addr local = addr(hosts[_i], listen_everywhere()), friend, stranger, from;
	int a = peer_on(hosts[_i], &friend), b = peer_on(hosts[_i], &stranger);
	struct listen_socket *s = NULL;

	ck_assert_int_eq(listen_connect(l, NULL, TUNNEL, &local, &friend, &s), 0);
	peer_send(b, &local, 1);
	ck_assert(!readable(tunnel_fd()));
	peer_send(a, &local, 2);
	ck_assert(readable(tunnel_fd()));
	run();
	ck_assert_int_eq(n_rx, 2);
	for (int i = 0; i < 2; i++) {
		assert_addr(&rx[i].local, &local);
		assert_addr(&rx[i].peer, rx[i].tail[3] == 1 ? &stranger : &friend);
	}
	ck_assert_int_eq(listen_send(l, s, &local, &friend, hello, 0), 0);
	ck_assert_int_eq(peer_receive(a, &from), (ssize_t)hello.len);
	assert_addr(&from, &local);

	/* without the socket the listener takes over again */
	listen_close(s);
	peer_send(a, &local, 3);
	run();
	ck_assert_int_eq(n_rx, 3);
	close(a);
	close(b);
}
END_TEST

/* R2661-8.1-02, R2661-8.1-05: the answer comes from another port than was asked, and counts from then on */
START_TEST(dial_and_connect)
{
	struct l2tp_addr asked, answered, stranger, local = { .family = 0 }, from;
	int a = peer_on("127.0.0.1", &asked), b = peer_on("127.0.0.1", &answered), c = peer_on("127.0.0.2", &stranger);
	struct listen_socket *s, *same;

	ck_assert_int_eq(listen_dial(l, &local, &asked, &s), 0);
	ck_assert_uint_ne(local.port, 0);
	struct l2tp_addr source = addr("127.0.0.1", local.port);
	assert_addr(&local, &source);
	ck_assert_int_eq(listen_send(l, s, &local, &asked, hello, 0), 0);
	ck_assert_int_eq(peer_receive(a, &from), (ssize_t)hello.len);
	assert_addr(&from, &local);
	peer_send(b, &local, 1);
	run();
	ck_assert_int_eq(n_rx, 1);
	assert_addr(&rx[0].peer, &answered);
	assert_addr(&rx[0].local, &local);

	/* what came before the connect is delivered all the same */
	peer_send(c, &local, 2);
	ck_assert_int_eq(listen_connect(l, s, TUNNEL, &local, &answered, &same), 0);
	ck_assert_ptr_eq(s, same);
	peer_send(c, &local, 3); /* this is not: it is connected now */
	peer_send(b, &local, 4);
	run();
	ck_assert_int_eq(n_rx, 3);
	assert_addr(&rx[1].peer, &stranger);
	ck_assert_uint_eq(rx[1].tail[3], 2);
	ck_assert_uint_eq(rx[2].tail[3], 4);
	close(a);
	close(b);
	close(c);
}
END_TEST

/* No listener covers the port: what comes there is answered from there, as long as it is there (1: it is closed). */
START_TEST(answers_from_a_dial_socket)
{
	static const char *const hosts[] = { "127.0.0.1", "::1" };
	struct l2tp_addr asked, stranger, from, local = { .family = 0 };
	int a = peer_on(hosts[_i / 2], &asked), b = peer_on(hosts[_i / 2], &stranger);
	bool closed = _i & 1;
	struct listen_socket *s;

	listen_everywhere();
	ck_assert_int_eq(listen_dial(l, &local, &asked, &s), 0);
	answers = true;
	close_on_receive = closed ? s : NULL;
	closed_addr = local;
	peer_send(b, &local, 1);
	run();
	ck_assert_int_eq(n_rx, 1);
	ck_assert_int_eq(answer, closed ? -EADDRNOTAVAIL : 0);
	ck_assert_int_eq(peer_receive(b, &from), closed ? -ETIMEDOUT : (ssize_t)hello.len);
	if (!closed)
		assert_addr(&from, &local);
	ck_assert_int_eq(listen_send(l, NULL, &local, &stranger, hello, 0), -EADDRNOTAVAIL); /* it is not being read */
	close(a);
	close(b);
}
END_TEST

/* R3308-6-02: the mark of a message is its own, the socket's is for data, which the kernel sends */
static int tos_of(int fd, uint16_t family)
{
	union {
		struct cmsghdr first;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char octets[100];
	struct iovec iov = { octets, sizeof(octets) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int tos = 0;

	ck_assert_int_eq(poll(&p, 1, 1000), 1);
	ck_assert_int_ge(recvmsg(fd, &m, 0), 0);
	ck_assert_ptr_nonnull(CMSG_FIRSTHDR(&m));
	memcpy(&tos, CMSG_DATA(CMSG_FIRSTHDR(&m)), family == 4 ? 1 : sizeof(tos));
	return tos;
}

START_TEST(marks)
{
	static const char *const hosts[] = { "127.0.0.1", "::1" };
	struct l2tp_addr local = addr(hosts[_i], listen_everywhere()), peer;
	int fd = peer_on(hosts[_i], &peer), on = 1;
	struct listen_socket *s = NULL;

	ck_assert_int_eq(peer.family == 4 ? setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof(on)) :
					    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof(on)), 0);
	ck_assert_int_eq(listen_send(l, NULL, &local, &peer, hello, 48), 0); /* behind the source address */
	ck_assert_int_eq(tos_of(fd, peer.family), 48 << 2);
	ck_assert_int_eq(listen_send(l, NULL, &local, &peer, hello, 0), 0);
	ck_assert_int_eq(tos_of(fd, peer.family), 0);

	ck_assert_int_eq(listen_connect(l, NULL, TUNNEL, &local, &peer, &s), 0);
	ck_assert_int_eq(listen_mark(s, 46), 0);
	for (unsigned dscp = 0; dscp < 64; dscp++) {
		ck_assert_int_eq(listen_send(l, s, &local, &peer, hello, dscp), 0);
		ck_assert_int_eq(tos_of(fd, peer.family), (int)dscp << 2);
	}
	ck_assert_int_eq(send(tunnel_fd(), "data", 4, 0), 4);
	ck_assert_int_eq(tos_of(fd, peer.family), 46 << 2);
	ck_assert_int_eq(listen_mark(s, 0), 0);
	ck_assert_int_eq(send(tunnel_fd(), "data", 4, 0), 4);
	ck_assert_int_eq(tos_of(fd, peer.family), 0);
	close(fd);
}
END_TEST

START_TEST(dial_from_a_given_address)
{
	struct l2tp_addr peer, local = addr("127.0.0.9", 0), second = addr("127.0.0.9", 0), third;
	int fd = peer_on("127.0.0.1", &peer);
	struct listen_socket *s;

	ck_assert_int_eq(listen_dial(l, &local, &peer, &s), 0);
	struct l2tp_addr expected = addr("127.0.0.9", local.port);
	assert_addr(&local, &expected);
	ck_assert_int_eq(listen_dial(l, &second, &peer, &s), 0);
	ck_assert_uint_ne(local.port, second.port);
	third = addr("127.0.0.8", free_port());
	ck_assert_int_eq(listen_dial(l, &third, &peer, &s), 0);
	expected = third;
	ck_assert_int_eq(listen_send(l, s, &third, &peer, hello, 0), 0);
	ck_assert_int_eq(peer_receive(fd, &third), (ssize_t)hello.len);
	assert_addr(&third, &expected);
	local = (struct l2tp_addr){ .port = free_port() }; /* a port alone */
	expected = addr("127.0.0.1", local.port);
	ck_assert_int_eq(listen_dial(l, &local, &peer, &s), 0);
	assert_addr(&local, &expected);
	local = addr("192.0.2.1", 0);
	ck_assert_int_eq(listen_dial(l, &local, &peer, &s), -EADDRNOTAVAIL);
	close(fd);
}
END_TEST

START_TEST(close_within_receive)
{
	struct l2tp_addr peer, local = { .family = 0 };
	int fd = peer_on("127.0.0.1", &peer);
	struct listen_socket *s;

	ck_assert_int_eq(listen_dial(l, &local, &peer, &s), 0);
	for (int i = 0; i < 100; i++)
		peer_send(fd, &local, (uint8_t)i);
	close_on_receive = s;
	closed_addr = local;
	successor = peer_on("127.0.0.1", &local);
	for (int i = 0; i < 100; i++)
		peer_send(fd, &local, (uint8_t)i);
	run();
	/* the batch that had been read, and no more */
	ck_assert_int_gt(n_rx, 0);
	ck_assert_int_lt(n_rx, 100);
	ck_assert_int_eq(n_batches, 1);
	close(fd);
}
END_TEST

/* another one than is being read */
START_TEST(close_of_another_within_receive)
{
	struct l2tp_addr peer, one = { .family = 0 }, two = { .family = 0 };
	int fd = peer_on("127.0.0.1", &peer);
	struct listen_socket *s, *t;

	ck_assert_int_eq(listen_dial(l, &one, &peer, &s), 0);
	ck_assert_int_eq(listen_dial(l, &two, &peer, &t), 0);
	for (int i = 0; i < 3; i++)
		peer_send(fd, &one, (uint8_t)i);
	close_on_receive = t;
	closed_addr = two;
	run();
	ck_assert_int_eq(n_rx, 3);
	close(fd);
}
END_TEST

START_TEST(many_at_once)
{
	enum { N = 1500 };
	struct l2tp_addr to = addr("127.0.0.1", listen_everywhere()), peer;
	int fd = peer_on("127.0.0.1", &peer);

	for (int i = 0; i < N; i++)
		peer_send(fd, &to, (uint8_t)i);
	run();
	ck_assert_int_eq(n_rx, N);
	for (int i = 0; i < N; i++)
		ck_assert_uint_eq(rx[i].tail[3], (uint8_t)i);
	/* several wake-ups: nobody starves meanwhile */
	ck_assert_int_gt(n_batches, 4);
	ck_assert_int_lt(n_batches, 20);
	close(fd);
}
END_TEST

/* A peer that is not there: ICMP errors neither keep us awake nor cost the datagram after them. */
START_TEST(icmp_errors)
{
	struct l2tp_addr peer, local = { .family = 0 };
	int fd = peer_on("127.0.0.1", &peer);
	struct listen_socket *s, *t;

	close(fd);
	ck_assert_int_eq(listen_dial(l, &local, &peer, &s), 0);
	ck_assert_int_eq(listen_connect(l, s, TUNNEL, &local, &peer, &t), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(listen_send(l, s, &local, &peer, hello, 0), 0);
	run();
	ck_assert_int_eq(n_rx, 0);
	ck_assert_int_eq(listen_send(l, s, &local, &peer, hello, 0), 0);
}
END_TEST

static int n_told, told;

static void unreachable(void *ctx, int err)
{
	ck_assert_ptr_eq(ctx, &told);
	n_told++;
	told = err;
}

/* What a dial socket is told of: errors about its peer, not about others, and nothing once it is connected. */
START_TEST(icmp_errors_of_a_dial)
{
	static const char *const hosts[] = { "127.0.0.1", "::1" };
	struct l2tp_addr peer, other, local = { .family = 0 };
	int a = peer_on(hosts[_i], &peer), b = peer_on(hosts[_i], &other), on = -1;
	struct listen_socket *s, *t;
	socklen_t len = sizeof(on);

	close(a);
	close(b);
	n_told = told = 0;
	ck_assert_int_eq(listen_dial(l, &local, &peer, &s), 0);
	listen_watch_errors(s, unreachable, &told);
	ck_assert_int_eq(listen_send(l, s, &local, &other, hello, 0), 0);
	run();
	ck_assert_int_eq(n_told, 0);
	for (int i = 0; i < 100; i++) /* more than are read at once */
		ck_assert_int_eq(listen_send(l, s, &local, &peer, hello, 0), 0);
	run();
	ck_assert_int_eq(told, ECONNREFUSED);
	ck_assert_int_ge(n_told, 1);
	ck_assert(!readable(fd_of(&local)));

	n_told = 0;
	ck_assert_int_eq(listen_send(l, s, &local, &peer, hello, 0), 0);
	ck_assert_int_eq(listen_connect(l, s, TUNNEL, &local, &peer, &t), 0);
	ck_assert_int_eq(_i ? getsockopt(tunnel_fd(), IPPROTO_IPV6, IPV6_RECVERR, &on, &len) :
			      getsockopt(tunnel_fd(), IPPROTO_IP, IP_RECVERR, &on, &len), 0);
	ck_assert_int_eq(on, 0);
	ck_assert_int_eq(listen_send(l, t, &local, &peer, hello, 0), 0);
	run();
	ck_assert_int_eq(n_told, 0);
}
END_TEST

/* whoever has the port, and however */
START_TEST(port_in_use)
{
	struct l2tp_addr any = { .port = free_port() };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(any.port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(any.port) };
	bool six = _i & 1;
	int fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM, 0), on = 1;

	if (_i & 2)
		ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)), 0);
	if (six)
		ck_assert_int_eq(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), 0);
	const struct sockaddr *sa = six ? (struct sockaddr *)&in6 : (struct sockaddr *)&in;
	ck_assert_int_eq(bind(fd, sa, six ? sizeof(in6) : sizeof(in)), 0);
	ck_assert_int_eq(listen_want(l, &any), -EADDRINUSE);
	close(fd);
	/* and nothing of the failure stays */
	listen_settle(l, true);
	ck_assert_int_eq(listen_want(l, &any), 0);
}
END_TEST

/* Does anything listen there?  Who tries to bind finds out. */
static bool is_listened(const char *ip, uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert_int_eq(inet_pton(AF_INET, ip, &in.sin_addr), 1);
	bool taken = bind(fd, (struct sockaddr *)&in, sizeof(in)) < 0;
	close(fd);
	return taken;
}

START_TEST(other_listeners)
{
	uint16_t port = free_port();
	struct l2tp_addr one = addr("127.0.0.1", port), two = addr("127.0.0.2", port);
	struct l2tp_addr three = addr("127.0.0.3", port), foreign = addr("192.0.2.1", port), all = { .port = port };

	ck_assert(listen_want(l, &one) == 0 && listen_want(l, &two) == 0);
	listen_settle(l, false);
	/* one goes, one stays, one comes */
	ck_assert(listen_want(l, &two) == 0 && listen_want(l, &three) == 0);
	ck_assert(is_listened("127.0.0.1", port) && is_listened("127.0.0.2", port) && is_listened("127.0.0.3", port));
	listen_settle(l, false);
	ck_assert(!is_listened("127.0.0.1", port) && is_listened("127.0.0.2", port) && is_listened("127.0.0.3", port));
	/* a failure is undone */
	ck_assert(listen_want(l, &one) == 0 && listen_want(l, &three) == 0);
	ck_assert_int_eq(listen_want(l, &foreign), -EADDRNOTAVAIL);
	listen_settle(l, true);
	ck_assert(!is_listened("127.0.0.1", port) && is_listened("127.0.0.2", port) && is_listened("127.0.0.3", port));
	/* from some to all, and back */
	ck_assert_int_eq(listen_want(l, &all), 0);
	listen_settle(l, false);
	ck_assert(is_listened("127.0.0.1", port));
	ck_assert_int_eq(listen_want(l, &all), 0);
	listen_settle(l, false);
	ck_assert(is_listened("127.0.0.1", port));
	ck_assert_int_eq(listen_want(l, &one), 0);
	listen_settle(l, false);
	ck_assert(is_listened("127.0.0.1", port) && !is_listened("127.0.0.2", port));
	listen_settle(l, false);
	ck_assert(!is_listened("127.0.0.1", port));
}
END_TEST

START_TEST(not_our_address)
{
	struct l2tp_addr a = addr("192.0.2.1", 1701), peer;
	struct listen_socket *s;

	ck_assert_int_eq(listen_want(l, &a), -EADDRNOTAVAIL);
	peer = addr("127.0.0.1", 9);
	ck_assert_int_eq(listen_connect(l, NULL, TUNNEL, &a, &peer, &s), -EADDRNOTAVAIL);
}
END_TEST

/* One of everything.  No checks in here: check allocates, too. */
static int use_all(uint16_t port)
{
	struct l2tp_addr any = { .port = port }, local = { .family = 0 };
	struct l2tp_addr fixed = { .family = 4, .ip = { 127, 0, 0, 1 }, .port = port };
	struct l2tp_addr peer = { .family = 4, .ip = { 127, 0, 0, 1 }, .port = 9 };
	struct listen_socket *a = NULL, *b = NULL;
	struct listen *own = NULL;
	int err = listen_new(event, fds, receive, batch_done, &n_rx, &own);

	if (err == 0)
		err = listen_want(own, &any);
	if (err == 0)
		err = listen_dial(own, &local, &peer, &a);
	if (err == 0)
		err = listen_connect(own, NULL, TUNNEL, &fixed, &peer, &b);
	listen_close(b);
	listen_free(own);
	return err;
}

START_TEST(out_of_memory)
{
	uint16_t port = free_port();
	bool reached;
	int n = 0;

	do {
		oom_at = ++n;
		int err = use_all(port);
		reached = oom_at == 0;
		oom_at = 0;
		ck_assert_int_eq(err, reached ? -ENOMEM : 0);
	} while (reached);
	ck_assert_int_gt(n, 4);
	listen_close(NULL);
	listen_free(NULL);
}
END_TEST

START_TEST(out_of_descriptors)
{
	struct rlimit before, limit;
	uint16_t port = free_port();
	int free_fd = dup(0), err = 0, extra;

	close(free_fd);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (extra = 0; extra < 20; extra++) {
		limit = before;
		limit.rlim_cur = (rlim_t)(free_fd + extra);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
		err = use_all(port);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
		if (err == 0)
			break;
		ck_assert_int_eq(err, -EMFILE);
	}
	ck_assert_int_eq(err, 0);
	ck_assert_int_gt(extra, 2);
	int again = dup(0); /* none was lost */
	ck_assert_int_eq(again, free_fd);
	close(again);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("listen");
	TCase *t = tcase_create("listen");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, replies_from_the_address_that_was_asked, 0, 3);
	tcase_add_test(t, sends_from_the_listener_that_covers);
	tcase_add_test(t, data_does_not_wake_us);
	tcase_add_loop_test(t, tunnel_sockets_share_the_port, 0, 2);
	tcase_add_loop_test(t, marks, 0, 2);
	tcase_add_test(t, dial_and_connect);
	tcase_add_loop_test(t, answers_from_a_dial_socket, 0, 4);
	tcase_add_test(t, dial_from_a_given_address);
	tcase_add_test(t, close_within_receive);
	tcase_add_test(t, close_of_another_within_receive);
	tcase_add_test(t, many_at_once);
	tcase_add_test(t, icmp_errors);
	tcase_add_loop_test(t, icmp_errors_of_a_dial, 0, 2);
	tcase_add_loop_test(t, port_in_use, 0, 4);
	tcase_add_test(t, other_listeners);
	tcase_add_test(t, not_our_address);
	tcase_add_test(t, out_of_memory);
	tcase_add_test(t, out_of_descriptors);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
