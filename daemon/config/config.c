/* SPDX-License-Identifier: MIT */
/*
 * config: files -> plain structs.
 *
 *	files -> parse: a tree of statements, nothing of it interpreted; those of all files one behind the other
 *	     -> option: each value by its row in the table, into its field
 *	     -> check_*: what one value cannot tell: what belongs together, what excludes what
 *
 * Every stage goes on after a mistake, so that one run tells of all of them; what is missing from a section is told only
 * if all that it has has been understood.  Values stay text until the tree is complete, because a pool may be used before
 * it is described.
 *
 * Called by main at start, for --check, and for a reload.
 */
#include "config.h"
#include "base/address.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "option.h"
#include "parse.h"

#define OPTIONS_MAX 128
#define SECTIONS_MAX 65535 /* pools, and profiles: a file may be hostile */
#define NAME_MAX_LEN 63    /* of a profile or a pool */
#define PROFILE_SECTIONS (IN_LNS | IN_LAC | IN_PPP)

struct load {
	struct option_context x;
	struct mistakes mistakes;
	struct node *root, **end;  /* of the statements of all files */
	const char *failed;        /* if one cannot be read: that */
	const struct config_profile *greedy; /* the first lns that matches every peer */
	void *names, *pools;       /* titles of profiles, and of pools: tsearch(3) */
	char place[4200];          /* room for a path and a line */
};

/* A section, or the top level, and what has been seen of it. */
struct scope {
	unsigned where;            /* enum config_section */
	void *base;                /* the struct that it goes into */
	struct config_place at;
	const struct node *list;
	const struct node *given[OPTIONS_MAX]; /* the first statement of each option; NULL: it was not given */
	bool unclear;              /* something in it was not understood */
};

/* "line 7", or "FILE:7" if that is another file than from's */
static const char *place_text(struct load *load, struct config_place at, struct config_place from)
{
	if (at.file == from.file)
		snprintf(load->place, sizeof(load->place), "line %u", at.line);
	else
		snprintf(load->place, sizeof(load->place), "%s:%u", load->x.config->files[at.file].path, at.line);
	return load->place;
}

/* ---- From statements to fields ---- */

/* NULL: it was not given. */
static const struct node *given(const struct scope *s, const char *key)
{
	return s->given[option_find(s->where, key) - options];
}

/* Of a key, or of the section that does not have it. */
static struct config_place place_of(const struct scope *s, const char *key)
{
	const struct node *n = given(s, key);

	return n ? n->at : s->at;
}

/* The first statement that is a section of these kinds, with what it needs. */
static const struct node *find_section(const struct node *n, unsigned kinds)
{
	const struct section *section;

	for (; n; n = n->next)
		if (n->kind == NODE_SECTION && (section = section_find(~0U, n->text, strlen(n->text))) &&
		    (section->section & kinds) && (n->title || !section->titled))
			break;
	return n;
}

static void apply_value(struct load *load, const struct option *o, const struct node *v, void *base)
{
	char allowed[256];
	const char *what;

	load->x.file = &load->x.config->files[v->at.file];
	load->x.line = v->at.line;
	what = option_set(&load->x, o, v->text, base);
	if (!what)
		return;
	/* a secret does not go into a log */
	bool secret = o->kind == &kind_secret;
	mistakes_add(&load->mistakes, v->at, "%s%s%.64s%s: %s; allowed: %s", o->key, secret ? "" : " = \"",
		     secret ? "" : v->text, secret ? "" : "\"", what, option_allowed(o, allowed, sizeof(allowed)));
}

static void apply_option(struct load *load, struct scope *s, const struct option *o, const struct node *n)
{
	const struct node **first = &s->given[o - options];

	if (*first && n->kind == NODE_SET)
		mistakes_add(&load->mistakes, n->at, "%s is set twice, first in %s", o->key,
			     place_text(load, (*first)->at, n->at));
	if (!*first)
		*first = n;
	if (n->kind == NODE_SECTION)
		mistakes_add(&load->mistakes, n->at, "%s is not a section; write %s = VALUE", o->key, o->key);
	else if (!o->kind->list && (n->list || n->kind == NODE_APPEND))
		mistakes_add(&load->mistakes, n->at, "%s has one value, not a list; write %s = VALUE", o->key, o->key);
	else if (n->kind != NODE_BROKEN)
		for (const struct node *v = n->first; v; v = v->next)
			if (!v->bad)
				apply_value(load, o, v, s->base);
}

