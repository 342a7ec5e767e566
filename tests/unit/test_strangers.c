/* SPDX-License-Identifier: MIT */
/*
 * What strangers can do who forge the addresses of honest peers, and guess what can be guessed: nothing that an honest
 * peer would notice.  And the other half of it: what honest peers do that looks the same.
 */
#include "engine_world.h"

#include <check.h>
#include <errno.h>

#define SEC USEC_PER_SEC
#define MSEC USEC_PER_MSEC

static struct world w;
static struct peer p, q;
static const struct l2tp_span secret = { (const uint8_t *)"secret", 6 };

static void begin(bool challenge)
{
	world_init(&w);
	if (challenge) {
		memcpy(w.params.secret, "secret", 6);
		w.params.secret_len = 6;
		w.params.challenge = true;
	}
	world_start(&w);
	peer_init(&p, &w, 9);
	peer_init(&q, &w, 10);
}

static void expect_state(uint16_t id, const char *state)
{
	ck_assert_str_eq(world_tunnel_state(&w, id), state);
}

/* A peer as it is before it has said anything; whoever has only its address knows as much. */
static struct peer reborn(const struct peer *old)
{
	struct peer new = *old;

	new.engine_id = new.engine_session_id = new.ns = new.nr = new.told = 0;
	return new;
}

/* An SCCRQ that is not a repetition of an earlier one. */
static void say_sccrq(struct peer *peer, uint16_t revision)
{
	struct msg m = peer_msg(peer, CM_SCCRQ);

	m.firmware_revision = revision;
	msg_set(&m, AVP_FIRMWARE_REVISION);
	peer_send(peer, &m, 0);
}

static void say_scccn(struct peer *peer)
{
	struct msg m = peer_msg(peer, CM_SCCCN);

	if (w.params.challenge)
		peer_respond(peer, &m, secret);
	peer_send(peer, &m, 0);
}

/* A peer with a tunnel and a call. */
static void live(struct peer *peer)
{
	say_sccrq(peer, 1);
	say_scccn(peer);
	expect_state(peer->engine_id, "established");
	peer_call(peer);
	world_pass(&w, SEC);
	world_forget(&w);
}

/* The questions whether a peer still knows its tunnel: HELLOs outside of the sequence. */
static const struct sent *question(uint16_t ns)
{
	for (size_t i = 0; i < w.n_sent; i++)
		if (w.sent[i].msg.type == CM_HELLO && w.sent[i].header.ns == ns)
			return &w.sent[i];
	return NULL;
}

/* ---- How much work a datagram is ------------------------------------------------------------------------------ */

#define FILLERS 10000 /* AVPs of six octets that nobody needs to know */

static size_t avps_read;

bool __real_avp_next(struct reader *body, struct avp *ret);
bool __wrap_avp_next(struct reader *body, struct avp *ret);

bool __wrap_avp_next(struct reader *body, struct avp *ret)
{
	avps_read++;
	return __real_avp_next(body, ret);
}

/* An SCCRQ of 60 kB; its Message Type is the first AVP, or the last one. */
static void knock(bool type_last)
{
	static const uint8_t filler[6] = { 0x00, 0x06, 0x00, 0x09, 0x00, 0x01 };
	const size_t type_len = 8;
	static uint8_t body[UINT16_MAX - 28], datagram[UINT16_MAX];
	struct msg m = peer_msg(&p, CM_SCCRQ);
	struct writer rest = writer_of(body + FILLERS * sizeof(filler), sizeof(body) - FILLERS * sizeof(filler));
	struct l2tp_rx rx = { .local = p.local, .peer = p.addr };
	struct l2tp_span s;
	uint8_t type[8];

	msg_encode(&(struct msg_encoder){ 0 }, &m, &rest);
	s = writer_span(&rest);
	memcpy(type, s.data, type_len);
	if (type_last) {
		memmove(body + FILLERS * sizeof(filler), s.data + type_len, s.len - type_len);
		memcpy(body + FILLERS * sizeof(filler) + s.len - type_len, type, type_len);
	} else {
		memcpy(body, type, type_len);
	}
	for (size_t i = 0; i < FILLERS; i++)
		memcpy(body + (type_last ? 0 : type_len) + i * sizeof(filler), filler, sizeof(filler));
	rx.bytes.data = datagram;
	rx.bytes.len = wire_control(&(struct wire_header){ .version = 2, .body = { body, FILLERS * sizeof(filler) + s.len } },
				    datagram, sizeof(datagram));
	avps_read = 0;
	l2tp_input(w.l, &rx, w.now);
	world_drain(&w);
}

START_TEST(long_request) /* is walked over once before it is admitted, and once to read it; nothing else */
{
	const size_t once = FILLERS + 32;

	begin(false);
	p.deaf = true;
	knock(true);
	ck_assert_uint_le(avps_read, 2 * once);
	w.silent = true;
	knock(false);
	ck_assert_uint_le(avps_read, once);
	w.silent = false;
	knock(false);
	ck_assert_uint_eq(world_stats(&w).tunnels, 1);
	ck_assert_uint_le(avps_read, 2 * once);
	world_finish(&w);
}
END_TEST

