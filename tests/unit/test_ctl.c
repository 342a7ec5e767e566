/* SPDX-License-Identifier: MIT */
/* ctl: the tool's command line, what comes over the bus as JSON, tables and text for people. */
#include "daemon/ctl/json.h"
#include "daemon/ctl/table.h"
#include "daemon/ctl/text.h"

#include <check.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- Command line ------------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *line;
	enum status status;
	const char *verb; /* NULL: there is nothing to run */
	size_t args;
	enum ctl_format format;
} lines[] = {
	{ "two words", "show config", STATUS_OK, "show config", 0, FORMAT_TEXT },
	{ "json before", "--json show config", STATUS_OK, "show config", 0, FORMAT_JSON },
	{ "json behind", "show config --json=lines", STATUS_OK, "show config", 0, FORMAT_LINES },
	{ "json of another kind", "show config --json=xml", STATUS_USAGE, NULL, 0, FORMAT_TEXT },
	{ "nothing", "", STATUS_USAGE, NULL, 0, FORMAT_TEXT },
	{ "no such verb", "shw", STATUS_USAGE, NULL, 0, FORMAT_TEXT },
	{ "not as an abbreviation", "sho config", STATUS_USAGE, NULL, 0, FORMAT_TEXT },
	{ "too much", "show config x", STATUS_USAGE, NULL, 0, FORMAT_TEXT },
	{ "no such option", "show config --bogus", STATUS_USAGE, NULL, 0, FORMAT_TEXT },
	{ "no such option before", "--bogus show config", STATUS_USAGE, NULL, 0, FORMAT_TEXT },
	{ "an option without its argument", "show config --socket", STATUS_USAGE, NULL, 0, FORMAT_TEXT },
	{ "the longer name", "show tunnel 5", STATUS_OK, "show tunnel", 1, FORMAT_TEXT },
	{ "the shorter name", "show", STATUS_OK, "show", 0, FORMAT_TEXT },
	{ "options among arguments", "close --result 3 5/6 --message x", STATUS_OK, "close", 1, FORMAT_TEXT },
	{ "no argument", "open --wait", STATUS_USAGE, NULL, 0, FORMAT_TEXT },
	{ "a number that is too large", "close 5 --result 65536", STATUS_USAGE, NULL, 0, FORMAT_TEXT },
	{ "no number", "watch --count x", STATUS_USAGE, NULL, 0, FORMAT_TEXT },
	{ "one of the words", "show sessions --role lns", STATUS_OK, "show sessions", 0, FORMAT_TEXT },
	{ "none of the words", "show sessions --role la", STATUS_USAGE, NULL, 0, FORMAT_TEXT },
	{ "not UTF-8", "open \xff", STATUS_USAGE, NULL, 0, FORMAT_TEXT },
	{ "an option that is not UTF-8", "show tunnels --profile \xff", STATUS_USAGE, NULL, 0, FORMAT_TEXT },
	{ "no JSON", "--json complete x", STATUS_USAGE, NULL, 0, FORMAT_TEXT },
	{ "everything after --", "complete -- --json", STATUS_OK, "complete", 1, FORMAT_TEXT },
	{ "help", "--help", STATUS_OK, NULL, 0, FORMAT_TEXT },
	{ "help of a verb", "show config --help", STATUS_OK, NULL, 0, FORMAT_TEXT },
	{ "help of a group", "show --help", STATUS_OK, NULL, 0, FORMAT_TEXT },
	{ "version", "--version", STATUS_OK, NULL, 0, FORMAT_TEXT },
};

#define ARGS_MAX 16

static enum status parse(struct ctl *c, char *line)
{
	char *argv[ARGS_MAX] = { (char *)"l2tpctl" }, *save;
	int argc = 1;

	*c = (struct ctl){ .socket = SOCKET_PATH };
	for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	return ctl_parse(c, argc, argv);
}

START_TEST(command_lines)
{
	char line[128];
	struct ctl c;

	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
	ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
	snprintf(line, sizeof(line), "%s", lines[_i].line);
	ck_assert_msg(parse(&c, line) == lines[_i].status, "%s", lines[_i].name);
	if (!lines[_i].verb)
		return;
	ck_assert_ptr_nonnull(c.verb);
	ck_assert_str_eq(c.verb->name, lines[_i].verb);
	ck_assert_uint_eq(c.n_args, lines[_i].args);
	ck_assert_uint_eq(c.format, lines[_i].format);
}
END_TEST

