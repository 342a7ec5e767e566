/* SPDX-License-Identifier: MIT */
/*
 * fake: a daemon that says what it is told to, to see what l2tpctl makes of it: answers that the real one gives only in
 * bad moments, or will give in a later version.
 *
 *	fake SOCKET ANSWERS
 *
 * ANSWERS is JSON: an object with an answer for each method, "GetAll PATH" for properties.  An array of objects is
 * aa{sv}, in pages of PAGE rows where the method is given a cursor; an object a{sv}, a string s, a number u, null
 * nothing.  { "Error": [NAME, TEXT] } is an error, "hang up" closes the connection.  "Signals" is an array of
 * [MEMBER, ARGUMENT...], sent after Subscribe.  Says "ready" when it listens, and each call that it gets, as JSON: an
 * array of the method and its arguments.
 */
#include "daemon/ctl/json.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PAGE 2

struct fake {
	json_t *answers;
	bool hang_up;
};

static void append(sd_bus_message *m, const json_t *value);

static void append_members(sd_bus_message *m, const json_t *object)
{
	const char *key;
	json_t *value;

	ctl_must(sd_bus_message_open_container(m, 'a', "{sv}"));
	json_object_foreach((json_t *)object, key, value) {
		const char *type = json_is_string(value)  ? "s" :
				   json_is_boolean(value) ? "b" :
				   json_is_integer(value) ? "t" :
				   json_is_array(value)	  ? "as" :
							    "a{sv}";

		ctl_must(sd_bus_message_open_container(m, 'e', "sv"));
		ctl_must(sd_bus_message_append(m, "s", key));
		ctl_must(sd_bus_message_open_container(m, 'v', type));
		if (json_is_integer(value))
			ctl_must(sd_bus_message_append(m, "t", (uint64_t)json_integer_value(value)));
		else
			append(m, value);
		ctl_must(sd_bus_message_close_container(m));
		ctl_must(sd_bus_message_close_container(m));
	}
	ctl_must(sd_bus_message_close_container(m));
}

static void append_array(sd_bus_message *m, const json_t *array, size_t from, size_t to)
{
	bool rows = json_is_object(json_array_get(array, from));

	ctl_must(sd_bus_message_open_container(m, 'a', rows ? "a{sv}" : "s"));
	for (size_t i = from; i < to && i < json_array_size(array); i++)
		append(m, json_array_get(array, i));
	ctl_must(sd_bus_message_close_container(m));
}

static void append(sd_bus_message *m, const json_t *value)
{
	if (json_is_string(value))
		ctl_must(sd_bus_message_append(m, "s", json_string_value(value)));
	else if (json_is_boolean(value))
		ctl_must(sd_bus_message_append(m, "b", json_is_true(value)));
	else if (json_is_integer(value))
		ctl_must(sd_bus_message_append(m, "u", (uint32_t)json_integer_value(value)));
	else if (json_is_array(value))
		append_array(m, value, 0, json_array_size(value));
	else if (json_is_object(value))
		append_members(m, value);
}

/* The page at the cursor, which is the second argument, and the cursor of the next one. */
static void append_page(sd_bus_message *reply, const json_t *rows, const json_t *call)
{
	const char *cursor = json_string_value(json_array_get(call, 2));
	size_t from = strtoul(cursor ? cursor : "", NULL, 10);
	char next[32] = "";

	ctl_must(sd_bus_message_open_container(reply, 'a', "a{sv}"));
	for (size_t i = from; i < from + PAGE && i < json_array_size(rows); i++)
		append_members(reply, json_array_get(rows, i));
	ctl_must(sd_bus_message_close_container(reply));
	if (from + PAGE < json_array_size(rows))
		snprintf(next, sizeof(next), "%zu", from + PAGE);
	ctl_must(sd_bus_message_append(reply, "s", next));
}

static json_t *call_of(sd_bus_message *m)
{
	json_t *call = ctl_must_ptr(json_array()), *value;

	json_array_append_new(call, json_string(sd_bus_message_get_member(m)));
	while (json_read(m, &value) >= 0)
		json_array_append_new(call, value);
	json_print(call, FORMAT_LINES);
	fflush(stdout);
	return call;
}

