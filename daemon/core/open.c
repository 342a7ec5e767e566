/* SPDX-License-Identifier: MIT */
/*
 * open: see open.h.  A tunnel that is opened here belongs to its profile, but has no owner: when it ends it is not opened
 * again.  Until its server's name is resolved it is an opening; the profile may go meanwhile, so that only its name is
 * kept.  The servers are asked in their order until one has an address.
 *
 * Called by the control API; openings_stop() and openings_free() by driver.c.
 */
#include "open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/resolve.h"
#include "state.h"

struct opening {
	struct opening *next;
	struct driver *driver;
	char *profile;
	size_t server;
	uint32_t calls;
	struct resolve *resolve;
	open_done done;
	void *ctx;
};

/* Is anything new taken? */
static int check_open(const struct driver *d)
{
	static const int errors[] = { [DECIDE_OPEN] = 0, [DECIDE_DRAINING] = -EBUSY, [DECIDE_STOPPING] = -ESHUTDOWN };

	return errors[d->decide.state];
}

static int find_lac(const struct driver *d, const char *name, const struct config_profile **ret)
{
	*ret = profiles_named(&d->profiles, name);
	if (!*ret)
		return -ENOENT;
	return (*ret)->lac ? 0 : -EINVAL;
}

/* ---- Open --------------------------------------------------------------------------------------------------- */

static void opening_free(struct opening *o)
{
	struct opening **at = &o->driver->openings;

	while (*at && *at != o)
		at = &(*at)->next;
	if (*at)
		*at = o->next;
	resolve_cancel(o->resolve);
	free(o->profile);
	free(o);
}

static void opening_end(struct opening *o, int err, const char *text, uint32_t tunnel_id)
{
	open_done done = o->done;
	void *ctx = o->ctx;

	opening_free(o);
	done(ctx, err, text, tunnel_id);
}

static int place_calls(struct driver *d, const struct config_profile *p, uint32_t tunnel_id, uint32_t calls)
{
	struct l2tp_call_info info = dial_call(p);
	uint32_t session_id;
	int r = 0;

	for (; calls && r >= 0; calls--)
		r = l2tp_call(d->engine.l2tp, tunnel_id, &info, 0, clock_now(), &session_id);
	return r;
}

static void open_now(struct opening *o, const struct config_profile *p, const struct l2tp_addr *peer)
{
	struct log_object object = { .peer = peer, .profile = p->name };
	struct driver *d = o->driver;
	struct tunnel *t;
	char name[L2TP_ADDR_STR_MAX];
	uint32_t id = 0;
	int r;

	log_event(LOG_INFO, CLASS_NEUTRAL, &object, "dialling %s (%s) on request", p->servers[o->server],
		  l2tp_addr_str(peer, name));
	r = tunnel_open(&d->tunnels, p, peer, NULL, &t);
	if (r >= 0) {
		id = t->id;
		object.tunnel_id = id;
		r = place_calls(d, p, id, o->calls == OPEN_CALLS_DEFAULT ? p->calls : o->calls);
		if (r < 0)
			log_event(LOG_WARNING, CLASS_LOCAL, &object, "not all calls were placed: %s", strerror(-r));
	}
	opening_end(o, id ? 0 : r, id ? NULL : strerror(-r), id);
	engine_pump(&d->engine);
}

static int resolve_next(struct opening *o, const struct config_profile *p);

/* It may have had more of them before a reload. */
static bool has_server(const struct config_profile *p, size_t server)
{
	size_t n = 0;

	while (p->servers[n] && n < server)
		n++;
	return p->servers[n];
}

