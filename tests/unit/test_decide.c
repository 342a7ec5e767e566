/* SPDX-License-Identifier: MIT */
/*
 * Calls that the world decides upon: at once, late, never, for the second time when they are connected; what the peer and
 * the world are told, what is counted, and what is free again.
 */
#include "lib/l2tp/registry.h"

#include "engine_case.h"
#include "oom.h"

#include <errno.h>

#define UNDECIDED_MAX 256
#define LATE (2 * SEC)

static const struct l2tp_decision yes = { .accept = true, .phb = L2TP_PHB_NONE };
static const struct l2tp_decision no = { .reason = { .result = RC_CDN_BUSY, .text = "no line" } };

/* A call of the peer's, under this id. */
static void ask(enum cm_type type, uint16_t peer_session_id)
{
	struct msg m = peer_msg(&p, type);

	m.assigned_session_id = peer_session_id;
	peer_send(&p, &m, 0);
}

static void begin_asked(enum cm_type type)
{
	begin();
	w.params.lac = true;
	w.params.bearer_capabilities = L2TP_BEARER_DIGITAL;
	p.bearer = L2TP_BEARER_DIGITAL;
	peer_open(&p);
	w.undecided = true;
	world_forget(&w);
	ask(type, p.session_id);
	ck_assert_str_eq(w.log, "SESSION_DECIDE ");
	ck_assert(!w.last_decide.connected && w.last_decide.phb == L2TP_PHB_NONE);
	ck_assert_uint_eq(w.last_decide.peer_session_id, p.session_id);
}

static void expect_call(uint32_t session_id, const char *state)
{
	ck_assert_str_eq(world_session_state(&w, p.engine_id, session_id), state);
}

/* Never accepted: only counted. */
static void expect_refused(uint32_t sessions, uint64_t refused)
{
	struct l2tp_stats stats = world_stats(&w);

	ck_assert_uint_eq(stats.sessions, sessions);
	ck_assert_uint_eq(stats.refused, refused);
	ck_assert_uint_eq(stats.calls_refused, refused);
}

static const struct sent *expect_cdn(uint16_t result)
{
	const struct sent *s = world_sent(&w, CM_CDN);

	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(s->msg.result_code.result, result);
	return s;
}

/* ---- Asked for ----------------------------------------------------------------------------------------------- */

START_TEST(at_once) /* inside the pump: no time passes, no timer is due, nothing else is done first */
{
	begin();
	peer_open(&p);
	world_forget(&w);
	peer_say(&p, CM_ICRQ);
	ck_assert_str_eq(w.log, "SESSION_ADD ");
	expect_said("ICRP");
	ck_assert_uint_gt(l2tp_deadline(w.l), w.now);
	finish();
}
END_TEST

START_TEST(late) /* a decision that takes two seconds delays its own call, and no other */
{
	uint32_t first, second;

	begin_asked(CM_ICRQ);
	first = w.last_decide.session_id;
	ask(CM_ICRQ, 3000);
	second = w.last_decide.session_id;
	ck_assert_uint_ne(first, second);
	world_forget(&w);
	ck_assert_int_eq(world_decide(&w, second, &yes), 0);
	ck_assert_uint_eq(world_sent(&w, CM_ICRP)->header.session_id, 3000);
	expect_said("ICRP");
	p.engine_session_id = (uint16_t)second;
	w.undecided = false;
	peer_say(&p, CM_ICCN);
	expect_call(second, "established");
	world_pass(&w, LATE);
	expect_call(first, "wait-decision");
	world_forget(&w);
	ck_assert_int_eq(world_decide(&w, first, &yes), 0);
	ck_assert_str_eq(w.log, "SESSION_ADD ");
	ck_assert_uint_eq(world_sent(&w, CM_ICRP)->header.session_id, p.session_id);
	expect_said("ICRP");
	expect_call(first, "wait-connect");
	expect_refused(2, 0);
	finish();
}
END_TEST