/* Every row of the table is fit to be in it. */
START_TEST(verbs_in_order)
{
	const struct verb *v;
	size_t min, max;

	for (size_t i = 0; (v = verb_at(i)); i++) {
		ck_assert_msg(v->arguments && v->summary && v->run, "%s", v->name);
		verb_arity(v, &min, &max);
		ck_assert_msg(min <= max, "%s", v->name);
		for (size_t j = 0; j < verb_options(v); j++) {
			const struct verb_option *o = &v->options[j];

			ck_assert_msg(!o->key || (o->type && strchr("bsuq", o->type)), "%s --%s", v->name, o->name);
			ck_assert_msg((o->type == 'b') <= !o->argument, "%s --%s", v->name, o->name);
		}
	}
}
END_TEST

static enum status nothing(struct ctl *c)
{
	(void)c;
	return STATUS_OK;
}

static const struct {
	const char *arguments;
	size_t min, max;
} arities[] = {
	{ "", 0, 0 }, { "TUNNEL", 1, 1 }, { "[PROFILE]", 0, 1 }, { "TUNNEL [FILE]", 1, 2 },
	{ "TUNNEL[/SESSION]", 1, 1 }, { "FILE...", 1, SIZE_MAX }, { "[FILE]...", 0, SIZE_MAX },
};

START_TEST(arguments_counted)
{
	struct verb v = { "test", arities[_i].arguments, "", NULL, nothing, 0 };
	size_t min, max;

	verb_arity(&v, &min, &max);
	ck_assert_uint_eq(min, arities[_i].min);
	ck_assert_uint_eq(max, arities[_i].max);
}
END_TEST

static const struct {
	const char *text;
	uint32_t max;
	bool good;
	uint32_t value;
} numbers[] = {
	{ "0", 10, true, 0 }, { "10", 10, true, 10 }, { "11", 10, false, 0 }, { "", 10, false, 0 },
	{ "-1", UINT32_MAX, false, 0 }, { " 1", 10, false, 0 }, { "1 ", 10, false, 0 }, { "0x1", 10, false, 0 },
	{ "4294967295", UINT32_MAX, true, UINT32_MAX }, { "4294967296", UINT32_MAX, false, 0 },
	{ "99999999999999999999999", UINT32_MAX, false, 0 },
};

START_TEST(numbers_read)
{
	uint32_t n = 0;

	ck_assert_int_eq(ctl_number(numbers[_i].text, numbers[_i].max, &n), numbers[_i].good);
	ck_assert_uint_eq(n, numbers[_i].value);
}
END_TEST

/* ---- Bus to JSON -------------------------------------------------------------------------------------------- */

static sd_bus *bus;

/* A message may be read when it is sealed; the connection is never used. */
static sd_bus_message *new_message(void)
{
	sd_bus_message *m;
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	ck_assert_int_ge(sd_bus_new(&bus), 0);
	ck_assert_int_ge(sd_bus_set_fd(bus, fds[0], fds[0]), 0);
	ck_assert_int_ge(sd_bus_start(bus), 0);
	close(fds[1]);
	ck_assert_int_ge(sd_bus_message_new_signal(bus, &m, "/x", "x.y", "z"), 0);
	return m;
}

static void expect_json(sd_bus_message *m, int expected, const char *text)
{
	json_t *value = NULL;
	char *dump;

	ck_assert_int_ge(sd_bus_message_seal(m, 1, 0), 0);
	ck_assert_int_eq(json_read(m, &value), expected);
	if (expected == 0) {
		dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
		ck_assert_str_eq(dump, text);
		free(dump);
		json_decref(value);
	}
	sd_bus_message_unref(m);
	sd_bus_close_unref(bus);
}

START_TEST(row_to_json)
{
	sd_bus_message *m = new_message();

	ck_assert_int_ge(sd_bus_message_append(m, "aa{sv}", 2, 4, "Tunnel", "u", 4294967295U, "Peer", "s",
					       "\xc3\xa4\x1b[2J", "Authenticated", "b", 1, "Ns", "q", 65535, 1,
					       "Retransmits", "t", (uint64_t)1 << 62), 0);
	expect_json(m, 0, "[{\"Tunnel\":4294967295,\"Peer\":\"\\u00E4\\u001B[2J\",\"Authenticated\":true,\"Ns\":65535},"
			  "{\"Retransmits\":4611686018427387904}]");
}
END_TEST

START_TEST(all_types_to_json)
{
	sd_bus_message *m = new_message();

	ck_assert_int_ge(sd_bus_message_append(m, "(ybnqiuxtdsogasa{st}v)", 255, 0, -1, 1, -2, 2, (int64_t)-3,
					       UINT64_MAX, 0.5, "s", "/o", "g", 2, "a", "b", 1, "RxBytes", (uint64_t)7,
					       "as", 0), 0);
	expect_json(m, 0, "[255,false,-1,1,-2,2,-3,1.8446744073709552e19,0.5,\"s\",\"/o\",\"g\",[\"a\",\"b\"],"
			  "{\"RxBytes\":7},[]]");
}
END_TEST

