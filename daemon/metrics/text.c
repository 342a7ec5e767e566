/* SPDX-License-Identifier: MIT */
/*
 * text: see metrics/text.h.  Formats: https://prometheus.io/docs/instrumenting/exposition_formats/ and
 * https://prometheus.io/docs/specs/om/open_metrics_spec/ (its sections "Overall Structure" and "Text Format").
 *
 * Bounds of buckets are texts, the same in both formats, written as OpenMetrics wants numbers in "le": a query finds
 * them by that text.
 *
 * Called by table.c and metrics.c.
 */
#include "text.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A LAN's tunnel is there after a few milliseconds, PPP after some tenths; retransmissions make whole seconds. */
static const struct {
	usec_t most;
	const char *text;
} bounds[HISTOGRAM_BUCKETS] = {
	{ 5 * USEC_PER_MSEC, "0.005" }, { 10 * USEC_PER_MSEC, "0.01" },   { 25 * USEC_PER_MSEC, "0.025" },
	{ 50 * USEC_PER_MSEC, "0.05" }, { 100 * USEC_PER_MSEC, "0.1" },   { 250 * USEC_PER_MSEC, "0.25" },
	{ 500 * USEC_PER_MSEC, "0.5" }, { USEC_PER_SEC, "1.0" },          { 2500 * USEC_PER_MSEC, "2.5" },
	{ 5 * USEC_PER_SEC, "5.0" },    { 10 * USEC_PER_SEC, "10.0" },    { 20 * USEC_PER_SEC, "20.0" },
	{ 30 * USEC_PER_SEC, "30.0" },  { 60 * USEC_PER_SEC, "60.0" },    { USEC_NEVER, "+Inf" },
};

void histogram_add(struct histogram *h, usec_t value)
{
	size_t i = 0;

	while (value > bounds[i].most)
		i++;
	h->buckets[i]++;
	h->sum += value;
}

/* ---- What the client wants ------------------------------------------------------------------------------------- */

static const char *skip_space(const char *p)
{
	return p + strspn(p, " \t");
}

/* "0.75" in thousandths; anything else is 1, as a missing one */
static unsigned read_weight(const char *p, size_t len)
{
	unsigned weight = 0, unit = 1000;

	if (len == 0 || len > 5 || (*p != '0' && *p != '1'))
		return 1000;
	for (size_t i = 0; i < len; i++) {
		if (i == 1 && p[i] == '.')
			continue;
		if (i == 1 || !isdigit((unsigned char)p[i]))
			return 1000;
		weight += unit * (unsigned)(p[i] - '0');
		unit /= 10;
	}
	return weight < 1000 ? weight : 1000;
}

struct media_range {
	const char *name;
	size_t len;
	unsigned weight;
	bool version; /* one of OpenMetrics that we write, or none said */
};

static bool is(const char *p, size_t len, const char *word)
{
	return len == strlen(word) && strncasecmp(p, word, len) == 0;
}

/* " ; name = value": the value may be in quotes; behind it. */
static const char *read_parameter(const char *p, struct media_range *m)
{
	const char *name = skip_space(p + 1), *end = name + strcspn(name, ",;= \t"), *value = skip_space(end);
	size_t len;

	if (*value != '=')
		return value + strcspn(value, ",;");
	value = skip_space(value + 1);
	value += *value == '"';
	len = strcspn(value, ",; \t\"");
	if (is(name, (size_t)(end - name), "q"))
		m->weight = read_weight(value, len);
	if (is(name, (size_t)(end - name), "version"))
		m->version = is(value, len, "1.0.0");
	return value + len + strcspn(value + len, ",;");
}

/* The first media range at p; behind it. */
static const char *read_range(const char *p, struct media_range *m)
{
	p = skip_space(p);
	*m = (struct media_range){ .name = p, .len = strcspn(p, ",; \t"), .weight = 1000, .version = true };
	p = skip_space(p + m->len);
	while (*p == ';')
		p = read_parameter(p, m);
	p += strcspn(p, ",");
	return *p ? p + 1 : p;
}

/* Only a client that names OpenMetrics gets it (its own rule); among equals the newer one. */
enum metrics_format metrics_negotiate(const char *accept)
{
	unsigned open = 0, plain = 0;
	struct media_range m;

