/* SPDX-License-Identifier: MIT */
/*
 * What is said of a call, and to whom: outgoing calls, and what either side tells the other before, during and after
 * one.  The state tables are test_session_fsm.c's.
 */
#include "engine_world.h"

#include <check.h>
#include <errno.h>

static struct world w;
static struct peer p;

static void begin(void)
{
	world_init(&w);
	w.params.lac = true;
	w.params.bearer_capabilities = L2TP_BEARER_DIGITAL;
	peer_init(&p, &w, 9);
	p.bearer = L2TP_BEARER_DIGITAL;
}

static void setup(void)
{
	begin();
	world_start(&w);
}

static void teardown(void)
{
	world_end(&w);
}

static struct l2tp_span text(const char *s)
{
	return (struct l2tp_span){ (const uint8_t *)s, strlen(s) };
}

static bool same(struct l2tp_span a, const char *b)
{
	return a.len == strlen(b) && (!a.len || !memcmp(a.data, b, a.len));
}

/* What stands in the Message Type, the first AVP. */
static unsigned type_number(const struct sent *s)
{
	return (unsigned)(s->bytes[WIRE_CONTROL_HEADER + AVP_HEADER] << 8 | s->bytes[WIRE_CONTROL_HEADER + AVP_HEADER + 1]);
}

static const struct l2tp_call_info *known(uint32_t session_id)
{
	static struct l2tp_session_info info;

	ck_assert_int_eq(l2tp_get_session(w.l, p.engine_id, session_id, &info), 0);
	return info.call;
}

/* ---- Outgoing calls ------------------------------------------------------------------------------------------ */

START_TEST(ocrq_says) /* R2661-6.9-01, -03..11, R2661-4.4.4-01, -02, -06, R2661-4.4.4-12 */
{
	struct l2tp_call_info info = { .minimum_bps = 9600,
				       .maximum_bps = 64000,
				       .called_number = text("5551234"),
				       .sub_address = text("7") };
	const struct sent *s;
	uint32_t id, first;

	peer_open(&p);
	ck_assert_int_eq(l2tp_call_out(w.l, p.engine_id, &info, 5, w.now, &id), 0);
	world_drain(&w);
	s = world_sent(&w, CM_OCRQ);
	ck_assert_ptr_nonnull(s);
	ck_assert_uint_eq(type_number(s), 7);
	ck_assert(s->msg.assigned_session_id == id && s->header.session_id == 0);
	ck_assert(s->msg.minimum_bps == 9600 && s->msg.maximum_bps == 64000);
	ck_assert(s->msg.bearer_type == L2TP_BEARER_DIGITAL && s->msg.framing_type == L2TP_FRAMING_SYNC);
	ck_assert(same(s->msg.called_number, "5551234") && same(s->msg.sub_address, "7"));
	first = s->msg.call_serial_number;
	ck_assert_int_eq(l2tp_call_out(w.l, p.engine_id, &(struct l2tp_call_info){ 0 }, 5, w.now, &id), 0);
	world_pass(&w, USEC_PER_SEC);
	s = world_sent(&w, CM_OCRQ);
	ck_assert_uint_eq(s->msg.call_serial_number, first + 1);
	ck_assert(msg_has(&s->msg, AVP_CALLED_NUMBER) && !msg_has(&s->msg, AVP_SUB_ADDRESS));
}
END_TEST

static const struct {
	const char *name;
	uint32_t peer_bearer, bearer, framing; /* the peer's framing is sync */
	int expect;
} unfit[] = {
	{ "R2661-4.4.3-04 analog", L2TP_BEARER_DIGITAL, L2TP_BEARER_ANALOG, 0, -EOPNOTSUPP },
	{ "R2661-4.4.4-02 either", L2TP_BEARER_DIGITAL, L2TP_BEARER_DIGITAL | L2TP_BEARER_ANALOG, 0, -EOPNOTSUPP },
	{ "R2661-4.4.3-02 async", L2TP_BEARER_DIGITAL, 0, L2TP_FRAMING_ASYNC, -EOPNOTSUPP },
	{ "R2661-4.4.4-06 either", L2TP_BEARER_DIGITAL, 0, L2TP_FRAMING_SYNC | L2TP_FRAMING_ASYNC, -EOPNOTSUPP },
	{ "R2661-6.9-02 no capabilities", 0, 0, 0, -EOPNOTSUPP },
	{ "R2661-4.4.4-04 both", L2TP_BEARER_DIGITAL | L2TP_BEARER_ANALOG, L2TP_BEARER_DIGITAL | L2TP_BEARER_ANALOG,
	  L2TP_FRAMING_SYNC, 0 },
};

START_TEST(call_out_guard)
{
	struct l2tp_call_info info = { .bearer_type = unfit[_i].bearer, .framing_type = unfit[_i].framing };
	uint32_t id = 0;

	p.bearer = unfit[_i].peer_bearer;
	peer_open(&p);
	world_forget(&w);
	ck_assert_msg(l2tp_call_out(w.l, p.engine_id, &info, 5, w.now, &id) == unfit[_i].expect, "%s", unfit[_i].name);
	world_drain(&w);
	ck_assert_msg(!world_sent(&w, CM_OCRQ) == (unfit[_i].expect < 0), "%s", unfit[_i].name);
}
END_TEST

START_TEST(bearer_capabilities) /* R2661-4.4.3-06, -07, -26 */
{
	struct l2tp_params bad = w.params;
	uint32_t id;

	engine_dial(&p);
	ck_assert_uint_eq(world_sent(&w, CM_SCCRQ)->msg.bearer_capabilities, L2TP_BEARER_DIGITAL);
	bad.bearer_capabilities = 0;
	ck_assert_int_eq(l2tp_open(w.l, &bad, &p.local, &p.addr, w.now, &id), -EINVAL);
	bad.lac = false;
	ck_assert_int_eq(l2tp_open(w.l, &bad, &p.local, &p.addr, w.now, &id), 0);
	world_drain(&w);
	ck_assert(!msg_has(&world_sent(&w, CM_SCCRQ)->msg, AVP_BEARER_CAPABILITIES));
}
END_TEST

START_TEST(no_calls_out) /* X2661-7.5.2-07, R2661-4.4.3-08 */
{
	world_end(&w);
	begin();
	w.params.lac = false;
	world_start(&w);
	peer_open(&p);
	peer_say(&p, CM_OCRQ);
	ck_assert_uint_eq(world_sent(&w, CM_CDN)->msg.result_code.result, RC_CDN_NO_FACILITY_PERMANENT);
	ck_assert_uint_eq(world_stats(&w).sessions, 0);
}
END_TEST

