/* SPDX-License-Identifier: MIT */
/*
 * resolve: with the real workers and addresses as names; what a resolver says is played by our own getaddrinfo(),
 * which takes the place of the C library's.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include "oom.h"
#include "net/resolve.h"

static sd_event *event;
static struct workers *w;
static pthread_t loop_thread;
static atomic_int lookups;
static atomic_int hold; /* the resolver waits as long as this is set */

/* ---- A resolver of our own ---- */

static struct addrinfo *info(const char *ip, struct addrinfo *next)
{
	struct {
		struct addrinfo info;
		struct sockaddr_in6 sa;
	} *both = __real_calloc(1, sizeof(*both));
	struct sockaddr_in *in = (struct sockaddr_in *)&both->sa;
	bool six = strchr(ip, ':');

	both->info = (struct addrinfo){ .ai_family = six ? AF_INET6 : AF_INET,
					.ai_addr = (struct sockaddr *)&both->sa,
					.ai_addrlen = six ? sizeof(both->sa) : sizeof(*in),
					.ai_next = next };
	if (six)
		inet_pton(AF_INET6, ip, &both->sa.sin6_addr);
	else
		inet_pton(AF_INET, ip, &in->sin_addr);
	both->sa.sin6_family = (sa_family_t)both->info.ai_family;
	if (six)
		both->sa.sin6_scope_id = 3;
	return &both->info;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
	static const struct {
		const char *name;
		int eai, err;
	} failures[] = {
		{ "unknown", EAI_NONAME, 0 }, { "later", EAI_AGAIN, 0 }, { "broken", EAI_FAIL, 0 },
		{ "no-memory", EAI_MEMORY, 0 }, { "system", EAI_SYSTEM, EMFILE }, { "strange", 4711, 0 },
	};
	bool four = hints->ai_family != AF_INET6, six = hints->ai_family != AF_INET;

	lookups++;
	while (hold)
		sched_yield();
	ck_assert(!pthread_equal(pthread_self(), loop_thread));
	ck_assert(!service && hints->ai_socktype == SOCK_DGRAM);
	ck_assert_msg(!strpbrk(name, "[]") && strcmp(name, "lns.example:1702") != 0, "not a name: %s", name);
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (strcmp(name, failures[i].name) == 0) {
			errno = failures[i].err;
			return failures[i].eai;
		}
	}
	*ret = NULL;
	if (strcmp(name, "many") == 0)
		for (int i = 0; i < 50; i++)
			*ret = info("192.0.2.1", *ret);
	else if (strcmp(name, "none") != 0) {
		*ret = four ? info("192.0.2.9", *ret) : NULL;
		*ret = six ? info("fe80::1", *ret) : *ret;
		*ret = six ? info("2001:db8::9", *ret) : *ret;
	}
	return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;

		free(list);
		list = next;
	}
}

/* ---- What came back ---- */

static struct {
	int calls, err;
	char text[512];
	struct l2tp_addr addrs[32];
	size_t n;
} result;

static void done(void *ctx, int err, const char *text, const struct l2tp_addr *addrs, size_t n)
{
	ck_assert_ptr_eq(ctx, &result);
	ck_assert(pthread_equal(pthread_self(), loop_thread));
	result.calls++;
	result.err = err;
	result.n = n;
	snprintf(result.text, sizeof(result.text), "%s", text ? text : "");
	if (n)
		memcpy(result.addrs, addrs, n * sizeof(*addrs));
}

static void setup(void)
{
	loop_thread = pthread_self();
	memset(&result, 0, sizeof(result));
	ck_assert_int_ge(sd_event_new(&event), 0);
	ck_assert_int_eq(workers_new(event, 2, &w), 0);
}

static void teardown(void)
{
	workers_free(w);
	sd_event_unref(event);
}

/* The one in the answer is that which was written, else 1701. */
static void start(const char *name, int family)
{
	struct resolve *r;

	ck_assert_int_eq(resolve_start(w, name, 1701, family, done, &result, &r), 0);
	ck_assert_int_eq(result.calls, 0);
}

static void run_until_called(void)
{
	for (int i = 0; i < 100 && result.calls == 0; i++)
		sd_event_run(event, 50000);
	ck_assert_int_eq(result.calls, 1);
}

