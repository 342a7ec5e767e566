/* SPDX-License-Identifier: MIT */
/*
 * watch: prints the signals of the daemon as they occur, one line each.
 *
 * A signal becomes an object whose members have the names of the signal's arguments; a row among them is an object of
 * its own (Row).  The filter is that of the lists, applied to the row.  A signal that this tool does not know, from a
 * newer daemon, is printed with its arguments as they are.
 */
#include "rows.h"
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ARGUMENTS_MAX 6

static const struct {
	const char *signal;
	const char *names[ARGUMENTS_MAX]; /* of the arguments, in their order */
} signals[] = {
	{ "TunnelChanged", { "Tunnel", "Change", "Row" } },
	{ "SessionChanged", { "Tunnel", "Session", "Change", "Row" } },
	{ "Refused", { "Peer", "PeerHostName", "Result", "Error", "Message" } },
	{ "Reloaded", { "Summary" } },
	{ "Drained", { "On" } },
	{ "HungUp", { "Profile", "On" } },
	{ "Lost", { "Count" } },
};

static const char *const *names_of(const char *signal)
{
	static const char *const none[ARGUMENTS_MAX];

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!strcmp(signals[i].signal, signal))
			return signals[i].names;
	return none;
}

/* NULL: a malformed one, which is left out. */
static json_t *event_of(sd_bus_message *m)
{
	const char *const *names = names_of(sd_bus_message_get_member(m));
	json_t *event = ctl_must_ptr(json_pack("{s:I,s:s}", "Time", (json_int_t)rows_now(), "Event",
					       sd_bus_message_get_member(m)));
	json_t *value, *rest = ctl_must_ptr(json_array());
	int r;

	for (size_t i = 0; (r = json_read(m, &value)) >= 0; i++) {
		if (i < ARGUMENTS_MAX && names[i])
			json_object_set_new(event, names[i], value);
		else
			json_array_append_new(rest, value);
	}
	if (json_array_size(rest) > 0)
		json_object_set(event, "Arguments", rest);
	json_decref(rest);
	if (r != -ENXIO) {
		json_decref(event);
		return NULL;
	}
	return event;
}

/* ---- For people --------------------------------------------------------------------------------------------- */

static void print_member(const json_t *object, const char *key, const char *before, const char *after)
{
	const json_t *value = json_object_get(object, key);
	char *text = value ? rows_text(key, value) : NULL;

	if (text && *text && strcmp(text, "0") != 0)
		printf("%s%s%s", before, text, after);
	free(text);
}

static void print_reason(const json_t *row)
{
	if (!strcmp(json_text(row, "ReasonOrigin"), "nobody") || !*json_text(row, "ReasonOrigin"))
		return;
	print_member(row, "ReasonOrigin", ": by ", "");
	print_member(row, "ReasonResult", ", result ", "");
	print_member(row, "ReasonName", " (", ")");
	print_member(row, "ReasonError", ", error ", "");
	print_member(row, "ReasonText", ", \"", "\"");
	print_member(row, "ReasonDetail", ", ", "");
}

static void print_tunnel(const json_t *e)
{
	const json_t *row = json_object_get(e, "Row");

	printf("tunnel %" PRIu64, json_number(e, "Tunnel"));
	print_member(row, "PeerTunnel", "/", "");
	print_member(e, "Change", " ", "");
	print_member(row, "Peer", " peer=", "");
	print_member(row, "PeerHostName", " host=", "");
	print_member(row, "Profile", " profile=", "");
	print_reason(row);
}

static void print_session(const json_t *e)
{
	const json_t *row = json_object_get(e, "Row");

	printf("session %" PRIu64 "/%" PRIu64, json_number(e, "Tunnel"), json_number(e, "Session"));
	print_member(e, "Change", " ", "");
	print_member(row, "Role", " as ", "");
	print_member(row, "Peer", " peer=", "");
	print_member(row, "Profile", " profile=", "");
	print_member(row, "CallingNumber", " calling=", "");
	print_member(row, "CalledNumber", " called=", "");
	print_member(row, "Interface", " interface=", "");
	print_member(row, "UserName", " user=", "");
	print_member(row, "LocalAddress", " ", "");
	print_member(row, "RemoteAddress", " -> ", "");
	print_reason(row);
}

static void print_refused(const json_t *e)
{
	printf("refused");
	print_member(e, "Peer", " peer=", "");
	print_member(e, "PeerHostName", " host=", "");
	print_member(e, "Result", ": result ", "");
	print_member(e, "Error", ", error ", "");
	print_member(e, "Message", ", \"", "\"");
}

static void print_reloaded(const json_t *e)
{
	const json_t *summary = json_object_get(e, "Summary");

	printf("reloaded");
	print_member(summary, "ProfilesAdded", " added=", "");
	print_member(summary, "ProfilesChanged", " changed=", "");
	print_member(summary, "ProfilesRemoved", " removed=", "");
	print_member(summary, "PoolsAdded", " pools-added=", "");
	print_member(summary, "PoolsChanged", " pools-changed=", "");
	print_member(summary, "PoolsRemoved", " pools-removed=", "");
	print_member(summary, "OptionsChanged", " options-changed=", "");
	print_member(summary, "NeedRestart", " need-restart=", "");
}

