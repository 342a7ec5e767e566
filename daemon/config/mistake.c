/* SPDX-License-Identifier: MIT */
/*
 * mistake: mistakes are found in the order of the checks and wanted in the order of the file, so they are
 * kept until all are known.  Called by config and its parts.
 */
#include "mistake.h"
#include <stdarg.h>
#include <stdlib.h>

static void __attribute__((format(printf, 4, 0)))
keep(struct mistakes *m, unsigned line, bool note, const char *fmt, va_list ap)
{
	m->wrong += !note;
	if (m->n >= MISTAKES_MAX)
		return;

	struct mistake *list = realloc(m->list, (m->n + 1) * sizeof(*list));
	char *text = NULL;
	if (list)
		m->list = list;
	if (!list || vasprintf(&text, fmt, ap) < 0) {
		m->oom = true;
		return;
	}
	for (char *c = text; *c; c++) /* of the file's own words: one mistake, one line */
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	/* behind all that are not further down in the file */
	size_t at = m->n++;
	for (; at > 0 && list[at - 1].line > line; at--)
		list[at] = list[at - 1];
	list[at] = (struct mistake){ line, note, text };
}

void mistakes_add(struct mistakes *m, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	keep(m, line, false, fmt, ap);
	va_end(ap);
}

void mistakes_note(struct mistakes *m, unsigned line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	keep(m, line, true, fmt, ap);
	va_end(ap);
}

const struct config_file *file_of_line(const struct config *c, unsigned line)
{
	const struct config_file *file = c->files;

	while (file + 1 < c->files + c->n_files && file[1].first <= line)
		file++;
	return file;
}

void mistakes_print(struct mistakes *m, const struct config *c, FILE *out)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct mistake *k = &m->list[i];
		const struct config_file *file = k->line ? file_of_line(c, k->line) : NULL;

		if (file)
			fprintf(out, "%s:%u: %s%s\n", file->path, k->line - file->first + 1, k->note ? "note: " : "",
				k->text);
		else
			fprintf(out, "%s: %s%s\n", c->path, k->note ? "note: " : "", k->text);
	}
	if (m->n >= MISTAKES_MAX)
		fprintf(out, "%s: there may be more mistakes than these\n", c->path);
	if (m->oom)
		fprintf(out, "%s: out of memory\n", c->path);
}

void mistakes_clear(struct mistakes *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->list[i].text);
	free(m->list);
	*m = (struct mistakes){ 0 };
}
