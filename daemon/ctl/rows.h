/* SPDX-License-Identifier: MIT */
/*
 * rows: tunnels, sessions and profiles as the daemon lists them: objects with the members of l2tpd-bus(5).
 */
#ifndef ROWS_H
#define ROWS_H

#include "json.h"

#define ROWS_TUNNELS  "ListTunnels"
#define ROWS_SESSIONS "ListSessions"

/* false: stop. */
typedef bool (*rows_each)(void *ctx, json_t *row);

/* Call each for the rows of a list, page by page.  filter: its members must match; NULL: the verb's options. */
enum status rows_list(struct ctl *c, const char *method, const json_t *filter, rows_each each, void *ctx);
/* What a method without arguments answers. */
enum status rows_ask(struct ctl *c, const char *method, json_t **ret);
/* The properties of the daemon, a tunnel, a session or a profile, as in its row. */
enum status rows_manager(struct ctl *c, json_t **ret);
enum status rows_tunnel(struct ctl *c, uint32_t tunnel, json_t **ret);
enum status rows_session(struct ctl *c, uint32_t tunnel, uint32_t session, json_t **ret);
enum status rows_profile(struct ctl *c, const char *name, json_t **ret);
/* The kernel's counters; NULL if there are none. */
json_t *rows_counters(struct ctl *c, uint32_t tunnel, uint32_t session);

/* "4711", or "4711/12": *ret_session 0 is the tunnel. */
bool rows_parse_id(const char *s, uint32_t *ret_tunnel, uint32_t *ret_session);
/* "4711/12", an interface or a user: there must be exactly one such session; an id is not looked up. */
enum status rows_find_session(struct ctl *c, const char *name, uint32_t *ret_tunnel, uint32_t *ret_session);
/* A tunnel's id, or the profile with exactly one tunnel, or exactly one that is established. */
enum status rows_find_tunnel(struct ctl *c, const char *name, uint32_t *ret_tunnel);

/* The daemon sends 0 for an id of the peer that is not known yet: remove it from the row. */
void rows_leave_out_unknown(json_t *row);
/* Does a row match the verb's options as a filter?  With the same rules as in the daemon. */
bool rows_match(const struct ctl *c, const json_t *row);
/* A member as text for people: a time, a duration or an amount, by the ending of its name.  To be freed. */
char *rows_text(const char *key, const json_t *value);
/* Now, CLOCK_REALTIME in us */
uint64_t rows_now(void);

#endif
