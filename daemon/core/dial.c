/* SPDX-License-Identifier: MIT */
/*
 * dial: see dial.h.  Resolve the server's name, open the tunnel, place the calls, and begin again when something
 * ends, behind a pause that grows (redial.h); PPP that comes up sets it back.
 *
 * Each attempt takes the next destination (destinations.h); its name is resolved anew for it.  A server that answers "try
 * another" (Error Code 7) is left at once for the next one (RFC 2661 4.4.2), but there is a pause before anybody is asked
 * a second time.
 *
 * Where the peer may have gone without a word, a second tunnel is dialled beside the first (pair.h): at once if there is a
 * destination left that has not been asked in this round, else behind a pause, in which an honest server answers.
 */
#include "dial.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "destinations.h"
#include "net/resolve.h"
#include "pair.h"
#include "redial.h"

#define ANSWER_TIME (2 * USEC_PER_SEC) /* for a sign of life */

struct dial {
	struct owner owner;       /* of its tunnels and calls */
	struct dial *next;
	struct dials *dials;
	struct destinations destinations;
	struct pair pair;         /* the tunnels */
	struct resolve *resolve;  /* running, or NULL */
	struct redial redial;
	bool sent_away;           /* the tunnel was left, for the next destination */
	bool held;                /* hung up: not dialled until it is resumed */
};

static struct dial *dial_of_owner(struct owner *o)
{
	return (struct dial *)((char *)o - offsetof(struct dial, owner));
}

static struct log_object object(const struct dial *d)
{
	return (struct log_object){ .tunnel_id = d->pair.tunnel.id, .profile = d->owner.profile->name };
}

static bool may_dial(const struct dial *d)
{
	return !d->held && decide_takes_new(d->dials->decide);
}

static void attempt(void *ctx);

static void again(struct dial *d, const char *why)
{
	struct log_object o = object(d);
	usec_t pause = may_dial(d) ? redial_later(&d->redial, d->owner.profile) : 0;

	if (pause)
		log_event(LOG_NOTICE, CLASS_NEUTRAL, &o, "%s; redialling in %.1f s", why, (double)pause / USEC_PER_SEC);
}

/* ---- An attempt --------------------------------------------------------------------------------------------- */

static struct l2tp_span text(const char *s)
{
	return (struct l2tp_span){ (const uint8_t *)s, s ? strlen(s) : 0 };
}

struct l2tp_call_info dial_call(const struct config_profile *p)
{
	return (struct l2tp_call_info){ .framing_type = L2TP_FRAMING_SYNC,
					.sequencing_required = p->sequencing == CONFIG_SEQUENCING_YES,
					.tx_connect_speed = p->tx_connect_speed,
					.rx_connect_speed = p->rx_connect_speed,
					.calling_number = text(p->calling_number),
					.called_number = text(p->called_number),
					.private_group_id = text(p->private_group_id),
					.lcp = session_lcp(p) };
}

static void place_calls(struct dial *d)
{
	struct pair_tunnel *t = &d->pair.tunnel;
	struct l2tp_call_info info = dial_call(d->owner.profile);
	uint32_t session_id;
	int r = 0;

	while (t->calls < d->owner.profile->calls && r >= 0) {
		r = l2tp_call(d->dials->engine->l2tp, t->id, &info, 1, clock_now(), &session_id);
		t->calls += r >= 0;
	}
	if (r < 0)
		again(d, strerror(-r));
}

/* Each repetition of the SCCRQ may bring another error; the first one counts.  With an attempt beside this one already, or
 * with nobody left who has not been asked in this round, there is a pause first. */
static void on_unreachable(void *ctx, int err)
{
	const struct tunnel *t = ctx;
	struct dial *d = t->owner ? dial_of_owner(t->owner) : NULL; /* if not the dial's, it is nobody's any more */
	struct log_object o;
	char why[128];

	if (!d || d->pair.tunnel.id != t->id || d->pair.hinted || !may_dial(d))
		return;
	o = object(d);
	d->pair.hinted = true;
	snprintf(why, sizeof(why), "the server seems to be unreachable (%s)", strerror(err));
	if (!d->destinations.fresh || d->pair.doubted.id) {
		again(d, why);
		return;
	}
	log_event(LOG_NOTICE, CLASS_REMOTE, &o, "%s; dialling the next server in parallel", why);
	redial_at_once(&d->redial);
}

static int open_to(struct dial *d, const struct l2tp_addr *peer)
{
	struct tunnel *t;
	int r = tunnel_open(d->dials->tunnels, d->owner.profile, peer, &d->owner, &t);

	if (r < 0)
		return r;
	listen_watch_errors(t->socket, on_unreachable, t);
	pair_dialled(&d->pair, t->id, d->destinations.server);
	return 0;
}

