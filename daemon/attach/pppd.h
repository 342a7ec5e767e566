/* SPDX-License-Identifier: MIT */
/* pppd: the attachment that is a pppd process on a pppox socket.  For main.c. */
#ifndef ATTACH_PPPD_H
#define ATTACH_PPPD_H

#include "core/attachment.h"

extern const struct attachment_class attachment_pppd;

#endif
