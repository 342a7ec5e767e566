/* SPDX-License-Identifier: MIT */
/*
 * option: every option, one row each: where it may stand, how it is spelled, what kind of value it takes, where
 * that goes and within which bounds.  The defaults, the checks, the sentences about what is allowed, the printing and the
 * freeing all derive from it.  The manual page has the same rows; a test compares them.
 *
 * Called by config.
 */
#include "option.h"
#include <assert.h>
#include <stdarg.h>
#include <string.h>
#include "base/address.h"

#define NONE NULL
#define MSEC USEC_PER_MSEC
#define SEC USEC_PER_SEC
#define MINUTE (60 * SEC)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define LIST_MAX 256      /* values in a list */
#define TEXT_MAX 1000     /* octets of a text */
#define NUMBER_MAX 64     /* octets of a telephone number */
#define NAME_MAX (L2TP_NAME_MAX - 1)
#define SECRET_MAX L2TP_SECRET_MAX
#define MTU_MIN 576
#define MTU_MAX 16384     /* pppd's */
#define DSCP_MAX 63

#define RUNTIME "/run/l2tpd"
#define PPPD "/usr/sbin/pppd"
#define GIGABIT "1000000000"
#define STRING(number) STRING_OF(number)
#define STRING_OF(text) #text
#ifndef PPPD_PLUGIN
#define PPPD_PLUGIN "/usr/lib/l2tpd/pppd-l2tp.so" /* the build knows better */
#endif

#define ROW(where, type, member, key, kind, min, max, word, fallback) \
	{ where, key, &kind_##kind, offsetof(struct type, member), sizeof(((struct type *)0)->member), min, max, word, \
	  fallback },
#define TOP(key, kind, member, ...) ROW(IN_ROOT, config, member, key, kind, __VA_ARGS__)
#define START(key, kind, member, ...) ROW(IN_ROOT | AT_START, config, member, key, kind, __VA_ARGS__)
#define LIM(key, kind, member, ...) ROW(IN_LIMITS, l2tp_limits, member, key, kind, __VA_ARGS__)
#define LNS(key, kind, member, ...) ROW(IN_LNS, config_profile, member, key, kind, __VA_ARGS__)
#define LAC(key, kind, member, ...) ROW(IN_LAC, config_profile, member, key, kind, __VA_ARGS__)
#define BOTH(key, kind, member, ...) ROW(IN_LNS | IN_LAC, config_profile, member, key, kind, __VA_ARGS__)
#define PARAM(key, kind, member, ...) BOTH(key, kind, params.member, __VA_ARGS__)
#define PPP(key, kind, member, ...) ROW(IN_PPP, config_profile, ppp.member, key, kind, __VA_ARGS__)
/* kinds that need the whole struct */
#define WHOLE(where, key, kind, type, max) { where, key, &kind_##kind, 0, sizeof(struct type), 0, max, NULL, NULL },

