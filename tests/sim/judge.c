/* SPDX-License-Identifier: MIT */
/*
 * judge: what must be true, in the words of those who rely on it.
 *
 *  (a) An honest dial succeeds within PROMISE (play.c), whatever strangers send; and what stands in a siege, stays.
 *  (b) A datagram made without our id and Ns changes no established tunnel.
 *  (c) A tunnel is authenticated only if its peer holds the secret.
 *  (d) Messages arrive once and in order: calls are asked for with rising serial numbers, what is told during a call
 *      comes with rising numbers, and the last one comes; nothing is heard that the partner has not said.
 *  (e) What the kernel holds is what the engine has, after failures and crashes as well (kernel.c).
 *  (f) What an engine holds is bounded by its tunnels and sessions; what it sends to a source that has proved nothing,
 *      by what came from there.
 *  (g) Whatever was opened or called ends: UP at most once, DOWN once, GONE last (op_watch.c).
 *  (h) No entry closes more than so many sessions.
 *
 * And when the storm is over, both ends agree.
 */
#include "sim.h"

#include <string.h>

#define SOURCE_DATAGRAMS 8 /* for each that came */
#define SOURCE_OCTETS 10
#define HELD_SLACK 98304   /* tables, ids in quarantine, what was once the longest burst */
#define HELD_TUNNEL 24576  /* with the longest queue of refusals */
#define HELD_SESSION 4096
#define DOWNS_MAX 512

/* ---- Operations ---------------------------------------------------------------------------------------------- */

static bool stands(const struct node *n, uint32_t tunnel_id, size_t *ret_at)
{
	size_t i = 0;

	while (i < n->standing.count && n->standing.ids[i] != tunnel_id)
		i++;
	*ret_at = i;
	return i < n->standing.count;
}

static void stand(struct node *n, uint32_t tunnel_id)
{
	struct standing *all = &n->standing;

	if (all->count < sizeof(all->ids) / sizeof(all->ids[0]))
		all->ids[all->count++] = tunnel_id;
}

/* Could it have proved that it holds the secret? */
static bool holds_secret(struct node *n, const struct l2tp_op *op)
{
	struct sim *s = n->sim;
	struct actor *actor = net_actor(s, &op->peer);

	if (actor)
		return actor->secret;
	if (!net_node(s, &op->peer))
		return false;
	return s->kind != WORLD_SIEGE || node_partner(n, op->tunnel_id);
}

static void judge_up(struct node *n, const struct l2tp_op *op)
{
	struct source *source = net_source(n, &op->peer);
	struct l2tp_tunnel_info t;

	if (l2tp_get_tunnel(n->l, op->tunnel_id, &t) < 0)
		return sim_fail(n->sim, "a tunnel that does not exist is up");
	if ((t.authenticated || n->params.challenge) && !holds_secret(n, op))
		sim_fail(n->sim, "authenticated without the secret");
	if (source)
		source->proven = true;
	if (node_partner(n, op->tunnel_id))
		stand(n, op->tunnel_id);
}

static void judge_down(struct node *n, const struct l2tp_op *op)
{
	size_t at;

	if (!stands(n, op->tunnel_id, &at))
		return;
	n->standing.ids[at] = n->standing.ids[--n->standing.count];
	if (n->sim->kind == WORLD_SIEGE && !n->sim->ending)
		sim_fail(n->sim, "an established tunnel has ended, and nobody who may has asked for it");
}

/* SLI and WEN. */
static void judge_told(struct node *n, const struct l2tp_op *op, uint32_t kind, uint32_t number)
{
	if (node_partner(n, op->tunnel_id) && !n->sim->weather.few_ids &&
	    !notes_advance(&n->heard, note_key(op->tunnel_id, kind | op->session_id), number))
		sim_fail(n->sim, "told again, or out of order");
}

void judge_op(struct node *n, const struct l2tp_op *op)
{
	if (op->type == L2TP_OP_TUNNEL_UP)
		judge_up(n, op);
	else if (op->type == L2TP_OP_TUNNEL_DOWN)
		judge_down(n, op);
	else if (op->type == L2TP_OP_SESSION_LINK)
		judge_told(n, op, 0, op->link->send_accm);
	else if (op->type == L2TP_OP_SESSION_ERRORS)
		judge_told(n, op, 0x10000, op->errors->crc);
}

