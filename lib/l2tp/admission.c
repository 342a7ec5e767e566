/* SPDX-License-Identifier: MIT */
/*
 * admission: what comes before the peer knows our id (RFC 2661 7.2.1, idle; X2661-3.1-08, X2661-3.1-09).
 *
 * A new tunnel costs nothing until its SCCRQ has been read whole, checked and admitted; what is refused is answered
 * without being kept, so that a repeated request is answered anew.  Limits and the tie breaker (4.4.3) are judged here.
 * The rate at which strangers are heard and answered is throttle.c's; a tunnel's own messages never meet it.
 */
#include "admission.h"

#include <string.h>

#include "digest.h"
#include "params.h"
#include "trial.h"

#define SCCRQ_REPEATS 3 /* of an established tunnel: more, and the peer has forgotten it */
#define OPENING_TIME USEC_PER_SEC /* after which a half-open tunnel may have to make room for another */

struct request {
	const struct arrival *in;
	uint8_t *scratch; /* WIRE_MAX octets, for what was hidden: msg points there */
	struct msg msg;
	struct l2tp_params params;
	uint8_t digest[DIGEST_LEN];
	uint16_t ns;       /* of its refusal */
	uint32_t rival_id; /* our tunnel towards the peer that this one would take the place of; 0: none */
};

static bool refuse(struct l2tp *l, const struct request *q, const struct l2tp_reason *reason)
{
	if (!throttle_error(&l->throttle, &l->core.env.limits, &q->in->rx->peer, l->core.now)) {
		l->core.stats.limited++;
		return false;
	}
	conn_refuse(&l->core, q->in, q->msg.assigned_tunnel_id, q->ns, reason);
	return true;
}

static void refuse_fault(struct l2tp *l, const struct request *q, const struct fault *f)
{
	const struct l2tp_env *env = &l->core.env;
	struct l2tp_reason reason;

	fault_reason(f, &reason);
	if (refuse(l, q, &reason) && env->refused)
		env->refused(env->ctx, &q->in->rx->peer, q->in->outline.host_name, &reason);
}

static void refuse_code(struct l2tp *l, const struct request *q, enum l2tp_origin origin, uint16_t result, uint16_t error,
			const char *text)
{
	struct fault f = { 0 };

	fault_set(&f, result, error, "%s", text);
	f.origin = origin;
	refuse_fault(l, q, &f);
}

/* There is no room for one more: as the world wants it said. */
static void refuse_full(struct l2tp *l, const struct request *q, const char *text)
{
	struct l2tp_refusal refusal = l->core.env.limits.refusal;

	if (!refusal.result)
		refusal = (struct l2tp_refusal){ RC_STOPCCN_GENERAL, EC_RESOURCES };
	refuse_code(l, q, L2TP_BY_LOCAL, refusal.result, refusal.error, text);
}

/* The settings for a peer depend on its Host Name, and reading hidden AVPs on the settings. */
static bool admit(struct l2tp *l, struct request *q)
{
	const struct l2tp_env *env = &l->core.env;
	struct l2tp_reason reason = { .origin = L2TP_BY_REQUEST };

	l2tp_params_init(&q->params);
	if (!env->admit_tunnel(env->ctx, &q->in->rx->local, &q->in->rx->peer, q->in->outline.host_name, &q->params, &reason)) {
		q->msg.assigned_tunnel_id = q->in->outline.assigned_tunnel_id;
		if (reason.result)
			(void)refuse(l, q, &reason);
		else
			l->core.stats.dropped[L2TP_DROP_SILENT]++;
		return false;
	}
	if (!params_valid(&q->params)) {
		l->core.stats.dropped[L2TP_DROP_SILENT]++;
		return false;
	}
	return true;
}

static bool read_request(struct l2tp *l, struct request *q)
{
	struct msg_decoder d = { .avps = q->in->dialect->avps,
				 .secret = { q->params.secret, q->params.secret_len },
				 .scratch = q->scratch,
				 .scratch_size = WIRE_MAX,
				 .ignore_unknown = q->params.ignore_unknown_mandatory };
	struct fault f = { 0 };

	if (msg_decode(&d, q->in->header.body, &q->msg, &f) != MSG_OK) {
		l->core.stats.dropped[L2TP_DROP_MESSAGE]++;
		refuse_fault(l, q, &f);
		return false;
	}
	if (!tunnel_check_request(&l->core, q->in->dialect, &q->params, &q->msg, &f)) {
		refuse_fault(l, q, &f);
		return false;
	}
	return true;
}

/* Does it collide with an SCCRQ of ours to the same peer (4.4.3)?  True if it may go on.  One that wins the tie does not
 * end ours yet: anybody can write a small Tie Breaker into an SCCRQ.  It does so when its tunnel is established. */
