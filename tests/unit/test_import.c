/* SPDX-License-Identifier: MIT */
/*
 * What l2tpctl makes of an xl2tpd.conf: each option's counterpart, whole files, and files that nobody should have.
 * Whatever it is, our own reader takes the result.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "ctl/import.h"
#include "ctl/ranges.h"
#include "ctl/xl2tpd.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- Tools -------------------------------------------------------------------------------------------------- */

/* Files of a test: name, text, name, text, NULL. */
static int read_pretended(void *ctx, const char *path, char **ret)
{
	for (const char *const *file = ctx; *file; file += 2) {
		if (strcmp(file[0], path) == 0) {
			*ret = strdup(file[1]);
			return *ret ? 0 : -ENOMEM;
		}
	}
	return -ENOENT;
}

static int read_real(void *ctx, const char *path, char **ret)
{
	char name[512];

	snprintf(name, sizeof(name), "%s/%s", (const char *)ctx, path);
	return xl2tpd_read_text(name, ret);
}

static char *out, *notes;

static int import(struct import_input in)
{
	size_t len;
	FILE *o = open_memstream(&out, &len), *n = open_memstream(&notes, &len);

	in.host_name = "machine";
	int r = import_xl2tpd(&in, o, n);
	fclose(o);
	fclose(n);
	return r;
}

static void forget(void)
{
	free(out);
	free(notes);
	out = notes = NULL;
}

/* Our own reader takes it. */
static struct config *load(void)
{
	char path[] = "/tmp/test_import.XXXXXX", *errors = NULL;
	int fd = mkstemp(path);
	struct config *c = NULL;
	size_t len;
	FILE *e = open_memstream(&errors, &len);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, out, strlen(out)), (ssize_t)strlen(out));
	close(fd);
	int r = config_load(path, e, &c);
	fclose(e);
	unlink(path);
	if (r < 0)
		ck_abort_msg("%s of\n%s", errors, out);
	free(errors);
	return c;
}

static void check_loads(void)
{
	config_free(load());
}

static int import_text(const char *conf, const char *secrets, const char *ppp)
{
	const char *const files[] = { "conf", conf, "/etc/xl2tpd/l2tp-secrets", secrets, "ppp", ppp, NULL };

	return import((struct import_input){ .path = "conf", .read = read_pretended, .ctx = (void *)files });
}

/* ---- Each option -------------------------------------------------------------------------------------------- */

#define G     "[global]\n"
#define N     "[lns default]\n"
#define C     "[lac x]\nlns = server.example\n"
#define NAMED "[lns x]\nlac = 192.0.2.0 - 192.0.2.255\n"

