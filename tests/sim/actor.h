/* SPDX-License-Identifier: MIT */
/* actor: what those without an engine have in common: messages, whole or spoilt. */
#ifndef ACTOR_H
#define ACTOR_H

#include "lib/l2tp/digest.h"
#include "lib/l2tp/msg.h"
#include "lib/l2tp/wire.h"
#include "sim.h"

#define SECRET "open sesame"

/* All that the RFC requires of such a message, and nothing else. */
struct msg actor_message(enum cm_type type);
/* To an engine, from any address. */
void actor_say(struct actor *a, struct node *to, const struct l2tp_addr *from, const struct wire_header *h,
	       const struct msg *m);
/* On a line: with its ids and the next Ns. */
void actor_talk(struct actor *a, struct line *line, const struct msg *m, uint16_t session_id);
/* An acknowledgement. */
void actor_nod(struct actor *a, struct line *line);
/* The line that a message is for, and the message; NULL: none.  Takes note of ids and numbers. */
struct line *actor_listen(struct actor *a, const struct event *e, struct msg *ret, uint8_t plain[DATAGRAM_MAX]);
/* Take the place of an old line where there is no room. */
struct line *actor_line(struct actor *a, const struct l2tp_addr *addr);
/* Any type but ZLB, known or not. */
enum cm_type actor_any_type(struct actor *a);

#endif
