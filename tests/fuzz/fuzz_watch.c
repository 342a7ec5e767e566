/* SPDX-License-Identifier: MIT */
/*
 * fuzz_watch: the frames of a link, as our plugin inside pppd, which runs as root, reads them along.
 *
 *	octet 0            how far the link came, by pppd's word
 *	then, repeatedly   whose frame (bit 7), its length; the frame
 */
#include "fuzz.h"
#include "plugins/pppd-l2tp-watch.h"

#define PEERS 0x80

static void check_end(const struct watch *w, enum pppd_l2tp_stage stage)
{
	const struct pppd_l2tp_end end = watch_end(w, stage);

	must(end.failure <= PPPD_L2TP_ADDRESS_REFUSED && end.side <= PPPD_L2TP_PEER, "an end that there is");
	for (int side = PPPD_L2TP_LOCAL; side <= PPPD_L2TP_PEER; side++)
		must(w->lcp[side].len <= PPPD_L2TP_OPTIONS_MAX || w->lcp[side].len == PPPD_L2TP_OPTIONS_NOT_KEPT,
		     "options that fit");
}

/* In memory that ends where the frame ends. */
static void run_frame(struct watch *w, enum pppd_l2tp_side sender, struct l2tp_span s)
{
	uint8_t *copy = malloc(s.len ? s.len : 1);

	if (!copy)
		return;
	if (s.len)
		memcpy(copy, s.data, s.len);
	watch_frame(w, sender, copy, s.len);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, data + size };
	enum pppd_l2tp_stage stage = feed_u8(&f) % (PPPD_L2TP_RUNNING + 1);
	struct watch w = { 0 };

	while (!feed_over(&f)) {
		const uint8_t head = feed_u8(&f);

		run_frame(&w, head & PEERS ? PPPD_L2TP_PEER : PPPD_L2TP_LOCAL, feed_bytes(&f, head & ~PEERS));
		check_end(&w, stage);
	}
	return 0;
}
