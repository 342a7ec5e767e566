/* SPDX-License-Identifier: MIT */
/*
 * calls: the driver's share of the SESSION operations: kernel session and pppox socket, pppd on top of it, and what the
 * log says of it.
 *
 * Made in this order: kernel session and pppox (SESSION_ADD), then pppd (SESSION_UP); removed in reverse (SESSION_DEL):
 * pppd has ended before the pppox socket is closed, because the kernel's session lives as long as any copy of it.
 * pppd that ends by itself closes the call, with its exit cause as the CDN's result.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/environment.h"
#include "world.h"

#define MTU_MAX 1500
#define MTU_MIN 576
#define OVERHEAD_IPV4 20
#define OVERHEAD_IPV6 40
#define OVERHEAD_UDP 8
#define OVERHEAD_L2TP 6     /* flags, tunnel id, session id: what the kernel sends */
#define OVERHEAD_SEQUENCE 4 /* Ns and Nr */
#define OVERHEAD_PPP 4      /* address, control, protocol */

static struct log_object object(const struct world_call *c)
{
	return (struct log_object){ .tunnel_id = c->key.tunnel_id,
				    .peer_tunnel_id = c->peer_tunnel_id,
				    .session_id = c->key.session_id,
				    .peer_session_id = c->peer_session_id,
				    .peer = &c->peer,
				    .profile = c->profile->name,
				    .interface = c->name[0] ? c->name : NULL };
}

struct world_call *call_get(const struct driver *d, uint32_t tunnel_id, uint32_t session_id)
{
	struct world_call_key key = { tunnel_id, session_id };
	struct world_call *c;

	HASH_FIND(hh, d->calls, &key, sizeof(key), c);
	return c;
}

static void emit(const struct world_call *c, enum driver_event_type type, const struct l2tp_reason *reason)
{
	world_emit(c->driver, &(struct driver_event){ .type = type,
						      .tunnel_id = c->key.tunnel_id,
						      .session_id = c->key.session_id,
						      .profile = c->profile->name,
						      .peer = &c->peer,
						      .reason = reason });
}

/* A call that is dialled has the dial's profile, an incoming one that which fits it, others have their tunnel's.  NULL: none
 * fits, or the tunnel's has been removed. */
static const struct config_profile *profile_of(const struct driver *d, const struct l2tp_op *op, bool connected)
{
	const struct world_tunnel *t = tunnel_get(d, op->tunnel_id);
	const struct config_profile *own = t ? t->profile : NULL;

	if (!own || own->removed)
		return NULL;
	if (op->call_cookie && t->dial)
		return dial_profile(t->dial);
	if (!op->lns || op->call->outgoing)
		return own;
	return config_match_call(d->config, &op->peer, op->peer_host_name, op->call, connected);
}

/* The call has this profile now, and is one of its sessions; NULL: it has none any more. */
static void belong(struct world_call *c, const struct config_profile *profile)
{
	if (c->profile)
		c->profile->use->sessions--;
	c->profile = profile;
	if (profile)
		profile->use->sessions++;
}

static struct l2tp_reason too_many(const struct config_profile *p)
{
	return world_refusal(&p->params.call_refusal, RC_CDN_GENERAL, EC_RESOURCES, "too many sessions of this profile");
}

/* Has it more than it may have?  Those that were admitted together did not know of each other. */
static bool is_overfull(const struct config_profile *p)
{
	return p->max_sessions && p->use->sessions > p->max_sessions;
}

static struct world_call *call_note(struct driver *d, const struct l2tp_op *op)
{
	struct world_call *c = call_get(d, op->tunnel_id, op->session_id);
	struct world_tunnel *t = tunnel_get(d, op->tunnel_id);
	const struct config_profile *profile;

