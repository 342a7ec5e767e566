/* SPDX-License-Identifier: MIT */
/*
 * registry: see registry.h.  Used by admission.c and engine.c.
 *
 * An object is freed only here, at the beginning of an entry after the world has been told that it is gone.
 */
#include "registry.h"

#include <errno.h>
#include <string.h>

#include "trial.h"

#define TRIALS_AT_ONCE 16

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

struct tunnel *registry_find_key(const struct l2tp *l, const struct l2tp_addr *peer, uint32_t peer_id)
{
	struct tunnel_key key = { .peer = *peer, .peer_id = peer_id };
	struct tunnel *t;

	HASH_FIND_BYHASHVALUE(hh_key, l->by_key, &key, sizeof(key), key_hash(l, &key), t);
	return t;
}

struct tunnel *registry_find_addr(const struct l2tp *l, const struct l2tp_addr *peer, bool scccn)
{
	const struct endpoint *e = endpoint_find(&l->endpoints, peer);
	struct tunnel *t = NULL;

	if (e)
		t = !e->standing || (scccn && e->begun) ? e->begun : e->standing;
	return t && t->conn.params.accept_tunnel_id_0 ? t : NULL;
}

static void enter_key(struct l2tp *l, struct tunnel *t)
{
	HASH_ADD_BYHASHVALUE(hh_key, l->by_key, key, sizeof(t->key), key_hash(l, &t->key), t);
}

static void forget_key(struct l2tp *l, struct tunnel *t)
{
	if (!t->hh_key.tbl)
		return;
	HASH_DELETE(hh_key, l->by_key, t);
	t->hh_key.tbl = NULL;
}

int registry_add(struct l2tp *l, const struct dialect *dialect, const struct l2tp_params *params,
		 const struct l2tp_addr *local, const struct l2tp_addr *peer, bool initiator, usec_t now,
		 struct tunnel **ret)
{
	struct tunnel *t;
	int r;

	if (l->core.stats.tunnels >= l->core.env.limits.tunnels)
		return -EMFILE;
	r = tunnel_new(&l->core, dialect, params, local, peer, initiator, now, &t);
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

/* Where it was the newest of its key, the one before it is found again: it may have been a stranger's. */
static void leave_key(struct l2tp *l, struct tunnel *t)
{
	bool listed = t->hh_key.tbl;

	forget_key(l, t);
	if (t->older_key)
		t->older_key->newer_key = t->newer_key;
	if (t->newer_key)
		t->newer_key->older_key = t->older_key;
	if (listed && t->older_key)
		enter_key(l, t->older_key);
	t->older_key = t->newer_key = NULL;
}

static void drop_tunnel(struct l2tp *l, struct tunnel *t)
{
	struct source *s = t->source;
	bool initiator = t->initiator;

	source_dial_end(t);
	source_half_open_end(&l->sources, t);
	leave_key(l, t);
	endpoint_leave(&l->endpoints, t);
	if (l->shut_next == t)
		l->shut_next = t->hh.next;
	HASH_DELETE(hh, l->by_id, t);
	tunnel_free(t);
	source_leave(&l->sources, s, initiator);
}

void registry_set_key(struct l2tp *l, struct tunnel *t, uint32_t peer_id)
{
	struct tunnel *older = registry_find_key(l, &t->conn.peer, peer_id);

	t->key = (struct tunnel_key){ .peer = t->conn.peer, .peer_id = peer_id };
	t->older_key = older;
	if (older) {
		older->newer_key = t;
		forget_key(l, older);
	}
	enter_key(l, t);
}

/* ---- Which of a peer's tunnels lives on ---------------------------------------------------------------------- */

static void replace(struct l2tp *l, struct tunnel *old, const struct tunnel *by, usec_t now)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_PEER, .result = RC_STOPCCN_CLEAR,
				      .text = "replaced by a new tunnel of the same peer" };

	old->successor_id = by->conn.id;
	tunnel_apply(old, TEV_REPLACED, &(struct tunnel_input){ .reason = &reason }, now);
	registry_settle(l, old, now);
}

