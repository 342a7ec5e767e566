/* SPDX-License-Identifier: MIT */
/* spawn: a pppd process, started with nothing of ours but what it needs. */
#ifndef PPP_SPAWN_H
#define PPP_SPAWN_H

#include <stdint.h>
#include <sys/types.h>

struct ppp_spawn {
	const char *path;
	char **argv;
	int pppox, output;    /* close-on-exec here; output becomes its standard output and error */
	const char *socket;   /* where the plugin reports ... */
	const uint8_t *token; /* ... and how it is known, PPPD_L2TP_TOKEN_SIZE octets */
};

/* Returns when the program runs or cannot: a negative errno of execve(), too. */
int ppp_spawn(const struct ppp_spawn *s, pid_t *ret_pid);

#endif
