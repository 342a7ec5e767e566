/* SPDX-License-Identifier: MIT */
/*
 * describe: a control message for people to read: its AVPs named and put into words (l2tp_message_read() and
 * l2tp_message_next() of l2tp.h live here), and a copy of it with the hidden ones opened.
 */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include "l2tp.h"

/* As l2tp_unhide(), with the secret of the tunnel. */
int describe_unhide(struct l2tp_span secret, struct l2tp_span datagram, uint8_t *out, size_t size, size_t *ret_len);

#endif
