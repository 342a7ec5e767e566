/* SPDX-License-Identifier: MIT */
/*
 * name: numbers to words, for traces, faults and the operator.
 *
 * Messages and AVPs are spelled as in RFC 2661 (3.2, 4.4), the codes of 4.4.2 are told in a few words.  Anything may
 * be asked, also a peer's invention: what is not in a table is "?".  Addresses follow RFC 5952 (IPv6) and end in the
 * port.
 */
#include "name.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const messages[] = {
	[CM_ZLB] = "ZLB",
	[CM_SCCRQ] = "SCCRQ",
	[CM_SCCRP] = "SCCRP",
	[CM_SCCCN] = "SCCCN",
	[CM_STOPCCN] = "StopCCN",
	[CM_HELLO] = "HELLO",
	[CM_OCRQ] = "OCRQ",
	[CM_OCRP] = "OCRP",
	[CM_OCCN] = "OCCN",
	[CM_ICRQ] = "ICRQ",
	[CM_ICRP] = "ICRP",
	[CM_ICCN] = "ICCN",
	[CM_CDN] = "CDN",
	[CM_WEN] = "WEN",
	[CM_SLI] = "SLI",
};

static const char *const avps[] = {
	[AVP_MESSAGE_TYPE] = "Message Type",
	[AVP_RESULT_CODE] = "Result Code",
	[AVP_PROTOCOL_VERSION] = "Protocol Version",
	[AVP_FRAMING_CAPABILITIES] = "Framing Capabilities",
	[AVP_BEARER_CAPABILITIES] = "Bearer Capabilities",
	[AVP_TIE_BREAKER] = "Tie Breaker",
	[AVP_FIRMWARE_REVISION] = "Firmware Revision",
	[AVP_HOST_NAME] = "Host Name",
	[AVP_VENDOR_NAME] = "Vendor Name",
	[AVP_ASSIGNED_TUNNEL_ID] = "Assigned Tunnel ID",
	[AVP_RECEIVE_WINDOW_SIZE] = "Receive Window Size",
	[AVP_CHALLENGE] = "Challenge",
	[AVP_Q931_CAUSE_CODE] = "Q.931 Cause Code",
	[AVP_CHALLENGE_RESPONSE] = "Challenge Response",
	[AVP_ASSIGNED_SESSION_ID] = "Assigned Session ID",
	[AVP_CALL_SERIAL_NUMBER] = "Call Serial Number",
	[AVP_MINIMUM_BPS] = "Minimum BPS",
	[AVP_MAXIMUM_BPS] = "Maximum BPS",
	[AVP_BEARER_TYPE] = "Bearer Type",
	[AVP_FRAMING_TYPE] = "Framing Type",
	[AVP_CALLED_NUMBER] = "Called Number",
	[AVP_CALLING_NUMBER] = "Calling Number",
	[AVP_SUB_ADDRESS] = "Sub-Address",
	[AVP_TX_CONNECT_SPEED] = "Tx Connect Speed",
	[AVP_PHYSICAL_CHANNEL_ID] = "Physical Channel ID",
	[AVP_INITIAL_RECEIVED_LCP_CONFREQ] = "Initial Received LCP CONFREQ",
	[AVP_LAST_SENT_LCP_CONFREQ] = "Last Sent LCP CONFREQ",
	[AVP_LAST_RECEIVED_LCP_CONFREQ] = "Last Received LCP CONFREQ",
	[AVP_PROXY_AUTHEN_TYPE] = "Proxy Authen Type",
	[AVP_PROXY_AUTHEN_NAME] = "Proxy Authen Name",
	[AVP_PROXY_AUTHEN_CHALLENGE] = "Proxy Authen Challenge",
	[AVP_PROXY_AUTHEN_ID] = "Proxy Authen ID",
	[AVP_PROXY_AUTHEN_RESPONSE] = "Proxy Authen Response",
	[AVP_CALL_ERRORS] = "Call Errors",
	[AVP_ACCM] = "ACCM",
	[AVP_RANDOM_VECTOR] = "Random Vector",
	[AVP_PRIVATE_GROUP_ID] = "Private Group ID",
	[AVP_RX_CONNECT_SPEED] = "Rx Connect Speed",
	[AVP_SEQUENCING_REQUIRED] = "Sequencing Required",
	[AVP_PPP_DISCONNECT_CAUSE] = "PPP Disconnect Cause Code",
	[AVP_CONTROL_DS] = "Control Connection DS",
	[AVP_SESSION_DS] = "Session DS",
	[AVP_LCP_WANT_OPTIONS] = "LCP Want Options",
	[AVP_LCP_ALLOW_OPTIONS] = "LCP Allow Options",
	[AVP_LNS_LAST_SENT_LCP_CONFREQ] = "LNS Last Sent LCP CONFREQ",
	[AVP_LNS_LAST_RECEIVED_LCP_CONFREQ] = "LNS Last Received LCP CONFREQ",
};

