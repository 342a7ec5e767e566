/* SPDX-License-Identifier: MIT */
/*
 * destinations: see destinations.h.  Only positions are kept, no address: a name is resolved anew for each attempt, and
 * may have more of them than before, or fewer.
 *
 * Called by dial.c.
 */
#include "destinations.h"

#include "base/server.h"

const char *destinations_name(const struct destinations *d, const struct config_profile *p)
{
	return p->servers[d->server];
}

const struct l2tp_addr *destinations_pick(const struct destinations *d, const struct l2tp_addr *addrs, size_t n)
{
	return &addrs[d->address < n ? d->address : 0]; /* it may have had more of them before */
}

void destinations_advance(struct destinations *d, const struct config_profile *p, size_t n)
{
	d->fresh = true;
	if (++d->address < n)
		return;
	d->address = 0;
	if (p->servers[++d->server])
		return;
	d->server = 0;
	d->fresh = false;
}

bool destinations_find(const struct config_profile *p, const struct config_profile *old, size_t server, size_t *ret)
{
	for (size_t i = 0; p->servers[i]; i++) {
		if (server_same(p->servers[i], p->server_port, old->servers[server], old->server_port)) {
			*ret = i;
			return true;
		}
	}
	return false;
}
