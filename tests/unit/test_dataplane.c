/* SPDX-License-Identifier: MIT */
/*
 * The dataplanes: the order of what is asked of the kernel, above all when it says no.  The kernel is played by the
 * test, pppox sockets are socket pairs: so this needs no module and no right.
 * Linked without check.c and pppox.c, with --wrap=malloc,calloc,realloc,genl_new.
 */
#include <check.h>
#include <errno.h>
#include <linux/l2tp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel/check.h"
#include "kernel/dataplane.h"
#include "kernel/fdstore.h"
#include "kernel/genl.h"
#include "kernel/pppox.h"
#include "kernel/workers.h"
#include "oom.h"
#include "stub_kernel.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define ALL_SAID "what is missing"

static int check_err, px_open_err, px_connect_err;
static int px_opens, px_connects;
static int px_peer = -1; /* the far end of the last pppox socket */

int kernel_check(char **ret_text)
{
	if (check_err)
		*ret_text = strdup(ALL_SAID);
	return check_err;
}

int pppox_open(void)
{
	int fds[2];

	if (px_open_err)
		return px_open_err;
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	if (px_peer >= 0)
		close(px_peer);
	px_peer = fds[1];
	px_opens++;
	return fds[0];
}

int pppox_connect(int fd, const struct dataplane_session *s)
{
	must(fd >= 0 && s->session_id == 21);
	px_connects++;
	return px_connect_err;
}

/* The near end is closed everywhere, or will be in so many milliseconds. */
static bool px_is_closed_in(int ms)
{
	struct pollfd p = { .fd = px_peer };

	return poll(&p, 1, ms) == 1 && p.revents & POLLHUP;
}

static bool px_is_closed(void)
{
	return px_is_closed_in(0);
}

int __wrap_genl_new(sd_event *event, const char *family, struct genl **ret);
int __wrap_genl_new(sd_event *event, const char *family, struct genl **ret)
{
	must(!strcmp(family, "l2tp"));
	return genl_attach(event, stub_open(), STUB_FAMILY, GENL_TIMEOUT, ret);
}

/* ---- Answers --------------------------------------------------------------------------------------------------- */

struct answer {
	unsigned done;
	int err;
	char text[512];
	struct dataplane_stats stats;
};

static void on_done(void *ctx, int err, const char *text)
{
	struct answer *a = ctx;

	a->done++;
	a->err = err;
	snprintf(a->text, sizeof(a->text), "%s", text ? text : "");
}

static void on_stats(void *ctx, int err, const struct dataplane_stats *stats)
{
	on_done(ctx, err, NULL);
	((struct answer *)ctx)->stats = *stats;
}

/* ---- A dataplane and its kernel -------------------------------------------------------------------------------- */

static sd_event *event;
static struct workers *workers;
static struct fdstore *fds;
static struct dataplane *d;
static char asked[64];          /* the commands, a letter each */
static struct nl_request first; /* the first of them */
static int tunnel_fd;           /* of tunnel 11 */

static void setup_event(void)
{
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(workers_new(event, 1, &workers), 0);
	ck_assert_int_eq(fdstore_new(workers, &fds), 0);
	check_err = px_open_err = px_connect_err = px_opens = px_connects = 0;
}

static void setup(void)
{
	char *why;

	setup_event();
	ck_assert_int_eq(dataplane_kernel_new(event, fds, &d, &why), 0);
	tunnel_fd = dup(STDIN_FILENO);
	ck_assert_int_eq(fdstore_put(fds, (struct fd_name){ 11, 0 }, tunnel_fd), 0);
}

static void setup_null(void)
{
	setup_event();
	ck_assert_int_eq(dataplane_null_new(event, &d), 0);
}

static void teardown(void)
{
	workers_free(workers);
	dataplane_free(d);
	fdstore_free(fds);
	sd_event_unref(event);
	ck_assert(px_peer < 0 || px_is_closed());
	if (px_peer >= 0)
		close(px_peer);
	if (stub >= 0)
		close(stub);
}

