/* SPDX-License-Identifier: MIT */
/*
 * impl: what the parts of the control API share.
 *
 *	bus.c          birth and end; what happens in the driver becomes signals, and answers that clients wait for
 *	bus/socket.c   the private socket: who may come in
 *	bus/client.c   one connection of it: octets in, one request at a time, answers out
 *	bus/system.c   the connection to the system bus
 *	bus/access.c   who may do what
 *	bus/object.c   the objects: paths, interfaces, properties
 *	bus/manager.c, bus/tunnel.c, bus/config.c, bus/trace.c   the methods
 *	bus/list.c, bus/filter.c      lists in pages
 *	bus/signal.c   signals wait here for their readers
 *	bus/pending.c  requests that are answered later
 *	bus/rows.c     fields
 *
 * The law here: nothing waits.  No call of sd-bus is made that asks the other end and waits for its answer, nobody's
 * unread answers grow without bound, and nothing that a client asks for takes longer than a few milliseconds.
 */
#ifndef BUS_IMPL_H
#define BUS_IMPL_H

#include <systemd/sd-bus.h>

#include "base/address.h"
#include "bus.h"
#include "core/events.h"
#include "core/open.h"
#include "rows.h"

#define BUS_NAME "org.l2tpd1"
#define BUS_PATH "/org/l2tpd1"
#define BUS_MANAGER BUS_NAME ".Manager"

#define ERROR_NO_TUNNEL BUS_NAME ".Error.NoSuchTunnel"
#define ERROR_NO_SESSION BUS_NAME ".Error.NoSuchSession"
#define ERROR_NO_PROFILE BUS_NAME ".Error.NoSuchProfile"
#define ERROR_ARGUMENT BUS_NAME ".Error.InvalidArgument"
#define ERROR_ACCESS BUS_NAME ".Error.AccessDenied"
#define ERROR_CONFIG BUS_NAME ".Error.Config"
#define ERROR_FAILED BUS_NAME ".Error.Failed"
#define ERROR_BUSY BUS_NAME ".Error.Busy"
#define ERROR_ALREADY_OPEN BUS_NAME ".Error.AlreadyOpen"
#define ERROR_TIMEOUT BUS_NAME ".Error.Timeout"
#define ERROR_DRAINING BUS_NAME ".Error.Draining"
#define ERROR_NOT_SUPPORTED BUS_NAME ".Error.NotSupported"

struct bus_connection;
struct bus_pending;
struct bus_signals;
struct bus_socket;
struct bus_system;
struct bus_vtables;

enum bus_right { BUS_MAY_READ, BUS_MAY_CHANGE };

/* The object that a request is about, from when its path has been read to the end of the request. */
struct bus_object {
	struct bus_connection *connection;
	const struct bus_class *class;
	union {
		struct view_daemon daemon;
		struct view_profile profile;
		struct view_tunnel tunnel;
		struct view_session session;
	};
};

/* A client that gets signals. */
struct bus_subscriber {
	struct bus_subscriber *next;
	struct bus_connection *connection;
	char *name;               /* on the system bus; NULL */
	uint64_t at;              /* number of the next signal for it */
	uint64_t lost;            /* that it has not been told of */
};

/* What a request comes in by: a private connection, or the system bus for all who are there. */
struct bus_connection {
	struct bus *bus;
	sd_bus *sd;
	enum bus_right right;
	bool system;
	unsigned pending, pending_max; /* requests that wait for their answer */
	char who[32];             /* for the log */
	struct bus_object object;
	void (*wake)(struct bus_connection *c); /* there is something to send */
};

struct bus {
	sd_event *event;
	struct driver *driver;
	struct watcher watcher;
	struct bus_rows session_rows;
	struct bus_vtables *vtables;
	struct bus_socket *socket;
	struct bus_system *system;
	struct bus_signals *signals;
	struct bus_pending *pending;
};

/* ---- Objects and methods (bus/object.c) ---------------------------------------------------------------------- */

struct bus_method {
	const char *name, *in, *out;
	const char *names;        /* of the arguments, in and out, each with a NUL behind it */
	enum bus_right right;
	/* Answers, or arranges for an answer; a negative errno or *error: the request has failed. */
	int (*call)(struct bus_object *o, sd_bus_message *m, sd_bus_error *error);
};

