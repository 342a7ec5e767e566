/* SPDX-License-Identifier: MIT */
/*
 * args: a ppp_spec becomes pppd's command line.
 *
 * Order is meaning, since of two contradicting words pppd takes the later: first what we derive, what the LAC says of
 * its link (RFC 3437) and what is good practice, then the profile's own words, which may override all of it, and last
 * the few words without which supervision would break.  Values that a peer had a hand in (the environment of scripts)
 * come encoded (environment.h) and are refused otherwise; a value is always an argv element of its own or the rest of
 * one, so it can never become an option.
 *
 * Passwords: the word after `password` is in the process list for everybody to read until pppd has overwritten it;
 * pppd's secrets files do not have that weakness.
 *
 * Called by ppp_start().
 */
#include "args.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugins/pppd-l2tp-proto.h"
#include "base/environment.h"
#include "config/lcp.h"

#define WORD_MAX 1024         /* pppd's own limit (MAXWORDLEN) */
#define INTERFACE_MAX 15
#define PPP_SIZE_MIN 128      /* of mtu and mru: beyond, pppd refuses to start */
#define PPP_SIZE_MAX 16384

/* pppd never learns that its tunnel is gone, and a peer may vanish silently: ask it now and then if nothing arrives. */
#define ECHO_INTERVAL 20
#define ECHO_FAILURES 3

/* A growing list of words, NUL-separated; the first failure sticks. */
struct words {
	char *text;
	size_t len, size, n;
	int error;
};

static void words_add_octets(struct words *w, const char *word, size_t len)
{
	if (w->error)
		return;
	if (len >= WORD_MAX) {
		w->error = -EINVAL;
		return;
	}
	if (w->size - w->len < len + 1) {
		size_t size = 2 * w->size + WORD_MAX;
		char *text = realloc(w->text, size);
		if (!text) {
			w->error = -ENOMEM;
			return;
		}
		w->text = text;
		w->size = size;
	}
	memcpy(w->text + w->len, word, len);
	w->text[w->len + len] = '\0';
	w->len += len + 1;
	w->n++;
}

static void words_add(struct words *w, const char *word)
{
	words_add_octets(w, word, strlen(word));
}

static void words_addf(struct words *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void words_addf(struct words *w, const char *fmt, ...)
{
	char word[WORD_MAX + 1];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(word, sizeof(word), fmt, ap);
	va_end(ap);
	assert(len >= 0);
	words_add_octets(w, word, (size_t)len);
}

static void words_add_list(struct words *w, const char *const *list)
{
	for (; list && *list; list++)
		words_add(w, *list);
}

/* Pointers and text in one block. */
static int words_finish(struct words *w, char ***ret)
{
	char **argv = NULL, *text;

	if (!w->error) {
		argv = malloc((w->n + 1) * sizeof(*argv) + w->len);
		if (!argv)
			w->error = -ENOMEM;
	}
	if (argv) {
		text = memcpy(argv + w->n + 1, w->text, w->len);
		for (size_t i = 0; i < w->n; i++, text += strlen(text) + 1)
			argv[i] = text;
		argv[w->n] = NULL;
		*ret = argv;
	}
	free(w->text);
	return w->error;
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool valid_interface(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > INTERFACE_MAX)
		return false;
	for (; *name; name++)
		if (!is_alnum(*name) && !strchr("-_.", *name))
			return false;
	return is_alnum(name[-1]);
}

static bool valid_ipv4(const char *text)
{
	struct in_addr addr;

	return !text || inet_pton(AF_INET, text, &addr) == 1;
}

static bool valid_variable_name(const char *name, size_t len)
{
	if (len == 0 || (name[0] >= '0' && name[0] <= '9'))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(name[i]) && name[i] != '_')
			return false;
	return true;
}

static bool valid_value(const char *value)
{
	while (environment_is_plain(*value) || *value == '%')
		value++;
	return !*value;
}

static void add_variable(struct words *w, const char *variable)
{
	const char *equals = strchr(variable, '=');

	if (!equals || !valid_variable_name(variable, (size_t)(equals - variable)) || !valid_value(equals + 1) ||
	    strlen(variable) >= WORD_MAX) {
		w->error = w->error ? w->error : -EINVAL;
		return;
	}
	words_add(w, "set");
	words_add(w, variable);
}

/* Good practice, and what a pppd without a terminal needs. */
static const char *const words_defaults[] = {
	"noipdefault",            /* our address is configured or the peer's to say, never looked up by host name */
	"lcp-echo-adaptive",      /* not while traffic shows that the peer is alive */
	"lcp-max-terminate", "0", /* one Terminate-Request, without waiting: the CDN follows, reliably */
	"lcp-restart", "1",       /* also how long pppd stays after the peer's Terminate-Request, which delays the next call */
	"lcp-max-configure", "30", /* in all as long as by default */
	NULL
};

/* Supervision needs one process that ends with its link. */
static const char *const words_last[] = { "nodetach", "nopersist", NULL };

/* Without a link: look at the words, and end. */
static const char *const words_trial[] = { "notty", "dryrun", NULL };

