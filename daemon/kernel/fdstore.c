/* SPDX-License-Identifier: MIT */
/*
 * fdstore: a table of open files by their names.
 *
 * The last close() of a pppox socket may wait for an RCU grace period (8-30 ms), so a worker does it.  From then on the
 * entry is not in the table any more: its name is free, and whatever else becomes of the tunnel does not touch it.  It
 * belongs to the worker until the event loop hears of the end.  A UDP socket never waits, and its port is to be free at
 * once.
 *
 * Where a file has been lent to a child, that holds a copy, and with it the kernel's object, until it ends: who lends
 * also ends the child before the file is closed.
 *
 * Called by udp (sockets), dataplane_kernel (pppox) and pppd's supervision, which borrows a pppox for its child.
 */
#include "fdstore.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define HASH_NONFATAL_OOM 1 /* an element that found no memory has hh.tbl NULL */
#define HASH_FUNCTION HASH_FNV
#include <uthash.h>

#include "workers.h"

struct entry {
	struct fd_name name;
	int fd;
	fdstore_closed done; /* of the one that is being closed */
	void *ctx;
	UT_hash_handle hh;
};

struct fdstore {
	struct workers *workers;
	struct entry *entries;
	uint32_t last; /* number that was given to a socket of no tunnel */
};

static struct entry *find(const struct fdstore *f, struct fd_name name)
{
	struct entry *e;

	HASH_FIND(hh, f->entries, &name, sizeof(name), e);
	return e;
}

/* Does its last close() wait? */
static bool is_pppox(struct fd_name name)
{
	return name.tunnel_id && name.session_id;
}

static int add(struct fdstore *f, struct fd_name name, int fd)
{
	struct entry *e;

	if (find(f, name))
		return -EEXIST;
	e = malloc(sizeof(*e));
	if (!e)
		return -ENOMEM;
	*e = (struct entry){ .name = name, .fd = fd };
	HASH_ADD(hh, f->entries, name, sizeof(e->name), e);
	if (!e->hh.tbl) {
		free(e);
		return -ENOMEM;
	}
	return 0;
}

/* In a worker. */
static int close_file(void *ctx)
{
	struct entry *e = ctx;

	close(e->fd);
	return 0;
}

static void file_closed(void *ctx, int result)
{
	struct entry *e = ctx;

	if (e->done && result != -ECANCELED)
		e->done(e->ctx);
	free(e);
}

/* True: file_closed() follows. */
static bool bury(struct fdstore *f, struct entry *e)
{
	HASH_DEL(f->entries, e);
	if (is_pppox(e->name) && workers_submit(f->workers, close_file, file_closed, e) >= 0)
		return true;
	close_file(e); /* a pppox, and no thread is available: better late than never */
	free(e);
	return false;
}

/* ---- Public ----------------------------------------------------------------------------------------------------- */

int fdstore_new(struct workers *workers, struct fdstore **ret)
{
	struct fdstore *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->workers = workers;
	*ret = f;
	return 0;
}

void fdstore_free(struct fdstore *f)
{
	struct entry *e, *next;

	if (!f)
		return;
	HASH_ITER(hh, f->entries, e, next) {
		HASH_DEL(f->entries, e);
		close_file(e);
		free(e);
	}
	free(f);
}

int fdstore_put(struct fdstore *f, struct fd_name name, int fd)
{
	int r = add(f, name, fd);

	if (r < 0)
		close(fd);
	return r;
}

int fdstore_put_new(struct fdstore *f, int fd, struct fd_name *ret)
{
	struct fd_name name = { 0 };
	int r;

	do
		name.session_id = ++f->last;
	while (!name.session_id || find(f, name));
	r = fdstore_put(f, name, fd);
	if (r >= 0)
		*ret = name;
	return r;
}

int fdstore_rename(struct fdstore *f, struct fd_name from, struct fd_name to)
{
	struct entry *e = find(f, from);
	int r = e ? add(f, to, e->fd) : -ENOENT;

	if (r < 0)
		return r;
	HASH_DEL(f->entries, e);
	free(e);
	return 0;
}

int fdstore_get(const struct fdstore *f, struct fd_name name)
{
	const struct entry *e = find(f, name);

	return e ? e->fd : -ENOENT;
}

bool fdstore_close(struct fdstore *f, struct fd_name name, fdstore_closed done, void *ctx)
{
	struct entry *e = find(f, name);

	if (!e)
		return false;
	e->done = done;
	e->ctx = ctx;
	return bury(f, e);
}

void fdstore_close_sessions(struct fdstore *f)
{
	struct entry *e, *next;

	if (!f)
		return;
	HASH_ITER(hh, f->entries, e, next)
		if (is_pppox(e->name))
			bury(f, e);
}
