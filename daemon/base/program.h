/* SPDX-License-Identifier: MIT */
/* program: runs a program to its end and reads its output.  It blocks: for l2tpctl and for worker threads. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stddef.h>

/* Its exit status, and what it has said, as far as there is room, with a NUL behind.  It gets an
 * empty standard input and no other file of ours.  Negative errno: it was not started; -ETIMEDOUT: it was killed, by us
 * after five seconds or by another program. */
int program_run(const char *path, char *const *argv, char *out, size_t size);

#endif
