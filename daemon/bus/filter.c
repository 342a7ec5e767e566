/* SPDX-License-Identifier: MIT */
/*
 * filter: which tunnels and sessions a list is to show.  Each test takes a time that is bounded by the lengths of
 * the texts, whatever a client asks for: a pattern knows '*' and '?' and nothing that would be worth trying twice.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"
#include "base/address.h"
#include "base/wildcard.h"

static bool parse_peer(const char *s, struct l2tp_addr *ret)
{
	return !address_read(s, 0, INTERFACE_OPTIONAL, ret);
}

static const char *name_of_role(bool sessions, unsigned n)
{
	(void)sessions;
	return n == 0 ? "lac" : n == 1 ? "lns" : NULL;
}

/* A value that nothing can have is a mistake, and no empty list. */
static int check_word(const char *key, const char *word, bool sessions, const char *(*name)(bool sessions, unsigned n),
		      sd_bus_error *error)
{
	char allowed[256];
	size_t len = 0;
	const char *is;

	if (!word)
		return 0;
	for (unsigned n = 0; (is = name(sessions, n)); n++) {
		if (strcmp(word, is) == 0)
			return 0;
		len += (size_t)snprintf(allowed + len, sizeof(allowed) - len, "%s%s", n > 0 ? ", " : "", is);
		assert(len < sizeof(allowed));
	}
	return sd_bus_error_setf(error, ERROR_ARGUMENT, "%s is \"%.64s\"; allowed: %s", key, word, allowed);
}

/* As it is shown, whatever way it was written; a text that is no address is none of any session. */
static int read_address(const char *text, char buf[INET6_ADDRSTRLEN], const char **ret, sd_bus_error *error)
{
	uint8_t ip[sizeof(struct in6_addr)];
	int family = inet_pton(AF_INET, text, ip) == 1 ? AF_INET : AF_INET6;

	if (family == AF_INET6 && inet_pton(AF_INET6, text, ip) != 1)
		return sd_bus_error_setf(error, ERROR_ARGUMENT, "Address is \"%.64s\"; allowed: an IPv4 or IPv6 address",
					 text);
	*ret = inet_ntop(family, ip, buf, INET6_ADDRSTRLEN);
	return 0;
}

int bus_filter_read(sd_bus_message *m, bool sessions, struct bus_filter *ret, sd_bus_error *error)
{
	const char *peer = NULL, *address = NULL;
	const struct bus_option keys[] = {
		{ "Profile", 's', &ret->profile },
		{ "State", 's', &ret->state },
		{ "Peer", 's', &peer },
		{ "PeerHostName", 's', &ret->host },
		{ "Tunnel", 'u', &ret->tunnel },
		/* of sessions only: */
		{ "Interface", 's', &ret->interface },
		{ "Role", 's', &ret->role },
		{ "Address", 's', &address },
		{ "CallingNumber", 's', &ret->calling_number },
		{ "CalledNumber", 's', &ret->called_number },
		{ "UserName", 's', &ret->user },
	};
	enum { OF_BOTH = 5 };
	int r = bus_read_options(m, keys, sessions ? sizeof(keys) / sizeof(keys[0]) : OF_BOTH, error);

	if (r >= 0 && peer && !parse_peer(peer, &ret->peer))
		return sd_bus_error_setf(error, ERROR_ARGUMENT,
					 "Peer is \"%.64s\"; allowed: an address, or address:port", peer);
	if (r >= 0 && address)
		r = read_address(address, ret->address_text, &ret->address, error);
	if (r >= 0)
		r = check_word("State", ret->state, sessions, view_state, error);
	return r < 0 ? r : check_word("Role", ret->role, sessions, name_of_role, error);
}

/* ---- Tests --------------------------------------------------------------------------------------------------- */

static bool same(const char *wanted, const char *is)
{
	return !wanted || strcmp(wanted, is) == 0;
}

/* As it is shown. */
static bool same_span(const char *wanted, struct l2tp_span is)
{
	char buf[BUS_TEXT_MAX];

	return !wanted || strcmp(wanted, bus_text(is, buf)) == 0;
}

static bool match_host(const char *pattern, struct l2tp_span host)
{
	char buf[BUS_TEXT_MAX];

	return !pattern || wildcard_matches(pattern, bus_text(host, buf));
}

static bool match_peer(const struct l2tp_addr *wanted, const struct l2tp_addr *is)
{
	return !wanted->family || address_matches(wanted, is);
}

bool bus_filter_tunnel(const struct bus_filter *f, const struct view_tunnel *v)
{
	return (!f->tunnel || f->tunnel == v->info.tunnel_id) && same(f->profile, v->profile) &&
	       same(f->state, v->info.state) && match_peer(&f->peer, &v->info.peer) &&
	       match_host(f->host, v->info.peer_host_name);
}

bool bus_filter_session(const struct bus_filter *f, const struct view_session *v)
{
	const struct l2tp_call_info *call = v->info.call;

	return (!f->tunnel || f->tunnel == v->info.tunnel_id) && same(f->profile, v->profile) &&
	       same(f->state, v->info.state) && match_peer(&f->peer, &v->tunnel.peer) &&
	       match_host(f->host, v->tunnel.peer_host_name) && same(f->interface, v->status.interface) &&
	       same(f->role, v->info.lns ? "lns" : "lac") &&
	       (same(f->address, v->status.remote_address) || same(f->address, v->status.remote_ipv6)) &&
	       same_span(f->calling_number, call->calling_number) && same_span(f->called_number, call->called_number) &&
	       same(f->user, v->status.peer_name);
}
