/* SPDX-License-Identifier: MIT */
/*
 * text: text for people: escaping, width on a terminal, times, durations and amounts.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "l2tp.h"

#define TEXT_MAX 64 /* of the formatted times, durations and amounts */

/* A copy in which characters that do not print are \xNN, octet by octet.  NULL: no memory. */
char *text_escape(const char *s);
/* Columns on a terminal, of escaped text. */
size_t text_width(const char *s);
/* Cut to fit, the last column being "…" then. */
void text_clip(char *s, size_t width);

/* "1min 30s", "12.5ms", "3d 4h": two units at most.  All return buf. */
const char *text_duration(uint64_t usec, char buf[TEXT_MAX]);
/* "2026-11-20 17:50:41 (5min ago)"; "" for 0 */
const char *text_time(uint64_t realtime_usec, uint64_t now_usec, char buf[TEXT_MAX]);
/* 1536 with unit "B" is "1.5 KiB"; with 1000 as base, "1.5 kbit/s". */
const char *text_amount(double n, unsigned base, const char *unit, char buf[TEXT_MAX]);

#endif
