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
#include "ends.h"
#include "oom.h"
#include "core/trace_record.h"
#include "core/view.h"
#include "attach/none.h"
#include "base/clock.h"
#include "core/driver.h"
#include "core/open.h"
#include "core/reload.h"
#include "core/state.h"

#define PATIENCE (20 * USEC_PER_SEC)
#define SOON "redial-min = 300ms redial-max = 300ms "

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
		ck_assert_str_eq(s.attachment.kind, "none");
		ck_assert_int_eq(s.attachment.phase, ATTACHMENT_UP);
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
		ck_assert_int_eq(open_count(lac.driver, lac.tunnel_id, 0, on_counters, &wanted), 0);
		ck_assert_int_eq(open_count(lac.driver, lac.tunnel_id, 0, on_counters, &forgotten), 0);
	}
	ck_assert_int_eq(wanted, 0);
	open_forget_count(lac.driver, &forgotten);
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
	ck_assert_int_eq(driver_new(event, config, &ends_options, &second), -EWOULDBLOCK);
	ck_assert_ptr_null(second);
	end_free(&lac);
	ck_assert_int_eq(config_load(path, stderr, &config), 0);
	ck_assert_int_eq(driver_new(event, config, &ends_options, &second), 0);
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
	struct changes c;
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
		ck_assert_int_eq(reload_run(lns.driver, stderr, &c), 0);
		ck_assert_str_eq(joined(c.added), again ? "" : "d b ");
		ck_assert_str_eq(joined(c.changed), again ? "" : "a c ");
		ck_assert_str_eq(joined(c.removed), again ? "" : "b ");
		ck_assert_str_eq(joined(c.pools_added), again ? "" : "r ");
		ck_assert_str_eq(joined(c.pools_changed), again ? "" : "p ");
		ck_assert_str_eq(joined(c.pools_removed), again ? "" : "q ");
		ck_assert_str_eq(joined(c.options), again ? "" : "listen stop-timeout log-level limits.half-open ");
		ck_assert_str_eq(joined(c.need_restart), "runtime-directory ");
		changes_clear(&c);
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
		{ "wrong = 1", "lns.conf:4:103: unknown key wrong", -EINVAL },
		{ "", "lns.conf:4: cannot listen on 198.51.100.77", -EADDRNOTAVAIL },
		{ NULL, "cannot be read", -ENOENT },
		{ "hello-interval = 5s", "", -ESHUTDOWN },
	};
	uint16_t port = free_port();
	struct changes c = { 0 };
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
	ck_assert_int_eq(reload_run(lns.driver, f, &c), cases[_i].err);
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
	struct changes c = { 0 };
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
		err = reload_run(lns.driver, NULL, &c);
		reached = oom_at == 0;
		oom_at = 0;
		ck_assert(reached || err == 0);
		const struct config *now = driver_config(lns.driver);
		ck_assert_int_eq(now->profiles[0].params.strict, err == 0);
		ck_assert_str_eq(now->profiles[1].name, err == 0 ? "c" : "b");
		if (err == 0)
			changes_clear(&c);
	} while (err < 0);
	ck_assert_int_gt(n, 20);
	end_free(&lns);
}
END_TEST

static void close_tunnel(struct end *end)
{
	ck_assert_int_eq(l2tp_close_tunnel(end->driver->engine.l2tp, end->tunnel_id, NULL, view_now()), 0);
	engine_pump(&end->driver->engine);
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
			l2tp_tick(lns.driver->engine.l2tp, view_now() + 60 * USEC_PER_SEC); /* it lingers */
			engine_pump(&lns.driver->engine);
		}
		free(profiles);
	}
	end_free(&lac);
	end_free(&lns);
}
END_TEST

