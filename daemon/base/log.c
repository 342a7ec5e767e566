/* SPDX-License-Identifier: MIT */
/*
 * log: events as lines, for the journal with fields to search by, or for a terminal.
 *
 * All of the daemon calls it, from the event loop's thread only.  Where the lines go, from which level on, and
 * what is being counted belongs to the process as stderr does; so the statics of this program are here.
 *
 * The place of an event is its format string.  A place that has printed its class's share within one interval is
 * counted for the rest of it, and the next event of any place after that prints the sum with the last message of those
 * that were not printed.  A peer that misbehaves fast thus costs some lines every few seconds; what one session of ours
 * reports is far below.
 *
 * Nothing here waits for the reader.  The journal gets its entries at once while it accepts them, and through the
 * writer's queue while it does not.  Only the writer's thread writes to standard error: it may block, and we must not
 * make it non-blocking, since our caller uses the same terminal.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "journal.h"
#include "log.h"
#include "writer.h"

#define INTERVAL (5 * USEC_PER_SEC)
#define KEPT 100 /* suppressed messages of a place that are kept one and all, each in the place of the one before */
#define KEEP_PAUSE (100 * USEC_PER_MSEC) /* beyond: between those that are kept */
#define PLACES 64         /* of the source that are watched at a time */
#define MESSAGE_MAX 1024  /* a longer one is cut */
#define OBJECT_MAX 512
#define FIELD_MAX 160
#define LINE_SIZE (MESSAGE_MAX + 64)

static const struct {
	const char *name, *prefix; /* in the journal, and on a line after the level */
	uint32_t share;            /* lines of one place in an interval */
} classes[] = {
	[CLASS_NEUTRAL] = { "INFO", "", 2000 },
	[CLASS_REMOTE] = { "REMOTE", " remote", 50 },
	[CLASS_LOCAL] = { "LOCAL", " local", 200 },
	[CLASS_AUTH] = { "AUTH", " auth", 50 },
	[CLASS_BUG] = { "BUG", " bug", 20 },
};

static const char *const level_names[] = {
	[LOG_EMERG] = "emergency", [LOG_ALERT] = "alert",   [LOG_CRIT] = "critical", [LOG_ERR] = "error",
	[LOG_WARNING] = "warning", [LOG_NOTICE] = "notice", [LOG_INFO] = "info",     [LOG_DEBUG] = "debug",
};

/* One place of the source in the current interval of its own. */
struct place {
	const char *fmt; /* NULL: free */
	usec_t since;
	uint32_t printed, suppressed;
	int level; /* of the last one that was suppressed, and what it said */
	enum log_class class;
	char last[MESSAGE_MAX];
	usec_t kept; /* when that was put there */
	bool stale;  /* there was a later one: a storm must not cost a message's making each time */
};

static struct {
	int level;
	bool fixed;  /* the level is the command line's */
	int journal; /* socket; -1: to stderr */
	struct place places[PLACES];
} state = { .level = LOG_INFO, .journal = -1 };

static const struct log_object no_object;

static bool write_record(const void *record, size_t len);
static size_t report_lost(uint64_t lost, void *record);

static uint8_t queue[WRITER_QUEUE_SIZE];
static struct writer writer = WRITER_INIT(write_record, report_lost, queue);

/* ---- The two outlets ---- */

