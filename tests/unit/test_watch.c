/* SPDX-License-Identifier: MIT */
/* What frames tell of a link's end.  tests/lab/ppp_test.c has real pppds send them. */
#include "plugins/pppd-l2tp-watch.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

enum { LCP = 0xc021, PAP = 0xc023, CHAP = 0xc223, EAP = 0xc227, CCP = 0x80fd, IPCP = 0x8021, IPV6CP = 0x8057 };
enum { REQ = 1, ACK, NAK, REJ, TERM, TERM_ACK, CODE_REJ, PROTO_REJ };

#define LOCAL PPPD_L2TP_LOCAL
#define PEER PPPD_L2TP_PEER

struct frame {
	enum pppd_l2tp_side sender; /* NEITHER: the end */
	uint16_t protocol;
	uint8_t code;
	uint8_t len;                /* of data */
	const char *data;
};

#define FRAME(side, protocol, code, text) { side, protocol, code, sizeof(text) - 1, text }
/* Options as strings: LCP's authentication, callback; an address of IPCP, an identifier of IPV6CP; MPPE. */
#define NOTHING ""
#define MRU "\x01\x04\x05\xdc"
#define BY_PAP "\x03\x04\xc0\x23"
#define BY_CHAP "\x03\x05\xc2\x23\x05"
#define BY_EAP "\x03\x04\xc2\x27"
#define CALLBACK "\x0d\x03\x06"
#define ADDRESS "\x03\x06\x0a\x00\x00\x01"
#define IDENTIFIER "\x01\x0a\x01\x02\x03\x04\x05\x06\x07\x08"
#define MPPE "\x12\x06\x01\x00\x00\x40"
/* LCP is agreed on, with these options of ours and the peer's */
#define AGREED(ours, theirs)                                                                                           \
	FRAME(LOCAL, LCP, REQ, ours), FRAME(PEER, LCP, REQ, theirs), FRAME(LOCAL, LCP, ACK, theirs),                   \
		FRAME(PEER, LCP, ACK, ours)
#define PLAIN AGREED(MRU, MRU)
#define GIVE_UP FRAME(LOCAL, LCP, TERM, "No network protocols running")
#define FIVE(frame) frame, frame, frame, frame, frame

