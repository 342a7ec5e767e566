/* SPDX-License-Identifier: MIT */
/*
 * registry: see registry.h.  Used by admission.c and engine.c.
 *
 * An object is freed only here, at the beginning of an entry after the world has been told that it is gone.
 */
#include "registry.h"

#include <errno.h>
#include <string.h>

struct session *registry_session(struct object *o)
{
	return (struct session *)(void *)((char *)o - offsetof(struct session, object));
}

struct tunnel *registry_tunnel_of(struct session *s)
{
	return (struct tunnel *)(void *)((char *)s->table - offsetof(struct tunnel, sessions));
}

struct tunnel *registry_tunnel(struct object *o)
{
	if (o->kind == OBJECT_SESSION)
		return registry_tunnel_of(registry_session(o));
	return (struct tunnel *)(void *)((char *)o - offsetof(struct tunnel, object));
}

struct tunnel *registry_find(const struct l2tp *l, uint32_t id)
{
	struct tunnel *t;

	HASH_FIND(hh, l->by_id, &id, sizeof(id), t);
	return t;
}

static unsigned key_hash(const struct l2tp *l, const struct tunnel_key *key)
{
	return hash_keyed(&l->core.secret, key, sizeof(*key));
}

static unsigned addr_hash(const struct l2tp *l, const struct l2tp_addr *addr)
{
	return hash_keyed(&l->core.secret, addr, sizeof(*addr));
}

struct tunnel *registry_find_key(const struct l2tp *l, const struct l2tp_addr *peer, uint32_t peer_id)
{
	struct tunnel_key key = { .peer = *peer, .peer_id = peer_id };
	struct tunnel *t;

	HASH_FIND_BYHASHVALUE(hh_key, l->by_key, &key, sizeof(key), key_hash(l, &key), t);
	return t;
}

struct tunnel *registry_find_addr(const struct l2tp *l, const struct l2tp_addr *peer)
{
	struct tunnel *t;

	HASH_FIND_BYHASHVALUE(hh_addr, l->by_addr, peer, sizeof(*peer), addr_hash(l, peer), t);
	return t;
}

static void forget_addr(struct l2tp *l, struct tunnel *t)
{
	if (!t->hh_addr.tbl)
		return;
	HASH_DELETE(hh_addr, l->by_addr, t);
	t->hh_addr.tbl = NULL;
}

/* The newest counts: a peer that has begun anew must be able to go on. */
static void set_addr(struct l2tp *l, struct tunnel *t)
{
	struct tunnel *older = registry_find_addr(l, &t->key.peer);

	if (older)
		forget_addr(l, older);
	HASH_ADD_BYHASHVALUE(hh_addr, l->by_addr, key.peer, sizeof(t->key.peer), addr_hash(l, &t->key.peer), t);
}

static void forget_key(struct l2tp *l, struct tunnel *t)
{
	if (!t->hh_key.tbl)
		return;
	HASH_DELETE(hh_key, l->by_key, t);
	t->hh_key.tbl = NULL;
}

int registry_add(struct l2tp *l, const struct l2tp_params *params, const struct l2tp_addr *local,
		 const struct l2tp_addr *peer, bool initiator, usec_t now, struct tunnel **ret)
{
	struct tunnel *t;
	int r;

	if (l->core.stats.tunnels >= l->core.env.limits.tunnels)
		return -EMFILE;
	r = tunnel_new(&l->core, params, local, peer, initiator, now, &t);
	if (r < 0)
		return r;
	r = source_join(&l->sources, t);
	if (r < 0)
		goto no_source;
	HASH_ADD(hh, l->by_id, conn.id, sizeof(t->conn.id), t);
	if (!t->hh.tbl) {
		r = -ENOMEM;
		goto no_table;
	}
	*ret = t;
	return 0;

no_table:
	source_leave(&l->sources, t->source, initiator);
no_source:
	tunnel_free(t);
	return r;
}

static void drop_tunnel(struct l2tp *l, struct tunnel *t)
{
	struct source *s = t->source;
	bool initiator = t->initiator;

	source_dial_end(t);
	source_half_open_end(&l->sources, t);
	forget_key(l, t);
	forget_addr(l, t);
	HASH_DELETE(hh, l->by_id, t);
	tunnel_free(t);
	source_leave(&l->sources, s, initiator);
}

void registry_set_key(struct l2tp *l, struct tunnel *t, uint32_t peer_id, struct tunnel *older)
{
	if (older) {
		t->older_id = older->conn.id;
		forget_key(l, older);
	}
	t->key = (struct tunnel_key){ .peer = t->conn.peer, .peer_id = peer_id };
	HASH_ADD_BYHASHVALUE(hh_key, l->by_key, key, sizeof(t->key), key_hash(l, &t->key), t);
	if (t->conn.params.accept_tunnel_id_0)
		set_addr(l, t);
}

/* The peer has begun anew under the same address and id, and proved that it is the same: the old tunnel is void. */
static void replace_older(struct l2tp *l, struct tunnel *t, usec_t now)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_PEER, .result = RC_STOPCCN_CLEAR,
				      .text = "replaced by a new tunnel of the same peer" };
	struct tunnel *older;

	while ((older = registry_find(l, t->older_id))) {
		if (older == t || memcmp(&older->key, &t->key, sizeof(t->key)) != 0)
			break; /* it is gone, and another one lives under its id */
		t->older_id = older->older_id; /* it may have been about to replace one itself */
		older->older_id = 0;
		tunnel_apply(older, TEV_REPLACED, &(struct tunnel_input){ .reason = &reason }, now);
		registry_settle(l, older, now);
	}
	t->older_id = 0;
}

void registry_settle(struct l2tp *l, struct tunnel *t, usec_t now)
{
	tunnel_settle(t, now);
	if (t->state != TUNNEL_WAIT_REPLY)
		source_dial_end(t);
	if (t->state != TUNNEL_WAIT_CONN)
		source_half_open_end(&l->sources, t);
	if (t->older_id && t->state == TUNNEL_ESTABLISHED)
		replace_older(l, t, now);
}

void registry_reap(struct l2tp *l)
{
	for (struct object *o; (o = outbox_next_gone(&l->core.outbox));) {
		struct tunnel *t = registry_tunnel(o);

		if (o->kind == OBJECT_TUNNEL) {
			drop_tunnel(l, t);
		} else {
			session_free(registry_session(o));
			registry_settle(l, t, l->core.now);
		}
	}
}

void registry_clear(struct l2tp *l)
{
	struct tunnel *t, *next;

	registry_reap(l);
	HASH_ITER(hh, l->by_id, t, next)
		drop_tunnel(l, t);
}
