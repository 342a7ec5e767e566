/* SPDX-License-Identifier: MIT */
/*
 * Nothing that others do may make the daemon stand still: each scenario has a daemon of its own, somebody that holds it
 * up, and a peer beside it that wants to be served.
 */
#include "scenario.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct daemon own;

/* The same address, another port: a tunnel beside the one that is there. */
static struct peer beside(const struct peer *p)
{
	struct peer other = *p;

	peer_anew(&other);
	other.fd = peer_socket_beside(p);
	return other;
}

/* How long the daemon takes to acknowledge. */
static usec_t latency(struct peer *p)
{
	usec_t begin = clock_now();

	peer_say(p, CM_HELLO);
	peer_acked(p);
	return clock_now() - begin;
}

/* ---- A peer with a lot to say to the dial hook --------------------------------------------------------------- */

#define BURST (3 * USEC_PER_SEC)
#define SLIS 3 /* at a time: they fit the daemon's window */

static char hook[] = "/tmp/l2tpd-conformance-hook-XXXXXX", heard[sizeof(hook) + sizeof(".heard")];

static void start_hooked(struct peer *p)
{
	int fd = mkstemp(hook);
	char sections[256];

	MUST(fd >= 0 && fchmod(fd, 0700) == 0);
	snprintf(heard, sizeof(heard), "%s.heard", hook);
	dprintf(fd, "#!/bin/sh\necho \"$1 $L2TP_CALLED_NUMBER$L2TP_SEND_ACCM\" >>%s\n[ $1 != link ] || sleep 60\n", heard);
	close(fd);
	snprintf(sections, sizeof(sections), "lns \"own\" { dial-hook = \"%s\" }\n", hook);
	daemon_start(&own, sections);
	p->to.sin_port = htons(own.port);
	p->log = own.log;
}

static void stop_hooked(struct peer *p)
{
	(void)p;
	daemon_stop(&own, SIGTERM);
	unlink(hook);
	unlink(heard);
}

/* Lines of what the hook has heard that begin so; *last is the last one. */
static unsigned count_heard(const char *what, char last[128])
{
	FILE *f = fopen(heard, "r");
	char line[128];
	unsigned n = 0;

	last[0] = '\0';
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, what, strlen(what)) != 0)
			continue;
		n++;
		strcpy(last, line);
	}
	if (f)
		fclose(f);
	return n;
}

static void wait_heard(const char *expect)
{
	usec_t until = clock_now() + PATIENCE_MS * USEC_PER_MSEC;
	char last[128];

	do {
		count_heard("", last);
		if (!strcmp(last, expect))
			return;
		usleep(20000);
	} while (clock_now() < until);
	fail("the hook has heard %s, not %s", last, expect);
}

static void dialled(struct peer *p)
{
	static const char number[] = "-x;+CFUN=1,4 $(id)";
	struct msg m = peer_msg(p, CM_OCRQ);

	m.called_number = (struct l2tp_span){ (const uint8_t *)number, sizeof(number) - 1 };
	peer_send(p, &m, 0);
	(void)peer_hear(p, CM_OCRP);
	(void)peer_hear(p, CM_OCCN);
	wait_heard("dial %2Dx%3B+CFUN%3D1,4%20%24%28id%29\n");
}

static void sli(struct peer *p, uint32_t send)
{
	struct msg m = peer_msg(p, CM_SLI);

	m.accm.send = send;
	peer_send(p, &m, p->engine_session_id);
}

/* The link hook takes a minute, and the peer says something new all the time. */
static void slis(struct peer *p)
{
	struct peer other = beside(p);
	usec_t begin = clock_now(), worst = 0, all = 0;
	unsigned said = 0, asked = 0, starts;
	char last[128];

	peer_open(&other);
	for (; clock_now() - begin < BURST; asked++) {
		for (int i = 0; i < SLIS; i++)
			sli(p, ++said);
		usec_t one = latency(&other);

		worst = one > worst ? one : worst;
		all += one;
		peer_acked(p);
	}
	starts = count_heard("link ", last);
	printf("%u SLIs in %u s: %u starts of the hook; HELLO of another peer: %u us, at worst %u us\n", said,
	       (unsigned)(BURST / USEC_PER_SEC), starts, (unsigned)(all / asked), (unsigned)worst);
	fflush(stdout);
	MUST(starts == 1); /* it still runs */
}

/* What runs is killed, what waits is forgotten, and the call is cleared at once. */
static void cleared(struct peer *p)
{
	usec_t begin = clock_now();
	char last[128];

	peer_say(p, CM_CDN);
	peer_acked(p);
	wait_heard("hangup \n");
	MUST(clock_now() - begin < 5 * USEC_PER_SEC);
	MUST(count_heard("link ", last) == 1);
}

/* ---- Standard error that nobody reads ------------------------------------------------------------------------ */

#define TUNNELS 400

static int unread[2];

static bool is_listening(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool taken = bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0;

	close(fd);
	return taken;
}

static void start_unread(struct peer *p)
{
	usec_t until = clock_now() + PATIENCE_MS * USEC_PER_MSEC;

	MUST(pipe2(unread, O_CLOEXEC) == 0);
	own.output = unread[1];
	daemon_start(&own, "lns \"own\" { }\n");
	close(unread[1]);
	while (!is_listening(own.port)) {
		MUST(clock_now() < until);
		usleep(20000);
	}
	p->to.sin_port = htons(own.port);
}

/* Each is served, also when the pipe has long been full. */
static void tunnels(struct peer *p)
{
	usec_t worst = 0;
	int waiting;

	for (int i = 0; i < TUNNELS; i++) {
		usec_t begin = clock_now();

		*p = beside(p);
		peer_open(p);
		worst = clock_now() - begin > worst ? clock_now() - begin : worst;
	}
	MUST(ioctl(unread[0], FIONREAD, &waiting) == 0 && waiting >= fcntl(unread[0], F_GETPIPE_SZ) - PIPE_BUF);
	printf("%d tunnels of a daemon whose standard error is a full pipe, at worst in %u us\n", TUNNELS, (unsigned)worst);
	fflush(stdout);
}

/* It ends, and what waited is there for a reader that comes later. */
static void stop_unread(struct peer *p)
{
	char text[65536];

	(void)p;
	daemon_stop(&own, SIGTERM);
	ssize_t n = read(unread[0], text, sizeof(text));
	MUST(n > 0 && memmem(text, (size_t)n, "is ready", strlen("is ready")));
	close(unread[0]);
}

const struct scenario standstill_scenarios[] = {
	{ "standstill: a peer that sends SLIs all the time", OWN,
	  { FN(start_hooked), OPEN, FN(dialled), FN(slis), FN(cleared), FN(stop_hooked) } },
	{ "standstill: standard error that nobody reads", OWN, { FN(start_unread), FN(tunnels), ALIVE, FN(stop_unread) } },
	{ 0 }
};
