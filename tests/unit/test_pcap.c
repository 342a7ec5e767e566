/* SPDX-License-Identifier: MIT */
/*
 * What l2tpctl trace makes of a record: packets with the right headers, text and JSON that do no harm.
 *
 *	test_pcap FILE    also writes every golden message, over IPv4 and IPv6, to FILE; tshark reads that (ctl/pcap)
 */
#include <check.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/pcap.h"
#include "ctl/trace_text.h"
#include "golden.h"
#include "lib/l2tp/wire.h"

static const struct l2tp_addr ends[2][2] = {
	{ { .ip = { 192, 0, 2, 1 }, .port = 1701, .family = 4 },
	  { .ip = { 192, 0, 2, 2 }, .port = 51701, .family = 4 } },
	{ { .ip = { 0x20, 1, 0xd, 0xb8, [15] = 1 }, .port = 1701, .family = 6 },
	  { .ip = { 0x20, 1, 0xd, 0xb8, [15] = 2 }, .port = 1701, .family = 6 } },
};

static struct l2tp_span message(const struct golden *g, uint16_t ns, uint8_t *out, size_t size)
{
	uint8_t body[2048];
	struct wire_header h = { .version = 2,
				 .tunnel_id = 7,
				 .session_id = 8,
				 .ns = ns,
				 .nr = 3,
				 .body = hex(g->body, body, sizeof(body)) };

	return span_of(out, wire_control(&h, out, size));
}

/* ---- Packets ------------------------------------------------------------------------------------------------ */

enum { FILE_HEADER = 24, PACKET_HEADER = 16 };

