/* SPDX-License-Identifier: MIT */
/*
 * list: lists in pages.  A page ends when it has its rows, or when it has taken long enough: so 100,000 sessions are listed
 * without anybody waiting for it, HELLOs least of all.  What a client keeps between two pages is the engine's cursor
 * (l2tp.h) in letters; nothing is kept here, and any letters are safe.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"

#define PAGE_ROWS 500
#define PAGE_TIME (4 * USEC_PER_MSEC)
#define LOOKS 16 /* objects between two looks at the clock */
#define CURSOR_MAX 64

/* ---- Cursors ------------------------------------------------------------------------------------------------- */

static void write_cursor(const struct l2tp_cursor *c, char buf[CURSOR_MAX])
{
	snprintf(buf, CURSOR_MAX, "%" PRIx32 ".%" PRIx64 ".%" PRIx32 ".%" PRIx64, c->tunnel_id, c->tunnel_serial,
		 c->session_id, c->session_serial);
}

/* Hexadecimal digits and the octet behind them; NULL: something else. */
static const char *read_hex(const char *s, uint64_t max, uint64_t *ret)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit, *p = s;
	uint64_t value = 0;

	for (; *p && (digit = strchr(digits, *p)) && value <= UINT64_MAX >> 4; p++)
		value = value << 4 | (uint64_t)(digit - digits);
	*ret = value;
	return p > s && value <= max ? p : NULL;
}

static bool read_cursor(const char *s, struct l2tp_cursor *ret)
{
	static const uint64_t max[4] = { UINT32_MAX, UINT64_MAX, UINT32_MAX, UINT64_MAX };
	uint64_t value[4];

	if (!*s)
		return true;
	for (size_t i = 0; i < 4; i++) {
		s = read_hex(s, max[i], &value[i]);
		if (!s || *s != (i < 3 ? '.' : '\0'))
			return false;
		s++;
	}
	*ret = (struct l2tp_cursor){ .tunnel_id = (uint32_t)value[0], .tunnel_serial = value[1],
				     .session_id = (uint32_t)value[2], .session_serial = value[3] };
	return true;
}

/* ---- Pages --------------------------------------------------------------------------------------------------- */

struct page {
	struct bus *bus;
	struct bus_filter filter;
	struct l2tp_cursor cursor;
	uint32_t limit, rows, looked;
	usec_t end;
	sd_bus_message *reply;
};

static int page_begin(struct page *p, struct bus_object *o, sd_bus_message *m, bool sessions, sd_bus_error *error)
{
	const char *cursor;
	int r;

	*p = (struct page){ .bus = o->connection->bus, .end = view_now() + PAGE_TIME };
	if ((r = bus_filter_read(p->bus, m, sessions, &p->filter, error)) < 0 ||
	    (r = sd_bus_message_read(m, "su", &cursor, &p->limit)) < 0)
		return r;
	if (!read_cursor(cursor, &p->cursor))
		return sd_bus_error_setf(error, ERROR_ARGUMENT, "\"%.64s\" is not a cursor; start with \"\"", cursor);
	if (!p->limit || p->limit > PAGE_ROWS)
		p->limit = PAGE_ROWS;
	if ((r = sd_bus_message_new_method_return(m, &p->reply)) < 0)
		return r;
	return sd_bus_message_open_container(p->reply, 'a', "a{sv}");
}

static bool page_full(struct page *p)
{
	return p->rows >= p->limit || (++p->looked % LOOKS == 0 && view_now() >= p->end);
}

/* more: not all has been looked at. */
static int page_end(struct page *p, int r, bool more)
{
	char next[CURSOR_MAX] = "";

	if (more)
		write_cursor(&p->cursor, next);
	if (r >= 0)
		r = sd_bus_message_close_container(p->reply);
	if (r >= 0)
		r = sd_bus_message_append_basic(p->reply, 's', next);
	if (r >= 0)
		r = sd_bus_send(NULL, p->reply, NULL);
	sd_bus_message_unref(p->reply);
	return r < 0 ? r : 1;
}

int bus_list_tunnels(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	struct view_tunnel v;
	struct page p;
	int r = page_begin(&p, o, m, false, error);
	bool more = true;

	while (r >= 0 && !page_full(&p) && (more = view_next_tunnel(p.bus->driver, &p.cursor, &v) >= 0)) {
		if (!bus_filter_tunnel(&p.filter, &v))
			continue;
		r = bus_rows_append(&bus_tunnel_rows, p.reply, p.bus->driver, &v);
		p.rows++;
	}
	return page_end(&p, r, more);
}

/* The sessions of one tunnel stand together. */
static bool begin_at_tunnel(struct page *p)
{
	struct view_tunnel t;

	if (view_tunnel(p->bus->driver, p->filter.tunnel, &t) < 0)
		return false;
	if (p->cursor.tunnel_serial != t.info.serial)
		p->cursor = (struct l2tp_cursor){ .tunnel_id = t.info.tunnel_id, .tunnel_serial = t.info.serial };
	return true;
}

static bool next_session(struct page *p, struct view_session *v)
{
	return view_next_session(p->bus->driver, &p->cursor, v) >= 0 &&
	       (!p->filter.tunnel || p->filter.tunnel == v->info.tunnel_id);
}

int bus_list_sessions(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	struct view_session v;
	struct page p;
	int r = page_begin(&p, o, m, true, error);
	bool more = r >= 0 && (!p.filter.tunnel || begin_at_tunnel(&p));

	while (r >= 0 && more && !page_full(&p) && (more = next_session(&p, &v))) {
		if (!bus_filter_session(&p.filter, &v))
			continue;
		r = bus_rows_append(&p.bus->session_rows, p.reply, p.bus->driver, &v);
		p.rows++;
	}
	return page_end(&p, r, more);
}

int bus_list_profiles(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	struct driver *d = o->connection->bus->driver;
	struct view_profile *profiles = NULL;
	sd_bus_message *reply = NULL;
	size_t n = 0;
	int r;

	(void)error;
	if ((r = view_profiles(d, &profiles, &n)) >= 0 && (r = sd_bus_message_new_method_return(m, &reply)) >= 0)
		r = sd_bus_message_open_container(reply, 'a', "a{sv}");
	for (size_t i = 0; r >= 0 && i < n; i++)
		r = bus_rows_append(&bus_profile_rows, reply, d, &profiles[i]);
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	free(profiles);
	sd_bus_message_unref(reply);
	return r < 0 ? r : 1;
}
