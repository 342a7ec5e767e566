/* SPDX-License-Identifier: MIT */
/*
 * trial: see trial.h.  Begun by registry.c and admission.c, driven by tunnel.c.
 *
 * The question is a message that the peer has had long ago: it must acknowledge it again and not process it (RFC 2661
 * 5.8).  Its answer names our id and acknowledges all that it has acknowledged before, which neither a stranger nor a
 * peer without memory can say.  Data counts as well: the world is asked at the beginning, so that only what comes
 * later counts, and again at the end.  A peer that gives no sign of life in TRIAL_TIME has forgotten the tunnel,
 * which is then discarded without a word: every further message could only disturb the peer's new one.
 *
 * For the same reason the number of the question must be an old one for whatever the peer may be now:
 *  - A peer whose new tunnel stands may be one that ignores tunnel ids and takes the question for that tunnel's; it has
 *    received Ns 0 there, and so 0 is old in both.
 *  - A peer that still waits for an answer to its SCCRQ has received nothing.  For it, the last number that we used is
 *    ahead, and harmless only beyond its window; within it the question could be kept and be taken for a message of
 *    the new tunnel.  Then 65535 is asked with, the number before 0.  (xl2tpd does not answer to that one; it is
 *    asked so only while its tunnel is very young: less than a window old, which is the one that the peer has told
 *    in this tunnel, for the request that brings the question up may be a stranger's.)
 * Behind more than half of all numbers, what was old would be new: then it is the last number that was used.
 */
#include "trial.h"

#define TRIAL_TIME (2 * USEC_PER_SEC)
#define TRIAL_REPEAT (TRIAL_TIME / 2)
#define TRIAL_REST (10 * USEC_PER_SEC) /* one that was found alive is believed for so long */
#define OLD_MAX 32767                  /* how far behind a number is still old */

static uint16_t question_number(const struct tunnel *t, bool same_id)
{
	uint16_t una = t->conn.chan.una;

	if (una > OLD_MAX || (same_id && una > t->conn.chan.peer_window))
		return (uint16_t)(una - 1);
	return same_id ? UINT16_MAX : 0;
}

static void ask(struct tunnel *t)
{
	conn_send_once(&t->conn, &(struct msg){ .type = CM_HELLO }, t->trial.ns);
}

void trial_begin(struct tunnel *t, bool same_id)
{
	if (trial_running(t))
		return;
	t->trial.state = TRIAL_BEGINS;
	t->trial.answered = false;
	t->trial.ns = question_number(t, same_id);
	tunnel_ask_for_data(t); /* the time begins when the world has looked */
}

bool trial_running(const struct tunnel *t)
{
	return t->trial.state != TRIAL_NONE;
}

bool trial_passed(const struct tunnel *t, usec_t now)
{
	return t->trial.passed && now - t->trial.passed < TRIAL_REST;
}

bool trial_asks(const struct tunnel *t)
{
	return t->trial.state == TRIAL_BEGINS || t->trial.state == TRIAL_ENDS;
}

void trial_heard(struct tunnel *t, uint16_t nr)
{
	if (nr == t->conn.chan.una)
		t->trial.answered = true;
}

static void judge(struct tunnel *t, usec_t now)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_PEER, .result = RC_STOPCCN_CLEAR,
				      .text = "replaced by a new tunnel of the same peer" };
	bool alive = t->trial.answered || t->data_seen > t->trial.since;

	t->trial.state = TRIAL_NONE;
	if (alive)
		t->trial.passed = now;
	else
		tunnel_apply(t, TEV_REPLACED, &(struct tunnel_input){ .reason = &reason }, now);
}

static void begin(struct tunnel *t, usec_t now)
{
	t->trial.state = TRIAL_RUNS;
	t->trial.since = now;
	ask(t);
	heap_set(&t->conn.core->heap, &t->trial.timer, now + TRIAL_REPEAT);
}

void trial_looked(struct tunnel *t, usec_t now)
{
	if (t->trial.state == TRIAL_BEGINS) {
		begin(t, now);
	} else if (t->trial.state == TRIAL_ENDS) {
		judge(t, now);
	}
}

void trial_timer(struct tunnel *t, usec_t now)
{
	if (t->trial.state != TRIAL_RUNS)
		return;
	if (t->trial.answered) {
		judge(t, now);
	} else if (now < t->trial.since + TRIAL_TIME) {
		ask(t); /* the question, or its answer, may have been lost */
		heap_set(&t->conn.core->heap, &t->trial.timer, t->trial.since + TRIAL_TIME);
	} else if (now < t->trial.since + TRIAL_TIME + TRIAL_REPEAT) {
		t->trial.state = TRIAL_ENDS;
		tunnel_ask_for_data(t);
	} else {
		begin(t, now); /* we have slept: the answer may lie in the socket */
	}
}
