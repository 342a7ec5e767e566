/* SPDX-License-Identifier: MIT */
/*
 * ppp_test: daemon/attach/process.c and the plugin with a real pppd and a real kernel.  Run as root in the lab's VM:
 *
 *	tests/lab/run -- ppp_test PLUGIN [NAME...]
 *
 * Both ends of every link live in one event loop: two UDP sockets on the loopback device, a kernel tunnel on each, and
 * a pair of pppox sockets for each session.  It writes to /etc/ppp, so it refuses to run outside the VM.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_pppox.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "attach/process.h"
#include "kernel/fdstore.h"
#include "kernel/workers.h"
#include "plugins/pppd-l2tp-proto.h"

#define RUNTIME "/run/ppp_test"
#define PPPD "/usr/sbin/pppd"
#define MANY 20
#define STARTS 4
#define SETUP (20 * USEC_PER_SEC)

#define CHECK(cond, ...) check_that((cond), #cond, __LINE__, " " __VA_ARGS__)

static void __attribute__((format(printf, 4, 5))) check_that(bool ok, const char *what, int line, const char *fmt, ...)
{
	va_list ap;

	if (ok)
		return;
	fprintf(stderr, "ppp_test.c:%d: not so: %s", line, what);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

static usec_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

/* ---- The kernel's side ------------------------------------------------------------------------------------------ */

struct tunnel {
	int udp, management;
	uint16_t id, peer_id;
};

static const uint16_t ports[2] = { 21701, 21702 };

static int pppox_open(const struct tunnel *t, uint16_t session, uint16_t peer_session)
{
	struct sockaddr_pppol2tp sa = { .sa_family = AF_PPPOX, .sa_protocol = PX_PROTO_OL2TP };
	int fd = socket(AF_PPPOX, SOCK_DGRAM | SOCK_CLOEXEC, PX_PROTO_OL2TP);

	CHECK(fd >= 0, "%s", strerror(errno));
	sa.pppol2tp.fd = t->udp;
	sa.pppol2tp.s_tunnel = t->id;
	sa.pppol2tp.d_tunnel = t->peer_id;
	sa.pppol2tp.s_session = session;
	sa.pppol2tp.d_session = peer_session;
	CHECK(connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0, "%s", strerror(errno));
	return fd;
}

static void tunnel_open(struct tunnel *t, int side)
{
	struct sockaddr_in sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	t->id = (uint16_t)(1 + side);
	t->peer_id = (uint16_t)(2 - side);
	t->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	sin.sin_port = htons(ports[side]);
	CHECK(bind(t->udp, (struct sockaddr *)&sin, sizeof(sin)) == 0, "%s", strerror(errno));
	sin.sin_port = htons(ports[!side]);
	CHECK(connect(t->udp, (struct sockaddr *)&sin, sizeof(sin)) == 0);
	t->management = pppox_open(t, 0, 0);
}

/* ---- Links ------------------------------------------------------------------------------------------------------ */

struct end {
	struct ppp *ppp; /* NULL: not running */
	struct fd_name name;
	int fd;          /* what the store has of that name */
	unsigned ups, round;
	bool exited, closing;
	struct ppp_status status;
	struct ppp_exit how;
	unsigned lcps;
	struct pppd_l2tp_options lcp_sent, lcp_received;
	usec_t started, up_at, exited_at;
};

struct world {
	sd_event *event;
	struct workers *workers;
	struct fdstore *fds;
	struct ppp_manager *manager;
	struct tunnel tunnels[2];
	struct end ends[2 * MANY]; /* even: LNS, odd: LAC */
	const char *plugin;
	unsigned most_starting;
	unsigned round;
};

struct link_options {
	const char *const *lns, *const *lac; /* words for pppd */
	const char *interface;               /* of the LNS side */
	usec_t setup_timeout;                /* 0: SETUP */
	bool ipv4_only, no_addresses;
	struct l2tp_lcp_wishes lcp;          /* of the LAC's link, for the LNS */
};

static struct world world;

static unsigned count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned n = 0;

	CHECK(dir != NULL, "%s", path);
	for (struct dirent *e; (e = readdir(dir));)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void watch_pacing(void)
{
	unsigned up = 0, starting;

	for (size_t i = 0; i < 2 * MANY; i++)
		up += world.ends[i].ppp && world.ends[i].ups > 0;
	starting = count_entries(RUNTIME "/ppp");
	starting = starting > up ? starting - up : 0;
	if (starting > world.most_starting)
		world.most_starting = starting;
}

static void on_up(void *ctx, const struct ppp_status *status)
{
	struct end *e = ctx;

	if (e->ups == 0)
		e->up_at = now_usec();
	e->ups++;
	e->status = *status;
	watch_pacing();
}

static void keep(struct pppd_l2tp_options *to, struct l2tp_span from)
{
	CHECK(from.data && from.len <= sizeof(to->octets));
	memcpy(to->octets, from.data, from.len);
	to->len = (uint16_t)from.len;
}

static void on_lcp(void *ctx, const struct ppp_lcp *lcp)
{
	struct end *e = ctx;

	e->lcps++;
	keep(&e->lcp_sent, lcp->sent);
	keep(&e->lcp_received, lcp->received);
}

static void on_closed(void *ctx)
{
	((struct end *)ctx)->closing = false;
}

static void on_exited(void *ctx, const struct ppp_exit *how)
{
	struct end *e = ctx;

	CHECK(!e->exited);
	e->exited = true;
	e->exited_at = now_usec();
	e->how = *how;
	e->ppp = NULL;
	e->closing = fdstore_close(world.fds, e->name, on_closed, e);
}

