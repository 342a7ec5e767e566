/* SPDX-License-Identifier: MIT */
/*
 * bus: the control API, as a whole: see bus/impl.h for its parts.  Called by main; hears of what happens as a watcher
 * of the driver, and acts through driver.h alone.
 */
#include "bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "base/log.h"

/* ---- Signals ------------------------------------------------------------------------------------------------- */

static const char *const tunnel_changes[EVENTS] = {
	[EVENT_TUNNEL_OPENED] = "opened",
	[EVENT_TUNNEL_ESTABLISHED] = "established",
	[EVENT_TUNNEL_CLOSING] = "closing",
	[EVENT_TUNNEL_GONE] = "gone",
};
static const char *const session_changes[EVENTS] = {
	[EVENT_SESSION_OPENED] = "opened",
	[EVENT_SESSION_ESTABLISHED] = "established",
	[EVENT_SESSION_CLOSING] = "closing",
	[EVENT_SESSION_GONE] = "gone",
};

/* Behind the word of its kind: "ppp-up" */
static const char *const attachment_changes[EVENTS] = {
	[EVENT_ATTACHMENT_UP] = "up",
	[EVENT_ATTACHMENT_STOPPED] = "down",
};

static int append_tunnel(struct bus *b, sd_bus_message *m, const struct event *e)
{
	struct view_tunnel v;
	int r = view_tunnel(b->driver, e->tunnel_id, &v);

	if (r >= 0)
		r = sd_bus_message_append(m, "us", e->tunnel_id, tunnel_changes[e->type]);
	return r < 0 ? r : bus_rows_append(&bus_tunnel_rows, m, b->driver, &v);
}

#define CHANGE_MAX 64

/* NULL: there is nothing to tell of a session. */
static const char *session_change(const struct event *e, char buf[CHANGE_MAX])
{
	if (!attachment_changes[e->type])
		return session_changes[e->type];
	if (!e->attachment->event)
		return NULL;
	snprintf(buf, CHANGE_MAX, "%s-%s", e->attachment->event, attachment_changes[e->type]);
	return buf;
}

static int append_session(struct bus *b, sd_bus_message *m, const struct event *e)
{
	char change[CHANGE_MAX];
	struct view_session v;
	int r = view_session(b->driver, e->tunnel_id, e->session_id, &v);

	if (r >= 0)
		r = sd_bus_message_append(m, "uus", e->tunnel_id, e->session_id, session_change(e, change));
	return r < 0 ? r : bus_rows_append(&b->session_rows, m, b->driver, &v);
}

static int append_refused(struct bus *b, sd_bus_message *m, const struct event *e)
{
	char peer[L2TP_ADDR_STR_MAX], text[BUS_TEXT_MAX];

	(void)b;
	bus_text((struct l2tp_span){ (const uint8_t *)e->reason->text, strlen(e->reason->text) }, text);
	return sd_bus_message_append(m, "ssqqs", l2tp_addr_str(e->peer, peer), e->host, e->reason->result,
				     e->reason->error, text);
}

static int append_hung_up(struct bus *b, sd_bus_message *m, const struct event *e)
{
	return sd_bus_message_append(m, "sb", e->profile, open_is_hung_up(b->driver, e->profile));
}

/* Nothing is lost to the daemon when a signal cannot be made for lack of memory. */
static void send_signal(struct bus *b, const char *name, const struct event *e,
			int (*append)(struct bus *b, sd_bus_message *m, const struct event *e))
{
	sd_bus_message *m = NULL;

	if (bus_signals_begin(b, name, &m) >= 0 && append(b, m, e) >= 0)
		bus_signals_send(b, m);
	sd_bus_message_unref(m);
}

static void on_event(void *ctx, const struct event *e)
{
	char change[CHANGE_MAX];
	struct bus *b = ctx;

	bus_pending_event(b, e);
	if (!bus_signals_wanted(b))
		return;
	if (tunnel_changes[e->type])
		send_signal(b, "TunnelChanged", e, append_tunnel);
	else if (session_change(e, change))
		send_signal(b, "SessionChanged", e, append_session);
	else if (e->type == EVENT_TUNNEL_REFUSED)
		send_signal(b, "Refused", e, append_refused);
	else if (e->type == EVENT_RELOADED)
		send_signal(b, "Reloaded", e, bus_append_reloaded);
	else if (e->type == EVENT_DRAIN)
		send_signal(b, "Drained", e, bus_append_drained);
	else if (e->type == EVENT_HANG_UP)
		send_signal(b, "HungUp", e, append_hung_up);
}

/* ---- Life ---------------------------------------------------------------------------------------------------- */

static int fail(int r, const char *what)
{
	log_event(LOG_ERR, CLASS_LOCAL, NULL, "control API: %s: %s", what, strerror(-r));
	return r;
}

int bus_new(sd_event *event, struct driver *d, const struct bus_options *options, struct bus **ret)
{
	struct bus *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return fail(-ENOMEM, "start");
	*b = (struct bus){ .event = sd_event_ref(event), .driver = d, .watcher = { on_event, b, NULL } };
	driver_watch(d, &b->watcher);
	if ((r = bus_session_rows_new(d, &b->session_rows)) < 0 || (r = bus_vtables_new(b, &b->vtables)) < 0 ||
	    (r = bus_signals_new(b)) < 0)
		fail(r, "start");
	else if ((r = bus_socket_new(b, options)) < 0)
		fail(r, options->directory);
	else if (options->system_bus && (r = bus_system_new(b)) < 0)
		fail(r, "system bus");
	if (r < 0) {
		bus_free(b);
		return r;
	}
	*ret = b;
	return 0;
}

void bus_free(struct bus *b)
{
	if (!b)
		return;
	driver_unwatch(b->driver, &b->watcher);
	bus_socket_free(b->socket);
	bus_system_free(b->system);
	while (b->pending) {
		open_forget_count(b->driver, b->pending);
		bus_pending_free(b->pending);
	}
	bus_signals_free(b->signals);
	bus_vtables_free(b->vtables);
	bus_session_rows_free(&b->session_rows);
	sd_event_unref(b->event);
	free(b);
}
