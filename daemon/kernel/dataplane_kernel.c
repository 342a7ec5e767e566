/* SPDX-License-Identifier: MIT */
/*
 * dataplane_kernel: the dataplane of the Linux kernel, for the network namespace it was made in.
 *
 * A tunnel is one command of the generic netlink family "l2tp"; a session is one more, and then the pppox socket that
 * is connected to it at once: until then any local user could connect one of its own.  The socket is opened, and put
 * into the store, before the session is made, so that only connect() is left to do in between.
 *
 * The kernel checks little: ids of 0 and too large ones, wrong versions are stopped here.  What it refuses with one
 * of the errors in `refusals` has made nothing; after any other error an object may be there all the same, so it is
 * deleted.  Objects of others with the same id are never touched.
 *
 * The end of a session is the last close() of its pppox socket, which the store does where it may wait; the
 * SESSION_DELETE that follows finds nothing then, and makes sure where another process held a copy.  The other way round
 * would stop every user of generic netlink for an RCU grace period on kernels before 6.11.
 *
 * Each request is a chain of callbacks with the struct request as its context: tunnel_add -> tunnel_added,
 * session_add -> session_added -> (rolled_back), session_del -> px_closed -> deleted.
 */
#include "dataplane.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/genetlink.h>
#include <linux/l2tp.h>

#include "check.h"
#include "fdstore.h"
#include "genl.h"
#include "pppox.h"
#include "request.h"

struct kernel {
	struct dataplane base; /* first */
	struct fdstore *fds;
	struct genl *genl;
	struct requests *requests;
};

/* Errors of CREATE that mean: nothing has been made. */
static const struct {
	int err;
	const char *text;
} refusals[] = {
	{ -EEXIST, "the id is in use in the kernel, by another program or by an object still being deleted" },
	{ -EBUSY, "the socket already carries a kernel tunnel" },
	{ -ENODEV, "the kernel has no such tunnel or session" },
	{ -EPERM, "CAP_NET_ADMIN is required" },
	{ -EPROTONOSUPPORT, "wrong kind of socket, or the kernel module l2tp_ppp is missing" },
	{ -EINVAL, "the kernel does not accept the parameters, or the socket belongs to another network namespace" },
	{ -EBADF, "the socket is not open" },
	{ -ENOTSOCK, "the file descriptor is not a socket" },
	{ -ERANGE, "the kernel does not accept the size of a parameter" },
};

static const char *refusal(int err)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (refusals[i].err == err)
			return refusals[i].text;
	return NULL;
}

/* ---- Commands and their attributes ----------------------------------------------------------------------------- */

static const char *const command_names[] = {
	[L2TP_CMD_TUNNEL_CREATE] = "TUNNEL_CREATE",
	[L2TP_CMD_TUNNEL_DELETE] = "TUNNEL_DELETE",
	[L2TP_CMD_TUNNEL_GET] = "TUNNEL_GET",
	[L2TP_CMD_SESSION_CREATE] = "SESSION_CREATE",
	[L2TP_CMD_SESSION_DELETE] = "SESSION_DELETE",
	[L2TP_CMD_SESSION_MODIFY] = "SESSION_MODIFY",
	[L2TP_CMD_SESSION_GET] = "SESSION_GET",
};

/* The kernel ignores unknown attributes and refuses wrong widths. */
enum width { U8, U16, U32, U64 };

