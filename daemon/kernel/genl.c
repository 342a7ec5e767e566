/* SPDX-License-Identifier: MIT */
/*
 * genl: transactions with one generic netlink family.
 *
 * A transaction is in one of two lists: `queued`, not sent yet, or `in_flight`, sent and not answered.  The kernel
 * works on a request while it is sent and answers in order, so the first in flight is nearly always the one that an
 * answer is for, and has the earliest deadline.  The number in flight is bounded so that their answers fit into the
 * receive buffer.  If the buffer overflows all the same (ENOBUFS), what remains without an answer once the socket is
 * empty has lost it, and ends with -ENOBUFS: its outcome is unknown to us and the caller must find out.
 *
 * Called by dataplane_kernel.
 */
#include "genl.h"

#include <assert.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <utlist.h>

#include "base/clock.h"

#define GENL_VERSION 1           /* of the controller, of l2tp, of nearly every family */
#define RECEIVE_BUFFER (1 << 20) /* an acknowledgement takes 1-2 KiB of it */
#define RECEIVE_BATCH 64         /* datagrams of one wake-up */
#define TIMER_ACCURACY ((uint64_t)100 * 1000)

struct transaction {
	struct transaction *prev, *next;
	nl_reply reply;
	genl_done done;
	void *ctx;
	uint32_t seq;
	uint64_t deadline;
	struct nlmsghdr message[]; /* nlmsg_len octets */
};

struct genl {
	struct mnl_socket *socket;
	sd_event_source *io, *timer;
	uint16_t family;
	uint32_t seq;
	uint64_t timeout;
	unsigned in_flight_count;
	bool overrun; /* an answer was lost, and the socket has not been empty since */
	struct transaction *queued, *in_flight;
};

/* The timer may ring too early for a later transaction, never too late for the first. */
static void arm(struct genl *g)
{
	int enabled = SD_EVENT_OFF;

	if (!g->in_flight)
		return;
	(void)sd_event_source_get_enabled(g->timer, &enabled);
	if (enabled != SD_EVENT_OFF)
		return;
	(void)sd_event_source_set_time(g->timer, g->in_flight->deadline);
	(void)sd_event_source_set_enabled(g->timer, SD_EVENT_ONESHOT);
}

/* t is in no list any more. */
static void finish(struct transaction *t, int err, const char *text)
{
	t->done(t->ctx, err, text && text[0] ? text : NULL);
	free(t);
}

static void land(struct genl *g, struct transaction *t, int err, const char *text)
{
	DL_DELETE(g->in_flight, t);
	g->in_flight_count--;
	finish(t, err, text);
}

static int transmit(struct genl *g, struct transaction *t)
{
	ssize_t n;

	do {
		n = send(mnl_socket_get_fd(g->socket), t->message, t->message->nlmsg_len, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	t->deadline = clock_now() + g->timeout;
	DL_APPEND(g->in_flight, t);
	g->in_flight_count++;
	arm(g);
	return 0;
}

static void transmit_queued(struct genl *g)
{
	struct transaction *t;
	int r;

	while (g->in_flight_count < GENL_IN_FLIGHT_MAX && (t = g->queued)) {
		DL_DELETE(g->queued, t);
		r = transmit(g, t);
		if (r < 0)
			finish(t, r, NULL);
	}
}

static void on_frame(void *ctx, const struct nl_frame *f)
{
	struct genl *g = ctx;
	struct transaction *t;

	DL_FOREACH(g->in_flight, t)
		if (t->seq == f->seq)
			break;
	if (!t)
		return; /* given up already */
	if (f->final)
		land(g, t, f->err, f->text);
	else if (t->reply)
		t->reply(t->ctx, f->reply);
}

/* The socket is empty: what the kernel answered has been read. */
static void on_empty(struct genl *g)
{
	if (!g->overrun)
		return;
	g->overrun = false;
	for (unsigned n = g->in_flight_count; n > 0; n--)
		land(g, g->in_flight, -ENOBUFS, "the kernel's answer was lost");
}

static int on_readable(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	_Alignas(struct nlmsghdr) char buf[8192];
	struct genl *g = userdata;
	int r = 0;

	(void)source, (void)revents;
	for (unsigned i = 0; i < RECEIVE_BATCH; i++) {
		r = nl_receive(fd, buf, sizeof(buf));
		if (r == -ENOBUFS)
			g->overrun = true;
		else if (r < 0)
			break;
		else
			nl_frames(buf, (size_t)r, on_frame, g);
	}
	if (r == -EAGAIN)
		on_empty(g);
	transmit_queued(g);
	/* Any other error would come back at once: stop listening and let the timer end what waits. */
	return r < 0 && r != -EAGAIN && r != -ENOBUFS ? r : 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct genl *g = userdata;
	uint64_t now = clock_now();

	(void)source, (void)usec;
	while (g->in_flight && g->in_flight->deadline <= now)
		land(g, g->in_flight, -ETIMEDOUT, "the kernel did not answer in time");
	transmit_queued(g);
	arm(g);
	return 0;
}

/* ---- The family ------------------------------------------------------------------------------------------------ */

static struct nlmsghdr *begin(struct nl_request *buf, uint16_t family, uint8_t command)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf->bytes);
	struct genlmsghdr *g;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	g = mnl_nlmsg_put_extra_header(nlh, sizeof(*g));
	g->cmd = command;
	g->version = GENL_VERSION;
	return nlh;
}

