/* SPDX-License-Identifier: MIT */
/* Clients who mean no good, or are broken: whatever they do, the others are served. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bus.h"

#define ANSWER_MAX (1 * USEC_PER_SEC) /* how long anybody may wait for an answer, on a busy machine, with a sanitizer */
#define CLIENTS 1024
#define MIB 1024l

static const char auth[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";

static usec_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

/* Is the daemon there, and quick? */
static void alive(const char *after)
{
	sd_bus *bus = connect_to(&lns);
	usec_t begin = now();

	(void)count(bus, "ListTunnels", NULL, 0, NULL, 1);
	check(now() - begin < ANSWER_MAX, "after %s: an answer took %llu us", after,
	      (unsigned long long)(now() - begin));
	sd_bus_close_unref(bus);
}

static void say(int fd, const void *octets, size_t len)
{
	check(send(fd, octets, len, MSG_NOSIGNAL) == (ssize_t)len, "send: %m");
}

/* Everything that comes until the daemon hangs up; -1: it does not within so many seconds. */
static ssize_t read_to_end(int fd, int seconds)
{
	struct timeval t = { seconds, 0 };
	char buf[65536];
	ssize_t n, sum = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		sum += n;
	return n < 0 && errno != ECONNRESET ? -1 : sum;
}

static long rss(const struct daemon *d)
{
	char path[64], line[256];
	long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", d->pid);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "VmRSS: %ld", &kib);
	if (f)
		fclose(f);
	return kib;
}

/* A client that has authenticated. */
static int enter(void)
{
	int fd = dial_socket(&lns);
	char buf[256];

	say(fd, auth, sizeof(auth) - 1);
	check(recv(fd, buf, sizeof(buf), 0) > 0, "authentication: %m");
	return fd;
}

/* ---- Octets -------------------------------------------------------------------------------------------------- */

struct raw {
	uint8_t octets[128 * 1024];
	size_t len;
};

static void put(struct raw *r, const void *p, size_t len, size_t align)
{
	while (r->len % align)
		r->octets[r->len++] = 0;
	memcpy(r->octets + r->len, p, len);
	r->len += len;
}

/* A header field: code, type ('s' or 'o'), text. */
static void put_field(struct raw *r, uint8_t code, char type, const char *text)
{
	uint32_t len = (uint32_t)strlen(text);

	put(r, (uint8_t[4]){ code, 1, (uint8_t)type, 0 }, 4, 8);
	put(r, &len, 4, 4);
	put(r, text, len + 1, 1);
}

/* A call of a method of the manager, without arguments; the header says that so many octets of body follow. */
static void make_call(struct raw *r, const char *interface, const char *method, uint32_t body)
{
	uint32_t serial = 1, len;

	r->len = 0;
	put(r, (uint8_t[4]){ 'l', 1, 0, 1 }, 4, 1);
	put(r, &body, 4, 1);
	put(r, &serial, 4, 1);
	put(r, &serial, 4, 1);
	put_field(r, 1, 'o', "/org/l2tpd1");
	put_field(r, 2, 's', interface);
	put_field(r, 3, 's', method);
	len = (uint32_t)r->len - 16;
	memcpy(r->octets + 12, &len, 4);
	put(r, "", 0, 8);
}

static void garbage(void)
{
	uint8_t octets[4096];
	uint32_t seed = (uint32_t)now();

	printf("garbage: seed %u\n", seed);
	for (int round = 0; round < 200; round++) {
		int fd = round & 1 ? enter() : dial_socket(&lns);
		size_t len = 1 + (size_t)rand_r(&seed) % sizeof(octets);

		for (size_t i = 0; i < len; i++)
			octets[i] = (uint8_t)rand_r(&seed);
		if (round & 2)
			octets[0] = 'l'; /* looks like a message */
		if (round & 4)
			memset(octets + 4, 0, 12); /* a short one */
		(void)!send(fd, octets, len, MSG_NOSIGNAL);
		close(fd);
	}
	alive("garbage");
}

/* In pieces, and long pauses between: the others do not notice, and it is answered when it is whole. */
static void half_a_message(void)
{
	static struct raw r;
	char buf[256];
	int fd = dial_socket(&lns);

	for (size_t i = 0; i < sizeof(auth) - 1; i++) {
		say(fd, auth + i, 1);
		usleep(1000);
	}
	check(recv(fd, buf, sizeof(buf), 0) > 0, "authentication: %m");
	make_call(&r, "org.freedesktop.DBus.Peer", "Ping", 0);
	say(fd, r.octets, 15); /* the length is not even known */
	alive("fifteen octets");
	say(fd, r.octets + 15, r.len / 2 - 15);
	alive("half a message");
	say(fd, r.octets + r.len / 2, r.len - r.len / 2);
	do
		check(recv(fd, buf, sizeof(buf), 0) > 0, "no answer: %m");
	while (buf[0] != 'l');
	check(buf[1] == 2, "not a method's return but %d", buf[1]);
	close(fd);
}

/* All at once: authentication, requests, and away. */
static void in_one_breath(void)
{
	static struct raw r;
	uint8_t all[4096];
	size_t len = sizeof(auth) - 1;
	int fd = dial_socket(&lns);

	make_call(&r, "org.freedesktop.DBus.Peer", "Ping", 0);
	memcpy(all, auth, len);
	for (int i = 0; i < 10; i++, len += r.len)
		memcpy(all + len, r.octets, r.len);
	say(fd, all, len);
	shutdown(fd, SHUT_WR);
	check(read_to_end(fd, 5) >= 0, "the daemon does not hang up");
	close(fd);
	alive("a client in haste");
}

static void too_long(void)
{
	static struct raw r;
	static const uint32_t sizes[] = { 65536, 100 << 20, UINT32_MAX };
	long before;
	int fd;

	alive("the start");
	before = rss(&lns);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		fd = enter();
		make_call(&r, MANAGER, "GetStatistics", sizes[i]);
		say(fd, r.octets, r.len);
		check(read_to_end(fd, 5) >= 0, "a message of %u octets is waited for", sizes[i]);
		close(fd);
	}
	fd = dial_socket(&lns);
	memset(r.octets, 'A', 8192);
	r.octets[0] = 0;
	(void)!send(fd, r.octets, 8192, MSG_NOSIGNAL);
	check(read_to_end(fd, 5) >= 0, "a line of 8192 octets is waited for");
	close(fd);
	check(rss(&lns) < before + 20 * MIB, "%ld KiB more", rss(&lns) - before);
}