START_TEST(repeated) /* the request is acknowledged like any message, and not asked about twice */
{
	uint8_t again[DATAGRAM_MAX];
	struct msg m;
	size_t len;

	begin_asked(CM_ICRQ);
	m = peer_msg(&p, CM_ICRQ);
	world_pass(&w, SEC);
	ck_assert_uint_eq(world_sent(&w, CM_ZLB)->header.nr, p.ns);
	p.ns--;
	len = peer_datagram(&p, &m, 0, again, sizeof(again));
	p.ns++;
	world_forget(&w);
	world_input(&w, &p.local, &p.addr, (struct l2tp_span){ again, len });
	world_pass(&w, SEC);
	ck_assert_str_eq(w.log, "");
	expect_said("");
	ck_assert_uint_eq(world_stats(&w).duplicates, 1);
	expect_refused(1, 0);
	finish();
}
END_TEST

START_TEST(refused) /* ICRQ, OCRQ; the world's words, and then nothing is to be decided any more */
{
	uint32_t id;

	begin_asked(_i ? CM_OCRQ : CM_ICRQ);
	id = w.last_decide.session_id;
	world_pass(&w, LATE);
	world_forget(&w);
	ck_assert_int_eq(world_decide(&w, id, &no), 0);
	ck_assert_str_eq(w.log, "SESSION_GONE ");
	ck_assert_uint_eq(expect_cdn(RC_CDN_BUSY)->header.session_id, p.session_id);
	ck_assert_uint_ne(expect_cdn(RC_CDN_BUSY)->msg.assigned_session_id, id); /* nobody's */
	expect_said("CDN");
	expect_call(id, "gone");
	ck_assert_int_eq(world_decide(&w, id, &yes), -ENOENT);
	expect_refused(0, 1);
	finish();
}
END_TEST

START_TEST(refused_without_a_result) /* R2661-4.4.2-D00 */
{
	begin_asked(CM_ICRQ);
	ck_assert_int_eq(world_decide(&w, w.last_decide.session_id, &(struct l2tp_decision){ 0 }), 0);
	expect_cdn(RC_CDN_ADMIN);
	finish();
}
END_TEST

START_TEST(only_by_decision) /* a report decides nothing; what was not asked cannot be decided */
{
	uint32_t id;

	begin_asked(CM_ICRQ);
	id = w.last_decide.session_id;
	world_forget(&w);
	l2tp_op_done(w.l, p.engine_id, id, 0, NULL, w.now);
	l2tp_op_done(w.l, p.engine_id, id, -EIO, "no", w.now);
	world_drain(&w);
	ck_assert_str_eq(w.log, "");
	expect_call(id, "wait-decision");
	ck_assert_int_eq(l2tp_decide(w.l, p.engine_id, id ^ 1, &yes, w.now), -ENOENT);
	ck_assert_int_eq(l2tp_decide(w.l, p.engine_id ^ 1, id, &yes, w.now), -ENOENT);
	w.hold = true;
	ck_assert_int_eq(world_decide(&w, id, &yes), 0);
	ck_assert_int_eq(world_decide(&w, id, &yes), -ENOENT); /* SESSION_ADD is in flight */
	expect_call(id, "wait-dataplane");
	w.hold = false;
	world_drain(&w);
	ck_assert_int_eq(world_decide(&w, id, &no), -ENOENT);
	expect_call(id, "wait-connect");
	finish();
}
END_TEST

static void hear_cdn(void)
{
	struct msg m = peer_msg(&p, CM_CDN);

	peer_send(&p, &m, 0);
}

static void close_session(void)
{
	ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, w.last_decide.session_id, NULL, w.now), 0);
	world_drain(&w);
}

static void wait_in_vain(void)
{
	world_pass(&w, w.params.setup_timeout);
}

static const struct {
	const char *name;
	void (*end)(void);
	const char *said;
	uint16_t result;
} ends[] = {
	{ "CDN", hear_cdn, "", 0 },
	{ "closed", close_session, "CDN", RC_CDN_ADMIN },
	{ "set-up time", wait_in_vain, "CDN", RC_CDN_TIMEOUT },
};

START_TEST(ends_undecided) /* the world hears at once that there is nothing to be decided any more, and no more than that */
{
	uint32_t id;

	begin_asked(CM_ICRQ);
	id = w.last_decide.session_id;
	world_forget(&w);
	ends[_i].end();
	ck_assert_msg(!strcmp(w.log, "SESSION_GONE "), "%s: %s", ends[_i].name, w.log);
	if (ends[_i].result)
		expect_cdn(ends[_i].result);
	expect_said(ends[_i].said);
	expect_call(id, "gone");
	ck_assert_int_eq(world_decide(&w, id, &yes), -ENOENT);
	expect_refused(0, 1);
	finish();
}
END_TEST

