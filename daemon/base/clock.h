/* SPDX-License-Identifier: MIT */
/* clock: the time and the randomness that libraries do not fetch themselves. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stddef.h>

#include "l2tp.h"

/* Monotonic, as the event loop's timers have it; not the loop's cached time: a busy loop shortens nobody's time-out. */
usec_t clock_now(void);
/* As l2tp_env.random: len octets that nobody can guess.  It cannot fail. */
void random_bytes(void *ctx, void *p, size_t len);

#endif
