/* SPDX-License-Identifier: MIT */
/*
 * import: the configuration of another daemon as one of ours: `l2tpctl import xl2tpd FILE`.
 *
 * What becomes of each option of xl2tpd.conf(5) is a row of the table below.  It is what xl2tpd does that is turned
 * over, not what its manual says: [lns default] is a profile of its own, for peers that no other one takes; of [lac
 * default] only "lns" counts; "require chap" counts only with "require authentication".  What has no counterpart is
 * told twice, on stderr and as a comment where it would have stood, so that nothing is lost in silence.
 *
 * Whatever is read, what is written passes l2tpd --check: values are checked against what our options allow, and the
 * fuzzer holds us to it.  Called by the verb and the tests.
 */
#include "import.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "ctl.h"
#include "ranges.h"
#include "xl2tpd.h"

#define L2TP_PORT 1701
#define SECRET_MAX 128
#define TEXT_MAX_OURS 1000  /* octets of a text of ours */
#define NAME_MAX_OURS 63    /* of a section's name */
#define LIST_MAX 256        /* values in a list of ours */
#define PEER_NAME_MAX 255
#define SERVER_MAX 253
#define POOL_MAX (1u << 24) /* addresses of a pool */

/* ---- What has been taken over, and where it is written ---------------------------------------------------------- */

struct pool {
	struct range wanted, range; /* what a section had for it; what it is */
	unsigned number;
};

struct word {
	const char *text;
	bool begins; /* an option; else an argument of the one before */
};

struct import {
	const struct import_input *in;
	FILE *out, *notes;
	const char *path;    /* that is being read, for notes */
	unsigned indent;
	bool quiet;          /* what is written now has been written before, with other secrets */
	struct xl2tpd_file file;
	struct xl2tpd_secret *secrets;
	size_t n_secrets;
	const struct xl2tpd_section *global, *default_lac;
	char **names;        /* of sections that have been given */
	size_t n_names;
	struct pool *pools;
	size_t n_pools;
	unsigned port;       /* where xl2tpd listens, and what its calls come from */
	bool oom;
};

__attribute__((format(printf, 2, 3))) static void put(struct import *im, const char *fmt, ...)
{
	va_list ap;

	if (*fmt)
		fprintf(im->out, "%*s", (int)(4 * im->indent), "");
	va_start(ap, fmt);
	vfprintf(im->out, fmt, ap);
	va_end(ap);
	fputc('\n', im->out);
}

/* For a comment or a terminal: foreign text cut and without what acts. */
static void print_safely(FILE *out, const char *s)
{
	enum { SHOWN = 80 };

	for (size_t i = 0; s[i] && i < SHOWN; i++)
		fputc((unsigned char)s[i] < ' ' || (unsigned char)s[i] > '~' ? '?' : s[i], out);
	if (strlen(s) > SHOWN)
		fputs("...", out);
}

/* "FILE:12: key = value: what is to be said of it" */
static void note_to(struct import *im, FILE *out, const char *before, unsigned number, const char *text, const char *what)
{
	fprintf(out, "%s", before);
	print_safely(out, im->path);
	if (number)
		fprintf(out, ":%u", number);
	fputs(": ", out);
	print_safely(out, text);
	fprintf(out, ": %s\n", what);
}

static void note_text(struct import *im, unsigned number, const char *text, const char *what)
{
	if (im->quiet)
		return;
	note_to(im, im->notes, "l2tpctl: ", number, text, what);
	fprintf(im->out, "%*s", (int)(4 * im->indent), "");
	note_to(im, im->out, "# ", number, text, what);
}

static void note(struct import *im, const struct xl2tpd_line *l, const char *what)
{
	char text[256];

	snprintf(text, sizeof(text), "%s = %s", l->key, l->value);
	note_text(im, l->number, text, what);
}

/* Can it be a value of ours? */
static bool is_writable(const char *s, size_t max)
{
	size_t len = strlen(s);

	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)s[i]))
			return false;
	return len > 0 && len <= max;
}

/* In single quotes nothing else has a meaning. */
static void put_quoted(FILE *out, const char *s)
{
	fputc('\'', out);
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			fputc('\\', out);
		fputc(*s, out);
	}
	fputc('\'', out);
}

static void put_text(struct import *im, const char *key, const char *value)
{
	fprintf(im->out, "%*s%s = ", (int)(4 * im->indent), "", key);
	put_quoted(im->out, value);
	fputc('\n', im->out);
}

/* ---- Values ------------------------------------------------------------------------------------------------------- */

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_NONE };

static enum answer answer_of(const struct xl2tpd_line *l)
{
	static const struct {
		const char *word;
		enum answer answer;
	} words[] = { { "yes", ANSWER_YES }, { "y", ANSWER_YES }, { "true", ANSWER_YES },
		      { "no", ANSWER_NO },   { "n", ANSWER_NO },  { "false", ANSWER_NO } };

	for (size_t i = 0; l && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(l->value, words[i].word) == 0)
			return words[i].answer;
	return ANSWER_NONE;
}

static bool is_yes(const struct xl2tpd_section *s, const char *key)
{
	return answer_of(xl2tpd_find(s, key)) == ANSWER_YES;
}

