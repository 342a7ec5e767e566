/* SPDX-License-Identifier: MIT */
/* bearer: what the program is called with and told, what its exit status becomes, and when a call is cleared. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/child.h"
#include "base/clock.h"
#include "core/bearer.h"

#define TIME_MAX (20 * USEC_PER_SEC)

static char path[64], notes[80];
static sd_event *event;
static struct bearer *bearer;
static struct config_profile profile;
static struct l2tp_addr peer = { .ip = { 192, 0, 2, 1 }, .port = 1701, .family = 4 };
static struct l2tp_call_info info = { .minimum_bps = 9600, .maximum_bps = 64000, .bearer_type = 1, .framing_type = 2 };
static struct bearer_call call;
static unsigned dialled, hung_up;
static struct l2tp_reason why; /* of dialled; origin NOBODY: it is placed */

static struct log_object object(void *ctx)
{
	ck_assert_ptr_eq(ctx, &bearer);
	return (struct log_object){ .tunnel_id = 11, .session_id = 22, .peer = &peer };
}

static void on_dialled(void *ctx, const struct l2tp_reason *reason)
{
	ck_assert_ptr_eq(ctx, &bearer);
	dialled++;
	why = reason ? *reason : (struct l2tp_reason){ 0 };
}

static void on_hung_up(void *ctx)
{
	ck_assert_ptr_eq(ctx, &bearer);
	hung_up++;
}

static const struct bearer_handler handler = { .object = object, .dialled = on_dialled, .hung_up = on_hung_up };

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
	snprintf(path, sizeof(path), "/tmp/l2tpd-bearer-%ld", (long)getpid());
	snprintf(notes, sizeof(notes), "%s.notes", path);
	profile = (struct config_profile){ .dial_hook = path, .dial_timeout = TIME_MAX };
	call = (struct bearer_call){ .tunnel_id = 11, .session_id = 22, .peer = &peer,
				     .peer_host_name = { (const uint8_t *)"lns", 3 }, .call = &info, .profile = &profile };
	dialled = hung_up = 0;
	bearer = NULL;
	ck_assert_int_ge(sd_event_new(&event), 0);
}

static void teardown(void)
{
	bearer_free(bearer);
	sd_event_unref(event);
	(void)unlink(path);
	(void)unlink(notes);
}

static int dial(void)
{
	return bearer_dial(event, &call, &handler, &bearer, &bearer);
}

static void run_until(const unsigned *what, unsigned n)
{
	const usec_t end = clock_now() + TIME_MAX;

	while (*what < n && clock_now() < end)
		ck_assert_int_ge(sd_event_run(event, USEC_PER_SEC), 0);
	ck_assert_uint_eq(*what, n);
}

/* Until the notes have this many lines. */
static void run_until_noted(unsigned n)
{
	const usec_t end = clock_now() + TIME_MAX;
	unsigned lines = 0;

	while (lines < n && clock_now() < end) {
		FILE *f = fopen(notes, "r");

		lines = 0;
		for (int c; f && (c = fgetc(f)) != EOF;)
			lines += c == '\n';
		if (f)
			fclose(f);
		ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
	}
	ck_assert_uint_eq(lines, n);
}

static void expect_noted(const char *text)
{
	char got[512] = "";
	FILE *f = fopen(notes, "r");

	ck_assert_ptr_nonnull(f);
	got[fread(got, 1, sizeof(got) - 1, f)] = '\0';
	fclose(f);
	ck_assert_str_eq(got, text);
}

/* The script notes its action and these variables. */
static void note(const char *variables, const char *then)
{
	char body[512];

	snprintf(body, sizeof(body), "echo \"$1 %s\" >>%s\n%s", variables, notes, then);
	write_script(body);
}

static const struct {
	const char *body;
	usec_t timeout;
	uint16_t result; /* 0: placed */
} ends[] = {
	{ "exit 0", TIME_MAX, 0 },
	{ "exit 1", TIME_MAX, RC_CDN_NO_FACILITY_TEMPORARY },
	{ "exit 3", TIME_MAX, RC_CDN_NO_FACILITY_TEMPORARY }, /* "administrative" is not the program's to say */
	{ "exit 4", TIME_MAX, RC_CDN_NO_FACILITY_TEMPORARY },
	{ "exit 8", TIME_MAX, RC_CDN_BUSY },
	{ "exit 11", TIME_MAX, RC_CDN_NO_FRAMING },
	{ "exit 12", TIME_MAX, RC_CDN_NO_FACILITY_TEMPORARY },
	{ "kill -9 $$", TIME_MAX, RC_CDN_NO_FACILITY_TEMPORARY },
	{ "sleep 60", 50 * USEC_PER_MSEC, RC_CDN_TIMEOUT },
};

