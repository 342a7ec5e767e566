/* SPDX-License-Identifier: MIT */
/* The header and whose message it is (RFC 2661 3.1), ports and addresses (8.1). */
#include "scenario.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* A peer at the same address and another port. */
static struct peer twin_of(const struct peer *p)
{
	struct peer q = *p;

	q.fd = peer_socket_beside(p);
	return q;
}

/* A HELLO of this tunnel, good but for what is done to it. */
static size_t hello(const struct peer *p, uint8_t out[64])
{
	static const uint8_t body[] = { 0x80, 8, 0, 0, 0, 0, 0, 6 };
	struct wire_header h = { .version = 2, .tunnel_id = p->engine_id, .ns = p->ns, .nr = p->nr,
				 .body = { body, sizeof(body) } };

	return wire_control(&h, out, 64);
}

static void bad_headers(struct peer *p)
{
	static const struct {
		uint16_t first, length;
	} rows[] = { { 0x8802, 20 }, { 0xc002, 20 }, { 0xca02, 20 }, { 0xc800, 20 }, { 0xc801, 20 }, { 0xc803, 20 },
		     { 0xc80f, 20 }, { 0xc802, 21 }, { 0xc802, 11 }, { 0xc802, 0 },  { 0xc802, 65535 } };
	uint8_t out[64];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = hello(p, out);

		out[0] = (uint8_t)(rows[i].first >> 8);
		out[1] = (uint8_t)rows[i].first;
		out[2] = (uint8_t)(rows[i].length >> 8);
		out[3] = (uint8_t)rows[i].length;
		peer_datagram(p, (struct l2tp_span){ out, len });
	}
	for (size_t len = 0; len < 12; len++) {
		(void)hello(p, out);
		peer_datagram(p, (struct l2tp_span){ out, len });
	}
	peer_quiet(p, 100, false);
}

static void reserved_bits(struct peer *p)
{
	uint8_t out[64];
	size_t len = hello(p, out);

	out[0] |= 0x34;
	out[1] |= 0xf0;
	peer_datagram(p, (struct l2tp_span){ out, len });
	p->ns++;
	peer_acked(p);
}

static void octets_behind(struct peer *p)
{
	uint8_t out[64];
	size_t len = hello(p, out);

	out[len] = 0x80; /* an AVP that would be fatal */
	out[len + 1] = 6;
	out[len + 2] = out[len + 3] = out[len + 4] = out[len + 5] = 0xff;
	peer_datagram(p, (struct l2tp_span){ out, len + 6 });
	p->ns++;
	peer_acked(p);
	peer_alive(p);
}

static void say_to(struct peer *p, enum cm_type type, uint16_t engine_id)
{
	struct peer stray = *p;

	stray.engine_id = engine_id;
	peer_say(&stray, type);
}

static void unknown_tunnel(struct peer *p)
{
	static const enum cm_type types[] = { CM_SCCRQ, CM_SCCCN, CM_STOPCCN, CM_HELLO, CM_ICRQ, CM_ICCN, CM_CDN };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		say_to(p, types[i], (uint16_t)(p->engine_id ^ 0x5555));
	peer_quiet(p, 100, false);
}

static void tunnel_zero(struct peer *p)
{
	static const enum cm_type types[] = { CM_SCCCN, CM_HELLO, CM_ICRQ, CM_ICRP, CM_ICCN, CM_CDN };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		say_to(p, types[i], 0);
	p->id++;
	say_to(p, CM_STOPCCN, 0); /* of a tunnel that is not there */
	p->id--;
	peer_quiet(p, 100, false);
}

static void stray_sccrp(struct peer *p)
{
	p->engine_id = 4444;
	p->nr = p->newest = 1;
	peer_say(p, CM_SCCRP);
}

static void thief(struct peer *p)
{
	struct peer q = twin_of(p);

	peer_say(&q, CM_STOPCCN);
	peer_quiet(&q, 100, false);
}

