/* SPDX-License-Identifier: MIT */
/* msg_same: see msg_same.h.  By the library's own table of AVPs, so that a new AVP is compared as well. */
#include "msg_same.h"

#include <string.h>

/* A value taken apart: its numbers, and its string where it has one. */
struct value {
	uint64_t numbers[6];
	struct l2tp_span text;
};

static uint64_t number(const void *field, size_t size)
{
	uint64_t n = 0;

	memcpy(&n, field, size);
	return n;
}

static struct value value_of(const struct avp_row *row, const struct msg *m)
{
	const void *field = (const uint8_t *)m + row->field;

	switch (row->shape) {
	case SHAPE_FLAG:
		break;
	case SHAPE_TYPE:
		return (struct value){ .numbers = { m->type } };
	case SHAPE_U16:
		return (struct value){ .numbers = { number(field, sizeof(uint16_t)) } };
	case SHAPE_ID16:
	case SHAPE_U32:
		return (struct value){ .numbers = { number(field, sizeof(uint32_t)) } };
	case SHAPE_U64:
		return (struct value){ .numbers = { number(field, sizeof(uint64_t)) } };
	case SHAPE_BYTES:
		return (struct value){ .text = *(const struct l2tp_span *)field };
	case SHAPE_RESULT: {
		const struct result_code *v = field;
		return (struct value){ { v->result, v->has_error, v->error }, v->text };
	}
	case SHAPE_Q931: {
		const struct q931_cause *v = field;
		return (struct value){ { v->cause, v->msg }, v->text };
	}
	case SHAPE_DISCONNECT: {
		const struct ppp_disconnect *v = field;
		return (struct value){ { v->code, v->protocol, v->direction }, v->text };
	}
	case SHAPE_ERRORS: {
		const struct l2tp_call_errors *v = field;
		return (struct value){ { v->crc, v->framing, v->hardware_overrun, v->buffer_overrun, v->timeout,
					 v->alignment }, { 0 } };
	}
	case SHAPE_ACCM: {
		const struct accm *v = field;
		return (struct value){ .numbers = { v->send, v->receive } };
	}
	}
	return (struct value){ 0 };
}

static bool value_same(const struct value *a, const struct value *b)
{
	return memcmp(a->numbers, b->numbers, sizeof(a->numbers)) == 0 && a->text.len == b->text.len &&
	       (a->text.len == 0 || memcmp(a->text.data, b->text.data, a->text.len) == 0);
}

bool msg_same(const struct msg *a, const struct msg *b)
{
	const uint64_t vector = (uint64_t)1 << AVP_RANDOM_VECTOR;

	if (a->type != b->type || (a->has | vector) != (b->has | vector))
		return false;
	for (uint16_t type = 0; type < AVP_COUNT; type++) {
		if (!msg_has(a, type) || type == AVP_RANDOM_VECTOR)
			continue;
		struct value va = value_of(&avp_table[type], a), vb = value_of(&avp_table[type], b);
		if (!value_same(&va, &vb))
			return false;
	}
	return true;
}

static bool inside(struct l2tp_span s, struct l2tp_span place)
{
	return place.len && s.data >= place.data && s.data + s.len <= place.data + place.len;
}

bool msg_lies_in(const struct msg *m, const struct l2tp_span *places, size_t n)
{
	for (uint16_t type = 0; type < AVP_COUNT; type++) {
		struct l2tp_span s = msg_has(m, type) ? value_of(&avp_table[type], m).text : (struct l2tp_span){ 0 };
		bool found = s.len == 0;

		for (size_t i = 0; i < n && !found; i++)
			found = inside(s, places[i]);
		if (!found)
			return false;
	}
	return true;
}
