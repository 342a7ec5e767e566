/* SPDX-License-Identifier: MIT */
/*
 * bus L2TPD SOURCE_DIR [WORD]: the control API, tested by a real client: each test in a process of its own, with an LNS
 * and a LAC.
 */
#include "bus.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE 500 /* of 20 ms */
#define VALUES_MAX 64

struct daemon lns, lac;
sd_bus *lns_bus, *lac_bus;
const char *source_dir;

static const char *test_name = "bus";
static struct {
	char name[32], text[256];
} values[VALUES_MAX];
static size_t n_values;

static _Noreturn void end(const char *why)
{
	fprintf(stderr, "FAIL %s: %s\n", test_name, why);
	_exit(EXIT_FAILURE); /* the daemons die with us */
}

void fail(const char *format, ...)
{
	char why[512];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	end(why);
}

void check(bool good, const char *format, ...)
{
	char why[512];
	va_list args;

	if (good)
		return;
	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	end(why);
}

int must(int r, const char *what)
{
	check(r >= 0, "%s: %s", what, strerror(-r));
	return r;
}

/* ---- The client ---------------------------------------------------------------------------------------------- */

int connect_maybe(const struct daemon *d, sd_bus **ret)
{
	char address[128];

	snprintf(address, sizeof(address), "unix:path=%s/bus", d->directory);
	must(sd_bus_new(ret), "sd_bus_new");
	must(sd_bus_set_address(*ret, address), "sd_bus_set_address");
	return sd_bus_start(*ret);
}

sd_bus *connect_to(const struct daemon *d)
{
	sd_bus *bus = NULL;

	must(connect_maybe(d, &bus), "sd_bus_start");
	return bus;
}

int dial_socket(const struct daemon *d)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/bus", d->directory);
	check(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0, "connect: %m");
	return fd;
}

static sd_bus_message *call_v(sd_bus *bus, sd_bus_error *error, const char *method, const char *types, va_list args)
{
	sd_bus_message *m = NULL, *reply = NULL;

	must(sd_bus_message_new_method_call(bus, &m, NULL, "/org/l2tpd1", MANAGER, method), method);
	if (types)
		must(sd_bus_message_appendv(m, types, args), method);
	if (sd_bus_call(bus, m, 0, error, &reply) < 0)
		reply = NULL;
	sd_bus_message_unref(m);
	return reply;
}

sd_bus_message *call(sd_bus *bus, sd_bus_error *error, const char *method, const char *types, ...)
{
	sd_bus_message *reply;
	va_list args;

	va_start(args, types);
	reply = call_v(bus, error, method, types, args);
	va_end(args);
	return reply;
}

static sd_bus_message *call_good(sd_bus *bus, const char *method, const char *types, va_list args)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = call_v(bus, &error, method, types, args);

	check(reply, "%s: %s: %s", method, error.name, error.message);
	return reply;
}

void call_done(sd_bus *bus, const char *method, const char *types, ...)
{
	va_list args;

	va_start(args, types);
	sd_bus_message_unref(call_good(bus, method, types, args));
	va_end(args);
}

uint32_t call_u(sd_bus *bus, const char *method, const char *types, ...)
{
	sd_bus_message *reply;
	uint32_t value;
	va_list args;

	va_start(args, types);
	reply = call_good(bus, method, types, args);
	va_end(args);
	must(sd_bus_message_read(reply, "u", &value), method);
	sd_bus_message_unref(reply);
	return value;
}

/* ---- Rows ---------------------------------------------------------------------------------------------------- */

static void note_value(sd_bus_message *m, const char *name)
{
	union {
		uint8_t y;
		uint16_t q;
		uint32_t u;
		uint64_t t;
		int b;
		const char *s;
	} v;
	const char *type;

	must(sd_bus_message_peek_type(m, NULL, &type), name);
	if (!strchr("yqutbs", type[0])) {
		must(sd_bus_message_skip(m, "v"), name);
		return;
	}
	must(sd_bus_message_read(m, "v", type, &v), name);
	check(n_values < VALUES_MAX, "too many fields");
	snprintf(values[n_values].name, sizeof(values[0].name), "%s", name);
	if (type[0] == 's')
		snprintf(values[n_values].text, sizeof(values[0].text), "%s", v.s);
	else
		snprintf(values[n_values].text, sizeof(values[0].text), "%llu",
			 type[0] == 'y' ? v.y : type[0] == 'q' ? v.q : type[0] == 't' ? (unsigned long long)v.t : v.u);
	n_values++;
}