/* Within what we allow, or as near as can be. */
static bool number_of(struct import *im, const struct xl2tpd_line *l, uint32_t min, uint32_t max, uint32_t *ret)
{
	uint32_t n;

	if (!ctl_number(l->value, UINT32_MAX, &n)) {
		note(im, l, "is no number");
		return false;
	}
	if (n < min || n > max)
		note(im, l, n < min ? "is less than is allowed here: the least is taken" :
				      "is more than is allowed here: the most is taken");
	*ret = n < min ? min : n > max ? max : n;
	return true;
}

static bool address_of(const char *text, uint32_t *ret)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) != 1)
		return false;
	*ret = ntohl(in.s_addr);
	return true;
}

/* "192.0.2.1", "192.0.2.1 - 192.0.2.9", "192.0.2.1-9": what the end lacks in front is as in the beginning. */
static bool range_of(const char *text, struct range *ret)
{
	char first[INET_ADDRSTRLEN], last[2 * INET_ADDRSTRLEN];
	size_t len = strcspn(text, "- \t"), missing = 3, keep = 0;
	const char *end = text + len + strspn(text + len, " \t");

	if (len >= sizeof(first))
		return false;
	memcpy(first, text, len);
	first[len] = '\0';
	if (!address_of(first, &ret->first))
		return false;
	ret->last = ret->first;
	if (!*end)
		return true;
	if (*end++ != '-')
		return false;
	end += strspn(end, " \t");
	for (const char *p = end; *p; p++)
		missing -= *p == '.' && missing > 0;
	for (size_t dots = 0; dots < missing; keep++)
		dots += first[keep] == '.';
	snprintf(last, sizeof(last), "%.*s%s", (int)keep, first, end);
	return address_of(last, &ret->last) && ret->first <= ret->last;
}

/* What the lines KEY add and the lines "no KEY" take away, the later ones over the earlier. */
static void collect_ranges(struct import *im, const struct xl2tpd_section *s, const char *key, struct ranges *ret)
{
	struct range range;

	ret->n = 0;
	for (size_t i = 0; i < s->n_lines; i++) {
		const struct xl2tpd_line *l = &s->lines[i];
		bool no = strncmp(l->key, "no ", 3) == 0;

		if (strcmp(l->key + (no ? 3 : 0), key) != 0)
			continue;
		if (!range_of(l->value, &range))
			note(im, l, "is left out: give addresses, first to last");
		else if (no ? !ranges_remove(ret, range) : !ranges_add(ret, range))
			note(im, l, "is left out: too many ranges");
	}
}

/* ---- The options ---------------------------------------------------------------------------------------------------- */

enum action {
	DONE,       /* taken care of elsewhere */
	DONE_YES,   /* the same, and it must be yes or no */
	NUMBER,     /* target = a number from min to max */
	TEXT,       /* target = text, up to max octets */
	WORD,       /* yes: a word for pppd */
	WORD_VALUE, /* a word for pppd, and the value */
	NOTE,       /* remark */
	NOTE_YES,   /* remark if it is yes */
};

enum { G = 1 << XL2TPD_GLOBAL, N = 1 << XL2TPD_LNS, C = 1 << XL2TPD_LAC };

#define IPSEC "there is nothing like it: with IPsec, policies on the tunnel's addresses and ports do"
#define KERNEL "the kernel does that: it sends data without the length, and takes it with and without"
#define OLD "it does nothing in xl2tpd either"

