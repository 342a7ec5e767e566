/* SPDX-License-Identifier: MIT */
/*
 * ends: drivers in one event loop, an LNS and a LAC that dials it over loopback, without a kernel's data path.
 */
#ifndef ENDS_H
#define ENDS_H

#include <systemd/sd-event.h>

#include "core/driver.h"
#include "core/view.h"

extern char directory[32]; /* for configurations, and runtime directories */
extern sd_event *event;
extern struct driver_options ends_options; /* of those that are started from now on */

/* One driver, and what is heard of it: "TUNNEL_OPENED TUNNEL_ESTABLISHED ". */
struct end {
	struct driver *driver;
	struct watcher watcher;
	char heard[8192];
	uint32_t tunnel_id, session_id; /* the last ones */
	struct l2tp_reason reason;
	char states[8192];              /* what the view says at each event */
	char host[64];
};

void ends_setup(void);
void ends_teardown(void);

/* name: "lns" or "lac" */
void write_config(const char *name, const char *text, char path[128]);
void start(struct end *end, const char *name, const char *text);
/* It succeeds. */
void reload(struct end *end, const char *name, const char *text);
void end_free(struct end *end);
/* The LNS serves profile "isp" on this port, and the LAC dials it with profile "uplink"; more: in the profile. */
const char *lns_text(uint16_t port, const char *more);
const char *lac_text(uint16_t port, const char *more);
void start_lns(struct end *end, uint16_t port, const char *more);
void start_lac(struct end *end, uint16_t port, const char *more);

/* "WORD " at the end of what is there. */
void append(char *to, size_t size, const char *word);
size_t count(const char *heard, const char *word);
void run_until(struct end *end, const char *word, size_t times);
void run_for(usec_t time);
uint16_t free_port(void);

#endif
