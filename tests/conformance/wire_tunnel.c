/* SPDX-License-Identifier: MIT */
/* The control connection as responder: RFC 2661 7.2.1, 5.1.1, 5.7, what opens and what ends it. */
#include "scenario.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static void version(struct peer *p, uint16_t number)
{
	struct msg m = peer_msg(p, CM_SCCRQ);

	m.protocol_version = number;
	peer_send(p, &m, 0);
}

static void version_2(struct peer *p) { version(p, 0x0200); }
static void version_1_7(struct peer *p) { version(p, 0x0107); }

static void challenge(struct peer *p)
{
	struct msg m = peer_msg(p, CM_SCCRQ);

	memcpy(p->challenge, "0123456789abcdef", sizeof(p->challenge));
	m.challenge = (struct l2tp_span){ p->challenge, sizeof(p->challenge) };
	msg_set(&m, AVP_CHALLENGE);
	peer_send(p, &m, 0);
}

/* MD5(2, "secret", "0123456789abcdef"), made by another program (R2661-4.4.3-15, -16). */
static void right_response(struct peer *p)
{
	static const uint8_t expect[16] = { 0xea, 0x8b, 0x19, 0xd2, 0xa3, 0x44, 0x58, 0x45,
					    0x21, 0xfd, 0x0f, 0xf6, 0xf6, 0x75, 0xcf, 0x47 };

	MUST(p->last.msg.challenge_response.len == sizeof(expect));
	MUST(!memcmp(p->last.msg.challenge_response.data, expect, sizeof(expect)));
}

static void answer(struct peer *p, const char *secret)
{
	struct msg m = peer_msg(p, CM_SCCCN);

	MUST(p->last.msg.challenge.len >= 16);
	peer_respond(p, &m, (struct l2tp_span){ (const uint8_t *)secret, strlen(secret) });
	peer_send(p, &m, 0);
}

static void answer_rightly(struct peer *p) { answer(p, "secret"); }
static void answer_wrongly(struct peer *p) { answer(p, "sekret"); }

/* What the daemon itself says, sent back to it under the id of the other direction (R2661-9.1-01). */
static void answer_reflected(struct peer *p)
{
	struct msg m = peer_msg(p, CM_SCCRP);

	peer_respond(p, &m, p->secret);
	m = (struct msg){ .type = CM_SCCCN };
	m.challenge_response = (struct l2tp_span){ p->response, sizeof(p->response) };
	msg_set(&m, AVP_CHALLENGE_RESPONSE);
	peer_send(p, &m, 0);
}

static void answer_unasked(struct peer *p)
{
	struct msg m = peer_msg(p, CM_SCCCN);

	m.challenge_response = (struct l2tp_span){ p->response, sizeof(p->response) };
	msg_set(&m, AVP_CHALLENGE_RESPONSE);
	peer_send(p, &m, 0);
}

static uint8_t first_challenge[64];

static void keep_challenge(struct peer *p)
{
	memcpy(first_challenge, p->last.msg.challenge.data, 16);
}

static void another_challenge(struct peer *p)
{
	MUST(memcmp(first_challenge, p->last.msg.challenge.data, 16));
}

/* The peer never learnt our id: StopCCN by its own (R2661-4.4.3-20). */
static void stop_by_own_id(struct peer *p)
{
	p->engine_id = 0;
	peer_say(p, CM_STOPCCN);
	peer_acked(p);
	p->ns--;
	peer_say(p, CM_STOPCCN); /* our acknowledgement may have been lost */
	peer_acked(p);
	peer_quiet(p, 100, true);
}

/* The last message once more. */
static void again(struct peer *p, enum cm_type type)
{
	p->ns--;
	peer_say(p, type);
	MUST(peer_next(p, PATIENCE_MS));
	MUST(!p->last_header.body.len && p->last_header.nr == p->ns);
}

