/* SPDX-License-Identifier: MIT */
/*
 * dial: lac profiles with "dial": tunnel and calls are there, or wanted again.
 */
#ifndef DIAL_H
#define DIAL_H

#include "session.h"
#include "tunnel.h"

struct dial;
struct workers;

struct dials {
	struct engine *engine;
	struct profiles *profiles;
	struct decide *decide;
	struct workers *workers;
	struct tunnels *tunnels;
	struct sessions *sessions;
	struct dial *all;
};

/* An incoming call as the profile describes it. */
struct l2tp_call_info dial_call(const struct config_profile *p);

int dials_start(struct dials *s);
/* The configuration is another one, and that before is still there. */
void dials_reload(struct dials *s);
/* After a drain. */
void dials_resume(struct dials *s);
void dials_stop(struct dials *s);
void dials_clear(struct dials *s);

/* Is the profile dialled by itself, and has it been hung up? */
bool dial_exists(const struct dials *s, const struct config_profile *profile);
bool dial_is_held(const struct dials *s, const struct config_profile *profile);
/* No more attempts; dial at once, and again whenever it ends (it must exist).  False: it is so already. */
bool dial_hold(struct dials *s, const struct config_profile *profile);
bool dial_resume(struct dials *s, const struct config_profile *profile);

#endif
