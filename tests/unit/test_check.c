/* SPDX-License-Identifier: MIT */
/* check: what is said of what is missing; and the truth about this machine, whatever that is. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/check.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct verdict {
	const char *name;
	struct kernel_facts facts;
	int err;
	unsigned lines;
	const char *says[4];
} verdicts[] = {
	{ "all there", { { 0 }, MODULES_INSTALLED, "6.1" }, 0, 0, { NULL } },
	{ "no right",
	  { { [NEED_RIGHT] = -EPERM }, MODULES_INSTALLED, "6.1" },
	  -EPERM,
	  1,
	  { "no permission to configure", "run as root", "AmbientCapabilities=CAP_NET_ADMIN", "--cap-add NET_ADMIN" } },
	{ "modules not loaded",
	  { { [NEED_FAMILY] = -ENOENT, [NEED_PPPOX] = -EPROTONOSUPPORT }, MODULES_INSTALLED, "6.1" },
	  -ENOENT,
	  3,
	  { "l2tp_netlink", "l2tp_ppp", "were not loaded", "modprobe -a l2tp_netlink l2tp_ppp" } },
	{ "Debian's cloud kernel", /* has l2tp_netlink, but no PPP */
	  { { [NEED_PPPOX] = -EAFNOSUPPORT, [NEED_PPP_DEV] = -ENOENT }, MODULES_ABSENT, "6.1-cloud" },
	  -EAFNOSUPPORT,
	  3,
	  { "pppox", "kernel 6.1-cloud", "CONFIG_PPPOL2TP", "linux-image-amd64" } },
	{ "container",
	  { { [NEED_FAMILY] = -ENOENT }, MODULES_UNKNOWN, "6.1" },
	  -ENOENT,
	  2,
	  { "l2tp_netlink", "in a container, load them on the host", "CONFIG_L2TP_V3", "No such file" } },
	{ "forbidden sockets",
	  { { [NEED_PPPOX] = -EAFNOSUPPORT }, MODULES_INSTALLED, "6.1" },
	  -EAFNOSUPPORT,
	  2,
	  { "RestrictAddressFamilies", "AF_PPPOX", "pppox", "modprobe" } },
	{ "seccomp", { { [NEED_PPPOX] = -EPERM }, MODULES_INSTALLED, "6.1" }, -EPERM, 2, { "seccomp" } },
	{ "no device",
	  { { [NEED_PPP_DEV] = -ENOENT }, MODULES_INSTALLED, "6.1" },
	  -ENOENT,
	  1,
	  { "/dev/ppp", "modprobe ppp_generic", "--device /dev/ppp" } },
	{ "dead device", { { [NEED_PPP_DEV] = -ENXIO }, MODULES_INSTALLED, "6.1" }, -ENXIO, 1, { "modprobe ppp_gen" } },
	{ "device of root", { { [NEED_PPP_DEV] = -EACCES }, MODULES_INSTALLED, "6.1" }, -EACCES, 1, { "udev rule" } },
	{ "device refused",
	  { { [NEED_PPP_DEV] = -EPERM }, MODULES_INSTALLED, "6.1" },
	  -EPERM,
	  1,
	  { "/dev/ppp", "CAP_NET_ADMIN", "DeviceAllow" } },
	{ "everything strange",
	  { { -EIO, -EIO, -EIO, -EIO }, MODULES_UNKNOWN, "" },
	  -EIO,
	  5,
	  { "no permission", "l2tp_netlink", "l2tp_ppp", "/dev/ppp" } },
};

static unsigned count_lines(const char *text)
{
	unsigned n = 1;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

START_TEST(verdict)
{
	const struct verdict *v = &verdicts[_i];
	char *text = NULL;

	ck_assert_int_eq(kernel_facts_judge(&v->facts, &text), v->err);
	if (!v->err) {
		ck_assert_ptr_null(text);
		return;
	}
	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < COUNT(v->says) && v->says[i]; i++)
		ck_assert_msg(strstr(text, v->says[i]), "%s: \"%s\" is not in: %s", v->name, v->says[i], text);
	ck_assert_msg(count_lines(text) == v->lines, "%s: %s", v->name, text);
	free(text);
}
END_TEST

/* Needs no module and no right: says what is missing, or that nothing is. */
START_TEST(this_machine)
{
	struct kernel_facts f;
	char *text = NULL;
	int r = kernel_check(&text);

	kernel_facts_get(&f);
	for (unsigned i = 0; i < KERNEL_NEEDS; i++)
		ck_assert_int_le(f.need[i], 0);
	ck_assert((r < 0) == (text != NULL));
	ck_assert(!text || strlen(text) > 20);
	free(text);
}
END_TEST

/* As nobody: the right is missing whatever else is. */
START_TEST(nobody)
{
	struct kernel_facts f;

	if (getuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
		return;
	kernel_facts_get(&f);
	ck_assert_int_eq(f.need[NEED_RIGHT], -EPERM);
	ck_assert_int_lt(f.need[NEED_PPP_DEV], 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("check");
	TCase *t = tcase_create("check");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(t, verdict, 0, COUNT(verdicts));
	tcase_add_test(t, this_machine);
	tcase_add_test(t, nobody);
	suite_add_tcase(s, t);
	runner = srunner_create(s);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
