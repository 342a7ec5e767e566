/* SPDX-License-Identifier: MIT */
/* msg_same: decoded messages compared, value by value. */
#ifndef MSG_SAME_H
#define MSG_SAME_H

#include "lib/l2tp/msg.h"

/* The same type, AVPs and values.  The Random Vector does not count: every encoder writes its own. */
bool msg_same(const struct msg *a, const struct msg *b);

/* Every string of the message lies in one of these. */
bool msg_lies_in(const struct msg *m, const struct l2tp_span *places, size_t n);

#endif
