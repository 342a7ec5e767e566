/* SPDX-License-Identifier: MIT */
/*
 * match: finds the lns profile for a peer by its address and Host Name, and for a call also by what the LAC says of it
 * (RFC 2661 4.4.4, 4.4.5; as policy of RFC 3308 4).  The first profile in the file that matches is used.
 *
 * The text of a peer may contain anything.
 */
#include "config.h"
#include <fnmatch.h>
#include <string.h>
#include "base/address.h"
#include "option.h"

#define VALUE_MAX 1024 /* an AVP's value has at most 1017 octets */

static bool prefix_covers(const struct config_prefix *p, const struct l2tp_addr *a)
{
	unsigned whole = p->bits / 8, rest = p->bits % 8;

	return p->addr.family == a->family && memcmp(p->addr.ip, a->ip, whole) == 0 &&
	       (rest == 0 || (p->addr.ip[whole] ^ a->ip[whole]) >> (8 - rest) == 0) &&
	       (p->addr.scope == 0 || p->addr.scope == a->scope);
}

static bool profile_takes_address(const struct config_profile *p, const struct l2tp_addr *a)
{
	for (size_t i = 0; i < p->n_peers; i++)
		if (prefix_covers(&p->peers[i], a))
			return true;
	return p->n_peers == 0;
}

/* A value with a NUL reads as empty: patterns are not written for it. */
static bool fits(char *const *patterns, struct l2tp_span value, int flags)
{
	char text[VALUE_MAX];
	size_t len = value.len < sizeof(text) ? value.len : 0;

	if (len)
		memcpy(text, value.data, len);
	text[len] = '\0';
	if (strlen(text) != len)
		text[0] = '\0';
	for (char *const *pattern = patterns; pattern && *pattern; pattern++)
		if (fnmatch(*pattern, text, flags) == 0)
			return true;
	return !patterns;
}

static bool profile_takes_peer(const struct config_profile *p, const struct l2tp_addr *peer, struct l2tp_span host_name)
{
	struct l2tp_addr a = *peer;

	address_unmap(&a);
	return !p->lac && profile_takes_address(p, &a) && fits(p->host_names, host_name, FNM_CASEFOLD);
}

/* Private Group ID and Proxy Authen Name come with the ICCN: until then, they may be anything. */
static bool profile_takes_call(const struct config_profile *p, const struct l2tp_call_info *call, bool connected)
{
	const struct config_calls *c = &p->for_calls;

	return fits(c->called_numbers, call->called_number, 0) && fits(c->calling_numbers, call->calling_number, 0) &&
	       fits(c->sub_addresses, call->sub_address, 0) &&
	       (!connected || (fits(c->private_group_ids, call->private_group_id, 0) &&
			       fits(c->proxy_authen_names, call->proxy.authen_name, 0)));
}

bool config_tells_calls_apart(const struct config_profile *p)
{
	const struct config_calls *c = &p->for_calls;

	return c->called_numbers || c->calling_numbers || c->sub_addresses || c->private_group_ids ||
	       c->proxy_authen_names;
}

const struct config_profile *config_match(const struct config *c, const struct l2tp_addr *peer,
					  struct l2tp_span host_name)
{
	for (const struct config_profile *p = c->profiles; p < c->profiles + c->n_profiles; p++)
		if (profile_takes_peer(p, peer, host_name))
			return p;
	return NULL;
}

const struct config_profile *config_match_call(const struct config *c, const struct l2tp_addr *peer,
					       struct l2tp_span host_name, const struct l2tp_call_info *call,
					       bool connected,
					       const struct config_profile *from)
{
	for (const struct config_profile *p = from ? from : c->profiles; p < c->profiles + c->n_profiles; p++)
		if (profile_takes_peer(p, peer, host_name) && profile_takes_call(p, call, connected))
			return p;
	return NULL;
}