static void reload_lns(struct end *end, const char *text)
{
	struct changes c = { 0 };
	char path[128];

	write_config("lns", text, path);
	ck_assert_int_eq(reload_run(end->driver, stderr, &c), 0);
	changes_clear(&c);
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
	ck_assert_int_eq(open_call(lns.driver, lns.tunnel_id, &(struct l2tp_call_info){ .outgoing = true },
				     &(uint32_t){ 0 }), -EBUSY);
	ck_assert_int_eq(open_tunnel(lns.driver, "isp", 0, false, NULL, NULL), -EBUSY);
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
	ck_assert_int_eq(open_tunnel(lac.driver, "uplink", 0, false, on_opening_end, &opening), -EALREADY);
	ck_assert_int_eq(open_tunnel(lac.driver, "uplink", 0, true, on_opening_end, &opening), 0);
	ck_assert_int_eq(open_hang_up(lac.driver, "uplink"), 0);
	ck_assert_int_eq(opening, -ECANCELED);
	ck_assert_str_eq(lac.reason.text, "hung up");
	ck_assert_str_eq(state_of(&lac), "hung-up");
	ck_assert_int_eq(open_hang_up(lac.driver, "uplink"), 0);
	driver_drain(lac.driver, true, USEC_NEVER);
	driver_drain(lac.driver, false, USEC_NEVER);
	reload(&lac, "lac", lac_text(port, SOON "calls = 2"));
	run_for(700 * USEC_PER_MSEC);
	ck_assert_uint_eq(count(lac.heard, "TUNNEL_OPENED"), 1);
	ck_assert_uint_eq(count(lac.heard, "HANG_UP"), 1);
	ck_assert_str_eq(state_of(&lac), "hung-up");
	ck_assert_int_eq(open_resume(lac.driver, "uplink"), 0);
	run_until(&lac, "SESSION_ESTABLISHED", 3);
	ck_assert_uint_eq(count(lac.heard, "HANG_UP"), 2);
	ck_assert_str_eq(state_of(&lac), "active");
	/* as ever */
	close_tunnel(&lac);
	run_until(&lac, "SESSION_ESTABLISHED", 5);
	ck_assert_int_eq(open_hang_up(lns.driver, "isp"), -EINVAL);
	ck_assert_int_eq(open_resume(lns.driver, "isp"), -EINVAL);
	ck_assert_int_eq(open_hang_up(lac.driver, "isp"), -ENOENT);
	end_free(&lac);
	end_free(&lns);
}
END_TEST

START_TEST(drain_while_resolving) /* what was asked for before the drain is not opened in it */
{
	struct end lac;
	int opening = 0;

	start(&lac, "lac", "listen = {} lac uplink { server = 127.0.0.1 dial = no }");
	ck_assert_int_eq(open_tunnel(lac.driver, "uplink", 0, false, on_opening_end, &opening), 0);
	driver_drain(lac.driver, true, USEC_NEVER);
	while (lac.driver->openings)
		run_for(10 * USEC_PER_MSEC);
	ck_assert_int_eq(opening, -EBUSY);
	ck_assert_uint_eq(count(lac.heard, "TUNNEL_OPENED"), 0);
	end_free(&lac);
}
END_TEST

