/* SPDX-License-Identifier: MIT */
/*
 * kernel_test: daemon/kernel/ against a real kernel.  To be run as root where L2TP is: tests/lab/run -- kernel_test
 *
 * One process plays both ends of tunnels over loopback.  Prints "ok" or "not ok" lines; exits 1 if one is not ok.
 * Nothing depends on the version of the kernel.
 */
#include <dirent.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/capability.h>
#include <linux/l2tp.h>

#include "kernel/check.h"
#include "kernel/dataplane.h"
#include "kernel/fdstore.h"
#include "kernel/genl.h"
#include "kernel/link.h"
#include "kernel/pppox.h"
#include "kernel/workers.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static unsigned tests, failures;

static bool ok(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool ok(bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%s %u - ", good ? "ok" : "not ok", ++tests);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	failures += !good;
	return good;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static unsigned open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (d && readdir(d))
		n++;
	closedir(d);
	return n;
}

/* ---- Requests that wait for their answer ----------------------------------------------------------------------- */

struct lab {
	sd_event *event;
	struct workers *workers;
	struct fdstore *fds;
	struct dataplane *d;
};

struct answer {
	unsigned calls;
	int err;
	int fd; /* session_add(): what the store has then, -1: nothing */
	char text[512];
	struct dataplane_stats stats;
};

static void on_done(void *ctx, int err, const char *text)
{
	struct answer *a = ctx;

	a->calls++;
	a->err = err;
	snprintf(a->text, sizeof(a->text), "%s", text ? text : "");
}

static void on_stats(void *ctx, int err, const struct dataplane_stats *stats)
{
	on_done(ctx, err, NULL);
	((struct answer *)ctx)->stats = *stats;
}

static void run_until(struct lab *lab, struct answer *a)
{
	double limit = now() + 10;

	if (a->calls)
		ok(false, "answered from within the request");
	while (!a->calls && now() < limit)
		sd_event_run(lab->event, 100000);
	if (a->calls != 1)
		ok(false, "%u answers", a->calls);
}

/* fd: a copy of it, or the bare number where it is not open, is the store's for the time of the tunnel; -1: nothing is.
 * What a tunnel of the same id has steps aside. */
static struct answer tunnel_add(struct lab *lab, const struct dataplane_tunnel *t, int fd)
{
	const struct fd_name name = { t->tunnel_id, 0 }, aside = { 0, UINT32_MAX };
	bool there = fdstore_rename(lab->fds, name, aside) == 0;
	struct answer a = { .fd = -1 };
	int copy = fd < 0 ? -1 : dup(fd);

	if (fd >= 0)
		fdstore_put(lab->fds, name, copy < 0 ? fd : copy);
	lab->d->class->tunnel_add(lab->d, t, on_done, &a);
	run_until(lab, &a);
	if (a.err)
		fdstore_close(lab->fds, name, NULL, NULL);
	if (there)
		fdstore_rename(lab->fds, aside, name);
	return a;
}

static struct answer tunnel_del(struct lab *lab, uint32_t id)
{
	struct answer a = { .fd = -1 };

	lab->d->class->tunnel_del(lab->d, id, on_done, &a);
	run_until(lab, &a);
	fdstore_close(lab->fds, (struct fd_name){ id, 0 }, NULL, NULL);
	return a;
}

static struct answer tunnel_stats(struct lab *lab, uint32_t id)
{
	struct answer a = { .fd = -1 };

	lab->d->class->tunnel_stats(lab->d, id, on_stats, &a);
	run_until(lab, &a);
	return a;
}

/* What the store has, -1: nothing. */
static int lent(struct lab *lab, uint32_t tid, uint32_t sid)
{
	int fd = fdstore_get(lab->fds, (struct fd_name){ tid, sid });

	return fd < 0 ? -1 : fd;
}

static struct answer session_add(struct lab *lab, const struct dataplane_session *s)
{
	struct answer a = { .fd = -1 };

	lab->d->class->session_add(lab->d, s, on_done, &a);
	run_until(lab, &a);
	if (!a.err)
		a.fd = lent(lab, s->tunnel_id, s->session_id);
	return a;
}

static struct answer session_set(struct lab *lab, const struct dataplane_session *s)
{
	struct answer a = { .fd = -1 };

	lab->d->class->session_set(lab->d, s, on_done, &a);
	run_until(lab, &a);
	return a;
}

static struct answer session_del(struct lab *lab, uint32_t tid, uint32_t sid)
{
	struct answer a = { .fd = -1 };

	lab->d->class->session_del(lab->d, tid, sid, on_done, &a);
	run_until(lab, &a);
	return a;
}

static struct answer session_stats(struct lab *lab, uint32_t tid, uint32_t sid)
{
	struct answer a = { .fd = -1 };

	lab->d->class->session_stats(lab->d, tid, sid, on_stats, &a);
	run_until(lab, &a);
	return a;
}

/* From 6.11 on a session dies a moment after its last user. */
static bool session_gone(struct lab *lab, uint32_t tid, uint32_t sid)
{
	double limit = now() + 1;
	int err;

	do {
		err = session_stats(lab, tid, sid).err;
	} while (err == 0 && now() < limit);
	return err == -ENODEV;
}

static bool tunnel_gone(struct lab *lab, uint32_t id)
{
	double limit = now() + 1;
	int err;

	do {
		err = tunnel_stats(lab, id).err;
	} while (err == 0 && now() < limit);
	return err == -ENODEV;
}

/* ---- Two ends of a tunnel -------------------------------------------------------------------------------------- */

static int loopback_socket(int family, struct sockaddr_storage *ret, socklen_t *len)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*ret = (struct sockaddr_storage){ 0 };
	*len = family == AF_INET ? sizeof(in) : sizeof(in6);
	memcpy(ret, family == AF_INET ? (void *)&in : (void *)&in6, *len);
	if (fd < 0 || bind(fd, (struct sockaddr *)ret, *len) < 0 || getsockname(fd, (struct sockaddr *)ret, len) < 0) {
		perror("loopback socket");
		exit(1);
	}
	return fd;
}

