/* SPDX-License-Identifier: MIT */
/*
 * libl2tp: the L2TP control protocol as plain functions over plain structs.
 *
 * Datagrams, requests and the time go in; a queue of operations comes out.  The library owns no file
 * descriptor, clock, thread, log or randomness: the world (a daemon, a simulator, a test) brings them and carries
 * out the operations.  An engine is not thread safe; any number of engines can live in one process.
 *
 *	l2tp_input / l2tp_tick / a request          -> the engine changes its state
 *	while (l2tp_next_op(l, &op)) carry out op   -> the world follows
 *	arm one timer with l2tp_deadline(l)
 *
 * Operations marked "reported" must be answered with l2tp_op_done(), at any later time; SESSION_DECIDE with
 * l2tp_decide().  A tunnel or a session has at most one reported operation in flight, so its ids name the operation,
 * and none is issued for it meanwhile.
 *
 * Times are microseconds of one monotonic clock that never runs backwards; ids are in host order.
 * Functions that can fail return 0 or a negative errno.
 *
 * Sources: RFC 2661 (L2TPv2); section numbers below are its own.
 */
#ifndef L2TP_H
#define L2TP_H

#include "l2tp_base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define L2TP_API __attribute__((visibility("default")))

struct l2tp;

/* An IP endpoint.  Without padding, unused octets zero: two are the same if and only if their bytes are. */
struct l2tp_addr {
	uint8_t ip[16];  /* network order; IPv4 uses the first four */
	uint32_t scope;  /* interface index of a link-local IPv6 address, else 0 */
	uint16_t port;   /* host order */
	uint16_t family; /* 4, 6, or 0: unset */
};

/* ---- Codes of the RFC (4.4.2) ------------------------------------------------------------------------------ */

/* Result codes of StopCCN. */
enum l2tp_stopccn_code {
	RC_STOPCCN_CLEAR = 1,        /* general request to clear the control connection */
	RC_STOPCCN_GENERAL = 2,      /* general error, see the error code */
	RC_STOPCCN_EXISTS = 3,       /* control channel already exists */
	RC_STOPCCN_UNAUTHORIZED = 4, /* requester is not authorised to establish a control channel */
	RC_STOPCCN_VERSION = 5,      /* protocol version not supported; the error code tells the highest one that is */
	RC_STOPCCN_SHUTDOWN = 6,     /* requester is being shut down */
	RC_STOPCCN_FSM = 7,          /* finite state machine error */
	RC_STOPCCN_DS = 8,           /* no agreement on the control connection's per-hop behaviour (RFC 3308) */
};

/* Result codes of CDN. */
enum l2tp_cdn_code {
	RC_CDN_CARRIER_LOST = 1,
	RC_CDN_GENERAL = 2, /* see the error code */
	RC_CDN_ADMIN = 3,
	RC_CDN_NO_FACILITY_TEMPORARY = 4,
	RC_CDN_NO_FACILITY_PERMANENT = 5,
	RC_CDN_INVALID_DESTINATION = 6,
	RC_CDN_NO_CARRIER = 7,
	RC_CDN_BUSY = 8,
	RC_CDN_NO_DIAL_TONE = 9,
	RC_CDN_TIMEOUT = 10, /* call not established within the time allotted by the LAC */
	RC_CDN_NO_FRAMING = 11,
	RC_CDN_DS = 12,      /* no agreement on the session's per-hop behaviour (RFC 3308) */
};

/* General error codes, meaningful with result code 2. */
enum l2tp_error_code {
	EC_NONE = 0,
	EC_NO_CONTROL_CONNECTION = 1,
	EC_LENGTH = 2,
	EC_VALUE = 3,
	EC_RESOURCES = 4,
	EC_SESSION_ID = 5,
	EC_VENDOR = 6,
	EC_TRY_ANOTHER = 7,
	EC_UNKNOWN_MANDATORY_AVP = 8,
};

enum l2tp_framing { L2TP_FRAMING_SYNC = 1, L2TP_FRAMING_ASYNC = 2 };
enum l2tp_bearer { L2TP_BEARER_DIGITAL = 1, L2TP_BEARER_ANALOG = 2 };

/* Who ended a tunnel or a session. */
enum l2tp_origin {
	L2TP_BY_NOBODY,  /* it has not ended */
	L2TP_BY_PEER,    /* StopCCN or CDN received */
	L2TP_BY_REQUEST, /* the world asked for it, now or by its settings */
	L2TP_BY_FAULT,   /* the peer erred */
	L2TP_BY_TIMEOUT, /* no answer: retransmissions or a set-up timer ran out */
	L2TP_BY_LOCAL,   /* this machine failed: a reported operation did, a secret or memory is missing, a limit is reached */
	L2TP_BY_PPP,     /* PPP ended, and disconnect says why; never set by the engine itself */
};