	if (c)
		return c;
	c = t ? calloc(1, sizeof(*c)) : NULL;
	if (!c)
		return NULL;
	profile = profile_of(d, op, false);
	*c = (struct world_call){ .driver = d,
				  .key = { op->tunnel_id, op->session_id },
				  .dial = op->call_cookie ? t->dial : NULL,
				  .lns = op->lns,
				  .send_accm = UINT32_MAX, /* RFC 2661 4.4.6 */
				  .receive_accm = UINT32_MAX,
				  .fd = -1 };
	HASH_ADD(hh, d->calls, key, sizeof(c->key), c);
	if (!c->hh.tbl) {
		free(c);
		return NULL;
	}
	belong(c, profile ? profile : t->profile);
	world_removed_get(d, c->profile);
	emit(c, DRIVER_SESSION_OPENED, NULL);
	return c;
}

/* ---- The kernel's session ----------------------------------------------------------------------------------- */

static void on_added(void *ctx, int err, const char *text, int fd)
{
	struct world_call *c = ctx;
	struct log_object o = object(c);

	c->fd = fd;
	if (err < 0)
		log_event(LOG_ERR, LOG_LOCAL_, &o, "no kernel session, call refused: %s", text ? text : strerror(-err));
	world_op_done(c->driver, c->key.tunnel_id, c->key.session_id, err, text);
}

/* Is all our data numbered?  If the LAC does not require it, the LNS decides, and the LAC's kernel follows (5.4). */
static bool is_sequenced(const struct world_call *c)
{
	return c->sequenced || (c->lns && c->profile->sequencing == CONFIG_SEQUENCING_YES);
}

static bool is_numbered_now(const struct world_call *c)
{
	return is_sequenced(c) ||
	       (c->lns && !c->ppp_up && c->profile->sequencing == CONFIG_SEQUENCING_NEGOTIATION);
}

static struct dataplane_session spec_of(struct world_call *c)
{
	c->numbered = is_numbered_now(c);
	return (struct dataplane_session){ .tunnel_id = c->key.tunnel_id,
					   .peer_tunnel_id = c->peer_tunnel_id,
					   .session_id = c->key.session_id,
					   .peer_session_id = c->peer_session_id,
					   .version = c->version,
					   .lns_mode = c->lns,
					   .send_seq = c->numbered,
					   .recv_seq = c->sequenced,
					   .reorder_timeout_ms = c->profile->params.reorder_timeout_ms };
}

/* It is one too many. */
static void close_overfull(struct world_call *c)
{
	struct l2tp_reason reason = too_many(c->profile);

	l2tp_close_session(c->driver->engine, c->key.tunnel_id, c->key.session_id, &reason, world_now());
}

static void add(struct world_call *c)
{
	struct dataplane *dp = c->driver->dataplane;
	struct dataplane_session spec = spec_of(c);

	if (is_overfull(c->profile)) {
		close_overfull(c);
		world_op_done(c->driver, c->key.tunnel_id, c->key.session_id, -ECANCELED, NULL);
		return;
	}
	dp->class->session_add(dp, &spec, on_added, c);
}

static void on_set(void *ctx, int err, const char *text)
{
	struct world_call *c = ctx;
	struct log_object o = object(c);

	if (err < 0)
		log_event(LOG_ERR, LOG_LOCAL_, &o, "data cannot be sequenced, closing: %s", text ? text : strerror(-err));
	world_op_done(c->driver, c->key.tunnel_id, c->key.session_id, err, text);
}

/* The LAC requires sequence numbers in data: known when it is connected, behind SESSION_ADD. */
static void set(struct world_call *c)
{
	struct dataplane *dp = c->driver->dataplane;
	struct dataplane_session spec = spec_of(c);

	dp->class->session_set(dp, &spec, on_set, c);
}

/* The call may be over by now. */
static void on_renumbered(void *ctx, int err, const char *text)
{
	(void)ctx;
	if (err < 0)
		log_event(LOG_WARNING, LOG_LOCAL_, NULL, "the kernel goes on to number data as before: %s",
			  text ? text : strerror(-err));
}

/* What decides has changed: the profile, or whether PPP is up. */
static void renumber(struct world_call *c)
{
	struct dataplane *dp = c->driver->dataplane;
	struct dataplane_session spec;

	if (is_numbered_now(c) == c->numbered)
		return;
	spec = spec_of(c);
	dp->class->session_set(dp, &spec, on_renumbered, NULL);
}

