/* SPDX-License-Identifier: MIT */
/*
 * value: the kinds of values, each with its reader: text in, field of a struct out, or a few words about what
 * is wrong with it; and with its writer, which prints the option as it may stand in a file.  A reader leaves the field
 * alone when it fails.  Bounds come from the option's row.
 *
 * Values of a list come one by one and are appended.  To free the struct, clear() is called, which is fine with a
 * field that was never set and wipes what is secret.  Called through the rows of option.c.
 */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
#include "value.h"
#include "base/log.h"
#include "base/server.h"

const char *value_out_of_memory(struct option_context *x)
{
	x->oom = true;
	return NULL;
}

void value_clear_text(void *field)
{
	char **text = field;

	free(*text);
	*text = NULL;
}

const char *value_replace_text(struct option_context *x, const char *text, char **field)
{
	char *copy = strdup(text);

	if (!copy)
		return value_out_of_memory(x);
	free(*field);
	*field = copy;
	return NULL;
}

/* ---- Numbers and times ---- */

bool value_read_digits(const char *text, uint64_t *ret, const char **ret_rest)
{
	uint64_t value = 0;

	if (!isdigit((unsigned char)*text))
		return false;
	for (; isdigit((unsigned char)*text); text++)
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return false;
	*ret = value;
	*ret_rest = text;
	return true;
}

static void store(void *field, size_t size, uint64_t value)
{
	switch (size) {
	case 1: *(uint8_t *)field = (uint8_t)value; break;
	case 2: *(uint16_t *)field = (uint16_t)value; break;
	case 4: *(uint32_t *)field = (uint32_t)value; break;
	case 8: *(uint64_t *)field = value; break;
	default: assert(!"a field of this size");
	}
}

static uint64_t fetch(const void *field, size_t size)
{
	switch (size) {
	case 1: return *(const uint8_t *)field;
	case 2: return *(const uint16_t *)field;
	case 4: return *(const uint32_t *)field;
	case 8: return *(const uint64_t *)field;
	default: assert(!"a field of this size");
	}
	return 0;
}

static const char *set_number(struct option_context *x, const struct option *o, const char *text, void *field)
{
	const char *rest;
	uint64_t value;

	(void)x;
	if (o->word && strcmp(text, o->word) == 0) {
		store(field, o->size, 0);
		return NULL;
	}
	if (!value_read_digits(text, &value, &rest) || *rest)
		return "not a number";
	if (value < o->min || value > o->max)
		return "out of range";
	store(field, o->size, value);
	return NULL;
}

static void describe_number(const struct option *o, char *buf, size_t size)
{
	snprintf(buf, size, "%" PRIu64 " to %" PRIu64 "%s%s", o->min, o->max, o->word ? ", or " : "",
		 o->word ? o->word : "");
}

static void print_number(const struct option *o, const void *field, const struct option_print *p)
{
	uint64_t value = fetch(field, o->size);

	if (value == 0 && o->word)
		option_put(p, o, "%s", o->word);
	else
		option_put(p, o, "%" PRIu64, value);
}

static const struct unit {
	const char *name;
	usec_t usec;
} units[] = {
	{ "d", 86400 * USEC_PER_SEC }, { "h", 3600 * USEC_PER_SEC }, { "min", 60 * USEC_PER_SEC },
	{ "s", USEC_PER_SEC },         { "ms", USEC_PER_MSEC },
};
#define UNITS_END (units + sizeof(units) / sizeof(units[0]))

static const char *read_time(const struct option *o, const char *text, usec_t *ret)
{
	const struct unit *unit;
	const char *rest;
	uint64_t value;

	if (!value_read_digits(text, &value, &rest))
		return "not a time";
	for (unit = units; unit < UNITS_END && strcmp(*rest ? rest : "s", unit->name) != 0; unit++)
		;
	if (unit == UNITS_END)
		return "not a time";
	if (__builtin_mul_overflow(value, unit->usec, &value) || value < o->min || value > o->max)
		return "out of range";
	*ret = value;
	return NULL;
}

static const char *set_time(struct option_context *x, const struct option *o, const char *text, void *field)
{
	usec_t *time = field;

	(void)x;
	if (o->word && strcmp(text, o->word) == 0) {
		*time = USEC_NEVER;
		return NULL;
	}
	return read_time(o, text, time);
}