/* ---- Tunnels that are begun and not completed ----------------------------------------------------------------- */

START_TEST(begun_and_closed) /* SCCRQ and StopCCN from forged addresses hold no place */
{
	world_init(&w);
	w.params.challenge = _i == 1;
	memcpy(w.params.secret, "secret", 6);
	w.params.secret_len = 6;
	w.env.limits.tunnels = 60;
	w.env.limits.half_open = 50;
	w.env.limits.half_open_per_source = 2;
	world_start(&w);
	for (uint16_t i = 0; i < 480; i++) { /* in one second */
		peer_init(&q, &w, 10);
		q.addr.ip[2] = (uint8_t)(i >> 8);
		q.addr.ip[3] = (uint8_t)i;
		q.deaf = true;
		peer_say(&q, CM_SCCRQ);
		q = reborn(&q);
		q.ns = 1;
		peer_say(&q, CM_STOPCCN);
		w.n_peers = 0;
		w.n_sent = 0;
		world_pass(&w, SEC / 480);
		ck_assert_uint_le(world_stats(&w).tunnels, 50);
		ck_assert_uint_eq(world_stats(&w).tunnels, world_stats(&w).tunnels_half_open);
	}
	world_pass(&w, SEC);
	peer_init(&p, &w, 9);
	say_sccrq(&p, 1);
	say_scccn(&p);
	expect_state(p.engine_id, "established");
	world_pass(&w, 3 * SEC);
	ck_assert_uint_eq(world_stats(&w).tunnels, 1); /* and they leave nothing */
	world_finish(&w);
}
END_TEST

START_TEST(full_of_half_open) /* no place is left, but for the one that a forged tunnel gives up */
{
	world_init(&w);
	w.env.limits.tunnels = w.env.limits.half_open = 8;
	world_start(&w);
	for (uint8_t i = 0; i < 8; i++) {
		peer_init(&q, &w, (uint8_t)(10 + i));
		q.deaf = true;
		peer_say(&q, CM_SCCRQ);
		w.n_peers = 0;
	}
	world_pass(&w, 1100 * MSEC);
	peer_init(&p, &w, 9);
	say_sccrq(&p, 1);
	p.ns = 0;
	say_sccrq(&p, 1); /* it is repeated */
	say_scccn(&p);
	expect_state(p.engine_id, "established");
	world_finish(&w);
}
END_TEST

START_TEST(source_full_of_half_open) /* forged from the peer's own address, they do not keep it out */
{
	world_init(&w);
	w.env.limits.half_open_per_source = 4;
	world_start(&w);
	peer_init(&p, &w, 9);
	for (uint16_t i = 0; i < 4; i++) {
		peer_init(&q, &w, 9);
		q.addr.port = (uint16_t)(1024 + i);
		q.deaf = true;
		peer_say(&q, CM_SCCRQ);
	}
	w.n_peers = 1;
	say_sccrq(&p, 1);
	ck_assert_uint_eq(world_sent(&w, CM_STOPCCN)->msg.result_code.error, EC_RESOURCES); /* a flood is turned away */
	world_pass(&w, 1100 * MSEC);
	p = reborn(&p);
	say_sccrq(&p, 1);
	say_scccn(&p);
	expect_state(p.engine_id, "established");
	ck_assert_uint_eq(world_stats(&w).evicted, 1);
	ck_assert_uint_eq(world_stats(&w).tunnels_half_open, 3);
	world_finish(&w);
}
END_TEST

START_TEST(full_in_its_name) /* tunnels that a stranger begins from a peer's address do not use up what the peer may have */
{
	world_init(&w);
	w.env.limits.tunnels_per_source = 2;
	world_start(&w);
	for (uint16_t i = 0; i < 2; i++) {
		peer_init(&q, &w, 9);
		q.addr.port = (uint16_t)(5000 + i);
		q.deaf = true;
		peer_say(&q, CM_SCCRQ);
		w.n_peers = 0;
	}
	world_pass(&w, 1100 * MSEC);
	peer_init(&p, &w, 9);
	say_sccrq(&p, 1);
	p.ns = 0;
	say_sccrq(&p, 1); /* it is repeated */
	say_scccn(&p);
	expect_state(p.engine_id, "established");
	world_finish(&w);
}
END_TEST

START_TEST(closed_in_its_name) /* a forged StopCCN does not keep a peer from completing its tunnel */
{
	struct peer forger;

	begin(_i == 1);
	say_sccrq(&p, 1);
	for (uint16_t ns = 0; ns < 8; ns++) {
		forger = reborn(&p);
		forger.ns = ns;
		peer_say(&forger, CM_STOPCCN);
	}
	world_pass(&w, SEC);
	for (size_t i = 0; i < w.n_sent; i++)
		ck_assert_uint_le(w.sent[i].header.nr, 1); /* or its SCCCN was acknowledged before it is here */
	say_scccn(&p);
	expect_state(p.engine_id, "established");
	world_finish(&w);
}
END_TEST

