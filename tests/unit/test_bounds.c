/* SPDX-License-Identifier: MIT */
/*
 * What a peer that means harm can cost: time, memory, and the room of others.
 */
#include "collide.h"
#include "engine_world.h"
#include "lib/l2tp/registry.h"

#include <check.h>
#include <errno.h>

#define MANY	  1000 /* keys in one table */
#define CHAIN_MAX 16   /* of them in one bucket, if they are spread by chance */

static struct world w;
static struct peer p;

static void begin(void)
{
	world_init(&w);
	w.env.limits.half_open = w.env.limits.half_open_per_source = 10000;
	w.env.limits.sccrq_per_second = w.env.limits.sccrq_per_second_per_source = 100000;
	peer_init(&p, &w, 9);
}

static void teardown(void)
{
	world_end(&w);
}

/* ---- Keys that peers choose ---------------------------------------------------------------------------------- */

/* An SCCRQ from there; nobody looks at what the engine says. */
static void knock(const struct l2tp_addr *from, uint16_t id)
{
	struct peer stranger = { .w = &w, .local = p.local, .addr = *from, .id = id };
	struct msg m = peer_msg(&stranger, CM_SCCRQ);
	uint8_t datagram[DATAGRAM_MAX];
	struct l2tp_rx rx = { .local = p.local, .peer = *from };
	struct l2tp_op op;

	rx.bytes = (struct l2tp_span){ datagram, peer_datagram(&stranger, &m, 0, datagram, sizeof(datagram)) };
	l2tp_input(w.l, &rx, w.now);
	while (l2tp_next_op(w.l, &op))
		continue;
}

static unsigned longest(const UT_hash_table *table)
{
	unsigned n = 0;

	for (unsigned i = 0; i < table->num_buckets; i++)
		n = table->buckets[i].count > n ? table->buckets[i].count : n;
	return n;
}

/* Address and id that collide with all the others in by_key, by_addr, or the sources, whose keys have no port. */
enum { BY_KEY, BY_ADDR, SOURCES, TABLES };

static bool colliding(int table, uint32_t i, struct tunnel_key *key)
{
	static const struct {
		size_t len, at;
	} part[TABLES] = { [BY_KEY] = { sizeof(struct tunnel_key), offsetof(struct tunnel_key, peer_id) },
			   [BY_ADDR] = { sizeof(struct l2tp_addr), offsetof(struct l2tp_addr, port) },
			   [SOURCES] = { sizeof(struct l2tp_addr), 2 } };

	*key = (struct tunnel_key){ .peer = { .ip = { 10 }, .family = 4 } };
	if (table == BY_KEY)
		key->peer.port = (uint16_t)(i + 1);
	else
		memcpy(key->peer.ip, &i, sizeof(uint16_t));
	return collide((uint8_t *)key, part[table].len, part[table].at, 4711);
}

START_TEST(keys_spread)
{
	struct tunnel_key key;
	uint32_t n = 0;

	world_start(&w);
	for (uint32_t i = 1; n < MANY; i++) {
		if (!colliding(_i, i, &key) || (_i == BY_KEY && !key.peer_id) || (_i == BY_ADDR && !key.peer.port))
			continue;
		if (_i == SOURCES)
			key.peer.port = 1701;
		knock(&key.peer, _i == BY_KEY ? (uint16_t)key.peer_id : 1);
		n++;
	}
	ck_assert_uint_eq(world_stats(&w).tunnels_half_open, MANY);
	ck_assert_uint_le(longest(w.l->by_key->hh_key.tbl), CHAIN_MAX);
	ck_assert_uint_le(longest(w.l->sources.table->hh.tbl), CHAIN_MAX);
	ck_assert_uint_le(longest(w.l->endpoints.table->hh.tbl), CHAIN_MAX);
}
END_TEST