START_TEST(refused_without_a_result) /* R2661-4.4.2-D00: nor with result 0 */
{
	w.call_refusal = (struct l2tp_reason){ .text = "not today" };
	peer_open(&p);
	peer_say(&p, _i ? CM_OCRQ : CM_ICRQ);
	ck_assert_uint_eq(world_sent(&w, CM_CDN)->msg.result_code.result, RC_CDN_ADMIN);
	ck_assert(same(world_sent(&w, CM_CDN)->msg.result_code.text, "not today"));
	ck_assert_uint_eq(world_stats(&w).sessions, 0);
}
END_TEST

START_TEST(lac_answers) /* R2661-6.10-01..04, R2661-6.11-01..05 */
{
	struct l2tp_call_info info;
	const struct sent *s;
	struct msg m = peer_msg(&p, CM_OCRQ);
	uint32_t id;

	peer_open(&p);
	w.hold = true;
	m.maximum_bps = 128000;
	peer_send(&p, &m, 0);
	id = w.last_add.session_id;
	ck_assert(w.last_add.call->outgoing && !w.last_add.lns && same(w.last_add.call->called_number, "12345"));
	info = *known(id);
	info.physical_channel_id = 3;
	ck_assert_int_eq(l2tp_set_call_info(w.l, p.engine_id, id, &info, w.now), 0);
	world_answer(&w, L2TP_OP_SESSION_ADD, 0);
	s = world_sent(&w, CM_OCRP);
	ck_assert_uint_eq(type_number(s), 8);
	ck_assert(s->header.session_id == p.session_id && s->msg.assigned_session_id == id);
	ck_assert_uint_eq(s->msg.physical_channel_id, 3);
	info = *known(id);
	info.framing_type = L2TP_FRAMING_ASYNC;
	ck_assert_int_eq(l2tp_set_call_info(w.l, p.engine_id, id, &info, w.now), -EINVAL);
	info.framing_type = L2TP_FRAMING_SYNC;
	info.tx_connect_speed = 33600;
	info.rx_connect_speed = 9600;
	info.call_serial_number = 1;
	ck_assert_int_eq(l2tp_set_call_info(w.l, p.engine_id, id, &info, w.now), 0);
	world_answer(&w, L2TP_OP_SESSION_DIAL, 0);
	s = world_sent(&w, CM_OCCN);
	ck_assert_uint_eq(type_number(s), 9);
	ck_assert(s->msg.tx_connect_speed == 33600 && s->msg.rx_connect_speed == 9600);
	ck_assert(s->msg.framing_type == L2TP_FRAMING_SYNC && !msg_has(&s->msg, AVP_SEQUENCING_REQUIRED));
	ck_assert_uint_eq(known(id)->call_serial_number, 4711);
	ck_assert_int_eq(l2tp_set_call_info(w.l, p.engine_id, id, &info, w.now), -EALREADY);
	ck_assert_int_eq(l2tp_set_call_info(w.l, p.engine_id, id + 1, &info, w.now), -ENOENT);
}
END_TEST

START_TEST(lac_answers_by_default)
{
	struct msg m = peer_msg(&p, CM_OCRQ);
	const struct sent *s;

	peer_open(&p);
	m.maximum_bps = 128000;
	m.framing_type = L2TP_FRAMING_SYNC | L2TP_FRAMING_ASYNC;
	peer_send(&p, &m, 0);
	s = world_sent(&w, CM_OCCN);
	ck_assert(s->msg.tx_connect_speed == 128000 && !msg_has(&s->msg, AVP_RX_CONNECT_SPEED));
	ck_assert_uint_eq(s->msg.framing_type, L2TP_FRAMING_SYNC);
}
END_TEST

START_TEST(lns_learns) /* R2661-4.4.4-08: the channel is for the log; R2661-4.4.4-07, -11 */
{
	struct msg m;
	uint32_t id;

	peer_open(&p);
	ck_assert_int_eq(l2tp_call_out(w.l, p.engine_id, &(struct l2tp_call_info){ 0 }, 5, w.now, &id), 0);
	world_drain(&w);
	m = peer_msg(&p, CM_OCRP);
	m.physical_channel_id = 99;
	msg_set(&m, AVP_PHYSICAL_CHANNEL_ID);
	peer_send(&p, &m, (uint16_t)id);
	peer_say(&p, CM_OCCN);
	ck_assert_str_eq(world_session_state(&w, p.engine_id, id), "established");
	ck_assert(known(id)->physical_channel_id == 99 && known(id)->tx_connect_speed == 1000000);
	ck_assert(w.last_up.lns && w.last_up.call_cookie == 5);
	ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, id, NULL, w.now), 0);
	world_pass(&w, USEC_PER_SEC);
	ck_assert_uint_eq(world_sent(&w, CM_CDN)->header.session_id, p.session_id);
}
END_TEST

/* ---- Sequencing ---------------------------------------------------------------------------------------------- */

START_TEST(sequencing_at_the_lac) /* R2661-5.4-03, R2661-4.4.4-15 */
{
	struct l2tp_call_info info = { .framing_type = 1, .sequencing_required = true };
	uint32_t id;

	peer_open(&p);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 5, w.now, &id), 0);
	world_drain(&w);
	peer_say(&p, CM_ICRP);
	ck_assert(w.last_add.sequencing && w.last_up.sequencing);
	ck_assert(msg_has(&world_sent(&w, CM_ICCN)->msg, AVP_SEQUENCING_REQUIRED));
	ck_assert(!world_logged(&w, "SESSION_SET"));
}
END_TEST

START_TEST(sequencing_decided_late) /* after SESSION_ADD, before the peer is told */
{
	struct l2tp_call_info info;
	uint32_t id;

	peer_open(&p);
	w.hold = true;
	peer_say(&p, CM_OCRQ);
	id = w.last_add.session_id;
	ck_assert(!w.last_add.sequencing);
	world_answer(&w, L2TP_OP_SESSION_ADD, 0);
	info = *known(id);
	info.sequencing_required = true;
	ck_assert_int_eq(l2tp_set_call_info(w.l, p.engine_id, id, &info, w.now), 0);
	world_answer(&w, L2TP_OP_SESSION_DIAL, 0);
	ck_assert_ptr_null(world_sent(&w, CM_OCCN));
	world_answer(&w, L2TP_OP_SESSION_SET, 0);
	ck_assert(msg_has(&world_sent(&w, CM_OCCN)->msg, AVP_SEQUENCING_REQUIRED) && w.last_up.sequencing);
}
END_TEST

