/* SPDX-License-Identifier: MIT */
/*
 * reload: another configuration takes the place of the one in force.
 *
 * First all that may fail, with nothing changed: the files are read and checked whole, memory is found, new addresses
 * are listened on.  Then what cannot fail: limits, pools, and every tunnel, session and dial is moved to its profile in
 * the new configuration.  A profile is the same one if kind and name are; it keeps its cookie, by which the engine's
 * tunnels know it.  Of what changes in a profile, a tunnel that is there takes notice only where something is done
 * anew: a session's PPP.
 *
 * A profile that is gone is moved out of the old configuration and stays as long as it has users.  The tunnels of a lac
 * profile, which are ours, are closed.  Those of an lns profile go to the one that fits their peers now, as if they had
 * been renamed, if they have shown what that demands; others drain: their calls stay, new ones are refused, and with the
 * last one the tunnel is closed, because a LAC would go on to try its calls there and be refused each time.  Addresses that
 * were given stay their calls', see calls_move_addresses().
 *
 * Called by main for SIGHUP and by the control API.
 */
#include "reload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/option.h"
#include "net/ports.h"
#include "state.h"

struct reload {
	struct driver *driver;
	struct config *old, *config;    /* in force until now, and from now on */
	struct pool **pools;            /* of the new one; NULL where the old one's stays */
	struct removed_profile *removed;  /* by this reload */
	struct changes changes;
};

/* ---- Lists of names ----------------------------------------------------------------------------------------- */

static int add_name(char ***list, const char *name)
{
	size_t n = 0;
	char **longer;

	while (*list && (*list)[n])
		n++;
	longer = realloc(*list, (n + 2) * sizeof(*longer));
	if (!longer)
		return -ENOMEM;
	*list = longer;
	longer[n + 1] = NULL;
	longer[n] = strdup(name);
	return longer[n] ? 0 : -ENOMEM;
}

static void clear_names(char ***list)
{
	for (char **name = *list; name && *name; name++)
		free(*name);
	free(*list);
	*list = NULL;
}

void changes_clear(struct changes *c)
{
	clear_names(&c->added);
	clear_names(&c->changed);
	clear_names(&c->removed);
	clear_names(&c->pools_added);
	clear_names(&c->pools_changed);
	clear_names(&c->pools_removed);
	clear_names(&c->options);
	clear_names(&c->need_restart);
}

/* ---- What is which ------------------------------------------------------------------------------------------ */

static struct config_profile *find(const struct config *c, const struct config_profile *like)
{
	for (struct config_profile *p = c->profiles; p < c->profiles + c->n_profiles; p++)
		if (p->lac == like->lac && strcmp(p->name, like->name) == 0)
			return p;
	return NULL;
}

static struct removed_profile *find_removed(const struct driver *d, const struct config_profile *like)
{
	struct removed_profile *r = d->profiles.removed;

	while (r && !(r->profile.lac == like->lac && strcmp(r->profile.name, like->name) == 0))
		r = r->next;
	return r;
}

/* Its cookie: that which it had before, or one that nobody has had. */
static int identify(struct reload *x, struct config_profile *p)
{
	const struct config_profile *before = find(x->old, p);
	const struct removed_profile *back = before ? NULL : find_removed(x->driver, p);

	if (before || back)
		p->params.cookie = before ? before->params.cookie : back->profile.params.cookie;
	else
		p->params.cookie = ++x->driver->profiles.last_cookie;
	if (!before)
		return add_name(&x->changes.added, p->name);
	return config_same_profile(p, before) ? 0 : add_name(&x->changes.changed, p->name);
}

static int prepare_removal(struct reload *x, const struct config_profile *p)
{
	struct removed_profile *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->next = x->removed;
	x->removed = r;
	return add_name(&x->changes.removed, p->name);
}

