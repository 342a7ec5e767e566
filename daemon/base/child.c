/* SPDX-License-Identifier: MIT */
/*
 * child: see child.h.  A file descriptor of ours that leaks into a child is a tunnel that does not die, so the child gets
 * the few that it needs and closes all others.  Signals are as after boot.  It has a session of its own, so that what a
 * terminal sends to us does not reach it.  posix_spawn() lends the child our memory until it execs, so it is quick
 * however large we are, and it tells why it failed.
 *
 * Called by hook.c, program.c and attach/spawn.c.
 */
#include "child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

static int attributes_fill(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	int r;

	sigemptyset(&none);
	sigfillset(&all);
	r = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	r = r ? r : posix_spawnattr_setsigmask(attr, &none);
	return r ? r : posix_spawnattr_setsigdefault(attr, &all);
}

static int actions_fill(posix_spawn_file_actions_t *actions, const struct child *c)
{
	const int last = c->file >= 0 ? c->file_in_child : STDERR_FILENO;
	int r = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (c->output < 0)
		r = r ? r : posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	else
		r = r ? r : posix_spawn_file_actions_adddup2(actions, c->output, STDOUT_FILENO);
	r = r ? r : posix_spawn_file_actions_adddup2(actions, STDOUT_FILENO, STDERR_FILENO);
	if (c->file >= 0)
		r = r ? r : posix_spawn_file_actions_adddup2(actions, c->file, c->file_in_child);
	return r ? r : posix_spawn_file_actions_addclosefrom_np(actions, last + 1);
}

int child_spawn(const struct child *c, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	pid_t pid;
	int r = posix_spawn_file_actions_init(&actions);

	if (r)
		return -r;
	r = posix_spawnattr_init(&attr);
	if (r) {
		posix_spawn_file_actions_destroy(&actions);
		return -r;
	}
	r = actions_fill(&actions, c);
	r = r ? r : attributes_fill(&attr);
	r = r ? r : posix_spawn(&pid, c->path, &actions, &attr, c->argv, c->environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	if (r == 0)
		*ret = pid;
	return -r;
}