void judge_call(struct node *n, uint32_t tunnel_id, const struct l2tp_call_info *call)
{
	if (node_partner(n, tunnel_id) && !n->sim->weather.few_ids &&
	    !notes_advance(&n->heard, note_key(tunnel_id, 0), call->call_serial_number))
		sim_fail(n->sim, "a call was asked for again, or out of order");
}

/* ---- Bounds -------------------------------------------------------------------------------------------------- */

/* Looked at when it is more than ever, and now and then. */
static void judge_memory(struct node *n)
{
	struct l2tp_stats stats;

	if (n->memory.held <= n->memory.most && ++n->memory.looks % 16)
		return;
	n->memory.most = n->memory.held;
	l2tp_get_stats(n->l, &stats);
	if (n->memory.held > n->memory.base + HELD_SLACK + stats.tunnels * (size_t)HELD_TUNNEL +
				     stats.sessions * (size_t)HELD_SESSION)
		sim_fail(n->sim, "an engine holds too much memory");
}

void judge_entry(struct node *n, size_t downs)
{
	if (downs > DOWNS_MAX)
		sim_fail(n->sim, "too many sessions closed at once");
	judge_memory(n);
}

void judge_sent(struct node *n, const struct source *source)
{
	if (source->sent > SOURCE_DATAGRAMS * source->received)
		sim_fail(n->sim, "too many datagrams to a source that has proved nothing");
	if (source->octets_sent > SOURCE_OCTETS * source->octets_received)
		sim_fail(n->sim, "too many octets to a source that has proved nothing");
}

uint64_t judge_imprint(const struct node *n, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count && i < n->standing.count; i++) {
		struct l2tp_tunnel_info t;
		uint64_t state;

		if (l2tp_get_tunnel(n->l, n->standing.ids[i], &t) < 0)
			continue;
		state = (uint64_t)t.nr << 48 | (uint64_t)t.peer.port << 32 | t.sessions << 16 | t.peer_tunnel_id;
		state ^= (uint64_t)(uint8_t)t.state[0] << 24 ^ t.tunnel_id;
		sum += next_random(&state);
	}
	return sum;
}

void judge_heard(struct node *n)
{
	for (size_t i = 0; i < n->standing.count; i++) {
		struct l2tp_tunnel_info mine, theirs;
		const struct node *other = node_partner(n, n->standing.ids[i]);

		if (!other || l2tp_get_tunnel(n->l, n->standing.ids[i], &mine) < 0 ||
		    l2tp_get_tunnel(other->l, mine.peer_tunnel_id, &theirs) < 0)
			continue;
		if ((int16_t)(uint16_t)(theirs.ns - mine.nr) < 0)
			sim_fail(n->sim, "heard what the partner has not said");
		if ((int16_t)(uint16_t)(theirs.nr - (mine.ns - mine.unacknowledged)) < 0)
			sim_fail(n->sim, "told that the partner has heard what it has not");
	}
}

/* ---- Promises ------------------------------------------------------------------------------------------------ */

static const struct watched *watched(const struct node *n, uint32_t tunnel_id, uint32_t session_id)
{
	for (size_t i = 0; i < n->watch.count; i++)
		if (n->watch.objects[i].tunnel_id == tunnel_id && n->watch.objects[i].session_id == session_id)
			return &n->watch.objects[i];
	return NULL;
}

void judge_promise(struct node *n, uint32_t tunnel_id)
{
	const struct watched *o = watched(n, tunnel_id, 0);

	if (!o || !o->up || o->down)
		sim_log(n->sim, node_letter(n), "%u should be up", tunnel_id);
	if (!o || !o->up || o->down)
		sim_fail(n->sim, "an honest dial has not succeeded");
}

/* ---- The calm ------------------------------------------------------------------------------------------------ */

static bool is_established(const char *state)
{
	return strcmp(state, "established") == 0;
}

/* What the LNS has told last, the LAC has heard last. */
static bool same_words(const struct node *lns, const struct l2tp_session_info *mine, const struct node *lac,
		       uint32_t lac_tunnel_id)
{
	const struct note *said = notes_find(&lns->said, note_key(mine->tunnel_id, mine->session_id));
	const struct note *heard = notes_find(&lac->heard, note_key(lac_tunnel_id, mine->peer_session_id));

	return !said || !heard || said->last == heard->last;
}

