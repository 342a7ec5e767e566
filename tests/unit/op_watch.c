/* SPDX-License-Identifier: MIT */
/* op_watch: see op_watch.h. */
#include "op_watch.h"

static const char *const names[] = {
	[L2TP_OP_SEND] = "SEND",
	[L2TP_OP_TUNNEL_ADD] = "TUNNEL_ADD",
	[L2TP_OP_TUNNEL_UP] = "TUNNEL_UP",
	[L2TP_OP_TUNNEL_IDLE] = "TUNNEL_IDLE",
	[L2TP_OP_TUNNEL_DOWN] = "TUNNEL_DOWN",
	[L2TP_OP_TUNNEL_DEL] = "TUNNEL_DEL",
	[L2TP_OP_TUNNEL_GONE] = "TUNNEL_GONE",
	[L2TP_OP_SESSION_DECIDE] = "SESSION_DECIDE",
	[L2TP_OP_SESSION_ADD] = "SESSION_ADD",
	[L2TP_OP_SESSION_DIAL] = "SESSION_DIAL",
	[L2TP_OP_SESSION_SET] = "SESSION_SET",
	[L2TP_OP_SESSION_UP] = "SESSION_UP",
	[L2TP_OP_SESSION_LINK] = "SESSION_LINK",
	[L2TP_OP_SESSION_ERRORS] = "SESSION_ERRORS",
	[L2TP_OP_SESSION_DOWN] = "SESSION_DOWN",
	[L2TP_OP_SESSION_DEL] = "SESSION_DEL",
	[L2TP_OP_SESSION_GONE] = "SESSION_GONE",
};

const char *op_name(enum l2tp_op_type type)
{
	return names[type];
}

bool op_is_reported(enum l2tp_op_type type)
{
	return type == L2TP_OP_TUNNEL_ADD || type == L2TP_OP_TUNNEL_IDLE || type == L2TP_OP_TUNNEL_DEL ||
	       type == L2TP_OP_SESSION_DECIDE || type == L2TP_OP_SESSION_ADD || type == L2TP_OP_SESSION_DIAL || type == L2TP_OP_SESSION_SET ||
	       type == L2TP_OP_SESSION_DEL;
}

static struct watched *find(struct watch *w, uint32_t tunnel_id, uint32_t session_id)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->objects[i].tunnel_id == tunnel_id && w->objects[i].session_id == session_id)
			return &w->objects[i];
	return NULL;
}

const char *watch_born(struct watch *w, uint32_t tunnel_id, uint32_t session_id, usec_t now)
{
	struct watched *o = find(w, tunnel_id, session_id);

	if (o && !o->gone)
		return "the id of a living object was given out again";
	if (o && o->down && now < o->gone_at + WATCH_QUARANTINE) /* without DOWN it was never accepted */
		return "an id left its quarantine early";
	if (!o && w->count == WATCH_MAX)
		return "too many objects to watch";
	if (!o)
		o = &w->objects[w->count++];
	*o = (struct watched){ .tunnel_id = tunnel_id, .session_id = session_id };
	return NULL;
}

/* Is there a session of this tunnel that still has what the caller asks for? */
static bool any_session(const struct watch *w, uint32_t tunnel_id, bool (*has)(const struct watched *o))
{
	for (size_t i = 0; i < w->count; i++) {
		const struct watched *o = &w->objects[i];

		if (o->tunnel_id == tunnel_id && o->session_id && !o->gone && has(o))
			return true;
	}
	return false;
}

static bool exists(const struct watched *o)
{
	return !o->gone;
}

static bool not_down(const struct watched *o)
{
	return !o->down;
}

static bool has_path(const struct watched *o)
{
	return (o->adding || o->added) && !o->deleted;
}

/* Has the peer asked for this call? */
static bool is_theirs(const struct l2tp_op *op)
{
	return op->lns != op->call->outgoing;
}

static const char *watch_decide(const struct watched *o, const struct l2tp_op *op)
{
	if (!is_theirs(op))
		return "our own call is to be decided upon";
	if (o->down || o->up)
		return "a decision at the wrong time";
	if (!op->connected)
		return o->asked ? "to be decided twice" : NULL;
	if (!op->lns || op->call->outgoing)
		return "nothing is decided when such a call is connected";
	if (!o->added)
		return "connected before ADD";
	return o->connected ? "to be decided twice" : NULL;
}

static const char *watch_add(const struct watched *o, const struct watched *tunnel)
{
	if (o->adding || o->added)
		return "added twice";
	if (o->down)
		return "added after DOWN";
	if (tunnel && !tunnel->adding && !tunnel->added)
		return "a session before its tunnel";
	if (tunnel && tunnel->down)
		return "a session after its tunnel's DOWN";
	return NULL;
}

static const char *watch_up(const struct watched *o, const struct l2tp_op *op)
{
	if (o->up)
		return "up twice";
	if (o->session_id && is_theirs(op) && op->lns && !o->kept)
		return "up, and it was not decided";
	if (o->down)
		return "up after DOWN";
	if (!o->added && !(o->adding && !o->session_id))
		return "up before ADD";
	return NULL;
}

static const char *watch_down(const struct watch *w, const struct watched *o, const struct l2tp_op *op)
{
	if (o->down)
		return "down twice";
	if (o->asked && !o->accepted)
		return "down, and it was never accepted";
	if (!op->reason || op->reason->origin == L2TP_BY_NOBODY)
		return "down without a reason";
	if (!o->session_id && any_session(w, o->tunnel_id, not_down))
		return "a tunnel went down before its session";
	return NULL;
}

