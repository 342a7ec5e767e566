/* SPDX-License-Identifier: MIT */
/*
 * config: what a file becomes, and what is said about a bad one.
 *
 * unit/config/NAME.conf are bad files (and some odd ones); each begins with what is expected of it:
 *	#! LINE:COLUMN: MISTAKE          or          #! MISTAKE
 * word for word, in order, and nothing else.  They are read from a directory that also holds secret files of several
 * kinds.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#include "config/config.h"
#include "config/option.h"
#include "oom.h"

#define TEXT_SIZE 65536

static char sources[512]; /* tests/unit */
static char scratch[] = "/tmp/test_config.XXXXXX";

/* ---- Helpers ---- */

static char *read_whole(const char *directory, const char *name, size_t *ret_len)
{
	static char text[TEXT_SIZE];
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	FILE *f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s: %s", path, strerror(errno));
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	if (ret_len)
		*ret_len = n;
	return text;
}

static void write_whole(const char *name, const char *octets, size_t len, mode_t mode)
{
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", scratch, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
	ck_assert_int_eq(write(fd, octets, len), (ssize_t)len);
	close(fd);
}

static int load(const char *text, size_t len, char **ret_errors, struct config **ret)
{
	char path[600];
	size_t size;

	write_whole("test.conf", text, len, 0600);
	snprintf(path, sizeof(path), "%s/test.conf", scratch);
	FILE *errors = open_memstream(ret_errors, &size);
	int err = config_load(path, errors, ret);
	fclose(errors);
	return err;
}

/* A text without mistakes. */
static struct config *load_once(const char *text)
{
	struct config *c = NULL;
	char *errors;
	int err = load(text, strlen(text), &errors, &c);

	ck_assert_msg(err == 0, "%d: %s\n%s", err, errors, text);
	free(errors);
	return c;
}

static char *print(const struct config *c)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	ck_assert_int_eq(config_print(c, f), 0);
	fclose(f);
	return text;
}

/* What is printed is the same configuration, once the secrets have been put in. */
static void check_print(const struct config *c)
{
	char *text = print(c), *again;

	for (char *p = text; (p = strstr(p, "\t#secret"));)
		p[1] = ' ';
	struct config *same = load_once(text);
	again = print(same);
	for (char *p = again; (p = strstr(p, "\t#secret"));)
		p[1] = ' ';
	ck_assert_str_eq(text, again);
	ck_assert_mem_eq(&c->limits, &same->limits, sizeof(c->limits));
	ck_assert_uint_eq(c->n_listens, same->n_listens);
	for (size_t i = 0; i < c->n_listens; i++)
		ck_assert_mem_eq(&c->listens[i].addr, &same->listens[i].addr, sizeof(c->listens[i].addr));
	ck_assert_uint_eq(c->n_profiles, same->n_profiles);
	for (size_t i = 0; i < c->n_profiles; i++) {
		struct l2tp_params a = c->profiles[i].params, b = same->profiles[i].params;

		ck_assert_int_eq(!a.secret_len, !b.secret_len);
		memset(a.secret, 0, sizeof(a.secret));
		memset(b.secret, 0, sizeof(b.secret));
		b.secret_len = a.secret_len;
		ck_assert_mem_eq(&a, &b, sizeof(a));
	}
	config_free(same);
	free(text);
	free(again);
}

static struct config *load_good(const char *text)
{
	struct config *c = load_once(text);

	check_print(c);
	return c;
}

static void setup(void)
{
	char octets[200];

	memset(octets, 's', sizeof(octets));
	ck_assert_ptr_nonnull(mkdtemp(scratch));
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", scratch, 1), 0);
	write_whole("good.secret", "open sesame\n", 12, 0600);
	write_whole("open.secret", "open sesame\n", 12, 0644);
	write_whole("empty.secret", "\n", 1, 0600);
	octets[128] = '\n';
	write_whole("longest.secret", octets, 129, 0600);
	octets[128] = 's';
	write_whole("long.secret", octets, 129, 0600);
	write_whole("octets.secret", "a\0\n\n", 4, 0600);
	char path[600];
	snprintf(path, sizeof(path), "%s/pipe.secret", scratch);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void teardown(void)
{
	static const char *const names[] = { "good.secret", "open.secret", "empty.secret", "longest.secret",
					     "long.secret", "octets.secret", "pipe.secret", "test.conf",
					     "large.conf" };
	char path[600];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", scratch, names[i]);
		unlink(path);
	}
	rmdir(scratch);
}

/* ---- Bad files ---- */

/* The "#!" lines as config_load() is to print them; notes do not make a file bad. */
static bool expected_of(const char *text, const char *path, char *buf, size_t size)
{
	bool bad = false;
	size_t len = 0;

	buf[0] = '\0';
	text += strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0; /* the byte order mark of a test */
	for (; strncmp(text, "#! ", 3) == 0; text = strchr(text, '\n') + 1) {
		const char *line = text + 3;
		int n = (int)strcspn(line, "\n"), digits = (int)strspn(line, "0123456789");

		len += (size_t)snprintf(buf + len, size - len, "%s:%s%.*s\n", path,
					digits && line[digits] == ':' ? "" : " ", n, line);
		bad = bad || !memmem(line, (size_t)n, "note: ", 6);
	}
	return bad;
}

static void check_file(const char *name)
{
	static char expected[TEXT_SIZE];
	char path[600], directory[600], *errors, *text;
	struct config *c = NULL;
	size_t len;

	snprintf(path, sizeof(path), "%s/test.conf", scratch);
	snprintf(directory, sizeof(directory), "%s/config", sources);
	text = read_whole(directory, name, &len);
	bool bad = expected_of(text, path, expected, sizeof(expected));
	int err = load(text, len, &errors, &c);
	ck_assert_msg(strcmp(errors, expected) == 0, "%s\n--- expected\n%s--- but\n%s", name, expected, errors);
	ck_assert_msg(err == (bad ? -EINVAL : 0), "%s: %d", name, err);
	if (err == 0)
		check_print(c);
	else
		ck_assert_ptr_null(c);
	config_free(c);
	free(errors);
}

