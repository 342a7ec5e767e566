/* SPDX-License-Identifier: MIT */
/*
 * manager: the daemon's own object, its methods and signals.  A new method is a row here, its handler, and a row of
 * l2tpd-bus(5).
 */
#include <errno.h>

#include "impl.h"

static int close_tunnel(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	uint32_t tunnel;
	int r = sd_bus_message_read(m, "u", &tunnel);

	return r < 0 ? r : bus_close(o, tunnel, 0, m, error);
}

/* Session 0 would be the tunnel to the driver. */
static int check_session(uint32_t tunnel, uint32_t session, sd_bus_error *error)
{
	if (session)
		return 0;
	return sd_bus_error_setf(error, ERROR_NO_SESSION, "there is no session 0 in a tunnel %u", tunnel);
}

static int close_session(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	uint32_t tunnel, session;
	int r = sd_bus_message_read(m, "uu", &tunnel, &session);

	if (r >= 0)
		r = check_session(tunnel, session, error);
	return r < 0 ? r : bus_close(o, tunnel, session, m, error);
}

static int open_profile(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	const char *profile;
	int r = sd_bus_message_read(m, "s", &profile);

	return r < 0 ? r : bus_open(o, profile, m, error);
}

static int hang_up(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	const char *profile;
	int r = sd_bus_message_read(m, "s", &profile);

	return r < 0 ? r : bus_hang_up(o, profile, m, error);
}

static int resume(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	const char *profile;
	int r = sd_bus_message_read(m, "s", &profile);

	return r < 0 ? r : bus_resume(o, profile, m, error);
}

static int place_call(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	uint32_t tunnel;
	int r = sd_bus_message_read(m, "u", &tunnel);

	return r < 0 ? r : bus_call(o, tunnel, m, error);
}

static int trace(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	uint32_t tunnel;
	int r = sd_bus_message_read(m, "u", &tunnel);

	return r < 0 ? r : bus_trace(o, tunnel, m, error);
}

static int get_counters(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	uint32_t tunnel, session;
	int r = sd_bus_message_read(m, "uu", &tunnel, &session);

	return r < 0 ? r : bus_count(o, tunnel, session, m, error);
}

static int get_statistics(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
#define ROW(name, field) { name, offsetof(struct l2tp_stats, field) }
	static const struct {
		const char *name;
		size_t offset;
	} rows[] = {
		ROW("Received", received),   ROW("Malformed", malformed),     ROW("Ignored", ignored),
		ROW("Duplicates", duplicates), ROW("Retransmits", retransmits), ROW("Refused", refused),
		ROW("Limited", limited),     ROW("Evicted", evicted),
	};
#undef ROW
	const char *stats = (const char *)&o->daemon.stats;
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(m, &reply);

	(void)error;
	if (r >= 0)
		r = sd_bus_message_open_container(reply, 'a', "{st}");
	for (size_t i = 0; r >= 0 && i < sizeof(rows) / sizeof(rows[0]); i++)
		r = sd_bus_message_append(reply, "{st}", rows[i].name, *(const uint64_t *)(stats + rows[i].offset));
	if (r >= 0)
		r = sd_bus_message_close_container(reply);
	if (r >= 0)
		r = sd_bus_send(o->connection->sd, reply, NULL);
	sd_bus_message_unref(reply);
	return r < 0 ? r : 1;
}

/* On the system bus each client has a name; on the private socket a connection. */
static const char *subscriber(const struct bus_object *o, sd_bus_message *m)
{
	return o->connection->system ? sd_bus_message_get_sender(m) : NULL;
}

static int subscribe(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	int r = bus_subscribe(o->connection, subscriber(o, m));

	if (r == -EUSERS)
		return sd_bus_error_set_const(error, ERROR_BUSY, "no more subscribers are allowed");
	return r < 0 ? r : sd_bus_reply_method_return(m, NULL);
}

static int unsubscribe(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	(void)error;
	bus_unsubscribe(o->connection, subscriber(o, m));
	return sd_bus_reply_method_return(m, NULL);
}

static const struct bus_method methods[] = {
	{ "ListTunnels", "a{sv}su", "aa{sv}s", "filter\0cursor\0limit\0rows\0next\0", BUS_MAY_READ, bus_list_tunnels },
	{ "ListSessions", "a{sv}su", "aa{sv}s", "filter\0cursor\0limit\0rows\0next\0", BUS_MAY_READ,
	  bus_list_sessions },
	{ "ListProfiles", "", "aa{sv}", "rows\0", BUS_MAY_READ, bus_list_profiles },
	{ "GetStatistics", "", "a{st}", "statistics\0", BUS_MAY_READ, get_statistics },
	{ "GetCounters", "uu", "a{st}", "tunnel\0session\0counters\0", BUS_MAY_READ, get_counters },
	{ "Open", "sa{sv}", "u", "profile\0options\0tunnel\0", BUS_MAY_CHANGE, open_profile },
	{ "HangUp", "s", "", "profile\0", BUS_MAY_CHANGE, hang_up },
	{ "Resume", "s", "", "profile\0", BUS_MAY_CHANGE, resume },
	{ "Call", "ua{sv}", "u", "tunnel\0options\0session\0", BUS_MAY_CHANGE, place_call },
	{ "CloseTunnel", "uqqs", "", "tunnel\0result\0error\0message\0", BUS_MAY_CHANGE, close_tunnel },
	{ "CloseSession", "uuqqs", "", "tunnel\0session\0result\0error\0message\0", BUS_MAY_CHANGE, close_session },
	{ "Reload", "", "a{sv}", "summary\0", BUS_MAY_CHANGE, bus_reload },
	{ "GetConfig", "", "s", "text\0", BUS_MAY_READ, bus_get_config },
	{ "Drain", "ba{sv}", "", "on\0options\0", BUS_MAY_CHANGE, bus_drain },
	{ "Trace", "ua{sv}", "h", "tunnel\0options\0records\0", BUS_MAY_CHANGE, trace },
	{ "Subscribe", "", "", "", BUS_MAY_READ, subscribe },
	{ "Unsubscribe", "", "", "", BUS_MAY_READ, unsubscribe },
};

static const struct bus_signal signals[] = {
	{ "TunnelChanged", "usa{sv}", "tunnel\0change\0row\0" },
	{ "SessionChanged", "uusa{sv}", "tunnel\0session\0change\0row\0" },
	{ "Refused", "ssqqs", "peer\0host_name\0result\0error\0message\0" },
	{ "Reloaded", "a{sv}", "summary\0" },
	{ "Drained", "b", "on\0" },
	{ "HungUp", "sb", "profile\0on\0" },
	{ "Lost", "t", "count\0" },
};

static bool find(struct bus_object *o, const char *path, const char *rest)
{
	(void)path;
	view_daemon(o->connection->bus->driver, &o->daemon);
	return rest[0] == '\0';
}

const struct bus_class bus_manager_class = {
	.interface = BUS_MANAGER,
	.path = BUS_PATH,
	.rows = &bus_daemon_rows,
	.view = offsetof(struct bus_object, daemon),
	.methods = methods,
	.n_methods = sizeof(methods) / sizeof(methods[0]),
	.signals = signals,
	.n_signals = sizeof(signals) / sizeof(signals[0]),
	.find = find,
};
