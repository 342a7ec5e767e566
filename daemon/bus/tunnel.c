/* SPDX-License-Identifier: MIT */
/*
 * tunnel: the objects of profiles, tunnels and sessions, and their methods, which are the manager's too: there the
 * ids stand in front of the arguments, here in the path.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "kernel/dataplane.h"

#define CHILDREN_MAX 500 /* that are shown to those who look around */

/* ---- Methods ------------------------------------------------------------------------------------------------- */

static int no_such(uint32_t tunnel, uint32_t session, sd_bus_error *error)
{
	if (session)
		return sd_bus_error_setf(error, ERROR_NO_SESSION, "there is no session %u in a tunnel %u", session,
					 tunnel);
	return sd_bus_error_setf(error, ERROR_NO_TUNNEL, "there is no tunnel %u", tunnel);
}

int bus_close(struct bus_object *o, uint32_t tunnel, uint32_t session, sd_bus_message *m, sd_bus_error *error)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_REQUEST };
	const char *text;
	int r = sd_bus_message_read(m, "qqs", &reason.result, &reason.error, &text);

	if (r < 0)
		return r;
	if (strlen(text) >= sizeof(reason.text))
		return sd_bus_error_setf(error, ERROR_ARGUMENT, "the message has %zu octets; allowed: at most %zu",
					 strlen(text), sizeof(reason.text) - 1);
	memcpy(reason.text, text, strlen(text) + 1);
	r = open_close(o->connection->bus->driver, tunnel, session, &reason);
	if (r == -ENOENT)
		return no_such(tunnel, session, error);
	return r < 0 ? r : sd_bus_reply_method_return(m, NULL);
}

static int draining(sd_bus_error *error)
{
	return sd_bus_error_set_const(error, ERROR_DRAINING, "the daemon is draining: new tunnels and calls are refused");
}

/* A tunnel of the profile that is up, or on its way there; 0: none is. */
static uint32_t tunnel_of(const struct driver *d, const char *profile)
{
	struct l2tp_cursor c = { 0 };
	struct view_tunnel v;

	while (view_next_tunnel(d, &c, &v) >= 0)
		if (v.info.reason->origin == L2TP_BY_NOBODY && strcmp(v.profile, profile) == 0)
			return v.info.tunnel_id;
	return 0;
}

static int complain_already(const struct driver *d, const char *profile, sd_bus_error *error)
{
	uint32_t tunnel = tunnel_of(d, profile);

	if (open_is_hung_up(d, profile))
		return sd_bus_error_setf(error, ERROR_ALREADY_OPEN,
					 "profile \"%.64s\" is hung up; to have it dialled again: l2tpctl resume", profile);
	if (tunnel)
		return sd_bus_error_setf(error, ERROR_ALREADY_OPEN,
					 "profile \"%.64s\" is up already, or on its way: it has the tunnel %u; to open "
					 "one more: l2tpctl open --another", profile, tunnel);
	return sd_bus_error_setf(error, ERROR_ALREADY_OPEN,
				 "profile \"%.64s\" is being dialled already; if it waits for its next attempt, to have it "
				 "dialled at once: l2tpctl resume", profile);
}

static int complain_open(const struct driver *d, const char *profile, int r, sd_bus_error *error)
{
	if (r == -EALREADY)
		return complain_already(d, profile, error);
	if (r == -EOPNOTSUPP)
		return sd_bus_error_setf(error, ERROR_ARGUMENT,
					 "profile \"%.64s\" has dial = no: it is opened by l2tpctl open", profile);
	if (r == -ENOENT)
		return sd_bus_error_setf(error, ERROR_NO_PROFILE, "there is no profile \"%.64s\"", profile);
	if (r == -EINVAL)
		return sd_bus_error_setf(error, ERROR_ARGUMENT, "profile \"%.64s\" is not a lac profile",
					 profile);
	if (r == -EBUSY)
		return draining(error);
	return sd_bus_error_setf(error, ERROR_FAILED, "%s", r == -ESHUTDOWN ? "the daemon is stopping" : strerror(-r));
}

