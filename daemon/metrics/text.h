/* SPDX-License-Identifier: MIT */
/*
 * text: metrics as text, in one of two formats: OpenMetrics 1.0.0, and the older one of Prometheus (0.0.4), in
 * which a counter's family is called as its samples are, and info is a gauge.
 */
#ifndef METRICS_TEXT_H
#define METRICS_TEXT_H

#include <stdio.h>
#include "l2tp.h"

enum metrics_format { METRICS_PROMETHEUS, METRICS_OPENMETRICS };
#define METRICS_FORMATS 2

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_INFO };

/* A text that grows. */
struct metrics_text {
	FILE *f;
	enum metrics_format format;
	const char *name; /* of the family whose samples are written, without the suffix that its type gives them */
	enum metric_type type;
};

struct metrics_label {
	const char *name, *value; /* name NULL: that was the last one */
};

#define HISTOGRAM_BUCKETS 15
struct histogram {
	uint64_t buckets[HISTOGRAM_BUCKETS]; /* how many fell into each; the last one has no upper bound */
	usec_t sum;
};
void histogram_add(struct histogram *h, usec_t value);

/* What a client whose Accept header is this wants most. */
enum metrics_format metrics_negotiate(const char *accept);
const char *metrics_content_type(enum metrics_format format);

/* A family's head: what it is called, without "_total", what it is, and in which unit: NULL where there is none. */
void text_family(struct metrics_text *t, const char *name, enum metric_type type, const char *unit, const char *help);
/* Its samples.  Values of labels are any UTF-8; labels may be NULL. */
void text_number(struct metrics_text *t, const struct metrics_label *labels, uint64_t value);
void text_seconds(struct metrics_text *t, const struct metrics_label *labels, usec_t value);
/* labels: at most one. */
void text_histogram(struct metrics_text *t, const struct metrics_label *labels, const struct histogram *h);
void text_end(struct metrics_text *t);

#endif