START_TEST(nothing_to_json)
{
	expect_json(new_message(), -ENXIO, NULL);
}
END_TEST

START_TEST(no_json_for_a_descriptor)
{
	sd_bus_message *m = new_message();

	ck_assert_int_ge(sd_bus_message_append(m, "ah", 1, 0), 0);
	expect_json(m, -ENOTSUP, NULL);
}
END_TEST

/* ---- Text --------------------------------------------------------------------------------------------------- */

static void use_utf8(void)
{
	ck_assert_ptr_nonnull(setlocale(LC_ALL, "C.UTF-8"));
}

static const struct {
	const char *text, *escaped;
	size_t width;
} texts[] = {
	{ "", "", 0 },
	{ "plain \\ text", "plain \\ text", 12 },
	{ "\x1b[2J\a\n\x7f", "\\x1b[2J\\x07\\x0a\\x7f", 19 },
	{ "Z\xc3\xbcrich", "Z\xc3\xbcrich", 6 },
	{ "\xe6\x9d\xb1\xe4\xba\xac", "\xe6\x9d\xb1\xe4\xba\xac", 4 },
	{ "e\xcc\x81", "e\xcc\x81", 1 },
	{ "\xc2\x9b" "31m", "\\xc2\\x9b31m", 11 },           /* CSI of C1 */
	{ "a\xe2\x80\xae" "b", "a\\xe2\\x80\\xaeb", 14 },    /* right-to-left override */
	{ "\xff\xfe", "\\xff\\xfe", 8 },
	{ "\xe6\x9d", "\\xe6\\x9d", 8 },
};

START_TEST(text_escaped)
{
	char *s = text_escape(texts[_i].text);

	ck_assert_str_eq(s, texts[_i].escaped);
	ck_assert_uint_eq(text_width(s), texts[_i].width);
	free(s);
}
END_TEST

START_TEST(text_escaped_in_c)
{
	char *s;

	ck_assert_ptr_nonnull(setlocale(LC_ALL, "C"));
	s = text_escape("Z\xc3\xbcrich");
	ck_assert_str_eq(s, "Z\\xc3\\xbcrich");
	text_clip(s, 4);
	ck_assert_str_eq(s, "Z\\x~");
	free(s);
}
END_TEST

static const struct {
	const char *text;
	size_t width;
	const char *clipped;
} clips[] = {
	{ "short", 5, "short" },
	{ "shorter", 5, "shor\xe2\x80\xa6" },
	{ "\xe6\x9d\xb1\xe4\xba\xac\xe6\x9d\xb1", 4, "\xe6\x9d\xb1\xe2\x80\xa6" }, /* the second would end beyond */
	{ "ab", 1, "~" }, /* no room for three octets */
	{ "abcdef", 0, "" },
};

START_TEST(text_clipped)
{
	char s[64];

	snprintf(s, sizeof(s), "%s", clips[_i].text);
	text_clip(s, clips[_i].width);
	ck_assert_str_eq(s, clips[_i].clipped);
}
END_TEST

static const struct {
	uint64_t usec;
	const char *text;
} durations[] = {
	{ 0, "0s" }, { 1500, "1.5ms" }, { 250000, "250ms" }, { 1000000, "1s" }, { 1500000, "1.5s" },
	{ 90000000, "1min 30s" }, { 3600000000, "1h 0min" }, { 100000000000, "1d 3h" },
};

START_TEST(durations_told)
{
	char buf[TEXT_MAX];

	ck_assert_str_eq(text_duration(durations[_i].usec, buf), durations[_i].text);
}
END_TEST

static const struct {
	double n;
	unsigned base;
	const char *unit, *text;
} amounts[] = {
	{ 0, 1024, "B", "0 B" }, { 1023, 1024, "B", "1023 B" }, { 1536, 1024, "B", "1.5 KiB" },
	{ 1500, 1000, "bit/s", "1.5 kbit/s" }, { 123456789, 1000, "bit/s", "123 Mbit/s" },
	{ 5e18, 1000, "", "5000000 T" },
};

START_TEST(amounts_told)
{
	char buf[TEXT_MAX];

	ck_assert_str_eq(text_amount(amounts[_i].n, amounts[_i].base, amounts[_i].unit, buf), amounts[_i].text);
}
END_TEST

START_TEST(times_told)
{
	char buf[TEXT_MAX];

	setenv("TZ", "UTC", 1);
	ck_assert_str_eq(text_time(0, 5, buf), "");
	ck_assert_str_eq(text_time(1000000, 61000000, buf), "1970-01-01 00:00:01 (1min 0s ago)");
	ck_assert_str_eq(text_time(1000000, 0, buf), "1970-01-01 00:00:01");
}
END_TEST

/* ---- Tables ------------------------------------------------------------------------------------------------- */