static void on_opened(void *ctx, int err, const char *text, uint32_t tunnel_id)
{
	struct bus_pending *p = ctx;

	if (err < 0)
		bus_pending_fail(p, ERROR_FAILED, text);
	else if (p->until_up)
		bus_pending_opened(p, tunnel_id);
	else
		bus_pending_succeed(p, tunnel_id);
}

#define OPEN_TIMEOUT 60       /* s */
#define OPEN_TIMEOUT_MAX 3600

struct open_request {
	uint32_t calls, timeout;
	int wait, another;
};

static int read_open(sd_bus_message *m, struct open_request *ret, sd_bus_error *error)
{
	const struct bus_option options[] = { { "Calls", 'u', &ret->calls },
					      { "Wait", 'b', &ret->wait },
					      { "Timeout", 'u', &ret->timeout },
					      { "Another", 'b', &ret->another } };
	int r;

	*ret = (struct open_request){ .calls = OPEN_CALLS_DEFAULT };
	r = bus_read_options(m, options, sizeof(options) / sizeof(options[0]), error);
	if (r >= 0 && ret->calls > UINT16_MAX && ret->calls != OPEN_CALLS_DEFAULT)
		return sd_bus_error_setf(error, ERROR_ARGUMENT, "Calls is %u; allowed: at most %u", ret->calls,
					 UINT16_MAX);
	if (r >= 0 && ret->timeout > OPEN_TIMEOUT_MAX)
		return sd_bus_error_setf(error, ERROR_ARGUMENT, "Timeout is %u; allowed: at most %u", ret->timeout,
					 OPEN_TIMEOUT_MAX);
	return r;
}

static uint32_t calls_of(const struct driver *d, const char *profile)
{
	const struct config *c = driver_config(d);

	for (size_t i = 0; i < c->n_profiles; i++)
		if (strcmp(c->profiles[i].name, profile) == 0)
			return c->profiles[i].calls;
	return 0;
}

static int wait_for_open(struct bus_pending *p, const char *profile, const struct open_request *q)
{
	uint32_t calls = q->calls == OPEN_CALLS_DEFAULT ? calls_of(p->bus->driver, profile) : q->calls;

	return bus_pending_until_up(p, calls, (q->timeout ? q->timeout : OPEN_TIMEOUT) * USEC_PER_SEC);
}

int bus_open(struct bus_object *o, const char *profile, sd_bus_message *m, sd_bus_error *error)
{
	struct driver *d = o->connection->bus->driver;
	struct open_request q;
	struct bus_pending *p;
	int r = read_open(m, &q, error);

	if (r < 0 || (r = bus_pending_new(o->connection, m, &p, error)) < 0)
		return r;
	r = q.wait ? wait_for_open(p, profile, &q) : 0;
	if (r >= 0)
		r = open_tunnel(d, profile, q.calls, q.another, on_opened, p);
	if (r >= 0)
		return 1;
	bus_pending_free(p);
	return complain_open(d, profile, r, error);
}

int bus_hang_up(struct bus_object *o, const char *profile, sd_bus_message *m, sd_bus_error *error)
{
	int r = open_hang_up(o->connection->bus->driver, profile);

	return r < 0 ? complain_open(o->connection->bus->driver, profile, r, error) : sd_bus_reply_method_return(m, NULL);
}

int bus_resume(struct bus_object *o, const char *profile, sd_bus_message *m, sd_bus_error *error)
{
	int r = open_resume(o->connection->bus->driver, profile);

	return r < 0 ? complain_open(o->connection->bus->driver, profile, r, error) : sd_bus_reply_method_return(m, NULL);
}

