/* SPDX-License-Identifier: MIT */
/*
 * request: the verbs that change something: open, hangup, resume, call, close, reload, drain.
 *
 * A request prints the id of what it created, for people and scripts alike, or with --json an object.  With --wait the
 * daemon answers when it is done, within its own time limits; the tool waits a little longer than any of them.
 */
#include "rows.h"
#include "text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WAIT_USEC (600ULL * USEC_PER_SEC) /* beyond every time limit of a set-up */

#define DRAIN_GRACE 5 /* s, for closing what is left when a drain times out */
#define OPEN_TIMEOUT 60 /* s, the daemon's */
#define OPEN_GRACE 30   /* s, for its answer that it timed out */

/* ---- open, call --------------------------------------------------------------------------------------------- */

/* Print the text or the object, which is consumed. */
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

/* Send it, and read the number in the answer. */
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
		return ctl_usage(c, "open: --timeout requires --wait, and at least one second");
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

/* The tunnels that match the filter. */
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

/* A tunnel that was removed meanwhile is not a failure; any other failure ends it. */
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
		fprintf(stderr, "l2tpctl: this would close %zu tunnels with %" PRIu64 " sessions; to confirm: --yes\n",
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
		return ctl_usage(c, "close: expects either a tunnel or session, or filters: --profile, --peer, --host");
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
		{ "NeedRestart", "changed options that need a restart" },
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
	if (!said) /* an older daemon reports only profiles */
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

/* Print what is left, if that has changed. */
static enum status print_left(struct ctl *c, uint64_t *printed, bool *ret_left)
{
	json_t *row = NULL;
	enum status status = rows_manager(c, &row);
	/* not those that are closed and remain only to acknowledge repetitions */
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

/* Polls once a second, which costs the daemon little: it only reads its counters.  The daemon closes what is left after
 * the time-out, so we time out only if it does not. */
static enum status wait_empty(struct ctl *c)
{
	uint64_t timeout = ctl_option_number(c, "timeout", UINT32_MAX) + (uint64_t)DRAIN_GRACE;
	uint64_t begin = rows_now(), printed = UINT64_MAX;
	enum status status;
	bool left;

	while ((status = print_left(c, &printed, &left)) == STATUS_OK && left) {
		if (rows_now() - begin >= timeout * USEC_PER_SEC) {
			fprintf(stderr, "l2tpctl: timed out; some tunnels are not closed\n");
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
	{ "calls", "NUMBER", "place NUMBER calls, not the number that the profile sets", "Calls", 'u' },
	{ "another", NULL, "open an additional tunnel, if the profile has one", "Another", 'b' },
	{ "wait", NULL, "wait until tunnel, sessions and PPP are up; close the tunnel if one fails", "Wait", 'b' },
	{ "timeout", "SECONDS", "limit for --wait, default 60; then close the tunnel", "Timeout", 'u' },
	{ 0 },
};

static const struct verb_option call_options[] = {
	{ "outgoing", NULL, "as LNS: ask the LAC to place an outgoing call (OCRQ)", "Outgoing", 'b' },
	{ "calling", "NUMBER", "Calling Number", "CallingNumber", 's' },
	{ "called", "NUMBER", "Called Number", "CalledNumber", 's' },
	{ "sub-address", "TEXT", "Sub-Address", "SubAddress", 's' },
	{ "minimum-bps", "BPS", "Minimum BPS of an outgoing call", "MinimumBps", 'u' },
	{ "maximum-bps", "BPS", "Maximum BPS of an outgoing call", "MaximumBps", 'u' },
	{ "tx-speed", "BPS", "(Tx) Connect Speed", "TxConnectSpeed", 'u' },
	{ "rx-speed", "BPS", "Rx Connect Speed", "RxConnectSpeed", 'u' },
	{ "wait", NULL, "wait until the session is established or has failed", "Wait", 'b' },
	{ 0 },
};

static const struct verb_option close_options[] = {
	{ "result", "CODE", "result code of the StopCCN or CDN, default: a normal close", NULL, 'q' },
	{ "error", "CODE", "error code, with result 2", NULL, 'q' },
	{ "message", "TEXT", "message that is sent to the peer", NULL, 's' },
	{ "profile", "PROFILE", "close all tunnels of this profile", "Profile", 's' },
	{ "peer", "ADDRESS", "close all tunnels to this address", "Peer", 's' },
	{ "host", "PATTERN", "close all tunnels to peers with this host name", "PeerHostName", 's' },
	{ "yes", NULL, "close all matching tunnels; without it, only count them", NULL, 0 },
	{ 0 },
};

static const struct verb_option drain_options[] = {
	{ "off", NULL, "end the drain: accept new tunnels and calls", NULL, 0 },
	{ "wait", NULL, "wait until no tunnel is left, and print how many are", NULL, 0 },
	{ "timeout", "SECONDS", "close the remaining tunnels after SECONDS", "Timeout", 'u' },
	{ 0 },
};

const struct verb request_verbs[] = {
	{ "open", "PROFILE", "dial the server of a lac profile", open_options, open_tunnel },
	{ "hangup", "PROFILE", "close the tunnels of a lac profile, and do not dial it again", NULL, hang_up,
	  VERB_NO_JSON },
	{ "resume", "PROFILE", "immediately dial a profile that was hung up or that waits", NULL, resume,
	  VERB_NO_JSON },
	{ "call", "TUNNEL|PROFILE", "place a call in a tunnel", call_options, call },
	{ "close", "[TUNNEL|SESSION|INTERFACE|USER]", "close tunnels or sessions", close_options, close_some },
	{ "reload", "", "reload the configuration", NULL, reload },
	{ "drain", "", "refuse new tunnels and calls", drain_options, drain },
	{ 0 },
};
