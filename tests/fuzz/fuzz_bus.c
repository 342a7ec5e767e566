/* SPDX-License-Identifier: MIT */
/*
 * fuzz_bus: the control API in a process with two drivers, an LNS and a LAC with a tunnel and calls between them; the
 * bus is the LAC's.  An input is one client's life: octets as they come (RAW, with or without authentication), or
 * messages that D-Bus has no fault with, for any path, interface and method, with the arguments that it wants or
 * others.
 *
 * Beside it there is a client who behaves, and who must be answered now and then.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "attach/none.h"
#include "bus/bus.h"
#include "fuzz.h"
#include "base/log.h"
#include "core/open.h"
#include "core/view.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PICK(f, array) ((array)[feed_u8(f) % COUNT(array)])
#define ROUNDS 200    /* of the event loop, for one step */
#define MESSAGES 8    /* in one input */
#define WITNESS 64    /* inputs from one question of the good client to the next */
#define PATIENCE (5 * USEC_PER_SEC)

enum { RAW = 1, UNAUTHENTICATED = 2, IN_PIECES = 4 };

static char directory[] = "/dev/shm/fuzz-bus-XXXXXX";
static sd_event *event;
static struct driver *drivers[2]; /* LNS, LAC */
static struct bus *bus;
static sd_bus *good;
static uint32_t tunnel, session;

/* ---- The world ----------------------------------------------------------------------------------------------- */

static void clean_up(void)
{
	char path[64];

	sd_bus_close_unref(good);
	bus_free(bus);
	for (int i = 0; i < 2; i++) {
		driver_free(drivers[i]);
		snprintf(path, sizeof(path), "%s/%d.conf", directory, i);
		unlink(path);
		snprintf(path, sizeof(path), "%s/%d", directory, i);
		rmdir(path);
	}
	sd_event_unref(event);
	rmdir(directory);
}

static uint16_t free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	must(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0,
	     "a port");
	close(fd);
	return ntohs(a.sin_port);
}

static const struct attachment_class *const attachments[] = { &attachment_none, NULL };
static const struct driver_options kind_options = { .dataplane = DATAPLANE_NONE,
					       .attachments = attachments,
					       .attachment = "none" };

static void __attribute__((format(printf, 2, 3))) start(int i, const char *format, ...)
{
	char path[64];
	struct config *config;
	va_list args;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%d.conf", directory, i);
	f = fopen(path, "w");
	must(f, "a configuration");
	fprintf(f, "runtime-directory = \"%s/%d\"\nlog-level = \"error\"\nlimits { tunnels = 16 sessions = 64 }\n",
		directory, i);
	va_start(args, format);
	vfprintf(f, format, args);
	va_end(args);
	fclose(f);
	must(config_load(path, stderr, &config) == 0, "a good configuration");
	must(driver_new(event, config, &kind_options, &drivers[i]) == 0 && driver_start(drivers[i]) == 0,
	     "a driver");
}

/* Until nothing is due any more. */
static void run(void)
{
	for (int i = 0; i < ROUNDS && sd_event_run(event, 0) > 0; i++)
		;
}

static bool find_session(void)
{
	struct l2tp_cursor c = { 0 };
	struct view_session v;

	while (view_next_session(drivers[1], &c, &v) >= 0) {
		tunnel = v.info.tunnel_id;
		session = v.info.session_id;
		if (v.info.established && v.info.reason->origin == L2TP_BY_NOBODY)
			return true;
	}
	return false;
}

static void opened(void *ctx, int err, const char *text, uint32_t id)
{
	(void)ctx, (void)err, (void)text, (void)id;
}

/* A tunnel and a call for the next input, if there is still room for one more. */
static void refill(void)
{
	usec_t end = view_now() + PATIENCE;
	struct view_daemon v;

	driver_drain(drivers[1], false, USEC_NEVER);
	view_daemon(drivers[1], &v);
	if (find_session() || v.stats.tunnels > 14 || open_tunnel(drivers[1], "up", 3, true, opened, NULL) < 0)
		return;
	while (!find_session() && view_now() < end)
		sd_event_run(event, 10 * USEC_PER_MSEC);
}

