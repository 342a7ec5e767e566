/* SPDX-License-Identifier: MIT */
/*
 * A connection asks its dialect, column by column: an established tunnel is given one that differs from L2TPv2 in a single
 * column, and that is what changes on the wire or in its state.
 */
#include "engine_world.h"
#include "lib/l2tp/registry.h"

#include <check.h>

static struct world w;
static struct peer p;
static struct dialect other;

static struct tunnel *tunnel(void)
{
	return registry_find(w.l, p.engine_id);
}

static void begin(void)
{
	world_init(&w);
	world_start(&w);
	peer_init(&p, &w, 9);
	peer_open(&p);
	world_pass(&w, USEC_PER_SEC);
	world_forget(&w);
	ck_assert_ptr_eq(tunnel()->conn.dialect, &dialect_v2);
	other = dialect_v2;
	tunnel()->conn.dialect = &other;
}

static void teardown(void)
{
	world_end(&w);
}

START_TEST(one_row) /* what the engine tells, and what a header leads to */
{
	struct l2tp_tunnel_info info;

	ck_assert_ptr_eq(dialect_of(2), &dialect_v2);
	other.version = 7;
	ck_assert_int_eq(l2tp_get_tunnel(w.l, p.engine_id, &info), 0);
	ck_assert_uint_eq(info.version, 7);
}
END_TEST

/* Another bit among those that RFC 2661 3.1 reserves. */
static size_t write_marked(const struct wire_header *h, uint8_t *out, size_t size)
{
	size_t len = wire_v2.write(h, out, size);

	out[1] |= 0x10;
	return len;
}

START_TEST(header)
{
	static struct wire_codec codec;

	codec = wire_v2;
	codec.write = write_marked;
	other.codec = &codec;
	peer_say(&p, CM_ICRQ);
	ck_assert(world_sent(&w, CM_ICRP)->bytes[1] & 0x10);
}
END_TEST

START_TEST(ids) /* of sessions, and of what is refused */
{
	other.id_max = 3;
	for (p.session_id = 100; p.session_id < 110; p.session_id++) {
		peer_say(&p, CM_ICRQ);
		ck_assert_uint_le(p.engine_session_id, 3);
	}
	ck_assert_uint_eq(world_count(&w, CM_ICRP), 3);
	ck_assert_uint_eq(world_stats(&w).sessions, 3);
	ck_assert_uint_eq(world_count(&w, CM_CDN), 7);
}
END_TEST

START_TEST(acknowledgement) /* that we send */
{
	static const uint8_t body[] = { 0x80, 8, 0, 0, 0, 0, 0, CM_HELLO };
	const struct sent *s;

	other.acknowledgement = (struct l2tp_span){ body, sizeof(body) };
	peer_say(&p, CM_HELLO);
	world_pass(&w, USEC_PER_SEC);
	ck_assert_uint_eq(w.n_sent, 1);
	s = &w.sent[0];
	ck_assert_uint_eq(s->len, WIRE_CONTROL_HEADER + sizeof(body));
	ck_assert_mem_eq(s->bytes + WIRE_CONTROL_HEADER, body, sizeof(body));
	ck_assert_uint_eq(s->header.nr, p.ns);
}
END_TEST

static bool is_hello(const struct arrival *in)
{
	return in->outline.type == CM_HELLO;
}

START_TEST(acknowledges) /* what we receive: it takes no number, and is not answered */
{
	uint16_t nr = tunnel()->conn.chan.nr;

	other.acknowledges = is_hello;
	peer_say(&p, CM_HELLO);
	world_pass(&w, USEC_PER_SEC);
	ck_assert_uint_eq(w.n_sent, 0);
	ck_assert_uint_eq(tunnel()->conn.chan.nr, nr);
}
END_TEST

START_TEST(avps) /* none is known: not even the Message Type */
{
	other.avps = 0;
	peer_say(&p, CM_HELLO);
	ck_assert_uint_eq(world_sent(&w, CM_STOPCCN)->msg.result_code.error, EC_UNKNOWN_MANDATORY_AVP);
}
END_TEST

static void sing(struct tunnel *t, const struct tunnel_input *in, usec_t now)
{
	(void)now;
	ck_assert_int_eq(in->msg->type, CM_HELLO);
	t->tie_breaker = 4711;
}

START_TEST(tunnel_table)
{
	static struct tunnel_rules rules;

	rules = tunnel_rules_v2;
	rules.at[TUNNEL_ESTABLISHED][TEV_HELLO] = (struct tunnel_rule){ sing, TUNNEL_ESTABLISHED };
	other.tunnel_rules = &rules;
	peer_say(&p, CM_HELLO);
	ck_assert_uint_eq(tunnel()->tie_breaker, 4711);
}
END_TEST

START_TEST(session_table)
{
	static struct session_rules rules;

	rules = session_rules_v2;
	rules.at[SESSION_LNS_INCOMING][SESSION_ESTABLISHED][SEV_WEN] = (struct session_rule){ NULL, SESSION_BLANK };
	other.session_rules = &rules;
	peer_call(&p);
	peer_say(&p, CM_WEN);
	ck_assert(!world_logged(&w, "SESSION_ERRORS"));
	other.session_rules = &session_rules_v2;
	peer_say(&p, CM_WEN);
	ck_assert(world_logged(&w, "SESSION_ERRORS"));
}
END_TEST

static bool never(const struct tunnel *t, const struct msg *m, struct fault *f)
{
	(void)t, (void)m;
	return fault_set(f, RC_STOPCCN_UNAUTHORIZED, EC_NONE, "never");
}

START_TEST(authentication)
{
	static struct authentication refusal;
	struct peer q;

	refusal = challenge_authentication;
	refusal.check_answer = never;
	other.authentication = &refusal;
	peer_init(&q, &w, 10);
	peer_say(&q, CM_SCCRQ);
	registry_find(w.l, q.engine_id)->conn.dialect = &other;
	peer_say(&q, CM_SCCCN);
	ck_assert_uint_eq(world_sent(&w, CM_STOPCCN)->msg.result_code.result, RC_STOPCCN_UNAUTHORIZED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dialect");
	TCase *tc = tcase_create("columns");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tc, begin, teardown);
	tcase_add_test(tc, one_row);
	tcase_add_test(tc, header);
	tcase_add_test(tc, ids);
	tcase_add_test(tc, acknowledgement);
	tcase_add_test(tc, acknowledges);
	tcase_add_test(tc, avps);
	tcase_add_test(tc, tunnel_table);
	tcase_add_test(tc, session_table);
	tcase_add_test(tc, authentication);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
