/* SPDX-License-Identifier: MIT */
/*
 * fuzz_describe: a datagram in words, and with its hidden AVPs opened.  Whatever it is, the words are printable, there
 * is an end, the copy is no longer than the original, and what was in the clear reads the same in it.  Its octets are
 * numbers and addresses as well, which have names.
 *
 *	length, secret          may be empty
 *	datagram
 */
#include <errno.h>

#include "fuzz.h"
#include "lib/l2tp/describe.h"
#include "lib/l2tp/wire.h"

static void check_text(const char *text)
{
	size_t len = strnlen(text, L2TP_AVP_TEXT_MAX);

	must(len < L2TP_AVP_TEXT_MAX, "a text ends");
	for (size_t i = 0; i < len; i++)
		must(text[i] >= ' ' && text[i] <= '~', "a text is printable");
}

static void check_name(const char *name)
{
	must(name && strlen(name) < L2TP_AVP_TEXT_MAX, "everything has a name");
	check_text(name);
}

static void name_codes(struct feed *f)
{
	static const char *(*const names[])(uint16_t n) = { l2tp_message_name, l2tp_stopccn_name, l2tp_cdn_name,
							    l2tp_error_name, l2tp_drop_name };
	struct l2tp_disconnect d = { .protocol = feed_u16(f), .code = feed_u16(f), .direction = feed_u8(f) };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_name(names[i](d.code));
	check_name(l2tp_disconnect_name(&d));
	check_name(l2tp_disconnect_direction(&d));
	for (unsigned i = 0; l2tp_tunnel_state(i); i++)
		check_name(l2tp_tunnel_state(i));
	for (unsigned i = 0; l2tp_session_state(i); i++)
		check_name(l2tp_session_state(i));
	must(!l2tp_disconnect_valid(&d) || strcmp(l2tp_disconnect_name(&d), "?") != 0, "what is valid is known");
}

/* Half of its octets are zeros: those are what the text is shortened by. */
static void name_address(struct feed *f)
{
	struct l2tp_addr a = { .family = feed_u8(f) % 8, .port = feed_u16(f), .scope = feed_u8(f) % 2 };
	uint16_t zeros = feed_u16(f);
	char text[L2TP_ADDR_STR_MAX];

	for (size_t i = 0; i < sizeof(a.ip); i++)
		a.ip[i] = zeros >> i & 1 ? 0 : feed_u8(f);
	must(l2tp_addr_str(&a, text) == text && memchr(text, 0, sizeof(text)), "an address fits");
	check_text(text);
}

static size_t tell(struct l2tp_span datagram)
{
	struct l2tp_message m;
	struct l2tp_avp a;
	size_t n = 0, left;

	if (l2tp_message_read(datagram, &m) < 0) {
		must(m.malformed != NULL, "what is no message has a reason");
		return 0;
	}
	for (left = m.body.len; l2tp_message_next(&m, n % 2, &a); left = m.body.len, n++) {
		must(m.body.len < left, "there is an end");
		must(a.name && a.value.len <= left, "a value lies in the datagram");
		check_text(a.text);
	}
	return n;
}

/* The same AVPs in the same order. */
static void compare(struct l2tp_span datagram, struct l2tp_span copy)
{
	static struct l2tp_avp a, b;
	struct l2tp_message m, n;

	must(l2tp_message_read(datagram, &m) == 0 && l2tp_message_read(copy, &n) == 0, "a copy is a message");
	must(m.type == n.type && m.ns == n.ns && m.nr == n.nr && m.tunnel_id == n.tunnel_id, "the header is the same");
	while (l2tp_message_next(&m, true, &a)) {
		must(l2tp_message_next(&n, true, &b), "no AVP is lost");
		must(a.vendor == b.vendor && a.type == b.type && a.mandatory == b.mandatory, "AVPs stay what they are");
		must(a.hidden || (!b.hidden && strcmp(a.text, b.text) == 0), "what was clear stays as it is");
	}
	must(!l2tp_message_next(&n, true, &b) && !m.malformed == !n.malformed, "nothing is added");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, data + size };
	struct l2tp_span secret = feed_bytes(&f, feed_u8(&f) % L2TP_SECRET_MAX);
	struct l2tp_span datagram = feed_bytes(&f, WIRE_MAX);
	uint8_t *out = malloc(datagram.len + 1);
	size_t len = 0;
	int r;

	if (!out)
		abort();
	tell(datagram);
	for (struct feed numbers = { datagram.data, datagram.data + datagram.len }; !feed_over(&numbers);) {
		name_codes(&numbers);
		name_address(&numbers);
	}
	r = describe_unhide(secret, datagram, out, datagram.len, &len);
	must(r == 0 || r == -EBADMSG || (r == -ENOKEY && !secret.len), "a copy finds room");
	if (r == 0) {
		must(len <= datagram.len, "a copy is not longer");
		compare(datagram, (struct l2tp_span){ out, len });
	}
	free(out);
	return 0;
}
