/* SPDX-License-Identifier: MIT */
/*
 * metrics: the daemon in numbers, for Prometheus and others: l2tpd-metrics(7).  What happens is counted as it happens;
 * a scrape costs what the text costs, whatever the number of tunnels and sessions.
 */
#ifndef METRICS_H
#define METRICS_H

#include "core/driver.h"

struct metrics;

/* Served where the configuration says, now and after a reload.  Failures have been logged. */
int metrics_new(sd_event *event, struct driver *driver, struct metrics **ret);
void metrics_free(struct metrics *m); /* NULL is fine; before the driver */

#endif
