/* SPDX-License-Identifier: MIT */
/*
 * driver: see driver.h.  One direction: what happens in the world is told to the engine (l2tp_input, l2tp_op_done,
 * requests); the other: world_pump() drains the engine's operations into tunnels.c and calls.c, which start something
 * that reports back later.  The pump never runs inside itself, so an executor may report at once.
 */
#include "driver.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "trace.h"
#include "world.h"

#define WORKERS_MAX 32
#define PPP_SHARE 2 /* of stop-timeout, at most: half of it */
#define FLOOD_REPORTS (60 * USEC_PER_SEC) /* at most one in this time */
#define INTERFACES_MAX 999999 /* numbers for interface names: with a prefix of nine they fill IFNAMSIZ */

usec_t world_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

void world_random(void *ctx, void *p, size_t len)
{
	uint8_t *at = p;

	(void)ctx;
	while (len) {
		ssize_t n = getrandom(at, len, 0);

		if (n < 0 && errno != EINTR)
			abort(); /* no kernel that we run on does that */
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
}

/* ---- Watchers ----------------------------------------------------------------------------------------------- */

void driver_watch(struct driver *d, struct driver_watcher *w)
{
	w->next = d->watchers;
	d->watchers = w;
}

void driver_unwatch(struct driver *d, struct driver_watcher *w)
{
	struct driver_watcher **at = &d->watchers;

	while (*at && *at != w)
		at = &(*at)->next;
	if (*at)
		*at = w->next;
}

void world_emit(struct driver *d, const struct driver_event *e)
{
	for (const struct driver_watcher *w = d->watchers; w; w = w->next)
		w->event(w->ctx, e);
}

/* ---- Profiles ----------------------------------------------------------------------------------------------- */

const struct config_profile *world_profile(const struct driver *d, uint64_t cookie)
{
	const struct config *c = d->config;

	for (const struct config_profile *p = c->profiles; p < c->profiles + c->n_profiles; p++)
		if (p->params.cookie == cookie)
			return p;
	for (const struct world_removed *r = d->removed; r; r = r->next)
		if (r->profile.params.cookie == cookie)
			return &r->profile;
	return NULL;
}

void world_removed_get(struct driver *d, const struct config_profile *profile)
{
	for (struct world_removed *r = d->removed; r; r = r->next)
		r->users += &r->profile == profile;
}

void world_removed_put(struct driver *d, const struct config_profile *profile)
{
	struct world_removed **at = &d->removed, *r;

	if (!profile->removed)
		return;
	while (&(*at)->profile != profile)
		at = &(*at)->next;
	r = *at;
	if (--r->users > 0)
		return;
	log_event(LOG_INFO, LOG_INFO_ONLY, &(struct log_object){ .profile = profile->name },
		  "the profile that was removed has no tunnel and no call any more");
	*at = r->next;
	config_clear_profile(&r->profile);
	free(r);
}

/* ---- Admission ---------------------------------------------------------------------------------------------- */

struct l2tp_reason world_refusal(const struct l2tp_refusal *given, uint16_t result, uint16_t error, const char *text)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_LOCAL,
				      .result = given->result ? given->result : result,
				      .error = given->result ? given->error : error };

	snprintf(reason.text, sizeof(reason.text), "%s", text);
	return reason;
}

static bool takes_nothing_new(const struct driver *d)
{
	return d->draining || d->stopping;
}

/* "Try another": other LNSs are neither draining nor stopping. */
static struct l2tp_reason draining(const struct driver *d, const struct l2tp_refusal *given)
{
	static_assert((int)RC_STOPCCN_GENERAL == (int)RC_CDN_GENERAL, "one code for both");
	return world_refusal(given, RC_CDN_GENERAL, EC_TRY_ANOTHER, d->stopping ? "shutting down" : "draining");
}

static bool turn_away(struct driver *d, enum log_class class, const struct l2tp_addr *peer, struct l2tp_span host_name,
		      const struct l2tp_reason *reason, const char *why)
{
	char host[64];

	log_event(LOG_NOTICE, class,
		  &(struct log_object){ .peer = peer, .host = log_escape(host_name, host, sizeof(host)) },
		  "tunnel refused: %s", why);
	world_emit(d, &(struct driver_event){ .type = DRIVER_TUNNEL_REFUSED, .peer = peer, .host = host,
					      .reason = reason });
	return false;
}

