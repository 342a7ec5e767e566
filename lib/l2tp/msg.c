/* SPDX-License-Identifier: MIT */
/*
 * msg: a control message between octets and struct (RFC 2661 4, 6, 7.1).
 *
 * Both directions loop over tables; no AVP has code of its own here but the two that serve the others, Message Type
 * and Random Vector.
 *
 * Decoding walks the body once and to its end, also after a fault: the answer needs the assigned ids that
 * follow.  What decides about an AVP, in this order:
 *
 *	unknown (vendor, type) or reserved bits set    M: fault, error 8    else skipped        4.1, 4.2 (ignore_unknown)
 *	known, but not in this message, or again       skipped
 *	hidden and must not be, or cannot be unhidden  M: fault             else skipped        4.3, 7.1
 *	wrong length, value out of range               M: fault             else skipped        7.1
 *
 * An AVP whose own length is wrong leaves nothing to go on with: always a fault.  What has been skipped counts as
 * missing.  Nothing is allocated.  Called by engine.c and tunnel.c.
 */
#include "msg.h"
#include "digest.h"

#include <assert.h>
#include <string.h>

#define HIDDEN_LENGTH 2 /* octets of the original length in front of a hidden value */

/* ---- Decode ------------------------------------------------------------------------------------------------ */

struct walk {
	const struct msg_decoder *decoder;
	struct msg *msg;
	struct fault *fault;
	avp_set unhidden; /* tried once: a peer cannot have us hash without end */
	size_t scratch_used;
};

/* Fatal where the peer set M, else as if the AVP were not there (7.1). */
static void malformed(struct walk *w, const struct avp *a, enum avp_id id, enum l2tp_error_code error, const char *what)
{
	if (a->mandatory)
		fault_set(w->fault, RC_STOPCCN_GENERAL, (uint16_t)error, "%s AVP %s", avp_name((uint16_t)id), what);
}

/* Whose fault that is: without a secret nothing can be opened. */
static void not_unhidden(struct walk *w, const struct avp *a, enum avp_id id)
{
	bool first = !fault_is_set(w->fault);

	malformed(w, a, id, EC_VALUE, "cannot be unhidden");
	if (first && !w->decoder->secret.len)
		w->fault->origin = L2TP_BY_LOCAL;
}

static void unknown(struct walk *w, const struct avp *a)
{
	if (a->mandatory && !w->decoder->ignore_unknown)
		fault_set(w->fault, RC_STOPCCN_GENERAL, EC_UNKNOWN_MANDATORY_AVP,
			  "unknown mandatory AVP: vendor %u, attribute %u%s", a->vendor, a->type,
			  a->reserved ? ", reserved bits set" : "");
}

bool msg_unhide(uint16_t type, struct l2tp_span secret, struct l2tp_span vector, struct l2tp_span hidden, uint8_t *plain,
		struct l2tp_span *ret)
{
	struct reader r = reader_of((struct l2tp_span){ plain, hidden.len });

	if (hidden.len)
		memcpy(plain, hidden.data, hidden.len);
	digest_unhide(type, secret, vector, plain, hidden.len);
	*ret = get_bytes(&r, get_u16(&r)); /* what is left is padding */
	return !reader_bad(&r);
}

/* From here on the value is the original one, in the scratch space. */
static bool unhide(struct walk *w, struct avp *a, enum avp_id id)
{
	const struct msg_decoder *d = w->decoder;
	uint8_t *plain;

	if (!d->secret.len || !w->msg->random_vector.len || (w->unhidden >> id & 1))
		return false;
	w->unhidden |= (avp_set)1 << id;
	assert(a->value.len <= d->scratch_size - w->scratch_used);
	plain = d->scratch + w->scratch_used;
	w->scratch_used += a->value.len;
	return msg_unhide(a->type, d->secret, w->msg->random_vector, a->value, plain, &a->value);
}

static void take(struct walk *w, struct avp *a)
{
	const struct avp_row *row = a->reserved ? NULL : avp_find(w->decoder->avps, a->vendor, a->type);
	enum l2tp_error_code error;
	enum avp_id id;

	if (!row) {
		unknown(w, a);
		return;
	}
	id = avp_id_of(row);
	if ((msg_has(w->msg, id) && id != AVP_RANDOM_VECTOR) || msg_place(w->msg->type, id) == PLACE_UNEXPECTED)
		return;
	if (a->hidden && !row->hideable) {
		malformed(w, a, id, EC_VALUE, "is hidden and must not be");
		return;
	}
	if (a->hidden && !unhide(w, a, id)) {
		not_unhidden(w, a, id);
		return;
	}
	error = avp_read(row, a->value, w->msg);
	if (error != EC_NONE)
		malformed(w, a, id, error, error == EC_LENGTH ? "has a wrong length" : "is out of range");
}

/* The Message Type comes first, and nothing can be made of a message without it, whatever its M bit.  False: a
 * message that may be ignored. */
