/* SPDX-License-Identifier: MIT */
/* metrics_process: what this process uses. */
#ifndef METRICS_PROCESS_H
#define METRICS_PROCESS_H

#include "metrics_table.h"

void process_look(struct metrics_process *ret);

#endif