/* clang-format off */
static const struct rule {
	const char *key;
	unsigned where;
	enum action action;
	const char *target, *remark;
	uint32_t min, max;
} rules[] = {
	{ "listen-addr",            G,     DONE,       NULL, NULL, 0, 0 },
	{ "port",                   G,     DONE,       NULL, NULL, 0, 0 },
	{ "auth file",              G,     DONE,       NULL, NULL, 0, 0 },
	{ "access control",         G,     DONE_YES,   NULL, NULL, 0, 0 },
	{ "max retries",            G,     DONE,       NULL, NULL, 0, 0 },
	{ "cap backoff",            G,     DONE,       NULL, NULL, 0, 0 },
	{ "debug avp",              G,     DONE_YES,   NULL, NULL, 0, 0 },
	{ "debug network",          G,     DONE_YES,   NULL, NULL, 0, 0 },
	{ "debug packet",           G,     DONE_YES,   NULL, NULL, 0, 0 },
	{ "debug state",            G,     DONE_YES,   NULL, NULL, 0, 0 },
	{ "debug tunnel",           G,     DONE_YES,   NULL, NULL, 0, 0 },
	{ "ipsec saref",            G,     NOTE_YES,   NULL, IPSEC, 0, 0 },
	{ "saref refinfo",          G,     NOTE,       NULL, IPSEC, 0, 0 },
	{ "force userspace",        G,     NOTE_YES,   NULL, "data is always the kernel's here", 0, 0 },
	{ "rand source",            G,     NOTE,       NULL, "randomness is always the kernel's here", 0, 0 },

	{ "exclusive",              N,     NOTE_YES,   NULL, "a peer may have several tunnels here", 0, 0 },
	{ "ip range",               N,     DONE,       NULL, NULL, 0, 0 },
	{ "no ip range",            N,     DONE,       NULL, NULL, 0, 0 },
	{ "assign ip",              N,     DONE_YES,   NULL, NULL, 0, 0 },
	{ "lac",                    N,     DONE,       NULL, NULL, 0, 0 },
	{ "no lac",                 N,     DONE,       NULL, NULL, 0, 0 },
	{ "local ip",               N | C, DONE,       NULL, NULL, 0, 0 },
	{ "local ip range",         N,     DONE,       NULL, NULL, 0, 0 },
	{ "hidden bit",             N | C, DONE_YES,   NULL, NULL, 0, 0 },
	{ "challenge",              N | C, DONE_YES,   NULL, NULL, 0, 0 },
	{ "hostname",               N | C, TEXT,       "host-name", NULL, 1, 127 },
	{ "tunnel rws",             N | C, NUMBER,     "receive-window", NULL, 1, 1024 },
	{ "length bit",             N | C, NOTE_YES,   NULL, KERNEL, 0, 0 },
	{ "call rws",               N | C, NOTE,       NULL, OLD, 0, 0 },
	{ "flow bit",               N | C, NOTE_YES,   NULL, OLD "; here it is \"sequencing\", better left off", 0, 0 },
	{ "rx bps",                 N | C, DONE,       NULL, NULL, 0, 0 },
	{ "tx bps",                 N | C, DONE,       NULL, NULL, 0, 0 },
	{ "bps",                    N | C, DONE,       NULL, NULL, 0, 0 },

	{ "require authentication", N | C, DONE_YES,   NULL, NULL, 0, 0 },
	{ "require auth",           N | C, DONE_YES,   NULL, NULL, 0, 0 },
	{ "require pap",            N | C, DONE_YES,   NULL, NULL, 0, 0 },
	{ "require chap",           N | C, DONE_YES,   NULL, NULL, 0, 0 },
	{ "refuse authentication",  N | C, DONE_YES,   NULL, NULL, 0, 0 },
	{ "refuse auth",            N | C, DONE_YES,   NULL, NULL, 0, 0 },
	{ "refuse pap",             N | C, WORD,       "refuse-pap", NULL, 0, 0 },
	{ "refuse chap",            N | C, WORD,       "refuse-chap", NULL, 0, 0 },
	{ "unix authentication",    N,     DONE_YES,   NULL, NULL, 0, 0 },
	{ "unix auth",              N,     DONE_YES,   NULL, NULL, 0, 0 },
	{ "name",                   N | C, WORD_VALUE, "name", NULL, 0, 0 },
	{ "ppp debug",              N | C, WORD,       "debug", NULL, 0, 0 },
	{ "defaultroute",           C,     WORD,       "defaultroute", NULL, 0, 0 },
	{ "pass peer",              N | C, NOTE_YES,   NULL,
	  "pppd's scripts find the peer's address in L2TP_PEER; ipparam is the name of the profile", 0, 0 },
	{ "pppoptfile",             N | C, DONE,       NULL, NULL, 0, 0 },

	{ "lns",                    C,     DONE,       NULL, NULL, 0, 0 },
	{ "autodial",               C,     DONE_YES,   NULL, NULL, 0, 0 },
	{ "redial",                 C,     DONE_YES,   NULL, NULL, 0, 0 },
	{ "redial timeout",         C,     DONE,       NULL, NULL, 0, 0 },
	{ "max redials",            C,     NOTE,       NULL, "what is dialled is dialled for ever here", 0, 0 },
	{ "remote ip",              C,     DONE,       NULL, NULL, 0, 0 },
};
/* clang-format on */

static const struct rule *rule_of(const struct xl2tpd_line *l)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strcmp(rules[i].key, l->key) == 0)
			return &rules[i];
	return NULL;
}

/* Of lines with the same key the last one counts; those that are lists have been seen elsewhere. */
static bool counts(const struct xl2tpd_section *s, const struct xl2tpd_line *l)
{
	return xl2tpd_find(s, l->key) == l;
}

static void put_option(struct import *im, const struct rule *rule, const struct xl2tpd_line *l)
{
	uint32_t n;

	if (rule->action == NUMBER) {
		if (number_of(im, l, rule->min, rule->max, &n))
			put(im, "%s = %u", rule->target, n);
	} else if (rule->action == TEXT) {
		if (is_writable(l->value, rule->max))
			put_text(im, rule->target, l->value);
		else
			note(im, l, "is empty, too long, or has characters that cannot be written");
	} else if (rule->action == NOTE || (rule->action == NOTE_YES && answer_of(l) == ANSWER_YES)) {
		note(im, l, rule->remark);
	}
}

static bool wants_answer(enum action action)
{
	return action == DONE_YES || action == WORD || action == NOTE_YES;
}

/* What the table says of a section's lines; pppd's words are for later. */
static void put_options(struct import *im, const struct xl2tpd_section *s)
{
	for (size_t i = 0; i < s->n_lines; i++) {
		const struct xl2tpd_line *l = &s->lines[i];
		const struct rule *rule = rule_of(l);

		if (!rule || !(rule->where & 1u << s->kind))
			note(im, l, rule ? "has no place in such a section" : "is not an option of xl2tpd");
		else if (wants_answer(rule->action) && answer_of(l) == ANSWER_NONE)
			note(im, l, "is neither yes nor no");
		else if (counts(s, l))
			put_option(im, rule, l);
	}
}

/* ---- Words for pppd --------------------------------------------------------------------------------------------------- */

struct words {
	struct word at[LIST_MAX];
	size_t n;
	uint32_t mtu, mru; /* 0: not said */
	bool ipv6;
};

