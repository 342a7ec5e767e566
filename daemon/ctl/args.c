/* SPDX-License-Identifier: MIT */
/*
 * args: the command line: l2tpctl [OPTION]... VERB [OPTION]... [ARGUMENT]...
 *
 * Options for every verb may precede or follow it; the verb's own options follow it.  getopt_long() parses them, with a
 * table that is made from the verb's rows, as is the help.
 */
#include "ctl.h"
#include "base/address.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define OWN_OPTION 256 /* and more: an option of the verb */
#define HELP_COLUMN 34

static const struct option globals[] = {
	{ "json", optional_argument, NULL, 'j' },
	{ "socket", required_argument, NULL, 'S' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
};

#define GLOBALS (sizeof(globals) / sizeof(globals[0]))

static const char usage[] =
	"l2tpctl: inspect and control the L2TP daemon\n"
	"\n"
	"  l2tpctl [OPTION]... VERB [OPTION]... [ARGUMENT]...\n";

static const char global_help[] =
	"Options for every verb:\n"
	"      --json[=lines]              print JSON; with lines, one object per line\n"
	"      --socket PATH               path of the daemon's socket, default " SOCKET_PATH "\n"
	"  -h, --help                      print this help; after a verb, the help of that verb\n"
	"  -V, --version                   print the version\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 invalid command line, 3 no daemon, 4 no such tunnel, session\n"
	"or profile, 5 permission denied, 6 timed out.  See l2tpctl(1).\n";

/* ---- Help --------------------------------------------------------------------------------------------------- */

static void print_aligned(size_t printed, const char *text)
{
	if (printed >= HELP_COLUMN) {
		putchar('\n');
		printed = 0;
	}
	printf("%*s%s\n", (int)(HELP_COLUMN - printed), "", text);
}

static void print_verb_line(const struct verb *v)
{
	int n = printf("  %s%s%s", v->name, *v->arguments ? " " : "", v->arguments);

	print_aligned((size_t)n, v->summary);
}

/* Does the verb's name consist of the group's name ("show") and more words?  Every verb is in the group "". */
static bool is_within(const struct verb *v, const char *group)
{
	size_t len = strlen(group);

	return len == 0 || (strncmp(v->name, group, len) == 0 && v->name[len] == ' ');
}

static void print_verbs(const char *group)
{
	const struct verb *v;
	bool any = false;

	for (size_t i = 0; (v = verb_at(i)); i++) {
		if (!(v->flags & VERB_HIDDEN) && is_within(v, group)) {
			print_verb_line(v);
			any = true;
		}
	}
	fputs(any ? "\n" : "", stdout);
}

static void print_options(const struct verb *v)
{
	for (size_t i = 0; i < verb_options(v); i++) {
		const struct verb_option *o = &v->options[i];
		int n = printf("      --%s%s%s", o->name, o->argument ? " " : "", o->argument ? o->argument : "");

		print_aligned((size_t)n, o->help);
	}
}

static void print_help(const struct verb *v, const char *group)
{
	if (v) {
		printf("l2tpctl %s%s%s%s: %s\n", v->name, v->options ? " [OPTION]..." : "", *v->arguments ? " " : "",
		       v->arguments, v->summary);
		print_options(v);
	} else {
		fputs(usage, stdout);
	}
	putchar('\n');
	print_verbs(group);
	fputs(global_help, stdout);
}

enum status ctl_usage(const struct ctl *c, const char *format, ...)
{
	va_list ap;

	fputs("l2tpctl: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, "\nTry: l2tpctl %s%s--help\n", c->verb ? c->verb->name : "", c->verb ? " " : "");
	return STATUS_USAGE;
}

/* ---- Values ------------------------------------------------------------------------------------------------- */

bool ctl_number(const char *s, uint32_t max, uint32_t *ret)
{
	unsigned long long n;
	char *end;

	/* strtoull() would accept leading blanks and signs */
	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	n = strtoull(s, &end, 10);
	if (errno || *end || n > max)
		return false;
	*ret = (uint32_t)n;
	return true;
}

/* "lac|lns": the words that are allowed; anything else is a placeholder. */
static bool is_choice(const char *argument)
{
	return *argument >= 'a' && *argument <= 'z';
}

static bool choice_allows(const char *argument, const char *value)
{
	size_t len = strlen(value);

	for (const char *p = argument;; p++) {
		size_t word = strcspn(p, "|");

		if (word == len && memcmp(p, value, len) == 0)
			return true;
		p += word;
		if (!*p)
			return false;
	}
}

static enum status check_address(const struct ctl *c, const struct verb_option *o, const char *value)
{
	struct l2tp_addr a;

	if (!strcmp(o->argument, "IP") && address_read_ip(value, INTERFACE_OPTIONAL, &a))
		return ctl_usage(c,
				 "--%s expects an address without a port, such as 192.0.2.1 or 2001:db8::1, not \"%s\"",
				 o->name, value);
	if (!strcmp(o->argument, "ADDRESS") && address_read(value, 0, INTERFACE_OPTIONAL, &a))
		return ctl_usage(c, "--%s expects an address, such as 192.0.2.1, 192.0.2.1:1701, 2001:db8::1 or "
				    "[2001:db8::1]:1701, not \"%s\"", o->name, value);
	return STATUS_OK;
}

/* The bus accepts only UTF-8. */
static enum status check_utf8(const struct ctl *c, const char *value)
{
	json_t *text = json_string(value);

	if (!text)
		return ctl_usage(c, "\"%s\" is not UTF-8", value);
	json_decref(text);
	return STATUS_OK;
}

static enum status check_value(const struct ctl *c, const struct verb_option *o, const char *value)
{
	uint32_t max = o->type == 'q' ? UINT16_MAX : UINT32_MAX, n;
	enum status status = check_utf8(c, value);

	if (status != STATUS_OK)
		return status;
	if ((o->type == 'u' || o->type == 'q') && !ctl_number(value, max, &n))
		return ctl_usage(c, "--%s expects a number from 0 to %u, not \"%s\"", o->name, max, value);
	if (o->argument && is_choice(o->argument) && !choice_allows(o->argument, value))
		return ctl_usage(c, "--%s expects %s, not \"%s\"", o->name, o->argument, value);
	return o->argument ? check_address(c, o, value) : STATUS_OK;
}

const char *ctl_option(const struct ctl *c, const char *name)
{
	size_t i = 0, n = verb_options(c->verb);

	while (i < n && strcmp(c->verb->options[i].name, name) != 0)
		i++;
	assert(i < n);
	return c->values[i];
}

uint32_t ctl_option_number(const struct ctl *c, const char *name, uint32_t otherwise)
{
	const char *value = ctl_option(c, name);
	uint32_t n = otherwise;

	if (value)
		ctl_number(value, UINT32_MAX, &n);
	return n;
}

static void append_option(sd_bus_message *m, const struct verb_option *o, const char *value)
{
	uint32_t n = 0;

	switch (o->type) {
	case 'b':
		ctl_must(sd_bus_message_append(m, "{sv}", o->key, "b", 1));
		break;
	case 'u':
		ctl_number(value, UINT32_MAX, &n);
		ctl_must(sd_bus_message_append(m, "{sv}", o->key, "u", n));
		break;
	case 'q':
		ctl_number(value, UINT16_MAX, &n);
		ctl_must(sd_bus_message_append(m, "{sv}", o->key, "q", (int)n));
		break;
	default:
		assert(o->type == 's');
		ctl_must(sd_bus_message_append(m, "{sv}", o->key, "s", value));
	}
}

void ctl_append_options(const struct ctl *c, sd_bus_message *m)
{
	ctl_must(sd_bus_message_open_container(m, 'a', "{sv}"));
	for (size_t i = 0; i < verb_options(c->verb); i++)
		if (c->values[i] && c->verb->options[i].key)
			append_option(m, &c->verb->options[i], c->values[i]);
	ctl_must(sd_bus_message_close_container(m));
}

/* ---- Reading ------------------------------------------------------------------------------------------------ */

static enum status read_format(struct ctl *c, const char *value)
{
	if (value && strcmp(value, "lines") != 0)
		return ctl_usage(c, "--json accepts no value except lines, not \"%s\"", value);
	c->format = value ? FORMAT_LINES : FORMAT_JSON;
	return STATUS_OK;
}

static enum status read_option(struct ctl *c, int which, const char *value, char *ret_done)
{
	if (which >= OWN_OPTION) {
		c->values[which - OWN_OPTION] = value ? value : "";
		return value ? check_value(c, &c->verb->options[which - OWN_OPTION], value) : STATUS_OK;
	}
	switch (which) {
	case 'j':
		return read_format(c, value);
	case 'S':
		c->socket = value;
		return STATUS_OK;
	case 'h':
	case 'V':
		*ret_done = (char)which;
		return STATUS_OK;
	default: /* getopt_long() has printed an error */
		fputs("Try: l2tpctl --help\n", stderr);
		return STATUS_USAGE;
	}
}

/* All options of argv, up to the first word if mode is "+". */
static enum status read_options(struct ctl *c, int argc, char **argv, const char *mode, char *ret_done)
{
	size_t own = c->verb ? verb_options(c->verb) : 0;
	struct option table[GLOBALS + OPTIONS_MAX + 1] = { 0 };
	enum status status = STATUS_OK;
	int which;

	memcpy(table, globals, sizeof(globals));
	for (size_t i = 0; i < own; i++)
		table[GLOBALS + i] = (struct option){ c->verb->options[i].name,
						      c->verb->options[i].argument ? required_argument : no_argument,
						      NULL, OWN_OPTION + (int)i };
	optind = 0; /* from the beginning */
	while (status == STATUS_OK && (which = getopt_long(argc, argv, mode, table, NULL)) != -1)
		status = read_option(c, which, optarg, ret_done);
	return status;
}

static enum status check_arguments(const struct ctl *c)
{
	enum status status = STATUS_OK;
	size_t min, max;

	verb_arity(c->verb, &min, &max);
	if (c->n_args < min)
		return ctl_usage(c, "%s: missing argument: %s", c->verb->name, c->verb->arguments);
	if (c->n_args > max)
		return ctl_usage(c, "%s: unexpected argument \"%s\"", c->verb->name, c->args[max]);
	if (c->verb->flags & VERB_NO_JSON && c->format != FORMAT_TEXT)
		return ctl_usage(c, "%s does not support --json", c->verb->name);
	for (size_t i = 0; i < c->n_args && status == STATUS_OK; i++)
		status = check_utf8(c, c->args[i]);
	return status;
}

/* There is no such verb: the words are a group of verbs, or a mistake. */
static enum status refuse_words(const struct ctl *c, char **words, size_t n)
{
	const struct verb *v;

	if (n == 0)
		return ctl_usage(c, "missing verb");
	for (size_t i = 0; (v = verb_at(i)); i++)
		if (verb_begins(v, words, 1))
			return ctl_usage(c, "%s: incomplete command; for example: l2tpctl %s %s", words[0], v->name,
					 v->arguments);
	return ctl_usage(c, "unknown verb \"%s\"", words[0]);
}

static enum status find_verb(struct ctl *c, char **words, size_t n, char *ret_done)
{
	static char name[] = "l2tpctl";
	enum status status;
	size_t used = 1; /* a group of verbs: for its --help */

	if (n == 0)
		return refuse_words(c, words, n);
	c->verb = verb_find(words, n, &used);
	c->args = words + used;
	c->n_args = n - used;
	if (c->verb)
		c->args[-1] = name; /* where getopt_long() expects the program's name, for its messages */
	status = read_options(c, (int)c->n_args + 1, c->args - 1, "hV", ret_done);
	c->args += optind - 1;
	c->n_args -= (size_t)optind - 1;
	if (status != STATUS_OK || *ret_done)
		return status;
	return c->verb ? check_arguments(c) : refuse_words(c, words, n);
}

enum status ctl_parse(struct ctl *c, int argc, char **argv)
{
	char done = 0, **words;
	enum status status;

	status = read_options(c, argc, argv, "+hV", &done);
	words = argv + optind;
	if (status == STATUS_OK && !done)
		status = find_verb(c, words, (size_t)(argc - optind), &done);
	if (status == STATUS_OK && done == 'V')
		puts("l2tpctl " VERSION);
	else if (status == STATUS_OK && done)
		print_help(c->verb, c->verb ? c->verb->name : c->args ? words[0] : "");
	if (done)
		c->verb = NULL;
	return status;
}
