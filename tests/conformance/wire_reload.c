/* SPDX-License-Identifier: MIT */
/* The configuration changes under a daemon that has tunnels: what stays, what is for new ones, what goes. */
#include "scenario.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOON "redial-min = 100ms "
#define NAMED(name) "lns \"" name "\" { peer = 127.64.0.0/16 strict = yes retransmit-initial = 100ms "
#define OURS NAMED("own")
#define SECRETLY(secret) OURS "challenge = yes secret = \"" secret "\" }\n"

static struct daemon own;

static void set_secret(struct peer *p, const char *secret)
{
	p->secret = (struct l2tp_span){ (const uint8_t *)secret, strlen(secret) };
}

static void start(struct peer *p, const char *sections)
{
	daemon_start(&own, sections);
	p->log = own.log;
	p->to.sin_port = htons(own.port);
}

static void stop(struct peer *p)
{
	(void)p;
	daemon_stop(&own, SIGTERM);
}

/* The same address, another port: a tunnel beside the one that is there. */
static struct peer beside(const struct peer *p)
{
	struct peer other = *p;

	peer_anew(&other);
	other.fd = peer_socket_beside(p);
	return other;
}

static void refused(struct peer *p, enum cm_type type, unsigned result)
{
	MUST(peer_hear(p, type)->result_code.result == result);
}

/* ---- Peers that we serve ------------------------------------------------------------------------------------- */

static void start_secretly(struct peer *p)
{
	start(p, SECRETLY("old"));
	set_secret(p, "old");
}

static void another_secret(struct peer *p)
{
	struct peer other = beside(p);
	struct msg m;

	daemon_reload(&own, SECRETLY("new"), true);
	peer_alive(p);
	p->session_id++;
	peer_call(p);

	peer_say(&other, CM_SCCRQ);
	(void)peer_hear(&other, CM_SCCRP);
	m = peer_msg(&other, CM_SCCCN);
	peer_respond(&other, &m, other.secret);
	peer_send(&other, &m, 0);
	refused(&other, CM_STOPCCN, RC_STOPCCN_UNAUTHORIZED);

	other = beside(p);
	set_secret(&other, "new");
	peer_open(&other);
	peer_call(&other);
	peer_logged(p, "profile changed:", "own");
}

static void bad_file(struct peer *p)
{
	struct peer other = beside(p);

	daemon_reload(&own, SECRETLY("new") "wrong = 1\nlns \"own\" { }\nlog-level info\n", false);
	peer_logged(p, "l2tpd.conf:", ": unknown key wrong"); /* each of them, a line each */
	peer_logged(p, "l2tpd.conf:", ": the name \"own\" is already used");
	peer_logged(p, "l2tpd.conf:", ": expected = or { after log-level");
	daemon_reload(&own, SECRETLY("new") "pool a { range = 10.0.0.0/24 } pool b { range = 10.0.0.0/24 }\n", false);
	peer_alive(p);
	p->session_id++;
	peer_call(p);
	peer_open(&other); /* with the old one */
	peer_call(&other);
}

static void again_the_same(struct peer *p)
{
	for (int i = 0; i < 3; i++)
		daemon_reload(&own, SECRETLY("old"), true);
	peer_alive(p);
}

static void removed(struct peer *p)
{
	struct peer other = beside(p);

	daemon_reload(&own, "", true);
	peer_logged(p, "profile removed:", "own");
	peer_alive(p);
	p->session_id++;
	peer_say(p, CM_ICRQ);
	refused(p, CM_CDN, RC_CDN_ADMIN);
	peer_say(&other, CM_SCCRQ);
	refused(&other, CM_STOPCCN, RC_STOPCCN_UNAUTHORIZED);
}

static void back_again(struct peer *p)
{
	struct peer other = beside(p);

	daemon_reload(&own, OURS "}\n", true);
	peer_alive(p);
	p->session_id++;
	peer_call(p);
	peer_open(&other);
}

static void start_openly(struct peer *p)
{
	start(p, OURS "}\n");
}

static void hung_up(struct peer *p)
{
	refused(p, CM_STOPCCN, RC_STOPCCN_CLEAR);
	peer_anew(p);
}

