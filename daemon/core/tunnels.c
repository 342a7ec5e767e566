/* SPDX-License-Identifier: MIT */
/*
 * tunnels: the driver's share of the TUNNEL operations: socket, kernel tunnel, the host route that keeps the way to the
 * peer, and what the log says of it.
 *
 * The socket exists before the kernel tunnel and outlives it, for the linger of the control connection.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"
#include "world.h"

static struct log_object object(const struct world_tunnel *t)
{
	return (struct log_object){ .tunnel_id = t->id,
				    .peer_tunnel_id = t->peer_id,
				    .peer = &t->peer,
				    .host = t->host[0] ? t->host : NULL,
				    .profile = t->profile->name };
}

struct world_tunnel *tunnel_get(const struct driver *d, uint32_t id)
{
	struct world_tunnel *t;

	HASH_FIND(hh, d->tunnels, &id, sizeof(id), t);
	return t;
}

static void emit(const struct world_tunnel *t, enum driver_event_type type, const struct l2tp_reason *reason)
{
	world_emit(t->driver, &(struct driver_event){ .type = type,
						      .tunnel_id = t->id,
						      .profile = t->profile->name,
						      .peer = &t->peer,
						      .host = t->host[0] ? t->host : NULL,
						      .reason = reason });
}

struct world_tunnel *tunnel_note(struct driver *d, uint32_t id, const struct config_profile *profile)
{
	struct world_tunnel *t = tunnel_get(d, id);

	if (t)
		return t;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->driver = d;
	t->id = id;
	t->profile = profile;
	HASH_ADD(hh, d->tunnels, id, sizeof(t->id), t);
	if (!t->hh.tbl) {
		free(t);
		return NULL;
	}
	emit(t, DRIVER_TUNNEL_OPENED, NULL);
	return t;
}

/* ---- How many a profile has --------------------------------------------------------------------------------- */

static void count(struct world_tunnel *t, bool counted)
{
	t->profile->use->tunnels += counted;
	t->profile->use->tunnels -= t->counted;
	t->counted = counted;
}

void tunnel_belong(struct world_tunnel *t, const struct config_profile *profile)
{
	bool counted = t->counted;

	count(t, false);
	t->profile = profile;
	count(t, counted);
}

static bool is_full(const struct config_profile *profile)
{
	return profile->max_tunnels && profile->use->tunnels >= profile->max_tunnels;
}

static struct l2tp_reason too_many(const struct driver *d)
{
	return world_refusal(&d->config->limits.refusal, RC_STOPCCN_GENERAL, EC_RESOURCES,
			     "too many tunnels of this profile");
}

static bool has_one_from(const struct driver *d, const struct l2tp_addr *peer)
{
	for (const struct world_tunnel *t = d->tunnels; t; t = t->hh.next)
		if (t->counted && memcmp(&t->peer, peer, sizeof(*peer)) == 0)
			return true;
	return false;
}

/* Only what is established counts: what anybody can begin takes no honest peer's place.  That is judged again when the
 * tunnel is established; a peer that has one may go on until then, for it may have forgotten it, and the engine finds
 * that out. */
bool tunnel_has_room(const struct driver *d, const struct config_profile *profile, const struct l2tp_addr *peer,
		     struct l2tp_reason *reason)
{
	if (!is_full(profile) || has_one_from(d, peer))
		return true;
	*reason = too_many(d);
	return false;
}

/* ---- The data path ------------------------------------------------------------------------------------------ */

static void on_added(void *ctx, int err, const char *text)
{
	struct world_tunnel *t = ctx;
	struct log_object o = object(t);

	if (err < 0)
		log_event(LOG_ERR, LOG_LOCAL_, &o, "no kernel tunnel, closing: %s", text ? text : strerror(-err));
	world_op_done(t->driver, t->id, 0, err, text);
}

static void pin(struct world_tunnel *t, const struct l2tp_op *op)
{
	struct log_object o = object(t);
	int r;

	if (!t->driver->link || !op->initiator)
		return;
	r = link_pin_peer(t->driver->link, &op->local, &op->peer);
	if (r < 0)
		log_event(LOG_WARNING, LOG_LOCAL_, &o, "no host route to the peer, a default route through the tunnel "
			  "would swallow its packets: %s", strerror(-r));
	t->pinned = r >= 0;
}

