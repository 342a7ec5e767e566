/* SPDX-License-Identifier: MIT */
/*
 * attachment: the other end of a session: what the kernel's session is connected to.  Each kind is one row of functions
 * in attach/, which main.c registers; nobody else knows which kinds there are.
 *
 * A session asks its kind in this order:
 *
 *	prepare   before the kernel's session is made: what is it to be?
 *	start     the session is established
 *	stop      it ends; answered with attachment_stopped(), once, also when it was never started
 *	free      nothing is left of the session
 */
#ifndef ATTACHMENT_H
#define ATTACHMENT_H

#include <systemd/sd-event.h>

#include "config/config.h"
#include "decide.h"
#include "l2tp.h"

struct attachment;
struct attachment_kind;
struct dataplane_session;
struct fdstore;
struct link;
struct session;
struct workers;

/* What a kind knows of its session.  Pointers stay valid as long as the attachment, but for call: during start(). */
struct attachment_session {
	uint32_t tunnel_id, peer_tunnel_id, session_id, peer_session_id;
	bool lns;
	bool sequenced;                      /* all its data carries numbers */
	struct l2tp_addr local, peer;
	const struct l2tp_call_info *call;
	struct l2tp_span peer_host_name;
	struct decision *decision;
	struct session *session;             /* that hears from it */
};

/* Why it ended. */
struct attachment_end {
	struct l2tp_reason reason;           /* for the CDN */
	const char *text;                    /* a sentence; NULL: there is nothing to say */
	size_t cause;                        /* the kind's own number for it: see attachment_class.causes */
};

enum attachment_phase { ATTACHMENT_NONE, ATTACHMENT_WAITING, ATTACHMENT_STARTING, ATTACHMENT_UP, ATTACHMENT_STOPPING };

enum { ATTACHMENT_IS_UP = 1 };

/* One more thing that an operator sees of a session with an attachment of this kind. */
struct attachment_field {
	const char *name;                    /* as the control API has it: "LocalAddress" */
	/* 's': text; 'a': text, an IP address; 'u': number; 'p': text, the phase: without get */
	char type;
	/* The text into buf, or the number. */
	uint32_t (*get)(const struct attachment *a, char *buf, size_t size);
	const char *filter;                  /* a text's: the key by which lists are filtered for it; NULL: they are not */
	const char *absent;                  /* a text's, of sessions without an attachment of this kind; NULL: "" */
};

/* A metric of a kind, as in l2tpd-metrics(7), without the suffix that its type adds to the name. */
struct attachment_metric {
	const char *name, *help;
};

struct attachment_metrics {
	struct attachment_metric starts, ends;         /* counters, by profile and by cause */
	struct attachment_metric starting, up;         /* gauges, by profile */
	struct attachment_metric setup;                /* histogram, by profile: from start() until it is up */
	const char *cause;                             /* label of ends, with class->causes as its values */
};

struct attachment_view {
	const char *kind;                    /* "" where there is none */
	enum attachment_phase phase;
	char interface[16];                  /* "": none, or not known yet */
	const struct attachment *attachment; /* whose class has more fields; NULL: none */
};

/* What will fail, a line for each profile; NULL-terminated. */
typedef void (*attachment_tried)(void *ctx, char *const *warnings);

struct attachment_class {
	const char *name;                    /* "pppd" */
	/* What the kind has for all its attachments; options: the configuration in force.  Failures have been logged. */
	int (*kind_new)(struct attachment_kind *k);
	void (*kind_free)(struct attachment_kind *k);
	/* Another configuration comes into force.  prepare: what may fail; NULL: nothing does */
	int (*kind_set)(struct attachment_kind *k, const struct config *config);
	/* It is in force: try whether it will do, and tell the log.  NULL: there is nothing to try */
	void (*kind_try)(struct attachment_kind *k);
	/* Tell this one, too, once, from the event loop.  false: nothing is being tried, and done is not called */
	bool (*kind_await)(struct attachment_kind *k, attachment_tried done, void *ctx);

	size_t size;                         /* of what begins with a struct attachment */
	/* Fill in what the data path is to make (pppox wanted, ...).  Negative errno: it cannot be. */
	int (*prepare)(struct attachment *a, struct dataplane_session *spec);
	/* 0: attachment_up() follows; ATTACHMENT_IS_UP: it has no life of its own: its view is always up, and it is neither
	 * started nor stopped */
	int (*start)(struct attachment *a);
	void (*stop)(struct attachment *a);
	/* The decision has been amended while it runs.  NULL: takes no notice */
	int (*change)(struct attachment *a, const struct decision *d);
	/* LAC: the LNS has told of the link.  NULL: takes no notice */
	void (*link)(struct attachment *a, const struct l2tp_link_info *link);
	void (*view)(const struct attachment *a, struct attachment_view *ret);
	void (*free)(struct attachment *a);  /* what it has beside itself; NULL: nothing */

	const struct attachment_field *fields; /* ends with a name of NULL; NULL: none */
	const char *const *causes;           /* words for attachment_end.cause; ends with NULL; NULL: none */
	const char *event;                   /* "ppp": subscribers hear of "ppp-up" and "ppp-down"; NULL: of neither */
	const struct attachment_metrics *metrics; /* NULL: it has none */
};

/* A kind, as the daemon has it. */
struct attachment_kind {
	const struct attachment_class *class;
	sd_event *event;
	struct workers *workers;
	const struct config *config;         /* in force */
	struct link *link;                   /* NULL: no kernel data path */
	struct fdstore *fds;                 /* with the sessions' pppox */
	void *all;                           /* the kind's own */
};

struct attachment {
	const struct attachment_class *class;
	struct attachment_kind *kind;
	struct attachment_session session;
};

/* ---- What an attachment tells its session, from the event loop, never from within prepare, start or stop --------- */

/* It carries packets; again: more of them. */
void attachment_up(struct attachment *a);
/* It has found out who the user at the other end is (decider.h); once more while that is being decided: ignored. */
void attachment_user(struct attachment *a, const char *user);
/* The last word: the struct is gone behind it. */
void attachment_stopped(struct attachment *a, const struct attachment_end *end);
/* LNS: what has been agreed on with the remote system, for the LAC's end of the link. */
void attachment_tell_link(struct attachment *a, const struct l2tp_link_info *link);

#endif
