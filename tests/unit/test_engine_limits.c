/* SPDX-License-Identifier: MIT */
/* How much of everything there may be: tunnels, calls, requests in a second, ids. */
#include "engine_case.h"

#include <errno.h>

/* ---- Limits -------------------------------------------------------------------------------------------------- */

static struct peer many[80];

START_TEST(half_open_limits)
{
	bool per_source = _i == 1;

	world_init(&w);
	w.env.limits.half_open = per_source ? 50 : 3;
	w.env.limits.half_open_per_source = per_source ? 3 : 50;
	world_start(&w);
	for (uint8_t i = 0; i < 5; i++) {
		peer_init(&many[i], &w, (uint8_t)(20 + i));
		many[i].addr.ip[3] = per_source ? 20 : (uint8_t)(20 + i);
		many[i].addr.port = (uint16_t)(5000 + i);
		peer_say(&many[i], CM_SCCRQ);
	}
	ck_assert_uint_eq(world_stats(&w).tunnels_half_open, 3);
	ck_assert_uint_eq(world_count(&w, CM_STOPCCN), 2);
	expect_result(CM_STOPCCN, RC_STOPCCN_GENERAL, EC_RESOURCES);
	peer_say(&many[0], CM_SCCCN); /* makes room */
	ck_assert_uint_eq(world_stats(&w).tunnels_half_open, 2);
	many[3].ns = 0;
	peer_say(&many[3], CM_SCCRQ);
	ck_assert_uint_eq(world_stats(&w).tunnels_half_open, 3);
	world_pass(&w, 200 * SEC); /* those time out */
	ck_assert_uint_eq(world_stats(&w).tunnels_half_open, 0);
	finish();
}
END_TEST

START_TEST(half_open_makes_room) /* the oldest goes, once it has had its second, without a word */
{
	world_init(&w);
	w.env.limits.half_open = 3;
	world_start(&w);
	for (uint8_t i = 0; i < 5; i++) {
		peer_init(&many[i], &w, (uint8_t)(20 + i));
		peer_say(&many[i], CM_SCCRQ);
		world_pass(&w, i < 3 ? 400 * MSEC : 0); /* 1200, 800, 400 ms old, when the fourth comes */
		if (i >= 2)
			world_forget(&w);
	}
	ck_assert_str_eq(world_tunnel_state(&w, many[0].engine_id), "gone");
	ck_assert_str_eq(world_tunnel_state(&w, many[1].engine_id), "wait-ctl-conn");
	ck_assert_str_eq(world_tunnel_state(&w, many[3].engine_id), "wait-ctl-conn");
	ck_assert_uint_eq(many[4].engine_id, 0); /* the second oldest has 200 ms left */
	ck_assert_uint_eq(world_stats(&w).evicted, 1);
	peer_say(&many[1], CM_SCCCN); /* out of the middle of the chain */
	many[4].ns = 0;
	peer_say(&many[4], CM_SCCRQ);
	world_pass(&w, 800 * MSEC);
	peer_init(&q, &w, 10);
	peer_open(&q);
	expect_state(&q, "established");
	ck_assert_str_eq(world_tunnel_state(&w, many[2].engine_id), "gone");
	expect_state(&many[1], "established");
	finish();
}
END_TEST

/* ---- The door ------------------------------------------------------------------------------------------------ */

/* A stranger's SCCRQ; has it been answered, by whatever? */
static bool knock(uint32_t address, uint16_t port, uint16_t id)
{
	struct peer stranger = { .w = &w, .local = q.local, .addr = q.addr, .id = id };

	memcpy(stranger.addr.ip, &address, sizeof(address));
	stranger.addr.port = port;
	world_forget(&w);
	peer_say(&stranger, CM_SCCRQ);
	return w.n_sent != 0;
}

static void begin_door(uint32_t all, uint32_t source)
{
	world_init(&w);
	w.env.limits.half_open = w.env.limits.half_open_per_source = 10000;
	w.env.limits.sccrq_per_second = all;
	w.env.limits.sccrq_per_second_per_source = source;
	world_start(&w);
	peer_init(&p, &w, 9);
	peer_init(&q, &w, 10);
	peer_open(&p);
	world_pass(&w, 10 * SEC);
}

/* All half-open tunnels time out; there is not room for all of their messages at once. */
static void empty(void)
{
	for (int i = 0; i < 1000; i++) {
		world_forget(&w);
		world_pass(&w, 100 * MSEC);
	}
}

