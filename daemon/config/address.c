/* SPDX-License-Identifier: MIT */
/*
 * address: the kinds of values that are addresses: readers and writers as in value.c.
 *
 * An IPv4-mapped IPv6 address is read as the IPv4 address, because that is what peers have.  Called through the rows of
 * option.c.
 */
#include <stdlib.h>
#include <string.h>
#include "base/address.h"
#include "value.h"

static const char *set_ipv4(struct option_context *x, const struct option *o, const char *text, void *field)
{
	uint32_t ip;

	(void)o;
	if (!address_read_ip4(text, &ip) || ip == 0)
		return "not an IPv4 address";
	return value_replace_text(x, text, field);
}

static const char *set_address(struct option_context *x, const struct option *o, const char *text, void *field)
{
	struct l2tp_addr a;
	const char *what = address_read_ip(text, INTERFACE_EXISTS, &a);

	(void)o;
	return what ? what : value_replace_text(x, text, field);
}

static void put_endpoint(const struct l2tp_addr *a, FILE *out)
{
	bool v6 = a->family == 6;
	char ip[ADDRESS_IP_MAX];

	fprintf(out, "\"%s%s%s:%u\"", v6 ? "[" : "", address_ip_text(a, ip), v6 ? "]" : "", a->port);
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
	const char *what = address_read_ip(ip, INTERFACE_OPTIONAL, &p.addr);
	if (what)
		return what;
	unsigned full = strchr(ip, ':') ? 128 : 32; /* as it is written */
	if (!slash)
		bits = full;
	else if (!value_read_digits(slash + 1, &bits, &rest) || *rest || bits > full)
		return "a prefix with an invalid length";
	if (full == 128 && p.addr.family == 4) {
		if (bits < 96)
			return "a prefix with an invalid length";
		bits -= 96;
	}
	if (!bits_are_zero(&p.addr, (unsigned)bits))
		return "a prefix with bits set beyond its length";
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
		return "too many values";
	longer = realloc(p->peers, (p->n_peers + 1) * sizeof(*longer));
	if (!longer)
		return value_out_of_memory(x);
	p->peers = longer;
	p->peers[p->n_peers++] = prefix;
	return NULL;
}

static void print_prefixes(const struct option *o, const void *field, const struct option_print *p)
{
	const struct config_profile *profile = field;
	char ip[ADDRESS_IP_MAX];

	if (profile->n_peers == 0)
		return;
	option_put_key(p, o);
	for (size_t i = 0; i < profile->n_peers; i++) {
		fprintf(p->out, "%s\"%s/%u\"", i ? ", " : "{ ", address_ip_text(&profile->peers[i].addr, ip),
			profile->peers[i].bits);
	}
	fputs(" }\n", p->out);
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
	const char *what = address_read(text, L2TP_PORT, INTERFACE_EXISTS, &addr);

	if (what)
		return what;
	for (size_t i = 0; i < c->n_listens; i++)
		if (address_equal(&c->listens[i].addr, &addr))
			return "given twice";
	if (c->n_listens >= o->max)
		return "too many values";
	longer = realloc(c->listens, (c->n_listens + 1) * sizeof(*longer));
	if (!longer)
		return value_out_of_memory(x);
	c->listens = longer;
	c->listens[c->n_listens++] = (struct config_listen){ addr, x->file->path, x->line };
	return NULL;
}

/* All addresses have no word of their own: there is then no other, and no option. */
static void print_listens(const struct option *o, const void *field, const struct option_print *p)
{
	const struct config *c = field;

	if (c->n_listens == 1 && c->listens[0].addr.family == 0)
		return;
	option_put_key(p, o);
	fputc('{', p->out);
	for (size_t i = 0; i < c->n_listens; i++) {
		fputs(i ? ", " : " ", p->out);
		put_endpoint(&c->listens[i].addr, p->out);
	}
	fputs(c->n_listens ? " }\n" : "}\n", p->out);
}

