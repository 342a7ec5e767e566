/* SPDX-License-Identifier: MIT */
/*
 * resolve: getaddrinfo() in a worker thread, for the LAC that dials a name.
 *
 * The request and its answer are one struct.  The thread writes the answer and reads the request; everything else is
 * touched by the event loop only, so there is nothing to lock: workers hands the struct over and back.  A thread that
 * sits in the resolver cannot be stopped; a cancelled request is therefore left to finish and frees itself then.
 *
 * An address instead of a name takes the same way, so that a caller sees one behaviour.  The order of the answers is
 * getaddrinfo's: RFC 6724.
 */
#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "resolve.h"
#include "base/address.h"
#include "base/server.h"

#define ADDRS_MAX 16 /* more are not tried */

struct resolve {
	/* the request */
	struct server server;
	int family;

	/* the answer: what getaddrinfo() returned, errno with it, addresses */
	int eai, err;
	struct l2tp_addr addrs[ADDRS_MAX];
	size_t n;

	/* the event loop's */
	resolve_done done; /* NULL: cancelled */
	void *ctx;
};

/* What getaddrinfo() says, and what that is to a caller. */
static const struct {
	int eai, err;
} errors[] = {
	{ EAI_NONAME, -ENOENT },   { EAI_NODATA, -ENOENT },     { EAI_ADDRFAMILY, -EAFNOSUPPORT },
	{ EAI_AGAIN, -EAGAIN },    { EAI_FAIL, -EIO },          { EAI_FAMILY, -EAFNOSUPPORT },
	{ EAI_MEMORY, -ENOMEM },   { EAI_BADFLAGS, -EINVAL },   { EAI_SERVICE, -EINVAL },
	{ EAI_SOCKTYPE, -EINVAL }, { EAI_OVERFLOW, -EINVAL },
};

static int errno_of(const struct resolve *r)
{
	if (r->eai == EAI_SYSTEM && r->err)
		return -r->err;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].eai == r->eai)
			return errors[i].err;
	return -EIO;
}

/* in a worker thread */
static int resolve_run(void *ctx)
{
	struct resolve *r = ctx;
	const struct addrinfo hints = {
		.ai_family = address_family((unsigned)r->family),
		.ai_socktype = SOCK_DGRAM, /* else each address comes once for each type */
	};
	struct addrinfo *list = NULL;

	errno = 0;
	r->eai = getaddrinfo(r->server.name, NULL, &hints, &list);
	r->err = errno;
	if (r->eai != 0)
		return 0;
	for (const struct addrinfo *i = list; i && r->n < ADDRS_MAX; i = i->ai_next)
		if (address_from_socket(i->ai_addr, i->ai_addrlen, &r->addrs[r->n]))
			r->addrs[r->n++].port = r->server.port;
	freeaddrinfo(list);
	return 0;
}

static void report(struct resolve *r)
{
	char text[SERVER_NAME_MAX + 128];

	if (r->eai == 0 && r->n > 0) {
		r->done(r->ctx, 0, NULL, r->addrs, r->n);
		return;
	}
	const char *why = r->eai == 0 ? "no address" :
			  r->eai == EAI_SYSTEM && r->err ? strerror(r->err) : gai_strerror(r->eai);
	int err = r->eai == 0 ? -ENOENT : errno_of(r);
	snprintf(text, sizeof(text), "cannot resolve \"%s\": %s", r->server.name, why);
	r->done(r->ctx, err, text, NULL, 0);
}

/* back in the event loop */
static void resolve_finish(void *ctx, int result)
{
	struct resolve *r = ctx;

	(void)result;
	if (r->done)
		report(r);
	free(r);
}

int resolve_start(struct workers *w, const char *server, uint16_t port, int family, resolve_done done, void *ctx,
		  struct resolve **ret)
{
	assert(done && (family == 0 || family == 4 || family == 6));
	struct resolve *r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	if (server_read(server, port, &r->server)) {
		free(r);
		return -EINVAL;
	}
	r->family = family;
	r->done = done;
	r->ctx = ctx;

	int err = workers_submit(w, resolve_run, resolve_finish, r);
	if (err < 0) {
		free(r);
		return err;
	}
	*ret = r;
	return 0;
}

void resolve_cancel(struct resolve *r)
{
	if (r)
		r->done = NULL;
}
