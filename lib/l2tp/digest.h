/* SPDX-License-Identifier: MIT */
/*
 * digest: all cryptography of L2TPv2: the challenge response of tunnel authentication (RFC 2661 4.4.3, as CHAP) and
 * AVP hiding (4.3).  The only user of nettle.
 */
#ifndef DIGEST_H
#define DIGEST_H

#include "l2tp.h"

#define DIGEST_LEN 16

/* MD5(id, secret, challenge); id is the type of the message that carries the response. */
void digest_response(uint8_t id, struct l2tp_span secret, struct l2tp_span challenge, uint8_t ret[DIGEST_LEN]);
/* Constant time. */
bool digest_equal(struct l2tp_span a, struct l2tp_span b);

/* Hide or unhide value in place: its own inverse only block by block, hence two functions. */
void digest_hide(uint16_t avp_type, struct l2tp_span secret, struct l2tp_span vector, uint8_t *value, size_t len);
void digest_unhide(uint16_t avp_type, struct l2tp_span secret, struct l2tp_span vector, uint8_t *value, size_t len);

/* Overwrite so that the compiler cannot leave it out. */
void digest_wipe(void *p, size_t len);

#endif