START_TEST(sequencing_early_occn) /* the data path was asked for before the OCCN came */
{
	struct msg m;
	uint32_t id;

	peer_open(&p);
	ck_assert_int_eq(l2tp_call_out(w.l, p.engine_id, &(struct l2tp_call_info){ 0 }, 5, w.now, &id), 0);
	world_drain(&w);
	w.hold = true;
	peer_say(&p, CM_OCRP);
	m = peer_msg(&p, CM_OCCN);
	msg_set(&m, AVP_SEQUENCING_REQUIRED);
	peer_send(&p, &m, (uint16_t)id);
	world_answer(&w, L2TP_OP_SESSION_ADD, 0);
	ck_assert(world_logged(&w, "SESSION_ADD SESSION_SET ") && !world_logged(&w, "SESSION_UP"));
	world_answer(&w, L2TP_OP_SESSION_SET, 0);
	ck_assert(world_logged(&w, "SESSION_UP") && w.last_up.sequencing);
}
END_TEST

/* ---- WEN and SLI --------------------------------------------------------------------------------------------- */

/* The engine is the LNS of a call that the peer has placed. */
static uint32_t incoming(void)
{
	peer_open(&p);
	peer_call(&p);
	return p.engine_session_id;
}

static uint32_t place(void)
{
	uint32_t id;

	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ 0 }, 5, w.now, &id), 0);
	world_drain(&w);
	peer_say(&p, CM_ICRP);
	world_pass(&w, USEC_PER_SEC);
	world_forget(&w);
	return id;
}

static uint32_t placed(void)
{
	peer_open(&p);
	return place();
}

START_TEST(sli) /* R2661-6.14-01, -03, -04, R2661-6.0-01 */
{
	uint32_t id = incoming();
	const struct sent *s;

	ck_assert_int_eq(l2tp_set_link_info(w.l, p.engine_id, id, &(struct l2tp_link_info){ 0xa0000, 7 }, w.now), 0);
	world_drain(&w);
	s = world_sent(&w, CM_SLI);
	ck_assert_ptr_nonnull(memmem(s->bytes, s->len, "\200\20\0\0\0\43\0\0\0\12\0\0\0\0\0\7", 16));
	ck_assert(s->header.session_id == p.session_id && s->msg.accm.send == 0xa0000 && s->msg.accm.receive == 7);
	ck_assert_int_eq(l2tp_report_errors(w.l, p.engine_id, id, &(struct l2tp_call_errors){ .crc = 1 }, w.now), -EINVAL);
	ck_assert_int_eq(l2tp_set_link_info(w.l, p.engine_id, id + 1, &(struct l2tp_link_info){ 0 }, w.now), -ENOENT);
	ck_assert_int_eq(l2tp_report_errors(w.l, p.engine_id, id + 1, &(struct l2tp_call_errors){ 0 }, w.now), -ENOENT);
}
END_TEST

START_TEST(sli_heard) /* R2661-6.14-01, -02, R2661-4.4.6-03 */
{
	struct msg m = peer_msg(&p, CM_SLI);
	uint32_t id = placed();

	ck_assert(w.link.send_accm == UINT32_MAX && w.link.receive_accm == UINT32_MAX);
	for (uint32_t i = 1; i < 3; i++) {
		m.accm.send = i;
		m.accm.receive = 10 * i;
		peer_send(&p, &m, (uint16_t)id);
		ck_assert(w.link.send_accm == i && w.link.receive_accm == 10 * i);
	}
	ck_assert_int_eq(l2tp_set_link_info(w.l, p.engine_id, id, &(struct l2tp_link_info){ 0 }, w.now), -EINVAL);
}
END_TEST

START_TEST(wen_heard) /* R2661-6.13-02, X2661-7.4.2-04 */
{
	struct msg m = peer_msg(&p, CM_WEN);
	uint32_t id = incoming();

	m.call_errors = (struct l2tp_call_errors){ 1, 2, 3, 4, 5, 6 };
	peer_send(&p, &m, (uint16_t)id);
	ck_assert(!memcmp(&w.errors, &m.call_errors, sizeof(w.errors)));
}
END_TEST

START_TEST(wen) /* R2661-6.13-01, -03..06, R2661-4.4.6-01 */
{
	uint32_t id = placed();
	struct l2tp_call_errors none = { 0 }, some = { .crc = 1 };

	ck_assert_int_eq(l2tp_report_errors(w.l, p.engine_id, id, &none, w.now), 0);
	world_drain(&w);
	ck_assert_uint_eq(world_count(&w, CM_WEN), 0);
	ck_assert_int_eq(l2tp_report_errors(w.l, p.engine_id, id, &some, w.now), 0);
	world_drain(&w);
	ck_assert(world_count(&w, CM_WEN) == 1 && world_sent(&w, CM_WEN)->header.session_id == p.session_id);
	for (uint32_t i = 2; i < 32; i++) {
		some.crc = i;
		world_pass(&w, USEC_PER_SEC);
		ck_assert_int_eq(l2tp_report_errors(w.l, p.engine_id, id, &some, w.now), 0);
	}
	ck_assert_uint_eq(world_count(&w, CM_WEN), 1);
	world_pass(&w, 29 * USEC_PER_SEC);
	ck_assert_uint_eq(world_count(&w, CM_WEN), 1);
	world_pass(&w, 2 * USEC_PER_SEC);
	ck_assert(world_count(&w, CM_WEN) == 2 && world_sent(&w, CM_WEN)->msg.call_errors.crc == 31);
	world_pass(&w, 300 * USEC_PER_SEC);
	ck_assert_uint_eq(world_count(&w, CM_WEN), 2);
	some.alignment = 1;
	ck_assert_int_eq(l2tp_report_errors(w.l, p.engine_id, id, &some, w.now), 0);
	world_drain(&w);
	ck_assert_uint_eq(world_count(&w, CM_WEN), 3);
	p.session_id++;
	id = place();
	ck_assert_int_eq(l2tp_report_errors(w.l, p.engine_id, id, &none, w.now), 0);
	ck_assert_uint_eq(world_count(&w, CM_WEN), 0);
}
END_TEST

START_TEST(notes_before_the_call)
{
	uint32_t id;

	peer_open(&p);
	peer_say(&p, CM_ICRQ);
	id = p.engine_session_id;
	ck_assert_int_eq(l2tp_set_link_info(w.l, p.engine_id, id, &(struct l2tp_link_info){ 0 }, w.now), -ENOTCONN);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ 0 }, 5, w.now, &id), 0);
	ck_assert_int_eq(l2tp_report_errors(w.l, p.engine_id, id, &(struct l2tp_call_errors){ .crc = 1 }, w.now), -ENOTCONN);
}
END_TEST

/* ---- Proxy LCP and authentication ----------------------------------------------------------------------------- */

#define PROXY(avp) ((uint64_t)1 << AVP_PROXY_AUTHEN_##avp)
#define LCP(avp) ((uint64_t)1 << AVP_##avp##_LCP_CONFREQ)
#define ALL (PROXY(NAME) | PROXY(CHALLENGE) | PROXY(ID) | PROXY(RESPONSE))

