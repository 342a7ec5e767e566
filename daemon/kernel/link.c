/* SPDX-License-Identifier: MIT */
/*
 * link: the path MTU and the way to a peer, and host routes.
 *
 * A default route through the tunnel would also catch the tunnel's own packets, in an endless loop.
 * So while there are tunnels to a peer, the way that leads there now is written down as a host route: where it goes
 * by a gateway, or is itself a default route without one (an uplink that is PPP).  Other routes without a gateway are
 * more specific than any default.  Only the main table matters, because that is where pppd puts its default routes:
 * a peer reached by another table (a rule, a VRF) needs nothing.
 *
 * The kernel answers these requests while they are sent, so they are synchronous, with a time limit.
 * Called by the driver.
 */
#include "link.h"

#include <assert.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HASH_FUNCTION(key, len, hash) HASH_OAT(key, len, hash) /* the default one falls through in a switch */
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(pin) ((pin)->refs = 0)
#include <uthash.h>

#include "base/address.h"
#include "nl.h"

#define GATEWAY_MAX 20 /* RTA_VIA: family and IPv6 address */

/* What a route says beyond its destination. */
struct way {
	uint8_t type, prefix;
	uint32_t table, interface;
	uint16_t gateway_attr; /* RTA_GATEWAY or RTA_VIA; 0: no gateway */
	uint16_t gateway_len;
	uint8_t gateway[GATEWAY_MAX];
};

struct pin {
	struct l2tp_addr peer; /* the key; port 0 */
	unsigned refs;
	bool ours; /* a route was made and is to be removed */
	struct way way;
	UT_hash_handle hh;
};

struct link {
	struct nl nl;
	struct pin *pins;
};

int link_new(sd_event *event, struct link **ret)
{
	struct link *l = calloc(1, sizeof(*l));
	int r;

	(void)event;
	if (!l)
		return -ENOMEM;
	r = nl_open(NETLINK_ROUTE, &l->nl);
	if (r < 0) {
		free(l);
		return r;
	}
	*ret = l;
	return 0;
}

/* ---- Path MTU -------------------------------------------------------------------------------------------------- */

static int path_mtu(int fd, const struct l2tp_addr *local, const struct l2tp_addr *peer)
{
	struct l2tp_addr from = *local, to = *peer;
	bool v4 = peer->family == 4;
	union socket_address sa;
	socklen_t len;
	int mtu = 0;

	/* Any port: only the addresses choose the way. */
	if (local->family == peer->family) {
		from.port = 0;
		len = address_to_socket(&from, &sa);
		if (bind(fd, &sa.sa, len) < 0)
			return -errno;
	}
	to.port = to.port ? to.port : 1;
	len = address_to_socket(&to, &sa);
	if (connect(fd, &sa.sa, len) < 0)
		return -errno;
	len = sizeof(mtu);
	if (getsockopt(fd, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_MTU : IPV6_MTU, &mtu, &len) < 0)
		return -errno;
	return mtu;
}

int link_path_mtu(struct link *l, const struct l2tp_addr *local, const struct l2tp_addr *peer)
{
	int fd, r;

	(void)l;
	if (peer->family != 4 && peer->family != 6)
		return -EAFNOSUPPORT;
	fd = socket(address_family(peer->family), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	r = path_mtu(fd, local, peer);
	close(fd);
	return r;
}

/* ---- Routes ---------------------------------------------------------------------------------------------------- */

static uint8_t address_len(const struct l2tp_addr *a)
{
	return a->family == 4 ? 4 : 16;
}

static struct rtmsg *begin(struct nl_request *buf, uint16_t type, uint16_t flags, const struct l2tp_addr *peer)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf->bytes);
	struct rtmsg *rt;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	rt = mnl_nlmsg_put_extra_header(nlh, sizeof(*rt));
	rt->rtm_family = (unsigned char)address_family(peer->family);
	rt->rtm_dst_len = (uint8_t)(address_len(peer) * 8);
	mnl_attr_put(nlh, RTA_DST, address_len(peer), peer->ip);
	return rt;
}