const struct option options[] = {
	/*  key                     kind         field                 least       most        word         default */
	WHOLE(IN_ROOT, "listen", listens, config, LIST_MAX)
	START("runtime-directory",  text,        runtime_directory,    1,          64,         NONE,        RUNTIME)
	TOP("pppd",                 text,        pppd,                 1,          TEXT_MAX,   NONE,        PPPD)
	TOP("pppd-plugin",          text,        pppd_plugin,          1,          TEXT_MAX,   NONE,        PPPD_PLUGIN)
	TOP("pppd-starts",          number,      pppd_starts,          1,          1024,       NONE,        "16")
	TOP("stop-timeout",         time,        stop_timeout,         SEC,        5 * MINUTE, NONE,        "10s")
	TOP("stranger-refusal",     refusal,     stranger_refusal,     1,          RC_STOPCCN_DS, "silence", "4")
	TOP("metrics-listen",       stream,      metrics,              0,          0,          "none",      "none")
	START("api-group",          text,        api_group,            1,          32,         NONE,        "l2tpd")
	START("api-others",         access,      api_others_read,      0,          0,          NONE,        "none")
	START("api-system-bus",     yes_no,      api_system_bus,       0,          0,          NONE,        "no")
	TOP("log-level",            log_level,   log_level,            0,          0,          NONE,        "info")

	LIM("tunnels",              number,      tunnels,              1,          UINT16_MAX, NONE,        NONE)
	LIM("sessions",             number,      sessions,             1,          10000000,   NONE,        NONE)
	LIM("sessions-per-tunnel",  number,      sessions_per_tunnel,  1,          UINT16_MAX, NONE,        NONE)
	LIM("half-open",            number,      half_open,            1,          UINT16_MAX, NONE,        NONE)
	LIM("half-open-per-source", number,      half_open_per_source, 1,          UINT16_MAX, NONE,        NONE)
	LIM("tunnels-per-source",   number,      tunnels_per_source,   1,          UINT16_MAX, NONE,        NONE)
	LIM("sessions-per-source",  number,      sessions_per_source,  1,          10000000,   "none",      NONE)
	LIM("sccrq-per-second",     number,      sccrq_per_second,     1,          UINT16_MAX, NONE,        NONE)
	LIM("sccrq-per-second-per-source", number, sccrq_per_second_per_source, 1, UINT16_MAX, NONE,        NONE)
	LIM("errors-per-second",    number,      errors_per_second,    1,          UINT16_MAX, NONE,        NONE)
	LIM("errors-per-second-per-source", number, errors_per_second_per_source, 1, UINT16_MAX, NONE,      NONE)
	LIM("refusal",              refusal,     refusal,              1,          RC_STOPCCN_DS, "auto",    "auto")

	WHOLE(IN_POOL, "range", range, config_pool, 0)

	/* which peers and calls */
	WHOLE(IN_LNS, "peer", prefixes, config_profile, LIST_MAX)
	LNS("peer-host-name",       texts,       host_names,           0,          LIST_MAX,   NONE,        NONE)
	LNS("called-number",        texts,       for_calls.called_numbers, 0,      LIST_MAX,   NONE,        NONE)
	LNS("calling-number",       texts,       for_calls.calling_numbers, 0,     LIST_MAX,   NONE,        NONE)
	LNS("sub-address",          texts,       for_calls.sub_addresses, 0,       LIST_MAX,   NONE,        NONE)
	LNS("private-group-id",     texts,       for_calls.private_group_ids, 0,   LIST_MAX,   NONE,        NONE)
	LNS("proxy-authen-name",    texts,       for_calls.proxy_authen_names, 0,  LIST_MAX,   NONE,        NONE)
	LNS("max-tunnels",          number,      max_tunnels,          1,          UINT16_MAX, "none",      "none")
	LNS("max-sessions",         number,      max_sessions,         1,          10000000,   "none",      "none")
	LNS("accept-tunnel-id-0",   yes_no,      params.accept_tunnel_id_0, 0,     0,          NONE,        "no")
	LNS("sequencing",           sequencing,  sequencing,           0,          0,          NONE,        "no")

	/* which servers to dial */
	LAC("server",               servers,     servers,              0,          LIST_MAX,   NONE,        NONE)
	LAC("port",                 number,      server_port,          1,          UINT16_MAX, NONE,        STRING(L2TP_PORT))
	LAC("family",               family,      family,               0,          0,          NONE,        "any")
	LAC("source",               address,     source,               0,          0,          NONE,        NONE)
	LAC("local-port",           number,      local_port,           1,          UINT16_MAX, "ephemeral", "ephemeral")
	LAC("dial",                 yes_no,      autodial,             0,          0,          NONE,        "yes")
	LAC("redial-min",           time,        redial_min,           100 * MSEC, DAY,        NONE,        "1s")
	LAC("redial-max",           time,        redial_max,           100 * MSEC, DAY,        NONE,        "60s")
	LAC("calls",                number,      calls,                0,          UINT16_MAX, NONE,        "1")
	LAC("calling-number",       text,        calling_number,       1,          NUMBER_MAX, NONE,        NONE)
	LAC("called-number",        text,        called_number,        1,          NUMBER_MAX, NONE,        NONE)
	LAC("private-group-id",     text,        private_group_id,     1,          TEXT_MAX,   NONE,        NONE)
	LAC("tx-connect-speed",     number,      tx_connect_speed,     1,          UINT32_MAX, NONE,        GIGABIT)
	LAC("rx-connect-speed",     number,      rx_connect_speed,     1,          UINT32_MAX, "same",      "same")
	LAC("sequencing",           yes_no,      sequencing,           0,          0,          NONE,        "no")

	/* how to treat a peer */
	PARAM("host-name",          name,        host_name,            1,          NAME_MAX,   NONE,        NONE)
	PARAM("vendor-name",        name,        vendor_name,          0,          NAME_MAX,   NONE,        NONE)
	BOTH("secret",              secret,      params,               1,          SECRET_MAX, NONE,        NONE)
	BOTH("secret-file",         secret_file, params,               1,          SECRET_MAX, NONE,        NONE)
	BOTH("secret-credential",   secret_credential, params,         1,          SECRET_MAX, NONE,        NONE)
	PARAM("challenge",          yes_no,      challenge,            0,          0,          NONE,        "no")
	PARAM("hide-avps",          yes_no,      hide_avps,            0,          0,          NONE,        "no")
	PARAM("strict",             yes_no,      strict,               0,          0,          NONE,        "no")
	PARAM("ignore-unknown-mandatory", yes_no, ignore_unknown_mandatory, 0,      0,          NONE,        "no")
	PARAM("proxy-authentication", yes_no,    proxy_authentication, 0,          0,          NONE,        "no")
	PARAM("sessions",           number,      sessions_max,         1,          UINT16_MAX, NONE,        NONE)
	PARAM("call-refusal",       refusal,     call_refusal,         1,          RC_CDN_DS,  "auto",      "auto")
	PARAM("receive-window",     number,      receive_window,       1,          1024,       NONE,        NONE)
	PARAM("hello-interval",     time,        hello_interval,       100 * MSEC, HOUR,       "never",     NONE)
	PARAM("retransmit-initial", time,        retransmit_initial,   100 * MSEC, MINUTE,     NONE,        NONE)
	PARAM("retransmit-cap",     time,        retransmit_cap,       8 * SEC,    600 * SEC,  NONE,        NONE)
	PARAM("retransmit-max",     number,      retransmit_max,       1,          32,         NONE,        NONE)
	PARAM("setup-timeout",      time,        setup_timeout,        SEC,        600 * SEC,  NONE,        NONE)
	PARAM("idle-timeout",       time,        idle_timeout,         SEC,        7 * DAY,    "never",     NONE)
	PARAM("reorder-timeout",    msec,        reorder_timeout_ms,   0,          SEC,        NONE,        NONE)
	PARAM("control-dscp",       dscp,        control_phb,          0,          DSCP_MAX,   "none",      "none")
	PARAM("session-dscp",       dscp,        session_phb,          0,          DSCP_MAX,   "none",      "none")
	PARAM("dscp-required",      yes_no,      phb_required,         0,          0,          NONE,        "no")

	BOTH("lcp-want",            lcp,         lcp_want,             0,          0,          NONE,        NONE)
	BOTH("lcp-allow",           lcp,         lcp_allow,            0,          0,          NONE,        NONE)
	BOTH("lcp-required",        yes_no,      lcp_required,         0,          0,          NONE,        "no")

	BOTH("dial-hook",           text,        dial_hook,            1,          TEXT_MAX,   NONE,        NONE)
	BOTH("dial-timeout",        time,        dial_timeout,         SEC,        600 * SEC,  NONE,        "50s")

	/* becomes pppd's arguments */
	PPP("options",              texts,       options,              0,          LIST_MAX,   NONE,        NONE)
	PPP("interface",            interface,   interface,            1,          15,         NONE,        NONE)
	PPP("local-address",        ipv4,        local_address,        0,          0,          NONE,        NONE)
	PPP("remote-address",       ipv4,        remote_address,       0,          0,          NONE,        NONE)
	PPP("pool",                 pool,        pool,                 0,          0,          NONE,        NONE)
	PPP("ipv6",                 yes_no,      ipv6,                 0,          0,          NONE,        "yes")
	PPP("mtu",                  number,      mtu,                  MTU_MIN,    MTU_MAX,    "auto",      "auto")
	PPP("mru",                  number,      mru,                  MTU_MIN,    MTU_MAX,    "auto",      "auto")
	PPP("setup-timeout",        time,        setup_timeout,        SEC,        600 * SEC,  NONE,        "30s")
};

