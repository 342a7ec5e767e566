/* SPDX-License-Identifier: MIT */
/*
 * nl and genl: frames as pure functions, transactions against a kernel played by the test.
 * Linked with --wrap=malloc,calloc,realloc,recvfrom.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "kernel/genl.h"
#include "oom.h"
#include "stub_kernel.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- Frames ---------------------------------------------------------------------------------------------------- */

struct seen {
	unsigned count;
	struct nl_frame last;
};

static void see(void *ctx, const struct nl_frame *f)
{
	struct seen *s = ctx;

	s->count++;
	s->last = *f;
}

/* From a block of just this size, so that a read beyond it is noticed. */
static struct seen parse(const void *bytes, size_t len)
{
	void *copy = malloc(len ? len : 1);
	struct seen s = { 0 };

	memcpy(copy, bytes, len);
	nl_frames(copy, len, see, &s);
	free(copy);
	return s;
}

static struct nlmsghdr *ack_plain(void *buf)
{
	return put_ack(buf, 7, 0, NULL);
}

static struct nlmsghdr *ack_error(void *buf)
{
	return put_ack(buf, 7, -ENODEV, NULL);
}

static struct nlmsghdr *ack_text(void *buf)
{
	return put_ack(buf, 7, -EINVAL, "no such thing");
}

/* Without NETLINK_CAP_ACK the whole request comes back before the attributes. */
static struct nlmsghdr *ack_uncapped(void *buf)
{
	struct nlmsghdr *nlh = put_ack(buf, 7, -EINVAL, NULL);
	struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

	e->msg.nlmsg_len = NLMSG_HDRLEN + 6; /* padded to 8 */
	memset(mnl_nlmsg_get_payload_tail(nlh), 0x41, 8);
	nlh->nlmsg_len += 8;
	nlh->nlmsg_flags = NLM_F_ACK_TLVS;
	mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, "no such thing");
	return nlh;
}

static struct nlmsghdr *ack_text_unterminated(void *buf)
{
	struct nlmsghdr *nlh = put_ack(buf, 7, -EINVAL, NULL);

	nlh->nlmsg_flags |= NLM_F_ACK_TLVS;
	mnl_attr_put(nlh, NLMSGERR_ATTR_MSG, 13, "no such thing");
	return nlh;
}

static struct nlmsghdr *ack_other_attribute(void *buf)
{
	struct nlmsghdr *nlh = put_ack(buf, 7, -EINVAL, NULL);

	nlh->nlmsg_flags |= NLM_F_ACK_TLVS;
	mnl_attr_put_u32(nlh, NLMSGERR_ATTR_OFFS, 12);
	mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, "no such thing");
	return nlh;
}

/* The echoed request claims to be longer than the frame. */
static struct nlmsghdr *ack_lying(void *buf)
{
	struct nlmsghdr *nlh = put_ack(buf, 7, -EINVAL, "no such thing");

	nlh->nlmsg_flags = NLM_F_ACK_TLVS;
	((struct nlmsgerr *)mnl_nlmsg_get_payload(nlh))->msg.nlmsg_len = 0xfffffff0;
	return nlh;
}

static struct nlmsghdr *ack_short(void *buf)
{
	struct nlmsghdr *nlh = put_ack(buf, 7, -EINVAL, NULL);

	nlh->nlmsg_len = NLMSG_HDRLEN + 4;
	return nlh;
}

static struct nlmsghdr *ack_positive(void *buf)
{
	return put_ack(buf, 7, 5, NULL);
}

static struct nlmsghdr *done_error(void *buf)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = NLMSG_DONE;
	nlh->nlmsg_seq = 7;
	*(int *)mnl_nlmsg_put_extra_header(nlh, sizeof(int)) = -EINTR;
	return nlh;
}

static struct nlmsghdr *done_empty(void *buf)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = NLMSG_DONE;
	nlh->nlmsg_seq = 7;
	return nlh;
}

