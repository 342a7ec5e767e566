/* SPDX-License-Identifier: MIT */
/*
 * dryrun: see dryrun.h.
 *
 * pppd refuses a word that it does not know, a plugin that it cannot load or that refuses a file, and an "auth" without
 * any secret to check by, all of them before its dryrun ends; each of them would end every call of the profile.  What it
 * complains of is kept.  Without root or /dev/ppp it gives up before it has looked at everything.
 *
 * Called by trial.c, in a worker, and by l2tpctl doctor.
 */
#include "dryrun.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "process.h"
#include "args.h"
#include "base/clock.h"
#include "base/program.h"

#define TIME_MAX (15 * USEC_PER_SEC) /* for all; then the rest is not tried */
#define MTU_USUAL 1400               /* a call's own depends on the path */
#define TEXT_SIZE 256

/* As pppd(8) has them. */
enum { FATAL_ERROR = 1, NOT_ROOT = 3, NO_KERNEL_SUPPORT = 4 };

struct attempt {
	char *profile;
	char **argv;
	const struct attempt *same; /* that has the same words, and the result; NULL: itself */
	enum ppp_trial_result result;
	char text[TEXT_SIZE];
};

struct ppp_trial {
	char *pppd;
	size_t n;
	struct attempt attempts[];
};

/* ---- Words -------------------------------------------------------------------------------------------------- */

static bool same_words(char *const *a, char *const *b)
{
	while (*a && *b && strcmp(*a, *b) == 0)
		a++, b++;
	return !*a && !*b;
}

/* As calls.c would tell them: the first name and address of those that calls get. */
static int words_of(const struct config *c, const struct config_profile *p, char ***ret)
{
	const struct config_ppp *ppp = &p->ppp;
	const char *percent = ppp->interface ? strstr(ppp->interface, "%d") : NULL;
	char address[INET_ADDRSTRLEN] = "", name[32];

	if (ppp->pool)
		inet_ntop(AF_INET, &(struct in_addr){ htonl(ppp->pool->first) }, address, sizeof(address));
	if (ppp->interface)
		snprintf(name, sizeof(name), "%.*s%s%s", percent ? (int)(percent - ppp->interface) : 16, ppp->interface,
			 percent ? "0" : "", percent ? percent + 2 : "");
	return pppd_args_new(&(struct ppp_spec){ .trial = true,
						 .lns = !p->lac,
						 .interface = ppp->interface ? name : NULL,
						 .local_address = ppp->local_address,
						 .remote_address = address[0] ? address : ppp->remote_address,
						 .ipv6 = ppp->ipv6,
						 .sequenced = p->sequencing == CONFIG_SEQUENCING_YES,
						 .mtu = ppp->mtu ? ppp->mtu : MTU_USUAL,
						 .mru = ppp->mru ? ppp->mru : MTU_USUAL,
						 .options = ppp->options },
			     c->pppd_plugin, ret);
}

static int add(struct ppp_trial *t, const struct config *c, const struct config_profile *p)
{
	struct attempt *a = &t->attempts[t->n++];
	int r;

	a->profile = strdup(p->name);
	if (!a->profile)
		return -ENOMEM;
	r = words_of(c, p, &a->argv);
	if (r == -EINVAL) {
		a->result = PPP_TRIAL_REFUSED;
		snprintf(a->text, sizeof(a->text), "an option is longer than pppd takes, or its interface has a bad name");
		return 0;
	}
	if (r < 0)
		return r;
	for (const struct attempt *b = t->attempts; b < a && !a->same; b++)
		if (!b->same && b->argv && same_words(b->argv, a->argv))
			a->same = b;
	return 0;
}