static int dial(int flags)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/1/bus", directory);
	must(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0, "the socket is there");
	return fd;
}

static sd_bus *connect_bus(void)
{
	int fd = dial(0);
	sd_bus *b = NULL;

	must(sd_bus_new(&b) >= 0 && sd_bus_set_fd(b, fd, fd) >= 0 && sd_bus_start(b) >= 0, "a client");
	for (int i = 0; i < ROUNDS && sd_bus_is_ready(b) == 0; i++) {
		run();
		(void)sd_bus_process(b, NULL);
	}
	must(sd_bus_is_ready(b) > 0, "a client is let in");
	return b;
}

static void begin(void)
{
	uint16_t port = free_port();
	struct bus_options options = { .group = "daemon" };
	char path[64];

	log_open(LOG_EMERG);
	must(mkdtemp(directory) && sd_event_new(&event) >= 0, "a place");
	atexit(clean_up);
	start(0, "listen = \"127.0.0.1:%u\"\nlns \"isp\" { peer = \"127.0.0.1\" }\n", port);
	start(1, "listen = {}\nlac \"up\" { server = \"127.0.0.1\" port = %u dial = no called-number = \"0123\" }\n",
	      port);
	snprintf(path, sizeof(path), "%s/1", directory);
	options.directory = path;
	must(bus_new(event, drivers[1], &options, &bus) == 0, "the control API");
	good = connect_bus();
}

static int on_answer(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
	(void)error;
	*(bool *)userdata = !sd_bus_message_is_method_error(m, NULL);
	return 0;
}

/* The good client asks, and is answered. */
static void witness(void)
{
	bool answered = false;

	must(sd_bus_call_method_async(good, NULL, NULL, "/org/l2tpd1", "org.l2tpd1.Manager", "ListSessions", on_answer,
				      &answered, "a{sv}su", 0, "", 0) >= 0, "a question");
	for (int i = 0; i < ROUNDS && !answered; i++) {
		run();
		while (sd_bus_process(good, NULL) > 0)
			;
	}
	must(answered, "the good client is answered");
}

/* ---- Octets -------------------------------------------------------------------------------------------------- */

