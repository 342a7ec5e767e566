/* SPDX-License-Identifier: MIT */
/*
 * session_lcp: the LCP that the LNS negotiates for a link that only the LAC knows (RFC 3437): what the LAC wants and
 * allows goes with ICCN or OCCN, what has come of it comes back with SLI.
 *
 * The options themselves are nothing to us but lists that end where they say; one that does not is as if it had not
 * been sent, and the call goes on (X3437-2-01).  Called by session.c, session_fsm.c and session_notes.c.
 */
#include "session.h"

enum { OPTION_HEADER = 2 }; /* type and length, both counted by length (RFC 1661 6) */

bool session_lcp_valid(struct l2tp_span options)
{
	while (options.len) {
		size_t len = options.len < OPTION_HEADER ? 0 : options.data[1];

		if (len < OPTION_HEADER || len > options.len)
			return false;
		options.data += len;
		options.len -= len;
	}
	return true;
}

void session_put_lcp(const struct l2tp_lcp_wishes *lcp, struct msg *m)
{
	uint64_t bits = (uint64_t)!!lcp->want.len << AVP_LCP_WANT_OPTIONS |
			(uint64_t)!!lcp->allow.len << AVP_LCP_ALLOW_OPTIONS;

	m->lcp_want_options = lcp->want;
	m->lcp_allow_options = lcp->allow;
	m->has |= bits;
	m->must |= lcp->required ? bits : 0;
}

void session_read_lcp(const struct msg *m, struct l2tp_lcp_wishes *lcp)
{
	*lcp = (struct l2tp_lcp_wishes){ 0 };
	if (session_lcp_valid(m->lcp_want_options))
		lcp->want = m->lcp_want_options;
	if (session_lcp_valid(m->lcp_allow_options))
		lcp->allow = m->lcp_allow_options;
}

bool session_lcp_said(const struct session *s)
{
	return s->info.lcp.want.len || s->info.lcp.allow.len;
}
