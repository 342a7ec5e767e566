/* SPDX-License-Identifier: MIT */
/* The methods, the lists and the signals of the control API. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus.h"

static void expect_error(sd_bus_message *reply, sd_bus_error *error, const char *name, const char *text)
{
	char full[128];

	snprintf(full, sizeof(full), ERRORS "%s", name);
	check(!reply, "no error %s", name);
	check(strcmp(error->name, full) == 0, "%s: %s, expected %s", error->name, error->message, full);
	check(strstr(error->message, text), "\"%s\" does not tell \"%s\"", error->message, text);
	sd_bus_error_free(error);
}

static uint32_t open_up(uint32_t calls)
{
	return call_u(lac_bus, "Open", "sa{sv}", "up", 3, "Another", "b", true, "Wait", "b", true, "Calls", "u",
		      calls);
}

/* ---- Methods ------------------------------------------------------------------------------------------------- */

static void opening(void)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char path[64], *state = NULL;
	uint32_t id = open_up(0);

	check(count(lac_bus, "ListTunnels", "State", 's', "established", 0) == 1, "one tunnel");
	check(strtoul(field("Tunnel"), NULL, 10) == id && !strcmp(field("Profile"), "up"), "it is the one");
	check(!strcmp(field("Initiator"), "1") && strtoull(field("RttUsec"), NULL, 10) > 0, "what is known of it");
	check(strtoull(field("EstablishedTime"), NULL, 10) >= strtoull(field("CreatedTime"), NULL, 10), "times");
	snprintf(path, sizeof(path), "/org/l2tpd1/tunnel/%u", id);
	must(sd_bus_get_property_string(lac_bus, NULL, path, "org.l2tpd1.Tunnel", "State", &error, &state), "State");
	check(!strcmp(state, "established"), "%s", state);
	free(state);
	wait_count(lns_bus, "ListTunnels", "PeerHostName", "lac.*", 1);
	id = call_u(lac_bus, "Open", "sa{sv}", "nowhere", 0);
	check(count(lac_bus, "ListTunnels", "State", 's', "wait-ctl-reply", 0) == 1, "on its way");
	check(strtoul(field("Tunnel"), NULL, 10) == id, "it is this one");
	expect_error(call(lac_bus, &error, "Open", "sa{sv}", "nowhere", 2, "Another", "b", true, "Wait", "b", true), &error,
		     "Failed", "no answer");
	expect_error(call(lac_bus, &error, "Open", "sa{sv}", "nobody", 0), &error, "Failed", "cannot resolve");
	expect_error(call(lac_bus, &error, "Open", "sa{sv}", "nemo", 0), &error, "NoSuchProfile", "nemo");
	expect_error(call(lac_bus, &error, "Open", "sa{sv}", "bare", 0), &error, "InvalidArgument", "not a lac");
}

/* A profile that is up, or on its way, is opened once more only for those who say so. */
static void already(void)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char text[64];

	snprintf(text, sizeof(text), "the tunnel %u;", call_u(lac_bus, "Open", "sa{sv}", "nowhere", 0));
	expect_error(call(lac_bus, &error, "Open", "sa{sv}", "nowhere", 0), &error, "AlreadyOpen", text);
	snprintf(text, sizeof(text), "the tunnel %u;", call_u(lac_bus, "Open", "sa{sv}", "up", 1, "Wait", "b", true));
	expect_error(call(lac_bus, &error, "Open", "sa{sv}", "up", 0), &error, "AlreadyOpen", text);
	expect_error(call(lac_bus, &error, "Open", "sa{sv}", "up", 1, "Another", "b", false), &error, "AlreadyOpen", text);
	check(count(lac_bus, "ListTunnels", "State", 's', "established", 0) == 1, "one tunnel");
	call_u(lac_bus, "Open", "sa{sv}", "up", 2, "Another", "b", true, "Wait", "b", true);
	check(count(lac_bus, "ListTunnels", "State", 's', "established", 0) == 2, "two tunnels");
	/* what is being closed is not up */
	call_done(lac_bus, "HangUp", "s", "up");
	call_u(lac_bus, "Open", "sa{sv}", "up", 1, "Wait", "b", true);
}

