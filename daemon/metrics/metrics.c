/* SPDX-License-Identifier: MIT */
/*
 * metrics: see metrics.h.  A watcher of the driver feeds count.c and data.c; http.c asks for the
 * page, which waits until the kernel's counters are fresh, and is written by table.c.
 *
 * Pages are kept for a moment, one of each format: however often it is asked for, one is written ten times a second at
 * most.
 *
 * Nothing is counted before it is to be served for the first time; what is there by then is taken over.  A reload may
 * change where it is served: outside of the event, in which a watcher must not act.
 *
 * Called by main.
 */
#include "metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "count.h"
#include "data.h"
#include "http.h"
#include "process.h"
#include "table.h"
#include "text.h"
#include "core/view.h"

#define PAGE_LIFE (100 * USEC_PER_MSEC)

struct metrics {
	sd_event *event;
	struct driver *driver;
	struct watcher watcher;
	sd_event_source *defer;
	struct config_stream where;                    /* it is served */
	struct counts counts;
	struct data *data;                             /* NULL: nothing has been counted yet */
	struct http *http;                             /* NULL: it is served nowhere */
	struct {
		struct MHD_Response *response; /* NULL: none */
		usec_t written;
	} pages[METRICS_FORMATS];
};

/* ---- Events ---------------------------------------------------------------------------------------------------- */

/* How long it took to establish what has just been established. */
static usec_t setup_of(const struct metrics *m, const struct event *e)
{
	struct view_session s;
	struct view_tunnel t;

	if (e->type == EVENT_TUNNEL_ESTABLISHED && view_tunnel(m->driver, e->tunnel_id, &t) >= 0)
		return t.info.established - t.info.created;
	if (e->type == EVENT_SESSION_ESTABLISHED && view_session(m->driver, e->tunnel_id, e->session_id, &s) >= 0)
		return s.info.established - s.info.created;
	return 0;
}

static void add_data(struct metrics *m, uint32_t tunnel_id, const char *profile)
{
	struct profile_counts *p = counts_profile(&m->counts, profile);

	if (p)
		data_add(m->data, tunnel_id, &p->data);
}

static void on_event(void *ctx, const struct event *e)
{
	struct metrics *m = ctx;

	if (e->type == EVENT_RELOADED)
		(void)sd_event_source_set_enabled(m->defer, SD_EVENT_ONESHOT);
	if (!m->data)
		return;
	counts_event(&m->counts, e, setup_of(m, e), view_now());
	if (e->type == EVENT_TUNNEL_ESTABLISHED)
		add_data(m, e->tunnel_id, e->profile);
	else if (e->type == EVENT_TUNNEL_REMOVING)
		data_finish(m->data, e->tunnel_id);
	else if (e->type == EVENT_TUNNEL_GONE)
		data_forget(m->data, e->tunnel_id);
}

/* ---- Pages ----------------------------------------------------------------------------------------------------- */

static int write_page(struct metrics *m, enum metrics_format format, struct MHD_Response **ret)
{
	struct metrics_text t = { .format = format };
	struct metrics_snapshot s = { .counts = &m->counts };
	char *text = NULL;
	size_t len = 0;
	bool bad;

	view_daemon(m->driver, &s.daemon);
	s.started = view_realtime(m->driver, s.daemon.started);
	s.configured = s.daemon.reloaded ? view_realtime(m->driver, s.daemon.reloaded) : s.started;
	s.reload_successful = !s.daemon.reload_failed;
	process_look(&s.process);
	t.f = open_memstream(&text, &len);
	if (!t.f)
		return -ENOMEM;
	metrics_write(&t, &s);
	bad = ferror(t.f);
	if (fclose(t.f) != 0 || bad) {
		free(text);
		return -ENOMEM;
	}
	return http_page_new(text, len, metrics_content_type(format), ret);
}

static int page(void *ctx, const char *accept, struct MHD_Response **ret)
{
	struct metrics *m = ctx;
	enum metrics_format format = metrics_negotiate(accept);
	usec_t now = view_now();
	struct MHD_Response *new;
	int r;

	if (!m->pages[format].response || now - m->pages[format].written >= PAGE_LIFE) {
		if (data_read(m->data, now))
			return -EAGAIN;
		r = write_page(m, format, &new);
		if (r < 0)
			return r;
		http_page_free(m->pages[format].response);
		m->pages[format].response = new;
		m->pages[format].written = now;
	}
	*ret = m->pages[format].response;
	return 0;
}

