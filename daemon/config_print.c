/* SPDX-License-Identifier: MIT */
/*
 * config_print: what is in force, in the syntax of the file: read again it is the same, but for the secrets, of which
 * only a comment tells.  Options without a value are left out, defaults are not.
 *
 * Called for --print and by whoever shows an operator what the daemon has.
 */
#include <errno.h>
#include "config_option.h"

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
