# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# l2tpctl kernel: the kernel's own view is that of ip l2tp, with counters that count, for our tunnels and for others'.
lab
lns_config
lac_config
start lns
start lac
expect 60 lns 'PPP up'
expect 60 lac 'PPP up'
ctl() { nsenter --net="/run/netns/$1" -- "$build/daemon/ctl/l2tpctl" kernel ${2-}; }

# field ROW NAME: of a line of JSON
field() { printf '%s\n' "$1" | sed "s/.*\"$2\":\"\{0,1\}\([^,\"}]*\).*/\1/"; }

row=$(ctl lns 'tunnels --json=lines')
[ "$(printf '%s\n' "$row" | wc -l)" = 1 ] || fail "not one tunnel: $row"
in_ns lns ip l2tp show tunnel | tee "$tmp/ip" |
	grep -q "^Tunnel $(field "$row" Tunnel), encap UDP" || fail "ip knows another tunnel than $row"
grep -q "Peer tunnel $(field "$row" PeerTunnel)" "$tmp/ip" || fail "ip knows another peer than $row"
[ "$(field "$row" Local)" = 192.0.2.2:1701 ] || fail "$row: not its address"

row=$(ctl lns 'sessions --json=lines')
in_ns lns ip l2tp show session |
	grep -q "^Session $(field "$row" Session) in tunnel $(field "$row" Tunnel)" || fail "ip knows another session than $row"
[ "$(field "$row" Pseudowire)" = ppp ] || fail "$row: not PPP"
[ "$(field "$row" Lns)" = true ] || fail "$row: not the LNS"
before=$(field "$row" RxPackets)
in_ns lac ping -c 5 -W 5 10.64.0.1 || fail 'ping'
row=$(ctl lns 'sessions --json=lines')
[ "$(field "$row" RxPackets)" -ge $((before + 5)) ] || fail "5 pings have not been counted: $before, then $row"

ctl lac | tee "$tmp/text" | grep -q '^TUNNEL' || fail 'a table'
grep -q "^$(field "$row" PeerTunnel)/$(field "$row" PeerSession) .*ppp" "$tmp/text" || fail 'the other end has the same session'

# others' tunnels: without UDP, of version 3, over IPv6
in_ns lac ip l2tp add tunnel tunnel_id 7 peer_tunnel_id 8 encap ip local 192.0.2.1 remote 192.0.2.2
in_ns lac ip l2tp add session name eth7 tunnel_id 7 session_id 70 peer_session_id 80
ctl lac 'tunnels --json=lines' | grep '"Tunnel":7,' | grep '"Version":3' | grep -q '"Encapsulation":"ip"' || fail 'tunnel 7'
row=$(ctl lac 'sessions --json=lines' | grep '"Tunnel":7,')
[ "$(field "$row" Interface)" = eth7 ] || fail "$row: not eth7"
[ "$(field "$row" Pseudowire)" = ethernet ] || fail "$row: not Ethernet"
in_ns lac ip l2tp del session tunnel_id 7 session_id 70
in_ns lac ip l2tp del tunnel tunnel_id 7

# who has no rights is told
status=0
nsenter --net=/run/netns/lac -- /usr/bin/setpriv --bounding-set -net_admin "$build/daemon/ctl/l2tpctl" kernel 2>"$tmp/denied" || status=$?
[ $status = 5 ] || fail "status $status without rights: $(cat "$tmp/denied")"
