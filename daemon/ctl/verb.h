/* SPDX-License-Identifier: MIT */
/*
 * verb: the table of verbs.
 *
 * A family of verbs is a file of its own with an array `const struct verb NAME_verbs[]`, which ends with a row without
 * a name, and is named in three places: here, in the list of verb.c, and in daemon/ctl/meson.build.  Everything else
 * follows from its rows: --help, how many arguments there must be, how options are read and checked, what the shells
 * complete.  tests/ctl/documented wants each verb and option in l2tpctl.1.
 */
#ifndef VERB_H
#define VERB_H

#include <stdbool.h>
#include <stddef.h>

struct ctl;

/*
 * The exit status of l2tpctl.  A function that returns one other than STATUS_OK has printed the error.
 */
enum status {
	STATUS_OK,
	STATUS_FAILED,      /* the daemon could not do it, or something else */
	STATUS_USAGE,       /* a mistake in the command line */
	STATUS_UNREACHABLE, /* no daemon behind the socket */
	STATUS_NOT_FOUND,   /* no such tunnel, session or profile */
	STATUS_DENIED,      /* permission denied */
	STATUS_TIMEOUT,     /* timed out */
};

#define OPTIONS_MAX 24 /* of one verb */
#define WORDS_MAX   3  /* in a verb's name */

/*
 * --name, or --name=ARGUMENT.  ARGUMENT is printed as it is.  Words in lower case with | between them are the allowed
 * values ("lac|lns"); for words in capitals that complete.c knows (PROFILE, TUNNEL, ...) it offers candidates; an
 * ADDRESS, with or without a port, and an IP are checked.
 * An option with a key is an entry of the a{sv} that ctl_append_options() makes: a filter, an option of a method.
 */
struct verb_option {
	const char *name;
	const char *argument; /* NULL: it takes none */
	const char *help;
	const char *key;
	char type;            /* of D-Bus: b (no argument), s, or u and q, which are checked; 0: the verb's own */
};

enum {
	VERB_HIDDEN = 1 << 0,  /* not for people: neither in the help nor among the completions */
	VERB_NO_JSON = 1 << 1, /* prints nothing that JSON could contain: --json is refused */
};

struct verb {
	const char *name;                  /* "show tunnels" */
	/*
	 * Words with a blank between: "TUNNEL|PROFILE [FILE]".  One in brackets may be missing; "..." behind the last
	 * one: any number of them.  They complete as the arguments of options do.
	 */
	const char *arguments;
	const char *summary;               /* one line, what it does */
	const struct verb_option *options; /* NULL, or ends with a row without a name */
	enum status (*run)(struct ctl *c);
	unsigned flags;
};

/* The families, one file each. */
extern const struct verb show_verbs[];
extern const struct verb watch_verbs[];
extern const struct verb top_verbs[];
extern const struct verb request_verbs[];
extern const struct verb complete_verbs[];
extern const struct verb doctor_verbs[];
extern const struct verb import_verbs[];
extern const struct verb kernel_verbs[];
extern const struct verb trace_verbs[];

/* All verbs in the order of the help, from 0; NULL: there are no more. */
const struct verb *verb_at(size_t i);
/* The verb that the first words name, and how many they are; the longest name wins.  NULL: none. */
const struct verb *verb_find(char *const *words, size_t n, size_t *ret_used);
/* The name begins with these words. */
bool verb_begins(const struct verb *v, char *const *words, size_t n);
/* What `arguments` says; *ret_max is SIZE_MAX if there is no limit. */
void verb_arity(const struct verb *v, size_t *ret_min, size_t *ret_max);
size_t verb_options(const struct verb *v);

#endif
