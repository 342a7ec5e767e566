/* SPDX-License-Identifier: MIT */
/*
 * tunnel: see tunnel.h.  The socket exists before the kernel tunnel and outlives it, for the linger of the control
 * connection.  Called by driver.c for operations, by dial.c and open.c for tunnels of ours.
 */
#include "tunnel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/log.h"
#include "kernel/dataplane.h"
#include "kernel/link.h"
#include "trace.h"

static struct log_object object(const struct tunnel *t)
{
	return (struct log_object){ .tunnel_id = t->id,
				    .peer_tunnel_id = t->peer_id,
				    .peer = &t->peer,
				    .host = t->host[0] ? t->host : NULL,
				    .profile = t->profile->name };
}

struct tunnel *tunnel_get(const struct tunnels *s, uint32_t id)
{
	struct tunnel *t;

	HASH_FIND(hh, s->all, &id, sizeof(id), t);
	return t;
}

static void emit(const struct tunnel *t, enum event_type type, const struct l2tp_reason *reason)
{
	events_emit(t->tunnels->events, &(struct event){ .type = type,
							 .tunnel_id = t->id,
							 .profile = t->profile->name,
							 .peer = &t->peer,
							 .host = t->host[0] ? t->host : NULL,
							 .reason = reason });
}

static struct tunnel *note(struct tunnels *s, uint32_t id, const struct config_profile *profile)
{
	struct tunnel *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->tunnels = s;
	t->id = id;
	t->profile = profile;
	HASH_ADD(hh, s->all, id, sizeof(t->id), t);
	if (!t->hh.tbl) {
		free(t);
		return NULL;
	}
	emit(t, EVENT_TUNNEL_OPENED, NULL);
	return t;
}

/* ---- How many a profile has --------------------------------------------------------------------------------- */

static void count(struct tunnel *t, bool counted)
{
	t->profile->use->tunnels += counted;
	t->profile->use->tunnels -= t->counted;
	t->counted = counted;
}

void tunnel_belong(struct tunnel *t, const struct config_profile *profile)
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

static struct l2tp_reason too_many(const struct tunnels *s)
{
	return decide_refusal(&s->profiles->config->limits.refusal, RC_STOPCCN_GENERAL, EC_RESOURCES,
			      "too many tunnels of this profile");
}

static bool has_one_from(const struct tunnels *s, const struct l2tp_addr *peer)
{
	for (const struct tunnel *t = s->all; t; t = t->hh.next)
		if (t->counted && address_equal(&t->peer, peer))
			return true;
	return false;
}

/* ---- Admission ---------------------------------------------------------------------------------------------- */

static void tell_refused(const struct tunnels *s, enum log_class class, const struct l2tp_addr *peer,
			 struct l2tp_span host_name, const struct l2tp_reason *reason, const char *why)
{
	char host[64];

	log_event(LOG_NOTICE, class,
		  &(struct log_object){ .peer = peer, .host = log_escape(host_name, host, sizeof(host)) },
		  "tunnel refused: %s", why);
	events_emit(s->events, &(struct event){ .type = EVENT_TUNNEL_REFUSED, .peer = peer, .host = host,
						.reason = reason });
}

/* Only what is established counts: what anybody can begin takes no honest peer's place.  That is judged again when the
 * tunnel is established; a peer that has one may go on until then, for it may have forgotten it, and the engine finds
 * that out. */
bool tunnels_admit(struct tunnels *s, const struct l2tp_addr *peer, struct l2tp_span host_name, struct l2tp_params *params,
		   struct l2tp_reason *reason)
{
	const struct config *config = s->profiles->config;
	const struct config_profile *profile = decide_tunnel(s->decide, peer, host_name);

	if (!profile) {
		reason->result = config->stranger_refusal.result;
		reason->error = config->stranger_refusal.error;
		tell_refused(s, CLASS_AUTH, peer, host_name, reason, "no lns profile matches this address and host name");
	} else if (!decide_takes_new(s->decide)) {
		*reason = decide_draining(s->decide, &config->limits.refusal);
		tell_refused(s, CLASS_NEUTRAL, peer, host_name, reason, reason->text);
	} else if (is_full(profile) && !has_one_from(s, peer)) {
		*reason = too_many(s);
		tell_refused(s, CLASS_LOCAL, peer, host_name, reason, reason->text);
	} else {
		*params = profile->params;
		return true;
	}
	return false;
}

void tunnels_refused(struct tunnels *s, const struct l2tp_addr *peer, struct l2tp_span host_name,
		     const struct l2tp_reason *reason)
{
	const enum log_class class = reason->result == RC_STOPCCN_UNAUTHORIZED ? CLASS_AUTH : CLASS_REMOTE;
	char why[256];

	snprintf(why, sizeof(why), "%s (result %u, error %u): %s", l2tp_stopccn_name(reason->result), reason->result,
		 reason->error, reason->text);
	tell_refused(s, class, peer, host_name, reason, why);
}

/* ---- A tunnel of ours --------------------------------------------------------------------------------------- */