/* What is not up in time is closed, so that the next one can try. */
static void too_late(void)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;

	expect_error(call(lac_bus, &error, "Open", "sa{sv}", "silent", 2, "Wait", "b", true, "Timeout", "u", 1), &error,
		     "Timeout", "did not come up in time");
	wait_count(lac_bus, "ListTunnels", "State", "wait-ctl-reply", 0);
	call_u(lac_bus, "Open", "sa{sv}", "silent", 0);
	expect_error(call(lac_bus, &error, "Open", "sa{sv}", "up", 1, "Timeout", "u", 3601), &error, "InvalidArgument",
		     "3600");
}

/* A peer that does not know our secret says so when we hold the tunnel for established: with a call or without one. */
static void wrong_secret(void)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;

	for (uint32_t calls = 0; calls < 2; calls++) {
		expect_error(call(lac_bus, &error, "Open", "sa{sv}", "wrong", 2, "Wait", "b", true, "Calls", "u", calls),
			     &error, "Failed", calls ? "result" : "not authorised");
		check(count(lac_bus, "ListTunnels", "State", 's', "established", 0) == 0, "nothing is left of it");
	}
}

static void calling(void)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	uint32_t tunnel = open_up(0), session;

	session = call_u(lac_bus, "Call", "ua{sv}", tunnel, 3, "Wait", "b", true, "CalledNumber", "s", "0199",
			 "TxConnectSpeed", "u", 4711);
	check(count(lac_bus, "ListSessions", NULL, 0, NULL, 0) == 1, "one session");
	check(strtoul(field("Session"), NULL, 10) == session && !strcmp(field("State"), "established"), "it is up");
	check(!strcmp(field("Role"), "lac") && !strcmp(field("CalledNumber"), "0199"), "as it was asked for");
	wait_count(lns_bus, "ListSessions", "CalledNumber", "0199", 1);
	check(!strcmp(field("Role"), "lns") && !strcmp(field("TxConnectSpeed"), "4711"), "the LNS has heard of it");
	check(!strcmp(field("Outgoing"), "0") && !strcmp(field("PppState"), "none"), "incoming");
	check(!strcmp(field("Attachment"), "none") && !strcmp(field("AttachmentState"), "up"), "its other end");
	tunnel = (uint32_t)strtoul(field("Tunnel"), NULL, 10);
	session = call_u(lns_bus, "Call", "ua{sv}", tunnel, 3, "Wait", "b", true, "Outgoing", "b", true, "CalledNumber",
			 "s", "0177");
	wait_count(lac_bus, "ListSessions", "CalledNumber", "0177", 1);
	check(!strcmp(field("Outgoing"), "1"), "outgoing");
	expect_error(call(lac_bus, &error, "Call", "ua{sv}", 0, 0), &error, "NoSuchTunnel", "no tunnel 0");
	expect_error(call(lac_bus, &error, "Call", "ua{sv}", (uint32_t)strtoul(field("Tunnel"), NULL, 10), 1,
			  "Outgoing", "b", true),
		     &error, "NotSupported", "does not support this kind of outgoing call");
}

static void closing(void)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	uint32_t tunnel = open_up(2), session;
	char path[64], text[200];

	wait_count(lac_bus, "ListSessions", "State", "established", 2);
	session = (uint32_t)strtoul(field("Session"), NULL, 10);
	call_done(lac_bus, "CloseSession", "uuqqs", tunnel, session, 8, 0, "busy");
	wait_count(lac_bus, "ListSessions", NULL, NULL, 1);
	snprintf(path, sizeof(path), "/org/l2tpd1/session/%u_%s", tunnel, field("Session"));
	must(sd_bus_call_method(lac_bus, NULL, path, "org.l2tpd1.Session", "Close", &error, NULL, "qqs", 0, 0, ""),
	     path);
	wait_count(lac_bus, "ListSessions", NULL, NULL, 0);
	expect_error(call(lac_bus, &error, "CloseSession", "uuqqs", tunnel, session, 0, 0, ""), &error, "NoSuchSession",
		     "");
	expect_error(call(lac_bus, &error, "CloseSession", "uuqqs", tunnel, 0, 0, 0, ""), &error, "NoSuchSession", "0");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	expect_error(call(lac_bus, &error, "CloseTunnel", "uqqs", tunnel, 0, 0, text), &error, "InvalidArgument",
		     "127");
	call_done(lac_bus, "CloseTunnel", "uqqs", tunnel, 0, 0, "night");
	check(count(lac_bus, "ListTunnels", NULL, 0, NULL, 0) == 1, "it lingers");
	check(!strcmp(field("ReasonOrigin"), "request") && !strcmp(field("ReasonText"), "night"), "and why is known");
	check(!strcmp(field("ReasonResult"), "1"), "an ordinary close");
	wait_count(lns_bus, "ListTunnels", "State", "linger", 1);
	check(!strcmp(field("ReasonOrigin"), "peer") && !strcmp(field("ReasonText"), "night"), "at the other end, too");
	expect_error(call(lac_bus, &error, "CloseTunnel", "uqqs", 0, 0, 0, ""), &error, "NoSuchTunnel", "");
}