static void clear_listens(void *field)
{
	struct config *c = field;

	free(c->listens);
	c->listens = NULL;
	c->n_listens = 0;
}

/* No port is like another. */
static const char *read_stream_address(const char *text, struct l2tp_addr *ret)
{
	const char *what = address_read(text, 0, INTERFACE_EXISTS, ret);

	return !what && !ret->port ? "an address without a port" : what;
}

/* "/run/l2tpd/metrics", or an address with its port */
static const char *set_stream(struct option_context *x, const struct option *o, const char *text, void *field)
{
	struct config_stream s = { 0 };
	const char *what = NULL;

	(void)x;
	if (strcmp(text, o->word) != 0 && text[0] != '/')
		what = read_stream_address(text, &s.addr);
	else if (strlen(text) >= sizeof(s.path))
		what = "too long";
	else if (text[0] == '/')
		memcpy(s.path, text, strlen(text));
	if (!what)
		*(struct config_stream *)field = s;
	return what;
}

static void print_stream(const struct option *o, const void *field, const struct option_print *p)
{
	const struct config_stream *s = field;
	const char *text = s->path[0] ? s->path : o->word;

	if (!s->addr.family) {
		value_print_text(o, &text, p);
		return;
	}
	option_put_key(p, o);
	put_endpoint(&s->addr, p->out);
	fputc('\n', p->out);
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
	uint32_t first, last;
	char from[INET_ADDRSTRLEN];

	(void)x, (void)o;
	if (strchr(text, '/'))
		return read_pool_prefix(text, pool);
	size_t len = dash ? (size_t)(dash - text) : 0;
	if (!dash || len >= sizeof(from))
		return "not a range";
	memcpy(from, text, len);
	from[len] = '\0';
	if (!address_read_ip4(from, &first) || !address_read_ip4(dash + 1, &last) || first == 0)
		return "not a range";
	if (first > last)
		return "a range that ends before it begins";
	if (last - first >= 1U << 24 || last == INADDR_NONE)
		return "a range that is too large";
	pool->first = first;
	pool->last = last;
	return NULL;
}

static void print_range(const struct option *o, const void *field, const struct option_print *p)
{
	const struct config_pool *pool = field;
	char from[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN];

	option_put(p, o, "%s-%s", address_ip4_text(pool->first, from), address_ip4_text(pool->last, to));
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

static void print_pool(const struct option *o, const void *field, const struct option_print *p)
{
	struct config_pool *const *pool = field;

	if (*pool)
		value_print_text(o, &(*pool)->name, p);
}

const struct option_kind kind_ipv4 = {
	.allowed = "an address like 192.0.2.1", .set = set_ipv4, .print = value_print_text, .clear = value_clear_text
};
const struct option_kind kind_address = {
	.allowed = "an address like 192.0.2.1 or 2001:db8::1",
	.set = set_address,
	.print = value_print_text,
	.clear = value_clear_text,
};
const struct option_kind kind_prefixes = {
	.list = true,
	.allowed = "up to 256 of the form 192.0.2.0/24, 2001:db8::/32 or 192.0.2.1",
	.set = set_prefix,
	.print = print_prefixes,
	.clear = clear_prefixes,
};
const struct option_kind kind_listens = {
	.list = true,
	.allowed = "up to 256 of the form 192.0.2.1, 192.0.2.1:1701, 2001:db8::1 or [2001:db8::1]:1701, each once",
	.set = set_listen,
	.print = print_listens,
	.clear = clear_listens,
};
const struct option_kind kind_stream = {
	.allowed = "an address with its port, like 127.0.0.1:9701 or [::1]:9701, the absolute path of a Unix socket of up to "
		   "107 octets, or none",
	.set = set_stream,
	.print = print_stream,
};
const struct option_kind kind_range = {
	.allowed = "10.64.0.2-10.64.255.254 or 10.64.0.0/16, of at most 16777216 addresses",
	.set = set_range,
	.print = print_range,
};
const struct option_kind kind_pool = { .allowed = "the name of a pool section", .set = set_pool, .print = print_pool };
