/* SPDX-License-Identifier: MIT */
/* args: what a ppp_spec means in words of pppd's command line. */
#ifndef PPPD_ARGS_H
#define PPPD_ARGS_H

#include <stdbool.h>

#include "l2tp.h"

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

/* NULL-terminated, one allocation, argv[0] included.
 * -EINVAL: something in the specification cannot be told to pppd; -ENOMEM */
int pppd_args_new(const struct ppp_spec *spec, const char *plugin, char ***ret);
void pppd_args_free(char **argv); /* NULL is fine */

#endif
