/* SPDX-License-Identifier: MIT */
/*
 * The state machines of a call through the door, cell by cell: RFC 2661 7.4.1 (LAC) and 7.4.2 (LNS), incoming; 7.5.1
 * (LAC) and 7.5.2 (LNS), outgoing.
 *
 * wait-decision and wait-dataplane are ours, between ICRQ and ICRP, ICRP and ICCN, OCRQ and OCRP, or behind OCRP; so is
 * connected.  The RFC's "idle" after "clean up" is "gone" here, or "dead" while the world has an operation of the session in
 * its hands, unless that is a decision.
 */
#include "engine_world.h"

#include <check.h>

static struct world w;
static struct peer p;

/* ---- States -------------------------------------------------------------------------------------------------- */

static uint32_t call(void)
{
	uint32_t id;

	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ .framing_type = 1 }, 5, w.now, &id), 0);
	world_drain(&w);
	return id;
}

static uint32_t in_no_tunnel(void)
{
	return 0;
}

static uint32_t in_none(void)
{
	peer_open(&p);
	return 0;
}

static uint32_t lac_wait_tunnel(void)
{
	p.engine_id = (uint16_t)engine_dial(&p);
	return call();
}

static uint32_t lac_wait_reply(void)
{
	peer_open(&p);
	return call();
}

static uint32_t lac_wait_dataplane(void)
{
	uint32_t id = lac_wait_reply();

	w.hold = true;
	peer_say(&p, CM_ICRP);
	return id;
}

static uint32_t lac_established(void)
{
	uint32_t id = lac_wait_reply();

	peer_say(&p, CM_ICRP);
	return id;
}

static uint32_t lns_wait_connect(void)
{
	peer_open(&p);
	peer_say(&p, CM_ICRQ);
	return p.engine_session_id;
}

static uint32_t lns_wait_dataplane(void)
{
	peer_open(&p);
	w.hold = true;
	peer_say(&p, CM_ICRQ);
	p.engine_session_id = (uint16_t)w.last_add.session_id;
	return p.engine_session_id;
}

static uint32_t undecided(enum cm_type type)
{
	peer_open(&p);
	w.undecided = w.hold = true;
	peer_say(&p, type);
	p.engine_session_id = (uint16_t)w.last_decide.session_id;
	return p.engine_session_id;
}

static uint32_t lns_wait_decision(void) { return undecided(CM_ICRQ); }
static uint32_t out_lac_wait_decision(void) { return undecided(CM_OCRQ); }

/* What the ICCN says is not decided upon yet. */
static uint32_t lns_connected_undecided(void)
{
	lns_wait_connect();
	w.undecided = true;
	peer_say(&p, CM_ICCN);
	return p.engine_session_id;
}

static uint32_t lns_established(void)
{
	uint32_t id = lns_wait_connect();

	peer_say(&p, CM_ICCN);
	return id;
}

static uint32_t call_out(void)
{
	static const uint8_t number[] = "0815";
	uint32_t id;

	ck_assert_int_eq(l2tp_call_out(w.l, p.engine_id, &(struct l2tp_call_info){ .called_number = { number, 4 } }, 5,
				       w.now, &id), 0);
	world_drain(&w);
	return id;
}

/* Connected, and the peer wants data to be sequenced: the data path follows. */
static uint32_t connected_with(enum cm_type type)
{
	struct msg m = peer_msg(&p, type);

	w.hold = true;
	msg_set(&m, AVP_SEQUENCING_REQUIRED);
	peer_send(&p, &m, p.engine_session_id);
	return p.engine_session_id;
}

static uint32_t lns_connected(void)
{
	lns_wait_connect();
	return connected_with(CM_ICCN);
}

static uint32_t out_lac_wait_dataplane(void)
{
	peer_open(&p);
	w.hold = true;
	peer_say(&p, CM_OCRQ);
	p.engine_session_id = (uint16_t)w.last_add.session_id;
	return p.engine_session_id;
}

static uint32_t out_lac_wait_cs_answer(void)
{
	uint32_t id = out_lac_wait_dataplane();

	world_answer(&w, L2TP_OP_SESSION_ADD, 0);
	return id;
}

static uint32_t out_lac_established(void)
{
	peer_open(&p);
	peer_say(&p, CM_OCRQ);
	world_pass(&w, USEC_PER_SEC / 10);
	return p.engine_session_id;
}

static uint32_t out_lns_wait_tunnel(void)
{
	p.engine_id = (uint16_t)engine_dial(&p);
	return call_out();
}

/* The peer that answers places no calls. */
static uint32_t out_lns_wait_tunnel_unfit(void)
{
	p.bearer = 0;
	return out_lns_wait_tunnel();
}

static uint32_t out_lns_wait_reply(void)
{
	peer_open(&p);
	return call_out();
}

static uint32_t out_lns_wait_dataplane(void)
{
	uint32_t id = out_lns_wait_reply();

	w.hold = true;
	peer_say(&p, CM_OCRP);
	return id;
}

static uint32_t out_lns_connected(void)
{
	uint32_t id = out_lns_wait_dataplane();

	peer_say(&p, CM_OCCN);
	return id;
}

static uint32_t out_lns_wait_connect(void)
{
	uint32_t id = out_lns_wait_reply();

	peer_say(&p, CM_OCRP);
	return id;
}

static uint32_t out_lns_established(void)
{
	uint32_t id = out_lns_wait_connect();

	peer_say(&p, CM_OCCN);
	return id;
}

/* ---- Events -------------------------------------------------------------------------------------------------- */

static void say(enum cm_type type)
{
	struct msg m = peer_msg(&p, type);

	if (type == CM_ICRQ || type == CM_OCRQ)
		m.assigned_session_id = 3000; /* a new one */
	peer_send(&p, &m, p.engine_session_id);
}