static void figures(void)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *m;
	uint32_t tunnel = open_up(1);
	uint64_t value = 1;

	m = call(lac_bus, &error, "GetCounters", "uu", tunnel, 0);
	check(m, "%s", error.message);
	must(sd_bus_message_enter_container(m, 'a', "{st}"), "a{st}");
	must(sd_bus_message_read(m, "{st}", &(const char *){ NULL }, &value), "{st}");
	check(value == 0, "nothing has come without a data path");
	sd_bus_message_unref(m);
	expect_error(call(lac_bus, &error, "GetCounters", "uu", tunnel, 0xffffffff), &error, "NoSuchSession", "");
	m = call(lac_bus, &error, "GetStatistics", NULL);
	check(m, "%s", error.message);
	must(sd_bus_message_enter_container(m, 'a', "{st}"), "a{st}");
	must(sd_bus_message_read(m, "{st}", &(const char *){ NULL }, &value), "{st}");
	check(value > 0, "something has been received");
	sd_bus_message_unref(m);
}

/* ---- Lists --------------------------------------------------------------------------------------------------- */

static void pages(void)
{
	static const uint32_t limits[] = { 0, 1, 7, 250, 251, 100000 };
	uint32_t tunnel = open_up(250);
	char text[16];

	open_up(1);
	wait_count(lac_bus, "ListSessions", "State", "established", 251);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		check(count(lac_bus, "ListSessions", NULL, 0, NULL, limits[i]) == 251, "pages of %u", limits[i]);
	check(count(lac_bus, "ListTunnels", NULL, 0, NULL, 1) == 2, "pages of tunnels");
	snprintf(text, sizeof(text), "%u", tunnel);
	check(count(lac_bus, "ListSessions", "Tunnel", 'u', text, 9) == 250, "of one tunnel");
	check(count(lac_bus, "ListTunnels", "Tunnel", 'u', text, 9) == 1, "one tunnel");
}

