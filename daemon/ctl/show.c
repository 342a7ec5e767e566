/* SPDX-License-Identifier: MIT */
/*
 * show: what the daemon is and has.
 *
 * Lists come page by page and go out as they come, so that 100,000 sessions never sit in anybody's memory.
 */
#include "json.h"
#include "table.h"

#include <stdlib.h>

/* What a method without arguments answers. */
static enum status ask(struct ctl *c, const char *method, json_t **ret)
{
	sd_bus_message *m, *reply = NULL;
	enum status status = ctl_method(c, method, &m);

	if (status == STATUS_OK)
		status = ctl_call(c, m, CALL_TIMEOUT, &reply);
	if (status == STATUS_OK)
		ctl_must(json_read(reply, ret));
	sd_bus_message_unref(reply);
	return status;
}

/* The file's text is for people; with --json it is one string. */
static enum status show_config(struct ctl *c)
{
	json_t *text = NULL;
	enum status status = ask(c, "GetConfig", &text);

	if (status == STATUS_OK && c->format == FORMAT_TEXT)
		fputs(json_string_value(text), stdout);
	else if (status == STATUS_OK)
		json_print(text, c->format);
	json_decref(text);
	return status;
}

static void print_statistics(json_t *all)
{
	static const struct table_column columns[] = { { .title = "WHAT" }, { .title = "COUNT", .right = true } };
	struct table *t = table_new(columns, 2, stdout, table_terminal(stdout), table_terminal(stdout) > 0);
	const char *key;
	json_t *value;

	json_object_foreach(all, key, value) {
		char *count = ctl_must_ptr(json_dumps(value, JSON_ENCODE_ANY));

		table_add(t, (const char *[]){ key, count });
		free(count);
	}
	table_end(t);
}

static enum status show_statistics(struct ctl *c)
{
	json_t *all = NULL;
	enum status status = ask(c, "GetStatistics", &all);

	if (status == STATUS_OK && c->format == FORMAT_TEXT)
		print_statistics(all);
	else if (status == STATUS_OK)
		json_print(all, c->format);
	json_decref(all);
	return status;
}

const struct verb show_verbs[] = {
	{ "show config", "", "the configuration in force, without its secrets", NULL, show_config, 0 },
	{ "show statistics", "", "what the daemon has counted since its start", NULL, show_statistics, 0 },
	{ 0 },
};
