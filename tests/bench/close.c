/* SPDX-License-Identifier: MIT */
/*
 * close: how long (in CPU time) the end of a tunnel with SESSIONS calls holds whoever runs the engine: the longest
 *entry, with the operations that follow it.  One engine, no sockets.
 *
 *	close SESSIONS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "l2tp.h"

static usec_t clock_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

static void fail(const char *what)
{
	fprintf(stderr, "close: %s\n", what);
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

static uint32_t drain(struct l2tp *l)
{
	uint32_t gone = 0;
	struct l2tp_op op;

	while (l2tp_next_op(l, &op))
		gone += op.type == L2TP_OP_SESSION_GONE;
	return gone;
}

static uint32_t open_tunnel(struct l2tp *l, uint32_t sessions)
{
	struct l2tp_addr here = { .ip = { 192, 0, 2, 1 }, .port = 1701, .family = 4 };
	struct l2tp_addr there = { .ip = { 192, 0, 2, 2 }, .port = 1701, .family = 4 };
	struct l2tp_params p;
	uint32_t tunnel, session;

	l2tp_params_init(&p);
	strcpy(p.host_name, "bench");
	if (l2tp_open(l, &p, &here, &there, USEC_PER_SEC, &tunnel) < 0)
		fail("l2tp_open");
	for (uint32_t i = 0; i < sessions; i++)
		if (l2tp_call(l, tunnel, &(struct l2tp_call_info){ 0 }, 0, USEC_PER_SEC, &session) < 0)
			fail("l2tp_call");
	return tunnel;
}

int main(int argc, char **argv)
{
	struct l2tp_env env = { .random = random_octets, .admit_tunnel = admit_nobody };
	uint32_t sessions = argc == 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0, tunnel, gone, entries = 1;
	usec_t start, entry, longest, all;
	struct l2tp *l;

	if (!sessions || sessions > 60000)
		fail("usage: close SESSIONS");
	l2tp_limits_init(&env.limits);
	if (l2tp_new(&env, &l) < 0)
		fail("l2tp_new");
	tunnel = open_tunnel(l, sessions);
	(void)drain(l);
	start = entry = clock_usec();
	(void)l2tp_close_tunnel(l, tunnel, NULL, USEC_PER_SEC);
	gone = drain(l);
	longest = clock_usec() - entry;
	for (; gone < sessions && l2tp_deadline(l) <= USEC_PER_SEC; entries++) {
		entry = clock_usec();
		l2tp_tick(l, USEC_PER_SEC);
		gone += drain(l);
		longest = clock_usec() - entry > longest ? clock_usec() - entry : longest;
	}
	all = clock_usec() - start;
	if (gone != sessions)
		fail("a session was not closed");
	l2tp_free(l);
	printf("%u sessions: the longest of %u entries took %.1f ms, all %.1f ms\n", sessions, entries,
	       (double)longest / 1000, (double)all / 1000);
	return EXIT_SUCCESS;
}