static struct nlmsghdr *part(void *buf)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = STUB_FAMILY;
	nlh->nlmsg_seq = 7;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct genlmsghdr));
	mnl_attr_put_u32(nlh, 9, 1234);
	return nlh;
}

static const struct frame_case {
	const char *name;
	struct nlmsghdr *(*make)(void *buf);
	bool final;
	int err;
	const char *text;
} frame_cases[] = {
	{ "acknowledgement", ack_plain, true, 0, "" },
	{ "error", ack_error, true, -ENODEV, "" },
	{ "error with text", ack_text, true, -EINVAL, "no such thing" },
	{ "text after the request", ack_uncapped, true, -EINVAL, "no such thing" },
	{ "text without end", ack_text_unterminated, true, -EINVAL, "no such thing" },
	{ "text after another attribute", ack_other_attribute, true, -EINVAL, "no such thing" },
	{ "wrong length inside", ack_lying, true, -EINVAL, "" },
	{ "cut error", ack_short, true, -EBADMSG, "" },
	{ "error that is none", ack_positive, true, -EBADMSG, "" },
	{ "end of dump", done_error, true, -EINTR, "" },
	{ "bare end of dump", done_empty, true, 0, "" },
	{ "part of an answer", part, false, 0, "" },
};

START_TEST(frame)
{
	const struct frame_case *c = &frame_cases[_i];
	struct nl_request buf = { 0 };
	struct nlmsghdr *nlh = c->make(buf.bytes);
	struct seen s = parse(nlh, nlh->nlmsg_len);

	ck_assert_msg(s.count == 1, "%s", c->name);
	ck_assert_uint_eq(s.last.seq, 7);
	ck_assert_msg(s.last.final == c->final && s.last.err == c->err, "%s: %d", c->name, s.last.err);
	ck_assert_str_eq(s.last.text, c->text);
	ck_assert((s.last.reply != NULL) == !c->final);

	for (size_t len = 0; len < nlh->nlmsg_len; len++)
		ck_assert_msg(parse(nlh, len).count == 0, "%s cut to %zu", c->name, len);
	/* Cut, and honest about it. */
	for (uint32_t len = nlh->nlmsg_len; len-- > NLMSG_HDRLEN;) {
		nlh->nlmsg_len = len;
		s = parse(nlh, len);
		ck_assert_uint_eq(s.count, 1);
	}
}
END_TEST

START_TEST(frames_in_one_buffer)
{
	_Alignas(4) uint8_t buf[4096];
	size_t len = 0;
	struct seen s;

	for (size_t i = 0; i < COUNT(frame_cases); i++) {
		struct nlmsghdr *nlh = frame_cases[i].make(buf + len);

		len += MNL_ALIGN(nlh->nlmsg_len);
	}
	s = parse(buf, len);
	ck_assert_uint_eq(s.count, COUNT(frame_cases));
	for (size_t cut = 0; cut < len; cut++)
		ck_assert_uint_lt(parse(buf, cut).count, COUNT(frame_cases));
}
END_TEST

START_TEST(text_is_cut)
{
	char text[300], buf[1024];
	struct nlmsghdr *nlh;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	nlh = put_ack(buf, 7, -EINVAL, text);
	ck_assert_uint_eq(strlen(parse(nlh, nlh->nlmsg_len).last.text), NL_TEXT_MAX - 1);
}
END_TEST

START_TEST(random_damage)
{
	unsigned seed = (unsigned)time(NULL);

	printf("genl: seed %u\n", seed);
	srandom(seed);
	for (int round = 0; round < 20000; round++) {
		struct nl_request buf = { 0 };
		struct nlmsghdr *nlh = frame_cases[(size_t)random() % COUNT(frame_cases)].make(buf.bytes);
		size_t len = nlh->nlmsg_len;

		for (int n = 0; n < 3; n++)
			buf.bytes[(size_t)random() % len] = (uint8_t)random();
		parse(buf.bytes, len);
	}
}
END_TEST

/* ---- Transactions ---------------------------------------------------------------------------------------------- */

