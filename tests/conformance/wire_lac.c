/* SPDX-License-Identifier: MIT */
/* The daemon dials: RFC 2661 7.2.1 as originator, tie breaker (4.4.3), 7.4.1 as LAC. */
#include "scenario.h"

#include <arpa/inet.h>
#include <string.h>

static uint64_t tie_breaker; /* of the daemon's SCCRQ */

static void sccrq(struct peer *p)
{
	const struct msg *m = peer_hear(p, CM_SCCRQ);

	MUST(p->last.header.tunnel_id == 0 && p->last.header.ns == 0 && p->last.header.nr == 0);
	MUST(m->protocol_version == 0x0100 && m->assigned_tunnel_id != 0);
	tie_breaker = m->tie_breaker;
}

#define DIALED FN(sccrq)

/* What its profile says of LCP, and without M. */
static void wishes(struct peer *p)
{
	static const uint8_t avps[] = { 0, 12, 0, 0, 0, 49, 2, 6, 0, 10, 0, 0, 0, 8, 0, 0, 0, 50, 8, 2 };
	bool found = false;

	for (size_t i = 0; i + sizeof(avps) <= p->last.len; i++)
		found |= memcmp(p->last.bytes + i, avps, sizeof(avps)) == 0;
	MUST(found);
}

/* What we say then does not tell our tunnel id. */
static void unnamed(struct peer *p) { p->unnamed = true; }

/* Deaf and mute: the SCCRQ comes again, and then no more, not even a StopCCN. */
static void unanswered(struct peer *p)
{
	p->deaf = true;
	sccrq(p);
	while (peer_next(p, 1200))
		MUST(p->last.msg.type == CM_SCCRQ && p->last.again);
}

static void sccrp_answering(struct peer *p, const char *secret)
{
	struct msg m = peer_msg(p, CM_SCCRP);

	peer_respond(p, &m, (struct l2tp_span){ (const uint8_t *)secret, strlen(secret) });
	peer_send(p, &m, 0);
}

static void sccrp_right(struct peer *p) { sccrp_answering(p, "secret"); }
static void sccrp_wrong(struct peer *p) { sccrp_answering(p, "sekret"); }

static void sccrp_challenging(struct peer *p)
{
	struct msg m = peer_msg(p, CM_SCCRP);

	memcpy(p->challenge, "0123456789abcdef", sizeof(p->challenge));
	m.challenge = (struct l2tp_span){ p->challenge, sizeof(p->challenge) };
	msg_set(&m, AVP_CHALLENGE);
	peer_send(p, &m, 0);
}

/* MD5(3, "secret", "0123456789abcdef"), made by another program. */
static void right_response(struct peer *p)
{
	static const uint8_t expect[16] = { 0x02, 0x78, 0x6b, 0x61, 0xb7, 0x4c, 0x83, 0x0b,
					    0xae, 0xa8, 0x5e, 0xe4, 0x24, 0xb0, 0x55, 0xf0 };

	MUST(p->last.msg.challenge_response.len == sizeof(expect));
	MUST(!memcmp(p->last.msg.challenge_response.data, expect, sizeof(expect)));
}

static void version(struct peer *p, uint16_t number)
{
	struct msg m = peer_msg(p, CM_SCCRP);

	m.protocol_version = number;
	peer_send(p, &m, 0);
}

static void version_2(struct peer *p) { version(p, 0x0200); }

/* From another port than it was sent to (8.1). */
static void moved(struct peer *p)
{
	p->fd = peer_socket_beside(p);
}

/* An SCCRP for a tunnel that is not there comes where the daemon dials from: what refuses it must really leave, from
 * that very port. */
static void stray(struct peer *p)
{
	struct peer q = *p;

	q.id++;
	q.engine_id ^= 0x4000;
	q.ns = q.acked = 0;
	q.nr = q.newest = 1; /* it has had an SCCRQ */
	peer_say(&q, CM_SCCRP);
	(void)peer_hear(&q, CM_STOPCCN);
	MUST(q.last.msg.result_code.result == RC_STOPCCN_FSM);
	MUST(q.last.header.tunnel_id == q.id && q.last.msg.assigned_tunnel_id == q.engine_id);
}

/* The same from another port, while the daemon has not chosen one yet. */
static void stray_beside(struct peer *p)
{
	struct peer q = *p;

	q.fd = peer_socket_beside(p);
	stray(&q);
}

