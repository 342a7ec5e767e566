/* SPDX-License-Identifier: MIT */
/*
 * fault: what the peer did wrong, on its way from where it is found to the StopCCN or CDN that says so
 * (RFC 2661 4.4.2, 7.1).
 *
 * The first fault of a message wins: what follows it is most often its consequence.
 */
#include "fault.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

bool fault_set(struct fault *f, uint16_t result, uint16_t error, const char *fmt, ...)
{
	va_list args;

	assert(result);
	if (fault_is_set(f))
		return false;
	f->result = result;
	f->error = error;
	f->origin = L2TP_BY_FAULT;
	va_start(args, fmt);
	(void)vsnprintf(f->text, sizeof(f->text), fmt, args);
	va_end(args);
	return false;
}

bool fault_set_local(struct fault *f, uint16_t result, uint16_t error, const char *text)
{
	if (fault_is_set(f))
		return false;
	fault_set(f, result, error, "%s", text);
	f->origin = L2TP_BY_LOCAL;
	return false;
}

void fault_reason(const struct fault *f, struct l2tp_reason *reason)
{
	*reason = (struct l2tp_reason){ .origin = f->origin, .result = f->result, .error = f->error };
	(void)snprintf(reason->text, sizeof(reason->text), "%s", f->text);
}