static int read_call(sd_bus_message *m, struct l2tp_call_info *info, int *wait, sd_bus_error *error)
{
	const char *calling = "", *called = "", *sub_address = "";
	int outgoing = false;
	const struct bus_option options[] = {
		{ "Outgoing", 'b', &outgoing },
		{ "CallingNumber", 's', &calling },
		{ "CalledNumber", 's', &called },
		{ "SubAddress", 's', &sub_address },
		{ "MinimumBps", 'u', &info->minimum_bps },
		{ "MaximumBps", 'u', &info->maximum_bps },
		{ "TxConnectSpeed", 'u', &info->tx_connect_speed },
		{ "RxConnectSpeed", 'u', &info->rx_connect_speed },
		{ "Wait", 'b', wait },
	};
	int r = bus_read_options(m, options, sizeof(options) / sizeof(options[0]), error);

	info->outgoing = outgoing;
	info->calling_number = (struct l2tp_span){ (const uint8_t *)calling, strlen(calling) };
	info->called_number = (struct l2tp_span){ (const uint8_t *)called, strlen(called) };
	info->sub_address = (struct l2tp_span){ (const uint8_t *)sub_address, strlen(sub_address) };
	return r;
}

static int complain_call(uint32_t tunnel, int r, sd_bus_error *error)
{
	static const struct {
		int r;
		const char *name, *text;
	} rows[] = {
		{ -EINVAL, ERROR_ARGUMENT, "a text is too long for a message" },
		{ -ESHUTDOWN, ERROR_FAILED, "the tunnel is closing" },
		{ -EMFILE, ERROR_FAILED, "no more sessions are allowed" },
		{ -EOPNOTSUPP, ERROR_NOT_SUPPORTED, "the peer does not support this kind of outgoing call" },
	};

	if (r == -ENOENT)
		return no_such(tunnel, 0, error);
	if (r == -EBUSY)
		return draining(error);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].r == r)
			return sd_bus_error_set_const(error, rows[i].name, rows[i].text);
	return sd_bus_error_setf(error, ERROR_FAILED, "%s", strerror(-r));
}

int bus_call(struct bus_object *o, uint32_t tunnel, sd_bus_message *m, sd_bus_error *error)
{
	struct bus *b = o->connection->bus;
	struct l2tp_call_info info = { 0 };
	struct bus_pending *p;
	int wait = false, r = read_call(m, &info, &wait, error);
	uint32_t session;

	if (r < 0)
		return r;
	r = bus_pending_new(o->connection, m, &p, error);
	if (r < 0)
		return r;
	r = open_call(b->driver, tunnel, &info, &session);
	if (r < 0) {
		bus_pending_free(p);
		return complain_call(tunnel, r, error);
	}
	p->tunnel = tunnel;
	p->session = session;
	if (!wait) {
		bus_pending_succeed(p, session);
	} else {
		p->wait = BUS_WAIT_SESSION;
		bus_pending_look(p);
	}
	return 1;
}

static void on_counted(void *ctx, int err, const struct dataplane_stats *s)
{
	struct bus_pending *p = ctx;
	sd_bus_message *reply = NULL;
	int r;

	if (err < 0 || !p->connection) {
		bus_pending_fail(p, ERROR_FAILED, strerror(-err));
		return;
	}
	r = sd_bus_message_new_method_return(p->request, &reply);
	if (r >= 0)
		r = sd_bus_message_append(reply, "a{st}", 6, "RxPackets", s->rx_packets, "RxBytes", s->rx_bytes,
					  "RxErrors", s->rx_errors, "TxPackets", s->tx_packets, "TxBytes", s->tx_bytes,
					  "TxErrors", s->tx_errors);
	bus_pending_reply(p, r < 0 ? NULL : reply);
	sd_bus_message_unref(reply);
}

int bus_count(struct bus_object *o, uint32_t tunnel, uint32_t session, sd_bus_message *m, sd_bus_error *error)
{
	struct bus_pending *p;
	int r = bus_pending_new(o->connection, m, &p, error);

	if (r < 0)
		return r;
	r = open_count(o->connection->bus->driver, tunnel, session, on_counted, p);
	if (r >= 0)
		return 1;
	bus_pending_free(p);
	if (r == -ENOTCONN)
		return sd_bus_error_set_const(error, ERROR_FAILED, "it has no kernel object yet");
	return no_such(tunnel, session, error);
}

