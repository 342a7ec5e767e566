/* SPDX-License-Identifier: MIT */
/*
 * session: who may have one, decided at once or late, and what is attached to it: a kind of the test's own, which nothing
 * outside of attach/ has ever heard of.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/open.h"
#include "core/state.h"
#include "ends.h"

/* ---- A kind of its own --------------------------------------------------------------------------------------- */

/* It comes up, and ends when it is told to or when the test wants it to. */
struct string {
	struct attachment attachment;
	sd_event_source *up, *stop;
	bool is_up, stopped_by_session;
	struct string *next;
};

static struct string *strings; /* all that are started */
static bool refuse_start;

static int on_up(sd_event_source *s, void *ctx)
{
	struct string *t = ctx;

	(void)s;
	t->is_up = true;
	attachment_up(&t->attachment);
	attachment_user(&t->attachment, "alice");
	attachment_user(&t->attachment, "mallory"); /* while that is being decided, or after it */
	return 0;
}

static int string_prepare(struct attachment *a, struct dataplane_session *spec)
{
	ck_assert_uint_eq(spec->session_id, a->session.session_id);
	return 0;
}

static int string_start(struct attachment *a)
{
	struct string *t = (struct string *)a;

	if (refuse_start)
		return -EMFILE;
	ck_assert_ptr_nonnull(a->session.call);
	t->next = strings;
	strings = t;
	return sd_event_add_defer(event, &t->up, on_up, t) < 0 ? -ENOMEM : 0;
}

static void string_end(struct string *t, const char *text)
{
	struct attachment_end end = { .reason = { .origin = L2TP_BY_PPP, .result = RC_CDN_ADMIN }, .text = text };

	snprintf(end.reason.text, sizeof(end.reason.text), "%s", text);
	attachment_stopped(&t->attachment, &end);
}

static int on_stop(sd_event_source *s, void *ctx)
{
	(void)s;
	string_end(ctx, "stopped");
	return 0;
}

static void string_stop(struct attachment *a)
{
	struct string *t = (struct string *)a;

	ck_assert(!t->stopped_by_session);
	t->stopped_by_session = true;
	ck_assert_int_ge(sd_event_add_defer(event, &t->stop, on_stop, t), 0);
}

static void string_view(const struct attachment *a, struct attachment_view *ret)
{
	ret->phase = ((const struct string *)a)->is_up ? ATTACHMENT_UP : ATTACHMENT_STARTING;
	snprintf(ret->interface, sizeof(ret->interface), "string%u", a->session.decision->interface);
}

static void string_free(struct attachment *a)
{
	struct string *t = (struct string *)a, **at = &strings;

	while (*at && *at != t)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
	sd_event_source_disable_unref(t->up);
	sd_event_source_disable_unref(t->stop);
}

static const struct attachment_class attachment_string = {
	.name = "string",
	.size = sizeof(struct string),
	.prepare = string_prepare,
	.start = string_start,
	.stop = string_stop,
	.view = string_view,
	.free = string_free,
};

/* ---- A decider of its own -------------------------------------------------------------------------------------- */

static struct question {
	struct decision *decision;
	enum decide_moment moment;
	char called[32], user[32];
	sd_event_source *timer;
	struct question *next;
} *questions;
static usec_t late;               /* time that an answer takes */
static const char *late_number;   /* of calls to this number, NULL: of all */
static enum decide_moment late_moment;
static const char *no;            /* refused, with this text; NULL: allowed */
static unsigned asked, forgotten;

static void question_free(struct question *q)
{
	struct question **at = &questions;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
	sd_event_source_disable_unref(q->timer);
	free(q);
}

static void reply(struct question *q)
{
	struct l2tp_reason refusal = { .origin = L2TP_BY_REQUEST, .result = RC_CDN_ADMIN };
	struct decision *n = q->decision;

	question_free(q);
	snprintf(refusal.text, sizeof(refusal.text), "%s", no ? no : "");
	decide_answer(n, no ? &refusal : NULL);
}