static const struct option_case {
	const char *section, *line;
	const char *says;  /* in the configuration; NULL: nothing */
	const char *noted; /* in the notes; NULL: nothing */
} option_cases[] = {
	{ G, "listen-addr = 192.0.2.1", "listen = { '192.0.2.1:1701' }", NULL },
	{ G, "listen-addr = here.example", "# listen: all", "not an address" },
	{ G, "port = 1702", "listen = { '0.0.0.0:1702' }", NULL },
	{ G, "port = 0", "listen = {}", NULL },
	{ G, "port = 0\n" C, "local-port = ephemeral", NULL },
	{ G, "port = 0\nlisten-addr = 192.0.2.1\n" C, "source = 192.0.2.1", NULL },
	{ G, "port = 0\n" N, "listen = {}", "port = 0: makes xl2tpd choose" },
	{ G, "port = 70000", "listen = { '0.0.0.0:65535' }", "above the maximum" },
	{ G, "auth file = /etc/xl2tpd/l2tp-secrets", "# This file contains secrets", NULL },
	{ G, "access control = no", NULL, NULL },
	{ G, "access control = perhaps", NULL, "neither yes nor no" },
	{ G, "max retries = 7\n" N, "retransmit-max = 7", NULL },
	{ G, "max retries = 70\n" N, "retransmit-max = 32", "above the maximum" },
	{ G, "cap backoff = 16\n" N, "retransmit-cap = 16s", NULL },
	{ G, "debug avp = yes", "log-level = debug", NULL },
	{ G, "debug network = yes", "log-level = debug", NULL },
	{ G, "debug packet = YES", "log-level = debug", NULL },
	{ G, "debug state = y", "log-level = debug", NULL },
	{ G, "debug tunnel = true", "log-level = debug", NULL },
	{ G, "ipsec saref = yes", NULL, "IPsec" },
	{ G, "ipsec saref = no", NULL, NULL },
	{ G, "saref refinfo = 30", NULL, "IPsec" },
	{ G, "force userspace = yes", NULL, "kernel" },
	{ G, "rand source = dev", NULL, "kernel" },
	{ G, "autodial = yes", NULL, "not allowed in this section" },

	{ N, "exclusive = yes", NULL, "several tunnels" },
	{ N, "ip range = 10.0.0.2-10.0.0.9", "pool 'pool1' { range = '10.0.0.2-10.0.0.9' }", NULL },
	{ N, "ip range = 10.0.0.2-9", "pool 'pool1' { range = '10.0.0.2-10.0.0.9' }", NULL },
	{ N, "ip range = 10.0.0.2 - 1.9", "pool 'pool1' { range = '10.0.0.2-10.0.1.9' }", NULL },
	{ N, "ip range = 10.0.0.2", "range = '10.0.0.2-10.0.0.2'", NULL },
	{ N, "ip range = 10.0.0.2-10.0.0.9\nno ip range = 10.0.0.2", "range = '10.0.0.3-10.0.0.9'", NULL },
	{ N, "ip range = 10.0.0.2-10.0.0.9\nno ip range = 10.0.0.8", "range = '10.0.0.2-10.0.0.7'", "the longest" },
	{ N, "no ip range = 10.0.0.2\nip range = 10.0.0.2-10.0.0.9", "range = '10.0.0.2-10.0.0.9'", NULL },
	{ N, "ip range = 10.0.0.0-10.0.0.9\nlocal ip = 10.0.0.0", "range = '10.0.0.1-10.0.0.9'", NULL },
	{ N, "ip range = 0.0.0.0-255.255.255.255", "range = '0.0.0.1-1.0.0.0'", "the longest" },
	{ N, "ip range = here - there", NULL, "not a range of addresses" },
	{ N, "ip range = 10.0.0.2 10.0.0.9", NULL, "not a range of addresses" },
	{ N, "ip range = 10.0.0.2-10.0.0.9\nassign ip = no", NULL, "no pool" },
	{ N, "assign ip = no", NULL, NULL },
	{ N, "lac = 192.0.2.1", NULL, "accepts every peer" },
	{ N, "no lac = 192.0.2.1", NULL, "accepts every peer" },
	{ G "access control = yes\n" N, "lac = 192.0.2.1 - 192.0.2.3", "'192.0.2.1/32',\n        '192.0.2.2/31'",
	  NULL },
	{ G "access control = yes\n" N, "hostname = x", NULL, "never selects" },
	{ "[lns named]\n", "lac = 192.0.2.0-192.0.2.127", "'192.0.2.0/25'", NULL },
	{ "[lns named]\n", "lac = 0.0.0.0-255.255.255.255", "'0.0.0.0/0'", NULL },
	{ "[lns named]\n", "lac = 192.0.2.0-192.0.2.1\nno lac = 192.0.2.0", "'192.0.2.1/32'", NULL },
	{ "[lns named]\n", "lac = a.example", NULL, "never selects" },
	{ N, "local ip = 10.0.0.1", "local-address = 10.0.0.1", NULL },
	{ N, "local ip = here", NULL, "not an address" },
	{ N, "local ip range = 10.0.0.1-10.0.0.9", "local-address = 10.0.0.1", "share one local address" },
	{ N, "hidden bit = yes", "hide-avps = yes", NULL },
	{ N, "challenge = yes", "challenge = yes", NULL },
	{ N, "challenge = no", "challenge = no", NULL },
	{ N, "hostname = lns1.example", "host-name = 'lns1.example'", NULL },
	{ N, "hostname = a ; b", "host-name = 'a'\n", NULL },
	{ N, "; hostname = a", NULL, NULL },
	{ N, "hostname =", NULL, "omitted: empty" },
	{ N, "hostname = M\303\274ller", "host-name = 'M\303\274ller'", NULL },
	{ N, "hostname = M\374ller", NULL, "not UTF-8" },
	{ N, "tunnel rws = 4", "receive-window = 4", NULL },
	{ N, "tunnel rws = 100000", "receive-window = 1024", "above the maximum" },
	{ N, "length bit = yes", NULL, "the kernel sends data without the length" },
	{ N, "call rws = 10", NULL, "no effect in xl2tpd" },
	{ N, "flow bit = yes", NULL, "sequencing" },
	{ N, "rx bps = 100", NULL, "the LAC reports" },
	{ N, "tx bps = 100", NULL, "the LAC reports" },
	{ N, "bps = 100", NULL, "the LAC reports" },
	{ N, "require authentication = yes", "'auth'", NULL },
	{ N, "require auth = yes", "'auth'", NULL },
	{ N, "require auth = yes\nrequire pap = yes", "'require-pap'", NULL },
	{ N, "require auth = yes\nrequire chap = yes", "'require-chap'", NULL },
	{ N, "require chap = yes", NULL, "only with require authentication" },
	{ N, "require auth = yes\nunix authentication = yes", "'login'", NULL },
	{ N, "require auth = yes\nunix auth = yes", "'login'", NULL },
	{ N, "refuse authentication = yes", "'refuse-pap',\n            'refuse-chap'", NULL },
	{ N, "refuse auth = yes", "'refuse-pap',\n            'refuse-chap'", NULL },
	{ N, "refuse pap = yes", "'refuse-pap'", NULL },
	{ N, "refuse chap = yes", "'refuse-chap'", NULL },
	{ N, "name = it's me", "'name', 'it\\'s me'", NULL },
	{ N, "ppp debug = yes", "'debug'", NULL },
	{ N, "pass peer = yes", NULL, "L2TP_PEER" },
	{ N, "pppoptfile = ppp", "mtu = 1400", "no serial line" },
	{ N, "pppoptfile = ppp", "'ms-dns', '192.0.2.53'", "no serial line" },
	{ N, "pppoptfile = elsewhere", "'file', 'elsewhere'", "cannot be read" },
	{ N, "what = ever", NULL, "not an option of xl2tpd" },
	{ N, "hostname = a\nhostname = b", "host-name = 'b'", NULL }, /* the last one counts */

	{ C, "lns = second.example", "server = { 'server.example', 'second.example' }", "l2tpd tries it when" },
	{ C, "lns = second.example:1702", "server = { 'server.example', 'second.example:1702' }", "l2tpd tries it when" },
	{ "[lac y]\nlns = server.example:1702\n", "lns = second.example", "{ 'server.example', 'second.example:1701' }",
	  "l2tpd tries it when" },
	{ C, "lns = [second]:1702", "server = { 'server.example' }", "omitted: not a valid server name" },
	{ "[lac y]\n", "lns = server.example:1702", "port = 1702", NULL },
	{ "[lac y]\n", "autodial = yes", NULL, "has no server" },
	{ "[lac default]\nlns = all.example\n", "[lac y]", "server = { 'all.example' }", NULL },
	{ "[lac default]\nlns = all.example\n", "redial = yes", NULL, "uses only lns" },
	{ C, "autodial = yes\nredial = yes", "dial = yes\n    redial-min = 30s", NULL },
	{ C, "autodial = yes", "dial = yes", "redials indefinitely" },
	{ C, "redial = yes", "dial = no", "opened manually" },
	{ C, "autodial = yes\nredial = yes\nredial timeout = 15", "redial-min = 15s\n    redial-max = 15s", NULL },
	{ C, "max redials = 3", NULL, "redials indefinitely" },
	{ C, "remote ip = 10.0.0.1", "remote-address = 10.0.0.1", NULL },
	{ C, "remote ip = there", NULL, "not an address" },
	{ C, "local ip = 10.0.0.2", "local-address = 10.0.0.2", NULL },
	{ C, "defaultroute = yes", "'defaultroute'", NULL },
	{ C, "tx bps = 1000", "tx-connect-speed = 1000", NULL },
	{ C, "rx bps = 1000", "rx-connect-speed = 1000", NULL },
	{ C, "bps = 1000\nrx bps = 2000", "tx-connect-speed = 1000\n    rx-connect-speed = 2000", NULL },
	{ C, "rx bps = 2000\nbps = 1000", "rx-connect-speed = 1000", NULL },
	{ C, "rx bps = fast", NULL, "not a number" },
	{ C, "challenge = yes", "challenge = yes", NULL },
	{ C, "ip range = 10.0.0.2-10.0.0.9", NULL, "not allowed in this section" },
	{ "[ppp x]\n", "a = b", NULL, "unknown kind" },
	{ "", "port = 1", NULL, "outside of a known section" },
	{ N, "no equals sign", NULL, "without =" },
	{ "[lns\n", "", NULL, "without ]" },
};