/* As long as is allowed, and absurd. */
static void long_strings(void)
{
	static char text[60001];
	sd_bus_error error = SD_BUS_ERROR_NULL;
	usec_t begin;

	call_done(lac_bus, "Open", "sa{sv}", "up", 2, "Wait", "b", true, "Calls", "u", 400);
	wait_count(lns_bus, "ListSessions", "State", "established", 400);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		text[i] = i % 2 ? '*' : '?';
	begin = now();
	check(count(lns_bus, "ListSessions", "PeerHostName", 's', text, 0) == 0, "no host has such a name");
	memset(text, '*', sizeof(text) - 1);
	check(count(lns_bus, "ListSessions", "PeerHostName", 's', text, 0) == 400, "any host");
	check(now() - begin < 4 * ANSWER_MAX, "%llu us", (unsigned long long)(now() - begin));
	check(!call(lns_bus, &error, "Open", "sa{sv}", text, 0), "a profile with an absurd name");
	sd_bus_error_free(&error);
	check(!call(lns_bus, &error, "ListTunnels", "a{sv}su", 1, text, "s", "", "", 0), "an absurd key");
	sd_bus_error_free(&error);
	check(!call(lns_bus, &error, "ListTunnels", "a{sv}su", 0, text, 0), "an absurd cursor");
	sd_bus_error_free(&error);
	alive("long strings");
}

