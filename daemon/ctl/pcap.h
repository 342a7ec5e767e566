/* SPDX-License-Identifier: MIT */
/* pcap: writes control messages to a packet file, with synthetic IP and UDP headers. */
#ifndef PCAP_H
#define PCAP_H

#include <stdio.h>

#include "l2tp.h"

void pcap_begin(FILE *out);
/* False: nothing was written, because the addresses differ in their family, or the datagram is too long for IP. */
bool pcap_write(FILE *out, uint64_t time_usec, const struct l2tp_addr *from, const struct l2tp_addr *to,
		struct l2tp_span datagram);

#endif
