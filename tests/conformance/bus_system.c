/* SPDX-License-Identifier: MIT */
/*
 * The control API on a system bus of our own: a real dbus-daemon with Debian's usual policy and the file that we ship,
 * in which only the names of user and group are replaced by such as are here.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus.h"

#define NOBODY 65534
#define GROUP "daemon"
#define SERVICE "org.l2tpd1"

struct system {
	char directory[64], address[128];
	pid_t pid;
};

/* Copy a file of the project's, with words replaced. */
static void adapt(const char *from, const char *to, const char *user)
{
	char path[512], line[512];
	FILE *in, *out;

	snprintf(path, sizeof(path), "%s/%s", source_dir, from);
	in = fopen(path, "r");
	out = fopen(to, "w");
	check(in && out, "%s, %s: %m", path, to);
	while (fgets(line, sizeof(line), in)) {
		if (strstr(line, "group=\"l2tpd\""))
			fputs("  <policy group=\"" GROUP "\">\n", out);
		else if (strstr(line, "user=\"root\""))
			fprintf(out, "  <policy user=\"%s\">\n", user);
		else
			fputs(line, out);
	}
	fclose(in);
	fclose(out);
}

static void write_config(const struct system *s)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/policy.conf", s->directory);
	adapt("systemd/org.l2tpd1.conf", path, getpwuid(geteuid())->pw_name);
	snprintf(path, sizeof(path), "%s/bus.conf", s->directory);
	f = fopen(path, "w");
	check(f, "%s: %m", path);
	/* as /usr/share/dbus-1/system.conf */
	fprintf(f,
		"<busconfig><type>system</type><listen>%s</listen><auth>EXTERNAL</auth>\n"
		"<policy context=\"default\"><allow user=\"*\"/><deny own=\"*\"/><deny send_type=\"method_call\"/>\n"
		"<allow send_type=\"signal\"/><allow send_requested_reply=\"true\" send_type=\"method_return\"/>\n"
		"<allow send_requested_reply=\"true\" send_type=\"error\"/><allow receive_type=\"method_call\"/>\n"
		"<allow receive_type=\"method_return\"/><allow receive_type=\"error\"/><allow "
		"receive_type=\"signal\"/>\n"
		"<allow send_destination=\"org.freedesktop.DBus\"/></policy>\n"
		"<include>policy.conf</include></busconfig>\n",
		s->address);
	fclose(f);
}

static void system_begin(struct system *s)
{
	strcpy(s->directory, "/tmp/l2tpd-system-XXXXXX");
	check(mkdtemp(s->directory), "mkdtemp: %m");
	chmod(s->directory, 0755);
	snprintf(s->address, sizeof(s->address), "unix:path=%s/socket", s->directory);
	write_config(s);
	setenv("DBUS_SYSTEM_BUS_ADDRESS", s->address, 1);
}

static void system_start(struct system *s)
{
	char argument[128];

	snprintf(argument, sizeof(argument), "--config-file=%s/bus.conf", s->directory);
	s->pid = fork();
	if (s->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)!freopen("/dev/null", "w", stderr); /* it complains of limits */
		execlp("dbus-daemon", "dbus-daemon", argument, "--nofork", "--nopidfile", "--nosyslog", (char *)NULL);
		_exit(127);
	}
}

static void system_stop(struct system *s)
{
	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
}

static void system_end(struct system *s)
{
	static const char *const names[] = { "bus.conf", "policy.conf", "socket" };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", s->directory, names[i]);
		unlink(path);
	}
	rmdir(s->directory);
}

static sd_bus_message *ask(sd_bus *bus, sd_bus_error *error, const char *method)
{
	sd_bus_message *reply = NULL;

	if (sd_bus_call_method(bus, SERVICE, "/org/l2tpd1", MANAGER, method, error, &reply, NULL) < 0)
		return NULL;
	return reply;
}

/* A connection to the system bus as soon as the daemon is there. */
static sd_bus *wait_there(const struct system *s)
{
	sd_bus *bus = NULL;

	for (int i = 0; i < 750; i++) {
		sd_bus_error error = SD_BUS_ERROR_NULL;
		sd_bus_message *m = NULL;

		if (!bus && sd_bus_open_system(&bus) < 0)
			bus = NULL;
		m = bus ? ask(bus, &error, "ListProfiles") : NULL;
		sd_bus_error_free(&error);
		if (m) {
			sd_bus_message_unref(m);
			return bus;
		}
		usleep(20000);
	}
	fail("the daemon is not on the bus %s", s->address);
}

