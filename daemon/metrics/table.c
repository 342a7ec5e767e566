/* SPDX-License-Identifier: MIT */
/*
 * table: every metric, one row each: its name without the suffix that its type gives it, what it is, in which
 * unit, which labels its samples have, where its numbers are, and what they mean.  l2tpd-metrics(7) has the same rows;
 * a test compares them.  Those of a kind of attachments are the same for each, with the names and the words that the kind
 * has for them.
 *
 * Values of labels come from tables of ours and from the configuration, never from a peer: nobody outside can make more
 * of them.  A label's every value is there from the first scrape on, but those of profiles.
 *
 * Called by metrics.
 */
#include "table.h"

#include <string.h>

typedef const struct metrics_label labels[];

static uint64_t number_at(const void *base, const struct metric *m)
{
	const char *at = (const char *)base + m->offset;
	uint64_t wide;
	uint32_t narrow;

	if (m->size == sizeof(narrow)) {
		memcpy(&narrow, at, sizeof(narrow));
		return narrow;
	}
	memcpy(&wide, at, sizeof(wide));
	return wide;
}

/* ---- Shapes ---------------------------------------------------------------------------------------------------- */

static void write_number(struct metrics_text *t, const struct metric *m, const struct metrics_snapshot *s)
{
	uint64_t value = number_at(s, m);

	if (value != METRICS_UNKNOWN)
		text_number(t, NULL, value);
}

static void write_time(struct metrics_text *t, const struct metric *m, const struct metrics_snapshot *s)
{
	text_seconds(t, NULL, number_at(s, m));
}

static void write_profiles(struct metrics_text *t, const struct metric *m, const struct metrics_snapshot *s)
{
	for (const struct profile_counts *p = s->counts->profiles; p; p = p->hh.next)
		text_number(t, (labels){ { "profile", p->name }, { 0 } }, number_at(p, m));
}

static void write_phases(struct metrics_text *t, const struct metric *m, const struct metrics_snapshot *s)
{
	static const char *const names[PHASES] = { [PHASE_OPENING] = "opening",
						   [PHASE_ESTABLISHED] = "established",
						   [PHASE_CLOSING] = "closing" };

	for (const struct profile_counts *p = s->counts->profiles; p; p = p->hh.next) {
		const uint64_t *now = (const uint64_t *)((const char *)p + m->offset);

		for (size_t i = 0; i < PHASES; i++)
			text_number(t, (labels){ { "profile", p->name }, { "state", names[i] }, { 0 } }, now[i]);
	}
}

static void write_histograms(struct metrics_text *t, const struct metric *m, const struct metrics_snapshot *s)
{
	for (const struct profile_counts *p = s->counts->profiles; p; p = p->hh.next)
		text_histogram(t, (labels){ { "profile", p->name }, { 0 } },
			       (const struct histogram *)((const char *)p + m->offset));
}

static const char *result_name(size_t result, const char *(*name)(uint16_t))
{
	return result ? name((uint16_t)result) : "other";
}

static void write_closed(struct metrics_text *t, const uint64_t closed[ORIGINS][RESULTS], const char *(*name)(uint16_t))
{
	for (size_t origin = L2TP_BY_PEER; origin < ORIGINS; origin++)
		for (size_t result = 0; result < RESULTS; result++)
			if (strcmp(result_name(result, name), "?") != 0)
				text_number(t,
					    (labels){ { "origin", view_origin((enum l2tp_origin)origin) },
						      { "result", result_name(result, name) },
						      { 0 } },
					    closed[origin][result]);
}

static void write_tunnels_closed(struct metrics_text *t, const struct metric *m, const struct metrics_snapshot *s)
{
	(void)m;
	write_closed(t, s->counts->tunnels_closed, l2tp_stopccn_name);
}

static void write_sessions_closed(struct metrics_text *t, const struct metric *m, const struct metrics_snapshot *s)
{
	(void)m;
	write_closed(t, s->counts->sessions_closed, l2tp_cdn_name);
}

static void write_tunnels_refused(struct metrics_text *t, const struct metric *m, const struct metrics_snapshot *s)
{
	(void)m;
	for (size_t result = 0; result < RESULTS; result++)
		if (strcmp(result_name(result, l2tp_stopccn_name), "?") != 0)
			text_number(t, (labels){ { "result", result_name(result, l2tp_stopccn_name) }, { 0 } },
				    s->counts->tunnels_refused[result]);
}

static void write_dropped(struct metrics_text *t, const struct metric *m, const struct metrics_snapshot *s)
{
	(void)m;
	for (uint16_t i = 0; i < L2TP_DROPS; i++)
		text_number(t, (labels){ { "cause", l2tp_drop_name(i) }, { 0 } }, s->daemon.stats.dropped[i]);
}

static void write_build(struct metrics_text *t, const struct metric *m, const struct metrics_snapshot *s)
{
	(void)m;
	text_number(t, (labels){ { "version", VERSION }, { "dataplane", s->daemon.dataplane }, { 0 } }, 1);
}