static int lose_answers; /* the next so many recvfrom() say ENOBUFS */

ssize_t __real_recvfrom(int fd, void *buf, size_t size, int flags, struct sockaddr *from, socklen_t *len);
ssize_t __wrap_recvfrom(int fd, void *buf, size_t size, int flags, struct sockaddr *from, socklen_t *len);

ssize_t __wrap_recvfrom(int fd, void *buf, size_t size, int flags, struct sockaddr *from, socklen_t *len)
{
	if (lose_answers > 0 && lose_answers--) {
		errno = ENOBUFS;
		return -1;
	}
	return __real_recvfrom(fd, buf, size, flags, from, len);
}

static sd_event *event;
static struct genl *genl;

static void setup_with(uint64_t timeout)
{
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(genl_attach(event, stub_open(), STUB_FAMILY, timeout, &genl), 0);
}

static void setup(void)
{
	setup_with(GENL_TIMEOUT);
}

static void teardown(void)
{
	genl_free(genl);
	sd_event_unref(event);
	close(stub);
}

struct answer {
	unsigned done, order;
	int err;
	char text[NL_TEXT_MAX];
	unsigned replies;
	uint32_t value;
	unsigned again; /* submit so many more from within done */
};

static unsigned answered;

static void on_done(void *ctx, int err, const char *text);

static int submit(struct answer *a)
{
	struct nl_request buf;
	struct nlmsghdr *nlh = genl_begin(genl, 3, &buf);

	mnl_attr_put_u32(nlh, 9, a->value);
	return genl_submit(genl, nlh, NULL, on_done, a);
}

static void on_done(void *ctx, int err, const char *text)
{
	struct answer *a = ctx;

	a->done++;
	a->order = answered++;
	a->err = err;
	snprintf(a->text, sizeof(a->text), "%s", text ? text : "");
	if (a->again > 0) {
		a->again--;
		ck_assert_int_eq(submit(a), 0);
	}
}

