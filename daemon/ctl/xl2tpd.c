/* SPDX-License-Identifier: MIT */
/*
 * xl2tpd: the syntax of xl2tpd.conf(5), l2tp-secrets(5) and pppd's option files.
 *
 * As in xl2tpd, a ';' begins a comment wherever it stands, keys and sections are case-insensitive, a section that
 * occurs again is continued, and blanks around key and value are ignored.  Where xl2tpd would reject the whole file,
 * only the line is noted as a mistake, so that one run shows all mistakes.
 *
 * Everything points into the text, which is split in place.  Called by import.
 */
#include "xl2tpd.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* ---- Files -------------------------------------------------------------------------------------------------- */

static int read_all(int fd, char *buf, size_t size, size_t *ret_len)
{
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < size) {
		n = read(fd, buf + len, size - len);
		if (n < 0)
			return -errno;
		len += (size_t)n;
	}
	*ret_len = len;
	return len == size ? -EFBIG : 0;
}

int xl2tpd_read_text(const char *path, char **ret)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r = 0;
	char *text = fd < 0 ? NULL : malloc(XL2TPD_FILE_MAX + 1);
	size_t len = 0;

	if (!text)
		r = fd < 0 ? -errno : -ENOMEM;
	if (r == 0)
		r = read_all(fd, text, XL2TPD_FILE_MAX + 1, &len);
	if (r == 0) {
		text[len] = '\0';
		r = strlen(text) == len ? 0 : -EBADMSG;
	}
	if (fd >= 0)
		close(fd);
	if (r < 0)
		free(text);
	else
		*ret = text;
	return r;
}

/* ---- Lines -------------------------------------------------------------------------------------------------- */

/* The next line without its end; NULL: there are no more. */
static char *take_line(char **text)
{
	char *line = *text, *end;

	if (!line)
		return NULL;
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	*text = end ? end + 1 : NULL;
	return line;
}

static bool is_blank(char c)
{
	return c && (unsigned char)c <= ' ';
}

static char *trim(char *s)
{
	char *end;

	while (is_blank(*s))
		s++;
	for (end = s + strlen(s); end > s && is_blank(end[-1]);)
		*--end = '\0';
	return s;
}

static void lower(char *s)
{
	for (; *s; s++)
		*s = (char)tolower((unsigned char)*s);
}

/* Room for one more in an array of n that grows by doubling; NULL: no memory, the array is as it was. */
static void *grow(void *array, size_t n, size_t size)
{
	return n & (n - 1) ? array : reallocarray(array, n ? 2 * n : 1, size);
}

