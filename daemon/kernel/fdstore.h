/* SPDX-License-Identifier: MIT */
/*
 * fdstore: the one owner of the files that the kernel's objects live by, from their birth to their death: UDP sockets,
 * by which kernel tunnels live, and pppox sockets, by which sessions do.
 *
 * Files go by names made of ids, so that their users need no more than numbers, which could come from another
 * process.  What fdstore_get() returns is lent, until the file is closed; nobody else closes it.
 */
#ifndef FDSTORE_H
#define FDSTORE_H

#include <stdbool.h>
#include <stdint.h>

struct fdstore;
struct workers;

/*	tunnel_id   session_id
 *	a tunnel    0             the tunnel's UDP socket
 *	a tunnel    a session     the session's pppox socket
 *	0           a number      a UDP socket of no tunnel, or of one that has no id yet: the store chooses the number */
struct fd_name {
	uint32_t tunnel_id, session_id;
};

typedef void (*fdstore_closed)(void *ctx);

int fdstore_new(struct workers *workers, struct fdstore **ret);
/* Close everything.  After workers_free(), and after everybody who has been lent something.  NULL: fine */
void fdstore_free(struct fdstore *f);

/* The file is the store's from now on; on failure it has been closed.  -EEXIST: there is one of that name; -ENOMEM */
int fdstore_put(struct fdstore *f, struct fd_name name, int fd);
/* A socket of no tunnel: the store chooses its name. */
int fdstore_put_new(struct fdstore *f, int fd, struct fd_name *ret);
/* On failure it keeps its name.  -ENOENT, -EEXIST, -ENOMEM */
int fdstore_rename(struct fdstore *f, struct fd_name from, struct fd_name to);
/* -ENOENT */
int fdstore_get(const struct fdstore *f, struct fd_name name);

/* The name is free at once.  A pppox socket is closed by a worker, then done(ctx) is called from the event loop, unless
 * the workers are freed before.  False: done (which may be NULL) is not called: there was nothing of that name, or it is
 * closed already. */
bool fdstore_close(struct fdstore *f, struct fd_name name, fdstore_closed done, void *ctx);
/* All pppox sockets, by workers: before workers_free(), which waits for them. */
void fdstore_close_sessions(struct fdstore *f);

#endif
