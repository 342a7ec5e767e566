/* SPDX-License-Identifier: MIT */
/*
 * environment: see environment.h.  There is room for the longest texts that a peer can send; that there is room for
 * all words is our own affair, and asserted.
 *
 * Called by calls.
 */
#include "environment.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

void environment_init(struct environment *e)
{
	e->n = 0;
	e->used = 0;
	e->list[0] = NULL;
}

void environment_put(struct environment *e, const char *name, struct l2tp_span value)
{
	size_t room = sizeof(e->text) - e->used;
	char *word = e->text + e->used;

	if (!value.len)
		return;
	assert(e->n < ENVIRONMENT_WORDS && strlen(name) + 2 + 4 * value.len <= room);
	size_t len = (size_t)snprintf(word, room, "%s=", name);
	log_escape(value, word + len, room - len);
	e->used += strlen(word) + 1;
	e->list[e->n++] = word;
	e->list[e->n] = NULL;
}

void environment_put_word(struct environment *e, const char *name, const char *value)
{
	environment_put(e, name, (struct l2tp_span){ (const uint8_t *)value, strlen(value) });
}

void environment_put_number(struct environment *e, const char *name, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	environment_put_word(e, name, text);
}

void environment_put_call(struct environment *e, const struct l2tp_addr *peer, struct l2tp_span peer_host_name,
			  const struct l2tp_call_info *call)
{
	char address[L2TP_ADDR_STR_MAX];

	environment_put_word(e, "L2TP_PEER", l2tp_addr_str(peer, address));
	environment_put(e, "L2TP_PEER_HOST", peer_host_name);
	environment_put(e, "L2TP_CALLING_NUMBER", call->calling_number);
	environment_put(e, "L2TP_CALLED_NUMBER", call->called_number);
	environment_put(e, "L2TP_SUB_ADDRESS", call->sub_address);
	environment_put_number(e, "L2TP_CALL_SERIAL_NUMBER", call->call_serial_number);
	environment_put_number(e, "L2TP_TX_CONNECT_SPEED", call->tx_connect_speed);
	environment_put_number(e, "L2TP_RX_CONNECT_SPEED", call->rx_connect_speed);
	environment_put_number(e, "L2TP_PHYSICAL_CHANNEL_ID", call->physical_channel_id);
	environment_put(e, "L2TP_PRIVATE_GROUP_ID", call->private_group_id);
	if (call->proxy.authen_type == L2TP_PROXY_UNSAID)
		return;
	environment_put_number(e, "L2TP_PROXY_AUTHEN_TYPE", call->proxy.authen_type); /* never the response: a secret */
	environment_put(e, "L2TP_PROXY_AUTHEN_NAME", call->proxy.authen_name);
}
