/* SPDX-License-Identifier: MIT */
/*
 * world: what the parts of the driver share.  driver.c owns it; tunnels.c, calls.c and dial.c each carry out their
 * share of the engine's operations on it.
 */
#ifndef WORLD_H
#define WORLD_H

#define HASH_NONFATAL_OOM 1 /* an element that found no memory has hh.tbl NULL */
#define HASH_FUNCTION HASH_FNV
#include <uthash.h>

#include "driver.h"
#include "base/hook.h"
#include "kernel/dataplane.h"
#include "kernel/link.h"
#include "kernel/workers.h"
#include "net/listen.h"
#include "base/log.h"
#include "base/pool.h"
#include "attach/process.h"
#include "base/status.h"

struct dial;
struct trace;
struct trial;

/* The daemon's side of a tunnel; lives from its first operation (or l2tp_open) to TUNNEL_GONE. */
struct world_tunnel {
	struct driver *driver;
	uint32_t id;
	const struct config_profile *profile;
	struct dial *dial;            /* that opened it, NULL: the peer did */
	struct listen_socket *socket; /* its own, NULL: it still uses a listener */
	struct l2tp_addr peer;
	char host[64];                /* the peer's Host Name, escaped */
	uint32_t peer_id;
	uint64_t rx_packets;          /* at the last look */
	bool counted;                 /* among its profile's: established, and not closed yet */
	bool pinned;                  /* a host route keeps the way to the peer */
	UT_hash_handle hh;
};

/* The daemon's side of a session; lives from SESSION_ADD to SESSION_GONE. */
struct world_call_key {
	uint32_t tunnel_id, session_id;
};
struct world_call {
	struct driver *driver;
	struct world_call_key key;
	const struct config_profile *profile;
	struct dial *dial;
	bool lns, up, ending;         /* ending: SESSION_DEL has been asked for */
	uint8_t version;
	bool sequenced;               /* the LAC requires that all data is (5.4) */
	bool numbered;                /* what the kernel has been told of ours */
	bool ppp_up;
	bool sent_away;               /* the LNS says: try another */
	bool dialling;                /* its outgoing call is being placed */
	bool answered;                /* its outgoing call was placed: to be cleared */
	struct hook *hook;            /* placing, telling and clearing it; NULL: nothing of it yet */
	uint32_t peer_tunnel_id, peer_session_id;
	struct l2tp_addr local, peer;
	int fd;                       /* pppox, -1: none */
	struct ppp *ppp;
	uint32_t send_accm, receive_accm; /* LNS: what the LAC knows of them */
	bool lcp_said;                /* LNS: the LAC wants to hear of LCP */
	uint32_t address;             /* the peer's, of a pool; 0: none */
	struct pool *pool;            /* that it goes back to; NULL: a reload has taken the pool away */
	uint32_t interface;           /* number in the interface's name; 0: none */
	char name[16];                /* of the interface */
	UT_hash_handle hh;
};

/* A profile that a reload has taken out of the configuration, as long as it has tunnels or calls. */
struct world_removed {
	struct config_profile profile;
	size_t users;
	struct world_removed *next;
};

struct driver {
	sd_event *event;
	struct config *config;
	struct world_removed *removed;
	uint64_t last_cookie;         /* of all profiles that there were */
	struct status *status;        /* NULL: nobody wants to know */
	struct l2tp *engine;
	struct workers *workers;
	struct listen *listen;
	struct dataplane *dataplane;
	struct link *link;            /* NULL: no kernel data path */
	struct ppp_manager *ppp;      /* NULL: no kernel data path */
	struct pool **pools;          /* as config.pools */
	struct pool *interfaces;      /* numbers for interface names */
	struct dial *dials;
	struct trace *trace;
	struct trial *trial;          /* under way, of the configuration in force; NULL */
	sd_event_source *timer, *stop_timer, *ppp_timer, *drain_timer;
	usec_t drain_until;           /* then what is left is closed; USEC_NEVER */
	struct world_tunnel *tunnels;
	struct world_call *calls;
	int lock;                     /* the runtime directory, -1: not held */
	bool pumping, stopping, draining;
	bool closing;                 /* stopping, and all tunnels are closed or about to be */
	size_t pppds;                 /* calls that have one, or wait for it */
	bool reload_failed;           /* the last one */
	uint64_t limited, evicted;    /* the engine's, when the log was last told */
	usec_t flood_told;            /* then; 0: never */
	struct driver_watcher *watchers;
	struct opening *openings;     /* operator.c */
	const char *dataplane_name;
	usec_t started, reloaded;     /* when; the last time that it went well */
	usec_t realtime;              /* ahead of our clock: view.c */
};

usec_t world_now(void);
void world_random(void *ctx, void *p, size_t len);
/* Carry out what the engine asks for and re-arm the timer: after everything that told the engine something. */
void world_pump(struct driver *d);
/* Tell the watchers. */
void world_emit(struct driver *d, const struct driver_event *e);
/* While stopping: all tunnels are closed as soon as there is no PPP any more. */
void world_stop_further(struct driver *d);
/* text: what the operator is told of a failure; NULL: what err says */
void world_op_done(struct driver *d, uint32_t tunnel_id, uint32_t session_id, int err, const char *text);