/* Never the ids of the round before: from 6.12 on the kernel forgets a session some time after its end. */
static uint16_t session_id(size_t i)
{
	return (uint16_t)(100 + 2 * MANY * world.round + i);
}

static int end_open(size_t i)
{
	return pppox_open(&world.tunnels[i % 2], session_id(i), session_id(i ^ 1));
}

/* pppox: from end_open() or -1. */
static void end_start(size_t i, int pppox, const struct link_options *o)
{
	static const struct ppp_handler handler = { on_up, on_exited, on_lcp };
	const struct tunnel *t = &world.tunnels[i % 2];
	const bool lns = i % 2 == 0;
	const unsigned pair = (unsigned)i / 2;
	struct end *e = &world.ends[i];
	char local[24], remote[24];
	struct ppp_spec spec = {
		.tunnel_id = t->id, .peer_tunnel_id = t->peer_id,
		.session_id = session_id(i), .peer_session_id = session_id(i ^ 1),
		.lns = lns, .profile = lns ? "server" : "client",
		.interface = lns ? o->interface : NULL, .ipv6 = !o->ipv4_only, .mtu = 1400, .mru = 1400,
		.options = (char *const *)(lns ? o->lns : o->lac), .lcp = o->lcp,
		.setup_timeout = o->setup_timeout ? o->setup_timeout : SETUP,
	};

	snprintf(local, sizeof(local), "10.9.%u.1", pair);
	snprintf(remote, sizeof(remote), "10.9.%u.2", pair);
	if (lns && !o->no_addresses) {
		spec.local_address = local;
		spec.remote_address = remote;
	}
	*e = (struct end){ .name = { t->id, session_id(i) }, .fd = pppox >= 0 ? pppox : end_open(i),
			   .started = now_usec(), .round = world.round };
	CHECK(fdstore_put(world.fds, e->name, e->fd) == 0);
	CHECK(ppp_start(world.manager, &spec, &handler, e, &e->ppp) == 0);
}

typedef bool (*condition)(void);

static bool run_until(condition done, usec_t limit)
{
	const usec_t deadline = now_usec() + limit;

	while (!done()) {
		if (now_usec() >= deadline)
			return false;
		CHECK(sd_event_run(world.event, 50 * USEC_PER_MSEC) >= 0);
		watch_pacing();
	}
	return true;
}

static bool all_up(void)
{
	for (size_t i = 0; i < 2 * MANY; i++)
		if (world.ends[i].ppp && !world.ends[i].ups)
			return false;
	return true;
}

static bool all_up_twice(void)
{
	for (size_t i = 0; i < 2 * MANY; i++)
		if (world.ends[i].ppp && world.ends[i].ups < 2)
			return false;
	return true;
}

static void expect(condition done, usec_t limit)
{
	CHECK(run_until(done, limit));
	for (size_t i = 0; i < 2 * MANY; i++) {
		const struct end *e = &world.ends[i];
		CHECK(!e->exited || e->round != world.round, "end %zu: %s", i, e->how.text);
	}
}

static bool all_over(void)
{
	for (size_t i = 0; i < 2 * MANY; i++)
		if (world.ends[i].ppp || world.ends[i].closing)
			return false;
	return true;
}

static bool lns_over(void)
{
	return world.ends[0].exited;
}

static bool never(void)
{
	return false;
}

static void wait_all(usec_t limit)
{
	CHECK(run_until(all_over, limit));
	world.round++;
}

static void stop_all(void)
{
	for (size_t i = 0; i < 2 * MANY; i++)
		if (world.ends[i].ppp)
			ppp_stop(world.ends[i].ppp);
	wait_all(15 * USEC_PER_SEC);
}

static void pair_start(size_t pair, const struct link_options *o)
{
	end_start(2 * pair, -1, o);
	end_start(2 * pair + 1, -1, o);
}

