/* SPDX-License-Identifier: MIT */
/*
 * pair: the tunnels of a dial: one, and beside it for a while the one before, which is doubted.
 *
 * A peer may have gone, and have come back without its tunnels, and nothing says so.  So behind a call that has not been
 * ended by the peer it is asked for a sign of life.  If nothing comes, a second tunnel is dialled beside the one that is
 * silent, which is left when the second one is established and it is silent still; else the second one is left.
 *
 * ICMP may say that a peer is unreachable, long before all retransmissions are in vain; but anybody may have said so.
 * It is a hint to begin the next attempt beside this one, which goes on: the one that is established first stays.
 */
#ifndef PAIR_H
#define PAIR_H

#include "tunnel.h"

struct pair_tunnel {
	uint32_t id;             /* 0: none */
	uint32_t calls;          /* placed on it and not gone */
	size_t server;           /* of the profile's: that it leads to */
	bool sent_away;          /* the last call to end was told to try another server */
};

struct pair {
	struct engine *engine;
	struct tunnels *tunnels;
	struct owner *owner;
	struct pair_tunnel tunnel, doubted;
	usec_t asked;            /* for a sign of life of the tunnel; 0: never */
	bool hinted;             /* the tunnel is not established, and its peer seems to be unreachable */
	bool borrowed;           /* the tunnel is the peer's, see pair_borrow() */
};

/* Does the peer know of another LNS that would do (Error Code 7)? */
bool pair_is_sent_away(const struct l2tp_reason *reason);

/* Has its tunnel's peer not answered yet? */
bool pair_is_silent(const struct pair *p);
/* Is a second tunnel wanted beside it? */
bool pair_is_doubtful(const struct pair *p);

/* This one has been dialled, to that server: the one before is doubted from now on. */
void pair_dialled(struct pair *p, uint32_t tunnel_id, size_t server);
/* The doubted one has spoken, and there is no other one, or none to hope for: it is the tunnel again. */
void pair_take_back(struct pair *p);
/* The doubted one is left for good. */
void pair_leave_doubted(struct pair *p);

/* A tunnel that the peer has opened to us at the same time, and has won the tie (RFC 2661 4.4.3), is the only one there
 * will be: it becomes the tunnel, if it will do.  It stays the peer's, which closes it; with the dial only its calls end. */
bool pair_borrow(struct pair *p, uint32_t tunnel_id);
/* The calls on it end; of a tunnel that is borrowed. */
void pair_give_back(struct pair *p, const char *why);

/* ---- What is heard of them ----------------------------------------------------------------------------------- */

/* This one is established.  true: the doubted one is the tunnel again, and calls may be missing. */
bool pair_up(struct pair *p, uint32_t tunnel_id);
/* This one has closed.  true: it was the tunnel. */
bool pair_down(struct pair *p, uint32_t tunnel_id);
/* A call on this one has ended. */
void pair_call_down(struct pair *p, uint32_t tunnel_id, const struct l2tp_reason *reason);
/* Nothing is left of a call on this one.  true: it was the tunnel. */
bool pair_call_gone(struct pair *p, uint32_t tunnel_id);

#endif
