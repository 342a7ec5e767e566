/* SPDX-License-Identifier: MIT */
/*
 * replay: runs a target on files, and on the files of folders, without libFuzzer: the corpus as an ordinary test, and
 * a finding under a debugger.
 *
 *	fuzz_TARGET FILE|FOLDER...
 */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "fuzz.h"

#define PATH_SIZE 4096

static void fail(const char *path)
{
	fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
	exit(EXIT_FAILURE);
}

static void run_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(size ? size : 1); /* ends where the input ends: the sanitizer sees a step beyond */

	if (!f || !data || fread(data, 1, size, f) != size)
		fail(path);
	fclose(f);
	printf("%s\n", path);
	fflush(stdout); /* who crashes is the last one named */
	LLVMFuzzerTestOneInput(size ? data : data + 1, size);
	free(data);
}

static int run(const char *path);

static int run_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char file[PATH_SIZE];
	int n = 0;

	if (!dir)
		fail(path);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		n += run(file);
	}
	closedir(dir);
	return n;
}

static int run(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		fail(path);
	if (S_ISDIR(st.st_mode))
		return run_folder(path);
	run_file(path, (size_t)st.st_size);
	return 1;
}

int main(int argc, char **argv)
{
	int n = 0;

	for (int i = 1; i < argc; i++)
		n += run(argv[i]);
	printf("%d inputs\n", n);
	return n ? EXIT_SUCCESS : EXIT_FAILURE;
}