static void unknown_key(struct load *load, struct scope *s, const struct node *n)
{
	const char *like = option_like(s->where, n->text), *where = section_name(s->where);
	unsigned elsewhere = option_elsewhere(n->text, n->kind == NODE_SECTION);

	s->unclear = true;
	if (elsewhere)
		mistakes_add(&load->mistakes, n->at, "%s is not for %s; it belongs in %s", n->text, where,
			     section_name(elsewhere));
	else
		mistakes_add(&load->mistakes, n->at, "unknown key %.64s in %s; %s%s%s", n->text[0] ? n->text : "\"\"", where,
			     like ? "did you mean " : "see l2tpd.conf(5)", like ? like : "", like ? "?" : "");
}

/* All but the sections in it, of which only the form is looked at. */
static void apply_statements(struct load *load, struct scope *s)
{
	for (const struct node *n = s->list; n && load->mistakes.wrong < MISTAKES_MAX; n = n->next) {
		const struct option *o = option_find(s->where, n->text);
		const struct section *section = section_find(s->where, n->text, strlen(n->text));

		if (o)
			apply_option(load, s, o, n);
		else if (n->kind == NODE_BROKEN || n->bad)
			s->unclear = true;
		else if (!section)
			unknown_key(load, s, n);
		else if (n->kind != NODE_SECTION || section->titled != (n->title != NULL))
			mistakes_add(&load->mistakes, n->at, "%s is a section; write %s %s{ ... }", n->text, n->text,
				     section->titled ? "\"NAME\" " : "");
	}
}

/* ---- Checks ---- */

static int compare_titles(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->text, ((const struct node *)b)->text);
}

/* names: of its kind, and of those that share them with it: "lns and lac", "pool" */
static void check_name(struct load *load, const struct node *n, void **names, const char *kinds)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const char *name = n->title->text;
	const struct node *const *found = tsearch(n->title, names, compare_titles);

	if (!name[0] || name[strspn(name, good)] || strlen(name) > NAME_MAX_LEN)
		mistakes_add(&load->mistakes, n->title->at,
			     "%s \"%.64s\": not a valid name; allowed: 1 to %d letters, digits, "
			     "'.', '_', '-'",
			     n->text, name, NAME_MAX_LEN);
	if (!found)
		load->x.oom = true;
	else if (*found != n->title)
		mistakes_add(&load->mistakes, n->title->at, "the name \"%.64s\" is already used in %s; each %s needs its own",
			     name, place_text(load, (*found)->at, n->title->at), kinds);
}

static void check_pool_overlap(struct load *load, const struct config_pool *p, struct config_place at)
{
	for (const struct config_pool *q = load->x.config->pools; q < p; q++)
		if (p->first && q->first && p->first <= q->last && q->first <= p->last)
			mistakes_add(&load->mistakes, at, "pool \"%s\" and pool \"%s\" have addresses in common; "
				     "ranges of pools must not overlap", p->name, q->name);
}

static void check_secret(struct load *load, const struct config_profile *p, const struct scope *s)
{
	static const char *const keys[] = { "secret", "secret-file", "secret-credential" };
	const struct node *last = NULL, *n;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if ((n = given(s, keys[i])) && last)
			mistakes_add(&load->mistakes, n->at, "%s and %s; allowed: one of them", last->text, n->text);
		last = n ? n : last;
	}
	if ((n = given(s, "secret")) && load->x.config->files[n->at.file].open)
		mistakes_note(&load->mistakes, n->at, "every user of this machine can read this secret; "
			      "chmod 600 the file, or use secret-file");
	if (last && !p->params.challenge && p->params.secret_len)
		mistakes_note(&load->mistakes, last->at, "%s without challenge = yes does not authenticate "
			      "the peer: it serves only to answer the peer's challenge, and to hide AVPs", last->text);
	if (last || s->unclear)
		return;
	if (p->params.challenge)
		mistakes_add(&load->mistakes, place_of(s, "challenge"),
			     "challenge without a secret; give a secret or secret-file");
	if (p->params.hide_avps)
		mistakes_add(&load->mistakes, place_of(s, "hide-avps"),
			     "hide-avps without a secret; give a secret or secret-file");
}

