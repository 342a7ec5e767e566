/* SPDX-License-Identifier: MIT */
/*
 * session: see session.h.
 *
 *	SESSION_DECIDE   decide: may it be, with what?  Nobody hears of it before it may
 *	SESSION_ADD      attachment: prepare; the kernel's session
 *	SESSION_DIAL     bearer: dial
 *	SESSION_UP       attachment: start
 *	SESSION_DOWN     told; a bearer that is still being dialled is given up
 *	SESSION_DEL      attachment: stop; bearer: hang up; the kernel's session
 *
 * The attachment has stopped before the kernel's session goes, because that lives as long as any copy of its pppox.  One
 * that stops by itself closes the session, with its cause in the CDN.
 *
 * Called by driver.c for operations, by attach/ through attachment.h.
 */
#include "session.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "kernel/dataplane.h"

/* Before it has one: its owner's, or its tunnel's.  NULL: its tunnel is one that nobody has heard of */
static const struct config_profile *profile_of(const struct session *n)
{
	const struct tunnel *t;

	if (n->decision.profile || n->owner)
		return n->decision.profile ? n->decision.profile : n->owner->profile;
	t = tunnel_get(n->sessions->tunnels, n->key.tunnel_id);
	return t ? t->profile : NULL;
}

static const char *profile_name(const struct session *n)
{
	const struct config_profile *p = profile_of(n);

	return p ? p->name : NULL;
}

static struct log_object object(const struct session *n)
{
	return (struct log_object){ .tunnel_id = n->key.tunnel_id,
				    .peer_tunnel_id = n->peer_tunnel_id,
				    .session_id = n->key.session_id,
				    .peer_session_id = n->peer_session_id,
				    .peer = &n->peer,
				    .profile = profile_name(n) };
}

struct session *session_get(const struct sessions *s, uint32_t tunnel_id, uint32_t session_id)
{
	struct session_key key = { tunnel_id, session_id };
	struct session *n;

	HASH_FIND(hh, s->all, &key, sizeof(key), n);
	return n;
}

static struct event event_of(const struct session *n, enum event_type type)
{
	return (struct event){ .type = type,
			       .tunnel_id = n->key.tunnel_id,
			       .session_id = n->key.session_id,
			       .profile = profile_name(n),
			       .peer = &n->peer,
			       .attachment = n->attachment ? n->attachment->class : NULL };
}

static void emit(const struct session *n, enum event_type type, const struct l2tp_reason *reason)
{
	struct event e = event_of(n, type);

	e.reason = reason;
	events_emit(n->sessions->events, &e);
}

static void op_done(struct session *n, int err, const char *text)
{
	engine_op_done(n->sessions->engine, n->key.tunnel_id, n->key.session_id, err, text);
}

static void close_session(struct session *n, const struct l2tp_reason *reason)
{
	l2tp_close_session(n->sessions->engine->l2tp, n->key.tunnel_id, n->key.session_id, reason, clock_now());
}

static void announce(struct session *n)
{
	if (!n->announced)
		emit(n, EVENT_SESSION_OPENED, NULL);
	n->announced = true;
}

/* ---- The decision --------------------------------------------------------------------------------------------- */

static void answer(struct session *n, const struct l2tp_reason *refusal)
{
	struct engine *e = n->sessions->engine;
	struct l2tp_decision decision = { .accept = !refusal };

	if (refusal)
		decision.reason = *refusal;
	else
		decision.phb = n->decision.profile->params.session_phb;
	l2tp_decide(e->l2tp, n->key.tunnel_id, n->key.session_id, &decision, clock_now());
	engine_pump(e);
}

static void on_asked(void *ctx, const struct l2tp_reason *refusal)
{
	answer(ctx, refusal);
}

static void renumber(struct session *n);

static void on_connected(void *ctx, const struct l2tp_reason *refusal)
{
	if (!refusal)
		renumber(ctx);
	answer(ctx, refusal);
}

static void decide(struct session *n, const struct l2tp_op *op)
{
	struct sessions *s = n->sessions;
	const struct tunnel *t = tunnel_get(s->tunnels, op->tunnel_id);
	const struct decide_request request = { .tunnel_id = op->tunnel_id,
						.session_id = op->session_id,
						.peer = &op->peer,
						.peer_host_name = op->peer_host_name,
						.call = op->call,
						.tunnel_profile = t ? t->profile : NULL,
						.lns = op->lns };

	decide_session(s->decide, &n->decision, op->connected ? DECIDE_CONNECTED : DECIDE_ASKED, &request,
		       op->connected ? on_connected : on_asked, n);
}