/* ---- Numbers in paths ---------------------------------------------------------------------------------------- */

/* Decimal, as we write it ourselves, up to the octet `end`; NULL: it is not. */
static const char *read_id(const char *s, char end, uint32_t *ret)
{
	uint64_t value = 0;
	const char *p = s;

	for (; *p >= '0' && *p <= '9' && value <= UINT32_MAX; p++)
		value = value * 10 + (uint64_t)(*p - '0');
	if (p == s || *s == '0' || *p != end || value > UINT32_MAX)
		return NULL;
	*ret = (uint32_t)value;
	return end ? p + 1 : p;
}

static int write_path(char **ret, const char *prefix, uint32_t tunnel, uint32_t session)
{
	char path[64];

	if (session)
		snprintf(path, sizeof(path), "%s/%u_%u", prefix, tunnel, session);
	else
		snprintf(path, sizeof(path), "%s/%u", prefix, tunnel);
	*ret = strdup(path);
	return *ret ? 0 : -ENOMEM;
}

/* Room for CHILDREN_MAX paths and the NULL behind them. */
static char **new_paths(void)
{
	return calloc(CHILDREN_MAX + 1, sizeof(char *));
}

static int give_paths(char **paths, int r, char ***ret)
{
	if (r < 0) {
		for (char **p = paths; p && *p; p++)
			free(*p);
		free(paths);
		return r;
	}
	*ret = paths;
	return 0;
}

/* ---- Profiles ------------------------------------------------------------------------------------------------ */

static bool find_profile(struct bus_object *o, const char *path, const char *rest)
{
	struct view_profile *profiles;
	char *name = NULL;
	size_t n;
	bool found = false;

	(void)rest;
	if (sd_bus_path_decode(path, bus_profile_class.path, &name) <= 0)
		return false;
	if (view_profiles(o->connection->bus->driver, &profiles, &n) >= 0) {
		for (size_t i = 0; i < n && !found; i++) {
			found = strcmp(profiles[i].profile->name, name) == 0;
			o->profile = profiles[i];
		}
		free(profiles);
	}
	free(name);
	return found;
}

static int list_profiles(struct bus *b, char ***ret)
{
	struct view_profile *profiles;
	char **paths = new_paths();
	size_t n;
	int r = paths ? view_profiles(b->driver, &profiles, &n) : -ENOMEM;

	if (r < 0)
		return give_paths(paths, r, ret);
	for (size_t i = 0; r >= 0 && i < n && i < CHILDREN_MAX; i++)
		r = sd_bus_path_encode(bus_profile_class.path, profiles[i].profile->name, &paths[i]);
	free(profiles);
	return give_paths(paths, r, ret);
}

static int profile_open(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	return bus_open(o, o->profile.profile->name, m, error);
}

static int profile_hang_up(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	return bus_hang_up(o, o->profile.profile->name, m, error);
}

static int profile_resume(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	return bus_resume(o, o->profile.profile->name, m, error);
}

static const struct bus_method profile_methods[] = {
	{ "Open", "a{sv}", "u", "options\0tunnel\0", BUS_MAY_CHANGE, profile_open },
	{ "HangUp", "", "", "", BUS_MAY_CHANGE, profile_hang_up },
	{ "Resume", "", "", "", BUS_MAY_CHANGE, profile_resume },
};

const struct bus_class bus_profile_class = {
	.interface = BUS_NAME ".Profile",
	.path = BUS_PATH "/profile",
	.rows = &bus_profile_rows,
	.view = offsetof(struct bus_object, profile),
	.methods = profile_methods,
	.n_methods = sizeof(profile_methods) / sizeof(profile_methods[0]),
	.find = find_profile,
	.list = list_profiles,
};