START_TEST(sccrq_rate_of_a_source) /* the rate at once, as many who come again, then the rate; the port does not matter */
{
	uint32_t heard = 0;
	uint64_t admissions;

	begin_door(10000, 10);
	for (uint16_t i = 0; i < 100; i++)
		heard += knock(1, (uint16_t)(1000 + i), (uint16_t)(1 + i));
	ck_assert_uint_eq(heard, 10);
	ck_assert_uint_eq(world_stats(&w).limited, 90);
	ck_assert(knock(2, 1701, 1)); /* another source */
	admissions = w.admissions;
	ck_assert(!knock(1, 1701, 2000));
	ck_assert_uint_eq(w.admissions, admissions); /* nobody was asked */
	heard = 0;
	for (uint16_t i = 0; i < 300; i++) { /* three seconds */
		world_pass(&w, 10 * MSEC);
		heard += knock(1, 1701, (uint16_t)(3000 + i));
	}
	ck_assert_uint_eq(heard, 30);
	world_pass(&w, 100 * SEC);
	heard = 0;
	for (uint16_t i = 0; i < 100; i++) /* a long pause does not give more */
		heard += knock(1, 1701, (uint16_t)(4000 + i));
	ck_assert_uint_eq(heard, 10);
	for (uint16_t i = 10; i < 100; i++)
		heard += knock(1, 1701, (uint16_t)(4000 + i));
	ck_assert_uint_eq(heard, 20);
	finish();
}
END_TEST

START_TEST(sccrq_rate_in_its_name) /* a flood from a peer's own address does not keep out the peer, who repeats itself */
{
	world_init(&w); /* with the default limits */
	world_start(&w);
	peer_init(&q, &w, 10);
	for (uint16_t id = 1; id <= 5; id++) {
		bool heard = false;

		for (uint16_t i = 0; i < 2000; i++) { /* two seconds, ten times the rate */
			(void)knock(1, (uint16_t)(2000 + i), (uint16_t)(2000 * id + i));
			if (i % 1000 == 999)
				heard = heard || (knock(1, 1701, id) && world_count(&w, CM_SCCRP) != 0);
			world_pass(&w, MSEC);
		}
		ck_assert(heard);
	}
	finish();
}
END_TEST