/* ---- Many ---------------------------------------------------------------------------------------------------- */

static void many(void)
{
	static int fds[CLIENTS];
	struct rlimit limit;
	int places = CLIENTS - (geteuid() != 0) - 1; /* one connection is ours already */
	long before = rss(&lns);

	check(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < places - 1; i++)
		fds[i] = enter();
	alive("1023 clients"); /* the last place */
	fds[places - 1] = enter();
	fds[places] = dial_socket(&lns);
	check(read_to_end(fds[places], 5) == 0, "one too many is not turned away");
	check(rss(&lns) < before + 64 * MIB, "%ld KiB more", rss(&lns) - before);
	for (int i = 0; i <= places; i++)
		close(fds[i]);
	wait_count(lns_bus, "ListTunnels", NULL, NULL, 0);
	alive("1024 clients");
}

/* Who comes, asks, and does not wait for the answer. */
static void restless(void)
{
	static struct raw r;
	uint32_t seed = (uint32_t)now();

	printf("restless: seed %u\n", seed);
	call_done(lac_bus, "Open", "sa{sv}", "up", 2, "Wait", "b", true, "Calls", "u", 100);
	for (int round = 0; round < 300; round++) {
		static const char *const methods[] = { "Subscribe", "ListProfiles", "GetStatistics", "Elephant" };
		int fd = rand_r(&seed) % 4 ? enter() : dial_socket(&lns);

		make_call(&r, MANAGER, methods[rand_r(&seed) % 4], 0);
		for (unsigned n = (unsigned)rand_r(&seed) % 5; n; n--)
			(void)!send(fd, r.octets, rand_r(&seed) % 8 ? r.len : (size_t)rand_r(&seed) % r.len,
				    MSG_NOSIGNAL);
		if (round % 3 == 0)
			call_done(lac_bus, "Open", "sa{sv}", "up", 3, "Another", "b", true, "Wait", "b", true, "Calls", "u",
				  0);
		close(fd);
	}
	alive("restless clients");
}

/* Requests whose answers come later, and nobody is there any more. */
static void left_alone(void)
{
	uint32_t tunnel = call_u(lac_bus, "Open", "sa{sv}", "up", 1, "Wait", "b", true);

	for (int i = 0; i < 50; i++) {
		sd_bus *bus = connect_to(&lac);
		sd_bus_message *m = NULL;

		must(sd_bus_message_new_method_call(bus, &m, NULL, "/org/l2tpd1", MANAGER,
						    i % 3 == 0 ? "GetCounters" : i % 3 == 1 ? "Open" : "Call"), "call");
		if (i % 3 == 0)
			must(sd_bus_message_append(m, "uu", tunnel, 0), "GetCounters");
		else if (i % 3 == 1)
			must(sd_bus_message_append(m, "sa{sv}", "nowhere", 2, "Another", "b", true, "Wait", "b", true),
			     "Open");
		else
			must(sd_bus_message_append(m, "ua{sv}", tunnel, 1, "Wait", "b", true), "Call");
		must(sd_bus_send(bus, m, NULL), "send");
		sd_bus_message_unref(m);
		must(sd_bus_flush(bus), "flush");
		sd_bus_close_unref(bus);
	}
	wait_count(lac_bus, "ListTunnels", "State", "wait-ctl-reply", 0);
	check(count(lac_bus, "ListTunnels", "State", 's', "established", 0) == 1, "the tunnel is there");
}

/* Only so many requests of one client may wait for their answers. */
static void impatient(void)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *m;

	for (int i = 0; i < 64; i++) {
		m = NULL;
		must(sd_bus_message_new_method_call(lac_bus, &m, NULL, "/org/l2tpd1", MANAGER, "Open"), "call");
		must(sd_bus_message_append(m, "sa{sv}", "nowhere", 2, "Another", "b", true, "Wait", "b", true),
			     "Open");
		must(sd_bus_send(lac_bus, m, NULL), "send");
		sd_bus_message_unref(m);
	}
	check(!call(lac_bus, &error, "Open", "sa{sv}", "nowhere", 1, "Another", "b", true), "one too many");
	check(!strcmp(error.name, ERRORS "Busy"), "%s: %s", error.name, error.message);
	sd_bus_error_free(&error);
	wait_count(lac_bus, "ListTunnels", "State", "wait-ctl-reply", 0);
	call_done(lac_bus, "Open", "sa{sv}", "up", 0);
}

