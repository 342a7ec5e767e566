/* SPDX-License-Identifier: MIT */
/*
 * log: what a line looks like, where it goes, what is counted instead, and what comes of a reader that does not read.
 *
 * Linked with -Wl,--wrap=clock_gettime, --wrap=sendto: log's clock and journald are ours.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"

static time_t now = 1000;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	ck_assert_int_eq(clock, CLOCK_MONOTONIC);
	*ts = (struct timespec){ .tv_sec = now };
	return 0;
}

/* ---- journald -------------------------------------------------------------------------------------------------- */

static struct {
	pthread_mutex_t lock;
	pthread_cond_t reads;
	bool stopped;        /* its queue is full */
	int error;           /* of a send, if it is not there */
	size_t len;
	char got[4 * 1024 * 1024]; /* entries, an empty line behind each */
} journald = { .lock = PTHREAD_MUTEX_INITIALIZER, .reads = PTHREAD_COND_INITIALIZER };

static void check_address(const struct sockaddr *addr)
{
	ck_assert_str_eq(((const struct sockaddr_un *)addr)->sun_path, "/run/systemd/journal/socket");
}

ssize_t __wrap_sendto(int fd, const void *p, size_t len, int flags, const struct sockaddr *addr, socklen_t addr_len);
ssize_t __wrap_sendto(int fd, const void *p, size_t len, int flags, const struct sockaddr *addr, socklen_t addr_len)
{
	(void)fd, (void)addr_len;
	check_address(addr);
	pthread_mutex_lock(&journald.lock);
	while (journald.stopped && !(flags & MSG_DONTWAIT))
		pthread_cond_wait(&journald.reads, &journald.lock);
	errno = journald.stopped ? EAGAIN : journald.error;
	if (!errno) {
		memcpy(journald.got + journald.len, p, len);
		journald.got[journald.len + len] = '\n';
		journald.len += len + 1;
	}
	ssize_t n = errno ? -1 : (ssize_t)len;
	pthread_mutex_unlock(&journald.lock);
	errno = errno ? errno : EIO; /* log_event() keeps its caller's */
	return n;
}

static void journald_stop(bool stopped)
{
	pthread_mutex_lock(&journald.lock);
	journald.stopped = stopped;
	pthread_cond_broadcast(&journald.reads);
	pthread_mutex_unlock(&journald.lock);
}

/* What it got since the last time. */
static const char *entries(void)
{
	ck_assert(log_drain());
	journald.got[journald.len] = '\0';
	journald.len = 0;
	return journald.got;
}

/* Standard error is the journal's, as systemd has set it up. */
static void open_journal(void)
{
	struct stat st;
	char stream[64];

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_open(LOG_INFO);
}

/* ---- Standard error -------------------------------------------------------------------------------------------- */

static int caught = -1, real_stderr = -1;

static void setup(void)
{
	caught = memfd_create("stderr", MFD_CLOEXEC);
	real_stderr = dup(STDERR_FILENO);
	ck_assert_int_ge(dup2(caught, STDERR_FILENO), 0);
	unsetenv("JOURNAL_STREAM");
	log_open(LOG_INFO);
}

static void teardown(void)
{
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(caught);
}

