/* SPDX-License-Identifier: MIT */
/* metrics: the two formats, what a client gets, what events count, and the table beside its manual. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attach/view.h"
#include "metrics/count.h"
#include "metrics/process.h"
#include "metrics/table.h"
#include "metrics/text.h"
#include "oom.h"

static char *text;
static size_t len;

static struct metrics_text begin(enum metrics_format format)
{
	struct metrics_text t = { .format = format };

	free(text);
	text = NULL;
	t.f = open_memstream(&text, &len);
	ck_assert_ptr_nonnull(t.f);
	return t;
}

/* ---- Formats --------------------------------------------------------------------------------------------------- */

static void write_one_of_each(struct metrics_text *t)
{
	static const struct metrics_label nasty[] = { { "a", "x\"y\\z\n\xc3\xa4" }, { "b", "" }, { 0 } };
	struct histogram h = { 0 };

	histogram_add(&h, 7 * USEC_PER_MSEC);
	histogram_add(&h, 61 * USEC_PER_SEC);
	text_family(t, "l2tpd_events", METRIC_COUNTER, NULL, "A \"help\" \\ of\ntwo lines.");
	text_number(t, nasty, UINT64_MAX);
	text_family(t, "l2tpd_cpu_seconds", METRIC_COUNTER, "seconds", "h");
	text_seconds(t, NULL, 1000001);
	text_family(t, "l2tpd_level", METRIC_GAUGE, NULL, "h");
	text_number(t, NULL, 0);
	text_family(t, "l2tpd_build", METRIC_INFO, NULL, "h");
	text_number(t, (struct metrics_label[]){ { "version", "1" }, { 0 } }, 1);
	text_family(t, "l2tpd_setup_seconds", METRIC_HISTOGRAM, "seconds", "h");
	text_histogram(t, (struct metrics_label[]){ { "profile", "p" }, { 0 } }, &h);
	text_end(t);
}

#define BUCKETS(labels) \
	"l2tpd_setup_seconds_bucket{" labels "le=\"0.005\"} 0\n" \
	"l2tpd_setup_seconds_bucket{" labels "le=\"0.01\"} 1\n" \
	"l2tpd_setup_seconds_bucket{" labels "le=\"0.025\"} 1\n" \
	"l2tpd_setup_seconds_bucket{" labels "le=\"0.05\"} 1\n" \
	"l2tpd_setup_seconds_bucket{" labels "le=\"0.1\"} 1\n" \
	"l2tpd_setup_seconds_bucket{" labels "le=\"0.25\"} 1\n" \
	"l2tpd_setup_seconds_bucket{" labels "le=\"0.5\"} 1\n" \
	"l2tpd_setup_seconds_bucket{" labels "le=\"1.0\"} 1\n" \
	"l2tpd_setup_seconds_bucket{" labels "le=\"2.5\"} 1\n" \
	"l2tpd_setup_seconds_bucket{" labels "le=\"5.0\"} 1\n" \
	"l2tpd_setup_seconds_bucket{" labels "le=\"10.0\"} 1\n" \
	"l2tpd_setup_seconds_bucket{" labels "le=\"20.0\"} 1\n" \
	"l2tpd_setup_seconds_bucket{" labels "le=\"30.0\"} 1\n" \
	"l2tpd_setup_seconds_bucket{" labels "le=\"60.0\"} 1\n" \
	"l2tpd_setup_seconds_bucket{" labels "le=\"+Inf\"} 2\n" \
	"l2tpd_setup_seconds_sum{profile=\"p\"} 61.007000\n" \
	"l2tpd_setup_seconds_count{profile=\"p\"} 2\n"

