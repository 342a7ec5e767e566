/* SPDX-License-Identifier: MIT */
/*
 * pppd-l2tp-first: see pppd-l2tp-first.h.
 *
 * The number of frames that are read is limited: a peer that sends faster than we read would block pppd indefinitely.
 * A request that arrives after that is not lost for good, since the peer repeats it.
 *
 * Called by pppd-l2tp.
 */
#include "pppd-l2tp-first.h"

#include <string.h>
#include <sys/socket.h>

#define FRAMES_MAX 512 /* more than a socket's default buffer holds of the smallest */
#define CONFIGURE_REQUEST 1
#define HEADER (2 + 4) /* protocol; code, identifier, length */

static int is_configure_request(const unsigned char *frame, ssize_t len)
{
	static const unsigned char start[] = { 0xc0, 0x21, CONFIGURE_REQUEST };

	return len >= HEADER && memcmp(frame, start, sizeof(start)) == 0;
}

ssize_t first_request(int fd, unsigned char request[FIRST_SIZE])
{
	unsigned char frame[FIRST_SIZE];
	ssize_t found = 0;

	for (int i = 0; i < FRAMES_MAX; i++) {
		ssize_t len = recv(fd, frame, sizeof(frame), MSG_DONTWAIT);

		if (len <= 0)
			break;
		if (!is_configure_request(frame, len))
			continue;
		memcpy(request, frame, (size_t)len);
		found = len;
	}
	return found;
}