static void socket_pair(int family, int fds[2])
{
	struct sockaddr_storage a[2];
	socklen_t len[2];

	for (int i = 0; i < 2; i++)
		fds[i] = loopback_socket(family, &a[i], &len[i]);
	for (int i = 0; i < 2; i++)
		if (connect(fds[i], (struct sockaddr *)&a[!i], len[!i]) < 0)
			perror("connect");
}

static bool tunnel_pair(struct lab *lab, int family, uint32_t id, int fds[2])
{
	socket_pair(family, fds);
	for (uint32_t i = 0; i < 2; i++) {
		struct dataplane_tunnel t = {
			.tunnel_id = id + i, .peer_tunnel_id = id + !i, .version = 2
		};
		struct answer a = tunnel_add(lab, &t, fds[i]);

		if (a.err) {
			printf("# %s\n", a.text);
			return false;
		}
	}
	return true;
}

/* End i of session sid in the pair of tunnels id, id + 1. */
static struct dataplane_session session_end(uint32_t id, uint32_t sid, uint32_t i)
{
	return (struct dataplane_session){ .tunnel_id = id + i,
					   .peer_tunnel_id = id + !i,
					   .session_id = sid + i,
					   .peer_session_id = sid + !i,
					   .version = 2,
					   .pppox = true,
					   .lns_mode = i == 0 };
}

static bool frame_passes(int from, int to)
{
	static const char frame[] = { '\xc0', '\x21', 1, 1, 0, 4 }; /* LCP Configure-Request, empty */
	char buf[64];
	ssize_t n;

	if (send(from, frame, sizeof(frame), 0) != sizeof(frame))
		return false;
	for (int i = 0; i < 100; i++) {
		n = recv(to, buf, sizeof(buf), MSG_DONTWAIT);
		if (n >= 0)
			return n == sizeof(frame) && !memcmp(buf, frame, sizeof(frame));
		usleep(1000);
	}
	return false;
}

/* What the kernel itself says of a session's options. */
struct options {
	unsigned lns_mode, send_seq, recv_seq;
	uint64_t timeout;
	uint32_t peer_session_id;
};

static int find_option(const struct nlattr *attr, void *ctx)
{
	struct options *o = ctx;

	switch (mnl_attr_get_type(attr)) {
	case L2TP_ATTR_LNS_MODE:
		o->lns_mode = mnl_attr_get_u8(attr);
		break;
	case L2TP_ATTR_SEND_SEQ:
		o->send_seq = mnl_attr_get_u8(attr);
		break;
	case L2TP_ATTR_RECV_SEQ:
		o->recv_seq = mnl_attr_get_u8(attr);
		break;
	case L2TP_ATTR_RECV_TIMEOUT:
		o->timeout = mnl_attr_get_u64(attr);
		break;
	case L2TP_ATTR_PEER_SESSION_ID:
		o->peer_session_id = mnl_attr_get_u32(attr);
		break;
	}
	return MNL_CB_OK;
}

static void on_options(void *ctx, const struct nlmsghdr *reply)
{
	mnl_attr_parse(reply, sizeof(struct genlmsghdr), find_option, ctx);
}

static struct options options_of(uint32_t tid, uint32_t sid)
{
	struct options o = { 0 };
	struct nl n = { 0 };
	struct nl_request buf;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf.bytes);
	struct genlmsghdr *g = mnl_nlmsg_put_extra_header(nlh, sizeof(*g));

	g->cmd = L2TP_CMD_SESSION_GET;
	g->version = L2TP_GENL_VERSION;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	mnl_attr_put_u32(nlh, L2TP_ATTR_CONN_ID, tid);
	mnl_attr_put_u32(nlh, L2TP_ATTR_SESSION_ID, sid);
	if (nl_open(NETLINK_GENERIC, &n) < 0 || genl_resolve(&n, L2TP_GENL_NAME, &nlh->nlmsg_type) < 0 ||
	    nl_talk(&n, nlh, on_options, &o, NULL) < 0)
		printf("# cannot read session %u/%u back\n", tid, sid);
	nl_close(&n);
	return o;
}

/* ---- The tests ------------------------------------------------------------------------------------------------- */

