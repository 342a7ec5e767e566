/* SPDX-License-Identifier: MIT */
/* audit: the kernel's view and the daemon's, compared. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ctl/audit.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Digits are tunnels and sessions: "1" tunnel 1, "12" session 2 of tunnel 1; the peer's is the same with 100 added, or
 * with a * behind it 200.  In the daemon: a ? behind it is not established, a - one whose peer's id is not known. */
struct world {
	const char *name, *before, *daemon, *after, *findings;
};

static const struct world worlds[] = {
	{ "nothing", "", "", "", "" },
	{ "agreement", "1 11 12 2", "1 11 12 2", "1 11 12 2", "" },
	{ "orphan tunnel", "1 2", "1", "1 2", "o2" },
	{ "orphan session", "1 11 12", "1 11", "1 11 12", "o12" },
	{ "tunnel that is missing", "1", "1 2", "1", "m2" },
	{ "session that is missing", "1", "1 11", "1", "m11" },
	{ "not established yet", "", "1? 11?", "", "" },
	{ "all", "3 34", "1 12", "3 34", "o3 o34 m1 m12" },
	{ "another of the peer's", "1* 11*", "1 11", "1* 11*", "x1 x11" },
	{ "the peer's is not known yet", "1 11", "1- 11-", "1 11", "" },
	{ "closed while we look", "1 11", "", "", "" },
	{ "opened while we look", "", "", "1 11", "" },
	{ "opened, seen by the daemon", "", "1 11", "1 11", "" },
	{ "closed, seen by the daemon", "1 11", "1 11", "", "" },
	{ "not in order", "2 1 12 11", "12 2 11 1", "1 2 11 12", "" },
};

static void parse(const char *s, struct kernel_view *v, struct audit_object *objects, size_t *n)
{
	static struct kernel_tunnel tunnels[2][16];
	static struct kernel_session sessions[2][16];
	static int turn;

	turn = !turn;
	*v = (struct kernel_view){ tunnels[turn], sessions[turn], 0, 0 };
	*n = 0;
	for (; *s; s += strspn(s, " ")) {
		uint32_t tunnel = (uint32_t)(*s++ - '0'), session = *s >= '0' && *s <= '9' ? (uint32_t)(*s++ - '0') : 0;
		char mark = *s && *s != ' ' ? *s++ : 0;
		uint32_t peer = mark == '-' ? 0 : (mark == '*' ? 200 : 100) + (session ? session : tunnel);

		if (session)
			v->sessions[v->n_sessions++] =
				(struct kernel_session){ .tunnel_id = tunnel, .id = session, .peer_id = peer };
		else
			v->tunnels[v->n_tunnels++] = (struct kernel_tunnel){ .id = tunnel, .peer_id = peer };
		objects[(*n)++] = (struct audit_object){ tunnel, session, peer, mark != '?' };
	}
}

static int by_tunnel(const void *a, const void *b)
{
	return (int)((const struct kernel_tunnel *)a)->id - (int)((const struct kernel_tunnel *)b)->id;
}

static int by_session(const void *a, const void *b)
{
	const struct kernel_session *x = a, *y = b;

	return x->tunnel_id != y->tunnel_id ? (int)x->tunnel_id - (int)y->tunnel_id : (int)x->id - (int)y->id;
}

/* As kernel_view_read() leaves it. */
static void sort(struct kernel_view *v)
{
	qsort(v->tunnels, v->n_tunnels, sizeof(*v->tunnels), by_tunnel);
	qsort(v->sessions, v->n_sessions, sizeof(*v->sessions), by_session);
}

static const char *words(const struct audit *a)
{
	static char text[256];
	char *p = text;

	*p = '\0';
	for (size_t i = 0; i < a->n; i++) {
		const struct audit_finding *f = &a->findings[i];

		p += sprintf(p, "%s%c%u", i ? " " : "", "omx"[f->kind], f -> tunnel_id);
		if (f->session_id)
			p += sprintf(p, "%u", f->session_id);
	}
	return text;
}

START_TEST(compare)
{
	const struct world *w = &worlds[_i];
	struct kernel_view before, after, none;
	struct audit_object objects[16], others[16];
	struct audit a = { 0 };
	size_t n, unused;

	parse(w->daemon, &none, objects, &n);
	parse(w->before, &before, others, &unused);
	parse(w->after, &after, others, &unused);
	sort(&before);
	sort(&after);
	ck_assert_int_eq(audit_compare(&before, &after, objects, n, &a), 0);
	ck_assert_msg(strcmp(words(&a), w->findings) == 0, "%s: %s instead of %s", w->name, words(&a), w->findings);
	audit_clear(&a);
}
END_TEST

static struct audit audit_of(const struct audit_finding *findings, size_t n)
{
	struct audit a = { malloc((n + 1) * sizeof(*findings)), n };

	memcpy(a.findings, findings, n * sizeof(*findings));
	return a;
}

START_TEST(confirm)
{
	static const struct audit_finding first[] = { { AUDIT_ORPHAN, 2, 0, 0, 0 },
						      { AUDIT_ORPHAN, 1, 2, 0, 0 },
						      { AUDIT_MISSING, 3, 0, 0, 0 },
						      { AUDIT_MISMATCH, 4, 1, 0, 0 } };
	static const struct audit_finding second[] = { { AUDIT_MISMATCH, 4, 1, 9, 9 },
						       { AUDIT_ORPHAN, 1, 2, 0, 0 },
						       { AUDIT_ORPHAN, 3, 0, 0, 0 },
						       { AUDIT_ORPHAN, 1, 3, 0, 0 } };
	struct audit a = audit_of(first, COUNT(first)), b = audit_of(second, COUNT(second));

	audit_confirm(&a, &b);
	ck_assert_str_eq(words(&a), "o12 x41");
	audit_clear(&b);
	audit_confirm(&a, &b);
	ck_assert_str_eq(words(&a), "");
	audit_clear(&a);
}
END_TEST

/* 50,000 of each are no matter. */
START_TEST(many)
{
	enum { N = 50000 };
	struct kernel_view v = { calloc(N, sizeof(*v.tunnels)), calloc(N, sizeof(*v.sessions)), N, N };
	struct audit_object *objects = calloc(N, sizeof(*objects));
	struct audit a = { 0 }, b = { 0 };

	for (uint32_t i = 0; i < N; i++) {
		v.tunnels[i] = (struct kernel_tunnel){ .id = i + 1, .peer_id = 1 };
		v.sessions[i] = (struct kernel_session){ .tunnel_id = 1, .id = i + 1, .peer_id = 1 };
		objects[i] = (struct audit_object){ 2, N - i, 1, true };
	}
	ck_assert_int_eq(audit_compare(&v, &v, objects, N, &a), 0);
	ck_assert_int_eq(audit_compare(&v, &v, objects, N, &b), 0);
	ck_assert_uint_eq(a.n, 3 * N);
	audit_confirm(&a, &b);
	ck_assert_uint_eq(a.n, 3 * N);
	audit_clear(&a);
	audit_clear(&b);
	kernel_view_clear(&v);
	free(objects);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("audit");
	TCase *tc = tcase_create("audit");
	SRunner *r;
	int failed;

	tcase_add_loop_test(tc, compare, 0, COUNT(worlds));
	tcase_add_test(tc, confirm);
	tcase_add_test(tc, many);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
