/* SPDX-License-Identifier: MIT */
/*
 * table: every metric, one row each: its name without the suffix that its type gives it, what it is, in which
 * unit, which labels its samples have, where its numbers are, and what they mean.  l2tpd-metrics(7) has the same rows;
 * a test compares them.
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
	static const char *const origins[ORIGINS] = { [L2TP_BY_PEER] = "peer",
						      [L2TP_BY_REQUEST] = "request",
						      [L2TP_BY_FAULT] = "fault",
						      [L2TP_BY_TIMEOUT] = "timeout",
						      [L2TP_BY_WORLD] = "world" };

	for (size_t origin = L2TP_BY_PEER; origin < ORIGINS; origin++)
		for (size_t result = 0; result < RESULTS; result++)
			if (strcmp(result_name(result, name), "?") != 0)
				text_number(t,
					    (labels){ { "origin", origins[origin] },
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

static void write_pppd_exits(struct metrics_text *t, const struct metric *m, const struct metrics_snapshot *s)
{
	(void)m;
	for (size_t i = 0; i < PPPD_STATUSES; i++)
		text_number(t, (labels){ { "status", pppd_status_name(i) }, { 0 } }, s->counts->pppd_exits[i]);
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
	{ name, METRIC_##type, unit, "", write_number, PLACE(metrics_snapshot, member), help },
#define TIME(name, type, member, help) \
	{ name, METRIC_##type, "seconds", "", write_time, PLACE(metrics_snapshot, member), help },
#define EACH(name, type, unit, member, help) \
	{ name, METRIC_##type, unit, "profile", write_profiles, PLACE(profile_counts, member), help },
#define LIFE(name, member, help) \
	{ name, METRIC_GAUGE, NONE, "profile, state", write_phases, PLACE(profile_counts, member), help },
#define HIST(name, member, help) \
	{ name, METRIC_HISTOGRAM, "seconds", "profile", write_histograms, PLACE(profile_counts, member), help },
#define OWN(name, type, labels, write, help) { name, METRIC_##type, NONE, labels, write, 0, 0, help },

const struct metric metrics_table[] = {
	OWN("l2tpd_build", INFO, "version, dataplane", write_build, "The daemon's version, and what carries its data.")
	OWN("l2tpd_state", GAUGE, "state", write_state,
	    "1 for the state that the daemon is in: running, draining or stopping.")
	ONE("l2tpd_config_last_reload_successful", GAUGE, NONE, reload_successful,
	    "1 if the configuration was good when it was read the last time, else 0.")
	TIME("l2tpd_config_last_reload_success_timestamp_seconds", GAUGE, configured,
	     "When the configuration in force was read, since the epoch.")

	/* tunnels and sessions */
	LIFE("l2tpd_tunnels", tunnels.now,
	     "Tunnels by state; those that a peer opens once they are established, before see l2tpd_tunnels_half_open.")
	LIFE("l2tpd_sessions", sessions.now, "Sessions by state.")
	ONE("l2tpd_tunnels_half_open", GAUGE, NONE, daemon.stats.tunnels_half_open,
	    "Tunnels that a peer has begun to open and has not completed.")
	ONE("l2tpd_tunnels_limit", GAUGE, NONE, daemon.limits.tunnels, "Tunnels that there may be.")
	ONE("l2tpd_tunnels_half_open_limit", GAUGE, NONE, daemon.limits.half_open,
	    "Half-open tunnels that there may be.")
	ONE("l2tpd_sessions_limit", GAUGE, NONE, daemon.limits.sessions, "Sessions that there may be.")
	EACH("l2tpd_tunnels_opened", COUNTER, NONE, tunnels.opened,
	     "Tunnels that were begun; those that a peer opens count when they are established or have failed.")
	EACH("l2tpd_tunnels_established", COUNTER, NONE, tunnels.established, "Tunnels that were established.")
	EACH("l2tpd_sessions_opened", COUNTER, NONE, sessions.opened,
	     "Sessions that were begun; those that a peer must answer count when it has.")
	EACH("l2tpd_sessions_established", COUNTER, NONE, sessions.established, "Sessions that were established.")
	HIST("l2tpd_tunnel_setup_seconds", tunnels.setup, "From the first SCCRQ until the tunnel was established.")
	HIST("l2tpd_session_setup_seconds", sessions.setup,
	     "From the first ICRQ or OCRQ, or from a request that had to wait, until the session was established.")
	OWN("l2tpd_tunnels_closed", COUNTER, "origin, result", write_tunnels_closed,
	    "Tunnels that ended, by who ended them and by the result code of StopCCN.")
	OWN("l2tpd_sessions_closed", COUNTER, "origin, result", write_sessions_closed,
	    "Sessions that ended, by who ended them and by the result code of CDN.")
	OWN("l2tpd_tunnels_refused", COUNTER, "result", write_tunnels_refused,
	    "Tunnels of peers that were refused with StopCCN before they were any, by result code.")
	ONE("l2tpd_calls_refused", COUNTER, NONE, daemon.stats.calls_refused,
	    "Calls of peers that were refused with CDN before they were sessions.")

	/* the control protocol */
	ONE("l2tpd_received", COUNTER, NONE, daemon.stats.received, "Datagrams that reached the daemon.")
	OWN("l2tpd_dropped", COUNTER, "cause", write_dropped, "Datagrams and messages without effect, by cause.")
	ONE("l2tpd_duplicates", COUNTER, NONE, daemon.stats.duplicates, "Control messages received a second time.")
	ONE("l2tpd_retransmissions", COUNTER, NONE, daemon.stats.retransmits, "Control messages sent again.")
	ONE("l2tpd_rate_limited", COUNTER, NONE, daemon.stats.limited,
	    "SCCRQs dropped and errors not answered because there were too many in a second.")
	ONE("l2tpd_half_open_evicted", COUNTER, NONE, daemon.stats.evicted, "Half-open tunnels given up for new ones.")

	/* data, as the kernel counts it */
	EACH("l2tpd_data_receive_packets", COUNTER, NONE, data.rx_packets, "Packets of data received from peers.")
	EACH("l2tpd_data_receive_bytes", COUNTER, "bytes", data.rx_bytes,
	     "Octets of data received from peers, with L2TP's headers and without those of UDP and IP.")
	EACH("l2tpd_data_receive_errors", COUNTER, NONE, data.rx_errors, "Packets of data received that were bad.")
	EACH("l2tpd_data_transmit_packets", COUNTER, NONE, data.tx_packets, "Packets of data sent to peers.")
	EACH("l2tpd_data_transmit_bytes", COUNTER, "bytes", data.tx_bytes,
	     "Octets of data sent to peers, with L2TP's headers and without those of UDP and IP.")
	EACH("l2tpd_data_transmit_errors", COUNTER, NONE, data.tx_errors, "Packets of data that could not be sent.")

	/* PPP */
	EACH("l2tpd_pppd_starts", COUNTER, NONE, pppd_starts, "pppd processes that were asked for.")
	OWN("l2tpd_pppd_exits", COUNTER, "status", write_pppd_exits,
	    "pppd processes that ended, by exit status as in pppd(8), 11 and 19 also when a CDN has interrupted a failed "
	    "authentication; killed: by a signal, or never started.")
	EACH("l2tpd_ppp_starting", GAUGE, NONE, ppp_starting, "Sessions whose pppd has no network protocol up yet.")
	EACH("l2tpd_ppp_up", GAUGE, NONE, ppp_up, "Sessions whose pppd has a network protocol up.")
	HIST("l2tpd_ppp_setup_seconds", ppp_setup,
	     "From a session's establishment until PPP's first network protocol is up.")

	/* the process */
	ONE("l2tpd_log_messages_lost", COUNTER, NONE, process.log_lost,
	    "Log messages that the journal, or whoever reads standard error, did not take.")

	/* names that every exporter uses */
	TIME("process_cpu_seconds", COUNTER, process.cpu, "Processor time used, of user and system.")
	TIME("process_start_time_seconds", GAUGE, started, "When the daemon was started, since the epoch.")
	ONE("process_resident_memory_bytes", GAUGE, "bytes", process.resident, "Resident memory.")
	ONE("process_virtual_memory_bytes", GAUGE, "bytes", process.virtual, "Virtual memory.")
	ONE("process_open_fds", GAUGE, NONE, process.fds,
	    "Open file descriptors; left out where there are thousands, before Linux 6.2.")
	ONE("process_max_fds", GAUGE, NONE, process.fds_max, "File descriptors that may be open.")
};

#undef NONE
#undef PLACE
#undef ONE
#undef TIME
#undef EACH
#undef LIFE
#undef HIST
#undef OWN

const size_t metrics_table_n = sizeof(metrics_table) / sizeof(metrics_table[0]);

void metrics_write(struct metrics_text *t, const struct metrics_snapshot *s)
{
	for (const struct metric *m = metrics_table; m < metrics_table + metrics_table_n; m++) {
		text_family(t, m->name, m->type, m->unit, m->help);
		m->write(t, m, s);
	}
	text_end(t);
}
