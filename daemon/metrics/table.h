/* SPDX-License-Identifier: MIT */
/* table: the table of all metrics, and all of them as text. */
#ifndef METRICS_TABLE_H
#define METRICS_TABLE_H

#include "count.h"
#include "core/view.h"

#define METRICS_UNKNOWN UINT64_MAX /* a number that the system does not tell: left out */

/* Of this process, as /proc has it, and of its log. */
struct metrics_process {
	uint64_t resident, virtual, fds, fds_max; /* octets; numbers */
	usec_t cpu;
	uint64_t log_lost;
};

/* What is written; numbers are found by their place in it. */
struct metrics_snapshot {
	const struct counts *counts;
	struct view_daemon daemon;
	usec_t started, configured;               /* on the clock on the wall */
	uint32_t reload_successful;
	struct metrics_process process;
};

struct metric {
	const char *name;
	enum metric_type type;
	const char *unit;   /* NULL: none */
	const char *labels; /* for the manual */
	void (*write)(struct metrics_text *t, const struct metric *m, const struct metrics_snapshot *s);
	size_t offset, size;
	const char *help;
	size_t kind;        /* of attachments: its number among counts.kinds */
};

extern const struct metric metrics_table[];
extern const size_t metrics_table_n;

#define METRICS_OF_KIND 5
/* The metrics of a kind of attachments, and how many it has. */
size_t metrics_of_kind(const struct attachment_class *class, size_t kind, struct metric rows[METRICS_OF_KIND]);

void metrics_write(struct metrics_text *t, const struct metrics_snapshot *s);

#endif