/* ---- Ties: the daemon listens as well ------------------------------------------------------------------------ */

/* Our own SCCRQ to the daemon's listener, at the same time. */
static struct peer rival_of(const struct peer *p)
{
	struct peer q = *p;

	q.fd = peer_socket_beside(p);
	q.to.sin_port = htons(p->listener);
	q.id++;
	q.engine_id = q.ns = q.nr = q.acked = q.newest = 0;
	return q;
}

static struct peer compete(struct peer *p, const uint64_t *breaker)
{
	struct peer q = rival_of(p);
	struct msg m = peer_msg(&q, CM_SCCRQ);

	if (breaker) {
		m.tie_breaker = *breaker;
		msg_set(&m, AVP_TIE_BREAKER);
	}
	peer_send(&q, &m, 0);
	return q;
}

static void peer_wins(struct peer *p, uint64_t breaker)
{
	struct peer q = compete(p, &breaker);

	(void)peer_hear(&q, CM_SCCRP);
	peer_say(&q, CM_SCCCN);
	peer_acked(&q);
	peer_quiet(p, 300, false); /* no StopCCN for the other one */
}

static void we_win(struct peer *p)
{
	peer_wins(p, tie_breaker - 1);
}

static void daemon_wins(struct peer *p, const uint64_t *breaker)
{
	struct peer q = compete(p, breaker);

	(void)peer_hear(&q, CM_STOPCCN);
	MUST(q.last.msg.result_code.result == RC_STOPCCN_EXISTS);
	peer_say(p, CM_SCCRP);
	(void)peer_hear(p, CM_SCCCN);
}

static void we_lose(struct peer *p)
{
	uint64_t breaker = tie_breaker + 1;

	daemon_wins(p, &breaker);
}

/* Its tunnel takes the place of the daemon's, and the daemon's call goes there. */
static void we_win_a_call(struct peer *p)
{
	uint64_t breaker = tie_breaker - 1;
	struct peer q = compete(p, &breaker);

	(void)peer_hear(&q, CM_SCCRP);
	peer_say(&q, CM_SCCCN);
	(void)peer_hear(&q, CM_ICRQ);
	peer_say(&q, CM_ICRP);
	(void)peer_hear(&q, CM_ICCN);
	peer_quiet(p, 100, false);
}

/* Taken for signed numbers, the other one would be lower. */
static void only_the_highest_bit_differs(struct peer *p)
{
	uint64_t breaker = tie_breaker ^ (uint64_t)1 << 63;

	if (breaker > tie_breaker)
		daemon_wins(p, &breaker);
	else
		peer_wins(p, breaker);
}

static void no_breaker(struct peer *p)
{
	daemon_wins(p, NULL);
}

/* Both tunnels go, and the daemon tries again with a new number. */
static void equal(struct peer *p)
{
	uint64_t before = tie_breaker;
	struct peer q = compete(p, &before);

	peer_quiet(&q, 100, false);
	p->engine_id = p->nr = p->acked = p->newest = 0;
	p->to.sin_port = 0;
	(void)peer_hear(p, CM_SCCRQ);
	MUST(p->last.msg.tie_breaker != before);
}

/* ---- Calls --------------------------------------------------------------------------------------------------- */

static void up(struct peer *p)
{
	sccrq(p);
	peer_say(p, CM_SCCRP);
	(void)peer_hear(p, CM_SCCCN);
}

static void ringing(struct peer *p)
{
	up(p);
	(void)peer_hear(p, CM_ICRQ);
	MUST(p->last.header.session_id == 0);
	MUST(p->last.msg.assigned_session_id != 0);
}

static void connected(struct peer *p)
{
	ringing(p);
	peer_say(p, CM_ICRP);
	(void)peer_hear(p, CM_ICCN);
}

#define UP FN(up)
#define RINGING FN(ringing)
#define CONNECTED FN(connected)

static void to_call(struct peer *p, enum cm_type type)
{
	struct msg m = peer_msg(p, type);

	m.assigned_session_id ^= 0x4000;
	peer_send(p, &m, p->engine_session_id);
}

static void icrq_to_call(struct peer *p) { to_call(p, CM_ICRQ); }
static void ocrq_to_call(struct peer *p) { to_call(p, CM_OCRQ); }