/* By its cookie; also one that has been removed and still has users.  NULL: there is none any more. */
const struct config_profile *world_profile(const struct driver *d, uint64_t cookie);
/* What a peer is told for whom there is no room: as configured, if anything is; else result and error. */
struct l2tp_reason world_refusal(const struct l2tp_refusal *given, uint16_t result, uint16_t error, const char *text);
#define WORLD_WHY_MAX 256
/* The listeners become the configuration's, all of them or none: why then says where and why not. */
int world_listen(struct driver *d, const struct config *c, char why[WORLD_WHY_MAX]);
/* A user, that is a tunnel or a call, more or less; of a profile that has not been removed: nothing happens. */
void world_removed_get(struct driver *d, const struct config_profile *profile);
void world_removed_put(struct driver *d, const struct config_profile *profile);
void world_pools_free(struct pool **pools, size_t n);

/* reload.c */
/* The lns profile that takes the place of the one that the tunnel was opened with and that has been removed: that which
 * fits the peer now, if the tunnel has shown all that it demands.  NULL: none. */
const struct config_profile *reload_successor(const struct driver *d, uint32_t tunnel_id);

/* trial.c */
/* Try what the configuration has for pppd; the log says what it refuses. */
void trial_start(struct driver *d);

/* tunnels.c */
struct world_tunnel *tunnel_get(const struct driver *d, uint32_t id);
struct world_tunnel *tunnel_note(struct driver *d, uint32_t id, const struct config_profile *profile);
void tunnel_op(struct driver *d, const struct l2tp_op *op);
/* From now on it has this profile, which counts it if the one before did. */
void tunnel_belong(struct world_tunnel *t, const struct config_profile *profile);
/* May the profile have one more from there?  False: this is what the peer is told. */
bool tunnel_has_room(const struct driver *d, const struct config_profile *profile, const struct l2tp_addr *peer,
		     struct l2tp_reason *reason);
/* Close it if its profile has been removed and it has no call. */
void tunnel_settle_removed(struct driver *d, uint32_t id);
void tunnels_clear(struct driver *d);

/* Of a PHB, or else of the second one; 0 if there is none. */
unsigned tunnel_dscp(uint32_t phb, uint32_t otherwise);
/* What the tunnel's data is marked with: the kernel knows one mark for all of a tunnel's sessions. */
void tunnel_mark(struct world_tunnel *t, uint32_t phb);

/* calls.c */
struct world_call *call_get(const struct driver *d, uint32_t tunnel_id, uint32_t session_id);
void call_op(struct driver *d, const struct l2tp_op *op);
/* Each pppd says good-bye, through a tunnel that is still there. */
void calls_end_ppp(struct driver *d);
void calls_clear(struct driver *d);
/* Is there an address for one more call of this profile, and may it have one more?  False: this is what the peer is told. */
bool call_has_room(const struct driver *d, const struct config_profile *profile, struct l2tp_reason *reason);
/* What we say as LAC of our link. */
struct l2tp_lcp_wishes call_lcp(const struct config_profile *profile);

/* operator.c */
void openings_stop(struct driver *d);
void openings_free(struct driver *d);

/* n pools are not the configuration's any more (NULL: it still is): who has an address of theirs keeps it, and it
 * belongs to the pool that has it now. */
void calls_move_addresses(struct driver *d, struct pool *const *gone, size_t n);
/* To the same ones in the new configuration. */
void calls_move_profiles(struct driver *d);

/* dial.c */
/* Open a tunnel of a lac profile to this peer. */
int dial_open(struct driver *w, const struct config_profile *p, const struct l2tp_addr *peer, struct world_tunnel **ret);
/* The pause behind so many failures in a row: between half and the whole of what doubles from min to max. */
usec_t dial_pause(usec_t min, usec_t max, unsigned failures, uint32_t random);
/* An incoming call as the profile describes it. */
struct l2tp_call_info dial_call(const struct config_profile *p);
int dials_start(struct driver *d);
/* The configuration is another one, and that before is still there. */
void dials_reload(struct driver *d);
/* After a drain. */
void dials_resume(struct driver *d);
/* Is it dialled by itself, and has it been hung up? */
bool dial_exists(const struct driver *d, const struct config_profile *profile);
bool dial_is_held(const struct driver *d, const struct config_profile *profile);
/* No more attempts; dial at once, and again for ever (it must exist).  False: that was so already. */
bool dial_hold(struct driver *d, const struct config_profile *profile);
bool dial_resume(struct driver *d, const struct config_profile *profile);
void dials_stop(struct driver *d);
void dials_free(struct driver *d);
void dial_tunnel_up(struct dial *dial, uint32_t tunnel_id);
/* successor_id: the tunnel that the peer has put in its place; 0: none */
void dial_tunnel_down(struct dial *dial, uint32_t tunnel_id, const struct l2tp_reason *reason, uint32_t successor_id);
const struct config_profile *dial_profile(const struct dial *dial);
void dial_call_up(struct dial *dial);
void dial_call_down(struct dial *dial, uint32_t tunnel_id, const struct l2tp_reason *reason);
void dial_call_gone(struct dial *dial, uint32_t tunnel_id, bool sent_away);
/* Does the peer know of another LNS that would do (Error Code 7)? */
bool dial_is_sent_away(const struct l2tp_reason *reason);

#endif
