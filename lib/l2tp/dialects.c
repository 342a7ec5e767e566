/* SPDX-License-Identifier: MIT */
/* dialects: the versions of the protocol that are spoken, one row each; see dialect.h. */
#include <assert.h>

#include "dialect.h"
#include "tunnel.h"

/* The ZLB: a header and nothing else (RFC 2661 5.8). */
static bool is_zlb(const struct arrival *in)
{
	return in->header.body.len == 0;
}

/* RFC 2661, with RFC 3145, 3308 and 3437 */
const struct dialect dialect_v2 = {
	.version = 2,
	.codec = &wire_v2,
	.id_max = UINT16_MAX,
	.acknowledges = is_zlb,
	.avps = AVP_V2,
	.authentication = &challenge_authentication,
	.tunnel_rules = &tunnel_rules_v2,
	.session_rules = &session_rules_v2,
};

const struct dialect *dialect_of(uint8_t version)
{
	static const struct dialect *const rows[] = { &dialect_v2 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i]->version == version)
			return rows[i];
	assert(!"a version that wire.c knows");
	return NULL;
}
