/* SPDX-License-Identifier: MIT */
/*
 * parse: file -> text -> tree.  The grammar, whole:
 *
 *	file      = { statement }
 *	statement = key ( "=" | "+=" ) ( value | "{" [ value { "," value } [ "," ] ] "}" )
 *	          | key [ title ] "{" { statement } "}"
 *
 * Keys, values and titles are words: bare ones, or strings in quotes.  Space and comments separate words and mean
 * nothing else.  Which keys there are, and what they may have, is not known here: config looks at the tree.  The text is
 * wiped after use, as is the tree, because there may be secrets in it.
 *
 * One function reads one rule, with one token in hand.  A mistake does not end the reading: what follows is skipped up
 * to where a statement most likely begins, which is a word before =, or one that is first on its line and before a
 * section's brace, or up to the brace that ends the section.  A statement tells of one mistake in its form, because a
 * second one is most often the first one's echo, and what is skipped tells of none.  A brace is seldom missing where
 * that is noticed: a section of the top level that begins in the first column ends all that are still open.
 *
 * A file may be hostile: its size and the depth of sections are bounded, nothing is waited for, no look ahead is longer
 * than one token, and reading ends with as many mistakes as are kept.
 *
 * Called by config.
 */
#include "parse.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "option.h"

#define SIZE_MAX_TEXT ((size_t)8 << 20)
#define DEPTH_MAX 8 /* of sections; sensible files have two */

struct token {
	char kind;               /* the character itself, '+' for +=, 'w' for a word, '\0' at the end */
	bool leads;              /* it is the first one on its line */
	bool bad;                /* it has had its mistake */
	struct config_place at;
	const char *begin, *end; /* of a word: a quote at its beginning is part of it, one at its end is not */
};

struct parser {
	const char *p;           /* behind the token */
	struct config_place at;  /* of p */
	bool fresh;              /* nothing but space on its line before p */
	struct token token;
	struct mistakes *m;      /* NULL: looking ahead */
	bool told;               /* the statement has had its mistake */
	bool skipping;
	bool lost;               /* the rest of the text means nothing */
	bool oom;
	unsigned depth;
};

static void __attribute__((format(printf, 3, 4)))
complain(struct parser *s, struct config_place at, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (!s->m || s->skipping || s->lost)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	mistakes_add(s->m, at, "%s", text);
	s->told = true;
}

/* ---- Text -> tokens ---- */

static bool is_space(char c)
{
	return (c > '\0' && c <= ' ') || c == 0x7f; /* with control characters, which step() tells of */
}

/* Columns are characters of UTF-8. */
static void step(struct parser *s)
{
	const char c = *s->p++;

	if (is_space(c) && !strchr(" \t\n", c) && !(c == '\r' && *s->p == '\n'))
		complain(s, s->at, "octet 0x%02x in the file; it must be plain text", c);
	s->at.column += (c & 0xc0) != 0x80;
	if (c == '\n') {
		s->at.line++;
		s->at.column = 1;
		s->fresh = true;
	}
}

static void skip_comment(struct parser *s)
{
	struct config_place begin = s->at;
	const char *end = strstr(s->p + 2, "*/");

	if (!end) {
		s->skipping = false;
		complain(s, begin, "this comment does not end; end it with */");
		s->lost = true; /* with braces that it may have swallowed */
	}
	while (end ? s->p < end + 2 : *s->p != '\0')
		step(s);
}

static void skip_space(struct parser *s)
{
	for (;;) {
		if (*s->p == '#' || strncmp(s->p, "//", 2) == 0)
			while (*s->p && *s->p != '\n')
				step(s);
		else if (strncmp(s->p, "/*", 2) == 0)
			skip_comment(s);
		else if (is_space(*s->p))
			step(s);
		else
			return;
	}
}

/* What C and shells would read something else from. */
static void check_escape(struct parser *s)
{
	if (*s->p == '\\' && s->p[1] && strchr("abefvx0123456789", s->p[1]))
		complain(s, s->at, "\\%c in a string; write the character itself, or put a secret of arbitrary octets "
			 "into a secret-file", s->p[1]);
	if (strncmp(s->p, "${", 2) == 0)
		complain(s, s->at, "${ in a string; environment variables are not expanded, so put it into single quotes");
}

/* One whose quote is missing ends with its line, but before the braces at its end. */
static void read_string(struct parser *s)
{
	struct config_place begin = s->at;
	const char quote = *s->p;

	for (step(s); *s->p && *s->p != '\n' && *s->p != quote; step(s)) {
		if (quote == '"')
			check_escape(s);
		if (*s->p == '\\' && s->p[1] && s->p[1] != '\n')
			step(s);
	}
	if (*s->p == quote) {
		s->token.end = s->p;
		step(s);
		return;
	}
	complain(s, begin, "this string does not end on its line; end it with %c", quote);
	for (; s->p > s->token.begin + 1 && strchr(" \t\r}", s->p[-1]); s->p--)
		s->at.column--;
	s->token.end = s->p;
}

