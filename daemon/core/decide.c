/* SPDX-License-Identifier: MIT */
/*
 * decide: see decide.h.
 *
 *	                match            reserve              ask                done
 *	ASKED      ->   profile     ->   place, address  ->   decider, if any ->  yes / no
 *	CONNECTED  ->   profile     ->   moved, if it is another one  -> the same
 *	USER       ->                                         the same
 *
 * What is refused when it is asked for holds nothing any more; what is refused later holds what it held until it is
 * gone.  Addresses go by pool: a session that moves to another profile with the same pool keeps its own.  The log of a
 * refusal by the configuration is written here, where it is decided; that of a decider's is its own.
 *
 * Called by tunnel.c, session.c and attachments (through attachment.h), moved by reload.c.
 */
#include "decide.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define INTERFACES_MAX 999999 /* numbers for interface names: with a prefix of nine they fill IFNAMSIZ */

/* ---- Tunnels ------------------------------------------------------------------------------------------------ */

bool decide_takes_new(const struct decide *d)
{
	return d->state == DECIDE_OPEN;
}

struct l2tp_reason decide_refusal(const struct l2tp_refusal *given, uint16_t result, uint16_t error, const char *text)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_LOCAL,
				      .result = given->result ? given->result : result,
				      .error = given->result ? given->error : error };

	snprintf(reason.text, sizeof(reason.text), "%s", text);
	return reason;
}

/* "Try another": other LNSs are neither draining nor stopping. */
struct l2tp_reason decide_draining(const struct decide *d, const struct l2tp_refusal *given)
{
	static_assert((int)RC_STOPCCN_GENERAL == (int)RC_CDN_GENERAL, "one code for both");
	struct l2tp_reason reason = decide_refusal(given, RC_CDN_GENERAL, EC_TRY_ANOTHER,
						   d->state == DECIDE_STOPPING ? "shutting down" : "draining");

	reason.origin = L2TP_BY_REQUEST;
	return reason;
}

const struct config_profile *decide_tunnel(const struct decide *d, const struct l2tp_addr *peer, struct l2tp_span host_name)
{
	return config_match(d->profiles->config, peer, host_name);
}

/* What a tunnel was judged by when it was opened it is not judged by again.  So another profile may have it only if that
 * asks for no more: not for a proof that the peer has not given, nor for a service that it has not agreed to, and if it
 * believes no less of what the peer says and forgives no less. */
static bool has_shown_enough(const struct l2tp_tunnel_info *t, const struct l2tp_params *wanted)
{
	const struct l2tp_params *shown = t->params;
	bool proved = t->authenticated && config_same_secret(shown, wanted);
	bool agreed = shown->phb_required && shown->control_phb == wanted->control_phb &&
		      shown->session_phb == wanted->session_phb;

	return (proved || !wanted->challenge) && (agreed || !wanted->phb_required) &&
	       wanted->proxy_authentication >= shown->proxy_authentication &&
	       wanted->accept_tunnel_id_0 >= shown->accept_tunnel_id_0;
}

const struct config_profile *decide_successor(const struct decide *d, const struct l2tp_tunnel_info *t)
{
	const struct config_profile *p;

	if (t->initiator)
		return NULL;
	p = config_match(d->profiles->config, &t->peer, t->peer_host_name);
	return p && has_shown_enough(t, &p->params) ? p : NULL;
}

/* ---- What a session holds ------------------------------------------------------------------------------------- */

static struct pool *pool_of(const struct decide *d, const struct config_profile *p)
{
	return p->ppp.pool ? d->pools[p->ppp.pool - d->profiles->config->pools] : NULL;
}

static bool is_full(const struct config_profile *p)
{
	return p->max_sessions && p->use->sessions >= p->max_sessions;
}

/* The session has this profile now, and is one of its sessions; NULL: of none any more. */
static void belong(struct decision *n, const struct config_profile *profile)
{
	struct profiles *profiles = n->decide->profiles;
	const struct config_profile *before = n->profile;

	if (profile) {
		profile->use->sessions++;
		profiles_get(profiles, profile);
	}
	n->profile = profile;
	if (before) {
		before->use->sessions--;
		profiles_put(profiles, before);
	}
}

static void give_address_back(struct decision *n)
{
	if (n->pool)
		pool_release(n->pool, n->address);
	n->address = 0;
	n->pool = NULL;
}

