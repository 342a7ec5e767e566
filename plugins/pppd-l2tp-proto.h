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

#define PPPD_L2TP_VERSION 0x6c320002u /* "l2", 2 */

enum pppd_l2tp_event {
	PPPD_L2TP_LCP = 1,  /* LCP has been agreed on, for the first time or again */
	PPPD_L2TP_AUTH,     /* authentication is over, peer_name is set if the peer had to */
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

enum pppd_l2tp_side { PPPD_L2TP_NEITHER, PPPD_L2TP_LOCAL, PPPD_L2TP_PEER };

/* Why the link ended, as far as its frames show. */
enum pppd_l2tp_failure {
	PPPD_L2TP_UNTOLD,
	PPPD_L2TP_TERMINATED,      /* LCP Terminate-Request; side: the sender */
	PPPD_L2TP_TIMEOUT,         /* the negotiation of the protocol timed out */
	PPPD_L2TP_SILENCE,         /* the peer sent no LCP frame */
	PPPD_L2TP_ENCRYPTION,      /* refused; side: the one that required it */
	PPPD_L2TP_CALLBACK,        /* refused; side: the one that required it */
	PPPD_L2TP_AUTH_REFUSED,    /* refused; side: the one that required it */
	PPPD_L2TP_AUTH_FAILED,     /* side: the one that required it */
	PPPD_L2TP_NO_NETWORK,      /* none was left; protocol: the last one rejected, 0: there was none */
	PPPD_L2TP_ADDRESS_DISPUTE, /* side: the one that sent too many Configure-Naks */
	PPPD_L2TP_ADDRESS_REFUSED, /* side: whose address */
};

struct pppd_l2tp_end {
	uint16_t failure;  /* enum pppd_l2tp_failure */
	uint16_t protocol; /* PPP's number, where the failure is one of a protocol */
	uint32_t side;     /* enum pppd_l2tp_side */
};

/* LCP options as in a Configure-Request; a longer request is not kept. */
#define PPPD_L2TP_OPTIONS_MAX 254
#define PPPD_L2TP_OPTIONS_NOT_KEPT UINT16_MAX
struct pppd_l2tp_options {
	uint16_t len; /* or that word */
	uint8_t octets[PPPD_L2TP_OPTIONS_MAX];
};

#define PPPD_L2TP_TOKEN_SIZE 16

/* Options that the plugin gives pppd, for what pppd's own cannot say of its LCP: whether to ask the peer for a thing,
 * and whether to grant it to the peer. */
#define PPPD_L2TP_WANT_NO_ACCM "l2tp-want-no-accm"
#define PPPD_L2TP_WANT_PFC "l2tp-want-pfc"
#define PPPD_L2TP_WANT_ACFC "l2tp-want-acfc"
#define PPPD_L2TP_REJECT_MRU "l2tp-reject-mru"
#define PPPD_L2TP_REJECT_ACCM "l2tp-reject-accm"
#define PPPD_L2TP_REJECT_PFC "l2tp-reject-pfc"
#define PPPD_L2TP_REJECT_ACFC "l2tp-reject-acfc"

struct pppd_l2tp_report {
	uint32_t version; /* PPPD_L2TP_VERSION */
	uint32_t event;   /* enum pppd_l2tp_event */
	uint8_t token[PPPD_L2TP_TOKEN_SIZE];
	uint32_t stage;   /* enum pppd_l2tp_stage, the highest reached */
	uint32_t flags;   /* enum pppd_l2tp_flags */
	struct pppd_l2tp_end end; /* EXIT */
	struct pppd_l2tp_options lcp_sent, lcp_received; /* from LCP on: the last Configure-Requests */
	int32_t status;   /* EXIT: the cause as an exit status of pppd; more precise than what the process returns */
	uint8_t local_ipv4[4], remote_ipv4[4]; /* network order */
	uint8_t local_id[8], remote_id[8];     /* interface identifiers of IPv6 */
	char interface[16];  /* NUL-terminated */
	char peer_name[256]; /* NUL-terminated, as the peer spelled it */
};

_Static_assert(sizeof(struct pppd_l2tp_report) == 852, "no padding");

#endif