static void on_resolved(void *ctx, int err, const char *why, const struct l2tp_addr *addrs, size_t n)
{
	struct opening *o = ctx;
	const struct config_profile *p = profiles_named(&o->driver->profiles, o->profile);

	(void)n;
	o->resolve = NULL;
	if (!p || !p->lac || !has_server(p, o->server)) {
		opening_end(o, -ENOENT, "the profile has been changed or removed", 0);
		return;
	}
	if (check_open(o->driver) < 0) {
		opening_end(o, check_open(o->driver), "draining", 0);
		return;
	}
	if (err >= 0) {
		open_now(o, p, &addrs[0]);
		return;
	}
	o->server++;
	if (!p->servers[o->server] || resolve_next(o, p) < 0)
		opening_end(o, err, why, 0);
}

static int resolve_next(struct opening *o, const struct config_profile *p)
{
	return resolve_start(o->driver->workers, p->servers[o->server], p->server_port, p->family, on_resolved, o,
			     &o->resolve);
}

static bool has_tunnel(const struct driver *d, const struct config_profile *p)
{
	struct l2tp_cursor c = { 0 };
	struct l2tp_tunnel_info info;

	while (l2tp_next_tunnel(d->engine.l2tp, &c, &info) >= 0)
		if (info.cookie == p->params.cookie && info.reason->origin == L2TP_BY_NOBODY)
			return true;
	return false;
}

static bool has_opening(const struct driver *d, const char *profile)
{
	const struct opening *o = d->openings;

	while (o && strcmp(o->profile, profile) != 0)
		o = o->next;
	return o;
}

int open_tunnel(struct driver *d, const char *profile, uint32_t calls, bool another, open_done done, void *ctx)
{
	const struct config_profile *p;
	struct opening *o;
	int r = check_open(d);

	r = r < 0 ? r : find_lac(d, profile, &p);
	if (r < 0)
		return r;
	if (!another && (dial_exists(&d->dials, p) || has_tunnel(d, p) || has_opening(d, profile)))
		return -EALREADY;
	o = calloc(1, sizeof(*o));
	if (!o)
		return -ENOMEM;
	*o = (struct opening){ .driver = d, .profile = strdup(profile), .calls = calls, .done = done, .ctx = ctx };
	r = o->profile ? resolve_next(o, p) : -ENOMEM;
	if (r < 0) {
		opening_free(o);
		return r;
	}
	o->next = d->openings;
	d->openings = o;
	return 0;
}

void openings_stop(struct driver *d)
{
	while (d->openings)
		opening_end(d->openings, -ESHUTDOWN, "the daemon is stopping", 0);
}

void openings_free(struct driver *d)
{
	while (d->openings)
		opening_free(d->openings);
}

/* ---- Hang up and resume ------------------------------------------------------------------------------------- */

static void stop_openings_of(struct driver *d, const char *profile)
{
	for (struct opening *o = d->openings, *next; o; o = next) {
		next = o->next;
		if (strcmp(o->profile, profile) == 0)
			opening_end(o, -ECANCELED, "the profile has been hung up", 0);
	}
}

static void close_tunnels_of(struct driver *d, const struct config_profile *p)
{
	static const struct l2tp_reason reason = { .origin = L2TP_BY_REQUEST, .text = "hung up" };
	struct l2tp_cursor c = { 0 };
	struct l2tp_tunnel_info info;
	const usec_t now = clock_now(); /* one for all: the engine closes in portions */

	while (l2tp_next_tunnel(d->engine.l2tp, &c, &info) >= 0)
		if (info.cookie == p->params.cookie && info.reason->origin == L2TP_BY_NOBODY)
			l2tp_close_tunnel(d->engine.l2tp, info.tunnel_id, &reason, now);
}

static void tell_hang_up(struct driver *d, const struct config_profile *p, const char *what)
{
	log_event(LOG_NOTICE, CLASS_NEUTRAL, &(struct log_object){ .profile = p->name }, "%s", what);
	events_emit(&d->events, &(struct event){ .type = EVENT_HANG_UP, .profile = p->name });
}

int open_hang_up(struct driver *d, const char *profile)
{
	const struct config_profile *p;
	int r = find_lac(d, profile, &p);

	if (r < 0)
		return r;
	if (dial_hold(&d->dials, p))
		tell_hang_up(d, p, "hung up; not dialled until resumed");
	stop_openings_of(d, p->name);
	close_tunnels_of(d, p);
	engine_pump(&d->engine);
	return 0;
}

