/* SPDX-License-Identifier: MIT */
/*
 * dial: lac profiles with "dial": resolve the server's name, open the tunnel, place the calls, and begin again for ever
 * when something ends: after a pause that doubles from redial-min to redial-max, half of it by chance, so that a
 * thousand clients of a server that restarts do not come back as one.  PPP that comes up sets the pause back.
 *
 * The destinations are a ring: the addresses of the first server's name, then those of the second's.  Each attempt takes
 * the next one; its name is resolved anew for it.  A server that answers "try another" (Error Code 7) is left at once
 * for the next one (RFC 2661 4.4.2), but there is a pause before anybody is asked a second time.
 *
 * Behind a call that has not been ended by the peer the peer itself may be gone, and have come back without its tunnels.
 * So it is asked for a sign of life at once.  If nothing comes, a second tunnel is dialled beside the silent one, which is
 * left when the second one stands and it is silent still; else it is taken back.
 *
 * ICMP may say that a server is unreachable, long before all retransmissions are in vain; but anybody may have said so.
 * It is a hint to begin the next attempt beside this one, which goes on: the one that stands first stays, the other is
 * closed.  There are never more than two, and a third takes the place of the older one only after a pause, in which an
 * honest server answers.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/resolve.h"
#include "base/server.h"
#include "world.h"

#define GIVEN_UP "given up for another tunnel"
#define ANSWER_TIME (2 * USEC_PER_SEC) /* for a sign of life */

struct dial {
	struct dial *next;
	struct driver *driver;
	const struct config_profile *profile;
	struct resolve *resolve;  /* running, or NULL */
	sd_event_source *timer;   /* the pause */
	uint32_t tunnel_id;       /* 0: none */
	uint32_t calls;           /* placed on it and not gone */
	uint32_t silent_id, silent_calls; /* the tunnel before, until that one stands; 0: none */
	size_t silent_dialled;
	bool hinted;              /* the tunnel does not stand, and its peer seems to be unreachable */
	usec_t asked;             /* for a sign of life of the tunnel; 0: never */
	bool borrowed;            /* the tunnel is the peer's, see borrow() */
	bool looking;             /* the timer is for that, and no pause */
	unsigned failures;        /* since PPP was last up */
	size_t dialled;           /* of the profile's servers: whom the tunnel is to */
	size_t server, address;   /* the next destination: of the profile's servers, and of its name's addresses */
	bool fresh;               /* it has not been tried in this round */
	bool sent_away;           /* the tunnel was left, for the next destination */
	bool held;                /* hung up: not dialled until it is resumed */
};

static struct log_object object(const struct dial *d)
{
	return (struct log_object){ .tunnel_id = d->tunnel_id, .profile = d->profile->name };
}

/* ---- The pause ---------------------------------------------------------------------------------------------- */

usec_t dial_pause(usec_t min, usec_t max, unsigned failures, uint32_t random)
{
	usec_t pause = min;

	for (unsigned i = 0; i < failures && pause < max; i++)
		pause *= 2;
	if (pause > max)
		pause = max;
	return pause / 2 + pause / 2 * (random % 1025) / 1024;
}

static usec_t next_pause(struct dial *d)
{
	uint32_t random;

	world_random(NULL, &random, sizeof(random));
	return dial_pause(d->profile->redial_min, d->profile->redial_max, d->failures++, random);
}

static void attempt(struct dial *d);

static int on_timer(sd_event_source *s, uint64_t usec, void *ctx)
{
	struct dial *d = ctx;

	(void)s, (void)usec;
	d->looking = false;
	attempt(d);
	return 0;
}

static void arm(struct dial *d, usec_t pause)
{
	sd_event_source_set_time(d->timer, world_now() + pause);
	sd_event_source_set_enabled(d->timer, SD_EVENT_ONESHOT);
}

static void again(struct dial *d, const char *why)
{
	struct log_object o = object(d);
	usec_t pause;
	int enabled = SD_EVENT_OFF;

	if (d->driver->stopping || d->driver->draining || d->held)
		return;
	if (!d->looking && sd_event_source_get_enabled(d->timer, &enabled) > 0 && enabled != SD_EVENT_OFF)
		return;
	d->looking = false;
	pause = next_pause(d);
	log_event(LOG_NOTICE, LOG_INFO_ONLY, &o, "%s, dialling again in %.1f s", why, (double)pause / USEC_PER_SEC);
	arm(d, pause);
}

/* ---- Destinations ------------------------------------------------------------------------------------------- */

