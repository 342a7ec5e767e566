/* SPDX-License-Identifier: MIT */
/*
 * environment: "NAME=value" words for pppd's scripts and plugins and for the dial hook: what the peer has said of a
 * call, escaped, so that neither a line's end nor what is no text is in it.
 */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "l2tp.h"

#define ENVIRONMENT_WORDS 24
/* Seven texts of a peer, each as long as an AVP can be (1017 octets) and each octet escaped, and the rest */
#define ENVIRONMENT_SIZE (7 * 4 * 1017 + 4096)

struct environment {
	char *list[ENVIRONMENT_WORDS + 1]; /* NULL-terminated; into text */
	size_t n, used;
	char text[ENVIRONMENT_SIZE];
};

void environment_init(struct environment *e);
void environment_put(struct environment *e, const char *name, struct l2tp_span value); /* nothing, if it is empty */
void environment_put_word(struct environment *e, const char *name, const char *value);
void environment_put_number(struct environment *e, const char *name, uint32_t value);
/* L2TP_PEER and what follows it in l2tpd(8). */
void environment_put_call(struct environment *e, const struct l2tp_addr *peer, struct l2tp_span peer_host_name,
			  const struct l2tp_call_info *call);

#endif