static pid_t pid_of(const char *interface)
{
	char path[64], text[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/run/%s.pid", interface);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0, "%s", path);
	close(fd);
	return (pid_t)strtol(text, NULL, 10);
}

static int shell(const char *command)
{
	const int status = system(command);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- The tests -------------------------------------------------------------------------------------------------- */

static const char *const open_server[] = { "noauth", NULL };

static const struct link_options plain = { .lns = open_server };

#define LNS (&world.ends[0])
#define LAC (&world.ends[1])

/* IPCP and IPV6CP; explicit interface name; status; a ping through it, the far end in a namespace of its own. */
static void test_traffic(void)
{
	const struct link_options o = { .lns = open_server, .interface = "l2tps0" };
	char command[512];

	pair_start(0, &o);
	expect(all_up_twice, SETUP);
	fprintf(stderr, "  up after %u ms and %u ms\n", (unsigned)((LNS->up_at - LNS->started) / 1000),
		(unsigned)((LAC->up_at - LAC->started) / 1000));
	CHECK(LNS->status.up && strcmp(LNS->status.interface, "l2tps0") == 0, "%s", LNS->status.interface);
	CHECK(strcmp(LNS->status.local_address, "10.9.0.1") == 0);
	CHECK(strcmp(LNS->status.remote_address, "10.9.0.2") == 0);
	CHECK(strcmp(LAC->status.local_address, "10.9.0.2") == 0);
	CHECK(strcmp(LAC->status.remote_address, "10.9.0.1") == 0);
	CHECK(strncmp(LNS->status.local_ipv6, "fe80::", 6) == 0);
	CHECK(strcmp(LNS->status.local_ipv6, LAC->status.remote_ipv6) == 0);
	CHECK(strcmp(LNS->status.remote_ipv6, LAC->status.local_ipv6) == 0);
	CHECK(strcmp(ppp_get_status(LNS->ppp)->interface, "l2tps0") == 0);

	snprintf(command, sizeof(command),
		 "ip netns add far && ip link set %s netns far && ip -n far addr add 10.9.0.2 peer 10.9.0.1 dev %s && "
		 "ip -n far link set %s up && ping -q -c 3 -i 0.2 10.9.0.2 >&2; r=$?; ip netns del far; exit $r",
		 LAC->status.interface, LAC->status.interface, LAC->status.interface);
	CHECK(shell(command) == 0);
	stop_all();
	CHECK(LNS->how.status == 5 && LNS->how.reason.result == RC_CDN_ADMIN, "%d", LNS->how.status);
}

static const char *const ask_pap[] = { "auth", "require-pap", "name", "server", NULL };
static const char *const ask_chap[] = { "auth", "require-chap", "name", "server", NULL };
static const char *const ask_mschap[] = { "auth", "require-mschap-v2", "name", "server", NULL };
static const char *const ask_eap[] = { "auth", "require-eap", "name", "server", NULL };
static const char *const as_joe[] = { "user", "joe", NULL };

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), "%s", path);
	close(fd);
}

static void test_authentication(void)
{
	static const char *const *const asks[] = { ask_pap, ask_chap, ask_mschap };

	write_file("/etc/ppp/pap-secrets", "joe * sesame *\n");
	write_file("/etc/ppp/chap-secrets", "joe * sesame *\n");
	for (size_t i = 0; i < 3; i++) {
		const struct link_options right = { .lns = asks[i], .lac = as_joe };
		pair_start(0, &right);
		expect(all_up, SETUP);
		CHECK(strcmp(LNS->status.peer_name, "joe") == 0, "%s: '%s'", asks[i][1], LNS->status.peer_name);
		stop_all();
		fprintf(stderr, "  %s: %s\n", asks[i][1], LNS->status.peer_name);
	}
}

/* What RFC 3145 says of an end. */
struct cause {
	uint16_t code, protocol;
	uint8_t direction;
};

static void check_cause(const char *name, const struct end *e, struct cause expect)
{
	const struct l2tp_disconnect *d = &e->how.reason.disconnect;

	CHECK(d->said && d->code == expect.code && d->protocol == expect.protocol && d->direction == expect.direction,
	      "%s: cause %u, protocol %04x, direction %u, not %u, %04x, %u; pppd %d: %s", name, d->code, d->protocol,
	      d->direction, expect.code, expect.protocol, expect.direction, e->how.status, e->how.text);
}

static void test_wrong_secret(void)
{
	static const char *const bad_password[] = { "user", "joe", "password", "wrong", NULL };
	static const char *const *const asks[] = { ask_pap, ask_chap, ask_mschap, ask_eap };
	static const uint16_t protocols[] = { L2TP_PPP_PAP, L2TP_PPP_CHAP, L2TP_PPP_CHAP, L2TP_PPP_EAP };

	write_file("/etc/ppp/pap-secrets", "joe server sesame *\n");
	write_file("/etc/ppp/chap-secrets", "joe server sesame *\n");
	for (size_t i = 0; i < 4; i++) {
		const struct link_options o = { .lns = asks[i], .lac = bad_password };
		pair_start(0, &o);
		wait_all(SETUP);
		fprintf(stderr, "  %s: %d %s; %d %s\n", asks[i][1], LNS->how.status, LNS->how.text, LAC->how.status,
			LAC->how.text);
		CHECK(LNS->how.status == 11 && LAC->how.status == 19);
		CHECK(LNS->how.reason.result == RC_CDN_ADMIN && !LNS->ups && !LAC->ups);
		check_cause(asks[i][1], LNS, (struct cause){ L2TP_PPP_AUTH_FAILED, protocols[i], 1 });
		check_cause(asks[i][1], LAC, (struct cause){ L2TP_PPP_AUTH_FAILED, protocols[i], 2 });
	}
}

/* R3145-5-01: the one has no secret, the other's is wrong. */
static void test_wrong_name(void)
{
	static const char *const unknown[] = { "user", "jane", "password", "sesame", NULL };
	static const char *const wrong[] = { "user", "joe", "password", "wrong", NULL };
	const struct link_options name = { .lns = ask_chap, .lac = unknown },
		password = { .lns = ask_chap, .lac = wrong };
	struct l2tp_reason first;

	write_file("/etc/ppp/chap-secrets", "joe server sesame *\n");
	pair_start(0, &name);
	wait_all(SETUP);
	first = LNS->how.reason;
	pair_start(0, &password);
	wait_all(SETUP);
	CHECK(first.result == LNS->how.reason.result && strcmp(first.text, LNS->how.reason.text) == 0, "%s",
		first.text);
	CHECK(first.disconnect.code == L2TP_PPP_AUTH_FAILED && LNS->how.reason.disconnect.code == L2TP_PPP_AUTH_FAILED);
}

/* ---- Why links fail --------------------------------------------------------------------------------------------- */

static const char *const ask_nobody[] = { "noauth", "lcp-restart", "1", "lcp-max-configure", "2", "ipcp-restart", "1",
					  "ipcp-max-configure", "2", NULL };