START_TEST(session_ids_spread)
{
	uint32_t n = 0;

	world_start(&w);
	peer_open(&p);
	for (uint32_t id = 1; id < 65536; id++) {
		if ((fnv16((uint16_t)FNV_BASIS, (uint8_t *)&id, sizeof(id)) & 0x3ff) != 7)
			continue;
		p.session_id = (uint16_t)id;
		peer_say(&p, CM_ICRQ);
		world_forget(&w);
		n++;
	}
	ck_assert_uint_ge(n, 32);
	ck_assert_uint_eq(world_stats(&w).sessions, n);
	ck_assert_uint_le(longest(registry_find(w.l, p.engine_id)->sessions.by_peer_id->hh_peer.tbl), CHAIN_MAX);
}
END_TEST

START_TEST(secret_of_each_engine)
{
	struct hash_secret first;

	world_start(&w);
	first = w.l->core.secret;
	ck_assert_mem_eq(&first, &w.l->sources.secret, sizeof(first));
	world_end(&w);
	world_start(&w);
	ck_assert_mem_ne(&first, &w.l->core.secret, sizeof(first));
	ck_assert_mem_eq(&w.l->core.secret, &w.l->sources.secret, sizeof(first));
}
END_TEST

START_TEST(repetition_in_a_flood) /* finds its tunnel, and is acknowledged, when not one more stranger is heard */
{
	struct l2tp_addr stranger = { .ip = { 198, 51, 100, 0 }, .port = 1701, .family = 4 };

	w.env.limits.sccrq_per_second = 10;
	world_start(&w);
	peer_say(&p, CM_SCCRQ);
	for (uint8_t i = 0; i < 200; i++) {
		struct peer again = p;

		stranger.ip[3] = i;
		knock(&stranger, 1);
		world_forget(&w);
		again.ns = again.nr = again.engine_id = 0;
		if (i == 100)
			ck_assert_uint_ge(world_stats(&w).limited, 50);
		if (i % 64 == 63) {
			peer_say(&again, CM_SCCRQ);
			world_pass(&w, 20 * USEC_PER_MSEC);
			ck_assert_uint_eq(world_stats(&w).duplicates, i / 64 + 1u);
			ck_assert_uint_ge(world_count(&w, CM_ZLB) + world_count(&w, CM_SCCRP), 1);
		}
		world_pass(&w, 20 * USEC_PER_MSEC);
	}
}
END_TEST

/* ---- One source ---------------------------------------------------------------------------------------------- */

static const struct neighbours {
	const char *name;
	struct l2tp_addr one, other;
	bool same; /* source */
} neighbours[] = {
	{ "one IPv4 address",
	  { .ip = { 10, 0, 0, 1 }, .port = 1701, .family = 4 },
	  { .ip = { 10, 0, 0, 1 }, .port = 9, .family = 4 },
	  true },
	{ "two IPv4 addresses",
	  { .ip = { 10, 0, 0, 1 }, .port = 1701, .family = 4 },
	  { .ip = { 10, 0, 0, 2 }, .port = 1701, .family = 4 },
	  false },
	{ "one /64",
	  { .ip = { 32, 1, 13, 184, 0, 0, 0, 1, 1 }, .port = 1701, .family = 6 },
	  { .ip = { 32, 1, 13, 184, 0, 0, 0, 1, 255, 255 }, .port = 1701, .family = 6 },
	  true },
	{ "two /64",
	  { .ip = { 32, 1, 13, 184, 0, 0, 0, 1 }, .port = 1701, .family = 6 },
	  { .ip = { 32, 1, 13, 184, 0, 0, 0, 2 }, .port = 1701, .family = 6 },
	  false },
};

static void stranger_init(struct peer *s, const struct l2tp_addr *addr, uint16_t id)
{
	peer_init(s, &w, 1);
	s->addr = *addr;
	s->id = id;
}