START_TEST(ends_unheard) /* the world was not even asked: the CDN was there before the ICRQ */
{
	struct msg m;

	begin();
	peer_open(&p);
	m = peer_msg(&p, CM_CDN);
	w.undecided = true;
	world_forget(&w);
	p.ns++;
	peer_send(&p, &m, 0);
	p.ns = (uint16_t)(p.ns - 2);
	peer_say(&p, CM_ICRQ);
	p.ns++;
	ck_assert_str_eq(w.log, "");
	expect_refused(0, 1);
	ck_assert_uint_eq(registry_find(w.l, p.engine_id)->sessions.undecided, 0);
	world_pass(&w, SEC);
	ck_assert_uint_eq(world_sent(&w, CM_ZLB)->header.nr, p.ns);
	w.undecided = false;
	peer_call(&p);
	ck_assert_str_eq(w.log, "SESSION_ADD SESSION_UP ");
	finish();
}
END_TEST

START_TEST(id_is_free) /* at once if the peer has not heard of it, else only when its quarantine is over */
{
	uint32_t first, second;

	begin();
	peer_open(&p);
	w.fixed_random = 5; /* the first id that is drawn is always the same */
	w.undecided = true;
	ask(CM_ICRQ, 3000);
	first = w.last_decide.session_id;
	ck_assert_int_eq(world_decide(&w, first, &no), 0);
	ask(CM_ICRQ, 3001);
	ck_assert_uint_eq(w.last_decide.session_id, first);
	ck_assert_int_eq(world_decide(&w, first, &yes), 0);
	ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, first, NULL, w.now), 0);
	world_drain(&w);
	ask(CM_ICRQ, 3002);
	second = w.last_decide.session_id;
	ck_assert_uint_ne(second, first);
	finish();
}
END_TEST

/* ---- How many ------------------------------------------------------------------------------------------------ */

static void ask_often(uint32_t n)
{
	begin();
	w.params.call_refusal = (struct l2tp_refusal){ RC_CDN_GENERAL, EC_TRY_ANOTHER };
	peer_open(&p);
	w.undecided = true;
	for (uint16_t i = 0; i < n; i++) {
		world_forget(&w);
		ask(CM_ICRQ, (uint16_t)(3000 + i));
		ck_assert_str_eq(w.log, "SESSION_DECIDE ");
	}
	world_pass(&w, SEC / 10);
	world_forget(&w);
	expect_refused(n, 0);
}

START_TEST(too_many) /* of a tunnel: what is more is refused unheard, until one is decided upon */
{
	uint32_t last;

	ask_often(UNDECIDED_MAX);
	last = w.last_decide.session_id;
	ask(CM_ICRQ, 9000);
	ck_assert_str_eq(w.log, "");
	expect_result(CM_CDN, RC_CDN_GENERAL, EC_TRY_ANOTHER);
	expect_said("CDN");
	expect_refused(UNDECIDED_MAX, 1);
	ck_assert_int_eq(world_decide(&w, last, &yes), 0);
	world_forget(&w);
	ask(CM_ICRQ, 9001);
	ck_assert_str_eq(w.log, "SESSION_DECIDE ");
	w.undecided = false;
	peer_open(&q); /* another tunnel has its own */
	peer_call(&q);
	ck_assert_str_eq(world_session_state(&w, q.engine_id, q.engine_session_id), "established");
	finish();
}
END_TEST

static void hear_stopccn(void)
{
	peer_say(&p, CM_STOPCCN);
}

static void close_tunnel(void)
{
	ck_assert_int_eq(l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now), 0);
	world_drain(&w);
}

static void shut_down(void)
{
	l2tp_shutdown(w.l, NULL, w.now);
	world_drain(&w);
}

static void (*const tunnel_ends[])(void) = { hear_stopccn, close_tunnel, shut_down };