static void add_word(struct import *im, struct words *w, const char *text, bool begins, unsigned number)
{
	if (w->n == LIST_MAX || !is_writable(text, TEXT_MAX_OURS))
		note_text(im, number, text, w->n == LIST_MAX ? "one word too many for pppd" : "cannot be written");
	else
		w->at[w->n++] = (struct word){ text, begins };
}

#define NO_TERMINAL "left out: there is no serial line"
#define SUPERVISED "left out: l2tpd starts and ends pppd"

/* pppd's words that have arguments, and those that have no place here. */
static const struct ppp_word {
	const char *word;
	unsigned n_arguments;
	const char *remark; /* left out, and why */
} ppp_words[] = {
	{ "crtscts", 0, NO_TERMINAL },       { "-crtscts", 0, NO_TERMINAL },  { "nocrtscts", 0, NO_TERMINAL },
	{ "modem", 0, NO_TERMINAL },         { "local", 0, NO_TERMINAL },     { "lock", 0, NO_TERMINAL },
	{ "nolock", 0, NO_TERMINAL },        { "xonxoff", 0, NO_TERMINAL },   { "connect", 1, NO_TERMINAL },
	{ "connect-delay", 1, NO_TERMINAL }, { "disconnect", 1, NO_TERMINAL }, { "asyncmap", 1, NO_TERMINAL },
	{ "nodetach", 0, SUPERVISED },       { "-detach", 0, SUPERVISED },    { "updetach", 0, SUPERVISED },
	{ "persist", 0, SUPERVISED },        { "nopersist", 0, SUPERVISED },  { "maxfail", 1, SUPERVISED },
	{ "holdoff", 1, SUPERVISED },        { "demand", 0, SUPERVISED },     { "ifname", 1, "give interface instead" },
	{ "unit", 1, "give interface = \"ppp%d\" instead" },
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

static const struct ppp_word *ppp_word(const char *word)
{
	for (size_t i = 0; i < sizeof(ppp_words) / sizeof(ppp_words[0]); i++)
		if (strcmp(ppp_words[i].word, word) == 0)
			return &ppp_words[i];
	return NULL;
}

/* An option of ours, where ours allows the value. */
static bool take_mtu(struct words *w, const char *word, const char *value)
{
	enum { MTU_MIN = 576, MTU_MAX = 16384 };
	uint32_t n;

	if ((strcmp(word, "mtu") != 0 && strcmp(word, "mru") != 0) || !ctl_number(value, MTU_MAX, &n) || n < MTU_MIN)
		return false;
	*(word[1] == 't' ? &w->mtu : &w->mru) = n;
	return true;
}

/* One option of pppd's, with its arguments. */
static void take_ppp_option(struct import *im, struct words *w, const char *word, char **text)
{
	const struct ppp_word *known = ppp_word(word);
	const char *argument = NULL;

	if (known && known->n_arguments)
		argument = xl2tpd_word(text);
	if (known && known->remark) {
		note_text(im, 0, word, known->remark);
		return;
	}
	if (argument && take_mtu(w, word, argument))
		return;
	w->ipv6 = (w->ipv6 || strcmp(word, "+ipv6") == 0 || strcmp(word, "ipv6") == 0) && strcmp(word, "noipv6") != 0;
	add_word(im, w, word, true, 0);
	if (argument)
		add_word(im, w, argument, false, 0);
}

/* What is in the file that pppoptfile names; *ret_text is to be freed after the words. */
static void take_ppp_file(struct import *im, struct words *w, const struct xl2tpd_line *l, char **ret_text)
{
	const char *path = im->path, *option_path = im->in->ppp_options ? im->in->ppp_options : l->value;
	char *word, *text;
	int r = im->in->read(im->in->ctx, option_path, ret_text);

	if (r < 0) {
		char what[128];

		snprintf(what, sizeof(what), "cannot be read (%s): pppd gets it as it is", strerror(-r));
		note(im, l, what);
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

/* As xl2tpd: how counts only if authentication is asked for. */
static void take_authentication(struct import *im, struct words *w, const struct xl2tpd_section *s)
{
	static const char *const requires[][2] = { { "require pap", "require-pap" }, { "require chap", "require-chap" },
						   { "unix authentication", "login" }, { "unix auth", "login" } };
	bool asked = is_yes(s, "require authentication") || is_yes(s, "require auth");

	if (asked)
		add_word(im, w, "auth", true, 0);
	for (size_t i = 0; i < sizeof(requires) / sizeof(requires[0]); i++) {
		if (!is_yes(s, requires[i][0]))
			continue;
		if (asked)
			add_word(im, w, requires[i][1], true, 0);
		else
			note(im, xl2tpd_find(s, requires[i][0]),
			     "counts in xl2tpd only with require authentication = yes: left out");
	}
	if (is_yes(s, "refuse authentication") || is_yes(s, "refuse auth")) {
		add_word(im, w, "refuse-pap", true, 0);
		add_word(im, w, "refuse-chap", true, 0);
	}
}

static void take_words(struct import *im, struct words *w, const struct xl2tpd_section *s)
{
	take_authentication(im, w, s);
	for (size_t i = 0; i < s->n_lines; i++) {
		const struct xl2tpd_line *l = &s->lines[i];
		const struct rule *rule = rule_of(l);

		if (!rule || !(rule->where & 1u << s->kind) || !counts(s, l))
			continue;
		if (rule->action == WORD_VALUE || (rule->action == WORD && answer_of(l) == ANSWER_YES))
			add_word(im, w, rule->target, true, l->number);
		if (rule->action == WORD_VALUE)
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

/* pppd alone asks if it has a default route; we always do. */
static void note_authentication(struct import *im, const struct words *w, const struct xl2tpd_section *s)
{
	static const char *const words[] = { "auth", "noauth", "require-pap", "require-chap", "require-mschap",
					     "require-mschap-v2", "require-eap", "+pap", "+chap", NULL };

	if (s->kind == XL2TPD_LNS && !has_word(w, words))
		note_text(im, s->number, s->name, "says nothing of auth or noauth: peers of an lns must authenticate here");
}

static void put_words(struct import *im, const struct words *w)
{
	if (!w->n)
		return;
	put(im, "options = {");
	for (size_t i = 0; i < w->n; i++) {
		if (w->at[i].begins || i == 0)
			fprintf(im->out, "%s%*s", i ? "\n" : "", (int)(4 * im->indent + 4), "");
		else
			fputc(' ', im->out);
		put_quoted(im->out, w->at[i].text);
		if (i + 1 < w->n)
			fputc(',', im->out);
	}
	fputc('\n', im->out);
	put(im, "}");
}

/* ---- Addresses of PPP ----------------------------------------------------------------------------------------------- */

static const char *address_text(uint32_t address, char buf[INET_ADDRSTRLEN])
{
	struct in_addr in = { htonl(address) };

	return inet_ntop(AF_INET, &in, buf, INET_ADDRSTRLEN);
}

/* Ours, 0: none. */
static uint32_t local_address(struct import *im, const struct xl2tpd_section *s)
{
	const struct xl2tpd_line *one = xl2tpd_find(s, "local ip"), *many = xl2tpd_find(s, "local ip range");
	struct range range = { 0 };

	if (one && !address_of(one->value, &range.first))
		note(im, one, "is left out: give an address");
	if (!one && many && range_of(many->value, &range))
		note(im, many, "all sessions share one address of ours here: the first one is taken");
	else if (!one && many)
		note(im, many, "is left out: give addresses, first to last");
	return range.first;
}

/* Another section wants the same addresses, and ours is not among them. */
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
	put(im, "pool 'pool%u' { range = '%s-%s' }", longer[im->n_pools].number, address_text(range.first, first),
	    address_text(range.last, last));
	return &longer[im->n_pools++];
}

/* The longest range without our own address and what other sections have. */
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

static const struct pool *choose_pool(struct import *im, const struct xl2tpd_section *s, struct ranges *r, uint32_t local)
{
	uint64_t all = ranges_count(r);
	struct range wanted = ranges_longest(r), range;
	const struct pool *found = all ? same_pool(im, wanted, local) : NULL;

	if (!all || found)
		return found;
	range = free_range(im, r, local);
	if (range.first > range.last) {
		note_text(im, s->number, s->name, "all addresses of ip range are used elsewhere: no pool");
		return NULL;
	}
	if ((uint64_t)range.last - range.first + 1 + (local != 0) < all)
		note_text(im, s->number, s->name, "a pool is one range: of several the longest is taken");
	return add_pool(im, wanted, range);
}

static const struct pool *put_pool(struct import *im, const struct xl2tpd_section *s, uint32_t local)
{
	struct ranges *r = calloc(1, sizeof(*r));
	const struct pool *pool;

	if (!r) {
		im->oom = true;
		return NULL;
	}
	collect_ranges(im, s, "ip range", r);
	ranges_remove(r, (struct range){ 0, 0 });
	ranges_remove(r, (struct range){ UINT32_MAX, UINT32_MAX });
	pool = choose_pool(im, s, r, local);
	free(r);
	return pool;
}

/* ---- Profiles ----------------------------------------------------------------------------------------------------------- */

static bool name_is_taken(const struct import *im, const char *name)
{
	for (size_t i = 0; i < im->n_names; i++)
		if (strcmp(im->names[i], name) == 0)
			return true;
	return false;
}

/* Letters that our names may have, and a number behind what has been given already. */
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

	if (answer_of(l) == ANSWER_YES && !has_secret)
		note(im, l, "needs a secret, and none was found: left out");
	else if (answer_of(l) != ANSWER_NONE)
		put(im, "%s = %s", target, answer_of(l) == ANSWER_YES ? "yes" : "no");
}

static void put_secret(struct import *im, const struct xl2tpd_section *s, const struct xl2tpd_secret *secret)
{
	bool good = secret && is_writable(secret->secret, SECRET_MAX);

	if (secret && !good)
		note_text(im, 0, s->name, "its secret is too long or has characters that cannot be written: give secret-file");
	if (good)
		put_text(im, "secret", secret->secret);
	put_with_secret(im, s, "challenge", "challenge", good);
	put_with_secret(im, s, "hidden bit", "hide-avps", good);
}

static void put_retransmission(struct import *im)
{
	const struct xl2tpd_line *retries = xl2tpd_find(im->global, "max retries");
	const struct xl2tpd_line *cap = xl2tpd_find(im->global, "cap backoff");
	uint32_t n;

	if (retries && number_of(im, retries, 1, 32, &n))
		put(im, "retransmit-max = %u", n);
	if (cap && number_of(im, cap, 8, 600, &n))
		put(im, "retransmit-cap = %us", n);
}

static void put_ppp_addresses(struct import *im, const struct xl2tpd_section *s, uint32_t local, const struct pool *pool)
{
	const struct xl2tpd_line *remote = s->kind == XL2TPD_LAC ? xl2tpd_find(s, "remote ip") : NULL;
	char text[INET_ADDRSTRLEN];
	uint32_t address;

	if (local)
		put(im, "local-address = %s", address_text(local, text));
	if (pool)
		put(im, "pool = 'pool%u'", pool->number);
	if (remote && address_of(remote->value, &address) && address)
		put(im, "remote-address = %s", address_text(address, text));
	else if (remote)
		note(im, remote, "is left out: give an address");
}

static void put_ppp(struct import *im, const struct xl2tpd_section *s, uint32_t local, const struct pool *pool)
{
	const struct xl2tpd_line *file = xl2tpd_find(s, "pppoptfile");
	struct words *w = calloc(1, sizeof(*w));
	char *text = NULL;

	put(im, "ppp {");
	im->indent++;
	put_ppp_addresses(im, s, local, pool);
	if (w) {
		take_words(im, w, s);
		if (file || im->in->ppp_options)
			take_ppp_file(im, w, file ? file : &(struct xl2tpd_line){ "pppoptfile", im->in->ppp_options, 0 },
				      &text);
		note_authentication(im, w, s);
		put(im, "ipv6 = %s", w->ipv6 && (!w->mtu || w->mtu >= 1280) && (!w->mru || w->mru >= 1280) ? "yes" : "no");
		if (w->mtu)
			put(im, "mtu = %u", w->mtu);
		if (w->mru)
			put(im, "mru = %u", w->mru);
		put_words(im, w);
	}
	im->oom = im->oom || !w;
	free(w);
	free(text);
	im->indent--;
	put(im, "}");
}

/* ---- LNS ------------------------------------------------------------------------------------------------------------------ */

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
				address_text(first, text), bits);
		}
		cut = cut || more || n + peers->n - i - 1 > LIST_MAX;
	}
	fputc('\n', im->out);
	put(im, "}");
	if (cut)
		note_text(im, s->number, s->name, "too many ranges of peers: the last ones are left out");
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

