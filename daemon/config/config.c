/* SPDX-License-Identifier: MIT */
/*
 * config: file -> plain structs.
 *
 *	files -> one text, their lines counted on: a mistake is told with its file's name and line in the end
 *	text -> text.c: comments out, traps of libconfuse refused where they stand
 *	     -> libconfuse: sections, keys and values, with their lines, nothing of it interpreted
 *	     -> option.c: each value by its row in the table, into its field
 *	     -> check_*: what one value cannot tell: what belongs together, what excludes what
 *
 * Every stage goes on after a mistake as far as it makes sense, so that one run tells of all of them; libconfuse stops
 * at the first thing that it cannot parse, and what was read until then is still looked at.  Values stay text with a
 * line number (struct value) until the tree is complete, because a pool may be used before it is described.
 *
 * libconfuse hands its callbacks nothing but the section that is being read.  Hidden options carry what we need: the
 * first of every section points to the load in progress, the second one has a default, whose reading tells the line on
 * which the section began.  Their names have a control character, which text.c lets nobody write.
 *
 * Called by main at start, for --check, and for a reload.
 */
#include "config.h"
#include "base/address.h"
#include <arpa/inet.h>
#include <assert.h>
#include <confuse.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "option.h"
#include "text.h"

#define SCHEMA_MAX 64             /* options of a section, hidden ones and the end included */
#define NAME_MAX_LEN 63           /* of a profile or a pool */
#define CARRIER "\a" "load"
#define BEGIN "\a" "begin"
#define PROFILE_SECTIONS (IN_LNS | IN_LAC | IN_PPP)

/* One value as it stands in the file. */
struct value {
	unsigned line;
	unsigned earlier; /* the option was given before, there; 0: it was not */
	size_t size;
	char text[];
};

/* One lns or lac section. */
struct place {
	cfg_t *section;
	bool lac;
	unsigned line;
};

struct load {
	struct option_context x;
	struct mistakes mistakes;
	char *text;            /* of all files, each behind the other */
	size_t len;
	unsigned lines;
	bool unfit;            /* libconfuse would misread it */
	const char *failed;    /* the file that cannot be read */
	char place[4200];      /* room for a path and a line */
	char begin[sizeof("x")]; /* a default, read when a section begins */
	bool again;            /* an unknown key has been taken out of the text */
	cfg_t *root;
	struct place *places;  /* as the profiles */
	cfg_opt_t top[SCHEMA_MAX], limits[SCHEMA_MAX], pool[SCHEMA_MAX];
	cfg_opt_t lns[SCHEMA_MAX], lac[SCHEMA_MAX], ppp[SCHEMA_MAX];
};

/* ---- libconfuse ---- */

static void value_free(void *p)
{
	struct value *v = p;

	if (v)
		explicit_bzero(v->text, v->size);
	free(v);
}

static struct load *load_of(const cfg_t *section)
{
	return (struct load *)(void *)section->opts[0].simple_value.ptr;
}

/* cfg_callback_t: keep it with its line.  The default of a CFGT_PTR has a number that libconfuse does not use: there
 * we remember where the option was given first. */
static int value_new(cfg_t *section, cfg_opt_t *opt, const char *text, void *result)
{
	size_t size = strlen(text) + 1;
	struct value *v = malloc(sizeof(*v) + size);

	*(struct value **)result = v;
	if (!v) {
		/* libconfuse would abort if the default of a hidden row were refused */
		load_of(section)->x.oom = true;
		return 0;
	}
	v->line = (unsigned)section->line;
	v->earlier = opt->nvalues <= 1 ? (unsigned)opt->def.number : 0;
	v->size = size;
	memcpy(v->text, text, size);
	if (!opt->def.number)
		opt->def.number = section->line;
	return 0;
}

