/* SPDX-License-Identifier: MIT */
/* child: what the programs that we start, pppd and hooks, have of their own and do not inherit from us. */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

#define CHILD_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct child {
	const char *path;
	char *const *argv, *const *environment;
	int output;              /* its standard output and error; negative: nobody reads them */
	int file, file_in_child; /* another one that it gets, and under which number; negative: there is none */
};

/* In a session of its own, no signal blocked, none ignored, standard input empty, no other file of ours open.  Negative
 * errno. */
int child_spawn(const struct child *c, pid_t *ret);

#endif
