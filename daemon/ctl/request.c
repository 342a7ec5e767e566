/* SPDX-License-Identifier: MIT */
/*
 * request: what changes something: open, hangup, resume, call, close, reload, drain.
 *
 * A request prints what it has made: an id, for people and scripts alike, or with --json an object.  With --wait the
 * daemon answers when it is done, in its own time limits; the tool waits a little longer than any of those.
 */
#include "rows.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WAIT_USEC (600ULL * USEC_PER_SEC) /* beyond every time limit of a set-up */

#define DRAIN_GRACE 5 /* s, for closing what the time-out of a drain has left */
#define OPEN_TIMEOUT 60 /* s, the daemon's */
#define OPEN_GRACE 30   /* s, for its answer that the time is over */

/* ---- open, call --------------------------------------------------------------------------------------------- */

/* The text or the object, which is consumed. */
__attribute__((format(printf, 3, 4)))
static void print_id(const struct ctl *c, json_t *object, const char *format, ...)
{
	va_list ap;

	if (c->format == FORMAT_TEXT) {
		va_start(ap, format);
		vprintf(format, ap);
		va_end(ap);
	} else {
		json_print(object, c->format);
	}
	json_decref(object);
}

/* Send, and the number it answers. */
static enum status call_number(struct ctl *c, sd_bus_message *m, uint64_t patience, uint32_t *ret)
{
	sd_bus_message *reply = NULL;
	enum status status = ctl_call(c, m, patience, &reply);

	if (status == STATUS_OK)
		ctl_must(sd_bus_message_read(reply, "u", ret));
	sd_bus_message_unref(reply);
	return status;
}

static enum status open_tunnel(struct ctl *c)
{
	uint64_t patience = ctl_option_number(c, "timeout", OPEN_TIMEOUT) + (uint64_t)OPEN_GRACE;
	sd_bus_message *m;
	enum status status;
	uint32_t tunnel;

	if (ctl_option(c, "timeout") && (!ctl_option(c, "wait") || !ctl_option_number(c, "timeout", 0)))
		return ctl_usage(c, "open: --timeout is how long to --wait, at least a second");
	status = ctl_method(c, "Open", &m);
	if (status != STATUS_OK)
		return status;
	ctl_must(sd_bus_message_append(m, "s", c->args[0]));
	ctl_append_options(c, m);
	status = call_number(c, m, ctl_option(c, "wait") ? patience * USEC_PER_SEC : CALL_TIMEOUT, &tunnel);
	if (status == STATUS_OK)
		print_id(c, json_pack("{s:I}", "Tunnel", (json_int_t)tunnel), "%" PRIu32 "\n", tunnel);
	return status;
}

static enum status ask_profile(struct ctl *c, const char *method)
{
	sd_bus_message *m;
	enum status status = ctl_method(c, method, &m);

	if (status != STATUS_OK)
		return status;
	ctl_must(sd_bus_message_append(m, "s", c->args[0]));
	return ctl_call(c, m, CALL_TIMEOUT, NULL);
}

static enum status hang_up(struct ctl *c)
{
	return ask_profile(c, "HangUp");
}

static enum status resume(struct ctl *c)
{
	return ask_profile(c, "Resume");
}

static enum status call(struct ctl *c)
{
	sd_bus_message *m;
	enum status status;
	uint32_t tunnel, session;

	status = rows_find_tunnel(c, c->args[0], &tunnel);
	if (status == STATUS_OK)
		status = ctl_method(c, "Call", &m);
	if (status != STATUS_OK)
		return status;
	ctl_must(sd_bus_message_append(m, "u", tunnel));
	ctl_append_options(c, m);
	status = call_number(c, m, ctl_option(c, "wait") ? WAIT_USEC : CALL_TIMEOUT, &session);
	if (status == STATUS_OK)
		print_id(c, json_pack("{s:I,s:I}", "Tunnel", (json_int_t)tunnel, "Session", (json_int_t)session),
			 "%" PRIu32 "/%" PRIu32 "\n", tunnel, session);
	return status;
}

/* ---- close -------------------------------------------------------------------------------------------------- */

static enum status close_one(struct ctl *c, uint32_t tunnel, uint32_t session)
{
	const char *message = ctl_option(c, "message");
	sd_bus_message *m;
	enum status status = ctl_method(c, session ? "CloseSession" : "CloseTunnel", &m);

	if (status != STATUS_OK)
		return status;
	ctl_must(sd_bus_message_append(m, "u", tunnel));
	if (session)
		ctl_must(sd_bus_message_append(m, "u", session));
	ctl_must(sd_bus_message_append(m, "qqs", (int)ctl_option_number(c, "result", 0),
				       (int)ctl_option_number(c, "error", 0), message ? message : ""));
	return ctl_call(c, m, CALL_TIMEOUT, NULL);
}

static enum status close_named(struct ctl *c, const char *name)
{
	uint32_t tunnel, session;
	enum status status = STATUS_OK;