/* What stderr got since the last time. */
static const char *lines(void)
{
	static char text[65536];

	ck_assert(log_drain());
	ssize_t n = pread(caught, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	ck_assert_int_eq(ftruncate(caught, 0), 0);
	lseek(caught, 0, SEEK_SET);
	return text;
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static const struct l2tp_addr peer = { .ip = { 192, 0, 2, 1 }, .port = 1701, .family = 4 };

START_TEST(line)
{
	static const struct {
		int level;
		enum log_class class;
		struct log_object object;
		const char *expect;
	} cases[] = {
		{ LOG_INFO, CLASS_NEUTRAL, { 0 }, "info: said 7\n" },
		{ LOG_WARNING, CLASS_REMOTE, { .tunnel_id = 4711, .peer_tunnel_id = 92, .peer = &peer, .host = "lac7" },
		  "warning remote: tunnel 4711/92 peer=192.0.2.1:1701 host=lac7: said 7\n" },
		{ LOG_ERR, CLASS_LOCAL, { .tunnel_id = 1, .session_id = 5, .peer_session_id = 6, .interface = "l2tp0" },
		  "error local: tunnel 1/- session 5/6 interface=l2tp0: said 7\n" },
		{ LOG_NOTICE, CLASS_AUTH, { .profile = "isp" }, "notice auth: profile=isp: said 7\n" },
		{ LOG_CRIT, CLASS_BUG, { .host = "" }, "critical bug: said 7\n" },
		{ LOG_DEBUG, CLASS_NEUTRAL, { 0 }, "" },
	};

	errno = EPERM;
	log_event(cases[_i].level, cases[_i].class, &cases[_i].object, "said %d", 7);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_str_eq(lines(), cases[_i].expect);
	ck_assert_str_eq(entries(), "");
}
END_TEST

START_TEST(levels)
{
	ck_assert(log_enabled(LOG_INFO) && !log_enabled(LOG_DEBUG));
	log_set_level(LOG_ERR);
	ck_assert(log_enabled(LOG_ERR) && !log_enabled(LOG_WARNING));
	log_event(LOG_WARNING, CLASS_LOCAL, NULL, "no");
	log_event(LOG_ERR, CLASS_LOCAL, NULL, "yes");
	ck_assert_str_eq(lines(), "error local: yes\n");
}
END_TEST

/* one event, one line, whatever is in it and however long it is */
START_TEST(one_line)
{
	char text[5000];

	log_event(LOG_INFO, CLASS_NEUTRAL, NULL, "a%sb", "\n\n");
	ck_assert_str_eq(lines(), "info: a  b\n");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_event(LOG_INFO, CLASS_NEUTRAL, &(struct log_object){ .host = text }, "%s", text);
	const char *got = lines();
	ck_assert_uint_eq(count(got, "\n"), 1);
	ck_assert_uint_gt(strlen(got), 1000);
}
END_TEST

/* JOURNAL_STREAM names the stream that is the journal: ours, or one that we no longer have */
START_TEST(journal_fields)
{
	const struct log_object object = { 4711, 92, 5, 6, &peer, "lac7", "isp", "l2tp0" };
	struct stat st;
	char stream[64];

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino + (_i == 1));
	setenv("JOURNAL_STREAM", _i == 2 ? "nonsense" : stream, 1);
	log_open(LOG_INFO);
	errno = EPERM;
	log_event(LOG_WARNING, CLASS_REMOTE, &object, "said %d", 7);
	ck_assert_int_eq(errno, EPERM);
	if (_i > 0) {
		ck_assert_str_eq(entries(), "");
		ck_assert_uint_eq(count(lines(), "said 7\n"), 1);
		return;
	}
	ck_assert_str_eq(lines(), "");
	ck_assert_str_eq(entries(),
			 "SYSLOG_IDENTIFIER=l2tpd\nPRIORITY=4\nL2TP_CLASS=REMOTE\nL2TP_TUNNEL=4711\n"
			 "L2TP_PEER_TUNNEL=92\nL2TP_SESSION=5\nL2TP_PEER_SESSION=6\nL2TP_PEER=192.0.2.1:1701\n"
			 "L2TP_HOST=lac7\nL2TP_PROFILE=isp\nL2TP_INTERFACE=l2tp0\n"
			 "MESSAGE=tunnel 4711/92 session 5/6 peer=192.0.2.1:1701 host=lac7 "
			 "profile=isp interface=l2tp0: said 7\n\n");
	log_event(LOG_INFO, CLASS_NEUTRAL, NULL, "plain");
	ck_assert_str_eq(entries(), "SYSLOG_IDENTIFIER=l2tpd\nPRIORITY=6\nL2TP_CLASS=INFO\nMESSAGE=plain\n\n");
}
END_TEST

/* A value of several lines, as the protocol has it; one that is too long is cut. */
START_TEST(journal_values)
{
	static const char expect[] = "L2TP_CLASS=INFO\nMESSAGE\n\3\0\0\0\0\0\0\0a\nb\n\n";
	char text[5000];

	open_journal();
	log_event(LOG_INFO, CLASS_NEUTRAL, NULL, "a%sb", "\n");
	ck_assert(log_drain());
	ck_assert_ptr_nonnull(memmem(journald.got, journald.len, expect, sizeof(expect) - 1));
	(void)entries();
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_event(LOG_INFO, CLASS_NEUTRAL, &(struct log_object){ .host = text }, "%s", text);
	ck_assert_ptr_nonnull(strstr(entries(), "\nMESSAGE=host=xxx"));
	ck_assert_uint_lt(strlen(journald.got), 4096);
}
END_TEST

/* ---- Readers that do not read ---------------------------------------------------------------------------------- */

#define LINES 30000 /* 2 MB: more than waits, and than is shown of one place in an interval */

static void log_many(int from, int to)
{
	for (int i = from; i < to; i++) {
		log_event(LOG_INFO, CLASS_NEUTRAL, NULL, "line %d%s", i, "; a text as long as one that the daemon logs");
		now += i % 1000 == 0 ? 5 : 0;
	}
}

/* The numbers of lines in text rise one by one, but where a report says how many were lost.  Returns the next one. */
static int check_order(const char *text, int next)
{
	for (const char *at = text; (at = strpbrk(at, ":=")); at++) {
		char *end;
		long lost = strtol(at + 1, &end, 10);

		if (!strncmp(at, ": line ", 7) || !strncmp(at, "=line ", 6))
			ck_assert_int_eq(atoi(strchr(at, 'e') + 1), next++);
		else if (!strncmp(end, " log messages were lost: ", 25))
			next += (int)lost;
	}
	return next;
}

START_TEST(journal_stopped)
{
	open_journal();
	journald_stop(true);
	log_many(0, LINES); /* waits for nobody */
	ck_assert_uint_gt(log_lost(), 0);
	ck_assert_uint_lt(log_lost(), LINES);
	ck_assert(!log_drain()); /* but not for ever */
	journald_stop(false);
	const char *got = entries();
	ck_assert_uint_eq(count(got, "the journal did not accept them in time"), 1);
	ck_assert_int_eq(check_order(got, 0), LINES);
	log_many(LINES, LINES + 10);
	got = entries();
	ck_assert_int_eq(check_order(got, LINES), LINES + 10);
	ck_assert_ptr_null(strstr(got, "lost"));
}
END_TEST

/* A burst of which nothing is lost: it waits, and in order. */
START_TEST(journal_slow)
{
	open_journal();
	log_many(0, 10);
	journald_stop(true);
	log_many(10, 3000);
	journald_stop(false);
	log_many(3000, 3010);
	ck_assert_int_eq(check_order(entries(), 0), 3010);
	ck_assert_uint_eq(log_lost(), 0);
}
END_TEST

START_TEST(journal_gone)
{
	open_journal();
	journald.error = ECONNREFUSED;
	log_many(0, 10);
	ck_assert(log_drain());
	ck_assert_uint_eq(log_lost(), 10);
	journald.error = 0;
	log_many(10, 20);
	ck_assert_int_eq(check_order(entries(), 0), 20); /* and is told of those that were lost */
}
END_TEST

/* Read from fd what comes, until it holds text. */
static const char *read_until(int fd, const char *text)
{
	static char got[4 * 1024 * 1024];
	size_t len = 0;

	do {
		ssize_t n = read(fd, got + len, sizeof(got) - 1 - len);

		ck_assert_int_gt(n, 0);
		len += (size_t)n;
		got[len] = '\0';
	} while (!strstr(got, text));
	return got;
}

START_TEST(stderr_unread)
{
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	if (_i == 1) /* somebody else has made it so: nothing is lost for that alone */
		ck_assert_int_eq(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_ge(dup2(fds[1], STDERR_FILENO), 0);
	close(fds[1]);
	log_many(0, LINES);
	ck_assert_uint_gt(log_lost(), 0);
	ck_assert(!log_drain());
	ck_assert_int_eq(!!(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK), _i);
	const char *got = read_until(fds[0], "standard error did not accept them\n");
	ck_assert_uint_eq(count(got, "lost"), 1);
	ck_assert_int_eq(check_order(got, 0), LINES);
	log_many(LINES, LINES + 1);
	ck_assert_int_eq(check_order(read_until(fds[0], "logs\n"), LINES), LINES + 1);
	close(fds[0]);
}
END_TEST

/* Nobody will ever read: it is not for us to end of it. */
START_TEST(stderr_gone)
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_ge(dup2(fds[1], STDERR_FILENO), 0);
	close(fds[1]);
	close(fds[0]);
	log_many(0, 100);
	ck_assert(log_drain());
	ck_assert_uint_eq(log_lost(), 100);
}
END_TEST

/* ---- Places ---------------------------------------------------------------------------------------------------- */

static void bad_message(int n)
{
	log_event(LOG_WARNING, CLASS_REMOTE, NULL, "bad message %d", n);
}

START_TEST(repeats_are_counted)
{
	const char *got;

	for (int i = 0; i < 500; i++)
		bad_message(i);
	got = lines();
	ck_assert_uint_eq(count(got, "warning remote: bad message"), 50);
	/* other places are not affected, and the sum waits for the interval's end */
	log_event(LOG_INFO, CLASS_NEUTRAL, NULL, "other");
	ck_assert_str_eq(lines(), "info: other\n");
	now += 4;
	bad_message(500);
	ck_assert_str_eq(lines(), "");
	now += 1;
	log_event(LOG_INFO, CLASS_NEUTRAL, NULL, "other");
	ck_assert_str_eq(lines(), "warning remote: suppressed 451 similar messages; last: bad message 500\ninfo: other\n");
	bad_message(501);
	ck_assert_str_eq(lines(), "warning remote: bad message 501\n");
	log_flush();
	ck_assert_str_eq(lines(), "");
}
END_TEST

START_TEST(storm) /* beyond some, not each is made, and the sum does not say that it was the last */
{
	for (int i = 0; i < 50 + 100 + 10; i++)
		bad_message(i);
	lines();
	log_flush();
	ck_assert_str_eq(lines(), "warning remote: suppressed 110 similar messages; one of the last: bad message 149\n");
}
END_TEST

START_TEST(flush_tells_the_rest)
{
	for (int i = 0; i < 51; i++)
		bad_message(i);
	lines();
	log_flush();
	ck_assert_str_eq(lines(), "warning remote: suppressed 1 similar message; last: bad message 50\n");
	log_flush();
	ck_assert_str_eq(lines(), "");
}
END_TEST

/* the last one as it would have been printed, though its object has changed since; a peer's text is no format */
START_TEST(last_is_told_whole)
{
	char host[] = "lac7", profile[] = "isp";
	const struct log_object object = { .tunnel_id = 4711, .peer_tunnel_id = 92, .host = host, .profile = profile };

	for (int i = 0; i < 52; i++)
		log_event(i == 51 ? LOG_ERR : LOG_WARNING, CLASS_REMOTE, &object, "tunnel refused: %s%d", "%s%n", i);
	memset(host, 'x', sizeof(host) - 1);
	lines();
	if (_i == 1)
		open_journal();
	log_flush();
	ck_assert_str_eq(_i == 0 ? lines() : entries(),
			 _i == 0 ? "error remote: suppressed 2 similar messages; last: tunnel 4711/92 host=lac7 profile=isp: "
				   "tunnel refused: %s%n51\n" :
				   "SYSLOG_IDENTIFIER=l2tpd\nPRIORITY=3\nL2TP_CLASS=REMOTE\nMESSAGE=suppressed 2 similar "
				   "messages; last: tunnel 4711/92 host=lac7 profile=isp: tunnel refused: %s%n51\n\n");
}
END_TEST

/* however long it is, and one line */
START_TEST(last_is_cut)
{
	char text[5000];

	memset(text, 'x', sizeof(text) - 1);
	text[10] = '\n';
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 51; i++)
		log_event(LOG_WARNING, CLASS_REMOTE, NULL, "bad %s", text);
	lines();
	log_flush();
	const char *got = lines();
	ck_assert_uint_eq(count(got, "suppressed 1 similar message; last: bad xxxxxxxxxx xxx"), 1);
	ck_assert_uint_eq(count(got, "\n"), 1);
	ck_assert_uint_gt(strlen(got), 1000);
	ck_assert_uint_lt(strlen(got), 1100);
}
END_TEST

