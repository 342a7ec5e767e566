/* SPDX-License-Identifier: MIT */
/* net: the network between two engines: it loses, delays, reorders, duplicates and parts. */
#include "sim.h"

static bool is_parted(const struct sim *s)
{
	return s->now >= s->weather.partition_from && s->now < s->weather.partition_until;
}

static struct node *node_at(struct sim *s, const struct l2tp_addr *a)
{
	for (unsigned int i = 0; i < ENGINES; i++)
		if (s->nodes[i].addr.ip[3] == a->ip[3])
			return &s->nodes[i];
	return NULL;
}

void net_send(struct sim *s, struct node *n, const struct l2tp_op *op)
{
	bool storm = s->now < s->storm_until;
	struct node *to = node_at(s, &op->peer);
	unsigned int copies = 1;

	if (!to || op->peer.port != to->addr.port) {
		sim_fail(s, "sent to nobody");
		return;
	}
	if (storm && (is_parted(s) || sim_chance(s, s->weather.loss)))
		return;
	if (storm && sim_chance(s, s->weather.duplicates))
		copies = 2 + (unsigned int)sim_below(s, 2);
	while (copies--)
		sim_post(s, &(struct event){ .at = s->now + s->weather.delay +
						   (storm ? sim_below(s, s->weather.jitter + 1) : 0),
					     .kind = EVENT_DATAGRAM,
					     .engine = to->index,
					     .from = n->addr,
					     .bytes = (uint8_t *)op->bytes.data,
					     .len = op->bytes.len });
}