static int compare_profiles(struct reload *x)
{
	int r = 0;

	for (size_t i = 0; i < x->config->n_profiles && r >= 0; i++)
		r = identify(x, &x->config->profiles[i]);
	for (size_t i = 0; i < x->old->n_profiles && r >= 0; i++)
		if (!find(x->config, &x->old->profiles[i]))
			r = prepare_removal(x, &x->old->profiles[i]);
	return r;
}

static void swap(void *a, void *b, size_t size)
{
	for (char *x = a, *y = b; size > 0; size--, x++, y++) {
		char c = *x;

		*x = *y;
		*y = c;
	}
}

static int compare_root(struct reload *x, const struct option *o)
{
	bool at_start = o->sections & AT_START;

	if (option_same(o, x->old, x->config))
		return 0;
	return add_name(at_start ? &x->changes.need_restart : &x->changes.options, o->key);
}

static int compare_limit(struct reload *x, const struct option *o)
{
	char name[64];

	if (option_same(o, &x->old->limits, &x->config->limits))
		return 0;
	snprintf(name, sizeof(name), "limits.%s", o->key);
	return add_name(&x->changes.options, name);
}

static int compare_options(struct reload *x)
{
	int r = 0;

	for (const struct option *o = options; o < options + options_n && r >= 0; o++) {
		if (o->sections & IN_ROOT)
			r = compare_root(x, o);
		else if (o->sections & IN_LIMITS)
			r = compare_limit(x, o);
	}
	return r;
}

