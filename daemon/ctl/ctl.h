/* SPDX-License-Identifier: MIT */
/*
 * ctl: what the verbs of l2tpctl share: the parsed command line, and the connection to the daemon.
 */
#ifndef CTL_H
#define CTL_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <systemd/sd-bus.h>

#include "verb.h"

#define SOCKET_PATH "/run/l2tpd/bus"
#define MANAGER_PATH "/org/l2tpd1"
#define MANAGER_INTERFACE "org.l2tpd1.Manager"

enum ctl_format {
	FORMAT_TEXT,  /* for people */
	FORMAT_JSON,  /* one JSON document */
	FORMAT_LINES, /* one JSON object a line */
};

struct ctl {
	const struct verb *verb;
	const char *values[OPTIONS_MAX]; /* of verb->options; NULL: not given, "": given, and it takes no argument */
	char **args;
	size_t n_args;
	const char *socket;
	enum ctl_format format;
	sd_bus *bus;                     /* NULL until the first call */
	bool answered;                   /* it has answered a call: we are permitted */
};

/* ---- args.c ------------------------------------------------------------------------------------------------- */

/* Parse the command line.  STATUS_OK without a verb: --help or --version, which has been printed. */
enum status ctl_parse(struct ctl *c, int argc, char **argv);
/* NULL: not given.  The verb must have such an option. */
const char *ctl_option(const struct ctl *c, const char *name);
/* Of an option of type u or q. */
uint32_t ctl_option_number(const struct ctl *c, const char *name, uint32_t otherwise);
/* Decimal digits only. */
bool ctl_number(const char *s, uint32_t max, uint32_t *ret);
/* The a{sv} of all options that were given and have a key. */
void ctl_append_options(const struct ctl *c, sd_bus_message *m);
/* Print an error in the command line, with a pointer to --help. */
enum status ctl_usage(const struct ctl *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- client.c ----------------------------------------------------------------------------------------------- */

#define CALL_TIMEOUT 0 /* the default of sd-bus */

/* A call of a method, or of a method of the Manager; the caller adds the arguments.  Connects if necessary. */
enum status ctl_call_new(struct ctl *c, const char *path, const char *interface, const char *method,
			 sd_bus_message **ret);
enum status ctl_method(struct ctl *c, const char *method, sd_bus_message **ret);
/* Send it and wait for the answer; m is consumed.  ret may be NULL. */
enum status ctl_call(struct ctl *c, sd_bus_message *m, uint64_t timeout_usec, sd_bus_message **ret);
/* Print why the connection was closed: refused when it was new, or the daemon has stopped. */
enum status ctl_gone(const struct ctl *c);
/* Print what a D-Bus error means. */
enum status ctl_complain(const sd_bus_error *e);
/* For calls that fail only without memory or by a bug: a failure ends the program.  Returns r. */
int ctl_must(int r);
void *ctl_must_ptr(void *p);

#endif