START_TEST(option)
{
	const struct option_case *t = &option_cases[_i];
	char conf[1024];

	snprintf(conf, sizeof(conf), "%s%s\n", t->section, t->line);
	ck_assert_int_eq(import_text(conf, "* * sesame\n", "auth mtu 1400\ncrtscts ms-dns 192.0.2.53\n"), 0);
	if (t->says && !strstr(out, t->says))
		ck_abort_msg("%s: not there: %s in\n%s", t->line, t->says, out);
	if (t->noted && !strstr(notes, t->noted))
		ck_abort_msg("%s: not told: %s in\n%s", t->line, t->noted, notes);
	/* besides that an LNS without auth is noted */
	size_t lines = 0;
	for (const char *p = notes; (p = strchr(p, '\n')); p++)
		lines++;
	lines -= strstr(notes, "neither auth nor noauth") != NULL;
	if (!t->noted && lines)
		ck_abort_msg("%s: told without need:\n%s", t->line, notes);
	/* what is told stands in the file as well */
	if (t->noted)
		ck_assert_ptr_nonnull(strstr(out, t->noted));
	check_loads();
	forget();
}
END_TEST

START_TEST(no_secret)
{
	ck_assert_int_eq(import_text(N "challenge = yes\nhidden bit = yes\n", "lns2 * foreign\n", ""), 0);
	ck_assert_ptr_nonnull(strstr(notes, "challenge = yes: omitted: it needs a secret"));
	ck_assert_ptr_nonnull(strstr(notes, "hidden bit = yes: omitted: it needs a secret"));
	check_loads();
	forget();
}
END_TEST