/* ---- Tunnels ------------------------------------------------------------------------------------------------- */

static bool find_tunnel(struct bus_object *o, const char *path, const char *rest)
{
	uint32_t id;

	(void)path;
	return read_id(rest, '\0', &id) && view_tunnel(o->connection->bus->driver, id, &o->tunnel) >= 0;
}

static int list_tunnels(struct bus *b, char ***ret)
{
	struct l2tp_cursor c = { 0 };
	struct view_tunnel v;
	char **paths = new_paths();
	int r = paths ? 0 : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < CHILDREN_MAX && view_next_tunnel(b->driver, &c, &v) >= 0; i++)
		r = write_path(&paths[i], bus_tunnel_class.path, v.info.tunnel_id, 0);
	return give_paths(paths, r, ret);
}

static int tunnel_close(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	return bus_close(o, o->tunnel.info.tunnel_id, 0, m, error);
}

static int tunnel_call(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	return bus_call(o, o->tunnel.info.tunnel_id, m, error);
}

static int tunnel_count(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	return bus_count(o, o->tunnel.info.tunnel_id, 0, m, error);
}

static int tunnel_trace(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	return bus_trace(o, o->tunnel.info.tunnel_id, m, error);
}

static const struct bus_method tunnel_methods[] = {
	{ "Close", "qqs", "", "result\0error\0message\0", BUS_MAY_CHANGE, tunnel_close },
	{ "Call", "a{sv}", "u", "options\0session\0", BUS_MAY_CHANGE, tunnel_call },
	{ "GetCounters", "", "a{st}", "counters\0", BUS_MAY_READ, tunnel_count },
	{ "Trace", "a{sv}", "h", "options\0records\0", BUS_MAY_CHANGE, tunnel_trace },
};

const struct bus_class bus_tunnel_class = {
	.interface = BUS_NAME ".Tunnel",
	.path = BUS_PATH "/tunnel",
	.rows = &bus_tunnel_rows,
	.view = offsetof(struct bus_object, tunnel),
	.methods = tunnel_methods,
	.n_methods = sizeof(tunnel_methods) / sizeof(tunnel_methods[0]),
	.find = find_tunnel,
	.list = list_tunnels,
};

/* ---- Sessions ------------------------------------------------------------------------------------------------ */

static bool find_session(struct bus_object *o, const char *path, const char *rest)
{
	uint32_t tunnel, session;

	(void)path;
	rest = read_id(rest, '_', &tunnel);
	return rest && read_id(rest, '\0', &session) &&
	       view_session(o->connection->bus->driver, tunnel, session, &o->session) >= 0;
}

static int list_sessions(struct bus *b, char ***ret)
{
	struct l2tp_cursor c = { 0 };
	struct view_session v;
	char **paths = new_paths();
	int r = paths ? 0 : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < CHILDREN_MAX && view_next_session(b->driver, &c, &v) >= 0; i++)
		r = write_path(&paths[i], bus_session_class.path, v.info.tunnel_id, v.info.session_id);
	return give_paths(paths, r, ret);
}

static int session_close(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	return bus_close(o, o->session.info.tunnel_id, o->session.info.session_id, m, error);
}

static int session_count(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	return bus_count(o, o->session.info.tunnel_id, o->session.info.session_id, m, error);
}

static const struct bus_method session_methods[] = {
	{ "Close", "qqs", "", "result\0error\0message\0", BUS_MAY_CHANGE, session_close },
	{ "GetCounters", "", "a{st}", "counters\0", BUS_MAY_READ, session_count },
};

const struct bus_class bus_session_class = {
	.interface = BUS_NAME ".Session",
	.path = BUS_PATH "/session",
	.view = offsetof(struct bus_object, session),
	.methods = session_methods,
	.n_methods = sizeof(session_methods) / sizeof(session_methods[0]),
	.find = find_session,
	.list = list_sessions,
};