START_TEST(files)
{
	char directory[600];
	unsigned n = 0;

	snprintf(directory, sizeof(directory), "%s/config", sources);
	DIR *d = opendir(directory);
	ck_assert_msg(d != NULL, "%s: %s", directory, strerror(errno));
	for (struct dirent *e; (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		check_file(e->d_name);
		n++;
	}
	closedir(d);
	ck_assert_uint_gt(n, 10);
}
END_TEST

/* What is said of a path. */
static int load_path(const char *path, char **ret_errors)
{
	struct config *c = NULL;
	size_t size;
	FILE *f = open_memstream(ret_errors, &size);
	int err = config_load(path, f, &c);

	fclose(f);
	ck_assert_int_eq(err == 0, c != NULL);
	config_free(c);
	return err;
}

START_TEST(not_readable)
{
	static const struct {
		const char *path, *told;
		int err;
	} cases[] = {
		{ "/nonexistent/l2tpd.conf", "cannot be read: No such file or directory", -ENOENT },
		{ "/tmp", "cannot be read: Is a directory", -EISDIR },
		{ "pipe.secret", "this is a named pipe, not a file", -EINVAL }, /* nobody writes to it */
		{ "large.conf", "this is too large; allowed: up to 8 MiB", -EINVAL },
	};
	char path[600], *errors, expected[700];

	if (cases[_i].path[0] == '/')
		snprintf(path, sizeof(path), "%s", cases[_i].path);
	else
		snprintf(path, sizeof(path), "%s/%s", scratch, cases[_i].path);
	if (strcmp(cases[_i].path, "large.conf") == 0) {
		write_whole(cases[_i].path, "", 0, 0600);
		ck_assert_int_eq(truncate(path, 10000000), 0);
	}
	ck_assert_int_eq(load_path(path, &errors), cases[_i].err);
	snprintf(expected, sizeof(expected), "%s: %s\n", path, cases[_i].told);
	ck_assert_str_eq(errors, expected);
	free(errors);
	config_free(NULL);
}
END_TEST

/* as that of a shell's <(...) */
START_TEST(pipe_without_a_name)
{
	static const char text[] = "lns a {}";
	char path[64], *errors;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
	close(ends[1]);
	snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	ck_assert_int_eq(load_path(path, &errors), 0);
	ck_assert_str_eq(errors, "");
	close(ends[0]);
	free(errors);
}
END_TEST

/* however many notes come before it */
START_TEST(mistake_is_told)
{
	char text[8192] = "", *errors;
	struct config *c = NULL;
	size_t len = 0;

	for (int i = 0; i < 200; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "lns n%d {}\n", i);
	len += (size_t)snprintf(text + len, sizeof(text) - len, "log-level = loud\n");
	ck_assert_int_eq(load(text, len, &errors, &c), -EINVAL);
	ck_assert_ptr_nonnull(strstr(errors, ":201:13: log-level = \"loud\""));
	free(errors);
}
END_TEST

/* ---- Good ones ---- */

START_TEST(empty_file_has_the_defaults)
{
	struct config *c = load_good("");
	struct l2tp_limits limits;

	l2tp_limits_init(&limits);
	ck_assert_mem_eq(&c->limits, &limits, sizeof(limits));
	ck_assert_uint_eq(c->n_listens, 1);
	ck_assert_uint_eq(c->listens[0].addr.family, 0);
	ck_assert_uint_eq(c->listens[0].addr.port, 1701); /* R2661-8.1-01 */
	ck_assert_uint_eq(c->n_profiles, 0);
	ck_assert_str_eq(c->runtime_directory, "/run/l2tpd");
	ck_assert_str_eq(c->pppd, "/usr/sbin/pppd");
	ck_assert_uint_eq(c->pppd_starts, 16);
	ck_assert_uint_eq(c->stop_timeout, 10 * USEC_PER_SEC);
	ck_assert_int_eq(c->log_level, LOG_INFO);
	ck_assert(!c->metrics.path[0] && !c->metrics.addr.family);
	config_free(c);
}
END_TEST

START_TEST(empty_profiles_have_the_defaults)
{
	struct config *c = load_good("lac b { server = s }\nlns a {}\n");
	const struct config_profile *lac = &c->profiles[0], *lns = &c->profiles[1];
	struct l2tp_params params;
	char machine[L2TP_NAME_MAX] = "";

	l2tp_params_init(&params);
	gethostname(machine, sizeof(machine) - 1);
	memcpy(params.host_name, machine, sizeof(machine));
	ck_assert_uint_eq(c->n_profiles, 2);
	params.cookie = 1;
	ck_assert_mem_eq(&lac->params, &params, sizeof(params));
	params.lns = true;
	params.cookie = 2;
	ck_assert_mem_eq(&lns->params, &params, sizeof(params));

	ck_assert(lac->lac && !lns->lac);
	ck_assert_uint_eq(lac->at.line, 1);
	ck_assert_uint_eq(lns->at.line, 2);
	ck_assert_str_eq(lac->servers[0], "s");
	ck_assert_ptr_null(lac->servers[1]);
	ck_assert_uint_eq(lac->server_port, 1701);
	ck_assert_uint_eq(lac->local_port, 0);
	ck_assert(lac->autodial && lac->family == 0 && lac->calls == 1 && !lac->source);
	ck_assert_uint_eq(lac->redial_min, USEC_PER_SEC);
	ck_assert_uint_eq(lac->redial_max, 60 * USEC_PER_SEC);
	ck_assert_uint_eq(lac->tx_connect_speed, 1000000000);
	ck_assert_uint_eq(lac->rx_connect_speed, 0);
	ck_assert_uint_eq(lns->n_peers, 0);
	ck_assert_ptr_null(lns->host_names);
	ck_assert(lns->ppp.ipv6 && !lns->ppp.pool && !lns->ppp.options && !lns->ppp.interface);
	ck_assert(lns->ppp.mtu == 0 && lns->ppp.mru == 0 && lns->ppp.setup_timeout == 30 * USEC_PER_SEC);
	config_free(c);
}
END_TEST

#define PATH_32 "/a123456789b123456789c123456789d"

static const struct {
	const char *text, *wrong;
} streams[] = {
	{ "127.0.0.1:9701", NULL },
	{ "[2001:db8::1]:1", NULL },
	{ "/run/l2tpd/metrics", NULL },
	{ PATH_32 PATH_32 PATH_32 "/a123456789", NULL },
	{ PATH_32 PATH_32 PATH_32 "/a1234567890", "too long" },
	{ "127.0.0.1", "an address without a port" },
	{ "::1", "an address without a port" },
	{ "127.0.0.1:0", "an address with an invalid port" },
	{ ":9701", "not an address" },
	{ "metrics", "not an address" },
	{ "", "not an address" },
};

START_TEST(places_of_a_stream)
{
	const struct option *o = options;
	struct config c = { 0 };
	char line[160] = "", expected[160];
	const char *wrong;
	FILE *f = fmemopen(line, sizeof(line), "w");

	while (o->kind != &kind_stream)
		o++;
	c.metrics.addr.port = 7;
	wrong = option_set(NULL, o, streams[_i].text, &c);
	if (streams[_i].wrong) {
		ck_assert_str_eq(wrong, streams[_i].wrong);
		ck_assert_uint_eq(c.metrics.addr.port, 7);
		fclose(f);
		return;
	}
	ck_assert_ptr_null(wrong);
	ck_assert_int_eq(c.metrics.addr.family == 0, streams[_i].text[0] == '/');
	ck_assert_str_eq(c.metrics.path, streams[_i].text[0] == '/' ? streams[_i].text : "");
	o->kind->print(o, &c.metrics, &(struct option_print){ f, "" });
	fclose(f);
	snprintf(expected, sizeof(expected), "metrics-listen = \"%s\"\n", streams[_i].text);
	ck_assert_str_eq(line, expected);
}
END_TEST

START_TEST(everything_set)
{
	struct config *c = load_good(
		"listen = { 192.0.2.1, \"[2001:db8::1]:1702\", '2001:db8::2', 192.0.2.1:1703 } # a comment\n"
		"runtime-directory = /tmp/x  pppd = /bin/true pppd-plugin = '/x.so' pppd-starts = 3\n"
		"stop-timeout = 1min stranger-refusal = silence metrics-listen = \"[::]:9701\"\n"
		"log-level = debug /* two\nlines */ limits { tunnels = 5 sessions = 6 sessions-per-tunnel = 7\n"
		"half-open = 8 half-open-per-source = 9 tunnels-per-source = 14 sessions-per-source = 15\n"
		"sccrq-per-second = 10 sccrq-per-second-per-source = 11\n"
		"errors-per-second = 12 errors-per-second-per-source = 13 refusal = 2/7 }\n"
		"pool p { range = 10.0.0.0/30 }\npool q { range = 10.1.0.5-10.1.0.9 }\n"
		"lac l { server = { \"a.example\", b } port = 1 family = ipv6 source = 2001:db8::5\n"
		"local-port = 1702 dial = no\n"
		"private-group-id = red redial-min = 100ms redial-max = 2h calls = 2 calling-number = '*1' called-number = \"\\\"2\"\n"
		"tx-connect-speed = 4294967295 rx-connect-speed = 56000 vendor-name = '' hello-interval = never\n"
		"retransmit-initial = 500ms retransmit-cap = 8 retransmit-max = 7\n"
		"setup-timeout = 9s idle-timeout = 7d\n"
		"receive-window = 1024 reorder-timeout = 30ms sessions = 12 strict = yes proxy-authentication = yes "
		"ignore-unknown-mandatory = yes dial-hook = \"/x/y\" dial-timeout = 9s host-name = me secret = x\n"
		"call-refusal = 12 challenge = on hide-avps = true sequencing = yes\n"
		"lcp-want = { \"mru=1400\", \"accm=000a0000\", pfc, acfc, \"fcs=4\" } lcp-allow = { acfc } lcp-required = yes\n"
		"control-dscp = 63 session-dscp = 0 dscp-required = yes\n"
		"ppp { options = { a, \"b c\" } interface = l2tp%d local-address = 10.0.0.1\n"
		"pool = q ipv6 = no mtu = 576\n"
		"mru = 16384 setup-timeout = 10min } }\n");
	const struct config_profile *p = &c->profiles[0];

	ck_assert_uint_eq(c->n_listens, 4);
	ck_assert_uint_eq(c->listens[0].addr.port, 1701);
	ck_assert_uint_eq(c->listens[0].line, 1);
	ck_assert(c->listens[1].addr.family == 6 && c->listens[1].addr.port == 1702);
	ck_assert(c->listens[2].addr.port == 1701 && c->listens[2].addr.ip[15] == 2);
	ck_assert_uint_eq(c->listens[3].addr.port, 1703);
	ck_assert_str_eq(c->runtime_directory, "/tmp/x");
	ck_assert_str_eq(c->pppd_plugin, "/x.so");
	ck_assert(c->pppd_starts == 3 && c->stop_timeout == 60 * USEC_PER_SEC && c->log_level == LOG_DEBUG);
	ck_assert(c->metrics.addr.family == 6 && c->metrics.addr.port == 9701 && !c->metrics.path[0]);
	ck_assert_mem_eq(&c->limits, (&(struct l2tp_limits){ 5, 6, 7, 8, 9, 14, 15, 10, 11, 12, 13, { 2, 7 } }), sizeof(c->limits));
	ck_assert(c->n_pools == 2 && c->pools[0].first == 0x0a000002 && c->pools[0].last == 0x0a000002);
	ck_assert(c->pools[1].first == 0x0a010005 && c->pools[1].last == 0x0a010009);

	ck_assert_str_eq(p->servers[0], "a.example");
	ck_assert_str_eq(p->servers[1], "b");
	ck_assert(p->server_port == 1 && p->family == 6 && p->local_port == 1702 && !p->autodial && p->calls == 2);
	ck_assert_str_eq(p->source, "2001:db8::5");
	ck_assert(p->redial_min == 100000 && p->redial_max == 7200 * USEC_PER_SEC);
	ck_assert_str_eq(p->calling_number, "*1");
	ck_assert_str_eq(p->called_number, "\"2");
	ck_assert_str_eq(p->private_group_id, "red");
	ck_assert(p->tx_connect_speed == UINT32_MAX && p->rx_connect_speed == 56000 && p->params.strict &&
		  p->params.proxy_authentication && p->params.ignore_unknown_mandatory); /* R2661-9.5-01 */
	ck_assert(p->params.lac && p->params.bearer_capabilities == 3 && p->dial_timeout == 9 * USEC_PER_SEC);
	ck_assert_str_eq(p->dial_hook, "/x/y"); /* R2661-4.4.3-06 */
	ck_assert(p->params.hello_interval == USEC_NEVER && p->params.retransmit_initial == 500000);
	ck_assert(p->params.retransmit_cap == 8 * USEC_PER_SEC && p->params.retransmit_max == 7);
	ck_assert(p->params.setup_timeout == 9 * USEC_PER_SEC && p->params.idle_timeout == 604800 * USEC_PER_SEC);
	ck_assert(p->params.receive_window == 1024 && p->params.reorder_timeout_ms == 30);
	ck_assert_mem_eq(p->lcp_want.octets, "\1\4\5\170\2\6\0\12\0\0\7\2\10\2\11\3\4", LCP_LIST_MAX);
	ck_assert(p->lcp_want.len == LCP_LIST_MAX && p->lcp_allow.len == 2 && p->lcp_allow.octets[0] == 8);
	ck_assert(p->lcp_required); /* R3437-2-06 */
	ck_assert(p->sequencing == CONFIG_SEQUENCING_YES && p->params.phb_required && p->params.session_phb == 0);
	ck_assert_uint_eq(p->params.control_phb, 0xfc00); /* R3308-6-01 */
	ck_assert(c->stranger_refusal.result == 0 && p->params.call_refusal.result == 12 && !p->params.call_refusal.error);
	ck_assert(p->params.sessions_max == 12 && p->params.challenge && p->params.hide_avps);
	ck_assert_str_eq(p->params.host_name, "me");
	ck_assert_str_eq(p->params.vendor_name, "");
	ck_assert(p->params.secret_len == 1 && p->params.secret[0] == 'x');
	ck_assert_str_eq(p->ppp.options[0], "a");
	ck_assert_str_eq(p->ppp.options[1], "b c");
	ck_assert_ptr_null(p->ppp.options[2]);
	ck_assert_str_eq(p->ppp.interface, "l2tp%d");
	ck_assert_str_eq(p->ppp.local_address, "10.0.0.1");
	ck_assert_ptr_eq(p->ppp.pool, &c->pools[1]);
	ck_assert(!p->ppp.ipv6 && p->ppp.mtu == 576 && p->ppp.mru == 16384);
	ck_assert_uint_eq(p->ppp.setup_timeout, 600 * USEC_PER_SEC);
	config_free(c);
}
END_TEST

START_TEST(lns_set)
{
	struct config *c = load_good("lns a { sequencing = negotiation max-tunnels = 65535 max-sessions = 10000000 }\n"
				     "lns b { sequencing = yes peer = 192.0.2.1 }");

	ck_assert_uint_eq(c->profiles[0].sequencing, CONFIG_SEQUENCING_NEGOTIATION);
	ck_assert_uint_eq(c->profiles[1].sequencing, CONFIG_SEQUENCING_YES);
	ck_assert(c->profiles[0].max_tunnels == 65535 && c->profiles[0].max_sessions == 10000000);
	ck_assert(c->profiles[1].max_tunnels == 0 && c->profiles[1].max_sessions == 0);
	ck_assert(c->profiles[0].use->tunnels == 0 && c->profiles[0].use->sessions == 0);
	config_free(c);
}
END_TEST

/* what it looks like, and what it does not tell */
START_TEST(printed)
{
	struct config *c = load_good("listen = { 192.0.2.1, fe80::1%lo } pppd-starts = 3 log-level = debug\n"
				     "pool p { range = 10.0.0.0/29 }\n"
				     "lns a { peer = { 192.0.2.0/24, ::ffff:198.51.100.0/120 } secret = sesame\n"
				     "host-name = 'a\"b\\\\c$\\'d${e' hello-interval = never retransmit-initial = 1500ms\n"
				     "session-dscp = 46 max-sessions = 7 ppp { options = { x, \"y\\n\\t\" } pool = p mtu = 1400 } }\n"
				     "lac b { server = s secret-file = good.secret challenge = yes\n"
				     "lcp-want = { \"fcs=7\", pfc, \"accm=A0000\", acfc, \"mru=1400\" } lcp-allow = { pfc } }\n");
	static const char *const lines[] = {
		"listen = { \"192.0.2.1:1701\", \"[fe80::1%lo]:1701\" }\n",
		"\npppd-starts = 3\n",
		"\nlog-level = debug\n",
		"\nlimits {\n\ttunnels = 10000\n",
		"\npool \"p\" {\n\trange = 10.0.0.2-10.0.0.6\n}\n",
		"\nlns \"a\" {\n\tpeer = { \"192.0.2.0/24\", \"198.51.100.0/24\" }\n",
		"\n\tmax-tunnels = none\n\tmax-sessions = 7\n",
		"\n\thost-name = \"a\\\"b\\\\c\\$'d\\${e\"\n",
		"\n\t#secret = \"...\"\n",
		"\n\thello-interval = never\n\tretransmit-initial = 1500ms\n",
		"\n\tcontrol-dscp = none\n\tsession-dscp = 46\n",
		"\n\tppp {\n\t\toptions = { \"x\", \"y\\n\\t\" }\n\t\tpool = \"p\"\n\t\tipv6 = yes\n\t\tmtu = 1400\n\t\tmru = auto\n",
		"\n\tlcp-want = { \"fcs=7\", \"pfc\", \"accm=000a0000\", \"acfc\", \"mru=1400\" }\n",
		"\n\tlcp-allow = { \"pfc\" }\n",
		"\nlac \"b\" {\n\tserver = { \"s\" }\n\tport = 1701\n\tfamily = any\n\tlocal-port = ephemeral\n\tdial = yes\n",
	};
	char *text = print(c);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(strstr(text, lines[i]) != NULL, "%s is not in\n%s", lines[i], text);
	ck_assert_ptr_null(strstr(text, "sesame"));
	FILE *full = fopen("/dev/full", "w");
	ck_assert_int_eq(config_print(c, full), -EIO);
	fclose(full);
	free(text);
	config_free(c);
}
END_TEST

START_TEST(listen_nowhere)
{
	struct config *c = load_good("listen = {}");

	ck_assert_uint_eq(c->n_listens, 0);
	config_free(c);
}
END_TEST

START_TEST(secret_files)
{
	static const struct {
		const char *name;
		size_t len;
		const char *begin;
	} cases[] = {
		{ "good.secret", 11, "open sesame" },
		{ "longest.secret", 128, "sss" },
		{ "octets.secret", 3, "a\0\n" }, /* one line end is none of its octets, a second one is */
	};
	char text[800];

	for (int absolute = 0; absolute < 2; absolute++) {
		snprintf(text, sizeof(text), "lns a { secret-file = \"%s%s%s\" challenge = yes }",
			 absolute ? scratch : "", absolute ? "/" : "", cases[_i].name);
		struct config *c = load_good(text);
		const struct l2tp_params *p = &c->profiles[0].params;

		ck_assert_uint_eq(p->secret_len, cases[_i].len);
		ck_assert_mem_eq(p->secret, cases[_i].begin, cases[_i].len < 3 ? cases[_i].len : 3);
		config_free(c);
	}
}
END_TEST

START_TEST(secret_credentials)
{
	static const char text[] = "lns a { secret-credential = good.secret challenge = yes }";
	struct config *c = load_good(text);
	char *errors;

	ck_assert_uint_eq(c->profiles[0].params.secret_len, 11);
	ck_assert_mem_eq(c->profiles[0].params.secret, "open sesame", 11);
	config_free(c);
	ck_assert_int_eq(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	ck_assert_int_eq(load(text, strlen(text), &errors, &c), -EINVAL);
	ck_assert_ptr_nonnull(strstr(errors, "$CREDENTIALS_DIRECTORY is not set"));
	free(errors);
}
END_TEST

START_TEST(secret_for_everybody)
{
	static const char text[] = "lns a {\n secret = x }";
	struct config *c = NULL;
	char path[600], *errors;
	size_t size;

	write_whole("test.conf", text, strlen(text), 0644);
	snprintf(path, sizeof(path), "%s/test.conf", scratch);
	FILE *f = open_memstream(&errors, &size);
	ck_assert_int_eq(config_load(path, f, &c), 0);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(errors, "test.conf:2:2: note: every user of this machine can read this secret"));
	free(errors);
	config_free(c);
}
END_TEST

/* ---- More files ---- */

/* "@" stands for the scratch directory; two files beside test.conf, in its directory. */
static const struct {
	const char *main, *first, *second;
	const char *told; /* all of it; NULL: good */
} directories[] = {
	{ "listen = 192.0.2.1\nlns a { peer = 192.0.2.1 }\n", "lns b {\nsecret-file = b.secret challenge = yes }",
	  "pool p { range = 10.0.0.0/24 }\nlac c { server = s ppp { pool = p } }", NULL },
	{ "listen = 192.0.2.1 log-level = info\n", "\n\nlog-level = debug\n", "",
	  "@/test.conf.d/1.conf:3:1: log-level is set twice, first in @/test.conf:1\n" },
	{ "lns a {}\n", "lns c { peer = 192.0.2.9 }", "# one\nlac c { server = s }\nlns d {\nchallenge = yes }",
	  "@/test.conf.d/1.conf:1:1: note: lns \"c\" is never used: lns \"a\" in @/test.conf:1 matches every peer\n"
	  "@/test.conf.d/2.conf:2:5: the name \"c\" is already used in @/test.conf.d/1.conf:1; each lns and lac needs its own\n"
	  "@/test.conf.d/2.conf:3:1: note: lns \"d\" is never used: lns \"a\" in @/test.conf:1 matches every peer\n"
	  "@/test.conf.d/2.conf:4:1: challenge without a secret; give a secret or secret-file\n" },
	{ "", "pool p {\nrange = 10.0.0.0/24 }", "\npool p { range = 10.1.0.0/24 }",
	  "@/test.conf.d/2.conf:2:6: the name \"p\" is already used in @/test.conf.d/1.conf:1; each pool needs its own\n" },
	{ "lns a {\n", "}\n", "wrong = 1\n",
	  "@/test.conf:1:7: this { is not closed; a } is missing\n"
	  "@/test.conf.d/1.conf:1:1: this } closes nothing; remove it, or add the { before it\n"
	  "@/test.conf.d/2.conf:1:1: unknown key wrong in the file's top level; see l2tpd.conf(5)\n" },
	{ "log-level =", "info log-level = debug", "", "@/test.conf:1:1: log-level has no value\n"
	  "@/test.conf.d/1.conf:1:1: expected = or { after info\n"
	  "@/test.conf.d/1.conf:1:6: log-level is set twice, first in @/test.conf:1\n" },
	{ "wrong = 1", "wrong = 2", "wrong = 3",
	  "@/test.conf:1:1: unknown key wrong in the file's top level; see l2tpd.conf(5)\n"
	  "@/test.conf.d/1.conf:1:1: unknown key wrong in the file's top level; see l2tpd.conf(5)\n"
	  "@/test.conf.d/2.conf:1:1: unknown key wrong in the file's top level; see l2tpd.conf(5)\n" },
	{ "lns a {}\n", NULL, "", "@/test.conf.d/1.conf: cannot be read: No such file or directory\n" },
};

static void expand(const char *text, char *out, size_t size)
{
	size_t len = 0;

	for (; *text; text++)
		len += (size_t)(*text == '@' ? snprintf(out + len, size - len, "%s", scratch) :
					       snprintf(out + len, size - len, "%c", *text));
}

static void unlink_in(const char *name)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/test.conf.d/%s", scratch, name);
	unlink(path);
}