int open_resume(struct driver *d, const char *profile)
{
	const struct config_profile *p;
	int r = find_lac(d, profile, &p);

	if (r < 0)
		return r;
	if (!dial_exists(&d->dials, p))
		return -EOPNOTSUPP;
	if (dial_resume(&d->dials, p))
		tell_hang_up(d, p, "resumed; dialling again");
	return 0;
}

bool open_is_hung_up(const struct driver *d, const char *profile)
{
	const struct config_profile *p = profiles_named(&d->profiles, profile);

	return p && dial_is_held(&d->dials, p);
}

/* ---- Call, close, count ------------------------------------------------------------------------------------- */

/* What is left open is as the profile says. */
static void complete_call(struct l2tp_call_info *call, const struct config_profile *p)
{
	struct l2tp_call_info usual = dial_call(p);

	call->framing_type = usual.framing_type;
	call->sequencing_required = usual.sequencing_required;
	call->tx_connect_speed = call->tx_connect_speed ? call->tx_connect_speed : usual.tx_connect_speed;
	call->rx_connect_speed = call->rx_connect_speed ? call->rx_connect_speed : usual.rx_connect_speed;
	call->calling_number = call->calling_number.len ? call->calling_number : usual.calling_number;
	call->called_number = call->called_number.len ? call->called_number : usual.called_number;
}

int open_call(struct driver *d, uint32_t tunnel_id, const struct l2tp_call_info *info, uint32_t *ret_session_id)
{
	struct tunnel *t = tunnel_get(&d->tunnels, tunnel_id);
	struct l2tp_call_info call = *info;
	int r = check_open(d);

	if (r < 0)
		return r;
	if (!t)
		return -ENOENT;
	if (!call.outgoing)
		complete_call(&call, t->profile);
	r = (call.outgoing ? l2tp_call_out : l2tp_call)(d->engine.l2tp, tunnel_id, &call, 0, clock_now(), ret_session_id);
	engine_pump(&d->engine);
	return r;
}

int open_close(struct driver *d, uint32_t tunnel_id, uint32_t session_id, const struct l2tp_reason *reason)
{
	int r = session_id ? l2tp_close_session(d->engine.l2tp, tunnel_id, session_id, reason, clock_now()) :
			     l2tp_close_tunnel(d->engine.l2tp, tunnel_id, reason, clock_now());

	engine_pump(&d->engine);
	return r;
}

static bool exists(const struct driver *d, uint32_t tunnel_id, uint32_t session_id)
{
	struct l2tp_tunnel_info tunnel;
	struct l2tp_session_info session;

	return l2tp_get_tunnel(d->engine.l2tp, tunnel_id, &tunnel) >= 0 &&
	       (!session_id || l2tp_get_session(d->engine.l2tp, tunnel_id, session_id, &session) >= 0);
}

/* A session that has not been decided on yet has none. */
static bool has_data_path(const struct driver *d, uint32_t tunnel_id, uint32_t session_id)
{
	const struct session *n = session_get(&d->sessions, tunnel_id, session_id);

	return tunnel_get(&d->tunnels, tunnel_id) && (!session_id || (n && n->announced));
}

int open_count(struct driver *d, uint32_t tunnel_id, uint32_t session_id, open_counted done, void *ctx)
{
	if (!exists(d, tunnel_id, session_id))
		return -ENOENT;
	if (!has_data_path(d, tunnel_id, session_id))
		return -ENOTCONN;
	if (session_id)
		d->dataplane->class->session_stats(d->dataplane, tunnel_id, session_id, done, ctx);
	else
		d->dataplane->class->tunnel_stats(d->dataplane, tunnel_id, done, ctx);
	return 0;
}

void open_forget_count(struct driver *d, const void *ctx)
{
	d->dataplane->class->forget_stats(d->dataplane, ctx);
}
