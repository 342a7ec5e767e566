/* SPDX-License-Identifier: MIT */
/*
 * kinds: the control API beside a kind of attachments that nothing outside of this file has ever heard of: its fields,
 * its keys in filters, its words for changes, what "open" waits for, and what is said when it, or the data path, fails.
 */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "bus/bus.h"
#include "core/attachment.h"
#include "core/events.h"
#include "core/open.h"
#include "core/state.h"
#include "ends.h"

#define PATIENCE (20 * USEC_PER_SEC)
#define MANAGER "org.l2tpd1.Manager"
#define ROOT "/org/l2tpd1"

/* ---- A kind ---------------------------------------------------------------------------------------------------- */

/* It comes up, and bursts, when the test says so. */
struct drum {
	struct attachment attachment;
	sd_event_source *stop;
	bool up;
	struct drum *next;
};

static struct drum *drums; /* those that are started */

static int drum_prepare(struct attachment *a, struct dataplane_session *spec)
{
	(void)a, (void)spec;
	return 0;
}

static int drum_start(struct attachment *a)
{
	struct drum *d = (struct drum *)a;

	d->next = drums;
	drums = d;
	return 0;
}

static void drum_end(struct drum *d, const char *detail)
{
	struct attachment_end end = { .reason = { .origin = L2TP_BY_LOCAL, .result = RC_CDN_GENERAL, .error = EC_VENDOR,
						  .text = "no drum" } };
	struct drum **at = &drums;

	while (*at != d)
		at = &(*at)->next;
	*at = d->next;
	snprintf(end.reason.detail, sizeof(end.reason.detail), "%s", detail);
	attachment_stopped(&d->attachment, &end);
}

static int on_stop(sd_event_source *s, void *ctx)
{
	(void)s;
	drum_end(ctx, "");
	return 0;
}

static void drum_stop(struct attachment *a)
{
	struct drum *d = (struct drum *)a;

	if (!d->stop)
		ck_assert_int_ge(sd_event_add_defer(event, &d->stop, on_stop, d), 0);
}

static void drum_view(const struct attachment *a, struct attachment_view *ret)
{
	ret->phase = ((const struct drum *)a)->up ? ATTACHMENT_UP : ATTACHMENT_STARTING;
	snprintf(ret->interface, sizeof(ret->interface), "drum0");
}

static void drum_free(struct attachment *a)
{
	sd_event_source_disable_unref(((struct drum *)a)->stop);
}

static uint32_t get_skin(const struct attachment *a, char *buf, size_t size)
{
	(void)a;
	snprintf(buf, size, "goat\n");
	return 0;
}

static uint32_t get_place(const struct attachment *a, char *buf, size_t size)
{
	(void)a;
	snprintf(buf, size, "fe80::1");
	return 0;
}

static uint32_t get_beat(const struct attachment *a, char *buf, size_t size)
{
	(void)a, (void)buf, (void)size;
	return 120;
}

static const struct attachment_field drum_fields[] = {
	{ "DrumState", 'p', NULL, NULL, "silent" },
	{ "Skin", 's', get_skin, "Skin", NULL },
	{ "Place", 'a', get_place, "Place", NULL },
	{ "Beat", 'u', get_beat, NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL },
};

static const struct attachment_class drum_class = {
	.name = "drum",
	.size = sizeof(struct drum),
	.prepare = drum_prepare,
	.start = drum_start,
	.stop = drum_stop,
	.view = drum_view,
	.free = drum_free,
	.fields = drum_fields,
	.event = "drum",
};

/* One that no session has; a field of it has the same name. */
static const struct attachment_field flute_fields[] = {
	{ "Place", 'a', get_place, "Place", NULL },
	{ "Tone", 's', get_skin, "Tone", "mute" },
	{ "Holes", 'u', get_beat, NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL },
};
static const struct attachment_class flute_class = { .name = "flute", .fields = flute_fields };

/* The first one, without a word for its changes. */
static struct attachment_class quiet_class;

/* ---- A client -------------------------------------------------------------------------------------------------- */

static struct end lns, lac;
static struct bus *bus;
static sd_bus *client, *other;
static sd_bus_message *answer; /* the client's last one */
static char changes[1024];     /* heard of sessions */
static char detail[256];       /* of the last one that had any */

