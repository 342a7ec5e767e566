/* SPDX-License-Identifier: MIT */
/* AVPs and errors in messages (RFC 2661 4.1 to 4.4, 7.1), what our messages contain (6.2, 6.7), hiding (4.3). */
#include "scenario.h"
#include "lib/l2tp/digest.h"

#include <string.h>
#include <unistd.h>

#define UNKNOWN_M "8006 ffff 0001 " /* a vendor's, mandatory */

static void names_the_attribute(struct peer *p)
{
	struct l2tp_span text = p->last.msg.result_code.text;

	MUST(memmem(text.data, text.len, "65535", 5) && memmem(text.data, text.len, "attribute 1", 11));
}

static void identity(struct peer *p)
{
	char host[256];
	const struct msg *m = &p->last.msg;

	MUST(m->protocol_version == 0x0100 && m->assigned_tunnel_id != 0 && m->framing_capabilities);
	MUST(gethostname(host, sizeof(host)) == 0);
	MUST(m->host_name.len == strlen(host) && !memcmp(m->host_name.data, host, m->host_name.len));
}

static void identity_full(struct peer *p)
{
	const struct msg *m = &p->last.msg;

	MUST(m->vendor_name.len == 13 && !memcmp(m->vendor_name.data, "Hersteller-\xc3\x84", 13));
	MUST(m->receive_window_size == 4);
}

/* The daemon cannot know our tunnel id. */
static void unnamed(struct peer *p) { p->unnamed = true; }
static void id_999(struct peer *p) { p->id = 999; }
static void session_30000(struct peer *p) { p->session_id = 30000; }

/* ICCN with a Tx Connect Speed hidden with padding: 4 octets of value, 12 of padding, Length 24 (R2661-4.3-06). */
static void padded(struct peer *p)
{
	static const struct l2tp_span vector = { (const uint8_t *)"any length", 10 };
	uint8_t body[128], value[18] = { 0, 4, 0, 0, 0xfa, 0, 1, 2, 3 };
	struct writer w = writer_of(body, sizeof(body));
	uint8_t octets[64];

	digest_hide(24, p->secret, vector, value, sizeof(value));
	put_span(&w, octets_of("8008 0000 0000 000c 800a 0000 0013 00000001 8010 0000 0024", octets, sizeof(octets)));
	put_span(&w, vector);
	put_span(&w, octets_of("c018 0000 0018", octets, sizeof(octets)));
	put_span(&w, (struct l2tp_span){ value, sizeof(value) });
	peer_send_body(p, writer_span(&w), p->engine_session_id);
	peer_acked(p);
}

static void everything_optional(struct peer *p)
{
	struct msg m = peer_msg(p, CM_SCCRQ);

	m.bearer_capabilities = 3;
	m.receive_window_size = 1;
	m.tie_breaker = 1;
	m.firmware_revision = 0xffff;
	m.vendor_name = m.host_name;
	m.challenge = (struct l2tp_span){ (const uint8_t *)"x", 1 };
	msg_set(&m, AVP_BEARER_CAPABILITIES);
	msg_set(&m, AVP_RECEIVE_WINDOW_SIZE);
	msg_set(&m, AVP_TIE_BREAKER);
	msg_set(&m, AVP_FIRMWARE_REVISION);
	msg_set(&m, AVP_VENDOR_NAME);
	msg_set(&m, AVP_CHALLENGE);
	peer_send(p, &m, 0);
	(void)peer_hear(p, CM_SCCRP);
	peer_say(p, CM_SCCCN);
	peer_acked(p);
}

static void say_icrq(struct peer *p, uint32_t bearer, uint32_t channel)
{
	struct msg m = peer_msg(p, CM_ICRQ);

	m.bearer_type = bearer;
	m.physical_channel_id = channel;
	m.calling_number = m.sub_address = m.called_number;
	msg_set(&m, AVP_BEARER_TYPE);
	msg_set(&m, AVP_PHYSICAL_CHANNEL_ID);
	msg_set(&m, AVP_CALLED_NUMBER);
	msg_set(&m, AVP_CALLING_NUMBER);
	msg_set(&m, AVP_SUB_ADDRESS);
	peer_send(p, &m, 0);
	(void)peer_hear(p, CM_ICRP);
	p->session_id++;
}

