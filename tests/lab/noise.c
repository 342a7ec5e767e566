/* SPDX-License-Identifier: MIT */
/*
 * noise ADDRESS COUNT SEED: an LNS's bad neighbour.  COUNT datagrams to port 1701, from changing ports: random octets,
 * data for sessions that are not there, control messages for tunnels that are not there, SCCRQs that are damaged or cut
 * short, and whole ones that nobody means.  The same seed sends the same.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 1701
#define SOCKETS 8
#define AT_ONCE 32          /* then others get their turn */
#define PAUSE_US 1000
#define HEADER 12
#define TYPES 16            /* Message Types, and one more */
#define SIZE 512

static const uint8_t sccrq[] = {
	0xc8, 0x02, 0, 69, 0, 0, 0, 0, 0, 0, 0, 0,        /* header: T, L, S, version 2 */
	0x80, 8, 0, 0, 0, 0, 0, 1,                        /* Message Type: SCCRQ */
	0x80, 8, 0, 0, 0, 2, 1, 0,                        /* Protocol Version */
	0x80, 11, 0, 0, 0, 7, 'n', 'o', 'i', 's', 'e',    /* Host Name */
	0x80, 10, 0, 0, 0, 3, 0, 0, 0, 3,                 /* Framing Capabilities */
	0x80, 8, 0, 0, 0, 9, 0x12, 0x34,                  /* Assigned Tunnel ID */
	0x00, 12, 0, 0, 0, 8, 'n', 'o', 'b', 'o', 'd', 'y', /* Vendor Name */
};
_Static_assert(sizeof(sccrq) == 69, "the length in the header");
#define ASSIGNED_ID (sizeof(sccrq) - 14)

static size_t fill(uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)rand();
	return len;
}

static size_t random_octets(uint8_t *p)
{
	return fill(p, (size_t)rand() % SIZE);
}

static size_t data(uint8_t *p)
{
	size_t len = fill(p, 8 + (size_t)rand() % (SIZE - 8));

	p[0] &= 0x7f;
	p[1] = (uint8_t)((p[1] & 0xf0) | 2);
	return len;
}

/* A header in order, a Message Type in order, and anything behind it. */
static size_t stray(uint8_t *p)
{
	size_t len = fill(p, HEADER + 8 + (size_t)rand() % 100);

	memcpy(p, sccrq, 3);
	p[3] = (uint8_t)len;
	memcpy(p + HEADER, sccrq + HEADER, 7);
	p[HEADER + 7] = (uint8_t)(rand() % TYPES);
	return len;
}

static size_t whole(uint8_t *p)
{
	memcpy(p, sccrq, sizeof(sccrq));
	fill(p + ASSIGNED_ID, 2);
	return sizeof(sccrq);
}

static size_t damaged(uint8_t *p)
{
	size_t len = whole(p);

	for (int i = rand() % 4; i >= 0; i--)
		p[(size_t)rand() % len] = (uint8_t)rand();
	return len;
}

static size_t cut(uint8_t *p)
{
	return (size_t)rand() % whole(p);
}

static size_t (*const kinds[])(uint8_t *) = { random_octets, data, stray, whole, damaged, cut };

static int open_socket(const struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0) {
		perror("noise");
		exit(EXIT_FAILURE);
	}
	return fd;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	uint8_t buf[SIZE];
	int sockets[SOCKETS];

	if (argc != 4 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
		fputs("usage: noise ADDRESS COUNT SEED\n", stderr);
		return 2;
	}
	srand((unsigned)strtoul(argv[3], NULL, 10));
	for (int i = 0; i < SOCKETS; i++)
		sockets[i] = open_socket(&to);
	for (long i = 0, n = strtol(argv[2], NULL, 10); i < n; i++) {
		size_t len = kinds[(size_t)rand() % (sizeof(kinds) / sizeof(kinds[0]))](buf);

		/* an ICMP error about an earlier one is nothing to us */
		if (send(sockets[i % SOCKETS], buf, len, 0) < 0)
			(void)send(sockets[i % SOCKETS], buf, len, 0);
		if (i % AT_ONCE == 0)
			usleep(PAUSE_US);
	}
	return EXIT_SUCCESS;
}