static bool settle_tie(struct l2tp *l, struct request *q, usec_t now)
{
	struct l2tp_reason lost = { .origin = L2TP_BY_PEER, .result = RC_STOPCCN_EXISTS, .text = "tie lost" };
	struct tunnel *t = source_find_dial(&l->sources, &q->in->rx->peer);

	if (!t)
		return true;
	if (!msg_has(&q->msg, AVP_TIE_BREAKER) || t->tie_breaker < q->msg.tie_breaker) {
		refuse_code(l, q, L2TP_BY_REQUEST, RC_STOPCCN_EXISTS, EC_NONE, "tie won by the receiver");
		return false;
	}
	q->rival_id = t->conn.id;
	if (t->tie_breaker > q->msg.tie_breaker)
		return true;
	tunnel_apply(t, TEV_TIE_LOST, &(struct tunnel_input){ .reason = &lost }, now); /* equal: both begin anew */
	registry_settle(l, t, now);
	return false;
}

/* The oldest half-open tunnel, of all or of a source, makes room for another: a peer that has not completed it by now
 * has most likely forged its address, and is not told. */
static bool evict(struct l2tp *l, struct tunnel *oldest, usec_t now)
{
	struct l2tp_reason reason = { .origin = L2TP_BY_TIMEOUT, .result = RC_STOPCCN_GENERAL, .error = EC_RESOURCES,
				      .text = "not completed, made room for another" };

	if (!oldest || now - oldest->begun < OPENING_TIME)
		return false;
	l->core.stats.evicted++;
	tunnel_apply(oldest, TEV_GIVE_UP, &(struct tunnel_input){ .reason = &reason }, now);
	registry_settle(l, oldest, now);
	return true;
}

/* All places are taken.  One that was evicted is free when the world knows, and the peer asks again. */
static void make_place(struct l2tp *l, const struct request *q, struct tunnel *oldest, const char *text, usec_t now)
{
	if (evict(l, oldest, now))
		l->core.stats.limited++;
	else
		refuse_full(l, q, text);
}

static bool check_half_open(struct l2tp *l, const struct request *q, usec_t now)
{
	const struct source *s = source_find(&l->sources, &q->in->rx->peer);

	if (l->core.shutting_down)
		refuse_code(l, q, L2TP_BY_REQUEST, RC_STOPCCN_SHUTDOWN, EC_NONE, "shutting down");
	else if (s && s->use.tunnels >= l->core.env.limits.tunnels_per_source)
		make_place(l, q, s->half_open.oldest, "too many tunnels from one source", now);
	else if (s && s->use.half_open >= l->core.env.limits.half_open_per_source && !evict(l, s->half_open.oldest, now))
		refuse_full(l, q, "too many tunnels being opened");
	else if (l->core.stats.tunnels >= l->core.env.limits.tunnels)
		make_place(l, q, l->sources.ages.oldest, "too many tunnels", now);
	else if (l->sources.half_open < l->core.env.limits.half_open || evict(l, l->sources.ages.oldest, now))
		return true;
	else
		refuse_full(l, q, "too many tunnels being opened");
	return false;
}

static void accept_request(struct l2tp *l, struct request *q, usec_t now)
{
	const struct wire_header *h = &q->in->header;
	const struct chan_rx rx = { .ns = h->ns, .nr = h->nr, .type = CM_SCCRQ, .body = h->body };
	struct tunnel *t;

	if (registry_add(l, q->in->dialect, &q->params, &q->in->rx->local, &q->in->rx->peer, false, now, &t) < 0)
		return refuse_code(l, q, L2TP_BY_LOCAL, RC_STOPCCN_GENERAL, EC_RESOURCES, "out of resources");
	source_half_open_begin(&l->sources, t, now);
	t->rival_id = q->rival_id;
	t->conn.unproven = true;
	conn_heard(&t->conn, WIRE_CONTROL_HEADER + h->body.len);
	registry_set_key(l, t, q->msg.assigned_tunnel_id);
	endpoint_enter(&l->endpoints, t);
	memcpy(t->sccrq_digest, q->digest, sizeof(t->sccrq_digest));
	(void)chan_receive(&t->conn.chan, &rx, now);
	tunnel_apply(t, TEV_SCCRQ_OK, &(struct tunnel_input){ .msg = &q->msg }, now);
	registry_settle(l, t, now);
}

/* A repeated SCCRQ finds its tunnel and is acknowledged.  A different one under the same id, or one that comes again
 * and again although its tunnel was established, is a peer that has lost its memory. */
static bool is_repetition(struct tunnel *t, const struct request *q)
{
	bool same = memcmp(t->sccrq_digest, q->digest, sizeof(q->digest)) == 0;

	if (t->state == TUNNEL_WAIT_CONN)
		return same;
	return same && t->sccrq_repeats++ < SCCRQ_REPEATS;
}

