/* SPDX-License-Identifier: MIT */
/*
 * net: the network between engines.  It loses, delays, reorders, duplicates and parts; and a stranger repeats to them
 * what he has heard.
 */
#include "sim.h"

static bool is_parted(const struct sim *s)
{
	return s->now >= s->weather.partition_from && s->now < s->weather.partition_until;
}

struct node *net_node(struct sim *s, const struct l2tp_addr *a)
{
	for (unsigned int i = 0; i < s->engines; i++)
		if (s->nodes[i].addr.ip[3] == a->ip[3])
			return &s->nodes[i];
	return NULL;
}

static const struct l2tp_addr stranger = { .ip = { 10, 0, 0, 99 }, .port = 4711, .family = 4 };

static void arrive(struct sim *s, const struct node *to, const struct l2tp_addr *from, struct l2tp_span bytes)
{
	usec_t jitter = s->now < s->storm_until ? sim_below(s, s->weather.jitter + 1) : 0;

	sim_post(s, &(struct event){ .at = s->now + s->weather.delay + jitter,
				     .kind = EVENT_DATAGRAM,
				     .engine = to->index,
				     .from = *from,
				     .bytes = (uint8_t *)bytes.data,
				     .len = bytes.len });
}

void net_send(struct sim *s, struct node *n, const struct l2tp_op *op)
{
	bool storm = s->now < s->storm_until;
	struct node *to = net_node(s, &op->peer);
	unsigned int copies = 1;

	if (op->peer.ip[3] == stranger.ip[3])
		return;
	if (!to || op->peer.port != to->addr.port) {
		sim_fail(s, "sent to nobody");
		return;
	}
	if (storm && sim_chance(s, s->weather.echoes))
		arrive(s, to, &stranger, op->bytes);
	if (storm && (is_parted(s) || sim_chance(s, s->weather.loss)))
		return;
	if (storm && sim_chance(s, s->weather.duplicates))
		copies = 2 + (unsigned int)sim_below(s, 2);
	while (copies--)
		arrive(s, to, &n->addr, op->bytes);
}
