/* SPDX-License-Identifier: MIT */
/*
 * driver: see driver.h.  Makes the parts and makes them known to each other (state.h), sends what the engine wants sent,
 * hands its other operations to tunnel.c and session.c, and ends all in order.
 */
#include "driver.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/ports.h"
#include "open.h"
#include "state.h"
#include "trace.h"

#define WORKERS_MAX 32
#define DETACH_SHARE 2 /* of stop-timeout, at most: half of it */
#define FLOOD_REPORTS (60 * USEC_PER_SEC) /* at most one in this time */

/* ---- What the engine asks at once -------------------------------------------------------------------------------- */

static bool admit_tunnel(void *ctx, const struct l2tp_addr *local, const struct l2tp_addr *peer,
			 struct l2tp_span host_name, struct l2tp_params *params, struct l2tp_reason *reason)
{
	struct driver *d = ctx;

	(void)local;
	return tunnels_admit(&d->tunnels, peer, host_name, params, reason);
}

static void refused(void *ctx, const struct l2tp_addr *peer, struct l2tp_span host_name,
		    const struct l2tp_reason *reason)
{
	struct driver *d = ctx;

	tunnels_refused(&d->tunnels, peer, host_name, reason);
}

/* 0: not known yet */
static uint32_t peer_id_of(const struct driver *d, uint32_t tunnel_id)
{
	struct l2tp_tunnel_info info;

	return l2tp_get_tunnel(d->engine.l2tp, tunnel_id, &info) < 0 ? 0 : info.peer_tunnel_id;
}

