/* SPDX-License-Identifier: MIT */
/*
 * object: prints one object in detail.
 *
 * A layout is a table: lines with a label, made of members of the row and the words around them.  Unknown values are
 * left out; a member that no line names, because the daemon is newer than this tool, is printed under its own name.
 * The members of an object among the members (Counters) are treated as members of the row.
 */
#include "object.h"
#include "rows.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LABEL_WIDTH 16
#define NO_REASON   "nobody" /* ReasonOrigin as long as there is none */

/* One member; without a label it continues the line. */
struct piece {
	const char *label, *before, *key, *after;
	const char *yes, *no; /* words for a boolean; no word: nothing is said */
	bool zero;            /* 0 is worth saying */
	bool silent;          /* another member says the same */
};

#define REASON_PIECES                                                                                                  \
	{ "Last reason", "", "ReasonOrigin" },                                                                         \
	{ NULL, "result ", "ReasonResult" },                                                                           \
	{ NULL, "(", "ReasonName", ")" },                                                                              \
	{ NULL, "error ", "ReasonError" },                                                                             \
	{ NULL, "\"", "ReasonText", "\"" },                                                                            \
	{ NULL, "", "ReasonDetail" }

static const struct piece manager_pieces[] = {
	{ "State", "", "State" },
	{ NULL, "closes the remaining tunnels in ", "DrainUsec" },
	{ NULL, "version ", "Version" },
	{ "Started", "", "StartTime" },
	{ "Reloaded", "", "ReloadTime" },
	{ "Configuration", "", "ConfigPath" },
	{ "Data plane", "", "DataPlane" },
	{ "Tunnels", "", "Tunnels", .zero = true },
	{ NULL, "", "TunnelsEstablished", " established", .zero = true },
	{ NULL, "", "TunnelsHalfOpen", " half open", .zero = true },
	{ "Sessions", "", "Sessions", .zero = true },
	{ NULL, "", "SessionsEstablished", " established", .zero = true },
	{ 0 },
};

static const struct piece counter_pieces[] = {
	{ "Received", "", "RxPackets", " packets", .zero = true },
	{ NULL, "", "RxBytes", .zero = true },
	{ NULL, "", "RxErrors", " errors" },
	{ "Sent", "", "TxPackets", " packets", .zero = true },
	{ NULL, "", "TxBytes", .zero = true },
	{ NULL, "", "TxErrors", " errors" },
	{ 0 },
};

static const struct piece tunnel_pieces[] = {
	{ "Ids", "tunnel ", "Tunnel" },
	{ NULL, "peer's tunnel ", "PeerTunnel" },
	{ "State", "", "State" },
	{ NULL, "since ", "EstablishedTime" },
	{ "Created", "", "CreatedTime" },
	{ NULL, "", "Initiator", .yes = "opened by us", .no = "opened by the peer" },
	{ NULL, "", "Authenticated", .yes = "authenticated", .no = "not authenticated" },
	{ "Profile", "", "Profile" },
	{ "Peer", "", "Peer" },
	{ NULL, "host ", "PeerHostName" },
	{ NULL, "vendor ", "PeerVendorName" },
	{ "Local", "", "Local" },
	{ NULL, "", "Socket", .yes = "own socket" },
	{ NULL, "DSCP ", "Dscp" },
	{ "L2TP version", "", "Version" },
	{ "Sessions", "", "Sessions", .zero = true },
	{ "Control", "Ns ", "Ns", .zero = true },
	{ NULL, "Nr ", "Nr", .zero = true },
	{ NULL, "", "Unacknowledged", " unacknowledged", .zero = true },
	{ NULL, "", "Queued", " queued", .zero = true },
	{ "Windows", "send ", "SendWindow" },
	{ NULL, "receive ", "ReceiveWindow" },
	{ NULL, "congestion ", "CongestionWindow" },
	{ "Round trip", "", "RttUsec" },
	{ NULL, "", "Retransmits", " retransmissions", .zero = true },
	{ NULL, "retransmission after ", "RetransmitUsec" },
	{ "Timers", "HELLO in ", "HelloUsec" },
	{ NULL, "ends in ", "LifeUsec" },
	REASON_PIECES,
	{ 0 },
};

