/* SPDX-License-Identifier: MIT */
/*
 * rig_walk: walks by cursor, held to their promise: what exists during the whole walk is met exactly once, in the order
 * of its age; see rig.h.
 */
#include <errno.h>

#include "rig.h"

struct met {
	struct rig_id id;
	uint64_t serial;
};

static bool next(const struct rig *r, bool of_sessions, struct l2tp_cursor *c, struct met *ret)
{
	struct l2tp_session_info s;
	struct l2tp_tunnel_info t;
	int err = of_sessions ? l2tp_next_session(r->l, c, &s) : l2tp_next_tunnel(r->l, c, &t);

	must(err == 0 || err == -ENOENT, "a walk goes on or is over");
	if (err == 0)
		*ret = of_sessions ? (struct met){ { s.tunnel_id, s.session_id }, s.serial }
				   : (struct met){ { t.tunnel_id, 0 }, t.serial };
	return err == 0;
}

/* Is it still there, and the same? */
static bool exists(const struct rig *r, struct rig_id id, uint64_t serial)
{
	struct l2tp_session_info s;
	struct l2tp_tunnel_info t;

	if (id.session_id)
		return l2tp_get_session(r->l, id.tunnel_id, id.session_id, &s) == 0 && s.serial == serial;
	return l2tp_get_tunnel(r->l, id.tunnel_id, &t) == 0 && t.serial == serial;
}

static uint32_t count(const struct rig *r, bool of_sessions)
{
	struct l2tp_cursor c = { 0 };
	struct met m;
	uint32_t n = 0;

	for (uint64_t last = 0; next(r, of_sessions, &c, &m); last = of_sessions ? 0 : m.serial, n++) {
		must(m.serial > last, "a walk goes from old to young");
		must(exists(r, m.id, m.serial), "what is met exists");
	}
	return n;
}

void walk_all(const struct rig *r)
{
	struct l2tp_stats s;

	l2tp_get_stats(r->l, &s);
	must(count(r, false) == s.tunnels, "a walk meets every tunnel");
	must(count(r, true) == s.sessions, "a walk meets every session");
}

static void begin(const struct rig *r, struct rig_walk *w, bool of_sessions)
{
	struct l2tp_cursor c = { 0 };
	struct met m;

	*w = (struct rig_walk){ .begun = true };
	while (w->n < RIG_WALKED && next(r, of_sessions, &c, &m)) {
		w->objects[w->n].id = m.id;
		w->objects[w->n++].serial = m.serial;
	}
}

static void meet(struct rig_walk *w, const struct met *m)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->objects[i].serial != m->serial)
			continue;
		must(!w->objects[i].met, "nothing is met twice");
		w->objects[i].met = true;
	}
}

static void end(const struct rig *r, struct rig_walk *w)
{
	for (size_t i = 0; i < w->n; i++)
		must(w->objects[i].met || !exists(r, w->objects[i].id, w->objects[i].serial), "nothing is left out");
	w->begun = false;
}

void walk_on(struct rig *r, bool of_sessions, size_t steps)
{
	struct rig_walk *w = &r->walks[of_sessions];
	struct met m;

	if (!w->begun)
		begin(r, w, of_sessions);
	for (; steps; steps--) {
		if (!next(r, of_sessions, &w->cursor, &m)) {
			end(r, w);
			return;
		}
		meet(w, &m);
	}
}
