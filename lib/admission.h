/* SPDX-License-Identifier: MIT */
/*
 * admission: control messages for no tunnel that we know: new tunnels, and strays.
 */
#ifndef ADMISSION_H
#define ADMISSION_H

#include "registry.h"

void admission_input(struct l2tp *l, const struct l2tp_rx *rx, const struct wire_header *h, usec_t now);

/* The value of an AVP that is not hidden, before anything else of the message is believed; empty: not there. */
struct l2tp_span admission_find(struct l2tp_span body, enum avp_type type);
/* The same of an AVP of two octets; 0: not there. */
uint16_t admission_find_u16(struct l2tp_span body, enum avp_type type);

#endif
