/* SPDX-License-Identifier: MIT */
/*
 * sim: see sim.h.  "sim [-s SEED] [-n WORLDS] [-v]" runs the worlds SEED, SEED + 1 ...; one that fails is told by its
 * seed and runs again exactly with -s SEED -n 1 -v.
 */
#include "sim.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- Chance -------------------------------------------------------------------------------------------------- */

uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t sim_random(struct sim *s)
{
	return next_random(&s->random);
}

uint64_t sim_below(struct sim *s, uint64_t n)
{
	return n ? sim_random(s) % n : 0;
}

bool sim_chance(struct sim *s, unsigned int percent)
{
	return sim_below(s, 100) < percent;
}

/* ---- Words --------------------------------------------------------------------------------------------------- */

void sim_fail(struct sim *s, const char *what)
{
	if (what && !s->wrong)
		s->wrong = what;
}

void sim_log(const struct sim *s, const struct node *n, const char *fmt, ...)
{
	va_list args;

	if (!s->verbose)
		return;
	printf("%12.6f %c ", (double)s->now / (double)USEC_PER_SEC, 'A' + (int)n->index);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

/* ---- Events: a binary heap by time ---------------------------------------------------------------------------- */

static bool before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void sim_post(struct sim *s, const struct event *e)
{
	struct event *copy = malloc(sizeof(*copy) + e->len);
	size_t i = s->n_events;

	if (!copy || s->n_events == EVENTS_MAX) {
		free(copy);
		sim_fail(s, "too many events: a storm of messages");
		return;
	}
	*copy = *e;
	copy->order = s->order++;
	copy->bytes = (uint8_t *)(copy + 1);
	if (e->len)
		memcpy(copy->bytes, e->bytes, e->len);
	for (s->n_events++; i > 0 && before(copy, s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = copy;
}

static struct event *pop(struct sim *s)
{
	struct event *first = s->heap[0], *last = s->heap[--s->n_events];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < s->n_events) {
		if (child + 1 < s->n_events && before(s->heap[child + 1], s->heap[child]))
			child++;
		if (!before(s->heap[child], last))
			break;
		s->heap[i] = s->heap[child];
		i = child;
	}
	s->heap[i] = last;
	return first;
}

/* ---- Engines ------------------------------------------------------------------------------------------------- */

static void carry_out(struct sim *s, struct node *n, const struct l2tp_op *op)
{
	bool storm = s->now < s->storm_until, fails = storm && sim_chance(s, s->weather.op_failures);

	sim_fail(s, watch_op(&n->watch, op, s->now));
	if (op->type == L2TP_OP_SEND) {
		net_send(s, n, op);
		return;
	}
	sim_log(s, n, "%s %u/%u peer %u/%u%s%s", op_name(op->type), op->tunnel_id, op->session_id, op->peer_tunnel_id,
		op->peer_session_id, op->reason ? ": " : "", op->reason ? op->reason->text : "");
	if (op_is_reported(op->type))
		sim_post(s, &(struct event){ .at = s->now + (storm ? sim_below(s, s->weather.op_delay + 1) : 1000),
					     .kind = EVENT_DONE,
					     .engine = n->index,
					     .life = n->life,
					     .op = op->type,
					     .tunnel_id = op->tunnel_id,
					     .session_id = op->session_id,
					     .err = fails ? -EIO : 0 });
}

void sim_drain(struct sim *s, struct node *n)
{
	struct l2tp_op op;

	while (!s->wrong && l2tp_next_op(n->l, &op))
		carry_out(s, n, &op);
}

static void done(struct sim *s, struct node *n, const struct event *e)
{
	if (e->life != n->life)
		return; /* the engine that asked is no more */
	sim_log(s, n, "%s %u/%u done: %d", op_name(e->op), e->tunnel_id, e->session_id, e->err);
	sim_fail(s, watch_done(&n->watch, e->tunnel_id, e->session_id, e->err));
	if (e->op == L2TP_OP_TUNNEL_IDLE && s->now < s->storm_until && sim_chance(s, s->weather.data))
		l2tp_data_seen(n->l, e->tunnel_id, s->now);
	l2tp_op_done(n->l, e->tunnel_id, e->session_id, e->err, s->now);
}

static unsigned int message_type(const struct event *e)
{
	return e->len >= 20 ? (unsigned int)(e->bytes[18] << 8 | e->bytes[19]) : 0;
}

static unsigned int word(const struct event *e, size_t at)
{
	return (unsigned int)(e->bytes[at] << 8 | e->bytes[at + 1]);
}

static void happen(struct sim *s, const struct event *e)
{
	struct node *n = &s->nodes[e->engine];
	struct l2tp_rx rx = { .local = n->addr, .peer = e->from, .bytes = { e->bytes, e->len } };

	switch (e->kind) {
	case EVENT_DATAGRAM:
		sim_log(s, n, "<- %s to %u/%u ns %u nr %u", l2tp_message_name((uint16_t)message_type(e)), word(e, 4),
			word(e, 6), word(e, 8), word(e, 10));
		l2tp_input(n->l, &rx, s->now);
		break;
	case EVENT_DONE:
		done(s, n, e);
		break;
	case EVENT_ACT:
		play_act(s, n);
		break;
	}
	sim_drain(s, n);
}

/* The engine whose timer is next, and not later than until. */
static struct node *next_timer(struct sim *s, usec_t until)
{
	struct node *next = NULL;

	for (unsigned int i = 0; i < s->engines; i++) {
		if (l2tp_deadline(s->nodes[i].l) <= until) {
			next = &s->nodes[i];
			until = l2tp_deadline(next->l);
		}
	}
	return next;
}

void sim_run(struct sim *s, usec_t until)
{
	while (!s->wrong) {
		usec_t event_at = s->n_events ? s->heap[0]->at : USEC_NEVER;
		struct node *n = next_timer(s, event_at < until ? event_at : until);
		struct event *e;

		s->processed++;
		if (n) {
			usec_t at = l2tp_deadline(n->l);

			s->now = at > s->now ? at : s->now;
			l2tp_tick(n->l, s->now);
			sim_drain(s, n);
			if (l2tp_deadline(n->l) <= s->now)
				sim_fail(s, "a timer that has been served is due again");
			continue;
		}
		if (event_at > until)
			break;
		e = pop(s);
		s->now = e->at;
		happen(s, e);
		free(e);
	}
	if (!s->wrong)
		s->now = until;
}

/* ---- Many worlds --------------------------------------------------------------------------------------------- */

static uint64_t running_seed; /* for a crash: the one thing worth knowing */

static void on_crash(int signal_number)
{
	char line[96];
	int len = snprintf(line, sizeof(line), "sim: signal %d in world %llu: sim -s %llu -n 1 -v\n", signal_number,
			   (unsigned long long)running_seed, (unsigned long long)running_seed);

	(void)!write(STDERR_FILENO, line, (size_t)len);
	(void)signal(signal_number, SIG_DFL);
	(void)raise(signal_number);
}

void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void on_death(void)
{
	fprintf(stderr, "sim: in world %llu: sim -s %llu -n 1 -v\n", (unsigned long long)running_seed,
		(unsigned long long)running_seed);
}

static bool run_world(struct sim *s, uint64_t seed, bool verbose)
{
	bool ok;

	running_seed = seed;
	s->seed = s->random = seed;
	s->verbose = verbose;
	s->wrong = NULL;
	s->order = 0;
	ok = play_world(s);
	while (s->n_events)
		free(pop(s));
	if (!ok)
		fprintf(stderr, "sim: world %llu at %.6f s: %s\nsim: again: sim -s %llu -n 1 -v\n",
			(unsigned long long)seed, (double)s->now / (double)USEC_PER_SEC, s->wrong,
			(unsigned long long)seed);
	return ok;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1, worlds = 1000, failed = 0;
	struct sim *s = calloc(1, sizeof(*s));
	bool verbose = false;
	struct timespec a, b;

	for (int option; (option = getopt(argc, argv, "s:n:v")) != -1;) {
		if (option == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (option == 'n')
			worlds = strtoull(optarg, NULL, 0);
		else if (option == 'v')
			verbose = true;
		else
			return 2;
	}
	if (!s)
		return EXIT_FAILURE;
	(void)signal(SIGABRT, on_crash);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(on_death);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (uint64_t i = 0; i < worlds && failed < 5; i++)
		failed += !run_world(s, seed + i, verbose);
	clock_gettime(CLOCK_MONOTONIC, &b);
	double took = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("%llu worlds, %llu events, ends of tunnels %llu, of calls %llu; %.0f worlds/s, %llu failed\n",
	       (unsigned long long)worlds, (unsigned long long)s->processed, (unsigned long long)s->tunnels,
	       (unsigned long long)s->calls, (double)worlds / took, (unsigned long long)failed);
	free(s);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
