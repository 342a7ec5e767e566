/* SPDX-License-Identifier: MIT */
/*
 * control: how fast the control plane is.  Starts an LNS (l2tpd --dataplane=none) on loopback, sets up TUNNELS x
 * SESSIONS incoming calls as a LAC made of libl2tp and a UDP socket for each tunnel, and sets this beside the bare kernel calls: as many datagrams of the same size sent and received on loopback without any protocol.
 *
 *	control L2TPD TUNNELS SESSIONS [COMMAND]
 *
 * When all are up, the shell runs COMMAND, $bus being the LNS's control socket.  Meanwhile each tunnel has a HELLO a
 * second: one that must be repeated is a failure.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "l2tp.h"

#define PORT 17999
#define DATAGRAM 48
#define HALF_OPEN 32 /* tunnels being opened at a time */
#define PATIENCE (60 * USEC_PER_SEC)
#define HELLO USEC_PER_SEC

struct load {
	struct l2tp *engine;
	int epoll, *fds;            /* fds: one a tunnel, by the port that the engine is told: 1, 2, ... */
	uint32_t tunnels, sessions; /* wanted */
	uint32_t *ids;              /* of the tunnels */
	uint32_t opened, tunnels_up, sessions_up;
	uint64_t datagrams;         /* sent and received */
};

static usec_t clock_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

static void fail(const char *what)
{
	fprintf(stderr, "control: %s\n", what);
	exit(EXIT_FAILURE);
}

static void random_octets(void *ctx, void *p, size_t len)
{
	(void)ctx;
	if (getrandom(p, len, 0) != (ssize_t)len)
		fail("getrandom");
}

static bool admit_nobody(void *ctx, const struct l2tp_addr *local, const struct l2tp_addr *peer,
			 struct l2tp_span host_name, struct l2tp_params *params, struct l2tp_reason *reason)
{
	(void)ctx, (void)local, (void)peer, (void)host_name, (void)params, (void)reason;
	return false;
}

/* ---- The LAC ------------------------------------------------------------------------------------------------ */

static const struct l2tp_addr server = { .ip = { 127, 0, 0, 1 }, .port = PORT, .family = 4 };

static void open_socket(struct load *l, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = { htonl(0x7f000001) } };
	struct epoll_event e = { .events = EPOLLIN, .data.fd = socket(AF_INET, SOCK_DGRAM, 0) };

	l->fds[port] = e.data.fd;
	if (connect(e.data.fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    epoll_ctl(l->epoll, EPOLL_CTL_ADD, e.data.fd, &e) < 0)
		fail("socket");
}

static void open_some(struct load *l)
{
	struct l2tp_addr local = { .ip = { 127, 0, 0, 1 }, .family = 4 };
	struct l2tp_params p;
	uint32_t tunnel, session;

	l2tp_params_init(&p);
	strcpy(p.host_name, "bench");
	memcpy(p.secret, "sesame", p.secret_len = 6);
	p.challenge = true;
	p.receive_window = 128;
	p.hello_interval = HELLO;
	while (l->opened < l->tunnels && l->opened - l->tunnels_up < HALF_OPEN) {
		local.port = (uint16_t)(l->opened + 1);
		open_socket(l, local.port);
		if (l2tp_open(l->engine, &p, &local, &server, clock_usec(), &tunnel) < 0)
			fail("l2tp_open");
		l->ids[l->opened++] = tunnel;
		for (uint32_t i = 0; i < l->sessions; i++) {
			struct l2tp_call_info info = { .framing_type = L2TP_FRAMING_SYNC };

			if (l2tp_call(l->engine, tunnel, &info, 1, clock_usec(), &session) < 0)
				fail("l2tp_call");
		}
	}
}

static void carry_out(struct load *l, const struct l2tp_op *op)
{
	switch (op->type) {
	case L2TP_OP_SEND:
		l->datagrams++;
		(void)!send(l->fds[op->local.port], op->bytes.data, op->bytes.len, 0);
		break;
	case L2TP_OP_TUNNEL_ADD:
	case L2TP_OP_TUNNEL_IDLE:
	case L2TP_OP_TUNNEL_DEL:
		l2tp_op_done(l->engine, op->tunnel_id, 0, 0, NULL, clock_usec());
		break;
	case L2TP_OP_SESSION_DECIDE: /* nobody calls a LAC */
	case L2TP_OP_SESSION_ADD:
	case L2TP_OP_SESSION_DIAL:
	case L2TP_OP_SESSION_SET:
	case L2TP_OP_SESSION_DEL:
		l2tp_op_done(l->engine, op->tunnel_id, op->session_id, 0, NULL, clock_usec());
		break;
	case L2TP_OP_TUNNEL_UP:
		l->tunnels_up++;
		open_some(l);
		break;
	case L2TP_OP_SESSION_UP:
		l->sessions_up++;
		break;
	case L2TP_OP_TUNNEL_DOWN:
	case L2TP_OP_TUNNEL_GONE:
	case L2TP_OP_SESSION_LINK:
	case L2TP_OP_SESSION_ERRORS:
	case L2TP_OP_SESSION_DOWN:
	case L2TP_OP_SESSION_GONE:
		break;
	}
}

