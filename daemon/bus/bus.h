/* SPDX-License-Identifier: MIT */
/*
 * bus: the control API (l2tpd-bus(5)): D-Bus objects for the daemon, its profiles, tunnels and sessions, on a socket of
 * our own in the runtime directory and, where there is one, on the system bus.
 */
#ifndef BUS_H
#define BUS_H

#include "core/driver.h"

struct bus;

/* What of the configuration concerns it; strings are copied. */
struct bus_options {
	const char *directory;  /* where the socket is made; ours alone */
	const char *group;      /* whose members may do everything; NULL: none */
	bool others_read;       /* everybody else may look */
	bool system_bus;
};

/* The driver must outlive it.  Failures have been logged. */
int bus_new(sd_event *event, struct driver *d, const struct bus_options *options, struct bus **ret);
void bus_free(struct bus *b); /* NULL is fine */

#endif
