/* SPDX-License-Identifier: MIT */
/* params: is what the world has configured something that an engine can work with? */
#ifndef PARAMS_H
#define PARAMS_H

#include "l2tp.h"

bool params_valid(const struct l2tp_params *p);
bool limits_valid(const struct l2tp_limits *limits);

#endif