static const struct config_pool *find_pool(const struct config *c, const char *name)
{
	for (const struct config_pool *p = c->pools; p < c->pools + c->n_pools; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static int compare_pools(struct reload *x)
{
	const struct config *old = x->old, *new = x->config;
	int r = 0;

	for (const struct config_pool *p = new->pools; p < new->pools + new->n_pools && r >= 0; p++) {
		const struct config_pool *before = find_pool(old, p->name);

		if (!before)
			r = add_name(&x->changes.pools_added, p->name);
		else if (before->first != p->first || before->last != p->last)
			r = add_name(&x->changes.pools_changed, p->name);
	}
	for (const struct config_pool *p = old->pools; p < old->pools + old->n_pools && r >= 0; p++)
		if (!find_pool(new, p->name))
			r = add_name(&x->changes.pools_removed, p->name);
	return r;
}

/* What only a start can change keeps its value, and a text its place, for those who have had it from there. */
static void keep_from_start(struct reload *x)
{
	for (const struct option *o = options; o < options + options_n; o++)
		if (o->sections & AT_START)
			swap((char *)x->old + o->offset, (char *)x->config + o->offset, o->size);
}

/* ---- Pools -------------------------------------------------------------------------------------------------- */

/* The old pool that stays as it is. */
static struct pool **same_pool(const struct reload *x, const struct config_pool *p)
{
	for (size_t i = 0; i < x->old->n_pools; i++) {
		const struct config_pool *q = &x->old->pools[i];

		if (strcmp(p->name, q->name) == 0 && p->first == q->first && p->last == q->last)
			return &x->driver->decide.pools[i];
	}
	return NULL;
}

static int prepare_pools(struct reload *x)
{
	int r = 0;

	x->pools = calloc(x->config->n_pools + 1, sizeof(struct pool *));
	if (!x->pools)
		return -ENOMEM;
	for (size_t i = 0; i < x->config->n_pools && r >= 0; i++)
		if (!same_pool(x, &x->config->pools[i]))
			r = pool_new(x->config->pools[i].first, x->config->pools[i].last, &x->pools[i]);
	return r;
}

/* Those that stay join the new ones; x->pools are what is left of the old ones, to go. */
static void change_pools(struct reload *x)
{
	struct decide *decide = &x->driver->decide;

	for (size_t i = 0; i < x->config->n_pools; i++) {
		struct pool **same = x->pools[i] ? NULL : same_pool(x, &x->config->pools[i]);

		if (same)
			swap(same, &x->pools[i], sizeof(*same));
	}
	swap(&decide->pools, &x->pools, sizeof(x->pools));
}

/* ---- Profiles ----------------------------------------------------------------------------------------------- */

/* A profile that is the same one has what it had. */
static void keep_use(struct reload *x)
{
	for (struct config_profile *p = x->config->profiles; p < x->config->profiles + x->config->n_profiles; p++) {
		struct config_profile *before = find(x->old, p);
		struct removed_profile *back = before ? NULL : find_removed(x->driver, p);

		if (back)
			before = &back->profile;
		if (before)
			swap(&p->use, &before->use, sizeof(p->use));
	}
}

/* Those of the old configuration that are not in the new one; the old one still has them, too. */
static void remove_profiles(struct reload *x)
{
	struct driver *d = x->driver;

	for (const struct config_profile *p = x->old->profiles; p < x->old->profiles + x->old->n_profiles; p++) {
		struct removed_profile *r = x->removed;

		if (find(x->config, p))
			continue;
		x->removed = r->next;
		r->profile = *p;
		r->profile.removed = true;
		r->profile.ppp.pool = NULL; /* it gives no address any more */
		r->next = d->profiles.removed;
		d->profiles.removed = r;
	}
}

static void take_over(struct driver *d, struct tunnel *t)
{
	const struct config_profile *p;
	struct l2tp_tunnel_info info;

	p = l2tp_get_tunnel(d->engine.l2tp, t->id, &info) < 0 ? NULL : decide_successor(&d->decide, &info);
	if (!p)
		return;
	log_event(LOG_NOTICE, CLASS_NEUTRAL,
		  &(struct log_object){ .tunnel_id = t->id, .peer = &t->peer, .profile = p->name },
		  "profile \"%s\" has been removed; the tunnel now belongs to this one", t->profile->name);
	tunnel_belong(t, p);
}

static void move_tunnels(struct driver *d)
{
	struct tunnel *t, *next;

	for (struct removed_profile *r = d->profiles.removed; r; r = r->next)
		r->users = 0;
	HASH_ITER(hh, d->tunnels.all, t, next) {
		t->profile = profiles_find(&d->profiles, t->profile->params.cookie);
		if (t->profile->removed)
			take_over(d, t);
		profiles_get(&d->profiles, t->profile);
	}
}

/* The old configuration lets go of those that have moved; what has no user goes altogether. */
static void settle_removed(struct reload *x)
{
	struct driver *d = x->driver;
	struct removed_profile **at = &d->profiles.removed, *r;

	for (struct config_profile *p = x->old->profiles; p < x->old->profiles + x->old->n_profiles; p++)
		if (!find(x->config, p))
			*p = (struct config_profile){ 0 };
	while ((r = *at)) {
		if (r->users > 0) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		config_clear_profile(&r->profile);
		free(r);
	}
}

static void hang_up_removed(struct driver *d)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_REQUEST, .text = "no longer configured" };
	struct tunnel *t, *next;
	const usec_t now = clock_now(); /* one for all: the engine closes in portions */

	HASH_ITER(hh, d->tunnels.all, t, next) {
		if (t->profile->removed && t->profile->lac)
			l2tp_close_tunnel(d->engine.l2tp, t->id, &reason, now);
	}
	HASH_ITER(hh, d->tunnels.all, t, next)
		tunnel_settle_removed(&d->tunnels, t->id);
}

/* ---- The steps ---------------------------------------------------------------------------------------------- */

/* All that can fail. */
static int prepare(struct reload *x, FILE *errors)
{
	struct attachment_kind *kind = &x->driver->kind;
	char why[PORTS_WHY_MAX] = "";
	int r = compare_options(x);

	r = r < 0 ? r : compare_pools(x);
	r = r < 0 ? r : compare_profiles(x);
	r = r < 0 ? r : prepare_pools(x);
	r = r < 0 ? r : ports_listen(x->driver->listen, x->config, why);
	if (r < 0)
		fprintf(errors, "%s\n", why[0] ? why : strerror(-r));
	else if (kind->class->kind_set && kind->class->kind_set(kind, x->config) < 0)
		log_event(LOG_WARNING, CLASS_LOCAL, NULL, "out of memory: the options of %s stay as they were",
			  kind->class->name);
	return r;
}