/* ---- Who does not read ----------------------------------------------------------------------------------------- */

/* 2000 requests for 500 rows each, and not one octet of the answers is read; beside them, one who never authenticates.
 * Both are hung up on in the end. */
static void patience(void)
{
	static struct raw r;
	static const uint8_t body[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	int sleeper = enter(), mute = dial_socket(&lns);
	usec_t begin = now();
	long before;

	call_done(lac_bus, "Open", "sa{sv}", "up", 2, "Wait", "b", true, "Calls", "u", 600);
	wait_count(lns_bus, "ListSessions", "State", "established", 600);
	before = rss(&lns);
	r.len = 0;
	put(&r, (uint8_t[4]){ 'l', 1, 0, 1 }, 4, 1);
	put(&r, &(uint32_t){ sizeof(body) }, 4, 1);
	put(&r, &(uint32_t){ 1 }, 4, 1);
	put(&r, &(uint32_t){ 0 }, 4, 1);
	put_field(&r, 1, 'o', "/org/l2tpd1");
	put_field(&r, 2, 's', MANAGER);
	put_field(&r, 3, 's', "ListSessions");
	put(&r, "\10\1g\0\7a{sv}su", 13, 8);
	memcpy(r.octets + 12, &(uint32_t){ (uint32_t)r.len - 16 }, 4);
	put(&r, body, sizeof(body), 8);
	fcntl(sleeper, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < 2000; i++)
		(void)!send(sleeper, r.octets, r.len, MSG_NOSIGNAL);
	for (int i = 0; i < 20; i++) {
		alive("a client that sleeps");
		usleep(20000);
	}
	check(rss(&lns) < before + 16 * MIB, "%ld KiB more", rss(&lns) - before);
	check(read_to_end(mute, 20) >= 0 && now() - begin > 8 * USEC_PER_SEC, "who does not authenticate");
	check(poll(&(struct pollfd){ .fd = sleeper }, 1, 60000) == 1 && now() - begin > 25 * USEC_PER_SEC,
	      "who does not read is hung up on after %llu us", (unsigned long long)(now() - begin));
	close(sleeper);
	close(mute);
}

/* ---- Leftovers ----------------------------------------------------------------------------------------------- */

/* A daemon that was killed leaves its socket behind; the next one in the directory replaces it.  Two at a time cannot
 * be. */
static void stale(void)
{
	char config[128], path[128];
	struct stat s;
	sd_bus *bus;

	snprintf(path, sizeof(path), "%s/bus", lac.directory);
	snprintf(config, sizeof(config), "%s/l2tpd.conf", lac.directory);
	kill(lac.pid, SIGKILL);
	usleep(100000);
	check(stat(path, &s) == 0, "it has left its socket");
	daemon_again(&lac);
	bus = connect_to(&lac);
	(void)count(bus, "ListTunnels", NULL, 0, NULL, 0);
	sd_bus_close_unref(bus);
	check(stat(path, &s) == 0 && S_ISSOCK(s.st_mode) && !(s.st_mode & 0007), "mode %o", (unsigned)s.st_mode);
}

const struct bus_test hostile_tests[] = {
	{ "garbage", garbage },       { "half a message", half_a_message }, { "in one breath", in_one_breath },
	{ "too long", too_long },     { "long strings", long_strings },     { "many", many },
	{ "restless", restless },     { "left alone", left_alone },         { "impatient", impatient },
	{ "patience", patience },     { "stale", stale },                   { NULL, NULL },
};
