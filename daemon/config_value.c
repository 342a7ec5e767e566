/* SPDX-License-Identifier: MIT */
/*
 * config_value: the kinds of values, each with its reader: text in, field of a struct out, or a few words about what
 * is wrong with it.  A reader leaves the field alone when it fails.  Bounds come from the option's row.
 *
 * Values of a list come one by one and are appended.  Whoever frees the struct calls clear(), which is fine with a
 * field that was never set and wipes what is secret.  Called through the rows of config_option.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
#include "config_option.h"

#define L2TP_PORT 1701
#define SERVER_MAX 253 /* octets of a domain name */

static const char *out_of_memory(struct option_context *x)
{
	x->oom = true;
	return NULL;
}

static void clear_text(void *field)
{
	char **text = field;

	free(*text);
	*text = NULL;
}

static const char *replace_text(struct option_context *x, const char *text, char **field)
{
	char *copy = strdup(text);

	if (!copy)
		return out_of_memory(x);
	free(*field);
	*field = copy;
	return NULL;
}

/* ---- Numbers and times ---- */

/* Digits only; what follows them is *ret_rest. */
static bool read_digits(const char *text, uint64_t *ret, const char **ret_rest)
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

static const char *set_number(struct option_context *x, const struct option *o, const char *text, void *field)
{
	const char *rest;
	uint64_t value;

	(void)x;
	if (o->word && strcmp(text, o->word) == 0) {
		store(field, o->size, 0);
		return NULL;
	}
	if (!read_digits(text, &value, &rest) || *rest)
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

	if (!read_digits(text, &value, &rest))
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
	if (!read_digits(text, &result, &rest) || (*rest && *rest != '/') ||
	    (*rest && (!read_digits(rest + 1, &error, &rest) || *rest)))
		return "not a result code";
	if (result < o->min || result > o->max || error > EC_UNKNOWN_MANDATORY_AVP)
		return "out of range";
	if ((result == RC_CDN_GENERAL) != (error != EC_NONE))
		return "an error code goes with result 2, and only with that";
	*refusal = (struct l2tp_refusal){ (uint16_t)result, (uint16_t)error };
	return NULL;
}

static void describe_refusal(const struct option *o, char *buf, size_t size)
{
	snprintf(buf, size, "a result code of %" PRIu64 " to %" PRIu64 ", 2 with its error code as in 2/7, or %s", o->min,
		 o->max, o->word);
}

const struct option_kind kind_refusal = { .set = set_refusal, .describe = describe_refusal };
const struct option_kind kind_dscp = { .set = set_dscp, .describe = describe_number };
const struct option_kind kind_number = { .set = set_number, .describe = describe_number };
const struct option_kind kind_time = { .set = set_time, .describe = describe_time };
const struct option_kind kind_msec = { .set = set_msec, .describe = describe_time };

/* ---- Words ---- */

struct word {
	const char *text;
	uint32_t value;
};

static const char *set_word(const struct word *words, size_t n, const char *text, void *field, size_t size)
{
	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(words[i].text, text) == 0) {
			store(field, size, words[i].value);
			return NULL;
		}
	}
	return "not one of the words";
}

#define SET_WORD(words, o, text, field) set_word(words, sizeof(words) / sizeof(words[0]), text, field, (o)->size)

static const char *set_bool(struct option_context *x, const struct option *o, const char *text, void *field)
{
	static const struct word words[] = { { "yes", 1 },  { "no", 0 }, { "true", 1 }, { "false", 0 },
					     { "on", 1 },   { "off", 0 } };

	(void)x;
	return SET_WORD(words, o, text, field);
}

static const char *set_family(struct option_context *x, const struct option *o, const char *text, void *field)
{
	static const struct word words[] = { { "any", 0 }, { "ipv4", 4 }, { "ipv6", 6 } };

	(void)x;
	return SET_WORD(words, o, text, field);
}

static const char *set_sequencing(struct option_context *x, const struct option *o, const char *text, void *field)
{
	static const struct word words[] = { { "no", CONFIG_SEQUENCING_NO },
					     { "yes", CONFIG_SEQUENCING_YES },
					     { "negotiation", CONFIG_SEQUENCING_NEGOTIATION } };

	(void)x;
	return SET_WORD(words, o, text, field);
}

static const char *set_log_level(struct option_context *x, const struct option *o, const char *text, void *field)
{
	static const struct word words[] = { { "error", LOG_ERR },   { "warning", LOG_WARNING },
					     { "notice", LOG_NOTICE }, { "info", LOG_INFO },
					     { "debug", LOG_DEBUG } };

	(void)x;
	return SET_WORD(words, o, text, field);
}