START_TEST(closed_by_itself) /* a peer that has given up before it was answered is acknowledged after all */
{
	begin(false);
	p.deaf = true;
	say_sccrq(&p, 1);
	uint32_t id = p.engine_id;
	p = reborn(&p);
	p.ns = 1;
	peer_say(&p, CM_STOPCCN);
	world_pass(&w, 3 * SEC);
	expect_state((uint16_t)id, "gone");
	ck_assert_uint_eq(w.sent[w.n_sent - 1].header.nr, 2);
	ck_assert_uint_eq(world_count(&w, CM_STOPCCN), 0);
	world_finish(&w);
}
END_TEST

START_TEST(end_without_linger) /* whatever ends it before it was established, one StopCCN is all that is said */
{
	static const enum cm_type types[] = { CM_SCCCN, CM_HELLO, CM_SCCRP, CM_ICRQ, CM_STOPCCN };
	struct msg m;
	size_t stopccns;

	begin(true);
	say_sccrq(&p, 1);
	p.deaf = true;
	m = peer_msg(&p, types[_i]);
	if (types[_i] == CM_SCCCN)
		peer_respond(&p, &m, (struct l2tp_span){ (const uint8_t *)"sekret", 6 });
	peer_send(&p, &m, 0);
	expect_state(p.engine_id, "gone");
	stopccns = world_count(&w, CM_STOPCCN);
	ck_assert_uint_eq(stopccns, types[_i] != CM_STOPCCN);
	ck_assert_uint_eq(w.sent[w.n_sent - 1].header.nr, 2); /* what ended it is acknowledged */
	world_pass(&w, 100 * SEC);
	ck_assert_uint_eq(world_count(&w, CM_STOPCCN), stopccns);
	world_finish(&w);
}
END_TEST

START_TEST(unproven) /* an address that was forged gets eight datagrams at most, and ten times the octets */
{
	struct msg m;
	size_t octets = 0, heard;

	world_init(&w);
	w.params.retransmit_max = 30;
	w.params.setup_timeout = 600 * SEC;
	if (_i == 1)
		memset(w.params.vendor_name, 'v', L2TP_NAME_MAX - 1);
	world_start(&w);
	peer_init(&p, &w, 9);
	p.deaf = true;
	m = peer_msg(&p, CM_SCCRQ);
	uint8_t datagram[DATAGRAM_MAX];
	heard = peer_datagram(&p, &m, 0, datagram, sizeof(datagram));
	peer_send(&p, &m, 0);
	world_pass(&w, 700 * SEC);
	for (size_t i = 0; i < w.n_sent; i++)
		octets += w.sent[i].len;
	ck_assert_uint_ge(w.n_sent, 2);
	ck_assert_uint_le(w.n_sent, 8);
	ck_assert_uint_le(octets, 10 * heard);
	world_finish(&w);
}
END_TEST

/* ---- Tunnels that stand ----------------------------------------------------------------------------------------- */

START_TEST(stopccn_for_tunnel_0) /* its peer knows our id, and would use it */
{
	struct peer forger;

	begin(_i == 1);
	live(&p);
	for (uint16_t ns = 0; ns < 8; ns++) {
		forger = reborn(&p);
		forger.ns = ns;
		peer_say(&forger, CM_STOPCCN);
	}
	expect_state(p.engine_id, "established");
	ck_assert_uint_eq(w.n_sent, 0);
	world_finish(&w);
}
END_TEST

START_TEST(stopccn_where_0_is_allowed) /* from a peer that never names our id: with the number that is expected, no other */
{
	struct peer vague;

	world_init(&w);
	w.params.accept_tunnel_id_0 = true;
	world_start(&w);
	peer_init(&p, &w, 9);
	live(&p);
	for (int i = -3; i <= 3; i++) {
		vague = p;
		vague.engine_id = 0;
		vague.ns = (uint16_t)(p.ns + i);
		if (i)
			peer_say(&vague, CM_STOPCCN);
		expect_state(p.engine_id, "established");
	}
	vague.ns = p.ns;
	peer_say(&vague, CM_STOPCCN);
	expect_state(p.engine_id, "linger");
	world_finish(&w);
}
END_TEST