/* In xl2tpd the peer's name chooses, in the order of the file. */
START_TEST(secrets_by_name)
{
	static const struct l2tp_addr peer = { .ip = { 192, 0, 2, 1 }, .family = 4 };
	static const struct {
		const char *name, *secret;
	} peers[] = { { "lac1", "one" },     { "LAC1", "one" },		  { "lac2", "two words" },
		      { "lac[3]", "three" }, { "lac3", "all'\\${HOME}" }, { "laXc", "all'\\${HOME}" },
		      { "la*c", "four" },    { "lac9", "all'\\${HOME}" } };

	ck_assert_int_eq(
		import_text(N "hostname = us\n",
			    "# comment\nus lac1 one ; more\nUS lac2 two words  \nus lac[3] three\nus la*c four\n"
			    "them lac9 foreign\nus\nus x\n* * all'\\${HOME}\n* lac1 late\n",
			    ""),
		0);
	struct config *c = load();
	for (size_t i = 0; i < COUNT(peers); i++) {
		struct l2tp_span name = { (const uint8_t *)peers[i].name, strlen(peers[i].name) };
		const struct config_profile *p = config_match(c, &peer, name);

		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq(p->params.secret_len, strlen(peers[i].secret));
		ck_assert_mem_eq(p->params.secret, peers[i].secret, p->params.secret_len);
	}
	config_free(c);
	forget();
}
END_TEST

START_TEST(secret_of_a_lac)
{
	static const struct {
		const char *secrets, *secret;
	} cases[] = { { "machine server.example a\n* * b\n", "secret = 'a'" },
		      { "x * a\n* * b\n", "secret = 'b'" },
		      { "* lns.example a\n* y b\n", "secret = 'a'" } };

	for (size_t i = 0; i < COUNT(cases); i++) {
		ck_assert_int_eq(import_text("[lac x]\nlns = server.example:1701\n", cases[i].secrets, ""), 0);
		ck_assert_ptr_nonnull(strstr(out, cases[i].secret));
		check_loads();
		forget();
	}
}
END_TEST

