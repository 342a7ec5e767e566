/* SPDX-License-Identifier: MIT */
/*
 * status: notifies the service manager, as sd_notify(3) does, but never waits for it: that would delay every tunnel
 * while the manager is busy, until its watchdog kills us.
 *
 * What the manager waits for (the news of status.h, the watchdog's sign of life) is retried until it has been sent.
 * The status line is only for people: a change is sent at once if nothing was sent during the last interval, else at
 * its end, so that a storm of calls costs one message a second; a line that cannot be sent is lost, and the next
 * interval sends the state of that time.
 *
 * Called by the driver whenever something may have changed.
 */
#include "status.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "clock.h"
#include "l2tp.h"

#define INTERVAL USEC_PER_SEC
#define RETRY (100 * USEC_PER_MSEC)
#define SIGNS_OF_LIFE 3 /* in the time that the watchdog allows for one */
#define NOTE_MAX 256

enum { WATCHDOG = STATUS_STOPPING + 1, NOTES };

struct status {
	int fd;
	struct sockaddr_un manager;
	socklen_t manager_len;
	bool owed[NOTES];
	usec_t reloading_since, watchdog_interval;
	sd_event_source *timer; /* armed: the interval is not over */
	sd_event_source *retry, *watchdog;
	struct status_line line, told;
	bool armed, said;
};

/* False: it cannot be sent now, but maybe later. */
static bool send_note(const struct status *s, const char *note)
{
	return sendto(s->fd, note, strlen(note), MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&s->manager,
		      s->manager_len) >= 0 ||
	       (errno != EAGAIN && errno != ENOBUFS && errno != ENOMEM && errno != ECONNREFUSED);
}

static void arm(sd_event_source *timer, usec_t in)
{
	(void)sd_event_source_set_time_relative(timer, in);
	(void)sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

/* ---- What must be told ---------------------------------------------------------------------------------------- */

static bool send_owed(const struct status *s, int which)
{
	static const char *const texts[NOTES] = { [STATUS_READY] = "READY=1", [STATUS_STOPPING] = "STOPPING=1",
						  [WATCHDOG] = "WATCHDOG=1" };
	char reloading[64];

	if (texts[which])
		return send_note(s, texts[which]);
	snprintf(reloading, sizeof(reloading), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, s->reloading_since);
	return send_note(s, reloading);
}

static void flush(struct status *s)
{
	for (int i = 0; i < NOTES; i++) {
		if (s->owed[i] && !send_owed(s, i)) {
			arm(s->retry, RETRY);
			return;
		}
		s->owed[i] = false;
	}
}

static int on_retry(sd_event_source *source, uint64_t usec, void *ctx)
{
	(void)source, (void)usec;
	flush(ctx);
	return 0;
}

static int on_watchdog(sd_event_source *source, uint64_t usec, void *ctx)
{
	struct status *s = ctx;

	(void)usec;
	s->owed[WATCHDOG] = true;
	flush(s);
	arm(source, s->watchdog_interval);
	return 0;
}

/* ---- The line ------------------------------------------------------------------------------------------------- */

static bool is_same(const struct status_line *a, const struct status_line *b)
{
	return a->tunnels == b->tunnels && a->sessions == b->sessions && a->draining == b->draining &&
	       a->stopping == b->stopping && a->reload_failed == b->reload_failed;
}

static void tell(struct status *s)
{
	const struct status_line *l = &s->line;
	char note[NOTE_MAX];

	if (s->said && is_same(l, &s->told))
		return;
	snprintf(note, sizeof(note), "STATUS=%" PRIu32 " tunnel%s, %" PRIu32 " session%s%s%s%s", l->tunnels,
		 l->tunnels == 1 ? "" : "s", l->sessions, l->sessions == 1 ? "" : "s",
		 l->draining ? "; draining" : "", l->stopping ? "; stopping" : "",
		 l->reload_failed ? "; the last reload failed, the previous configuration stays in force" : "");
	s->said = send_note(s, note);
	s->told = *l;
	s->armed = sd_event_source_set_time_relative(s->timer, INTERVAL) >= 0 &&
		   sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT) >= 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *ctx)
{
	struct status *s = ctx;

	(void)source, (void)usec;
	s->armed = false;
	tell(s);
	return 0;
}

/* ---- Life ----------------------------------------------------------------------------------------------------- */

/* A path, or "@" and an abstract name.  Others, as of a virtual machine's host, are not for services. */
static int find_manager(struct status *s, const char *socket_name)
{
	size_t len = strlen(socket_name);

	if ((socket_name[0] != '/' && socket_name[0] != '@') || len >= sizeof(s->manager.sun_path))
		return -EAFNOSUPPORT;
	s->manager.sun_family = AF_UNIX;
	memcpy(s->manager.sun_path, socket_name, len + 1);
	if (socket_name[0] == '@')
		s->manager.sun_path[0] = '\0';
	s->manager_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (socket_name[0] == '/'));
	s->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return s->fd < 0 ? -errno : 0;
}

static int add_timer(sd_event *event, sd_event_source **ret, sd_event_time_handler_t handler, struct status *s)
{
	int r = sd_event_add_time(event, ret, CLOCK_MONOTONIC, 0, 0, handler, s);

	return r < 0 ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

/* Ahead of all that peers can make us do. */
static void begin_watchdog(struct status *s)
{
	usec_t allowed;

	if (sd_watchdog_enabled(0, &allowed) <= 0)
		return;
	s->watchdog_interval = allowed / SIGNS_OF_LIFE;
	(void)sd_event_source_set_priority(s->watchdog, SD_EVENT_PRIORITY_IMPORTANT);
	(void)sd_event_source_set_priority(s->retry, SD_EVENT_PRIORITY_IMPORTANT);
	arm(s->watchdog, s->watchdog_interval);
}

int status_new(sd_event *event, struct status **ret)
{
	const char *manager = getenv("NOTIFY_SOCKET");
	struct status *s;
	int r;

	*ret = NULL;
	if (!manager)
		return 0;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->fd = -1;
	r = find_manager(s, manager);
	if (r == -EAFNOSUPPORT) {
		status_free(s);
		return 0;
	}
	r = r < 0 ? r : add_timer(event, &s->timer, on_timer, s);
	r = r < 0 ? r : add_timer(event, &s->retry, on_retry, s);
	r = r < 0 ? r : add_timer(event, &s->watchdog, on_watchdog, s);
	if (r < 0) {
		status_free(s);
		return r;
	}
	begin_watchdog(s);
	*ret = s;
	return 0;
}

void status_free(struct status *s)
{
	if (!s)
		return;
	sd_event_source_disable_unref(s->timer);
	sd_event_source_disable_unref(s->retry);
	sd_event_source_disable_unref(s->watchdog);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

void status_tell(struct status *s, enum status_news news)
{
	if (!s)
		return;
	s->owed[news] = true;
	if (news == STATUS_RELOADING) {
		s->owed[STATUS_READY] = false; /* of the reload before */
		s->reloading_since = clock_now();
	}
	flush(s);
}

void status_note(struct status *s, const struct status_line *line)
{
	if (!s)
		return;
	s->line = *line;
	if (!s->armed)
		tell(s);
}
