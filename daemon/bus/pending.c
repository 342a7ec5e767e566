/* SPDX-License-Identifier: MIT */
/*
 * pending: requests that are answered later: when the driver calls back, or when what was opened is established or
 * has failed.  A client that goes away leaves the request behind until then, and nobody is answered.
 *
 * Open with Wait is answered when all is up: the tunnel, its calls and their attachments.  What fails, or is late, is
 * closed, so that it can be tried again.  That is done from a timer: a watcher of the driver must not act.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "base/log.h"

int bus_pending_new(struct bus_connection *c, sd_bus_message *request, struct bus_pending **ret, sd_bus_error *error)
{
	struct bus_pending *p;

	if (c->pending >= c->pending_max)
		return sd_bus_error_setf(error, ERROR_BUSY, "%u requests are pending already", c->pending);
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	*p = (struct bus_pending){ .next = c->bus->pending, .bus = c->bus, .connection = c,
				   .request = sd_bus_message_ref(request) };
	c->bus->pending = p;
	c->pending++;
	*ret = p;
	return 0;
}

void bus_pending_free(struct bus_pending *p)
{
	struct bus_pending **at = &p->bus->pending;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (p->connection)
		p->connection->pending--;
	sd_bus_message_unref(p->request);
	sd_event_source_disable_unref(p->timer);
	sd_bus_message_unref(p->reply);
	free(p);
}

/* The answer has been given to sd-bus. */
static void answered(struct bus_pending *p)
{
	if (p->connection)
		p->connection->wake(p->connection);
	bus_pending_free(p);
}

void bus_pending_succeed(struct bus_pending *p, uint32_t id)
{
	if (p->connection)
		(void)sd_bus_reply_method_return(p->request, "u", id);
	answered(p);
}

static void reply_error(struct bus_pending *p, const char *name, const char *text)
{
	char buf[BUS_TEXT_MAX];

	if (p->connection)
		(void)sd_bus_reply_method_errorf(
			p->request, name, "%s",
			bus_text((struct l2tp_span){ (const uint8_t *)text, strlen(text) }, buf));
}

void bus_pending_fail(struct bus_pending *p, const char *name, const char *text)
{
	reply_error(p, name, text);
	answered(p);
}

void bus_pending_reply(struct bus_pending *p, sd_bus_message *reply)
{
	if (reply && p->connection)
		(void)sd_bus_send(p->connection->sd, reply, NULL);
	answered(p);
}

void bus_pending_orphan(struct bus_connection *c)
{
	for (struct bus_pending *p = c->bus->pending, *next; p; p = next) {
		next = p->next;
		if (p->connection != c)
			continue;
		p->connection = NULL;
		c->pending--;
		p->request = sd_bus_message_unref(p->request);
		p->reply = sd_bus_message_unref(p->reply);
		if (p->wait != BUS_WAIT_ANSWER)
			bus_pending_free(p);
	}
}

/* ---- What is waited for -------------------------------------------------------------------------------------- */

/* As the log says it. */
static const char *tunnel_end(const struct l2tp_reason *reason, char buf[BUS_TEXT_MAX])
{
	char more[LOG_OUTCOME_MAX];

	snprintf(buf, BUS_TEXT_MAX, "tunnel closed%s", log_outcome(reason, l2tp_stopccn_name(reason->result), more));
	return buf;
}

static const char *session_end(const struct l2tp_reason *reason, char buf[BUS_TEXT_MAX])
{
	char more[LOG_OUTCOME_MAX];

	snprintf(buf, BUS_TEXT_MAX, "session closed%s", log_outcome(reason, l2tp_cdn_name(reason->result), more));
	return buf;
}

static void look_for_session(struct bus_pending *p)
{
	char text[BUS_TEXT_MAX];
	struct view_session s;

	if (view_session(p->bus->driver, p->tunnel, p->session, &s) < 0)
		bus_pending_fail(p, ERROR_FAILED, "the tunnel no longer exists");
	else if (s.info.reason->origin != L2TP_BY_NOBODY)
		bus_pending_fail(p, ERROR_FAILED, session_end(s.info.reason, text));
	else if (s.info.established)
		bus_pending_succeed(p, p->session);
}

/* ---- Open, until all is up ----------------------------------------------------------------------------------- */

#define LOOK_AGAIN (50 * USEC_PER_MSEC)

static void arm(struct bus_pending *p, usec_t at)
{
	(void)sd_event_source_set_time(p->timer, at < p->deadline ? at : p->deadline);
	(void)sd_event_source_set_enabled(p->timer, SD_EVENT_ONESHOT);
}