/* Two tunnels, two calls each, all at once; the numbers of one mean nothing in the other. */
static void two_tunnels(struct peer *p)
{
	struct peer q = twin_of(p);
	uint16_t calls[2];

	peer_open(p);
	q.id = p->id;
	peer_open(&q);
	MUST(p->engine_id != q.engine_id);
	peer_call(p);
	calls[0] = p->engine_session_id;
	peer_call(&q);
	p->session_id++;
	peer_call(p);
	calls[1] = p->engine_session_id;
	MUST(calls[0] != calls[1]);
	q.session_id++;
	peer_call(&q);
	q.engine_session_id = calls[0];
	peer_say(&q, CM_CDN); /* q's tunnel has no such call */
	peer_acked(&q);
	p->engine_session_id = calls[0];
	peer_say(p, CM_ICCN); /* p's has, and it is up: out of sequence */
	p->session_id--;
	MUST(peer_hear(p, CM_CDN)->assigned_session_id == calls[0]);
	peer_alive(p);
	peer_alive(&q);
}

static void another_address(struct peer *p)
{
	p->to.sin_addr.s_addr = htonl(127u << 24 | 99 << 16 | 7 << 8 | 7);
	peer_open(p);
	peer_call(p);
}

static void data(struct peer *p)
{
	static const char *const rows[] = {
		"0002 tttt 0001 ff03c021",                /* no such call */
		"0002 tttt ssss ff03c021", "4002 000c tttt ssss ff03c021", "0802 tttt ssss 0000 abcd ff03c021",
		"0202 tttt ssss 0002 eeee ff03c021",      /* an offset */
		"0202 tttt ssss ffff ff03c021",           /* one beyond the end */
		"7ff2 0018 tttt ssss 0001 ffff 0002 eeee ff03c021",
		"0002 tttt",                              /* cut short */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[128];
		uint8_t octets[64];
		size_t n = 0;

		for (const char *s = rows[i]; *s; s++) {
			unsigned id = *s == 't' ? p->engine_id : p->engine_session_id;

			if (*s == 't' || *s == 's') {
				n += (size_t)snprintf(text + n, sizeof(text) - n, "%02x %02x ", id >> 8, id & 255);
				s += 3;
			} else {
				text[n++] = *s;
			}
		}
		text[n] = 0;
		peer_datagram(p, octets_of(text, octets, sizeof(octets)));
	}
	peer_quiet(p, 100, false);
}

/* ---- A network of one's own: small packets, and what is really in them ---------------------------------------- */

static struct daemon own;
static int raw; /* hears all UDP packets; -1: no such rights here, and the scenario proves nothing */

static bool enter_network(void)
{
	char map[32];
	int fd, uid = (int)getuid();

	if (unshare(CLONE_NEWNET) == 0)
		return true;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return false;
	fd = open("/proc/self/uid_map", O_WRONLY);
	snprintf(map, sizeof(map), "0 %d 1", uid);
	return fd >= 0 && write(fd, map, strlen(map)) > 0 && close(fd) == 0;
}

/* The loopback there is up and takes packets of 128 octets. */
static bool set_loopback(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_mtu = 128 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (ioctl(fd, SIOCSIFMTU, &ifr) < 0)
		return false;
	ifr.ifr_flags = IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &ifr) == 0 && close(fd) == 0;
}

enum { CONTROL_DSCP = 48, SESSION_DSCP = 46, OTHER_DSCP = 34, PHB_SHIFT = 10 };

static void own_network(struct peer *p)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1) };
	char sections[512], name[128];

	raw = enter_network() && set_loopback() ? socket(AF_INET, SOCK_RAW, IPPROTO_UDP) : -1;
	if (raw < 0) {
		fprintf(stderr, "note: no network namespace here: fragments and checksums are not tested\n");
		exit(EXIT_SUCCESS);
	}
	memset(name, 'n', sizeof(name));
	name[127] = 0;
	snprintf(sections, sizeof(sections),
		 "lns \"own\" { host-name = \"%s\" vendor-name = \"%s\" control-dscp = %u session-dscp = %u }\n", name,
		 name, CONTROL_DSCP, SESSION_DSCP);
	daemon_start(&own, sections);
	p->fd = peer_socket(&a);
	p->to.sin_port = htons(own.port);
	MUST(setsockopt(p->fd, IPPROTO_IP, IP_TOS, &(int){ OTHER_DSCP << 2 }, sizeof(int)) == 0);
}