static const struct {
	const char *name;
	enum pppd_l2tp_stage stage;
	struct pppd_l2tp_end end;
	struct frame frames[20];
} links[] = {
	{ "R3145-3.2-03 silence", PPPD_L2TP_STARTED, { PPPD_L2TP_SILENCE, LCP, 0 },
	  { FRAME(LOCAL, LCP, REQ, MRU), FRAME(PEER, IPCP, REQ, ADDRESS), FRAME(PEER, LCP, 0, ""),
	    FRAME(PEER, LCP, 16, "") } },
	{ "R3145-3.2-02 no agreement", PPPD_L2TP_STARTED, { PPPD_L2TP_TIMEOUT, LCP, 0 },
	  { FRAME(LOCAL, LCP, REQ, MRU), FRAME(PEER, LCP, REQ, MRU), FRAME(LOCAL, LCP, TERM, "User request") } },
	{ "the peer does not want", PPPD_L2TP_STARTED, { PPPD_L2TP_TERMINATED, 0, PEER },
	  { FRAME(LOCAL, LCP, REQ, MRU), FRAME(PEER, LCP, TERM, "") } },

	{ "R3145-3.1-05 the peer ends it", PPPD_L2TP_RUNNING, { PPPD_L2TP_TERMINATED, 0, PEER },
	  { PLAIN, FRAME(PEER, LCP, TERM, ""), FRAME(LOCAL, LCP, TERM, "") } },
	{ "R3145-3.1-05 we end it", PPPD_L2TP_RUNNING, { PPPD_L2TP_TERMINATED, 0, LOCAL },
	  { PLAIN, FRAME(LOCAL, LCP, TERM, "x"), FRAME(PEER, LCP, TERM, "") } },
	{ "the peer closes what was up", PPPD_L2TP_RUNNING, { PPPD_L2TP_TERMINATED, 0, LOCAL },
	  { PLAIN, FRAME(PEER, IPCP, TERM, ""), GIVE_UP } },
	{ "nobody ends it", PPPD_L2TP_RUNNING, { PPPD_L2TP_UNTOLD, 0, 0 }, { PLAIN } },

	{ "R3145-3.1-06 the peer rejects MPPE", PPPD_L2TP_NETWORK, { PPPD_L2TP_ENCRYPTION, 0, LOCAL },
	  { PLAIN, FRAME(LOCAL, CCP, REQ, MPPE), FRAME(PEER, CCP, REJ, MPPE),
	    FRAME(LOCAL, LCP, TERM, "MPPE required") } },
	{ "R3145-3.1-06 the peer rejects CCP", PPPD_L2TP_NETWORK, { PPPD_L2TP_ENCRYPTION, 0, LOCAL },
	  { PLAIN, FRAME(LOCAL, CCP, REQ, MPPE), FRAME(PEER, LCP, PROTO_REJ, "\x80\xfd"),
	    FRAME(LOCAL, LCP, TERM, "") } },
	{ "R3145-3.1-06 we reject MPPE", PPPD_L2TP_NETWORK, { PPPD_L2TP_ENCRYPTION, 0, PEER },
	  { PLAIN, FRAME(LOCAL, IPCP, REQ, ADDRESS), FRAME(PEER, CCP, REQ, MPPE), FRAME(LOCAL, CCP, REJ, MPPE),
	    FRAME(PEER, LCP, TERM, "") } },
	{ "encrypted, and then another reason", PPPD_L2TP_NETWORK, { PPPD_L2TP_TIMEOUT, IPCP, 0 },
	  { PLAIN, FRAME(LOCAL, CCP, REQ, MPPE), FRAME(PEER, CCP, REQ, MPPE), FRAME(PEER, CCP, ACK, MPPE),
	    FRAME(LOCAL, CCP, ACK, MPPE), FRAME(LOCAL, IPCP, REQ, ADDRESS), GIVE_UP } },

	{ "R3145-3.2-09 the peer's callback", PPPD_L2TP_STARTED, { PPPD_L2TP_CALLBACK, 0, PEER },
	  { FRAME(PEER, LCP, REQ, MRU CALLBACK), FRAME(LOCAL, LCP, REJ, CALLBACK), FRAME(PEER, LCP, TERM, "") } },
	{ "R3145-3.2-09 our callback", PPPD_L2TP_LINK, { PPPD_L2TP_CALLBACK, 0, LOCAL },
	  { FRAME(LOCAL, LCP, REQ, CALLBACK), FRAME(PEER, LCP, REJ, CALLBACK), PLAIN, FRAME(LOCAL, LCP, TERM, "") } },

	{ "R3145-3.3-04 the peer refuses PAP", PPPD_L2TP_STARTED, { PPPD_L2TP_AUTH_REFUSED, PAP, LOCAL },
	  { FRAME(LOCAL, LCP, REQ, MRU BY_PAP), FRAME(PEER, LCP, REJ, BY_PAP), PLAIN,
	    FRAME(LOCAL, LCP, TERM, "peer refused to authenticate") } },
	{ "R3145-3.3-04 we refuse CHAP", PPPD_L2TP_NETWORK, { PPPD_L2TP_AUTH_REFUSED, CHAP, PEER },
	  { FRAME(PEER, LCP, REQ, BY_CHAP), FRAME(LOCAL, LCP, REJ, BY_CHAP), PLAIN, FRAME(LOCAL, IPCP, REQ, ADDRESS),
	    FRAME(PEER, LCP, TERM, "") } },
	{ "refused, and did not matter", PPPD_L2TP_NETWORK, { PPPD_L2TP_TERMINATED, 0, PEER },
	  { FRAME(PEER, LCP, REQ, BY_CHAP), FRAME(LOCAL, LCP, REJ, BY_CHAP), PLAIN, FRAME(LOCAL, IPCP, REQ, ADDRESS),
	    FRAME(PEER, IPCP, REQ, ADDRESS), FRAME(PEER, LCP, TERM, "") } },

	{ "R3145-3.3-02 no PAP request", PPPD_L2TP_LINK, { PPPD_L2TP_TIMEOUT, PAP, 0 },
	  { AGREED(BY_PAP, MRU), FRAME(LOCAL, LCP, TERM, "Authentication failed") } },
	{ "R3145-3.3-02 no CHAP response", PPPD_L2TP_LINK, { PPPD_L2TP_TIMEOUT, CHAP, 0 },
	  { AGREED(BY_CHAP, MRU), FRAME(LOCAL, CHAP, 1, "x"), FRAME(LOCAL, LCP, TERM, "") } },
	{ "R3145-3.3-02 no EAP response", PPPD_L2TP_LINK, { PPPD_L2TP_TIMEOUT, EAP, 0 },
	  { AGREED(BY_EAP, MRU), FRAME(LOCAL, EAP, 1, "\x01"), FRAME(PEER, EAP, 2, "\x01"),
	    FRAME(LOCAL, EAP, 1, "\x04"),
	    FRAME(LOCAL, EAP, 4, ""), FRAME(LOCAL, LCP, TERM, "") } },
	{ "R3145-3.3-02 no answer to ours", PPPD_L2TP_LINK, { PPPD_L2TP_TIMEOUT, PAP, 0 },
	  { AGREED(MRU, BY_PAP), FRAME(LOCAL, PAP, 1, "x"), FRAME(LOCAL, LCP, TERM, "") } },
	{ "the peer loses patience", PPPD_L2TP_LINK, { PPPD_L2TP_TERMINATED, 0, PEER },
	  { AGREED(MRU, BY_PAP), FRAME(LOCAL, PAP, 1, "x"), FRAME(PEER, LCP, TERM, "") } },

	{ "R3145-3.3-05 PAP of the peer", PPPD_L2TP_LINK, { PPPD_L2TP_AUTH_FAILED, PAP, LOCAL },
	  { AGREED(BY_PAP, MRU), FRAME(PEER, PAP, 1, "x"), FRAME(LOCAL, PAP, 3, ""), FRAME(PEER, LCP, TERM, "") } },
	{ "R3145-3.3-05 CHAP of us", PPPD_L2TP_LINK, { PPPD_L2TP_AUTH_FAILED, CHAP, PEER },
	  { AGREED(MRU, BY_CHAP), FRAME(PEER, CHAP, 1, "x"), FRAME(LOCAL, CHAP, 2, "y"), FRAME(PEER, CHAP, 4, "") } },
	{ "R3145-3.3-05 EAP of us", PPPD_L2TP_LINK, { PPPD_L2TP_AUTH_FAILED, EAP, PEER },
	  { AGREED(MRU, BY_EAP), FRAME(PEER, EAP, 1, "\x04"), FRAME(LOCAL, EAP, 2, "\x04"), FRAME(PEER, EAP, 4, "") } },
	{ "R3145-3.3-05 again, much later", PPPD_L2TP_RUNNING, { PPPD_L2TP_AUTH_FAILED, CHAP, LOCAL },
	  { AGREED(BY_CHAP, MRU), FRAME(PEER, CHAP, 2, "y"), FRAME(LOCAL, CHAP, 3, ""), FRAME(LOCAL, CHAP, 1, "x"),
	    FRAME(PEER, CHAP, 2, "z"), FRAME(LOCAL, CHAP, 4, ""), FRAME(LOCAL, LCP, TERM, "") } },
	{ "the second attempt is good (RFC 2759 6)", PPPD_L2TP_RUNNING, { PPPD_L2TP_TERMINATED, 0, LOCAL },
	  { AGREED(BY_CHAP, MRU), FRAME(PEER, CHAP, 2, "y"), FRAME(LOCAL, CHAP, 4, "E=691 R=1"), FRAME(PEER, CHAP, 2, "z"),
	    FRAME(LOCAL, CHAP, 3, ""), FRAME(LOCAL, LCP, TERM, "") } },
	{ "a failure of a protocol that nobody agreed on", PPPD_L2TP_RUNNING, { PPPD_L2TP_TERMINATED, 0, PEER },
	  { AGREED(MRU, BY_PAP), FRAME(PEER, CHAP, 4, ""), FRAME(PEER, LCP, TERM, "") } },

	{ "R3145-3.4-04 no IPCP", PPPD_L2TP_NETWORK, { PPPD_L2TP_TIMEOUT, IPCP, 0 },
	  { PLAIN, FRAME(LOCAL, IPCP, REQ, ADDRESS), FRAME(PEER, IPV6CP, REQ, IDENTIFIER), GIVE_UP } },
	{ "R3145-3.4-03 R3145-3.4-04 the last one", PPPD_L2TP_NETWORK, { PPPD_L2TP_TIMEOUT, IPV6CP, 0 },
	  { PLAIN, FRAME(LOCAL, IPCP, REQ, ADDRESS), FRAME(LOCAL, IPV6CP, REQ, IDENTIFIER), GIVE_UP } },
	{ "R3145-3.4-05 all are rejected", PPPD_L2TP_NETWORK, { PPPD_L2TP_NO_NETWORK, IPCP, 0 },
	  { PLAIN, FRAME(LOCAL, IPV6CP, REQ, IDENTIFIER), FRAME(LOCAL, IPCP, REQ, ADDRESS),
	    FRAME(PEER, LCP, PROTO_REJ, "\x80\x57"), FRAME(PEER, LCP, PROTO_REJ, "\x80\x21"), GIVE_UP } },
	{ "R3145-3.4-05 each has another one", PPPD_L2TP_NETWORK, { PPPD_L2TP_NO_NETWORK, IPV6CP, 0 },
	  { PLAIN, FRAME(LOCAL, IPV6CP, REQ, IDENTIFIER), FRAME(PEER, LCP, PROTO_REJ, "\x80\x57"),
	    FRAME(PEER, IPCP, REQ, ADDRESS), FRAME(LOCAL, LCP, PROTO_REJ, "\x80\x21") } },
	{ "R3145-3.4-05 and the peer is faster", PPPD_L2TP_NETWORK, { PPPD_L2TP_NO_NETWORK, IPV6CP, 0 },
	  { PLAIN, FRAME(LOCAL, IPV6CP, REQ, IDENTIFIER), FRAME(PEER, LCP, PROTO_REJ, "\x80\x57"),
	    FRAME(PEER, LCP, TERM, "") } },
	{ "no network protocol yet, for want of encryption", PPPD_L2TP_NETWORK, { PPPD_L2TP_TERMINATED, 0, PEER },
	  { PLAIN, FRAME(LOCAL, CCP, REQ, MPPE), FRAME(PEER, LCP, TERM, "") } },
	{ "R3145-3.4-05 one is rejected, one not answered", PPPD_L2TP_NETWORK, { PPPD_L2TP_TIMEOUT, IPV6CP, 0 },
	  { PLAIN, FRAME(LOCAL, IPCP, REQ, ADDRESS), FRAME(PEER, LCP, PROTO_REJ, "\x80\x21"),
	    FRAME(LOCAL, IPV6CP, REQ, IDENTIFIER), GIVE_UP } },
	{ "R3145-3.4-05 we have none", PPPD_L2TP_NETWORK, { PPPD_L2TP_NO_NETWORK, 0, 0 }, { PLAIN, GIVE_UP } },
	{ "R3145-3.4-05 we have none, the peer has", PPPD_L2TP_NETWORK, { PPPD_L2TP_NO_NETWORK, 0x802b, 0 },
	  { PLAIN, FRAME(LOCAL, LCP, PROTO_REJ, "\x80\x2b"), FRAME(LOCAL, LCP, PROTO_REJ, "\x80\xfd"), GIVE_UP } },

	{ "R3145-3.4-06 the peer insists", PPPD_L2TP_NETWORK, { PPPD_L2TP_ADDRESS_DISPUTE, IPCP, PEER },
	  { PLAIN, FRAME(LOCAL, IPCP, REQ, ADDRESS), FIVE(FRAME(PEER, IPCP, NAK, ADDRESS)),
	    FRAME(PEER, IPCP, REJ, ADDRESS),
	    FRAME(PEER, IPCP, ACK, NOTHING), FRAME(LOCAL, IPCP, TERM, "Refused our IP address"), GIVE_UP } },
	{ "R3145-3.4-06 we insist", PPPD_L2TP_RUNNING, { PPPD_L2TP_ADDRESS_DISPUTE, IPCP, LOCAL },
	  { PLAIN, FRAME(LOCAL, IPCP, REQ, ADDRESS), FIVE(FRAME(LOCAL, IPCP, NAK, ADDRESS)),
	    FRAME(PEER, IPCP, TERM, ""),
	    GIVE_UP } },
	{ "five Naks, then peace", PPPD_L2TP_NETWORK, { PPPD_L2TP_TERMINATED, 0, PEER },
	  { PLAIN, FRAME(LOCAL, IPCP, REQ, ADDRESS), FIVE(FRAME(LOCAL, IPCP, NAK, ADDRESS)),
	    FRAME(LOCAL, IPCP, ACK, ADDRESS),
	    FRAME(PEER, LCP, TERM, "") } },
	{ "R3145-3.4-07 the peer rejects ours", PPPD_L2TP_NETWORK, { PPPD_L2TP_ADDRESS_REFUSED, IPCP, LOCAL },
	  { PLAIN, FRAME(LOCAL, IPCP, REQ, ADDRESS), FRAME(PEER, IPCP, REJ, ADDRESS), GIVE_UP } },
	{ "R3145-3.4-07 we reject its identifier", PPPD_L2TP_NETWORK, { PPPD_L2TP_ADDRESS_REFUSED, IPV6CP, PEER },
	  { PLAIN, FRAME(LOCAL, IPV6CP, REQ, IDENTIFIER), FRAME(LOCAL, IPV6CP, REJ, IDENTIFIER), GIVE_UP } },
	{ "R3145-3.4-07 it may not have it", PPPD_L2TP_NETWORK, { PPPD_L2TP_ADDRESS_REFUSED, IPCP, PEER },
	  { PLAIN, FRAME(LOCAL, IPCP, REQ, ADDRESS), FRAME(LOCAL, IPCP, ACK, ADDRESS), FRAME(PEER, IPCP, ACK, ADDRESS),
	    FRAME(LOCAL, IPCP, TERM, "Unauthorized remote IP address"), GIVE_UP } },
	{ "R3145-3.4-07 we have none", PPPD_L2TP_NETWORK, { PPPD_L2TP_ADDRESS_REFUSED, IPCP, LOCAL },
	  { PLAIN, FRAME(LOCAL, IPCP, REQ, ADDRESS),
	    FRAME(LOCAL, IPCP, TERM, "Could not determine local IP address") } },

	{ "a new link forgets the old one's", PPPD_L2TP_LINK, { PPPD_L2TP_TIMEOUT, CHAP, 0 },
	  { AGREED(BY_PAP, MRU), FRAME(PEER, PAP, 1, "x"), FRAME(LOCAL, PAP, 3, ""), AGREED(BY_CHAP, MRU),
	    FRAME(LOCAL, CHAP, 1, "x") } },
};