static const char *const stopccn_codes[] = {
	[RC_STOPCCN_CLEAR] = "cleared on request",
	[RC_STOPCCN_GENERAL] = "general error",
	[RC_STOPCCN_EXISTS] = "control channel already exists",
	[RC_STOPCCN_UNAUTHORIZED] = "not authorised",
	[RC_STOPCCN_VERSION] = "protocol version not supported",
	[RC_STOPCCN_SHUTDOWN] = "being shut down",
	[RC_STOPCCN_FSM] = "state machine error",
	[RC_STOPCCN_DS] = "no agreement on DiffServ",
};

static const char *const cdn_codes[] = {
	[RC_CDN_CARRIER_LOST] = "loss of carrier",
	[RC_CDN_GENERAL] = "general error",
	[RC_CDN_ADMIN] = "administrative reasons",
	[RC_CDN_NO_FACILITY_TEMPORARY] = "no facilities for the time being",
	[RC_CDN_NO_FACILITY_PERMANENT] = "no facilities at all",
	[RC_CDN_INVALID_DESTINATION] = "invalid destination",
	[RC_CDN_NO_CARRIER] = "no carrier detected",
	[RC_CDN_BUSY] = "busy",
	[RC_CDN_NO_DIAL_TONE] = "no dial tone",
	[RC_CDN_TIMEOUT] = "not established in time",
	[RC_CDN_NO_FRAMING] = "no appropriate framing",
	[RC_CDN_DS] = "no agreement on DiffServ",
};

static const char *const error_codes[] = {
	[EC_NONE] = "no general error",
	[EC_NO_CONTROL_CONNECTION] = "no control connection yet",
	[EC_LENGTH] = "wrong length",
	[EC_VALUE] = "value out of range",
	[EC_RESOURCES] = "insufficient resources",
	[EC_SESSION_ID] = "invalid Session ID",
	[EC_VENDOR] = "vendor-specific error",
	[EC_TRY_ANOTHER] = "try another LNS",
	[EC_UNKNOWN_MANDATORY_AVP] = "unknown mandatory AVP",
};

/* RFC 3145 3: which protocol goes with the code, and what its directions say of the sender of the message. */
enum disconnect_kind { OF_NOTHING, OF_LCP, OF_AUTHENTICATION, OF_NETWORK };

