/* SPDX-License-Identifier: MIT */
/*
 * dryrun: does pppd take what the profiles have for it?
 *
 * It is run with the very words that a call would give it, but for the link, and told to end before it does anything
 * (dryrun).  Profiles with the same words are tried once.
 */
#ifndef PPP_TRIAL_H
#define PPP_TRIAL_H

#include "config/config.h"

struct ppp_trial; /* words to try; nothing of the configuration is used any more */

/* -ENOMEM */
int ppp_trial_new(const struct config *c, struct ppp_trial **ret);
void ppp_trial_free(struct ppp_trial *t); /* NULL is fine */

/* It blocks: some milliseconds for each, five seconds at most, twenty for all of them.  May be run in
 * another thread. */
void ppp_trial_run(struct ppp_trial *t);

enum ppp_trial_result {
	PPP_TRIAL_TAKEN,
	PPP_TRIAL_REFUSED,
	PPP_TRIAL_UNKNOWN, /* it could not be tried */
};
/* Of how many profiles. */
size_t ppp_trial_size(const struct ppp_trial *t);
/* What came of it, profile by profile: false: that was the last one, numbered from 0.  text: pppd's words, or why it
 * could not be tried; printable ASCII. */
bool ppp_trial_get(const struct ppp_trial *t, size_t n, const char **ret_profile, enum ppp_trial_result *ret,
		   const char **ret_text);

#endif
