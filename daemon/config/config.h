/* SPDX-License-Identifier: MIT */
/*
 * config: the configuration file as plain structs.  Read by config_load(), checked whole; every mistake is reported as
 * file:line:column with what is allowed.  No other module knows the file's syntax.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "l2tp.h"
#include "lcp.h"

struct config_prefix {
	struct l2tp_addr addr; /* port 0 */
	uint8_t bits;
};

/* PPP of a profile: becomes pppd's arguments. */
struct config_ppp {
	char **options;            /* NULL-terminated: words for pppd, in order, after those that we derive */
	char *interface;           /* name pattern with one %d, or NULL: chosen by the kernel ("pppN") */
	char *local_address;       /* our IPv4 address; NULL: none given */
	char *remote_address;      /* the peer's; NULL: from the pool, or the peer's own choice */
	struct config_pool *pool;  /* where the peer's IPv4 address comes from; NULL */
	bool ipv6;                 /* negotiate IPV6CP */
	uint16_t mtu, mru;         /* 0: derived from the path and the encapsulation */
	usec_t setup_timeout;      /* for PPP to come up */
};

/* Numbers in our data, beside what the LAC requires (5.4). */
enum config_sequencing {
	CONFIG_SEQUENCING_NO,
	CONFIG_SEQUENCING_YES,
	CONFIG_SEQUENCING_NEGOTIATION, /* lns: until PPP is up */
};

struct config_pool {
	char *name;
	uint32_t first, last;      /* IPv4, host order, inclusive */
};

/* Patterns on what the LAC says of a call; NULL: whatever it says. */
struct config_calls {
	char **called_numbers, **calling_numbers, **sub_addresses, **private_group_ids, **proxy_authen_names;
};

/* What a profile has now: kept by the driver, and by a profile that is the same one when the file is read again. */
struct config_use {
	uint32_t tunnels;          /* established */
	uint32_t sessions;
};

/* Where something stands. */
struct config_place {
	unsigned file;             /* which of config.files */
	unsigned line, column;     /* 0: the file as such */
};

struct config_profile {
	char *name;
	struct config_place at;
	bool removed;              /* no longer in the file: what it has is left to end */
	struct l2tp_params params; /* params.cookie names the profile, also after a reload: never 0 */
	struct config_ppp ppp;
	struct config_use *use;

	uint32_t sequencing;       /* enum config_sequencing; lac: data of our calls must carry numbers */

	char *dial_hook;           /* program that places outgoing calls; NULL: none are placed */
	usec_t dial_timeout;

	/* as LAC: what our link asks of the LCP that the LNS negotiates (RFC 3437) */
	struct lcp_list lcp_want, lcp_allow;
	bool lcp_required;

	/* lns: the peers that it is for; the first profile in the file that matches is used */
	struct config_prefix *peers;
	size_t n_peers;            /* 0: any address */
	char **host_names;         /* fnmatch patterns on the peer's Host Name; NULL: any */
	struct config_calls for_calls;
	uint32_t max_tunnels, max_sessions; /* at the same time; 0: no limit */

	/* lac: the servers to dial */
	bool lac;
	char **servers;            /* names or addresses, with ports or without (server.h), NULL-terminated */
	uint16_t server_port;      /* of those without */
	int family;                /* 4, 6 or 0: any */
	char *source;              /* local address, NULL: the route's */
	uint16_t local_port;       /* 0: ephemeral, one socket a tunnel; else that port, shared with a listener */
	bool autodial;             /* dial at start, and redial indefinitely */
	usec_t redial_min, redial_max; /* jittered back-off between them */
	uint32_t calls;            /* incoming calls to place on the tunnel, default 1 */
	char *calling_number, *called_number, *private_group_id; /* or NULL */
	uint32_t tx_connect_speed, rx_connect_speed;
};

/* The code of a PHB that is a standard is its DSCP, left-justified (RFC 3140). */
#define CONFIG_DSCP_SHIFT 10

/* Where a stream is listened for: a Unix socket's path, or else an address; neither: nowhere. */
struct config_stream {
	char path[108];            /* as sockaddr_un has it */
	struct l2tp_addr addr;
};

struct config_listen {
	struct l2tp_addr addr;     /* family 0: all addresses of both families */
	const char *path;          /* of the file, and the line in it */
	unsigned line;
};

/* One of the files that were read: the configuration, or one of its directory. */
struct config_file {
	char *path, *directory;
	bool open;                 /* every user of this machine can read it */
};

struct config {
	char *path;
	struct config_file *files;
	size_t n_files;
	struct config_listen *listens;
	size_t n_listens;
	struct config_profile *profiles;
	size_t n_profiles;
	struct config_pool *pools;
	size_t n_pools;
	struct l2tp_limits limits;
	struct l2tp_refusal stranger_refusal; /* StopCCN for peers that match no lns profile; result 0: silence */
	char *runtime_directory;   /* default /run/l2tpd */
	char *pppd;                /* default /usr/sbin/pppd */
	char *pppd_plugin;         /* path of pppd-l2tp.so */
	uint32_t pppd_starts;      /* pppd started and not yet up, at most */
	usec_t stop_timeout;       /* orderly stop, bounded */
	struct config_stream metrics; /* where they are served */
	char *api_group;           /* its members may use the control API */
	bool api_others_read;      /* all other users may read */
	bool api_system_bus;
	int log_level;             /* syslog's: LOG_ERR .. LOG_DEBUG */
};

/* The file and, behind it, what path.d/ has of files *.conf, in the order of their names, as if they were one.
 * Mistakes go to errors, one line each.  -EINVAL: the file has mistakes; another negative errno: it cannot be read. */
int config_load(const char *path, FILE *errors, struct config **ret);
void config_free(struct config *c); /* NULL is fine; wipes the secrets */

/* In the syntax of the file, complete but for the secrets.  -EIO: out does not take it */
int config_print(const struct config *c, FILE *out);

/* Is one what the other is, but for the cookie? */
bool config_same_profile(const struct config_profile *a, const struct config_profile *b);
/* Do both have one, and the same? */
bool config_same_secret(const struct l2tp_params *a, const struct l2tp_params *b);
/* Wipe and free what it holds. */
void config_clear_profile(struct config_profile *p);

/* The lns profile for a peer, NULL if there is none. */
const struct config_profile *config_match(const struct config *c, const struct l2tp_addr *peer,
					  struct l2tp_span host_name);
/* The same for an incoming call of this peer.  connected: its ICCN has told the rest; from: the first one that is looked
 * at, NULL: of all. */
const struct config_profile *config_match_call(const struct config *c, const struct l2tp_addr *peer,
					       struct l2tp_span host_name, const struct l2tp_call_info *call,
					       bool connected, const struct config_profile *from);
/* Is it for some calls only? */
bool config_tells_calls_apart(const struct config_profile *p);

#endif