/* Behind this one, of a name with n addresses. */
static void next_destination(struct dial *d, size_t n)
{
	d->fresh = true;
	if (++d->address < n)
		return;
	d->address = 0;
	if (d->profile->servers[++d->server])
		return;
	d->server = 0;
	d->fresh = false;
}

bool dial_is_sent_away(const struct l2tp_reason *reason)
{
	return reason->origin == L2TP_BY_PEER && reason->result == RC_CDN_GENERAL && reason->error == EC_TRY_ANOTHER;
}

/* ---- A tunnel of the peer's ---------------------------------------------------------------------------------- */

/* Has the tunnel shown all that the profile demands of one? */
static bool suits(const struct config_profile *p, const struct l2tp_tunnel_info *t)
{
	return !p->params.phb_required &&
	       (!p->params.challenge || (t->authenticated && config_same_secret(t->params, &p->params)));
}

/* The peer has opened a tunnel to us at the same time, and has won the tie (RFC 2661 4.4.3): there will be no other one.
 * The calls are placed there.  The tunnel stays the peer's, who closes it; with the dial only its calls end. */
static bool borrow(struct dial *d, uint32_t tunnel_id)
{
	struct world_tunnel *t = tunnel_get(d->driver, tunnel_id);
	struct log_object o = object(d);
	struct l2tp_tunnel_info info;

	if (d->held || d->driver->stopping || d->driver->draining || !t || t->dial || t->profile->removed)
		return false;
	if (l2tp_get_tunnel(d->driver->engine, tunnel_id, &info) < 0 || !suits(d->profile, &info))
		return false;
	t->dial = d;
	d->tunnel_id = tunnel_id;
	d->calls = 0;
	d->borrowed = true;
	log_event(LOG_NOTICE, LOG_INFO_ONLY, &o, "the peer has opened tunnel %u meanwhile; placing calls there", tunnel_id);
	arm(d, 0);
	return true;
}

static void give_back(struct dial *d, const char *why)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_REQUEST };
	struct world_tunnel *t = tunnel_get(d->driver, d->tunnel_id);
	struct world_call *c, *next;

	snprintf(reason.text, sizeof(reason.text), "%s", why);
	HASH_ITER(hh, d->driver->calls, c, next) {
		if (c->dial == d)
			l2tp_close_session(d->driver->engine, c->key.tunnel_id, c->key.session_id, &reason, world_now());
	}
	if (t)
		t->dial = NULL;
	d->tunnel_id = 0;
	d->borrowed = false;
}

/* ---- Signs of life ------------------------------------------------------------------------------------------- */

/* When the peer of this tunnel was heard last; 0: never, or it is not established. */
static usec_t heard(const struct dial *d, uint32_t tunnel_id)
{
	struct l2tp_tunnel_info info;

	return l2tp_get_tunnel(d->driver->engine, tunnel_id, &info) < 0 || !info.established ? 0 : info.heard;
}

static bool is_silent(const struct dial *d)
{
	const usec_t last = heard(d, d->tunnel_id);

	return last && last < d->asked;
}

/* Is another one wanted beside the tunnel? */
static bool is_doubtful(const struct dial *d)
{
	return d->hinted || is_silent(d);
}

static void leave(struct dial *d, uint32_t tunnel_id, const char *why)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_REQUEST };

	snprintf(reason.text, sizeof(reason.text), "%s", why);
	if (tunnel_id)
		l2tp_close_tunnel(d->driver->engine, tunnel_id, &reason, world_now());
}

/* Left for good. */
static void leave_silent(struct dial *d)
{
	const uint32_t id = d->silent_id;

	d->silent_id = 0;
	leave(d, id, heard(d, id) ? "peer silent; replaced by a new tunnel" : GIVEN_UP);
}

/* One that has stood stays, rather than one that never did. */
static void keep_silent(struct dial *d)
{
	const uint32_t id = d->borrowed ? 0 : d->tunnel_id;

	if (d->borrowed)
		give_back(d, "no sign of life");
	d->tunnel_id = 0;
	if (!id)
		return;
	if (heard(d, d->silent_id)) {
		leave(d, id, GIVEN_UP);
		return;
	}
	leave_silent(d);
	d->silent_id = id;
	d->silent_calls = d->calls;
	d->silent_dialled = d->dialled;
}

/* Instead of the other one, if there is any. */
static void return_to_silent(struct dial *d)
{
	const uint32_t id = d->tunnel_id;

	d->tunnel_id = d->silent_id;
	d->calls = d->silent_calls;
	d->dialled = d->silent_dialled;
	d->silent_id = 0;
	d->hinted = false;
	leave(d, id, GIVEN_UP);
}

