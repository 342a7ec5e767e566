/* SPDX-License-Identifier: MIT */
/*
 * doctor_host: pppd and its plugins, the runtime directory, the service, the clock.
 *
 * A dry run of pppd shows whether it accepts a plugin: it rejects those of another version.  The options of each
 * profile are tested in the same way.  No check takes longer than a few seconds.  Called by doctor.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "doctor.h"
#include "attach/dryrun.h"
#include "base/program.h"

/* ---- pppd --------------------------------------------------------------------------------------------------- */

/* pppd's error message, without its name. */
static const char *complaint(char *out)
{
	char *line = strstr(out, "pppd: ");

	if (!line)
		return "pppd printed no reason";
	line += sizeof("pppd: ") - 1;
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static void check_plugin(struct doctor *d, const char *pppd, const char *plugin)
{
	enum { BAD_OPTION = 2 }; /* exit status, see pppd(8) */
	char out[4096] = "";
	const char *const argv[] = { "pppd", "nodetach", "notty", "dryrun", "plugin", plugin, NULL };
	int r = program_run(pppd, (char *const *)argv, out, sizeof(out));

	if (r == BAD_OPTION)
		doctor_say(d, FINDING_FAIL, "install the l2tpd that was built for this pppd, or set pppd-plugin",
			   "pppd rejects the plugin %s: %s", plugin, complaint(out));
	else if (r < 0)
		doctor_say(d, FINDING_FAIL, NULL, "cannot run pppd: %s", strerror(-r));
	else
		doctor_say(d, FINDING_OK, NULL, "pppd accepts the plugin %s", plugin);
}

static void say_options(struct doctor *d, const char *profile, enum ppp_trial_result result, const char *text)
{
	if (result == PPP_TRIAL_TAKEN)
		doctor_say(d, FINDING_OK, NULL, "pppd accepts the options of profile \"%s\"", profile);
	else if (result == PPP_TRIAL_REFUSED)
		doctor_say(d, FINDING_FAIL,
			   "correct the options in the profile's ppp section, or the files that they name",
			   "pppd rejects the options of profile \"%s\": %s", profile, text);
	else
		doctor_say(d, FINDING_WARN, NULL, "could not test the options of profile \"%s\": %s", profile, text);
}

/* Together with the plugins, which pppd accepts. */
static void check_options(struct doctor *d)
{
	struct ppp_trial *t;
	enum ppp_trial_result result;
	const char *profile, *text;

	if (!d->config || ppp_trial_new(d->config, &t) < 0)
		return;
	ppp_trial_run(t);
	for (size_t i = 0; ppp_trial_get(t, i, &profile, &result, &text); i++)
		say_options(d, profile, result, text);
	ppp_trial_free(t);
}

void check_pppd(struct doctor *d)
{
	enum severity before;
	const char *pppd = d->config ? d->config->pppd : "/usr/sbin/pppd";
	const char *plugin = d->config ? d->config->pppd_plugin : PPPD_PLUGIN;
	char out[4096] = "";
	const char *const argv[] = { "pppd", "--version", NULL };

	if (access(pppd, X_OK) < 0) {
		doctor_say(d, FINDING_FAIL,
			   "install pppd (on Debian: apt install ppp), or set pppd in the configuration", "%s: %s",
			   pppd, strerror(errno));
		return;
	}
	program_run(pppd, (char *const *)argv, out, sizeof(out));
	out[strcspn(out, "\n")] = '\0';
	doctor_say(d, FINDING_OK, NULL, "%s: %s", pppd, *out ? out : "unknown version");
	if (geteuid() != 0) {
		doctor_say(d, FINDING_OK, "run doctor as root", "did not test whether pppd accepts its plugins and options");
		return;
	}
	before = d->worst;
	d->worst = FINDING_OK;
	check_plugin(d, pppd, "pppol2tp.so");
	check_plugin(d, pppd, plugin);
	if (d->worst == FINDING_OK)
		check_options(d);
	d->worst = before > d->worst ? before : d->worst;
}

/* ---- The runtime directory ---------------------------------------------------------------------------------- */

static bool daemon_answers(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool answers;

	snprintf(a.sun_path, sizeof(a.sun_path), "%.*s", (int)sizeof(a.sun_path) - 1, path);
	answers = fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	if (fd >= 0)
		close(fd);
	return answers;
}

void check_runtime(struct doctor *d)
{
	const char *directory = d->config ? d->config->runtime_directory : "/run/l2tpd";
	char socket[128];
	struct stat st;

	snprintf(socket, sizeof(socket), "%s/bus", directory);
	if (stat(directory, &st) < 0) {
		if (errno == ENOENT)
			doctor_say(d, FINDING_OK, NULL, "%s does not exist yet; l2tpd creates it", directory);
		else
			doctor_say(d, FINDING_FAIL, "set runtime-directory", "%s: %s", directory, strerror(errno));
		return;
	}
	if (!S_ISDIR(st.st_mode))
		doctor_say(d, FINDING_FAIL, "remove it, or set runtime-directory", "%s is not a directory", directory);
	else if (st.st_mode & S_IWOTH)
		doctor_say(d, FINDING_FAIL, "remove the permission with chmod o-w: any user could place a socket there",
			   "%s is writable by every user", directory);
	else if (daemon_answers(socket))
		doctor_say(d, FINDING_OK, NULL, "l2tpd is running and answers at %s", socket);
	else
		doctor_say(d, FINDING_OK, NULL, "%s exists, and no l2tpd answers there", directory);
}

/* ---- The service -------------------------------------------------------------------------------------------- */

#define SYSTEMD "org.freedesktop.systemd1"

/* A property of a unit, "" if it is not available; to be freed. */
static char *unit_property(sd_bus *bus, const char *unit, const char *property)
{
	char *path = NULL, *value = NULL;

	if (sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit, &path) < 0 ||
	    sd_bus_get_property_string(bus, SYSTEMD, path, SYSTEMD ".Unit", property, NULL, &value) < 0)
		value = strdup("");
	free(path);
	return value;
}