static void filters(void)
{
	static const struct {
		const char *method, *key, *value;
		size_t n;
	} rows[] = {
		{ "ListTunnels", "Profile", "bare", 1 },
		{ "ListTunnels", "Profile", "up", 0 },
		{ "ListTunnels", "State", "established", 1 },
		{ "ListTunnels", "State", "wait-ctl-reply", 0 },
		{ "ListSessions", "State", "closing", 0 },
		{ "ListTunnels", "Peer", "127.7.0.1", 1 },
		{ "ListTunnels", "Peer", "127.7.0.1:1", 0 },
		{ "ListTunnels", "Peer", "127.7.0.2", 0 },
		{ "ListTunnels", "Peer", "::ffff:127.7.0.1", 1 },
		{ "ListTunnels", "Peer", "[127.7.0.1]", 1 },
		{ "ListTunnels", "Peer", "[2001:db8::1]:1701", 0 },
		{ "ListTunnels", "PeerHostName", "lac.test", 1 },
		{ "ListTunnels", "PeerHostName", "l?c*t", 1 },
		{ "ListTunnels", "PeerHostName", "*l*a*c*.*t*e*s*t*", 1 },
		{ "ListTunnels", "PeerHostName", "lac.tes", 0 },
		{ "ListTunnels", "PeerHostName", "?lac.test", 0 },
		{ "ListTunnels", "PeerHostName", "", 0 },
		{ "ListSessions", "Profile", "bare", 3 },
		{ "ListSessions", "Role", "lns", 3 },
		{ "ListSessions", "Role", "lac", 0 },
		{ "ListSessions", "CalledNumber", "0123", 2 },
		{ "ListSessions", "CalledNumber", "012", 0 },
		{ "ListSessions", "CallingNumber", "555", 1 },
		{ "ListSessions", "Interface", "ppp0", 0 },
		{ "ListSessions", "Interface", "", 3 },
		{ "ListSessions", "Address", "10.0.0.1", 0 },
		{ "ListSessions", "Address", "FE80::1", 0 },
		{ "ListSessions", "UserName", "anna", 0 },
		{ "ListSessions", "PeerHostName", "lac*", 3 },
		{ "ListSessions", "Peer", "127.7.0.1", 3 },
	};
	uint32_t tunnel = open_up(2);

	call_u(lac_bus, "Call", "ua{sv}", tunnel, 2, "CallingNumber", "s", "555", "CalledNumber", "s", "9");
	wait_count(lns_bus, "ListSessions", "State", "established", 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = count(lns_bus, rows[i].method, rows[i].key, 's', rows[i].value, 0);

		check(n == rows[i].n, "%s %s=%s: %zu", rows[i].method, rows[i].key, rows[i].value, n);
	}
}

/* What cannot be understood is refused, with a word about why. */
static void nonsense(void)
{
	static const char *const peers[] = { "",	   "x",	   "1.2.3", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:65536",
					     "1.2.3.4:1x", "[::1", "[::1]:",	"::1]:1",    "1.2.3.4 " };
	static const char *const cursors[] = { "x",
					       "1",
					       "1.2.3",
					       "1.2.3.4.",
					       "1.2.3.4.5",
					       "1..3.4",
					       "-1.2.3.4",
					       "100000000.0.0.0",
					       "0.10000000000000000.0.0",
					       " 1.2.3.4",
					       "A.1.1.1" };
	static const struct {
		const char *method, *key, *value, *allowed;
	} words[] = {
		{ "ListTunnels", "State", "up",
		  "State is \"up\"; allowed: idle, wait-ctl-reply, wait-ctl-conn, established, closing, linger, dead" },
		{ "ListTunnels", "State", "", "State is \"\"" },
		{ "ListTunnels", "State", "Established", "allowed: idle, " },
		{ "ListTunnels", "State", "wait-reply", "allowed: idle, " },
		{ "ListSessions", "State", "wait-ctl-reply", "allowed: idle, wait-tunnel, wait-reply, wait-decision, "
							      "wait-dataplane, wait-cs-answer, wait-connect, connected, established, closing" },
		{ "ListSessions", "State", "dead", "allowed: " },
		{ "ListSessions", "Role", "LAC", "allowed: lac, lns" },
		{ "ListSessions", "Address", "10.0.0.1:1701", "an IPv4 or IPv6 address" },
		{ "ListSessions", "Address", "10.0.0", "an IPv4 or IPv6 address" },
		{ "ListSessions", "Address", "", "an IPv4 or IPv6 address" },
	};
	sd_bus_error error = SD_BUS_ERROR_NULL;

	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
		expect_error(call(lns_bus, &error, "ListTunnels", "a{sv}su", 1, "Peer", "s", peers[i], "", 0), &error,
			     "InvalidArgument", "Peer");
	for (size_t i = 0; i < sizeof(cursors) / sizeof(cursors[0]); i++)
		expect_error(call(lns_bus, &error, "ListSessions", "a{sv}su", 0, cursors[i], 0), &error,
			     "InvalidArgument", "cursor");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		expect_error(call(lns_bus, &error, words[i].method, "a{sv}su", 1, words[i].key, "s", words[i].value, "",
				  0), &error, "InvalidArgument", words[i].allowed);
	expect_error(call(lns_bus, &error, "ListTunnels", "a{sv}su", 1, "Elephant", "s", "", "", 0), &error,
		     "InvalidArgument", "Elephant");
	expect_error(call(lns_bus, &error, "ListTunnels", "a{sv}su", 1, "Role", "s", "lac", "", 0), &error,
		     "InvalidArgument", "Role");
	expect_error(call(lns_bus, &error, "ListSessions", "a{sv}su", 1, "Tunnel", "s", "1", "", 0), &error,
		     "InvalidArgument", "type u");
	expect_error(call(lac_bus, &error, "Open", "sa{sv}", "up", 1, "Calls", "u", 65536), &error, "InvalidArgument",
		     "65535");
}

