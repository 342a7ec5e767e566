/* SPDX-License-Identifier: MIT */
/* args: what a ppp_spec means in words of pppd's command line. */
#ifndef PPPD_ARGS_H
#define PPPD_ARGS_H

#include "process.h"

/* NULL-terminated, one allocation, argv[0] included.
 * -EINVAL: something in the specification cannot be told to pppd; -ENOMEM */
int pppd_args_new(const struct ppp_spec *spec, const char *plugin, char ***ret);
void pppd_args_free(char **argv); /* NULL is fine */

#endif