static void start_on_bus(void)
{
	daemon_stop(&lac, SIGTERM);
	daemon_start(&lac, "api-system-bus = yes\n");
}

/* ---- Tests --------------------------------------------------------------------------------------------------- */

static void expect(uid_t uid, gid_t gid, const char *error_name)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		sd_bus_error error = SD_BUS_ERROR_NULL;
		sd_bus_message *m;
		sd_bus *bus = NULL;

		check(setgroups(0, NULL) == 0 && setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0, "%m");
		must(sd_bus_open_system(&bus), "system bus");
		m = ask(bus, &error, "GetStatistics");
		check(error_name ? !m && !strcmp(error.name, error_name) : !!m, "uid %u gid %u: %s", uid, gid,
		      m ? "let in" : error.name);
		_exit(0);
	}
	check(waitpid(pid, &status, 0) == pid && !status, "uid %u gid %u: status %x", uid, gid, (unsigned)status);
}

/* The shipped policy. */
static void policy(void)
{
	struct system s;

	system_begin(&s);
	system_start(&s);
	start_on_bus();
	sd_bus_flush_close_unref(wait_there(&s));
	if (geteuid() == 0) {
		expect(NOBODY, getgrnam(GROUP)->gr_gid, NULL);
		expect(NOBODY, NOBODY, SD_BUS_ERROR_ACCESS_DENIED);
	}
	system_stop(&s);
	system_end(&s);
}

static unsigned heard;

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void)m, (void)error;
	(*(unsigned *)userdata)++;
	return 0;
}

static void drain(sd_bus *bus)
{
	while (must(sd_bus_process(bus, NULL), "process") > 0)
		;
}

/* Signals go to those who have subscribed, and not to those who listen in. */
static void unicast(void)
{
	static unsigned overheard;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus *bus, *other = NULL;
	sd_bus_message *m;
	struct system s;

	system_begin(&s);
	system_start(&s);
	daemon_stop(&lns, SIGTERM);
	daemon_start(&lns, "api-system-bus = yes\n");
	bus = wait_there(&s);
	must(sd_bus_open_system(&other), "system bus");
	must(sd_bus_match_signal(bus, NULL, SERVICE, NULL, MANAGER, "TunnelChanged", on_signal, &heard), "match");
	must(sd_bus_match_signal(other, NULL, SERVICE, NULL, MANAGER, "TunnelChanged", on_signal, &overheard), "match");
	m = ask(bus, &error, "Subscribe");
	check(m, "Subscribe: %s", error.message);
	sd_bus_message_unref(m);
	call_done(lac_bus, "Open", "sa{sv}", "up", 2, "Another", "b", true, "Wait", "b", true);
	for (int i = 0; i < 500 && heard < 2; i++) {
		drain(bus);
		must(sd_bus_wait(bus, 20000), "wait");
	}
	check(heard == 2, "%u signals", heard);
	m = ask(other, &error, "ListProfiles"); /* what is for this client has come before the answer */
	check(m, "%s", error.message);
	sd_bus_message_unref(m);
	drain(other);
	check(overheard == 0, "%u signals are heard by everybody", overheard);
	sd_bus_flush_close_unref(bus); /* a subscriber who goes away */
	sd_bus_flush_close_unref(other);
	call_done(lac_bus, "Open", "sa{sv}", "up", 2, "Another", "b", true, "Wait", "b", true);
	sd_bus_flush_close_unref(wait_there(&s));
	system_stop(&s);
	system_end(&s);
}

/* The bus comes later, goes away, and comes back. */
static void coming_and_going(void)
{
	struct system s;
	sd_bus *bus;

	system_begin(&s);
	start_on_bus();
	bus = connect_to(&lac);
	check(count(bus, "ListTunnels", NULL, 0, NULL, 0) == 0, "there is no bus, and it does not matter");
	for (int i = 0; i < 2; i++) {
		system_start(&s);
		sd_bus_flush_close_unref(wait_there(&s));
		system_stop(&s);
		check(count(bus, "ListTunnels", NULL, 0, NULL, 0) == 0, "the bus has gone, and it does not matter");
	}
	sd_bus_flush_close_unref(bus);
	system_end(&s);
}

const struct bus_test system_tests[] = {
	{ "policy", policy }, { "unicast", unicast }, { "coming and going", coming_and_going }, { NULL, NULL },
};
