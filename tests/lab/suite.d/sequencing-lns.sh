# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: MIT
#
# R2661-5.4-05, -06, -07, -09, R2661-8.1-15, R2661-8.1-16
# Where the LAC does not ask for sequence numbers, the LNS decides: for all data, or as long as PPP negotiates; the LAC
# follows. Without numbers, and where they end, no TCP header is compressed.
lab
lac_config "$again" 'ipv6 = no'

# numbers ADDRESS: of the data that it has sent, oldest first: "yes" or "no"
numbers() {
	tcpdump -n -x -r "$tmp/pcap" "src $1 and udp port 1701 and udp[8] & 0x80 = 0" 2>/dev/null |
		awk '$1 == "0x0010:" { print $8 ~ /^08/ ? "yes" : "no" }'
}
# of both ends, the first and the last
begins() { [ "$(numbers 192.0.2.2 | sed -n 1p)" = "$1" ] || fail "the LNS does not begin as it should"; }
ends() {
	for _address in 192.0.2.1 192.0.2.2; do
		[ "$(numbers "$_address" | tail -n 1)" = "$1" ] || fail "$_address does not end as it should"
	done
}
vj_is_refused() { for _pid in $(pidof pppd); do grep -qz '^novj$' "/proc/$_pid/cmdline" || return; done; }

# session SEQUENCING N: the LAC's Nth, with so many pings, recorded
session() {
	lns_config "sequencing = $1" 'ipv6 = no'
	start lns
	capture lns "$tmp/pcap" lac
	start lac
	expect 60 lac 'PPP up' "$2"
	expect 60 lns 'PPP up' "$2"
	wait_for 10 pinging
	in_ns lac /bin/ping -q -c 20 -i 0.1 10.64.0.1 | tee "$tmp/ping"
	grep -q ' 0% packet loss' "$tmp/ping" || fail 'a ping was lost'
	capture_stop
	[ "$(numbers 192.0.2.2 | grep -c .)" -ge 25 ] || fail 'too little was recorded'
}

end() {
	stop lac
	stop lns
	wait_for 10 holds lns 0 0
}

session no 1
begins no
ends no
vj_is_refused || fail 'TCP headers may be compressed'
end

session yes 2
begins yes
ends yes
! vj_is_refused || fail 'the LNS refuses to compress TCP headers'
end

session negotiation 3
begins yes
ends no
vj_is_refused || fail 'TCP headers may be compressed'
! said lns 'cannot change the numbering of data' || fail 'they did not'