static const char *set_msec(struct option_context *x, const struct option *o, const char *text, void *field)
{
	usec_t time;
	const char *what = read_time(o, text, &time);

	(void)x;
	if (!what)
		*(uint32_t *)field = (uint32_t)(time / USEC_PER_MSEC);
	return what;
}

/* in the largest unit that needs no fraction */
static const char *write_time(usec_t time, char *buf, size_t size)
{
	const struct unit *unit = units;

	while (unit < UNITS_END - 1 && (time == 0 || time % unit->usec))
		unit++;
	snprintf(buf, size, "%" PRIu64 "%s", time / unit->usec, unit->name);
	return buf;
}

static void describe_time(const struct option *o, char *buf, size_t size)
{
	char min[24], max[24];

	snprintf(buf, size, "%s to %s%s%s (as in 500ms, 10s or just 10, 5min, 2h, 1d)",
		 write_time(o->min, min, sizeof(min)), write_time(o->max, max, sizeof(max)), o->word ? ", or " : "",
		 o->word ? o->word : "");
}

static void print_time(const struct option *o, const void *field, const struct option_print *p)
{
	const usec_t *time = field;
	char text[24];

	option_put(p, o, "%s", *time == USEC_NEVER ? o->word : write_time(*time, text, sizeof(text)));
}

static void print_msec(const struct option *o, const void *field, const struct option_print *p)
{
	const usec_t time = *(const uint32_t *)field * USEC_PER_MSEC;

	print_time(o, &time, p);
}

static const char *set_dscp(struct option_context *x, const struct option *o, const char *text, void *field)
{
	uint32_t *phb = field, dscp;

	if (strcmp(text, o->word) == 0) {
		*phb = L2TP_PHB_NONE;
		return NULL;
	}
	const char *what = set_number(x, &(struct option){ .size = sizeof(dscp), .max = o->max }, text, &dscp);
	if (!what)
		*phb = dscp << CONFIG_DSCP_SHIFT;
	return what;
}

static void print_dscp(const struct option *o, const void *field, const struct option_print *p)
{
	const uint32_t *phb = field;

	if (*phb == L2TP_PHB_NONE)
		option_put(p, o, "%s", o->word);
	else
		option_put(p, o, "%" PRIu32, *phb >> CONFIG_DSCP_SHIFT);
}

/* "4", or "2/7": only the general error has an error code behind it, and says nothing without one */
static const char *set_refusal(struct option_context *x, const struct option *o, const char *text, void *field)
{
	struct l2tp_refusal *refusal = field;
	uint64_t result, error = EC_NONE;
	const char *rest;

	(void)x;
	if (strcmp(text, o->word) == 0) {
		*refusal = (struct l2tp_refusal){ 0 };
		return NULL;
	}
	if (!value_read_digits(text, &result, &rest) || (*rest && *rest != '/') ||
	    (*rest && (!value_read_digits(rest + 1, &error, &rest) || *rest)))
		return "not a result code";
	if (result < o->min || result > o->max || error > EC_UNKNOWN_MANDATORY_AVP)
		return "out of range";
	if ((result == RC_CDN_GENERAL) != (error != EC_NONE))
		return "an error code is required with result 2, and not allowed with others";
	*refusal = (struct l2tp_refusal){ (uint16_t)result, (uint16_t)error };
	return NULL;
}

static void print_refusal(const struct option *o, const void *field, const struct option_print *p)
{
	const struct l2tp_refusal *refusal = field;

	if (!refusal->result)
		option_put(p, o, "%s", o->word);
	else if (!refusal->error)
		option_put(p, o, "%u", refusal->result);
	else
		option_put(p, o, "%u/%u", refusal->result, refusal->error);
}

static void describe_refusal(const struct option *o, char *buf, size_t size)
{
	snprintf(buf, size, "a result code of %" PRIu64 " to %" PRIu64 ", 2 with its error code as in 2/7, or %s", o->min,
		 o->max, o->word);
}

