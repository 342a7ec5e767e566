/* SPDX-License-Identifier: MIT */
/*
 * daemon: l2tpd --dataplane=none on loopback, in a directory of its own under /tmp, on a port that was free.
 */
#include "scenario.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT_MIN 20000
#define PORTS 12000

const char *daemon_program;

/* The profiles of scenario.h: peers are told apart by the second octet of their address. */
static const char profiles[] =
	"lns \"strict\"  { peer = { \"127.1.0.0/16\", \"127.32.0.0/11\" } host-name = \"lns.test\" strict = yes }\n"
	"lns \"secret\"  { peer = \"127.2.0.0/16\" strict = yes secret = \"secret\" challenge = yes }\n"
	"lns \"hiding\"  { peer = \"127.3.0.0/16\" strict = yes secret = \"secret\" challenge = yes hide-avps = yes }\n"
	"lns \"answers\" { peer = \"127.4.0.0/16\" strict = yes secret = \"secret\" }\n"
	"lns \"quick\"   { peer = \"127.5.0.0/16\" strict = yes retransmit-initial = 100ms retransmit-max = 3\n"
	"                  setup-timeout = 1s }\n"
	"lns \"hello\"   { peer = \"127.6.0.0/16\" strict = yes hello-interval = 400ms }\n"
	"lns \"bare\"    { peer = \"127.7.0.0/16\" }\n"
	"lns \"full\"    { peer = \"127.8.0.0/16\" strict = yes vendor-name = \"Hersteller-\xc3\x84\"\n"
	"                  receive-window = 4 sessions = 2 }\n"
	"lns \"number\"  { peer = \"127.11.0.0/16\" called-number = { \"07\", \"08*\" } sub-address = 7 session-dscp = 46\n"
	"                  proxy-authentication = yes }\n"
	"lns \"caller\"  { peer = \"127.11.0.0/16\" calling-number = \"1*\" session-dscp = 10 }\n"
	"lns \"red\"     { peer = \"127.11.0.0/16\" private-group-id = red }\n"
	"lns \"name\"    { peer = \"127.11.0.0/16\" proxy-authen-name = \"jo*\" }\n"
	"lns \"only\"    { peer = \"127.12.0.0/16\" called-number = \"08*\" }\n"
	"lns \"idle\"    { peer = \"127.9.0.0/16\" strict = yes idle-timeout = 1s }\n";

/* Below the ports that the kernel gives to whoever asks for any: nobody takes it before the daemon does. */
uint16_t daemon_port(void)
{
	static unsigned next;
	struct sockaddr_in a = { .sin_family = AF_INET };

	for (int i = 0; i < 100; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM, 0);
		bool free;

		a.sin_port = htons((uint16_t)(PORT_MIN + ((unsigned)getpid() * 131 + next++) % PORTS));
		free = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
		close(fd);
		if (free)
			return ntohs(a.sin_port);
	}
	fail("no free port: %m");
}

static void write_config(const struct daemon *d, const char *sections)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/l2tpd.conf", d->directory);
	FILE *f = fopen(path, "w");
	if (!f)
		fail("%s: %m", path);
	fprintf(f, "listen = \"0.0.0.0:%u\"\nruntime-directory = \"%s\"\nstop-timeout = 2s\nlog-level = debug\n%s%s%s",
		d->port, d->directory, strstr(sections, "api-system-bus") ? "" : "api-system-bus = no\n", profiles,
		sections);
	fprintf(f, "lns \"places\" { peer = \"127.13.0.0/16\" dial-hook = \"%s/hook\" }\n", d->directory);
	fclose(f);
}

static void write_hook(const struct daemon *d)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/hook", d->directory);
	f = fopen(path, "w");
	if (!f)
		fail("%s: %m", path);
	fprintf(f, "#!/bin/sh\necho $1 $L2TP_TUNNEL_ID/$L2TP_SESSION_ID >>%s.calls\n", d->log);
	fchmod(fileno(f), 0700);
	fclose(f);
}

/* How many lines have it. */
static unsigned log_has(const struct daemon *d, const char *text)
{
	FILE *f = fopen(d->log, "r");
	char line[1024];
	unsigned n = 0;

	while (f && fgets(line, sizeof(line), f))
		n += strstr(line, text) != NULL;
	if (f)
		fclose(f);
	return n;
}

static void show_log(const struct daemon *d)
{
	FILE *f = fopen(d->log, "r");
	char line[1024];

	while (f && fgets(line, sizeof(line), f))
		fputs(line, stderr);
	if (f)
		fclose(f);
}

void daemon_again(struct daemon *d)
{
	char config[128];

	snprintf(config, sizeof(config), "%s/l2tpd.conf", d->directory);
	unlink(d->log);
	d->pid = fork();
	if (d->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a scenario that fails leaves nothing running */
		if (d->output ? dup2(d->output, STDERR_FILENO) < 0 : !freopen(d->log, "w", stderr))
			_exit(127);
		execl(daemon_program, "l2tpd", "--config", config, "--dataplane=none", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; !d->output && !log_has(d, "is ready"); i++) {
		if (i == 500 || waitpid(d->pid, NULL, WNOHANG) != 0) {
			show_log(d);
			fail("the daemon does not start");
		}
		usleep(20000);
	}
}

void daemon_reload(const struct daemon *d, const char *sections, bool good)
{
	const char *said = good ? "notice: reloaded " : "error local: reload failed";
	unsigned before = log_has(d, said);

	write_config(d, sections);
	MUST(kill(d->pid, SIGHUP) == 0);
	for (int i = 0; log_has(d, said) == before; i++) {
		if (i == 500) {
			show_log(d);
			fail("the daemon has not %sreloaded", good ? "" : "refused to be ");
		}
		usleep(20000);
	}
}

/* Times are measured: a daemon that logs to a busy disk stands still with it. */
static void place_log(struct daemon *d)
{
	int fd;

	strcpy(d->log, "/dev/shm/l2tpd-conformance-XXXXXX");
	fd = mkstemp(d->log);
	if (fd < 0)
		snprintf(d->log, sizeof(d->log), "%s/log", d->directory);
	else
		close(fd);
}

void daemon_start(struct daemon *d, const char *sections)
{
	strcpy(d->directory, "/tmp/l2tpd-conformance-XXXXXX");
	if (!mkdtemp(d->directory))
		fail("mkdtemp: %m");
	place_log(d);
	d->port = d->port ? d->port : daemon_port();
	write_config(d, sections);
	write_hook(d);
	daemon_again(d);
}

static void remove_files(const struct daemon *d)
{
	static const char *const names[] = { "l2tpd.conf", "hook", "bus" /* of one that was killed */ };
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", d->directory, names[i]);
		unlink(path);
	}
	unlink(d->log);
	snprintf(path, sizeof(path), "%s.calls", d->log);
	unlink(path);
	if (rmdir(d->directory) < 0)
		fprintf(stderr, "%s stays: %s\n", d->directory, strerror(errno));
}

void daemon_stop(struct daemon *d, int signal)
{
	int status;

	if (kill(d->pid, signal) < 0 || waitpid(d->pid, &status, 0) != d->pid)
		fail("the daemon has gone: %m");
	if (status || log_has(d, "Sanitizer") || log_has(d, "runtime error")) {
		show_log(d);
		fail("the daemon ended with status %x", (unsigned)status);
	}
	remove_files(d);
}
