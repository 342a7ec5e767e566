/* SPDX-License-Identifier: MIT */
/*
 * spawn: a pppd process, started with nothing of ours but what it needs.
 *
 * It gets four file descriptors: an empty standard input, its output as given, twice, and the pppox where the plugins
 * expect it (base/child).
 *
 * Called by process.c.
 */
#include "spawn.h"

#include <stdio.h>
#include <sys/un.h>

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

int ppp_spawn(const struct ppp_spawn *s, pid_t *ret_pid)
{
	struct plugin_environment environment;

	environment_fill(&environment, s);
	return child_spawn(&(struct child){ s->path, s->argv, environment.envp, s->output, s->pppox, PPPD_L2TP_FD }, ret_pid);
}
