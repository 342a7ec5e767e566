/* SPDX-License-Identifier: MIT */
/*
 * import_profile: converts sections of xl2tpd to profiles.
 *
 * xl2tpd looks up the secret when it knows both names.  In l2tpd it belongs to a profile, so that an lns becomes one
 * profile for each name of a peer that has a secret, in their order.  The ranges of an lns say which peers it is for;
 * xl2tpd never selects one without ranges, and it is omitted.  Called by import.
 */
#include "import_impl.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/server.h"

#define SECRET_MAX    128
#define NAME_MAX_OURS 63 /* of a section's name */
#define PEER_NAME_MAX 255
#define SERVER_MAX    SERVER_NAME_MAX

static bool name_is_taken(const struct import *im, const char *name)
{
	for (size_t i = 0; i < im->n_names; i++)
		if (strcmp(im->names[i], name) == 0)
			return true;
	return false;
}

/* With characters that are allowed in our names, and a number if the name is taken. */
static const char *name_for(struct import *im, const char *wanted)
{
	enum { NUMBER_ROOM = 8 };
	char base[NAME_MAX_OURS - NUMBER_ROOM + 1], name[NAME_MAX_OURS + 1];
	char **longer = reallocarray(im->names, im->n_names + 1, sizeof(*longer));
	unsigned number = 1;

	if (!longer) {
		im->oom = true;
		return "?";
	}
	im->names = longer;
	snprintf(base, sizeof(base), "%s", *wanted ? wanted : "unnamed");
	for (char *p = base; *p; p++)
		if (!isascii(*p) || (!isalnum((unsigned char)*p) && !strchr("._-", *p)))
			*p = '-';
	snprintf(name, sizeof(name), "%s", base);
	while (name_is_taken(im, name))
		snprintf(name, sizeof(name), "%s-%u", base, ++number);
	longer[im->n_names] = strdup(name);
	im->oom = im->oom || !longer[im->n_names];
	return longer[im->n_names] ? longer[im->n_names++] : "?";
}

/* "challenge" and "hidden bit" need a secret here; in xl2tpd they then fail for every peer. */
static void put_with_secret(struct import *im, const struct xl2tpd_section *s, const char *key, const char *target,
			    bool has_secret)
{
	const struct xl2tpd_line *l = xl2tpd_find(s, key);

	if (import_answer(l) == ANSWER_YES && !has_secret)
		import_note(im, l, "omitted: it needs a secret, and none was found");
	else if (import_answer(l) != ANSWER_NONE)
		import_line(im, "%s = %s", target, import_answer(l) == ANSWER_YES ? "yes" : "no");
}

static void put_secret(struct import *im, const struct xl2tpd_section *s, const struct xl2tpd_secret *secret)
{
	bool good = secret && import_is_writable(secret->secret, SECRET_MAX);

	if (secret && !good)
		import_note_text(im, 0, s->name,
				 "secret omitted: too long, or it contains control characters; use secret-file");
	if (good)
		import_text(im, "secret", secret->secret);
	put_with_secret(im, s, "challenge", "challenge", good);
	put_with_secret(im, s, "hidden bit", "hide-avps", good);
}

static void put_retransmission(struct import *im)
{
	const struct xl2tpd_line *retries = xl2tpd_find(im->global, "max retries");
	const struct xl2tpd_line *cap = xl2tpd_find(im->global, "cap backoff");
	uint32_t n;

	if (retries && import_number(im, retries, 1, 32, &n))
		import_line(im, "retransmit-max = %u", n);
	if (cap && import_number(im, cap, 8, 600, &n))
		import_line(im, "retransmit-cap = %us", n);
}

/* ---- LNS ---------------------------------------------------------------------------------------------------- */

