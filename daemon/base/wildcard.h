/* SPDX-License-Identifier: MIT */
/* wildcard: '*' stands for any octets, '?' for one. */
#ifndef WILDCARD_H
#define WILDCARD_H

#include <stdbool.h>

bool wildcard_matches(const char *pattern, const char *text);

#endif
