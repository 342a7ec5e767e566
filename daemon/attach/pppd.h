/* SPDX-License-Identifier: MIT */
/* pppd: the attachment that is a pppd process on a pppox socket.  For main.c. */
#ifndef ATTACH_PPPD_H
#define ATTACH_PPPD_H

#include "core/attachment.h"

struct ppp_status;

extern const struct attachment_class attachment_pppd;

/* What is known of its process; all zero as long as there is none.  For view.c. */
const struct ppp_status *pppd_status(const struct attachment *a);

#endif