START_TEST(blind_replacement) /* SCCRQ in the peer's name, and SCCCN to every id that there is */
{
	struct peer forger;

	begin(false);
	live(&p);
	forger = reborn(&p);
	say_sccrq(&forger, 2);
	forger.ns = 1;
	for (uint32_t id = 1; id <= 65535; id++) {
		forger.engine_id = (uint16_t)id;
		if (id != p.engine_id) /* to that one it is old */
			peer_say(&forger, CM_SCCCN);
		forger.ns = 1;
	}
	expect_state(p.engine_id, "established");
	world_pass(&w, 3 * SEC);
	expect_state(p.engine_id, "established");
	ck_assert_uint_eq(world_stats(&w).tunnels, 1);
	world_forget(&w);
	forger.engine_id = forger.ns = 0;
	say_sccrq(&forger, 2);
	ck_assert_uint_eq(world_count(&w, CM_SCCRP), 0);
	ck_assert_uint_eq(world_sent(&w, CM_STOPCCN)->msg.result_code.result, RC_STOPCCN_EXISTS);
	world_finish(&w);
}
END_TEST

/* An SCCRQ that cannot be accepted, or a stray SCCRP, in the peer's name. */
static void have_refused(const struct peer *peer, enum cm_type type, uint16_t nr)
{
	struct peer forger = reborn(peer);
	struct msg m = peer_msg(&forger, type);

	m.protocol_version = 0x0200;
	forger.nr = nr;
	peer_send(&forger, &m, 0);
}

START_TEST(refusal_to_its_id) /* bears no number of the stranger's choice: the peer would take it for our StopCCN */
{
	struct peer other;

	begin(false);
	live(&p);
	for (uint16_t nr = 0; nr < 4; nr++) {
		world_forget(&w);
		have_refused(&p, CM_SCCRQ, nr);
		ck_assert_uint_eq(world_sent(&w, CM_STOPCCN)->header.ns, 0); /* old for whoever has heard an SCCRP */
		world_forget(&w);
		have_refused(&p, CM_SCCRP, nr);
		ck_assert_uint_eq(w.n_sent, 0);
		peer_init(&other, &w, 11);
		have_refused(&other, CM_SCCRP, nr); /* it may wait for our SCCCN, and for nothing later */
		ck_assert_uint_eq(world_sent(&w, CM_STOPCCN)->header.ns, 1);
	}
	world_finish(&w);
}
END_TEST

START_TEST(half_open_under_its_id) /* nothing is said in it that the peer could take for its tunnel's */
{
	struct peer forger;
	struct msg m;

	begin(true);
	live(&p);
	forger = reborn(&p);
	forger.deaf = true;
	w.peers[0] = &forger;
	say_sccrq(&forger, 2);
	ck_assert_uint_eq(world_count(&w, CM_SCCRP), 1); /* number 0: old */
	m = peer_msg(&forger, CM_STOPCCN);
	forger.ns = 7;
	if (_i == 0)
		forger.engine_id = 0; /* acknowledged, 8 would be believed */
	else if (_i == 1)
		m = peer_msg(&forger, CM_HELLO);
	if (_i < 2)
		peer_send(&forger, &m, 0);
	world_pass(&w, 100 * SEC); /* 2: it is not completed in time */
	ck_assert_uint_eq(world_count(&w, CM_STOPCCN), 0);
	for (size_t i = 0; i < w.n_sent; i++)
		if (w.sent[i].msg.type == CM_ZLB)
			ck_assert_uint_le(w.sent[i].header.nr, 1);
	expect_state(p.engine_id, "established");
	world_finish(&w);
}
END_TEST

START_TEST(under_the_id_of_our_dial) /* a tunnel that we opened is known by the peer's id, too */
{
	struct peer forger;

	begin(false);
	p.engine_id = (uint16_t)engine_dial(&p);
	peer_accept(&p);
	expect_state(p.engine_id, "established");
	world_pass(&w, SEC);
	world_forget(&w);
	forger = reborn(&p);
	say_sccrq(&forger, 2);
	ck_assert_ptr_null(world_sent(&w, CM_SCCRP));
	ck_assert_ptr_nonnull(question(UINT16_MAX));
	peer_zlb(&p);
	world_pass(&w, 3 * SEC);
	forger = reborn(&p);
	say_sccrq(&forger, 2);
	ck_assert_uint_eq(world_sent(&w, CM_STOPCCN)->msg.result_code.result, RC_STOPCCN_EXISTS);
	ck_assert_uint_eq(world_sent(&w, CM_STOPCCN)->header.ns, 0);
	expect_state(p.engine_id, "established");
	world_finish(&w);
}
END_TEST

/* As in a batch: nothing is carried out, and nothing forgotten, before the next datagram is looked at. */
static void input(const struct peer *from, const struct msg *m)
{
	uint8_t datagram[DATAGRAM_MAX];
	size_t len = peer_datagram(from, m, 0, datagram, sizeof(datagram));

	l2tp_input(w.l, &(struct l2tp_rx){ from->local, from->addr, { datagram, len } }, w.now);
}

