# shellcheck shell=dash disable=SC2154
# SPDX-License-Identifier: MIT
#
# SIGTERM, to either end: on the wire PPP says good-bye first (LCP Terminate-Request), the tunnel (StopCCN) after it. The
# peer's pppd thus hears of the end in its own language, and does not wait in vain for echoes.
lab
lns_config '' 'ipv6 = no'
lac_config "$again" 'ipv6 = no'
# first END WHAT: number of the first packet from there that tcpdump calls so, in $first
first() {
	address=192.0.2.1
	[ "$1" = lac ] || address=192.0.2.2
	first=$(awk -v from="IP $address." -v what="$2" 'index($0, from) == 1 && index($0, what) { print NR; exit }' "$tmp/packets")
	[ -n "$first" ] || fail "$1 has sent no $2: $(cat "$tmp/packets")"
}
start lns
start lac
times=0
for end in lac lns; do
	times=$((times + 1))
	expect 60 lac 'PPP up' "$times"
	expect 60 lns 'PPP up' "$times"
	capture lns "$tmp/$end.pcap" lac
	stop "$end" || fail "$end: exit status $?"
	expect 20 lns 'tunnel closed' "$times"
	expect 20 lac 'tunnel closed' "$times"
	capture_stop
	tcpdump -t -n -r "$tmp/$end.pcap" udp port 1701 >"$tmp/packets" 2>"$tmp/tcpdump" || fail "tcpdump: $(cat "$tmp/tcpdump")"
	first "$end" '{LCP, Term-Request'
	terminated=$first
	first "$end" 'MSGTYPE(StopCCN)'
	[ "$terminated" -lt "$first" ] || fail "$end: StopCCN is packet $first, LCP Terminate-Request is packet $terminated"
	[ "$end" = lns ] || start lac
	echo "note: $end: LCP Terminate-Request is packet $terminated, StopCCN is packet $first"
done
