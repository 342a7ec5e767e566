/* SPDX-License-Identifier: MIT */
/*
 * text: a pass over the text before libconfuse sees it.
 *
 * libconfuse (3.3) counts a comment's end as a line, so that every line number after a comment is wrong; it drops
 * characters silently that may not stand outside quotes ('*' of a pattern, for one); it reads on to the end of the
 * file for a quote that is missing, and does not mind a brace that is; it puts environment variables in the place of
 * ${NAME} and cuts a string at \0.  So comments become spaces here, and the rest is refused where it stands, with a
 * word on what to write instead.  What passes is made of text, quoted strings that end on their line, and punctuation.
 *
 * Called by config_load().
 */
#include "text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MAX_TEXT ((size_t)16 * 1024 * 1024)
#define DEPTH_MAX 8 /* of braces; sensible files have three */

struct pass {
	char *p;
	unsigned line;
	struct mistakes *m;
	unsigned open[DEPTH_MAX]; /* lines of the braces that are open */
	size_t depth;
};

/* read(2) until the end; a file that does not fit is too large, whatever its status says */
static int read_all(int fd, char *buf, size_t size, size_t *ret_len)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(fd, buf + len, size - len);
		if (n > 0)
			len += (size_t)n;
	} while ((n > 0 && len < size) || (n < 0 && errno == EINTR));
	if (n < 0)
		return -errno;
	if (len == size)
		return -EFBIG;
	*ret_len = len;
	return 0;
}

int config_text_read(const char *path, char **ret, size_t *ret_len, bool *ret_open)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -errno;
	int err = fstat(fd, &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? -EISDIR : 0;
	/* a pipe, as of a shell's <(...), does not know its size */
	size_t size = err == 0 && S_ISREG(st.st_mode) ? (size_t)st.st_size + 1 : SIZE_MAX_TEXT;
	char *text = err == 0 && size <= SIZE_MAX_TEXT ? malloc(size + 1) : NULL;
	if (err == 0 && !text)
		err = size > SIZE_MAX_TEXT ? -EFBIG : -ENOMEM;
	if (err == 0)
		err = read_all(fd, text, size, ret_len);
	close(fd);
	if (err < 0) {
		free(text);
		return err;
	}
	text[*ret_len] = '\0';
	*ret = text;
	*ret_open = st.st_mode & S_IROTH;
	return 0;
}

static void blank(struct pass *s, size_t n)
{
	memset(s->p, ' ', n);
	s->p += n;
}

static void pass_line_comment(struct pass *s)
{
	blank(s, strcspn(s->p, "\n"));
}

static void pass_block_comment(struct pass *s)
{
	unsigned begin = s->line;

	blank(s, 2);
	while (*s->p && strncmp(s->p, "*/", 2) != 0) {
		if (*s->p == '\n') {
			s->line++;
			s->p++;
		} else {
			blank(s, 1);
		}
	}
	if (*s->p)
		blank(s, 2);
	else
		mistakes_add(s->m, begin, "a comment begins here and does not end; end it with */");
}

static void pass_escape(struct pass *s, char quote)
{
	char c = s->p[1];

	/* numbers and control characters; libconfuse knows them all */
	if (quote == '"' && c && strchr("abefvx0123456789", c))
		mistakes_add(s->m, s->line, "\\%c in a string; write the character itself, "
			     "or put a secret of arbitrary octets into a secret-file", c);
	s->p += c && c != '\n' ? 2 : 1;
}

static void pass_string(struct pass *s)
{
	char quote = *s->p++;

	while (*s->p && *s->p != '\n' && *s->p != quote) {
		if (*s->p == '\\') {
			pass_escape(s, quote);
			continue;
		}
		if (quote == '"' && strncmp(s->p, "${", 2) == 0)
			mistakes_add(s->m, s->line, "${ in a string; the environment is not used here, "
				     "put text with ${ in single quotes");
		s->p++;
	}
	if (*s->p == quote)
		s->p++;
	else
		mistakes_add(s->m, s->line, "a string does not end on its line; end it with %c", quote);
}