static const char letters[] = {
	[L2TP_CMD_TUNNEL_CREATE] = 'T', [L2TP_CMD_TUNNEL_DELETE] = 't', [L2TP_CMD_TUNNEL_GET] = 'g',
	[L2TP_CMD_SESSION_CREATE] = 'S', [L2TP_CMD_SESSION_DELETE] = 's', [L2TP_CMD_SESSION_MODIFY] = 'm',
	[L2TP_CMD_SESSION_GET] = 'G',
};

static bool is_deletion(uint8_t command)
{
	return command == L2TP_CMD_TUNNEL_DELETE || command == L2TP_CMD_SESSION_DELETE;
}

#define TURN_USEC 5000
#define PATIENCE 2000 /* turns without anything that happens: a worker may not be let run for long */
#define IDLE 3

/* Play the kernel until nothing happens any more: for so many turns, or fewer if there is an answer. */
static void play_for(struct answer *a, int err, int delete_err, int turns)
{
	struct nl_request r;
	size_t n = 0;

	memset(asked, 0, sizeof(asked));
	for (int idle = 0; idle < (!a || a->done ? IDLE : turns); idle++) {
		while (stub_next(&r)) {
			uint8_t command = stub_command(&r);

			if (n == 0)
				first = r;
			asked[n++] = letters[command];
			stub_ack(stub_header(&r)->nlmsg_seq, is_deletion(command) ? delete_err : err, NULL);
			idle = 0;
		}
		sd_event_run(event, a && a->done ? 0 : TURN_USEC);
	}
}

static void play(struct answer *a, int err, int delete_err)
{
	play_for(a, err, delete_err, PATIENCE);
}

static void play_unanswered(struct answer *a, int err, int delete_err)
{
	play_for(a, err, delete_err, IDLE);
}

static const struct dataplane_tunnel tunnel = { 11, 12, 2 };
static const struct dataplane_session session = { 11, 12, 21, 22, 2, true, true, false, true, 40 };
static const struct fd_name px_name = { 11, 21 };

/* ---- Creating and failing -------------------------------------------------------------------------------------- */

static const struct create_case {
	const char *name;
	bool is_tunnel;
	int open_err, create_err, connect_err, delete_err; /* what the kernel says */
	const char *asked;
	int err;
	const char *text; /* a part of it */
} create_cases[] = {
	{ "tunnel", true, 0, 0, 0, 0, "T", 0, "" },
	{ "tunnel id used", true, 0, -EEXIST, 0, 0, "T", -EEXIST, "in use" },
	{ "socket used", true, 0, -EBUSY, 0, 0, "T", -EBUSY, "TUNNEL_CREATE" },
	{ "no right", true, 0, -EPERM, 0, 0, "T", -EPERM, "CAP_NET_ADMIN" },
	{ "strange error", true, 0, -ENOMEM, 0, -ENODEV, "Tt", -ENOMEM, "TUNNEL_CREATE: Cannot allocate" },
	{ "strange error, tunnel there", true, 0, -ENOBUFS, 0, 0, "Tt", -ENOBUFS, "TUNNEL_CREATE" },
	{ "strange error, stuck", true, 0, -ENOBUFS, 0, -EIO, "Tt", -ENOBUFS, "left in the kernel failed as well: Input/output" },
	{ "session", false, 0, 0, 0, 0, "S", 0, "" },
	{ "session id used", false, 0, -EEXIST, 0, 0, "S", -EEXIST, "in use" },
	{ "no tunnel", false, 0, -ENODEV, 0, 0, "S", -ENODEV, "SESSION_CREATE" },
	{ "no l2tp_ppp", false, 0, -EPROTONOSUPPORT, 0, 0, "S", -EPROTONOSUPPORT, "l2tp_ppp" },
	{ "strange error, session there", false, 0, -ENOBUFS, 0, 0, "Ss", -ENOBUFS, "SESSION_CREATE" },
	{ "taken", false, 0, 0, -EEXIST, 0, "Ss", -EEXIST, "attack" },
	{ "taken, stuck", false, 0, 0, -EEXIST, -EPERM, "Ss", -EEXIST, "failed as well" },
	{ "tunnel just gone", false, 0, 0, -ENOENT, -ENODEV, "Ss", -ENOENT, "pppox socket" },
	{ "no pppox", false, -EAFNOSUPPORT, 0, 0, 0, "", -EAFNOSUPPORT, "module pppox" },
	{ "no file", false, -EMFILE, 0, 0, 0, "", -EMFILE, "pppox socket: Too many open files" },
};

