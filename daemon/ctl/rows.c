/* SPDX-License-Identifier: MIT */
/*
 * rows: gets lists page by page, and objects by their path; finds tunnels and sessions by name.
 *
 * A page is freed before the next one is requested.  Members are formatted by the ending of their name (...Time,
 * ...Usec, ...Bytes, ...Speed), so that members which a newer daemon has added are readable, too.
 */
#include "rows.h"
#include "base/address.h"
#include "base/wildcard.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE      0 /* as many rows a page as the daemon likes */
#define PATH_SIZE 64

void rows_leave_out_unknown(json_t *row)
{
	static const char *const keys[] = { "PeerTunnel", "PeerSession" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_is_integer(json_object_get(row, keys[i])) && !json_number(row, keys[i]))
			json_object_del(row, keys[i]);
}

/* ---- Asking ------------------------------------------------------------------------------------------------- */

static void append_filter(sd_bus_message *m, const json_t *filter)
{
	const char *key;
	json_t *value;

	ctl_must(sd_bus_message_open_container(m, 'a', "{sv}"));
	json_object_foreach((json_t *)filter, key, value) {
		if (json_is_string(value))
			ctl_must(sd_bus_message_append(m, "{sv}", key, "s", json_string_value(value)));
		else
			ctl_must(sd_bus_message_append(m, "{sv}", key, "u", (uint32_t)json_integer_value(value)));
	}
	ctl_must(sd_bus_message_close_container(m));
}

/* One page; *cursor becomes that of the next one. */
static enum status ask_page(struct ctl *c, const char *method, const json_t *filter, char **cursor, json_t **ret)
{
	sd_bus_message *m, *reply = NULL;
	enum status status = ctl_method(c, method, &m);
	const char *next;
	json_t *row;
	size_t i;

	if (status != STATUS_OK)
		return status;
	if (filter)
		append_filter(m, filter);
	else
		ctl_append_options(c, m);
	ctl_must(sd_bus_message_append(m, "su", *cursor, PAGE));
	status = ctl_call(c, m, CALL_TIMEOUT, &reply);
	if (status == STATUS_OK) {
		ctl_must(json_read(reply, ret));
		json_array_foreach(*ret, i, row)
			rows_leave_out_unknown(row);
		ctl_must(sd_bus_message_read(reply, "s", &next));
		free(*cursor);
		*cursor = ctl_must_ptr(strdup(next));
	}
	sd_bus_message_unref(reply);
	return status;
}

enum status rows_list(struct ctl *c, const char *method, const json_t *filter, rows_each each, void *ctx)
{
	char *cursor = ctl_must_ptr(strdup(""));
	enum status status;
	bool more = true;
	json_t *rows;

	do {
		status = ask_page(c, method, filter, &cursor, &rows);
		if (status != STATUS_OK)
			break;
		for (size_t i = 0; more && i < json_array_size(rows); i++)
			more = each(ctx, json_array_get(rows, i));
		json_decref(rows);
	} while (more && *cursor);
	free(cursor);
	return status;
}

/* Send it, and read the first value of the answer. */
static enum status ask(struct ctl *c, sd_bus_message *m, json_t **ret)
{
	sd_bus_message *reply = NULL;
	enum status status = ctl_call(c, m, CALL_TIMEOUT, &reply);

	if (status == STATUS_OK)
		ctl_must(json_read(reply, ret));
	sd_bus_message_unref(reply);
	return status;
}

enum status rows_ask(struct ctl *c, const char *method, json_t **ret)
{
	sd_bus_message *m;
	enum status status = ctl_method(c, method, &m);

	return status == STATUS_OK ? ask(c, m, ret) : status;
}

static enum status ask_properties(struct ctl *c, const char *path, const char *interface, json_t **ret)
{
	sd_bus_message *m;
	enum status status = ctl_call_new(c, path, "org.freedesktop.DBus.Properties", "GetAll", &m);

	if (status != STATUS_OK)
		return status;
	ctl_must(sd_bus_message_append(m, "s", interface));
	status = ask(c, m, ret);
	if (status == STATUS_OK)
		rows_leave_out_unknown(*ret);
	return status;
}

