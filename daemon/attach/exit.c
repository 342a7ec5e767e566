/* SPDX-License-Identifier: MIT */
/*
 * exit: pppd's exit status (pppd(8), EXIT STATUS) becomes the Result Code AVP of a CDN (RFC 2661 4.4.2).
 *
 * The rows' reasoning.  A peer reads the result to decide whether to call again, here or elsewhere:
 *  - ended on request, by a limit, or not allowed to be here: administrative (3), no use in calling elsewhere;
 *  - the other end fell silent: loss of carrier (1);
 *  - frames flow but LCP was never agreed on: no appropriate framing (11);
 *  - this machine cannot run PPP until its set-up is changed: no facilities, permanent (5); or just now: temporary (4);
 *  - it broke half way: general error (2) with the vendor-specific error code (6), the only one that fits.
 * RFC 3145's cause goes along: the status says which way pppd took to its end, and where it has negotiated its way
 * there, the frames that the plugin saw say which protocol failed, and on which side.  A wrong name and a wrong
 * password are one cause and one sentence.  Codes 9 to 11 and 14 are for multilink bundles, which a pppd on a pppox has
 * none of; code 2 for those who do not let the peer negotiate LCP again, which we always do.
 * The peer is told the sentence, never what pppd printed: that may show our configuration.
 * Blame: a customer who hangs up or falls silent is nobody's failure (ppp); what this machine lacks is its own (local).
 */
#include "exit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PEER_AUTH_FAILED = 11, AUTH_TO_PEER_FAILED = 19 }; /* of pppd's exit statuses those that are asked for */

struct row {
	int number;
	enum pppd_l2tp_stage stage; /* at least reached; of several rows that fit, the last */
	enum l2tp_origin origin;
	uint16_t result, error;
	const char *text;
};

static const struct row exit_rows[] = {
	{ 0, 0, L2TP_BY_PPP, RC_CDN_ADMIN, 0, "PPP ended by the peer" },
	{ 1, 0, L2TP_BY_LOCAL, RC_CDN_NO_FACILITY_TEMPORARY, 0, "pppd could not start the link" },
	{ 1, PPPD_L2TP_LINK, L2TP_BY_LOCAL, RC_CDN_GENERAL, EC_VENDOR, "pppd failed" },
	{ 2, 0, L2TP_BY_LOCAL, RC_CDN_NO_FACILITY_PERMANENT, 0, "pppd refused its options" },
	{ 3, 0, L2TP_BY_LOCAL, RC_CDN_NO_FACILITY_PERMANENT, 0, "pppd lacks the rights to run" },
	{ 4, 0, L2TP_BY_LOCAL, RC_CDN_NO_FACILITY_PERMANENT, 0, "the kernel does not support PPP" },
	{ 5, 0, L2TP_BY_REQUEST, RC_CDN_ADMIN, 0, "pppd was ended by a signal" },
	{ 6, 0, L2TP_BY_LOCAL, RC_CDN_NO_FACILITY_TEMPORARY, 0, "pppd could not lock its device" },
	{ 7, 0, L2TP_BY_LOCAL, RC_CDN_NO_FACILITY_TEMPORARY, 0, "pppd could not open its device" },
	{ 8, 0, L2TP_BY_LOCAL, RC_CDN_NO_FACILITY_TEMPORARY, 0, "pppd could not connect" },
	{ 9, 0, L2TP_BY_LOCAL, RC_CDN_NO_FACILITY_TEMPORARY, 0, "pppd could not run its pty command" },
	{ 10, 0, L2TP_BY_PPP, RC_CDN_NO_FRAMING, 0, "LCP could not be agreed on with the peer" },
	{ 10, PPPD_L2TP_LINK, L2TP_BY_PPP, RC_CDN_GENERAL, EC_VENDOR, "PPP ended during authentication" },
	{ 10, PPPD_L2TP_NETWORK, L2TP_BY_PPP, RC_CDN_GENERAL, EC_VENDOR, "no network protocol could be agreed on with the peer" },
	{ PEER_AUTH_FAILED, 0, L2TP_BY_PPP, RC_CDN_ADMIN, 0, "the peer failed to authenticate itself" },
	{ 12, 0, L2TP_BY_PPP, RC_CDN_ADMIN, 0, "the link was idle for too long" },
	{ 13, 0, L2TP_BY_PPP, RC_CDN_ADMIN, 0, "the connect time limit was reached" },
	{ 14, 0, L2TP_BY_PPP, RC_CDN_ADMIN, 0, "callback was agreed on" },
	{ 15, 0, L2TP_BY_PPP, RC_CDN_CARRIER_LOST, 0, "the peer does not answer LCP echo requests" },
	{ 16, 0, L2TP_BY_PPP, RC_CDN_CARRIER_LOST, 0, "the line hung up" },
	{ 17, 0, L2TP_BY_PPP, RC_CDN_NO_FRAMING, 0, "the line is a loop: our own LCP came back" },
	{ 18, 0, L2TP_BY_LOCAL, RC_CDN_NO_FACILITY_TEMPORARY, 0, "pppd's init script failed" },
	{ AUTH_TO_PEER_FAILED, 0, L2TP_BY_PPP, RC_CDN_ADMIN, 0, "we failed to authenticate ourselves to the peer" },
	{ 20, 0, L2TP_BY_PPP, RC_CDN_ADMIN, 0, "the traffic limit was reached" },
	{ 21, 0, L2TP_BY_PPP, RC_CDN_ADMIN, 0, "the peer's number is not allowed" },
	{ 127, 0, L2TP_BY_LOCAL, RC_CDN_GENERAL, EC_VENDOR, "pppd crashed" },
};

