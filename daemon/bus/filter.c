/* SPDX-License-Identifier: MIT */
/*
 * filter: which tunnels and sessions a list is to show.  Each test takes a time that is bounded by the lengths of
 * the texts, whatever a client asks for: a pattern knows '*' and '?' and nothing that would be worth trying twice.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "impl.h"
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
static int read_address(struct bus_filter_key *k, sd_bus_error *error)
{
	struct l2tp_addr a;

	if (address_read_ip(k->value, INTERFACE_OPTIONAL, &a))
		return sd_bus_error_setf(error, ERROR_ARGUMENT, "%s is \"%.64s\"; allowed: an IPv4 or IPv6 address",
					 k->key, k->value);
	k->value = address_ip_text(&a, k->text);
	return 0;
}

static bool has_key(const struct bus_filter *f, const char *key)
{
	for (size_t i = 0; i < f->n_keys; i++)
		if (strcmp(f->keys[i].key, key) == 0)
			return true;
	return false;
}

/* What the kinds of attachments have. */
static void add_keys(const struct driver *d, struct bus_filter *ret)
{
	for (const struct attachment_class *const *kind = driver_attachments(d); *kind; kind++) {
		for (const struct attachment_field *f = (*kind)->fields; f && f->name; f++) {
			if (!f->filter || has_key(ret, f->filter))
				continue;
			assert(ret->n_keys < BUS_FILTER_KEYS_MAX);
			ret->keys[ret->n_keys++] = (struct bus_filter_key){ .key = f->filter, .address = f->type == 'a' };
		}
	}
}

enum { OF_BOTH = 5, OF_ALL = 9 }; /* keys of tunnels and sessions, and of all that sessions have themselves */

int bus_filter_read(const struct bus *b, sd_bus_message *m, bool sessions, struct bus_filter *ret, sd_bus_error *error)
{
	const char *peer = NULL;
	struct bus_option keys[OF_ALL + BUS_FILTER_KEYS_MAX] = {
		{ "Profile", 's', &ret->profile },
		{ "State", 's', &ret->state },
		{ "Peer", 's', &peer },
		{ "PeerHostName", 's', &ret->host },
		{ "Tunnel", 'u', &ret->tunnel },
		/* of sessions only: */
		{ "Interface", 's', &ret->interface },
		{ "Role", 's', &ret->role },
		{ "CallingNumber", 's', &ret->calling_number },
		{ "CalledNumber", 's', &ret->called_number },
	};
	int r;

	if (sessions)
		add_keys(b->driver, ret);
	for (size_t i = 0; i < ret->n_keys; i++)
		keys[OF_ALL + i] = (struct bus_option){ ret->keys[i].key, 's', &ret->keys[i].value };
	r = bus_read_options(m, keys, sessions ? OF_ALL + ret->n_keys : OF_BOTH, error);
	if (r >= 0 && peer && !parse_peer(peer, &ret->peer))
		return sd_bus_error_setf(error, ERROR_ARGUMENT,
					 "Peer is \"%.64s\"; allowed: an address, or address:port", peer);
	for (size_t i = 0; r >= 0 && i < ret->n_keys; i++)
		if (ret->keys[i].address && ret->keys[i].value)
			r = read_address(&ret->keys[i], error);
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

/* One of the fields that the key is for; where the session has none, it is "". */
static bool match_key(const struct bus_filter_key *k, const struct attachment *a)
{
	const struct attachment_field *f = a ? a->class->fields : NULL;
	char is[BUS_TEXT_MAX] = "";
	bool found = false;

	for (; k->value && f && f->name; f++) {
		if (!f->filter || strcmp(f->filter, k->key) != 0)
			continue;
		found = true;
		f->get(a, is, sizeof(is));
		if (strcmp(is, k->value) == 0)
			return true;
	}
	return !k->value || (!found && !k->value[0]);
}

static bool match_keys(const struct bus_filter *f, const struct attachment *a)
{
	for (size_t i = 0; i < f->n_keys; i++)
		if (!match_key(&f->keys[i], a))
			return false;
	return true;
}

bool bus_filter_session(const struct bus_filter *f, const struct view_session *v)
{
	const struct l2tp_call_info *call = v->info.call;

	return (!f->tunnel || f->tunnel == v->info.tunnel_id) && same(f->profile, v->profile) &&
	       same(f->state, v->info.state) && match_peer(&f->peer, &v->tunnel.peer) &&
	       match_host(f->host, v->tunnel.peer_host_name) && same(f->interface, v->attachment.interface) &&
	       same(f->role, v->info.lns ? "lns" : "lac") &&
	       same_span(f->calling_number, call->calling_number) && same_span(f->called_number, call->called_number) &&
	       match_keys(f, v->attachment.attachment);
}
