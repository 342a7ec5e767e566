/* SPDX-License-Identifier: MIT */
/*
 * driver: two of them in one event loop, an LNS and a LAC that dials it over loopback, without a kernel's data path:
 * what watchers hear, what a view shows at each moment, and what becomes of it all when the configuration changes.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "kernel/dataplane.h"
#include "base/log.h"
#include "oom.h"
#include "core/trace_record.h"
#include "core/view.h"
#include "core/world.h"

#define SOON "redial-min = 300ms redial-max = 300ms "
#define PATIENCE (20 * USEC_PER_SEC)

static char directory[32];
static sd_event *event;
static bool unreachable; /* the network, as sendmsg() says */

ssize_t __real_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);

ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
	const struct sockaddr *to = m->msg_name;

	if (!unreachable || !to || to->sa_family != AF_INET)
		return __real_sendmsg(fd, m, flags);
	errno = ENETUNREACH;
	return -1;
}

/* One driver, and what is heard of it: "TUNNEL_OPENED TUNNEL_ESTABLISHED ". */
struct end {
	struct driver *driver;
	struct driver_watcher watcher;
	char heard[8192];
	uint32_t tunnel_id, session_id; /* the last ones */
	struct l2tp_reason reason;
	char states[8192];              /* what the view says at each event */
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
	[DRIVER_HANG_UP] = "HANG_UP",
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

static void run_for(usec_t time)
{
	usec_t end = view_now() + time;

	while (view_now() < end)
		ck_assert_int_ge(sd_event_run(event, 50 * USEC_PER_MSEC), 0);
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

static const char *lns_text(uint16_t port, const char *more)
{
	static char text[512];

	snprintf(text, sizeof(text), "listen = \"127.0.0.1:%u\"\nlns \"isp\" { peer = \"127.0.0.0/8\" "
		 "host-name = \"lns.test\" "
		 "retransmit-initial = 100ms retransmit-max = 2 %s }\n", port, more);
	return text;
}

static const char *lac_text(uint16_t port, const char *more)
{
	static char text[512];

	snprintf(text, sizeof(text), "listen = {}\nlac \"uplink\" { server = \"127.0.0.1\" port = %u dial = yes "
		 "host-name = \"lac.test\" retransmit-initial = 100ms retransmit-max = 2 %s }\n", port, more);
	return text;
}

static void start_lns(struct end *end, uint16_t port, const char *more)
{
	start(end, "lns", lns_text(port, more));
}

static void start_lac(struct end *end, uint16_t port, const char *more)
{
	start(end, "lac", lac_text(port, more));
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
			 "wait-ctl-reply established wait-dataplane established closing closing closing closing ");
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

	start_lac(&lac, free_port(), "redial-min = 10s "); /* no other attempt beside it */
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

/* The next SCCRQ in a trace, why it was not sent. */
static struct trace_record next_sccrq(int fd)
{
	static uint8_t packet[65536];
	struct l2tp_message m;
	struct trace_record r;
	ssize_t n;

	do {
		n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT);
		ck_assert_int_ge(n, (ssize_t)sizeof(r));
		memcpy(&r, packet, sizeof(r));
		ck_assert_int_eq(l2tp_message_read((struct l2tp_span){ packet + r.size, (size_t)n - r.size }, &m), 0);
	} while (strcmp(l2tp_message_name(m.type), "SCCRQ") != 0);
	return r;
}

/* What the log says meanwhile; "file" takes what stderr gets. */
static void read_log(FILE *file, char *text, size_t size)
{
	log_flush();
	ck_assert(log_drain());
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
}

START_TEST(not_sent) /* neither the trace nor the log takes it for sent */
{
	FILE *file = tmpfile();
	uint16_t port = free_port();
	struct trace_record r;
	struct end lns, lac;
	char text[65536], expect[128], *failed;
	int fd, terminal = dup(STDERR_FILENO);

	ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
	log_set_level(LOG_DEBUG);
	start_lns(&lns, port, "");
	start_lac(&lac, port, "");
	ck_assert_int_eq(driver_trace(lac.driver, 0, false, &fd), 0);
	unreachable = true;
	run_until(&lac, "TUNNEL_OPENED", 1);
	unreachable = false;
	run_until(&lac, "SESSION_ESTABLISHED", 1);
	r = next_sccrq(fd);
	ck_assert(r.flags & TRACE_SENT);
	ck_assert_str_eq(r.dropped, "Network is unreachable");
	r = next_sccrq(fd);
	ck_assert(r.flags & TRACE_SENT);
	ck_assert_str_eq(r.dropped, "");
	read_log(file, text, sizeof(text));
	ck_assert_int_ge(dup2(terminal, STDERR_FILENO), 0);
	failed = strstr(text, "could not send SCCRQ Ns 0 Nr 0, ");
	ck_assert_ptr_nonnull(failed);
	ck_assert_ptr_nonnull(strstr(failed, " octets: Network is unreachable"));
	ck_assert(strstr(text, " sent SCCRQ Ns 0 Nr 0, ") > failed);
	snprintf(expect, sizeof(expect), "tunnel %u/%u peer=127.0.0.1:%u: received ICRP Ns ", lac.tunnel_id, lns.tunnel_id,
		 port);
	ck_assert_msg(strstr(text, expect) != NULL, "no \"%s\" in:\n%s", expect, text);
	close(fd);
	close(terminal);
	fclose(file);
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

static void on_ppp_up(void *ctx, const struct ppp_status *status)
{
	(void)ctx, (void)status;
}

static void on_ppp_exited(void *ctx, const struct ppp_exit *how)
{
	(void)ctx, (void)how;
}

START_TEST(ppp_stopping) /* pppd that is being ended is not one that starts */
{
	static const struct ppp_handler handler = { .up = on_ppp_up, .exited = on_ppp_exited };
	uint16_t port = free_port();
	struct ppp_manager *m;
	struct world_call *c;
	struct view_session s;
	struct end lns, lac;
	char runtime[64];

	start_lns(&lns, port, "");
	start_lac(&lac, port, "");
	run_until(&lac, "SESSION_ESTABLISHED", 1);
	snprintf(runtime, sizeof(runtime), "%s/lac", directory);
	ck_assert_int_eq(ppp_manager_new(event, &(struct ppp_options){ "/bin/false", "", runtime, 1 }, &m), 0);
	c = call_get(lac.driver, lac.tunnel_id, lac.session_id);
	ck_assert_int_eq(ppp_start(m, &(struct ppp_spec){ .fd = fileno(stderr) + 1, .profile = "uplink", .mtu = 1400,
							  .mru = 1400, .setup_timeout = USEC_PER_SEC },
				   &handler, NULL, &c->ppp), 0);
	ck_assert_int_eq(view_session(lac.driver, lac.tunnel_id, lac.session_id, &s), 0);
	ck_assert(s.ppp == VIEW_PPP_STARTING || s.ppp == VIEW_PPP_WAITING);
	c->ending = true;
	ck_assert_int_eq(view_session(lac.driver, lac.tunnel_id, lac.session_id, &s), 0);
	ck_assert_int_eq(s.ppp, VIEW_PPP_STOPPING);
	c->ppp = NULL;
	ppp_manager_free(m);
	strcat(runtime, "/ppp");
	ck_assert_int_eq(rmdir(runtime), 0);
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

START_TEST(same_directory) /* one daemon for each, whatever its data path */
{
	struct config *config;
	struct driver *second = NULL;
	struct end lac;
	char path[128];

	start_lac(&lac, free_port(), "");
	snprintf(path, sizeof(path), "%s/lac.conf", directory);
	ck_assert_int_eq(config_load(path, stderr, &config), 0);
	ck_assert_int_eq(driver_new(event, config, DATAPLANE_NONE, &second), -EWOULDBLOCK);
	ck_assert_ptr_null(second);
	end_free(&lac);
	ck_assert_int_eq(config_load(path, stderr, &config), 0);
	ck_assert_int_eq(driver_new(event, config, DATAPLANE_NONE, &second), 0);
	driver_free(second);
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

/* ---- Reload -------------------------------------------------------------------------------------------------- */

/* "name name " */
static const char *joined(char **names_of)
{
	static char text[256];

	text[0] = '\0';
	for (; names_of && *names_of; names_of++)
		append(text, sizeof(text), *names_of);
	return text;
}

static void reload(struct end *end, const char *name, const char *text)
{
	struct driver_changes changes;
	char path[128];

	write_config(name, text, path);
	ck_assert_int_eq(driver_reload(end->driver, stderr, &changes), 0);
	driver_changes_clear(&changes);
}

static const char many[] = "listen = \"127.0.0.1:%u\"\nlns a { secret = x }\nlns b { peer = 192.0.2.1 }\n"
			   "lac c { server = s dial = no }\nlns e { peer = 192.0.2.2 }\n"
			   "pool p { range = 10.0.0.1-10.0.0.9 }\npool q { range = 10.1.0.1-10.1.0.9 }\n"
			   "pool s { range = 10.3.0.1-10.3.0.9 }\nlimits { half-open = 10 }\n";
static const char other[] = "listen = \"127.0.0.1:%u\"\nlns d { peer = 192.0.2.4 }\nlns a { secret = y }\n"
			    "lac c { server = s dial = no calls = 2 }\nlac b { server = s dial = no }\n"
			    "runtime-directory = /tmp/elsewhere\nlns e { peer = 192.0.2.2 }\n"
			    "pool r { range = 10.2.0.1-10.2.0.9 }\npool p { range = 10.0.0.1-10.0.0.8 }\n"
			    "pool s { range = 10.3.0.1-10.3.0.9 }\nlog-level = error\nlimits { half-open = 11 }\n";

START_TEST(changes) /* what has changed is told, and once */
{
	struct driver_changes c;
	struct end lns;
	char text[1024], path[128];
	uint64_t cookie;
	const char *kept;

	snprintf(text, sizeof(text), many, free_port());
	start(&lns, "lns", text);
	cookie = driver_config(lns.driver)->profiles[3].params.cookie;
	kept = driver_config(lns.driver)->api_group;
	snprintf(text, sizeof(text), other, free_port());
	snprintf(path, sizeof(path), "%s/lns.conf", directory);
	FILE *f = fopen(path, "w"); /* write_config() has a runtime-directory of its own */
	fputs(text, f);
	fclose(f);
	chmod(path, 0600);
	for (int again = 0; again < 2; again++) {
		ck_assert_int_eq(driver_reload(lns.driver, stderr, &c), 0);
		ck_assert_str_eq(joined(c.added), again ? "" : "d b ");
		ck_assert_str_eq(joined(c.changed), again ? "" : "a c ");
		ck_assert_str_eq(joined(c.removed), again ? "" : "b ");
		ck_assert_str_eq(joined(c.pools_added), again ? "" : "r ");
		ck_assert_str_eq(joined(c.pools_changed), again ? "" : "p ");
		ck_assert_str_eq(joined(c.pools_removed), again ? "" : "q ");
		ck_assert_str_eq(joined(c.options), again ? "" : "listen stop-timeout log-level limits.half-open ");
		ck_assert_str_eq(joined(c.need_restart), "runtime-directory ");
		driver_changes_clear(&c);
	}
	ck_assert_str_eq(lns.heard, "RELOADED RELOADED ");
	ck_assert_ptr_nonnull(strstr(driver_config(lns.driver)->runtime_directory, directory));
	ck_assert_ptr_eq(driver_config(lns.driver)->api_group, kept); /* the same, and the same place */
	ck_assert_uint_eq(driver_config(lns.driver)->profiles[4].params.cookie, cookie);
	for (size_t i = 0; i < 4; i++)
		ck_assert_uint_ne(driver_config(lns.driver)->profiles[i].params.cookie, cookie);
	struct view_daemon d;
	view_daemon(lns.driver, &d);
	ck_assert(d.reloaded >= d.started && d.reloaded <= view_now());
	end_free(&lns);
}
END_TEST

/* 0: a mistake, 1: an address that is not ours, 2: no file, 3: being stopped */
START_TEST(not_reloaded)
{
	static const struct {
		const char *more, *told;
		int err;
	} cases[] = {
		{ "wrong = 1", "lns.conf:4: unknown key wrong", -EINVAL },
		{ "", "lns.conf:4: cannot listen on 198.51.100.77", -EADDRNOTAVAIL },
		{ NULL, "cannot be read", -ENOENT },
		{ "hello-interval = 5s", "", -ESHUTDOWN },
	};
	uint16_t port = free_port();
	struct driver_changes c = { 0 };
	struct end lns;
	char path[128], *told, *before, *after;
	size_t size;

	start_lns(&lns, port, "");
	if (cases[_i].more)
		write_config("lns", _i == 1 ? "lns isp { peer = 192.0.2.9 }\nlisten = 198.51.100.77\napi-group = x" :
			     lns_text(port, cases[_i].more), path);
	else
		ck_assert_int_eq(snprintf(path, sizeof(path), "%s/lns.conf", directory) > 0 ? unlink(path) : -1, 0);
	if (cases[_i].err == -ESHUTDOWN)
		driver_stop(lns.driver);
	FILE *f = open_memstream(&before, &size);
	config_print(driver_config(lns.driver), f);
	fclose(f);
	f = open_memstream(&told, &size);
	ck_assert_int_eq(driver_reload(lns.driver, f, &c), cases[_i].err);
	fclose(f);
	ck_assert_msg(strstr(told, cases[_i].told) != NULL, "%s", told);
	f = open_memstream(&after, &size);
	config_print(driver_config(lns.driver), f);
	fclose(f);
	ck_assert_str_eq(before, after);
	ck_assert_ptr_null(strstr(lns.heard, "RELOADED"));
	free(told);
	free(before);
	free(after);
	end_free(&lns);
}
END_TEST

/* every allocation fails once: then nothing has changed, or all has */
START_TEST(reload_out_of_memory)
{
	struct driver_changes c = { 0 };
	struct end lns;
	char path[128];
	int n = 0, err;
	bool reached;

	start(&lns, "lns", "listen = {}\npool p { range = 10.0.0.0/24 }\nlns a { ppp { pool = p } }\n"
	      "lns b { peer = 192.0.2.1 }\n");
	write_config("lns", "listen = {}\npool p { range = 10.0.0.0/25 }\nlns a { strict = yes ppp { pool = p } }\n"
		     "lns c { peer = 192.0.2.1 }\n", path);
	log_set_level(LOG_EMERG);
	driver_unwatch(lns.driver, &lns.watcher); /* it checks, and that allocates */
	do {
		oom_at = ++n;
		err = driver_reload(lns.driver, NULL, &c);
		reached = oom_at == 0;
		oom_at = 0;
		ck_assert(reached || err == 0);
		const struct config *now = driver_config(lns.driver);
		ck_assert_int_eq(now->profiles[0].params.strict, err == 0);
		ck_assert_str_eq(now->profiles[1].name, err == 0 ? "c" : "b");
		if (err == 0)
			driver_changes_clear(&c);
	} while (err < 0);
	ck_assert_int_gt(n, 20);
	end_free(&lns);
}
END_TEST

static void close_tunnel(struct end *end)
{
	ck_assert_int_eq(l2tp_close_tunnel(end->driver->engine, end->tunnel_id, NULL, view_now()), 0);
	world_pump(end->driver);
}

START_TEST(drained_profile) /* a view shows it as long as it has tunnels */
{
	uint16_t port = free_port();
	struct view_profile *profiles;
	struct end lns, lac;
	size_t n;

	start_lns(&lns, port, "");
	start_lac(&lac, port, "redial-min = 1h redial-max = 1h");
	run_until(&lns, "SESSION_ESTABLISHED", 1);
	reload(&lns, "lns", "listen = {}");
	for (int shown = 1; shown >= 0; shown--) {
		ck_assert_int_eq(view_profiles(lns.driver, &profiles, &n), 0);
		ck_assert_uint_eq(n, (size_t)shown);
		if (shown) {
			ck_assert_str_eq(profiles[0].profile->name, "isp");
			ck_assert_str_eq(profiles[0].state, "draining");
			ck_assert(profiles[0].tunnels == 1 && profiles[0].sessions == 1);
			close_tunnel(&lac);
			run_until(&lns, "SESSION_GONE", 1);
			l2tp_tick(lns.driver->engine, view_now() + 60 * USEC_PER_SEC); /* it lingers */
			world_pump(lns.driver);
		}
		free(profiles);
	}
	end_free(&lac);
	end_free(&lns);
}
END_TEST

static void reload_lns(struct end *end, const char *text)
{
	struct driver_changes c = { 0 };
	char path[128];

	write_config("lns", text, path);
	ck_assert_int_eq(driver_reload(end->driver, stderr, &c), 0);
	driver_changes_clear(&c);
}

static void has(const struct end *end, uint32_t tunnels, uint32_t sessions)
{
	const struct config_profile *p = driver_config(end->driver)->profiles;

	ck_assert_uint_eq(p->use->tunnels, tunnels);
	ck_assert_uint_eq(p->use->sessions, sessions);
}

START_TEST(bounded) /* calls that are admitted together do not know of each other; what a profile has outlives a reload */
{
	uint16_t port = free_port();
	struct end lns, lac;
	char renamed[512];

	start_lns(&lns, port, "max-sessions = 2");
	start_lac(&lac, port, "calls = 6 redial-min = 1min redial-max = 1min");
	run_until(&lac, "SESSION_GONE", 4);
	run_until(&lac, "SESSION_ESTABLISHED", 2);
	run_until(&lns, "SESSION_ESTABLISHED", 2);
	ck_assert(lac.reason.result == RC_CDN_GENERAL && lac.reason.error == EC_RESOURCES);
	ck_assert_str_eq(lac.reason.text, "too many sessions of this profile");
	has(&lns, 1, 2);
	reload_lns(&lns, lns_text(port, "max-sessions = 3"));
	has(&lns, 1, 2);
	snprintf(renamed, sizeof(renamed), "listen = \"127.0.0.1:%u\"\nlns \"new\" { max-tunnels = 1 }\n", port);
	reload_lns(&lns, renamed);
	has(&lns, 1, 0); /* its calls keep what they began with */
	reload_lns(&lns, lns_text(port, ""));
	has(&lns, 1, 2); /* and finds them again */
	driver_stop(lac.driver);
	run_until(&lns, "TUNNEL_REMOVING", 1);
	has(&lns, 0, 0);
	end_free(&lac);
	end_free(&lns);
}
END_TEST

START_TEST(drain)
{
	uint16_t port = free_port();
	struct end lns, lac;
	struct view_daemon d;
	char more[256];

	start_lns(&lns, port, "");
	start_lac(&lac, port, SOON);
	run_until(&lac, "SESSION_ESTABLISHED", 1);
	driver_drain(lns.driver, true, USEC_NEVER);
	driver_drain(lns.driver, true, USEC_NEVER);
	ck_assert(driver_draining(lns.driver));
	ck_assert_int_eq(driver_call(lns.driver, lns.tunnel_id, &(struct l2tp_call_info){ .outgoing = true },
				     &(uint32_t){ 0 }), -EBUSY);
	ck_assert_int_eq(driver_open(lns.driver, "isp", 0, false, NULL, NULL), -EBUSY);
	/* one more call */
	reload(&lac, "lac", lac_text(port, SOON "calls = 2"));
	run_until(&lac, "SESSION_CLOSING", 2);
	ck_assert(lac.reason.result == RC_CDN_GENERAL && lac.reason.error == EC_TRY_ANOTHER);
	/* one more tunnel */
	snprintf(more, sizeof(more), SOON "} lac more { server = 127.0.0.1 port = %u " SOON, port);
	reload(&lac, "lac", lac_text(port, more));
	run_until(&lac, "TUNNEL_CLOSING", 1);
	ck_assert(lac.reason.result == RC_STOPCCN_GENERAL && lac.reason.error == EC_TRY_ANOTHER);
	ck_assert_uint_ge(count(lns.heard, "TUNNEL_REFUSED"), 1);
	/* what was there stays */
	view_daemon(lns.driver, &d);
	ck_assert_str_eq(d.state, "draining");
	ck_assert_uint_eq(d.stats.sessions_established, 1);
	driver_drain(lns.driver, false, USEC_NEVER);
	run_until(&lns, "SESSION_ESTABLISHED", 2);
	ck_assert_uint_eq(count(lns.heard, "DRAIN"), 2);
	end_free(&lac);
	end_free(&lns);
}
END_TEST

static void on_opening_end(void *ctx, int err, const char *text, uint32_t tunnel_id)
{
	(void)text, (void)tunnel_id;
	*(int *)ctx = err;
}

static const char *state_of(struct end *end)
{
	struct view_profile *profiles;
	const char *state;
	size_t n;

	ck_assert_int_eq(view_profiles(end->driver, &profiles, &n), 0);
	state = profiles[0].state;
	free(profiles);
	return state;
}

START_TEST(hang_up) /* down, and kept down by whatever would dial, until it is resumed */
{
	uint16_t port = free_port();
	struct end lns, lac;
	int opening = 0;

	start_lns(&lns, port, "");
	start_lac(&lac, port, SOON);
	run_until(&lac, "SESSION_ESTABLISHED", 1);
	ck_assert_int_eq(driver_open(lac.driver, "uplink", 0, false, on_opening_end, &opening), -EALREADY);
	ck_assert_int_eq(driver_open(lac.driver, "uplink", 0, true, on_opening_end, &opening), 0);
	ck_assert_int_eq(driver_hang_up(lac.driver, "uplink"), 0);
	ck_assert_int_eq(opening, -ECANCELED);
	ck_assert_str_eq(lac.reason.text, "hung up");
	ck_assert_str_eq(state_of(&lac), "hung-up");
	ck_assert_int_eq(driver_hang_up(lac.driver, "uplink"), 0);
	driver_drain(lac.driver, true, USEC_NEVER);
	driver_drain(lac.driver, false, USEC_NEVER);
	reload(&lac, "lac", lac_text(port, SOON "calls = 2"));
	run_for(700 * USEC_PER_MSEC);
	ck_assert_uint_eq(count(lac.heard, "TUNNEL_OPENED"), 1);
	ck_assert_uint_eq(count(lac.heard, "HANG_UP"), 1);
	ck_assert_str_eq(state_of(&lac), "hung-up");
	ck_assert_int_eq(driver_resume(lac.driver, "uplink"), 0);
	run_until(&lac, "SESSION_ESTABLISHED", 3);
	ck_assert_uint_eq(count(lac.heard, "HANG_UP"), 2);
	ck_assert_str_eq(state_of(&lac), "active");
	/* as ever */
	close_tunnel(&lac);
	run_until(&lac, "SESSION_ESTABLISHED", 5);
	ck_assert_int_eq(driver_hang_up(lns.driver, "isp"), -EINVAL);
	ck_assert_int_eq(driver_resume(lns.driver, "isp"), -EINVAL);
	ck_assert_int_eq(driver_hang_up(lac.driver, "isp"), -ENOENT);
	end_free(&lac);
	end_free(&lns);
}
END_TEST

START_TEST(resume_hurries) /* who waits for its next attempt waits no longer; what is dialled by hand is not resumed */
{
	uint16_t port = free_port();
	struct end lac;
	int opening = 0;

	start_lac(&lac, port, "redial-min = 1h redial-max = 1h");
	run_until(&lac, "TUNNEL_GONE", 1);
	ck_assert_int_eq(driver_open(lac.driver, "uplink", 0, false, on_opening_end, &opening), -EALREADY);
	ck_assert_int_eq(driver_resume(lac.driver, "uplink"), 0);
	run_until(&lac, "TUNNEL_OPENED", 2);
	ck_assert_uint_eq(count(lac.heard, "HANG_UP"), 0);
	reload(&lac, "lac", "lac uplink { server = 127.0.0.1 dial = no }\nlisten = {}\n");
	ck_assert_int_eq(driver_resume(lac.driver, "uplink"), -EOPNOTSUPP);
	end_free(&lac);
}
END_TEST

START_TEST(drain_timeout) /* what is left then is closed; a later word counts, and the end of the drain */
{
	uint16_t port = free_port();
	struct end lns, lac;
	struct view_daemon d;

	start_lns(&lns, port, "");
	start_lac(&lac, port, SOON);
	run_until(&lac, "SESSION_ESTABLISHED", 1);
	driver_drain(lns.driver, true, 100 * USEC_PER_MSEC);
	driver_drain(lns.driver, false, USEC_NEVER);
	driver_drain(lns.driver, true, 100 * USEC_PER_MSEC);
	driver_drain(lns.driver, true, 500 * USEC_PER_MSEC);
	view_daemon(lns.driver, &d);
	ck_assert(d.drain_until > view_now() + 400 * USEC_PER_MSEC && d.drain_until != USEC_NEVER);
	run_for(300 * USEC_PER_MSEC);
	ck_assert_uint_eq(count(lac.heard, "CLOSING"), 0);
	run_until(&lac, "TUNNEL_CLOSING", 1);
	ck_assert_uint_eq(lac.reason.result, RC_STOPCCN_SHUTDOWN);
	ck_assert_str_eq(lac.reason.text, "drained");
	view_daemon(lns.driver, &d);
	ck_assert_uint_eq(d.drain_until, USEC_NEVER);
	ck_assert_str_eq(d.state, "draining");
	end_free(&lac);
	end_free(&lns);
}
END_TEST

/* The LNS is gone and has come back, without the tunnel, of which the LAC knows nothing: its next call does not wait for
 * that tunnel's end, which would take minutes here. */
START_TEST(silent_tunnel)
{
	uint16_t port = free_port();
	struct end lns, again, lac;
	char text[512];
	uint32_t tunnel_id;
	usec_t began;

	snprintf(text, sizeof(text), "listen = {}\nlac \"uplink\" { server = \"127.0.0.1\" port = %u redial-min = 100ms "
		 "redial-max = 200ms retransmit-initial = 1s retransmit-max = 10 }\n", port);
	start_lns(&lns, port, "");
	start(&lac, "lac", text);
	run_until(&lac, "SESSION_ESTABLISHED", 1);
	tunnel_id = lac.tunnel_id;
	end_free(&lns);
	start_lns(&again, port, "");
	began = view_now();
	ck_assert_int_eq(driver_close(lac.driver, tunnel_id, lac.session_id, NULL), 0);
	run_until(&lac, "SESSION_ESTABLISHED", 2);
	ck_assert_uint_lt(view_now() - began, 5 * USEC_PER_SEC);
	ck_assert_uint_eq(count(lac.heard, "TUNNEL_ESTABLISHED"), 2);
	run_until(&lac, "TUNNEL_CLOSING", 1); /* the silent one is left now */
	ck_assert_uint_eq(lac.tunnel_id, tunnel_id);
	ck_assert_str_eq(lac.reason.text, "peer silent; replaced by a new tunnel");
	end_free(&lac);
	end_free(&again);
}
END_TEST

/* One that lives is not left, whoever has ended its call. */
START_TEST(living_tunnel)
{
	uint16_t port = free_port();
	struct end lns, lac, *ends[] = { &lac, &lns };

	start_lns(&lns, port, "");
	start_lac(&lac, port, SOON);
	run_until(&lac, "SESSION_ESTABLISHED", 1);
	run_until(&lns, "SESSION_ESTABLISHED", 1);
	ck_assert_int_eq(driver_close(ends[_i]->driver, ends[_i]->tunnel_id, ends[_i]->session_id, NULL), 0);
	run_until(&lac, "SESSION_ESTABLISHED", 2);
	run_for(2500 * USEC_PER_MSEC);
	ck_assert_uint_eq(count(lac.heard, "TUNNEL_OPENED"), 1);
	ck_assert_uint_eq(count(lac.heard, "SESSION_OPENED"), 2);
	end_free(&lac);
	end_free(&lns);
}
END_TEST

/* Two servers, the first of which is not there, as ICMP says: the second is not kept waiting by the first's retransmissions,
 * which would take minutes here. */
static const char *two_servers(uint16_t first, uint16_t second)
{
	static char text[512];

	snprintf(text, sizeof(text), "listen = {}\nlac \"uplink\" { server = { \"127.0.0.1:%u\", \"127.0.0.1:%u\" } "
		 "retransmit-initial = 500ms retransmit-max = 10 %s}\n", first, second, SOON);
	return text;
}

START_TEST(unreachable_server)
{
	uint16_t port = free_port();
	struct end lns, lac;
	usec_t began;

	start_lns(&lns, port, "");
	began = view_now();
	start(&lac, "lac", two_servers(free_port(), port));
	run_until(&lac, "SESSION_ESTABLISHED", 1);
	ck_assert_uint_lt(view_now() - began, USEC_PER_SEC);
	ck_assert_uint_eq(count(lac.heard, "TUNNEL_OPENED"), 2);
	run_until(&lac, "TUNNEL_CLOSING", 1);
	ck_assert_str_eq(lac.reason.text, "given up for another tunnel");
	run_for(USEC_PER_SEC);
	ck_assert_uint_eq(count(lac.heard, "TUNNEL_OPENED"), 2); /* and that is all */
	ck_assert_uint_eq(count(lac.heard, "SESSION_ESTABLISHED"), 1);
	end_free(&lac);
	end_free(&lns);
}
END_TEST

/* The only one comes up after that: it is not its retransmissions but the pause that is waited for. */
START_TEST(unreachable_only_server)
{
	uint16_t port = free_port();
	struct end lns, lac;
	char text[512];
	usec_t began;

	snprintf(text, sizeof(text), "listen = {}\nlac \"uplink\" { server = \"127.0.0.1\" port = %u "
		 "retransmit-initial = 8s %s}\n", port, SOON);
	start(&lac, "lac", text);
	run_until(&lac, "TUNNEL_OPENED", 4);
	ck_assert_uint_eq(count(lac.heard, "TUNNEL_CLOSING"), 2); /* there are two at a time, not more */
	start_lns(&lns, port, "");
	began = view_now();
	run_until(&lac, "SESSION_ESTABLISHED", 1);
	ck_assert_uint_lt(view_now() - began, USEC_PER_SEC);
	end_free(&lac);
	end_free(&lns);
}
END_TEST

/* The hint was wrong: the first server answers, the second one does not.  Its tunnel stays. */
START_TEST(wrongly_unreachable)
{
	uint16_t port = free_port();
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int mute = socket(AF_INET, SOCK_DGRAM, 0);
	struct end lns, lac;
	struct view_tunnel t;
	uint32_t first;

	ck_assert(bind(mute, (struct sockaddr *)&a, len) == 0 && getsockname(mute, (struct sockaddr *)&a, &len) == 0);
	start(&lac, "lac", two_servers(port, ntohs(a.sin_port)));
	run_until(&lac, "TUNNEL_OPENED", 1);
	first = lac.tunnel_id;
	run_until(&lac, "TUNNEL_OPENED", 2);
	start_lns(&lns, port, "");
	run_until(&lac, "SESSION_ESTABLISHED", 1);
	ck_assert_uint_eq(count(lac.heard, "TUNNEL_CLOSING"), 1);
	ck_assert_int_eq(view_tunnel(lac.driver, first, &t), 0);
	ck_assert_str_eq(t.info.state, "established");
	run_for(USEC_PER_SEC);
	ck_assert_uint_eq(count(lac.heard, "TUNNEL_OPENED"), 2);
	ck_assert_uint_eq(count(lac.heard, "SESSION_ESTABLISHED"), 1);
	ck_assert_int_eq(driver_close(lac.driver, first, lac.session_id, NULL), 0); /* it is the one that calls are placed in */
	run_until(&lac, "SESSION_ESTABLISHED", 2);
	ck_assert_uint_eq(count(lac.heard, "TUNNEL_OPENED"), 2);
	close(mute);
	end_free(&lac);
	end_free(&lns);
}
END_TEST

START_TEST(pauses) /* they double up to redial-max, which none exceeds, and none of them is the same for everybody */
{
	static const usec_t min = USEC_PER_SEC, max = 60 * USEC_PER_SEC;

	for (unsigned failures = 0; failures < 100; failures++) {
		usec_t whole = failures < 6 ? min << failures : max, shortest = max, longest = 0;

		for (uint32_t random = 0; random < 2000; random++) {
			usec_t pause = dial_pause(min, max, failures, UINT32_MAX - 1000 + random);

			shortest = pause < shortest ? pause : shortest;
			longest = pause > longest ? pause : longest;
		}
		ck_assert_uint_eq(shortest, whole / 2);
		ck_assert_uint_le(longest, whole);
		ck_assert_uint_ge(longest, whole - whole / 100);
	}
	ck_assert_uint_le(dial_pause(max, max, UINT_MAX, UINT32_MAX), max);
}
END_TEST

START_TEST(drain_dials) /* what is lost is not dialled again before the drain is over */
{
	uint16_t port = free_port();
	struct end lns, lac;
	char more[256];

	start_lns(&lns, port, "");
	start_lac(&lac, port, SOON);
	run_until(&lac, "SESSION_ESTABLISHED", 1);
	driver_drain(lac.driver, true, USEC_NEVER);
	close_tunnel(&lns);
	run_until(&lac, "TUNNEL_CLOSING", 1);
	snprintf(more, sizeof(more), SOON "} lac more { server = 127.0.0.1 port = %u " SOON, port);
	reload(&lac, "lac", lac_text(port, more)); /* nor is one that is new */
	run_for(500 * USEC_PER_MSEC);
	ck_assert_uint_eq(count(lac.heard, "TUNNEL_OPENED"), 1);
	driver_drain(lac.driver, false, USEC_NEVER);
	run_until(&lac, "TUNNEL_OPENED", 3);
	end_free(&lac);
	end_free(&lns);
}
END_TEST

/* A tunnel and a call that hold an address, as if PPP were up. */
static struct world_call *hold_address(struct driver *d, uint32_t id)
{
	struct world_call *c = calloc(1, sizeof(*c));
	const struct config_profile *profile = &d->config->profiles[0];

	ck_assert_ptr_nonnull(tunnel_note(d, id, profile));
	*c = (struct world_call){ .driver = d, .key = { id, 1 }, .profile = profile, .fd = -1, .pool = d->pools[0] };
	c->address = pool_acquire(c->pool);
	HASH_ADD(hh, d->calls, key, sizeof(c->key), c);
	return c;
}

static void change_pools(struct end *end, const char *pools)
{
	char text[512];

	snprintf(text, sizeof(text), "listen = {} lns a {} %s", pools);
	reload(end, "lns", text);
}

START_TEST(addresses) /* stay their calls', and belong to the pool that has them now */
{
	enum { A = 0x0a000002 };
	struct world_call *c, *e;
	struct driver *d;
	struct end lns;

	start(&lns, "lns", "listen = {} lns a {} pool p { range = 10.0.0.2-10.0.0.9 }");
	d = lns.driver;
	driver_unwatch(d, &lns.watcher);
	c = hold_address(d, 1);
	e = hold_address(d, 2);
	ck_assert(c->address == A && e->address == A + 1);
	/* a pool that stays goes on where it was */
	change_pools(&lns, "pool q { range = 10.1.0.2-10.1.0.9 } pool p { range = 10.0.0.2-10.0.0.9 }");
	ck_assert(c->pool == d->pools[1] && pool_used(d->pools[1]) == 2 && pool_used(d->pools[0]) == 0);
	ck_assert_uint_eq(pool_acquire(d->pools[1]), A + 2);
	pool_release(d->pools[1], A + 2);
	/* another range, with one of them */
	change_pools(&lns, "pool p { range = 10.0.0.3-10.0.0.9 }");
	ck_assert(c->address == A && !c->pool && e->address == A + 1 && e->pool == d->pools[0]);
	ck_assert_uint_eq(pool_used(d->pools[0]), 1);
	ck_assert_uint_eq(pool_acquire(d->pools[0]), A + 2);
	/* no pool at all, then one that has both, by another name */
	change_pools(&lns, "");
	ck_assert(c->address == A && !c->pool && e->address == A + 1 && !e->pool);
	change_pools(&lns, "pool r { range = 10.0.0.1-10.0.0.9 }");
	ck_assert(c->pool == d->pools[0] && e->pool == d->pools[0] && pool_used(d->pools[0]) == 2);
	ck_assert_uint_eq(pool_acquire(d->pools[0]), A - 1);
	ck_assert_uint_eq(pool_acquire(d->pools[0]), A + 2);
	driver_free(d);
}
END_TEST

/* ---- What the service manager hears -------------------------------------------------------------------------- */

static int notify_socket(struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(a->sun_path, sizeof(a->sun_path), "%s/notify", directory);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)a, sizeof(*a)), 0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", a->sun_path, 1), 0);
	return fd;
}

/* All that has come, a line each, behind what is there. */
static void read_notes(int fd, char *text, size_t size)
{
	char note[512];
	ssize_t n;

	while ((n = recv(fd, note, sizeof(note) - 1, 0)) >= 0) {
		note[n] = '\0';
		for (char *line = note; (line = strchr(line, '\n')); )
			*line = '|';
		append(text, size, note);
	}
}

START_TEST(status)
{
	static char notes[16384];
	uint16_t port = free_port();
	struct sockaddr_un a;
	struct end lns, lac;
	usec_t begin = view_now();
	char path[128];
	int fd;

	start_lac(&lac, port, "calls = 20 " SOON);
	fd = notify_socket(&a);
	start_lns(&lns, port, "");
	run_until(&lns, "SESSION_ESTABLISHED", 20);
	run_for(1500 * USEC_PER_MSEC);
	read_notes(fd, notes, sizeof(notes));
	ck_assert_msg(strncmp(notes, "STATUS=0 tunnels, 0 sessions ", 29) == 0, "%s", notes);
	ck_assert_msg(strstr(notes, "STATUS=1 tunnel, 20 sessions ") != NULL, "%s", notes);
	ck_assert_uint_le(count(notes, "STATUS="), (view_now() - begin) / USEC_PER_SEC + 2); /* not one for each */
	notes[0] = '\0';
	driver_drain(lns.driver, true, USEC_NEVER);
	reload(&lns, "lns", lns_text(port, ""));
	write_config("lns", "wrong", path);
	ck_assert_int_eq(driver_reload(lns.driver, NULL, NULL), -EINVAL);
	run_for(1500 * USEC_PER_MSEC);
	read_notes(fd, notes, sizeof(notes));
	char *reloading = strstr(notes, "RELOADING=1|MONOTONIC_USEC=");
	ck_assert_msg(reloading && strstr(reloading, "READY=1 RELOADING=1|"), "%s", notes);
	usec_t began = strtoull(reloading + strlen("RELOADING=1|MONOTONIC_USEC="), NULL, 10);
	ck_assert(began < view_now() && view_now() - began < PATIENCE);
	ck_assert_msg(strstr(notes, "STATUS=1 tunnel, 20 sessions; draining; the last reload failed"), "%s", notes);
	end_free(&lac);
	end_free(&lns);
	unsetenv("NOTIFY_SOCKET");
	close(fd);
	unlink(a.sun_path);
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
	tcase_add_test(tc, not_sent);
	tcase_add_test(tc, views);
	tcase_add_test(tc, ppp_stopping);
	tcase_add_test(tc, forgotten_counters);
	tcase_add_test(tc, same_directory);
	tcase_add_test(tc, wall_clock);
	tcase_add_test(tc, changes);
	tcase_add_loop_test(tc, not_reloaded, 0, 4);
	tcase_add_test(tc, reload_out_of_memory);
	tcase_add_test(tc, drained_profile);
	tcase_add_test(tc, bounded);
	tcase_add_test(tc, drain);
	tcase_add_test(tc, hang_up);
	tcase_add_test(tc, resume_hurries);
	tcase_add_test(tc, drain_timeout);
	tcase_add_test(tc, silent_tunnel);
	tcase_add_loop_test(tc, living_tunnel, 0, 2);
	tcase_add_test(tc, unreachable_server);
	tcase_add_test(tc, unreachable_only_server);
	tcase_add_test(tc, wrongly_unreachable);
	tcase_add_test(tc, pauses);
	tcase_add_test(tc, drain_dials);
	tcase_add_test(tc, addresses);
	tcase_add_test(tc, status);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