static size_t put(unsigned char *to, const struct frame *f, int header)
{
	static const unsigned char address_control[] = { 0xff, 0x03 };
	const unsigned char head[] = { (unsigned char)(f->protocol >> 8), (unsigned char)f->protocol, f->code, 1, 0,
				       (unsigned char)(4 + f->len) };
	size_t at = header ? sizeof(address_control) : 0;

	memcpy(to, address_control, at);
	memcpy(to + at, head, sizeof(head));
	memcpy(to + at + sizeof(head), f->data, f->len);
	memset(to + at + sizeof(head) + f->len, 0xaa, 2); /* padding */
	return at + sizeof(head) + f->len + 2;
}

START_TEST(end)
{
	for (int header = 0; header < 2; header++) {
		struct watch w = { 0 };
		struct pppd_l2tp_end e;
		unsigned char frame[300];

		for (const struct frame *f = links[_i].frames; f->sender; f++) {
			const size_t len = put(frame, f, header);
			unsigned char *exact = malloc(len);

			watch_frame(&w, f->sender, memcpy(exact, frame, len), len);
			free(exact);
		}
		e = watch_end(&w, links[_i].stage);
		ck_assert_msg(e.failure == links[_i].end.failure && e.side == links[_i].end.side &&
				      e.protocol == links[_i].end.protocol,
			      "%s: %u %x %u", links[_i].name, e.failure, e.protocol, e.side);
	}
}
END_TEST