static void stopccn_again(struct peer *p)
{
	for (int i = 0; i < 3; i++)
		again(p, CM_STOPCCN);
	peer_quiet(p, 100, false);
}

static void sccrq_again(struct peer *p)
{
	uint16_t id = p->engine_id;

	p->engine_id = 0;
	again(p, CM_SCCRQ);
	p->engine_id = id;
	peer_say(p, CM_SCCCN);
	peer_acked(p);
}

/* A new tunnel while the old one lingers: the daemon's id is another one (X2661-5.3-02). */
static void another_tunnel(struct peer *p)
{
	uint16_t old = p->engine_id;

	peer_anew(p);
	peer_open(p);
	MUST(p->engine_id != old);
}

static void unpredictable_ids(struct peer *p)
{
	uint16_t last = 0;
	int steps = 0;

	for (int i = 0; i < 8; i++) {
		p->session_id++;
		peer_say(p, CM_ICRQ);
		(void)peer_hear(p, CM_ICRP);
		MUST(p->engine_session_id != 0);
		steps += (uint16_t)(p->engine_session_id - last) <= 2;
		last = p->engine_session_id;
	}
	MUST(steps < 2);
}

/* ---- A daemon of one's own ----------------------------------------------------------------------------------- */

static struct daemon own;

static void start_with(struct peer *p, const char *sections)
{
	daemon_start(&own, sections);
	p->to.sin_port = htons(own.port);
}

static void start_own(struct peer *p)
{
	start_with(p, "limits { tunnels = 1 sessions = 1 }\nlns \"own\" { strict = yes }\n");
}

/* Nobody is known here but those of scenario.h; or there is room for one of each; what is then said is configured. */
static void polite(struct peer *p) { start_with(p, "stranger-refusal = 2/7\n"); }
static void silent(struct peer *p) { start_with(p, "stranger-refusal = silence\n"); }

static void full(struct peer *p)
{
	start_with(p, "limits { tunnels = 1 sessions = 1 refusal = 6 }\nlns \"own\" { call-refusal = 2/7 }\n");
}

/* One a second may ask for a tunnel, one more that comes again: the others get no answer, but the log tells of them. */
static void too_fast(struct peer *p)
{
	start_with(p, "limits { sccrq-per-second-per-source = 1 } lns \"own\" { }\n");
	p->log = own.log;
	for (int i = 0; i < 20; i++) {
		peer_anew(p);
		peer_say(p, CM_SCCRQ);
	}
	peer_logged(p, "rate limits: dropped", "tunnel requests");
}

static void shut_down(struct peer *p)
{
	MUST(kill(own.pid, SIGTERM) == 0);
	(void)peer_hear(p, CM_STOPCCN);
	MUST(p->last.msg.result_code.result == RC_STOPCCN_SHUTDOWN);
	peer_quiet(p, 200, true); /* and not one CDN */
	daemon_stop(&own, 0);
}

/* ---- A profile that is full ---------------------------------------------------------------------------------- */

#define BOUNDED "lns \"own\" { strict = yes retransmit-initial = 100ms "

static void start_bounded(struct peer *p)
{
	start_with(p, BOUNDED "max-tunnels = 1 max-sessions = 1 }\n");
	p->log = own.log;
}

/* The same address, another port: a tunnel beside the one that is there. */
static struct peer beside(const struct peer *p)
{
	struct peer other = *p;

	peer_anew(&other);
	other.fd = peer_socket_beside(p);
	return other;
}

static void one_too_many(struct peer *p)
{
	(void)peer_hear(p, CM_STOPCCN);
	MUST(p->last.msg.result_code.result == RC_STOPCCN_GENERAL && p->last.msg.result_code.error == EC_RESOURCES);
}

/* What is being opened takes no place: whoever completes first has it. */
static void completed_later(struct peer *p)
{
	struct peer first = beside(p);

	peer_say(p, CM_SCCRQ);
	(void)peer_hear(p, CM_SCCRP);
	peer_open(&first);
	peer_say(p, CM_SCCCN);
	one_too_many(p);
	peer_alive(&first);
	*p = first;
}

