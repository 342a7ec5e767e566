/* SPDX-License-Identifier: MIT */
/*
 * view: see view.h.  It only looks: the engine through the queries of its door, the rest through state.h.
 *
 * A tunnel that a peer has begun to open is known to the engine alone; so is a call that we have asked for.  What the
 * others would say of them is what they say of anything that they do not have.
 */
#include "view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "state.h"

usec_t view_now(void)
{
	return clock_now();
}

/* The difference of the clocks is kept until one of them is set: the same event has the same time each time that
 * it is shown. */
usec_t view_realtime(struct driver *d, usec_t monotonic)
{
	struct timespec ts;
	usec_t ahead;

	if (!monotonic)
		return 0;
	clock_gettime(CLOCK_REALTIME, &ts);
	ahead = (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000 - clock_now();
	if (ahead - d->realtime + USEC_PER_SEC > 2 * USEC_PER_SEC)
		d->realtime = ahead;
	return monotonic + d->realtime;
}

void view_daemon(const struct driver *d, struct view_daemon *ret)
{
	*ret = (struct view_daemon){ .state = d->decide.state == DECIDE_STOPPING ? "stopping"
					      : d->draining			 ? "draining"
										 : "running",
				     .dataplane = d->dataplane_name,
				     .config_path = d->profiles.config->path,
				     .started = d->started,
				     .reloaded = d->reloaded,
				     .reload_failed = d->reload_failed,
				     .drain_until = d->drain_until,
				     .limits = d->profiles.config->limits };
	l2tp_get_stats(d->engine.l2tp, &ret->stats);
}

/* ---- Words -------------------------------------------------------------------------------------------------- */

const char *view_origin(enum l2tp_origin origin)
{
	static const char *const words[] = { [L2TP_BY_NOBODY] = "nobody",   [L2TP_BY_PEER] = "peer",
					     [L2TP_BY_REQUEST] = "request", [L2TP_BY_FAULT] = "fault",
					     [L2TP_BY_TIMEOUT] = "timeout", [L2TP_BY_LOCAL] = "local",
					     [L2TP_BY_PPP] = "ppp" };

	return words[origin];
}

const char *view_phase(enum attachment_phase phase)
{
	static const char *const words[] = { [ATTACHMENT_NONE] = "none",	 [ATTACHMENT_WAITING] = "waiting",
					     [ATTACHMENT_STARTING] = "starting", [ATTACHMENT_UP] = "up",
					     [ATTACHMENT_STOPPING] = "stopping" };

	return words[phase];
}

/* ---- Tunnels and sessions ------------------------------------------------------------------------------------ */

/* NULL: it has been removed, and the tunnel was not established yet */
static const struct config_profile *profile_of(const struct driver *d, const struct l2tp_tunnel_info *info)
{
	const struct tunnel *t = tunnel_get(&d->tunnels, info->tunnel_id);

	return t ? t->profile : profiles_find(&d->profiles, info->cookie);
}

static const char *name_of(const struct config_profile *profile)
{
	return profile ? profile->name : "";
}

static void complete_tunnel(const struct driver *d, struct view_tunnel *v)
{
	const struct config_profile *profile = profile_of(d, &v->info);
	const struct tunnel *t = tunnel_get(&d->tunnels, v->info.tunnel_id);

	v->profile = name_of(profile);
	v->socket = t && t->socket;
	v->dscp = tunnel_dscp(v->info.phb, profile ? profile->params.control_phb : L2TP_PHB_NONE);
}

/* To the engine a session is dead as soon as a CDN has ended it; to an operator it is there as long as its attachment
 * and its data path are. */
static const char *session_state(const char *engines)
{
	return strcmp(engines, "dead") == 0 ? "closing" : engines;
}

const char *view_state(bool session, unsigned n)
{
	const char *name = session ? l2tp_session_state(n) : l2tp_tunnel_state(n);

	return name && session ? session_state(name) : name;
}

static int complete_session(const struct driver *d, struct view_session *v)
{
	const struct session *n = session_get(&d->sessions, v->info.tunnel_id, v->info.session_id);
	int r = l2tp_get_tunnel(d->engine.l2tp, v->info.tunnel_id, &v->tunnel);

	if (r < 0)
		return r;
	v->info.state = session_state(v->info.state);
	v->profile = name_of(n && n->decision.profile ? n->decision.profile : profile_of(d, &v->tunnel));
	v->announced = n && n->announced;
	session_view(n, &v->attachment);
	return 0;
}

int view_tunnel(const struct driver *d, uint32_t tunnel_id, struct view_tunnel *ret)
{
	int r = l2tp_get_tunnel(d->engine.l2tp, tunnel_id, &ret->info);

	if (r >= 0)
		complete_tunnel(d, ret);
	return r;
}

int view_session(const struct driver *d, uint32_t tunnel_id, uint32_t session_id, struct view_session *ret)
{
	int r = l2tp_get_session(d->engine.l2tp, tunnel_id, session_id, &ret->info);

	return r < 0 ? r : complete_session(d, ret);
}

int view_next_tunnel(const struct driver *d, struct l2tp_cursor *c, struct view_tunnel *ret)
{
	int r = l2tp_next_tunnel(d->engine.l2tp, c, &ret->info);

	if (r >= 0)
		complete_tunnel(d, ret);
	return r;
}

int view_next_session(const struct driver *d, struct l2tp_cursor *c, struct view_session *ret)
{
	int r = l2tp_next_session(d->engine.l2tp, c, &ret->info);

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
	const struct config *config = d->profiles.config;
	struct view_profile *profiles, *p;
	struct l2tp_cursor c = { 0 };
	struct l2tp_tunnel_info info;
	size_t n = config->n_profiles;

	for (const struct removed_profile *r = d->profiles.removed; r; r = r->next)
		n++;
	profiles = p = calloc(n + 1, sizeof(*profiles));
	if (!profiles)
		return -ENOMEM;
	for (size_t i = 0; i < config->n_profiles; i++)
		*p++ = (struct view_profile){ .profile = &config->profiles[i],
					      .state = dial_is_held(&d->dials, &config->profiles[i]) ? "hung-up" : "active" };
	for (const struct removed_profile *r = d->profiles.removed; r; r = r->next)
		*p++ = (struct view_profile){ .profile = &r->profile, .state = "draining" };
	while (l2tp_next_tunnel(d->engine.l2tp, &c, &info) >= 0) {
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
