/* SPDX-License-Identifier: MIT */
/* engine: see engine.h.  Made by driver.c; used by all who tell the engine something. */
#include "engine.h"

#include <stdio.h>

#include "base/clock.h"

static void arm(struct engine *e)
{
	const usec_t deadline = l2tp_deadline(e->l2tp);

	sd_event_source_set_enabled(e->timer, deadline == USEC_NEVER ? SD_EVENT_OFF : SD_EVENT_ONESHOT);
	if (deadline != USEC_NEVER)
		sd_event_source_set_time(e->timer, deadline);
}

void engine_pump(struct engine *e)
{
	struct l2tp_op op;

	if (e->pumping)
		return;
	e->pumping = true;
	while (l2tp_next_op(e->l2tp, &op))
		e->handler.carry_out(e->ctx, &op);
	e->pumping = false;
	arm(e);
	e->handler.settled(e->ctx);
}

static int on_timer(sd_event_source *s, uint64_t usec, void *ctx)
{
	struct engine *e = ctx;

	(void)s, (void)usec;
	l2tp_tick(e->l2tp, clock_now());
	engine_pump(e);
	return 0;
}

int engine_init(struct engine *e, sd_event *event, const struct l2tp_env *env, const struct engine_handler *handler, void *ctx)
{
	int r = l2tp_new(env, &e->l2tp);

	e->event = event;
	e->handler = *handler;
	e->ctx = ctx;
	r = r < 0 ? r : sd_event_add_time(event, &e->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, e);
	if (r >= 0)
		arm(e);
	return r;
}

void engine_clear(struct engine *e)
{
	l2tp_free(e->l2tp);
	sd_event_source_disable_unref(e->timer);
}

void engine_op_done(struct engine *e, uint32_t tunnel_id, uint32_t session_id, int err, const char *text)
{
	l2tp_op_done(e->l2tp, tunnel_id, session_id, err, text, clock_now());
	engine_pump(e);
}

static struct l2tp_reason request(const char *text)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_REQUEST };

	snprintf(reason.text, sizeof(reason.text), "%s", text ? text : "");
	return reason;
}

void engine_close_tunnel(struct engine *e, uint32_t tunnel_id, const char *text)
{
	const struct l2tp_reason reason = request(text);

	l2tp_close_tunnel(e->l2tp, tunnel_id, &reason, clock_now());
}

void engine_close_session(struct engine *e, uint32_t tunnel_id, uint32_t session_id, const char *text)
{
	const struct l2tp_reason reason = request(text);

	l2tp_close_session(e->l2tp, tunnel_id, session_id, &reason, clock_now());
}
