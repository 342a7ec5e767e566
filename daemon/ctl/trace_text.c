/* SPDX-License-Identifier: MIT */
/*
 * trace_text: a record of the daemon's trace, decoded by libl2tp, as lines or as JSON.
 *
 * The datagram is not trusted: only what l2tp_message_next() returns is printed, and that text is escaped.
 */
#include "trace_text.h"

#include <inttypes.h>
#include <time.h>

#include "ctl.h"

static const char *name_of(const struct l2tp_message *m)
{
	if (m->malformed)
		return "not a control message";
	return m->type ? l2tp_message_name(m->type) : "ZLB";
}

static void print_time(FILE *out, uint64_t usec)
{
	time_t seconds = (time_t)(usec / USEC_PER_SEC);
	char text[16];
	struct tm tm;

	strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&seconds, &tm));
	fprintf(out, "%s.%06u", text, (unsigned)(usec % USEC_PER_SEC));
}

static void print_head(FILE *out, const struct trace_record *r, const struct l2tp_message *m)
{
	bool sent = r->flags & TRACE_SENT, dropped = r->dropped[0];
	char local[L2TP_ADDR_STR_MAX], peer[L2TP_ADDR_STR_MAX];

	print_time(out, r->time_usec);
	l2tp_addr_str(&r->local, local);
	l2tp_addr_str(&r->peer, peer);
	fprintf(out, " %s tunnel %u: %s %s %s: %s", !sent ? "received" : dropped ? "not sent" : "sent", r->tunnel_id,
		local, sent ? "->" : "<-", peer, name_of(m));
	if (!m->malformed)
		fprintf(out, ", Ns %u, Nr %u, to tunnel %u session %u", m->ns, m->nr, m->tunnel_id, m->session_id);
	fprintf(out, "%s%.*s\n", !dropped ? "" : sent ? ", " : ", dropped: ", (int)sizeof(r->dropped), r->dropped);
}

void trace_print(FILE *out, const struct trace_record *r, struct l2tp_span datagram, bool secrets)
{
	struct l2tp_message m;
	struct l2tp_avp a;

	if (r->lost)
		fprintf(out, "(%" PRIu64 " messages were lost here)\n", r->lost);
	(void)l2tp_message_read(datagram, &m); /* if malformed, there are no AVPs, and it says why */
	print_head(out, r, &m);
	while (l2tp_message_next(&m, secrets, &a)) {
		fprintf(out, "    %c%c ", a.mandatory ? 'M' : '-', a.hidden ? 'H' : '-');
		if (a.name[0] == '?')
			fprintf(out, "vendor %u, attribute %u: %s\n", a.vendor, a.type, a.text);
		else
			fprintf(out, "%s%s%s\n", a.name, a.text[0] ? ": " : "", a.text);
	}
	if (m.malformed)
		fprintf(out, "    %s\n", m.malformed);
}

static json_t *avp_json(const struct l2tp_avp *a)
{
	return ctl_must_ptr(json_pack("{s:i,s:i,s:s,s:b,s:b,s:b,s:s}", "Vendor", (int)a->vendor, "Type", (int)a->type,
				      "Name", a->name, "Mandatory", (int)a->mandatory, "Hidden", (int)a->hidden,
				      "Secret", (int)a->secret, "Text", a->text));
}

json_t *trace_json(const struct trace_record *r, struct l2tp_span datagram, bool secrets)
{
	char local[L2TP_ADDR_STR_MAX], peer[L2TP_ADDR_STR_MAX], dropped[sizeof(r->dropped) + 1];
	json_t *object, *avps = ctl_must_ptr(json_array());
	struct l2tp_message m;
	struct l2tp_avp a;

	(void)l2tp_message_read(datagram, &m);
	snprintf(dropped, sizeof(dropped), "%.*s", (int)sizeof(r->dropped), r->dropped);
	object = ctl_must_ptr(
		json_pack("{s:I,s:b,s:I,s:s,s:s,s:s,s:i,s:I,s:I,s:i,s:i,s:s,s:b,s:I,s:I}", "Time",
			  (json_int_t)r->time_usec, "Sent", r->flags & TRACE_SENT, "Tunnel", (json_int_t)r->tunnel_id,
			  "Local", l2tp_addr_str(&r->local, local), "Peer", l2tp_addr_str(&r->peer, peer), "Message",
			  name_of(&m), "MessageType", (int)m.type, "ToTunnel", (json_int_t)m.tunnel_id, "ToSession",
			  (json_int_t)m.session_id, "Ns", (int)m.ns, "Nr", (int)m.nr, "Dropped", dropped, "Opened",
			  r->flags & TRACE_OPENED, "Lost", (json_int_t)r->lost, "Octets", (json_int_t)datagram.len));
	while (l2tp_message_next(&m, secrets, &a))
		ctl_must(json_array_append_new(avps, avp_json(&a)));
	ctl_must(json_object_set_new(object, "Malformed", json_string(m.malformed ? m.malformed : "")));
	ctl_must(json_object_set_new(object, "Avps", avps));
	return object;
}