static const struct table_column columns[] = {
	{ .title = "ID", .right = true }, { .title = "NAME", .shrink = true }, { .title = "STATE" },
};

static char *drawn;
static size_t drawn_size;

static struct table *draw(FILE **out, size_t width)
{
	*out = open_memstream(&drawn, &drawn_size);
	ck_assert_ptr_nonnull(*out);
	return table_new(columns, ARRAY_SIZE(columns), *out, width, false);
}

static void expect_drawn(struct table *t, FILE *out, const char *text)
{
	table_end(t);
	fclose(out);
	ck_assert_str_eq(drawn, text);
	free(drawn);
}

START_TEST(table_aligned)
{
	FILE *out;
	struct table *t = draw(&out, 0);

	table_add(t, (const char *[]){ "7", "Z\xc3\xbcrich", "established" });
	table_add(t, (const char *[]){ "12345", "\x1b", NULL });
	table_add(t, (const char *[]){ "1", "\xe6\x9d\xb1\xe4\xba\xac", "idle" });
	expect_drawn(t, out,
		     "   ID  NAME    STATE\n"
		     "    7  Z\xc3\xbcrich  established\n"
		     "12345  \\x1b\n"
		     "    1  \xe6\x9d\xb1\xe4\xba\xac    idle\n");
}
END_TEST

START_TEST(table_empty)
{
	FILE *out;
	struct table *t = draw(&out, 0);

	expect_drawn(t, out, "ID  NAME  STATE\n");
}
END_TEST

START_TEST(table_narrow)
{
	FILE *out;
	struct table *t = draw(&out, 24);

	table_add(t, (const char *[]){ "7", "a-long-name.example.net", "idle" });
	expect_drawn(t, out,
		     "ID  NAME           STATE\n"
		     " 7  a-long-name.\xe2\x80\xa6  idle\n");
}
END_TEST

/* A column is not cut to nothing: the line is too long then. */
START_TEST(table_too_narrow)
{
	FILE *out;
	struct table *t = draw(&out, 10);

	table_add(t, (const char *[]){ "7", "a-long-name.example.net", "idle" });
	expect_drawn(t, out,
		     "ID  NAME      STATE\n"
		     " 7  a-long-\xe2\x80\xa6  idle\n");
}
END_TEST

/* What is printed as it comes is as wide as what was held, or wider. */
START_TEST(table_long)
{
	FILE *out;
	struct table *t = draw(&out, 0);
	size_t rows = 0, n = 1010;
	char *line, *save;

	for (size_t i = 0; i < n; i++)
		table_add(t, (const char *[]){ "7", i == n - 1 ? "later" : "name", "idle" });
	table_end(t);
	fclose(out);
	for (line = strtok_r(drawn, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		rows++;
		if (rows > 1 && rows <= n)
			ck_assert_str_eq(line, " 7  name  idle");
		if (rows == n + 1)
			ck_assert_str_eq(line, " 7  later  idle");
	}
	ck_assert_uint_eq(rows, n + 1);
	free(drawn);
}
END_TEST

static Suite *ctl_suite(void)
{
	Suite *s = suite_create("ctl");
	TCase *t = tcase_create("command line");

	tcase_add_loop_test(t, command_lines, 0, ARRAY_SIZE(lines));
	tcase_add_loop_test(t, arguments_counted, 0, ARRAY_SIZE(arities));
	tcase_add_loop_test(t, numbers_read, 0, ARRAY_SIZE(numbers));
	tcase_add_test(t, verbs_in_order);
	suite_add_tcase(s, t);

	t = tcase_create("json");
	tcase_add_test(t, row_to_json);
	tcase_add_test(t, all_types_to_json);
	tcase_add_test(t, nothing_to_json);
	tcase_add_test(t, no_json_for_a_descriptor);
	suite_add_tcase(s, t);

	t = tcase_create("text");
	tcase_add_checked_fixture(t, use_utf8, NULL);
	tcase_add_loop_test(t, text_escaped, 0, ARRAY_SIZE(texts));
	tcase_add_test(t, text_escaped_in_c);
	tcase_add_loop_test(t, text_clipped, 0, ARRAY_SIZE(clips));
	tcase_add_loop_test(t, durations_told, 0, ARRAY_SIZE(durations));
	tcase_add_loop_test(t, amounts_told, 0, ARRAY_SIZE(amounts));
	tcase_add_test(t, times_told);
	suite_add_tcase(s, t);

	t = tcase_create("table");
	tcase_add_checked_fixture(t, use_utf8, NULL);
	tcase_add_test(t, table_aligned);
	tcase_add_test(t, table_empty);
	tcase_add_test(t, table_narrow);
	tcase_add_test(t, table_too_narrow);
	tcase_add_test(t, table_long);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(ctl_suite());
	int failed;

	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
