/* SPDX-License-Identifier: MIT */
/*
 * main: l2tpd's command line; configuration, event loop, driver; run; orderly stop.
 *
 * Exit status: 0 after an orderly stop, 1 when it could not start or go on, 2 for a mistake in the command line or the
 * configuration file.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <systemd/sd-event.h>

#include "bus/bus.h"
#include "config/config.h"
#include "attach/none.h"
#include "attach/pppd.h"
#include "core/driver.h"
#include "core/reload.h"
#include "base/log.h"
#include "metrics/metrics.h"

#define EXIT_USAGE 2
#define CLEAN 256 /* an option that has no letter */

static const char usage[] =
	"l2tpd: L2TP daemon (LAC and LNS, RFC 2661) with the data path of the Linux kernel\n"
	"\n"
	"  l2tpd [--config FILE] [--dataplane=kernel|none] [--log-level LEVEL]\n"
	"  l2tpd --check FILE [--print]\n"
	"  l2tpd --clean [--config FILE]\n"
	"\n"
	"  -c, --config FILE       configuration file, default " CONFIG_PATH "\n"
	"  -t, --check FILE        check FILE, print every error, and exit\n"
	"  -p, --print             print the whole configuration as it would be in force, without secrets, and\n"
	"                          exit\n"
	"      --clean             terminate the pppd processes and remove the routes that a crashed daemon left\n"
	"                          behind, and exit\n"
	"  -d, --dataplane WHAT    kernel (default), or none: only the control protocol, which needs no\n"
	"                          privileges, kernel modules or PPP\n"
	"  -l, --log-level LEVEL   error, warning, notice, info or debug; overrides the configuration\n"
	"  -V, --version           print the version\n"
	"  -h, --help              print this help\n"
	"\n"
	"l2tpd runs in the foreground. SIGTERM and SIGINT close all tunnels and stop it; SIGHUP reloads the\n"
	"configuration.\n"
	"See l2tpd(8) and l2tpd.conf(5).\n";

struct options {
	const char *config;
	bool check, print, clean;
	enum driver_dataplane dataplane;
	int log_level; /* -1: the file's */
};

static const struct {
	const char *name;
	int level;
} levels[] = { { "error", LOG_ERR },
	       { "warning", LOG_WARNING },
	       { "notice", LOG_NOTICE },
	       { "info", LOG_INFO },
	       { "debug", LOG_DEBUG } };

static bool parse_level(const char *s, int *ret)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (!strcmp(s, levels[i].name)) {
			*ret = levels[i].level;
			return true;
		}
	}
	fprintf(stderr, "l2tpd: unknown log level \"%s\"; expected error, warning, notice, info or debug\n", s);
	return false;
}

static bool parse_dataplane(const char *s, enum driver_dataplane *ret)
{
	if (!strcmp(s, "kernel"))
		*ret = DATAPLANE_KERNEL;
	else if (!strcmp(s, "none"))
		*ret = DATAPLANE_NONE;
	else {
		fprintf(stderr, "l2tpd: unknown dataplane \"%s\"; expected kernel or none\n", s);
		return false;
	}
	return true;
}

/* 0: go on; else exit with ret_status. */
static int parse_options(int argc, char **argv, struct options *o, int *ret_status)
{
	static const struct option table[] = { { "config", required_argument, NULL, 'c' },
					       { "check", required_argument, NULL, 't' },
					       { "print", no_argument, NULL, 'p' },
					       { "clean", no_argument, NULL, CLEAN },
					       { "dataplane", required_argument, NULL, 'd' },
					       { "log-level", required_argument, NULL, 'l' },
					       { "version", no_argument, NULL, 'V' },
					       { "help", no_argument, NULL, 'h' },
					       { 0 } };
	bool good = true;
	int c;

	*ret_status = EXIT_USAGE;
	while (good && (c = getopt_long(argc, argv, "c:t:pd:l:Vh", table, NULL)) != -1) {
		switch (c) {
		case 't':
			o->check = true;
			o->config = optarg;
			break;
		case 'c':
			o->config = optarg;
			break;
		case 'p':
			o->print = true;
			break;
		case CLEAN:
			o->clean = true;
			break;
		case 'd':
			good = parse_dataplane(optarg, &o->dataplane);
			break;
		case 'l':
			good = parse_level(optarg, &o->log_level);
			break;
		case 'V':
		case 'h':
			fputs(c == 'V' ? "l2tpd " VERSION "\n" : usage, stdout);
			*ret_status = EXIT_SUCCESS;
			return -1;
		default:
			good = false;
		}
	}
	if (good && optind < argc) {
		fprintf(stderr, "l2tpd: unexpected argument \"%s\"\n", argv[optind]);
		good = false;
	}
	if (!good)
		fputs("Try: l2tpd --help\n", stderr);
	return good ? 0 : -1;
}

