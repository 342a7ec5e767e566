/* SPDX-License-Identifier: MIT */
/*
 * fdstore: files are ends of socket pairs, whose other end tells when they are closed.
 * Linked with --wrap=malloc,calloc,realloc,pthread_create.
 */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/fdstore.h"
#include "kernel/workers.h"
#include "oom.h"

static bool no_threads;

int __real_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*run)(void *), void *arg);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*run)(void *), void *arg);

int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	return no_threads ? EAGAIN : __real_pthread_create(t, attr, run, arg);
}

/* A file, and what tells of its end. */
struct pair {
	int fd, other;
};

static struct pair pair_new(void)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		abort();
	return (struct pair){ fds[0], fds[1] };
}

static bool is_closed_in(const struct pair *p, int ms)
{
	struct pollfd f = { .fd = p->other };

	return poll(&f, 1, ms) == 1 && f.revents & POLLHUP;
}

static bool is_closed(const struct pair *p)
{
	return is_closed_in(p, 0);
}

static const struct fd_name socket_name = { 7, 0 }, pppox_name = { 7, 8 }, second_name = { 7, 9 };

static sd_event *event;
static struct workers *workers;
static struct fdstore *fds;
static int gate[2]; /* what keeps the only worker busy */

static void setup(void)
{
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(workers_new(event, 1, &workers), 0);
	ck_assert_int_eq(fdstore_new(workers, &fds), 0);
	ck_assert_int_eq(pipe(gate), 0);
	no_threads = false;
}

static void teardown(void)
{
	close(gate[1]); /* lets the worker go */
	workers_free(workers);
	fdstore_free(fds);
	sd_event_unref(event);
	close(gate[0]);
}

static struct pair put(struct fd_name name)
{
	struct pair p = pair_new();

	ck_assert_int_eq(fdstore_put(fds, name, p.fd), 0);
	return p;
}

static int wait_for_byte(void *ctx)
{
	char c;

	(void)ctx;
	return (int)read(gate[0], &c, 1);
}

static void keep_busy(void)
{
	ck_assert_int_eq(workers_submit(workers, wait_for_byte, NULL, NULL), 0);
}

static void let_go(void)
{
	ck_assert_int_eq(write(gate[1], "", 1), 1);
}

static int n_done;
static const struct pair *awaited; /* closed when done() is called */

static void done(void *ctx)
{
	ck_assert_ptr_eq(ctx, &n_done);
	ck_assert(!awaited || is_closed(awaited));
	n_done++;
}

static void run_until_done(int n)
{
	while (n_done < n)
		ck_assert_int_gt(sd_event_run(event, 10 * 1000 * 1000), 0);
	while (sd_event_run(event, 0) > 0)
		;
	ck_assert_int_eq(n_done, n);
}

/* ---- Names ------------------------------------------------------------------------------------------------------ */

START_TEST(names)
{
	struct pair socket = put(socket_name), pppox = put(pppox_name), third = pair_new();
	const struct fd_name none[] = { { 0, 0 }, { 7, 7 }, { 8, 7 }, { 8, 0 }, { 0, 7 }, { 0, 8 } };

	ck_assert_int_eq(fdstore_get(fds, socket_name), socket.fd);
	ck_assert_int_eq(fdstore_get(fds, pppox_name), pppox.fd);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		ck_assert_int_eq(fdstore_get(fds, none[i]), -ENOENT);
		ck_assert(!fdstore_close(fds, none[i], done, &n_done));
	}
	/* one that is taken: the newcomer is closed, what was there stays */
	ck_assert_int_eq(fdstore_put(fds, pppox_name, third.fd), -EEXIST);
	ck_assert(is_closed(&third) && !is_closed(&pppox) && !is_closed(&socket));
	ck_assert_int_eq(fdstore_get(fds, pppox_name), pppox.fd);
	ck_assert_int_eq(n_done, 0);
}
END_TEST