START_TEST(half_open_of_a_source)
{
	const struct neighbours *n = &neighbours[_i];

	w.env.limits.half_open_per_source = 2;
	world_start(&w);
	knock(&n->one, 1);
	knock(&n->other, 2);
	knock(&n->one, 3);
	ck_assert_msg(world_stats(&w).tunnels_half_open == (n->same ? 2 : 3), "%s", n->name);
	knock(&n->one, 4);
	ck_assert_msg(world_stats(&w).tunnels_half_open == (n->same ? 2 : 3), "%s", n->name);
}
END_TEST

START_TEST(tunnels_of_a_source) /* established ones too, until they are forgotten; others have their room */
{
	const struct neighbours *n = &neighbours[_i];
	struct peer a, b, c;

	w.env.limits.tunnels_per_source = 1;
	world_start(&w);
	stranger_init(&a, &n->one, 1);
	stranger_init(&b, &n->other, 2);
	stranger_init(&c, &n->one, 3);
	peer_open(&a);
	ck_assert_str_eq(world_tunnel_state(&w, a.engine_id), "established");
	peer_say(&b, CM_SCCRQ);
	ck_assert_msg(n->same == !world_sent(&w, CM_SCCRP) || world_count(&w, CM_SCCRP) == (n->same ? 1 : 2), "%s",
		      n->name);
	ck_assert_msg(world_count(&w, CM_STOPCCN) == n->same, "%s", n->name);
	if (n->same)
		ck_assert(world_sent(&w, CM_STOPCCN)->msg.result_code.result == RC_STOPCCN_GENERAL &&
			  world_sent(&w, CM_STOPCCN)->msg.result_code.error == EC_RESOURCES);
	world_forget(&w);
	peer_say(&a, CM_STOPCCN);
	world_pass(&w, 100 * USEC_PER_SEC);
	ck_assert_str_eq(world_tunnel_state(&w, a.engine_id), "gone");
	world_forget(&w);
	peer_open(&c);
	ck_assert_str_eq(world_tunnel_state(&w, c.engine_id), "established");
	world_finish(&w);
	world_start(&w);
}
END_TEST

START_TEST(dials_to_a_source) /* are our own, and do not count; what we dial is found by its whole address */
{
	const struct neighbours *n = &neighbours[_i];
	struct peer a, b;
	uint32_t id;

	w.env.limits.tunnels_per_source = 1;
	world_start(&w);
	stranger_init(&a, &n->one, 1);
	stranger_init(&b, &n->other, 2);
	(void)engine_dial(&a);
	peer_accept(&a);
	id = engine_dial(&a);
	a.engine_id = 0; /* of a tunnel of its own */
	world_forget(&w);
	b.engine_id = b.ns = b.nr = 0;
	peer_say(&b, CM_SCCRQ); /* without a tie breaker, it loses against a dial to its address */
	ck_assert_msg(world_count(&w, CM_SCCRP) == (n->one.ip[0] != 10 || !n->same), "%s", n->name);
	ck_assert_str_eq(world_tunnel_state(&w, id), "wait-ctl-reply");
}
END_TEST

