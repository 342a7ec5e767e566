/* SPDX-License-Identifier: MIT */
/* none: the attachment that is nothing: the session is there, its packets are nobody's.  For main.c. */
#ifndef ATTACH_NONE_H
#define ATTACH_NONE_H

#include "core/attachment.h"

extern const struct attachment_class attachment_none;

#endif
