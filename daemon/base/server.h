/* SPDX-License-Identifier: MIT */
/* server: what is written of a server to dial: "NAME", "ADDRESS", "NAME:PORT", "[ADDRESS]:PORT". */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stdint.h>

#define SERVER_NAME_MAX 253 /* octets of a domain name */

struct server {
	char name[SERVER_NAME_MAX + 1]; /* or address, as getaddrinfo() takes it */
	uint16_t port;
};

/* port: of one that is written without.  NULL: read; else a few words on what is wrong with it. */
const char *server_read(const char *text, uint16_t port, struct server *ret);
/* Do both mean the same place? */
bool server_same(const char *a, uint16_t port_a, const char *b, uint16_t port_b);

#endif
