/* SPDX-License-Identifier: MIT */
/*
 * mirror: a server that a LAC dials, and that does not hold the secret.  It has the LAC itself compute the answer to
 * the LAC's challenge: it sends the challenge back from a second address, as a peer that opens a tunnel, and lets the
 * answer go the other way; the same with the challenge that comes with that answer.
 */
#include "actor.h"

#include <string.h>

/* lines[0]: as the server, under addr; lines[1]: as the peer, under the second address. */
static struct l2tp_addr other_address(const struct actor *a)
{
	struct l2tp_addr addr = a->addr;

	addr.ip[3] += 20;
	return addr;
}

static void pass_challenge(struct actor *a, struct line *server, const struct msg *heard)
{
	struct l2tp_addr from = other_address(a);
	struct line *peer = &a->lines[1];
	struct msg m = actor_message(CM_SCCRQ);

	if (!msg_has(heard, AVP_CHALLENGE))
		return;
	a->lines[0] = *server;
	*peer = (struct line){ .addr = from, .id = (uint16_t)(server->id ^ 1u), .session_id = 1 };
	m.assigned_tunnel_id = peer->id = peer->id ? peer->id : 2;
	m.challenge = heard->challenge;
	msg_set(&m, AVP_CHALLENGE);
	actor_talk(a, peer, &m, 0);
}

/* SCCRP to the LAC's dial: with its own response, and its own challenge. */
static void pass_answer(struct actor *a, const struct msg *heard)
{
	struct line *server = &a->lines[0];
	struct msg m = actor_message(CM_SCCRP);

	m.assigned_tunnel_id = server->id;
	m.challenge = heard->challenge;
	m.challenge_response = heard->challenge_response;
	m.has |= heard->has & ((uint64_t)1 << AVP_CHALLENGE | (uint64_t)1 << AVP_CHALLENGE_RESPONSE);
	actor_talk(a, server, &m, 0);
}

static void pass_response(struct actor *a, const struct msg *heard)
{
	struct msg m = actor_message(CM_SCCCN);

	m.challenge_response = heard->challenge_response;
	m.has |= heard->has & (uint64_t)1 << AVP_CHALLENGE_RESPONSE;
	actor_talk(a, &a->lines[1], &m, 0);
}

static void hear(struct actor *a, const struct event *e)
{
	uint8_t plain[DATAGRAM_MAX];
	struct msg m;
	struct line *line;

	a->n_lines = 0; /* an SCCRQ takes the first */
	line = actor_listen(a, e, &m, plain);
	if (!line)
		return;
	if (m.type == CM_SCCRQ)
		pass_challenge(a, line, &m);
	else if (m.type == CM_SCCRP && line == &a->lines[1])
		pass_answer(a, &m);
	else if (m.type == CM_SCCCN)
		pass_response(a, &m);
}

/* Somebody has it dialled. */
static void turn(struct actor *a)
{
	struct node *n = a->target;
	uint32_t id;

	memory_owner(&n->memory);
	(void)l2tp_open(n->l, &n->params, &n->local, &a->addr, a->sim->now, &id);
	memory_owner(NULL);
	node_drain(n);
}

const struct actor_kind actor_mirror = { "mirror", turn, hear };
