/* SPDX-License-Identifier: MIT */
/*
 * view: what an operator sees of the daemon, its profiles, tunnels and sessions: what the engine knows together with
 * what its executors know.  For the control API and the metrics, from the event loop and from a watcher's event() alike.
 *
 * Everything in a view is valid until the event loop goes on.
 */
#ifndef VIEW_H
#define VIEW_H

#include "attachment.h"

struct driver;

struct view_daemon {
	const char *state;            /* "running", "draining", "stopping" */
	const char *dataplane;        /* "kernel", "none" */
	const char *config_path;
	usec_t started, reloaded;     /* of the monotonic clock, as all times here; 0: never */
	struct l2tp_stats stats;
	struct l2tp_limits limits;
	bool reload_failed;           /* the last one */
	usec_t drain_until;           /* then what is left is closed; USEC_NEVER */
};

struct view_tunnel {
	struct l2tp_tunnel_info info;
	const char *profile;          /* "": it has been removed, and the tunnel was not established yet */
	bool socket;                  /* it has one of its own */
	unsigned dscp;                /* of its control messages */
};

struct view_session {
	struct l2tp_session_info info; /* its state: view_state()'s word */
	struct l2tp_tunnel_info tunnel;
	const char *profile;
	bool announced;               /* watchers have been told of it */
	struct attachment_view attachment; /* empty where there is none */
};

struct view_profile {
	const struct config_profile *profile;
	/* "active"; "hung-up": not dialled until it is resumed; "draining": removed by a reload, and it still has tunnels */
	const char *state;
	uint32_t tunnels, sessions;
};

void view_daemon(const struct driver *d, struct view_daemon *ret);

/* The words for a tunnel's or session's state, from n = 0; NULL: there are no more. */
const char *view_state(bool session, unsigned n);
const char *view_origin(enum l2tp_origin origin);
const char *view_phase(enum attachment_phase phase);

/* -ENOENT */
int view_tunnel(const struct driver *d, uint32_t tunnel_id, struct view_tunnel *ret);
int view_session(const struct driver *d, uint32_t tunnel_id, uint32_t session_id, struct view_session *ret);
/* Walks, as in l2tp.h.  -ENOENT: that was the last */
int view_next_tunnel(const struct driver *d, struct l2tp_cursor *c, struct view_tunnel *ret);
int view_next_session(const struct driver *d, struct l2tp_cursor *c, struct view_session *ret);
/* An array, to be freed.  -ENOMEM */
int view_profiles(const struct driver *d, struct view_profile **ret, size_t *ret_n);

/* Our clock, and a time of it (0: not known) on the clock on the wall. */
usec_t view_now(void);
usec_t view_realtime(struct driver *d, usec_t monotonic);

#endif
