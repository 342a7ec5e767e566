/* SPDX-License-Identifier: MIT */
/*
 * verb: the list of families, and look-ups in a verb's row.
 *
 * A verb's name may have several words ("show tunnels"); of two that match, the longer one wins, so that "show" can be
 * a verb of its own.  Called by args.c and complete.c.
 */
#include "verb.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* In the order of the help. */
static const struct verb *const families[] = {
	show_verbs,
	watch_verbs,
	top_verbs,
	request_verbs,
	trace_verbs,
	kernel_verbs,
	doctor_verbs,
	import_verbs,
	complete_verbs,
};

const struct verb *verb_at(size_t i)
{
	for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++) {
		for (const struct verb *v = families[f]; v->name; v++)
			if (i-- == 0)
				return v;
	}
	return NULL;
}

/* The word at *p, and *p behind it. */
static size_t next_word(const char **p, const char **ret)
{
	size_t len;

	*ret = *p + strspn(*p, " ");
	len = strcspn(*ret, " ");
	*p = *ret + len;
	return len;
}

static size_t words_of(const char *s)
{
	const char *word;
	size_t n = 0;

	while (next_word(&s, &word) > 0)
		n++;
	return n;
}

bool verb_begins(const struct verb *v, char *const *words, size_t n)
{
	const char *name = v->name, *word;

	for (size_t i = 0; i < n; i++) {
		size_t len = next_word(&name, &word);

		if (len == 0 || strlen(words[i]) != len || memcmp(words[i], word, len) != 0)
			return false;
	}
	return true;
}

const struct verb *verb_find(char *const *words, size_t n, size_t *ret_used)
{
	const struct verb *v, *found = NULL;

	for (size_t i = 0; (v = verb_at(i)); i++) {
		size_t need = words_of(v->name);

		if (need <= n && verb_begins(v, words, need) && (!found || need > *ret_used)) {
			found = v;
			*ret_used = need;
		}
	}
	return found;
}

void verb_arity(const struct verb *v, size_t *ret_min, size_t *ret_max)
{
	const char *p = v->arguments, *word;
	size_t len;

	*ret_min = *ret_max = 0;
	while ((len = next_word(&p, &word)) > 0) {
		*ret_min += *word != '[';
		*ret_max = len > 3 && memcmp(word + len - 3, "...", 3) == 0 ? SIZE_MAX : *ret_max + 1;
	}
}

size_t verb_options(const struct verb *v)
{
	size_t n = 0;

	while (v->options && v->options[n].name)
		n++;
	assert(n <= OPTIONS_MAX);
	return n;
}
