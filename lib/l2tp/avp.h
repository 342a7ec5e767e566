/* SPDX-License-Identifier: MIT */
/*
 * avp: Attribute Value Pairs (RFC 2661 4): what each one looks like on the wire (avp_table.c) and where its value
 * lives in a struct msg; the one walker over a message's body; reading and writing of single values.
 */
#ifndef AVP_H
#define AVP_H

#include "base/buf.h"
#include "l2tp.h"
#include "name.h"

#define AVP_HEADER 6      /* octets: flags and length, vendor, type */
#define AVP_MAX 1023      /* octets of a whole AVP: what the 10 bits of Length can tell */
#define AVP_VALUE_MAX (AVP_MAX - AVP_HEADER)
#define AVP_STRING_MAX (AVP_VALUE_MAX - 2) /* of what fits hidden, too */

/* ---- Values ------------------------------------------------------------------------------------------------ */

/* Values of the structured AVPs. */
struct result_code {
	uint16_t result;
	uint16_t error;            /* valid if has_error */
	bool has_error;
	struct l2tp_span text;
};
struct q931_cause {
	uint16_t cause;
	uint8_t msg;
	struct l2tp_span text;
};
struct ppp_disconnect {
	uint16_t code, protocol;
	uint8_t direction;
	struct l2tp_span text;
};
struct accm {
	uint32_t send, receive;
};

/* Some of the AVPs: bit (1 << enum avp_id). */
typedef uint64_t avp_set;
_Static_assert(AVP_COUNT <= 64, "an avp_set has a bit for each AVP");

/* The AVPs of one message.  To encode: fill in fields and set their bits in has (msg_has / msg_set below). */
struct msg {
	enum cm_type type; /* of a received message any number: a peer may send what we do not know */
	avp_set has;       /* present */
	struct result_code result_code;
	uint16_t protocol_version;      /* 0x0100 */
	uint32_t framing_capabilities, bearer_capabilities;
	uint64_t tie_breaker;
	uint16_t firmware_revision;
	struct l2tp_span host_name, vendor_name;
	uint32_t assigned_tunnel_id;
	uint16_t receive_window_size;
	struct l2tp_span challenge;
	struct q931_cause q931_cause_code;
	struct l2tp_span challenge_response;
	uint32_t assigned_session_id;
	uint32_t call_serial_number, minimum_bps, maximum_bps, bearer_type, framing_type;
	struct l2tp_span called_number, calling_number, sub_address;
	uint32_t tx_connect_speed, physical_channel_id;
	struct l2tp_span initial_received_lcp_confreq, last_sent_lcp_confreq, last_received_lcp_confreq;
	uint16_t proxy_authen_type;
	struct l2tp_span proxy_authen_name, proxy_authen_challenge;
	uint16_t proxy_authen_id;
	struct l2tp_span proxy_authen_response;
	struct l2tp_call_errors call_errors;
	struct accm accm;
	struct l2tp_span random_vector; /* of the last such AVP; written by the encoder itself when it hides */
	struct l2tp_span private_group_id;
	uint32_t rx_connect_speed;
	struct ppp_disconnect ppp_disconnect_cause;
	uint16_t control_ds, session_ds;
	struct l2tp_span lcp_want_options, lcp_allow_options;
	struct l2tp_span lns_last_sent_lcp_confreq, lns_last_received_lcp_confreq;
	/* sequencing_required has no value: its bit in has is all there is */
	avp_set hide; /* to be sent: what is hidden if only there is a secret */
	avp_set must; /* to be sent: what has M although the table does not say so */
};

static inline bool msg_has(const struct msg *m, enum avp_id id)
{
	return (m->has >> id) & 1;
}

static inline void msg_set(struct msg *m, enum avp_id id)
{
	m->has |= (avp_set)1 << id;
}

/* For what is sent only if there is something to say. */
static inline void msg_set_if(struct msg *m, enum avp_id id, bool said)
{
	m->has |= (avp_set)said << id;
}

/* ---- The table --------------------------------------------------------------------------------------------- */

enum avp_shape {
	SHAPE_TYPE, /* u16, an enum cm_type */
	SHAPE_U16,
	SHAPE_ID16, /* an id of 16 bits, which is a u32 with us */
	SHAPE_U32,
	SHAPE_U64,
	SHAPE_BYTES,
	SHAPE_FLAG, /* presence is its value */
	SHAPE_RESULT,
	SHAPE_Q931,
	SHAPE_ERRORS,
	SHAPE_ACCM,
	SHAPE_DISCONNECT,
};

/* Bits of avp_row.versions: known in this version of the header. */
#define AVP_VERSION(n) ((uint8_t)(1 << (n)))
#define AVP_V2 AVP_VERSION(2)

struct avp_row {
	uint16_t vendor, type;
	uint16_t field;       /* offset in struct msg */
	enum avp_shape shape;
	uint16_t min, max;    /* octets of the value, not hidden */
	uint16_t low, high;   /* range of a number of 16 bits */
	bool mandatory;       /* sent with M */
	bool hideable;        /* may be hidden */
	uint8_t versions;
};

extern const struct avp_row avp_table[AVP_COUNT]; /* index: enum avp_id */

/* Of a row of the table, not of a copy. */
static inline enum avp_id avp_id_of(const struct avp_row *row)
{
	return (enum avp_id)(row - avp_table);
}

/* NULL: unknown in these versions.  Constant time. */
const struct avp_row *avp_find(uint8_t versions, uint16_t vendor, uint16_t type);

/* ---- Reading ----------------------------------------------------------------------------------------------- */

struct avp {
	bool mandatory, hidden;
	bool reserved; /* a reserved bit is set: to be taken for an unknown AVP (RFC 2661 4.1) */
	uint16_t vendor, type;
	struct l2tp_span value;
};

static inline bool avp_is(const struct avp *a, enum avp_id id)
{
	return a->vendor == avp_table[id].vendor && a->type == avp_table[id].type;
}

/* The next AVP of a body; false at its end and, with the reader bad, where no AVP can be made out. */
bool avp_next(struct reader *body, struct avp *ret);

/* Read a value, not hidden, into its field and set its bit.  EC_NONE, or EC_LENGTH or EC_VALUE with m untouched. */
enum l2tp_error_code avp_read(const struct avp_row *row, struct l2tp_span value, struct msg *m);

/* ---- Writing ----------------------------------------------------------------------------------------------- */

/* Write the header; returns where it is, for avp_end(). */
size_t avp_begin(struct writer *w, const struct avp_row *row, bool hidden);
/* The value, from its field.  What our own reader would refuse makes the writer bad. */
void avp_write(struct writer *w, const struct avp_row *row, const struct msg *m);
/* The value is written: fill in the length. */
void avp_end(struct writer *w, size_t begin);

#endif
