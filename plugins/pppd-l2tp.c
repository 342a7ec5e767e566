/* SPDX-License-Identifier: MIT */
/*
 * pppd-l2tp: runs inside pppd and reports to the daemon that started it.
 *
 * It stands beside pppd's own pppol2tp plugin, which carries the frames; this one only watches pppd's notifiers and
 * sends a report (pppd-l2tp-proto.h) for each.  The daemon may be gone or slow: nothing here blocks, fails or raises a
 * signal for that, and pppd goes on.  Without the daemon's environment variables the plugin only has its options.
 *
 * What it sees of the frames (pppd-l2tp-watch.h) goes into the reports: the last Configure-Requests of LCP, and why the
 * link has ended.
 *
 * It also saves the peer's first Configure-Request.  The pppox exists before pppd does, so that no frame is lost; but
 * what arrived before pppd attaches waits in the socket's own queue, where pppd never looks, and the peer would have
 * to repeat it after its restart timer, typically three seconds.  We read that queue just before pppd attaches and
 * hand the newest request to LCP once it is started.
 *
 * pppd 2.5 renamed what plugins may call and hid its variables; the first section hides the difference.
 */
#ifndef INET6
#define INET6
#endif
#include <pppd/pppd.h>
#ifdef PPPD_VERSION
#include <pppd/eui64.h>
#include <pppd/options.h>
#endif
#include <pppd/fsm.h>
#include <pppd/lcp.h>
#include <pppd/ipcp.h>
#include <pppd/ipv6cp.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "pppd-l2tp-first.h"
#include "pppd-l2tp-proto.h"
#include "pppd-l2tp-watch.h"

#define EXPORT __attribute__((visibility("default")))

/* ---- pppd's plugin interface, both of them --------------------------------------------------------------------- */

#ifdef PPPD_VERSION /* 2.5 */

#define VERSION_OF_PPPD PPPD_VERSION
#define WATCH(new_name, old_name, func) ppp_add_notify(new_name, func, NULL)
#define CALL_SOON(func) ppp_timeout(func, NULL, 0, 0)
#define INTERFACE_NAME() ppp_ifname()
#define COPY_PEER_NAME(buf, size) ppp_peer_authname(buf, size)
#define STATUS() ppp_status()
#define ADD_OPTIONS(list) ppp_add_options(list)

#else /* 2.4 */

#define VERSION_OF_PPPD VERSION
#define WATCH(new_name, old_name, func) add_notifier(&(old_name), func, NULL)
#define CALL_SOON(func) timeout(func, NULL, 0, 0)
#define INTERFACE_NAME() ifname
#define COPY_PEER_NAME(buf, size) strlcpy(buf, peer_authname, size)
#define STATUS() status
#define ADD_OPTIONS(list) add_options(list)

#endif

/* pppd refuses a plugin that was built for another version. */
extern const char pppd_version[];
extern void plugin_init(void);
EXPORT const char pppd_version[] = VERSION_OF_PPPD;

/* ---- Options ---------------------------------------------------------------------------------------------------- */

/* Switches of pppd's LCP that it has no words for; its pppol2tp plugin sets some of them when it gets its socket, so
 * they stand behind that.  The value is in the flags. */
#define SWITCH(word, field, value) { .name = (char *)(word), .type = o_bool, .addr = &(field), .flags = (value) },
static option_t options[] = {
	SWITCH(PPPD_L2TP_WANT_NO_ACCM, lcp_wantoptions[0].neg_asyncmap, 0)
	SWITCH(PPPD_L2TP_WANT_PFC, lcp_wantoptions[0].neg_pcompression, 1)
	SWITCH(PPPD_L2TP_WANT_ACFC, lcp_wantoptions[0].neg_accompression, 1)
	SWITCH(PPPD_L2TP_REJECT_MRU, lcp_allowoptions[0].neg_mru, 0)
	SWITCH(PPPD_L2TP_REJECT_ACCM, lcp_allowoptions[0].neg_asyncmap, 0)
	SWITCH(PPPD_L2TP_REJECT_PFC, lcp_allowoptions[0].neg_pcompression, 0)
	SWITCH(PPPD_L2TP_REJECT_ACFC, lcp_allowoptions[0].neg_accompression, 0)
	{ .name = NULL },
};
#undef SWITCH

/* ---- Reports ---------------------------------------------------------------------------------------------------- */

/* pppd is one process for one link, and its interface passes us nothing of our own. */
static struct pppd_l2tp_report report;
static struct watch frames;
static int report_fd = -1;
static int status_known; /* report.status is why the link ended */