/* RFC 3145's cause, where the status is enough for it ... */
static const struct {
	int number;
	struct l2tp_disconnect cause;
} exit_causes[] = {
	{ 5, { true, L2TP_PPP_ADMIN, 0, 0, "" } },
	{ 12, { true, L2TP_PPP_ADMIN, 0, 0, "" } },
	{ 13, { true, L2TP_PPP_ADMIN, 0, 0, "" } },
	{ 15, { true, L2TP_PPP_ECHO_TIMEOUT, L2TP_PPP_LCP, 0, "" } },
	{ 17, { true, L2TP_PPP_LOOP, L2TP_PPP_LCP, 0, "" } },
	{ 20, { true, L2TP_PPP_ADMIN, 0, 0, "" } },
	{ 21, { true, L2TP_PPP_ADMIN, 0, 0, "" } },
};

/* ... and where the frames say more. */
static const int talkative[] = { 0, 10, PEER_AUTH_FAILED, 14, AUTH_TO_PEER_FAILED };

#define OTHER(direction) (3 - (direction))
enum { NO_PROTOCOL = 0, ITS_OWN = 1 }; /* no numbers of PPP protocols */
static const struct {
	enum pppd_l2tp_failure failure;
	uint16_t of;       /* protocol that failed; ITS_OWN: whichever */
	uint16_t code;     /* enum l2tp_disconnect_code */
	uint16_t protocol; /* to be told */
	uint8_t local;     /* direction if the side is ours, the peer has the other; 0: there are none */
} failure_causes[] = {
	{ PPPD_L2TP_TERMINATED, ITS_OWN, L2TP_PPP_TERMINATED, NO_PROTOCOL, 2 },
	{ PPPD_L2TP_ENCRYPTION, ITS_OWN, L2TP_PPP_ENCRYPTION_REFUSED, NO_PROTOCOL, 1 },
	{ PPPD_L2TP_TIMEOUT, L2TP_PPP_LCP, L2TP_PPP_LCP_TIMEOUT, L2TP_PPP_LCP, 0 },
	{ PPPD_L2TP_SILENCE, ITS_OWN, L2TP_PPP_NO_LCP, L2TP_PPP_LCP, 0 },
	{ PPPD_L2TP_CALLBACK, ITS_OWN, L2TP_PPP_CALLBACK_REFUSED, L2TP_PPP_LCP, 1 },
	{ PPPD_L2TP_TIMEOUT, L2TP_PPP_PAP, L2TP_PPP_AUTH_TIMEOUT, L2TP_PPP_PAP, 0 },
	{ PPPD_L2TP_TIMEOUT, L2TP_PPP_CHAP, L2TP_PPP_AUTH_TIMEOUT, L2TP_PPP_CHAP, 0 },
	{ PPPD_L2TP_TIMEOUT, L2TP_PPP_EAP, L2TP_PPP_AUTH_TIMEOUT, L2TP_PPP_EAP, 0 },
	{ PPPD_L2TP_AUTH_REFUSED, ITS_OWN, L2TP_PPP_AUTH_UNACCEPTABLE, ITS_OWN, 1 },
	{ PPPD_L2TP_AUTH_FAILED, ITS_OWN, L2TP_PPP_AUTH_FAILED, ITS_OWN, 1 },
	{ PPPD_L2TP_TIMEOUT, ITS_OWN, L2TP_PPP_NCP_TIMEOUT, ITS_OWN, 0 },
	{ PPPD_L2TP_NO_NETWORK, ITS_OWN, L2TP_PPP_NO_NCP, ITS_OWN, 0 },
	{ PPPD_L2TP_ADDRESS_DISPUTE, ITS_OWN, L2TP_PPP_NO_ADDRESS_AGREED, ITS_OWN, 2 },
	{ PPPD_L2TP_ADDRESS_REFUSED, ITS_OWN, L2TP_PPP_NO_ADDRESS_ALLOWED, ITS_OWN, 1 },
};

static const struct row unknown_row = {
	-1, 0, L2TP_BY_LOCAL, RC_CDN_GENERAL, EC_VENDOR, "pppd ended with an unknown exit status"
};

