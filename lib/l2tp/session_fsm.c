/* SPDX-License-Identifier: MIT */
/*
 * session_fsm: the state tables of a call, to be held next to RFC 2661 7.4.1 (LAC, incoming), 7.4.2 (LNS, incoming),
 * 7.5.1 (LAC, outgoing) and 7.5.2 (LNS, outgoing).
 *
 * Guards (session.c, tunnel.c) have turned a message into the RFC's event before it comes here; session_apply() is the
 * one place that writes the state.  WAIT_DECISION and WAIT_DATAPLANE are ours.  The world decides upon a call that the
 * peer asks for (ICRQ, OCRQ), which may take its time; and the kernel's session is made before the peer is told, so
 * one that was asked waits for it before it replies, one that has asked after the reply.  What arrives meanwhile is
 * answered as in the RFC's state beside it; only an OCCN may come that early: CONNECTED, ours too, waits for the rest,
 * for the decision upon what the ICCN says, or until the data path is as the ICCN or OCCN wants it.  An empty cell is an
 * event that cannot come or changes nothing.
 */
#include "session.h"

#include <assert.h>

#include "msg.h"

static struct conn *conn_of(const struct session *s)
{
	return s->table->conn;
}

/* ---- Actions ------------------------------------------------------------------------------------------------ */

static void clean_up(struct session *s, const struct session_input *in, usec_t now)
{
	(void)now;
	session_bury(s, in->reason);
}

static void cdn(struct session *s, const struct session_input *in, usec_t now)
{
	session_say_cdn(s, in->reason, now);
	session_bury(s, in->reason);
}

/* A message in a state where the RFC does not expect it. */
static void unexpected(struct session *s, const struct session_input *in, usec_t now)
{
	struct fault f = { 0 };
	struct l2tp_reason reason;

	fault_set(&f, RC_CDN_GENERAL, EC_SESSION_ID, "unexpected %s in state %s",
		  in->msg ? l2tp_message_name((uint16_t)in->msg->type) : "message", session_state_name(s->state));
	fault_reason(&f, &reason);
	cdn(s, &(struct session_input){ .reason = &reason }, now);
}

/* The same where the table says "clean up" without a CDN. */
static void drop(struct session *s, const struct session_input *in, usec_t now)
{
	struct fault f = { 0 };
	struct l2tp_reason reason;

	(void)in, (void)now;
	fault_set(&f, RC_CDN_GENERAL, EC_SESSION_ID, "unexpected ICCN");
	fault_reason(&f, &reason);
	session_bury(s, &reason);
}

static void wait(struct session *s, const struct session_input *in, usec_t now)
{
	(void)s, (void)in, (void)now;
}

/* May the call be? */
static void ask(struct session *s, const struct session_input *in, usec_t now)
{
	(void)in, (void)now;
	session_ask(s);
	outbox_post(&conn_of(s)->core->outbox, &s->object, L2TP_OP_SESSION_DECIDE);
}

/* May it still, with what the LAC has told at last? */
static void ask_again(struct session *s, const struct session_input *in, usec_t now)
{
	(void)in, (void)now;
	outbox_post(&conn_of(s)->core->outbox, &s->object, L2TP_OP_SESSION_DECIDE);
}

static void make_path(struct session *s, const struct session_input *in, usec_t now)
{
	(void)in, (void)now;
	outbox_post(&conn_of(s)->core->outbox, &s->object, L2TP_OP_SESSION_ADD);
}

static void accept_call(struct session *s, const struct session_input *in, usec_t now)
{
	session_accepted(s);
	make_path(s, in, now);
}

static void alter_path(struct session *s, const struct session_input *in, usec_t now)
{
	(void)in, (void)now;
	outbox_post(&conn_of(s)->core->outbox, &s->object, L2TP_OP_SESSION_SET);
}

static void up(struct session *s, const struct session_input *in, usec_t now)
{
	(void)in, (void)now;
	session_set_deadline(s, USEC_NEVER);
	conn_of(s)->core->stats.sessions_established++;
	outbox_post(&conn_of(s)->core->outbox, &s->object, L2TP_OP_SESSION_UP);
}

/* ---- What is said -------------------------------------------------------------------------------------------- */

/* The first message: the rest must follow in time. */
static void send_request(struct session *s, enum cm_type type, usec_t now)
{
	session_say(s, type, now);
	session_set_deadline(s, now + conn_of(s)->params.setup_timeout);
}

