/* SPDX-License-Identifier: MIT */
/*
 * admission: control messages for no tunnel that we know: new tunnels, and strays.
 */
#ifndef ADMISSION_H
#define ADMISSION_H

#include "outline.h"
#include "registry.h"

void admission_input(struct l2tp *l, const struct arrival *in, usec_t now);

#endif
