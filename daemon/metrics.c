/* SPDX-License-Identifier: MIT */
/*
 * metrics: see metrics.h.  A watcher of the driver feeds metrics_count and metrics_data; metrics_http asks for the
 * page, which waits until the kernel's counters are fresh, and is written by metrics_table.
 *
 * Pages are kept for a moment, one of each format: however often it is asked for, one is written ten times a second at
 * most.
 *
 * Called by main.
 */
#include "metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "metrics_count.h"
#include "metrics_data.h"
#include "metrics_http.h"
#include "metrics_process.h"
#include "metrics_table.h"
#include "metrics_text.h"
#include "view.h"

#define PAGE_LIFE (100 * USEC_PER_MSEC)

struct metrics {
	struct driver *driver;
	struct driver_watcher watcher;
	struct counts counts;
	struct data *data;
	struct http *http;
	struct {
		struct MHD_Response *response; /* NULL: none */
		usec_t written;
	} pages[METRICS_FORMATS];
};

/* ---- Events ---------------------------------------------------------------------------------------------------- */

/* How long it took to establish what has just been established. */
static usec_t setup_of(const struct metrics *m, const struct driver_event *e)
{
	struct view_session s;
	struct view_tunnel t;

	if (e->type == DRIVER_TUNNEL_ESTABLISHED && view_tunnel(m->driver, e->tunnel_id, &t) >= 0)
		return t.info.established - t.info.created;
	if (e->type == DRIVER_SESSION_ESTABLISHED && view_session(m->driver, e->tunnel_id, e->session_id, &s) >= 0)
		return s.info.established - s.info.created;
	return 0;
}

static void add_data(struct metrics *m, uint32_t tunnel_id, const char *profile)
{
	struct profile_counts *p = counts_profile(&m->counts, profile);

	if (p)
		data_add(m->data, tunnel_id, &p->data);
}

static void on_event(void *ctx, const struct driver_event *e)
{
	struct metrics *m = ctx;

	counts_event(&m->counts, e, setup_of(m, e), view_now());
	if (e->type == DRIVER_TUNNEL_ESTABLISHED)
		add_data(m, e->tunnel_id, e->profile);
	else if (e->type == DRIVER_TUNNEL_REMOVING)
		data_finish(m->data, e->tunnel_id);
	else if (e->type == DRIVER_TUNNEL_GONE)
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
	struct metrics *m = ctx;

	http_resume(m->http);
}

/* ---- Life ------------------------------------------------------------------------------------------------------ */

static enum phase phase_of(usec_t established, const struct l2tp_reason *reason)
{
	if (reason->origin != L2TP_BY_NOBODY)
		return PHASE_CLOSING;
	return established ? PHASE_ESTABLISHED : PHASE_OPENING;
}

/* All profiles from the start, and what is there when we begin. */
static int adopt(struct metrics *m)
{
	struct l2tp_cursor tunnels = { 0 }, sessions = { 0 };
	struct view_profile *profiles;
	struct view_tunnel t;
	struct view_session s;
	size_t n;
	int r = view_profiles(m->driver, &profiles, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		(void)counts_profile(&m->counts, profiles[i].profile->name);
	free(profiles);
	while (view_next_tunnel(m->driver, &tunnels, &t) >= 0) {
		counts_adopt(&m->counts, t.info.tunnel_id, 0, t.profile, phase_of(t.info.established, t.info.reason),
			     VIEW_PPP_NONE);
		if (t.info.established)
			add_data(m, t.info.tunnel_id, t.profile);
	}
	while (view_next_session(m->driver, &sessions, &s) >= 0)
		counts_adopt(&m->counts, s.info.tunnel_id, s.info.session_id, s.profile,
			     phase_of(s.info.established, s.info.reason), s.ppp);
	return 0;
}

static int start(struct metrics *m, sd_event *event, const struct config_stream *where)
{
	int r = data_new(event, m->driver, on_data_read, m, &m->data);

	if (r >= 0)
		r = adopt(m);
	return r < 0 ? r : http_new(event, where, page, m, &m->http);
}

int metrics_new(sd_event *event, struct driver *driver, const struct config_stream *where, struct metrics **ret)
{
	char address[L2TP_ADDR_STR_MAX];
	struct metrics *m;
	int r = -ENOMEM;

	*ret = NULL;
	if (!where->path[0] && !where->addr.family)
		return 0;
	m = calloc(1, sizeof(*m));
	if (m) {
		*m = (struct metrics){ .driver = driver, .watcher = { .event = on_event, .ctx = m } };
		r = start(m, event, where);
	}
	if (r < 0) {
		log_event(LOG_ERR, LOG_LOCAL_, NULL, "cannot serve metrics on %s: %s",
			  where->path[0] ? where->path : l2tp_addr_str(&where->addr, address), strerror(-r));
		metrics_free(m);
		return r;
	}
	driver_watch(driver, &m->watcher);
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
	free(m);
}
