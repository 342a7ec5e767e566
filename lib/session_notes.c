/* SPDX-License-Identifier: MIT */
/*
 * session_notes: what an end of a call tells the other while it lasts (RFC 2661 6.13, 6.14): the LAC of errors on the
 * link, at most once a minute and only if there are new ones; the LNS of what it has agreed on with the remote system.
 * Both are one-way: no answer, no change of state.
 */
#include "session.h"

#include <errno.h>
#include <string.h>

#define ERRORS_INTERVAL (60 * USEC_PER_SEC) /* 6.13 */

int session_set_link_info(struct session *s, const struct l2tp_link_info *link, usec_t now)
{
	struct msg m = { .type = CM_SLI, .accm = { .send = link->send_accm, .receive = link->receive_accm } };

	if (!session_is_lns(s))
		return -EINVAL;
	if (s->state != SESSION_ESTABLISHED)
		return -ENOTCONN;
	s->link = *link;
	msg_set(&m, AVP_ACCM);
	conn_send(s->table->conn, &m, s->peer_id, now);
	return 0;
}

void session_errors_due(struct session *s, usec_t now)
{
	struct msg m = { .type = CM_WEN, .call_errors = s->errors };

	if (!s->errors_due)
		return;
	s->errors_due = false;
	s->errors_sent = now;
	msg_set(&m, AVP_CALL_ERRORS);
	conn_send(s->table->conn, &m, s->peer_id, now);
}

int session_report_errors(struct session *s, const struct l2tp_call_errors *errors, usec_t now)
{
	if (session_is_lns(s))
		return -EINVAL;
	if (s->state != SESSION_ESTABLISHED)
		return -ENOTCONN;
	if (!memcmp(&s->errors, errors, sizeof(*errors)))
		return 0;
	s->errors = *errors;
	s->errors_due = true;
	if (!s->errors_sent || now - s->errors_sent >= ERRORS_INTERVAL)
		session_errors_due(s, now);
	else
		session_set_deadline(s, s->errors_sent + ERRORS_INTERVAL);
	return 0;
}
