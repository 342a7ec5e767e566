/* SPDX-License-Identifier: MIT */
/* core: what all objects of one engine share. */
#ifndef CORE_H
#define CORE_H

#include "base/hash.h"
#include "base/heap.h"
#include "idpool.h"
#include "l2tp.h"
#include "outbox.h"

/* Kinds of timers: which struct a struct timer is embedded in, and what for. */
enum timer_kind {
	TIMER_CHAN,  /* tunnel: retransmission, delayed acknowledgement */
	TIMER_HELLO, /* tunnel: silence */
	TIMER_LIFE,  /* tunnel: set-up, idle or linger time expired */
	TIMER_TRIAL, /* tunnel: time to repeat the question, or to judge */
	TIMER_CALL,  /* session: set-up time expired; later: a WEN may be sent */
};

/* What one source (source.h) has of us. */
struct source_use {
	uint32_t tunnels;   /* that it has opened */
	uint32_t half_open; /* of them */
	uint32_t sessions;  /* of calls that it has asked for */
	size_t texts;       /* octets that these hold of what it has said */
};

struct tunnel;

struct core {
	struct l2tp_env env;
	struct heap heap;
	struct idpool *ids;
	struct hash_secret secret; /* of tables whose keys peers choose */
	struct outbox outbox;
	struct l2tp_stats stats;
	struct tunnel *closing; /* tunnels that end, and have calls that are not closed yet */
	uint32_t closings;     /* tunnels and sessions that may still be closed at this time */
	uint32_t lingering;    /* tunnels that only wait for their linger to end */
	uint32_t call_serial_number;
	uint64_t serial;       /* of the last tunnel or session that was made */
	usec_t now;            /* of the present entry */
	struct l2tp_reason unkept; /* of the last session that ended when there was no memory to keep why */
	bool shutting_down;
};

#endif