START_TEST(sccrq_rate_spares) /* what repeats, and what has its tunnel already */
{
	struct peer here;

	begin_door(10000, 1);
	peer_init(&here, &w, 77);
	peer_say(&here, CM_SCCRQ);
	for (uint16_t i = 0; i < 100; i++) {
		struct peer again = here;

		(void)knock(0x4d0200c0, 1701, (uint16_t)(100 + i)); /* the same source floods */
		again.ns = again.nr = again.engine_id = 0;
		peer_say(&again, CM_SCCRQ);
	}
	ck_assert_uint_eq(world_stats(&w).duplicates, 100);
	ck_assert_uint_ge(world_stats(&w).limited, 98);
	peer_say(&here, CM_SCCCN);
	expect_state(&here, "established");
	peer_say(&here, CM_HELLO);
	peer_call(&here);
	ck_assert_str_eq(world_session_state(&w, here.engine_id, here.engine_session_id), "established");
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(sccrq_rate_of_all) /* forged sources: those who come again are heard first */
{
	uint32_t heard = 0;

	begin_door(40, 1000);
	for (uint32_t i = 0; i < 1000; i++)
		heard += knock(0x0a000000 + i, 1701, 1);
	ck_assert_uint_eq(heard, 40); /* half the bucket */
	ck_assert(knock(0x0a000000 + 999, 1701, 1));
	heard = 0;
	for (uint32_t i = 0; i < 1000; i++) {
		world_pass(&w, MSEC);
		heard += knock(0x0b000000 + i, 1701, 1);
	}
	ck_assert_uint_ge(heard, 39); /* the rate */
	ck_assert_uint_le(heard, 40);
	ck_assert(!knock(0x0c000000, 1701, 1));
	ck_assert(!knock(0x0c000000, 1701, 2)); /* it is not the same */
	ck_assert(!knock(0x0c000000, 1702, 1));
	ck_assert(knock(0x0c000000, 1701, 1));
	heard = 0;
	for (uint32_t i = 0; i < 1000; i++) /* all come again: the other half */
		heard += knock(0x0a000000 + i, 1701, 1) && i >= 40;
	ck_assert_uint_ge(heard, 37);
	ck_assert_uint_le(heard, 40);
	empty();
	finish();
}
END_TEST

START_TEST(error_rate) /* beyond it, silence: nobody is drowned in our refusals of what was sent in his name */
{
	uint32_t answered = 0;

	world_init(&w);
	w.env.limits.errors_per_second = 50;
	w.env.limits.errors_per_second_per_source = 5;
	w.tunnel_refusal = (struct l2tp_reason){ .result = RC_STOPCCN_UNAUTHORIZED };
	world_start(&w);
	peer_init(&q, &w, 10);
	for (uint16_t i = 0; i < 50; i++)
		answered += knock(1, 1701, (uint16_t)(1 + i));
	ck_assert_uint_eq(answered, 10);
	ck_assert_uint_eq(world_stats(&w).refused, 10);
	ck_assert_uint_eq(world_stats(&w).calls_refused, 0);
	ck_assert_uint_eq(world_stats(&w).limited, 40);
	for (uint32_t i = 0; i < 200; i++)
		answered += knock(100 + i, 1701, 1);
	ck_assert_uint_eq(answered, 100);
	world_pass(&w, SEC);
	ck_assert(knock(1, 1701, 1));
	finish();
}
END_TEST

START_TEST(flood_forgotten) /* of IPv6 addresses out of one /64, and of any: nothing is left */
{
	world_init(&w);
	w.env.limits.half_open = 50;
	w.env.limits.half_open_per_source = 50;
	world_start(&w);
	peer_init(&q, &w, 10);
	q.addr.family = 6;
	q.addr.ip[15] = 1;
	for (uint32_t i = 0; i < 1000; i++) {
		q.addr.ip[12] = (uint8_t)i;
		q.addr.ip[13] = (uint8_t)(i >> 8);
		(void)knock(0xb80d0120, 1701, 1);
	}
	ck_assert_uint_eq(w.admissions, w.env.limits.sccrq_per_second_per_source);
	q.addr.family = 4;
	memset(q.addr.ip, 0, sizeof(q.addr.ip));
	for (uint32_t i = 0; i < 20000; i++) {
		(void)knock(i, 1701, (uint16_t)(i + 1));
		world_pass(&w, i % 100 ? 0 : 10 * MSEC);
		ck_assert_uint_le(world_stats(&w).tunnels, 51);
	}
	ck_assert_uint_gt(world_stats(&w).limited, 10000);
	ck_assert_uint_gt(world_stats(&w).evicted, 0);
	empty();
	finish();
}
END_TEST

/* As the world wants it said, or resources. */
static const struct l2tp_refusal refusals[] = { { 0 }, { RC_STOPCCN_GENERAL, EC_TRY_ANOTHER }, { 6, 0 } };

static void expect_refusal(enum cm_type type, const struct l2tp_refusal *r)
{
	expect_result(type, r->result ? r->result : RC_CDN_GENERAL, r->result ? r->error : EC_RESOURCES);
}

START_TEST(tunnel_limit)
{
	uint32_t id;

	world_init(&w);
	w.env.limits.tunnels = 2;
	w.env.limits.refusal = refusals[_i];
	world_start(&w);
	for (uint8_t i = 0; i < 3; i++)
		peer_init(&many[i], &w, (uint8_t)(20 + i));
	peer_open(&many[0]);
	peer_open(&many[1]);
	peer_say(&many[2], CM_SCCRQ);
	expect_refusal(CM_STOPCCN, &refusals[_i]);
	ck_assert_int_eq(l2tp_open(w.l, &w.params, &p.local, &many[2].addr, w.now, &id), -EMFILE);
	ck_assert_uint_eq(world_stats(&w).tunnels, 2);
	finish();
}
END_TEST

/* others, while there are tunnels */
START_TEST(limits_change)
{
	struct l2tp_limits limits;

	begin();
	limits = w.env.limits;
	peer_open(&p);
	limits.tunnels = limits.sessions = 1;
	ck_assert_int_eq(l2tp_set_limits(w.l, &limits), 0);
	peer_init(&many[0], &w, 20);
	peer_say(&many[0], CM_SCCRQ);
	expect_result(CM_STOPCCN, RC_STOPCCN_GENERAL, EC_RESOURCES);
	peer_call(&p);
	limits.tunnels = 2;
	ck_assert_int_eq(l2tp_set_limits(w.l, &limits), 0);
	limits.tunnels = 0;
	ck_assert_int_eq(l2tp_set_limits(w.l, &limits), -EINVAL); /* and nothing changes */
	peer_init(&many[1], &w, 21);
	peer_open(&many[1]);
	peer_say(&many[1], CM_ICRQ);
	expect_result(CM_CDN, RC_CDN_GENERAL, EC_RESOURCES);
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(session_limits)
{
	uint32_t id;

	world_init(&w);
	*(_i == 0 ? &w.env.limits.sessions : _i == 1 ? &w.env.limits.sessions_per_tunnel : &w.params.sessions_max) = 2;
	w.params.call_refusal = refusals[_i];
	world_start(&w);
	peer_init(&p, &w, 9);
	peer_open(&p);
	for (int i = 0; i < 3; i++) {
		p.session_id++;
		peer_say(&p, CM_ICRQ);
	}
	expect_refusal(CM_CDN, &refusals[_i]);
	ck_assert_uint_eq(world_sent(&w, CM_CDN)->header.session_id, p.session_id);
	ck_assert_uint_eq(world_stats(&w).sessions, 2);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ 0 }, 0, w.now, &id), -EMFILE);
	expect_state(&p, "established");
	finish();
}
END_TEST