/* Its client is answered; the tunnel is closed as soon as there is one and the event loop goes on. */
static void give_up(struct bus_pending *p, const char *name, const char *text)
{
	struct bus_connection *c = p->connection;

	reply_error(p, name, text);
	p->connection = NULL;
	p->request = sd_bus_message_unref(p->request);
	if (p->tunnel)
		p->wait = BUS_WAIT_CLOSE;
	arm(p, 0);
	if (c) {
		c->pending--;
		c->wake(c);
	}
}

/* The calls were placed all at once, so that those behind the cursor are those that are not up yet. */
static void look_for_calls(struct bus_pending *p)
{
	struct view_session s;

	for (; p->up < p->calls; p->up++) {
		struct l2tp_cursor next = p->cursor;

		if (view_next_session(p->bus->driver, &next, &s) < 0 || s.info.tunnel_id != p->tunnel) {
			give_up(p, ERROR_FAILED, "not all calls could be placed");
			return;
		}
		if (!s.info.established || s.attachment.phase != ATTACHMENT_UP)
			return;
		p->cursor = next;
	}
	bus_pending_succeed(p, p->tunnel);
}

/* Established is what we have told the peer; what it makes of that (our secret, most of all) it tells with its
 * acknowledgement.  Calls tell the same, and are heard of; an acknowledgement alone is not. */
static void look_for_peer(struct bus_pending *p, const struct view_tunnel *t)
{
	if (t->info.unacknowledged)
		arm(p, view_now() + LOOK_AGAIN);
	else
		bus_pending_succeed(p, p->tunnel);
}

static void look_for_all(struct bus_pending *p)
{
	char text[BUS_TEXT_MAX];
	struct view_tunnel t;

	if (view_tunnel(p->bus->driver, p->tunnel, &t) < 0)
		give_up(p, ERROR_FAILED, "the tunnel no longer exists");
	else if (t.info.reason->origin != L2TP_BY_NOBODY)
		give_up(p, ERROR_FAILED, tunnel_end(t.info.reason, text));
	else if (t.info.established && p->calls)
		look_for_calls(p);
	else if (t.info.established)
		look_for_peer(p, &t);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *ctx)
{
	struct bus_pending *p = ctx;

	(void)source, (void)usec;
	if (p->wait == BUS_WAIT_CLOSE) {
		open_close(p->bus->driver, p->tunnel, 0, &(struct l2tp_reason){ .origin = L2TP_BY_REQUEST });
		bus_pending_free(p);
	} else if (view_now() < p->deadline) {
		look_for_all(p);
	} else if (p->connection) {
		give_up(p, ERROR_TIMEOUT, "the tunnel did not come up in time; closed it");
	}
	return 0;
}

int bus_pending_until_up(struct bus_pending *p, uint32_t calls, usec_t timeout)
{
	p->until_up = true;
	p->calls = calls;
	p->deadline = view_now() + timeout;
	return sd_event_add_time(p->bus->event, &p->timer, CLOCK_MONOTONIC, p->deadline, 0, on_timer, p);
}

void bus_pending_opened(struct bus_pending *p, uint32_t tunnel)
{
	struct view_tunnel t;

	p->tunnel = tunnel;
	if (view_now() >= p->deadline) { /* its client has been told so */
		p->wait = BUS_WAIT_CLOSE;
		arm(p, 0);
	} else if (!p->connection) {
		bus_pending_free(p);
	} else if (view_tunnel(p->bus->driver, tunnel, &t) >= 0) {
		p->wait = BUS_WAIT_UP;
		p->cursor = (struct l2tp_cursor){ .tunnel_id = tunnel, .tunnel_serial = t.info.serial };
	}
}

/* ---- What has happened --------------------------------------------------------------------------------------- */

void bus_pending_look(struct bus_pending *p)
{
	if (p->wait == BUS_WAIT_UP)
		look_for_all(p);
	else if (p->wait == BUS_WAIT_SESSION)
		look_for_session(p);
}

static void hear(struct bus_pending *p, const struct event *e)
{
	char text[BUS_TEXT_MAX];

	if (p->wait == BUS_WAIT_UP && e->type == EVENT_SESSION_CLOSING)
		give_up(p, ERROR_FAILED, session_end(e->reason, text));
	else if (p->wait == BUS_WAIT_UP || (p->wait == BUS_WAIT_SESSION && p->session == e->session_id))
		bus_pending_look(p);
}

void bus_pending_event(struct bus *b, const struct event *e)
{
	for (struct bus_pending *p = b->pending, *next; p; p = next) {
		next = p->next;
		if (e->tunnel_id && p->tunnel == e->tunnel_id)
			hear(p, e);
	}
}
