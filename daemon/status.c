/* SPDX-License-Identifier: MIT */
/*
 * status: tells the service manager how many tunnels and sessions there are (sd_notify, STATUS=).
 *
 * What has changed is told at once if nothing was told for an interval, else when that is over: a storm of calls costs
 * one message a second.  Called by the driver whenever something may have changed.
 */
#include "status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "l2tp.h"

#define INTERVAL USEC_PER_SEC

struct status {
	sd_event_source *timer; /* armed: the interval is not over */
	struct status_line line, told;
	bool armed, said;
};

static bool is_same(const struct status_line *a, const struct status_line *b)
{
	return a->tunnels == b->tunnels && a->sessions == b->sessions && a->draining == b->draining &&
	       a->stopping == b->stopping && a->reload_failed == b->reload_failed;
}

static void tell(struct status *s)
{
	const struct status_line *l = &s->line;

	if (s->said && is_same(l, &s->told))
		return;
	sd_notifyf(0, "STATUS=%" PRIu32 " tunnel%s, %" PRIu32 " session%s%s%s%s", l->tunnels, l->tunnels == 1 ? "" : "s",
		   l->sessions, l->sessions == 1 ? "" : "s", l->draining ? "; draining" : "",
		   l->stopping ? "; stopping" : "",
		   l->reload_failed ? "; the last reload failed, the configuration before it is in force" : "");
	s->told = *l;
	s->said = true;
	s->armed = sd_event_source_set_time_relative(s->timer, INTERVAL) >= 0 &&
		   sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT) >= 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *ctx)
{
	struct status *s = ctx;

	(void)source, (void)usec;
	s->armed = false;
	tell(s);
	return 0;
}

int status_new(sd_event *event, struct status **ret)
{
	struct status *s;
	int r;

	*ret = NULL;
	if (!getenv("NOTIFY_SOCKET"))
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	r = sd_event_add_time_relative(event, &s->timer, CLOCK_MONOTONIC, 0, 0, on_timer, s);
	if (r < 0) {
		free(s);
		return r;
	}
	sd_event_source_set_enabled(s->timer, SD_EVENT_OFF);
	*ret = s;
	return 0;
}

void status_free(struct status *s)
{
	if (!s)
		return;
	sd_event_source_disable_unref(s->timer);
	free(s);
}

void status_note(struct status *s, const struct status_line *line)
{
	if (!s)
		return;
	s->line = *line;
	if (!s->armed)
		tell(s);
}
