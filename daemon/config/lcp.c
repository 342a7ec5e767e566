/* SPDX-License-Identifier: MIT */
/*
 * lcp: see lcp.h.  RFC 1661 6 for the form of an option, RFC 1662 7.1 for the ACCM, RFC 1570 2.1 for FCS alternatives.
 *
 * Both directions go by one table.  Called by value.c (what a LAC asks for), attach/args.c (what an LNS is asked for)
 * and calls (what has been agreed on).
 */
#include "lcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER = 2 }; /* type and length, both counted by length */
enum { MRU = 1, ACCM = 2, PFC = 7, ACFC = 8, FCS = 9 };

static const struct row {
	const char *word;
	uint8_t type, size; /* octets of the value */
	int base;           /* of the number in the word */
	uint32_t min, max;
} rows[] = {
	{ "mru", MRU, 2, 10, 128, 16384 },
	{ "accm", ACCM, 4, 16, 0, UINT32_MAX },
	{ "pfc", PFC, 0, 0, 0, 0 },
	{ "acfc", ACFC, 0, 0, 0, 0 },
	{ "fcs", FCS, 1, 10, 1, 7 },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* NULL: not there.  A list that breaks off ends there. */
static const uint8_t *find(struct l2tp_span options, uint8_t type, uint8_t size)
{
	const uint8_t *at = options.data, *end = options.len ? at + options.len : at;

	while (end - at >= HEADER && at[1] >= HEADER && at[1] <= end - at) {
		if (at[0] == type && at[1] == HEADER + size)
			return at + HEADER;
		at += at[1];
	}
	return NULL;
}

struct lcp_options lcp_read(struct l2tp_span options)
{
	const uint8_t *mru = find(options, MRU, 2), *accm = find(options, ACCM, 4);
	struct lcp_options o = { .pfc = find(options, PFC, 0), .acfc = find(options, ACFC, 0),
				 .fcs = find(options, FCS, 1) };

	if (mru)
		o.mru = (uint16_t)(mru[0] << 8 | mru[1]);
	if (accm)
		o.accm = (uint32_t)accm[0] << 24 | (uint32_t)accm[1] << 16 | (uint32_t)accm[2] << 8 | accm[3];
	o.has_accm = accm;
	return o;
}

uint32_t lcp_accm(struct l2tp_span options)
{
	const struct lcp_options o = lcp_read(options);

	return o.has_accm ? o.accm : UINT32_MAX;
}

static const char *read_number(const struct row *r, const char *text, uint32_t *ret)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const size_t n = r->base == 16 ? strlen(digits) : 10;
	unsigned long long number;

	for (const char *c = text; *c; c++)
		if (!memchr(digits, *c, n))
			return "not a number";
	if (!text[0] || strlen(text) > 8)
		return "not a number";
	number = strtoull(text, NULL, r->base);
	if (number < r->min || number > r->max)
		return "a number out of range";
	*ret = (uint32_t)number;
	return NULL;
}

static void append(struct lcp_list *list, const struct row *r, uint32_t value)
{
	uint8_t *at = list->octets + list->len;

	*at++ = r->type;
	*at++ = HEADER + r->size;
	for (int i = r->size - 1; i >= 0; i--)
		*at++ = (uint8_t)(value >> 8 * i);
	list->len += HEADER + r->size;
}

const char *lcp_list_add(struct lcp_list *list, const char *word)
{
	const size_t len = strcspn(word, "=");
	uint32_t value = 0;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *what = NULL;

		if (strlen(rows[i].word) != len || memcmp(rows[i].word, word, len) != 0 || !word[len] != !rows[i].size)
			continue;
		if (find(lcp_list_span(list), rows[i].type, rows[i].size))
			return "given twice";
		if (rows[i].size)
			what = read_number(&rows[i], word + len + 1, &value);
		if (!what)
			append(list, &rows[i], value);
		return what;
	}
	return "not an LCP option of a link";
}

static void format_word(const struct row *r, uint32_t value, char word[LCP_WORD_MAX])
{
	if (!r->size)
		snprintf(word, LCP_WORD_MAX, "%s", r->word);
	else if (r->base == 16)
		snprintf(word, LCP_WORD_MAX, "%s=%08x", r->word, value);
	else
		snprintf(word, LCP_WORD_MAX, "%s=%u", r->word, value);
}

/* Options of our own making: all of them have a row. */
bool lcp_next_word(struct l2tp_span *options, char word[LCP_WORD_MAX])
{
	const uint8_t *at = options->data;
	uint32_t value = 0;

	if (!options->len)
		return false;
	for (size_t i = HEADER; i < at[1]; i++)
		value = value << 8 | at[i];
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].type == at[0])
			format_word(&rows[i], value, word);
	options->data += at[1];
	options->len -= at[1];
	return true;
}