static void icrq(void) { say(CM_ICRQ); }
static void icrp(void) { say(CM_ICRP); }
static void iccn(void) { say(CM_ICCN); }
static void cdn(void) { say(CM_CDN); }
static void ocrq(void) { say(CM_OCRQ); }
static void ocrp(void) { say(CM_OCRP); }
static void occn(void) { say(CM_OCCN); }
static void wen(void) { say(CM_WEN); }
static void sli(void) { say(CM_SLI); }
static void new_icrq(void) { peer_say(&p, CM_ICRQ); }
static void new_ocrq(void) { peer_say(&p, CM_OCRQ); }
static void scccn_stopccn(void) { peer_say(&p, CM_STOPCCN); }

static void sccrp(void)
{
	peer_accept(&p);
}

static void new_icrq_refused(void)
{
	w.call_refusal = (struct l2tp_reason){ .result = RC_CDN_NO_FACILITY_TEMPORARY };
	new_icrq();
}

static void new_ocrq_refused(void)
{
	w.call_refusal = (struct l2tp_reason){ .result = RC_CDN_INVALID_DESTINATION };
	new_ocrq();
}

static void new_ocrq_with(uint32_t bearer, uint32_t framing)
{
	struct msg m = peer_msg(&p, CM_OCRQ);

	m.bearer_type = bearer;
	m.framing_type = framing;
	peer_send(&p, &m, 0);
}

static void new_ocrq_bearer(void) { new_ocrq_with(L2TP_BEARER_ANALOG, L2TP_FRAMING_SYNC); }
static void new_ocrq_framing(void) { new_ocrq_with(L2TP_BEARER_DIGITAL, 4); }

/* The Assigned Session ID is that of another call (X2661-6-05). */
static void taken_id(enum cm_type type, uint16_t session_id)
{
	struct msg m = peer_msg(&p, CM_ICRQ);

	m.assigned_session_id = 4000;
	peer_send(&p, &m, 0);
	m = peer_msg(&p, type);
	m.assigned_session_id = 4000;
	world_forget(&w);
	peer_send(&p, &m, session_id);
}

static void icrp_taken(void) { taken_id(CM_ICRP, p.engine_session_id); }
static void icrq_taken(void) { taken_id(CM_ICRQ, 0); }
static void ocrp_taken(void) { taken_id(CM_OCRP, p.engine_session_id); }
static void ocrq_taken(void) { taken_id(CM_OCRQ, 0); }

static void occn_framing(void)
{
	struct msg m = peer_msg(&p, CM_OCCN);

	m.framing_type = L2TP_FRAMING_ASYNC; /* the peer's capability, and what was asked for, is sync */
	peer_send(&p, &m, p.engine_session_id);
}

static void iccn_framing(void)
{
	struct msg m = peer_msg(&p, CM_ICCN);

	m.framing_type = 4;
	peer_send(&p, &m, p.engine_session_id);
}

static const uint8_t unknown_avp[] = { 0x80, 6, 0xff, 0xff, 0, 1 };

static void fault(void)
{
	peer_say_with(&p, CM_SLI, unknown_avp, sizeof(unknown_avp));
}

static void ocrq_fault(void)
{
	peer_say_with(&p, CM_OCRQ, unknown_avp, sizeof(unknown_avp));
}

static void occn_fault(void)
{
	peer_say_with(&p, CM_OCCN, unknown_avp, sizeof(unknown_avp));
}

static void icrq_fault(void)
{
	peer_say_with(&p, CM_ICRQ, unknown_avp, sizeof(unknown_avp));
}

static void cdn_fault(void)
{
	peer_say_with(&p, CM_CDN, unknown_avp, sizeof(unknown_avp));
}

static void stray_icrp(void) { peer_say(&p, CM_ICRP); }
static void stray_iccn(void) { peer_say(&p, CM_ICCN); }
static void stray_ocrp(void) { peer_say(&p, CM_OCRP); }
static void stray_occn(void) { peer_say(&p, CM_OCCN); }
static void stray_cdn(void) { peer_say(&p, CM_CDN); }

/* Before the peer has learnt our id: by its own (R2661-4.4.4-14). */
static void cdn_zero(void)
{
	struct msg m = peer_msg(&p, CM_CDN);

	peer_send(&p, &m, 0);
}

static uint32_t session;

/* Both are asked for at once; the call waits. */
static void open_and_call(void)
{
	session = lac_wait_tunnel();
}

static void open_and_call_out(void)
{
	session = out_lns_wait_tunnel();
}

static void close_it(void)
{
	ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, session, NULL, w.now), 0);
	world_drain(&w);
}

static void line_drop(void)
{
	struct l2tp_reason reason = { .result = RC_CDN_CARRIER_LOST };

	ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, session, &reason, w.now), 0);
	world_drain(&w);
}

static void tunnel_close(void)
{
	ck_assert_int_eq(l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now), 0);
	world_drain(&w);
}

static void tunnel_fails(void)
{
	p.deaf = true;
	world_pass(&w, 64 * USEC_PER_SEC);
}

static void timeout(void)
{
	world_pass(&w, 61 * USEC_PER_SEC);
}

static void ready(void)
{
	world_answer(&w, L2TP_OP_SESSION_ADD, 0);
}

static void not_ready(void)
{
	world_answer(&w, L2TP_OP_SESSION_ADD, -5);
}

static void set_done(void)
{
	world_answer(&w, L2TP_OP_SESSION_SET, 0);
}

static void set_failed(void)
{
	world_answer(&w, L2TP_OP_SESSION_SET, -5);
}

static void iccn_sequenced(void)
{
	(void)connected_with(CM_ICCN);
}

static void occn_sequenced(void)
{
	(void)connected_with(CM_OCCN);
}

static void accepted(void)
{
	ck_assert_int_eq(world_decide(&w, session, &(struct l2tp_decision){ .accept = true, .phb = L2TP_PHB_NONE }), 0);
}

