/* SPDX-License-Identifier: MIT */
/* Reliable delivery and HELLO on the real clock: RFC 2661 5.8, 5.5, appendices A and B. */
#include "scenario.h"

#define SLACK_MS 350 /* the machine is busy ... */
#define EARLY_MS 200 /* ... and what it has sent too late makes the next one come too early */

/* The message that was heard last comes again after these many ms each. */
static void repeated(struct peer *p, const int *after, int n)
{
	usec_t last = p->last.at;

	for (int i = 0; i < n; i++) {
		long ms;

		do
			if (!peer_next(p, after[i] + 4 * SLACK_MS))
				fail("repetition %d does not come", i + 1);
		while (!p->last_header.body.len);
		if (!p->last.again)
			fail("%s, not a repetition", l2tp_message_name((uint16_t)p->last.msg.type));
		ms = (long)((p->last.at - last) / USEC_PER_MSEC);
		if (ms < after[i] - (after[i] / 3 < EARLY_MS ? after[i] / 3 : EARLY_MS) || ms > after[i] + SLACK_MS)
			fail("repetition %d after %ld ms, not %d", i + 1, ms, after[i]);
		last = p->last.at;
	}
}

static void deaf(struct peer *p) { p->deaf = true; }
static void not_deaf(struct peer *p) { p->deaf = false; }

static void default_intervals(struct peer *p)
{
	static const int after[] = { 1000, 2000, 4000 };

	repeated(p, after, 3);
}

static void short_intervals(struct peer *p)
{
	static const int after[] = { 100, 200, 400 };

	repeated(p, after, 3);
	peer_quiet(p, 1500, true); /* that was the last */
}

/* Ns and Nr of what was heard last. */
static void numbers(const struct peer *p, uint16_t ns, uint16_t nr)
{
	if (p->last_header.ns != ns || p->last_header.nr != nr)
		fail("Ns %u, Nr %u, not %u, %u", p->last_header.ns, p->last_header.nr, ns, nr);
}

/* Appendix B.1. */
static void lock_step(struct peer *p)
{
	p->deaf = true;
	peer_say(p, CM_SCCRQ);
	(void)peer_hear(p, CM_SCCRP);
	numbers(p, 0, 1);
	peer_say(p, CM_SCCCN);
	peer_acked(p);
	numbers(p, 1, 2);
	MUST(!p->last_header.body.len);
}

/* Appendix B.2: the ICRP is lost, the ICRQ comes again, the ICRP too. */
static void lost_icrp(struct peer *p)
{
	static const int after[] = { 1000 };

	lock_step(p);
	peer_say(p, CM_ICRQ);
	(void)peer_hear(p, CM_ICRP);
	numbers(p, 1, 3);
	p->nr--;
	p->ns--;
	peer_say(p, CM_ICRQ);
	MUST(peer_next(p, 500));
	numbers(p, 2, 3);
	MUST(!p->last_header.body.len);
	repeated(p, after, 1);
	numbers(p, 1, 3);
	p->nr++;
	peer_say(p, CM_ICCN);
	peer_acked(p);
	numbers(p, 2, 4);
}

/* The same message n times: one effect, n acknowledgements. */
static void duplicates(struct peer *p)
{
	for (int i = 0; i < 3; i++) {
		p->ns--;
		peer_say(p, CM_ICRQ);
		MUST(peer_next(p, PATIENCE_MS));
		MUST(!p->last_header.body.len && p->last_header.nr == p->ns);
	}
	peer_quiet(p, 100, false);
}

/* How far back a number is old: 32767 (R2661-5.8-03). */
static void old_numbers(struct peer *p)
{
	uint16_t ns = p->ns;

	p->ns = (uint16_t)(ns - 1 - 32767);
	peer_say(p, CM_ICRQ); /* as old as can be: acknowledged, not obeyed */
	p->ns = ns;
	MUST(peer_next(p, PATIENCE_MS));
	MUST(!p->last_header.body.len && p->last_header.nr == ns);
	peer_quiet(p, 100, true);
}