static void receive(struct load *l, int fd)
{
	uint8_t data[4096];
	struct l2tp_rx rx = { .local = { .ip = { 127, 0, 0, 1 }, .port = 1, .family = 4 }, .peer = server };
	ssize_t n;

	while ((n = recv(fd, data, sizeof(data), MSG_DONTWAIT)) >= 0) {
		l->datagrams++;
		rx.bytes = (struct l2tp_span){ data, (size_t)n };
		l2tp_input(l->engine, &rx, clock_usec());
	}
}

static void step(struct load *l)
{
	struct epoll_event events[64];
	struct l2tp_op op;
	usec_t now = clock_usec(), deadline;
	int n;

	while (l2tp_next_op(l->engine, &op))
		carry_out(l, &op);
	deadline = l2tp_deadline(l->engine);
	n = epoll_wait(l->epoll, events, 64,
		       deadline <= now ? 0 : deadline - now > USEC_PER_SEC ? 1000 : (int)((deadline - now) / 1000) + 1);
	for (int i = 0; i < n; i++)
		receive(l, events[i].data.fd);
	l2tp_tick(l->engine, clock_usec());
}

static void run_until(struct load *l, uint32_t *counter, uint32_t want, const char *what)
{
	usec_t end = clock_usec() + PATIENCE;

	while (*counter < want) {
		step(l);
		if (clock_usec() > end) {
			fprintf(stderr, "control: %u of %u %s\n", *counter, want, what);
			exit(EXIT_FAILURE);
		}
	}
}

/* The peer has acknowledged all: both ends are established. */
static bool settled(const struct load *l)
{
	struct l2tp_tunnel_info info;

	for (uint32_t i = 0; i < l->opened; i++) {
		if (l2tp_get_tunnel(l->engine, l->ids[i], &info) < 0)
			fail("a tunnel was lost");
		if (info.queued)
			return false;
	}
	return true;
}

static void load_init(struct load *l)
{
	struct l2tp_env env = { .random = random_octets, .admit_tunnel = admit_nobody };

	l2tp_limits_init(&env.limits);
	env.limits.tunnels = 65535;
	env.limits.sessions = UINT32_MAX;
	l->epoll = epoll_create1(0);
	if (l->epoll < 0 || l2tp_new(&env, &l->engine) < 0)
		fail("set-up");
}

/* ---- The LNS ------------------------------------------------------------------------------------------------ */

static pid_t start_daemon(const char *l2tpd, char *directory)
{
	char path[256];
	FILE *f;
	pid_t pid;

	if (!mkdtemp(directory))
		fail("mkdtemp");
	snprintf(path, sizeof(path), "%s/lns.conf", directory);
	umask(077);
	f = fopen(path, "w");
	if (!f)
		fail(path);
	fprintf(f,
		"listen = { \"127.0.0.1:%d\" }\nlog-level = \"warning\"\nruntime-directory = \"%s\"\napi-system-bus = no\n"
		"limits { sessions = 1000000 tunnels = 60000 tunnels-per-source = 60000 half-open-per-source = 1000\n"
		"sccrq-per-second = 10000 sccrq-per-second-per-source = 10000 }\n"
		"lns \"bench\" { host-name = \"lns\" secret = \"sesame\" challenge = yes receive-window = 128 }\n",
		PORT, directory);
	fclose(f);
	pid = fork();
	if (pid == 0) {
		execl(l2tpd, l2tpd, "--dataplane=none", "--config", path, (char *)NULL);
		_exit(127);
	}
	return pid;
}

struct usage {
	double cpu;   /* s */
	long rss;     /* KiB */
};