/* One of ours: its owner has the profile, else the tunnel. */
static bool decide_ours(struct session *n, struct l2tp_reason *reason)
{
	return decide_own(n->sessions->decide, &n->decision, profile_of(n), reason);
}

static struct session *note(struct sessions *s, const struct l2tp_op *op)
{
	struct tunnel *t = tunnel_get(s->tunnels, op->tunnel_id);
	struct session *n = calloc(1, sizeof(*n));
	struct l2tp_reason refusal; /* add() asks again, for the call may end before */

	if (!n)
		return NULL;
	*n = (struct session){ .sessions = s,
			       .key = { op->tunnel_id, op->session_id },
			       .owner = op->call_cookie && t ? t->owner : NULL,
			       .lns = op->lns };
	HASH_ADD(hh, s->all, key, sizeof(n->key), n);
	if (!n->hh.tbl) {
		free(n);
		return NULL;
	}
	if (op->type != L2TP_OP_SESSION_DECIDE) { /* it is ours */
		(void)decide_ours(n, &refusal);
		announce(n);
	}
	return n;
}

/* ---- The kernel's session ------------------------------------------------------------------------------------- */

static void on_added(void *ctx, int err, const char *text)
{
	struct session *n = ctx;
	struct log_object o = object(n);

	if (err < 0)
		log_event(LOG_ERR, CLASS_LOCAL, &o, "cannot create the kernel session, refusing: %s",
			  text ? text : strerror(-err));
	op_done(n, err, text);
}

/* Is all our data numbered?  If the LAC does not require it, the LNS decides, and the LAC's kernel follows (5.4). */
static bool is_sequenced(const struct session *n)
{
	return n->sequenced || (n->lns && n->decision.profile->sequencing == CONFIG_SEQUENCING_YES);
}

static bool is_numbered_now(const struct session *n)
{
	return is_sequenced(n) ||
	       (n->lns && !n->attachment_up && n->decision.profile->sequencing == CONFIG_SEQUENCING_NEGOTIATION);
}

static struct dataplane_session spec_of(struct session *n, uint8_t version)
{
	n->numbered = is_numbered_now(n);
	return (struct dataplane_session){ .tunnel_id = n->key.tunnel_id,
					   .peer_tunnel_id = n->peer_tunnel_id,
					   .session_id = n->key.session_id,
					   .peer_session_id = n->peer_session_id,
					   .version = version,
					   .lns_mode = n->lns,
					   .send_seq = n->numbered,
					   .recv_seq = n->sequenced,
					   .reorder_timeout_ms = n->decision.profile->params.reorder_timeout_ms };
}

static struct attachment *attachment_new(struct session *n)
{
	struct attachment_kind *kind = n->sessions->kind;
	struct attachment *a = calloc(1, kind->class->size);

	if (!a)
		return NULL;
	a->class = kind->class;
	a->kind = kind;
	a->session = (struct attachment_session){ .tunnel_id = n->key.tunnel_id,
						  .session_id = n->key.session_id,
						  .lns = n->lns,
						  .decision = &n->decision,
						  .session = n };
	return a;
}

static void attachment_drop(struct session *n)
{
	struct attachment *a = n->attachment;

	n->attachment = NULL;
	if (!a)
		return;
	if (a->class->free)
		a->class->free(a);
	free(a);
}

static void add(struct session *n, const struct l2tp_op *op)
{
	struct dataplane *dp = n->sessions->dataplane;
	struct l2tp_reason reason = { 0 };
	struct dataplane_session spec;
	int r;

	if (!n->decision.profile && !decide_ours(n, &reason)) {
		struct log_object o = object(n);

		log_event(LOG_WARNING, CLASS_LOCAL, &o, "cannot place the call: %s", reason.text);
		close_session(n, &reason);
		op_done(n, -ECANCELED, NULL);
		return;
	}
	announce(n);
	spec = spec_of(n, op->version);
	n->attachment = attachment_new(n);
	r = n->attachment ? n->attachment->class->prepare(n->attachment, &spec) : -ENOMEM;
	if (r < 0)
		op_done(n, r, strerror(-r));
	else
		dp->class->session_add(dp, &spec, on_added, n);
}