static bool silent_has_spoken(const struct dial *d)
{
	const usec_t last = heard(d, d->silent_id);

	return last && last >= d->asked;
}

/* There is no other one, or none to hope for. */
static void take_back(struct dial *d)
{
	if (silent_has_spoken(d) && (!d->tunnel_id || d->hinted))
		return_to_silent(d);
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
					.lcp = call_lcp(p) };
}

static void place_calls(struct dial *d)
{
	struct l2tp_call_info info = dial_call(d->profile);
	uint32_t session_id;
	int r = 0;

	while (d->calls < d->profile->calls && r >= 0) {
		r = l2tp_call(d->driver->engine, d->tunnel_id, &info, 1, world_now(), &session_id);
		d->calls += r >= 0;
	}
	if (r < 0)
		again(d, strerror(-r));
}

/* The socket to dial from: one of its own, or (*ret NULL) the listener of a fixed port. */
static int local_socket(struct driver *w, const struct config_profile *p, const struct l2tp_addr *peer,
			struct l2tp_addr *local, struct listen_socket **ret)
{
	int r;

	*local = (struct l2tp_addr){ .family = peer->family };
	if (p->source && inet_pton(peer->family == 6 ? AF_INET6 : AF_INET, p->source, local->ip) != 1)
		return -EAFNOSUPPORT; /* the address that was resolved is of the other family */
	r = listen_dial(w->listen, local, peer, ret);
	if (r >= 0 && p->local_port) {
		listen_close(*ret); /* it has told the address to send from */
		*ret = NULL;
		local->port = p->local_port;
	}
	return r;
}

int dial_open(struct driver *w, const struct config_profile *p, const struct l2tp_addr *peer, struct world_tunnel **ret)
{
	struct listen_socket *socket;
	struct world_tunnel *t;
	struct l2tp_addr local;
	uint32_t id;
	int r = local_socket(w, p, peer, &local, &socket);

	if (r < 0)
		return r;
	r = l2tp_open(w->engine, &p->params, &local, peer, world_now(), &id);
	if (r < 0) {
		listen_close(socket);
		return r;
	}
	t = tunnel_note(w, id, p);
	if (!t) {
		listen_close(socket);
		l2tp_close_tunnel(w->engine, id, NULL, world_now());
		return -ENOMEM;
	}
	t->socket = socket;
	*ret = t;
	return 0;
}

/* Each repetition of the SCCRQ may bring another error; the first one counts.  With an attempt beside this one already, or
 * with nobody left who has not been asked in this round, there is a pause first. */
static void on_unreachable(void *ctx, int err)
{
	const struct world_tunnel *t = ctx;
	struct dial *d = t->dial;
	struct log_object o;
	char why[128];

	if (!d || d->tunnel_id != t->id || d->hinted || d->driver->stopping || d->driver->draining || d->held)
		return;
	o = object(d);
	d->hinted = true;
	snprintf(why, sizeof(why), "the server seems to be unreachable (%s)", strerror(err));
	if (!d->fresh || d->silent_id) {
		again(d, why);
		return;
	}
	log_event(LOG_NOTICE, LOG_REMOTE, &o, "%s, dialling the next one as well", why);
	arm(d, 0);
}

static int open_tunnel(struct dial *d, const struct l2tp_addr *peer)
{
	struct world_tunnel *t;
	int r = dial_open(d->driver, d->profile, peer, &t);

	if (r < 0)
		return r;
	t->dial = d;
	listen_watch_errors(t->socket, on_unreachable, t);
	keep_silent(d);
	d->tunnel_id = t->id;
	d->dialled = d->server;
	d->hinted = false;
	d->calls = 0;
	return 0;
}

static void on_resolved(void *ctx, int err, const char *why, const struct l2tp_addr *addrs, size_t n)
{
	struct dial *d = ctx;
	struct log_object o = object(d);
	char name[L2TP_ADDR_STR_MAX];
	int r;

	d->resolve = NULL;
	if (d->driver->draining)
		return;
	if (err < 0) {
		next_destination(d, 0);
		log_event(LOG_WARNING, LOG_LOCAL_, &o, "%s", why);
		again(d, "no address");
		return;
	}
	if (d->tunnel_id && !is_doubtful(d)) { /* it has spoken meanwhile */
		attempt(d);
		return;
	}
	const struct l2tp_addr *peer = &addrs[d->address < n ? d->address : 0]; /* it may have had more of them before */
	o.peer = peer;
	log_event(LOG_INFO, LOG_INFO_ONLY, &o, "dialling %s (%s)", d->profile->servers[d->server],
		  l2tp_addr_str(peer, name));
	r = open_tunnel(d, peer);
	next_destination(d, n);
	if (r < 0)
		again(d, strerror(-r));
	else
		place_calls(d);
	world_pump(d->driver);
}