static bool admit_tunnel(void *ctx, const struct l2tp_addr *local, const struct l2tp_addr *peer,
			 struct l2tp_span host_name, struct l2tp_params *params, struct l2tp_reason *reason)
{
	struct driver *d = ctx;
	const struct config_profile *profile = config_match(d->config, peer, host_name);

	(void)local;
	if (!profile) {
		reason->result = d->config->stranger_refusal.result;
		reason->error = d->config->stranger_refusal.error;
		return turn_away(d, LOG_AUTHN, peer, host_name, reason, "no lns profile fits this address and host name");
	}
	if (takes_nothing_new(d)) {
		*reason = draining(d, &d->config->limits.refusal);
		return turn_away(d, LOG_INFO_ONLY, peer, host_name, reason, reason->text);
	}
	if (!tunnel_has_room(d, profile, peer, reason))
		return turn_away(d, LOG_LOCAL_, peer, host_name, reason, reason->text);
	*params = profile->params;
	return true;
}

static void refused(void *ctx, const struct l2tp_addr *peer, struct l2tp_span host_name,
		    const struct l2tp_reason *reason)
{
	enum log_class class = reason->result == RC_STOPCCN_UNAUTHORIZED ? LOG_AUTHN : LOG_REMOTE;
	char host[64];

	log_event(LOG_NOTICE, class,
		  &(struct log_object){ .peer = peer, .host = log_escape(host_name, host, sizeof(host)) },
		  "tunnel refused: %s (result %u, error %u): %s", l2tp_stopccn_name(reason->result), reason->result,
		  reason->error, reason->text);
	world_emit(ctx, &(struct driver_event){ .type = DRIVER_TUNNEL_REFUSED, .peer = peer, .host = host,
						.reason = reason });
}

/* The profile of a call; an outgoing one has its tunnel's. */
static const struct config_profile *profile_of_call(const struct driver *d, uint32_t tunnel_id,
						    const struct config_profile *own,
						    const struct l2tp_call_info *call)
{
	struct l2tp_tunnel_info t;

	if (call->outgoing || l2tp_get_tunnel(d->engine, tunnel_id, &t) < 0)
		return own;
	return config_match_call(d->config, &t.peer, t.peer_host_name, call, false);
}

static bool admit_call(struct driver *d, uint32_t tunnel_id, uint64_t cookie, const struct l2tp_call_info *call,
		       uint32_t *phb, struct l2tp_reason *reason)
{
	const struct world_tunnel *t = tunnel_get(d, tunnel_id);
	const struct config_profile *own = t ? t->profile : world_profile(d, cookie);
	bool served = own && !own->removed;
	const struct config_profile *p = served ? profile_of_call(d, tunnel_id, own, call) : NULL;

	if (!p)
		*reason = world_refusal(&(struct l2tp_refusal){ 0 }, RC_CDN_ADMIN, EC_NONE,
					served ? "no such calls here" : "no longer configured");
	else if (takes_nothing_new(d))
		*reason = draining(d, &p->params.call_refusal);
	else if (call_has_room(d, p, reason))
		*phb = p->params.session_phb;
	if (!reason->result)
		return true;
	log_event(LOG_WARNING, p ? LOG_LOCAL_ : LOG_AUTHN,
		  &(struct log_object){ .tunnel_id = tunnel_id, .profile = own ? own->name : NULL }, "call refused: %s",
		  reason->text);
	return false;
}

/* What the peer tells when the call is connected does not decide upon it yet. */
static void decide(struct driver *d, const struct l2tp_op *op)
{
	struct l2tp_decision decision = { .phb = op->phb };

	decision.accept = op->connected || admit_call(d, op->tunnel_id, op->cookie, op->call, &decision.phb, &decision.reason);
	(void)l2tp_decide(d->engine, op->tunnel_id, op->session_id, &decision, world_now());
}

/* 0: not known yet */
static uint32_t peer_id_of(const struct driver *d, uint32_t tunnel_id)
{
	struct l2tp_tunnel_info info;

	return l2tp_get_tunnel(d->engine, tunnel_id, &info) < 0 ? 0 : info.peer_tunnel_id;
}

/* Of a message that is sent, dropped says why it could not be. */
static void note_message(struct driver *d, const struct l2tp_trace *t)
{
	const char *what = !t->sent ? "received" : t->dropped ? "could not send" : "sent";
	const char *then = !t->dropped ? "" : t->sent ? ": " : ", dropped: ";

	trace_message(d->trace, d->engine, t);
	if (!log_enabled(LOG_DEBUG))
		return;
	log_event(LOG_DEBUG, LOG_INFO_ONLY, &(struct log_object){ .tunnel_id = t->tunnel_id,
						    .peer_tunnel_id = peer_id_of(d, t->tunnel_id),
						    .peer = t->peer },
		  "%s %s Ns %u Nr %u, %zu octets%s%s", what, t->type ? l2tp_message_name(t->type) : "ZLB", t->ns, t->nr,
		  t->datagram.len, then, t->dropped ? t->dropped : "");
}