static void not_accepted(void)
{
	ck_assert_int_eq(world_decide(&w, session, &(struct l2tp_decision){ .reason.result = RC_CDN_BUSY }), 0);
}

static void answered(void)
{
	world_answer(&w, L2TP_OP_SESSION_DIAL, 0);
}

static void not_answered(void)
{
	world_answer(&w, L2TP_OP_SESSION_DIAL, -5);
}

static void busy(void)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_LOCAL, .result = RC_CDN_BUSY };

	ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, session, &reason, w.now), 0);
	world_drain(&w);
}

/* ---- The tables ---------------------------------------------------------------------------------------------- */

#define UP "established"
#define WT "wait-tunnel"
#define WR "wait-reply"
#define WC "wait-connect"
#define WD "wait-dataplane"
#define WA "wait-decision"
#define CS "wait-cs-answer"
#define BYE "gone"
#define ENDED "SESSION_DOWN SESSION_GONE "
#define UNHEARD "SESSION_GONE "
#define REMOVED "SESSION_DOWN SESSION_DEL SESSION_GONE "

struct row {
	const char *id;
	uint32_t (*state)(void);
	void (*event)(void);
	const char *said;
	uint16_t result; /* of the CDN */
	const char *next;
	const char *ops; /* what the world is told, in this order */
};