struct attribute {
	uint16_t type;
	enum width width;
	uint64_t value;
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void put_attributes(struct nlmsghdr *nlh, const struct attribute *attrs, size_t n)
{
	for (const struct attribute *a = attrs; a < attrs + n; a++) {
		switch (a->width) {
		case U8:
			mnl_attr_put_u8(nlh, a->type, (uint8_t)a->value);
			break;
		case U16:
			mnl_attr_put_u16(nlh, a->type, (uint16_t)a->value);
			break;
		case U32:
			mnl_attr_put_u32(nlh, a->type, (uint32_t)a->value);
			break;
		case U64:
			mnl_attr_put_u64(nlh, a->type, a->value);
			break;
		}
	}
}

static int submit(struct request *r, uint8_t command, const struct attribute *attrs, size_t n, nl_reply reply,
		  genl_done done)
{
	struct kernel *k = r->owner;
	struct nl_request buf;
	struct nlmsghdr *nlh = genl_begin(k->genl, command, &buf);

	put_attributes(nlh, attrs, n);
	return genl_submit(k->genl, nlh, reply, done, r);
}

/* A command that needs no more than the ids: DELETE and GET. */
static int submit_ids(struct request *r, uint8_t command, nl_reply reply, genl_done done)
{
	const struct attribute attrs[] = {
		{ L2TP_ATTR_CONN_ID, U32, r->session.tunnel_id },
		{ L2TP_ATTR_SESSION_ID, U32, r->session.session_id },
	};

	return submit(r, command, attrs, r->session.session_id ? 2 : 1, reply, done);
}

/* ---- Requests -------------------------------------------------------------------------------------------------- */

static struct request *begin(struct dataplane *d, enum request_kind kind, union request_done done, void *ctx,
			     const struct dataplane_session *s)
{
	struct kernel *k = (struct kernel *)d;
	struct request *r = request_new(k->requests, kind, done, ctx);

	if (r) {
		r->owner = k;
		r->session = *s;
	}
	return r;
}

static struct dataplane_session only_ids(uint32_t tunnel_id, uint32_t session_id)
{
	return (struct dataplane_session){ .tunnel_id = tunnel_id, .session_id = session_id };
}

/* The first failure is the one that is reported.  text: preferred to the table's text; NULL: there is none. */
static void fail(struct request *r, int err, const char *what, const char *text)
{
	if (r->err)
		return;
	if (!text)
		text = refusal(err);
	r->err = err;
	snprintf(r->text, sizeof(r->text), "%s: %s%s%s", what, strerror(-err), text ? ": " : "", text ? text : "");
}

/* For what could not even be sent: the answer must not come from within the request. */
static void fail_later(struct request *r, int err, const char *what, const char *text)
{
	fail(r, err, what, text);
	request_answer_later(r);
}

static void rolled_back(void *ctx, int err, const char *text)
{
	struct request *r = ctx;
	size_t len = strlen(r->text);

	(void)text;
	if (err && err != -ENODEV)
		snprintf(r->text + len, sizeof(r->text) - len,
			 "; deleting what may be left in the kernel failed as well: %s", strerror(-err));
	request_answer(r);
}

/* r has failed: delete what it may have made, then answer. */
static void roll_back(struct request *r)
{
	uint8_t command = r->session.session_id ? L2TP_CMD_SESSION_DELETE : L2TP_CMD_TUNNEL_DELETE;
	int err = submit_ids(r, command, NULL, rolled_back);

	if (err < 0)
		rolled_back(r, err, NULL);
}

static void created_badly(struct request *r, int err, uint8_t command, const char *text)
{
	fail(r, err, command_names[command], text);
	if (refusal(err))
		request_answer(r);
	else
		roll_back(r);
}

/* NULL: acceptable.  Version 2 has 16 bits for an id. */
static const char *bad_ids(uint8_t version, const uint32_t *ids, size_t n)
{
	if (version != 2 && version != 3)
		return "the protocol version must be 2 or 3";
	for (size_t i = 0; i < n; i++) {
		if (ids[i] == 0)
			return "an id is 0";
		if (version == 2 && ids[i] > UINT16_MAX)
			return "an id is larger than 65535";
	}
	return NULL;
}

static const char *bad_session(const struct dataplane_session *s)
{
	const uint32_t ids[] = { s->tunnel_id, s->peer_tunnel_id, s->session_id, s->peer_session_id };

	return bad_ids(s->version, ids, COUNT(ids));
}

/* ---- Tunnels --------------------------------------------------------------------------------------------------- */

static void tunnel_added(void *ctx, int err, const char *text)
{
	struct request *r = ctx;

	if (err)
		created_badly(r, err, L2TP_CMD_TUNNEL_CREATE, text);
	else
		request_answer(r);
}

static void tunnel_add(struct dataplane *d, const struct dataplane_tunnel *t, dataplane_done done, void *ctx)
{
	const uint32_t ids[] = { t->tunnel_id, t->peer_tunnel_id };
	int fd = fdstore_get(((struct kernel *)d)->fds, (struct fd_name){ t->tunnel_id, 0 });
	const struct attribute attrs[] = {
		{ L2TP_ATTR_CONN_ID, U32, t->tunnel_id },
		{ L2TP_ATTR_PEER_CONN_ID, U32, t->peer_tunnel_id },
		{ L2TP_ATTR_PROTO_VERSION, U8, t->version },
		{ L2TP_ATTR_ENCAP_TYPE, U16, L2TP_ENCAPTYPE_UDP },
		{ L2TP_ATTR_FD, U32, (uint32_t)fd },
	};
	const struct dataplane_session about = only_ids(t->tunnel_id, 0);
	struct request *r = begin(d, REQUEST_PLAIN, (union request_done){ .plain = done }, ctx, &about);
	const char *bad = bad_ids(t->version, ids, COUNT(ids));
	int err;

	if (!r)
		return;
	if (bad)
		err = -EINVAL;
	else if (fd < 0)
		err = -EBADF; /* the kernel would open a socket of its own */
	else
		err = submit(r, L2TP_CMD_TUNNEL_CREATE, attrs, COUNT(attrs), NULL, tunnel_added);
	if (err < 0)
		fail_later(r, err, "TUNNEL_CREATE", bad);
}

/* Ends every deletion: an object that does not exist counts as deleted. */
static void deleted(void *ctx, int err, const char *text)
{
	struct request *r = ctx;

	if (err && err != -ENODEV && err != -ENOENT)
		fail(r, err, r->session.session_id ? "SESSION_DELETE" : "TUNNEL_DELETE", text);
	request_answer(r);
}

static void tunnel_del(struct dataplane *d, uint32_t tunnel_id, dataplane_done done, void *ctx)
{
	const struct dataplane_session about = only_ids(tunnel_id, 0);
	struct request *r = begin(d, REQUEST_PLAIN, (union request_done){ .plain = done }, ctx, &about);
	int err;

	if (!r)
		return;
	err = submit_ids(r, L2TP_CMD_TUNNEL_DELETE, NULL, deleted);
	if (err < 0)
		fail_later(r, err, "TUNNEL_DELETE", NULL);
}

/* ---- Sessions -------------------------------------------------------------------------------------------------- */

/* Errors of the pppox socket, and what they mean. */
static const struct {
	int err;
	const char *text;
} px_errors[] = {
	{ -EEXIST, "another program connected to the session first: an attack, or a second L2TP daemon; "
		   "deny AF_PPPOX sockets to untrusted users" },
	{ -ENOENT, "the kernel tunnel no longer exists" },
	{ -EAFNOSUPPORT,
	  "the kernel module pppox is missing, or the service is not permitted to use AF_PPPOX sockets" },
	{ -EPROTONOSUPPORT, "the kernel module l2tp_ppp is missing" },
};

static void fail_px(struct request *r, int err)
{
	const char *text = "";

	for (size_t i = 0; i < COUNT(px_errors); i++)
		if (px_errors[i].err == err)
			text = px_errors[i].text;
	r->err = err;
	snprintf(r->text, sizeof(r->text), "pppox socket: %s%s%s", strerror(-err), text[0] ? ": " : "", text);
}

/* CREATE takes all of it; MODIFY what can be changed, and ignores the rest. */
static int submit_session(struct request *r, uint8_t command, genl_done done)
{
	const struct dataplane_session *s = &r->session;
	const struct attribute attrs[] = {
		{ L2TP_ATTR_CONN_ID, U32, s->tunnel_id },
		{ L2TP_ATTR_SESSION_ID, U32, s->session_id },
		{ L2TP_ATTR_PEER_SESSION_ID, U32, s->peer_session_id },
		{ L2TP_ATTR_PW_TYPE, U16, L2TP_PWTYPE_PPP },
		{ L2TP_ATTR_LNS_MODE, U8, s->lns_mode },
		{ L2TP_ATTR_SEND_SEQ, U8, s->send_seq },
		{ L2TP_ATTR_RECV_SEQ, U8, s->recv_seq },
		{ L2TP_ATTR_RECV_TIMEOUT, U64, s->reorder_timeout_ms },
	};

	return submit(r, command, attrs, COUNT(attrs), NULL, done);
}

static struct fd_name px_name(const struct dataplane_session *s)
{
	return (struct fd_name){ s->tunnel_id, s->session_id };
}

/* A failure has been noted. */
static int open_px(struct request *r)
{
	const struct kernel *k = r->owner;
	int fd, err;

	if (!r->session.pppox)
		return 0;
	fd = pppox_open();
	if (fd < 0) {
		fail_px(r, fd);
		return fd;
	}
	err = fdstore_put(k->fds, px_name(&r->session), fd);
	if (err < 0)
		fail(r, err, "SESSION_CREATE", NULL);
	return err;
}

static int connect_px(const struct request *r)
{
	const struct kernel *k = r->owner;
	int fd;

	if (!r->session.pppox)
		return 0;
	fd = fdstore_get(k->fds, px_name(&r->session));
	return fd < 0 ? fd : pppox_connect(fd, &r->session);
}

/* It is not connected. */
static void drop_px(const struct request *r)
{
	const struct kernel *k = r->owner;

	if (r->session.pppox)
		fdstore_close(k->fds, px_name(&r->session), NULL, NULL);
}

static void session_added(void *ctx, int err, const char *text)
{
	struct request *r = ctx;

	if (err) {
		drop_px(r);
		created_badly(r, err, L2TP_CMD_SESSION_CREATE, text);
		return;
	}
	err = connect_px(r);
	if (err < 0) {
		drop_px(r);
		fail_px(r, err);
		roll_back(r);
		return;
	}
	request_answer(r);
}

static void session_add(struct dataplane *d, const struct dataplane_session *s, dataplane_done done, void *ctx)
{
	struct request *r = begin(d, REQUEST_PLAIN, (union request_done){ .plain = done }, ctx, s);
	const char *bad = bad_session(s);
	int err;

	if (!r)
		return;
	if (bad) {
		fail_later(r, -EINVAL, "SESSION_CREATE", bad);
		return;
	}
	if (open_px(r) < 0) {
		request_answer_later(r);
		return;
	}
	err = submit_session(r, L2TP_CMD_SESSION_CREATE, session_added);
	if (err < 0) {
		drop_px(r);
		fail_later(r, err, "SESSION_CREATE", NULL);
	}
}

static void session_is_set(void *ctx, int err, const char *text)
{
	struct request *r = ctx;

	if (err)
		fail(r, err, "SESSION_MODIFY", text);
	request_answer(r);
}

static void session_set(struct dataplane *d, const struct dataplane_session *s, dataplane_done done, void *ctx)
{
	struct request *r = begin(d, REQUEST_PLAIN, (union request_done){ .plain = done }, ctx, s);
	const char *bad = bad_session(s);
	int err;

	if (!r)
		return;
	err = bad ? -EINVAL : submit_session(r, L2TP_CMD_SESSION_MODIFY, session_is_set);
	if (err < 0)
		fail_later(r, err, "SESSION_MODIFY", bad);
}

static void px_closed(void *ctx)
{
	struct request *r = ctx;
	int err = submit_ids(r, L2TP_CMD_SESSION_DELETE, NULL, deleted);

	if (err < 0)
		deleted(r, err, NULL);
}

static void session_del(struct dataplane *d, uint32_t tunnel_id, uint32_t session_id, dataplane_done done, void *ctx)
{
	const struct dataplane_session about = only_ids(tunnel_id, session_id);
	struct request *r = begin(d, REQUEST_PLAIN, (union request_done){ .plain = done }, ctx, &about);
	int err;

	if (fdstore_close(((struct kernel *)d)->fds, px_name(&about), r ? px_closed : NULL, r) || !r)
		return;
	err = submit_ids(r, L2TP_CMD_SESSION_DELETE, NULL, deleted);
	if (err < 0)
		fail_later(r, err, "SESSION_DELETE", NULL);
}

/* ---- Counters -------------------------------------------------------------------------------------------------- */

static const struct {
	uint16_t type;
	size_t offset;
} counters[] = {
	{ L2TP_ATTR_RX_PACKETS, offsetof(struct dataplane_stats, rx_packets) },
	{ L2TP_ATTR_RX_BYTES, offsetof(struct dataplane_stats, rx_bytes) },
	{ L2TP_ATTR_RX_ERRORS, offsetof(struct dataplane_stats, rx_errors) },
	{ L2TP_ATTR_TX_PACKETS, offsetof(struct dataplane_stats, tx_packets) },
	{ L2TP_ATTR_TX_BYTES, offsetof(struct dataplane_stats, tx_bytes) },
	{ L2TP_ATTR_TX_ERRORS, offsetof(struct dataplane_stats, tx_errors) },
};

static int find_counter(const struct nlattr *attr, void *ctx)
{
	for (size_t i = 0; i < COUNT(counters); i++)
		if (mnl_attr_get_type(attr) == counters[i].type && mnl_attr_validate(attr, MNL_TYPE_U64) >= 0) {
			uint64_t v = mnl_attr_get_u64(attr);

			memcpy((char *)ctx + counters[i].offset, &v, sizeof(v));
		}
	return MNL_CB_OK;
}

static int find_stats(const struct nlattr *attr, void *ctx)
{
	if (mnl_attr_get_type(attr) == L2TP_ATTR_STATS)
		mnl_attr_parse_nested(attr, find_counter, ctx);
	return MNL_CB_OK;
}

static void on_stats(void *ctx, const struct nlmsghdr *reply)
{
	struct request *r = ctx;

	mnl_attr_parse(reply, sizeof(struct genlmsghdr), find_stats, &r->stats);
}

static void stats_read(void *ctx, int err, const char *text)
{
	struct request *r = ctx;

	(void)text;
	r->err = err;
	request_answer(r);
}

static void get_stats(struct dataplane *d, uint32_t tunnel_id, uint32_t session_id, dataplane_stats_done done,
		      void *ctx)
{
	const struct dataplane_session about = only_ids(tunnel_id, session_id);
	struct request *r = begin(d, REQUEST_STATS, (union request_done){ .stats = done }, ctx, &about);
	int err;

	if (!r)
		return;
	err = submit_ids(r, session_id ? L2TP_CMD_SESSION_GET : L2TP_CMD_TUNNEL_GET, on_stats, stats_read);
	if (err < 0) {
		r->err = err;
		request_answer_later(r);
	}
}

static void tunnel_stats(struct dataplane *d, uint32_t tunnel_id, dataplane_stats_done done, void *ctx)
{
	get_stats(d, tunnel_id, 0, done, ctx);
}

/* ---- The class ------------------------------------------------------------------------------------------------- */

static void forget_stats(struct dataplane *d, const void *ctx)
{
	requests_forget(((struct kernel *)d)->requests, ctx);
}

static void kernel_free(struct dataplane *d)
{
	struct kernel *k = (struct kernel *)d;

	genl_free(k->genl);
	requests_free(k->requests);
	free(k);
}

static const struct dataplane_class kernel_class = {
	.name = "kernel",
	.tunnel_add = tunnel_add,
	.tunnel_del = tunnel_del,
	.tunnel_stats = tunnel_stats,
	.session_add = session_add,
	.session_set = session_set,
	.session_del = session_del,
	.session_stats = get_stats,
	.forget_stats = forget_stats,
	.free = kernel_free,
};

int dataplane_kernel_new(sd_event *event, struct fdstore *fds, struct dataplane **ret, char **ret_why)
{
	struct kernel *k;
	int r;

	r = kernel_check(ret_why);
	if (r < 0)
		return r;
	k = calloc(1, sizeof(*k));
	r = k ? 0 : -ENOMEM;
	if (k) {
		k->base.class = &kernel_class;
		k->fds = fds;
		r = requests_new(event, &k->requests);
		if (r >= 0)
			r = genl_new(event, L2TP_GENL_NAME, &k->genl);
	}
	if (r < 0) {
		if (k)
			kernel_free(&k->base);
		if (asprintf(ret_why, "generic netlink: %s", strerror(-r)) < 0)
			*ret_why = NULL;
		return r;
	}
	*ret = &k->base;
	return 0;
}
