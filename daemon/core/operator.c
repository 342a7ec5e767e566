/* SPDX-License-Identifier: MIT */
/*
 * operator: what an operator asks the driver for, through the control API: open a tunnel, place a call, close, count.
 *
 * A profile that is dialled (dial.c) is hung up and resumed here as well, with whatever tunnels it has.
 *
 * A tunnel that is opened here belongs to its profile, but to none of its dials (dial.c): when it ends it is not opened
 * again.  Until its server's name is resolved it is an opening; the profile may go meanwhile, so that only its name is
 * kept.  The servers are asked in their order until one has an address.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "net/resolve.h"
#include "world.h"

struct opening {
	struct opening *next;
	struct driver *driver;
	char *profile;
	size_t server;
	uint32_t calls;
	struct resolve *resolve;
	driver_opened done;
	void *ctx;
};

static const struct config_profile *find_profile(const struct driver *d, const char *name)
{
	for (size_t i = 0; i < d->config->n_profiles; i++)
		if (strcmp(d->config->profiles[i].name, name) == 0)
			return &d->config->profiles[i];
	return NULL;
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
	driver_opened done = o->done;
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
		r = l2tp_call(d->engine, tunnel_id, &info, 0, world_now(), &session_id);
	return r;
}

static void open_now(struct opening *o, const struct config_profile *p, const struct l2tp_addr *peer)
{
	struct log_object object = { .peer = peer, .profile = p->name };
	struct driver *d = o->driver;
	struct world_tunnel *t;
	char name[L2TP_ADDR_STR_MAX];
	uint32_t id = 0;
	int r;

	log_event(LOG_INFO, LOG_INFO_ONLY, &object, "dialling %s (%s), on request", p->servers[o->server],
		  l2tp_addr_str(peer, name));
	r = dial_open(d, p, peer, &t);
	if (r >= 0) {
		id = t->id;
		object.tunnel_id = id;
		r = place_calls(d, p, id, o->calls == DRIVER_CALLS_DEFAULT ? p->calls : o->calls);
		if (r < 0)
			log_event(LOG_WARNING, LOG_LOCAL_, &object, "not all calls were placed: %s", strerror(-r));
	}
	opening_end(o, id ? 0 : r, id ? NULL : strerror(-r), id);
	world_pump(d);
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
	const struct config_profile *p = find_profile(o->driver, o->profile);

	(void)n;
	o->resolve = NULL;
	if (!p || !p->lac || !has_server(p, o->server)) {
		opening_end(o, -ENOENT, "the profile has been changed or removed", 0);
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

	while (l2tp_next_tunnel(d->engine, &c, &info) >= 0)
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

int driver_open(struct driver *d, const char *profile, uint32_t calls, bool another, driver_opened done, void *ctx)
{
	const struct config_profile *p = find_profile(d, profile);
	struct opening *o;
	int r;

	if (d->stopping)
		return -ESHUTDOWN;
	if (d->draining)
		return -EBUSY;
	if (!p)
		return -ENOENT;
	if (!p->lac)
		return -EINVAL;
	if (!another && (dial_exists(d, p) || has_tunnel(d, p) || has_opening(d, profile)))
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
		opening_end(d->openings, -ESHUTDOWN, "the daemon stops", 0);
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
	const usec_t now = world_now(); /* one for all: the engine closes in portions */

	while (l2tp_next_tunnel(d->engine, &c, &info) >= 0)
		if (info.cookie == p->params.cookie && info.reason->origin == L2TP_BY_NOBODY)
			l2tp_close_tunnel(d->engine, info.tunnel_id, &reason, now);
}

static void tell_hang_up(struct driver *d, const struct config_profile *p, const char *what)
{
	log_event(LOG_NOTICE, LOG_INFO_ONLY, &(struct log_object){ .profile = p->name }, "%s", what);
	world_emit(d, &(struct driver_event){ .type = DRIVER_HANG_UP, .profile = p->name });
}

int driver_hang_up(struct driver *d, const char *profile)
{
	const struct config_profile *p = find_profile(d, profile);

	if (!p)
		return -ENOENT;
	if (!p->lac)
		return -EINVAL;
	if (dial_hold(d, p))
		tell_hang_up(d, p, "hung up: not dialled until it is resumed");
	stop_openings_of(d, p->name);
	close_tunnels_of(d, p);
	world_pump(d);
	return 0;
}

int driver_resume(struct driver *d, const char *profile)
{
	const struct config_profile *p = find_profile(d, profile);

	if (!p)
		return -ENOENT;
	if (!p->lac)
		return -EINVAL;
	if (!dial_exists(d, p))
		return -EOPNOTSUPP;
	if (dial_resume(d, p))
		tell_hang_up(d, p, "resumed: dialled again");
	return 0;
}

bool driver_is_hung_up(const struct driver *d, const char *profile)
{
	const struct config_profile *p = find_profile(d, profile);

	return p && dial_is_held(d, p);
}

/* ---- Call, close, count ------------------------------------------------------------------------------------- */

int driver_call(struct driver *d, uint32_t tunnel_id, const struct l2tp_call_info *info, uint32_t *ret_session_id)
{
	struct world_tunnel *t = tunnel_get(d, tunnel_id);
	struct l2tp_call_info call = *info;
	int r;

	if (d->stopping)
		return -ESHUTDOWN;
	if (d->draining)
		return -EBUSY;
	if (!t)
		return -ENOENT;
	if (!call.outgoing) {
		struct l2tp_call_info usual = dial_call(t->profile);

		call.framing_type = usual.framing_type;
		call.sequencing_required = usual.sequencing_required;
		call.tx_connect_speed = call.tx_connect_speed ? call.tx_connect_speed : usual.tx_connect_speed;
		call.rx_connect_speed = call.rx_connect_speed ? call.rx_connect_speed : usual.rx_connect_speed;
		call.calling_number = call.calling_number.len ? call.calling_number : usual.calling_number;
		call.called_number = call.called_number.len ? call.called_number : usual.called_number;
	}
	r = (call.outgoing ? l2tp_call_out : l2tp_call)(d->engine, tunnel_id, &call, 0, world_now(), ret_session_id);
	world_pump(d);
	return r;
}

int driver_close(struct driver *d, uint32_t tunnel_id, uint32_t session_id, const struct l2tp_reason *reason)
{
	int r = session_id ? l2tp_close_session(d->engine, tunnel_id, session_id, reason, world_now()) :
			     l2tp_close_tunnel(d->engine, tunnel_id, reason, world_now());

	world_pump(d);
	return r;
}

int driver_count(struct driver *d, uint32_t tunnel_id, uint32_t session_id, driver_counted done, void *ctx)
{
	struct l2tp_tunnel_info info;
	struct l2tp_session_info session;

	if (l2tp_get_tunnel(d->engine, tunnel_id, &info) < 0 ||
	    (session_id && l2tp_get_session(d->engine, tunnel_id, session_id, &session) < 0))
		return -ENOENT;
	if (!tunnel_get(d, tunnel_id) || (session_id && !call_get(d, tunnel_id, session_id)))
		return -ENOTCONN;
	if (session_id)
		d->dataplane->class->session_stats(d->dataplane, tunnel_id, session_id, done, ctx);
	else
		d->dataplane->class->tunnel_stats(d->dataplane, tunnel_id, done, ctx);
	return 0;
}

void driver_forget_count(struct driver *d, const void *ctx)
{
	d->dataplane->class->forget_stats(d->dataplane, ctx);
}
