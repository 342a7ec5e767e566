/* SPDX-License-Identifier: MIT */
/*
 * sim: worlds of two or three engines on one virtual clock, with a bad network between them, executors that are slow
 * and fail, memory that runs out, and others who wish them ill.  All that happens in a world follows from its seed.
 *
 *	sim.c      chance, the history, the events in order of time; main, which runs many worlds
 *	node.c     an engine and its host: what it is told, and who carries out what it asks for
 *	kernel.c   what the operations have made, as the kernel would have it
 *	memory.c   how much an engine holds, and allocations that fail
 *	net.c      the network, and what it has carried to whom
 *	actor.c    who has no engine: forger.c (a stranger with others' addresses), insider.c (a peer with the right
 *	           ids), mirror.c (a server without the secret)
 *	play.c     the course of a world: storm, siege, crowd
 *	judge.c    what must be true
 */
#ifndef SIM_H
#define SIM_H

#include "l2tp.h"
#include "op_watch.h"

#include <stdio.h>

#define SEC USEC_PER_SEC
#define ENGINES_MAX 3
#define ACTORS_MAX 3
#define EVENTS_MAX 8192
#define DATAGRAM_MAX 1500
#define DIALS_MAX 16
#define KERNEL_MAX 1024
#define NOTES_MAX 256   /* a power of two, as are: */
#define SOURCES_MAX 512
#define HISTORY_LINES 48

enum event_kind {
	EVENT_DATAGRAM, /* arrives at an engine */
	EVENT_DONE,     /* an operation has been carried out, or not */
	EVENT_ACT,      /* somebody asks an engine for something */
	EVENT_PROMISE,  /* a dial should be up by now */
	EVENT_HEAR,     /* a datagram arrives at an actor */
	EVENT_TURN,     /* an actor does something */
};

struct event {
	usec_t at;
	uint64_t order;      /* of those at the same time */
	enum event_kind kind;
	unsigned int who;    /* the engine, or the actor, to which it happens */
	struct l2tp_addr from, to;
	uint8_t *bytes;
	size_t len;
	bool alien;          /* made without id and Ns of any tunnel between engines */
	unsigned int life;   /* of the engine that asked for the operation */
	uint32_t tunnel_id, session_id;
	uint64_t serial;     /* of the session that is to be decided upon */
	enum l2tp_op_type op;
	int err;
};

struct sim;

/* ---- An engine and its host ---------------------------------------------------------------------------------- */

struct memory {
	size_t held, base;     /* octets; when there was nothing to hold */
	size_t most;           /* when it was last looked at */
	unsigned int looks;
	unsigned int failures; /* of 10000 allocations */
	uint64_t random;
};

struct kernel {
	struct {
		uint32_t tunnel_id, session_id;
	} things[KERNEL_MAX];
	size_t count;
};

/* The last number told or heard under a key; the newest key of a slot wins. */
struct notes {
	struct note {
		uint64_t key;
		uint32_t last;
	} slots[NOTES_MAX];
};

/* What went to and came from an address, as long as it has proved nothing. */
struct source {
	struct l2tp_addr addr;
	bool proven;
	uint32_t received, sent;
	size_t octets_received, octets_sent;
};

/* Tunnels between engines that are up. */
struct standing {
	uint32_t ids[64];
	size_t count;
};

struct node {
	struct sim *sim;
	unsigned int index;
	struct l2tp *l;
	struct l2tp_addr local, addr; /* its own; as others see it */
	struct l2tp_params params;
	struct l2tp_env env;
	struct memory memory;
	uint64_t random;     /* its own stream */
	unsigned int life;   /* how often it has been started */
	usec_t frozen_until; /* it is not run */
	bool timers_last;    /* when it is run again: first what has arrived, then what is due */
	unsigned int again;  /* times that its timer was due at once */
	size_t dials;
	uint32_t told;       /* the last number that it has told a peer */
	/* cleared with each life: */
	struct watch watch;
	struct kernel kernel;
	struct standing standing;
	struct notes said, heard; /* by session: SLI; by tunnel: calls asked for */
	struct source sources[SOURCES_MAX];
};

/* ---- Those without an engine --------------------------------------------------------------------------------- */

struct actor;

struct actor_kind {
	const char *name;
	void (*turn)(struct actor *a);
	void (*hear)(struct actor *a, const struct event *e); /* NULL: deaf */
};

/* A control connection as an actor keeps it. */
struct line {
	struct l2tp_addr addr;       /* the actor's */
	uint16_t id, engine_id;      /* the actor's; the engine's, 0: not known */
	uint16_t ns, nr;
	uint16_t session_id, engine_session_id;
	bool up;
};

#define LINES_MAX 4

struct actor {
	struct sim *sim;
	unsigned int index;
	const struct actor_kind *kind;
	unsigned int mood;       /* the kind's own */
	usec_t pace;             /* between two turns */
	bool secret;             /* it holds it */
	struct l2tp_addr addr;
	struct node *target;
	struct line lines[LINES_MAX];
	size_t n_lines;
	unsigned int floods;     /* insider: so far */
	struct l2tp_addr forged; /* forger: the address, and id, of the request that it wants to complete */
	uint16_t forged_id;
	usec_t forged_at;
	struct node *searched;   /* for it */
};

