/* SPDX-License-Identifier: MIT */
/* pppox: the socket by which PPP is attached to a kernel session. */
#ifndef PPPOX_H
#define PPPOX_H

#include "dataplane.h"

/* A socket, close-on-exec, not connected yet: -EAFNOSUPPORT, -EPROTONOSUPPORT (no module), -EMFILE, ... */
int pppox_open(void);
/* To a session that is there.  -EEXIST: another socket is connected to it already; -ENOENT: no such tunnel.
 * Where the session is not there, the kernel makes it, without options. */
int pppox_connect(int fd, const struct dataplane_session *s);

#endif
