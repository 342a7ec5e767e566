/* SPDX-License-Identifier: MIT */
/*
 * trace: control messages as they are sent and received: decoded, as JSON lines, or as a file for Wireshark.
 *
 * The daemon hands out a socket (Trace in l2tpd-bus(5)) and writes a record for each message (trace_record.h), which is
 * decoded here.  If the tool is too slow it loses messages, and reports how many; the daemon never waits for it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "pcap.h"
#include "rows.h"
#include "trace_text.h"

#define PACKET_MAX (sizeof(struct trace_record) + 65536)

struct trace {
	struct ctl *ctl;
	int fd;
	FILE *pcap;	  /* NULL: text or JSON */
	struct l2tp_addr peer; /* unset: any */
	bool secrets;
	uint32_t left; /* messages still to be printed; UINT32_MAX: no limit */
	uint64_t lost, unwritten;
	uint8_t packet[PACKET_MAX];
};

/* ---- A message ---------------------------------------------------------------------------------------------- */

/* A message that could not be sent was never a packet. */
static bool was_packet(const struct trace_record *r)
{
	return !(r->flags & TRACE_SENT) || !r->dropped[0];
}

static void show(struct trace *t, const struct trace_record *r, struct l2tp_span datagram)
{
	const struct l2tp_addr *from = r->flags & TRACE_SENT ? &r->local : &r->peer;
	const struct l2tp_addr *to = r->flags & TRACE_SENT ? &r->peer : &r->local;
	json_t *object;

	if (t->pcap) {
		t->unwritten += was_packet(r) && !pcap_write(t->pcap, r->time_usec, from, to, datagram);
		fflush(t->pcap);
	} else if (t->ctl->format == FORMAT_TEXT) {
		trace_print(stdout, r, datagram, t->secrets);
	} else {
		object = trace_json(r, datagram, t->secrets);
		json_print(object, FORMAT_LINES);
		json_decref(object);
	}
	fflush(stdout);
	t->left -= t->left != UINT32_MAX;
}

/* One record; 0: the daemon has closed the trace. */
static int take(struct trace *t)
{
	ssize_t n = recv(t->fd, t->packet, sizeof(t->packet), 0);
	struct trace_record r;

	if (n <= 0)
		return n < 0 ? (errno == EINTR ? 1 : -errno) : 0;
	if ((size_t)n < sizeof(r))
		return -EBADMSG;
	memcpy(&r, t->packet, sizeof(r));
	if (r.version != TRACE_RECORD_VERSION || r.size < sizeof(r) || r.size > n)
		return -EPROTONOSUPPORT;
	r.dropped[sizeof(r.dropped) - 1] = '\0';
	t->lost += r.lost;
	if (!t->peer.family || address_matches(&t->peer, &r.peer))
		show(t, &r, (struct l2tp_span){ t->packet + r.size, (size_t)n - r.size });
	return 1;
}

/* ---- The verb ----------------------------------------------------------------------------------------------- */

/* The socket to read from. */
static enum status subscribe(struct ctl *c, uint32_t tunnel, int *ret_fd)
{
	sd_bus_message *m, *reply = NULL;
	enum status status = ctl_method(c, "Trace", &m);
	int fd;

	if (status != STATUS_OK)
		return status;
	ctl_must(sd_bus_message_append(m, "u", tunnel));
	ctl_append_options(c, m);
	status = ctl_call(c, m, CALL_TIMEOUT, &reply);
	if (status == STATUS_OK) {
		ctl_must(sd_bus_message_read(reply, "h", &fd));
		*ret_fd = ctl_must(dup(fd)); /* the reply closes its own */
	}
	sd_bus_message_unref(reply);
	return status;
}

static enum status open_pcap(struct trace *t, const char *path)
{
	if (!path)
		return STATUS_OK;
	t->pcap = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	if (!t->pcap) {
		fprintf(stderr, "l2tpctl: %s: %s\n", path, strerror(errno));
		return STATUS_FAILED;
	}
	pcap_begin(t->pcap);
	fflush(t->pcap);
	return STATUS_OK;
}

static enum status close_pcap(struct trace *t)
{
	bool bad = t->pcap && ferror(t->pcap);

	if (t->pcap && t->pcap != stdout && fclose(t->pcap) != 0)
		bad = true;
	if (bad)
		fprintf(stderr, "l2tpctl: the packet file is incomplete: %s\n", strerror(errno));
	return bad ? STATUS_FAILED : STATUS_OK;
}

static enum status follow(struct trace *t)
{
	int r = 1;

	while (r > 0 && t->left > 0) {
		r = take(t);
		if (t->pcap && ferror(t->pcap))
			break;
	}
	if (t->pcap && t->lost)
		fprintf(stderr, "l2tpctl: %llu messages were lost\n", (unsigned long long)t->lost);
	if (t->unwritten)
		fprintf(stderr, "l2tpctl: %llu messages could not be written as packets\n",
			(unsigned long long)t->unwritten);
	if (r == 0)
		fputs("l2tpctl: the trace ended: the tunnel was removed, or the daemon stopped\n", stderr);
	if (r < 0)
		fprintf(stderr, "l2tpctl: %s\n",
			r == -EPROTONOSUPPORT ? "the daemon uses another version of the trace format: install the same "
						"version of l2tpd and l2tpctl"
					      : strerror(-r));
	return r < 0 ? STATUS_FAILED : STATUS_OK;
}

/* The file is created before the first message. */
static enum status run_traced(struct ctl *c, struct trace *t, uint32_t tunnel)
{
	enum status status = open_pcap(t, ctl_option(c, "pcap")), closed;

	if (status == STATUS_OK)
		status = subscribe(c, tunnel, &t->fd);
	if (status == STATUS_OK)
		status = follow(t);
	closed = close_pcap(t);
	return status == STATUS_OK ? closed : status;
}

static enum status run(struct ctl *c)
{
	struct trace *t;
	enum status status = STATUS_OK;
	uint32_t tunnel = 0;

	if (ctl_option(c, "pcap") && c->format != FORMAT_TEXT)
		return ctl_usage(c, "trace: --pcap cannot be combined with --json");
	if (c->n_args)
		status = rows_find_tunnel(c, c->args[0], &tunnel);
	if (status != STATUS_OK)
		return status;
	t = ctl_must_ptr(calloc(1, sizeof(*t)));
	t->ctl = c;
	t->fd = -1;
	if (ctl_option(c, "peer")) /* has been checked */
		(void)address_read(ctl_option(c, "peer"), 0, INTERFACE_OPTIONAL, &t->peer);
	t->secrets = ctl_option(c, "secrets");
	t->left = ctl_option_number(c, "count", UINT32_MAX);
	status = run_traced(c, t, tunnel);
	if (t->fd >= 0)
		close(t->fd);
	explicit_bzero(t, sizeof(*t));
	free(t);
	return status;
}

static const struct verb_option trace_options[] = {
	{ "peer", "ADDRESS", "only messages from and to this peer", NULL, 0 },
	{ "count", "NUMBER", "exit after NUMBER messages", NULL, 'u' },
	{ "unhide", NULL, "decrypt hidden AVPs with the secret of the tunnel", "Unhide", 'b' },
	{ "secrets", NULL, "print passwords, and values from which they can be guessed", NULL, 0 },
	{ "pcap", "FILE", "write packets for Wireshark to FILE (-: standard output)", NULL, 0 },
	{ 0 },
};

const struct verb trace_verbs[] = {
	{ "trace", "[TUNNEL|PROFILE]", "print control messages as they are sent and received", trace_options, run, 0 },
	{ 0 },
};
