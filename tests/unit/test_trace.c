/* SPDX-License-Identifier: MIT */
/* trace: who gets which record, what a slow reader loses, and when a subscription ends. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "golden.h"
#include "lib/l2tp/wire.h"
#include "core/trace.h"
#include "core/trace_record.h"

static sd_event *event;
static struct trace *t;
static struct l2tp *engine;

static const struct l2tp_addr local = { .ip = { 192, 0, 2, 1 }, .port = 1701, .family = 4 };
static const struct l2tp_addr peer = { .ip = { 192, 0, 2, 2 }, .port = 1702, .family = 4 };

static void fill(void *ctx, void *p, size_t len)
{
	(void)ctx;
	memset(p, 0x11, len);
}

static bool admit(void *ctx, const struct l2tp_addr *at, const struct l2tp_addr *from, struct l2tp_span host_name,
		  struct l2tp_params *params, struct l2tp_reason *reason)
{
	(void)ctx, (void)at, (void)from, (void)host_name, (void)params, (void)reason;
	return false;
}

/* With a tunnel that has the secret of the golden messages; its id. */
static uint32_t begin(void)
{
	struct l2tp_env env = { .random = fill, .admit_tunnel = admit };
	struct l2tp_params params;
	struct l2tp_span secret = GOLDEN_SECRET;
	uint32_t id;

	l2tp_limits_init(&env.limits);
	l2tp_params_init(&params);
	strcpy(params.host_name, "test");
	memcpy(params.secret, secret.data, secret.len);
	params.secret_len = secret.len;
	ck_assert_int_eq(sd_event_new(&event), 0);
	ck_assert_int_eq(trace_new(event, &t), 0);
	ck_assert_int_eq(l2tp_new(&env, &engine), 0);
	ck_assert_int_eq(l2tp_open(engine, &params, &local, &peer, 1, &id), 0);
	return id;
}

static void finish(void)
{
	trace_free(t);
	l2tp_free(engine);
	sd_event_unref(event);
}

static void say(uint32_t tunnel_id, struct l2tp_span datagram)
{
	trace_message(t, engine,
		      &(struct l2tp_trace){ .sent = tunnel_id & 1,
					    .tunnel_id = tunnel_id,
					    .local = &local,
					    .peer = &peer,
					    .datagram = datagram });
}

struct packet {
	struct trace_record record;
	uint8_t datagram[4096];
	size_t len;
};

/* False: there is nothing; at the end errno is 0. */
static bool get(int fd, struct packet *p)
{
	uint8_t octets[sizeof(p->record) + sizeof(p->datagram)];
	ssize_t n = recv(fd, octets, sizeof(octets), MSG_DONTWAIT);

	if (n <= 0) {
		errno = n ? errno : 0;
		return false;
	}
	ck_assert_int_ge(n, sizeof(p->record));
	memcpy(&p->record, octets, sizeof(p->record));
	ck_assert_uint_eq(p->record.version, TRACE_RECORD_VERSION);
	ck_assert_uint_eq(p->record.size, sizeof(p->record));
	p->len = (size_t)n - sizeof(p->record);
	memcpy(p->datagram, octets + sizeof(p->record), p->len);
	return true;
}

static int subscribe(uint32_t tunnel_id, bool opened)
{
	int fd = -1;

	ck_assert_int_eq(trace_subscribe(t, tunnel_id, opened, &fd), 0);
	return fd;
}

static const struct l2tp_span hello = TEXT("hello");

START_TEST(records)
{
	struct packet p;
	uint64_t now = (uint64_t)time(NULL) * USEC_PER_SEC;
	int fd;

	begin();
	say(1, hello); /* nobody listens */
	fd = subscribe(0, false);
	trace_message(
		t, engine,
		&(struct l2tp_trace){ .local = &local, .peer = &peer, .datagram = hello, .dropped = "for a reason" });
	say(3, hello);
	ck_assert(get(fd, &p));
	ck_assert_uint_eq(p.record.flags, 0);
	ck_assert_uint_eq(p.record.tunnel_id, 0);
	ck_assert_str_eq(p.record.dropped, "for a reason");
	ck_assert_mem_eq(&p.record.local, &local, sizeof(local));
	ck_assert_mem_eq(&p.record.peer, &peer, sizeof(peer));
	ck_assert_uint_eq(p.len, hello.len);
	ck_assert_mem_eq(p.datagram, hello.data, hello.len);
	ck_assert(p.record.time_usec >= now && p.record.time_usec < now + 60 * USEC_PER_SEC);
	ck_assert(get(fd, &p));
	ck_assert_uint_eq(p.record.flags, TRACE_SENT);
	ck_assert_uint_eq(p.record.tunnel_id, 3);
	ck_assert_str_eq(p.record.dropped, "");
	ck_assert(!get(fd, &p) && errno == EAGAIN);
	close(fd);
	finish();
}
END_TEST

