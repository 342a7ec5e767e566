/* SPDX-License-Identifier: MIT */
/*
 * tables_tunnel: the table of a control connection (7.2.1), printed: see tables.h.
 */
#include "lib/l2tp/tunnel_fsm.c" /* it is nobody else's: the table, and the actions that it names */

#include <assert.h>

#include "tables.h"

static const char *action_name(tunnel_action *what)
{
	static const struct {
		tunnel_action *action;
		const char *name;
	} names[] = {
#define ACTION(name) { name, #name }
		ACTION(send_sccrq), ACTION(send_sccrp), ACTION(open_tunnel), ACTION(send_scccn), ACTION(stopccn),
		ACTION(unexpected), ACTION(clean_up), ACTION(discard), ACTION(linger), ACTION(end), ACTION(nothing),
		ACTION(refuse), ACTION(refuse_unexpected), ACTION(forget),
#undef ACTION
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].action == what)
			return names[i].name;
	assert(!"an action without a name");
	return NULL;
}

static const char *const event_names[] = {
#define EVENT(name) [TEV_##name] = #name
	EVENT(OPEN), EVENT(SCCRQ_OK), EVENT(SCCRQ), EVENT(TIE_LOST), EVENT(SCCRP_OK), EVENT(SCCRP_BAD), EVENT(SCCCN_OK),
	EVENT(SCCCN_BAD), EVENT(STOPCCN), EVENT(HELLO), EVENT(CALL_MESSAGE), EVENT(CLOSE), EVENT(FAULT), EVENT(TIMEOUT),
	EVENT(GIVE_UP), EVENT(REPLACED), EVENT(ACKED),
#undef EVENT
};
_Static_assert(sizeof(event_names) / sizeof(event_names[0]) == TUNNEL_EVENTS, "every event has a name");

void print_tunnel_table(FILE *f)
{
	for (int s = 0; s < TUNNEL_STATES; s++)
		for (int e = 0; e < TUNNEL_EVENTS; e++) {
			const struct tunnel_rule *rule = &tunnel_rules_v2.at[s][e];

			if (rule->action)
				fprintf(f, "7.2.1\t%s\t%s\t%s\t%s\n", state_names[s], event_names[e],
					action_name(rule->action), state_names[rule->next]);
		}
}