static const struct {
	const char *name;
	uint16_t type;
	uint64_t needs; /* R2661-4.4.5-07..09, -11 */
} proxies[] = {
	{ "text", L2TP_PROXY_TEXT, PROXY(NAME) | PROXY(RESPONSE) },
	{ "CHAP", L2TP_PROXY_CHAP, ALL },
	{ "PAP", L2TP_PROXY_PAP, PROXY(NAME) | PROXY(ID) | PROXY(RESPONSE) },
	{ "none", L2TP_PROXY_NONE, 0 },
	{ "MSCHAPv1", L2TP_PROXY_MSCHAP, ALL },
};

static struct msg proxied(uint16_t type, uint64_t has)
{
	struct msg m = peer_msg(&p, CM_ICCN);

	m.proxy_authen_type = type;
	m.proxy_authen_name = text("user");
	m.proxy_authen_challenge = text("challenge");
	m.proxy_authen_id = 0xfe;
	m.proxy_authen_response = text("password");
	m.initial_received_lcp_confreq = text("\1\4\5\6");
	m.last_sent_lcp_confreq = text("\1\4\5\7");
	m.last_received_lcp_confreq = text("\1\4\5\10");
	m.has |= has;
	return m;
}

/* The engine believes the peer, or not, and hears this ICCN. */
static const struct l2tp_proxy *hear_iccn(bool believe, const struct msg *m)
{
	world_end(&w);
	begin();
	w.params.proxy_authentication = believe;
	world_start(&w);
	peer_open(&p);
	peer_say(&p, CM_ICRQ);
	peer_send(&p, m, p.engine_session_id);
	ck_assert_str_eq(world_session_state(&w, p.engine_id, p.engine_session_id), "established");
	return &known(p.engine_session_id)->proxy;
}

START_TEST(proxy_heard) /* R2661-4.4.5-01, -06, R2661-9.5-02, X2661-4.4.5-01 */
{
	uint64_t whole = PROXY(TYPE) | proxies[_i].needs;
	const struct l2tp_proxy *got;
	struct msg m = proxied(proxies[_i].type, whole);

	got = hear_iccn(true, &m);
	ck_assert_msg(got->authen_type == (enum l2tp_proxy_authen)proxies[_i].type, "%s", proxies[_i].name);
	if (proxies[_i].needs)
		ck_assert(same(got->authen_name, "user") && same(got->authen_response, "password"));
	if (proxies[_i].needs & PROXY(ID))
		ck_assert_uint_eq(got->authen_id, 0xfe);
	for (uint16_t avp = AVP_PROXY_AUTHEN_TYPE; avp <= AVP_PROXY_AUTHEN_RESPONSE; avp++) {
		if (!(whole >> avp & 1))
			continue;
		m = proxied(proxies[_i].type, whole & ~((uint64_t)1 << avp));
		got = hear_iccn(true, &m);
		ck_assert_msg(got->authen_type == L2TP_PROXY_UNSAID && !got->authen_name.len && !got->authen_response.len,
			      "%s without %s", proxies[_i].name, avp_name(avp));
	}
}
END_TEST

START_TEST(proxy_not_believed) /* R2661-9.5-01, R2661-4.4.5-03 */
{
	struct msg m = proxied(L2TP_PROXY_PAP, PROXY(TYPE) | ALL | LCP(LAST_SENT) | LCP(LAST_RECEIVED));
	const struct l2tp_proxy *got = hear_iccn(false, &m);

	ck_assert(got->authen_type == L2TP_PROXY_UNSAID && !got->authen_response.len && got->last_sent_confreq.len);
}
END_TEST

static const struct {
	uint64_t has;
	bool usable;
} lcps[] = {
	{ LCP(INITIAL_RECEIVED) | LCP(LAST_SENT) | LCP(LAST_RECEIVED), true },
	{ LCP(LAST_SENT) | LCP(LAST_RECEIVED), true },
	{ LCP(INITIAL_RECEIVED) | LCP(LAST_RECEIVED), false },
	{ LCP(INITIAL_RECEIVED) | LCP(LAST_SENT), false },
	{ LCP(INITIAL_RECEIVED), false },
};

START_TEST(proxy_lcp) /* R2661-4.4.5-04, X2661-4.4.5-02 */
{
	struct msg m = proxied(0, lcps[_i].has);
	const struct l2tp_proxy *got = hear_iccn(true, &m);

	ck_assert_uint_eq(got->last_sent_confreq.len, lcps[_i].usable ? 4 : 0);
	ck_assert_uint_eq(got->last_received_confreq.len, lcps[_i].usable ? 4 : 0);
	if (lcps[_i].usable)
		ck_assert(same(got->last_sent_confreq, "\1\4\5\7"));
	if (!lcps[_i].usable)
		ck_assert_uint_eq(got->initial_received_confreq.len, 0);
}
END_TEST

static struct l2tp_call_info proxy_info(uint16_t type)
{
	return (struct l2tp_call_info){ .proxy = { .initial_received_confreq = text("a"),
						   .last_sent_confreq = text("b"),
						   .last_received_confreq = text("c"),
						   .authen_type = (enum l2tp_proxy_authen)type,
						   .authen_id = 0xfe,
						   .authen_name = text("user"),
						   .authen_challenge = text("challenge"),
						   .authen_response = text("password") } };
}

START_TEST(proxy_said) /* R2661-4.4.5-01, -05, -07..11 */
{
	struct l2tp_call_info info = proxy_info(proxies[_i].type);
	const struct msg *m;
	uint32_t id;

	peer_open(&p);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 0, w.now, &id), 0);
	world_drain(&w);
	peer_say(&p, CM_ICRP);
	m = &world_sent(&w, CM_ICCN)->msg;
	ck_assert_msg((m->has & (PROXY(TYPE) | ALL)) == (PROXY(TYPE) | proxies[_i].needs), "%s", proxies[_i].name);
	ck_assert(m->proxy_authen_type == proxies[_i].type && same(m->last_sent_lcp_confreq, "b") &&
		  same(m->last_received_lcp_confreq, "c") && same(m->initial_received_lcp_confreq, "a"));
	if (proxies[_i].needs & PROXY(ID))
		ck_assert_uint_eq(m->proxy_authen_id, 0xfe);
	if (proxies[_i].needs & PROXY(RESPONSE))
		ck_assert(same(m->proxy_authen_response, "password"));
}
END_TEST

