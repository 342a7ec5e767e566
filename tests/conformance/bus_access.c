/* SPDX-License-Identifier: MIT */
/*
 * Who may do what.  Run by root, it also takes the parts of others: of a member of the group, and of anybody.  Run by
 * anybody else, it is the daemon's own user, who may do everything.
 */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus.h"

#define NOBODY 65534
#define GROUP "daemon" /* there is one everywhere */

enum access { NOTHING, LOOK, ALL };

/* What a client of this connection may do. */
static enum access try_access(void)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus = NULL;
	int r = connect_maybe(&lac, &bus);
	sd_bus_message *m = r < 0 ? NULL : call(bus, &error, "ListTunnels", "a{sv}su", 0, "", 0);
	enum access a = NOTHING;

	if (m) {
		sd_bus_message_unref(m);
		m = call(bus, &error, "CloseTunnel", "uqqs", 1, 0, 0, "");
		check(!m, "a tunnel 1");
		a = strcmp(error.name, ERRORS "AccessDenied") == 0 ? LOOK : ALL;
		check(a == LOOK || !strcmp(error.name, ERRORS "NoSuchTunnel"), "%s", error.name);
	}
	sd_bus_error_free(&error);
	sd_bus_close_unref(bus);
	return a;
}

/* As this user with this group. */
static void expect(const char *who, uid_t uid, gid_t gid, gid_t supplementary, enum access wanted)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		enum access a;

		check(setgroups(1, &supplementary) == 0 && setresgid(gid, gid, gid) == 0 &&
			      setresuid(uid, uid, uid) == 0,
		      "%s: %m", who);
		a = try_access();
		check(a == wanted, "%s may do %d, expected %d", who, a, wanted);
		_exit(0);
	}
	check(waitpid(pid, &status, 0) == pid && !status, "%s: status %x", who, (unsigned)status);
}

/* The LAC again, with these words in its configuration. */
static void restart(const char *words)
{
	char sections[512];

	daemon_stop(&lac, SIGTERM);
	snprintf(sections, sizeof(sections), "api-group = \"%s\"\n%s\n", GROUP, words);
	daemon_start(&lac, sections);
	chmod(lac.directory, 0755);
}

static void rights(const char *words, enum access others)
{
	gid_t group = getgrnam(GROUP)->gr_gid;

	restart(words);
	check(try_access() == ALL, "the daemon's own user");
	if (geteuid() == 0) {
		expect("root without any group", 0, NOBODY, NOBODY, ALL);
		expect("a member of the group", NOBODY, group, NOBODY, ALL);
		expect("a member of the group among others", NOBODY, NOBODY, group, ALL);
		expect("anybody", NOBODY, NOBODY, NOBODY, others);
	}
}

static void private(void)
{
	char path[128];
	struct stat s;

	rights("", NOTHING);
	snprintf(path, sizeof(path), "%s/bus", lac.directory);
	check(stat(path, &s) == 0 && (s.st_mode & 0777) == (geteuid() == 0 ? 0660 : 0600), "mode %o",
	      (unsigned)s.st_mode);
}

static void readable(void)
{
	rights("api-others = read", LOOK);
}

/* Whoever may only look cannot keep out those who may do more. */
static void crowd_of_readers(void)
{
	restart("api-others = read");
	if (geteuid() == 0) {
		pid_t pid = fork();
		int status = -1;

		if (pid == 0) {
			check(setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
			      setresuid(NOBODY, NOBODY, NOBODY) == 0, "setresuid: %m");
			for (int i = 0; i < 256; i++)
				(void)dial_socket(&lac);
			check(try_access() == NOTHING, "one reader too many");
			_exit(0);
		}
		check(waitpid(pid, &status, 0) == pid && !status, "readers: status %x", (unsigned)status);
	}
	check(try_access() == ALL, "the daemon's own user");
}

const struct bus_test access_tests[] = {
	{ "private", private }, { "readable", readable }, { "crowd of readers", crowd_of_readers }, { NULL, NULL },
};