/* Why PPP ended (RFC 3145): goes with a CDN, says more than its result, and changes nothing.  The protocol goes with
 * the code: 0 for the general ones, LCP's for those of LCP, that of the protocol which failed for the rest.  Directions
 * are told by the sender of the message: "we". */
enum l2tp_disconnect_code {
	L2TP_PPP_NO_INFORMATION = 0,
	L2TP_PPP_ADMIN = 1,
	L2TP_PPP_NO_RENEGOTIATION = 2,   /* proxy LCP was expected and not sent */
	L2TP_PPP_TERMINATED = 3,         /* normally: direction 1 by the peer, 2 by us */
	L2TP_PPP_ENCRYPTION_REFUSED = 4, /* required by 1: us, 2: the peer */
	L2TP_PPP_LCP_TIMEOUT = 5,
	L2TP_PPP_NO_LCP = 6,
	L2TP_PPP_LOOP = 7,
	L2TP_PPP_ECHO_TIMEOUT = 8,
	L2TP_PPP_MP_ENDPOINT = 9,        /* 9 to 11, 14: does not fit the multilink bundle that it is to join */
	L2TP_PPP_MP_MRRU = 10,
	L2TP_PPP_MP_SHORT_SEQUENCE = 11,
	L2TP_PPP_CALLBACK_REFUSED = 12,  /* required by 1: us, 2: the peer */
	L2TP_PPP_AUTH_TIMEOUT = 13,
	L2TP_PPP_MP_NAME = 14,
	L2TP_PPP_AUTH_UNACCEPTABLE = 15, /* 1: the peer rejected all of ours, 2: we all of the peer's */
	L2TP_PPP_AUTH_FAILED = 16,       /* 1: of the peer by us, 2: of us by the peer */
	L2TP_PPP_NCP_TIMEOUT = 17,
	L2TP_PPP_NO_NCP = 18,
	L2TP_PPP_NO_ADDRESS_AGREED = 19,  /* too many Configure-Naks 1: of the peer's, 2: of ours */
	L2TP_PPP_NO_ADDRESS_ALLOWED = 20, /* 1: ours to the peer, 2: the peer's to us */
};
enum { L2TP_PPP_LCP = 0xc021, L2TP_PPP_PAP = 0xc023, L2TP_PPP_CHAP = 0xc223, L2TP_PPP_EAP = 0xc227 };

/* What is to be sent and is not valid (l2tp_disconnect_valid) is left out of the message. */
struct l2tp_disconnect {
	bool said;
	uint16_t code, protocol; /* of a peer: any number */
	uint8_t direction;       /* 0: global; 1, 2: see the codes; above: reserved, says nothing */
	char text[64];     /* as l2tp_reason.text */
};

/* ITU's cause of a call that ended (4.4.4). */
struct l2tp_q931 {
	bool said;
	uint16_t cause;
	uint8_t message;
};

/* Why something ended: the Result Code AVP as sent or received, and who decided it. */
struct l2tp_reason {
	enum l2tp_origin origin;
	uint16_t result; /* enum l2tp_stopccn_code or l2tp_cdn_code, or a peer's unknown number */
	uint16_t error;  /* enum l2tp_error_code or a peer's unknown number */
	char text[128];  /* UTF-8, NUL-terminated; a peer's text is cut to fit and not to be trusted */
	struct l2tp_disconnect disconnect; /* CDN; of several the first */
	struct l2tp_q931 q931;             /* CDN */
	char detail[128]; /* as text, but for local use and never sent: what the kernel or pppd said; "": nothing */
};

/* ---- What the world configures ----------------------------------------------------------------------------- */

/* What is answered where there is no room: the field keys its fail-over on it.  result 0: general error, resources. */
struct l2tp_refusal {
	uint16_t result, error;
};

