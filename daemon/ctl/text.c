/* SPDX-License-Identifier: MIT */
/*
 * text: text for people.
 *
 * The daemon escapes text from peers before it sends it.  This is the tool's own guard, since a terminal executes
 * control characters: those of ASCII and of Latin-1 (C1), marks that change the direction of writing, and octets that
 * are not valid text in the locale become \xNN.
 */
#include "text.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

/* The character at s and its octets, false if it must not be printed. */
static bool next_char(const char *s, wchar_t *ret, size_t *ret_len)
{
	mbstate_t state = { 0 };
	size_t len = mbrtowc(ret, s, MB_LEN_MAX, &state);
	wchar_t c = *ret;

	*ret_len = 1;
	if (len == 0 || len > MB_LEN_MAX)
		return false;
	*ret_len = len;
	/* marks of direction, and invisible characters */
	if ((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff)
		return false;
	return iswprint((wint_t)c);
}

char *text_escape(const char *s)
{
	static const char hex[] = "0123456789abcdef";
	char *copy = malloc(strlen(s) * 4 + 1), *out = copy;
	wchar_t c;
	size_t len;

	for (; copy && *s; s += len) {
		if (next_char(s, &c, &len)) {
			out = mempcpy(out, s, len);
			continue;
		}
		for (size_t i = 0; i < len; i++)
			out = mempcpy(out, (char[4]){ '\\', 'x', hex[(s[i] >> 4) & 15], hex[s[i] & 15] }, 4);
	}
	if (copy)
		*out = '\0';
	return copy;
}

static size_t char_width(wchar_t c)
{
	int width = wcwidth(c);

	return width > 0 ? (size_t)width : 0;
}

size_t text_width(const char *s)
{
	size_t width = 0, len;
	wchar_t c = 0;

	for (; *s; s += len)
		width += next_char(s, &c, &len) ? char_width(c) : 0;
	return width;
}

void text_clip(char *s, size_t width)
{
	static const char dots[] = "\u2026";
	size_t used = 0, len, total = strlen(s);
	mbstate_t state = { 0 };
	wchar_t c = 0;

	if (text_width(s) <= width)
		return;
	for (char *p = s; *p; p += len) {
		size_t w = next_char(p, &c, &len) ? char_width(c) : 0;

		if (used + w >= width) {
			bool fits = (size_t)(s + total - p) >= strlen(dots);

			/* "~" if the locale does not have it */
			if (width > 0 && fits && mbrtowc(&c, dots, strlen(dots), &state) == strlen(dots))
				memcpy(p, dots, sizeof(dots));
			else
				memcpy(p, width > 0 ? "~" : "", width > 0 ? 2 : 1);
			return;
		}
		used += w;
	}
}

/* ---- Times and amounts -------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	uint64_t usec;
} units[] = {
	{ "d", 86400ULL * USEC_PER_SEC }, { "h", 3600ULL * USEC_PER_SEC }, { "min", 60ULL * USEC_PER_SEC },
	{ "s", USEC_PER_SEC },
};

#define UNITS (sizeof(units) / sizeof(units[0]))

const char *text_duration(uint64_t usec, char buf[TEXT_MAX])
{
	size_t i = 0;

	while (i < UNITS - 1 && usec < units[i].usec)
		i++;
	if (usec > 0 && usec < USEC_PER_SEC)
		snprintf(buf, TEXT_MAX, "%.*fms", usec % USEC_PER_MSEC ? 1 : 0, (double)usec / (double)USEC_PER_MSEC);
	else if (i == UNITS - 1)
		snprintf(buf, TEXT_MAX, "%.*fs", usec % USEC_PER_SEC ? 1 : 0, (double)usec / (double)USEC_PER_SEC);
	else
		snprintf(buf, TEXT_MAX, "%llu%s %llu%s", (unsigned long long)(usec / units[i].usec), units[i].name,
			 (unsigned long long)(usec % units[i].usec / units[i + 1].usec), units[i + 1].name);
	return buf;
}

const char *text_time(uint64_t realtime_usec, uint64_t now_usec, char buf[TEXT_MAX])
{
	time_t seconds = (time_t)(realtime_usec / USEC_PER_SEC);
	char date[TEXT_MAX / 2] = "?", ago[TEXT_MAX];
	struct tm tm;

	buf[0] = '\0';
	if (realtime_usec == 0)
		return buf;
	if (localtime_r(&seconds, &tm))
		strftime(date, sizeof(date), "%F %T", &tm);
	if (now_usec > realtime_usec)
		snprintf(buf, TEXT_MAX, "%.31s (%.24s ago)", date,
			 text_duration((now_usec - realtime_usec) / USEC_PER_SEC * USEC_PER_SEC, ago));
	else
		snprintf(buf, TEXT_MAX, "%.31s", date);
	return buf;
}

const char *text_amount(double n, unsigned base, const char *unit, char buf[TEXT_MAX])
{
	static const char *const steps[][2] = { { "", "" }, { "k", "Ki" }, { "M", "Mi" }, { "G", "Gi" },
						{ "T", "Ti" } };
	size_t i = 0;

	while (n >= base && i < sizeof(steps) / sizeof(steps[0]) - 1) {
		n /= base;
		i++;
	}
	snprintf(buf, TEXT_MAX, "%.*f %s%s", i > 0 && n < 100 ? 1 : 0, n, steps[i][base == 1024], unit);
	return buf;
}
