/* SPDX-License-Identifier: MIT */
/* metrics_data: readings beside a driver that is ours: what is asked, when, and what becomes of the answers. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/dataplane.h"
#include "metrics/data.h"
#include "oom.h"
#include "core/open.h"
#include "core/view.h"

#define SEC USEC_PER_SEC
#define MSEC USEC_PER_MSEC

/* ---- The driver ------------------------------------------------------------------------------------------------ */

int __wrap_open_count(struct driver *d, uint32_t tunnel_id, uint32_t session_id, open_counted done, void *ctx);
void __wrap_open_forget_count(struct driver *d, const void *ctx);
usec_t __wrap_view_now(void);

static struct question {
	uint32_t tunnel_id;
	open_counted done;
	void *ctx;
} questions[256];
static size_t n_questions;
static int refusal;       /* of open_count() */
static bool at_once;      /* -ENOMEM from within */
static usec_t now = 100 * SEC;

int __wrap_open_count(struct driver *d, uint32_t tunnel_id, uint32_t session_id, open_counted done, void *ctx)
{
	static const struct dataplane_stats none;

	ck_assert(!d && !session_id);
	if (refusal)
		return refusal;
	if (at_once)
		done(ctx, -ENOMEM, &none);
	else
		questions[n_questions++] = (struct question){ tunnel_id, done, ctx };
	return 0;
}

void __wrap_open_forget_count(struct driver *d, const void *ctx)
{
	size_t kept = 0;

	(void)d;
	for (size_t i = 0; i < n_questions; i++)
		if (questions[i].ctx != ctx)
			questions[kept++] = questions[i];
	n_questions = kept;
}

usec_t __wrap_view_now(void)
{
	return now;
}

/* Answer the oldest question. */
static void answer(uint32_t tunnel_id, int err, uint64_t packets)
{
	struct question q = questions[0];
	struct dataplane_stats stats = { .rx_packets = packets,
					 .rx_bytes = 10 * packets,
					 .rx_errors = 2 * packets,
					 .tx_packets = 3 * packets,
					 .tx_bytes = 4 * packets,
					 .tx_errors = 5 * packets };

	ck_assert_uint_gt(n_questions, 0);
	ck_assert_uint_eq(q.tunnel_id, tunnel_id);
	memmove(questions, questions + 1, --n_questions * sizeof(q));
	q.done(q.ctx, err, &stats);
}

/* ---- The stage ------------------------------------------------------------------------------------------------- */

static sd_event *event;
static struct data *data;
static unsigned told;

static void done(void *ctx)
{
	ck_assert_ptr_eq(ctx, &told);
	told++;
}

static void setup(void)
{
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(data_new(event, NULL, done, &told, &data), 0);
}

static void teardown(void)
{
	data_free(data);
	data_free(NULL);
	sd_event_unref(event);
}

static void expect_total(const struct dataplane_stats *total, uint64_t packets)
{
	ck_assert_uint_eq(total->rx_packets, packets);
	ck_assert_uint_eq(total->rx_bytes, 10 * packets);
	ck_assert_uint_eq(total->rx_errors, 2 * packets);
	ck_assert_uint_eq(total->tx_packets, 3 * packets);
	ck_assert_uint_eq(total->tx_bytes, 4 * packets);
	ck_assert_uint_eq(total->tx_errors, 5 * packets);
}

/* ---- Tests ----------------------------------------------------------------------------------------------------- */

START_TEST(sums) /* what has come since the last time is added, of all tunnels, also of those that have gone */
{
	struct dataplane_stats total = { 0 };

	data_add(data, 1, &total);
	data_add(data, 2, &total);
	ck_assert(data_read(data, now));
	answer(1, 0, 100);
	ck_assert_uint_eq(told, 0);
	answer(2, 0, 5);
	ck_assert_uint_eq(told, 1);
	expect_total(&total, 105);
	data_finish(data, 1);
	data_finish(data, 1); /* twice is once */
	answer(1, 0, 130);
	data_forget(data, 1);
	now += SEC;
	ck_assert(data_read(data, now));
	answer(2, 0, 5);
	expect_total(&total, 135);
	data_add(data, 1, &total); /* another one with that id */
	now += SEC;
	ck_assert(data_read(data, now));
	answer(2, 0, 6);
	answer(1, 0, 7);
	expect_total(&total, 143);
	now += SEC;
	ck_assert(data_read(data, now));
	answer(2, -ENODEV, 0); /* nothing is known, nothing changes */
	answer(1, 0, 2);       /* its counters began anew */
	expect_total(&total, 145);
	ck_assert_uint_eq(told, 4);
}
END_TEST

