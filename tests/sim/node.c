/* SPDX-License-Identifier: MIT */
/*
 * node: an engine and its host.  Whatever the engine is told, what it then asks for is carried out at once and in
 * order, as kernel.c has it; the report comes late.  A frozen engine is told nothing until it is run again, and then
 * everything at once.
 */
#include "sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_MAX 64 /* times that an engine may want to go on at once */

/* ---- What the engine asks of its host at once ---------------------------------------------------------------- */

static bool admit_tunnel(void *ctx, const struct l2tp_addr *local, const struct l2tp_addr *peer,
			 struct l2tp_span host_name, struct l2tp_params *params, struct l2tp_reason *reason)
{
	struct node *n = ctx;

	(void)local, (void)peer, (void)host_name;
	*params = n->params;
	if (n->sim->kind != WORLD_STORM || !sim_storm(n->sim) || !sim_chance(n->sim, 5))
		return true;
	reason->result = RC_STOPCCN_UNAUTHORIZED;
	return false;
}

static void fill_random(void *ctx, void *p, size_t len)
{
	struct node *n = ctx;
	uint64_t few = next_random(&n->random) % 64;

	if (n->sim->weather.few_ids && len == sizeof(few)) {
		memcpy(p, &few, sizeof(few));
		return;
	}
	for (size_t i = 0; i < len; i++)
		((uint8_t *)p)[i] = (uint8_t)next_random(&n->random);
}

/* ---- Life ---------------------------------------------------------------------------------------------------- */

/* With nothing known of what was before. */
static bool begin(struct node *n)
{
	unsigned int failures = n->memory.failures;
	int r;

	n->watch.count = n->kernel.count = n->standing.count = 0;
	memset(&n->said, 0, sizeof(n->said));
	memset(&n->heard, 0, sizeof(n->heard));
	memset(n->sources, 0, sizeof(n->sources));
	n->memory.failures = 0;
	memory_owner(&n->memory);
	r = l2tp_new(&n->env, &n->l);
	memory_owner(NULL);
	n->memory.failures = failures;
	n->memory.base = n->memory.held;
	return r == 0;
}

bool node_start(struct node *n)
{
	n->env.ctx = n;
	n->env.random = fill_random;
	n->env.admit_tunnel = admit_tunnel;
	return begin(n);
}

void node_stop(struct node *n)
{
	memory_owner(&n->memory);
	l2tp_free(n->l);
	memory_owner(NULL);
	n->l = NULL;
	if (n->memory.held)
		sim_fail(n->sim, "an engine that is no more holds memory");
}

/* It comes back without a memory; of its sockets and objects in the kernel nothing is left either. */
void node_crash(struct node *n)
{
	sim_log(n->sim, node_letter(n), "crashes");
	node_stop(n);
	n->life++;
	if (!begin(n))
		sim_fail(n->sim, "no engine");
}

/* ---- What it is told ----------------------------------------------------------------------------------------- */

static unsigned int word(const struct event *e, size_t at)
{
	return e->len >= at + 2 ? (unsigned int)(e->bytes[at] << 8 | e->bytes[at + 1]) : 0;
}

static void log_input(struct node *n, const struct event *e)
{
	if (n->sim->verbose || n->sim->recording)
		sim_log(n->sim, node_letter(n), "<- %s from %u.%u:%u to %u/%u ns %u nr %u%s",
			l2tp_message_name((uint16_t)word(e, 18)), e->from.ip[2], e->from.ip[3], e->from.port,
			word(e, 4), word(e, 6), word(e, 8), word(e, 10), e->alien ? " (alien)" : "");
}

static void count_received(struct node *n, const struct event *e)
{
	struct source *source = net_source(n, &e->from);

	if (!source)
		return;
	source->received++;
	source->octets_received += e->len;
}