START_TEST(proxy_refused)
{
	struct l2tp_call_info bad[5];
	uint8_t octets[1016] = { 0 };
	uint32_t id;

	peer_open(&p);
	for (size_t i = 0; i < 5; i++)
		bad[i] = proxy_info(L2TP_PROXY_CHAP);
	bad[0].proxy.authen_challenge.len = 0;
	bad[1].proxy.authen_type = (enum l2tp_proxy_authen)6;
	bad[2].proxy.last_sent_confreq.len = 0;
	bad[3].proxy.authen_name = (struct l2tp_span){ octets, sizeof(octets) };
	bad[4].proxy.authen_name = bad[4].proxy.authen_response = bad[4].proxy.last_sent_confreq =
		bad[4].proxy.last_received_confreq = (struct l2tp_span){ octets, 1015 };
	for (size_t i = 0; i < 5; i++)
		ck_assert_msg(l2tp_call(w.l, p.engine_id, &bad[i], 0, w.now, &id) == -EINVAL, "%zu", i);
	bad[4].proxy.authen_response.len = 500; /* as much as there may be */
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &bad[4], 0, w.now, &id), 0);
	world_drain(&w);
	peer_say(&p, CM_ICRP);
	ck_assert_str_eq(world_session_state(&w, p.engine_id, id), "established");
}
END_TEST

static bool contains(const struct sent *s, const char *needle)
{
	for (size_t i = 0; i + strlen(needle) <= s->len; i++)
		if (!memcmp(s->bytes + i, needle, strlen(needle)))
			return true;
	return false;
}

/* R2661-4.4.5-12: a password is hidden as soon as there is a secret, although AVPs are not hidden otherwise. */
START_TEST(password_hidden)
{
	struct l2tp_call_info info = proxy_info(proxies[_i].type);
	bool password = proxies[_i].type == L2TP_PROXY_TEXT || proxies[_i].type == L2TP_PROXY_PAP;
	const struct sent *s;
	uint32_t id;

	world_end(&w);
	begin();
	memcpy(w.params.secret, "secret", 6);
	w.params.secret_len = 6;
	w.secret = text("secret");
	world_start(&w);
	peer_open(&p);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 0, w.now, &id), 0);
	world_drain(&w);
	peer_say(&p, CM_ICRP);
	s = world_sent(&w, CM_ICCN);
	if (proxies[_i].needs) {
		ck_assert(contains(s, "user") && same(s->msg.proxy_authen_response, "password"));
		ck_assert_msg(contains(s, "password") == !password, "%s", proxies[_i].name);
	}
}
END_TEST

/* ---- LCP options (RFC 3437) ----------------------------------------------------------------------------------- */

#define WANT "\1\4\5\334" "\2\6\1\1\1\1" "\7\2" "\10\2" "\11\3\4" /* MRU, ACCM, PFC, ACFC, FCS */
#define ALLOW "\1\4\5\334" "\7\2"

static const struct {
	const char *name, *want, *allow; /* NULL: not sent */
	bool want_good, allow_good;
} wishes[] = {
	{ "R3437-2.1-01 both", WANT, ALLOW, true, true },
	{ "49 alone", WANT, NULL, true, false },
	{ "50 alone", NULL, ALLOW, false, true },
	{ "none", NULL, NULL, false, false },
	{ "empty", "", "", false, false },
	{ "X3437-2-01 an option without length", "\1", ALLOW, false, true },
	{ "X3437-2-01 too short a length", "\1\1", ALLOW, false, true },
	{ "X3437-2-01 longer than the list", WANT, "\7\2\1\4\5", true, false },
	{ "X3437-2-01 a length behind the end", "\7\2\1\5\5\334", "\377\377", false, false },
};

static void put_wishes(struct msg *m, const char *want, const char *allow)
{
	m->lcp_want_options = text(want ? want : "");
	m->lcp_allow_options = text(allow ? allow : "");
	m->has |= (uint64_t)!!want << AVP_LCP_WANT_OPTIONS | (uint64_t)!!allow << AVP_LCP_ALLOW_OPTIONS;
}

static void check_wishes(uint32_t id, int i)
{
	const struct l2tp_lcp_wishes *lcp = &known(id)->lcp;

	ck_assert_str_eq(world_session_state(&w, p.engine_id, id), "established");
	ck_assert_msg(same(lcp->want, wishes[i].want_good ? wishes[i].want : ""), "%s", wishes[i].name);
	ck_assert_msg(same(lcp->allow, wishes[i].allow_good ? wishes[i].allow : ""), "%s", wishes[i].name);
}

START_TEST(wishes_heard) /* R3437-2-01, R3437-2.1-01 */
{
	struct msg m;
	uint32_t id;

	peer_open(&p);
	peer_say(&p, CM_ICRQ);
	m = peer_msg(&p, CM_ICCN);
	put_wishes(&m, wishes[_i].want, wishes[_i].allow);
	m.must = m.has; /* a peer may insist */
	peer_send(&p, &m, p.engine_session_id);
	check_wishes(p.engine_session_id, _i);

	p.session_id++;
	ck_assert_int_eq(l2tp_call_out(w.l, p.engine_id, &(struct l2tp_call_info){ .lcp.want = text(ALLOW) }, 5, w.now,
		&id), 0);
	ck_assert_uint_eq(known(id)->lcp.want.len, 0); /* the LAC's to say */
	world_drain(&w);
	peer_say(&p, CM_OCRP);
	m = peer_msg(&p, CM_OCCN);
	put_wishes(&m, wishes[_i].want, wishes[_i].allow);
	peer_send(&p, &m, (uint16_t)id);
	check_wishes(id, _i);
}
END_TEST

START_TEST(wishes_beside_proxy) /* R3437-2-03 */
{
	struct msg m = proxied(L2TP_PROXY_PAP, PROXY(TYPE) | ALL | LCP(LAST_SENT) | LCP(LAST_RECEIVED));
	const struct l2tp_proxy *got;

	put_wishes(&m, WANT, ALLOW);
	got = hear_iccn(true, &m);
	ck_assert(got->authen_type == L2TP_PROXY_PAP && got->last_sent_confreq.len);
	check_wishes(p.engine_session_id, 0);
}
END_TEST

/* Is there this AVP, with or without M, and this value? */
static bool has_avp(const struct sent *s, uint8_t m, enum avp_id id, const char *value)
{
	const uint8_t len = (uint8_t)(6 + strlen(value));
	char needle[64] = { (char)(m ? 0x80 : 0), (char)len, 0, 0, 0, (char)avp_table[id].type };

	memcpy(needle + 6, value, strlen(value));
	for (size_t i = 0; i + len <= s->len; i++)
		if (!memcmp(s->bytes + i, needle, len))
			return true;
	return false;
}

