/* SPDX-License-Identifier: MIT */
/*
 * process: one pppd for each session, supervised.
 *
 * pppd gets the session's pppox socket, which the store must have until it has ended, and nothing else; our plugin
 * inside it (plugins/pppd-l2tp.c) reports over a private socket what happens; its process is owned through a pidfd.
 * Starts are paced.  It is ended with SIGTERM, then SIGKILL.
 */
#ifndef PPP_H
#define PPP_H

#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "args.h"
#include "exit.h"
#include "report.h"

struct ppp;         /* one pppd */
struct ppp_manager; /* all of them */

struct fdstore;

struct ppp_options {
	const char *pppd, *plugin;    /* paths */
	const char *runtime_directory; /* socket ppp.sock and one record for each pppd */
	unsigned starts;              /* started and not yet up, at most; further ones wait */
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
