/* SPDX-License-Identifier: MIT */
/*
 * profiles: see profiles.h.  What a removed profile's users are is counted by those who have one: tunnels and sessions.
 * Changed by reload.c alone, beside the users.
 */
#include "profiles.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

void profiles_init(struct profiles *p, struct config *config)
{
	*p = (struct profiles){ .config = config, .last_cookie = config->n_profiles };
}

void profiles_clear(struct profiles *p)
{
	for (struct removed_profile *r = p->removed, *next; r; r = next) {
		next = r->next;
		config_clear_profile(&r->profile);
		free(r);
	}
	config_free(p->config);
}

const struct config_profile *profiles_find(const struct profiles *p, uint64_t cookie)
{
	const struct config *c = p->config;

	for (const struct config_profile *i = c->profiles; i < c->profiles + c->n_profiles; i++)
		if (i->params.cookie == cookie)
			return i;
	for (const struct removed_profile *r = p->removed; r; r = r->next)
		if (r->profile.params.cookie == cookie)
			return &r->profile;
	return NULL;
}

const struct config_profile *profiles_named(const struct profiles *p, const char *name)
{
	const struct config *c = p->config;

	for (const struct config_profile *i = c->profiles; i < c->profiles + c->n_profiles; i++)
		if (strcmp(i->name, name) == 0)
			return i;
	return NULL;
}

void profiles_get(struct profiles *p, const struct config_profile *profile)
{
	for (struct removed_profile *r = p->removed; r; r = r->next)
		r->users += &r->profile == profile;
}

void profiles_put(struct profiles *p, const struct config_profile *profile)
{
	struct removed_profile **at = &p->removed, *r;

	if (!profile->removed)
		return;
	while (&(*at)->profile != profile)
		at = &(*at)->next;
	r = *at;
	if (--r->users > 0)
		return;
	log_event(LOG_INFO, CLASS_NEUTRAL, &(struct log_object){ .profile = profile->name },
		  "the removed profile has no tunnels or sessions left");
	*at = r->next;
	config_clear_profile(&r->profile);
	free(r);
}
