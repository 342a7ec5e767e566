/* SPDX-License-Identifier: MIT */
/*
 * spawn: a pppd process, started with nothing of ours but what it needs.
 *
 * A daemon's file descriptor that leaks into a child is a tunnel that does not die, so the child keeps four and
 * closes all others: an empty standard input, its output as given, twice, and the pppox where the plugins expect it.
 * Signals are as after boot.  It has a session of its own, so that what a terminal sends to us is not pppd's matter.
 * posix_spawn() lends the child our memory until it execs, so it is quick however large we are, and it tells why it
 * failed.
 *
 * Called by process.c.
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../plugins/pppd-l2tp-proto.h"
#include "base/child.h"

#define ENV_PATH "PATH=" CHILD_PATH

struct plugin_environment {
	char path[sizeof(ENV_PATH)];
	char socket[sizeof(PPPD_L2TP_ENV_SOCKET "=") + sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	char token[sizeof(PPPD_L2TP_ENV_TOKEN "=") + 2 * PPPD_L2TP_TOKEN_SIZE];
	char *envp[4];
};

static void environment_fill(struct plugin_environment *e, const struct ppp_spawn *s)
{
	int n;

	snprintf(e->path, sizeof(e->path), "%s", ENV_PATH);
	snprintf(e->socket, sizeof(e->socket), "%s=%s", PPPD_L2TP_ENV_SOCKET, s->socket);
	n = snprintf(e->token, sizeof(e->token), "%s=", PPPD_L2TP_ENV_TOKEN);
	for (size_t i = 0; i < PPPD_L2TP_TOKEN_SIZE; i++)
		n += snprintf(e->token + n, sizeof(e->token) - (size_t)n, "%02x", s->token[i]);
	e->envp[0] = e->path;
	e->envp[1] = e->socket;
	e->envp[2] = e->token;
	e->envp[3] = NULL;
}

static int actions_fill(posix_spawn_file_actions_t *actions, const struct ppp_spawn *s)
{
	int r = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	r = r ? r : posix_spawn_file_actions_adddup2(actions, s->output, STDOUT_FILENO);
	r = r ? r : posix_spawn_file_actions_adddup2(actions, s->output, STDERR_FILENO);
	r = r ? r : posix_spawn_file_actions_adddup2(actions, s->pppox, PPPD_L2TP_FD);
	return r ? r : posix_spawn_file_actions_addclosefrom_np(actions, PPPD_L2TP_FD + 1);
}

int ppp_spawn(const struct ppp_spawn *s, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	struct plugin_environment environment;
	posix_spawnattr_t attr;
	pid_t pid;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r)
		return -r;
	r = posix_spawnattr_init(&attr);
	if (r) {
		posix_spawn_file_actions_destroy(&actions);
		return -r;
	}
	environment_fill(&environment, s);
	r = actions_fill(&actions, s);
	r = r ? r : child_attributes(&attr);
	r = r ? r : posix_spawn(&pid, s->path, &actions, &attr, s->argv, environment.envp);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	if (r == 0)
		*ret_pid = pid;
	return -r;
}