static const char *const ask_pap_once[] = { "require-pap", "name", "server", "pap-timeout", "2", NULL };
static const char *const ask_chap_once[] = { "require-chap", "name", "server", "chap-restart", "1",
	"chap-max-challenge",
					     "2", NULL };
static const char *const ask_eap_once[] = { "require-eap", "name", "server", "eap-restart", "1", "eap-max-sreq", "2",
					    NULL };
static const char *const say_no_pap[] = { "user", "joe", "refuse-pap", "refuse-chap", "refuse-mschap",
	"refuse-mschap-v2",
					  "refuse-eap", NULL };
static const char *const ask_mppe[] = { "require-mschap-v2", "name", "server", "require-mppe-128", NULL };
static const char *const say_no_mppe[] = { "user", "joe", "nomppe", NULL };
static const char *const no_ipv6[] = { "noauth", "noipv6", NULL };
static const char *const no_ipv4[] = { "noip", NULL };
static const char *const stubborn[] = { "10.9.9.9:", NULL };

/* Two pppds that do not get on with each other; what both say of it. */
static const struct {
	const char *name;
	struct link_options link;
	struct cause lns, lac; /* code 0: that depends on who is faster */
} quarrels[] = {
	{ "R3145-3.1-06", { .lns = ask_mppe, .lac = say_no_mppe }, { 4, 0, 1 }, { 4, 0, 2 } },
	{ "R3145-3.3-04", { .lns = ask_pap, .lac = say_no_pap }, { 15, L2TP_PPP_PAP, 1 }, { 15, L2TP_PPP_PAP, 2 } },
	{ "R3145-3.4-05", { .lns = no_ipv6, .lac = no_ipv4, .setup_timeout = 4 * USEC_PER_SEC }, { 18, 0x8021, 0 },
	  { 18, 0x8057, 0 } },
	{ "R3145-3.4-06", { .lns = open_server, .lac = stubborn, .ipv4_only = true }, { 0, 0, 0 }, { 19, 0x8021, 1 } },
	{ "R3145-3.4-07 not in the secrets file", { .lns = ask_pap, .lac = as_joe, .ipv4_only = true },
	  { 20, 0x8021, 2 },
	  { 3, 0, 1 } },
	{ "R3145-3.4-07 nobody has one", { .lns = open_server, .ipv4_only = true, .no_addresses = true }, { 0, 0, 0 },
	  { 20, 0x8021, 1 } },
};

static void test_quarrels(void)
{
	write_file("/etc/ppp/pap-secrets", "joe * sesame 10.9.77.0/24\n");
	write_file("/etc/ppp/chap-secrets", "joe * sesame *\n");
	for (size_t i = 0; i < sizeof(quarrels) / sizeof(quarrels[0]); i++) {
		pair_start(0, &quarrels[i].link);
		wait_all(2 * SETUP);
		fprintf(stderr, "  %s: %u %04x %u; %u %04x %u\n", quarrels[i].name, LNS->how.reason.disconnect.code,
			LNS->how.reason.disconnect.protocol, LNS->how.reason.disconnect.direction,
			LAC->how.reason.disconnect.code, LAC->how.reason.disconnect.protocol,
			LAC->how.reason.disconnect.direction);
		if (quarrels[i].lns.code)
			check_cause(quarrels[i].name, LNS, quarrels[i].lns);
		check_cause(quarrels[i].name, LAC, quarrels[i].lac);
	}
}

/* A peer that is no pppd: its frames come from here. */
enum manner { MUTE, MIRROR, POLITE, STUBBORN };

static struct stranger {
	enum manner manner; /* towards Configure-Requests of LCP; MIRROR: of all; STUBBORN: about its address */
	struct pppd_l2tp_options rejected; /* of LCP, last */
	unsigned frames;                   /* that came */
	int fd;
	sd_event_source *source;
} stranger;

#define CONFREQ_PLAIN "\xc0\x21\x01\x01\x00\x04"
#define CONFREQ_CALLBACK "\xc0\x21\x01\x01\x00\x07\x0d\x03\x06"
#define TERMREQ_PLAIN "\xc0\x21\x05\x02\x00\x04"

static int stranger_ready(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
	static const uint8_t request[] = { 0xc0, 0x21, 1 }, reject[] = { 0xc0, 0x21, 4 }, ipcp[] = { 0x80, 0x21 };
	static const uint8_t address[] = { 0x80, 0x21, 1, 1, 0, 10, 3, 6, 10, 9, 9, 9 };
	struct stranger *s = userdata;
	uint8_t frame[1600];
	ssize_t len = recv(fd, frame, sizeof(frame), MSG_DONTWAIT);

	(void)source, (void)events;
	s->frames++;
	if (len < 6 || s->manner == MUTE)
		return 0;
	if (memcmp(frame, reject, sizeof(reject)) == 0)
		keep(&s->rejected, (struct l2tp_span){ frame + 6, (size_t)len - 6 });
	if (s->manner == STUBBORN && memcmp(frame, ipcp, sizeof(ipcp)) == 0 && (frame[2] == 1 || frame[2] == 3))
		memcpy(frame, address, (size_t)(len = sizeof(address))); /* to a request and to a Nak */
	else if (s->manner != MIRROR && memcmp(frame, request, sizeof(request)) != 0)
		return 0;
	else if (s->manner != MIRROR)
		frame[2] = 2; /* Configure-Ack */
	CHECK(send(fd, frame, (size_t)len, 0) == len, "%s", strerror(errno));
	return 0;
}

