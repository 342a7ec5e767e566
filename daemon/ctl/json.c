/* SPDX-License-Identifier: MIT */
/*
 * json: converts D-Bus values to jansson's by their signature alone, so that members which a newer daemon has added are
 * converted, too.  All of the tool works on the result.
 *
 * Writing: everything that is not ASCII is written as \uXXXX, so that no text of a peer can control a terminal.
 */
#include "json.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define DEPTH_MAX 16 /* of containers; the daemon's have three */

/* A number that is too large for jansson's integers loses digits, not its sign. */
static json_t *unsigned_value(uint64_t n)
{
	return n > INT64_MAX ? json_real((double)n) : json_integer((json_int_t)n);
}

union basic {
	uint8_t y;
	int b;
	int16_t n;
	uint16_t q;
	int32_t i;
	uint32_t u;
	int64_t x;
	uint64_t t;
	double d;
	const char *s;
};

static json_t *basic_value(char type, const union basic *v)
{
	switch (type) {
	case 'y':
		return json_integer(v->y);
	case 'b':
		return json_boolean(v->b);
	case 'n':
		return json_integer(v->n);
	case 'q':
		return json_integer(v->q);
	case 'i':
		return json_integer(v->i);
	case 'u':
		return json_integer(v->u);
	case 'x':
		return json_integer(v->x);
	case 't':
		return unsigned_value(v->t);
	case 'd':
		return json_real(v->d);
	case 's': case 'o': case 'g':
		return json_string(v->s);
	default: /* a file descriptor */
		return NULL;
	}
}

static int read_value(sd_bus_message *m, unsigned depth, json_t **ret);

static int read_basic(sd_bus_message *m, char type, json_t **ret)
{
	union basic v;
	int r = sd_bus_message_read_basic(m, type, &v);

	if (r < 0)
		return r;
	*ret = basic_value(type, &v);
	return *ret ? 1 : -ENOTSUP;
}

/* {key value} into the object; the key is written as text. */
static int read_entry(sd_bus_message *m, unsigned depth, json_t *object)
{
	json_t *key = NULL, *value = NULL;
	int r = read_value(m, depth, &key);

	if (r > 0)
		r = read_value(m, depth, &value);
	if (r > 0 && json_is_string(key)) {
		r = json_object_set_new(object, json_string_value(key), value) < 0 ? -ENOMEM : 1;
		value = NULL;
	} else if (r >= 0) {
		r = -ENOTSUP;
	}
	json_decref(key);
	json_decref(value);
	return r;
}

static int read_members(sd_bus_message *m, unsigned depth, bool entries, json_t *container)
{
	json_t *value;
	int r;

	while ((r = sd_bus_message_at_end(m, false)) == 0) {
		if (entries) {
			r = sd_bus_message_enter_container(m, 'e', NULL);
			if (r > 0)
				r = read_entry(m, depth, container);
			if (r > 0)
				r = sd_bus_message_exit_container(m);
		} else {
			r = read_value(m, depth, &value);
			if (r > 0 && json_array_append_new(container, value) < 0)
				r = -ENOMEM;
		}
		if (r <= 0)
			return r < 0 ? r : -EBADMSG;
	}
	return r;
}

static int read_container(sd_bus_message *m, char type, const char *contents, unsigned depth, json_t **ret)
{
	bool entries = type == 'a' && *contents == '{';
	json_t *container = NULL;
	int r = depth == 0 ? -EBADMSG : sd_bus_message_enter_container(m, type, contents);

	if (r < 0)
		return r;
	if (type == 'v') {
		r = read_value(m, depth - 1, &container);
	} else {
		container = entries ? json_object() : json_array();
		r = container ? read_members(m, depth - 1, entries, container) : -ENOMEM;
	}
	if (r > 0)
		r = sd_bus_message_exit_container(m);
	if (r <= 0) {
		json_decref(container);
		return r < 0 ? r : -EBADMSG;
	}
	*ret = container;
	return r;
}

/* 1, or a negative errno */
static int read_value(sd_bus_message *m, unsigned depth, json_t **ret)
{
	const char *contents;
	char type;
	int r = sd_bus_message_peek_type(m, &type, &contents);

	if (r <= 0)
		return r < 0 ? r : -ENXIO;
	if (type == 'a' || type == 'v' || type == 'r')
		return read_container(m, type, contents, depth, ret);
	return read_basic(m, type, ret);
}

int json_read(sd_bus_message *m, json_t **ret)
{
	json_t *value = NULL;
	int r = read_value(m, DEPTH_MAX, &value);

	if (r <= 0)
		return r < 0 ? r : -ENXIO;
	*ret = value;
	return 0;
}

/* ---- Writing ------------------------------------------------------------------------------------------------ */

#define ALWAYS (JSON_ENSURE_ASCII | JSON_ENCODE_ANY)

void json_print(const json_t *value, enum ctl_format format)
{
	ctl_must(json_dumpf(value, stdout, ALWAYS | (format == FORMAT_LINES ? JSON_COMPACT : JSON_INDENT(2))));
	putchar('\n');
}

void json_list_add(struct json_list *l, const json_t *value)
{
	if (l->format == FORMAT_JSON)
		fputs(l->count == 0 ? "[\n" : ",\n", stdout);
	ctl_must(json_dumpf(value, stdout, ALWAYS | JSON_COMPACT));
	if (l->format == FORMAT_LINES)
		putchar('\n');
	l->count++;
}

void json_list_end(struct json_list *l)
{
	if (l->format == FORMAT_JSON)
		puts(l->count == 0 ? "[]" : "\n]");
}

/* ---- Members ------------------------------------------------------------------------------------------------ */

const char *json_text(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

uint64_t json_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_real(value) ? (uint64_t)json_real_value(value) : (uint64_t)json_integer_value(value);
}
