/* SPDX-License-Identifier: MIT */
/*
 * peer: see peer.h.  What check_datagram() and those below it demand holds for every message of every scenario:
 *
 * R2661-3.0-03, R2661-3.1-03, -05, -07, -10, -13, -14, -17: the header, bit by bit; R2661-3.0-02 with it
 * R2661-3.1-18, -20, R2661-4.4.3-17, R2661-4.4.4-11, R2661-5.3-02, -03, X2661-6-01..03: whose ids stand there
 * R2661-3.1-22, R2661-5.8-01, -02, -06, -07, -14: Ns from 0 without a gap, ZLBs take none; a repetition differs in Nr
 * R2661-3.1-23, R2661-5.8-08: Nr never goes back nor beyond what was said
 * R2661-4.0-01, R2661-4.1-01, R2661-4.4.1-05, -06, R2661-6.0-01, R2661-7.1-10: AVPs, all of them known and well formed
 * R2661-4.2-01, -02, -04: M as the RFC's table has it, and on nothing that is not in it
 * R2661-4.4.2-C00, R2661-4.4.2-D00: no StopCCN or CDN without a result; R3145-4-02: no AVP of another vendor
 * R2661-4.3-01, -03, R2661-4.4.1-01: hidden only where a secret is shared, behind a Random Vector
 * R2661-4.4.2-02: texts are UTF-8
 */
#include "peer.h"
#include "lib/l2tp/digest.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FIRST_WORD 0xc802 /* T, L, S; version 2 */
#define RESERVED_BITS 0x3c00

usec_t clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

static const char *name_of(enum cm_type type)
{
	return l2tp_message_name((uint16_t)type);
}

/* ---- What must be true of all that is heard ------------------------------------------------------------------ */

static bool is_utf8(struct l2tp_span s)
{
	for (size_t i = 0; i < s.len;) {
		uint8_t c = s.data[i++];
		int more = c < 0x80 ? 0 : c >> 5 == 6 ? 1 : c >> 4 == 14 ? 2 : c >> 3 == 30 ? 3 : -1;

		if (more < 0)
			return false;
		for (; more > 0; more--, i++)
			if (i == s.len || s.data[i] >> 6 != 2)
				return false;
	}
	return true;
}

static void check_avp(const struct peer *p, const struct avp *a, bool vector)
{
	const struct avp_row *row = avp_find(AVP_V2, a->vendor, a->type);
	const bool wish = avp_is(a, AVP_LCP_WANT_OPTIONS) || avp_is(a, AVP_LCP_ALLOW_OPTIONS);
	const bool must = row && (row->mandatory || (wish && p->lcp_required));

	if (a->reserved)
		fail("reserved bits in AVP %u", a->type);
	if (a->vendor)
		fail("AVP %u of vendor %u", a->type, a->vendor);
	if ((avp_is(a, AVP_CALL_ERRORS) || avp_is(a, AVP_ACCM)) && !a->hidden && (a->value.data[0] || a->value.data[1]))
		fail("what is reserved in AVP %u is not 0", a->type);
	if (a->mandatory && (a->vendor || a->type > avp_table[AVP_SEQUENCING_REQUIRED].type) && !wish)
		fail("M in AVP %u of vendor %u, which is not of RFC 2661", a->type, a->vendor);
	if (a->mandatory != must)
		fail("M is %d in AVP %u of vendor %u", a->mandatory, a->type, a->vendor);
	if (a->hidden && (!p->may_hide || !vector || !row || !row->hideable))
		fail("AVP %u is hidden", a->type);
}

static void check_avps(const struct peer *p, struct l2tp_span body)
{
	struct reader r = reader_of(body);
	bool vector = false, first = true;
	uint64_t seen = 0;

	for (struct avp a; avp_next(&r, &a); first = false) {
		if (first != avp_is(&a, AVP_MESSAGE_TYPE))
			fail("Message Type is not the first AVP, or there are two");
		check_avp(p, &a, vector);
		vector |= avp_is(&a, AVP_RANDOM_VECTOR);
		if (!a.vendor && a.type < 64 && seen >> a.type & 1)
			fail("AVP %u comes twice", a.type);
		seen |= !a.vendor && a.type < 64 ? (uint64_t)1 << a.type : 0;
	}
	if (reader_bad(&r))
		fail("AVPs cannot be told apart");
}

