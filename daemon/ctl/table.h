/* SPDX-License-Identifier: MIT */
/*
 * table: rows of text in columns, for a terminal or a pipe.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 16

struct table_column {
	const char *title;
	bool right;  /* aligned to the right: numbers */
	bool shrink; /* may be cut if the terminal is too narrow */
};

struct table;

/*
 * n columns, to out.  width: of the terminal, longer lines are cut; 0: there is none, nothing is ever cut.  bold: the
 * titles.  Ends the program if there is no memory, as do the others.
 */
struct table *table_new(const struct table_column *columns, size_t n, FILE *out, size_t width, bool bold);
/* One row: n cells, NULL is an empty one.  Control characters are escaped. */
void table_add(struct table *t, const char *const *cells);
/* Print what is left, and free it.  NULL is fine. */
void table_end(struct table *t);
/* The same after a failure: without rows, the titles are not printed either. */
void table_break(struct table *t);

/* Columns of the terminal, 0 if f is not a terminal. */
size_t table_terminal(FILE *f);

#endif
