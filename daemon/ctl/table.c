/* SPDX-License-Identifier: MIT */
/*
 * table: rows of text in columns.
 *
 * The first ROWS_HELD rows are held to compute the width of each column; then they are printed, and every further row
 * at once: a list of 100,000 rows needs no more memory than a short one.  A later row that needs more room widens its
 * column from there on.  libsmartcols would hold all rows until the end.
 *
 * Widths are columns of a terminal, with wide and combining characters, not octets (text.c).
 */
#include "table.h"
#include "ctl.h"
#include "text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ROWS_HELD 1000
#define GAP       2 /* between columns */
#define SHRUNK    8 /* a column is not cut below this */

struct table {
	const struct table_column *columns;
	size_t n;
	FILE *out;
	size_t limit;
	bool bold, begun; /* the titles have been printed */
	size_t widths[TABLE_COLUMNS_MAX];
	size_t held;
	char *cells[ROWS_HELD][TABLE_COLUMNS_MAX];
};

struct table *table_new(const struct table_column *columns, size_t n, FILE *out, size_t width, bool bold)
{
	struct table *t = ctl_must_ptr(calloc(1, sizeof(*t)));

	assert(n > 0 && n <= TABLE_COLUMNS_MAX);
	*t = (struct table){ .columns = columns, .n = n, .out = out, .limit = width, .bold = bold };
	for (size_t i = 0; i < n; i++)
		t->widths[i] = text_width(columns[i].title);
	return t;
}

static void widen(struct table *t, char *const *cells)
{
	for (size_t i = 0; i < t->n; i++) {
		size_t width = text_width(cells[i]);

		if (width > t->widths[i])
			t->widths[i] = width;
	}
}

/* Shrink the widest column that may shrink, until the line fits or none is left. */
static void fit(const struct table *t, size_t widths[TABLE_COLUMNS_MAX])
{
	size_t total = GAP * (t->n - 1);

	memcpy(widths, t->widths, sizeof(t->widths));
	for (size_t i = 0; i < t->n; i++)
		total += widths[i];
	while (t->limit && total > t->limit) {
		size_t widest = t->n;

		for (size_t i = 0; i < t->n; i++)
			if (t->columns[i].shrink && widths[i] > SHRUNK &&
			    (widest == t->n || widths[i] > widths[widest]))
				widest = i;
		if (widest == t->n)
			return;
		widths[widest]--;
		total--;
	}
}

static void print_line(const struct table *t, char *const *cells)
{
	size_t widths[TABLE_COLUMNS_MAX], used, due = 0;

	fit(t, widths);
	for (size_t i = 0; i < t->n; i++) {
		if (t->limit)
			text_clip(cells[i], widths[i]);
		used = text_width(cells[i]);
		if (t->columns[i].right && used < widths[i])
			due += widths[i] - used;
		/* blanks are due until a cell follows, so that no line ends with them */
		if (used > 0) {
			fprintf(t->out, "%*s%s", (int)due, "", cells[i]);
			due = 0;
		}
		if (!t->columns[i].right && used < widths[i])
			due += widths[i] - used;
		due += GAP;
	}
	fputc('\n', t->out);
}

static void print_titles(struct table *t)
{
	char *titles[TABLE_COLUMNS_MAX];

	for (size_t i = 0; i < t->n; i++)
		titles[i] = ctl_must_ptr(strdup(t->columns[i].title));
	fputs(t->bold ? "\033[1m" : "", t->out);
	print_line(t, titles);
	fputs(t->bold ? "\033[0m" : "", t->out);
	for (size_t i = 0; i < t->n; i++)
		free(titles[i]);
}

static void print_row(struct table *t, char **cells)
{
	print_line(t, cells);
	for (size_t i = 0; i < t->n; i++)
		free(cells[i]);
}

static void begin(struct table *t)
{
	t->begun = true;
	print_titles(t);
	for (size_t i = 0; i < t->held; i++)
		print_row(t, t->cells[i]);
}

void table_add(struct table *t, const char *const *cells)
{
	char *mine[TABLE_COLUMNS_MAX];

	for (size_t i = 0; i < t->n; i++)
		mine[i] = ctl_must_ptr(text_escape(cells[i] ? cells[i] : ""));
	widen(t, mine);
	if (!t->begun && t->held == ROWS_HELD)
		begin(t);
	if (t->begun)
		print_row(t, mine);
	else
		memcpy(t->cells[t->held++], mine, sizeof(mine));
}

void table_end(struct table *t)
{
	if (t && !t->begun)
		begin(t);
	free(t);
}

void table_break(struct table *t)
{
	if (t && (t->begun || t->held))
		table_end(t);
	else
		free(t);
}

size_t table_terminal(FILE *f)
{
	struct winsize size;

	if (ioctl(fileno(f), TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col > 0 ? size.ws_col : 80;
}
