/* SPDX-License-Identifier: MIT */
/*
 * seeds: writes inputs to begin with, as files of a folder for each target: every message that we send, from
 * unit/golden.h, and the courses of a tunnel and a call that the RFC has.
 *
 *	make_seeds FOLDER
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "golden.h"
#include "lib/l2tp/wire.h"
#include "plugins/pppd-l2tp-proto.h"

#define INPUT_MAX 2048

/* As in fuzz_wire_avp.c and fuzz_unhide.c. */
enum { WIRE_SECRET = 2 };
enum { AVP_MANDATORY = 1, AVP_HIDDEN = 2, AVP_VECTOR = 8 };

static void write_seed(const char *folder, const char *target, const char *name, const void *data, size_t size)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, target);
	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		ck_abort_msg("%s: %s", path, strerror(errno));
	snprintf(path, sizeof(path), "%s/%s/%s", folder, target, name);
	for (char *p = path + strlen(folder) + 1; *p; p++)
		*p = *p == ' ' || *p == ',' ? '-' : *p;
	f = fopen(path, "wb");
	if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		ck_abort_msg("%s: %s", path, strerror(errno));
}

static void seed_wire(const char *folder, const struct golden *g, struct l2tp_span body)
{
	struct wire_header h = { .version = 2, .tunnel_id = 1, .session_id = 2, .ns = 3, .nr = 4, .body = body };
	uint8_t out[INPUT_MAX] = { g->hide ? WIRE_SECRET : 0 };

	write_seed(folder, "wire_avp", g->name, out, 1 + wire_control(&h, out + 1, sizeof(out) - 1));
}

/* Hidden AVPs and all, with the secret. */
static void seed_describe(const char *folder, const struct golden *g, struct l2tp_span body)
{
	struct wire_header h = { .version = 2, .tunnel_id = 1, .session_id = 2, .ns = 3, .nr = 4, .body = body };
	uint8_t out[INPUT_MAX];
	struct writer w = writer_of(out, sizeof(out));

	put_u8(&w, (uint8_t)GOLDEN_SECRET.len);
	put_span(&w, GOLDEN_SECRET);
	write_seed(folder, "describe", g->name, out,
		   writer_len(&w) + wire_control(&h, out + writer_len(&w), sizeof(out) - writer_len(&w)));
}

/* A HELLO with every AVP that there is: all but two are out of place. */
static void seed_everything(const char *folder)
{
	static const struct golden everything = { .name = "HELLO with everything" };
	uint8_t body[INPUT_MAX], part[INPUT_MAX];
	struct writer w = writer_of(body, sizeof(body));
	struct msg hello = { .type = CM_HELLO };

	msg_encode(&(struct msg_encoder){ 0 }, &hello, &w);
	for (int i = 0; i < GOLDENS; i++)
		if (!goldens[i].hide)
			put_span(&w, hex(goldens[i].body, part, sizeof(part)));
	seed_wire(folder, &everything, writer_span(&w));
}

/* Every AVP that may be hidden, hidden. */
static void seed_unhide(const char *folder, const struct golden *g, struct l2tp_span body)
{
	uint8_t out[INPUT_MAX];
	struct writer w = writer_of(out, sizeof(out));
	struct reader r = reader_of(body);
	struct avp a;

	put_u8(&w, (uint8_t)(GOLDEN_SECRET.len - 1));
	put_span(&w, GOLDEN_SECRET);
	put_u8(&w, (uint8_t)g->msg.type);
	put_span(&w, span_of((uint8_t[]){ AVP_MANDATORY | AVP_VECTOR, 0, 4, 'r', 'a', 'n', 'd' }, 7));
	while (avp_next(&r, &a)) {
		if (a.hidden || avp_is(&a, AVP_MESSAGE_TYPE))
			continue;
		put_u8(&w, (uint8_t)((a.mandatory ? AVP_MANDATORY : 0) |
				     (avp_find(AVP_V2, a.vendor, a.type)->hideable ? AVP_HIDDEN : 0)));
		put_u8(&w, (uint8_t)a.type);
		put_u8(&w, (uint8_t)a.value.len);
		put_span(&w, a.value);
	}
	write_seed(folder, "unhide", g->name, out, writer_len(&w));
}