/* one kind of our own news a session, and thousands of sessions in a moment */
START_TEST(news_are_not_counted)
{
	for (int i = 0; i < 1500; i++)
		log_event(LOG_INFO, CLASS_NEUTRAL, NULL, "up");
	ck_assert_uint_eq(count(lines(), "info: up\n"), 1500);
}
END_TEST

/* more places than are watched: all get through */
START_TEST(many_places)
{
	static char formats[200][8];

	for (size_t i = 0; i < 200; i++) {
		snprintf(formats[i], sizeof(formats[i]), "p%zu", i);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
		log_event(LOG_WARNING, CLASS_REMOTE, NULL, formats[i]);
#pragma GCC diagnostic pop
	}
	ck_assert_uint_eq(count(lines(), "\n"), 200);
	log_flush();
	ck_assert_str_eq(lines(), "");
}
END_TEST

START_TEST(escape)
{
	static const struct {
		const char *text;
		size_t len;
		const char *expect;
	} cases[] = {
		{ "", 0, "" },
		{ "lac7 (x)~", 9, "lac7 (x)~" },
		{ "a\0b\x1b[31m\n\x7f", 10, "a\\x00b\\x1b[31m\\x0a\\x7f" },
		{ "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "\xc3", 1, "\\xc3" },                         /* ends too early */
		{ "\xe2\x82", 2, "\\xe2\\x82" },
		{ "\xc0\xaf", 2, "\\xc0\\xaf" },                /* overlong */
		{ "\xe0\x9f\xbf", 3, "\\xe0\\x9f\\xbf" },
		{ "\xf0\x8f\xbf\xbf", 4, "\\xf0\\x8f\\xbf\\xbf" },
		{ "\xed\xa0\x80", 3, "\\xed\\xa0\\x80" },       /* a surrogate */
		{ "\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80" }, /* past the last one */
		{ "\xf5\x80\x80\x80", 4, "\\xf5\\x80\\x80\\x80" },
		{ "\xc2\x9b" "1m", 4, "\\xc2\\x9b1m" },         /* CSI in one character */
		{ "\x80\xff", 2, "\\x80\\xff" },
		{ "\xc3(", 2, "\\xc3(" },
	};
	char buf[64];
	struct l2tp_span s = { (const uint8_t *)cases[_i].text, cases[_i].len };

	ck_assert_ptr_eq(log_escape(s, buf, sizeof(buf)), buf);
	ck_assert_str_eq(buf, cases[_i].expect);
}
END_TEST

/* cut before what does not fit whole */
START_TEST(reason) /* R2661-4.4.2-06: an error code is shown by what it means, unless there are better words */
{
	static const struct {
		struct l2tp_reason reason;
		const char *expect;
	} rows[] = {
		{ { .result = 1 }, "" },
		{ { .result = 1, .text = "b\ay" }, ": b\\x07y" },
		{ { .result = 2, .error = EC_RESOURCES }, ": insufficient resources" },
		{ { .result = 2, .error = EC_RESOURCES, .text = "full" }, ": full" },
		{ { .result = 2 }, "" },
		{ { .result = 2, .error = 9 }, "" },
		{ { .result = RC_STOPCCN_VERSION, .error = 1 }, "" },
	};
	char buf[32];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_str_eq(log_reason(&rows[i].reason, buf, sizeof(buf)), rows[i].expect);
}
END_TEST

START_TEST(escape_cut)
{
	static const char *const expect[] = { NULL, "", "a", "a", "a\xc3\xbc", "a\xc3\xbc", "a\xc3\xbc", "a\xc3\xbc",
					      "a\xc3\xbc\\x01", "a\xc3\xbc\\x01" "b" };
	const struct l2tp_span s = { (const uint8_t *)"a\xc3\xbc\x01" "b", 5 };
	char *buf = malloc((size_t)_i); /* of exactly that size, for the sanitizer */

	ck_assert_str_eq(log_escape(s, buf, (size_t)_i), expect[_i]);
	free(buf);
}
END_TEST

START_TEST(hex)
{
	static const struct {
		size_t len, size;
		const char *expect;
	} cases[] = { { 3, 8, "00ab7f" }, { 3, 7, "00ab7f" }, { 3, 6, "00ab" }, { 0, 8, "" }, { 3, 1, "" } };
	struct l2tp_span s = { (const uint8_t *)"\x00\xab\x7f", cases[_i].len };
	char buf[8];

	ck_assert_ptr_eq(log_hex(s, buf, cases[_i].size), buf);
	ck_assert_str_eq(buf, cases[_i].expect);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");

	tcase_set_timeout(t, 30);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, line, 0, 6);
	tcase_add_test(t, levels);
	tcase_add_test(t, one_line);
	tcase_add_loop_test(t, journal_fields, 0, 3);
	tcase_add_test(t, journal_values);
	tcase_add_test(t, journal_stopped);
	tcase_add_test(t, journal_slow);
	tcase_add_test(t, journal_gone);
	tcase_add_loop_test(t, stderr_unread, 0, 2);
	tcase_add_test(t, stderr_gone);
	tcase_add_test(t, repeats_are_counted);
	tcase_add_test(t, storm);
	tcase_add_test(t, flush_tells_the_rest);
	tcase_add_loop_test(t, last_is_told_whole, 0, 2);
	tcase_add_test(t, last_is_cut);
	tcase_add_test(t, news_are_not_counted);
	tcase_add_test(t, many_places);
	tcase_add_loop_test(t, escape, 0, 15);
	tcase_add_test(t, reason);
	tcase_add_loop_test(t, escape_cut, 1, 10);
	tcase_add_loop_test(t, hex, 0, 5);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
