/* SPDX-License-Identifier: MIT */
/* outbox: what an engine asks of the world, in the right order and without loss. */
#include "lib/l2tp/outbox.h"
#include "oom.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct l2tp_addr here = { .ip = { 10, 0, 0, 1 }, .port = 1701, .family = 4 };
static const struct l2tp_addr there = { .ip = { 10, 0, 0, 2 }, .port = 1701, .family = 4 };

static struct outbox o;
static struct object a, b;

static void set_up(void)
{
	o = (struct outbox){ 0 };
	a = (struct object){ .kind = OBJECT_TUNNEL };
	b = (struct object){ .kind = OBJECT_SESSION };
}

static void tear_down(void)
{
	outbox_free(&o);
}

static int send(uint32_t id, size_t len)
{
	uint8_t bytes[3000];

	memset(bytes, (int)id, sizeof(bytes));
	return outbox_datagram(&o, id, &here, &there, (struct l2tp_span){ bytes, len });
}

static void expect_datagram(uint32_t id, size_t len)
{
	const struct datagram *d = outbox_next_datagram(&o);
	struct l2tp_span bytes;

	ck_assert_ptr_nonnull(d);
	bytes = outbox_bytes(&o, d);
	ck_assert_uint_eq(d->tunnel_id, id);
	ck_assert_uint_eq(bytes.len, len);
	ck_assert(bytes.data[0] == (uint8_t)id && bytes.data[len - 1] == (uint8_t)id);
	ck_assert_mem_eq(&d->local, &here, sizeof(here));
	ck_assert_mem_eq(&d->peer, &there, sizeof(there));
}

static void expect(const struct object *obj, enum l2tp_op_type type)
{
	enum l2tp_op_type got;

	ck_assert_ptr_eq(outbox_next_object(&o, &got), obj);
	ck_assert_int_eq(got, type);
}

static void expect_nothing(void)
{
	enum l2tp_op_type got;

	ck_assert_ptr_null(outbox_next_object(&o, &got));
}

START_TEST(datagrams_in_order)
{
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 1; i <= 200; i++)
			ck_assert_int_eq(send(i, 1 + i * 13), 0);
		for (uint32_t i = 1; i <= 200; i++)
			expect_datagram(i, 1 + i * 13);
		ck_assert_ptr_null(outbox_next_datagram(&o));
	}
}
END_TEST

START_TEST(datagrams_interleaved)
{
	for (uint32_t i = 1; i < 100; i++) {
		ck_assert_int_eq(send(i, i), 0);
		ck_assert_int_eq(send(i + 100, i), 0);
		expect_datagram(i % 2 ? (i + 1) / 2 : 100 + i / 2, i % 2 ? (i + 1) / 2 : i / 2);
	}
}
END_TEST

/* The arena does not grow with the number of datagrams, only with those that wait. */
START_TEST(arena_is_reused)
{
	for (uint32_t i = 0; i < 10000; i++) {
		ck_assert_int_eq(send(7, 1000), 0);
		expect_datagram(7, 1000);
	}
	ck_assert_uint_le(o.arena_room, 2048);
}
END_TEST

START_TEST(lost_without_memory)
{
	oom_at = 1;
	ck_assert_int_eq(send(1, 10), -ENOMEM);
	oom_at = 2;
	ck_assert_int_eq(send(2, 10), -ENOMEM);
	oom_at = 0;
	ck_assert_ptr_null(outbox_next_datagram(&o));
	ck_assert_int_eq(send(3, 10), 0);
	expect_datagram(3, 10);
}
END_TEST

START_TEST(order_of_the_enum)
{
	outbox_post(&o, &a, L2TP_OP_TUNNEL_DOWN);
	outbox_post(&o, &a, L2TP_OP_TUNNEL_UP);
	outbox_post(&o, &a, L2TP_OP_TUNNEL_DOWN); /* twice is once */
	expect(&a, L2TP_OP_TUNNEL_UP);
	expect(&a, L2TP_OP_TUNNEL_DOWN);
	expect_nothing();
}
END_TEST