static void test_data(struct lab *lab, int family)
{
	const char *name = family == AF_INET ? "IPv4" : "IPv6";
	struct answer a[2], st;
	int fds[2];

	ok(tunnel_pair(lab, family, 100, fds), "%s: two tunnels", name);
	for (uint32_t i = 0; i < 2; i++) {
		struct dataplane_session s = session_end(100, 500, i);

		a[i] = session_add(lab, &s);
		ok(!a[i].err && a[i].fd >= 0, "%s: session %u: %s", name, i, a[i].text);
	}
	ok(frame_passes(a[0].fd, a[1].fd) && frame_passes(a[1].fd, a[0].fd), "%s: PPP frames pass both ways", name);
	st = session_stats(lab, 100, 500);
	ok(!st.err && st.stats.tx_packets == 1 && st.stats.rx_packets == 1 && st.stats.tx_bytes && st.stats.rx_bytes,
	   "%s: session counters tx %lu rx %lu", name, (unsigned long)st.stats.tx_packets,
	   (unsigned long)st.stats.rx_packets);
	st = tunnel_stats(lab, 101);
	ok(!st.err && st.stats.tx_packets == 1 && st.stats.rx_packets == 1 && !st.stats.rx_errors,
	   "%s: tunnel counters", name);

	for (uint32_t i = 0; i < 2; i++) {
		ok(!session_del(lab, 100 + i, 500 + i).err, "%s: session deleted", name);
		ok(session_gone(lab, 100 + i, 500 + i), "%s: session gone", name);
		ok(!session_del(lab, 100 + i, 500 + i).err, "%s: deleted twice is fine", name);
		ok(!tunnel_del(lab, 100 + i).err && tunnel_gone(lab, 100 + i), "%s: tunnel deleted", name);
		ok(!tunnel_del(lab, 100 + i).err, "%s: deleted twice is fine", name);
	}
	ok(session_stats(lab, 100, 500).err == -ENODEV, "%s: no session in no tunnel", name);
	ok(!session_del(lab, 100, 500).err, "%s: deleting it is fine", name);
	close(fds[0]);
	close(fds[1]);
}

static void test_tunnel_refusals(struct lab *lab)
{
	int fds[2], pipes[2], none[2];
	struct answer a;

	if (!ok(tunnel_pair(lab, AF_INET, 200, fds), "tunnels to refuse others") || pipe(pipes) < 0)
		return;
	socket_pair(AF_INET, none);
	const struct {
		const char *name;
		struct dataplane_tunnel t;
		int fd, err;
	} rows[] = {
		{ "id 0", { 0, 1, 2 }, none[0], -EINVAL },
		{ "peer id 0", { 1, 0, 2 }, none[0], -EINVAL },
		{ "id 65536", { 65536, 1, 2 }, none[0], -EINVAL },
		{ "peer id 65536", { 1, 65536, 2 }, none[0], -EINVAL },
		{ "version 1", { 1, 1, 1 }, none[0], -EINVAL },
		{ "version 7", { 1, 1, 7 }, none[0], -EINVAL },
		{ "closed fd", { 1, 1, 2 }, 999, -EBADF },
		{ "no fd", { 1, 1, 2 }, -1, -EBADF },
		{ "a pipe", { 1, 1, 2 }, pipes[0], -ENOTSOCK },
		{ "used id", { 200, 1, 2 }, none[0], -EEXIST },
		{ "used socket", { 1, 1, 2 }, fds[0], -EBUSY },
		{ "used socket, used id", { 201, 1, 2 }, fds[0], -EBUSY },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		a = tunnel_add(lab, &rows[i].t, rows[i].fd);
		/* of two reasons the kernel may name either */
		ok(a.err == rows[i].err || (a.err == -EEXIST && rows[i].t.tunnel_id == 201), "tunnel refused, %s: %s",
		   rows[i].name, a.text);
		if (!a.text[0])
			ok(false, "it does not say why");
	}
	ok(tunnel_stats(lab, 1).err == -ENODEV, "refused tunnels are not there");
	ok(!tunnel_stats(lab, 200).err && !tunnel_stats(lab, 201).err, "those that were there still are");
	ok(!tunnel_del(lab, 200).err && !tunnel_del(lab, 201).err, "tunnels deleted");
	for (int i = 0; i < 2; i++) {
		close(fds[i]);
		close(pipes[i]);
		close(none[i]);
	}
}

