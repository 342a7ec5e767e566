/* SPDX-License-Identifier: MIT */
/*
 * bus: tests of the control API against the real daemon, by a real client.
 */
#ifndef TEST_BUS_H
#define TEST_BUS_H

#include <systemd/sd-bus.h>

#include "scenario.h"

#define MANAGER "org.l2tpd1.Manager"
#define ERRORS "org.l2tpd1.Error."

/* A LAC that dials an LNS only when it is told to; with a connection to each. */
extern struct daemon lns, lac;
extern sd_bus *lns_bus, *lac_bus;
extern const char *source_dir; /* of the project */

void check(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* For what cannot fail: the negative errno ends the test. */
int must(int r, const char *what);

sd_bus *connect_to(const struct daemon *d);
/* A negative errno: it is not let in. */
int connect_maybe(const struct daemon *d, sd_bus **ret);
/* A socket to it, without D-Bus. */
int dial_socket(const struct daemon *d);
/* A method of the manager; NULL: it has failed with an error, which is left in *error. */
sd_bus_message *call(sd_bus *bus, sd_bus_error *error, const char *method, const char *types, ...);
/* The same, which must succeed: without an answer, or with a number. */
void call_done(sd_bus *bus, const char *method, const char *types, ...);
uint32_t call_u(sd_bus *bus, const char *method, const char *types, ...);
/* How many rows there are, read in pages of `limit`.  key NULL: all; value: a text, or (type 'u') a decimal. */
size_t count(sd_bus *bus, const char *method, const char *key, char type, const char *value, uint32_t limit);
/* A property of the row that was listed last, as text; what is no text or number: "". */
const char *field(const char *name);
/* Wait until there are so many. */
void wait_count(sd_bus *bus, const char *method, const char *key, const char *value, size_t n);

/* One of a table of tests. */
struct bus_test {
	const char *name;
	void (*run)(void);
};
extern const struct bus_test api_tests[], access_tests[], hostile_tests[], names_tests[], system_tests[],
	trace_tests[];

#endif
