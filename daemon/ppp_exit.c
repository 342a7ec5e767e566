/* SPDX-License-Identifier: MIT */
/*
 * ppp_exit: pppd's exit status (pppd(8), EXIT STATUS) becomes the Result Code AVP of a CDN (RFC 2661 4.4.2).
 *
 * The rows' reasoning.  A peer reads the result to decide whether to call again, here or elsewhere:
 *  - ended as somebody wished, by a limit, or not allowed to be here: administrative (3), no use in calling elsewhere;
 *  - the other end fell silent: loss of carrier (1);
 *  - frames flow but LCP was never agreed on: no appropriate framing (11);
 *  - this machine cannot run PPP until somebody changes it: no facilities, permanent (5); or just now: temporary (4);
 *  - it broke half way: general error (2) with the vendor-specific error code (6), the only one that fits.
 * RFC 3145's cause goes along where pppd's status is enough for it: its codes for authentication and network protocols
 * want the protocol's number, which the status does not tell.
 * The peer is told the sentence, never what pppd printed: that may show our configuration.
 */
#include "ppp_exit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct row {
	int number;
	enum pppd_l2tp_stage stage; /* at least reached; of several rows that fit, the last */
	uint16_t result, error;
	const char *text;
};

static const struct row exit_rows[] = {
	{ 0, 0, RC_CDN_ADMIN, 0, "PPP ended by the peer" },
	{ 1, 0, RC_CDN_NO_FACILITY_TEMPORARY, 0, "pppd could not start the link" },
	{ 1, PPPD_L2TP_LINK, RC_CDN_GENERAL, EC_VENDOR, "pppd failed" },
	{ 2, 0, RC_CDN_NO_FACILITY_PERMANENT, 0, "pppd refused its options" },
	{ 3, 0, RC_CDN_NO_FACILITY_PERMANENT, 0, "pppd lacks the rights to run" },
	{ 4, 0, RC_CDN_NO_FACILITY_PERMANENT, 0, "the kernel does not support PPP" },
	{ 5, 0, RC_CDN_ADMIN, 0, "pppd was ended by a signal" },
	{ 6, 0, RC_CDN_NO_FACILITY_TEMPORARY, 0, "pppd could not lock its device" },
	{ 7, 0, RC_CDN_NO_FACILITY_TEMPORARY, 0, "pppd could not open its device" },
	{ 8, 0, RC_CDN_NO_FACILITY_TEMPORARY, 0, "pppd could not connect" },
	{ 9, 0, RC_CDN_NO_FACILITY_TEMPORARY, 0, "pppd could not run its pty command" },
	{ 10, 0, RC_CDN_NO_FRAMING, 0, "LCP could not be agreed on with the peer" },
	{ 10, PPPD_L2TP_LINK, RC_CDN_GENERAL, EC_VENDOR, "PPP ended during authentication" },
	{ 10, PPPD_L2TP_NETWORK, RC_CDN_GENERAL, EC_VENDOR, "no network protocol could be agreed on with the peer" },
	{ 11, 0, RC_CDN_ADMIN, 0, "the peer failed to authenticate itself" },
	{ 12, 0, RC_CDN_ADMIN, 0, "the link was idle for too long" },
	{ 13, 0, RC_CDN_ADMIN, 0, "the connect time limit was reached" },
	{ 14, 0, RC_CDN_ADMIN, 0, "callback was agreed on" },
	{ 15, 0, RC_CDN_CARRIER_LOST, 0, "the peer does not answer LCP echo requests" },
	{ 16, 0, RC_CDN_CARRIER_LOST, 0, "the line hung up" },
	{ 17, 0, RC_CDN_NO_FRAMING, 0, "the line is a loop: our own LCP came back" },
	{ 18, 0, RC_CDN_NO_FACILITY_TEMPORARY, 0, "pppd's init script failed" },
	{ 19, 0, RC_CDN_ADMIN, 0, "we failed to authenticate ourselves to the peer" },
	{ 20, 0, RC_CDN_ADMIN, 0, "the traffic limit was reached" },
	{ 21, 0, RC_CDN_ADMIN, 0, "the peer's number is not allowed" },
	{ 127, 0, RC_CDN_GENERAL, EC_VENDOR, "pppd crashed" },
};

