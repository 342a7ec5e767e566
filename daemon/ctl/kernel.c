/* SPDX-License-Identifier: MIT */
/*
 * kernel: the verbs that query the kernel: its tunnels and sessions with their counters, and whether they agree with
 * the daemon's.
 *
 * Only --audit talks to the daemon.  Tool and daemon must be in the same network namespace, or every object of the one
 * would be missing in the other.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "audit.h"
#include "kernel_view.h"
#include "rows.h"
#include "table.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static enum status complain(int err)
{
	static const struct {
		int err;
		const char *text;
	} texts[] = {
		{ -ENOENT, "the kernel does not support L2TP; load its modules: modprobe -a l2tp_netlink l2tp_ppp; see "
			   "l2tpctl doctor" },
		{ -EPERM, "permission denied: reading the kernel's tunnels requires root or CAP_NET_ADMIN" },
	};
	const char *text = strerror(-err);

	for (size_t i = 0; i < COUNT(texts); i++)
		if (texts[i].err == err)
			text = texts[i].text;
	fprintf(stderr, "l2tpctl: %s\n", text);
	return err == -EPERM ? STATUS_DENIED : STATUS_FAILED;
}

/* An inconsistent dump is repeated. */
static enum status read_kernel(struct kernel_view *v)
{
	enum { TRIES = 5 };
	int r = -EAGAIN;

	for (int i = 0; i < TRIES && r == -EAGAIN; i++)
		r = kernel_view_read(v);
	return r < 0 ? complain(r) : STATUS_OK;
}

/* ---- Show --------------------------------------------------------------------------------------------------- */

/* The name in JSON, the title in the table, and the offset. */
static const struct {
	const char *name, *title;
	size_t offset;
} counters[] = {
	{ "RxPackets", "RX", offsetof(struct kernel_counters, rx_packets) },
	{ "RxBytes", "BYTES", offsetof(struct kernel_counters, rx_bytes) },
	{ "RxErrors", "ERR", offsetof(struct kernel_counters, rx_errors) },
	{ "RxDiscarded", NULL, offsetof(struct kernel_counters, rx_discarded) },
	{ "RxReordered", NULL, offsetof(struct kernel_counters, rx_reordered) },
	{ "TxPackets", "TX", offsetof(struct kernel_counters, tx_packets) },
	{ "TxBytes", "BYTES", offsetof(struct kernel_counters, tx_bytes) },
	{ "TxErrors", "ERR", offsetof(struct kernel_counters, tx_errors) },
};

static uint64_t counter_of(const struct kernel_counters *c, size_t i)
{
	uint64_t n;

	memcpy(&n, (const char *)c + counters[i].offset, sizeof(n));
	return n;
}

static void set_counters(json_t *row, const struct kernel_counters *c)
{
	for (size_t i = 0; i < COUNT(counters); i++)
		ctl_must(json_object_set_new(row, counters[i].name, json_integer((json_int_t)counter_of(c, i))));
}

static json_t *tunnel_row(const struct kernel_tunnel *t)
{
	char local[L2TP_ADDR_STR_MAX], peer[L2TP_ADDR_STR_MAX];
	json_t *row = ctl_must_ptr(json_pack("{s:I,s:I,s:i,s:s,s:s,s:s}", "Tunnel", (json_int_t)t->id, "PeerTunnel",
					     (json_int_t)t->peer_id, "Version", (int)t->version, "Encapsulation",
					     t->udp ? "udp" : "ip", "Local", l2tp_addr_str(&t->local, local), "Peer",
					     l2tp_addr_str(&t->peer, peer)));

	set_counters(row, &t->counters);
	return row;
}

static json_t *session_row(const struct kernel_session *s)
{
	json_t *row = ctl_must_ptr(json_pack(
		"{s:I,s:I,s:I,s:I,s:s,s:b,s:b,s:s}", "Tunnel", (json_int_t)s->tunnel_id, "Session", (json_int_t)s->id,
		"PeerTunnel", (json_int_t)s->peer_tunnel_id, "PeerSession", (json_int_t)s->peer_id, "Pseudowire",
		s->ppp ? "ppp" : "ethernet", "Lns", s->lns, "Sequencing", s->sequencing, "Interface", s->interface));

	set_counters(row, &s->counters);
	return row;
}

/* A table of words and counters: n_words cells of each row are given, the counters with a title follow. */
struct listing {
	struct table_column columns[TABLE_COLUMNS_MAX];
	struct table *table;
	size_t n_words;
};

