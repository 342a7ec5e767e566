/* SPDX-License-Identifier: MIT */
/*
 * metrics_http: what is answered, what waits, who is dropped, over real sockets in a loop of its own.  Its clock is
 * ours: a deadline is near when we say so.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "metrics/http.h"
#include "oom.h"

int __real_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);

static time_t later; /* seconds that the module's clock is ahead of the loop's */

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	int r = __real_clock_gettime(id, ts);

	ts->tv_sec += later;
	return r;
}

static sd_event *event;
static struct http *http;
static struct config_stream where;
static struct MHD_Response *response;
static char accepted[256];
static int verdict; /* of page() */
static unsigned asked;

static int page(void *ctx, const char *accept, struct MHD_Response **ret)
{
	ck_assert_ptr_eq(ctx, &asked);
	asked++;
	snprintf(accepted, sizeof(accepted), "%s", accept);
	*ret = response;
	return verdict;
}

static void setup(void)
{
	memset(&where, 0, sizeof(where));
	snprintf(where.path, sizeof(where.path), "/tmp/test_metrics.%ld", (long)getpid());
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(http_page_new(strdup("numbers\n"), 8, "text/x", &response), 0);
	ck_assert_int_eq(http_new(event, &where, page, &asked, &http), 0);
}

static void teardown(void)
{
	struct stat st;

	http_free(http);
	http = NULL;
	ck_assert_int_eq(stat(where.path, &st), -1);
	http_page_free(response);
	sd_event_unref(event);
}

static int connect_client(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memcpy(a.sun_path, where.path, sizeof(where.path));
	ck_assert_msg(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0, "%m");
	return fd;
}

static void say(int fd, const char *text)
{
	ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
}

static void run(unsigned rounds)
{
	while (rounds--)
		ck_assert_int_ge(sd_event_run(event, 5 * USEC_PER_MSEC), 0);
}

/* What the client has got when the other side closes; "" if that does not happen. */
static char *answer(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n = -1;

	for (int i = 0; i < 400 && n != 0; i++) {
		run(1);
		n = read(fd, buf + len, size - 1 - len);
		len += n > 0 ? (size_t)n : 0;
		if (n < 0 && errno != EAGAIN)
			break;
	}
	buf[len] = '\0';
	return n == 0 ? buf : strcpy(buf, "");
}

