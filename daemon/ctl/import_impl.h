/* SPDX-License-Identifier: MIT */
/*
 * import_impl: what the parts of import share.
 *
 *	import.c           the whole file, and the verb
 *	import_profile.c   sections as profiles
 *	import_option.c    the table of options
 *	import_ppp.c       options of pppd, addresses
 *	import_text.c      notes, values
 *	xl2tpd.c           the syntax of the files
 */
#ifndef IMPORT_IMPL_H
#define IMPORT_IMPL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "ctl.h"
#include "import.h"
#include "ranges.h"
#include "xl2tpd.h"

#define LIST_MAX 256 /* values in a list of an option */
#define TEXT_MAX_OURS 1000 /* octets of a text of an option */

struct pool {
	struct range wanted, range; /* what the section asked for; what it got */
	unsigned number;
};

struct import {
	const struct import_input *in;
	FILE *out, *notes;
	const char *path;    /* of the file that is read, for notes */
	unsigned indent;
	bool quiet;          /* no notes: this profile differs from the one before only in its secret */
	struct xl2tpd_file file;
	struct xl2tpd_secret *secrets;
	size_t n_secrets;
	const struct xl2tpd_section *global, *default_lac;
	char **names;        /* that sections have got */
	size_t n_names;
	struct pool *pools;
	size_t n_pools;
	uint32_t address;    /* that xl2tpd listens on and dials from; 0: any */
	unsigned port;
	bool oom;
};

/* ---- What is written (import_text.c) ------------------------------------------------------------------------ */

/* A line of the configuration. */
void import_line(struct import *im, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* key = 'value', which must be writable. */
void import_text(struct import *im, const char *key, const char *value);
void import_quoted(FILE *out, const char *s);
/* Can it be the value of an option of l2tpd? */
bool import_is_writable(const char *s, size_t max);
/* Write a note on a line, or on a text in line number (0: none). */
void import_note(struct import *im, const struct xl2tpd_line *l, const char *what);
void import_note_text(struct import *im, unsigned number, const char *text, const char *what);
/* For a comment or a terminal: cut, and printable. */
void import_safely(FILE *out, const char *s);

/* ---- Values ------------------------------------------------------------------------------------------------- */

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_NONE };

/* NULL: ANSWER_NONE, as for what is neither yes nor no. */
enum answer import_answer(const struct xl2tpd_line *l);
bool import_is_yes(const struct xl2tpd_section *s, const char *key);
/* The number, or the bound that is nearest; false: it is not a number.  Notes are written for both. */
bool import_number(struct import *im, const struct xl2tpd_line *l, uint32_t min, uint32_t max, uint32_t *ret);
/* "192.0.2.1 - 192.0.2.9" and the like. */
bool import_range(const char *text, struct range *ret);
/* The lines KEY add ranges, the lines "no KEY" remove them, in the order of the file. */
void import_ranges(struct import *im, const struct xl2tpd_section *s, const char *key, struct ranges *ret);

/* ---- Options (import_option.c) ------------------------------------------------------------------------------ */

/* Apply the table to a section's lines, except for the options of pppd. */
void import_options(struct import *im, const struct xl2tpd_section *s);
/* The option of pppd that a line stands for, NULL: none; *ret_value: the line's value follows it. */
const char *import_word(const struct xl2tpd_section *s, const struct xl2tpd_line *l, bool *ret_value);

/* ---- PPP (import_ppp.c) ------------------------------------------------------------------------------------- */

/* The local address, 0: none. */
uint32_t import_local_address(struct import *im, const struct xl2tpd_section *s);
/* The pool for a section's peers, which sections may share; NULL: none. */
const struct pool *import_pool(struct import *im, const struct xl2tpd_section *s, uint32_t local);
void import_ppp(struct import *im, const struct xl2tpd_section *s, uint32_t local, const struct pool *pool);

/* ---- Profiles (import_profile.c) ---------------------------------------------------------------------------- */

void import_lns(struct import *im, const struct xl2tpd_section *s);
void import_lac(struct import *im, const struct xl2tpd_section *s);

#endif
