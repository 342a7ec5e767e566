/* SPDX-License-Identifier: MIT */
/*
 * main: l2tpctl: parses the command line, runs the verb, and fails if the output could not be written.
 *
 * The verbs are in files by family; verb.h says how one is added.
 */
#include "ctl.h"

#include <errno.h>
#include <locale.h>
#include <string.h>

int main(int argc, char **argv)
{
	struct ctl c = { .socket = SOCKET_PATH };
	enum status status;

	setlocale(LC_ALL, "");
	status = ctl_parse(&c, argc, argv);
	if (status == STATUS_OK && c.verb)
		status = c.verb->run(&c);
	sd_bus_close_unref(c.bus);
	/* a full disk, a closed pipe */
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == STATUS_OK) {
		fprintf(stderr, "l2tpctl: cannot write: %s\n", strerror(errno));
		status = STATUS_FAILED;
	}
	return (int)status;
}