static void print_drained(const json_t *e)
{
	printf("draining %s", json_is_true(json_object_get(e, "On")) ? "begins" : "ends");
}

static void print_hung_up(const json_t *e)
{
	print_member(e, "Profile", "profile ", "");
	printf(" %s", json_is_true(json_object_get(e, "On")) ? "hung up" : "resumed");
}

static void print_lost(const json_t *e)
{
	printf("%" PRIu64 " events were lost: l2tpctl read too slowly", json_number(e, "Count"));
}

static void print_watching(const json_t *e)
{
	(void)e;
	printf("watching");
}

static const struct {
	const char *signal;
	void (*print)(const json_t *event);
} printers[] = {
	{ "TunnelChanged", print_tunnel }, { "SessionChanged", print_session }, { "Refused", print_refused },
	{ "Reloaded", print_reloaded },    { "Drained", print_drained },	   { "Lost", print_lost },
	{ "Watching", print_watching },	   { "HungUp", print_hung_up },
};

static void print_event(const json_t *event)
{
	time_t seconds = (time_t)(json_number(event, "Time") / USEC_PER_SEC);
	char clock[sizeof("00:00:00")] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm))
		strftime(clock, sizeof(clock), "%T", &tm);
	printf("%s ", clock);
	for (size_t i = 0; i < sizeof(printers) / sizeof(printers[0]); i++) {
		if (!strcmp(printers[i].signal, json_text(event, "Event"))) {
			printers[i].print(event);
			putchar('\n');
			return;
		}
	}
	print_member(event, "Event", "", "");
	print_member(event, "Arguments", " ", "");
	putchar('\n');
}

/* ---- The stream --------------------------------------------------------------------------------------------- */

static enum status subscribe(struct ctl *c)
{
	sd_bus_message *m;
	enum status status = ctl_method(c, "Subscribe", &m);

	return status == STATUS_OK ? ctl_call(c, m, CALL_TIMEOUT, NULL) : status;
}

/* A signal of the daemon that matches the filter; NULL: something else. */
static json_t *wanted(const struct ctl *c, sd_bus_message *m)
{
	json_t *event, *row;

	if (!sd_bus_message_is_signal(m, MANAGER_INTERFACE, NULL))
		return NULL;
	event = event_of(m);
	row = json_object_get(event, "Row");
	rows_leave_out_unknown(row);
	/* lost events concern every filter */
	if (event && !rows_match(c, row ? row : event) && strcmp(json_text(event, "Event"), "Lost") != 0) {
		json_decref(event);
		return NULL;
	}
	return event;
}

/* The next one that is wanted; a negative errno: the connection has ended. */
static int next_event(struct ctl *c, json_t **ret)
{
	sd_bus_message *m = NULL;
	int r;

	for (*ret = NULL; !*ret; m = sd_bus_message_unref(m)) {
		r = sd_bus_process(c->bus, &m);
		if (m)
			*ret = wanted(c, m);
		else if (r == 0)
			r = sd_bus_wait(c->bus, UINT64_MAX);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return 0;
}

/* With --json one object per line: a stream has no end, which an array would need. */
static void print(const struct ctl *c, json_t *event)
{
	if (c->format == FORMAT_TEXT)
		print_event(event);
	else
		json_print(event, FORMAT_LINES);
	fflush(stdout);
	json_decref(event);
}

/* The first line marks the point from which no event is missed. */
static enum status watch(struct ctl *c)
{
	uint32_t left = ctl_option_number(c, "count", UINT32_MAX);
	enum status status = subscribe(c);
	json_t *event;

	if (status == STATUS_OK)
		print(c, ctl_must_ptr(json_pack("{s:I,s:s}", "Time", (json_int_t)rows_now(), "Event", "Watching")));
	while (status == STATUS_OK && left > 0 && !ferror(stdout)) {
		if (next_event(c, &event) < 0)
			return ctl_gone(c);
		print(c, event);
		left -= left < UINT32_MAX;
	}
	return status;
}

static const struct verb_option watch_options[] = {
	{ "tunnel", "TUNNEL", "only events of this tunnel", "Tunnel", 'u' },
	{ "profile", "PROFILE", "only events of this profile", "Profile", 's' },
	{ "peer", "ADDRESS", "only events of the peer with this address, optionally with a port", "Peer", 's' },
	{ "host", "PATTERN", "only events of peers with this host name; * and ? are wildcards", "PeerHostName", 's' },
	{ "interface", "INTERFACE", "only events of the session with this interface", "Interface", 's' },
	{ "user", "USER", "only events of this user, as authenticated by PPP", "UserName", 's' },
	{ "count", "NUMBER", "exit after NUMBER events", NULL, 'u' },
	{ 0 },
};

const struct verb watch_verbs[] = {
	{ "watch", "", "print events as they occur", watch_options, watch },
	{ 0 },
};
