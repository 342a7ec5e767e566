/* SPDX-License-Identifier: MIT */
/*
 * play: the course of a world.  A storm, in which engines dial, call, close and are answered late or badly; a calm, in
 * which both ends must come to agree; a shutdown, after which nothing may be left.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#define SEC USEC_PER_SEC
#define STORM_MAX (90 * SEC)
#define CALM (300 * SEC) /* longer than any set-up, retransmission or silence may last */
#define END (400 * SEC)
#define ACTS_MAX 40

static bool admit_tunnel(void *ctx, const struct l2tp_addr *local, const struct l2tp_addr *peer,
			 struct l2tp_span host_name, struct l2tp_params *params, struct l2tp_reason *reason)
{
	struct node *n = ctx;

	(void)local, (void)peer, (void)host_name;
	*params = n->params;
	if (n->sim->now >= n->sim->storm_until || !sim_chance(n->sim, 5))
		return true;
	reason->result = RC_STOPCCN_UNAUTHORIZED;
	return false;
}

static bool admit_call(void *ctx, uint32_t tunnel_id, uint64_t cookie, const struct l2tp_call_info *call,
		       uint32_t *phb, struct l2tp_reason *reason)
{
	struct node *n = ctx;

	(void)tunnel_id, (void)cookie, (void)call, (void)phb;
	reason->result = RC_CDN_NO_FACILITY_TEMPORARY;
	return !sim_chance(n->sim, 5);
}

static void fill_random(void *ctx, void *p, size_t len)
{
	struct node *n = ctx;

	for (size_t i = 0; i < len; i++)
		((uint8_t *)p)[i] = (uint8_t)next_random(&n->random);
}

/* ---- Requests ------------------------------------------------------------------------------------------------ */

static void act_dial(struct sim *s, struct node *n)
{
	const struct node *to = &s->nodes[(n->index + 1 + sim_below(s, s->engines - 1)) % s->engines];
	uint32_t id;

	if (n->dials++ == DIALS_MAX || l2tp_open(n->l, &n->params, &n->addr, &to->addr, s->now, &id) < 0)
		return;
	sim_log(s, n, "dials: %u", id);
	sim_fail(s, watch_born(&n->watch, id, 0, s->now));
}

/* Any tunnel or session that is not gone, 0 if there is none. */
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

	int (*const place)(struct l2tp *l, uint32_t tunnel_id, const struct l2tp_call_info *info, uint64_t call_cookie,
			   usec_t now, uint32_t *ret_session_id) = sim_chance(s, 50) ? l2tp_call : l2tp_call_out;

	if (!t || place(n->l, tunnel_id, &info, 1, s->now, &id) < 0)
		return;
	sim_log(s, n, "calls%s: %u/%u", place == l2tp_call_out ? " out" : "", tunnel_id, id);
	sim_fail(s, watch_born(&n->watch, tunnel_id, id, s->now));
}

static void act_hang_up(struct sim *s, struct node *n)
{
	const struct watched *o = any(s, n, true);

	if (!o)
		return;
	sim_log(s, n, "hangs up %u/%u", o->tunnel_id, o->session_id);
	(void)l2tp_close_session(n->l, o->tunnel_id, o->session_id, NULL, s->now);
}

/* Whoever we are in it: the other function refuses. */
static void act_tell(struct sim *s, struct node *n)
{
	struct l2tp_call_errors errors = { .crc = (uint32_t)sim_below(s, 3) };
	const struct watched *o = any(s, n, true);

	if (!o)
		return;
	(void)l2tp_set_link_info(n->l, o->tunnel_id, o->session_id, &(struct l2tp_link_info){ 1, 2 }, s->now);
	(void)l2tp_report_errors(n->l, o->tunnel_id, o->session_id, &errors, s->now);
}

static void act_close(struct sim *s, struct node *n)
{
	const struct watched *t = any(s, n, false);

	if (!t)
		return;
	sim_log(s, n, "closes %u", t->tunnel_id);
	(void)l2tp_close_tunnel(n->l, t->tunnel_id, NULL, s->now);
}

static void act_data(struct sim *s, struct node *n)
{
	const struct watched *t = any(s, n, false);

	if (t)
		l2tp_data_seen(n->l, t->tunnel_id, s->now);
}

