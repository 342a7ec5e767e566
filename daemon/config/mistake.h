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
	struct config_place at;
	bool note; /* worth saying, but not wrong */
	char *text;
};

struct mistakes {
	struct mistake *list;
	size_t n, wrong; /* all, and those that are not notes */
	bool oom;        /* one could not be kept */
};

void mistakes_put(struct mistakes *m, bool note, struct config_place at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
#define mistakes_add(m, at, ...) mistakes_put(m, false, at, __VA_ARGS__)
#define mistakes_note(m, at, ...) mistakes_put(m, true, at, __VA_ARGS__)
/* One line each, in the order of the files. */
void mistakes_print(const struct mistakes *m, const struct config *c, FILE *out);
void mistakes_clear(struct mistakes *m);

#endif