/* Steps of fuzz_engine.c, which follow on the five octets of the set-up. */
enum { SAY, RAW, BODY, AGAIN, ACKNOWLEDGE, PASS, LATE, ANSWER, DATA, NO_MEMORY, ADMISSION, OPEN, CALL, SET_CALL_INFO,
       SET_LINK_INFO, REPORT_ERRORS, CLOSE_TUNNEL, CLOSE_SESSION, SHUTDOWN, SET_LIMITS, STRAY_ANSWER, WALK, PROFILE,
       NO_ENGINE, RANDOM, LAG, PROBE, FREEZE, CALLS };
enum { SCCRQ, SCCRP, SCCCN, STOPCCN, HELLO, ICRQ, ICRP, ICCN, CDN, OCRQ, OCRP, OCCN, WEN, SLI };
enum { OPTIONAL = 1, VALUES = 2, HIDDEN = 16, WRONG = 32, ANEW = 64, ASTRAY = 4 };
enum { AUTO = 3, REPLY = 4 };             /* of the set-up */
enum { SECRET = 2, CHALLENGE = 4, HIDE = 8, STRICT = 16, PROXY = 128 };
enum { NO_LNS = 1, LAC = 2, SYNC = 4, CONTROL_PHB = 8, SESSION_PHB = 16, PHB_REQUIRED = 32, ONE_SESSION = 64,
       BUSY = 128 };
#define HOW(n) ((n) << 2)                 /* by peer 0 */
#define SAYS(message, flags) SAY, 0, message, flags
#define ALL 0xff, 0xff                    /* optional AVPs */
#define LATER(unit, n) PASS, HOW(unit), (n)
#define NUMBERED 1
#define N(n) 0, (n) >> 8, (n) & 0xff      /* what VALUES reads: no text, and what every number is */
#define EVERYTHING 0x1d, 250 + 5, 250 + 5, 250 + 5, 250 + 5, 2, 1, 1, 'u', 1, 'c', 1, 'r', 250 + 5, 250 + 5, 1

/* A body as a raw datagram's would be, in a tunnel. */
static void seed_body(const char *folder, const struct golden *g, struct l2tp_span body)
{
	static const uint8_t tunnel[] = { AUTO, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), BODY, 0 };
	uint8_t out[INPUT_MAX];
	struct writer w = writer_of(out, sizeof(out));

	put_span(&w, span_of(tunnel, sizeof(tunnel)));
	put_u8(&w, (uint8_t)body.len);
	put_span(&w, body);
	write_seed(folder, "engine", g->name, out, writer_len(&w));
}

