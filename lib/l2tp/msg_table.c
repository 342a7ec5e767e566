/* SPDX-License-Identifier: MIT */
/*
 * msg_table: which control message carries which AVP: RFC 2661 sections 6.1 to 6.14, RFC 3145, 3308 and 3437 as one
 * table.
 *
 *	R  required
 *	r  required by the RFC and always sent by us; peers that forget it are forgiven (FORGIVEN in msg.h)
 *	o  optional
 *	_  unexpected: never sent, ignored when received
 *
 * Message Type and Random Vector go with every message (4.4.1).  The Challenge Response, required of a peer
 * that was challenged, is optional here: tunnel.c knows whether there was a challenge.
 */
#include "msg.h"

/* clang-format off */
#define R PLACE_REQUIRED
#define r PLACE_FORGIVEN
#define o PLACE_OPTIONAL
#define _ PLACE_UNEXPECTED
#define MAY(avp, sccrq, sccrp, scccn, stopccn, hello, ocrq, ocrp, occn, icrq, icrp, iccn, cdn, wen, sli) \
	[AVP_##avp] = { [CM_SCCRQ] = sccrq, [CM_SCCRP] = sccrp, [CM_SCCCN] = scccn, [CM_STOPCCN] = stopccn, \
			[CM_HELLO] = hello, [CM_OCRQ] = ocrq, [CM_OCRP] = ocrp, [CM_OCCN] = occn, \
			[CM_ICRQ] = icrq, [CM_ICRP] = icrp, [CM_ICCN] = iccn, [CM_CDN] = cdn, [CM_WEN] = wen, \
			[CM_SLI] = sli },

