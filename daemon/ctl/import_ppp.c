/* SPDX-License-Identifier: MIT */
/*
 * import_ppp: the ppp section of a profile, and the pools of addresses: from the options that xl2tpd gives pppd on its
 * command line, from the file of options that it names, and from the ranges of addresses.
 *
 * The options in the file are converted one by one: some make no sense here (a serial line), and some are options of
 * l2tpd (mtu).  Pools of l2tpd must not overlap and have one range each.  Called by import_profile.
 */
#include "import_impl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define POOL_MAX (1u << 24) /* addresses of a pool */

/* ---- Words for pppd ----------------------------------------------------------------------------------------- */

struct word {
	const char *text;
	bool begins; /* an option; else an argument of the one before */
};

struct words {
	struct word at[LIST_MAX];
	size_t n;
	uint32_t mtu, mru; /* 0: not said */
	bool ipv6;
};

static void add_word(struct import *im, struct words *w, const char *text, bool begins, unsigned number)
{
	if (w->n == LIST_MAX || !import_is_writable(text, TEXT_MAX_OURS))
		import_note_text(im, number, text,
				 w->n == LIST_MAX ? "omitted: too many options for pppd"
						  : "omitted: too long, or it contains control characters");
	else
		w->at[w->n++] = (struct word){ text, begins };
}

#define NO_TERMINAL "omitted: there is no serial line"
#define SUPERVISED  "omitted: l2tpd starts and stops pppd"

/* clang-format off */
/* The options of pppd that have arguments, and those that are omitted. */
static const struct ppp_word {
	const char *word;
	unsigned n_arguments;
	const char *remark; /* why it is omitted; NULL: it is not */
} ppp_words[] = {
	{ "crtscts", 0, NO_TERMINAL },       { "-crtscts", 0, NO_TERMINAL },  { "nocrtscts", 0, NO_TERMINAL },
	{ "modem", 0, NO_TERMINAL },         { "local", 0, NO_TERMINAL },     { "lock", 0, NO_TERMINAL },
	{ "nolock", 0, NO_TERMINAL },        { "xonxoff", 0, NO_TERMINAL },   { "connect", 1, NO_TERMINAL },
	{ "connect-delay", 1, NO_TERMINAL }, { "disconnect", 1, NO_TERMINAL }, { "asyncmap", 1, NO_TERMINAL },
	{ "nodetach", 0, SUPERVISED },       { "-detach", 0, SUPERVISED },    { "updetach", 0, SUPERVISED },
	{ "persist", 0, SUPERVISED },        { "nopersist", 0, SUPERVISED },  { "maxfail", 1, SUPERVISED },
	{ "holdoff", 1, SUPERVISED },        { "demand", 0, SUPERVISED },
	{ "ifname", 1, "omitted: use the option interface" },
	{ "unit", 1, "omitted: use the option interface = \"ppp%d\"" },
	{ "name", 1, NULL },                 { "user", 1, NULL },             { "password", 1, NULL },
	{ "remotename", 1, NULL },           { "ms-dns", 1, NULL },           { "ms-wins", 1, NULL },
	{ "linkname", 1, NULL },             { "ipparam", 1, NULL },          { "domain", 1, NULL },
	{ "plugin", 1, NULL },               { "file", 1, NULL },             { "call", 1, NULL },
	{ "logfile", 1, NULL },              { "logfd", 1, NULL },            { "idle", 1, NULL },
	{ "maxconnect", 1, NULL },           { "lcp-echo-interval", 1, NULL }, { "lcp-echo-failure", 1, NULL },
	{ "lcp-max-configure", 1, NULL },    { "lcp-max-terminate", 1, NULL }, { "lcp-restart", 1, NULL },
	{ "ipcp-restart", 1, NULL },         { "ipcp-max-configure", 1, NULL }, { "netmask", 1, NULL },
	{ "mppe", 1, NULL },                 { "set", 1, NULL },              { "unset", 1, NULL },
	{ "radius-config-file", 1, NULL },   { "pap-restart", 1, NULL },      { "chap-interval", 1, NULL },
	{ "ipv6", 1, NULL },                 { "defaultroute-metric", 1, NULL }, { "ip-up-script", 1, NULL },
	{ "ip-down-script", 1, NULL },       { "kdebug", 1, NULL },           { "bsdcomp", 1, NULL },
	{ "deflate", 1, NULL },              { "debug", 0, NULL },            { "mtu", 1, NULL },
	{ "mru", 1, NULL },
};
/* clang-format on */

