/* SPDX-License-Identifier: MIT */
/*
 * wire: the tables of scenarios against one daemon, many at a time:  wire L2TPD [WORD]  (only those with WORD in their
 * name).  A scenario that fails says at which step; the daemon's own end is checked as well.
 */
#include "scenario.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_A_TIME 64 /* the scenarios that wait for the daemon to dial, first, are all among them */
#define SCENARIOS_MAX 400
#define LACS_SIZE 32768

static const struct scenario *const tables[] = { lac_scenarios, channel_scenarios, header_scenarios, avp_scenarios,
						 tunnel_scenarios, call_scenarios, lcp_scenarios,
						 reload_scenarios, standstill_scenarios };

struct run {
	const struct scenario *scenario;
	struct sockaddr_in addr; /* the peer's */
	int fd, pid;
};

static struct run runs[SCENARIOS_MAX];
static const char *scenario_name = "conformance";
static size_t step_number;

void fail(const char *format, ...)
{
	char why[512];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	fprintf(stderr, "FAIL %s: step %zu: %s\n", scenario_name, step_number, why);
	_exit(EXIT_FAILURE);
}

/* ---- Steps --------------------------------------------------------------------------------------------------- */

void peer_anew(struct peer *p)
{
	p->id++;
	p->engine_id = p->ns = p->nr = p->acked = p->newest = 0;
	p->engine_session_id = 0;
	p->last.msg.type = CM_ZLB;
}

void peer_open(struct peer *p)
{
	struct msg m;

	peer_say(p, CM_SCCRQ);
	(void)peer_hear(p, CM_SCCRP);
	m = peer_msg(p, CM_SCCCN);
	if (msg_has(&p->last.msg, AVP_CHALLENGE))
		peer_respond(p, &m, p->secret);
	peer_send(p, &m, 0);
	peer_acked(p);
}

void peer_call(struct peer *p)
{
	peer_say(p, CM_ICRQ);
	(void)peer_hear(p, CM_ICRP);
	peer_say(p, CM_ICCN);
	peer_acked(p);
}

void peer_alive(struct peer *p)
{
	peer_say(p, CM_HELLO);
	peer_acked(p);
	peer_quiet(p, 50, true);
}

static void check_hung_up(struct peer *p)
{
	peer_say(p, CM_ICCN);
	peer_alive(p);
}

static void check_result(const struct msg *m, const struct step *s)
{
	unsigned error = m->result_code.has_error ? m->result_code.error : 0;

	if (m->result_code.result != s->a || error != s->b)
		fail("result %u, error %u, not %u, %u: %.*s", m->result_code.result, error, s->a, s->b,
		     (int)m->result_code.text.len, (const char *)m->result_code.text.data);
}

static void run_step(struct peer *p, const struct step *s)
{
	uint8_t octets[WIRE_SEND_MAX];
	char address[INET_ADDRSTRLEN];
	struct sockaddr_in self;
	socklen_t len = sizeof(self);

	switch (s->verb) {
	case DO_END:
		break;
	case DO_SAY:
		peer_say(p, s->a);
		break;
	case DO_WITH:
		peer_say_with(p, s->a, octets_of(s->text, octets, sizeof(octets)));
		break;
	case DO_BODY:
		peer_send_body(p, octets_of(s->text, octets, sizeof(octets)), s->a ? p->engine_session_id : 0);
		break;
	case DO_RAW:
		peer_datagram(p, octets_of(s->text, octets, sizeof(octets)));
		break;
	case DO_HEAR:
		(void)peer_hear(p, s->a);
		break;
	case DO_RESULT:
		check_result(&p->last.msg, s);
		break;
	case DO_HAS:
	case DO_HAS_NOT:
		if (msg_has(&p->last.msg, s->a) != (s->verb == DO_HAS))
			fail("%s in %s", avp_name((uint16_t)s->a), l2tp_message_name((uint16_t)p->last.msg.type));
		break;
	case DO_ACKED:
		peer_acked(p);
		break;
	case DO_QUIET:
	case DO_SILENCE:
		peer_quiet(p, (int)s->a, s->verb == DO_QUIET);
		break;
	case DO_OPEN:
		peer_open(p);
		break;
	case DO_CALL:
		peer_call(p);
		break;
	case DO_ALIVE:
		peer_alive(p);
		break;
	case DO_HUNG_UP:
		check_hung_up(p);
		break;
	case DO_ANEW:
		peer_anew(p);
		break;
	case DO_LOGGED:
		MUST(getsockname(p->fd, (struct sockaddr *)&self, &len) == 0);
		peer_logged(p, inet_ntop(AF_INET, &self.sin_addr, address, sizeof(address)), s->text);
		break;
	case DO_CALL_FN:
		s->fn(p);
		break;
	}
}

static void play(const struct run *r, const struct daemon *d)
{
	bool hiding = (r->scenario->profile & ~LAC) == HIDING;
	struct peer p = { .fd = r->fd, .log = d->log, .directory = d->directory, .id = (uint16_t)(1000 + (r - runs)),
			  .session_id = (uint16_t)(30000 + (r - runs)), .hides = hiding, .may_hide = hiding,
			  .listener = d->port };

	scenario_name = r->scenario->name;
	p.to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				     .sin_port = r->scenario->profile & LAC ? 0 : htons(d->port) };
	if ((r->scenario->profile & ~LAC) >= SECRET && (r->scenario->profile & ~LAC) <= ANSWERS)
		p.secret = (struct l2tp_span){ (const uint8_t *)"secret", 6 };
	for (step_number = 1; r->scenario->steps[step_number - 1].verb != DO_END; step_number++)
		run_step(&p, &r->scenario->steps[step_number - 1]);
}

