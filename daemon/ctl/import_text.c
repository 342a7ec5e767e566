/* SPDX-License-Identifier: MIT */
/*
 * import_text: writes notes and lines of the configuration; reads values of xl2tpd.conf.
 *
 * A note goes to stderr and into the output, so that nothing is lost silently.  Foreign text is made printable in both,
 * and what cannot be quoted as a value of l2tpd is not written at all.  Called by all of import.
 */
#include "import_impl.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- What is written ---------------------------------------------------------------------------------------- */

void import_line(struct import *im, const char *fmt, ...)
{
	va_list ap;

	if (*fmt)
		fprintf(im->out, "%*s", (int)(4 * im->indent), "");
	va_start(ap, fmt);
	vfprintf(im->out, fmt, ap);
	va_end(ap);
	fputc('\n', im->out);
}

void import_safely(FILE *out, const char *s)
{
	enum { SHOWN = 80 };

	for (size_t i = 0; s[i] && i < SHOWN; i++)
		fputc((unsigned char)s[i] < ' ' || (unsigned char)s[i] > '~' ? '?' : s[i], out);
	if (strlen(s) > SHOWN)
		fputs("...", out);
}

/* "FILE:12: key = value: note" */
static void note_to(struct import *im, FILE *out, const char *before, unsigned number, const char *text,
		    const char *what)
{
	fprintf(out, "%s", before);
	import_safely(out, im->path);
	if (number)
		fprintf(out, ":%u", number);
	fputs(": ", out);
	import_safely(out, text);
	fprintf(out, ": %s\n", what);
}

void import_note_text(struct import *im, unsigned number, const char *text, const char *what)
{
	if (im->quiet)
		return;
	note_to(im, im->notes, "l2tpctl: ", number, text, what);
	fprintf(im->out, "%*s", (int)(4 * im->indent), "");
	note_to(im, im->out, "# ", number, text, what);
}

void import_note(struct import *im, const struct xl2tpd_line *l, const char *what)
{
	char text[256];

	snprintf(text, sizeof(text), "%s = %s", l->key, l->value);
	import_note_text(im, l->number, text, what);
}

bool import_is_writable(const char *s, size_t max)
{
	size_t len = strlen(s);

	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)s[i]))
			return false;
	return len > 0 && len <= max;
}

/* In single quotes, only these two characters are special. */
void import_quoted(FILE *out, const char *s)
{
	fputc('\'', out);
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			fputc('\\', out);
		fputc(*s, out);
	}
	fputc('\'', out);
}

void import_text(struct import *im, const char *key, const char *value)
{
	fprintf(im->out, "%*s%s = ", (int)(4 * im->indent), "", key);
	import_quoted(im->out, value);
	fputc('\n', im->out);
}

/* ---- Values ------------------------------------------------------------------------------------------------- */

enum answer import_answer(const struct xl2tpd_line *l)
{
	static const struct {
		const char *word;
		enum answer answer;
	} words[] = { { "yes", ANSWER_YES }, { "y", ANSWER_YES }, { "true", ANSWER_YES },
		      { "no", ANSWER_NO },   { "n", ANSWER_NO },  { "false", ANSWER_NO } };

	for (size_t i = 0; l && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(l->value, words[i].word) == 0)
			return words[i].answer;
	return ANSWER_NONE;
}

bool import_is_yes(const struct xl2tpd_section *s, const char *key)
{
	return import_answer(xl2tpd_find(s, key)) == ANSWER_YES;
}

bool import_number(struct import *im, const struct xl2tpd_line *l, uint32_t min, uint32_t max, uint32_t *ret)
{
	uint32_t n;

	if (!ctl_number(l->value, UINT32_MAX, &n)) {
		import_note(im, l, "omitted: not a number");
		return false;
	}
	if (n < min || n > max)
		import_note(im, l,
			    n < min ? "below the minimum of l2tpd, which is used instead"
				    : "above the maximum of l2tpd, which is used instead");
	*ret = n < min ? min : n > max ? max : n;
	return true;
}

/* "192.0.2.1", "192.0.2.1 - 192.0.2.9", "192.0.2.1-9": missing leading numbers of the end are those of the beginning.
 * */
bool import_range(const char *text, struct range *ret)
{
	char first[INET_ADDRSTRLEN], last[2 * INET_ADDRSTRLEN];
	size_t len = strcspn(text, "- \t"), missing = 3, keep = 0;
	const char *end = text + len + strspn(text + len, " \t");

	if (len >= sizeof(first))
		return false;
	memcpy(first, text, len);
	first[len] = '\0';
	if (!address_read_ip4(first, &ret->first))
		return false;
	ret->last = ret->first;
	if (!*end)
		return true;
	if (*end++ != '-')
		return false;
	end += strspn(end, " \t");
	for (const char *p = end; *p; p++)
		missing -= *p == '.' && missing > 0;
	for (size_t dots = 0; dots < missing; keep++)
		dots += first[keep] == '.';
	snprintf(last, sizeof(last), "%.*s%s", (int)keep, first, end);
	return address_read_ip4(last, &ret->last) && ret->first <= ret->last;
}

void import_ranges(struct import *im, const struct xl2tpd_section *s, const char *key, struct ranges *ret)
{
	struct range range;

	ret->n = 0;
	for (size_t i = 0; i < s->n_lines; i++) {
		const struct xl2tpd_line *l = &s->lines[i];
		bool no = strncmp(l->key, "no ", 3) == 0;

		if (strcmp(l->key + (no ? 3 : 0), key) != 0)
			continue;
		if (!import_range(l->value, &range))
			import_note(im, l, "omitted: not a range of addresses, first to last");
		else if (no ? !ranges_remove(ret, range) : !ranges_add(ret, range))
			import_note(im, l, "omitted: too many ranges");
	}
}
