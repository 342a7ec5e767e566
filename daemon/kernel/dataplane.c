/* SPDX-License-Identifier: MIT */
/* dataplane: what both implementations share, which is the end. */
#include "dataplane.h"

#include <stddef.h>

void dataplane_free(struct dataplane *d)
{
	if (d)
		d->class->free(d);
}