/* At the LAC's end of the first pair. */
static void stranger_begin(enum manner manner)
{
	stranger = (struct stranger){ .manner = manner, .fd = end_open(1) };
	CHECK(sd_event_add_io(world.event, &stranger.source, stranger.fd, EPOLLIN, stranger_ready, &stranger) >= 0);
}

static void stranger_end(void)
{
	sd_event_source_disable_unref(stranger.source);
	close(stranger.fd);
}

static bool lns_speaks(void)
{
	return stranger.frames > 0;
}

static bool lcp_once(void)
{
	return LNS->lcps == 1;
}

static const struct {
	const char *name;
	const char *const *lns;
	enum manner manner;
	const char *first, *second; /* frames */
	size_t first_len, second_len;
	struct cause lns_says;
} strangers[] = {
	{ "R3145-3.2-03", ask_nobody, MUTE, NULL, NULL, 0, 0, { 6, L2TP_PPP_LCP, 0 } },
	{ "R3145-3.2-02", ask_nobody, MUTE, CONFREQ_PLAIN, NULL, 6, 0, { 5, L2TP_PPP_LCP, 0 } },
	{ "R3145-3.2-04", ask_nobody, MIRROR, NULL, NULL, 0, 0, { 7, L2TP_PPP_LCP, 0 } },
	{ "R3145-3.2-09", ask_nobody, MUTE, CONFREQ_CALLBACK, TERMREQ_PLAIN, 9, 6, { 12, L2TP_PPP_LCP, 2 } },
	{ "R3145-3.3-02 PAP", ask_pap_once, POLITE, CONFREQ_PLAIN, NULL, 6, 0, { 13, L2TP_PPP_PAP, 0 } },
	{ "R3145-3.3-02 CHAP", ask_chap_once, POLITE, CONFREQ_PLAIN, NULL, 6, 0, { 13, L2TP_PPP_CHAP, 0 } },
	{ "R3145-3.3-02 EAP", ask_eap_once, POLITE, CONFREQ_PLAIN, NULL, 6, 0, { 13, L2TP_PPP_EAP, 0 } },
	{ "R3145-3.4-04", ask_nobody, POLITE, CONFREQ_PLAIN, NULL, 6, 0, { 17, 0x8021, 0 } },
	{ "R3145-3.4-06", ask_nobody, STUBBORN, CONFREQ_PLAIN, NULL, 6, 0, { 19, 0x8021, 2 } },
	{ "R3145-3.1-05", ask_nobody, POLITE, CONFREQ_PLAIN, TERMREQ_PLAIN, 6, 6, { 3, 0, 1 } },
};

static void test_strangers(void)
{
	write_file("/etc/ppp/pap-secrets", "joe * sesame *\n");
	write_file("/etc/ppp/chap-secrets", "joe * sesame *\n");
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++) {
		const struct link_options o = { .lns = strangers[i].lns, .ipv4_only = true };
		int pppox = end_open(0);

		stranger_begin(strangers[i].manner);
		end_start(0, pppox, &o);
		if (strangers[i].first)
			CHECK(send(stranger.fd, strangers[i].first, strangers[i].first_len, 0) > 0, "%s",
				strerror(errno));
		if (strangers[i].second) { /* what comes before pppd is lost, but for the request */
			CHECK(run_until(strangers[i].manner == POLITE ? lcp_once : lns_speaks, SETUP));
			CHECK(send(stranger.fd, strangers[i].second, strangers[i].second_len, 0) > 0, "%s",
				strerror(errno));
		}
		wait_all(2 * SETUP);
		fprintf(stderr, "  %s: pppd %d: %s\n", strangers[i].name, LNS->how.status, LNS->how.text);
		check_cause(strangers[i].name, LNS, strangers[i].lns_says);
		stranger_end();
	}
}

/* ---- What the LAC says of its link (RFC 3437) ------------------------------------------------------------------ */

#define OPTIONS(text) { (const uint8_t *)(text), sizeof(text) - 1 }
#define MRU "\x01\x04\x05\x14" /* 1300 */
#define ACCM "\x02\x06\x00\x0a\x00\x00"
#define PFC "\x07\x02"
#define ACFC "\x08\x02"
#define FCS "\x09\x03\x04"

static bool has_option(const struct pppd_l2tp_options *o, const char *option)
{
	const size_t len = (size_t)option[1];

	for (size_t i = 0; i + 2 <= o->len; i += o->octets[i + 1])
		if (o->octets[i] == (uint8_t)option[0])
			return i + len <= o->len && memcmp(o->octets + i, option, len) == 0;
	return false;
}

static bool has_kind(const struct pppd_l2tp_options *o, uint8_t type)
{
	for (size_t i = 0; i + 2 <= o->len; i += o->octets[i + 1])
		if (o->octets[i] == type)
			return true;
	return false;
}