/* Why posix_spawn() fails: what will not be better at the next call, and the rest. */
static const struct row errno_rows[] = {
	{ -ENOENT, 0, L2TP_BY_LOCAL, RC_CDN_NO_FACILITY_PERMANENT, 0, "pppd is not installed" },
	{ -EACCES, 0, L2TP_BY_LOCAL, RC_CDN_NO_FACILITY_PERMANENT, 0, "pppd may not be executed" },
	{ -ENOEXEC, 0, L2TP_BY_LOCAL, RC_CDN_NO_FACILITY_PERMANENT, 0, "pppd cannot be executed" },
};

static const struct row not_started_row = { 0, 0, L2TP_BY_LOCAL, RC_CDN_NO_FACILITY_TEMPORARY, 0, "pppd could not be started" };
static const struct row killed_row = { 0, 0, L2TP_BY_LOCAL, RC_CDN_GENERAL, EC_VENDOR, "pppd was killed by a signal" };
static const struct row stopped_row = { 0, 0, L2TP_BY_REQUEST, RC_CDN_ADMIN, 0, "PPP was stopped" };
static const struct row timed_out_row = { 0, 0, L2TP_BY_TIMEOUT, RC_CDN_TIMEOUT, 0,
					  "PPP did not come up in time" };

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

static struct l2tp_disconnect cause_of_frames(const struct pppd_l2tp_end *end)
{
	struct l2tp_disconnect cause = { 0 };

	for (size_t i = 0; i < sizeof(failure_causes) / sizeof(failure_causes[0]); i++) {
		if (failure_causes[i].failure != end->failure ||
		    (failure_causes[i].of != ITS_OWN && failure_causes[i].of != end->protocol))
			continue;
		cause.said = true;
		cause.code = failure_causes[i].code;
		cause.protocol = failure_causes[i].protocol == ITS_OWN ? end->protocol : failure_causes[i].protocol;
		if (failure_causes[i].local)
			cause.direction = end->side == PPPD_L2TP_LOCAL ? failure_causes[i].local :
									 OTHER(failure_causes[i].local);
		break;
	}
	return cause;
}

static struct l2tp_disconnect cause_of(enum ppp_cause cause, int number, const struct pppd_l2tp_end *end)
{
	bool asked = cause == PPP_TIMED_OUT;

	if (cause == PPP_STOPPED)
		return (struct l2tp_disconnect){ .said = true, .code = L2TP_PPP_ADMIN };
	for (size_t i = 0; cause == PPP_EXITED && i < sizeof(exit_causes) / sizeof(exit_causes[0]); i++)
		if (exit_causes[i].number == number)
			return exit_causes[i].cause;
	for (size_t i = 0; cause == PPP_EXITED && i < sizeof(talkative) / sizeof(talkative[0]); i++)
		asked |= talkative[i] == number;
	return asked ? cause_of_frames(end) : (struct l2tp_disconnect){ 0 };
}

/* A failure of authentication ends the link from both sides at once.  If we were told to stop pppd by the peer's CDN, that
 * was only faster than pppd, which says then that a signal has ended it: what it has failed in is the same. */
static enum ppp_cause cause_behind(enum ppp_cause cause, int *number, const struct pppd_l2tp_end *end)
{
	if (cause != PPP_STOPPED)
		return cause;
	if (end->failure == PPPD_L2TP_AUTH_FAILED)
		*number = end->side == PPPD_L2TP_LOCAL ? PEER_AUTH_FAILED : AUTH_TO_PEER_FAILED;
	return *number == PEER_AUTH_FAILED || *number == AUTH_TO_PEER_FAILED ? PPP_EXITED : PPP_STOPPED;
}

void ppp_exit_explain(struct ppp_exit *ret, enum ppp_cause cause, int number, enum pppd_l2tp_stage stage,
		      const struct pppd_l2tp_end *end, const char *said)
{
	cause = cause_behind(cause, &number, end);
	const struct row *row = row_of(cause, number, stage);
	const bool started = cause != PPP_NOT_STARTED;
	/* An orderly end needs no explanation, and what was said before PPP was up does not explain a later one. */
	const bool explain = cause == PPP_EXITED && row->result != RC_CDN_ADMIN && stage < PPPD_L2TP_RUNNING && *said;

	*ret = (struct ppp_exit){
		.status = started && cause != PPP_KILLED ? number : -1,
		.reason = { .origin = row->origin,
			    .result = row->result,
			    .error = row->error,
			    .disconnect = cause_of(cause, number, end) },
	};
	snprintf(ret->reason.text, sizeof(ret->reason.text), "%s", row->text);
	if (explain || !started)
		snprintf(ret->reason.detail, sizeof(ret->reason.detail), "%s", started ? said : strerror(-number));
	if (explain || !started)
		snprintf(ret->text, sizeof(ret->text), "%s: %s", row->text, started ? said : strerror(-number));
	else if (row == &killed_row || row == &unknown_row)
		snprintf(ret->text, sizeof(ret->text), "%s (%d)", row->text, number);
	else
		snprintf(ret->text, sizeof(ret->text), "%s", row->text);
}
