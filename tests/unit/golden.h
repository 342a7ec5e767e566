/* SPDX-License-Identifier: MIT */
/*
 * golden: every control message of RFC 2661 with every AVP it may carry, as a struct and as the octets of its body.
 *
 * The octets, hidden values and digests included, were made by an independent program from the text of the RFC, not
 * by this library.  The secret is "secret", the random vector c0 c1 .. cf.
 */
#ifndef GOLDEN_H
#define GOLDEN_H

#include "lib/l2tp/msg.h"

#include "octets.h"

#define HAS(avp) ((uint64_t)1 << AVP_##avp)

static const struct golden {
	const char *name;
	bool hide;
	struct msg msg;
	const char *body;
} goldens[] = {
	{ "SCCRQ", false,
	  { .type = CM_SCCRQ,
	    .has = HAS(PROTOCOL_VERSION) | HAS(FRAMING_CAPABILITIES) | HAS(BEARER_CAPABILITIES) | HAS(TIE_BREAKER) |
		   HAS(FIRMWARE_REVISION) | HAS(HOST_NAME) | HAS(VENDOR_NAME) | HAS(ASSIGNED_TUNNEL_ID) |
		   HAS(RECEIVE_WINDOW_SIZE) | HAS(CHALLENGE),
	    .protocol_version = 0x0100,
	    .framing_capabilities = L2TP_FRAMING_SYNC | L2TP_FRAMING_ASYNC,
	    .bearer_capabilities = L2TP_BEARER_DIGITAL,
	    .tie_breaker = 0x8182838485868788,
	    .firmware_revision = 0x0690,
	    .host_name = TEXT("lac.example"),
	    .vendor_name = TEXT("l2tpd"),
	    .assigned_tunnel_id = 0x1234,
	    .receive_window_size = 16,
	    .challenge = TEXT("\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\xa9\xaa\xab\xac\xad\xae\xaf") },
	  "8008 0000 0000 0001"
	  "8008 0000 0002 0100"
	  "800a 0000 0003 00000003"
	  "800a 0000 0004 00000001"
	  "000e 0000 0005 8182838485868788"
	  "0008 0000 0006 0690"
	  "8011 0000 0007 6c61632e6578616d706c65"
	  "000b 0000 0008 6c32747064"
	  "8008 0000 0009 1234"
	  "8008 0000 000a 0010"
	  "8016 0000 000b a0a1a2a3a4a5a6a7a8a9aaabacadaeaf" },
	{ "SCCRP", false,
	  { .type = CM_SCCRP,
	    .has = HAS(PROTOCOL_VERSION) | HAS(FRAMING_CAPABILITIES) | HAS(BEARER_CAPABILITIES) |
		   HAS(FIRMWARE_REVISION) | HAS(HOST_NAME) | HAS(VENDOR_NAME) | HAS(ASSIGNED_TUNNEL_ID) |
		   HAS(RECEIVE_WINDOW_SIZE) | HAS(CHALLENGE) | HAS(CHALLENGE_RESPONSE),
	    .protocol_version = 0x0100,
	    .framing_capabilities = L2TP_FRAMING_ASYNC,
	    .firmware_revision = 1,
	    .host_name = TEXT("l"),
	    .assigned_tunnel_id = 0xffff,
	    .receive_window_size = 1,
	    .challenge = TEXT("U"),
	    .challenge_response = TEXT("\xef\x5d\xbe\xeb\x5a\x2f\x38\x72\xe4\xe5\x2e\x8a\x1a\x05\x70\xfd") },
	  "8008 0000 0000 0002"
	  "8008 0000 0002 0100"
	  "800a 0000 0003 00000002"
	  "800a 0000 0004 00000000"
	  "0008 0000 0006 0001"
	  "8007 0000 0007 6c"
	  "0006 0000 0008"
	  "8008 0000 0009 ffff"
	  "8008 0000 000a 0001"
	  "8007 0000 000b 55"
	  "8016 0000 000d ef5dbeeb5a2f3872e4e52e8a1a0570fd" },
	{ "SCCCN", false,
	  { .type = CM_SCCCN,
	    .has = HAS(CHALLENGE_RESPONSE),
	    .challenge_response = TEXT("\xf5\xfe\x9d\x5c\x52\x02\xc3\x20\x59\xb0\x7b\xac\x41\xc7\xdb\x88") },
	  "8008 0000 0000 0003"
	  "8016 0000 000d f5fe9d5c5202c32059b07bac41c7db88" },
	{ "StopCCN", false,
	  { .type = CM_STOPCCN,
	    .has = HAS(RESULT_CODE) | HAS(ASSIGNED_TUNNEL_ID),
	    .result_code = { RC_STOPCCN_GENERAL, EC_UNKNOWN_MANDATORY_AVP, true, TEXT("AVP 99") },
	    .assigned_tunnel_id = 1 },
	  "8008 0000 0000 0004"
	  "8010 0000 0001 0002 0008 415650203939"
	  "8008 0000 0009 0001" },
	{ "StopCCN with an error code alone", false,
	  { .type = CM_STOPCCN,
	    .has = HAS(RESULT_CODE) | HAS(ASSIGNED_TUNNEL_ID),
	    .result_code = { .result = RC_STOPCCN_VERSION, .error = 1, .has_error = true },
	    .assigned_tunnel_id = 1 },
	  "8008 0000 0000 0004"
	  "800a 0000 0001 0005 0001"
	  "8008 0000 0009 0001" },
	{ "HELLO", false, { .type = CM_HELLO }, "8008 0000 0000 0006" },
	{ "OCRQ", false,
	  { .type = CM_OCRQ,
	    .has = HAS(ASSIGNED_SESSION_ID) | HAS(CALL_SERIAL_NUMBER) | HAS(MINIMUM_BPS) | HAS(MAXIMUM_BPS) |
		   HAS(BEARER_TYPE) | HAS(FRAMING_TYPE) | HAS(CALLED_NUMBER) | HAS(SUB_ADDRESS),
	    .assigned_session_id = 0x0102,
	    .call_serial_number = 0xdeadbeef,
	    .minimum_bps = 9600,
	    .maximum_bps = UINT32_MAX,
	    .bearer_type = L2TP_BEARER_DIGITAL | L2TP_BEARER_ANALOG,
	    .framing_type = L2TP_FRAMING_SYNC,
	    .called_number = TEXT("5551234") },
	  "8008 0000 0000 0007"
	  "8008 0000 000e 0102"
	  "800a 0000 000f deadbeef"
	  "800a 0000 0010 00002580"
	  "800a 0000 0011 ffffffff"
	  "800a 0000 0012 00000003"
	  "800a 0000 0013 00000001"
	  "800d 0000 0015 35353531323334"
	  "8006 0000 0017" },
	{ "OCRP", false,
	  { .type = CM_OCRP,
	    .has = HAS(ASSIGNED_SESSION_ID) | HAS(PHYSICAL_CHANNEL_ID),
	    .assigned_session_id = 2,
	    .physical_channel_id = 0x80000001 },
	  "8008 0000 0000 0008"
	  "8008 0000 000e 0002"
	  "000a 0000 0019 80000001" },
	{ "OCCN", false,
	  { .type = CM_OCCN,
	    .has = HAS(FRAMING_TYPE) | HAS(TX_CONNECT_SPEED) | HAS(RX_CONNECT_SPEED) | HAS(SEQUENCING_REQUIRED),
	    .framing_type = L2TP_FRAMING_ASYNC,
	    .tx_connect_speed = 64000,
	    .rx_connect_speed = 128000 },
	  "8008 0000 0000 0009"
	  "800a 0000 0013 00000002"
	  "800a 0000 0018 0000fa00"
	  "000a 0000 0026 0001f400"
	  "8006 0000 0027" },
	{ "ICRQ", false,
	  { .type = CM_ICRQ,
	    .has = HAS(ASSIGNED_SESSION_ID) | HAS(CALL_SERIAL_NUMBER) | HAS(BEARER_TYPE) | HAS(CALLED_NUMBER) |
		   HAS(CALLING_NUMBER) | HAS(SUB_ADDRESS) | HAS(PHYSICAL_CHANNEL_ID),
	    .assigned_session_id = 0x0304,
	    .call_serial_number = 1,
	    .called_number = TEXT("1"),
	    .calling_number = TEXT("+4930123"),
	    .sub_address = TEXT("7"),
	    .physical_channel_id = 5 },
	  "8008 0000 0000 000a"
	  "8008 0000 000e 0304"
	  "800a 0000 000f 00000001"
	  "800a 0000 0012 00000000"
	  "8007 0000 0015 31"
	  "800e 0000 0016 2b34393330313233"
	  "8007 0000 0017 37"
	  "000a 0000 0019 00000005" },
	{ "ICRP", false,
	  { .type = CM_ICRP, .has = HAS(ASSIGNED_SESSION_ID), .assigned_session_id = 0xfffe },
	  "8008 0000 0000 000b"
	  "8008 0000 000e fffe" },
	{ "ICCN", false,
	  { .type = CM_ICCN,
	    .has = HAS(FRAMING_TYPE) | HAS(TX_CONNECT_SPEED) | HAS(INITIAL_RECEIVED_LCP_CONFREQ) |
		   HAS(LAST_SENT_LCP_CONFREQ) | HAS(LAST_RECEIVED_LCP_CONFREQ) | HAS(PROXY_AUTHEN_TYPE) |
		   HAS(PROXY_AUTHEN_NAME) | HAS(PROXY_AUTHEN_CHALLENGE) | HAS(PROXY_AUTHEN_ID) |
		   HAS(PROXY_AUTHEN_RESPONSE) | HAS(PRIVATE_GROUP_ID) | HAS(RX_CONNECT_SPEED) |
		   HAS(SEQUENCING_REQUIRED),
	    .framing_type = L2TP_FRAMING_SYNC,
	    .tx_connect_speed = 10000000,
	    .initial_received_lcp_confreq = TEXT("\x01\x04\x05\xd4"),
	    .last_sent_lcp_confreq = TEXT("\x03\x05\xc2\x23\x05"),
	    .proxy_authen_type = 2,
	    .proxy_authen_name = TEXT("user"),
	    .proxy_authen_challenge = TEXT("\x99\x98"),
	    .proxy_authen_id = 255,
	    .proxy_authen_response = TEXT("\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"),
	    .private_group_id = TEXT("red"),
	    .rx_connect_speed = 0x01020304 },
	  "8008 0000 0000 000c"
	  "800a 0000 0013 00000001"
	  "800a 0000 0018 00989680"
	  "000a 0000 001a 010405d4"
	  "000b 0000 001b 0305c22305"
	  "0006 0000 001c"
	  "0008 0000 001d 0002"
	  "000a 0000 001e 75736572"
	  "0008 0000 001f 9998"
	  "0008 0000 0020 00ff"
	  "0016 0000 0021 000102030405060708090a0b0c0d0e0f"
	  "0009 0000 0025 726564"
	  "000a 0000 0026 01020304"
	  "8006 0000 0027" },
	{ "CDN", false,
	  { .type = CM_CDN,
	    .has = HAS(RESULT_CODE) | HAS(Q931_CAUSE_CODE) | HAS(ASSIGNED_SESSION_ID),
	    .result_code = { .result = RC_CDN_ADMIN },
	    .q931_cause_code = { 16, 0x45, TEXT("bye") },
	    .assigned_session_id = 9 },
	  "8008 0000 0000 000e"
	  "8008 0000 0001 0003"
	  "800c 0000 000c 0010 45 627965"
	  "8008 0000 000e 0009" },
	{ "WEN", false,
	  { .type = CM_WEN,
	    .has = HAS(CALL_ERRORS),
	    .call_errors = { 0x01010101, 0x02020202, 0x03030303, 0x04040404, 0x05050505, 0x06060606 } },
	  "8008 0000 0000 000f"
	  "8020 0000 0022 0000 01010101 02020202 03030303 04040404 05050505 06060606" },
	{ "SLI", false,
	  { .type = CM_SLI, .has = HAS(ACCM), .accm = { 0xffffffff, 0x000a0000 } },
	  "8008 0000 0000 0010"
	  "8010 0000 0023 0000 ffffffff 000a0000" },
	/* R3145-2-01 .. -06, R3308-3.1-A47, R3308-3.1-01, R3308-4.1-A48, R3308-4.1-01, R3437-2.1-A49, R3437-2.2-A50,
	 * R3437-2.3-A51, R3437-2.3-A52 */
	{ "SCCRQ of RFC 3308", false,
	  { .type = CM_SCCRQ,
	    .has = HAS(PROTOCOL_VERSION) | HAS(FRAMING_CAPABILITIES) | HAS(HOST_NAME) | HAS(ASSIGNED_TUNNEL_ID) |
		   HAS(CONTROL_DS),
	    .protocol_version = 0x0100,
	    .framing_capabilities = L2TP_FRAMING_SYNC,
	    .host_name = TEXT("a"),
	    .assigned_tunnel_id = 1,
	    .control_ds = 0xb800 },
	  "8008 0000 0000 0001"
	  "8008 0000 0002 0100"
	  "800a 0000 0003 00000001"
	  "8007 0000 0007 61"
	  "8008 0000 0009 0001"
	  "0008 0000 002f b800" },
	{ "ICRP of RFC 3308", false,
	  { .type = CM_ICRP, .has = HAS(ASSIGNED_SESSION_ID) | HAS(SESSION_DS), .assigned_session_id = 1,
	    .session_ds = 0x2800 },
	  "8008 0000 0000 000b"
	  "8008 0000 000e 0001"
	  "0008 0000 0030 2800" },
	{ "OCCN of RFC 3437", false,
	  { .type = CM_OCCN,
	    .has = HAS(FRAMING_TYPE) | HAS(TX_CONNECT_SPEED) | HAS(LCP_WANT_OPTIONS) | HAS(LCP_ALLOW_OPTIONS),
	    .framing_type = L2TP_FRAMING_SYNC,
	    .tx_connect_speed = 1,
	    .lcp_want_options = TEXT("\x01\x04\x05\xd4"),
	    .lcp_allow_options = TEXT("\x07\x02\x08\x02") },
	  "8008 0000 0000 0009"
	  "800a 0000 0013 00000001"
	  "800a 0000 0018 00000001"
	  "000a 0000 0031 010405d4"
	  "000a 0000 0032 07020802" },
	{ "CDN of RFC 3145", false,
	  { .type = CM_CDN,
	    .has = HAS(RESULT_CODE) | HAS(ASSIGNED_SESSION_ID) | HAS(PPP_DISCONNECT_CAUSE),
	    .result_code = { .result = RC_CDN_ADMIN },
	    .assigned_session_id = 9,
	    .ppp_disconnect_cause = { 16, 0xc223, 1, TEXT("no") } },
	  "8008 0000 0000 000e"
	  "8008 0000 0001 0003"
	  "8008 0000 000e 0009"
	  "000d 0000 002e 0010 c223 01 6e6f" },
	{ "SLI of RFC 3437", false,
	  { .type = CM_SLI,
	    .has = HAS(ACCM) | HAS(LNS_LAST_SENT_LCP_CONFREQ) | HAS(LNS_LAST_RECEIVED_LCP_CONFREQ),
	    .lns_last_sent_lcp_confreq = TEXT("\x07\x02"),
	    .lns_last_received_lcp_confreq = TEXT("\x08\x02") },
	  "8008 0000 0000 0010"
	  "8010 0000 0023 0000 00000000 00000000"
	  "0008 0000 0033 0702"
	  "0008 0000 0034 0802" },
	/* R2661-4.3-02 .. -11, R2661-4.4.5-12 */
	{ "SCCRQ, hidden", true,
	  { .type = CM_SCCRQ,
	    .has = HAS(PROTOCOL_VERSION) | HAS(FRAMING_CAPABILITIES) | HAS(HOST_NAME) | HAS(ASSIGNED_TUNNEL_ID) |
		   HAS(CHALLENGE),
	    .protocol_version = 0x0100,
	    .framing_capabilities = L2TP_FRAMING_SYNC | L2TP_FRAMING_ASYNC,
	    .host_name = TEXT("lac"),
	    .assigned_tunnel_id = 0x1234,
	    .challenge = TEXT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0") },
	  "8008 0000 0000 0001"
	  "8016 0000 0024 c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	  "8008 0000 0002 0100"
	  "c00c 0000 0003 798212c12a1f"
	  "8009 0000 0007 6c6163"
	  "c00a 0000 0009 8425d950"
	  "c016 0000 000b d9d51c4be2294a7c4beacc33b1d79f27" },
	{ "ICCN, hidden", true,
	  { .type = CM_ICCN,
	    .has = HAS(FRAMING_TYPE) | HAS(TX_CONNECT_SPEED) | HAS(PROXY_AUTHEN_TYPE) | HAS(PROXY_AUTHEN_NAME) |
		   HAS(PROXY_AUTHEN_ID) | HAS(PROXY_AUTHEN_RESPONSE) | HAS(SEQUENCING_REQUIRED),
	    .framing_type = L2TP_FRAMING_SYNC,
	    .tx_connect_speed = 10000000,
	    .proxy_authen_type = 3,
	    .proxy_authen_name = TEXT("user"),
	    .proxy_authen_id = 7,
	    .proxy_authen_response = TEXT("a password of more than two blocks, all in all") },
	  "8008 0000 0000 000c"
	  "8016 0000 0024 c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	  "c00c 0000 0013 68f45f6c24df"
	  "c00c 0000 0018 b8e13ed2f03c"
	  "400a 0000 001d 8269ca23"
	  "4016 0000 001e 0991b950f6dcbbb1d5e7f1a01e9eb784"
	  "400a 0000 0020 3aa79db9"
	  "4036 0000 0021 5b390bf800d71656234f90ec8f1a13e5a26d19c85ba772fcd525b815801f22aa"
	  "f46e954778462069c48076014854b73f"
	  "8006 0000 0027" },
	{ "HELLO, nothing to hide", true, { .type = CM_HELLO }, "8008 0000 0000 0006" },
};

#define GOLDENS ((int)(sizeof(goldens) / sizeof(goldens[0])))
#define GOLDEN_SECRET (struct l2tp_span) TEXT("secret")

#endif
