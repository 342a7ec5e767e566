/* SPDX-License-Identifier: MIT */
/* none: see none.h.  For a daemon without a data path, which only speaks the control protocol. */
#include "none.h"

static int prepare(struct attachment *a, struct dataplane_session *spec)
{
	(void)a, (void)spec;
	return 0;
}

static int start(struct attachment *a)
{
	(void)a;
	return ATTACHMENT_IS_UP;
}

static void view(const struct attachment *a, struct attachment_view *ret)
{
	(void)a;
	ret->phase = ATTACHMENT_UP;
}

const struct attachment_class attachment_none = {
	.name = "none",
	.size = sizeof(struct attachment),
	.prepare = prepare,
	.start = start,
	.view = view,
};