static void report_send(enum pppd_l2tp_event event)
{
	report.event = event;
	strlcpy(report.interface, INTERFACE_NAME(), sizeof(report.interface));
	COPY_PEER_NAME(report.peer_name, sizeof(report.peer_name));
	(void)send(report_fd, &report, sizeof(report), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void reach(enum pppd_l2tp_stage stage)
{
	if (report.stage < stage)
		report.stage = stage;
}

static void lcp_up(void)
{
	reach(PPPD_L2TP_LINK);
	report.lcp_sent = frames.lcp[PPPD_L2TP_LOCAL];
	report.lcp_received = frames.lcp[PPPD_L2TP_PEER];
	report_send(PPPD_L2TP_LCP);
}

static void auth_up(void *ctx, int arg)
{
	(void)ctx, (void)arg;
	report_send(PPPD_L2TP_AUTH);
}

static void ipv4_up(void *ctx, int arg)
{
	(void)ctx, (void)arg;
	memcpy(report.local_ipv4, &ipcp_gotoptions[0].ouraddr, sizeof(report.local_ipv4));
	memcpy(report.remote_ipv4, &ipcp_hisoptions[0].hisaddr, sizeof(report.remote_ipv4));
	report.flags |= PPPD_L2TP_IPV4;
	report_send(PPPD_L2TP_UP);
}

static void ipv4_down(void *ctx, int arg)
{
	(void)ctx, (void)arg;
	report.flags &= ~(uint32_t)PPPD_L2TP_IPV4;
	report_send(PPPD_L2TP_DOWN);
}

static void ipv6_up(void *ctx, int arg)
{
	(void)ctx, (void)arg;
	memcpy(report.local_id, &ipv6cp_gotoptions[0].ourid, sizeof(report.local_id));
	memcpy(report.remote_id, &ipv6cp_hisoptions[0].hisid, sizeof(report.remote_id));
	report.flags |= PPPD_L2TP_IPV6;
	report_send(PPPD_L2TP_UP);
}

static void ipv6_down(void *ctx, int arg)
{
	(void)ctx, (void)arg;
	report.flags &= ~(uint32_t)PPPD_L2TP_IPV6;
	report_send(PPPD_L2TP_DOWN);
}

static void ended(void *ctx, int exit_status)
{
	(void)ctx;
	if (!status_known)
		report.status = exit_status;
	report.end = watch_end(&frames, report.stage);
	report_send(PPPD_L2TP_EXIT);
}

/* ---- Frames ----------------------------------------------------------------------------------------------------- */

/* pppd's own pppol2tp may be looking already. */
static void (*next_sent)(unsigned char *, int), (*next_received)(unsigned char *, int);

static void frame_sent(unsigned char *frame, int len)
{
	watch_frame(&frames, PPPD_L2TP_LOCAL, frame, len);
	if (next_sent)
		next_sent(frame, len);
}

static void frame_received(unsigned char *frame, int len)
{
	watch_frame(&frames, PPPD_L2TP_PEER, frame, len);
	if (next_received)
		next_received(frame, len);
}

static void watch_frames(void)
{
	next_sent = snoop_send_hook;
	next_received = snoop_recv_hook;
	snoop_send_hook = frame_sent;
	snoop_recv_hook = frame_received;
}

/* ---- The peer's first Configure-Request ------------------------------------------------------------------------- */

static unsigned char request[FIRST_SIZE];
static ssize_t request_len;

static void request_replay(void *ctx)
{
	(void)ctx;
	if (request_len > 0) {
		watch_frame(&frames, PPPD_L2TP_PEER, request, request_len);
		lcp_protent.input(0, request + 2, request_len - 2);
	}
	request_len = 0;
}

/* ---- pppd's life ------------------------------------------------------------------------------------------------ */

static void phase_changed(void *ctx, int new_phase)
{
	(void)ctx;
	switch (new_phase) {
	case PHASE_SERIALCONN: /* pppd is about to attach to the pppox */
		request_len = first_request(PPPD_L2TP_FD, request);
		break;
	case PHASE_ESTABLISH: /* LCP is about to be started: it will be when the timer runs */
		if (request_len > 0)
			CALL_SOON(request_replay);
		break;
	case PHASE_AUTHENTICATE: /* LCP is up, or up again */
		lcp_up();
		break;
	case PHASE_NETWORK:
		reach(PPPD_L2TP_NETWORK);
		break;
	case PHASE_RUNNING:
		reach(PPPD_L2TP_RUNNING);
		break;
	case PHASE_DISCONNECT: /* pppd may yet take its own closing of the unit for a hang-up and change its mind */
		report.status = STATUS();
		status_known = 1;
		break;
	}
}

static int token_parse(const char *text, uint8_t token[PPPD_L2TP_TOKEN_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(text) != 2 * PPPD_L2TP_TOKEN_SIZE || strspn(text, digits) != strlen(text))
		return 0;
	for (size_t i = 0; i < PPPD_L2TP_TOKEN_SIZE; i++)
		token[i] = (strchr(digits, text[2 * i]) - digits) << 4 | (strchr(digits, text[2 * i + 1]) - digits);
	return 1;
}

/* Never waits: connect() on a listener whose queue is full fails at once. */
static int report_connect(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >= sizeof(sun.sun_path))
		return -1;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* pppd seeds its magic numbers with the host's id, the time and its process id.  Two that start at the same moment on
 * two hosts with the same id, or on one host, may always draw the same numbers and believe that the line is looped. */
static void seed_magic(void)
{
	long seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == sizeof(seed))
		srand48(seed);
}

EXPORT void plugin_init(void)
{
	const char *path = getenv(PPPD_L2TP_ENV_SOCKET), *token = getenv(PPPD_L2TP_ENV_TOKEN);
	static char refused[] = "cannot connect to l2tpd: %m";

	ADD_OPTIONS(options);
	if (!path || !token || !token_parse(token, report.token))
		return;
	seed_magic();
	report.version = PPPD_L2TP_VERSION;
	report_fd = report_connect(path);
	if (report_fd < 0)
		warn(refused);
	watch_frames();
	WATCH(NF_PHASE_CHANGE, phasechange, phase_changed);
	WATCH(NF_AUTH_UP, auth_up_notifier, auth_up);
	WATCH(NF_IP_UP, ip_up_notifier, ipv4_up);
	WATCH(NF_IP_DOWN, ip_down_notifier, ipv4_down);
	WATCH(NF_IPV6_UP, ipv6_up_notifier, ipv6_up);
	WATCH(NF_IPV6_DOWN, ipv6_down_notifier, ipv6_down);
	WATCH(NF_EXIT, exitnotify, ended);
}
