/* SPDX-License-Identifier: MIT */
/*
 * session_notes: what an end of a call tells the other while it lasts (RFC 2661 6.13, 6.14): the LAC of errors on the
 * link, at most once a minute and only if there are new ones; the LNS of what it has agreed on with the remote system.
 * Both are one-way: no answer, no change of state.
 */
#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ERRORS_INTERVAL (60 * USEC_PER_SEC) /* 6.13 */

int session_set_link_info(struct session *s, const struct l2tp_link_info *link, usec_t now)
{
	const struct l2tp_span sent = link->last_sent_confreq, received = link->last_received_confreq;
	struct msg m = { .type = CM_SLI, .accm = { .send = link->send_accm, .receive = link->receive_accm },
			 .lns_last_sent_lcp_confreq = sent, .lns_last_received_lcp_confreq = received };

	if (!session_is_lns(s) || sent.len > AVP_STRING_MAX || received.len > AVP_STRING_MAX ||
	    !session_lcp_valid(sent) || !session_lcp_valid(received))
		return -EINVAL;
	if (s->state != SESSION_ESTABLISHED)
		return -ENOTCONN;
	s->link.send_accm = link->send_accm;
	s->link.receive_accm = link->receive_accm;
	msg_set(&m, AVP_ACCM);
	msg_set_if(&m, AVP_LNS_LAST_SENT_LCP_CONFREQ, session_lcp_said(s) && sent.data);
	msg_set_if(&m, AVP_LNS_LAST_RECEIVED_LCP_CONFREQ, session_lcp_said(s) && received.data);
	conn_send(s->table->conn, &m, s->peer_id, now);
	return 0;
}

static struct l2tp_span keep(struct l2tp_span options, uint8_t *store)
{
	if (options.len)
		memcpy(store, options.data, options.len);
	return (struct l2tp_span){ store, options.len };
}

/* Out of memory, the options are as good as not said. */
void session_read_link_info(struct session *s, const struct msg *m)
{
	const struct l2tp_span sent = m->lns_last_sent_lcp_confreq, received = m->lns_last_received_lcp_confreq;
	const bool said = session_lcp_said(s);
	uint8_t *store = said ? malloc(sent.len + received.len + 1) : NULL;

	free(s->link_store);
	s->link_store = store;
	s->link = (struct l2tp_link_info){ .send_accm = m->accm.send, .receive_accm = m->accm.receive };
	if (store && msg_has(m, AVP_LNS_LAST_SENT_LCP_CONFREQ) && session_lcp_valid(sent))
		s->link.last_sent_confreq = keep(sent, store);
	if (store && msg_has(m, AVP_LNS_LAST_RECEIVED_LCP_CONFREQ) && session_lcp_valid(received))
		s->link.last_received_confreq = keep(received, store + sent.len);
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
