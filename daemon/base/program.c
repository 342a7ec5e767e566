/* SPDX-License-Identifier: MIT */
/*
 * program: see program.h.  Time and output are bounded; children that the program leaves behind are killed with
 * it.  Called by attach/dryrun.c and by l2tpctl doctor.
 */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "clock.h"

#define RUN_TIME (5 * USEC_PER_SEC)

/* Read its output until it ends or times out; what does not fit is read and dropped. */
static void hear(int fd, char *out, size_t size)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	const usec_t end = clock_now() + RUN_TIME;
	usec_t now;
	char rest[1024];
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && (now = clock_now()) < end && poll(&p, 1, (int)((end - now) / USEC_PER_MSEC)) > 0) {
		bool room = len + 1 < size;

		n = read(fd, room ? out + len : rest, room ? size - len - 1 : sizeof(rest));
		len += room && n > 0 ? (size_t)n : 0;
	}
	out[len] = '\0';
}

static int spawn(const char *path, char *const *argv, int output, pid_t *ret)
{
	static char search[] = "PATH=" CHILD_PATH, words[] = "LC_ALL=C";
	char *const environment[] = { search, words, NULL };

	return child_spawn(&(struct child){ path, argv, environment, .output = output, .file = -1 }, ret);
}

int program_run(const char *path, char *const *argv, char *out, size_t size)
{
	int fds[2], status, r;
	pid_t pid;

	out[0] = '\0';
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	r = spawn(path, argv, fds[1], &pid);
	close(fds[1]);
	if (r >= 0)
		hear(fds[0], out, size);
	close(fds[0]);
	if (r < 0)
		return r;
	kill(-pid, SIGKILL); /* it is about to end, which this does not change, or takes too long */
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ETIMEDOUT;
}