START_TEST(more_files)
{
	const char *const names[] = { "2.conf", "1.conf", ".0.conf", "0.conf~", ".conf", "b.secret" };
	char path[600], target[600], told[4096] = "", *errors;
	struct config *c = NULL;

	snprintf(path, sizeof(path), "%s/test.conf.d", scratch);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	write_whole("test.conf.d/2.conf", directories[_i].second, strlen(directories[_i].second), 0600);
	for (size_t i = 2; i < 5; i++) { /* not read */
		snprintf(target, sizeof(target), "test.conf.d/%s", names[i]);
		write_whole(target, "wrong", 5, 0600);
	}
	write_whole("test.conf.d/b.secret", "besame\n", 7, 0600);
	if (directories[_i].first) {
		write_whole("test.conf.d/1.conf", directories[_i].first, strlen(directories[_i].first), 0600);
	} else {
		snprintf(path, sizeof(path), "%s/test.conf.d/1.conf", scratch);
		ck_assert_int_eq(symlink("nowhere", path), 0);
	}
	expand(directories[_i].told ? directories[_i].told : "", told, sizeof(told));
	int err = load(directories[_i].main, strlen(directories[_i].main), &errors, &c);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink_in(names[i]);
	snprintf(path, sizeof(path), "%s/test.conf.d", scratch);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_str_eq(errors, told);
	ck_assert_int_eq(err, !told[0] ? 0 : directories[_i].first ? -EINVAL : -ENOENT);
	if (err == 0) {
		ck_assert_uint_eq(c->n_profiles, 3);
		ck_assert_str_eq(c->profiles[1].name, "b");
		ck_assert_uint_eq(c->profiles[1].at.line, 1);
		ck_assert_mem_eq(c->profiles[1].params.secret, "besame", 7);
		ck_assert_uint_eq(c->profiles[2].at.line, 2);
		ck_assert_ptr_eq(c->profiles[2].ppp.pool, &c->pools[0]);
		ck_assert(c->listens[0].line == 1 && strstr(c->listens[0].path, "/test.conf"));
		check_print(c);
	}
	config_free(c);
	free(errors);
}
END_TEST