static void put_peers(struct import *im, const struct xl2tpd_section *s, const struct ranges *peers)
{
	bool cut = false;
	size_t n = 0;

	fprintf(im->out, "%*speer = {", (int)(4 * im->indent), "");
	for (size_t i = 0; i < peers->n; i++) {
		struct range left = peers->at[i];
		char text[INET_ADDRSTRLEN];
		bool more = true;

		while (more && n < LIST_MAX) {
			uint32_t first = left.first;
			unsigned bits = range_take_prefix(&left, &more);

			fprintf(im->out, "%s\n%*s'%s/%u'", n++ ? "," : "", (int)(4 * im->indent + 4), "",
				address_ip4_text(first, text), bits);
		}
		cut = cut || more || n + peers->n - i - 1 > LIST_MAX;
	}
	fputc('\n', im->out);
	import_line(im, "}");
	if (cut)
		import_note_text(im, s->number, s->name, "too many ranges of peers: the last ones are omitted");
}

static const char *our_name(const struct import *im, const struct xl2tpd_section *s)
{
	const struct xl2tpd_line *l = xl2tpd_find(s, "hostname");

	return l && *l->value ? l->value : im->in->host_name;
}

static bool is_ours(const struct xl2tpd_secret *secret, const char *us)
{
	return strcmp(secret->us, "*") == 0 || strcasecmp(secret->us, us) == 0;
}

/* A name as a pattern that matches nothing else. */
static void put_peer_name(struct import *im, const char *name)
{
	char pattern[2 * PEER_NAME_MAX + 1], *out = pattern;

	for (; *name; name++) {
		if (strchr("*?[]\\", *name))
			*out++ = '\\';
		*out++ = *name;
	}
	*out = '\0';
	fprintf(im->out, "%*speer-host-name = { ", (int)(4 * im->indent), "");
	import_quoted(im->out, pattern);
	fputs(" }\n", im->out);
}

struct lns {
	const struct xl2tpd_section *section;
	const struct ranges *peers; /* NULL: any */
	const struct pool *pool;
	uint32_t local;
};

static void put_lns_profile(struct import *im, const struct lns *lns, const struct xl2tpd_secret *secret)
{
	const struct xl2tpd_section *s = lns->section;

	import_line(im, "%s", "");
	import_line(im, "lns '%s' {", name_for(im, s->name));
	im->indent++;
	if (lns->peers)
		put_peers(im, s, lns->peers);
	if (secret && strcmp(secret->them, "*") != 0)
		put_peer_name(im, secret->them);
	put_secret(im, s, secret);
	import_options(im, s);
	put_retransmission(im);
	if (xl2tpd_find(s, "rx bps") || xl2tpd_find(s, "tx bps") || xl2tpd_find(s, "bps"))
		import_note_text(im, s->number, s->name, "rx bps, tx bps omitted: the LAC reports the speed of a call");
	import_ppp(im, s, lns->local, lns->pool);
	im->indent--;
	import_line(im, "}");
}

/* xl2tpd selects the secret by the peer's name, in the order of the file; l2tpd selects a profile. */
static void put_lns_profiles(struct import *im, const struct lns *lns)
{
	enum { PROFILES_MAX = 100 };
	const char *us = our_name(im, lns->section);
	const struct xl2tpd_secret *any = NULL;
	size_t n = 0;

	for (size_t i = 0; i < im->n_secrets && !any; i++) {
		const struct xl2tpd_secret *secret = &im->secrets[i];

		if (!is_ours(secret, us))
			continue;
		if (strcmp(secret->them, "*") == 0) {
			any = secret;
		} else if (n == PROFILES_MAX || !import_is_writable(secret->them, PEER_NAME_MAX)) {
			import_note_text(im, secret->number, secret->them,
					 "secret omitted: too many secrets, or not a valid name");
		} else {
			put_lns_profile(im, lns, secret);
			n++;
			im->quiet = true; /* the next one would repeat the notes */
		}
	}
	/* peers without a secret could not answer a challenge */
	if (any || n == 0 || !import_is_yes(lns->section, "challenge"))
		put_lns_profile(im, lns, any);
	im->quiet = false;
}

