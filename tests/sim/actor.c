/* SPDX-License-Identifier: MIT */
/* actor: see actor.h.  Numbers and ids as the RFC has them; what an actor does with them is its own affair. */
#include "actor.h"

#include <stdlib.h>
#include <string.h>

static struct l2tp_span text(const char *s)
{
	return (struct l2tp_span){ (const uint8_t *)s, strlen(s) };
}

/* As bits of struct msg.has; asked for so often that it is kept. */
static uint64_t required(enum cm_type type)
{
	static uint64_t known[CM_COUNT];
	struct msg m = { 0 };

	for (uint16_t avp = AVP_MESSAGE_TYPE + 1; avp < AVP_COUNT && !known[type]; avp++)
		if (msg_place(type, avp) >= PLACE_FORGIVEN)
			msg_set(&m, avp);
	known[type] |= m.has;
	return known[type];
}

struct msg actor_message(enum cm_type type)
{
	return (struct msg){ .type = type,
			     .has = required(type),
			     .protocol_version = 0x0100,
			     .framing_capabilities = 3,
			     .framing_type = 1,
			     .bearer_type = 1,
			     .call_serial_number = 4711,
			     .tx_connect_speed = 1000000,
			     .assigned_tunnel_id = 1,
			     .assigned_session_id = 1,
			     .result_code = { .result = 1 },
			     .host_name = text("node"),
			     .called_number = text("4711") };
}

enum cm_type actor_any_type(struct actor *a)
{
	static const enum cm_type types[] = { CM_SCCRQ, CM_SCCRP, CM_SCCCN, CM_STOPCCN, CM_HELLO, CM_OCRQ, CM_OCRP,
					      CM_OCCN,  CM_ICRQ,  CM_ICRP,  CM_ICCN,    CM_CDN,   CM_WEN,  CM_SLI };

	return types[sim_below(a->sim, sizeof(types) / sizeof(types[0]))];
}

static size_t encode(const struct msg *m, uint8_t *body, size_t size)
{
	struct writer w = writer_of(body, size);

	msg_encode(&(struct msg_encoder){ 0 }, m, &w);
	if (writer_bad(&w))
		abort();
	return writer_span(&w).len;
}

void actor_say(struct actor *a, struct node *to, const struct l2tp_addr *from, const struct wire_header *h,
	       const struct msg *m)
{
	uint8_t body[DATAGRAM_MAX], bytes[DATAGRAM_MAX];
	struct wire_header header = *h;

	header.version = 2;
	header.body = (struct l2tp_span){ body, m ? encode(m, body, sizeof(body) - WIRE_CONTROL_HEADER) : 0 };
	net_forge(a, to, from, (struct l2tp_span){ bytes, wire_control(&header, bytes, sizeof(bytes)) });
}

void actor_talk(struct actor *a, struct line *line, const struct msg *m, uint16_t session_id)
{
	struct wire_header h = { .tunnel_id = line->engine_id, .session_id = session_id, .ns = line->ns++,
				 .nr = line->nr };

	actor_say(a, a->target, &line->addr, &h, m);
}

void actor_nod(struct actor *a, struct line *line)
{
	struct wire_header h = { .tunnel_id = line->engine_id, .ns = line->ns, .nr = line->nr };

	actor_say(a, a->target, &line->addr, &h, NULL);
}

struct line *actor_line(struct actor *a, const struct l2tp_addr *addr)
{
	struct line *line = &a->lines[a->n_lines++ % LINES_MAX];

	*line = (struct line){ .addr = *addr, .id = (uint16_t)(1 + sim_below(a->sim, 65535)), .session_id = 1 };
	return line;
}

static struct line *find(struct actor *a, const struct l2tp_addr *addr, uint16_t id)
{
	for (size_t i = 0; i < LINES_MAX; i++)
		if (a->lines[i].id == id && memcmp(&a->lines[i].addr, addr, sizeof(*addr)) == 0)
			return &a->lines[i];
	return NULL;
}

static void learn(struct line *line, const struct msg *m)
{
	if (m->type != CM_STOPCCN && msg_has(m, AVP_ASSIGNED_TUNNEL_ID))
		line->engine_id = m->assigned_tunnel_id;
	if (m->type != CM_CDN && msg_has(m, AVP_ASSIGNED_SESSION_ID))
		line->engine_session_id = m->assigned_session_id;
}

struct line *actor_listen(struct actor *a, const struct event *e, struct msg *ret, uint8_t plain[DATAGRAM_MAX])
{
	struct msg_decoder d = { .avps = AVP_V2, .scratch = plain, .scratch_size = DATAGRAM_MAX };
	struct wire_header h;
	struct fault f;
	const char *why;
	struct line *line;

	if (a->secret)
		d.secret = text(SECRET);
	if (wire_parse((struct l2tp_span){ e->bytes, e->len }, &h, &why) != WIRE_CONTROL || !h.body.len)
		return NULL;
	(void)msg_decode(&d, h.body, ret, &f);
	line = ret->type == CM_SCCRQ ? actor_line(a, &e->to) : find(a, &e->to, h.tunnel_id);
	if (!line || h.ns != line->nr)
		return NULL;
	line->nr++;
	learn(line, ret);
	return line;
}
