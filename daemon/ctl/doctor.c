/* SPDX-License-Identifier: MIT */
/*
 * doctor: checks whether l2tpd can work on this machine, and suggests remedies.
 *
 * A check is a row of the table and a function.  Checks change nothing, except that the test of the kernel's L2TP loads
 * its modules, as the daemon would.  With --root the same files are read below another directory (a chroot, a mounted
 * system, a test), and nothing is executed.  The exit status is that of the worst finding; a warning is not a failure.
 */
#include "doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "text.h"

static void check_config(struct doctor *d);

static const struct {
	const char *name;
	void (*check)(struct doctor *d);
	bool trying; /* it executes something: not with --root */
} checks[] = {
	{ "config", check_config, false },  { "modules", check_modules, false }, { "kernel", check_kernel, true },
	{ "sysctl", check_sysctl, false },  { "ports", check_ports, false },	 { "daemons", check_daemons, false },
	{ "pppd", check_pppd, true },	    { "names", check_names, true },	 { "runtime", check_runtime, true },
	{ "systemd", check_systemd, true }, { "clock", check_clock, true },
};

#define CHECKS (sizeof(checks) / sizeof(checks[0]))

/* ---- What the checks call ----------------------------------------------------------------------------------- */

void doctor_say(struct doctor *d, enum severity severity, const char *remedy, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	d->worst = severity > d->worst ? severity : d->worst;
	d->say(d->ctx, d->check, severity, text, remedy);
}

bool doctor_is_here(const struct doctor *d)
{
	return !*d->root;
}

FILE *doctor_open(const struct doctor *d, const char *path)
{
	char name[1024];

	if ((size_t)snprintf(name, sizeof(name), "%s%s", d->root, path) < sizeof(name))
		return fopen(name, "re");
	errno = ENAMETOOLONG;
	return NULL;
}

bool doctor_read_line(const struct doctor *d, const char *path, char *buf, size_t size)
{
	FILE *f = doctor_open(d, path);
	bool read = f && fgets(buf, (int)size, f);

	if (f)
		fclose(f);
	if (read)
		buf[strcspn(buf, "\n")] = '\0';
	return read;
}

/* ---- The configuration -------------------------------------------------------------------------------------- */

static void say_mistakes(struct doctor *d, char *mistakes, enum severity severity)
{
	char *rest = NULL;

	for (char *line = strtok_r(mistakes, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		doctor_say(d, severity,
			   severity == FINDING_FAIL ? "correct the configuration; see l2tpd.conf(5)" : NULL, "%s",
			   line);
}

static void check_config(struct doctor *d)
{
	char *mistakes = NULL;
	size_t len;
	FILE *out = ctl_must_ptr(open_memstream(&mistakes, &len));
	int r = config_load(d->config_path, out, &d->config);

	fclose(out);
	if (r == -ENOENT)
		doctor_say(d, FINDING_FAIL, "create it; see l2tpd.conf(5) and l2tpctl import xl2tpd",
			   "%s does not exist", d->config_path);
	else
		say_mistakes(d, mistakes, r < 0 ? FINDING_FAIL : FINDING_WARN);
	if (r == 0)
		doctor_say(d, FINDING_OK, NULL, "%s: %zu profiles, no errors", d->config_path, d->config->n_profiles);
	free(mistakes);
}

/* ---- The verb ----------------------------------------------------------------------------------------------- */

static const char *const severities[] = { [FINDING_OK] = "ok", [FINDING_WARN] = "warn", [FINDING_FAIL] = "fail" };

static void say_text(void *ctx, const char *check, enum severity severity, const char *text, const char *remedy)
{
	char *safe = ctl_must_ptr(text_escape(text));

	(void)ctx;
	printf("%-5s %-8s %s\n", severities[severity], check, safe);
	if (remedy)
		printf("%14s -> %s\n", "", remedy);
	free(safe);
}

static void say_json(void *ctx, const char *check, enum severity severity, const char *text, const char *remedy)
{
	/* text that is not UTF-8 must not make this fail */
	char *safe = ctl_must_ptr(text_escape(text));
	json_t *row = ctl_must_ptr(json_pack("{s:s,s:s,s:s,s:s}", "Check", check, "Severity", severities[severity],
					     "Text", safe, "Remedy", remedy ? remedy : ""));

	json_list_add(ctx, row);
	json_decref(row);
	free(safe);
}

static bool is_wanted(const struct ctl *c, const char *name)
{
	for (size_t i = 0; i < c->n_args; i++)
		if (strcmp(c->args[i], name) == 0)
			return true;
	return c->n_args == 0;
}

static enum status check_arguments(const struct ctl *c)
{
	for (size_t i = 0; i < c->n_args; i++) {
		size_t k = 0;

		while (k < CHECKS && strcmp(c->args[i], checks[k].name) != 0)
			k++;
		if (k == CHECKS)
			return ctl_usage(c, "unknown check \"%s\"", c->args[i]);
	}
	return STATUS_OK;
}

static void say_nothing(void *ctx, const char *check, enum severity severity, const char *text, const char *remedy)
{
	(void)ctx, (void)check, (void)severity, (void)text, (void)remedy;
}

static enum status run(struct ctl *c)
{
	const char *root = ctl_option(c, "root"), *path = ctl_option(c, "config");
	struct json_list list = { .format = c->format };
	struct doctor d = { .root = root && strcmp(root, "/") != 0 ? root : "",
			    .config_path = path ? path : CONFIG_PATH,
			    .say = c->format == FORMAT_TEXT ? say_text : say_json,
			    .ctx = &list };
	enum status status = check_arguments(c);

	if (status != STATUS_OK)
		return status;
	if (!is_wanted(c, "config")) { /* the other checks need it */
		struct doctor quiet = d;

		quiet.say = say_nothing;
		check_config(&quiet);
		d.config = quiet.config;
	}
	for (size_t i = 0; i < CHECKS; i++) {
		d.check = checks[i].name;
		if (is_wanted(c, checks[i].name) && (doctor_is_here(&d) || !checks[i].trying))
			checks[i].check(&d);
	}
	json_list_end(&list);
	config_free(d.config);
	return d.worst == FINDING_FAIL ? STATUS_FAILED : STATUS_OK;
}

static const struct verb_option doctor_options[] = {
	{ "config", "FILE", "the configuration file, default " CONFIG_PATH, NULL, 0 },
	{ "root", "DIR", "check the files of another system, and execute nothing", NULL, 0 },
	{ 0 },
};

const struct verb doctor_verbs[] = {
	{ "doctor", "[CHECK]...", "check whether l2tpd can work on this machine", doctor_options, run,
	  0 },
	{ 0 },
};