/* ---- Which profile ---- */

static struct l2tp_addr addr4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct l2tp_addr){ .ip = { a, b, c, d }, .port = 1701, .family = 4 };
}

START_TEST(match)
{
	struct config *c = load_good("lac dial { server = s }\n"
				     "lns named { peer = { 192.0.2.0/25, 2001:db8::/33 }\n"
				     "peer-host-name = { 'lac*.x', b } }\n"
				     "lns mapped { peer = '::ffff:198.51.100.0/120' }\n"
				     "lns named2 { peer-host-name = 'only' }\n"
				     "lns one { peer = 203.0.113.9 accept-tunnel-id-0 = yes }\n");
	const struct {
		struct l2tp_addr peer;
		const char *host;
		const char *profile;
	} cases[] = {
		{ addr4(192, 0, 2, 1), "lac7.x", "named" },
		{ addr4(192, 0, 2, 127), "LAC.X", "named" },
		{ addr4(192, 0, 2, 128), "lac7.x", NULL },
		{ addr4(192, 0, 2, 1), "b", "named" },
		{ addr4(192, 0, 2, 1), "lac7.y", NULL },
		{ addr4(192, 0, 2, 1), "only", "named2" },
		{ addr4(198, 51, 100, 255), "", "mapped" },
		{ addr4(198, 51, 101, 0), "", NULL },
		{ addr4(203, 0, 113, 9), "x", "one" },
		{ addr4(203, 0, 113, 8), "x", NULL },
		{ { .family = 6, .ip = { 0x20, 1, 0xd, 0xb8, 0x7f } }, "b", "named" },
		{ { .family = 6, .ip = { 0x20, 1, 0xd, 0xb8, 0x80 } }, "b", NULL },
		/* IPv4 as an IPv6 socket shows it */
		{ { .family = 6, .ip = { [10] = 0xff, 0xff, 198, 51, 100, 7 } }, "", "mapped" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct l2tp_span host = { (const uint8_t *)cases[i].host, strlen(cases[i].host) };
		const struct config_profile *p = config_match(c, &cases[i].peer, host);

		ck_assert_msg(!p == !cases[i].profile && (!p || strcmp(p->name, cases[i].profile) == 0), "case %zu: %s",
			      i, p ? p->name : "none");
		ck_assert(!p || p->params.accept_tunnel_id_0 == (strcmp(p->name, "one") == 0));
	}
	/* a name with a NUL does not pass for the part before it */
	struct l2tp_addr peer = addr4(10, 0, 0, 1);
	ck_assert_ptr_null(config_match(c, &peer, (struct l2tp_span){ (const uint8_t *)"only\0x", 6 }));
	ck_assert_ptr_nonnull(config_match(c, &peer, (struct l2tp_span){ (const uint8_t *)"only", 4 }));
	config_free(c);
}
END_TEST

#define TEXT(s) { (const uint8_t *)(s), sizeof(s) - 1 }

/* R3308-4-07: what tells calls apart is what is configured; what comes with the ICCN may be anything until then */
START_TEST(match_call)
{
	struct config *c = load_good("lns other { peer = 198.51.100.1 }\n"
				     "lns both { called-number = { '08*', 1 } calling-number = '2?' }\n"
				     "lns sub { sub-address = 3 }\n"
				     "lns group { private-group-id = red called-number = '*' }\n"
				     "lns name { proxy-authen-name = 'jo*' called-number = 9 }\n");
	static const struct {
		struct l2tp_call_info call;
		const char *profile, *connected;
	} cases[] = {
		{ { .called_number = TEXT("0800"), .calling_number = TEXT("22") }, "both", "both" },
		{ { .called_number = TEXT("1"), .calling_number = TEXT("23") }, "both", "both" },
		{ { .called_number = TEXT("1"), .calling_number = TEXT("3") }, "group", NULL },
		{ { .called_number = TEXT("1\0"), .calling_number = TEXT("23") }, "group", NULL },
		{ { .sub_address = TEXT("3") }, "sub", "sub" },
		{ { .private_group_id = TEXT("red") }, "group", "group" },
		{ { .private_group_id = TEXT("RED") }, "group", NULL },
		{ { .called_number = TEXT("9"), .proxy.authen_name = TEXT("joe") }, "group", "name" },
		{ { .called_number = TEXT("9"), .proxy.authen_name = TEXT("moe") }, "group", NULL },
	};
	const struct l2tp_addr peer = addr4(192, 0, 2, 1);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int connected = 0; connected < 2; connected++) {
			const char *expect = connected ? cases[i].connected : cases[i].profile;
			const struct config_profile *p = config_match_call(c, &peer, (struct l2tp_span){ 0 },
									   &cases[i].call, connected, NULL);

			ck_assert_msg(!p == !expect && (!p || !strcmp(p->name, expect)), "%zu, %d: %s", i, connected,
				      p ? p->name : "none");
		}
	/* the tunnel has the first one that fits the peer */
	ck_assert_str_eq(config_match(c, &peer, (struct l2tp_span){ 0 })->name, "both");
	config_free(c);
}
END_TEST

