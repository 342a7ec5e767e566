/* SPDX-License-Identifier: MIT */
/*
 * nl: netlink frames and sockets; what genl (asynchronous), link and check (synchronous) share.
 */
#ifndef NL_H
#define NL_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NL_TEXT_MAX 128
#define NL_REQUEST_MAX 512 /* no request of ours is longer */

/* One message of the kernel. */
struct nl_frame {
	uint32_t seq;
	bool final;                   /* the request is over, with err and the kernel's own words (or "") */
	int err;                      /* 0 or a negative errno */
	char text[NL_TEXT_MAX];
	const struct nlmsghdr *reply; /* not final: a part of the answer */
};

typedef void (*nl_frame_seen)(void *ctx, const struct nl_frame *f);
typedef void (*nl_reply)(void *ctx, const struct nlmsghdr *reply);

/* Every whole message in buf (4-aligned), in order; stops at the first that is cut or lies about its length. */
void nl_frames(const void *buf, size_t len, nl_frame_seen seen, void *ctx);

/* A request buffer, aligned as netlink wants it. */
struct nl_request {
	_Alignas(struct nlmsghdr) uint8_t bytes[NL_REQUEST_MAX];
};

struct nl {
	struct mnl_socket *socket;
	uint32_t seq;
};

/* Close-on-exec, non-blocking, bound, with extended acknowledgements that do not carry the request back. */
int nl_open(int bus, struct nl *ret);
void nl_close(struct nl *n); /* never opened, zeroed: fine */

/* Send, and wait (at most a second) for the end of the answer.  text may be NULL. */
int nl_talk(struct nl *n, struct nlmsghdr *request, nl_reply reply, void *ctx, char text[NL_TEXT_MAX]);

/* Read one datagram of the kernel: its length, or a negative errno (-EAGAIN, -ENOBUFS, ...). */
int nl_receive(int fd, void *buf, size_t size);

#endif
