/* SPDX-License-Identifier: MIT */
/*
 * flood: the front door under a flood.  Starts an LNS (l2tpd --dataplane=none) on loopback, opens a tunnel to it, and
 * has COUNT SCCRQs from forged addresses sent, and malformed datagrams (lab/flood.c).  Meanwhile
 *
 *	- the daemon's memory stays within GROWTH_MAX,
 *	- the tunnel that was there, which hears a HELLO each second, hears each of them once,
 *	- honest peers, who come when it has begun, open tunnels.
 *
 *	flood L2TPD FLOOD COUNT RATE
 */
#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "l2tp.h"

#define PORT 17998
#define PORT_TEXT "17998"
#define FORGED "127.64.0.0"      /* flood's; peers are elsewhere in 127.0.0.0/8 */
#define GROWTH_MAX (32 * 1024)   /* KiB; a sanitizer takes its share */
#define HELLO 6                  /* Message Type */
#define PATIENCE (60 * USEC_PER_SEC)
#define HONEST 4                 /* peers at a time */
#define HONEST_MIN 4             /* tunnels that come up while the flood lasts */
#define HONEST_LATER USEC_PER_SEC

/* A LAC with one tunnel. */
struct lac {
	struct l2tp *engine;
	struct l2tp_addr local;
	int fd;
	uint32_t tunnel;
	bool up, down;
	usec_t begun;
	unsigned hellos;
};

static const struct l2tp_addr server = { .ip = { 127, 0, 0, 1 }, .port = PORT, .family = 4 };

static usec_t clock_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

static void fail(const char *what)
{
	fprintf(stderr, "flood: %s\n", what);
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

static void trace(void *ctx, const struct l2tp_trace *t)
{
	struct lac *l = ctx;

	l->hellos += !t->sent && t->type == HELLO;
}

/* ---- LACs --------------------------------------------------------------------------------------------------- */

static void lac_init(struct lac *l, uint16_t host)
{
	struct l2tp_env env = { .ctx = l, .random = random_octets, .admit_tunnel = admit_nobody, .trace = trace };
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_addr = { htonl(0x7f000000u + host) } };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = { htonl(0x7f000001) } };

	*l = (struct lac){ .local = { .ip = { 127, 0, (uint8_t)(host >> 8), (uint8_t)host }, .port = 1, .family = 4 } };
	l2tp_limits_init(&env.limits);
	l->fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(l->fd, (struct sockaddr *)&from, sizeof(from)) < 0 ||
	    connect(l->fd, (struct sockaddr *)&to, sizeof(to)) < 0 || l2tp_new(&env, &l->engine) < 0)
		fail("set-up of a peer");
}

static void lac_open(struct lac *l)
{
	struct l2tp_params p;

	l2tp_params_init(&p);
	strcpy(p.host_name, "honest");
	memcpy(p.secret, "sesame", p.secret_len = 6);
	p.challenge = true;
	l->up = l->down = false;
	l->begun = clock_usec();
	if (l2tp_open(l->engine, &p, &l->local, &server, l->begun, &l->tunnel) < 0)
		fail("l2tp_open");
}

static void lac_end(struct lac *l)
{
	if (!l->engine)
		return;
	l2tp_free(l->engine);
	close(l->fd);
}

static void lac_step(struct lac *l)
{
	uint8_t data[4096];
	struct l2tp_rx rx = { .local = l->local, .peer = server };
	struct l2tp_op op;
	ssize_t n;

	while ((n = recv(l->fd, data, sizeof(data), MSG_DONTWAIT)) >= 0) {
		rx.bytes = (struct l2tp_span){ data, (size_t)n };
		l2tp_input(l->engine, &rx, clock_usec());
	}
	l2tp_tick(l->engine, clock_usec());
	while (l2tp_next_op(l->engine, &op)) {
		if (op.type == L2TP_OP_SEND)
			(void)!send(l->fd, op.bytes.data, op.bytes.len, 0);
		else if (op.type == L2TP_OP_TUNNEL_ADD || op.type == L2TP_OP_TUNNEL_DEL || op.type == L2TP_OP_TUNNEL_IDLE)
			l2tp_op_done(l->engine, op.tunnel_id, 0, 0, NULL, clock_usec());
		l->up |= op.type == L2TP_OP_TUNNEL_UP;
		l->down |= op.type == L2TP_OP_TUNNEL_DOWN;
	}
}

/* ---- The LNS ------------------------------------------------------------------------------------------------ */