START_TEST(result)
{
	write_script(ends[_i].body);
	profile.dial_timeout = ends[_i].timeout;
	ck_assert_int_eq(dial(), 0);
	ck_assert_uint_eq(dialled, 0);
	run_until(&dialled, 1);
	ck_assert_uint_eq(why.result, ends[_i].result);
	ck_assert_int_eq(why.origin, ends[_i].result ? L2TP_BY_LOCAL : L2TP_BY_NOBODY);
	/* only a call that was placed is cleared */
	ck_assert_int_eq(bearer_hang_up(bearer, &call), ends[_i].result == 0);
}
END_TEST

START_TEST(told)
{
	struct l2tp_link_info link = { .send_accm = 0xa0000, .receive_accm = UINT32_MAX,
				       .last_sent_confreq = { (const uint8_t *)"\1\4\5\xdc", 4 } };

	note("$L2TP_TUNNEL_ID/$L2TP_SESSION_ID $L2TP_PEER_HOST $L2TP_MINIMUM_BPS $L2TP_MAXIMUM_BPS $L2TP_BEARER_TYPE"
	     " $L2TP_FRAMING_TYPE $L2TP_SEND_ACCM $L2TP_RECEIVE_ACCM $L2TP_LNS_LCP_SENT ${L2TP_LNS_LCP_RECEIVED-none} $PATH", "");
	ck_assert_int_eq(dial(), 0);
	bearer_link(bearer, &call, &link); /* not before it is placed */
	run_until(&dialled, 1);
	bearer_link(bearer, &call, &link);
	run_until_noted(2);
	ck_assert(bearer_hang_up(bearer, &call));
	run_until(&hung_up, 1);
	expect_noted("dial 11/22 lns 9600 64000 1 2    none " CHILD_PATH "\n"
		     "link 11/22      000a0000 ffffffff 010405dc none " CHILD_PATH "\n"
		     "hangup 11/22         none " CHILD_PATH "\n");
}
END_TEST

START_TEST(aborted) /* how far it had come is not known: the call is cleared */
{
	note("", "[ $1 = hangup ] || sleep 60");
	ck_assert_int_eq(dial(), 0);
	run_until_noted(1);
	ck_assert(bearer_abort(bearer));
	ck_assert(!bearer_abort(bearer));
	ck_assert(bearer_hang_up(bearer, &call));
	run_until(&hung_up, 1);
	ck_assert_uint_eq(dialled, 0);
	expect_noted("dial \nhangup \n");
}
END_TEST

START_TEST(cannot_run)
{
	struct bearer *const none = bearer;

	if (_i)
		profile.dial_hook = NULL;
	ck_assert_int_eq(dial(), _i ? -EOPNOTSUPP : -ENOENT);
	ck_assert_ptr_eq(bearer, none);
	ck_assert_uint_eq(dialled, 0);
}
END_TEST

START_TEST(hook_is_taken_away) /* by a reload, while it dials */
{
	write_script("exit 8");
	ck_assert_int_eq(dial(), 0);
	profile.dial_hook = NULL;
	run_until(&dialled, 1);
	ck_assert_uint_eq(why.result, RC_CDN_BUSY);
	profile.dial_hook = path;
	bearer_free(bearer);
	bearer = NULL;
	write_script("exit 0");
	ck_assert_int_eq(dial(), 0);
	run_until(&dialled, 2);
	profile.dial_hook = NULL;
	ck_assert(!bearer_hang_up(bearer, &call));
}
END_TEST

START_TEST(none)
{
	ck_assert(!bearer_abort(NULL));
	ck_assert(!bearer_hang_up(NULL, &call));
	bearer_link(NULL, &call, &(struct l2tp_link_info){ 0 });
	bearer_free(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bearer");
	TCase *t = tcase_create("bearer");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, result, 0, sizeof(ends) / sizeof(ends[0]));
	tcase_add_test(t, told);
	tcase_add_test(t, aborted);
	tcase_add_loop_test(t, cannot_run, 0, 2);
	tcase_add_test(t, hook_is_taken_away);
	tcase_add_test(t, none);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
