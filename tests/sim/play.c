/* SPDX-License-Identifier: MIT */
/*
 * play: the course of a world.
 *
 * A storm: engines dial, call, close and are answered late or badly, crash, freeze, run out of memory, are given other
 * limits, get another port from a NAT; strangers may join.  A siege: the network is fair and nobody fails, but
 * strangers do what they can, and honest peers must not notice.  A crowd: more calls than may be closed at once.
 *
 * Then a calm, in which both ends must come to agree, and a shutdown, after which nothing may be left.
 */
#include "sim.h"

#include <string.h>

#define STORM_MAX (90 * SEC)
#define SIEGE_MAX (40 * SEC)
#define PROMISE (10 * SEC)
#define CALM (300 * SEC) /* longer than any set-up, retransmission or silence may last */
#define END (400 * SEC)
#define ACTS_MAX 40
#define CROWD 560

/* ---- Requests ------------------------------------------------------------------------------------------------ */

static bool dial(struct sim *s, struct node *n, const struct node *to, uint32_t *ret_id)
{
	if (n->dials++ == DIALS_MAX || l2tp_open(n->l, &n->params, &n->local, &to->addr, s->now, ret_id) < 0)
		return false;
	sim_log(s, node_letter(n), "dials: %u", *ret_id);
	sim_fail(s, watch_born(&n->watch, *ret_id, 0, s->now));
	return true;
}

static void act_dial(struct sim *s, struct node *n)
{
	const struct node *to = &s->nodes[(n->index + 1 + sim_below(s, s->engines - 1)) % s->engines];
	uint32_t id;

	(void)dial(s, n, to, &id);
}

/* In a siege the first engine is the server of the others. */
static void act_dial_server(struct sim *s, struct node *n)
{
	uint32_t id;

	if (n->index == 0 || n->dials > DIALS_MAX / 2)
		return;
	if (!dial(s, n, &s->nodes[0], &id))
		return sim_fail(s, "strangers leave no room for a dial");
	sim_post(s, &(struct event){
			    .at = s->now + PROMISE, .kind = EVENT_PROMISE, .who = n->index, .tunnel_id = id });
}

/* Any tunnel or session that is not gone, NULL if there is none. */
static const struct watched *any(struct sim *s, const struct node *n, bool session)
{
	const struct watched *found = NULL;
	uint64_t seen = 0;

	for (size_t i = 0; i < n->watch.count; i++) {
		const struct watched *o = &n->watch.objects[i];

		if (!o->gone && session == (o->session_id != 0) && sim_below(s, ++seen) == 0)
			found = o;
	}
	return found;
}

static void act_call(struct sim *s, struct node *n)
{
	static const uint8_t number[] = "0815";
	struct l2tp_call_info info = { .framing_type = 1,
				       .called_number = { number, 4 },
				       .sequencing_required = sim_chance(s, 30) };
	const struct watched *t = any(s, n, false);
	uint32_t id, tunnel_id = t ? t->tunnel_id : 0;

	int (*place)(struct l2tp *l, uint32_t tunnel_id, const struct l2tp_call_info *info, uint64_t call_cookie,
			   usec_t now, uint32_t *ret_session_id) = sim_chance(s, 50) ? l2tp_call : l2tp_call_out;

	if (!t || place(n->l, tunnel_id, &info, 1, s->now, &id) < 0)
		return;
	sim_log(s, node_letter(n), "calls%s: %u/%u", place == l2tp_call_out ? " out" : "", tunnel_id, id);
	sim_fail(s, watch_born(&n->watch, tunnel_id, id, s->now));
}

static void act_hang_up(struct sim *s, struct node *n)
{
	const struct watched *o = any(s, n, true);

	if (!o)
		return;
	sim_log(s, node_letter(n), "hangs up %u/%u", o->tunnel_id, o->session_id);
	(void)l2tp_close_session(n->l, o->tunnel_id, o->session_id, NULL, s->now);
}

/* Whoever we are in it: the other function refuses. */
static void act_tell(struct sim *s, struct node *n)
{
	struct l2tp_link_info link = { .send_accm = ++n->told };
	struct l2tp_call_errors errors = { .crc = n->told };
	const struct watched *o = any(s, n, true);

	if (!o)
		return;
	if (l2tp_set_link_info(n->l, o->tunnel_id, o->session_id, &link, s->now) == 0)
		(void)notes_advance(&n->said, note_key(o->tunnel_id, o->session_id), link.send_accm);
	(void)l2tp_report_errors(n->l, o->tunnel_id, o->session_id, &errors, s->now);
}