/* ---- The configuration --------------------------------------------------------------------------------------- */

/* The LAC's file with other words in the place of some; NULL: with words behind. */
static void rewrite(const char *from, const char *to)
{
	static char text[65536], out[66000];
	char path[128], *at;
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/l2tpd.conf", lac.directory);
	f = fopen(path, "r");
	check(f, "%s: %m", path);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	at = from ? strstr(text, from) : text + n;
	check(at, "no %s in %s", from ? from : "end", path);
	snprintf(out, sizeof(out), "%.*s%s%s", (int)(at - text), text, to, at + (from ? strlen(from) : 0));
	f = fopen(path, "w");
	check(f && fwrite(out, 1, strlen(out), f) == strlen(out) && fclose(f) == 0, "%s: %m", path);
}

/* The first of the summary's list of this name; "": it is empty. */
static const char *summary(sd_bus_message *m, const char *list)
{
	static char first[64];
	const char *name, *text;

	sd_bus_message_rewind(m, true);
	must(sd_bus_message_enter_container(m, 'a', "{sv}"), "a{sv}");
	while (must(sd_bus_message_enter_container(m, 'e', "sv"), "sv") > 0) {
		must(sd_bus_message_read(m, "s", &name), "s");
		must(sd_bus_message_enter_container(m, 'v', "as"), name);
		must(sd_bus_message_enter_container(m, 'a', "s"), name);
		if (!strcmp(name, list)) {
			if (must(sd_bus_message_read(m, "s", &text), name) == 0)
				return "";
			snprintf(first, sizeof(first), "%s", text);
			return first;
		}
		while (must(sd_bus_message_read(m, "s", &text), name) > 0)
			;
		must(sd_bus_message_exit_container(m), name);
		must(sd_bus_message_exit_container(m), name);
		must(sd_bus_message_exit_container(m), name);
	}
	fail("no %s", list);
}

static void reloading(void)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *m;
	const char *text;

	call_done(lac_bus, "Open", "sa{sv}", "up", 2, "Wait", "b", true, "Calls", "u", 0);
	rewrite(NULL, "lns \"new\" { secret = \"swordfish\" }\n");
	rewrite("\"0123\"", "\"0456\"");
	m = call(lac_bus, &error, "Reload", NULL);
	check(m, "%s", error.message);
	check(!strcmp(summary(m, "ProfilesAdded"), "new"), "added %s", summary(m, "ProfilesAdded"));
	check(!strcmp(summary(m, "ProfilesChanged"), "up"), "changed %s", summary(m, "ProfilesChanged"));
	check(!*summary(m, "ProfilesRemoved") && !*summary(m, "NeedRestart"), "removed %s",
	      summary(m, "ProfilesRemoved"));
	sd_bus_message_unref(m);
	check(count(lac_bus, "ListTunnels", "State", 's', "established", 0) == 1, "the tunnel has stayed");
	m = call(lac_bus, &error, "GetConfig", NULL);
	check(m, "%s", error.message);
	must(sd_bus_message_read(m, "s", &text), "GetConfig");
	check(strstr(text, "0456") && strstr(text, "lns \"new\"") && !strstr(text, "swordfish"), "%.2000s", text);
	sd_bus_message_unref(m);
	rewrite(NULL, "lns \"bad\" { elephant = 1 }\n");
	m = call(lac_bus, &error, "Reload", NULL);
	expect_error(m, &error, "Config", "unknown key elephant");
	rewrite("elephant = 1", "");
	call_done(lac_bus, "Reload", NULL);
}

