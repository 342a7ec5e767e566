/* SPDX-License-Identifier: MIT */
/*
 * forger: a stranger who can send from any address and hears nothing that is sent there.  It knows who the peers are
 * and may have seen the id that a peer has for itself, which is in the clear in each SCCRQ; it has neither the engine's
 * id nor the numbers of a tunnel that stands.  What it begins itself it can finish, by sending to all 65,535 ids: here
 * the one that is met.
 */
#include "actor.h"

#include <string.h>

#define FAR 1024           /* more than has been said in any tunnel */
#define SCAN_TIME (6 * SEC) /* half of what 65,535 datagrams take at some 5000 a second */

/* Another engine than the one that is attacked, in whose name it is done. */
static struct node *victim_of(struct actor *a)
{
	struct sim *s = a->sim;

	return &s->nodes[(a->target->index + 1 + sim_below(s, s->engines - 1)) % s->engines];
}

static struct l2tp_addr nobody(struct sim *s)
{
	return (struct l2tp_addr){ .ip = { 10, 1, (uint8_t)sim_below(s, 256), (uint8_t)sim_below(s, 256) },
				   .port = 1701,
				   .family = 4 };
}

/* A peer's address, its port or another, or nobody's. */
static struct l2tp_addr somebody(struct actor *a)
{
	struct l2tp_addr from = victim_of(a)->addr;

	if (sim_chance(a->sim, 40))
		return nobody(a->sim);
	if (sim_chance(a->sim, 40))
		from.port = (uint16_t)(1024 + sim_below(a->sim, 60000));
	return from;
}

/* A tunnel of the victim's with the engine that is attacked.  Who sees an SCCRQ before it is answered can answer it. */
static bool seen(struct actor *a, struct node *victim, struct l2tp_tunnel_info *ret)
{
	struct l2tp_cursor c = { 0 };
	struct l2tp_tunnel_info t;
	uint64_t count = 0;

	for (int i = 0; i < 16 && l2tp_next_tunnel(victim->l, &c, &t) == 0; i++)
		if (t.established && net_node(a->sim, &t.peer) == a->target && sim_below(a->sim, ++count) == 0)
			*ret = t;
	return count != 0;
}

static void request(struct actor *a, const struct l2tp_addr *from, uint16_t id, bool tie)
{
	struct msg m = actor_message(CM_SCCRQ);

	m.assigned_tunnel_id = id;
	if (tie)
		msg_set(&m, AVP_TIE_BREAKER);
	actor_say(a, a->target, from, &(struct wire_header){ 0 }, &m);
	if (a->forged.family && a->sim->now - a->forged_at < 2 * SCAN_TIME)
		return; /* it still searches for an earlier one */
	a->forged = *from;
	a->forged_id = id;
	a->forged_at = a->sim->now;
	a->searched = a->target;
}

static void stop(struct actor *a, const struct l2tp_addr *from, uint16_t id, uint16_t ns)
{
	struct msg m = actor_message(CM_STOPCCN);

	m.assigned_tunnel_id = id;
	actor_say(a, a->target, from, &(struct wire_header){ .ns = ns, .nr = 1 }, &m);
}

static uint16_t any_id(struct actor *a)
{
	return (uint16_t)(1 + sim_below(a->sim, 65535));
}

/* ---- Tricks -------------------------------------------------------------------------------------------------- */

static void ask(struct actor *a)
{
	struct l2tp_addr from = somebody(a);

	request(a, &from, any_id(a), sim_chance(a->sim, 50));
}

static void ask_and_stop(struct actor *a)
{
	struct l2tp_addr from = somebody(a);
	uint16_t id = any_id(a);

	request(a, &from, id, false);
	stop(a, &from, id, 1);
}

/* To whoever dials that peer. */
static void win_tie(struct actor *a)
{
	struct l2tp_addr from = victim_of(a)->addr;

	from.port = (uint16_t)(1024 + sim_below(a->sim, 60000));
	request(a, &from, any_id(a), true);
}

/* With Tunnel ID 0, and the peer's own id in it.  Where 0 may stand for an id, Ns is all that the forger lacks. */
static void stop_seen(struct actor *a)
{
	struct node *victim = victim_of(a);
	uint16_t from = a->target->params.accept_tunnel_id_0 ? FAR : 0;
	struct l2tp_tunnel_info theirs;

	if (!seen(a, victim, &theirs))
		return;
	for (uint16_t i = 0; i < 8; i++)
		stop(a, &victim->addr, (uint16_t)theirs.tunnel_id, (uint16_t)(from + i));
}

/* The peer seems to begin anew: under the id that it has, or under another. */
static void be_reborn(struct actor *a)
{
	struct node *victim = victim_of(a);
	struct l2tp_tunnel_info theirs;

	if (seen(a, victim, &theirs))
		request(a, &victim->addr, sim_chance(a->sim, 50) ? (uint16_t)theirs.tunnel_id : any_id(a), false);
}

