/* SPDX-License-Identifier: MIT */
/*
 * genl: transactions with one generic netlink family, in an event loop.
 *
 * A request is acknowledged by the kernel, found again by its sequence number, and over after at most GENL_TIMEOUT.
 */
#ifndef GENL_H
#define GENL_H

#include <systemd/sd-event.h>
#include "nl.h"

#define GENL_TIMEOUT ((uint64_t)5 * 1000 * 1000) /* microseconds */
#define GENL_IN_FLIGHT_MAX 64                    /* what waits for an answer; further requests queue */

struct genl;

/* err: 0 or a negative errno; text: the kernel's own words or NULL.  Always from the event loop. */
typedef void (*genl_done)(void *ctx, int err, const char *text);

/* The number of a family, loading its module where the kernel can.  -ENOENT: there is none. */
int genl_resolve(struct nl *n, const char *family, uint16_t *ret);

/* -ENOENT: no such family. */
int genl_new(sd_event *event, const char *family, struct genl **ret);
/* The same on a socket that there is already, which is taken over. */
int genl_attach(sd_event *event, struct mnl_socket *socket, uint16_t family, uint64_t timeout, struct genl **ret);
/* Open requests are forgotten, done is not called.  NULL is fine; not from within a callback. */
void genl_free(struct genl *g);

/* Start a request in buf; attributes are then added with mnl_attr_put_*(). */
struct nlmsghdr *genl_begin(const struct genl *g, uint8_t command, struct nl_request *buf);
/* Send it, now or when there is room; it is copied.  reply (may be NULL) gets what the answer carries, then done is
 * called once.  On a negative errno neither ever is. */
int genl_submit(struct genl *g, const struct nlmsghdr *request, nl_reply reply, genl_done done, void *ctx);

#endif