START_TEST(wishes_said) /* R3437-2-01, -04..06, R3437-2.1-01, R3437-2.1-A49, R3437-2.2-A50 */
{
	const bool required = _i;
	struct l2tp_call_info info = { .lcp = { text(WANT), text(ALLOW), required } };
	const struct sent *s;
	struct msg m;
	uint32_t id;

	peer_open(&p);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 5, w.now, &id), 0);
	world_drain(&w);
	peer_say(&p, CM_ICRP);
	s = world_sent(&w, CM_ICCN);
	ck_assert(has_avp(s, required, AVP_LCP_WANT_OPTIONS, WANT) &&
		has_avp(s, required, AVP_LCP_ALLOW_OPTIONS, ALLOW));
	ck_assert(!msg_has(&s->msg, AVP_LAST_SENT_LCP_CONFREQ) && !msg_has(&s->msg, AVP_PROXY_AUTHEN_TYPE));

	p.session_id++;
	w.hold = true;
	m = peer_msg(&p, CM_OCRQ);
	peer_send(&p, &m, 0);
	world_answer(&w, L2TP_OP_SESSION_ADD, 0);
	ck_assert_int_eq(l2tp_set_call_info(w.l, p.engine_id, p.engine_session_id, &info, w.now), 0);
	world_answer(&w, L2TP_OP_SESSION_DIAL, 0);
	s = world_sent(&w, CM_OCCN);
	ck_assert(has_avp(s, required, AVP_LCP_WANT_OPTIONS, WANT) &&
		has_avp(s, required, AVP_LCP_ALLOW_OPTIONS, ALLOW));
}
END_TEST

START_TEST(wishes_refused)
{
	uint8_t long_list[1020] = { 0 };
	const struct l2tp_span bad[] = { text("\1"), text("\1\5\1\1"), { long_list, sizeof(long_list) } };
	uint32_t id;

	for (size_t i = 0; i < sizeof(long_list); i += 255)
		long_list[i + 1] = 255;
	peer_open(&p);
	for (size_t i = 0; i < 3; i++) {
		struct l2tp_call_info info = { .lcp.want = bad[i] };
		ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 5, w.now, &id), -EINVAL);
		info = (struct l2tp_call_info){ .lcp.allow = bad[i] };
		ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 5, w.now, &id), -EINVAL);
	}
}
END_TEST

START_TEST(confreqs_told) /* R3437-2.3-01, R3437-2.3-02, X3437-2.3-01, R3437-2.3-A51, R3437-2.3-A52 */
{
	struct l2tp_link_info link = { 1, 2, text("\1\4\5\6"), text("\1\4\5\7") };
	const bool wished = _i < 2;
	struct msg m;
	uint32_t id;

	peer_open(&p);
	peer_say(&p, CM_ICRQ);
	id = p.engine_session_id;
	m = peer_msg(&p, CM_ICCN);
	if (wished)
		put_wishes(&m, _i ? NULL : WANT, _i ? ALLOW : NULL);
	peer_send(&p, &m, p.engine_session_id);
	for (size_t round = 1; round <= 2; round++) { /* and when it is negotiated again */
		const struct sent *s;
		ck_assert_int_eq(l2tp_set_link_info(w.l, p.engine_id, id, &link, w.now), 0);
		world_drain(&w);
		ck_assert_uint_eq(world_count(&w, CM_SLI), round);
		s = world_sent(&w, CM_SLI);
		ck_assert(s->msg.accm.send == 1 && s->msg.accm.receive == 2);
		ck_assert(same(s->msg.lns_last_sent_lcp_confreq, wished ? "\1\4\5\6" : ""));
		ck_assert(same(s->msg.lns_last_received_lcp_confreq, wished ? "\1\4\5\7" : ""));
		ck_assert(msg_has(&s->msg, AVP_LNS_LAST_SENT_LCP_CONFREQ) == wished);
	}
	link.last_sent_confreq = text("\1\5\5\6");
	ck_assert_int_eq(l2tp_set_link_info(w.l, p.engine_id, id, &link, w.now), -EINVAL);
}
END_TEST

START_TEST(confreqs_heard) /* R3437-2-07, X3437-2.3-02, X3437-2-01 */
{
	struct l2tp_call_info info = { .lcp.want = text(_i ? "" : WANT) };
	struct msg m = peer_msg(&p, CM_SLI);
	uint32_t id;

	peer_open(&p);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &info, 5, w.now, &id), 0);
	world_drain(&w);
	peer_say(&p, CM_ICRP);
	msg_set(&m, AVP_LNS_LAST_SENT_LCP_CONFREQ);
	msg_set(&m, AVP_LNS_LAST_RECEIVED_LCP_CONFREQ);
	m.lns_last_sent_lcp_confreq = text(WANT);
	m.lns_last_received_lcp_confreq = text(ALLOW);
	m.accm.send = 5;
	peer_send(&p, &m, (uint16_t)id);
	ck_assert(w.link.send_accm == 5 && same(w.link.last_sent_confreq, _i ? "" : WANT));
	ck_assert(same(w.link.last_received_confreq, _i ? "" : ALLOW));
	m.lns_last_sent_lcp_confreq = text("\1\5\5\6");
	peer_send(&p, &m, (uint16_t)id);
	ck_assert(!w.link.last_sent_confreq.len && same(w.link.last_received_confreq, _i ? "" : ALLOW));
	ck_assert_str_eq(world_session_state(&w, p.engine_id, id), "established");
}
END_TEST

/* ---- Causes in a CDN (RFC 3145, Q.931) ------------------------------------------------------------------------ */

START_TEST(cause_said) /* R3145-1-01, -02, R3145-2-01, -02, -04, R3145-4-02, R2661-6.12-06 */
{
	struct l2tp_reason reason = { .result = RC_CDN_ADMIN,
				      .disconnect = { true, L2TP_PPP_AUTH_FAILED, L2TP_PPP_CHAP, 1, "no entry" },
				      .q931 = { true, 16, 0x45 } };
	static const uint8_t header[] = { 0, 19, 0, 0, 0, 46 }; /* no M, and of no vendor: 43 was the draft's */
	uint32_t id = incoming();
	const struct sent *s;

	ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, id, &reason, w.now), 0);
	world_drain(&w);
	s = world_sent(&w, CM_CDN);
	ck_assert_ptr_nonnull(memmem(s->bytes, s->len, header, sizeof(header)));
	ck_assert(s->msg.result_code.result == RC_CDN_ADMIN && msg_has(&s->msg, AVP_PPP_DISCONNECT_CAUSE));
	ck_assert(s->msg.ppp_disconnect_cause.code == 16 && s->msg.ppp_disconnect_cause.protocol == 0xc223 &&
		  s->msg.ppp_disconnect_cause.direction == 1 && same(s->msg.ppp_disconnect_cause.text, "no entry"));
	ck_assert(s->msg.q931_cause_code.cause == 16 && s->msg.q931_cause_code.msg == 0x45);
}
END_TEST