/* A name as a pattern that fits nothing else. */
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
	put_quoted(im->out, pattern);
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

	put(im, "%s", "");
	put(im, "lns '%s' {", name_for(im, s->name));
	im->indent++;
	if (lns->peers)
		put_peers(im, s, lns->peers);
	if (secret && strcmp(secret->them, "*") != 0)
		put_peer_name(im, secret->them);
	put_secret(im, s, secret);
	put_options(im, s);
	put_retransmission(im);
	if (xl2tpd_find(s, "rx bps") || xl2tpd_find(s, "tx bps") || xl2tpd_find(s, "bps"))
		note_text(im, s->number, s->name, "rx bps, tx bps: the LAC says how fast a call is");
	put_ppp(im, s, lns->local, lns->pool);
	im->indent--;
	put(im, "}");
}

/* xl2tpd chooses the secret by the peer's name, in the order of the file: here that are profiles. */
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
		} else if (n == PROFILES_MAX || !is_writable(secret->them, PEER_NAME_MAX)) {
			note_text(im, secret->number, secret->them, "a secret that is left out: too many, or a bad name");
		} else {
			put_lns_profile(im, lns, secret);
			n++;
			im->quiet = true; /* but for what differs, the next one says the same */
		}
	}
	/* peers that have no secret could not answer a challenge */
	if (any || n == 0 || !is_yes(lns->section, "challenge"))
		put_lns_profile(im, lns, any);
	im->quiet = false;
}