static void on_deleted(void *ctx, int err, const char *text)
{
	struct world_call *c = ctx;
	struct log_object o = object(c);

	if (err < 0)
		log_event(LOG_WARNING, LOG_LOCAL_, &o, "kernel session not removed: %s", text ? text : strerror(-err));
	world_op_done(c->driver, c->key.tunnel_id, c->key.session_id, err, text);
}

static void del(struct world_call *c)
{
	struct dataplane *dp = c->driver->dataplane;
	int fd = c->fd;

	c->fd = -1;
	dp->class->session_del(dp, c->key.tunnel_id, c->key.session_id, fd, on_deleted, c);
}

/* ---- PPP ---------------------------------------------------------------------------------------------------- */

static void hang_up(struct world_call *c);

static struct pool *pool_of(const struct driver *d, const struct config_profile *p)
{
	return p->ppp.pool ? d->pools[p->ppp.pool - d->config->pools] : NULL;
}

struct l2tp_lcp_wishes call_lcp(const struct config_profile *profile)
{
	return (struct l2tp_lcp_wishes){ lcp_list_span(&profile->lcp_want), lcp_list_span(&profile->lcp_allow),
					 profile->lcp_required };
}

bool call_has_room(const struct driver *d, const struct config_profile *profile, struct l2tp_reason *reason)
{
	const struct pool *pool = pool_of(d, profile);

	if (profile->max_sessions && profile->use->sessions >= profile->max_sessions)
		*reason = too_many(profile);
	else if (pool && pool_used(pool) >= pool_size(pool))
		*reason = world_refusal(&profile->params.call_refusal, RC_CDN_NO_FACILITY_TEMPORARY, EC_NONE,
					"no address left");
	else
		return true;
	return false;
}

static void release(struct world_call *c)
{
	if (c->pool)
		pool_release(c->pool, c->address);
	if (c->interface)
		pool_release(c->driver->interfaces, c->interface);
	c->address = c->interface = 0;
	c->pool = NULL;
}

static bool holds(struct pool *const *pools, size_t n, const struct pool *pool)
{
	for (size_t i = 0; i < n; i++)
		if (pools[i] == pool)
			return true;
	return false;
}

/* The pool that an address is of now, which must not give it to another.  Ranges do not overlap. */
static struct pool *take(struct driver *d, uint32_t address)
{
	for (size_t i = 0; i < d->config->n_pools; i++) {
		if (pool_covers(d->pools[i], address)) {
			pool_take(d->pools[i], address);
			return d->pools[i];
		}
	}
	return NULL;
}

void calls_move_addresses(struct driver *d, struct pool *const *gone, size_t n)
{
	struct world_call *c, *next;

	HASH_ITER(hh, d->calls, c, next)
		if (c->address && (!c->pool || holds(gone, n, c->pool)))
			c->pool = take(d, c->address);
}

void calls_move_profiles(struct driver *d)
{
	struct world_call *c, *next;

	HASH_ITER(hh, d->calls, c, next) {
		c->profile = world_profile(d, c->profile->params.cookie);
		world_removed_get(d, c->profile);
	}
}

/* A further network protocol of a link is not another link. */
static const char *what_is_up(const struct world_call *c, const struct ppp_status *status)
{
	if (!c->ppp_up)
		return "PPP up";
	return status->local_address[0] && status->local_ipv6[0] ? "PPP: IPv4 and IPv6 are up" : "PPP: negotiated anew, up";
}

static void on_ppp_up(void *ctx, const struct ppp_status *status)
{
	struct world_call *c = ctx;
	const char *what = what_is_up(c, status);
	struct log_object o;

	snprintf(c->name, sizeof(c->name), "%s", status->interface);
	o = object(c);
	c->ppp_up = true;
	renumber(c);
	log_event(LOG_NOTICE, LOG_INFO_ONLY, &o, "%s%s%s%s%s%s%s%s%s%s", what, status->peer_name[0] ? ", peer " : "",
		  status->peer_name, status->local_address[0] ? ", " : "", status->local_address,
		  status->local_address[0] ? " -> " : "", status->remote_address, status->local_ipv6[0] ? ", " : "",
		  status->local_ipv6, "");
	emit(c, DRIVER_PPP_UP, NULL);
	if (c->dial)
		dial_call_up(c->dial);
}

