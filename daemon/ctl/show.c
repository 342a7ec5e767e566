/* SPDX-License-Identifier: MIT */
/*
 * show: the verbs that print the state of the daemon, its lists and its objects.
 *
 * Lists are printed page by page, so that 100,000 sessions are never held in memory.  Their columns are tables of
 * members; object.c and --json print all members of an object.
 */
#include "object.h"
#include "rows.h"
#include "table.h"
#include "text.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lists -------------------------------------------------------------------------------------------------- */

/* One member, or what the function returns for the row (to be freed). */
struct column {
	struct table_column head;
	const char *key;
	char *(*text)(const json_t *row);
};

struct listing {
	const struct column *columns;
	size_t n;
	struct table_column heads[TABLE_COLUMNS_MAX];
	struct table *table;   /* with FORMAT_TEXT */
	struct json_list json; /* else */
};

static void listing_begin(struct listing *l, const struct ctl *c, const struct column *columns, size_t n)
{
	size_t width = table_terminal(stdout);

	assert(n <= TABLE_COLUMNS_MAX);
	*l = (struct listing){ .columns = columns, .n = n, .json = { .format = c->format } };
	for (size_t i = 0; i < n; i++)
		l->heads[i] = columns[i].head;
	if (c->format == FORMAT_TEXT)
		l->table = table_new(l->heads, n, stdout, width, width > 0);
}

static bool listing_add(void *ctx, json_t *row)
{
	struct listing *l = ctx;
	char *cells[TABLE_COLUMNS_MAX] = { 0 };

	if (!l->table) {
		json_list_add(&l->json, row);
		return true;
	}
	for (size_t i = 0; i < l->n; i++) {
		const struct column *column = &l->columns[i];

		cells[i] = column->text ? column->text(row) :
					  rows_text(column->key, json_object_get(row, column->key));
	}
	table_add(l->table, (const char *const *)cells);
	for (size_t i = 0; i < l->n; i++)
		free(cells[i]);
	return true;
}

/* A list that failed is not closed, so that it cannot pass for complete.  Without rows it has no titles, either. */
static void listing_end(struct listing *l, enum status status)
{
	if (!l->table && status == STATUS_OK)
		json_list_end(&l->json);
	if (status == STATUS_OK)
		table_end(l->table);
	else
		table_break(l->table);
}

static char *age_text(const json_t *row)
{
	uint64_t since = json_number(row, "EstablishedTime"), now = rows_now();
	char buf[TEXT_MAX] = "";

	if (since > 0 && since <= now)
		text_duration((now - since) / USEC_PER_SEC * USEC_PER_SEC, buf);
	return ctl_must_ptr(strdup(buf));
}

static char *session_text(const json_t *row)
{
	char buf[TEXT_MAX];

	snprintf(buf, sizeof(buf), "%u/%u", (unsigned)json_number(row, "Tunnel"),
		 (unsigned)json_number(row, "Session"));
	return ctl_must_ptr(strdup(buf));
}

/* "pppd up" */
static char *attachment_text(const json_t *row)
{
	const char *kind = json_text(row, "Attachment"), *state = json_text(row, "AttachmentState");
	char buf[TEXT_MAX];

	snprintf(buf, sizeof(buf), "%s%s%s", kind, *kind && *state ? " " : "", *kind ? state : "");
	return ctl_must_ptr(text_escape(buf));
}

static char *peer_tunnel_text(const json_t *row)
{
	const json_t *id = json_object_get(row, "PeerTunnel");

	return id ? rows_text("PeerTunnel", id) : ctl_must_ptr(strdup("-"));
}

/* The peers of an lns profile, or the servers of a lac profile. */
static char *place_text(const json_t *row)
{
	const json_t *servers = json_object_get(row, "Servers");

	return rows_text("Servers", json_array_size(servers) > 0 ? servers : json_object_get(row, "Peers"));
}