/* What is refused is answered to the peer's own id, from the engine's address: with an Ns of the forger's choice? */
static void have_refused(struct actor *a)
{
	struct node *victim = victim_of(a);
	struct msg m = actor_message(sim_chance(a->sim, 50) ? CM_SCCRQ : CM_SCCRP);
	struct wire_header h = { .tunnel_id = m.type == CM_SCCRP ? any_id(a) : 0, .nr = (uint16_t)sim_below(a->sim, 4) };
	struct l2tp_tunnel_info theirs;

	if (!seen(a, victim, &theirs))
		return;
	m.protocol_version = 0x0200;
	m.assigned_tunnel_id = (uint16_t)theirs.tunnel_id;
	actor_say(a, a->target, &victim->addr, &h, &m);
}

/* Any message, to an id that is most likely nobody's. */
static void guess(struct actor *a)
{
	struct msg m = actor_message(actor_any_type(a));
	struct l2tp_addr from = somebody(a);
	struct wire_header h = { .tunnel_id = any_id(a), .session_id = (uint16_t)sim_below(a->sim, 3),
				 .ns = (uint16_t)sim_below(a->sim, 4), .nr = (uint16_t)sim_below(a->sim, 4) };
	struct l2tp_tunnel_info t;

	if (l2tp_get_tunnel(a->target->l, h.tunnel_id, &t) < 0)
		actor_say(a, a->target, &from, &h, &m);
}

/* The right id, or 0, and numbers that are far away. */
static void miss(struct actor *a)
{
	struct standing *all = &a->target->standing;
	struct msg m = actor_message(actor_any_type(a));
	struct wire_header h = { .session_id = (uint16_t)sim_below(a->sim, 3) };
	struct l2tp_tunnel_info t;

	if (!all->count || l2tp_get_tunnel(a->target->l, all->ids[sim_below(a->sim, all->count)], &t) < 0)
		return;
	if (sim_chance(a->sim, 50) && m.type != CM_SCCRQ)
		h.tunnel_id = (uint16_t)t.tunnel_id;
	h.ns = (uint16_t)(t.nr + FAR + sim_below(a->sim, 65536 - 2 * FAR));
	h.nr = (uint16_t)(t.ns + 1 + sim_below(a->sim, 30000));
	actor_say(a, a->target, &t.peer, &h, &m);
}

static void make_noise(struct actor *a)
{
	struct l2tp_addr from = somebody(a);
	uint8_t bytes[64];
	size_t len = sim_below(a->sim, sizeof(bytes));

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)sim_random(a->sim);
	if (len > 4 && sim_chance(a->sim, 80)) {
		memcpy(bytes, (const uint8_t[]){ 0xc8, 2, 0, (uint8_t)len }, 4);
		memset(bytes + 4, 0, len > 8 ? 4 : len - 4);
	}
	net_forge(a, a->target, &from, (struct l2tp_span){ bytes, len });
}

/* ---- Its turn ------------------------------------------------------------------------------------------------ */

/* Is this the victim's own request, which the forger has only repeated? */
static bool is_honest(struct actor *a, const struct l2tp_tunnel_info *t)
{
	struct node *victim = net_node(a->sim, &t->peer);
	struct l2tp_tunnel_info theirs;

	return victim && l2tp_get_tunnel(victim->l, t->peer_tunnel_id, &theirs) == 0 && theirs.initiator &&
	       !theirs.established;
}

/* Finish what it has begun: SCCCN to all ids, which takes its time. */
static void scan(struct actor *a)
{
	struct l2tp_cursor c = { 0 };
	struct l2tp_tunnel_info t;
	struct msg m = actor_message(CM_SCCCN);

	a->target = a->searched;
	while (l2tp_next_tunnel(a->target->l, &c, &t) == 0) {
		if (t.established || t.initiator || a->sim->now - t.created < SCAN_TIME || t.peer_tunnel_id != a->forged_id || is_honest(a, &t) ||
		    memcmp(&t.peer, &a->forged, sizeof(t.peer)) != 0)
			continue;
		actor_say(a, a->target, &a->forged,
			  &(struct wire_header){ .tunnel_id = (uint16_t)t.tunnel_id, .ns = 1, .nr = 1 }, &m);
	}
}

static void turn(struct actor *a)
{
	static void (*const tricks[])(struct actor *a) = {
		ask, ask_and_stop, ask_and_stop, win_tie, stop_seen, be_reborn, have_refused, guess, miss, make_noise,
	};

	if (a->forged.family && sim_chance(a->sim, 30))
		scan(a);
	a->target = &a->sim->nodes[sim_below(a->sim, a->sim->engines)];
	/* mostly it has one trick */
	tricks[sim_chance(a->sim, 60) ? a->mood % 10 : sim_below(a->sim, 10)](a);
}

const struct actor_kind actor_forger = { "forger", turn, NULL };
