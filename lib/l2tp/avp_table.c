/* SPDX-License-Identifier: MIT */
/*
 * avp_table: the AVPs of RFC 2661 section 4.4, one row each.
 *
 * min and max count the octets of the value without hiding; low and high bound the numbers of 16 bits: ids and windows
 * are not 0, a protocol version is at least 1.0, the upper octet of a Proxy Authen ID is 0.  M and H say what we send:
 * M sent as mandatory, H may be hidden.  On receipt H is judged as well, M is not.
 *
 * A new AVP is a row here, one in msg_table.c, a name in name.c and a field in struct msg; and where its number follows
 * none that is here, a run.
 */
#include "avp.h"

/* clang-format off */
#define MAX AVP_VALUE_MAX
#define ANY .low = 0, .high = UINT16_MAX
#define FROM(n) .low = (n), .high = UINT16_MAX
#define BETWEEN(a, b) .low = (a), .high = (b)
#define V2 AVP_V2
#define M true
#define H true
#define _ false
#define ROW(vnd, number, name, at, kind, least, most, range, m, h, known) \
	[AVP_##name] = { .vendor = (vnd), .type = (number), .field = offsetof(struct msg, at), \
			 .shape = SHAPE_##kind, .min = (least), .max = (most), range, .mandatory = (m), \
			 .hideable = (h), .versions = (known) },