static void bearers(struct peer *p)
{
	for (uint32_t bearer = 0; bearer < 4; bearer++)
		say_icrq(p, bearer, bearer ? 0xffffffff : 0);
}

/* An SCCRQ, piece by piece; the flawed ones are of tunnel 999. */
#define TYPE "8008 0000 0000 0001 "
#define VERSION "8008 0000 0002 0100 "
#define FRAMING "800a 0000 0003 00000003 "
#define HOST_NAME "8007 0000 0007 6c "
#define TUNNEL_ID "8008 0000 0009 03e7 "
#define FLAWED(hex) FN(id_999), BODY(hex)

const struct scenario avp_scenarios[] = {
	/* what we say */
	{ "R2661-6.2-01..06, R2661-3.1-19, R2661-4.4.3-01, -09, -10, -07: SCCRP, with the machine's name", BARE,
	  { SAY(SCCRQ), HEAR(SCCRP), HAS(PROTOCOL_VERSION), HAS(FRAMING_CAPABILITIES), HAS(HOST_NAME),
	    HAS(ASSIGNED_TUNNEL_ID), HAS_NOT(VENDOR_NAME), HAS_NOT(CHALLENGE), HAS_NOT(CHALLENGE_RESPONSE),
	    HAS_NOT(BEARER_CAPABILITIES), HAS_NOT(TIE_BREAKER), FN(identity), SAY(SCCCN), ACKED, ALIVE } },
	{ "R2661-6.2-07, R2661-4.4.3-11: SCCRP with more", FULL,
	  { SAY(SCCRQ), HEAR(SCCRP), HAS(VENDOR_NAME), HAS(RECEIVE_WINDOW_SIZE), FN(identity_full) } },
	{ "R2661-6.7-01..03, R2661-3.1-21, X2661-6-03, R2661-4.4.4-11: ICRP", STRICT,
	  { OPEN, SAY(ICRQ), HEAR(ICRP), HAS(ASSIGNED_SESSION_ID), HAS_NOT(RESULT_CODE) } },

	/* what we accept */
	{ "R2661-6.1-07, R2661-6.3-03: SCCRQ with all there is", ANSWERS, { FN(everything_optional), ALIVE } },
	{ "R2661-6.6-06, R2661-4.4.4-03, -04, -08: ICRQ with all there is, of any bearer", STRICT,
	  { OPEN, FN(bearers), ALIVE } },
	{ "R2661-6.8-05: ICCN with all there is", STRICT,
	  { OPEN, SAY(ICRQ), HEAR(ICRP),
	    WITH(ICCN, "000a 0000 001a 01040578 000a 0000 001b 01040578 000a 0000 001c 01040578 0008 0000 001d 0002"
		       "0007 0000 001e 75 0007 0000 001f 63 0008 0000 0020 0001 0007 0000 0021 72 0007 0000 0025 67"
		       "000a 0000 0026 0000fa00 8006 0000 0027"),
	    ACKED, ALIVE } },
	{ "X2661-4.1-03, X2661-4.1-05, X2661-4.4-01: twice, out of place, and M where it should not be", STRICT,
	  { SAY(SCCRQ), HEAR(SCCRP), WITH(SCCCN, "8008 0000 000e 0001 8008 0000 0009 0001"), ACKED,
	    WITH(ICRQ, "800a 0000 0019 00000001 000a 0000 000f 00000001"), HEAR(ICRP), ALIVE } },
	{ "X2661-4.1-04: in any order", STRICT,
	  { OPEN, FN(session_30000), BODY("8008 0000 0000 000a 800a 0000 000f 00000001 8008 0000 000e 7530"),
	    HEAR(ICRP) } },
	{ "R2661-4.1-05, -06, -10, R2661-7.1-08, R2661-10-01: unknown or malformed without M is as if absent", STRICT,
	  { WITH(SCCRQ,
	    "0006 ffff 0001 000a 0137 0001 deadbeef 0009 0000 0004 000000 0006 0000 00ff 0007 0000 000a 04"),
	    HEAR(SCCRP), SAY(SCCCN), ACKED, ALIVE } },
	{ "R2661-7.1-09: the worked example, Rx Connect Speed of 2 octets", STRICT,
	  { OPEN, SAY(ICRQ), HEAR(ICRP), WITH(ICCN, "0008 0000 0026 0001"), ACKED, ALIVE } },
	{ "R2661-4.4.1-08, R2661-10-01: an unknown message without M is acknowledged, and that is all", STRICT,
	  { OPEN, BODY("0008 0000 0000 0063"), ACKED, ALIVE } },

	/* what we refuse: in an SCCRQ */
	{ "R2661-4.1-04, R2661-4.4.2-01, R2661-4.4.2-E08, R2661-4.4.2-C02: unknown with M", STRICT,
	  { WITH(SCCRQ, UNKNOWN_M), STOPPED(2, 8), FN(names_the_attribute) } },
	{ "R2661-4.1-02: a reserved bit makes it unknown", STRICT,
	  { WITH(SCCRQ, "8408 0000 0006 0001"), STOPPED(2, 8) } },
	{ "R2661-4.1-02: the same without M", STRICT, { WITH(SCCRQ, "2008 0000 0006 0001"), HEAR(SCCRP) } },
	{ "R2661-5.8-25, X2661-7.1-02, R2661-4.4.2-E03: window 0", STRICT,
	  { WITH(SCCRQ, "8008 0000 000a 0000"), STOPPED(2, 3) } },
	{ "X2661-7.1-03, R2661-4.4.2-E02, R2661-7.1-07: wrong length with M", STRICT,
	  { WITH(SCCRQ, "8007 0000 000a 04"), STOPPED(2, 2) } },
	{ "X2661-4.1-01: AVP Length 5", STRICT, { WITH(SCCRQ, "8005 0000 000a"), STOPPED(2, 2) } },
	{ "X2661-4.1-01: AVP beyond the end", STRICT, { WITH(SCCRQ, "8009 0000 000a 0001"), STOPPED(2, 2) } },
	{ "X2661-4.1-02: octets behind the last AVP", STRICT, { WITH(SCCRQ, "8006 00"), STOPPED(2, 2) } },
	{ "X2661-5.1.1-04: a response of 15 octets", STRICT,
	  { SAY(SCCRQ), HEAR(SCCRP), WITH(SCCCN, "8015 0000 000d 00112233445566778899aabbccddee"), STOPPED(2, 2) } },
	{ "R2661-6.1-02..06: nothing is wrong with this one", STRICT,
	  { FLAWED(TYPE VERSION FRAMING HOST_NAME TUNNEL_ID), HEAR(SCCRP) } },
	{ "R2661-6.1-02, X2661-4.4.1-01, R2661-4.4.1-05: the Message Type is not the first", STRICT,
	  { FLAWED(VERSION TYPE FRAMING HOST_NAME TUNNEL_ID), STOPPED(2, 3) } },
	{ "R2661-6.1-03, X2661-7.1-01: Protocol Version is missing", STRICT,
	  { FLAWED(TYPE FRAMING HOST_NAME TUNNEL_ID), STOPPED(2, 3) } },
	{ "R2661-6.1-04, X2661-7.1-01: Host Name is missing", STRICT,
	  { FLAWED(TYPE VERSION FRAMING TUNNEL_ID), STOPPED(2, 3) } },
	{ "R2661-6.1-05, X2661-7.1-01: Framing Capabilities are missing", STRICT,
	  { FLAWED(TYPE VERSION HOST_NAME TUNNEL_ID), STOPPED(2, 3) } },
	{ "R2661-6.1-06, X2661-7.1-01: Assigned Tunnel ID is missing", STRICT,
	  { FN(unnamed), BODY(TYPE VERSION FRAMING HOST_NAME), STOPPED(2, 3) } },
	{ "R2661-5.3-01, X2661-7.1-02: Assigned Tunnel ID 0", STRICT,
	  { FN(unnamed), BODY(TYPE VERSION FRAMING HOST_NAME "8008 0000 0009 0000"), STOPPED(2, 3) } },
	{ "R2661-4.4.3-09, X2661-7.1-02: Host Name is empty", STRICT,
	  { FLAWED(TYPE VERSION FRAMING "8006 0000 0007" TUNNEL_ID), STOPPED(2, 2) } },
	{ "X2661-7.1-02: Protocol Version 0", STRICT,
	  { FLAWED(TYPE "8008 0000 0002 0000" FRAMING HOST_NAME TUNNEL_ID), STOPPED(2, 3) } },
	{ "X2661-7.1-06: refused from no lasting state; the next one is welcome", STRICT,
	  { WITH(SCCRQ, UNKNOWN_M), STOPPED(2, 8), ANEW, OPEN, ALIVE } },

	/* in a tunnel's message */
	{ "R2661-7.1-03, X2661-4.4.1-01, X2661-7.1-04: no Message Type, logged, acknowledged", STRICT,
	  { OPEN, BODY("8008 0000 000e 0001"), STOPPED(2, 3), ACKED, LOGGED("Message Type") } },
	{ "R2661-4.4.1-07, R2661-7.1-05: an unknown message with M", STRICT,
	  { OPEN, CALL, BODY("8008 0000 0000 0063"), STOPPED(2, 8), ACKED } },
	{ "R2661-4.1-04: unknown AVP with M in HELLO", STRICT, { OPEN, CALL, WITH(HELLO, UNKNOWN_M), STOPPED(2, 8) } },
	{ "X2661-6-01, R2661-6.5-02, R2661-4.4.2-E05: HELLO with a Session ID", STRICT,
	  { OPEN, CALL, CALL_BODY("8008 0000 0000 0006"), STOPPED(2, 5) } },
	{ "X2661-7.1-03: a Message Type of one octet", STRICT, { OPEN, BODY("8007 0000 0000 06"), STOPPED(2, 2) } },

	/* in a call's */
	{ "R2661-4.1-03, X2661-7.1-05: unknown AVP with M: the call goes, the tunnel stays", STRICT,
	  { OPEN, SAY(ICRQ), HEAR(ICRP), WITH(ICCN, UNKNOWN_M), REFUSED(2, 8), FN(names_the_attribute), HUNG_UP } },
	{ "R2661-7.1-07, R2661-4.4.2-D02: malformed AVP with M", STRICT,
	  { OPEN, SAY(ICRQ), HEAR(ICRP), WITH(ICCN, "8008 0000 0026 0001"), REFUSED(2, 2), HUNG_UP } },
	{ "R2661-6.6-04: ICRQ without Assigned Session ID", STRICT,
	  { OPEN, BODY("8008 0000 0000 000a 800a 0000 000f 00000001"), ACKED, ALIVE } },
	{ "R2661-6.6-05, X2661-7.1-01: ICRQ without serial number", STRICT,
	  { OPEN, BODY("8008 0000 0000 000a 8008 0000 000e 7530"), REFUSED(2, 3), ALIVE } },
	{ "R2661-6.8-03, X2661-7.1-01: ICCN without Connect Speed", STRICT,
	  { OPEN, SAY(ICRQ), HEAR(ICRP), CALL_BODY("8008 0000 0000 000c 800a 0000 0013 00000001"), REFUSED(2, 3),
	    HUNG_UP } },
	{ "R2661-6.8-04, X2661-7.1-01: ICCN without Framing Type", STRICT,
	  { OPEN, SAY(ICRQ), HEAR(ICRP), CALL_BODY("8008 0000 0000 000c 800a 0000 0018 00000001"), REFUSED(2, 3),
	    HUNG_UP } },
	{ "X2661-4.4.2-02: StopCCN without Result Code is obeyed", STRICT,
	  { OPEN, BODY("8008 0000 0000 0004 8008 0000 0009 03e8"), ACKED, QUIET(100), SAY(ICRQ), ACKED, QUIET(100) } },
	{ "X2661-5.3-01: Assigned Session ID 0 in a CDN is put up with", STRICT,
	  { OPEN, CALL, CALL_BODY("8008 0000 0000 000e 8008 0000 0001 0001 8008 0000 000e 0000"), ACKED, HUNG_UP } },
	{ "X2661-4.4.2-02: CDN with rubbish is obeyed", STRICT,
	  { OPEN, CALL, CALL_BODY("8008 0000 0000 000e 8006 ffff 0001"), ACKED, HUNG_UP } },
	{ "X2661-4.4.2-01, R2661-4.4.2-06, R2661-4.4.2-03: unknown codes are taken and logged", STRICT,
	  { OPEN, BODY("8008 0000 0000 0004 8008 0000 0009 03e8 800d 0000 0001 03e7 0378 627965"), ACKED,
	    LOGGED("result 999, error 888"), LOGGED("bye") } },
	{ "R2661-4.4.2-06, R2661-4.4.2-E04, R2661-4.4.2-D02: the error of a CDN is logged", STRICT,
	  { OPEN, CALL, CALL_BODY("8008 0000 0000 000e 8008 0000 000e 7530 800a 0000 0001 0002 0004"), ACKED,
	    LOGGED("resources") } },
	{ "X2661-4.4.2-01: result 0 of a CDN", STRICT,
	  { OPEN, CALL, CALL_BODY("8008 0000 0000 000e 8008 0000 000e 7530 8008 0000 0001 0000"), ACKED, HUNG_UP } },

	/* hiding */
	{ "R2661-4.1-07, R2661-4.3-01..04, -10, -11, R2661-4.4.1-01, -03, R2661-5.1.1-06: both ends hide", HIDING,
	  { OPEN, CALL, ALIVE } },
	{ "R2661-4.3-05, -06: padded", HIDING, { OPEN, SAY(ICRQ), HEAR(ICRP), FN(padded), ALIVE } },
	{ "X2661-4.3-01: hidden, and there is no secret", STRICT,
	  { WITH(SCCRQ, "8010 0000 0024 00112233445566778899 c00c 0000 000b 001122334455"), STOPPED(2, 3) } },
	{ "X2661-4.3-01: hidden without a vector", HIDING,
	  { OPEN, SAY(ICRQ), HEAR(ICRP), CALL_BODY("8008 0000 0000 000c c00c 0000 0018 001122334455"), REFUSED(2,
	    3) } },
	{ "X2661-4.3-02: hidden with another secret", HIDING,
	  { OPEN, SAY(ICRQ), HEAR(ICRP),
	    CALL_BODY("8008 0000 0000 000c 8008 0000 0024 0011 c00c 0000 0018 ffeeddccbbaa"),
	    REFUSED(2, 3) } },
	{ "X2661-4.3-03: hidden, one octet", HIDING,
	  { OPEN, SAY(ICRQ), HEAR(ICRP), CALL_BODY("8008 0000 0000 000c 8008 0000 0024 0011 c007 0000 0018 ff"),
	    REFUSED(2, 3) } },
	{ "X2661-4.3-04: a hidden Message Type", HIDING,
	  { OPEN, BODY("8008 0000 0024 0011 c00a 0000 0000 00112233"), STOPPED(2, 3) } },
	{ 0 }
};
