/* SPDX-License-Identifier: MIT */
/*
 * nl: netlink frames and sockets.
 *
 * The kernel answers a request while it is being sent, so the answer is there when send() returns; waiting serves
 * only against surprises.  An answer is any number of reply frames, then a final one: NLMSG_ERROR (an acknowledgement
 * where its error is 0) or NLMSG_DONE.  With NETLINK_EXT_ACK the final frame may carry a text, in an attribute that
 * follows the echoed request, of which NETLINK_CAP_ACK leaves the header only.
 */
#include "nl.h"

#include <assert.h>
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define TALK_TIMEOUT_MS 1000

static int find_text(const struct nlattr *attr, void *ctx)
{
	char *text = ctx;

	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
		snprintf(text, NL_TEXT_MAX, "%.*s", (int)mnl_attr_get_payload_len(attr),
			 (const char *)mnl_attr_get_payload(attr));
	return MNL_CB_OK;
}

static void parse_attributes(const struct nlmsghdr *nlh, size_t offset, char *text)
{
	size_t len = mnl_nlmsg_get_payload_len(nlh);

	offset = MNL_ALIGN(offset);
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS && offset < len)
		mnl_attr_parse_payload((const char *)mnl_nlmsg_get_payload(nlh) + offset, len - offset, find_text,
				       text);
}

static void parse_error(const struct nlmsghdr *nlh, struct nl_frame *f)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	size_t offset = sizeof(*e);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*e)) {
		f->err = -EBADMSG;
		return;
	}
	f->err = e->error;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len > NLMSG_HDRLEN)
		offset += e->msg.nlmsg_len - NLMSG_HDRLEN;
	parse_attributes(nlh, offset, f->text);
}

static void parse_done(const struct nlmsghdr *nlh, struct nl_frame *f)
{
	int err = 0;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(err))
		memcpy(&err, mnl_nlmsg_get_payload(nlh), sizeof(err));
	f->err = err;
	parse_attributes(nlh, sizeof(err), f->text);
}

static void parse(const struct nlmsghdr *nlh, struct nl_frame *f)
{
	*f = (struct nl_frame){ .seq = nlh->nlmsg_seq };
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		f->final = true;
		parse_error(nlh, f);
	} else if (nlh->nlmsg_type == NLMSG_DONE) {
		f->final = true;
		parse_done(nlh, f);
	} else {
		f->reply = nlh;
	}
	if (f->err > 0) /* not a value the kernel has */
		f->err = -EBADMSG;
}

/* Not mnl_nlmsg_ok(): that takes lengths of 2 GiB and more for negative ones, which fit everywhere. */
static bool is_whole(const struct nlmsghdr *nlh, size_t left)
{
	return left >= sizeof(*nlh) && nlh->nlmsg_len >= sizeof(*nlh) && nlh->nlmsg_len <= left;
}

void nl_frames(const void *buf, size_t len, nl_frame_seen seen, void *ctx)
{
	const struct nlmsghdr *nlh;
	struct nl_frame f;
	size_t size;

	for (const char *at = buf; nlh = (const void *)at, is_whole(nlh, len); at += size, len -= size) {
		size = MNL_ALIGN(nlh->nlmsg_len) < len ? MNL_ALIGN(nlh->nlmsg_len) : len;
		if (nlh->nlmsg_type < NLMSG_MIN_TYPE && nlh->nlmsg_type != NLMSG_ERROR && nlh->nlmsg_type != NLMSG_DONE)
			continue;
		parse(nlh, &f);
		seen(ctx, &f);
	}
}

int nl_open(int bus, struct nl *ret)
{
	struct mnl_socket *s = mnl_socket_open2(bus, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int on = 1, r;

	if (!s)
		return -errno;
	/* Older kernels know neither: then there is no text, nothing else. */
	(void)mnl_socket_setsockopt(s, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)mnl_socket_setsockopt(s, NETLINK_CAP_ACK, &on, sizeof(on));
	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = -errno;
		mnl_socket_close(s);
		return r;
	}
	*ret = (struct nl){ .socket = s, .seq = 1 };
	return 0;
}

void nl_close(struct nl *n)
{
	if (n->socket)
		mnl_socket_close(n->socket);
	n->socket = NULL;
}

int nl_receive(int fd, void *buf, size_t size)
{
	struct sockaddr_nl from = { 0 };
	socklen_t from_len;
	ssize_t n;

	do {
		from_len = sizeof(from);
		n = recvfrom(fd, buf, size, 0, (struct sockaddr *)&from, &from_len);
	} while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid != 0)); /* only the kernel is port 0 */
	return n < 0 ? -errno : (int)n;
}

struct talk {
	uint32_t seq;
	nl_reply reply;
	void *ctx;
	char *text;
	bool over;
	int err;
};

static void on_frame(void *ctx, const struct nl_frame *f)
{
	struct talk *t = ctx;

	if (f->seq != t->seq || t->over)
		return;
	if (!f->final) {
		if (t->reply)
			t->reply(t->ctx, f->reply);
		return;
	}
	t->over = true;
	t->err = f->err;
	if (t->text)
		memcpy(t->text, f->text, NL_TEXT_MAX);
}

/* A dump may come in many datagrams, so the time runs from one to the next. */
static int wait_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int n;

	do {
		n = poll(&p, 1, TALK_TIMEOUT_MS);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n == 0 ? -ETIMEDOUT : 0;
}

int nl_talk(struct nl *n, struct nlmsghdr *request, nl_reply reply, void *ctx, char text[NL_TEXT_MAX])
{
	_Alignas(struct nlmsghdr) char buf[32768]; /* the most a dump puts into one datagram */
	int fd = mnl_socket_get_fd(n->socket), r;
	struct talk t = { .seq = ++n->seq, .reply = reply, .ctx = ctx, .text = text };

	assert(request->nlmsg_flags & NLM_F_ACK || (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP);
	if (text)
		text[0] = '\0';
	request->nlmsg_seq = t.seq;
	if (send(fd, request, request->nlmsg_len, 0) < 0)
		return -errno;
	while (!t.over) {
		r = wait_readable(fd);
		if (r >= 0)
			r = nl_receive(fd, buf, sizeof(buf));
		if (r < 0 && r != -EAGAIN)
			return r;
		if (r > 0)
			nl_frames(buf, (size_t)r, on_frame, &t);
	}
	return t.err;
}
