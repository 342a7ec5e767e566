/* SPDX-License-Identifier: MIT */
/* pcap: control messages as a file of captured packets, with IP and UDP headers made for them. */
#ifndef PCAP_H
#define PCAP_H

#include <stdio.h>

#include "l2tp.h"

void pcap_begin(FILE *out);
/* False: nothing has been written, for the addresses are not of one family, or the datagram is too long for IP. */
bool pcap_write(FILE *out, uint64_t time_usec, const struct l2tp_addr *from, const struct l2tp_addr *to,
		struct l2tp_span datagram);

#endif
