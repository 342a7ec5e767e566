/* SPDX-License-Identifier: MIT */
/*
 * hook: exit status, environment, action, time limit; one runs and one waits, with a pause in between; and an end that
 * leaves nobody behind.
 *
 * Linked with -Wl,--wrap=waitpid, --wrap=waitid: nothing may wait for a process, and one may be long in dying.
 */
#include "daemon/base/hook.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NONE 1000 /* no status */

static char path[64], notes[80];
static sd_event *event;
static struct hook *hook;
static int result;
static bool undying; /* what was killed is not reaped */

pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
	ck_assert(!hook || (options & WNOHANG)); /* else it is libcheck's */
	return __real_waitpid(pid, status, options);
}

int __real_waitid(idtype_t type, id_t id, siginfo_t *info, int options);
int __wrap_waitid(idtype_t type, id_t id, siginfo_t *info, int options);
int __wrap_waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	ck_assert(options & WNOHANG);
	return undying ? 0 : __real_waitid(type, id, info, options);
}

static usec_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

static void write_script(const char *body)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "#!/bin/sh\n%s\n", body);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0700), 0);
}

static void setup(void)
{
	snprintf(path, sizeof(path), "/tmp/l2tpd-hook-%ld", (long)getpid());
	snprintf(notes, sizeof(notes), "%s.notes", path);
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(hook_new(event, NULL, &hook), 0);
	result = NONE;
}

static void teardown(void)
{
	hook_free(hook);
	sd_event_unref(event);
	(void)unlink(path);
	(void)unlink(notes);
}

static void done(void *ctx, int status)
{
	ck_assert_ptr_null(ctx);
	result = status;
}

static void done_never(void *ctx, int status)
{
	(void)ctx;
	ck_abort_msg("status %d of one that was replaced or killed", status);
}

static int run_called(const char *called, usec_t timeout, hook_done then)
{
	char *environment[] = { (char *)"PATH=/usr/bin:/bin", (char *)called, NULL };

	return hook_run(hook, &(struct hook_spec){ path, "dial", environment, timeout, true }, then);
}

static int run(usec_t timeout)
{
	return run_called("CALLED=0815", timeout, done);
}

static void wait_for_it(void)
{
	for (int i = 0; i < 1000 && result == NONE; i++)
		ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
}

static const struct {
	const char *body;
	usec_t timeout;
	int status;
} scripts[] = {
	{ "exit 0", USEC_PER_SEC * 5, 0 },
	{ "exit 8", USEC_PER_SEC * 5, 8 },
	{ "test \"$1\" = dial && test \"$CALLED\" = 0815 && exit 3", USEC_PER_SEC * 5, 3 },
	{ "test -z \"$HOME\" && exit 4", USEC_PER_SEC * 5, 4 },
	{ "kill -9 $$", USEC_PER_SEC * 5, -ECANCELED },
	{ "sleep 60 & sleep 60", 50 * USEC_PER_MSEC, -ETIMEDOUT },
};

START_TEST(ends)
{
	write_script(scripts[_i].body);
	ck_assert_int_eq(run(scripts[_i].timeout), 0);
	ck_assert_int_eq(result, NONE);
	wait_for_it();
	ck_assert_msg(result == scripts[_i].status, "%s: %d", scripts[_i].body, result);
}
END_TEST

