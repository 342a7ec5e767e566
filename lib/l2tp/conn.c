/* SPDX-License-Identifier: MIT */
/*
 * conn: see conn.h.  The way of a message out: struct msg -> AVPs (msg) -> queue (chan) -> header (wire) -> outbox.
 * The header is written at each transmission, because Nr moves (RFC 2661 5.8).
 */
#include "conn.h"

#include <errno.h>
#include <string.h>

#include "digest.h"

/* Calls that are all placed or all closed at once must fit the queue.  A call has at most two messages in it, and a peer
 * that acknowledges nothing may have us answer that many calls again before it has to wait (tunnel.c). */
#define QUEUE_PER_SESSION 4
#define QUEUE_SPARE 256

/* What an address gets at most before its owner has proved that it is the sender: forging it gains nothing. */
#define UNPROVEN_DATAGRAMS 8
#define UNPROVEN_FACTOR 10 /* times the octets that have come from it */

void conn_init(struct conn *c, struct core *core, const struct dialect *dialect, const struct l2tp_params *params,
	       const struct l2tp_addr *local, const struct l2tp_addr *peer)
{
	*c = (struct conn){ .core = core, .dialect = dialect, .params = *params, .local = *local, .peer = *peer,
			    .phb = L2TP_PHB_NONE };
	chan_init(&c->chan, &(struct chan_config){ .receive_window = params->receive_window,
						    .retransmit_initial = params->retransmit_initial,
						    .retransmit_cap = params->retransmit_cap,
						    .retransmit_max = params->retransmit_max,
						    .queue_max = QUEUE_PER_SESSION * params->sessions_max + QUEUE_SPARE });
}

void conn_clear(struct conn *c)
{
	chan_reset(&c->chan);
	digest_wipe(c->params.secret, sizeof(c->params.secret));
}

struct l2tp_span conn_secret(const struct conn *c)
{
	return (struct l2tp_span){ c->params.secret, c->params.secret_len };
}

/* Before the tunnel stands, a peer need not know yet which secret is ours (xl2tpd does not): nothing is hidden then. */
static bool may_hide(const struct conn *c, enum cm_type type)
{
	return c->params.hide_avps && c->params.secret_len && type != CM_SCCRQ && type != CM_SCCRP && type != CM_STOPCCN;
}

static int queue_message(struct conn *c, const struct msg *m, uint32_t session_id, usec_t now)
{
	uint8_t body[WIRE_SEND_MAX];
	struct writer w = writer_of(body, sizeof(body) - WIRE_CONTROL_HEADER);
	struct msg_encoder e = { .secret = conn_secret(c), .hide = may_hide(c, m->type) };
	int r;

	if (c->closed)
		return -ESHUTDOWN;
	if (e.hide || (e.secret.len && m->hide))
		c->core->env.random(c->core->env.ctx, e.vector, sizeof(e.vector));
	msg_encode(&e, m, &w);
	r = writer_bad(&w) ? -EMSGSIZE : chan_send(&c->chan, (uint16_t)m->type, writer_span(&w), session_id, now);
	if (m->hide)
		digest_wipe(body, sizeof(body)); /* without a secret it is there in the clear */
	if (r < 0)
		c->broken = r;
	return r;
}

void conn_send(struct conn *c, const struct msg *m, uint32_t session_id, usec_t now)
{
	(void)queue_message(c, m, session_id, now);
}

void conn_reply(struct conn *c, const struct msg *m, uint32_t session_id, usec_t now)
{
	if (queue_message(c, m, session_id, now) == 0)
		chan_mark_answer(&c->chan);
}

static void trace_sent(const struct core *core, const struct conn *c, const struct chan_tx *tx,
		       struct l2tp_span datagram)
{
	if (!core->env.trace)
		return;
	core->env.trace(core->env.ctx, &(struct l2tp_trace){ .sent = true,
							      .tunnel_id = c->id,
							      .type = tx->type,
							      .ns = tx->ns,
							      .nr = tx->nr,
							      .local = &c->local,
							      .peer = &c->peer,
							      .datagram = datagram });
}

void conn_heard(struct conn *c, size_t octets)
{
	if (c->unproven)
		c->heard_octets += (uint32_t)octets;
}

/* Beyond the bounds a datagram is as good as lost. */
static bool may_say(struct conn *c, size_t octets)
{
	if (!c->unproven)
		return true;
	if (c->said_datagrams >= UNPROVEN_DATAGRAMS ||
	    c->said_octets + octets > (uint64_t)UNPROVEN_FACTOR * c->heard_octets)
		return false;
	c->said_datagrams++;
	c->said_octets += (uint32_t)octets;
	return true;
}

static void transmit(struct conn *c, const struct chan_tx *tx)
{
	uint8_t datagram[WIRE_SEND_MAX];
	/* an SCCRQ addresses no tunnel, also when it is repeated after an answer that did not acknowledge it (4.4.3) */
	struct wire_header h = { .tunnel_id = tx->type == CM_SCCRQ ? 0 : c->peer_id,
				 .session_id = tx->session_id,
				 .ns = tx->ns,
				 .nr = tx->nr,
				 .body = tx->ack ? c->dialect->acknowledgement : tx->body };
	struct l2tp_span bytes = { datagram, c->dialect->codec->write(&h, datagram, sizeof(datagram)) };

	if (!may_say(c, bytes.len)) {
		c->core->stats.limited++;
		return;
	}
	c->core->stats.retransmits += tx->again;
	trace_sent(c->core, c, tx, bytes);
	(void)outbox_datagram(&c->core->outbox, c->id, &c->local, &c->peer, bytes); /* lost: sent again in time */
}