static int find_way(const struct nlattr *attr, void *ctx)
{
	struct way *w = ctx;
	uint16_t type = mnl_attr_get_type(attr), len = mnl_attr_get_payload_len(attr);

	if (type == RTA_TABLE && len == sizeof(uint32_t))
		w->table = mnl_attr_get_u32(attr);
	if (type == RTA_OIF && len == sizeof(uint32_t))
		w->interface = mnl_attr_get_u32(attr);
	if ((type == RTA_GATEWAY || type == RTA_VIA) && len <= GATEWAY_MAX) {
		w->gateway_attr = type;
		w->gateway_len = len;
		memcpy(w->gateway, mnl_attr_get_payload(attr), len);
	}
	return MNL_CB_OK;
}

static void on_way(void *ctx, const struct nlmsghdr *reply)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(reply);
	struct way *w = ctx;

	if (reply->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(reply) < sizeof(*rt))
		return;
	w->type = rt->rtm_type;
	w->prefix = rt->rtm_dst_len;
	w->table = rt->rtm_table;
	mnl_attr_parse(reply, sizeof(*rt), find_way, w);
}

/* flags: RTM_F_LOOKUP_TABLE for the way itself, RTM_F_FIB_MATCH for the route that it follows. */
static int look_up(struct link *l, const struct l2tp_addr *local, const struct l2tp_addr *peer, unsigned flags,
		   struct way *ret)
{
	struct nl_request buf;
	struct rtmsg *rt = begin(&buf, RTM_GETROUTE, 0, peer);

	rt->rtm_flags = flags;
	if (local->family == peer->family) {
		rt->rtm_src_len = (uint8_t)(address_len(local) * 8);
		mnl_attr_put((struct nlmsghdr *)buf.bytes, RTA_SRC, address_len(local), local->ip);
	}
	*ret = (struct way){ 0 };
	return nl_talk(&l->nl, (struct nlmsghdr *)buf.bytes, on_way, ret, NULL);
}

static int change_route(struct link *l, uint16_t type, uint16_t flags, const struct l2tp_addr *peer,
			const struct way *w)
{
	struct nl_request buf;
	struct rtmsg *rt = begin(&buf, type, flags, peer);
	struct nlmsghdr *nlh = (struct nlmsghdr *)buf.bytes;

	rt->rtm_table = RT_TABLE_MAIN;
	rt->rtm_protocol = RTPROT_L2TPD;
	rt->rtm_type = RTN_UNICAST;
	rt->rtm_scope = w->gateway_attr ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
	mnl_attr_put_u32(nlh, RTA_OIF, w->interface);
	if (w->gateway_attr)
		mnl_attr_put(nlh, w->gateway_attr, w->gateway_len, w->gateway);
	return nl_talk(&l->nl, nlh, NULL, NULL, NULL);
}

/* 1: *ret is to be pinned; 0: there is no need. */
static int way_to_pin(struct link *l, const struct l2tp_addr *local, const struct l2tp_addr *peer, struct way *ret)
{
	struct way route;
	int r;

	if (peer->scope)
		return 0; /* link-local */
	r = look_up(l, local, peer, RTM_F_LOOKUP_TABLE, ret);
	if (r < 0)
		return r;
	if (ret->type != RTN_UNICAST || ret->table != RT_TABLE_MAIN || !ret->interface)
		return 0;
	if (ret->gateway_attr)
		return 1;
	r = look_up(l, local, peer, RTM_F_FIB_MATCH, &route);
	if (r < 0)
		return r;
	return route.prefix == 0;
}

static int make_pin(struct link *l, const struct l2tp_addr *local, const struct l2tp_addr *peer, struct pin *p)
{
	int r = way_to_pin(l, local, peer, &p->way);

	if (r <= 0)
		return r;
	r = change_route(l, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, peer, &p->way);
	if (r == -EEXIST)
		return 0; /* another program's route serves as well, and is not ours to remove */
	p->ours = r == 0;
	return r;
}