START_TEST(sessions_of_a_source) /* in all its tunnels; ours to it do not count */
{
	struct peer a, b, c;
	uint32_t id;

	w.env.limits.sessions_per_source = 2;
	world_start(&w);
	stranger_init(&a, &neighbours[0].one, 1);
	stranger_init(&b, &neighbours[0].other, 2);
	stranger_init(&c, &neighbours[1].other, 3);
	peer_open(&a);
	peer_open(&b);
	peer_open(&c);
	ck_assert_int_eq(l2tp_call(w.l, a.engine_id, &(struct l2tp_call_info){ 0 }, 0, w.now, &id), 0);
	ck_assert_int_eq(l2tp_call(w.l, a.engine_id, &(struct l2tp_call_info){ 0 }, 0, w.now, &id), 0);
	ck_assert_int_eq(l2tp_call(w.l, a.engine_id, &(struct l2tp_call_info){ 0 }, 0, w.now, &id), 0);
	world_pass(&w, USEC_PER_SEC);
	world_forget(&w);
	a.session_id = b.session_id = c.session_id = 7;
	peer_say(&a, CM_ICRQ);
	peer_say(&b, CM_ICRQ);
	ck_assert_uint_eq(world_count(&w, CM_CDN), 0);
	b.session_id++;
	peer_say(&b, CM_ICRQ);
	world_pass(&w, USEC_PER_SEC);
	ck_assert_uint_eq(world_count(&w, CM_CDN), 1);
	ck_assert_uint_eq(world_sent(&w, CM_CDN)->msg.result_code.error, EC_RESOURCES);
	peer_say(&c, CM_ICRQ);
	world_pass(&w, USEC_PER_SEC);
	ck_assert_uint_eq(world_count(&w, CM_CDN), 1);
	peer_say(&a, CM_CDN);
	world_pass(&w, USEC_PER_SEC);
	b.session_id++;
	peer_say(&b, CM_ICRQ);
	world_pass(&w, USEC_PER_SEC);
	ck_assert_uint_eq(world_count(&w, CM_CDN), 1);
	world_finish(&w);
	world_start(&w);
}
END_TEST

/* ---- Call requests of a peer that acknowledges nothing ------------------------------------------------------- */

#define SPARE 64 /* answers that may wait */

static struct l2tp_tunnel_info tunnel_info(const struct peer *who)
{
	struct l2tp_tunnel_info info;

	ck_assert_int_eq(l2tp_get_tunnel(w.l, who->engine_id, &info), 0);
	return info;
}

/* The peer says this and has heard nothing since the tunnel was opened. */
static void say_deaf(struct peer *who, enum cm_type type)
{
	who->deaf = true;
	who->nr = 1;
	peer_say(who, type);
	world_forget(&w);
}

/* As many refusals as there may be, and the next ICRQ waits. */
static void fill_queue(struct peer *who)
{
	for (int i = 0; i <= SPARE; i++)
		say_deaf(who, CM_ICRQ);
	ck_assert_uint_eq(tunnel_info(who).queued, SPARE + 1);
	ck_assert_uint_eq(tunnel_info(who).nr, who->ns);
	say_deaf(who, CM_ICRQ);
	ck_assert_uint_eq(tunnel_info(who).nr, (uint16_t)(who->ns - 1));
}

static void begin_refusing(void)
{
	w.call_refusal = (struct l2tp_reason){ .result = RC_CDN_BUSY };
	world_start(&w);
	peer_open(&p);
}

START_TEST(refused_calls) /* six tunnels' worth of them, none acknowledged: what is held stays bounded, then they end */
{
	struct peer peers[6];

	begin_refusing();
	for (uint8_t n = 0; n < 6; n++) {
		peer_init(&peers[n], &w, (uint8_t)(20 + n));
		peer_open(&peers[n]);
	}
	for (int i = 0; i < 2000; i++)
		for (int n = 0; n < 6; n++)
			say_deaf(&peers[n], CM_ICRQ);
	for (int n = 0; n < 6; n++) {
		const struct chan *c = &registry_find(w.l, peers[n].engine_id)->conn.chan;

		ck_assert_uint_le(c->queued, SPARE + 1);
		ck_assert_uint_le(c->early_bytes, 16 * 1024);
	}
	world_pass(&w, 4900 * USEC_PER_MSEC);
	ck_assert_str_eq(world_tunnel_state(&w, peers[0].engine_id), "established");
	world_forget(&w);
	world_pass(&w, 200 * USEC_PER_MSEC);
	for (int n = 0; n < 6; n++)
		ck_assert_str_eq(world_tunnel_state(&w, peers[n].engine_id), "closing");
	ck_assert_int_eq(w.reason.origin, L2TP_BY_FAULT);
	ck_assert(w.reason.result == RC_STOPCCN_GENERAL && w.reason.error == EC_RESOURCES);
	ck_assert_str_eq(w.reason.text, "peer did not acknowledge any of 65 answers");
	ck_assert_str_eq(world_tunnel_state(&w, p.engine_id), "established"); /* the seventh has done nothing */
}
END_TEST

