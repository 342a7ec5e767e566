/* SPDX-License-Identifier: MIT */
/*
 * view: see view.h.  Names of fields and metrics are those of l2tpd-bus(5) and l2tpd-metrics(7), which tests compare.
 *
 * Called by those who show sessions and numbers, through the class of pppd.c.
 */
#include "view.h"

#include <stdio.h>
#include <string.h>

#include "process.h"

const struct ppp_status *pppd_status(const struct attachment *a)
{
	static const struct ppp_status none;
	const struct pppd_base *p = (const struct pppd_base *)a;

	return p->ppp ? ppp_get_status(p->ppp) : &none;
}

/* ---- Fields ---------------------------------------------------------------------------------------------------- */

static uint32_t get_pid(const struct attachment *a, char *buf, size_t size)
{
	(void)buf, (void)size;
	return (uint32_t)pppd_status(a)->pid;
}

#define TEXT(name, member)                                                                 \
	static uint32_t get_##name(const struct attachment *a, char *buf, size_t size)     \
	{                                                                                  \
		(void)snprintf(buf, size, "%s", pppd_status(a)->member);                   \
		return 0;                                                                  \
	}
TEXT(local_address, local_address)
TEXT(remote_address, remote_address)
TEXT(local_ipv6, local_ipv6)
TEXT(remote_ipv6, remote_ipv6)
TEXT(user, peer_name)
#undef TEXT

const struct attachment_field pppd_fields[] = {
	{ "PppState", 'p', NULL, NULL, "none" },
	{ "PppPid", 'u', get_pid, NULL, NULL },
	{ "LocalAddress", 'a', get_local_address, NULL, NULL },
	{ "RemoteAddress", 'a', get_remote_address, "Address", NULL },
	{ "LocalIPv6", 'a', get_local_ipv6, NULL, NULL },
	{ "RemoteIPv6", 'a', get_remote_ipv6, "Address", NULL },
	{ "UserName", 's', get_user, "UserName", NULL },
	{ NULL, 0, NULL, NULL, NULL },
};

/* ---- How it ended ---------------------------------------------------------------------------------------------- */

enum { LAST_STATUS = 21, CRASHED = 127 };
enum { CAUSE_CRASHED = LAST_STATUS + 1, CAUSE_KILLED, CAUSE_OTHER };

/* The statuses that pppd(8) has words for, and the rest. */
const char *const pppd_causes[] = {
	"0",  "1",  "2",  "3",	"4",  "5",  "6",  "7",	"8",  "9",  "10", "11",
	"12", "13", "14", "15", "16", "17", "18", "19", "20", "21", [CAUSE_CRASHED] = "127",
	[CAUSE_KILLED] = "killed", [CAUSE_OTHER] = "other", NULL,
};

size_t pppd_cause(int status)
{
	if (status >= 0 && status <= LAST_STATUS)
		return (size_t)status;
	return status == CRASHED ? CAUSE_CRASHED : status < 0 ? CAUSE_KILLED : CAUSE_OTHER;
}

/* ---- Metrics --------------------------------------------------------------------------------------------------- */

const struct attachment_metrics pppd_metrics = {
	.starts = { "l2tpd_pppd_starts", "pppd processes requested." },
	.ends = { "l2tpd_pppd_exits",
		  "pppd processes that exited, by exit status as in pppd(8), 11 and 19 also if a CDN interrupted a failed "
		  "authentication; killed: terminated by a signal, or never started." },
	.starting = { "l2tpd_ppp_starting", "Sessions whose pppd has not brought up a network protocol yet." },
	.up = { "l2tpd_ppp_up", "Sessions whose pppd has brought up a network protocol." },
	.setup = { "l2tpd_ppp_setup_seconds",
		   "Time from the establishment of a session until the first network protocol of PPP was up." },
	.cause = "status",
};
