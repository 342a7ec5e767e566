/* SPDX-License-Identifier: MIT */
/* events: see events.h.  Emitted by all of core/; heard by the control API and the metrics. */
#include "events.h"

void events_watch(struct events *s, struct watcher *w)
{
	w->next = s->watchers;
	s->watchers = w;
}

void events_unwatch(struct events *s, struct watcher *w)
{
	struct watcher **at = &s->watchers;

	while (*at && *at != w)
		at = &(*at)->next;
	if (*at)
		*at = w->next;
}

void events_emit(const struct events *s, const struct event *e)
{
	for (const struct watcher *w = s->watchers; w; w = w->next)
		w->event(w->ctx, e);
}