START_TEST(waiting_call_is_taken) /* as soon as the peer acknowledges */
{
	begin_refusing();
	fill_queue(&p);
	say_deaf(&p, CM_HELLO);
	ck_assert_uint_eq(tunnel_info(&p).nr, (uint16_t)(p.ns - 2)); /* neither is acknowledged */
	p.nr = 2;
	peer_zlb(&p); /* one */
	ck_assert_uint_eq(tunnel_info(&p).nr, p.ns);
	ck_assert_uint_eq(tunnel_info(&p).queued, SPARE + 1);
	ck_assert_str_eq(world_tunnel_state(&w, p.engine_id), "established");
}
END_TEST

START_TEST(others_do_not_wait) /* behind a call request: CDN, once, whether it has come before that or after */
{
	bool before = _i;
	uint16_t session;

	world_start(&w);
	peer_open(&p);
	peer_call(&p);
	session = p.engine_session_id;
	w.call_refusal.result = RC_CDN_BUSY;
	for (int i = 0; i <= SPARE + 1; i++)
		say_deaf(&p, CM_ICRQ);
	p.engine_session_id = session;
	if (before) { /* the ICRQ that will wait is lost */
		p.ns++;
		peer_say(&p, CM_CDN);
		ck_assert_str_eq(world_session_state(&w, p.engine_id, session), "established");
		p.ns -= 2;
	}
	say_deaf(&p, CM_ICRQ);
	world_forget(&w);
	peer_say(&p, CM_CDN);
	ck_assert(world_logged(&w, "SESSION_DOWN"));
	ck_assert_str_eq(world_session_state(&w, p.engine_id, session), "gone");
	ck_assert_uint_eq(tunnel_info(&p).nr, (uint16_t)(p.ns - 2));
	p.ns--;
	peer_say(&p, CM_CDN); /* nobody acknowledges it yet */
	w.call_refusal.result = 0;
	p.nr = (uint16_t)(tunnel_info(&p).ns);
	p.deaf = false;
	peer_zlb(&p);
	world_pass(&w, 100 * USEC_PER_MSEC);
	ck_assert_uint_eq(tunnel_info(&p).nr, p.ns);
	ck_assert_uint_eq(world_stats(&w).sessions, 1); /* that of the ICRQ which has waited */
}
END_TEST

START_TEST(stopccn_does_not_wait)
{
	begin_refusing();
	fill_queue(&p);
	peer_say(&p, CM_STOPCCN);
	ck_assert_str_eq(world_tunnel_state(&w, p.engine_id), "linger");
	world_pass(&w, 100 * USEC_PER_MSEC);
	ck_assert_uint_eq(world_sent(&w, CM_ZLB)->header.nr, p.ns);
	ck_assert_int_eq(w.reason.origin, L2TP_BY_PEER);
}
END_TEST

START_TEST(misplaced_type_waits) /* a call request is one wherever its Message Type stands: it would be answered, too */
{
	static const uint8_t icrq[] = { 0x80, 8, 0, 0, 0, 14, 0x0f, 0xff, 0x80, 8, 0, 0, 0, 0, 0, 10 };

	begin_refusing();
	fill_queue(&p);
	for (int i = 0; i < 10; i++)
		peer_send_body(&p, (struct l2tp_span){ icrq, sizeof(icrq) }, 0);
	ck_assert_uint_eq(tunnel_info(&p).queued, SPARE + 1);
	p.ns = tunnel_info(&p).nr;
	peer_send_body(&p, (struct l2tp_span){ icrq, sizeof(icrq) }, 0);
	ck_assert_uint_eq(tunnel_info(&p).queued, SPARE + 1);
}
END_TEST

