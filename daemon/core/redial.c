/* SPDX-License-Identifier: MIT */
/*
 * redial: see redial.h.  The pause doubles from redial-min to redial-max, half of it by chance, so that a thousand clients
 * of a server that restarts do not come back as one.
 *
 * Called by dial.c.
 */
#include "redial.h"

#include "base/clock.h"

#define TIMER_ACCURACY USEC_PER_MSEC

usec_t redial_pause(usec_t min, usec_t max, unsigned failures, uint32_t random)
{
	usec_t pause = min;

	for (unsigned i = 0; i < failures && pause < max; i++)
		pause *= 2;
	if (pause > max)
		pause = max;
	return pause / 2 + pause / 2 * (random % 1025) / 1024;
}

static int on_timer(sd_event_source *s, uint64_t usec, void *ctx)
{
	struct redial *r = ctx;

	(void)s, (void)usec;
	r->looking = false;
	r->attempt(r->ctx);
	return 0;
}

int redial_init(struct redial *r, sd_event *event, void (*attempt)(void *ctx), void *ctx)
{
	*r = (struct redial){ .attempt = attempt, .ctx = ctx };
	return sd_event_add_time(event, &r->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY, on_timer, r);
}

void redial_clear(struct redial *r)
{
	sd_event_source_disable_unref(r->timer);
}

static void arm(struct redial *r, usec_t delay)
{
	sd_event_source_set_time(r->timer, clock_now() + delay);
	sd_event_source_set_enabled(r->timer, SD_EVENT_ONESHOT);
}

void redial_at_once(struct redial *r)
{
	arm(r, 0);
}

static bool waits(const struct redial *r)
{
	int enabled = SD_EVENT_OFF;

	return !r->looking && sd_event_source_get_enabled(r->timer, &enabled) > 0 && enabled != SD_EVENT_OFF;
}

usec_t redial_later(struct redial *r, const struct config_profile *p)
{
	uint32_t random;
	usec_t pause;

	if (waits(r))
		return 0;
	random_bytes(NULL, &random, sizeof(random));
	pause = redial_pause(p->redial_min, p->redial_max, r->failures++, random);
	r->looking = false;
	arm(r, pause);
	return pause;
}

void redial_look(struct redial *r, usec_t delay)
{
	r->looking = true;
	arm(r, delay);
}

void redial_stop(struct redial *r)
{
	r->looking = false;
	sd_event_source_set_enabled(r->timer, SD_EVENT_OFF);
}
