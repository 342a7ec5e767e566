/* SPDX-License-Identifier: MIT */
/*
 * What our plugin inside pppd and the daemon agree on.
 *
 * The daemon starts pppd with two variables in its environment and the session's pppox socket as a file descriptor of
 * known number.  The plugin connects an AF_UNIX SOCK_SEQPACKET socket and sends one struct pppd_l2tp_report for each
 * event; the daemon never answers.  Every report is the whole picture, so a lost one does no harm.  Both ends are of
 * one machine and one build: host byte order.  A report of another size or version is not one.
 */
#ifndef PPPD_L2TP_PROTO_H
#define PPPD_L2TP_PROTO_H

#include <stdint.h>

#define PPPD_L2TP_ENV_SOCKET "L2TPD_PPP_SOCKET" /* path */
#define PPPD_L2TP_ENV_TOKEN "L2TPD_PPP_TOKEN"   /* the token below, in hexadecimal */
#define PPPD_L2TP_FD 3                          /* the pppox */

#define PPPD_L2TP_VERSION 0x6c320001u /* "l2", 1 */

enum pppd_l2tp_event {
	PPPD_L2TP_AUTH = 1, /* authentication is over, peer_name is set if the peer had to */
	PPPD_L2TP_UP,       /* a network protocol came up */
	PPPD_L2TP_DOWN,     /* a network protocol went down */
	PPPD_L2TP_EXIT,     /* last report: pppd ends with this status */
};

/* How far the link has come; for the cause when it fails. */
enum pppd_l2tp_stage {
	PPPD_L2TP_STARTED,      /* the peer has not agreed on LCP */
	PPPD_L2TP_LINK,         /* LCP was up */
	PPPD_L2TP_NETWORK,      /* authenticated, network protocols being negotiated */
	PPPD_L2TP_RUNNING,      /* a network protocol was up */
};

enum pppd_l2tp_flags {
	PPPD_L2TP_IPV4 = 1, /* IPCP is up: addresses valid */
	PPPD_L2TP_IPV6 = 2, /* IPV6CP is up: identifiers valid */
};

#define PPPD_L2TP_TOKEN_SIZE 16

struct pppd_l2tp_report {
	uint32_t version; /* PPPD_L2TP_VERSION */
	uint32_t event;   /* enum pppd_l2tp_event */
	uint8_t token[PPPD_L2TP_TOKEN_SIZE];
	uint32_t stage;   /* enum pppd_l2tp_stage, the highest reached */
	uint32_t flags;   /* enum pppd_l2tp_flags */
	int32_t status;   /* EXIT: why, as pppd's exit status; more to the point than what the process returns */
	uint8_t local_ipv4[4], remote_ipv4[4]; /* network order */
	uint8_t local_id[8], remote_id[8];     /* interface identifiers of IPv6 */
	char interface[16];  /* NUL-terminated */
	char peer_name[256]; /* NUL-terminated, as the peer spelled it */
};

_Static_assert(sizeof(struct pppd_l2tp_report) == 332, "no padding");

#endif