	if (!rows_parse_id(name, &tunnel, &session))
		status = rows_find_session(c, name, &tunnel, &session);
	return status == STATUS_OK ? close_one(c, tunnel, session) : status;
}

/* The tunnels that a filter has found. */
struct found {
	uint32_t *ids;
	size_t n;
	uint64_t sessions;
};

static bool found_add(void *ctx, json_t *row)
{
	struct found *f = ctx;

	f->ids = ctl_must_ptr(reallocarray(f->ids, f->n + 1, sizeof(*f->ids)));
	f->ids[f->n++] = (uint32_t)json_number(row, "Tunnel");
	f->sessions += json_number(row, "Sessions");
	return true;
}

/* One that has gone meanwhile is no failure; the first other one ends it. */
static enum status close_all(struct ctl *c, const struct found *f)
{
	enum status status;

	for (size_t i = 0; i < f->n; i++) {
		status = close_one(c, f->ids[i], 0);
		if (status != STATUS_OK && status != STATUS_NOT_FOUND)
			return status;
	}
	return STATUS_OK;
}

static enum status close_matching(struct ctl *c)
{
	struct found f = { 0 };
	enum status status = rows_list(c, ROWS_TUNNELS, NULL, found_add, &f);

	if (status == STATUS_OK && f.n > 0 && !ctl_option(c, "yes")) {
		fprintf(stderr, "l2tpctl: that would be %zu tunnels with %" PRIu64 " sessions; if you mean it: --yes\n",
			f.n, f.sessions);
		status = STATUS_FAILED;
	} else if (status == STATUS_OK) {
		status = close_all(c, &f);
	}
	if (status == STATUS_OK)
		print_id(c, json_pack("{s:I,s:I}", "Tunnels", (json_int_t)f.n, "Sessions", (json_int_t)f.sessions),
			 "%zu tunnels, %" PRIu64 " sessions\n", f.n, f.sessions);
	free(f.ids);
	return status;
}

static enum status close_some(struct ctl *c)
{
	bool filter = ctl_option(c, "profile") || ctl_option(c, "peer") || ctl_option(c, "host");

	if (filter == (c->n_args > 0))
		return ctl_usage(c, "close: either a tunnel or session, or --profile, --peer and --host");
	return filter ? close_matching(c) : close_named(c, c->args[0]);
}

/* ---- reload ------------------------------------------------------------------------------------------------- */

static void print_summary(const json_t *summary)
{
	static const struct {
		const char *key, *words;
	} parts[] = {
		{ "ProfilesAdded", "new profiles" },
		{ "ProfilesChanged", "changed profiles" },
		{ "ProfilesRemoved", "removed profiles" },
		{ "PoolsAdded", "new pools" },
		{ "PoolsChanged", "changed pools" },
		{ "PoolsRemoved", "removed pools" },
		{ "OptionsChanged", "changed options" },
		{ "NeedRestart", "changed, but taken over only by a restart" },
	};
	const json_t *warnings = json_object_get(summary, "Warnings");
	bool said = false;

	for (size_t i = 0; i < json_array_size(warnings); i++)
		printf("warning: %s\n", json_string_value(json_array_get(warnings, i)));
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const json_t *names = json_object_get(summary, parts[i].key);
		char *text = rows_text(parts[i].key, names);

		if (json_array_size(names) > 0)
			printf("%s: %s\n", parts[i].words, text);
		said |= json_array_size(names) > 0;
		free(text);
	}
	if (!said) /* an older daemon tells of profiles alone */
		puts(json_object_get(summary, "OptionsChanged") ? "nothing has changed" : "no profile has changed");
}

static enum status reload(struct ctl *c)
{
	json_t *summary = NULL;
	enum status status = rows_ask(c, "Reload", &summary);

	if (status == STATUS_OK && c->format == FORMAT_TEXT)
		print_summary(summary);
	else if (status == STATUS_OK)
		json_print(summary, c->format);
	json_decref(summary);
	return status;
}

/* ---- drain -------------------------------------------------------------------------------------------------- */

/* What is left, when it is not what was printed last. */
static enum status print_left(struct ctl *c, uint64_t *printed, bool *ret_left)
{
	json_t *row = NULL;
	enum status status = rows_manager(c, &row);
	/* not those that only linger, to acknowledge what may be repeated */
	uint64_t tunnels = json_number(row, "TunnelsEstablished") + json_number(row, "TunnelsHalfOpen");
	uint64_t sessions = json_number(row, "Sessions");

	*ret_left = tunnels > 0;
	if (status == STATUS_OK && *printed != (tunnels << 32 | sessions)) {
		*printed = tunnels << 32 | sessions;
		print_id(c, json_pack("{s:I,s:I}", "Tunnels", (json_int_t)tunnels, "Sessions", (json_int_t)sessions),
			 "%" PRIu64 " tunnels, %" PRIu64 " sessions left\n", tunnels, sessions);
		fflush(stdout);
	}
	json_decref(row);
	return status;
}