/* systemd names the stream that it gave us, so that a stream that was redirected since is not mistaken for it. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat st;

	return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
	       st.st_dev == device && st.st_ino == inode;
}

static void entry_add_id(struct journal_entry *e, const char *name, uint32_t id)
{
	char text[16];

	snprintf(text, sizeof(text), "%" PRIu32, id);
	if (id)
		journal_add(e, name, text);
}

static void entry_add_text(struct journal_entry *e, const char *name, const char *value)
{
	char text[FIELD_MAX];

	snprintf(text, sizeof(text), "%s", value ? value : "");
	if (text[0])
		journal_add(e, name, text);
}

static void entry_fill(struct journal_entry *e, int level, enum log_class class, const struct log_object *o,
		       const char *message)
{
	char addr[L2TP_ADDR_STR_MAX], priority[8];

	snprintf(priority, sizeof(priority), "%d", level);
	journal_begin(e);
	journal_add(e, "PRIORITY", priority);
	journal_add(e, "L2TP_CLASS", classes[class].name);
	entry_add_id(e, "L2TP_TUNNEL", o->tunnel_id);
	entry_add_id(e, "L2TP_PEER_TUNNEL", o->peer_tunnel_id);
	entry_add_id(e, "L2TP_SESSION", o->session_id);
	entry_add_id(e, "L2TP_PEER_SESSION", o->peer_session_id);
	entry_add_text(e, "L2TP_PEER", o->peer ? l2tp_addr_str(o->peer, addr) : NULL);
	entry_add_text(e, "L2TP_HOST", o->host);
	entry_add_text(e, "L2TP_PROFILE", o->profile);
	entry_add_text(e, "L2TP_INTERFACE", o->interface);
	journal_add(e, "MESSAGE", message);
}

static_assert(JOURNAL_ENTRY_MAX <= WRITER_RECORD_MAX, "an entry is a record");

static void to_journal(int level, enum log_class class, const struct log_object *o, const char *message)
{
	struct journal_entry e;

	entry_fill(&e, level, class, o, message);
	if (!writer_is_idle(&writer) || writer_has_failed(&writer) ||
	    journal_send(state.journal, e.data, e.len, false) < 0)
		writer_put(&writer, e.data, e.len);
}

/* Text that grows in a buffer and is cut at its end. */
struct text {
	char *data;
	size_t len, size;
};

static void text_add(struct text *t, const char *s)
{
	size_t len = strnlen(s, t->size - 1 - t->len);

	memcpy(t->data + t->len, s, len);
	t->len += len;
	t->data[t->len] = '\0';
}

/* " what=value" */
static void text_add_field(struct text *t, const char *what, const char *between, const char *value)
{
	if (t->len > 0)
		text_add(t, " ");
	text_add(t, what);
	text_add(t, between);
	text_add(t, value);
}

static void text_add_ids(struct text *t, const char *what, uint32_t id, uint32_t peer_id)
{
	char ids[32];

	if (id && peer_id)
		snprintf(ids, sizeof(ids), "%" PRIu32 "/%" PRIu32, id, peer_id);
	else if (id || peer_id) /* 0: not known (yet) */
		snprintf(ids, sizeof(ids), id ? "%" PRIu32 "/-" : "-/%" PRIu32, id ? id : peer_id);
	else
		return;
	text_add_field(t, what, " ", ids);
}

static void text_add_value(struct text *t, const char *what, const char *value)
{
	if (value && value[0])
		text_add_field(t, what, "=", value);
}

/* "tunnel 4711/92 session 5/6 peer=192.0.2.1:1701 host=lac7: ", as far as it applies */
static void text_add_object(struct text *t, const struct log_object *o)
{
	char addr[L2TP_ADDR_STR_MAX];

	text_add_ids(t, "tunnel", o->tunnel_id, o->peer_tunnel_id);
	text_add_ids(t, "session", o->session_id, o->peer_session_id);
	text_add_value(t, "peer", o->peer ? l2tp_addr_str(o->peer, addr) : NULL);
	text_add_value(t, "host", o->host);
	text_add_value(t, "profile", o->profile);
	text_add_value(t, "interface", o->interface);
}

/* What is printed of an event. */
static void __attribute__((format(printf, 3, 0))) message_fill(char message[MESSAGE_MAX], const struct log_object *o,
							       const char *fmt, va_list ap)
{
	struct text t = { message, 0, OBJECT_MAX };

	message[0] = '\0';
	text_add_object(&t, o);
	t.size = MESSAGE_MAX;
	if (t.len > 0)
		text_add(&t, ": ");
	vsnprintf(message + t.len, t.size - t.len, fmt, ap);
}

static size_t line_fill(char line[LINE_SIZE], int level, enum log_class class, const char *message)
{
	struct text t = { line, 0, LINE_SIZE - 1 };

	text_add(&t, level_names[level]);
	text_add(&t, classes[class].prefix);
	text_add(&t, ": ");
	text_add(&t, message);
	for (size_t i = 0; i < t.len; i++)
		if (line[i] == '\n')
			line[i] = ' ';
	line[t.len++] = '\n';
	return t.len;
}

static void to_stderr(int level, enum log_class class, const char *message)
{
	char line[LINE_SIZE];

	writer_put(&writer, line, line_fill(line, level, class, message));
}

static void print(int level, enum log_class class, const struct log_object *o, const char *message)
{
	if (state.journal >= 0)
		to_journal(level, class, o, message);
	else
		to_stderr(level, class, message);
}