/* ---- Documents ---- */

static const char *heading_of(unsigned sections)
{
	static const struct {
		unsigned sections;
		const char *heading;
	} headings[] = {
		{ IN_ROOT, "\n.SH TOP LEVEL\n" }, { IN_ROOT | AT_START, "\n.SH TOP LEVEL\n" },
		{ IN_LIMITS, "\n.SH LIMITS\n" }, { IN_POOL, "\n.SH POOL\n" },
		{ IN_LNS, "\n.SH LNS\n" },        { IN_LAC, "\n.SH LAC\n" },       { IN_LNS | IN_LAC, "\n.SH PEERS\n" },
		{ IN_PPP, "\n.SH PPP\n" },
	};

	for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++)
		if (headings[i].sections == sections)
			return headings[i].heading;
	return NULL;
}

/* without the backslashes of "\-" */
static void plain(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (!(from[0] == '\\' && from[1] == '-'))
			*to++ = *from;
	*to = '\0';
}

/* every row of the table with its default and bounds is in the manual, and nothing else */
START_TEST(manual_has_every_option)
{
	char *text = read_whole(sources, "../../daemon/l2tpd.conf.5", NULL);
	char allowed[256], item[64];
	size_t items = 0;

	plain(text);
	for (const struct option *o = options; o < options + options_n; o++) {
		char *section = strstr(text, heading_of(o->sections));
		snprintf(item, sizeof(item), "\n.TP\n.B %s\n", o->key);
		char *at = section ? strstr(section, item) : NULL, *end;

		ck_assert_msg(at && !memmem(section + 1, (size_t)(at - section) - 1, "\n.SH", 4), "%s", o->key);
		end = strstr(at + 4, "\n.TP\n") ? strstr(at + 4, "\n.TP\n") : at + strlen(at);
		if (o->fallback && strcmp(o->key, "pppd-plugin") != 0) {
			snprintf(item, sizeof(item), "default: %s", o->fallback);
			ck_assert_msg(memmem(at, (size_t)(end - at), item, strlen(item)), "%s: %s", o->key, item);
		}
		option_allowed(o, allowed, sizeof(allowed));
		if (o->kind == &kind_number || o->kind == &kind_time || o->kind == &kind_msec) {
			char *more = strpbrk(allowed, ",("); /* bounds alone */
			if (more)
				more[*more == '(' ? -1 : 0] = '\0';
			ck_assert_msg(memmem(at, (size_t)(end - at), allowed, strlen(allowed)), "%s: %s", o->key,
				      allowed);
		}
	}
	for (char *p = text; (p = strstr(p, "\n.TP\n.B ")); p++)
		items++;
	ck_assert_uint_eq(items, options_n);
}
END_TEST

