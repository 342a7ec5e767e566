/* SPDX-License-Identifier: MIT */
/*
 * chan: what makes control messages arrive, once and in order (RFC 2661 5.8, Appendix A and B).
 *
 * The tunnel owns one chan.  It hands in every control message that arrived (chan_receive) and the time
 * (chan_tick), queues what it has to say (chan_send), and at the end of each entry asks chan_transmit() for datagrams
 * until there are none.  So what may be transmitted never waits for a timer, and chan_deadline() is about three things
 * only: the retransmission of the oldest message, giving up, and an acknowledgement that nothing has carried.
 *
 * Numbers.  Ns and Nr run modulo 65536.  "a - b" cast to 16 bits is how far a is ahead of b; from HALF_SPACE on, a is
 * behind.  That is the RFC's rule: of 65536 values, the last received and the 32767 before it are old.
 *
 * Receiving.  A message is the next one, old (a duplicate), or early.
 *  - The next one is delivered and moves nr.
 *  - A duplicate is not processed, but acknowledged each time, for it says that our acknowledgement was lost.
 *  - An early one is kept, sorted, if it lies inside the window that we advertised and inside a bound on memory; else
 *    it is dropped, and comes again.  nr stays at the gap, and this nr is what the peer is told.
 *  - What only acknowledges takes no number, so its Ns says nothing, and it is never acknowledged.  What it looks like
 *    the owner knows, and says so (chan_rx.ack, chan_tx.ack): a body of no octets in L2TPv2, the ZLB.
 * The owner may say that it cannot take the next message now (chan_hold): that is kept as if it were early, and so are
 * those behind it; the peer is told the same Nr, and repeats itself.  What has come behind it the owner may process out
 * of turn where the order does not matter (chan_overtake), or where nothing that comes before it matters any more
 * (chan_skip).
 * Nr is looked at first, whatever the message is.  An old Nr changes nothing.  One that acknowledges what was never
 * sent is ignored; the message itself is processed all the same.
 *
 * Acknowledging.  Each message that is more than that makes an acknowledgement due.  The next transmission of any kind
 * carries it; if there is none within ACK_DELAY, one of its own does, which bears the next Ns without taking it.  The
 * delay lets the reply carry it and turns a burst into one.  It is not flow control: when half of our window has been
 * delivered without an acknowledgement it goes at once, so that a delay never stops a peer that fills the window.
 *
 * Sending.  The queue holds first what has been sent and not acknowledged, then what waits; a message gets its Ns when
 * it is first sent.  c->next is the next one to go out; c->flight counts those before it, and it goes if
 * flight < cwnd <= peer_window.  Slow start and congestion avoidance are those of Appendix A; an acknowledgement
 * counts as one, however many messages it covers, and only if it covers a new one.
 *
 * Retransmitting.  One timer, for the oldest message; it runs if and only if something sent is not acknowledged.
 * When it expires the window collapses to 1 and c->next goes back to the start: the oldest goes out now, those behind
 * it follow as the window opens again, unless the peer had them and says so.  They keep their Ns and carry the
 * current Nr.  The interval doubles each time up to the cap; after the last one the chan has failed and is mute.  An
 * acknowledgement of something new sets interval, count and failure back; other signs of life (chan_forgive) leave
 * the interval alone, so that a peer that never answers is not asked faster.
 *
 * The round trip is measured for those who look at the tunnel; the interval stays the RFC's.  An acknowledgement counts
 * if none of the messages that it covers went out twice (Karn): else nobody knows which of them it answers.
 */
#include "chan.h"

#include "digest.h"
#include "wire.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HALF_SPACE 32768
#define PEER_WINDOW_DEFAULT 4 /* RFC 2661 4.4.3, Receive Window Size */
#define ACK_DELAY (10 * USEC_PER_MSEC)
#define AT_ONCE 0
#define QUEUE_MAX_DEFAULT 4096
#define RTT_WEIGHT 8 /* of what was known against one new measurement, as RFC 6298 has it */
#define EARLY_BYTES_MAX 65536 /* of memory for one peer's early messages */
#define BODY_MAX (WIRE_SEND_MAX - WIRE_CONTROL_HEADER) /* fits chan_message.len */