static void icrp_zero(struct peer *p)
{
	static const uint8_t body[] = { 0x80, 8, 0, 0, 0, 0, 0, 11, 0x80, 8, 0, 0, 0, 14, 0, 0 };

	peer_send_body(p, (struct l2tp_span){ body, sizeof(body) }, p->engine_session_id);
}

static void anonymous(struct peer *p) { p->session_id = 0; } /* the daemon never learns our session id */

/* Two calls: what is told of them, and serial numbers that rise. */
static void two_calls(struct peer *p)
{
	uint32_t serial = 0;

	up(p);
	p->deaf = true;
	for (int i = 0; i < 2; i++) {
		const struct msg *m = peer_hear(p, CM_ICRQ);

		MUST(m->calling_number.len == 4 && !memcmp(m->calling_number.data, "0401", 4));
		MUST(m->called_number.len == 4 && !memcmp(m->called_number.data, "0402", 4));
		MUST(!i || m->call_serial_number == serial + 1);
		serial = m->call_serial_number;
		peer_zlb(p);
	}
	peer_say(p, CM_ICRP);
	(void)peer_hear(p, CM_ICCN);
	MUST(p->last.msg.tx_connect_speed == 64000 && p->last.msg.rx_connect_speed == 32000);
	MUST(p->last.msg.framing_type);
	MUST(p->last.msg.private_group_id.len == 3 && !memcmp(p->last.msg.private_group_id.data, "red", 3));
}

static void dialled_again(struct peer *p)
{
	uint16_t before = p->engine_id;

	peer_acked(p);
	peer_anew(p);
	p->to.sin_port = 0;
	(void)peer_hear(p, CM_SCCRQ);
	MUST(p->engine_id != before);
}

/* ---- Try another (4.4.2): its pause is a minute, but it comes at once ----------------------------------------- */

static int places[2]; /* sockets */

static void two_places(struct peer *p)
{
	struct sockaddr_in self = { 0 };
	socklen_t len = sizeof(self);

	MUST(getsockname(p->fd, (struct sockaddr *)&self, &len) == 0);
	self = second_place(self);
	places[0] = p->fd;
	places[1] = peer_socket(&self);
}

static void send_away(struct peer *p, enum cm_type type)
{
	struct msg m = peer_msg(p, type);

	m.result_code = (struct result_code){ .result = 2, .has_error = true, .error = EC_TRY_ANOTHER };
	peer_send(p, &m, peer_address(p, type));
}

static void cdn_sent_away(struct peer *p) { send_away(p, CM_CDN); }

static void tunnel_sent_away(struct peer *p)
{
	send_away(p, CM_STOPCCN);
	peer_acked(p);
}

static void call_sent_away(struct peer *p)
{
	cdn_sent_away(p);
	(void)peer_hear(p, CM_STOPCCN);
}

static void at_second_place(struct peer *p)
{
	p->fd = places[1];
	peer_anew(p);
	p->to.sin_port = 0;
	sccrq(p);
}

/* Everybody has been asked: now there is the pause. */
static void nowhere_else(struct peer *p)
{
	p->fd = places[0];
	peer_quiet(p, 1000, true);
}

