/* SPDX-License-Identifier: MIT */
/* What an engine tells about itself, and walks over everything in it while everything changes. */
#include "engine_world.h"

#include <check.h>
#include <errno.h>
#include <time.h>

#define SEC USEC_PER_SEC
#define TUNNELS 8
#define CALLS 24 /* at once, about */
#define MET_MAX 4096

static struct world w;
static struct peer peers[TUNNELS];

static void begin(void)
{
	world_init(&w);
	world_start(&w);
}

static void finish(void)
{
	world_end(&w);
}

static uint32_t call(struct peer *p)
{
	p->session_id++;
	peer_call(p);
	return p->engine_session_id;
}

static struct l2tp_tunnel_info tunnel(uint32_t id)
{
	struct l2tp_tunnel_info info;

	ck_assert_int_eq(l2tp_get_tunnel(w.l, id, &info), 0);
	return info;
}

static struct l2tp_session_info session(const struct peer *p, uint32_t id)
{
	struct l2tp_session_info info;

	ck_assert_int_eq(l2tp_get_session(w.l, p->engine_id, id, &info), 0);
	return info;
}

/* ---- One in full --------------------------------------------------------------------------------------------- */

START_TEST(tunnel_in_time)
{
	struct l2tp_tunnel_info t;
	struct peer *p = &peers[0];
	usec_t t0;
	uint32_t id;

	begin();
	peer_init(p, &w, 9);
	p->deaf = true;
	t0 = w.now;
	id = engine_dial(p);
	t = tunnel(id);
	ck_assert_uint_eq(t.version, 2);
	ck_assert_uint_eq(t.created, t0);
	ck_assert_uint_eq(t.established, 0);
	ck_assert_uint_eq(t.life_at, t0 + w.params.setup_timeout);
	ck_assert_uint_eq(t.retransmit_at, t0 + SEC);
	ck_assert_uint_eq(t.retransmit_interval, SEC);
	ck_assert_uint_eq(t.receive_window, w.params.receive_window);
	ck_assert_int_eq(t.reason->origin, L2TP_BY_NOBODY);
	world_pass(&w, 1500 * USEC_PER_MSEC);
	ck_assert_uint_eq(tunnel(id).retransmit_interval, 2 * SEC);
	ck_assert_uint_eq(tunnel(id).retransmit_at, t0 + 3 * SEC);
	peer_accept(p);
	p->deaf = false;
	world_pass(&w, 10 * SEC);
	t = tunnel(id);
	ck_assert_uint_eq(t.established, t0 + 1500 * USEC_PER_MSEC);
	ck_assert_uint_eq(t.retransmit_at, USEC_NEVER);
	ck_assert_uint_eq(t.life_at, USEC_NEVER);
	ck_assert_uint_gt(t.hello_at, w.now);
	ck_assert_uint_le(t.hello_at, w.now + w.params.hello_interval);
	l2tp_close_tunnel(w.l, id, &(struct l2tp_reason){ .result = RC_STOPCCN_SHUTDOWN, .text = "night" }, w.now);
	world_drain(&w);
	t = tunnel(id);
	ck_assert_int_eq(t.reason->origin, L2TP_BY_REQUEST);
	ck_assert_uint_eq(t.reason->result, RC_STOPCCN_SHUTDOWN);
	ck_assert_str_eq(t.reason->text, "night");
	ck_assert_uint_eq(t.hello_at, USEC_NEVER);
	finish();
}
END_TEST

START_TEST(session_in_time)
{
	struct l2tp_session_info s;
	struct peer *p = &peers[0];
	usec_t t0;

	begin();
	peer_init(p, &w, 9);
	peer_open(p);
	t0 = w.now;
	peer_say(p, CM_ICRQ);
	world_pass(&w, SEC);
	s = session(p, p->engine_session_id);
	ck_assert_uint_eq(s.created, t0);
	ck_assert_uint_eq(s.established, 0);
	ck_assert_uint_eq(s.life_at, t0 + w.params.setup_timeout);
	ck_assert_uint_eq(s.call_cookie, 0);
	ck_assert_int_eq(s.reason->origin, L2TP_BY_NOBODY);
	ck_assert_uint_gt(s.serial, tunnel(p->engine_id).serial);
	peer_say(p, CM_ICCN);
	s = session(p, p->engine_session_id);
	ck_assert_uint_eq(s.established, t0 + SEC);
	ck_assert_uint_eq(s.life_at, USEC_NEVER);
	w.hold = true; /* SESSION_DEL takes its time: the dead are seen */
	peer_say(p, CM_CDN);
	s = session(p, p->engine_session_id);
	ck_assert_str_eq(s.state, "dead");
	ck_assert_int_eq(s.reason->origin, L2TP_BY_PEER);
	ck_assert_uint_eq(s.established, t0 + SEC);
	finish();
}
END_TEST

