/* SPDX-License-Identifier: MIT */
/*
 * address: see address.h.  struct l2tp_addr is what the library and all of the daemon carry; sockaddr exists only around
 * system calls, text only where people read and write.
 *
 * Two addresses are equal when their octets are, so what is not used is zero: the interface of an address that is not
 * link-local, and all but four octets of an IPv4 address.
 */
#include "address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Sockets ---- */

int address_family(unsigned family)
{
	return family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC;
}

socklen_t address_to_socket(const struct l2tp_addr *a, union socket_address *ret)
{
	*ret = (union socket_address){ 0 };
	if (a->family == 4) {
		ret->in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(a->port) };
		memcpy(&ret->in.sin_addr, a->ip, sizeof(ret->in.sin_addr));
		return sizeof(ret->in);
	}
	ret->in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(a->port), .sin6_scope_id = a->scope };
	memcpy(&ret->in6.sin6_addr, a->ip, sizeof(ret->in6.sin6_addr));
	return sizeof(ret->in6);
}

void address_set_ip6(struct l2tp_addr *a, const struct in6_addr *ip, uint32_t interface)
{
	a->family = 6;
	memcpy(a->ip, ip, sizeof(*ip));
	a->scope = IN6_IS_ADDR_LINKLOCAL(ip) ? interface : 0;
}

bool address_from_socket(const void *sa, size_t len, struct l2tp_addr *ret)
{
	union socket_address u = { .sa.sa_family = AF_UNSPEC };

	*ret = (struct l2tp_addr){ 0 };
	memcpy(&u, sa, len < sizeof(u) ? len : sizeof(u));
	if (u.sa.sa_family == AF_INET && len >= sizeof(u.in)) {
		ret->family = 4;
		ret->port = ntohs(u.in.sin_port);
		memcpy(ret->ip, &u.in.sin_addr, sizeof(u.in.sin_addr));
	} else if (u.sa.sa_family == AF_INET6 && len >= sizeof(u.in6)) {
		address_set_ip6(ret, &u.in6.sin6_addr, u.in6.sin6_scope_id);
		ret->port = ntohs(u.in6.sin6_port);
	}
	return ret->family != 0;
}

/* ---- Addresses ---- */

bool address_is_any(const struct l2tp_addr *a)
{
	static const uint8_t zero[sizeof(a->ip)];

	return memcmp(a->ip, zero, sizeof(zero)) == 0;
}

bool address_equal(const struct l2tp_addr *a, const struct l2tp_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

bool address_matches(const struct l2tp_addr *wanted, const struct l2tp_addr *a)
{
	return wanted->family == a->family && memcmp(wanted->ip, a->ip, sizeof(a->ip)) == 0 &&
	       (!wanted->port || wanted->port == a->port) && (!wanted->scope || wanted->scope == a->scope);
}

void address_unmap(struct l2tp_addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (a->family != 6 || memcmp(a->ip, mapped, sizeof(mapped)) != 0)
		return;
	memmove(a->ip, a->ip + sizeof(mapped), 4);
	memset(a->ip + 4, 0, sizeof(a->ip) - 4);
	a->family = 4;
}

/* ---- Text ---- */

const char *address_split(const char *text, struct address_parts *ret)
{
	const bool bracket = text[0] == '[';
	const char *host = text + bracket, *colon = strchr(text, ':'), *end;

	if (bracket)
		end = strchr(text, ']');
	else
		end = colon && !strchr(colon + 1, ':') ? colon : text + strlen(text);
	if (!end)
		return "[ without ]";
	*ret = (struct address_parts){ { (const uint8_t *)host, (size_t)(end - host) }, NULL, bracket };
	end += bracket;
	if (*end) /* without a colon it is a port that cannot be read */
		ret->port = *end == ':' ? end + 1 : "";
	return NULL;
}

const char *address_read_port(const char *text, uint16_t *ret)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long port = digits && digits <= 5 && !text[digits] ? strtoul(text, NULL, 10) : 0;

	if (port < 1 || port > UINT16_MAX)
		return "an address with an invalid port";
	*ret = (uint16_t)port;
	return NULL;
}

static const char *read_ip6(const char *ip, const char *interface, enum address_interface rule, struct l2tp_addr *a)
{
	struct in6_addr in6;

	if (inet_pton(AF_INET6, ip, &in6) != 1 || (interface && !*interface))
		return "not an address";
	if (interface && !IN6_IS_ADDR_LINKLOCAL(&in6))
		return "an interface with an address that is not link-local";
	if (!interface && rule != INTERFACE_OPTIONAL && IN6_IS_ADDR_LINKLOCAL(&in6))
		return "a link-local address without its interface (as in fe80::1%eth0)";
	address_set_ip6(a, &in6, interface ? if_nametoindex(interface) : 0);
	if (interface && rule != INTERFACE_GIVEN && !a->scope)
		return "an address on an interface that does not exist";
	address_unmap(a);
	return NULL;
}

const char *address_read_ip(const char *text, enum address_interface interface, struct l2tp_addr *ret)
{
	struct l2tp_addr a = { .family = 4 };
	char ip[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "%");

	if (len >= sizeof(ip))
		return "not an address";
	memcpy(ip, text, len);
	ip[len] = '\0';
	if (text[len] || inet_pton(AF_INET, ip, a.ip) != 1) {
		const char *what = read_ip6(ip, text[len] ? text + len + 1 : NULL, interface, &a);

		if (what)
			return what;
	}
	*ret = a;
	return NULL;
}

const char *address_read(const char *text, uint16_t port, enum address_interface interface, struct l2tp_addr *ret)
{
	struct address_parts parts;
	struct l2tp_addr a;
	char ip[ADDRESS_IP_MAX];
	const char *what = address_split(text, &parts);

	if (what)
		return what;
	if (parts.host.len >= sizeof(ip))
		return "not an address";
	memcpy(ip, parts.host.data, parts.host.len);
	ip[parts.host.len] = '\0';
	what = parts.port ? address_read_port(parts.port, &port) : NULL;
	if (!what)
		what = address_read_ip(ip, interface, &a);
	if (what)
		return what;
	*ret = a;
	ret->port = port;
	return NULL;
}

/* An interface that no longer exists is printed as its number. */
const char *address_ip_text(const struct l2tp_addr *a, char buf[ADDRESS_IP_MAX])
{
	char ip[INET6_ADDRSTRLEN] = "?", interface[IF_NAMESIZE];

	(void)inet_ntop(address_family(a->family), a->ip, ip, sizeof(ip));
	if (!a->scope)
		snprintf(buf, ADDRESS_IP_MAX, "%s", ip);
	else if (if_indextoname(a->scope, interface))
		snprintf(buf, ADDRESS_IP_MAX, "%s%%%s", ip, interface);
	else
		snprintf(buf, ADDRESS_IP_MAX, "%s%%%u", ip, (unsigned)a->scope);
	return buf;
}

bool address_read_ip4(const char *text, uint32_t *ret)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return false;
	*ret = ntohl(in.s_addr);
	return true;
}

const char *address_ip4_text(uint32_t ip, char buf[INET_ADDRSTRLEN])
{
	return inet_ntop(AF_INET, &(struct in_addr){ htonl(ip) }, buf, INET_ADDRSTRLEN);
}