/* Of a message that is sent, dropped says why it could not be. */
static void note_message(struct driver *d, const struct l2tp_trace *t)
{
	const char *what = !t->sent ? "received" : t->dropped ? "could not send" : "sent";
	const char *then = !t->dropped ? "" : t->sent ? ": " : ", dropped: ";

	trace_message(d->trace, d->engine.l2tp, t);
	if (!log_enabled(LOG_DEBUG))
		return;
	log_event(LOG_DEBUG, CLASS_NEUTRAL, &(struct log_object){ .tunnel_id = t->tunnel_id,
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

/* ---- Operations -------------------------------------------------------------------------------------------------- */

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
	const struct tunnel *t = op->tunnel_id ? tunnel_get(&d->tunnels, op->tunnel_id) : NULL;
	int r = listen_send(d->listen, t ? t->socket : NULL, &op->local, &op->peer, op->bytes,
			    tunnel_dscp(op->phb, L2TP_PHB_NONE));

	note_sent(d, op, r);
}

static void carry_out(void *ctx, const struct l2tp_op *op)
{
	struct driver *d = ctx;

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
		tunnel_op(&d->tunnels, op);
		break;
	case L2TP_OP_SESSION_DECIDE:
	case L2TP_OP_SESSION_ADD:
	case L2TP_OP_SESSION_DIAL:
	case L2TP_OP_SESSION_SET:
	case L2TP_OP_SESSION_UP:
	case L2TP_OP_SESSION_LINK:
	case L2TP_OP_SESSION_ERRORS:
	case L2TP_OP_SESSION_DOWN:
	case L2TP_OP_SESSION_DEL:
	case L2TP_OP_SESSION_GONE:
		session_op(&d->sessions, op);
		break;
	}
}

static bool is_stopping(const struct driver *d)
{
	return d->decide.state == DECIDE_STOPPING;
}

static void note_status(struct driver *d)
{
	struct l2tp_stats stats;

	l2tp_get_stats(d->engine.l2tp, &stats);
	status_note(d->status, &(struct status_line){ .tunnels = stats.tunnels_established,
						      .sessions = stats.sessions_established,
						      .draining = d->draining,
						      .stopping = is_stopping(d),
						      .reload_failed = d->reload_failed });
}

static void settled(void *ctx)
{
	struct driver *d = ctx;

	note_status(d);
	if (d->closing && l2tp_idle(d->engine.l2tp))
		sd_event_exit(d->event, 0);
}

static void receive(void *ctx, const struct l2tp_rx *rx)
{
	struct driver *d = ctx;

	l2tp_input(d->engine.l2tp, rx, clock_now());
}

/* A flood is answered with silence, also in the log; but once in a while the operator should know. */
static void report_flood(struct driver *d)
{
	const usec_t now = clock_now();
	struct l2tp_stats s;

	l2tp_get_stats(d->engine.l2tp, &s);
	if ((s.limited == d->limited && s.evicted == d->evicted) ||
	    (d->flood_told && now < d->flood_told + FLOOD_REPORTS))
		return;
	log_event(LOG_WARNING, CLASS_REMOTE, NULL,
		  "rate limits: dropped %" PRIu64 " tunnel requests, evicted %" PRIu64
		  " half-open tunnels since the last report", s.limited - d->limited, s.evicted - d->evicted);
	d->limited = s.limited;
	d->evicted = s.evicted;
	d->flood_told = now;
}

static void batch_done(void *ctx)
{
	struct driver *d = ctx;

	engine_pump(&d->engine);
	report_flood(d);
}

/* ---- Life --------------------------------------------------------------------------------------------------------- */

static int fail(int r, const char *what)
{
	log_event(LOG_ERR, CLASS_LOCAL, NULL, "%s: %s", what, strerror(-r));
	return r;
}

static int make_engine(struct driver *d)
{
	static const struct engine_handler handler = { .carry_out = carry_out, .settled = settled };
	const struct l2tp_env env = { .ctx = d,
				      .limits = d->profiles.config->limits,
				      .random = random_bytes,
				      .admit_tunnel = admit_tunnel,
				      .refused = refused,
				      .trace = trace };

	return engine_init(&d->engine, d->event, &env, &handler, d);
}

/* One daemon for a runtime directory: the directory itself is locked, as long as we live. */
static int lock_directory(struct driver *d)
{
	const char *directory = d->profiles.config->runtime_directory;
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
	log_event(LOG_ERR, CLASS_LOCAL, NULL, "another l2tpd uses %s; give each a runtime-directory of its own", directory);
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
		log_event(LOG_WARNING, CLASS_LOCAL, NULL, "continuing without a control API");
	return dataplane_null_new(d->event, &d->dataplane);
}

/* The kernel's data path; what an earlier run left behind is removed first. */
static int make_kernel(struct driver *d)
{
	char *why = NULL;
	int r = dataplane_kernel_new(d->event, d->fds, &d->dataplane, &why), routes;

	if (r < 0) {
		if (!why)
			return fail(r, "cannot use the kernel data path");
		for (char *rest = why, *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
			log_event(LOG_ERR, CLASS_LOCAL, NULL, "%s", line);
		free(why);
		return r;
	}
	r = lock_directory(d);
	if (r < 0)
		return r;
	r = link_new(d->event, &d->link);
	if (r < 0)
		return fail(r, "cannot open rtnetlink");
	routes = link_clean(d->link);
	if (routes > 0)
		log_event(LOG_NOTICE, CLASS_LOCAL, NULL, "removed %d host routes of an earlier run", routes);
	return 0;
}

static int make_kind(struct driver *d, const struct driver_options *o)
{
	const struct attachment_class *const *class = o->attachments;

	while (*class && strcmp((*class)->name, o->attachment) != 0)
		class++;
	if (!*class)
		return fail(-ENOENT, o->attachment);
	d->attachments = o->attachments;
	d->kind = (struct attachment_kind){ .class = *class,
					    .event = d->event,
					    .workers = d->workers,
					    .config = d->profiles.config,
					    .link = d->link,
					    .fds = d->fds };
	return d->kind.class->kind_new ? d->kind.class->kind_new(&d->kind) : 0;
}

static void on_detached(void *ctx);
static int on_stop_timer(sd_event_source *s, uint64_t usec, void *ctx);
static int on_detach_timer(sd_event_source *s, uint64_t usec, void *ctx);

/* A stop must not fail for want of memory. */
static int make_timers(struct driver *d)
{
	int r = sd_event_add_time(d->event, &d->stop_timer, CLOCK_MONOTONIC, 0, 0, on_stop_timer, d);

	r = r < 0 ? r : sd_event_source_set_enabled(d->stop_timer, SD_EVENT_OFF);
	r = r < 0 ? r : sd_event_add_time(d->event, &d->detach_timer, CLOCK_MONOTONIC, 0, 0, on_detach_timer, d);
	return r < 0 ? r : sd_event_source_set_enabled(d->detach_timer, SD_EVENT_OFF);
}

/* Which part knows which. */
static void introduce(struct driver *d)
{
	d->tunnels = (struct tunnels){ .engine = &d->engine, .events = &d->events, .profiles = &d->profiles,
				       .decide = &d->decide, .listen = d->listen, .dataplane = d->dataplane,
				       .link = d->link, .trace = d->trace };
	d->sessions = (struct sessions){ .engine = &d->engine, .events = &d->events, .decide = &d->decide,
					 .dataplane = d->dataplane, .tunnels = &d->tunnels, .kind = &d->kind,
					 .detached = on_detached, .ctx = d };
	d->dials = (struct dials){ .engine = &d->engine, .profiles = &d->profiles, .decide = &d->decide,
				   .workers = d->workers, .tunnels = &d->tunnels, .sessions = &d->sessions };
}

int driver_new(sd_event *event, struct config *config, const struct driver_options *o, struct driver **ret)
{
	struct driver *d = calloc(1, sizeof(*d));
	int r;

	if (!d) {
		config_free(config);
		return fail(-ENOMEM, "cannot start");
	}
	d->lock = -1;
	d->drain_until = USEC_NEVER;
	d->started = clock_now();
	d->dataplane_name = o->dataplane == DATAPLANE_KERNEL ? "kernel" : "none";
	d->event = sd_event_ref(event);
	profiles_init(&d->profiles, config);
	if ((r = status_new(event, &d->status)) < 0 || (r = workers_new(event, WORKERS_MAX, &d->workers)) < 0 ||
	    (r = fdstore_new(d->workers, &d->fds)) < 0 || (r = decide_init(&d->decide, &d->profiles, o->decider)) < 0 ||
	    (r = trace_new(event, &d->trace)) < 0 ||
	    (r = listen_new(event, d->fds, receive, batch_done, d, &d->listen)) < 0 || (r = make_engine(d)) < 0 ||
	    (r = make_timers(d)) < 0) {
		fail(r, "cannot start");
		goto error;
	}
	r = o->dataplane == DATAPLANE_KERNEL ? make_kernel(d) : make_none(d);
	if (r >= 0)
		r = make_kind(d, o);
	if (r < 0)
		goto error;
	introduce(d);
	*ret = d;
	return 0;

error:
	driver_free(d);
	return r;
}

int driver_start(struct driver *d)
{
	char why[PORTS_WHY_MAX];
	int r = ports_listen(d->listen, d->profiles.config, why);

	if (r < 0) {
		log_event(LOG_ERR, CLASS_LOCAL, NULL, "%s", why);
		return r;
	}
	note_status(d);
	r = dials_start(&d->dials);
	if (r < 0)
		return fail(r, "cannot start dialling");
	status_tell(d->status, STATUS_READY);
	return 0;
}

const struct config *driver_config(const struct driver *d)
{
	return d->profiles.config;
}

const struct attachment_class *const *driver_attachments(const struct driver *d)
{
	return d->attachments;
}

void driver_watch(struct driver *d, struct watcher *w)
{
	events_watch(&d->events, w);
}

void driver_unwatch(struct driver *d, struct watcher *w)
{
	events_unwatch(&d->events, w);
}

int driver_trace(struct driver *d, uint32_t tunnel_id, bool opened, int *ret_fd)
{
	if (tunnel_id && !tunnel_get(&d->tunnels, tunnel_id))
		return -ENOENT;
	return trace_subscribe(d->trace, tunnel_id, opened, ret_fd);
}

/* ---- Drain -------------------------------------------------------------------------------------------------------- */

bool driver_draining(const struct driver *d)
{
	return d->draining;
}

/* What is on its way in as well as what is established. */
static void close_all(struct driver *d, const struct l2tp_reason *reason)
{
	struct l2tp_cursor c = { 0 };
	struct l2tp_tunnel_info info;
	const usec_t now = clock_now(); /* one for all: the engine closes in portions */

	while (l2tp_next_tunnel(d->engine.l2tp, &c, &info) >= 0)
		if (info.reason->origin == L2TP_BY_NOBODY)
			l2tp_close_tunnel(d->engine.l2tp, info.tunnel_id, reason, now);
	engine_pump(&d->engine);
}

static int on_drain_timer(sd_event_source *s, uint64_t usec, void *ctx)
{
	static const struct l2tp_reason reason = { .origin = L2TP_BY_REQUEST, .result = RC_STOPCCN_SHUTDOWN,
						   .text = "drained" };
	struct driver *d = ctx;
	struct l2tp_stats stats;

	(void)s, (void)usec;
	d->drain_until = USEC_NEVER;
	l2tp_get_stats(d->engine.l2tp, &stats);
	log_event(LOG_NOTICE, CLASS_NEUTRAL, NULL,
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
		log_event(LOG_ERR, CLASS_LOCAL, NULL, "out of memory: the drain has no timeout; drain again");
	else
		d->drain_until = clock_now() + timeout;
}

void driver_drain(struct driver *d, bool on, usec_t timeout)
{
	set_drain_timer(d, on ? timeout : USEC_NEVER);
	if (d->draining == on)
		return;
	d->draining = on;
	if (!is_stopping(d))
		d->decide.state = on ? DECIDE_DRAINING : DECIDE_OPEN;
	events_emit(&d->events, &(struct event){ .type = EVENT_DRAIN });
	log_event(LOG_NOTICE, CLASS_NEUTRAL, NULL, on ? "draining: refusing new tunnels and calls" :
							"drain ended: accepting new tunnels and calls");
	if (!on)
		dials_resume(&d->dials);
	engine_pump(&d->engine);
}

/* ---- The end ------------------------------------------------------------------------------------------------------ */

static int on_stop_timer(sd_event_source *s, uint64_t usec, void *ctx)
{
	struct driver *d = ctx;

	(void)s, (void)usec;
	log_event(LOG_WARNING, CLASS_LOCAL, NULL,
		  "stop-timeout expired before every peer had answered and every session had ended; stopping anyway");
	sd_event_exit(d->event, 0);
	return 0;
}

static void close_tunnels(struct driver *d)
{
	d->closing = true;
	l2tp_shutdown(d->engine.l2tp, NULL, clock_now());
	engine_pump(&d->engine);
}

/* All tunnels are closed as soon as no session has an attachment any more. */
static void on_detached(void *ctx)
{
	struct driver *d = ctx;

	if (is_stopping(d) && !d->closing && !d->sessions.attached)
		close_tunnels(d);
}

static int on_detach_timer(sd_event_source *s, uint64_t usec, void *ctx)
{
	struct driver *d = ctx;

	(void)s, (void)usec;
	if (!d->closing)
		close_tunnels(d);
	return 0;
}

static void start_timer(sd_event_source *timer, usec_t timeout)
{
	(void)sd_event_source_set_time(timer, clock_now() + timeout);
	(void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* Attachments first: PPP's Terminate-Request goes through a tunnel that a StopCCN would take from under it. */
void driver_stop(struct driver *d)
{
	const usec_t timeout = d->profiles.config->stop_timeout;

	if (is_stopping(d))
		return;
	d->decide.state = DECIDE_STOPPING;
	status_tell(d->status, STATUS_STOPPING);
	events_emit(&d->events, &(struct event){ .type = EVENT_STOPPING });
	dials_stop(&d->dials);
	openings_stop(d);
	start_timer(d->stop_timer, timeout);
	start_timer(d->detach_timer, timeout / DETACH_SHARE);
	sessions_stop(&d->sessions);
	on_detached(d);
}

void driver_free(struct driver *d)
{
	if (!d)
		return;
	dials_clear(&d->dials);
	openings_free(d);
	if (d->kind.all)
		d->kind.class->kind_free(&d->kind);
	sessions_clear(&d->sessions);
	fdstore_close_sessions(d->fds);
	workers_free(d->workers); /* jobs may still report into what follows */
	dataplane_free(d->dataplane);
	tunnels_clear(&d->tunnels);
	link_free(d->link);
	listen_free(d->listen);
	fdstore_free(d->fds);
	engine_clear(&d->engine);
	trace_free(d->trace);
	decide_clear(&d->decide);
	profiles_clear(&d->profiles);
	status_free(d->status);
	if (d->lock >= 0)
		close(d->lock);
	sd_event_source_disable_unref(d->stop_timer);
	sd_event_source_disable_unref(d->drain_timer);
	sd_event_source_disable_unref(d->detach_timer);
	sd_event_unref(d->event);
	free(d);
}