/* The response to a challenge says nothing of its sender (5.1.1): with one secret for both, a server that we
 * dial can have us answer our own challenge as the LNS that we are to others. */
static void check_reflection(struct load *load, const struct config_profile *p)
{
	const struct config_profile *q = p->params.secret_len ? load->x.config->profiles : p;

	while (q < p && !(p->lac != q->lac && config_same_secret(&p->params, &q->params)))
		q++;
	if (q < p)
		mistakes_note(&load->mistakes, p->at,
			      "%s \"%s\" and %s \"%s\" have the same secret: a peer can send our "
			      "own challenge back to us in the other role, and gets the answer; give each a secret of "
			      "its own",
			      p->lac ? "lac" : "lns", p->name, q->lac ? "lac" : "lns", q->name);
}

static void check_timers(struct load *load, const struct config_profile *p, const struct scope *s)
{
	if (p->params.retransmit_initial > p->params.retransmit_cap)
		mistakes_add(&load->mistakes, place_of(s, "retransmit-initial"),
			     "retransmit-initial is longer than retransmit-cap; allowed: at most that");
	if (p->lac && p->redial_min > p->redial_max)
		mistakes_add(&load->mistakes, place_of(s, given(s, "redial-max") ? "redial-max" : "redial-min"),
			     "redial-min is longer than redial-max; allowed: at most that");
}

static bool port_has_listener(const struct config *c, uint16_t port)
{
	for (size_t i = 0; i < c->n_listens; i++)
		if (c->listens[i].addr.port == port)
			return true;
	return false;
}

static void check_lac(struct load *load, const struct config_profile *p, const struct scope *s)
{
	/* the only IP addresses with a colon are IPv6 ones */
	int source_family = !p->source ? 0 : strchr(p->source, ':') ? 6 : 4;

	if (!given(s, "server") && !s->unclear)
		mistakes_add(&load->mistakes, p->at, "lac \"%s\" has no server; "
			     "give server = \"NAME or ADDRESS\", or a list", p->name);
	if (p->family && source_family && p->family != source_family)
		mistakes_add(&load->mistakes, place_of(s, "source"),
			     "source is not of the configured family; allowed: an IPv%d address", p->family);
	if (p->local_port && !port_has_listener(load->x.config, p->local_port))
		mistakes_add(&load->mistakes, place_of(s, "local-port"),
			     "local-port %u is not a listen port; allowed: ephemeral, or the port of a listen address",
			     p->local_port);
	if (p->calls > p->params.sessions_max)
		mistakes_add(&load->mistakes, place_of(s, given(s, "calls") ? "calls" : "sessions"),
			     "more calls than sessions; allowed: at most %u", (unsigned)p->params.sessions_max);
}

