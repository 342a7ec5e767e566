/* SPDX-License-Identifier: MIT */
/*
 * import_option: the conversion of each option of xl2tpd.conf(5), one row each.
 *
 * Options that are converted elsewhere have a row as well: an option without a row is unknown.  Of lines with the same
 * key the last one counts, as in xl2tpd.  Called by import_profile and import_ppp.
 */
#include "import_impl.h"

#include <string.h>

#include "base/log.h"

enum action {
	DONE,	    /* converted elsewhere */
	DONE_YES,   /* the same, and it must be yes or no */
	NUMBER,	    /* target = a number from min to max */
	TEXT,	    /* target = text, up to max octets */
	WORD,	    /* an option of pppd, if it is yes */
	WORD_VALUE, /* an option of pppd with the value */
	NOTE,	    /* remark */
	NOTE_YES,   /* remark if it is yes */
};

enum { G = 1 << XL2TPD_GLOBAL, N = 1 << XL2TPD_LNS, C = 1 << XL2TPD_LAC };

#define IPSEC  "omitted: configure IPsec policies for the addresses and ports of the tunnel instead"
#define KERNEL "omitted: the kernel sends data without the length, and accepts it with and without"
#define OLD    "omitted: it has no effect in xl2tpd either"

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
	{ "force userspace",        G,     NOTE_YES,   NULL, "omitted: the kernel always forwards the data", 0, 0 },
	{ "rand source",            G,     NOTE,       NULL, "omitted: the kernel provides it", 0, 0 },

	{ "exclusive",              N,     NOTE_YES,   NULL, "omitted: l2tpd allows a peer several tunnels", 0, 0 },
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
	{ "flow bit",               N | C, NOTE_YES,   NULL, OLD "; l2tpd has \"sequencing\", best left off", 0, 0 },
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
	  "omitted: pppd's scripts get the peer's address in L2TP_PEER; ipparam is the name of the profile", 0, 0 },
	{ "pppoptfile",             N | C, DONE,       NULL, NULL, 0, 0 },

	{ "lns",                    C,     DONE,       NULL, NULL, 0, 0 },
	{ "autodial",               C,     DONE_YES,   NULL, NULL, 0, 0 },
	{ "redial",                 C,     DONE_YES,   NULL, NULL, 0, 0 },
	{ "redial timeout",         C,     DONE,       NULL, NULL, 0, 0 },
	{ "max redials",            C,     NOTE,       NULL, "omitted: l2tpd redials indefinitely", 0, 0 },
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

/* Of lines with the same key the last one counts; lists are converted elsewhere. */
static bool counts(const struct xl2tpd_section *s, const struct xl2tpd_line *l)
{
	return xl2tpd_find(s, l->key) == l;
}

static void put_option(struct import *im, const struct rule *rule, const struct xl2tpd_line *l)
{
	uint32_t n;

	if (rule->action == NUMBER) {
		if (import_number(im, l, rule->min, rule->max, &n))
			import_line(im, "%s = %u", rule->target, n);
	} else if (rule->action == TEXT) {
		if (import_is_writable(l->value, rule->max) && log_is_utf8(l->value))
			import_text(im, rule->target, l->value);
		else
			import_note(im, l, "omitted: empty, too long, not UTF-8, or it contains control characters");
	} else if (rule->action == NOTE || (rule->action == NOTE_YES && import_answer(l) == ANSWER_YES)) {
		import_note(im, l, rule->remark);
	}
}

static bool wants_answer(enum action action)
{
	return action == DONE_YES || action == WORD || action == NOTE_YES;
}

void import_options(struct import *im, const struct xl2tpd_section *s)
{
	for (size_t i = 0; i < s->n_lines; i++) {
		const struct xl2tpd_line *l = &s->lines[i];
		const struct rule *rule = rule_of(l);

		if (!rule || !(rule->where & 1u << s->kind))
			import_note(im, l,
				    rule ? "omitted: not allowed in this section" : "omitted: not an option of xl2tpd");
		else if (wants_answer(rule->action) && import_answer(l) == ANSWER_NONE)
			import_note(im, l, "omitted: neither yes nor no");
		else if (counts(s, l))
			put_option(im, rule, l);
	}
}

const char *import_word(const struct xl2tpd_section *s, const struct xl2tpd_line *l, bool *ret_value)
{
	const struct rule *rule = rule_of(l);

	if (!rule || !(rule->where & 1u << s->kind) || !counts(s, l))
		return NULL;
	*ret_value = rule->action == WORD_VALUE;
	return *ret_value || (rule->action == WORD && import_answer(l) == ANSWER_YES) ? rule->target : NULL;
}
