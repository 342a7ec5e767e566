/* SPDX-License-Identifier: MIT */
/*
 * challenge: how the peers of an L2TPv2 tunnel prove that they know the secret (RFC 2661 4.4.3, 5.1.1): either may put a
 * challenge into its SCCRQ or SCCRP, and the other answers it in the message that follows, as in CHAP.
 *
 * A peer that sends one of our own challenges back would have us compute, on another tunnel, the very response that it
 * owes us.  Therefore the second half of each vouches for the first: it is known again without being kept.
 *
 * Called by tunnel.c and tunnel_fsm.c, by way of the dialect.
 */
#include "tunnel.h"

#include <string.h>

#include "base/siphash.h"
#include "digest.h"

/* ---- Ours --------------------------------------------------------------------------------------------------- */

static uint64_t mark_of(const struct core *core, const uint8_t challenge[CHALLENGE_LEN])
{
	return siphash13(core->secret.octets, challenge, CHALLENGE_LEN / 2);
}

static void draw(struct tunnel *t)
{
	struct core *core = t->conn.core;
	uint64_t mark;

	core->env.random(core->env.ctx, t->challenge, sizeof(t->challenge));
	mark = mark_of(core, t->challenge);
	memcpy(t->challenge + CHALLENGE_LEN / 2, &mark, sizeof(mark));
}

static void demand(struct tunnel *t, struct msg *m)
{
	if (!t->conn.params.challenge)
		return;
	draw(t);
	m->challenge = (struct l2tp_span){ t->challenge, sizeof(t->challenge) };
	msg_set(m, AVP_CHALLENGE);
}

static bool check_answer(const struct tunnel *t, const struct msg *m, struct fault *f)
{
	uint8_t expect[DIGEST_LEN];
	bool right;

	if (!t->conn.params.challenge)
		return true; /* an answer that nobody asked for is ignored */
	if (!msg_has(m, AVP_CHALLENGE_RESPONSE))
		return fault_set(f, RC_STOPCCN_UNAUTHORIZED, EC_NONE, "the challenge was not answered");
	digest_response((uint8_t)m->type, conn_secret(&t->conn), (struct l2tp_span){ t->challenge, CHALLENGE_LEN },
			expect);
	right = digest_equal(m->challenge_response, (struct l2tp_span){ expect, sizeof(expect) });
	digest_wipe(expect, sizeof(expect));
	return right || fault_set(f, RC_STOPCCN_UNAUTHORIZED, EC_NONE, "the challenge was answered wrongly");
}

/* ---- The peer's ----------------------------------------------------------------------------------------------- */

static bool is_ours(const struct core *core, struct l2tp_span challenge)
{
	uint64_t mark;

	if (challenge.len != CHALLENGE_LEN)
		return false;
	memcpy(&mark, challenge.data + CHALLENGE_LEN / 2, sizeof(mark));
	return mark == mark_of(core, challenge.data);
}

static bool check_demand(const struct core *core, const struct l2tp_params *params, const struct msg *m,
			 struct fault *f)
{
	if (msg_has(m, AVP_CHALLENGE) && !params->secret_len)
		return fault_set_local(f, RC_STOPCCN_UNAUTHORIZED, EC_NONE, "no secret to answer the challenge with");
	if (msg_has(m, AVP_CHALLENGE) && is_ours(core, m->challenge))
		return fault_set(f, RC_STOPCCN_UNAUTHORIZED, EC_NONE, "the challenge is one of our own");
	return true;
}

static void answer(const struct tunnel *t, const struct msg *received, struct msg *m, uint8_t store[DIGEST_LEN])
{
	if (!msg_has(received, AVP_CHALLENGE))
		return;
	digest_response((uint8_t)m->type, conn_secret(&t->conn), received->challenge, store);
	m->challenge_response = (struct l2tp_span){ store, DIGEST_LEN };
	msg_set(m, AVP_CHALLENGE_RESPONSE);
}

const struct authentication challenge_authentication = { demand, check_answer, check_demand, answer };