START_TEST(create)
{
	const struct create_case *c = &create_cases[_i];
	struct answer a = { 0 };

	px_open_err = c->open_err;
	px_connect_err = c->connect_err;
	if (c->is_tunnel)
		d->class->tunnel_add(d, &tunnel, on_done, &a);
	else
		d->class->session_add(d, &session, on_done, &a);
	ck_assert_msg(a.done == 0, "%s: answered from within", c->name);
	play(&a, c->create_err, c->delete_err);
	ck_assert_msg(a.done == 1, "%s: %u answers", c->name, a.done);
	ck_assert_msg(a.err == c->err, "%s: %d", c->name, a.err);
	ck_assert_msg(!strcmp(asked, c->asked), "%s: asked %s", c->name, asked);
	ck_assert_msg(strstr(a.text, c->text) && !a.text[0] == !a.err, "%s: %s", c->name, a.text);
	ck_assert_int_eq(fdstore_get(fds, px_name) >= 0, !c->is_tunnel && !c->err);
	ck_assert(!c->err || px_peer < 0 || px_is_closed_in(1000));
}
END_TEST

static const struct {
	const char *name;
	struct dataplane_session s;
} bad_sessions[] = {
	{ "tunnel 0", { 0, 1, 1, 1, .version = 2 } },      { "peer tunnel 0", { 1, 0, 1, 1, .version = 2 } },
	{ "session 0", { 1, 1, 0, 1, .version = 2 } },     { "peer session 0", { 1, 1, 1, 0, .version = 2 } },
	{ "large id", { 1, 1, 65536, 1, .version = 2 } },  { "large peer id", { 1, 1, 1, 1U << 31, .version = 2 } },
	{ "no version", { 1, 1, 1, 1, .version = 0 } },    { "version 4", { 1, 1, 1, 1, .version = 4 } },
	{ "large tunnel id", { 1U << 16, 1, 1, 1, .version = 2 } },
};

START_TEST(refused_here)
{
	const struct dataplane_session *s = &bad_sessions[_i].s;
	const struct dataplane_tunnel t = { s->tunnel_id, s->peer_tunnel_id, s->version }, no_fd = { 7, 1, 2 };
	struct answer a = { 0 };

	d->class->session_add(d, s, on_done, &a);
	play(&a, 0, 0);
	ck_assert_msg(a.done == 1 && a.err == -EINVAL && a.text[0] && !asked[0], "%s", bad_sessions[_i].name);
	d->class->session_set(d, s, on_done, &a);
	play(&a, 0, 0);
	ck_assert_msg(a.done == 2 && a.err == -EINVAL && a.text[0] && !asked[0], "%s", bad_sessions[_i].name);
	if (!s->tunnel_id || !s->peer_tunnel_id || s->version != 2 || s->tunnel_id > UINT16_MAX) {
		d->class->tunnel_add(d, &t, on_done, &a);
		play(&a, 0, 0);
		ck_assert_msg(a.done == 3 && a.err == -EINVAL && a.text[0] && !asked[0], "%s", bad_sessions[_i].name);
	}
	d->class->tunnel_add(d, &no_fd, on_done, &a);
	play(&a, 0, 0);
	ck_assert_int_eq(a.err, -EBADF);
	ck_assert_str_eq(asked, "");
}
END_TEST

/* ---- Attributes ------------------------------------------------------------------------------------------------ */

struct expected {
	uint16_t type, len;
	uint64_t value;
};