/* Ns n+1 and n+2 before n. */
static void out_of_order(struct peer *p)
{
	uint16_t ns = p->ns;

	p->ns = (uint16_t)(ns + 1);
	peer_say(p, CM_ICCN);
	p->ns = (uint16_t)(ns + 2);
	peer_say(p, CM_HELLO);
	p->ns = ns;
	peer_quiet(p, 100, true);
	MUST(p->acked == ns);
	peer_say(p, CM_HELLO);
	p->ns = (uint16_t)(ns + 3);
	if (peer_next(p, PATIENCE_MS) && p->acked != p->ns) { /* it may have dropped the early ones */
		for (p->ns = p->acked; p->ns != (uint16_t)(ns + 3);)
			peer_say(p, p->ns == (uint16_t)(ns + 1) ? CM_ICCN : CM_HELLO);
	}
	peer_acked(p);
	peer_say(p, CM_ICCN); /* it is up, so this is out of sequence */
	(void)peer_hear(p, CM_CDN);
}

static void bad_nr(struct peer *p)
{
	p->nr = (uint16_t)(p->nr + 5);
	peer_zlb(p);
	p->nr = (uint16_t)(p->nr - 10);
	peer_zlb(p);
	p->nr = (uint16_t)(p->nr + 5);
	peer_quiet(p, 100, false);
}

/* A ZLB takes no number and gets no answer, whatever its Ns. */
static void zlbs(struct peer *p)
{
	uint16_t ns = p->ns;

	for (int i = -2; i < 3; i++) {
		p->ns = (uint16_t)(ns + i);
		peer_zlb(p);
	}
	p->ns = ns;
	peer_quiet(p, 100, false);
}

static void ask(struct peer *p, int calls)
{
	for (int i = 0; i < calls; i++) {
		p->session_id++;
		peer_say(p, CM_ICRQ);
	}
	p->session_id = (uint16_t)(p->session_id - calls);
}

/* n messages come now, and no more. */
static void expect_flight(struct peer *p, int n)
{
	for (int i = 0; i < n; i++) {
		p->session_id++;
		(void)peer_hear(p, CM_ICRP);
	}
	peer_quiet(p, 150, true);
}

static void open_window(struct peer *p, uint16_t window)
{
	struct msg m = peer_msg(p, CM_SCCRQ);

	p->deaf = true;
	if (window) {
		m.receive_window_size = window;
		msg_set(&m, AVP_RECEIVE_WINDOW_SIZE);
	}
	peer_send(p, &m, 0);
	(void)peer_hear(p, CM_SCCRP);
	peer_say(p, CM_SCCCN);
	peer_acked(p);
}

static void window_of_one(struct peer *p)
{
	open_window(p, 1);
	ask(p, 3);
	for (int i = 0; i < 3; i++) {
		expect_flight(p, 1);
		peer_zlb(p);
	}
}

static void acknowledge(struct peer *p, uint16_t nr)
{
	p->nr = nr;
	peer_zlb(p);
	p->nr = p->newest;
}

/* After SCCRP the window of congestion is 2; it grows with each acknowledgement, up to the 4 that are assumed. */
static void slow_start(struct peer *p)
{
	open_window(p, 0);
	ask(p, 14);
	expect_flight(p, 2);
	acknowledge(p, (uint16_t)(p->newest - 1));
	expect_flight(p, 2); /* 3 */
	acknowledge(p, (uint16_t)(p->newest - 2));
	expect_flight(p, 2); /* 4 */
	acknowledge(p, p->newest);
	expect_flight(p, 4); /* and not 5 */
	acknowledge(p, p->newest);
	expect_flight(p, 4);
}

/* More than a window's worth of work, without a pause. */
static void burst(struct peer *p)
{
	for (int round = 0; round < 25; round++) {
		for (int i = 0; i < 8; i++)
			peer_say(p, CM_HELLO);
		peer_acked(p);
	}
}