static void test_session_refusals(struct lab *lab)
{
	static const struct {
		const char *name;
		struct dataplane_session s;
		int err;
	} rows[] = {
		{ "id 0", { 300, 301, 0, 5, .version = 2 }, -EINVAL },
		{ "peer id 0", { 300, 301, 5, 0, .version = 2 }, -EINVAL },
		{ "tunnel id 0", { 0, 301, 5, 5, .version = 2 }, -EINVAL },
		{ "peer tunnel id 0", { 300, 0, 5, 5, .version = 2 }, -EINVAL },
		{ "id 65536", { 300, 301, 65536, 5, .version = 2 }, -EINVAL },
		{ "version 0", { 300, 301, 5, 5, .version = 0 }, -EINVAL },
		{ "no such tunnel", { 999, 301, 5, 5, .version = 2 }, -ENODEV },
		{ "used id", { 300, 301, 7, 5, .version = 2 }, -EEXIST },
	};
	const struct dataplane_session used = { 300, 301, 7, 8, .version = 2, .pppox = true };
	const struct dataplane_session free_one = { 300, 301, 9, 8, .version = 2, .pppox = true };
	struct rlimit before, none = { 0 };
	struct answer a, first;
	int fds[2];

	ok(tunnel_pair(lab, AF_INET, 300, fds), "tunnels");
	first = session_add(lab, &used);
	ok(!first.err, "a session");
	for (size_t i = 0; i < COUNT(rows); i++) {
		a = session_add(lab, &rows[i].s);
		ok(a.err == rows[i].err && a.fd == -1 && a.text[0], "session refused, %s: %s", rows[i].name, a.text);
	}
	ok(!session_stats(lab, 300, 7).err, "the session that was there still is");
	ok(session_stats(lab, 300, 5).err == -ENODEV, "refused ones are not");
	a = session_set(lab, &free_one);
	ok(a.err == -ENODEV && a.text[0], "no change of no session: %s", a.text);

	getrlimit(RLIMIT_NOFILE, &before);
	none.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_NOFILE, &none);
	a = session_add(lab, &free_one);
	setrlimit(RLIMIT_NOFILE, &before);
	ok(a.err == -EMFILE && a.fd == -1, "no file left: %s", a.text);
	ok(session_stats(lab, 300, 9).err == -ENODEV, "then there is no session either");

	/* The tunnel goes first: its sessions go with it. */
	ok(!tunnel_del(lab, 300).err && !tunnel_del(lab, 301).err, "tunnels deleted");
	ok(!session_del(lab, 300, 7).err && session_gone(lab, 300, 7), "a session after its tunnel");
	close(fds[0]);
	close(fds[1]);
}

/* Between SESSION_CREATE, done when the request returns, and our connect(), done by the loop, others may connect. */
static void test_attack(struct lab *lab)
{
	const struct dataplane_session s = session_end(400, 600, 0), squatted = session_end(400, 610, 0);
	struct answer a = { .fd = -1 };
	int fds[2], px = pppox_open(), px2 = pppox_open();

	ok(tunnel_pair(lab, AF_INET, 400, fds), "tunnels to be attacked");
	lab->d->class->session_add(lab->d, &s, on_done, &a);
	ok(pppox_connect(px, &s) == 0, "another program takes the new session");
	run_until(lab, &a);
	ok(a.err == -EEXIST && lent(lab, 400, 600) == -1 && strstr(a.text, "attack"), "noticed: %s", a.text);
	ok(session_gone(lab, 400, 600), "and rolled back");

	ok(pppox_connect(px2, &squatted) == 0, "another program makes a session in our tunnel");
	a = session_add(lab, &squatted);
	ok(a.err == -EEXIST && a.fd == -1 && a.text[0], "noticed: %s", a.text);
	ok(!session_stats(lab, 400, 610).err, "what is not ours is not touched");

	close(px);
	close(px2);
	ok(!tunnel_del(lab, 400).err && !tunnel_del(lab, 401).err, "tunnels deleted");
	close(fds[0]);
	close(fds[1]);
}

static void test_options(struct lab *lab)
{
	struct dataplane_session s = session_end(700, 800, 0);
	struct options o;
	struct answer a;
	int fds[2];

	ok(tunnel_pair(lab, AF_INET, 700, fds), "tunnels");
	s.send_seq = s.recv_seq = true;
	s.reorder_timeout_ms = 40;
	a = session_add(lab, &s);
	ok(!a.err, "session with sequence numbers %s", a.text);
	o = options_of(700, 800);
	ok(o.lns_mode == 1 && o.send_seq == 1 && o.recv_seq == 1 && o.timeout == 40 && o.peer_session_id == 801,
	   "the kernel has them: lns %u send %u recv %u timeout %lu", o.lns_mode, o.send_seq, o.recv_seq,
	   (unsigned long)o.timeout);
	s.lns_mode = s.send_seq = s.recv_seq = false;
	s.reorder_timeout_ms = 0;
	a.err = session_set(lab, &s).err;
	o = options_of(700, 800);
	ok(!a.err && o.lns_mode == 0 && o.send_seq == 0 && o.recv_seq == 0 && o.timeout == 0, "changed");

	/* A copy of the socket that was left somewhere does not keep the session. */
	int copy = dup(a.fd);

	ok(!session_del(lab, 700, 800).err && session_gone(lab, 700, 800), "deleted in spite of a copy");
	close(copy);
	ok(!tunnel_del(lab, 700).err && !tunnel_del(lab, 701).err, "tunnels deleted");
	close(fds[0]);
	close(fds[1]);
}

/* The kernel's session alone: there is nothing that PPP could be attached to, and nothing that holds it. */
static void test_without_pppox(struct lab *lab)
{
	struct dataplane_session s = session_end(750, 850, 0);
	struct answer a;
	int fds[2];

	ok(tunnel_pair(lab, AF_INET, 750, fds), "tunnels");
	s.pppox = false;
	a = session_add(lab, &s);
	ok(!a.err && a.fd == -1 && !session_stats(lab, 750, 850).err, "a session without pppox %s", a.text);
	ok(!session_del(lab, 750, 850).err && session_gone(lab, 750, 850), "deleted");
	ok(!tunnel_del(lab, 750).err && !tunnel_del(lab, 751).err, "tunnels deleted");
	close(fds[0]);
	close(fds[1]);
}

