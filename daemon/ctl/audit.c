/* SPDX-License-Identifier: MIT */
/*
 * audit: compares two views that the caller obtained (kernel.c); it does no I/O itself.
 *
 * The daemon creates the kernel's object before a tunnel or session is established, and forgets it only after the
 * kernel has.  So at any moment the kernel's objects are a subset of the daemon's, and the daemon's established objects
 * are a subset of the kernel's.  Everything else is a finding.
 */
#include "audit.h"

#include <errno.h>
#include <stdlib.h>

static int compare_objects(const void *a, const void *b)
{
	const struct audit_object *x = a, *y = b;

	if (x->tunnel_id != y->tunnel_id)
		return x->tunnel_id > y->tunnel_id ? 1 : -1;
	return (x->session_id > y->session_id) - (x->session_id < y->session_id);
}

static const struct audit_object *find_object(const struct audit_object *objects, size_t n, uint32_t tunnel_id,
					      uint32_t session_id)
{
	const struct audit_object key = { .tunnel_id = tunnel_id, .session_id = session_id };

	return n ? bsearch(&key, objects, n, sizeof(key), compare_objects) : NULL;
}

static int add(struct audit *a, struct audit_finding f)
{
	struct audit_finding *longer =
		a->n & (a->n - 1) ? a->findings : reallocarray(a->findings, a->n ? 2 * a->n : 1, sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	a->findings = longer;
	longer[a->n++] = f;
	return 0;
}

/* An object that the kernel had before the daemon was asked, and still has. */
static int judge_kernel(struct audit *a, uint32_t tunnel_id, uint32_t session_id, uint32_t peer_id,
			const struct audit_object *known)
{
	struct audit_finding f = { AUDIT_ORPHAN, tunnel_id, session_id, peer_id, known ? known->peer_id : 0 };

	if (!known)
		return add(a, f);
	f.kind = AUDIT_MISMATCH;
	return known->peer_id && known->peer_id != peer_id ? add(a, f) : 0;
}

static int judge_tunnels(struct audit *a, const struct kernel_view *before, const struct kernel_view *after,
			 const struct audit_object *objects, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < before->n_tunnels && r == 0; i++) {
		const struct kernel_tunnel *t = &before->tunnels[i];

		if (kernel_view_tunnel(after, t->id))
			r = judge_kernel(a, t->id, 0, t->peer_id, find_object(objects, n, t->id, 0));
	}
	return r;
}

static int judge_sessions(struct audit *a, const struct kernel_view *before, const struct kernel_view *after,
			  const struct audit_object *objects, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < before->n_sessions && r == 0; i++) {
		const struct kernel_session *s = &before->sessions[i];

		if (kernel_view_session(after, s->tunnel_id, s->id))
			r = judge_kernel(a, s->tunnel_id, s->id, s->peer_id,
					 find_object(objects, n, s->tunnel_id, s->id));
	}
	return r;
}

static bool kernel_has(const struct kernel_view *v, const struct audit_object *o)
{
	return o->session_id ? kernel_view_session(v, o->tunnel_id, o->session_id) != NULL
			     : kernel_view_tunnel(v, o->tunnel_id) != NULL;
}

int audit_compare(const struct kernel_view *before, const struct kernel_view *after, struct audit_object *objects,
		  size_t n, struct audit *ret)
{
	struct audit a = { 0 };
	int r;

	if (n)
		qsort(objects, n, sizeof(*objects), compare_objects);
	r = judge_tunnels(&a, before, after, objects, n);
	if (r == 0)
		r = judge_sessions(&a, before, after, objects, n);
	for (size_t i = 0; i < n && r == 0; i++) {
		const struct audit_object *o = &objects[i];

		if (o->established && !kernel_has(before, o) && !kernel_has(after, o))
			r = add(&a,
				(struct audit_finding){ AUDIT_MISSING, o->tunnel_id, o->session_id, 0, o->peer_id });
	}
	if (r < 0)
		audit_clear(&a);
	else
		*ret = a;
	return r;
}

static int compare_findings(const void *a, const void *b)
{
	const struct audit_finding *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind > y->kind ? 1 : -1;
	if (x->tunnel_id != y->tunnel_id)
		return x->tunnel_id > y->tunnel_id ? 1 : -1;
	return (x->session_id > y->session_id) - (x->session_id < y->session_id);
}

void audit_confirm(struct audit *a, struct audit *second)
{
	size_t kept = 0;

	if (second->n)
		qsort(second->findings, second->n, sizeof(*second->findings), compare_findings);
	for (size_t i = 0; i < a->n && second->n; i++)
		if (bsearch(&a->findings[i], second->findings, second->n, sizeof(*second->findings), compare_findings))
			a->findings[kept++] = a->findings[i];
	a->n = kept;
}

void audit_clear(struct audit *a)
{
	free(a->findings);
	*a = (struct audit){ 0 };
}
