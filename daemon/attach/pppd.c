/* SPDX-License-Identifier: MIT */
/*
 * pppd: one pppd process for each session (process.h), with what the decision gives it: interface name, addresses, MTU.
 *
 * The session is told when a network protocol is up, of LCP's ACCMs (as LNS), and once how it ended, with pppd's exit
 * status as the result of the CDN.
 *
 * Called by core/session.c through the row at the end.
 */
#include "pppd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/environment.h"
#include "base/log.h"
#include "kernel/dataplane.h"
#include "kernel/link.h"
#include "process.h"
#include "trial.h"
#include "view.h"

#define MTU_MAX 1500
#define MTU_MIN 576
#define OVERHEAD_IPV4 20
#define OVERHEAD_IPV6 40
#define OVERHEAD_UDP 8
#define OVERHEAD_L2TP 6     /* flags, tunnel id, session id: what the kernel sends */
#define OVERHEAD_SEQUENCE 4 /* Ns and Nr */
#define OVERHEAD_PPP 4      /* address, control, protocol */

/* The kind's own. */
struct all {
	struct ppp_manager *manager;
	struct trial *trial; /* under way; NULL */
};

static struct ppp_manager *manager_of(const struct attachment_kind *k)
{
	return ((struct all *)k->all)->manager;
}

struct pppd {
	struct pppd_base base;
	bool up;
	uint32_t send_accm, receive_accm; /* LNS: what the LAC knows of them */
	bool lcp_said;                    /* LNS: the LAC wants to hear of LCP */
	char interface[16];               /* its name, as far as it is known */
};

static struct log_object object(const struct pppd *p)
{
	const struct attachment_session *s = &p->base.attachment.session;

	return (struct log_object){ .tunnel_id = s->tunnel_id,
				    .peer_tunnel_id = s->peer_tunnel_id,
				    .session_id = s->session_id,
				    .peer_session_id = s->peer_session_id,
				    .peer = &s->peer,
				    .profile = s->decision->profile->name,
				    .interface = p->interface[0] ? p->interface : NULL };
}

/* ---- What it tells ----------------------------------------------------------------------------------------------- */

/* A further network protocol of a link is not another link. */
static const char *what_is_up(const struct pppd *p, const struct ppp_status *status)
{
	if (!p->up)
		return "PPP up";
	return status->local_address[0] && status->local_ipv6[0] ? "PPP: IPv4 and IPv6 up" : "PPP: renegotiated, up";
}

static void on_up(void *ctx, const struct ppp_status *status)
{
	struct pppd *p = ctx;
	const char *what = what_is_up(p, status);
	const bool first = !p->up;
	struct log_object o;

	snprintf(p->interface, sizeof(p->interface), "%s", status->interface);
	o = object(p);
	p->up = true;
	log_event(LOG_NOTICE, CLASS_NEUTRAL, &o, "%s%s%s%s%s%s%s%s%s", what, status->peer_name[0] ? ", user " : "",
		  status->peer_name, status->local_address[0] ? ", " : "", status->local_address,
		  status->local_address[0] ? " -> " : "", status->remote_address, status->local_ipv6[0] ? ", " : "",
		  status->local_ipv6);
	attachment_up(&p->base.attachment);
	if (first)
		attachment_user(&p->base.attachment, status->peer_name);
}

/* As LNS: tell the LAC what its end of the link needs to know.  What we receive it has sent, and the reverse; a pppd
 * that is told to may ask for a map, and a LAC that has said its wishes hears of the rest (RFC 3437 2.3). */
static void on_lcp(void *ctx, const struct ppp_lcp *lcp)
{
	struct pppd *p = ctx;
	const struct l2tp_link_info link = { .send_accm = lcp_accm(lcp->received),
					     .receive_accm = lcp_accm(lcp->sent),
					     .last_sent_confreq = lcp->sent,
					     .last_received_confreq = lcp->received };
	struct log_object o = object(p);

	if (!p->base.attachment.session.lns ||
	    (!p->lcp_said && link.send_accm == p->send_accm && link.receive_accm == p->receive_accm))
		return;
	log_event(LOG_DEBUG, CLASS_NEUTRAL, &o, "LCP up: telling the LAC ACCM %08x to send, %08x to receive%s",
		  link.send_accm, link.receive_accm, p->lcp_said ? ", and the last Configure-Requests" : "");
	p->send_accm = link.send_accm;
	p->receive_accm = link.receive_accm;
	attachment_tell_link(&p->base.attachment, &link);
}

static void on_exited(void *ctx, const struct ppp_exit *how)
{
	struct pppd *p = ctx;
	struct log_object o = object(p);

	p->base.ppp = NULL;
	log_event(LOG_INFO, CLASS_NEUTRAL, &o, "pppd ended: %s", how->text);
	attachment_stopped(&p->base.attachment, &(struct attachment_end){ .reason = how->reason, .text = how->text,
								     .cause = pppd_cause(how->status) });
}

/* ---- What it is given --------------------------------------------------------------------------------------------- */

/* What of the path's MTU is left for the network protocol in PPP. */
static unsigned derive_mtu(const struct pppd *p)
{
	const struct attachment_session *s = &p->base.attachment.session;
	int path = link_path_mtu(p->base.attachment.kind->link, &s->local, &s->peer);
	int overhead = (s->peer.family == 6 ? OVERHEAD_IPV6 : OVERHEAD_IPV4) + OVERHEAD_UDP + OVERHEAD_L2TP +
		       OVERHEAD_PPP + (s->sequenced ? OVERHEAD_SEQUENCE : 0);
	int mtu = (path < 0 ? MTU_MAX : path) - overhead;

	return (unsigned)(mtu > MTU_MAX ? MTU_MAX : mtu < MTU_MIN ? MTU_MIN : mtu);
}