enum status rows_manager(struct ctl *c, json_t **ret)
{
	return ask_properties(c, MANAGER_PATH, MANAGER_INTERFACE, ret);
}

enum status rows_tunnel(struct ctl *c, uint32_t tunnel, json_t **ret)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), MANAGER_PATH "/tunnel/%" PRIu32, tunnel);
	return ask_properties(c, path, "org.l2tpd1.Tunnel", ret);
}

enum status rows_session(struct ctl *c, uint32_t tunnel, uint32_t session, json_t **ret)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), MANAGER_PATH "/session/%" PRIu32 "_%" PRIu32, tunnel, session);
	return ask_properties(c, path, "org.l2tpd1.Session", ret);
}

enum status rows_profile(struct ctl *c, const char *name, json_t **ret)
{
	enum status status;
	char *path;

	ctl_must(sd_bus_path_encode(MANAGER_PATH "/profile", name, &path));
	status = ask_properties(c, path, "org.l2tpd1.Profile", ret);
	free(path);
	return status;
}

json_t *rows_counters(struct ctl *c, uint32_t tunnel, uint32_t session)
{
	sd_bus_message *m, *reply = NULL;
	json_t *counters = NULL;

	if (ctl_method(c, "GetCounters", &m) != STATUS_OK)
		return NULL;
	ctl_must(sd_bus_message_append(m, "uu", tunnel, session));
	/* without a data path there are none, which is not a failure */
	if (sd_bus_call(c->bus, m, CALL_TIMEOUT, NULL, &reply) >= 0)
		ctl_must(json_read(reply, &counters));
	sd_bus_message_unref(m);
	sd_bus_message_unref(reply);
	return counters;
}

/* ---- Names and ids ------------------------------------------------------------------------------------------ */

bool rows_parse_id(const char *s, uint32_t *ret_tunnel, uint32_t *ret_session)
{
	size_t len = strcspn(s, "/");
	char tunnel[sizeof("4294967295")];

	if (len >= sizeof(tunnel))
		return false;
	memcpy(tunnel, s, len);
	tunnel[len] = '\0';
	*ret_session = 0;
	return ctl_number(tunnel, UINT32_MAX, ret_tunnel) &&
	       (s[len] == '\0' || ctl_number(s + len + 1, UINT32_MAX, ret_session));
}

/* The matches of a name: the first one, and their number. */
struct search {
	uint32_t tunnel, session;
	size_t count;
};

static bool search_each(void *ctx, json_t *row)
{
	struct search *s = ctx;

	if (s->count++ == 0) {
		s->tunnel = (uint32_t)json_number(row, "Tunnel");
		s->session = (uint32_t)json_number(row, "Session");
	}
	return true;
}

/* state: only in this one; NULL: in any. */
static enum status search(struct ctl *c, const char *method, const char *key, const char *value, const char *state,
			  struct search *ret)
{
	json_t *filter = ctl_must_ptr(json_pack("{s:s,s:s*}", key, value, "State", state));
	enum status status;

	*ret = (struct search){ 0 };
	status = rows_list(c, method, filter, search_each, ret);
	json_decref(filter);
	return status;
}

/* There must be exactly one. */
static enum status check_one(const struct search *found, const char *kind, const char *name)
{
	if (found->count == 1)
		return STATUS_OK;
	if (found->count == 0)
		fprintf(stderr, "l2tpctl: no %s matches \"%s\"; to list them: l2tpctl show %ss\n", kind, name, kind);
	else
		fprintf(stderr, "l2tpctl: %zu %ss match \"%s\"; use the id of one, see l2tpctl show %ss\n",
			found->count, kind, name, kind);
	return found->count == 0 ? STATUS_NOT_FOUND : STATUS_FAILED;
}

enum status rows_find_session(struct ctl *c, const char *name, uint32_t *ret_tunnel, uint32_t *ret_session)
{
	struct search found = { 0 };
	enum status status;

