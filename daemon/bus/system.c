/* SPDX-License-Identifier: MIT */
/*
 * system: the control API on the system bus, under the name org.l2tpd1.  Which programs the bus lets through is decided
 * by its policy file (org.l2tpd1.conf): those may do everything.
 *
 * The system bus may not be there, may come later, may go away: then we try again, after a pause that doubles.  Every
 * word with it is asynchronous; a bus that does not answer is just not there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "base/log.h"

#define PAUSE_MIN (1 * USEC_PER_SEC)
#define PAUSE_MAX (60 * USEC_PER_SEC)
#define PENDING_MAX 1024

struct bus_system {
	struct bus_connection connection; /* first */
	sd_event_source *timer, *work;
	usec_t pause;
	bool named, complained;
	bool lost;              /* the connection has ended, and is still to be freed */
};

/* ---- Who listens --------------------------------------------------------------------------------------------- */

/* A client has left the bus. */
static int on_name_lost(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus_system *s = userdata;
	const char *name, *old, *new;

	(void)error;
	if (sd_bus_message_read(m, "sss", &name, &old, &new) >= 0 && !*new)
		bus_unsubscribe(&s->connection, name);
	return 0;
}

static int on_work(sd_event_source *source, void *userdata);

static void wake(struct bus_connection *c)
{
	sd_event_source_set_enabled(((struct bus_system *)c)->work, SD_EVENT_ONESHOT);
}

/* ---- Coming and going ---------------------------------------------------------------------------------------- */

static void again(struct bus_system *s)
{
	sd_event_source_set_time_relative(s->timer, s->pause);
	sd_event_source_set_enabled(s->timer, SD_EVENT_ONESHOT);
	s->pause = s->pause * 2 < PAUSE_MAX ? s->pause * 2 : PAUSE_MAX;
}

static void lose(struct bus_system *s, int r, const char *what)
{
	if (s->lost)
		return;
	log_event(s->named ? LOG_NOTICE : LOG_DEBUG, CLASS_LOCAL, NULL, "system bus: %s: %s", what, strerror(-r));
	s->lost = true;
	wake(&s->connection);
}

static void hang_up(struct bus_system *s)
{
	bus_pending_orphan(&s->connection);
	bus_unsubscribe_all(&s->connection);
	sd_bus_detach_event(s->connection.sd);
	s->connection.sd = sd_bus_close_unref(s->connection.sd);
	s->named = s->lost = false;
}

/* Not from within sd-bus. */
static int on_work(sd_event_source *source, void *userdata)
{
	struct bus_system *s = userdata;
	int r = s->lost || !s->connection.sd ? 0 : bus_signals_flush(&s->connection);

	(void)source;
	if (r < 0)
		lose(s, r, "signals");
	if (s->lost) {
		hang_up(s);
		again(s);
	}
	return 0;
}

static int on_disconnected(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void)m, (void)error;
	lose(userdata, -ECONNRESET, "connection lost");
	return 0;
}

static int on_named(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus_system *s = userdata;
	const sd_bus_error *e = sd_bus_message_get_error(m);
	uint32_t result = 0;

	(void)error;
	/* 1: it is ours */
	if (!e && sd_bus_message_read(m, "u", &result) >= 0 && result == 1) {
		s->named = true;
		s->complained = false;
		s->pause = PAUSE_MIN;
		log_event(LOG_INFO, CLASS_NEUTRAL, NULL, "on the system bus as %s", BUS_NAME);
		return 0;
	}
	log_event(s->complained ? LOG_DEBUG : LOG_WARNING, CLASS_LOCAL, NULL, "system bus: the name %s is refused: %s",
		  BUS_NAME, e ? e->message : "another program owns it");
	s->complained = true;
	lose(s, -EPERM, "no name");
	return 0;
}

/* Signals wait for the bus to take more. */
static int on_matched(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	const sd_bus_error *e = sd_bus_message_get_error(m);

	(void)error;
	if (e)
		lose(userdata, -sd_bus_error_get_errno(e), "AddMatch");
	return 0;
}

static int ask(struct bus_system *s)
{
	sd_bus *sd = s->connection.sd;
	int r;

	if ((r = bus_object_add(&s->connection)) < 0 ||
	    (r = sd_bus_match_signal_async(sd, NULL, NULL, "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
					   "Disconnected", on_disconnected, NULL, s)) < 0 ||
	    (r = sd_bus_add_match_async(sd, NULL, "type='signal',sender='org.freedesktop.DBus',"
					"path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
					"member='NameOwnerChanged',arg2=''", on_name_lost, on_matched, s)) < 0)
		return r;
	return sd_bus_request_name_async(sd, NULL, BUS_NAME, 0, on_named, s);
}

/* A bus that is not there may come; one that we are kept from by our unit will not. */
static void complain(struct bus_system *s, int r)
{
	if (r == -EACCES && !s->complained)
		log_event(LOG_WARNING, CLASS_LOCAL, NULL, "system bus: %s: l2tpd.service needs the drop-in %s",
			  strerror(-r), BUS_DROP_IN);
	s->complained = s->complained || r == -EACCES;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct bus_system *s = userdata;
	int r = sd_bus_open_system_with_description(&s->connection.sd, "control API");

	(void)source, (void)usec;
	if (r >= 0)
		r = sd_bus_attach_event(s->connection.sd, s->connection.bus->event, SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = ask(s);
	if (r < 0) {
		complain(s, r);
		lose(s, r, "no connection");
		on_work(NULL, s);
	}
	return 0;
}

/* ---- Life ---------------------------------------------------------------------------------------------------- */

int bus_system_new(struct bus *b)
{
	struct bus_system *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	*s = (struct bus_system){ .connection = { .bus = b,
						  .right = BUS_MAY_CHANGE,
						  .system = true,
						  .who = "system bus",
						  .pending_max = PENDING_MAX,
						  .wake = wake },
				  .pause = PAUSE_MIN };
	b->system = s;
	if ((r = sd_event_add_defer(b->event, &s->work, on_work, s)) < 0 ||
	    (r = sd_event_source_set_enabled(s->work, SD_EVENT_OFF)) < 0)
		return r;
	return sd_event_add_time(b->event, &s->timer, CLOCK_MONOTONIC, 0, 0, on_timer, s);
}

void bus_system_free(struct bus_system *s)
{
	if (!s)
		return;
	hang_up(s);
	sd_event_source_disable_unref(s->timer);
	sd_event_source_disable_unref(s->work);
	free(s);
}
