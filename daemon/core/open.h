/* SPDX-License-Identifier: MIT */
/*
 * open: what an operator asks for, through the control API: open a tunnel, hang a profile up and resume it, place a call,
 * close, count.
 */
#ifndef OPEN_H
#define OPEN_H

#include "l2tp.h"

struct dataplane_stats;
struct driver;

/* Called once, from the event loop; not any more once driver_free() has been.  text: why not, in words. */
typedef void (*open_done)(void *ctx, int err, const char *text, uint32_t tunnel_id);
typedef void (*open_counted)(void *ctx, int err, const struct dataplane_stats *stats);

#define OPEN_CALLS_DEFAULT UINT32_MAX

/* Open a tunnel of a lac profile and place this many calls on it; it is not opened again when it has ended.  another: also
 * if the profile has one, or is dialled by itself.
 * -ENOENT: no such profile; -EINVAL: not a lac; -EALREADY: not another; -EBUSY: draining; -ESHUTDOWN */
int open_tunnel(struct driver *d, const char *profile, uint32_t calls, bool another, open_done done, void *ctx);
/* Close what a lac profile has, and do not dial it any more, whatever is reloaded.  -ENOENT; -EINVAL: not a lac */
int open_hang_up(struct driver *d, const char *profile);
/* Dial it again, at once.  Also -EOPNOTSUPP: it is not one that is dialled */
int open_resume(struct driver *d, const char *profile);
bool open_is_hung_up(const struct driver *d, const char *profile);
/* Place a call: as LAC an incoming one or (info->outgoing) as LNS have the peer place one.  What info leaves open is as
 * the profile says.  As l2tp_call() and l2tp_call_out(), and -EBUSY: draining. */
int open_call(struct driver *d, uint32_t tunnel_id, const struct l2tp_call_info *info, uint32_t *ret_session_id);
/* session_id 0: the tunnel.  reason NULL: an ordinary one.  As l2tp_close_tunnel() and l2tp_close_session() */
int open_close(struct driver *d, uint32_t tunnel_id, uint32_t session_id, const struct l2tp_reason *reason);
/* The kernel's counters of a session, or (session_id 0) of a tunnel.  -ENOENT; -ENOTCONN: it has none yet */
int open_count(struct driver *d, uint32_t tunnel_id, uint32_t session_id, open_counted done, void *ctx);
/* The caller that asked for counters with this ctx does not wait for them any more. */
void open_forget_count(struct driver *d, const void *ctx);

void openings_stop(struct driver *d);
void openings_free(struct driver *d);

#endif
