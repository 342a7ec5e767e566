/* SPDX-License-Identifier: MIT */
/* journal: entries for systemd's journal, in its native protocol, over a socket that is ours to wait at or not. */
#ifndef JOURNAL_H
#define JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#define JOURNAL_ENTRY_MAX 4096

/* One entry, being made: fields, as they are sent.  What does not fit is left out. */
struct journal_entry {
	size_t len;
	char data[JOURNAL_ENTRY_MAX];
};

/* Empty, except for the identifier. */
void journal_begin(struct journal_entry *e);
void journal_add(struct journal_entry *e, const char *name, const char *value);

/* A socket, or a negative errno. */
int journal_open(void);
/* -EAGAIN: it would have to wait, and wait is false. */
int journal_send(int fd, const void *entry, size_t len, bool wait);

#endif