/* What the engine wants sent is not sent yet: send_op() knows what becomes of it. */
static void trace(void *ctx, const struct l2tp_trace *t)
{
	if (!t->sent)
		note_message(ctx, t);
}

/* ---- The pump ----------------------------------------------------------------------------------------------- */

static void note_sent(struct driver *d, const struct l2tp_op *op, int r)
{
	struct l2tp_message m;

	if (!log_enabled(LOG_DEBUG) && !trace_is_read(d->trace))
		return;
	(void)l2tp_message_read(op->bytes, &m); /* it is our own */
	note_message(d, &(struct l2tp_trace){ .sent = true,
					      .tunnel_id = op->tunnel_id,
					      .type = m.type,
					      .ns = m.ns,
					      .nr = m.nr,
					      .local = &op->local,
					      .peer = &op->peer,
					      .datagram = op->bytes,
					      .dropped = r < 0 ? strerror(-r) : NULL });
}

static void send_op(struct driver *d, const struct l2tp_op *op)
{
	struct world_tunnel *t = op->tunnel_id ? tunnel_get(d, op->tunnel_id) : NULL;
	int r = listen_send(d->listen, t ? t->socket : NULL, &op->local, &op->peer, op->bytes,
			    tunnel_dscp(op->phb, L2TP_PHB_NONE));

	note_sent(d, op, r);
}

static void carry_out(struct driver *d, const struct l2tp_op *op)
{
	switch (op->type) {
	case L2TP_OP_SEND:
		send_op(d, op);
		break;
	case L2TP_OP_TUNNEL_ADD:
	case L2TP_OP_TUNNEL_UP:
	case L2TP_OP_TUNNEL_IDLE:
	case L2TP_OP_TUNNEL_DOWN:
	case L2TP_OP_TUNNEL_DEL:
	case L2TP_OP_TUNNEL_GONE:
		tunnel_op(d, op);
		break;
	case L2TP_OP_SESSION_DECIDE:
		decide(d, op);
		break;
	case L2TP_OP_SESSION_ADD:
	case L2TP_OP_SESSION_DIAL:
	case L2TP_OP_SESSION_SET:
	case L2TP_OP_SESSION_UP:
	case L2TP_OP_SESSION_LINK:
	case L2TP_OP_SESSION_ERRORS:
	case L2TP_OP_SESSION_DOWN:
	case L2TP_OP_SESSION_DEL:
	case L2TP_OP_SESSION_GONE:
		call_op(d, op);
		break;
	}
}

