/* SPDX-License-Identifier: MIT */
/* record: which pppd processes are ours, remembered across a crash: a file for each. */
#ifndef PPP_RECORD_H
#define PPP_RECORD_H

#include <stdint.h>
#include <sys/types.h>

struct ppp_record {
	uint32_t tunnel_id, session_id; /* the file's name */
	pid_t pid;
	const char *interface;          /* NULL: not known; for the reader of the file only */
};

/* directory: an open one, private to us. */
int ppp_record_write(int directory, const struct ppp_record *r);
void ppp_record_remove(int directory, uint32_t tunnel_id, uint32_t session_id);

/* End every recorded process that still is the one recorded and whose name is comm; waits for it, a few seconds at
 * most.  Returns how many there were, or a negative errno. */
int ppp_record_clean(int directory, const char *comm);

#endif
