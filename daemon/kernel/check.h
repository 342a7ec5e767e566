/* SPDX-License-Identifier: MIT */
/*
 * kernel_check (check.h is a library's): whether this machine has what the kernel dataplane needs, and if not, what is
 * missing and how to get it.
 */
#ifndef KERNEL_CHECK_H
#define KERNEL_CHECK_H

#include <stddef.h>

enum kernel_need {
	NEED_RIGHT,   /* CAP_NET_ADMIN over this network namespace */
	NEED_FAMILY,  /* generic netlink family l2tp: module l2tp_netlink */
	NEED_PPPOX,   /* pppox sockets for L2TP: module l2tp_ppp */
	NEED_PPP_DEV, /* /dev/ppp: module ppp_generic */
	KERNEL_NEEDS,
};

/* Whether the running kernel's modules are on this file system. */
enum kernel_modules { MODULES_UNKNOWN, MODULES_INSTALLED, MODULES_ABSENT };

struct kernel_facts {
	int need[KERNEL_NEEDS]; /* 0 or the negative errno of trying it */
	enum kernel_modules modules;
	char release[65];
};

/* Try what the dataplane needs, loading modules where the kernel can.  0, or the first need's negative errno and, in
 * *ret_text (to be freed), a sentence for each thing that is missing, one a line. */
int kernel_check(char **ret_text);
/* Its halves. */
void kernel_facts_get(struct kernel_facts *ret);
int kernel_facts_judge(const struct kernel_facts *f, char **ret_text);

#endif
