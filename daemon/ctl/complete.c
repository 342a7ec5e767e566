/* SPDX-License-Identifier: MIT */
/*
 * complete: the candidates for the last word of a command line; the completion scripts of the shells call it.
 *
 *	l2tpctl complete -- WORD...
 *
 * The last word is the one to be completed.  Each candidate is printed on a line: the word, a tab, a description.
 * Verbs, options and the words for their arguments come from the table of verbs; ids and names come from the daemon if
 * it is running, without error messages, and at most CANDIDATES_MAX of them.
 */
#include "rows.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#define CANDIDATES_MAX 500
#define SOCKET_OPTION  "--socket="

struct completion {
	struct ctl *c;
	const char *word;     /* what has been typed of it */
	size_t option_len;    /* length of the "--name=" in front of it */
	const char *member;   /* the member of the rows that is offered */
	const char *last;     /* the candidate before, and its length */
	size_t last_len, count;
};

/* Equal candidates in succession are printed once.  The description may be text from a peer. */
static void offer(struct completion *n, const char *candidate, size_t len, const char *what)
{
	size_t typed = strlen(n->word);
	char *harmless;

	if (len < typed || len == 0 || memcmp(candidate, n->word, typed) != 0 ||
	    (n->last && n->last_len == len && memcmp(n->last, candidate, len) == 0))
		return;
	harmless = ctl_must_ptr(text_escape(what));
	printf("%.*s%.*s\t%s\n", (int)n->option_len, n->word - n->option_len, (int)len, candidate, harmless);
	free(harmless);
	n->last = candidate;
	n->last_len = len;
	n->count++;
}

/* ---- From the daemon ---------------------------------------------------------------------------------------- */

/* A name with characters that are special to a shell is not offered. */
static bool offer_name(void *ctx, json_t *row)
{
	static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,_-@+%/";
	struct completion *n = ctx;
	const char *name = json_text(row, n->member);

	if (name[strspn(name, harmless)] == '\0')
		offer(n, name, strlen(name), json_text(row, "Role"));
	n->last = NULL; /* it is freed with the row */
	return n->count < CANDIDATES_MAX;
}

static bool offer_tunnel(void *ctx, json_t *row)
{
	struct completion *n = ctx;
	char id[sizeof("4294967295")];

	snprintf(id, sizeof(id), "%u", (unsigned)json_number(row, "Tunnel"));
	offer(n, id, strlen(id), json_text(row, "Peer"));
	n->last = NULL;
	return n->count < CANDIDATES_MAX;
}

static bool offer_session(void *ctx, json_t *row)
{
	struct completion *n = ctx;
	char id[sizeof("4294967295/4294967295")];

	snprintf(id, sizeof(id), "%u/%u", (unsigned)json_number(row, "Tunnel"), (unsigned)json_number(row, "Session"));
	offer(n, id, strlen(id), json_text(row, "Peer"));
	n->last = NULL;
	return n->count < CANDIDATES_MAX;
}

static void offer_profiles(struct completion *n)
{
	json_t *rows = NULL, *row;
	size_t i;

	rows_ask(n->c, "ListProfiles", &rows);
	json_array_foreach(rows, i, row)
		offer_name(n, row);
	json_decref(rows);
}

/* ---- Arguments ---------------------------------------------------------------------------------------------- */

static const struct {
	const char *placeholder, *method, *member;
	rows_each offer;
} sources[] = {
	{ "TUNNEL", ROWS_TUNNELS, NULL, offer_tunnel },
	{ "SESSION", ROWS_SESSIONS, NULL, offer_session },
	{ "INTERFACE", ROWS_SESSIONS, "Interface", offer_name },
	{ "USER", ROWS_SESSIONS, "UserName", offer_name },
};

static void offer_placeholder(struct completion *n, const char *placeholder, size_t len)
{
	json_t *all = ctl_must_ptr(json_object());

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		if (strlen(sources[i].placeholder) == len && !memcmp(sources[i].placeholder, placeholder, len)) {
			n->member = sources[i].member;
			rows_list(n->c, sources[i].method, all, sources[i].offer, n);
		}
	}
	json_decref(all);
	n->member = "Name";
	if (len == strlen("PROFILE") && !memcmp(placeholder, "PROFILE", len))
		offer_profiles(n);
	/* the shell completes file names itself: this word tells it to */
	if (len == strlen("FILE") && !memcmp(placeholder, "FILE", len))
		puts("\tFILE");
}

