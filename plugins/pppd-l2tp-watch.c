/* SPDX-License-Identifier: MIT */
/*
 * pppd-l2tp-watch: follows the control frames of a link, and finds the cause of its end in them.
 *
 * Nothing is answered or changed, and only lengths that fit are trusted: malformed frames are left to pppd.  The cause
 * follows from which side refused what, which waited in vain, and which sent the first LCP Terminate-Request: of two
 * possible causes, the one of the side that ended the link.  Where the same frames can mean two things, the text that
 * pppd gives as its reason decides (the same in 2.4.9 to 2.5).
 *
 * The numbers are those of RFC 1661, 1332, 5072, 1334, 1994, 3748, 1962 and 3078; pppd's headers would tie this file to
 * one version of pppd, and to pppd.
 */
#include "pppd-l2tp-watch.h"

#include <stdbool.h>
#include <string.h>

enum { LCP = 0xc021, PAP = 0xc023, CHAP = 0xc223, EAP = 0xc227, CCP = 0x80fd, IPCP = 0x8021, IPV6CP = 0x8057 };
enum { CONF_REQ = 1, CONF_ACK, CONF_NAK, CONF_REJ, TERM_REQ, TERM_ACK, CODE_REJ, PROTO_REJ };
enum { CODE_MAX = 15 };                  /* of LCP, with its extensions */
enum { OPT_AUTH = 3, OPT_CALLBACK = 13 }; /* of LCP */
enum { OPT_MPPE = 18 };                  /* of CCP */
enum { HEADER = 4, OPTION_HEADER = 2 };
enum { NAKS_MAX = 5 };                   /* RFC 1661 4.6, Max-Failure: pppd's default, and the RFC's */

/* A control packet; its data is options, a protocol number or a text. */
struct packet {
	uint16_t protocol;
	uint8_t code;
	const unsigned char *data;
	size_t len;
};

static const struct {
	uint16_t protocol;
	uint8_t address; /* option */
} talk_rows[WATCH_TALKS] = {
	[WATCH_CCP] = { CCP, 0 },
	[WATCH_IPCP] = { IPCP, 3 },
	[WATCH_IPV6CP] = { IPV6CP, 1 },
};

/* Codes of the side that demands authentication, and of the answer. */
static const struct {
	uint16_t protocol;
	uint8_t request, answer, success, failure;
} auth_rows[] = {
	{ PAP, 0, 1, 2, 3 },
	{ CHAP, 1, 2, 3, 4 },
	{ EAP, 1, 2, 3, 4 },
};

/* Why pppd closes a network protocol that was agreed on. */
static const struct {
	const char *text;
	enum pppd_l2tp_side whose;
} unwanted_rows[] = {
	{ "Refused our IP address", PPPD_L2TP_LOCAL },
	{ "Could not determine local", PPPD_L2TP_LOCAL },
	{ "Unauthorized remote IP address", PPPD_L2TP_PEER },
	{ "Could not determine remote", PPPD_L2TP_PEER },
};
static const char gave_up_text[] = "No network protocols running";

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static enum pppd_l2tp_side other(enum pppd_l2tp_side side)
{
	return side == PPPD_L2TP_LOCAL ? PPPD_L2TP_PEER : PPPD_L2TP_LOCAL;
}