/* the .nf blocks of the section EXAMPLE */
START_TEST(examples_of_the_manual_are_good)
{
	char *p = strstr(read_whole(sources, "../../daemon/l2tpd.conf.5", NULL), ".SH EXAMPLE"), file[TEXT_SIZE];
	int n = 0;

	snprintf(file, sizeof(file), "%s", p);
	write_whole("isp.secret", "x", 1, 0600);
	for (p = file; (p = strstr(p, ".nf\n.RS\n")); n++) {
		p += strlen(".nf\n.RS\n");
		*strstr(p, ".RE") = '\0';
		config_free(load_good(p));
		p += strlen(p) + 1;
	}
	char path[600];
	snprintf(path, sizeof(path), "%s/isp.secret", scratch);
	unlink(path);
	ck_assert_int_eq(n, 2);
}
END_TEST

START_TEST(example_file_is_good)
{
	char *errors, *text = read_whole(sources, "../../daemon/l2tpd.conf.example", NULL);
	struct config *c = NULL;

	ck_assert_int_eq(load(text, strlen(text), &errors, &c), 0);
	ck_assert_str_eq(errors, "");
	ck_assert_uint_eq(c->n_profiles, 2);
	config_free(c);
	free(errors);
}
END_TEST

START_TEST(likeness)
{
	static const struct {
		unsigned section;
		const char *key, *like;
	} cases[] = {
		{ IN_LNS, "secrets", "secret" },  { IN_LNS, "hostname", "host-name" }, { IN_LAC, "sever", "server" },
		{ IN_LAC, "elephant", NULL },     { IN_PPP, "mtv", "mtu" },            { IN_ROOT, "lcc", "lac" },
		{ IN_LNS, "a-key-that-is-longer-than-all-of-ours-are", NULL },
	};
	const char *like = option_like(cases[_i].section, cases[_i].key);

	ck_assert_msg(!like == !cases[_i].like && (!like || strcmp(like, cases[_i].like) == 0), "%s: %s",
		      cases[_i].key, like ? like : "none");
}
END_TEST

