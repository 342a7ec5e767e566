/* SPDX-License-Identifier: MIT */
/*
 * count: what has happened, in numbers.  Fed with the driver's events; no event takes more than a fixed time,
 * and nothing is counted anew when it is asked for.  Of attachments the same is counted whatever their kind.
 */
#ifndef METRICS_COUNT_H
#define METRICS_COUNT_H

#define HASH_NONFATAL_OOM 1 /* an element that found no memory has hh.tbl NULL */
#define HASH_FUNCTION HASH_FNV
#include <uthash.h>

#include "core/events.h"
#include "core/view.h"
#include "kernel/dataplane.h"
#include "text.h"

enum phase { PHASE_OPENING, PHASE_ESTABLISHED, PHASE_CLOSING, PHASES };

/* The tunnels, or the sessions, of a profile. */
struct life_counts {
	uint64_t now[PHASES];
	uint64_t opened, established;
	struct histogram setup;
};

/* The attachments of one kind that sessions of a profile have. */
struct attachment_counts {
	uint64_t starts, starting, up; /* the latter two are gauges */
	struct histogram setup;
};

struct profile_counts {
	char *name;
	struct life_counts tunnels, sessions;
	struct dataplane_stats data;             /* of all its tunnels, since we count */
	UT_hash_handle hh;
	struct attachment_counts attachments[];  /* of each kind */
};

/* A kind of attachments. */
struct kind_counts {
	const struct attachment_class *class;
	size_t n_causes;
	uint64_t *ends;                          /* by cause */
};

#define ORIGINS (L2TP_BY_PPP + 1)
#define RESULTS (RC_CDN_DS + 2)     /* the codes that we know, and [0] for others */

struct counts {
	struct profile_counts *profiles; /* in the order of their making */
	struct counted *objects;
	uint64_t tunnels_closed[ORIGINS][RESULTS], sessions_closed[ORIGINS][RESULTS], tunnels_refused[RESULTS];
	struct kind_counts *kinds;
	size_t n_kinds;
};

/* kinds ends with NULL.  -ENOMEM */
int counts_init(struct counts *c, const struct attachment_class *const *kinds);

/* Made if it is not there.  NULL: out of memory */
struct profile_counts *counts_profile(struct counts *c, const char *name);
/* setup: for ..._ESTABLISHED, the time that it took. */
void counts_event(struct counts *c, const struct event *e, usec_t setup, usec_t now);
/* It was there before we began to count. */
void counts_adopt(struct counts *c, uint32_t tunnel_id, uint32_t session_id, const char *profile, enum phase phase,
		  const struct attachment_view *attachment);
void counts_clear(struct counts *c); /* one that is all zero: fine */

#endif
