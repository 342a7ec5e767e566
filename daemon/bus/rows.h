/* SPDX-License-Identifier: MIT */
/*
 * rows: tunnels, sessions, profiles and the daemon as the control API shows them: one table of fields for each,
 * from which come the properties of its object, the rows of its list and of the signals about it.
 */
#ifndef BUS_ROWS_H
#define BUS_ROWS_H

#include <systemd/sd-bus.h>

#include "core/view.h"

/* How a field is found in a view and put into a message. */
struct bus_kind {
	const char *signature;
	int (*append)(sd_bus_message *m, struct driver *d, const void *field);
};

struct bus_field {
	const char *name;
	const struct bus_kind *kind;
	size_t offset;
	size_t pointer; /* offset counts in what the pointer there points to; NOWHERE: in the view */
	const struct attachment_field *attached; /* a field that a kind of attachments has; NULL: our own */
};

/* What is shown. */
struct bus_rows {
	const struct bus_field *fields;
	size_t n;
};

extern const struct bus_rows bus_daemon_rows;  /* of struct view_daemon */
extern const struct bus_rows bus_profile_rows; /* of struct view_profile */
extern const struct bus_rows bus_tunnel_rows;  /* of struct view_tunnel */

/* Of struct view_session, with the fields of all kinds of attachments.  -ENOMEM */
int bus_session_rows_new(const struct driver *d, struct bus_rows *ret);
void bus_session_rows_free(struct bus_rows *rows); /* one that is all zero: fine */

/* One row, a{sv}. */
int bus_rows_append(const struct bus_rows *rows, sd_bus_message *m, struct driver *d, const void *view);
/* The value of one field alone. */
int bus_rows_append_field(const struct bus_rows *rows, const char *name, sd_bus_message *m, struct driver *d,
			  const void *view);

#define BUS_TEXT_MAX 512 /* octets of a text, with NUL; longer ones are cut */
/* A text that others may have written, as it is shown: valid UTF-8, escaped. */
const char *bus_text(struct l2tp_span s, char buf[BUS_TEXT_MAX]);

/* The same of a text of several lines, which stay, as tabs do. */
const char *bus_lines(const char *text, char *buf, size_t size);
#define BUS_MISTAKES_MAX 8192 /* octets of what is said about a bad file */

#endif