START_TEST(blind_replacement_in_one_batch) /* what has ended, and is not yet forgotten, hides nothing */
{
	struct peer forger, second;
	struct msg m;

	begin(false);
	say_sccrq(&p, 1);
	forger = reborn(&p);
	w.peers[0] = &forger;
	say_sccrq(&forger, 2);
	w.peers[0] = &p;
	world_forget(&w);
	m = peer_msg(&p, CM_SCCCN);
	input(&p, &m);
	second = reborn(&p);
	m = peer_msg(&second, CM_SCCRQ);
	input(&second, &m);
	world_drain(&w);
	ck_assert_ptr_null(world_sent(&w, CM_SCCRP)); /* the one that stands is tried first */
	world_pass(&w, 5 * SEC);
	expect_state(p.engine_id, "established");
	world_finish(&w);
}
END_TEST

START_TEST(window_of_a_stranger) /* how a peer is asked whether it lives does not depend on what is said in its name */
{
	struct peer forger;
	struct msg m;

	begin(false);
	live(&p);
	for (int i = 0; i < 10; i++) {
		p.session_id++;
		peer_call(&p);
		world_pass(&w, SEC);
	}
	world_forget(&w);
	forger = reborn(&p);
	m = peer_msg(&forger, CM_SCCRQ);
	m.receive_window_size = 65535;
	msg_set(&m, AVP_RECEIVE_WINDOW_SIZE);
	peer_send(&forger, &m, 0);
	ck_assert_uint_eq(world_sent(&w, CM_HELLO)->header.ns, p.nr - 1u); /* the last that it has had */
	world_finish(&w);
}
END_TEST

START_TEST(vague_peer) /* who never names our id, and a stranger who begins tunnels in its name */
{
	struct peer forger;

	world_init(&w);
	w.params.accept_tunnel_id_0 = true;
	w.env.limits.half_open_per_source = 1000;
	world_start(&w);
	peer_init(&p, &w, 9);
	say_sccrq(&p, 1);
	uint16_t id = p.engine_id;
	p.engine_id = 0;
	peer_say(&p, CM_SCCCN);
	expect_state(id, "established");
	for (uint16_t i = 0; i < 40; i++) {
		forger = reborn(&p);
		forger.id = (uint16_t)(5000 + i);
		say_sccrq(&forger, i);
		p.engine_id = 0;
		world_forget(&w);
		peer_say(&p, CM_HELLO);
		world_pass(&w, 10 * SEC);
		ck_assert_uint_ge(world_count(&w, CM_ZLB), 1);
		expect_state(id, "established");
	}
	world_finish(&w);
}
END_TEST

START_TEST(data_speaks_for_it) /* a peer that acknowledges nothing again, but sends data, is there */
{
	struct peer forger;

	begin(false);
	live(&p);
	p.deaf = true;
	w.data_flows = true;
	forger = reborn(&p);
	say_sccrq(&forger, 2);
	world_pass(&w, 10 * SEC);
	expect_state(p.engine_id, "established");
	ck_assert(world_logged(&w, "TUNNEL_IDLE TUNNEL_IDLE "));
	world_finish(&w);
}
END_TEST

START_TEST(without_hello) /* the world is asked for data without silence having been measured: no HELLO, no timer */
{
	struct peer forger;

	world_init(&w);
	w.params.hello_interval = USEC_NEVER;
	world_start(&w);
	peer_init(&p, &w, 9);
	live(&p);
	forger = reborn(&p);
	say_sccrq(&forger, 2);
	world_pass(&w, 10 * SEC); /* it ends */
	expect_state(p.engine_id, "established");
	world_forget(&w);
	world_pass(&w, 600 * SEC);
	ck_assert_uint_eq(world_count(&w, CM_HELLO), 0);
	world_finish(&w);
}
END_TEST

START_TEST(slept) /* an answer that could not be read in time is waited for */
{
	struct peer forger;

	begin(false);
	live(&p);
	p.deaf = true;
	forger = reborn(&p);
	say_sccrq(&forger, 2);
	w.now += 20 * SEC;
	l2tp_tick(w.l, w.now); /* the timer is late, and is looked at first */
	world_drain(&w);
	l2tp_tick(w.l, w.now);
	world_drain(&w);
	peer_zlb(&p);
	world_pass(&w, 10 * SEC);
	expect_state(p.engine_id, "established");
	world_finish(&w);
}
END_TEST

/* A peer with as many messages behind it as the test says: each call brings two. */
static void live_for_long(struct peer *peer, unsigned calls)
{
	live(peer);
	for (unsigned i = 1; i < calls; i++) {
		peer->session_id++;
		peer_call(peer);
		world_pass(&w, SEC);
		peer_say(peer, CM_CDN);
		world_pass(&w, SEC);
		world_forget(&w);
	}
}

