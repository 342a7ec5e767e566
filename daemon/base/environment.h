/* SPDX-License-Identifier: MIT */
/*
 * environment: "NAME=value" words for pppd's scripts and plugins and for the dial hook: what the peer has said of a
 * call, percent-encoded down to characters that are harmless even in an unquoted shell word.
 */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include "l2tp.h"

#define ENVIRONMENT_WORDS 24
#define ENVIRONMENT_NAME_MAX 63
#define ENVIRONMENT_VALUE_MAX 960 /* octets of one value, encoded: more is cut; pppd's words have at most 1023 */
#define ENVIRONMENT_SIZE (ENVIRONMENT_WORDS * (ENVIRONMENT_NAME_MAX + 1 + ENVIRONMENT_VALUE_MAX + 1))

struct environment {
	char *list[ENVIRONMENT_WORDS + 1]; /* NULL-terminated; into text */
	size_t n, used;
	char text[ENVIRONMENT_SIZE];
};

/* What stands for itself in a value; everything else is %XX. */
bool environment_is_plain(char c);

void environment_init(struct environment *e);
void environment_put(struct environment *e, const char *name, struct l2tp_span value); /* nothing, if it is empty */
void environment_put_word(struct environment *e, const char *name, const char *value);
void environment_put_number(struct environment *e, const char *name, uint32_t value);
/* L2TP_PEER and what follows it in l2tpd(8). */
void environment_put_call(struct environment *e, const struct l2tp_addr *peer, struct l2tp_span peer_host_name,
			  const struct l2tp_call_info *call);

#endif