static void act_close(struct sim *s, struct node *n)
{
	const struct watched *t = any(s, n, false);

	if (!t)
		return;
	sim_log(s, node_letter(n), "closes %u", t->tunnel_id);
	(void)l2tp_close_tunnel(n->l, t->tunnel_id, NULL, s->now);
}

static void act_data(struct sim *s, struct node *n)
{
	const struct watched *t = any(s, n, false);

	if (t)
		l2tp_data_seen(n->l, t->tunnel_id, s->now);
}

static void act_probe(struct sim *s, struct node *n)
{
	const struct watched *t = any(s, n, false);

	if (t)
		(void)l2tp_probe(n->l, t->tunnel_id, s->now);
}

static void act_crash(struct sim *s, struct node *n)
{
	if (sim_chance(s, s->weather.crashes))
		node_crash(n);
}

static void act_freeze(struct sim *s, struct node *n)
{
	usec_t until = s->now + sim_below(s, 50 * SEC);

	if (!s->weather.freezes || sim_chance(s, 50))
		return;
	n->frozen_until = until < s->storm_until ? until : s->storm_until;
	n->timers_last = sim_chance(s, 50);
	sim_log(s, node_letter(n), "is frozen for %.1f s", (double)(n->frozen_until - s->now) / (double)SEC);
}

static void act_limit(struct sim *s, struct node *n)
{
	struct l2tp_limits limits = n->env.limits;

	if (!s->weather.limits)
		return;
	limits.tunnels = 1 + (uint32_t)sim_below(s, sim_chance(s, 50) ? 4 : 10000);
	limits.sessions = 1 + (uint32_t)sim_below(s, sim_chance(s, 50) ? 4 : 10000);
	limits.half_open = 1 + (uint32_t)sim_below(s, 4);
	limits.half_open_per_source = 1 + (uint32_t)sim_below(s, 4);
	limits.sessions_per_tunnel = 1 + (uint32_t)sim_below(s, 8);
	limits.tunnels_per_source = 1 + (uint32_t)sim_below(s, 8);
	limits.sessions_per_source = (uint32_t)sim_below(s, 8);
	sim_log(s, node_letter(n), "may have %u tunnels and %u sessions", limits.tunnels, limits.sessions);
	if (l2tp_set_limits(n->l, &limits) < 0)
		sim_fail(s, "limits are refused");
}

static void act_renumber(struct sim *s, struct node *n)
{
	if (!s->weather.nat || sim_chance(s, 50))
		return;
	n->addr.port = (uint16_t)(1024 + sim_below(s, 60000));
	sim_log(s, node_letter(n), "has port %u now", n->addr.port);
}

void play_act(struct sim *s, struct node *n)
{
	static void (*const storm[])(struct sim *s, struct node *n) = {
		act_dial, act_dial, act_call,  act_call, act_call, act_call,   act_hang_up, act_close,
		act_data, act_tell, act_crash, act_tell, act_limit, act_freeze, act_renumber, act_probe,
	};
	static void (*const siege[])(struct sim *s, struct node *n) = {
		act_dial_server, act_dial_server, act_call, act_call, act_hang_up, act_tell, act_data, act_probe,
	};

	memory_owner(&n->memory);
	if (s->kind == WORLD_STORM)
		storm[sim_below(s, sizeof(storm) / sizeof(storm[0]))](s, n);
	else
		siege[sim_below(s, sizeof(siege) / sizeof(siege[0]))](s, n);
	memory_owner(NULL);
	node_drain(n);
}

static void post_acts(struct sim *s, uint64_t count)
{
	while (count--)
		sim_post(s, &(struct event){ .at = s->now + sim_below(s, s->storm_until - s->now),
					     .kind = EVENT_ACT,
					     .who = (unsigned int)sim_below(s, s->engines) });
}

/* ---- Engines ------------------------------------------------------------------------------------------------- */

static void set_params(struct sim *s, struct l2tp_params *p, bool secret)
{
	l2tp_params_init(p);
	memcpy(p->host_name, "node", 5);
	p->lns = p->lac = true;
	p->bearer_capabilities = L2TP_BEARER_DIGITAL;
	p->receive_window = (uint16_t)(1 + sim_below(s, 16));
	p->hello_interval = (5 + sim_below(s, 30)) * SEC;
	p->setup_timeout = (5 + sim_below(s, 40)) * SEC;
	p->idle_timeout = sim_chance(s, 30) ? (10 + sim_below(s, 60)) * SEC : USEC_NEVER;
	p->accept_tunnel_id_0 = sim_chance(s, 20);
	if (!secret)
		return;
	memcpy(p->secret, "open sesame", 11);
	p->secret_len = 11;
	p->challenge = sim_chance(s, 70);
	p->hide_avps = sim_chance(s, 50);
}

