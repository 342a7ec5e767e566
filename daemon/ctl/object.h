/* SPDX-License-Identifier: MIT */
/*
 * object: prints one tunnel, session, profile or the daemon itself in detail, for people.
 */
#ifndef OBJECT_H
#define OBJECT_H

#include "json.h"

void object_print_manager(const json_t *row);
void object_print_tunnel(const json_t *row);
void object_print_session(const json_t *row);
void object_print_profile(const json_t *row);

#endif
