/* SPDX-License-Identifier: MIT */
/*
 * driver: two of them in one event loop, an LNS and a LAC that dials it over loopback, without a kernel's data path:
 * what watchers hear, and what a view shows at each moment.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/dataplane.h"
#include "log.h"
#include "view.h"

#define PATIENCE (20 * USEC_PER_SEC)

static char directory[32];
static sd_event *event;

/* One driver, and what is heard of it: "TUNNEL_OPENED TUNNEL_ESTABLISHED ". */
struct end {
	struct driver *driver;
	struct driver_watcher watcher;
	char heard[1024];
	uint32_t tunnel_id, session_id; /* the last ones */
	struct l2tp_reason reason;
	char states[1024];              /* what the view says at each event */
	char host[64];
};

static const char *const names[DRIVER_EVENTS] = {
	[DRIVER_TUNNEL_OPENED] = "TUNNEL_OPENED",       [DRIVER_TUNNEL_ESTABLISHED] = "TUNNEL_ESTABLISHED",
	[DRIVER_TUNNEL_CLOSING] = "TUNNEL_CLOSING",     [DRIVER_TUNNEL_GONE] = "TUNNEL_GONE",
	[DRIVER_SESSION_OPENED] = "SESSION_OPENED",     [DRIVER_SESSION_ESTABLISHED] = "SESSION_ESTABLISHED",
	[DRIVER_SESSION_CLOSING] = "SESSION_CLOSING",   [DRIVER_SESSION_GONE] = "SESSION_GONE",
	[DRIVER_PPP_STARTED] = "PPP_STARTED",           [DRIVER_PPP_UP] = "PPP_UP",
	[DRIVER_PPP_EXITED] = "PPP_EXITED",             [DRIVER_TUNNEL_REFUSED] = "TUNNEL_REFUSED",
	[DRIVER_RELOADED] = "RELOADED",                 [DRIVER_DRAIN] = "DRAIN",
	[DRIVER_STOPPING] = "STOPPING",                 [DRIVER_TUNNEL_REMOVING] = "TUNNEL_REMOVING",
};

static void append(char *to, size_t size, const char *word)
{
	size_t len = strlen(to);

	ck_assert_int_lt(snprintf(to + len, size - len, "%s ", word), (int)(size - len));
}

static void hear(void *ctx, const struct driver_event *e)
{
	struct end *end = ctx;
	struct view_tunnel t;
	struct view_session s;

	append(end->heard, sizeof(end->heard), names[e->type]);
	if (e->reason)
		end->reason = *e->reason;
	if (e->host)
		snprintf(end->host, sizeof(end->host), "%s", e->host);
	if (e->session_id) {
		ck_assert_int_eq(view_session(end->driver, e->tunnel_id, e->session_id, &s), 0);
		ck_assert_str_eq(s.profile, e->profile);
		append(end->states, sizeof(end->states), s.info.state);
		end->session_id = e->session_id;
	} else if (e->tunnel_id) {
		ck_assert_int_eq(view_tunnel(end->driver, e->tunnel_id, &t), 0);
		ck_assert_str_eq(t.profile, e->profile);
		append(end->states, sizeof(end->states), t.info.state);
		end->tunnel_id = e->tunnel_id;
	}
}

static void write_config(const char *name, const char *text, char path[128])
{
	FILE *f;

	snprintf(path, 128, "%s/%s.conf", directory, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fchmod(fileno(f), 0600), 0);
	fprintf(f, "runtime-directory = \"%s/%s\"\nstop-timeout = 2s\n%s", directory, name, text);
	fclose(f);
}

static void start(struct end *end, const char *name, const char *text)
{
	struct config *config;
	char path[128];

	write_config(name, text, path);
	*end = (struct end){ .watcher = { hear, end, NULL } };
	ck_assert_int_eq(config_load(path, stderr, &config), 0);
	ck_assert_int_eq(driver_new(event, config, DATAPLANE_NONE, &end->driver), 0);
	driver_watch(end->driver, &end->watcher);
	ck_assert_int_eq(driver_start(end->driver), 0);
}

static void end_free(struct end *end)
{
	driver_unwatch(end->driver, &end->watcher);
	driver_free(end->driver);
}

static size_t count(const char *heard, const char *word)
{
	size_t n = 0;

	for (; (heard = strstr(heard, word)); heard++)
		n++;
	return n;
}