/* The session that a message about it names in its header is ours, or 0 before we had one (ICRQ). */
static void check_session(const struct peer *p, const struct heard *h)
{
	bool names = msg_is_call(h->msg.type) && h->msg.type != CM_ICRQ && h->msg.type != CM_OCRQ;

	if (h->header.session_id && !names)
		fail("Session ID %u in %s", h->header.session_id, name_of(h->msg.type));
	if (names && h->msg.type != CM_CDN && h->header.session_id != p->session_id)
		fail("Session ID %u in %s, not %u", h->header.session_id, name_of(h->msg.type), p->session_id);
}

static void check_message(const struct peer *p, struct heard *h)
{
	struct msg_decoder d = { .avps = AVP_V2, .secret = p->secret, .scratch = h->plain, .scratch_size = sizeof(h->plain),
				 .strict = true };
	struct fault f;

	check_avps(p, h->header.body);
	if (msg_decode(&d, h->header.body, &h->msg, &f) != MSG_OK)
		fail("a bad %s: %s", name_of(h->msg.type), f.text);
	if (msg_has(&h->msg, AVP_RESULT_CODE) && !h->msg.result_code.result)
		fail("result 0 in %s", name_of(h->msg.type));
	if (!is_utf8(h->msg.result_code.text) || !is_utf8(h->msg.vendor_name))
		fail("the text in %s is not UTF-8", name_of(h->msg.type));
	check_session(p, h);
}

/* A repetition says the same under the same Ns; only Nr may have moved on. */
static void check_repetition(const struct heard *h, const struct heard *before)
{
	if (h->header.ns != before->header.ns || before->msg.type == CM_ZLB)
		return; /* of one that is not kept here */
	if (h->len != before->len || memcmp(h->bytes, before->bytes, 10) ||
	    memcmp(h->bytes + 12, before->bytes + 12, h->len - 12))
		fail("%s was repeated differently", name_of(before->msg.type));
}

static void check_numbers(struct peer *p, struct heard *h)
{
	const struct wire_header *w = &h->header;

	if (!w->body.len && w->ns != p->newest)
		fail("a ZLB with Ns %u, not %u", w->ns, p->newest);
	if ((uint16_t)(w->ns - p->newest) < 0x8000 && w->ns != p->newest)
		fail("Ns %u after %u", w->ns, p->newest);
	if ((uint16_t)(w->nr - p->acked) > (uint16_t)(p->ns - p->acked))
		fail("Nr %u, after %u, when %u was said last", w->nr, p->acked, p->ns - 1);
	h->again = w->body.len && w->ns != p->newest;
	p->newest = (uint16_t)(p->newest + (w->body.len && !h->again));
	p->acked = w->nr;
}

static void check_header(const struct peer *p, const struct heard *h)
{
	bool named = !p->unnamed && p->ns && h->msg.type != CM_SCCRQ;

	if ((h->bytes[0] << 8 | h->bytes[1]) != FIRST_WORD)
		fail("the header begins with %02x%02x", h->bytes[0], h->bytes[1]);
	if (h->len != (size_t)(h->bytes[2] << 8 | h->bytes[3]))
		fail("Length is not that of the datagram");
	if (h->header.tunnel_id != (named ? p->id : 0))
		fail("Tunnel ID %u, not %u", h->header.tunnel_id, p->id);
}

/* ---- Hearing ------------------------------------------------------------------------------------------------- */

static void learn(struct peer *p, const struct heard *h)
{
	if (msg_has(&h->msg, AVP_ASSIGNED_TUNNEL_ID)) {
		MUST(!p->engine_id || p->engine_id == h->msg.assigned_tunnel_id); /* R2661-4.4.3-19 */
		p->engine_id = h->msg.assigned_tunnel_id;
	}
	if (msg_has(&h->msg, AVP_ASSIGNED_SESSION_ID) && h->msg.type != CM_CDN)
		p->engine_session_id = h->msg.assigned_session_id;
	if (h->header.ns == p->nr)
		p->nr++;
}

static void take(struct peer *p, struct heard *h)
{
	const char *why = NULL;

	if (wire_parse((struct l2tp_span){ h->bytes, h->len }, &h->header, &why) != WIRE_CONTROL)
		fail("no control message: %s", why);
	h->msg.type = CM_ZLB;
	if (h->header.body.len)
		check_message(p, h);
	check_header(p, h);
	check_numbers(p, h);
	p->last_header = h->header;
	p->last_at = h->at;
	if (!h->header.body.len)
		return;
	if (h->again)
		check_repetition(h, &p->last);
	learn(p, h);
	if (!p->deaf)
		peer_zlb(p);
}