/* Codes with the last bit set are no DSCP but stand for a behaviour that is no standard: no domain of ours knows it. */
static bool has_dscp(uint32_t phb)
{
	return phb != L2TP_PHB_NONE && !(phb & 1);
}

unsigned tunnel_dscp(uint32_t phb, uint32_t otherwise)
{
	if (has_dscp(phb))
		return phb >> CONFIG_DSCP_SHIFT;
	return has_dscp(otherwise) ? otherwise >> CONFIG_DSCP_SHIFT : 0;
}

void tunnel_mark(struct world_tunnel *t, uint32_t phb)
{
	struct log_object o = object(t);
	unsigned dscp = tunnel_dscp(phb, t->profile->params.session_phb);
	int r = listen_mark(t->socket, dscp);

	if (r < 0)
		log_event(LOG_WARNING, LOG_LOCAL_, &o, "data cannot be marked with DSCP %u: %s", dscp, strerror(-r));
}

static void add(struct world_tunnel *t, const struct l2tp_op *op)
{
	struct driver *d = t->driver;
	struct log_object o = object(t);
	int r = listen_connect(d->listen, t->socket, &op->local, &op->peer, &t->socket);

	if (r < 0) {
		log_event(LOG_ERR, LOG_LOCAL_, &o, "no socket for the tunnel, closing: %s", strerror(-r));
		world_op_done(d, t->id, 0, r, NULL);
		return;
	}
	tunnel_mark(t, L2TP_PHB_NONE);
	pin(t, op);
	struct dataplane_tunnel spec = { .tunnel_id = op->tunnel_id,
					 .peer_tunnel_id = op->peer_tunnel_id,
					 .version = op->version,
					 .fd = listen_fd(t->socket) };
	d->dataplane->class->tunnel_add(d->dataplane, &spec, on_added, t);
}

static void on_deleted(void *ctx, int err, const char *text)
{
	struct world_tunnel *t = ctx;
	struct log_object o = object(t);

	if (err < 0)
		log_event(LOG_WARNING, LOG_LOCAL_, &o, "kernel tunnel not removed: %s", text ? text : strerror(-err));
	world_op_done(t->driver, t->id, 0, err, text);
}

static void unpin(struct world_tunnel *t)
{
	if (t->pinned)
		link_unpin_peer(t->driver->link, &t->peer);
	t->pinned = false;
}

static void on_stats(void *ctx, int err, const struct dataplane_stats *stats)
{
	struct world_tunnel *t = ctx;

	if (err >= 0 && stats->rx_packets != t->rx_packets) {
		t->rx_packets = stats->rx_packets;
		l2tp_data_seen(t->driver->engine, t->id, world_now());
	}
	world_op_done(t->driver, t->id, 0, 0, NULL);
}

/* ---- What the log says -------------------------------------------------------------------------------------- */

static const char *by(enum l2tp_origin origin)
{
	static const char *const words[] = { [L2TP_BY_NOBODY] = "?",
					     [L2TP_BY_PEER] = "by the peer",
					     [L2TP_BY_REQUEST] = "on request",
					     [L2TP_BY_FAULT] = "the peer erred",
					     [L2TP_BY_TIMEOUT] = "timeout",
					     [L2TP_BY_LOCAL] = "local failure",
					     [L2TP_BY_PPP] = "PPP ended" };

	return words[origin];
}

static enum log_class class_of(const struct l2tp_reason *reason)
{
	if (reason->result == RC_STOPCCN_UNAUTHORIZED)
		return LOG_AUTHN;
	return reason->origin == L2TP_BY_FAULT || reason->origin == L2TP_BY_TIMEOUT ? LOG_REMOTE :
	       reason->origin == L2TP_BY_LOCAL					      ? LOG_LOCAL_ :
										LOG_INFO_ONLY;
}

static void log_down(const struct world_tunnel *t, const struct l2tp_reason *reason)
{
	struct log_object o = object(t);
	char text[160];

	log_event(LOG_NOTICE, class_of(reason), &o, "tunnel closed, %s: %s (result %u, error %u)%s", by(reason->origin),
		  l2tp_stopccn_name(reason->result), reason->result, reason->error,
		  log_reason(reason, text, sizeof(text)));
}

static void gone(struct world_tunnel *t)
{
	struct driver *d = t->driver;

	unpin(t);
	trace_tunnel_gone(d->trace, t->id);
	listen_close(t->socket);
	HASH_DEL(d->tunnels, t);
	world_removed_put(d, t->profile);
	free(t);
}

