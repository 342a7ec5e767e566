/* SPDX-License-Identifier: MIT */
/*
 * tables: prints the state tables of the library, a line for each cell: section of RFC 2661, state, event, action, next
 * state; in the library's own words, separated by tabs.  The script states holds them against the RFC's.
 */
#ifndef TABLES_H
#define TABLES_H

#include <stdio.h>

void print_tunnel_table(FILE *f);
void print_session_tables(FILE *f);

#endif
