/* SPDX-License-Identifier: MIT */
/*
 * check: tries whether the kernel has what the dataplane needs.
 *
 * Trying is the only test that is conclusive in a container, with built-in modules and with any version; it also loads
 * the modules where that is possible.  Collecting the facts and describing them are separate, so that the descriptions
 * can be tested.  Called once, by dataplane_kernel_new(), which blocks while modules are loaded.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/l2tp.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "genl.h"
#include "pppox.h"

/* ---- Facts ----------------------------------------------------------------------------------------------------- */

/* A request that changes nothing and names no interface: the kernel checks the permission before it reads it. */
static int try_right(void)
{
	struct nl n = { 0 };
	struct nl_request buf;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf.bytes);
	int r;

	nlh->nlmsg_type = RTM_SETLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	r = nl_open(NETLINK_ROUTE, &n);
	if (r >= 0)
		r = nl_talk(&n, nlh, NULL, NULL, NULL);
	nl_close(&n);
	return r == -EPERM ? r : 0;
}

static int try_family(void)
{
	struct nl n = { 0 };
	uint16_t id;
	int r;

	r = nl_open(NETLINK_GENERIC, &n);
	if (r >= 0)
		r = genl_resolve(&n, L2TP_GENL_NAME, &id);
	nl_close(&n);
	return r;
}

static int try_pppox(void)
{
	int fd = pppox_open();

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int try_ppp_dev(void)
{
	int fd = open("/dev/ppp", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int (*const tries[KERNEL_NEEDS])(void) = {
	[NEED_RIGHT] = try_right,
	[NEED_FAMILY] = try_family,
	[NEED_PPPOX] = try_pppox,
	[NEED_PPP_DEV] = try_ppp_dev,
};

static enum kernel_modules find_modules(const char *release)
{
	char path[128], *line = NULL;
	enum kernel_modules found = MODULES_ABSENT;
	size_t size = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	f = fopen(path, "re");
	if (!f)
		return MODULES_UNKNOWN;
	while (found == MODULES_ABSENT && getline(&line, &size, f) >= 0)
		if (strstr(line, "/l2tp_ppp.ko"))
			found = MODULES_INSTALLED;
	free(line);
	fclose(f);
	return found;
}

void kernel_facts_get(struct kernel_facts *ret)
{
	struct utsname u;

	*ret = (struct kernel_facts){ 0 };
	for (unsigned i = 0; i < KERNEL_NEEDS; i++)
		ret->need[i] = tries[i]();
	if (uname(&u) == 0)
		snprintf(ret->release, sizeof(ret->release), "%s", u.release);
	ret->modules = find_modules(ret->release);
}

/* ---- Words ----------------------------------------------------------------------------------------------------- */

#define ANY 0

#define GET_RIGHT                                                                                                      \
	"run as root, or grant CAP_NET_ADMIN (in a systemd unit: AmbientCapabilities=CAP_NET_ADMIN; for a "   \
	"container: --cap-add NET_ADMIN)"
#define GET_DEVICE "modprobe ppp_generic (for a container, on the host, and: --device /dev/ppp)"
#define GET_SOCKET "in a systemd unit, RestrictAddressFamilies= must allow AF_PPPOX"

/* The first row that matches is printed; remedy NULL: that of the modules, below. */
static const struct sentence {
	enum kernel_need need;
	int err;
	const char *what, *remedy;
} sentences[] = {
	{ NEED_RIGHT, ANY, "no permission to configure the network", GET_RIGHT },

	{ NEED_FAMILY, ANY, "the kernel's L2TP netlink interface is missing, module l2tp_netlink", NULL },

	{ NEED_PPPOX, -EAFNOSUPPORT,
	  "PPPoX sockets are not available: module pppox is missing, or they are not permitted", GET_SOCKET },
	{ NEED_PPPOX, -EPERM, "PPPoX sockets are not permitted", "check the seccomp filter of the service or container" },
	{ NEED_PPPOX, ANY, "the kernel's PPP over L2TP is missing, module l2tp_ppp", NULL },

	{ NEED_PPP_DEV, -EPERM, "no permission to open /dev/ppp",
	  GET_RIGHT ", and DeviceAllow=/dev/ppp if there is one" },
	{ NEED_PPP_DEV, -EACCES, "no permission to open /dev/ppp", "run as root, or grant access with a udev rule" },
	{ NEED_PPP_DEV, -ENOENT, "the device /dev/ppp does not exist", GET_DEVICE },
	{ NEED_PPP_DEV, ANY, "the device /dev/ppp has no driver", GET_DEVICE },
};

#define GET_KERNEL "on Debian install linux-image-amd64 (cloud kernels lack some of it) and reboot"
#define CONFIG "CONFIG_PPPOL2TP, CONFIG_L2TP_V3 and CONFIG_PPP"

/* How to get the modules of "kernel RELEASE: ". */
static const char *const remedies[] = {
	[MODULES_INSTALLED] = ("its modules are installed but were not loaded automatically: as root, modprobe -a "
			       "l2tp_netlink l2tp_ppp (in a container: on the host; also check whether a file in "
			       "/etc/modprobe.d blocks them)"),
	[MODULES_ABSENT] = ("it was built without " CONFIG ": " GET_KERNEL),
	[MODULES_UNKNOWN] = ("its modules are not on this file system: in a container, load them on the host (modprobe "
			     "-a l2tp_netlink l2tp_ppp); else, if it was built without " CONFIG ", " GET_KERNEL),
};

static void put_sentence(FILE *out, enum kernel_need need, int err)
{
	const struct sentence *s = sentences;

	while (s->need != need || (s->err != err && s->err != ANY))
		s++; /* every need has a row for any error */
	fprintf(out, "%s (%s)%s%s\n", s->what, strerror(-err), s->remedy ? ": " : "", s->remedy ? s->remedy : "");
}

int kernel_facts_judge(const struct kernel_facts *f, char **ret_text)
{
	char *text = NULL;
	size_t size;
	FILE *out;
	int first = 0;

	for (unsigned i = KERNEL_NEEDS; i-- > 0;)
		if (f->need[i])
			first = f->need[i];
	if (!first)
		return 0;
	*ret_text = NULL;
	out = open_memstream(&text, &size);
	if (!out)
		return first;
	for (unsigned i = 0; i < KERNEL_NEEDS; i++)
		if (f->need[i])
			put_sentence(out, i, f->need[i]);
	if (f->need[NEED_FAMILY] || f->need[NEED_PPPOX])
		fprintf(out, "kernel %s: %s\n", f->release, remedies[f->modules]);
	if (fclose(out) == 0 && size > 0) {
		text[size - 1] = '\0'; /* the last line's end */
		*ret_text = text;
	} else {
		free(text);
	}
	return first;
}

int kernel_check(char **ret_text)
{
	struct kernel_facts f;

	kernel_facts_get(&f);
	return kernel_facts_judge(&f, ret_text);
}
