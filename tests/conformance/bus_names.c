/* SPDX-License-Identifier: MIT */
/*
 * The names of the control API: what the objects say of themselves is what l2tpd-bus(5) says, line by line:
 *
 *	.B Open(s profile, a{sv} options) -> u tunnel       a method
 *	.B TunnelChanged(u tunnel, s change, a{sv} row)     a signal
 *	.B Sessions u                                       a property
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus.h"

#define TEXT_SIZE 65536

static char manual[TEXT_SIZE];

static void read_manual(void)
{
	char path[512];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/daemon/l2tpd-bus.5", source_dir);
	f = fopen(path, "r");
	check(f, "%s: %m", path);
	n = fread(manual, 1, sizeof(manual) - 1, f);
	fclose(f);
	manual[n] = '\0';
}

/* The section of this name, alone; to be freed. */
static char *section_of(const char *name)
{
	char heading[64], *begin, *end;

	snprintf(heading, sizeof(heading), "\n.SH %s\n", name);
	begin = strstr(manual, heading);
	check(begin, "l2tpd-bus(5) has no section %s", name);
	end = strstr(begin + 1, "\n.SH ");
	return strndup(begin, end ? (size_t)(end - begin) + 1 : strlen(begin));
}

/* The value of an attribute of the tag that p is in. */
static const char *attribute(const char *p, const char *name, char *buf, size_t size)
{
	char key[32];
	const char *end = strchr(p, '>'), *at;
	size_t len;

	snprintf(key, sizeof(key), " %s=\"", name);
	at = strstr(p, key);
	check(end && at && at < end, "no %s in %.60s", name, p);
	at += strlen(key);
	len = (size_t)(strchr(at, '"') - at);
	check(len < size, "%s is too long", name);
	memcpy(buf, at, len);
	buf[len] = '\0';
	return buf;
}

/* "s profile, a{sv} options" of one direction; NULL: of a signal, whose arguments have none. */
static size_t arguments(const char *p, const char *end, const char *direction, char *out, size_t size)
{
	char type[64], name[64], way[8];
	size_t n = 0, len = 0;

	out[0] = '\0';
	while ((p = strstr(p, "<arg ")) && p < end) {
		if (!direction || !strcmp(attribute(p, "direction", way, sizeof(way)), direction)) {
			len += (size_t)snprintf(out + len, size - len, "%s%s %s", n ? ", " : "",
						attribute(p, "type", type, sizeof(type)),
						attribute(p, "name", name, sizeof(name)));
			n++;
		}
		p++;
	}
	return n;
}

/* A line of the manual for the method, signal or property at p, which is of this kind. */
static void describe(const char *p, char kind, char *out, size_t size)
{
	char name[64], type[64], in[256], back[256];
	const char *tag_end = strchr(p, '>'), *end;

	attribute(p, "name", name, sizeof(name));
	if (kind == 'p') {
		snprintf(out, size, "%s %s", name, attribute(p, "type", type, sizeof(type)));
		return;
	}
	end = tag_end[-1] == '/' ? tag_end : strstr(p, kind == 'm' ? "</method>" : "</signal>");
	arguments(p, end, kind == 'm' ? "in" : NULL, in, sizeof(in));
	if (kind == 'm' && arguments(p, end, "out", back, sizeof(back)))
		snprintf(out, size, "%s(%s) -> %s", name, in, back);
	else
		snprintf(out, size, "%s(%s)", name, in);
}

/* All of one kind of an interface are in the section; returns their number. */
static size_t compare(const char *xml, char kind, const char *tag, const char *section)
{
	char line[640], item[680];
	size_t n = 0;

	for (const char *p = xml; (p = strstr(p, tag)); p++, n++) {
		describe(p, kind, line, sizeof(line));
		snprintf(item, sizeof(item), "\n.TP\n.B %s\n", line);
		check(strstr(section, item), "l2tpd-bus(5) does not have: %s", line);
	}
	return n;
}

