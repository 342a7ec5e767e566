/* SPDX-License-Identifier: MIT */
/* child: what the programs that we start, pppd and hooks, do not inherit from us. */
#ifndef CHILD_H
#define CHILD_H

#include <spawn.h>

/* A session of its own, no signal blocked, none ignored.  Returns an errno, as posix_spawn() does. */
int child_attributes(posix_spawnattr_t *attr);

#endif
