/* SPDX-License-Identifier: MIT */
/*
 * tunnel_fsm: the state table of a control connection, to be held next to RFC 2661 7.2.1.
 *
 * Guards (tunnel.c, admission.c) have turned a message into the RFC's event before it comes here; tunnel_apply() is the
 * one place that writes the state.  Where the RFC says "clean up, idle" the transport has to live on for a while (5.7,
 * 7.1): CLOSING until our StopCCN is acknowledged, LINGER for a full retransmission cycle after the last exchange.  Not
 * so in wait-ctl-conn: what a stranger has begun and not completed ends at once.
 */
#include "tunnel.h"

#include <string.h>

#include "digest.h"

#define PROTOCOL_VERSION 0x0100 /* version 1, revision 0 (4.4.3) */

static struct l2tp_span text(const char *s, size_t max)
{
	return (struct l2tp_span){ (const uint8_t *)s, strnlen(s, max) };
}

/* ---- Messages ----------------------------------------------------------------------------------------------- */

static const struct authentication *authentication(const struct tunnel *t)
{
	return t->conn.dialect->authentication;
}

/* What SCCRQ and SCCRP have in common. */
static void put_identity(const struct tunnel *t, struct msg *m)
{
	const struct l2tp_params *p = &t->conn.params;

	m->protocol_version = PROTOCOL_VERSION;
	m->host_name = text(p->host_name, sizeof(p->host_name));
	m->vendor_name = text(p->vendor_name, sizeof(p->vendor_name));
	m->framing_capabilities = p->framing_capabilities;
	m->bearer_capabilities = p->bearer_capabilities;
	m->assigned_tunnel_id = t->conn.id;
	m->receive_window_size = p->receive_window;
	msg_set(m, AVP_PROTOCOL_VERSION);
	msg_set(m, AVP_HOST_NAME);
	msg_set(m, AVP_FRAMING_CAPABILITIES);
	msg_set(m, AVP_ASSIGNED_TUNNEL_ID);
	msg_set(m, AVP_RECEIVE_WINDOW_SIZE);
	msg_set_if(m, AVP_BEARER_CAPABILITIES, p->bearer_capabilities);
	msg_set_if(m, AVP_VENDOR_NAME, m->vendor_name.len);
}

static void fill_stopccn(const struct tunnel *t, const struct l2tp_reason *reason, struct msg *m)
{
	*m = (struct msg){ .type = CM_STOPCCN, .assigned_tunnel_id = t->conn.id };
	msg_set(m, AVP_ASSIGNED_TUNNEL_ID);
	conn_put_reason(m, reason);
}

static void send_stopccn(struct tunnel *t, const struct l2tp_reason *reason, usec_t now)
{
	struct msg m;

	fill_stopccn(t, reason, &m);
	chan_drop_waiting(&t->conn.chan); /* it is about calls that end with the tunnel */
	conn_send(&t->conn, &m, 0, now);
}

/* ---- Actions ------------------------------------------------------------------------------------------------ */

static void send_sccrq(struct tunnel *t, const struct tunnel_input *in, usec_t now)
{
	const struct l2tp_env *env = &t->conn.core->env;
	struct msg m = { .type = CM_SCCRQ };

	(void)in;
	put_identity(t, &m);
	authentication(t)->demand(t, &m);
	m.control_ds = (uint16_t)t->conn.params.control_phb;
	msg_set_if(&m, AVP_CONTROL_DS, t->conn.params.control_phb != L2TP_PHB_NONE);
	env->random(env->ctx, &t->tie_breaker, sizeof(t->tie_breaker));
	m.tie_breaker = t->tie_breaker;
	msg_set(&m, AVP_TIE_BREAKER);
	conn_send(&t->conn, &m, 0, now);
	tunnel_set_life(t, now + t->conn.params.setup_timeout);
}

static void send_sccrp(struct tunnel *t, const struct tunnel_input *in, usec_t now)
{
	uint8_t answer[DIGEST_LEN];
	struct msg m = { .type = CM_SCCRP };

	tunnel_learn_peer(t, in->msg);
	put_identity(t, &m);
	authentication(t)->demand(t, &m);
	authentication(t)->answer(t, in->msg, &m, answer);
	/* the value that was asked for, or a counter-offer (RFC 3308 3) */
	if (msg_has(in->msg, AVP_CONTROL_DS))
		t->conn.phb = t->conn.params.control_phb;
	m.control_ds = (uint16_t)t->conn.phb;
	msg_set_if(&m, AVP_CONTROL_DS, t->conn.phb != L2TP_PHB_NONE);
	conn_send(&t->conn, &m, 0, now);
	tunnel_set_life(t, now + t->conn.params.setup_timeout);
}