START_TEST(slow_peer_has_time) /* one that acknowledges, if only now and then */
{
	begin_refusing();
	fill_queue(&p);
	for (int i = 0; i < 10; i++) {
		world_pass(&w, 4 * USEC_PER_SEC);
		ck_assert_str_eq(world_tunnel_state(&w, p.engine_id), "established");
		say_deaf(&p, CM_ICRQ);
		p.nr = (uint16_t)(2 + i);
		peer_zlb(&p);
		world_forget(&w);
	}
	world_pass(&w, 5 * USEC_PER_SEC);
	ck_assert_str_eq(world_tunnel_state(&w, p.engine_id), "closing");
}
END_TEST

START_TEST(our_own_closes_do_not_count) /* calls that we end, many at once, keep nobody from placing another */
{
	uint16_t sessions[3 * SPARE];

	world_start(&w);
	peer_open(&p);
	for (size_t i = 0; i < 3 * SPARE; i++) {
		p.session_id = (uint16_t)(i + 1);
		peer_call(&p);
		sessions[i] = p.engine_session_id;
		world_forget(&w);
	}
	p.deaf = true;
	for (size_t i = 0; i < 3 * SPARE; i++) {
		ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, sessions[i], NULL, w.now), 0);
		world_drain(&w);
	}
	ck_assert_uint_ge(tunnel_info(&p).queued, 3 * SPARE);
	world_forget(&w);
	p.session_id = 1000;
	peer_say(&p, CM_ICRQ);
	ck_assert(world_logged(&w, "SESSION_ADD"));
}
END_TEST

/* ---- Texts of calls ------------------------------------------------------------------------------------------ */

static void say_long(enum cm_type type, uint16_t session)
{
	static uint8_t text[AVP_STRING_MAX];
	struct l2tp_span s = { text, sizeof(text) };
	struct msg m = peer_msg(&p, type);

	memset(text, 'x', sizeof(text));
	m.called_number = m.calling_number = m.sub_address = s;
	msg_set(&m, AVP_CALLING_NUMBER);
	msg_set(&m, AVP_SUB_ADDRESS);
	peer_send(&p, &m, session);
}

/* Any one; 0: there is none. */
static uint32_t a_session(void)
{
	struct l2tp_session_info info;

	return l2tp_next_session(w.l, &(struct l2tp_cursor){ 0 }, &info) < 0 ? 0 : info.session_id;
}

START_TEST(texts_have_a_budget) /* of their source; it is given back, and short ones are always kept */
{
	uint32_t refused = 0;
	size_t held;

	world_start(&w);
	peer_open(&p);
	for (uint16_t i = 0; i < 300; i++) {
		p.session_id = (uint16_t)(i + 1);
		say_long(CM_ICRQ, 0);
		world_pass(&w, 100 * USEC_PER_MSEC);
		refused += world_count(&w, CM_CDN) != 0;
		world_forget(&w);
	}
	held = registry_find(w.l, p.engine_id)->conn.use->texts;
	ck_assert_uint_le(held, 256 * 1024 + world_stats(&w).sessions * 512);
	ck_assert_uint_ge(refused, 100);
	ck_assert_uint_eq(refused + world_stats(&w).sessions, 300);
	p.session_id = 1000;
	say_long(CM_ICRQ, 0);
	world_pass(&w, 100 * USEC_PER_MSEC);
	ck_assert(world_sent(&w, CM_CDN)->msg.result_code.result == RC_CDN_GENERAL &&
		  world_sent(&w, CM_CDN)->msg.result_code.error == EC_RESOURCES);
	ck_assert_mem_eq(world_sent(&w, CM_CDN)->msg.result_code.text.data, "the texts of calls", 18);
	world_forget(&w);
	for (p.session_id = 2000; p.session_id < 2200; p.session_id++) {
		peer_call(&p);
		ck_assert_uint_eq(world_count(&w, CM_CDN), 0);
		world_forget(&w);
	}
	for (uint32_t id; (id = a_session()); world_forget(&w)) {
		ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, id, NULL, w.now), 0);
		world_drain(&w);
	}
	ck_assert_uint_eq(world_stats(&w).sessions, 0);
	ck_assert_uint_eq(registry_find(w.l, p.engine_id)->conn.use->texts, 0);
}
END_TEST

