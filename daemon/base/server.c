/* SPDX-License-Identifier: MIT */
/*
 * server: see server.h.  An IPv6 address has colons of its own: it stands in brackets if a port follows, and may without.
 * Whatever else has no colon is a name, for the resolver to judge.
 *
 * Called by config, which refuses what cannot be read, by resolve and by whoever compares servers.
 */
#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* NULL: it is one.  The interface may come later than the configuration. */
static const char *check_address(const char *name)
{
	size_t len = strcspn(name, "%");
	char ip[INET6_ADDRSTRLEN];
	struct in6_addr in6;
	struct in_addr in;

	if (len >= sizeof(ip))
		return "not an address";
	memcpy(ip, name, len);
	ip[len] = '\0';
	if (!name[len] && inet_pton(AF_INET, ip, &in) == 1)
		return NULL;
	if (inet_pton(AF_INET6, ip, &in6) != 1 || (name[len] && !name[len + 1]))
		return "not an address";
	if (name[len] && !IN6_IS_ADDR_LINKLOCAL(&in6))
		return "an interface with an address that is not link-local";
	if (!name[len] && IN6_IS_ADDR_LINKLOCAL(&in6))
		return "a link-local address without its interface (as in fe80::1%eth0)";
	return NULL;
}

/* ":1701" */
static bool read_port(const char *text, uint16_t *ret)
{
	size_t digits = strspn(text + 1, "0123456789");
	unsigned long port = digits && digits <= 5 && !text[1 + digits] ? strtoul(text + 1, NULL, 10) : 0;

	if (text[0] != ':' || port < 1 || port > UINT16_MAX)
		return false;
	*ret = (uint16_t)port;
	return true;
}

const char *server_read(const char *text, uint16_t port, struct server *ret)
{
	const bool bracket = text[0] == '[';
	const char *name = text + bracket, *colon = strchr(text, ':'), *end, *what = NULL;
	struct server s = { .port = port };

	if (bracket)
		end = strchr(text, ']');
	else
		end = colon && !strchr(colon + 1, ':') ? colon : text + strlen(text);
	if (!end)
		return "a [ without its ]";
	if (end == name)
		return "empty";
	if (end - name > SERVER_NAME_MAX)
		return "too long";
	memcpy(s.name, name, (size_t)(end - name));
	if (bracket || strchr(s.name, ':'))
		what = check_address(s.name);
	else if (strpbrk(s.name, "[]"))
		what = "not a name";
	end += bracket;
	if (!what && *end && !read_port(end, &s.port))
		what = "a name or an address with a bad port";
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