static bool take_first(struct walk *w, struct reader *body)
{
	struct avp a;
	bool mandatory;

	if (!avp_next(body, &a)) {
		fault_set(w->fault, RC_STOPCCN_GENERAL, EC_LENGTH, "no Message Type AVP");
		return true;
	}
	mandatory = a.mandatory;
	if (avp_is(&a, AVP_MESSAGE_TYPE))
		a.mandatory = true;
	else
		fault_set(w->fault, RC_STOPCCN_GENERAL, EC_VALUE, "Message Type is not the first AVP");
	take(w, &a);
	if (fault_is_set(w->fault) || msg_is_known(w->msg->type))
		return true;
	if (mandatory)
		fault_set(w->fault, RC_STOPCCN_GENERAL, EC_UNKNOWN_MANDATORY_AVP, "unknown message type %u",
			  (unsigned int)w->msg->type);
	return mandatory;
}

static void check_required(struct walk *w)
{
	enum msg_place least = w->decoder->strict ? PLACE_FORGIVEN : PLACE_REQUIRED;

	for (uint16_t id = 0; id < AVP_COUNT; id++)
		if ((avp_table[id].versions & w->decoder->avps) && msg_place(w->msg->type, id) >= least &&
		    !msg_has(w->msg, id))
			fault_set(w->fault, RC_STOPCCN_GENERAL, EC_VALUE, "required AVP %s is missing", avp_name((uint16_t)id));
}

enum msg_verdict msg_decode(const struct msg_decoder *d, struct l2tp_span body, struct msg *ret, struct fault *fault)
{
	struct walk w = { .decoder = d, .msg = ret, .fault = fault };
	struct reader r = reader_of(body);
	struct avp a;

	*ret = (struct msg){ 0 };
	*fault = (struct fault){ 0 };
	if (!take_first(&w, &r))
		return MSG_IGNORE;
	while (avp_next(&r, &a))
		take(&w, &a);
	if (reader_bad(&r))
		fault_set(fault, RC_STOPCCN_GENERAL, EC_LENGTH, "AVP with a length that cannot be");
	if (!fault_is_set(fault))
		check_required(&w);
	return fault_is_set(fault) ? MSG_FAULT : MSG_OK;
}

/* ---- Encode ------------------------------------------------------------------------------------------------ */

static void check_ours(const struct msg *m)
{
	assert(msg_is_known(m->type));
	for (uint16_t id = AVP_MESSAGE_TYPE + 1; id < AVP_COUNT; id++) {
		enum msg_place place = msg_place(m->type, id);

		assert(msg_has(m, id) ? place != PLACE_UNEXPECTED : place < PLACE_FORGIVEN);
	}
}

static bool hides(const struct msg_encoder *e, const struct msg *m, enum avp_id id)
{
	return avp_table[id].hideable && (e->hide || (e->secret.len && (m->hide >> id & 1)));
}

static bool hides_any(const struct msg_encoder *e, const struct msg *m)
{
	for (uint16_t id = 0; id < AVP_COUNT; id++)
		if (msg_has(m, id) && hides(e, m, id))
			return true;
	return false;
}

/* Octets that conceal how long a hidden string is: a password, a challenge. */
static size_t padding(const struct avp_row *row, size_t len)
{
	size_t pad = (DIGEST_LEN - len % DIGEST_LEN) % DIGEST_LEN;

	return row->shape == SHAPE_BYTES && len + pad <= AVP_VALUE_MAX ? pad : 0;
}

static void put_hidden(const struct msg_encoder *e, const struct avp_row *row, const struct msg *m, struct writer *w)
{
	struct l2tp_span vector = { e->vector, sizeof(e->vector) };
	size_t start = writer_len(w), len;

	put_u16(w, 0);
	avp_write(w, row, m);
	if (writer_bad(w))
		return;
	len = writer_len(w) - start;
	put_u16_at(w, start, (uint16_t)(len - HIDDEN_LENGTH));
	put_zero(w, padding(row, len));
	if (!writer_bad(w))
		digest_hide(row->type, e->secret, vector, w->start + start, writer_len(w) - start);
}

static void put_avp(const struct msg_encoder *e, const struct avp_row *row, const struct msg *m, struct writer *w)
{
	const enum avp_id id = avp_id_of(row);
	bool hidden = hides(e, m, id);
	struct avp_row sent = *row;
	size_t begin;

	sent.mandatory |= m->must >> id & 1;
	begin = avp_begin(w, &sent, hidden);
	if (hidden)
		put_hidden(e, row, m, w);
	else
		avp_write(w, row, m);
	avp_end(w, begin);
}

static void put_vector(const struct msg_encoder *e, struct writer *w)
{
	size_t begin = avp_begin(w, &avp_table[AVP_RANDOM_VECTOR], false);

	put_span(w, (struct l2tp_span){ e->vector, sizeof(e->vector) });
	avp_end(w, begin);
}

void msg_encode(const struct msg_encoder *e, const struct msg *m, struct writer *w)
{
	assert(!e->hide || e->secret.len);
	check_ours(m);

	put_avp(e, &avp_table[AVP_MESSAGE_TYPE], m, w);
	if (hides_any(e, m))
		put_vector(e, w);
	for (uint16_t id = AVP_MESSAGE_TYPE + 1; id < AVP_COUNT; id++)
		if (msg_has(m, id) && id != AVP_RANDOM_VECTOR)
			put_avp(e, &avp_table[id], m, w);
}