extern const struct actor_kind actor_forger, actor_insider, actor_mirror;

/* ---- A world ------------------------------------------------------------------------------------------------- */

enum world_kind { WORLD_STORM, WORLD_SIEGE, WORLD_CROWD };

/* How bad it is; percentages. */
struct weather {
	unsigned int loss, duplicates, echoes, late, op_failures, data, crashes;
	usec_t delay, jitter, op_delay;
	usec_t partition_from, partition_until;
	unsigned int memory; /* failures */
	bool freezes, limits, nat;
	bool few_ids;        /* which come back as soon as they may: what is late may meet a new owner */
};

struct sim {
	uint64_t seed, random;
	usec_t now, storm_until;
	enum world_kind kind;
	struct weather weather;
	struct node nodes[ENGINES_MAX];
	unsigned int engines;
	struct actor actors[ACTORS_MAX];
	unsigned int n_actors;
	struct event *heap[EVENTS_MAX];
	size_t n_events;
	uint64_t order;
	bool ending;       /* the engines have been told to shut down */
	bool restless;     /* a message is under way */
	const char *wrong; /* the first broken promise */
	uint64_t processed, tunnels, calls, aliens; /* of all worlds; ends that were established in the calm */
	bool verbose, recording;
	char history[HISTORY_LINES][160];
	size_t n_history;
};

/* The next number of a stream. */
uint64_t next_random(uint64_t *state);
uint64_t sim_random(struct sim *s);
/* 0 .. n - 1 */
uint64_t sim_below(struct sim *s, uint64_t n);
bool sim_chance(struct sim *s, unsigned int percent);
void sim_fail(struct sim *s, const char *what);
/* who: 'A' for the first engine, 'a' for the first actor */
void sim_log(struct sim *s, int who, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static inline int node_letter(const struct node *n)
{
	return 'A' + (int)n->index;
}
/* Copies e, and bytes. */
void sim_post(struct sim *s, const struct event *e);
/* Process everything up to this time. */
void sim_run(struct sim *s, usec_t until);
static inline bool sim_storm(const struct sim *s)
{
	return s->now < s->storm_until;
}

/* memory.c: from now on allocations are m's; NULL: nobody's, they neither count nor fail. */
void memory_owner(struct memory *m);
void *memory_alloc(size_t size);
void memory_free(void *p);

/* kernel.c: 0 or what the kernel says; *wrong: what nobody may ask of it. */
int kernel_do(struct kernel *k, const struct l2tp_op *op, bool fails, const char **wrong);

/* node.c */
bool node_start(struct node *n);
void node_stop(struct node *n);
void node_crash(struct node *n);
void node_input(struct node *n, const struct event *e);
void node_done(struct node *n, const struct event *e);
void node_tick(struct node *n);
/* Carry out what the engine asks for. */
void node_drain(struct node *n);
/* When its timer is due, if it is run. */
usec_t node_deadline(const struct node *n);
/* The engine at the other end, if both ends name each other; NULL: there is none. */
struct node *node_partner(const struct node *n, uint32_t tunnel_id);
/* Is number, under this key, newer than the last one? */
bool notes_advance(struct notes *notes, uint64_t key, uint32_t number);
/* NULL: none. */
const struct note *notes_find(const struct notes *notes, uint64_t key);
static inline uint64_t note_key(uint32_t tunnel_id, uint32_t session_id)
{
	return (uint64_t)tunnel_id << 32 | session_id;
}

/* net.c.  Who has this address?  NULL: nobody. */
struct node *net_node(struct sim *s, const struct l2tp_addr *a);
struct actor *net_actor(struct sim *s, const struct l2tp_addr *a);
/* What an engine sends. */
void net_send(struct sim *s, struct node *n, const struct l2tp_op *op);
/* What an actor sends, from any address; it arrives in order. */
void net_forge(struct actor *a, struct node *to, const struct l2tp_addr *from, struct l2tp_span bytes);
/* What has been sent to and received from an address. */
struct source *net_source(struct node *n, const struct l2tp_addr *addr);

/* play.c: a request, chosen at random. */
void play_act(struct sim *s, struct node *n);
/* One world from its beginning to its end.  False: s->wrong tells. */
bool play_world(struct sim *s);

/* judge.c: at an operation, after an entry of the engine, at a promise, in the calm, after the shutdown. */
void judge_op(struct node *n, const struct l2tp_op *op);
void judge_entry(struct node *n, size_t downs);
void judge_promise(struct node *n, uint32_t tunnel_id);
void judge_sent(struct node *n, const struct source *source);
void judge_call(struct node *n, uint32_t tunnel_id, const struct l2tp_call_info *call);
/* In a siege: has it heard only what its partners have said? */
void judge_heard(struct node *n);
void judge_calm(struct sim *s);
void judge_end(struct sim *s);
/* What a stranger's datagram must not change: the first so many tunnels that stand. */
uint64_t judge_imprint(const struct node *n, size_t count);

#endif