const struct scenario lac_scenarios[] = {
	{ "R2661-7.2.1-S01, R2661-6.1-01..07, R2661-4.4.3-18, R2661-5.3-03, X2661-4.4.3-01: SCCRQ", LAC_STRICT,
	  { DIALED, HAS(PROTOCOL_VERSION), HAS(HOST_NAME), HAS(FRAMING_CAPABILITIES), HAS(ASSIGNED_TUNNEL_ID),
	    HAS(TIE_BREAKER), HAS(RECEIVE_WINDOW_SIZE), HAS_NOT(CHALLENGE), HAS_NOT(VENDOR_NAME) } },
	{ "R2661-7.2.1-S07, R2661-6.2-01, R2661-6.3-01, -02, R2661-5.1-02: SCCRP, SCCCN", LAC_IDLE,
	  { DIALED, SAY(SCCRP), HEAR(SCCCN), HAS_NOT(CHALLENGE_RESPONSE), ACKED, ALIVE } },
	{ "R2661-7.2.1-S08, R2661-7.2.1-02, -03, R2661-4.4.2-C05: SCCRP of another version", LAC_STRICT,
	  { DIALED, FN(version_2), STOPPED(5, 0x0100), ACKED } },
	{ "R2661-7.2.1-S08, R2661-5.1.1-01, -04: SCCRP that answers wrongly", LAC_SECRET,
	  { DIALED, HAS(CHALLENGE), FN(sccrp_wrong), STOPPED(4, 0) } },
	{ "R2661-7.2.1-S08, X2661-5.1.1-01: SCCRP that does not answer", LAC_SECRET,
	  { DIALED, SAY(SCCRP), STOPPED(4, 0) } },
	{ "R2661-7.2.1-S07, R2661-5.1.1-02, R2661-4.4.3-14, -16: SCCRP that answers rightly", LAC_SECRET,
	  { DIALED, FN(sccrp_right), HEAR(SCCCN) } },
	{ "R2661-5.1.1-03, R2661-4.4.3-14..16, R2661-6.3-03: SCCRP that challenges", LAC_ANSWERS,
	  { DIALED, FN(sccrp_challenging), HEAR(SCCCN), HAS(CHALLENGE_RESPONSE), FN(right_response) } },
	{ "X2661-5.1.1-02: the same without a secret", LAC_STRICT, { DIALED, FN(sccrp_challenging), STOPPED(4, 0) } },
	{ "R2661-4.3-03, -10, R2661-4.4.1-01, X2661-4.3-06: both ends hide", LAC_HIDING,
	  { DIALED, FN(sccrp_right), HEAR(SCCCN), HEAR(ICRQ), SAY(ICRP), HEAR(ICCN), ACKED } },
	{ "R2661-8.1-04, -05, -06: SCCRP from another port", LAC_IDLE,
	  { DIALED, FN(moved), SAY(SCCRP), HEAR(SCCCN), ALIVE } },
	{ "R2661-7.2.1-S04, X2661-3.1-08: SCCRPs that nobody waits for, while it dials and afterwards", LAC_IDLE,
	  { DIALED, FN(stray), FN(stray_beside), SAY(SCCRP), HEAR(SCCCN), ACKED, FN(stray), ALIVE } },
	{ "R2661-7.2.1-S10", LAC_STRICT, { DIALED, FN(unnamed), SAY(SCCCN), STOPPED(7, 0) } },
	{ "R2661-7.2.1-S11, R2661-7.1-04: StopCCN in answer; then it dials again", LAC_STRICT,
	  { DIALED, SAY(STOPCCN), FN(dialled_again) } },
	{ "X2661-7.2.1-10: HELLO instead of SCCRP", LAC_STRICT, { DIALED, FN(unnamed), SAY(HELLO), STOPPED(7, 0) } },
	{ "X2661-7.2.1-10: ICRP instead of SCCRP", LAC_STRICT, { DIALED, FN(unnamed), SAY(ICRP), STOPPED(7, 0) } },
	{ "X2661-7.2.1-09, R2661-5.8-18: no answer at all", LAC_QUICK, { FN(unanswered) } },

	/* ties */
	{ "R2661-7.2.1-S09, R2661-4.4.3-21, -22, R2661-7.2.1-01, X2661-4.4.3-02: "
	  "ours is lower, the daemon yields silently",
	  LAC_IDLE, { DIALED, FN(we_win) } },
	{ "ours is lower, the daemon's call is placed in our tunnel", LAC_STRICT, { DIALED, FN(we_win_a_call) } },
	{ "X2661-7.2.1-03, R2661-4.4.3-22, R2661-7.2-01, R2661-4.4.2-C03: ours is higher", LAC_IDLE,
	  { DIALED, FN(we_lose) } },
	{ "X2661-4.4.3-01: unsigned", LAC_IDLE, { DIALED, FN(only_the_highest_bit_differs) } },
	{ "R2661-4.4.3-24: we have none", LAC_IDLE, { DIALED, FN(no_breaker) } },
	{ "R2661-4.4.3-23, X2661-7.2.1-04: equal", LAC_STRICT, { DIALED, FN(equal) } },

	/* calls */
	{ "R2661-7.4.1-S07, R2661-6.6-01, -03..05, X2661-6-02, R2661-5.3-02, R2661-4.4.4-12, R2661-7.4-01, "
	  "R2661-5.2-01: ICRQ", LAC_STRICT,
	  { RINGING, HAS(CALL_SERIAL_NUMBER), HAS(ASSIGNED_SESSION_ID) } },
	{ "R2661-7.4.1-S08, R2661-5.2.1-01, R2661-6.8-02..04, X2661-6-03, R2661-5.1-01: ICRP, ICCN", LAC_STRICT,
	  { RINGING, SAY(ICRP), HEAR(ICCN), HAS(TX_CONNECT_SPEED), HAS(FRAMING_TYPE), HAS_NOT(SEQUENCING_REQUIRED),
	    ACKED, ALIVE } },
	{ "R2661-6.6-06, R2661-4.4.4-01, -07, -10, R2661-7.4.1-S07: two calls, with numbers, speeds and group", LAC_FULL,
	  { FN(two_calls) } },
	{ "R2661-7.4.1-S09, R2661-5.3-01, X2661-7.1-02: ICRP with session 0", LAC_STRICT,
	  { RINGING, FN(anonymous), FN(icrp_zero), REFUSED(2, 3), ALIVE } },
	{ "R3437-2-01, -04, -05, R3437-2.1-01: what our link wants of LCP, without proxy LCP", LAC_WISHES,
	  { DIALED, SAY(SCCRP), HEAR(SCCCN), HEAR(ICRQ), SAY(ICRP), HEAR(ICCN), FN(wishes),
	  HAS_NOT(LAST_SENT_LCP_CONFREQ) } },
	{ "R2661-7.4.1-S10", LAC_STRICT, { RINGING, FN(icrq_to_call), HEAR(CDN) } },
	{ "R2661-7.4.1-S11, R2661-6.12-01, -02", LAC_STRICT, { RINGING, SAY(CDN), ACKED, QUIET(50) } },
	{ "R2661-7.4.1-S12: ICCN is cleaned up, no CDN", LAC_QUICK, { RINGING, SAY(ICCN), ACKED, QUIET(1300) } },
	{ "X2661-7.4.1-07, R2661-4.4.2-D10: ICRP never comes", LAC_QUICK, { RINGING, REFUSED(10, 0) } },
	{ "X2661-7.4.1-05", LAC_STRICT, { RINGING, FN(ocrq_to_call), HEAR(CDN) } },
	{ "X2661-7.4.1-04: StopCCN", LAC_STRICT, { RINGING, SAY(STOPCCN), ACKED, QUIET(50) } },
	{ "R2661-7.4.1-S15", LAC_STRICT, { CONNECTED, SAY(CDN), ACKED, QUIET(50), ALIVE } },
	{ "R2661-7.4.1-S16", LAC_STRICT, { CONNECTED, FN(icrq_to_call), HEAR(CDN) } },
	{ "R2661-7.4.1-S17", LAC_STRICT, { CONNECTED, SAY(ICRP), HEAR(CDN) } },
	{ "R2661-7.4.1-S18", LAC_STRICT, { CONNECTED, SAY(ICCN), HEAR(CDN) } },
	{ "X2661-7.4.1-05: OCCN", LAC_STRICT, { CONNECTED, SAY(OCCN), HEAR(CDN) } },
	{ "X2661-7.4.1-06, X2661-6-06: SLI and WEN end nothing", LAC_STRICT,
	  { CONNECTED, SAY(SLI), SAY(WEN), ACKED, QUIET(50), SAY(ICRP), HEAR(CDN) } },
	{ "X2661-7.4.1-04: StopCCN when it is up, no CDN", LAC_STRICT, { CONNECTED, SAY(STOPCCN), ACKED, QUIET(50) } },
	{ "X2661-7.4.1-01, R2661-4.4.2-D05: we are no LNS on a tunnel that we dialled", LAC_IDLE,
	  { UP, SAY(ICRQ), REFUSED(5, 0), ALIVE } },

	/* try another */
	{ "R2661-4.4.2-05, R2661-4.4.2-E07: StopCCN", LAC_PLACES,
	  { FN(two_places), DIALED, FN(tunnel_sent_away), FN(at_second_place), FN(tunnel_sent_away), FN(nowhere_else) } },
	{ "R2661-4.4.2-05: CDN", LAC_PLACES,
	  { FN(two_places), RINGING, FN(call_sent_away), FN(at_second_place), SAY(SCCRP), HEAR(SCCCN), HEAR(ICRQ),
	    FN(cdn_sent_away), ACKED, FN(nowhere_else) } },
	{ "R2661-4.4.2-05: only if it says so", LAC_PLACES, { FN(two_places), RINGING, SAY(CDN), ACKED, QUIET(500) } },
	{ 0 }
};