void import_lns(struct import *im, const struct xl2tpd_section *s)
{
	bool fallback = strcasecmp(s->name, "default") == 0, controlled = import_is_yes(im->global, "access control");
	const struct xl2tpd_line *assign = xl2tpd_find(s, "assign ip");
	struct ranges *peers = calloc(1, sizeof(*peers));
	struct lns lns = { .section = s, .peers = peers };

	if (!peers) {
		im->oom = true;
		return;
	}
	import_line(im, "%s", "");
	import_ranges(im, s, "lac", peers);
	if (fallback && !controlled) {
		if (peers->n || xl2tpd_find(s, "no lac"))
			import_note_text(
				im, s->number, "lac",
				"omitted: without access control = yes, xl2tpd accepts every peer in [lns default]");
		lns.peers = NULL;
	}
	if (lns.peers && !peers->n) {
		import_note_text(im, s->number, s->name,
				 "lns omitted: without lac = ADDRESSES, xl2tpd never selects it");
	} else {
		lns.local = import_local_address(im, s);
		if (import_answer(assign) == ANSWER_NO && xl2tpd_find(s, "ip range"))
			import_note(im, assign, "no pool: pppd gets the addresses from elsewhere");
		else
			lns.pool = import_pool(im, s, lns.local);
		put_lns_profiles(im, &lns);
	}
	free(peers);
}

/* ---- LAC ---------------------------------------------------------------------------------------------------- */

/* Of a line "lns = NAME:PORT"; false: not a name. */
static bool server_of(const struct xl2tpd_line *l, char name[SERVER_MAX + 1], uint32_t *ret_port)
{
	size_t len = strcspn(l->value, ":");
	struct server server;

	snprintf(name, SERVER_MAX + 1, "%.*s", (int)(len < SERVER_MAX ? len : SERVER_MAX), l->value);
	*ret_port = L2TP_PORT;
	if (l->value[len] && (!ctl_number(l->value + len + 1, UINT16_MAX, ret_port) || !*ret_port))
		*ret_port = L2TP_PORT;
	return len <= SERVER_MAX && import_is_writable(name, SERVER_MAX) && !server_read(name, L2TP_PORT, &server);
}

/* The first line with a server's name that can be used; NULL: there is none, or no section. */
static const struct xl2tpd_line *find_server(const struct xl2tpd_section *s)
{
	char name[SERVER_MAX + 1];
	uint32_t port;

	for (size_t i = 0; s && i < s->n_lines; i++)
		if (strcmp(s->lines[i].key, "lns") == 0 && server_of(&s->lines[i], name, &port))
			return &s->lines[i];
	return NULL;
}

static void put_server(struct import *im, const char *name, uint32_t port, uint32_t usual)
{
	char text[SERVER_MAX + sizeof(":65535")];

	snprintf(text, sizeof(text), "%s", name);
	if (port != usual)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), ":%u", (unsigned)port);
	import_quoted(im->out, text);
}

/* That server, and those behind it in its section; "port" is that of the first one. */
static void put_servers(struct import *im, const struct xl2tpd_section *s, const struct xl2tpd_line *first)
{
	char name[SERVER_MAX + 1];
	uint32_t port, other;
	size_t n = 1;

	server_of(first, name, &port);
	fprintf(im->out, "%*sserver = { ", (int)(4 * im->indent), "");
	put_server(im, name, port, port);
	for (const struct xl2tpd_line *l = first + 1; l < s->lines + s->n_lines && n < LIST_MAX; l++) {
		if (strcmp(l->key, "lns") != 0 || !server_of(l, name, &other))
			continue;
		fputs(", ", im->out);
		put_server(im, name, other, port);
		n++;
	}
	fputs(" }\n", im->out);
	if (port != L2TP_PORT)
		import_line(im, "port = %u", port);
	for (const struct xl2tpd_line *l = first + 1; l < s->lines + s->n_lines; l++)
		if (strcmp(l->key, "lns") == 0)
			import_note(im, l,
				    !server_of(l, name, &other)
					    ? "omitted: not a valid server name"
					    : "l2tpd tries it when the server before it fails; xl2tpd does not");
}