static const json_t *answer_to(const struct fake *f, sd_bus_message *m)
{
	char name[256];

	snprintf(name, sizeof(name), "GetAll %s", sd_bus_message_get_path(m));
	if (!strcmp(sd_bus_message_get_member(m), "GetAll"))
		return json_object_get(f->answers, name);
	return json_object_get(f->answers, sd_bus_message_get_member(m));
}

static int reply_to(sd_bus_message *m, const json_t *answer, const json_t *call)
{
	const json_t *error = json_object_get(answer, "Error");
	sd_bus_message *reply;
	int r;

	if (error)
		return sd_bus_reply_method_errorf(m, json_string_value(json_array_get(error, 0)), "%s",
						  json_string_value(json_array_get(error, 1)));
	ctl_must(sd_bus_message_new_method_return(m, &reply));
	if (json_is_array(answer) && json_array_size(call) == 4)
		append_page(reply, answer, call);
	else
		append(reply, answer);
	r = sd_bus_send(sd_bus_message_get_bus(m), reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

static void send_signals(const struct fake *f, sd_bus *bus)
{
	json_t *signal, *value;
	sd_bus_message *m;
	size_t i, j;

	json_array_foreach(json_object_get(f->answers, "Signals"), i, signal) {
		ctl_must(sd_bus_message_new_signal(bus, &m, MANAGER_PATH, MANAGER_INTERFACE,
						   json_string_value(json_array_get(signal, 0))));
		json_array_foreach(signal, j, value)
			if (j > 0)
				append(m, value);
		(void)sd_bus_send(bus, m, NULL); /* who has heard enough has gone */
		sd_bus_message_unref(m);
	}
}

static int on_message(sd_bus_message *m, void *ctx, sd_bus_error *e)
{
	const json_t *answer;
	struct fake *f = ctx;
	json_t *call;
	int r = 1;

	(void)e;
	if (!sd_bus_message_is_method_call(m, NULL, NULL))
		return 0;
	call = call_of(m);
	answer = answer_to(f, m);
	f->hang_up = json_is_string(answer) && !strcmp(json_string_value(answer), "hang up");
	if (answer && !f->hang_up)
		r = reply_to(m, answer, call);
	else if (!answer && strcmp(sd_bus_message_get_member(m), "GetAll") != 0)
		r = sd_bus_reply_method_errorf(m, SD_BUS_ERROR_UNKNOWN_METHOD, "what?");
	else if (!answer)
		r = 0; /* sd-bus knows what to say about an object that is not there */
	if (!strcmp(sd_bus_message_get_member(m), "Subscribe"))
		send_signals(f, sd_bus_message_get_bus(m));
	json_decref(call);
	return r;
}

static void serve(struct fake *f, int fd)
{
	sd_bus *bus;
	int r = 1;

	ctl_must(sd_bus_new(&bus));
	ctl_must(sd_bus_set_fd(bus, fd, fd));
	ctl_must(sd_bus_set_server(bus, 1, (sd_id128_t){ .bytes = { 1 } }));
	ctl_must(sd_bus_add_filter(bus, NULL, on_message, f));
	ctl_must(sd_bus_start(bus));
	for (f->hang_up = false; r >= 0 && !f->hang_up;) {
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, UINT64_MAX);
	}
	sd_bus_close_unref(bus);
}

int main(int argc, char **argv)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct fake f = { 0 };
	int listener, fd;

	if (argc != 3 || strlen(argv[1]) >= sizeof(a.sun_path) || !(f.answers = json_load_file(argv[2], 0, NULL))) {
		fprintf(stderr, "fake SOCKET ANSWERS\n");
		return 2;
	}
	memcpy(a.sun_path, argv[1], strlen(argv[1]));
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(listener, 8) < 0) {
		perror(argv[1]);
		return 1;
	}
	puts("\"ready\"");
	fflush(stdout);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		if (json_object_get(f.answers, "Closed"))
			close(fd); /* nobody may come in */
		else
			serve(&f, fd);
	}
	return 0;
}
