/* SPDX-License-Identifier: MIT */
/* Trace: a socket with what is said in a tunnel, and what those who do not read it do to the daemon: nothing. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/core/trace_record.h"
#include "bus.h"

#define PATIENCE_MSEC 10000

static int trace(sd_bus *bus, uint32_t tunnel)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = call(bus, &error, "Trace", "ua{sv}", tunnel, 1, "Unhide", "b", false);
	int fd;

	check(reply, "%s", error.message);
	must(sd_bus_message_read(reply, "h", &fd), "h");
	fd = must(dup(fd), "dup");
	sd_bus_message_unref(reply);
	return fd;
}

static void refused(sd_bus *bus, uint32_t tunnel, const char *key, const char *name)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = call(bus, &error, "Trace", "ua{sv}", tunnel, 1, key, "b", true);

	check(!reply && strcmp(error.name + strlen(ERRORS), name) == 0, "%s instead of %s", error.name, name);
	sd_bus_error_free(&error);
}

/* The next message; false: the daemon has closed the trace. */
static bool next(int fd, struct trace_record *r, struct l2tp_message *m)
{
	static uint8_t packet[65536];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	check(poll(&p, 1, PATIENCE_MSEC) == 1, "nothing to read");
	n = recv(fd, packet, sizeof(packet), 0);
	if (n == 0)
		return false;
	check(n >= (ssize_t)sizeof(*r), "a record of %zd octets", n);
	memcpy(r, packet, sizeof(*r));
	check(r->version == TRACE_RECORD_VERSION && r->size == sizeof(*r), "version %u", r->version);
	must(l2tp_message_read((struct l2tp_span){ packet + r->size, (size_t)n - r->size }, m), "a control message");
	return true;
}

static uint32_t open_up(uint32_t calls)
{
	return call_u(lac_bus, "Open", "sa{sv}", "up", 3, "Another", "b", true, "Wait", "b", true, "Calls", "u",
		      calls);
}

/* Both ends see the same, from the first message on. */
static void whole_tunnel(void)
{
	static const char *const said[] = { "SCCRQ", "SCCRP", "SCCCN" };
	int here = trace(lac_bus, 0), there = trace(lns_bus, 0);
	struct l2tp_message m = { 0 };
	struct trace_record r = { 0 };
	uint32_t id;

	refused(lac_bus, 4711, "Unhide", "NoSuchTunnel");
	refused(lac_bus, 0, "Undress", "InvalidArgument");
	id = open_up(0);
	for (size_t i = 0; i < 3; i++) {
		do
			check(next(here, &r, &m), "the end");
		while (!m.type);
		check(strcmp(l2tp_message_name(m.type), said[i]) == 0, "%s", l2tp_message_name(m.type));
		check(r.tunnel_id == id && !r.lost && (r.flags & TRACE_SENT) == (i % 2 ? 0 : TRACE_SENT), "flags %x",
		      r.flags);
		do
			check(next(there, &r, &m), "the end");
		while (!m.type);
		check(strcmp(l2tp_message_name(m.type), said[i]) == 0, "%s", l2tp_message_name(m.type));
		check(r.local.port && r.peer.port && r.time_usec, "an empty record");
	}
	close(here);
	close(there);
}

/* The trace of a tunnel has nothing else, and ends with it: here, when there is no answer. */
static void one_tunnel(void)
{
	uint32_t id = call_u(lac_bus, "Open", "sa{sv}", "nowhere", 0), n = 0;
	struct l2tp_message m = { 0 };
	struct trace_record r;
	int fd = trace(lac_bus, id);

	open_up(0);
	for (; next(fd, &r, &m); n++)
		check(r.tunnel_id == id && r.flags == TRACE_SENT, "a message of tunnel %u", r.tunnel_id);
	check(n > 0, "nothing has been sent");
	close(fd);
}

/* Nobody has to read what he has asked for; and there is an end to what can be asked for. */
static void sleepers(void)
{
	enum { MANY = 3000, TRACES_MAX = 64 };
	struct l2tp_message m;
	struct trace_record r;
	int fds[TRACES_MAX];
	size_t n = 0;
	uint64_t lost = 0;

	for (sd_bus_message *reply; n < TRACES_MAX; n++) {
		sd_bus_error error = SD_BUS_ERROR_NULL;
		int fd;

		reply = call(lac_bus, &error, "Trace", "ua{sv}", 0, 0);
		if (!reply) {
			check(strcmp(error.name, ERRORS "Busy") == 0, "%s", error.name);
			sd_bus_error_free(&error);
			break;
		}
		must(sd_bus_message_read(reply, "h", &fd), "h");
		fds[n] = must(dup(fd), "dup");
		sd_bus_message_unref(reply);
	}
	check(n > 1 && n < TRACES_MAX, "%zu traces", n);
	open_up(MANY);
	wait_count(lac_bus, "ListSessions", "State", "established", MANY);
	open_up(0); /* whoever wakes up is told of it by the next message */
	for (size_t i = 1; i < n; i++)
		close(fds[i]);
	close(trace(lac_bus, 0)); /* there is room again */
	while (recv(fds[0], &r, sizeof(r), MSG_DONTWAIT) > 0)
		lost += r.lost;
	check(errno == EAGAIN, "the trace has ended: %m");
	check(lost == 0, "what came first has been lost");
	open_up(0);
	check(next(fds[0], &r, &m) && r.lost > 0, "nobody has been told of what was lost");
}

const struct bus_test trace_tests[] = {
	{ "whole_tunnel", whole_tunnel },
	{ "one_tunnel", one_tunnel },
	{ "sleepers", sleepers },
	{ NULL, NULL },
};
