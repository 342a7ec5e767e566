/* SPDX-License-Identifier: MIT */
/*
 * udp: see udp.h.
 *
 * Those that share a port do so with SO_REUSEPORT alone: binding is then cheap however many there are, and no other user
 * can bind there; the kernel prefers the connected one for a datagram of its peer.  All options but the mark are set
 * before bind: the socket of a kernel tunnel that is being touched drops data.
 *
 * A filter lets only control messages through (T bit set); data that the kernel's data path has not taken never wakes us.
 *
 * Called by listen.
 */
#include "udp.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"

#define LISTENER_BUFFER (8 * 1024 * 1024) /* a burst of some ten thousand messages */

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* Accept what has the T bit.  A filter sees the UDP header too; a read past the end drops the datagram. */
static int set_filter(int fd)
{
	enum { FIRST_OCTET = 8, T_BIT = 0x80 };
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, FIRST_OCTET),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, T_BIT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno : 0;
}

static int set_options(int fd, uint16_t family, bool shared)
{
	int err = set_filter(fd);

	if (err == 0 && shared)
		err = set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (err == 0 && family == 4)
		err = set_int(fd, IPPROTO_IP, IP_PKTINFO, 1);
	if (err == 0 && family == 6)
		err = set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	if (err == 0 && family == 6)
		err = set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	return err;
}

static int new_socket(uint16_t family)
{
	int fd = socket(address_family(family), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

static int bind_to(int fd, const struct l2tp_addr *a)
{
	union socket_address u;
	socklen_t len = address_to_socket(a, &u);

	return bind(fd, &u.sa, len) < 0 ? -errno : 0;
}

static int connect_to(int fd, const struct l2tp_addr *a)
{
	union socket_address u;
	socklen_t len = address_to_socket(a, &u);

	return connect(fd, &u.sa, len) < 0 ? -errno : 0;
}

static int own_address(int fd, struct l2tp_addr *ret)
{
	union socket_address u;
	socklen_t len = sizeof(u);

	if (getsockname(fd, &u.sa, &len) < 0)
		return -errno;
	return address_from_socket(&u, len, ret) ? 0 : -EAFNOSUPPORT;
}

/* ---- Public ----------------------------------------------------------------------------------------------------- */

static int prepare(int fd, const struct l2tp_addr *local, bool listener, struct l2tp_addr *ret)
{
	/* a port that the kernel chooses is to be nobody else's, which SO_REUSEPORT would allow among our own */
	int err = set_options(fd, local->family, listener || local->port != 0);

	/* as much as we may have */
	if (err == 0 && listener && set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, LISTENER_BUFFER) < 0)
		set_int(fd, SOL_SOCKET, SO_RCVBUF, LISTENER_BUFFER);
	if (err == 0)
		err = bind_to(fd, local);
	return err < 0 ? err : own_address(fd, ret);
}

int udp_open(struct fdstore *f, const struct l2tp_addr *local, bool listener, struct udp_socket *ret)
{
	struct udp_socket s = { .fd = new_socket(local->family) };
	int err = s.fd < 0 ? s.fd : fdstore_put_new(f, s.fd, &s.name);

	if (err < 0)
		return err;
	err = prepare(s.fd, local, listener, &s.local);
	if (err < 0)
		fdstore_close(f, s.name, NULL, NULL);
	else
		*ret = s;
	return err;
}

int udp_connect(struct fdstore *f, struct udp_socket *s, uint32_t tunnel_id, const struct l2tp_addr *peer)
{
	const struct fd_name name = { tunnel_id, 0 };
	int err = fdstore_rename(f, s->name, name);

	if (err < 0)
		return err;
	s->name = name;
	return connect_to(fdstore_get(f, name), peer);
}

int udp_mark(struct fdstore *f, const struct udp_socket *s, unsigned dscp)
{
	int fd = fdstore_get(f, s->name), tos = (int)(dscp << UDP_ECN_BITS);

	return s->local.family == 4 ? set_int(fd, IPPROTO_IP, IP_TOS, tos) :
				      set_int(fd, IPPROTO_IPV6, IPV6_TCLASS, tos);
}

int udp_queue_errors(struct fdstore *f, const struct udp_socket *s, bool on)
{
	int fd = fdstore_get(f, s->name);

	return s->local.family == 4 ? set_int(fd, IPPROTO_IP, IP_RECVERR, on) :
				      set_int(fd, IPPROTO_IPV6, IPV6_RECVERR, on);
}

int udp_is_free(const struct l2tp_addr *a)
{
	int fd = new_socket(a->family), err;

	if (fd < 0)
		return fd;
	err = a->family == 6 ? set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) : 0;
	if (err == 0)
		err = bind_to(fd, a);
	close(fd);
	return err;
}

int udp_route_source(const struct l2tp_addr *peer, struct l2tp_addr *ret)
{
	int fd = new_socket(peer->family), err;

	if (fd < 0)
		return fd;
	err = connect_to(fd, peer);
	if (err == 0)
		err = own_address(fd, ret);
	close(fd);
	ret->port = 0;
	return err;
}