/* A tunnel and its socket go while workers still close its sessions' pppox. */
static void test_tunnel_first(struct lab *lab)
{
	enum { N = 20 };
	static struct answer a[N], t[2];
	unsigned gone = 0;
	int fds[2];

	ok(tunnel_pair(lab, AF_INET, 760, fds), "tunnels");
	for (uint32_t i = 0; i < N; i++) {
		struct dataplane_session s = session_end(760, 1000 + 2 * i, 0);

		gone += session_add(lab, &s).err != 0;
	}
	ok(gone == 0, "sessions");
	for (uint32_t i = 0; i < N; i++)
		lab->d->class->session_del(lab->d, 760, 1000 + 2 * i, on_done, &a[i]);
	for (uint32_t i = 0; i < 2; i++) {
		lab->d->class->tunnel_del(lab->d, 760 + i, on_done, &t[i]);
		fdstore_close(lab->fds, (struct fd_name){ 760 + i, 0 }, NULL, NULL);
		close(fds[i]);
	}
	for (double limit = now() + 10; !(t[0].calls && t[1].calls) && now() < limit;)
		sd_event_run(lab->event, 100000);
	for (uint32_t i = 0; i < N; i++) {
		for (double limit = now() + 10; !a[i].calls && now() < limit;)
			sd_event_run(lab->event, 100000);
		gone += a[i].calls == 1 && !a[i].err && session_gone(lab, 760, 1000 + 2 * i);
	}
	ok(gone == N, "%u of %u sessions gone", gone, N);
	for (uint32_t i = 0; i < 2; i++)
		ok(t[i].calls == 1 && !t[i].err && tunnel_gone(lab, 760 + i), "tunnel gone");
}

/* ---- Sequence numbers in data ---------------------------------------------------------------------------------- */

enum { PLAIN = -1, NOTHING = -2 }; /* in the place of an Ns */

/* What the peer sends, whether it gets through, and what our next packet then carries. */
struct exchange {
	const char *name;
	int says;
	bool arrives;
	int answer;
};

/* Configure-Request with an MRU: the kernel drops datagrams of less than 14 octets */
static const uint8_t lcp[] = { 0xc0, 0x21, 1, 1, 0, 8, 1, 4, 5, 220 };

static size_t data_header(uint8_t *p, int ns)
{
	const uint8_t plain[] = { 0, 2, 500 >> 8, 500 & 0xff, 600 >> 8, 600 & 0xff };

	memcpy(p, plain, sizeof(plain));
	if (ns < 0)
		return sizeof(plain);
	p[0] |= 8; /* S */
	memcpy(p + sizeof(plain), (uint8_t[]){ (uint8_t)(ns >> 8), (uint8_t)ns, 0, 0 }, 4);
	return sizeof(plain) + 4;
}

/* -1 if nothing comes. */
static ssize_t await(int fd, uint8_t *p, size_t size)
{
	for (int i = 0; i < 100; i++) {
		ssize_t n = recv(fd, p, size, MSG_DONTWAIT);

		if (n >= 0)
			return n;
		usleep(1000);
	}
	return -1;
}

/* Does the frame get through to our pppox?  With or without FF 03 before it. */
static bool gets_through(int peer, int px, int ns, bool ff03)
{
	uint8_t buf[64];
	size_t len = data_header(buf, ns);
	ssize_t n;

	if (ff03)
		memcpy(buf + len, "\xff\x03", 2), len += 2;
	memcpy(buf + len, lcp, sizeof(lcp));
	if (send(peer, buf, len + sizeof(lcp), 0) < 0)
		return false;
	n = await(px, buf, sizeof(buf));
	return n == sizeof(lcp) && !memcmp(buf, lcp, sizeof(lcp));
}

/* Ns of the next packet that we send, or PLAIN. */
static int next_ns(int px, int peer)
{
	uint8_t buf[64];

	if (send(px, lcp, sizeof(lcp), 0) < 0 || await(peer, buf, sizeof(buf)) < 10 || (buf[0] & 0x80))
		return NOTHING;
	return buf[0] & 8 ? buf[6] << 8 | buf[7] : PLAIN;
}

static void exchange(int peer, int px, const char *role, const struct exchange *rows, size_t n)
{
	for (const struct exchange *x = rows; x < rows + n; x++) {
		bool arrives = x->says == NOTHING ? x->arrives : gets_through(peer, px, x->says, true);
		int answer = next_ns(px, peer);

		ok(arrives == x->arrives && answer == x->answer, "%s: %s: %s, then %d", role, x->name,
		   arrives ? "delivered" : "dropped", answer);
	}
}