/* ---- Thousands at once ---------------------------------------------------------------------------------------- */

#define PORTION 512

static uint32_t take_ops(uint32_t *downs)
{
	uint32_t sends = 0;
	struct l2tp_op op;

	while (l2tp_next_op(w.l, &op)) {
		sends += op.type == L2TP_OP_SEND;
		*downs += op.type == L2TP_OP_SESSION_DOWN || op.type == L2TP_OP_TUNNEL_DOWN;
		if (op_is_reported(op.type))
			l2tp_op_done(w.l, op.tunnel_id, op.session_id, 0, NULL, w.now);
	}
	return sends;
}

enum { BY_US, BY_STOPCCN, BY_SHUTDOWN, BY_SILENCE, ENDS };

static void end_tunnel(int how)
{
	uint8_t datagram[DATAGRAM_MAX];
	struct l2tp_rx rx = { .local = p.local, .peer = p.addr };
	struct msg m = peer_msg(&p, CM_STOPCCN);

	switch (how) {
	case BY_US:
		l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now);
		break;
	case BY_STOPCCN:
		rx.bytes = (struct l2tp_span){ datagram, peer_datagram(&p, &m, 0, datagram, sizeof(datagram)) };
		l2tp_input(w.l, &rx, w.now);
		break;
	case BY_SHUTDOWN:
		l2tp_shutdown(w.l, NULL, w.now);
		break;
	case BY_SILENCE:
		while (strcmp(world_tunnel_state(&w, p.engine_id), "dead") != 0) {
			w.now = l2tp_deadline(w.l);
			l2tp_tick(w.l, w.now);
		}
		break;
	}
}

START_TEST(calls_end_in_portions)
{
	const uint32_t calls = 2 * PORTION + 100;
	uint32_t downs = 0, portion = PORTION, id = 0, last = 0;
	struct l2tp_op op;

	world_start(&w);
	peer_open(&p);
	for (uint32_t i = 0; i < calls; i++)
		ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ 0 }, 0, w.now, &id), 0);
	last = id;
	(void)take_ops(&downs);
	end_tunnel(_i);
	ck_assert_uint_eq(l2tp_deadline(w.l), w.now);
	(void)take_ops(&downs);
	ck_assert_uint_eq(downs, portion);
	ck_assert_uint_eq(world_stats(&w).sessions, calls - portion);
	ck_assert(!l2tp_idle(w.l));
	/* what happens to a call before its turn ends it, and is not said */
	ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, last, NULL, w.now), 0);
	ck_assert_uint_eq(take_ops(&downs), 0);
	ck_assert_uint_eq(downs, portion + 1);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ 0 }, 0, w.now, &id), -ESHUTDOWN);
	l2tp_tick(w.l, w.now);
	(void)take_ops(&downs);
	ck_assert_uint_eq(downs, 2 * portion + 1);
	ck_assert_uint_eq(l2tp_deadline(w.l), w.now);
	l2tp_tick(w.l, w.now);
	for (last = 0; l2tp_next_op(w.l, &op); last = op.type == L2TP_OP_SESSION_DOWN ? last + 1 : last) {
		if (op.type == L2TP_OP_TUNNEL_DOWN)
			ck_assert_uint_eq(last, 99); /* behind all of them */
		if (op.type == L2TP_OP_TUNNEL_GONE)
			ck_assert_uint_eq(world_stats(&w).sessions, 0);
		if (op_is_reported(op.type))
			l2tp_op_done(w.l, op.tunnel_id, op.session_id, 0, NULL, w.now);
	}
	ck_assert_uint_eq(last, 99);
	ck_assert_uint_eq(world_stats(&w).sessions, 0);
	ck_assert_uint_gt(l2tp_deadline(w.l), w.now);
}
END_TEST