static int find_value(const struct nlattr *attr, void *ctx)
{
	((struct answer *)ctx)->value = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static void on_reply(void *ctx, const struct nlmsghdr *reply)
{
	struct answer *a = ctx;

	ck_assert_uint_eq(a->done, 0);
	a->replies++;
	mnl_attr_parse(reply, sizeof(struct genlmsghdr), find_value, a);
}

static void turn(void)
{
	while (sd_event_run(event, 0) > 0)
		;
}

START_TEST(request_and_answer)
{
	struct answer a = { .value = 42 };
	struct nl_request r;

	ck_assert_int_eq(submit(&a), 0);
	ck_assert_uint_eq(a.done, 0);
	ck_assert(stub_next(&r));
	ck_assert_uint_eq(stub_header(&r)->nlmsg_type, STUB_FAMILY);
	ck_assert_uint_eq(stub_header(&r)->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	ck_assert_uint_eq(stub_command(&r), 3);
	ck_assert(!stub_next(&r));
	turn();
	ck_assert_uint_eq(a.done, 0);
	stub_ack(stub_header(&r)->nlmsg_seq, -EEXIST, "taken");
	stub_ack(stub_header(&r)->nlmsg_seq, 0, NULL); /* once is enough */
	stub_ack(999, 0, NULL);                         /* nobody's */
	turn();
	ck_assert_uint_eq(a.done, 1);
	ck_assert_int_eq(a.err, -EEXIST);
	ck_assert_str_eq(a.text, "taken");
}
END_TEST

START_TEST(reply_before_acknowledgement)
{
	struct answer a = { 0 };
	struct nl_request r, buf;
	struct nlmsghdr *nlh;

	ck_assert_int_eq(genl_submit(genl, genl_begin(genl, 4, &buf), on_reply, on_done, &a), 0);
	ck_assert(stub_next(&r));
	nlh = part(buf.bytes);
	nlh->nlmsg_seq = stub_header(&r)->nlmsg_seq;
	stub_send(nlh);
	stub_ack(nlh->nlmsg_seq, 0, NULL);
	stub_send(nlh); /* too late */
	turn();
	ck_assert_uint_eq(a.replies, 1);
	ck_assert_uint_eq(a.value, 1234);
	ck_assert_uint_eq(a.done, 1);
	ck_assert_int_eq(a.err, 0);
}
END_TEST

START_TEST(any_order)
{
	struct answer a[3] = { 0 };
	struct nl_request r[3];

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(submit(&a[i]), 0);
		ck_assert(stub_next(&r[i]));
	}
	stub_ack(stub_header(&r[2])->nlmsg_seq, -3, NULL);
	stub_ack(stub_header(&r[0])->nlmsg_seq, -1, NULL);
	stub_ack(stub_header(&r[1])->nlmsg_seq, -2, NULL);
	turn();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(a[i].err, -1 - i);
}
END_TEST

/* What the kernel has not answered is bounded; the rest waits, in order. */
START_TEST(bounded)
{
	static struct answer a[5 * GENL_IN_FLIGHT_MAX];
	struct nl_request r;
	unsigned sent = 0, outstanding = 0;

	answered = 0;
	for (unsigned i = 0; i < COUNT(a); i++) {
		a[i] = (struct answer){ .value = i };
		ck_assert_int_eq(submit(&a[i]), 0);
	}
	while (sent < COUNT(a)) {
		for (outstanding = 0; stub_next(&r); outstanding++, sent++)
			stub_ack(stub_header(&r)->nlmsg_seq, 0, NULL);
		ck_assert_uint_gt(outstanding, 0);
		ck_assert_uint_le(outstanding, GENL_IN_FLIGHT_MAX);
		turn();
	}
	for (unsigned i = 0; i < COUNT(a); i++) {
		ck_assert_uint_eq(a[i].done, 1);
		ck_assert_uint_eq(a[i].order, i);
	}
}
END_TEST

START_TEST(submit_from_done)
{
	struct answer a = { .again = 3 };
	struct nl_request r;

	ck_assert_int_eq(submit(&a), 0);
	for (int i = 0; i < 4; i++) {
		ck_assert(stub_next(&r));
		stub_ack(stub_header(&r)->nlmsg_seq, 0, NULL);
		turn();
	}
	ck_assert_uint_eq(a.done, 4);
	ck_assert(!stub_next(&r));
}
END_TEST

START_TEST(timeout)
{
	static struct answer a[GENL_IN_FLIGHT_MAX + 1];
	struct nl_request r;

	genl_free(genl);
	close(stub);
	ck_assert_int_eq(genl_attach(event, stub_open(), STUB_FAMILY, 1000, &genl), 0);
	for (size_t i = 0; i < COUNT(a); i++) {
		a[i] = (struct answer){ 0 };
		ck_assert_int_eq(submit(&a[i]), 0);
	}
	for (int i = 0; i < 50 && !a[GENL_IN_FLIGHT_MAX].done; i++)
		sd_event_run(event, 20000);
	for (size_t i = 0; i < COUNT(a); i++) { /* the queued one had its turn too */
		ck_assert_uint_eq(a[i].done, 1);
		ck_assert_int_eq(a[i].err, -ETIMEDOUT);
	}
	ck_assert(stub_next(&r));
	stub_ack(stub_header(&r)->nlmsg_seq, 0, NULL); /* too late */
	turn();
	ck_assert_uint_eq(a[0].done, 1);
}
END_TEST

/* The receive buffer has overflown: what is still there counts, what is not is lost. */
START_TEST(overrun)
{
	struct answer a[3] = { 0 };
	struct nl_request r[3];

	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(submit(&a[i]), 0);
		ck_assert(stub_next(&r[i]));
	}
	stub_ack(stub_header(&r[1])->nlmsg_seq, 0, NULL);
	a[0].again = 1; /* sent while the losses are told: none of them */
	lose_answers = 1;
	turn();
	ck_assert_int_eq(a[0].err, -ENOBUFS);
	ck_assert_int_eq(a[1].err, 0);
	ck_assert_int_eq(a[2].err, -ENOBUFS);
	ck_assert_uint_eq(a[0].done + a[1].done + a[2].done, 3);
	ck_assert(stub_next(&r[0]));
	stub_ack(stub_header(&r[0])->nlmsg_seq, 0, NULL);
	turn();
	ck_assert_uint_eq(a[0].done, 2);
	ck_assert_int_eq(a[0].err, 0);
}
END_TEST

