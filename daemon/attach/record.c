/* SPDX-License-Identifier: MIT */
/*
 * record: one file for each running pppd, <tunnel>-<session>: "PID START INTERFACE".
 *
 * A daemon that was killed leaves its pppd processes behind, attached to sessions that are no more.  The next one finds
 * them here.  A process number alone may by then belong to a stranger, so the start time is recorded with it and the
 * name is looked at; a pidfd is taken before the look, so that what was looked at is what gets the signal.  A file that
 * is not understood is removed and harms nobody.
 *
 * Called by process.c: written at each start, removed at each end; cleaned once, before the event loop runs.
 */
#include "record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COMM_MAX 15           /* the kernel cuts names there */
#define POLL_MS 20
#define TERM_POLLS (6000 / POLL_MS) /* time to end of itself: pppd waits 5 s for its scripts */
#define KILL_POLLS (2000 / POLL_MS) /* time to die: closing a pppox takes its while */

#define NAME_FMT "%" PRIu32 "-%" PRIu32
#define NAME_SIZE sizeof("4294967295-4294967295")

/* A decimal number up to max and the character after it; NULL if there is none. */
static const char *parse_number(const char *p, uint64_t max, char end, uint64_t *ret)
{
	uint64_t value = 0;
	const char *start = p;

	for (; *p >= '0' && *p <= '9'; p++) {
		const uint64_t digit = (uint64_t)(*p - '0');
		if (value > (max - digit) / 10)
			return NULL;
		value = value * 10 + digit;
	}
	if (p == start || *p != end)
		return NULL;
	*ret = value;
	return end ? p + 1 : p;
}

static int read_text(int dir, const char *path, char *buf, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	close(fd);
	if (len < 0)
		return -errno;
	buf[len] = '\0';
	return 0;
}

/* What /proc/PID/stat says: field 2, the name in parentheses that may contain anything; 3, the state; 22, the start. */
struct process {
	char comm[COMM_MAX + 1];
	char state;
	uint64_t start;
};

static int process_read(pid_t pid, struct process *ret)
{
	char path[sizeof("/proc/-2147483648/stat")], text[1024];
	const char *open, *close, *p;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	r = read_text(AT_FDCWD, path, text, sizeof(text));
	if (r < 0)
		return r;
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || close < open || close - open - 1 > COMM_MAX)
		return -EINVAL;
	*ret = (struct process){ .state = close[1] ? close[2] : '\0' };
	memcpy(ret->comm, open + 1, (size_t)(close - open - 1));
	p = close;
	for (int field = 2; field < 22 && p; field++)
		p = strchr(p + 1, ' ');
	if (!p || !parse_number(p + 1, UINT64_MAX, ' ', &ret->start))
		return -EINVAL;
	return 0;
}

int ppp_record_write(int directory, const struct ppp_record *r)
{
	char name[NAME_SIZE], text[128];
	struct process process;
	int len, fd, err;

	err = process_read(r->pid, &process);
	if (err < 0)
		return err;
	snprintf(name, sizeof(name), NAME_FMT, r->tunnel_id, r->session_id);
	len = snprintf(text, sizeof(text), "%d %" PRIu64 " %s\n", (int)r->pid, process.start,
		       r->interface ? r->interface : "-");
	fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	err = write(fd, text, (size_t)len) == len ? 0 : -EIO;
	close(fd);
	return err;
}

void ppp_record_remove(int directory, uint32_t tunnel_id, uint32_t session_id)
{
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), NAME_FMT, tunnel_id, session_id);
	(void)unlinkat(directory, name, 0);
}

static bool record_parse(const char *text, pid_t *pid, uint64_t *start)
{
	uint64_t number;

	text = parse_number(text, INT32_MAX, ' ', &number);
	if (!text || number <= 1)
		return false;
	*pid = (pid_t)number;
	return parse_number(text, UINT64_MAX, ' ', start) != NULL;
}

/* The recorded process as a pidfd if it is alive and still the one, else a negative number. */
static int record_open(int directory, const char *name, const char *comm)
{
	struct process process;
	char text[128];
	uint64_t start;
	pid_t pid;
	int pidfd;

	if (read_text(directory, name, text, sizeof(text)) < 0 || !record_parse(text, &pid, &start) || pid == getpid())
		return -1;
	pidfd = pidfd_open(pid, 0);
	if (pidfd < 0)
		return -1;
	if (process_read(pid, &process) < 0 || process.start != start || strchr("ZX", process.state) ||
	    strncmp(process.comm, comm, COMM_MAX) != 0) {
		close(pidfd);
		return -1;
	}
	return pidfd;
}

/* Signal (0: none) the processes that are left; returns their number.  Records of others are removed. */
static int sweep(int directory, const char *comm, int signal)
{
	int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), pidfd, left = 0;
	struct dirent *entry;
	DIR *dir;

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		pidfd = record_open(directory, entry->d_name, comm);
		if (pidfd < 0) {
			(void)unlinkat(directory, entry->d_name, 0);
			continue;
		}
		if (signal)
			(void)pidfd_send_signal(pidfd, signal, NULL, 0);
		close(pidfd);
		left++;
	}
	closedir(dir);
	return left;
}

static int sweep_until_gone(int directory, const char *comm, int signal, int polls)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };
	int left = sweep(directory, comm, signal);

	while (left > 0 && polls-- > 0) {
		nanosleep(&pause, NULL);
		left = sweep(directory, comm, 0);
	}
	return left;
}

int ppp_record_clean(int directory, const char *comm)
{
	int found = sweep(directory, comm, SIGTERM), left = found;

	if (left > 0)
		left = sweep_until_gone(directory, comm, 0, TERM_POLLS);
	if (left > 0)
		left = sweep_until_gone(directory, comm, SIGKILL, KILL_POLLS);
	return left < 0 ? left : found;
}
