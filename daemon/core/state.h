/* SPDX-License-Identifier: MIT */
/*
 * state: what a driver consists of, for those who look at, or change, all of it: driver, open, reload and view.  The parts
 * know each other by pointers that driver.c sets, never by this.
 */
#ifndef STATE_H
#define STATE_H

#include "base/status.h"
#include "dial.h"
#include "kernel/dataplane.h"
#include "kernel/fdstore.h"
#include "kernel/link.h"
#include "kernel/workers.h"

struct opening;

struct driver {
	sd_event *event;
	struct status *status;        /* NULL: nobody wants to know */
	struct workers *workers;
	struct fdstore *fds;
	struct listen *listen;
	struct dataplane *dataplane;
	struct link *link;            /* NULL: no kernel data path */
	struct trace *trace;
	struct events events;
	struct engine engine;
	struct profiles profiles;
	struct decide decide;
	struct attachment_kind kind;
	const struct attachment_class *const *attachments;
	struct tunnels tunnels;
	struct sessions sessions;
	struct dials dials;
	struct opening *openings;     /* open.c */
	sd_event_source *stop_timer, *detach_timer, *drain_timer;
	usec_t drain_until;           /* then what is left is closed; USEC_NEVER */
	int lock;                     /* the runtime directory, -1: not held */
	bool draining;
	bool closing;                 /* stopping, and all tunnels are closed or about to be */
	bool reload_failed;           /* the last one */
	uint64_t limited, evicted;    /* the engine's, when the log was last told */
	usec_t flood_told;            /* then; 0: never */
	const char *dataplane_name;
	usec_t started, reloaded;     /* when; the last time that it went well */
	usec_t realtime;              /* ahead of our clock: view.c */
};

#endif
