/* SPDX-License-Identifier: MIT */
/*
 * wildcard: see wildcard.h.  The pattern may be a stranger's: of several stars only the last one is ever tried again, so
 * it takes at most |pattern| x |text| steps.
 *
 * Called by the bus for its filters, and by l2tpctl, which filters events as the daemon filters lists.
 */
#include "wildcard.h"

#include <string.h>

bool wildcard_matches(const char *pattern, const char *text)
{
	const char *star = NULL, *resume = text;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern == '?' || *pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++resume;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}
