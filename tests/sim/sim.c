/* SPDX-License-Identifier: MIT */
/*
 * sim: see sim.h.  "sim [-s SEED] [-n WORLDS] [-f FAILURES] [-v]" runs the worlds SEED, SEED + 1 ..., until so many have
 * failed (5); one that fails is told by its seed and the last that happened in it, and runs again exactly with
 * -s SEED -n 1 -v.
 */
#include "sim.h"

#include <malloc.h>
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

/* To be seen as it happens, or kept for the day of reckoning. */
void sim_log(struct sim *s, int who, const char *fmt, ...)
{
	char *line = s->history[s->n_history % HISTORY_LINES];
	int len;
	va_list args;

	if (!s->verbose && !s->recording)
		return;
	s->n_history++;
	len = snprintf(line, sizeof(s->history[0]), "%12.6f %c ", (double)s->now / (double)SEC, who);
	va_start(args, fmt);
	vsnprintf(line + len, sizeof(s->history[0]) - (size_t)len, fmt, args);
	va_end(args);
	if (!s->verbose)
		return;
	puts(line);
	fflush(stdout);
}

/* ---- Events: a binary heap by time ---------------------------------------------------------------------------- */

static bool before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void sim_post(struct sim *s, const struct event *e)
{
	struct event *copy = memory_alloc(sizeof(*copy) + e->len);
	size_t i = s->n_events;

	if (!copy || s->n_events == EVENTS_MAX) {
		memory_free(copy);
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

/* ---- What happens -------------------------------------------------------------------------------------------- */

static void take_turn(struct sim *s, struct actor *a)
{
	if (!sim_storm(s))
		return;
	sim_log(s, 'a' + (int)a->index, "%s", a->kind->name);
	a->kind->turn(a);
	sim_post(s, &(struct event){ .at = s->now + a->pace * 3 / 4 + sim_below(s, a->pace),
				     .kind = EVENT_TURN,
				     .who = a->index });
}

/* To an engine that is not run: later, in the same order. */
static bool put_off(struct sim *s, const struct event *e)
{
	struct event later = *e;

	if (e->kind == EVENT_HEAR || e->kind == EVENT_TURN || s->nodes[e->who].frozen_until <= s->now)
		return false;
	later.at = s->nodes[e->who].frozen_until;
	sim_post(s, &later);
	return true;
}

static void happen(struct sim *s, const struct event *e)
{
	if (put_off(s, e))
		return;
	switch (e->kind) {
	case EVENT_DATAGRAM:
		node_input(&s->nodes[e->who], e);
		break;
	case EVENT_DONE:
		node_done(&s->nodes[e->who], e);
		break;
	case EVENT_ACT:
		play_act(s, &s->nodes[e->who]);
		break;
	case EVENT_PROMISE:
		judge_promise(&s->nodes[e->who], e->tunnel_id);
		break;
	case EVENT_HEAR:
		if (sim_storm(s))
			s->actors[e->who].kind->hear(&s->actors[e->who], e);
		break;
	case EVENT_TURN:
		take_turn(s, &s->actors[e->who]);
		break;
	}
}

/* The engine whose timer is next, and not later than until. */
static struct node *next_timer(struct sim *s, usec_t until)
{
	struct node *next = NULL;

	for (unsigned int i = 0; i < s->engines; i++) {
		usec_t at = node_deadline(&s->nodes[i]);

		if (at <= until) {
			next = &s->nodes[i];
			until = at;
		}
	}
	return next;
}

static void serve_timer(struct sim *s, struct node *n)
{
	usec_t at = node_deadline(n);

	s->now = at > s->now ? at : s->now;
	node_tick(n);
}

void sim_run(struct sim *s, usec_t until)
{
	while (!s->wrong) {
		usec_t event_at = s->n_events ? s->heap[0]->at : USEC_NEVER;
		struct node *n = next_timer(s, event_at < until ? event_at : until);
		struct event *e;

		s->processed++;
		if (n) {
			serve_timer(s, n);
			continue;
		}
		if (event_at > until)
			break;
		e = pop(s);
		s->now = e->at;
		happen(s, e);
		memory_free(e);
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

static bool play(struct sim *s, uint64_t seed)
{
	bool ok;

	running_seed = seed;
	s->seed = s->random = seed;
	s->wrong = NULL;
	s->order = s->n_actors = s->n_history = 0;
	s->ending = false;
	ok = play_world(s);
	while (s->n_events)
		memory_free(pop(s));
	return ok;
}

/* One that fails is played again, to tell how it came. */
static bool run_world(struct sim *s, uint64_t seed)
{
	if (play(s, seed))
		return true;
	s->recording = true;
	(void)play(s, seed);
	s->recording = false;
	for (size_t i = s->n_history > HISTORY_LINES ? s->n_history - HISTORY_LINES : 0; i < s->n_history && !s->verbose; i++)
		fprintf(stderr, "%s\n", s->history[i % HISTORY_LINES]);
	fprintf(stderr, "sim: world %llu at %.6f s: %s\nsim: again: sim -s %llu -n 1 -v\n", (unsigned long long)seed,
		(double)s->now / (double)SEC, s->wrong ? s->wrong : "not the same when it was played again",
		(unsigned long long)seed);
	return false;
}

int main(int argc, char **argv)
{
	uint64_t seed = 1, worlds = 1000, failed = 0, stop = 5;
	struct sim *s = calloc(1, sizeof(*s));
	struct timespec a, b;

	if (!s)
		return EXIT_FAILURE;
	for (int option; (option = getopt(argc, argv, "s:n:f:v")) != -1;) {
		if (option == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (option == 'n')
			worlds = strtoull(optarg, NULL, 0);
		else if (option == 'f')
			stop = strtoull(optarg, NULL, 0);
		else if (option == 'v')
			s->verbose = true;
		else
			return 2;
	}
	(void)mallopt(M_MMAP_THRESHOLD, 262144); /* an engine's large tables are mostly never touched */
	(void)signal(SIGABRT, on_crash);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(on_death);
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (uint64_t i = 0; i < worlds && failed < stop; i++)
		failed += !run_world(s, seed + i);
	clock_gettime(CLOCK_MONOTONIC, &b);
	double took = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("%llu worlds, %llu events, ends of tunnels %llu, of calls %llu, aliens %llu; %.0f worlds/s, %llu failed\n",
	       (unsigned long long)worlds, (unsigned long long)s->processed, (unsigned long long)s->tunnels,
	       (unsigned long long)s->calls, (unsigned long long)s->aliens, (double)worlds / took, (unsigned long long)failed);
	free(s);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