START_TEST(tunnel_ends_undecided) /* with all that it may have */
{
	uint32_t id;
	size_t gone = 0;

	ask_often(UNDECIDED_MAX);
	id = w.last_decide.session_id;
	tunnel_ends[_i]();
	for (const char *at = w.log; (at = strstr(at, "SESSION_GONE ")); at++)
		gone++;
	ck_assert_uint_eq(gone, UNDECIDED_MAX);
	ck_assert(!world_logged(&w, "SESSION_DOWN") && !world_logged(&w, "SESSION_DEL"));
	ck_assert(world_logged(&w, "SESSION_GONE TUNNEL_DOWN "));
	ck_assert_ptr_null(world_sent(&w, CM_CDN));
	ck_assert_int_eq(world_decide(&w, id, &yes), -ENOENT);
	expect_refused(0, UNDECIDED_MAX);
	if (tunnel_ends[_i] == shut_down) {
		world_pass(&w, 200 * SEC);
		ck_assert(l2tp_idle(w.l));
		ck_assert_uint_eq(watch_alive(&w.watch), 0);
		world_end(&w);
	} else {
		finish();
	}
}
END_TEST

START_TEST(decided_while_the_tunnel_closes) /* whose calls are closed in portions: too late */
{
	uint32_t id;

	ask_often(3);
	id = w.last_decide.session_id;
	w.l->core.closings = 1;
	ck_assert_int_eq(l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now), 0);
	ck_assert_uint_eq(registry_find(w.l, p.engine_id)->sessions.alive, 2);
	ck_assert_int_eq(world_decide(&w, id, _i ? &yes : &no), 0);
	ck_assert(!world_logged(&w, "SESSION_ADD") && !world_logged(&w, "SESSION_DOWN"));
	ck_assert_ptr_null(world_sent(&w, CM_CDN));
	finish();
}
END_TEST

START_TEST(counts_against_the_limits)
{
	begin();
	w.params.sessions_max = 1;
	peer_open(&p);
	w.undecided = true;
	ask(CM_ICRQ, 3000);
	world_forget(&w);
	ask(CM_ICRQ, 3001);
	ck_assert_str_eq(w.log, "");
	expect_result(CM_CDN, RC_CDN_GENERAL, EC_RESOURCES);
	ck_assert_int_eq(world_decide(&w, w.last_decide.session_id, &no), 0);
	world_forget(&w);
	ask(CM_ICRQ, 3002);
	ck_assert_str_eq(w.log, "SESSION_DECIDE ");
	finish();
}
END_TEST

/* ---- Session DS (RFC 3308) ----------------------------------------------------------------------------------- */

enum { EF = 0xb800, AF11 = 0x2800 };

static const struct {
	const char *name;
	uint32_t asked, decided;
	bool required;
	uint16_t result;  /* of the CDN; 0: ICRP */
	uint32_t answer;
} behaviours[] = {
	{ "agreed", EF, EF, true, 0, EF },
	{ "another is offered", EF, AF11, false, 0, AF11 },
	{ "another is required", EF, AF11, true, RC_CDN_DS, 0 },
	{ "we take no part", EF, L2TP_PHB_NONE, true, 0, L2TP_PHB_NONE },
	{ "the peer takes none", L2TP_PHB_NONE, EF, false, 0, L2TP_PHB_NONE },
};

START_TEST(session_ds)
{
	struct msg m;

	begin();
	w.params.session_phb = AF11;
	w.params.phb_required = behaviours[_i].required;
	peer_open(&p);
	m = peer_msg(&p, CM_ICRQ);
	w.undecided = true;
	m.session_ds = (uint16_t)behaviours[_i].asked;
	if (behaviours[_i].asked != L2TP_PHB_NONE)
		msg_set(&m, AVP_SESSION_DS);
	m.assigned_session_id = p.session_id;
	peer_send(&p, &m, 0);
	ck_assert_uint_eq(w.last_decide.phb, AF11); /* the tunnel's */
	world_forget(&w);
	ck_assert_int_eq(world_decide(&w, w.last_decide.session_id,
				      &(struct l2tp_decision){ .accept = true, .phb = behaviours[_i].decided }), 0);
	if (behaviours[_i].result) {
		ck_assert_msg(!strcmp(w.log, "SESSION_GONE "), "%s: %s", behaviours[_i].name, w.log);
		expect_cdn(behaviours[_i].result);
		expect_refused(0, 1);
	} else {
		ck_assert_msg(w.last_add.phb == behaviours[_i].answer, "%s: %u", behaviours[_i].name, w.last_add.phb);
		ck_assert_int_eq(msg_has(&world_sent(&w, CM_ICRP)->msg, AVP_SESSION_DS), behaviours[_i].answer != L2TP_PHB_NONE);
	}
	finish();
}
END_TEST

