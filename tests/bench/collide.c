/* SPDX-License-Identifier: MIT */
/*
 * collide: what a datagram costs while KEYS half-open tunnels are there whose peers have chosen address and id so that
 * all share a bucket of a table that hashes without a secret, beside as many who have not.  One engine, no sockets:
 *each SCCRQ is repeated, in another order.
 *
 *	collide KEYS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "lib/l2tp/tunnel.h"
#include "tests/unit/collide.h"

#define ROUNDS 4
#define STRIDE 7919 /* prime: all are met */

static usec_t clock_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

static void fail(const char *what)
{
	fprintf(stderr, "collide: %s\n", what);
	exit(EXIT_FAILURE);
}

static void random_octets(void *ctx, void *p, size_t len)
{
	(void)ctx;
	if (getrandom(p, len, 0) != (ssize_t)len)
		fail("getrandom");
}

static bool admit(void *ctx, const struct l2tp_addr *local, const struct l2tp_addr *peer, struct l2tp_span host_name,
		  struct l2tp_params *params, struct l2tp_reason *reason)
{
	(void)ctx, (void)local, (void)peer, (void)host_name, (void)reason;
	strcpy(params->host_name, "lns");
	params->lns = true;
	return true;
}

static struct l2tp *engine_new(void)
{
	struct l2tp_env env = { .random = random_octets, .admit_tunnel = admit };
	struct l2tp *l;

	l2tp_limits_init(&env.limits);
	env.limits.tunnels = env.limits.half_open = env.limits.half_open_per_source = 65535;
	env.limits.sccrq_per_second = env.limits.sccrq_per_second_per_source = 1000000;
	if (l2tp_new(&env, &l) < 0)
		fail("l2tp_new");
	return l;
}

/* Of one address: by chance, or by FNV. */
static void choose(struct tunnel_key *keys, uint32_t n, bool colliding)
{
	struct tunnel_key key = { .peer = { .ip = { 192, 0, 2, 1 }, .family = 4 } };

	for (uint32_t i = 0; i < n;) {
		if (++key.peer.port == 0)
			fail("not so many keys collide");
		random_octets(NULL, &key.peer_id, sizeof(uint16_t));
		if (colliding && !collide((uint8_t *)&key, sizeof(key), offsetof(struct tunnel_key, peer_id), 4711))
			continue;
		if (key.peer_id)
			keys[i++] = key;
	}
}

static void knock(struct l2tp *l, const struct tunnel_key *key, usec_t now)
{
	struct msg m = { .type = CM_SCCRQ,
			 .has = (uint64_t)1 << AVP_PROTOCOL_VERSION | (uint64_t)1 << AVP_HOST_NAME |
				(uint64_t)1 << AVP_FRAMING_CAPABILITIES | (uint64_t)1 << AVP_ASSIGNED_TUNNEL_ID,
			 .protocol_version = 0x0100,
			 .host_name = { (const uint8_t *)"lac", 3 },
			 .framing_capabilities = 1,
			 .assigned_tunnel_id = (uint16_t)key->peer_id };
	struct l2tp_rx rx = { .local = { .ip = { 192, 0, 2, 2 }, .port = 1701, .family = 4 }, .peer = key->peer };
	uint8_t body[256], datagram[512];
	struct writer w = writer_of(body, sizeof(body));
	struct l2tp_op op;

	msg_encode(&(struct msg_encoder){ 0 }, &m, &w);
	rx.bytes = (struct l2tp_span){ datagram,
				       wire_control(&(struct wire_header){ .version = 2, .body = writer_span(&w) },
						    datagram, sizeof(datagram)) };
	l2tp_input(l, &rx, now);
	while (l2tp_next_op(l, &op))
		continue;
}

/* Microseconds a datagram. */
static double measure(struct tunnel_key *keys, uint32_t n, bool colliding)
{
	struct l2tp *l = engine_new();
	struct l2tp_stats stats;
	usec_t start;

	choose(keys, n, colliding);
	for (uint32_t i = 0; i < n; i++)
		knock(l, &keys[i], USEC_PER_SEC);
	start = clock_usec();
	for (uint32_t i = 0; i < ROUNDS * n; i++)
		knock(l, &keys[(uint64_t)i * STRIDE % n], USEC_PER_SEC);
	start = clock_usec() - start;
	l2tp_get_stats(l, &stats);
	if (stats.tunnels_half_open != n || stats.duplicates != ROUNDS * n)
		fail("an SCCRQ was not heard");
	l2tp_free(l);
	return (double)start / (ROUNDS * n);
}

int main(int argc, char **argv)
{
	uint32_t n = argc == 2 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0;
	struct tunnel_key *keys = calloc(n + 1, sizeof(*keys));
	double ordinary, colliding;

	if (!n || n > 60000 || n % STRIDE == 0 || !keys)
		fail("usage: collide KEYS");
	ordinary = measure(keys, n, false);
	colliding = measure(keys, n, true);
	free(keys);
	printf("%u tunnels: %.1f us a datagram; with colliding keys %.1f us, %.1f times that\n", n, ordinary, colliding,
	       colliding / ordinary);
	return EXIT_SUCCESS;
}