/* R3437-2.1-02..06, R3437-2.3-02: what is wanted is asked for, nothing else; and both ends know the same requests. */
static void test_wanted(void)
{
	static const char *const meek[] = { "noauth", "asyncmap", "1", NULL };
	const struct link_options all = { .lns = open_server, .lcp = { OPTIONS(MRU ACCM PFC ACFC FCS), { 0 }, false } };
	const struct link_options little = { .lns = open_server, .lcp = { OPTIONS(PFC), { 0 }, false } };
	const struct link_options more = { .lns = meek, .lcp = { OPTIONS(ACCM), { 0 }, false } };

	pair_start(0, &all);
	expect(all_up, SETUP);
	CHECK(has_option(&LNS->lcp_sent, MRU) && has_option(&LNS->lcp_sent, ACCM) && has_option(&LNS->lcp_sent, PFC) &&
	      has_option(&LNS->lcp_sent, ACFC) && !has_kind(&LNS->lcp_sent, FCS[0]));
	CHECK(LNS->lcps == 1 && LAC->lcps == 1);
	CHECK(LNS->lcp_sent.len == LAC->lcp_received.len &&
	      memcmp(LNS->lcp_sent.octets, LAC->lcp_received.octets, LNS->lcp_sent.len) == 0);
	CHECK(LAC->lcp_sent.len == LNS->lcp_received.len &&
	      memcmp(LAC->lcp_sent.octets, LNS->lcp_received.octets, LAC->lcp_sent.len) == 0);
	stop_all();

	pair_start(0, &little);
	expect(all_up, SETUP);
	CHECK(has_option(&LNS->lcp_sent, PFC) && !has_kind(&LNS->lcp_sent, ACFC[0]) &&
		!has_kind(&LNS->lcp_sent, ACCM[0]));
	stop_all();

	pair_start(0, &more); /* the operator's own map is added, R3437-2.1-04 */
	expect(all_up, SETUP);
	CHECK(has_option(&LNS->lcp_sent, "\x02\x06\x00\x0a\x00\x01"));
	stop_all();
}

/* R3437-2.2-02..06: what is not allowed is rejected, and FCS alternatives in any case.  The peer asks for all. */
static const struct {
	const char *name;
	struct l2tp_span allow;
	const char *rejected; /* options, one octet each */
} allowed[] = {
	{ "no list", { 0 }, "\x09" },
	{ "MRU and ACCM", OPTIONS(MRU ACCM), "\x07\x08\x09" },
	{ "PFC", OPTIONS(PFC), "\x01\x02\x08\x09" },
	{ "ACFC and FCS", OPTIONS(ACFC FCS), "\x01\x02\x07\x09" },
};

static bool lns_rejected(void)
{
	return stranger.rejected.len > 0;
}

static void test_allowed(void)
{
	static const char request[] = "\xc0\x21\x01\x01\x00\x15" MRU ACCM PFC ACFC FCS;

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		const struct link_options o = { .lns = ask_nobody, .lcp = { { 0 }, allowed[i].allow, false } };
		int pppox = end_open(0);

		stranger_begin(POLITE);
		end_start(0, pppox, &o);
		CHECK(send(stranger.fd, request, sizeof(request) - 1, 0) > 0, "%s", strerror(errno));
		CHECK(run_until(lns_rejected, SETUP), "%s", allowed[i].name);
		for (uint8_t type = 1; type < 10; type++)
			CHECK(has_kind(&stranger.rejected, type) == (strchr(allowed[i].rejected, type) != NULL),
				"%s: %u", allowed[i].name, type);
		ppp_stop(LNS->ppp);
		wait_all(SETUP);
		stranger_end();
	}
}

static bool lcp_twice(void)
{
	return LNS->lcps == 2;
}

/* R3437-2.3-01: negotiated again, told again. */
static void test_again(void)
{
	const struct link_options o = { .lns = ask_nobody };
	int pppox = end_open(0);

	stranger_begin(POLITE);
	end_start(0, pppox, &o);
	CHECK(send(stranger.fd, CONFREQ_PLAIN, 6, 0) == 6);
	CHECK(run_until(lcp_once, SETUP) && LNS->lcp_received.len == 0);
	CHECK(send(stranger.fd, "\xc0\x21\x01\x02\x00\x08" MRU, 10, 0) == 10);
	CHECK(run_until(lcp_twice, SETUP) && has_option(&LNS->lcp_received, MRU));
	ppp_stop(LNS->ppp);
	wait_all(SETUP);
	stranger_end();
}

/* R3145-3.2-05: the peer falls silent. */
static void test_echo(void)
{
	static const char *const impatient[] = { "noauth", "lcp-echo-interval", "1", "lcp-echo-failure", "2", NULL };
	const struct link_options o = { .lns = impatient };
	pid_t frozen;

	pair_start(0, &o);
	expect(all_up, SETUP);
	frozen = pid_of(LAC->status.interface);
	CHECK(kill(frozen, SIGSTOP) == 0);
	CHECK(run_until(lns_over, SETUP));
	check_cause("R3145-3.2-05", LNS, (struct cause){ L2TP_PPP_ECHO_TIMEOUT, L2TP_PPP_LCP, 0 });
	CHECK(kill(frozen, SIGCONT) == 0);
	stop_all();
}

/* ---- Ends of processes ------------------------------------------------------------------------------------------ */

/* pppd killed: the one end says so at once, the other sees it by its echo requests or is stopped. */
static void test_killed(void)
{
	pair_start(0, &plain);
	expect(all_up, SETUP);
	CHECK(kill(pid_of(LNS->status.interface), SIGKILL) == 0);
	CHECK(run_until(lns_over, SETUP));
	CHECK(!LAC->exited, "%s", LAC->how.text);
	fprintf(stderr, "  %d %s\n", LNS->how.status, LNS->how.text);
	CHECK(LNS->how.status == -1 && LNS->how.reason.result == RC_CDN_GENERAL);
	stop_all();
}

