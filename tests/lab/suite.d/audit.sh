# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# l2tpctl kernel --audit: kernel and daemon agree on a tunnel with its session; a tunnel and a session of somebody else, and
# what was deleted behind the daemon's back, are found.
lab
lns_config
lac_config
start lns
start lac
expect 60 lns 'PPP up'
expect 60 lac 'PPP up'
audit() { nsenter --net="/run/netns/$1" -- "$build/daemon/ctl/l2tpctl" --socket "$tmp/$1/bus" kernel --audit --json=lines; }
# agrees NAME; differs NAME PATTERN
agrees() { audit "$1" >"$tmp/found" || fail "$1: kernel and daemon should agree: $(cat "$tmp/found")"; }
differs() {
	_status=0
	audit "$1" >"$tmp/found" || _status=$?
	[ $_status = 1 ] || fail "$1: status $_status: $(cat "$tmp/found")"
	grep -q "$2" "$tmp/found" || fail "$1: $2 was not found: $(cat "$tmp/found")"
	[ "$(wc -l <"$tmp/found")" = "${3-1}" ] || fail "$1: more than that was found: $(cat "$tmp/found")"
}
agrees lns
agrees lac

# somebody else's
in_ns lns ip l2tp add tunnel tunnel_id 70000 peer_tunnel_id 8 encap ip local 192.0.2.2 remote 192.0.2.1
differs lns '"Finding":"orphan","Tunnel":70000,"Session":0,"KernelPeer":8'
in_ns lns ip l2tp add session name eth7 tunnel_id 70000 session_id 70 peer_session_id 80
differs lns '"Finding":"orphan","Tunnel":70000,"Session":70,' 2
in_ns lns ip l2tp del session tunnel_id 70000 session_id 70
in_ns lns ip l2tp del tunnel tunnel_id 70000
agrees lns

# behind its back, while pppd does not notice
read -r pid _ <"$(echo "$tmp/lns/ppp/"*)"
kill -STOP "$pid"
row=$("$build/daemon/ctl/l2tpctl" --socket "$tmp/lns/bus" show sessions --json=lines)
tunnel=$(printf '%s\n' "$row" | sed 's/.*"Tunnel":\([0-9]*\).*/\1/')
session=$(printf '%s\n' "$row" | sed 's/.*"Session":\([0-9]*\).*/\1/')
in_ns lns ip l2tp del session tunnel_id "$tunnel" session_id "$session"
differs lns "\"Finding\":\"missing\",\"Tunnel\":$tunnel,\"Session\":$session,"
in_ns lns ip l2tp del tunnel tunnel_id "$tunnel"
differs lns "\"Finding\":\"missing\",\"Tunnel\":$tunnel,\"Session\":0," 2
kill -CONT "$pid"
# as it says: close it
"$build/daemon/ctl/l2tpctl" --socket "$tmp/lns/bus" close "$tunnel" || fail "cannot close tunnel $tunnel"
wait_for 60 audit lns || fail 'closing the tunnel has not helped'

# without the kernel's data path there is nothing to compare; without a daemon neither
status=0
"$build/daemon/ctl/l2tpctl" --socket "$tmp/none" kernel --audit 2>"$tmp/found" || status=$?
[ $status = 3 ] || fail "status $status without a daemon"