/* Asked for once a second: no more than a look at the daemon's counters.  What is closed after the time-out counts no
 * longer, so that only a daemon that does not get to it is late. */
static enum status wait_empty(struct ctl *c)
{
	uint64_t timeout = ctl_option_number(c, "timeout", UINT32_MAX) + (uint64_t)DRAIN_GRACE;
	uint64_t begin = rows_now(), printed = UINT64_MAX;
	enum status status;
	bool left;

	while ((status = print_left(c, &printed, &left)) == STATUS_OK && left) {
		if (rows_now() - begin >= timeout * USEC_PER_SEC) {
			fprintf(stderr, "l2tpctl: timed out; not everything is closed\n");
			return STATUS_TIMEOUT;
		}
		sleep(1);
	}
	return status;
}

static enum status drain(struct ctl *c)
{
	bool off = ctl_option(c, "off"), wait = ctl_option(c, "wait");
	sd_bus_message *m;
	enum status status;

	if (c->format == FORMAT_JSON && wait)
		c->format = FORMAT_LINES; /* one for each change */
	if (off && (wait || ctl_option(c, "timeout")))
		return ctl_usage(c, "drain: --off cannot be combined with --wait or --timeout");
	status = ctl_method(c, "Drain", &m);
	if (status != STATUS_OK)
		return status;
	ctl_must(sd_bus_message_append(m, "b", !off));
	ctl_append_options(c, m);
	status = ctl_call(c, m, CALL_TIMEOUT, NULL);
	return status == STATUS_OK && wait ? wait_empty(c) : status;
}

/* ---- The verbs ---------------------------------------------------------------------------------------------- */

static const struct verb_option open_options[] = {
	{ "calls", "NUMBER", "place so many calls, not as many as the profile says", "Calls", 'u' },
	{ "another", NULL, "one more tunnel, if the profile has one", "Another", 'b' },
	{ "wait", NULL, "until tunnel, calls and PPP are up; close it if one fails", "Wait", 'b' },
	{ "timeout", "SECONDS", "wait no longer than that, default 60", "Timeout", 'u' },
	{ 0 },
};

static const struct verb_option call_options[] = {
	{ "outgoing", NULL, "as LNS: the LAC shall dial (OCRQ)", "Outgoing", 'b' },
	{ "calling", "NUMBER", "Calling Number", "CallingNumber", 's' },
	{ "called", "NUMBER", "Called Number", "CalledNumber", 's' },
	{ "sub-address", "TEXT", "Sub-Address", "SubAddress", 's' },
	{ "minimum-bps", "BPS", "of an outgoing call", "MinimumBps", 'u' },
	{ "maximum-bps", "BPS", "of an outgoing call", "MaximumBps", 'u' },
	{ "tx-speed", "BPS", "(Tx) Connect Speed", "TxConnectSpeed", 'u' },
	{ "rx-speed", "BPS", "Rx Connect Speed", "RxConnectSpeed", 'u' },
	{ "wait", NULL, "until the session is established, or has failed", "Wait", 'b' },
	{ 0 },
};

static const struct verb_option close_options[] = {
	{ "result", "CODE", "result code of the StopCCN or CDN; 0, an ordinary end", NULL, 'q' },
	{ "error", "CODE", "error code that goes with result 2", NULL, 'q' },
	{ "message", "TEXT", "what else the peer is told", NULL, 's' },
	{ "profile", "PROFILE", "all tunnels of this profile", "Profile", 's' },
	{ "peer", "ADDRESS", "all tunnels to this address", "Peer", 's' },
	{ "host", "PATTERN", "all tunnels to peers of this host name", "PeerHostName", 's' },
	{ "yes", NULL, "close all that fit, not only one", NULL, 0 },
	{ 0 },
};

static const struct verb_option drain_options[] = {
	{ "off", NULL, "take new tunnels and calls again", NULL, 0 },
	{ "wait", NULL, "wait until nothing is left, reporting what is", NULL, 0 },
	{ "timeout", "SECONDS", "then close what is left", "Timeout", 'u' },
	{ 0 },
};

const struct verb request_verbs[] = {
	{ "open", "PROFILE", "dial the server of a lac profile", open_options, open_tunnel },
	{ "hangup", "PROFILE", "close a lac profile's tunnels and keep it down", NULL, hang_up, VERB_NO_JSON },
	{ "resume", "PROFILE", "dial a profile again, and at once", NULL, resume, VERB_NO_JSON },
	{ "call", "TUNNEL|PROFILE", "place a call in a tunnel", call_options, call },
	{ "close", "[TUNNEL|SESSION|INTERFACE|USER]", "end tunnels or sessions", close_options, close_some },
	{ "reload", "", "read the configuration again", NULL, reload },
	{ "drain", "", "take no new tunnels and calls", drain_options, drain },
	{ 0 },
};
