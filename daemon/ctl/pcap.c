/* SPDX-License-Identifier: MIT */
/*
 * pcap: the classic format of libpcap (one header, then packets with their times), link type RAW: each packet begins
 * with its IP header, whose first four bits say which IP it is.
 *
 * The daemon does not have packets, only the payload of UDP and both addresses, so the headers are made here, as the
 * sender's kernel would make them, with correct checksums.  What is unknown (TTL, identification, DS field) is
 * invented.
 */
#include "pcap.h"

#include <assert.h>
#include <string.h>

#define LINKTYPE_RAW 101
#define SNAP_LENGTH  262144 /* libpcap's value for no limit */
#define IP4_HEADER   20
#define IP6_HEADER   40
#define UDP_HEADER   8
#define UDP_PROTOCOL 17
#define TTL	     64

/* ---- Octets ------------------------------------------------------------------------------------------------- */

struct octets {
	uint8_t at[IP6_HEADER + UDP_HEADER];
	size_t len;
};

static void add(struct octets *o, const void *p, size_t len)
{
	assert(len <= sizeof(o->at) - o->len);
	memcpy(o->at + o->len, p, len);
	o->len += len;
}

static void add_u8(struct octets *o, unsigned v)
{
	add(o, &(uint8_t){ (uint8_t)v }, 1);
}

static void add_u16(struct octets *o, unsigned v)
{
	add_u8(o, v >> 8);
	add_u8(o, v);
}

/* The sum of RFC 1071, not yet folded. */
static uint32_t sum(uint32_t before, const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		before += (uint32_t)p[i] << (i % 2 ? 0 : 8);
	return before;
}

static uint16_t fold(uint32_t s)
{
	while (s >> 16)
		s = (s & UINT16_MAX) + (s >> 16);
	return (uint16_t)~s;
}

/* ---- Headers ------------------------------------------------------------------------------------------------ */

static void add_ip4(struct octets *o, const struct l2tp_addr *from, const struct l2tp_addr *to, size_t len)
{
	enum { VERSION_AND_LENGTH = 0x45, DONT_FRAGMENT = 0x4000, CHECKSUM_AT = 10, ADDRESS = 4 };
	uint16_t checksum;

	add_u8(o, VERSION_AND_LENGTH);
	add_u8(o, 0);
	add_u16(o, (unsigned)(IP4_HEADER + len));
	add_u16(o, 0);
	add_u16(o, DONT_FRAGMENT);
	add_u8(o, TTL);
	add_u8(o, UDP_PROTOCOL);
	add_u16(o, 0);
	add(o, from->ip, ADDRESS);
	add(o, to->ip, ADDRESS);
	checksum = fold(sum(0, o->at, o->len));
	o->at[CHECKSUM_AT] = (uint8_t)(checksum >> 8);
	o->at[CHECKSUM_AT + 1] = (uint8_t)checksum;
}

static void add_ip6(struct octets *o, const struct l2tp_addr *from, const struct l2tp_addr *to, size_t len)
{
	enum { IP_VERSION = 0x60 };

	add_u8(o, IP_VERSION);
	add_u8(o, 0);
	add_u16(o, 0);
	add_u16(o, (unsigned)len);
	add_u8(o, UDP_PROTOCOL);
	add_u8(o, TTL);
	add(o, from->ip, sizeof(from->ip));
	add(o, to->ip, sizeof(to->ip));
}

/* Of the pseudo header (RFC 768, RFC 8200 8.1), the header and what follows.  0 would mean that there is none. */
static uint16_t udp_checksum(const struct l2tp_addr *from, const struct l2tp_addr *to, struct l2tp_span datagram)
{
	size_t address = from->family == 4 ? 4 : sizeof(from->ip), len = UDP_HEADER + datagram.len;
	uint32_t s = sum(sum(UDP_PROTOCOL, from->ip, address), to->ip, address);
	uint16_t checksum;

	s += (uint32_t)len + from->port + to->port + (uint32_t)len;
	checksum = fold(sum(s, datagram.data, datagram.len));
	return checksum ? checksum : UINT16_MAX;
}

static void add_udp(struct octets *o, const struct l2tp_addr *from, const struct l2tp_addr *to,
		    struct l2tp_span datagram)
{
	add_u16(o, from->port);
	add_u16(o, to->port);
	add_u16(o, (unsigned)(UDP_HEADER + datagram.len));
	add_u16(o, udp_checksum(from, to, datagram));
}

/* ---- The file ----------------------------------------------------------------------------------------------- */

void pcap_begin(FILE *out)
{
	static const struct {
		uint32_t magic; /* in this machine's byte order, which it shows */
		uint16_t major, minor;
		uint32_t zone, accuracy, snap_length, link_type;
	} header = { 0xa1b2c3d4, 2, 4, 0, 0, SNAP_LENGTH, LINKTYPE_RAW };

	fwrite(&header, sizeof(header), 1, out);
}

bool pcap_write(FILE *out, uint64_t time_usec, const struct l2tp_addr *from, const struct l2tp_addr *to,
		struct l2tp_span datagram)
{
	size_t len = UDP_HEADER + datagram.len, ip = from->family == 4 ? IP4_HEADER : IP6_HEADER;
	struct octets o = { .len = 0 };
	struct {
		uint32_t seconds, usec, captured, length;
	} packet = { (uint32_t)(time_usec / USEC_PER_SEC), (uint32_t)(time_usec % USEC_PER_SEC), (uint32_t)(ip + len),
		     (uint32_t)(ip + len) };

	if (from->family != to->family || (from->family != 4 && from->family != 6) ||
	    (from->family == 4 ? ip + len : len) > UINT16_MAX)
		return false;
	if (from->family == 4)
		add_ip4(&o, from, to, len);
	else
		add_ip6(&o, from, to, len);
	add_udp(&o, from, to, datagram);
	fwrite(&packet, sizeof(packet), 1, out);
	fwrite(o.at, 1, o.len, out);
	fwrite(datagram.data, 1, datagram.len, out);
	return true;
}