static void set_node(struct sim *s, unsigned int i, bool secret, uint64_t seed)
{
	struct node *n = &s->nodes[i];

	n->sim = s;
	n->index = i;
	n->random = seed;
	n->memory = (struct memory){ .random = seed, .failures = s->weather.memory };
	n->life = n->told = 0;
	n->frozen_until = 0;
	n->timers_last = false;
	n->again = 0;
	n->dials = 0;
	n->env = (struct l2tp_env){ 0 };
	n->local = n->addr = (struct l2tp_addr){ .ip = { 10, 0, 0, (uint8_t)(1 + i) }, .port = 1701, .family = 4 };
	l2tp_limits_init(&n->env.limits);
	set_params(s, &n->params, secret);
}

/* In half of them somebody must be proved. */
static void set_nodes(struct sim *s)
{
	bool secret = sim_chance(s, 50);
	bool twins = s->kind == WORLD_STORM && sim_chance(s, 5); /* who draw the same ids and tie breakers */
	uint64_t seed = sim_random(s);

	s->engines = sim_chance(s, 80) ? 2 : ENGINES_MAX;
	for (unsigned int i = 0; i < s->engines; i++)
		set_node(s, i, secret, twins ? seed : seed + i);
}

/* ---- Those without an engine --------------------------------------------------------------------------------- */

static void add_actor(struct sim *s, const struct actor_kind *kind, usec_t pace)
{
	struct actor *a = &s->actors[s->n_actors];

	*a = (struct actor){ .sim = s,
			     .index = s->n_actors,
			     .kind = kind,
			     .mood = (unsigned int)sim_below(s, 1000),
			     .pace = kind == &actor_mirror ? 5 * SEC : kind == &actor_insider ? pace * 4 / 5 : pace,
			     .secret = s->nodes[0].params.secret_len && sim_chance(s, 50),
			     .addr = { .ip = { 10, 0, 0, (uint8_t)(200 + s->n_actors) }, .port = 1701, .family = 4 },
			     .target = &s->nodes[sim_below(s, s->engines)] };
	if (kind == &actor_mirror)
		a->secret = false;
	sim_post(s, &(struct event){ .at = s->now + sim_below(s, a->pace), .kind = EVENT_TURN, .who = s->n_actors++ });
}

static void add_actors(struct sim *s, usec_t pace)
{
	static const struct actor_kind *const kinds[] = { &actor_forger, &actor_forger, &actor_forger, &actor_insider,
							  &actor_mirror };

	add_actor(s, kinds[sim_below(s, sizeof(kinds) / sizeof(kinds[0]))], pace);
	if (sim_chance(s, 20))
		add_actor(s, kinds[sim_below(s, sizeof(kinds) / sizeof(kinds[0]))], pace);
}

/* ---- Worlds -------------------------------------------------------------------------------------------------- */

static unsigned int sometimes(struct sim *s, unsigned int percent, unsigned int most)
{
	return sim_chance(s, percent) ? (unsigned int)sim_below(s, most) : 0;
}

static void forecast(struct sim *s)
{
	struct weather *w = &s->weather;

	*w = (struct weather){ .loss = (unsigned int)sim_below(s, 41),
			       .duplicates = (unsigned int)sim_below(s, 30),
			       .echoes = sometimes(s, 30, 20),
			       .late = sometimes(s, 20, 10),
			       .crashes = sim_chance(s, 30) ? 50 : 0,
			       .op_failures = sometimes(s, 50, 20),
			       .data = (unsigned int)sim_below(s, 100),
			       .memory = sometimes(s, 10, 500),
			       .freezes = sim_chance(s, 10),
			       .limits = sim_chance(s, 10),
			       .nat = sim_chance(s, 10),
			       .few_ids = sim_chance(s, 5),
			       .delay = sim_below(s, 50 * USEC_PER_MSEC),
			       .jitter = sim_below(s, 2 * SEC),
			       .op_delay = sim_below(s, sim_chance(s, 30) ? 40 * SEC : SEC / 10) };
	if (sim_chance(s, 30)) {
		w->partition_from = s->now + sim_below(s, s->storm_until - s->now);
		w->partition_until = w->partition_from + sim_below(s, 60 * SEC);
	}
}

