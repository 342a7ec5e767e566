/* SPDX-License-Identifier: MIT */
/*
 * fault: what the peer did wrong, or asks of us in vain because something is missing here.
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
	enum l2tp_origin origin; /* whose it is, as far as it is set: the peer's, or our own */
	char text[96];   /* UTF-8, for the Error Message; our own words, never the peer's octets */
};

/* Always false, so that a check can end in "return fault_set(...)". */
bool fault_set(struct fault *f, uint16_t result, uint16_t error, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* The same where not the peer erred but this machine, or its configuration: origin L2TP_BY_LOCAL. */
bool fault_set_local(struct fault *f, uint16_t result, uint16_t error, const char *text);

static inline bool fault_is_set(const struct fault *f)
{
	return f->result != 0;
}

/* The reason that goes out with the StopCCN or CDN. */
void fault_reason(const struct fault *f, struct l2tp_reason *reason);

#endif