/* With the time at which it came, which we may be slow to look at. */
static ssize_t receive(int fd, struct heard *h, struct sockaddr_in *from)
{
	struct iovec iov = { h->bytes, sizeof(h->bytes) };
	char control[CMSG_SPACE(sizeof(struct timespec))];
	struct msghdr message = { .msg_name = from, .msg_namelen = sizeof(*from), .msg_iov = &iov, .msg_iovlen = 1,
				  .msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(fd, &message, 0);
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	struct timespec ts;

	if (n <= 0)
		fail("recvmsg: %m");
	MUST(c && c->cmsg_type == SCM_TIMESTAMPNS);
	memcpy(&ts, CMSG_DATA(c), sizeof(ts));
	h->at = (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
	return n;
}

int peer_socket(struct sockaddr_in *addr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
	socklen_t len = sizeof(*addr);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)addr, sizeof(*addr)) < 0 || getsockname(fd, (struct sockaddr *)addr, &len) < 0)
		fail("no socket for a peer: %m");
	return fd;
}

int peer_socket_beside(const struct peer *p)
{
	struct sockaddr_in self;
	socklen_t len = sizeof(self);

	MUST(getsockname(p->fd, (struct sockaddr *)&self, &len) == 0);
	self.sin_port = 0;
	return peer_socket(&self);
}

bool peer_next(struct peer *p, int ms)
{
	static struct heard h; /* large */
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };
	struct sockaddr_in from;
	ssize_t n;

	if (poll(&pfd, 1, ms < 0 ? 0 : ms) <= 0)
		return false;
	n = receive(p->fd, &h, &from);
	if (!p->to.sin_port)
		p->to = from;
	if (from.sin_port != p->to.sin_port || from.sin_addr.s_addr != p->to.sin_addr.s_addr)
		fail("from %s:%u", inet_ntoa(from.sin_addr), ntohs(from.sin_port)); /* R2661-8.1-07, X2661-8.1-01 */
	h.len = (size_t)n;
	h.again = false;
	h.msg = (struct msg){ 0 };
	take(p, &h);
	if (h.header.body.len) {
		p->last = h;
		/* decode again, so that spans point into the copy */
		p->last.header.body.data = p->last.bytes + WIRE_CONTROL_HEADER;
		check_message(p, &p->last);
	}
	return true;
}

static int left_of(usec_t until)
{
	usec_t now = clock_now();

	return until > now ? (int)((until - now) / 1000 + 1) : 0;
}

const struct msg *peer_hear(struct peer *p, enum cm_type type)
{
	usec_t until = clock_now() + PATIENCE_MS * USEC_PER_MSEC;

	while (peer_next(p, left_of(until))) {
		if (!p->last_header.body.len || p->last.again)
			continue;
		if (p->last.msg.type != type)
			fail("%s (%u %u %.*s), not %s", name_of(p->last.msg.type), p->last.msg.result_code.result,
			     p->last.msg.result_code.error, (int)p->last.msg.result_code.text.len,
			     (const char *)p->last.msg.result_code.text.data, name_of(type));
		return &p->last.msg;
	}
	fail("no %s came", name_of(type));
}

void peer_acked(struct peer *p)
{
	usec_t until = clock_now() + PATIENCE_MS * USEC_PER_MSEC;

	while (p->acked != p->ns) {
		if (!peer_next(p, left_of(until)))
			fail("Ns %u is not acknowledged", p->ns - 1);
		if (p->last_header.body.len && !p->last.again)
			fail("%s instead of an acknowledgement", name_of(p->last.msg.type));
	}
}

void peer_quiet(struct peer *p, int ms, bool zlbs)
{
	usec_t until = clock_now() + (usec_t)ms * USEC_PER_MSEC;

	while (peer_next(p, left_of(until)))
		if (!zlbs || p->last_header.body.len)
			fail("%s, not silence", p->last_header.body.len ? name_of(p->last.msg.type) : "ZLB");
}

