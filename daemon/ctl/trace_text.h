/* SPDX-License-Identifier: MIT */
/* trace_text: prints a traced control message, for people or for programs. */
#ifndef TRACE_TEXT_H
#define TRACE_TEXT_H

#include <jansson.h>
#include <stdio.h>

#include "core/trace_record.h"

/* secrets: print passwords, too. */
void trace_print(FILE *out, const struct trace_record *r, struct l2tp_span datagram, bool secrets);
/* An object; ends the program if there is no memory. */
json_t *trace_json(const struct trace_record *r, struct l2tp_span datagram, bool secrets);

#endif
