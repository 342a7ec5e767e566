/* SPDX-License-Identifier: MIT */
/*
 * count: what has happened, in numbers.  Fed with the driver's events; no event takes more than a fixed time,
 * and nothing is counted anew when it is asked for.
 */
#ifndef METRICS_COUNT_H
#define METRICS_COUNT_H

#define HASH_NONFATAL_OOM 1 /* an element that found no memory has hh.tbl NULL */
#define HASH_FUNCTION HASH_FNV
#include <uthash.h>

#include "core/driver.h"
#include "kernel/dataplane.h"
#include "text.h"
#include "core/view.h"

enum phase { PHASE_OPENING, PHASE_ESTABLISHED, PHASE_CLOSING, PHASES };

/* The tunnels, or the sessions, of a profile. */
struct life_counts {
	uint64_t now[PHASES];
	uint64_t opened, established;
	struct histogram setup;
};

struct profile_counts {
	char *name;
	struct life_counts tunnels, sessions;
	uint64_t pppd_starts, ppp_starting, ppp_up; /* the latter two are gauges */
	struct histogram ppp_setup;
	struct dataplane_stats data;                /* of all its tunnels, since we count */
	UT_hash_handle hh;
};

#define ORIGINS (L2TP_BY_PPP + 1)
#define RESULTS (RC_CDN_DS + 2)     /* the codes that we know, and [0] for others */
#define PPPD_STATUSES 25            /* see pppd_status_name() */

struct counts {
	struct profile_counts *profiles; /* in the order of their making */
	struct counted *objects;
	uint64_t tunnels_closed[ORIGINS][RESULTS], sessions_closed[ORIGINS][RESULTS], tunnels_refused[RESULTS];
	uint64_t pppd_exits[PPPD_STATUSES];
};

/* Made if it is not there.  NULL: out of memory */
struct profile_counts *counts_profile(struct counts *c, const char *name);
/* setup: for ..._ESTABLISHED, the time that it took. */
void counts_event(struct counts *c, const struct driver_event *e, usec_t setup, usec_t now);
/* It was there before we began to count. */
void counts_adopt(struct counts *c, uint32_t tunnel_id, uint32_t session_id, const char *profile, enum phase phase,
		  enum view_ppp ppp);
void counts_clear(struct counts *c);

/* "0" to "21", "127", "killed" (or never started), "other" */
const char *pppd_status_name(size_t i);

#endif