/* cfg_func_t of the carrier, which nobody is to call */
static int refuse_call(cfg_t *section, cfg_opt_t *opt, int argc, const char **argv)
{
	(void)opt, (void)argc, (void)argv;
	mistakes_add(&load_of(section)->mistakes, (unsigned)section->line, "a function call; there are no functions");
	return -1;
}

static unsigned section_of(const cfg_t *section)
{
	static const struct {
		const char *name;
		unsigned section;
	} names[] = {
		{ "limits", IN_LIMITS }, { "pool", IN_POOL }, { "lns", IN_LNS }, { "lac", IN_LAC }, { "ppp", IN_PPP },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(section->name, names[i].name) == 0)
			return names[i].section;
	return IN_ROOT;
}

static void unknown_key(struct load *load, const cfg_t *section, const char *key)
{
	unsigned line = (unsigned)section->line, where = section_of(section);
	const struct option *elsewhere = option_elsewhere(where, key);
	const char *like = option_like(where, key);

	if (elsewhere)
		mistakes_add(&load->mistakes, line, "%s is not for %s; it belongs in %s", key, section_name(where),
			     section_name(elsewhere->sections));
	else if (like)
		mistakes_add(&load->mistakes, line, "unknown key %s in %s; did you mean %s?", key, section_name(where),
			     like);
	else
		mistakes_add(&load->mistakes, line, "unknown key %s in %s; see l2tpd.conf(5)", key,
			     section_name(where));
	load->again = config_text_drop(load->text, line, key);
}

/* cfg_errfunc_t */
static void __attribute__((format(printf, 2, 0))) parse_error(cfg_t *section, const char *fmt, va_list ap)
{
	struct load *load = load_of(section);
	unsigned line = (unsigned)section->line;
	char text[256];

	if (strcmp(fmt, "no such option '%s'") == 0) {
		unknown_key(load, section, va_arg(ap, const char *));
		return;
	}
	if (strcmp(fmt, "found duplicate title '%s'") == 0) {
		mistakes_add(&load->mistakes, line, "the name \"%.64s\" is taken; each section must have its own; "
			     "what follows was not read", va_arg(ap, const char *));
		return;
	}
	vsnprintf(text, sizeof(text), fmt, ap);
	mistakes_add(&load->mistakes, line, "%s; write key = value, key = { value, ... } "
		     "or section \"name\" { ... }; what follows was not read", text);
}

/* libconfuse's table of one section: ours, after the two hidden rows, and behind them the subsections. */
static cfg_opt_t *schema_fill(struct load *load, cfg_opt_t *opts, unsigned section)
{
	const cfg_opt_t carrier = CFG_FUNC(CARRIER, refuse_call);
	const cfg_opt_t begin = CFG_PTR_CB(BEGIN, load->begin, CFGF_NONE, value_new, value_free);
	size_t n = 2;

	opts[0] = carrier;
	opts[0].simple_value.ptr = (void **)(void *)load;
	opts[1] = begin;
	for (const struct option *o = options; o < options + options_n; o++) {
		const cfg_opt_t opt = CFG_PTR_CB(o->key, NULL, CFGF_NODEFAULT, value_new, value_free);

		if (!(o->sections & section))
			continue;
		assert(n < SCHEMA_MAX - 6);
		opts[n] = opt;
		opts[n++].flags |= o->kind->list ? CFGF_LIST : 0;
	}
	return &opts[n];
}