static sd_bus *connect_bus(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	sd_bus *b = NULL;

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/lac/bus", directory);
	ck_assert(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	ck_assert(sd_bus_new(&b) >= 0 && sd_bus_set_fd(b, fd, fd) >= 0 && sd_bus_start(b) >= 0);
	ck_assert_int_ge(sd_bus_attach_event(b, event, 0), 0);
	return b;
}

static int on_answer(sd_bus_message *m, void *ctx, sd_bus_error *error)
{
	(void)error;
	ck_assert_ptr_null(*(sd_bus_message **)ctx);
	*(sd_bus_message **)ctx = sd_bus_message_ref(m);
	return 0;
}

static void send_call(sd_bus *b, sd_bus_message **ret, const char *path, const char *interface, const char *method,
		      const char *types, va_list args)
{
	sd_bus_message *m;

	*ret = sd_bus_message_unref(*ret);
	ck_assert_int_ge(sd_bus_message_new_method_call(b, &m, NULL, path, interface, method), 0);
	ck_assert_int_ge(sd_bus_message_appendv(m, types, args), 0);
	ck_assert_int_ge(sd_bus_call_async(b, NULL, m, on_answer, ret, PATIENCE), 0);
	sd_bus_message_unref(m);
}

static void await(sd_bus_message *const *m)
{
	usec_t give_up = view_now() + PATIENCE;

	while (!*m) {
		ck_assert(view_now() < give_up);
		ck_assert_int_ge(sd_event_run(event, 100 * USEC_PER_MSEC), 0);
	}
}

/* Ask, and go on. */
static void begin(const char *method, const char *types, ...)
{
	va_list args;

	va_start(args, types);
	send_call(client, &answer, ROOT, MANAGER, method, types, args);
	va_end(args);
}

/* Ask, and wait for the answer. */
static sd_bus_message *ask(const char *path, const char *interface, const char *method, const char *types, ...)
{
	static sd_bus_message *m;
	va_list args;

	va_start(args, types);
	send_call(other, &m, path, interface, method, types, args);
	va_end(args);
	await(&m);
	return m;
}

/* A property of the LAC's session; numbers in decimal. */
static const char *property(const char *name)
{
	static char text[256];
	char path[128];
	const char *s, *contents;
	sd_bus_message *m;
	uint32_t u;

	snprintf(path, sizeof(path), ROOT "/session/%u_%u", lac.tunnel_id, lac.session_id);
	m = ask(path, "org.freedesktop.DBus.Properties", "Get", "ss", "org.l2tpd1.Session", name);
	ck_assert_msg(!sd_bus_message_is_method_error(m, NULL), "%s: %s", name, sd_bus_message_get_error(m)->message);
	ck_assert_int_gt(sd_bus_message_peek_type(m, NULL, &contents), 0);
	if (contents[0] == 'u') {
		ck_assert_int_gt(sd_bus_message_read(m, "v", "u", &u), 0);
		snprintf(text, sizeof(text), "%u", u);
	} else {
		ck_assert_int_gt(sd_bus_message_read(m, "v", "s", &s), 0);
		snprintf(text, sizeof(text), "%s", s);
	}
	return text;
}

/* The text of a row's member, without moving on; "" */
static void read_detail(sd_bus_message *m)
{
	const char *key, *value, *contents;

	ck_assert_int_gt(sd_bus_message_enter_container(m, 'a', "{sv}"), 0);
	while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
		ck_assert_int_gt(sd_bus_message_read(m, "s", &key), 0);
		ck_assert_int_gt(sd_bus_message_peek_type(m, NULL, &contents), 0);
		if (strcmp(key, "ReasonDetail") == 0) {
			ck_assert_int_gt(sd_bus_message_read(m, "v", "s", &value), 0);
			if (*value)
				snprintf(detail, sizeof(detail), "%s", value);
		} else {
			ck_assert_int_gt(sd_bus_message_skip(m, "v"), 0);
		}
		ck_assert_int_ge(sd_bus_message_exit_container(m), 0);
	}
}

static int on_message(sd_bus_message *m, void *ctx, sd_bus_error *error)
{
	size_t len = strlen(changes);
	const char *change;
	uint32_t id;

	(void)ctx, (void)error;
	if (!sd_bus_message_is_signal(m, MANAGER, "SessionChanged"))
		return 0;
	ck_assert_int_gt(sd_bus_message_read(m, "uus", &id, &id, &change), 0);
	snprintf(changes + len, sizeof(changes) - len, "%s ", change);
	read_detail(m);
	return 0;
}

static void hear_until(const char *word)
{
	usec_t give_up = view_now() + PATIENCE;

	while (!strstr(changes, word)) {
		ck_assert_msg(view_now() < give_up, "heard only: %s", changes);
		ck_assert_int_ge(sd_event_run(event, 100 * USEC_PER_MSEC), 0);
	}
}

/* ---- The stage ------------------------------------------------------------------------------------------------- */

static uint16_t server; /* the port that the LAC dials; 0: the LNS's */