static const struct expected tunnel_attributes[] = {
	{ L2TP_ATTR_CONN_ID, 4, 11 },      { L2TP_ATTR_PEER_CONN_ID, 4, 12 },
	{ L2TP_ATTR_PROTO_VERSION, 1, 2 }, { L2TP_ATTR_ENCAP_TYPE, 2, L2TP_ENCAPTYPE_UDP },
	{ L2TP_ATTR_FD, 4, 0 /* tunnel_fd */ },
};

static const struct expected session_attributes[] = {
	{ L2TP_ATTR_CONN_ID, 4, 11 },         { L2TP_ATTR_SESSION_ID, 4, 21 },
	{ L2TP_ATTR_PEER_SESSION_ID, 4, 22 }, { L2TP_ATTR_PW_TYPE, 2, L2TP_PWTYPE_PPP },
	{ L2TP_ATTR_LNS_MODE, 1, 1 },         { L2TP_ATTR_SEND_SEQ, 1, 0 },
	{ L2TP_ATTR_RECV_SEQ, 1, 1 },         { L2TP_ATTR_RECV_TIMEOUT, 8, 40 },
};

static void check_attributes(const struct expected *e, size_t n)
{
	const struct nlattr *attr;
	size_t count = 0;

	mnl_attr_for_each(attr, stub_header(&first), sizeof(struct genlmsghdr)) {
		uint64_t v = 0;

		ck_assert_uint_lt(count, n);
		ck_assert_uint_eq(mnl_attr_get_type(attr), e[count].type);
		ck_assert_uint_eq(mnl_attr_get_payload_len(attr), e[count].len);
		memcpy(&v, mnl_attr_get_payload(attr), e[count].len); /* the machines we test on are little-endian */
		ck_assert_uint_eq(v, e[count].type == L2TP_ATTR_FD ? (uint64_t)tunnel_fd : e[count].value);
		count++;
	}
	ck_assert_uint_eq(count, n);
}

START_TEST(attributes)
{
	struct answer a = { 0 }, deleted = { 0 };

	d->class->tunnel_add(d, &tunnel, on_done, &a);
	play(&a, 0, 0);
	check_attributes(tunnel_attributes, COUNT(tunnel_attributes));
	d->class->session_add(d, &session, on_done, &a);
	play(&a, 0, 0);
	check_attributes(session_attributes, COUNT(session_attributes));
	d->class->session_set(d, &session, on_done, &a);
	play(&a, 0, 0);
	ck_assert_str_eq(asked, "m");
	check_attributes(session_attributes, COUNT(session_attributes));
	d->class->session_del(d, 11, 21, on_done, &deleted);
	play(&deleted, 0, 0);
	check_attributes(session_attributes, 2);
	d->class->tunnel_del(d, 11, on_done, &a);
	play(&a, 0, 0);
	check_attributes(tunnel_attributes, 1);
	ck_assert(a.done == 4 && deleted.done == 1);
}
END_TEST

static void put_px(void)
{
	must(fdstore_put(fds, px_name, pppox_open()) == 0);
}

/* ---- Deleting -------------------------------------------------------------------------------------------------- */

static const struct {
	int kernel, err;
} deletions[] = { { 0, 0 }, { -ENODEV, 0 }, { -ENOENT, 0 }, { -EPERM, -EPERM }, { -EIO, -EIO } };

START_TEST(deletion)
{
	struct answer a[3] = { 0 };

	d->class->tunnel_del(d, 11, on_done, &a[0]);
	play(&a[0], 0, deletions[_i].kernel);
	ck_assert_str_eq(asked, "t");
	d->class->session_del(d, 11, 21, on_done, &a[1]);
	play(&a[1], 0, deletions[_i].kernel);
	ck_assert_str_eq(asked, "s");
	put_px();
	d->class->session_del(d, 11, 21, on_done, &a[2]);
	play(&a[2], 0, deletions[_i].kernel);
	ck_assert_str_eq(asked, "s");
	ck_assert(px_is_closed());
	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(a[i].done, 1);
		ck_assert_int_eq(a[i].err, deletions[_i].err);
		ck_assert(!a[i].text[0] == !a[i].err);
	}
}
END_TEST

static int wait_for_byte(void *ctx)
{
	char c;

	return (int)read(*(int *)ctx, &c, 1);
}