static void second_tunnel(struct peer *p)
{
	struct peer other = beside(p);

	peer_say(&other, CM_SCCRQ);
	one_too_many(&other);
	peer_logged(&other, "tunnel refused", "too many tunnels of this profile");
	peer_alive(p);
	daemon_reload(&own, BOUNDED "max-tunnels = 1 max-sessions = 1 hello-interval = 1h }\n", true);
	other = beside(p);
	peer_say(&other, CM_SCCRQ);
	one_too_many(&other);
	peer_say(p, CM_STOPCCN);
	peer_acked(p);
	*p = beside(p);
	peer_open(p);
}

static void second_call(struct peer *p)
{
	uint16_t id = p->session_id, engine_id = p->engine_session_id;

	p->session_id = (uint16_t)(id + 1);
	peer_say(p, CM_ICRQ);
	(void)peer_hear(p, CM_CDN);
	MUST(p->last.msg.result_code.result == RC_CDN_GENERAL && p->last.msg.result_code.error == EC_RESOURCES);
	peer_logged(p, "session refused", "too many sessions of this profile");
	p->session_id = id;
	p->engine_session_id = engine_id;
	peer_say(p, CM_CDN);
	peer_acked(p);
	p->session_id = (uint16_t)(id + 2);
	peer_call(p);
}

static void start_bounded_secretly(struct peer *p)
{
	start_with(p, BOUNDED "max-tunnels = 1 challenge = yes secret = s }\n");
	p->secret = (struct l2tp_span){ (const uint8_t *)"s", 1 };
}

/* Under the same id: a place is not taken twice by a peer that has forgotten what it has. */
static void reborn(struct peer *p)
{
	struct msg m;

	peer_anew(p);
	p->id--;
	m = peer_msg(p, CM_SCCRQ);
	m.receive_window_size = 9; /* another SCCRQ than the first one */
	msg_set(&m, AVP_RECEIVE_WINDOW_SIZE);
	peer_send(p, &m, 0);
	(void)peer_hear(p, CM_SCCRP);
	answer(p, "s");
	peer_acked(p);
	peer_alive(p);
}

static void next_call(struct peer *p) { p->session_id++; }

static void stop_own(struct peer *p)
{
	(void)p;
	daemon_stop(&own, SIGTERM);
}