/* Limits of an engine.  All must be at least 1.  A source is an IPv4 address or an IPv6 /64. */
struct l2tp_limits {
	uint32_t tunnels;              /* at most 65535 */
	uint32_t sessions;             /* of the engine */
	uint32_t sessions_per_tunnel;  /* at most 65535 */
	uint32_t half_open;            /* tunnels that a peer opened and has not completed */
	uint32_t half_open_per_source; /* the same, of one source */
	uint32_t tunnels_per_source;   /* that it has opened, completed or not */
	uint32_t sessions_per_source;  /* of calls that it has asked for; 0: no such limit */
	/* SCCRQs that are looked at, and StopCCNs without a tunnel that are sent; of all, and of one source; twice as
	 * many after a pause, SCCRQs only if half of them come again.  Beyond: silence.  The id of a tunnel that
	 * failed is not reused for a minute: from some 1000 SCCRQs a second on, a flood can use up all ids. */
	uint32_t sccrq_per_second, sccrq_per_second_per_source;
	uint32_t errors_per_second, errors_per_second_per_source;
	struct l2tp_refusal refusal; /* StopCCN beyond the first limits (the rates: silence) */
};

#define L2TP_NAME_MAX 128   /* own host name and vendor name, with NUL */
#define L2TP_SECRET_MAX 128 /* octets of a shared secret */

#define L2TP_PHB_NONE UINT32_MAX

/* How we behave towards one peer; copied into the tunnel when it is made. */
struct l2tp_params {
	uint64_t cookie;                       /* the world's own name of this profile; given back in operations */
	char host_name[L2TP_NAME_MAX];         /* Host Name AVP, at least one character */
	char vendor_name[L2TP_NAME_MAX];       /* Vendor Name AVP; empty: not sent */
	uint8_t secret[L2TP_SECRET_MAX];       /* shared secret (5.1.1) */
	size_t secret_len;                     /* 0: none, a challenge of the peer is refused */
	bool challenge;                        /* demand that the peer authenticates; needs a secret */
	bool hide_avps;                        /* send hidden what may be hidden (4.3); needs a secret */
	bool strict;                           /* also refuse what the field is known to forget: an ICCN without speed */
	bool ignore_unknown_mandatory;         /* skip an unknown AVP although its M bit forbids it (4.1) */
	bool accept_tunnel_id_0;               /* as responder: from its address and port, 0 means its newest tunnel */
	bool lns;                              /* incoming calls are accepted from the peer */
	bool lac;                              /* outgoing calls are placed for the peer; needs bearer_capabilities */
	bool proxy_authentication;             /* as LNS: believe the LAC's (9.5); else it is not even kept */
	uint32_t framing_capabilities;         /* enum l2tp_framing bits */
	uint32_t bearer_capabilities;          /* enum l2tp_bearer bits; 0: AVP not sent */
	uint16_t receive_window;               /* messages, 1 .. 1024 */
	usec_t retransmit_initial;             /* first interval (5.8), default 1 s */
	usec_t retransmit_cap;                 /* longest interval, at least 8 s */
	uint32_t retransmit_max;               /* retransmissions before the peer is given up, at least 1 */
	usec_t hello_interval;                 /* silence before a HELLO (5.5); USEC_NEVER: no HELLO */
	usec_t setup_timeout;                  /* for a tunnel, and for a call, to be established */
	usec_t idle_timeout;                   /* an established tunnel without sessions is closed; USEC_NEVER: never */
	uint32_t sessions_max;                 /* sessions on this tunnel; at most 256 of them wait for a decision */
	struct l2tp_refusal call_refusal;      /* CDN beyond this limit, the engine's, and during its shutdown */
	uint32_t control_phb, session_phb;     /* RFC 3308: the per-hop behaviour that we ask for, and answer with, as a
						* code of RFC 3140; L2TP_PHB_NONE: we take no part */
	bool phb_required;                     /* a peer that does not agree to it is refused */
	uint32_t reorder_timeout_ms;           /* data sequencing, if the peer insists on it: kernel reorder time */
};

/* Fill in the defaults that the RFC recommends; host_name stays empty. */
L2TP_API void l2tp_params_init(struct l2tp_params *p);
L2TP_API void l2tp_limits_init(struct l2tp_limits *limits);

/* How the LAC has authenticated the remote system (4.4.5). */
enum l2tp_proxy_authen {
	L2TP_PROXY_UNSAID, /* it has not, or does not tell */
	L2TP_PROXY_TEXT,   /* text, a login: response is the password */
	L2TP_PROXY_CHAP,
	L2TP_PROXY_PAP,    /* response is the password */
	L2TP_PROXY_NONE,   /* no authentication */
	L2TP_PROXY_MSCHAP, /* version 1 */
};

/* What the LAC has settled with the remote system before the LNS came in (4.4.5).  The engine lets no half of a set
 * through: what is received and lacks a part reads as not said, what is to be sent and lacks one is refused. */
