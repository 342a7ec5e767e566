/* SPDX-License-Identifier: MIT */
/*
 * fuzz_config: a configuration file of arbitrary octets.
 *
 * What is refused must be told why, by file, line and column; what is taken must suit the engine, a peer can be matched with it,
 * and printed and read again it is the same.  No file of this machine is touched: open(), wrapped by the linker, knows the configuration, which is a
 * memfd, and one file with a secret.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "fuzz.h"
#include "base/server.h"

#define PATH "/fuzz/l2tpd.conf"
#define SECRET_PATH "/fuzz/secret"

int __wrap_open64(const char *path, int flags, ...); /* what open() is called with large files */

static int config_fd = -1, secret_fd = -1;

int __wrap_open64(const char *path, int flags, ...)
{
	int fd = strcmp(path, PATH) == 0 ? config_fd : strcmp(path, SECRET_PATH) == 0 ? secret_fd : -1;

	(void)flags;
	if (fd < 0) {
		errno = ENOENT;
		return -1;
	}
	lseek(fd, 0, SEEK_SET);
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

static void write_file(int *fd, const void *data, size_t size)
{
	if (*fd < 0)
		*fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (*fd < 0 || fchmod(*fd, 0600) < 0 || ftruncate(*fd, 0) < 0 || pwrite(*fd, data, size, 0) != (ssize_t)size)
		abort();
}

/* Each line begins with the file's name. */
static void check_errors(int err, const char *text)
{
	must(err == 0 || err == -EINVAL || err == -EFBIG, "a mistake, nothing else");
	must(err == 0 || text[0], "a mistake is told");
	for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
		must(strncmp(line, PATH ":", sizeof(PATH)) == 0, "each line names the file");
		must(strchr(line, '\n'), "each line ends");
	}
}

static void random_octets(void *ctx, void *p, size_t len)
{
	(void)ctx;
	memset(p, 1, len);
}

static bool admit_nobody(void *ctx, const struct l2tp_addr *local, const struct l2tp_addr *peer,
			 struct l2tp_span host_name, struct l2tp_params *params, struct l2tp_reason *reason)
{
	(void)ctx, (void)local, (void)peer, (void)host_name, (void)params, (void)reason;
	return false;
}

static void check_profile(const struct config *c, const struct config_profile *p)
{
	const struct l2tp_env env = { .random = random_octets, .admit_tunnel = admit_nobody, .limits = c->limits };
	const struct l2tp_addr peer = { .ip = { 192, 0, 2, 1 }, .port = 1701, .family = 4 };
	struct server server;
	struct l2tp *l;
	uint32_t id;

	must(l2tp_new(&env, &l) == 0, "the engine takes the limits");
	must(l2tp_open(l, &p->params, &peer, &peer, 0, &id) == 0, "the engine takes the profile");
	for (char *const *i = p->servers; i && *i; i++)
		must(!server_read(*i, p->server_port, &server) && server.name[0] && server.port, "a server can be asked for");
	l2tp_free(l);
}

static void check_config(const struct config *c)
{
	static const struct l2tp_addr peers[] = {
		{ .ip = { 192, 0, 2, 1 }, .family = 4 },
		{ .ip = { 0xfe, 0x80, [15] = 1 }, .scope = 1, .family = 6 },
		{ .ip = { [10] = 0xff, 0xff, 192, 0, 2, 1 }, .family = 6 },
	};
	const struct l2tp_span name = { (const uint8_t *)"lac.example", 11 };

	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
		(void)config_match(c, &peers[i], i ? name : (struct l2tp_span){ 0 });
	for (size_t i = 0; i < c->n_profiles; i++)
		check_profile(c, &c->profiles[i]);
}

/* With the secrets, which are not printed, put in. */
static char *print(const struct config *c)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		abort();
	must(config_print(c, out) == 0, "printed");
	fclose(out);
	for (char *p = text; (p = strstr(p, "\t#secret"));)
		p[1] = ' ';
	return text;
}

static void check_print(const struct config *c)
{
	char *text = print(c), *again;
	struct config *same = NULL;

	write_file(&config_fd, text, strlen(text));
	must(config_load(PATH, stderr, &same) == 0, "what is printed can be read");
	again = print(same);
	must(strcmp(text, again) == 0, "what is printed is the same");
	free(text);
	free(again);
	config_free(same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *c = NULL;
	char *text = NULL;
	size_t len;
	FILE *errors = open_memstream(&text, &len);

	if (!errors)
		abort();
	write_file(&config_fd, data, size);
	write_file(&secret_fd, "sesame\n", 7);
	int err = config_load(PATH, errors, &c);
	fclose(errors);
	check_errors(err, text);
	must((err == 0) == (c != NULL), "a config if and only if there is no mistake");
	if (c) {
		check_config(c);
		check_print(c);
	}
	config_free(c);
	free(text);
	return 0;
}
