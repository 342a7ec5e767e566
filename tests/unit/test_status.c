/* SPDX-License-Identifier: MIT */
/* status: what a service manager hears that reads, and what comes of one that does not. */
#include "base/status.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "l2tp.h"

static sd_event *event;
static struct status *status;
static int manager;
static char path[64];

static usec_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

static void setup(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(path, sizeof(path), "/tmp/l2tpd-status-%ld", (long)getpid());
	memcpy(a.sun_path, path, strlen(path));
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(manager, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", path, 1), 0);
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(status_new(event, &status), 0);
	ck_assert_ptr_nonnull(status);
}

static void teardown(void)
{
	status_free(status);
	sd_event_unref(event);
	close(manager);
	unlink(path);
}

/* Others have sent so much that nothing more fits. */
static void fill(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	memcpy(a.sun_path, path, strlen(path));
	while (sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)) == 1)
		;
	ck_assert_int_eq(errno, EAGAIN);
	close(fd);
}

/* Everything that has come, one behind the other, but for what fill() has sent. */
static void read_notes(char *text, size_t size)
{
	char note[512];
	ssize_t n;

	while ((n = recv(manager, note, sizeof(note) - 1, 0)) >= 0) {
		note[n] = '\0';
		for (char *line = note; (line = strchr(line, '\n'));)
			*line = '|';
		if (strcmp(note, "x") != 0)
			snprintf(text + strlen(text), size - strlen(text), "%s ", note);
	}
}

static void run_until(const char *note, char *text, size_t size)
{
	usec_t end = now() + 10 * USEC_PER_SEC;

	while (!strstr(text, note) && now() < end) {
		ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
		read_notes(text, size);
	}
	ck_assert_msg(strstr(text, note) != NULL, "%s in: %s", note, text);
}

static const struct status_line one = { .tunnels = 1, .sessions = 2 }, two = { .tunnels = 2, .sessions = 2 };

START_TEST(told)
{
	char text[4096] = "";

	status_note(status, &one);
	status_tell(status, STATUS_READY);
	status_tell(status, STATUS_RELOADING);
	status_tell(status, STATUS_READY);
	status_tell(status, STATUS_STOPPING);
	read_notes(text, sizeof(text));
	ck_assert_msg(!strncmp(text, "STATUS=1 tunnel, 2 sessions READY=1 RELOADING=1|MONOTONIC_USEC=", 62), "%s", text);
	ck_assert_ptr_nonnull(strstr(text, " READY=1 STOPPING=1 "));
}
END_TEST

/* Nothing of it waits; what must be told is told as soon as there is room, and the line as it is then. */
START_TEST(manager_busy)
{
	char text[4096] = "", *at;
	usec_t begin = now();

	fill();
	status_note(status, &one);
	status_tell(status, STATUS_READY);
	status_tell(status, STATUS_RELOADING);
	status_tell(status, STATUS_READY);
	status_tell(status, STATUS_STOPPING);
	status_note(status, &two);
	ck_assert_uint_lt(now() - begin, USEC_PER_SEC);
	run_until("STOPPING=1", text, sizeof(text));
	at = strstr(text, "RELOADING=1|MONOTONIC_USEC=");
	ck_assert_msg(at && strstr(at, " READY=1 STOPPING=1 "), "%s", text);
	ck_assert_uint_ge(strtoull(strrchr(at, '|') + strlen("|MONOTONIC_USEC="), NULL, 10), begin);
	run_until("STATUS=2 tunnels, 2 sessions ", text, sizeof(text));
}
END_TEST

/* The watchdog is answered in time, also when the manager's queue is full for a moment. */
START_TEST(watchdog)
{
	char text[4096] = "", pid[16];
	usec_t begin;

	status_free(status);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("WATCHDOG_USEC", "600000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	ck_assert_int_eq(status_new(event, &status), 0);
	begin = now();
	run_until("WATCHDOG=1 WATCHDOG=1 ", text, sizeof(text));
	ck_assert_uint_ge(now() - begin, 400 * USEC_PER_MSEC);
	text[0] = '\0';
	fill();
	for (begin = now(); now() - begin < 500 * USEC_PER_MSEC;)
		ck_assert_int_ge(sd_event_run(event, 10 * USEC_PER_MSEC), 0);
	run_until("WATCHDOG=1 ", text, sizeof(text));
}
END_TEST

/* Nobody, or somebody who is no Unix socket. */
START_TEST(nobody)
{
	static const char *const names[] = { NULL, "vsock:2:1", "" };
	struct status *s = status;

	if (names[_i])
		setenv("NOTIFY_SOCKET", names[_i], 1);
	else
		unsetenv("NOTIFY_SOCKET");
	ck_assert_int_eq(status_new(event, &s), 0);
	ck_assert_ptr_null(s);
	status_note(s, &one);
	status_tell(s, STATUS_READY);
}
END_TEST

/* An abstract name; and a manager that is gone is no reason to try for ever. */
START_TEST(abstract)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char name[64], text[256] = "";
	int fd = manager;

	snprintf(name, sizeof(name), "@l2tpd-status-%ld", (long)getpid());
	memcpy(a.sun_path, name, strlen(name));
	a.sun_path[0] = '\0';
	manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(manager, (struct sockaddr *)&a,
			      (socklen_t)(sizeof(sa_family_t) + strlen(name))), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	status_free(status);
	ck_assert_int_eq(status_new(event, &status), 0);
	status_tell(status, STATUS_READY);
	read_notes(text, sizeof(text));
	ck_assert_str_eq(text, "READY=1 ");
	close(fd);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("status");
	TCase *t = tcase_create("status");
	SRunner *r;
	int failed;

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, told);
	tcase_add_test(t, manager_busy);
	tcase_add_test(t, watchdog);
	tcase_add_loop_test(t, nobody, 0, 3);
	tcase_add_test(t, abstract);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