static void raw(struct feed *f, uint8_t mode)
{
	static const char auth[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
	int fd = dial(SOCK_NONBLOCK);

	if (!(mode & UNAUTHENTICATED))
		must(send(fd, auth, sizeof(auth) - 1, MSG_NOSIGNAL) > 0, "authentication");
	while (!feed_over(f)) {
		struct l2tp_span s = feed_bytes(f, mode & IN_PIECES ? 1 + feed_u8(f) % 32u : SIZE_MAX);

		if (send(fd, s.data, s.len, MSG_NOSIGNAL) < 0)
			break;
		run();
	}
	close(fd);
	run();
}

/* ---- Messages ------------------------------------------------------------------------------------------------ */

static const struct {
	const char *interface, *method, *types;
} methods[] = {
	{ "org.l2tpd1.Manager", "ListTunnels", "Dsu" },
	{ "org.l2tpd1.Manager", "ListSessions", "Dsu" },
	{ "org.l2tpd1.Manager", "ListProfiles", "" },
	{ "org.l2tpd1.Manager", "GetStatistics", "" },
	{ "org.l2tpd1.Manager", "GetCounters", "uu" },
	{ "org.l2tpd1.Manager", "Open", "sD" },
	{ "org.l2tpd1.Manager", "Call", "uD" },
	{ "org.l2tpd1.Manager", "CloseTunnel", "uqqs" },
	{ "org.l2tpd1.Manager", "CloseSession", "uuqqs" },
	{ "org.l2tpd1.Manager", "Reload", "" },
	{ "org.l2tpd1.Manager", "GetConfig", "" },
	{ "org.l2tpd1.Manager", "Drain", "bD" },
	{ "org.l2tpd1.Manager", "Subscribe", "" },
	{ "org.l2tpd1.Manager", "Unsubscribe", "" },
	{ "org.l2tpd1.Tunnel", "Close", "qqs" },
	{ "org.l2tpd1.Tunnel", "Call", "D" },
	{ "org.l2tpd1.Tunnel", "GetCounters", "" },
	{ "org.l2tpd1.Session", "Close", "qqs" },
	{ "org.l2tpd1.Session", "GetCounters", "" },
	{ "org.l2tpd1.Profile", "Open", "D" },
	{ "org.freedesktop.DBus.Properties", "Get", "ss" },
	{ "org.freedesktop.DBus.Properties", "GetAll", "s" },
	{ "org.freedesktop.DBus.Properties", "Set", "ssv" },
	{ "org.freedesktop.DBus.Introspectable", "Introspect", "" },
	{ "org.freedesktop.DBus.Peer", "Ping", "" },
	{ "org.freedesktop.DBus", "Hello", "" },
	{ "org.freedesktop.DBus", "AddMatch", "s" },
	{ "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", "" },
};

static const char *const texts[] = {
	"",
	"up",
	"isp",
	"lac",
	"lns",
	"established",
	"dead",
	"127.0.0.1",
	"[::1]:1701",
	"*",
	"?a*b",
	"0.0.0.0",
	"1.1.1.1",
	"org.l2tpd1.Tunnel",
	"org.l2tpd1.Session",
	"org.l2tpd1.Manager",
	"org.l2tpd1.Profile",
	"State",
	"Peer",
	"Sessions",
	"Tunnel",
	"Name",
	"PeerHostName",
	"Session",
	"Profile",
	"Wait",
	"Calls",
	"Outgoing",
	"CalledNumber",
	"CallingNumber",
	"UserName",
	"Address",
	"Interface",
	"Role",
	"SubAddress",
	"TxConnectSpeed",
	"MaximumBps",
	"org.freedesktop.DBus.Peer",
};

/* One of ours, or the input's octets, printable. */
static const char *text(struct feed *f, char buf[256])
{
	uint8_t n = feed_u8(f);
	struct l2tp_span s;

	if (n < 192)
		return texts[n % COUNT(texts)];
	s = feed_bytes(f, n - 192u);
	for (size_t i = 0; i < s.len; i++)
		buf[i] = (char)(s.data[i] % 95 + 32);
	buf[s.len] = '\0';
	return buf;
}

static uint32_t number(struct feed *f)
{
	uint8_t n = feed_u8(f);

	return n < 96 ? tunnel : n < 160 ? session : n < 192 ? n - 160u : (uint32_t)feed_u16(f) << 16 | feed_u16(f);
}

static int append_basic(sd_bus_message *m, struct feed *f, char type)
{
	union {
		uint8_t y;
		uint16_t q;
		uint32_t u;
		uint64_t t;
		int b;
	} v = { .t = 0 };
	char buf[256];

	if (type == 's')
		return sd_bus_message_append_basic(m, 's', text(f, buf));
	if (type == 'o')
		return sd_bus_message_append_basic(m, 'o', "/org/l2tpd1");
	if (type == 'g')
		return sd_bus_message_append_basic(m, 'g', "a{sv}");
	if (type == 'b')
		v.b = feed_u8(f) & 1;
	else if (type == 'y')
		v.y = feed_u8(f);
	else if (type == 'q' || type == 'n')
		v.q = feed_u16(f);
	else if (type == 'u' || type == 'i')
		v.u = number(f);
	else
		v.t = (uint64_t)number(f) << 32 | number(f);
	return sd_bus_message_append_basic(m, type, &v);
}

static int append(sd_bus_message *m, struct feed *f, char type, int depth);

static int append_variant(sd_bus_message *m, struct feed *f, int depth)
{
	static const char *const types[] = { "s", "u", "b", "q", "y", "t",  "i",  "x",
					     "n", "d", "o", "g", "v", "as", "au", "a{sv}" };
	const char *type = PICK(f, types);
	int r = sd_bus_message_open_container(m, 'v', type);

	if (r < 0 || depth > 3)
		return -EINVAL;
	if (!type[1])
		r = append(m, f, type[0], depth + 1);
	else if (type[1] == '{')
		r = append(m, f, 'D', depth + 1);
	else if ((r = sd_bus_message_open_container(m, 'a', type + 1)) >= 0) {
		for (uint8_t n = feed_u8(f) % 8; r >= 0 && n; n--)
			r = append_basic(m, f, type[1]);
		r = r < 0 ? r : sd_bus_message_close_container(m);
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

/* D: a{sv} */
static int append(sd_bus_message *m, struct feed *f, char type, int depth)
{
	char buf[256];
	int r;

	if (type == 'v')
		return append_variant(m, f, depth);
	if (type != 'D')
		return append_basic(m, f, type);
	r = sd_bus_message_open_container(m, 'a', "{sv}");
	for (uint8_t n = feed_u8(f) % 4; r >= 0 && n; n--) {
		if ((r = sd_bus_message_open_container(m, 'e', "sv")) >= 0 &&
		    (r = sd_bus_message_append_basic(m, 's', text(f, buf))) >= 0 &&
		    (r = append_variant(m, f, depth)) >= 0)
			r = sd_bus_message_close_container(m);
	}
	return r < 0 ? r : sd_bus_message_close_container(m);
}

static const char *path_of(struct feed *f, char buf[64])
{
	static const char *const paths[] = { "/org/l2tpd1",
					     "/org/l2tpd1/profile/up",
					     "/org/l2tpd1/profile/isp",
					     "/",
					     "/org",
					     "/org/l2tpd1/tunnel",
					     "/org/l2tpd1/session/1_2",
					     "/org/l2tpd1/profile/_75p",
					     "/org/freedesktop/DBus" };
	uint8_t n = feed_u8(f);

	if (n < 64)
		snprintf(buf, 64, "/org/l2tpd1/tunnel/%u", n < 60 ? tunnel : number(f));
	else if (n < 128)
		snprintf(buf, 64, "/org/l2tpd1/session/%u_%u", tunnel, session);
	else
		return paths[n % COUNT(paths)];
	return buf;
}

static void message(struct feed *f, sd_bus *client)
{
	static const char others[] = "sbuqytixndogvD";
	size_t i = feed_u8(f) % COUNT(methods);
	uint8_t change = feed_u8(f);
	const char *interface = change == 1 ? "org.l2tpd1.Elephant" : methods[i].interface;
	const char *name = change == 2 ? "Elephant" : methods[i].method, *types = methods[i].types;
	sd_bus_message *m = NULL;
	char path[64], other[5] = "";
	int r;

	if (change % 8 == 3) {
		for (size_t n = 0; n < feed_u8(f) % sizeof(other); n++)
			other[n] = others[feed_u8(f) % (sizeof(others) - 1)];
		types = other;
	}
	r = sd_bus_message_new_method_call(client, &m, NULL, i < 14 && change < 200 ? "/org/l2tpd1" : path_of(f, path),
					   change == 4 ? NULL : interface, name);
	for (; r >= 0 && *types; types++)
		r = append(m, f, *types, 0);
	if (r >= 0 && change % 16 == 5)
		r = sd_bus_message_set_expect_reply(m, false);
	if (r >= 0)
		(void)sd_bus_send(client, m, NULL);
	sd_bus_message_unref(m);
}

static void messages(struct feed *f)
{
	sd_bus *client = connect_bus();

	for (int i = 0; i < MESSAGES && !feed_over(f); i++) {
		message(f, client);
		if (feed_u8(f) & 1) /* else the next one follows at once */
			run();
		if (feed_u8(f) & 1)
			while (sd_bus_process(client, NULL) > 0)
				;
	}
	run();
	sd_bus_close_unref(client);
	run();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned inputs;
	struct feed f = { data, data + size };
	uint8_t mode = feed_u8(&f);

	if (!bus)
		begin();
	refill();
	if (mode & RAW)
		raw(&f, mode);
	else
		messages(&f);
	if (inputs++ % WITNESS == 0)
		witness();
	return 0;
}