	if (rows_parse_id(name, ret_tunnel, ret_session) && *ret_session != 0)
		return STATUS_OK;
	status = search(c, ROWS_SESSIONS, "Interface", name, NULL, &found);
	if (status == STATUS_OK && found.count == 0)
		status = search(c, ROWS_SESSIONS, "UserName", name, NULL, &found);
	if (status == STATUS_OK)
		status = check_one(&found, "session", name);
	*ret_tunnel = found.tunnel;
	*ret_session = found.session;
	return status;
}

enum status rows_find_tunnel(struct ctl *c, const char *name, uint32_t *ret_tunnel)
{
	struct search found = { 0 };
	enum status status;

	if (ctl_number(name, UINT32_MAX, ret_tunnel))
		return STATUS_OK;
	/* a tunnel that is being closed is not meant */
	status = search(c, ROWS_TUNNELS, "Profile", name, "established", &found);
	if (status == STATUS_OK && found.count == 0)
		status = search(c, ROWS_TUNNELS, "Profile", name, NULL, &found);
	if (status == STATUS_OK)
		status = check_one(&found, "tunnel", name);
	*ret_tunnel = found.tunnel;
	return status;
}

/* ---- A filter, as the daemon has it ------------------------------------------------------------------------- */

static bool peer_matches(const char *peer, const char *wanted)
{
	struct l2tp_addr p, w;

	return !address_read(peer, 0, INTERFACE_OPTIONAL, &p) && !address_read(wanted, 0, INTERFACE_OPTIONAL, &w) &&
	       address_matches(&w, &p);
}

static bool member_matches(const json_t *row, const struct verb_option *o, const char *value)
{
	uint32_t n = 0;

	if (!strcmp(o->key, "Peer"))
		return peer_matches(json_text(row, o->key), value);
	if (!strcmp(o->key, "PeerHostName"))
		return wildcard_matches(value, json_text(row, o->key));
	if (!strcmp(o->key, "Address"))
		return !strcmp(json_text(row, "RemoteAddress"), value) || !strcmp(json_text(row, "RemoteIPv6"), value);
	if (o->type == 'u')
		return ctl_number(value, UINT32_MAX, &n) && json_number(row, o->key) == n;
	return !strcmp(json_text(row, o->key), value);
}

bool rows_match(const struct ctl *c, const json_t *row)
{
	for (size_t i = 0; i < verb_options(c->verb); i++) {
		const struct verb_option *o = &c->verb->options[i];

		if (c->values[i] && o->key && !member_matches(row, o, c->values[i]))
			return false;
	}
	return true;
}

/* ---- For people --------------------------------------------------------------------------------------------- */

uint64_t rows_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), n = strlen(end);

	return len >= n && !strcmp(s + len - n, end);
}

static char *number_text(const char *key, uint64_t n)
{
	char buf[TEXT_MAX];

	if (ends_with(key, "Usec"))
		text_duration(n, buf);
	else if (ends_with(key, "Time"))
		text_time(n, rows_now(), buf);
	else if (ends_with(key, "Bytes"))
		text_amount((double)n, 1024, "B", buf);
	else if (ends_with(key, "Speed") || ends_with(key, "Bps"))
		text_amount((double)n, 1000, "bit/s", buf);
	else
		snprintf(buf, sizeof(buf), "%" PRIu64, n);
	return ctl_must_ptr(strdup(buf));
}

static char *array_text(const char *key, const json_t *array)
{
	char *all = NULL, *one;
	const json_t *value;
	size_t i, size;
	FILE *f = ctl_must_ptr(open_memstream(&all, &size));

	json_array_foreach(array, i, value) {
		one = rows_text(key, value);
		fprintf(f, "%s%s", i > 0 ? ", " : "", one);
		free(one);
	}
	fclose(f);
	return ctl_must_ptr(all);
}

char *rows_text(const char *key, const json_t *value)
{
	if (json_is_string(value))
		return ctl_must_ptr(text_escape(json_string_value(value)));
	if (json_is_boolean(value))
		return ctl_must_ptr(strdup(json_is_true(value) ? "yes" : "no"));
	if (json_is_integer(value) && json_integer_value(value) >= 0)
		return number_text(key, (uint64_t)json_integer_value(value));
	if (json_is_array(value))
		return array_text(key, value);
	return value ? ctl_must_ptr(json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII)) :
		       ctl_must_ptr(strdup(""));
}