/* RFC 3145's cause, where the status is enough for it. */
static const struct {
	int number;
	enum pppd_l2tp_stage last; /* not later than this */
	struct l2tp_disconnect cause;
} exit_causes[] = {
	{ 0, PPPD_L2TP_RUNNING, { true, L2TP_PPP_TERMINATED, 0, 1, "" } },
	{ 5, PPPD_L2TP_RUNNING, { true, L2TP_PPP_ADMIN, 0, 0, "" } },
	{ 10, PPPD_L2TP_STARTED, { true, L2TP_PPP_LCP_TIMEOUT, L2TP_PPP_LCP, 0, "" } },
	{ 12, PPPD_L2TP_RUNNING, { true, L2TP_PPP_ADMIN, 0, 0, "" } },
	{ 13, PPPD_L2TP_RUNNING, { true, L2TP_PPP_ADMIN, 0, 0, "" } },
	{ 15, PPPD_L2TP_RUNNING, { true, L2TP_PPP_ECHO_TIMEOUT, L2TP_PPP_LCP, 0, "" } },
	{ 17, PPPD_L2TP_RUNNING, { true, L2TP_PPP_LOOP, L2TP_PPP_LCP, 0, "" } },
	{ 20, PPPD_L2TP_RUNNING, { true, L2TP_PPP_ADMIN, 0, 0, "" } },
};

static const struct row unknown_row = { -1, 0, RC_CDN_GENERAL, EC_VENDOR, "pppd ended with an unknown exit status" };

/* Why posix_spawn() fails: what will not be better at the next call, and the rest. */
static const struct row errno_rows[] = {
	{ -ENOENT, 0, RC_CDN_NO_FACILITY_PERMANENT, 0, "pppd is not installed" },
	{ -EACCES, 0, RC_CDN_NO_FACILITY_PERMANENT, 0, "pppd may not be executed" },
	{ -ENOEXEC, 0, RC_CDN_NO_FACILITY_PERMANENT, 0, "pppd cannot be executed" },
};

static const struct row not_started_row = { 0, 0, RC_CDN_NO_FACILITY_TEMPORARY, 0, "pppd could not be started" };
static const struct row killed_row = { 0, 0, RC_CDN_GENERAL, EC_VENDOR, "pppd was killed by a signal" };
static const struct row stopped_row = { 0, 0, RC_CDN_ADMIN, 0, "PPP was stopped" };
static const struct row timed_out_row = { 0, 0, RC_CDN_TIMEOUT, 0, "PPP was not up in time" };

static const struct row *row_find(const struct row *rows, size_t n, int number, enum pppd_l2tp_stage stage,
				  const struct row *otherwise)
{
	const struct row *found = otherwise;

	for (size_t i = 0; i < n; i++)
		if (rows[i].number == number && rows[i].stage <= stage)
			found = &rows[i];
	return found;
}

#define ROW_FIND(rows, number, stage, otherwise) \
	row_find(rows, sizeof(rows) / sizeof((rows)[0]), number, stage, otherwise)

static const struct row *row_of(enum ppp_cause cause, int number, enum pppd_l2tp_stage stage)
{
	switch (cause) {
	case PPP_EXITED:
		return ROW_FIND(exit_rows, number, stage, &unknown_row);
	case PPP_KILLED:
		return &killed_row;
	case PPP_STOPPED:
		return &stopped_row;
	case PPP_TIMED_OUT:
		return &timed_out_row;
	case PPP_NOT_STARTED:
		return ROW_FIND(errno_rows, number, stage, &not_started_row);
	}
	return &unknown_row;
}

static struct l2tp_disconnect cause_of(enum ppp_cause cause, int number, enum pppd_l2tp_stage stage)
{
	if (cause == PPP_STOPPED)
		return (struct l2tp_disconnect){ .said = true, .code = L2TP_PPP_ADMIN };
	for (size_t i = 0; cause == PPP_EXITED && i < sizeof(exit_causes) / sizeof(exit_causes[0]); i++)
		if (exit_causes[i].number == number && stage <= exit_causes[i].last)
			return exit_causes[i].cause;
	return (struct l2tp_disconnect){ 0 };
}

void ppp_exit_explain(struct ppp_exit *ret, enum ppp_cause cause, int number, enum pppd_l2tp_stage stage,
		      const char *said)
{
	const struct row *row = row_of(cause, number, stage);
	const bool started = cause != PPP_NOT_STARTED;
	/* An orderly end needs no explanation, and what was said before PPP was up does not explain a later one. */
	const bool explain = cause == PPP_EXITED && row->result != RC_CDN_ADMIN && stage < PPPD_L2TP_RUNNING && *said;

	*ret = (struct ppp_exit){
		.status = started && cause != PPP_KILLED ? number : -1,
		.reason = { .origin = L2TP_BY_WORLD,
			    .result = row->result,
			    .error = row->error,
			    .disconnect = cause_of(cause, number, stage) },
	};
	snprintf(ret->reason.text, sizeof(ret->reason.text), "%s", row->text);
	if (explain || !started)
		snprintf(ret->text, sizeof(ret->text), "%s: %s", row->text, started ? said : strerror(-number));
	else if (row == &killed_row || row == &unknown_row)
		snprintf(ret->text, sizeof(ret->text), "%s (%d)", row->text, number);
	else
		snprintf(ret->text, sizeof(ret->text), "%s", row->text);
}