/* The last section is looked at first, the default one at the end; who fits nothing is refused. */
START_TEST(order_of_sections)
{
	static const struct {
		uint8_t last;
		const char *name;
	} peers[] = { { 1, "second" }, { 200, "first" }, { 99, "default" } };

	ck_assert_int_eq(import_text(G "access control = yes\n[lns default]\nlac = 192.0.2.99\n"
				       "[lns first]\nlac = 192.0.2.0-192.0.2.255\nno lac=192.0.2.98-192.0.2.99\n"
				       "[lns second]\nlac = 192.0.2.1\n",
				     "", ""),
			 0);
	struct config *c = load();
	for (size_t i = 0; i < COUNT(peers); i++) {
		struct l2tp_addr peer = { .ip = { 192, 0, 2, peers[i].last }, .family = 4 };

		ck_assert_str_eq(config_match(c, &peer, (struct l2tp_span){ 0 })->name, peers[i].name);
	}
	ck_assert_ptr_null(
		config_match(c, &(struct l2tp_addr){ .ip = { 192, 0, 2, 98 }, .family = 4 }, (struct l2tp_span){ 0 }));
	config_free(c);
	forget();
}
END_TEST

START_TEST(pools_do_not_overlap)
{
	ck_assert_int_eq(import_text("[lns default]\nip range = 10.0.0.1-10.0.0.99\n"
				     "[lns b]\nlac=192.0.2.1\nip range = 10.0.0.50-10.0.0.120\n"
				     "[lns a]\nlac=192.0.2.2\nip range = 10.0.0.50-10.0.0.120\n"
				     "[lns c]\nlac=192.0.2.3\nip range = 10.0.0.60-10.0.0.70\n",
				     "", ""),
			 0);
	struct config *c = load();
	ck_assert_uint_eq(c->n_pools, 3); /* c has its own; a and b share; default has what is left */
	ck_assert_ptr_nonnull(strstr(notes, "longest"));
	config_free(c);
	forget();
}
END_TEST

/* Our own address is in none that its section uses, also if that is another's. */
START_TEST(own_address_is_no_peers)
{
	ck_assert_int_eq(import_text("[lns a]\nlac=192.0.2.2\nip range = 10.0.0.50-10.0.0.120\n"
				     "[lns b]\nlac=192.0.2.1\nip range = 10.0.0.50-10.0.0.120\nlocal ip=10.0.0.121\n"
				     "[lns c]\nlac=192.0.2.3\nip range = 10.0.0.50-10.0.0.120\nlocal ip=10.0.0.80\n"
				     "[lns default]\nip range = 10.0.0.50-10.0.0.120\nlocal ip=10.0.0.100\n",
				     "", ""),
			 0);
	config_free(load());
	forget();
}
END_TEST

/* Names of sections become names of ours, each its own. */
START_TEST(names)
{
	ck_assert_int_eq(import_text("[lac a b]\nlns=x\n[lac a\"b]\nlns=x\n[lac a-b]\nlns=x\n[lac ]\nlns=x\n"
				     "[lns default]\n[lac A B]\nautodial=yes\nredial=yes\n",
				     "", ""),
			 0);
	struct config *c = load();
	ck_assert_uint_eq(c->n_profiles, 5);
	ck_assert_ptr_nonnull(strstr(out, "lac 'a-b-3'"));
	ck_assert_ptr_nonnull(strstr(out, "lac 'unnamed'"));
	ck_assert_ptr_nonnull(strstr(out, "dial = yes")); /* the section went on */
	config_free(c);
	forget();
}
END_TEST

/* ---- Whole files -------------------------------------------------------------------------------------------- */

static const struct {
	const char *file;
	size_t profiles, pools;
	const char *says[4];
} files[] = {
	{ "lns.conf",
	  3,
	  1,
	  { "'name', 'l2tp-server'", "peer-host-name = { 'lac\\\\[2\\\\]' }", "mru = 1410", "'idle', '1800'" } },
	{ "client.conf", 3, 0, { "lac 'home-net'", "'file', '/nonexistent/options'", "secret = 'office-secret'", "" } },
	{ "access.conf", 2, 1, { "'203.0.113.8/31'", "retransmit-max = 32", "retransmit-cap = 8s", "" } },
	{ "broken.conf", 1, 0, { "", "", "", "" } },
};

