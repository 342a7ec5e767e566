/* SPDX-License-Identifier: MIT */
/* exit: how a pppd ended, in a sentence and as the result of a CDN. */
#ifndef PPP_EXIT_H
#define PPP_EXIT_H

#include "process.h"
#include "../../plugins/pppd-l2tp-proto.h"

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