static void add_pppox(struct words *w, const struct ppp_spec *spec, const char *plugin)
{
	words_add(w, "plugin");
	words_add(w, "pppol2tp.so");
	words_add(w, "plugin");
	words_add(w, plugin);
	if (spec->trial)
		return;
	words_add(w, "pppol2tp");
	words_addf(w, "%d", PPPD_L2TP_FD);
	/* For those who read the process list.  No pppol2tp_lns_mode: the kernel session was made with it, and in pppd
	 * it only switches on a parser of LCP frames that serves nobody here. */
	words_add(w, "pppol2tp_tunnel_id");
	words_addf(w, "%u", spec->tunnel_id);
	words_add(w, "pppol2tp_session_id");
	words_addf(w, "%u", spec->session_id);
}

static void add_network(struct words *w, const struct ppp_spec *spec)
{
	if (spec->interface) {
		words_add(w, "ifname");
		words_add(w, spec->interface);
	}
	if (spec->local_address || spec->remote_address)
		words_addf(w, "%s:%s", spec->local_address ? spec->local_address : "",
			   spec->remote_address ? spec->remote_address : "");
	words_add(w, spec->ipv6 ? "+ipv6" : "noipv6");
}

/* The smaller one; 0: nobody says. */
static void add_size(struct words *w, const char *name, unsigned ours, unsigned most)
{
	unsigned size = !ours || (most && most < ours) ? most : ours;

	if (!size)
		return;
	words_add(w, name);
	words_addf(w, "%u", size < PPP_SIZE_MIN ? PPP_SIZE_MIN : size > PPP_SIZE_MAX ? PPP_SIZE_MAX : size);
}

static void add_if(struct words *w, bool wanted, const char *word)
{
	if (wanted)
		words_add(w, word);
}

/* What is not wanted is not asked for; what is not allowed is rejected.  pppd rejects FCS alternatives in any case, and
 * cannot ask for them; it takes any map that the peer asks for, where it may take one. */
static void add_lcp(struct words *w, const struct ppp_spec *spec)
{
	const struct l2tp_lcp_wishes lcp = spec->lns ? spec->lcp : (struct l2tp_lcp_wishes){ 0 };
	const struct lcp_options want = lcp_read(lcp.want), allow = lcp_read(lcp.allow);

	add_size(w, "mtu", spec->mtu, allow.mru);
	add_size(w, "mru", spec->mru, want.mru);
	if (lcp.want.len) {
		add_if(w, !want.has_accm, PPPD_L2TP_WANT_NO_ACCM);
		add_if(w, want.pfc, PPPD_L2TP_WANT_PFC);
		add_if(w, want.acfc, PPPD_L2TP_WANT_ACFC);
	}
	if (want.has_accm) {
		words_add(w, "asyncmap");
		words_addf(w, "%x", want.accm);
	}
	if (lcp.allow.len) {
		add_if(w, !allow.mru, PPPD_L2TP_REJECT_MRU);
		add_if(w, !allow.has_accm, PPPD_L2TP_REJECT_ACCM);
		add_if(w, !allow.pfc, PPPD_L2TP_REJECT_PFC);
		add_if(w, !allow.acfc, PPPD_L2TP_REJECT_ACFC);
	}
}

/* Where a packet may be lost unnoticed, the decompressor of TCP headers takes a wrong header for a good one, once in
 * 65536 times (RFC 2661 8.1); sequence numbers tell it.  pppd has no word against "novj": one about its slots in the
 * profile says that it is wanted all the same. */
static void add_compression(struct words *w, const struct ppp_spec *spec)
{
	bool wanted = spec->sequenced;

	for (char *const *o = spec->options; o && *o; o++)
		wanted = wanted || strcmp(*o, "vj-max-slots") == 0;
	if (!wanted)
		words_add(w, "novj");
}

int pppd_args_new(const struct ppp_spec *spec, const char *plugin, char ***ret)
{
	struct words w = { 0 };

	if (!valid_ipv4(spec->local_address) || !valid_ipv4(spec->remote_address) ||
	    (spec->interface && !valid_interface(spec->interface)))
		return -EINVAL;

	words_add(&w, "pppd");
	add_pppox(&w, spec, plugin);
	words_add(&w, spec->lns ? "auth" : "noauth"); /* a server asks who calls; a client is asked */
	add_network(&w, spec);
	add_lcp(&w, spec);
	words_add_list(&w, words_defaults);
	add_compression(&w, spec);
	words_add(&w, "lcp-echo-interval");
	words_addf(&w, "%d", ECHO_INTERVAL);
	words_add(&w, "lcp-echo-failure");
	words_addf(&w, "%d", ECHO_FAILURES);
	if (spec->profile) {
		words_add(&w, "ipparam");
		words_add(&w, spec->profile);
	}
	for (char *const *v = spec->environment; v && *v; v++)
		add_variable(&w, *v);
	words_add_list(&w, (const char *const *)spec->options);
	words_add_list(&w, words_last);
	if (spec->trial)
		words_add_list(&w, words_trial);
	return words_finish(&w, ret);
}

void pppd_args_free(char **argv)
{
	free(argv);
}
