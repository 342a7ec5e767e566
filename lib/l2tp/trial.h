/* SPDX-License-Identifier: MIT */
/*
 * trial: does the peer of an established tunnel still know it?  Asked when a tunnel is begun from the same address and
 * port: the peer, which has lost its memory or wants a second tunnel, or a stranger that forges its address.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include "tunnel.h"

/* The tunnel is established; while a trial is running, nothing happens.  same_id: the peer may have begun anew under the id
 * that it had, and wait for an answer; else it has another tunnel, which stands. */
void trial_begin(struct tunnel *t, bool same_id);
bool trial_running(const struct tunnel *t);
/* A short while ago it was found alive. */
bool trial_passed(const struct tunnel *t, usec_t now);

/* A message of the tunnel was accepted, the timer expired, the world has looked for data. */
void trial_heard(struct tunnel *t, uint16_t nr);
void trial_timer(struct tunnel *t, usec_t now);
void trial_looked(struct tunnel *t, usec_t now);
/* The world is still to be asked for data. */
bool trial_asks(const struct tunnel *t);

#endif
