/* SPDX-License-Identifier: MIT */
/*
 * tables_session: the four tables of a call (7.4.1 to 7.5.2), printed: see tables.h.
 */
#include "lib/l2tp/session_fsm.c" /* they are nobody else's: the tables, and the actions that they name */

#include "tables.h"

static const char *action_name(session_action *what)
{
	static const struct {
		session_action *action;
		const char *name;
	} names[] = {
#define ACTION(name) { name, #name }
		ACTION(clean_up), ACTION(cdn), ACTION(unexpected), ACTION(drop), ACTION(wait), ACTION(send_icrq),
		ACTION(ask), ACTION(ask_again), ACTION(accept_call), ACTION(make_path), ACTION(alter_path), ACTION(send_icrp), ACTION(up), ACTION(send_iccn),
		ACTION(hear_sli), ACTION(hear_wen), ACTION(send_ocrq), ACTION(send_ocrp), ACTION(send_occn),
#undef ACTION
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].action == what)
			return names[i].name;
	assert(!"an action without a name");
	return NULL;
}

static const char *const event_names[] = {
#define EVENT(name) [SEV_##name] = #name
	EVENT(OPEN), EVENT(TUNNEL_OPEN), EVENT(ICRQ_OK), EVENT(ICRQ), EVENT(ICRP_OK), EVENT(ICRP_BAD), EVENT(ICCN_OK),
	EVENT(ICCN_BAD), EVENT(CONNECT_SET), EVENT(CDN), EVENT(OUTGOING), EVENT(INCOMING), EVENT(OCRQ_OK), EVENT(OCRQ),
	EVENT(OCRP_OK), EVENT(OCRP_BAD), EVENT(OCCN_OK), EVENT(OCCN_BAD), EVENT(WEN), EVENT(SLI), EVENT(READY),
	EVENT(NOT_READY), EVENT(CLOSE), EVENT(FAULT), EVENT(TIMEOUT), EVENT(TUNNEL_CLOSED),
#undef EVENT
};
_Static_assert(sizeof(event_names) / sizeof(event_names[0]) == SESSION_EVENTS, "every event has a name");

static const char *const sections[SESSION_ROLES] = {
	[SESSION_LAC_INCOMING] = "7.4.1",
	[SESSION_LNS_INCOMING] = "7.4.2",
	[SESSION_LAC_OUTGOING] = "7.5.1",
	[SESSION_LNS_OUTGOING] = "7.5.2",
};

static void print_table(FILE *f, enum session_role role)
{
	for (int s = 0; s < SESSION_STATES; s++)
		for (int e = 0; e < SESSION_EVENTS; e++) {
			const struct session_rule *rule = &session_rules_v2.at[role][s][e];

			if (rule->action)
				fprintf(f, "%s\t%s\t%s\t%s\t%s\n", sections[role], state_names[s], event_names[e],
					action_name(rule->action), state_names[rule->next]);
		}
}

void print_session_tables(FILE *f)
{
	for (int role = 0; role < SESSION_ROLES; role++)
		print_table(f, (enum session_role)role);
}
