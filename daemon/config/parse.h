/* SPDX-License-Identifier: MIT */
/* parse: a file as a tree of its statements. */
#ifndef CONFIG_PARSE_H
#define CONFIG_PARSE_H

#include "mistake.h"

enum node_kind {
	NODE_BROKEN,  /* what follows the key was not understood, and a mistake says so */
	NODE_SET,     /* key = value, key = { value, ... } */
	NODE_APPEND,  /* with += */
	NODE_SECTION, /* key { ... }, key "title" { ... } */
};

struct node {
	struct node *next;   /* of the same section or list */
	struct node *first;  /* statement of the section, value of the option */
	struct node *title;
	struct config_place at;
	enum node_kind kind; /* of a statement */
	bool bad;            /* the text was misspelt, and a mistake says so */
	bool list;           /* the values are in braces */
	char text[];         /* key, value or title, NUL-terminated */
};

/* Append the statements of a file, which is this one of config.files, at *at, and have *at behind the last one.
 * ret_open: every user of the machine can read it.  What is wrong with it goes to m.  Negative errno: it cannot be read. */
int parse_file(const char *path, unsigned file, struct mistakes *m, bool *ret_open, struct node ***at);
/* Wipe and free it with all that follows and is in it. */
void parse_free(struct node *n);

#endif