/* As LNS: tell the LAC what its end of the link needs to know.  What we receive it has sent, and the reverse; a pppd
 * that is told to may ask for a map, and a LAC that has said its wishes hears of the rest (RFC 3437 2.3). */
static void on_ppp_lcp(void *ctx, const struct ppp_lcp *lcp)
{
	struct world_call *c = ctx;
	const struct l2tp_link_info link = { .send_accm = lcp_accm(lcp->received),
					     .receive_accm = lcp_accm(lcp->sent),
					     .last_sent_confreq = lcp->sent,
					     .last_received_confreq = lcp->received };
	struct log_object o = object(c);

	if (!c->lns || (!c->lcp_said && link.send_accm == c->send_accm && link.receive_accm == c->receive_accm))
		return;
	log_event(LOG_DEBUG, LOG_INFO_ONLY, &o, "LCP is up: the LAC is told ACCM %08x to send, %08x to receive%s",
		  link.send_accm, link.receive_accm, c->lcp_said ? ", and the last requests" : "");
	c->send_accm = link.send_accm;
	c->receive_accm = link.receive_accm;
	l2tp_set_link_info(c->driver->engine, c->key.tunnel_id, c->key.session_id, &link, world_now());
	world_pump(c->driver);
}

static void on_ppp_exited(void *ctx, const struct ppp_exit *how)
{
	struct world_call *c = ctx;
	struct log_object o = object(c);

	c->ppp = NULL;
	release(c);
	log_event(LOG_INFO, LOG_INFO_ONLY, &o, "pppd ended: %s", how->text);
	world_emit(c->driver, &(struct driver_event){ .type = DRIVER_PPP_EXITED,
						      .tunnel_id = c->key.tunnel_id,
						      .session_id = c->key.session_id,
						      .profile = c->profile->name,
						      .peer = &c->peer,
						      .exit = how });
	c->driver->pppds--;
	if (c->ending) {
		hang_up(c);
	} else if (!c->driver->stopping) { /* else its tunnel's StopCCN tells */
		l2tp_close_session(c->driver->engine, c->key.tunnel_id, c->key.session_id, &how->reason, world_now());
		world_pump(c->driver);
	}
	world_stop_further(c->driver);
}

/* What of the path's MTU is left for the network protocol in PPP. */
static unsigned derive_mtu(const struct world_call *c)
{
	int path = link_path_mtu(c->driver->link, &c->local, &c->peer);
	int overhead = (c->peer.family == 6 ? OVERHEAD_IPV6 : OVERHEAD_IPV4) + OVERHEAD_UDP + OVERHEAD_L2TP +
		       OVERHEAD_PPP + (is_sequenced(c) ? OVERHEAD_SEQUENCE : 0);
	int mtu = (path < 0 ? MTU_MAX : path) - overhead;

	return (unsigned)(mtu > MTU_MAX ? MTU_MAX : mtu < MTU_MIN ? MTU_MIN : mtu);
}

/* Interface name and address of this call; false where there is none left. */
static bool choose(struct world_call *c, char address[INET_ADDRSTRLEN])
{
	const struct config_ppp *ppp = &c->profile->ppp;
	struct pool *pool = pool_of(c->driver, c->profile);
	const char *percent = ppp->interface ? strstr(ppp->interface, "%d") : NULL;

	if (percent) {
		c->interface = pool_acquire(c->driver->interfaces);
		snprintf(c->name, sizeof(c->name), "%.*s%u%s", (int)(percent - ppp->interface), ppp->interface,
			 c->interface - 1, percent + 2);
	} else if (ppp->interface) {
		snprintf(c->name, sizeof(c->name), "%s", ppp->interface);
	}
	if (!pool)
		return true;
	c->address = pool_acquire(pool);
	if (c->address)
		c->pool = pool;
	inet_ntop(AF_INET, &(struct in_addr){ htonl(c->address) }, address, INET_ADDRSTRLEN);
	return c->address != 0;
}