struct l2tp_proxy {
	/* LCP Configure-Requests from their first option on; the last ones both, or neither: LCP begins anew */
	struct l2tp_span initial_received_confreq, last_sent_confreq, last_received_confreq;
	enum l2tp_proxy_authen authen_type;
	uint8_t authen_id;                                            /* CHAP, PAP, MSCHAP */
	struct l2tp_span authen_name, authen_challenge, authen_response; /* response is a secret: wiped after use */
};

/* What the LAC's link asks of the LCP that the LNS negotiates (RFC 3437): options as in a Configure-Request.  A list
 * that breaks off reads as not said; ours is refused. */
struct l2tp_lcp_wishes {
	struct l2tp_span want;  /* what the LNS should ask the remote system for; what is missing, not */
	struct l2tp_span allow; /* what it may grant; of the link's own options what is missing it should reject */
	bool required;          /* sent with M: an LNS that does not know them ends the call.  Not for receipt */
};

/* What the parties say of a call (ICRQ and ICCN, or OCRQ, OCRP and OCCN).  Spans may be empty: not said. */
struct l2tp_call_info {
	bool outgoing;                /* the LNS asks for it, the LAC places it; filled in by the engine */
	uint32_t call_serial_number;
	uint32_t bearer_type;         /* enum l2tp_bearer bits */
	uint32_t framing_type;        /* enum l2tp_framing bits */
	uint32_t physical_channel_id; /* 0: not said */
	uint32_t minimum_bps, maximum_bps; /* outgoing: the speeds that are acceptable, bit/s */
	uint32_t tx_connect_speed;    /* bit/s, LAC to remote system */
	uint32_t rx_connect_speed;    /* bit/s, 0: as tx */
	bool sequencing_required;
	struct l2tp_span calling_number, called_number, sub_address, private_group_id;
	struct l2tp_proxy proxy;      /* incoming */
	struct l2tp_lcp_wishes lcp;   /* of the LAC */
};

/* What the LAC counts on the link since the call began (WEN, 4.4.6). */
struct l2tp_call_errors {
	uint32_t crc, framing, hardware_overrun, buffer_overrun, timeout, alignment;
};

/* What the LNS has agreed on with the remote system, for the LAC's end of the link (SLI, 4.4.6). */
struct l2tp_link_info {
	uint32_t send_accm, receive_accm; /* as the LAC sees it; until it is told: all ones */
	/* the LNS's last LCP Configure-Requests, from their first option on: told to a LAC that has said its wishes,
	 * and only believed by one (RFC 3437 2.3); data NULL: not said */
	struct l2tp_span last_sent_confreq, last_received_confreq;
};

/* A control message as the trace callback sees it: already checked, not to be kept. */
struct l2tp_trace {
	bool sent;                 /* by us; else received */
	uint32_t tunnel_id;        /* ours; 0: none yet */
	uint16_t type;             /* Message Type; 0: ZLB */
	uint16_t ns, nr;
	const struct l2tp_addr *local, *peer;
	struct l2tp_span datagram; /* whole */
	const char *dropped;       /* received and not acted upon: why; else NULL */
};

/* What the engine asks of its host, at once and without blocking. */
struct l2tp_env {
	void *ctx;
	struct l2tp_limits limits;

	/* Fill with unpredictable octets; must not fail. */
	void (*random)(void *ctx, void *p, size_t len);

	/* May this peer open a tunnel?  Fill *params (pre-set with the defaults) and return true, or fill *reason's
	 * result, error and text and return false: it is answered with a StopCCN that carries them; a reason with
	 * result 0 says: do not answer at all. */
	bool (*admit_tunnel)(void *ctx, const struct l2tp_addr *local, const struct l2tp_addr *peer,
			     struct l2tp_span host_name, struct l2tp_params *params, struct l2tp_reason *reason);

	/* A tunnel was refused, for another reason than admit_tunnel's; the peer has been told.  NULL: nobody listens. */
	void (*refused)(void *ctx, const struct l2tp_addr *peer, struct l2tp_span host_name,
			const struct l2tp_reason *reason);

	/* NULL: nobody listens. */
	void (*trace)(void *ctx, const struct l2tp_trace *t);
};

/* ---- What the world must do -------------------------------------------------------------------------------- */