/* R3437-2.3-02: the last requests of both, whatever was between them. */
START_TEST(last_requests)
{
	static const struct frame frames[] = { FRAME(LOCAL, LCP, REQ, MRU), FRAME(PEER, LCP, NAK, MRU),
					       FRAME(LOCAL, LCP, REQ, MRU BY_PAP), FRAME(PEER, LCP, REQ, BY_CHAP),
					       FRAME(LOCAL, LCP, ACK, BY_CHAP), FRAME(LOCAL, IPCP, REQ, ADDRESS) };
	unsigned char frame[2 + 6 + PPPD_L2TP_OPTIONS_MAX + 1] = { 0xc0, 0x21, REQ, 1 };
	struct watch w = { 0 };

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		unsigned char bytes[300];
		watch_frame(&w, frames[i].sender, bytes, put(bytes, &frames[i], 1));
	}
	ck_assert(w.lcp[LOCAL].len == 8 && memcmp(w.lcp[LOCAL].octets, MRU BY_PAP, 8) == 0);
	ck_assert(w.lcp[PEER].len == 5 && memcmp(w.lcp[PEER].octets, BY_CHAP, 5) == 0);
	for (uint16_t len = PPPD_L2TP_OPTIONS_MAX; len <= PPPD_L2TP_OPTIONS_MAX + 1; len++) {
		frame[4] = (unsigned char)((len + 4) >> 8);
		frame[5] = (unsigned char)(len + 4);
		watch_frame(&w, PEER, frame, 6 + len);
		ck_assert_uint_eq(w.lcp[PEER].len, len <= PPPD_L2TP_OPTIONS_MAX ? len : PPPD_L2TP_OPTIONS_NOT_KEPT);
	}
}
END_TEST

/* Frames cut off anywhere, and with lengths that do not fit, change nothing. */
START_TEST(broken_frames)
{
	static const struct frame good = FRAME(PEER, LCP, TERM, "good bye");
	unsigned char bytes[300];
	const size_t len = put(bytes, &good, 1) - 2;

	for (size_t cut = 0; cut < len; cut++) {
		unsigned char *exact = malloc(cut + 1);
		struct watch w = { 0 };

		watch_frame(&w, PEER, memcpy(exact, bytes, cut), cut);
		ck_assert(!w.heard && !w.terminated);
		free(exact);
	}
	for (unsigned claimed = 0; claimed < 4; claimed++) {
		struct watch w = { 0 };

		bytes[2 + 5] = (unsigned char)claimed;
		watch_frame(&w, PEER, bytes, len);
		ck_assert(!w.heard && !w.terminated);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("watch");
	TCase *t = tcase_create("watch");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, end, 0, sizeof(links) / sizeof(links[0]));
	tcase_add_test(t, last_requests);
	tcase_add_test(t, broken_frames);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
