/* SPDX-License-Identifier: MIT */
/*
 * environment: see environment.h.  What the peer says goes to programs that run as root, into shells, modems and chat
 * scripts: what is left of it can neither end a word nor a command, name a file by a pattern, or be an option.  That
 * there is room for all words is our own affair, and asserted.
 *
 * Called by core/bearer and attach/; attach/args.c checks what it is given.
 */
#include "environment.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

bool environment_is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("+-_.,:@/", c));
}

/* Cut to fit, never within %XX. */
static size_t encode(struct l2tp_span value, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < value.len; i++) {
		char c = (char)value.data[i];
		bool plain = environment_is_plain(c) && (i > 0 || c != '-'); /* no option */

		if (len + (plain ? 1 : 3) > ENVIRONMENT_VALUE_MAX)
			break;
		if (plain)
			out[len++] = c;
		else
			len += (size_t)snprintf(out + len, 4, "%%%02X", value.data[i]);
	}
	out[len] = '\0';
	return len;
}

void environment_init(struct environment *e)
{
	e->n = 0;
	e->used = 0;
	e->list[0] = NULL;
}

void environment_put(struct environment *e, const char *name, struct l2tp_span value)
{
	char *word = e->text + e->used;
	size_t len = strlen(name);

	if (!value.len)
		return;
	assert(e->n < ENVIRONMENT_WORDS && len <= ENVIRONMENT_NAME_MAX);
	memcpy(word, name, len);
	word[len++] = '=';
	len += encode(value, word + len);
	e->used += len + 1;
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
