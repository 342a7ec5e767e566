/* SPDX-License-Identifier: MIT */
/* audit: compares the tunnels and sessions of the kernel with those that the daemon lists. */
#ifndef AUDIT_H
#define AUDIT_H

#include "kernel_view.h"

/* A tunnel or session as the daemon lists it. */
struct audit_object {
	uint32_t tunnel_id, session_id; /* session_id 0: a tunnel */
	uint32_t peer_id;               /* of the tunnel or of the session; 0: not known yet */
	bool established;
};

enum audit_kind {
	AUDIT_ORPHAN,   /* in the kernel, unknown to the daemon */
	AUDIT_MISSING,  /* established in the daemon, not in the kernel */
	AUDIT_MISMATCH, /* in both, with different ids of the peer */
};

struct audit_finding {
	enum audit_kind kind;
	uint32_t tunnel_id, session_id;
	uint32_t kernel_peer_id, daemon_peer_id;
};

struct audit {
	struct audit_finding *findings;
	size_t n;
};

/*
 * before and after: the kernel's view before and after the daemon was asked.  An object that was created or removed
 * meanwhile is in one of them only: an orphan is in both, a missing object in neither.  objects are sorted here.
 * -ENOMEM
 */
int audit_compare(const struct kernel_view *before, const struct kernel_view *after, struct audit_object *objects,
		  size_t n, struct audit *ret);
/* Keep the findings that are in both audits; the others were objects in transition. */
void audit_confirm(struct audit *a, struct audit *second);
void audit_clear(struct audit *a);

#endif