static const struct ppp_word *ppp_word(const char *word)
{
	for (size_t i = 0; i < sizeof(ppp_words) / sizeof(ppp_words[0]); i++)
		if (strcmp(ppp_words[i].word, word) == 0)
			return &ppp_words[i];
	return NULL;
}

/* An option of l2tpd, if the value is in its range. */
static bool take_mtu(struct words *w, const char *word, const char *value)
{
	enum { MTU_MIN = 576, MTU_MAX = 16384 };
	uint32_t n;

	if ((strcmp(word, "mtu") != 0 && strcmp(word, "mru") != 0) || !ctl_number(value, MTU_MAX, &n) || n < MTU_MIN)
		return false;
	*(word[1] == 't' ? &w->mtu : &w->mru) = n;
	return true;
}

/* One option of pppd, with its arguments. */
static void take_ppp_option(struct import *im, struct words *w, const char *word, char **text)
{
	const struct ppp_word *known = ppp_word(word);
	const char *argument = NULL;

	if (known && known->n_arguments)
		argument = xl2tpd_word(text);
	if (known && known->remark) {
		import_note_text(im, 0, word, known->remark);
		return;
	}
	if (argument && take_mtu(w, word, argument))
		return;
	w->ipv6 = (w->ipv6 || strcmp(word, "+ipv6") == 0 || strcmp(word, "ipv6") == 0) && strcmp(word, "noipv6") != 0;
	add_word(im, w, word, true, 0);
	if (argument)
		add_word(im, w, argument, false, 0);
}

/* The contents of the file that pppoptfile names; *ret_text is to be freed after the words. */
static void take_ppp_file(struct import *im, struct words *w, const struct xl2tpd_line *l, char **ret_text)
{
	const char *path = im->path, *option_path = im->in->ppp_options ? im->in->ppp_options : l->value;
	char *word, *text;
	int r = im->in->read(im->in->ctx, option_path, ret_text);

	if (r < 0) {
		char what[128];

		snprintf(what, sizeof(what), "cannot be read (%s): passed to pppd unchanged", strerror(-r));
		import_note(im, l, what);
		add_word(im, w, "file", true, l->number);
		add_word(im, w, l->value, false, l->number);
		return;
	}
	text = *ret_text;
	im->path = option_path;
	while ((word = xl2tpd_word(&text)))
		take_ppp_option(im, w, word, &text);
	im->path = path;
}

/* As xl2tpd: the method counts only if authentication is required. */
static void take_authentication(struct import *im, struct words *w, const struct xl2tpd_section *s)
{
	static const char *const requires[][2] = { { "require pap", "require-pap" },
						   { "require chap", "require-chap" },
						   { "unix authentication", "login" },
						   { "unix auth", "login" } };
	bool asked = import_is_yes(s, "require authentication") || import_is_yes(s, "require auth");

	if (asked)
		add_word(im, w, "auth", true, 0);
	for (size_t i = 0; i < sizeof(requires) / sizeof(requires[0]); i++) {
		if (!import_is_yes(s, requires[i][0]))
			continue;
		if (asked)
			add_word(im, w, requires[i][1], true, 0);
		else
			import_note(im, xl2tpd_find(s, requires[i][0]),
				    "omitted: xl2tpd uses it only with require authentication = yes");
	}
	if (import_is_yes(s, "refuse authentication") || import_is_yes(s, "refuse auth")) {
		add_word(im, w, "refuse-pap", true, 0);
		add_word(im, w, "refuse-chap", true, 0);
	}
}

