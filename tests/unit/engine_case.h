/* SPDX-License-Identifier: MIT */
/*
 * engine_case: what the test_engine*.c have in common: one world with two peers in it, and what is expected of them.
 * Each of these programs is about one noun; the state tables have tests of their own (test_tunnel_fsm.c,
 * test_session_fsm.c), and so have octets that nobody should send (test_engine_octets.c).
 */
#ifndef ENGINE_CASE_H
#define ENGINE_CASE_H

#include "engine_world.h"

#include <check.h>

#define SEC USEC_PER_SEC
#define MSEC USEC_PER_MSEC

extern struct world w;
extern struct peer p, q;
extern const struct l2tp_span secret;

void set_secret(struct l2tp_params *params);
void begin(void);
void begin_with_secret(bool challenge);
/* Nothing may be left. */
void finish(void);
/* The peer has lost its memory. */
void forget_all(struct peer *peer);

void expect_said(const char *said);
void expect_state(const struct peer *peer, const char *state);
/* The StopCCN or CDN that was sent last. */
void expect_result(enum cm_type type, uint16_t result, int error);

TCase *new_case(Suite *suite, const char *name);
/* Returns what main() does. */
int run(Suite *suite);

#endif