/* ---- Outgoing calls ----------------------------------------------------------------------------------------- */

#define HANGUP_TIMEOUT (10 * USEC_PER_SEC)
#define LINK_TIMEOUT (10 * USEC_PER_SEC)

static int run_hook(struct world_call *c, const char *action, struct environment *e, usec_t timeout, hook_done done)
{
	struct hook_spec spec = { c->profile->dial_hook, action, e->list, timeout, strcmp(action, "dial") == 0 };
	int r = 0;

	if (!c->profile->dial_hook)
		return -EOPNOTSUPP; /* a reload has taken it away */
	if (!c->hook)
		r = hook_new(c->driver->event, c, &c->hook);
	if (r < 0)
		return r;
	environment_put_word(e, "PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
	environment_put_number(e, "L2TP_TUNNEL_ID", c->key.tunnel_id);
	environment_put_number(e, "L2TP_SESSION_ID", c->key.session_id);
	return hook_run(c->hook, &spec, done);
}

/* The hook's exit status is the CDN's result where it is one that tells of a call that was not placed. */
static uint16_t result_of(int status)
{
	if (status == -ETIMEDOUT)
		return RC_CDN_TIMEOUT;
	return status >= RC_CDN_NO_FACILITY_TEMPORARY && status <= RC_CDN_NO_FRAMING ? (uint16_t)status :
										       RC_CDN_NO_FACILITY_TEMPORARY;
}

/* The engine knows the rest of the call from the peer. */
static void tell_lcp(struct world_call *c)
{
	struct l2tp_session_info session;
	struct l2tp_call_info info;

	if (l2tp_get_session(c->driver->engine, c->key.tunnel_id, c->key.session_id, &session) < 0)
		return;
	info = *session.call;
	info.lcp = call_lcp(c->profile);
	l2tp_set_call_info(c->driver->engine, c->key.tunnel_id, c->key.session_id, &info, world_now());
}

static void on_dialled(void *ctx, int status)
{
	struct world_call *c = ctx;
	struct log_object o = object(c);
	struct l2tp_reason reason = { .origin = L2TP_BY_LOCAL, .result = result_of(status),
				      .text = "the call was not placed" };

	c->dialling = false;
	c->answered = status == 0;
	if (c->answered) {
		tell_lcp(c);
	} else {
		log_event(LOG_NOTICE, LOG_LOCAL_, &o, "the call was not placed: %s %s, %s", c->profile->dial_hook,
			  status == -ETIMEDOUT ? "took too long" : "failed", l2tp_cdn_name(reason.result));
		l2tp_close_session(c->driver->engine, c->key.tunnel_id, c->key.session_id, &reason, world_now());
	}
	world_op_done(c->driver, c->key.tunnel_id, c->key.session_id, c->answered ? 0 : -ECANCELED, NULL);
}

static void dial_out(struct world_call *c, const struct l2tp_op *op)
{
	struct log_object o = object(c);
	struct environment e;
	int r;

	environment_init(&e);
	environment_put_call(&e, &c->peer, op->peer_host_name, op->call);
	environment_put_number(&e, "L2TP_MINIMUM_BPS", op->call->minimum_bps);
	environment_put_number(&e, "L2TP_MAXIMUM_BPS", op->call->maximum_bps);
	environment_put_number(&e, "L2TP_BEARER_TYPE", op->call->bearer_type);
	environment_put_number(&e, "L2TP_FRAMING_TYPE", op->call->framing_type);
	r = run_hook(c, "dial", &e, c->profile->dial_timeout, on_dialled);
	c->dialling = r >= 0;
	if (c->dialling)
		return;
	log_event(LOG_ERR, LOG_LOCAL_, &o, "cannot run dial-hook: %s", strerror(-r));
	world_op_done(c->driver, c->key.tunnel_id, c->key.session_id, r, NULL);
}

/* The call has ended while it was being placed, or while its link was being told. */
static void abort_hook(struct world_call *c)
{
	hook_kill(c->hook);
	if (!c->dialling)
		return;
	c->dialling = false;
	c->answered = true; /* perhaps: it is cleared all the same */
	world_op_done(c->driver, c->key.tunnel_id, c->key.session_id, -ECANCELED, NULL);
}

static void on_hung_up(void *ctx, int status)
{
	struct world_call *c = ctx;

	(void)status;
	del(c);
}

/* Clear the call that was placed, if one was, then the kernel's session. */
static void hang_up(struct world_call *c)
{
	struct environment e;

	environment_init(&e);
	if (!c->answered || run_hook(c, "hangup", &e, HANGUP_TIMEOUT, on_hung_up) < 0)
		del(c);
}

static void close_for_ppp(struct world_call *c, uint16_t result, const char *text)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_LOCAL, .result = result };
	struct log_object o = object(c);

	log_event(LOG_ERR, LOG_LOCAL_, &o, "no PPP, closing: %s", text);
	release(c);
	l2tp_close_session(c->driver->engine, c->key.tunnel_id, c->key.session_id, &reason, world_now());
}