const struct scenario tunnel_scenarios[] = {
	/* idle */
	{ "R2661-7.2.1-S02, -S12, R2661-5.1-02, R2661-6.1-01, R2661-6.3-01, -02: "
	  "SCCRQ, SCCRP, SCCCN, acknowledged", STRICT,
	  { SAY(SCCRQ), HEAR(SCCRP), SAY(SCCCN), ACKED, ALIVE } },
	{ "R2661-7.2.1-S03, X2661-7.2.1-14, R2661-4.4.2-C05: another version", STRICT,
	  { FN(version_2), STOPPED(5, 0x0100) } },
	{ "R2661-7.2.1-02: another revision is none", STRICT, { FN(version_1_7), HEAR(SCCRP) } },
	{ "R2661-7.2.1-S03, R2661-4.4.2-C04: nobody's peer", FORBIDDEN, { SAY(SCCRQ), STOPPED(4, 0) } },
	{ "X2661-5.1.1-02, R2661-5.1.1-05: challenged, and there is no secret", STRICT,
	  { FN(challenge), STOPPED(4, 0), HAS_NOT(CHALLENGE_RESPONSE) } },
	{ "X2661-7.2.1-15: HELLO from nobody", STRICT, { SAY(HELLO), SILENCE(100) } },

	/* authentication */
	{ "R2661-5.1.1-01: no challenge, none demanded", STRICT,
	  { SAY(SCCRQ), HEAR(SCCRP), HAS_NOT(CHALLENGE), HAS_NOT(CHALLENGE_RESPONSE) } },
	{ "R2661-5.1.1-01, -02, -05, R2661-4.4.3-14..16: challenged, we answer", ANSWERS,
	  { FN(challenge), HEAR(SCCRP), HAS(CHALLENGE_RESPONSE), HAS_NOT(CHALLENGE), FN(right_response), SAY(SCCCN),
	    ACKED, ALIVE } },
	{ "R2661-5.1.1-01, -03, R2661-7.2.1-S12, R2661-4.4.3-13: we challenge, answered rightly", SECRET,
	  { SAY(SCCRQ), HEAR(SCCRP), HAS(CHALLENGE), FN(answer_rightly), ACKED, ALIVE } },
	{ "R2661-5.1.1-04, R2661-7.2.1-S13, R2661-7.2.1-04, R2661-4.4.2-C04: answered wrongly", SECRET,
	  { SAY(SCCRQ), HEAR(SCCRP), FN(answer_wrongly), STOPPED(4, 0) } },
	{ "R2661-9.1-01, R2661-4.4.3-16: answered with the response of the other direction", SECRET,
	  { SAY(SCCRQ), HEAR(SCCRP), FN(answer_reflected), STOPPED(4, 0) } },
	{ "X2661-5.1.1-01: not answered", SECRET, { SAY(SCCRQ), HEAR(SCCRP), SAY(SCCCN), STOPPED(4, 0) } },
	{ "X2661-5.1.1-03: answered unasked", STRICT, { SAY(SCCRQ), HEAR(SCCRP), FN(answer_unasked), ACKED, ALIVE } },
	{ "X2661-5.1.1-05, R2661-4.4.3-13: a fresh challenge each time", SECRET,
	  { SAY(SCCRQ), HEAR(SCCRP), FN(keep_challenge), ANEW, SAY(SCCRQ), HEAR(SCCRP), FN(another_challenge) } },

	/* wait-ctl-conn */
	{ "R2661-7.2.1-S14", STRICT, { SAY(SCCRQ), HEAR(SCCRP), SAY(SCCRP), STOPPED(7, 0) } },
	{ "R2661-7.2.1-S15", STRICT, { SAY(SCCRQ), HEAR(SCCRP), SAY(SCCRQ), STOPPED(7, 0) } },
	{ "R2661-7.2.1-S16, R2661-5.7-02", STRICT, { SAY(SCCRQ), HEAR(SCCRP), SAY(STOPCCN), ACKED, QUIET(100) } },
	{ "R2661-4.4.3-20: StopCCN to Tunnel ID 0", STRICT, { SAY(SCCRQ), HEAR(SCCRP), FN(stop_by_own_id) } },
	{ "X2661-7.2.1-10, R2661-5.0-01: a call too early", STRICT,
	  { SAY(SCCRQ), HEAR(SCCRP), SAY(ICRQ), STOPPED(7, 0) } },
	{ "X2661-7.2.1-10: HELLO too early", STRICT, { SAY(SCCRQ), HEAR(SCCRP), SAY(HELLO), STOPPED(7, 0) } },
	{ "X2661-7.2.1-11: SCCCN never comes", QUICK, { SAY(SCCRQ), HEAR(SCCRP), STOPPED(1, 0) } },
	{ "X2661-5.8-04: SCCRQ again", STRICT, { SAY(SCCRQ), HEAR(SCCRP), FN(sccrq_again), ALIVE } },

	/* established */
	{ "R2661-7.2.1-S19, R2661-4.4.2-C07", STRICT, { OPEN, SAY(SCCRQ), STOPPED(7, 0) } },
	{ "R2661-7.2.1-S20", STRICT, { OPEN, SAY(SCCRP), STOPPED(7, 0) } },
	{ "R2661-7.2.1-S21", STRICT, { OPEN, SAY(SCCCN), STOPPED(7, 0) } },
	{ "R2661-7.2.1-S22, R2661-7.2.1-06, R2661-6.4-01, -03, R2661-7.6-02, R2661-5.7-02, -03: "
	  "StopCCN, and again", STRICT,
	  { OPEN, CALL, SAY(STOPCCN), ACKED, FN(stopccn_again), FN(next_call), SAY(ICRQ), ACKED, QUIET(100) } },
	{ "X2661-7.2.1-12, R2661-6.5-01, -03: HELLO", STRICT, { OPEN, SAY(HELLO), ACKED, SILENCE(100) } },
	{ "R2661-7.2.1-S18, R2661-7.2.1-05, R2661-6.4-04..06, R2661-7.6-03, R2661-4.4.3-19, R2661-4.4.2-C01: "
	  "we close", IDLE,
	  { OPEN, STOPPED(1, 0), HAS(ASSIGNED_TUNNEL_ID), QUIET(100) } },
	{ "R2661-9.1-02, R2661-5.3-01: ids cannot be guessed", STRICT, { OPEN, FN(unpredictable_ids) } },

	/* closing and linger */
	{ "X2661-7.2.1-13, R2661-7.1-02: while our StopCCN is not acknowledged", IDLE,
	  { OPEN, STOPPED(1, 0), SAY(HELLO), SAY(ICRQ), SAY(SCCRQ), ACKED, QUIET(100) } },
	{ "X2661-5.7-03: StopCCN crosses StopCCN", IDLE, { OPEN, STOPPED(1, 0), SAY(STOPCCN), ACKED, QUIET(100) } },
	{ "X2661-5.7-02, X2661-7.2.1-13: in linger, nothing new but a new tunnel", STRICT,
	  { OPEN, CALL, SAY(STOPCCN), ACKED, SAY(ICRQ), SAY(HELLO), ACKED, QUIET(100), FN(another_tunnel), ALIVE } },
	{ "X2661-5.3-02: ids are not used again at once", STRICT, { OPEN, SAY(STOPCCN), ACKED, FN(another_tunnel) } },
	{ "R2661-5.7-01, R2661-6.4-02, R2661-4.4.2-C06, R2661-7.6-01: a daemon that stops says one StopCCN", OWN,
	  { FN(start_own), OPEN, CALL, FN(shut_down) } },
	{ "R2661-4.4.2-C02, R2661-4.4.2-E07: a stranger is told what is configured", OWN,
	  { FN(polite), SAY(SCCRQ), STOPPED(2, 7), FN(stop_own) } },
	{ "R2661-4.4.2-C04: or nothing", OWN, { FN(silent), SAY(SCCRQ), SILENCE(300), FN(stop_own) } },
	{ "R2661-4.4.2-E07, R2661-4.4.2-C06: one call too many, one tunnel too many, as configured", OWN,
	  { FN(full), OPEN, CALL, FN(next_call), SAY(ICRQ), REFUSED(2, 7), ALIVE, ANEW, SAY(SCCRQ), STOPPED(6, 0),
	    FN(stop_own) } },
	{ "max-tunnels: as many as are established, and another when one has ended", OWN,
	  { FN(start_bounded), FN(completed_later), FN(second_tunnel), ALIVE, FN(stop_own) } },
	{ "max-tunnels: a peer that has lost its memory", OWN,
	  { FN(start_bounded_secretly), OPEN, FN(reborn), FN(stop_own) } },
	{ "max-sessions: another when one has ended", OWN,
	  { FN(start_bounded), OPEN, CALL, FN(second_call), ALIVE, FN(stop_own) } },
	{ "limits: the log tells of requests that get no answer", OWN, { FN(too_fast), FN(stop_own) } },
	{ "X2661-5.3-03, R2661-4.4.2-E04, R2661-5.8-27: a daemon that is full says so", OWN,
	  { FN(start_own), OPEN, CALL, FN(next_call), SAY(ICRQ), REFUSED(2, 4), ALIVE, FN(stop_own) } },
	{ 0 }
};
