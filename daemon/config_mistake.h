/* SPDX-License-Identifier: MIT */
/* config_mistake: what is wrong with a configuration file, collected while it is read and printed in the end. */
#ifndef CONFIG_MISTAKE_H
#define CONFIG_MISTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define MISTAKES_MAX 100 /* more are not kept */

struct mistake {
	unsigned line; /* 0: the file as a whole */
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
/* In the order of the file. */
void mistakes_print(struct mistakes *m, const char *path, FILE *out);
void mistakes_clear(struct mistakes *m);

#endif