struct chan_message {
	struct chan_message *next;
	uint32_t session_id;
	uint16_t len;
	uint16_t ns; /* sent or received with; not valid while it waits */
	uint16_t type; /* chan_rx.type or chan_tx.type */
	bool sent, again;
	bool answer; /* counted in chan.answers */
	bool done;   /* early, and processed already */
	usec_t sent_at; /* the first time */
	uint8_t body[];
};

/* How far a is ahead of b. */
static uint16_t distance(uint16_t a, uint16_t b)
{
	return (uint16_t)(a - b);
}

static struct chan_message *message_new(uint16_t type, struct l2tp_span body, uint32_t session_id, uint16_t ns)
{
	struct chan_message *m = malloc(sizeof(*m) + body.len);

	if (!m)
		return NULL;
	*m = (struct chan_message){ .session_id = session_id, .len = (uint16_t)body.len, .ns = ns, .type = type };
	memcpy(m->body, body.data, body.len);
	return m;
}

static size_t message_size(const struct chan_message *m)
{
	return sizeof(*m) + m->len;
}

static void list_free(struct chan_message *m)
{
	while (m) {
		struct chan_message *next = m->next;

		chan_message_free(m);
		m = next;
	}
}

/* ---- Congestion (Appendix A) ------------------------------------------------------------------------------- */

static void window_grow(struct chan *c)
{
	if (c->cwnd >= c->peer_window)
		return;
	if (c->cwnd < c->ssthresh) {
		c->cwnd++;
	} else if (++c->cwnd_acks >= c->cwnd) {
		c->cwnd++;
		c->cwnd_acks = 0;
	}
}

static void window_collapse(struct chan *c)
{
	c->ssthresh = c->cwnd > 1 ? c->cwnd / 2 : 1;
	c->cwnd = 1;
	c->cwnd_acks = 0;
}

static bool window_open(const struct chan *c)
{
	return c->next && c->flight < c->cwnd;
}

/* ---- The timer --------------------------------------------------------------------------------------------- */

usec_t chan_interval(const struct chan *c)
{
	usec_t t = c->config.retransmit_initial;

	for (uint32_t i = 0; i < c->backoff && t < c->config.retransmit_cap; i++)
		t *= 2;
	return t < c->config.retransmit_cap ? t : c->config.retransmit_cap;
}

static void timer_restart(struct chan *c, usec_t now)
{
	c->retransmit_at = c->una == c->ns ? USEC_NEVER : now + chan_interval(c);
}

/* ---- Receiving --------------------------------------------------------------------------------------------- */

static void drop_oldest(struct chan *c)
{
	struct chan_message *m = c->queue;

	/* acknowledged before its turn to be sent again came */
	if (m == c->next)
		c->next = m->next;
	else
		c->flight--;
	c->queue = m->next;
	if (!c->queue)
		c->queue_tail = NULL;
	c->queued--;
	c->answers -= m->answer;
	c->una++;
	chan_message_free(m);
}

/* The first `acked` messages have been acknowledged. */
static void measure(struct chan *c, uint16_t acked, usec_t now)
{
	const struct chan_message *m = c->queue, *last = m;
	usec_t sample;

	for (; acked; acked--, last = m, m = m->next)
		if (m->again)
			return;
	sample = now - last->sent_at;
	c->rtt = c->rtt ? c->rtt - c->rtt / RTT_WEIGHT + sample / RTT_WEIGHT : sample;
}

/* False: it acknowledges what was never sent. */
static bool take_nr(struct chan *c, uint16_t nr, usec_t now)
{
	uint16_t acked = distance(nr, c->una);

	if (acked == 0 || acked >= HALF_SPACE)
		return true;
	if (acked > distance(c->ns, c->una))
		return false;
	measure(c, acked, now);
	while (c->una != nr)
		drop_oldest(c);
	window_grow(c);
	c->attempts = 0;
	c->backoff = 0;
	c->failed = false;
	timer_restart(c, now);
	return true;
}

static void ack_owe(struct chan *c, usec_t now)
{
	if (c->ack_due)
		return;
	c->ack_due = true;
	c->ack_at = now + ACK_DELAY;
}

/* The message nr is being delivered. */
static void nr_advance(struct chan *c)
{
	c->nr++;
	if (c->ack_due && distance(c->nr, c->nr_sent) * 2 < c->config.receive_window)
		return;
	c->ack_due = true;
	c->ack_at = AT_ONCE;
}