	while (*accept) {
		accept = read_range(accept, &m);
		if (is(m.name, m.len, "application/openmetrics-text") && m.version && m.weight > open)
			open = m.weight;
		if (is(m.name, m.len, "text/plain") && m.weight > plain)
			plain = m.weight;
	}
	return open > 0 && open >= plain ? METRICS_OPENMETRICS : METRICS_PROMETHEUS;
}

const char *metrics_content_type(enum metrics_format format)
{
	static const char *const types[METRICS_FORMATS] = {
		[METRICS_PROMETHEUS] = "text/plain; version=0.0.4; charset=utf-8",
		[METRICS_OPENMETRICS] = "application/openmetrics-text; version=1.0.0; charset=utf-8",
	};

	return types[format];
}

/* ---- Writing --------------------------------------------------------------------------------------------------- */

/* In both formats a backslash, a quote and a line's end are escaped in a label's value; OpenMetrics does it in the help
 * too, where the other one leaves quotes alone. */
static void put_escaped(struct metrics_text *t, const char *text, bool quotes)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", t->f);
		else if (*text == '\\' || (*text == '"' && quotes))
			fprintf(t->f, "\\%c", *text);
		else
			putc(*text, t->f);
	}
}

/* What the type adds to the family's name. */
static const char *suffix(const struct metrics_text *t)
{
	switch (t->type) {
	case METRIC_COUNTER:
		return "_total";
	case METRIC_INFO:
		return "_info";
	case METRIC_GAUGE:
	case METRIC_HISTOGRAM:
		break;
	}
	return "";
}

static const char *type_name(const struct metrics_text *t)
{
	static const char *const names[] = { [METRIC_COUNTER] = "counter",
					     [METRIC_GAUGE] = "gauge",
					     [METRIC_HISTOGRAM] = "histogram",
					     [METRIC_INFO] = "info" };

	return t->type == METRIC_INFO && t->format == METRICS_PROMETHEUS ? "gauge" : names[t->type];
}

void text_family(struct metrics_text *t, const char *name, enum metric_type type, const char *unit, const char *help)
{
	bool open = t->format == METRICS_OPENMETRICS;
	const char *more;

	t->name = name;
	t->type = type;
	more = open ? "" : suffix(t);
	fprintf(t->f, "# TYPE %s%s %s\n", name, more, type_name(t));
	if (open && unit)
		fprintf(t->f, "# UNIT %s %s\n", name, unit);
	fprintf(t->f, "# HELP %s%s ", name, more);
	put_escaped(t, help, open);
	putc('\n', t->f);
}

/* name{label="value",...,le="..."} and a space */
static void put_sample(struct metrics_text *t, const char *more, const struct metrics_label *labels, const char *le)
{
	const char *between = "{";

	fprintf(t->f, "%s%s", t->name, more);
	for (; labels && labels->name; labels++) {
		fprintf(t->f, "%s%s=\"", between, labels->name);
		put_escaped(t, labels->value, true);
		putc('"', t->f);
		between = ",";
	}
	if (le) {
		fprintf(t->f, "%sle=\"%s\"", between, le);
		between = ",";
	}
	fputs(*between == ',' ? "} " : " ", t->f);
}

static void put_seconds(struct metrics_text *t, usec_t value)
{
	fprintf(t->f, "%" PRIu64 ".%06" PRIu64 "\n", value / USEC_PER_SEC, value % USEC_PER_SEC);
}

void text_number(struct metrics_text *t, const struct metrics_label *labels, uint64_t value)
{
	put_sample(t, suffix(t), labels, NULL);
	fprintf(t->f, "%" PRIu64 "\n", value);
}

void text_seconds(struct metrics_text *t, const struct metrics_label *labels, usec_t value)
{
	put_sample(t, suffix(t), labels, NULL);
	put_seconds(t, value);
}

void text_histogram(struct metrics_text *t, const struct metrics_label *labels, const struct histogram *h)
{
	uint64_t count = 0;

	assert(t->type == METRIC_HISTOGRAM);
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		count += h->buckets[i];
		put_sample(t, "_bucket", labels, bounds[i].text);
		fprintf(t->f, "%" PRIu64 "\n", count);
	}
	put_sample(t, "_sum", labels, NULL);
	put_seconds(t, h->sum);
	put_sample(t, "_count", labels, NULL);
	fprintf(t->f, "%" PRIu64 "\n", count);
}

void text_end(struct metrics_text *t)
{
	if (t->format == METRICS_OPENMETRICS)
		fputs("# EOF\n", t->f);
}