START_TEST(whole_file)
{
	static char folder[] = FOLDER;

	ck_assert_int_eq(import((struct import_input){ .path = files[_i].file, .read = read_real, .ctx = folder }), 0);
	struct config *c = load();
	ck_assert_uint_eq(c->n_profiles, files[_i].profiles);
	ck_assert_uint_eq(c->n_pools, files[_i].pools);
	for (size_t i = 0; i < COUNT(files[_i].says); i++)
		ck_assert_ptr_nonnull(strstr(out, files[_i].says[i]));
	config_free(c);
	forget();
}
END_TEST

START_TEST(files_on_the_command_line)
{
	static const char *const pretended[] = { "conf", N "pppoptfile = gone\nauth file = gone\n",
						 "s",	 "* * abc\n",
						 "p",	 "auth \"two words\" a\\ b # comment\n'x'\"y\"",
						 NULL };
	struct import_input in = {
		.path = "conf", .secrets = "s", .ppp_options = "p", .read = read_pretended, .ctx = (void *)pretended
	};

	ck_assert_int_eq(import(in), 0);
	ck_assert_ptr_nonnull(strstr(out, "secret = 'abc'"));
	ck_assert_ptr_nonnull(strstr(out, "'auth',\n            'two words',\n            'a b',\n            'xy'\n"));
	forget();
	in.secrets = "missing";
	ck_assert_int_eq(import(in), -ENOENT);
	forget();
	in.path = "missing";
	ck_assert_int_eq(import(in), -ENOENT);
	forget();
}
END_TEST

/* ---- Hostile ones ------------------------------------------------------------------------------------------- */

static int read_of(const void *data, size_t size, char **ret)
{
	char path[] = "/tmp/test_import.XXXXXX";
	int fd = mkstemp(path), r;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	close(fd);
	r = xl2tpd_read_text(path, ret);
	unlink(path);
	return r;
}

START_TEST(no_text)
{
	char *text = NULL, *large = calloc(1, XL2TPD_FILE_MAX + 1);

	memset(large, 'x', XL2TPD_FILE_MAX + 1);
	ck_assert_int_eq(read_of("a\0b", 3, &text), -EBADMSG);
	ck_assert_int_eq(read_of(large, XL2TPD_FILE_MAX + 1, &text), -EFBIG);
	ck_assert_int_eq(read_of(large, XL2TPD_FILE_MAX, &text), 0);
	free(text);
	ck_assert_int_eq(xl2tpd_read_text("/", &text), -EISDIR);
	ck_assert_int_eq(xl2tpd_read_text("/nonexistent", &text), -ENOENT);
	free(large);
}
END_TEST

/* One text a great many times, up to the size of a file: @ and & count together to 40,000, # counts on. */
static void import_many(const char *head, const char *line)
{
	char *conf = calloc(1, XL2TPD_FILE_MAX + 1), *end = stpcpy(conf, head);

	for (unsigned i = 0; end < conf + XL2TPD_FILE_MAX - 200; i++) {
		for (const char *p = line; *p; p++) {
			unsigned n = *p == '@' ? i % 200 : *p == '&' ? i / 200 % 200 : i;

			if (strchr("@&#", *p))
				end += snprintf(end, 12, "%u", n);
			else
				*end++ = *p;
		}
	}
	ck_assert_int_eq(import_text(conf, "* * x", ""), 0);
	check_loads();
	forget();
	free(conf);
}

static const struct {
	const char *head, *line;
} crowds[] = {
	{ "[lns x]\n", "lac = 10.@.&.2\n" },
	{ N, "ip range = 10.@.&.2\n" },
	{ N, "name = #\n" },
	{ "", "[lac #]\nlns = x\n" },
	{ "", "[lns #]\nlac=10.@.&.1\nip range = 10.@.&.2-10.@.&.9\n" },
	{ "", "#\n" },
	{ G "port = ", "#" },
};

START_TEST(many)
{
	import_many(crowds[_i].head, crowds[_i].line);
}
END_TEST