/* Both ways. */
static void fragments(struct peer *p)
{
	uint8_t number[500];
	struct msg m = peer_msg(p, CM_ICRQ);

	MUST(p->last.len > 300); /* the SCCRP */
	memset(number, '1', sizeof(number));
	m.called_number = (struct l2tp_span){ number, sizeof(number) };
	msg_set(&m, AVP_CALLED_NUMBER);
	m.session_ds = 0; /* best effort: it would rather have another */
	msg_set(&m, AVP_SESSION_DS);
	peer_send(p, &m, 0);
	MUST(peer_hear(p, CM_ICRP)->session_ds == SESSION_DSCP << PHB_SHIFT);
}

/* And every packet is marked.  A checksum of 0 is none; what the loopback leaves to be completed is not 0 either. */
static void checksums(struct peer *p)
{
	uint8_t packet[2048];
	int n = 0;

	(void)p;
	while (recv(raw, packet, sizeof(packet), MSG_DONTWAIT) > 0) {
		const uint8_t *udp = packet + (packet[0] & 15) * 4;

		if ((udp[0] << 8 | udp[1]) != own.port)
			continue;
		n++;
		MUST(udp[6] | udp[7]);
		MUST(packet[1] >> 2 == CONTROL_DSCP);
	}
	MUST(n >= 3);
	daemon_stop(&own, SIGTERM);
}

const struct scenario header_scenarios[] = {
	{ "R2661-8.1-08, R2661-8.1-10, R2661-8.1-12: "
	  "fragments; checksums, of the socket that the kernel sends data by, too; "
	  "R3308-6-01, R3308-6-02, R3308-8-01, R3308-9-01: one DSCP, from listener and own socket, whatever comes",
	  OWN, { FN(own_network), OPEN, FN(fragments), ACKED, FN(checksums) } },
	{ "R2661-7.1-01, R2661-3.1-16, R2661-8.1-13, X2661-3.1-01..04: no reply, no change", STRICT,
	  { OPEN, FN(bad_headers), ALIVE } },
	{ "R2661-8.1-13, X2661-3.1-01: nothing comes of L2F and of scraps", STRICT,
	  { RAW("c801 0014 0000 0000 0000 0000 8008 0000 0000 0001"), RAW("2001 0000 0000"), RAW("c8"), RAW(""),
	    SILENCE(100) } },
	{ "R2661-3.1-06: reserved bits and P are ignored", STRICT, { OPEN, FN(reserved_bits), ALIVE } },
	{ "X2661-3.1-05: octets behind Length are not looked at", STRICT, { OPEN, FN(octets_behind) } },
	{ "X2661-3.1-06, X2661-3.1-07, X2661-7.4.2-05, R2661-3.0-01, R2661-3.1-24: data of no call, or before it is up",
	  STRICT, { OPEN, SAY(ICRQ), HEAR(ICRP), ACKED, FN(data), SAY(ICCN), ACKED, ALIVE } },
	{ "X2661-3.1-08: unknown tunnel", STRICT, { OPEN, FN(unknown_tunnel), ALIVE } },
	{ "X2661-3.1-08, R2661-7.2.1-S04, R2661-4.4.2-C07: a stray SCCRP is told off", STRICT,
	  { FN(stray_sccrp), STOPPED(RC_STOPCCN_FSM, 0) } },
	{ "X2661-3.1-09, X2661-7.2.1-15: Tunnel ID 0", STRICT, { OPEN, FN(tunnel_zero), ALIVE } },
	{ "X2661-3.1-09, R2661-7.2.1-S05, -S06: Tunnel ID 0 from somebody unknown", STRICT,
	  { FN(tunnel_zero), OPEN, ALIVE } },
	{ "X2661-3.1-10, R2661-8.1-06: another port may not close", STRICT, { OPEN, FN(thief), ALIVE } },
	{ "X2661-3.1-11, R2661-5.8-01, R2661-5.3-05, R2661-5.0-03: tunnels and calls of one pair", STRICT,
	  { FN(two_tunnels) } },
	{ "R2661-8.1-01..03, R2661-8.2-01, R2661-8.1-07: "
	  "UDP, from any port, answered from where it was sent to", STRICT,
	  { OPEN, CALL, ALIVE } },
	{ "X2661-8.1-01: the same with another address of ours", STRICT, { FN(another_address), ALIVE } },
	{ 0 }
};