static void listing_begin(struct listing *l, const char *const *titles, size_t n_words)
{
	size_t n = 0, width = table_terminal(stdout);

	*l = (struct listing){ .n_words = n_words };
	for (; n < n_words; n++)
		l->columns[n].title = titles[n];
	for (size_t i = 0; i < COUNT(counters); i++)
		if (counters[i].title)
			l->columns[n++] = (struct table_column){ .title = counters[i].title, .right = true };
	l->table = table_new(l->columns, n, stdout, width, width > 0);
}

static void listing_add(struct listing *l, const char *const *words, const struct kernel_counters *c)
{
	const char *cells[TABLE_COLUMNS_MAX];
	char texts[COUNT(counters)][24];
	size_t n = l->n_words;

	memcpy(cells, words, n * sizeof(*words));
	for (size_t i = 0; i < COUNT(counters); i++) {
		snprintf(texts[i], sizeof(texts[i]), "%" PRIu64, counter_of(c, i));
		if (counters[i].title)
			cells[n++] = texts[i];
	}
	table_add(l->table, cells);
}

static void print_tunnels(const struct kernel_view *v)
{
	static const char *const titles[] = { "TUNNEL", "PEER-ID", "ENCAP", "LOCAL", "PEER" };
	struct listing l;

	listing_begin(&l, titles, COUNT(titles));
	for (size_t i = 0; i < v->n_tunnels; i++) {
		const struct kernel_tunnel *t = &v->tunnels[i];
		char id[16], peer_id[16], local[L2TP_ADDR_STR_MAX], peer[L2TP_ADDR_STR_MAX];

		snprintf(id, sizeof(id), "%u", t->id);
		snprintf(peer_id, sizeof(peer_id), "%u", t->peer_id);
		listing_add(&l,
			    (const char *[]){ id, peer_id, t->udp ? "udp" : "ip", l2tp_addr_str(&t->local, local),
					      l2tp_addr_str(&t->peer, peer) },
			    &t->counters);
	}
	table_end(l.table);
}

static void print_sessions(const struct kernel_view *v)
{
	static const char *const titles[] = { "SESSION", "PEER-ID", "TYPE", "INTERFACE" };
	struct listing l;

	listing_begin(&l, titles, COUNT(titles));
	for (size_t i = 0; i < v->n_sessions; i++) {
		const struct kernel_session *s = &v->sessions[i];
		char id[24], peer_id[24];

		snprintf(id, sizeof(id), "%u/%u", s->tunnel_id, s->id);
		snprintf(peer_id, sizeof(peer_id), "%u/%u", s->peer_tunnel_id, s->peer_id);
		listing_add(&l, (const char *[]){ id, peer_id, s->ppp ? "ppp" : "ethernet", s->interface },
			    &s->counters);
	}
	table_end(l.table);
}

static void add_rows(struct json_list *l, const struct kernel_view *v, bool tunnels, bool sessions)
{
	for (size_t i = 0; tunnels && i < v->n_tunnels; i++) {
		json_t *row = tunnel_row(&v->tunnels[i]);

		json_list_add(l, row);
		json_decref(row);
	}
	for (size_t i = 0; sessions && i < v->n_sessions; i++) {
		json_t *row = session_row(&v->sessions[i]);

		json_list_add(l, row);
		json_decref(row);
	}
}

static enum status show(struct ctl *c, bool tunnels, bool sessions)
{
	struct kernel_view v = { 0 };
	enum status status = read_kernel(&v);

	if (status == STATUS_OK && c->format != FORMAT_TEXT) {
		struct json_list l = { .format = c->format };

		add_rows(&l, &v, tunnels, sessions);
		json_list_end(&l);
	} else if (status == STATUS_OK) {
		if (tunnels)
			print_tunnels(&v);
		if (tunnels && sessions)
			putchar('\n');
		if (sessions)
			print_sessions(&v);
	}
	kernel_view_clear(&v);
	return status;
}

/* ---- Audit -------------------------------------------------------------------------------------------------- */

struct objects {
	struct audit_object *list;
	size_t n;
};

static void add_object(struct objects *o, const json_t *row, bool session)
{
	if (!(o->n & (o->n - 1)))
		o->list = ctl_must_ptr(reallocarray(o->list, o->n ? 2 * o->n : 1, sizeof(*o->list)));
	o->list[o->n++] = (struct audit_object){
		.tunnel_id = (uint32_t)json_number(row, "Tunnel"),
		.session_id = session ? (uint32_t)json_number(row, "Session") : 0,
		.peer_id = (uint32_t)json_number(row, session ? "PeerSession" : "PeerTunnel"),
		.established = strcmp(json_text(row, "State"), "established") == 0,
	};
}

static bool add_tunnel(void *ctx, json_t *row)
{
	add_object(ctx, row, false);
	return true;
}

static bool add_session(void *ctx, json_t *row)
{
	add_object(ctx, row, true);
	return true;
}