/* The pppox socket is closed by a worker, and only then is the kernel asked. */
START_TEST(px_is_closed_by_a_worker)
{
	struct answer a = { 0 };
	int gate[2];

	ck_assert_int_eq(pipe(gate), 0);
	ck_assert_int_eq(workers_submit(workers, wait_for_byte, NULL, &gate[0]), 0); /* the only worker is busy */
	put_px();
	d->class->session_del(d, 11, 21, on_done, &a);
	play_unanswered(&a, 0, 0);
	ck_assert_uint_eq(a.done, 0);
	ck_assert_str_eq(asked, "");
	ck_assert(!px_is_closed());
	ck_assert_int_eq(write(gate[1], "", 1), 1);
	play(&a, 0, -ENODEV);
	ck_assert_uint_eq(a.done, 1);
	ck_assert_int_eq(a.err, 0);
	ck_assert_str_eq(asked, "s");
	ck_assert(px_is_closed());
	close(gate[0]);
	close(gate[1]);
}
END_TEST

/* ---- Counters -------------------------------------------------------------------------------------------------- */

START_TEST(counters)
{
	static const uint16_t types[] = { L2TP_ATTR_TX_PACKETS, L2TP_ATTR_TX_BYTES,  L2TP_ATTR_TX_ERRORS,
					  L2TP_ATTR_RX_PACKETS, L2TP_ATTR_RX_BYTES, L2TP_ATTR_RX_ERRORS };
	struct answer a = { 0 };
	struct nl_request r, buf;
	struct nlmsghdr *nlh;
	struct nlattr *nest;

	d->class->session_stats(d, 11, 21, on_stats, &a);
	ck_assert(stub_next(&r));
	ck_assert_uint_eq(stub_command(&r), L2TP_CMD_SESSION_GET);
	nlh = mnl_nlmsg_put_header(buf.bytes);
	nlh->nlmsg_type = STUB_FAMILY;
	nlh->nlmsg_seq = stub_header(&r)->nlmsg_seq;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u32(nlh, L2TP_ATTR_CONN_ID, 11);
	nest = mnl_attr_nest_start(nlh, L2TP_ATTR_STATS);
	for (size_t i = 0; i < COUNT(types); i++)
		mnl_attr_put_u64(nlh, types[i], ((uint64_t)1 << 40) + i);
	mnl_attr_put_u64(nlh, L2TP_ATTR_RX_INVALID, 99);
	mnl_attr_nest_end(nlh, nest);
	stub_send(nlh);
	stub_ack(nlh->nlmsg_seq, 0, NULL);
	play(&a, 0, 0);
	ck_assert_uint_eq(a.done, 1);
	ck_assert_int_eq(a.err, 0);
	const uint64_t got[] = { a.stats.tx_packets, a.stats.tx_bytes, a.stats.tx_errors,
				 a.stats.rx_packets, a.stats.rx_bytes, a.stats.rx_errors };
	for (size_t i = 0; i < COUNT(got); i++)
		ck_assert_uint_eq(got[i], ((uint64_t)1 << 40) + i);

	d->class->tunnel_stats(d, 11, on_stats, &a);
	play(&a, -ENODEV, 0);
	ck_assert_uint_eq(a.done, 2);
	ck_assert_int_eq(a.err, -ENODEV);
	ck_assert_str_eq(asked, "g");
	ck_assert_uint_eq(a.stats.rx_packets, 0);
}
END_TEST

/* ---- The pppox ------------------------------------------------------------------------------------------------- */

/* Nobody wants to attach PPP: the kernel's session alone. */
START_TEST(session_without_pppox)
{
	struct dataplane_session s = session;
	struct answer a = { 0 };

	s.pppox = false;
	d->class->session_add(d, &s, on_done, &a);
	play(&a, 0, 0);
	ck_assert(a.done == 1 && !a.err);
	ck_assert_str_eq(asked, "S");
	ck_assert(px_opens == 0 && px_connects == 0 && fdstore_get(fds, px_name) < 0);
	d->class->session_del(d, 11, 21, on_done, &a);
	play(&a, 0, 0);
	ck_assert(a.done == 2 && !a.err);
	ck_assert_str_eq(asked, "s");
}
END_TEST