/* Two daemons, whose sessions have this kind; the bus is the LAC's.  profile: options of its profile */
static void stage(const struct attachment_class *kind, const char *profile)
{
	static const struct attachment_class *kinds[] = { NULL, &flute_class, NULL };
	uint16_t port = free_port();
	char path[64], text[256];
	struct bus_options options = { .directory = path, .others_read = true };

	kinds[0] = kind;
	ends_options.attachments = kinds;
	ends_options.attachment = kind->name;
	start_lns(&lns, port, "");
	snprintf(text, sizeof(text), "listen = {}\nlac \"uplink\" { server = \"127.0.0.1\" port = %u %s }\n", server ? server : port,
		 profile);
	start(&lac, "lac", text);
	snprintf(path, sizeof(path), "%s/lac", directory);
	ck_assert_int_eq(bus_new(event, lac.driver, &options, &bus), 0);
	client = connect_bus();
	other = connect_bus();
	ck_assert_int_ge(sd_bus_add_filter(client, NULL, on_message, NULL), 0);
	ask(ROOT, MANAGER, "GetStatistics", "");
}

/* Both ends of all sessions. */
static void beat(void)
{
	for (struct drum *d = drums; d; d = d->next) {
		if (!d->up) {
			d->up = true;
			attachment_up(&d->attachment);
		}
	}
}

static void setup(void)
{
	ends_setup();
	drums = NULL;
	server = 0;
	changes[0] = detail[0] = '\0';
}

static void teardown(void)
{
	answer = sd_bus_message_unref(answer);
	sd_bus_close_unref(client);
	sd_bus_close_unref(other);
	bus_free(bus);
	end_free(&lac);
	end_free(&lns);
	ends_teardown();
}

/* ---- Tests ----------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *starting, *up;
} fields[] = {
	{ "Attachment", "drum", "drum" },
	{ "AttachmentState", "starting", "up" },
	{ "Interface", "drum0", "drum0" },
	{ "DrumState", "starting", "up" },
	{ "Skin", "goat\\x0a", "goat\\x0a" }, /* as any text */
	{ "Place", "fe80::1", "fe80::1" },
	{ "Beat", "120", "120" },
	/* of another kind */
	{ "Tone", "mute", "mute" },
	{ "Holes", "0", "0" },
};

START_TEST(properties)
{
	stage(&drum_class, "dial = yes");
	run_until(&lac, "ATTACHMENT_STARTED", 1);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		ck_assert_str_eq(property(fields[i].name), fields[i].starting);
	beat();
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		ck_assert_str_eq(property(fields[i].name), fields[i].up);
}
END_TEST

/* Somebody is there, and says nothing. */
static int listen_silently(uint16_t *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert(bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 && getsockname(fd, (struct sockaddr *)&a, &len) == 0);
	*ret_port = ntohs(a.sin_port);
	return fd;
}

START_TEST(property_of_nothing) /* a call waits for its tunnel */
{
	int fd = listen_silently(&server);
	struct l2tp_cursor c = { 0 };
	struct view_session s;

	stage(&drum_class, "dial = no");
	begin("Open", "sa{sv}", "uplink", 0);
	run_until(&lac, "TUNNEL_OPENED", 1);
	ck_assert_int_eq(view_next_session(lac.driver, &c, &s), 0);
	lac.session_id = s.info.session_id;
	ck_assert_str_eq(property("Attachment"), "");
	ck_assert_str_eq(property("DrumState"), "silent");
	ck_assert_str_eq(property("AttachmentState"), "none");
	ck_assert_str_eq(property("Skin"), "");
	ck_assert_str_eq(property("Beat"), "0");
	close(fd);
}
END_TEST

static const struct {
	const char *key, *value;
	int rows; /* -1: an error */
} filters[] = {
	{ "Skin", "goat\n", 1 },   { "Skin", "calf", 0 },      { "Skin", "", 0 },
	{ "Place", "FE80::1", 1 }, { "Place", "10.0.0.1", 0 }, { "Place", "here", -1 },
	{ "Tone", "", 1 },         { "Tone", "mute", 0 },      { "Beat", "120", -1 },
	{ "Interface", "drum0", 1 }, { "UserName", "anna", -1 },
};

START_TEST(filtered)
{
	sd_bus_message *m;
	int rows = 0;

	stage(&drum_class, "dial = yes");
	run_until(&lac, "ATTACHMENT_STARTED", 1);
	m = ask(ROOT, MANAGER, "ListSessions", "a{sv}su", 1, filters[_i].key, "s", filters[_i].value, "", 0);
	ck_assert_msg(sd_bus_message_is_method_error(m, "org.l2tpd1.Error.InvalidArgument") == (filters[_i].rows < 0),
		      "%s=%s", filters[_i].key, filters[_i].value);
	if (filters[_i].rows < 0)
		return;
	ck_assert_int_gt(sd_bus_message_enter_container(m, 'a', "a{sv}"), 0);
	while (sd_bus_message_skip(m, "a{sv}") > 0 && rows < 10)
		rows++;
	ck_assert_msg(rows == filters[_i].rows, "%s=%s: %d", filters[_i].key, filters[_i].value, rows);
}
END_TEST

