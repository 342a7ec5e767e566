/* SPDX-License-Identifier: MIT */
/* Incoming calls with the daemon as the LNS: RFC 2661 7.4.2, 5.2.1, 5.6; outgoing ones that it places: 5.2.2, 7.5.1. */
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-bus.h>
#include <string.h>
#include <unistd.h>

/* To the call that is there, as if it had no number yet or another one. */
static void icrq_to_call(struct peer *p)
{
	struct msg m = peer_msg(p, CM_ICRQ);

	m.assigned_session_id ^= 0x4000;
	peer_send(p, &m, p->engine_session_id);
}

static void ocrq_to_call(struct peer *p)
{
	struct msg m = peer_msg(p, CM_OCRQ);

	peer_send(p, &m, p->engine_session_id);
}

/* The CDN names our session in its header and the daemon's in its AVP (R2661-4.4.4-13, R2661-6.12-05). */
static void cdn_ids(struct peer *p)
{
	MUST(p->last.header.session_id == p->session_id);
	MUST(p->last.msg.assigned_session_id == p->engine_session_id);
}

/* A refusal: our id in the header, and some id that is not 0 in the AVP (X2661-5.3-01). */
static void refusal_ids(struct peer *p)
{
	MUST(p->last.header.session_id == p->session_id);
	MUST(p->last.msg.assigned_session_id != 0);
}

static void next_call(struct peer *p)
{
	p->session_id++;
	p->engine_session_id = 0;
}

static void cdn_by_own_id(struct peer *p)
{
	struct msg m = peer_msg(p, CM_CDN);

	peer_send(p, &m, 0);
	peer_acked(p);
}

static void unknown_session(struct peer *p)
{
	static const enum cm_type types[] = { CM_ICRP, CM_ICCN, CM_OCRP, CM_OCCN, CM_CDN, CM_WEN, CM_SLI };
	struct peer q = *p;

	q.engine_session_id ^= 0x1111;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		peer_say(&q, types[i]);
		peer_acked(&q);
	}
	peer_quiet(&q, 100, true);
	q.engine_session_id = p->engine_session_id;
	*p = q;
}

static void framing(struct peer *p)
{
	struct msg m = peer_msg(p, CM_ICCN);

	m.framing_type = 4;
	peer_send(p, &m, p->engine_session_id);
}

/* Calls that overtake each other. */
static void interleaved(struct peer *p)
{
	uint16_t first;

	peer_say(p, CM_ICRQ);
	(void)peer_hear(p, CM_ICRP);
	first = p->engine_session_id;
	next_call(p);
	peer_call(p);
	peer_say(p, CM_CDN);
	p->session_id--;
	p->engine_session_id = first;
	peer_say(p, CM_ICCN);
	peer_acked(p);
	icrq_to_call(p); /* established: it is hung up for this, not ignored */
	(void)peer_hear(p, CM_CDN);
	cdn_ids(p);
}

static uint16_t old_session;

static void keep_session(struct peer *p) { old_session = p->engine_session_id; }
static void another_session(struct peer *p) { MUST(p->engine_session_id != old_session); }