static void schema_make(struct load *load)
{
	const cfg_opt_t end = CFG_END();
	const cfg_opt_t ppp = CFG_SEC("ppp", load->ppp, CFGF_NONE);
	const cfg_opt_t top[] = {
		CFG_SEC("limits", load->limits, CFGF_NONE),
		CFG_SEC("pool", load->pool, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
		CFG_SEC("lns", load->lns, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
		CFG_SEC("lac", load->lac, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
		CFG_END(),
	};
	cfg_opt_t *p;

	*schema_fill(load, load->limits, IN_LIMITS) = end;
	*schema_fill(load, load->pool, IN_POOL) = end;
	*schema_fill(load, load->ppp, IN_PPP) = end;
	p = schema_fill(load, load->lns, IN_LNS), p[0] = ppp, p[1] = end;
	p = schema_fill(load, load->lac, IN_LAC), p[0] = ppp, p[1] = end;
	memcpy(schema_fill(load, load->top, IN_ROOT), top, sizeof(top));
}

/* How far libconfuse has read: every section counts on from where it began, its parent only once it has ended. */
static unsigned last_line(cfg_t *section)
{
	unsigned last = (unsigned)section->line;

	for (cfg_opt_t *opt = section->opts; opt->name; opt++) {
		for (unsigned i = 0; opt->type == CFGT_SEC && i < cfg_opt_size(opt); i++) {
			unsigned line = last_line(cfg_opt_getnsec(opt, i));

			last = line > last ? line : last;
		}
	}
	return last;
}

/* "line 7", or "FILE:7" if that is another file than from's */
static const char *place_of(struct load *load, unsigned line, unsigned from)
{
	const struct config_file *file = file_of_line(load->x.config, line);

	unsigned local = line - file->first + 1;

	if (file == file_of_line(load->x.config, from))
		snprintf(load->place, sizeof(load->place), "line %u", local);
	else
		snprintf(load->place, sizeof(load->place), "%s:%u", file->path, local);
	return load->place;
}

/* One run of libconfuse over the text, and again without a key that it did not know: each run has less to read. */
static int parse(struct load *load)
{
	int result = CFG_SUCCESS;

	memcpy(load->begin, "x", sizeof("x"));
	schema_make(load);
	do {
		load->again = false;
		if (load->root)
			cfg_free(load->root);
		load->root = cfg_init(load->top, CFGF_NONE);
		FILE *in = load->root ? fmemopen(load->text, load->len, "r") : NULL;
		if (!in)
			return -ENOMEM;
		cfg_set_error_function(load->root, parse_error);
		errno = 0;
		result = cfg_parse_fp(load->root, in);
		fclose(in);
	} while (load->again && load->mistakes.wrong < MISTAKES_MAX);
	if (result == CFG_SUCCESS || load->mistakes.wrong > 0)
		return 0;
	/* it stops without a word for want of memory, and at a key of no characters */
	if (errno == ENOMEM)
		return -ENOMEM;
	mistakes_add(&load->mistakes, last_line(load->root), "\"\" in the place of a key; what follows was not read");
	return 0;
}

/* ---- From values to fields ---- */

static const struct value *value_at(cfg_t *section, const char *key, unsigned i)
{
	cfg_opt_t *opt = cfg_getopt(section, key);

	return i < cfg_opt_size(opt) ? cfg_opt_getnptr(opt, i) : NULL;
}

static unsigned line_of_section(cfg_t *section)
{
	const struct value *v = value_at(section, BEGIN, 0);

	return v ? v->line : (unsigned)section->line;
}

/* 0: it was not given */
static unsigned line_of(cfg_t *section, const char *key)
{
	const struct value *v = value_at(section, key, 0);

	return v ? v->line : 0;
}

static void apply_value(struct load *load, const struct option *o, const struct value *v, void *base)
{
	char allowed[256];
	const char *what;

	if (v->earlier)
		mistakes_add(&load->mistakes, v->line, "%s is given twice; %s has it already", o->key,
			     place_of(load, v->earlier, v->line));
	load->x.directory = file_of_line(load->x.config, v->line)->directory;
	what = option_set(&load->x, o, v->text, base);
	if (!what)
		return;
	/* a secret does not go into a log */
	bool secret = o->kind == &kind_secret;
	mistakes_add(&load->mistakes, v->line, "%s%s%.64s%s: %s; allowed: %s", o->key, secret ? "" : " = \"",
		     secret ? "" : v->text, secret ? "" : "\"", what, option_allowed(o, allowed, sizeof(allowed)));
}

static void apply_section(struct load *load, cfg_t *section, unsigned where, void *base)
{
	for (const struct option *o = options; o < options + options_n; o++) {
		const struct value *v;

		if (!(o->sections & where))
			continue;
		for (unsigned i = 0; (v = value_at(section, o->key, i)); i++)
			apply_value(load, o, v, base);
	}
}

/* ---- Checks ---- */

static void check_name(struct load *load, const char *what, const char *name, unsigned line)
{
	size_t len = strlen(name);
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (len < 1 || len > NAME_MAX_LEN || strspn(name, good) != len)
		mistakes_add(&load->mistakes, line, "%s \"%.64s\": a bad name; "
			     "allowed: 1 to %d letters, digits, '.', '_', '-'", what, name, NAME_MAX_LEN);
}

static void check_pool_overlap(struct load *load, const struct config *c, size_t i, unsigned line)
{
	const struct config_pool *p = &c->pools[i];

	for (const struct config_pool *q = c->pools; q < p; q++)
		if (p->first && q->first && p->first <= q->last && q->first <= p->last)
			mistakes_add(&load->mistakes, line, "pool \"%s\" and pool \"%s\" have addresses in common; "
				     "ranges of pools must not overlap", p->name, q->name);
}

static void check_secret(struct load *load, const struct config_profile *p, cfg_t *section)
{
	static const char *const keys[] = { "secret", "secret-file", "secret-credential" };
	const char *given = NULL;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		unsigned line = line_of(section, keys[i]), before = given ? line_of(section, given) : 0;

		if (line && given)
			mistakes_add(&load->mistakes, line > before ? line : before, "%s and %s; allowed: one of them",
				     given, keys[i]);
		given = line ? keys[i] : given;
	}
	if (line_of(section, "secret") && file_of_line(load->x.config, line_of(section, "secret"))->open)
		mistakes_note(&load->mistakes, line_of(section, "secret"), "every user of this machine can read this "
			      "secret; chmod 600 the file, or use secret-file");
	if (given && !p->params.challenge && p->params.secret_len)
		mistakes_note(&load->mistakes, line_of(section, given), "%s without challenge = yes does not authenticate "
			      "the peer: it serves only to answer the peer's challenge, and to hide AVPs", given);
	if (given)
		return;
	if (p->params.challenge)
		mistakes_add(&load->mistakes, line_of(section, "challenge"),
			     "challenge without a secret; give a secret or secret-file");
	if (p->params.hide_avps)
		mistakes_add(&load->mistakes, line_of(section, "hide-avps"),
			     "hide-avps without a secret; give a secret or secret-file");
}

/* The response to a challenge says nothing of who has made it (5.1.1): with one secret for both, whom we dial can have
 * us answer our own challenge as the LNS that we are to others. */
static void check_reflection(struct load *load, const struct config *c, size_t i)
{
	const struct config_profile *p = &c->profiles[i], *q = c->profiles;

	while (q < p && !(p->lac != q->lac && config_same_secret(&p->params, &q->params)))
		q++;
	if (q < p)
		mistakes_note(&load->mistakes, p->line, "%s \"%s\" and %s \"%s\" have the same secret: whoever sends our "
			      "own challenge back to us as the other kind of peer gets the answer; give each a secret of "
			      "its own", p->lac ? "lac" : "lns", p->name, q->lac ? "lac" : "lns", q->name);
}

static void check_timers(struct load *load, const struct config_profile *p, cfg_t *section)
{
	if (p->params.retransmit_initial > p->params.retransmit_cap)
		mistakes_add(&load->mistakes, line_of(section, "retransmit-initial"),
			     "retransmit-initial is longer than retransmit-cap; allowed: at most that");
	if (p->lac && p->redial_min > p->redial_max)
		mistakes_add(&load->mistakes,
			     line_of(section, line_of(section, "redial-max") ? "redial-max" : "redial-min"),
			     "redial-min is longer than redial-max; allowed: at most that");
}

static bool port_has_listener(const struct config *c, uint16_t port)
{
	for (size_t i = 0; i < c->n_listens; i++)
		if (c->listens[i].addr.port == port)
			return true;
	return false;
}

static void check_lac(struct load *load, const struct config_profile *p, cfg_t *section)
{
	/* the only IP addresses with a colon are IPv6 ones */
	int source_family = !p->source ? 0 : strchr(p->source, ':') ? 6 : 4;

	if (!line_of(section, "server"))
		mistakes_add(&load->mistakes, p->line, "lac \"%s\" has no server; "
			     "give server = \"NAME or ADDRESS\", or a list", p->name);
	if (p->family && source_family && p->family != source_family)
		mistakes_add(&load->mistakes, line_of(section, "source"),
			     "source is not of the family that is asked for; allowed: an IPv%d address", p->family);
	if (p->local_port && !port_has_listener(load->x.config, p->local_port))
		mistakes_add(&load->mistakes, line_of(section, "local-port"),
			     "local-port %u is not listened on; allowed: ephemeral, or the port of a listen address",
			     p->local_port);
	if (p->calls > p->params.sessions_max)
		mistakes_add(&load->mistakes, line_of(section, line_of(section, "calls") ? "calls" : "sessions"),
			     "more calls than sessions; allowed: at most %u", (unsigned)p->params.sessions_max);
}

static void check_addresses(struct load *load, const struct config_ppp *ppp, cfg_t *section)
{
	struct in_addr local;

	if (ppp->pool && ppp->remote_address)
		mistakes_add(&load->mistakes, line_of(section, "remote-address"),
			     "remote-address and pool; allowed: one of them");
	if (ppp->pool && ppp->local_address && inet_pton(AF_INET, ppp->local_address, &local) == 1 &&
	    ntohl(local.s_addr) >= ppp->pool->first && ntohl(local.s_addr) <= ppp->pool->last)
		mistakes_add(&load->mistakes, line_of(section, "local-address"),
			     "local-address is one of pool \"%s\"; allowed: any other", ppp->pool->name);
}

/* Does pppd take whatever text follows? */
static bool is_followed_by_text(const char *word)
{
	static const char *const words[] = { "password", "user", "name", "remotename", "set", "connect", "disconnect",
					     "init", "welcome", "pty", "ipparam", "active-filter", "pass-filter",
					     "ntlm_auth-helper" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

static void check_words(struct load *load, cfg_t *section)
{
	const struct value *v, *before = NULL;

	for (unsigned i = 0; (v = value_at(section, "options", i)); before = v, i++)
		if (strpbrk(v->text, " \t") && !(before && is_followed_by_text(before->text)))
			mistakes_note(&load->mistakes, v->line, "options: pppd takes \"%.64s\" as one word, and most likely "
				      "refuses it; write an option and its value as two: { \"ms-dns\", \"192.0.2.53\" }",
				      v->text);
}

static void check_ppp(struct load *load, const struct config_profile *p, cfg_t *section)
{
	enum { IPV6_MTU_MIN = 1280 }; /* RFC 8200 5 */
	const struct config_ppp *ppp = &p->ppp;
	uint32_t sessions = p->lac ? p->calls : p->params.sessions_max;

	check_addresses(load, ppp, section);
	check_words(load, section);
	if (ppp->interface && !strchr(ppp->interface, '%') && sessions > 1)
		mistakes_add(&load->mistakes, line_of(section, "interface"),
			     "interface \"%s\" is one name for up to %u sessions; allowed: a name with %%d, or %s = 1",
			     ppp->interface, (unsigned)sessions, p->lac ? "calls" : "sessions");
	if (ppp->ipv6 && ppp->mtu && ppp->mtu < IPV6_MTU_MIN)
		mistakes_add(&load->mistakes, line_of(section, "mtu"),
			     "an mtu that IPv6 does not fit; allowed: %d and more, or ipv6 = no", IPV6_MTU_MIN);
	if (ppp->ipv6 && ppp->mru && ppp->mru < IPV6_MTU_MIN)
		mistakes_add(&load->mistakes, line_of(section, "mru"),
			     "an mru that IPv6 does not fit; allowed: %d and more, or ipv6 = no", IPV6_MTU_MIN);
}

static void check_names(struct load *load, const struct config *c, size_t i)
{
	const struct config_profile *p = &c->profiles[i];

	check_name(load, p->lac ? "lac" : "lns", p->name, p->line);
	for (const struct config_profile *q = c->profiles; q < p; q++) {
		if (strcmp(p->name, q->name) == 0)
			mistakes_add(&load->mistakes, p->line, "the name \"%s\" is that of %s too; "
				     "each lns and lac must have its own", p->name,
				     place_of(load, q->line, p->line));
		if (!p->lac && !q->lac && q->n_peers == 0 && !q->host_names && !config_tells_calls_apart(q))
			mistakes_note(&load->mistakes, p->line, "lns \"%s\" will never be chosen: "
				      "lns \"%s\" in %s takes every peer", p->name, q->name,
				      place_of(load, q->line, p->line));
	}
}

static void check_profiles(struct load *load, const struct config *c)
{
	for (size_t i = 0; i < c->n_profiles; i++) {
		const struct config_profile *p = &c->profiles[i];
		cfg_t *section = load->places[i].section;

		check_names(load, c, i);
		check_secret(load, p, section);
		check_reflection(load, c, i);
		check_timers(load, p, section);
		check_ppp(load, p, cfg_getsec(section, "ppp"));
		if (p->lac)
			check_lac(load, p, section);
	}
	if (c->n_profiles == 0 && load->mistakes.wrong == 0)
		mistakes_note(&load->mistakes, 0, "no lns and no lac section: there is nothing to do");
}

/* ---- From sections to structs ---- */

static int load_pools(struct load *load, struct config *c)
{
	unsigned n = cfg_size(load->root, "pool");

	c->pools = calloc(n + 1, sizeof(*c->pools));
	if (!c->pools)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		cfg_t *section = cfg_getnsec(load->root, "pool", i);
		struct config_pool *p = &c->pools[c->n_pools++];
		unsigned line = line_of_section(section);

		p->name = strdup(cfg_title(section));
		if (!p->name)
			return -ENOMEM;
		check_name(load, "pool", p->name, line);
		apply_section(load, section, IN_POOL, p);
		if (!line_of(section, "range"))
			mistakes_add(&load->mistakes, line, "pool \"%s\" has no range; "
				     "give range = \"FIRST-LAST\"", p->name);
		check_pool_overlap(load, c, i, line_of(section, "range"));
	}
	return 0;
}

static int load_profile(struct load *load, const struct place *place, size_t index, struct config_profile *p)
{
	unsigned where = place->lac ? IN_LAC : IN_LNS;

	p->name = strdup(cfg_title(place->section));
	p->use = calloc(1, sizeof(*p->use));
	if (!p->name || !p->use)
		return -ENOMEM;
	p->line = place->line;
	p->lac = place->lac;
	l2tp_params_init(&p->params);
	p->params.cookie = index + 1;
	p->params.lns = !place->lac;
	if (gethostname(p->params.host_name, sizeof(p->params.host_name) - 1) < 0 || !p->params.host_name[0])
		memcpy(p->params.host_name, "localhost", sizeof("localhost"));
	options_set_defaults(&load->x, where | IN_PPP, p);
	apply_section(load, place->section, where, p);
	apply_section(load, cfg_getsec(place->section, "ppp"), IN_PPP, p);
	p->params.lac = p->dial_hook != NULL;
	p->params.bearer_capabilities = p->dial_hook ? L2TP_BEARER_DIGITAL | L2TP_BEARER_ANALOG : 0; /* 4.4.3 */
	return 0;
}

static int compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

static int load_profiles(struct load *load, struct config *c)
{
	unsigned n_lns = cfg_size(load->root, "lns"), n = n_lns + cfg_size(load->root, "lac");
	int err = 0;

	c->profiles = calloc(n + 1, sizeof(*c->profiles));
	load->places = calloc(n + 1, sizeof(*load->places));
	if (!c->profiles || !load->places)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++) {
		bool lac = i >= n_lns;
		cfg_t *section = cfg_getnsec(load->root, lac ? "lac" : "lns", lac ? i - n_lns : i);

		load->places[i] = (struct place){ section, lac, line_of_section(section) };
	}
	qsort(load->places, n, sizeof(*load->places), compare_places);
	for (unsigned i = 0; i < n && err == 0; i++)
		err = load_profile(load, &load->places[i], i, &c->profiles[c->n_profiles++]);
	return err;
}

/* Without a listen option we listen everywhere; with an empty one nowhere. */
static int load_listens(struct load *load, struct config *c)
{
	cfg_opt_t *opt = cfg_getopt(load->root, "listen");
	const struct value *v;

	/* each value has become one, or the file is refused anyway */
	for (unsigned i = 0; i < c->n_listens && (v = value_at(load->root, "listen", i)); i++)
		c->listens[i].line = v->line;
	if (opt->flags & CFGF_MODIFIED)
		return 0;
	c->listens = calloc(1, sizeof(*c->listens));
	if (!c->listens)
		return -ENOMEM;
	c->listens[0].addr.port = L2TP_PORT;
	c->n_listens = 1;
	return 0;
}

static int load_tree(struct load *load, struct config *c)
{
	options_set_defaults(&load->x, IN_ROOT, c);
	l2tp_limits_init(&c->limits);
	apply_section(load, load->root, IN_ROOT, c);
	apply_section(load, cfg_getsec(load->root, "limits"), IN_LIMITS, &c->limits);
	int err = load_listens(load, c);
	if (err == 0)
		err = load_pools(load, c);
	if (err == 0)
		err = load_profiles(load, c);
	if (err == 0)
		check_profiles(load, c);
	return load->x.oom ? -ENOMEM : err;
}

/* ---- Files ---- */

/* Room for one more, of this path. */
static struct config_file *file_new(struct config *c, const char *path)
{
	struct config_file *longer = realloc(c->files, (c->n_files + 1) * sizeof(*longer)), *file;
	const char *slash = strrchr(path, '/');

	if (!longer)
		return NULL;
	c->files = longer;
	file = &c->files[c->n_files++];
	*file = (struct config_file){ .path = strdup(path),
				      .directory = slash ? strndup(path, (size_t)(slash - path)) : strdup(".") };
	return file->path && file->directory ? file : NULL;
}

/* Behind what is there, on a line of its own.  What is outgrown is wiped. */
static int append_text(struct load *load, const char *text, size_t len)
{
	char *longer = malloc(load->len + len + sizeof("\n"));

	if (!longer)
		return -ENOMEM;
	if (load->len)
		memcpy(longer, load->text, load->len);
	memcpy(longer + load->len, text, len);
	config_text_free(load->text, load->len);
	load->text = longer;
	load->len += len;
	load->text[load->len++] = '\n';
	load->text[load->len] = '\0';
	for (size_t i = 0; i < len; i++)
		load->lines += text[i] == '\n';
	load->lines++;
	return 0;
}

static int read_file(struct load *load, const char *path)
{
	struct config_file *file = file_new(load->x.config, path);
	char *text = NULL;
	size_t len = 0;

	if (!file)
		return -ENOMEM;
	int err = config_text_read(path, &text, &len, &file->open);
	if (err < 0) {
		load->failed = file->path;
		return err;
	}
	file->first = load->lines + 1;
	if (!config_text_check(text, len, file->first, &load->mistakes))
		load->unfit = true; /* not worth being read on */
	err = append_text(load, text, len);
	config_text_free(text, len);
	return err;
}

static int is_ours(const struct dirent *e)
{
	size_t len = strlen(e->d_name), suffix = strlen(".conf");

	return e->d_name[0] != '.' && len > suffix && strcmp(e->d_name + len - suffix, ".conf") == 0;
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* path.d, if there is one */
static int read_directory(struct load *load, const char *path)
{
	struct dirent **names = NULL;
	char *directory = NULL, *file;
	int err = 0;

	if (asprintf(&directory, "%s.d", path) < 0)
		return -ENOMEM;
	int n = scandir(directory, &names, is_ours, compare_names);
	if (n < 0 && errno != ENOENT)
		mistakes_add(&load->mistakes, 0, "%s cannot be read: %s", directory, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (err == 0 && asprintf(&file, "%s/%s", directory, names[i]->d_name) < 0)
			err = -ENOMEM;
		else if (err == 0) {
			err = read_file(load, file);
			free(file);
		}
		free(names[i]);
	}
	free(names);
	free(directory);
	return err;
}

/* From here on a line is one of its file. */
static void localise(struct config *c)
{
	for (size_t n = 0; n < c->n_listens; n++) {
		struct config_listen *i = &c->listens[n];
		const struct config_file *file = file_of_line(c, i->line);

		i->path = file->path;
		i->line = i->line ? i->line - file->first + 1 : 0;
	}
	for (struct config_profile *p = c->profiles; p < c->profiles + c->n_profiles; p++)
		p->line -= file_of_line(c, p->line)->first - 1;
}

static int load_files(struct load *load, struct config *c)
{
	load->x.config = c;
	int err = read_file(load, c->path);
	if (err == 0)
		err = read_directory(load, c->path);
	if (err == 0 && !load->unfit)
		err = parse(load);
	if (err == 0 && load->root)
		err = load_tree(load, c);
	if (err == 0 && !load->mistakes.oom && !load->mistakes.wrong)
		localise(c);
	return err < 0 ? err : load->mistakes.oom ? -ENOMEM : load->mistakes.wrong ? -EINVAL : 0;
}

/* ---- Public ---- */

int config_load(const char *path, FILE *errors, struct config **ret)
{
	struct load *load = calloc(1, sizeof(*load));
	struct config *c = calloc(1, sizeof(*c));
	int err = -ENOMEM;

	if (load && c && (c->path = strdup(path)))
		err = load_files(load, c);
	if (load && c)
		mistakes_print(&load->mistakes, c, errors);
	if (err < 0 && err != -EINVAL)
		fprintf(errors, "%s: cannot be read: %s\n", load && load->failed ? load->failed : path, strerror(-err));
	if (load) {
		mistakes_clear(&load->mistakes);
		config_text_free(load->text, load->len);
		if (load->root)
			cfg_free(load->root);
		free(load->places);
	}
	free(load);
	if (err < 0)
		config_free(c);
	else
		*ret = c;
	return err;
}

bool config_same_secret(const struct l2tp_params *a, const struct l2tp_params *b)
{
	return a->secret_len && a->secret_len == b->secret_len && memcmp(a->secret, b->secret, a->secret_len) == 0;
}

void config_clear_profile(struct config_profile *p)
{
	options_clear(PROFILE_SECTIONS, p);
	free(p->name);
	free(p->use);
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_profiles; i++)
		config_clear_profile(&c->profiles[i]);
	for (size_t i = 0; i < c->n_pools; i++)
		free(c->pools[i].name);
	options_clear(IN_ROOT, c);
	for (size_t i = 0; i < c->n_files; i++) {
		free(c->files[i].path);
		free(c->files[i].directory);
	}
	free(c->files);
	free(c->profiles);
	free(c->pools);
	free(c->path);
	free(c);
}
