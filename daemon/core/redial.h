/* SPDX-License-Identifier: MIT */
/*
 * redial: when a profile is dialled again: at once, behind a pause, or when a peer that was asked for a sign of life has had
 * its time.
 */
#ifndef REDIAL_H
#define REDIAL_H

#include <systemd/sd-event.h>

#include "config/config.h"

struct redial {
	sd_event_source *timer;
	void (*attempt)(void *ctx);
	void *ctx;
	unsigned failures; /* since PPP was last up: the pause doubles with each */
	bool looking;      /* the timer is for a sign of life, and no pause */
};

/* The pause after this number of failures in a row: between half and the whole of what doubles from min to max. */
usec_t redial_pause(usec_t min, usec_t max, unsigned failures, uint32_t random);

/* The first attempt is made at once. */
int redial_init(struct redial *r, sd_event *event, void (*attempt)(void *ctx), void *ctx);
void redial_clear(struct redial *r);
/* Also what waits for its turn waits no longer. */
void redial_at_once(struct redial *r);
/* Behind the profile's pause.  Returns it; 0: it is waited already. */
usec_t redial_later(struct redial *r, const struct config_profile *p);
/* Unless something is gone before, which begins a pause. */
void redial_look(struct redial *r, usec_t delay);
void redial_stop(struct redial *r);

#endif