static void set_storm(struct sim *s)
{
	s->storm_until = s->now + SEC + sim_below(s, STORM_MAX);
	forecast(s);
	set_nodes(s);
	for (unsigned int i = 0; i < s->engines; i++)
		if (sim_chance(s, 20))
			s->nodes[i].env.limits.tunnels = s->nodes[i].env.limits.half_open =
				s->nodes[i].env.limits.sessions_per_tunnel = 1 + (uint32_t)sim_below(s, 3);
	post_acts(s, 1 + sim_below(s, ACTS_MAX));
	if (sim_chance(s, 5))
		add_actors(s, SEC);
}

/* The default limits, smaller by a hundred, and strangers who stay below the rate at which all are turned away. */
static void set_siege(struct sim *s)
{
	uint32_t rate = 3 + (uint32_t)sim_below(s, 3);

	s->storm_until = s->now + SEC + sim_below(s, SIEGE_MAX);
	s->weather = (struct weather){ .duplicates = (unsigned int)sim_below(s, 10),
				       .delay = sim_below(s, 50 * USEC_PER_MSEC),
				       .jitter = sim_below(s, 200 * USEC_PER_MSEC),
				       .op_delay = sim_below(s, SEC / 10) };
	set_nodes(s);
	for (unsigned int i = 0; i < s->engines; i++) {
		struct l2tp_limits *limits = &s->nodes[i].env.limits;

		limits->tunnels = 24 * rate;
		limits->tunnels_per_source = 10 * rate;
		limits->half_open = 2 * rate;
		limits->half_open_per_source = 2 * rate;
		limits->sccrq_per_second = limits->sccrq_per_second_per_source = rate;
		s->nodes[i].params.idle_timeout = USEC_NEVER;
		s->nodes[i].params.setup_timeout += PROMISE;
	}
	post_acts(s, 4 + sim_below(s, 12));
	add_actors(s, SEC / rate);
}

/* Everybody calls at once. */
static void set_crowd(struct sim *s)
{
	s->storm_until = s->now + 20 * SEC;
	s->weather = (struct weather){ .delay = USEC_PER_MSEC };
	set_nodes(s);
	s->engines = 2;
}

static void gather(struct sim *s)
{
	struct node *n = &s->nodes[1];
	struct l2tp_call_info info = { .framing_type = 1 };
	uint32_t tunnel_id = 0, id;

	memory_owner(&n->memory);
	if (dial(s, n, &s->nodes[0], &tunnel_id))
		for (int i = 0; i < CROWD && !s->wrong; i++)
			if (l2tp_call(n->l, tunnel_id, &info, 1, s->now, &id) == 0)
				sim_fail(s, watch_born(&n->watch, tunnel_id, id, s->now));
	memory_owner(NULL);
	node_drain(n);
}

static void shut_down(struct sim *s)
{
	s->ending = true;
	for (unsigned int i = 0; i < s->engines && !s->wrong; i++) {
		struct node *n = &s->nodes[i];

		memory_owner(&n->memory);
		l2tp_shutdown(n->l, NULL, s->now);
		memory_owner(NULL);
		node_drain(n);
	}
}

static void set(struct sim *s)
{
	uint64_t kind = sim_below(s, 2000);

	s->now = 100 * SEC;
	s->kind = kind == 0 ? WORLD_CROWD : kind < 120 ? WORLD_SIEGE : WORLD_STORM;
	if (s->kind == WORLD_STORM)
		set_storm(s);
	else if (s->kind == WORLD_SIEGE)
		set_siege(s);
	else
		set_crowd(s);
	for (unsigned int i = 0; i < s->engines; i++)
		if (!node_start(&s->nodes[i]))
			sim_fail(s, "no engine");
	if (s->kind == WORLD_CROWD)
		gather(s);
}

bool play_world(struct sim *s)
{
	set(s);
	sim_run(s, s->storm_until);
	for (unsigned int i = 0; i < s->engines; i++)
		s->nodes[i].memory.failures = 0;
	if (!s->wrong)
		sim_run(s, s->now + CALM);
	if (!s->weather.few_ids)
		judge_calm(s);
	if (!s->wrong)
		shut_down(s);
	if (!s->wrong)
		sim_run(s, s->now + END);
	if (!s->wrong)
		judge_end(s);
	for (unsigned int i = 0; i < s->engines; i++)
		node_stop(&s->nodes[i]);
	return !s->wrong;
}