/* Established: the data path is made, and waiting calls go on. */
static void open_tunnel(struct tunnel *t, const struct tunnel_input *in, usec_t now)
{
	struct outbox *o = &t->conn.core->outbox;

	(void)in;
	t->authenticated = t->conn.params.challenge;
	t->conn.unproven = false;
	t->conn.core->stats.tunnels_established++;
	tunnel_set_life(t, USEC_NEVER);
	heap_set(&t->conn.core->heap, &t->hello_timer,
		 t->conn.params.hello_interval == USEC_NEVER ? USEC_NEVER : now + t->conn.params.hello_interval);
	outbox_post(o, &t->object, L2TP_OP_TUNNEL_ADD);
	outbox_post(o, &t->object, L2TP_OP_TUNNEL_UP);
	session_table_open(&t->sessions, now);
}

static void send_scccn(struct tunnel *t, const struct tunnel_input *in, usec_t now)
{
	uint8_t answer[DIGEST_LEN];
	struct msg m = { .type = CM_SCCCN };

	tunnel_learn_peer(t, in->msg);
	if (msg_has(in->msg, AVP_CONTROL_DS) && t->conn.params.control_phb != L2TP_PHB_NONE)
		t->conn.phb = in->msg->control_ds;
	authentication(t)->answer(t, in->msg, &m, answer);
	conn_send(&t->conn, &m, 0, now);
	open_tunnel(t, in, now);
}

static void stopccn(struct tunnel *t, const struct tunnel_input *in, usec_t now)
{
	send_stopccn(t, in->reason, now);
	tunnel_bury(t, in->reason, now);
}

/* The other end is not trusted before it has shown that it hears us: one StopCCN, which is not repeated, and the tunnel
 * is forgotten.  A sender of forged SCCRQs must not be able to occupy a place by ending what it has begun; nor, under
 * the id of a tunnel that stands, to have us end that one. */
static void refuse(struct tunnel *t, const struct tunnel_input *in, usec_t now)
{
	struct msg m;

	fill_stopccn(t, in->reason, &m);
	if (!tunnel_shares_key(t))
		conn_send_once(&t->conn, &m, t->conn.chan.ns);
	chan_reset(&t->conn.chan);
	tunnel_bury(t, in->reason, now);
}

static void unexpected_reason(const struct tunnel *t, const struct tunnel_input *in, struct l2tp_reason *ret)
{
	struct fault f = { 0 };

	fault_set(&f, RC_STOPCCN_FSM, EC_NONE, "unexpected %s in state %s",
		  in->msg ? l2tp_message_name((uint16_t)in->msg->type) : "message", tunnel_state_name(t->state));
	fault_reason(&f, ret);
}

/* A message in a state where the RFC does not expect it. */
static void unexpected(struct tunnel *t, const struct tunnel_input *in, usec_t now)
{
	struct l2tp_reason reason;

	unexpected_reason(t, in, &reason);
	stopccn(t, &(struct tunnel_input){ .reason = &reason }, now);
}

static void refuse_unexpected(struct tunnel *t, const struct tunnel_input *in, usec_t now)
{
	struct l2tp_reason reason;

	unexpected_reason(t, in, &reason);
	refuse(t, &(struct tunnel_input){ .reason = &reason }, now);
}

/* The peer has closed: acknowledge only, and stay for its repetitions (5.7). */
static void clean_up(struct tunnel *t, const struct tunnel_input *in, usec_t now)
{
	chan_abandon(&t->conn.chan);
	tunnel_bury(t, in->reason, now);
	tunnel_set_life(t, now + tunnel_linger_time(t));
}

/* Nobody is there, or nobody remembers: not one more message. */
static void discard(struct tunnel *t, const struct tunnel_input *in, usec_t now)
{
	chan_reset(&t->conn.chan);
	tunnel_bury(t, in->reason, now);
}

/* The same before the tunnel stood: acknowledged once, and forgotten. */
static void forget(struct tunnel *t, const struct tunnel_input *in, usec_t now)
{
	if (!tunnel_shares_key(t))
		conn_acknowledge(&t->conn, 0);
	discard(t, in, now);
}

static void linger(struct tunnel *t, const struct tunnel_input *in, usec_t now)
{
	(void)in;
	tunnel_set_life(t, now + tunnel_linger_time(t));
}

static void end(struct tunnel *t, const struct tunnel_input *in, usec_t now)
{
	(void)in, (void)now;
	chan_reset(&t->conn.chan);
}

static void nothing(struct tunnel *t, const struct tunnel_input *in, usec_t now)
{
	(void)t, (void)in, (void)now;
}

/* ---- Table -------------------------------------------------------------------------------------------------- */