START_TEST(resume_hurries) /* who waits for its next attempt waits no longer; what is dialled by hand is not resumed */
{
	uint16_t port = free_port();
	struct end lac;
	int opening = 0;

	start_lac(&lac, port, "redial-min = 1h redial-max = 1h");
	run_until(&lac, "TUNNEL_GONE", 1);
	ck_assert_int_eq(open_tunnel(lac.driver, "uplink", 0, false, on_opening_end, &opening), -EALREADY);
	ck_assert_int_eq(open_resume(lac.driver, "uplink"), 0);
	run_until(&lac, "TUNNEL_OPENED", 2);
	ck_assert_uint_eq(count(lac.heard, "HANG_UP"), 0);
	reload(&lac, "lac", "lac uplink { server = 127.0.0.1 dial = no }\nlisten = {}\n");
	ck_assert_int_eq(open_resume(lac.driver, "uplink"), -EOPNOTSUPP);
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
	ck_assert_int_eq(open_close(lac.driver, tunnel_id, lac.session_id, NULL), 0);
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
	ck_assert_int_eq(open_close(ends[_i]->driver, ends[_i]->tunnel_id, ends[_i]->session_id, NULL), 0);
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
	ck_assert_str_eq(lac.reason.text, "replaced by another tunnel");
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
	ck_assert_int_eq(open_close(lac.driver, first, lac.session_id, NULL), 0); /* it is the one that calls are placed in */
	run_until(&lac, "SESSION_ESTABLISHED", 2);
	ck_assert_uint_eq(count(lac.heard, "TUNNEL_OPENED"), 2);
	close(mute);
	end_free(&lac);
	end_free(&lns);
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

/* As a session has it that was allowed to be. */
static void hold_address(struct driver *d, struct decision *n)
{
	struct l2tp_reason reason;

	ck_assert(decide_own(&d->decide, n, &driver_config(d)->profiles[0], &reason));
	n->pool = d->decide.pools[0];
	n->address = pool_acquire(n->pool);
}

static void change_pools(struct end *end, const char *pools)
{
	char text[512];

	snprintf(text, sizeof(text), "listen = {} lns a {} %s", pools);
	reload(end, "lns", text);
}

START_TEST(addresses) /* stay their sessions', and belong to the pool that has them now */
{
	enum { A = 0x0a000002 };
	struct decision c = { 0 }, e = { 0 };
	struct driver *d;
	struct end lns;

	start(&lns, "lns", "listen = {} lns a {} pool p { range = 10.0.0.2-10.0.0.9 }");
	d = lns.driver;
	driver_unwatch(d, &lns.watcher);
	hold_address(d, &c);
	hold_address(d, &e);
	ck_assert(c.address == A && e.address == A + 1);
	/* a pool that stays goes on where it was */
	change_pools(&lns, "pool q { range = 10.1.0.2-10.1.0.9 } pool p { range = 10.0.0.2-10.0.0.9 }");
	ck_assert(c.pool == d->decide.pools[1] && pool_used(d->decide.pools[1]) == 2 && pool_used(d->decide.pools[0]) == 0);
	ck_assert_uint_eq(pool_acquire(d->decide.pools[1]), A + 2);
	pool_release(d->decide.pools[1], A + 2);
	/* another range, with one of them */
	change_pools(&lns, "pool p { range = 10.0.0.3-10.0.0.9 }");
	ck_assert(c.address == A && !c.pool && e.address == A + 1 && e.pool == d->decide.pools[0]);
	ck_assert_uint_eq(pool_used(d->decide.pools[0]), 1);
	ck_assert_uint_eq(pool_acquire(d->decide.pools[0]), A + 2);
	/* no pool at all, then one that has both, by another name */
	change_pools(&lns, "");
	ck_assert(c.address == A && !c.pool && e.address == A + 1 && !e.pool);
	change_pools(&lns, "pool r { range = 10.0.0.1-10.0.0.9 }");
	ck_assert(c.pool == d->decide.pools[0] && e.pool == d->decide.pools[0] && pool_used(d->decide.pools[0]) == 2);
	ck_assert_uint_eq(pool_acquire(d->decide.pools[0]), A - 1);
	ck_assert_uint_eq(pool_acquire(d->decide.pools[0]), A + 2);
	decision_release(&c);
	decision_release(&e);
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
	ck_assert_int_eq(reload_run(lns.driver, NULL, NULL), -EINVAL);
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
	tcase_add_checked_fixture(tc, ends_setup, ends_teardown);
	tcase_add_test(tc, life);
	tcase_add_test(tc, tunnel_gone);
	tcase_add_loop_test(tc, refused, 0, 2);
	tcase_add_test(tc, not_sent);
	tcase_add_test(tc, views);
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
	tcase_add_test(tc, drain_while_resolving);
	tcase_add_test(tc, resume_hurries);
	tcase_add_test(tc, drain_timeout);
	tcase_add_test(tc, silent_tunnel);
	tcase_add_loop_test(tc, living_tunnel, 0, 2);
	tcase_add_test(tc, unreachable_server);
	tcase_add_test(tc, unreachable_only_server);
	tcase_add_test(tc, wrongly_unreachable);
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