/* A socket that is older than its tunnel's id. */
START_TEST(named_later)
{
	struct pair a = pair_new(), b = pair_new();
	struct fd_name first, second;

	ck_assert_int_eq(fdstore_put_new(fds, a.fd, &first), 0);
	ck_assert_int_eq(fdstore_put_new(fds, b.fd, &second), 0);
	ck_assert(!first.tunnel_id && !second.tunnel_id && first.session_id && second.session_id);
	ck_assert_uint_ne(first.session_id, second.session_id);
	ck_assert_int_eq(fdstore_rename(fds, first, socket_name), 0);
	ck_assert_int_eq(fdstore_get(fds, socket_name), a.fd);
	ck_assert_int_eq(fdstore_get(fds, first), -ENOENT);
	ck_assert_int_eq(fdstore_rename(fds, first, (struct fd_name){ 9, 0 }), -ENOENT);
	ck_assert_int_eq(fdstore_rename(fds, second, socket_name), -EEXIST);
	ck_assert_int_eq(fdstore_get(fds, second), b.fd);
	ck_assert_int_eq(fdstore_get(fds, socket_name), a.fd);
	ck_assert(!is_closed(&a) && !is_closed(&b));
	fdstore_close(fds, second, NULL, NULL);
	fdstore_close(fds, socket_name, NULL, NULL);
	ck_assert(is_closed(&a) && is_closed(&b));
}
END_TEST

/* ---- The end ---------------------------------------------------------------------------------------------------- */

/* Its port is to be free when the request returns. */
START_TEST(sockets_are_closed_at_once)
{
	struct pair p = put(socket_name);

	keep_busy();
	ck_assert(!fdstore_close(fds, socket_name, done, &n_done));
	ck_assert(is_closed(&p));
	ck_assert(!fdstore_close(fds, socket_name, done, &n_done));
	ck_assert_int_eq(n_done, 0);
}
END_TEST

START_TEST(pppox_is_closed_by_a_worker)
{
	struct pair p = put(pppox_name), tunnel = put(socket_name), next;

	keep_busy();
	n_done = 0;
	awaited = &p;
	ck_assert(fdstore_close(fds, pppox_name, done, &n_done));
	ck_assert(!is_closed(&p));
	/* the name is free, for one who asks as for one who comes, and the tunnel may go meanwhile */
	ck_assert_int_eq(fdstore_get(fds, pppox_name), -ENOENT);
	ck_assert(!fdstore_close(fds, pppox_name, done, &n_done));
	next = put(pppox_name);
	ck_assert(!fdstore_close(fds, socket_name, NULL, NULL) && is_closed(&tunnel));
	while (sd_event_run(event, 0) > 0)
		;
	ck_assert_int_eq(n_done, 0);
	let_go();
	run_until_done(1);
	ck_assert_int_eq(fdstore_get(fds, pppox_name), next.fd);
	ck_assert(!is_closed(&next));
}
END_TEST

static void close_again(void *ctx)
{
	done(ctx);
	if (fdstore_close(fds, second_name, close_again, ctx))
		awaited = NULL;
}

/* Whoever is told may close the next one. */
START_TEST(closed_from_within)
{
	struct pair p = put(pppox_name), q = put(second_name);

	n_done = 0;
	awaited = &p;
	ck_assert(fdstore_close(fds, pppox_name, close_again, &n_done));
	run_until_done(2);
	ck_assert(is_closed(&p) && is_closed(&q));
}
END_TEST

START_TEST(no_thread_to_be_had)
{
	struct pair p = put(pppox_name);

	no_threads = true;
	ck_assert(!fdstore_close(fds, pppox_name, done, &n_done));
	ck_assert(is_closed(&p));
	ck_assert_int_eq(n_done, 0);
}
END_TEST

/* Takes the numbers that have become free: what closes one of them a second time is found out. */
static int squat(int n, int taken[])
{
	for (int i = 0; i < n; i++)
		taken[i] = dup(gate[0]);
	return taken[n - 1];
}

/* The daemon ends while one pppox is being closed and others are open: all are closed, once, and nobody is told. */
START_TEST(shutdown_with_all_kinds)
{
	enum { KINDS = 5 };
	struct pair pairs[KINDS] = { put(pppox_name), put(second_name), put(socket_name), put((struct fd_name){ 9, 1 }) };
	struct fd_name dial;
	int taken[KINDS];

	pairs[4] = pair_new();
	ck_assert_int_eq(fdstore_put_new(fds, pairs[4].fd, &dial), 0);
	n_done = 0;
	awaited = NULL;
	keep_busy();
	ck_assert(fdstore_close(fds, pppox_name, done, &n_done));
	fdstore_close_sessions(fds);
	ck_assert_int_eq(fdstore_get(fds, second_name), -ENOENT);
	ck_assert_int_eq(fdstore_get(fds, socket_name), pairs[2].fd);
	ck_assert_int_eq(fdstore_get(fds, dial), pairs[4].fd);
	fdstore_close_sessions(fds); /* there is none any more */
	let_go();
	workers_free(workers);
	workers = NULL;
	for (int i = 0; i < KINDS; i++)
		ck_assert_int_eq(is_closed(&pairs[i]), i != 2 && i != 4);
	ck_assert_int_ge(squat(3, taken), 0);
	fdstore_free(fds);
	fds = NULL;
	ck_assert(is_closed(&pairs[2]) && is_closed(&pairs[4]));
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(close(taken[i]), 0);
	ck_assert_int_eq(n_done, 0);
}
END_TEST