struct bus_signal {
	const char *name, *signature, *names;
};

struct bus_class {
	const char *interface, *path; /* of the object, or with something behind it */
	const struct bus_rows *rows;  /* NULL: the bus's own session_rows */
	size_t view;                  /* offset in struct bus_object */
	const struct bus_method *methods;
	size_t n_methods;
	const struct bus_signal *signals;
	size_t n_signals;
	/* By what follows in the path; false: there is no such object. */
	bool (*find)(struct bus_object *o, const char *path, const char *rest);
	/* Paths of some of them, to be freed; for those who look around. */
	int (*list)(struct bus *b, char ***ret);
};

extern const struct bus_class bus_manager_class, bus_profile_class, bus_tunnel_class, bus_session_class;

/* With the rows of b. */
int bus_vtables_new(const struct bus *b, struct bus_vtables **ret);
void bus_vtables_free(struct bus_vtables *v);
/* Show the objects to those who come by this connection; the vtables must outlive it. */
int bus_object_add(struct bus_connection *c);

/* ---- Methods that several objects have (bus/tunnel.c) -------------------------------------------------------- */

int bus_close(struct bus_object *o, uint32_t tunnel, uint32_t session, sd_bus_message *m, sd_bus_error *error);
int bus_call(struct bus_object *o, uint32_t tunnel, sd_bus_message *m, sd_bus_error *error);
int bus_open(struct bus_object *o, const char *profile, sd_bus_message *m, sd_bus_error *error);
int bus_hang_up(struct bus_object *o, const char *profile, sd_bus_message *m, sd_bus_error *error);
int bus_resume(struct bus_object *o, const char *profile, sd_bus_message *m, sd_bus_error *error);
int bus_count(struct bus_object *o, uint32_t tunnel, uint32_t session, sd_bus_message *m, sd_bus_error *error);

/* bus/trace.c */
int bus_trace(struct bus_object *o, uint32_t tunnel, sd_bus_message *m, sd_bus_error *error);

/* ---- The configuration (bus/config.c) ------------------------------------------------------------------------ */

int bus_reload(struct bus_object *o, sd_bus_message *m, sd_bus_error *error);
int bus_get_config(struct bus_object *o, sd_bus_message *m, sd_bus_error *error);
int bus_drain(struct bus_object *o, sd_bus_message *m, sd_bus_error *error);
int bus_append_reloaded(struct bus *b, sd_bus_message *m, const struct event *e);
int bus_append_drained(struct bus *b, sd_bus_message *m, const struct event *e);

/* ---- Reading a{sv} ------------------------------------------------------------------------------------------- */

/* One key that may be there: 'b', 'u' or 's' into what value points to (int, uint32_t, const char *, which is valid as
 * long as the message). */
struct bus_option {
	const char *key;
	char type;
	void *value;
};
/* An unknown key, or one of another type: *error says which. */
int bus_read_options(sd_bus_message *m, const struct bus_option *options, size_t n, sd_bus_error *error);

/* ---- Lists (bus/list.c, bus/filter.c) ------------------------------------------------------------------------ */

int bus_list_tunnels(struct bus_object *o, sd_bus_message *m, sd_bus_error *error);
int bus_list_sessions(struct bus_object *o, sd_bus_message *m, sd_bus_error *error);
int bus_list_profiles(struct bus_object *o, sd_bus_message *m, sd_bus_error *error);

/* A key that kinds of attachments have for fields of theirs. */
struct bus_filter_key {
	const char *key, *value;  /* NULL: any */
	bool address;
	char text[ADDRESS_IP_MAX];
};
#define BUS_FILTER_KEYS_MAX 8

/* What a list is to show; strings are the message's, or point into it: it stays where it is. */
struct bus_filter {
	const char *profile, *state, *host, *interface, *role, *calling_number, *called_number;
	uint32_t tunnel;          /* 0: any */
	struct l2tp_addr peer;    /* family 0: any; port 0: any */
	struct bus_filter_key keys[BUS_FILTER_KEYS_MAX];
	size_t n_keys;
};
int bus_filter_read(const struct bus *b, sd_bus_message *m, bool sessions, struct bus_filter *ret, sd_bus_error *error);
bool bus_filter_tunnel(const struct bus_filter *f, const struct view_tunnel *v);
bool bus_filter_session(const struct bus_filter *f, const struct view_session *v);