/* The daemon's side of a tunnel that a peer has opened.  NULL: out of memory, or its profile has been removed meanwhile and
 * no other may have it; the engine gives it up. */
static struct world_tunnel *take_in(struct driver *d, const struct l2tp_op *op)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_REQUEST, .result = RC_STOPCCN_UNAUTHORIZED,
				      .text = "no longer configured" };
	const struct config_profile *profile = world_profile(d, op->cookie);
	struct world_tunnel *t = NULL;

	if (!profile || profile->removed)
		profile = reload_successor(d, op->tunnel_id);
	if (profile)
		t = tunnel_note(d, op->tunnel_id, profile);
	else
		l2tp_close_tunnel(d->engine, op->tunnel_id, &reason, world_now());
	if (!t)
		world_op_done(d, op->tunnel_id, 0, -ECANCELED, NULL);
	return t;
}

static bool stands(const struct world_tunnel *t)
{
	struct l2tp_tunnel_info info;

	return l2tp_get_tunnel(t->driver->engine, t->id, &info) >= 0 && strcmp(info.state, "established") == 0;
}

/* Those whose place this one has taken do not count any more, although we have still to hear of their end. */
static void drop_replaced(const struct world_tunnel *by)
{
	struct world_tunnel *t, *next;

	HASH_ITER(hh, by->driver->tunnels, t, next)
		if (t->counted && memcmp(&t->peer, &by->peer, sizeof(t->peer)) == 0 && !stands(t))
			count(t, false);
}

static void up(struct world_tunnel *t)
{
	struct log_object o = object(t);

	if (is_full(t->profile))
		drop_replaced(t);
	if (is_full(t->profile)) {
		struct l2tp_reason reason = too_many(t->driver);

		l2tp_close_tunnel(t->driver->engine, t->id, &reason, world_now());
		return;
	}
	count(t, true);
	log_event(LOG_NOTICE, LOG_INFO_ONLY, &o, "tunnel established");
	emit(t, DRIVER_TUNNEL_ESTABLISHED, NULL);
	if (t->dial)
		dial_tunnel_up(t->dial, t->id);
}

static void down(struct world_tunnel *t, const struct l2tp_op *op)
{
	count(t, false);
	log_down(t, op->reason);
	emit(t, DRIVER_TUNNEL_CLOSING, op->reason);
	if (t->dial)
		dial_tunnel_down(t->dial, t->id, op->reason, op->successor_id);
}

void tunnel_op(struct driver *d, const struct l2tp_op *op)
{
	struct world_tunnel *t = tunnel_get(d, op->tunnel_id);

	if (!t)
		t = take_in(d, op);
	if (!t)
		return;
	t->peer = op->peer;
	t->peer_id = op->peer_tunnel_id;
	if (op->peer_host_name.len)
		log_escape(op->peer_host_name, t->host, sizeof(t->host));
	if (op->type == L2TP_OP_TUNNEL_ADD) {
		add(t, op);
	} else if (op->type == L2TP_OP_TUNNEL_UP) {
		up(t);
	} else if (op->type == L2TP_OP_TUNNEL_IDLE) {
		d->dataplane->class->tunnel_stats(d->dataplane, t->id, on_stats, t);
	} else if (op->type == L2TP_OP_TUNNEL_DOWN) {
		down(t, op);
	} else if (op->type == L2TP_OP_TUNNEL_DEL) {
		unpin(t);
		emit(t, DRIVER_TUNNEL_REMOVING, NULL);
		d->dataplane->class->tunnel_del(d->dataplane, t->id, on_deleted, t);
	} else {
		emit(t, DRIVER_TUNNEL_GONE, NULL);
		gone(t);
	}
}

void tunnel_settle_removed(struct driver *d, uint32_t id)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_REQUEST, .text = "no longer configured" };
	const struct world_tunnel *t = tunnel_get(d, id);
	struct l2tp_tunnel_info info;

	if (t && t->profile->removed && l2tp_get_tunnel(d->engine, id, &info) >= 0 && info.sessions == 0)
		l2tp_close_tunnel(d->engine, id, &reason, world_now());
}

void tunnels_clear(struct driver *d)
{
	struct world_tunnel *t, *next;

	HASH_ITER(hh, d->tunnels, t, next)
		gone(t);
}