/* No answer any more: repetitions, then nothing is left of the tunnel. */
static void given_up(struct peer *p)
{
	short_intervals(p);
	peer_say(p, CM_HELLO);
	peer_quiet(p, 200, false);
}

static void hello_timing(struct peer *p)
{
	usec_t before = p->last_at;

	for (int i = 0; i < 2; i++) {
		(void)peer_hear(p, CM_HELLO);
		MUST(p->last_at - before >= 250 * USEC_PER_MSEC && p->last_at - before < 1500 * USEC_PER_MSEC);
		MUST(p->last.header.session_id == 0 && p->last.header.body.len == 8);
		before = p->last_at;
	}
}

/* Not acknowledged: the same one again after a second, and not a second one meanwhile. */
static void one_hello(struct peer *p)
{
	static const int after[] = { 1000 };

	(void)peer_hear(p, CM_HELLO);
	repeated(p, after, 1);
}

/* Any message is a sign of life: no HELLO while there are some. */
static void no_hello(struct peer *p)
{
	usec_t spoke = clock_now();

	for (int i = 0; i < 24; i++) {
		while (peer_next(p, 50)) /* a busy machine may have kept us silent for too long */
			if (p->last_header.body.len && clock_now() - spoke < 350 * USEC_PER_MSEC)
				fail("%s, not silence", l2tp_message_name((uint16_t)p->last.msg.type));
		peer_zlb(p);
		spoke = clock_now();
	}
}

const struct scenario channel_scenarios[] = {
	{ "R2661-5.8-12..15, R2661-3.0-01: 1, 2, 4 s", STRICT,
	  { FN(deaf), SAY(SCCRQ), HEAR(SCCRP), FN(default_intervals) } },
	{ "R2661-5.8-18, -20, X2661-7.2.1-09: given up after as many as are configured", QUICK,
	  { OPEN, FN(deaf), SAY(ICRQ), HEAR(ICRP), FN(given_up) } },
	{ "R2661-5.5-01, R2661-6.5-01, -02, -07: HELLO in silence", HELLO, { OPEN, FN(hello_timing) } },
	{ "X2661-6.5-01: one HELLO at a time", HELLO, { OPEN, FN(deaf), FN(one_hello) } },
	{ "R2661-5.5-01: no HELLO while the peer speaks", HELLO, { OPEN, FN(no_hello) } },
	{ "R2661-6.5-05: no HELLO is expected of the peer", QUICK, { OPEN, SILENCE(2500), ALIVE } },
	{ "R2661-B.1-01, R2661-5.8-02, -07, -08, R2661-5.1-01: lock step", STRICT, { FN(lock_step), FN(not_deaf) } },
	{ "R2661-B.2-01, R2661-5.8-14: lost ICRP", STRICT, { FN(lost_icrp) } },
	{ "R2661-5.8-04, -05: duplicates", STRICT,
	  { OPEN, SAY(ICRQ), HEAR(ICRP), FN(duplicates), SAY(ICCN), ACKED, ALIVE } },
	{ "R2661-5.8-03: how old is old", STRICT, { OPEN, FN(old_numbers), ALIVE } },
	{ "R2661-5.8-10, -11: out of order", STRICT, { OPEN, SAY(ICRQ), HEAR(ICRP), FN(out_of_order) } },
	{ "X2661-5.8-01, X2661-5.8-02: Nr of what was never said, and an old one", STRICT,
	  { OPEN, CALL, FN(bad_nr), ALIVE } },
	{ "R2661-5.8-06, -09, X2661-5.8-03: ZLBs", STRICT, { OPEN, FN(zlbs), ALIVE } },
	{ "R2661-5.8-22, X2661-5.8-06: a window of 1", STRICT, { FN(window_of_one) } },
	{ "R2661-4.4.3-12, R2661-5.8-24, -26, R2661-A-01..04: slow start up to a window of 4", STRICT,
	  { FN(slow_start) } },
	{ "R2661-5.8-28: bursts", STRICT, { OPEN, FN(burst), ALIVE } },
	{ 0 }
};