START_TEST(first_come)
{
	outbox_post(&o, &b, L2TP_OP_SESSION_DOWN);
	outbox_post(&o, &a, L2TP_OP_TUNNEL_DOWN);
	expect(&b, L2TP_OP_SESSION_DOWN);
	expect(&a, L2TP_OP_TUNNEL_DOWN);
	expect_nothing();
}
END_TEST

START_TEST(one_in_flight)
{
	outbox_post(&o, &a, L2TP_OP_TUNNEL_ADD);
	outbox_post(&o, &a, L2TP_OP_TUNNEL_UP);
	expect(&a, L2TP_OP_TUNNEL_ADD);
	outbox_post(&o, &a, L2TP_OP_TUNNEL_DEL);
	outbox_post(&o, &a, L2TP_OP_TUNNEL_DOWN);
	expect(&a, L2TP_OP_TUNNEL_UP); /* events pass */
	expect(&a, L2TP_OP_TUNNEL_DOWN);
	ck_assert(a.flying == L2TP_OP_TUNNEL_ADD); /* and do not hide what is in flight */
	expect_nothing();
	outbox_done(&o, &a);
	expect(&a, L2TP_OP_TUNNEL_DEL);
	expect_nothing();
	outbox_done(&o, &a);
	expect_nothing();
}
END_TEST

START_TEST(held_back_by_nobody_else)
{
	outbox_post(&o, &a, L2TP_OP_TUNNEL_ADD);
	outbox_post(&o, &b, L2TP_OP_SESSION_ADD);
	expect(&a, L2TP_OP_TUNNEL_ADD);
	expect(&b, L2TP_OP_SESSION_ADD);
	outbox_done(&o, &b);
	outbox_done(&o, &a);
	expect_nothing();
}
END_TEST

START_TEST(taken_back)
{
	outbox_post(&o, &a, L2TP_OP_TUNNEL_ADD);
	outbox_post(&o, &b, L2TP_OP_SESSION_DOWN);
	outbox_cancel(&o, &a, L2TP_OP_TUNNEL_ADD);
	outbox_post(&o, &a, L2TP_OP_TUNNEL_DOWN); /* now behind b */
	expect(&b, L2TP_OP_SESSION_DOWN);
	expect(&a, L2TP_OP_TUNNEL_DOWN);
	outbox_cancel(&o, &a, L2TP_OP_TUNNEL_DEL); /* not there */
	expect_nothing();
}
END_TEST

START_TEST(taken_back_in_part)
{
	outbox_post(&o, &a, L2TP_OP_TUNNEL_ADD);
	outbox_post(&o, &a, L2TP_OP_TUNNEL_UP);
	outbox_post(&o, &b, L2TP_OP_SESSION_DOWN);
	outbox_cancel(&o, &a, L2TP_OP_TUNNEL_ADD);
	expect(&a, L2TP_OP_TUNNEL_UP); /* it keeps its place */
	expect(&b, L2TP_OP_SESSION_DOWN);
	expect_nothing();
}
END_TEST

START_TEST(gone)
{
	ck_assert_ptr_null(outbox_next_gone(&o));
	outbox_post(&o, &b, L2TP_OP_SESSION_DOWN);
	outbox_post(&o, &b, L2TP_OP_SESSION_GONE);
	expect(&b, L2TP_OP_SESSION_DOWN);
	ck_assert_ptr_null(outbox_next_gone(&o));
	expect(&b, L2TP_OP_SESSION_GONE);
	ck_assert_ptr_eq(outbox_next_gone(&o), &b);
	ck_assert_ptr_null(outbox_next_gone(&o));
	outbox_forget(&o, &b);
	expect_nothing();
}
END_TEST