static const struct {
	enum disconnect_kind kind;
	const char *name, *directions[2]; /* 1 and 2 */
} disconnect_codes[] = {
	[L2TP_PPP_NO_INFORMATION] = { OF_NOTHING, "no information", { 0 } },
	[L2TP_PPP_ADMIN] = { OF_NOTHING, "administrative disconnect", { 0 } },
	[L2TP_PPP_NO_RENEGOTIATION] = { OF_NOTHING, "proxy LCP was expected and not sent", { 0 } },
	[L2TP_PPP_TERMINATED] = { OF_NOTHING, "LCP was terminated", { "by its peer", "by itself" } },
	[L2TP_PPP_ENCRYPTION_REFUSED] = { OF_NOTHING, "compulsory encryption was refused", { "to it", "by it" } },
	[L2TP_PPP_LCP_TIMEOUT] = { OF_LCP, "LCP was not agreed on in time", { 0 } },
	[L2TP_PPP_NO_LCP] = { OF_LCP, "no LCP was received", { 0 } },
	[L2TP_PPP_LOOP] = { OF_LCP, "the link is a loop", { 0 } },
	[L2TP_PPP_ECHO_TIMEOUT] = { OF_LCP, "LCP echo requests were not answered", { 0 } },
	[L2TP_PPP_MP_ENDPOINT] = { OF_LCP, "the endpoint discriminator is not the bundle's", { 0 } },
	[L2TP_PPP_MP_MRRU] = { OF_LCP, "the MRRU is not the bundle's", { 0 } },
	[L2TP_PPP_MP_SHORT_SEQUENCE] = { OF_LCP, "the short sequence numbers are not the bundle's", { 0 } },
	[L2TP_PPP_CALLBACK_REFUSED] = { OF_LCP, "compulsory callback was refused", { "to it", "by it" } },
	[L2TP_PPP_AUTH_TIMEOUT] = { OF_AUTHENTICATION, "authentication did not end in time", { 0 } },
	[L2TP_PPP_MP_NAME] = { OF_AUTHENTICATION, "the authenticated name is not the bundle's", { 0 } },
	[L2TP_PPP_AUTH_UNACCEPTABLE] = { OF_AUTHENTICATION, "no authentication protocol was acceptable",
					 { "of its own to its peer", "of its peer's to it" } },
	[L2TP_PPP_AUTH_FAILED] = { OF_AUTHENTICATION, "authentication failed",
				   { "of its peer by it", "of itself by its peer" } },
	[L2TP_PPP_NCP_TIMEOUT] = { OF_NETWORK, "a network protocol was not agreed on in time", { 0 } },
	[L2TP_PPP_NO_NCP] = { OF_NETWORK, "no network protocol was left", { 0 } },
	[L2TP_PPP_NO_ADDRESS_AGREED] = { OF_NETWORK, "no agreement on addresses",
					 { "its peer insisted", "it insisted" } },
	[L2TP_PPP_NO_ADDRESS_ALLOWED] = { OF_NETWORK, "no address is allowed",
					  { "its own was refused", "its peer's was refused" } },
};