START_TEST(one_tunnel)
{
	struct packet p;
	int one, all;

	begin();
	one = subscribe(7, false);
	all = subscribe(0, false);
	say(0, hello);
	say(6, hello);
	say(7, hello);
	ck_assert(get(one, &p) && p.record.tunnel_id == 7 && !get(one, &p));
	for (int i = 0; i < 3; i++)
		ck_assert(get(all, &p));
	trace_tunnel_gone(t, 6);
	ck_assert(!get(one, &p) && errno == EAGAIN);
	say(7, hello);
	trace_tunnel_gone(t, 7);
	/* what it was sent can still be read */
	ck_assert(get(one, &p));
	ck_assert(!get(one, &p) && errno == 0);
	ck_assert(get(all, &p) && !get(all, &p) && errno == EAGAIN);
	close(one);
	close(all);
	finish();
}
END_TEST

START_TEST(slow_reader)
{
	enum { MESSAGES = 100000 };
	struct packet p;
	uint64_t read = 0, lost = 0;
	int fd;

	begin();
	fd = subscribe(0, false);
	for (unsigned i = 0; i < MESSAGES; i++)
		say(i, hello);
	while (get(fd, &p)) {
		ck_assert_uint_eq(p.record.lost, 0); /* those that fit came first */
		read++;
	}
	ck_assert_uint_gt(read, 10);
	ck_assert_uint_lt(read, MESSAGES);
	say(1, hello);
	ck_assert(get(fd, &p));
	lost = p.record.lost;
	ck_assert_uint_eq(read + lost, MESSAGES);
	say(1, hello);
	ck_assert(get(fd, &p) && p.record.lost == 0);
	close(fd);
	finish();
}
END_TEST

START_TEST(closed_by_the_reader)
{
	int fd;

	begin();
	/* the loop notices, without any message */
	for (int i = 0; i < TRACE_SUBSCRIBERS_MAX; i++)
		close(subscribe(0, false));
	ck_assert_int_eq(trace_subscribe(t, 0, false, &fd), -EBUSY);
	for (int i = 0; i < 2 * TRACE_SUBSCRIBERS_MAX; i++)
		ck_assert_int_ge(sd_event_run(event, 0), 0);
	for (int i = 0; i < TRACE_SUBSCRIBERS_MAX; i++)
		close(subscribe(0, false));
	/* so does the next message */
	say(1, hello);
	fd = subscribe(0, false);
	/* nobody listens to what a reader says */
	ck_assert_int_lt(send(fd, "x", 1, MSG_NOSIGNAL), 0);
	close(fd);
	finish();
}
END_TEST

static struct l2tp_span hidden_message(uint8_t *out, size_t size)
{
	uint8_t body[2048];
	int i = 0;

	while (!goldens[i].hide || !strstr(goldens[i].name, "ICCN"))
		i++;
	struct wire_header h = { .version = 2, .tunnel_id = 1, .body = hex(goldens[i].body, body, sizeof(body)) };
	return span_of(out, wire_control(&h, out, size));
}

START_TEST(opened_on_request)
{
	uint8_t octets[4096];
	struct l2tp_span hidden;
	struct packet p;
	uint32_t id = begin();
	int plain = subscribe(0, false), opened = subscribe(0, true);

	hidden = hidden_message(octets, sizeof(octets));
	say(id, hidden);
	ck_assert(get(plain, &p));
	ck_assert(!(p.record.flags & TRACE_OPENED));
	ck_assert(p.len == hidden.len && memcmp(p.datagram, hidden.data, p.len) == 0);
	ck_assert(get(opened, &p));
	ck_assert(p.record.flags & TRACE_OPENED);
	ck_assert_uint_lt(p.len, hidden.len);

	say(id + 1, hidden); /* of no tunnel: nobody knows the secret */
	say(id, hello);	     /* no message at all */
	ck_assert(get(opened, &p) && p.len == hidden.len && !(p.record.flags & TRACE_OPENED));
	ck_assert(get(opened, &p) && p.len == hello.len && !(p.record.flags & TRACE_OPENED));
	close(plain);
	close(opened);
	finish();
}
END_TEST

START_TEST(large_datagram)
{
	static uint8_t large[65535];
	uint8_t header[sizeof(struct trace_record)];
	int fd;

	begin();
	fd = subscribe(0, true);
	say(2, span_of(large, sizeof(large)));
	ck_assert_int_eq(recv(fd, header, sizeof(header), MSG_DONTWAIT | MSG_TRUNC), sizeof(large) + sizeof(header));
	close(fd);
	finish();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("trace");
	TCase *tc = tcase_create("trace");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, records);
	tcase_add_test(tc, one_tunnel);
	tcase_add_test(tc, slow_reader);
	tcase_add_test(tc, closed_by_the_reader);
	tcase_add_test(tc, opened_on_request);
	tcase_add_test(tc, large_datagram);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
