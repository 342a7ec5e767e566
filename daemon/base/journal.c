/* SPDX-License-Identifier: MIT */
/*
 * journal: see journal.h.  The protocol is that of https://systemd.io/JOURNAL_NATIVE_PROTOCOL: one datagram an entry, a
 * line a field, NAME=value; a value of several lines has its length in front of it, 64 bits, little endian.  Ours are
 * far below what a datagram can have, so that nothing ever goes by way of a file.
 *
 * sd_journal_sendv() is not used because it waits: journald's queue has room for some hundred entries, and a journald
 * that writes to a slow disk, or is stopped, would hold up all that logs.
 *
 * Called by log.
 */
#include "journal.h"

#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static const struct sockaddr_un journald = { .sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket" };

static void put(struct journal_entry *e, const void *data, size_t len)
{
	memcpy(e->data + e->len, data, len);
	e->len += len;
}

void journal_begin(struct journal_entry *e)
{
	e->len = 0;
	journal_add(e, "SYSLOG_IDENTIFIER", "l2tpd");
}

void journal_add(struct journal_entry *e, const char *name, const char *value)
{
	size_t name_len = strlen(name), len = strlen(value);
	uint64_t length = htole64(len);

	if (name_len + 1 + sizeof(length) + len + 1 > sizeof(e->data) - e->len)
		return;
	put(e, name, name_len);
	if (strchr(value, '\n')) {
		put(e, "\n", 1);
		put(e, &length, sizeof(length));
	} else {
		put(e, "=", 1);
	}
	put(e, value, len);
	put(e, "\n", 1);
}

int journal_open(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int journal_send(int fd, const void *entry, size_t len, bool wait)
{
	return sendto(fd, entry, len, MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT), (const struct sockaddr *)&journald,
		      sizeof(journald)) < 0 ? -errno : 0;
}
