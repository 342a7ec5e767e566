/* SPDX-License-Identifier: MIT */
/*
 * PPP as the peer hears of it in control messages: why it ended (RFC 3145), what a LAC wants of LCP and is told of it
 * (RFC 3437, RFC 2661 4.4.6).  What pppd makes of it is ../lab/ppp_test.c's.
 */
#include "scenario.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Causes -------------------------------------------------------------------------------------------------- */

static void cdn_for(struct peer *p, uint16_t code, uint16_t protocol, uint8_t direction)
{
	struct msg m;

	p->session_id++;
	p->engine_session_id = 0;
	peer_call(p);
	m = peer_msg(p, CM_CDN);
	m.ppp_disconnect_cause = (struct ppp_disconnect){ code, protocol, direction, { (const uint8_t *)"x\n", 2 } };
	msg_set(&m, AVP_PPP_DISCONNECT_CAUSE);
	peer_send(p, &m, p->engine_session_id);
	peer_acked(p);
}

/* Every code that the RFC knows, and what the log makes of it; nothing else comes of it (R3145-1-03). */
static void every_cause(struct peer *p)
{
	static const struct {
		uint16_t code, protocol;
		uint8_t direction;
		const char *text;
	} rows[] = {
		{ 0, 0, 0, "no information (cause 0, " }, { 1, 0, 0, "administrative disconnect (" },
		{ 2, 0, 0, "proxy LCP was expected and not sent (" }, { 3, 0, 1, "LCP was terminated, by its peer (" },
		{ 3, 0, 2, "LCP was terminated, by itself (" }, { 4, 0, 1, "encryption was refused, to it (" },
		{ 4, 0, 2, "encryption was refused, by it (" }, { 5, 0xc021, 0, "LCP was not agreed on in time (" },
		{ 6, 0xc021, 0, "no LCP was received (" }, { 7, 0xc021, 0, "the link is a loop (" },
		{ 8, 0xc021, 0, "echo requests were not answered (" },
			{ 9, 0xc021, 0, "endpoint discriminator is not" },
		{ 10, 0xc021, 0, "the MRRU is not" }, { 11, 0xc021, 0, "short sequence numbers are not" },
		{ 12, 0xc021, 1, "callback was refused, to it (" },
			{ 13, 0xc223, 0, "authentication did not end in time (" },
		{ 14, 0xc223, 0, "the authenticated name is not" },
			{ 15, 0xc023, 2, "acceptable, of its peer's to it (" },
		{ 16, 0xc227, 1, "failed, of its peer by it (cause 16, protocol 0xc227, direction 1): x" },
		{ 17, 0x8021, 0, "protocol was not agreed on in time (" },
			{ 18, 0, 0, "no network protocol was left (" },
		{ 19, 0x8057, 1, "no agreement on addresses, its peer insisted (" },
		{ 20, 0x8021, 2, "no address is allowed, its peer's was refused (" },
		{ 16, 0xc223, 255, "authentication failed (cause 16, protocol 0xc223, direction 255)" },
		{ 40000, 0x1234, 0, "? (cause 40000, protocol 0x1234, direction 0)" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char session[32];

		cdn_for(p, rows[i].code, rows[i].protocol, rows[i].direction);
		snprintf(session, sizeof(session), "/%u peer=", p->session_id);
		peer_logged(p, session, rows[i].text);
	}
}

/* ---- A daemon that is a LAC, with a link that its hook has -------------------------------------------------- */

static struct daemon own;
static char hook[] = "/tmp/l2tpd-conformance-hook-XXXXXX", heard[sizeof(hook) + sizeof(".heard")];

static void start_lac(struct peer *p)
{
	int fd = mkstemp(hook);
	char sections[512];

	snprintf(heard, sizeof(heard), "%s.heard", hook);
	MUST(fd >= 0 && fchmod(fd, 0700) == 0);
	dprintf(fd, "#!/bin/sh\n[ $1 = link ] && echo $L2TP_SEND_ACCM $L2TP_RECEIVE_ACCM $L2TP_LNS_LCP_SENT "
		    "$L2TP_LNS_LCP_RECEIVED >>%s\nexit 0\n", heard);
	close(fd);
	snprintf(sections, sizeof(sections),
		 "lns \"own\" { dial-hook = \"%s\" lcp-required = yes\n"
		 "lcp-want = { \"mru=1400\", pfc } lcp-allow = { pfc, \"accm=ffffffff\" } }\n", hook);
	daemon_start(&own, sections);
	p->to.sin_port = htons(own.port);
	p->log = own.log;
	p->lcp_required = true;
}

static void stop_lac(struct peer *p)
{
	(void)p;
	daemon_stop(&own, SIGTERM);
	unlink(hook);
	unlink(heard);
}

/* R2661-4.4.6-02, -04: the LNS has said so, whoever has the link hears of it. */
static void wait_for_hook(const char *expect)
{
	usec_t until = clock_now() + PATIENCE_MS * USEC_PER_MSEC;
	char line[128] = "";

	while (strcmp(line, expect) != 0 && clock_now() < until) {
		FILE *f = fopen(heard, "r");

		usleep(20000);
		while (f && fgets(line, sizeof(line), f))
			; /* the last one */
		if (f)
			fclose(f);
	}
	if (strcmp(line, expect) != 0)
		fail("the hook has heard %s", line);
}

static void sli(struct peer *p, uint32_t send, uint32_t receive, const char *sent, const char *received)
{
	struct msg m = peer_msg(p, CM_SLI);

	m.accm.send = send;
	m.accm.receive = receive;
	m.lns_last_sent_lcp_confreq = (struct l2tp_span){ (const uint8_t *)sent, sent ? strlen(sent) : 0 };
	m.lns_last_received_lcp_confreq = (struct l2tp_span){ (const uint8_t *)received,
		received ? strlen(received) : 0 };
	m.has |= (uint64_t)!!sent << AVP_LNS_LAST_SENT_LCP_CONFREQ |
		 (uint64_t)!!received << AVP_LNS_LAST_RECEIVED_LCP_CONFREQ;
	peer_send(p, &m, p->engine_session_id);
	peer_acked(p);
}

static void link_told(struct peer *p)
{
	sli(p, 0xa0000, 0xffffffff, NULL, NULL);
	wait_for_hook("000a0000 ffffffff\n");
	sli(p, 0, 1, "\1\4\5\170", "\7\2"); /* R3437-2-07, R3437-2.3-01: and again */
	wait_for_hook("00000000 00000001 01040578 0702\n");
}

static bool has_avp(const struct peer *p, const void *avp, size_t len)
{
	for (size_t i = 0; i + len <= p->last.len; i++)
		if (memcmp(p->last.bytes + i, avp, len) == 0)
			return true;
	return false;
}

/* Both, with M. */
static void wishes_required(struct peer *p)
{
	static const uint8_t want[] = { 0x80, 12, 0, 0, 0, 49, 1, 4, 5, 0x78, 7, 2 };
	static const uint8_t allow[] = { 0x80, 14, 0, 0, 0, 50, 7, 2, 2, 6, 255, 255, 255, 255 };

	MUST(has_avp(p, want, sizeof(want)) && has_avp(p, allow, sizeof(allow)));
}

#define WANT "000a 0000 0031 0104 0514"
#define ALLOW "000c 0000 0032 0104 0514 0802"
#define MUST_WANT "800a 0000 0031 0104 0514"
#define BROKEN_WANT "0009 0000 0031 0104 05"
#define MUST_BROKEN_ALLOW "8008 0000 0032 0701"
#define PROXIED "000a 0000 001b 01040578 000a 0000 001c 01040578"
#define RINGING OPEN, SAY(ICRQ), HEAR(ICRP)

const struct scenario lcp_scenarios[] = {
	{ "R3145-3-01, R3145-2-07, -09, R3145-6-01, R3145-3.1-02..06, R3145-3.2-02..09, R3145-3.3-02..05, "
	  "R3145-3.4-04..07: what a CDN says of PPP is logged in words", STRICT, { OPEN, FN(every_cause), ALIVE } },
	{ "R3437-2-01, R3437-2.1-01, R3437-2.1-A49, R3437-2.2-A50: LCP options wanted and allowed", STRICT,
	  { RINGING, WITH(ICCN, WANT ALLOW), ACKED, ALIVE } },
	{ "R3437-2-06: and with M", STRICT, { RINGING, WITH(ICCN, MUST_WANT), ACKED, ALIVE } },
	{ "R3437-2-03: beside proxy LCP", STRICT, { RINGING, WITH(ICCN, PROXIED WANT ALLOW), ACKED, ALIVE } },
	{ "X3437-2-01: a list that breaks off changes nothing", STRICT,
	  { RINGING, WITH(ICCN, BROKEN_WANT), ACKED, ALIVE } },
	{ "X3437-2-01: not even with M", STRICT, { RINGING, WITH(ICCN, MUST_BROKEN_ALLOW), ACKED, ALIVE } },
	{ "R3437-2-06, -07, R3437-2.1-01, R2661-4.4.6-02, -04: as LAC of an outgoing call, and told what came of it",
	  OWN,
	  { FN(start_lac), OPEN, SAY(OCRQ), HEAR(OCRP), HEAR(OCCN), FN(wishes_required), FN(link_told), SAY(CDN), ACKED,
	    FN(stop_lac) } },
	{ 0 }
};
