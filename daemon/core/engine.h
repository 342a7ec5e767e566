/* SPDX-License-Identifier: MIT */
/*
 * engine: libl2tp in the event loop: its timer, and the pump that has its operations carried out.
 *
 * One direction: what happens is told to the engine (l2tp_input, engine_op_done, requests).  The other: engine_pump()
 * drains its operations into a handler, which starts something that reports back later.  The pump never runs inside
 * itself, so that what carries out may report at once.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <systemd/sd-event.h>

#include "l2tp.h"

struct engine_handler {
	void (*carry_out)(void *ctx, const struct l2tp_op *op);
	void (*settled)(void *ctx); /* all is carried out */
};

struct engine {
	struct l2tp *l2tp;
	sd_event *event;
	sd_event_source *timer;
	struct engine_handler handler;
	void *ctx;
	bool pumping;
};

int engine_init(struct engine *e, sd_event *event, const struct l2tp_env *env, const struct engine_handler *handler, void *ctx);
void engine_clear(struct engine *e); /* one that is all zero: fine */
/* After everything that told the engine something. */
void engine_pump(struct engine *e);
/* What was asked for is done, or has failed: text says how, in words for this machine's operator; NULL. */
void engine_op_done(struct engine *e, uint32_t tunnel_id, uint32_t session_id, int err, const char *text);
/* On behalf of this machine; text: NULL, or why. */
void engine_close_tunnel(struct engine *e, uint32_t tunnel_id, const char *text);
void engine_close_session(struct engine *e, uint32_t tunnel_id, uint32_t session_id, const char *text);

#endif