/* What the LAC says of its link (RFC 3437), and what will not come of it. */
static void note_lcp(struct world_call *c, const struct l2tp_lcp_wishes *lcp)
{
	struct log_object o = object(c);

	c->lcp_said = lcp->want.len || lcp->allow.len;
	if (c->lns && lcp_read(lcp->want).fcs)
		log_event(LOG_INFO, LOG_INFO_ONLY, &o, "the LAC wants FCS alternatives, which pppd cannot ask for");
}

static void start_ppp(struct world_call *c, const struct l2tp_op *op)
{
	static const struct ppp_handler handler = { .up = on_ppp_up, .exited = on_ppp_exited, .lcp = on_ppp_lcp };
	const struct config_ppp *p = &c->profile->ppp;
	unsigned mtu = derive_mtu(c);
	char address[INET_ADDRSTRLEN] = "";
	struct environment environment;
	int r;

	if (!choose(c, address)) {
		close_for_ppp(c, RC_CDN_NO_FACILITY_TEMPORARY, "the address pool is used up");
		return;
	}
	note_lcp(c, &op->call->lcp);
	environment_init(&environment);
	environment_put_call(&environment, &c->peer, op->peer_host_name, op->call);
	r = ppp_start(c->driver->ppp,
		      &(struct ppp_spec){ .tunnel_id = op->tunnel_id,
					  .peer_tunnel_id = op->peer_tunnel_id,
					  .session_id = op->session_id,
					  .peer_session_id = op->peer_session_id,
					  .lns = c->lns,
					  .fd = c->fd,
					  .profile = c->profile->name,
					  .interface = c->name[0] ? c->name : NULL,
					  .local_address = p->local_address,
					  .remote_address = address[0] ? address : p->remote_address,
					  .ipv6 = p->ipv6,
					  .sequenced = is_sequenced(c),
					  .mtu = p->mtu ? p->mtu : mtu,
					  .mru = p->mru ? p->mru : mtu,
					  .lcp = op->call->lcp,
					  .options = p->options,
					  .environment = environment.list,
					  .setup_timeout = p->setup_timeout },
		      &handler, c, &c->ppp);
	if (r < 0) {
		close_for_ppp(c, RC_CDN_NO_FACILITY_TEMPORARY, strerror(-r));
		return;
	}
	c->driver->pppds++;
	emit(c, DRIVER_PPP_STARTED, NULL);
}

/* ---- Operations --------------------------------------------------------------------------------------------- */

/* The LAC has told the rest, which may decide for another profile. */
static bool settle_profile(struct world_call *c, const struct l2tp_op *op)
{
	const struct config_profile *profile = profile_of(c->driver, op, true);
	struct l2tp_reason reason = { .origin = L2TP_BY_LOCAL, .result = RC_CDN_ADMIN, .text = "no such calls here" };
	const struct config_profile *before = c->profile;
	struct log_object o = object(c);

	if (!profile) {
		log_event(LOG_NOTICE, LOG_AUTHN, &o, "no lns profile fits what the LAC says of the call, closing");
		l2tp_close_session(c->driver->engine, c->key.tunnel_id, c->key.session_id, &reason, world_now());
		return false;
	}
	belong(c, profile);
	world_removed_put(c->driver, before);
	if (profile != before && is_overfull(profile)) {
		close_overfull(c);
		return false;
	}
	renumber(c);
	return true;
}

