/* SPDX-License-Identifier: MIT */
/*
 * rows: see bus/rows.h.  The tables stand at the end; a new field is a row there and one in l2tpd-bus(5), which a
 * test compares.
 *
 * A session has rows of its kind of attachment beside its own: the kinds bring them along, and the table that has all of
 * them is made when the API starts.  A session of another kind has those, too, and they say nothing.
 *
 * 0 and "" stand for what is not known or not there.  Times are microseconds: ...Time on the clock on the wall, others
 * from now on.
 */
#include "rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/log.h"
#include "core/driver.h"

#define NOWHERE SIZE_MAX

/* ---- Kinds --------------------------------------------------------------------------------------------------- */

static int append_bool(sd_bus_message *m, struct driver *d, const void *field)
{
	(void)d;
	return sd_bus_message_append_basic(m, 'b', &(int){ *(const bool *)field });
}

static int append_u8(sd_bus_message *m, struct driver *d, const void *field)
{
	(void)d;
	return sd_bus_message_append_basic(m, 'y', field);
}

static int append_u16(sd_bus_message *m, struct driver *d, const void *field)
{
	(void)d;
	return sd_bus_message_append_basic(m, 'q', field);
}

static int append_u32(sd_bus_message *m, struct driver *d, const void *field)
{
	(void)d;
	return sd_bus_message_append_basic(m, 'u', field);
}

static int append_u64(sd_bus_message *m, struct driver *d, const void *field)
{
	(void)d;
	return sd_bus_message_append_basic(m, 't', field);
}

static int append_time(sd_bus_message *m, struct driver *d, const void *field)
{
	usec_t t = view_realtime(d, *(const usec_t *)field);

	return sd_bus_message_append_basic(m, 't', &t);
}

/* How long until then; at least a microsecond while there is something to wait for. */
static int append_deadline(sd_bus_message *m, struct driver *d, const void *field)
{
	usec_t at = *(const usec_t *)field, now = view_now();
	uint64_t left = at == USEC_NEVER ? 0 : at > now ? at - now : 1;

	(void)d;
	return sd_bus_message_append_basic(m, 't', &left);
}

const char *bus_text(struct l2tp_span s, char buf[BUS_TEXT_MAX])
{
	return log_escape(s, buf, BUS_TEXT_MAX);
}

const char *bus_lines(const char *text, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	while (*text && len + 2 < size) {
		size_t line = strcspn(text, "\n\t");

		log_escape((struct l2tp_span){ (const uint8_t *)text, line }, buf + len, size - len - 1);
		len += strlen(buf + len);
		text += line;
		if (!*text)
			break;
		buf[len++] = *text++;
		buf[len] = '\0';
	}
	return buf;
}

static int append_span(sd_bus_message *m, struct driver *d, const void *field)
{
	char buf[BUS_TEXT_MAX];

	(void)d;
	return sd_bus_message_append_basic(m, 's', bus_text(*(const struct l2tp_span *)field, buf));
}

static int append_chars(sd_bus_message *m, struct driver *d, const void *field)
{
	return append_span(m, d, &(struct l2tp_span){ field, strlen(field) });
}

static int append_string(sd_bus_message *m, struct driver *d, const void *field)
{
	const char *s = *(const char *const *)field;

	return append_chars(m, d, s ? s : "");
}