#define COURSE(name, ...) { name, { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ }) }
static const struct {
	const char *name;
	uint8_t steps[160];
	size_t len;
} courses[] = {
	COURSE("course-lns", AUTO, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), SAYS(ICRQ, 0), SAYS(ICCN, 0),
	       SAYS(WEN, 0), SET_LINK_INFO, 0, 0, 0, 0, SAYS(HELLO, 0), LATER(3, 9), SAYS(CDN, 0), SAYS(STOPCCN, 0)),
	COURSE("course-lac", AUTO, 0, 0, 0, 0, OPEN, 0, SAYS(SCCRP, 0), CALL, 0, 0, 0, SAYS(ICRP, 0), REPORT_ERRORS,
	       HOW(1), 0, REPORT_ERRORS, HOW(2), 0, LATER(3, 7), SAYS(SLI, 0), CLOSE_SESSION, 0, 0, 0, LATER(2, 3),
	       CLOSE_TUNNEL, 0, 0, 0, LATER(3, 8)),
	COURSE("course-lac-call-first", AUTO, 0, 0, 0, 0, OPEN, 0, CALL, 0, 0, 0, CALL, 0, 0, 0, SAYS(SCCRP, 0),
	       SAYS(ICRP, 0), SAY, HOW(1), ICRP, 0),
	COURSE("course-replies", AUTO | REPLY, 0, SECRET | CHALLENGE | HIDE | PROXY, LAC, 0, OPEN, 0, CALL, 0, 0,
	       EVERYTHING, CALL, HOW(1), 0, 0, OPEN, 1, CALL, HOW(1), 1, NUMBERED, 1, '7', CALL, 0, 1, 32, WALK, HOW(63),
	       SAYS(OCRQ, 0), LATER(2, 9), SHUTDOWN, HOW(63), 0),
	COURSE("course-replies-lns", AUTO | REPLY, 0, SECRET | CHALLENGE | STRICT | PROXY, LAC, 0, SAYS(SCCRQ, OPTIONAL),
	       ALL, SAYS(ICRQ, OPTIONAL), ALL, SAYS(OCRQ, OPTIONAL), ALL, CALL, HOW(1), 0, 0, CALL, 0, 0, 0),
	COURSE("course-outgoing", AUTO, 0, 0, LAC, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), SAYS(OCRQ, 0), SAYS(OCRP, 0),
	       SAYS(OCCN, 0), REPORT_ERRORS, HOW(1), 0, SAYS(SLI, 0)),
	COURSE("course-outgoing-dial", 2, 0, 0, LAC, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), ANSWER, 0, 0, SAYS(OCRQ, 0),
	       ANSWER, 0, 0, SET_CALL_INFO, 0, 0, EVERYTHING, ANSWER, 0, 0, SAYS(SLI, OPTIONAL), ALL, CLOSE_SESSION,
	       HOW(1), 0, 2, 16, 1, 0x80, 0x21),
	COURSE("course-outgoing-lns", AUTO, 0, 0, 0, 0, OPEN, 0, CALL, HOW(1), 0, NUMBERED, 1, '7', SAYS(SCCRP, 0),
	       SAYS(OCRP, 0), SAYS(OCCN, OPTIONAL), ALL, SAYS(WEN, 0), SET_LINK_INFO, 0, 0, 255, 255),
	COURSE("course-sequencing", 2, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), ANSWER, 0, 0, SAYS(ICRQ, 0), ANSWER,
	       0, 0, SAYS(ICCN, OPTIONAL), ALL, ANSWER, 0, 0),
	COURSE("course-phb", AUTO, 0, 0, CONTROL_PHB | SESSION_PHB | PHB_REQUIRED, 0, SAYS(SCCRQ, OPTIONAL), ALL,
	       SAYS(SCCCN, 0), SAYS(ICRQ, OPTIONAL), ALL, SAYS(ICRQ, 0), OPEN, 1, SAY, 1, SCCRP, 0),
	COURSE("course-auth-lns", AUTO, 0, SECRET | CHALLENGE, 0, 0, SAYS(SCCRQ, OPTIONAL), ALL, SAYS(SCCCN, 0),
	       SAYS(ICRQ, OPTIONAL), ALL, SAYS(ICCN, OPTIONAL), ALL),
	COURSE("course-auth-lac", AUTO, 0, SECRET | CHALLENGE | HIDE, 0, 0, OPEN, 0, SAYS(SCCRP, OPTIONAL | HIDDEN), ALL,
	       CALL, 0, 0, 0, SAYS(ICRP, HIDDEN)),
	COURSE("course-tie", AUTO, 0, 0, 0, 0, OPEN, 0, SAYS(SCCRQ, OPTIONAL | ANEW), 0, 2, LATER(3, 9)),
	COURSE("course-late", 0, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), ANSWER, 0, 0, SAYS(ICRQ, 0), ANSWER, 0, 0,
	       ACKNOWLEDGE, 0, SAYS(ICCN, 0), SAYS(STOPCCN, 0), ANSWER, 0, 0, ANSWER, 0, 0, LATER(3, 9)),
	COURSE("course-refused", 0, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), ANSWER, HOW(2), 0, SAYS(ICRQ, 0),
	       ANSWER, HOW(2), 0),
	COURSE("course-anew", AUTO, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), SAYS(SCCRQ, ANEW), SAYS(SCCCN, 0), AGAIN,
	       HOW(2)),
	COURSE("course-replaced", AUTO, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), SAYS(ICRQ, 0), SAY, HOW(4), SCCRQ,
	       ANEW | OPTIONAL, 0, 2, SAYS(SCCCN, 0)),
	COURSE("course-same-call", AUTO, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), SAYS(ICRQ, 0), SAYS(ICRQ, ANEW)),
	COURSE("course-out-of-order", AUTO, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), SAY, HOW(8), ICRQ, 0, SAY,
	       HOW(9), ICRQ, 0, AGAIN, HOW(0), AGAIN, HOW(1), AGAIN, HOW(1)),
	COURSE("course-silence", 1, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), PROBE, 0, 0, LATER(3, 9), DATA, HOW(3), 0,
	       LATER(3, 20)),
	COURSE("course-no-memory", AUTO, 0, 0, 0, 0, NO_MEMORY, HOW(3), SAYS(SCCRQ, 0), NO_MEMORY, HOW(5),
	       SAYS(SCCRQ, 0), SAYS(SCCCN, 0)),
	COURSE("course-admission", AUTO, 0, 0, 0, 0, ADMISSION, HOW(1), SAYS(SCCRQ, 0), ADMISSION, HOW(2),
	       SAYS(SCCRQ, 0), ADMISSION, HOW(3), SAYS(SCCRQ, 0)),
	COURSE("course-limits", AUTO | REPLY, 0, 0, LAC, 0, SAYS(SCCRQ, 0), SET_LIMITS, HOW(0), 0, OPEN, 1, SET_LIMITS,
	       HOW(5), 0, OPEN, 1, SET_LIMITS, HOW(6), 1, SET_LIMITS, HOW(8), 1, SAYS(ICRQ, 0), SAYS(ICRQ, 0)),
	COURSE("course-settings", AUTO, 0, SECRET, 0, 0, OPEN, HOW(1), OPEN, HOW(3), OPEN, HOW(9), OPEN, HOW(11), OPEN,
	       HOW(39), OPEN, HOW(41), OPEN, HOW(43), NO_ENGINE, 0, PROFILE, 0, 0, 0, 0, OPEN, 0, STRAY_ANSWER, HOW(1),
	       0),
	COURSE("course-same-ids", AUTO | REPLY, 0, 0, 0, 0, RANDOM, HOW(1), OPEN, 0, OPEN, 1, OPEN, 2, CALL, 0, 0, 0, CALL,
	       0, 0, 0, CALL, 0, 0, 0, RANDOM, HOW(2), CALL, 0, 0, 0, CALL, 0, 0, 0, CALL, 0, 0, 0),
	COURSE("course-calls-refused", AUTO, 2, 0, LAC | SYNC | BUSY, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), SAYS(ICRQ, 0),
	       SAY, HOW(1), ICRQ, 0, SAY, HOW(2), ICRQ, 0, SAYS(OCRQ, VALUES), N(4), SAYS(OCRQ, VALUES), N(2),
	       SAYS(ICCN, VALUES), N(4)),
	COURSE("course-calls-of-nobody", AUTO, 0, 0, NO_LNS | ONE_SESSION, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0),
	       SAYS(ICRQ, 0), SAYS(OCRQ, 0), CALL, 0, 0, 0, CALL, 0, 0, 0),
	COURSE("course-calls-of-source", AUTO | 16, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), SAYS(ICRQ, 0), SAY,
	       HOW(1), ICRQ, 0, SAY, HOW(2), ICRQ, 0),
	COURSE("course-same-id", AUTO, 0, 0, 0, 0, OPEN, 0, SAYS(SCCRP, 0), CALL, 0, 0, 0, CALL, 0, 0, 0,
	       SAYS(ICRP, VALUES), N(9), SAY, HOW(1), ICRP, VALUES, N(9)),
	COURSE("course-phb-lac", AUTO, 0, 0, CONTROL_PHB | SESSION_PHB | PHB_REQUIRED, 0, OPEN, 0,
	       SAYS(SCCRP, OPTIONAL), ALL, CALL, 0, 0, 0, SAYS(ICRP, OPTIONAL), ALL, CALL, 0, 0, 0, SAY, HOW(1), ICRP, 0),
	COURSE("course-wrong", AUTO, 0, SECRET | CHALLENGE, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, WRONG), OPEN, 1, SAY, 1,
	       SCCRP, WRONG, SAY, 2, SCCRQ, VALUES, N(0x0200), PROFILE, 0, 0, 0, 0, SAY, 3, SCCRQ, OPTIONAL, ALL),
	COURSE("course-framing", AUTO, 0, PROXY, SYNC, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), SAYS(ICRQ, 0),
	       SAYS(ICCN, VALUES), N(2), SAYS(ICRQ, 0), SAYS(ICCN, OPTIONAL), 0xff, 0xe0, SAYS(ICRQ, 0),
	       SAYS(ICCN, OPTIONAL), 0, 7, SAYS(ICRQ, 0), SAYS(ICCN, OPTIONAL), 0, 0x18),
	COURSE("course-call-no-memory", AUTO, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), NO_MEMORY, HOW(0),
	       SAYS(ICRQ, 0), NO_MEMORY, HOW(1), SAYS(ICRQ, 0), NO_MEMORY, HOW(2), SAYS(ICRQ, 0), NO_MEMORY, HOW(3),
	       SAYS(ICRQ, 0), NO_MEMORY, HOW(4), SAYS(ICRQ, 0)),
	COURSE("course-place-no-memory", AUTO, 0, 0, 0, 0, OPEN, 0, SAYS(SCCRP, 0), NO_MEMORY, HOW(0), CALL, 0, 0, 0,
	       NO_MEMORY, HOW(1), CALL, 0, 0, NUMBERED, 1, '7', NO_MEMORY, HOW(2), CALL, 0, 0, NUMBERED, 1, '7',
	       NO_MEMORY, HOW(3), CALL, 0, 0, NUMBERED, 1, '7', NO_MEMORY, HOW(4), CALL, 0, 0, NUMBERED, 1, '7'),
	COURSE("course-early", AUTO, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), SAY, HOW(8), HELLO, 0, NO_MEMORY, 0,
	       SAYS(HELLO, 0), SAYS(HELLO, 0), SAYS(HELLO, 0), AGAIN, HOW(0), AGAIN, HOW(3), SAYS(HELLO, 0)),
	COURSE("course-forged", AUTO | REPLY, 0, 0, 0, 0, SAYS(SCCRQ, 0), LATER(2, 9), SAY, 1, SCCRQ, ASTRAY, 0, 0, 0, 0,
	       SAY, 1, STOPCCN, ASTRAY, 0xff, 0, 0, 0, LATER(2, 9), SAY, HOW(16), STOPCCN, ASTRAY, 0, 0, 0, 0),
	COURSE("course-forged-peer-is-silent", 1 | REPLY, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAY, 1, SCCRQ, ASTRAY, 0, 0, 0, 0,
	       LATER(0, 63), LATER(2, 9)),
	COURSE("course-reborn", AUTO, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), SAYS(ICRQ, 0), SAY, HOW(4), SCCRQ,
	       ANEW | OPTIONAL, 0, 4, LATER(2, 1), AGAIN, 0, LATER(2, 3), AGAIN, 0, SAYS(SCCCN, 0), LATER(2, 3)),
	COURSE("course-reborn-secret", AUTO | REPLY, 0, SECRET | CHALLENGE, 0, 0, SAYS(SCCRQ, 0), SAY, HOW(4), SCCRQ,
	       ANEW | OPTIONAL, 0, 4, LATER(2, 1), SAYS(SCCRQ, ANEW), LATER(2, 9), SAYS(SCCRQ, ANEW), LATER(2, 1)),
	COURSE("course-trial-answers", 2 | REPLY, 0, 0, 0, 0, SAYS(SCCRQ, 0), ANSWER, 0, 0, SAYS(SCCRQ, ANEW), ANSWER, 0,
	       0, ANSWER, 0, 0, LATER(2, 1), DATA, HOW(3), 0, LATE, HOW(10), LATE, HOW(1), LATE, 0, ANSWER, 0, 0, ANSWER,
	       0, 0, LATE, HOW(1), ANSWER, 0, 0, ANSWER, 0, 0),
	COURSE("course-reflected", AUTO, 0, SECRET | CHALLENGE, LAC, 0, OPEN, 0, SAY, HOW(32) | 1, SCCRQ, OPTIONAL, ALL,
	       SAY, HOW(32), SCCRP, OPTIONAL, ALL),
	COURSE("course-tie-lost", AUTO, 0, 0, 0, 0, OPEN, 0, CALL, 0, 0, 0, SAYS(SCCRQ, OPTIONAL | ANEW), 0, 2,
	       SAYS(SCCCN, 0), LATER(2, 9)),
	COURSE("course-tie-equal", AUTO, 0, 0, 0, 0, RANDOM, HOW(1), OPEN, 0, SAYS(SCCRQ, OPTIONAL | ANEW), 0, 2,
	       LATER(2, 9)),
	COURSE("course-same-id-alive", AUTO | REPLY, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAY, 1, SCCRQ, VALUES | ASTRAY, N(100), 0,
	       0, 0, 0, LATER(2, 3), SAY, 1, SCCRQ, VALUES | ASTRAY, N(100), 0xff, 0, 0, 0, LATER(2, 3)),
	COURSE("course-stranger", 1, 0, 1, 0, 0, SAYS(SCCRQ, 0), LATER(3, 9)),
	COURSE("course-wrong-alone", AUTO, 0, SECRET | CHALLENGE, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, WRONG)),
	COURSE("course-long-queue", AUTO | REPLY, 2, 0, 0, 0, SAYS(SCCRQ, 0), CALLS, HOW(3), FREEZE, HOW(1), CALLS, HOW(63),
	       CALLS, HOW(63), SAYS(HELLO, 0), CALLS, HOW(2), LATER(1, 9), FREEZE, HOW(0), SAYS(HELLO, 0), CALLS, HOW(2),
	       LATER(2, 9)),
	COURSE("course-long-queue-ends", AUTO | REPLY, 2, 0, 0, 0, SAYS(SCCRQ, 0), FREEZE, HOW(1), CALLS, HOW(63), CALLS,
	       HOW(63), LATER(1, 40), SAYS(STOPCCN, 0), LATER(2, 9)),
	COURSE("course-lag", 2 | REPLY, 0, 0, LAC, 0, SAYS(SCCRQ, 0), ANSWER, 0, 0, LAG, HOW(2), SAYS(OCRQ, 0),
	       CLOSE_SESSION, 0, 0, 0, ANSWER, 0, 0, LAG, HOW(3), CALL, HOW(1), 0, 0, CLOSE_TUNNEL, 0, 0, 0),
	COURSE("found-trial-without-hello", AUTO | REPLY, 0, 0, 0, 4, SAYS(SCCRQ, 0), SAYS(SCCRQ, ANEW), LATER(2, 3)),
	COURSE("found-hidden-challenge", AUTO, 0, SECRET, 1, 0, SAYS(SCCRQ, 0x15), 0xf2, 0xb7),
	COURSE("course-shutdown", AUTO, 0, 0, 0, 0, SAYS(SCCRQ, 0), SAYS(SCCCN, 0), SAYS(ICRQ, 0), SHUTDOWN, HOW(63), 0,
	       LATER(2, 3)),
};
#undef COURSE