static enum status list_all(struct ctl *c, struct objects *o)
{
	json_t *all = ctl_must_ptr(json_object()); /* no filter */
	enum status status = rows_list(c, ROWS_TUNNELS, all, add_tunnel, o);

	if (status == STATUS_OK)
		status = rows_list(c, ROWS_SESSIONS, all, add_session, o);
	json_decref(all);
	return status;
}

static enum status audit_once(struct ctl *c, struct audit *ret)
{
	struct kernel_view before = { 0 }, after = { 0 };
	struct objects o = { 0 };
	enum status status = read_kernel(&before);

	if (status == STATUS_OK)
		status = list_all(c, &o);
	if (status == STATUS_OK)
		status = read_kernel(&after);
	if (status == STATUS_OK)
		ctl_must(audit_compare(&before, &after, o.list, o.n, ret));
	kernel_view_clear(&before);
	kernel_view_clear(&after);
	free(o.list);
	return status;
}

/* The kernel finishes a deletion some time after the request. */
static enum status audit_twice(struct ctl *c, struct audit *ret)
{
	static const struct timespec pause = { .tv_nsec = 500 * 1000 * 1000 };
	struct audit second = { 0 };
	enum status status = audit_once(c, ret);

	if (status != STATUS_OK || ret->n == 0)
		return status;
	nanosleep(&pause, NULL);
	status = audit_once(c, &second);
	audit_confirm(ret, &second);
	audit_clear(&second);
	return status;
}

static const struct {
	const char *word, *text;
} kinds[] = {
	[AUDIT_ORPHAN] = { "orphan", "exists in the kernel but is unknown to the daemon: created by another program, "
				     "or left behind" },
	[AUDIT_MISSING] = { "missing", "is established in the daemon but does not exist in the kernel: close it" },
	[AUDIT_MISMATCH] = { "mismatch", "has a different peer id in the kernel than in the daemon" },
};

static void print_finding(const struct audit_finding *f, struct json_list *l)
{
	json_t *row;

	if (l->format == FORMAT_TEXT && f->session_id) {
		printf("session %u/%u %s\n", f->tunnel_id, f->session_id, kinds[f->kind].text);
	} else if (l->format == FORMAT_TEXT) {
		printf("tunnel %u %s\n", f->tunnel_id, kinds[f->kind].text);
	} else {
		row = ctl_must_ptr(json_pack("{s:s,s:I,s:I,s:I,s:I}", "Finding", kinds[f->kind].word, "Tunnel",
					     (json_int_t)f->tunnel_id, "Session", (json_int_t)f->session_id,
					     "KernelPeer", (json_int_t)f->kernel_peer_id, "DaemonPeer",
					     (json_int_t)f->daemon_peer_id));
		json_list_add(l, row);
		json_decref(row);
	}
}

/* Without the kernel's data path the daemon has no objects in the kernel. */
static enum status check_dataplane(struct ctl *c)
{
	json_t *manager = NULL;
	enum status status = rows_manager(c, &manager);

	if (status == STATUS_OK && strcmp(json_text(manager, "DataPlane"), "kernel") != 0) {
		fputs("l2tpctl: the daemon does not use the kernel's data path: nothing to compare\n", stderr);
		status = STATUS_FAILED;
	}
	json_decref(manager);
	return status;
}

static enum status audit(struct ctl *c)
{
	struct json_list l = { .format = c->format };
	struct audit a = { 0 };
	enum status status = check_dataplane(c);

	if (status == STATUS_OK)
		status = audit_twice(c, &a);
	if (status == STATUS_OK) {
		for (size_t i = 0; i < a.n; i++)
			print_finding(&a.findings[i], &l);
		json_list_end(&l);
		status = a.n ? STATUS_FAILED : STATUS_OK;
	}
	audit_clear(&a);
	return status;
}

/* ---- The verbs ---------------------------------------------------------------------------------------------- */

static enum status run_kernel(struct ctl *c)
{
	return ctl_option(c, "audit") ? audit(c) : show(c, true, true);
}

static enum status run_tunnels(struct ctl *c)
{
	return show(c, true, false);
}

static enum status run_sessions(struct ctl *c)
{
	return show(c, false, true);
}

static const struct verb_option kernel_options[] = {
	{ "audit", NULL, "compare with the daemon; exit status 0: no differences", NULL, 0 },
	{ 0 },
};

const struct verb kernel_verbs[] = {
	{ "kernel", "", "show the tunnels and sessions in the kernel", kernel_options, run_kernel, 0 },
	{ "kernel tunnels", "", "show the tunnels in the kernel", NULL, run_tunnels, 0 },
	{ "kernel sessions", "", "show the sessions in the kernel", NULL, run_sessions, 0 },
	{ 0 },
};