static const struct row rows[] = {
	/* 7.4.1, LAC */
	{ "R2661-7.4.1-S01", in_no_tunnel, open_and_call, "SCCRQ", 0, WT, "" },
	{ "R2661-7.4.1-S01 and S07 at once: there is a tunnel", in_none, (void (*)(void))call, "ICRQ", 0, WR, "" },
	{ "R2661-7.4.1-S02 7.4.2-S04", in_none, stray_iccn, "", 0, BYE, "" },
	{ "R2661-7.4.1-S03", in_none, stray_icrp, "", 0, BYE, "" },
	{ "R2661-7.4.1-S04 7.4.2-S05", in_none, stray_cdn, "", 0, BYE, "" },
	{ "R2661-7.4.1-S05", lac_wait_tunnel, line_drop, "", 0, BYE, ENDED },
	{ "R2661-7.4.1-S06", lac_wait_tunnel, close_it, "", 0, BYE, ENDED },
	{ "R2661-7.4.1-S07", lac_wait_tunnel, sccrp, "SCCCN ICRQ", 0, WR, "TUNNEL_ADD TUNNEL_UP " },
	{ "X2661-7.4.1-03 refused", lac_wait_tunnel, scccn_stopccn, "", 0, BYE, ENDED "TUNNEL_DOWN " },
	{ "X2661-7.4.1-03 no answer", lac_wait_tunnel, tunnel_fails, "SCCRQ", 0, BYE,
	  "SESSION_DOWN SESSION_GONE TUNNEL_DOWN TUNNEL_GONE " },
	{ "R2661-7.4.1-S08", lac_wait_reply, icrp, "ICCN", 0, UP, "SESSION_ADD SESSION_UP " },
	{ "R2661-7.4.1-S08 held", lac_wait_dataplane, ready, "ICCN", 0, UP, "SESSION_UP " },
	{ "R2661-7.4.1-S09", lac_wait_reply, icrp_taken, "CDN", 2, BYE, ENDED },
	{ "R2661-7.4.1-S09 no path", lac_wait_dataplane, not_ready, "CDN", 2, BYE, ENDED },
	{ "R2661-7.4.1-S10", lac_wait_reply, icrq, "CDN", 2, BYE, ENDED },
	{ "R2661-7.4.1-S11", lac_wait_reply, cdn, "", 0, BYE, ENDED },
	{ "R2661-7.4.1-S12", lac_wait_reply, iccn, "", 0, BYE, ENDED },
	{ "R2661-7.4.1-S13", lac_wait_reply, close_it, "CDN", 3, BYE, ENDED },
	/* R2661-7.4-03, R2661-4.4.2-D01 */
	{ "R2661-7.4.1-S14", lac_wait_reply, line_drop, "CDN", 1, BYE, ENDED },
	{ "X2661-7.4.1-07", lac_wait_reply, timeout, "CDN", 10, BYE, ENDED },
	{ "X2661-7.4.1-04 wait-reply", lac_wait_reply, scccn_stopccn, "", 0, BYE,
	  "SESSION_DOWN SESSION_GONE TUNNEL_DOWN TUNNEL_DEL " },
	{ "X2661-7.4.1-05 OCRQ", lac_wait_reply, ocrq, "CDN", 2, BYE, ENDED },
	{ "X2661-7.4.1-05 OCRP", lac_wait_reply, ocrp, "CDN", 2, BYE, ENDED },
	{ "X2661-7.4.1-05 OCCN", lac_wait_reply, occn, "CDN", 2, BYE, ENDED },
	{ "X2661-6-06 wait-reply", lac_wait_reply, sli, "", 0, WR, "" },
	{ "R2661-4.1-03 wait-reply", lac_wait_reply, fault, "CDN", 2, BYE, ENDED },
	{ "R2661-7.4.1-S10 held", lac_wait_dataplane, icrq, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.4.1-S11 held", lac_wait_dataplane, cdn, "", 0, "dead", "SESSION_DOWN " },
	{ "R2661-7.4.1-S12 held", lac_wait_dataplane, iccn, "", 0, "dead", "SESSION_DOWN " },
	{ "R2661-7.4.1-S13 held", lac_wait_dataplane, close_it, "CDN", 3, "dead", "SESSION_DOWN " },
	{ "R2661-7.4.1-S17 held", lac_wait_dataplane, icrp, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "X2661-7.4.1-04 held", lac_wait_dataplane, scccn_stopccn, "", 0, "dead", "SESSION_DOWN TUNNEL_DOWN " },
	{ "X2661-7.4.1-05 held", lac_wait_dataplane, ocrp, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "X2661-7.4.1-07 held", lac_wait_dataplane, timeout, "CDN", 10, "dead", "SESSION_DOWN " },
	{ "R2661-4.1-03 held", lac_wait_dataplane, fault, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.4.1-S15", lac_established, cdn, "", 0, BYE, REMOVED },
	{ "R2661-7.4.1-S16", lac_established, icrq, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.4.1-S17", lac_established, icrp, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.4.1-S18", lac_established, iccn, "CDN", 2, BYE, REMOVED },
	/* R2661-7.4-04 */
	{ "R2661-7.4.1-S19", lac_established, line_drop, "CDN", 1, BYE, REMOVED },
	{ "R2661-7.4.1-S20", lac_established, close_it, "CDN", 3, BYE, REMOVED },
	{ "X2661-7.4.1-04 established", lac_established, scccn_stopccn, "", 0, BYE,
	  "SESSION_DOWN SESSION_DEL TUNNEL_DOWN SESSION_GONE TUNNEL_DEL " },
	{ "R2661-6.4-02", lac_established, tunnel_close, "StopCCN", 0, BYE,
	  "SESSION_DOWN SESSION_DEL TUNNEL_DOWN SESSION_GONE TUNNEL_DEL " },
	{ "X2661-7.4.1-05 established", lac_established, occn, "CDN", 2, BYE, REMOVED },
	{ "X2661-7.4.1-06", lac_established, sli, "", 0, UP, "SESSION_LINK " },
	{ "X2661-6-06 established", lac_established, wen, "", 0, UP, "" },
	{ "R2661-4.1-03 established", lac_established, fault, "CDN", 2, BYE, REMOVED },
	{ "X2661-4.4.2-02", lac_established, cdn_fault, "", 0, BYE, REMOVED },
	/* 7.4.2, LNS */
	{ "R2661-7.4.2-S01", in_none, new_icrq, "ICRP", 0, WC, "SESSION_ADD " },
	/* R2661-7.4-05, R2661-4.4.2-D04 */
	{ "R2661-7.4.2-S02", in_none, new_icrq_refused, "CDN", 4, BYE, UNHEARD },
	{ "R2661-7.4.2-S02 fault", in_none, icrq_fault, "CDN", 2, BYE, "" },
	{ "X2661-6-05", in_none, icrq_taken, "CDN", 2, BYE, "" },
	/* R2661-5.0-02: PPP begins with SESSION_UP */
	{ "R2661-7.4.2-S06", lns_wait_connect, iccn, "", 0, UP, "SESSION_UP " },
	/* R2661-4.4.3-03 */
	{ "R2661-7.4.2-S07", lns_wait_connect, iccn_framing, "CDN", 11, BYE, REMOVED },
	{ "R2661-7.4.2-S08", lns_wait_connect, icrq, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.4.2-S09", lns_wait_connect, icrp, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.4.2-S10", lns_wait_connect, cdn, "", 0, BYE, REMOVED },
	{ "R2661-4.4.4-14", lns_wait_connect, cdn_zero, "", 0, BYE, REMOVED },
	{ "R2661-7.4.2-S11", lns_wait_connect, close_it, "CDN", 3, BYE, REMOVED },
	{ "X2661-7.4.2-01", lns_wait_connect, timeout, "CDN", 10, BYE, REMOVED },
	{ "X2661-7.4.2-02 wait-connect", lns_wait_connect, scccn_stopccn, "", 0, BYE,
	  "SESSION_DOWN SESSION_DEL TUNNEL_DOWN SESSION_GONE TUNNEL_DEL " },
	{ "X2661-7.4.2-03 OCRQ", lns_wait_connect, ocrq, "CDN", 2, BYE, REMOVED },
	{ "X2661-7.4.2-03 OCRP", lns_wait_connect, ocrp, "CDN", 2, BYE, REMOVED },
	{ "X2661-7.4.2-03 OCCN", lns_wait_connect, occn, "CDN", 2, BYE, REMOVED },
	{ "X2661-6-06 wait-connect", lns_wait_connect, wen, "", 0, WC, "" },
	{ "R2661-4.1-03 wait-connect", lns_wait_connect, fault, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.4.2-S01 decided", lns_wait_decision, accepted, "", 0, WD, "SESSION_ADD " },
	{ "R2661-7.4.2-S02 decided", lns_wait_decision, not_accepted, "CDN", 8, BYE, UNHEARD },
	{ "R2661-7.4.2-S08 undecided", lns_wait_decision, icrq, "CDN", 2, BYE, UNHEARD },
	{ "R2661-7.4.2-S09 undecided", lns_wait_decision, icrp, "CDN", 2, BYE, UNHEARD },
	{ "R2661-7.4.2-S10 undecided", lns_wait_decision, cdn_zero, "", 0, BYE, UNHEARD },
	{ "R2661-7.4.2-S11 undecided", lns_wait_decision, close_it, "CDN", 3, BYE, UNHEARD },
	{ "X2661-7.4.2-01 undecided", lns_wait_decision, timeout, "CDN", 10, BYE, UNHEARD },
	{ "X2661-7.4.2-02 undecided", lns_wait_decision, scccn_stopccn, "", 0, BYE, UNHEARD "TUNNEL_DOWN TUNNEL_DEL " },
	{ "X2661-7.4.2-02 undecided, closed", lns_wait_decision, tunnel_close, "StopCCN", 0, BYE, UNHEARD "TUNNEL_DOWN TUNNEL_DEL " },
	{ "X2661-7.4.2-03 undecided", lns_wait_decision, ocrq, "CDN", 2, BYE, UNHEARD },
	{ "R2661-7.4.2-S07 undecided", lns_wait_decision, iccn, "CDN", 2, BYE, UNHEARD },
	{ "X2661-6-06 undecided", lns_wait_decision, wen, "", 0, WA, "" },
	{ "R2661-4.1-03 undecided", lns_wait_decision, fault, "CDN", 2, BYE, UNHEARD },
	{ "R2661-7.4.2-S01 held", lns_wait_dataplane, ready, "ICRP", 0, WC, "" },
	{ "R2661-7.4.2-S02 no path", lns_wait_dataplane, not_ready, "CDN", 2, BYE, ENDED },
	{ "R2661-7.4.2-S08 held", lns_wait_dataplane, icrq, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.4.2-S09 held", lns_wait_dataplane, icrp, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.4.2-S10 held", lns_wait_dataplane, cdn_zero, "", 0, "dead", "SESSION_DOWN " },
	{ "R2661-7.4.2-S11 held", lns_wait_dataplane, close_it, "CDN", 3, "dead", "SESSION_DOWN " },
	{ "X2661-7.4.2-01 held", lns_wait_dataplane, timeout, "CDN", 10, "dead", "SESSION_DOWN " },
	{ "X2661-7.4.2-02 held", lns_wait_dataplane, scccn_stopccn, "", 0, "dead", "SESSION_DOWN TUNNEL_DOWN " },
	{ "X2661-7.4.2-03 held", lns_wait_dataplane, ocrq, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.4.2-S07 held", lns_wait_dataplane, iccn, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-4.1-03 held", lns_wait_dataplane, fault, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.4.2-S12", lns_established, cdn, "", 0, BYE, REMOVED },
	/* R2661-7.4-06, R2661-4.4.2-D03 */
	{ "R2661-7.4.2-S13", lns_established, close_it, "CDN", 3, BYE, REMOVED },
	{ "R2661-7.4.2-S14", lns_established, icrq, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.4.2-S15", lns_established, icrp, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.4.2-S16", lns_established, iccn, "CDN", 2, BYE, REMOVED },
	{ "X2661-7.4.2-02 established", lns_established, tunnel_close, "StopCCN", 0, BYE,
	  "SESSION_DOWN SESSION_DEL TUNNEL_DOWN SESSION_GONE TUNNEL_DEL " },
	{ "X2661-7.4.2-03 established", lns_established, ocrq, "CDN", 2, BYE, REMOVED },
	{ "X2661-7.4.2-04", lns_established, wen, "", 0, UP, "SESSION_ERRORS " },
	{ "X2661-6-06 SLI at the LNS", lns_established, sli, "", 0, UP, "" },
	{ "R2661-4.1-03 LNS", lns_established, fault, "CDN", 2, BYE, REMOVED },
	{ "X2661-4.4.2-02 LNS", lns_established, cdn_fault, "", 0, BYE, REMOVED },
	{ "R2661-7.4.2-S06 R2661-5.4-04", lns_wait_connect, iccn_sequenced, "", 0, "connected", "SESSION_SET " },
	{ "R2661-5.4-04 set", lns_connected, set_done, "", 0, UP, "SESSION_UP " },
	{ "R2661-5.4-04 not set", lns_connected, set_failed, "CDN", 2, "dead", "SESSION_DOWN SESSION_DEL " },
	{ "R2661-7.4.2-S06 decided", lns_connected_undecided, accepted, "", 0, UP, "SESSION_UP " },
	{ "R2661-7.4.2-S07 decided", lns_connected_undecided, not_accepted, "CDN", 8, BYE, REMOVED },
	{ "R2661-7.4.2-S12 connected, undecided", lns_connected_undecided, cdn, "", 0, BYE, REMOVED },
	{ "R2661-7.4.2-S13 connected, undecided", lns_connected_undecided, close_it, "CDN", 3, BYE, REMOVED },
	{ "R2661-7.4.2-S14 connected, undecided", lns_connected_undecided, icrq, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.4.2-S16 connected, undecided", lns_connected_undecided, iccn, "CDN", 2, BYE, REMOVED },
	{ "X2661-7.4.2-01 connected, undecided", lns_connected_undecided, timeout, "CDN", 10, BYE, REMOVED },
	{ "X2661-7.4.2-02 connected, undecided", lns_connected_undecided, scccn_stopccn, "", 0, BYE,
	  "SESSION_DOWN SESSION_DEL TUNNEL_DOWN SESSION_GONE TUNNEL_DEL " },
	{ "R2661-7.4.2-S12 connected", lns_connected, cdn, "", 0, "dead", "SESSION_DOWN " },
	{ "R2661-7.4.2-S13 connected", lns_connected, close_it, "CDN", 3, "dead", "SESSION_DOWN " },
	{ "R2661-7.4.2-S14 connected", lns_connected, icrq, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.4.2-S15 connected", lns_connected, icrp, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.4.2-S16 connected", lns_connected, iccn, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "X2661-7.4.2-01 connected", lns_connected, timeout, "CDN", 10, "dead", "SESSION_DOWN " },
	{ "X2661-7.4.2-02 connected", lns_connected, scccn_stopccn, "", 0, "dead", "SESSION_DOWN TUNNEL_DOWN " },
	{ "X2661-7.4.2-03 connected", lns_connected, ocrp, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-4.1-03 connected", lns_connected, fault, "CDN", 2, "dead", "SESSION_DOWN " },
	/* 7.5.1, LAC */
	{ "R2661-7.5.1-S01 R2661-7.5-01, -02", in_none, new_ocrq, "OCRP OCCN", 0, UP,
	  "SESSION_ADD SESSION_DIAL SESSION_UP " },
	{ "R2661-7.5.1-S01 held", out_lac_wait_dataplane, ready, "OCRP", 0, CS, "SESSION_DIAL " },
	{ "R2661-7.5.1-S01 no path", out_lac_wait_dataplane, not_ready, "CDN", 2, BYE, ENDED },
	{ "R2661-7.5.1-S01 decided", out_lac_wait_decision, accepted, "", 0, WD, "SESSION_ADD " },
	{ "R2661-7.5.1-S02 decided", out_lac_wait_decision, not_accepted, "CDN", 8, BYE, UNHEARD },
	{ "R2661-7.5.1-S08 undecided", out_lac_wait_decision, ocrq, "CDN", 2, BYE, UNHEARD },
	{ "R2661-7.5.1-S09 undecided", out_lac_wait_decision, ocrp, "CDN", 2, BYE, UNHEARD },
	{ "R2661-7.5.1-S10 undecided", out_lac_wait_decision, occn, "CDN", 2, BYE, UNHEARD },
	{ "R2661-7.5.1-S11 undecided", out_lac_wait_decision, cdn_zero, "", 0, BYE, UNHEARD },
	{ "R2661-7.5.1-01 undecided", out_lac_wait_decision, timeout, "CDN", 10, BYE, UNHEARD },
	{ "X2661-7.5.1-01 undecided", out_lac_wait_decision, close_it, "CDN", 3, BYE, UNHEARD },
	{ "X2661-7.5.1-02 undecided", out_lac_wait_decision, scccn_stopccn, "", 0, BYE, UNHEARD "TUNNEL_DOWN TUNNEL_DEL " },
	{ "X2661-7.5.1-03 undecided", out_lac_wait_decision, icrp, "CDN", 2, BYE, UNHEARD },
	{ "R2661-4.1-03 LAC out, undecided", out_lac_wait_decision, fault, "CDN", 2, BYE, UNHEARD },
	{ "R2661-7.5.1-S02", in_none, new_ocrq_refused, "CDN", 6, BYE, UNHEARD },
	{ "R2661-4.4.3-03", in_none, new_ocrq_framing, "CDN", 5, BYE, "" },
	{ "R2661-4.4.3-05", in_none, new_ocrq_bearer, "CDN", 5, BYE, "" },
	{ "R2661-7.5.1-S02 fault", in_none, ocrq_fault, "CDN", 2, BYE, "" },
	{ "R2661-7.5.1-S02 id taken", in_none, ocrq_taken, "CDN", 2, BYE, "" },
	{ "R2661-7.5.2-S03", in_none, stray_ocrp, "", 0, BYE, "" },
	{ "R2661-7.5.1-S04 R2661-7.5.2-S02", in_none, stray_occn, "", 0, BYE, "" },
	{ "R2661-7.5.1-S05 R2661-7.5.2-S04", in_none, stray_cdn, "", 0, BYE, "" },
	{ "R2661-7.5.1-S06", out_lac_wait_cs_answer, answered, "OCCN", 0, UP, "SESSION_UP " },
	{ "R2661-7.5.1-S07", out_lac_wait_cs_answer, not_answered, "CDN", 4, "dead",
	  "SESSION_DOWN SESSION_DEL " },
	{ "R2661-7.5.1-S07 R2661-4.4.2-D08", out_lac_wait_cs_answer, busy, "CDN", 8, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.1-S08", out_lac_wait_cs_answer, ocrq, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.1-S09", out_lac_wait_cs_answer, ocrp, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.1-S10", out_lac_wait_cs_answer, occn, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.1-S11", out_lac_wait_cs_answer, cdn, "", 0, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.1-01", out_lac_wait_cs_answer, timeout, "CDN", 10, "dead", "SESSION_DOWN " },
	{ "X2661-7.5.1-01", out_lac_wait_cs_answer, close_it, "CDN", 3, "dead", "SESSION_DOWN " },
	{ "X2661-7.5.1-02", out_lac_wait_cs_answer, scccn_stopccn, "", 0, "dead", "SESSION_DOWN TUNNEL_DOWN " },
	{ "X2661-7.5.1-03 ICRQ", out_lac_wait_cs_answer, icrq, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "X2661-7.5.1-03 ICRP", out_lac_wait_cs_answer, icrp, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "X2661-7.5.1-03 ICCN", out_lac_wait_cs_answer, iccn, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "X2661-6-06 wait-cs-answer", out_lac_wait_cs_answer, wen, "", 0, CS, "" },
	{ "R2661-4.1-03 wait-cs-answer", out_lac_wait_cs_answer, fault, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.1-S08 held", out_lac_wait_dataplane, ocrq, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.1-S09 held", out_lac_wait_dataplane, ocrp, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.1-S10 held", out_lac_wait_dataplane, occn, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.1-S11 held", out_lac_wait_dataplane, cdn_zero, "", 0, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.1-01 held", out_lac_wait_dataplane, timeout, "CDN", 10, "dead", "SESSION_DOWN " },
	{ "X2661-7.5.1-01 held", out_lac_wait_dataplane, close_it, "CDN", 3, "dead", "SESSION_DOWN " },
	{ "X2661-7.5.1-02 held", out_lac_wait_dataplane, scccn_stopccn, "", 0, "dead", "SESSION_DOWN TUNNEL_DOWN " },
	{ "X2661-7.5.1-03 held", out_lac_wait_dataplane, icrp, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-4.1-03 held", out_lac_wait_dataplane, fault, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.1-S12", out_lac_established, ocrq, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.5.1-S13", out_lac_established, ocrp, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.5.1-S14", out_lac_established, occn, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.5.1-S15", out_lac_established, cdn, "", 0, BYE, REMOVED },
	{ "R2661-7.5.1-S16 R2661-7.5.1-03", out_lac_established, line_drop, "CDN", 1, BYE, REMOVED },
	{ "R2661-7.5.1-S17", out_lac_established, close_it, "CDN", 3, BYE, REMOVED },
	{ "X2661-7.5.1-02 established", out_lac_established, scccn_stopccn, "", 0, BYE,
	  "SESSION_DOWN SESSION_DEL TUNNEL_DOWN SESSION_GONE TUNNEL_DEL " },
	{ "X2661-7.5.1-03 established", out_lac_established, iccn, "CDN", 2, BYE, REMOVED },
	{ "X2661-6-06 WEN at the LAC", out_lac_established, wen, "", 0, UP, "" },
	{ "R2661-4.1-03 LAC out", out_lac_established, fault, "CDN", 2, BYE, REMOVED },
	/* 7.5.2, LNS */
	{ "R2661-7.5.2-S01", in_no_tunnel, open_and_call_out, "SCCRQ", 0, WT, "" },
	{ "R2661-7.5.2-S01 and S05 at once: there is a tunnel", in_none, (void (*)(void))call_out, "OCRQ", 0, WR, "" },
	{ "R2661-7.5.2-S05", out_lns_wait_tunnel, sccrp, "SCCCN OCRQ", 0, WR, "TUNNEL_ADD TUNNEL_UP " },
	{ "R2661-6.9-02", out_lns_wait_tunnel_unfit, sccrp, "SCCCN", 0, BYE, "TUNNEL_ADD TUNNEL_UP " ENDED },
	{ "R2661-7.5.2-S06", out_lns_wait_tunnel, close_it, "", 0, BYE, ENDED },
	{ "X2661-7.5.2-01 refused", out_lns_wait_tunnel, scccn_stopccn, "", 0, BYE, ENDED "TUNNEL_DOWN " },
	{ "X2661-7.5.2-01 no answer", out_lns_wait_tunnel, tunnel_fails, "SCCRQ", 0, BYE,
	  "SESSION_DOWN SESSION_GONE TUNNEL_DOWN TUNNEL_GONE " },
	{ "R2661-7.5.2-S07", out_lns_wait_reply, ocrp, "", 0, WC, "SESSION_ADD " },
	{ "R2661-7.5.2-S08", out_lns_wait_reply, ocrp_taken, "CDN", 2, BYE, ENDED },
	{ "R2661-7.5.2-S09", out_lns_wait_reply, occn, "CDN", 2, BYE, ENDED },
	{ "R2661-7.5.2-S10", out_lns_wait_reply, ocrq, "CDN", 2, BYE, ENDED },
	{ "R2661-7.5.2-S11", out_lns_wait_reply, cdn, "", 0, BYE, ENDED },
	{ "R2661-7.5.2-S12", out_lns_wait_reply, close_it, "CDN", 3, BYE, ENDED },
	{ "X2661-7.5.2-03 wait-reply", out_lns_wait_reply, scccn_stopccn, "", 0, BYE,
	  "SESSION_DOWN SESSION_GONE TUNNEL_DOWN TUNNEL_DEL " },
	{ "X2661-7.5.2-04 ICRQ", out_lns_wait_reply, icrq, "CDN", 2, BYE, ENDED },
	{ "X2661-7.5.2-04 ICRP", out_lns_wait_reply, icrp, "CDN", 2, BYE, ENDED },
	{ "X2661-7.5.2-04 ICCN", out_lns_wait_reply, iccn, "CDN", 2, BYE, ENDED },
	{ "X2661-7.5.2-05 wait-reply", out_lns_wait_reply, timeout, "CDN", 10, BYE, ENDED },
	{ "R2661-4.1-03 out wait-reply", out_lns_wait_reply, fault, "CDN", 2, BYE, ENDED },
	{ "R2661-7.5.2-S07 held", out_lns_wait_dataplane, ready, "", 0, WC, "" },
	{ "R2661-7.5.2-S08 no path", out_lns_wait_dataplane, not_ready, "CDN", 2, BYE, ENDED },
	{ "R2661-7.5.2-S13 early", out_lns_wait_dataplane, occn, "", 0, "connected", "" },
	{ "X2661-7.5.2-02 early", out_lns_wait_dataplane, occn_framing, "CDN", 11, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.2-S14 held", out_lns_wait_dataplane, ocrq, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.2-S15 held", out_lns_wait_dataplane, ocrp, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.2-S16 held", out_lns_wait_dataplane, cdn, "", 0, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.2-S17 held", out_lns_wait_dataplane, close_it, "CDN", 3, "dead", "SESSION_DOWN " },
	{ "X2661-7.5.2-03 held", out_lns_wait_dataplane, scccn_stopccn, "", 0, "dead", "SESSION_DOWN TUNNEL_DOWN " },
	{ "X2661-7.5.2-04 held", out_lns_wait_dataplane, iccn, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "X2661-7.5.2-05 held", out_lns_wait_dataplane, timeout, "CDN", 10, "dead", "SESSION_DOWN " },
	{ "R2661-4.1-03 out held", out_lns_wait_dataplane, fault, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.2-S13 early, ready", out_lns_connected, ready, "", 0, UP, "SESSION_UP " },
	{ "R2661-7.5.2-S13 early, no path", out_lns_connected, not_ready, "CDN", 2, BYE, ENDED },
	{ "R2661-7.5.2-S18 early", out_lns_connected, ocrq, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.2-S19 early", out_lns_connected, ocrp, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.2-S20 early", out_lns_connected, occn, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.2-S21 early", out_lns_connected, cdn, "", 0, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.2-S22 early", out_lns_connected, close_it, "CDN", 3, "dead", "SESSION_DOWN " },
	{ "X2661-7.5.2-03 early", out_lns_connected, scccn_stopccn, "", 0, "dead", "SESSION_DOWN TUNNEL_DOWN " },
	{ "X2661-7.5.2-04 early", out_lns_connected, icrq, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "X2661-7.5.2-05 early", out_lns_connected, timeout, "CDN", 10, "dead", "SESSION_DOWN " },
	{ "R2661-4.1-03 out early", out_lns_connected, fault, "CDN", 2, "dead", "SESSION_DOWN " },
	{ "R2661-7.5.2-S13", out_lns_wait_connect, occn, "", 0, UP, "SESSION_UP " },
	{ "R2661-7.5.2-S13 R2661-5.4-04", out_lns_wait_connect, occn_sequenced, "", 0, "connected", "SESSION_SET " },
	{ "X2661-7.5.2-02 framing", out_lns_wait_connect, occn_framing, "CDN", 11, BYE, REMOVED },
	{ "X2661-7.5.2-02 fault", out_lns_wait_connect, occn_fault, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.5.2-S14", out_lns_wait_connect, ocrq, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.5.2-S15", out_lns_wait_connect, ocrp, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.5.2-S16", out_lns_wait_connect, cdn, "", 0, BYE, REMOVED },
	{ "R2661-7.5.2-S17", out_lns_wait_connect, close_it, "CDN", 3, BYE, REMOVED },
	{ "X2661-7.5.2-03 wait-connect", out_lns_wait_connect, scccn_stopccn, "", 0, BYE,
	  "SESSION_DOWN SESSION_DEL TUNNEL_DOWN SESSION_GONE TUNNEL_DEL " },
	{ "X2661-7.5.2-04 wait-connect", out_lns_wait_connect, icrp, "CDN", 2, BYE, REMOVED },
	{ "X2661-7.5.2-05 wait-connect", out_lns_wait_connect, timeout, "CDN", 10, BYE, REMOVED },
	{ "R2661-7.5.2-S18", out_lns_established, ocrq, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.5.2-S19", out_lns_established, ocrp, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.5.2-S20", out_lns_established, occn, "CDN", 2, BYE, REMOVED },
	{ "R2661-7.5.2-S21", out_lns_established, cdn, "", 0, BYE, REMOVED },
	{ "R2661-7.5.2-S22", out_lns_established, close_it, "CDN", 3, BYE, REMOVED },
	{ "X2661-7.5.2-03 established", out_lns_established, tunnel_close, "StopCCN", 0, BYE,
	  "SESSION_DOWN SESSION_DEL TUNNEL_DOWN SESSION_GONE TUNNEL_DEL " },
	{ "X2661-7.5.2-04 established", out_lns_established, iccn, "CDN", 2, BYE, REMOVED },
	{ "X2661-7.5.2-06", out_lns_established, wen, "", 0, UP, "SESSION_ERRORS " },
	{ "X2661-6-06 SLI at the LNS out", out_lns_established, sli, "", 0, UP, "" },
	{ "X2661-7.5.1-04", out_lac_established, sli, "", 0, UP, "SESSION_LINK " },
	{ "R2661-4.1-03 LNS out", out_lns_established, fault, "CDN", 2, BYE, REMOVED },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define GROUPS 8 /* of rows: each group runs in a process of its own */

/* Where the state of the row holds operations back, carry them out now. */
static void let_go(void)
{
	w.hold = false;
	world_drain(&w);
}

static void begin(void)
{
	world_init(&w);
	w.params.lac = true;
	w.params.bearer_capabilities = L2TP_BEARER_DIGITAL;
	world_start(&w);
	peer_init(&p, &w, 9);
	p.bearer = L2TP_BEARER_DIGITAL;
}

static void check_cell(const struct row *row)
{
	char said[256];
	const struct sent *cdn_sent;

	begin();
	session = row->state();
	world_forget(&w);
	row->event();
	ck_assert_msg(row->event == tunnel_fails || !strcmp(world_said(&w, said, sizeof(said)), row->said),
		      "%s: said \"%s\", not \"%s\"", row->id, said, row->said);
	ck_assert_msg(!strcmp(w.log, row->ops), "%s: asked for \"%s\", not \"%s\"", row->id, w.log, row->ops);
	if (!session)
		session = strcmp(row->next, BYE) ? p.engine_session_id : 0;
	ck_assert_msg(!strcmp(world_session_state(&w, p.engine_id, session), row->next), "%s: state is %s, not %s",
		      row->id, world_session_state(&w, p.engine_id, session), row->next);
	ck_assert_msg(!strstr(w.log, "DOWN") || w.reason.result, "%s: ended without a reason", row->id);
	cdn_sent = world_sent(&w, CM_CDN);
	ck_assert_msg(!cdn_sent || cdn_sent->msg.result_code.result == row->result, "%s: result %u", row->id,
		      cdn_sent ? cdn_sent->msg.result_code.result : 0u);
	ck_assert_msg(!cdn_sent || cdn_sent->msg.assigned_session_id != 0, "%s", row->id);
	/* and to the end of it all */
	let_go();
	l2tp_shutdown(w.l, NULL, w.now);
	world_pass(&w, 150 * USEC_PER_SEC);
	ck_assert_msg(world_stats(&w).tunnels == 0 && world_stats(&w).sessions == 0 && watch_alive(&w.watch) == 0 &&
			      world_stats(&w).sessions_established == 0 && world_stats(&w).tunnels_established == 0,
		      "%s: something is left", row->id);
	world_end(&w);
}

START_TEST(cell)
{
	for (size_t i = (size_t)_i; i < ROWS; i += GROUPS)
		check_cell(&rows[i]);
}
END_TEST

/* A late answer to SESSION_ADD or SESSION_DIAL, good or bad, after the call has ended: what is removed is what is there. */
static void check_late_answer(const struct row *row, int err)
{
	enum l2tp_op_type op;

	if (strcmp(row->next, "dead"))
		return;
	begin();
	session = row->state();
	row->event();
	world_forget(&w);
	op = w.pending[0].type;
	world_answer(&w, op, err);
	ck_assert_msg(op == L2TP_OP_SESSION_DEL ||
		      !strncmp(w.log, err && op == L2TP_OP_SESSION_ADD ? "SESSION_GONE " : "SESSION_DEL ", 12), "%s: %s",
		      row->id, w.log);
	let_go();
	ck_assert_str_eq(world_session_state(&w, p.engine_id, session), BYE);
	world_end(&w);
}

START_TEST(late_answer)
{
	for (size_t i = (size_t)_i; i < ROWS; i += GROUPS) {
		check_late_answer(&rows[i], 0);
		check_late_answer(&rows[i], -5);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("session_fsm");
	TCase *tc = tcase_create("7.4");
	int failed;
	SRunner *runner;

	tcase_add_loop_test(tc, cell, 0, GROUPS);
	tcase_add_loop_test(tc, late_answer, 0, GROUPS);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