static void put_lns(struct import *im, const struct xl2tpd_section *s)
{
	bool fallback = strcasecmp(s->name, "default") == 0, controlled = is_yes(im->global, "access control");
	const struct xl2tpd_line *assign = xl2tpd_find(s, "assign ip");
	struct ranges *peers = calloc(1, sizeof(*peers));
	struct lns lns = { .section = s, .peers = peers };

	if (!peers) {
		im->oom = true;
		return;
	}
	put(im, "%s", "");
	collect_ranges(im, s, "lac", peers);
	if (fallback && !controlled) {
		if (peers->n || xl2tpd_find(s, "no lac"))
			note_text(im, s->number, "lac", "without access control = yes, xl2tpd takes every peer here: so does this");
		lns.peers = NULL;
	}
	if (lns.peers && !peers->n) {
		note_text(im, s->number, s->name, "an lns that xl2tpd never chooses, for it has no lac = ADDRESSES: left out");
	} else {
		lns.local = local_address(im, s);
		if (answer_of(assign) == ANSWER_NO && xl2tpd_find(s, "ip range"))
			note(im, assign, "no pool: pppd has the addresses from elsewhere");
		else
			lns.pool = put_pool(im, s, lns.local);
		put_lns_profiles(im, &lns);
	}
	free(peers);
}

/* ---- LAC ------------------------------------------------------------------------------------------------------------------ */