static void take_words(struct import *im, struct words *w, const struct xl2tpd_section *s)
{
	bool has_value;

	take_authentication(im, w, s);
	for (size_t i = 0; i < s->n_lines; i++) {
		const struct xl2tpd_line *l = &s->lines[i];
		const char *word = import_word(s, l, &has_value);

		if (!word)
			continue;
		add_word(im, w, word, true, l->number);
		if (has_value)
			add_word(im, w, l->value, false, l->number);
	}
}

static bool has_word(const struct words *w, const char *const *words)
{
	for (; *words; words++)
		for (size_t i = 0; i < w->n; i++)
			if (strcmp(w->at[i].text, *words) == 0)
				return true;
	return false;
}

/* By default, pppd requires authentication only if the machine has a default route, and l2tpd always. */
static void note_authentication(struct import *im, const struct words *w, const struct xl2tpd_section *s)
{
	static const char *const words[] = {
		"auth", "noauth", "require-pap", "require-chap", "require-mschap", "require-mschap-v2", "require-eap",
		"+pap", "+chap",  NULL
	};

	if (s->kind == XL2TPD_LNS && !has_word(w, words))
		import_note_text(im, s->number, s->name,
				 "neither auth nor noauth is set: l2tpd requires the peers of an lns to authenticate");
}

/* 0: it will be derived from the path. */
static bool fits_ipv6(uint32_t mtu)
{
	enum { IPV6_MTU_MIN = 1280 }; /* RFC 8200 5 */

	return !mtu || mtu >= IPV6_MTU_MIN;
}

static void put_words(struct import *im, const struct words *w)
{
	if (!w->n)
		return;
	import_line(im, "options = {");
	for (size_t i = 0; i < w->n; i++) {
		if (w->at[i].begins || i == 0)
			fprintf(im->out, "%s%*s", i ? "\n" : "", (int)(4 * im->indent + 4), "");
		else
			fputc(' ', im->out);
		import_quoted(im->out, w->at[i].text);
		if (i + 1 < w->n)
			fputc(',', im->out);
	}
	fputc('\n', im->out);
	import_line(im, "}");
}

/* ---- Addresses ---------------------------------------------------------------------------------------------- */

/* The local address, 0: none. */
uint32_t import_local_address(struct import *im, const struct xl2tpd_section *s)
{
	const struct xl2tpd_line *one = xl2tpd_find(s, "local ip"), *many = xl2tpd_find(s, "local ip range");
	struct range range = { 0 };

	if (one && !address_read_ip4(one->value, &range.first))
		import_note(im, one, "omitted: not an address");
	if (!one && many && import_range(many->value, &range))
		import_note(im, many, "all sessions share one local address: the first one is used");
	else if (!one && many)
		import_note(im, many, "omitted: not a range of addresses, first to last");
	return range.first;
}

/* The pool of another section for the same addresses, if the local address is not among them. */
static const struct pool *same_pool(const struct import *im, struct range wanted, uint32_t local)
{
	for (size_t i = 0; i < im->n_pools; i++) {
		const struct pool *p = &im->pools[i];

		if (p->wanted.first == wanted.first && p->wanted.last == wanted.last &&
		    (local < p->range.first || local > p->range.last))
			return p;
	}
	return NULL;
}

static const struct pool *add_pool(struct import *im, struct range wanted, struct range range)
{
	struct pool *longer = reallocarray(im->pools, im->n_pools + 1, sizeof(*longer));
	char first[INET_ADDRSTRLEN], last[INET_ADDRSTRLEN];

	if (!longer) {
		im->oom = true;
		return NULL;
	}
	im->pools = longer;
	longer[im->n_pools] = (struct pool){ wanted, range, (unsigned)im->n_pools + 1 };
	import_line(im, "pool 'pool%u' { range = '%s-%s' }", longer[im->n_pools].number,
		    address_ip4_text(range.first, first), address_ip4_text(range.last, last));
	return &longer[im->n_pools++];
}

