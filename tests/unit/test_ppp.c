/* SPDX-License-Identifier: MIT */
/*
 * The parts of pppd supervision that are plain functions, and supervision itself with a fake pppd: this program,
 * started by ppp_start(), does what the words "fake:..." among its arguments say.  A real one is in tests/lab.
 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/config/lcp.h"
#include "daemon/attach/process.h"
#include "daemon/attach/exit.h"
#include "daemon/attach/record.h"
#include "daemon/attach/report.h"
#include "daemon/attach/spawn.h"
#include "daemon/attach/args.h"
#include "daemon/kernel/fdstore.h"
#include "daemon/kernel/workers.h"
#include "plugins/pppd-l2tp-proto.h"
#include "oom.h"

#define SELF "/proc/self/exe"
#define LIMIT (10 * USEC_PER_SEC)

/* ---- The command line ------------------------------------------------------------------------------------------- */

#define WORDS(...) ((char *const *)(const char *const[]){ __VA_ARGS__, NULL })
#define PPPOX "pppd plugin pppol2tp.so plugin /lib/p.so pppol2tp 3 pppol2tp_tunnel_id 7 pppol2tp_session_id 8"
#define HARMLESS "noipdefault lcp-echo-adaptive lcp-max-terminate 0 lcp-restart 1 lcp-max-configure 30"
#define ECHOES "lcp-echo-interval 20 lcp-echo-failure 3"
#define DEFAULTS HARMLESS " novj " ECHOES
#define LAST "nodetach nopersist"

/* Options of a Configure-Request */
#define OPTIONS(text) { (const uint8_t *)(text), sizeof(text) - 1 }
#define MRU1300 "\1\4\5\24"
#define ACCM "\2\6\0\12\0\0"
#define PFC "\7\2"
#define ACFC "\10\2"
#define FCS "\11\3\4"

static const struct {
	const char *name;
	struct ppp_spec spec;
	const char *expect; /* NULL: -EINVAL */
} command_lines[] = {
	{ "client", { 0 }, PPPOX " noauth noipv6 " DEFAULTS " " LAST },
	{ "server", { .lns = true, .ipv6 = true, .mtu = 1400, .mru = 1410 },
	  PPPOX " auth +ipv6 mtu 1400 mru 1410 " DEFAULTS " " LAST },
	{ "profile's words", { .profile = "p 1", .options = WORDS("noauth", "a b", "updetach") },
	  PPPOX " noauth noipv6 " DEFAULTS " ipparam p 1 noauth a b updetach " LAST },
	{ "interface", { .interface = "l2tp-a_1.0" }, PPPOX " noauth ifname l2tp-a_1.0 noipv6 " DEFAULTS " " LAST },
	{ "both addresses", { .local_address = "10.0.0.1", .remote_address = "10.0.0.2" },
	  PPPOX " noauth 10.0.0.1:10.0.0.2 noipv6 " DEFAULTS " " LAST },
	{ "local address", { .local_address = "10.0.0.1" }, PPPOX " noauth 10.0.0.1: noipv6 " DEFAULTS " " LAST },
	{ "remote address", { .remote_address = "10.0.0.2" }, PPPOX " noauth :10.0.0.2 noipv6 " DEFAULTS " " LAST },
	{ "environment", { .environment = WORDS("CALLING=+49%2030/1", "B_2=", "C=a%3Db") },
	  PPPOX " noauth noipv6 " DEFAULTS " set CALLING=+49%2030/1 set B_2= set C=a%3Db " LAST },
	{ "R2661-8.1-15: TCP headers may be compressed where all data is sequenced", { .sequenced = true },
	  PPPOX " noauth noipv6 " HARMLESS " " ECHOES " " LAST },
	{ "R2661-8.1-15: or where somebody wants it all the same", { .options = WORDS("vj-max-slots", "8") },
	  PPPOX " noauth noipv6 " HARMLESS " " ECHOES " vj-max-slots 8 " LAST },
	{ "R3437-2.1-02, -03, -04 R3437-2.2-03 what the LAC wants and allows, ours is more",
	  { .lns = true, .mtu = 1400, .mru = 1410,
	    .lcp = { OPTIONS(MRU1300 ACCM), OPTIONS(MRU1300 ACCM PFC ACFC), false } },
	  PPPOX " auth noipv6 mtu 1300 mru 1300 asyncmap a0000 " DEFAULTS " " LAST },
	{ "R3437-2.1-03 ours is less", { .lns = true, .mtu = 1200, .mru = 1210,
	  .lcp = { OPTIONS(MRU1300 ACCM), { 0 }, false } },
	  PPPOX " auth noipv6 mtu 1200 mru 1210 asyncmap a0000 " DEFAULTS " " LAST },
	{ "R3437-2.1-05 R3437-2.1-06 R3437-2-02 PFC and ACFC, and no map, whatever bearer and framing suggest",
	  { .lns = true, .lcp = { OPTIONS(PFC ACFC), { 0 }, false } },
	  PPPOX " auth noipv6 l2tp-want-no-accm l2tp-want-pfc l2tp-want-acfc " DEFAULTS " " LAST },
	{ "R3437-2.2-01, -02, -05 not in the list", { .lns = true, .lcp = { { 0 }, OPTIONS(FCS), false } },
	  PPPOX " auth noipv6 l2tp-reject-mru l2tp-reject-accm l2tp-reject-pfc l2tp-reject-acfc " DEFAULTS " " LAST },
	{ "R3437-2.2-04 ACCM", { .lns = true, .mtu = 1400, .lcp = { { 0 }, OPTIONS(ACCM), false } },
	  PPPOX " auth noipv6 mtu 1400 l2tp-reject-mru l2tp-reject-pfc l2tp-reject-acfc " DEFAULTS " " LAST },
	{ "R3437-2.2-06 FCS: pppd can neither", { .lns = true, .lcp = { OPTIONS(FCS ACCM), { 0 }, false } },
	  PPPOX " auth noipv6 asyncmap a0000 " DEFAULTS " " LAST },
	{ "impossible sizes", { .lns = true, .lcp = { OPTIONS("\1\4\0\1"),
	  OPTIONS("\1\4\377\377\2\6\0\0\0\0\7\2\10\2"), false } },
	  PPPOX " auth noipv6 mtu 16384 mru 128 l2tp-want-no-accm " DEFAULTS " " LAST },
	{ "the profile's words come after the LAC's",
	  { .lns = true, .lcp = { OPTIONS(PFC ACCM), { 0 }, false }, .options = WORDS("nopcomp", "asyncmap", "1") },
	  PPPOX " auth noipv6 l2tp-want-pfc asyncmap a0000 " DEFAULTS " nopcomp asyncmap 1 " LAST },
	{ "space in a value", { .environment = WORDS("A=a b") }, NULL },
	{ "command in a value", { .environment = WORDS("A=`x`") }, NULL },
	{ "equals sign in a value", { .environment = WORDS("A=a=b") }, NULL },
	{ "octet in a value", { .environment = WORDS("A=\x80") }, NULL },
	{ "no value", { .environment = WORDS("A") }, NULL },
	{ "no variable", { .environment = WORDS("=x") }, NULL },
	{ "bad variable", { .environment = WORDS("A B=x") }, NULL },
	{ "digit first", { .environment = WORDS("1A=x") }, NULL },
	{ "address is a word", { .local_address = "debug" }, NULL },
	{ "address is IPv6", { .remote_address = "::1" }, NULL },
	{ "empty interface", { .interface = "" }, NULL },
	{ "interface is a path", { .interface = "../x" }, NULL },
	{ "interface ends with a dot", { .interface = "a." }, NULL },
	{ "interface is long", { .interface = "0123456789abcdef" }, NULL },
};