/* Our end of session 600 in tunnel 500, and a socket that plays the peer. */
static int session_with_peer(struct lab *lab, struct dataplane_session *s, int fds[2])
{
	struct dataplane_tunnel t = { .tunnel_id = 500, .peer_tunnel_id = 501, .version = 2 };
	struct answer a;

	socket_pair(AF_INET, fds);
	s->tunnel_id = 500, s->peer_tunnel_id = 501, s->session_id = 600, s->peer_session_id = 601, s->version = 2;
	s->pppox = true;
	ok(!tunnel_add(lab, &t, fds[0]).err, "a tunnel");
	a = session_add(lab, s);
	ok(!a.err, "a session %s", a.text);
	return a.fd;
}

static void end_session(struct lab *lab, int fds[2])
{
	ok(!session_stats(lab, 500, 600).err, "the session has survived it all");
	ok(!session_del(lab, 500, 600).err && !tunnel_del(lab, 500).err && tunnel_gone(lab, 500), "deleted");
	close(fds[0]);
	close(fds[1]);
}

/* The LAC that requires nothing does as the LNS does. */
static void test_lac_follows(struct lab *lab)
{
	static const struct exchange rows[] = {
		{ "R2661-5.4-06: no numbers before the LNS has some", NOTHING, false, PLAIN },
		{ "R2661-5.4-06: nor if it has none", PLAIN, true, PLAIN },
		{ "R2661-5.4-07, X2661-5.4-01: they begin when it begins", 0, true, 0 },
		{ "R2661-5.4-07: and go on", 1, true, 1 },
		{ "R2661-5.4-06: end when it ends", PLAIN, true, PLAIN },
		{ "R2661-5.4-08: and go on from where they stood", 2, true, 2 },
		{ "X2661-5.4-02: an old one is dropped, once and again", 1, false, 3 },
		{ "X2661-5.4-02: the next one is not", 3, true, 4 },
	};
	struct dataplane_session s = { .lns_mode = false };
	int fds[2], px = session_with_peer(lab, &s, fds);

	exchange(fds[1], px, "LAC", rows, COUNT(rows));
	ok(gets_through(fds[1], px, PLAIN, false) && gets_through(fds[1], px, PLAIN, true),
	   "X2661-5.3-04: a frame with FF 03 and one without are the same");
	end_session(lab, fds);
}

/* The LNS decides, at any time, for its next packet, the first one included. */
static void test_lns_decides(struct lab *lab)
{
	static const struct exchange numbered[] = {
		{ "R2661-5.4-05: numbers from the first packet on", NOTHING, false, 0 },
		{ "R2661-5.4-05: the LAC has followed", 0, true, 1 },
	};
	static const struct exchange plain[] = {
		{ "R2661-5.4-05: no more", NOTHING, false, PLAIN },
		{ "R2661-5.4-05: what the LAC sent before it followed", 1, true, PLAIN },
		{ "R2661-5.4-05: it has followed", PLAIN, true, PLAIN },
	};
	static const struct exchange again[] = {
		{ "R2661-5.4-08: numbers again", NOTHING, false, 2 },
		{ "R2661-5.4-08: the LAC's too, from where they stood", 2, true, 3 },
	};
	struct dataplane_session s = { .lns_mode = true, .send_seq = true };
	int fds[2], px = session_with_peer(lab, &s, fds);

	exchange(fds[1], px, "LNS", numbered, COUNT(numbered));
	s.send_seq = false;
	ok(!session_set(lab, &s).err, "numbers off");
	exchange(fds[1], px, "LNS", plain, COUNT(plain));
	s.send_seq = true;
	ok(!session_set(lab, &s).err, "numbers on");
	exchange(fds[1], px, "LNS", again, COUNT(again));
	end_session(lab, fds);
}

/* Sequencing Required: what comes without a number is dropped, and changes nothing. */
static void test_required(struct lab *lab, bool lns)
{
	static const struct exchange rows[] = {
		{ "R2661-5.4-04: numbers from the first packet on", NOTHING, false, 0 },
		{ "X2661-5.4-03: a packet without one", PLAIN, false, 1 },
		{ "R2661-5.4-04: and one with it", 0, true, 2 },
		{ "X2661-5.4-03: another one without", PLAIN, false, 3 },
		{ "R2661-5.4-04: and one with it", 1, true, 4 },
	};
	struct dataplane_session s = { .lns_mode = lns, .send_seq = true, .recv_seq = true };
	int fds[2], px = session_with_peer(lab, &s, fds);
	struct answer st;

	exchange(fds[1], px, lns ? "LNS, required" : "LAC, required", rows, COUNT(rows));
	st = session_stats(lab, 500, 600);
	ok(!st.err && st.stats.rx_packets == 2, "X2661-5.4-03: those without are not counted as received");
	end_session(lab, fds);
}

#define MANY 100