static void arm(struct driver *d)
{
	usec_t deadline = l2tp_deadline(d->engine);

	sd_event_source_set_enabled(d->timer, deadline == USEC_NEVER ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
	if (deadline != USEC_NEVER)
		sd_event_source_set_time(d->timer, deadline);
}

static void note_status(struct driver *d)
{
	struct l2tp_stats stats;

	l2tp_get_stats(d->engine, &stats);
	status_note(d->status, &(struct status_line){ .tunnels = stats.tunnels_established,
						      .sessions = stats.sessions_established,
						      .draining = d->draining,
						      .stopping = d->stopping,
						      .reload_failed = d->reload_failed });
}

void world_pump(struct driver *d)
{
	struct l2tp_op op;

	if (d->pumping)
		return;
	d->pumping = true;
	while (l2tp_next_op(d->engine, &op))
		carry_out(d, &op);
	d->pumping = false;
	arm(d);
	note_status(d);
	if (d->closing && l2tp_idle(d->engine))
		sd_event_exit(d->event, 0);
}

void world_op_done(struct driver *d, uint32_t tunnel_id, uint32_t session_id, int err, const char *text)
{
	l2tp_op_done(d->engine, tunnel_id, session_id, err, err < 0 && !text ? strerror(-err) : text, world_now());
	world_pump(d);
}

static void receive(void *ctx, const struct l2tp_rx *rx)
{
	struct driver *d = ctx;

	l2tp_input(d->engine, rx, world_now());
}

/* What a flood is turned away with is silence, also in the log; but once in a while somebody should know. */
static void report_flood(struct driver *d)
{
	usec_t now = world_now();
	struct l2tp_stats s;

	l2tp_get_stats(d->engine, &s);
	if ((s.limited == d->limited && s.evicted == d->evicted) ||
	    (d->flood_told && now < d->flood_told + FLOOD_REPORTS))
		return;
	log_event(LOG_WARNING, LOG_REMOTE, NULL,
		  "limits are reached: %" PRIu64 " requests for tunnels or refusals of them were dropped, %" PRIu64
		  " half-open tunnels made room, since this was last said", s.limited - d->limited, s.evicted - d->evicted);
	d->limited = s.limited;
	d->evicted = s.evicted;
	d->flood_told = now;
}

static void batch_done(void *ctx)
{
	world_pump(ctx);
	report_flood(ctx);
}

static int on_timer(sd_event_source *s, uint64_t usec, void *ctx)
{
	struct driver *d = ctx;

	(void)s, (void)usec;
	l2tp_tick(d->engine, world_now());
	world_pump(d);
	return 0;
}

/* ---- Life --------------------------------------------------------------------------------------------------- */

static int fail(int r, const char *what)
{
	log_event(LOG_ERR, LOG_LOCAL_, NULL, "%s: %s", what, strerror(-r));
	return r;
}

static int make_pools(struct driver *d)
{
	int r = pool_new(1, INTERFACES_MAX, &d->interfaces);

	d->pools = calloc(d->config->n_pools + 1, sizeof(struct pool *));
	if (r < 0 || !d->pools)
		return -ENOMEM;
	for (size_t i = 0; i < d->config->n_pools; i++) {
		r = pool_new(d->config->pools[i].first, d->config->pools[i].last, &d->pools[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

static int make_engine(struct driver *d)
{
	struct l2tp_env env = { .ctx = d,
				.limits = d->config->limits,
				.random = world_random,
				.admit_tunnel = admit_tunnel,
				.refused = refused,
				.trace = trace };

	return l2tp_new(&env, &d->engine);
}

/* One daemon for a runtime directory: the directory itself is locked, as long as we live. */
static int lock_directory(struct driver *d)
{
	const char *directory = d->config->runtime_directory;
	int r;

	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		return fail(-errno, directory);
	d->lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->lock >= 0 && flock(d->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	r = -errno;
	if (d->lock >= 0)
		close(d->lock);
	d->lock = -1;
	if (r != -EWOULDBLOCK)
		return fail(r, directory);
	log_event(LOG_ERR, LOG_LOCAL_, NULL, "another l2tpd uses %s: each needs a runtime-directory of its own", directory);
	return r;
}

bool driver_owns_directory(const struct driver *d)
{
	return d->lock >= 0;
}

/* No data path: nothing is needed, but the directory is for the control API, if it may be had.  Where another daemon has
 * it, this one would dial the same profiles, and nobody could speak to it. */
static int make_none(struct driver *d)
{
	int r = lock_directory(d);

	if (r == -EWOULDBLOCK)
		return r;
	if (r < 0)
		log_event(LOG_WARNING, LOG_LOCAL_, NULL, "going on without a control API");
	return dataplane_null_new(d->event, &d->dataplane);
}

/* The kernel's data path, and pppd on top of it; what an earlier run left behind is removed first. */
static int make_kernel(struct driver *d)
{
	struct ppp_options options = { .pppd = d->config->pppd,
				       .plugin = d->config->pppd_plugin,
				       .runtime_directory = d->config->runtime_directory,
				       .starts = d->config->pppd_starts };
	char *why = NULL;
	int r = dataplane_kernel_new(d->event, d->workers, &d->dataplane, &why);

	if (r < 0) {
		if (!why)
			return fail(r, "kernel");
		for (char *rest = why, *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
			log_event(LOG_ERR, LOG_LOCAL_, NULL, "%s", line);
		free(why);
		return r;
	}
	r = lock_directory(d);
	if (r < 0)
		return r;
	r = link_new(d->event, &d->link);
	if (r < 0)
		return fail(r, "rtnetlink");
	r = ppp_manager_new(d->event, &options, &d->ppp);
	if (r < 0)
		return fail(r, options.runtime_directory);
	int processes = ppp_manager_clean(d->ppp), routes = link_clean(d->link);
	if (processes > 0 || routes > 0)
		log_event(LOG_NOTICE, LOG_LOCAL_, NULL,
			  "an earlier run did not end in order: %d pppd processes ended, %d host routes removed",
			  processes > 0 ? processes : 0, routes > 0 ? routes : 0);
	return 0;
}

int driver_new(sd_event *event, struct config *config, enum driver_dataplane dataplane, struct driver **ret)
{
	struct driver *d = calloc(1, sizeof(*d));
	int r;

	if (!d) {
		config_free(config);
		return fail(-ENOMEM, "start");
	}
	d->lock = -1;
	d->drain_until = USEC_NEVER;
	d->started = world_now();
	d->dataplane_name = dataplane == DATAPLANE_KERNEL ? "kernel" : "none";
	d->event = sd_event_ref(event);
	d->config = config;
	d->last_cookie = config->n_profiles;
	if ((r = status_new(event, &d->status)) < 0 || (r = workers_new(event, WORKERS_MAX, &d->workers)) < 0 ||
	    (r = make_pools(d)) < 0 || (r = trace_new(event, &d->trace)) < 0 || (r = make_engine(d)) < 0 ||
	    (r = listen_new(event, receive, batch_done, d, &d->listen)) < 0 ||
	    (r = sd_event_add_time(event, &d->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, d)) < 0) {
		fail(r, "start");
		goto error;
	}
	arm(d);
	r = dataplane == DATAPLANE_KERNEL ? make_kernel(d) : make_none(d);
	if (r < 0)
		goto error;
	*ret = d;
	return 0;

error:
	driver_free(d);
	return r;
}

static void cannot_listen(const struct config_listen *at, int r, char why[WORLD_WHY_MAX])
{
	char name[L2TP_ADDR_STR_MAX], line[16] = "";

	if (at->line) /* 0: nobody has written it, it is the default */
		snprintf(line, sizeof(line), ":%u", at->line);
	if (at->addr.family)
		(void)l2tp_addr_str(&at->addr, name);
	else
		snprintf(name, sizeof(name), "all addresses, port %u", at->addr.port);
	snprintf(why, WORLD_WHY_MAX, "%s%s: cannot listen on %s: %s%s", at->path, line, name, strerror(-r),
		 r == -EADDRINUSE ? " (another L2TP daemon, or another l2tpd, is running)" :
		 r == -EACCES	  ? " (this needs root or CAP_NET_BIND_SERVICE)" :
				    "");
}

int world_listen(struct driver *d, const struct config *c, char why[WORLD_WHY_MAX])
{
	int r = 0;

	for (size_t n = 0; n < c->n_listens && r >= 0; n++) {
		const struct config_listen *i = &c->listens[n];

		r = listen_want(d->listen, &i->addr);
		if (r < 0)
			cannot_listen(i, r, why);
	}
	listen_settle(d->listen, r < 0);
	return r;
}

int driver_start(struct driver *d)
{
	char why[WORLD_WHY_MAX];
	int r = world_listen(d, d->config, why);

	if (r < 0) {
		log_event(LOG_ERR, LOG_LOCAL_, NULL, "%s", why);
		return r;
	}
	note_status(d);
	r = dials_start(d);
	if (r < 0)
		return fail(r, "dial");
	status_tell(d->status, STATUS_READY);
	return 0;
}

const struct config *driver_config(const struct driver *d)
{
	return d->config;
}

bool driver_draining(const struct driver *d)
{
	return d->draining;
}

/* What is on its way in as well as what is established. */
static void close_all(struct driver *d, const struct l2tp_reason *reason)
{
	struct l2tp_cursor c = { 0 };
	struct l2tp_tunnel_info info;
	const usec_t now = world_now(); /* one for all: the engine closes in portions */

	while (l2tp_next_tunnel(d->engine, &c, &info) >= 0)
		if (info.reason->origin == L2TP_BY_NOBODY)
			l2tp_close_tunnel(d->engine, info.tunnel_id, reason, now);
	world_pump(d);
}

static int on_drain_timer(sd_event_source *s, uint64_t usec, void *ctx)
{
	static const struct l2tp_reason reason = { .origin = L2TP_BY_REQUEST, .result = RC_STOPCCN_SHUTDOWN,
						   .text = "drained" };
	struct driver *d = ctx;
	struct l2tp_stats stats;

	(void)s, (void)usec;
	d->drain_until = USEC_NEVER;
	l2tp_get_stats(d->engine, &stats);
	log_event(LOG_NOTICE, LOG_INFO_ONLY, NULL,
		  "drain timed out: closing %" PRIu32 " tunnels with %" PRIu32 " sessions",
		  stats.tunnels_established + stats.tunnels_half_open, stats.sessions);
	close_all(d, &reason);
	return 0;
}

/* The last request counts, also while a drain is on. */
static void set_drain_timer(struct driver *d, usec_t timeout)
{
	d->drain_timer = sd_event_source_disable_unref(d->drain_timer);
	d->drain_until = USEC_NEVER;
	if (timeout == USEC_NEVER)
		return;
	if (sd_event_add_time_relative(d->event, &d->drain_timer, CLOCK_MONOTONIC, timeout, 0, on_drain_timer, d) < 0)
		log_event(LOG_ERR, LOG_LOCAL_, NULL, "out of memory: what the drain leaves is not closed; drain again");
	else
		d->drain_until = world_now() + timeout;
}

void driver_drain(struct driver *d, bool on, usec_t timeout)
{
	set_drain_timer(d, on ? timeout : USEC_NEVER);
	if (d->draining == on)
		return;
	d->draining = on;
	world_emit(d, &(struct driver_event){ .type = DRIVER_DRAIN });
	log_event(LOG_NOTICE, LOG_INFO_ONLY, NULL, on ? "draining: no new tunnels and calls" :
							"no longer draining: new tunnels and calls are welcome");
	if (!on)
		dials_resume(d);
	world_pump(d);
}

static int on_stop_timer(sd_event_source *s, uint64_t usec, void *ctx)
{
	struct driver *d = ctx;

	(void)s, (void)usec;
	log_event(LOG_WARNING, LOG_LOCAL_, NULL,
		  "stop-timeout is over: not every peer has answered or not every pppd has ended, stopping anyway");
	sd_event_exit(d->event, 0);
	return 0;
}

static void close_tunnels(struct driver *d)
{
	d->closing = true;
	l2tp_shutdown(d->engine, NULL, world_now());
	world_pump(d);
}

void world_stop_further(struct driver *d)
{
	if (d->stopping && !d->closing && !d->pppds)
		close_tunnels(d);
}

static int on_ppp_timer(sd_event_source *s, uint64_t usec, void *ctx)
{
	struct driver *d = ctx;

	(void)s, (void)usec;
	if (!d->closing)
		close_tunnels(d);
	return 0;
}

/* PPP first: its Terminate-Request goes through a tunnel that a StopCCN would take from under it. */
void driver_stop(struct driver *d)
{
	if (d->stopping)
		return;
	d->stopping = true;
	status_tell(d->status, STATUS_STOPPING);
	world_emit(d, &(struct driver_event){ .type = DRIVER_STOPPING });
	dials_stop(d);
	openings_stop(d);
	sd_event_add_time_relative(d->event, &d->stop_timer, CLOCK_MONOTONIC, d->config->stop_timeout, 0, on_stop_timer,
				   d);
	sd_event_add_time_relative(d->event, &d->ppp_timer, CLOCK_MONOTONIC, d->config->stop_timeout / PPP_SHARE, 0,
				   on_ppp_timer, d);
	calls_end_ppp(d);
	world_stop_further(d);
}

int driver_trace(struct driver *d, uint32_t tunnel_id, bool opened, int *ret_fd)
{
	if (tunnel_id && !tunnel_get(d, tunnel_id))
		return -ENOENT;
	return trace_subscribe(d->trace, tunnel_id, opened, ret_fd);
}

static void free_removed(struct driver *d)
{
	for (struct world_removed *r = d->removed, *next; r; r = next) {
		next = r->next;
		config_clear_profile(&r->profile);
		free(r);
	}
}

void world_pools_free(struct pool **pools, size_t n)
{
	for (size_t i = 0; pools && i < n; i++)
		pool_free(pools[i]);
	free(pools);
}

void driver_free(struct driver *d)
{
	if (!d)
		return;
	dials_free(d);
	openings_free(d);
	ppp_manager_free(d->ppp);
	calls_clear(d);
	workers_free(d->workers); /* jobs may still report into what follows */
	dataplane_free(d->dataplane);
	tunnels_clear(d);
	link_free(d->link);
	listen_free(d->listen);
	l2tp_free(d->engine);
	trace_free(d->trace);
	world_pools_free(d->pools, d->config->n_pools);
	free_removed(d);
	status_free(d->status);
	pool_free(d->interfaces);
	if (d->lock >= 0)
		close(d->lock);
	sd_event_source_disable_unref(d->timer);
	sd_event_source_disable_unref(d->stop_timer);
	sd_event_source_disable_unref(d->drain_timer);
	sd_event_source_disable_unref(d->ppp_timer);
	sd_event_unref(d->event);
	config_free(d->config);
	free(d);
}