/* "TUNNEL|PROFILE", "[lac|lns]", "FILE..." */
static void offer_argument(struct completion *n, const char *p, size_t len)
{
	const char *end = p + len;
	size_t word;

	for (; p < end; p += word + 1) {
		p += *p == '[';
		word = strcspn(p, "|/[]. ");
		if (*p >= 'a' && *p <= 'z')
			offer(n, p, word, "");
		else
			offer_placeholder(n, p, word);
	}
}

static void offer_positional(struct completion *n, const struct verb *v, size_t position)
{
	const char *p = v->arguments;

	for (; position > 0 && *p; position--) {
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	offer_argument(n, p, strcspn(p, " "));
}

/* ---- The line ----------------------------------------------------------------------------------------------- */

/* The words before the last one. */
struct line {
	const struct verb *verb; /* NULL: not known yet */
	char **plain;            /* the words that are not options */
	size_t n_plain, used;    /* used: words of the verb's name */
	const char *pending;     /* the argument that the last option takes */
	bool socket;             /* that option is --socket */
};

static bool is_option(const char *word, const char *name)
{
	return word[0] == '-' && word[1] == '-' && !strcmp(word + 2, name);
}

/* The argument that "--option" takes, NULL for none. */
static const char *argument_of(const struct verb *v, const char *word)
{
	for (size_t i = 0; v && i < verb_options(v); i++)
		if (is_option(word, v->options[i].name))
			return v->options[i].argument;
	return is_option(word, "socket") ? "FILE" : NULL;
}

static void read_word(struct completion *n, struct line *l, char *word)
{
	if (l->pending) {
		if (l->socket)
			n->c->socket = word;
		l->pending = NULL;
	} else if (!strncmp(word, SOCKET_OPTION, strlen(SOCKET_OPTION))) {
		n->c->socket = word + strlen(SOCKET_OPTION);
	} else if (*word == '-') {
		l->pending = argument_of(l->verb, word);
		l->socket = is_option(word, "socket");
	} else {
		l->plain[l->n_plain++] = word;
		l->verb = verb_find(l->plain, l->n_plain, &l->used);
	}
}

static void offer_option(struct completion *n, const char *name, const char *what)
{
	char option[64];
	int len = snprintf(option, sizeof(option), "--%s", name);

	n->last = NULL;
	offer(n, option, (size_t)len, what);
	n->last = NULL;
}

static void offer_options(struct completion *n, const struct verb *v)
{
	for (size_t i = 0; v && i < verb_options(v); i++)
		offer_option(n, v->options[i].name, v->options[i].help);
	offer_option(n, "json", "print JSON");
	offer_option(n, "socket", "path of the daemon's socket");
	offer_option(n, "help", "print help");
	if (!v)
		offer_option(n, "version", "print the version");
}

/* The next word of every verb that begins with the words before. */
static void offer_verbs(struct completion *n, const struct line *l)
{
	const struct verb *v;

	for (size_t i = 0; (v = verb_at(i)); i++) {
		const char *p = v->name;

		if (v->flags & VERB_HIDDEN || !verb_begins(v, l->plain, l->n_plain))
			continue;
		for (size_t skip = 0; skip < l->n_plain; skip++) {
			p += strcspn(p, " ");
			p += strspn(p, " ");
		}
		offer(n, p, strcspn(p, " "), v->summary);
	}
}

/* In "--option=value", the value is what is completed. */
static void split_option(struct completion *n, struct line *l, char *word)
{
	char *equals = *word == '-' ? strchr(word, '=') : NULL;

	if (!equals || l->pending)
		return;
	*equals = '\0';
	l->pending = argument_of(l->verb, word);
	if (l->pending) {
		n->word = equals + 1;
		n->option_len = (size_t)(n->word - word);
	}
	*equals = '=';
}

static enum status complete(struct ctl *c)
{
	struct completion n = { .c = c, .word = c->args[c->n_args - 1] };
	struct line line = { .plain = c->args };

	/* an error message, as that no daemon is running, would end up in the command line */
	if (!freopen("/dev/null", "w", stderr))
		return STATUS_FAILED;
	for (size_t i = 0; i + 1 < c->n_args; i++)
		read_word(&n, &line, c->args[i]);
	split_option(&n, &line, c->args[c->n_args - 1]);
	if (line.pending) {
		offer_argument(&n, line.pending, strlen(line.pending));
	} else if (*n.word == '-') {
		offer_options(&n, line.verb);
	} else {
		offer_verbs(&n, &line);
		if (line.verb)
			offer_positional(&n, line.verb, line.n_plain - line.used);
	}
	return STATUS_OK;
}

const struct verb complete_verbs[] = {
	{ "complete", "WORD...", "print completions, for the shell", NULL, complete, VERB_HIDDEN | VERB_NO_JSON },
	{ 0 },
};
