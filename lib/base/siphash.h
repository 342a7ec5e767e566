/* SPDX-License-Identifier: MIT */
/*
 * siphash: SipHash-1-3, a hash of short keys that cannot be predicted without its secret.
 */
#ifndef SIPHASH_H
#define SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_SECRET 16 /* octets */

uint64_t siphash13(const uint8_t secret[SIPHASH_SECRET], const void *data, size_t len);

#endif