static void check_own_unit(struct doctor *d, sd_bus *bus)
{
	char *load = unit_property(bus, "l2tpd.service", "LoadState");
	char *active = unit_property(bus, "l2tpd.service", "ActiveState");
	char *file = unit_property(bus, "l2tpd.service", "UnitFileState");

	if (!load || !active || !file || !*load || strcmp(load, "not-found") == 0)
		doctor_say(d, FINDING_OK, NULL, "the unit l2tpd.service does not exist");
	else if (strcmp(load, "loaded") != 0)
		doctor_say(d, FINDING_FAIL, "for the reason: systemctl status l2tpd", "l2tpd.service is %s", load);
	else if (strcmp(active, "failed") == 0)
		doctor_say(d, FINDING_FAIL, "for the reason: journalctl -u l2tpd; then: systemctl restart l2tpd",
			   "l2tpd.service has failed");
	else
		doctor_say(d, FINDING_OK,
			   strcmp(active, "active") == 0 ? NULL : "to start it: systemctl enable --now l2tpd",
			   "l2tpd.service is %s, %s", active, file);
	free(load);
	free(active);
	free(file);
}

/* Does the unit make the system bus inaccessible? */
static bool unit_shuts_bus(sd_bus *bus)
{
	char *path = NULL, **shut = NULL;
	bool shuts = false;

	if (sd_bus_path_encode("/org/freedesktop/systemd1/unit", "l2tpd.service", &path) >= 0)
		sd_bus_get_property_strv(bus, SYSTEMD, path, SYSTEMD ".Service", "InaccessiblePaths", NULL, &shut);
	for (char **p = shut; p && *p; p++) {
		shuts = shuts || strcmp(*p + (**p == '-'), "/run/dbus") == 0;
		free(*p);
	}
	free(shut);
	free(path);
	return shuts;
}

static void check_system_bus(struct doctor *d, sd_bus *bus)
{
	if (d->config && d->config->api_system_bus && unit_shuts_bus(bus))
		doctor_say(d, FINDING_WARN,
			   "link " BUS_DROP_IN
			   " into /etc/systemd/system/l2tpd.service.d, run systemctl daemon-reload, restart l2tpd",
			   "api-system-bus = yes, but l2tpd.service denies access to the system bus");
}

static void check_rival_unit(struct doctor *d, sd_bus *bus)
{
	char *file = unit_property(bus, "xl2tpd.service", "UnitFileState");

	if (file && strcmp(file, "enabled") == 0)
		doctor_say(d, FINDING_WARN, "systemctl disable --now xl2tpd",
			   "xl2tpd.service is enabled: it will use port 1701 after the next boot");
	free(file);
}

void check_systemd(struct doctor *d)
{
	enum { TIMEOUT_USEC = 5000000 };
	sd_bus *bus = NULL;

	if (access("/run/systemd/system", F_OK) < 0 || sd_bus_open_system(&bus) < 0) {
		doctor_say(d, FINDING_OK, NULL, "systemd is not running, or does not answer");
		return;
	}
	sd_bus_set_method_call_timeout(bus, TIMEOUT_USEC);
	check_own_unit(d, bus);
	check_system_bus(d, bus);
	check_rival_unit(d, bus);
	sd_bus_flush_close_unref(bus);
}

/* ---- The clock ---------------------------------------------------------------------------------------------- */

void check_clock(struct doctor *d)
{
	enum { YEAR_OF_THIS = 2024 };
	struct timex t = { 0 };
	time_t now = time(NULL);
	struct tm tm = { 0 };

	gmtime_r(&now, &tm);
	if (tm.tm_year + 1900 < YEAR_OF_THIS)
		doctor_say(d, FINDING_WARN, "set the clock, and run systemd-timesyncd or chrony",
			   "the system clock shows the year %d: logs and traces will have wrong times",
			   tm.tm_year + 1900);
	else if (adjtimex(&t) == TIME_ERROR)
		doctor_say(d, FINDING_OK, "to compare logs between machines, run systemd-timesyncd or chrony",
			   "no time synchronisation is running");
	else
		doctor_say(d, FINDING_OK, NULL, "the system clock is synchronised");
}
