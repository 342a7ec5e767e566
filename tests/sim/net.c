/* SPDX-License-Identifier: MIT */
/*
 * net: the network.  It loses, delays, reorders, duplicates and parts; some datagrams come so late that the ids in them
 * may have a new owner; a stranger repeats under its own address what it has heard.  Who is behind a NAT may get
 * another port: what is sent to the old one is lost.
 *
 * What an engine has received from an address and sent to it is counted until a tunnel with it stands, which proves
 * that somebody is there.
 */
#include "sim.h"

#include <string.h>

#define LATE (61 * SEC) /* beyond the quarantine of ids */

static bool is_parted(const struct sim *s)
{
	return s->now >= s->weather.partition_from && s->now < s->weather.partition_until;
}

/* 10.0.0.1 and on are engines, 10.0.0.200 and on actors, who may have 10.0.0.220 and on as well. */
struct node *net_node(struct sim *s, const struct l2tp_addr *a)
{
	unsigned int i = a->ip[3] - 1u;

	return a->ip[1] == 0 && i < s->engines ? &s->nodes[i] : NULL;
}

struct actor *net_actor(struct sim *s, const struct l2tp_addr *a)
{
	unsigned int i = a->ip[3] - 200u;

	return a->ip[1] == 0 && i < 40 && i % 20 < s->n_actors ? &s->actors[i % 20] : NULL;
}

static const struct l2tp_addr stranger = { .ip = { 10, 0, 0, 99 }, .port = 4711, .family = 4 };

static usec_t arrival(struct sim *s)
{
	return s->now + s->weather.delay + (sim_storm(s) ? sim_below(s, s->weather.jitter + 1) : 0);
}

static void arrive(struct sim *s, const struct node *to, const struct l2tp_addr *from, struct l2tp_span bytes,
		   usec_t at, bool alien)
{
	sim_post(s, &(struct event){ .at = at,
				     .kind = EVENT_DATAGRAM,
				     .who = to->index,
				     .from = *from,
				     .bytes = (uint8_t *)bytes.data,
				     .len = bytes.len,
				     .alien = alien });
}

/* From engine to engine. */
static void carry(struct sim *s, struct node *from, struct node *to, struct l2tp_span bytes)
{
	bool storm = sim_storm(s);
	unsigned int copies = 1;

	if (storm && sim_chance(s, s->weather.echoes))
		arrive(s, to, &stranger, bytes, arrival(s), true);
	if (storm && s->weather.late && sim_chance(s, s->weather.late))
		arrive(s, to, &from->addr, bytes, s->now + LATE + sim_below(s, 60 * SEC), false);
	if (storm && (is_parted(s) || sim_chance(s, s->weather.loss)))
		return;
	if (storm && sim_chance(s, s->weather.duplicates))
		copies = 2 + (unsigned int)sim_below(s, 2);
	while (copies--)
		arrive(s, to, &from->addr, bytes, arrival(s), false);
}

static bool same(const struct l2tp_addr *a, const struct l2tp_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

struct source *net_source(struct node *n, const struct l2tp_addr *addr)
{
	size_t at = (size_t)(addr->ip[1] * 31u + addr->ip[2] * 17u + addr->ip[3] * 7u + addr->port) % SOURCES_MAX;

	for (size_t i = 0; i < SOURCES_MAX; i++, at = (at + 1) % SOURCES_MAX) {
		struct source *s = &n->sources[at];

		if (!s->addr.family)
			s->addr = *addr;
		if (same(&s->addr, addr))
			return s;
	}
	return NULL;
}

/* What it sends of its own accord is no answer to anybody. */
static bool is_dial(const struct node *n, const struct l2tp_op *op)
{
	struct l2tp_tunnel_info t;

	return l2tp_get_tunnel(n->l, op->tunnel_id, &t) == 0 && t.initiator;
}

static void count_sent(struct node *n, const struct l2tp_op *op)
{
	struct source *source = net_source(n, &op->peer);

	if (!source || source->proven || is_dial(n, op))
		return;
	source->sent++;
	source->octets_sent += op->bytes.len;
	judge_sent(n, source);
}

void net_send(struct sim *s, struct node *n, const struct l2tp_op *op)
{
	struct node *to = net_node(s, &op->peer);
	struct actor *actor = net_actor(s, &op->peer);

	count_sent(n, op);
	if (to && op->peer.port == to->addr.port)
		carry(s, n, to, op->bytes);
	else if (actor && actor->kind->hear)
		sim_post(s, &(struct event){ .at = arrival(s),
					     .kind = EVENT_HEAR,
					     .who = actor->index,
					     .from = n->addr,
					     .to = op->peer,
					     .bytes = (uint8_t *)op->bytes.data,
					     .len = op->bytes.len });
	else if (!s->n_actors && !s->weather.nat && !s->weather.echoes)
		sim_fail(s, "sent to nobody");
}

void net_forge(struct actor *a, struct node *to, const struct l2tp_addr *from, struct l2tp_span bytes)
{
	arrive(a->sim, to, from, bytes, a->sim->now + a->sim->weather.delay, true);
}
