/* SPDX-License-Identifier: MIT */
/* The door: requests good and bad, what operations, views and traces tell, and what we say of ourselves. */
#include "engine_case.h"

#include <errno.h>

START_TEST(bad_requests)
{
	struct l2tp_call_info info = { 0 };
	uint8_t number[1016] = { 0 };
	uint32_t id;

	begin();
	ck_assert_int_eq(l2tp_call(w.l, 1, &info, 0, w.now, &id), -ENOENT);
	ck_assert_int_eq(l2tp_close_tunnel(w.l, 1, NULL, w.now), -ENOENT);
	ck_assert_int_eq(l2tp_close_session(w.l, 1, 1, NULL, w.now), -ENOENT);
	peer_open(&p);
	ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, 1, NULL, w.now), -ENOENT);
	info.called_number = (struct l2tp_span){ number, sizeof(number) };
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 0, w.now, &id), -EINVAL);
	info.called_number.len--;
	info.calling_number = info.sub_address = info.called_number;
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 0, w.now, &id), 0);
	world_drain(&w);
	expect_state(&p, "established");
	l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 0, w.now, &id), -ESHUTDOWN);
	ck_assert_int_eq(l2tp_close_tunnel(w.l, p.engine_id, NULL, w.now), 0);
	finish();
}
END_TEST

START_TEST(bad_params)
{
	struct l2tp_params good, bad[14];
	struct l2tp_addr nowhere = { 0 };
	uint32_t id;

	begin();
	good = w.params;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		bad[i] = good;
	bad[0].host_name[0] = 0;
	memset(bad[1].host_name, 'x', sizeof(bad[1].host_name));
	memset(bad[2].vendor_name, 'x', sizeof(bad[2].vendor_name));
	bad[3].secret_len = sizeof(bad[3].secret) + 1;
	bad[4].challenge = true;
	bad[5].hide_avps = true;
	bad[6].receive_window = 0;
	bad[7].receive_window = 1025;
	bad[8].retransmit_initial = 0;
	bad[9].retransmit_cap = bad[9].retransmit_initial - 1;
	bad[10].retransmit_max = 0;
	bad[11].hello_interval = USEC_NEVER - 1; /* sums overflow */
	bad[12].setup_timeout = USEC_NEVER;
	bad[13].idle_timeout = USEC_NEVER - 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(l2tp_open(w.l, &bad[i], &p.local, &p.addr, w.now, &id) == -EINVAL, "%zu", i);
	ck_assert_int_eq(l2tp_open(w.l, &good, &p.local, &nowhere, w.now, &id), -EINVAL);
	ck_assert_uint_eq(world_stats(&w).tunnels, 0);
	finish();
}
END_TEST

START_TEST(bad_env)
{
	struct l2tp_env env;
	struct l2tp *l;

	begin();
	for (int i = 0; i < 11; i++) {
		env = w.env;
		switch (i) {
		case 0: env.random = NULL; break;
		case 1: env.admit_tunnel = NULL; break;
		case 2: env.limits.tunnels = 0; break;
		case 3: env.limits.tunnels = 65536; break;
		case 4: env.limits.sessions = 0; break;
		case 5: env.limits.sessions_per_tunnel = 65536; break;
		case 6: env.limits.half_open = 0; break;
		case 7: env.limits.sccrq_per_second = 0; break;
		case 8: env.limits.sccrq_per_second_per_source = 0; break;
		case 9: env.limits.errors_per_second = 0; break;
		case 10: env.limits.errors_per_second_per_source = 0; break;
		}
		ck_assert_int_eq(l2tp_new(&env, &l), -EINVAL);
	}
	env = w.env;
	env.trace = NULL;
	ck_assert_int_eq(l2tp_new(&env, &l), 0);
	l2tp_free(l);
	l2tp_free(NULL);
	finish();
}
END_TEST