#undef ROW
#undef TOP
#undef START
#undef LIM
#undef LNS
#undef LAC
#undef BOTH
#undef PARAM
#undef PPP
#undef WHOLE

const size_t options_n = sizeof(options) / sizeof(options[0]);

static const struct section all_sections[] = {
	{ IN_ROOT, IN_LIMITS, "limits", false }, { IN_ROOT, IN_POOL, "pool", true },
	{ IN_ROOT, IN_LNS, "lns", true },        { IN_ROOT, IN_LAC, "lac", true },
	{ IN_LNS | IN_LAC, IN_PPP, "ppp", false },
};
#define SECTIONS_END (all_sections + sizeof(all_sections) / sizeof(all_sections[0]))

const struct section *section_find(unsigned in, const char *name, size_t len)
{
	for (const struct section *s = all_sections; s < SECTIONS_END; s++)
		if ((s->in & in) && strlen(s->name) == len && memcmp(s->name, name, len) == 0)
			return s;
	return NULL;
}

const char *section_name(unsigned section)
{
	for (const struct section *s = all_sections; s < SECTIONS_END; s++)
		if (section == s->section)
			return s->name;
	return section & IN_ROOT ? "the file's top level" : "lns or lac";
}

const char *option_set(struct option_context *x, const struct option *o, const char *text, void *base)
{
	return o->kind->set(x, o, text, (char *)base + o->offset);
}

