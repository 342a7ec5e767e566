/* SPDX-License-Identifier: MIT */
/*
 * pair: see pair.h.  There are never more than two.  A third one takes the place of the older one, or of the one between
 * if the older one has been established: one that has stood stays, rather than one that never did.  Which is left is left
 * with a StopCCN, and nothing more is heard of it here.
 *
 * Called by dial.c.
 */
#include "pair.h"

#include "base/clock.h"

#define LEFT "replaced by another tunnel"

bool pair_is_sent_away(const struct l2tp_reason *reason)
{
	return reason->origin == L2TP_BY_PEER && reason->result == RC_CDN_GENERAL && reason->error == EC_TRY_ANOTHER;
}

/* ---- Signs of life ------------------------------------------------------------------------------------------- */

/* When the peer of this tunnel was heard last; 0: never, or it is not established. */
static usec_t heard(const struct pair *p, uint32_t tunnel_id)
{
	struct l2tp_tunnel_info info;

	return l2tp_get_tunnel(p->engine->l2tp, tunnel_id, &info) < 0 || !info.established ? 0 : info.heard;
}

bool pair_is_silent(const struct pair *p)
{
	const usec_t last = heard(p, p->tunnel.id);

	return last && last < p->asked;
}

bool pair_is_doubtful(const struct pair *p)
{
	return p->hinted || pair_is_silent(p);
}

static bool doubted_has_spoken(const struct pair *p)
{
	const usec_t last = heard(p, p->doubted.id);

	return last && last >= p->asked;
}

/* ---- One of two ------------------------------------------------------------------------------------------------- */

static void leave(struct pair *p, uint32_t tunnel_id, const char *why)
{
	if (tunnel_id)
		engine_close_tunnel(p->engine, tunnel_id, why);
}

void pair_leave_doubted(struct pair *p)
{
	const uint32_t id = p->doubted.id;

	p->doubted.id = 0;
	leave(p, id, heard(p, id) ? "peer silent; replaced by a new tunnel" : LEFT);
}

/* The tunnel makes room for the next one. */
static void doubt(struct pair *p)
{
	if (p->borrowed)
		pair_give_back(p, "the peer does not answer");
	if (!p->tunnel.id)
		return;
	if (heard(p, p->doubted.id)) {
		leave(p, p->tunnel.id, LEFT);
		return;
	}
	pair_leave_doubted(p);
	p->doubted = p->tunnel;
}

void pair_dialled(struct pair *p, uint32_t tunnel_id, size_t server)
{
	doubt(p);
	p->tunnel = (struct pair_tunnel){ .id = tunnel_id, .server = server };
	p->hinted = false;
}

/* Instead of the other one, if there is any. */
static void return_to_doubted(struct pair *p)
{
	const uint32_t id = p->tunnel.id;

	p->tunnel = p->doubted;
	p->doubted.id = 0;
	p->hinted = false;
	leave(p, id, LEFT);
}

void pair_take_back(struct pair *p)
{
	if (doubted_has_spoken(p) && (!p->tunnel.id || p->hinted))
		return_to_doubted(p);
}

/* ---- A tunnel of the peer's ---------------------------------------------------------------------------------- */

/* Has the tunnel shown all that the profile demands of one? */
static bool suits(const struct config_profile *profile, const struct l2tp_tunnel_info *t)
{
	return !profile->params.phb_required &&
	       (!profile->params.challenge || (t->authenticated && config_same_secret(t->params, &profile->params)));
}

bool pair_borrow(struct pair *p, uint32_t tunnel_id)
{
	struct tunnel *t = tunnel_get(p->tunnels, tunnel_id);
	struct l2tp_tunnel_info info;

	if (!t || t->owner || t->profile->removed)
		return false;
	if (l2tp_get_tunnel(p->engine->l2tp, tunnel_id, &info) < 0 || !suits(p->owner->profile, &info))
		return false;
	t->owner = p->owner;
	p->tunnel = (struct pair_tunnel){ .id = tunnel_id, .server = p->tunnel.server };
	p->borrowed = true;
	return true;
}

/* Also those that ring: they are the engine's alone, until the peer answers. */
static void close_calls(const struct pair *p, const char *why)
{
	struct l2tp *l2tp = p->engine->l2tp;
	struct l2tp_tunnel_info tunnel;
	struct l2tp_session_info session;
	struct l2tp_cursor c;

	if (l2tp_get_tunnel(l2tp, p->tunnel.id, &tunnel) < 0)
		return;
	c = (struct l2tp_cursor){ .tunnel_serial = tunnel.serial, .tunnel_id = tunnel.tunnel_id };
	while (l2tp_next_session(l2tp, &c, &session) >= 0 && session.tunnel_id == tunnel.tunnel_id)
		if (session.call_cookie)
			engine_close_session(p->engine, session.tunnel_id, session.session_id, why);
}

void pair_give_back(struct pair *p, const char *why)
{
	struct tunnel *t = tunnel_get(p->tunnels, p->tunnel.id);

	close_calls(p, why);
	if (t)
		t->owner = NULL;
	p->tunnel.id = 0;
	p->borrowed = false;
}

/* ---- What is heard of them ----------------------------------------------------------------------------------- */

static struct pair_tunnel *find(struct pair *p, uint32_t tunnel_id)
{
	return p->tunnel.id == tunnel_id ? &p->tunnel : p->doubted.id == tunnel_id ? &p->doubted : NULL;
}

bool pair_up(struct pair *p, uint32_t tunnel_id)
{
	const struct pair_tunnel *t = find(p, tunnel_id);

	/* the doubted one may have calls that live: it is left only if it is silent still */
	if (t == &p->doubted || (t && doubted_has_spoken(p))) {
		return_to_doubted(p);
		return true;
	}
	if (t) {
		pair_leave_doubted(p);
		p->hinted = false;
	}
	return false;
}

bool pair_down(struct pair *p, uint32_t tunnel_id)
{
	const struct pair_tunnel *t = find(p, tunnel_id);

	if (t == &p->doubted)
		p->doubted.id = 0;
	if (t != &p->tunnel)
		return false;
	p->tunnel.id = 0; /* it lingers without us */
	p->hinted = p->borrowed = false;
	return true;
}

/* Of calls that the peer has ended, or that it has erred in, it was just heard. */
void pair_call_down(struct pair *p, uint32_t tunnel_id, const struct l2tp_reason *reason)
{
	struct pair_tunnel *t = find(p, tunnel_id);

	if (t)
		t->sent_away = pair_is_sent_away(reason);
	if (t != &p->tunnel || reason->origin == L2TP_BY_PEER || reason->origin == L2TP_BY_FAULT)
		return;
	p->asked = clock_now();
	(void)l2tp_probe(p->engine->l2tp, tunnel_id, p->asked);
}

bool pair_call_gone(struct pair *p, uint32_t tunnel_id)
{
	struct pair_tunnel *t = find(p, tunnel_id);

	if (t)
		t->calls--;
	return t == &p->tunnel;
}
