/* SPDX-License-Identifier: MIT */
/*
 * process: supervision of pppd processes, one for each session.
 *
 * A struct ppp waits in a queue until fewer than options.starts processes are on their way up, then pppd is started;
 * it is up with its first network protocol, and it ends once, by exited().  The states and the list that holds it:
 *
 *	WAITING --pump--> STARTING --report UP--> UP
 *	   |                 |                    |
 *	   +--ppp_stop-------+--pidfd-------------+--> ENDED: exited(), freed
 *
 * Invariants: handlers are called from the event loop only, never from within ppp_start() or ppp_stop(); a started
 * process is owned through its pidfd until waitid() has reaped it, and nothing else in the daemon may reap children;
 * nothing here waits, except ppp_manager_free() and ppp_manager_clean().  Each process costs three file descriptors:
 * its pidfd, the plugin's connection, and, until it is up, a pipe with what it says.
 *
 * What connects to the socket must be, by its process number, a pppd of ours that has not connected yet; and each
 * of its messages must carry the token that we gave to that one.
 *
 * Called by pppd.c: ppp_start() when a session is established, ppp_stop() before its kernel objects go.
 */
#include "process.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "kernel/fdstore.h"
#include "exit.h"
#include "record.h"
#include "report.h"
#include "spawn.h"
#include "args.h"

#define TERM_TIME (5 * USEC_PER_SEC)       /* from SIGTERM to SIGKILL */
#define TIMER_ACCURACY (100 * USEC_PER_MSEC)
#define REPORTS_AT_ONCE 16                 /* of one wake-up: a chatty plugin must not starve the others */
#define OPTION_ERROR "pppd: "               /* how pppd starts a line about its options */
#define LINE_MAX_LEN 200                   /* of pppd's output, the rest of a line is dropped */

enum ppp_state { PPP_WAITING, PPP_STARTING, PPP_UP, PPP_ENDED };

TAILQ_HEAD(ppp_list, ppp);

struct ppp_manager {
	sd_event *event;
	const struct fdstore *fds;
	struct ppp_options options;    /* strings are ours */
	struct ppp_list lists[PPP_ENDED];
	unsigned n_starting;
	struct sockaddr_un address;    /* sun_path empty: not bound */
	int listener, records;
	sd_event_source *accept, *pump;
};

struct ppp {
	struct ppp_manager *manager;
	TAILQ_ENTRY(ppp) entry;
	enum ppp_state state;
	bool stopping;
	enum ppp_cause cause;
	struct ppp_handler handler;
	void *ctx;

	uint32_t tunnel_id, peer_tunnel_id, session_id, peer_session_id;
	char *profile, *interface;
	usec_t setup_timeout;
	char **argv;
	uint8_t token[PPPD_L2TP_TOKEN_SIZE];

	pid_t pid;
	int pidfd, connection, output;
	sd_event_source *on_exit, *on_report, *on_output, *timer;
	struct ppp_status status;
	enum pppd_l2tp_stage stage;
	int exit_status;               /* as the plugin says, -1: nothing yet */
	struct pppd_l2tp_end end;      /* likewise */
	char line[LINE_MAX_LEN + 1];   /* the one that arrives */
	size_t line_len;
	char said[LINE_MAX_LEN + 1];   /* the last one, escaped; the first one if it is about options: usage follows */
};

/* ---- Helpers ---------------------------------------------------------------------------------------------------- */

