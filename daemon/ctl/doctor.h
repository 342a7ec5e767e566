/* SPDX-License-Identifier: MIT */
/*
 * doctor: what its checks share.  A check reports one or more findings, each with a remedy if there is one.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "config/config.h"

enum severity { FINDING_OK, FINDING_WARN, FINDING_FAIL };

struct doctor {
	const char *root;        /* in front of the paths of /proc, /lib, /etc; "": this machine */
	const char *config_path;
	struct config *config;   /* NULL: it could not be read */
	const char *check;       /* the one that is running */
	void (*say)(void *ctx, const char *check, enum severity severity, const char *text, const char *remedy);
	void *ctx;
	enum severity worst;
};

/* remedy may be NULL. */
void doctor_say(struct doctor *d, enum severity severity, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Is this machine checked, not another root?  Only then may anything be executed. */
bool doctor_is_here(const struct doctor *d);
/* A file of the root, NULL with errno. */
FILE *doctor_open(const struct doctor *d, const char *path);
/* The first line of a file, without its end; false: there is none. */
bool doctor_read_line(const struct doctor *d, const char *path, char *buf, size_t size);

/* doctor_kernel.c, doctor_host.c, doctor_network.c */
void check_modules(struct doctor *d);
void check_kernel(struct doctor *d);
void check_sysctl(struct doctor *d);
void check_ports(struct doctor *d);
void check_daemons(struct doctor *d);
void check_pppd(struct doctor *d);
void check_names(struct doctor *d);
void check_runtime(struct doctor *d);
void check_systemd(struct doctor *d);
void check_clock(struct doctor *d);

#endif
