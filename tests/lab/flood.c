/* SPDX-License-Identifier: MIT */
/*
 * flood TO PORT FROM COUNT RATE SEED: what a forger sends an LNS: COUNT SCCRQs, RATE a second, each from another
 * address behind FROM (an IPv4 address of which the last 22 bits change) and one of many ports, with another tunnel id;
 * and for each three of them a datagram that is damaged, cut short or nothing at all.  Nobody reads the answers.
 *
 * The addresses must be local: 127.0.0.0/8 is, another prefix after `ip route add local PREFIX dev lo`.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define HOST_BITS 22
#define SOCKETS 64      /* each has a port */
#define BATCH 32
#define BAD_ONE_OF 4    /* datagrams */
#define SIZE 128

static const uint8_t sccrq[] = {
	0xc8, 0x02, 0, 69, 0, 0, 0, 0, 0, 0, 0, 0,        /* header: T, L, S, version 2 */
	0x80, 8, 0, 0, 0, 0, 0, 1,                        /* Message Type: SCCRQ */
	0x80, 8, 0, 0, 0, 2, 1, 0,                        /* Protocol Version */
	0x80, 11, 0, 0, 0, 7, 'f', 'o', 'r', 'g', 'e',    /* Host Name */
	0x80, 10, 0, 0, 0, 3, 0, 0, 0, 3,                 /* Framing Capabilities */
	0x80, 8, 0, 0, 0, 9, 0x12, 0x34,                  /* Assigned Tunnel ID */
	0x00, 12, 0, 0, 0, 8, 'n', 'o', 'b', 'o', 'd', 'y', /* Vendor Name */
};
_Static_assert(sizeof(sccrq) == 69, "the length in the header");
#define ASSIGNED_ID (sizeof(sccrq) - 14)

struct datagram {
	uint8_t bytes[SIZE];
	struct iovec iov;
	union {
		char space[CMSG_SPACE(sizeof(struct in_pktinfo))];
		struct cmsghdr align;
	} from;
};

static uint32_t dice(void)
{
	static uint64_t state;

	if (!state)
		state = (uint64_t)rand() << 1 | 1;
	state ^= state << 13; /* xorshift: rand() would be the slowest part of a flood */
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

static size_t fill_whole(uint8_t *p)
{
	uint32_t id = dice();

	memcpy(p, sccrq, sizeof(sccrq));
	memcpy(p + ASSIGNED_ID, &id, 2);
	p[ASSIGNED_ID] |= 1; /* not zero */
	return sizeof(sccrq);
}

static size_t fill_bad(uint8_t *p)
{
	size_t len = fill_whole(p);

	switch (dice() % 3) {
	case 0:
		return dice() % len;
	case 1:
		for (uint32_t i = dice() % 4 + 1; i; i--)
			p[dice() % len] = (uint8_t)dice();
		return len;
	}
	for (size_t i = 0; i < SIZE; i++)
		p[i] = (uint8_t)dice();
	return dice() % SIZE;
}

static void address(struct datagram *d, struct msghdr *m, uint32_t from)
{
	struct in_pktinfo info = { .ipi_spec_dst = { htonl((from & ~0u << HOST_BITS) | dice() >> (32 - HOST_BITS)) } };

	m->msg_control = &d->from;
	m->msg_controllen = sizeof(d->from.space);
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* One batch through one socket; how many of it were whole. */
static long send_batch(int fd, struct sockaddr_in *to, uint32_t from, long *lost)
{
	static struct datagram datagrams[BATCH];
	struct mmsghdr m[BATCH] = { 0 };
	long whole = 0;

	for (size_t i = 0; i < BATCH; i++) {
		struct datagram *d = &datagrams[i];
		int bad = dice() % BAD_ONE_OF == 0;

		whole += !bad;
		d->iov = (struct iovec){ d->bytes, bad ? fill_bad(d->bytes) : fill_whole(d->bytes) };
		m[i].msg_hdr = (struct msghdr){ .msg_name = to, .msg_namelen = sizeof(*to), .msg_iov = &d->iov,
						.msg_iovlen = 1 };
		address(d, &m[i].msg_hdr, from);
	}
	for (int done = 0, n; done < BATCH; done += n > 0 ? n : 1) {
		n = sendmmsg(fd, m + done, (unsigned)(BATCH - done), 0);
		*lost += n <= 0;
	}
	return whole;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct in_addr from;
	int fds[SOCKETS];
	long sent = 0, lost = 0, count, turn = 0;
	double start, rate, ahead;

	if (argc != 7 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1 || inet_pton(AF_INET, argv[3], &from) != 1) {
		fputs("usage: flood TO PORT FROM COUNT RATE SEED\n", stderr);
		return 2;
	}
	to.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
	count = strtol(argv[4], NULL, 10);
	rate = strtod(argv[5], NULL);
	srand((unsigned)strtoul(argv[6], NULL, 10));
	for (size_t i = 0; i < SOCKETS; i++)
		if ((fds[i] = socket(AF_INET, SOCK_DGRAM, 0)) < 0)
			return EXIT_FAILURE;
	start = seconds();
	while (sent < count) {
		sent += send_batch(fds[turn++ % SOCKETS], &to, ntohl(from.s_addr), &lost);
		ahead = (double)sent / rate - (seconds() - start);
		if (ahead > 0)
			nanosleep(&(struct timespec){ .tv_nsec = (long)((ahead < 0.1 ? ahead : 0.1) * 1e9) }, NULL);
	}
	printf("%ld SCCRQs among %ld datagrams in %.1f s; %ld not sent\n", sent, turn * BATCH, seconds() - start, lost);
	return lost * 100 > sent ? EXIT_FAILURE : EXIT_SUCCESS;
}
