/* SPDX-License-Identifier: MIT */
/* reload: another configuration takes the place of the one in force; what is the same is not disturbed. */
#ifndef RELOAD_H
#define RELOAD_H

#include <stdio.h>

#include "attachment.h"

struct driver;

/* What a reload has changed: names of profiles and of pools; options of the top level and of limits ("limits.tunnels");
 * and options that keep their value until a restart.  Each is a list that ends with NULL. */
struct changes {
	char **added, **changed, **removed;
	char **pools_added, **pools_changed, **pools_removed;
	char **options, **need_restart;
};

/* Read the configuration again and apply the difference.  If it cannot be, nothing has changed, and errors (NULL: nobody
 * reads it) as well as the log say why: -EINVAL, mistakes in the file; -ESHUTDOWN, it is being stopped; another negative
 * errno. */
int reload_run(struct driver *d, FILE *errors, struct changes *ret);
void changes_clear(struct changes *c);
/* What the attachments' kind says of the configuration that the last reload has brought in force.  Called once, from the
 * event loop; not any more once driver_free() has been.  false: nothing is being tried, done is not called. */
bool reload_await_trial(struct driver *d, attachment_tried done, void *ctx);

#endif
