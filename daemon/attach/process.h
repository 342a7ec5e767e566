/* SPDX-License-Identifier: MIT */
/*
 * process: one pppd for each session, supervised.
 *
 * pppd gets the session's pppox socket, which the store must have until it has ended, and nothing else; our plugin
 * inside it (plugins/pppd-l2tp.c) reports over a private socket what happens; its process is owned through a pidfd.  Starts are paced.  It is ended with SIGTERM,
 * then SIGKILL.
 */
#ifndef PPP_H
#define PPP_H

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>
#include "l2tp.h"

struct ppp;         /* one pppd */
struct ppp_manager; /* all of them */

struct fdstore;

struct ppp_options {
	const char *pppd, *plugin;    /* paths */
	const char *runtime_directory; /* socket ppp.sock and one record for each pppd */
	unsigned starts;              /* started and not yet up, at most; further ones wait */
};

/* What pppd is told.  Strings are copied as needed. */
struct ppp_spec {
	uint32_t tunnel_id, peer_tunnel_id, session_id, peer_session_id;
	bool lns;
	bool trial;                   /* there is no session: pppd only looks at its words */
	const char *profile;
	const char *interface;        /* name of the network interface, NULL: pppN */
	const char *local_address, *remote_address; /* IPv4 or NULL */
	bool ipv6;
	bool sequenced;               /* all data carries numbers: what is lost is noticed */
	unsigned mtu, mru;            /* octets */
	struct l2tp_lcp_wishes lcp;   /* of the LAC's link: as LNS, they lower mtu and mru and come before options */
	char *const *options;         /* NULL-terminated, after ours; NULL: none */
	char *const *environment;     /* NULL-terminated "NAME=value" for pppd's scripts, encoded; NULL: none */
	usec_t setup_timeout;         /* for the first network protocol to be up */
};

/* What is known of a running one. */
struct ppp_status {
	bool up;
	pid_t pid;                                    /* 0: waits for its start */
	char interface[16];
	char local_address[16], remote_address[16];   /* IPv4, "" if there is none */
	char local_ipv6[46], remote_ipv6[46];         /* link-local, "" if there is none */
	char peer_name[128];                          /* as authenticated; escaped */
};

/* Why it ended, as the CDN's result. */
struct ppp_exit {
	int status;                  /* pppd's exit status (pppd(8)); -1: killed by a signal or never started */
	char text[128];              /* a sentence */
	struct l2tp_reason reason;   /* for the CDN; its origin is that of exit.c's row */
};

/* LCP's last Configure-Requests, from their first option on; data NULL: too long to be told. */
struct ppp_lcp {
	struct l2tp_span sent, received;
};

struct ppp_handler {
	void (*up)(void *ctx, const struct ppp_status *status);      /* first, or a further, network protocol is up */
	void (*exited)(void *ctx, const struct ppp_exit *how);       /* last call; the struct ppp is gone after it */
	void (*lcp)(void *ctx, const struct ppp_lcp *lcp);           /* LCP is up, or up again; NULL: no interest */
};

int ppp_manager_new(sd_event *event, const struct fdstore *fds, const struct ppp_options *options,
		    struct ppp_manager **ret);
void ppp_manager_free(struct ppp_manager *m); /* kills what is left and waits for it */
/* For those that are started from now on; options->runtime_directory stays as it was.  -ENOMEM: all does */
int ppp_manager_set(struct ppp_manager *m, const struct ppp_options *options);
/* pppd processes of an earlier run, found by their records and ended; returns their number. */
int ppp_manager_clean(struct ppp_manager *m);

int ppp_start(struct ppp_manager *m, const struct ppp_spec *spec, const struct ppp_handler *handler, void *ctx,
	      struct ppp **ret);
/* Ask it to end; exited() follows in bounded time. */
void ppp_stop(struct ppp *p);
const struct ppp_status *ppp_get_status(const struct ppp *p);

#endif
