/* SPDX-License-Identifier: MIT */
/* process: what this process uses. */
#ifndef METRICS_PROCESS_H
#define METRICS_PROCESS_H

#include "table.h"

void process_look(struct metrics_process *ret);

#endif
