/* SPDX-License-Identifier: MIT */
/*
 * log: one line an event, to the journal with structured fields when we are run by systemd, to stderr otherwise.
 *
 * Each line says whose matter it is (class), which object, what happened and what is done about it.  A peer's text
 * must pass log_escape().  Lines of the same place repeated at a high rate are counted instead of printed.
 */
#ifndef LOG_H
#define LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <syslog.h>
#include "l2tp.h"

enum log_class {
	CLASS_NEUTRAL, /* nobody's fault */
	CLASS_REMOTE,  /* the peer erred */
	CLASS_LOCAL,   /* this machine: kernel, pppd, configuration */
	CLASS_AUTH,    /* authentication and authorisation */
	CLASS_BUG,     /* ours */
};

/* What a line is about; zero and NULL: does not apply. */
struct log_object {
	uint32_t tunnel_id, peer_tunnel_id, session_id, peer_session_id;
	const struct l2tp_addr *peer;
	const char *host, *profile, *interface;
};

void log_open(int level);
void log_set_level(int level);
/* As log_set_level(), for good: the command line's. */
void log_fix_level(int level);
bool log_enabled(int level);

void log_event(int level, enum log_class class, const struct log_object *object, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Print what was counted instead of printed until now; at the end of the program. */
void log_flush(void);
/* Wait until all that was printed has been taken; false: not within two seconds. */
bool log_drain(void);
/* Messages that were lost because the reader was too slow. */
uint64_t log_lost(void);

/* Control characters of ASCII may be in it; those of C1 may not. */
bool log_is_utf8(const char *text);
/* Printable ASCII and valid UTF-8 stay, everything else becomes \xNN; cut to fit.  Returns buf. */
const char *log_escape(struct l2tp_span s, char *buf, size_t size);
/* "0104057802060000"; whole octets, cut to fit.  Returns buf. */
const char *log_hex(struct l2tp_span s, char *buf, size_t size);
/* ": text" of a reason, or what its general error code means (4.4.2) if it has none, or "". */
const char *log_reason(const struct l2tp_reason *reason, char *buf, size_t size);

/* Whose fault an end is. */
enum log_class log_blame(const struct l2tp_reason *reason);
#define LOG_OUTCOME_MAX 512
/* A result's name; "": none, for a time-out is not "cleared on request", although that is what is sent. */
const char *log_result_name(const struct l2tp_reason *reason, const char *name);
/* " by the peer: call cleared (result 1, error 0): text; detail": how it ended, with name for its result. */
const char *log_outcome(const struct l2tp_reason *reason, const char *name, char buf[LOG_OUTCOME_MAX]);

#endif