static void send_icrq(struct session *s, const struct session_input *in, usec_t now)
{
	(void)in;
	send_request(s, CM_ICRQ, now);
}

static void send_ocrq(struct session *s, const struct session_input *in, usec_t now)
{
	(void)in;
	send_request(s, CM_OCRQ, now);
}

static void send_icrp(struct session *s, const struct session_input *in, usec_t now)
{
	(void)in;
	session_say(s, CM_ICRP, now);
}

/* Facilities exist; the world opens the bearer. */
static void send_ocrp(struct session *s, const struct session_input *in, usec_t now)
{
	(void)in;
	session_say(s, CM_OCRP, now);
	outbox_post(&conn_of(s)->core->outbox, &s->object, L2TP_OP_SESSION_DIAL);
}

static void send_iccn(struct session *s, const struct session_input *in, usec_t now)
{
	session_say(s, CM_ICCN, now);
	up(s, in, now);
}

static void send_occn(struct session *s, const struct session_input *in, usec_t now)
{
	session_say(s, CM_OCCN, now);
	up(s, in, now);
}

/* ---- What is heard ------------------------------------------------------------------------------------------- */

/* What is said during a call (6.13, 6.14); in the other direction it says nothing (X2661-6-06). */
static void hear_sli(struct session *s, const struct session_input *in, usec_t now)
{
	(void)now;
	session_read_link_info(s, in->msg);
	outbox_post(&conn_of(s)->core->outbox, &s->object, L2TP_OP_SESSION_LINK);
}

static void hear_wen(struct session *s, const struct session_input *in, usec_t now)
{
	(void)now;
	s->errors = in->msg->call_errors;
	outbox_post(&conn_of(s)->core->outbox, &s->object, L2TP_OP_SESSION_ERRORS);
}

/* ---- Tables ------------------------------------------------------------------------------------------------- */

#define END SESSION_DEAD

