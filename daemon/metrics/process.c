/* SPDX-License-Identifier: MIT */
/*
 * process: what this process uses, as /proc and getrusage(2) tell it, in a time that does not grow with what it
 * holds.  Called by metrics.
 */
#include "process.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

#define COUNTED_MAX 4096 /* file descriptors that are counted one by one: about a millisecond */

static void look_at_memory(struct metrics_process *p)
{
	unsigned long long size, resident, page = (unsigned long long)sysconf(_SC_PAGESIZE);
	FILE *f = fopen("/proc/self/statm", "re");

	if (f && fscanf(f, "%llu %llu", &size, &resident) == 2) {
		p->virtual = size * page;
		p->resident = resident * page;
	}
	if (f)
		fclose(f);
}

static uint64_t count_entries(const char *directory)
{
	DIR *dir = opendir(directory);
	uint64_t n = 0;

	if (!dir)
		return METRICS_UNKNOWN;
	for (struct dirent *e; n <= COUNTED_MAX && (e = readdir(dir));)
		n += e->d_name[0] != '.';
	closedir(dir);
	return n <= COUNTED_MAX ? n - 1 : METRICS_UNKNOWN; /* one is the directory's own */
}

/* Since Linux 6.2 the directory's size is their number; before, it is zero. */
static uint64_t count_fds(void)
{
	static const char directory[] = "/proc/self/fd";
	struct stat st;

	if (stat(directory, &st) < 0)
		return METRICS_UNKNOWN;
	return st.st_size > 0 ? (uint64_t)st.st_size : count_entries(directory);
}

static usec_t usec_of(const struct timeval *tv)
{
	return (usec_t)tv->tv_sec * USEC_PER_SEC + (usec_t)tv->tv_usec;
}

void process_look(struct metrics_process *ret)
{
	struct metrics_process p = { METRICS_UNKNOWN, METRICS_UNKNOWN, METRICS_UNKNOWN, METRICS_UNKNOWN, 0, log_lost() };
	struct rusage usage;
	struct rlimit limit;

	look_at_memory(&p);
	p.fds = count_fds();
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		p.fds_max = limit.rlim_cur;
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		p.cpu = usec_of(&usage.ru_utime) + usec_of(&usage.ru_stime);
	*ret = p;
}