static void name_interface(struct pppd *p)
{
	const struct decision *d = p->base.attachment.session.decision;
	const char *name = d->profile->ppp.interface, *percent = name ? strstr(name, "%d") : NULL;

	if (percent)
		snprintf(p->interface, sizeof(p->interface), "%.*s%u%s", (int)(percent - name), name, d->interface - 1,
			 percent + 2);
	else if (name)
		snprintf(p->interface, sizeof(p->interface), "%s", name);
}

/* What the LAC says of its link (RFC 3437), and what will not come of it. */
static void note_lcp(struct pppd *p, const struct l2tp_lcp_wishes *lcp)
{
	struct log_object o = object(p);

	p->lcp_said = lcp->want.len || lcp->allow.len;
	if (p->base.attachment.session.lns && lcp_read(lcp->want).fcs)
		log_event(LOG_INFO, CLASS_NEUTRAL, &o, "the LAC wants FCS alternatives; pppd does not support them");
}

static int start(struct attachment *a)
{
	static const struct ppp_handler handler = { .up = on_up, .exited = on_exited, .lcp = on_lcp };
	struct pppd *p = (struct pppd *)a;
	const struct attachment_session *s = &a->session;
	const struct config_ppp *ppp = &s->decision->profile->ppp;
	unsigned mtu = derive_mtu(p);
	char address[INET_ADDRSTRLEN] = "";
	struct environment environment;

	p->send_accm = p->receive_accm = UINT32_MAX; /* RFC 2661 4.4.6 */
	name_interface(p);
	note_lcp(p, &s->call->lcp);
	if (s->decision->address)
		inet_ntop(AF_INET, &(struct in_addr){ htonl(s->decision->address) }, address, sizeof(address));
	environment_init(&environment);
	environment_put_call(&environment, &s->peer, s->peer_host_name, s->call);
	return ppp_start(manager_of(a->kind),
			 &(struct ppp_spec){ .tunnel_id = s->tunnel_id,
					     .peer_tunnel_id = s->peer_tunnel_id,
					     .session_id = s->session_id,
					     .peer_session_id = s->peer_session_id,
					     .lns = s->lns,
					     .profile = s->decision->profile->name,
					     .interface = p->interface[0] ? p->interface : NULL,
					     .local_address = ppp->local_address,
					     .remote_address = address[0] ? address : ppp->remote_address,
					     .ipv6 = ppp->ipv6,
					     .sequenced = s->sequenced,
					     .mtu = ppp->mtu ? ppp->mtu : mtu,
					     .mru = ppp->mru ? ppp->mru : mtu,
					     .lcp = s->call->lcp,
					     .options = ppp->options,
					     .environment = environment.list,
					     .setup_timeout = ppp->setup_timeout },
			 &handler, p, &p->base.ppp);
}

static void stop(struct attachment *a)
{
	ppp_stop(((struct pppd *)a)->base.ppp);
}

static int prepare(struct attachment *a, struct dataplane_session *spec)
{
	(void)a;
	spec->pppox = true;
	return 0;
}

static void view(const struct attachment *a, struct attachment_view *ret)
{
	const struct ppp_status *status = pppd_status(a);

	if (!((const struct pppd_base *)a)->ppp)
		return;
	ret->phase = status->up ? ATTACHMENT_UP : status->pid ? ATTACHMENT_STARTING : ATTACHMENT_WAITING;
	snprintf(ret->interface, sizeof(ret->interface), "%s", status->interface);
}

/* ---- The kind ------------------------------------------------------------------------------------------------------ */

static int kind_new(struct attachment_kind *k)
{
	const struct ppp_options options = { .pppd = k->config->pppd,
					     .plugin = k->config->pppd_plugin,
					     .runtime_directory = k->config->runtime_directory,
					     .starts = k->config->pppd_starts };
	struct all *all = calloc(1, sizeof(*all));
	int r = all ? ppp_manager_new(k->event, k->fds, &options, &all->manager) : -ENOMEM, left;

	if (r < 0) {
		log_event(LOG_ERR, CLASS_LOCAL, NULL, "%s: %s", options.runtime_directory, strerror(-r));
		free(all);
		return r;
	}
	k->all = all;
	left = ppp_manager_clean(all->manager);
	if (left > 0)
		log_event(LOG_NOTICE, CLASS_LOCAL, NULL, "terminated %d pppd processes of an earlier run", left);
	return 0;
}

static void kind_free(struct attachment_kind *k)
{
	struct all *all = k->all;

	trial_forget(&all->trial);
	ppp_manager_free(all->manager);
	free(all);
}

static int kind_set(struct attachment_kind *k, const struct config *config)
{
	return ppp_manager_set(manager_of(k), &(struct ppp_options){ .pppd = config->pppd, .plugin = config->pppd_plugin,
								     .starts = config->pppd_starts });
}

static void kind_try(struct attachment_kind *k)
{
	trial_start(&((struct all *)k->all)->trial, k->config, k->workers);
}

static bool kind_await(struct attachment_kind *k, attachment_tried done, void *ctx)
{
	return trial_await(((struct all *)k->all)->trial, done, ctx);
}

const struct attachment_class attachment_pppd = {
	.name = "pppd",
	.kind_new = kind_new,
	.kind_free = kind_free,
	.kind_set = kind_set,
	.kind_try = kind_try,
	.kind_await = kind_await,
	.size = sizeof(struct pppd),
	.prepare = prepare,
	.start = start,
	.stop = stop,
	.view = view,
	.fields = pppd_fields,
	.causes = pppd_causes,
	.event = "ppp",
	.metrics = &pppd_metrics,
};
