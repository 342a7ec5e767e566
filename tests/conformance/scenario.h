/* SPDX-License-Identifier: MIT */
/*
 * scenario: what a peer says to the real daemon, and what must come of it, as tables.  Each scenario runs in a process
 * of its own, with a loopback address of its own by which the daemon picks the profile; many run side by side.
 */
#ifndef SCENARIO_H
#define SCENARIO_H

#include "peer.h"

/* Second octet of the peer's address: which section of the daemon's configuration is meant (daemon.c). */
enum profile {
	STRICT = 1,  /* strict, no secret */
	SECRET,      /* with a secret, challenges */
	HIDING,      /* the same, and hides */
	ANSWERS,     /* with a secret, does not challenge */
	QUICK,       /* first repetition after 100 ms, three of them; 1 s for set-up */
	HELLO,       /* HELLO after 400 ms */
	BARE,        /* nothing set but the range of addresses */
	FULL,        /* vendor name, window, two sessions */
	IDLE,        /* closed when idle for 1 s */
	FORBIDDEN,   /* no profile at all */
	CALLS,       /* four sections, told apart by what is said of the call */
	NUMBERS,     /* for calls to 08* only */
	PLACES_CALLS, /* its hook answers at once, and notes "dial TUNNEL/SESSION" and "hangup ..." in the file calls */
	LAC = 32,    /* from here on the daemon dials: LAC + what its profile has of the above */
	LAC_STRICT = LAC + STRICT,
	LAC_SECRET = LAC + SECRET,
	LAC_HIDING = LAC + HIDING,
	LAC_ANSWERS = LAC + ANSWERS,
	LAC_QUICK = LAC + QUICK,
	LAC_FULL = LAC + FULL,   /* numbers and speeds, two calls */
	LAC_IDLE = LAC + IDLE,   /* no calls */
	LAC_PLACES,              /* a second server, at peer_second_place(); a long pause between attempts */
	LAC_WISHES,              /* LCP wanted and allowed */
	OWN = 64     /* the scenario starts a daemon itself */
};

enum verb {
	DO_END,
	DO_SAY,     /* message type a */
	DO_WITH,    /* message type a and AVPs, hex */
	DO_BODY,    /* a body, hex, to session a (1: the daemon's) */
	DO_RAW,     /* a datagram, hex */
	DO_HEAR,    /* message type a comes */
	DO_RESULT,  /* of what was heard last: a, error b */
	DO_HAS,     /* what was heard last has AVP a */
	DO_HAS_NOT,
	DO_ACKED,   /* all that was said is acknowledged, and no message comes meanwhile */
	DO_QUIET,   /* for a ms nothing but ZLBs */
	DO_SILENCE, /* for a ms nothing */
	DO_OPEN,    /* a tunnel, from SCCRQ to the end */
	DO_CALL,    /* an incoming call on it */
	DO_ALIVE,   /* HELLO is acknowledged, and that is all */
	DO_HUNG_UP, /* the tunnel lives, the call does not: nothing comes of an ICCN for it */
	DO_ANEW,    /* the peer forgets all, and takes another tunnel id */
	DO_LOGGED,  /* the daemon has logged this text with our address */
	DO_CALL_FN, /* a function */
};

struct step {
	enum verb verb;
	unsigned a, b;
	const char *text;
	void (*fn)(struct peer *p);
};

struct scenario {
	const char *name; /* begins with the ids of the requirements */
	enum profile profile;
	struct step steps[24];
};

#define SAY(type) { DO_SAY, CM_##type, 0, NULL, NULL }
#define WITH(type, hex) { DO_WITH, CM_##type, 0, hex, NULL }
#define BODY(hex) { DO_BODY, 0, 0, hex, NULL }
#define CALL_BODY(hex) { DO_BODY, 1, 0, hex, NULL }
#define RAW(hex) { DO_RAW, 0, 0, hex, NULL }
#define HEAR(type) { DO_HEAR, CM_##type, 0, NULL, NULL }
#define RESULT(result, error) { DO_RESULT, result, error, NULL, NULL }
#define STOPPED(result, error) HEAR(STOPCCN), RESULT(result, error)
#define REFUSED(result, error) HEAR(CDN), RESULT(result, error)
#define HAS(avp) { DO_HAS, AVP_##avp, 0, NULL, NULL }
#define HAS_NOT(avp) { DO_HAS_NOT, AVP_##avp, 0, NULL, NULL }
#define ACKED { DO_ACKED, 0, 0, NULL, NULL }
#define QUIET(ms) { DO_QUIET, ms, 0, NULL, NULL }
#define SILENCE(ms) { DO_SILENCE, ms, 0, NULL, NULL }
#define OPEN { DO_OPEN, 0, 0, NULL, NULL }
#define CALL { DO_CALL, 0, 0, NULL, NULL }
#define ALIVE { DO_ALIVE, 0, 0, NULL, NULL }
#define HUNG_UP { DO_HUNG_UP, 0, 0, NULL, NULL }
#define ANEW { DO_ANEW, 0, 0, NULL, NULL }
#define LOGGED(text) { DO_LOGGED, 0, 0, text, NULL }
#define FN(fn) { DO_CALL_FN, 0, 0, NULL, fn }

/* The tables; each ends with a scenario without a name. */
extern const struct scenario header_scenarios[], avp_scenarios[], tunnel_scenarios[], call_scenarios[],
	channel_scenarios[], lac_scenarios[], lcp_scenarios[], reload_scenarios[], standstill_scenarios[];

void peer_anew(struct peer *p);
/* Where the second server of LAC_PLACES is, if the first one is here. */
struct sockaddr_in second_place(struct sockaddr_in first);
void peer_open(struct peer *p);
void peer_call(struct peer *p);
void peer_alive(struct peer *p);

/* ---- The daemon (daemon.c) ----------------------------------------------------------------------------------- */

struct daemon {
	char directory[64], log[96];
	uint16_t port;
	int pid;
	int output; /* where it logs to instead; 0: to log */
};

/* Started with these sections behind the usual ones, and ready; with an output of its own perhaps not yet. */
void daemon_start(struct daemon *d, const char *sections);
/* SIGHUP, with these sections now; it says that it has reloaded, or, good false, that it has not. */
void daemon_reload(const struct daemon *d, const char *sections, bool good);
/* Once more, as it was started; it must have ended. */
void daemon_again(struct daemon *d);
/* SIGTERM, unless stopped before; the exit status must be 0 and the log without a report of a sanitizer. */
void daemon_stop(struct daemon *d, int signal);
/* A free port for a daemon. */
uint16_t daemon_port(void);
/* For scenarios with a daemon of their own: the program. */
extern const char *daemon_program;

#endif
