/* SPDX-License-Identifier: MIT */
/* text: the configuration file's text, made safe for libconfuse. */
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include "mistake.h"

/* The file whole, NUL-terminated, to be wiped and freed with config_text_free(); ret_open: every user of the machine
 * can read it.  Negative errno. */
int config_text_read(const char *path, char **ret, size_t *ret_len, bool *ret_open);
/* Blank out the comments and refuse what libconfuse would misread; first: the number of its first line.
 * false: there were mistakes. */
bool config_text_check(char *text, size_t len, unsigned first, struct mistakes *m);
/* Blank out the statement that begins with key on a line, as long as it is; false: it was not found. */
bool config_text_drop(char *text, unsigned line, const char *key);
void config_text_free(char *text, size_t len);

#endif