static void seed_report(const char *folder)
{
	struct pppd_l2tp_report r = { .version = PPPD_L2TP_VERSION, .event = PPPD_L2TP_UP, .stage = PPPD_L2TP_RUNNING,
				      .flags = PPPD_L2TP_IPV4 | PPPD_L2TP_IPV6,
				      .interface = "ppp0", .peer_name = "user" };
	uint8_t out[1 + sizeof(r)] = { 1 };

	memcpy(out + 1, &r, sizeof(r));
	write_seed(folder, "report", "up", out, sizeof(out));
	write_seed(folder, "record", "record", "4711 123456 ppp0\n", 17);
	write_seed(folder, "record", "init", "1 1 -\n", 6);
}

/* As in fuzz_watch.c: a frame of ours or of the peer's, at most 127 octets long. */
static size_t put_frame(uint8_t *out, bool peers, struct l2tp_span frame)
{
	out[0] = (uint8_t)(frame.len | (peers ? 0x80 : 0));
	memcpy(out + 1, frame.data, frame.len);
	return 1 + frame.len;
}

/* LCP with PAP; a refusal; IPCP and a quarrel; MPPE; the end. */
static void seed_link(const char *folder)
{
	static const char *const frames[] = { /* hexadecimal, the peer's with a < */
		"ff03c021010100080304c023", "<c021010100080104057c", "c021020100080104057c", "<c021020100080304c023",
		"c021040100080304c023", "<c0230101000c036a6f65027878", "c0230301000500", "ff0380210101000a03060a000001",
		"<80210301000a03060a000002", "<80210401000a03060a000001", "80fd0101000a120601000040",
		"<c0210801000880fd0101", "80210501001052656675736564206f7572", "<c223010100060178",
		"<c021050200063030",
	};
	uint8_t out[INPUT_MAX] = { PPPD_L2TP_NETWORK };
	size_t len = 1;

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		uint8_t octets[128];
		const bool peers = frames[i][0] == '<';
		struct l2tp_span s = hex(frames[i] + peers, octets, sizeof(octets));

		len += put_frame(out + len, peers, s);
	}
	write_seed(folder, "watch", "link", out, len);
}

int main(int argc, char **argv)
{
	uint8_t body[INPUT_MAX];

	if (argc != 2)
		return EXIT_FAILURE;
	mkdir(argv[1], 0777);
	for (int i = 0; i < GOLDENS; i++) {
		struct l2tp_span s = hex(goldens[i].body, body, sizeof(body));

		seed_wire(argv[1], &goldens[i], s);
		seed_unhide(argv[1], &goldens[i], s);
		seed_describe(argv[1], &goldens[i], s);
		seed_body(argv[1], &goldens[i], s);
	}
	for (size_t i = 0; i < sizeof(courses) / sizeof(courses[0]); i++)
		write_seed(argv[1], "engine", courses[i].name, courses[i].steps, courses[i].len);
	seed_everything(argv[1]);
	seed_report(argv[1]);
	seed_link(argv[1]);
	return EXIT_SUCCESS;
}
