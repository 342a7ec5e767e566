/* SPDX-License-Identifier: MIT */
/*
 * doctor_kernel: the kernel's modules, whether its L2TP and PPP work, and the relevant settings.
 *
 * Modules are looked up in the files that modprobe reads.  Whether they work is tried (daemon/kernel/check.c): nothing
 * else is conclusive in a container, or where a policy forbids it.  Called by doctor.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "kernel/check.h"

/* ---- Modules ------------------------------------------------------------------------------------------------ */

static const char *const modules[] = { "l2tp_core", "l2tp_netlink", "l2tp_ppp", "pppox", "ppp_generic" };

/* Does a line of the file begin with the word, or name it as the file of a module? */
static bool file_names(const struct doctor *d, const char *path, const char *word, bool as_path)
{
	FILE *f = doctor_open(d, path);
	size_t size = 0, len = strlen(word);
	char *line = NULL;
	bool found = false;

	while (f && !found && getline(&line, &size, f) >= 0) {
		char *end = line + strcspn(line, ": \t\n"), *slash;

		*end = '\0';
		slash = strrchr(line, '/');
		if (as_path)
			found = slash && strncmp(slash + 1, word, len) == 0 && slash[1 + len] == '.';
		else
			found = strcmp(line, word) == 0;
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

/* "blacklist l2tp_ppp", or "install l2tp_ppp /bin/false": the module is not loaded automatically. */
static bool line_forbids(char *line, const char *module)
{
	char *rest = NULL, *verb = strtok_r(line, " \t\n", &rest), *name = strtok_r(NULL, " \t\n", &rest);
	char *command = strtok_r(NULL, " \t\n", &rest);

	if (!verb || !name || strcmp(name, module) != 0)
		return false;
	return strcmp(verb, "blacklist") == 0 ||
	       (strcmp(verb, "install") == 0 && command && (strstr(command, "false") || strstr(command, "true")));
}

static bool file_forbids(const struct doctor *d, const char *path, const char *module)
{
	FILE *f = doctor_open(d, path);
	char *line = NULL;
	size_t size = 0;
	bool found = false;

	while (f && !found && getline(&line, &size, f) >= 0)
		found = line_forbids(line, module);
	free(line);
	if (f)
		fclose(f);
	return found;
}

/* The file in /etc/modprobe.d or a similar folder that forbids the module; false: none does. */
static bool find_forbidding(const struct doctor *d, const char *module, char *buf, size_t size)
{
	static const char *const folders[] = { "/etc/modprobe.d", "/run/modprobe.d", "/usr/lib/modprobe.d",
					       "/lib/modprobe.d" };
	bool found = false;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !found; i++) {
		char folder[1024];
		struct dirent *e;
		DIR *dir;

		snprintf(folder, sizeof(folder), "%s%s", d->root, folders[i]);
		dir = opendir(folder);
		while (dir && !found && (e = readdir(dir))) {
			snprintf(buf, size, "%s/%.255s", folders[i], e->d_name);
			found = strlen(buf) > 5 && strcmp(buf + strlen(buf) - 5, ".conf") == 0 &&
				file_forbids(d, buf, module);
		}
		if (dir)
			closedir(dir);
	}
	return found;
}

static void check_module(struct doctor *d, const char *release, bool installed, const char *module)
{
	char path[256], forbidding[512];

	if (file_names(d, "/proc/modules", module, false)) {
		doctor_say(d, FINDING_OK, NULL, "%s is loaded", module);
		return;
	}
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.builtin", release);
	if (file_names(d, path, module, true)) {
		doctor_say(d, FINDING_OK, NULL, "%s is built into the kernel", module);
		return;
	}
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	if (!file_names(d, path, module, true))
		doctor_say(d, FINDING_FAIL,
			   installed ? "on Debian: apt install linux-image-amd64 (cloud kernels lack it), and "
				       "reboot; "
				       "on Fedora: dnf install kernel-modules-extra"
				     : "in a container, load it on the host: modprobe -a l2tp_netlink l2tp_ppp",
			   installed ? "%s is missing from kernel %s"
				     : "%s is not loaded, and there are no modules for kernel %s",
			   module, release);
	else if (find_forbidding(d, module, forbidding, sizeof(forbidding)))
		doctor_say(d, FINDING_WARN,
			   "remove that line, or add the module to /etc/modules-load.d/l2tp.conf",
			   "%s is not loaded, and %s prevents automatic loading", module, forbidding);
	else
		doctor_say(d, FINDING_OK, NULL, "%s is available and will be loaded on demand", module);
}

void check_modules(struct doctor *d)
{
	char release[65] = "?", path[256];
	FILE *f;

	doctor_read_line(d, "/proc/sys/kernel/osrelease", release, sizeof(release));
	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	f = doctor_open(d, path);
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++)
		check_module(d, release, f != NULL, modules[i]);
	if (f)
		fclose(f);
}