START_TEST(ids) /* A11: never 0, not in sequence, not used again soon */
{
	uint16_t last = 0, steps = 0;

	begin();
	peer_open(&p);
	for (int i = 0; i < 200; i++) {
		p.session_id++;
		peer_call(&p);
		ck_assert_uint_ne(p.engine_session_id, 0);
		steps += p.engine_session_id == (uint16_t)(last + 1);
		last = p.engine_session_id;
		peer_say(&p, CM_CDN); /* watch_op() finds ids that come back early */
		world_forget(&w);
	}
	ck_assert_uint_lt(steps, 3);
	finish();
}
END_TEST

START_TEST(id_not_again) /* X2661-5.3-02: although randomness would have it so */
{
	uint16_t call, tunnel;

	begin();
	w.fixed_random = 0x33;
	peer_open(&p);
	peer_call(&p);
	call = p.engine_session_id;
	tunnel = p.engine_id;
	peer_say(&p, CM_CDN);
	world_pass(&w, SEC);
	ck_assert_str_eq(world_session_state(&w, tunnel, call), "gone");
	p.session_id++;
	peer_call(&p);
	ck_assert_uint_ne(p.engine_session_id, call);
	peer_say(&p, CM_STOPCCN);
	world_pass(&w, 32 * SEC);
	ck_assert_str_eq(world_tunnel_state(&w, tunnel), "gone");
	p.engine_id = p.ns = p.nr = p.told = 0;
	p.id++;
	peer_open(&p);
	ck_assert_uint_ne(p.engine_id, tunnel);
	expect_state(&p, "established");
	w.fixed_random = 0;
	finish();
}
END_TEST

START_TEST(ids_on_the_wire) /* R2661-3.1-18, -20, X2661-6-01 .. 03 */
{
	uint32_t id;

	begin();
	peer_open(&p);
	peer_call(&p);
	p.engine_session_id = 0;
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ .framing_type = 1 }, 0, w.now, &id), 0);
	world_drain(&w);
	p.session_id = 3333;
	peer_say(&p, CM_ICRP);
	l2tp_close_session(w.l, p.engine_id, id, NULL, w.now);
	world_pass(&w, 10 * SEC);
	for (size_t i = 0; i < w.n_sent; i++) {
		const struct sent *s = &w.sent[i];
		uint16_t expect = 0;

		if (s->msg.type == CM_ICRP)
			expect = 2009;
		else if (s->msg.type == CM_ICCN || s->msg.type == CM_CDN)
			expect = 3333;
		ck_assert_uint_eq(s->header.tunnel_id, p.id);
		ck_assert_uint_eq(s->header.session_id, expect);
		ck_assert_uint_eq(s->bytes[0], 0xc8);
		ck_assert_uint_eq(s->bytes[1], 0x02);
	}
	ck_assert_uint_eq(world_sent(&w, CM_CDN)->msg.assigned_session_id, id); /* R2661-4.4.4-13 */
	finish();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine_limits");
	TCase *tc = new_case(suite, "limits");

	tcase_add_loop_test(tc, half_open_limits, 0, 2);
	tcase_add_test(tc, half_open_makes_room);
	tcase_add_test(tc, sccrq_rate_of_a_source);
	tcase_add_test(tc, sccrq_rate_in_its_name);
	tcase_add_test(tc, sccrq_rate_spares);
	tcase_add_test(tc, sccrq_rate_of_all);
	tcase_add_test(tc, error_rate);
	tcase_add_test(tc, flood_forgotten);
	tcase_add_loop_test(tc, tunnel_limit, 0, 3);
	tcase_add_test(tc, limits_change);
	tcase_add_loop_test(tc, session_limits, 0, 3);
	tcase_add_test(tc, ids);
	tcase_add_test(tc, id_not_again);
	tcase_add_test(tc, ids_on_the_wire);
	return run(suite);
}