void node_input(struct node *n, const struct event *e)
{
	struct sim *s = n->sim;
	struct l2tp_rx rx = { .local = n->local, .peer = e->from, .bytes = { e->bytes, e->len } };
	size_t standing = n->standing.count;
	uint64_t imprint = e->alien ? judge_imprint(n, standing) : 0;

	log_input(n, e);
	count_received(n, e);
	memory_owner(&n->memory);
	l2tp_input(n->l, &rx, s->now);
	memory_owner(NULL);
	node_drain(n);
	s->aliens += e->alien;
	if (e->alien && !s->wrong && imprint != judge_imprint(n, standing))
		sim_fail(s, "a stranger's datagram has changed an established tunnel");
	if (s->kind == WORLD_SIEGE && !s->wrong)
		judge_heard(n);
}

/* ---- What it asks and is told later --------------------------------------------------------------------------- */

static bool is_welcome(struct node *n, const struct l2tp_op *op)
{
	if (!node_partner(n, op->tunnel_id))
		return sim_chance(n->sim, op->connected ? 80 : 30); /* an insider's */
	return n->sim->kind == WORLD_CROWD || !sim_chance(n->sim, 5);
}

static void decide(struct node *n, uint32_t tunnel_id, uint32_t session_id, bool accept)
{
	const struct l2tp_decision decision = { .accept = accept,
						.phb = L2TP_PHB_NONE,
						.reason.result = RC_CDN_NO_FACILITY_TEMPORARY };
	const char *nobody = watch_decided(&n->watch, tunnel_id, session_id, accept);
	int r;

	memory_owner(&n->memory);
	r = l2tp_decide(n->l, tunnel_id, session_id, &decision, n->sim->now);
	memory_owner(NULL);
	sim_log(n->sim, node_letter(n), "decides on %u/%u: %s, %d", tunnel_id, session_id, accept ? "yes" : "no", r);
	if (!nobody != !r)
		sim_fail(n->sim, "a decision is lost, or was taken when nothing was to be decided");
}

static uint64_t serial_of(const struct node *n, uint32_t tunnel_id, uint32_t session_id)
{
	struct l2tp_session_info info;

	return l2tp_get_session(n->l, tunnel_id, session_id, &info) < 0 ? 0 : info.serial;
}

/* The call may be over by now, and another one have its id: it is not meant. */
static void decide_late(struct node *n, const struct event *e)
{
	if (serial_of(n, e->tunnel_id, e->session_id) == e->serial)
		decide(n, e->tunnel_id, e->session_id, e->err == 0);
	node_drain(n);
}

void node_done(struct node *n, const struct event *e)
{
	struct sim *s = n->sim;

	if (e->life != n->life)
		return; /* the engine that asked is no more */
	if (e->op == L2TP_OP_SESSION_DECIDE)
		return decide_late(n, e);
	sim_log(s, node_letter(n), "%s %u/%u done: %d", op_name(e->op), e->tunnel_id, e->session_id, e->err);
	sim_fail(s, watch_done(&n->watch, e->tunnel_id, e->session_id, e->err));
	memory_owner(&n->memory);
	if (e->op == L2TP_OP_TUNNEL_IDLE && sim_storm(s) && sim_chance(s, s->weather.data))
		l2tp_data_seen(n->l, e->tunnel_id, s->now);
	l2tp_op_done(n->l, e->tunnel_id, e->session_id, e->err, e->err ? "no kernel" : NULL, s->now);
	memory_owner(NULL);
	node_drain(n);
}

void node_tick(struct node *n)
{
	struct sim *s = n->sim;

	memory_owner(&n->memory);
	l2tp_tick(n->l, s->now);
	memory_owner(NULL);
	node_drain(n);
	n->again = l2tp_deadline(n->l) <= s->now ? n->again + 1 : 0;
	if (n->again > AGAIN_MAX)
		sim_fail(s, "a timer that has been served is due again");
}

usec_t node_deadline(const struct node *n)
{
	usec_t at = l2tp_deadline(n->l), thaw = n->frozen_until + n->timers_last;

	return at > thaw ? at : thaw;
}

/* ---- What it asks for ---------------------------------------------------------------------------------------- */

/* When the report will be there. */
static usec_t report_at(struct sim *s)
{
	return s->now + (sim_storm(s) ? sim_below(s, s->weather.op_delay + 1) : 1000);
}