/* The one that is there drains, this one is too late. */
static void removed_meanwhile(struct peer *p)
{
	struct peer other = beside(p);

	peer_open(&other);
	peer_call(&other);
	daemon_reload(&own, "", true);
	peer_say(p, CM_SCCCN);
	refused(p, CM_STOPCCN, RC_STOPCCN_UNAUTHORIZED);
	peer_alive(&other);
}

static void another_call(struct peer *p)
{
	p->session_id++;
	peer_call(p);
}

static void no_other_call(struct peer *p)
{
	p->session_id++;
	peer_say(p, CM_ICRQ);
	refused(p, CM_CDN, RC_CDN_ADMIN);
}

static void end_call(struct peer *p, uint16_t session_id, uint16_t engine_session_id)
{
	p->session_id = session_id;
	p->engine_session_id = engine_session_id;
	peer_say(p, CM_CDN);
}

/* A LAC would go on to try its calls there. */
static void removed_without_calls(struct peer *p)
{
	struct peer busy = beside(p);

	peer_open(&busy);
	peer_call(&busy);
	daemon_reload(&own, "", true);
	hung_up(p);
	peer_alive(&busy);
	end_call(&busy, busy.session_id, busy.engine_session_id);
	hung_up(&busy);
}

/* The call that is there keeps what it began with, and with its end the old profile goes. */
static void renamed(struct peer *p)
{
	const uint16_t id = p->session_id, engine_id = p->engine_session_id;

	daemon_reload(&own, NAMED("new") "}\n", true);
	peer_logged(p, "profile=new", "profile \"own\" has been removed; the tunnel now belongs to this one");
	peer_alive(p);
	another_call(p);
	end_call(p, id, engine_id);
	peer_acked(p);
	peer_logged(p, "profile=own", "no tunnels or sessions left");
	p->session_id = (uint16_t)(id + 1);
	daemon_reload(&own, NAMED("third") "}\n", true);
	another_call(p);
}

/* Each call is that of the profile that fits it. */
static void split(struct peer *p)
{
	daemon_reload(&own, NAMED("one") "called-number = 1 }\n" NAMED("two") "called-number = 2 }\n", true);
	peer_alive(p);
	no_other_call(p); /* it is for another number */
	daemon_reload(&own, NAMED("one") "called-number = 1 }\n" NAMED("rest") "}\n", true);
	another_call(p);
	peer_logged(p, "profile=rest", "session established");
}

static void renamed_meanwhile(struct peer *p)
{
	daemon_reload(&own, NAMED("new") "}\n", true);
	peer_say(p, CM_SCCCN);
	peer_acked(p);
	another_call(p);
	peer_logged(p, "profile=new", "tunnel established");
}

/* They have proved nothing. */
static void renamed_secretly(struct peer *p)
{
	struct peer busy = beside(p);

	peer_open(&busy);
	peer_call(&busy);
	daemon_reload(&own, NAMED("new") "challenge = yes secret = s }\n", true);
	hung_up(p);
	no_other_call(&busy);
	end_call(&busy, (uint16_t)(busy.session_id - 1), busy.engine_session_id);
	hung_up(&busy);
}

/* Not even if the profile that it has had demands it meanwhile. */
static void renamed_after_a_change(struct peer *p)
{
	daemon_reload(&own, SECRETLY("s"), true);
	another_call(p);
	daemon_reload(&own, NAMED("new") "challenge = yes secret = s }\n", true);
	no_other_call(p);
}

static void renamed_with_its_secret(struct peer *p)
{
	daemon_reload(&own, NAMED("new") "challenge = yes secret = old }\n", true);
	another_call(p);
	daemon_reload(&own, NAMED("third") "secret = other }\n", true);
	another_call(p);
	daemon_reload(&own, NAMED("fourth") "challenge = yes secret = other }\n", true);
	no_other_call(p);
	daemon_reload(&own, NAMED("fifth") "challenge = yes secret = old }\n", true);
	another_call(p);
}

/* What the new profile must not ask for beyond the old one, and what it must not take away. */
static void renamed_otherwise(struct peer *p)
{
	static const struct {
		const char *before, *after;
		bool stays;
	} cases[] = {
		{ "hello-interval = 1h sessions = 5", "hide-avps = yes secret = x", true },
		{ "", "dscp-required = yes control-dscp = 48", false },
		{ "proxy-authentication = yes", "", false },
		{ "", "proxy-authentication = yes", true },
		{ "accept-tunnel-id-0 = yes", "", false },
		{ "", "accept-tunnel-id-0 = yes", true },
		{ "", "peer-host-name = nobody", false },
	};
	char sections[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct peer other = beside(p);

		snprintf(sections, sizeof(sections), OURS "%s }\n", cases[i].before);
		daemon_reload(&own, sections, true);
		peer_open(&other);
		snprintf(sections, sizeof(sections), NAMED("new") "%s }\n", cases[i].after);
		daemon_reload(&own, sections, true);
		if (cases[i].stays)
			peer_call(&other);
		else
			hung_up(&other);
	}
}

