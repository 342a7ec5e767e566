/* SPDX-License-Identifier: MIT */
/* lcp: options of LCP as octets, as L2TP carries them (RFC 2661 4.4.5, RFC 3437), and what they say. */
#ifndef LCP_H
#define LCP_H

#include "l2tp.h"

/* The options that concern the link itself. */
struct lcp_options {
	uint16_t mru;       /* 0: not in it */
	bool has_accm, pfc, acfc, fcs;
	uint32_t accm;
};
/* Of several of one kind the first; an option of a wrong length is none. */
struct lcp_options lcp_read(struct l2tp_span options);
/* What a Configure-Request says of its sender's receive map (RFC 1662 7.1): all ones if nothing. */
uint32_t lcp_accm(struct l2tp_span options);

#define LCP_LIST_MAX 17 /* octets: one of each kind */
struct lcp_list {
	uint8_t octets[LCP_LIST_MAX];
	uint8_t len;
};
#define LCP_WORDS "mru=NUMBER, accm=MASK, pfc, acfc and fcs=NUMBER"
/* "mru=1400", "accm=000a0000", "pfc", "acfc", "fcs=4".  NULL, or what is wrong with it. */
const char *lcp_list_add(struct lcp_list *list, const char *word);
/* The first word of these options and what is behind it; false at their end. */
#define LCP_WORD_MAX 16
bool lcp_next_word(struct l2tp_span *options, char word[LCP_WORD_MAX]);
static inline struct l2tp_span lcp_list_span(const struct lcp_list *list)
{
	return (struct l2tp_span){ list->octets, list->len };
}

#endif
