/* SPDX-License-Identifier: MIT */
/*
 * mistake: mistakes are found in the order of the checks and wanted in the order of the file, so they are
 * kept until all are known.  Called by config and its parts.
 */
#include "mistake.h"
#include <stdarg.h>
#include <stdlib.h>

static bool is_behind(struct config_place a, struct config_place b)
{
	return a.file != b.file ? a.file > b.file : a.line != b.line ? a.line > b.line : a.column > b.column;
}

void mistakes_put(struct mistakes *m, bool note, struct config_place where, const char *fmt, ...)
{
	m->wrong += !note;
	if (note ? m->n >= MISTAKES_MAX : m->wrong > MISTAKES_MAX)
		return;

	struct mistake *list = realloc(m->list, (m->n + 1) * sizeof(*list));
	char *text = NULL;
	va_list ap;
	va_start(ap, fmt);
	if (list)
		m->list = list;
	m->oom = m->oom || !list || vasprintf(&text, fmt, ap) < 0;
	va_end(ap);
	if (m->oom)
		return;
	for (char *c = text; *c; c++) /* of the file's own words: one mistake, one line */
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	/* behind all that are not further down in the files */
	size_t at = m->n++;
	for (; at > 0 && is_behind(list[at - 1].at, where); at--)
		list[at] = list[at - 1];
	list[at] = (struct mistake){ where, note, text };
}

void mistakes_print(const struct mistakes *m, const struct config *c, FILE *out)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct mistake *k = &m->list[i];

		fprintf(out, "%s:", k->at.file < c->n_files ? c->files[k->at.file].path : c->path);
		if (k->at.line)
			fprintf(out, "%u:%u:", k->at.line, k->at.column);
		fprintf(out, " %s%s\n", k->note ? "note: " : "", k->text);
	}
	if (m->n >= MISTAKES_MAX)
		fprintf(out, "%s: there may be more mistakes than these\n", c->path);
}

void mistakes_clear(struct mistakes *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->list[i].text);
	free(m->list);
	*m = (struct mistakes){ 0 };
}