/* ---- Connected ----------------------------------------------------------------------------------------------- */

static void say_iccn(bool sequenced)
{
	struct msg m = peer_msg(&p, CM_ICCN);

	m.private_group_id = (struct l2tp_span){ (const uint8_t *)"blue", 4 };
	m.proxy_authen_type = L2TP_PROXY_PAP;
	m.proxy_authen_name = (struct l2tp_span){ (const uint8_t *)"user", 4 };
	m.proxy_authen_response = (struct l2tp_span){ (const uint8_t *)"pass", 4 };
	msg_set(&m, AVP_PRIVATE_GROUP_ID);
	msg_set(&m, AVP_PROXY_AUTHEN_TYPE);
	msg_set(&m, AVP_PROXY_AUTHEN_NAME);
	msg_set(&m, AVP_PROXY_AUTHEN_ID);
	msg_set(&m, AVP_PROXY_AUTHEN_RESPONSE);
	if (sequenced)
		msg_set(&m, AVP_SEQUENCING_REQUIRED);
	peer_send(&p, &m, p.engine_session_id);
}

static uint32_t begin_connected(bool sequenced)
{
	begin();
	w.params.proxy_authentication = true;
	peer_open(&p);
	peer_say(&p, CM_ICRQ);
	w.undecided = true;
	world_forget(&w);
	say_iccn(sequenced);
	ck_assert_str_eq(w.log, "SESSION_DECIDE ");
	ck_assert(w.last_decide.connected);
	expect_call(p.engine_session_id, "connected");
	return p.engine_session_id;
}

static void expect_text(struct l2tp_span span, const char *text)
{
	ck_assert(span.len == strlen(text) && memcmp(span.data, text, span.len) == 0);
}

START_TEST(connected) /* with what the LAC tells only now, and in order: the decision, the data path, SESSION_UP */
{
	uint32_t id = begin_connected(_i);
	struct l2tp_session_info info;

	ck_assert_int_eq(l2tp_get_session(w.l, p.engine_id, id, &info), 0);
	expect_text(info.call->private_group_id, "blue");
	expect_text(info.call->proxy.authen_name, "user");
	ck_assert_ptr_eq(w.last_decide.call, info.call);
	world_pass(&w, LATE);
	world_forget(&w);
	ck_assert_int_eq(world_decide(&w, id, &yes), 0);
	ck_assert_str_eq(w.log, _i ? "SESSION_SET SESSION_UP " : "SESSION_UP ");
	expect_call(id, "established");
	ck_assert_int_eq(world_decide(&w, id, &no), -ENOENT);
	finish();
}
END_TEST

START_TEST(connected_and_refused) /* as any call that ends, and never up */
{
	uint32_t id = begin_connected(_i);

	world_forget(&w);
	ck_assert_int_eq(world_decide(&w, id, &no), 0);
	ck_assert_str_eq(w.log, "SESSION_DOWN SESSION_DEL SESSION_GONE ");
	expect_cdn(RC_CDN_BUSY);
	ck_assert_uint_eq(world_sent(&w, CM_CDN)->msg.assigned_session_id, id);
	ck_assert_int_eq(w.reason.origin, L2TP_BY_REQUEST);
	ck_assert_str_eq(w.reason.text, "no line");
	ck_assert_uint_eq(world_stats(&w).calls_refused, 0); /* it was accepted once */
	finish();
}
END_TEST

START_TEST(connected_and_ended) /* while the world thinks: the kernel's session goes at once */
{
	uint32_t id = begin_connected(_i);

	world_forget(&w);
	peer_say(&p, CM_CDN);
	ck_assert_str_eq(w.log, "SESSION_DOWN SESSION_DEL SESSION_GONE ");
	ck_assert_int_eq(w.reason.origin, L2TP_BY_PEER);
	ck_assert_int_eq(world_decide(&w, id, &yes), -ENOENT);
	finish();
}
END_TEST