static int on_late(sd_event_source *s, uint64_t usec, void *ctx)
{
	(void)s, (void)usec;
	reply(ctx);
	return 0;
}

static void ask(struct decider *d, struct decision *n, enum decide_moment moment, const struct decide_request *r)
{
	struct question *q = calloc(1, sizeof(*q));
	const struct l2tp_span called = r->call ? r->call->called_number : (struct l2tp_span){ 0 };

	(void)d;
	ck_assert_ptr_nonnull(q);
	*q = (struct question){ .decision = n, .moment = moment, .next = questions };
	questions = q;
	asked |= 1U << moment;
	if (moment == DECIDE_USER && late && late_moment == moment)
		ck_assert_str_eq(r->user, "alice");
	ck_assert(r->tunnel_profile && r->peer_host_name.len && r->call);
	snprintf(q->called, sizeof(q->called), "%.*s", (int)called.len, (const char *)called.data);
	if (late && moment == late_moment && (!late_number || strcmp(late_number, q->called) == 0))
		ck_assert_int_ge(sd_event_add_time_relative(event, &q->timer, CLOCK_MONOTONIC, late, 0, on_late, q), 0);
	else
		reply(q);
}

static void forget(struct decider *d, struct decision *n)
{
	struct question *q = questions;

	(void)d;
	while (q->decision != n)
		q = q->next;
	question_free(q);
	forgotten++;
}

static const struct decider_class decider_class = { .name = "test", .ask = ask, .forget = forget };
static struct decider decider = { &decider_class };

static void setup(void)
{
	ends_setup();
	strings = NULL;
	questions = NULL;
	late = 0;
	late_number = no = NULL;
	late_moment = DECIDE_ASKED;
	asked = forgotten = 0;
	refuse_start = false;
}

/* ---- Tests ----------------------------------------------------------------------------------------------------- */

static void use_strings(struct decider *d)
{
	static const struct attachment_class *const kinds[] = { &attachment_string, NULL };

	ends_options.attachments = kinds;
	ends_options.attachment = "string";
	ends_options.decider = d;
}

static uint32_t sessions_of(const struct end *e)
{
	struct l2tp_stats s;

	l2tp_get_stats(e->driver->engine.l2tp, &s);
	return s.sessions;
}

static void two_ends(struct end *lns, struct end *lac, const char *more_lns, const char *more_lac)
{
	uint16_t port = free_port();
	char text[1024];

	snprintf(text, sizeof(text), "pool three { range = 10.0.0.2-10.0.0.4 }\n%s", lns_text(port, more_lns));
	start(lns, "lns", text);
	start_lac(lac, port, more_lac);
}

static void free_ends(struct end *lns, struct end *lac)
{
	end_free(lac);
	end_free(lns);
}

START_TEST(kind) /* from the first word to the last, and seen as what it is */
{
	struct view_session s;
	struct end lns, lac;

	use_strings(NULL);
	two_ends(&lns, &lac, "", "");
	run_until(&lac, "ATTACHMENT_UP", 1);
	run_until(&lns, "ATTACHMENT_UP", 1);
	ck_assert_int_eq(view_session(lac.driver, lac.tunnel_id, lac.session_id, &s), 0);
	ck_assert_str_eq(s.attachment.kind, "string");
	ck_assert_str_eq(s.attachment.interface, "string0");
	ck_assert_int_eq(s.attachment.phase, ATTACHMENT_UP);
	ck_assert_int_eq(open_close(lac.driver, lac.tunnel_id, lac.session_id, NULL), 0);
	ck_assert_int_eq(view_session(lac.driver, lac.tunnel_id, lac.session_id, &s), 0);
	ck_assert_int_eq(s.attachment.phase, ATTACHMENT_STOPPING);
	run_until(&lac, "SESSION_GONE", 1);
	run_until(&lns, "SESSION_GONE", 1);
	ck_assert_ptr_nonnull(strstr(lac.heard, "SESSION_OPENED SESSION_ESTABLISHED ATTACHMENT_STARTED ATTACHMENT_UP "
						"SESSION_CLOSING ATTACHMENT_STOPPED SESSION_GONE"));
	free_ends(&lns, &lac);
}
END_TEST