/* By our name; the server's host name is known only when it answers.  A line for "*" or for the name to dial is
 * preferred. */
static const struct xl2tpd_secret *lac_secret(struct import *im, const struct xl2tpd_section *s, const char *server)
{
	const struct xl2tpd_secret *first = NULL;
	size_t len = strcspn(server, ":"); /* without the port */
	const char *us = our_name(im, s);

	for (size_t i = 0; i < im->n_secrets; i++) {
		const struct xl2tpd_secret *secret = &im->secrets[i];

		if (!is_ours(secret, us))
			continue;
		if (strcmp(secret->them, "*") == 0 ||
		    (strncasecmp(secret->them, server, len) == 0 && !secret->them[len]))
			return secret;
		first = first ? first : secret;
	}
	if (first)
		import_note_text(im, s->number, s->name,
				 "the secret depends on the host name that the server sends: "
				 "the first one is used");
	return first;
}

static void put_dialling(struct import *im, const struct xl2tpd_section *s)
{
	const struct xl2tpd_line *timeout = xl2tpd_find(s, "redial timeout");
	bool autodial = import_is_yes(s, "autodial"), redial = import_is_yes(s, "redial");
	enum { REDIAL_DEFAULT = 30, DAY = 86400 };
	uint32_t n = REDIAL_DEFAULT;

	import_line(im, "dial = %s", autodial ? "yes" : "no");
	if (!autodial)
		import_line(im, "# to dial: l2tpctl open PROFILE");
	if (autodial && !redial)
		import_note_text(im, s->number, s->name,
				 "autodial without redial: l2tpd redials indefinitely");
	if (!autodial && redial)
		import_note_text(im, s->number, s->name,
				 "redial without autodial: l2tpd does not redial what was opened manually");
	if (redial && timeout && !import_number(im, timeout, 1, DAY, &n))
		n = REDIAL_DEFAULT;
	if (redial) {
		import_line(im, "redial-min = %us", n);
		import_line(im, "redial-max = %us", n);
	}
}

static void put_speeds(struct import *im, const struct xl2tpd_section *s)
{
	static const struct {
		const char *key, *target;
	} speeds[] = { { "tx bps", "tx-connect-speed" }, { "rx bps", "rx-connect-speed" } };

	for (size_t i = 0; i < 2; i++) {
		const struct xl2tpd_line *own = xl2tpd_find(s, speeds[i].key), *both = xl2tpd_find(s, "bps");
		const struct xl2tpd_line *l = own && both ? (own > both ? own : both) : own ? own : both;
		uint32_t n;

		if (l && import_number(im, l, 1, UINT32_MAX, &n))
			import_line(im, "%s = %u", speeds[i].target, n);
	}
}

/* With a listening port, the address is that of listen. */
static void put_source(struct import *im)
{
	char text[INET_ADDRSTRLEN];

	if (im->port)
		import_line(im, "local-port = %u", im->port);
	else
		import_line(im, "local-port = ephemeral");
	if (!im->port && im->address)
		import_line(im, "source = %s", address_ip4_text(im->address, text));
}

void import_lac(struct import *im, const struct xl2tpd_section *s)
{
	const struct xl2tpd_line *own = find_server(s), *server = own ? own : find_server(im->default_lac);

	import_line(im, "%s", "");
	if (!server) {
		import_note_text(im, s->number, s->name, "lac omitted: it has no server (lns = NAME)");
		return;
	}
	import_line(im, "lac '%s' {", name_for(im, s->name));
	im->indent++;
	put_servers(im, own ? s : im->default_lac, server);
	put_source(im);
	put_dialling(im, s);
	put_secret(im, s, lac_secret(im, s, server->value));
	put_speeds(im, s);
	import_options(im, s);
	put_retransmission(im);
	import_ppp(im, s, import_local_address(im, s), NULL);
	im->indent--;
	import_line(im, "}");
}