static struct chan_message *early_pop(struct chan *c)
{
	struct chan_message *m = c->early;

	c->early = m->next;
	m->next = NULL;
	c->early_bytes -= message_size(m);
	return m;
}

static enum chan_verdict early_keep(struct chan *c, const struct chan_rx *rx)
{
	struct chan_message **at = &c->early, *m;
	uint16_t ahead = distance(rx->ns, c->nr);

	while (*at && distance((*at)->ns, c->nr) < ahead)
		at = &(*at)->next;
	if (*at && (*at)->ns == rx->ns) {
		c->duplicates++;
		return CHAN_DUPLICATE;
	}
	if (ahead >= c->config.receive_window || rx->body.len > BODY_MAX ||
	    c->early_bytes + sizeof(*m) + rx->body.len > EARLY_BYTES_MAX)
		return CHAN_EARLY;
	m = message_new(rx->type, rx->body, rx->session_id, rx->ns);
	if (!m)
		return CHAN_EARLY;
	m->next = *at;
	*at = m;
	c->early_bytes += message_size(m);
	return CHAN_EARLY;
}

enum chan_verdict chan_receive(struct chan *c, const struct chan_rx *rx, usec_t now)
{
	bool nr_valid = take_nr(c, rx->nr, now);
	uint16_t ahead = distance(rx->ns, c->nr);

	if (rx->ack)
		return nr_valid ? CHAN_ACK : CHAN_BAD;
	ack_owe(c, now);
	if (ahead >= HALF_SPACE) {
		c->duplicates++;
		return CHAN_DUPLICATE;
	}
	if (ahead > 0)
		return early_keep(c, rx);
	/* it was here early, and nobody asked for it when its turn had come */
	if (c->early && c->early->ns == rx->ns)
		chan_message_free(early_pop(c));
	nr_advance(c);
	return CHAN_DELIVER;
}

enum chan_verdict chan_hold(struct chan *c, const struct chan_rx *rx, usec_t now)
{
	ack_owe(c, now);
	if (distance(rx->ns, c->nr) < HALF_SPACE)
		return early_keep(c, rx);
	c->duplicates++;
	return CHAN_DUPLICATE;
}

const struct chan_message *chan_peek_early(const struct chan *c)
{
	return c->early && c->early->ns == c->nr ? c->early : NULL;
}

struct chan_message *chan_next_early(struct chan *c)
{
	if (!chan_peek_early(c))
		return NULL;
	nr_advance(c);
	return early_pop(c);
}

bool chan_overtake(struct chan *c, uint16_t ns)
{
	struct chan_message *m = c->early;

	while (m && m->ns != ns)
		m = m->next;
	if (!m || m->done)
		return false;
	m->done = true;
	return true;
}

bool chan_message_done(const struct chan_message *m)
{
	return m->done;
}

void chan_skip(struct chan *c, uint16_t ns)
{
	while (c->early && distance(c->early->ns, c->nr) <= distance(ns, c->nr))
		chan_message_free(early_pop(c));
	c->nr = ns;
	nr_advance(c);
}

struct chan_rx chan_message_rx(const struct chan_message *m)
{
	return (struct chan_rx){ .session_id = m->session_id, .ns = m->ns, .type = m->type, .body = { m->body, m->len } };
}

void chan_message_free(struct chan_message *m)
{
	if (!m)
		return;
	digest_wipe(m->body, m->len);
	free(m);
}

/* ---- Sending ----------------------------------------------------------------------------------------------- */

int chan_send(struct chan *c, uint16_t type, struct l2tp_span body, uint32_t session_id, usec_t now)
{
	struct chan_message *m;

	(void)now; /* no timer starts before it is sent */
	if (body.len == 0 || body.len > BODY_MAX)
		return -EMSGSIZE;
	if (c->queued >= (c->config.queue_max ? c->config.queue_max : QUEUE_MAX_DEFAULT))
		return -ENOBUFS;
	m = message_new(type, body, session_id, 0);
	if (!m)
		return -ENOMEM;
	if (c->queue_tail)
		c->queue_tail->next = m;
	else
		c->queue = m;
	c->queue_tail = m;
	if (!c->next)
		c->next = m;
	c->queued++;
	return 0;
}

void chan_mark_answer(struct chan *c)
{
	assert(c->queue_tail && !c->queue_tail->answer);
	c->queue_tail->answer = true;
	c->answers++;
}