START_TEST(what_is_told) /* R2661-5.4-03 and cookies, names, the call's data: in operations and in the views */
{
	uint8_t number[4];
	struct l2tp_tunnel_info t;
	struct l2tp_session_info s;
	struct l2tp_call_info info = { .framing_type = 1, .called_number = { number, 4 }, .sequencing_required = true };
	uint32_t id;

	memcpy(number, "0123", 4);

	begin();
	peer_open(&p);
	ck_assert_uint_eq(w.last_up.cookie, 77);
	ck_assert(!w.last_up.initiator);
	ck_assert_uint_eq(w.last_up.peer_tunnel_id, p.id);
	ck_assert_int_eq(l2tp_get_tunnel(w.l, p.engine_id, &t), 0);
	ck_assert_str_eq(w.last_host, "peer");
	ck_assert_mem_eq(t.peer_host_name.data, "peer", 4);
	ck_assert_uint_eq(t.peer_vendor_name.len, 0);
	ck_assert(!t.initiator);
	ck_assert_uint_eq(t.send_window, 4); /* R2661-4.4.3-12 */
	ck_assert_mem_eq(&t.peer, &p.addr, sizeof(p.addr));
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 4242, w.now, &id), 0);
	memset(number, 'x', sizeof(number)); /* it was copied */
	world_drain(&w);
	ck_assert_uint_eq(world_sent(&w, CM_ICRQ)->msg.called_number.len, 4);
	peer_say(&p, CM_ICRP);
	ck_assert_uint_eq(w.last_add.call_cookie, 4242);
	ck_assert(!w.last_add.lns && w.last_add.sequencing);
	ck_assert_uint_eq(w.last_add.peer_session_id, p.session_id);
	ck_assert(msg_has(&world_sent(&w, CM_ICCN)->msg, AVP_SEQUENCING_REQUIRED));
	ck_assert_int_eq(l2tp_get_session(w.l, p.engine_id, id, &s), 0);
	ck_assert(!s.lns && s.call->called_number.len == 4 && !memcmp(s.call->called_number.data, "0123", 4));
	ck_assert_int_eq(l2tp_get_session(w.l, p.engine_id, 1, &s), -ENOENT);
	ck_assert_int_eq(l2tp_get_tunnel(w.l, 1, &t), -ENOENT);
	finish();
}
END_TEST

static void expect_identity(const struct msg *m)
{
	ck_assert_uint_eq(m->protocol_version, 0x0100); /* R2661-4.4.3-01 */
	ck_assert_uint_eq(m->framing_capabilities, 2);
	ck_assert(msg_has(m, AVP_BEARER_CAPABILITIES) && m->bearer_capabilities == 3);
	ck_assert(msg_has(m, AVP_RECEIVE_WINDOW_SIZE) && m->receive_window_size == 9);
	ck_assert(m->host_name.len == 6 && !memcmp(m->host_name.data, "engine", 6));
	ck_assert(m->vendor_name.len == 5 && !memcmp(m->vendor_name.data, "maker", 5));
}

START_TEST(what_we_say) /* everything that was configured, everything of the call, in its place */
{
	static const struct l2tp_span a = { (const uint8_t *)"a", 1 }, b = { (const uint8_t *)"bb", 2 },
				      c = { (const uint8_t *)"ccc", 3 }, d = { (const uint8_t *)"dddd", 4 };
	struct l2tp_call_info info = { .call_serial_number = 99, .bearer_type = 2, .framing_type = 2,
				       .physical_channel_id = 5, .tx_connect_speed = 111, .rx_connect_speed = 222,
				       .calling_number = a, .called_number = b, .sub_address = c,
				       .private_group_id = d };
	const struct msg *m;
	uint32_t id;

	world_init(&w);
	w.params.framing_capabilities = 2;
	w.params.bearer_capabilities = 3;
	w.params.receive_window = 9;
	strcpy(w.params.vendor_name, "maker");
	world_start(&w);
	peer_init(&p, &w, 9);
	peer_init(&q, &w, 10);
	(void)engine_dial(&q);
	peer_open(&p);
	expect_identity(&world_sent(&w, CM_SCCRQ)->msg);
	expect_identity(&world_sent(&w, CM_SCCRP)->msg);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 0, w.now, &id), 0);
	world_drain(&w);
	m = &world_sent(&w, CM_ICRQ)->msg;
	ck_assert(m->call_serial_number == 99 && m->bearer_type == 2 && m->physical_channel_id == 5);
	ck_assert(msg_has(m, AVP_BEARER_TYPE));
	ck_assert(m->calling_number.len == 1 && m->called_number.len == 2 && m->sub_address.len == 3);
	ck_assert(!memcmp(m->called_number.data, "bb", 2));
	peer_say(&p, CM_ICRP);
	m = &world_sent(&w, CM_ICCN)->msg;
	ck_assert(m->tx_connect_speed == 111 && m->rx_connect_speed == 222 && m->framing_type == 2);
	ck_assert(m->private_group_id.len == 4 && !msg_has(m, AVP_SEQUENCING_REQUIRED));
	finish();
}
END_TEST

