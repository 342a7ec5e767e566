/* SPDX-License-Identifier: MIT */
/*
 * dataplane: what carries the packets.  The driver asks for tunnels and sessions here and is told later how it went;
 * nothing blocks.  Two implementations: the Linux kernel (generic netlink, pppox), and none (--dataplane=none).
 *
 * Every request answers exactly once through its callback, never from within the request itself (only -ENOMEM may
 * come from within); text is a sentence for the log (the kernel's extack, what is missing and how to get it) or NULL,
 * valid during the call.
 */
#ifndef DATAPLANE_H
#define DATAPLANE_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct dataplane;
struct workers;

struct dataplane_tunnel {
	uint32_t tunnel_id, peer_tunnel_id;
	uint8_t version; /* 2 */
	int fd;          /* UDP socket, connected, all options set; stays the caller's, who keeps it open */
};

struct dataplane_session {
	uint32_t tunnel_id, peer_tunnel_id, session_id, peer_session_id;
	uint8_t version;
	bool lns_mode;               /* we decide on data sequencing, else we follow the peer */
	bool send_seq, recv_seq;     /* data must carry sequence numbers */
	uint32_t reorder_timeout_ms;
};

struct dataplane_stats {
	uint64_t rx_packets, rx_bytes, rx_errors, tx_packets, tx_bytes, tx_errors;
};

typedef void (*dataplane_done)(void *ctx, int err, const char *text);
/* fd: the session's pppox socket (close-on-exec), from now on the caller's; -1 on error or without a kernel */
typedef void (*dataplane_session_done)(void *ctx, int err, const char *text, int fd);
typedef void (*dataplane_stats_done)(void *ctx, int err, const struct dataplane_stats *stats);

struct dataplane_class {
	const char *name;
	void (*tunnel_add)(struct dataplane *d, const struct dataplane_tunnel *t, dataplane_done done, void *ctx);
	void (*tunnel_del)(struct dataplane *d, uint32_t tunnel_id, dataplane_done done, void *ctx);
	void (*tunnel_stats)(struct dataplane *d, uint32_t tunnel_id, dataplane_stats_done done, void *ctx);
	/* Kernel session and, right after it, the pppox socket connected to it.  Rolled back as a whole. */
	void (*session_add)(struct dataplane *d, const struct dataplane_session *s, dataplane_session_done done,
			    void *ctx);
	/* Change lns_mode, send_seq, recv_seq and reorder_timeout_ms of a session that is there. */
	void (*session_set)(struct dataplane *d, const struct dataplane_session *s, dataplane_done done, void *ctx);
	/* Takes fd over and closes it where that may block; the kernel session is gone when done is called.  fd may be
	 * -1. */
	void (*session_del)(struct dataplane *d, uint32_t tunnel_id, uint32_t session_id, int fd, dataplane_done done,
			    void *ctx);
	void (*session_stats)(struct dataplane *d, uint32_t tunnel_id, uint32_t session_id, dataplane_stats_done done,
			      void *ctx);
	/* The caller that asked for counters with this ctx no longer waits for the answers. */
	void (*forget_stats)(struct dataplane *d, const void *ctx);
	void (*free)(struct dataplane *d);
};

struct dataplane {
	const struct dataplane_class *class;
};

/* The kernel of the calling network namespace.  On failure *ret_why (to be freed) says in plain words which module,
 * device or right is missing and how to get it. */
int dataplane_kernel_new(sd_event *event, struct workers *workers, struct dataplane **ret, char **ret_why);
/* Every request succeeds, no packet flows. */
int dataplane_null_new(sd_event *event, struct dataplane **ret);
/* Requests still open are dropped without an answer.  Free the workers first: their jobs use requests.  NULL: fine. */
void dataplane_free(struct dataplane *d);

#endif