static void join(char *const *argv, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (; *argv && len < size; argv++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? " " : "", *argv);
}

START_TEST(command_line)
{
	struct ppp_spec spec = command_lines[_i].spec;
	char text[4096], **argv = NULL;
	int r;

	spec.tunnel_id = 7;
	spec.session_id = 8;
	r = pppd_args_new(&spec, "/lib/p.so", &argv);
	if (!command_lines[_i].expect) {
		ck_assert_msg(r == -EINVAL && !argv, "%s: %d", command_lines[_i].name, r);
		return;
	}
	ck_assert_msg(r == 0, "%s: %d", command_lines[_i].name, r);
	join(argv, text, sizeof(text));
	ck_assert_str_eq(text, command_lines[_i].expect);
	pppd_args_free(argv);
}
END_TEST

/* A word that pppd could not take is refused. */
START_TEST(command_line_bounds)
{
	char variable[1025], word[2048], **argv = NULL;
	struct ppp_spec spec = { .environment = WORDS(variable) };

	memset(variable, 'a', sizeof(variable));
	memcpy(variable, "A=", 2);
	variable[1024] = '\0';
	ck_assert_int_eq(pppd_args_new(&spec, "p", &argv), -EINVAL);
	variable[1023] = '\0';
	ck_assert_int_eq(pppd_args_new(&spec, "p", &argv), 0);
	pppd_args_free(argv);

	memset(word, 'a', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	spec = (struct ppp_spec){ .options = WORDS(word) };
	ck_assert_int_eq(pppd_args_new(&spec, "p", &argv), -EINVAL);
	word[1024] = '\0';
	ck_assert_int_eq(pppd_args_new(&spec, "p", &argv), -EINVAL);
	word[1023] = '\0';
	ck_assert_int_eq(pppd_args_new(&spec, "p", &argv), 0);
	pppd_args_free(argv);
	spec = (struct ppp_spec){ .profile = word };
	ck_assert_int_eq(pppd_args_new(&spec, "p", &argv), 0);
	pppd_args_free(argv);
}
END_TEST

START_TEST(command_line_no_memory)
{
	const struct ppp_spec spec = { .lns = true, .profile = "p", .environment = WORDS("A=b") };
	char **argv = NULL;
	int n = 0, r;

	do {
		oom_at = ++n;
		r = pppd_args_new(&spec, "p", &argv);
		oom_at = 0;
		ck_assert(r == 0 || (r == -ENOMEM && !argv));
	} while (r < 0);
	ck_assert_int_gt(n, 2);
	pppd_args_free(argv);
	pppd_args_free(NULL);
}
END_TEST

/* ---- Why it ended ----------------------------------------------------------------------------------------------- */

/* R2661-4.4.2: the CDN's result code. */
static const struct {
	enum ppp_cause cause;
	int number;
	enum pppd_l2tp_stage stage;
	enum l2tp_origin origin; /* a customer that hangs up or falls silent is not this machine's failure */
	int status;
	uint16_t result, error;
	const char *text;
} ends[] = {
	{ PPP_EXITED, 0, PPPD_L2TP_RUNNING, L2TP_BY_PPP, 0, RC_CDN_ADMIN, 0, "PPP ended by the peer" },
	{ PPP_EXITED, 1, PPPD_L2TP_STARTED, L2TP_BY_LOCAL, 1, RC_CDN_NO_FACILITY_TEMPORARY, 0, "pppd could not start the link: said" },
	{ PPP_EXITED, 1, PPPD_L2TP_RUNNING, L2TP_BY_LOCAL, 1, RC_CDN_GENERAL, EC_VENDOR, "pppd failed" },
	{ PPP_EXITED, 2, PPPD_L2TP_STARTED, L2TP_BY_LOCAL, 2, RC_CDN_NO_FACILITY_PERMANENT, 0, "pppd refused its options: said" },
	{ PPP_EXITED, 4, PPPD_L2TP_STARTED, L2TP_BY_LOCAL, 4, RC_CDN_NO_FACILITY_PERMANENT, 0,
	  "the kernel does not support PPP: said" },
	{ PPP_EXITED, 5, PPPD_L2TP_RUNNING, L2TP_BY_REQUEST, 5, RC_CDN_ADMIN, 0, "pppd was ended by a signal" },
	{ PPP_EXITED, 10, PPPD_L2TP_STARTED, L2TP_BY_PPP, 10, RC_CDN_NO_FRAMING, 0,
	  "LCP could not be agreed on with the peer: said" },
	{ PPP_EXITED, 10, PPPD_L2TP_LINK, L2TP_BY_PPP, 10, RC_CDN_GENERAL, EC_VENDOR, "PPP ended during authentication: said" },
	{ PPP_EXITED, 10, PPPD_L2TP_NETWORK, L2TP_BY_PPP, 10, RC_CDN_GENERAL, EC_VENDOR,
	  "no network protocol could be agreed on with the peer: said" },
	{ PPP_EXITED, 11, PPPD_L2TP_LINK, L2TP_BY_PPP, 11, RC_CDN_ADMIN, 0, "the peer failed to authenticate itself" },
	{ PPP_EXITED, 12, PPPD_L2TP_RUNNING, L2TP_BY_PPP, 12, RC_CDN_ADMIN, 0, "the link was idle for too long" },
	{ PPP_EXITED, 13, PPPD_L2TP_RUNNING, L2TP_BY_PPP, 13, RC_CDN_ADMIN, 0, "the connect time limit was reached" },
	{ PPP_EXITED, 15, PPPD_L2TP_RUNNING, L2TP_BY_PPP, 15, RC_CDN_CARRIER_LOST, 0,
	  "the peer does not answer LCP echo requests" },
	{ PPP_EXITED, 16, PPPD_L2TP_RUNNING, L2TP_BY_PPP, 16, RC_CDN_CARRIER_LOST, 0, "the line hung up" },
	{ PPP_EXITED, 17, PPPD_L2TP_STARTED, L2TP_BY_PPP, 17, RC_CDN_NO_FRAMING, 0,
	  "the line is a loop: our own LCP came back: said" },
	{ PPP_EXITED, 19, PPPD_L2TP_LINK, L2TP_BY_PPP, 19, RC_CDN_ADMIN, 0, "we failed to authenticate ourselves to the peer" },
	{ PPP_EXITED, 127, PPPD_L2TP_RUNNING, L2TP_BY_LOCAL, 127, RC_CDN_GENERAL, EC_VENDOR, "pppd crashed" },
	{ PPP_EXITED, 99, PPPD_L2TP_RUNNING, L2TP_BY_LOCAL, 99, RC_CDN_GENERAL, EC_VENDOR,
	  "pppd ended with an unknown exit status (99)" },
	{ PPP_KILLED, 9, PPPD_L2TP_STARTED, L2TP_BY_LOCAL, -1, RC_CDN_GENERAL, EC_VENDOR, "pppd was killed by a signal (9)" },
	{ PPP_STOPPED, 5, PPPD_L2TP_RUNNING, L2TP_BY_REQUEST, 5, RC_CDN_ADMIN, 0, "PPP was stopped" },
	{ PPP_STOPPED, -1, PPPD_L2TP_STARTED, L2TP_BY_REQUEST, -1, RC_CDN_ADMIN, 0, "PPP was stopped" },
	{ PPP_TIMED_OUT, 5, PPPD_L2TP_STARTED, L2TP_BY_TIMEOUT, 5, RC_CDN_TIMEOUT, 0, "PPP did not come up in time" },
	{ PPP_NOT_STARTED, -ENOENT, PPPD_L2TP_STARTED, L2TP_BY_LOCAL, -1, RC_CDN_NO_FACILITY_PERMANENT, 0,
	  "pppd is not installed: No such file or directory" },
	{ PPP_NOT_STARTED, -EAGAIN, PPPD_L2TP_STARTED, L2TP_BY_LOCAL, -1, RC_CDN_NO_FACILITY_TEMPORARY, 0,
	  "pppd could not be started: Resource temporarily unavailable" },
};

START_TEST(end_explained)
{
	struct ppp_exit how;

	ppp_exit_explain(&how, ends[_i].cause, ends[_i].number, ends[_i].stage, &(struct pppd_l2tp_end){ 0 }, "said");
	ck_assert_int_eq(how.status, ends[_i].status);
	ck_assert_uint_eq(how.reason.result, ends[_i].result);
	ck_assert_uint_eq(how.reason.error, ends[_i].error);
	ck_assert_uint_eq(how.reason.origin, ends[_i].origin);
	ck_assert_str_eq(how.text, ends[_i].text);
	ck_assert_ptr_null(strstr(how.reason.text, "said"));
}
END_TEST

#define LOCAL PPPD_L2TP_LOCAL
#define PEER PPPD_L2TP_PEER

static const struct {
	const char *name;
	enum ppp_cause cause;
	int number;
	struct pppd_l2tp_end end;
	uint16_t code, protocol; /* code 0: nothing is said */
	uint8_t direction;
} disconnects[] = {
	{ "R3145-3.1-05 R3145-3.1-01", PPP_EXITED, 0, { PPPD_L2TP_TERMINATED, 0, PEER }, 3, 0, 1 },
	{ "R3145-3.1-05 by us", PPP_EXITED, 0, { PPPD_L2TP_TERMINATED, 0, LOCAL }, 3, 0, 2 },
	{ "R3145-3.1-03", PPP_STOPPED, 5, { PPPD_L2TP_TERMINATED, 0, LOCAL }, 1, 0, 0 },
	{ "R3145-3.1-03 a signal", PPP_EXITED, 5, { PPPD_L2TP_TERMINATED, 0, LOCAL }, 1, 0, 0 },
	{ "R3145-2-08 idle", PPP_EXITED, 12, { PPPD_L2TP_TERMINATED, 0, LOCAL }, 1, 0, 0 },
	{ "R3145-3.1-06 by us", PPP_EXITED, 10, { PPPD_L2TP_ENCRYPTION, 0, LOCAL }, 4, 0, 1 },
	{ "R3145-3.1-06 by the peer", PPP_EXITED, 10, { PPPD_L2TP_ENCRYPTION, 0, PEER }, 4, 0, 2 },
	{ "R3145-3.2-02 R3145-3.2-01", PPP_EXITED, 10, { PPPD_L2TP_TIMEOUT, 0xc021, 0 }, 5, 0xc021, 0 },
	{ "R3145-3.2-03", PPP_EXITED, 10, { PPPD_L2TP_SILENCE, 0xc021, 0 }, 6, 0xc021, 0 },
	{ "R3145-3.2-03 before pppd has lost patience", PPP_TIMED_OUT, 5, { PPPD_L2TP_SILENCE, 0xc021, 0 }, 6, 0xc021,
	  0 },
	{ "R3145-3.2-04", PPP_EXITED, 17, { PPPD_L2TP_TIMEOUT, 0xc021, 0 }, 7, 0xc021, 0 },
	{ "R3145-3.2-05", PPP_EXITED, 15, { PPPD_L2TP_TERMINATED, 0, LOCAL }, 8, 0xc021, 0 },
	{ "R3145-3.2-09 by us", PPP_EXITED, 10, { PPPD_L2TP_CALLBACK, 0, LOCAL }, 12, 0xc021, 1 },
	{ "R3145-3.2-09 by the peer", PPP_EXITED, 10, { PPPD_L2TP_CALLBACK, 0, PEER }, 12, 0xc021, 2 },
	{ "R3145-3.3-01 R3145-3.3-02 PAP", PPP_EXITED, 11, { PPPD_L2TP_TIMEOUT, 0xc023, 0 }, 13, 0xc023, 0 },
	{ "R3145-3.3-02 CHAP", PPP_EXITED, 11, { PPPD_L2TP_TIMEOUT, 0xc223, 0 }, 13, 0xc223, 0 },
	{ "R3145-3.3-02 EAP", PPP_EXITED, 19, { PPPD_L2TP_TIMEOUT, 0xc227, 0 }, 13, 0xc227, 0 },
	{ "R3145-3.3-04 ours", PPP_EXITED, 11, { PPPD_L2TP_AUTH_REFUSED, 0xc223, LOCAL }, 15, 0xc223, 1 },
	{ "R3145-3.3-04 the peer's", PPP_EXITED, 10, { PPPD_L2TP_AUTH_REFUSED, 0xc023, PEER }, 15, 0xc023, 2 },
	{ "R3145-3.3-05 of the peer", PPP_EXITED, 11, { PPPD_L2TP_AUTH_FAILED, 0xc223, LOCAL }, 16, 0xc223, 1 },
	{ "R3145-3.3-05 of us", PPP_EXITED, 19, { PPPD_L2TP_AUTH_FAILED, 0xc227, PEER }, 16, 0xc227, 2 },
	{ "R3145-3.4-01 R3145-3.4-04", PPP_EXITED, 10, { PPPD_L2TP_TIMEOUT, 0x8057, 0 }, 17, 0x8057, 0 },
	{ "R3145-3.4-05", PPP_EXITED, 10, { PPPD_L2TP_NO_NETWORK, 0x8021, 0 }, 18, 0x8021, 0 },
	{ "R3145-3.4-05 none at all", PPP_EXITED, 10, { PPPD_L2TP_NO_NETWORK, 0, 0 }, 18, 0, 0 },
	{ "R3145-3.4-06 by the peer", PPP_EXITED, 10, { PPPD_L2TP_ADDRESS_DISPUTE, 0x8021, PEER }, 19, 0x8021, 1 },
	{ "R3145-3.4-06 by us", PPP_EXITED, 0, { PPPD_L2TP_ADDRESS_DISPUTE, 0x8021, LOCAL }, 19, 0x8021, 2 },
	{ "R3145-3.4-07 ours", PPP_EXITED, 10, { PPPD_L2TP_ADDRESS_REFUSED, 0x8021, LOCAL }, 20, 0x8021, 1 },
	{ "R3145-3.4-07 the peer's", PPP_EXITED, 10, { PPPD_L2TP_ADDRESS_REFUSED, 0x8021, PEER }, 20, 0x8021, 2 },
	{ "R3145-3.1-02", PPP_EXITED, 11, { 0 }, 0, 0, 0 },
	{ "no words about a pppd that never came to negotiate", PPP_EXITED, 2, { PPPD_L2TP_SILENCE, 0xc021, 0 }, 0, 0,
	  0 },
};

START_TEST(end_cause)
{
	struct ppp_exit how;
	const struct l2tp_disconnect *d = &how.reason.disconnect;

	ppp_exit_explain(&how, disconnects[_i].cause, disconnects[_i].number, PPPD_L2TP_STARTED, &disconnects[_i].end,
		"");
	ck_assert_msg(d->said == (disconnects[_i].code != 0) && d->code == disconnects[_i].code &&
			      d->protocol == disconnects[_i].protocol && d->direction == disconnects[_i].direction,
		      "%s: %u %x %u", disconnects[_i].name, d->code, d->protocol, d->direction);
	ck_assert_msg(!d->said || l2tp_disconnect_valid(d), "%s", disconnects[_i].name);
}
END_TEST

/* R3145-5-01: what the peer is told is the same, whatever was wrong about who it said it was. */
START_TEST(end_of_authentication)
{
	static const char *const details[] = { "", "no secret for joe", "Peer joe failed CHAP authentication" };
	const struct pppd_l2tp_end end = { PPPD_L2TP_AUTH_FAILED, L2TP_PPP_CHAP, LOCAL };
	struct ppp_exit first, how;

	ppp_exit_explain(&first, PPP_EXITED, 11, PPPD_L2TP_LINK, &end, details[0]);
	for (size_t i = 1; i < sizeof(details) / sizeof(details[0]); i++) {
		ppp_exit_explain(&how, PPP_EXITED, 11, PPPD_L2TP_LINK, &end, details[i]);
		ck_assert_str_eq(how.reason.text, first.reason.text);
		ck_assert_str_eq(how.reason.disconnect.text, "");
		ck_assert_uint_eq(how.reason.disconnect.code, first.reason.disconnect.code);
	}
}
END_TEST

/* Every exit status of pppd(8) has a row of its own. */
START_TEST(end_every_status)
{
	struct ppp_exit how;

	for (int status = 0; status <= 21; status++) {
		ppp_exit_explain(&how, PPP_EXITED, status, PPPD_L2TP_RUNNING, &(struct pppd_l2tp_end){ 0 }, "");
		ck_assert_ptr_null(strstr(how.text, "unknown"));
		ck_assert_uint_ne(how.reason.result, 0);
	}
}
END_TEST

/* ---- Reports ---------------------------------------------------------------------------------------------------- */

static const uint8_t token[PPPD_L2TP_TOKEN_SIZE] = "0123456789abcde";

static struct pppd_l2tp_report good_report(void)
{
	struct pppd_l2tp_report r = {
		.version = PPPD_L2TP_VERSION, .event = PPPD_L2TP_UP, .stage = PPPD_L2TP_RUNNING,
		.flags = PPPD_L2TP_IPV4 | PPPD_L2TP_IPV6, .local_ipv4 = { 10, 0, 0, 1 }, .remote_ipv4 = { 10, 0, 0, 2 },
		.local_id = { [7] = 1 }, .remote_id = { [7] = 2 }, .interface = "ppp0", .peer_name = "joe\n",
	};

	memcpy(r.token, token, sizeof(token));
	return r;
}

START_TEST(report_good)
{
	struct pppd_l2tp_report r = good_report(), copy;
	struct ppp_status s;

	ck_assert_ptr_null(ppp_report_check(&r, sizeof(r), token, &copy));
	ppp_report_status(&copy, &s);
	ck_assert(s.up);
	ck_assert_str_eq(s.interface, "ppp0");
	ck_assert_str_eq(s.local_address, "10.0.0.1");
	ck_assert_str_eq(s.remote_address, "10.0.0.2");
	ck_assert_str_eq(s.local_ipv6, "fe80::1");
	ck_assert_str_eq(s.remote_ipv6, "fe80::2");
	ck_assert_ptr_nonnull(strstr(s.peer_name, "joe"));
	ck_assert_ptr_null(strchr(s.peer_name, '\n'));

	r.flags = PPPD_L2TP_IPV6;
	ppp_report_status(&r, &s);
	ck_assert(s.up && !s.local_address[0] && !s.remote_address[0]);
	r.flags = 0;
	ppp_report_status(&r, &s);
	ck_assert(!s.up && !s.local_ipv6[0] && !s.remote_ipv6[0]);
}
END_TEST

START_TEST(report_bad)
{
	struct pppd_l2tp_report r, copy;
	uint8_t longer[sizeof(r) + 1] = { 0 };

	r = good_report();
	memcpy(longer, &r, sizeof(r));
	ck_assert_str_eq(ppp_report_check(longer, sizeof(longer), token, &copy), "wrong size");
	for (size_t len = 0; len < sizeof(r); len++)
		ck_assert_str_eq(ppp_report_check(&r, len, token, &copy), "wrong size");
	r.version++;
	ck_assert_str_eq(ppp_report_check(&r, sizeof(r), token, &copy), "wrong version");
	for (size_t i = 0; i < sizeof(token); i++) {
		r = good_report();
		r.token[i] ^= 0x80;
		ck_assert_str_eq(ppp_report_check(&r, sizeof(r), token, &copy), "wrong token");
	}
	for (size_t i = 0; i < 2; i++) {
		r = good_report();
		r.event = i ? PPPD_L2TP_EXIT + 1 : 0;
		ck_assert_str_eq(ppp_report_check(&r, sizeof(r), token, &copy), "unknown event");
	}
	r = good_report();
	r.stage = PPPD_L2TP_RUNNING + 1;
	ck_assert_str_eq(ppp_report_check(&r, sizeof(r), token, &copy), "unknown stage");
	r = good_report();
	r.flags = 4;
	ck_assert_str_eq(ppp_report_check(&r, sizeof(r), token, &copy), "impossible flags");
	r.flags = 0;
	ck_assert_str_eq(ppp_report_check(&r, sizeof(r), token, &copy), "impossible flags");
	for (size_t i = 0; i < 2; i++) {
		r = good_report();
		r.end.failure = i ? 0 : PPPD_L2TP_ADDRESS_REFUSED + 1;
		r.end.side = i ? PPPD_L2TP_PEER + 1 : 0;
		ck_assert_str_eq(ppp_report_check(&r, sizeof(r), token, &copy), "unknown end");
		r = good_report();
		*(i ? &r.lcp_sent.len : &r.lcp_received.len) = PPPD_L2TP_OPTIONS_MAX + 1;
		ck_assert_str_eq(ppp_report_check(&r, sizeof(r), token, &copy), "options too long");
	}
	r = good_report();
	memset(r.interface, 'x', sizeof(r.interface));
	ck_assert_str_eq(ppp_report_check(&r, sizeof(r), token, &copy), "text without end");
	r = good_report();
	memset(r.peer_name, 'x', sizeof(r.peer_name));
	ck_assert_str_eq(ppp_report_check(&r, sizeof(r), token, &copy), "text without end");
}
END_TEST

/* ---- A fake pppd ------------------------------------------------------------------------------------------------ */

static int fake_connect(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", getenv(PPPD_L2TP_ENV_SOCKET));
	return connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0 ? fd : -1;
}

/* How the world looks to a child of ours, for the peer_name of a report. */
static void fake_describe(char *buf, size_t size)
{
	sigset_t mask;
	int open = 0, blocked = 0;

	for (int fd = 0; fd < 64; fd++)
		open += fcntl(fd, F_GETFD) >= 0;
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int sig = 1; sig < 32; sig++)
		blocked += sigismember(&mask, sig);
	snprintf(buf, size, "fds %d blocked %d leader %d", open, blocked, getsid(0) == getpid());
}