/* Every code that the RFC knows, and what the log makes of it. */
static void every_code(struct peer *p)
{
	static const struct {
		uint16_t result, error;
		const char *text;
	} rows[] = {
		{ 1, 0, "loss of carrier" }, { 3, 0, "administrative" }, { 4, 0, "time being" }, { 5, 0, "at all" },
		{ 6, 0, "invalid destination" }, { 7, 0, "no carrier" }, { 8, 0, "busy" }, { 9, 0, "no dial tone" },
		{ 10, 0, "not established in time" }, { 11, 0, "framing" }, { 2, 1, "no control connection" },
		{ 2, 2, "wrong length" }, { 2, 3, "out of range" }, { 2, 4, "resources" }, { 2, 5, "Session ID" },
		{ 2, 6, "vendor" }, { 2, 7, "try another" }, { 2, 8, "unknown mandatory AVP" }, { 2, 0,
		"general error" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg m;
		char code[32];

		next_call(p);
		peer_call(p);
		m = peer_msg(p, CM_CDN);
		m.result_code = (struct result_code){ .result = rows[i].result, .error = rows[i].error,
						      .has_error = rows[i].result == 2 };
		peer_send(p, &m, p->engine_session_id);
		peer_acked(p);
		snprintf(code, sizeof(code), "/%u peer=", p->session_id);
		peer_logged(p, code, rows[i].text);
	}
}

/* Has the daemon's hook been asked for that?  How often that was when it is sure not to come again. */
static unsigned hook_calls(const struct peer *p, const char *action)
{
	char path[128], line[64], expect[64];
	unsigned n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s.calls", p->log);
	snprintf(expect, sizeof(expect), "%s %u/%u\n", action, p->engine_id, p->engine_session_id);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		n += strcmp(line, expect) == 0;
	if (f)
		fclose(f);
	return n;
}

/* The call was placed once, and is not released. */
static void placed(struct peer *p)
{
	MUST(hook_calls(p, "dial") == 1 && hook_calls(p, "hangup") == 0);
}

static void released(struct peer *p)
{
	usec_t until = clock_now() + PATIENCE_MS * USEC_PER_MSEC;

	while (!hook_calls(p, "hangup") && clock_now() < until)
		usleep(20000);
	MUST(hook_calls(p, "hangup") == 1);
}

#define PLACED OPEN, SAY(OCRQ), HEAR(OCRP), HEAR(OCCN), FN(placed)
#define RINGING OPEN, SAY(ICRQ), HEAR(ICRP)

/* AVPs of a call */
#define CALLED_0800 "000a 0000 0015 30383030"
#define CALLED_0900 "000a 0000 0015 30393030"
#define CALLING_12 "0008 0000 0016 3132"
#define SUB_ADDRESS_7 "0007 0000 0017 37"
#define SESSION_DS_0 "0008 0000 0030 0000"
#define GROUP(hex) "0009 0000 0025" hex
#define RED "726564"
#define REX "726578"
#define PROXY_NONE_JO "0008 0000 001d 0004 0008 0000 001e 6a6f"

static void shown(struct peer *p, sd_bus *bus, const char *property, const char *expect)
{
	char path[64], *value = NULL;

	snprintf(path, sizeof(path), "/org/l2tpd1/session/%u_%u", p->engine_id, p->engine_session_id);
	MUST(sd_bus_get_property_string(bus, NULL, path, "org.l2tpd1.Session", property, NULL, &value) >= 0);
	if (strcmp(value, expect) != 0)
		fail("%s is \"%s\", not \"%s\"", property, value, expect);
	free(value);
}

/* The session's object has what the LAC says of the remote system. */
static void proxy_shown(struct peer *p)
{
	char address[128];
	sd_bus *bus;

	snprintf(address, sizeof(address), "unix:path=%s/bus", p->directory);
	MUST(sd_bus_new(&bus) >= 0 && sd_bus_set_address(bus, address) >= 0 && sd_bus_start(bus) >= 0);
	shown(p, bus, "ProxyAuthenType", "none");
	shown(p, bus, "ProxyAuthenName", "jo");
	sd_bus_flush_close_unref(bus);
}

/* What the ICRP has. */
static void offers_46(struct peer *p) { MUST(p->last.msg.session_ds == 46 << 10); }
static void offers_10(struct peer *p) { MUST(p->last.msg.session_ds == 10 << 10); }

const struct scenario call_scenarios[] = {
	{ "R3308-4-06: Proxy Authen Name in the ICRQ", STRICT,
	  { OPEN, WITH(ICRQ, "0008 0000 001e 6a6f"), HEAR(ICRP), SAY(ICCN), ACKED, ALIVE } },
	{ "R2661-7.4.2-S01, -S06, R2661-5.2.1-01, R2661-6.6-01, -03, R2661-6.7-01, R2661-6.8-01, -02: "
	  "ICRQ, ICRP, ICCN, acknowledged", STRICT,
	  { OPEN, SAY(ICRQ), HEAR(ICRP), SAY(ICCN), ACKED, ALIVE } },
	{ "R2661-7.4.2-S02, R2661-7.4-05, X2661-5.3-01, R2661-5.8-27, R2661-4.4.2-E04: one call too many", FULL,
	  { OPEN, CALL, FN(next_call), CALL, FN(next_call), SAY(ICRQ), REFUSED(2, 4), FN(refusal_ids), ALIVE } },
	{ "X2661-6-05, R2661-4.4.2-E05: an id that is taken", STRICT,
	  { OPEN, CALL, SAY(ICRQ), REFUSED(2, 5), FN(refusal_ids), SAY(CDN), ACKED, ALIVE } },
	{ "X2661-7.4.1-01, X2661-7.5.2-07, R2661-4.4.2-D05: no outgoing calls here", STRICT,
	  { OPEN, SAY(OCRQ), REFUSED(5, 0), FN(refusal_ids), ALIVE } },
	{ "X2661-6-07, R2661-7.4.2-S04, -S05, R2661-7.4.1-S02..S04: a call that is not there", STRICT,
	  { OPEN, FN(unknown_session), ALIVE } },
	{ "R2661-7.4.2-S07, R2661-4.4.3-03, R2661-4.4.2-D11: a framing that we did not offer", STRICT,
	  { RINGING, FN(framing), REFUSED(11, 0), FN(cdn_ids), HUNG_UP } },
	{ "R2661-7.4.2-S08, X2661-6-04: ICRQ to the call that waits", STRICT,
	  { RINGING, FN(icrq_to_call), HEAR(CDN), FN(cdn_ids), HUNG_UP } },
	{ "R2661-7.4.2-S09", STRICT, { RINGING, SAY(ICRP), HEAR(CDN), FN(cdn_ids), HUNG_UP } },
	{ "R2661-7.4.2-S10, R2661-6.12-01, -02, R2661-5.6-01", STRICT,
	  { RINGING, SAY(CDN), ACKED, QUIET(50), HUNG_UP } },
	{ "R2661-4.4.4-14, R2661-4.4.4-12: CDN to Session ID 0", STRICT, { RINGING, FN(cdn_by_own_id), HUNG_UP } },
	{ "X2661-7.4.2-01, R2661-4.4.2-D10, R2661-6.12-03..05, R2661-4.4.4-13: ICCN never comes", QUICK,
	  { RINGING, REFUSED(10, 0), HAS(ASSIGNED_SESSION_ID), FN(cdn_ids), HUNG_UP } },
	{ "X2661-7.4.2-02: StopCCN, no CDN", STRICT, { RINGING, SAY(STOPCCN), ACKED, QUIET(100) } },
	{ "X2661-7.4.2-03: OCRQ", STRICT, { RINGING, FN(ocrq_to_call), HEAR(CDN), FN(cdn_ids), HUNG_UP } },
	{ "X2661-7.4.2-03: OCRP", STRICT, { RINGING, SAY(OCRP), HEAR(CDN), FN(cdn_ids), HUNG_UP } },
	{ "X2661-7.4.2-03: OCCN", STRICT, { RINGING, SAY(OCCN), HEAR(CDN), FN(cdn_ids), HUNG_UP } },
	{ "R2661-7.4.2-S12, R2661-6.12-01, -02", STRICT, { OPEN, CALL, SAY(CDN), ACKED, QUIET(50), HUNG_UP } },
	{ "R2661-7.4.2-S14", STRICT, { OPEN, CALL, FN(icrq_to_call), HEAR(CDN), FN(cdn_ids), HUNG_UP } },
	{ "R2661-7.4.2-S15", STRICT, { OPEN, CALL, SAY(ICRP), HEAR(CDN), FN(cdn_ids), HUNG_UP } },
	{ "R2661-7.4.2-S16", STRICT, { OPEN, CALL, SAY(ICCN), HEAR(CDN), FN(cdn_ids), HUNG_UP } },
	{ "X2661-7.4.2-02: StopCCN when it is up", STRICT, { OPEN, CALL, SAY(STOPCCN), ACKED, QUIET(100) } },
	{ "X2661-7.4.2-03: OCCN when it is up", STRICT, { OPEN, CALL, SAY(OCCN), HEAR(CDN), HUNG_UP } },
	{ "X2661-7.4.2-04, X2661-6-06: WEN and SLI change nothing", STRICT,
	  { OPEN, CALL, SAY(WEN), SAY(SLI), ACKED, QUIET(50), SAY(ICCN), HEAR(CDN) } },
	{ "X2661-5.7-03: CDN crosses CDN", STRICT,
	  { OPEN, CALL, SAY(ICCN), HEAR(CDN), SAY(CDN), ACKED, QUIET(100), ALIVE } },
	{ "X2661-5.6-01, X2661-5.3-02: the id of a call that is over", STRICT,
	  { OPEN, CALL, FN(keep_session), SAY(CDN), FN(next_call), CALL, FN(another_session), ALIVE } },
	{ "R2661-4.4.2-D01..D11, R2661-4.4.2-E00..E08, R2661-4.4.2-06: what a CDN says is logged in words", STRICT,
	  { OPEN, FN(every_code) } },
	{ "R3308-4-05, -07: sessions told apart by Called Number and Sub-Address", CALLS,
	  { OPEN, WITH(ICRQ, CALLED_0800 SUB_ADDRESS_7 SESSION_DS_0), HEAR(ICRP), HAS(SESSION_DS), FN(offers_46), SAY(ICCN),
	    LOGGED("profile=number: session established") } },
	{ "R3308-4-05: by Calling Number", CALLS,
	  { OPEN, WITH(ICRQ, CALLED_0800 CALLING_12 SESSION_DS_0), HEAR(ICRP), HAS(SESSION_DS), FN(offers_10), SAY(ICCN),
	    LOGGED("profile=caller: session established") } },
	{ "R3308-4-05: by Proxy Authen Name; what is known of it is shown", CALLS,
	  { OPEN, SAY(ICRQ), HEAR(ICRP), WITH(ICCN, PROXY_NONE_JO), LOGGED("profile=name: session established"),
	    FN(proxy_shown) } },
	{ "R2661-4.4.4-09: by Private Group ID", CALLS,
	  { OPEN, WITH(ICRQ, CALLED_0800), HEAR(ICRP), WITH(ICCN, GROUP(RED)),
	    LOGGED("profile=red: session established") } },
	{ "R2661-4.4.4-09: nobody's Private Group ID", CALLS,
	  { OPEN, SAY(ICRQ), HEAR(ICRP), WITH(ICCN, GROUP(REX)), REFUSED(3, 0), ALIVE } },
	{ "R3308-4-07, R2661-7.4-05, R2661-4.4.2-D03: nobody's number", NUMBERS,
	  { OPEN, WITH(ICRQ, CALLED_0900), REFUSED(3, 0), FN(refusal_ids), ALIVE } },
	{ "R3308-4-07: somebody's number", NUMBERS,
	  { OPEN, WITH(ICRQ, CALLED_0800), HEAR(ICRP), SAY(ICCN), LOGGED("profile=only: session established") } },
	{ "R2661-6.1-01, R2661-5.2.2-01, R2661-6.9-01, R2661-6.10-01, R2661-6.11-01, R2661-7.5.1-S01, -S06: OCRQ, OCRP, the call, OCCN",
	  PLACES_CALLS, { PLACED, HAS(TX_CONNECT_SPEED), HAS(FRAMING_TYPE), ACKED, ALIVE } },
	{ "R2661-7.5.1-02, R2661-7.5.1-S15: the call that was placed is released", PLACES_CALLS,
	  { PLACED, SAY(CDN), ACKED, FN(released), ALIVE } },
	{ "R2661-7.5.1-02: the tunnel's end releases it too", PLACES_CALLS, { PLACED, SAY(STOPCCN), ACKED, FN(released) } },
	{ "R2661-7.3-01: calls do not wait for each other", STRICT, { OPEN, FN(interleaved) } },
	{ 0 }
};
