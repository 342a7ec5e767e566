/* SPDX-License-Identifier: MIT */
/*
 * json: converts any D-Bus message to JSON, and prints it.
 */
#ifndef CTL_JSON_H
#define CTL_JSON_H

#include "ctl.h"

/*
 * The next complete value of a message: a{sv} and the like become objects, arrays arrays, a struct an array.  -ENXIO:
 * there is none; -ENOTSUP: of a type that JSON does not have.
 */
int json_read(sd_bus_message *m, json_t **ret);

/* Print one value: with FORMAT_LINES in one line, else indented. */
void json_print(const json_t *value, enum ctl_format format);

/* An array that is written element by element, a line each; with FORMAT_LINES without the brackets. */
struct json_list {
	enum ctl_format format;
	size_t count;
};
void json_list_add(struct json_list *l, const json_t *value);
void json_list_end(struct json_list *l);

/* A member of an object; "" or 0: there is none, or it has another type. */
const char *json_text(const json_t *object, const char *key);
uint64_t json_number(const json_t *object, const char *key);

#endif
