/* SPDX-License-Identifier: MIT */
/*
 * bearer: see bearer.h.  The program is called with one of three words, and with what it is to know in its environment:
 *
 *	dial     place the call that the LNS has asked for (RFC 2661 7.5.1): its exit status becomes the CDN's result
 *	link     the LNS has told the octets to escape (4.4.6), and what LCP said (RFC 3437): the program that has placed the call
 *	         has the link, and frames in L2TP are never escaped
 *	hangup   clear the call
 *
 * base/hook runs them one after the other, in bounded time.  A call that ended while it was being dialled is cleared all
 * the same: nobody knows how far the program had come.
 *
 * Called by session.c, whose operations it carries out.
 */
#include "bearer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/child.h"
#include "base/environment.h"
#include "base/hook.h"

#define HANGUP_TIMEOUT (10 * USEC_PER_SEC)
#define LINK_TIMEOUT (10 * USEC_PER_SEC)

struct bearer {
	const struct bearer_handler *handler;
	void *ctx;
	struct hook *hook;
	bool dialling; /* the call is being placed */
	bool placed;   /* it is, or it may be: to be cleared */
	char path[];   /* of the program that dials, for the log */
};

static int run(struct bearer *b, const struct bearer_call *call, const char *action, struct environment *e, usec_t timeout,
	       hook_done done)
{
	const struct hook_spec spec = { call->profile->dial_hook, action, e->list, timeout, b->dialling };

	if (!call->profile->dial_hook)
		return -EOPNOTSUPP; /* a reload has taken it away */
	environment_put_word(e, "PATH", CHILD_PATH);
	environment_put_number(e, "L2TP_TUNNEL_ID", call->tunnel_id);
	environment_put_number(e, "L2TP_SESSION_ID", call->session_id);
	return hook_run(b->hook, &spec, done);
}

/* ---- Dial -------------------------------------------------------------------------------------------------------- */

/* The program's exit status is the CDN's result where it is one that tells of a call that was not placed. */
static uint16_t result_of(int status)
{
	if (status == -ETIMEDOUT)
		return RC_CDN_TIMEOUT;
	return status >= RC_CDN_NO_FACILITY_TEMPORARY && status <= RC_CDN_NO_FRAMING ? (uint16_t)status :
										       RC_CDN_NO_FACILITY_TEMPORARY;
}

static void on_dialled(void *ctx, int status)
{
	struct bearer *b = ctx;
	const struct log_object o = b->handler->object(b->ctx);
	const struct l2tp_reason reason = { .origin = L2TP_BY_LOCAL, .result = result_of(status),
					    .text = "the call was not placed" };

	b->dialling = false;
	b->placed = status == 0;
	if (!b->placed)
		log_event(LOG_NOTICE, CLASS_LOCAL, &o, "the call was not placed: %s %s (%s)", b->path,
			  status == -ETIMEDOUT ? "timed out" : "failed", l2tp_cdn_name(reason.result));
	b->handler->dialled(b->ctx, b->placed ? NULL : &reason);
}

static int dial(struct bearer *b, const struct bearer_call *call)
{
	struct environment e;
	int r;

	environment_init(&e);
	environment_put_call(&e, call->peer, call->peer_host_name, call->call);
	environment_put_number(&e, "L2TP_MINIMUM_BPS", call->call->minimum_bps);
	environment_put_number(&e, "L2TP_MAXIMUM_BPS", call->call->maximum_bps);
	environment_put_number(&e, "L2TP_BEARER_TYPE", call->call->bearer_type);
	environment_put_number(&e, "L2TP_FRAMING_TYPE", call->call->framing_type);
	b->dialling = true;
	r = run(b, call, "dial", &e, call->profile->dial_timeout, on_dialled);
	b->dialling = r >= 0;
	return r;
}

static int bearer_new(sd_event *event, const char *path, const struct bearer_handler *handler, void *ctx,
		      struct bearer **ret)
{
	const size_t size = strlen(path) + 1;
	struct bearer *b = calloc(1, sizeof(*b) + size);
	int r;

	if (!b)
		return -ENOMEM;
	b->handler = handler;
	b->ctx = ctx;
	memcpy(b->path, path, size);
	r = hook_new(event, b, &b->hook);
	if (r < 0)
		free(b);
	else
		*ret = b;
	return r;
}

int bearer_dial(sd_event *event, const struct bearer_call *call, const struct bearer_handler *handler, void *ctx,
		struct bearer **ret)
{
	const char *path = call->profile->dial_hook;
	struct bearer *b = NULL;
	int r = path ? bearer_new(event, path, handler, ctx, &b) : -EOPNOTSUPP;

	r = r < 0 ? r : dial(b, call);
	if (r >= 0) {
		*ret = b;
		return 0;
	}
	const struct log_object o = handler->object(ctx);
	log_event(LOG_ERR, CLASS_LOCAL, &o, "cannot run dial-hook: %s", strerror(-r));
	bearer_free(b);
	return r;
}

bool bearer_abort(struct bearer *b)
{
	bool dialling = b && b->dialling;

	if (!b)
		return false;
	hook_kill(b->hook);
	b->dialling = false;
	b->placed |= dialling; /* perhaps: it is cleared all the same */
	return dialling;
}

/* ---- While it is there, and its end ---------------------------------------------------------------------------------- */

static void on_link_told(void *ctx, int status)
{
	struct bearer *b = ctx;
	const struct log_object o = b->handler->object(b->ctx);

	if (status != 0)
		log_event(LOG_NOTICE, CLASS_LOCAL, &o, "dial-hook %s: action \"link\" failed", b->path);
}

static void put_accm(struct environment *e, const char *name, uint32_t accm)
{
	char text[16];

	snprintf(text, sizeof(text), "%08x", accm);
	environment_put_word(e, name, text);
}

static void put_options(struct environment *e, const char *name, struct l2tp_span options)
{
	char text[128];

	environment_put_word(e, name, log_hex(options, text, sizeof(text)));
}

void bearer_link(struct bearer *b, const struct bearer_call *call, const struct l2tp_link_info *link)
{
	struct environment e;

	if (!b || !b->placed)
		return;
	environment_init(&e);
	put_accm(&e, "L2TP_SEND_ACCM", link->send_accm);
	put_accm(&e, "L2TP_RECEIVE_ACCM", link->receive_accm);
	put_options(&e, "L2TP_LNS_LCP_SENT", link->last_sent_confreq);
	put_options(&e, "L2TP_LNS_LCP_RECEIVED", link->last_received_confreq);
	if (run(b, call, "link", &e, LINK_TIMEOUT, on_link_told) < 0)
		on_link_told(b, -ECANCELED);
}

static void on_hung_up(void *ctx, int status)
{
	struct bearer *b = ctx;

	(void)status;
	b->handler->hung_up(b->ctx);
}

bool bearer_hang_up(struct bearer *b, const struct bearer_call *call)
{
	struct environment e;

	if (!b || !b->placed)
		return false;
	environment_init(&e);
	return run(b, call, "hangup", &e, HANGUP_TIMEOUT, on_hung_up) >= 0;
}

void bearer_free(struct bearer *b)
{
	if (!b)
		return;
	hook_free(b->hook);
	free(b);
}