static int on_signal(sd_event_source *s, const struct signalfd_siginfo *si, void *ctx)
{
	(void)s;
	log_event(LOG_NOTICE, CLASS_NEUTRAL, NULL, "%s: closing all tunnels", strsignal((int)si->ssi_signo));
	driver_stop(ctx);
	return 0;
}

static int on_hangup(sd_event_source *s, const struct signalfd_siginfo *si, void *ctx)
{
	struct changes changes = { 0 };

	(void)s, (void)si;
	if (reload_run(ctx, NULL, &changes) >= 0)
		changes_clear(&changes);
	return 0;
}

static int add_signals(sd_event *event, struct driver *d)
{
	int r = sd_event_add_signal(event, NULL, SIGTERM, on_signal, d);

	r = r < 0 ? r : sd_event_add_signal(event, NULL, SIGINT, on_signal, d);
	return r < 0 ? r : sd_event_add_signal(event, NULL, SIGHUP, on_hangup, d);
}

static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* One socket for each tunnel, one more for each session. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Every kind of attachment that there is. */
static const struct attachment_class *const attachments[] = { &attachment_pppd, &attachment_none, NULL };

static int make_driver(sd_event *event, struct config *config, enum driver_dataplane dataplane, struct driver **ret)
{
	const struct driver_options options = { .dataplane = dataplane,
						.attachments = attachments,
						.attachment = dataplane == DATAPLANE_KERNEL ? "pppd" : "none" };

	return driver_new(event, config, &options, ret);
}

/* A driver begins with that; a daemon that runs keeps it from beginning. */
static int clean(struct config *config)
{
	struct driver *driver = NULL;
	sd_event *event = NULL;
	int r = sd_event_default(&event);

	if (r >= 0)
		r = make_driver(event, config, DATAPLANE_KERNEL, &driver);
	else
		config_free(config);
	driver_free(driver);
	sd_event_unref(event);
	return r;
}

static int start_bus(sd_event *event, struct driver *driver, const struct config *config, struct bus **ret)
{
	struct bus_options options = { .directory = config->runtime_directory,
				       .group = config->api_group,
				       .others_read = config->api_others_read,
				       .system_bus = config->api_system_bus };

	return driver_owns_directory(driver) ? bus_new(event, driver, &options, ret) : 0;
}

static int run(struct config *config, enum driver_dataplane dataplane)
{
	struct driver *driver = NULL;
	struct metrics *metrics = NULL;
	struct bus *bus = NULL;
	sd_event *event = NULL;
	int r;

	block_signals();
	raise_file_limit();
	r = sd_event_default(&event);
	if (r < 0) {
		config_free(config);
		return r;
	}
	r = make_driver(event, config, dataplane, &driver);
	if (r >= 0)
		r = add_signals(event, driver);
	if (r >= 0)
		r = metrics_new(event, driver, &metrics);
	if (r >= 0)
		r = start_bus(event, driver, config, &bus);
	if (r >= 0)
		r = driver_start(driver);
	if (r >= 0) {
		log_event(LOG_NOTICE, CLASS_NEUTRAL, NULL, "l2tpd " VERSION " is ready");
		r = sd_event_loop(event);
		log_event(r < 0 ? LOG_ERR : LOG_NOTICE, r < 0 ? CLASS_BUG : CLASS_NEUTRAL, NULL, "stopped%s%s",
			  r < 0 ? ": " : "", r < 0 ? strerror(-r) : "");
	}
	bus_free(bus);
	metrics_free(metrics);
	driver_free(driver);
	sd_event_unref(event);
	return r;
}

int main(int argc, char **argv)
{
	struct options options = { .config = CONFIG_PATH, .log_level = -1 };
	struct config *config = NULL;
	int status, r;

	if (parse_options(argc, argv, &options, &status) < 0)
		return status;
	r = config_load(options.config, stderr, &config);
	if (r < 0) {
		if (r != -EINVAL)
			fprintf(stderr, "l2tpd: cannot read %s: %s\n", options.config, strerror(-r));
		return EXIT_USAGE;
	}
	if (options.print) {
		r = config_print(config, stdout);
	} else if (options.check) {
		printf("%s: no errors\n", options.config);
	} else {
		log_open(config->log_level);
		if (options.log_level >= 0)
			log_fix_level(options.log_level);
		r = options.clean ? clean(config) : run(config, options.dataplane);
		config = NULL; /* the driver's */
		log_flush();
		(void)log_drain();
	}
	config_free(config);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