static const struct piece session_pieces[] = {
	{ "Ids", "tunnel ", "Tunnel" },
	{ NULL, "peer's tunnel ", "PeerTunnel" },
	{ NULL, "session ", "Session" },
	{ NULL, "peer's session ", "PeerSession" },
	{ "State", "", "State" },
	{ NULL, "since ", "EstablishedTime" },
	{ "Created", "", "CreatedTime" },
	{ NULL, "as ", "Role" },
	{ NULL, "", "Outgoing", .yes = "outgoing call", .no = "incoming call" },
	{ "Profile", "", "Profile" },
	{ "Peer", "", "Peer" },
	{ NULL, "host ", "PeerHostName" },
	{ "Attachment", "", "Attachment" },
	{ NULL, "", "AttachmentState" },
	{ NULL, "", "PppState", .silent = true },
	{ NULL, "interface ", "Interface" },
	{ NULL, "pid ", "PppPid" },
	{ "User", "", "UserName" },
	{ "Addresses", "", "LocalAddress" },
	{ NULL, "peer ", "RemoteAddress" },
	{ "IPv6", "", "LocalIPv6" },
	{ NULL, "peer ", "RemoteIPv6" },
	{ "Call", "serial number ", "CallSerialNumber" },
	{ NULL, "from ", "CallingNumber" },
	{ NULL, "to ", "CalledNumber" },
	{ NULL, "sub-address ", "SubAddress" },
	{ NULL, "group ", "PrivateGroupId" },
	{ "Proxy", "authentication ", "ProxyAuthenType" },
	{ NULL, "of ", "ProxyAuthenName" },
	{ "Line", "to the user ", "TxConnectSpeed" },
	{ NULL, "from the user ", "RxConnectSpeed" },
	{ NULL, "framing ", "FramingType" },
	{ NULL, "bearer ", "BearerType" },
	{ NULL, "channel ", "PhysicalChannelId" },
	{ "Sequencing", "", "Sequencing", .yes = "yes" },
	{ "Timers", "ends in ", "LifeUsec" },
	REASON_PIECES,
	{ 0 },
};

#undef REASON_PIECES

static const struct piece profile_pieces[] = {
	{ "Name", "", "Name" },
	{ "Role", "", "Role" },
	{ "State", "", "State" },
	{ "Peers", "", "Peers" },
	{ "Servers", "", "Servers" },
	{ NULL, "", "Dial", .yes = "redialled indefinitely" },
	{ "Tunnels", "", "Tunnels", .zero = true },
	{ "Sessions", "", "Sessions", .zero = true },
	{ 0 },
};

/* ---- Printing ----------------------------------------------------------------------------------------------- */

/* To be freed; NULL: nothing to print. */
static char *piece_text(const struct piece *p, const json_t *row)
{
	const json_t *value = json_object_get(row, p->key);
	const char *word = json_is_true(value) ? p->yes : p->no;

	if (p->silent)
		return NULL;
	if (json_is_boolean(value))
		return word ? ctl_must_ptr(strdup(word)) : NULL;
	if (!value || (json_is_integer(value) && json_integer_value(value) == 0 && !p->zero) ||
	    (json_is_array(value) && !json_array_size(value)) || !strcmp(json_text(row, p->key), NO_REASON) ||
	    (json_is_string(value) && !*json_string_value(value)))
		return NULL;
	return rows_text(p->key, value);
}

/* A line begins with its first piece that has a text. */
static void print_pieces(const struct piece *pieces, const json_t *row)
{
	const char *label = "";
	bool begun = false;

	for (const struct piece *p = pieces; p->key; p++) {
		char *text = piece_text(p, row);

		if (p->label) {
			fputs(begun ? "\n" : "", stdout);
			label = p->label;
			begun = false;
		}
		if (!text)
			continue;
		if (begun)
			printf(", ");
		else
			printf("%*s: ", LABEL_WIDTH, label);
		printf("%s%s%s", p->before, text, p->after ? p->after : "");
		begun = true;
		free(text);
	}
	fputs(begun ? "\n" : "", stdout);
}

static bool is_named(const struct piece *pieces, const char *key)
{
	while (pieces->key && strcmp(pieces->key, key) != 0)
		pieces++;
	return pieces->key;
}

/* Members that no piece names. */
static void print_rest(const struct piece *pieces, const json_t *row)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)row, key, value) {
		if (is_named(pieces, key) || json_is_object(value))
			continue;
		char *text = rows_text(key, value), *name = ctl_must_ptr(text_escape(key));

		if (*text)
			printf("%*s: %s\n", LABEL_WIDTH, name, text);
		free(name);
		free(text);
	}
}

static void print_all(const struct piece *pieces, const json_t *row)
{
	print_pieces(pieces, row);
	print_rest(pieces, row);
}

static void print_object(const char *title, const struct piece *pieces, const json_t *row)
{
	bool bold = isatty(STDOUT_FILENO);

	printf("%s%s%s\n", bold ? "\033[1m" : "", title, bold ? "\033[0m" : "");
	print_all(pieces, row);
	print_all(counter_pieces, json_object_get(row, "Counters"));
}

void object_print_manager(const json_t *row)
{
	print_object("l2tpd", manager_pieces, row);
}

void object_print_tunnel(const json_t *row)
{
	char title[TEXT_MAX];

	snprintf(title, sizeof(title), "Tunnel %u", (unsigned)json_number(row, "Tunnel"));
	print_object(title, tunnel_pieces, row);
}

void object_print_session(const json_t *row)
{
	char title[TEXT_MAX];

	snprintf(title, sizeof(title), "Session %u/%u", (unsigned)json_number(row, "Tunnel"),
		 (unsigned)json_number(row, "Session"));
	print_object(title, session_pieces, row);
}

void object_print_profile(const json_t *row)
{
	print_object("Profile", profile_pieces, row);
}
