/* SPDX-License-Identifier: MIT */
/* view: what an operator sees of a pppd: fields of its session, metrics, words for how it ended. */
#ifndef ATTACH_VIEW_H
#define ATTACH_VIEW_H

#include "core/attachment.h"

struct ppp;
struct ppp_status;

/* How each attachment of this kind begins. */
struct pppd_base {
	struct attachment attachment;
	struct ppp *ppp; /* NULL: not started, or ended */
};

/* What is known of its process; all zero as long as there is none. */
const struct ppp_status *pppd_status(const struct attachment *a);

/* The parts of the class. */
extern const struct attachment_field pppd_fields[];
extern const struct attachment_metrics pppd_metrics;
extern const char *const pppd_causes[];

/* Which of the causes an exit status is; -1: killed by a signal, or never started. */
size_t pppd_cause(int status);

#endif
