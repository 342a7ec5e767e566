/* SPDX-License-Identifier: MIT */
/*
 * l2tp_base: what every protocol library here has in its interface: octets and times.  Installed beside each library's
 * own header, which includes it.
 */
#ifndef L2TP_BASE_H
#define L2TP_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t usec_t;
#define USEC_PER_SEC ((usec_t)1000000)
#define USEC_PER_MSEC ((usec_t)1000)
#define USEC_NEVER UINT64_MAX

/* Bytes that another object owns; never NUL-terminated by contract. */
struct l2tp_span {
	const uint8_t *data;
	size_t len;
};

#endif
