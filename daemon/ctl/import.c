/* SPDX-License-Identifier: MIT */
/*
 * import: the configuration of another daemon as one of ours: `l2tpctl import xl2tpd FILE`.
 *
 * What becomes of each option of xl2tpd.conf(5) is a row of the table in import_option.c.  It is what xl2tpd does that
 * is turned over, not what its manual says: [lns default] is a profile of its own, for peers that no other one takes;
 * of [lac default] only "lns" counts; "require chap" counts only with "require authentication".  What has no
 * counterpart is told twice, on stderr and as a comment where it would have stood, so that nothing is lost in silence.
 *
 * Whatever is read, what is written passes l2tpd --check: values are checked against what our options allow, and the
 * fuzzer holds us to it.  Called by the verb and the tests.
 */
#include "import_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Right for a client; what calls an LNS has to know its port. */
static void put_no_port(struct import *im, const struct xl2tpd_line *port)
{
	bool lns = false;

	for (size_t i = 1; i < im->file.n_sections; i++)
		lns = lns || im->file.sections[i].kind == XL2TPD_LNS;
	if (lns)
		import_note(im, port, "makes xl2tpd pick a free port, which no peer knows: set listen");
	import_line(im, "listen = {}");
}

static void put_listen(struct import *im)
{
	const struct xl2tpd_line *addr = xl2tpd_find(im->global, "listen-addr"),
				 *port = xl2tpd_find(im->global, "port");
	char text[INET_ADDRSTRLEN];

	if (port && !import_number(im, port, 0, UINT16_MAX, &im->port))
		im->port = L2TP_PORT;
	if (addr && !import_address(addr->value, &im->address))
		import_note(im, addr, "is left out: give an address");
	if (im->port == 0)
		put_no_port(im, port);
	else if (im->address || im->port != L2TP_PORT)
		import_line(im, "listen = { '%s:%u' }", import_address_text(im->address, text), im->port);
	else
		import_line(im, "# listen: all addresses, of IPv6 as well, port %u", im->port);
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
		import_line(im, "log-level = debug # and see: l2tpctl trace");
	import_options(im, im->global);
}

static void put_head(struct import *im)
{
	fputs("# Made by l2tpctl import xl2tpd of ", im->out);
	import_safely(im->out, im->in->path);
	fputs(".\n# Notes begin with the file's name; see l2tpd.conf(5).\n", im->out);
	if (im->n_secrets)
		import_line(im, "# There are secrets in it: chmod 600 this file.");
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
				    "xl2tpd takes nothing but lns from [lac default]: left out");
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
	fprintf(im->notes, ": %s: there will be no secrets\n", strerror(-r));
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
	{ "secrets", "FILE", "l2tp-secrets, instead of the file that the configuration names", NULL, 0 },
	{ "ppp-options", "FILE", "options of pppd, instead of the files that the configuration names", NULL, 0 },
	{ 0 },
};

const struct verb import_verbs[] = {
	{ "import xl2tpd", "FILE", "print an xl2tpd.conf as a configuration of l2tpd", xl2tpd_options, run,
	  VERB_NO_JSON },
	{ 0 },
};