/* One of the profile's pool; one that it has from there already it keeps.  false: there is none left */
static bool take_address(struct decision *n, const struct config_profile *profile)
{
	struct pool *pool = pool_of(n->decide, profile);
	uint32_t address;

	if (pool && pool == n->pool)
		return true;
	address = pool ? pool_acquire(pool) : 0;
	if (pool && !address)
		return false;
	give_address_back(n);
	n->address = address;
	n->pool = pool;
	return true;
}

/* A place in this profile, and what goes with it; what one of its sessions has it keeps, and gets what a reload has made
 * the profile demand since.  false: *reason says what is missing, and all is as it was. */
static bool reserve(struct decision *n, const struct config_profile *p, struct l2tp_reason *reason)
{
	const struct l2tp_refusal *given = &p->params.call_refusal;
	const bool belongs = n->profile == p;

	if (!belongs && is_full(p)) {
		*reason = decide_refusal(given, RC_CDN_GENERAL, EC_RESOURCES, "too many sessions of this profile");
		return false;
	}
	if (!(belongs && n->address) && !take_address(n, p)) {
		*reason = decide_refusal(given, RC_CDN_NO_FACILITY_TEMPORARY, EC_NONE, "no address left in the pool");
		return false;
	}
	if (!n->interface && p->ppp.interface && strstr(p->ppp.interface, "%d"))
		n->interface = pool_acquire(n->decide->interfaces);
	belong(n, p);
	return true;
}

static void begin(struct decide *d, struct decision *n)
{
	assert(!n->decide);
	n->decide = d;
	LIST_INSERT_HEAD(&d->decisions, n, entry);
}

void decision_release(struct decision *n)
{
	struct decide *d = n->decide;

	if (!d)
		return;
	if (n->asking)
		d->decider->class->forget(d->decider, n);
	give_address_back(n);
	if (n->interface)
		pool_release(d->interfaces, n->interface);
	belong(n, NULL);
	LIST_REMOVE(n, entry);
	*n = (struct decision){ 0 };
}

/* ---- Sessions ------------------------------------------------------------------------------------------------- */

/* Which profile is it for?  NULL: *reason says why it is for none. */
static const struct config_profile *match(const struct decide *d, enum decide_moment moment, const struct decide_request *r,
					  struct l2tp_reason *reason)
{
	const struct config_profile *own = r->tunnel_profile, *p = own;
	const bool served = own && !own->removed;

	if (served && r->lns && !r->call->outgoing)
		p = config_match_call(d->profiles->config, r->peer, r->peer_host_name, r->call,
				      moment == DECIDE_CONNECTED, NULL);
	if (served && p)
		return p;
	*reason = (struct l2tp_reason){ .origin = L2TP_BY_REQUEST, .result = RC_CDN_ADMIN };
	snprintf(reason->text, sizeof(reason->text), served ? "no lns profile matches" : "no longer configured");
	return NULL;
}

/* The next one that the call may be for, if what it has not said yet may show that it is not this one's.  NULL: none */
static const struct config_profile *other(const struct decide *d, const struct decide_request *r,
					  const struct config_profile *p)
{
	const struct config *c = d->profiles->config;

	if (r->call->outgoing || (!p->for_calls.private_group_ids && !p->for_calls.proxy_authen_names))
		return NULL;
	return p + 1 == c->profiles + c->n_profiles ?
		       NULL : config_match_call(c, r->peer, r->peer_host_name, r->call, false, p + 1);
}

/* A place in this profile, or in another one that the call may be for: a profile that is full does not keep out the calls
 * of others.  Whose it is shows when it is connected. */
static bool reserve_any(struct decision *n, const struct decide_request *r, const struct config_profile *p,
			struct l2tp_reason *reason)
{
	struct l2tp_reason ignored;

	if (reserve(n, p, reason))
		return true;
	while ((p = other(n->decide, r, p)))
		if (reserve(n, p, &ignored))
			return true;
	return false;
}

static bool judge(struct decide *d, struct decision *n, enum decide_moment moment, const struct decide_request *r,
		  struct l2tp_reason *reason)
{
	const struct config_profile *p = match(d, moment, r, reason);

	if (!p)
		return false;
	if (moment == DECIDE_ASKED && !decide_takes_new(d)) {
		*reason = decide_draining(d, &p->params.call_refusal);
		return false;
	}
	return moment == DECIDE_ASKED ? reserve_any(n, r, p, reason) : reserve(n, p, reason);
}