/* ---- Signals (bus/signal.c) ---------------------------------------------------------------------------------- */

int bus_signals_new(struct bus *b);
void bus_signals_free(struct bus_signals *s);
/* Does anybody listen? */
bool bus_signals_wanted(const struct bus *b);
/* A signal of the manager, to be filled with arguments and given to bus_signals_send(). */
int bus_signals_begin(struct bus *b, const char *name, sd_bus_message **ret);
void bus_signals_send(struct bus *b, sd_bus_message *m);
/* name: on the system bus, else NULL.  Twice is once.  -EUSERS: there are too many */
int bus_subscribe(struct bus_connection *c, const char *name);
void bus_unsubscribe(struct bus_connection *c, const char *name);
/* All of a connection that ends. */
void bus_unsubscribe_all(struct bus_connection *c);
/* Send what waits for the connection's subscribers, as long as it takes it.  A negative errno: it has broken. */
int bus_signals_flush(struct bus_connection *c);

/* ---- Requests that are answered later (bus/pending.c) -------------------------------------------------------- */

enum bus_wait {
	BUS_WAIT_ANSWER,          /* the driver will call back */
	BUS_WAIT_UP,              /* until the tunnel, its calls and their attachments are up, or one of them has failed */
	BUS_WAIT_SESSION,         /* until the session is established, or closing */
	BUS_WAIT_CLOSE,           /* it has failed and been answered: the tunnel is to be closed */
};
struct bus_pending {
	struct bus_pending *next;
	struct bus *bus;
	struct bus_connection *connection; /* NULL: the client has gone */
	sd_bus_message *request;
	sd_bus_message *reply;             /* begun already, NULL: not */
	enum bus_wait wait;
	uint32_t tunnel, session;

	/* Open with Wait: */
	bool until_up;
	usec_t deadline;
	sd_event_source *timer;
	uint32_t calls, up;                /* as many as there must be, and are: those before the cursor */
	struct l2tp_cursor cursor;
};
/* -EBUSY: the client waits for too many already. */
int bus_pending_new(struct bus_connection *c, sd_bus_message *request, struct bus_pending **ret, sd_bus_error *error);
/* Answer, and forget it.  reason: it has failed. */
void bus_pending_succeed(struct bus_pending *p, uint32_t id);
void bus_pending_fail(struct bus_pending *p, const char *name, const char *text);
void bus_pending_reply(struct bus_pending *p, sd_bus_message *reply); /* NULL: there was no memory for one */
/* What is waited for may have happened already. */
void bus_pending_look(struct bus_pending *p);
void bus_pending_free(struct bus_pending *p);
/* Before it is opened: it will be waited for, so long.  Then: it has this tunnel. */
int bus_pending_until_up(struct bus_pending *p, uint32_t calls, usec_t timeout);
void bus_pending_opened(struct bus_pending *p, uint32_t tunnel);
/* Something has happened that a client may wait for. */
void bus_pending_event(struct bus *b, const struct event *e);
/* The connection ends. */
void bus_pending_orphan(struct bus_connection *c);

/* ---- Ways in ------------------------------------------------------------------------------------------------- */

int bus_socket_new(struct bus *b, const struct bus_options *options);
void bus_socket_free(struct bus_socket *s);

/* bus/access.c: the right of who is at the other end of a socket; a negative errno: none. */
struct bus_access {
	bool group_known;
	gid_t group;
	bool others_read;
};
void bus_access_init(struct bus_access *a, const struct bus_options *options);
/* Of the socket itself. */
int bus_access_set_mode(const struct bus_access *a, const char *path);
int bus_access_check(const struct bus_access *a, int fd, uid_t *ret_uid, enum bus_right *ret);

/* bus/client.c: takes the fd over.  gone() is called once, from the event loop, and frees it. */
struct bus_client;
int bus_client_new(struct bus *b, int fd, uid_t uid, enum bus_right right,
		   void (*gone)(void *ctx, struct bus_client *c), void *ctx, struct bus_client **ret);
void bus_client_free(struct bus_client *c);

int bus_system_new(struct bus *b);
void bus_system_free(struct bus_system *s);

#endif