START_TEST(addresses)
{
	static const struct {
		int family;
		const char *expect;
	} cases[] = {
		{ 0, "[2001:db8::9]:1701 [fe80::1%3]:1701 192.0.2.9:1701 " },
		{ 4, "192.0.2.9:1701 " },
		{ 6, "[2001:db8::9]:1701 [fe80::1%3]:1701 " },
	};
	char got[256] = "", ip[64];

	start("lns.example", cases[_i].family);
	run_until_called();
	ck_assert_int_eq(result.err, 0);
	for (size_t i = 0; i < result.n; i++) {
		const struct l2tp_addr *a = &result.addrs[i];
		size_t len = strlen(got);

		inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->ip, ip, sizeof(ip));
		if (a->scope)
			snprintf(got + len, sizeof(got) - len, "[%s%%%u]:%u ", ip, (unsigned)a->scope, a->port);
		else
			snprintf(got + len, sizeof(got) - len, a->family == 4 ? "%s:%u " : "[%s]:%u ", ip, a->port);
	}
	ck_assert_str_eq(got, cases[_i].expect);
}
END_TEST

START_TEST(port_of_its_own)
{
	start(_i ? "lns.example:1702" : "[2001:db8::9]:1702", 6);
	run_until_called();
	ck_assert_int_eq(result.err, 0);
	for (size_t i = 0; i < result.n; i++)
		ck_assert_uint_eq(result.addrs[i].port, 1702);
}
END_TEST

START_TEST(not_more_than_are_tried)
{
	start("many", 4);
	run_until_called();
	ck_assert_int_eq(result.err, 0);
	ck_assert_uint_eq(result.n, 16);
}
END_TEST

START_TEST(failures)
{
	static const struct {
		const char *name;
		int err;
		const char *text;
	} cases[] = {
		{ "unknown", -ENOENT, "cannot resolve \"unknown\": Name or service not known" },
		{ "later", -EAGAIN, "cannot resolve \"later\": Temporary failure in name resolution" },
		{ "broken", -EIO, "cannot resolve \"broken\": Non-recoverable failure in name resolution" },
		{ "no-memory", -ENOMEM, "cannot resolve \"no-memory\": Memory allocation failure" },
		{ "system", -EMFILE, "cannot resolve \"system\": Too many open files" },
		{ "strange", -EIO, "cannot resolve \"strange\": Unknown error" },
		{ "none", -ENOENT, "cannot resolve \"none\": no address" },
	};

	start(cases[_i].name, 0);
	run_until_called();
	ck_assert_int_eq(result.err, cases[_i].err);
	ck_assert_str_eq(result.text, cases[_i].text);
	ck_assert_uint_eq(result.n, 0);
}
END_TEST

START_TEST(not_a_server)
{
	static const char *const servers[] = { "lns.example:0", "[2001:db8::1", "2001:db8::1:x", "" };
	struct resolve *r = NULL;

	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++)
		ck_assert_int_eq(resolve_start(w, servers[i], 1701, 0, done, &result, &r), -EINVAL);
	ck_assert_ptr_null(r);
	ck_assert_int_eq(lookups, 0);
}
END_TEST

/* before, while and after the resolver works; nothing is lost, which the sanitizer would tell */
START_TEST(cancel)
{
	struct resolve *r;

	hold = _i == 1;
	ck_assert_int_eq(resolve_start(w, "lns.example", 1701, 0, done, &result, &r), 0);
	if (_i >= 1)
		while (lookups == 0)
			sched_yield();
	resolve_cancel(r);
	hold = 0;
	for (int i = 0; i < 5; i++)
		sd_event_run(event, 10000);
	ck_assert_int_eq(result.calls, 0);
	ck_assert_int_eq(lookups, 1);
	resolve_cancel(NULL);
}
END_TEST

START_TEST(out_of_memory)
{
	struct resolve *r = NULL;
	int errs[3] = { 0 };

	for (int n = 1; n <= 2; n++) { /* ours, the workers' */
		oom_at = n;
		errs[n] = resolve_start(w, "lns.example", 1701, 0, done, &result, &r);
		oom_at = 0;
	}
	ck_assert_int_eq(errs[1], -ENOMEM);
	ck_assert_int_eq(errs[2], -ENOMEM);
	ck_assert_ptr_null(r);
	ck_assert_int_eq(lookups, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("resolve");
	TCase *t = tcase_create("resolve");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, addresses, 0, 3);
	tcase_add_loop_test(t, port_of_its_own, 0, 2);
	tcase_add_test(t, not_more_than_are_tried);
	tcase_add_loop_test(t, failures, 0, 7);
	tcase_add_test(t, not_a_server);
	tcase_add_loop_test(t, cancel, 0, 3);
	tcase_add_test(t, out_of_memory);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
