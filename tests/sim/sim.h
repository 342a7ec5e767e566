/* SPDX-License-Identifier: MIT */
/*
 * sim: worlds of two or three engines on one virtual clock, with a bad network between them and
 * executors that are slow and fail.
 *
 * sim.c: the events of a world, in order of time; main, which runs many worlds.
 * net.c: the network.  play.c: what happens in a world, and what must be true of it.
 * All that happens in a world follows from its seed.
 */
#ifndef SIM_H
#define SIM_H

#include "lib/l2tp.h"
#include "op_watch.h"

#define ENGINES_MAX 3
#define EVENTS_MAX 8192
#define DATAGRAM_MAX 1500
#define DIALS_MAX 16

enum event_kind {
	EVENT_DATAGRAM, /* arrives */
	EVENT_DONE,     /* an operation has been carried out, or not */
	EVENT_ACT,      /* somebody asks an engine for something */
};

struct event {
	usec_t at;
	uint64_t order;      /* of those at the same time */
	enum event_kind kind;
	unsigned int engine; /* to which it happens */
	struct l2tp_addr from;
	uint8_t *bytes;
	size_t len;
	unsigned int life;   /* of the engine that asked for the operation */
	uint32_t tunnel_id, session_id;
	enum l2tp_op_type op;
	int err;
};

struct sim;

struct node {
	struct sim *sim;
	unsigned int index;
	struct l2tp *l;
	struct l2tp_addr addr;
	struct l2tp_params params;
	struct l2tp_env env;
	struct watch watch;
	uint64_t random;   /* its own stream */
	unsigned int life; /* how often it has been started */
	size_t dials;
};

/* How bad it is; percentages. */
struct weather {
	unsigned int loss, duplicates, echoes, op_failures, data, crashes;
	usec_t delay, jitter, op_delay;
	usec_t partition_from, partition_until;
};

struct sim {
	uint64_t seed, random;
	usec_t now, storm_until;
	struct weather weather;
	struct node nodes[ENGINES_MAX];
	unsigned int engines;
	struct event *heap[EVENTS_MAX];
	size_t n_events;
	uint64_t order;
	uint64_t processed, tunnels, calls; /* of all worlds; ends that were established in the calm */
	bool verbose;
	bool restless;     /* a message is under way */
	const char *wrong; /* the first broken promise */
};

/* The next number of a stream. */
uint64_t next_random(uint64_t *state);
uint64_t sim_random(struct sim *s);
/* 0 .. n - 1 */
uint64_t sim_below(struct sim *s, uint64_t n);
bool sim_chance(struct sim *s, unsigned int percent);
void sim_fail(struct sim *s, const char *what);
void sim_log(const struct sim *s, const struct node *n, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Copies e, and bytes. */
void sim_post(struct sim *s, const struct event *e);
/* Process everything up to this time. */
void sim_run(struct sim *s, usec_t until);
/* Carry out what the engine asks for. */
void sim_drain(struct sim *s, struct node *n);

/* Who has this address?  NULL: nobody. */
struct node *net_node(struct sim *s, const struct l2tp_addr *a);
/* Put a datagram on the wire. */
void net_send(struct sim *s, struct node *n, const struct l2tp_op *op);

/* A request, chosen at random. */
void play_act(struct sim *s, struct node *n);
/* One world from its beginning to its end.  False: s->wrong tells. */
bool play_world(struct sim *s);

#endif