START_TEST(kind_ends) /* by itself: its cause is the session's */
{
	struct end lns, lac;

	use_strings(NULL);
	two_ends(&lns, &lac, "", "");
	run_until(&lac, "ATTACHMENT_UP", 1);
	run_until(&lns, "ATTACHMENT_UP", 1);
	string_end(strings->attachment.session.lns ? strings : strings->next, "cut");
	run_until(&lac, "SESSION_CLOSING", 1);
	run_until(&lns, "SESSION_GONE", 1);
	ck_assert_int_eq(lns.reason.origin, L2TP_BY_PPP);
	ck_assert_str_eq(lns.reason.text, "cut");
	ck_assert_str_eq(lac.reason.text, "cut");
	free_ends(&lns, &lac);
}
END_TEST

START_TEST(kind_does_not_start)
{
	struct end lns, lac;

	use_strings(NULL);
	refuse_start = true;
	two_ends(&lns, &lac, "", "");
	run_until(&lac, "SESSION_CLOSING", 1);
	run_until(&lns, "SESSION_CLOSING", 1);
	ck_assert_int_eq(lac.reason.origin == L2TP_BY_LOCAL || lac.reason.origin == L2TP_BY_PEER, 1);
	free_ends(&lns, &lac);
}
END_TEST

START_TEST(shutdown) /* attachments end before the tunnel is taken from under them */
{
	struct end lns, lac;

	use_strings(NULL);
	two_ends(&lns, &lac, "", "calls = 3");
	run_until(&lac, "ATTACHMENT_UP", 3);
	run_until(&lns, "ATTACHMENT_UP", 3);
	driver_stop(lac.driver);
	run_until(&lac, "ATTACHMENT_STOPPED", 3);
	ck_assert_ptr_nonnull(strstr(lac.heard, "STOPPING ATTACHMENT_STOPPED ATTACHMENT_STOPPED ATTACHMENT_STOPPED "));
	free_ends(&lns, &lac);
}
END_TEST

/* A burst of calls that were all asked for before one of them is established.  Three find an address; the others are
 * refused at once: none is established, and then dies for want of one. */
START_TEST(burst)
{
	struct end lns, lac;

	use_strings(NULL);
	two_ends(&lns, &lac, "ppp { pool = three }", "calls = 8");
	run_until(&lns, "ATTACHMENT_UP", 3);
	run_until(&lac, "SESSION_CLOSING", 5);
	run_for(100 * USEC_PER_MSEC);
	ck_assert_uint_eq(count(lns.heard, "SESSION_OPENED"), 3);
	ck_assert_uint_eq(count(lns.heard, "SESSION_ESTABLISHED"), 3);
	ck_assert_uint_eq(count(lns.heard, "SESSION_CLOSING"), 0);
	ck_assert_uint_eq(pool_used(lns.driver->decide.pools[0]), 3);
	ck_assert_uint_eq(sessions_of(&lns), 3);
	ck_assert_int_eq(lac.reason.result, RC_CDN_NO_FACILITY_TEMPORARY);
	/* an address that comes back is given again */
	ck_assert_int_eq(open_close(lns.driver, lns.tunnel_id, lns.session_id, NULL), 0);
	run_until(&lns, "SESSION_GONE", 1);
	run_until(&lns, "ATTACHMENT_UP", 4);
	free_ends(&lns, &lac);
	ck_assert_ptr_null(strings);
}
END_TEST