/* What cannot fail: the new configuration is checked. */
static void commit(struct reload *x)
{
	struct driver *d = x->driver;

	keep_from_start(x);
	d->profiles.config = x->config;
	d->kind.config = x->config;
	log_set_level(x->config->log_level);
	l2tp_set_limits(d->engine.l2tp, &x->config->limits);
	change_pools(x);
	keep_use(x);
	remove_profiles(x);
	dials_reload(&d->dials);
	move_tunnels(d);
	decide_move(&d->decide, x->pools, x->old->n_pools);
	settle_removed(x);
	hang_up_removed(d);
	decide_pools_free(x->pools, x->old->n_pools);
	config_free(x->old);
	x->pools = NULL;
	x->config = NULL;
}

static void reload_clear(struct reload *x)
{
	for (struct removed_profile *r = x->removed, *next; r; r = next) {
		next = r->next;
		free(r);
	}
	if (x->config)
		decide_pools_free(x->pools, x->config->n_pools);
	config_free(x->config);
	changes_clear(&x->changes);
}

static int reload(struct reload *x, FILE *errors)
{
	int r = config_load(x->old->path, errors, &x->config);

	if (r >= 0)
		r = prepare(x, errors);
	if (r >= 0)
		commit(x);
	return r;
}

/* ---- What is said of it ------------------------------------------------------------------------------------- */

static void log_lines(int level, char *text)
{
	for (char *line; (line = strsep(&text, "\n"));)
		if (line[0])
			log_event(level, CLASS_LOCAL, NULL, "%s", line);
}

static void log_names(const char *what, char **names)
{
	for (; names && *names; names++)
		log_event(LOG_NOTICE, CLASS_NEUTRAL, NULL, "%s %s", what, *names);
}

static void log_result(struct driver *d, int r, const struct changes *c)
{
	if (r < 0) {
		log_event(LOG_ERR, CLASS_LOCAL, NULL, "reload failed, nothing has changed: %s",
			  r == -EINVAL ? "mistakes in the configuration" : strerror(-r));
		return;
	}
	log_names("profile added:", c->added);
	log_names("profile changed:", c->changed);
	log_names("profile removed:", c->removed);
	log_names("pool added:", c->pools_added);
	log_names("pool changed:", c->pools_changed);
	log_names("pool removed:", c->pools_removed);
	log_names("option changed:", c->options);
	log_names("option needs a restart, not changed:", c->need_restart);
	log_event(LOG_NOTICE, CLASS_NEUTRAL, NULL, "reloaded %s", d->profiles.config->path);
}

int reload_run(struct driver *d, FILE *errors, struct changes *ret)
{
	struct reload x = { .driver = d, .old = d->profiles.config };
	char *text = NULL;
	size_t size;
	FILE *out;
	int r;

	if (d->decide.state == DECIDE_STOPPING)
		return -ESHUTDOWN;
	out = open_memstream(&text, &size);
	if (!out)
		return -ENOMEM;
	status_tell(d->status, STATUS_RELOADING);
	r = reload(&x, out);
	fclose(out);
	if (errors && text)
		fputs(text, errors);
	log_lines(r < 0 ? LOG_ERR : LOG_WARNING, text);
	log_result(d, r, &x.changes);
	if (r >= 0) {
		d->reloaded = clock_now();
		events_emit(&d->events, &(struct event){ .type = EVENT_RELOADED, .changes = &x.changes });
		if (d->kind.class->kind_try)
			d->kind.class->kind_try(&d->kind);
		*ret = x.changes;
		x.changes = (struct changes){ 0 };
	}
	reload_clear(&x);
	free(text);
	d->reload_failed = r < 0;
	engine_pump(&d->engine);
	status_tell(d->status, STATUS_READY);
	return r;
}

bool reload_await_trial(struct driver *d, attachment_tried done, void *ctx)
{
	return d->kind.class->kind_await && d->kind.class->kind_await(&d->kind, done, ctx);
}