static struct log_object object(const struct ppp *p)
{
	return (struct log_object){
		.tunnel_id = p->tunnel_id, .peer_tunnel_id = p->peer_tunnel_id,
		.session_id = p->session_id, .peer_session_id = p->peer_session_id,
		.profile = p->profile, .interface = p->status.interface[0] ? p->status.interface : p->interface,
	};
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_watched(sd_event_source **source, int *fd)
{
	*source = sd_event_source_disable_unref(*source);
	close_fd(fd);
}

static int copy_string(const char *s, char **ret)
{
	char *copy;

	if (!s)
		return 0;
	copy = malloc(strlen(s) + 1);
	if (!copy)
		return -ENOMEM;
	*ret = memcpy(copy, s, strlen(s) + 1);
	return 0;
}

/* The only writer of p->state. */
static void enter(struct ppp *p, enum ppp_state state)
{
	struct ppp_manager *m = p->manager;

	TAILQ_REMOVE(&m->lists[p->state], p, entry);
	m->n_starting -= p->state == PPP_STARTING;
	p->state = state;
	m->n_starting += state == PPP_STARTING;
	if (state != PPP_ENDED)
		TAILQ_INSERT_TAIL(&m->lists[state], p, entry);
	(void)sd_event_source_set_enabled(m->pump, SD_EVENT_ONESHOT);
	(void)sd_event_source_set_enabled(m->accept, SD_EVENT_ON);
}

static void ppp_free(struct ppp *p)
{
	close_watched(&p->on_exit, &p->pidfd);
	close_watched(&p->on_report, &p->connection);
	close_watched(&p->on_output, &p->output);
	sd_event_source_disable_unref(p->timer);
	pppd_args_free(p->argv);
	free(p->profile);
	free(p->interface);
	free(p);
}

/* The end: tell, once, and forget. */
static void finish(struct ppp *p, enum ppp_cause cause, int number)
{
	struct ppp_exit how;

	ppp_exit_explain(&how, cause, number, p->stage, &p->end, p->said);
	if (p->pid > 0)
		ppp_record_remove(p->manager->records, p->tunnel_id, p->session_id);
	enter(p, PPP_ENDED);
	p->handler.exited(p->ctx, &how);
	ppp_free(p);
}

static int set_timer(struct ppp *p, usec_t delay)
{
	int r = sd_event_source_set_time(p->timer, clock_now() + delay);

	return r < 0 ? r : sd_event_source_set_enabled(p->timer, SD_EVENT_ONESHOT);
}

static void terminate(struct ppp *p, enum ppp_cause cause)
{
	p->stopping = true;
	p->cause = cause;
	(void)pidfd_send_signal(p->pidfd, SIGTERM, NULL, 0);
	if (set_timer(p, TERM_TIME) < 0)
		(void)pidfd_send_signal(p->pidfd, SIGKILL, NULL, 0);
}

static int timer_fired(sd_event_source *source, uint64_t now, void *userdata)
{
	struct ppp *p = userdata;
	const struct log_object o = object(p);

	(void)source, (void)now;
	if (!p->stopping) {
		log_event(LOG_WARNING, CLASS_REMOTE, &o, "PPP did not come up within %.0f s; terminating pppd (pid %d)",
			  (double)p->setup_timeout / USEC_PER_SEC, (int)p->pid);
		terminate(p, PPP_TIMED_OUT);
	} else {
		log_event(LOG_WARNING, CLASS_LOCAL, &o, "pppd (pid %d) did not terminate; killing it", (int)p->pid);
		(void)pidfd_send_signal(p->pidfd, SIGKILL, NULL, 0);
	}
	return 0;
}

/* ---- What the plugin says --------------------------------------------------------------------------------------- */

static void apply_report(struct ppp *p, const struct pppd_l2tp_report *r)
{
	ppp_report_status(r, &p->status);
	p->status.pid = p->pid; /* which the plugin does not tell */
	p->stage = r->stage;
	if (r->event == PPPD_L2TP_EXIT) {
		p->exit_status = r->status;
		p->end = r->end;
	}
	if (r->event == PPPD_L2TP_LCP && p->handler.lcp && !p->stopping)
		p->handler.lcp(p->ctx, &(struct ppp_lcp){ .sent = ppp_report_options(&r->lcp_sent),
							   .received = ppp_report_options(&r->lcp_received) });
	if (r->event != PPPD_L2TP_UP || p->stopping)
		return;
	if (p->state == PPP_STARTING) {
		enter(p, PPP_UP);
		(void)sd_event_source_set_enabled(p->timer, SD_EVENT_OFF);
		close_watched(&p->on_output, &p->output); /* from now on syslog is enough */
	}
	p->handler.up(p->ctx, &p->status);
}

static void read_reports(struct ppp *p)
{
	uint8_t bytes[sizeof(struct pppd_l2tp_report) + 1];
	struct pppd_l2tp_report report;

	for (int i = 0; i < REPORTS_AT_ONCE && p->connection >= 0; i++) {
		const ssize_t len = recv(p->connection, bytes, sizeof(bytes), MSG_DONTWAIT);
		const char *fault;

		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (len <= 0) {
			close_watched(&p->on_report, &p->connection);
			return;
		}
		fault = ppp_report_check(bytes, (size_t)len, p->token, &report);
		if (fault) {
			const struct log_object o = object(p);
			log_event(LOG_WARNING, CLASS_LOCAL, &o, "ignored a message of pppd (pid %d): %s", (int)p->pid, fault);
		} else {
			apply_report(p, &report);
		}
	}
}

static int report_ready(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	(void)source, (void)fd, (void)events;
	read_reports(userdata);
	return 0;
}

/* Only one that is starting can be calling. */
static struct ppp *find_caller(struct ppp_manager *m, int fd)
{
	socklen_t len = sizeof(struct ucred);
	struct ucred peer;
	struct ppp *p;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return NULL;
	TAILQ_FOREACH(p, &m->lists[PPP_STARTING], entry)
		if (p->pid == peer.pid && p->connection < 0)
			return p;
	log_event(LOG_WARNING, CLASS_LOCAL, NULL, "connection to %s refused: process %d is not a pppd that l2tpd started",
		  m->address.sun_path, (int)peer.pid);
	return NULL;
}

static void accept_all(struct ppp_manager *m)
{
	int fd;

	while ((fd = accept4(m->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		struct ppp *p = find_caller(m, fd);
		if (!p || sd_event_add_io(m->event, &p->on_report, fd, EPOLLIN, report_ready, p) < 0) {
			close(fd);
			continue;
		}
		p->connection = fd;
	}
	/* Out of file descriptors: not again before something has changed, see enter(). */
	if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		log_event(LOG_ERR, CLASS_LOCAL, NULL, "cannot accept a connection from pppd: %s", strerror(errno));
		(void)sd_event_source_set_enabled(m->accept, SD_EVENT_OFF);
	}
}

static int connection_ready(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	(void)source, (void)fd, (void)events;
	accept_all(userdata);
	return 0;
}

/* ---- What pppd prints while it starts --------------------------------------------------------------------------- */

static void output_line(struct ppp *p)
{
	const struct log_object o = object(p);
	char line[LINE_MAX_LEN + 1];

	log_escape((struct l2tp_span){ (const uint8_t *)p->line, p->line_len }, line, sizeof(line));
	p->line_len = 0;
	log_event(LOG_DEBUG, CLASS_LOCAL, &o, "pppd (%d): %s", (int)p->pid, line);
	if (strncmp(p->said, OPTION_ERROR, strlen(OPTION_ERROR)) != 0)
		snprintf(p->said, sizeof(p->said), "%s", line);
}

static void read_output(struct ppp *p)
{
	char buf[4096];
	ssize_t len;

	if (p->output < 0)
		return;
	len = read(p->output, buf, sizeof(buf));
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	for (ssize_t i = 0; i < len; i++) {
		if (buf[i] == '\n')
			output_line(p);
		else if (p->line_len < LINE_MAX_LEN)
			p->line[p->line_len++] = buf[i];
	}
	if (len <= 0)
		close_watched(&p->on_output, &p->output);
}

static int output_ready(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	(void)source, (void)fd, (void)events;
	read_output(userdata);
	return 0;
}

/* ---- The process ------------------------------------------------------------------------------------------------ */

/* A pppd that was killed leaves the file that tells its number to scripts. */
static void remove_pid_file(const char *interface, pid_t pid)
{
	char path[64], number[16] = "";
	FILE *f;

	if (!interface[0] || strchr(interface, '/'))
		return;
	snprintf(path, sizeof(path), "/run/%s.pid", interface);
	f = fopen(path, "re");
	if (!f)
		return;
	if (fgets(number, sizeof(number), f) && strtol(number, NULL, 10) == pid)
		(void)unlink(path);
	fclose(f);
}

static int process_ended(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	struct ppp *p = userdata;
	siginfo_t info = { 0 };
	enum ppp_cause cause;
	int number;

	(void)source, (void)fd, (void)events;
	/* Its last words may still be on the way: they were sent before it ended. */
	accept_all(p->manager);
	read_reports(p);
	read_output(p);
	if (waitid(P_PIDFD, (id_t)p->pidfd, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0)
		return 0;

	cause = info.si_code == CLD_EXITED ? PPP_EXITED : PPP_KILLED;
	if (cause == PPP_KILLED)
		remove_pid_file(p->status.interface, p->pid);
	number = info.si_status;
	if (cause == PPP_EXITED && p->exit_status >= 0)
		number = p->exit_status;
	if (p->stopping) {
		number = cause == PPP_EXITED ? number : -1;
		cause = p->cause;
	}
	finish(p, cause, number);
	return 0;
}

/* Nobody else reaps, so the number stays the process's own until the pidfd is open. */
static int watch_process(struct ppp *p)
{
	sd_event *event = p->manager->event;
	int r;

	p->pidfd = pidfd_open(p->pid, 0);
	if (p->pidfd < 0)
		return -errno;
	r = sd_event_add_io(event, &p->on_exit, p->pidfd, EPOLLIN, process_ended, p);
	if (r < 0)
		return r;
	r = sd_event_add_io(event, &p->on_output, p->output, EPOLLIN, output_ready, p);
	if (r < 0)
		return r;
	r = sd_event_add_time_relative(event, &p->timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY, timer_fired, p);
	if (r < 0)
		return r;
	return p->setup_timeout == USEC_NEVER ? sd_event_source_set_enabled(p->timer, SD_EVENT_OFF) :
						set_timer(p, p->setup_timeout);
}

static void kill_and_reap(struct ppp *p)
{
	(void)kill(p->pid, SIGKILL);
	while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int start_process(struct ppp *p)
{
	struct ppp_spawn how = { .path = p->manager->options.pppd, .argv = p->argv,
				 .pppox = fdstore_get(p->manager->fds, (struct fd_name){ p->tunnel_id, p->session_id }),
				 .socket = p->manager->address.sun_path, .token = p->token };
	int output[2], r;

	if (how.pppox < 0)
		return -ENODEV; /* the session has gone */
	assert(how.pppox > STDERR_FILENO);
	random_bytes(NULL, p->token, sizeof(p->token));
	/* Non-blocking at pppd's end too: it must never wait for us. */
	if (pipe2(output, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	p->output = output[0];
	how.output = output[1];
	r = ppp_spawn(&how, &p->pid);
	close(output[1]);
	if (r < 0)
		return r;
	r = watch_process(p);
	if (r < 0) {
		kill_and_reap(p);
		p->pid = 0;
	}
	return r;
}

static void launch(struct ppp *p)
{
	const struct log_object o = object(p);
	struct ppp_record record;
	int r = start_process(p);

	if (r < 0) {
		finish(p, PPP_NOT_STARTED, r);
		return;
	}
	p->status.pid = p->pid;
	enter(p, PPP_STARTING);
	log_event(LOG_DEBUG, CLASS_NEUTRAL, &o, "pppd (%d) started", (int)p->pid);
	record = (struct ppp_record){
		.tunnel_id = p->tunnel_id, .session_id = p->session_id, .pid = p->pid, .interface = p->interface,
	};
	r = ppp_record_write(p->manager->records, &record);
	if (r < 0)
		log_event(LOG_WARNING, CLASS_LOCAL, &o,
			  "cannot record pppd (pid %d): %s; after a crash of l2tpd it would be left running",
			  (int)p->pid, strerror(-r));
}

/* Start as many as may be under way; those that were stopped while they waited are at the head. */
static int pump_waiting(sd_event_source *source, void *userdata)
{
	struct ppp_manager *m = userdata;
	struct ppp *p;

	(void)source;
	while ((p = TAILQ_FIRST(&m->lists[PPP_WAITING]))) {
		if (p->stopping)
			finish(p, PPP_STOPPED, -1);
		else if (m->n_starting < m->options.starts)
			launch(p);
		else
			break;
	}
	return 0;
}

/* ---- Public: one pppd ------------------------------------------------------------------------------------------- */

int ppp_start(struct ppp_manager *m, const struct ppp_spec *spec, const struct ppp_handler *handler, void *ctx,
	      struct ppp **ret)
{
	struct ppp *p;
	int r;

	assert(handler->up && handler->exited);
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->manager = m;
	p->pidfd = p->connection = p->output = p->exit_status = -1;
	p->handler = *handler;
	p->ctx = ctx;
	p->tunnel_id = spec->tunnel_id;
	p->peer_tunnel_id = spec->peer_tunnel_id;
	p->session_id = spec->session_id;
	p->peer_session_id = spec->peer_session_id;
	p->setup_timeout = spec->setup_timeout;
	r = pppd_args_new(spec, m->options.plugin, &p->argv);
	r = r < 0 ? r : copy_string(spec->profile, &p->profile);
	r = r < 0 ? r : copy_string(spec->interface, &p->interface);
	r = r < 0 ? r : sd_event_source_set_enabled(m->pump, SD_EVENT_ONESHOT);
	if (r < 0) {
		ppp_free(p);
		return r;
	}
	TAILQ_INSERT_TAIL(&m->lists[PPP_WAITING], p, entry);
	*ret = p;
	return 0;
}

void ppp_stop(struct ppp *p)
{
	if (p->stopping)
		return;
	switch (p->state) {
	case PPP_WAITING:
		p->stopping = true;
		TAILQ_REMOVE(&p->manager->lists[PPP_WAITING], p, entry);
		TAILQ_INSERT_HEAD(&p->manager->lists[PPP_WAITING], p, entry);
		(void)sd_event_source_set_enabled(p->manager->pump, SD_EVENT_ONESHOT);
		break;
	case PPP_STARTING:
	case PPP_UP:
		terminate(p, PPP_STOPPED);
		break;
	case PPP_ENDED:
		break;
	}
}

const struct ppp_status *ppp_get_status(const struct ppp *p)
{
	return &p->status;
}

/* ---- Public: all of them ---------------------------------------------------------------------------------------- */

static int open_listener(struct ppp_manager *m)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int len = snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/ppp.sock", m->options.runtime_directory);

	if (len < 0 || (size_t)len >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	m->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (m->listener < 0 || (unlink(sun.sun_path) < 0 && errno != ENOENT))
		return -errno;
	/* The mode must be right from the start: bind() takes it from here. */
	if (fchmod(m->listener, 0600) < 0 || bind(m->listener, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		return -errno;
	m->address = sun;
	if (listen(m->listener, SOMAXCONN) < 0)
		return -errno;
	return sd_event_add_io(m->event, &m->accept, m->listener, EPOLLIN, connection_ready, m);
}

static int open_records(struct ppp_manager *m)
{
	const int runtime = open(m->options.runtime_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (runtime < 0)
		return -errno;
	if (mkdirat(runtime, "ppp", 0700) < 0 && errno != EEXIST)
		r = -errno;
	else
		m->records = openat(runtime, "ppp", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (r == 0 && m->records < 0)
		r = -errno;
	close(runtime);
	return r;
}

int ppp_manager_new(sd_event *event, const struct fdstore *fds, const struct ppp_options *options,
		    struct ppp_manager **ret)
{
	struct ppp_manager *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	assert(options->starts > 0);
	m->event = sd_event_ref(event);
	m->fds = fds;
	m->listener = m->records = -1;
	m->options.starts = options->starts;
	for (int i = 0; i < PPP_ENDED; i++)
		TAILQ_INIT(&m->lists[i]);
	r = copy_string(options->pppd, (char **)&m->options.pppd);
	r = r < 0 ? r : copy_string(options->plugin, (char **)&m->options.plugin);
	r = r < 0 ? r : copy_string(options->runtime_directory, (char **)&m->options.runtime_directory);
	r = r < 0 ? r : open_records(m);
	r = r < 0 ? r : open_listener(m);
	r = r < 0 ? r : sd_event_add_defer(event, &m->pump, pump_waiting, m);
	if (r < 0) {
		ppp_manager_free(m);
		return r;
	}
	*ret = m;
	return 0;
}

int ppp_manager_set(struct ppp_manager *m, const struct ppp_options *options)
{
	char *pppd = NULL, *plugin = NULL;
	int r = copy_string(options->pppd, &pppd);

	r = r < 0 ? r : copy_string(options->plugin, &plugin);
	if (r < 0) {
		free(pppd);
		return r;
	}
	free((char *)m->options.pppd);
	free((char *)m->options.plugin);
	m->options.pppd = pppd;
	m->options.plugin = plugin;
	m->options.starts = options->starts;
	(void)sd_event_source_set_enabled(m->pump, SD_EVENT_ONESHOT); /* more may start now */
	return 0;
}

static void manager_end_all(struct ppp_manager *m)
{
	struct ppp *p;

	/* All at once first: each takes its time to die. */
	for (int i = PPP_STARTING; i < PPP_ENDED; i++)
		TAILQ_FOREACH(p, &m->lists[i], entry)
			(void)pidfd_send_signal(p->pidfd, SIGKILL, NULL, 0);
	for (int i = 0; i < PPP_ENDED; i++)
		while ((p = TAILQ_FIRST(&m->lists[i]))) {
			if (p->pid > 0) {
				kill_and_reap(p);
				remove_pid_file(p->status.interface, p->pid);
				ppp_record_remove(m->records, p->tunnel_id, p->session_id);
			}
			TAILQ_REMOVE(&m->lists[i], p, entry);
			ppp_free(p);
		}
}

void ppp_manager_free(struct ppp_manager *m)
{
	if (!m)
		return;
	manager_end_all(m);
	close_watched(&m->accept, &m->listener);
	sd_event_source_disable_unref(m->pump);
	if (m->address.sun_path[0])
		(void)unlink(m->address.sun_path);
	close_fd(&m->records);
	sd_event_unref(m->event);
	free((char *)m->options.pppd);
	free((char *)m->options.plugin);
	free((char *)m->options.runtime_directory);
	free(m);
}

int ppp_manager_clean(struct ppp_manager *m)
{
	const char *slash = strrchr(m->options.pppd, '/');

	return ppp_record_clean(m->records, slash ? slash + 1 : m->options.pppd);
}