static uint16_t sum_of(uint32_t s, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		s += (uint32_t)p[i] << 8 | p[i + 1];
	if (len % 2)
		s += (uint32_t)p[len - 1] << 8;
	while (s >> 16)
		s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

static unsigned u16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

/* A receiver that adds everything up gets all ones. */
static void check_packet(const uint8_t *ip, size_t len, int family, struct l2tp_span datagram)
{
	size_t header = family == 4 ? 20 : 40, addresses = family == 4 ? 12 : 8;
	const uint8_t *udp = ip + header;

	ck_assert_uint_eq(ip[0] >> 4, family);
	if (family == 4) {
		ck_assert_uint_eq(u16(ip + 2), len);
		ck_assert_uint_eq(sum_of(0, ip, header), 0xffff);
		ck_assert_uint_eq(ip[9], 17);
	} else {
		ck_assert_uint_eq(u16(ip + 4), len - header);
		ck_assert_uint_eq(ip[6], 17);
	}
	ck_assert_uint_eq(u16(udp + 4), len - header);
	ck_assert_uint_ne(u16(udp + 6), 0);
	uint32_t pseudo = sum_of(17 + (uint32_t)(len - header), ip + addresses, header - addresses);
	ck_assert_uint_eq(sum_of(pseudo, udp, len - header), 0xffff);
	ck_assert_uint_eq(len - header - 8, datagram.len);
	ck_assert_mem_eq(udp + 8, datagram.data, datagram.len);
}

START_TEST(packets)
{
	uint8_t datagram[4096], file[8192] = { 0 };

	for (int family = 0; family < 2; family++) {
		/* also odd lengths, and none */
		for (size_t len = 0; len < 64; len++) {
			FILE *f = fmemopen(file, sizeof(file), "w");
			uint32_t lens[2];

			memset(datagram, (int)(0x5a + len), len);
			pcap_begin(f);
			ck_assert(pcap_write(f, 1234567 * USEC_PER_SEC + 89, &ends[family][0], &ends[family][1],
					     span_of(datagram, len)));
			long size = ftell(f);
			fclose(f);
			memcpy(lens, file + FILE_HEADER, sizeof(lens));
			ck_assert_uint_eq(lens[0], 1234567);
			ck_assert_uint_eq(lens[1], 89);
			memcpy(lens, file + FILE_HEADER + 8, sizeof(lens));
			ck_assert_uint_eq(lens[0], lens[1]);
			ck_assert_int_eq(FILE_HEADER + PACKET_HEADER + lens[0], size);
			check_packet(file + FILE_HEADER + PACKET_HEADER, lens[0], ends[family][0].family,
				     span_of(datagram, len));
		}
	}
}
END_TEST

/* A checksum that comes out as 0 is sent as all ones; some pair of octets makes it so. */
START_TEST(checksum_of_zero)
{
	enum { UDP_AT = FILE_HEADER + PACKET_HEADER + 20 };
	uint8_t file[256], pair[2];
	bool ones = false;

	for (unsigned i = 0; i <= UINT16_MAX; i++) {
		FILE *f = fmemopen(file, sizeof(file), "w");

		pair[0] = (uint8_t)(i >> 8);
		pair[1] = (uint8_t)i;
		pcap_begin(f);
		if (!pcap_write(f, 0, &ends[0][0], &ends[0][1], span_of(pair, 2)))
			ck_abort_msg("two octets fit");
		fclose(f);
		if (u16(file + UDP_AT + 6) == 0)
			ck_abort_msg("a checksum that says that there is none");
		ones = ones || u16(file + UDP_AT + 6) == UINT16_MAX;
	}
	ck_assert(ones);
}
END_TEST

START_TEST(what_does_not_fit)
{
	static uint8_t large[65535];
	FILE *f = fopen("/dev/null", "w");
	struct l2tp_addr none = { .family = 0 };

	ck_assert(pcap_write(f, 0, &ends[0][0], &ends[0][1], span_of(large, 65507)));
	ck_assert(!pcap_write(f, 0, &ends[0][0], &ends[0][1], span_of(large, 65508)));
	ck_assert(pcap_write(f, 0, &ends[1][0], &ends[1][1], span_of(large, 65527)));
	ck_assert(!pcap_write(f, 0, &ends[1][0], &ends[1][1], span_of(large, 65528)));
	ck_assert(!pcap_write(f, 0, &ends[0][0], &ends[1][1], span_of(large, 1)));
	ck_assert(!pcap_write(f, 0, &none, &none, span_of(large, 1)));
	fclose(f);
}
END_TEST

/* ---- Words -------------------------------------------------------------------------------------------------- */

static struct trace_record record(void)
{
	return (struct trace_record){ .version = TRACE_RECORD_VERSION,
				      .flags = TRACE_SENT,
				      .size = sizeof(struct trace_record),
				      .tunnel_id = 4711,
				      .time_usec = 3600 * USEC_PER_SEC + 5,
				      .local = ends[0][0],
				      .peer = ends[0][1] };
}

static char *print(const struct trace_record *r, struct l2tp_span datagram, bool secrets)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	trace_print(f, r, datagram, secrets);
	fclose(f);
	return text;
}

START_TEST(text)
{
	uint8_t datagram[4096];
	struct trace_record r = record();
	struct l2tp_span s = message(&goldens[0], 2, datagram, sizeof(datagram));
	char *out;

	setenv("TZ", "UTC", 1);
	r.lost = 3;
	out = print(&r, s, false);
	ck_assert_ptr_nonnull(strstr(out,
				     "(3 messages were lost here)\n01:00:00.000005 sent tunnel 4711: 192.0.2.1:1701 -> "
				     "192.0.2.2:51701: SCCRQ, Ns 2, Nr 3, to tunnel 7 session 8\n"
				     "    M- Message Type: 1 (SCCRQ)\n"));
	ck_assert_ptr_nonnull(strstr(out, "    M- Host Name: lac.example\n"));
	free(out);
	r.flags = 0;
	r.lost = 0;
	strcpy(r.dropped, "why not");
	out = print(&r, span_of("\xc8\x03", 2), false);
	ck_assert_str_eq(out,
			 "01:00:00.000005 received tunnel 4711: 192.0.2.1:1701 <- 192.0.2.2:51701: not a control message, "
			 "dropped: why not\n    unknown version\n");
	free(out);
	r.flags = TRACE_SENT;
	out = print(&r, span_of("\xc8\x03", 2), false);
	ck_assert_str_eq(out,
			 "01:00:00.000005 not sent tunnel 4711: 192.0.2.1:1701 -> 192.0.2.2:51701: not a control message, "
			 "why not\n    unknown version\n");
	free(out);
}
END_TEST