void chan_drop_waiting(struct chan *c)
{
	struct chan_message *last = NULL, *m = c->queue;

	for (; m && m->sent; m = m->next)
		last = m;
	if (!m)
		return;
	if (!c->next->sent)
		c->next = NULL;
	if (last)
		last->next = NULL;
	else
		c->queue = NULL;
	c->queue_tail = last;
	c->queued = distance(c->ns, c->una);
	for (struct chan_message *dropped = m; dropped; dropped = dropped->next)
		c->answers -= dropped->answer;
	list_free(m);
}

void chan_abandon(struct chan *c)
{
	list_free(c->queue);
	c->queue = c->queue_tail = c->next = NULL;
	c->queued = c->answers = 0;
	c->flight = 0;
	c->una = c->ns;
	c->failed = false;
	c->retransmit_at = USEC_NEVER;
}

static void transmit_next(struct chan *c, usec_t now, struct chan_tx *ret)
{
	struct chan_message *m = c->next;

	*ret = (struct chan_tx){ .body = { m->body, m->len }, .session_id = m->session_id, .type = m->type,
				 .again = m->sent };
	if (m->sent) {
		m->again = true;
		c->retransmits++;
	} else {
		m->sent = true;
		m->sent_at = now;
		m->ns = c->ns++;
	}
	ret->ns = m->ns;
	c->next = m->next;
	c->flight++;
	if (c->retransmit_at == USEC_NEVER)
		timer_restart(c, now);
}

/* Whatever goes out acknowledges. */
static void carry_nr(struct chan *c, struct chan_tx *tx)
{
	tx->nr = c->nr;
	c->nr_sent = c->nr;
	c->ack_due = false;
	c->ack_at = USEC_NEVER;
}

void chan_acknowledge(struct chan *c, struct chan_tx *ret)
{
	*ret = (struct chan_tx){ .ns = c->ns, .ack = true };
	carry_nr(c, ret);
}

bool chan_transmit(struct chan *c, usec_t now, struct chan_tx *ret)
{
	if (c->failed)
		return false;
	if (window_open(c))
		transmit_next(c, now, ret);
	else if (c->ack_due && c->ack_at <= now)
		*ret = (struct chan_tx){ .ns = c->ns, .ack = true };
	else
		return false;
	carry_nr(c, ret);
	return true;
}

usec_t chan_deadline(const struct chan *c)
{
	if (c->failed)
		return USEC_NEVER;
	if (window_open(c))
		return AT_ONCE;
	return c->retransmit_at < c->ack_at ? c->retransmit_at : c->ack_at;
}

void chan_tick(struct chan *c, usec_t now)
{
	if (c->failed || c->retransmit_at > now)
		return;
	if (c->attempts >= c->config.retransmit_max) {
		c->failed = true;
		c->retransmit_at = USEC_NEVER;
		return;
	}
	c->attempts++;
	c->backoff++;
	window_collapse(c);
	c->next = c->queue;
	c->flight = 0;
	timer_restart(c, now);
}

void chan_forgive(struct chan *c, usec_t now)
{
	c->attempts = 0;
	if (!c->failed)
		return;
	c->failed = false;
	timer_restart(c, now);
}

bool chan_drained(const struct chan *c)
{
	return !c->queue;
}

/* ---- Life -------------------------------------------------------------------------------------------------- */

void chan_init(struct chan *c, const struct chan_config *config)
{
	*c = (struct chan){
		.config = *config,
		.peer_window = PEER_WINDOW_DEFAULT,
		.cwnd = 1,
		.ssthresh = PEER_WINDOW_DEFAULT,
		.retransmit_at = USEC_NEVER,
		.ack_at = USEC_NEVER,
	};
}

void chan_reset(struct chan *c)
{
	struct chan_config config;

	if (!c)
		return;
	list_free(c->queue);
	list_free(c->early);
	config = c->config;
	chan_init(c, &config);
}

void chan_set_peer_window(struct chan *c, uint16_t window)
{
	assert(window > 0);
	/* with half of all numbers in flight an old Nr could not be told from a new one */
	c->peer_window = window < HALF_SPACE ? window : HALF_SPACE - 1;
	c->ssthresh = c->peer_window;
	if (c->cwnd > c->peer_window)
		c->cwnd = c->peer_window;
}
