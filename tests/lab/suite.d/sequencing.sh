# shellcheck shell=dash
# SPDX-License-Identifier: MIT
#
# R2661-5.4-01, -02, X2661-5.4-01, -02
# R3308-4-01, R3308-6-02, R3308-8-01: all data of a session, and all control, each with its one DSCP
# Data has no sequence numbers unless the LAC wants them. Then all of it has, each way with a counter of its own that
# begins at 0 and that control messages do not touch; nothing is sent twice; what is lost, doubled or late does not end
# the session. And what the DS field of the outer header says of data and of control.
lab
lns_config 'control-dscp = 48 session-dscp = 46' 'ipv6 = no'
start lns

# data ADDRESS: of the data that it has sent: TOS, flags of L2TP, and Ns if it has one
data() {
	tcpdump -n -x -r "$tmp/pcap" "src $1 and udp port 1701 and udp[8] & 0x80 = 0" 2>/dev/null |
		awk '$1 == "0x0000:" { tos = substr($2, 3) }
		     $1 == "0x0010:" { flags = $8 }
		     $1 == "0x0020:" { print tos, flags, $3 }'
}
with_numbers() {
	data "$1" | sort -k 3 | awk '$1 != "b8" || $2 !~ /^08/ || $3 != sprintf("%04x", NR - 1) { print NR, $0; bad = 1 }
			 END { exit bad || NR < 20 }'
}
without_numbers() {
	data "$1" | awk '$1 != "b8" || $2 !~ /^00/ { print NR, $0; bad = 1 } END { exit bad || NR < 20 }'
}
# control messages, which begin with 0xc8, are all marked, from the SCCRQ on
control_is_marked() {
	[ "$(tcpdump -n -r "$tmp/pcap" 'udp[8] & 0x80 != 0' 2>/dev/null | grep -c .)" -ge 7 ] &&
		[ -z "$(tcpdump -n -r "$tmp/pcap" 'udp[8] & 0x80 != 0 and ip[1] != 0xc0' 2>/dev/null)" ]
}
session_has() { in_ns "$1" ip l2tp show session | grep -q 'sequence numbering: *send *recv'; }

# session WORDS N: the LAC's Nth, with so many pings, recorded
session() {
	lac_config "$again control-dscp = 48 $1" 'ipv6 = no'
	capture lns "$tmp/pcap" lac
	start lac
	expect 60 lac 'PPP up' "$2"
	wait_for 10 pinging
	in_ns lac /bin/ping -q -c 20 -i 0.1 10.64.0.1 | tee "$tmp/ping"
	grep -q ' 0% packet loss' "$tmp/ping" || fail 'a ping was lost'
	in_ns lac ip l2tp show session
	in_ns lns ip l2tp show session
	capture_stop
	control_is_marked || fail 'control is not marked'
}

# It would rather have 10, but the LNS says 46
session 'session-dscp = 10' 1
without_numbers 192.0.2.1 || fail 'the LAC sends numbers'
without_numbers 192.0.2.2 || fail 'the LNS sends numbers'
! session_has lac || fail 'the kernel has numbers'
stop lac
wait_for 10 holds lns 0 0

session 'session-dscp = 46 sequencing = yes' 2
with_numbers 192.0.2.1 || fail 'the LAC does not number its data'
with_numbers 192.0.2.2 || fail 'the LNS does not number its data'
session_has lac || fail 'the kernel of the LAC knows nothing of numbers'
session_has lns || fail 'the kernel of the LNS knows nothing of numbers'

# bad_line NETEM...: each way, for 100 pings
bad_line() {
	in_ns lac tc qdisc add dev lns root netem "$@"
	in_ns lns tc qdisc add dev lac root netem "$@"
	in_ns lac /bin/ping -q -c 100 -i 0.02 -W 2 10.64.0.1 >"$tmp/ping" || :
	echo "note: $*: of 100 pings $(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$tmp/ping") came back"
	in_ns lac tc qdisc del dev lns root
	in_ns lns tc qdisc del dev lac root
}
capture lns "$tmp/pcap" lac
bad_line loss 10%
capture_stop
for address in 192.0.2.1 192.0.2.2; do
	[ "$(data $address | wc -l)" -gt 20 ] || fail 'nothing got through'
	[ -z "$(data $address | sort | uniq -d)" ] || fail "$address has sent a number twice"
done
bad_line delay 20ms reorder 70%
bad_line delay 20ms reorder 70% loss 5% duplicate 5%
in_ns lac /bin/ping -q -c 10 -i 0.1 10.64.0.1 || : # the kernel comes to itself
in_ns lac /bin/ping -q -c 10 -i 0.1 10.64.0.1 | grep ' 0% packet loss' || fail 'the session has not come to itself'
! said lns 'session closed' 2 || fail 'the session has ended'