static const uint8_t places[AVP_COUNT][CM_COUNT] = {
	/*                              SCCRQ SCCRP SCCCN StopCCN HELLO OCRQ OCRP OCCN ICRQ ICRP ICCN CDN WEN SLI */
	MAY(MESSAGE_TYPE,                    R,    R,    R,      R,    R,   R,   R,   R,   R,   R,   R,  R,  R,  R)
	MAY(RESULT_CODE,                     _,    _,    _,      R,    _,   _,   _,   _,   _,   _,   _,  R,  _,  _)
	MAY(PROTOCOL_VERSION,                R,    R,    _,      _,    _,   _,   _,   _,   _,   _,   _,  _,  _,  _)
	MAY(FRAMING_CAPABILITIES,            R,    R,    _,      _,    _,   _,   _,   _,   _,   _,   _,  _,  _,  _)
	MAY(BEARER_CAPABILITIES,             o,    o,    _,      _,    _,   _,   _,   _,   _,   _,   _,  _,  _,  _)
	MAY(TIE_BREAKER,                     o,    _,    _,      _,    _,   _,   _,   _,   _,   _,   _,  _,  _,  _)
	MAY(FIRMWARE_REVISION,               o,    o,    _,      _,    _,   _,   _,   _,   _,   _,   _,  _,  _,  _)
	MAY(HOST_NAME,                       R,    R,    _,      _,    _,   _,   _,   _,   _,   _,   _,  _,  _,  _)
	MAY(VENDOR_NAME,                     o,    o,    _,      _,    _,   _,   _,   _,   _,   _,   _,  _,  _,  _)
	MAY(ASSIGNED_TUNNEL_ID,              R,    R,    _,      R,    _,   _,   _,   _,   _,   _,   _,  _,  _,  _)
	MAY(RECEIVE_WINDOW_SIZE,             o,    o,    _,      _,    _,   _,   _,   _,   _,   _,   _,  _,  _,  _)
	MAY(CHALLENGE,                       o,    o,    _,      _,    _,   _,   _,   _,   _,   _,   _,  _,  _,  _)
	MAY(Q931_CAUSE_CODE,                 _,    _,    _,      _,    _,   _,   _,   _,   _,   _,   _,  o,  _,  _)
	MAY(CHALLENGE_RESPONSE,              _,    o,    o,      _,    _,   _,   _,   _,   _,   _,   _,  _,  _,  _)
	MAY(ASSIGNED_SESSION_ID,             _,    _,    _,      _,    _,   R,   R,   _,   R,   R,   _,  R,  _,  _)
	MAY(CALL_SERIAL_NUMBER,              _,    _,    _,      _,    _,   R,   _,   _,   R,   _,   _,  _,  _,  _)
	MAY(MINIMUM_BPS,                     _,    _,    _,      _,    _,   R,   _,   _,   _,   _,   _,  _,  _,  _)
	MAY(MAXIMUM_BPS,                     _,    _,    _,      _,    _,   R,   _,   _,   _,   _,   _,  _,  _,  _)
	MAY(BEARER_TYPE,                     _,    _,    _,      _,    _,   R,   _,   _,   o,   _,   _,  _,  _,  _)
	MAY(FRAMING_TYPE,                    _,    _,    _,      _,    _,   R,   _,   r,   _,   _,   r,  _,  _,  _)
	MAY(CALLED_NUMBER,                   _,    _,    _,      _,    _,   R,   _,   _,   o,   _,   _,  _,  _,  _)
	MAY(CALLING_NUMBER,                  _,    _,    _,      _,    _,   _,   _,   _,   o,   _,   _,  _,  _,  _)
	MAY(SUB_ADDRESS,                     _,    _,    _,      _,    _,   o,   _,   _,   o,   _,   _,  _,  _,  _)
	MAY(TX_CONNECT_SPEED,                _,    _,    _,      _,    _,   _,   _,   r,   _,   _,   r,  _,  _,  _)
	MAY(PHYSICAL_CHANNEL_ID,             _,    _,    _,      _,    _,   _,   o,   _,   o,   _,   _,  _,  _,  _)
	MAY(INITIAL_RECEIVED_LCP_CONFREQ,    _,    _,    _,      _,    _,   _,   _,   _,   _,   _,   o,  _,  _,  _)
	MAY(LAST_SENT_LCP_CONFREQ,           _,    _,    _,      _,    _,   _,   _,   _,   _,   _,   o,  _,  _,  _)
	MAY(LAST_RECEIVED_LCP_CONFREQ,       _,    _,    _,      _,    _,   _,   _,   _,   _,   _,   o,  _,  _,  _)
	MAY(PROXY_AUTHEN_TYPE,               _,    _,    _,      _,    _,   _,   _,   _,   _,   _,   o,  _,  _,  _)
	MAY(PROXY_AUTHEN_NAME,               _,    _,    _,      _,    _,   _,   _,   _,   _,   _,   o,  _,  _,  _)
	MAY(PROXY_AUTHEN_CHALLENGE,          _,    _,    _,      _,    _,   _,   _,   _,   _,   _,   o,  _,  _,  _)
	MAY(PROXY_AUTHEN_ID,                 _,    _,    _,      _,    _,   _,   _,   _,   _,   _,   o,  _,  _,  _)
	MAY(PROXY_AUTHEN_RESPONSE,           _,    _,    _,      _,    _,   _,   _,   _,   _,   _,   o,  _,  _,  _)
	MAY(CALL_ERRORS,                     _,    _,    _,      _,    _,   _,   _,   _,   _,   _,   _,  _,  R,  _)
	MAY(ACCM,                            _,    _,    _,      _,    _,   _,   _,   _,   _,   _,   _,  _,  _,  R)
	MAY(RANDOM_VECTOR,                   o,    o,    o,      o,    o,   o,   o,   o,   o,   o,   o,  o,  o,  o)
	MAY(PRIVATE_GROUP_ID,                _,    _,    _,      _,    _,   _,   _,   _,   _,   _,   o,  _,  _,  _)
	MAY(RX_CONNECT_SPEED,                _,    _,    _,      _,    _,   _,   _,   o,   _,   _,   o,  _,  _,  _)
	MAY(SEQUENCING_REQUIRED,             _,    _,    _,      _,    _,   _,   _,   o,   _,   _,   o,  _,  _,  _)
	/* RFC 3145, 3308, 3437 */
	MAY(PPP_DISCONNECT_CAUSE,            _,    _,    _,      _,    _,   _,   _,   _,   _,   _,   _,  o,  _,  _)
	MAY(CONTROL_DS,                      o,    o,    _,      _,    _,   _,   _,   _,   _,   _,   _,  _,  _,  _)
	MAY(SESSION_DS,                      _,    _,    _,      _,    _,   o,   o,   _,   o,   o,   _,  _,  _,  _)
	MAY(LCP_WANT_OPTIONS,                _,    _,    _,      _,    _,   _,   _,   o,   _,   _,   o,  _,  _,  _)
	MAY(LCP_ALLOW_OPTIONS,               _,    _,    _,      _,    _,   _,   _,   o,   _,   _,   o,  _,  _,  _)
	MAY(LNS_LAST_SENT_LCP_CONFREQ,       _,    _,    _,      _,    _,   _,   _,   _,   _,   _,   _,  _,  _,  o)
	MAY(LNS_LAST_RECEIVED_LCP_CONFREQ,   _,    _,    _,      _,    _,   _,   _,   _,   _,   _,   _,  _,  _,  o)
};

#undef MAY
#undef _
#undef o
#undef r
#undef R

enum scope { SCOPE_UNKNOWN, SCOPE_TUNNEL, SCOPE_CALL };

static const uint8_t scopes[CM_COUNT] = {
	[CM_SCCRQ] = SCOPE_TUNNEL,
	[CM_SCCRP] = SCOPE_TUNNEL,
	[CM_SCCCN] = SCOPE_TUNNEL,
	[CM_STOPCCN] = SCOPE_TUNNEL,
	[CM_HELLO] = SCOPE_TUNNEL,
	[CM_OCRQ] = SCOPE_CALL,
	[CM_OCRP] = SCOPE_CALL,
	[CM_OCCN] = SCOPE_CALL,
	[CM_ICRQ] = SCOPE_CALL,
	[CM_ICRP] = SCOPE_CALL,
	[CM_ICCN] = SCOPE_CALL,
	[CM_CDN] = SCOPE_CALL,
	[CM_WEN] = SCOPE_CALL,
	[CM_SLI] = SCOPE_CALL,
};
/* clang-format on */

bool msg_is_known(enum cm_type type)
{
	return type < CM_COUNT && scopes[type] != SCOPE_UNKNOWN;
}

bool msg_is_call(enum cm_type type)
{
	return type < CM_COUNT && scopes[type] == SCOPE_CALL;
}

enum msg_place msg_place(enum cm_type type, enum avp_id avp)
{
	if (!msg_is_known(type))
		return PLACE_OPTIONAL;
	return (enum msg_place)places[avp][type];
}