static int append_strings(sd_bus_message *m, struct driver *d, const void *field)
{
	char *const *list = *(char *const *const *)field;
	int r = sd_bus_message_open_container(m, 'a', "s");

	for (; r >= 0 && list && *list; list++)
		r = append_chars(m, d, *list);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

/* Of a whole profile. */
static int append_prefixes(sd_bus_message *m, struct driver *d, const void *field)
{
	const struct config_profile *p = field;
	char ip[ADDRESS_IP_MAX], text[ADDRESS_IP_MAX + 4];
	int r = sd_bus_message_open_container(m, 'a', "s");

	(void)d;
	for (size_t i = 0; r >= 0 && i < p->n_peers; i++) {
		snprintf(text, sizeof(text), "%s/%u", address_ip_text(&p->peers[i].addr, ip), p->peers[i].bits);
		r = sd_bus_message_append_basic(m, 's', text);
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_addr(sd_bus_message *m, struct driver *d, const void *field)
{
	const struct l2tp_addr *a = field;
	char buf[L2TP_ADDR_STR_MAX];

	(void)d;
	return sd_bus_message_append_basic(m, 's', a->family ? l2tp_addr_str(a, buf) : "");
}

static int append_role(sd_bus_message *m, struct driver *d, const void *field)
{
	(void)d;
	return sd_bus_message_append_basic(m, 's', *(const bool *)field ? "lns" : "lac");
}

static int append_profile_role(sd_bus_message *m, struct driver *d, const void *field)
{
	return append_role(m, d, &(bool){ !*(const bool *)field });
}

static int append_origin(sd_bus_message *m, struct driver *d, const void *field)
{
	(void)d;
	return sd_bus_message_append_basic(m, 's', view_origin(*(const enum l2tp_origin *)field));
}

/* What a result code means: "" where there is none to tell.  field: of a reason the first, and so all of it. */
static int append_result(sd_bus_message *m, const char *(*name)(uint16_t), const struct l2tp_reason *reason)
{
	return sd_bus_message_append_basic(m, 's', log_result_name(reason, name(reason->result)));
}

static int append_stopccn(sd_bus_message *m, struct driver *d, const void *field)
{
	(void)d;
	return append_result(m, l2tp_stopccn_name, field);
}

static int append_cdn(sd_bus_message *m, struct driver *d, const void *field)
{
	(void)d;
	return append_result(m, l2tp_cdn_name, field);
}

static int append_phase(sd_bus_message *m, struct driver *d, const void *field)
{
	(void)d;
	return sd_bus_message_append_basic(m, 's', view_phase(*(const enum attachment_phase *)field));
}

/* As a peer has it: any number. */
static int append_proxy(sd_bus_message *m, struct driver *d, const void *field)
{
	static const char *const words[] = { [L2TP_PROXY_UNSAID] = "",	[L2TP_PROXY_TEXT] = "text",
					     [L2TP_PROXY_CHAP] = "chap", [L2TP_PROXY_PAP] = "pap",
					     [L2TP_PROXY_NONE] = "none", [L2TP_PROXY_MSCHAP] = "mschap" };
	size_t type = *(const enum l2tp_proxy_authen *)field;

	(void)d;
	return sd_bus_message_append_basic(m, 's', type < sizeof(words) / sizeof(words[0]) ? words[type] : "?");
}

static int append_version(sd_bus_message *m, struct driver *d, const void *field)
{
	(void)d, (void)field;
	return sd_bus_message_append_basic(m, 's', VERSION);
}

#define KIND(name, signature) static const struct bus_kind kind_##name = { signature, append_##name };
KIND(bool, "b")
KIND(u8, "y")
KIND(u16, "q")
KIND(u32, "u")
KIND(u64, "t")
KIND(time, "t")
KIND(deadline, "t")
KIND(span, "s")
KIND(chars, "s")
KIND(string, "s")
KIND(strings, "as")
KIND(prefixes, "as")
KIND(addr, "s")
KIND(role, "s")
KIND(profile_role, "s")
KIND(origin, "s")
KIND(stopccn, "s")
KIND(cdn, "s")
KIND(phase, "s")
KIND(proxy, "s")
KIND(version, "s")
#undef KIND

/* ---- Tables -------------------------------------------------------------------------------------------------- */

#define ROWS(table) { table, sizeof(table) / sizeof(table[0]) }
#define REASON(view, member, name, kind, field) \
	{ "Reason" name, &kind_##kind, offsetof(struct l2tp_reason, field), offsetof(struct view, member.reason), NULL },

#define DAEMON(name, kind, member) { name, &kind_##kind, offsetof(struct view_daemon, member), NOWHERE, NULL },

static const struct bus_field daemon_fields[] = {
	DAEMON("Version",             version, state)
	DAEMON("State",               string,  state)
	DAEMON("DataPlane",           string,  dataplane)
	DAEMON("ConfigPath",          string,  config_path)
	DAEMON("DrainUsec",           deadline, drain_until)
	DAEMON("StartTime",           time,    started)
	DAEMON("ReloadTime",          time,    reloaded)
	DAEMON("Tunnels",             u32,     stats.tunnels)
	DAEMON("TunnelsEstablished",  u32,     stats.tunnels_established)
	DAEMON("TunnelsHalfOpen",     u32,     stats.tunnels_half_open)
	DAEMON("Sessions",            u32,     stats.sessions)
	DAEMON("SessionsEstablished", u32,     stats.sessions_established)
};
const struct bus_rows bus_daemon_rows = ROWS(daemon_fields);

#undef DAEMON
#define PROFILE(name, kind, member) { name, &kind_##kind, offsetof(struct view_profile, member), NOWHERE, NULL },
#define CONFIG(name, kind, member) \
	{ name, &kind_##kind, offsetof(struct config_profile, member), offsetof(struct view_profile, profile), NULL },

static const struct bus_field profile_fields[] = {
	CONFIG("Name",      string,       name)
	CONFIG("Role",      profile_role, lac)
	PROFILE("State",    string,       state)
	{ "Peers", &kind_prefixes, 0, offsetof(struct view_profile, profile), NULL },
	CONFIG("Servers",   strings,      servers)
	CONFIG("Dial",      bool,         autodial)
	PROFILE("Tunnels",  u32,          tunnels)
	PROFILE("Sessions", u32,          sessions)
};
const struct bus_rows bus_profile_rows = ROWS(profile_fields);

#undef PROFILE
#undef CONFIG
#define TUNNEL(name, kind, member) { name, &kind_##kind, offsetof(struct view_tunnel, member), NOWHERE, NULL },

static const struct bus_field tunnel_fields[] = {
	TUNNEL("Tunnel",           u32,      info.tunnel_id)
	TUNNEL("PeerTunnel",       u32,      info.peer_tunnel_id)
	TUNNEL("Version",          u8,       info.version)
	TUNNEL("State",            string,   info.state)
	TUNNEL("Initiator",        bool,     info.initiator)
	TUNNEL("Profile",          string,   profile)
	TUNNEL("Local",            addr,     info.local)
	TUNNEL("Peer",             addr,     info.peer)
	TUNNEL("PeerHostName",     span,     info.peer_host_name)
	TUNNEL("PeerVendorName",   span,     info.peer_vendor_name)
	TUNNEL("Authenticated",    bool,     info.authenticated)
	TUNNEL("Sessions",         u32,      info.sessions)
	TUNNEL("Ns",               u16,      info.ns)
	TUNNEL("Nr",               u16,      info.nr)
	TUNNEL("SendWindow",       u32,      info.send_window)
	TUNNEL("ReceiveWindow",    u32,      info.receive_window)
	TUNNEL("CongestionWindow", u32,      info.congestion_window)
	TUNNEL("Unacknowledged",   u32,      info.unacknowledged)
	TUNNEL("Queued",           u32,      info.queued)
	TUNNEL("RttUsec",          u64,      info.rtt)
	TUNNEL("RetransmitUsec",   u64,      info.retransmit_interval)
	TUNNEL("Retransmits",      u64,      info.retransmits)
	TUNNEL("HelloUsec",        deadline, info.hello_at)
	TUNNEL("LifeUsec",         deadline, info.life_at)
	TUNNEL("CreatedTime",      time,     info.created)
	TUNNEL("EstablishedTime",  time,     info.established)
	TUNNEL("Socket",           bool,     socket)
	TUNNEL("Dscp",             u32,      dscp)
	REASON(view_tunnel, info, "Origin", origin,  origin)
	REASON(view_tunnel, info, "Result", u16,     result)
	REASON(view_tunnel, info, "Error",  u16,     error)
	REASON(view_tunnel, info, "Text",   chars,   text)
	REASON(view_tunnel, info, "Name",   stopccn, origin)
	REASON(view_tunnel, info, "Detail", chars,   detail)
};
const struct bus_rows bus_tunnel_rows = ROWS(tunnel_fields);

#undef TUNNEL
#define SESSION(name, kind, member) { name, &kind_##kind, offsetof(struct view_session, member), NOWHERE, NULL },
#define CALL(name, kind, member) \
	{ name, &kind_##kind, offsetof(struct l2tp_call_info, member), offsetof(struct view_session, info.call), NULL },

static const struct bus_field session_fields[] = {
	SESSION("Tunnel",            u32,      info.tunnel_id)
	SESSION("Session",           u32,      info.session_id)
	SESSION("PeerTunnel",        u32,      tunnel.peer_tunnel_id)
	SESSION("PeerSession",       u32,      info.peer_session_id)
	SESSION("State",             string,   info.state)
	SESSION("Role",              role,     info.lns)
	CALL("Outgoing",             bool,     outgoing)
	SESSION("Profile",           string,   profile)
	SESSION("Peer",              addr,     tunnel.peer)
	SESSION("PeerHostName",      span,     tunnel.peer_host_name)
	CALL("CallSerialNumber",     u32,      call_serial_number)
	CALL("CallingNumber",        span,     calling_number)
	CALL("CalledNumber",         span,     called_number)
	CALL("SubAddress",           span,     sub_address)
	CALL("PrivateGroupId",       span,     private_group_id)
	CALL("ProxyAuthenType",      proxy,    proxy.authen_type)
	CALL("ProxyAuthenName",      span,     proxy.authen_name)
	CALL("TxConnectSpeed",       u32,      tx_connect_speed)
	CALL("RxConnectSpeed",       u32,      rx_connect_speed)
	CALL("FramingType",          u32,      framing_type)
	CALL("BearerType",           u32,      bearer_type)
	CALL("PhysicalChannelId",    u32,      physical_channel_id)
	CALL("Sequencing",           bool,     sequencing_required)
	SESSION("Attachment",        string,   attachment.kind)
	SESSION("AttachmentState",   phase,    attachment.phase)
	SESSION("Interface",         chars,    attachment.interface)
	SESSION("LifeUsec",          deadline, info.life_at)
	SESSION("CreatedTime",       time,     info.created)
	SESSION("EstablishedTime",   time,     info.established)
	REASON(view_session, info, "Origin", origin, origin)
	REASON(view_session, info, "Result", u16,    result)
	REASON(view_session, info, "Error",  u16,    error)
	REASON(view_session, info, "Text",   chars,  text)
	REASON(view_session, info, "Name",   cdn,    origin)
	REASON(view_session, info, "Detail", chars,  detail)
};
#undef SESSION
#undef CALL
#undef REASON
#undef ROWS

/* ---- What the kinds of attachments add ----------------------------------------------------------------------- */

static bool has(const struct bus_field *fields, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, name) == 0)
			return true;
	return false;
}

/* Several kinds may have the same field: it is one row. */
static size_t add_fields(const struct attachment_class *class, struct bus_field *fields, size_t n)
{
	for (const struct attachment_field *f = class->fields; f && f->name; f++)
		if (!has(fields, n, f->name))
			fields[n++] = (struct bus_field){ .name = f->name,
							  .kind = f->type == 'u' ? &kind_u32 : &kind_chars,
							  .attached = f };
	return n;
}

static size_t count_fields(const struct attachment_class *class)
{
	size_t n = 0;

	while (class->fields && class->fields[n].name)
		n++;
	return n;
}

int bus_session_rows_new(const struct driver *d, struct bus_rows *ret)
{
	const struct attachment_class *const *kinds = driver_attachments(d);
	size_t n = sizeof(session_fields) / sizeof(session_fields[0]), most = n;
	struct bus_field *fields;

	for (size_t i = 0; kinds[i]; i++)
		most += count_fields(kinds[i]);
	fields = calloc(most, sizeof(*fields));
	if (!fields)
		return -ENOMEM;
	memcpy(fields, session_fields, sizeof(session_fields));
	for (size_t i = 0; kinds[i]; i++)
		n = add_fields(kinds[i], fields, n);
	*ret = (struct bus_rows){ fields, n };
	return 0;
}

void bus_session_rows_free(struct bus_rows *rows)
{
	free((void *)rows->fields);
	*rows = (struct bus_rows){ 0 };
}

static const struct attachment_field *find_field(const struct attachment *a, const char *name)
{
	const struct attachment_field *f = a ? a->class->fields : NULL;

	while (f && f->name && strcmp(f->name, name) != 0)
		f++;
	return f && f->name ? f : NULL;
}

static int append_attached(const struct bus_field *f, sd_bus_message *m, struct driver *d, const struct view_session *v)
{
	const struct attachment_field *own = find_field(v->attachment.attachment, f->name);
	char text[BUS_TEXT_MAX] = "";
	uint32_t number = 0;

	if (own && own->type == 'p')
		snprintf(text, sizeof(text), "%s", view_phase(v->attachment.phase));
	else if (own)
		number = own->get(v->attachment.attachment, text, sizeof(text));
	else if (f->attached->absent)
		snprintf(text, sizeof(text), "%s", f->attached->absent);
	return f->kind->append(m, d, f->kind == &kind_u32 ? (const void *)&number : text);
}

/* ---- Rows ---------------------------------------------------------------------------------------------------- */

static int append_field(const struct bus_field *f, sd_bus_message *m, struct driver *d, const void *view)
{
	const char *base = view;

	if (f->attached)
		return append_attached(f, m, d, view);
	if (f->pointer != NOWHERE)
		base = *(const char *const *)(base + f->pointer);
	return f->kind->append(m, d, base + f->offset);
}

static int append_entry(const struct bus_field *f, sd_bus_message *m, struct driver *d, const void *view)
{
	int r;

	if ((r = sd_bus_message_open_container(m, 'e', "sv")) < 0 ||
	    (r = sd_bus_message_append_basic(m, 's', f->name)) < 0 ||
	    (r = sd_bus_message_open_container(m, 'v', f->kind->signature)) < 0 ||
	    (r = append_field(f, m, d, view)) < 0 || (r = sd_bus_message_close_container(m)) < 0)
		return r;
	return sd_bus_message_close_container(m);
}

int bus_rows_append(const struct bus_rows *rows, sd_bus_message *m, struct driver *d, const void *view)
{
	int r = sd_bus_message_open_container(m, 'a', "{sv}");

	for (size_t i = 0; r >= 0 && i < rows->n; i++)
		r = append_entry(&rows->fields[i], m, d, view);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

int bus_rows_append_field(const struct bus_rows *rows, const char *name, sd_bus_message *m, struct driver *d,
			  const void *view)
{
	for (size_t i = 0; i < rows->n; i++)
		if (strcmp(rows->fields[i].name, name) == 0)
			return append_field(&rows->fields[i], m, d, view);
	return -ENOENT;
}