static void on_set(void *ctx, int err, const char *text)
{
	struct session *n = ctx;
	struct log_object o = object(n);

	if (err < 0)
		log_event(LOG_ERR, CLASS_LOCAL, &o, "cannot enable data sequencing; closing the session: %s",
			  text ? text : strerror(-err));
	op_done(n, err, text);
}

/* The LAC requires sequence numbers in data: known when it is connected, behind SESSION_ADD. */
static void set(struct session *n, uint8_t version)
{
	struct dataplane *dp = n->sessions->dataplane;
	struct dataplane_session spec = spec_of(n, version);

	dp->class->session_set(dp, &spec, on_set, n);
}

/* The session may be over by now. */
static void on_renumbered(void *ctx, int err, const char *text)
{
	(void)ctx;
	if (err < 0)
		log_event(LOG_WARNING, CLASS_LOCAL, NULL, "cannot change the numbering of data: %s",
			  text ? text : strerror(-err));
}

/* What decides has changed: the profile, or whether the attachment is up. */
static void renumber(struct session *n)
{
	struct dataplane *dp = n->sessions->dataplane;
	struct dataplane_session spec;

	if (n->ending || is_numbered_now(n) == n->numbered)
		return;
	spec = spec_of(n, n->version);
	dp->class->session_set(dp, &spec, on_renumbered, NULL);
}

static void on_deleted(void *ctx, int err, const char *text)
{
	struct session *n = ctx;
	struct log_object o = object(n);

	if (err < 0)
		log_event(LOG_WARNING, CLASS_LOCAL, &o, "cannot remove the kernel session: %s", text ? text : strerror(-err));
	op_done(n, err, text);
}

static void del(struct session *n)
{
	struct dataplane *dp = n->sessions->dataplane;

	attachment_drop(n);
	dp->class->session_del(dp, n->key.tunnel_id, n->key.session_id, on_deleted, n);
}

/* ---- The bearer of an outgoing call ------------------------------------------------------------------------------- */

static struct bearer_call bearer_call_of(const struct session *n, const struct l2tp_op *op)
{
	return (struct bearer_call){ .tunnel_id = n->key.tunnel_id,
				     .session_id = n->key.session_id,
				     .peer = &n->peer,
				     .peer_host_name = op ? op->peer_host_name : (struct l2tp_span){ 0 },
				     .call = op ? op->call : NULL,
				     .profile = n->decision.profile };
}

struct l2tp_lcp_wishes session_lcp(const struct config_profile *profile)
{
	return (struct l2tp_lcp_wishes){ lcp_list_span(&profile->lcp_want), lcp_list_span(&profile->lcp_allow),
					 profile->lcp_required };
}

/* The engine knows the rest of the call from the peer. */
static void tell_lcp(struct session *n)
{
	struct l2tp *l2tp = n->sessions->engine->l2tp;
	struct l2tp_session_info session;
	struct l2tp_call_info info;

	if (l2tp_get_session(l2tp, n->key.tunnel_id, n->key.session_id, &session) < 0)
		return;
	info = *session.call;
	info.lcp = session_lcp(n->decision.profile);
	l2tp_set_call_info(l2tp, n->key.tunnel_id, n->key.session_id, &info, clock_now());
}

static struct log_object object_of_bearer(void *ctx)
{
	return object(ctx);
}

static void on_dialled(void *ctx, const struct l2tp_reason *reason)
{
	struct session *n = ctx;

	if (reason)
		close_session(n, reason);
	else
		tell_lcp(n);
	op_done(n, reason ? -ECANCELED : 0, NULL);
}

static void on_hung_up(void *ctx)
{
	del(ctx);
}

static void dial(struct session *n, const struct l2tp_op *op)
{
	static const struct bearer_handler handler = { .object = object_of_bearer, .dialled = on_dialled,
						       .hung_up = on_hung_up };
	const struct bearer_call call = bearer_call_of(n, op);
	int r = bearer_dial(n->sessions->engine->event, &call, &handler, n, &n->bearer);

	if (r < 0)
		op_done(n, r, strerror(-r));
}