static struct l2tp_addr pin_key(const struct l2tp_addr *peer)
{
	struct l2tp_addr key = *peer;

	key.port = 0;
	return key;
}

int link_pin_peer(struct link *l, const struct l2tp_addr *local, const struct l2tp_addr *peer)
{
	struct l2tp_addr key = pin_key(peer);
	struct pin *p;
	int r;

	if (peer->family != 4 && peer->family != 6)
		return -EAFNOSUPPORT;
	HASH_FIND(hh, l->pins, &key, sizeof(key), p);
	if (p) {
		p->refs++;
		return 0;
	}
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->peer = key;
	p->refs = 1;
	HASH_ADD(hh, l->pins, peer, sizeof(p->peer), p);
	r = p->refs ? make_pin(l, local, peer, p) : -ENOMEM;
	if (r < 0) {
		if (p->refs)
			HASH_DEL(l->pins, p);
		free(p);
	}
	return r;
}

static void remove_pin(struct link *l, struct pin *p)
{
	HASH_DEL(l->pins, p);
	if (p->ours) /* it may have gone with its interface: fine */
		(void)change_route(l, RTM_DELROUTE, 0, &p->peer, &p->way);
	free(p);
}

void link_unpin_peer(struct link *l, const struct l2tp_addr *peer)
{
	struct l2tp_addr key = pin_key(peer);
	struct pin *p;

	HASH_FIND(hh, l->pins, &key, sizeof(key), p);
	if (p && --p->refs == 0)
		remove_pin(l, p);
}

void link_free(struct link *l)
{
	if (!l)
		return;
	while (l->pins)
		remove_pin(l, l->pins);
	nl_close(&l->nl);
	free(l);
}

/* ---- Leftovers ------------------------------------------------------------------------------------------------- */

/* Routes of ours as the kernel dumped them, one after the other. */
struct leftovers {
	uint8_t *bytes;
	size_t len;
	int err;
};

static void on_route(void *ctx, const struct nlmsghdr *reply)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(reply);
	struct leftovers *o = ctx;
	uint8_t *bytes;

	if (reply->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(reply) < sizeof(*rt) ||
	    rt->rtm_protocol != RTPROT_L2TPD || o->err < 0)
		return;
	bytes = realloc(o->bytes, o->len + MNL_ALIGN(reply->nlmsg_len));
	if (!bytes) {
		o->err = -ENOMEM;
		return;
	}
	memcpy(bytes + o->len, reply, reply->nlmsg_len);
	o->bytes = bytes;
	o->len += MNL_ALIGN(reply->nlmsg_len);
}

static int dump(struct link *l, uint8_t family, struct leftovers *ret)
{
	struct nl_request buf;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf.bytes);
	struct rtmsg *rt;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	rt = mnl_nlmsg_put_extra_header(nlh, sizeof(*rt));
	rt->rtm_family = family;
	return nl_talk(&l->nl, nlh, on_route, ret, NULL);
}

/* A dumped route, sent back as a deletion, names itself. */
static int delete_all(struct link *l, struct leftovers *o)
{
	struct nlmsghdr *nlh;
	int count = 0, r;

	for (size_t at = 0; at < o->len; at += MNL_ALIGN(nlh->nlmsg_len)) {
		nlh = (struct nlmsghdr *)(o->bytes + at);
		nlh->nlmsg_type = RTM_DELROUTE;
		nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
		r = nl_talk(&l->nl, nlh, NULL, NULL, NULL);
		if (r == 0)
			count++;
		else if (r != -ESRCH)
			o->err = r;
	}
	return count;
}

int link_clean(struct link *l)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	int count = 0, err = 0;

	for (size_t i = 0; i < sizeof(families); i++) {
		struct leftovers o = { 0 };
		int r = dump(l, families[i], &o);

		if (r < 0)
			o.err = r;
		count += delete_all(l, &o);
		if (o.err < 0)
			err = o.err;
		free(o.bytes);
	}
	return err < 0 ? err : count;
}