START_TEST(changed) /* in words that begin as the kind's do; 1: it has none */
{
	quiet_class = drum_class;
	quiet_class.event = NULL;
	stage(_i ? &quiet_class : &drum_class, "dial = no");
	begin("Subscribe", "");
	await(&answer);
	begin("Open", "sa{sv}", "uplink", 0);
	run_until(&lac, "ATTACHMENT_STARTED", 1);
	run_until(&lns, "ATTACHMENT_STARTED", 1);
	beat();
	ck_assert_int_eq(open_close(lac.driver, lac.tunnel_id, lac.session_id, NULL), 0);
	hear_until("gone");
	ck_assert_str_eq(changes, _i ? "opened established closing gone " :
				       "opened established drum-up closing drum-down gone ");
}
END_TEST

START_TEST(opened) /* when all are up, and not before */
{
	uint32_t tunnel;

	stage(&drum_class, "dial = no calls = 2");
	begin("Open", "sa{sv}", "uplink", 1, "Wait", "b", true);
	run_until(&lac, "ATTACHMENT_STARTED", 2);
	ask(ROOT, MANAGER, "GetStatistics", "");
	ck_assert_ptr_null(answer);
	beat();
	await(&answer);
	ck_assert_int_gt(sd_bus_message_read(answer, "u", &tunnel), 0);
	ck_assert_uint_eq(tunnel, lac.tunnel_id);
}
END_TEST

static void expect_failure(const char *text)
{
	await(&answer);
	ck_assert(sd_bus_message_is_method_error(answer, "org.l2tpd1.Error.Failed"));
	ck_assert_msg(strstr(sd_bus_message_get_error(answer)->message, text), "%s",
		      sd_bus_message_get_error(answer)->message);
}

START_TEST(attachment_fails) /* its words reach whoever waits, and whoever listens */
{
	stage(&drum_class, "dial = no");
	begin("Subscribe", "");
	await(&answer);
	begin("Open", "sa{sv}", "uplink", 1, "Wait", "b", true);
	run_until(&lac, "ATTACHMENT_STARTED", 1);
	while (drums->attachment.session.lns)
		run_until(&lac, "ATTACHMENT_STARTED", 1);
	drum_end(drums, "the skin is torn");
	expect_failure("local failure: general error (result 2, error 6): no drum: the skin is torn");
	hear_until("closing");
	ck_assert_str_eq(detail, "the skin is torn");
}
END_TEST

/* ---- A data path that fails ------------------------------------------------------------------------------------ */

static struct failure {
	dataplane_done done;
	void *ctx;
	sd_event_source *later;
} failure;

static int on_later(sd_event_source *s, void *ctx)
{
	(void)s, (void)ctx;
	failure.done(failure.ctx, -EOPNOTSUPP, "the kernel has no drums");
	return 0;
}

static void fail_session(struct dataplane *d, const struct dataplane_session *s, dataplane_done done, void *ctx)
{
	(void)d, (void)s;
	failure.done = done;
	failure.ctx = ctx;
	ck_assert_int_ge(sd_event_add_defer(event, &failure.later, on_later, NULL), 0);
}

START_TEST(kernel_fails) /* likewise */
{
	static struct dataplane_class failing;

	stage(&drum_class, "dial = no");
	failing = *lac.driver->dataplane->class;
	failing.session_add = fail_session;
	lac.driver->dataplane->class = &failing;
	begin("Subscribe", "");
	await(&answer);
	begin("Open", "sa{sv}", "uplink", 1, "Wait", "b", true);
	expect_failure("the kernel has no drums");
	hear_until("closing");
	ck_assert_str_eq(detail, "the kernel has no drums");
	run_until(&lac, "TUNNEL_CLOSING", 1);
	sd_event_source_disable_unref(failure.later);
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

int main(void)
{
	Suite *suite = suite_create("kinds");
	TCase *tc = tcase_create("kinds");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, properties);
	tcase_add_test(tc, property_of_nothing);
	tcase_add_loop_test(tc, filtered, 0, N(filters));
	tcase_add_loop_test(tc, changed, 0, 2);
	tcase_add_test(tc, opened);
	tcase_add_test(tc, attachment_fails);
	tcase_add_test(tc, kernel_fails);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
