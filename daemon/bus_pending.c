/* SPDX-License-Identifier: MIT */
/*
 * bus_pending: requests that are answered later: when the driver calls back, or when what was opened is established or
 * has failed.  A client that goes away leaves the request behind until then, and nobody is answered.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus_impl.h"
#include "log.h"

int bus_pending_new(struct bus_connection *c, sd_bus_message *request, struct bus_pending **ret, sd_bus_error *error)
{
	struct bus_pending *p;

	if (c->pending >= c->pending_max)
		return sd_bus_error_setf(error, ERROR_BUSY, "%u requests wait for their answers already", c->pending);
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

void bus_pending_fail(struct bus_pending *p, const char *name, const char *text)
{
	char buf[BUS_TEXT_MAX];

	if (p->connection)
		(void)sd_bus_reply_method_errorf(
			p->request, name, "%s",
			bus_text((struct l2tp_span){ (const uint8_t *)text, strlen(text) }, buf));
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
		if (p->wait != BUS_WAIT_ANSWER)
			bus_pending_free(p);
	}
}

/* ---- What is waited for -------------------------------------------------------------------------------------- */

static void fail_for(struct bus_pending *p, const struct l2tp_reason *reason)
{
	const char *name =
		p->wait == BUS_WAIT_TUNNEL ? l2tp_stopccn_name(reason->result) : l2tp_cdn_name(reason->result);
	char text[BUS_TEXT_MAX], more[256];

	snprintf(text, sizeof(text), "%s%s (result %u, error %u)%s",
		 reason->origin == L2TP_BY_PEER ? "by the peer: " : "", name, reason->result, reason->error,
		 log_reason(reason, more, sizeof(more)));
	bus_pending_fail(p, ERROR_FAILED, text);
}

static void judge(struct bus_pending *p, usec_t established, const struct l2tp_reason *reason, uint32_t id)
{
	if (reason->origin != L2TP_BY_NOBODY)
		fail_for(p, reason);
	else if (established)
		bus_pending_succeed(p, id);
}

void bus_pending_look(struct bus_pending *p)
{
	struct view_tunnel t;
	struct view_session s;

	if (p->wait == BUS_WAIT_TUNNEL && view_tunnel(p->bus->driver, p->tunnel, &t) >= 0)
		judge(p, t.info.established, t.info.reason, p->tunnel);
	else if (p->wait == BUS_WAIT_SESSION && view_session(p->bus->driver, p->tunnel, p->session, &s) >= 0)
		judge(p, s.info.established, s.info.reason, p->session);
	else if (p->wait != BUS_WAIT_ANSWER)
		bus_pending_fail(p, ERROR_FAILED, "it has ended");
}

void bus_pending_event(struct bus *b, const struct driver_event *e)
{
	for (struct bus_pending *p = b->pending, *next; p; p = next) {
		next = p->next;
		if (p->wait == (e->session_id ? BUS_WAIT_SESSION : BUS_WAIT_TUNNEL) && p->tunnel == e->tunnel_id &&
		    p->session == e->session_id)
			bus_pending_look(p);
	}
}