/* The socket to dial from: one of its own, or (*ret NULL) the listener of a fixed port. */
static int local_socket(struct tunnels *s, const struct config_profile *p, const struct l2tp_addr *peer,
			struct l2tp_addr *local, struct listen_socket **ret)
{
	int r;

	*local = (struct l2tp_addr){ .family = peer->family };
	if (p->source && (address_read_ip(p->source, INTERFACE_EXISTS, local) || local->family != peer->family))
		return -EAFNOSUPPORT; /* the address that was resolved is of the other family */
	r = listen_dial(s->listen, local, peer, ret);
	if (r >= 0 && p->local_port) {
		listen_close(*ret); /* it has told the address to send from */
		*ret = NULL;
		local->port = p->local_port;
	}
	return r;
}

int tunnel_open(struct tunnels *s, const struct config_profile *p, const struct l2tp_addr *peer, struct owner *owner,
		struct tunnel **ret)
{
	struct listen_socket *socket;
	struct l2tp_addr local;
	struct tunnel *t;
	uint32_t id;
	int r = local_socket(s, p, peer, &local, &socket);

	if (r < 0)
		return r;
	r = l2tp_open(s->engine->l2tp, &p->params, &local, peer, clock_now(), &id);
	if (r < 0) {
		listen_close(socket);
		return r;
	}
	t = note(s, id, p);
	if (!t) {
		listen_close(socket);
		engine_close_tunnel(s->engine, id, NULL);
		return -ENOMEM;
	}
	t->socket = socket;
	t->peer = *peer;
	t->owner = owner;
	*ret = t;
	return 0;
}

/* ---- The data path ------------------------------------------------------------------------------------------ */

static void on_added(void *ctx, int err, const char *text)
{
	struct tunnel *t = ctx;
	struct log_object o = object(t);

	if (err < 0)
		log_event(LOG_ERR, CLASS_LOCAL, &o, "cannot create the kernel tunnel, closing: %s",
			  text ? text : strerror(-err));
	engine_op_done(t->tunnels->engine, t->id, 0, err, text);
}

