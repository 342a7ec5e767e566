/* SPDX-License-Identifier: MIT */
/*
 * view: see view.h.  It only looks: the engine through the queries of its door, the world through world.h.
 *
 * A tunnel that a peer has begun to open is known to the engine alone; so is a call that we have asked for.  What the
 * world would say of them is what it says of anything that it does not have.
 */
#include "view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "world.h"

usec_t view_now(void)
{
	return world_now();
}

/* The difference of the clocks is kept until somebody sets one of them: the same event has the same time each time that
 * it is shown. */
usec_t view_realtime(struct driver *d, usec_t monotonic)
{
	struct timespec ts;
	usec_t ahead;

	if (!monotonic)
		return 0;
	clock_gettime(CLOCK_REALTIME, &ts);
	ahead = (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000 - world_now();
	if (ahead - d->realtime + USEC_PER_SEC > 2 * USEC_PER_SEC)
		d->realtime = ahead;
	return monotonic + d->realtime;
}

void view_daemon(const struct driver *d, struct view_daemon *ret)
{
	*ret = (struct view_daemon){ .state = d->stopping ? "stopping" : d->draining ? "draining" : "running",
				     .dataplane = d->dataplane_name,
				     .config_path = d->config->path,
				     .started = d->started,
				     .reloaded = d->reloaded,
				     .reload_failed = d->reload_failed,
				     .drain_until = d->drain_until,
				     .limits = d->config->limits };
	l2tp_get_stats(d->engine, &ret->stats);
}

/* ---- Tunnels and sessions ------------------------------------------------------------------------------------ */

/* NULL: it has been removed, and the tunnel was not established yet */
static const struct config_profile *profile_of(const struct driver *d, const struct l2tp_tunnel_info *info)
{
	const struct world_tunnel *t = tunnel_get(d, info->tunnel_id);

	return t ? t->profile : world_profile(d, info->cookie);
}

static const char *name_of(const struct config_profile *profile)
{
	return profile ? profile->name : "";
}

static void complete_tunnel(const struct driver *d, struct view_tunnel *v)
{
	const struct config_profile *profile = profile_of(d, &v->info);
	const struct world_tunnel *t = tunnel_get(d, v->info.tunnel_id);

	v->profile = name_of(profile);
	v->socket = t && t->socket;
	v->dscp = tunnel_dscp(v->info.phb, profile ? profile->params.control_phb : L2TP_PHB_NONE);
}

/* To the engine a session is dead as soon as a CDN has ended it; to an operator it is there as long as its PPP and its
 * data path are. */
static const char *session_state(const char *engines)
{
	return strcmp(engines, "dead") == 0 ? "closing" : engines;
}

const char *view_state(bool session, unsigned n)
{
	const char *name = session ? l2tp_session_state(n) : l2tp_tunnel_state(n);

	return name && session ? session_state(name) : name;
}

static enum view_ppp ppp_of(const struct world_call *c)
{
	if (!c || !c->ppp)
		return VIEW_PPP_NONE;
	if (c->ending)
		return VIEW_PPP_STOPPING;
	if (ppp_get_status(c->ppp)->up)
		return VIEW_PPP_UP;
	return ppp_get_status(c->ppp)->pid ? VIEW_PPP_STARTING : VIEW_PPP_WAITING;
}

static int complete_session(const struct driver *d, struct view_session *v)
{
	const struct world_call *c = call_get(d, v->info.tunnel_id, v->info.session_id);
	int r = l2tp_get_tunnel(d->engine, v->info.tunnel_id, &v->tunnel);

	if (r < 0)
		return r;
	v->info.state = session_state(v->info.state);
	v->profile = name_of(c ? c->profile : profile_of(d, &v->tunnel));
	v->ppp = ppp_of(c);
	if (v->ppp == VIEW_PPP_NONE)
		v->status = (struct ppp_status){ 0 };
	else
		v->status = *ppp_get_status(c->ppp);
	return 0;
}

int view_tunnel(const struct driver *d, uint32_t tunnel_id, struct view_tunnel *ret)
{
	int r = l2tp_get_tunnel(d->engine, tunnel_id, &ret->info);

	if (r >= 0)
		complete_tunnel(d, ret);
	return r;
}

int view_session(const struct driver *d, uint32_t tunnel_id, uint32_t session_id, struct view_session *ret)
{
	int r = l2tp_get_session(d->engine, tunnel_id, session_id, &ret->info);

	return r < 0 ? r : complete_session(d, ret);
}

int view_next_tunnel(const struct driver *d, struct l2tp_cursor *c, struct view_tunnel *ret)
{
	int r = l2tp_next_tunnel(d->engine, c, &ret->info);

	if (r >= 0)
		complete_tunnel(d, ret);
	return r;
}

int view_next_session(const struct driver *d, struct l2tp_cursor *c, struct view_session *ret)
{
	int r = l2tp_next_session(d->engine, c, &ret->info);

	return r < 0 ? r : complete_session(d, ret);
}

/* ---- Profiles ------------------------------------------------------------------------------------------------ */

static struct view_profile *find_profile(struct view_profile *profiles, size_t n, const struct config_profile *like)
{
	for (struct view_profile *p = profiles; p < profiles + n; p++)
		if (p->profile == like)
			return p;
	return NULL;
}

int view_profiles(const struct driver *d, struct view_profile **ret, size_t *ret_n)
{
	const struct config *config = d->config;
	struct view_profile *profiles, *p;
	struct l2tp_cursor c = { 0 };
	struct l2tp_tunnel_info info;
	size_t n = config->n_profiles;

	for (const struct world_removed *r = d->removed; r; r = r->next)
		n++;
	profiles = p = calloc(n + 1, sizeof(*profiles));
	if (!profiles)
		return -ENOMEM;
	for (size_t i = 0; i < config->n_profiles; i++)
		*p++ = (struct view_profile){ .profile = &config->profiles[i],
					      .state = dial_is_held(d, &config->profiles[i]) ? "hung-up" : "active" };
	for (const struct world_removed *r = d->removed; r; r = r->next)
		*p++ = (struct view_profile){ .profile = &r->profile, .state = "draining" };
	while (l2tp_next_tunnel(d->engine, &c, &info) >= 0) {
		p = find_profile(profiles, n, profile_of(d, &info));
		if (!p)
			continue;
		p->tunnels++;
		p->sessions += info.sessions;
	}
	*ret = profiles;
	*ret_n = n;
	return 0;
}