static void test_many(struct lab *lab)
{
	static struct answer a[MANY], d[MANY];
	unsigned up = 0, down = 0;
	double t0, t1, t2;
	int fds[2];

	ok(tunnel_pair(lab, AF_INET, 900, fds), "tunnels");
	t0 = now();
	for (uint32_t i = 0; i < MANY; i++) {
		struct dataplane_session s = session_end(900, 1000 + 2 * i, 0);

		a[i] = d[i] = (struct answer){ .fd = -1 };
		lab->d->class->session_add(lab->d, &s, on_done, &a[i]);
	}
	for (uint32_t i = 0; i < MANY; i++) {
		while (!a[i].calls && now() < t0 + 10)
			sd_event_run(lab->event, 100000);
		up += a[i].calls == 1 && !a[i].err && lent(lab, 900, 1000 + 2 * i) >= 0;
	}
	t1 = now();
	ok(up == MANY, "%u of %u sessions made at once, %.1f ms", up, MANY, 1000 * (t1 - t0));
	for (uint32_t i = 0; i < MANY; i++)
		lab->d->class->session_del(lab->d, 900, 1000 + 2 * i, on_done, &d[i]);
	t2 = now();
	for (uint32_t i = 0; i < MANY; i++) {
		while (!d[i].calls && now() < t1 + 30)
			sd_event_run(lab->event, 100000);
		down += d[i].calls == 1 && !d[i].err && session_gone(lab, 900, 1000 + 2 * i);
	}
	ok(down == MANY, "%u deleted at once, %.1f ms, %.1f ms of them to ask for it", down, 1000 * (now() - t1),
	   1000 * (t2 - t1));
	ok(!tunnel_del(lab, 900).err && !tunnel_del(lab, 901).err, "tunnels deleted");
	close(fds[0]);
	close(fds[1]);
}

/* ---- Rights ---------------------------------------------------------------------------------------------------- */

static void drop_net_admin(void)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	syscall(SYS_capget, &h, data);
	data[0].effective &= ~(1U << CAP_NET_ADMIN);
	data[0].permitted &= ~(1U << CAP_NET_ADMIN);
	syscall(SYS_capset, &h, data);
}

/* In a child: the text of a failure goes to a pipe. */
static void without_right(struct lab *lab, int out)
{
	struct dataplane_tunnel t = { 1, 1, 2 };
	struct dataplane *none = NULL;
	struct answer a;
	char *why = NULL;
	int fds[2], r;

	socket_pair(AF_INET, fds);
	drop_net_admin();
	r = dataplane_kernel_new(lab->event, lab->fds, &none, &why);
	a = tunnel_add(lab, &t, fds[0]);
	dprintf(out, "%d %d %d\n%s\n%s\n", r, none != NULL, a.err, why ? why : "", a.text);
}