static void start_limited(struct peer *p)
{
	start(p, "limits { sessions = 1 }\n" OURS "}\n");
}

static void other_limits(struct peer *p)
{
	p->session_id++;
	peer_say(p, CM_ICRQ);
	refused(p, CM_CDN, RC_CDN_GENERAL);
	daemon_reload(&own, "limits { sessions = 2 }\n" OURS "}\n", true);
	p->session_id++;
	peer_call(p);
	daemon_reload(&own, "limits { sessions = 1 }\n" OURS "}\n", true);
	p->session_id++;
	peer_say(p, CM_ICRQ);
	refused(p, CM_CDN, RC_CDN_GENERAL);
	peer_alive(p);
}

/* ---- Servers that we dial ------------------------------------------------------------------------------------ */

/* The peer's own address and port. */
static unsigned place_of(const struct peer *p, char address[32])
{
	struct sockaddr_in self;
	socklen_t len = sizeof(self);

	MUST(getsockname(p->fd, (struct sockaddr *)&self, &len) == 0);
	snprintf(address, 32, "127.64.%u.%u", ntohl(self.sin_addr.s_addr) >> 8 & 0xff,
		 ntohl(self.sin_addr.s_addr) & 0xff);
	return ntohs(self.sin_port);
}

static const char *lac(const struct peer *p, const char *more)
{
	static char sections[512];
	char address[32];
	unsigned port = place_of(p, address);

	snprintf(sections, sizeof(sections), "lac \"up\" { server = \"%s\" port = %u %s }\n", address, port, more);
	return sections;
}

static void answer(struct peer *p)
{
	p->to.sin_port = 0;
	(void)peer_hear(p, CM_SCCRQ);
	peer_say(p, CM_SCCRP);
	(void)peer_hear(p, CM_SCCCN);
	(void)peer_hear(p, CM_ICRQ);
	peer_say(p, CM_ICRP);
	(void)peer_hear(p, CM_ICCN);
}

static void start_dialling(struct peer *p)
{
	start(p, lac(p, SOON));
	answer(p);
}

/* Nothing of it concerns the tunnel; then one more call is wanted. */
static void other_settings(struct peer *p)
{
	daemon_reload(&own, lac(p, SOON "secret = \"x\" hello-interval = 1h called-number = \"5\""), true);
	peer_alive(p);
	peer_quiet(p, 300, true);
	daemon_reload(&own, lac(p, SOON "calls = 2"), true);
	(void)peer_hear(p, CM_ICRQ);
}

/* The second server's port is its own; one that means the same place keeps the tunnel. */
static void own_port(struct peer *p)
{
	struct peer nobody = beside(p);
	char sections[512], address[32];
	unsigned port = place_of(p, address);

	nobody.deaf = true;
	snprintf(sections, sizeof(sections), "lac \"up\" { server = { \"127.0.0.1:9\", \"%s:%u\" } port = 9 " SOON
		 "retransmit-initial = 100ms retransmit-max = 1 }\n", address, port);
	start(p, sections);
	answer(p);
	daemon_reload(&own, lac(p, SOON), true);
	peer_alive(p);
	daemon_reload(&own, lac(&nobody, SOON), true);
	hung_up(p);
}

static void another_server(struct peer *p)
{
	struct peer other = beside(p);

	daemon_reload(&own, lac(&other, SOON), true);
	hung_up(p);
	answer(&other);
	daemon_reload(&own, lac(&other, "dial = no"), true);
	hung_up(&other);
	peer_quiet(&other, 500, true);
	daemon_reload(&own, lac(&other, SOON), true);
	answer(&other);
	daemon_reload(&own, "", true);
	hung_up(&other);
	peer_quiet(&other, 500, true);
}

