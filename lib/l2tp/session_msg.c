/* SPDX-License-Identifier: MIT */
/*
 * session_msg: the messages that set up and end a call (RFC 2661 6.6 to 6.12), filled from what is known of it.
 *
 * Called by the state machine, which knows when each of them is due.
 */
#include "session.h"

#include <assert.h>

#include "msg.h"

/* The per-hop behaviour that we ask for, or answer with (RFC 3308). */
static void put_phb(struct msg *m, uint32_t phb)
{
	m->session_ds = (uint16_t)phb;
	msg_set_if(m, AVP_SESSION_DS, phb != L2TP_PHB_NONE);
}

static void fill_icrq(struct session *s, struct msg *m)
{
	const struct l2tp_call_info *info = &s->info;

	m->call_serial_number = info->call_serial_number;
	m->bearer_type = info->bearer_type;
	m->physical_channel_id = info->physical_channel_id;
	m->calling_number = info->calling_number;
	m->called_number = info->called_number;
	m->sub_address = info->sub_address;
	msg_set(m, AVP_CALL_SERIAL_NUMBER);
	msg_set(m, AVP_BEARER_TYPE);
	msg_set_if(m, AVP_PHYSICAL_CHANNEL_ID, info->physical_channel_id);
	msg_set_if(m, AVP_CALLING_NUMBER, info->calling_number.len);
	msg_set_if(m, AVP_CALLED_NUMBER, info->called_number.len);
	msg_set_if(m, AVP_SUB_ADDRESS, info->sub_address.len);
	put_phb(m, s->table->conn->params.session_phb);
}

static void fill_icrp(struct session *s, struct msg *m)
{
	put_phb(m, s->phb);
}

/* What ICCN and OCCN have in common. */
static void put_connection(const struct l2tp_call_info *info, struct msg *m)
{
	m->tx_connect_speed = info->tx_connect_speed;
	m->rx_connect_speed = info->rx_connect_speed;
	m->framing_type = info->framing_type;
	msg_set(m, AVP_TX_CONNECT_SPEED);
	msg_set(m, AVP_FRAMING_TYPE);
	msg_set_if(m, AVP_RX_CONNECT_SPEED, info->rx_connect_speed);
	msg_set_if(m, AVP_SEQUENCING_REQUIRED, info->sequencing_required);
	session_put_lcp(&info->lcp, m);
}

static void fill_iccn(struct session *s, struct msg *m)
{
	put_connection(&s->info, m);
	m->private_group_id = s->info.private_group_id;
	msg_set_if(m, AVP_PRIVATE_GROUP_ID, s->info.private_group_id.len);
	session_put_proxy(&s->info.proxy, m);
}

/* What info leaves open is what the peer can do. */
static void fill_ocrq(struct session *s, struct msg *m)
{
	struct l2tp_call_info *info = &s->info;

	if (!info->bearer_type)
		info->bearer_type = s->table->conn->peer_bearer;
	if (!info->framing_type)
		info->framing_type = s->table->conn->peer_framing;
	m->call_serial_number = info->call_serial_number;
	m->minimum_bps = info->minimum_bps;
	m->maximum_bps = info->maximum_bps;
	m->bearer_type = info->bearer_type;
	m->framing_type = info->framing_type;
	m->called_number = info->called_number;
	m->sub_address = info->sub_address;
	msg_set(m, AVP_CALL_SERIAL_NUMBER);
	msg_set(m, AVP_MINIMUM_BPS);
	msg_set(m, AVP_MAXIMUM_BPS);
	msg_set(m, AVP_BEARER_TYPE);
	msg_set(m, AVP_FRAMING_TYPE);
	msg_set(m, AVP_CALLED_NUMBER);
	msg_set_if(m, AVP_SUB_ADDRESS, info->sub_address.len);
	put_phb(m, s->table->conn->params.session_phb);
}

static void fill_ocrp(struct session *s, struct msg *m)
{
	m->physical_channel_id = s->info.physical_channel_id;
	msg_set_if(m, AVP_PHYSICAL_CHANNEL_ID, m->physical_channel_id);
	put_phb(m, s->phb);
}

/* What was asked for may be open, what was connected is not. */
static void fill_occn(struct session *s, struct msg *m)
{
	struct l2tp_call_info *info = &s->info;

	if (info->framing_type != L2TP_FRAMING_ASYNC)
		info->framing_type = L2TP_FRAMING_SYNC;
	if (!info->tx_connect_speed)
		info->tx_connect_speed = info->maximum_bps;
	put_connection(info, m);
}

/* clang-format off */
static const struct {
	void (*fill)(struct session *s, struct msg *m);
	bool assigns; /* it tells the peer our id */
} kinds[CM_COUNT] = {
	[CM_ICRQ] = { fill_icrq, true },
	[CM_ICRP] = { fill_icrp, true },
	[CM_ICCN] = { fill_iccn, false },
	[CM_OCRQ] = { fill_ocrq, true },
	[CM_OCRP] = { fill_ocrp, true },
	[CM_OCCN] = { fill_occn, false },
};
/* clang-format on */

void session_say(struct session *s, enum cm_type type, usec_t now)
{
	struct msg m = { .type = type, .assigned_session_id = s->id };

	assert(kinds[type].fill);
	msg_set_if(&m, AVP_ASSIGNED_SESSION_ID, kinds[type].assigns);
	kinds[type].fill(s, &m);
	if (type == CM_ICRP || type == CM_OCRP)
		conn_reply(s->table->conn, &m, s->peer_id, now);
	else
		conn_send(s->table->conn, &m, s->peer_id, now); /* a request's is not known yet: 0 */
}

void session_say_cdn(struct session *s, const struct l2tp_reason *reason, usec_t now)
{
	struct conn *c = s->table->conn;
	struct msg m = { .type = CM_CDN };

	/* our id, which the peer has not heard of if the call is not decided upon, and need not */
	m.assigned_session_id = s->undecided ? conn_spare_id(c, c->id) : s->id;
	msg_set(&m, AVP_ASSIGNED_SESSION_ID);
	conn_put_reason(&m, reason);
	if (session_is_theirs(s->role) && (s->undecided || s->state == SESSION_WAIT_DATAPLANE))
		conn_reply(c, &m, s->peer_id, now); /* in place of ICRP or OCRP */
	else
		conn_send(c, &m, s->peer_id, now);
}
