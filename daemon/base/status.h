/* SPDX-License-Identifier: MIT */
/* status: what the service manager is told, and the line that `systemctl status` shows. */
#ifndef STATUS_H
#define STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

struct status;

/* Told in this order, where more than one could not be sent yet. */
enum status_news { STATUS_RELOADING, STATUS_READY, STATUS_STOPPING };

struct status_line {
	uint32_t tunnels, sessions; /* established */
	bool draining, stopping;
	bool reload_failed;         /* the last one */
};

/* *ret NULL: there is no service manager to notify. */
int status_new(sd_event *event, struct status **ret);
void status_free(struct status *s); /* NULL is fine */
/* It is told, though perhaps later.  s NULL is fine. */
void status_tell(struct status *s, enum status_news news);
/* How it is now; costs next to nothing where nothing has changed.  s NULL is fine. */
void status_note(struct status *s, const struct status_line *line);

#endif
