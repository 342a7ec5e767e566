/* SPDX-License-Identifier: MIT */
/*
 * trace: Trace, which hands out a socket with control messages (trace_record.h).
 *
 * Clients that may change things may see them: a message can hold a password in the clear, hidden AVPs or not.  On the
 * private socket a client without that right could not be given a file descriptor anyway.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "impl.h"

int bus_trace(struct bus_object *o, uint32_t tunnel, sd_bus_message *m, sd_bus_error *error)
{
	int unhide = 0, fd, r;
	const struct bus_option options[] = { { "Unhide", 'b', &unhide } };

	r = bus_read_options(m, options, 1, error);
	if (r < 0)
		return r;
	r = driver_trace(o->connection->bus->driver, tunnel, unhide, &fd);
	if (r == -ENOENT)
		return sd_bus_error_setf(error, ERROR_NO_TUNNEL, "there is no tunnel %u", tunnel);
	if (r == -EBUSY)
		return sd_bus_error_set_const(error, ERROR_BUSY,
					      "there are as many traces as are allowed: end one of them");
	if (r < 0)
		return sd_bus_error_setf(error, ERROR_FAILED, "%s", strerror(-r));
	r = sd_bus_reply_method_return(m, "h", fd); /* it takes a copy */
	close(fd);
	return r;
}
