/* SPDX-License-Identifier: MIT */
/*
 * The newest Configure-Request of those that came before pppd looked.
 *
 * Linked with -Wl,--wrap=recv: for a peer that sends faster than it is read.
 */
#include "plugins/pppd-l2tp-first.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST "\xc0\x21\x01\x07\x00\x08\x01\x04"

static int endless; /* frames that were read of a peer that does not stop */

ssize_t __real_recv(int fd, void *buf, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t size, int flags);
ssize_t __wrap_recv(int fd, void *buf, size_t size, int flags)
{
	ck_assert(flags & MSG_DONTWAIT);
	if (fd >= 0)
		return __real_recv(fd, buf, size, flags);
	endless++;
	memcpy(buf, REQUEST, sizeof(REQUEST) - 1);
	return sizeof(REQUEST) - 1;
}

static const struct {
	const char *name;
	struct {
		const char *data;
		size_t len;
	} frames[4];
	int found; /* which of them; -1: none */
} rows[] = {
#define FRAME(text) { text, sizeof(text) - 1 }
	{ "nothing", { { NULL, 0 } }, -1 },
	{ "one", { FRAME("\xc0\x21\x01\x01\x00\x04") }, 0 },
	{ "the newest", { FRAME("\xc0\x21\x01\x01\x00\x04"), FRAME("\xc0\x21\x01\x02\x00\x04") }, 1 },
	{ "between others", { FRAME("\x00\x21 an IP packet"), FRAME(REQUEST), FRAME("\xc0\x21\x05\x02\x00\x04") }, 1 },
	{ "too short", { FRAME("\xc0\x21\x01\x01\x00") }, -1 },
#undef FRAME
};

START_TEST(found)
{
	unsigned char request[FIRST_SIZE];
	int fds[2], n = rows[_i].found;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	for (size_t i = 0; i < 4 && rows[_i].frames[i].data; i++)
		ck_assert_int_eq(send(fds[1], rows[_i].frames[i].data, rows[_i].frames[i].len, 0),
				 (ssize_t)rows[_i].frames[i].len);
	ssize_t len = first_request(fds[0], request);
	ck_assert_msg(len == (n < 0 ? 0 : (ssize_t)rows[_i].frames[n].len), "%s: %zd", rows[_i].name, len);
	ck_assert(n < 0 || memcmp(request, rows[_i].frames[n].data, (size_t)len) == 0);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

/* pppd goes on, and with a request. */
START_TEST(bounded)
{
	unsigned char request[FIRST_SIZE];

	ck_assert_int_eq(first_request(-1, request), sizeof(REQUEST) - 1);
	ck_assert_int_le(endless, 1000);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("first");
	TCase *t = tcase_create("first");
	SRunner *r;
	int failed;

	tcase_add_loop_test(t, found, 0, sizeof(rows) / sizeof(rows[0]));
	tcase_add_test(t, bounded);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