void peer_logged(const struct peer *p, const char *a, const char *b)
{
	usec_t until = clock_now() + PATIENCE_MS * USEC_PER_MSEC;
	char line[1024];

	while (clock_now() < until) {
		FILE *f = fopen(p->log, "r");
		bool found = false;

		while (f && fgets(line, sizeof(line), f))
			found |= strstr(line, a) && strstr(line, b);
		if (f)
			fclose(f);
		if (found)
			return;
		usleep(20000);
	}
	fail("no line of the log with \"%s\" and \"%s\"", a, b);
}

/* ---- Saying -------------------------------------------------------------------------------------------------- */

struct l2tp_span octets_of(const char *hex, uint8_t *out, size_t size)
{
	size_t n = 0;
	int read;

	for (unsigned octet; sscanf(hex, " %2x%n", &octet, &read) == 1 && n < size; hex += read)
		out[n++] = (uint8_t)octet;
	return (struct l2tp_span){ out, n };
}

static void set_text(struct l2tp_span *span, const char *s)
{
	*span = (struct l2tp_span){ (const uint8_t *)s, strlen(s) };
}

struct msg peer_msg(const struct peer *p, enum cm_type type)
{
	struct msg m = { .type = type, .protocol_version = 0x0100, .framing_capabilities = 3, .framing_type = 1,
			 .bearer_type = 1, .assigned_tunnel_id = p->id, .assigned_session_id = p->session_id,
			 .call_serial_number = 4711, .tx_connect_speed = 1000000, .result_code.result = 1 };

	set_text(&m.host_name, "peer");
	set_text(&m.called_number, "12345");
	for (uint16_t avp = AVP_MESSAGE_TYPE + 1; avp < AVP_COUNT; avp++)
		if (msg_place(type, avp) >= PLACE_FORGIVEN)
			msg_set(&m, avp);
	return m;
}

uint16_t peer_address(const struct peer *p, enum cm_type type)
{
	return msg_is_call(type) && type != CM_ICRQ && type != CM_OCRQ ? p->engine_session_id : 0;
}

void peer_datagram(struct peer *p, struct l2tp_span datagram)
{
	if (sendto(p->fd, datagram.data, datagram.len, 0, (struct sockaddr *)&p->to, sizeof(p->to)) < 0)
		fail("sendto: %m");
}

void peer_send_body(struct peer *p, struct l2tp_span body, uint16_t sid)
{
	struct wire_header h = { .version = 2, .tunnel_id = p->engine_id, .session_id = sid, .ns = p->ns, .nr = p->nr,
				 .body = body };
	uint8_t out[WIRE_SEND_MAX];
	size_t len = wire_control(&h, out, sizeof(out));

	p->ns = (uint16_t)(p->ns + (body.len > 0));
	peer_datagram(p, (struct l2tp_span){ out, len });
}

static struct l2tp_span encode(const struct peer *p, const struct msg *m, uint8_t *body, size_t size)
{
	struct msg_encoder e = { .secret = p->secret, .hide = p->hides, .vector = { 1, 2, 3 } };
	struct writer w = writer_of(body, size);

	msg_encode(&e, m, &w);
	MUST(!writer_bad(&w));
	return writer_span(&w);
}

void peer_send(struct peer *p, const struct msg *m, uint16_t sid)
{
	uint8_t body[WIRE_SEND_MAX];

	peer_send_body(p, encode(p, m, body, sizeof(body)), sid);
}

void peer_say(struct peer *p, enum cm_type type)
{
	struct msg m = peer_msg(p, type);

	peer_send(p, &m, peer_address(p, type));
}

void peer_say_with(struct peer *p, enum cm_type type, struct l2tp_span avps)
{
	uint8_t body[WIRE_SEND_MAX];
	struct msg m = peer_msg(p, type);
	struct l2tp_span s = encode(p, &m, body, sizeof(body) / 2);

	memcpy(body + s.len, avps.data, avps.len);
	peer_send_body(p, (struct l2tp_span){ body, s.len + avps.len }, peer_address(p, type));
}

void peer_zlb(struct peer *p)
{
	peer_send_body(p, (struct l2tp_span){ 0 }, 0);
}

void peer_respond(struct peer *p, struct msg *m, struct l2tp_span secret)
{
	MUST(msg_has(&p->last.msg, AVP_CHALLENGE));
	digest_response((uint8_t)m->type, secret, p->last.msg.challenge, p->response);
	m->challenge_response = (struct l2tp_span){ p->response, sizeof(p->response) };
	msg_set(m, AVP_CHALLENGE_RESPONSE);
}