static int find_family_id(const struct nlattr *attr, void *ctx)
{
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID && mnl_attr_validate(attr, MNL_TYPE_U16) >= 0)
		*(uint16_t *)ctx = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static void on_family(void *ctx, const struct nlmsghdr *reply)
{
	mnl_attr_parse(reply, sizeof(struct genlmsghdr), find_family_id, ctx);
}

int genl_resolve(struct nl *n, const char *family, uint16_t *ret)
{
	struct nl_request buf;
	struct nlmsghdr *nlh = begin(&buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	uint16_t id = 0;
	int r;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, family);
	r = nl_talk(n, nlh, on_family, &id, NULL);
	if (r < 0)
		return r;
	if (!id)
		return -EBADMSG;
	*ret = id;
	return 0;
}

int genl_new(sd_event *event, const char *family, struct genl **ret)
{
	struct nl n = { 0 };
	uint16_t id = 0;
	int size = RECEIVE_BUFFER, r;

	r = nl_open(NETLINK_GENERIC, &n);
	if (r < 0)
		return r;
	r = genl_resolve(&n, family, &id);
	if (r < 0) {
		nl_close(&n);
		return r;
	}
	/* The second is cut to net.core.rmem_max, and then enough for what is in flight all the same. */
	if (setsockopt(mnl_socket_get_fd(n.socket), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(mnl_socket_get_fd(n.socket), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return genl_attach(event, n.socket, id, GENL_TIMEOUT, ret);
}

int genl_attach(sd_event *event, struct mnl_socket *socket, uint16_t family, uint64_t timeout, struct genl **ret)
{
	struct genl *g = calloc(1, sizeof(*g));
	int r;

	if (!g) {
		mnl_socket_close(socket);
		return -ENOMEM;
	}
	*g = (struct genl){ .socket = socket, .family = family, .timeout = timeout };
	r = sd_event_add_io(event, &g->io, mnl_socket_get_fd(socket), EPOLLIN, on_readable, g);
	/* Before the peers' datagrams: others can take a session between its CREATE and connect() of the pppox. */
	if (r >= 0)
		r = sd_event_source_set_priority(g->io, SD_EVENT_PRIORITY_IMPORTANT);
	if (r >= 0)
		r = sd_event_add_time(event, &g->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY, on_timer, g);
	if (r >= 0)
		r = sd_event_source_set_enabled(g->timer, SD_EVENT_OFF);
	if (r < 0) {
		genl_free(g);
		return r;
	}
	*ret = g;
	return 0;
}

static void forget(struct transaction **list)
{
	struct transaction *t;

	while ((t = *list)) {
		DL_DELETE(*list, t);
		free(t);
	}
}

void genl_free(struct genl *g)
{
	if (!g)
		return;
	forget(&g->queued);
	forget(&g->in_flight);
	sd_event_source_disable_unref(g->io);
	sd_event_source_disable_unref(g->timer);
	mnl_socket_close(g->socket);
	free(g);
}

struct nlmsghdr *genl_begin(const struct genl *g, uint8_t command, struct nl_request *buf)
{
	return begin(buf, g->family, command);
}

int genl_submit(struct genl *g, const struct nlmsghdr *request, nl_reply reply, genl_done done, void *ctx)
{
	struct transaction *t;
	int r;

	assert(request->nlmsg_len <= NL_REQUEST_MAX);
	t = malloc(sizeof(*t) + request->nlmsg_len);
	if (!t)
		return -ENOMEM;
	*t = (struct transaction){ .reply = reply, .done = done, .ctx = ctx, .seq = ++g->seq };
	memcpy(t->message, request, request->nlmsg_len);
	t->message->nlmsg_seq = t->seq;

	if (g->queued || g->in_flight_count >= GENL_IN_FLIGHT_MAX) {
		DL_APPEND(g->queued, t);
		return 0;
	}
	r = transmit(g, t);
	if (r < 0)
		free(t);
	return r;
}