enum l2tp_op_type {
	L2TP_OP_SEND,        /* bytes from local to peer; through the tunnel's own socket if it has one */
	L2TP_OP_TUNNEL_ADD,  /* reported: make the data path of the tunnel: connected socket, kernel tunnel */
	L2TP_OP_TUNNEL_UP,   /* event: established */
	L2TP_OP_TUNNEL_IDLE, /* reported: has data arrived?  Call l2tp_data_seen() if so, then report */
	L2TP_OP_TUNNEL_DOWN, /* event: closing, for op->reason; its sessions are already down */
	L2TP_OP_TUNNEL_DEL,  /* reported: remove the kernel tunnel; the socket still serves the linger (5.7) */
	L2TP_OP_TUNNEL_GONE, /* event: forgotten; close the socket */
	L2TP_OP_SESSION_DECIDE, /* reported, with l2tp_decide(): may this call of the peer be?
			* connected false: it is asked for (ICRQ, OCRQ).  The first operation of its session, before the
			* peer hears our id; if the call ends undecided or refused, SESSION_GONE is all that follows.
			* connected true: an incoming call is connected (ICCN), and call has the private group and the proxy
			* name as well.  SESSION_UP waits for it; if the call ends, SESSION_DOWN and the rest follow.
			* The end of the call, told at once with the one or the other, ends what is to be decided */
	L2TP_OP_SESSION_ADD, /* reported: make kernel session and attachment point; the peer is told afterwards.
			      * May come before TUNNEL_ADD is reported: carry them out in their order */
	L2TP_OP_SESSION_DIAL, /* reported: LAC: place the outgoing call.  0: answered, after l2tp_set_call_info() if there
			       * is something to tell; failure: an error, or better l2tp_close_session() with a result
			       * that says why (RC_CDN_BUSY), and then the report.  SESSION_DOWN meanwhile: hang up */
	L2TP_OP_SESSION_SET, /* reported: the session's data must be sequenced from now on */
	L2TP_OP_SESSION_UP,  /* event: established; start PPP */
	L2TP_OP_SESSION_LINK, /* event: LAC: the LNS has told op->link */
	L2TP_OP_SESSION_ERRORS, /* event: LNS: the LAC has told op->errors */
	L2TP_OP_SESSION_DOWN, /* event: ended, for op->reason */
	L2TP_OP_SESSION_DEL, /* reported: stop PPP, remove the kernel session; never issued without SESSION_ADD */
	L2TP_OP_SESSION_GONE, /* event: forgotten */
};

/* One operation.  Pointers are valid until the next call of any function of the engine. */
struct l2tp_op {
	enum l2tp_op_type type;
	uint8_t version;                      /* 2 */
	bool lns;                             /* sessions: we are the LNS of this call */
	bool connected;                       /* SESSION_DECIDE: false: the call is asked for; true: it is connected */
	bool initiator;                       /* tunnels: we opened it */
	uint32_t tunnel_id, peer_tunnel_id;   /* 0 where not known */
	uint32_t session_id, peer_session_id; /* 0 for tunnel operations */
	uint64_t cookie;                      /* l2tp_params.cookie */
	uint64_t call_cookie;                 /* l2tp_call()'s, 0 for a call that the peer asked for */
	struct l2tp_addr local, peer;
	struct l2tp_span bytes;               /* SEND */
	struct l2tp_span peer_host_name;      /* tunnels; empty where not known */
	const struct l2tp_reason *reason;     /* DOWN */
	uint32_t successor_id;                /* TUNNEL_DOWN: the tunnel that the peer has put in its place; 0: none */
	const struct l2tp_call_info *call;    /* sessions */
	const struct l2tp_link_info *link;    /* sessions */
	const struct l2tp_call_errors *errors; /* sessions */
	bool sequencing;                      /* SESSION_ADD, _SET, _UP: data must be sequenced */
	uint32_t reorder_timeout_ms;
	uint32_t phb;                         /* what was agreed on for tunnel or session, L2TP_PHB_NONE: nothing;
					       * SEND: what to mark it with, agreed on or not; SESSION_DECIDE of a call
					       * that is asked for: the tunnel's session_phb */
};

/* ---- The door ---------------------------------------------------------------------------------------------- */

struct l2tp_rx {
	struct l2tp_addr local, peer;
	struct l2tp_span bytes;
};

/* -EINVAL, -ENOMEM */
L2TP_API int l2tp_new(const struct l2tp_env *env, struct l2tp **ret);
/* Nothing is sent and no operation comes out any more.  NULL is fine. */
L2TP_API void l2tp_free(struct l2tp *l);

