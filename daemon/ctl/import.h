/* SPDX-License-Identifier: MIT */
/* import: converts a configuration of xl2tpd. */
#ifndef IMPORT_H
#define IMPORT_H

#include <stdio.h>

struct import_input {
	const char *path;
	const char *secrets, *ppp_options; /* files to read instead of those that it names; NULL */
	const char *host_name;             /* of this machine */
	/* A text file, to be freed; negative errno. */
	int (*read)(void *ctx, const char *path, char **ret);
	void *ctx;
};

/* Write the configuration to out, and notes on what has no counterpart also to notes.  Negative errno: a file cannot be
 * read, or there is no memory. */
int import_xl2tpd(const struct import_input *in, FILE *out, FILE *notes);

#endif