/* The peer has a tunnel under this id already.  If that stands, a peer that proves itself when it completes the new
 * one may replace it then; else the old one is tried first, and nothing is answered until that is over: the peer
 * repeats its request. */
static bool may_begin_anew(struct l2tp *l, const struct request *q, struct tunnel *old, usec_t now)
{
	while (old && old->state != TUNNEL_ESTABLISHED)
		old = old->older_key; /* the newest may be a stranger's, which has ended */
	if (!old || q->params.challenge)
		return true;
	if (trial_passed(old, now)) {
		refuse_code(l, q, L2TP_BY_FAULT, RC_STOPCCN_EXISTS, EC_NONE, "Assigned Tunnel ID is in use");
		return false;
	}
	trial_begin(old, true);
	l->core.stats.dropped[L2TP_DROP_SILENT]++;
	return false;
}

/* What repeats a request that has its tunnel is never too much: it makes nothing new.  (If its id is hidden, it is told
 * from a stranger's only when it has been read.) */
static bool may_enter(struct l2tp *l, const struct request *q, usec_t now)
{
	const struct tunnel *t = registry_find_key(l, &q->in->rx->peer, q->in->outline.assigned_tunnel_id);

	if (t && memcmp(t->sccrq_digest, q->digest, sizeof(q->digest)) == 0)
		return true;
	if (throttle_request(&l->throttle, &l->core.env.limits, &q->in->rx->peer, q->digest, now))
		return true;
	l->core.stats.limited++;
	return false;
}

static void input_sccrq(struct l2tp *l, const struct arrival *in, usec_t now)
{
	const struct wire_header *h = &in->header;
	uint8_t scratch[WIRE_MAX];
	struct request q = { .in = in, .scratch = scratch };
	struct tunnel *t = NULL;

	if (h->ns != 0 || h->session_id != 0) {
		l->core.stats.dropped[L2TP_DROP_UNEXPECTED]++;
		return;
	}
	digest_response(0, h->body, (struct l2tp_span){ 0 }, q.digest); /* a fingerprint, nothing more */
	if (!may_enter(l, &q, now))
		return;
	if (admit(l, &q) && read_request(l, &q)) {
		t = registry_find_key(l, &in->rx->peer, q.msg.assigned_tunnel_id);
		if (t && is_repetition(t, &q)) {
			tunnel_receive(t, in, now);
			registry_settle(l, t, now);
		} else if (may_begin_anew(l, &q, t, now) && check_half_open(l, &q, now) && settle_tie(l, &q, now)) {
			accept_request(l, &q, now);
		}
	}
	digest_wipe(&q.params, sizeof(q.params));
	digest_wipe(scratch, h->body.len); /* what was hidden is there in the clear */
}

/* From a peer that never learnt our id: found by its own (X2661-3.1-09).  Once the tunnel stands its peer knows ours. */
static void input_stopccn(struct l2tp *l, const struct arrival *in, usec_t now)
{
	struct tunnel *t = registry_find_key(l, &in->rx->peer, in->outline.assigned_tunnel_id);

	if (!t || t->state != TUNNEL_WAIT_CONN) {
		l->core.stats.dropped[L2TP_DROP_NO_TUNNEL]++;
		return;
	}
	tunnel_doubt(t, &in->header, now);
	registry_settle(l, t, now);
}

/* An SCCRP that no tunnel waits for is answered with a StopCCN (R2661-7.2.1-S04), to the tunnel that it names.  The
 * answer bears the number that follows our SCCRQ's, and where there is a tunnel under the peer's id, its true owner
 * might take the answer for that tunnel's: then it is not given. */
static void input_stray_sccrp(struct l2tp *l, const struct arrival *in)
{
	struct request q = { .in = in, .ns = 1 };

	q.msg.assigned_tunnel_id = in->outline.assigned_tunnel_id;
	l->core.stats.dropped[L2TP_DROP_UNEXPECTED]++;
	if (q.msg.assigned_tunnel_id && !registry_find_key(l, &in->rx->peer, q.msg.assigned_tunnel_id))
		refuse_code(l, &q, L2TP_BY_FAULT, RC_STOPCCN_FSM, EC_NONE, "SCCRP without SCCRQ");
}

void admission_input(struct l2tp *l, const struct arrival *in, usec_t now)
{
	const uint16_t type = in->outline.type;

	if (type == CM_SCCRP)
		input_stray_sccrp(l, in);
	else if (type == CM_SCCRQ && !in->header.tunnel_id)
		input_sccrq(l, in, now);
	else if (type == CM_STOPCCN && !in->header.tunnel_id)
		input_stopccn(l, in, now);
	else
		l->core.stats.dropped[L2TP_DROP_NO_TUNNEL]++;
}