static void test_stop(void)
{
	usec_t start;

	pair_start(0, &plain);
	expect(all_up, SETUP);
	start = now_usec();
	ppp_stop(LNS->ppp);
	ppp_stop(LNS->ppp);
	CHECK(!LNS->exited, "never from within ppp_stop()");
	while (!LNS->exited)
		CHECK(sd_event_run(world.event, UINT64_MAX) >= 0);
	fprintf(stderr, "  stopped in %u ms: %s\n", (unsigned)((LNS->exited_at - start) / 1000), LNS->how.text);
	CHECK(LNS->how.status == 5 && LNS->exited_at - start < 5 * USEC_PER_SEC);
	wait_all(10 * USEC_PER_SEC);
	fprintf(stderr, "  the peer ended after %u ms: %d %s\n", (unsigned)((LAC->exited_at - start) / 1000),
		LAC->how.status, LAC->how.text);
	CHECK(LAC->how.status == 0);
}

/* It does not react at all. */
static void test_stuck(void)
{
	pair_start(0, &plain);
	expect(all_up, SETUP);
	CHECK(kill(pid_of(LNS->status.interface), SIGSTOP) == 0);
	const usec_t start = now_usec();
	ppp_stop(LNS->ppp);
	while (!LNS->exited)
		CHECK(sd_event_run(world.event, UINT64_MAX) >= 0);
	fprintf(stderr, "  ended after %u ms\n", (unsigned)((LNS->exited_at - start) / 1000));
	CHECK(LNS->exited_at - start >= 5 * USEC_PER_SEC && LNS->exited_at - start < 7 * USEC_PER_SEC);
	CHECK(LNS->how.status == -1 && LNS->how.reason.result == RC_CDN_ADMIN);
	stop_all();
}

/* Stopped while it waits for its turn and while it starts. */
static void test_stop_early(void)
{
	for (size_t pair = 0; pair < 3; pair++)
		pair_start(pair, &plain);
	ppp_stop(world.ends[5].ppp);
	CHECK(!world.ends[5].exited);
	CHECK(sd_event_run(world.event, UINT64_MAX) >= 0);
	stop_all();
	for (size_t i = 0; i < 6; i++)
		CHECK(world.ends[i].exited && world.ends[i].how.reason.result == RC_CDN_ADMIN);
	CHECK(world.ends[5].how.status == -1);
}

static void test_silent_peer(void)
{
	const struct link_options o = { .lns = open_server, .setup_timeout = 2 * USEC_PER_SEC };
	usec_t took;

	end_start(0, -1, &o);
	wait_all(10 * USEC_PER_SEC);
	took = LNS->exited_at - LNS->started;
	fprintf(stderr, "  %s after %u ms\n", LNS->how.text, (unsigned)(took / 1000));
	CHECK(took >= o.setup_timeout && took < o.setup_timeout + 6 * USEC_PER_SEC);
	CHECK(LNS->how.reason.result == RC_CDN_TIMEOUT);
}

/* The peer's first Configure-Request came before our pppd: set-up does not wait for its repetition. */
static void test_early_request(void)
{
	int pppox = end_open(0);

	end_start(1, -1, &plain);
	(void)run_until(never, USEC_PER_SEC);
	end_start(0, pppox, &plain);
	expect(all_up, SETUP);
	fprintf(stderr, "  up %u ms after the late end's start\n", (unsigned)((LNS->up_at - LNS->started) / 1000));
	CHECK(LNS->up_at - LNS->started < 2 * USEC_PER_SEC);
	stop_all();
}

static void test_errors(void)
{
	static const char *const nonsense[] = { "no-such-option", NULL };
	const struct link_options bad_option = { .lns = nonsense };
	const struct link_options bad_name = { .lns = open_server, .interface = "lo" };

	end_start(0, -1, &bad_option);
	wait_all(SETUP);
	fprintf(stderr, "  %d %s\n", LNS->how.status, LNS->how.text);
	CHECK(LNS->how.status == 2 && LNS->how.reason.result == RC_CDN_NO_FACILITY_PERMANENT);
	CHECK(strstr(LNS->how.text, "no-such-option") != NULL && !strstr(LNS->how.reason.text, "no-such-option"));

	end_start(0, -1, &bad_name);
	wait_all(SETUP);
	fprintf(stderr, "  %d %s\n", LNS->how.status, LNS->how.text);
	CHECK(LNS->how.status == 1);
}

#define FDS 256

struct open_files {
	char link[FDS][128]; /* "": not open */
};

static void read_open_files(pid_t pid, struct open_files *ret)
{
	char path[64];

	memset(ret, 0, sizeof(*ret));
	for (int fd = 0; fd < FDS; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
		(void)!readlink(path, ret->link[fd], sizeof(ret->link[fd]) - 1);
	}
}

static bool harmless(const char *link)
{
	return !link[0] || strcmp(link, "/dev/null") == 0 || strncmp(link, "anon_inode", 10) == 0;
}

/* Of our open files pppd has the pppox, as number 3, and nothing else. */
static void compare_files(const struct open_files *ours, const struct end *e)
{
	struct open_files theirs;

	read_open_files(pid_of(e->status.interface), &theirs);
	CHECK(strcmp(theirs.link[3], ours->link[e->fd]) == 0, "%s", theirs.link[3]);
	for (int i = 0; i < FDS; i++)
		for (int k = 3; k < FDS && i != 3; k++)
			CHECK(harmless(ours->link[k]) || strcmp(ours->link[k], theirs.link[i]) != 0, "%d: %s", i,
			      theirs.link[i]);
	for (int i = 0; i < FDS; i++)
		CHECK(strncmp(theirs.link[i], "anon_inode", 10) != 0, "%d: %s", i, theirs.link[i]);
}

