/* SPDX-License-Identifier: MIT */
/*
 * events: what happens, told to those who watch.  A watcher is called in the middle of things: it may look (view.h) and
 * ask for counters, and must not act.
 */
#ifndef EVENTS_H
#define EVENTS_H

#include "l2tp.h"

struct attachment_class;
struct attachment_end;
struct changes;

enum event_type {
	EVENT_TUNNEL_OPENED,       /* the peer's request, or ours, is on its way */
	EVENT_TUNNEL_ESTABLISHED,
	EVENT_TUNNEL_CLOSING,      /* with its reason */
	EVENT_TUNNEL_REMOVING,     /* its sessions have gone, its kernel tunnel goes now: what is asked here is still counted */
	EVENT_TUNNEL_GONE,
	EVENT_SESSION_OPENED,      /* it is allowed to be */
	EVENT_SESSION_ESTABLISHED,
	EVENT_SESSION_CLOSING,     /* with its reason */
	EVENT_SESSION_GONE,
	EVENT_ATTACHMENT_STARTED,  /* the session's other end: asked for */
	EVENT_ATTACHMENT_UP,       /* also once more: a further network protocol */
	EVENT_ATTACHMENT_STOPPED,  /* with end */
	EVENT_TUNNEL_REFUSED,      /* of peer and host, with the reason */
	EVENT_RELOADED,            /* with changes */
	EVENT_DRAIN,               /* begun, or ended */
	EVENT_HANG_UP,             /* of profile: hung up, or resumed */
	EVENT_STOPPING,
	EVENTS
};

/* Pointers are valid during the call. */
struct event {
	enum event_type type;
	uint32_t tunnel_id, session_id;   /* 0: not of one */
	const char *profile;              /* NULL: none */
	const struct l2tp_addr *peer;
	const char *host;                 /* escaped; NULL: not known */
	const struct l2tp_reason *reason;
	const struct attachment_class *attachment; /* ATTACHMENT_*: its kind */
	const struct attachment_end *end;
	const struct changes *changes;
};

struct watcher {
	void (*event)(void *ctx, const struct event *e);
	void *ctx;
	struct watcher *next; /* the events' */
};

struct events {
	struct watcher *watchers;
};

void events_watch(struct events *s, struct watcher *w);
void events_unwatch(struct events *s, struct watcher *w); /* one that does not watch: fine */
void events_emit(const struct events *s, const struct event *e);

#endif