static int add_mistake(struct xl2tpd_file *f, unsigned number, const char *what, const char *text)
{
	struct xl2tpd_mistake *longer = grow(f->mistakes, f->n_mistakes, sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	f->mistakes = longer;
	longer[f->n_mistakes++] = (struct xl2tpd_mistake){ number, what, text };
	return 0;
}

/* ---- Sections ----------------------------------------------------------------------------------------------- */

static struct xl2tpd_section *find_section(const struct xl2tpd_file *f, enum xl2tpd_kind kind, const char *name)
{
	for (size_t i = 0; i < f->n_sections; i++)
		if (f->sections[i].kind == kind && (kind == XL2TPD_GLOBAL || !strcasecmp(f->sections[i].name, name)))
			return &f->sections[i];
	return NULL;
}

static int add_section(struct xl2tpd_file *f, enum xl2tpd_kind kind, const char *name, unsigned number)
{
	struct xl2tpd_section *longer = grow(f->sections, f->n_sections, sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	f->sections = longer;
	longer[f->n_sections++] = (struct xl2tpd_section){ .kind = kind, .name = name, .number = number };
	return 0;
}

static int add_line(struct xl2tpd_section *s, const char *key, const char *value, unsigned number)
{
	struct xl2tpd_line *longer = grow(s->lines, s->n_lines, sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	s->lines = longer;
	longer[s->n_lines++] = (struct xl2tpd_line){ key, value, number };
	return 0;
}

/* "[lns name]": *at is the section for the next lines, SIZE_MAX: none. */
static int read_header(struct xl2tpd_file *f, char *s, unsigned number, size_t *at)
{
	enum { SECTIONS_MAX = 1000 }; /* they are searched linearly */
	static const char *const kinds[] = { "global", "lns", "lac" };
	char *end = strchr(s, ']'), *name;
	size_t kind = 0;
	int r;

	*at = SIZE_MAX;
	if (!end)
		return add_mistake(f, number, "section without ]", s);
	*end = '\0';
	name = s + 1 + strcspn(s + 1, " ");
	if (*name)
		*name++ = '\0';
	while (kind < 3 && strcasecmp(s + 1, kinds[kind]) != 0)
		kind++;
	if (kind == 3 || f->n_sections >= SECTIONS_MAX)
		return add_mistake(f, number, kind == 3 ? "unknown kind of section" : "too many sections", s + 1);
	struct xl2tpd_section *found = find_section(f, kind, trim(name));
	r = found ? 0 : add_section(f, kind, trim(name), number);
	if (r == 0)
		*at = found ? (size_t)(found - f->sections) : f->n_sections - 1;
	return r;
}

static int read_line(struct xl2tpd_file *f, char *s, unsigned number, size_t at)
{
	char *equals = strchr(s, '=');

	if (!equals)
		return add_mistake(f, number, "line without =", s);
	if (at == SIZE_MAX)
		return add_mistake(f, number, "line outside of a known section", s);
	*equals = '\0';
	s = trim(s);
	lower(s);
	return add_line(&f->sections[at], s, trim(equals + 1), number);
}

int xl2tpd_parse(char *text, struct xl2tpd_file *ret)
{
	struct xl2tpd_file f = { .text = text };
	int r = add_section(&f, XL2TPD_GLOBAL, "", 0);
	size_t at = SIZE_MAX;
	unsigned number = 1;
	char *line;

	for (; r == 0 && (line = take_line(&text)); number++) {
		line[strcspn(line, ";")] = '\0';
		line = trim(line);
		if (*line == '[')
			r = read_header(&f, line, number, &at);
		else if (*line)
			r = read_line(&f, line, number, at);
	}
	if (r < 0)
		xl2tpd_clear(&f);
	else
		*ret = f;
	return r;
}

void xl2tpd_clear(struct xl2tpd_file *f)
{
	for (size_t i = 0; i < f->n_sections; i++)
		free(f->sections[i].lines);
	free(f->sections);
	free(f->mistakes);
	free(f->text);
	*f = (struct xl2tpd_file){ 0 };
}

const struct xl2tpd_line *xl2tpd_find(const struct xl2tpd_section *s, const char *key)
{
	for (size_t i = s ? s->n_lines : 0; i-- > 0;)
		if (strcmp(s->lines[i].key, key) == 0)
			return &s->lines[i];
	return NULL;
}

/* ---- Secrets and words -------------------------------------------------------------------------------------- */

/* The text up to the next blank; *s is behind it. */
static char *take_field(char **s)
{
	char *field = *s, *end = field;

	while (*end && !is_blank(*end))
		end++;
	if (*end)
		*end++ = '\0';
	*s = trim(end);
	return field;
}

int xl2tpd_secrets(char *text, struct xl2tpd_secret **ret, size_t *ret_n)
{
	struct xl2tpd_secret *list = NULL, s = { .number = 1 };
	size_t n = 0;
	char *line;

	for (; (line = take_line(&text)); s.number++) {
		line[strcspn(line, "#;")] = '\0';
		line = trim(line);
		s.us = take_field(&line);
		s.them = take_field(&line);
		s.secret = line; /* to the end of the line, including blanks */
		if (!*s.secret)
			continue;
		struct xl2tpd_secret *longer = grow(list, n, sizeof(*longer));
		if (!longer) {
			free(list);
			return -ENOMEM;
		}
		list = longer;
		list[n++] = s;
	}
	*ret = list;
	*ret_n = n;
	return 0;
}

static char *skip_comments(char *s)
{
	for (;;) {
		while (is_blank(*s))
			s++;
		if (*s != '#')
			return s;
		s += strcspn(s, "\n");
	}
}

char *xl2tpd_word(char **text)
{
	char *s = skip_comments(*text), *word = s, *out = s, quote = 0;

	if (!*s) {
		*text = s;
		return NULL;
	}
	for (; *s && (quote || !is_blank(*s)); s++) {
		if (*s == '\\' && s[1]) {
			s++;
			if (*s != '\n') /* a continued line */
				*out++ = *s;
		} else if (quote ? *s == quote : *s == '"' || *s == '\'') {
			quote = quote ? 0 : *s;
		} else {
			*out++ = *s;
		}
	}
	*text = *s ? s + 1 : s;
	*out = '\0';
	return word;
}
