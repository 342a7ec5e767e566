/* SPDX-License-Identifier: MIT */
/*
 * import: converts the configuration of another daemon: `l2tpctl import xl2tpd FILE`.
 *
 * Each option of xl2tpd.conf(5) is a row of the table in import_option.c.  The conversion follows what xl2tpd does, not
 * what its manual says: [lns default] becomes a profile of its own, for peers that match no other; of [lac default]
 * only "lns" counts; "require chap" counts only with "require authentication".  What has no counterpart is reported
 * twice, on stderr and as a comment in its place, so that nothing is lost silently.
 *
 * Whatever the input is, the output passes l2tpd --check: values are checked against the limits of our options, and the
 * fuzzer verifies it.  Called by the verb and the tests.
 */
#include "import_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Right for a client; but peers have to know the port of an LNS. */
static void put_no_port(struct import *im, const struct xl2tpd_line *port)
{
	bool lns = false;

	for (size_t i = 1; i < im->file.n_sections; i++)
		lns = lns || im->file.sections[i].kind == XL2TPD_LNS;
	if (lns)
		import_note(im, port, "makes xl2tpd choose a free port, which peers cannot know: set listen");
	import_line(im, "listen = {}");
}

static void put_listen(struct import *im)
{
	const struct xl2tpd_line *addr = xl2tpd_find(im->global, "listen-addr"),
				 *port = xl2tpd_find(im->global, "port");
	char text[INET_ADDRSTRLEN];

	if (port && !import_number(im, port, 0, UINT16_MAX, &im->port))
		im->port = L2TP_PORT;
	if (addr && !address_read_ip4(addr->value, &im->address))
		import_note(im, addr, "omitted: not an address");
	if (im->port == 0)
		put_no_port(im, port);
	else if (im->address || im->port != L2TP_PORT)
		import_line(im, "listen = { '%s:%u' }", address_ip4_text(im->address, text), im->port);
	else
		import_line(im, "# listen: all IPv4 and IPv6 addresses, port %u", im->port);
}

static void put_global(struct import *im)
{
	static const char *const debugs[] = { "debug avp", "debug network", "debug packet", "debug state",
					      "debug tunnel" };
	bool debug = false;

	put_listen(im);
	for (size_t i = 0; i < sizeof(debugs) / sizeof(debugs[0]); i++)
		debug = debug || import_is_yes(im->global, debugs[i]);
	if (debug)
		import_line(im, "log-level = debug # see also: l2tpctl trace");
	import_options(im, im->global);
}

static void put_head(struct import *im)
{
	fputs("# Converted by l2tpctl import xl2tpd from ", im->out);
	import_safely(im->out, im->in->path);
	fputs(".\n# Notes begin with the name of the file; see l2tpd.conf(5).\n", im->out);
	if (im->n_secrets)
		import_line(im, "# This file contains secrets: protect it with chmod 600.");
	import_line(im, "%s", "");
	for (size_t i = 0; i < im->file.n_mistakes; i++)
		import_note_text(im, im->file.mistakes[i].number, im->file.mistakes[i].text, im->file.mistakes[i].what);
}

/* xl2tpd looks at sections from the last to the first, and at [lns default] after all others. */
static void put_sections(struct import *im)
{
	const struct xl2tpd_section *fallback = NULL;

	for (size_t i = im->file.n_sections; i-- > 1;) {
		const struct xl2tpd_section *s = &im->file.sections[i];

		if (s->kind == XL2TPD_LNS && strcasecmp(s->name, "default") == 0)
			fallback = s;
		else if (s->kind == XL2TPD_LNS)
			import_lns(im, s);
	}
	if (fallback)
		import_lns(im, fallback);
	for (size_t i = 1; i < im->file.n_sections; i++)
		if (im->file.sections[i].kind == XL2TPD_LAC && &im->file.sections[i] != im->default_lac)
			import_lac(im, &im->file.sections[i]);
	for (size_t i = 0; im->default_lac && i < im->default_lac->n_lines; i++)
		if (strcmp(im->default_lac->lines[i].key, "lns") != 0)
			import_note(im, &im->default_lac->lines[i],
				    "omitted: xl2tpd uses only lns from [lac default]");
}

static int read_secrets(struct import *im, char **ret_text)
{
	const struct xl2tpd_line *l = xl2tpd_find(im->global, "auth file");
	const char *path = im->in->secrets ? im->in->secrets : l ? l->value : "/etc/xl2tpd/l2tp-secrets";
	int r = im->in->read(im->in->ctx, path, ret_text);

	if (r == 0)
		return xl2tpd_secrets(*ret_text, &im->secrets, &im->n_secrets);
	if (im->in->secrets)
		return r;
	fputs("l2tpctl: ", im->notes);
	import_safely(im->notes, path);
	fprintf(im->notes, ": %s: no secrets are imported\n", strerror(-r));
	return 0;
}

static void find_sections(struct import *im)
{
	im->global = &im->file.sections[0];
	for (size_t i = 1; i < im->file.n_sections; i++)
		if (im->file.sections[i].kind == XL2TPD_LAC && strcasecmp(im->file.sections[i].name, "default") == 0)
			im->default_lac = &im->file.sections[i];
}

static void clear(struct import *im)
{
	for (size_t i = 0; i < im->n_names; i++)
		free(im->names[i]);
	free(im->names);
	free(im->pools);
	free(im->secrets);
	xl2tpd_clear(&im->file);
}

int import_xl2tpd(const struct import_input *in, FILE *out, FILE *notes)
{
	struct import im = { .in = in, .out = out, .notes = notes, .path = in->path, .port = L2TP_PORT };
	char *text = NULL, *secrets = NULL;
	int r = in->read(in->ctx, in->path, &text);

	if (r == 0)
		r = xl2tpd_parse(text, &im.file);
	if (r == 0) {
		find_sections(&im);
		r = read_secrets(&im, &secrets);
	}
	if (r == 0) {
		put_head(&im);
		put_global(&im);
		put_sections(&im);
		r = im.oom ? -ENOMEM : 0;
	}
	clear(&im);
	free(secrets);
	return r;
}

/* ---- The verb ----------------------------------------------------------------------------------------------- */

static int read_file(void *ctx, const char *path, char **ret)
{
	(void)ctx;
	return xl2tpd_read_text(path, ret);
}

static enum status run(struct ctl *c)
{
	char host_name[256] = "localhost";
	struct import_input in = { .path = c->args[0],
				   .secrets = ctl_option(c, "secrets"),
				   .ppp_options = ctl_option(c, "ppp-options"),
				   .host_name = host_name,
				   .read = read_file };
	int r;

	gethostname(host_name, sizeof(host_name) - 1);
	r = import_xl2tpd(&in, stdout, stderr);
	if (r == 0)
		return STATUS_OK;
	fprintf(stderr, "l2tpctl: %s%s%s: %s\n", in.path, in.secrets ? " or " : "", in.secrets ? in.secrets : "",
		r == -EBADMSG ? "is not a text file" : strerror(-r));
	return STATUS_FAILED;
}

static const struct verb_option xl2tpd_options[] = {
	{ "secrets", "FILE", "read the secrets from FILE, not from the auth file of the configuration", NULL, 0 },
	{ "ppp-options", "FILE", "read the options of pppd from FILE, not from pppoptfile", NULL, 0 },
	{ 0 },
};

const struct verb import_verbs[] = {
	{ "import xl2tpd", "FILE", "convert an xl2tpd.conf to a configuration for l2tpd", xl2tpd_options, run,
	  VERB_NO_JSON },
	{ 0 },
};