const struct avp_row avp_table[AVP_COUNT] = {
	/*vnd nr. name                          field                         shape   min  max  range            M  H  in */
	ROW(0,  0, MESSAGE_TYPE,                 type,                         TYPE,     2,   2, ANY,             M, _, V2)
	ROW(0,  1, RESULT_CODE,                  result_code,                  RESULT,   2, MAX, ANY,             M, _, V2)
	ROW(0,  2, PROTOCOL_VERSION,             protocol_version,             U16,      2,   2, FROM(0x0100),    M, _, V2)
	ROW(0,  3, FRAMING_CAPABILITIES,         framing_capabilities,         U32,      4,   4, ANY,             M, H, V2)
	ROW(0,  4, BEARER_CAPABILITIES,          bearer_capabilities,          U32,      4,   4, ANY,             M, H, V2)
	ROW(0,  5, TIE_BREAKER,                  tie_breaker,                  U64,      8,   8, ANY,             _, _, V2)
	ROW(0,  6, FIRMWARE_REVISION,            firmware_revision,            U16,      2,   2, ANY,             _, H, V2)
	ROW(0,  7, HOST_NAME,                    host_name,                    BYTES,    1, MAX, ANY,             M, _, V2)
	ROW(0,  8, VENDOR_NAME,                  vendor_name,                  BYTES,    0, MAX, ANY,             _, H, V2)
	ROW(0,  9, ASSIGNED_TUNNEL_ID,           assigned_tunnel_id,           ID16,     2,   2, FROM(1),         M, H, V2)
	ROW(0, 10, RECEIVE_WINDOW_SIZE,          receive_window_size,          U16,      2,   2, FROM(1),         M, _, V2)
	ROW(0, 11, CHALLENGE,                    challenge,                    BYTES,    1, MAX, ANY,             M, H, V2)
	ROW(0, 12, Q931_CAUSE_CODE,              q931_cause_code,              Q931,     3, MAX, ANY,             M, _, V2)
	ROW(0, 13, CHALLENGE_RESPONSE,           challenge_response,           BYTES,   16,  16, ANY,             M, H, V2)
	ROW(0, 14, ASSIGNED_SESSION_ID,          assigned_session_id,          ID16,     2,   2, FROM(1),         M, H, V2)
	ROW(0, 15, CALL_SERIAL_NUMBER,           call_serial_number,           U32,      4,   4, ANY,             M, H, V2)
	ROW(0, 16, MINIMUM_BPS,                  minimum_bps,                  U32,      4,   4, ANY,             M, H, V2)
	ROW(0, 17, MAXIMUM_BPS,                  maximum_bps,                  U32,      4,   4, ANY,             M, H, V2)
	ROW(0, 18, BEARER_TYPE,                  bearer_type,                  U32,      4,   4, ANY,             M, H, V2)
	ROW(0, 19, FRAMING_TYPE,                 framing_type,                 U32,      4,   4, ANY,             M, H, V2)
	ROW(0, 21, CALLED_NUMBER,                called_number,                BYTES,    0, MAX, ANY,             M, H, V2)
	ROW(0, 22, CALLING_NUMBER,               calling_number,               BYTES,    0, MAX, ANY,             M, H, V2)
	ROW(0, 23, SUB_ADDRESS,                  sub_address,                  BYTES,    0, MAX, ANY,             M, H, V2)
	ROW(0, 24, TX_CONNECT_SPEED,             tx_connect_speed,             U32,      4,   4, ANY,             M, H, V2)
	ROW(0, 25, PHYSICAL_CHANNEL_ID,          physical_channel_id,          U32,      4,   4, ANY,             _, H, V2)
	ROW(0, 26, INITIAL_RECEIVED_LCP_CONFREQ, initial_received_lcp_confreq, BYTES,    0, MAX, ANY,             _, H, V2)
	ROW(0, 27, LAST_SENT_LCP_CONFREQ,        last_sent_lcp_confreq,        BYTES,    0, MAX, ANY,             _, H, V2)
	ROW(0, 28, LAST_RECEIVED_LCP_CONFREQ,    last_received_lcp_confreq,    BYTES,    0, MAX, ANY,             _, H, V2)
	ROW(0, 29, PROXY_AUTHEN_TYPE,            proxy_authen_type,            U16,      2,   2, BETWEEN(1, 5),   _, H, V2)
	ROW(0, 30, PROXY_AUTHEN_NAME,            proxy_authen_name,            BYTES,    0, MAX, ANY,             _, H, V2)
	ROW(0, 31, PROXY_AUTHEN_CHALLENGE,       proxy_authen_challenge,       BYTES,    1, MAX, ANY,             _, H, V2)
	ROW(0, 32, PROXY_AUTHEN_ID,              proxy_authen_id,              U16,      2,   2, BETWEEN(0, 255), _, H, V2)
	ROW(0, 33, PROXY_AUTHEN_RESPONSE,        proxy_authen_response,        BYTES,    0, MAX, ANY,             _, H, V2)
	ROW(0, 34, CALL_ERRORS,                  call_errors,                  ERRORS,  26,  26, ANY,             M, H, V2)
	ROW(0, 35, ACCM,                         accm,                         ACCM,    10,  10, ANY,             M, H, V2)
	ROW(0, 36, RANDOM_VECTOR,                random_vector,                BYTES,    1, MAX, ANY,             M, _, V2)
	ROW(0, 37, PRIVATE_GROUP_ID,             private_group_id,             BYTES,    0, MAX, ANY,             _, H, V2)
	ROW(0, 38, RX_CONNECT_SPEED,             rx_connect_speed,             U32,      4,   4, ANY,             _, H, V2)
	ROW(0, 39, SEQUENCING_REQUIRED,          has,                          FLAG,     0,   0, ANY,             M, _, V2)
	/* RFC 3145, 3308, 3437 */
	ROW(0, 46, PPP_DISCONNECT_CAUSE,         ppp_disconnect_cause,         DISCONNECT, 5, MAX, ANY,           _, H, V2)
	ROW(0, 47, CONTROL_DS,                   control_ds,                   U16,      2,   2, ANY,             _, H, V2)
	ROW(0, 48, SESSION_DS,                   session_ds,                   U16,      2,   2, ANY,             _, H, V2)
	ROW(0, 49, LCP_WANT_OPTIONS,             lcp_want_options,             BYTES,    0, MAX, ANY,             _, H, V2)
	ROW(0, 50, LCP_ALLOW_OPTIONS,            lcp_allow_options,            BYTES,    0, MAX, ANY,             _, H, V2)
	ROW(0, 51, LNS_LAST_SENT_LCP_CONFREQ,    lns_last_sent_lcp_confreq,    BYTES,    0, MAX, ANY,             _, H, V2)
	ROW(0, 52, LNS_LAST_RECEIVED_LCP_CONFREQ, lns_last_received_lcp_confreq, BYTES,  0, MAX, ANY,             _, H, V2)
};

#undef ROW
#undef _
#undef H
#undef M
#undef V2
#undef BETWEEN
#undef FROM
#undef ANY
#undef MAX

/* Where a number is in the table.  Those of a vendor that follow each other do so there, too: a run, and few of them. */
static const struct run {
	uint16_t vendor, first, last;
	enum avp_id at;
} runs[] = {
	{  0,  0, 19, AVP_MESSAGE_TYPE },
	{  0, 21, 39, AVP_CALLED_NUMBER },
	{  0, 46, 52, AVP_PPP_DISCONNECT_CAUSE },
	{ 43, 46, 46, AVP_PPP_DISCONNECT_CAUSE }, /* as in the draft that became RFC 3145 (4): understood, never sent */
};
/* clang-format on */

const struct avp_row *avp_find(uint8_t versions, uint16_t vendor, uint16_t type)
{
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
		if (type <= runs[i].last && type >= runs[i].first && vendor == runs[i].vendor) {
			const struct avp_row *row = &avp_table[runs[i].at + (type - runs[i].first)];

			return row->versions & versions ? row : NULL;
		}
	return NULL;
}