/* Of a line "lns = NAME:PORT"; false: it is no name. */
static bool server_of(const struct xl2tpd_line *l, char name[SERVER_MAX + 1], uint32_t *ret_port)
{
	size_t len = strcspn(l->value, ":");

	snprintf(name, SERVER_MAX + 1, "%.*s", (int)(len < SERVER_MAX ? len : SERVER_MAX), l->value);
	*ret_port = L2TP_PORT;
	if (l->value[len] && (!ctl_number(l->value + len + 1, UINT16_MAX, ret_port) || !*ret_port))
		*ret_port = L2TP_PORT;
	return len <= SERVER_MAX && is_writable(name, SERVER_MAX);
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

/* That server, and those behind it in its section that have the same port. */
static void put_servers(struct import *im, const struct xl2tpd_section *s, const struct xl2tpd_line *first)
{
	char name[SERVER_MAX + 1];
	uint32_t port, other;
	size_t n = 1;

	server_of(first, name, &port);
	fprintf(im->out, "%*sserver = { ", (int)(4 * im->indent), "");
	put_quoted(im->out, name);
	for (const struct xl2tpd_line *l = first + 1; l < s->lines + s->n_lines && n < LIST_MAX; l++) {
		if (strcmp(l->key, "lns") != 0 || !server_of(l, name, &other) || other != port)
			continue;
		fputs(", ", im->out);
		put_quoted(im->out, name);
		n++;
	}
	fputs(" }\n", im->out);
	if (port != L2TP_PORT)
		put(im, "port = %u", port);
	for (const struct xl2tpd_line *l = first + 1; l < s->lines + s->n_lines; l++)
		if (strcmp(l->key, "lns") == 0)
			note(im, l, !server_of(l, name, &other) || other != port ? "is left out: its port is another one" :
				    "is tried when the one before fails, which xl2tpd does not do");
}

/* By our name; theirs is known only when they answer.  A line for all, or for the server's name, is better than any. */
static const struct xl2tpd_secret *lac_secret(struct import *im, const struct xl2tpd_section *s, const char *server)
{
	const struct xl2tpd_secret *first = NULL;
	size_t len = strcspn(server, ":"); /* without the port */
	const char *us = our_name(im, s);

	for (size_t i = 0; i < im->n_secrets; i++) {
		const struct xl2tpd_secret *secret = &im->secrets[i];

		if (!is_ours(secret, us))
			continue;
		if (strcmp(secret->them, "*") == 0 || (strncasecmp(secret->them, server, len) == 0 && !secret->them[len]))
			return secret;
		first = first ? first : secret;
	}
	if (first)
		note_text(im, s->number, s->name, "which secret is the server's depends on how it calls itself: "
			  "the first one is taken");
	return first;
}

static void put_dialling(struct import *im, const struct xl2tpd_section *s)
{
	const struct xl2tpd_line *timeout = xl2tpd_find(s, "redial timeout");
	bool autodial = is_yes(s, "autodial"), redial = is_yes(s, "redial");
	enum { REDIAL_DEFAULT = 30, DAY = 86400 };
	uint32_t n = REDIAL_DEFAULT;

	put(im, "dial = %s", autodial ? "yes" : "no");
	if (!autodial)
		put(im, "# to dial: l2tpctl open PROFILE");
	if (autodial && !redial)
		note_text(im, s->number, s->name, "autodial without redial: what is dialled is dialled for ever here");
	if (!autodial && redial)
		note_text(im, s->number, s->name, "redial without autodial: what is opened by hand is opened once here");
	if (redial && timeout && !number_of(im, timeout, 1, DAY, &n))
		n = REDIAL_DEFAULT;
	if (redial) {
		put(im, "redial-min = %us", n);
		put(im, "redial-max = %us", n);
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

		if (l && number_of(im, l, 1, UINT32_MAX, &n))
			put(im, "%s = %u", speeds[i].target, n);
	}
}

static void put_lac(struct import *im, const struct xl2tpd_section *s)
{
	const struct xl2tpd_line *own = find_server(s), *server = own ? own : find_server(im->default_lac);

	put(im, "%s", "");
	if (!server) {
		note_text(im, s->number, s->name, "a lac without a server (lns = NAME): left out");
		return;
	}
	put(im, "lac '%s' {", name_for(im, s->name));
	im->indent++;
	put_servers(im, own ? s : im->default_lac, server);
	put(im, "local-port = %u", im->port);
	put_dialling(im, s);
	put_secret(im, s, lac_secret(im, s, server->value));
	put_speeds(im, s);
	put_options(im, s);
	put_retransmission(im);
	put_ppp(im, s, local_address(im, s), NULL);
	im->indent--;
	put(im, "}");
}

/* ---- The whole ------------------------------------------------------------------------------------------------------------ */

static void put_listen(struct import *im)
{
	const struct xl2tpd_line *addr = xl2tpd_find(im->global, "listen-addr"), *port = xl2tpd_find(im->global, "port");
	char text[INET_ADDRSTRLEN];
	uint32_t address = 0;

	if (port && !number_of(im, port, 1, UINT16_MAX, &im->port))
		im->port = L2TP_PORT;
	if (addr && !address_of(addr->value, &address))
		note(im, addr, "is left out: give an address");
	if (address || im->port != L2TP_PORT)
		put(im, "listen = { '%s:%u' }", address_text(address, text), im->port);
	else
		put(im, "# listen: all addresses, of IPv6 as well, port %u", im->port);
}

static void put_global(struct import *im)
{
	static const char *const debugs[] = { "debug avp", "debug network", "debug packet", "debug state", "debug tunnel" };
	bool debug = false;

	put_listen(im);
	for (size_t i = 0; i < sizeof(debugs) / sizeof(debugs[0]); i++)
		debug = debug || is_yes(im->global, debugs[i]);
	if (debug)
		put(im, "log-level = debug # and see: l2tpctl trace");
	put_options(im, im->global);
}

static void put_head(struct import *im)
{
	fputs("# Made by l2tpctl import xl2tpd of ", im->out);
	print_safely(im->out, im->in->path);
	fputs(".\n# Notes begin with the file's name; see l2tpd.conf(5).\n", im->out);
	if (im->n_secrets)
		put(im, "# There are secrets in it: chmod 600 this file.");
	put(im, "%s", "");
	for (size_t i = 0; i < im->file.n_mistakes; i++)
		note_text(im, im->file.mistakes[i].number, im->file.mistakes[i].text, im->file.mistakes[i].what);
}

/* xl2tpd looks at sections from the last to the first, and at [lns default] after all others. */
static void put_sections(struct import *im)
{
	const struct xl2tpd_section *fallback = NULL;

	for (size_t i = im->file.n_sections; i-- > 1;) {
		const struct xl2tpd_section *s = &im->file.sections[i];

		if (s->kind == XL2TPD_LNS && strcasecmp(s->name, "default") == 0)
			fallback = s;
		else if (s->kind == XL2TPD_LNS)
			put_lns(im, s);
	}
	if (fallback)
		put_lns(im, fallback);
	for (size_t i = 1; i < im->file.n_sections; i++)
		if (im->file.sections[i].kind == XL2TPD_LAC && &im->file.sections[i] != im->default_lac)
			put_lac(im, &im->file.sections[i]);
	for (size_t i = 0; im->default_lac && i < im->default_lac->n_lines; i++)
		if (strcmp(im->default_lac->lines[i].key, "lns") != 0)
			note(im, &im->default_lac->lines[i], "xl2tpd takes nothing but lns from [lac default]: left out");
}

static int read_secrets(struct import *im, char **ret_text)
{
	const struct xl2tpd_line *l = xl2tpd_find(im->global, "auth file");
	const char *path = im->in->secrets ? im->in->secrets : l ? l->value : "/etc/xl2tpd/l2tp-secrets";
	int r = im->in->read(im->in->ctx, path, ret_text);

	if (r == 0)
		return xl2tpd_secrets(*ret_text, &im->secrets, &im->n_secrets);
	if (im->in->secrets)
		return r;
	fputs("l2tpctl: ", im->notes);
	print_safely(im->notes, path);
	fprintf(im->notes, ": %s: there will be no secrets\n", strerror(-r));
	return 0;
}

static void find_sections(struct import *im)
{
	im->global = &im->file.sections[0];
	for (size_t i = 1; i < im->file.n_sections; i++)
		if (im->file.sections[i].kind == XL2TPD_LAC && strcasecmp(im->file.sections[i].name, "default") == 0)
			im->default_lac = &im->file.sections[i];
}

static void clear(struct import *im)
{
	for (size_t i = 0; i < im->n_names; i++)
		free(im->names[i]);
	free(im->names);
	free(im->pools);
	free(im->secrets);
	xl2tpd_clear(&im->file);
}

int import_xl2tpd(const struct import_input *in, FILE *out, FILE *notes)
{
	struct import im = { .in = in, .out = out, .notes = notes, .path = in->path, .port = L2TP_PORT };
	char *text = NULL, *secrets = NULL;
	int r = in->read(in->ctx, in->path, &text);

	if (r == 0)
		r = xl2tpd_parse(text, &im.file);
	if (r == 0) {
		find_sections(&im);
		r = read_secrets(&im, &secrets);
	}
	if (r == 0) {
		put_head(&im);
		put_global(&im);
		put_sections(&im);
		r = im.oom ? -ENOMEM : 0;
	}
	clear(&im);
	free(secrets);
	return r;
}

/* ---- The verb --------------------------------------------------------------------------------------------------------------- */

static int read_file(void *ctx, const char *path, char **ret)
{
	(void)ctx;
	return xl2tpd_read_text(path, ret);
}

static enum status run(struct ctl *c)
{
	char host_name[256] = "localhost";
	struct import_input in = { .path = c->args[0],
				   .secrets = ctl_option(c, "secrets"),
				   .ppp_options = ctl_option(c, "ppp-options"),
				   .host_name = host_name,
				   .read = read_file };
	int r;

	gethostname(host_name, sizeof(host_name) - 1);
	r = import_xl2tpd(&in, stdout, stderr);
	if (r == 0)
		return STATUS_OK;
	fprintf(stderr, "l2tpctl: %s%s%s: %s\n", in.path, in.secrets ? " or " : "", in.secrets ? in.secrets : "",
		r == -EBADMSG ? "is not a text file" : strerror(-r));
	return STATUS_FAILED;
}

static const struct verb_option import_options[] = {
	{ "secrets", "FILE", "l2tp-secrets, instead of the file that the configuration names", NULL, 0 },
	{ "ppp-options", "FILE", "options of pppd, instead of the files that the configuration names", NULL, 0 },
	{ 0 },
};

const struct verb import_verbs[] = {
	{ "import xl2tpd", "FILE", "print an xl2tpd.conf as a configuration of l2tpd", import_options, run, VERB_NO_JSON },
	{ 0 },
};