#undef SET_WORD

const struct option_kind kind_yes_no = { .allowed = "yes or no", .set = set_bool };
const struct option_kind kind_family = { .allowed = "any, ipv4 or ipv6", .set = set_family };
const struct option_kind kind_sequencing = { .allowed = "no, yes or negotiation", .set = set_sequencing };
const struct option_kind kind_log_level = { .allowed = "error, warning, notice, info or debug", .set = set_log_level };

/* ---- Texts ---- */

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

	return what ? what : replace_text(x, text, field);
}

static const char *set_name(struct option_context *x, const struct option *o, const char *text, void *field)
{
	const char *what = check_length(o, strlen(text));

	(void)x;
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
		return "one too many";
	longer = realloc(*list, (n + 2) * sizeof(*longer));
	if (!longer)
		return out_of_memory(x);
	*list = longer;
	longer[n + 1] = NULL;
	longer[n] = strdup(text);
	return longer[n] ? NULL : out_of_memory(x);
}

static const char *set_servers(struct option_context *x, const struct option *o, const char *text, void *field)
{
	return strlen(text) > SERVER_MAX ? "too long" : set_texts(x, o, text, field);
}

static void describe_servers(const struct option *o, char *buf, size_t size)
{
	snprintf(buf, size, "a list of up to %" PRIu64 " names or addresses of 1 to %d octets", o->max, SERVER_MAX);
}

