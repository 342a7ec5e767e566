/* SPDX-License-Identifier: MIT */
/* udp: what the store has of its sockets, and when; how they behave on the wire is in test_listen.c. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "kernel/udp.h"
#include "kernel/workers.h"
#include "oom.h"

static sd_event *event;
static struct workers *workers;
static struct fdstore *fds;

static void setup(void)
{
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(workers_new(event, 1, &workers), 0);
	ck_assert_int_eq(fdstore_new(workers, &fds), 0);
}

static void teardown(void)
{
	workers_free(workers);
	fdstore_free(fds);
	sd_event_unref(event);
}

static unsigned open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static const struct l2tp_addr loopback[] = { { .family = 4, .ip = { 127, 0, 0, 1 } },
					     { .family = 6, .ip = { [15] = 1 } } };

static bool connected(int fd, const struct l2tp_addr *peer)
{
	union socket_address u;
	socklen_t len = sizeof(u);
	struct l2tp_addr a;

	return getpeername(fd, &u.sa, &len) == 0 && address_from_socket(&u, len, &a) && address_equal(&a, peer);
}

static int option(int fd, uint16_t family, int v4, int v6)
{
	int value = -1;
	socklen_t len = sizeof(value);

	ck_assert_int_eq(family == 4 ? getsockopt(fd, IPPROTO_IP, v4, &value, &len) :
				       getsockopt(fd, IPPROTO_IPV6, v6, &value, &len), 0);
	return value;
}

/* From its birth on it has a name, and another one as soon as it is a tunnel's. */
START_TEST(named)
{
	struct l2tp_addr peer = loopback[_i];
	struct udp_socket s, other;

	peer.port = 9;
	ck_assert_int_eq(udp_open(fds, &loopback[_i], false, &s), 0);
	ck_assert(s.name.tunnel_id == 0 && s.name.session_id && s.local.port && s.local.family == peer.family);
	ck_assert_int_eq(fdstore_get(fds, s.name), s.fd);
	ck_assert(fcntl(s.fd, F_GETFD) == FD_CLOEXEC && fcntl(s.fd, F_GETFL) & O_NONBLOCK);
	ck_assert_int_eq(udp_connect(fds, &s, 7, &peer), 0);
	ck_assert(s.name.tunnel_id == 7 && s.name.session_id == 0);
	ck_assert_int_eq(fdstore_get(fds, (struct fd_name){ 7, 0 }), s.fd);
	ck_assert(connected(s.fd, &peer));

	/* a name that is taken: it stays what it was */
	ck_assert_int_eq(udp_open(fds, &loopback[_i], false, &other), 0);
	ck_assert_int_eq(udp_connect(fds, &other, 7, &peer), -EEXIST);
	ck_assert_int_eq(fdstore_get(fds, other.name), other.fd);
	ck_assert_int_eq(fdstore_get(fds, (struct fd_name){ 7, 0 }), s.fd);
	ck_assert(!connected(other.fd, &peer));
}
END_TEST

START_TEST(options)
{
	struct udp_socket s;

	ck_assert_int_eq(udp_open(fds, &loopback[_i], true, &s), 0);
	ck_assert_int_eq(udp_mark(fds, &s, 46), 0);
	ck_assert_int_eq(option(s.fd, s.local.family, IP_TOS, IPV6_TCLASS), 46 << UDP_ECN_BITS);
	for (int on = 1; on >= 0; on--) {
		ck_assert_int_eq(udp_queue_errors(fds, &s, on), 0);
		ck_assert_int_eq(option(s.fd, s.local.family, IP_RECVERR, IPV6_RECVERR), on);
	}
	ck_assert_int_eq(udp_is_free(&s.local), -EADDRINUSE);
	fdstore_close(fds, s.name, NULL, NULL);
	ck_assert_int_eq(udp_is_free(&s.local), 0);
	ck_assert_int_eq(udp_mark(fds, &s, 46), -EBADF); /* it has gone */
	ck_assert_int_eq(udp_queue_errors(fds, &s, true), -EBADF);
}
END_TEST

/* Whatever fails, nothing of it is left open. */
START_TEST(failures)
{
	const struct l2tp_addr foreign = { .family = 4, .ip = { 192, 0, 2, 1 } }, odd = { .family = 5 };
	struct l2tp_addr source;
	struct udp_socket s;
	unsigned before = open_fds();
	int err, n = 0;

	ck_assert_int_eq(udp_open(fds, &foreign, false, &s), -EADDRNOTAVAIL);
	ck_assert_int_lt(udp_open(fds, &odd, false, &s), 0);
	ck_assert_int_lt(udp_route_source(&odd, &source), 0);
	ck_assert_int_lt(udp_is_free(&odd), 0);
	do {
		oom_at = ++n;
		err = udp_open(fds, &loopback[0], false, &s);
		oom_at = 0;
		ck_assert(err == 0 || err == -ENOMEM);
		ck_assert_uint_eq(open_fds(), before + (err == 0));
	} while (err < 0);
	ck_assert_int_gt(n, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("udp");
	TCase *t = tcase_create("udp");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, named, 0, 2);
	tcase_add_loop_test(t, options, 0, 2);
	tcase_add_test(t, failures);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