const struct option_kind kind_refusal = { .set = set_refusal, .print = print_refusal, .describe = describe_refusal };
const struct option_kind kind_dscp = { .set = set_dscp, .print = print_dscp, .describe = describe_number };
const struct option_kind kind_number = { .set = set_number, .print = print_number, .describe = describe_number };
const struct option_kind kind_time = { .set = set_time, .print = print_time, .describe = describe_time };
const struct option_kind kind_msec = { .set = set_msec, .print = print_msec, .describe = describe_time };

/* ---- Words ---- */

static const char *set_word(struct option_context *x, const struct option *o, const char *text, void *field)
{
	(void)x;
	for (const struct option_word *w = o->kind->words; w->text; w++) {
		if (strcasecmp(w->text, text) == 0) {
			store(field, o->size, w->value);
			return NULL;
		}
	}
	return "not one of the words";
}

static void print_word(const struct option *o, const void *field, const struct option_print *p)
{
	const struct option_word *w = o->kind->words;

	while (w->text && w->value != fetch(field, o->size))
		w++;
	assert(w->text);
	option_put(p, o, "%s", w->text);
}

static const struct option_word bools[] = { { "yes", 1 }, { "no", 0 },  { "true", 1 }, { "false", 0 },
					    { "on", 1 },  { "off", 0 }, { 0 } };
static const struct option_word families[] = { { "any", 0 }, { "ipv4", 4 }, { "ipv6", 6 }, { 0 } };
static const struct option_word sequencings[] = { { "no", CONFIG_SEQUENCING_NO },
						  { "yes", CONFIG_SEQUENCING_YES },
						  { "negotiation", CONFIG_SEQUENCING_NEGOTIATION },
						  { 0 } };
static const struct option_word accesses[] = { { "none", false }, { "read", true }, { 0 } };
static const struct option_word log_levels[] = { { "error", LOG_ERR },   { "warning", LOG_WARNING },
						 { "notice", LOG_NOTICE }, { "info", LOG_INFO },
						 { "debug", LOG_DEBUG },   { 0 } };

#define WORDS(table) .words = table, .set = set_word, .print = print_word

const struct option_kind kind_yes_no = { .allowed = "yes or no", WORDS(bools) };
const struct option_kind kind_family = { .allowed = "any, ipv4 or ipv6", WORDS(families) };
const struct option_kind kind_sequencing = { .allowed = "no, yes or negotiation", WORDS(sequencings) };
const struct option_kind kind_access = { .allowed = "none or read", WORDS(accesses) };
const struct option_kind kind_log_level = { .allowed = "error, warning, notice, info or debug", WORDS(log_levels) };

#undef WORDS

/* ---- Texts ---- */

/* What may not stand for itself in a string, and how it is written: "${" would be a variable of the environment. */
void value_put_quoted(const char *text, FILE *out)
{
	static const char special[] = "\"\\$\n\r\t", written[] = "\"\\$nrt";

	fputc('"', out);
	for (; *text; text++) {
		const char *c = strchr(special, *text);

		if (c)
			fputc('\\', out);
		fputc(c ? written[c - special] : *text, out);
	}
	fputc('"', out);
}

static void print_quoted(const struct option *o, const char *text, const struct option_print *p)
{
	option_put_key(p, o);
	value_put_quoted(text, p->out);
	fputc('\n', p->out);
}

void value_print_text(const struct option *o, const void *field, const struct option_print *p)
{
	char *const *text = field;

	if (*text)
		print_quoted(o, *text, p);
}

static void print_name(const struct option *o, const void *field, const struct option_print *p)
{
	print_quoted(o, field, p);
}

static const char *check_length(const struct option *o, size_t len)
{
	return len < o->min ? "empty" : len > o->max ? "too long" : NULL;
}

static void describe_length(const struct option *o, char *buf, size_t size)
{
	snprintf(buf, size, "%" PRIu64 " to %" PRIu64 " octets", o->min, o->max);
}

static const char *set_text(struct option_context *x, const struct option *o, const char *text, void *field)
{
	const char *what = check_length(o, strlen(text));

	return what ? what : value_replace_text(x, text, field);
}

/* Peers show it to people: a Vendor Name has to be UTF-8 (4.4.3), and a Host Name had better be. */
static const char *set_name(struct option_context *x, const struct option *o, const char *text, void *field)
{
	const char *what = check_length(o, strlen(text));

	(void)x;
	if (!what && !log_is_utf8(text))
		what = "not UTF-8";
	if (!what) {
		memset(field, 0, o->size);
		memcpy(field, text, strlen(text));
	}
	return what;
}

