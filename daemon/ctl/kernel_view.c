/* SPDX-License-Identifier: MIT */
/*
 * kernel_view: dumps of L2TP_CMD_TUNNEL_GET and L2TP_CMD_SESSION_GET, with libnl.
 *
 * The daemon has netlink code of its own (daemon/kernel/).  This is a second implementation on purpose: a witness that
 * shares no code with it.  A dump of objects that change meanwhile may be inconsistent; audit.c compares two.
 */
#include "kernel_view.h"

#include <errno.h>
#include <netinet/in.h> /* before the kernel's header, which then defines less */
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>

#include <linux/l2tp.h>

/* ---- Attributes --------------------------------------------------------------------------------------------- */

/* An attribute that is too short, as of an older kernel, reads as 0. */
static uint32_t get_u32(struct nlattr *const *a, int type)
{
	return a[type] && nla_len(a[type]) >= 4 ? nla_get_u32(a[type]) : 0;
}

static uint16_t get_u16(struct nlattr *const *a, int type)
{
	return a[type] && nla_len(a[type]) >= 2 ? nla_get_u16(a[type]) : 0;
}

static uint8_t get_u8(struct nlattr *const *a, int type)
{
	return a[type] && nla_len(a[type]) >= 1 ? nla_get_u8(a[type]) : 0;
}

static uint64_t get_u64(struct nlattr *const *a, int type)
{
	return a[type] && nla_len(a[type]) >= 8 ? nla_get_u64(a[type]) : 0;
}

static struct kernel_counters get_counters(struct nlattr *stats)
{
	struct nlattr *a[L2TP_ATTR_STATS_MAX + 1];

	if (!stats || nla_parse_nested(a, L2TP_ATTR_STATS_MAX, stats, NULL) < 0)
		return (struct kernel_counters){ 0 };
	return (struct kernel_counters){ .tx_packets = get_u64(a, L2TP_ATTR_TX_PACKETS),
					 .tx_bytes = get_u64(a, L2TP_ATTR_TX_BYTES),
					 .tx_errors = get_u64(a, L2TP_ATTR_TX_ERRORS),
					 .rx_packets = get_u64(a, L2TP_ATTR_RX_PACKETS),
					 .rx_bytes = get_u64(a, L2TP_ATTR_RX_BYTES),
					 .rx_errors = get_u64(a, L2TP_ATTR_RX_ERRORS),
					 .rx_discarded = get_u64(a, L2TP_ATTR_RX_SEQ_DISCARDS),
					 .rx_reordered = get_u64(a, L2TP_ATTR_RX_OOS_PACKETS) };
}

static struct l2tp_addr get_addr(struct nlattr *const *a, int ip4, int ip6, int port)
{
	struct l2tp_addr addr = { .port = get_u16(a, port) };

	if (a[ip4] && nla_len(a[ip4]) >= 4) {
		addr.family = 4;
		memcpy(addr.ip, nla_data(a[ip4]), 4);
	} else if (a[ip6] && nla_len(a[ip6]) >= 16) {
		addr.family = 6;
		memcpy(addr.ip, nla_data(a[ip6]), 16);
	}
	return addr;
}

/* ---- Dumps -------------------------------------------------------------------------------------------------- */

struct dump {
	void *array;
	size_t n, size; /* size: of an element */
	void (*read)(struct nlattr *const *a, void *element);
};

static void read_tunnel(struct nlattr *const *a, void *element)
{
	*(struct kernel_tunnel *)element = (struct kernel_tunnel){
		.id = get_u32(a, L2TP_ATTR_CONN_ID),
		.peer_id = get_u32(a, L2TP_ATTR_PEER_CONN_ID),
		.version = get_u8(a, L2TP_ATTR_PROTO_VERSION),
		.udp = get_u16(a, L2TP_ATTR_ENCAP_TYPE) == L2TP_ENCAPTYPE_UDP,
		.local = get_addr(a, L2TP_ATTR_IP_SADDR, L2TP_ATTR_IP6_SADDR, L2TP_ATTR_UDP_SPORT),
		.peer = get_addr(a, L2TP_ATTR_IP_DADDR, L2TP_ATTR_IP6_DADDR, L2TP_ATTR_UDP_DPORT),
		.counters = get_counters(a[L2TP_ATTR_STATS]),
	};
}