static void up(struct world_call *c, const struct l2tp_op *op)
{
	struct world_tunnel *t = tunnel_get(c->driver, c->key.tunnel_id);
	struct log_object o;

	if (!settle_profile(c, op))
		return;
	o = object(c);
	c->up = true;
	if (t && t->socket)
		tunnel_mark(t, op->phb);
	log_event(LOG_INFO, LOG_INFO_ONLY, &o, "session established as %s", c->lns ? "LNS" : "LAC");
	emit(c, DRIVER_SESSION_ESTABLISHED, NULL);
	if (c->driver->ppp && !c->driver->stopping)
		start_ppp(c, op);
	else if (c->dial)
		dial_call_up(c->dial);
}

/* What the peer's CDN says beside its result. */
static void log_causes(const struct world_call *c, const struct l2tp_reason *reason)
{
	const struct l2tp_disconnect *d = &reason->disconnect;
	const char *direction = l2tp_disconnect_direction(d);
	struct log_object o = object(c);
	char text[160];

	if (d->said)
		log_event(LOG_INFO, LOG_INFO_ONLY, &o,
			  "the peer's PPP ended: %s%s%s (cause %u, protocol 0x%04x, direction %u)%s%s",
			  l2tp_disconnect_name(d), *direction ? ", " : "", direction, d->code, d->protocol,
			  d->direction, d->text[0] ? ": " : "",
			  log_escape((struct l2tp_span){ (const uint8_t *)d->text, strlen(d->text) }, text, sizeof(text)));
	if (reason->q931.said)
		log_event(LOG_INFO, LOG_INFO_ONLY, &o, "the peer's line ended: Q.931 cause %u, message %u",
			  reason->q931.cause, reason->q931.message);
}

static void log_down(const struct world_call *c, const struct l2tp_reason *reason)
{
	struct log_object o = object(c);
	bool erred = reason->origin == L2TP_BY_FAULT || reason->origin == L2TP_BY_TIMEOUT;
	char text[160];

	if (reason->origin == L2TP_BY_PEER)
		log_causes(c, reason);
	log_event(LOG_INFO, erred ? LOG_REMOTE : reason->origin == L2TP_BY_LOCAL ? LOG_LOCAL_ : LOG_INFO_ONLY, &o,
		  "session closed%s: %s (result %u, error %u)%s", reason->origin == L2TP_BY_PEER ? " by the peer" : "",
		  l2tp_cdn_name(reason->result), reason->result, reason->error, log_reason(reason, text, sizeof(text)));
}

/* "0104057802060000" */
static const char *in_hex(struct l2tp_span options, char *buf, size_t size)
{
	buf[0] = '\0';
	for (size_t i = 0; i < options.len && 2 * i + 2 < size; i++)
		snprintf(buf + 2 * i, 3, "%02x", options.data[i]);
	return buf;
}

static void on_link_told(void *ctx, int status)
{
	struct world_call *c = ctx;
	struct log_object o = object(c);

	if (status != 0)
		log_event(LOG_NOTICE, LOG_LOCAL_, &o, "%s link failed", c->profile->dial_hook);
}

/* As LAC: whoever has placed the call has the link, and with it the octets to escape (4.4.6): frames in L2TP are never
 * escaped.  A call of our own has no other end than pppd, which knows what it has negotiated. */