static void test_rights(void)
{
	char text[4096] = "";
	struct lab lab = { 0 };
	int pipes[2], status = -1, r = 0, made = 1, err = 0;
	ssize_t n;
	pid_t pid;

	if (pipe(pipes) < 0)
		return;
	fflush(stdout);
	pid = fork(); /* an event loop does not survive a fork: the child makes its own */
	if (pid == 0) {
		if (sd_event_new(&lab.event) < 0 || workers_new(lab.event, 1, &lab.workers) < 0 ||
		    fdstore_new(lab.workers, &lab.fds) < 0 ||
		    dataplane_kernel_new(lab.event, lab.fds, &lab.d, NULL) < 0)
			_exit(1);
		without_right(&lab, pipes[1]);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	n = read(pipes[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	ok(status == 0 && sscanf(text, "%d %d %d", &r, &made, &err) == 3, "a child without CAP_NET_ADMIN");
	ok(r == -EPERM && !made && strstr(text, "AmbientCapabilities=CAP_NET_ADMIN"), "no dataplane without the right");
	ok(err == -EPERM && strstr(text, "TUNNEL_CREATE"), "nor a tunnel");
	printf("# %s\n", text);
	close(pipes[0]);
	close(pipes[1]);
}

/* ---- Links ----------------------------------------------------------------------------------------------------- */

static int shell(const char *command)
{
	int status = system(command);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct l2tp_addr v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct l2tp_addr){ .ip = { a, b, c, d }, .port = 1701, .family = 4 };
}

static struct l2tp_addr v6(uint8_t net, uint8_t host)
{
	return (struct l2tp_addr){ .ip = { 0x20, 1, 0xd, 0xb8, net, [15] = host }, .port = 1701, .family = 6 };
}

static void pin_test(struct link *l, const char *name, const struct l2tp_addr *peer, const char *route)
{
	const struct l2tp_addr any = { 0 };
	char command[256];

	ok(link_pin_peer(l, &any, peer) == 0 && link_pin_peer(l, &any, peer) == 0, "%s: pinned twice", name);
	snprintf(command, sizeof(command), "ip route show table main proto 176; ip -6 route show proto 176");
	printf("# ");
	fflush(stdout);
	shell(command);
	snprintf(command, sizeof(command),
		 "{ ip route show table main proto 176; ip -6 route show proto 176; } | grep -q '%s'", route);
	ok(shell(command) == 0, "%s: route is there", name);
	link_unpin_peer(l, peer);
	ok(shell(command) == 0, "%s: and stays for the second user", name);
	link_unpin_peer(l, peer);
	link_unpin_peer(l, peer);
	ok(shell(command) != 0, "%s: and goes with him", name);
}

#define NO_ROUTES "! { ip route show table main proto 176; ip -6 route show proto 176; } | grep -q ."

static void test_link(void)
{
	const struct l2tp_addr lo = v4(127, 0, 0, 1), any = { 0 }, onlink = v4(10, 9, 0, 7), far = v4(203, 0, 113, 5),
			       far6 = v6(9, 5), onlink6 = v6(1, 7),
			       local = v4(10, 9, 0, 1), elsewhere = v4(10, 8, 0, 1);
	struct link *l = NULL;
	int r;

	ok(shell("ip link add dum0 mtu 1400 type dummy && ip addr add 10.9.0.1/24 dev dum0 && "
		 "ip addr add 2001:db8:100::1/40 dev dum0 nodad && ip link set dum0 up && "
		 "ip route add default via 10.9.0.254 && ip route add default via 2001:db8:100::fe dev dum0") == 0,
	   "a link with a gateway");
	ok(link_new(NULL, &l) == 0, "link_new");
	r = link_path_mtu(l, &any, &lo);
	ok(r == 65535 || r == 65536, "MTU to 127.0.0.1 is %d", r);
	ok(link_path_mtu(l, &any, &far) == 1400 && link_path_mtu(l, &local, &far) == 1400, "MTU through dum0");
	ok(link_path_mtu(l, &any, &far6) == 1400, "MTU through dum0, IPv6");
	ok(link_path_mtu(l, &elsewhere, &far) == -EADDRNOTAVAIL, "not from an address that is not ours");

	pin_test(l, "IPv4 gateway", &far, "203.0.113.5 via 10.9.0.254 dev dum0");
	pin_test(l, "IPv6 gateway", &far6, "2001:db8:900::5 via 2001:db8:100::fe dev dum0");
	ok(link_pin_peer(l, &local, &far) == 0 && shell(NO_ROUTES) != 0, "pinned from a local address");
	link_unpin_peer(l, &far);

	ok(link_pin_peer(l, &any, &onlink) == 0 && link_pin_peer(l, &any, &onlink6) == 0 &&
		   link_pin_peer(l, &any, &lo) == 0 && shell(NO_ROUTES) == 0,
	   "nothing is made for peers on-link and local");
	link_unpin_peer(l, &onlink);
	link_unpin_peer(l, &onlink6);
	link_unpin_peer(l, &lo);

	shell("ip route add 203.0.113.5 via 10.9.0.253");
	ok(link_pin_peer(l, &any, &far) == 0 && shell(NO_ROUTES) == 0, "the administrator's host route serves as well");
	link_unpin_peer(l, &far);
	ok(shell("ip route show 203.0.113.5 | grep -q via && ip route del 203.0.113.5") == 0, "and stays");

	shell("ip route replace default dev dum0; ip -6 route del default; ip -6 route add default dev dum0");
	pin_test(l, "IPv4 default without gateway", &far, "203.0.113.5 dev dum0");
	pin_test(l, "IPv6 default without gateway", &far6, "2001:db8:900::5 dev dum0");

	shell("ip route add 203.0.113.9 via 10.9.0.254 proto 176; ip route add 203.0.113.8 dev dum0 proto 176;"
	      "ip -6 route add 2001:db8:900::8 via 2001:db8:100::fe proto 176; ip route add 203.0.113.7 dev dum0");
	r = link_clean(l);
	ok(r == 3 && shell(NO_ROUTES) == 0, "leftovers: %d routes removed", r);
	ok(link_clean(l) == 0 && shell("ip route show 203.0.113.7 | grep -q .") == 0, "others' are left alone");

	ok(link_pin_peer(l, &any, &far) == 0, "pinned");
	shell("ip link del dum0");
	ok(link_pin_peer(l, &any, &far6) == -ENETUNREACH, "no way, no pin");
	link_unpin_peer(l, &far);
	ok(link_path_mtu(l, &any, &far) == -ENETUNREACH, "no way, no MTU");
	link_free(l);
}

/* ---------------------------------------------------------------------------------------------------------------- */

static void test_all(struct lab *lab)
{
	unsigned fds;

	test_data(lab, AF_INET);
	fds = open_fds();
	test_data(lab, AF_INET6);
	test_tunnel_refusals(lab);
	test_session_refusals(lab);
	test_attack(lab);
	test_options(lab);
	test_without_pppox(lab);
	test_tunnel_first(lab);
	test_lac_follows(lab);
	test_lns_decides(lab);
	test_required(lab, false);
	test_required(lab, true);
	test_many(lab);
	test_rights();
	test_link();
	ok(open_fds() == fds, "no file is left open");
}

int main(void)
{
	struct lab lab = { 0 };
	char *why = NULL;
	int r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(120);
	if (sd_event_new(&lab.event) < 0 || workers_new(lab.event, 32, &lab.workers) < 0 ||
	    fdstore_new(lab.workers, &lab.fds) < 0)
		return 1;
	r = dataplane_kernel_new(lab.event, lab.fds, &lab.d, &why);
	if (ok(r == 0, "dataplane_kernel_new: %s", r < 0 ? why : ""))
		test_all(&lab);
	if (r < 0)
		free(why);
	workers_free(lab.workers);
	dataplane_free(lab.d);
	fdstore_free(lab.fds);
	sd_event_unref(lab.event);
	printf("1..%u\n# %u failed\n", tests, failures);
	return failures != 0;
}
