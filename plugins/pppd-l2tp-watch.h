/* SPDX-License-Identifier: MIT */
/*
 * pppd-l2tp-watch: finds the cause of the end of a link in its control frames.
 *
 * pppd shows a plugin each frame that it sends and receives; its exit status alone does not say which protocol failed,
 * or on which side.  No pppd header is needed here: the tests feed it frames.  Flags are uint8_t because bool is not
 * the same type in all versions of pppd's headers.
 */
#ifndef PPPD_L2TP_WATCH_H
#define PPPD_L2TP_WATCH_H

#include <stddef.h>

#include "pppd-l2tp-proto.h"

enum { WATCH_SIDES = PPPD_L2TP_PEER + 1 }; /* arrays by enum pppd_l2tp_side; NEITHER's place is not used */

/* The negotiation of one protocol; by the side that sent. */
struct watch_talk {
	uint8_t asked[WATCH_SIDES], acked[WATCH_SIDES];
	uint8_t refused[WATCH_SIDES];           /* the other's address, with a Configure-Reject */
	uint8_t dropped[WATCH_SIDES];           /* the whole protocol, with a Protocol-Reject */
	unsigned naks[WATCH_SIDES];          /* of the other's address, in a row */
	enum pppd_l2tp_side unwanted;        /* whose address made pppd give up, as it says itself */
};

/* Authentication; by the side that demands it. */
struct watch_auth {
	uint16_t protocol;                   /* 0: none is demanded */
	uint8_t passed, failed;
	uint8_t waiting;                        /* a request has not been answered */
};

enum { WATCH_CCP, WATCH_IPCP, WATCH_IPV6CP, WATCH_TALKS };

struct watch {
	struct pppd_l2tp_options lcp[WATCH_SIDES]; /* of the last Configure-Request */
	uint8_t acked[WATCH_SIDES];             /* the other's last LCP Configure-Request */
	uint8_t open, heard;                    /* LCP: agreed on; at all, from the peer */
	uint16_t auth_refused[WATCH_SIDES];  /* protocol that this side rejected; 0 */
	uint8_t callback_refused[WATCH_SIDES], mppe[WATCH_SIDES]; /* rejected by, asked for by this side */
	enum pppd_l2tp_side terminated;      /* the side that sent the first LCP Terminate-Request */
	uint8_t gave_up;                        /* pppd sent it because no network protocol was left */
	struct watch_auth auth[WATCH_SIDES];
	struct watch_talk talks[WATCH_TALKS];
	int last;                            /* of talks: asked or failed most recently; 0: none, CCP does not count */
	uint16_t unknown;                    /* network protocol of the peer that we rejected, 0 */
};

/* One frame, with or without address and control, that this side sent. */
void watch_frame(struct watch *w, enum pppd_l2tp_side sender, const unsigned char *frame, size_t len);

/* Why the link, which came as far as that, has ended or would if it did now. */
struct pppd_l2tp_end watch_end(const struct watch *w, enum pppd_l2tp_stage stage);

#endif
