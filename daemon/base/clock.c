/* SPDX-License-Identifier: MIT */
/* clock: see clock.h.  Called by everything that arms a timer, and by all that needs a number that a peer must not guess. */
#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

usec_t clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

void random_bytes(void *ctx, void *p, size_t len)
{
	uint8_t *at = p;

	(void)ctx;
	while (len) {
		ssize_t n = getrandom(at, len, 0);

		if (n < 0 && errno != EINTR)
			abort(); /* no kernel that we run on does that */
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
}
