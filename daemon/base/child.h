/* SPDX-License-Identifier: MIT */
/* child: what the programs that we start, pppd and hooks, have of their own and do not inherit from us. */
#ifndef CHILD_H
#define CHILD_H

#include <spawn.h>

#define CHILD_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* A session of its own, no signal blocked, none ignored.  Returns an errno, as posix_spawn() does. */
int child_attributes(posix_spawnattr_t *attr);

#endif