/* ---- Walks --------------------------------------------------------------------------------------------------- */

START_TEST(nothing)
{
	struct l2tp_cursor c = { 0 };
	struct l2tp_tunnel_info t;
	struct l2tp_session_info s;

	begin();
	ck_assert_int_eq(l2tp_next_tunnel(w.l, &c, &t), -ENOENT);
	ck_assert_int_eq(l2tp_next_session(w.l, &c, &s), -ENOENT);
	ck_assert_uint_eq(c.tunnel_serial, 0);
	finish();
}
END_TEST

START_TEST(in_order)
{
	struct l2tp_cursor c = { 0 };
	struct l2tp_tunnel_info t;
	struct l2tp_session_info s;
	uint32_t id[4];

	begin();
	for (uint8_t i = 0; i < 3; i++) {
		peer_init(&peers[i], &w, (uint8_t)(9 + i));
		peer_open(&peers[i]);
	}
	id[2] = call(&peers[2]); /* the tunnel between has none */
	id[0] = call(&peers[0]);
	id[1] = call(&peers[0]);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(l2tp_next_tunnel(w.l, &c, &t), 0);
		ck_assert_uint_eq(t.tunnel_id, peers[i].engine_id);
	}
	ck_assert_int_eq(l2tp_next_tunnel(w.l, &c, &t), -ENOENT);
	ck_assert_int_eq(l2tp_next_session(w.l, &c, &s), 0); /* behind the last tunnel stand its sessions */
	ck_assert_uint_eq(s.session_id, id[2]);
	c = (struct l2tp_cursor){ 0 };
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(l2tp_next_session(w.l, &c, &s), 0);
		ck_assert_uint_eq(s.session_id, id[i]);
		ck_assert_uint_eq(s.tunnel_id, peers[i / 2 * 2].engine_id);
	}
	ck_assert_int_eq(l2tp_next_session(w.l, &c, &s), -ENOENT);
	id[3] = call(&peers[2]); /* one more has come: the walk goes on */
	ck_assert_int_eq(l2tp_next_session(w.l, &c, &s), 0);
	ck_assert_uint_eq(s.session_id, id[3]);
	finish();
}
END_TEST

/* Made by somebody else: any numbers. */
START_TEST(forged)
{
	static const struct l2tp_cursor made_up[] = {
		{ UINT64_MAX, UINT64_MAX, UINT32_MAX, UINT32_MAX }, { UINT64_MAX, 0, 1, 0 }, { 1, UINT64_MAX, 0, 0 },
	};
	struct l2tp_tunnel_info t;
	struct l2tp_session_info s;

	begin();
	peer_init(&peers[0], &w, 9);
	peer_open(&peers[0]);
	(void)call(&peers[0]);
	for (size_t i = 0; i < sizeof(made_up) / sizeof(made_up[0]); i++) {
		struct l2tp_cursor a = made_up[i], b = made_up[i];

		ck_assert_int_eq(l2tp_next_tunnel(w.l, &a, &t), -ENOENT);
		ck_assert_int_eq(l2tp_next_session(w.l, &b, &s), -ENOENT);
	}
	finish();
}
END_TEST

/* What the cursor stands at goes away, and another object gets its id. */
START_TEST(gone)
{
	struct l2tp_cursor c = { 0 }, d;
	struct l2tp_tunnel_info t;
	struct l2tp_session_info s;
	uint32_t id[4];

	begin();
	for (uint8_t i = 0; i < 3; i++) {
		peer_init(&peers[i], &w, (uint8_t)(9 + i));
		peer_open(&peers[i]);
	}
	for (int i = 0; i < 4; i++)
		id[i] = call(&peers[1]);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(l2tp_next_session(w.l, &c, &s), 0);
	d = c;
	d.session_id = id[3]; /* as if it had come back under this id */
	ck_assert_int_eq(l2tp_next_session(w.l, &d, &s), 0);
	ck_assert_uint_eq(s.session_id, id[2]);
	l2tp_close_session(w.l, peers[1].engine_id, id[1], NULL, w.now);
	world_drain(&w);
	world_pass(&w, SEC);
	ck_assert_int_eq(l2tp_next_session(w.l, &c, &s), 0);
	ck_assert_uint_eq(s.session_id, id[2]);
	c = (struct l2tp_cursor){ 0 };
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(l2tp_next_tunnel(w.l, &c, &t), 0);
	d = c;
	d.tunnel_id = peers[0].engine_id;
	ck_assert_int_eq(l2tp_next_tunnel(w.l, &d, &t), 0);
	ck_assert_uint_eq(t.tunnel_id, peers[2].engine_id);
	l2tp_close_tunnel(w.l, peers[1].engine_id, NULL, w.now);
	world_drain(&w);
	world_pass(&w, 40 * SEC);
	d = c;
	d.session_serial = 1;
	ck_assert_int_eq(l2tp_next_session(w.l, &d, &s), -ENOENT);
	ck_assert_int_eq(l2tp_next_tunnel(w.l, &c, &t), 0);
	ck_assert_uint_eq(t.tunnel_id, peers[2].engine_id);
	finish();
}
END_TEST