/* Files of this test, damaged: what comes out is always a configuration. */
START_TEST(damaged)
{
	unsigned seed = (unsigned)time(NULL);
	static char folder[] = FOLDER;
	const char *pretended[7] = { "conf",  NULL, "/etc/xl2tpd/l2tp-secrets", "* a\\b c'd\nx y z", "options.lns",
				     "'\"\\", NULL };

	printf("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 300; round++) {
		char *text = NULL;

		ck_assert_int_eq(read_real(folder, files[round % COUNT(files)].file, &text), 0);
		for (int n = rand() % 20; n > 0; n--)
			text[(size_t)rand() % strlen(text)] = (char)(rand() % 255 + 1);
		pretended[1] = text;
		ck_assert_int_eq(
			import((struct import_input){ .path = "conf", .read = read_pretended, .ctx = pretended }), 0);
		check_loads();
		forget();
		free(text);
	}
}
END_TEST

/* ---- Ranges ------------------------------------------------------------------------------------------------- */

/* Against a plain array, for small addresses. */
START_TEST(ranges_are_sets)
{
	enum { SPACE = 64 };
	static struct ranges r;
	bool model[SPACE] = { 0 };
	unsigned seed = (unsigned)time(NULL);

	printf("seed %u\n", seed);
	srand(seed);
	r.n = 0;
	for (int round = 0; round < 20000; round++) {
		uint32_t a = (uint32_t)rand() % SPACE, b = (uint32_t)rand() % SPACE;
		struct range range = { a < b ? a : b, a < b ? b : a };
		bool add = rand() % 2;
		uint64_t n = 0;

		if (!(add ? ranges_add : ranges_remove)(&r, range))
			ck_abort_msg("there is room");
		for (uint32_t i = range.first; i <= range.last; i++)
			model[i] = add;
		for (size_t i = 0; i < r.n; i++) {
			if (i && r.at[i].first <= r.at[i - 1].last + 1)
				ck_abort_msg("ranges are sorted and apart");
			for (uint32_t k = r.at[i].first; k <= r.at[i].last; k++)
				if (!model[k])
					ck_abort_msg("%u is no member", k);
		}
		for (uint32_t i = 0; i < SPACE; i++)
			n += model[i];
		if (n != ranges_count(&r))
			ck_abort_msg("a member is missing");
	}
}
END_TEST

START_TEST(ranges_have_a_limit)
{
	static struct ranges r;

	r.n = 0;
	for (uint32_t i = 0; i < 2 * RANGES_MAX; i++)
		if (ranges_add(&r, (struct range){ 2 * i, 2 * i }) != (r.n + 1 <= RANGES_MAX && i < RANGES_MAX - 1))
			ck_abort_msg("range %u of %zu", i, r.n);
	ck_assert(!ranges_add(&r, (struct range){ 8 * RANGES_MAX, 8 * RANGES_MAX }));
	ck_assert(ranges_remove(&r, (struct range){ 0, UINT32_MAX }));
	ck_assert_uint_eq(ranges_count(&r), 0);
	ck_assert(ranges_add(&r, (struct range){ 0, UINT32_MAX }));
	ck_assert_uint_eq(ranges_count(&r), (uint64_t)1 << 32);
}
END_TEST

START_TEST(prefixes)
{
	struct range r = { 1, UINT32_MAX };
	uint64_t sum = 0;
	bool more = true;
	unsigned n = 0;

	for (; more; n++)
		sum += (uint64_t)1 << (32 - range_take_prefix(&r, &more));
	ck_assert_uint_eq(sum, UINT32_MAX);
	ck_assert_uint_eq(n, 32);
	r = (struct range){ 0, UINT32_MAX };
	ck_assert_uint_eq(range_take_prefix(&r, &more), 0);
	ck_assert(!more);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("import");
	TCase *tc = tcase_create("import");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, option, 0, COUNT(option_cases));
	tcase_add_test(tc, no_secret);
	tcase_add_test(tc, secrets_by_name);
	tcase_add_test(tc, secret_of_a_lac);
	tcase_add_test(tc, order_of_sections);
	tcase_add_test(tc, pools_do_not_overlap);
	tcase_add_test(tc, own_address_is_no_peers);
	tcase_add_test(tc, names);
	tcase_add_loop_test(tc, whole_file, 0, COUNT(files));
	tcase_add_test(tc, files_on_the_command_line);
	tcase_add_test(tc, no_text);
	tcase_add_loop_test(tc, many, 0, COUNT(crowds));
	tcase_add_test(tc, damaged);
	tcase_add_test(tc, ranges_are_sets);
	tcase_add_test(tc, ranges_have_a_limit);
	tcase_add_test(tc, prefixes);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
