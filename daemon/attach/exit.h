/* SPDX-License-Identifier: MIT */
/* exit: how a pppd ended, in a sentence and as the result of a CDN. */
#ifndef PPP_EXIT_H
#define PPP_EXIT_H

#include "../../plugins/pppd-l2tp-proto.h"
#include "l2tp.h"

/* Why it ended, as the CDN's result. */
struct ppp_exit {
	int status;                  /* pppd's exit status (pppd(8)); -1: killed by a signal or never started */
	char text[128];              /* a sentence */
	struct l2tp_reason reason;   /* for the CDN; its origin is that of exit.c's row */
};

enum ppp_cause {
	PPP_EXITED,      /* of itself; number: exit status */
	PPP_KILLED,      /* by a signal that was not ours; number: the signal */
	PPP_STOPPED,     /* we asked for it; number: exit status or -1 */
	PPP_TIMED_OUT,   /* set-up deadline; number: exit status or -1 */
	PPP_NOT_STARTED, /* number: negative errno */
};

/* end: what the frames tell, all zero if nothing is known of them.
 * said: pppd's own words while it started, escaped, "" if there are none: for our own log, not for the peer. */
void ppp_exit_explain(struct ppp_exit *ret, enum ppp_cause cause, int number, enum pppd_l2tp_stage stage,
		      const struct pppd_l2tp_end *end, const char *said);

#endif