/* Clear the call that was placed, if one was, then the kernel's session. */
static void hang_up(struct session *n)
{
	const struct bearer_call call = bearer_call_of(n, NULL);

	if (!bearer_hang_up(n->bearer, &call))
		del(n);
}

/* ---- The attachment ---------------------------------------------------------------------------------------------- */

static struct session *session_of(const struct attachment *a)
{
	return a->session.session;
}

static void came_up(struct session *n)
{
	n->attachment_up = true;
	renumber(n);
	if (n->owner)
		n->owner->class->up(n->owner, n->key.tunnel_id, n->key.session_id);
}

void attachment_up(struct attachment *a)
{
	struct session *n = session_of(a);

	emit(n, EVENT_ATTACHMENT_UP, NULL);
	came_up(n);
}

void attachment_tell_link(struct attachment *a, const struct l2tp_link_info *link)
{
	struct session *n = session_of(a);

	l2tp_set_link_info(n->sessions->engine->l2tp, n->key.tunnel_id, n->key.session_id, link, clock_now());
	engine_pump(n->sessions->engine);
}

static void on_user(void *ctx, const struct l2tp_reason *refusal)
{
	struct session *n = ctx;

	if (refusal) {
		close_session(n, refusal);
		engine_pump(n->sessions->engine);
	} else if (n->attachment && n->attachment->class->change) {
		n->attachment->class->change(n->attachment, &n->decision);
	}
}

void attachment_user(struct attachment *a, const char *user)
{
	struct session *n = session_of(a);
	const struct tunnel *t = tunnel_get(n->sessions->tunnels, n->key.tunnel_id);
	const struct l2tp *l2tp = n->sessions->engine->l2tp;
	struct l2tp_session_info info;
	struct l2tp_tunnel_info tunnel;

	if (n->ending || n->decision.asking || l2tp_get_tunnel(l2tp, n->key.tunnel_id, &tunnel) < 0 ||
	    l2tp_get_session(l2tp, n->key.tunnel_id, n->key.session_id, &info) < 0)
		return;
	decide_session(n->sessions->decide, &n->decision, DECIDE_USER,
		       &(struct decide_request){ .tunnel_id = n->key.tunnel_id,
						 .session_id = n->key.session_id,
						 .peer = &n->peer,
						 .peer_host_name = tunnel.peer_host_name,
						 .call = info.call,
						 .tunnel_profile = t ? t->profile : NULL,
						 .lns = n->lns,
						 .user = user },
		       on_user, n);
}

void attachment_stopped(struct attachment *a, const struct attachment_end *end)
{
	struct session *n = session_of(a);
	struct sessions *s = n->sessions;
	struct event e = event_of(n, EVENT_ATTACHMENT_STOPPED);

	e.end = end;
	events_emit(s->events, &e);
	s->attached--;
	n->attached = n->attachment_up = false;
	attachment_drop(n);
	if (n->ending) {
		hang_up(n);
	} else if (s->decide->state != DECIDE_STOPPING) { /* else its tunnel's StopCCN tells */
		close_session(n, &end->reason);
		engine_pump(s->engine);
	}
	s->detached(s->ctx);
}

static void start(struct session *n, const struct l2tp_op *op)
{
	struct attachment *a = n->attachment;
	struct log_object o = object(n);
	int r;

	a->session.peer_tunnel_id = op->peer_tunnel_id;
	a->session.peer_session_id = op->peer_session_id;
	a->session.local = op->local;
	a->session.peer = op->peer;
	a->session.sequenced = is_sequenced(n);
	a->session.call = op->call;
	a->session.peer_host_name = op->peer_host_name;
	r = a->class->start(a);
	a->session.call = NULL;
	a->session.peer_host_name = (struct l2tp_span){ 0 };
	if (r < 0) {
		struct l2tp_reason reason = { .origin = L2TP_BY_LOCAL, .result = RC_CDN_NO_FACILITY_TEMPORARY };

		snprintf(reason.detail, sizeof(reason.detail), "cannot start %s: %s", a->class->name, strerror(-r));
		log_event(LOG_ERR, CLASS_LOCAL, &o, "%s; closing", reason.detail);
		close_session(n, &reason);
	} else if (r == ATTACHMENT_IS_UP) {
		came_up(n);
	} else {
		n->attached = true;
		n->sessions->attached++;
		emit(n, EVENT_ATTACHMENT_STARTED, NULL);
	}
}

