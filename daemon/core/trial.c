/* SPDX-License-Identifier: MIT */
/*
 * trial: after a reload, what pppd would be told is tried (attach/dryrun.h), in a worker, and the log says what it refuses.
 *
 * The configuration is in force by then.  To wait for pppd first would keep a reload, with its tunnels and limits, back for
 * the slowest of the profiles, and pppd judges by more than the configuration: a secrets file or a radius server's
 * that is about to be put there.  Who has asked for
 * the reload hears what came of it in the answer.
 *
 * Called by reload.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attach/dryrun.h"
#include "world.h"

struct trial {
	struct driver *driver; /* NULL: another configuration is in force meanwhile */
	struct ppp_trial *words;
	driver_tried done;     /* NULL: nobody waits for it */
	void *ctx;
};

/* One of the warnings; NULL: no memory, then the log alone has it. */
static char *warn(const char *profile, enum ppp_trial_result result, const char *text)
{
	const struct log_object o = { .profile = profile };
	char *line = NULL;

	if (result == PPP_TRIAL_REFUSED)
		log_event(LOG_WARNING, LOG_LOCAL_, &o, "pppd refuses the options of this profile, its calls will fail: %s",
			  text);
	else
		log_event(LOG_NOTICE, LOG_LOCAL_, &o, "the options for pppd could not be tried: %s", text);
	if (asprintf(&line, result == PPP_TRIAL_REFUSED ? "pppd refuses the options of profile \"%s\", its calls will fail: %s" :
							 "the options of profile \"%s\" could not be tried: %s", profile, text) < 0)
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

	if (t->driver)
		t->driver->trial = NULL;
	if (result >= 0) /* else nobody is there any more */
		report(t);
	ppp_trial_free(t->words);
	free(t);
}

static int start(struct driver *d)
{
	struct trial *t = calloc(1, sizeof(*t));
	int r = t ? ppp_trial_new(d->config, &t->words) : -ENOMEM;

	if (r >= 0)
		r = workers_submit(d->workers, run, finish, t);
	if (r < 0) {
		if (t)
			ppp_trial_free(t->words);
		free(t);
		return r;
	}
	t->driver = d;
	d->trial = t;
	return 0;
}

void trial_start(struct driver *d)
{
	int r;

	if (!d->ppp)
		return;
	if (d->trial)
		d->trial->driver = NULL;
	d->trial = NULL;
	r = start(d);
	if (r < 0)
		log_event(LOG_WARNING, LOG_LOCAL_, NULL, "the options for pppd were not tried: %s", strerror(-r));
}

bool driver_await_trial(struct driver *d, driver_tried done, void *ctx)
{
	if (!d->trial)
		return false;
	d->trial->done = done;
	d->trial->ctx = ctx;
	return true;
}
