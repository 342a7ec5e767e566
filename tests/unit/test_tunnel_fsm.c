/* SPDX-License-Identifier: MIT */
/*
 * The state machine of a control connection through the door, cell by cell: RFC 2661 7.2.1.
 *
 * The RFC's "idle" after "clean up" is closing (our StopCCN is not acknowledged), linger (5.7), dead or gone here.
 */
#include "engine_world.h"

#include <check.h>
#include <errno.h>

static struct world w;
static struct peer p;

/* ---- States -------------------------------------------------------------------------------------------------- */

static uint32_t in_idle(void)
{
	return 0;
}

static uint32_t in_wait_reply(void)
{
	uint32_t id = engine_dial(&p);

	p.engine_id = (uint16_t)id;
	return id;
}

static uint32_t in_wait_conn(void)
{
	peer_say(&p, CM_SCCRQ);
	return p.engine_id;
}

static uint32_t in_established(void)
{
	peer_open(&p);
	return p.engine_id;
}

static uint32_t in_established_dialed(void)
{
	uint32_t id = in_wait_reply();

	peer_accept(&p);
	return id;
}

static uint32_t in_closing(void)
{
	uint32_t id = in_established();

	l2tp_close_tunnel(w.l, id, NULL, w.now);
	world_drain(&w);
	return id;
}

static uint32_t in_linger(void)
{
	uint32_t id = in_established();

	peer_say(&p, CM_STOPCCN);
	world_pass(&w, USEC_PER_SEC / 10);
	return id;
}

/* ---- Events -------------------------------------------------------------------------------------------------- */

static void say(enum cm_type type)
{
	peer_say(&p, type);
}

static void sccrq(void) { say(CM_SCCRQ); }
static void sccrp(void) { say(CM_SCCRP); }
static void scccn(void) { say(CM_SCCCN); }
static void stopccn(void) { say(CM_STOPCCN); }
static void hello(void) { say(CM_HELLO); }
static void icrq(void) { say(CM_ICRQ); }
static void icrp(void) { say(CM_ICRP); }
static void iccn(void) { say(CM_ICCN); }
static void cdn(void) { say(CM_CDN); }

static void bad_version(enum cm_type type)
{
	struct msg m = peer_msg(&p, type);

	m.protocol_version = 0x0200;
	peer_send(&p, &m, 0);
}

static void sccrq_version(void) { bad_version(CM_SCCRQ); }
static void sccrp_version(void) { bad_version(CM_SCCRP); }

/* A challenge where there is no secret. */
static void challenge(enum cm_type type)
{
	struct msg m = peer_msg(&p, type);

	m.challenge = (struct l2tp_span){ p.challenge, sizeof(p.challenge) };
	msg_set(&m, AVP_CHALLENGE);
	peer_send(&p, &m, 0);
}

static void sccrq_challenge(void) { challenge(CM_SCCRQ); }
static void sccrp_challenge(void) { challenge(CM_SCCRP); }

static void scccn_unanswered(void)
{
	say(CM_SCCCN); /* the row sets params.challenge */
}

/* A tie: the engine's breaker is 0x77.. (fixed_random). */
static void tie(uint64_t breaker)
{
	struct msg m = peer_msg(&p, CM_SCCRQ);

	m.tie_breaker = breaker;
	msg_set(&m, AVP_TIE_BREAKER);
	p.engine_id = 0; /* as a new tunnel */
	peer_send(&p, &m, 0);
}

static void tie_we_lose(void) { tie(1); }
static void tie_we_win(void) { tie(UINT64_MAX); }
static void tie_equal(void) { tie(0x7777777777777777); }

static void tie_peer_without(void)
{
	p.engine_id = 0;
	say(CM_SCCRQ);
}

static void fault(void)
{
	static const uint8_t unknown[] = { 0x80, 6, 0xff, 0xff, 0, 1 };

	peer_say_with(&p, CM_HELLO, unknown, sizeof(unknown));
}

static void close_it(void)
{
	struct l2tp_stats stats = world_stats(&w);

	l2tp_close_tunnel(w.l, stats.tunnels ? p.engine_id : 1, NULL, w.now);
	world_drain(&w);
}

static void call(void)
{
	uint32_t id;

	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ .framing_type = 1 }, 0, w.now, &id), 0);
	world_drain(&w);
}