/* It comes back without a memory. */
static void act_crash(struct sim *s, struct node *n)
{
	if (!sim_chance(s, s->weather.crashes))
		return;
	sim_log(s, n, "crashes");
	l2tp_free(n->l);
	n->l = NULL;
	n->life++;
	n->watch.count = 0;
	if (l2tp_new(&n->env, &n->l) < 0)
		abort();
}

void play_act(struct sim *s, struct node *n)
{
	static void (*const acts[])(struct sim *s, struct node *n) = {
		act_dial, act_dial, act_call, act_call, act_call, act_call, act_hang_up, act_close, act_data,
		act_crash, act_tell, act_tell,
	};

	acts[sim_below(s, sizeof(acts) / sizeof(acts[0]))](s, n);
}

/* ---- What must be true --------------------------------------------------------------------------------------- */

static bool is_established(const char *state)
{
	return strcmp(state, "established") == 0;
}

static void check_session(struct sim *s, const struct node *n, const struct node *other,
			  const struct l2tp_tunnel_info *t, uint32_t session_id)
{
	struct l2tp_session_info mine, theirs;

	if (l2tp_get_session(n->l, t->tunnel_id, session_id, &mine) < 0)
		return;
	if (!is_established(mine.state))
		sim_fail(s, "a call is neither established nor gone");
	else if (l2tp_get_session(other->l, t->peer_tunnel_id, mine.peer_session_id, &theirs) < 0)
		sim_fail(s, "a call is established at one end only");
	else if (!is_established(theirs.state) || theirs.peer_session_id != session_id || theirs.lns == mine.lns)
		sim_fail(s, "the ends of a call do not agree");
}

static void check_tunnel(struct sim *s, const struct node *n, uint32_t tunnel_id)
{
	struct l2tp_tunnel_info mine, theirs;
	const struct node *other;

	if (l2tp_get_tunnel(n->l, tunnel_id, &mine) < 0)
		return;
	other = net_node(s, &mine.peer);
	if (!other)
		sim_fail(s, "a tunnel to nobody");
	else if (!is_established(mine.state))
		sim_fail(s, "a tunnel is neither established nor gone");
	else if (l2tp_get_tunnel(other->l, mine.peer_tunnel_id, &theirs) < 0)
		sim_fail(s, "a tunnel is established at one end only");
	else if (!is_established(theirs.state) || theirs.peer_tunnel_id != tunnel_id ||
		 theirs.initiator == mine.initiator || theirs.sessions != mine.sessions)
		sim_fail(s, "the ends of a tunnel do not agree");
	else if (mine.unacknowledged || mine.queued || mine.nr != theirs.ns)
		s->restless = true; /* a HELLO, perhaps */
	for (size_t i = 0; i < n->watch.count && !s->wrong; i++) {
		const struct watched *o = &n->watch.objects[i];

		if (o->tunnel_id == tunnel_id && o->session_id && !o->gone)
			check_session(s, n, other, &mine, o->session_id);
	}
}

static void check_agreement(struct sim *s)
{
	for (unsigned int e = 0; e < s->engines; e++) {
		const struct node *n = &s->nodes[e];
		uint32_t up = 0;

		for (size_t i = 0; i < n->watch.count && !s->wrong; i++) {
			const struct watched *o = &n->watch.objects[i];

			if (o->gone)
				continue;
			up += !o->session_id;
			if (!o->session_id)
				check_tunnel(s, n, o->tunnel_id);
		}
		struct l2tp_stats stats;
		l2tp_get_stats(n->l, &stats);
		if (stats.tunnels != up || stats.tunnels_established != up || stats.tunnels_half_open ||
		    stats.sessions + up != watch_alive(&n->watch) || stats.sessions_established != stats.sessions)
			sim_fail(s, "the counters are wrong");
	}
}

/* Wait for a moment without a message, and look. */
static void calm_down(struct sim *s)
{
	for (int i = 0; i < 60 && !s->wrong; i++) {
		s->restless = false;
		check_agreement(s);
		if (!s->restless || s->wrong)
			return;
		sim_run(s, s->now + SEC / 2);
	}
	sim_fail(s, "a channel does not come to rest");
}

static void count_established(struct sim *s)
{
	for (unsigned int e = 0; e < s->engines; e++) {
		struct l2tp_stats stats;

		l2tp_get_stats(s->nodes[e].l, &stats);
		s->tunnels += stats.tunnels_established;
		s->calls += stats.sessions_established;
	}
}

