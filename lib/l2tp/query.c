/* SPDX-License-Identifier: MIT */
/*
 * query: what the door tells about an engine: figures, one tunnel or session in full, and walks over all of them.
 *
 * A table keeps its objects in the order in which they were added, that is in the order of their serial numbers, which
 * never come back.  So "behind serial number n" is a place in it, whatever has come and gone since; the id in the
 * cursor finds that place at once as long as the object is there.  And, by a tunnel's secret, what its messages hide.
 */
#include <errno.h>

#include "describe.h"
#include "registry.h"

void l2tp_get_stats(const struct l2tp *l, struct l2tp_stats *ret)
{
	*ret = l->core.stats;
	for (int i = 0; i < L2TP_DROPS; i++)
		*(i <= L2TP_DROP_NR ? &ret->malformed : &ret->ignored) += ret->dropped[i];
	ret->tunnels_half_open = l->sources.half_open;
}

static void tell_tunnel(const struct tunnel *t, struct l2tp_tunnel_info *ret)
{
	const struct chan *chan = &t->conn.chan;

	*ret = (struct l2tp_tunnel_info){ .tunnel_id = t->conn.id,
					  .peer_tunnel_id = t->conn.peer_id,
					  .state = tunnel_state_name(t->state),
					  .initiator = t->initiator,
					  .authenticated = t->authenticated,
					  .local = t->conn.local,
					  .peer = t->conn.peer,
					  .peer_host_name = { t->peer_name, t->peer_name_len },
					  .peer_vendor_name = { t->vendor_name, t->vendor_name_len },
					  .version = t->conn.dialect->version,
					  .sessions = t->sessions.alive,
					  .receive_window = chan->config.receive_window,
					  .send_window = chan->peer_window,
					  .congestion_window = chan->cwnd,
					  .unacknowledged = (uint16_t)(chan->ns - chan->una),
					  .queued = chan->queued,
					  .ns = chan->ns,
					  .nr = chan->nr,
					  .retransmits = chan->retransmits,
					  .rtt = chan->rtt,
					  .retransmit_interval = chan_interval(chan),
					  .created = t->created,
					  .established = t->established,
					  .retransmit_at = chan->retransmit_at,
					  .heard = t->heard,
					  .hello_at = t->hello_timer.deadline,
					  .life_at = t->life_timer.deadline,
					  .phb = t->conn.phb,
					  .reason = &t->reason,
					  .cookie = t->conn.params.cookie,
					  .params = &t->conn.params,
					  .serial = t->serial };
}

static void tell_session(const struct session *s, struct l2tp_session_info *ret)
{
	*ret = (struct l2tp_session_info){ .tunnel_id = s->table->conn->id,
					   .session_id = s->id,
					   .peer_session_id = s->peer_id,
					   .state = session_state_name(s->state),
					   .lns = session_is_lns(s),
					   .call = &s->info,
					   .call_cookie = s->cookie,
					   .created = s->created,
					   .established = s->established,
					   .life_at = s->state == SESSION_ESTABLISHED ? USEC_NEVER : s->timer.deadline,
					   .phb = s->phb,
					   .reason = session_reason(s),
					   .serial = s->serial };
}

int l2tp_get_tunnel(const struct l2tp *l, uint32_t tunnel_id, struct l2tp_tunnel_info *ret)
{
	const struct tunnel *t = registry_find(l, tunnel_id);

	if (!t)
		return -ENOENT;
	tell_tunnel(t, ret);
	return 0;
}

int l2tp_get_session(const struct l2tp *l, uint32_t tunnel_id, uint32_t session_id, struct l2tp_session_info *ret)
{
	const struct tunnel *t = registry_find(l, tunnel_id);
	const struct session *s = t ? session_find(&t->sessions, session_id) : NULL;

	if (!s)
		return -ENOENT;
	tell_session(s, ret);
	return 0;
}

/* ---- Walks -------------------------------------------------------------------------------------------------- */

/* The tunnel that the cursor names; NULL: none, or it has gone. */
static const struct tunnel *tunnel_at(const struct l2tp *l, const struct l2tp_cursor *c)
{
	const struct tunnel *t = registry_find(l, c->tunnel_id);

	return t && t->serial == c->tunnel_serial ? t : NULL;
}

static const struct tunnel *tunnel_behind(const struct l2tp *l, const struct l2tp_cursor *c)
{
	const struct tunnel *t = tunnel_at(l, c);

	if (t)
		return t->hh.next;
	for (t = l->by_id; t && t->serial <= c->tunnel_serial; t = t->hh.next)
		;
	return t;
}

static const struct session *session_behind(const struct tunnel *t, const struct l2tp_cursor *c)
{
	const struct session *s;

	if (!c->session_serial)
		return t->sessions.by_id;
	s = session_find(&t->sessions, c->session_id);
	if (s && s->serial == c->session_serial)
		return s->hh.next;
	for (s = t->sessions.by_id; s && s->serial <= c->session_serial; s = s->hh.next)
		;
	return s;
}

int l2tp_next_tunnel(const struct l2tp *l, struct l2tp_cursor *c, struct l2tp_tunnel_info *ret)
{
	const struct tunnel *t = tunnel_behind(l, c);

	if (!t)
		return -ENOENT;
	*c = (struct l2tp_cursor){ .tunnel_serial = t->serial, .tunnel_id = t->conn.id };
	tell_tunnel(t, ret);
	return 0;
}

int l2tp_next_session(const struct l2tp *l, struct l2tp_cursor *c, struct l2tp_session_info *ret)
{
	const struct tunnel *t = tunnel_at(l, c);
	const struct session *s = t ? session_behind(t, c) : NULL;

	if (!s) {
		for (t = tunnel_behind(l, c); t && !t->sessions.by_id; t = t->hh.next)
			;
		if (!t)
			return -ENOENT;
		s = t->sessions.by_id;
	}
	*c = (struct l2tp_cursor){ .tunnel_serial = t->serial, .session_serial = s->serial,
				   .tunnel_id = t->conn.id, .session_id = s->id };
	tell_session(s, ret);
	return 0;
}

int l2tp_unhide(const struct l2tp *l, uint32_t tunnel_id, struct l2tp_span datagram, uint8_t *out, size_t size,
		size_t *ret_len)
{
	const struct tunnel *t = registry_find(l, tunnel_id);

	return t ? describe_unhide(conn_secret(&t->conn), datagram, out, size, ret_len) : -ENOENT;
}