static bool read_row(sd_bus_message *m)
{
	const char *name;

	if (must(sd_bus_message_enter_container(m, 'a', "{sv}"), "row") == 0)
		return false;
	n_values = 0;
	while (must(sd_bus_message_enter_container(m, 'e', "sv"), "field") > 0) {
		must(sd_bus_message_read(m, "s", &name), "name");
		note_value(m, name);
		must(sd_bus_message_exit_container(m), name);
	}
	must(sd_bus_message_exit_container(m), "row");
	return true;
}

const char *field(const char *name)
{
	for (size_t i = 0; i < n_values; i++)
		if (strcmp(values[i].name, name) == 0)
			return values[i].text;
	fail("no field %s", name);
}

static sd_bus_message *list_page(sd_bus *bus, const char *method, const char *key, char type, const char *value,
				 const char *cursor, uint32_t limit)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply;

	if (!key)
		reply = call(bus, &error, method, "a{sv}su", 0, cursor, limit);
	else if (type == 's')
		reply = call(bus, &error, method, "a{sv}su", 1, key, "s", value, cursor, limit);
	else
		reply = call(bus, &error, method, "a{sv}su", 1, key, "u", (uint32_t)strtoul(value, NULL, 10), cursor,
			     limit);
	check(reply, "%s: %s", error.name, error.message);
	return reply;
}

size_t count(sd_bus *bus, const char *method, const char *key, char type, const char *value, uint32_t limit)
{
	char cursor[64] = "";
	size_t n = 0;

	do {
		sd_bus_message *reply = list_page(bus, method, key, type, value, cursor, limit);
		const char *next;
		size_t page = 0;

		must(sd_bus_message_enter_container(reply, 'a', "a{sv}"), "rows");
		while (read_row(reply))
			page++;
		must(sd_bus_message_exit_container(reply), "rows");
		must(sd_bus_message_read(reply, "s", &next), "next");
		check(!limit || page <= limit, "%zu rows in a page of %u", page, limit);
		snprintf(cursor, sizeof(cursor), "%s", next);
		sd_bus_message_unref(reply);
		n += page;
	} while (cursor[0]);
	return n;
}

void wait_count(sd_bus *bus, const char *method, const char *key, const char *value, size_t n)
{
	size_t is = 0;

	for (int i = 0; i < PATIENCE; i++) {
		is = count(bus, method, key, 's', value, 0);
		if (is == n)
			return;
		usleep(20000);
	}
	fail("%s %s=%s: %zu, expected %zu", method, key, value, is, n);
}

/* ---- Tests --------------------------------------------------------------------------------------------------- */

/* Somebody is there, and says nothing. */
static uint16_t silent_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* for as long as the test lasts */

	check(bind(fd, (struct sockaddr *)&a, len) == 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0, "%m");
	return ntohs(a.sin_port);
}

static void start(void)
{
	char sections[1024];

	daemon_start(&lns, "");
	snprintf(sections, sizeof(sections),
		 "lac \"up\" { server = \"127.0.0.1\" port = %u source = \"127.7.0.1\" dial = no calls = 0 "
		 "dial-hook = \"/bin/true\" host-name = \"lac.test\" called-number = \"0123\" }\n"
		 "lac \"nowhere\" { server = \"127.0.0.1\" port = %u dial = no retransmit-initial = 100ms "
		 "retransmit-max = 1 }\n"
		 "lac \"silent\" { server = \"127.0.0.1\" port = %u dial = no }\n"
		 "lac \"wrong\" { server = \"127.0.0.1\" port = %u source = \"127.2.0.1\" dial = no secret = \"other\" }\n"
		 "lac \"nobody\" { server = \"\\\\x.invalid\" dial = no }\n",
		 lns.port, daemon_port(), silent_port(), lns.port);
	daemon_start(&lac, sections);
	lns_bus = connect_to(&lns);
	lac_bus = connect_to(&lac);
}

static void run(const struct bus_test *t)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		test_name = t->name;
		start();
		t->run();
		sd_bus_flush_close_unref(lns_bus);
		sd_bus_flush_close_unref(lac_bus);
		daemon_stop(&lac, SIGTERM);
		daemon_stop(&lns, SIGTERM);
		exit(EXIT_SUCCESS);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
	const struct bus_test *const tables[] = { api_tests,   names_tests,  system_tests,
						  trace_tests, access_tests, hostile_tests };

	if (argc < 3) {
		fprintf(stderr, "bus L2TPD SOURCE_DIR [WORD]\n");
		return 2;
	}
	daemon_program = argv[1];
	source_dir = argv[2];
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct bus_test *t = tables[i]; t->name; t++)
			if (argc < 4 || strstr(t->name, argv[3]))
				run(t);
	return EXIT_SUCCESS;
}