START_TEST(own_burst) /* the same of calls that we place: given up before they are established */
{
	struct end lns, lac;
	char text[1024];
	uint16_t port = free_port();

	use_strings(NULL);
	start_lns(&lns, port, "");
	snprintf(text, sizeof(text), "pool two { range = 10.0.0.2-10.0.0.3 }\n%s",
		 lac_text(port, "calls = 4 ppp { pool = two } redial-min = 1h redial-max = 1h"));
	start(&lac, "lac", text);
	run_until(&lac, "ATTACHMENT_UP", 2);
	run_until(&lac, "SESSION_GONE", 2);
	ck_assert_uint_eq(count(lac.heard, "SESSION_ESTABLISHED"), 2);
	ck_assert_uint_eq(pool_used(lac.driver->decide.pools[0]), 2);
	ck_assert_int_eq(lac.reason.origin, L2TP_BY_LOCAL);
	free_ends(&lns, &lac);
}
END_TEST

/* ---- Late ------------------------------------------------------------------------------------------------------ */

/* The slow one holds up nobody. */
START_TEST(late_answer)
{
	struct l2tp_call_info slow = { .called_number = { (const uint8_t *)"slow", 4 } };
	struct l2tp_call_info quick = { .called_number = { (const uint8_t *)"quick", 5 } };
	struct end lns, lac;
	usec_t begun;
	uint32_t id;

	late = 2 * USEC_PER_SEC;
	late_number = "slow";
	use_strings(&decider);
	two_ends(&lns, &lac, "", "");
	run_until(&lns, "ATTACHMENT_UP", 1);
	begun = clock_now();
	ck_assert_int_eq(open_call(lac.driver, lac.tunnel_id, &slow, &id), 0);
	ck_assert_int_eq(open_call(lac.driver, lac.tunnel_id, &quick, &id), 0);
	run_until(&lns, "ATTACHMENT_UP", 2);
	ck_assert_uint_lt(clock_now() - begun, USEC_PER_SEC);
	run_until(&lns, "ATTACHMENT_UP", 3);
	ck_assert_uint_ge(clock_now() - begun, late);
	ck_assert_uint_eq(count(lac.heard, "SESSION_CLOSING"), 0);
	ck_assert_uint_eq(asked, 1U << DECIDE_ASKED | 1U << DECIDE_CONNECTED | 1U << DECIDE_USER);
	free_ends(&lns, &lac);
}
END_TEST

START_TEST(late_refusal) /* at each moment on the way to a session */
{
	struct end lns, lac;

	late = 200 * USEC_PER_MSEC;
	late_moment = _i ? DECIDE_CONNECTED : DECIDE_ASKED;
	use_strings(&decider);
	two_ends(&lns, &lac, "ppp { pool = three }", "redial-min = 1h redial-max = 1h calls = 0");
	run_until(&lac, "TUNNEL_ESTABLISHED", 1);
	uint32_t id;
	ck_assert_int_eq(open_call(lac.driver, lac.tunnel_id, &(struct l2tp_call_info){ 0 }, &id), 0);
	while (!questions)
		run_for(10 * USEC_PER_MSEC);
	ck_assert_uint_eq(pool_used(lns.driver->decide.pools[0]), 1);
	no = "not you";
	run_until(&lac, "SESSION_GONE", 1);
	ck_assert_str_eq(lac.reason.text, "not you");
	run_for(100 * USEC_PER_MSEC);
	ck_assert_uint_eq(count(lns.heard, "SESSION_OPENED"), _i);
	ck_assert_uint_eq(count(lns.heard, "SESSION_GONE"), _i);
	ck_assert_uint_eq(count(lns.heard, "SESSION_ESTABLISHED"), 0);
	ck_assert_uint_eq(pool_used(lns.driver->decide.pools[0]), 0);
	free_ends(&lns, &lac);
}
END_TEST

