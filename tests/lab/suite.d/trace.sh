# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# l2tpctl trace on a real tunnel: everything that is said from its first message on, decoded, as JSON, and as packets that
# tshark reads; what the LAC hides is open only on request; a trace ends with the daemon.
lab
lns_config
lac_config 'hide-avps = yes'
ctl() { "$build/daemon/ctl/l2tpctl" --socket "$tmp/lns/bus" "$@"; }
# trace NAME [ARG...]: a trace of the LNS into $tmp/NAME.out
trace() {
	_trace=$1
	shift
	ctl "$@" >"$tmp/$_trace.out" 2>"$tmp/$_trace.err" &
	eval "trace_$_trace=$!"
}
shows() { grep -q -e "$2" "$tmp/$1.out"; }
will_show() { wait_for "$1" shows "$2" "$3" || fail "trace $2 does not show '$3': $(cat "$tmp/$2.out" "$tmp/$2.err")"; }

start lns
expect 20 lns 'is ready'
trace plain trace --peer 192.0.2.1
trace open trace --unhide --json=lines
trace secret trace --unhide --secrets
trace packets trace --pcap "$tmp/hidden.pcap"
trace opened trace --unhide --pcap "$tmp/open.pcap"
trace first trace --count 2 --json
trace nobody trace --peer 192.0.2.77
expect 30 lns 'asks for Trace' 7
start lac
expect 60 lac 'PPP up'
expect 60 lns 'PPP up'
will_show 20 plain 'sent .*: SLI'

# in words, as it was sent
will_show 1 plain 'received tunnel 0: 192.0.2.2:1701 <- 192.0.2.1:[0-9]*: SCCRQ, Ns 0, Nr 0, to tunnel 0'
will_show 1 plain 'M- Host Name: lac.example'
will_show 1 plain 'M- Host Name: lns.example'
will_show 1 plain 'M- Challenge Response: \*\*\* (16 octets)'
will_show 1 plain 'sent .*: ICRP'
will_show 1 plain 'received .*: ICCN'
will_show 1 plain 'MH Assigned Session ID: [0-9a-f]\{8\}'
! shows plain 'Call Serial Number: [0-9]\{1,6\}$' || fail 'what is hidden is not to be read'

# open
will_show 1 open '"Message":"ICRQ".*"Name":"Call Serial Number","Mandatory":true,"Hidden":false,"Secret":false,"Text":"[0-9]*"'
! shows open '"Hidden":true' || fail 'something is still hidden'
will_show 1 open '"Opened":true'
! shows open '"Name":"Challenge Response".*"Text":"[0-9a-f]\{32\}"' || fail 'a secret that nobody asked for'
will_show 1 secret 'Challenge Response: [0-9a-f]\{32\}'

# the daemon's fields are filled in, and whoever is not meant sees nothing
wait "$trace_first" || fail "trace --count: status $?"
[ "$(wc -l <"$tmp/first.out")" = 2 ] || fail 'two messages were asked for'
[ ! -s "$tmp/nobody.out" ] || fail 'nobody has said anything'

# one tunnel, to its end
id=$(ctl show tunnels --json=lines | sed 's/.*"Tunnel":\([0-9]*\).*/\1/')
trace tunnel trace "$id" --json=lines
trace other trace 4711
wait "$trace_other" && fail 'there is no tunnel 4711'
grep -q 'no tunnel 4711' "$tmp/other.err" || fail "of tunnel 4711: $(cat "$tmp/other.err")"
expect 30 lns 'asks for Trace' 9
stop lac || fail 'the LAC did not stop'
will_show 20 tunnel '"Message":"StopCCN"'
will_show 20 plain 'received .*: StopCCN'
stop lns || fail 'the LNS did not stop'
wait "$trace_tunnel" || fail "the trace of a daemon that ended: status $?"
grep -q 'the daemon stopped' "$tmp/tunnel.err" || fail "it does not say why it ends: $(cat "$tmp/tunnel.err")"

# packets
wait
for name in hidden open; do
	tshark -r "$tmp/$name.pcap" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -T fields -e l2tp.avp.message_type \
		-e l2tp.avp.hidden -e _ws.malformed -e ip.checksum.status -e udp.checksum.status >"$tmp/$name.fields" 2>"$tmp/tshark" ||
		fail "tshark: $(cat "$tmp/tshark")"
	awk -F '\t' '$3 != "" || $4 != 1 || $5 != 1 { print "packet " NR ": " $0; bad = 1 } END { exit bad || NR < 8 }' \
		"$tmp/$name.fields" || fail "packets that tshark does not like in $name.pcap"
	grep -q '^1	' "$tmp/$name.fields" || fail "no SCCRQ in $name.pcap"
done
grep -q '^10	.*\(1\|True\)' "$tmp/hidden.fields" || fail 'the ICRQ should hide something'
awk -F '\t' '$2 ~ /1|True/ { exit 1 }' "$tmp/open.fields" || fail 'something is hidden in open.pcap'
