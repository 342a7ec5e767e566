/* SPDX-License-Identifier: MIT */
/*
 * xl2tpd: the syntax of a configuration of xl2tpd: sections with their lines, secrets, pppd's options.  What they mean
 * is the business of import.
 */
#ifndef XL2TPD_H
#define XL2TPD_H

#include <stddef.h>

#define XL2TPD_FILE_MAX ((size_t)1 << 20) /* octets of a file that is read */

enum xl2tpd_kind { XL2TPD_GLOBAL, XL2TPD_LNS, XL2TPD_LAC };

/* A line "key = value".  Keys are in lower case. */
struct xl2tpd_line {
	const char *key, *value;
	unsigned number;
};

struct xl2tpd_section {
	enum xl2tpd_kind kind;
	const char *name; /* of an lns or lac; "default" is a special one */
	unsigned number;  /* of its first line */
	struct xl2tpd_line *lines;
	size_t n_lines;
};

/* A line that is not valid, and why. */
struct xl2tpd_mistake {
	unsigned number;
	const char *what, *text;
};

struct xl2tpd_file {
	struct xl2tpd_section *sections; /* the first one is [global], which may be missing in the file */
	size_t n_sections;
	struct xl2tpd_mistake *mistakes;
	size_t n_mistakes;
	char *text; /* that everything points into */
};

/* A whole text file, at most XL2TPD_FILE_MAX, to be freed.  Negative errno; -EBADMSG: it is not text; -EFBIG. */
int xl2tpd_read_text(const char *path, char **ret);

/* Parse a text, which is consumed.  -ENOMEM */
int xl2tpd_parse(char *text, struct xl2tpd_file *ret);
void xl2tpd_clear(struct xl2tpd_file *f); /* half-built is fine */
/* The last line of a section with this key; NULL: there is none, or no section. */
const struct xl2tpd_line *xl2tpd_find(const struct xl2tpd_section *s, const char *key);

/* l2tp-secrets: us, them, secret. */
struct xl2tpd_secret {
	const char *us, *them, *secret;
	unsigned number;
};
/* The text is split in place and must outlive the list, which is to be freed.  -ENOMEM */
int xl2tpd_secrets(char *text, struct xl2tpd_secret **ret, size_t *ret_n);

/* The next word of a file of pppd's options, unquoted in place; NULL: there are no more. */
char *xl2tpd_word(char **text);

#endif