void options_set_defaults(struct option_context *x, unsigned section, void *base)
{
	for (const struct option *o = options; o < options + options_n; o++) {
		if (!(o->sections & section) || !o->fallback)
			continue;
		const char *what = option_set(x, o, o->fallback, base);
		assert(!what);
	}
}

void option_put_key(const struct option_print *p, const struct option *o)
{
	fprintf(p->out, "%s%s = ", p->indent, o->key);
}

void option_put(const struct option_print *p, const struct option *o, const char *fmt, ...)
{
	va_list ap;

	option_put_key(p, o);
	va_start(ap, fmt);
	vfprintf(p->out, fmt, ap);
	va_end(ap);
	fputc('\n', p->out);
}

void options_print(unsigned section, const void *base, const struct option_print *p)
{
	for (const struct option *o = options; o < options + options_n; o++)
		if ((o->sections & section) && o->kind->print)
			o->kind->print(o, (const char *)base + o->offset, p);
}

void options_clear(unsigned sections, void *base)
{
	for (const struct option *o = options; o < options + options_n; o++)
		if ((o->sections & sections) && o->kind->clear)
			o->kind->clear((char *)base + o->offset);
}

const char *option_allowed(const struct option *o, char *buf, size_t size)
{
	if (!o->kind->describe)
		return o->kind->allowed;
	o->kind->describe(o, buf, size);
	return buf;
}

/* Edits that make b of a (Levenshtein), for keys; long ones are told to be far. */
static size_t distance(const char *a, const char *b)
{
	enum { LONGEST = 32 };
	size_t row[LONGEST + 1], len_a = strlen(a), len_b = strlen(b);

	if (len_a > LONGEST || len_b > LONGEST)
		return LONGEST;
	for (size_t j = 0; j <= len_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			size_t replace = diagonal + (a[i - 1] != b[j - 1]);
			size_t other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

			diagonal = row[j];
			row[j] = replace < other ? replace : other;
		}
	}
	return row[len_b];
}

const char *option_like(unsigned section, const char *key)
{
	size_t least = (strlen(key) + 1) / 3 + 1; /* with as many edits it is another word */
	const char *found = NULL;

	for (const struct option *o = options; o < options + options_n; o++) {
		if ((o->sections & section) && distance(key, o->key) < least) {
			least = distance(key, o->key);
			found = o->key;
		}
	}
	for (const struct section *s = all_sections; s < SECTIONS_END; s++)
		if ((s->in & section) && distance(key, s->name) < least)
			return s->name;
	return found;
}

const struct option *option_find(unsigned section, const char *key)
{
	for (const struct option *o = options; o < options + options_n; o++)
		if ((o->sections & section) && strcmp(o->key, key) == 0)
			return o;
	return NULL;
}

unsigned option_elsewhere(const char *key, bool braces)
{
	const struct section *s = braces ? section_find(~0U, key, strlen(key)) : NULL;
	const struct option *o = option_find(~0U, key);

	return s ? s->in : o ? o->sections : 0;
}
