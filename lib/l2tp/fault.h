/* SPDX-License-Identifier: MIT */
/*
 * fault: what the peer did wrong.
 *
 * Made where the error is found, turned into a StopCCN or a CDN in one place (tunnel.c, session.c).  The first fault
 * of a message counts: setting one over another changes nothing.
 */
#ifndef FAULT_H
#define FAULT_H

#include "l2tp.h"

struct fault {
	uint16_t result; /* 0: no fault; else the same number means the same in StopCCN and CDN (2, general error) */
	uint16_t error;  /* enum l2tp_error_code */
	char text[96];   /* UTF-8, for the Error Message; our own words, never the peer's octets */
};

/* Always false, so that a check can end in "return fault_set(...)". */
bool fault_set(struct fault *f, uint16_t result, uint16_t error, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static inline bool fault_is_set(const struct fault *f)
{
	return f->result != 0;
}

/* The reason that goes out with the StopCCN or CDN. */
void fault_reason(const struct fault *f, struct l2tp_reason *reason);

#endif