static void draining(void)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *state = NULL;
	uint32_t tunnel = open_up(0);

	call_done(lac_bus, "Drain", "ba{sv}", true, 0);
	must(sd_bus_get_property_string(lac_bus, NULL, "/org/l2tpd1", MANAGER, "State", &error, &state), "State");
	check(!strcmp(state, "draining"), "%s", state);
	free(state);
	expect_error(call(lac_bus, &error, "Open", "sa{sv}", "up", 0), &error, "Draining", "draining");
	expect_error(call(lac_bus, &error, "Call", "ua{sv}", tunnel, 0), &error, "Draining", "draining");
	expect_error(call(lac_bus, &error, "Drain", "ba{sv}", true, 1, "Fast", "b", true), &error, "InvalidArgument",
		     "Fast");
	check(count(lac_bus, "ListTunnels", "State", 's', "established", 0) == 1, "what is there stays");
	call_done(lac_bus, "Drain", "ba{sv}", false, 0);
	call_done(lac_bus, "Call", "ua{sv}", tunnel, 1, "Wait", "b", true);
}

/* ---- Signals ------------------------------------------------------------------------------------------------- */

static char heard[4096];

static int on_message(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const char *change = "", *profile;
	int on;
	size_t len = strlen(heard);

	(void)userdata, (void)error;
	if (sd_bus_message_is_signal(m, MANAGER, "TunnelChanged"))
		must(sd_bus_message_read(m, "us", &(uint32_t){ 0 }, &change), "TunnelChanged");
	else if (sd_bus_message_is_signal(m, MANAGER, "SessionChanged"))
		must(sd_bus_message_read(m, "uus", &(uint32_t){ 0 }, &(uint32_t){ 0 }, &change), "SessionChanged");
	else if (sd_bus_message_is_signal(m, MANAGER, "HungUp"))
		change = must(sd_bus_message_read(m, "sb", &profile, &on), "HungUp") > 0 && on ? "on" : "off";
	else if (!sd_bus_message_is_signal(m, MANAGER, NULL))
		return 0;
	snprintf(heard + len, sizeof(heard) - len, "%.3s-%s ", sd_bus_message_get_member(m), change);
	return 0;
}

/* All that has happened until then has been told. */
static void hear_until(sd_bus *bus, const char *word)
{
	for (int i = 0; i < 500 && !strstr(heard, word); i++) {
		while (must(sd_bus_process(bus, NULL), "process") > 0)
			;
		must(sd_bus_wait(bus, 20000), "wait");
	}
	check(strstr(heard, word), "heard only %s", heard);
}

static void signals(void)
{
	uint32_t tunnel;

	must(sd_bus_add_filter(lns_bus, NULL, on_message, NULL), "filter");
	tunnel = open_up(1);
	wait_count(lns_bus, "ListSessions", "State", "established", 1);
	check(!heard[0], "heard %s without having asked", heard);
	call_done(lns_bus, "Subscribe", NULL);
	call_done(lns_bus, "Subscribe", NULL);
	call_done(lac_bus, "CloseTunnel", "uqqs", tunnel, 0, 0, "");
	hear_until(lns_bus, "Ses-gone");
	check(!strcmp(heard, "Ses-closing Tun-closing Ses-gone "), "heard %s", heard);
	heard[0] = '\0';
	open_up(1);
	hear_until(lns_bus, "Ses-established");
	check(!strcmp(heard, "Tun-opened Tun-established Ses-opened Ses-established "), "heard %s", heard);
	heard[0] = '\0';
	call_done(lns_bus, "Drain", "ba{sv}", true, 0);
	call_done(lns_bus, "Reload", NULL);
	call_done(lns_bus, "Drain", "ba{sv}", false, 0);
	hear_until(lns_bus, "Rel- Dra- ");
	check(!strcmp(heard, "Dra- Rel- Dra- "), "heard %s", heard);
	heard[0] = '\0';
	call_done(lns_bus, "Unsubscribe", NULL);
	open_up(1);
	wait_count(lns_bus, "ListSessions", "State", "established", 2);
	check(!heard[0], "heard %s after having left", heard);
}