static const char *const drops[L2TP_DROPS] = {
	[L2TP_DROP_HEADER] = "header",
	[L2TP_DROP_MESSAGE] = "message",
	[L2TP_DROP_NR] = "nr",
	[L2TP_DROP_DATA] = "data",
	[L2TP_DROP_L2F] = "l2f",
	[L2TP_DROP_SOURCE] = "source",
	[L2TP_DROP_NO_TUNNEL] = "no-tunnel",
	[L2TP_DROP_UNEXPECTED] = "unexpected",
	[L2TP_DROP_TYPE] = "type",
	[L2TP_DROP_SILENT] = "silent",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *look_up(const char *const *names, size_t count, uint16_t number)
{
	return number < count && names[number] ? names[number] : "?";
}

const char *l2tp_message_name(uint16_t type)
{
	return look_up(messages, COUNT(messages), type);
}

const char *avp_name(uint16_t id)
{
	return look_up(avps, COUNT(avps), id);
}

const char *l2tp_stopccn_name(uint16_t result)
{
	return look_up(stopccn_codes, COUNT(stopccn_codes), result);
}

const char *l2tp_cdn_name(uint16_t result)
{
	return look_up(cdn_codes, COUNT(cdn_codes), result);
}

const char *l2tp_error_name(uint16_t error)
{
	return look_up(error_codes, COUNT(error_codes), error);
}

/* ---- Disconnect causes ------------------------------------------------------------------------------------- */

static bool disconnect_known(const struct l2tp_disconnect *d)
{
	return d->code < COUNT(disconnect_codes) && disconnect_codes[d->code].name;
}

const char *l2tp_disconnect_name(const struct l2tp_disconnect *d)
{
	return disconnect_known(d) ? disconnect_codes[d->code].name : "?";
}

const char *l2tp_disconnect_direction(const struct l2tp_disconnect *d)
{
	const char *text;

	if (!disconnect_known(d) || d->direction < 1 || d->direction > COUNT(disconnect_codes[0].directions))
		return "";
	text = disconnect_codes[d->code].directions[d->direction - 1];
	return text ? text : "";
}

bool l2tp_disconnect_valid(const struct l2tp_disconnect *d)
{
	if (!disconnect_known(d) || (d->direction && !*l2tp_disconnect_direction(d)))
		return false;
	switch (disconnect_codes[d->code].kind) {
	case OF_NOTHING:
		return d->protocol == 0;
	case OF_LCP:
		return d->protocol == L2TP_PPP_LCP;
	case OF_AUTHENTICATION:
		return d->protocol >> 14 == 3 && d->protocol != L2TP_PPP_LCP; /* c000 to ffff: LCP and what serves it */
	case OF_NETWORK:
		/* NCPs have 8000 to bfff; 3.4: only where there is none may it be 0 */
		return d->protocol >> 14 == 2 || (d->protocol == 0 && d->code == L2TP_PPP_NO_NCP);
	}
	return false;
}

const char *l2tp_drop_name(uint16_t drop)
{
	return look_up(drops, COUNT(drops), drop);
}

/* ---- Addresses --------------------------------------------------------------------------------------------- */

#define GROUPS 8 /* of 16 bits in an IPv6 address */

/* A text that grows; what it holds always fits, which the assertion proves. */
struct text {
	char *at;
	size_t left;
};

__attribute__((format(printf, 2, 3))) static void append(struct text *t, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(t->at, t->left, fmt, args);
	va_end(args);
	assert(n >= 0 && (size_t)n < t->left);
	t->at += n;
	t->left -= (size_t)n;
}

static void append_ip4(struct text *t, const uint8_t *ip)
{
	append(t, "%u.%u.%u.%u", ip[0], ip[1], ip[2], ip[3]);
}

/* The longest run of zero groups, the first of the longest; one zero alone is not a run (RFC 5952 4.2). */
static void find_zeros(const uint16_t group[GROUPS], int *ret_at, int *ret_len)
{
	*ret_at = GROUPS;
	*ret_len = 1;
	for (int i = 0, len; i < GROUPS; i += len + 1) {
		for (len = 0; i + len < GROUPS && !group[i + len]; len++)
			;
		if (len > *ret_len) {
			*ret_at = i;
			*ret_len = len;
		}
	}
}

static void append_ip6(struct text *t, const uint8_t ip[16])
{
	static const uint16_t mapped_prefix = 0xffff;
	uint16_t group[GROUPS];
	int zeros_at, zeros_len;
	bool mapped;

	for (int i = 0; i < GROUPS; i++)
		group[i] = (uint16_t)(ip[2 * i] << 8 | ip[2 * i + 1]);
	find_zeros(group, &zeros_at, &zeros_len);
	mapped = zeros_at == 0 && zeros_len == 5 && group[5] == mapped_prefix;

	for (int i = 0; i < (mapped ? 6 : GROUPS); i++) {
		if (i == zeros_at) {
			append(t, "::");
			i += zeros_len - 1;
			continue;
		}
		append(t, i && i != zeros_at + zeros_len ? ":%x" : "%x", group[i]);
	}
	if (mapped) {
		append(t, ":");
		append_ip4(t, ip + 12);
	}
}

const char *l2tp_addr_str(const struct l2tp_addr *a, char buf[L2TP_ADDR_STR_MAX])
{
	struct text t = { buf, L2TP_ADDR_STR_MAX };

	if (a->family == 4) {
		append_ip4(&t, a->ip);
	} else if (a->family == 6) {
		append(&t, "[");
		append_ip6(&t, a->ip);
		if (a->scope)
			append(&t, "%%%u", a->scope);
		append(&t, "]");
	} else {
		append(&t, "?");
		return buf;
	}
	append(&t, ":%u", a->port);
	return buf;
}
