/* SPDX-License-Identifier: MIT */
/*
 * client: the connection to the daemon's private socket, calls on it, and what their errors mean.
 *
 * There is no bus daemon behind that socket: no names, no Hello, peer to peer.  The daemon checks our credentials when
 * it accepts the connection, and closes it at once if we are not permitted.  The table below maps D-Bus errors to an
 * exit status; their text comes from the daemon.
 */
#include "ctl.h"
#include "text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct {
	const char *name;
	enum status status;
	const char *text; /* NULL: the text of the error */
} errors[] = {
	{ "org.l2tpd1.Error.NoSuchTunnel", STATUS_NOT_FOUND },
	{ "org.l2tpd1.Error.NoSuchSession", STATUS_NOT_FOUND },
	{ "org.l2tpd1.Error.NoSuchProfile", STATUS_NOT_FOUND },
	{ SD_BUS_ERROR_UNKNOWN_OBJECT, STATUS_NOT_FOUND,
	  "no such object; to list them: l2tpctl show tunnels, show sessions or show profiles" },
	{ "org.l2tpd1.Error.InvalidArgument", STATUS_USAGE },
	{ "org.l2tpd1.Error.Timeout", STATUS_TIMEOUT },
	{ "org.l2tpd1.Error.AccessDenied", STATUS_DENIED },
	{ SD_BUS_ERROR_ACCESS_DENIED, STATUS_DENIED },
	{ SD_BUS_ERROR_NO_REPLY, STATUS_TIMEOUT, "timed out waiting for the daemon" },
	{ SD_BUS_ERROR_TIMEOUT, STATUS_TIMEOUT, "timed out waiting for the daemon" },
	{ SD_BUS_ERROR_UNKNOWN_METHOD, STATUS_FAILED,
	  "l2tpd does not support this request: it is older than l2tpctl" },
};

int ctl_must(int r)
{
	if (r < 0) {
		fprintf(stderr, "l2tpctl: %s\n", strerror(-r));
		exit(STATUS_FAILED);
	}
	return r;
}

void *ctl_must_ptr(void *p)
{
	ctl_must(p ? 0 : -ENOMEM);
	return p;
}

/* The mistakes of a configuration are a line each. */
static void print_lines(const char *text)
{
	char *copy = ctl_must_ptr(strdup(text)), *rest = copy;

	for (char *line; (line = strsep(&rest, "\n"));) {
		char *harmless = ctl_must_ptr(text_escape(line));

		if (*line || line == copy)
			fprintf(stderr, "l2tpctl: %s\n", harmless);
		free(harmless);
	}
	free(copy);
}

enum status ctl_complain(const sd_bus_error *e)
{
	const char *text = e->message ? e->message : e->name;
	enum status status = STATUS_FAILED;

	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (sd_bus_error_has_name(e, errors[i].name)) {
			status = errors[i].status;
			text = errors[i].text ? errors[i].text : text;
		}
	}
	print_lines(text);
	return status;
}

static enum status complain_socket(const struct ctl *c, int err)
{
	switch (err) {
	case -ENOENT:
	case -ECONNREFUSED:
		fprintf(stderr, "l2tpctl: no daemon answers at %s; to start it: systemctl start l2tpd\n", c->socket);
		return STATUS_UNREACHABLE;
	case -EACCES:
	case -EPERM:
		fprintf(stderr, "l2tpctl: permission denied: %s; run as root or as a member of the group l2tpd\n",
			c->socket);
		return STATUS_DENIED;
	default:
		fprintf(stderr, "l2tpctl: %s: %s\n", c->socket, strerror(-err));
		return STATUS_UNREACHABLE;
	}
}

enum status ctl_gone(const struct ctl *c)
{
	if (c->answered || geteuid() == 0) {
		fputs("l2tpctl: l2tpd closed the connection: it stopped, or l2tpctl read too slowly\n", stderr);
		return STATUS_UNREACHABLE;
	}
	return complain_socket(c, -EACCES);
}

/* A negative errno, also of connect(). */
static int open_socket(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

static bool is_gone(int err)
{
	return err == -ECONNRESET || err == -ENOTCONN || err == -EPIPE || err == -ESHUTDOWN;
}

static enum status connect_daemon(struct ctl *c)
{
	int fd, r;

	if (c->bus)
		return STATUS_OK;
	fd = open_socket(c->socket);
	if (fd < 0)
		return complain_socket(c, fd);
	ctl_must(sd_bus_new(&c->bus));
	ctl_must(sd_bus_set_fd(c->bus, fd, fd));
	r = sd_bus_start(c->bus);
	if (is_gone(r))
		return ctl_gone(c);
	ctl_must(r);
	return STATUS_OK;
}

enum status ctl_call_new(struct ctl *c, const char *path, const char *interface, const char *method,
			 sd_bus_message **ret)
{
	enum status status = connect_daemon(c);

	if (status == STATUS_OK)
		ctl_must(sd_bus_message_new_method_call(c->bus, ret, NULL, path, interface, method));
	return status;
}

enum status ctl_method(struct ctl *c, const char *method, sd_bus_message **ret)
{
	return ctl_call_new(c, MANAGER_PATH, MANAGER_INTERFACE, method, ret);
}

enum status ctl_call(struct ctl *c, sd_bus_message *m, uint64_t timeout_usec, sd_bus_message **ret)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	enum status status = STATUS_OK;
	int r = sd_bus_call(c->bus, m, timeout_usec, &error, ret);

	sd_bus_message_unref(m);
	if (r < 0)
		status = is_gone(r) ? ctl_gone(c) : ctl_complain(&error);
	else
		c->answered = true;
	sd_bus_error_free(&error);
	return status;
}