/* The longest range without the local address and the pools of other sections. */
static struct range free_range(const struct import *im, struct ranges *r, uint32_t local)
{
	struct range range;

	if (local)
		ranges_remove(r, (struct range){ local, local });
	for (size_t i = 0; i < im->n_pools; i++)
		ranges_remove(r, im->pools[i].range);
	range = ranges_longest(r);
	if (range.first <= range.last && range.last - range.first >= POOL_MAX)
		range.last = range.first + POOL_MAX - 1;
	return range;
}

static const struct pool *choose_pool(struct import *im, const struct xl2tpd_section *s, struct ranges *r,
				      uint32_t local)
{
	uint64_t all = ranges_count(r);
	struct range wanted = ranges_longest(r), range;
	const struct pool *found = all ? same_pool(im, wanted, local) : NULL;

	if (!all || found)
		return found;
	range = free_range(im, r, local);
	if (range.first > range.last) {
		import_note_text(im, s->number, s->name,
				 "no pool: all addresses of ip range are used by other sections");
		return NULL;
	}
	if ((uint64_t)range.last - range.first + 1 + (local != 0) < all)
		import_note_text(im, s->number, s->name, "a pool has one range: only the longest of ip range is used");
	return add_pool(im, wanted, range);
}

const struct pool *import_pool(struct import *im, const struct xl2tpd_section *s, uint32_t local)
{
	struct ranges *r = calloc(1, sizeof(*r));
	const struct pool *pool;

	if (!r) {
		im->oom = true;
		return NULL;
	}
	import_ranges(im, s, "ip range", r);
	ranges_remove(r, (struct range){ 0, 0 });
	ranges_remove(r, (struct range){ UINT32_MAX, UINT32_MAX });
	pool = choose_pool(im, s, r, local);
	free(r);
	return pool;
}

/* ---- The section -------------------------------------------------------------------------------------------- */

static void put_ppp_addresses(struct import *im, const struct xl2tpd_section *s, uint32_t local,
			      const struct pool *pool)
{
	const struct xl2tpd_line *remote = s->kind == XL2TPD_LAC ? xl2tpd_find(s, "remote ip") : NULL;
	char text[INET_ADDRSTRLEN];
	uint32_t address;

	if (local)
		import_line(im, "local-address = %s", address_ip4_text(local, text));
	if (pool)
		import_line(im, "pool = 'pool%u'", pool->number);
	if (remote && address_read_ip4(remote->value, &address) && address)
		import_line(im, "remote-address = %s", address_ip4_text(address, text));
	else if (remote)
		import_note(im, remote, "omitted: not an address");
}

void import_ppp(struct import *im, const struct xl2tpd_section *s, uint32_t local, const struct pool *pool)
{
	const struct xl2tpd_line *file = xl2tpd_find(s, "pppoptfile");
	struct words *w = calloc(1, sizeof(*w));
	char *text = NULL;

	import_line(im, "ppp {");
	im->indent++;
	put_ppp_addresses(im, s, local, pool);
	if (w) {
		take_words(im, w, s);
		if (file || im->in->ppp_options)
			take_ppp_file(im, w,
				      file ? file : &(struct xl2tpd_line){ "pppoptfile", im->in->ppp_options, 0 },
				      &text);
		note_authentication(im, w, s);
		import_line(im, "ipv6 = %s", w->ipv6 && fits_ipv6(w->mtu) && fits_ipv6(w->mru) ? "yes" : "no");
		if (w->mtu)
			import_line(im, "mtu = %u", w->mtu);
		if (w->mru)
			import_line(im, "mru = %u", w->mru);
		put_words(im, w);
	}
	im->oom = im->oom || !w;
	free(w);
	free(text);
	im->indent--;
	import_line(im, "}");
}