START_TEST(stopped)
{
	write_script("sleep 60");
	ck_assert_int_eq(run_called("X=1", 60 * USEC_PER_SEC, done_never), 0);
	hook_free(hook);
	hook = NULL;
	hook_free(NULL);
	hook_kill(NULL);
	/* the event loop reaps it, and is empty then */
	while (waitid(P_ALL, 0, &(siginfo_t){ 0 }, WEXITED | WNOHANG | WNOWAIT) == 0)
		ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

/* The event loop goes before it has reaped. */
START_TEST(loop_gone)
{
	write_script("sleep 60");
	undying = true;
	ck_assert_int_eq(run_called("X=1", 60 * USEC_PER_SEC, done_never), 0);
}
END_TEST

START_TEST(not_there)
{
	ck_assert_int_eq(run(USEC_PER_SEC), -ENOENT);
}
END_TEST

static char *read_notes(char *buf, size_t size)
{
	FILE *f = fopen(notes, "r");

	buf[0] = '\0';
	if (f) {
		buf[fread(buf, 1, size - 1, f)] = '\0';
		fclose(f);
	}
	return buf;
}

static void write_noting_script(const char *body)
{
	char text[256];

	snprintf(text, sizeof(text), "echo $CALLED >>%s\n%s", notes, body);
	write_script(text);
}

/* However often one is wanted, the first and the newest run, one second later. */
START_TEST(burst)
{
	char called[32], text[64];
	usec_t begin = now();

	write_noting_script("exit 0");
	ck_assert_int_eq(run_called("CALLED=first", 5 * USEC_PER_SEC, done), 0);
	wait_for_it();
	for (int i = 1; i < 1000; i++) {
		snprintf(called, sizeof(called), "CALLED=%d", i);
		ck_assert_int_eq(run_called(called, 5 * USEC_PER_SEC, i == 999 ? done : done_never), 0);
	}
	memset(called, 0, sizeof(called)); /* what waits is a copy */
	result = NONE;
	wait_for_it();
	ck_assert_str_eq(read_notes(text, sizeof(text)), "first\n999\n");
	ck_assert_uint_ge(now() - begin, USEC_PER_SEC);
}
END_TEST

/* One that runs is not disturbed by one that waits. */
START_TEST(one_at_a_time)
{
	char text[64];

	write_noting_script("sleep 1.2; echo end >>$0.notes");
	ck_assert_int_eq(run_called("CALLED=1", 5 * USEC_PER_SEC, done), 0);
	ck_assert_int_eq(run_called("CALLED=2", 5 * USEC_PER_SEC, done), 0);
	wait_for_it();
	ck_assert_str_eq(read_notes(text, sizeof(text)), "1\nend\n");
	result = NONE;
	wait_for_it();
	ck_assert_str_eq(read_notes(text, sizeof(text)), "1\nend\n2\nend\n");
}
END_TEST

/* What follows one that was killed waits for its end, not for the pause, and not for ever if it cannot die. */
START_TEST(killed)
{
	char text[64];

	write_noting_script("[ $CALLED = 2 ] || sleep 60");
	ck_assert_int_eq(run_called("CALLED=1", 60 * USEC_PER_SEC, done_never), 0);
	while (!read_notes(text, sizeof(text))[0])
		ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
	ck_assert_int_eq(run_called("CALLED=3", 60 * USEC_PER_SEC, done_never), 0);
	undying = _i;
	hook_kill(hook);
	ck_assert_int_eq(run_called("CALLED=2", 5 * USEC_PER_SEC, done), 0);
	while (strcmp(read_notes(text, sizeof(text)), "1\n2\n") != 0)
		ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
	undying = false;
	wait_for_it();
	ck_assert_int_eq(result, 0);
}
END_TEST

/* One that waits cannot be started when its time comes. */
START_TEST(gone_meanwhile)
{
	write_script("exit 0");
	ck_assert_int_eq(run(5 * USEC_PER_SEC), 0);
	ck_assert_int_eq(run(5 * USEC_PER_SEC), 0);
	wait_for_it();
	ck_assert_int_eq(result, 0);
	ck_assert_int_eq(unlink(path), 0);
	result = NONE;
	wait_for_it();
	ck_assert_int_eq(result, -ENOENT);
}
END_TEST

/* A peer that wants very many calls placed does not make us start as many processes; what they have begun is cleared. */
START_TEST(too_many)
{
	char *environment[] = { (char *)"PATH=/usr/bin:/bin", NULL };
	struct hook *others[HOOKS_MAX], *last;

	write_script("[ $1 = hangup ] || sleep 60");
	for (int i = 0; i < HOOKS_MAX; i++) {
		ck_assert_int_eq(hook_new(event, NULL, &others[i]), 0);
		ck_assert_int_eq(hook_run(others[i], &(struct hook_spec){ path, "dial", environment, 60 * USEC_PER_SEC,
					  true }, done_never), 0);
	}
	ck_assert_int_eq(run(5 * USEC_PER_SEC), -EBUSY);
	ck_assert_int_eq(hook_new(event, NULL, &last), 0);
	ck_assert_int_eq(hook_run(last, &(struct hook_spec){ path, "hangup", environment, 5 * USEC_PER_SEC, false }, done),
			 0);
	wait_for_it();
	ck_assert_int_eq(result, 0);
	hook_free(last);
	hook_free(others[0]); /* there is room when it has been reaped */
	while (run_called("X=1", 60 * USEC_PER_SEC, done_never) == -EBUSY)
		ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
	for (int i = 1; i < HOOKS_MAX; i++)
		hook_free(others[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hook");
	TCase *tc = tcase_create("hook");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, ends, 0, sizeof(scripts) / sizeof(scripts[0]));
	tcase_add_test(tc, stopped);
	tcase_add_test(tc, loop_gone);
	tcase_add_test(tc, not_there);
	tcase_add_test(tc, burst);
	tcase_add_test(tc, one_at_a_time);
	tcase_add_loop_test(tc, killed, 0, 2);
	tcase_add_test(tc, gone_meanwhile);
	tcase_add_test(tc, too_many);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