/* ---- In the writer's thread ---- */

/* In one piece, if the reader allows it.  Another process may have made it non-blocking. */
static bool write_line(const char *line, size_t len)
{
	struct pollfd pfd = { .fd = STDERR_FILENO, .events = POLLOUT };

	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, line, len);

		if (n < 0 && errno == EAGAIN)
			(void)poll(&pfd, 1, -1);
		else if (n < 0 && errno != EINTR)
			return false;
		else if (n > 0)
			line += n, len -= (size_t)n;
	}
	return true;
}

static bool write_record(const void *record, size_t len)
{
	return state.journal >= 0 ? journal_send(state.journal, record, len, true) >= 0 : write_line(record, len);
}

static size_t report_lost(uint64_t lost, void *record)
{
	struct journal_entry e;
	char text[128];

	snprintf(text, sizeof(text), "%" PRIu64 " log message%s lost: %s", lost, lost == 1 ? " was" : "s were",
		 state.journal >= 0 ? "the journal did not accept them in time" :
				      "standard error did not accept them");
	if (state.journal < 0)
		return line_fill(record, LOG_WARNING, CLASS_LOCAL, text);
	entry_fill(&e, LOG_WARNING, CLASS_LOCAL, &no_object, text);
	memcpy(record, e.data, e.len);
	return e.len;
}

/* ---- Places ---- */

static void place_close(struct place *p)
{
	char text[MESSAGE_MAX], sum[64];
	struct text t = { text, 0, sizeof(text) };

	if (p->suppressed > 0) {
		snprintf(sum, sizeof(sum), "suppressed %" PRIu32 " similar message%s; %slast: ", p->suppressed,
			 p->suppressed == 1 ? "" : "s", p->stale ? "one of the " : "");
		text_add(&t, sum);
		text_add(&t, p->last);
		print(p->level, p->class, &no_object, text);
	}
	p->fmt = NULL;
}

/* The entry of a place, a new one if need be; NULL: all are taken. */
static struct place *place_find(const char *fmt, usec_t now)
{
	struct place *found = NULL;

	for (struct place *p = state.places; p < state.places + PLACES; p++) {
		if (p->fmt && now - p->since >= INTERVAL)
			place_close(p);
		if (p->fmt == fmt)
			return p;
		if (!p->fmt && !found)
			found = p;
	}
	if (found) {
		found->fmt = fmt;
		found->since = now;
		found->printed = found->suppressed = 0;
	}
	return found;
}

/* May one more be printed? */
static bool place_admit(struct place *p, enum log_class class)
{
	if (p->printed == classes[class].share)
		return false;
	p->printed++;
	return true;
}

/* ---- Public ---- */

void log_open(int level)
{
	state.level = level;
	if (state.journal >= 0)
		close(state.journal);
	state.journal = stderr_is_journal() ? journal_open() : -1;
}

void log_set_level(int level)
{
	if (!state.fixed)
		state.level = level;
}

void log_fix_level(int level)
{
	state.level = level;
	state.fixed = true;
}

bool log_enabled(int level)
{
	return level <= state.level;
}

void log_flush(void)
{
	for (struct place *p = state.places; p < state.places + PLACES; p++)
		if (p->fmt)
			place_close(p);
}

bool log_drain(void)
{
	return writer_drain(&writer);
}

uint64_t log_lost(void)
{
	return writer_lost(&writer);
}

void log_event(int level, enum log_class class, const struct log_object *object, const char *fmt, ...)
{
	char message[MESSAGE_MAX];
	int saved = errno;
	struct place *p;
	usec_t now;
	va_list ap;

	assert(level >= LOG_EMERG && level <= LOG_DEBUG);
	if (!log_enabled(level))
		return;
	object = object ? object : &no_object;
	now = clock_now();
	p = place_find(fmt, now);
	va_start(ap, fmt);
	if (!p || place_admit(p, class)) {
		message_fill(message, object, fmt, ap);
		print(level, class, object, message);
	} else {
		p->level = level;
		p->class = class;
		p->suppressed++;
		p->stale = p->suppressed > KEPT && now < p->kept + KEEP_PAUSE;
		if (!p->stale) {
			message_fill(p->last, object, fmt, ap);
			p->kept = now;
		}
	}
	va_end(ap);
	errno = saved;
}