/* ---- Hostile files ---- */

/* Whatever it says: it does not crash, and a refusal has a reason. */
static void load_any(const char *text, size_t len)
{
	struct config *c = NULL;
	char *errors;
	int err = load(text, len, &errors, &c);

	ck_assert_msg(err == 0 || err == -EINVAL, "%d: %s", err, errors);
	ck_assert(err == 0 || errors[0]);
	if (err == 0)
		check_print(c);
	config_free(c);
	free(errors);
}

static const char dense[] =
	"listen = { \"192.0.2.1\", '[::1]:7' } # c\nlimits { tunnels = 5 }\n/* c\nc */\n"
	"pool \"p\" { range = 10.0.0.0/24 }\n"
	"lns \"a\" { peer = 192.0.2.0/24 secret = \"a\\\"\\n\" challenge = yes hello-interval = 500ms wrong = { x }\n"
	"ppp { options = { \"auth\", name } pool = p interface = l2tp%d } }\nlac b { server += s calls = 3 }\n";

START_TEST(every_prefix)
{
	for (size_t i = 0; i < sizeof(dense); i++)
		load_any(dense, i);
}
END_TEST

START_TEST(random_changes)
{
	enum { RUNS = 500, CHANGES = 6 };
	static const char favourites[] = "{}{}=\"'\\\n#/*+,()|$\0 \t\r\x7f\x80\xff";
	unsigned seed = (unsigned)time(NULL);
	size_t len = sizeof(dense) - 1;
	char text[sizeof(dense)];

	printf("test_config seed %u\n", seed);
	srandom(seed);
	for (int run = 0; run < RUNS; run++) {
		memcpy(text, dense, len);
		for (long n = 1 + random() % CHANGES; n > 0; n--)
			text[(size_t)random() % len] = random() % 3 ?
				favourites[(size_t)random() % sizeof(favourites)] : (char)random();
		load_any(text, len);
	}
}
END_TEST