static const struct column tunnel_columns[] = {
	{ { "TUNNEL", .right = true }, "Tunnel" },
	{ { "PEER-ID", .right = true }, .text = peer_tunnel_text },
	{ { "STATE" }, "State" },
	{ { "PROFILE", .shrink = true }, "Profile" },
	{ { "PEER" }, "Peer" },
	{ { "HOST", .shrink = true }, "PeerHostName" },
	{ { "SESSIONS", .right = true }, "Sessions" },
	{ { "UP", .right = true }, .text = age_text },
};

static const struct column session_columns[] = {
	{ { "SESSION", .right = true }, .text = session_text },
	{ { "STATE" }, "State" },
	{ { "ROLE" }, "Role" },
	{ { "PROFILE", .shrink = true }, "Profile" },
	{ { "PEER" }, "Peer" },
	{ { "ATTACHMENT" }, .text = attachment_text },
	{ { "INTERFACE" }, "Interface" },
	{ { "USER", .shrink = true }, "UserName" },
	{ { "ADDRESS" }, "RemoteAddress" },
	{ { "UP", .right = true }, .text = age_text },
};

static const struct column profile_columns[] = {
	{ { "PROFILE", .shrink = true }, "Name" },
	{ { "ROLE" }, "Role" },
	{ { "STATE" }, "State" },
	{ { "PEER", .shrink = true }, .text = place_text },
	{ { "TUNNELS", .right = true }, "Tunnels" },
	{ { "SESSIONS", .right = true }, "Sessions" },
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static enum status show_tunnels(struct ctl *c)
{
	struct listing l;
	enum status status;

	listing_begin(&l, c, tunnel_columns, ARRAY_SIZE(tunnel_columns));
	status = rows_list(c, ROWS_TUNNELS, NULL, listing_add, &l);
	listing_end(&l, status);
	return status;
}

static enum status show_sessions(struct ctl *c)
{
	struct listing l;
	enum status status;

	listing_begin(&l, c, session_columns, ARRAY_SIZE(session_columns));
	status = rows_list(c, ROWS_SESSIONS, NULL, listing_add, &l);
	listing_end(&l, status);
	return status;
}

static enum status show_profiles(struct ctl *c)
{
	json_t *rows = NULL, *row;
	struct listing l;
	enum status status;
	size_t i;

	listing_begin(&l, c, profile_columns, ARRAY_SIZE(profile_columns));
	status = rows_ask(c, "ListProfiles", &rows);
	json_array_foreach(rows, i, row)
		listing_add(&l, row);
	listing_end(&l, status);
	json_decref(rows);
	return status;
}

/* ---- One object --------------------------------------------------------------------------------------------- */

/* Print the row unless getting it failed; it is consumed. */
static enum status print_row(const struct ctl *c, enum status status, json_t *row, void (*print)(const json_t *row))
{
	if (status == STATUS_OK && c->format == FORMAT_TEXT)
		print(row);
	else if (status == STATUS_OK)
		json_print(row, c->format);
	json_decref(row);
	return status;
}

static void add_counters(struct ctl *c, json_t *row, uint32_t tunnel, uint32_t session)
{
	json_t *counters = rows_counters(c, tunnel, session);

	if (counters)
		ctl_must(json_object_set_new(row, "Counters", counters) < 0 ? -ENOMEM : 0);
}

static enum status show(struct ctl *c)
{
	json_t *row = NULL;
	enum status status = rows_manager(c, &row);

	return print_row(c, status, row, object_print_manager);
}

static enum status show_tunnel(struct ctl *c)
{
	enum status status;
	json_t *row = NULL;
	uint32_t tunnel;

	status = rows_find_tunnel(c, c->args[0], &tunnel);
	if (status == STATUS_OK)
		status = rows_tunnel(c, tunnel, &row);
	if (status == STATUS_OK)
		add_counters(c, row, tunnel, 0);
	return print_row(c, status, row, object_print_tunnel);
}

static enum status show_session(struct ctl *c)
{
	enum status status;
	json_t *row = NULL;
	uint32_t tunnel, session;

	status = rows_find_session(c, c->args[0], &tunnel, &session);
	if (status == STATUS_OK)
		status = rows_session(c, tunnel, session, &row);
	if (status == STATUS_OK)
		add_counters(c, row, tunnel, session);
	return print_row(c, status, row, object_print_session);
}

static enum status show_profile(struct ctl *c)
{
	json_t *row = NULL;
	enum status status = rows_profile(c, c->args[0], &row);

	return print_row(c, status, row, object_print_profile);
}

/* ---- Texts and counters ------------------------------------------------------------------------------------- */

static void print_text(const json_t *text)
{
	fputs(json_string_value(text) ? json_string_value(text) : "", stdout);
}

/* With --json it is one string. */
static enum status show_config(struct ctl *c)
{
	json_t *text = NULL;
	enum status status = rows_ask(c, "GetConfig", &text);

	return print_row(c, status, text, print_text);
}

static void print_statistics(const json_t *all)
{
	static const struct table_column columns[] = { { .title = "COUNTER" }, { .title = "VALUE", .right = true } };
	struct table *t = table_new(columns, ARRAY_SIZE(columns), stdout, 0, table_terminal(stdout) > 0);
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)all, key, value) {
		char *count = rows_text(key, value);

		table_add(t, (const char *[]){ key, count });
		free(count);
	}
	table_end(t);
}