static const char *const expected[METRICS_FORMATS] = {
	[METRICS_PROMETHEUS] =
		"# TYPE l2tpd_events_total counter\n"
		"# HELP l2tpd_events_total A \"help\" \\\\ of\\ntwo lines.\n"
		"l2tpd_events_total{a=\"x\\\"y\\\\z\\n\xc3\xa4\",b=\"\"} 18446744073709551615\n"
		"# TYPE l2tpd_cpu_seconds_total counter\n"
		"# HELP l2tpd_cpu_seconds_total h\n"
		"l2tpd_cpu_seconds_total 1.000001\n"
		"# TYPE l2tpd_level gauge\n"
		"# HELP l2tpd_level h\n"
		"l2tpd_level 0\n"
		"# TYPE l2tpd_build_info gauge\n"
		"# HELP l2tpd_build_info h\n"
		"l2tpd_build_info{version=\"1\"} 1\n"
		"# TYPE l2tpd_setup_seconds histogram\n"
		"# HELP l2tpd_setup_seconds h\n"
		BUCKETS("profile=\"p\","),
	[METRICS_OPENMETRICS] =
		"# TYPE l2tpd_events counter\n"
		"# HELP l2tpd_events A \\\"help\\\" \\\\ of\\ntwo lines.\n"
		"l2tpd_events_total{a=\"x\\\"y\\\\z\\n\xc3\xa4\",b=\"\"} 18446744073709551615\n"
		"# TYPE l2tpd_cpu_seconds counter\n"
		"# UNIT l2tpd_cpu_seconds seconds\n"
		"# HELP l2tpd_cpu_seconds h\n"
		"l2tpd_cpu_seconds_total 1.000001\n"
		"# TYPE l2tpd_level gauge\n"
		"# HELP l2tpd_level h\n"
		"l2tpd_level 0\n"
		"# TYPE l2tpd_build info\n"
		"# HELP l2tpd_build h\n"
		"l2tpd_build_info{version=\"1\"} 1\n"
		"# TYPE l2tpd_setup_seconds histogram\n"
		"# UNIT l2tpd_setup_seconds seconds\n"
		"# HELP l2tpd_setup_seconds h\n"
		BUCKETS("profile=\"p\",")
		"# EOF\n",
};

START_TEST(formats)
{
	struct metrics_text t = begin((enum metrics_format)_i);

	write_one_of_each(&t);
	fclose(t.f);
	ck_assert_str_eq(text, expected[_i]);
}
END_TEST

static const struct {
	usec_t value;
	size_t bucket;
} values[] = {
	{ 0, 0 }, { 5000, 0 }, { 5001, 1 }, { 10000, 1 }, { 1000000, 7 }, { 1000001, 8 }, { 60000000, 13 },
	{ 60000001, 14 }, { USEC_NEVER, 14 },
};

START_TEST(bounds_belong_to_their_bucket)
{
	struct histogram h = { 0 };

	histogram_add(&h, values[_i].value);
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		ck_assert_uint_eq(h.buckets[i], i == values[_i].bucket);
	ck_assert_uint_eq(h.sum, values[_i].value);
}
END_TEST