static bool is_open(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static usec_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

static const struct {
	const char *request, *status, *more, *body;
} requests[] = {
	{ "GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: a/b;q=1\r\n\r\n", "HTTP/1.1 200 ", "Content-Type: text/x\r\n",
	  "numbers\n" },
	{ "GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\nAccept: a/b;q=1\r\n\r\n", "HTTP/1.1 200 ", "", "numbers\n" },
	{ "GET /metrics HTTP/1.0\r\nAccept: a/b;q=1\r\n\r\n", "HTTP/1.", " 200 ", "numbers\n" },
	{ "HEAD /metrics HTTP/1.1\r\nHost: x\r\nAccept: a/b;q=1\r\n\r\n", "HTTP/1.1 200 ", "Content-Length: 8\r\n",
	  "" },
	{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 ", "", "see /metrics\n" },
	{ "GET /metrics/ HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 404 ", "", "see /metrics\n" },
	{ "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 405 ", "Allow: GET, HEAD\r\n",
	  "GET or HEAD only\n" },
	{ "BREW /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 405 ", "", "GET or HEAD only\n" },
};

START_TEST(answers) /* and one request for each connection */
{
	char buf[4096], *body;
	int fd = connect_client();

	say(fd, requests[_i].request);
	answer(fd, buf, sizeof(buf));
	body = strstr(buf, "\r\n\r\n");
	ck_assert_msg(strncmp(buf, requests[_i].status, strlen(requests[_i].status)) == 0 && body, "%s", buf);
	ck_assert_msg(strstr(buf, requests[_i].more) != NULL, "%s", buf);
	ck_assert_str_eq(body + 4, requests[_i].body);
	ck_assert_uint_eq(asked, strstr(buf, " 200 ") ? 1 : 0);
	if (asked)
		ck_assert_str_eq(accepted, "a/b;q=1");
	close(fd);
}
END_TEST

START_TEST(waits) /* until it is resumed, or its client has gone */
{
	char buf[4096];
	int fd = connect_client(), other = connect_client();

	verdict = -EAGAIN;
	say(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	say(other, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	run(30);
	ck_assert_uint_eq(asked, 2);
	ck_assert_str_eq(accepted, "");
	ck_assert(is_open(fd));
	close(other);
	http_resume(http);
	run(30);
	ck_assert_uint_ge(asked, 3); /* not yet, again */
	verdict = 0;
	http_resume(http);
	ck_assert_ptr_nonnull(strstr(answer(fd, buf, sizeof(buf)), "numbers\n"));
	close(fd);
	http_resume(NULL);
}
END_TEST

START_TEST(ends_while_one_waits)
{
	int fd = connect_client();

	verdict = -EAGAIN;
	say(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	run(20);
	ck_assert_uint_eq(asked, 1);
	close(fd);
}
END_TEST

START_TEST(fails)
{
	char buf[4096];
	int fd = connect_client();

	verdict = -ENOMEM;
	say(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	ck_assert_ptr_nonnull(strstr(answer(fd, buf, sizeof(buf)), " 500 "));
	close(fd);
}
END_TEST

START_TEST(crowd) /* each newcomer finds a place: the oldest loses it, also one that waits */
{
	int fds[3 * HTTP_CONNECTIONS_MAX], open = 0, fd;
	const int n = sizeof(fds) / sizeof(fds[0]);
	char buf[4096];

	verdict = -EAGAIN;
	for (int i = 0; i < n; i++) {
		fds[i] = connect_client();
		say(fds[i], i % 2 ? "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" : "GET /met");
	}
	run(100);
	for (int i = 0; i < n; i++) {
		ck_assert_msg(is_open(fds[i]) == (i >= n - HTTP_CONNECTIONS_MAX), "%d", i);
		open += is_open(fds[i]);
	}
	ck_assert_int_eq(open, HTTP_CONNECTIONS_MAX);
	verdict = 0;
	fd = connect_client();
	say(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	ck_assert_ptr_nonnull(strstr(answer(fd, buf, sizeof(buf)), "numbers\n"));
	close(fd);
	for (int i = 0; i < n; i++)
		close(fds[i]);
}
END_TEST

START_TEST(slow) /* dropped at its deadline, and not before, whatever it does meanwhile */
{
	usec_t began, ended;
	int fd;

	later = -9; /* a second is left of its ten */
	fd = connect_client();
	say(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\nX: ");
	run(10);
	later = 0;
	began = ended = now_usec();
	while (is_open(fd) && ended < began + 20 * USEC_PER_SEC) {
		say(fd, "y");
		usleep(10000);
		run(2);
		ended = now_usec();
	}
	ck_assert(!is_open(fd));
	ck_assert_uint_ge(ended - began, USEC_PER_SEC / 2);
	ck_assert_uint_eq(asked, 0);
	close(fd);
}
END_TEST

START_TEST(long_headers) /* more than there is room for */
{
	static char big[64 * 1024];
	char buf[4096];
	int fd = connect_client();

	memset(big, 'x', sizeof(big) - 1);
	say(fd, "GET /metrics HTTP/1.1\r\nHost: x\r\nX: ");
	ck_assert_int_gt((int)write(fd, big, sizeof(big) - 1), 0);
	answer(fd, buf, sizeof(buf));
	ck_assert_ptr_null(strstr(buf, " 200 "));
	ck_assert(!is_open(fd));
	close(fd);
}
END_TEST

START_TEST(places) /* a socket that nobody listens on is replaced, one in use and a file are not */
{
	struct config_stream other = where;
	struct http *second = NULL;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct stat st;
	int fd;

	ck_assert_int_eq(http_new(event, &where, page, &asked, &second), -EADDRINUSE);
	strcat(other.path, ".x");
	memcpy(a.sun_path, other.path, sizeof(other.path));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	close(fd);
	ck_assert_int_eq(http_new(event, &other, page, &asked, &second), 0);
	ck_assert(stat(other.path, &st) == 0 && (st.st_mode & 0777) == 0666);
	http_free(second);
	fd = open(other.path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	ck_assert_int_eq(http_new(event, &other, page, &asked, &second), -EADDRINUSE);
	ck_assert(stat(other.path, &st) == 0 && S_ISREG(st.st_mode));
	unlink(other.path);
	strcpy(other.path, "/nowhere/x");
	ck_assert_int_eq(http_new(event, &other, page, &asked, &second), -ENOENT);
	http_free(NULL);
}
END_TEST

START_TEST(addresses) /* 0: IPv4; 1: IPv6; 2: all of both */
{
	static const struct l2tp_addr addrs[] = { { .ip = { 127, 0, 0, 1 }, .family = 4 },
						  { .ip = { [15] = 1 }, .family = 6 },
						  { .family = 6 } };
	struct config_stream at = { .addr = addrs[_i] };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct http *second = NULL, *third = NULL;
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0), r;

	ck_assert(bind(fd, (struct sockaddr *)&a, len) == 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	close(fd);
	at.addr.port = ntohs(a.sin_port);
	r = http_new(event, &at, page, &asked, &second);
	if (at.addr.family == 6 && (r == -EADDRNOTAVAIL || r == -EAFNOSUPPORT))
		return; /* a machine without IPv6 */
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(http_new(event, &at, page, &asked, &third), -EADDRINUSE);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&a, len) == 0, _i != 1);
	close(fd);
	http_free(second);
}
END_TEST

START_TEST(without_memory) /* our own allocations; libmicrohttpd's are its own */
{
	struct config_stream other = where;
	struct http *second = NULL;
	struct stat st;

	strcat(other.path, ".x");
	oom_at = 1;
	ck_assert_int_eq(http_new(event, &other, page, &asked, &second), -ENOMEM);
	ck_assert_int_eq(oom_at, 0);
	ck_assert_int_eq(stat(other.path, &st), -1);
	int fd = connect_client();
	oom_at = 1; /* the connection's record */
	run(20);
	ck_assert_int_eq(oom_at, 0);
	ck_assert(!is_open(fd));
	close(fd);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
	Suite *suite = suite_create("metrics_http");
	TCase *tc = tcase_create("metrics_http");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, answers, 0, N(requests));
	tcase_add_test(tc, waits);
	tcase_add_test(tc, ends_while_one_waits);
	tcase_add_test(tc, fails);
	tcase_add_test(tc, crowd);
	tcase_add_test(tc, slow);
	tcase_add_test(tc, long_headers);
	tcase_add_test(tc, places);
	tcase_add_loop_test(tc, addresses, 0, 3);
	tcase_add_test(tc, without_memory);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
