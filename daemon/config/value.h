/* SPDX-License-Identifier: MIT */
/* value: what the readers and writers of values share. */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "option.h"

const char *value_out_of_memory(struct option_context *x);
/* A field that is a text of its own. */
const char *value_replace_text(struct option_context *x, const char *text, char **field);
void value_clear_text(void *field);
void value_print_text(const struct option *o, const void *field, const struct option_print *p);
/* In quotes, with what they need. */
void value_put_quoted(const char *text, FILE *out);
/* Digits only; what follows them is *ret_rest. */
bool value_read_digits(const char *text, uint64_t *ret, const char **ret_rest);

#endif
