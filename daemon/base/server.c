/* SPDX-License-Identifier: MIT */
/*
 * server: see server.h.  An IPv6 address has colons of its own: it stands in brackets if a port follows, and may without.
 * Whatever else has no colon is a name, for the resolver to judge.
 *
 * Called by config, which rejects what cannot be read, by resolve and where servers are compared.
 */
#include "server.h"

#include <string.h>
#include <strings.h>
#include "address.h"

const char *server_read(const char *text, uint16_t port, struct server *ret)
{
	struct server s = { .port = port };
	struct address_parts parts;
	struct l2tp_addr a;
	const char *what = address_split(text, &parts);

	if (what)
		return what;
	if (parts.host.len == 0)
		return "empty";
	if (parts.host.len > SERVER_NAME_MAX)
		return "too long";
	memcpy(s.name, parts.host.data, parts.host.len);
	if (parts.bracket || strchr(s.name, ':'))
		what = address_read_ip(s.name, INTERFACE_GIVEN, &a);
	else if (strpbrk(s.name, "[]"))
		what = "not a name";
	if (!what && parts.port && address_read_port(parts.port, &s.port))
		what = "a name or an address with an invalid port";
	if (!what)
		*ret = s;
	return what;
}

bool server_same(const char *a, uint16_t port_a, const char *b, uint16_t port_b)
{
	struct server x, y;

	return !server_read(a, port_a, &x) && !server_read(b, port_b, &y) && x.port == y.port &&
	       strcasecmp(x.name, y.name) == 0;
}