static void fake_pppox(char *buf, size_t size)
{
	ssize_t len = readlink("/proc/self/fd/3", buf, size - 1);

	buf[len > 0 ? len : 0] = '\0';
}

static void fake_report(int fd, struct pppd_l2tp_report *r, enum pppd_l2tp_event event)
{
	r->event = event;
	if (send(fd, r, sizeof(*r), 0) != (ssize_t)sizeof(*r))
		_exit(99);
}

static const sigset_t *fake_terms(void)
{
	static sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	return &set;
}

static int fake_word(const char *word, int *fd, struct pppd_l2tp_report *r)
{
	const char *value = strchr(word, '=') ? strchr(word, '=') + 1 : "";

	if (strcmp(word, "fake:connect") == 0)
		*fd = fake_connect();
	else if (strcmp(word, "fake:lcp") == 0)
		r->lcp_sent = (struct pppd_l2tp_options){ 4, { 1, 4, 5, 6 } },
		r->lcp_received.len = PPPD_L2TP_OPTIONS_NOT_KEPT, fake_report(*fd, r, PPPD_L2TP_LCP);
	else if (strcmp(word, "fake:up") == 0)
		fake_report(*fd, r, PPPD_L2TP_UP);
	else if (strncmp(word, "fake:status=", 12) == 0)
		r->status = (int)strtol(value, NULL, 10), fake_report(*fd, r, PPPD_L2TP_EXIT);
	else if (strncmp(word, "fake:stage=", 11) == 0)
		r->stage = (uint32_t)strtol(value, NULL, 10), fake_report(*fd, r, PPPD_L2TP_AUTH);
	else if (strcmp(word, "fake:bad-token") == 0)
		r->token[0] ^= 1, fake_report(*fd, r, PPPD_L2TP_UP), r->token[0] ^= 1;
	else if (strcmp(word, "fake:junk") == 0)
		return send(*fd, "junk", 4, 0) == 4 ? -1 : 99;
	else if (strcmp(word, "fake:pppox") == 0) /* which file is it? */
		fake_pppox(r->peer_name, sizeof(r->peer_name));
	else if (strncmp(word, "fake:say=", 9) == 0)
		return write(1, value, strlen(value)) > 0 && write(2, "\n", 1) == 1 ? -1 : 99;
	else if (strcmp(word, "fake:sleep") == 0)
		pause();
	else if (strcmp(word, "fake:hold") == 0) /* SIGTERM from now on, for fake:term */
		sigprocmask(SIG_BLOCK, fake_terms(), NULL);
	else if (strcmp(word, "fake:term") == 0)
		return sigwait(fake_terms(), &(int){ 0 }) == 0 ? -1 : 99;
	else if (strncmp(word, "fake:auth-failed=", 17) == 0)
		r->end = (struct pppd_l2tp_end){ PPPD_L2TP_AUTH_FAILED, L2TP_PPP_CHAP, (uint8_t)strtol(value, NULL, 10) };
	else if (strcmp(word, "fake:die") == 0)
		raise(SIGKILL);
	else if (strncmp(word, "fake:exit=", 10) == 0)
		return (int)strtol(value, NULL, 10);
	return -1;
}