L2TP_API void l2tp_input(struct l2tp *l, const struct l2tp_rx *rx, usec_t now);
L2TP_API void l2tp_tick(struct l2tp *l, usec_t now);
L2TP_API usec_t l2tp_deadline(const struct l2tp *l);
L2TP_API bool l2tp_next_op(struct l2tp *l, struct l2tp_op *op);
/* err: 0 or a negative errno.  session_id 0: the tunnel's operation.  text: why it failed, for local use, NULL: nothing
 * to say; where the failure ends the tunnel or session it becomes the detail of its reason, and is not sent.  Unknown
 * ids are ignored, and so is a session that waits for l2tp_decide(). */
L2TP_API void l2tp_op_done(struct l2tp *l, uint32_t tunnel_id, uint32_t session_id, int err, const char *text,
			   usec_t now);

/* What becomes of a call of the peer. */
struct l2tp_decision {
	bool accept;
	uint32_t phb;              /* accepted, when it is asked for: the session's per-hop behaviour (RFC 3308), as in
				    * l2tp_params; the call is refused where that must be agreed on and is not */
	struct l2tp_reason reason; /* refused: what the CDN says; result 0 is sent as RC_CDN_ADMIN */
};
/* Complete SESSION_DECIDE: as soon as the operation has been handed out, also before the next one is taken, or any time
 * later.  -ENOENT: no such session, or nothing to be decided */
L2TP_API int l2tp_decide(struct l2tp *l, uint32_t tunnel_id, uint32_t session_id, const struct l2tp_decision *decision,
			 usec_t now);

/* Open a tunnel towards peer.  The world must be able to send from local already.
 * -EINVAL: parameters; -EMFILE: limit reached; -ENOMEM; -ESHUTDOWN */
L2TP_API int l2tp_open(struct l2tp *l, const struct l2tp_params *params, const struct l2tp_addr *local,
		       const struct l2tp_addr *peer, usec_t now, uint32_t *ret_tunnel_id);

/* Place an incoming call as LAC on a tunnel, at once or as soon as the tunnel is established.  info is copied.
 * -EINVAL: a string that fits no message; -ENOENT: no such tunnel; -ESHUTDOWN: it is closing; -EMFILE: limit reached;
 * -ENOSPC: no id left; -ENOMEM */
L2TP_API int l2tp_call(struct l2tp *l, uint32_t tunnel_id, const struct l2tp_call_info *info, uint64_t call_cookie,
		       usec_t now, uint32_t *ret_session_id);

/* Have the peer place an outgoing call, as LNS, at once or as soon as the tunnel is established.  What info leaves open
 * (bearer_type, framing_type: 0) is what the peer can do.  As l2tp_call(), and -EOPNOTSUPP: the peer has not said that
 * it can place such a call (4.4.3, 6.9); if that turns out later, the call ends. */
L2TP_API int l2tp_call_out(struct l2tp *l, uint32_t tunnel_id, const struct l2tp_call_info *info, uint64_t call_cookie,
			   usec_t now, uint32_t *ret_session_id);

/* As LAC: replace what is known of the call, before it is told to the peer with ICCN or OCCN.  What the peer asked for
 * stays.  -ENOENT; -EINVAL: a string that fits no message, or a framing that was not asked for; -EALREADY: it has been
 * told; -ENOBUFS: calls that its source has asked for hold too much text; -ENOMEM */
L2TP_API int l2tp_set_call_info(struct l2tp *l, uint32_t tunnel_id, uint32_t session_id,
				const struct l2tp_call_info *info, usec_t now);

/* As LNS: tell the LAC what has been agreed on for its end of the link (SLI).  As LAC: tell the LNS of errors on the
 * link (WEN); it is sent when there is something new, at most once a minute.  -ENOENT; -EINVAL: that is the other's
 * part, or options that are none; -ENOTCONN: not established */
L2TP_API int l2tp_set_link_info(struct l2tp *l, uint32_t tunnel_id, uint32_t session_id,
				const struct l2tp_link_info *link, usec_t now);
L2TP_API int l2tp_report_errors(struct l2tp *l, uint32_t tunnel_id, uint32_t session_id,
				const struct l2tp_call_errors *errors, usec_t now);

/* Close with StopCCN or CDN; result 0 stands for the code of an ordinary close.  -ENOENT; 0 if already closing. */
L2TP_API int l2tp_close_tunnel(struct l2tp *l, uint32_t tunnel_id, const struct l2tp_reason *reason, usec_t now);
L2TP_API int l2tp_close_session(struct l2tp *l, uint32_t tunnel_id, uint32_t session_id,
				const struct l2tp_reason *reason, usec_t now);

/* From now on; what is more than they allow stays until it ends by itself.  -EINVAL */
L2TP_API int l2tp_set_limits(struct l2tp *l, const struct l2tp_limits *limits);