/* It is there before the kernel is asked for the session, and connected as soon as the kernel has answered: nobody else
 * can connect in between. */
START_TEST(pppox_is_connected_at_once)
{
	struct answer a = { 0 };

	d->class->session_add(d, &session, on_done, &a);
	ck_assert(px_opens == 1 && fdstore_get(fds, px_name) >= 0 && px_connects == 0);
	play(&a, 0, 0);
	ck_assert(a.done == 1 && px_opens == 1 && px_connects == 1);
}
END_TEST

/* A session of these ids has one: what it has is left alone. */
START_TEST(pppox_is_there_already)
{
	struct answer a = { 0 };
	int fd;

	put_px();
	fd = fdstore_get(fds, px_name);
	d->class->session_add(d, &session, on_done, &a);
	ck_assert_uint_eq(a.done, 0);
	play(&a, 0, 0);
	ck_assert(a.done == 1 && a.err == -EEXIST && strstr(a.text, "in use"));
	ck_assert_str_eq(asked, "");
	ck_assert_int_eq(fdstore_get(fds, px_name), fd);
}
END_TEST

/* The tunnel goes while a worker still closes its session's pppox; both ids are asked for anew meanwhile. */
START_TEST(tunnel_goes_before_its_pppox)
{
	struct answer a = { 0 }, again = { 0 }, t = { 0 };
	int gate[2], fd, next;

	ck_assert_int_eq(pipe(gate), 0);
	ck_assert_int_eq(workers_submit(workers, wait_for_byte, NULL, &gate[0]), 0); /* the only worker is busy */
	put_px();
	fd = fdstore_get(fds, px_name);
	d->class->session_del(d, 11, 21, on_done, &a);
	d->class->tunnel_del(d, 11, on_done, &t);
	ck_assert(!fdstore_close(fds, (struct fd_name){ 11, 0 }, NULL, NULL));
	play(&t, 0, 0);
	ck_assert(t.done == 1 && a.done == 0);
	ck_assert_str_eq(asked, "t");

	d->class->session_add(d, &session, on_done, &again);
	play(&again, 0, 0);
	next = fdstore_get(fds, px_name);
	ck_assert(again.done == 1 && !again.err && next >= 0 && next != fd);
	ck_assert_int_eq(write(gate[1], "", 1), 1);
	play(&a, 0, -ENODEV);
	ck_assert(a.done == 1 && !a.err);
	ck_assert_int_eq(fdstore_get(fds, px_name), next);
	ck_assert(!px_is_closed()); /* that of the next one */
	close(gate[0]);
	close(gate[1]);
}
END_TEST

/* ---- Both kinds ------------------------------------------------------------------------------------------------ */

#define ALL_REQUESTS 7

static void ask(unsigned which, struct answer *a)
{
	switch (which) {
	case 0:
		d->class->tunnel_add(d, &tunnel, on_done, a);
		break;
	case 1:
		d->class->tunnel_del(d, 11, on_done, a);
		break;
	case 2:
		d->class->tunnel_stats(d, 11, on_stats, a);
		break;
	case 3:
		d->class->session_add(d, &session, on_done, a);
		break;
	case 4:
		d->class->session_set(d, &session, on_done, a);
		break;
	case 5:
		d->class->session_del(d, 11, 21, on_done, a);
		break;
	case 6:
		d->class->session_stats(d, 11, 21, on_stats, a);
		break;
	}
}

START_TEST(null_succeeds)
{
	struct answer a[ALL_REQUESTS] = { 0 };

	for (unsigned i = 0; i < ALL_REQUESTS; i++) {
		ask(i, &a[i]);
		ck_assert_uint_eq(a[i].done, 0);
	}
	while (sd_event_run(event, 0) > 0)
		;
	for (unsigned i = 0; i < ALL_REQUESTS; i++) {
		ck_assert_uint_eq(a[i].done, 1);
		ck_assert_int_eq(a[i].err, 0);
	}
}
END_TEST