START_TEST(too_late) /* the LAC gives up before the answer comes: nobody is asked any more, and nothing is held */
{
	struct end lns, lac;
	uint32_t id;

	late = 10 * USEC_PER_SEC;
	use_strings(&decider);
	two_ends(&lns, &lac, "ppp { pool = three }", "redial-min = 1h redial-max = 1h calls = 0");
	run_until(&lac, "TUNNEL_ESTABLISHED", 1);
	ck_assert_int_eq(open_call(lac.driver, lac.tunnel_id, &(struct l2tp_call_info){ 0 }, &id), 0);
	while (!questions)
		run_for(10 * USEC_PER_MSEC);
	ck_assert_int_eq(open_close(lac.driver, lac.tunnel_id, _i ? 0 : id, NULL), 0);
	while (questions)
		run_for(10 * USEC_PER_MSEC);
	ck_assert_uint_eq(forgotten, 1);
	ck_assert_uint_eq(pool_used(lns.driver->decide.pools[0]), 0);
	ck_assert_uint_eq(count(lns.heard, "SESSION_"), 0);
	free_ends(&lns, &lac);
}
END_TEST

/* The session carries packets meanwhile. */
START_TEST(late_user)
{
	static const char *const refusals[] = { NULL, "not that one", NULL };
	struct end lns, lac;

	late = 200 * USEC_PER_MSEC;
	late_moment = DECIDE_USER;
	use_strings(NULL);
	uint16_t port = free_port();
	start_lac(&lac, port, "redial-min = 1h redial-max = 1h");
	ends_options.decider = &decider;
	start_lns(&lns, port, "");
	run_until(&lns, "ATTACHMENT_UP", 1);
	while (!questions)
		run_for(10 * USEC_PER_MSEC);
	no = refusals[_i];
	if (_i == 2)
		ck_assert_int_eq(open_close(lac.driver, lac.tunnel_id, lac.session_id, NULL), 0);
	while (questions)
		run_for(10 * USEC_PER_MSEC);
	run_for(100 * USEC_PER_MSEC);
	ck_assert_uint_eq(count(lns.heard, "SESSION_CLOSING"), _i > 0);
	ck_assert_uint_eq(forgotten, _i == 2);
	if (no)
		ck_assert_str_eq(lac.reason.text, no);
	free_ends(&lns, &lac);
}
END_TEST

START_TEST(freed_while_asked)
{
	struct end lns, lac;

	late = 10 * USEC_PER_SEC;
	use_strings(&decider);
	two_ends(&lns, &lac, "", "calls = 5");
	while (!questions)
		run_for(10 * USEC_PER_MSEC);
	free_ends(&lns, &lac);
	ck_assert_ptr_null(questions);
}
END_TEST

START_TEST(moved) /* what the ICCN says decides for another profile: its pool, its limit */
{
	uint16_t port = free_port();
	struct end lns, lac;
	char text[1024];

	use_strings(NULL);
	snprintf(text, sizeof(text), "listen = \"127.0.0.1:%u\"\n"
		 "pool one { range = 10.1.0.1-10.1.0.1 } pool many { range = 10.2.0.1-10.2.0.9 }\n"
		 "lns red { host-name = l private-group-id = red ppp { pool = one } }\n"
		 "lns any { host-name = l ppp { pool = many } }\n", port);
	start(&lns, "lns", text);
	start_lac(&lac, port, "calls = 2 private-group-id = red");
	run_until(&lns, "ATTACHMENT_UP", 1);
	run_until(&lac, "SESSION_CLOSING", 1);
	run_for(50 * USEC_PER_MSEC);
	ck_assert_uint_eq(count(lns.heard, "SESSION_ESTABLISHED"), 1);
	ck_assert_int_eq(lac.reason.result, RC_CDN_NO_FACILITY_TEMPORARY);
	free_ends(&lns, &lac);
}
END_TEST