static bool ends_word(const char *p)
{
	return !*p || is_space(*p) || strchr("#\"'={},", *p) || strncmp(p, "+=", 2) == 0 || strncmp(p, "//", 2) == 0 ||
	       strncmp(p, "/*", 2) == 0;
}

static bool is_stray(const char *p)
{
	return strchr("*$|;\\()+", *p) || (*p == '/' && (ends_word(p + 1) || strchr("()+", p[1])));
}

/* What does not belong into a word without quotes, and is not punctuation, is told once and read as part of it. */
static void read_bare(struct parser *s)
{
	bool stray = false;

	for (; !ends_word(s->p); step(s)) {
		if (!stray && is_stray(s->p)) {
			complain(s, s->at, "%c outside of quotes; quote the value: \"...\"", *s->p);
			stray = true;
		}
		if (strncmp(s->p, "${", 2) == 0) /* its braces are not sections */
			while (*s->p != '}' && *s->p != '\n' && s->p[1])
				step(s);
	}
	s->token.end = s->p;
}

static void next(struct parser *s)
{
	skip_space(s);
	const bool told = s->told;
	s->token = (struct token){ .kind = *s->p, .leads = s->fresh, .at = s->at, .begin = s->p };
	s->fresh = s->told = false;
	if (s->oom || (s->m && s->m->wrong >= MISTAKES_MAX))
		s->token.kind = '\0';
	if (s->token.kind && strchr("=,{}", *s->p)) {
		step(s);
	} else if (strncmp(s->p, "+=", 2) == 0) {
		step(s), step(s);
	} else if (s->token.kind) {
		s->token.kind = 'w';
		(strchr("\"'", *s->p) ? read_string : read_bare)(s);
	}
	s->token.bad = s->told;
	s->told = s->told || told;
}

/* ---- Where things begin and end ---- */

/* The kind of the token after this word; '\0': this is none. */
static char after_word(const struct parser *s)
{
	struct parser ahead = *s;

	ahead.m = NULL;
	next(&ahead);
	return s->token.kind == 'w' ? ahead.token.kind : '\0';
}

static bool begins_statement(const struct parser *s)
{
	const char after = after_word(s);

	return after == '=' || after == '+' || (s->token.leads && (after == '{' || after == 'w'));
}

/* A section of the top level, in the first column: there is a brace missing before it. */
static bool begins_outside(const struct parser *s)
{
	const struct token *t = &s->token;
	const char after = t->at.column == 1 ? after_word(s) : '\0';

	return (after == '{' || after == 'w') && section_find(IN_ROOT, t->begin, (size_t)(t->end - t->begin));
}

/* A value or title, and not the beginning of another statement. */
static bool is_word(const struct parser *s)
{
	const char after = after_word(s);

	return s->token.kind == 'w' && after != '=' && after != '+' && !begins_outside(s);
}

/* To where the next statement most likely begins, or the section ends. */
static void skip(struct parser *s)
{
	unsigned depth = 0;

	s->skipping = true;
	while (s->token.kind && !(depth == 0 && (s->token.kind == '}' || begins_statement(s))) && !begins_outside(s)) {
		depth += s->token.kind == '{';
		depth -= s->token.kind == '}';
		next(s);
	}
	s->skipping = false;
}

/* ---- Tokens -> nodes ---- */

static void copy_word(const struct token *t, char *to)
{
	const char *p = t->begin, quote = strchr("\"'", *p) ? *p++ : '\0';

	for (; p < t->end; p++) {
		bool escape = quote && *p == '\\' && p + 1 < t->end && (quote == '"' || strchr("\\'", p[1]));
		const char c = escape ? *++p : *p;

		*to++ = !escape || quote != '"' ? c : c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
	}
}

/* The word becomes a node.  NULL: no memory, and no more tokens. */
static struct node *take(struct parser *s, struct node **at)
{
	struct node *n = calloc(1, sizeof(*n) + (size_t)(s->token.end - s->token.begin) + 1);

	if (n) {
		n->at = s->token.at;
		n->bad = s->token.bad;
		copy_word(&s->token, n->text);
		*at = n;
	}
	s->oom = !n;
	next(s);
	return n;
}

/* ---- The grammar ---- */

static bool list_goes_on(const struct parser *s)
{
	return s->token.kind && (s->token.kind != 'w' || !s->token.leads || (is_word(s) && after_word(s) != '{'));
}

/* Whatever is wrong with what is between the values, the brace that ends the list is looked for. */
static void list(struct parser *s, struct node *n)
{
	struct config_place open = s->token.at;
	struct node **at = &n->first;
	bool separated = true;
	unsigned depth = 1;

	n->list = true;
	for (next(s); depth > 0 && list_goes_on(s);) {
		const struct token t = s->token;

		if (!s->told && t.kind == 'w' && !separated)
			complain(s, t.at, "a comma is missing before this value");
		if (!s->told && (t.kind == '=' || t.kind == '+' || t.kind == '{' || (t.kind == ',' && separated)))
			complain(s, t.at, "unexpected %c in a list; write { value, value }", t.kind);
		separated = t.kind != 'w';
		depth += t.kind == '{';
		depth -= t.kind == '}';
		if (t.kind != 'w')
			next(s);
		else if (take(s, at))
			at = &(*at)->next;
	}
	if (depth > 0 && !s->told)
		complain(s, open, "this list does not end; end it with }");
}

