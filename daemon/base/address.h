/* SPDX-License-Identifier: MIT */
/* address: struct l2tp_addr to and from what sockets take, and to and from text. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include "l2tp.h"

#define L2TP_PORT 1701     /* RFC 2661 8.1 */
#define ADDRESS_IP_MAX 64  /* "fe80::1%eth0", with the longest of both */

/* ---- Sockets ---- */

union socket_address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* Of l2tp_addr.family; AF_UNSPEC if it is unset. */
int address_family(unsigned family);
/* Returns the length. */
socklen_t address_to_socket(const struct l2tp_addr *a, union socket_address *ret);
/* False: of another family, or too short; *ret is zero then. */
bool address_from_socket(const void *sa, size_t len, struct l2tp_addr *ret);
/* All but the port; the interface counts for a link-local address only. */
void address_set_ip6(struct l2tp_addr *a, const struct in6_addr *ip, uint32_t interface);

/* ---- Addresses ---- */

bool address_is_any(const struct l2tp_addr *a);
/* Port and interface, too. */
bool address_equal(const struct l2tp_addr *a, const struct l2tp_addr *b);
/* Is it one of those that are wanted?  A port or an interface that is not given is any. */
bool address_matches(const struct l2tp_addr *wanted, const struct l2tp_addr *a);
/* An IPv4-mapped IPv6 address becomes the IPv4 address. */
void address_unmap(struct l2tp_addr *a);

/* ---- Text ---- */

/* Of a link-local address, as in fe80::1%eth0. */
enum address_interface {
	INTERFACE_EXISTS,   /* must be given, and be there */
	INTERFACE_GIVEN,    /* must be given, but may come later */
	INTERFACE_OPTIONAL, /* need not be given */
};

/* What is written before and behind the colon of a port. */
struct address_parts {
	struct l2tp_span host; /* without brackets; a name, perhaps */
	const char *port;      /* NULL: there is none */
	bool bracket;
};

/* Readers return NULL, or a few words on what is wrong; *ret is written on success only. */

/* "HOST", "HOST:PORT", "[HOST]", "[HOST]:PORT"; what has more colons outside of brackets is an IPv6 address. */
const char *address_split(const char *text, struct address_parts *ret);
const char *address_read_port(const char *text, uint16_t *ret);
/* "192.0.2.1", "2001:db8::1", "fe80::1%eth0"; port 0.  A mapped address is read as the IPv4 address. */
const char *address_read_ip(const char *text, enum address_interface interface, struct l2tp_addr *ret);
/* "192.0.2.1", "192.0.2.1:1701", "[2001:db8::1]:1701", ...; port: of one that is written without. */
const char *address_read(const char *text, uint16_t port, enum address_interface interface, struct l2tp_addr *ret);
/* As address_read_ip() reads it.  Returns buf. */
const char *address_ip_text(const struct l2tp_addr *a, char buf[ADDRESS_IP_MAX]);

/* IPv4 in host order, as ranges are counted. */
bool address_read_ip4(const char *text, uint32_t *ret);
const char *address_ip4_text(uint32_t ip, char buf[INET_ADDRSTRLEN]);

#endif