static void check_session(struct sim *s, const struct node *n, const struct node *other,
			  const struct l2tp_tunnel_info *t, const struct watched *o)
{
	struct l2tp_session_info mine, theirs;

	if (l2tp_get_session(n->l, t->tunnel_id, o->session_id, &mine) < 0)
		return;
	if (!is_established(mine.state))
		sim_fail(s, "a call is neither established nor gone");
	else if (!o->up || o->down)
		sim_fail(s, "a call is established, and nobody was told");
	else if (l2tp_get_session(other->l, t->peer_tunnel_id, mine.peer_session_id, &theirs) < 0)
		sim_fail(s, "a call is established at one end only");
	else if (!is_established(theirs.state) || theirs.peer_session_id != o->session_id || theirs.lns == mine.lns)
		sim_fail(s, "the ends of a call do not agree");
	else if (mine.lns && !same_words(n, &mine, other, t->peer_tunnel_id))
		sim_fail(s, "what was told last has not been heard");
}

static void check_tunnel(struct sim *s, const struct node *n, const struct watched *tunnel)
{
	struct l2tp_tunnel_info mine, theirs;
	const struct node *other;

	if (l2tp_get_tunnel(n->l, tunnel->tunnel_id, &mine) < 0)
		return;
	other = net_node(s, &mine.peer);
	if (!other)
		sim_fail(s, "a tunnel to nobody");
	else if (!is_established(mine.state))
		sim_fail(s, "a tunnel is neither established nor gone");
	else if (!tunnel->up || tunnel->down)
		sim_fail(s, "a tunnel is established, and nobody was told");
	else if (l2tp_get_tunnel(other->l, mine.peer_tunnel_id, &theirs) < 0)
		sim_fail(s, "a tunnel is established at one end only");
	else if (!is_established(theirs.state) || theirs.peer_tunnel_id != tunnel->tunnel_id ||
		 theirs.initiator == mine.initiator || theirs.sessions != mine.sessions)
		sim_fail(s, "the ends of a tunnel do not agree");
	else if (mine.unacknowledged || mine.queued || mine.nr != theirs.ns)
		s->restless = true; /* a HELLO, perhaps */
	for (size_t i = 0; i < n->watch.count && !s->wrong; i++) {
		const struct watched *o = &n->watch.objects[i];

		if (o->tunnel_id == tunnel->tunnel_id && o->session_id && !o->gone)
			check_session(s, n, other, &mine, o);
	}
}

static void check_node(struct sim *s, const struct node *n)
{
	struct l2tp_stats stats;
	uint32_t up = 0;

	for (size_t i = 0; i < n->watch.count && !s->wrong; i++) {
		const struct watched *o = &n->watch.objects[i];

		if (o->gone || o->session_id)
			continue;
		up++;
		check_tunnel(s, n, o);
	}
	l2tp_get_stats(n->l, &stats);
	if (stats.tunnels != up || stats.tunnels_established != up || stats.tunnels_half_open ||
	    stats.sessions + up != watch_alive(&n->watch) || stats.sessions_established != stats.sessions)
		sim_fail(s, "the counters are wrong");
	else if (n->kernel.count != stats.sessions + up)
		sim_fail(s, "the kernel holds something else");
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

/* Wait for a moment without a message, and look. */
void judge_calm(struct sim *s)
{
	for (int i = 0; i < 60 && !s->wrong; i++) {
		s->restless = false;
		for (unsigned int e = 0; e < s->engines; e++)
			check_node(s, &s->nodes[e]);
		if (!s->restless && !s->wrong)
			return count_established(s);
		sim_run(s, s->now + SEC / 2 + (usec_t)i * 7 * USEC_PER_MSEC);
	}
	sim_fail(s, "a channel does not come to rest");
}

/* ---- The end ------------------------------------------------------------------------------------------------- */

void judge_end(struct sim *s)
{
	for (unsigned int e = 0; e < s->engines; e++) {
		const struct node *n = &s->nodes[e];
		struct l2tp_stats stats;

		l2tp_get_stats(n->l, &stats);
		if (stats.tunnels || stats.tunnels_established || stats.tunnels_half_open || stats.sessions ||
		    stats.sessions_established || watch_alive(&n->watch))
			sim_fail(s, "something is left after the shutdown");
		if (n->kernel.count)
			sim_fail(s, "something is left in the kernel");
		if (!l2tp_idle(n->l) || l2tp_deadline(n->l) != USEC_NEVER)
			sim_fail(s, "not idle after the shutdown");
	}
}