static void on_data_read(void *ctx)
{
	http_resume(((struct metrics *)ctx)->http);
}

/* ---- Life ------------------------------------------------------------------------------------------------------ */

static enum phase phase_of(usec_t established, const struct l2tp_reason *reason)
{
	if (reason->origin != L2TP_BY_NOBODY)
		return PHASE_CLOSING;
	return established ? PHASE_ESTABLISHED : PHASE_OPENING;
}

/* All are there before they have tunnels. */
static void know_profiles(struct metrics *m)
{
	const struct config *c = driver_config(m->driver);

	for (size_t i = 0; i < c->n_profiles; i++)
		(void)counts_profile(&m->counts, c->profiles[i].name);
}

/* What is there when we begin. */
static void adopt(struct metrics *m)
{
	struct l2tp_cursor tunnels = { 0 }, sessions = { 0 };
	struct view_tunnel t;
	struct view_session s;

	while (view_next_tunnel(m->driver, &tunnels, &t) >= 0) {
		if (!t.profile[0])
			continue; /* heard of when it is established */
		counts_adopt(&m->counts, t.info.tunnel_id, 0, t.profile, phase_of(t.info.established, t.info.reason),
			     NULL);
		if (t.info.established)
			add_data(m, t.info.tunnel_id, t.profile);
	}
	while (view_next_session(m->driver, &sessions, &s) >= 0) {
		if (!s.announced)
			continue; /* heard of when it is allowed to be */
		counts_adopt(&m->counts, s.info.tunnel_id, s.info.session_id, s.profile,
			     phase_of(s.info.established, s.info.reason), &s.attachment);
	}
}

static int begin_counting(struct metrics *m)
{
	int r = counts_init(&m->counts, driver_attachments(m->driver));

	if (r >= 0)
		r = data_new(m->event, m->driver, on_data_read, m, &m->data);
	if (r < 0) {
		counts_clear(&m->counts);
		return r;
	}
	know_profiles(m);
	adopt(m);
	return 0;
}

static bool somewhere(const struct config_stream *where)
{
	return where->path[0] || where->addr.family;
}

/* Serve there and nowhere else; where that fails, as before. */
static int serve(struct metrics *m, const struct config_stream *where)
{
	char address[L2TP_ADDR_STR_MAX];
	int r = 0;

	if (memcmp(&m->where, where, sizeof(*where)) == 0)
		return 0;
	http_free(m->http); /* the new place may overlap with the old one */
	m->http = NULL;
	if (somewhere(where) && !m->data)
		r = begin_counting(m);
	if (somewhere(where) && r >= 0)
		r = http_new(m->event, where, page, m, &m->http);
	if (r >= 0) {
		m->where = *where;
		return 0;
	}
	log_event(LOG_ERR, CLASS_LOCAL, NULL, "cannot serve metrics on %s: %s",
		  where->path[0] ? where->path : l2tp_addr_str(&where->addr, address), strerror(-r));
	if (somewhere(&m->where) && http_new(m->event, &m->where, page, m, &m->http) < 0)
		m->where = (struct config_stream){ 0 };
	return r;
}

/* After a reload. */
static int on_defer(sd_event_source *source, void *ctx)
{
	struct metrics *m = ctx;

	(void)source;
	if (m->data)
		know_profiles(m);
	(void)serve(m, &driver_config(m->driver)->metrics);
	return 0;
}

int metrics_new(sd_event *event, struct driver *driver, struct metrics **ret)
{
	struct metrics *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	*m = (struct metrics){ .event = event, .driver = driver, .watcher = { .event = on_event, .ctx = m } };
	driver_watch(driver, &m->watcher);
	r = sd_event_add_defer(event, &m->defer, on_defer, m);
	if (r >= 0)
		r = sd_event_source_set_enabled(m->defer, SD_EVENT_OFF);
	if (r >= 0)
		r = serve(m, &driver_config(driver)->metrics);
	if (r < 0) {
		metrics_free(m);
		return r;
	}
	*ret = m;
	return 0;
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	driver_unwatch(m->driver, &m->watcher);
	http_free(m->http);
	data_free(m->data);
	for (size_t i = 0; i < METRICS_FORMATS; i++)
		http_page_free(m->pages[i].response);
	counts_clear(&m->counts);
	sd_event_source_disable_unref(m->defer);
	free(m);
}