START_TEST(reborn_under_the_same_id) /* the question is old for it, or beyond its window: it cannot be kept for later */
{
	static const unsigned calls[] = { 1, 2, 40 };
	const uint16_t window = 8;
	struct peer again;
	struct msg m;

	begin(false);
	live_for_long(&p, calls[_i]);
	p.deaf = true; /* nobody is there who knows the tunnel */
	again = reborn(&p);
	w.peers[1] = &again;
	again.deaf = true;
	m = peer_msg(&again, CM_SCCRQ);
	m.firmware_revision = 2;
	m.receive_window_size = window;
	msg_set(&m, AVP_FIRMWARE_REVISION);
	msg_set(&m, AVP_RECEIVE_WINDOW_SIZE);
	peer_send(&again, &m, 0);
	again.ns = 0;
	peer_send(&again, &m, 0); /* it is repeated while the old one is on trial */
	ck_assert_uint_ge(world_count(&w, CM_HELLO), 1);
	world_pass(&w, 3 * SEC);
	expect_state(p.engine_id, "gone");
	for (size_t i = 0; i < w.n_sent; i++) {
		ck_assert_uint_eq(w.sent[i].msg.type, CM_HELLO); /* the question, and not a word more */
		ck_assert_uint_ge(w.sent[i].header.ns, window);
	}
	again.ns = 0;
	peer_send(&again, &m, 0);
	say_scccn(&again);
	expect_state(again.engine_id, "established");
	peer_call(&again);
	world_pass(&w, SEC);
	ck_assert_str_eq(world_session_state(&w, again.engine_id, again.engine_session_id), "established");
	ck_assert_uint_eq(world_stats(&w).tunnels, 1);
	world_finish(&w);
}
END_TEST

START_TEST(reborn_with_the_secret) /* it need not wait, and the tunnel of its former life is not mentioned */
{
	struct peer again;

	begin(true);
	live(&p);
	p.deaf = true;
	again = reborn(&p);
	w.peers[0] = &again;
	say_sccrq(&again, 2);
	ck_assert_uint_eq(world_count(&w, CM_HELLO), 0);
	expect_state(p.engine_id, "established");
	say_scccn(&again);
	expect_state(again.engine_id, "established");
	expect_state(p.engine_id, "gone");
	ck_assert_uint_eq(w.successor_id, again.engine_id);
	ck_assert_ptr_null(world_sent(&w, CM_STOPCCN));
	world_finish(&w);
}
END_TEST

START_TEST(without_the_secret) /* the tunnel that stands is found again by its SCCRQ when the stranger's has gone */
{
	struct peer forger, repeats;

	begin(true);
	live(&p);
	forger = reborn(&p);
	forger.deaf = true;
	w.peers[0] = &forger; /* p does not hear it */
	say_sccrq(&forger, 2);
	ck_assert_uint_ne(forger.engine_id, p.engine_id);
	world_pass(&w, 100 * SEC);
	expect_state(forger.engine_id, "gone");
	expect_state(p.engine_id, "established");
	w.peers[0] = &p;
	world_forget(&w);
	repeats = reborn(&p);
	say_sccrq(&repeats, 1);
	ck_assert_uint_eq(world_count(&w, CM_SCCRP), 0); /* it is acknowledged, as a repetition */
	world_pass(&w, 100 * MSEC);
	ck_assert_uint_eq(world_count(&w, CM_ZLB), 1);
	world_finish(&w);
}
END_TEST

START_TEST(both_under_way) /* two SCCRQs under one id: whichever is completed is the one */
{
	struct peer other;

	begin(_i == 2); /* then peer_respond() answers the last SCCRP */
	say_sccrq(&p, 1);
	other = reborn(&p);
	w.peers[0] = &other;
	say_sccrq(&other, 2);
	ck_assert_uint_ne(p.engine_id, other.engine_id);
	p.deaf = other.deaf = true;
	say_scccn(_i == 0 ? &p : &other);
	expect_state(_i == 0 ? p.engine_id : other.engine_id, "established");
	expect_state(_i == 0 ? other.engine_id : p.engine_id, "gone");
	world_pass(&w, 3 * SEC);
	ck_assert_uint_eq(world_stats(&w).tunnels, 1);
	world_finish(&w);
}
END_TEST

START_TEST(reborn_under_another_id) /* answered at once; what it has forgotten goes without a word */
{
	struct peer again;

	begin(_i == 1);
	live(&p);
	p.deaf = true;
	again = reborn(&p);
	again.id++;
	w.peers[1] = &again;
	say_sccrq(&again, 2);
	say_scccn(&again);
	expect_state(again.engine_id, "established");
	expect_state(p.engine_id, "established");
	world_pass(&w, 3 * SEC);
	expect_state(again.engine_id, "established");
	expect_state(p.engine_id, "gone");
	ck_assert_ptr_null(world_sent(&w, CM_STOPCCN));
	ck_assert_ptr_nonnull(question(0)); /* also a peer that ignores tunnel ids has had number 0 in its new life */
	ck_assert_uint_eq(world_count(&w, CM_HELLO), 2);
	world_finish(&w);
}
END_TEST