static void test_many(void)
{
	/* Without the scripts, which would be most of the work. */
	static const char *const lean[] = { "noauth", "ip-up-script", "/none", "ip-down-script", "/none", NULL };
	const struct link_options o = { .lns = lean, .lac = lean, .ipv4_only = true };
	struct open_files ours;
	unsigned fds;

	end_start(0, -1, &o); /* so that the event loop has what it needs */
	stop_all();
	world.most_starting = 0;
	fds = count_entries("/proc/self/fd");
	for (size_t pair = 0; pair < MANY; pair++)
		pair_start(pair, &o);
	usec_t start = now_usec();
	expect(all_up, 4 * SETUP);
	fprintf(stderr, "  %d up in %u ms, at most %u starting\n", 2 * MANY, (unsigned)((now_usec() - start) / 1000),
		world.most_starting);
	CHECK(world.most_starting > 0 && world.most_starting <= STARTS);
	read_open_files(getpid(), &ours);
	for (size_t i = 0; i < 2 * MANY; i++) {
		CHECK(!world.ends[i].exited);
		compare_files(&ours, &world.ends[i]);
	}
	start = now_usec();
	stop_all();
	fprintf(stderr, "  all stopped in %u ms\n", (unsigned)((now_usec() - start) / 1000));
	CHECK(count_entries(RUNTIME "/ppp") == 0);
	CHECK(count_entries("/proc/self/fd") == fds, "%u, before %u", count_entries("/proc/self/fd"), fds);
}

static void manager_new(void)
{
	const struct ppp_options options = {
		.pppd = PPPD, .plugin = world.plugin, .runtime_directory = RUNTIME, .starts = STARTS,
	};

	CHECK(sd_event_new(&world.event) >= 0);
	CHECK(workers_new(world.event, 4, &world.workers) == 0 && fdstore_new(world.workers, &world.fds) == 0);
	CHECK(ppp_manager_new(world.event, world.fds, &options, &world.manager) == 0);
}

/* A daemon that dies leaves its pppd running, and the next one ends it. */
static void test_leftovers(void)
{
	char path[64], record[64] = "";
	pid_t child;
	int status;

	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		manager_new();
		pair_start(0, &plain);
		expect(all_up, SETUP);
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	CHECK(!run_until(never, USEC_PER_SEC));
	CHECK(count_entries(RUNTIME "/ppp") == 2);
	snprintf(path, sizeof(path), RUNTIME "/ppp/1-%u", session_id(0));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && read(fd, record, sizeof(record) - 1) > 0);
	close(fd);
	pid_t left = (pid_t)strtol(record, NULL, 10);
	CHECK(kill(left, 0) == 0, "pppd outlives the daemon");
	usec_t start = now_usec();
	CHECK(ppp_manager_clean(world.manager) == 2);
	fprintf(stderr, "  2 pppd ended in %u ms\n", (unsigned)((now_usec() - start) / 1000));
	CHECK(kill(left, 0) < 0 && errno == ESRCH);
	CHECK(count_entries(RUNTIME "/ppp") == 0);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "traffic", test_traffic },
	{ "authentication", test_authentication },
	{ "wrong_secret", test_wrong_secret },
	{ "wrong_name", test_wrong_name },
	{ "quarrels", test_quarrels },
	{ "strangers", test_strangers },
	{ "wanted", test_wanted },
	{ "allowed", test_allowed },
	{ "again", test_again },
	{ "echo", test_echo },
	{ "killed", test_killed },
	{ "stop", test_stop },
	{ "stuck", test_stuck },
	{ "stop_early", test_stop_early },
	{ "silent_peer", test_silent_peer },
	{ "early_request", test_early_request },
	{ "errors", test_errors },
	{ "many", test_many },
	{ "leftovers", test_leftovers },
};

static bool wanted(const char *name, int argc, char **argv)
{
	for (int i = 2; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc <= 2;
}

int main(int argc, char **argv)
{
	if (!getenv("LAB_KERNEL") || argc < 2 || geteuid() != 0) {
		fprintf(stderr, "usage, as root in the lab's VM only: ppp_test PLUGIN [NAME...]\n");
		return 2;
	}
	log_open(getenv("PPP_TEST_DEBUG") ? LOG_DEBUG : LOG_NOTICE);
	world.plugin = realpath(argv[1], NULL);
	CHECK(world.plugin != NULL, "%s", argv[1]);
	CHECK(mkdir(RUNTIME, 0700) == 0 || errno == EEXIST);
	for (int side = 0; side < 2; side++)
		tunnel_open(&world.tunnels[side], side);
	world.round = 1; /* 0: an end that was never started */
	manager_new();
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (!wanted(tests[i].name, argc, argv))
			continue;
		const usec_t start = now_usec();
		tests[i].run();
		fprintf(stderr, "%s: ok, %u ms\n", tests[i].name, (unsigned)((now_usec() - start) / 1000));
	}
	ppp_manager_free(world.manager);
	fdstore_close_sessions(world.fds);
	workers_free(world.workers);
	fdstore_free(world.fds);
	sd_event_unref(world.event);
	CHECK(access(RUNTIME "/ppp.sock", F_OK) < 0);
	free((char *)world.plugin);
	return EXIT_SUCCESS;
}
