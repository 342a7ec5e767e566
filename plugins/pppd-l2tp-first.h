/* SPDX-License-Identifier: MIT */
/*
 * pppd-l2tp-first: reads what arrived on a session before pppd was ready.
 *
 * No pppd header is needed here: the tests feed it frames.
 */
#ifndef PPPD_L2TP_FIRST_H
#define PPPD_L2TP_FIRST_H

#include <sys/types.h>

#define FIRST_SIZE (2 + 1500) /* PPP protocol, LCP packet */

/* Empty the socket's queue.  The newest LCP Configure-Request is left in request; returns its length, 0: none came. */
ssize_t first_request(int fd, unsigned char request[FIRST_SIZE]);

#endif