const struct session_rules session_rules_v2 = { {
	/* RFC 2661 7.4.1 */
	[SESSION_LAC_INCOMING] = {
		[SESSION_IDLE] = {
			[SEV_OPEN]          = { wait,       SESSION_WAIT_TUNNEL },
		},
		[SESSION_WAIT_TUNNEL] = {
			[SEV_CLOSE]         = { clean_up,   END },
			[SEV_TUNNEL_OPEN]   = { send_icrq,  SESSION_WAIT_REPLY },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
		[SESSION_WAIT_REPLY] = {
			[SEV_ICRP_OK]       = { make_path,  SESSION_WAIT_DATAPLANE },
			[SEV_ICRP_BAD]      = { cdn,        END },
			[SEV_ICRQ]          = { unexpected, END },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_ICCN_OK]       = { drop,       END },
			[SEV_OUTGOING]      = { unexpected, END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TIMEOUT]       = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
		[SESSION_WAIT_DATAPLANE] = {
			[SEV_READY]         = { send_iccn,  SESSION_ESTABLISHED },
			[SEV_NOT_READY]     = { cdn,        END },
			[SEV_ICRP_OK]       = { unexpected, END },
			[SEV_ICRQ]          = { unexpected, END },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_ICCN_OK]       = { drop,       END },
			[SEV_OUTGOING]      = { unexpected, END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TIMEOUT]       = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
		[SESSION_ESTABLISHED] = {
			[SEV_SLI]           = { hear_sli,   SESSION_ESTABLISHED },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_ICRQ]          = { unexpected, END },
			[SEV_ICRP_OK]       = { unexpected, END },
			[SEV_ICCN_OK]       = { unexpected, END },
			[SEV_OUTGOING]      = { unexpected, END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
	},
	/* RFC 2661 7.4.2 */
	[SESSION_LNS_INCOMING] = {
		[SESSION_IDLE] = {
			[SEV_ICRQ_OK]       = { ask,        SESSION_WAIT_DECISION },
		},
		[SESSION_WAIT_DECISION] = {
			[SEV_READY]         = { accept_call, SESSION_WAIT_DATAPLANE },
			[SEV_NOT_READY]     = { cdn,        END },
			[SEV_ICRQ]          = { unexpected, END },
			[SEV_ICRP_OK]       = { unexpected, END },
			[SEV_ICCN_OK]       = { unexpected, END },
			[SEV_OUTGOING]      = { unexpected, END },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TIMEOUT]       = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
		[SESSION_WAIT_DATAPLANE] = {
			[SEV_READY]         = { send_icrp,  SESSION_WAIT_CONNECT },
			[SEV_NOT_READY]     = { cdn,        END },
			[SEV_ICRQ]          = { unexpected, END },
			[SEV_ICRP_OK]       = { unexpected, END },
			[SEV_ICCN_OK]       = { unexpected, END },
			[SEV_OUTGOING]      = { unexpected, END },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TIMEOUT]       = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
		[SESSION_WAIT_CONNECT] = {
			[SEV_ICCN_OK]       = { ask_again,  SESSION_CONNECTED },
			[SEV_ICCN_BAD]      = { cdn,        END },
			[SEV_ICRQ]          = { unexpected, END },
			[SEV_ICRP_OK]       = { unexpected, END },
			[SEV_OUTGOING]      = { unexpected, END },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TIMEOUT]       = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
		[SESSION_CONNECTED] = {
			[SEV_READY]         = { up,         SESSION_ESTABLISHED },
			[SEV_NOT_READY]     = { cdn,        END },
			[SEV_ICRQ]          = { unexpected, END },
			[SEV_ICRP_OK]       = { unexpected, END },
			[SEV_ICCN_OK]       = { unexpected, END },
			[SEV_OUTGOING]      = { unexpected, END },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TIMEOUT]       = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
		[SESSION_ESTABLISHED] = {
			[SEV_WEN]           = { hear_wen,   SESSION_ESTABLISHED },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_ICRQ]          = { unexpected, END },
			[SEV_ICRP_OK]       = { unexpected, END },
			[SEV_ICCN_OK]       = { unexpected, END },
			[SEV_OUTGOING]      = { unexpected, END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
	},
	/* RFC 2661 7.5.1 */
	[SESSION_LAC_OUTGOING] = {
		[SESSION_IDLE] = {
			[SEV_OCRQ_OK]       = { ask,        SESSION_WAIT_DECISION },
		},
		[SESSION_WAIT_DECISION] = {
			[SEV_READY]         = { accept_call, SESSION_WAIT_DATAPLANE },
			[SEV_NOT_READY]     = { cdn,        END },
			[SEV_OCRQ]          = { unexpected, END },
			[SEV_OCRP_OK]       = { unexpected, END },
			[SEV_OCCN_OK]       = { unexpected, END },
			[SEV_INCOMING]      = { unexpected, END },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TIMEOUT]       = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
		[SESSION_WAIT_DATAPLANE] = {
			[SEV_READY]         = { send_ocrp,  SESSION_WAIT_CS_ANSWER },
			[SEV_NOT_READY]     = { cdn,        END },
			[SEV_OCRQ]          = { unexpected, END },
			[SEV_OCRP_OK]       = { unexpected, END },
			[SEV_OCCN_OK]       = { unexpected, END },
			[SEV_INCOMING]      = { unexpected, END },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TIMEOUT]       = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
		[SESSION_WAIT_CS_ANSWER] = {
			[SEV_READY]         = { send_occn,  SESSION_ESTABLISHED },
			[SEV_NOT_READY]     = { cdn,        END },
			[SEV_OCRQ]          = { unexpected, END },
			[SEV_OCRP_OK]       = { unexpected, END },
			[SEV_OCCN_OK]       = { unexpected, END },
			[SEV_INCOMING]      = { unexpected, END },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TIMEOUT]       = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
		[SESSION_ESTABLISHED] = {
			[SEV_SLI]           = { hear_sli,   SESSION_ESTABLISHED },
			[SEV_OCRQ]          = { unexpected, END },
			[SEV_OCRP_OK]       = { unexpected, END },
			[SEV_OCCN_OK]       = { unexpected, END },
			[SEV_INCOMING]      = { unexpected, END },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
	},
	/* RFC 2661 7.5.2 */
	[SESSION_LNS_OUTGOING] = {
		[SESSION_IDLE] = {
			[SEV_OPEN]          = { wait,       SESSION_WAIT_TUNNEL },
		},
		[SESSION_WAIT_TUNNEL] = {
			[SEV_TUNNEL_OPEN]   = { send_ocrq,  SESSION_WAIT_REPLY },
			[SEV_CLOSE]         = { clean_up,   END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
		[SESSION_WAIT_REPLY] = {
			[SEV_OCRP_OK]       = { make_path,  SESSION_WAIT_DATAPLANE },
			[SEV_OCRP_BAD]      = { cdn,        END },
			[SEV_OCRQ]          = { unexpected, END },
			[SEV_OCCN_OK]       = { unexpected, END },
			[SEV_INCOMING]      = { unexpected, END },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TIMEOUT]       = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
		[SESSION_WAIT_DATAPLANE] = {
			[SEV_READY]         = { wait,       SESSION_WAIT_CONNECT },
			[SEV_NOT_READY]     = { cdn,        END },
			[SEV_OCCN_OK]       = { wait,       SESSION_CONNECTED },
			[SEV_OCCN_BAD]      = { cdn,        END },
			[SEV_OCRQ]          = { unexpected, END },
			[SEV_OCRP_OK]       = { unexpected, END },
			[SEV_INCOMING]      = { unexpected, END },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TIMEOUT]       = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
		[SESSION_WAIT_CONNECT] = {
			[SEV_OCCN_OK]       = { up,         SESSION_ESTABLISHED },
			[SEV_CONNECT_SET]   = { alter_path, SESSION_CONNECTED },
			[SEV_OCCN_BAD]      = { cdn,        END },
			[SEV_OCRQ]          = { unexpected, END },
			[SEV_OCRP_OK]       = { unexpected, END },
			[SEV_INCOMING]      = { unexpected, END },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TIMEOUT]       = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
		[SESSION_CONNECTED] = {
			[SEV_READY]         = { up,         SESSION_ESTABLISHED },
			[SEV_NOT_READY]     = { cdn,        END },
			[SEV_OCRQ]          = { unexpected, END },
			[SEV_OCRP_OK]       = { unexpected, END },
			[SEV_OCCN_OK]       = { unexpected, END },
			[SEV_INCOMING]      = { unexpected, END },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TIMEOUT]       = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
		[SESSION_ESTABLISHED] = {
			[SEV_WEN]           = { hear_wen,   SESSION_ESTABLISHED },
			[SEV_OCRQ]          = { unexpected, END },
			[SEV_OCRP_OK]       = { unexpected, END },
			[SEV_OCCN_OK]       = { unexpected, END },
			[SEV_INCOMING]      = { unexpected, END },
			[SEV_CDN]           = { clean_up,   END },
			[SEV_CLOSE]         = { cdn,        END },
			[SEV_FAULT]         = { cdn,        END },
			[SEV_TUNNEL_CLOSED] = { clean_up,   END },
		},
	},
} };

#undef END

static const char *const state_names[SESSION_STATES] = {
	[SESSION_BLANK] = "?",
	[SESSION_IDLE] = "idle",
	[SESSION_WAIT_TUNNEL] = "wait-tunnel",
	[SESSION_WAIT_REPLY] = "wait-reply",
	[SESSION_WAIT_DECISION] = "wait-decision",
	[SESSION_WAIT_DATAPLANE] = "wait-dataplane",
	[SESSION_WAIT_CS_ANSWER] = "wait-cs-answer",
	[SESSION_WAIT_CONNECT] = "wait-connect",
	[SESSION_CONNECTED] = "connected",
	[SESSION_ESTABLISHED] = "established",
	[SESSION_DEAD] = "dead",
};

const char *session_state_name(enum session_state state)
{
	return state_names[state];
}

const char *l2tp_session_state(unsigned n)
{
	return n < SESSION_STATES - 1 - SESSION_BLANK ? state_names[SESSION_BLANK + 1 + n] : NULL;
}

static void apply(struct session *s, enum session_event event, const struct session_input *in, usec_t now)
{
	const struct session_rule *rule = &conn_of(s)->dialect->session_rules->at[s->role][s->state][event];

	if (!rule->action)
		return;
	/* Actions see the state they were called in; none of them raises an event. */
	rule->action(s, in, now);
	if (rule->next == SESSION_DEAD && s->state == SESSION_ESTABLISHED)
		conn_of(s)->core->stats.sessions_established--;
	if (s->state != SESSION_ESTABLISHED && rule->next == SESSION_ESTABLISHED)
		s->established = now;
	s->state = rule->next;
}

void session_apply(struct session *s, enum session_event event, const struct session_input *in, usec_t now)
{
	struct l2tp_reason closed;

	if (!s->table->ended)
		return apply(s, event, in, now);
	closed = (struct l2tp_reason){ .origin = s->table->ended->origin, .result = RC_CDN_ADMIN, .text = "the tunnel is closed" };
	conn_put_detail(&closed, s->table->ended->detail);
	apply(s, SEV_TUNNEL_CLOSED, &(struct session_input){ .reason = &closed }, now);
}