static void check_profile(const char *name, const char *expect)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char *path, *state = NULL;

	must(sd_bus_path_encode("/org/l2tpd1/profile", name, &path), name);
	must(sd_bus_get_property_string(lac_bus, NULL, path, "org.l2tpd1.Profile", "State", &error, &state), path);
	check(!strcmp(state, expect), "%s is %s, not %s", name, state, expect);
	free(state);
	free(path);
}

/* What is dialled by itself stays down, whatever is reloaded, until it is resumed. */
static void hanging_up(void)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	char section[256];

	snprintf(section, sizeof(section), "lac always { server = 127.0.0.1 port = %u dial = yes source = 127.7.0.2 "
		 "redial-min = 100ms redial-max = 1s calls = 0 }\n", lns.port);
	must(sd_bus_add_filter(lac_bus, NULL, on_message, NULL), "filter");
	rewrite(NULL, section);
	call_done(lac_bus, "Reload", NULL);
	wait_count(lac_bus, "ListTunnels", "State", "established", 1);
	check_profile("always", "active");
	expect_error(call(lac_bus, &error, "Open", "sa{sv}", "always", 0), &error, "AlreadyOpen", "the tunnel");
	call_done(lac_bus, "Subscribe", NULL);
	call_done(lac_bus, "HangUp", "s", "always");
	call_done(lac_bus, "HangUp", "s", "always");
	check(count(lac_bus, "ListTunnels", "State", 's', "established", 0) == 0, "its tunnel is closed");
	hear_until(lac_bus, "Hun-on");
	check_profile("always", "hung-up");
	rewrite("redial-min = 100ms", "redial-min = 200ms");
	call_done(lac_bus, "Reload", NULL);
	check_profile("always", "hung-up");
	expect_error(call(lac_bus, &error, "Open", "sa{sv}", "always", 0), &error, "AlreadyOpen", "hung up");
	must(sd_bus_call_method(lac_bus, NULL, "/org/l2tpd1/profile/always", "org.l2tpd1.Profile", "Resume", &error, NULL,
				NULL), "Resume");
	wait_count(lac_bus, "ListTunnels", "State", "established", 1);
	hear_until(lac_bus, "Hun-off");
	check_profile("always", "active");
	must(sd_bus_call_method(lac_bus, NULL, "/org/l2tpd1/profile/always", "org.l2tpd1.Profile", "HangUp", &error, NULL,
				NULL), "HangUp");
	check_profile("always", "hung-up");
	expect_error(call(lac_bus, &error, "HangUp", "s", "nemo"), &error, "NoSuchProfile", "nemo");
	expect_error(call(lac_bus, &error, "HangUp", "s", "bare"), &error, "InvalidArgument", "not a lac");
	expect_error(call(lac_bus, &error, "Resume", "s", "nemo"), &error, "NoSuchProfile", "nemo");
	expect_error(call(lac_bus, &error, "Resume", "s", "up"), &error, "InvalidArgument", "dial = no");
}

/* A subscriber who sleeps through more than is kept is told how much that was. */
static void lost(void)
{
	enum { MANY = 500, ROUNDS = 3 };

	must(sd_bus_add_filter(lns_bus, NULL, on_message, NULL), "filter");
	call_done(lns_bus, "Subscribe", NULL);
	for (int i = 0; i < ROUNDS; i++) {
		sd_bus *other = connect_to(&lns);
		uint32_t tunnel = open_up(MANY);

		wait_count(other, "ListSessions", "State", "established", MANY);
		call_done(lac_bus, "CloseTunnel", "uqqs", tunnel, 0, 0, "");
		wait_count(other, "ListSessions", NULL, NULL, 0);
		sd_bus_close_unref(other);
	}
	hear_until(lns_bus, "Los-");
}

const struct bus_test api_tests[] = {
	{ "already", already },	  { "too late", too_late }, { "wrong secret", wrong_secret }, { "hanging up", hanging_up },
	{ "opening", opening },	  { "calling", calling }, { "closing", closing },   { "figures", figures },
	{ "pages", pages },	  { "filters", filters }, { "nonsense", nonsense }, { "reloading", reloading },
	{ "draining", draining }, { "signals", signals }, { "lost", lost },	    { NULL, NULL },
};
