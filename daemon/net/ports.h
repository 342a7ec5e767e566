/* SPDX-License-Identifier: MIT */
/* ports: the listeners that the configuration asks for. */
#ifndef PORTS_H
#define PORTS_H

#include "config/config.h"
#include "listen.h"

#define PORTS_WHY_MAX 256

/* The listeners become the configuration's, all of them or none: why then says where and why not. */
int ports_listen(struct listen *l, const struct config *c, char why[PORTS_WHY_MAX]);

#endif