/* Close every tunnel and refuse new ones; over when l2tp_idle() says so.  As wherever many calls end at once, an entry
 * closes a few hundred, and l2tp_deadline() asks for l2tp_tick() at once for the rest. */
L2TP_API void l2tp_shutdown(struct l2tp *l, const struct l2tp_reason *reason, usec_t now);
/* No tunnel waits for an acknowledgement or an operation: those left only linger (5.7). */
L2TP_API bool l2tp_idle(const struct l2tp *l);

/* The peer of this tunnel is alive: the data path has received something. */
L2TP_API void l2tp_data_seen(struct l2tp *l, uint32_t tunnel_id, usec_t now);

/* Ask the peer of an established tunnel for a sign of life at once, with a HELLO unless something else waits for its
 * acknowledgement already: l2tp_tunnel_info.heard moves when it answers.  -ENOENT; -ENOTCONN: not established */
L2TP_API int l2tp_probe(struct l2tp *l, uint32_t tunnel_id, usec_t now);

/* Why something that was received had no effect, beside answering it. */
enum l2tp_drop {
	/* malformed */
	L2TP_DROP_HEADER,     /* none that can be */
	L2TP_DROP_MESSAGE,    /* AVPs that cannot be read or are missing, or a value that cannot be */
	L2TP_DROP_NR,         /* a ZLB that acknowledges what was never sent */
	/* ignored */
	L2TP_DROP_DATA,       /* data that the data path did not take */
	L2TP_DROP_L2F,
	L2TP_DROP_SOURCE,     /* for a tunnel, and not from its peer */
	L2TP_DROP_NO_TUNNEL,  /* for one that is not there */
	L2TP_DROP_UNEXPECTED, /* without a tunnel, a message that does not begin one */
	L2TP_DROP_TYPE,       /* a message type that need not be known */
	L2TP_DROP_SILENT,     /* the world refused it without an answer */
	L2TP_DROPS
};
struct l2tp_stats {
	uint32_t tunnels, tunnels_established, tunnels_half_open;
	uint32_t sessions, sessions_established; /* those that wait for a decision are sessions */
	uint64_t received, malformed, ignored, duplicates, retransmits, refused;
	uint64_t calls_refused;       /* of refused: calls, also those that ended before they were decided upon */
	uint64_t dropped[L2TP_DROPS]; /* what malformed and ignored are the sums of */
	uint64_t limited; /* SCCRQs dropped and errors not answered, for their rate */
	uint64_t evicted; /* half-open tunnels that made room */
};
L2TP_API void l2tp_get_stats(const struct l2tp *l, struct l2tp_stats *ret);

/* One tunnel or session in full; spans are valid until the next call.  -ENOENT */
struct l2tp_tunnel_info {
	uint32_t tunnel_id, peer_tunnel_id;
	const char *state;
	bool initiator, authenticated;
	struct l2tp_addr local, peer;
	struct l2tp_span peer_host_name, peer_vendor_name;
	uint8_t version;
	uint32_t sessions, receive_window, send_window, congestion_window, unacknowledged, queued;
	uint16_t ns, nr;
	uint64_t retransmits;
	usec_t rtt;                           /* of control messages, smoothed; 0: not known yet */
	usec_t retransmit_interval;           /* the present one */
	usec_t created, established;          /* when; 0: not */
	usec_t heard;                         /* the last message of the peer, or report of data; as created: none yet */
	usec_t retransmit_at, hello_at;       /* deadlines; USEC_NEVER: none */
	usec_t life_at;                       /* end of set-up, idle or linger time */
	uint32_t phb;                         /* agreed on, or L2TP_PHB_NONE */
	const struct l2tp_reason *reason;     /* L2TP_BY_NOBODY: it is alive */
	uint64_t cookie;
	const struct l2tp_params *params;     /* that it has had since it was opened */
	uint64_t serial;                      /* greater than that of any object that is older */
};
struct l2tp_session_info {
	uint32_t tunnel_id, session_id, peer_session_id;
	const char *state;
	bool lns;
	const struct l2tp_call_info *call;
	uint64_t call_cookie;                 /* l2tp_call()'s */
	usec_t created, established;          /* when; 0: not */
	usec_t life_at;                       /* end of set-up time; USEC_NEVER: none */
	uint32_t phb;
	const struct l2tp_reason *reason;     /* L2TP_BY_NOBODY: it is alive */
	uint64_t serial;
};
L2TP_API int l2tp_get_tunnel(const struct l2tp *l, uint32_t tunnel_id, struct l2tp_tunnel_info *ret);
L2TP_API int l2tp_get_session(const struct l2tp *l, uint32_t tunnel_id, uint32_t session_id,
			      struct l2tp_session_info *ret);