static pid_t start_daemon(const char *l2tpd, char *directory)
{
	char path[256], log[256];
	FILE *f;
	pid_t pid;

	if (!mkdtemp(directory))
		fail("mkdtemp");
	snprintf(path, sizeof(path), "%s/lns.conf", directory);
	snprintf(log, sizeof(log), "%s/log", directory);
	umask(077);
	f = fopen(path, "w");
	if (!f)
		fail(path);
	fprintf(f,
		"listen = { \"0.0.0.0:%d\" }\nstop-timeout = 1s\nruntime-directory = \"%s\"\napi-system-bus = no\n"
		"lns \"flooded\" { host-name = \"lns\" secret = \"sesame\" challenge = yes hello-interval = 1s\n"
		"retransmit-max = 3 }\n",
		PORT, directory);
	fclose(f);
	setenv("ASAN_OPTIONS", "quarantine_size_mb=4:exitcode=86", 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!freopen(log, "w", stderr))
			_exit(127);
		execl(l2tpd, l2tpd, "--dataplane=none", "--config", path, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static pid_t start_flood(const char *flood, const char *count, const char *rate)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl(flood, flood, "127.0.0.1", PORT_TEXT, FORGED, count, rate, "1", (char *)NULL);
		_exit(127);
	}
	return pid;
}

static long rss(pid_t pid)
{
	char path[64], line[256];
	long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmRSS: %ld", &kib);
	if (!f || !kib)
		fail("the daemon has died");
	fclose(f);
	return kib;
}

/* ---- The test ----------------------------------------------------------------------------------------------- */

struct outcome {
	long before, most;       /* KiB */
	unsigned honest, failed; /* tunnels that came up, and that did not */
	usec_t slowest;
};

static void wait_until_up(struct lac *l)
{
	lac_open(l);
	for (usec_t end = clock_usec() + PATIENCE; !l->up; usleep(10000)) {
		lac_step(l);
		if (clock_usec() > end)
			fail("no tunnel even before the flood");
	}
}

/* One honest tunnel after the other, each from an address of its own; l may be a blank. */
static void honest_step(struct lac *l, struct outcome *o, uint16_t *host)
{
	if (l->engine)
		lac_step(l);
	if (l->engine && !l->up && !l->down)
		return;
	if (l->up) {
		usec_t took = clock_usec() - l->begun;

		o->honest++;
		o->slowest = took > o->slowest ? took : o->slowest;
	} else {
		o->failed += l->down;
	}
	lac_end(l);
	lac_init(l, (*host)++);
	lac_open(l);
}

static void run(pid_t daemon, pid_t flood, struct lac *old, struct outcome *o)
{
	struct lac honest[HONEST] = { 0 };
	usec_t begin = clock_usec() + HONEST_LATER;
	uint16_t host = 10;
	int status;

	o->before = o->most = rss(daemon);
	while (waitpid(flood, &status, WNOHANG) == 0) {
		long now = rss(daemon);

		o->most = now > o->most ? now : o->most;
		lac_step(old);
		for (size_t i = 0; i < HONEST && clock_usec() > begin; i++)
			honest_step(&honest[i], o, &host);
		(void)poll(&(struct pollfd){ .fd = old->fd, .events = POLLIN }, 1, 5);
	}
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail("the flood was not sent");
	for (size_t i = 0; i < HONEST; i++)
		lac_end(&honest[i]);
}

int main(int argc, char **argv)
{
	char directory[] = "/tmp/l2tpd-flood.XXXXXX", command[512];
	struct l2tp_stats stats;
	struct outcome o = { 0 };
	struct lac old;
	bool good = true;
	int status;
	pid_t daemon;

	if (argc != 5)
		fail("usage: flood L2TPD FLOOD COUNT RATE");
	daemon = start_daemon(argv[1], directory);
	lac_init(&old, 2);
	wait_until_up(&old);
	run(daemon, start_flood(argv[2], argv[3], argv[4]), &old, &o);
	l2tp_get_stats(old.engine, &stats);
	printf("memory: %ld KiB, at most %ld (bound: %d more)\n"
	       "the tunnel that was there: %u HELLOs, %lu repeated, %lu of ours repeated%s\n"
	       "honest peers: %u tunnels opened, the slowest after %.1f s; %u times in vain\n",
	       o.before, o.most, GROWTH_MAX, old.hellos, (unsigned long)stats.duplicates,
	       (unsigned long)stats.retransmits, old.down ? "; IT IS GONE" : "", o.honest,
	       (double)o.slowest / USEC_PER_SEC, o.failed);
	good = o.most - o.before <= GROWTH_MAX && !old.down && old.hellos && !stats.duplicates && o.honest >= HONEST_MIN;
	lac_end(&old);
	kill(daemon, SIGTERM);
	if (waitpid(daemon, &status, 0) != daemon || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail("the daemon did not end in order");
	snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command) == 0 && good ? EXIT_SUCCESS : EXIT_FAILURE;
}