static void report(struct node *n, const struct l2tp_op *op)
{
	struct sim *s = n->sim;
	bool fails = sim_storm(s) && sim_chance(s, s->weather.op_failures);
	const char *wrong;
	int err = kernel_do(&n->kernel, op, fails, &wrong);

	sim_fail(s, wrong);
	sim_post(s, &(struct event){ .at = report_at(s),
				     .kind = EVENT_DONE,
				     .who = n->index,
				     .life = n->life,
				     .op = op->type,
				     .tunnel_id = op->tunnel_id,
				     .session_id = op->session_id,
				     .err = err });
}

/* At once, or after some thought. */
static void think(struct node *n, const struct l2tp_op *op)
{
	struct sim *s = n->sim;
	bool accept = is_welcome(n, op);

	if (!op->connected)
		judge_call(n, op->tunnel_id, op->call);
	if (s->kind == WORLD_CROWD || sim_chance(s, 50))
		return decide(n, op->tunnel_id, op->session_id, accept);
	sim_post(s, &(struct event){ .at = report_at(s) + (sim_chance(s, 20) ? sim_below(s, 5 * SEC) : 0),
				     .kind = EVENT_DONE,
				     .who = n->index,
				     .life = n->life,
				     .op = op->type,
				     .tunnel_id = op->tunnel_id,
				     .session_id = op->session_id,
				     .serial = serial_of(n, op->tunnel_id, op->session_id),
				     .err = accept ? 0 : -EPERM });
}

static void carry_out(struct node *n, const struct l2tp_op *op)
{
	struct sim *s = n->sim;

	sim_fail(s, watch_op(&n->watch, op, s->now));
	if (op->type == L2TP_OP_SEND)
		return net_send(s, n, op);
	sim_log(s, node_letter(n), "%s %u/%u peer %u/%u%s%s", op_name(op->type), op->tunnel_id, op->session_id,
		op->peer_tunnel_id, op->peer_session_id, op->reason ? ": " : "", op->reason ? op->reason->text : "");
	judge_op(n, op);
	if (op->type == L2TP_OP_SESSION_DECIDE)
		think(n, op);
	else if (op_is_reported(op->type))
		report(n, op);
}

static bool next_op(struct node *n, struct l2tp_op *op)
{
	bool more;

	memory_owner(&n->memory);
	more = l2tp_next_op(n->l, op);
	memory_owner(NULL);
	return more;
}

void node_drain(struct node *n)
{
	struct l2tp_op op;
	size_t downs = 0;

	while (!n->sim->wrong && next_op(n, &op)) {
		downs += op.type == L2TP_OP_SESSION_DOWN;
		carry_out(n, &op);
	}
	judge_entry(n, downs);
}

/* ---- What is known of it ------------------------------------------------------------------------------------- */

struct node *node_partner(const struct node *n, uint32_t tunnel_id)
{
	struct l2tp_tunnel_info mine, theirs;
	struct node *other;

	if (l2tp_get_tunnel(n->l, tunnel_id, &mine) < 0)
		return NULL;
	other = net_node(n->sim, &mine.peer);
	if (!other || l2tp_get_tunnel(other->l, mine.peer_tunnel_id, &theirs) < 0)
		return NULL;
	return theirs.peer_tunnel_id == tunnel_id && net_node(n->sim, &theirs.peer) == n ? other : NULL;
}

static size_t slot(uint64_t key)
{
	return (size_t)(key * 0x9e3779b97f4a7c15u >> 40) % NOTES_MAX;
}

bool notes_advance(struct notes *notes, uint64_t key, uint32_t number)
{
	struct note *note = &notes->slots[slot(key)];
	bool newer = note->key != key || (int32_t)(number - note->last) > 0;

	*note = (struct note){ key, number };
	return newer;
}

const struct note *notes_find(const struct notes *notes, uint64_t key)
{
	const struct note *note = &notes->slots[slot(key)];

	return note->key == key ? note : NULL;
}
