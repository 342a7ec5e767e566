/* SPDX-License-Identifier: MIT */
/*
 * dataplane: what carries the packets.  The driver asks for tunnels and sessions here and is told later how it went;
 * nothing blocks.  Two implementations: the Linux kernel (generic netlink, pppox), and none (--dataplane=none).
 *
 * A request is a plain struct of numbers, and could come from another process: files are not passed, they are looked up
 * by ids in the store, where the tunnel's socket must be before the tunnel is asked for.
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
struct fdstore;

struct dataplane_tunnel {
	uint32_t tunnel_id, peer_tunnel_id; /* of the first is the UDP socket, connected, all options set */
	uint8_t version; /* 2 */
};

struct dataplane_session {
	uint32_t tunnel_id, peer_tunnel_id, session_id, peer_session_id;
	uint8_t version;
	bool pppox;                  /* with the socket by which PPP is attached to it, which the store has then */
	bool lns_mode;               /* we decide on data sequencing, else we follow the peer */
	bool send_seq, recv_seq;     /* data must carry sequence numbers */
	uint32_t reorder_timeout_ms;
};

struct dataplane_stats {
	uint64_t rx_packets, rx_bytes, rx_errors, tx_packets, tx_bytes, tx_errors;
};

typedef void (*dataplane_done)(void *ctx, int err, const char *text);
typedef void (*dataplane_stats_done)(void *ctx, int err, const struct dataplane_stats *stats);

struct dataplane_class {
	const char *name;
	void (*tunnel_add)(struct dataplane *d, const struct dataplane_tunnel *t, dataplane_done done, void *ctx);
	void (*tunnel_del)(struct dataplane *d, uint32_t tunnel_id, dataplane_done done, void *ctx);
	void (*tunnel_stats)(struct dataplane *d, uint32_t tunnel_id, dataplane_stats_done done, void *ctx);
	/* Kernel session and, right after it, the pppox socket connected to it.  Rolled back as a whole. */
	void (*session_add)(struct dataplane *d, const struct dataplane_session *s, dataplane_done done, void *ctx);
	/* Change lns_mode, send_seq, recv_seq and reorder_timeout_ms of a session that is there. */
	void (*session_set)(struct dataplane *d, const struct dataplane_session *s, dataplane_done done, void *ctx);
	/* The pppox socket, if there is one, is closed; the kernel session is gone when done is called. */
	void (*session_del)(struct dataplane *d, uint32_t tunnel_id, uint32_t session_id, dataplane_done done,
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
int dataplane_kernel_new(sd_event *event, struct fdstore *fds, struct dataplane **ret, char **ret_why);
/* Every request succeeds, no packet flows. */
int dataplane_null_new(sd_event *event, struct dataplane **ret);
/* Requests still open are dropped without an answer.  Free the workers first: what the store's report leads to requests.
 * NULL: fine. */
void dataplane_free(struct dataplane *d);

#endif