/* The server's name and its addresses. */
static void dial_next(struct dial *d, const struct l2tp_addr *addrs, size_t n)
{
	const struct config_profile *p = d->owner.profile;
	const struct l2tp_addr *peer = destinations_pick(&d->destinations, addrs, n);
	struct log_object o = object(d);
	char name[L2TP_ADDR_STR_MAX];
	int r;

	o.peer = peer;
	log_event(LOG_INFO, CLASS_NEUTRAL, &o, "dialling %s (%s)", destinations_name(&d->destinations, p),
		  l2tp_addr_str(peer, name));
	r = open_to(d, peer);
	destinations_advance(&d->destinations, p, n);
	if (r < 0)
		again(d, strerror(-r));
	else
		place_calls(d);
	engine_pump(d->dials->engine);
}

static void on_resolved(void *ctx, int err, const char *why, const struct l2tp_addr *addrs, size_t n)
{
	struct dial *d = ctx;
	struct log_object o = object(d);

	d->resolve = NULL;
	if (!decide_takes_new(d->dials->decide))
		return;
	if (err < 0) {
		destinations_advance(&d->destinations, d->owner.profile, 0);
		log_event(LOG_WARNING, CLASS_LOCAL, &o, "%s", why);
		again(d, "no address to dial");
	} else if (d->pair.tunnel.id && !pair_is_doubtful(&d->pair)) { /* it has spoken meanwhile */
		attempt(d);
	} else {
		dial_next(d, addrs, n);
	}
}

/* On the tunnel that there is.  False: its peer has been silent for so long that another one is wanted. */
static bool call_again(struct dial *d)
{
	const usec_t now = clock_now(), silent_at = d->pair.asked + ANSWER_TIME;
	const bool silent = pair_is_silent(&d->pair);
	struct log_object o = object(d);

	if (silent && now >= silent_at) {
		log_event(LOG_NOTICE, CLASS_REMOTE, &o, "the peer has not answered for %.1f s; dialling a second tunnel",
			  (double)(now - d->pair.asked) / USEC_PER_SEC);
		return false;
	}
	place_calls(d);
	if (silent)
		redial_look(&d->redial, silent_at - now);
	engine_pump(d->dials->engine);
	return true;
}

static void attempt(void *ctx)
{
	struct dial *d = ctx;
	const struct config_profile *p = d->owner.profile;
	int r;

	if (!may_dial(d) || d->resolve)
		return;
	pair_take_back(&d->pair);
	if (d->pair.tunnel.id && !d->pair.hinted && call_again(d))
		return;
	r = resolve_start(d->dials->workers, destinations_name(&d->destinations, p), p->server_port, p->family, on_resolved,
			  d, &d->resolve);
	if (r < 0)
		again(d, strerror(-r));
}

/* ---- What is heard of the tunnel and its calls -------------------------------------------------------------- */

/* The peer has opened a tunnel to us at the same time. */
static bool borrow(struct dial *d, uint32_t tunnel_id)
{
	struct log_object o;

	if (!may_dial(d) || !pair_borrow(&d->pair, tunnel_id))
		return false;
	o = object(d);
	log_event(LOG_NOTICE, CLASS_NEUTRAL, &o, "the peer opened a tunnel at the same time; placing calls there");
	redial_at_once(&d->redial);
	return true;
}

static void tunnel_down(struct dial *d, uint32_t tunnel_id, const struct l2tp_reason *reason, uint32_t successor_id)
{
	const bool sent_away = d->sent_away || pair_is_sent_away(reason);

	if (!pair_down(&d->pair, tunnel_id))
		return;
	d->sent_away = false;
	if (successor_id && borrow(d, successor_id))
		pair_leave_doubted(&d->pair);
	else if (sent_away && d->destinations.fresh && may_dial(d))
		redial_at_once(&d->redial);
	else
		again(d, "the tunnel has closed");
}

static void on_up(struct owner *o, uint32_t tunnel_id, uint32_t session_id)
{
	struct dial *d = dial_of_owner(o);

	if (session_id)
		d->redial.failures = 0;
	else if (pair_up(&d->pair, tunnel_id))
		redial_at_once(&d->redial); /* calls that are missing */
}

static void on_down(struct owner *o, uint32_t tunnel_id, uint32_t session_id, const struct l2tp_reason *reason,
		    uint32_t successor_id)
{
	struct dial *d = dial_of_owner(o);

	if (session_id)
		pair_call_down(&d->pair, tunnel_id, reason);
	else
		tunnel_down(d, tunnel_id, reason, successor_id);
}

static void on_gone(struct owner *o, uint32_t tunnel_id, uint32_t session_id)
{
	struct dial *d = dial_of_owner(o);
	const struct pair_tunnel *t = &d->pair.tunnel;

	(void)session_id;
	if (!pair_call_gone(&d->pair, tunnel_id))
		return;
	d->sent_away = t->sent_away && d->destinations.fresh && !t->calls && !d->pair.borrowed;
	if (d->sent_away)
		engine_close_tunnel(d->dials->engine, tunnel_id, NULL); /* tunnel_down() goes on */
	else
		again(d, "the call has ended");
}

static const struct owner_class dial_class = { .up = on_up, .down = on_down, .gone = on_gone };

/* ---- Life --------------------------------------------------------------------------------------------------- */