static void run_until(struct end *end, const char *word, size_t times)
{
	usec_t give_up = view_now() + PATIENCE;

	while (count(end->heard, word) < times) {
		ck_assert_msg(view_now() < give_up, "heard only: %s", end->heard);
		ck_assert_int_ge(sd_event_run(event, 100 * USEC_PER_MSEC), 0);
	}
}

static uint16_t free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	close(fd);
	return ntohs(a.sin_port);
}

static void setup(void)
{
	log_open(LOG_ERR);
	strcpy(directory, "/tmp/test_driver.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_ge(sd_event_new(&event), 0);
}

static void teardown(void)
{
	char path[64];

	event = sd_event_unref(event);
	for (const char *const *name = (const char *const[]){ "lns", "lac", NULL }; *name; name++) {
		snprintf(path, sizeof(path), "%s/%s", directory, *name);
		rmdir(path);
		snprintf(path, sizeof(path), "%s/%s.conf", directory, *name);
		unlink(path);
	}
	ck_assert_int_eq(rmdir(directory), 0);
}

static void start_lns(struct end *end, uint16_t port, const char *more)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "listen = \"127.0.0.1:%u\"\nlns \"isp\" { peer = \"127.0.0.0/8\" host-name = \"lns.test\" "
		 "retransmit-initial = 100ms retransmit-max = 2 %s }\n",
		 port, more);
	start(end, "lns", text);
}

static void start_lac(struct end *end, uint16_t port, const char *more)
{
	char text[512];

	snprintf(text, sizeof(text), "listen = {}\nlac \"uplink\" { server = \"127.0.0.1\" port = %u dial = yes "
		 "host-name = \"lac.test\" retransmit-initial = 100ms retransmit-max = 2 %s }\n", port, more);
	start(end, "lac", text);
}

/* ---- Tests --------------------------------------------------------------------------------------------------- */

START_TEST(life) /* from the first word to the last, at both ends */
{
	uint16_t port = free_port();
	struct end lns, lac;

	start_lns(&lns, port, "");
	start_lac(&lac, port, "");
	run_until(&lac, "SESSION_ESTABLISHED", 1);
	run_until(&lns, "SESSION_ESTABLISHED", 1);
	driver_stop(lac.driver);
	run_until(&lac, "TUNNEL_REMOVING", 1);
	run_until(&lns, "TUNNEL_REMOVING", 1);
	ck_assert_str_eq(lac.heard, "TUNNEL_OPENED TUNNEL_ESTABLISHED SESSION_OPENED SESSION_ESTABLISHED STOPPING "
				    "SESSION_CLOSING TUNNEL_CLOSING SESSION_GONE TUNNEL_REMOVING ");
	ck_assert_str_eq(lac.states,
			 "wait-ctl-reply established wait-dataplane established dead closing dead closing ");
	ck_assert_int_eq(lac.reason.origin, L2TP_BY_REQUEST);
	ck_assert_str_eq(lns.heard, "TUNNEL_OPENED TUNNEL_ESTABLISHED SESSION_OPENED SESSION_ESTABLISHED "
				    "SESSION_CLOSING TUNNEL_CLOSING SESSION_GONE TUNNEL_REMOVING ");
	ck_assert_int_eq(lns.reason.origin, L2TP_BY_PEER);
	ck_assert_uint_eq(lns.reason.result, RC_STOPCCN_SHUTDOWN);
	end_free(&lac);
	end_free(&lns);
}
END_TEST

START_TEST(tunnel_gone) /* nobody answers: heard to the end */
{
	struct end lac;

	start_lac(&lac, free_port(), "");
	run_until(&lac, "TUNNEL_GONE", 1);
	ck_assert_str_eq(lac.heard,
			 "TUNNEL_OPENED SESSION_OPENED SESSION_CLOSING SESSION_GONE TUNNEL_CLOSING TUNNEL_GONE ");
	ck_assert_int_eq(lac.reason.origin, L2TP_BY_TIMEOUT);
	end_free(&lac);
}
END_TEST

START_TEST(refused) /* 0: by no profile; 1: by the engine */
{
	uint16_t port = free_port();
	struct end lns, lac;

	start_lns(&lns, port, _i ? "" : "peer-host-name = \"somebody\"");
	start_lac(&lac, port, _i ? "secret = \"two\" challenge = yes" : "");
	run_until(&lac, "TUNNEL_CLOSING", 1);
	ck_assert_uint_eq(lac.reason.result, RC_STOPCCN_UNAUTHORIZED);
	ck_assert_str_eq(lns.heard, "TUNNEL_REFUSED ");
	ck_assert_uint_eq(lns.reason.result, RC_STOPCCN_UNAUTHORIZED);
	ck_assert_str_eq(lns.host, "lac.test");
	end_free(&lac);
	end_free(&lns);
}
END_TEST