static void check_addresses(struct load *load, const struct config_ppp *ppp, const struct scope *s)
{
	uint32_t local;

	if (ppp->pool && ppp->remote_address)
		mistakes_add(&load->mistakes, place_of(s, "remote-address"),
			     "remote-address and pool; allowed: one of them");
	if (ppp->pool && ppp->local_address && address_read_ip4(ppp->local_address, &local) &&
	    local >= ppp->pool->first && local <= ppp->pool->last)
		mistakes_add(&load->mistakes, place_of(s, "local-address"),
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

static void check_words(struct load *load, const struct scope *s)
{
	const struct node *before = NULL;

	for (const struct node *n = given(s, "options"); n; n = n->next)
		for (const struct node *v = strcmp(n->text, "options") == 0 ? n->first : NULL; v; before = v, v = v->next)
			if (strpbrk(v->text, " \t") && !(before && is_followed_by_text(before->text)))
				mistakes_note(&load->mistakes, v->at, "options: pppd takes \"%.64s\" as one word, and most "
					      "likely refuses it; write an option and its value as two: "
					      "{ \"ms-dns\", \"192.0.2.53\" }", v->text);
}

static void check_ppp(struct load *load, const struct config_profile *p, const struct scope *s)
{
	enum { IPV6_MTU_MIN = 1280 }; /* RFC 8200 5 */
	const struct config_ppp *ppp = &p->ppp;
	uint32_t sessions = p->lac ? p->calls : p->params.sessions_max;

	check_addresses(load, ppp, s);
	check_words(load, s);
	if (ppp->interface && !strchr(ppp->interface, '%') && sessions > 1)
		mistakes_add(&load->mistakes, place_of(s, "interface"),
			     "interface \"%s\" is one name for up to %u sessions; allowed: a name with %%d, or %s = 1",
			     ppp->interface, (unsigned)sessions, p->lac ? "calls" : "sessions");
	if (ppp->ipv6 && ppp->mtu && ppp->mtu < IPV6_MTU_MIN)
		mistakes_add(&load->mistakes, place_of(s, "mtu"),
			     "an mtu that is too small for IPv6; allowed: %d and more, or ipv6 = no", IPV6_MTU_MIN);
	if (ppp->ipv6 && ppp->mru && ppp->mru < IPV6_MTU_MIN)
		mistakes_add(&load->mistakes, place_of(s, "mru"),
			     "an mru that is too small for IPv6; allowed: %d and more, or ipv6 = no", IPV6_MTU_MIN);
}

static void check_chosen(struct load *load, const struct config_profile *p, const struct scope *s)
{
	const struct config_profile *q = load->greedy;

	if (!p->lac && q)
		mistakes_note(&load->mistakes, p->at, "lns \"%s\" is never used: lns \"%s\" in %s matches every peer",
			      p->name, q->name, place_text(load, q->at, p->at));
	else if (!p->lac && p->n_peers == 0 && !p->host_names && !config_tells_calls_apart(p) && !s->unclear)
		load->greedy = p;
}

static void check_profile(struct load *load, const struct config_profile *p, struct scope *s, struct scope *ppp)
{
	check_chosen(load, p, s);
	check_secret(load, p, s);
	check_reflection(load, p);
	check_timers(load, p, s);
	check_ppp(load, p, ppp);
	if (p->lac)
		check_lac(load, p, s);
}

/* ---- From sections to structs ---- */

static int load_pool(struct load *load, const struct node *n, struct config *c)
{
	struct config_pool *p = &c->pools[c->n_pools++];
	struct scope s = { .where = IN_POOL, .base = p, .at = n->at, .list = n->first };

	p->name = strdup(n->title->text);
	if (!p->name)
		return -ENOMEM;
	check_name(load, n, &load->pools, "pool");
	apply_statements(load, &s);
	if (!given(&s, "range") && !s.unclear)
		mistakes_add(&load->mistakes, n->at, "pool \"%s\" has no range; give range = \"FIRST-LAST\"", p->name);
	check_pool_overlap(load, p, place_of(&s, "range"));
	return 0;
}

static int init_profile(struct load *load, const struct node *n, size_t number, struct config_profile *p)
{
	p->name = strdup(n->title->text);
	p->use = calloc(1, sizeof(*p->use));
	if (!p->name || !p->use)
		return -ENOMEM;
	p->at = n->at;
	p->lac = strcmp(n->text, "lac") == 0;
	l2tp_params_init(&p->params);
	p->params.cookie = number;
	p->params.lns = !p->lac;
	if (gethostname(p->params.host_name, sizeof(p->params.host_name) - 1) < 0 || !p->params.host_name[0])
		memcpy(p->params.host_name, "localhost", sizeof("localhost"));
	options_set_defaults(&load->x, (p->lac ? IN_LAC : IN_LNS) | IN_PPP, p);
	return 0;
}

static int load_profile(struct load *load, const struct node *n, struct config *c)
{
	struct config_profile *p = &c->profiles[c->n_profiles++];
	const struct node *first = find_section(n->first, IN_PPP), *more = first;
	struct scope s = { .base = p, .at = n->at, .list = n->first };
	struct scope ppp = { .where = IN_PPP, .base = p, .at = n->at, .list = first ? first->first : NULL };
	int err = init_profile(load, n, c->n_profiles, p);

	if (err < 0)
		return err;
	s.where = p->lac ? IN_LAC : IN_LNS;
	check_name(load, n, &load->names, "lns and lac");
	apply_statements(load, &s);
	apply_statements(load, &ppp);
	while (more && (more = find_section(more->next, IN_PPP)))
		mistakes_add(&load->mistakes, more->at, "a second ppp section in one %s, first in %s; merge them", n->text,
			     place_text(load, first->at, more->at));
	p->params.lac = p->dial_hook != NULL;
	p->params.bearer_capabilities = p->dial_hook ? L2TP_BEARER_DIGITAL | L2TP_BEARER_ANALOG : 0; /* 4.4.3 */
	check_profile(load, p, &s, &ppp);
	return 0;
}

static size_t count_sections(const struct node *n, unsigned kinds)
{
	size_t count = 0;

	while ((n = find_section(n, kinds)))
		n = n->next, count++;
	return count;
}

static int load_sections(struct load *load, struct config *c)
{
	size_t n_pools = count_sections(load->root, IN_POOL), n_profiles = count_sections(load->root, IN_LNS | IN_LAC);
	int err = 0;

	if (n_pools > SECTIONS_MAX || n_profiles > SECTIONS_MAX) {
		mistakes_add(&load->mistakes, (struct config_place){ 0 }, "more than %d pool, or lns and lac, sections",
			     SECTIONS_MAX);
		return 0;
	}
	c->pools = calloc(n_pools + 1, sizeof(*c->pools));
	c->profiles = calloc(n_profiles + 1, sizeof(*c->profiles));
	if (!c->pools || !c->profiles)
		return -ENOMEM;
	for (const struct node *n = load->root; err == 0 && (n = find_section(n, IN_POOL)); n = n->next)
		err = load_pool(load, n, c);
	for (const struct node *n = load->root; err == 0 && (n = find_section(n, IN_LNS | IN_LAC)); n = n->next)
		err = load_profile(load, n, c);
	return err;
}

/* Without a listen option we listen everywhere; with an empty one nowhere. */
static int listen_everywhere(struct config *c)
{
	c->listens = calloc(1, sizeof(*c->listens));
	if (!c->listens)
		return -ENOMEM;
	c->listens[0].addr.port = L2TP_PORT;
	c->listens[0].path = c->path;
	c->n_listens = 1;
	return 0;
}

static int load_tree(struct load *load, struct config *c)
{
	struct scope root = { .where = IN_ROOT, .base = c, .list = load->root };
	struct scope limits = { .where = IN_LIMITS, .base = &c->limits };
	int err = 0;

	assert(options_n <= OPTIONS_MAX);
	options_set_defaults(&load->x, IN_ROOT, c);
	l2tp_limits_init(&c->limits);
	apply_statements(load, &root);
	for (const struct node *n = load->root; (n = find_section(n, IN_LIMITS)); n = n->next) {
		limits.list = n->first;
		apply_statements(load, &limits);
	}
	if (!given(&root, "listen"))
		err = listen_everywhere(c);
	if (err == 0)
		err = load_sections(load, c);
	if (c->n_profiles == 0 && load->mistakes.wrong == 0)
		mistakes_note(&load->mistakes, (struct config_place){ 0 }, "no lns and no lac section: there is nothing to do");
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

static int read_file(struct load *load, const char *path)
{
	struct config *c = load->x.config;
	struct config_file *file = file_new(c, path);

	if (!file)
		return -ENOMEM;
	load->failed = file->path;
	return parse_file(path, (unsigned)c->n_files - 1, &load->mistakes, &file->open, &load->end);
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
		mistakes_add(&load->mistakes, (struct config_place){ 0 }, "%s cannot be read: %s", directory, strerror(errno));
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

static int load_files(struct load *load, struct config *c)
{
	int err = read_file(load, c->path);

	if (err == 0)
		err = read_directory(load, c->path);
	if (err == 0)
		err = load_tree(load, c);
	return err < 0 ? err : load->mistakes.oom ? -ENOMEM : load->mistakes.wrong ? -EINVAL : 0;
}

/* ---- Public ---- */

/* What they lead to belongs to the tree of statements. */
static void clear_names(void **names)
{
	while (*names)
		tdelete(*(struct node **)*names, names, compare_titles);
}

int config_load(const char *path, FILE *errors, struct config **ret)
{
	struct config *c = calloc(1, sizeof(*c));
	struct load load = { .x.config = c, .end = &load.root };
	int err = c && (c->path = strdup(path)) ? load_files(&load, c) : -ENOMEM;

	if (c)
		mistakes_print(&load.mistakes, c, errors);
	if (err < 0 && err != -EINVAL)
		fprintf(errors, "%s: cannot be read: %s\n", load.failed ? load.failed : path, strerror(-err));
	mistakes_clear(&load.mistakes);
	clear_names(&load.names);
	clear_names(&load.pools);
	parse_free(load.root);
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
