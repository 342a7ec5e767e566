/* SPDX-License-Identifier: MIT */
/*
 * pppox: the socket by which PPP is attached to a kernel session.
 *
 * The kernel tells the kind of address by its size alone.  Once the tunnel is there only the ids count, so the
 * address structs with an IPv4 part serve IPv6 tunnels too; 32-bit ids need the one of L2TPv3.
 * Called by dataplane_kernel and by the start-up check.
 */
#include "pppox.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <linux/if_pppox.h>
#include <linux/if_pppol2tp.h>

int pppox_open(void)
{
	int fd = socket(AF_PPPOX, SOCK_DGRAM | SOCK_CLOEXEC, PX_PROTO_OL2TP);

	return fd < 0 ? -errno : fd;
}

static int connect_v2(int fd, const struct dataplane_session *s)
{
	struct sockaddr_pppol2tp a = {
		.sa_family = AF_PPPOX,
		.sa_protocol = PX_PROTO_OL2TP,
		.pppol2tp = {
			.fd = -1,
			.s_tunnel = (uint16_t)s->tunnel_id,
			.d_tunnel = (uint16_t)s->peer_tunnel_id,
			.s_session = (uint16_t)s->session_id,
			.d_session = (uint16_t)s->peer_session_id,
		},
	};

	return connect(fd, (void *)&a, sizeof(a));
}

static int connect_v3(int fd, const struct dataplane_session *s)
{
	struct sockaddr_pppol2tpv3 a = {
		.sa_family = AF_PPPOX,
		.sa_protocol = PX_PROTO_OL2TP,
		.pppol2tp = {
			.fd = -1,
			.s_tunnel = s->tunnel_id,
			.d_tunnel = s->peer_tunnel_id,
			.s_session = s->session_id,
			.d_session = s->peer_session_id,
		},
	};

	return connect(fd, (void *)&a, sizeof(a));
}

int pppox_connect(int fd, const struct dataplane_session *s)
{
	int r = s->version == 2 ? connect_v2(fd, s) : connect_v3(fd, s);

	return r < 0 ? -errno : 0;
}