static const struct {
	const char *accept;
	enum metrics_format format;
} accepts[] = {
	{ "", METRICS_PROMETHEUS },
	{ "*/*", METRICS_PROMETHEUS },
	{ "text/html", METRICS_PROMETHEUS },
	{ "application/openmetrics-text", METRICS_OPENMETRICS },
	/* Prometheus 2.42 */
	{ "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
	  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", METRICS_OPENMETRICS },
	/* Prometheus 3 */
	{ "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5",
	  METRICS_OPENMETRICS },
	{ "text/plain;version=0.0.4, application/openmetrics-text;q=0.9", METRICS_PROMETHEUS },
	{ "text/plain ; q=0.3 , application/OpenMetrics-Text ; Version=\"1.0.0\" ; Q=0.300", METRICS_OPENMETRICS },
	{ "application/openmetrics-text;q=0", METRICS_PROMETHEUS },
	{ "application/openmetrics-text;q=0.000, */*", METRICS_PROMETHEUS },
	{ "application/openmetrics-text;version=2.0.0", METRICS_PROMETHEUS },
	{ "application/openmetrics-textual", METRICS_PROMETHEUS },
	{ "application/openmetrics-text;q=1.000", METRICS_OPENMETRICS },
	{ "application/openmetrics-text;q=banana", METRICS_OPENMETRICS },
	{ ";;,,;=,\"", METRICS_PROMETHEUS },
	{ "application/openmetrics-text;", METRICS_OPENMETRICS },
	{ "application/openmetrics-text;q", METRICS_OPENMETRICS },
	{ "application/openmetrics-text;=;q=0", METRICS_PROMETHEUS },
};

START_TEST(negotiation)
{
	ck_assert_msg(metrics_negotiate(accepts[_i].accept) == accepts[_i].format, "%s", accepts[_i].accept);
}
END_TEST

/* ---- Events ---------------------------------------------------------------------------------------------------- */

/* Two kinds with metrics, and one that has none. */
static const struct attachment_metrics drum_metrics = {
	.starts = { "l2tpd_drums", "Drums." },
	.ends = { "l2tpd_drums_gone", "Drums that ended, by cause." },
	.starting = { "l2tpd_drums_tuning", "Drums being tuned." },
	.up = { "l2tpd_drums_up", "Drums that are heard." },
	.setup = { "l2tpd_drum_seconds", "Until a drum is heard." },
	.cause = "cause",
};
static const struct attachment_class pppd = { .name = "pppd", .causes = pppd_causes, .metrics = &pppd_metrics },
				     drum = { .name = "drum",
					      .causes = (const char *const[]){ "burst", "stolen", NULL },
					      .metrics = &drum_metrics },
				     silence = { .name = "silence" };
static const struct attachment_class *const kinds[] = { &silence, &pppd, &drum, NULL };
enum { SILENCE, PPPD, DRUM };

static struct counts counts;

static void tell(struct event e)
{
	e.tunnel_id = 7;
	e.profile = "p";
	counts_event(&counts, &e, 3 * USEC_PER_MSEC, 100 + 20 * USEC_PER_MSEC * (e.type == EVENT_ATTACHMENT_UP));
}

static void say(enum event_type type, uint32_t session_id, const struct l2tp_reason *reason)
{
	tell((struct event){ .type = type, .session_id = session_id, .reason = reason });
}

static void say_attached(enum event_type type, uint32_t session_id, const struct attachment_class *kind, size_t cause)
{
	struct attachment_end end = { .cause = cause };

	tell((struct event){ .type = type,
			     .session_id = session_id,
			     .attachment = kind,
			     .end = type == EVENT_ATTACHMENT_STOPPED ? &end : NULL });
}

static void expect_life(const struct life_counts *l, uint64_t opening, uint64_t established, uint64_t closing)
{
	ck_assert_uint_eq(l->now[PHASE_OPENING], opening);
	ck_assert_uint_eq(l->now[PHASE_ESTABLISHED], established);
	ck_assert_uint_eq(l->now[PHASE_CLOSING], closing);
}

START_TEST(a_life)
{
	static const struct l2tp_reason busy = { .origin = L2TP_BY_PEER, .result = RC_CDN_BUSY },
					odd = { .origin = L2TP_BY_PEER, .result = 4711 };
	struct profile_counts *p = counts_profile(&counts, "p");
	const struct attachment_counts *a = &p->attachments[DRUM];

	say(EVENT_TUNNEL_OPENED, 0, NULL);
	expect_life(&p->tunnels, 1, 0, 0);
	say(EVENT_TUNNEL_ESTABLISHED, 0, NULL);
	say(EVENT_SESSION_OPENED, 1, NULL);
	say(EVENT_SESSION_OPENED, 2, NULL);
	say(EVENT_SESSION_ESTABLISHED, 1, NULL);
	expect_life(&p->tunnels, 0, 1, 0);
	expect_life(&p->sessions, 1, 1, 0);
	say_attached(EVENT_ATTACHMENT_STARTED, 1, &drum, 0);
	ck_assert(a->starting == 1 && a->up == 0);
	say_attached(EVENT_ATTACHMENT_UP, 1, &drum, 0);
	say_attached(EVENT_ATTACHMENT_UP, 1, &drum, 0);
	ck_assert(a->starting == 0 && a->up == 1);
	ck_assert(a->setup.sum == 20 * USEC_PER_MSEC && a->setup.buckets[2] == 1);
	say_attached(EVENT_ATTACHMENT_STOPPED, 1, &drum, 1);
	ck_assert(a->starting == 0 && a->up == 0 && a->starts == 1);
	ck_assert(counts.kinds[DRUM].ends[0] == 0 && counts.kinds[DRUM].ends[1] == 1);
	ck_assert(p->attachments[PPPD].starts == 0 && p->attachments[SILENCE].starts == 0);
	say(EVENT_SESSION_CLOSING, 1, &busy);
	say(EVENT_SESSION_CLOSING, 2, &odd);
	expect_life(&p->sessions, 0, 0, 2);
	say(EVENT_SESSION_GONE, 1, NULL);
	say(EVENT_SESSION_GONE, 2, NULL);
	say(EVENT_TUNNEL_CLOSING, 0, &odd);
	say(EVENT_TUNNEL_GONE, 0, NULL);
	expect_life(&p->sessions, 0, 0, 0);
	expect_life(&p->tunnels, 0, 0, 0);
	ck_assert(p->tunnels.opened == 1 && p->tunnels.established == 1 && p->tunnels.setup.buckets[0] == 1);
	ck_assert(p->sessions.opened == 2 && p->sessions.established == 1 && p->sessions.setup.sum == 3000);
	ck_assert_uint_eq(counts.sessions_closed[L2TP_BY_PEER][RC_CDN_BUSY], 1);
	ck_assert_uint_eq(counts.sessions_closed[L2TP_BY_PEER][0], 1);
	ck_assert_uint_eq(counts.tunnels_closed[L2TP_BY_PEER][0], 1);
}
END_TEST

START_TEST(what_was_there_before) /* and is heard of as new when the engine alone knew it */
{
	const struct attachment drums = { .class = &drum };
	const struct attachment_view up = { .kind = "drum", .phase = ATTACHMENT_UP, .attachment = &drums },
				     waits = { .kind = "drum", .phase = ATTACHMENT_WAITING, .attachment = &drums };
	const struct attachment_counts *a;
	struct profile_counts *p;

	counts_adopt(&counts, 7, 0, "p", PHASE_OPENING, NULL);
	counts_adopt(&counts, 7, 1, "p", PHASE_ESTABLISHED, &up);
	counts_adopt(&counts, 7, 2, "p", PHASE_ESTABLISHED, &waits);
	counts_adopt(&counts, 7, 3, "p", PHASE_ESTABLISHED, &(struct attachment_view){ .kind = "" });
	p = counts_profile(&counts, "p");
	a = &p->attachments[DRUM];
	say(EVENT_TUNNEL_OPENED, 0, NULL);
	expect_life(&p->tunnels, 1, 0, 0);
	expect_life(&p->sessions, 0, 3, 0);
	ck_assert(a->starting == 1 && a->up == 1);
	say_attached(EVENT_ATTACHMENT_UP, 2, &drum, 0);
	ck_assert_uint_eq(a->setup.sum, 0); /* nobody knows when it began */
	say(EVENT_SESSION_GONE, 1, NULL);
	ck_assert(a->starting == 0 && a->up == 1 && p->sessions.opened == 0 && p->tunnels.opened == 1);
}
END_TEST

START_TEST(kind_without_metrics) /* up at once, and its end has no cause */
{
	struct metric rows[METRICS_OF_KIND];

	say(EVENT_SESSION_OPENED, 1, NULL);
	say_attached(EVENT_ATTACHMENT_UP, 1, &silence, 0);
	say_attached(EVENT_ATTACHMENT_STOPPED, 1, &silence, 4711);
	say_attached(EVENT_ATTACHMENT_UP, 1, &silence, 0);
	say(EVENT_SESSION_GONE, 1, NULL);
	ck_assert(counts_profile(&counts, "p")->attachments[SILENCE].up == 0);
	ck_assert_uint_eq(metrics_of_kind(&silence, SILENCE, rows), 0);
}
END_TEST

START_TEST(without_memory) /* what has no record counts nothing, and never below zero */
{
	static const struct l2tp_reason reason = { .origin = L2TP_BY_REQUEST, .result = 1 };
	struct profile_counts *p;

	oom_at = _i;
	say(EVENT_TUNNEL_OPENED, 0, NULL);
	ck_assert_int_eq(oom_at, 0);
	say(EVENT_TUNNEL_ESTABLISHED, 0, NULL);
	say(EVENT_TUNNEL_CLOSING, 0, &reason);
	say(EVENT_TUNNEL_GONE, 0, NULL);
	p = counts_profile(&counts, "p");
	expect_life(&p->tunnels, 0, 0, 0);
	ck_assert_uint_eq(p->tunnels.opened, 0);
}
END_TEST

START_TEST(no_memory_to_begin)
{
	struct counts none = { 0 };

	oom_at = _i;
	ck_assert_int_eq(counts_init(&none, kinds), -ENOMEM);
	ck_assert_int_eq(oom_at, 0);
	ck_assert_ptr_null(none.kinds);
}
END_TEST

static const struct {
	int status;
	const char *name;
} exits[] = {
	{ 0, "0" }, { 16, "16" }, { 21, "21" }, { 127, "127" }, { -1, "killed" }, { 22, "other" }, { 255, "other" },
};

START_TEST(exit_statuses)
{
	say(EVENT_SESSION_OPENED, 1, NULL);
	say_attached(EVENT_ATTACHMENT_STOPPED, 1, &pppd, pppd_cause(exits[_i].status));
	ck_assert_uint_eq(counts.kinds[PPPD].n_causes, 25);
	for (size_t i = 0; i < counts.kinds[PPPD].n_causes; i++)
		ck_assert_uint_eq(counts.kinds[PPPD].ends[i], !strcmp(pppd_causes[i], exits[_i].name));
}
END_TEST

/* ---- The table ------------------------------------------------------------------------------------------------- */

static void write_all(enum metrics_format format)
{
	struct metrics_snapshot s = { .counts = &counts, .daemon = { .state = "draining", .dataplane = "none" } };
	struct metrics_text t = begin(format);

	for (size_t i = 0; i < L2TP_DROPS; i++)
		s.daemon.stats.dropped[i] = 1000 + i;
	s.daemon.stats.tunnels_half_open = 3;
	s.process = (struct metrics_process){ 1, 2, METRICS_UNKNOWN, 4, 5, 6 };
	s.started = 1700000000 * USEC_PER_SEC;
	counts.tunnels_refused[0] = 9;
	counts_profile(&counts, "p");
	counts_profile(&counts, "q")->data.rx_bytes = UINT64_MAX;
	counts_profile(&counts, "q")->attachments[DRUM] =
		(struct attachment_counts){ 11, 13, 14, { .sum = 15 * USEC_PER_SEC } };
	counts.kinds[DRUM].ends[1] = 12;
	metrics_write(&t, &s);
	fclose(t.f);
}

static const char *const lines[] = {
	"\nl2tpd_state{state=\"draining\"} 1\n",
	"\nl2tpd_state{state=\"running\"} 0\n",
	"\nl2tpd_tunnels_half_open 3\n",
	"\nl2tpd_dropped_total{cause=\"header\"} 1000\n",
	"\nl2tpd_dropped_total{cause=\"silent\"} 1009\n",
	"\nl2tpd_tunnels_refused_total{result=\"other\"} 9\n",
	"\nl2tpd_tunnels_refused_total{result=\"no agreement on DiffServ\"} 0\n",
	"\nl2tpd_sessions_closed_total{origin=\"local\",result=\"no agreement on DiffServ\"} 0\n",
	"\nl2tpd_data_receive_bytes_total{profile=\"q\"} 18446744073709551615\n",
	"\nl2tpd_sessions{profile=\"p\",state=\"established\"} 0\n",
	"\nprocess_start_time_seconds 1700000000.000000\n",
	"\nprocess_max_fds 4\n",
	"\nl2tpd_log_messages_lost_total 6\n",
	"\nl2tpd_pppd_starts_total{profile=\"p\"} 0\n",
	"\nl2tpd_pppd_exits_total{status=\"killed\"} 0\n",
	"\nl2tpd_drums_total{profile=\"q\"} 11\n",
	"\nl2tpd_drums_gone_total{cause=\"stolen\"} 12\n",
	"\nl2tpd_drums_tuning{profile=\"q\"} 13\n",
	"\nl2tpd_drums_up{profile=\"q\"} 14\n",
	"\nl2tpd_drum_seconds_sum{profile=\"q\"} 15.000000\n",
};

START_TEST(page)
{
	write_all((enum metrics_format)_i);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(strstr(text, lines[i]) != NULL, "%s", lines[i]);
	ck_assert_ptr_null(strstr(text, "\nprocess_open_fds "));
	ck_assert_ptr_null(strstr(text, "\"?\""));
	ck_assert_ptr_null(strstr(text, "(null)"));
}
END_TEST

static const char *suffix_of(enum metric_type type)
{
	return type == METRIC_COUNTER ? "_total" : type == METRIC_INFO ? "_info" : "";
}

static void read_manual(char *buf, size_t size)
{
	char path[512], *to = buf;
	FILE *f;

	snprintf(path, sizeof(path), "%s", __FILE__);
	strcpy(strrchr(path, '/'), "/../../daemon/l2tpd-metrics.7");
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	buf[fread(buf, 1, size - 1, f)] = '\0';
	fclose(f);
	for (const char *from = buf; *from; from++)
		if (!(from[0] == '\\' && from[1] == '-'))
			*to++ = *from;
	*to = '\0';
}

static size_t expect_in_manual(const char *all, const struct metric *rows, size_t n)
{
	static const char *const types[] = { "counter", "gauge", "histogram", "info" };
	char item[1024];

	for (const struct metric *m = rows; m < rows + n; m++) {
		snprintf(item, sizeof(item), "\n.TP\n.B %s%s\n%s%s%s.\n.br\n%s\n", m->name, suffix_of(m->type),
			 types[m->type], m->labels[0] ? "; by " : "", m->labels, m->help);
		ck_assert_msg(strstr(all, item) != NULL, "not in the manual:%s", item);
	}
	return n;
}

START_TEST(manual) /* every row with its type, its labels and its help, and nothing else */
{
	struct metric rows[METRICS_OF_KIND];
	static char all[64 * 1024];
	size_t items = 0, n;

	read_manual(all, sizeof(all));
	n = expect_in_manual(all, metrics_table, metrics_table_n);
	n += expect_in_manual(all, rows, metrics_of_kind(&pppd, PPPD, rows));
	for (char *p = all; (p = strstr(p, "\n.TP\n.B ")); p++)
		items++;
	ck_assert_uint_eq(items, n);
}
END_TEST

START_TEST(process)
{
	struct metrics_process before, after;
	FILE *f;

	process_look(&before);
	f = fopen("/dev/null", "r");
	process_look(&after);
	fclose(f);
	ck_assert_uint_eq(after.fds, before.fds + 1);
	ck_assert(after.resident > 100000 && after.virtual > after.resident && after.virtual != METRICS_UNKNOWN);
	ck_assert(after.cpu > 0 && after.cpu >= before.cpu && after.fds_max > after.fds);
}
END_TEST

static void setup(void)
{
	ck_assert_int_eq(counts_init(&counts, kinds), 0);
}

static void teardown(void)
{
	counts_clear(&counts);
	counts_clear(&counts);
	free(text);
	text = NULL;
}

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
	Suite *suite = suite_create("metrics");
	TCase *tc = tcase_create("metrics");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, formats, 0, METRICS_FORMATS);
	tcase_add_loop_test(tc, bounds_belong_to_their_bucket, 0, N(values));
	tcase_add_loop_test(tc, negotiation, 0, N(accepts));
	tcase_add_test(tc, a_life);
	tcase_add_test(tc, what_was_there_before);
	tcase_add_test(tc, kind_without_metrics);
	tcase_add_loop_test(tc, without_memory, 1, 3);
	tcase_add_loop_test(tc, no_memory_to_begin, 1, 5);
	tcase_add_loop_test(tc, exit_statuses, 0, N(exits));
	tcase_add_loop_test(tc, page, 0, METRICS_FORMATS);
	tcase_add_test(tc, manual);
	tcase_add_test(tc, process);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