void conn_flush(struct conn *c, usec_t now)
{
	struct chan_tx tx;

	while (chan_transmit(&c->chan, now, &tx))
		transmit(c, &tx);
}

void conn_send_once(struct conn *c, const struct msg *m, uint16_t ns)
{
	uint8_t body[WIRE_SEND_MAX - WIRE_CONTROL_HEADER];
	struct writer w = writer_of(body, sizeof(body));

	msg_encode(&(struct msg_encoder){ 0 }, m, &w);
	transmit(c, &(struct chan_tx){ .body = writer_span(&w), .ns = ns, .nr = c->chan.nr, .type = (uint16_t)m->type });
}

void conn_acknowledge(struct conn *c, uint32_t session_id)
{
	struct chan_tx tx;

	chan_acknowledge(&c->chan, &tx);
	tx.session_id = session_id;
	transmit(c, &tx);
}

void conn_acknowledge_next(struct conn *c)
{
	transmit(c, &(struct chan_tx){ .ns = c->chan.ns, .nr = (uint16_t)(c->chan.nr + 1), .ack = true });
}

uint32_t conn_spare_id(const struct conn *c, uint32_t scope)
{
	const struct core *core = c->core;
	uint32_t id = 0;

	for (int i = 0; i < 16 && (!id || idpool_taken(core->ids, scope, id)); i++) {
		core->env.random(core->env.ctx, &id, sizeof(id));
		id = id % c->dialect->id_max + 1;
	}
	return id;
}

void conn_refuse(struct core *core, const struct arrival *to, uint32_t peer_id, uint16_t ns,
		 const struct l2tp_reason *reason)
{
	struct conn c = { .core = core, .dialect = to->dialect, .local = to->rx->local, .peer = to->rx->peer,
			  .peer_id = peer_id, .chan.nr = (uint16_t)(to->header.ns + 1) };
	struct msg m = { .type = CM_STOPCCN };

	core->stats.refused++;
	/* a stray message knows us by an id that was ours once */
	m.assigned_tunnel_id = to->header.tunnel_id ? to->header.tunnel_id : conn_spare_id(&c, 0);
	msg_set(&m, AVP_ASSIGNED_TUNNEL_ID);
	conn_put_reason(&m, reason);
	conn_send_once(&c, &m, ns);
}

bool conn_check_phb(const struct conn *c, uint32_t asked, bool has, uint16_t answer)
{
	return asked == L2TP_PHB_NONE || !c->params.phb_required || (has && answer == asked);
}

/* What a CDN may say beside its result. */
static void put_causes(struct msg *m, const struct l2tp_reason *reason)
{
	const struct l2tp_disconnect *d = &reason->disconnect;

	m->ppp_disconnect_cause = (struct ppp_disconnect){ d->code, d->protocol, d->direction,
							   { (const uint8_t *)d->text, strnlen(d->text, sizeof(d->text)) } };
	m->q931_cause_code = (struct q931_cause){ .cause = reason->q931.cause, .msg = reason->q931.message };
	msg_set_if(m, AVP_PPP_DISCONNECT_CAUSE, d->said && l2tp_disconnect_valid(d));
	msg_set_if(m, AVP_Q931_CAUSE_CODE, reason->q931.said);
}

/* Cut to fit; what is behind it is zero already. */
static void keep_text(char *to, size_t size, struct l2tp_span text)
{
	if (text.len)
		memcpy(to, text.data, text.len < size ? text.len : size - 1);
}

static void get_causes(const struct msg *m, struct l2tp_reason *reason)
{
	const struct ppp_disconnect *d = &m->ppp_disconnect_cause;

	reason->disconnect = (struct l2tp_disconnect){ .said = msg_has(m, AVP_PPP_DISCONNECT_CAUSE),
						       .code = d->code,
						       .protocol = d->protocol,
						       .direction = d->direction };
	keep_text(reason->disconnect.text, sizeof(reason->disconnect.text), d->text);
	reason->q931 = (struct l2tp_q931){ .said = msg_has(m, AVP_Q931_CAUSE_CODE),
					   .cause = m->q931_cause_code.cause,
					   .message = m->q931_cause_code.msg };
}

void conn_put_detail(struct l2tp_reason *reason, const char *text)
{
	keep_text(reason->detail, sizeof(reason->detail), (struct l2tp_span){ (const uint8_t *)text, text ? strlen(text) : 0 });
}

void conn_put_reason(struct msg *m, const struct l2tp_reason *reason)
{
	size_t len = strnlen(reason->text, sizeof(reason->text));

	m->result_code = (struct result_code){ .result = reason->result,
					       .error = reason->error,
					       .has_error = reason->error || len,
					       .text = { (const uint8_t *)reason->text, len } };
	msg_set(m, AVP_RESULT_CODE);
	if (m->type == CM_CDN)
		put_causes(m, reason);
}

void conn_get_reason(const struct msg *m, struct l2tp_reason *reason)
{
	const struct result_code *r = &m->result_code;

	*reason = (struct l2tp_reason){ .origin = L2TP_BY_PEER };
	get_causes(m, reason);
	if (!msg_has(m, AVP_RESULT_CODE))
		return;
	reason->result = r->result;
	reason->error = r->has_error ? r->error : EC_NONE;
	keep_text(reason->text, sizeof(reason->text), r->text);
}