START_TEST(forgotten)
{
	outbox_post(&o, &a, L2TP_OP_TUNNEL_DOWN);
	outbox_post(&o, &b, L2TP_OP_SESSION_DOWN);
	outbox_forget(&o, &a);
	outbox_forget(&o, &a);
	expect(&b, L2TP_OP_SESSION_DOWN);
	expect_nothing();
}
END_TEST

#define OBJECTS 20

/* Against a list of what was posted: nothing is lost, nothing invented, whatever is taken back or answered. */
START_TEST(dropped) /* in the midst of others, with what waits: gone without a word */
{
	struct object c = { .kind = OBJECT_SESSION };

	outbox_post(&o, &a, L2TP_OP_TUNNEL_UP);
	outbox_post(&o, &b, L2TP_OP_SESSION_DECIDE);
	outbox_post(&o, &c, L2TP_OP_SESSION_DECIDE);
	outbox_drop(&o, &b);
	ck_assert_ptr_eq(outbox_next_gone(&o), &b);
	ck_assert_ptr_null(outbox_next_gone(&o));
	expect(&a, L2TP_OP_TUNNEL_UP);
	expect(&c, L2TP_OP_SESSION_DECIDE);
	ck_assert(outbox_flies(&c, L2TP_OP_SESSION_DECIDE) && !outbox_flies(&c, L2TP_OP_SESSION_ADD));
	ck_assert(!outbox_flies(&a, L2TP_OP_TUNNEL_UP));
	expect_nothing();
}
END_TEST

START_TEST(at_random)
{
	static struct object objects[OBJECTS];
	uint32_t model[OBJECTS] = { 0 };
	enum l2tp_op_type type;

	srand((unsigned int)_i);
	memset(objects, 0, sizeof(objects));
	for (int step = 0; step < 5000; step++) {
		unsigned int i = (unsigned int)rand() % OBJECTS;
		struct object *obj = &objects[i];
		/* what ends an object is another test's */
		enum l2tp_op_type some = (enum l2tp_op_type)(L2TP_OP_SESSION_ADD + rand() % 4);

		switch (rand() % 4) {
		case 0:
			outbox_post(&o, obj, some);
			model[i] |= 1u << some;
			break;
		case 1:
			outbox_cancel(&o, obj, some);
			model[i] &= ~(1u << some);
			break;
		case 2:
			if (obj->in_flight)
				outbox_done(&o, obj);
			break;
		case 3:
			obj = outbox_next_object(&o, &type);
			if (!obj)
				break;
			i = (unsigned int)(obj - objects);
			if (!(model[i] & 1u << type))
				ck_abort_msg("seed %d: invented", _i);
			model[i] &= ~(1u << type);
			break;
		}
		if (obj && obj->pending != model[obj - objects])
			ck_abort_msg("seed %d: lost", _i);
	}
	for (unsigned int i = 0; i < OBJECTS; i++)
		if (objects[i].in_flight)
			outbox_done(&o, &objects[i]);
	for (struct object *obj; (obj = outbox_next_object(&o, &type));) {
		model[obj - objects] &= ~(1u << type);
		if (obj->in_flight)
			outbox_done(&o, obj);
	}
	for (unsigned int i = 0; i < OBJECTS; i++)
		ck_assert_msg(!model[i], "seed %d: left behind", _i);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outbox");
	TCase *tc = tcase_create("outbox");
	int failed;
	SRunner *runner;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, datagrams_in_order);
	tcase_add_test(tc, datagrams_interleaved);
	tcase_add_test(tc, arena_is_reused);
	tcase_add_test(tc, lost_without_memory);
	tcase_add_test(tc, order_of_the_enum);
	tcase_add_test(tc, first_come);
	tcase_add_test(tc, one_in_flight);
	tcase_add_test(tc, held_back_by_nobody_else);
	tcase_add_test(tc, taken_back);
	tcase_add_test(tc, taken_back_in_part);
	tcase_add_test(tc, gone);
	tcase_add_test(tc, dropped);
	tcase_add_test(tc, forgotten);
	tcase_add_loop_test(tc, at_random, 1, 21);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
