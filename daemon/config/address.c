/* SPDX-License-Identifier: MIT */
/*
 * address: the kinds of values that are addresses: readers and writers as in value.c.
 *
 * An IPv4-mapped IPv6 address is read as the IPv4 address, because that is what peers have.  Called through the rows of
 * option.c.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include "value.h"

#define L2TP_PORT 1701

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

/* "ADDRESS", "ADDRESS:PORT" for IPv4, "[ADDRESS]:PORT" for any; otherwise: the port of the first, 0: it must have one */
static const char *read_endpoint(const char *text, uint16_t otherwise, struct l2tp_addr *ret)
{
	bool bracket = text[0] == '[';
	const char *end = bracket ? strchr(text, ']') : strchr(text, ':');
	const char *port = NULL, *rest;
	uint64_t number = otherwise;
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
	if (port && (!value_read_digits(port, &number, &rest) || *rest || number < 1 || number > UINT16_MAX))
		return "an address with a bad port";
	const char *what = read_ip(ip, false, ret);
	if (what)
		return what;
	ret->port = (uint16_t)number;
	return number ? NULL : "an address without a port";
}

static const char *set_ipv4(struct option_context *x, const struct option *o, const char *text, void *field)
{
	struct in_addr in;

	(void)o;
	if (inet_pton(AF_INET, text, &in) != 1 || in.s_addr == 0)
		return "not an IPv4 address";
	return value_replace_text(x, text, field);
}

static const char *set_address(struct option_context *x, const struct option *o, const char *text, void *field)
{
	struct l2tp_addr a;
	const char *what = read_ip(text, false, &a);

	(void)o;
	return what ? what : value_replace_text(x, text, field);
}

/* As read_ip() reads it.  An interface that has gone since is told by its number. */
static void put_ip(const struct l2tp_addr *a, FILE *out)
{
	char ip[INET6_ADDRSTRLEN], interface[IF_NAMESIZE];

	fputs(inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->ip, ip, sizeof(ip)), out);
	if (a->scope && if_indextoname(a->scope, interface))
		fprintf(out, "%%%s", interface);
	else if (a->scope)
		fprintf(out, "%%%u", (unsigned)a->scope);
}

static void put_endpoint(const struct l2tp_addr *a, FILE *out)
{
	fputs(a->family == 6 ? "\"[" : "\"", out);
	put_ip(a, out);
	fprintf(out, "%s:%u\"", a->family == 6 ? "]" : "", a->port);
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
	else if (!value_read_digits(slash + 1, &bits, &rest) || *rest || bits > full)
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
		return value_out_of_memory(x);
	p->peers = longer;
	p->peers[p->n_peers++] = prefix;
	return NULL;
}

static void print_prefixes(const struct option *o, const void *field, const struct option_print *p)
{
	const struct config_profile *profile = field;

	if (profile->n_peers == 0)
		return;
	option_put_key(p, o);
	for (size_t i = 0; i < profile->n_peers; i++) {
		fputs(i ? ", \"" : "{ \"", p->out);
		put_ip(&profile->peers[i].addr, p->out);
		fprintf(p->out, "/%u\"", profile->peers[i].bits);
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
	const char *what = read_endpoint(text, L2TP_PORT, &addr);

	if (what)
		return what;
	for (size_t i = 0; i < c->n_listens; i++)
		if (memcmp(&c->listens[i].addr, &addr, sizeof(addr)) == 0)
			return "there already";
	if (c->n_listens >= o->max)
		return "one too many";
	longer = realloc(c->listens, (c->n_listens + 1) * sizeof(*longer));
	if (!longer)
		return value_out_of_memory(x);
	c->listens = longer;
	c->listens[c->n_listens++] = (struct config_listen){ .addr = addr };
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

/* "/run/l2tpd/metrics", or an address with its port */
static const char *set_stream(struct option_context *x, const struct option *o, const char *text, void *field)
{
	struct config_stream s = { 0 };
	const char *what = NULL;

	(void)x;
	if (strcmp(text, o->word) != 0 && text[0] != '/')
		what = read_endpoint(text, 0, &s.addr);
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

static void print_range(const struct option *o, const void *field, const struct option_print *p)
{
	const struct config_pool *pool = field;
	const struct in_addr first = { htonl(pool->first) }, last = { htonl(pool->last) };
	char from[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN];

	option_put(p, o, "%s-%s", inet_ntop(AF_INET, &first, from, sizeof(from)),
		   inet_ntop(AF_INET, &last, to, sizeof(to)));
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