START_TEST(a_second_tunnel) /* is a peer's right, also from one port */
{
	struct peer second;

	begin(_i == 1);
	live(&p);
	second = reborn(&p);
	second.id++;
	w.peers[1] = &second;
	say_sccrq(&second, 2);
	say_scccn(&second);
	world_pass(&w, 30 * SEC);
	expect_state(p.engine_id, "established");
	expect_state(second.engine_id, "established");
	world_finish(&w);
}
END_TEST

START_TEST(of_another_name) /* two hosts behind one address and port are not asked about each other */
{
	struct peer other;
	struct msg m;

	begin(false);
	live(&p);
	other = reborn(&p);
	other.id++;
	w.peers[1] = &other;
	m = peer_msg(&other, CM_SCCRQ);
	m.host_name = (struct l2tp_span){ (const uint8_t *)"another", 7 };
	peer_send(&other, &m, 0);
	say_scccn(&other);
	world_pass(&w, 3 * SEC);
	ck_assert_uint_eq(world_count(&w, CM_HELLO), 0);
	world_finish(&w);
}
END_TEST

START_TEST(many_tunnels_of_one_peer) /* each new one asks a few others, not all: the cost of one does not grow */
{
	static struct peer many[30];
	uint64_t asked = 0;

	begin(false);
	for (uint16_t i = 0; i < 30; i++) {
		peer_init(&many[i], &w, 9);
		many[i].id = (uint16_t)(100 + i);
		many[i].deaf = true;
		say_sccrq(&many[i], i);
		say_scccn(&many[i]);
		expect_state(many[i].engine_id, "established");
		asked = world_count(&w, CM_HELLO);
		ck_assert_uint_le(asked, 16);
		peer_zlb(&many[i]);
		for (uint16_t k = 0; k <= i; k++)
			peer_zlb(&many[k]); /* they live */
		world_forget(&w);
	}
	for (uint16_t i = 0; i < 5; i++) {
		world_pass(&w, 500 * MSEC);
		world_forget(&w);
		for (uint16_t k = 0; k < 30; k++)
			peer_zlb(&many[k]);
	}
	for (uint16_t i = 0; i < 30; i++) {
		expect_state(many[i].engine_id, "established");
		many[i].deaf = false;
	}
	world_finish(&w);
}
END_TEST

/* ---- Authentication and ties ------------------------------------------------------------------------------------ */

START_TEST(reflected_challenge) /* we are not made to compute what we ask for */
{
	const struct sent *s;
	struct msg m;
	uint8_t ours[16];

	begin(true);
	p.engine_id = (uint16_t)engine_dial(&p);
	s = world_sent(&w, CM_SCCRQ);
	memcpy(ours, s->msg.challenge.data, sizeof(ours));
	m = peer_msg(&q, CM_SCCRQ);
	if (_i == 0) { /* our SCCRQ's, in an SCCRQ from elsewhere */
		m.challenge = (struct l2tp_span){ ours, sizeof(ours) };
		msg_set(&m, AVP_CHALLENGE);
		peer_send(&q, &m, 0);
		ck_assert_ptr_null(world_sent(&w, CM_SCCRP));
	} else { /* our SCCRP's, in the answer to our SCCRQ */
		peer_send(&q, &m, 0);
		memcpy(ours, world_sent(&w, CM_SCCRP)->msg.challenge.data, sizeof(ours));
		m = peer_msg(&p, CM_SCCRP);
		peer_respond(&p, &m, secret);
		m.challenge = (struct l2tp_span){ ours, sizeof(ours) };
		msg_set(&m, AVP_CHALLENGE);
		peer_send(&p, &m, 0);
		ck_assert_ptr_null(world_sent(&w, CM_SCCCN));
	}
	ck_assert_uint_eq(world_sent(&w, CM_STOPCCN)->msg.result_code.result, RC_STOPCCN_UNAUTHORIZED);
	world_finish(&w);
}
END_TEST

static void say_with_tie(struct peer *peer, uint64_t tie)
{
	struct msg m = peer_msg(peer, CM_SCCRQ);

	m.tie_breaker = tie;
	msg_set(&m, AVP_TIE_BREAKER);
	peer_send(peer, &m, 0);
}

START_TEST(forged_tie) /* our dial goes on, however often somebody claims to have won */
{
	struct peer forger;

	begin(false);
	p.engine_id = (uint16_t)engine_dial(&p);
	for (uint16_t i = 0; i < 8; i++) {
		forger = reborn(&p);
		forger.addr.port = (uint16_t)(5000 + i);
		say_with_tie(&forger, 0);
		expect_state(p.engine_id, "wait-ctl-reply");
	}
	peer_accept(&p);
	expect_state(p.engine_id, "established");
	world_finish(&w);
}
END_TEST

START_TEST(tie_after_our_own) /* the peer answered ours first: its own, completed later, is one too many */
{
	struct peer suitor;

	begin(false);
	p.engine_id = (uint16_t)engine_dial(&p);
	suitor = reborn(&p);
	suitor.id++;
	suitor.addr.port++;
	w.peers[1] = &suitor;
	say_with_tie(&suitor, 0);
	peer_accept(&p);
	say_scccn(&suitor);
	expect_state(p.engine_id, "established");
	expect_state(suitor.engine_id, "closing");
	ck_assert_uint_eq(world_sent(&w, CM_STOPCCN)->msg.result_code.result, RC_STOPCCN_EXISTS);
	world_finish(&w);
}
END_TEST

