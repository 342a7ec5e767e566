/* SPDX-License-Identifier: MIT */
/*
 * access: who may do what on the private socket.  Root, the user that the daemon runs as, and the members of
 * api-group may do everything; others may look, if api-others says so.  The kernel says who is at the other end, as it
 * was when the client connected: nothing that it sends is believed.
 */
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "impl.h"
#include "base/log.h"

#define MODE_GROUP 0660
#define MODE_ALL 0666
#define MODE_OWNER 0600

/* A look into the group file may take its time: it is done once, before the daemon serves anybody. */
void bus_access_init(struct bus_access *a, const struct bus_options *options)
{
	const struct group *g = options->group ? getgrnam(options->group) : NULL;

	*a = (struct bus_access){ .group_known = g, .group = g ? g->gr_gid : 0, .others_read = options->others_read };
	if (options->group && !g)
		log_event(LOG_INFO, CLASS_LOCAL, NULL, "there is no group \"%s\": only root may use the control API",
			  options->group);
}

int bus_access_set_mode(const struct bus_access *a, const char *path)
{
	mode_t mode = a->others_read ? MODE_ALL : MODE_OWNER;

	if (a->group_known && chown(path, (uid_t)-1, a->group) == 0 && !a->others_read)
		mode = MODE_GROUP;
	return chmod(path, mode) < 0 ? -errno : 0;
}

/* All groups of the other end. */
static int in_group(int fd, gid_t group)
{
	gid_t *groups;
	socklen_t len = 0;
	bool found = false;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) < 0 && errno != ERANGE)
		return -errno;
	groups = malloc(len ? len : sizeof(*groups));
	if (!groups)
		return -ENOMEM;
	if (len && getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0) {
		free(groups);
		return -errno;
	}
	for (size_t i = 0; i < len / sizeof(*groups); i++)
		found |= groups[i] == group;
	free(groups);
	return found;
}

int bus_access_check(const struct bus_access *a, int fd, uid_t *ret_uid, enum bus_right *ret)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int member = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return -errno;
	if (a->group_known && peer.gid != a->group && (member = in_group(fd, a->group)) < 0)
		return member;
	*ret_uid = peer.uid;
	if (peer.uid == 0 || peer.uid == geteuid() || (a->group_known && (member || peer.gid == a->group)))
		*ret = BUS_MAY_CHANGE;
	else if (a->others_read)
		*ret = BUS_MAY_READ;
	else
		return -EACCES;
	return 0;
}
