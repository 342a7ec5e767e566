/* SPDX-License-Identifier: MIT */
/*
 * insider: a peer that may open tunnels, holds the secret or not, and has the right ids and numbers for all that it
 * does.  Its moods: greedy for tunnels; flooding with calls, whose refusals it does not acknowledge; rude, with messages
 * out of place, repeated, ahead of their turn or spoilt; and silent as soon as it is in.
 */
#include "actor.h"

#include <string.h>

enum mood { GREEDY, FLOODING, RUDE, SILENT, MOODS };

#define FLOOD 300 /* calls at once */
#define FLOODS 3  /* in a world */

static enum mood mood(const struct actor *a)
{
	return (enum mood)(a->mood % MOODS);
}

static void knock(struct actor *a)
{
	struct line *line = actor_line(a, &a->addr);
	struct msg m = actor_message(CM_SCCRQ);

	m.assigned_tunnel_id = line->id;
	actor_talk(a, line, &m, 0);
}

static void respond(struct actor *a, const struct msg *heard, struct msg *m, uint8_t store[DIGEST_LEN])
{
	if (!msg_has(heard, AVP_CHALLENGE))
		return;
	digest_response((uint8_t)m->type, (struct l2tp_span){ (const uint8_t *)SECRET, a->secret ? strlen(SECRET) : 3 },
			heard->challenge, store);
	m->challenge_response = (struct l2tp_span){ store, DIGEST_LEN };
	msg_set(m, AVP_CHALLENGE_RESPONSE);
}

static void answer(struct actor *a, struct line *line, const struct msg *heard, enum cm_type type)
{
	struct msg m = actor_message(type);
	uint8_t response[DIGEST_LEN];

	m.assigned_tunnel_id = line->id;
	m.assigned_session_id = line->session_id;
	respond(a, heard, &m, response);
	actor_talk(a, line, &m, type == CM_ICCN ? line->engine_session_id : 0);
}

static void hear(struct actor *a, const struct event *e)
{
	uint8_t plain[DATAGRAM_MAX];
	struct msg m;
	struct line *line = actor_listen(a, e, &m, plain);

	if (!line)
		return;
	if (m.type == CM_SCCRQ) {
		answer(a, line, &m, CM_SCCRP);
	} else if (m.type == CM_SCCRP || m.type == CM_SCCCN) {
		line->up = true;
		if (m.type == CM_SCCRP)
			answer(a, line, &m, CM_SCCCN);
	} else if (mood(a) == RUDE || mood(a) == GREEDY) {
		if (m.type == CM_ICRP)
			answer(a, line, &m, CM_ICCN);
		actor_nod(a, line);
	}
}

static void call(struct actor *a, struct line *line)
{
	struct msg m = actor_message(CM_ICRQ);

	m.assigned_session_id = ++line->session_id;
	actor_talk(a, line, &m, 0);
}

/* Numbers right, repeated, or ahead. */
static void be_rude(struct actor *a, struct line *line)
{
	struct msg m = actor_message(sim_chance(a->sim, 30) ? CM_ICRQ : actor_any_type(a));
	uint16_t ns = line->ns, skip = (uint16_t)(sim_chance(a->sim, 20) ? 1 + sim_below(a->sim, 3) : 0);

	m.assigned_tunnel_id = line->id;
	m.assigned_session_id = (uint16_t)(1 + sim_below(a->sim, 5));
	line->ns = (uint16_t)(ns + skip);
	actor_talk(a, line, &m, sim_chance(a->sim, 50) ? line->engine_session_id : 0);
	if (skip || sim_chance(a->sim, 10))
		line->ns = ns;
}

static void use(struct actor *a, struct line *line)
{
	switch (mood(a)) {
	case GREEDY:
		knock(a);
		call(a, line);
		break;
	case FLOODING:
		for (unsigned int i = 0; i < FLOOD && a->floods < FLOODS; i++)
			call(a, line);
		a->floods++;
		break;
	case RUDE:
		be_rude(a, line);
		break;
	case SILENT:
	case MOODS:
		break;
	}
}

static void turn(struct actor *a)
{
	struct line *line = &a->lines[mood(a) == FLOODING ? 0 : sim_below(a->sim, LINES_MAX)];

	if (line->up)
		use(a, line);
	else
		knock(a);
}

const struct actor_kind actor_insider = { "insider", turn, hear };