static enum status show_statistics(struct ctl *c)
{
	json_t *all = NULL;
	enum status status = rows_ask(c, "GetStatistics", &all);

	return print_row(c, status, all, print_statistics);
}

/* ---- The verbs ---------------------------------------------------------------------------------------------- */

static const struct verb_option tunnel_filter[] = {
	{ "profile", "PROFILE", "only those of this profile", "Profile", 's' },
	{ "state", "STATE", "only those in this state, named as in RFC 2661", "State", 's' },
	{ "peer", "ADDRESS", "only those of the peer with this address, optionally with a port", "Peer", 's' },
	{ "host", "PATTERN", "only those of peers with this host name; * and ? are wildcards", "PeerHostName", 's' },
	{ 0 },
};

static const struct verb_option session_filter[] = {
	{ "tunnel", "TUNNEL", "only those in this tunnel", "Tunnel", 'u' },
	{ "profile", "PROFILE", "only those of this profile", "Profile", 's' },
	{ "state", "STATE", "only those in this state, named as in RFC 2661", "State", 's' },
	{ "role", "lac|lns", "only those in which this machine has this role", "Role", 's' },
	{ "peer", "ADDRESS", "only those of the peer with this address, optionally with a port", "Peer", 's' },
	{ "host", "PATTERN", "only those of peers with this host name; * and ? are wildcards", "PeerHostName", 's' },
	{ "interface", "INTERFACE", "only the one with this interface", "Interface", 's' },
	{ "user", "USER", "only those of this user, as authenticated by PPP", "UserName", 's' },
	{ "address", "IP", "only the one whose remote end has this address", "Address", 's' },
	{ "calling", "NUMBER", "only those with this Calling Number", "CallingNumber", 's' },
	{ "called", "NUMBER", "only those with this Called Number", "CalledNumber", 's' },
	{ 0 },
};

const struct verb show_verbs[] = {
	{ "show", "", "show the state of the daemon, and the number of tunnels and sessions", NULL, show },
	{ "show tunnels", "", "list tunnels", tunnel_filter, show_tunnels },
	{ "show sessions", "", "list sessions", session_filter, show_sessions },
	{ "show profiles", "", "list the profiles: peers that are served, servers that are dialled", NULL,
	  show_profiles },
	{ "show tunnel", "TUNNEL|PROFILE", "show one tunnel in detail", NULL, show_tunnel },
	{ "show session", "SESSION|INTERFACE|USER", "show one session in detail", NULL, show_session },
	{ "show profile", "PROFILE", "show one profile in detail", NULL, show_profile },
	{ "show config", "", "print the configuration in force, without its secrets", NULL, show_config },
	{ "show statistics", "", "print the counters of control messages since the start", NULL, show_statistics },
	{ 0 },
};
