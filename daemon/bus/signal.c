/* SPDX-License-Identifier: MIT */
/*
 * signal: signals and those who get them.
 *
 * A signal is made once, however many listen, and kept in a ring; each subscriber has a place in it and is sent what
 * follows as fast as it reads.  One that falls behind by the whole ring loses the oldest ones and is told how many: a tunnel
 * that closes with 60,000 sessions is more than anybody reads at once.  So what signals cost is bounded, and a reader
 * that sleeps costs nothing more.
 *
 * On the system bus a signal goes to the subscriber alone: broadcast, every user of the machine could read who calls.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "impl.h"

#define RING 4096
#define SUBSCRIBERS_MAX 64
#define QUEUE_MAX 256 /* unsent on the system bus, which is read by a program that does nothing else */
#define COOKIE 1      /* nobody answers a signal: any will do */

struct bus_signals {
	sd_bus *mint; /* a connection to nobody: messages need one to be made for */
	int nobody;
	sd_bus_message *ring[RING];
	uint64_t next;      /* number of the next one */
	struct bus_subscriber *subscribers;
	unsigned n;
};

static int open_mint(struct bus_signals *s)
{
	int fds[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return -errno;
	s->nobody = fds[1];
	if ((r = sd_bus_new(&s->mint)) < 0 || (r = sd_bus_set_fd(s->mint, fds[0], fds[0])) < 0) {
		close(fds[0]);
		return r;
	}
	return sd_bus_start(s->mint);
}

int bus_signals_new(struct bus *b)
{
	int r;

	b->signals = calloc(1, sizeof(*b->signals));
	if (!b->signals)
		return -ENOMEM;
	b->signals->nobody = -1;
	r = open_mint(b->signals);
	if (r < 0) {
		bus_signals_free(b->signals);
		b->signals = NULL;
	}
	return r;
}

static void subscriber_free(struct bus_signals *s, struct bus_subscriber **at)
{
	struct bus_subscriber *gone = *at;

	*at = gone->next;
	s->n--;
	free(gone->name);
	free(gone);
}

void bus_signals_free(struct bus_signals *s)
{
	if (!s)
		return;
	while (s->subscribers)
		subscriber_free(s, &s->subscribers);
	for (size_t i = 0; i < RING; i++)
		sd_bus_message_unref(s->ring[i]);
	sd_bus_close_unref(s->mint);
	if (s->nobody >= 0)
		close(s->nobody);
	free(s);
}

/* ---- Who gets them ------------------------------------------------------------------------------------------- */

static struct bus_subscriber **find(struct bus_connection *c, const char *name)
{
	struct bus_subscriber **at = &c->bus->signals->subscribers;

	while (*at && ((*at)->connection != c || (name && strcmp((*at)->name, name) != 0)))
		at = &(*at)->next;
	return at;
}

int bus_subscribe(struct bus_connection *c, const char *name)
{
	struct bus_signals *s = c->bus->signals;
	struct bus_subscriber *new;

	if (*find(c, name))
		return 0;
	if (s->n >= SUBSCRIBERS_MAX)
		return -EUSERS;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	*new = (struct bus_subscriber){ .next = s->subscribers, .connection = c, .at = s->next };
	if (name && !(new->name = strdup(name))) {
		free(new);
		return -ENOMEM;
	}
	s->subscribers = new;
	s->n++;
	return 0;
}

void bus_unsubscribe(struct bus_connection *c, const char *name)
{
	struct bus_subscriber **at = find(c, name);

	if (*at)
		subscriber_free(c->bus->signals, at);
}

void bus_unsubscribe_all(struct bus_connection *c)
{
	struct bus_subscriber **at;

	while (*(at = find(c, NULL)))
		subscriber_free(c->bus->signals, at);
}

bool bus_signals_wanted(const struct bus *b)
{
	return b->signals->n;
}

/* ---- Sending ------------------------------------------------------------------------------------------------- */

int bus_signals_begin(struct bus *b, const char *name, sd_bus_message **ret)
{
	return sd_bus_message_new_signal(b->signals->mint, ret, BUS_PATH, BUS_MANAGER, name);
}

void bus_signals_send(struct bus *b, sd_bus_message *m)
{
	struct bus_signals *s = b->signals;
	sd_bus_message **place = &s->ring[s->next % RING];

	if (sd_bus_message_seal(m, COOKIE, 0) < 0)
		return;
	sd_bus_message_unref(*place);
	*place = sd_bus_message_ref(m);
	s->next++;
	for (struct bus_subscriber *to = s->subscribers; to; to = to->next)
		to->connection->wake(to->connection);
}

/* One sealed message serves all connections; one that is addressed is a copy. */
static int send_to(struct bus_subscriber *to, sd_bus_message *m)
{
	sd_bus_message *copy = NULL;
	int r;

	if (!to->name)
		return sd_bus_send(to->connection->sd, m, NULL);
	if ((r = sd_bus_message_new_signal(to->connection->sd, &copy, BUS_PATH, BUS_MANAGER,
					   sd_bus_message_get_member(m))) >= 0 &&
	    (r = sd_bus_message_rewind(m, true)) >= 0 && (r = sd_bus_message_copy(copy, m, true)) >= 0)
		r = sd_bus_send_to(to->connection->sd, copy, to->name, NULL);
	sd_bus_message_unref(copy);
	return r;
}

/* How many it has not been told of. */
static int send_lost(struct bus_subscriber *to)
{
	struct bus *b = to->connection->bus;
	sd_bus_message *m = NULL;
	int r;

	if ((r = bus_signals_begin(b, "Lost", &m)) >= 0 && (r = sd_bus_message_append(m, "t", to->lost)) >= 0 &&
	    (r = sd_bus_message_seal(m, COOKIE, 0)) >= 0 && (r = send_to(to, m)) >= 0)
		to->lost = 0;
	sd_bus_message_unref(m);
	return r;
}

static bool has_room(const struct bus_connection *c)
{
	uint64_t queued = 0;

	return sd_bus_get_n_queued_write(c->sd, &queued) >= 0 && (c->system ? queued < QUEUE_MAX : !queued);
}

static int flush(struct bus_subscriber *to)
{
	const struct bus_signals *s = to->connection->bus->signals;
	uint64_t oldest = s->next > RING ? s->next - RING : 0;
	int r = 0;

	if (to->at < oldest) {
		to->lost += oldest - to->at;
		to->at = oldest;
	}
	if (to->lost && has_room(to->connection))
		r = send_lost(to);
	while (r >= 0 && to->at < s->next && has_room(to->connection)) {
		r = send_to(to, s->ring[to->at % RING]);
		to->at += r >= 0;
	}
	return r;
}

int bus_signals_flush(struct bus_connection *c)
{
	int r = 0;

	for (struct bus_subscriber *s = c->bus->signals->subscribers; s && r >= 0; s = s->next)
		if (s->connection == c)
			r = flush(s);
	return r;
}
