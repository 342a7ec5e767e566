/* SPDX-License-Identifier: MIT */
/*
 * stub_kernel: the other end of a netlink socket, in the hands of a test: it reads requests and answers as a kernel
 * would, or would not.  To be included by one file of a test program.
 */
#ifndef STUB_KERNEL_H
#define STUB_KERNEL_H

#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/nl.h"

#define STUB_FAMILY 0x21

static int stub = -1; /* the kernel's end */

/* Not ck_assert(), which allocates, and would meet the failures that are meant for the daemon. */
static void must(bool good)
{
	if (!good)
		abort();
}

/* The daemon's end. */
static struct mnl_socket *stub_open(void)
{
	struct mnl_socket *s;
	int fds[2];

	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
	stub = fds[0];
	s = mnl_socket_fdopen(fds[1]);
	must(s != NULL);
	return s;
}

/* The next request, or false: there is none. */
static bool stub_next(struct nl_request *r)
{
	ssize_t n = recv(stub, r->bytes, sizeof(r->bytes), 0);

	return n > 0 && mnl_nlmsg_ok((struct nlmsghdr *)r->bytes, (int)n);
}

static const struct nlmsghdr *stub_header(const struct nl_request *r)
{
	return (const struct nlmsghdr *)r->bytes;
}

static uint8_t stub_command(const struct nl_request *r)
{
	return ((const struct genlmsghdr *)mnl_nlmsg_get_payload(stub_header(r)))->cmd;
}

/* An acknowledgement as NETLINK_CAP_ACK and NETLINK_EXT_ACK have it; text may be NULL. */
static struct nlmsghdr *put_ack(void *buf, uint32_t seq, int err, const char *text)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(nlh, sizeof(*e));

	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_seq = seq;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_CAPPED | (text ? NLM_F_ACK_TLVS : 0));
	e->error = err;
	e->msg = (struct nlmsghdr){ .nlmsg_len = 64, .nlmsg_seq = seq };
	if (text)
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, text);
	return nlh;
}

static void stub_send(const struct nlmsghdr *nlh)
{
	must(send(stub, nlh, nlh->nlmsg_len, 0) == (ssize_t)nlh->nlmsg_len);
}

static void stub_ack(uint32_t seq, int err, const char *text)
{
	struct nl_request buf;

	stub_send(put_ack(buf.bytes, seq, err, text));
}

#endif
