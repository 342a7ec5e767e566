/* SPDX-License-Identifier: MIT */
/* hook: exit status, environment, action, time limit, and an end that leaves nobody behind. */
#include "daemon/hook.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];
static sd_event *event;
static int result;

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
	ck_assert_int_ge(sd_event_new(&event), 0);
	result = 1000;
}

static void teardown(void)
{
	sd_event_unref(event);
	(void)unlink(path);
}

static void done(void *ctx, int status)
{
	(void)ctx;
	result = status;
}

static int run(usec_t timeout, struct hook **h)
{
	char *environment[] = { (char *)"PATH=/usr/bin:/bin", (char *)"CALLED=0815", NULL };

	return hook_start(event, &(struct hook_spec){ path, "dial", environment, timeout }, done, NULL, h);
}

static void wait_for_it(void)
{
	for (int i = 0; i < 500 && result == 1000; i++)
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
	struct hook *h;

	write_script(scripts[_i].body);
	ck_assert_int_eq(run(scripts[_i].timeout, &h), 0);
	ck_assert_int_eq(result, 1000);
	wait_for_it();
	ck_assert_msg(result == scripts[_i].status, "%s: %d", scripts[_i].body, result);
}
END_TEST

START_TEST(stopped)
{
	struct hook *h;

	write_script("sleep 60");
	ck_assert_int_eq(run(60 * USEC_PER_SEC, &h), 0);
	hook_stop(h);
	hook_stop(NULL);
	ck_assert_int_ge(sd_event_run(event, 0), 0);
	ck_assert_int_eq(result, 1000);
}
END_TEST

START_TEST(not_there)
{
	struct hook *h;

	ck_assert_int_eq(run(USEC_PER_SEC, &h), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hook");
	TCase *tc = tcase_create("hook");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, ends, 0, sizeof(scripts) / sizeof(scripts[0]));
	tcase_add_test(tc, stopped);
	tcase_add_test(tc, not_there);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