static void check_empty(struct sim *s)
{
	for (unsigned int e = 0; e < s->engines; e++) {
		const struct node *n = &s->nodes[e];
		struct l2tp_stats stats;

		l2tp_get_stats(n->l, &stats);
		if (stats.tunnels || stats.tunnels_established || stats.tunnels_half_open || stats.sessions ||
		    stats.sessions_established || watch_alive(&n->watch))
			sim_fail(s, "something is left after the shutdown");
		if (!l2tp_idle(n->l) || l2tp_deadline(n->l) != USEC_NEVER)
			sim_fail(s, "not idle after the shutdown");
	}
}

/* ---- A world ------------------------------------------------------------------------------------------------- */

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
	if (!secret)
		return;
	memcpy(p->secret, "open sesame", 11);
	p->secret_len = 11;
	p->challenge = sim_chance(s, 70);
	p->hide_avps = sim_chance(s, 50);
}

static bool node_init(struct sim *s, unsigned int i, bool secret, uint64_t seed)
{
	struct node *n = &s->nodes[i];

	*n = (struct node){ .sim = s, .index = i, .random = seed };
	n->env = (struct l2tp_env){
		.ctx = n, .random = fill_random, .admit_tunnel = admit_tunnel, .admit_call = admit_call
	};
	n->addr = (struct l2tp_addr){ .ip = { 10, 0, 0, (uint8_t)(1 + i) }, .port = 1701, .family = 4 };
	l2tp_limits_init(&n->env.limits);
	if (sim_chance(s, 20))
		n->env.limits.tunnels = n->env.limits.half_open = n->env.limits.sessions_per_tunnel =
			1 + (uint32_t)sim_below(s, 3);
	set_params(s, &n->params, secret);
	return l2tp_new(&n->env, &n->l) == 0;
}

static void forecast(struct sim *s)
{
	struct weather *w = &s->weather;

	*w = (struct weather){ .loss = (unsigned int)sim_below(s, 41),
			       .duplicates = (unsigned int)sim_below(s, 30),
			       .echoes = sim_chance(s, 30) ? (unsigned int)sim_below(s, 20) : 0,
			       .crashes = sim_chance(s, 30) ? 50 : 0,
			       .op_failures = sim_chance(s, 50) ? (unsigned int)sim_below(s, 20) : 0,
			       .data = (unsigned int)sim_below(s, 100),
			       .delay = sim_below(s, 50 * USEC_PER_MSEC),
			       .jitter = sim_below(s, 2 * SEC),
			       .op_delay = sim_below(s, sim_chance(s, 30) ? 40 * SEC : SEC / 10) };
	s->storm_until = s->now + SEC + sim_below(s, STORM_MAX);
	if (sim_chance(s, 30)) {
		w->partition_from = s->now + sim_below(s, s->storm_until - s->now);
		w->partition_until = w->partition_from + sim_below(s, 60 * SEC);
	}
	for (uint64_t i = 1 + sim_below(s, ACTS_MAX); i > 0; i--)
		sim_post(s, &(struct event){ .at = s->now + sim_below(s, s->storm_until - s->now),
					     .kind = EVENT_ACT,
					     .engine = (unsigned int)sim_below(s, s->engines) });
}

bool play_world(struct sim *s)
{
	bool secret = sim_chance(s, 50), twins = sim_chance(s, 5); /* who draw the same ids and tie breakers */
	uint64_t seed = sim_random(s);

	s->now = 100 * SEC;
	s->engines = sim_chance(s, 80) ? 2 : ENGINES_MAX;
	for (unsigned int i = 0; i < s->engines; i++)
		if (!node_init(s, i, secret, twins ? seed : seed + i))
			sim_fail(s, "no engine");
	forecast(s);
	sim_run(s, s->storm_until);
	if (!s->wrong)
		sim_run(s, s->now + CALM);
	calm_down(s);
	count_established(s);
	for (unsigned int i = 0; i < s->engines && !s->wrong; i++) {
		l2tp_shutdown(s->nodes[i].l, NULL, s->now);
		sim_drain(s, &s->nodes[i]);
	}
	if (!s->wrong)
		sim_run(s, s->now + END);
	if (!s->wrong)
		check_empty(s);
	for (unsigned int i = 0; i < s->engines; i++)
		l2tp_free(s->nodes[i].l);
	return !s->wrong;
}
