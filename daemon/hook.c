/* SPDX-License-Identifier: MIT */
/*
 * hook: see hook.h.  Called by calls.c: the bearer of an outgoing call is placed and cleared by a program.
 *
 * The process leads a session of its own, so that its process group can be killed whole; it is owned through its pidfd
 * and nobody else reaps, so the number stays its own until then.
 */
#include "hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

#define TIMER_ACCURACY (10 * USEC_PER_MSEC)

struct hook {
	pid_t pid;
	int pidfd;
	sd_event_source *on_exit, *timer;
	hook_done done;
	void *ctx;
};

static void hook_free(struct hook *h)
{
	sd_event_source_disable_unref(h->on_exit);
	sd_event_source_disable_unref(h->timer);
	if (h->pidfd >= 0)
		close(h->pidfd);
	free(h);
}

static void finish(struct hook *h, int status)
{
	hook_done done = h->done;
	void *ctx = h->ctx;

	hook_free(h);
	done(ctx, status);
}

static void kill_and_reap(const struct hook *h)
{
	(void)kill(-h->pid, SIGKILL);
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int on_exit_ready(sd_event_source *source, int fd, uint32_t events, void *ctx)
{
	struct hook *h = ctx;
	siginfo_t info = { 0 };

	(void)source, (void)fd, (void)events;
	if (waitid(P_PIDFD, (id_t)h->pidfd, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0)
		return 0;
	finish(h, info.si_code == CLD_EXITED ? info.si_status : -ECANCELED);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *ctx)
{
	(void)source, (void)usec;
	kill_and_reap(ctx);
	finish(ctx, -ETIMEDOUT);
	return 0;
}

/* Standard input is empty, what it says is lost, and no other file of ours is open. */
static int actions_fill(posix_spawn_file_actions_t *actions)
{
	int r = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	r = r ? r : posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	r = r ? r : posix_spawn_file_actions_adddup2(actions, STDOUT_FILENO, STDERR_FILENO);
	return r ? r : posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}

static int spawn(const struct hook_spec *spec, pid_t *ret)
{
	char *const argv[] = { (char *)spec->path, (char *)spec->action, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int r = posix_spawn_file_actions_init(&actions);

	if (r)
		return -r;
	r = posix_spawnattr_init(&attr);
	if (r) {
		posix_spawn_file_actions_destroy(&actions);
		return -r;
	}
	r = actions_fill(&actions);
	r = r ? r : child_attributes(&attr);
	r = r ? r : posix_spawn(ret, spec->path, &actions, &attr, argv, spec->environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

int hook_start(sd_event *event, const struct hook_spec *spec, hook_done done, void *ctx, struct hook **ret)
{
	struct hook *h = calloc(1, sizeof(*h));
	int r;

	if (!h)
		return -ENOMEM;
	*h = (struct hook){ .pidfd = -1, .done = done, .ctx = ctx };
	r = spawn(spec, &h->pid);
	if (r < 0) {
		hook_free(h);
		return r;
	}
	h->pidfd = pidfd_open(h->pid, 0);
	r = h->pidfd < 0 ? -errno : sd_event_add_io(event, &h->on_exit, h->pidfd, EPOLLIN, on_exit_ready, h);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &h->timer, CLOCK_MONOTONIC, spec->timeout, TIMER_ACCURACY, on_timer, h);
	if (r < 0) {
		hook_stop(h);
		return r;
	}
	*ret = h;
	return 0;
}

void hook_stop(struct hook *h)
{
	if (!h)
		return;
	kill_and_reap(h);
	hook_free(h);
}