/* ---- All of them --------------------------------------------------------------------------------------------- */

static void bind_peer(struct run *r)
{
	uint32_t n = (uint32_t)(r - runs);

	r->addr = (struct sockaddr_in){ .sin_family = AF_INET };
	r->addr.sin_addr.s_addr = htonl(127u << 24 | (uint32_t)r->scenario->profile << 16 | (n / 250) << 8 |
					(n % 250 + 1));
	r->fd = peer_socket(&r->addr);
}

static size_t collect(const char *word)
{
	size_t n = 0;

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (const struct scenario *s = tables[t]; s->name; s++) {
			/* some keep the machine busy, while others measure times: only if asked for */
			if (word ? !strstr(s->name, word) : tables[t] == standstill_scenarios)
				continue;
			MUST(n < SCENARIOS_MAX);
			runs[n].scenario = s;
			bind_peer(&runs[n++]);
		}
	}
	return n;
}

struct sockaddr_in second_place(struct sockaddr_in first)
{
	first.sin_addr.s_addr ^= htonl(0x8000);
	return first;
}

/* What a lac section of this profile has besides the server. */
static const char *lac_options(enum profile profile)
{
	switch ((unsigned)profile) {
	case LAC_SECRET:
		return "secret = \"secret\" challenge = yes";
	case LAC_HIDING:
		return "secret = \"secret\" challenge = yes hide-avps = yes";
	case LAC_ANSWERS:
		return "secret = \"secret\"";
	case LAC_QUICK:
		return "retransmit-initial = 100ms retransmit-max = 3 setup-timeout = 1s redial-min = 1min";
	case LAC_FULL:
		return "calls = 2 calling-number = \"0401\" called-number = \"0402\" private-group-id = red tx-connect-speed = 64000 "
		       "rx-connect-speed = 32000 vendor-name = \"maker\"";
	case LAC_WISHES:
		return "lcp-want = { \"accm=000a0000\" } lcp-allow = { acfc } redial-min = 1min";
	case LAC_PLACES:
		return "redial-min = 1min";
	case LAC_IDLE:
		return "calls = 0";
	}
	return "redial-min = 2s";
}

static void write_lacs(size_t n, char *out, size_t size)
{
	char first[INET_ADDRSTRLEN], second[INET_ADDRSTRLEN];
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		const struct sockaddr_in place = second_place(runs[i].addr);
		enum profile profile = runs[i].scenario->profile;

		if (!(profile & LAC))
			continue;
		inet_ntop(AF_INET, &runs[i].addr.sin_addr, first, sizeof(first));
		inet_ntop(AF_INET, &place.sin_addr, second, sizeof(second));
		len += (size_t)snprintf(out + len, size - len,
					"lac \"lac%zu\" { server = { %s %s%s } port = %u strict = yes %s }\n", i, first,
					profile == LAC_PLACES ? ", " : "", profile == LAC_PLACES ? second : "",
					ntohs(runs[i].addr.sin_port), lac_options(profile));
	}
	MUST(len < size);
}

/* One child has ended; was it a failure? */
static bool reap(size_t n)
{
	int status;
	pid_t pid = wait(&status);

	for (size_t i = 0; i < n; i++) {
		if (runs[i].pid != pid)
			continue;
		if (WIFSIGNALED(status))
			fprintf(stderr, "FAIL %s: signal %d\n", runs[i].scenario->name, WTERMSIG(status));
		return status != 0;
	}
	fail("the daemon has ended");
}

static size_t run_all(size_t n, const struct daemon *d)
{
	size_t failed = 0, alive = 0;

	for (size_t i = 0; i < n; i++) {
		if (alive == AT_A_TIME)
			failed += reap(n), alive--;
		runs[i].pid = fork();
		if (runs[i].pid == 0) {
			play(&runs[i], d);
			_exit(EXIT_SUCCESS);
		}
		alive++;
	}
	for (; alive > 0; alive--)
		failed += reap(n);
	return failed;
}

int main(int argc, char **argv)
{
	static char lacs[LACS_SIZE];
	struct daemon d = { 0 };
	size_t n, failed;

	if (argc < 2)
		fail("usage: wire L2TPD [WORD]");
	/* Times are measured here, of both sides: ahead of whatever else the machine does, where that is allowed. */
	(void)setpriority(PRIO_PROCESS, 0, -20);
	daemon_program = argv[1];
	n = collect(argv[2]);
	write_lacs(n, lacs, sizeof(lacs));
	daemon_start(&d, lacs);
	failed = run_all(n, &d);
	if (failed && getenv("KEEP_LOG"))
		printf("%s\n", d.log);
	if (failed && getenv("KEEP_LOG"))
		kill(d.pid, SIGTERM);
	else
		daemon_stop(&d, SIGTERM);
	printf("%zu scenarios, %zu failed\n", n, failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