static uint16_t number(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static bool begins_with(const struct packet *p, const char *text)
{
	return p->len >= strlen(text) && memcmp(p->data, text, strlen(text)) == 0;
}

/* NULL: there is none, or none before the list breaks off. */
static const unsigned char *find_option(const unsigned char *data, size_t len, uint8_t type)
{
	while (len >= OPTION_HEADER && data[1] >= OPTION_HEADER && data[1] <= len) {
		if (data[0] == type)
			return data;
		len -= data[1];
		data += data[1];
	}
	return NULL;
}

static bool has_option(const struct packet *p, uint8_t type)
{
	return find_option(p->data, p->len, type) != NULL;
}

/* The authentication protocol in a list of LCP options; 0: none. */
static uint16_t auth_protocol(const unsigned char *data, size_t len)
{
	const unsigned char *option = find_option(data, len, OPT_AUTH);

	return option && option[1] >= OPTION_HEADER + 2 ? number(option + OPTION_HEADER) : 0;
}

static uint16_t kept_auth_protocol(const struct pppd_l2tp_options *o)
{
	return o->len == PPPD_L2TP_OPTIONS_NOT_KEPT ? 0 : auth_protocol(o->octets, o->len);
}

static int find_talk(uint16_t protocol)
{
	int i = 0;

	while (i < WATCH_TALKS && talk_rows[i].protocol != protocol)
		i++;
	return i;
}

/* ---- LCP -------------------------------------------------------------------------------------------------------- */

static void keep_options(struct pppd_l2tp_options *to, const struct packet *p)
{
	to->len = PPPD_L2TP_OPTIONS_NOT_KEPT;
	if (p->len > sizeof(to->octets))
		return;
	memcpy(to->octets, p->data, p->len);
	to->len = (uint16_t)p->len;
}

/* The link begins anew, for the first time or again. */
static void ask_lcp(struct watch *w, enum pppd_l2tp_side sender, const struct packet *p)
{
	if (w->open) {
		memset(w->acked, 0, sizeof(w->acked));
		memset(w->auth, 0, sizeof(w->auth));
		memset(w->talks, 0, sizeof(w->talks));
		w->open = false;
		w->last = 0;
	}
	w->acked[other(sender)] = false;
	keep_options(&w->lcp[sender], p);
}

static void ack_lcp(struct watch *w, enum pppd_l2tp_side sender)
{
	w->acked[sender] = true;
	w->open = w->acked[PPPD_L2TP_LOCAL] && w->acked[PPPD_L2TP_PEER];
	for (int side = PPPD_L2TP_LOCAL; w->open && side < WATCH_SIDES; side++)
		w->auth[side].protocol = kept_auth_protocol(&w->lcp[side]);
}

static void reject_lcp(struct watch *w, enum pppd_l2tp_side sender, const struct packet *p)
{
	const uint16_t protocol = auth_protocol(p->data, p->len);

	if (protocol)
		w->auth_refused[sender] = protocol;
	if (has_option(p, OPT_CALLBACK))
		w->callback_refused[sender] = true;
}

static void reject_protocol(struct watch *w, enum pppd_l2tp_side sender, const struct packet *p)
{
	const uint16_t protocol = p->len >= 2 ? number(p->data) : 0;
	const int i = find_talk(protocol);

	if (i < WATCH_TALKS)
		w->talks[i].dropped[sender] = true;
	if (sender == PPPD_L2TP_PEER && i < WATCH_TALKS && i != WATCH_CCP)
		w->last = i;
	if (sender == PPPD_L2TP_LOCAL && protocol >> 14 == 2 && i != WATCH_CCP) /* 8000 to bfff: NCPs */
		w->unknown = protocol;
}

static void terminate(struct watch *w, enum pppd_l2tp_side sender, const struct packet *p)
{
	if (w->terminated != PPPD_L2TP_NEITHER)
		return;
	w->terminated = sender;
	w->gave_up = sender == PPPD_L2TP_LOCAL && begins_with(p, gave_up_text);
}

static void read_lcp(struct watch *w, enum pppd_l2tp_side sender, const struct packet *p)
{
	if (sender == PPPD_L2TP_PEER && p->code >= CONF_REQ && p->code <= CODE_MAX)
		w->heard = true;
	if (p->code == CONF_REQ)
		ask_lcp(w, sender, p);
	else if (p->code == CONF_ACK)
		ack_lcp(w, sender);
	else if (p->code == CONF_REJ)
		reject_lcp(w, sender, p);
	else if (p->code == PROTO_REJ)
		reject_protocol(w, sender, p);
	else if (p->code == TERM_REQ)
		terminate(w, sender, p);
}

/* ---- Network protocols, and CCP beside them --------------------------------------------------------------------- */

static void give_up(struct watch_talk *t, const struct packet *p)
{
	for (size_t i = 0; i < COUNT(unwanted_rows); i++)
		if (begins_with(p, unwanted_rows[i].text))
			t->unwanted = unwanted_rows[i].whose;
}

static void read_talk(struct watch *w, int i, enum pppd_l2tp_side sender, const struct packet *p)
{
	struct watch_talk *t = &w->talks[i];
	const bool address = has_option(p, talk_rows[i].address);

	if (p->code == CONF_REQ) {
		t->asked[sender] = true;
		w->mppe[sender] |= i == WATCH_CCP && has_option(p, OPT_MPPE);
	} else if (p->code == CONF_ACK) {
		t->acked[sender] = true;
		if (address) /* without one, it was dropped after a dispute */
			t->naks[sender] = 0;
	} else if (p->code == CONF_NAK) {
		t->naks[sender] += address;
	} else if (p->code == CONF_REJ) {
		t->refused[sender] |= address;
	} else if (p->code == TERM_REQ && sender == PPPD_L2TP_LOCAL) {
		give_up(t, p);
	}
	if (i != WATCH_CCP && (p->code != CONF_REQ || sender == PPPD_L2TP_LOCAL) && p->code <= TERM_REQ)
		w->last = i;
}

/* ---- Authentication --------------------------------------------------------------------------------------------- */

/* EAP also ends with a failure when there was no answer. */
static void read_auth(struct watch *w, size_t row, enum pppd_l2tp_side sender, const struct packet *p)
{
	const bool answer = p->code == auth_rows[row].answer;
	struct watch_auth *a = &w->auth[answer ? other(sender) : sender];

	if (a->protocol != p->protocol)
		return;
	if (answer) {
		a->waiting = false;
	} else if (p->code == auth_rows[row].request) {
		a->waiting = true;
	} else if (p->code == auth_rows[row].success) {
		a->passed = true;
		a->failed = false; /* that was an earlier attempt */
	} else if (p->code == auth_rows[row].failure) {
		a->passed = false;
		a->failed = !a->waiting;
	}
}

/* ---- Frames ----------------------------------------------------------------------------------------------------- */

static bool read_packet(const unsigned char *frame, size_t len, struct packet *ret)
{
	static const unsigned char address_control[] = { 0xff, 0x03 };
	size_t claimed;

	if (len >= 2 && memcmp(frame, address_control, sizeof(address_control)) == 0) {
		frame += sizeof(address_control);
		len -= sizeof(address_control);
	}
	if (len < 2 + HEADER)
		return false;
	claimed = number(frame + 4);
	if (claimed < HEADER || claimed > len - 2)
		return false;
	*ret = (struct packet){ number(frame), frame[2], frame + 2 + HEADER, claimed - HEADER };
	return true;
}

void watch_frame(struct watch *w, enum pppd_l2tp_side sender, const unsigned char *frame, size_t len)
{
	struct packet p;
	int talk;

	if (!read_packet(frame, len, &p))
		return;
	if (p.protocol == LCP) {
		read_lcp(w, sender, &p);
		return;
	}
	talk = find_talk(p.protocol);
	if (talk < WATCH_TALKS)
		read_talk(w, talk, sender, &p);
	for (size_t i = 0; i < COUNT(auth_rows); i++)
		if (auth_rows[i].protocol == p.protocol)
			read_auth(w, i, sender, &p);
}

/* ---- The end ---------------------------------------------------------------------------------------------------- */

/* Each judge checks for one cause; the first that finds it decides.  side: it is asked about both. */
typedef bool judge(const struct watch *w, enum pppd_l2tp_stage stage, enum pppd_l2tp_side side,
		   struct pppd_l2tp_end *ret);

static bool auth_failed(const struct watch *w, enum pppd_l2tp_stage stage, enum pppd_l2tp_side side,
			struct pppd_l2tp_end *ret)
{
	(void)stage;
	*ret = (struct pppd_l2tp_end){ PPPD_L2TP_AUTH_FAILED, w->auth[side].protocol, side };
	return w->auth[side].failed;
}

/* The link was in use.  If its last network protocol went down, it may still have failed. */
static bool was_up(const struct watch *w, enum pppd_l2tp_stage stage, enum pppd_l2tp_side side,
		   struct pppd_l2tp_end *ret)
{
	*ret = (struct pppd_l2tp_end){ PPPD_L2TP_TERMINATED, 0, side };
	return stage == PPPD_L2TP_RUNNING && w->terminated == side && !w->gave_up;
}

static bool encryption(const struct watch *w, enum pppd_l2tp_stage stage, enum pppd_l2tp_side side,
		       struct pppd_l2tp_end *ret)
{
	const uint8_t *acked = w->talks[WATCH_CCP].acked;

	(void)stage;
	*ret = (struct pppd_l2tp_end){ PPPD_L2TP_ENCRYPTION, 0, side };
	return w->mppe[side] && !(acked[PPPD_L2TP_LOCAL] && acked[PPPD_L2TP_PEER]) && w->terminated == side;
}

static bool address_dispute(const struct watch *w, enum pppd_l2tp_stage stage, enum pppd_l2tp_side side,
			    struct pppd_l2tp_end *ret)
{
	(void)stage;
	*ret = (struct pppd_l2tp_end){ PPPD_L2TP_ADDRESS_DISPUTE, talk_rows[w->last].protocol, side };
	return w->last && w->talks[w->last].naks[side] >= NAKS_MAX;
}

static bool address_refused(const struct watch *w, enum pppd_l2tp_stage stage, enum pppd_l2tp_side side,
			    struct pppd_l2tp_end *ret)
{
	const struct watch_talk *t = &w->talks[w->last];

	(void)stage;
	*ret = (struct pppd_l2tp_end){ PPPD_L2TP_ADDRESS_REFUSED, talk_rows[w->last].protocol, side };
	return w->last && (t->unwanted == side || (t->unwanted == PPPD_L2TP_NEITHER && t->refused[other(side)]));
}

/* What remains of a link that was up. */
static bool went_down(const struct watch *w, enum pppd_l2tp_stage stage, enum pppd_l2tp_side side,
		      struct pppd_l2tp_end *ret)
{
	*ret = (struct pppd_l2tp_end){ w->terminated ? PPPD_L2TP_TERMINATED : PPPD_L2TP_UNTOLD, 0, w->terminated };
	(void)side;
	return stage == PPPD_L2TP_RUNNING;
}

/* A side that demands something does not start network protocols before it gets it. */
static bool has_begun(const struct watch *w, enum pppd_l2tp_side side)
{
	bool begun = false;

	for (int i = 0; i < WATCH_TALKS; i++)
		begun |= w->talks[i].asked[side];
	return begun;
}

static bool auth_refused(const struct watch *w, enum pppd_l2tp_stage stage, enum pppd_l2tp_side side,
			 struct pppd_l2tp_end *ret)
{
	(void)stage;
	*ret = (struct pppd_l2tp_end){ PPPD_L2TP_AUTH_REFUSED, w->auth_refused[other(side)], side };
	return ret->protocol && !has_begun(w, side) && w->terminated == side;
}

static bool callback(const struct watch *w, enum pppd_l2tp_stage stage, enum pppd_l2tp_side side,
		     struct pppd_l2tp_end *ret)
{
	(void)stage;
	*ret = (struct pppd_l2tp_end){ PPPD_L2TP_CALLBACK, 0, side };
	return w->callback_refused[other(side)] && !has_begun(w, side) && w->terminated == side;
}

static bool terminated(const struct watch *w, enum pppd_l2tp_stage stage, enum pppd_l2tp_side side,
		       struct pppd_l2tp_end *ret)
{
	(void)stage;
	*ret = (struct pppd_l2tp_end){ PPPD_L2TP_TERMINATED, 0, side };
	return side == PPPD_L2TP_PEER && w->terminated == side;
}

static bool auth_waited(const struct watch *w, enum pppd_l2tp_stage stage, enum pppd_l2tp_side side,
			struct pppd_l2tp_end *ret)
{
	const struct watch_auth *a = &w->auth[side];

	*ret = (struct pppd_l2tp_end){ PPPD_L2TP_TIMEOUT, a->protocol, PPPD_L2TP_NEITHER };
	return stage < PPPD_L2TP_NETWORK && a->protocol && !a->passed;
}

/* The network phase was reached, and no network protocol is left. */
static bool no_network(const struct watch *w, enum pppd_l2tp_stage stage, enum pppd_l2tp_side side,
		       struct pppd_l2tp_end *ret)
{
	const struct watch_talk *t = w->talks;
	bool left = w->mppe[PPPD_L2TP_LOCAL]; /* they wait for it */

	(void)side;
	for (int i = WATCH_IPCP; i < WATCH_TALKS; i++)
		left |= t[i].asked[PPPD_L2TP_LOCAL] && !t[i].dropped[PPPD_L2TP_PEER];
	*ret = (struct pppd_l2tp_end){ PPPD_L2TP_NO_NETWORK, w->last ? talk_rows[w->last].protocol : w->unknown,
				       PPPD_L2TP_NEITHER };
	return stage == PPPD_L2TP_NETWORK && !left;
}

static bool waited(const struct watch *w, enum pppd_l2tp_stage stage, enum pppd_l2tp_side side,
		   struct pppd_l2tp_end *ret)
{
	(void)side;
	*ret = (struct pppd_l2tp_end){ PPPD_L2TP_TIMEOUT, LCP, PPPD_L2TP_NEITHER };
	if (stage == PPPD_L2TP_NETWORK)
		ret->protocol = talk_rows[w->last].protocol;
	else if (!w->heard)
		ret->failure = PPPD_L2TP_SILENCE;
	return true;
}

struct pppd_l2tp_end watch_end(const struct watch *w, enum pppd_l2tp_stage stage)
{
	static judge *const judges[] = {
		auth_failed,     was_up,    encryption, /* what the link can end with at any time */
		address_dispute, address_refused, went_down,
		auth_refused,    callback,  no_network, terminated, /* from here on: it never was up */
		auth_waited,     waited,
	};
	struct pppd_l2tp_end end = { 0 };

	for (size_t i = 0; i < COUNT(judges); i++)
		for (int side = PPPD_L2TP_LOCAL; side < WATCH_SIDES; side++)
			if (judges[i](w, stage, (enum pppd_l2tp_side)side, &end))
				return end;
	return (struct pppd_l2tp_end){ 0 };
}