START_TEST(views)
{
	uint16_t port = free_port();
	struct end lns, lac;
	struct view_tunnel t;
	struct view_session s;
	struct view_daemon d;
	struct view_profile *profiles;
	struct l2tp_cursor c = { 0 };
	size_t n;

	start_lns(&lns, port, "");
	start_lac(&lac, port, "calls = 3 called-number = \"0123\"");
	run_until(&lac, "SESSION_ESTABLISHED", 3);
	ck_assert_int_eq(view_tunnel(lac.driver, lac.tunnel_id, &t), 0);
	ck_assert_str_eq(t.profile, "uplink");
	ck_assert(t.socket && t.info.rtt > 0 && !memcmp(t.info.peer_host_name.data, "lns.test", 8));
	ck_assert_int_eq(view_tunnel(lac.driver, 0, &t), -ENOENT);
	ck_assert_int_eq(view_session(lac.driver, lac.tunnel_id, 0, &s), -ENOENT);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(view_next_session(lac.driver, &c, &s), 0);
		ck_assert_str_eq(s.profile, "uplink");
		ck_assert_uint_eq(s.tunnel.tunnel_id, lac.tunnel_id);
		ck_assert_uint_eq(s.info.call->called_number.len, 4);
		ck_assert_int_eq(s.ppp, VIEW_PPP_NONE);
	}
	ck_assert_int_eq(view_next_session(lac.driver, &c, &s), -ENOENT);
	c = (struct l2tp_cursor){ 0 };
	ck_assert_int_eq(view_next_tunnel(lac.driver, &c, &t), 0);
	ck_assert_int_eq(view_next_tunnel(lac.driver, &c, &t), -ENOENT);
	view_daemon(lac.driver, &d);
	ck_assert_str_eq(d.state, "running");
	ck_assert_str_eq(d.dataplane, "none");
	ck_assert(strstr(d.config_path, "lac.conf") && d.started && d.started <= view_now());
	ck_assert_uint_eq(d.stats.sessions_established, 3);
	ck_assert_int_eq(view_profiles(lac.driver, &profiles, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(profiles[0].profile->name, "uplink");
	ck_assert_uint_eq(profiles[0].tunnels, 1);
	ck_assert_uint_eq(profiles[0].sessions, 3);
	free(profiles);
	end_free(&lac);
	end_free(&lns);
}
END_TEST

static void on_counters(void *ctx, int err, const struct dataplane_stats *stats)
{
	ck_assert_int_eq(err, 0);
	ck_assert_uint_eq(stats->rx_packets, 0);
	++*(int *)ctx;
}

START_TEST(forgotten_counters) /* answered once and later; whoever has forgotten all his questions, never */
{
	int wanted = 0, forgotten = 0;
	struct end lac;

	start_lac(&lac, free_port(), "");
	run_until(&lac, "TUNNEL_OPENED", 1);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(driver_count(lac.driver, lac.tunnel_id, 0, on_counters, &wanted), 0);
		ck_assert_int_eq(driver_count(lac.driver, lac.tunnel_id, 0, on_counters, &forgotten), 0);
	}
	ck_assert_int_eq(wanted, 0);
	driver_forget_count(lac.driver, &forgotten);
	run_until(&lac, "TUNNEL_GONE", 1);
	ck_assert_int_eq(wanted, 2);
	ck_assert_int_eq(forgotten, 0);
	end_free(&lac);
}
END_TEST

START_TEST(wall_clock)
{
	struct end lac;
	usec_t now, then;

	start_lac(&lac, free_port(), "");
	now = view_now();
	then = view_realtime(lac.driver, now);
	ck_assert_uint_eq(view_realtime(lac.driver, 0), 0);
	ck_assert_uint_gt(then, 1600000000 * USEC_PER_SEC);
	usleep(2000);
	ck_assert_uint_eq(view_realtime(lac.driver, now), then);
	ck_assert_uint_eq(view_realtime(lac.driver, now + 5), then + 5);
	end_free(&lac);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("driver");
	TCase *tc = tcase_create("driver");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, life);
	tcase_add_test(tc, tunnel_gone);
	tcase_add_loop_test(tc, refused, 0, 2);
	tcase_add_test(tc, views);
	tcase_add_test(tc, forgotten_counters);
	tcase_add_test(tc, wall_clock);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
