/* SPDX-License-Identifier: MIT */
/*
 * trial: after a reload, what pppd would be told is tried (ppp_trial.h), in a worker, and the log says what it refuses.
 *
 * The configuration is in force by then.  To wait for pppd first would keep a reload, with its tunnels and limits, back for
 * the slowest of the profiles, and pppd judges by more than the configuration: a secrets file or a radius server's
 * that is about to be put there.  Of two reloads at a time the later one's trial is told.
 *
 * Called by reload.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ppp_trial.h"
#include "world.h"

struct trial {
	struct driver *driver; /* NULL: another configuration is in force meanwhile */
	struct ppp_trial *words;
};

static void report(const struct trial *t)
{
	enum ppp_trial_result result;
	const char *profile, *text;

	for (size_t i = 0; ppp_trial_get(t->words, i, &profile, &result, &text); i++) {
		struct log_object o = { .profile = profile };

		if (result == PPP_TRIAL_REFUSED)
			log_event(LOG_WARNING, LOG_LOCAL_, &o, "pppd refuses the options of this profile, its calls will "
				  "fail: %s", text);
		else if (result == PPP_TRIAL_UNKNOWN)
			log_event(LOG_NOTICE, LOG_LOCAL_, &o, "the options for pppd could not be tried: %s", text);
	}
}

/* In a worker. */
static int run(void *ctx)
{
	struct trial *t = ctx;

	ppp_trial_run(t->words);
	return 0;
}

static void done(void *ctx, int result)
{
	struct trial *t = ctx;

	if (t->driver && result >= 0)
		report(t);
	if (t->driver)
		t->driver->trial = NULL;
	ppp_trial_free(t->words);
	free(t);
}

static int start(struct driver *d)
{
	struct trial *t = calloc(1, sizeof(*t));
	int r = t ? ppp_trial_new(d->config, &t->words) : -ENOMEM;

	if (r >= 0)
		r = workers_submit(d->workers, run, done, t);
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