static void write_state(struct metrics_text *t, const struct metric *m, const struct metrics_snapshot *s)
{
	static const char *const states[] = { "running", "draining", "stopping" };

	(void)m;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		text_number(t, (labels){ { "state", states[i] }, { 0 } }, !strcmp(s->daemon.state, states[i]));
}

/* ---- Rows ------------------------------------------------------------------------------------------------------ */

#define NONE NULL
#define PLACE(type, member) offsetof(struct type, member), sizeof(((struct type *)0)->member)
#define ONE(name, type, unit, member, help) \
	{ name, METRIC_##type, unit, "", write_number, PLACE(metrics_snapshot, member), help, 0 },
#define TIME(name, type, member, help) \
	{ name, METRIC_##type, "seconds", "", write_time, PLACE(metrics_snapshot, member), help, 0 },
#define EACH(name, type, unit, member, help) \
	{ name, METRIC_##type, unit, "profile", write_profiles, PLACE(profile_counts, member), help, 0 },
#define LIFE(name, member, help) \
	{ name, METRIC_GAUGE, NONE, "profile, state", write_phases, PLACE(profile_counts, member), help, 0 },
#define HIST(name, member, help) \
	{ name, METRIC_HISTOGRAM, "seconds", "profile", write_histograms, PLACE(profile_counts, member), help, 0 },
#define OWN(name, type, labels, write, help) { name, METRIC_##type, NONE, labels, write, 0, 0, help, 0 },

const struct metric metrics_table[] = {
	OWN("l2tpd_build", INFO, "version, dataplane", write_build, "Version of the daemon, and its data plane.")
	OWN("l2tpd_state", GAUGE, "state", write_state,
	    "1 for the current state of the daemon: running, draining or stopping.")
	ONE("l2tpd_config_last_reload_successful", GAUGE, NONE, reload_successful,
	    "1 if the last reload of the configuration was successful, 0 otherwise.")
	TIME("l2tpd_config_last_reload_success_timestamp_seconds", GAUGE, configured,
	     "Time at which the configuration in force was loaded, since the epoch.")

	/* tunnels and sessions */
	LIFE("l2tpd_tunnels", tunnels.now,
	     "Tunnels by state; those opened by peers are included once established, see also l2tpd_tunnels_half_open.")
	LIFE("l2tpd_sessions", sessions.now, "Sessions by state.")
	ONE("l2tpd_tunnels_half_open", GAUGE, NONE, daemon.stats.tunnels_half_open,
	    "Tunnels that a peer has begun to open and has not completed.")
	ONE("l2tpd_tunnels_limit", GAUGE, NONE, daemon.limits.tunnels, "Maximum number of tunnels.")
	ONE("l2tpd_tunnels_half_open_limit", GAUGE, NONE, daemon.limits.half_open,
	    "Maximum number of half-open tunnels.")
	ONE("l2tpd_sessions_limit", GAUGE, NONE, daemon.limits.sessions, "Maximum number of sessions.")
	EACH("l2tpd_tunnels_opened", COUNTER, NONE, tunnels.opened,
	     "Tunnels whose set-up began; tunnels opened by peers are counted when they are established or have "
	     "failed.")
	EACH("l2tpd_tunnels_established", COUNTER, NONE, tunnels.established, "Tunnels established.")
	EACH("l2tpd_sessions_opened", COUNTER, NONE, sessions.opened,
	     "Sessions whose set-up began; those requested by this machine are counted when the peer has answered.")
	EACH("l2tpd_sessions_established", COUNTER, NONE, sessions.established, "Sessions established.")
	HIST("l2tpd_tunnel_setup_seconds", tunnels.setup, "Time from the first SCCRQ until the tunnel was established.")
	HIST("l2tpd_session_setup_seconds", sessions.setup,
	     "Time from the first ICRQ or OCRQ, or from a request that had to wait for the tunnel, until the session "
	     "was established.")
	OWN("l2tpd_tunnels_closed", COUNTER, "origin, result", write_tunnels_closed,
	    "Tunnels closed, by origin and by the result code of the StopCCN.")
	OWN("l2tpd_sessions_closed", COUNTER, "origin, result", write_sessions_closed,
	    "Sessions closed, by origin and by the result code of the CDN.")
	OWN("l2tpd_tunnels_refused", COUNTER, "result", write_tunnels_refused,
	    "Tunnels requested by peers and refused with a StopCCN, by result code.")
	ONE("l2tpd_calls_refused", COUNTER, NONE, daemon.stats.calls_refused,
	    "Calls requested by peers and refused with a CDN.")

	/* the control protocol */
	ONE("l2tpd_received", COUNTER, NONE, daemon.stats.received, "Datagrams received by the daemon.")
	OWN("l2tpd_dropped", COUNTER, "cause", write_dropped, "Datagrams and messages dropped, by cause.")
	ONE("l2tpd_duplicates", COUNTER, NONE, daemon.stats.duplicates, "Duplicate control messages received.")
	ONE("l2tpd_retransmissions", COUNTER, NONE, daemon.stats.retransmits, "Control messages retransmitted.")
	ONE("l2tpd_rate_limited", COUNTER, NONE, daemon.stats.limited,
	    "SCCRQs dropped and refusals not sent because of a rate limit.")
	ONE("l2tpd_half_open_evicted", COUNTER, NONE, daemon.stats.evicted,
	    "Half-open tunnels closed to make room for new ones.")

	/* data, as the kernel counts it */
	EACH("l2tpd_data_receive_packets", COUNTER, NONE, data.rx_packets, "Data packets received from peers.")
	EACH("l2tpd_data_receive_bytes", COUNTER, "bytes", data.rx_bytes,
	     "Data octets received from peers, including the L2TP headers, excluding those of UDP and IP.")
	EACH("l2tpd_data_receive_errors", COUNTER, NONE, data.rx_errors, "Data packets received with errors.")
	EACH("l2tpd_data_transmit_packets", COUNTER, NONE, data.tx_packets, "Data packets sent to peers.")
	EACH("l2tpd_data_transmit_bytes", COUNTER, "bytes", data.tx_bytes,
	     "Data octets sent to peers, including the L2TP headers, excluding those of UDP and IP.")
	EACH("l2tpd_data_transmit_errors", COUNTER, NONE, data.tx_errors, "Data packets that could not be sent.")

	/* the process */
	ONE("l2tpd_log_messages_lost", COUNTER, NONE, process.log_lost,
	    "Log messages lost because the journal, or the reader of standard error, did not accept them.")

	/* names that every exporter uses */
	TIME("process_cpu_seconds", COUNTER, process.cpu, "User and system CPU time used.")
	TIME("process_start_time_seconds", GAUGE, started, "Time at which the daemon was started, since the epoch.")
	ONE("process_resident_memory_bytes", GAUGE, "bytes", process.resident, "Resident memory size.")
	ONE("process_virtual_memory_bytes", GAUGE, "bytes", process.virtual, "Virtual memory size.")
	ONE("process_open_fds", GAUGE, NONE, process.fds,
	    "Open file descriptors; omitted before Linux 6.2 if there are thousands.")
	ONE("process_max_fds", GAUGE, NONE, process.fds_max, "Maximum number of open file descriptors.")
};

#undef ONE
#undef TIME
#undef EACH
#undef LIFE
#undef HIST
#undef OWN

/* ---- Attachments ------------------------------------------------------------------------------------------------ */

static void write_attachments(struct metrics_text *t, const struct metric *m, const struct metrics_snapshot *s)
{
	for (const struct profile_counts *p = s->counts->profiles; p; p = p->hh.next) {
		labels profile = { { "profile", p->name }, { 0 } };
		const char *counts = (const char *)&p->attachments[m->kind];

		if (m->type == METRIC_HISTOGRAM)
			text_histogram(t, profile, (const struct histogram *)(counts + m->offset));
		else
			text_number(t, profile, number_at(counts, m));
	}
}

static void write_ends(struct metrics_text *t, const struct metric *m, const struct metrics_snapshot *s)
{
	const struct kind_counts *k = &s->counts->kinds[m->kind];

	for (size_t i = 0; i < k->n_causes; i++)
		text_number(t, (labels){ { m->labels, k->class->causes[i] }, { 0 } }, k->ends[i]);
}

size_t metrics_of_kind(const struct attachment_class *class, size_t kind, struct metric rows[METRICS_OF_KIND])
{
	const struct attachment_metrics *m = class->metrics;

	if (!m)
		return 0;
#define ROW(field, type, unit) \
	{ m->field.name, METRIC_##type, unit, "profile", write_attachments, PLACE(attachment_counts, field), m->field.help, kind }
	const struct metric all[METRICS_OF_KIND] = {
		ROW(starts, COUNTER, NONE),
		{ m->ends.name, METRIC_COUNTER, NONE, m->cause, write_ends, 0, 0, m->ends.help, kind },
		ROW(starting, GAUGE, NONE),
		ROW(up, GAUGE, NONE),
		ROW(setup, HISTOGRAM, "seconds"),
	};
#undef ROW
	memcpy(rows, all, sizeof(all));
	return METRICS_OF_KIND;
}

#undef NONE
#undef PLACE

const size_t metrics_table_n = sizeof(metrics_table) / sizeof(metrics_table[0]);

static void write_rows(struct metrics_text *t, const struct metrics_snapshot *s, const struct metric *rows, size_t n)
{
	for (const struct metric *m = rows; m < rows + n; m++) {
		text_family(t, m->name, m->type, m->unit, m->help);
		m->write(t, m, s);
	}
}

void metrics_write(struct metrics_text *t, const struct metrics_snapshot *s)
{
	struct metric rows[METRICS_OF_KIND];

	write_rows(t, s, metrics_table, metrics_table_n);
	for (size_t i = 0; i < s->counts->n_kinds; i++)
		write_rows(t, s, rows, metrics_of_kind(s->counts->kinds[i].class, i, rows));
	text_end(t);
}