static struct node **statements(struct parser *s, struct node **at);

static void section(struct parser *s, struct node *n)
{
	const struct config_place open = s->token.at;

	n->kind = NODE_SECTION;
	next(s);
	s->depth++;
	statements(s, &n->first);
	s->depth--;
	if (s->token.kind == '}')
		next(s);
	else if (s->token.kind)
		complain(s, open, "this { is not closed; a } is missing before line %u", s->token.at.line);
	else
		complain(s, open, "this { is not closed; a } is missing");
}

static void assignment(struct parser *s, struct node *n)
{
	const enum node_kind kind = s->token.kind == '+' ? NODE_APPEND : NODE_SET;

	next(s);
	if (s->token.kind == '{')
		list(s, n);
	else if (is_word(s))
		take(s, &n->first);
	else if (!s->told)
		complain(s, n->at, "%.64s has no value", n->text);
	n->kind = n->list || n->first ? kind : NODE_BROKEN;
}

/* Where the next one belongs. */
static struct node **statement(struct parser *s, struct node **at)
{
	struct node *n = NULL;

	s->told = s->token.bad;
	if (s->token.kind != 'w')
		complain(s, s->token.at, "unexpected %c; expected a key", s->token.kind);
	else if (!(n = take(s, at)))
		return at;
	else if (s->token.kind == '=' || s->token.kind == '+')
		assignment(s, n);
	else if ((!is_word(s) || take(s, &n->title)) && s->token.kind == '{' && s->depth < DEPTH_MAX)
		section(s, n);
	if (n && n->kind != NODE_BROKEN)
		return &n->next;
	if (n && !s->told)
		complain(s, n->at, "%s %.64s", s->token.kind == '{' ? "too deep in sections:" : "expected = or { after", n->text);
	skip(s);
	return n ? &n->next : at;
}

static struct node **statements(struct parser *s, struct node **at)
{
	while (s->token.kind && s->token.kind != '}' && !(s->depth > 0 && begins_outside(s)))
		at = statement(s, at);
	return at;
}

static void parse_text(struct parser *s, const char *text, size_t len, struct node ***at)
{
	s->p = text;
	if (strlen(text) != len) {
		for (s->skipping = true; *s->p; step(s))
			;
		s->skipping = false;
		complain(s, s->at, "octet 0x00 in the file; it must be plain text");
		return;
	}
	next(s);
	for (*at = statements(s, *at); s->token.kind == '}'; *at = statements(s, *at)) {
		complain(s, s->token.at, "this } closes nothing; remove it, or add the { before it");
		next(s);
	}
}

/* ---- File -> text ---- */

/* Until the end; what does not fit is too large, whatever the file's status says. */
static int read_all(int fd, char *buf, size_t size, size_t *ret_len)
{
	ssize_t n = 1;

	for (*ret_len = 0; n > 0 && *ret_len < size; *ret_len += n > 0 ? (size_t)n : 0)
		n = TEMP_FAILURE_RETRY(read(fd, buf + *ret_len, size - *ret_len));
	return n < 0 ? -errno : *ret_len == size ? -EFBIG : 0;
}

/* A pipe of the shell's <(...) has a writer.  One with a name may never have one: -ESPIPE */
static int await_writer(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0 || (fs.f_type == PIPEFS_MAGIC && fcntl(fd, F_SETFL, 0) < 0))
		return -errno;
	return fs.f_type == PIPEFS_MAGIC ? 0 : -ESPIPE;
}

int parse_file(const char *path, unsigned file, struct mistakes *m, bool *ret_open, struct node ***at)
{
	struct parser s = { .at = { file, 1, 1 }, .fresh = true, .m = m };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const size_t size = SIZE_MAX_TEXT + 1;
	size_t len = 0, skip;
	struct stat st = { 0 };
	int err = fd < 0 || fstat(fd, &st) < 0 ? -errno : S_ISFIFO(st.st_mode) ? await_writer(fd) : 0;

	char *text = malloc(size);
	if (err == 0)
		err = text ? read_all(fd, text, size, &len) : -ENOMEM;
	if (err == 0) {
		text[len] = '\0';
		*ret_open = st.st_mode & S_IROTH;
		skip = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* a byte order mark */
		parse_text(&s, text + skip, len - skip, at);
	} else if (err == -ESPIPE || err == -EFBIG) {
		mistakes_add(m, ((struct config_place){ .file = file }), "%s", err == -ESPIPE ?
			     "this is a named pipe, not a file" : "this is too large; allowed: up to 8 MiB");
		err = 0;
	}
	if (text)
		explicit_bzero(text, len);
	free(text);
	if (fd >= 0)
		close(fd);
	return s.oom ? -ENOMEM : err;
}

void parse_free(struct node *n)
{
	for (struct node *next; n; n = next) {
		next = n->next;
		parse_free(n->first);
		parse_free(n->title);
		explicit_bzero(n->text, strlen(n->text));
		free(n);
	}
}