START_TEST(deep_and_long)
{
	static char text[TEXT_SIZE];

	memset(text, '{', sizeof(text));
	load_any(text, sizeof(text));
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "a{", 2);
	load_any(text, sizeof(text) - 2);
	memset(text, 'x', sizeof(text));
	load_any(text, sizeof(text));
	for (size_t i = 0; i + 6 <= sizeof(text); i += 6)
		memcpy(text + i, "a = 1\n", 6);
	load_any(text, sizeof(text) - sizeof(text) % 6);
}
END_TEST

/* every allocation of ours fails once */
START_TEST(out_of_memory)
{
	static const char text[] = "listen = 192.0.2.1 pool p { range = 10.0.0.0/24 }\n"
				   "lns a { peer = 192.0.2.0/24 peer-host-name = { x, y } ppp { pool = p }\n"
				   "unknown = 1\n"
				   "ppp { options = { a } } } lac b { server = s }";
	struct config *c = NULL;
	char path[600];
	int n = 0, err;
	bool reached;

	write_whole("test.conf", text, strlen(text), 0600);
	snprintf(path, sizeof(path), "%s/test.conf", scratch);
	FILE *null = fopen("/dev/null", "w");
	do {
		oom_at = ++n;
		err = config_load(path, null, &c);
		reached = oom_at == 0;
		oom_at = 0; /* check allocates, too */
		ck_assert_ptr_null(c);
		ck_assert_msg(err == (reached ? -ENOMEM : -EINVAL), "allocation %d: %d", n, err);
	} while (reached);
	fclose(null);
	ck_assert_int_gt(n, 15);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("config");
	TCase *t = tcase_create("config");
	const char *directory = getenv("UNIT_SOURCES");
	char file[] = __FILE__;

	snprintf(sources, sizeof(sources), "%s", directory ? directory : dirname(file));
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, files);
	tcase_add_loop_test(t, not_readable, 0, 4);
	tcase_add_test(t, pipe_without_a_name);
	tcase_add_test(t, mistake_is_told);
	tcase_add_test(t, empty_file_has_the_defaults);
	tcase_add_test(t, empty_profiles_have_the_defaults);
	tcase_add_loop_test(t, places_of_a_stream, 0, sizeof(streams) / sizeof(streams[0]));
	tcase_add_test(t, everything_set);
	tcase_add_test(t, lns_set);
	tcase_add_test(t, printed);
	tcase_add_test(t, listen_nowhere);
	tcase_add_loop_test(t, secret_files, 0, 3);
	tcase_add_test(t, secret_credentials);
	tcase_add_loop_test(t, more_files, 0, sizeof(directories) / sizeof(directories[0]));
	tcase_add_test(t, secret_for_everybody);
	tcase_add_test(t, match);
	tcase_add_test(t, match_call);
	tcase_add_test(t, manual_has_every_option);
	tcase_add_test(t, examples_of_the_manual_are_good);
	tcase_add_test(t, example_file_is_good);
	tcase_add_loop_test(t, likeness, 0, 7);
	tcase_add_test(t, every_prefix);
	tcase_add_test(t, random_changes);
	tcase_add_test(t, deep_and_long);
	tcase_add_test(t, out_of_memory);
	suite_add_tcase(s, t);

	SRunner *r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	int failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