START_TEST(pauses) /* of half a second, and of nine times what the reading took */
{
	struct dataplane_stats total = { 0 };

	ck_assert(!data_read(data, now)); /* nothing to read */
	data_add(data, 1, &total);
	ck_assert(!data_read(data, now));
	now += 500 * MSEC;
	ck_assert(data_read(data, now));
	ck_assert(data_read(data, now));
	ck_assert_uint_eq(n_questions, 1);
	now += 100 * MSEC;
	answer(1, 0, 1);
	ck_assert_uint_eq(told, 1);
	now += 1399 * MSEC;
	ck_assert(!data_read(data, now));
	now += 1 * MSEC;
	ck_assert(data_read(data, now));
	answer(1, 0, 1);
}
END_TEST

START_TEST(few_at_a_time)
{
	struct dataplane_stats total = { 0 };

	for (uint32_t id = 1; id <= 40; id++)
		data_add(data, id, &total);
	ck_assert(data_read(data, now));
	for (uint32_t id = 1; id <= 40; id++) {
		ck_assert_uint_eq(n_questions, 40 - id + 1 < 16 ? 40 - id + 1 : 16);
		answer(id, 0, 1);
	}
	ck_assert_uint_eq(told, 1);
	expect_total(&total, 40);
}
END_TEST

START_TEST(tunnels_go_meanwhile) /* those that were asked, the next one, and all that is left */
{
	struct dataplane_stats total = { 0 };

	for (uint32_t id = 1; id <= 20; id++)
		data_add(data, id, &total);
	ck_assert(data_read(data, now));
	data_forget(data, 17); /* the next one */
	data_forget(data, 1);  /* asked: makes room for 18 */
	ck_assert_uint_eq(n_questions, 16);
	ck_assert_uint_eq(questions[15].tunnel_id, 18);
	data_finish(data, 19); /* asked once, at its end, out of turn */
	ck_assert_uint_eq(n_questions, 17);
	for (uint32_t id = 2; id <= 16; id++)
		data_forget(data, id);
	data_forget(data, 18);
	ck_assert_uint_eq(told, 0);
	answer(19, 0, 1);
	answer(20, 0, 1);
	ck_assert_uint_eq(told, 1);
	expect_total(&total, 2);
	data_forget(data, 4711);
	data_finish(data, 4711);
}
END_TEST

START_TEST(patience) /* an answer that does not come is not waited for */
{
	struct dataplane_stats total = { 0 };
	uint64_t began;

	ck_assert_int_ge(sd_event_now(event, CLOCK_MONOTONIC, &began), 0);
	now = began;
	data_add(data, 1, &total);
	ck_assert(data_read(data, now));
	for (int i = 0; i < 100 && !told; i++)
		ck_assert_int_ge(sd_event_run(event, 100 * MSEC), 0);
	ck_assert_uint_eq(told, 1);
	now += 2 * SEC;
	ck_assert(!data_read(data, now));
	ck_assert_uint_eq(n_questions, 1); /* and not asked for again */
	answer(1, 0, 9);
	ck_assert_uint_eq(told, 1); /* nobody has waited */
	expect_total(&total, 9);
}
END_TEST

START_TEST(refused_questions) /* at once: the reading is over before it is waited for */
{
	struct dataplane_stats total = { 0 };

	for (uint32_t id = 1; id <= 40; id++)
		data_add(data, id, &total);
	refusal = _i ? -ENOTCONN : 0;
	at_once = !_i;
	ck_assert(!data_read(data, now));
	data_finish(data, 1);
	data_forget(data, 1);
	ck_assert_uint_eq(told, 0);
	expect_total(&total, 0);
	refusal = 0;
	at_once = false;
}
END_TEST

START_TEST(freed_with_open_questions)
{
	struct dataplane_stats total = { 0 };

	data_add(data, 1, &total);
	ck_assert(data_read(data, now));
	data_free(data);
	data = NULL;
	ck_assert_uint_eq(n_questions, 0);
	ck_assert_uint_eq(told, 0);
}
END_TEST

START_TEST(without_memory)
{
	struct dataplane_stats total = { 0 };
	struct data *other = NULL;

	oom_at = _i;
	data_add(data, 1, &total);
	ck_assert_int_eq(oom_at, 0);
	ck_assert(!data_read(data, now));
	oom_at = 1;
	ck_assert_int_eq(data_new(event, NULL, done, &told, &other), -ENOMEM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metrics_data");
	TCase *tc = tcase_create("metrics_data");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, sums);
	tcase_add_test(tc, pauses);
	tcase_add_test(tc, few_at_a_time);
	tcase_add_test(tc, tunnels_go_meanwhile);
	tcase_add_test(tc, patience);
	tcase_add_loop_test(tc, refused_questions, 0, 2);
	tcase_add_test(tc, freed_with_open_questions);
	tcase_add_loop_test(tc, without_memory, 1, 3);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
