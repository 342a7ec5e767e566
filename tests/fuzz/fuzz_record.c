/* SPDX-License-Identifier: MIT */
/*
 * fuzz_record: the file in which the daemon remembers a pppd (attach/record.c), with any content.
 *
 * A record may well name a process of this machine; but none has the name that is asked for, so none is found, none
 * gets a signal, and the record must be removed.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "attach/record.h"

#define NOBODY "\1nobody"

static char path[] = "/dev/shm/fuzz-record-XXXXXX";
static int folder = -1; /* one for the whole run */

static void remove_folder(void)
{
	rmdir(path);
}

static void make_folder(void)
{
	folder = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (folder < 0 || atexit(remove_folder) != 0)
		abort();
}

static void write_record(const uint8_t *data, size_t size)
{
	int fd = openat(folder, "1-2", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stat st;

	if (folder < 0)
		make_folder();
	write_record(data, size);
	must(ppp_record_clean(folder, NOBODY) == 0, "nobody is found");
	must(fstatat(folder, "1-2", &st, AT_SYMLINK_NOFOLLOW) < 0, "a useless record is removed");
	return 0;
}