/* Nothing is attached to one that would have to begin without its address. */
static bool complete(struct session *n)
{
	const struct log_object o = object(n);
	struct l2tp_reason reason;

	if (decide_complete(&n->decision, &reason))
		return true;
	log_event(LOG_WARNING, CLASS_LOCAL, &o, "closing the session: %s", reason.text);
	close_session(n, &reason);
	return false;
}

static void up(struct session *n, const struct l2tp_op *op)
{
	struct tunnel *t = tunnel_get(n->sessions->tunnels, n->key.tunnel_id);
	struct log_object o = object(n);

	n->up = true;
	if (t && t->socket)
		tunnel_mark(t, op->phb);
	log_event(LOG_INFO, CLASS_NEUTRAL, &o, "session established as %s", n->lns ? "LNS" : "LAC");
	emit(n, EVENT_SESSION_ESTABLISHED, NULL);
	if (n->sessions->decide->state != DECIDE_STOPPING && complete(n))
		start(n, op);
}

/* As LAC: the octets to escape on the link (4.4.6) are for those who have it: frames in L2TP are never escaped. */
static void hear_link(struct session *n, const struct l2tp_op *op)
{
	const struct l2tp_link_info *link = op->link;
	const struct bearer_call call = bearer_call_of(n, op);
	struct log_object o = object(n);
	char sent[128], received[128];

	log_hex(link->last_sent_confreq, sent, sizeof(sent));
	log_hex(link->last_received_confreq, received, sizeof(received));
	log_event(LOG_INFO, CLASS_NEUTRAL, &o, "the LNS has negotiated ACCM %08x to send, %08x to receive%s%s%s%s",
		  link->send_accm, link->receive_accm, sent[0] ? ", LCP sent " : "", sent,
		  received[0] ? ", received " : "", received);
	if (n->bearer && n->up)
		bearer_link(n->bearer, &call, link);
	if (n->attachment && n->attachment->class->link)
		n->attachment->class->link(n->attachment, link);
}

void session_view(const struct session *n, struct attachment_view *ret)
{
	*ret = (struct attachment_view){ .kind = "" };
	if (!n || !n->attachment)
		return;
	ret->kind = n->attachment->class->name;
	ret->attachment = n->attachment;
	n->attachment->class->view(n->attachment, ret);
	if (n->attached && n->ending)
		ret->phase = ATTACHMENT_STOPPING;
}

/* ---- Its end ----------------------------------------------------------------------------------------------------- */

/* What the peer's CDN says beside its result. */
static void log_causes(const struct session *n, const struct l2tp_reason *reason)
{
	const struct l2tp_disconnect *d = &reason->disconnect;
	const char *direction = l2tp_disconnect_direction(d);
	struct log_object o = object(n);
	char text[160];

	if (d->said)
		log_event(LOG_INFO, CLASS_NEUTRAL, &o,
			  "the peer's PPP ended: %s%s%s (cause %u, protocol 0x%04x, direction %u)%s%s",
			  l2tp_disconnect_name(d), *direction ? ", " : "", direction, d->code, d->protocol,
			  d->direction, d->text[0] ? ": " : "",
			  log_escape((struct l2tp_span){ (const uint8_t *)d->text, strlen(d->text) }, text, sizeof(text)));
	if (reason->q931.said)
		log_event(LOG_INFO, CLASS_NEUTRAL, &o, "the peer's line ended: Q.931 cause %u, message %u",
			  reason->q931.cause, reason->q931.message);
}

static void log_down(const struct session *n, const struct l2tp_reason *reason)
{
	struct log_object o = object(n);
	char text[LOG_OUTCOME_MAX];

	if (reason->origin == L2TP_BY_PEER)
		log_causes(n, reason);
	log_event(LOG_INFO, log_blame(reason), &o, "session closed%s",
		  log_outcome(reason, l2tp_cdn_name(reason->result), text));
}

static void down(struct session *n, const struct l2tp_reason *reason)
{
	tunnel_log_end(tunnel_get(n->sessions->tunnels, n->key.tunnel_id));
	log_down(n, reason);
	if (n->owner)
		n->owner->class->down(n->owner, n->key.tunnel_id, n->key.session_id, reason, 0);
	emit(n, EVENT_SESSION_CLOSING, reason);
	if (bearer_abort(n->bearer))
		op_done(n, -ECANCELED, NULL);
}

