/* SPDX-License-Identifier: MIT */
/* trace_text: a traced control message for people and for programs. */
#ifndef TRACE_TEXT_H
#define TRACE_TEXT_H

#include <jansson.h>
#include <stdio.h>

#include "core/trace_record.h"

/* secrets: passwords too, where they can be read. */
void trace_print(FILE *out, const struct trace_record *r, struct l2tp_span datagram, bool secrets);
/* An object; ends the program if there is no memory. */
json_t *trace_json(const struct trace_record *r, struct l2tp_span datagram, bool secrets);

#endif