static void silence(void)
{
	p.deaf = true;
	world_pass(&w, 50 * USEC_PER_SEC); /* 1 + 2 + 4 + 8 + 16 + 16, and less than the set-up time */
}

static void set_up_timeout(void)
{
	world_pass(&w, 61 * USEC_PER_SEC); /* the peer acknowledges, and says nothing */
}

static void lingered(void)
{
	world_pass(&w, 32 * USEC_PER_SEC);
}

static uint32_t in_wait_conn_with_call(void)
{
	uint32_t id = in_wait_conn();

	call();
	return id;
}

/* ---- The table ----------------------------------------------------------------------------------------------- */

struct row {
	const char *id;
	uint32_t (*state)(void);
	void (*event)(void);
	const char *said;   /* messages that go out */
	uint16_t result;    /* of the StopCCN among them */
	const char *next;   /* of the tunnel we had; "gone": there is none */
	uint32_t tunnels;   /* alive or not, afterwards */
	bool challenge;     /* the engine challenges */
};

static const struct row rows[] = {
	{ "R2661-7.2.1-S01", in_idle, (void (*)(void))in_wait_reply, "SCCRQ", 0, "wait-ctl-reply", 1, false },
	{ "R2661-7.2.1-S02", in_idle, sccrq, "SCCRP", 0, "wait-ctl-conn", 1, false },
	{ "R2661-7.2.1-S03 version", in_idle, sccrq_version, "StopCCN", 5, "gone", 0, false },
	{ "R2661-7.2.1-S03 no secret", in_idle, sccrq_challenge, "StopCCN", 4, "gone", 0, false },
	{ "R2661-7.2.1-S04", in_idle, sccrp, "StopCCN", 7, "gone", 0, false },
	{ "R2661-7.2.1-S05", in_idle, scccn, "", 0, "gone", 0, false },
	{ "R2661-7.2.1-S06", in_idle, stopccn, "", 0, "gone", 0, false },
	{ "X2661-7.2.1-01", in_idle, close_it, "", 0, "gone", 0, false },
	{ "X2661-7.2.1-15 HELLO", in_idle, hello, "", 0, "gone", 0, false },
	{ "X2661-7.2.1-15 ICRQ", in_idle, icrq, "", 0, "gone", 0, false },
	{ "X2661-7.2.1-15 CDN", in_idle, cdn, "", 0, "gone", 0, false },
	{ "R2661-7.2.1-S07", in_wait_reply, sccrp, "SCCCN", 0, "established", 1, false },
	{ "R2661-7.2.1-S08 version", in_wait_reply, sccrp_version, "StopCCN", 5, "closing", 1, false },
	{ "R2661-7.2.1-S08 no secret", in_wait_reply, sccrp_challenge, "StopCCN", 4, "closing", 1, false },
	{ "R2661-7.2.1-S08 no answer", in_wait_reply, sccrp, "StopCCN", 4, "closing", 1, true },
	{ "R2661-7.2.1-S09", in_wait_reply, tie_we_lose, "SCCRP", 0, "wait-ctl-reply", 2, false },
	{ "R2661-7.2.1-S10", in_wait_reply, scccn, "StopCCN", 7, "closing", 1, false },
	{ "R2661-7.2.1-S11", in_wait_reply, stopccn, "", 0, "linger", 1, false },
	{ "X2661-7.2.1-02", in_wait_reply, call, "", 0, "wait-ctl-reply", 1, false },
	{ "X2661-7.2.1-03", in_wait_reply, tie_we_win, "StopCCN", 3, "wait-ctl-reply", 1, false },
	{ "X2661-7.2.1-04", in_wait_reply, tie_equal, "", 0, "gone", 0, false },
	{ "R2661-4.4.3-24", in_wait_reply, tie_peer_without, "StopCCN", 3, "wait-ctl-reply", 1, false },
	{ "X2661-7.2.1-06", in_wait_reply, close_it, "", 0, "closing", 1, false }, /* behind the SCCRQ */
	{ "X2661-7.2.1-09 wait-ctl-reply", in_wait_reply, silence, "", 0, "gone", 0, false },
	{ "X2661-7.2.1-11 wait-ctl-reply", in_wait_reply, set_up_timeout, "StopCCN", 1, "linger", 1, false },
	{ "X2661-7.2.1-10 HELLO", in_wait_reply, hello, "StopCCN", 7, "closing", 1, false },
	{ "X2661-7.2.1-10 ICRQ", in_wait_reply, icrq, "StopCCN", 7, "closing", 1, false },
	{ "X2661-7.2.1-10 fault", in_wait_reply, fault, "StopCCN", 2, "closing", 1, false },
	{ "R2661-7.2.1-S12", in_wait_conn, scccn, "", 0, "established", 1, false },
	{ "R2661-7.2.1-S12 calls wait", in_wait_conn_with_call, scccn, "ICRQ", 0, "established", 1, false },
	{ "R2661-7.2.1-S13", in_wait_conn, scccn_unanswered, "StopCCN", 4, "gone", 0, true },
	{ "R2661-7.2.1-S14", in_wait_conn, sccrp, "StopCCN", 7, "gone", 0, false },
	{ "R2661-7.2.1-S15", in_wait_conn, sccrq, "StopCCN", 7, "gone", 0, false },
	{ "R2661-7.2.1-S16", in_wait_conn, stopccn, "", 0, "gone", 0, false },
	{ "X2661-7.2.1-07", in_wait_conn, call, "", 0, "wait-ctl-conn", 1, false },
	{ "X2661-7.2.1-08", in_wait_conn, close_it, "StopCCN", 1, "gone", 0, false },
	{ "X2661-7.2.1-09 wait-ctl-conn", in_wait_conn, silence, "", 0, "gone", 0, false },
	{ "X2661-7.2.1-10 HELLO", in_wait_conn, hello, "StopCCN", 7, "gone", 0, false },
	{ "X2661-7.2.1-10 ICRQ", in_wait_conn, icrq, "StopCCN", 7, "gone", 0, false },
	{ "X2661-7.2.1-10 CDN", in_wait_conn, cdn, "StopCCN", 7, "gone", 0, false },
	{ "X2661-7.2.1-10 fault", in_wait_conn, fault, "StopCCN", 2, "gone", 0, false },
	{ "X2661-7.2.1-11", in_wait_conn, set_up_timeout, "StopCCN", 1, "gone", 0, false },
	{ "R2661-7.2.1-S17", in_established, call, "ICRQ", 0, "established", 1, false },
	{ "R2661-7.2.1-S17 dialed", in_established_dialed, call, "ICRQ", 0, "established", 1, false },
	{ "R2661-7.2.1-S18", in_established, close_it, "StopCCN", 1, "closing", 1, false },
	{ "R2661-7.2.1-S18 dialed", in_established_dialed, close_it, "StopCCN", 1, "closing", 1, false },
	{ "R2661-7.2.1-S19", in_established, sccrq, "StopCCN", 7, "closing", 1, false },
	{ "R2661-7.2.1-S19 version", in_established, sccrq_version, "StopCCN", 7, "closing", 1, false },
	{ "R2661-7.2.1-S20", in_established, sccrp, "StopCCN", 7, "closing", 1, false },
	{ "R2661-7.2.1-S20 version", in_established, sccrp_version, "StopCCN", 7, "closing", 1, false },
	{ "R2661-7.2.1-S21", in_established, scccn, "StopCCN", 7, "closing", 1, false },
	{ "R2661-7.2.1-S22", in_established, stopccn, "", 0, "linger", 1, false },
	{ "R2661-7.2.1-S22 dialed", in_established_dialed, stopccn, "", 0, "linger", 1, false },
	{ "X2661-7.2.1-12", in_established, hello, "", 0, "established", 1, false },
	{ "X2661-7.2.1-16", in_established, icrq, "ICRP", 0, "established", 1, false },
	{ "X2661-6-07 ICRP", in_established, icrp, "", 0, "established", 1, false },
	{ "X2661-6-07 ICCN", in_established, iccn, "", 0, "established", 1, false },
	{ "X2661-6-07 CDN", in_established, cdn, "", 0, "established", 1, false },
	{ "R2661-4.1-04", in_established, fault, "StopCCN", 2, "closing", 1, false },
	{ "X2661-7.2.1-13 HELLO", in_closing, hello, "", 0, "linger", 1, false },
	{ "X2661-7.2.1-13 SCCRQ", in_closing, sccrq, "", 0, "linger", 1, false },
	{ "X2661-7.2.1-13 ICRQ", in_closing, icrq, "", 0, "linger", 1, false },
	{ "X2661-5.7-03", in_closing, stopccn, "", 0, "linger", 1, false },
	{ "R2661-7.6-01", in_closing, silence, "", 1, "gone", 0, false },
	{ "X2661-7.2.1-13 again", in_linger, hello, "", 0, "linger", 1, false },
	{ "X2661-7.2.1-13 call", in_linger, icrq, "", 0, "linger", 1, false },
	{ "X2661-7.2.1-13 fault", in_linger, fault, "", 0, "linger", 1, false },
	{ "X2661-7.2.1-13 StopCCN", in_linger, stopccn, "", 0, "linger", 1, false },
	{ "X2661-7.2.1-13 close", in_linger, close_it, "", 0, "linger", 1, false },
	{ "R2661-5.7-03", in_linger, lingered, "", 0, "gone", 0, false },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define GROUPS 8 /* of rows: each group runs in a process of its own */

static void check_cell(const struct row *row)
{
	char said[256];
	uint32_t id;
	const struct sent *s;

	world_init(&w);
	w.fixed_random = 0x77;
	if (row->challenge) {
		w.params.challenge = true;
		w.params.secret_len = 6;
		memcpy(w.params.secret, "secret", 6);
	}
	world_start(&w);
	peer_init(&p, &w, 9);
	w.fixed_random = row->event == tie_equal ? 0x77 : 0;
	id = row->state();
	world_forget(&w);
	row->event();
	if (!id)
		id = p.engine_id;
	ck_assert_msg(strcmp(world_said(&w, said, sizeof(said)), row->said) == 0 || row->event == silence,
		      "%s: said \"%s\", not \"%s\"", row->id, said, row->said);
	ck_assert_msg(strcmp(world_tunnel_state(&w, id), row->next) == 0, "%s: state is %s, not %s", row->id,
		      world_tunnel_state(&w, id), row->next);
	ck_assert_msg(world_stats(&w).tunnels == row->tunnels, "%s: %u tunnels", row->id, world_stats(&w).tunnels);
	s = world_sent(&w, CM_STOPCCN);
	if (s)
		ck_assert_msg(s->msg.result_code.result == row->result, "%s: result %u", row->id,
			      s->msg.result_code.result);
	/* and to the end of it all */
	l2tp_shutdown(w.l, NULL, w.now);
	world_pass(&w, 150 * USEC_PER_SEC);
	ck_assert_msg(l2tp_idle(w.l) && world_stats(&w).tunnels == 0 && watch_alive(&w.watch) == 0,
		      "%s: something is left", row->id);
	ck_assert_uint_eq(l2tp_deadline(w.l), USEC_NEVER);
	world_end(&w);
}

START_TEST(cell)
{
	for (size_t i = (size_t)_i; i < ROWS; i += GROUPS)
		check_cell(&rows[i]);
}
END_TEST

/* In every state, whatever the event: what the peer sent in order is acknowledged (X2661-7.1-04). */
static void check_acknowledged(const struct row *row)
{
	uint16_t ns;

	if (row->state == in_idle || row->challenge || !strcmp(row->next, "gone"))
		return;
	world_init(&w);
	world_start(&w);
	peer_init(&p, &w, 9);
	(void)row->state();
	ns = p.ns;
	world_forget(&w);
	row->event();
	world_pass(&w, USEC_PER_SEC / 10);
	if (p.ns != ns && p.engine_id) /* something was said, and to this tunnel */
		ck_assert_msg(w.n_sent && w.sent[w.n_sent - 1].header.nr == p.ns, "%s: not acknowledged", row->id);
	world_end(&w);
}

START_TEST(acknowledged)
{
	for (size_t i = (size_t)_i; i < ROWS; i += GROUPS)
		check_acknowledged(&rows[i]);
}
END_TEST

START_TEST(close_of_none) /* X2661-7.2.1-01: and nothing comes of it for others */
{
	uint32_t id;

	world_init(&w);
	world_start(&w);
	peer_init(&p, &w, 9);
	id = in_established();
	world_forget(&w);
	ck_assert_int_eq(l2tp_close_tunnel(w.l, id + 1, NULL, w.now), -ENOENT);
	world_drain(&w);
	ck_assert_uint_eq(w.n_sent, 0);
	ck_assert_str_eq(world_tunnel_state(&w, id), "established");
	world_end(&w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tunnel_fsm");
	TCase *tc = tcase_create("7.2.1");
	int failed;
	SRunner *runner;

	tcase_add_loop_test(tc, cell, 0, GROUPS);
	tcase_add_loop_test(tc, acknowledged, 0, GROUPS);
	tcase_add_test(tc, close_of_none);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