static void describe_list(const struct option *o, char *buf, size_t size)
{
	snprintf(buf, size, "a list of up to %" PRIu64 " texts that are not empty", o->max);
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
		return pattern ? "too long with five digits for %d" : "of wrong length";
	for (const char *p = text; *p; p++)
		if (isspace((unsigned char)*p) || *p == '/' || *p == ':')
			return "not a name for an interface";
	if (strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return "not a name for an interface";
	return replace_text(x, text, field);
}

const struct option_kind kind_text = { .set = set_text, .clear = clear_text, .describe = describe_length };
const struct option_kind kind_name = { .set = set_name, .describe = describe_length };
const struct option_kind kind_texts = {
	.list = true, .set = set_texts, .clear = clear_texts, .describe = describe_list
};
const struct option_kind kind_servers = {
	.list = true, .set = set_servers, .clear = clear_texts, .describe = describe_servers
};
const struct option_kind kind_interface = {
	.allowed = "1 to 15 characters without space, / and :, or up to 10 with one %d for a number",
	.set = set_interface,
	.clear = clear_text,
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
		return "open to every user of this machine (chmod 600 it)";
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

static const char *set_secret_file(struct option_context *x, const struct option *o, const char *text, void *field)
{
	char *path = NULL;

	if (!text[0])
		return "empty";
	if (asprintf(&path, "%s%s%s", text[0] == '/' ? "" : x->directory, text[0] == '/' ? "" : "/", text) < 0)
		return out_of_memory(x);
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

static void describe_secret_file(const struct option *o, char *buf, size_t size)
{
	snprintf(buf, size, "a regular file, closed to others, with %" PRIu64 " to %" PRIu64 " octets, "
		 "by absolute path or from the directory of this file", o->min, o->max);
}

static void clear_secret(void *field)
{
	struct l2tp_params *p = field;

	explicit_bzero(p->secret, sizeof(p->secret));
	p->secret_len = 0;
}

const struct option_kind kind_secret = { .set = set_secret, .clear = clear_secret, .describe = describe_length };
const struct option_kind kind_secret_file = {
	.set = set_secret_file, .clear = clear_secret, .describe = describe_secret_file
};

/* ---- Addresses ---- */

/* An IPv4-mapped IPv6 address is the IPv4 address: sockets of both families deliver it as that. */
void addr_unmap(struct l2tp_addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (a->family != 6 || memcmp(a->ip, mapped, sizeof(mapped)) != 0)
		return;
	memmove(a->ip, a->ip + sizeof(mapped), 4);
	memset(a->ip + 4, 0, sizeof(a->ip) - 4);
	a->family = 4;
}

/* "192.0.2.1", "2001:db8::1", "fe80::1%eth0"; the interface may be missing from a prefix */
static const char *read_ip(const char *text, bool prefix, struct l2tp_addr *ret)
{
	struct l2tp_addr a = { .port = 0 };
	char ip[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "%");
	const char *interface = text[len] ? text + len + 1 : NULL;
	struct in6_addr in6;

	if (len >= sizeof(ip))
		return "not an address";
	memcpy(ip, text, len);
	ip[len] = '\0';
	if (!interface && inet_pton(AF_INET, ip, a.ip) == 1) {
		a.family = 4;
		*ret = a;
		return NULL;
	}
	if (inet_pton(AF_INET6, ip, &in6) != 1)
		return "not an address";
	a.family = 6;
	memcpy(a.ip, &in6, sizeof(in6));
	if (interface && !IN6_IS_ADDR_LINKLOCAL(&in6))
		return "an interface with an address that is not link-local";
	if (!interface && !prefix && IN6_IS_ADDR_LINKLOCAL(&in6))
		return "a link-local address without its interface (as in fe80::1%eth0)";
	if (interface && (a.scope = if_nametoindex(interface)) == 0)
		return "an address on an interface that does not exist";
	addr_unmap(&a);
	*ret = a;
	return NULL;
}

/* "ADDRESS", "ADDRESS:PORT" for IPv4, "[ADDRESS]:PORT" for any */
static const char *read_endpoint(const char *text, struct l2tp_addr *ret)
{
	bool bracket = text[0] == '[';
	const char *end = bracket ? strchr(text, ']') : strchr(text, ':');
	const char *port = NULL, *rest;
	uint64_t number = L2TP_PORT;
	char ip[80];

	if (bracket && !end)
		return "not an address";
	if (bracket)
		port = end[1] == ':' ? end + 2 : end[1] ? "" : NULL;
	else if (end && !strchr(end + 1, ':'))
		port = end + 1;
	size_t len = bracket ? (size_t)(end - text - 1) : port ? (size_t)(end - text) : strlen(text);
	if (len >= sizeof(ip))
		return "not an address";
	memcpy(ip, text + bracket, len);
	ip[len] = '\0';
	if (port && (!read_digits(port, &number, &rest) || *rest || number < 1 || number > UINT16_MAX))
		return "an address with a bad port";
	const char *what = read_ip(ip, false, ret);
	if (!what)
		ret->port = (uint16_t)number;
	return what;
}

static const char *set_ipv4(struct option_context *x, const struct option *o, const char *text, void *field)
{
	struct in_addr in;

	(void)o;
	if (inet_pton(AF_INET, text, &in) != 1 || in.s_addr == 0)
		return "not an IPv4 address";
	return replace_text(x, text, field);
}

static const char *set_address(struct option_context *x, const struct option *o, const char *text, void *field)
{
	struct l2tp_addr a;
	const char *what = read_ip(text, false, &a);

	(void)o;
	return what ? what : replace_text(x, text, field);
}

static bool bits_are_zero(const struct l2tp_addr *a, unsigned from)
{
	for (unsigned i = from; i < (a->family == 4 ? 32 : 128); i++)
		if (a->ip[i / 8] & (0x80 >> i % 8))
			return false;
	return true;
}

/* "192.0.2.0/24", "2001:db8::/32", or an address alone */
static const char *read_prefix(const char *text, struct config_prefix *ret)
{
	const char *slash = strchr(text, '/'), *rest;
	struct config_prefix p;
	char ip[80];
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	uint64_t bits = 0;

	if (len >= sizeof(ip))
		return "not a prefix";
	memcpy(ip, text, len);
	ip[len] = '\0';
	const char *what = read_ip(ip, true, &p.addr);
	if (what)
		return what;
	unsigned full = strchr(ip, ':') ? 128 : 32; /* as it is written */
	if (!slash)
		bits = full;
	else if (!read_digits(slash + 1, &bits, &rest) || *rest || bits > full)
		return "a prefix with a bad length";
	if (full == 128 && p.addr.family == 4) {
		if (bits < 96)
			return "a prefix with a bad length";
		bits -= 96;
	}
	if (!bits_are_zero(&p.addr, (unsigned)bits))
		return "a prefix with bits set behind its length";
	p.bits = (uint8_t)bits;
	*ret = p;
	return NULL;
}

static const char *set_prefix(struct option_context *x, const struct option *o, const char *text, void *field)
{
	struct config_profile *p = field;
	struct config_prefix prefix, *longer;
	const char *what = read_prefix(text, &prefix);

	if (what)
		return what;
	if (p->n_peers >= o->max)
		return "one too many";
	longer = realloc(p->peers, (p->n_peers + 1) * sizeof(*longer));
	if (!longer)
		return out_of_memory(x);
	p->peers = longer;
	p->peers[p->n_peers++] = prefix;
	return NULL;
}

static void clear_prefixes(void *field)
{
	struct config_profile *p = field;

	free(p->peers);
	p->peers = NULL;
	p->n_peers = 0;
}

static const char *set_listen(struct option_context *x, const struct option *o, const char *text, void *field)
{
	struct config *c = field;
	struct config_listen *longer;
	struct l2tp_addr addr;
	const char *what = read_endpoint(text, &addr);

	if (what)
		return what;
	for (size_t i = 0; i < c->n_listens; i++)
		if (memcmp(&c->listens[i].addr, &addr, sizeof(addr)) == 0)
			return "there already";
	if (c->n_listens >= o->max)
		return "one too many";
	longer = realloc(c->listens, (c->n_listens + 1) * sizeof(*longer));
	if (!longer)
		return out_of_memory(x);
	c->listens = longer;
	c->listens[c->n_listens++] = (struct config_listen){ .addr = addr };
	return NULL;
}

static void clear_listens(void *field)
{
	struct config *c = field;

	free(c->listens);
	c->listens = NULL;
	c->n_listens = 0;
}

static uint32_t host_order(const struct l2tp_addr *a)
{
	return (uint32_t)a->ip[0] << 24 | (uint32_t)a->ip[1] << 16 | (uint32_t)a->ip[2] << 8 | a->ip[3];
}

/* Of a prefix: all but the network's address, the first one, which is the gateway's, and the broadcast address. */
static const char *read_pool_prefix(const char *text, struct config_pool *pool)
{
	enum { SHORTEST = 8, LONGEST = 30 };
	struct config_prefix prefix;
	const char *what = read_prefix(text, &prefix);

	if (what)
		return what;
	if (prefix.addr.family != 4 || prefix.bits < SHORTEST || prefix.bits > LONGEST)
		return "not an IPv4 prefix of 8 to 30 bits";
	uint32_t network = host_order(&prefix.addr);
	pool->first = network + 2;
	pool->last = (network | UINT32_MAX >> prefix.bits) - 1;
	return NULL;
}

static const char *set_range(struct option_context *x, const struct option *o, const char *text, void *field)
{
	const char *dash = strchr(text, '-');
	struct config_pool *pool = field;
	struct in_addr first, last;
	char from[INET_ADDRSTRLEN];

	(void)x, (void)o;
	if (strchr(text, '/'))
		return read_pool_prefix(text, pool);
	size_t len = dash ? (size_t)(dash - text) : 0;
	if (!dash || len >= sizeof(from))
		return "not a range";
	memcpy(from, text, len);
	from[len] = '\0';
	if (inet_pton(AF_INET, from, &first) != 1 || inet_pton(AF_INET, dash + 1, &last) != 1)
		return "not a range";
	if (first.s_addr == 0)
		return "not a range";
	if (ntohl(first.s_addr) > ntohl(last.s_addr))
		return "a range that ends before it begins";
	if (ntohl(last.s_addr) - ntohl(first.s_addr) >= 1U << 24 || last.s_addr == INADDR_NONE)
		return "a range that is too large";
	pool->first = ntohl(first.s_addr);
	pool->last = ntohl(last.s_addr);
	return NULL;
}

static const char *set_pool(struct option_context *x, const struct option *o, const char *text, void *field)
{
	(void)o;
	for (size_t i = 0; i < x->config->n_pools; i++) {
		if (strcmp(x->config->pools[i].name, text) == 0) {
			*(struct config_pool **)field = &x->config->pools[i];
			return NULL;
		}
	}
	return "not the name of a pool";
}

const struct option_kind kind_ipv4 = { .allowed = "an address like 192.0.2.1", .set = set_ipv4, .clear = clear_text };
const struct option_kind kind_address = {
	.allowed = "an address like 192.0.2.1 or 2001:db8::1", .set = set_address, .clear = clear_text
};
const struct option_kind kind_prefixes = {
	.list = true,
	.allowed = "up to 256 of the form 192.0.2.0/24, 2001:db8::/32 or 192.0.2.1",
	.set = set_prefix,
	.clear = clear_prefixes,
};
const struct option_kind kind_listens = {
	.list = true,
	.allowed = "up to 256 of the form 192.0.2.1, 192.0.2.1:1701, 2001:db8::1 or [2001:db8::1]:1701, each once",
	.set = set_listen,
	.clear = clear_listens,
};
const struct option_kind kind_range = {
	.allowed = "10.64.0.2-10.64.255.254 or 10.64.0.0/16, of at most 16777216 addresses", .set = set_range
};
const struct option_kind kind_pool = { .allowed = "the name of a pool section", .set = set_pool };