static struct dial *find(const struct dials *s, const struct config_profile *p)
{
	struct dial *d = s->all;

	while (d && d->owner.profile != p)
		d = d->next;
	return d;
}

static int begin(struct dials *s, const struct config_profile *p)
{
	struct dial *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	*d = (struct dial){ .owner = { &dial_class, p }, .dials = s, .next = s->all };
	d->pair = (struct pair){ .engine = s->engine, .tunnels = s->tunnels, .owner = &d->owner };
	r = redial_init(&d->redial, s->engine->event, attempt, d);
	if (r < 0)
		free(d);
	else
		s->all = d;
	return r;
}

int dials_start(struct dials *s)
{
	const struct config *c = s->profiles->config;
	int r = 0;

	for (const struct config_profile *p = c->profiles; p < c->profiles + c->n_profiles && r >= 0; p++)
		if (p->lac && p->autodial && !find(s, p))
			r = begin(s, p);
	return r;
}

static void cancel_attempt(struct dial *d)
{
	resolve_cancel(d->resolve);
	d->resolve = NULL;
	redial_stop(&d->redial);
}

static void dial_free(struct dial *d)
{
	redial_clear(&d->redial);
	free(d);
}

static void hang_up(struct dial *d, const char *why)
{
	if (d->pair.borrowed) {
		pair_give_back(&d->pair, why);
		redial_at_once(&d->redial);
	} else {
		engine_close_tunnel(d->dials->engine, d->pair.tunnel.id, why);
	}
}

static void end(struct dial **at)
{
	struct dial *d = *at;
	struct log_object o = object(d);

	log_event(LOG_NOTICE, CLASS_NEUTRAL, &o, "no longer dialled");
	pair_leave_doubted(&d->pair);
	if (d->pair.tunnel.id)
		hang_up(d, "no longer dialled");
	cancel_attempt(d);
	tunnels_disown(d->dials->tunnels, &d->owner);
	sessions_disown(d->dials->sessions, &d->owner);
	*at = d->next;
	dial_free(d);
}

void dials_stop(struct dials *s)
{
	for (struct dial *d = s->all; d; d = d->next)
		cancel_attempt(d);
}

void dials_clear(struct dials *s)
{
	dials_stop(s);
	for (struct dial *d; (d = s->all);) {
		s->all = d->next;
		dial_free(d);
	}
}

/* ---- Reload ------------------------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Is the tunnel one that p could have, too: from the same place to one of its servers? */
static bool fits(struct dial *d, const struct config_profile *p)
{
	const struct config_profile *old = d->owner.profile;
	struct pair_tunnel *t = &d->pair.tunnel;

	return t->id && old->family == p->family && same_text(old->source, p->source) && old->local_port == p->local_port &&
	       destinations_find(p, old, t->server, &t->server);
}

/* With other ends it is dialled anew, at once or when the tunnel to the old ones has gone.  Other settings are those of
 * the next tunnel and the next calls; what waits for its turn, most likely in vain because of them, waits no longer. */
static void change(struct dial *d, const struct config_profile *p)
{
	bool same = config_same_profile(d->owner.profile, p), stays = fits(d, p);

	d->owner.profile = p;
	if (same)
		return;
	cancel_attempt(d);
	d->redial.failures = 0;
	d->destinations = (struct destinations){ 0 };
	pair_leave_doubted(&d->pair);
	if (d->pair.tunnel.id && !stays)
		hang_up(d, "configuration changed; redialling");
	else
		redial_at_once(&d->redial);
}

void dials_reload(struct dials *s)
{
	for (struct dial **at = &s->all; *at;) {
		const struct config_profile *p = profiles_find(s->profiles, (*at)->owner.profile->params.cookie);

		if (!p || p->removed || !p->autodial) {
			end(at);
			continue;
		}
		change(*at, p);
		at = &(*at)->next;
	}
	if (dials_start(s) < 0)
		log_event(LOG_ERR, CLASS_LOCAL, NULL, "out of memory: some profiles are not dialled; reload again");
}

void dials_resume(struct dials *s)
{
	for (struct dial *d = s->all; d; d = d->next)
		redial_at_once(&d->redial);
}

/* ---- Hang up and resume ------------------------------------------------------------------------------------- */

bool dial_exists(const struct dials *s, const struct config_profile *profile)
{
	return find(s, profile);
}

bool dial_is_held(const struct dials *s, const struct config_profile *profile)
{
	const struct dial *d = find(s, profile);

	return d && d->held;
}

bool dial_hold(struct dials *s, const struct config_profile *profile)
{
	struct dial *d = find(s, profile);

	if (!d || d->held)
		return false;
	cancel_attempt(d);
	if (d->pair.borrowed)
		pair_give_back(&d->pair, "hung up");
	return d->held = true;
}

bool dial_resume(struct dials *s, const struct config_profile *profile)
{
	struct dial *d = find(s, profile);
	bool held = d->held;

	d->held = false;
	d->redial.failures = 0;
	redial_at_once(&d->redial); /* what waits for its turn waits no longer */
	return held;
}