START_TEST(our_own_calls) /* and an outgoing one that is connected: nobody is asked */
{
	struct l2tp_call_info info = { .framing_type = 1, .called_number = secret };
	uint32_t id;

	begin();
	w.params.lac = true;
	w.params.bearer_capabilities = p.bearer = L2TP_BEARER_DIGITAL;
	peer_open(&p);
	w.undecided = true;
	world_forget(&w);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 5, w.now, &id), 0);
	world_drain(&w);
	peer_say(&p, CM_ICRP);
	ck_assert_str_eq(w.log, "SESSION_ADD SESSION_UP ");
	world_forget(&w);
	p.session_id++;
	ck_assert_int_eq(l2tp_call_out(w.l, p.engine_id, &info, 5, w.now, &id), 0);
	world_drain(&w);
	peer_say(&p, CM_OCRP);
	peer_say(&p, CM_OCCN);
	ck_assert_str_eq(w.log, "SESSION_ADD SESSION_UP ");
	world_forget(&w);
	ask(CM_OCRQ, 3000); /* the peer's: once */
	ck_assert_int_eq(world_decide(&w, w.last_decide.session_id, &yes), 0);
	ck_assert_str_eq(w.log, "SESSION_DECIDE SESSION_ADD SESSION_DIAL SESSION_UP ");
	finish();
}
END_TEST

/* ---- Memory -------------------------------------------------------------------------------------------------- */

/* Accepted late, refused late, hung up undecided, accepted and ended. */
static void story(void)
{
	static const struct l2tp_decision *const decisions[] = { &yes, &no, NULL, &yes };

	peer_open(&p);
	w.undecided = true;
	for (uint16_t i = 0; i < 4; i++) {
		p.session_id = (uint16_t)(3000 + i);
		world_forget(&w);
		peer_say(&p, CM_ICRQ);
		if (!world_logged(&w, "SESSION_DECIDE"))
			continue;
		p.engine_session_id = (uint16_t)w.last_decide.session_id;
		if (decisions[i])
			(void)world_decide(&w, w.last_decide.session_id, decisions[i]);
		else
			hear_cdn();
		peer_say(&p, CM_ICCN);
		if (w.last_decide.connected)
			(void)l2tp_close_session(w.l, p.engine_id, w.last_decide.session_id, NULL, w.now);
		world_drain(&w);
	}
	world_pass(&w, SEC);
	peer_say(&p, CM_STOPCCN);
	world_pass(&w, 61 * SEC);
}

START_TEST(every_allocation_fails) /* the n-th, for every n: what was promised holds, and the next call is served */
{
	bool failed = true;
	int n;

	for (n = 1; failed; n++) {
		begin();
		oom_at = n;
		story();
		failed = oom_at == 0;
		oom_at = 0;
		w.undecided = false;
		forget_all(&p);
		p.id++;
		peer_open(&p);
		peer_call(&p);
		ck_assert_str_eq(world_session_state(&w, p.engine_id, p.engine_session_id), "established");
		finish();
	}
	ck_assert_int_gt(n, 20);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decide");
	TCase *tc = new_case(suite, "asked");

	tcase_add_test(tc, at_once);
	tcase_add_test(tc, late);
	tcase_add_test(tc, repeated);
	tcase_add_loop_test(tc, refused, 0, 2);
	tcase_add_test(tc, refused_without_a_result);
	tcase_add_test(tc, only_by_decision);
	tcase_add_loop_test(tc, ends_undecided, 0, sizeof(ends) / sizeof(ends[0]));
	tcase_add_test(tc, ends_unheard);
	tcase_add_test(tc, id_is_free);
	tc = new_case(suite, "many");
	tcase_add_test(tc, too_many);
	tcase_add_loop_test(tc, tunnel_ends_undecided, 0, sizeof(tunnel_ends) / sizeof(tunnel_ends[0]));
	tcase_add_loop_test(tc, decided_while_the_tunnel_closes, 0, 2);
	tcase_add_test(tc, counts_against_the_limits);
	tcase_add_loop_test(tc, session_ds, 0, sizeof(behaviours) / sizeof(behaviours[0]));
	tc = new_case(suite, "connected");
	tcase_add_loop_test(tc, connected, 0, 2);
	tcase_add_loop_test(tc, connected_and_refused, 0, 2);
	tcase_add_loop_test(tc, connected_and_ended, 0, 2);
	tcase_add_test(tc, our_own_calls);
	tc = new_case(suite, "memory");
	tcase_add_test(tc, every_allocation_fails);
	return run(suite);
}