static void pin(struct tunnel *t, const struct l2tp_op *op)
{
	struct log_object o = object(t);
	int r;

	if (!t->tunnels->link || !op->initiator)
		return;
	r = link_pin_peer(t->tunnels->link, &op->local, &op->peer);
	if (r < 0)
		log_event(LOG_WARNING, CLASS_LOCAL, &o, "cannot add a host route to the peer; a default route through "
			  "this tunnel would loop: %s", strerror(-r));
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

void tunnel_mark(struct tunnel *t, uint32_t phb)
{
	struct log_object o = object(t);
	unsigned dscp = tunnel_dscp(phb, t->profile->params.session_phb);
	int r = listen_mark(t->socket, dscp);

	if (r < 0)
		log_event(LOG_WARNING, CLASS_LOCAL, &o, "cannot mark data with DSCP %u: %s", dscp, strerror(-r));
}

static void add(struct tunnel *t, const struct l2tp_op *op)
{
	struct tunnels *s = t->tunnels;
	struct log_object o = object(t);
	int r = listen_connect(s->listen, t->socket, t->id, &op->local, &op->peer, &t->socket);

	if (r < 0) {
		log_event(LOG_ERR, CLASS_LOCAL, &o, "cannot open a socket for the tunnel, closing: %s", strerror(-r));
		engine_op_done(s->engine, t->id, 0, r, strerror(-r));
		return;
	}
	tunnel_mark(t, L2TP_PHB_NONE);
	pin(t, op);
	struct dataplane_tunnel spec = { .tunnel_id = op->tunnel_id,
					 .peer_tunnel_id = op->peer_tunnel_id,
					 .version = op->version };
	s->dataplane->class->tunnel_add(s->dataplane, &spec, on_added, t);
}

static void on_deleted(void *ctx, int err, const char *text)
{
	struct tunnel *t = ctx;
	struct log_object o = object(t);

	if (err < 0)
		log_event(LOG_WARNING, CLASS_LOCAL, &o, "cannot remove the kernel tunnel: %s", text ? text : strerror(-err));
	engine_op_done(t->tunnels->engine, t->id, 0, err, text);
}

static void unpin(struct tunnel *t)
{
	if (t->pinned)
		link_unpin_peer(t->tunnels->link, &t->peer);
	t->pinned = false;
}

static void on_stats(void *ctx, int err, const struct dataplane_stats *stats)
{
	struct tunnel *t = ctx;

	if (err >= 0 && stats->rx_packets != t->rx_packets) {
		t->rx_packets = stats->rx_packets;
		l2tp_data_seen(t->tunnels->engine->l2tp, t->id, clock_now());
	}
	engine_op_done(t->tunnels->engine, t->id, 0, 0, NULL);
}

/* ---- Its end ------------------------------------------------------------------------------------------------ */

/* Before what comes of it is: its sessions end first. */
static void log_down(struct tunnel *t, const struct l2tp_reason *reason)
{
	struct log_object o = object(t);
	char text[LOG_OUTCOME_MAX];

	if (!t->end_logged)
		log_event(LOG_NOTICE, reason->result == RC_STOPCCN_UNAUTHORIZED ? CLASS_AUTH : log_blame(reason), &o,
			  "tunnel closed%s", log_outcome(reason, l2tp_stopccn_name(reason->result), text));
	t->end_logged = true;
}

void tunnel_log_end(struct tunnel *t)
{
	struct l2tp_tunnel_info info;

	if (t && !t->end_logged && l2tp_get_tunnel(t->tunnels->engine->l2tp, t->id, &info) >= 0 &&
	    info.reason->origin != L2TP_BY_NOBODY)
		log_down(t, info.reason);
}

static void gone(struct tunnel *t)
{
	struct tunnels *s = t->tunnels;

	unpin(t);
	trace_tunnel_gone(s->trace, t->id);
	listen_close(t->socket);
	HASH_DEL(s->all, t);
	profiles_put(s->profiles, t->profile);
	free(t);
}

/* Ours of a tunnel that a peer has opened.  NULL: out of memory, or its profile has been removed meanwhile and no other
 * may have it; the engine gives it up. */
static struct tunnel *take_in(struct tunnels *s, const struct l2tp_op *op)
{
	static const struct l2tp_reason reason = { .origin = L2TP_BY_REQUEST, .result = RC_STOPCCN_UNAUTHORIZED,
						   .text = "no longer configured" };
	const struct config_profile *profile = profiles_find(s->profiles, op->cookie);
	struct l2tp_tunnel_info info;
	struct tunnel *t = NULL;

	if (!profile || profile->removed)
		profile = l2tp_get_tunnel(s->engine->l2tp, op->tunnel_id, &info) < 0 ? NULL :
										     decide_successor(s->decide, &info);
	if (profile)
		t = note(s, op->tunnel_id, profile);
	else
		l2tp_close_tunnel(s->engine->l2tp, op->tunnel_id, &reason, clock_now());
	if (!t)
		engine_op_done(s->engine, op->tunnel_id, 0, -ECANCELED, NULL);
	return t;
}

static bool stands(const struct tunnel *t)
{
	struct l2tp_tunnel_info info;

	return l2tp_get_tunnel(t->tunnels->engine->l2tp, t->id, &info) >= 0 && strcmp(info.state, "established") == 0;
}

/* Those whose place this one has taken do not count any more, although we have still to hear of their end. */
static void drop_replaced(const struct tunnel *by)
{
	struct tunnel *t, *next;

	HASH_ITER(hh, by->tunnels->all, t, next)
		if (t->counted && address_equal(&t->peer, &by->peer) && !stands(t))
			count(t, false);
}

static void up(struct tunnel *t)
{
	struct log_object o = object(t);

	if (is_full(t->profile))
		drop_replaced(t);
	if (is_full(t->profile)) {
		struct l2tp_reason reason = too_many(t->tunnels);

		l2tp_close_tunnel(t->tunnels->engine->l2tp, t->id, &reason, clock_now());
		return;
	}
	count(t, true);
	log_event(LOG_NOTICE, CLASS_NEUTRAL, &o, "tunnel established");
	emit(t, EVENT_TUNNEL_ESTABLISHED, NULL);
	if (t->owner)
		t->owner->class->up(t->owner, t->id, 0);
}

static void down(struct tunnel *t, const struct l2tp_op *op)
{
	count(t, false);
	log_down(t, op->reason);
	emit(t, EVENT_TUNNEL_CLOSING, op->reason);
	if (t->owner)
		t->owner->class->down(t->owner, t->id, 0, op->reason, op->successor_id);
}

static void del(struct tunnel *t)
{
	struct dataplane *dataplane = t->tunnels->dataplane;

	unpin(t);
	emit(t, EVENT_TUNNEL_REMOVING, NULL);
	dataplane->class->tunnel_del(dataplane, t->id, on_deleted, t);
}

void tunnel_op(struct tunnels *s, const struct l2tp_op *op)
{
	struct tunnel *t = tunnel_get(s, op->tunnel_id);

	if (!t)
		t = take_in(s, op);
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
		s->dataplane->class->tunnel_stats(s->dataplane, t->id, on_stats, t);
	} else if (op->type == L2TP_OP_TUNNEL_DOWN) {
		down(t, op);
	} else if (op->type == L2TP_OP_TUNNEL_DEL) {
		del(t);
	} else {
		emit(t, EVENT_TUNNEL_GONE, NULL);
		gone(t);
	}
}

void tunnel_settle_removed(struct tunnels *s, uint32_t id)
{
	const struct tunnel *t = tunnel_get(s, id);
	struct l2tp_tunnel_info info;

	if (t && t->profile->removed && l2tp_get_tunnel(s->engine->l2tp, id, &info) >= 0 && info.sessions == 0)
		engine_close_tunnel(s->engine, id, "no longer configured");
}

void tunnels_disown(struct tunnels *s, const struct owner *owner)
{
	for (struct tunnel *t = s->all; t; t = t->hh.next)
		if (t->owner == owner)
			t->owner = NULL;
}

void tunnels_clear(struct tunnels *s)
{
	struct tunnel *t, *next;

	HASH_ITER(hh, s->all, t, next)
		gone(t);
}
