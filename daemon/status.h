/* SPDX-License-Identifier: MIT */
/* status: the line that `systemctl status` shows. */
#ifndef STATUS_H
#define STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct status;

struct status_line {
	uint32_t tunnels, sessions; /* established */
	bool draining, stopping;
	bool reload_failed;         /* the last one */
};

/* *ret NULL: there is no service manager that wants to know. */
int status_new(sd_event *event, struct status **ret);
void status_free(struct status *s); /* NULL is fine */
/* How it is now; costs next to nothing where nothing has changed.  s NULL is fine. */
void status_note(struct status *s, const struct status_line *line);

#endif