/* RFC 2661 7.2.1 */
const struct tunnel_rules tunnel_rules_v2 = { {
	[TUNNEL_IDLE] = {
		[TEV_OPEN]         = { send_sccrq,  TUNNEL_WAIT_REPLY },
		[TEV_SCCRQ_OK]     = { send_sccrp,  TUNNEL_WAIT_CONN },
		/* what is refused or out of place here never becomes a tunnel: see admission.c */
	},
	[TUNNEL_WAIT_REPLY] = {
		[TEV_SCCRP_OK]     = { send_scccn,  TUNNEL_ESTABLISHED },
		[TEV_SCCRP_BAD]    = { stopccn,     TUNNEL_CLOSING },
		[TEV_TIE_LOST]     = { discard,     TUNNEL_DEAD },
		[TEV_SCCRQ]        = { unexpected,  TUNNEL_CLOSING },
		[TEV_SCCCN_OK]     = { unexpected,  TUNNEL_CLOSING },
		[TEV_STOPCCN]      = { clean_up,    TUNNEL_LINGER },
		[TEV_HELLO]        = { unexpected,  TUNNEL_CLOSING },
		[TEV_CALL_MESSAGE] = { unexpected,  TUNNEL_CLOSING },
		[TEV_CLOSE]        = { stopccn,     TUNNEL_CLOSING },
		[TEV_FAULT]        = { stopccn,     TUNNEL_CLOSING },
		[TEV_TIMEOUT]      = { stopccn,     TUNNEL_CLOSING },
		[TEV_GIVE_UP]      = { discard,     TUNNEL_DEAD },
	},
	[TUNNEL_WAIT_CONN] = {
		[TEV_SCCCN_OK]     = { open_tunnel, TUNNEL_ESTABLISHED },
		[TEV_SCCCN_BAD]    = { refuse,      TUNNEL_DEAD },
		[TEV_SCCRP_OK]     = { refuse_unexpected, TUNNEL_DEAD },
		[TEV_SCCRQ]        = { refuse_unexpected, TUNNEL_DEAD },
		[TEV_STOPCCN]      = { forget,      TUNNEL_DEAD },
		[TEV_HELLO]        = { refuse_unexpected, TUNNEL_DEAD },
		[TEV_CALL_MESSAGE] = { refuse_unexpected, TUNNEL_DEAD },
		[TEV_CLOSE]        = { refuse,      TUNNEL_DEAD },
		[TEV_FAULT]        = { refuse,      TUNNEL_DEAD },
		[TEV_TIMEOUT]      = { refuse,      TUNNEL_DEAD },
		[TEV_GIVE_UP]      = { discard,     TUNNEL_DEAD },
		[TEV_REPLACED]     = { discard,     TUNNEL_DEAD },
	},
	[TUNNEL_ESTABLISHED] = {
		[TEV_CLOSE]        = { stopccn,     TUNNEL_CLOSING },
		[TEV_SCCRQ]        = { unexpected,  TUNNEL_CLOSING },
		[TEV_SCCRP_OK]     = { unexpected,  TUNNEL_CLOSING },
		[TEV_SCCCN_OK]     = { unexpected,  TUNNEL_CLOSING },
		[TEV_STOPCCN]      = { clean_up,    TUNNEL_LINGER },
		[TEV_HELLO]        = { nothing,     TUNNEL_ESTABLISHED },
		[TEV_FAULT]        = { stopccn,     TUNNEL_CLOSING },
		[TEV_TIMEOUT]      = { stopccn,     TUNNEL_CLOSING },
		[TEV_GIVE_UP]      = { discard,     TUNNEL_DEAD },
		[TEV_REPLACED]     = { discard,     TUNNEL_DEAD },
	},
	[TUNNEL_CLOSING] = {
		[TEV_ACKED]        = { linger,      TUNNEL_LINGER },
		[TEV_GIVE_UP]      = { end,         TUNNEL_DEAD },
		[TEV_REPLACED]     = { end,         TUNNEL_DEAD },
	},
	[TUNNEL_LINGER] = {
		[TEV_STOPCCN]      = { linger,      TUNNEL_LINGER },
		[TEV_TIMEOUT]      = { end,         TUNNEL_DEAD },
		[TEV_REPLACED]     = { end,         TUNNEL_DEAD },
	},
} };

static const char *const state_names[TUNNEL_STATES] = {
	[TUNNEL_BLANK] = "?",
	[TUNNEL_IDLE] = "idle",
	[TUNNEL_WAIT_REPLY] = "wait-ctl-reply",
	[TUNNEL_WAIT_CONN] = "wait-ctl-conn",
	[TUNNEL_ESTABLISHED] = "established",
	[TUNNEL_CLOSING] = "closing",
	[TUNNEL_LINGER] = "linger",
	[TUNNEL_DEAD] = "dead",
};

const char *tunnel_state_name(enum tunnel_state state)
{
	return state_names[state];
}

const char *l2tp_tunnel_state(unsigned n)
{
	return n < TUNNEL_STATES - 1 - TUNNEL_BLANK ? state_names[TUNNEL_BLANK + 1 + n] : NULL;
}

void tunnel_apply(struct tunnel *t, enum tunnel_event event, const struct tunnel_input *in, usec_t now)
{
	const struct tunnel_rule *rule = &t->conn.dialect->tunnel_rules->at[t->state][event];

	if (!rule->action)
		return;
	/* Actions see the state they were called in; none of them raises an event of the tunnel. */
	rule->action(t, in, now);
	if (t->state == TUNNEL_ESTABLISHED && rule->next != TUNNEL_ESTABLISHED)
		t->conn.core->stats.tunnels_established--;
	if (t->state != TUNNEL_ESTABLISHED && rule->next == TUNNEL_ESTABLISHED)
		t->established = now;
	t->state = rule->next;
}