static struct usage usage_of(pid_t pid)
{
	struct usage u = { 0 };
	char path[64], line[1024];
	unsigned long user = 0, system = 0;
	long pages = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f || !fgets(line, sizeof(line), f) || !strrchr(line, ')'))
		fail(path);
	sscanf(strrchr(line, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %*u %ld",
	       &user, &system, &pages);
	fclose(f);
	u.cpu = (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
	u.rss = pages * (sysconf(_SC_PAGESIZE) / 1024);
	return u;
}

/* ---- The bare calls ----------------------------------------------------------------------------------------- */

/* One process, two sockets: what n datagrams cost without any protocol, sent and received. */
static double bare(uint64_t n)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(0x7f000001) } };
	socklen_t len = sizeof(a);
	uint8_t data[DATAGRAM] = { 0 };
	int in = socket(AF_INET, SOCK_DGRAM, 0), out = socket(AF_INET, SOCK_DGRAM, 0);
	usec_t start;

	if (bind(in, (struct sockaddr *)&a, len) < 0 || getsockname(in, (struct sockaddr *)&a, &len) < 0 ||
	    connect(out, (struct sockaddr *)&a, len) < 0)
		fail("bare sockets");
	start = clock_usec();
	for (uint64_t i = 0; i < n; i++) {
		if (send(out, data, sizeof(data), 0) < 0 || recv(in, data, sizeof(data), 0) < 0)
			fail("bare datagram");
	}
	close(in);
	close(out);
	return (double)(clock_usec() - start) / USEC_PER_SEC;
}

/* ---- While somebody looks ----------------------------------------------------------------------------------- */

static uint64_t retransmits(const struct load *l, usec_t *longest)
{
	struct l2tp_tunnel_info info;
	uint64_t n = 0;

	for (uint32_t i = 0; i < l->opened; i++) {
		if (l2tp_get_tunnel(l->engine, l->ids[i], &info) < 0)
			fail("a tunnel was lost");
		n += info.retransmits;
		*longest = info.rtt > *longest ? info.rtt : *longest;
	}
	return n;
}

static void look(struct load *l, const char *command, const char *directory)
{
	usec_t start = clock_usec(), longest = 0;
	uint64_t before = retransmits(l, &longest);
	char bus[256];
	pid_t pid;
	int status;

	snprintf(bus, sizeof(bus), "%s/bus", directory);
	setenv("bus", bus, 1);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	longest = 0;
	while (waitpid(pid, &status, WNOHANG) == 0) {
		step(l);
		(void)retransmits(l, &longest);
	}
	printf("the command took %.1f s; round trip of HELLOs, at most (smoothed): %.1f ms\n",
	       (double)(clock_usec() - start) / USEC_PER_SEC, (double)longest / 1000);
	if (status != 0)
		fail("the command has failed");
	if (retransmits(l, &longest) > before)
		fail("a HELLO was not answered in time");
}

int main(int argc, char **argv)
{
	char directory[] = "/tmp/l2tpd-bench.XXXXXX", command[512];
	struct load l = { 0 };
	struct usage before, after;
	double took, plain, sessions;
	usec_t start;
	pid_t pid;

	if (argc != 4 && argc != 5)
		fail("usage: control L2TPD TUNNELS SESSIONS [COMMAND]");
	l.tunnels = (uint32_t)strtoul(argv[2], NULL, 10);
	l.sessions = (uint32_t)strtoul(argv[3], NULL, 10);
	l.ids = calloc(l.tunnels + 1, sizeof(*l.ids));
	l.fds = calloc(l.tunnels + 1, sizeof(*l.fds));
	if (!l.ids || !l.fds)
		fail("out of memory");
	sessions = (double)l.tunnels * l.sessions;
	pid = start_daemon(argv[1], directory);
	load_init(&l);
	usleep(500000); /* the listener is there; if not, the protocol repeats itself */
	before = usage_of(pid);
	start = clock_usec();
	open_some(&l);
	run_until(&l, &l.sessions_up, l.tunnels * l.sessions, "sessions up");
	while (!settled(&l))
		step(&l);
	took = (double)(clock_usec() - start) / USEC_PER_SEC;
	after = usage_of(pid);
	plain = bare(l.datagrams);
	printf("%u tunnels x %u sessions: %.0f sessions/s; LNS: %.1f us CPU, %.2f KiB a session; %.2f datagrams a session\n"
	       "%.1f times the bare sending and receiving of as many datagrams\n",
	       l.tunnels, l.sessions, sessions / took, (after.cpu - before.cpu) * 1e6 / sessions,
	       (double)(after.rss - before.rss) / sessions, (double)l.datagrams / sessions, took / plain);
	if (argc == 5)
		look(&l, argv[4], directory);
	l2tp_shutdown(l.engine, NULL, clock_usec());
	while (!l2tp_idle(l.engine))
		step(&l);
	l2tp_free(l.engine);
	free(l.ids);
	free(l.fds);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