START_TEST(what_the_peer_tells) /* window, vendor, the data of its call */
{
	struct l2tp_tunnel_info t;
	struct l2tp_session_info s;
	struct msg m;

	begin();
	p.engine_id = (uint16_t)engine_dial(&p);
	ck_assert_uint_eq(w.sent[0].tunnel_id, p.engine_id);
	ck_assert_mem_eq(&w.sent[0].local, &p.local, sizeof(p.local));
	m = peer_msg(&p, CM_SCCRP);
	m.receive_window_size = 7;
	m.vendor_name = secret;
	msg_set(&m, AVP_RECEIVE_WINDOW_SIZE);
	msg_set(&m, AVP_VENDOR_NAME);
	peer_send(&p, &m, 0);
	ck_assert(w.last_up.initiator);
	ck_assert_int_eq(l2tp_get_tunnel(w.l, p.engine_id, &t), 0);
	ck_assert(t.initiator);
	ck_assert_uint_eq(t.send_window, 7);
	ck_assert_mem_eq(t.peer_vendor_name.data, "secret", 6);
	m = peer_msg(&p, CM_ICRQ);
	m.calling_number = secret;
	msg_set(&m, AVP_CALLING_NUMBER);
	peer_send(&p, &m, 0);
	peer_say(&p, CM_ICCN);
	ck_assert_int_eq(l2tp_get_session(w.l, p.engine_id, p.engine_session_id, &s), 0);
	ck_assert_uint_eq(s.call->call_serial_number, 4711);
	ck_assert_uint_eq(s.call->tx_connect_speed, 1000000);
	ck_assert_mem_eq(s.call->calling_number.data, "secret", 6);
	finish();
}
END_TEST

START_TEST(lns_sequencing) /* R2661-5.4-04: the LAC insists in its ICCN, after the path was made */
{
	begin();
	peer_open(&p);
	peer_say(&p, CM_ICRQ);
	ck_assert(w.last_add.lns && !w.last_add.sequencing);
	struct msg m = peer_msg(&p, CM_ICCN);
	msg_set(&m, AVP_SEQUENCING_REQUIRED);
	peer_send(&p, &m, p.engine_session_id);
	ck_assert(w.last_up.sequencing);
	finish();
}
END_TEST

START_TEST(serial_numbers) /* R2661-4.4.4-01 */
{
	uint32_t id, last = 0;

	begin();
	peer_open(&p);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ 0 }, 0, w.now, &id), 0);
		world_pass(&w, 100 * MSEC);
		if (i)
			ck_assert_uint_eq(world_sent(&w, CM_ICRQ)->msg.call_serial_number, last + 1);
		last = world_sent(&w, CM_ICRQ)->msg.call_serial_number;
	}
	finish();
}
END_TEST

START_TEST(traced) /* every datagram, in and out */
{
	begin();
	peer_open(&p);
	peer_call(&p);
	ck_assert_uint_eq(w.traced_out, w.n_sent);
	ck_assert_uint_eq(w.traced_in, world_stats(&w).received);
	ck_assert_uint_eq(w.traced_dropped, 0);
	finish();
}
END_TEST

static void expect_why(const char *why)
{
	if (why)
		ck_assert_str_eq(w.traced_why, why);
	else
		ck_assert_ptr_null(w.traced_why);
}

START_TEST(traced_drops) /* a message that nothing comes of is told apart from one that is acted upon */
{
	begin();
	peer_open(&p);
	peer_say(&p, CM_HELLO);
	expect_why(NULL);
	p.ns--;
	peer_say(&p, CM_HELLO);
	expect_why("duplicate");
	p.nr = (uint16_t)(p.nr + 100);
	peer_zlb(&p);
	expect_why("acknowledges a message that was never sent");
	p.nr = (uint16_t)(p.nr - 100);
	peer_zlb(&p);
	expect_why(NULL);
	p.engine_id ^= 1;
	peer_zlb(&p);
	expect_why("unknown tunnel");
	p.engine_id ^= 1;
	/* what waited for a message, and is no good, is not that message */
	p.ns++;
	peer_send_body(&p, (struct l2tp_span){ (const uint8_t *)"\x80\x08\0\0\0\0\0\x0a\x80\x07\0\0\0\x01x", 15 }, 0);
	expect_why(NULL);
	p.ns = (uint16_t)(p.ns - 2);
	peer_say(&p, CM_HELLO);
	expect_why(NULL);
	ck_assert_uint_eq(world_stats(&w).dropped[L2TP_DROP_MESSAGE], 1);
	finish();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine");
	TCase *tc = new_case(suite, "requests");

	tcase_add_test(tc, bad_requests);
	tcase_add_test(tc, bad_params);
	tcase_add_test(tc, bad_env);
	tcase_add_test(tc, what_is_told);
	tcase_add_test(tc, what_we_say);
	tcase_add_test(tc, what_the_peer_tells);
	tcase_add_test(tc, lns_sequencing);
	tcase_add_test(tc, serial_numbers);
	tcase_add_test(tc, traced);
	tcase_add_test(tc, traced_drops);
	return run(suite);
}