/* R3145-2-07: a cause whose protocol or direction does not go with its code is not sent. */
START_TEST(cause_not_said)
{
	static const struct l2tp_disconnect bad[] = { { true, L2TP_PPP_AUTH_FAILED, 0, 1, "" },
						      { true, L2TP_PPP_ADMIN, L2TP_PPP_LCP, 0, "" },
						      { true, L2TP_PPP_LCP_TIMEOUT, L2TP_PPP_LCP, 1, "" },
						      { true, 21, 0, 0, "" } };
	struct l2tp_reason reason = { .result = RC_CDN_ADMIN, .disconnect = bad[_i] };
	uint32_t id = incoming();

	ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, id, &reason, w.now), 0);
	world_drain(&w);
	ck_assert(world_sent(&w, CM_CDN)->msg.result_code.result == RC_CDN_ADMIN &&
		  !msg_has(&world_sent(&w, CM_CDN)->msg, AVP_PPP_DISCONNECT_CAUSE));
}
END_TEST

START_TEST(no_cause)
{
	uint32_t id = incoming();

	ck_assert_int_eq(l2tp_close_session(w.l, p.engine_id, id, NULL, w.now), 0);
	world_drain(&w);
	ck_assert(!msg_has(&world_sent(&w, CM_CDN)->msg, AVP_PPP_DISCONNECT_CAUSE) &&
		  !msg_has(&world_sent(&w, CM_CDN)->msg, AVP_Q931_CAUSE_CODE));
}
END_TEST

static const struct {
	const char *name;
	uint8_t avps[48];
	size_t len;
	bool said;
	uint16_t code, protocol;
	uint8_t direction;
	const char *text;
} causes[] = {
	{ "R3145-1-03 R3145-3-01", { 0, 11, 0, 0, 0, 46, 0, 5, 0xc0, 0x21, 0 }, 11, true, 5, 0xc021, 0, "" },
	{ "R3145-2-03 text", { 0, 13, 0, 0, 0, 46, 0, 3, 0, 0, 1, 'o', 'k' }, 13, true, 3, 0, 1, "ok" },
	{ "R3145-2-09 direction", { 0, 11, 0, 0, 0, 46, 0, 3, 0, 0, 255 }, 11, true, 3, 0, 255, "" },
	{ "R3145-6-01 code", { 0, 11, 0, 0, 0, 46, 0xff, 0xff, 0, 0, 0 }, 11, true, 0xffff, 0, 0, "" },
	{ "R3145-4-01 the draft's", { 0, 11, 0, 43, 0, 46, 0, 8, 0xc0, 0x21, 0 }, 11, true, 8, 0xc021, 0, "" },
	{ "X3145-2-01 short", { 0, 10, 0, 0, 0, 46, 0, 5, 0xc0, 0x21 }, 10, false, 0, 0, 0, "" },
	{ "X3145-3.4-01 R3145-3.4-02 several",
	  { 0, 11, 0, 0, 0, 46, 0, 17, 0x80, 0x21, 0, 0, 11, 0, 0, 0, 46, 0, 18, 0x80, 0x57, 0 }, 22, true, 17, 0x8021, 0, "" },
};

START_TEST(cause_heard)
{
	uint32_t id = incoming();
	const struct l2tp_disconnect *d = &w.reason.disconnect;

	peer_say_with(&p, CM_CDN, causes[_i].avps, causes[_i].len);
	ck_assert_msg(!strcmp(world_session_state(&w, p.engine_id, id), "gone"), "%s", causes[_i].name);
	ck_assert_msg(w.reason.origin == L2TP_BY_PEER && w.reason.result == 1, "%s", causes[_i].name);
	ck_assert_msg(d->said == causes[_i].said && d->code == causes[_i].code && d->protocol == causes[_i].protocol &&
			      d->direction == causes[_i].direction && !strcmp(d->text, causes[_i].text),
		      "%s", causes[_i].name);
}
END_TEST

START_TEST(q931_heard) /* R2661-4.4.4-A12 */
{
	static const uint8_t avp[] = { 0x80, 9, 0, 0, 0, 12, 0, 17, 0x5a };

	incoming();
	peer_say_with(&p, CM_CDN, avp, sizeof(avp));
	ck_assert(w.reason.q931.said && w.reason.q931.cause == 17 && w.reason.q931.message == 0x5a);
}
END_TEST

/* ---- DiffServ (RFC 3308) --------------------------------------------------------------------------------------- */

#define EF 0xb800
#define AF11 0x2800
#define NONE L2TP_PHB_NONE

static void begin_phb(uint32_t ours, bool required)
{
	world_end(&w);
	begin();
	w.params.control_phb = w.params.session_phb = ours;
	w.params.phb_required = required;
	world_start(&w);
}

/* We ask, the peer answers. */
static const struct {
	const char *name;
	uint32_t ours, answer;
	bool required, refused;
	uint32_t agreed;
} asks[] = {
	{ "R3308-3-01 R3308-3-08", EF, EF, false, false, EF },
	{ "R3308-3-03 R3308-3-04 R3308-4-03", EF, NONE, false, false, NONE },
	{ "R3308-3-05 R3308-4-04", EF, NONE, true, true, NONE },
	{ "R3308-3-09 R3308-4-12", EF, AF11, false, false, AF11 },
	{ "R3308-3-10 R3308-4-11", EF, AF11, true, true, NONE },
	{ "R3308-5-02 nobody asked", NONE, AF11, true, false, NONE },
};

static struct msg answer_phb(enum cm_type type, uint32_t phb)
{
	struct msg m = peer_msg(&p, type);

	m.control_ds = m.session_ds = (uint16_t)phb;
	if (phb != NONE)
		msg_set(&m, type == CM_SCCRP || type == CM_SCCRQ ? AVP_CONTROL_DS : AVP_SESSION_DS);
	return m;
}

START_TEST(phb_asked_of_tunnel)
{
	struct msg m = answer_phb(CM_SCCRP, asks[_i].answer);

	begin_phb(asks[_i].ours, asks[_i].required);
	engine_dial(&p);
	ck_assert(msg_has(&world_sent(&w, CM_SCCRQ)->msg, AVP_CONTROL_DS) == (asks[_i].ours != NONE));
	peer_send(&p, &m, 0);
	world_drain(&w);
	ck_assert_msg(!world_sent(&w, CM_STOPCCN) == !asks[_i].refused, "%s", asks[_i].name);
	if (asks[_i].refused)
		ck_assert_uint_eq(world_sent(&w, CM_STOPCCN)->msg.result_code.result, RC_STOPCCN_DS);
	else
		ck_assert_msg(w.last_up.phb == asks[_i].agreed, "%s", asks[_i].name);
}
END_TEST

