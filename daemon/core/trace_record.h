/* SPDX-License-Identifier: MIT */
/*
 * trace_record: what a client of Trace reads from the socket that it was given: one record for each control message,
 * in one packet, the datagram right behind the record.  Both ends are of the same machine: numbers are in host order.
 */
#ifndef TRACE_RECORD_H
#define TRACE_RECORD_H

#include "l2tp.h"

#define TRACE_RECORD_VERSION 1

enum trace_flags {
	TRACE_SENT = 1 << 0,   /* by us; else received */
	TRACE_OPENED = 1 << 1, /* hidden AVPs are in the clear, which makes the datagram shorter than it was */
};

struct trace_record {
	uint8_t version;      /* TRACE_RECORD_VERSION; another one: do not read on */
	uint8_t flags;        /* enum trace_flags */
	uint16_t size;        /* of the record: the datagram begins there */
	uint32_t tunnel_id;   /* ours, 0: none yet */
	uint64_t time_usec;   /* CLOCK_REALTIME */
	uint64_t lost;        /* records since the one before that the reader was too slow for */
	struct l2tp_addr local, peer;
	char dropped[64];     /* received and not acted upon, or not sent (TRACE_SENT): why; "" */
};

_Static_assert(sizeof(struct trace_record) == 136, "no padding, the same for everybody");

#endif
