/* SPDX-License-Identifier: MIT */
/* outline: see outline.h.  Called by engine.c, before it is known whose the message is. */
#include "outline.h"

#include "avp.h"

enum {
	WANT_TYPE = 1 << 0,
	WANT_ID = 1 << 1,
	WANT_HOST_NAME = 1 << 2,
};

static unsigned wanted_as(const struct avp *a)
{
	if (a->hidden || a->reserved)
		return 0;
	return avp_is(a, AVP_MESSAGE_TYPE)	 ? WANT_TYPE :
	       avp_is(a, AVP_ASSIGNED_TUNNEL_ID) ? WANT_ID :
	       avp_is(a, AVP_HOST_NAME)		 ? WANT_HOST_NAME :
						   0;
}

static uint16_t read_u16(struct l2tp_span value)
{
	struct reader r = reader_of(value);
	uint16_t v = get_u16(&r);

	return reader_bad(&r) ? 0 : v;
}

static void note(struct outline *o, unsigned as, struct l2tp_span value)
{
	if (as == WANT_TYPE)
		o->type = read_u16(value);
	else if (as == WANT_ID)
		o->assigned_tunnel_id = read_u16(value);
	else
		o->host_name = value;
}

/* The first AVP of each kind that is wanted, and not one more than it takes. */
static struct outline walk(struct l2tp_span body, unsigned wanted)
{
	struct reader r = reader_of(body);
	struct outline o = { 0 };
	struct avp a;

	while (wanted && avp_next(&r, &a)) {
		unsigned as = wanted_as(&a) & wanted;

		if (as)
			note(&o, as, a.value);
		wanted &= ~as;
	}
	return o;
}

struct outline outline_of(struct l2tp_span body)
{
	return walk(body, WANT_TYPE | WANT_ID | WANT_HOST_NAME);
}

struct outline outline_type(struct l2tp_span body)
{
	return walk(body, WANT_TYPE);
}