/* On the tunnel that there is.  False: its peer has been silent for so long that another one is wanted. */
static bool call_again(struct dial *d)
{
	const usec_t now = world_now();
	struct log_object o = object(d);

	if (is_silent(d) && now >= d->asked + ANSWER_TIME) {
		log_event(LOG_NOTICE, LOG_REMOTE, &o, "no sign of life from the peer for %.1f s, dialling a second tunnel",
			  (double)(now - d->asked) / USEC_PER_SEC);
		return false;
	}
	place_calls(d);
	d->looking = is_silent(d);
	if (d->looking)
		arm(d, d->asked + ANSWER_TIME - now);
	world_pump(d->driver);
	return true;
}

static void attempt(struct dial *d)
{
	const struct config_profile *p = d->profile;
	int r;

	if (d->driver->stopping || d->driver->draining || d->held || d->resolve)
		return;
	take_back(d);
	if (d->tunnel_id && !d->hinted && call_again(d))
		return;
	r = resolve_start(d->driver->workers, p->servers[d->server], p->server_port, p->family, on_resolved, d, &d->resolve);
	if (r < 0)
		again(d, strerror(-r));
}

/* ---- What is heard of the tunnel and its calls -------------------------------------------------------------- */

void dial_tunnel_up(struct dial *d, uint32_t tunnel_id)
{
	/* the silent one may have calls that live: it is left only if it is silent still */
	if (d->silent_id == tunnel_id || (d->tunnel_id == tunnel_id && silent_has_spoken(d))) {
		return_to_silent(d);
		arm(d, 0); /* calls that are missing */
	} else if (d->tunnel_id == tunnel_id) {
		leave_silent(d);
		d->hinted = false;
	}
}

void dial_tunnel_down(struct dial *d, uint32_t tunnel_id, const struct l2tp_reason *reason, uint32_t successor_id)
{
	bool sent_away = d->sent_away || dial_is_sent_away(reason);

	if (d->silent_id == tunnel_id)
		d->silent_id = 0;
	if (d->tunnel_id != tunnel_id)
		return;
	d->tunnel_id = 0; /* it lingers without us */
	d->hinted = d->borrowed = d->sent_away = false;
	if (successor_id && borrow(d, successor_id)) {
		leave_silent(d);
		return;
	}
	if (sent_away && d->fresh && !d->driver->stopping)
		arm(d, 0);
	else
		again(d, "the tunnel is gone");
}

void dial_call_up(struct dial *d)
{
	d->failures = 0;
}

/* Of calls that the peer has ended, or that it has erred in, it was just heard. */
void dial_call_down(struct dial *d, uint32_t tunnel_id, const struct l2tp_reason *reason)
{
	if (d->tunnel_id != tunnel_id || reason->origin == L2TP_BY_PEER || reason->origin == L2TP_BY_FAULT)
		return;
	d->asked = world_now();
	(void)l2tp_probe(d->driver->engine, tunnel_id, d->asked);
}

void dial_call_gone(struct dial *d, uint32_t tunnel_id, bool sent_away)
{
	d->silent_calls -= d->silent_id == tunnel_id;
	if (d->tunnel_id != tunnel_id)
		return;
	d->calls--;
	d->sent_away = sent_away && d->fresh && !d->calls && !d->borrowed;
	if (d->sent_away)
		l2tp_close_tunnel(d->driver->engine, tunnel_id, NULL, world_now()); /* dial_tunnel_down() goes on */
	else
		again(d, "the call is gone");
}

/* ---- Reload ------------------------------------------------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool find_server(const struct config_profile *p, const char *name, uint16_t port, size_t *ret)
{
	for (size_t i = 0; p->servers[i]; i++) {
		if (server_same(p->servers[i], p->server_port, name, port)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

const struct config_profile *dial_profile(const struct dial *d)
{
	return d->profile;
}

/* Is the tunnel one that p could have, too: from the same place to one of its servers? */
static bool fits(struct dial *d, const struct config_profile *p)
{
	const struct config_profile *old = d->profile;

	return d->tunnel_id && old->family == p->family &&
	       same_text(old->source, p->source) && old->local_port == p->local_port &&
	       find_server(p, old->servers[d->dialled], old->server_port, &d->dialled);
}

static void cancel_attempt(struct dial *d)
{
	resolve_cancel(d->resolve);
	d->resolve = NULL;
	d->looking = false;
	sd_event_source_set_enabled(d->timer, SD_EVENT_OFF);
}

