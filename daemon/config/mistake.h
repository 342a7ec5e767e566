/* SPDX-License-Identifier: MIT */
/* mistake: what is wrong with a configuration file, collected while it is read and printed in the end. */
#ifndef CONFIG_MISTAKE_H
#define CONFIG_MISTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "config.h"

#define MISTAKES_MAX 100 /* more are not kept */

struct mistake {
	unsigned line; /* of all files together; 0: not of a line */
	bool note;     /* worth saying, but not wrong */
	char *text;
};

struct mistakes {
	struct mistake *list;
	size_t n, wrong; /* all, and those that are not notes */
	bool oom;        /* one could not be kept */
};

void mistakes_add(struct mistakes *m, unsigned line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void mistakes_note(struct mistakes *m, unsigned line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* In the order of the files. */
void mistakes_print(struct mistakes *m, const struct config *c, FILE *out);
/* The file that a line is of. */
const struct config_file *file_of_line(const struct config *c, unsigned line);
void mistakes_clear(struct mistakes *m);

#endif