static void hear_link(struct world_call *c, const struct l2tp_link_info *link)
{
	struct log_object o = object(c);
	struct environment e;
	char accm[16], sent[128], received[128];

	in_hex(link->last_sent_confreq, sent, sizeof(sent));
	in_hex(link->last_received_confreq, received, sizeof(received));
	log_event(LOG_INFO, LOG_INFO_ONLY, &o, "the LNS has agreed on ACCM %08x to send, %08x to receive%s%s%s%s",
		  link->send_accm, link->receive_accm, sent[0] ? ", LCP sent " : "", sent,
		  received[0] ? ", received " : "", received);
	if (!c->answered || !c->up)
		return;
	environment_init(&e);
	snprintf(accm, sizeof(accm), "%08x", link->send_accm);
	environment_put_word(&e, "L2TP_SEND_ACCM", accm);
	snprintf(accm, sizeof(accm), "%08x", link->receive_accm);
	environment_put_word(&e, "L2TP_RECEIVE_ACCM", accm);
	environment_put_word(&e, "L2TP_LNS_LCP_SENT", sent);
	environment_put_word(&e, "L2TP_LNS_LCP_RECEIVED", received);
	if (run_hook(c, "link", &e, LINK_TIMEOUT, on_link_told) < 0)
		on_link_told(c, -ECANCELED);
}

static void log_errors(const struct world_call *c, const struct l2tp_call_errors *e)
{
	struct log_object o = object(c);

	log_event(LOG_NOTICE, LOG_REMOTE, &o,
		  "errors on the LAC's link: CRC %u, framing %u, hardware overrun %u, buffer overrun %u, timeout %u, "
		  "alignment %u", e->crc, e->framing, e->hardware_overrun, e->buffer_overrun, e->timeout, e->alignment);
}

static void gone(struct world_call *c)
{
	const struct config_profile *profile = c->profile;
	struct driver *d = c->driver;

	release(c);
	hook_free(c->hook);
	if (c->dial)
		dial_call_gone(c->dial, c->key.tunnel_id, c->sent_away);
	HASH_DEL(d->calls, c);
	belong(c, NULL);
	world_removed_put(d, profile);
	free(c);
}

void call_op(struct driver *d, const struct l2tp_op *op)
{
	struct world_call *c;

	if (op->type == L2TP_OP_SESSION_GONE && !call_get(d, op->tunnel_id, op->session_id))
		return; /* it was never accepted */
	c = call_note(d, op);
	if (!c) { /* out of memory: the engine refuses the call */
		world_op_done(d, op->tunnel_id, op->session_id, -ENOMEM, NULL);
		return;
	}
	c->peer_tunnel_id = op->peer_tunnel_id;
	c->peer_session_id = op->peer_session_id;
	c->local = op->local;
	c->peer = op->peer;
	c->version = op->version;
	c->sequenced = op->sequencing;
	if (op->type == L2TP_OP_SESSION_ADD) {
		add(c);
	} else if (op->type == L2TP_OP_SESSION_DIAL) {
		dial_out(c, op);
	} else if (op->type == L2TP_OP_SESSION_SET) {
		set(c);
	} else if (op->type == L2TP_OP_SESSION_UP) {
		up(c, op);
	} else if (op->type == L2TP_OP_SESSION_LINK) {
		hear_link(c, op->link);
	} else if (op->type == L2TP_OP_SESSION_ERRORS) {
		log_errors(c, op->errors);
	} else if (op->type == L2TP_OP_SESSION_DOWN) {
		log_down(c, op->reason);
		c->sent_away = dial_is_sent_away(op->reason);
		if (c->dial)
			dial_call_down(c->dial, c->key.tunnel_id, op->reason);
		emit(c, DRIVER_SESSION_CLOSING, op->reason);
		abort_hook(c);
	} else if (op->type == L2TP_OP_SESSION_DEL) {
		c->ending = true;
		if (c->ppp)
			ppp_stop(c->ppp); /* on_ppp_exited() goes on */
		else
			hang_up(c);
	} else {
		emit(c, DRIVER_SESSION_GONE, NULL);
		gone(c);
		tunnel_settle_removed(d, op->tunnel_id);
	}
}

void calls_end_ppp(struct driver *d)
{
	struct world_call *c, *next;

	HASH_ITER(hh, d->calls, c, next)
		if (c->ppp)
			ppp_stop(c->ppp);
}

void calls_clear(struct driver *d)
{
	struct world_call *c, *next;

	HASH_ITER(hh, d->calls, c, next) {
		c->dial = NULL;
		if (c->fd >= 0)
			close(c->fd); /* takes its time on old kernels, but there is nobody left to keep waiting */
		gone(c);
	}
}
