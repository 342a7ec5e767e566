/* SPDX-License-Identifier: MIT */
/*
 * import_impl: what the parts of import share.
 *
 *	import.c           the whole file, and the verb
 *	import_profile.c   sections as profiles
 *	import_option.c    the table of options
 *	import_ppp.c       what pppd gets to know
 *	import_text.c      notes and values
 *	xl2tpd.c           the form of the files
 */
#ifndef IMPORT_IMPL_H
#define IMPORT_IMPL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "ctl.h"
#include "import.h"
#include "ranges.h"
#include "xl2tpd.h"

#define L2TP_PORT 1701
#define LIST_MAX 256 /* values in a list of ours */
#define TEXT_MAX_OURS 1000 /* octets of a text of ours */

struct pool {
	struct range wanted, range; /* what a section had for it; what it is */
	unsigned number;
};

struct import {
	const struct import_input *in;
	FILE *out, *notes;
	const char *path;    /* that is being read, for notes */
	unsigned indent;
	bool quiet;          /* what is written now has been written before, with other secrets */
	struct xl2tpd_file file;
	struct xl2tpd_secret *secrets;
	size_t n_secrets;
	const struct xl2tpd_section *global, *default_lac;
	char **names;        /* of sections that have been given */
	size_t n_names;
	struct pool *pools;
	size_t n_pools;
	uint32_t address;    /* where xl2tpd listens, and what its calls come from; 0: any */
	unsigned port;
	bool oom;
};

/* ---- What is written (import_text.c) ------------------------------------------------------------------------ */

/* A line of the configuration. */
void import_line(struct import *im, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* key = 'value', which must be writable. */
void import_text(struct import *im, const char *key, const char *value);
void import_quoted(FILE *out, const char *s);
/* Can it be a value of ours? */
bool import_is_writable(const char *s, size_t max);
/* What is to be said of a line, or of something else in line number (0: of no line). */
void import_note(struct import *im, const struct xl2tpd_line *l, const char *what);
void import_note_text(struct import *im, unsigned number, const char *text, const char *what);
/* For a comment or a terminal: cut, and without what acts. */
void import_safely(FILE *out, const char *s);

/* ---- Values ------------------------------------------------------------------------------------------------- */

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_NONE };

/* NULL: ANSWER_NONE, as for what is neither yes nor no. */
enum answer import_answer(const struct xl2tpd_line *l);
bool import_is_yes(const struct xl2tpd_section *s, const char *key);
/* Within these bounds, or as near as can be; false: it is no number.  Both have been noted. */
bool import_number(struct import *im, const struct xl2tpd_line *l, uint32_t min, uint32_t max, uint32_t *ret);
bool import_address(const char *text, uint32_t *ret);
/* "192.0.2.1 - 192.0.2.9" and the like. */
bool import_range(const char *text, struct range *ret);
const char *import_address_text(uint32_t address, char buf[INET_ADDRSTRLEN]);
/* What the lines KEY add and the lines "no KEY" take away, the later ones over the earlier. */
void import_ranges(struct import *im, const struct xl2tpd_section *s, const char *key, struct ranges *ret);

/* ---- Options (import_option.c) ------------------------------------------------------------------------------ */

/* What the table says of a section's lines; pppd's words are for later. */
void import_options(struct import *im, const struct xl2tpd_section *s);
/* The word for pppd that a line stands for, NULL: none; *ret_value: with its value behind. */
const char *import_word(const struct xl2tpd_section *s, const struct xl2tpd_line *l, bool *ret_value);

/* ---- PPP (import_ppp.c) ------------------------------------------------------------------------------------- */

/* Ours, 0: none. */
uint32_t import_local_address(struct import *im, const struct xl2tpd_section *s);
/* The pool for a section's peers, which may be another section's; NULL: none. */
const struct pool *import_pool(struct import *im, const struct xl2tpd_section *s, uint32_t local);
void import_ppp(struct import *im, const struct xl2tpd_section *s, uint32_t local, const struct pool *pool);

/* ---- Profiles (import_profile.c) ---------------------------------------------------------------------------- */

void import_lns(struct import *im, const struct xl2tpd_section *s);
void import_lac(struct import *im, const struct xl2tpd_section *s);

#endif