static int fake_pppd(int argc, char **argv)
{
	struct pppd_l2tp_report r = good_report();
	const char *hex = getenv(PPPD_L2TP_ENV_TOKEN);
	int fd = -1, status = -1;

	for (size_t i = 0; i < sizeof(r.token); i++) {
		const char digits[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
		r.token[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	fake_describe(r.peer_name, sizeof(r.peer_name));
	for (int i = 1; i < argc && status < 0; i++)
		status = fake_word(argv[i], &fd, &r);
	return status < 0 ? 0 : status;
}

/* ---- Supervision ------------------------------------------------------------------------------------------------ */

#define CALLS 8

struct call {
	struct ppp *ppp; /* NULL: over */
	unsigned ups, exits, order, lcps;
	struct ppp_status status;
	struct ppp_exit how;
};

static struct {
	char directory[64];
	sd_event *event;
	struct workers *workers;
	struct fdstore *fds;
	struct ppp_manager *manager;
	struct call calls[CALLS];
	unsigned n, over;
} w;

static const struct ppp_options *world_options(const char *pppd, unsigned starts)
{
	static struct ppp_options o;

	o = (struct ppp_options){ .pppd = pppd, .plugin = "p", .runtime_directory = w.directory, .starts = starts };
	return &o;
}

/* The session of this id has something in place of a pppox. */
static void give_pppox(uint32_t session_id, const char *path)
{
	const struct fd_name name = { 1, session_id };

	ck_assert_int_eq(fdstore_put(w.fds, name, open(path, O_RDWR | O_CLOEXEC)), 0);
}

static void world_open(const char *pppd, unsigned starts)
{
	snprintf(w.directory, sizeof(w.directory), "/tmp/test_ppp.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(w.directory));
	log_open(LOG_EMERG);
	ck_assert_int_ge(sd_event_new(&w.event), 0);
	ck_assert_int_eq(workers_new(w.event, 1, &w.workers), 0);
	ck_assert_int_eq(fdstore_new(w.workers, &w.fds), 0);
	ck_assert_int_eq(ppp_manager_new(w.event, w.fds, world_options(pppd, starts), &w.manager), 0);
}

static void world_close(void)
{
	char path[80];

	ppp_manager_free(w.manager);
	fdstore_close_sessions(w.fds);
	workers_free(w.workers);
	fdstore_free(w.fds);
	sd_event_unref(w.event);
	snprintf(path, sizeof(path), "%s/ppp", w.directory);
	ck_assert_int_eq(rmdir(path), 0);        /* no record is left */
	ck_assert_int_eq(rmdir(w.directory), 0); /* nor the socket */
}

static void on_up(void *ctx, const struct ppp_status *status)
{
	struct call *c = ctx;

	ck_assert_int_gt(status->pid, 0);
	c->ups++;
	c->status = *status;
}

static void on_lcp(void *ctx, const struct ppp_lcp *lcp)
{
	struct call *c = ctx;

	c->lcps++;
	ck_assert(lcp->sent.len == 4 && memcmp(lcp->sent.data, "\1\4\5\6", 4) == 0);
	ck_assert(!lcp->received.data); /* it was too long */
}

static void on_exited(void *ctx, const struct ppp_exit *how)
{
	struct call *c = ctx;

	c->exits++;
	c->order = ++w.over;
	c->how = *how;
	ppp_stop(c->ppp); /* too late, and harmless */
	c->ppp = NULL;
}

static struct call *call_start(usec_t setup_timeout, char *const *options)
{
	static const struct ppp_handler handler = { on_up, on_exited, on_lcp };
	struct call *c = &w.calls[w.n++];
	const struct ppp_spec spec = {
		.tunnel_id = 1, .session_id = w.n, .options = options, .setup_timeout = setup_timeout,
	};

	if (fdstore_get(w.fds, (struct fd_name){ 1, w.n }) < 0)
		give_pppox(w.n, "/dev/null");
	ck_assert_int_eq(ppp_start(w.manager, &spec, &handler, c, &c->ppp), 0);
	ck_assert_uint_eq(c->exits, 0);
	return c;
}

static void run_while(bool (*waiting)(const struct call *c), const struct call *c)
{
	const time_t deadline = time(NULL) + LIMIT / USEC_PER_SEC;

	while (waiting(c)) {
		ck_assert_int_ge(sd_event_run(w.event, 100 * USEC_PER_MSEC), 0);
		ck_assert_msg(time(NULL) < deadline, "too late");
	}
}

static bool not_up(const struct call *c)
{
	return c->ups == 0;
}

static bool not_over(const struct call *c)
{
	return c->exits == 0;
}

#define LONG (60 * USEC_PER_SEC)

static const struct {
	const char *name;
	char *const *options;
	unsigned ups;
	int status;
	uint16_t result;
	const char *text;
} lives[] = {
	{ "ends at once", WORDS("fake:exit=10"), 0, 10, RC_CDN_NO_FRAMING, "LCP could not be agreed on with the peer" },
	{ "says why", WORDS("fake:say=one\ntwo", "fake:exit=1"), 0, 1, RC_CDN_NO_FACILITY_TEMPORARY,
	  "pppd could not start the link: two" },
	{ "bad option", WORDS("fake:say=pppd: bad option\nusage: ...", "fake:exit=2"), 0, 2,
	  RC_CDN_NO_FACILITY_PERMANENT, "pppd refused its options: pppd: bad option" },
	{ "stage counts", WORDS("fake:connect", "fake:stage=2", "fake:exit=10"), 0, 10, RC_CDN_GENERAL,
	  "no network protocol could be agreed on with the peer" },
	{ "up and down", WORDS("fake:connect", "fake:up", "fake:exit=15"), 1, 15, RC_CDN_CARRIER_LOST,
	  "the peer does not answer LCP echo requests" },
	{ "two protocols", WORDS("fake:connect", "fake:up", "fake:up", "fake:exit=0"), 2, 0, RC_CDN_ADMIN,
	  "PPP ended by the peer" },
	{ "plugin knows better", WORDS("fake:connect", "fake:up", "fake:status=0", "fake:exit=16"), 1, 0, RC_CDN_ADMIN,
	  "PPP ended by the peer" },
	{ "junk first", WORDS("fake:connect", "fake:junk", "fake:bad-token", "fake:up", "fake:exit=0"), 1, 0,
	  RC_CDN_ADMIN, "PPP ended by the peer" },
	{ "bad token only", WORDS("fake:connect", "fake:bad-token", "fake:exit=0"), 0, 0, RC_CDN_ADMIN,
	  "PPP ended by the peer" },
	{ "killed", WORDS("fake:connect", "fake:up", "fake:die"), 1, -1, RC_CDN_GENERAL,
	  "pppd was killed by a signal (9)" },
};

START_TEST(life)
{
	struct call *c;

	world_open(SELF, 4);
	c = call_start(LONG, lives[_i].options);
	run_while(not_over, c);
	ck_assert_uint_eq(c->ups, lives[_i].ups);
	ck_assert_int_eq(c->how.status, lives[_i].status);
	ck_assert_uint_eq(c->how.reason.result, lives[_i].result);
	ck_assert_str_eq(c->how.text, lives[_i].text);
	world_close();
}
END_TEST

/* A failure of authentication ends the link from both sides.  If the peer's end reaches us first, pppd is stopped in the
 * midst of it, and says so: it has failed all the same. */
static const struct {
	char *const *options;
	int status;
	uint16_t code;
	const char *text;
} stops[] = {
	{ WORDS("fake:connect", "fake:hold", "fake:lcp", "fake:term", "fake:status=5", "fake:exit=5"), 5, L2TP_PPP_ADMIN,
	  "PPP was stopped" },
	{ WORDS("fake:connect", "fake:hold", "fake:lcp", "fake:term", "fake:auth-failed=1", "fake:status=5", "fake:exit=5"),
	  11, L2TP_PPP_AUTH_FAILED, "the peer failed to authenticate itself" },
	{ WORDS("fake:connect", "fake:hold", "fake:lcp", "fake:term", "fake:auth-failed=2", "fake:status=5", "fake:exit=5"),
	  19, L2TP_PPP_AUTH_FAILED, "we failed to authenticate ourselves to the peer" },
	{ WORDS("fake:connect", "fake:hold", "fake:lcp", "fake:term", "fake:auth-failed=2", "fake:status=19", "fake:exit=19"),
	  19, L2TP_PPP_AUTH_FAILED, "we failed to authenticate ourselves to the peer" },
	{ WORDS("fake:connect", "fake:hold", "fake:lcp", "fake:term", "fake:status=11", "fake:exit=11"), 11, 0,
	  "the peer failed to authenticate itself" },
};

static bool not_agreed(const struct call *c)
{
	return c->lcps == 0;
}

START_TEST(stopped)
{
	struct call *c;

	world_open(SELF, 4);
	c = call_start(LONG, stops[_i].options);
	run_while(not_agreed, c);
	ppp_stop(c->ppp);
	run_while(not_over, c);
	ck_assert_int_eq(c->how.status, stops[_i].status);
	ck_assert_uint_eq(c->how.reason.disconnect.code, stops[_i].code);
	ck_assert_str_eq(c->how.text, stops[_i].text);
	world_close();
}
END_TEST

START_TEST(lcp_told) /* R3437-2.3-01: each time that it is up */
{
	struct call *c;

	world_open(SELF, 4);
	c = call_start(LONG, WORDS("fake:connect", "fake:lcp", "fake:up", "fake:lcp", "fake:exit=0"));
	run_while(not_over, c);
	ck_assert(c->lcps == 2 && c->ups == 1);
	world_close();
}
END_TEST

static const struct {
	struct l2tp_span options;
	uint32_t accm;
} maps[] = {
	{ OPTIONS(""), UINT32_MAX },
	{ { NULL, 0 }, UINT32_MAX },
	{ OPTIONS(ACCM), 0xa0000 },
	{ OPTIONS(MRU1300 ACCM PFC), 0xa0000 },
	{ OPTIONS(ACCM "\2\6\0\0\0\0"), 0xa0000 },
	{ OPTIONS("\2\5\0\0\0"), UINT32_MAX },
	{ OPTIONS("\2\5\0\0\0" ACCM), 0xa0000 },
	{ OPTIONS("\7\0" ACCM), UINT32_MAX },
	{ OPTIONS("\2\6\0\0\0"), UINT32_MAX },
};

START_TEST(map) /* R2661-4.4.6-03: of him who says nothing all ones */
{
	ck_assert_uint_eq(lcp_accm(maps[_i].options), maps[_i].accm);
}
END_TEST

/* It connects, reports and ends before the event loop comes to look: nothing of it is lost. */
START_TEST(last_words)
{
	siginfo_t info;
	struct call *c;

	world_open(SELF, 4);
	c = call_start(LONG, WORDS("fake:say=bye", "fake:connect", "fake:up", "fake:status=15", "fake:exit=1"));
	ck_assert_int_ge(sd_event_run(w.event, 0), 0);
	ck_assert_int_eq(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
	run_while(not_over, c);
	ck_assert_uint_eq(c->ups, 1);
	ck_assert_int_eq(c->how.status, 15);
	world_close();
}
END_TEST

/* Three standard files and the pppox, no signal blocked, a session of its own. */
START_TEST(child_inherits_nothing)
{
	sigset_t all;
	struct call *c;

	world_open(SELF, 4);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	c = call_start(LONG, WORDS("fake:connect", "fake:up", "fake:sleep"));
	run_while(not_up, c);
	ck_assert_str_eq(c->status.peer_name, "fds 4 blocked 0 leader 1");
	ck_assert_str_eq(ppp_get_status(c->ppp)->interface, "ppp0");
	ppp_stop(c->ppp);
	ppp_stop(c->ppp);
	ck_assert_uint_eq(c->exits, 0);
	run_while(not_over, c);
	ck_assert_str_eq(c->how.text, "PPP was stopped");
	world_close();
}
END_TEST

/* The pppox may already have the number that the plugins expect, and be close-on-exec. */
START_TEST(spawn_pppox_in_place)
{
	char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char[]){ "test -e /proc/self/fd/3" }, NULL };
	struct ppp_spawn s = { .path = "/bin/sh", .argv = argv, .pppox = PPPD_L2TP_FD, .socket = "s", .token = token };
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		s.output = dup2(open("/dev/null", O_RDWR), 10);
		if (dup3(10, PPPD_L2TP_FD, O_CLOEXEC) < 0 || ppp_spawn(&s, &pid) < 0)
			_exit(1);
		waitpid(pid, &status, 0);
		_exit(status != 0);
	}
	waitpid(pid, &status, 0);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(deadline)
{
	struct call *slow, *quick;

	world_open(SELF, 4);
	slow = call_start(50 * USEC_PER_MSEC, WORDS("fake:connect", "fake:sleep"));
	quick = call_start(10 * USEC_PER_SEC, WORDS("fake:connect", "fake:up", "fake:sleep"));
	run_while(not_over, slow);
	ck_assert_str_eq(slow->how.text, "PPP did not come up in time");
	ck_assert_uint_eq(slow->how.reason.result, RC_CDN_TIMEOUT);
	run_while(not_up, quick);
	ck_assert_uint_eq(quick->exits, 0);
	ppp_stop(quick->ppp);
	run_while(not_over, quick);
	world_close();
}
END_TEST

/* One at a time, in order; a waiting one can be stopped without its turn, never from within ppp_stop(). */
START_TEST(pacing)
{
	struct call *first, *second, *third, *fourth;

	world_open(SELF, 1);
	first = call_start(LONG, WORDS("fake:connect", "fake:sleep"));
	second = call_start(LONG, WORDS("fake:connect", "fake:up", "fake:sleep"));
	third = call_start(LONG, WORDS("fake:exit=12"));
	fourth = call_start(LONG, WORDS("fake:exit=12"));
	for (int i = 0; i < 5; i++)
		ck_assert_int_ge(sd_event_run(w.event, 10 * USEC_PER_MSEC), 0);
	ck_assert_uint_eq(w.over + second->ups, 0);
	ppp_stop(third->ppp);
	ck_assert_uint_eq(third->exits, 0);
	run_while(not_over, third);
	ck_assert_uint_eq(third->order, 1);
	ck_assert_int_eq(third->how.status, -1);
	ppp_stop(first->ppp);
	run_while(not_up, second);
	run_while(not_over, fourth);
	ck_assert_uint_eq(first->order, 2);
	ck_assert_int_eq(fourth->how.status, 12);
	ck_assert_uint_eq(second->exits, 0);
	ppp_stop(second->ppp);
	run_while(not_over, second);
	world_close();
}
END_TEST

START_TEST(no_pppd)
{
	struct call *c;

	world_open("/nonexistent/pppd", 1);
	c = call_start(LONG, NULL);
	run_while(not_over, c);
	ck_assert_int_eq(c->how.status, -1);
	ck_assert_uint_eq(c->how.reason.result, RC_CDN_NO_FACILITY_PERMANENT);
	c = call_start(LONG, NULL);
	run_while(not_over, c);
	world_close();
}
END_TEST

START_TEST(stranger_refused)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct call *c;
	struct stat st;
	char byte;
	int fd;

	world_open(SELF, 4);
	c = call_start(LONG, WORDS("fake:sleep"));
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/ppp.sock", w.directory);
	ck_assert_int_eq(stat(sun.sun_path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_ge(sd_event_run(w.event, 10 * USEC_PER_MSEC), 0);
	ck_assert_int_eq(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
	close(fd);
	ck_assert_uint_eq(c->ups, 0);
	ppp_stop(c->ppp);
	run_while(not_over, c);
	world_close();
}
END_TEST

/* Without a free file descriptor the connection has to wait, and the event loop does not spin meanwhile. */
START_TEST(no_file_descriptor)
{
	struct rlimit before, none;
	struct call *c, *other;

	world_open(SELF, 4);
	other = call_start(LONG, WORDS("fake:sleep"));
	c = call_start(LONG, WORDS("fake:connect", "fake:up", "fake:sleep"));
	for (int i = 0; i < 2; i++) /* both are started, and nobody waits any more */
		ck_assert_int_gt(sd_event_run(w.event, 0), 0);
	getrlimit(RLIMIT_NOFILE, &before);
	none = (struct rlimit){ .rlim_cur = 3, .rlim_max = before.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	int first = sd_event_run(w.event, LIMIT), second = sd_event_run(w.event, 20 * USEC_PER_MSEC);
	setrlimit(RLIMIT_NOFILE, &before);
	ck_assert_int_gt(first, 0);
	ck_assert_int_eq(second, 0);
	ppp_stop(other->ppp);
	run_while(not_over, other);
	run_while(not_up, c);
	ppp_stop(c->ppp);
	run_while(not_over, c);
	world_close();
}
END_TEST

/* Each pppd gets what the store has for its session when it is started. */
START_TEST(pppox_of_its_session)
{
	struct call *one, *two;

	world_open(SELF, 4);
	give_pppox(1, "/dev/zero");
	one = call_start(LONG, WORDS("fake:pppox", "fake:connect", "fake:up", "fake:exit=0"));
	two = call_start(LONG, WORDS("fake:pppox", "fake:connect", "fake:up", "fake:exit=0"));
	run_while(not_over, one);
	run_while(not_over, two);
	ck_assert_str_eq(one->status.peer_name, "/dev/zero");
	ck_assert_str_eq(two->status.peer_name, "/dev/null");
	world_close();
}
END_TEST

/* It has been closed while pppd waited for its start. */
START_TEST(pppox_gone)
{
	struct call *c;

	world_open(SELF, 4);
	c = call_start(LONG, WORDS("fake:exit=0"));
	fdstore_close(w.fds, (struct fd_name){ 1, 1 }, NULL, NULL);
	run_while(not_over, c);
	ck_assert_int_eq(c->how.status, -1);
	ck_assert_str_eq(c->how.text, "pppd could not be started: No such device");
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	ck_assert_int_eq(errno, ECHILD);
	world_close();
}
END_TEST

START_TEST(start_refused)
{
	static const struct ppp_handler handler = { on_up, on_exited };
	struct ppp_spec spec = { .interface = "/" };
	struct ppp *p = NULL;
	int n = 0, r;

	world_open(SELF, 1);
	ck_assert_int_eq(ppp_start(w.manager, &spec, &handler, NULL, &p), -EINVAL);
	spec = (struct ppp_spec){ .tunnel_id = 1, .session_id = 1, .profile = "p", .interface = "i",
				  .options = WORDS("fake:exit=0") };
	do {
		oom_at = ++n;
		r = ppp_start(w.manager, &spec, &handler, &w.calls[0], &p);
		oom_at = 0;
		ck_assert(r == 0 || (r == -ENOMEM && !p));
	} while (r < 0);
	ck_assert_int_gt(n, 4);
	world_close(); /* with one that still waits */
}
END_TEST

START_TEST(manager_refused)
{
	char path[200], records[208];
	struct ppp_manager *m = NULL;
	struct ppp_options o;
	int n = 0, r;

	world_open(SELF, 1);
	ppp_manager_free(w.manager);
	o = *world_options(SELF, 1);
	do {
		oom_at = ++n;
		r = ppp_manager_new(w.event, w.fds, &o, &m);
		oom_at = 0;
		ck_assert(r == 0 || (r == -ENOMEM && !m));
	} while (r < 0);
	ck_assert_int_gt(n, 3);
	w.manager = m;

	m = NULL;
	o.runtime_directory = "/nonexistent";
	ck_assert_int_eq(ppp_manager_new(w.event, w.fds, &o, &m), -ENOENT);
	snprintf(path, sizeof(path), "%s/%0100d", w.directory, 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	o.runtime_directory = path;
	r = ppp_manager_new(w.event, w.fds, &o, &m);
	ck_assert_int_eq(r, -ENAMETOOLONG);
	ck_assert_ptr_null(m);
	snprintf(records, sizeof(records), "%s/ppp", path);
	ck_assert_int_eq(rmdir(records), 0);
	ck_assert_int_eq(rmdir(path), 0);
	ppp_manager_free(NULL);
	world_close();
}
END_TEST

/* Freed with processes that start, run and wait: all are gone, no handler is called. */
START_TEST(freed_while_busy)
{
	struct call *c;

	world_open(SELF, 2);
	c = call_start(LONG, WORDS("fake:connect", "fake:up", "fake:sleep"));
	call_start(LONG, WORDS("fake:connect", "fake:sleep"));
	call_start(LONG, WORDS("fake:sleep"));
	call_start(LONG, WORDS("fake:sleep"));
	run_while(not_up, c);
	world_close();
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_uint_eq(w.over, 0);
}
END_TEST

/* ---- Records ---------------------------------------------------------------------------------------------------- */

static int record_directory(void)
{
	snprintf(w.directory, sizeof(w.directory), "/tmp/test_ppp.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(w.directory));
	return open(w.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void record_put(int dir, const char *name, const char *text, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	close(fd);
}

static void record_get(int dir, const char *name, char *buf, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, buf, size - 1);

	ck_assert_int_gt(len, 0);
	buf[len] = '\0';
	close(fd);
}

static pid_t sleeper(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		signal(SIGTERM, SIG_DFL);
		(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	close(ready[1]);
	return pid;
}

static void comm_of(pid_t pid, char comm[32])
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	fd = open(path, O_RDONLY);
	comm[read(fd, comm, 31) - 1] = '\0';
	close(fd);
}

START_TEST(record_ends_its_process)
{
	const struct ppp_record r = { .tunnel_id = 4294967295, .session_id = 2, .pid = sleeper(), .interface = "i" };
	char comm[32], text[128];
	int dir = record_directory(), status;

	comm_of(r.pid, comm);
	ck_assert_int_eq(ppp_record_write(dir, &r), 0);
	record_get(dir, "4294967295-2", text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, " i\n"));
	ck_assert_int_eq(ppp_record_clean(dir, comm), 1);
	ck_assert_int_eq(waitpid(r.pid, &status, WNOHANG), r.pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	ck_assert_int_eq(ppp_record_clean(dir, comm), 0);
	ck_assert_int_eq(unlinkat(dir, "4294967295-2", 0), -1);
	ck_assert_int_eq(rmdir(w.directory), 0);
	close(dir);
}
END_TEST

/* Whatever is in a file, only the very process that was recorded is touched, and the file goes. */
START_TEST(record_spares_strangers)
{
	const struct ppp_record r = { .tunnel_id = 1, .session_id = 2, .pid = sleeper() };
	char comm[32], text[128], other[160];
	int dir = record_directory();
	static const char *const hostile[] = {
		"", "\n", " ", "0 0 -\n", "1 0 -\n", "-1 5 -\n", "99999999999999999999 1 -\n", "2147483648 1 -\n", "1 ",
		"x y z", "12", "12 ", "+5 5 -\n", "0x10 5 -\n",
	};

	comm_of(r.pid, comm);
	ck_assert_int_eq(ppp_record_write(dir, &r), 0);
	record_get(dir, "1-2", text, sizeof(text));
	ck_assert_int_eq(ppp_record_clean(dir, "another"), 0);
	ck_assert_int_eq(unlinkat(dir, "1-2", 0), -1);
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		record_put(dir, ((const char[]){ (char)('a' + (int)i), '\0' }), hostile[i], strlen(hostile[i]));
	for (size_t len = 0; len < strcspn(text, "\n") - 2; len++) { /* each prefix of a good one */
		snprintf(other, sizeof(other), "prefix%zu", len);
		record_put(dir, other, text, len);
	}
	snprintf(other, sizeof(other), "%d 1%s", (int)r.pid, strchr(text, ' ') + 1); /* another start time */
	record_put(dir, "start", other, strlen(other));
	snprintf(other, sizeof(other), "%d %s", (int)getpid(), strchr(text, ' ') + 1); /* ourselves */
	record_put(dir, "self", other, strlen(other));
	memset(other, '7', sizeof(other));
	record_put(dir, "long", other, sizeof(other));
	record_put(dir, "nul", "12\0 5 -\n", 8);
	ck_assert_int_eq(symlinkat("/proc/self/stat", dir, "link"), 0);
	ck_assert_int_eq(mkfifoat(dir, "fifo", 0600), 0);
	ck_assert_int_eq(ppp_record_clean(dir, comm), 0);
	ck_assert_int_eq(waitpid(r.pid, NULL, WNOHANG), 0);
	kill(r.pid, SIGKILL);
	waitpid(r.pid, NULL, 0);
	ck_assert_int_eq(rmdir(w.directory), 0);
	close(dir);
}
END_TEST

START_TEST(record_of_the_dead)
{
	struct ppp_record r = { .tunnel_id = 1, .session_id = 2, .pid = sleeper() };
	int dir = record_directory();

	kill(r.pid, SIGKILL);
	waitpid(r.pid, NULL, 0);
	ck_assert_int_eq(ppp_record_write(dir, &r), -ENOENT);
	ck_assert_int_eq(ppp_record_clean(-1, "pppd"), -EBADF);
	ppp_record_remove(dir, 1, 2);
	ck_assert_int_eq(rmdir(w.directory), 0);
	close(dir);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static Suite *ppp_suite(void)
{
	Suite *s = suite_create("ppp");
	TCase *plain = tcase_create("plain"), *supervision = tcase_create("supervision");
	TCase *records = tcase_create("records");

	tcase_add_loop_test(plain, command_line, 0, COUNT(command_lines));
	tcase_add_test(plain, command_line_bounds);
	tcase_add_test(plain, command_line_no_memory);
	tcase_add_loop_test(plain, end_explained, 0, COUNT(ends));
	tcase_add_test(plain, end_every_status);
	tcase_add_test(plain, end_of_authentication);
	tcase_add_loop_test(plain, end_cause, 0, sizeof(disconnects) / sizeof(disconnects[0]));
	tcase_add_test(plain, report_good);
	tcase_add_test(plain, report_bad);
	tcase_add_loop_test(supervision, life, 0, COUNT(lives));
	tcase_add_loop_test(supervision, stopped, 0, sizeof(stops) / sizeof(stops[0]));
	tcase_add_test(supervision, lcp_told);
	tcase_add_loop_test(supervision, map, 0, sizeof(maps) / sizeof(maps[0]));
	tcase_add_test(supervision, last_words);
	tcase_add_test(supervision, child_inherits_nothing);
	tcase_add_test(supervision, spawn_pppox_in_place);
	tcase_add_test(supervision, deadline);
	tcase_add_test(supervision, pacing);
	tcase_add_test(supervision, no_pppd);
	tcase_add_test(supervision, stranger_refused);
	tcase_add_test(supervision, no_file_descriptor);
	tcase_add_test(supervision, pppox_of_its_session);
	tcase_add_test(supervision, pppox_gone);
	tcase_add_test(supervision, start_refused);
	tcase_add_test(supervision, manager_refused);
	tcase_add_test(supervision, freed_while_busy);
	tcase_add_test(records, record_ends_its_process);
	tcase_add_test(records, record_spares_strangers);
	tcase_add_test(records, record_of_the_dead);
	suite_add_tcase(s, plain);
	suite_add_tcase(s, supervision);
	suite_add_tcase(s, records);
	return s;
}

int main(int argc, char **argv)
{
	SRunner *runner;
	int failed;

	if (getenv(PPPD_L2TP_ENV_SOCKET))
		return fake_pppd(argc, argv);
	runner = srunner_create(ppp_suite());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