START_TEST(json)
{
	uint8_t datagram[4096];
	struct trace_record r = record();
	json_t *o = trace_json(&r, message(&goldens[0], 2, datagram, sizeof(datagram)), false), *first;

	ck_assert_str_eq(json_string_value(json_object_get(o, "Message")), "SCCRQ");
	ck_assert_str_eq(json_string_value(json_object_get(o, "Peer")), "192.0.2.2:51701");
	ck_assert(json_is_true(json_object_get(o, "Sent")));
	ck_assert(json_is_false(json_object_get(o, "Opened")));
	ck_assert_int_eq(json_integer_value(json_object_get(o, "Ns")), 2);
	first = json_array_get(json_object_get(o, "Avps"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(first, "Name")), "Message Type");
	ck_assert(json_is_true(json_object_get(first, "Mandatory")));
	json_decref(o);
}
END_TEST

static const char *avp_text(const json_t *message, const char *name)
{
	size_t i;
	json_t *avp;

	json_array_foreach(json_object_get(message, "Avps"), i,
			   avp) if (strcmp(json_string_value(json_object_get(avp, "Name")), name) ==
				    0) return json_string_value(json_object_get(avp, "Text"));
	return NULL;
}

START_TEST(secrets_on_request)
{
	uint8_t body[64], datagram[256];
	struct wire_header h = { .version = 2,
				 .body = hex("8008000000 00000c 000d00000021 73657361 6d6500", body, sizeof(body)) };
	struct l2tp_span s = span_of(datagram, wire_control(&h, datagram, sizeof(datagram)));
	struct trace_record r = record();

	for (int ask = 0; ask < 2; ask++) {
		json_t *o = trace_json(&r, s, ask);
		char *out = print(&r, s, ask);

		ck_assert_str_eq(avp_text(o, "Proxy Authen Response"), ask ? "736573616d6500" : "*** (7 octets)");
		ck_assert_int_eq(strstr(out, "73657361") != NULL, ask);
		json_decref(o);
		free(out);
	}
}
END_TEST

/* Whatever a datagram is, what is printed is text. */
START_TEST(damaged)
{
	struct trace_record r = record();
	uint8_t datagram[4096];
	struct l2tp_span s = message(&goldens[_i], 0, datagram, sizeof(datagram));

	memset(r.dropped, 'x', sizeof(r.dropped));
	for (size_t i = 0; i < s.len; i++) {
		datagram[i] ^= 0xff;
		char *out = print(&r, s, true);
		json_t *o = trace_json(&r, span_of(s.data, i), true);

		for (const char *p = out; *p; p++)
			if (*p != '\n' && (*p < ' ' || *p > '~'))
				ck_abort_msg("%s", out);
		json_decref(o);
		free(out);
		datagram[i] ^= 0xff;
	}
}
END_TEST

static int write_file(const char *path)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return EXIT_FAILURE;
	pcap_begin(f);
	for (int i = 0; i < 2 * GOLDENS; i++) {
		uint8_t datagram[4096];
		struct l2tp_span s = message(&goldens[i / 2], (uint16_t)i, datagram, sizeof(datagram));

		if (!pcap_write(f, (uint64_t)i * 1000, &ends[i % 2][0], &ends[i % 2][1], s))
			return EXIT_FAILURE;
	}
	return fclose(f) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return write_file(argv[1]);

	Suite *s = suite_create("pcap");
	TCase *tc = tcase_create("pcap");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, packets);
	tcase_add_test(tc, checksum_of_zero);
	tcase_add_test(tc, what_does_not_fit);
	tcase_add_test(tc, text);
	tcase_add_test(tc, json);
	tcase_add_test(tc, secrets_on_request);
	tcase_add_loop_test(tc, damaged, 0, GOLDENS);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