START_TEST(not_kept_out) /* 0: by a profile that is full and that may not be theirs; 1: it is theirs for sure */
{
	uint16_t port = free_port();
	struct end lns, lac;
	char text[1024];

	use_strings(NULL);
	snprintf(text, sizeof(text), "listen = \"127.0.0.1:%u\"\n"
		 "lns red { host-name = l %s max-sessions = 1 }\n"
		 "lns any { host-name = l }\n", port, _i ? "" : "private-group-id = red");
	start(&lns, "lns", text);
	start_lac(&lac, port, "calls = 3 redial-min = 1h redial-max = 1h");
	run_until(&lns, "ATTACHMENT_UP", _i ? 1 : 3);
	if (_i)
		run_until(&lac, "SESSION_CLOSING", 2);
	run_for(50 * USEC_PER_MSEC);
	ck_assert_uint_eq(count(lac.heard, "SESSION_CLOSING"), _i ? 2 : 0);
	ck_assert_uint_eq(count(lns.heard, "SESSION_OPENED"), _i ? 1 : 3);
	free_ends(&lns, &lac);
}
END_TEST

/* A reload while the LAC dials: what the profile has got meanwhile is for this one, too.  Without an address of the pool
 * its peer would be asked which one it wants. */
START_TEST(demands_more) /* 0: before it is connected; 1: before it is attached; 2, 3: when the pool has none left */
{
	struct end lns, lac;
	char text[1024];
	uint16_t port = free_port();
	uint32_t id;

	late = 200 * USEC_PER_MSEC;
	late_moment = _i % 2 ? DECIDE_CONNECTED : DECIDE_ASKED;
	use_strings(&decider);
	start_lns(&lns, port, "");
	start_lac(&lac, port, "redial-min = 1h redial-max = 1h calls = 0");
	run_until(&lac, "TUNNEL_ESTABLISHED", 1);
	ck_assert_int_eq(open_call(lac.driver, lac.tunnel_id, &(struct l2tp_call_info){ 0 }, &id), 0);
	while (!questions)
		run_for(10 * USEC_PER_MSEC);
	snprintf(text, sizeof(text), "pool one { range = 10.0.0.2-10.0.0.2 }\n%s",
		 lns_text(port, "ppp { pool = one interface = \"s%d\" }"));
	reload(&lns, "lns", text);
	if (_i >= 2)
		ck_assert_uint_ne(pool_acquire(lns.driver->decide.pools[0]), 0);
	if (_i < 2) {
		run_until(&lns, "ATTACHMENT_UP", 1);
		ck_assert_uint_eq(strings->attachment.session.decision->address, 0x0a000002);
		ck_assert_uint_eq(strings->attachment.session.decision->interface, 1);
		ck_assert_uint_eq(pool_used(lns.driver->decide.pools[0]), 1);
	} else {
		run_until(&lac, "SESSION_GONE", 1);
		ck_assert_int_eq(lac.reason.result, RC_CDN_NO_FACILITY_TEMPORARY);
		ck_assert_uint_eq(count(lns.heard, "ATTACHMENT_STARTED"), 0);
	}
	free_ends(&lns, &lac);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("session");
	TCase *tc = tcase_create("session");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, ends_teardown);
	tcase_add_test(tc, kind);
	tcase_add_test(tc, kind_ends);
	tcase_add_test(tc, kind_does_not_start);
	tcase_add_test(tc, shutdown);
	tcase_add_test(tc, burst);
	tcase_add_test(tc, own_burst);
	tcase_add_test(tc, late_answer);
	tcase_add_loop_test(tc, late_refusal, 0, 2);
	tcase_add_loop_test(tc, too_late, 0, 2);
	tcase_add_loop_test(tc, late_user, 0, 3);
	tcase_add_test(tc, freed_while_asked);
	tcase_add_test(tc, moved);
	tcase_add_loop_test(tc, not_kept_out, 0, 2);
	tcase_add_loop_test(tc, demands_more, 0, 4);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