static void read_session(struct nlattr *const *a, void *element)
{
	struct kernel_session *s = element;

	*s = (struct kernel_session){
		.tunnel_id = get_u32(a, L2TP_ATTR_CONN_ID),
		.id = get_u32(a, L2TP_ATTR_SESSION_ID),
		.peer_tunnel_id = get_u32(a, L2TP_ATTR_PEER_CONN_ID),
		.peer_id = get_u32(a, L2TP_ATTR_PEER_SESSION_ID),
		.ppp = get_u16(a, L2TP_ATTR_PW_TYPE) == L2TP_PWTYPE_PPP,
		.lns = get_u8(a, L2TP_ATTR_LNS_MODE),
		.sequencing = get_u8(a, L2TP_ATTR_SEND_SEQ) || get_u8(a, L2TP_ATTR_RECV_SEQ),
		.counters = get_counters(a[L2TP_ATTR_STATS]),
	};
	if (a[L2TP_ATTR_IFNAME])
		nla_strlcpy(s->interface, a[L2TP_ATTR_IFNAME], sizeof(s->interface));
}

static int on_object(struct nl_msg *msg, void *ctx)
{
	struct nlattr *a[L2TP_ATTR_MAX + 1];
	struct dump *d = ctx;
	void *longer;

	if (genlmsg_parse(nlmsg_hdr(msg), 0, a, L2TP_ATTR_MAX, NULL) < 0)
		return NL_SKIP;
	longer = d->n & (d->n - 1) ? d->array : reallocarray(d->array, d->n ? 2 * d->n : 1, d->size);
	if (!longer)
		return -NLE_NOMEM;
	d->array = longer;
	d->read(a, (char *)longer + d->n++ * d->size);
	return NL_OK;
}

static int errno_of(int nl_error)
{
	switch (-nl_error) {
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_DUMP_INTR:
		return -EAGAIN;
	default:
		return -EIO;
	}
}

static int dump(struct nl_sock *socket, int family, int command, struct dump *d)
{
	int r;

	nl_socket_modify_cb(socket, NL_CB_VALID, NL_CB_CUSTOM, on_object, d);
	r = genl_send_simple(socket, family, command, L2TP_GENL_VERSION, NLM_F_DUMP);
	if (r >= 0)
		r = nl_recvmsgs_default(socket);
	return r < 0 ? errno_of(r) : 0;
}

static int compare_tunnels(const void *a, const void *b)
{
	const struct kernel_tunnel *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static int compare_sessions(const void *a, const void *b)
{
	const struct kernel_session *x = a, *y = b;

	if (x->tunnel_id != y->tunnel_id)
		return x->tunnel_id > y->tunnel_id ? 1 : -1;
	return (x->id > y->id) - (x->id < y->id);
}

static int read_all(struct nl_sock *socket, struct kernel_view *v)
{
	struct dump tunnels = { .size = sizeof(*v->tunnels), .read = read_tunnel };
	struct dump sessions = { .size = sizeof(*v->sessions), .read = read_session };
	int family, r = genl_connect(socket);

	if (r < 0)
		return errno_of(r);
	family = genl_ctrl_resolve(socket, L2TP_GENL_NAME);
	if (family < 0)
		return errno_of(family);
	r = dump(socket, family, L2TP_CMD_TUNNEL_GET, &tunnels);
	if (r == 0)
		r = dump(socket, family, L2TP_CMD_SESSION_GET, &sessions);
	*v = (struct kernel_view){ tunnels.array, sessions.array, tunnels.n, sessions.n };
	if (v->n_tunnels)
		qsort(v->tunnels, v->n_tunnels, sizeof(*v->tunnels), compare_tunnels);
	if (v->n_sessions)
		qsort(v->sessions, v->n_sessions, sizeof(*v->sessions), compare_sessions);
	return r;
}

int kernel_view_read(struct kernel_view *ret)
{
	struct nl_sock *socket = nl_socket_alloc();
	struct kernel_view v = { 0 };
	int r = socket ? read_all(socket, &v) : -ENOMEM;

	nl_socket_free(socket);
	if (r < 0)
		kernel_view_clear(&v);
	else
		*ret = v;
	return r;
}

void kernel_view_clear(struct kernel_view *v)
{
	free(v->tunnels);
	free(v->sessions);
	*v = (struct kernel_view){ 0 };
}

const struct kernel_tunnel *kernel_view_tunnel(const struct kernel_view *v, uint32_t id)
{
	const struct kernel_tunnel key = { .id = id };

	return v->n_tunnels ? bsearch(&key, v->tunnels, v->n_tunnels, sizeof(key), compare_tunnels) : NULL;
}

const struct kernel_session *kernel_view_session(const struct kernel_view *v, uint32_t tunnel_id, uint32_t id)
{
	const struct kernel_session key = { .tunnel_id = tunnel_id, .id = id };

	return v->n_sessions ? bsearch(&key, v->sessions, v->n_sessions, sizeof(key), compare_sessions) : NULL;
}
