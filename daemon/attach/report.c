/* SPDX-License-Identifier: MIT */
/*
 * report: a message of plugins/pppd-l2tp.c, checked and turned into a struct ppp_status.
 *
 * The sender has been identified by its process number already (process.c); still nothing in a message is believed before
 * all of it is checked.  The peer's name is the peer's own text and gets escaped.
 */
#include "report.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define ANY_FLAG (PPPD_L2TP_IPV4 | PPPD_L2TP_IPV6)

static bool terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static bool same_token(const uint8_t *a, const uint8_t *b)
{
	uint8_t difference = 0;

	for (size_t i = 0; i < PPPD_L2TP_TOKEN_SIZE; i++)
		difference |= a[i] ^ b[i];
	return difference == 0;
}

static bool fits(const struct pppd_l2tp_options *options)
{
	return options->len <= PPPD_L2TP_OPTIONS_MAX || options->len == PPPD_L2TP_OPTIONS_NOT_KEPT;
}

const char *ppp_report_check(const void *bytes, size_t len, const uint8_t token[PPPD_L2TP_TOKEN_SIZE],
			     struct pppd_l2tp_report *ret)
{
	struct pppd_l2tp_report r;

	if (len != sizeof(r))
		return "wrong size";
	memcpy(&r, bytes, sizeof(r));
	if (r.version != PPPD_L2TP_VERSION)
		return "wrong version";
	if (!same_token(r.token, token))
		return "wrong token";
	if (r.event < PPPD_L2TP_LCP || r.event > PPPD_L2TP_EXIT)
		return "unknown event";
	if (r.stage > PPPD_L2TP_RUNNING)
		return "unknown stage";
	if ((r.flags & ~(uint32_t)ANY_FLAG) || (r.event == PPPD_L2TP_UP && !r.flags))
		return "impossible flags";
	if (r.end.failure > PPPD_L2TP_ADDRESS_REFUSED || r.end.side > PPPD_L2TP_PEER)
		return "unknown end";
	if (!fits(&r.lcp_sent) || !fits(&r.lcp_received))
		return "options too long";
	if (!terminated(r.interface, sizeof(r.interface)) || !terminated(r.peer_name, sizeof(r.peer_name)))
		return "text without end";
	*ret = r;
	return NULL;
}

static void link_local(const uint8_t id[8], char *buf, socklen_t size)
{
	struct in6_addr addr = { .s6_addr = { 0xfe, 0x80 } };

	memcpy(addr.s6_addr + 8, id, 8);
	inet_ntop(AF_INET6, &addr, buf, size);
}

struct l2tp_span ppp_report_options(const struct pppd_l2tp_options *options)
{
	if (options->len == PPPD_L2TP_OPTIONS_NOT_KEPT)
		return (struct l2tp_span){ 0 };
	return (struct l2tp_span){ options->octets, options->len };
}

static const char *escape(const char *text, char *buf, size_t size)
{
	return log_escape((struct l2tp_span){ (const uint8_t *)text, strlen(text) }, buf, size);
}

void ppp_report_status(const struct pppd_l2tp_report *r, struct ppp_status *ret)
{
	*ret = (struct ppp_status){ .up = r->flags != 0 };
	escape(r->interface, ret->interface, sizeof(ret->interface));
	escape(r->peer_name, ret->peer_name, sizeof(ret->peer_name));
	if (r->flags & PPPD_L2TP_IPV4) {
		inet_ntop(AF_INET, r->local_ipv4, ret->local_address, sizeof(ret->local_address));
		inet_ntop(AF_INET, r->remote_ipv4, ret->remote_address, sizeof(ret->remote_address));
	}
	if (r->flags & PPPD_L2TP_IPV6) {
		link_local(r->local_id, ret->local_ipv6, sizeof(ret->local_ipv6));
		link_local(r->remote_id, ret->remote_ipv6, sizeof(ret->remote_ipv6));
	}
}