/* Others under the peer's id are void: the peer has begun anew.  Where it proves who it is, a newer one still may. */
static void replace_same_key(struct l2tp *l, struct tunnel *t, usec_t now)
{
	for (struct tunnel *older = t->older_key; older; older = older->older_key)
		replace(l, older, t, now);
	for (struct tunnel *newer = t->newer_key; newer; newer = newer->newer_key)
		if (!newer->conn.params.challenge)
			replace(l, newer, t, now);
}

/* A tie that the peer has won with this tunnel (4.4.3): our own is not heard of again.  Unless the peer has completed
 * that one first: then it is the one to stay. */
static void beat_rival(struct l2tp *l, struct tunnel *t, usec_t now)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_PEER, .result = RC_STOPCCN_EXISTS, .text = "tie lost" };
	struct tunnel *rival = t->rival_id ? registry_find(l, t->rival_id) : NULL;
	struct tunnel *loser;

	if (!rival || rival->serial > t->serial || !tunnel_alive(rival))
		return; /* it has ended, or another one lives under its id */
	loser = rival->state == TUNNEL_ESTABLISHED ? t : rival;
	loser->successor_id = loser == t ? rival->conn.id : t->conn.id;
	tunnel_apply(loser, loser == t ? TEV_CLOSE : TEV_TIE_LOST, &(struct tunnel_input){ .reason = &reason }, now);
	registry_settle(l, loser, now);
}

static bool same_name(const struct tunnel *a, const struct tunnel *b)
{
	return a->peer_name_len == b->peer_name_len && memcmp(a->peer_name, b->peer_name, a->peer_name_len) == 0;
}

/* A peer that opens one more tunnel from the same address and port may have forgotten the others, or may not.  A few are
 * asked at a time, those first that have waited longest: who opens many is asked as often, and it costs the same. */
static void try_others(struct tunnel *t, usec_t now)
{
	if (!t->endpoint)
		return;
	for (int i = 0; i < TRIALS_AT_ONCE; i++) {
		struct tunnel *other = endpoint_rotate(t->endpoint);

		if (other != t && other->state == TUNNEL_ESTABLISHED && same_name(t, other) && !trial_passed(other, now))
			trial_begin(other, false);
	}
}

static void meet(struct l2tp *l, struct tunnel *t, usec_t now)
{
	t->met = true;
	endpoint_stand(t);
	if (t->initiator)
		registry_set_key(l, t, t->conn.peer_id);
	replace_same_key(l, t, now);
	beat_rival(l, t, now);
	if (t->state == TUNNEL_ESTABLISHED)
		try_others(t, now);
}

void registry_settle(struct l2tp *l, struct tunnel *t, usec_t now)
{
	tunnel_settle(t, now);
	if (t->state != TUNNEL_WAIT_REPLY)
		source_dial_end(t);
	if (t->state != TUNNEL_WAIT_CONN)
		source_half_open_end(&l->sources, t);
	if (t->state == TUNNEL_ESTABLISHED && !t->met)
		meet(l, t, now);
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

bool registry_is_closing(const struct l2tp *l)
{
	return l->core.closing || l->shut_next;
}

void registry_close_some(struct l2tp *l, usec_t now)
{
	struct tunnel *t;

	while ((t = l->core.closing) && tunnel_close_calls(t, now)) {
		l->core.closing = t->next_closing;
		t->closing_calls = false;
		registry_settle(l, t, now);
	}
	for (; (t = l->shut_next) && l->core.closings; l->core.closings -= l->core.closings > 0) {
		l->shut_next = t->hh.next;
		tunnel_apply(t, TEV_CLOSE, &(struct tunnel_input){ .reason = &l->shut_reason }, now);
		registry_settle(l, t, now);
	}
}

void registry_clear(struct l2tp *l)
{
	struct tunnel *t, *next;

	registry_reap(l);
	HASH_ITER(hh, l->by_id, t, next)
		drop_tunnel(l, t);
}
