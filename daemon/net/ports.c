/* SPDX-License-Identifier: MIT */
/* ports: see ports.h.  Called by the driver at start, and by reload. */
#include "ports.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void cannot_listen(const struct config_listen *at, int r, char why[PORTS_WHY_MAX])
{
	char name[L2TP_ADDR_STR_MAX], line[16] = "";

	if (at->line) /* 0: nobody has written it, it is the default */
		snprintf(line, sizeof(line), ":%u", at->line);
	if (at->addr.family)
		(void)l2tp_addr_str(&at->addr, name);
	else
		snprintf(name, sizeof(name), "all addresses, port %u", at->addr.port);
	snprintf(why, PORTS_WHY_MAX, "%s%s: cannot listen on %s: %s%s", at->path, line, name, strerror(-r),
		 r == -EADDRINUSE ? " (another L2TP daemon, or another l2tpd, is running)" :
		 r == -EACCES	  ? " (this needs root or CAP_NET_BIND_SERVICE)" :
				    "");
}

int ports_listen(struct listen *l, const struct config *c, char why[PORTS_WHY_MAX])
{
	int r = 0;

	for (size_t n = 0; n < c->n_listens && r >= 0; n++) {
		const struct config_listen *i = &c->listens[n];

		r = listen_want(l, &i->addr);
		if (r < 0)
			cannot_listen(i, r, why);
	}
	listen_settle(l, r < 0);
	return r;
}