/* Whatever allocation fails, there is one answer. */
START_TEST(no_memory)
{
	for (unsigned i = 0; i < ALL_REQUESTS; i++) {
		for (int n = 1; n < 5; n++) {
			struct answer a = { 0 };

			if (stub >= 0 && i == 5)
				put_px();
			oom_at = n;
			ask(i, &a);
			play(stub >= 0 ? &a : NULL, 0, 0);
			oom_at = 0;
			ck_assert_msg(a.done == 1, "request %u, allocation %d: %u answers", i, n, a.done);
			ck_assert_msg(a.err == 0 || a.err == -ENOMEM, "request %u, allocation %d: %d", i, n, a.err);
			ck_assert(n > 1 || a.err == -ENOMEM);
			ck_assert_int_eq(fdstore_get(fds, px_name) >= 0, stub >= 0 && i == 3 && !a.err);
			(void)fdstore_close(fds, px_name, NULL, NULL);
			ck_assert(px_peer < 0 || px_is_closed_in(1000));
		}
	}
}
END_TEST

START_TEST(freed_while_open)
{
	struct answer a[ALL_REQUESTS] = { 0 };
	int others[8];

	for (unsigned i = 0; i < ALL_REQUESTS; i++)
		ask(i, &a[i]);
	workers_free(workers);
	workers = NULL;
	for (size_t i = 0; i < COUNT(others); i++) /* take the numbers that the worker has closed */
		others[i] = dup(STDIN_FILENO);
	dataplane_free(d);
	d = NULL;
	fdstore_free(fds);
	fds = NULL;
	for (size_t i = 0; i < COUNT(others); i++)
		ck_assert_int_eq(close(others[i]), 0);
	ck_assert(stub < 0 || px_is_closed());
	for (unsigned i = 0; i < ALL_REQUESTS; i++)
		ck_assert_uint_eq(a[i].done, 0);
}
END_TEST

START_TEST(cannot_be_made)
{
	struct dataplane *none = NULL;
	char *why = NULL;

	check_err = -EPERM;
	ck_assert_int_eq(dataplane_kernel_new(event, fds, &none, &why), -EPERM);
	ck_assert_str_eq(why, ALL_SAID);
	free(why);
	check_err = 0;
	for (int n = 1; n <= 3; n++) {
		why = NULL;
		oom_at = n;
		ck_assert_int_eq(dataplane_kernel_new(event, fds, &none, &why), -ENOMEM);
		oom_at = 0;
		ck_assert(why && strstr(why, "memory"));
		free(why);
	}
	for (int n = 1; n <= 2; n++) {
		oom_at = n;
		ck_assert_int_eq(dataplane_null_new(event, &none), -ENOMEM);
		oom_at = 0;
	}
	ck_assert_ptr_null(none);
	dataplane_free(NULL);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("dataplane");
	TCase *kernel = tcase_create("kernel"), *null = tcase_create("null");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(kernel, setup, teardown);
	tcase_add_loop_test(kernel, create, 0, COUNT(create_cases));
	tcase_add_loop_test(kernel, refused_here, 0, COUNT(bad_sessions));
	tcase_add_test(kernel, attributes);
	tcase_add_loop_test(kernel, deletion, 0, COUNT(deletions));
	tcase_add_test(kernel, px_is_closed_by_a_worker);
	tcase_add_test(kernel, session_without_pppox);
	tcase_add_test(kernel, pppox_is_connected_at_once);
	tcase_add_test(kernel, pppox_is_there_already);
	tcase_add_test(kernel, tunnel_goes_before_its_pppox);
	tcase_add_test(kernel, counters);
	tcase_add_test(kernel, no_memory);
	tcase_add_test(kernel, freed_while_open);
	tcase_add_test(kernel, cannot_be_made);
	suite_add_tcase(s, kernel);
	tcase_add_checked_fixture(null, setup_null, teardown);
	tcase_add_test(null, null_succeeds);
	tcase_add_test(null, no_memory);
	tcase_add_test(null, freed_while_open);
	suite_add_tcase(s, null);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