static const char *set_texts(struct option_context *x, const struct option *o, const char *text, void *field)
{
	char ***list = field, **longer;
	size_t n = 0;

	if (!text[0])
		return "empty";
	while (*list && (*list)[n])
		n++;
	if (n >= o->max)
		return "too many values";
	longer = realloc(*list, (n + 2) * sizeof(*longer));
	if (!longer)
		return value_out_of_memory(x);
	*list = longer;
	longer[n + 1] = NULL;
	longer[n] = strdup(text);
	return longer[n] ? NULL : value_out_of_memory(x);
}

static const char *set_servers(struct option_context *x, const struct option *o, const char *text, void *field)
{
	struct server server;
	const char *what = server_read(text, 0, &server);

	return what ? what : set_texts(x, o, text, field);
}

static void describe_servers(const struct option *o, char *buf, size_t size)
{
	snprintf(buf, size,
		 "a list of up to %" PRIu64 " names of 1 to %d octets or addresses, optionally with a port, as in "
		 "lns.example:1702, 192.0.2.1:1702, 2001:db8::1 or [2001:db8::1]:1702",
		 o->max, SERVER_NAME_MAX);
}

static void print_texts(const struct option *o, const void *field, const struct option_print *p)
{
	char **const *list = field;

	if (!*list)
		return;
	option_put_key(p, o);
	for (char **i = *list; *i; i++) {
		fputs(i == *list ? "{ " : ", ", p->out);
		value_put_quoted(*i, p->out);
	}
	fputs(" }\n", p->out);
}

static void describe_list(const struct option *o, char *buf, size_t size)
{
	snprintf(buf, size, "a list of up to %" PRIu64 " non-empty texts", o->max);
}

static void clear_texts(void *field)
{
	char ***list = field;

	for (char **i = *list; i && *i; i++)
		free(*i);
	free(*list);
	*list = NULL;
}

/* A name for an interface, or a pattern: one %d stands for the five digits that the kernel may put there. */
static const char *set_interface(struct option_context *x, const struct option *o, const char *text, void *field)
{
	enum { DIGITS = 5 };
	const char *pattern = strchr(text, '%');
	size_t len = strlen(text);

	if (pattern && (pattern[1] != 'd' || strchr(pattern + 1, '%')))
		return "not a pattern";
	len += pattern ? DIGITS - strlen("%d") : 0;
	if (len < o->min || len > o->max)
		return pattern ? "too long with five digits for %d" : "empty or too long";
	for (const char *p = text; *p; p++)
		if (isspace((unsigned char)*p) || *p == '/' || *p == ':')
			return "not a name for an interface";
	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return "not a name for an interface";
	return value_replace_text(x, text, field);
}

const struct option_kind kind_text = {
	.set = set_text, .print = value_print_text, .clear = value_clear_text, .describe = describe_length
};
const struct option_kind kind_name = { .set = set_name, .print = print_name, .describe = describe_length };
const struct option_kind kind_texts = {
	.list = true, .set = set_texts, .print = print_texts, .clear = clear_texts, .describe = describe_list
};
const struct option_kind kind_servers = {
	.list = true, .set = set_servers, .print = print_texts, .clear = clear_texts, .describe = describe_servers
};
const struct option_kind kind_interface = {
	.allowed = "1 to 15 characters without space, / and :, or up to 10 with one %d for a number",
	.set = set_interface,
	.print = value_print_text,
	.clear = value_clear_text,
};

static const char *set_lcp(struct option_context *x, const struct option *o, const char *text, void *field)
{
	(void)x, (void)o;
	return lcp_list_add(field, text);
}

static void print_lcp(const struct option *o, const void *field, const struct option_print *p)
{
	struct l2tp_span left = lcp_list_span(field);
	const char *before = "{ ";
	char word[LCP_WORD_MAX];

	if (!left.len)
		return;
	option_put_key(p, o);
	for (; lcp_next_word(&left, word); before = ", ") {
		fputs(before, p->out);
		value_put_quoted(word, p->out);
	}
	fputs(" }\n", p->out);
}

