/* SPDX-License-Identifier: MIT */
/* ends: see ends.h. */
#include "ends.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attach/none.h"
#include "base/log.h"
#include "core/reload.h"

#define PATIENCE (20 * USEC_PER_SEC)

char directory[32];
sd_event *event;

static const struct attachment_class *const attachments[] = { &attachment_none, NULL };
struct driver_options ends_options = { .dataplane = DATAPLANE_NONE, .attachments = attachments, .attachment = "none" };

static const char *const names[EVENTS] = {
	[EVENT_TUNNEL_OPENED] = "TUNNEL_OPENED",       [EVENT_TUNNEL_ESTABLISHED] = "TUNNEL_ESTABLISHED",
	[EVENT_TUNNEL_CLOSING] = "TUNNEL_CLOSING",     [EVENT_TUNNEL_GONE] = "TUNNEL_GONE",
	[EVENT_SESSION_OPENED] = "SESSION_OPENED",     [EVENT_SESSION_ESTABLISHED] = "SESSION_ESTABLISHED",
	[EVENT_SESSION_CLOSING] = "SESSION_CLOSING",   [EVENT_SESSION_GONE] = "SESSION_GONE",
	[EVENT_ATTACHMENT_STARTED] = "ATTACHMENT_STARTED",           [EVENT_ATTACHMENT_UP] = "ATTACHMENT_UP",
	[EVENT_ATTACHMENT_STOPPED] = "ATTACHMENT_STOPPED",             [EVENT_TUNNEL_REFUSED] = "TUNNEL_REFUSED",
	[EVENT_RELOADED] = "RELOADED",                 [EVENT_DRAIN] = "DRAIN",
	[EVENT_HANG_UP] = "HANG_UP",
	[EVENT_STOPPING] = "STOPPING",                 [EVENT_TUNNEL_REMOVING] = "TUNNEL_REMOVING",
};

void append(char *to, size_t size, const char *word)
{
	size_t len = strlen(to);

	ck_assert_int_lt(snprintf(to + len, size - len, "%s ", word), (int)(size - len));
}

static void hear(void *ctx, const struct event *e)
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

void write_config(const char *name, const char *text, char path[128])
{
	FILE *f;

	snprintf(path, 128, "%s/%s.conf", directory, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fchmod(fileno(f), 0600), 0);
	fprintf(f, "runtime-directory = \"%s/%s\"\nstop-timeout = 2s\n%s", directory, name, text);
	fclose(f);
}

void start(struct end *end, const char *name, const char *text)
{
	struct config *config;
	char path[128];

	write_config(name, text, path);
	*end = (struct end){ .watcher = { hear, end, NULL } };
	ck_assert_int_eq(config_load(path, stderr, &config), 0);
	ck_assert_int_eq(driver_new(event, config, &ends_options, &end->driver), 0);
	driver_watch(end->driver, &end->watcher);
	ck_assert_int_eq(driver_start(end->driver), 0);
}

void reload(struct end *end, const char *name, const char *text)
{
	struct changes changes;
	char path[128];

	write_config(name, text, path);
	ck_assert_int_eq(reload_run(end->driver, stderr, &changes), 0);
	changes_clear(&changes);
}

void end_free(struct end *end)
{
	driver_unwatch(end->driver, &end->watcher);
	driver_free(end->driver);
}

size_t count(const char *heard, const char *word)
{
	size_t n = 0;

	for (; (heard = strstr(heard, word)); heard++)
		n++;
	return n;
}

void run_until(struct end *end, const char *word, size_t times)
{
	usec_t give_up = view_now() + PATIENCE;

	while (count(end->heard, word) < times) {
		ck_assert_msg(view_now() < give_up, "heard only: %s", end->heard);
		ck_assert_int_ge(sd_event_run(event, 100 * USEC_PER_MSEC), 0);
	}
}

void run_for(usec_t time)
{
	usec_t end = view_now() + time;

	while (view_now() < end)
		ck_assert_int_ge(sd_event_run(event, 50 * USEC_PER_MSEC), 0);
}

uint16_t free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	ck_assert(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	close(fd);
	return ntohs(a.sin_port);
}

void ends_setup(void)
{
	log_open(LOG_ERR);
	strcpy(directory, "/tmp/test_ends.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_ge(sd_event_new(&event), 0);
}

void ends_teardown(void)
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

const char *lns_text(uint16_t port, const char *more)
{
	static char text[512];

	snprintf(text, sizeof(text), "listen = \"127.0.0.1:%u\"\nlns \"isp\" { peer = \"127.0.0.0/8\" "
		 "host-name = \"lns.test\" "
		 "retransmit-initial = 100ms retransmit-max = 2 %s }\n", port, more);
	return text;
}

const char *lac_text(uint16_t port, const char *more)
{
	static char text[512];

	snprintf(text, sizeof(text), "listen = {}\nlac \"uplink\" { server = \"127.0.0.1\" port = %u dial = yes "
		 "host-name = \"lac.test\" retransmit-initial = 100ms retransmit-max = 2 %s }\n", port, more);
	return text;
}

void start_lns(struct end *end, uint16_t port, const char *more)
{
	start(end, "lns", lns_text(port, more));
}

void start_lac(struct end *end, uint16_t port, const char *more)
{
	start(end, "lac", lac_text(port, more));
}
