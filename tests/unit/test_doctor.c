/* SPDX-License-Identifier: MIT */
/* doctor: what is said of a machine, which is a folder here, and what of this one without any rights. */
#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/doctor.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define FILES_MAX 8

/* ---- A machine ---------------------------------------------------------------------------------------------- */

static char root[] = "/tmp/test_doctor.XXXXXX";

static void make_folders(char *path)
{
	for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			ck_abort_msg("%s: %s", path, strerror(errno));
		*p = '/';
	}
}

/* "/path" and its text; "@target" is where a symbolic link goes. */
static void make_file(const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", root, name);
	make_folders(path);
	if (*text == '@') {
		ck_assert_int_eq(symlink(text + 1, path), 0);
		return;
	}
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static int remove_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void begin(void)
{
	memcpy(root + strlen(root) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(root));
}

static void finish(void)
{
	nftw(root, remove_file, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- What is said ------------------------------------------------------------------------------------------- */

static char said[16384];

/* "fail modules: text -> remedy", a line each */
static void note(void *ctx, const char *check, enum severity severity, const char *text, const char *remedy)
{
	static const char *const words[] = { "ok", "warn", "fail" };
	size_t len = strlen(said);

	(void)ctx;
	snprintf(said + len, sizeof(said) - len, "%s %s: %s%s%s\n", words[severity], check, text, remedy ? " -> " : "",
		 remedy ? remedy : "");
}

static struct doctor doctor_of(const char *where, struct config *config)
{
	said[0] = '\0';
	return (struct doctor){ .root = where, .config = config, .check = "it", .say = note };
}

static struct config *load(const char *text)
{
	char path[512];
	struct config *c = NULL;

	make_file("/l2tpd.conf", text);
	snprintf(path, sizeof(path), "%s/l2tpd.conf", root);
	ck_assert_int_eq(config_load(path, stderr, &c), 0);
	return c;
}

#define RELEASE "/proc/sys/kernel/osrelease", "6.1.0\n"
#define DEP	"/lib/modules/6.1.0/modules.dep"
#define ALL_OF_THEM                                                                                                    \
	"kernel/net/l2tp/l2tp_core.ko:\nkernel/net/l2tp/l2tp_netlink.ko.xz: a\nkernel/net/l2tp/l2tp_ppp.ko: b\n"       \
	"kernel/drivers/net/ppp/pppox.ko:\nkernel/drivers/net/ppp/ppp_generic.ko:\n"
#define UDP_HEAD                                                                                                       \
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref\n"
#define UDP_ROW(local, remote, inode)                                                                                  \
	"  9: " local " " remote " 07 00000000:00000000 00:00000000 00000000     0        0 " inode " 2 0000 0\n"
#define ANY  "00000000:0000"
#define ANY6 "00000000000000000000000000000000:0000"

static const struct machine {
	const char *name;
	void (*check)(struct doctor *d);
	const char *config; /* NULL: none */
	const char *files[2 * FILES_MAX];
	enum severity worst;
	const char *says[4], *not ;
} machines[] = {
	{ "modules to be loaded",
	  check_modules,
	  NULL,
	  { RELEASE, DEP, ALL_OF_THEM },
	  FINDING_OK,
	  { "ok it: l2tp_core is available and will be loaded on demand", "l2tp_netlink is av", "pppox is", "ppp_generic is" },
	  NULL },
	{ "modules that are loaded",
	  check_modules,
	  NULL,
	  { RELEASE, DEP, ALL_OF_THEM, "/proc/modules",
	    "l2tp_core 49152 1 l2tp_ppp, Live 0x0\nl2tp_ppp 1 0 - Live 0x0\n" },
	  FINDING_OK,
	  { "l2tp_core is loaded", "l2tp_ppp is loaded", "l2tp_netlink is available" },
	  NULL },
	{ "modules that are built in",
	  check_modules,
	  NULL,
	  { RELEASE, DEP, ALL_OF_THEM, "/lib/modules/6.1.0/modules.builtin",
	    "kernel/drivers/net/ppp/ppp_generic.ko\n" },
	  FINDING_OK,
	  { "ppp_generic is built into the kernel" },
	  NULL },
	{ "a cloud kernel",
	  check_modules,
	  NULL,
	  { RELEASE, DEP, "kernel/net/l2tp/l2tp_core.ko:\n" },
	  FINDING_FAIL,
	  { "fail it: l2tp_ppp is missing from kernel 6.1.0 -> on Debian: apt install linux-image-amd64" },
	  "fail it: l2tp_core" },
	{ "a container",
	  check_modules,
	  NULL,
	  { RELEASE },
	  FINDING_FAIL,
	  { "fail it: l2tp_core is not loaded, and there are no modules for kernel 6.1.0 -> in a container" },
	  NULL },
	{ "a container with all loaded",
	  check_modules,
	  NULL,
	  { RELEASE, "/proc/modules", "l2tp_core 1\nl2tp_netlink 1\nl2tp_ppp 1\npppox 1\nppp_generic 1\n" },
	  FINDING_OK,
	  { "ok it: pppox is loaded" },
	  NULL },
	{ "forbidden modules",
	  check_modules,
	  NULL,
	  { RELEASE, DEP, ALL_OF_THEM, "/etc/modprobe.d/l2tp.conf", "# l2tp_core\nblacklist l2tp_netlink\n",
	    "/usr/lib/modprobe.d/more.conf", "install l2tp_ppp /bin/false\n", "/etc/modprobe.d/README",
	    "blacklist pppox\n" },
	  FINDING_WARN,
	  { "warn it: l2tp_netlink is not loaded, and /etc/modprobe.d/l2tp.conf prevents",
	    "warn it: l2tp_ppp is not loaded, and /usr/lib/modprobe.d/more.conf", "ok it: l2tp_core", "ok it: pppox" },
	  NULL },
	{ "no machine at all", check_modules, NULL, { NULL }, FINDING_FAIL, { "kernel ?" }, NULL },

	{ "a free port",
	  check_ports,
	  NULL,
	  { "/proc/net/udp", UDP_HEAD UDP_ROW("00000000:06A6", ANY, "5") },
	  FINDING_OK,
	  { "ok it: UDP port 1701 is free" },
	  NULL },
	{ "xl2tpd's port",
	  check_ports,
	  NULL,
	  { "/proc/net/udp", UDP_HEAD UDP_ROW("00000000:06A5", ANY, "4711"), "/proc/77/comm", "xl2tpd\n",
	    "/proc/77/fd/3", "@socket:[4711]", "/proc/78/comm", "sh\n", "/proc/78/fd/3", "@socket:[471]" },
	  FINDING_FAIL,
	  { "fail it: UDP port 1701 is used by xl2tpd (pid 77) -> systemctl disable --now xl2tpd; its configuration" },
	  NULL },
	{ "another's port",
	  check_ports,
	  NULL,
	  { "/proc/net/udp6", UDP_HEAD UDP_ROW("00000000000000000000000000000000:06A5", ANY6, "9"), "/proc/5/comm",
	    "nc\n", "/proc/5/fd/0", "@socket:[9]" },
	  FINDING_FAIL,
	  { "used by nc (pid 5) -> stop it, or listen on another port" },
	  NULL },
	{ "our own port",
	  check_ports,
	  NULL,
	  { "/proc/net/udp", UDP_HEAD UDP_ROW("00000000:06A5", ANY, "9"), "/proc/5/comm", "l2tpd\n", "/proc/5/fd/0",
	    "@socket:[9]" },
	  FINDING_OK,
	  { "ok it: UDP port 1701 is used by l2tpd (pid 5)" },
	  NULL },
	{ "a port that nobody shows",
	  check_ports,
	  NULL,
	  { "/proc/net/udp", UDP_HEAD UDP_ROW("00000000:06A5", ANY, "9") },
	  FINDING_FAIL,
	  { "an unknown process -> run doctor as root" },
	  NULL },
	{ "the kernel's port",
	  check_ports,
	  NULL,
	  { "/proc/net/udp", UDP_HEAD UDP_ROW("00000000:06A5", ANY, "0") },
	  FINDING_FAIL,
	  { "a kernel tunnel -> list it with ip l2tp show tunnel" },
	  NULL },
	{ "a connected socket takes no port",
	  check_ports,
	  NULL,
	  { "/proc/net/udp", UDP_HEAD UDP_ROW("00000000:06A5", "0100007F:1234", "9") },
	  FINDING_OK,
	  { "is free" },
	  NULL },
	{ "configured ports",
	  check_ports,
	  "listen = { '127.0.0.1:1702', '127.0.0.2:1702', '127.0.0.1:1703' }",
	  { "/proc/net/udp", UDP_HEAD UDP_ROW("00000000:06A5", ANY, "9") },
	  FINDING_OK,
	  { "ok it: UDP port 1702 is free\nok it: UDP port 1703 is free\n" },
	  "1701" },
	{ "no ports",
	  check_ports,
	  "listen = {}",
	  { "/proc/net/udp", UDP_HEAD UDP_ROW("00000000:06A5", ANY, "9") },
	  FINDING_OK,
	  { "no listen address is configured" },
	  NULL },
	{ "nonsense for ports",
	  check_ports,
	  NULL,
	  { "/proc/net/udp", "x\n: : :\n 1: 00000000:06A5\n" },
	  FINDING_OK,
	  { "is free" },
	  NULL },

	{ "no other daemon",
	  check_daemons,
	  NULL,
	  { "/proc/1/comm", "init\n", "/proc/self/comm", "xl2tpd\n" },
	  FINDING_OK,
	  { "no other L2TP daemon is running" },
	  NULL },
	{ "others",
	  check_daemons,
	  NULL,
	  { "/proc/1/comm", "xl2tpd\n", "/proc/2/comm", "accel-pppd\n" },
	  FINDING_WARN,
	  { "warn it: xl2tpd is running (pid 1) -> systemctl disable --now xl2tpd", "accel-pppd is running" },
	  NULL },

	{ "settings of an LNS",
	  check_sysctl,
	  "lns x { }",
	  { "/proc/sys/net/ipv4/ip_forward", "0\n", "/proc/sys/net/ipv4/conf/all/rp_filter", "1\n",
	    "/proc/sys/net/core/rmem_max", "212992\n" },
	  FINDING_OK,
	  { "net.ipv4.ip_forward = 0: packets from PPP peers are not forwarded -> to forward", "rp_filter = 1: packets",
	    "net.core.rmem_max = 212992\n" },
	  NULL },
	{ "settings of a client",
	  check_sysctl,
	  "listen = {} lac x { server = x }",
	  { "/proc/sys/net/ipv4/ip_forward", "0\n", "/proc/sys/net/ipv4/conf/all/rp_filter", "2\n" },
	  FINDING_OK,
	  { "net.ipv4.ip_forward = 0\n", "rp_filter = 2\n" },
	  "->" },
};

START_TEST(machine)
{
	const struct machine *m = &machines[_i];
	struct config *config = NULL;

	begin();
	for (size_t i = 0; m->files[i]; i += 2)
		make_file(m->files[i], m->files[i + 1]);
	if (m->config)
		config = load(m->config);
	struct doctor d = doctor_of(root, config);
	m->check(&d);
	ck_assert_msg(d.worst == m->worst, "%s: the worst is %d of:\n%s", m->name, d.worst, said);
	for (size_t i = 0; i < COUNT(m->says) && m->says[i]; i++)
		ck_assert_msg(strstr(said, m->says[i]), "%s: \"%s\" is missing from:\n%s", m->name, m->says[i], said);
	ck_assert_msg(!m->not || !strstr(said, m->not ), "%s: \"%s\" is in:\n%s", m->name, m->not, said);
	config_free(config);
	finish();
}
END_TEST

/* ---- This machine, with a configuration of the test --------------------------------------------------------- */

/* %s in config is the folder. */
static const struct own {
	const char *name;
	void (*check)(struct doctor *d);
	const char *config, *file, *text;
	mode_t mode;
	const char *says;
} owns[] = {
	{ "no pppd", check_pppd, "pppd = \"%s/none\"", NULL, NULL, 0, "fail it: " },
	{ "a pppd that may not run", check_pppd, "pppd = \"%s/pppd\"", "/pppd", "", 0644,
	  "Permission denied -> install pppd" },
	{ "a pppd that refuses plugins", check_pppd, "pppd = \"%s/pppd\" pppd-plugin = x.so", "/pppd",
	  "#!/bin/sh\n[ $1 = --version ] && echo pppd version 9 && exit\n[ $5 = x.so ] || exit 0\n"
	  "echo 'pppd: Plugin x.so is for pppd version 8, this is 9' >&2\nexit 2\n",
	  0755,
	  "fail it: pppd rejects the plugin x.so: Plugin x.so is for pppd version 8, this is 9 -> install" },
	{ "a pppd that takes them", check_pppd, "pppd = \"%s/pppd\"", "/pppd",
	  "#!/bin/sh\n[ $1 = --version ] && echo pppd version 9\nexit 4\n", 0755,
	  "ok it: pppd accepts the plugin pppol2tp.so" },
	{ "options that pppd refuses", check_pppd, "pppd = \"%s/pppd\" lns x { ppp { options = { bad } } }", "/pppd",
	  "#!/bin/sh\ncase \"$*\" in --version) echo pppd version 9;;\n"
	  "*bad*) echo \"pppd: unrecognized option 'bad'\" >&2; exit 2;; esac\n", 0755,
	  "fail it: pppd rejects the options of profile \"x\": unrecognized option 'bad' -> correct the options" },
	{ "options that pppd takes", check_pppd, "pppd = \"%s/pppd\" lns x { ppp { options = { good } } }", "/pppd",
	  "#!/bin/sh\n[ \"$1\" != --version ] || echo pppd version 9\n", 0755,
	  "ok it: pppd accepts the options of profile \"x\"" },
	{ "a pppd that hangs", check_pppd, "pppd = \"%s/pppd\" pppd-plugin = x.so", "/pppd",
	  "#!/bin/sh\n[ \"$5\" = x.so ] || exec echo pppd version 9\nexec sleep 1000\n", 0755,
	  "cannot run pppd: Connection timed out" },
	{ "no runtime directory", check_runtime, "runtime-directory = \"%s/run\"", NULL, NULL, 0, "does not exist yet" },
	{ "one that is none", check_runtime, "runtime-directory = \"%s/run\"", "/run", "", 0644, "fail it: " },
	{ "one that all can write", check_runtime, "runtime-directory = \"%s/run\"", "/run/x", "", 01777,
	  "chmod o-w" },
	{ "one without a daemon", check_runtime, "runtime-directory = \"%s/run\"", "/run/bus", "", 0755,
	  "no l2tpd answers" },
	{ "a server that is no name", check_names, "listen = {} lac x { server = \"no such name\" }", NULL, NULL, 0,
	  "fail it: lac \"x\": no such name: " },
	{ "a server with an address", check_names, "listen = {} lac x { server = 127.0.0.1 }", NULL, NULL, 0,
	  "ok it: 127.0.0.1 (127.0.0.1): MTU 65535 leaves 65495 for PPP" },
	{ "a server with a port", check_names, "listen = {} lac x { server = \"127.0.0.1:1702\" }", NULL, NULL, 0,
	  "ok it: 127.0.0.1:1702 (127.0.0.1): MTU 65535 leaves 65495 for PPP" },
	{ "a way that there is not", check_names, "listen = {} lac x { server = 255.255.255.255 }", NULL, NULL, 0,
	  "warn it: 255.255.255.255: no route to" },
	{ "no server", check_names, "lns x { }", NULL, NULL, 0, "no server names" },
	{ "no service", check_systemd, "", NULL, NULL, 0, "it: " },
	{ "the clock", check_clock, "", NULL, NULL, 0, "synchronis" },
};

START_TEST(own)
{
	const struct own *o = &owns[_i];
	char text[512] = "", path[512], *at = strstr(o->config, "%s");

	begin();
	if (o->file) {
		make_file(o->file, o->text);
		snprintf(path, sizeof(path), "%s%s", root, strcmp(o->file, "/run/x") ? o->file : "/run");
		ck_assert_int_eq(chmod(path, o->mode), 0);
	}
	if (at)
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - o->config), o->config, root, at + 2);
	struct config *config = load(at ? text : o->config);
	struct doctor d = doctor_of("", config);
	o->check(&d);
	/* pppd is asked for its plugins only by root */
	ck_assert_msg(strstr(said, o->says) || strstr(said, "as root"), "%s: \"%s\" is missing from:\n%s", o->name,
		      o->says, said);
	config_free(config);
	finish();
}
END_TEST

START_TEST(daemon_that_answers)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	begin();
	make_file("/run/x", "");
	struct config *config = NULL;
	char text[256];
	snprintf(text, sizeof(text), "runtime-directory = \"%s/run\"", root);
	config = load(text);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/run/bus", root);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	struct doctor d = doctor_of("", config);
	check_runtime(&d);
	ck_assert_ptr_nonnull(strstr(said, "ok it: l2tpd is running and answers"));
	close(fd);
	check_runtime(&d);
	ck_assert_ptr_nonnull(strstr(said, "no l2tpd answers"));
	config_free(config);
	finish();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("doctor");
	TCase *tc = tcase_create("doctor");
	SRunner *r;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, machine, 0, COUNT(machines));
	tcase_add_loop_test(tc, own, 0, COUNT(owns));
	tcase_add_test(tc, daemon_that_answers);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
