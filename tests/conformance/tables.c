/* SPDX-License-Identifier: MIT */
#include "tables.h"

int main(void)
{
	print_tunnel_table(stdout);
	print_session_tables(stdout);
	return 0;
}
