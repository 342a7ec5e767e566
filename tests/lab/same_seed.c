/* SPDX-License-Identifier: MIT */
/*
 * same_seed: loaded into pppd before its C library, it gives every pppd the seed 42 the first time one is set: what
 * happens by chance when two of them start at the same moment.
 */
#include <stdlib.h>

__attribute__((visibility("default"))) void srand48(long seed)
{
	static int seeded;
	unsigned short state[3];

	if (!seeded++)
		seed = 42;
	/* as the C library's srand48(): 0x330e, then the seed's 32 bits */
	state[0] = 0x330e;
	state[1] = (unsigned short)seed;
	state[2] = (unsigned short)((unsigned long)seed >> 16);
	(void)seed48(state);
}
