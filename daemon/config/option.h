/* SPDX-License-Identifier: MIT */
/* option: the table of all options, and how a value of each kind is read. */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include "config.h"
#include "mistake.h"

/* Where an option may stand. */
enum config_section {
	IN_ROOT = 1 << 0,
	IN_LIMITS = 1 << 1,
	IN_POOL = 1 << 2,
	IN_LNS = 1 << 3,
	IN_LAC = 1 << 4,
	IN_PPP = 1 << 5,   /* of an lns or lac */
	AT_START = 1 << 6, /* an option of the root that a reload cannot change */
};

/* What reading a value may need. */
struct option_context {
	struct config *config;
	const struct config_file *file; /* which the value is from, and the line in it */
	unsigned line;
	bool oom;
	char what[256];        /* room for a sentence about what is wrong */
};

/* Where and how deep options are printed. */
struct option_print {
	FILE *out;
	const char *indent;
};

struct option_word {
	const char *text; /* NULL: the end */
	uint32_t value;
};

struct option;
struct option_kind {
	bool list;
	const char *allowed; /* in words; NULL: from the row's bounds */
	/* NULL: read into field; else what is wrong with text */
	const char *(*set)(struct option_context *x, const struct option *o, const char *text, void *field);
	/* As a line of the file, or nothing if it has no value; NULL: another option of the field does that. */
	void (*print)(const struct option *o, const void *field, const struct option_print *p);
	void (*clear)(void *field);                              /* NULL: nothing to free */
	void (*describe)(const struct option *o, char *buf, size_t size); /* what is allowed, from the bounds */
	const struct option_word *words; /* all that there are, the preferred one of a value first; NULL: not a word */
};

struct option {
	unsigned sections; /* enum config_section bits */
	const char *key;
	const struct option_kind *kind;
	size_t offset, size; /* in the struct of the section */
	uint64_t min, max;   /* of a number or a time; of a text's length; of a list's */
	const char *word;    /* stands for 0 of a number, for never of a time; NULL: there is none */
	const char *fallback; /* the default as it would be written; NULL: none, or set by the maker of the struct */
};

/* Kinds (config/value.c, config/address.c).  Their fields: */
extern const struct option_kind kind_number;      /* an unsigned integer of 1 to 8 octets */
extern const struct option_kind kind_time;        /* usec_t */
extern const struct option_kind kind_msec;        /* uint32_t, milliseconds */
extern const struct option_kind kind_dscp;        /* uint32_t, a PHB code of RFC 3140 */
extern const struct option_kind kind_refusal;     /* struct l2tp_refusal */
extern const struct option_kind kind_yes_no;      /* bool */
extern const struct option_kind kind_family;      /* int */
extern const struct option_kind kind_sequencing;  /* enum config_sequencing */
extern const struct option_kind kind_access;      /* bool: may they read? */
extern const struct option_kind kind_log_level;   /* int */
extern const struct option_kind kind_text;        /* char * */
extern const struct option_kind kind_name;        /* char[size] */
extern const struct option_kind kind_ipv4;        /* char * */
extern const struct option_kind kind_address;     /* char * */
extern const struct option_kind kind_interface;   /* char * */
extern const struct option_kind kind_texts;       /* char **, NULL-terminated */
extern const struct option_kind kind_servers;     /* the same */
extern const struct option_kind kind_lcp;         /* struct lcp_list */
extern const struct option_kind kind_secret;      /* struct l2tp_params */
extern const struct option_kind kind_secret_file; /* struct l2tp_params */
extern const struct option_kind kind_secret_credential; /* struct l2tp_params */
extern const struct option_kind kind_prefixes;    /* struct config_profile */
extern const struct option_kind kind_listens;     /* struct config */
extern const struct option_kind kind_stream;      /* struct config_stream */
extern const struct option_kind kind_range;       /* struct config_pool */
extern const struct option_kind kind_pool;        /* struct config_pool * */

extern const struct option options[];
extern const size_t options_n;

/* The structs that options[].offset counts in: struct config for IN_ROOT, struct l2tp_limits for IN_LIMITS,
 * struct config_pool for IN_POOL, struct config_profile for the others. */
void options_set_defaults(struct option_context *x, unsigned section, void *base);
const char *option_set(struct option_context *x, const struct option *o, const char *text, void *base);
void options_print(unsigned section, const void *base, const struct option_print *p);
/* For the kinds: "key = ", and all of a line. */
void option_put_key(const struct option_print *p, const struct option *o);
void option_put(const struct option_print *p, const struct option *o, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Do two structs of the section have the same value? */
bool option_same(const struct option *o, const void *a, const void *b);
void options_clear(unsigned sections, void *base);
/* "1 to 65535", "yes or no" */
const char *option_allowed(const struct option *o, char *buf, size_t size);

/* The option of a section, else NULL. */
const struct option *option_find(unsigned section, const char *key);
/* The key or subsection of a section that looks most like an unknown key, else NULL. */
const char *option_like(unsigned section, const char *key);
/* The sections that a key, or a section with its braces, is for; 0: there is no such one. */
unsigned option_elsewhere(const char *key, bool braces);

struct section {
	unsigned in, section; /* enum config_section: where it may stand, and what may stand in it */
	const char *name;
	bool titled;
};

const struct section *section_find(unsigned in, const char *name, size_t len);
/* "limits", "lns or lac", ... */
const char *section_name(unsigned section);

#endif