static const char *watch_del(const struct watch *w, const struct watched *o)
{
	if (!o->added)
		return "deleted without ADD";
	if (o->deleting || o->deleted)
		return "deleted twice";
	if (!o->down)
		return "deleted before DOWN";
	if (!o->session_id && any_session(w, o->tunnel_id, has_path))
		return "a tunnel was deleted before its session";
	return NULL;
}

static const char *watch_gone(const struct watch *w, const struct watched *o)
{
	if (o->in_flight && !o->deciding)
		return "gone with an operation in flight";
	if (!o->down && (!o->asked || o->adding || o->added))
		return "gone before DOWN"; /* one that was accepted may still lack agreement on Session DS */
	if (has_path(o))
		return "gone before DEL";
	if (!o->session_id && any_session(w, o->tunnel_id, exists))
		return "a tunnel was gone before its session";
	return NULL;
}

static const char *judge(struct watch *w, struct watched *o, const struct l2tp_op *op)
{
	struct watched *tunnel = o->session_id ? find(w, o->tunnel_id, 0) : NULL;

	switch (op->type) {
	case L2TP_OP_SEND:
		return NULL;
	case L2TP_OP_SESSION_DECIDE:
		return watch_decide(o, op);
	case L2TP_OP_SESSION_ADD:
		if (is_theirs(op) && !o->accepted)
			return "added, and it was not accepted";
		return watch_add(o, tunnel);
	case L2TP_OP_TUNNEL_ADD:
		return watch_add(o, tunnel);
	case L2TP_OP_TUNNEL_UP:
	case L2TP_OP_SESSION_UP:
		return watch_up(o, op);
	case L2TP_OP_SESSION_DIAL:
		return !o->added || o->up || o->down ? "dialling at the wrong time" : NULL;
	case L2TP_OP_SESSION_SET:
		return !o->added || o->up || o->down ? "changed at the wrong time" : NULL;
	case L2TP_OP_SESSION_LINK:
	case L2TP_OP_SESSION_ERRORS:
		return !o->up || o->down ? "told while not up" : NULL;
	case L2TP_OP_TUNNEL_IDLE:
		return !o->up || o->down ? "asked about data while not up" : NULL;
	case L2TP_OP_TUNNEL_DOWN:
	case L2TP_OP_SESSION_DOWN:
		return watch_down(w, o, op);
	case L2TP_OP_TUNNEL_DEL:
	case L2TP_OP_SESSION_DEL:
		return watch_del(w, o);
	case L2TP_OP_TUNNEL_GONE:
	case L2TP_OP_SESSION_GONE:
		return watch_gone(w, o);
	}
	return "an operation that does not exist";
}

/* What is down or gone needs no decision any more. */
static void note(struct watched *o, const struct l2tp_op *op, usec_t now)
{
	const enum l2tp_op_type type = op->type;

	if (o->deciding && (type == L2TP_OP_SESSION_DOWN || type == L2TP_OP_SESSION_GONE))
		o->deciding = o->in_flight = false;
	o->in_flight |= op_is_reported(type);
	o->deciding |= type == L2TP_OP_SESSION_DECIDE;
	o->asked |= type == L2TP_OP_SESSION_DECIDE && !op->connected;
	o->connected |= type == L2TP_OP_SESSION_DECIDE && op->connected;
	o->adding |= type == L2TP_OP_TUNNEL_ADD || type == L2TP_OP_SESSION_ADD;
	o->up |= type == L2TP_OP_TUNNEL_UP || type == L2TP_OP_SESSION_UP;
	o->down |= type == L2TP_OP_TUNNEL_DOWN || type == L2TP_OP_SESSION_DOWN;
	o->deleting |= type == L2TP_OP_TUNNEL_DEL || type == L2TP_OP_SESSION_DEL;
	if (type == L2TP_OP_TUNNEL_GONE || type == L2TP_OP_SESSION_GONE) {
		o->gone = true;
		o->gone_at = now;
	}
}

const char *watch_op(struct watch *w, const struct l2tp_op *op, usec_t now)
{
	bool of_session = op->type >= L2TP_OP_SESSION_DECIDE;
	struct watched *o;
	const char *wrong = NULL;

	if (op->type == L2TP_OP_SEND)
		return op->bytes.len ? NULL : "nothing to send";
	if (!op->tunnel_id || of_session != (op->session_id != 0))
		return "an operation without its object's id";
	o = find(w, op->tunnel_id, op->session_id);
	if (!o || o->gone)
		wrong = watch_born(w, op->tunnel_id, op->session_id, now);
	if (wrong)
		return wrong;
	o = find(w, op->tunnel_id, op->session_id);
	if (o->in_flight && op_is_reported(op->type))
		return "two operations in flight";
	wrong = judge(w, o, op);
	note(o, op, now);
	return wrong;
}

const char *watch_decided(struct watch *w, uint32_t tunnel_id, uint32_t session_id, bool accept)
{
	struct watched *o = find(w, tunnel_id, session_id);

	if (!o || !o->deciding)
		return "a decision that nobody waits for";
	o->deciding = o->in_flight = false;
	if (accept)
		*(o->connected ? &o->kept : &o->accepted) = true;
	return NULL;
}

const char *watch_done(struct watch *w, uint32_t tunnel_id, uint32_t session_id, int err)
{
	struct watched *o = find(w, tunnel_id, session_id);

	if (!o || !o->in_flight || o->deciding)
		return "an answer to nothing";
	o->in_flight = false;
	if (o->deleting) {
		o->deleted = true;
	} else if (o->adding && !o->added) {
		o->adding = false;
		o->added = err == 0;
	}
	return NULL;
}

size_t watch_alive(const struct watch *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		n += !w->objects[i].gone;
	return n;
}
