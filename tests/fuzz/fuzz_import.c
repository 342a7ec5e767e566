/* SPDX-License-Identifier: MIT */
/*
 * fuzz_import: an xl2tpd.conf, an l2tp-secrets and a file of pppd's options, with an octet 0xff between them.  Whatever
 * they are, what l2tpctl import makes of them is a configuration that our own reader takes without a mistake.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "ctl/import.h"
#include "fuzz.h"

#define PATH "/fuzz/l2tpd.conf"

int __wrap_open64(const char *path, int flags, ...); /* what open() is called with large files */

static int config_fd = -1;

int __wrap_open64(const char *path, int flags, ...)
{
	(void)flags;
	must(strcmp(path, PATH) == 0, "nothing else is opened");
	lseek(config_fd, 0, SEEK_SET);
	return fcntl(config_fd, F_DUPFD_CLOEXEC, 0);
}

/* The parts in their order; anything that is named after the first two is the third. */
static int read_part(void *ctx, const char *path, char **ret)
{
	const struct l2tp_span *parts = ctx;
	const struct l2tp_span *part = &parts[strcmp(path, "conf") == 0 ? 0 : strcmp(path, "secrets") == 0 ? 1 : 2];

	*ret = malloc(part->len + 1);
	if (!*ret)
		abort();
	if (part->len)
		memcpy(*ret, part->data, part->len);
	(*ret)[part->len] = '\0';
	return 0;
}

static void load(const char *text, size_t size)
{
	struct config *c = NULL;

	if (config_fd < 0)
		config_fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (config_fd < 0 || fchmod(config_fd, 0600) < 0 || ftruncate(config_fd, 0) < 0 ||
	    pwrite(config_fd, text, size, 0) != (ssize_t)size)
		abort();
	int r = config_load(PATH, stderr, &c);
	if (r < 0)
		fputs(text, stderr);
	must(r == 0, "what is imported has no mistakes");
	config_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct l2tp_span parts[3] = { { 0 } };
	struct import_input in = {
		.path = "conf", .secrets = "secrets", .host_name = "machine", .read = read_part, .ctx = parts
	};
	char *text = NULL, *notes = NULL;
	size_t part = 0, len, notes_len;
	FILE *out = open_memstream(&text, &len), *notes_out = open_memstream(&notes, &notes_len);

	parts[0].data = data;
	for (size_t i = 0; i < size; i++) {
		if (data[i] == 0xff && part < 2)
			parts[++part].data = data + i + 1;
		else
			parts[part].len++;
	}
	if (!out || !notes_out)
		abort();
	must(import_xl2tpd(&in, out, notes_out) == 0, "any text can be read");
	fclose(out);
	fclose(notes_out);
	load(text, len);
	for (size_t i = 0; i < notes_len; i++)
		must(notes[i] == '\n' || (notes[i] >= ' ' && notes[i] <= '~'), "notes are printable");
	free(text);
	free(notes);
	return 0;
}