/* Nobody answers there, and the next attempt is far away: it is made at once when the profile changes. */
static void impatient(struct peer *p)
{
	struct peer nobody = beside(p);
	char sections[512];

	nobody.deaf = true;
	snprintf(sections, sizeof(sections), "%s",
		 lac(&nobody, "retransmit-initial = 100ms retransmit-max = 1 redial-min = 1h redial-max = 1h"));
	start(p, sections);
	peer_logged(p, "profile=up", "redialling");
	daemon_reload(&own, lac(p, SOON), true);
	answer(p);
}

/* The peer has opened a tunnel at the same time, and the call that rings there is the profile's, too. */
static void not_dialled_while_it_rings(struct peer *p)
{
	struct peer q = beside(p);
	char sections[1024];
	struct msg m;

	snprintf(sections, sizeof(sections), OURS "}\n%s", lac(p, SOON));
	start(p, sections);
	p->to.sin_port = 0;
	m = peer_msg(&q, CM_SCCRQ);
	m.tie_breaker = peer_hear(p, CM_SCCRQ)->tie_breaker - 1;
	msg_set(&m, AVP_TIE_BREAKER);
	q.to.sin_port = htons(own.port);
	peer_send(&q, &m, 0);
	(void)peer_hear(&q, CM_SCCRP);
	peer_say(&q, CM_SCCCN);
	(void)peer_hear(&q, CM_ICRQ);
	daemon_reload(&own, OURS "}\n", true);
	(void)peer_hear(&q, CM_CDN);
	peer_alive(&q);
}

const struct scenario reload_scenarios[] = {
	{ "reload: a changed secret is for new tunnels", OWN,
	  { FN(start_secretly), OPEN, CALL, FN(another_secret), FN(stop) } },
	{ "reload: a bad file changes nothing", OWN, { FN(start_secretly), OPEN, CALL, FN(bad_file), FN(stop) } },
	{ "reload: the same again", OWN, { FN(start_secretly), OPEN, CALL, FN(again_the_same), FN(stop) } },
	{ "reload: a removed lns drains, and comes back", OWN,
	  { FN(start_openly), OPEN, CALL, FN(removed), FN(back_again), FN(removed), SAY(STOPCCN), ACKED, FN(stop) } },
	{ "reload: a removed lns, and a tunnel that is being opened", OWN,
	  { FN(start_openly), SAY(SCCRQ), HEAR(SCCRP), FN(removed_meanwhile), FN(stop) } },
	{ "reload: a removed lns, and tunnels without calls", OWN,
	  { FN(start_openly), OPEN, FN(removed_without_calls), FN(stop) } },
	{ "reload: a renamed lns", OWN, { FN(start_openly), OPEN, CALL, FN(renamed), FN(stop) } },
	{ "reload: an lns that becomes two", OWN, { FN(start_openly), OPEN, CALL, FN(split), FN(stop) } },
	{ "reload: a renamed lns, and a tunnel that is being opened", OWN,
	  { FN(start_openly), SAY(SCCRQ), HEAR(SCCRP), FN(renamed_meanwhile), FN(stop) } },
	{ "reload: a renamed lns that demands a proof", OWN,
	  { FN(start_openly), OPEN, FN(renamed_secretly), FN(stop) } },
	{ "reload: an lns that demands a proof, then renamed", OWN,
	  { FN(start_openly), OPEN, CALL, FN(renamed_after_a_change), FN(stop) } },
	{ "reload: a renamed lns with its secret, or another one", OWN,
	  { FN(start_secretly), OPEN, CALL, FN(renamed_with_its_secret), FN(stop) } },
	{ "reload: a renamed lns that demands or grants something else", OWN,
	  { FN(start_openly), FN(renamed_otherwise), FN(stop) } },
	{ "reload: other limits", OWN, { FN(start_limited), OPEN, CALL, FN(other_limits), FN(stop) } },
	{ "reload: a changed lac", OWN, { FN(start_dialling), FN(other_settings), FN(stop) } },
	{ "reload: a lac with another server, not dialled, removed", OWN,
	  { FN(start_dialling), FN(another_server), FN(stop) } },
	{ "reload: a lac whose server has a port of its own", OWN, { FN(own_port), FN(stop) } },
	{ "reload: a lac that is removed, and its call rings in the peer's tunnel", OWN,
	  { FN(not_dialled_while_it_rings), FN(stop) } },
	{ "reload: a lac that waits", OWN, { FN(impatient), FN(stop) } },
	{ 0 },
};