static void hang_up(struct dial *d, const char *why)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_REQUEST };

	if (d->borrowed) {
		give_back(d, why);
		return arm(d, 0);
	}
	snprintf(reason.text, sizeof(reason.text), "%s", why);
	l2tp_close_tunnel(d->driver->engine, d->tunnel_id, &reason, world_now());
}

/* With other ends it is dialled anew, at once or when the tunnel to the old ones has gone.  Other settings are those of
 * the next tunnel and the next calls; what waits for its turn, most likely in vain because of them, waits no longer. */
static void change(struct dial *d, const struct config_profile *p)
{
	bool same = config_same_profile(d->profile, p), stays = fits(d, p);

	d->profile = p;
	if (same)
		return;
	cancel_attempt(d);
	d->failures = 0;
	d->server = d->address = 0;
	d->fresh = false;
	leave_silent(d);
	if (d->tunnel_id && !stays)
		hang_up(d, "dialled elsewhere from now on");
	else
		arm(d, 0);
}

static void forget(struct dial *d)
{
	struct world_tunnel *t, *next_tunnel;
	struct world_call *c, *next_call;

	HASH_ITER(hh, d->driver->tunnels, t, next_tunnel)
		t->dial = t->dial == d ? NULL : t->dial;
	HASH_ITER(hh, d->driver->calls, c, next_call)
		c->dial = c->dial == d ? NULL : c->dial;
}

static void end(struct dial **at)
{
	struct dial *d = *at;
	struct log_object o = object(d);

	cancel_attempt(d);
	log_event(LOG_NOTICE, LOG_INFO_ONLY, &o, "no longer dialled");
	leave_silent(d);
	if (d->tunnel_id)
		hang_up(d, "no longer dialled");
	forget(d);
	*at = d->next;
	sd_event_source_disable_unref(d->timer);
	free(d);
}

static int begin(struct driver *w, const struct config_profile *p)
{
	struct dial *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	*d = (struct dial){ .driver = w, .profile = p, .next = w->dials };
	r = sd_event_add_time(w->event, &d->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, d);
	if (r < 0)
		free(d);
	else
		w->dials = d;
	return r;
}

static struct dial *dial_of(const struct driver *w, const struct config_profile *p)
{
	struct dial *d = w->dials;

	while (d && d->profile != p)
		d = d->next;
	return d;
}

void dials_reload(struct driver *w)
{
	for (struct dial **at = &w->dials; *at;) {
		const struct config_profile *p = world_profile(w, (*at)->profile->params.cookie);

		if (p->removed || !p->autodial) {
			end(at);
			continue;
		}
		change(*at, p);
		at = &(*at)->next;
	}
	if (dials_start(w) < 0)
		log_event(LOG_ERR, LOG_LOCAL_, NULL, "out of memory: not everything is dialled; reload again");
}

void dials_resume(struct driver *w)
{
	for (struct dial *d = w->dials; d; d = d->next)
		arm(d, 0);
}

/* ---- Hang up and resume ------------------------------------------------------------------------------------- */

bool dial_exists(const struct driver *w, const struct config_profile *p)
{
	return dial_of(w, p);
}

bool dial_is_held(const struct driver *w, const struct config_profile *p)
{
	const struct dial *d = dial_of(w, p);

	return d && d->held;
}

bool dial_hold(struct driver *w, const struct config_profile *p)
{
	struct dial *d = dial_of(w, p);

	if (!d || d->held)
		return false;
	cancel_attempt(d);
	if (d->borrowed)
		give_back(d, "hung up");
	return d->held = true;
}

bool dial_resume(struct driver *w, const struct config_profile *p)
{
	struct dial *d = dial_of(w, p);
	bool held = d->held;

	d->held = false;
	d->failures = 0;
	arm(d, 0); /* what waits for its turn waits no longer */
	return held;
}

/* ---- Life --------------------------------------------------------------------------------------------------- */

int dials_start(struct driver *w)
{
	const struct config *c = w->config;
	int r = 0;

	for (const struct config_profile *p = c->profiles; p < c->profiles + c->n_profiles && r >= 0; p++)
		if (p->lac && p->autodial && !dial_of(w, p))
			r = begin(w, p);
	return r;
}

void dials_stop(struct driver *w)
{
	for (struct dial *d = w->dials; d; d = d->next)
		cancel_attempt(d);
}

void dials_free(struct driver *w)
{
	dials_stop(w);
	for (struct dial *d; (d = w->dials);) {
		w->dials = d->next;
		sd_event_source_disable_unref(d->timer);
		free(d);
	}
}
