/* SPDX-License-Identifier: MIT */
/*
 * print: what is in force, in the syntax of the file: read again it is the same, but for the secrets, of which
 * only a comment tells.  Options without a value are left out, defaults are not.
 *
 * What prints alike is alike: that is how a reload finds out what has changed.
 *
 * Called for --print, by reload, and where an operator is shown the configuration.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "option.h"

static void print_pool(const struct config_pool *pool, FILE *out)
{
	fprintf(out, "\npool \"%s\" {\n", pool->name);
	options_print(IN_POOL, pool, &(struct option_print){ out, "\t" });
	fputs("}\n", out);
}

static void print_profile(const struct config_profile *profile, FILE *out)
{
	fprintf(out, "\n%s \"%s\" {\n", profile->lac ? "lac" : "lns", profile->name);
	options_print(profile->lac ? IN_LAC : IN_LNS, profile, &(struct option_print){ out, "\t" });
	fputs("\n\tppp {\n", out);
	options_print(IN_PPP, profile, &(struct option_print){ out, "\t\t" });
	fputs("\t}\n}\n", out);
}

int config_print(const struct config *c, FILE *out)
{
	options_print(IN_ROOT, c, &(struct option_print){ out, "" });
	fputs("\nlimits {\n", out);
	options_print(IN_LIMITS, &c->limits, &(struct option_print){ out, "\t" });
	fputs("}\n", out);
	for (size_t i = 0; i < c->n_pools; i++)
		print_pool(&c->pools[i], out);
	for (size_t i = 0; i < c->n_profiles; i++)
		print_profile(&c->profiles[i], out);
	return fflush(out) == EOF || ferror(out) ? -EIO : 0;
}

/* ---- Comparing ---- */

static void print_option(const void *ctx, const void *base, FILE *out)
{
	const struct option *o = ctx;

	o->kind->print(o, (const char *)base + o->offset, &(struct option_print){ out, "" });
}

static void print_whole_profile(const void *ctx, const void *base, FILE *out)
{
	(void)ctx;
	print_profile(base, out);
}

/* NULL: no memory */
static char *text_of(void (*print)(const void *ctx, const void *base, FILE *out), const void *ctx, const void *base)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	print(ctx, base, out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* Without memory nothing is the same as anything: one change too many does no harm. */
static bool prints_alike(void (*print)(const void *ctx, const void *base, FILE *out), const void *ctx, const void *a,
			 const void *b)
{
	char *one = text_of(print, ctx, a), *other = text_of(print, ctx, b);
	bool same = one && other && strcmp(one, other) == 0;

	free(one);
	free(other);
	return same;
}

bool option_same(const struct option *o, const void *a, const void *b)
{
	return prints_alike(print_option, o, a, b);
}

bool config_same_profile(const struct config_profile *a, const struct config_profile *b)
{
	return a->params.secret_len == b->params.secret_len &&
	       memcmp(a->params.secret, b->params.secret, a->params.secret_len) == 0 &&
	       prints_alike(print_whole_profile, NULL, a, b);
}