/* One that came behind the workers. */
START_TEST(left_over)
{
	struct pair p = put(pppox_name), q = put(socket_name);

	workers_free(workers);
	workers = NULL;
	fdstore_free(fds);
	fds = NULL;
	ck_assert(is_closed(&p) && is_closed(&q));
	fdstore_free(NULL);
	fdstore_close_sessions(NULL);
}
END_TEST

/* ---- Out of memory ---------------------------------------------------------------------------------------------- */

/* Everything once, as far as it goes.  No checks in here: check allocates, too. */
static int use_all(struct pair pairs[2])
{
	struct fd_name name;
	int r = fdstore_put_new(fds, pairs[0].fd, &name);

	if (r == 0) {
		r = fdstore_rename(fds, name, socket_name);
		if (r < 0 && fdstore_get(fds, name) != pairs[0].fd)
			abort();
	} else {
		name = socket_name;
	}
	if (r == 0)
		r = fdstore_put(fds, pppox_name, pairs[1].fd);
	else
		close(pairs[1].fd);
	(void)fdstore_close(fds, r == 0 || r == -EEXIST ? socket_name : name, NULL, NULL);
	(void)fdstore_close(fds, socket_name, NULL, NULL);
	(void)fdstore_close(fds, pppox_name, NULL, NULL);
	return r;
}

START_TEST(out_of_memory)
{
	struct fdstore *none = NULL;
	int n = 0, failures = 0;
	bool reached;

	oom_at = 1;
	ck_assert_int_eq(fdstore_new(workers, &none), -ENOMEM);
	ck_assert_ptr_null(none);
	do {
		struct pair pairs[2] = { pair_new(), pair_new() };

		oom_at = ++n;
		int r = use_all(pairs);
		reached = oom_at == 0;
		oom_at = 0;
		ck_assert_msg(r == 0 || r == -ENOMEM, "%d: %d", n, r);
		failures += r < 0;
		for (int i = 0; i < 2; i++)
			ck_assert_msg(is_closed_in(&pairs[i], 10000), "allocation %d: file %d is left", n, i);
		ck_assert_int_eq(fdstore_get(fds, socket_name), -ENOENT);
		ck_assert_int_eq(fdstore_get(fds, pppox_name), -ENOENT);
	} while (reached);
	ck_assert_int_ge(failures, 5); /* three entries, and a table for the first of them */
}
END_TEST

static int put_without_memory(struct fd_name name, int fd)
{
	int r;

	oom_at = 2; /* the entry is made, what comes then is not */
	r = fdstore_put(fds, name, fd);
	oom_at = 0;
	return r;
}

/* Many, and the table grows just when there is no memory for that. */
START_TEST(growing)
{
	enum { N = 500 };
	struct pair p = put(socket_name);
	static int files[N];
	int failures = 0;

	for (uint32_t i = 1; i < N; i++) {
		const struct fd_name name = { i + 100, 0 };

		files[i] = dup(gate[0]);
		if (put_without_memory(name, files[i]) < 0) {
			failures++;
			ck_assert_int_eq(fdstore_get(fds, name), -ENOENT);
			files[i] = dup(gate[0]); /* that was closed */
			ck_assert_int_eq(fdstore_put(fds, name, files[i]), 0);
		}
		for (uint32_t k = 1; k <= i; k++)
			ck_assert_int_eq(fdstore_get(fds, (struct fd_name){ k + 100, 0 }), files[k]);
	}
	ck_assert_int_gt(failures, 0);
	ck_assert(!is_closed(&p));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fdstore");
	TCase *t = tcase_create("fdstore");
	SRunner *r;
	int failed;

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, names);
	tcase_add_test(t, named_later);
	tcase_add_test(t, sockets_are_closed_at_once);
	tcase_add_test(t, pppox_is_closed_by_a_worker);
	tcase_add_test(t, closed_from_within);
	tcase_add_test(t, no_thread_to_be_had);
	tcase_add_test(t, shutdown_with_all_kinds);
	tcase_add_test(t, left_over);
	tcase_add_test(t, out_of_memory);
	tcase_add_test(t, growing);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
