/* SPDX-License-Identifier: MIT */
/* report: what the plugin inside pppd sends, checked. */
#ifndef PPP_REPORT_H
#define PPP_REPORT_H

#include <stdbool.h>
#include <sys/types.h>

#include "../../plugins/pppd-l2tp-proto.h"
#include "l2tp.h"

/* What is known of a running one. */
struct ppp_status {
	bool up;
	pid_t pid;                                    /* 0: waits for its start */
	char interface[16];
	char local_address[16], remote_address[16];   /* IPv4, "" if there is none */
	char local_ipv6[46], remote_ipv6[46];         /* link-local, "" if there is none */
	char peer_name[128];                          /* as authenticated; escaped */
};

/* NULL: these bytes are a report that the holder of the token may send, copied to *ret.  Else why not. */
const char *ppp_report_check(const void *bytes, size_t len, const uint8_t token[PPPD_L2TP_TOKEN_SIZE],
			     struct pppd_l2tp_report *ret);

/* The picture that a checked report paints. */
void ppp_report_status(const struct pppd_l2tp_report *r, struct ppp_status *ret);
/* Of a checked report; data NULL: not kept. */
struct l2tp_span ppp_report_options(const struct pppd_l2tp_options *options);

#endif