int ppp_trial_new(const struct config *c, struct ppp_trial **ret)
{
	struct ppp_trial *t = calloc(1, sizeof(*t) + c->n_profiles * sizeof(t->attempts[0]));
	int r = 0;

	if (!t)
		return -ENOMEM;
	t->pppd = strdup(c->pppd);
	if (!t->pppd)
		r = -ENOMEM;
	for (size_t i = 0; i < c->n_profiles && r >= 0; i++)
		r = add(t, c, &c->profiles[i]);
	if (r < 0)
		ppp_trial_free(t);
	else
		*ret = t;
	return r;
}

void ppp_trial_free(struct ppp_trial *t)
{
	for (size_t i = 0; t && i < t->n; i++) {
		free(t->attempts[i].profile);
		pppd_args_free(t->attempts[i].argv);
	}
	if (t)
		free(t->pppd);
	free(t);
}

/* ---- Running ------------------------------------------------------------------------------------------------ */

/* The lines that begin so, without that, one behind the other. */
static void keep_lines(const char *out, const char *begin, char text[TEXT_SIZE])
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t n; *out && len < TEXT_SIZE; out += n + (out[n] == '\n')) {
		n = strcspn(out, "\n");
		if (n > strlen(begin) && strncmp(out, begin, strlen(begin)) == 0)
			len += (size_t)snprintf(text + len, TEXT_SIZE - len, "%s%.*s", len ? "; " : "",
						(int)(n - strlen(begin)), out + strlen(begin));
	}
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

static const char no_kernel[] = "this needs PPP in the kernel and /dev/ppp";

/* What pppd complains of begins with its name, as in "pppd: unrecognized option 'x'"; its usage, which it tells as well,
 * does not, nor does what a plugin says: pppol2tp.so gives up in its own way where the device is missing. */
static enum ppp_trial_result keep_complaints(const char *out, int status, char text[TEXT_SIZE])
{
	keep_lines(out, "pppd: ", text);
	if (text[0])
		return PPP_TRIAL_REFUSED;
	if (status == FATAL_ERROR && access("/dev/ppp", F_OK) < 0) {
		snprintf(text, TEXT_SIZE, "%s", no_kernel);
		return PPP_TRIAL_UNKNOWN;
	}
	keep_lines(out, "", text);
	if (!text[0])
		snprintf(text, TEXT_SIZE, "pppd gave no reason");
	return PPP_TRIAL_REFUSED;
}

static void run(const struct ppp_trial *t, struct attempt *a)
{
	char out[4096];
	int r = program_run(t->pppd, a->argv, out, sizeof(out));

	a->result = r == 0 ? PPP_TRIAL_TAKEN : PPP_TRIAL_UNKNOWN;
	if (r < 0)
		snprintf(a->text, sizeof(a->text), "%s", strerror(-r));
	else if (r == NOT_ROOT)
		snprintf(a->text, sizeof(a->text), "this needs root");
	else if (r == NO_KERNEL_SUPPORT)
		snprintf(a->text, sizeof(a->text), "%s", no_kernel);
	else if (r > 0)
		a->result = keep_complaints(out, r, a->text);
}

void ppp_trial_run(struct ppp_trial *t)
{
	const usec_t end = clock_now() + TIME_MAX;

	for (struct attempt *a = t->attempts; a < t->attempts + t->n; a++) {
		if (a->same || !a->argv)
			continue;
		if (clock_now() < end) {
			run(t, a);
			continue;
		}
		a->result = PPP_TRIAL_UNKNOWN;
		snprintf(a->text, sizeof(a->text), "not tried: time limit reached");
	}
}

size_t ppp_trial_size(const struct ppp_trial *t)
{
	return t->n;
}

bool ppp_trial_get(const struct ppp_trial *t, size_t n, const char **ret_profile, enum ppp_trial_result *ret,
		   const char **ret_text)
{
	const struct attempt *a;

	if (n >= t->n)
		return false;
	a = t->attempts[n].same ? t->attempts[n].same : &t->attempts[n];
	*ret_profile = t->attempts[n].profile;
	*ret = a->result;
	*ret_text = a->text;
	return true;
}