static void log_errors(const struct session *n, const struct l2tp_call_errors *e)
{
	struct log_object o = object(n);

	log_event(LOG_NOTICE, CLASS_REMOTE, &o,
		  "errors on the LAC's link: CRC %u, framing %u, hardware overrun %u, buffer overrun %u, timeout %u, "
		  "alignment %u", e->crc, e->framing, e->hardware_overrun, e->buffer_overrun, e->timeout, e->alignment);
}

/* Its attachment first: hang_up() goes on. */
static void end(struct session *n)
{
	n->ending = true;
	if (n->attached)
		n->attachment->class->stop(n->attachment);
	else
		hang_up(n);
}

static void forget(struct session *n)
{
	attachment_drop(n);
	bearer_free(n->bearer);
	HASH_DEL(n->sessions->all, n);
	decision_release(&n->decision);
	free(n);
}

static void gone(struct session *n)
{
	struct sessions *s = n->sessions;
	const uint32_t tunnel_id = n->key.tunnel_id;

	if (n->announced)
		emit(n, EVENT_SESSION_GONE, NULL);
	if (n->owner)
		n->owner->class->gone(n->owner, tunnel_id, n->key.session_id);
	forget(n);
	tunnel_settle_removed(s->tunnels, tunnel_id);
}

/* ---- Operations -------------------------------------------------------------------------------------------------- */

/* Out of memory: the engine refuses or ends it. */
static void cannot_note(struct sessions *s, const struct l2tp_op *op)
{
	const struct l2tp_decision no = { .reason = { .origin = L2TP_BY_LOCAL, .result = RC_CDN_GENERAL,
						      .error = EC_RESOURCES, .text = "out of memory" } };

	if (op->type == L2TP_OP_SESSION_DECIDE)
		l2tp_decide(s->engine->l2tp, op->tunnel_id, op->session_id, &no, clock_now());
	else
		engine_op_done(s->engine, op->tunnel_id, op->session_id, -ENOMEM, NULL);
}

static void carry_out(struct session *n, const struct l2tp_op *op)
{
	if (op->type == L2TP_OP_SESSION_DECIDE)
		decide(n, op);
	else if (op->type == L2TP_OP_SESSION_ADD)
		add(n, op);
	else if (op->type == L2TP_OP_SESSION_DIAL)
		dial(n, op);
	else if (op->type == L2TP_OP_SESSION_SET)
		set(n, op->version);
	else if (op->type == L2TP_OP_SESSION_UP)
		up(n, op);
	else if (op->type == L2TP_OP_SESSION_LINK)
		hear_link(n, op);
	else if (op->type == L2TP_OP_SESSION_ERRORS)
		log_errors(n, op->errors);
	else if (op->type == L2TP_OP_SESSION_DOWN)
		down(n, op->reason);
	else if (op->type == L2TP_OP_SESSION_DEL)
		end(n);
	else
		gone(n);
}

void session_op(struct sessions *s, const struct l2tp_op *op)
{
	struct session *n = session_get(s, op->tunnel_id, op->session_id);

	if (!n && op->type == L2TP_OP_SESSION_GONE) { /* there was no memory for it */
		tunnel_settle_removed(s->tunnels, op->tunnel_id);
		return;
	}
	if (!n)
		n = note(s, op);
	if (!n) {
		cannot_note(s, op);
		return;
	}
	n->peer_tunnel_id = op->peer_tunnel_id;
	n->peer_session_id = op->peer_session_id;
	n->peer = op->peer;
	n->version = op->version;
	n->sequenced = op->sequencing;
	carry_out(n, op);
}

/* ---- All of them ------------------------------------------------------------------------------------------------- */

void sessions_stop(struct sessions *s)
{
	struct session *n, *next;

	HASH_ITER(hh, s->all, n, next)
		if (n->attached)
			n->attachment->class->stop(n->attachment);
}

void sessions_disown(struct sessions *s, const struct owner *owner)
{
	for (struct session *n = s->all; n; n = n->hh.next)
		if (n->owner == owner)
			n->owner = NULL;
}

void sessions_clear(struct sessions *s)
{
	struct session *n, *next;

	HASH_ITER(hh, s->all, n, next)
		forget(n);
}