START_TEST(many_tunnels_end_in_portions) /* what is closed at one time is one portion, whatever the number of requests */
{
	struct l2tp_addr to = { .ip = { 198, 51, 100, 1 }, .port = 1, .family = 4 };
	uint32_t downs = 0, tunnels[4], id;

	world_start(&w);
	for (int t = 0; t < 4; t++, to.port++) {
		ck_assert_int_eq(l2tp_open(w.l, &w.params, &p.local, &to, w.now, &tunnels[t]), 0);
		for (int i = 0; i < 300; i++)
			ck_assert_int_eq(l2tp_call(w.l, tunnels[t], &(struct l2tp_call_info){ 0 }, 0, w.now, &id), 0);
	}
	(void)take_ops(&downs);
	w.now++;
	for (int t = 0; t < 4; t++)
		ck_assert_int_eq(l2tp_close_tunnel(w.l, tunnels[t], NULL, w.now), 0);
	(void)take_ops(&downs);
	ck_assert_uint_le(downs, PORTION + 4);
	ck_assert_uint_eq(l2tp_deadline(w.l), w.now);
	for (int i = 0; i < 3; i++) {
		l2tp_tick(w.l, w.now);
		(void)take_ops(&downs);
	}
	ck_assert_uint_eq(world_stats(&w).sessions, 0);
}
END_TEST

START_TEST(tunnels_shut_in_portions)
{
	struct l2tp_addr to = { .ip = { 198, 51, 100, 1 }, .port = 1, .family = 4 };
	uint32_t downs = 0, id;

	world_start(&w);
	for (; to.port <= PORTION + 50; to.port++)
		ck_assert_int_eq(l2tp_open(w.l, &w.params, &p.local, &to, w.now, &id), 0);
	(void)take_ops(&downs);
	l2tp_shutdown(w.l, NULL, w.now);
	ck_assert_uint_eq(l2tp_deadline(w.l), w.now);
	(void)take_ops(&downs);
	ck_assert_uint_eq(downs, PORTION);
	l2tp_tick(w.l, w.now);
	(void)take_ops(&downs);
	ck_assert_uint_eq(downs, PORTION + 50);
	ck_assert_uint_gt(l2tp_deadline(w.l), w.now);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bounds");
	TCase *tc = tcase_create("bounds");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, begin, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, keys_spread, 0, TABLES);
	tcase_add_test(tc, session_ids_spread);
	tcase_add_test(tc, secret_of_each_engine);
	tcase_add_test(tc, repetition_in_a_flood);
	tcase_add_loop_test(tc, half_open_of_a_source, 0, sizeof(neighbours) / sizeof(neighbours[0]));
	tcase_add_loop_test(tc, tunnels_of_a_source, 0, sizeof(neighbours) / sizeof(neighbours[0]));
	tcase_add_loop_test(tc, dials_to_a_source, 0, sizeof(neighbours) / sizeof(neighbours[0]));
	tcase_add_test(tc, sessions_of_a_source);
	tcase_add_test(tc, refused_calls);
	tcase_add_test(tc, waiting_call_is_taken);
	tcase_add_loop_test(tc, others_do_not_wait, 0, 2);
	tcase_add_test(tc, stopccn_does_not_wait);
	tcase_add_test(tc, misplaced_type_waits);
	tcase_add_test(tc, slow_peer_has_time);
	tcase_add_test(tc, our_own_closes_do_not_count);
	tcase_add_test(tc, texts_have_a_budget);
	tcase_add_loop_test(tc, calls_end_in_portions, 0, ENDS);
	tcase_add_test(tc, many_tunnels_end_in_portions);
	tcase_add_test(tc, tunnels_shut_in_portions);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
