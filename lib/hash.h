/* SPDX-License-Identifier: MIT */
/* hash: uthash as the whole library uses it. */
#ifndef HASH_H
#define HASH_H

#define HASH_NONFATAL_OOM 1 /* an element that found no memory has hh.tbl NULL: ask after each HASH_ADD */
#define HASH_FUNCTION HASH_FNV
#include <uthash.h>

#endif