struct met {
	size_t n;
	uint64_t serial[MET_MAX];
};

/* One place a call or clears one, at random; the calls of peer 0 stay. */
static void change(uint32_t ids[][CALLS])
{
	struct peer *p = &peers[1 + world_random(&w) % (TUNNELS - 1)];
	uint32_t *id = &ids[p - peers][world_random(&w) % CALLS];

	if (world_random(&w) % 64 == 0) {
		l2tp_close_tunnel(w.l, p->engine_id, NULL, w.now);
		world_drain(&w);
		world_pass(&w, 40 * SEC); /* the linger is over, too */
		peer_init(p, &w, (uint8_t)(9 + (p - peers)));
		peer_open(p);
		memset(ids[p - peers], 0, sizeof(ids[0]));
	} else if (*id) {
		l2tp_close_session(w.l, p->engine_id, *id, NULL, w.now);
		world_drain(&w);
		*id = 0;
	} else {
		*id = call(p);
	}
	world_forget(&w);
}

static size_t count(const struct met *met, uint64_t serial)
{
	size_t n = 0;

	for (size_t i = 0; i < met->n; i++)
		n += met->serial[i] == serial;
	return n;
}

/* What was there at the beginning and is there at the end has been met once; nothing has been met twice. */
static void expect_met(const struct met *before, const struct met *during, const struct met *after)
{
	for (size_t i = 0; i < during->n; i++)
		ck_assert_uint_eq(count(during, during->serial[i]), 1);
	for (size_t i = 0; i < before->n; i++)
		ck_assert(!count(after, before->serial[i]) || count(during, before->serial[i]) == 1);
}

/* Walk over all sessions or (tunnels) all tunnels; ids NULL: undisturbed. */
static void walk(struct met *met, bool tunnels, uint32_t ids[][CALLS])
{
	struct l2tp_cursor c = { 0 };
	struct l2tp_tunnel_info t;
	struct l2tp_session_info s;

	met->n = 0;
	while ((tunnels ? l2tp_next_tunnel(w.l, &c, &t) : l2tp_next_session(w.l, &c, &s)) == 0) {
		ck_assert_uint_lt(met->n, MET_MAX);
		met->serial[met->n++] = tunnels ? t.serial : s.serial;
		for (uint64_t n = ids ? world_random(&w) % 5 : 0; n; n--)
			change(ids);
	}
}

START_TEST(while_all_changes)
{
	static struct met before, during, after;
	static uint32_t ids[TUNNELS][CALLS];
	uint64_t seed = (uint64_t)time(NULL) + (uint64_t)_i;

	printf("while_all_changes: seed %llu\n", (unsigned long long)seed);
	memset(ids, 0, sizeof(ids));
	begin();
	w.random = seed;
	for (uint8_t i = 0; i < TUNNELS; i++) {
		peer_init(&peers[i], &w, (uint8_t)(9 + i));
		peer_open(&peers[i]);
		for (int j = 0; j < CALLS / 2; j++)
			ids[i][j] = call(&peers[i]);
		world_forget(&w);
	}
	for (int round = 0; round < 4; round++) {
		walk(&before, round & 1, NULL);
		walk(&during, round & 1, ids);
		walk(&after, round & 1, NULL);
		expect_met(&before, &during, &after);
	}
	finish();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("query");
	TCase *tc = tcase_create("query");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, tunnel_in_time);
	tcase_add_test(tc, session_in_time);
	tcase_add_test(tc, nothing);
	tcase_add_test(tc, in_order);
	tcase_add_test(tc, forged);
	tcase_add_test(tc, gone);
	tcase_add_loop_test(tc, while_all_changes, 0, 8);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