START_TEST(cannot_send)
{
	static struct answer a[GENL_IN_FLIGHT_MAX + 2];
	struct nl_request r;

	for (size_t i = 0; i < COUNT(a); i++) {
		a[i] = (struct answer){ 0 };
		ck_assert_int_eq(submit(&a[i]), 0);
	}
	ck_assert(stub_next(&r));
	stub_ack(stub_header(&r)->nlmsg_seq, 0, NULL);
	shutdown(stub, SHUT_RD); /* the queued ones will fail */
	sd_event_run(event, 0);
	ck_assert_uint_eq(a[0].done, 1);
	ck_assert_int_eq(a[GENL_IN_FLIGHT_MAX].err, -EPIPE);
	ck_assert_int_eq(a[GENL_IN_FLIGHT_MAX + 1].err, -EPIPE);
	ck_assert_int_eq(submit(&a[0]), -EPIPE);
	ck_assert_uint_eq(a[0].done, 1);
}
END_TEST

START_TEST(no_memory)
{
	struct genl *none = NULL;
	struct answer a = { 0 };

	oom_at = 1;
	ck_assert_int_eq(submit(&a), -ENOMEM);
	oom_at = 0;
	turn();
	ck_assert_uint_eq(a.done, 0);
	struct mnl_socket *s = stub_open();

	oom_at = 1;
	ck_assert_int_eq(genl_attach(event, s, STUB_FAMILY, GENL_TIMEOUT, &none), -ENOMEM);
	oom_at = 0;
	ck_assert_ptr_null(none);
	genl_free(NULL);
}
END_TEST

START_TEST(freed_while_open)
{
	static struct answer a[GENL_IN_FLIGHT_MAX + 9];

	for (size_t i = 0; i < COUNT(a); i++)
		ck_assert_int_eq(submit(&a[i]), 0);
	genl_free(genl);
	genl = NULL;
	for (size_t i = 0; i < COUNT(a); i++)
		ck_assert_uint_eq(a[i].done, 0);
}
END_TEST

/* The machine's own kernel: every one has the controller, none this family. */
START_TEST(resolve)
{
	struct nl n = { 0 };
	uint16_t id = 0;

	ck_assert_int_eq(nl_open(NETLINK_GENERIC, &n), 0);
	ck_assert_int_eq(genl_resolve(&n, "nlctrl", &id), 0);
	ck_assert_uint_eq(id, GENL_ID_CTRL);
	ck_assert_int_eq(genl_resolve(&n, "l2tpd_nothing", &id), -ENOENT);
	nl_close(&n);
	nl_close(&n);
	ck_assert_int_eq(genl_new(event, "l2tpd_nothing", &genl), -ENOENT);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("genl");
	TCase *frames = tcase_create("frames"), *t = tcase_create("transactions");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(frames, frame, 0, COUNT(frame_cases));
	tcase_add_test(frames, frames_in_one_buffer);
	tcase_add_test(frames, text_is_cut);
	tcase_add_test(frames, random_damage);
	suite_add_tcase(s, frames);

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, request_and_answer);
	tcase_add_test(t, reply_before_acknowledgement);
	tcase_add_test(t, any_order);
	tcase_add_test(t, bounded);
	tcase_add_test(t, submit_from_done);
	tcase_add_test(t, timeout);
	tcase_add_test(t, overrun);
	tcase_add_test(t, cannot_send);
	tcase_add_test(t, no_memory);
	tcase_add_test(t, freed_while_open);
	tcase_add_test(t, resolve);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