/* peer: NULL, its tunnel's line of the log has named it */
static void log_refusal(const struct decision *n, const struct l2tp_addr *peer, const struct l2tp_reason *reason)
{
	const bool stranger = reason->result == RC_CDN_ADMIN && reason->origin == L2TP_BY_REQUEST;
	const struct log_object o = { .tunnel_id = n->tunnel_id, .session_id = n->session_id, .peer = peer,
				      .profile = n->profile ? n->profile->name : NULL };

	log_event(LOG_WARNING, stranger ? CLASS_AUTH : CLASS_LOCAL, &o, "session refused: %s (result %u, error %u)",
		  reason->text, reason->result, reason->error);
}

static void finish(struct decision *n, const struct l2tp_reason *refusal)
{
	const decision_done done = n->done;
	void *ctx = n->ctx;

	n->done = NULL;
	if (refusal && n->moment == DECIDE_ASKED)
		decision_release(n);
	done(ctx, refusal);
}

void decide_answer(struct decision *n, const struct l2tp_reason *refusal)
{
	assert(n->asking);
	n->asking = false;
	if (refusal)
		log_refusal(n, NULL, refusal);
	finish(n, refusal);
}

void decide_session(struct decide *d, struct decision *n, enum decide_moment moment, const struct decide_request *r,
		    decision_done done, void *ctx)
{
	struct l2tp_reason refusal = { 0 };

	if (moment == DECIDE_ASKED)
		begin(d, n);
	assert(n->decide && !n->asking && !n->done);
	n->tunnel_id = r->tunnel_id;
	n->session_id = r->session_id;
	n->moment = moment;
	n->done = done;
	n->ctx = ctx;
	if (moment != DECIDE_USER && !judge(d, n, moment, r, &refusal)) {
		log_refusal(n, r->peer, &refusal);
		finish(n, &refusal);
	} else if (d->decider) {
		n->asking = true;
		d->decider->class->ask(d->decider, n, moment, r);
	} else {
		finish(n, NULL);
	}
}

bool decide_own(struct decide *d, struct decision *n, const struct config_profile *profile, struct l2tp_reason *reason)
{
	begin(d, n);
	if (reserve(n, profile, reason))
		return true;
	decision_release(n);
	return false;
}

bool decide_complete(struct decision *n, struct l2tp_reason *reason)
{
	return reserve(n, n->profile, reason);
}

/* ---- Reload --------------------------------------------------------------------------------------------------- */

static bool holds(struct pool *const *pools, size_t n, const struct pool *pool)
{
	for (size_t i = 0; i < n; i++)
		if (pools[i] == pool)
			return true;
	return false;
}

/* The pool that an address is of now, which must not give it to another.  Ranges do not overlap. */
static struct pool *take(struct decide *d, uint32_t address)
{
	for (size_t i = 0; i < d->profiles->config->n_pools; i++) {
		if (pool_covers(d->pools[i], address)) {
			pool_take(d->pools[i], address);
			return d->pools[i];
		}
	}
	return NULL;
}

void decide_move(struct decide *d, struct pool *const *gone, size_t n)
{
	struct decision *i;

	LIST_FOREACH(i, &d->decisions, entry) {
		if (i->address && (!i->pool || holds(gone, n, i->pool)))
			i->pool = take(d, i->address);
		if (!i->profile)
			continue;
		i->profile = profiles_find(d->profiles, i->profile->params.cookie);
		profiles_get(d->profiles, i->profile);
	}
}

/* ---- Life ----------------------------------------------------------------------------------------------------- */

int decide_init(struct decide *d, struct profiles *profiles, struct decider *decider)
{
	const struct config *c = profiles->config;
	int r;

	*d = (struct decide){ .profiles = profiles, .decider = decider };
	r = pool_new(1, INTERFACES_MAX, &d->interfaces);
	d->pools = calloc(c->n_pools + 1, sizeof(struct pool *));
	if (!d->pools)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_pools && r >= 0; i++)
		r = pool_new(c->pools[i].first, c->pools[i].last, &d->pools[i]);
	return r;
}

void decide_pools_free(struct pool **pools, size_t n)
{
	for (size_t i = 0; pools && i < n; i++)
		pool_free(pools[i]);
	free(pools);
}

void decide_clear(struct decide *d)
{
	if (d->profiles)
		decide_pools_free(d->pools, d->profiles->config->n_pools);
	pool_free(d->interfaces);
}