/* How far a walk over all objects has come: before the first (all zero), behind a tunnel, or behind a session of it.
 * Plain numbers, and any are safe: it may be kept for any time, and the engine may change meanwhile.  What exists
 * during the whole walk is met exactly once.  A step takes a time that does not grow with the number of objects, unless
 * what it stands at has gone, or tunnels without sessions follow. */
struct l2tp_cursor {
	uint64_t tunnel_serial, session_serial; /* session_serial 0: before the tunnel's first session */
	uint32_t tunnel_id, session_id;
};
/* -ENOENT: that was the last */
L2TP_API int l2tp_next_tunnel(const struct l2tp *l, struct l2tp_cursor *c, struct l2tp_tunnel_info *ret);
/* Sessions of all tunnels, in the order of their tunnels. */
L2TP_API int l2tp_next_session(const struct l2tp *l, struct l2tp_cursor *c, struct l2tp_session_info *ret);

/* ---- A message in words ------------------------------------------------------------------------------------- */

/* A control message taken apart for people to read.  Nothing in it is believed or judged. */
struct l2tp_message {
	uint8_t version;        /* 2 */
	uint16_t type;          /* Message Type; 0: ZLB, or the first AVP is another one */
	uint32_t tunnel_id, session_id; /* of the header: the receiver's */
	uint16_t ns, nr;
	struct l2tp_span body;  /* AVPs that have not been told yet */
	const char *malformed;  /* why there is nothing more to tell; NULL: that was all */
};

#define L2TP_AVP_TEXT_MAX 512

struct l2tp_avp {
	uint16_t vendor, type;
	const char *name;       /* "Host Name", "?" for the unknown */
	bool mandatory, hidden;
	bool secret;            /* a password, or what one can be guessed from */
	struct l2tp_span value; /* in the datagram; of a hidden one what is sent */
	char text[L2TP_AVP_TEXT_MAX]; /* the value in words; printable ASCII, cut to fit */
};

/* -EBADMSG: not a control message, malformed says why; *ret is always written. */
L2TP_API int l2tp_message_read(struct l2tp_span datagram, struct l2tp_message *ret);
/* The next AVP; false: there is no other.  secrets: also the text of what is secret, else only its length. */
L2TP_API bool l2tp_message_next(struct l2tp_message *m, bool secrets, struct l2tp_avp *ret);

/* A copy of a tunnel's control message with the hidden AVPs opened (4.3); it is never longer.  What cannot be opened stays
 * hidden.  May be called by env.trace.  -ENOENT: no such tunnel; -ENOKEY: it has no secret; -EBADMSG; -ENOBUFS: out is
 * too small */
L2TP_API int l2tp_unhide(const struct l2tp *l, uint32_t tunnel_id, struct l2tp_span datagram, uint8_t *out, size_t size,
			 size_t *ret_len);

/* Names as the RFC spells them, "?" for the unknown. */
L2TP_API const char *l2tp_message_name(uint16_t type);
L2TP_API const char *l2tp_stopccn_name(uint16_t result);
L2TP_API const char *l2tp_cdn_name(uint16_t result);
/* What the state of a tunnel or a session is called, from n = 0; NULL: there are no more. */
L2TP_API const char *l2tp_tunnel_state(unsigned n);
L2TP_API const char *l2tp_session_state(unsigned n);
L2TP_API const char *l2tp_error_name(uint16_t error);
/* Of a disconnect cause: what its code says; "" or what its direction says of the sender ("its", "it"); and do
 * protocol and direction go with a code that RFC 3145 knows? */
L2TP_API const char *l2tp_disconnect_name(const struct l2tp_disconnect *d);
L2TP_API const char *l2tp_disconnect_direction(const struct l2tp_disconnect *d);
L2TP_API bool l2tp_disconnect_valid(const struct l2tp_disconnect *d);
L2TP_API const char *l2tp_drop_name(uint16_t drop); /* ours: "header", "no-tunnel" */
/* "192.0.2.1:1701", "[2001:db8::1]:1701"; returns buf. */
#define L2TP_ADDR_STR_MAX 64
L2TP_API const char *l2tp_addr_str(const struct l2tp_addr *a, char buf[L2TP_ADDR_STR_MAX]);

#ifdef __cplusplus
}
#endif

#endif
