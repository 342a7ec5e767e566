/* SPDX-License-Identifier: MIT */
/* trial: what pppd says of the configuration that has come into force, as soon as it has been asked. */
#ifndef ATTACH_TRIAL_H
#define ATTACH_TRIAL_H

#include "core/attachment.h"

struct trial; /* under way */
struct workers;

/* *at: the one under way, NULL: none; it is NULL again when that is done.  A trial of an older configuration is forgotten,
 * but for those who wait for it. */
void trial_start(struct trial **at, const struct config *config, struct workers *workers);
void trial_forget(struct trial **at);
bool trial_await(struct trial *t, attachment_tried done, void *ctx); /* NULL: false */

#endif
