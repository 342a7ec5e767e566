/* SPDX-License-Identifier: MIT */
/* workers: real threads and a real event loop.  Linked with --wrap=malloc,calloc,realloc,pthread_create. */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel/workers.h"
#include "oom.h"

static int create_fails; /* the next so many pthread_create() */
static int created;

int __real_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*run)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*run)(void *), void *arg);

int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	if (create_fails > 0 && create_fails--)
		return EAGAIN;
	created++;
	return __real_pthread_create(t, attr, run, arg);
}

#define JOBS 200

struct job {
	struct workers *w;
	pthread_t ran_in, done_in;
	sigset_t mask;
	int want, got;
	atomic_int ran, done;
	unsigned chain;
};

static sd_event *event;
static struct workers *workers;
static atomic_int running, peak, gate;

static void setup(void)
{
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(workers_new(event, 4, &workers), 0);
	running = peak = gate = created = 0;
}

static void teardown(void)
{
	workers_free(workers);
	sd_event_unref(event);
}

static int run(void *ctx)
{
	struct job *j = ctx;
	int n = atomic_fetch_add(&running, 1) + 1, before = atomic_load(&peak);

	while (n > before && !atomic_compare_exchange_weak(&peak, &before, n))
		;
	j->ran_in = pthread_self();
	pthread_sigmask(SIG_BLOCK, NULL, &j->mask);
	while (atomic_load(&gate))
		usleep(100);
	atomic_fetch_sub(&running, 1);
	j->ran++;
	return j->want;
}

static void done(void *ctx, int result)
{
	struct job *j = ctx;

	j->done_in = pthread_self();
	j->got = result;
	j->done++;
	if (j->chain > 0) {
		j->chain--;
		ck_assert_int_eq(workers_submit(j->w, run, done, j), 0);
	}
}

static void loop_until(struct job *j, int count)
{
	for (int i = 0; i < 500 && atomic_load(&j->done) < count; i++)
		sd_event_run(event, 10000);
	ck_assert_int_eq(j->done, count);
}

START_TEST(one_job)
{
	struct job j = { .want = -EIO };

	ck_assert_int_eq(workers_submit(workers, run, done, &j), 0);
	ck_assert_int_eq(j.done, 0);
	loop_until(&j, 1);
	ck_assert_int_eq(j.got, -EIO);
	ck_assert(pthread_equal(j.done_in, pthread_self()));
	ck_assert(!pthread_equal(j.ran_in, pthread_self()));
	ck_assert(sigismember(&j.mask, SIGTERM) && sigismember(&j.mask, SIGCHLD));
	pthread_sigmask(SIG_BLOCK, NULL, &j.mask);
	ck_assert(!sigismember(&j.mask, SIGTERM));
}
END_TEST

START_TEST(many_jobs)
{
	static struct job jobs[JOBS];

	gate = 1;
	for (int i = 0; i < JOBS; i++) {
		jobs[i] = (struct job){ .want = i };
		ck_assert_int_eq(workers_submit(workers, run, done, &jobs[i]), 0);
	}
	for (int i = 0; i < 500 && running < 4; i++)
		usleep(1000);
	ck_assert_int_eq(running, 4); /* as many at once as there may be */
	gate = 0;
	for (int i = 0; i < JOBS; i++) {
		loop_until(&jobs[i], 1);
		ck_assert_int_eq(jobs[i].got, i);
		ck_assert_int_eq(jobs[i].ran, 1);
	}
	ck_assert_int_eq(peak, 4);
}
END_TEST

START_TEST(submit_from_done)
{
	struct job j = { .w = workers, .chain = 9 };

	ck_assert_int_eq(workers_submit(workers, run, done, &j), 0);
	loop_until(&j, 10);
	ck_assert_int_eq(j.ran, 10);
	ck_assert_int_le(created, 2); /* no new thread while one is idle */
}
END_TEST

START_TEST(no_done_wanted)
{
	struct job j = { 0 }, last = { 0 };

	ck_assert_int_eq(workers_submit(workers, run, NULL, &j), 0);
	ck_assert_int_eq(workers_submit(workers, run, done, &last), 0);
	loop_until(&last, 1);
	for (int i = 0; i < 500 && !j.ran; i++)
		usleep(1000);
	ck_assert_int_eq(j.ran, 1);
}
END_TEST

START_TEST(free_runs_what_waits)
{
	static struct job jobs[JOBS];

	for (int i = 0; i < JOBS; i++) {
		jobs[i] = (struct job){ 0 };
		ck_assert_int_eq(workers_submit(workers, run, done, &jobs[i]), 0);
	}
	workers_free(workers);
	workers = NULL;
	sd_event_run(event, 0);
	for (int i = 0; i < JOBS; i++) {
		ck_assert_int_eq(jobs[i].ran, 1);
		ck_assert_int_eq(jobs[i].done, 1); /* to be freed, */
		ck_assert_int_eq(jobs[i].got, -ECANCELED);
	}
}
END_TEST

START_TEST(no_thread)
{
	struct job j = { 0 };

	create_fails = 1;
	ck_assert_int_eq(workers_submit(workers, run, done, &j), -EAGAIN);
	ck_assert_int_eq(workers_submit(workers, run, done, &j), 0);
	/* One thread is enough to go on. */
	create_fails = 3;
	gate = 1;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(workers_submit(workers, run, done, &j), 0);
	gate = 0;
	loop_until(&j, 4);
	ck_assert_int_eq(j.ran, 4);
	ck_assert_int_eq(peak, 1);
	create_fails = 0;
}
END_TEST

START_TEST(no_memory)
{
	struct workers *w = NULL;
	struct job j = { 0 };

	oom_at = 1;
	ck_assert_int_eq(workers_new(event, 1, &w), -ENOMEM);
	ck_assert_ptr_null(w);
	oom_at = 1;
	ck_assert_int_eq(workers_submit(workers, run, done, &j), -ENOMEM);
	oom_at = 0;
	sd_event_run(event, 0);
	ck_assert_int_eq(j.ran, 0);
	workers_free(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("workers");
	TCase *t = tcase_create("workers");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, one_job);
	tcase_add_test(t, many_jobs);
	tcase_add_test(t, submit_from_done);
	tcase_add_test(t, no_done_wanted);
	tcase_add_test(t, free_runs_what_waits);
	tcase_add_test(t, no_thread);
	tcase_add_test(t, no_memory);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
