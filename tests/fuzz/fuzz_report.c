/* SPDX-License-Identifier: MIT */
/*
 * fuzz_report: messages of other programs that the daemon reads: the pppd plugin's reports and the kernel's netlink.
 *
 *	octet 0     0: a report as it is; 1: one that gets past the size, version and token checks; else netlink frames
 *	the rest    the message
 */
#include "fuzz.h"
#include "kernel/nl.h"
#include "attach/report.h"

static const uint8_t token[PPPD_L2TP_TOKEN_SIZE] = "a pppd's token.";

static void check_text(const char *text, size_t size)
{
	must(memchr(text, 0, size), "text ends");
	for (; *text; text++)
		must((unsigned char)*text >= ' ' && *text != 0x7f, "text is printable");
}

static void run_report(struct l2tp_span s)
{
	struct pppd_l2tp_report report;
	struct ppp_status status;

	if (ppp_report_check(s.data, s.len, token, &report))
		return;
	ppp_report_status(&report, &status);
	check_text(status.interface, sizeof(status.interface));
	check_text(status.peer_name, sizeof(status.peer_name));
	check_text(status.local_address, sizeof(status.local_address));
	check_text(status.remote_address, sizeof(status.remote_address));
	check_text(status.local_ipv6, sizeof(status.local_ipv6));
	check_text(status.remote_ipv6, sizeof(status.remote_ipv6));
}

static void run_likely_report(struct l2tp_span s)
{
	struct pppd_l2tp_report report = { 0 };

	memcpy(&report, s.data, s.len < sizeof(report) ? s.len : sizeof(report));
	report.version = PPPD_L2TP_VERSION;
	memcpy(report.token, token, sizeof(token));
	run_report((struct l2tp_span){ (const uint8_t *)&report, sizeof(report) });
}

struct place {
	const uint8_t *data;
	size_t len;
};

static void on_frame(void *ctx, const struct nl_frame *f)
{
	const struct place *p = ctx;
	const uint8_t *reply = (const void *)f->reply;

	must(f->final == !reply, "a part of the answer or its end");
	must(memchr(f->text, 0, sizeof(f->text)), "the kernel's words end");
	must(f->err <= 0, "a negative errno");
	if (reply)
		must(reply >= p->data && f->reply->nlmsg_len <= (size_t)(p->data + p->len - reply), "a whole message");
}

/* In memory that is aligned and ends where the frames end. */
static void run_frames(struct l2tp_span s)
{
	uint8_t *copy = malloc(s.len ? s.len : 1);
	struct place p = { copy, s.len };

	if (!copy)
		return;
	if (s.len)
		memcpy(copy, s.data, s.len);
	nl_frames(copy, s.len, on_frame, &p);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const kinds[])(struct l2tp_span s) = { run_report, run_likely_report, run_frames };
	struct feed f = { data, data + size };
	uint8_t kind = feed_u8(&f);

	kinds[kind < 2 ? kind : 2](feed_bytes(&f, size));
	return 0;
}
