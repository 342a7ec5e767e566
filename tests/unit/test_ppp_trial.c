/* SPDX-License-Identifier: MIT */
/* ppp_trial: a pppd of the test's own, which writes down what it is asked; and programs that do not behave. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "attach/dryrun.h"
#include "base/program.h"

static char directory[32];

static void path_of(const char *name, char path[64])
{
	snprintf(path, 64, "%s/%s", directory, name);
}

static void write_file(const char *name, mode_t mode, const char *text)
{
	char path[64];
	FILE *f;

	path_of(name, path);
	f = fopen(path, "w");
	ck_assert(f && fputs(text, f) >= 0 && fchmod(fileno(f), mode) == 0 && fclose(f) == 0);
}

static void setup(void)
{
	strcpy(directory, "/tmp/test_trial.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void teardown(void)
{
	static const char *const names[] = { "pppd", "conf", "asked" };
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		path_of(names[i], path);
		unlink(path);
	}
	ck_assert_int_eq(rmdir(directory), 0);
}

static struct config *load(const char *sections)
{
	char text[2048], path[64];
	struct config *c = NULL;

	snprintf(text, sizeof(text), "pppd = \"%s/pppd\" pppd-plugin = \"/x/p.so\"\n%s", directory, sections);
	write_file("conf", 0600, text);
	path_of("conf", path);
	ck_assert_int_eq(config_load(path, stderr, &c), 0);
	return c;
}

static struct ppp_trial *try(const char *pppd, const char *sections)
{
	struct config *c = load(sections);
	struct ppp_trial *t = NULL;

	write_file("pppd", 0700, pppd);
	ck_assert_int_eq(ppp_trial_new(c, &t), 0);
	config_free(c); /* nothing of it is used any more */
	ppp_trial_run(t);
	return t;
}

static const char *const words[] = { "taken", "refused", "unknown" };

/* "a taken: / b refused: it says so" */
static const char *results_of(struct ppp_trial *t)
{
	static char text[2048];
	enum ppp_trial_result result;
	const char *profile, *why;
	size_t len = 0;

	for (size_t i = 0; ppp_trial_get(t, i, &profile, &result, &why); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s %s: %s", i ? " / " : "", profile, words[result],
					why);
	ppp_trial_free(t);
	return text;
}

/* What it says and with which status it ends, and what that means. */
static const struct {
	const char *pppd, *expect;
} cases[] = {
	{ "#!/bin/sh\nexit 0\n", "a taken: " },
	{ "#!/bin/sh\necho lots of options\nexit 0\n", "a taken: " },
	{ "#!/bin/sh\necho \"pppd: unrecognized option 'x y'\" >&2\necho 'Usage: pppd [ options ], pppd: no' >&2\nexit 2\n",
	  "a refused: unrecognized option 'x y'" },
	{ "#!/bin/sh\necho 'Plugin p loaded.'\necho 'pppd: one' >&2\necho 'pppd: two' >&2\nexit 1\n", "a refused: one; two" },
	{ "#!/bin/sh\nprintf 'a plugin\\033 gives up'\nexit 5\n", "a refused: a plugin? gives up" },
	{ "#!/bin/sh\nexit 2\n", "a refused: pppd gave no reason" },
	{ "#!/bin/sh\nexit 3\n", "a unknown: this needs root" },
	{ "#!/bin/sh\nexit 4\n", "a unknown: this needs PPP in the kernel and /dev/ppp" },
	{ "#!/bin/sh\nkill -9 $$\n", "a unknown: Connection timed out" },
	{ "#!/nonexistent/interpreter\n", "a unknown: No such file or directory" },
};

START_TEST(results)
{
	ck_assert_str_eq(results_of(try(cases[_i].pppd, "lns a { }")), cases[_i].expect);
}
END_TEST

/* The words of a call, but for its link; each set of them is tried once. */
START_TEST(words_of_a_call)
{
	char pppd[256], path[64], asked[4096] = "";
	struct ppp_trial *t;

	snprintf(pppd, sizeof(pppd), "#!/bin/sh\necho \"$0 $*\" >>%s/asked\n[ \"$3\" = plugin ] && ! grep -q wrong %s/asked || exit 2\n",
		 directory, directory);
	t = try(pppd, "pool p { range = 10.0.0.0/24 }\n"
		      "lns a { ppp { options = { \"ms-dns\", \"192.0.2.53\" } pool = p local-address = 10.0.0.1\n"
		      "interface = \"l2tp%dx\" mtu = 1300 } }\n"
		      "lac b { server = s ppp { ipv6 = no options = { user, me } } }\n"
		      "lac c { server = t ppp { ipv6 = no options = { user, me } } }\n"
		      "lac d { server = t ppp { options = { wrong } } }\n"
		      "lac e { server = t ppp { options = { wrong } } }\n");
	ck_assert_str_eq(results_of(t), "a taken:  / b taken:  / c taken:  / d refused: pppd gave no reason / "
					"e refused: pppd gave no reason");
	path_of("asked", path);
	FILE *f = fopen(path, "r");
	ck_assert(f && fread(asked, 1, sizeof(asked) - 1, f) > 0);
	fclose(f);
	static const char *const lines[] = {
		"plugin pppol2tp.so plugin /x/p.so auth ifname l2tp0x 10.0.0.1:10.0.0.2 +ipv6 mtu 1300 mru 1400 noipdefault ",
		" ms-dns 192.0.2.53 nodetach nopersist notty dryrun\n",
		"plugin pppol2tp.so plugin /x/p.so noauth noipv6 mtu 1400 mru 1400 noipdefault ",
		" user me nodetach nopersist notty dryrun\n",
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(strstr(asked, lines[i]) != NULL, "%s is not in\n%s", lines[i], asked);
	size_t n = 0;
	for (const char *p = asked; (p = strchr(p, '\n')); p++)
		n++;
	ck_assert_uint_eq(n, 3);
	ck_assert_ptr_null(strstr(asked, "pppol2tp_tunnel_id"));
}
END_TEST

START_TEST(word_too_long)
{
	char sections[2048] = "lns a { ppp { options = { \"";

	memset(sections + strlen(sections), 'x', 1100);
	strcat(sections, "\" } } }");
	ck_assert_ptr_nonnull(strstr(results_of(try("#!/bin/sh\nexit 0\n", sections)), "a refused: an option is longer"));
}
END_TEST

/* One that hangs is ended, with what it has started, and has been heard until then. */
START_TEST(hangs)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)"echo said; sleep 1000 & exec sleep 1000", NULL };
	time_t begin = time(NULL);
	char out[64];

	ck_assert_int_eq(program_run("/bin/sh", argv, out, sizeof(out)), -ETIMEDOUT);
	ck_assert_str_eq(out, "said\n");
	ck_assert_int_lt(time(NULL) - begin, 30);
}
END_TEST

/* More than is kept is read all the same, or it would wait for ever. */
START_TEST(talks_much)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)"i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done; exit 7",
			       NULL };
	char out[16];

	ck_assert_int_eq(program_run("/bin/sh", argv, out, sizeof(out)), 7);
	ck_assert_str_eq(out, "0123456789\n0123");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ppp_trial");
	TCase *t = tcase_create("ppp_trial");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, results, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(t, words_of_a_call);
	tcase_add_test(t, word_too_long);
	tcase_add_test(t, hangs);
	tcase_add_test(t, talks_much);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