/* ---- By the letter ---------------------------------------------------------------------------------------------- */

START_TEST(sccrq_addresses_no_tunnel) /* R2661-5.3-03, R2661-4.4.3-18: nor does its repetition, when an answer did not acknowledge it */
{
	struct msg m;

	begin(false);
	p.engine_id = (uint16_t)engine_dial(&p);
	p.deaf = true;
	m = peer_msg(&p, CM_SCCRP);
	p.nr = 0;
	m.protocol_version = 0x0100;
	peer_send(&p, &m, 0);
	world_pass(&w, 5 * SEC);
	ck_assert_uint_ge(world_count(&w, CM_SCCRQ), 2);
	for (size_t i = 0; i < w.n_sent; i++)
		if (w.sent[i].msg.type == CM_SCCRQ)
			ck_assert_uint_eq(w.sent[i].header.tunnel_id, 0);
	world_finish(&w);
}
END_TEST

START_TEST(given_up_and_answered) /* the StopCCN of a dial that was given up reaches the tunnel that its peer has made for it */
{
	begin(false);
	p.engine_id = (uint16_t)engine_dial(&p);
	l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now);
	world_drain(&w);
	world_forget(&w);
	peer_say(&p, CM_SCCRP);
	world_pass(&w, 100 * MSEC);
	ck_assert_ptr_nonnull(world_sent(&w, CM_STOPCCN));
	ck_assert_uint_eq(world_sent(&w, CM_STOPCCN)->header.tunnel_id, p.id);
	world_finish(&w);
}
END_TEST

START_TEST(request_for_a_session) /* a call cannot be asked for in the name of a session: that is said */
{
	begin(false);
	say_sccrq(&p, 1);
	say_scccn(&p);
	struct msg m = peer_msg(&p, CM_ICRQ);
	peer_send(&p, &m, 4711);
	ck_assert_uint_eq(world_sent(&w, CM_CDN)->msg.result_code.result, RC_CDN_GENERAL);
	ck_assert_uint_eq(world_sent(&w, CM_CDN)->msg.result_code.error, EC_SESSION_ID);
	ck_assert_uint_eq(world_sent(&w, CM_CDN)->header.session_id, p.session_id);
	expect_state(p.engine_id, "established");
	world_finish(&w);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("strangers");
	TCase *tc = tcase_create("half-open");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, begun_and_closed, 0, 2);
	tcase_add_test(tc, full_of_half_open);
	tcase_add_test(tc, full_in_its_name);
	tcase_add_test(tc, source_full_of_half_open);
	tcase_add_loop_test(tc, closed_in_its_name, 0, 2);
	tcase_add_test(tc, closed_by_itself);
	tcase_add_loop_test(tc, end_without_linger, 0, 5);
	tcase_add_loop_test(tc, unproven, 0, 2);
	tc = tcase_create("established");
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, stopccn_for_tunnel_0, 0, 2);
	tcase_add_test(tc, stopccn_where_0_is_allowed);
	tcase_add_test(tc, blind_replacement);
	tcase_add_test(tc, refusal_to_its_id);
	tcase_add_loop_test(tc, half_open_under_its_id, 0, 3);
	tcase_add_test(tc, under_the_id_of_our_dial);
	tcase_add_test(tc, blind_replacement_in_one_batch);
	tcase_add_test(tc, window_of_a_stranger);
	tcase_add_test(tc, vague_peer);
	tcase_add_test(tc, data_speaks_for_it);
	tcase_add_test(tc, without_hello);
	tcase_add_test(tc, slept);
	tcase_add_loop_test(tc, reborn_under_the_same_id, 0, 3);
	tcase_add_test(tc, reborn_with_the_secret);
	tcase_add_test(tc, without_the_secret);
	tcase_add_loop_test(tc, both_under_way, 0, 3);
	tcase_add_loop_test(tc, reborn_under_another_id, 0, 2);
	tcase_add_loop_test(tc, a_second_tunnel, 0, 2);
	tcase_add_test(tc, of_another_name);
	tcase_add_test(tc, many_tunnels_of_one_peer);
	tc = tcase_create("who is who");
	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, reflected_challenge, 0, 2);
	tcase_add_test(tc, forged_tie);
	tcase_add_test(tc, tie_after_our_own);
	tc = tcase_create("by the letter");
	suite_add_tcase(suite, tc);
	tcase_add_test(tc, sccrq_addresses_no_tunnel);
	tcase_add_test(tc, given_up_and_answered);
	tcase_add_test(tc, request_for_a_session);
	tcase_add_test(tc, long_request);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
