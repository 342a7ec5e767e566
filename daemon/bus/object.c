/* SPDX-License-Identifier: MIT */
/*
 * object: the objects of the control API: paths, interfaces, properties, and the way of a call to its method.
 *
 * No object is registered one by one: each class is one vtable for all paths below a prefix, and find() looks whether
 * the tunnel or session in the path exists.  The vtables that sd-bus wants are made of the tables of fields
 * (bus/rows.c) and of methods, once, and serve all connections.
 *
 * sd-bus would ask the system bus about the rights of a caller, and wait for the answer, for each method that is not
 * marked as unprivileged: so all are, and call() below decides.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "base/log.h"

static const struct bus_class *const classes[] = { &bus_manager_class, &bus_profile_class, &bus_tunnel_class,
						   &bus_session_class };
#define CLASSES (sizeof(classes) / sizeof(classes[0]))

struct bus_vtables {
	sd_bus_vtable *tables[CLASSES];
};

static const struct bus_rows *rows_of(const struct bus *b, const struct bus_class *c)
{
	return c->rows ? c->rows : &b->session_rows;
}

/* ---- What sd-bus calls --------------------------------------------------------------------------------------- */

static const struct bus_class *class_of(const char *interface)
{
	for (size_t i = 0; i < CLASSES; i++)
		if (strcmp(classes[i]->interface, interface) == 0)
			return classes[i];
	return NULL;
}

/* What follows the prefix, without the slash; NULL: the path is not below it. */
static const char *rest_of(const char *path, const char *prefix)
{
	size_t len = strlen(prefix);

	if (strncmp(path, prefix, len) != 0)
		return NULL;
	return path[len] == '/' ? path + len + 1 : path[len] ? NULL : path + len;
}

static int find(sd_bus *sd, const char *path, const char *interface, void *userdata, void **ret_found,
		sd_bus_error *error)
{
	struct bus_connection *c = userdata;
	const struct bus_class *class = class_of(interface);
	const char *rest = class ? rest_of(path, class->path) : NULL;

	(void)sd, (void)error;
	if (!rest)
		return 0;
	c->object = (struct bus_object){ .connection = c, .class = class };
	if (!class->find(&c->object, path, rest))
		return 0;
	*ret_found = &c->object;
	return 1;
}

static int get(sd_bus *sd, const char *path, const char *interface, const char *property, sd_bus_message *reply,
	       void *userdata, sd_bus_error *error)
{
	const struct bus_object *o = userdata;
	const struct bus *b = o->connection->bus;

	(void)sd, (void)path, (void)interface, (void)error;
	return bus_rows_append_field(rows_of(b, o->class), property, reply, b->driver, (const char *)o + o->class->view);
}

static int call(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	struct bus_object *o = userdata;
	const struct bus_method *method = o->class->methods;
	const char *name = sd_bus_message_get_member(m), *sender = sd_bus_message_get_sender(m);

	while (strcmp(method->name, name) != 0)
		method++; /* it is there: sd-bus has found it in the vtable */
	if (method->right > o->connection->right)
		return sd_bus_error_setf(error, ERROR_ACCESS, "%s is for root and the members of api-group", name);
	if (method->right == BUS_MAY_CHANGE)
		log_event(LOG_INFO, CLASS_NEUTRAL, NULL, "%s asks for %s of %s",
			  o->connection->system && sender ? sender : o->connection->who, name,
			  sd_bus_message_get_path(m));
	return method->call(o, m, error);
}

static int list(sd_bus *sd, const char *prefix, void *userdata, char ***ret_nodes, sd_bus_error *error)
{
	struct bus_connection *c = userdata;

	(void)sd, (void)error;
	for (size_t i = 0; i < CLASSES; i++)
		if (classes[i]->list && strcmp(classes[i]->path, prefix) == 0)
			return classes[i]->list(c->bus, ret_nodes);
	return 0;
}

/* ---- Vtables ------------------------------------------------------------------------------------------------- */

static sd_bus_vtable *make_vtable(const struct bus_class *c, const struct bus_rows *rows)
{
	sd_bus_vtable *table = calloc(rows->n + c->n_methods + c->n_signals + 2, sizeof(*table)), *v = table;

	if (!table)
		return NULL;
	*v++ = (sd_bus_vtable)SD_BUS_VTABLE_START(0);
	for (size_t i = 0; i < rows->n; i++)
		*v++ = (sd_bus_vtable)SD_BUS_PROPERTY(rows->fields[i].name, rows->fields[i].kind->signature, get, 0, 0);
	for (size_t i = 0; i < c->n_methods; i++)
		*v++ = (sd_bus_vtable)SD_BUS_METHOD_WITH_NAMES(c->methods[i].name, c->methods[i].in, c->methods[i].names,
							       c->methods[i].out, , call, SD_BUS_VTABLE_UNPRIVILEGED);
	for (size_t i = 0; i < c->n_signals; i++)
		*v++ = (sd_bus_vtable)SD_BUS_SIGNAL_WITH_NAMES(c->signals[i].name, c->signals[i].signature,
							       c->signals[i].names, 0);
	*v = (sd_bus_vtable)SD_BUS_VTABLE_END;
	return table;
}

int bus_vtables_new(const struct bus *b, struct bus_vtables **ret)
{
	struct bus_vtables *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < CLASSES; i++) {
		v->tables[i] = make_vtable(classes[i], rows_of(b, classes[i]));
		if (!v->tables[i]) {
			bus_vtables_free(v);
			return -ENOMEM;
		}
	}
	*ret = v;
	return 0;
}

void bus_vtables_free(struct bus_vtables *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < CLASSES; i++)
		free(v->tables[i]);
	free(v);
}

int bus_object_add(struct bus_connection *c)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < CLASSES; i++) {
		r = sd_bus_add_fallback_vtable(c->sd, NULL, classes[i]->path, classes[i]->interface,
					       c->bus->vtables->tables[i], find, c);
		if (r >= 0 && classes[i]->list)
			r = sd_bus_add_node_enumerator(c->sd, NULL, classes[i]->path, list, c);
	}
	return r;
}

/* ---- a{sv} --------------------------------------------------------------------------------------------------- */

static int read_option(sd_bus_message *m, const struct bus_option *options, size_t n, sd_bus_error *error)
{
	const struct bus_option *o = NULL;
	const char *key, *type;
	int r = sd_bus_message_read_basic(m, 's', &key);

	if (r < 0 || (r = sd_bus_message_peek_type(m, NULL, &type)) < 0)
		return r;
	for (size_t i = 0; i < n && !o; i++)
		if (strcmp(options[i].key, key) == 0)
			o = &options[i];
	if (!o)
		return sd_bus_error_setf(error, ERROR_ARGUMENT, "unknown key \"%.64s\"; see l2tpd-bus(5)", key);
	if (strcmp(type, (char[2]){ o->type }) != 0)
		return sd_bus_error_setf(error, ERROR_ARGUMENT, "%s is of type %c, not %.64s", key, o->type, type);
	if ((r = sd_bus_message_enter_container(m, 'v', type)) < 0 ||
	    (r = sd_bus_message_read_basic(m, o->type, o->value)) < 0)
		return r;
	return sd_bus_message_exit_container(m);
}

int bus_read_options(sd_bus_message *m, const struct bus_option *options, size_t n, sd_bus_error *error)
{
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		r = read_option(m, options, n, error);
		if (r >= 0)
			r = sd_bus_message_exit_container(m);
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}
