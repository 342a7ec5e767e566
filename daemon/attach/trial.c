/* SPDX-License-Identifier: MIT */
/*
 * trial: after a reload, what pppd would be told is tried (dryrun.h), in a worker, and the log says what it refuses.
 *
 * The configuration is in force by then.  To wait for pppd first would keep a reload, with its tunnels and limits, back for
 * the slowest of the profiles, and pppd judges by more than the configuration: a secrets file or a radius server's
 * that is about to be put there.  The answer to the request for the reload says what came of it.
 *
 * Called by pppd.c.
 */
#include "trial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "dryrun.h"
#include "kernel/workers.h"

struct trial {
	struct trial **at;     /* who has it; NULL: nobody any more */
	struct ppp_trial *words;
	attachment_tried done; /* NULL: nobody waits for it */
	void *ctx;
};

/* One of the warnings; NULL: no memory, then the log alone has it. */
static char *warn(const char *profile, enum ppp_trial_result result, const char *text)
{
	const struct log_object o = { .profile = profile };
	char *line = NULL;

	if (result == PPP_TRIAL_REFUSED)
		log_event(LOG_WARNING, CLASS_LOCAL, &o, "pppd refuses the options of this profile; its sessions will fail: %s",
			  text);
	else
		log_event(LOG_NOTICE, CLASS_LOCAL, &o, "cannot try the options for pppd: %s", text);
	if (asprintf(&line, result == PPP_TRIAL_REFUSED ? "pppd refuses the options of profile \"%s\"; its sessions will fail: %s" :
							 "cannot try the options of profile \"%s\": %s", profile, text) < 0)
		return NULL;
	return line;
}

static void report(const struct trial *t)
{
	size_t n = 0, profiles = ppp_trial_size(t->words);
	char **warnings = calloc(profiles + 1, sizeof(*warnings)), *none = NULL;
	enum ppp_trial_result result;
	const char *profile, *text;

	for (size_t i = 0; ppp_trial_get(t->words, i, &profile, &result, &text); i++) {
		char *line = result == PPP_TRIAL_TAKEN ? NULL : warn(profile, result, text);

		if (line && warnings)
			warnings[n++] = line;
		else
			free(line);
	}
	if (t->done)
		t->done(t->ctx, warnings ? warnings : &none);
	while (n)
		free(warnings[--n]);
	free(warnings);
}

/* In a worker. */
static int run(void *ctx)
{
	struct trial *t = ctx;

	ppp_trial_run(t->words);
	return 0;
}

static void finish(void *ctx, int result)
{
	struct trial *t = ctx;

	if (t->at)
		*t->at = NULL;
	if (result >= 0) /* else nobody is there any more */
		report(t);
	ppp_trial_free(t->words);
	free(t);
}

static int start(struct trial **at, const struct config *config, struct workers *workers)
{
	struct trial *t = calloc(1, sizeof(*t));
	int r = t ? ppp_trial_new(config, &t->words) : -ENOMEM;

	if (r >= 0)
		r = workers_submit(workers, run, finish, t);
	if (r < 0) {
		if (t)
			ppp_trial_free(t->words);
		free(t);
		return r;
	}
	t->at = at;
	*at = t;
	return 0;
}

void trial_forget(struct trial **at)
{
	if (*at)
		(*at)->at = NULL;
	*at = NULL;
}

void trial_start(struct trial **at, const struct config *config, struct workers *workers)
{
	int r;

	trial_forget(at);
	r = start(at, config, workers);
	if (r < 0)
		log_event(LOG_WARNING, CLASS_LOCAL, NULL, "cannot try the options for pppd: %s", strerror(-r));
}

bool trial_await(struct trial *t, attachment_tried done, void *ctx)
{
	if (!t)
		return false;
	t->done = done;
	t->ctx = ctx;
	return true;
}
