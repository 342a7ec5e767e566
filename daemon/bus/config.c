/* SPDX-License-Identifier: MIT */
/*
 * config: the methods and signals about the configuration and about draining.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/reload.h"
#include "impl.h"

static int append_list(sd_bus_message *m, const char *name, char *const *list)
{
	int r = sd_bus_message_open_container(m, 'e', "sv");

	if (r < 0 || (r = sd_bus_message_append_basic(m, 's', name)) < 0 ||
	    (r = sd_bus_message_open_container(m, 'v', "as")) < 0 ||
	    (r = sd_bus_message_append_strv(m, (char **)list)) < 0 || (r = sd_bus_message_close_container(m)) < 0)
		return r;
	return sd_bus_message_close_container(m);
}

/* What a reload has changed, a{sv}, not closed yet. */
static int begin_changes(sd_bus_message *m, const struct changes *c)
{
	const struct {
		const char *name;
		char **list;
	} rows[] = {
		{ "ProfilesAdded", c->added },
		{ "ProfilesChanged", c->changed },
		{ "ProfilesRemoved", c->removed },
		{ "PoolsAdded", c->pools_added },
		{ "PoolsChanged", c->pools_changed },
		{ "PoolsRemoved", c->pools_removed },
		{ "OptionsChanged", c->options },
		{ "NeedRestart", c->need_restart },
	};
	int r = sd_bus_message_open_container(m, 'a', "{sv}");

	for (size_t i = 0; r >= 0 && i < sizeof(rows) / sizeof(rows[0]); i++)
		r = append_list(m, rows[i].name, rows[i].list);
	return r;
}

static int end_changes(sd_bus_message *m, char *const *warnings)
{
	int r = 0;

	if (*warnings)
		r = append_list(m, "Warnings", warnings);
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static void on_tried(void *ctx, char *const *warnings)
{
	struct bus_pending *p = ctx;
	sd_bus_message *reply = sd_bus_message_ref(p->reply);

	if (reply && end_changes(reply, warnings) < 0)
		bus_pending_fail(p, ERROR_FAILED, "reloaded, but the answer does not fit into a message");
	else
		bus_pending_reply(p, reply);
	sd_bus_message_unref(reply);
}

/* At once, or with what the attachments' kind says of it. */
static int reply_changes(struct bus_pending *p, const struct changes *changes)
{
	int r = sd_bus_message_new_method_return(p->request, &p->reply);
	char *none = NULL;

	if (r >= 0)
		r = begin_changes(p->reply, changes);
	if (r >= 0 && !reload_await_trial(p->bus->driver, on_tried, p))
		on_tried(p, &none);
	return r < 0 ? r : 1;
}

static int complain_reload(int r, const char *mistakes, sd_bus_error *error)
{
	char text[BUS_MISTAKES_MAX];

	if (r != -EINVAL)
		return sd_bus_error_setf(error, ERROR_FAILED, "%s",
					 r == -ESHUTDOWN ? "the daemon stops" : strerror(-r));
	bus_lines(mistakes, text, sizeof(text));
	return sd_bus_error_setf(error, ERROR_CONFIG, "%s", text);
}

int bus_reload(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	struct changes changes = { 0 };
	struct bus_pending *p;
	char *mistakes = NULL;
	size_t size;
	int r = bus_pending_new(o->connection, m, &p, error);

	if (r < 0)
		return r;
	FILE *f = open_memstream(&mistakes, &size);
	if (!f) {
		bus_pending_free(p);
		return -ENOMEM;
	}
	r = reload_run(o->connection->bus->driver, f, &changes);
	fclose(f);
	r = r < 0 ? complain_reload(r, mistakes ? mistakes : "", error) : reply_changes(p, &changes);
	if (r < 0)
		bus_pending_free(p);
	changes_clear(&changes);
	free(mistakes);
	return r;
}

int bus_get_config(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	char *text = NULL, *safe = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int r;

	(void)error;
	if (!f)
		return -ENOMEM;
	r = config_print(driver_config(o->connection->bus->driver), f);
	if (fclose(f) != 0 && r >= 0)
		r = -ENOMEM;
	safe = r < 0 ? NULL : malloc(4 * size + 1); /* an octet takes four at most */
	if (safe)
		r = sd_bus_reply_method_return(m, "s", bus_lines(text, safe, 4 * size + 1));
	else if (r >= 0)
		r = -ENOMEM;
	free(safe);
	free(text);
	return r;
}

int bus_drain(struct bus_object *o, sd_bus_message *m, sd_bus_error *error)
{
	uint32_t timeout = UINT32_MAX;
	const struct bus_option options[] = { { "Timeout", 'u', &timeout } };
	int on, r;

	if ((r = sd_bus_message_read(m, "b", &on)) < 0 || (r = bus_read_options(m, options, 1, error)) < 0)
		return r;
	if (!on && timeout != UINT32_MAX)
		return sd_bus_error_set_const(error, ERROR_ARGUMENT, "Timeout is valid only when a drain starts");
	driver_drain(o->connection->bus->driver, on, timeout == UINT32_MAX ? USEC_NEVER : timeout * USEC_PER_SEC);
	return sd_bus_reply_method_return(m, NULL);
}

int bus_append_reloaded(struct bus *b, sd_bus_message *m, const struct event *e)
{
	int r = begin_changes(m, e->changes);

	(void)b;
	return r < 0 ? r : sd_bus_message_close_container(m);
}

int bus_append_drained(struct bus *b, sd_bus_message *m, const struct event *e)
{
	(void)e;
	return sd_bus_message_append(m, "b", driver_draining(b->driver));
}