static void compare_interface(const char *path, const char *interface, const char *heading)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *m = NULL;
	char head[128], *xml, *section = section_of(heading);
	const char *text, *begin, *end;
	size_t n, items = 0;

	must(sd_bus_call_method(lac_bus, NULL, path, "org.freedesktop.DBus.Introspectable", "Introspect", &error, &m,
				NULL),
	     path);
	must(sd_bus_message_read(m, "s", &text), path);
	snprintf(head, sizeof(head), "<interface name=\"%s\">", interface);
	begin = strstr(text, head);
	check(begin, "%s has no interface %s", path, interface);
	end = strstr(begin, "</interface>");
	xml = strndup(begin + strlen(head), (size_t)(end - begin) - strlen(head));
	n = compare(xml, 'm', "<method ", section) + compare(xml, 's', "<signal ", section) +
	    compare(xml, 'p', "<property ", section);
	for (const char *p = section; (p = strstr(p, "\n.TP\n.B ")); p++)
		items++;
	check(items == n, "%s: %zu names in l2tpd-bus(5), %zu in the daemon", interface, items, n);
	free(xml);
	free(section);
	sd_bus_message_unref(m);
}

static void names(void)
{
	char path[128];
	uint32_t tunnel, session;

	read_manual();
	tunnel = call_u(lac_bus, "Open", "sa{sv}", "up", 1, "Wait", "b", true);
	session = call_u(lac_bus, "Call", "ua{sv}", tunnel, 0);
	compare_interface("/org/l2tpd1", MANAGER, "MANAGER");
	compare_interface("/org/l2tpd1/profile/up", "org.l2tpd1.Profile", "PROFILE");
	snprintf(path, sizeof(path), "/org/l2tpd1/tunnel/%u", tunnel);
	compare_interface(path, "org.l2tpd1.Tunnel", "TUNNEL");
	snprintf(path, sizeof(path), "/org/l2tpd1/session/%u_%u", tunnel, session);
	compare_interface(path, "org.l2tpd1.Session", "SESSION");
}

/* The rows of the lists have the properties of the objects, with the same types and values. */
static void rows(void)
{
	static const struct {
		const char *method, *path, *interface, *name, *value;
	} same[] = {
		{ "ListTunnels", "/org/l2tpd1/tunnel/%s", "org.l2tpd1.Tunnel", "Peer", NULL },
		{ "ListTunnels", "/org/l2tpd1/tunnel/%s", "org.l2tpd1.Tunnel", "ReasonOrigin", "nobody" },
		{ "ListTunnels", "/org/l2tpd1/tunnel/%s", "org.l2tpd1.Tunnel", "PeerHostName", NULL },
	};

	call_done(lac_bus, "Open", "sa{sv}", "up", 1, "Wait", "b", true);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		char path[64], *value = NULL;

		check(count(lac_bus, same[i].method, NULL, 0, NULL, 0) == 1, "one row");
		snprintf(path, sizeof(path), "/org/l2tpd1/tunnel/%s", field("Tunnel"));
		must(sd_bus_get_property_string(lac_bus, NULL, path, same[i].interface, same[i].name, NULL, &value),
		     path);
		check(!strcmp(value, field(same[i].name)) && (!same[i].value || !strcmp(value, same[i].value)),
		      "%s: %s", same[i].name, value);
		free(value);
	}
}

/* Paths that are none, and objects that are not there. */
static void no_such_paths(void)
{
	static const char *const paths[] = { "/org/l2tpd1/tunnel",
					     "/org/l2tpd1/tunnel/0",
					     "/org/l2tpd1/tunnel/00",
					     "/org/l2tpd1/tunnel/99999999999",
					     "/org/l2tpd1/tunnel/4294967295",
					     "/org/l2tpd1/tunnel/1_1",
					     "/org/l2tpd1/session/1",
					     "/org/l2tpd1/session/1_",
					     "/org/l2tpd1/session/1_2",
					     "/org/l2tpd1/session/_",
					     "/org/l2tpd1/profile",
					     "/org/l2tpd1/profile/x",
					     "/org/l2tpd1/profile/_",
					     "/org/l2tpd1/profile/_zz",
					     "/org/l2tpd1/other",
					     "/org/l2tpd1x",
					     "/" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		sd_bus_error error = SD_BUS_ERROR_NULL;
		char *value = NULL;
		const char *interface = strstr(paths[i], "session") ? "org.l2tpd1.Session" :
					strstr(paths[i], "profile") ? "org.l2tpd1.Profile" : "org.l2tpd1.Tunnel";

		check(sd_bus_get_property_string(lac_bus, NULL, paths[i], interface, "State", &error, &value) < 0,
		      "%s is there", paths[i]);
		sd_bus_error_free(&error);
	}
}

const struct bus_test names_tests[] = {
	{ "names", names }, { "rows", rows }, { "no such paths", no_such_paths }, { NULL, NULL },
};