/* ---- Trying ------------------------------------------------------------------------------------------------- */

void check_kernel(struct doctor *d)
{
	char *text = NULL, *rest = NULL, *remedy;

	if (kernel_check(&text) == 0)
		doctor_say(d, FINDING_OK, NULL,
			   "CAP_NET_ADMIN and the kernel's L2TP and PPP are available");
	/* "what is missing (why): the remedy", and of the kernel "kernel RELEASE: the remedy" */
	for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest)) {
		remedy = strstr(line, strncmp(line, "kernel ", 7) == 0 ? ": " : "): ");
		if (remedy) {
			remedy = strchr(remedy, ':');
			*remedy = '\0';
			remedy += 2;
		}
		doctor_say(d, FINDING_FAIL, remedy, "%s", line);
	}
	free(text);
}

/* ---- Settings ----------------------------------------------------------------------------------------------- */

static bool has_lns(const struct doctor *d)
{
	for (size_t i = 0; d->config && i < d->config->n_profiles; i++)
		if (!d->config->profiles[i].lac)
			return true;
	return false;
}

/* A setting, the value that may cause problems, and which. */
static const struct setting {
	const char *path, *name, *bad;
	bool lns; /* only if there are lns profiles */
	const char *text, *remedy;
} settings[] = {
	{ "/proc/sys/net/ipv4/ip_forward", "net.ipv4.ip_forward", "0", true, "packets from PPP peers are not forwarded",
	  "to forward them: sysctl -w net.ipv4.ip_forward=1, and the same in /etc/sysctl.d" },
	{ "/proc/sys/net/ipv6/conf/all/forwarding", "net.ipv6.conf.all.forwarding", "0", true,
	  "IPv6 packets from PPP peers are not forwarded",
	  "to forward them: sysctl -w net.ipv6.conf.all.forwarding=1, and the same in /etc/sysctl.d" },
	{ "/proc/sys/net/ipv4/conf/all/rp_filter", "net.ipv4.conf.all.rp_filter", "1", false,
	  "packets are dropped unless replies would leave through the same interface",
	  "if there are several routes to peers: sysctl -w net.ipv4.conf.all.rp_filter=2" },
	{ "/proc/sys/net/ipv4/conf/default/rp_filter", "net.ipv4.conf.default.rp_filter", "1", false,
	  "on new interfaces, packets are dropped unless replies would leave through the same interface",
	  "if there are several routes to peers: sysctl -w net.ipv4.conf.default.rp_filter=2" },
	{ "/proc/sys/net/core/rmem_max", "net.core.rmem_max", NULL, false, NULL, NULL },
};

/* Each of these may be intended, so that none is a warning. */
void check_sysctl(struct doctor *d)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		const struct setting *s = &settings[i];
		char value[64];

		if (!doctor_read_line(d, s->path, value, sizeof(value)))
			continue;
		if (s->bad && strcmp(value, s->bad) == 0 && (!s->lns || has_lns(d)))
			doctor_say(d, FINDING_OK, s->remedy, "%s = %s: %s", s->name, value, s->text);
		else
			doctor_say(d, FINDING_OK, NULL, "%s = %s", s->name, value);
	}
}