START_TEST(phb_asked_of_call)
{
	struct msg m = answer_phb(CM_ICRP, asks[_i].answer);
	uint32_t id;

	begin_phb(asks[_i].ours, asks[_i].required);
	w.params.control_phb = NONE; /* R3308-5-01 */
	peer_open(&p);
	ck_assert_int_eq(l2tp_call(w.l, p.engine_id, &(struct l2tp_call_info){ 0 }, 0, w.now, &id), 0);
	world_drain(&w);
	ck_assert(msg_has(&world_sent(&w, CM_ICRQ)->msg, AVP_SESSION_DS) == (asks[_i].ours != NONE));
	peer_send(&p, &m, p.engine_session_id);
	ck_assert_msg(!world_sent(&w, CM_CDN) == !asks[_i].refused, "%s", asks[_i].name);
	if (asks[_i].refused)
		ck_assert_uint_eq(world_sent(&w, CM_CDN)->msg.result_code.result, RC_CDN_DS);
	else
		ck_assert_msg(w.last_up.phb == asks[_i].agreed, "%s", asks[_i].name);
}
END_TEST

/* The peer asks, we answer. */
static const struct {
	const char *name;
	uint32_t ours, asked;
	bool required, refused; /* refused: a call; a tunnel is made a counter-offer always */
	uint32_t answer;
} answers[] = {
	{ "R3308-3-02 R3308-4-02", NONE, EF, true, false, NONE },
	{ "R3308-3-08 R3308-4-10", EF, EF, true, false, EF },
	{ "R3308-3-06 R3308-3-07 R3308-4-08 R3308-4-09", EF, AF11, false, false, EF },
	{ "R3308-4-09 R3308-4-04", EF, AF11, true, true, EF },
	{ "R3308-3-03", EF, NONE, true, false, NONE },
};

START_TEST(phb_answered)
{
	struct msg m = answer_phb(CM_SCCRQ, answers[_i].asked);
	const struct sent *s;

	begin_phb(answers[_i].ours, answers[_i].required);
	peer_send(&p, &m, 0);
	ck_assert_msg(!strcmp(w.admitted_host, "peer"), "%s: for %s", answers[_i].name, w.admitted_host);
	s = world_sent(&w, CM_SCCRP);
	ck_assert_msg(msg_has(&s->msg, AVP_CONTROL_DS) == (answers[_i].answer != NONE), "%s", answers[_i].name);
	if (answers[_i].answer != NONE)
		ck_assert_uint_eq(s->msg.control_ds, answers[_i].answer);
	peer_say(&p, CM_SCCCN);
	world_pass(&w, USEC_PER_SEC);
	ck_assert_uint_eq(w.last_up.phb, answers[_i].answer);
	m = answer_phb(_i % 2 ? CM_ICRQ : CM_OCRQ, answers[_i].asked);
	peer_send(&p, &m, 0);
	s = world_sent(&w, _i % 2 ? CM_ICRP : CM_OCRP);
	ck_assert_msg(!s == answers[_i].refused, "%s", answers[_i].name);
	if (answers[_i].refused) {
		ck_assert_uint_eq(world_sent(&w, CM_CDN)->msg.result_code.result, RC_CDN_DS);
		return;
	}
	ck_assert_msg(msg_has(&s->msg, AVP_SESSION_DS) == (answers[_i].answer != NONE), "%s", answers[_i].name);
	if (answers[_i].answer != NONE)
		ck_assert_uint_eq(s->msg.session_ds, answers[_i].answer);
	ck_assert_uint_eq(w.last_add.phb, answers[_i].answer);
}
END_TEST

/* R3308-4-08: the policy may depend on what is said of the call */
START_TEST(phb_of_one_call)
{
	struct msg m = answer_phb(CM_ICRQ, EF);

	begin_phb(EF, false);
	w.call_phb = AF11;
	peer_open(&p);
	peer_send(&p, &m, 0);
	ck_assert_uint_eq(world_sent(&w, CM_ICRP)->msg.session_ds, AF11);
	ck_assert_uint_eq(w.last_add.phb, AF11);
	w.call_phb = EF;
	m.assigned_session_id++;
	peer_send(&p, &m, 0);
	ck_assert_uint_eq(w.last_add.phb, EF);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("calls");
	TCase *tc = tcase_create("outgoing");
	int failed;
	SRunner *runner;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, ocrq_says);
	tcase_add_loop_test(tc, call_out_guard, 0, sizeof(unfit) / sizeof(unfit[0]));
	tcase_add_test(tc, bearer_capabilities);
	tcase_add_test(tc, no_calls_out);
	tcase_add_loop_test(tc, refused_without_a_result, 0, 2);
	tcase_add_test(tc, lac_answers);
	tcase_add_test(tc, lac_answers_by_default);
	tcase_add_test(tc, lns_learns);
	tcase_add_test(tc, sequencing_at_the_lac);
	tcase_add_test(tc, sequencing_decided_late);
	tcase_add_test(tc, sequencing_early_occn);
	tcase_add_test(tc, sli);
	tcase_add_test(tc, sli_heard);
	tcase_add_test(tc, wen);
	tcase_add_test(tc, wen_heard);
	tcase_add_test(tc, notes_before_the_call);
	tcase_add_loop_test(tc, proxy_heard, 0, sizeof(proxies) / sizeof(proxies[0]));
	tcase_add_test(tc, proxy_not_believed);
	tcase_add_loop_test(tc, proxy_lcp, 0, sizeof(lcps) / sizeof(lcps[0]));
	tcase_add_loop_test(tc, proxy_said, 0, sizeof(proxies) / sizeof(proxies[0]));
	tcase_add_test(tc, proxy_refused);
	tcase_add_loop_test(tc, wishes_heard, 0, sizeof(wishes) / sizeof(wishes[0]));
	tcase_add_test(tc, wishes_beside_proxy);
	tcase_add_loop_test(tc, wishes_said, 0, 2);
	tcase_add_test(tc, wishes_refused);
	tcase_add_loop_test(tc, confreqs_told, 0, 3);
	tcase_add_loop_test(tc, confreqs_heard, 0, 2);
	tcase_add_loop_test(tc, phb_asked_of_tunnel, 0, sizeof(asks) / sizeof(asks[0]));
	tcase_add_loop_test(tc, phb_asked_of_call, 0, sizeof(asks) / sizeof(asks[0]));
	tcase_add_loop_test(tc, phb_answered, 0, sizeof(answers) / sizeof(answers[0]));
	tcase_add_test(tc, phb_of_one_call);
	tcase_add_test(tc, cause_said);
	tcase_add_test(tc, no_cause);
	tcase_add_loop_test(tc, cause_not_said, 0, 4);
	tcase_add_loop_test(tc, cause_heard, 0, sizeof(causes) / sizeof(causes[0]));
	tcase_add_test(tc, q931_heard);
	tcase_add_loop_test(tc, password_hidden, 0, sizeof(proxies) / sizeof(proxies[0]));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