/* The length of the valid, printable UTF-8 character at p, 0 if there is none (RFC 3629; C1 controls do not print). */
static size_t utf8_len(const uint8_t *p, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0xa0, 0x800, 0x10000 };
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
	uint32_t c = len > 1 ? p[0] & (0x7fU >> len) : p[0];

	if (len == 0 || len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (len == 1)
		return c >= 0x20 && c < 0x7f;
	return c >= least[len] && c <= 0x10ffff && (c < 0xd800 || c > 0xdfff) ? len : 0;
}

bool log_is_utf8(const char *text)
{
	size_t len = 1;

	for (; *text && len; text += len)
		len = *text & 0x80 ? utf8_len((const uint8_t *)text, strlen(text)) : 1;
	return len;
}

const char *log_escape(struct l2tp_span s, char *buf, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	size_t out = 0;

	assert(size > 0);
	for (size_t i = 0, len; i < s.len; i += len) {
		len = utf8_len(s.data + i, s.len - i);
		size_t need = len ? len : 4;

		if (need >= size - out)
			break;
		if (len) {
			memcpy(buf + out, s.data + i, len);
		} else {
			memcpy(buf + out, (char[4]){ '\\', 'x', hex[s.data[i] >> 4], hex[s.data[i] & 15] }, 4);
			len = 1;
		}
		out += need;
	}
	buf[out] = '\0';
	return buf;
}

const char *log_hex(struct l2tp_span s, char *buf, size_t size)
{
	assert(size > 0);
	buf[0] = '\0';
	for (size_t i = 0; i < s.len && 2 * i + 2 < size; i++)
		snprintf(buf + 2 * i, 3, "%02x", s.data[i]);
	return buf;
}

const char *log_reason(const struct l2tp_reason *reason, char *buf, size_t size)
{
	/* elsewhere, as with a version that is not supported, the error is a code of another kind */
	bool general = reason->result == RC_STOPCCN_GENERAL && reason->error > EC_NONE &&
		       reason->error <= EC_UNKNOWN_MANDATORY_AVP;
	const char *text = reason->text[0] || !general ? reason->text : l2tp_error_name(reason->error);

	static_assert((int)RC_STOPCCN_GENERAL == (int)RC_CDN_GENERAL, "one code for both");
	assert(size > 2);
	buf[0] = '\0';
	if (text[0]) {
		memcpy(buf, ": ", 2);
		log_escape((struct l2tp_span){ (const uint8_t *)text, strlen(text) }, buf + 2, size - 2);
	}
	return buf;
}

static const struct {
	const char *words;
	enum log_class class;
} origins[] = {
	[L2TP_BY_NOBODY] = { "", CLASS_NEUTRAL },
	[L2TP_BY_PEER] = { " by the peer", CLASS_NEUTRAL },
	[L2TP_BY_REQUEST] = { " on request", CLASS_NEUTRAL },
	[L2TP_BY_FAULT] = { ", the peer erred", CLASS_REMOTE },
	[L2TP_BY_TIMEOUT] = { ", timeout", CLASS_REMOTE },
	[L2TP_BY_LOCAL] = { ", local failure", CLASS_LOCAL },
	[L2TP_BY_PPP] = { ", PPP ended", CLASS_NEUTRAL },
};

enum log_class log_blame(const struct l2tp_reason *reason)
{
	return origins[reason->origin].class;
}

const char *log_result_name(const struct l2tp_reason *reason, const char *name)
{
	const bool cleared = reason->origin == L2TP_BY_TIMEOUT && reason->result == RC_STOPCCN_CLEAR;

	return reason->result && !cleared ? name : "";
}

const char *log_outcome(const struct l2tp_reason *reason, const char *name, char buf[LOG_OUTCOME_MAX])
{
	char result[128] = "", text[160], detail[160] = "";

	name = log_result_name(reason, name);
	if (name[0])
		snprintf(result, sizeof(result), ": %s (result %u, error %u)", name, reason->result, reason->error);
	if (reason->detail[0])
		log_escape((struct l2tp_span){ (const uint8_t *)reason->detail, strlen(reason->detail) }, detail,
			   sizeof(detail));
	snprintf(buf, LOG_OUTCOME_MAX, "%s%s%s%s%s", origins[reason->origin].words, result,
		 log_reason(reason, text, sizeof(text)), detail[0] ? ": " : "", detail);
	return buf;
}