const struct option_kind kind_lcp = {
	.list = true, .allowed = "a list of " LCP_WORDS ", each once", .set = set_lcp, .print = print_lcp
};

/* ---- Secrets ---- */

static void store_secret(struct l2tp_params *p, const char *octets, size_t len)
{
	explicit_bzero(p->secret, sizeof(p->secret));
	memcpy(p->secret, octets, len);
	p->secret_len = len;
}

static const char *set_secret(struct option_context *x, const struct option *o, const char *text, void *field)
{
	const char *what = check_length(o, strlen(text));

	(void)x;
	if (!what)
		store_secret(field, text, strlen(text));
	return what;
}

/* Wherever it came from, it stays with us. */
static void print_secret(const struct option *o, const void *field, const struct option_print *p)
{
	const struct l2tp_params *params = field;

	if (params->secret_len)
		fprintf(p->out, "%s#%s = \"...\"\n", p->indent, o->key);
}

static const char *system_says(struct option_context *x, const char *what, int err)
{
	snprintf(x->what, sizeof(x->what), "%s: %s", what, strerror(err));
	return x->what;
}

static const char *check_secret_file(struct option_context *x, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return system_says(x, "cannot be read", errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (st.st_mode & (S_IROTH | S_IWOTH))
		return "readable by every user of this machine (protect it with chmod 600)";
	return NULL;
}

static const char *read_secret_file(struct option_context *x, const struct option *o, int fd, struct l2tp_params *p)
{
	char octets[L2TP_SECRET_MAX + 2]; /* with a line's end, and one to see that there is more */
	ssize_t n = read(fd, octets, sizeof(octets));
	const char *what;

	if (n < 0)
		return system_says(x, "cannot be read", errno);
	size_t len = (size_t)n;
	if (len > 0 && len < sizeof(octets) && octets[len - 1] == '\n')
		len--;
	what = check_length(o, len);
	if (!what)
		store_secret(p, octets, len);
	explicit_bzero(octets, sizeof(octets));
	return what;
}

static const char *read_secret(struct option_context *x, const struct option *o, const char *directory,
			       const char *name, void *field)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s", directory, name) < 0)
		return value_out_of_memory(x);
	/* nothing that waits may be opened here: a pipe would */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int err = errno;
	free(path);
	if (fd < 0)
		return system_says(x, "cannot be opened", err);
	const char *what = check_secret_file(x, fd);
	if (!what)
		what = read_secret_file(x, o, fd, field);
	close(fd);
	return what;
}

static const char *set_secret_file(struct option_context *x, const struct option *o, const char *text, void *field)
{
	return !text[0] ? "empty" : read_secret(x, o, text[0] == '/' ? "" : x->file->directory, text, field);
}

/* systemd.exec(5), LoadCredential=: a file in a directory that only the service can read */
static const char *set_secret_credential(struct option_context *x, const struct option *o, const char *text,
					 void *field)
{
	const char *directory = getenv("CREDENTIALS_DIRECTORY");

	if (!text[0] || strchr(text, '/') || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return "not a name";
	if (!directory || directory[0] != '/')
		return "there are no credentials, because $CREDENTIALS_DIRECTORY is not set";
	return read_secret(x, o, directory, text, field);
}

static void describe_secret_credential(const struct option *o, char *buf, size_t size)
{
	snprintf(buf, size, "the name of a credential of the service (LoadCredential=), with %" PRIu64 " to %" PRIu64
		 " octets", o->min, o->max);
}

static void describe_secret_file(const struct option *o, char *buf, size_t size)
{
	snprintf(buf, size, "a regular file that other users cannot read, with %" PRIu64 " to %" PRIu64 " octets, "
		 "by absolute path or relative to the directory of this file", o->min, o->max);
}

static void clear_secret(void *field)
{
	struct l2tp_params *p = field;

	explicit_bzero(p->secret, sizeof(p->secret));
	p->secret_len = 0;
}

const struct option_kind kind_secret = {
	.set = set_secret, .print = print_secret, .clear = clear_secret, .describe = describe_length
};
const struct option_kind kind_secret_file = {
	.set = set_secret_file, .clear = clear_secret, .describe = describe_secret_file
};
const struct option_kind kind_secret_credential = {
	.set = set_secret_credential, .clear = clear_secret, .describe = describe_secret_credential
};