/* What libconfuse would drop, or take for something else. */
static bool is_stray(char c, char next)
{
	switch (c) {
	case '/':
		return next == '\0' || strchr(" #\"'\t\n\r={}()+,/*", next);
	case '+':
		return next != '=';
	case '*': case '$': case '|': case ';': case '\\': case '(': case ')':
		return true;
	default:
		return false;
	}
}

static void pass_brace(struct pass *s, char c)
{
	if (c == '{' && s->depth < DEPTH_MAX)
		s->open[s->depth++] = s->line;
	else if (c == '{')
		mistakes_add(s->m, s->line, "a { inside %d others; sections go two deep, and a list into one",
			     DEPTH_MAX);
	else if (s->depth > 0)
		s->depth--;
	else
		mistakes_add(s->m, s->line, "a } without its {");
}

static void pass_bare(struct pass *s)
{
	char c = *s->p++;

	if (c == '\n')
		s->line++;
	else if (c == '{' || c == '}')
		pass_brace(s, c);
	else if (is_stray(c, *s->p))
		mistakes_add(s->m, s->line, "%c outside quotes; put the value in quotes: \"...\"", c);
}

static bool check_octets(const char *text, size_t len, unsigned line, struct mistakes *m)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		/* a carriage return is for the end of a line */
		bool space = c == '\t' || c == '\n' || (c == '\r' && text[i + 1] == '\n');

		if ((c < ' ' && !space) || c == 0x7f) {
			mistakes_add(m, line, "octet 0x%02x in the file; it must be plain text", c);
			return false;
		}
		line += c == '\n';
	}
	return true;
}

bool config_text_check(char *text, size_t len, unsigned first, struct mistakes *m)
{
	struct pass s = { .p = text, .line = first, .m = m };
	size_t before = m->wrong;

	if (!check_octets(text, len, first, m))
		return false;
	while (*s.p) {
		if (*s.p == '#' || strncmp(s.p, "//", 2) == 0)
			pass_line_comment(&s);
		else if (strncmp(s.p, "/*", 2) == 0)
			pass_block_comment(&s);
		else if (*s.p == '"' || *s.p == '\'')
			pass_string(&s);
		else
			pass_bare(&s);
	}
	if (s.depth > 0)
		mistakes_add(m, s.open[s.depth - 1], "a { is never closed; a } is missing");
	return m->wrong == before;
}

/* The end of the token at p in a checked text. */
static char *token_end(char *p)
{
	char quote = *p;

	if (quote != '"' && quote != '\'')
		return p + (strchr("{}=+,", *p) ? 1 : strcspn(p, " \t\r\n\"'{}=+,"));
	for (p++; *p && *p != quote; p++)
		p += *p == '\\' && p[1];
	return *p ? p + 1 : p;
}

static char *token_next(char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* From the first token behind the key: "= value", "= { ... }", "{ ... }", "title { ... }" */
static char *statement_end(char *p)
{
	bool assigned = *p == '=' || *p == '+', value = false;
	char *end = p;
	size_t depth = 0;

	for (; *p && !(depth == 0 && (*p == '}' || value)); p = token_next(end)) {
		bool brace = *p == '{' || *p == '}';

		depth += *p == '{';
		depth -= *p == '}';
		value = depth == 0 && (brace || (assigned && *p != '=' && *p != '+'));
		end = token_end(p);
	}
	return end;
}

bool config_text_drop(char *text, unsigned line, const char *key)
{
	size_t len = strlen(key);
	char *p = text, *end;

	for (; line > 1 && (p = strchr(p, '\n')); line--)
		p++;
	for (; p && *p && *p != '\n'; p = end + strspn(end, " \t\r")) {
		end = *p == ' ' || *p == '\t' || *p == '\r' ? p + 1 : token_end(p);
		if ((size_t)(end - p) != len || memcmp(p, key, len) != 0)
			continue;
		for (end = statement_end(token_next(end)); p < end; p++)
			*p = *p == '\n' ? '\n' : ' ';
		return true;
	}
	return false;
}

void config_text_free(char *text, size_t len)
{
	if (text)
		explicit_bzero(text, len);
	free(text);
}
