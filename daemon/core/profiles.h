/* SPDX-License-Identifier: MIT */
/*
 * profiles: the configuration in force, and the profiles that a reload has taken out of it, as long as they have tunnels
 * or sessions.  A profile is known by its cookie, which it keeps over reloads.
 */
#ifndef PROFILES_H
#define PROFILES_H

#include "config/config.h"

struct removed_profile {
	struct config_profile profile;
	size_t users;
	struct removed_profile *next;
};

struct profiles {
	struct config *config;
	struct removed_profile *removed;
	uint64_t last_cookie; /* of all that there were */
};

void profiles_init(struct profiles *p, struct config *config);
void profiles_clear(struct profiles *p);
/* Also one that has been removed and still has users.  NULL: there is none any more. */
const struct config_profile *profiles_find(const struct profiles *p, uint64_t cookie);
/* In the configuration; NULL */
const struct config_profile *profiles_named(const struct profiles *p, const char *name);
/* A user, that is a tunnel or a session, more or less; of a profile that has not been removed: nothing happens. */
void profiles_get(struct profiles *p, const struct config_profile *profile);
void profiles_put(struct profiles *p, const struct config_profile *profile);

#endif
